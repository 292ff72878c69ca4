//! Where suites come from: embedded in the binary, or a folder of the operator.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::base::diag::{Diagnostic, Place, did_you_mean};

/// All files below `scenarios/` and `schemas/`, embedded by `build.rs`.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Where the files of suites are read from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The shipped suites.
    Embedded,
    /// A folder with one folder a profile, or the folder of a profile itself: a whole
    /// suite when it holds `profile.yaml`, else scenarios that are added to the shipped
    /// ones (a file of the same name replaces the shipped one).
    Folder(PathBuf),
}

/// A file of a suite: name for messages, and text.
pub type File = (String, String);

/// Names of the shipped profiles.
pub fn profiles() -> Vec<&'static str> {
    let names: BTreeSet<&str> = EMBEDDED
        .iter()
        .filter_map(|(name, _)| {
            name.strip_prefix("scenarios/")?
                .strip_suffix("/profile.yaml")
        })
        .collect();
    names.into_iter().collect()
}

/// An embedded file by its path in the repository.
pub fn embedded(path: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .find(|(name, _)| *name == path)
        .map(|(_, text)| *text)
}

impl Source {
    /// The YAML files of a profile in a stable order.
    pub(super) fn files(&self, profile: &str) -> Result<Vec<File>, Diagnostic> {
        let Self::Folder(folder) = self else {
            return shipped(profile);
        };
        let folder = profile_folder(folder, profile);
        let own = read_folder(&folder)?;
        if own.is_empty() {
            let place = Place {
                file: folder.display().to_string(),
                ..Place::default()
            };
            return Err(Diagnostic::new(place, "no YAML files here").help(
                "--scenarios takes a folder with scenario files, or one laid out like `scenarios/`",
            ));
        }
        if folder.join("profile.yaml").is_file() {
            return Ok(own);
        }
        // Without a profile of its own the folder adds to the shipped suite.
        let base = |name: &str| {
            name.rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let mut files = shipped(profile)?;
        files.retain(|(name, _)| !own.iter().any(|(other, _)| base(other) == base(name)));
        files.extend(own);
        Ok(files)
    }

    /// The OpenAPI document of a profile.
    pub(super) fn openapi(&self, profile: &str) -> Result<File, Diagnostic> {
        if let Self::Folder(folder) = self {
            let path = profile_folder(folder, profile).join("openapi.yaml");
            if path.is_file() {
                return read(&path);
            }
        }
        let name = format!("schemas/{profile}/openapi.yaml");
        match embedded(&name) {
            Some(text) => Ok((name, text.to_owned())),
            None => Err(Diagnostic::new(
                Place {
                    file: name,
                    ..Place::default()
                },
                format!("no OpenAPI document for profile `{profile}`"),
            )
            .help("put `openapi.yaml` beside its `profile.yaml`, or give one with --openapi FILE")),
        }
    }
}

/// The embedded files of a profile.
fn shipped(profile: &str) -> Result<Vec<File>, Diagnostic> {
    let prefix = format!("scenarios/{profile}/");
    let files: Vec<File> = EMBEDDED
        .iter()
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    if !files.is_empty() {
        return Ok(files);
    }
    let known = profiles();
    let help = match did_you_mean(profile, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known profiles: {}", known.join(", ")),
    };
    let place = Place {
        file: "profile".to_owned(),
        ..Place::default()
    };
    Err(Diagnostic::new(place, format!("unknown profile `{profile}`")).help(help))
}

/// The folder of a profile: below the one given, or that one itself.
fn profile_folder(folder: &Path, profile: &str) -> PathBuf {
    let below = folder.join(profile);
    if below.is_dir() {
        below
    } else {
        folder.to_path_buf()
    }
}

fn read_folder(folder: &Path) -> Result<Vec<File>, Diagnostic> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        Diagnostic::new(
            Place {
                file: path.display().to_string(),
                ..Place::default()
            },
            error.to_string(),
        )
    };
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .filter(|path| path.file_name().is_some_and(|name| name != "openapi.yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<File, Diagnostic> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Diagnostic::new(
            Place {
                file: name,
                ..Place::default()
            },
            error.to_string(),
        )),
    }
}
