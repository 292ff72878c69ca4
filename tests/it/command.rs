//! The program as its users run it: exit codes, files, pipes, signals.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

fn assay(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("assay").unwrap();
    command
        .current_dir(folder)
        .env_remove("ASSAY_TARGET")
        .env("NO_COLOR", "1")
        .env("CI", "true");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    assay(folder.path()).args(arguments).output().unwrap()
}

#[test]
fn the_sample_certifies_and_leaves_its_reports() {
    let folder = TempDir::new().unwrap();
    let out = run(&folder, &["run", "--sample", "quote-full", "--certify"]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
    assert!(
        text(&out.stdout).contains("CONFORMANT (certification scope"),
        "{}",
        text(&out.stdout)
    );
    for file in [
        "report.html",
        "report.json",
        "junit.xml",
        "summary.md",
        "events.ndjson",
    ] {
        assert!(
            folder
                .path()
                .join("reports/quote-full")
                .join(file)
                .is_file(),
            "{file}"
        );
    }
}

#[test]
fn a_fault_is_exit_1_and_named() {
    let folder = TempDir::new().unwrap();
    let out = run(
        &folder,
        &[
            "run",
            "--sample",
            "quote-full",
            "--fault",
            "unknown-product-404",
        ],
    );
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stdout));
    assert!(
        text(&out.stdout).contains("QC-141"),
        "{}",
        text(&out.stdout)
    );
}

#[test]
fn a_part_of_the_suite_is_incomplete() {
    let folder = TempDir::new().unwrap();
    let out = run(
        &folder,
        &["run", "--sample", "quote-full", "--only", "QC-117"],
    );
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stdout));
}

