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
        assert!(one.place.line > 0 && one.place.column > 0, "no place: {one}");
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
