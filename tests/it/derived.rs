//! What partners build from: derived from the descriptions, and committed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assay::suite::{Source, load, profiles};

/// Files below a folder, by path in it.
fn files(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder.join(below)).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let name = match below {
            "" => name,
            below => format!("{below}/{name}"),
        };
        match entry.file_type().unwrap().is_dir() {
            true => files(folder, &name, found),
            false => {
                found.insert(
                    name.clone(),
                    std::fs::read_to_string(folder.join(&name)).unwrap(),
                );
            }
        }
    }
}

#[test]
fn committed_schemas_follow_from_the_descriptions() {
    for profile in profiles() {
        let suite = load(&Source::Embedded, profile, None).unwrap();
        let folder = format!("schemas/{profile}/derived");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder);
        let derived = suite.derive();
        if std::env::var_os("ASSAY_BLESS").is_some() {
            std::fs::remove_dir_all(&path).ok();
            for (name, text) in &derived {
                let file = path.join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
        }
        let mut committed = BTreeMap::new();
        files(&path, "", &mut committed);
        let names: BTreeSet<&String> = derived.keys().chain(committed.keys()).collect();
        let stale: Vec<&String> = names
            .into_iter()
            .filter(|name| derived.get(*name) != committed.get(*name))
            .collect();
        assert!(
            stale.is_empty(),
            "{folder} does not follow from openapi.yaml: {stale:?}; \
             run `ASSAY_BLESS=1 cargo test --test it committed_schemas` and commit the folder"
        );
    }
}