#[test]
fn wrong_usage_is_exit_2_and_sends_nothing() {
    let folder = TempDir::new().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["run"], "assay.yaml"),
        (&["run", "--sample", "quote-ful"], "quote-full"),
        (
            &["run", "--sample", "quote-full", "--fault", "nonsense"],
            "nonsense",
        ),
        (
            &["run", "quote-rst", "--sample", "quote-full"],
            "did you mean `quote-rest`",
        ),
        (
            &["run", "--sample", "quote-full", "--only", "QC-999"],
            "QC-999",
        ),
        (
            &[
                "run",
                "--url",
                "http://example.com/x",
                "--allow-http",
                "--secret-file",
                "s",
            ],
            "loopback",
        ),
        (&["explain", "QC-11"], "neither"),
        (&["lint", "missing.yaml"], "missing.yaml"),
    ];
    fs::write(folder.path().join("s"), "secret-secret").unwrap();
    for (arguments, expected) in cases {
        let out = run(&folder, arguments);
        let said = format!("{}{}", text(&out.stdout), text(&out.stderr));
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn reports_are_rendered_again_to_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    run(
        &folder,
        &[
            "run",
            "--sample",
            "quote-secret",
            "--variant",
            "minimal",
            "--out",
            "run",
        ],
    );
    let read = |name: &str| fs::read(folder.path().join("run").join(name)).unwrap();
    let files = ["report.html", "report.json", "junit.xml", "summary.md"];
    let before: Vec<Vec<u8>> = files.iter().map(|file| read(file)).collect();
    let out = run(&folder, &["report", "run"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    for (file, before) in files.iter().zip(before) {
        assert!(read(file) == before, "{file} differs");
    }
}

#[test]
fn a_recording_that_was_cut_still_gives_a_report() {
    let folder = TempDir::new().unwrap();
    run(
        &folder,
        &[
            "run",
            "--sample",
            "quote-secret",
            "--variant",
            "minimal",
            "--out",
            "run",
        ],
    );
    let recording = folder.path().join("run/events.ndjson");
    let whole = fs::read(&recording).unwrap();
    for share in [3, 50, 97] {
        fs::write(&recording, &whole[..whole.len() * share / 100]).unwrap();
        let out = run(&folder, &["report", "run"]);
        assert_eq!(
            out.status.code(),
            Some(3),
            "{share} %: {}{}",
            text(&out.stdout),
            text(&out.stderr)
        );
        assert!(
            text(&out.stdout).contains("INCOMPLETE"),
            "{share} %: {}",
            text(&out.stdout)
        );
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_writes_what_it_has() {
    use std::io::Read as _;

    let folder = TempDir::new().unwrap();
    // A connector that accepts and never answers keeps the run waiting.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    fs::write(folder.path().join("secret"), "a-secret-of-the-test").unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("assay"))
        .current_dir(folder.path())
        .args([
            "run",
            "--url",
            &url,
            "--allow-http",
            "--secret-file",
            "secret",
            "--out",
            "run",
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The second connection is the first request: the run is under way.
    let (first, _) = listener.accept().unwrap();
    let (second, _) = listener.accept().unwrap();
    std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let status = child.wait().unwrap();
    drop((first, second));
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(folder.path().join("run/report.html").is_file(), "{said}");
}

#[test]
fn a_report_goes_through_a_pipe() {
    let folder = TempDir::new().unwrap();
    let arguments = [
        "run",
        "--sample",
        "quote-secret",
        "--variant",
        "minimal",
        "--only",
        "QC-117",
        "--report",
        "json=-",
    ];
    let out = run(&folder, &arguments);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["verdict"], "INCOMPLETE");
    let command = report["command"].as_str().unwrap();
    assert!(command.ends_with("--seed 1 --only QC-117"), "{command}");
}

/// A served sample, stopped when it goes out of scope.
struct Served(std::process::Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves the sample as a process of its own; returns when it listens and its target
/// file is written.
fn serve(folder: &Path, name: &str, target: &str) -> Served {
    use std::io::BufRead as _;

    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("assay"))
        .current_dir(folder)
        .args(["sample", name, "--write-target", target])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let said: Vec<String> = std::io::BufReader::new(out)
        .lines()
        .take(2)
        .map(Result::unwrap)
        .collect();
    assert!(said[1].starts_with("target file"), "{said:?}");
    Served(child)
}

#[test]
fn no_output_of_a_run_holds_a_secret() {
    let folder = TempDir::new().unwrap();
    let _served = serve(folder.path(), "quote-secret", "target.json");
    let target: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("target.json")).unwrap()).unwrap();
    let secrets: Vec<&str> = target["customers"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|customer| customer["secret"]["value"].as_str())
        .collect();
    assert!(secrets.len() >= 2, "{target}");
    let out = run(&folder, &["run", "--target", "target.json", "--out", "run"]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
    let mut all = text(&out.stdout) + &text(&out.stderr);
    for entry in fs::read_dir(folder.path().join("run")).unwrap().flatten() {
        all.push_str(&fs::read_to_string(entry.path()).unwrap());
    }
    for secret in secrets {
        assert!(!all.contains(secret), "a secret stands in an output");
    }
    assert!(all.contains("«secret:"), "secrets are shown as labels");
}

/// A recording that a run was killed after: its first line, and one of something made.
fn cut_short(folder: &Path, masked: bool) {
    let path = folder.join("run/events.ndjson");
    let recording = fs::read_to_string(&path).unwrap();
    let head = recording.lines().next().unwrap();
    let made = serde_json::json!({
        "event": "made", "operation": "WSDeleteConnection", "masked": masked,
        "body": {"ConnectionGuid": "11111111-2222-3333-4444-555555555555"},
    });
    fs::write(path, format!("{head}\n{made}\n")).unwrap();
}

#[test]
fn what_a_killed_run_has_made_is_taken_back_by_the_next() {
    let folder = TempDir::new().unwrap();
    let served = serve(folder.path(), "erp-sync", "target.json");
    let play = || {
        let arguments = ["run", "--target", "target.json", "--out", "run"];
        let out = run(&folder, &[&arguments[..], &["--only", "ERP-020"]].concat());
        let recording = fs::read_to_string(folder.path().join("run/events.ndjson")).unwrap();
        (recording, text(&out.stderr))
    };
    let lines = |recording: &str, words: [&str; 2]| {
        let lines = recording.lines();
        lines
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    };
    const KEY: &str = "11111111-2222-3333-4444-555555555555";
    play();
    cut_short(folder.path(), false);
    let (recording, said) = play();
    assert_eq!(lines(&recording, ["\"made\"", KEY]), 1, "{said}");
    assert_eq!(lines(&recording, ["\"clean-up\"", KEY]), 1, "{said}");
    // What was masked cannot be sent; the operator is told, once.
    cut_short(folder.path(), true);
    let (recording, said) = play();
    assert_eq!(lines(&recording, ["", KEY]), 0);
    assert!(said.contains("by hand: WSDeleteConnection"), "{said}");
    // Where nobody answers, it is left to the next run.
    cut_short(folder.path(), false);
    drop(served);
    let (recording, said) = play();
    assert_eq!(lines(&recording, ["\"made\"", KEY]), 1, "{said}");
    assert_eq!(lines(&recording, ["\"clean-up\"", KEY]), 0, "{said}");
}

#[test]
fn explain_list_lint_and_doctor_work() {
    let folder = TempDir::new().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["explain", "QC-117"], "How to fix"),
        (&["list", "requirements"], "QC-255"),
        (&["list", "faults"], "unknown-product-404"),
        (&["list", "samples", "--json"], "quote-full"),
        (&["list", "checks"], "QC-117"),
        (&["list", "judgements"], "line-arithmetic"),
        (&["lint"], "255 requirements"),
        (&["doctor", "--sample", "quote-full"], "A run can start"),
        (&["init", "--out", "-"], "customers:"),
        (&["schema", "report"], "$schema"),
        (&["schema", "target"], "$schema"),
        (&["schema", "scenario"], "$schema"),
        (&["completions", "bash"], "assay"),
    ];
    for (arguments, expected) in cases {
        let out = run(&folder, arguments);
        let said = format!("{}{}", text(&out.stdout), text(&out.stderr));
        assert_eq!(out.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn keys_are_made_shown_and_not_overwritten() {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(&folder, &["keys", "new"]).status.code(), Some(0));
    for file in [
        "assay.key",
        "assay.crt",
        "jwks.json",
        "openid-configuration.json",
    ] {
        assert!(folder.path().join("keys").join(file).is_file(), "{file}");
    }
    assert_eq!(run(&folder, &["keys", "new"]).status.code(), Some(2));
    let shown = text(&run(&folder, &["keys", "show"]).stdout);
    assert!(
        shown.contains("BEGIN CERTIFICATE") && !shown.contains("PRIVATE"),
        "{shown}"
    );
}

#[test]
fn a_scenario_is_added_without_recompiling() {
    let folder = TempDir::new().unwrap();
    let scenarios = folder.path().join("mine");
    fs::create_dir(&scenarios).unwrap();
    let text_of = "topic: mine\nscenarios:\n  - id: my-own\n    title: Lists have a description\n    requirements: [QC-123]\n    steps:\n      - call: GetActivePriceLists\n        expect:\n          - { requirement: QC-123, each: answer, as: list, that: not blank(list.Name) }\n";
    fs::write(scenarios.join("mine.yaml"), text_of).unwrap();
    let arguments = [
        "run",
        "--sample",
        "quote-full",
        "--scenarios",
        "mine",
        "--only",
        "my-own",
        "--report",
        "json=-",
    ];
    let out = run(&folder, &arguments);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mine = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == "my-own/QC-123");
    assert_eq!(mine.unwrap()["outcome"], "pass");
}
