//! The layering of `src/lib.rs`: a module imports only from those above it.

use std::collections::BTreeMap;
use std::path::Path;

/// Module, and what it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("model", &["base"]),
    ("expr", &["base"]),
    ("api", &["base"]),
    ("auth", &["base"]),
    ("soap", &["base", "api"]),
    ("judgement", &["base", "model", "api", "auth", "soap"]),
    (
        "suite",
        &["base", "model", "api", "expr", "auth", "soap", "judgement"],
    ),
    ("transport", &["base", "model"]),
    (
        "run",
        &[
            "base",
            "model",
            "api",
            "expr",
            "auth",
            "soap",
            "judgement",
            "suite",
            "transport",
        ],
    ),
    ("report", &["base", "model"]),
    (
        "coverage",
        &["base", "model", "api", "soap", "suite", "report"],
    ),
    ("sample", &["base", "model", "auth"]),
    (
        "selftest",
        &[
            "base",
            "model",
            "auth",
            "report",
            "run",
            "sample",
            "suite",
            "transport",
        ],
    ),
    (
        "cli",
        &[
            "base",
            "model",
            "api",
            "auth",
            "soap",
            "judgement",
            "report",
            "coverage",
            "run",
            "sample",
            "selftest",
            "suite",
            "transport",
        ],
    ),
];

/// Words of the profiles: engine and reports must not know them.
const PROFILE_WORDS: &[&str] = &["Quote", "quote-rest", "PriceList", "ErpConnector"];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let name = path
                .strip_prefix(env!("CARGO_MANIFEST_DIR"))
                .unwrap()
                .display()
                .to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Code without its unit tests, which may reach further.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn modules_import_only_from_above() {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut wrong = Vec::new();
    for (name, text) in &files {
        let mut parts = name.split('/').skip(1);
        let module = parts.next().unwrap_or_default().trim_end_matches(".rs");
        let Some(may) = allowed.get(module) else {
            continue;
        };
        for (number, line) in without_tests(text).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (at, _) in line.match_indices("crate::") {
                let used: String = line[at + 7..]
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                if used != module
                    && allowed.contains_key(used.as_str())
                    && !may.contains(&used.as_str())
                {
                    wrong.push(format!(
                        "{name}:{}: `{module}` may import {may:?}, not `{used}`",
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn engine_and_reports_know_no_profile() {
    let mut files = Vec::new();
    for module in [
        "api",
        "auth",
        "soap",
        "base",
        "coverage",
        "expr",
        "model",
        "report",
        "run",
        "suite",
        "transport",
    ] {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("src")
                .join(module),
            &mut files,
        );
    }
    let mut wrong = Vec::new();
    for (name, text) in &files {
        for (number, line) in without_tests(text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = PROFILE_WORDS.iter().find(|word| code.contains(**word)) {
                wrong.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
