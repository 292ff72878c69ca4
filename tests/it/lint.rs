//! Mistakes of authors, each with the exact diagnostics: where, what, and what to do.
//!
//! `fixtures/lint/` holds one wrong scenario file a mistake, written against the suite
//! in `fixtures/shop/`; `fixtures/suite/` holds files that replace a file of that
//! suite; `fixtures/target/` holds wrong target files.

use std::path::{Path, PathBuf};

use assay::base::diag::Diagnostic;
use assay::suite::{Source, load};
use rstest::rstest;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures");

fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("lint__{name}"), text);
    });
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// The suite of the fixtures with one more file, or one in place of its own.
fn shop_with(file: &Path, name: &str) -> Result<(), Vec<Diagnostic>> {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(Path::new(FIXTURES).join("shop")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    std::fs::copy(file, folder.path().join(name)).unwrap();
    let prefix = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    let source = Source::Folder(folder.path().to_owned());
    load(&source, "shop", None).map(drop).map_err(|mut found| {
        for one in &mut found {
            one.place.file = one.place.file.replace(&prefix, "");
            one.help = one.help.take().map(|help| help.replace(&prefix, ""));
        }
        found
    })
}

fn listed(found: &[Diagnostic]) -> String {
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    texts.join("\n\n")
}

/// Every mistake is told with a place in the file at fault and with a remedy.
fn assert_told(found: &[Diagnostic], file: &str) {
    for one in found {
        assert_eq!(one.place.file, file, "{one}");
        assert!(
            one.place.line > 0 && one.place.column > 0,
            "no place: {one}"
        );
        assert!(one.source.is_some(), "no line: {one}");
        assert!(one.help.is_some(), "no remedy: {one}");
    }
}

#[test]
fn the_suite_of_the_fixtures_is_right() {
    let folder = Path::new(FIXTURES).join("shop");
    let found = load(&Source::Folder(folder), "shop", None).err();
    assert!(found.is_none(), "{}", listed(&found.unwrap()));
}

#[rstest]
fn a_wrong_scenario_file_is_told(#[files("tests/it/fixtures/lint/*.yaml")] path: PathBuf) {
    let name = stem(&path);
    let file = format!("{name}.yaml");
    let found = shop_with(&path, &file).expect_err("the fixture is wrong on purpose");
    assert_told(&found, &file);
    assert_snapshot(&name, &listed(&found));
}

/// The name before the hyphen is the file of the suite that is replaced.
#[rstest]
fn a_wrong_suite_file_is_told(#[files("tests/it/fixtures/suite/*.yaml")] path: PathBuf) {
    let name = stem(&path);
    let (file, _) = name.split_once('-').expect("what it replaces, and why");
    let file = format!("{file}.yaml");
    let found = shop_with(&path, &file).expect_err("the fixture is wrong on purpose");
    assert_told(&found, &file);
    assert_snapshot(&format!("suite_{name}"), &listed(&found));
}

#[rstest]
fn a_wrong_target_file_is_told(#[files("tests/it/fixtures/target/*.yaml")] path: PathBuf) {
    let output = assert_cmd::Command::cargo_bin("assay")
        .unwrap()
        .current_dir(path.parent().unwrap())
        .env_clear()
        .arg("lint")
        .arg(path.file_name().unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_snapshot(&format!("target_{}", stem(&path)), told.trim_end());
}

/// A suite that cannot be read at all is a diagnostic as well.
#[test]
fn a_folder_without_a_suite_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let told = |profile: &str| {
        let found = load(&Source::Folder(folder.path().to_owned()), profile, None).err();
        listed(&found.unwrap()).replace(&path, "scenarios")
    };
    let empty = told("quote-rest");
    let file = folder.path().join("more.yaml");
    std::fs::write(&file, "topic: more\n").unwrap();
    let unknown = told("quote-rset");
    std::fs::copy(
        Path::new(FIXTURES).join("shop/profile.yaml"),
        folder.path().join("profile.yaml"),
    )
    .unwrap();
    let bare = told("shop");
    let api = Path::new(FIXTURES).join("shop/openapi.yaml");
    std::fs::copy(api, folder.path().join("openapi.yaml")).unwrap();
    let without_catalogue = told("shop");
    assert_snapshot(
        "folder",
        &[empty, unknown, bare, without_catalogue].join("\n\n"),
    );
}
