//! `assay keys`: the key with which the harness plays SuperOffice.

use std::path::{Path, PathBuf};

use crate::auth::{SigningKey, jwks};
use crate::base::clock::{Clock as _, SystemClock};
use crate::model::outcome::exit;

use super::{Failure, Outcome, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key: private key, certificate, key set and discovery document
    New {
        /// Folder to write to
        #[arg(long, value_name = "DIR", default_value = "keys")]
        out: PathBuf,
        /// Name in the certificate
        #[arg(long, value_name = "NAME", default_value = "Assay plays SuperOffice")]
        name: String,
        /// Replace files that are there
        #[arg(long)]
        force: bool,
    },
    /// Show the public half of a key: certificate, key id and key set
    Show {
        /// Private key, as written by `assay keys new`
        #[arg(value_name = "FILE", default_value = "keys/assay.key")]
        key: PathBuf,
    },
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::New { out, name, force } => new(out, name, *force),
        Command::Show { key } => show(key),
    }
}

fn new(out: &Path, name: &str, force: bool) -> Outcome {
    let failed =
        |path: &Path, error: std::io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    let private = out.join("assay.key");
    if private.exists() && !force {
        return Err(Failure::Usage(format!(
            "{} exists; --force replaces it",
            private.display()
        )));
    }
    let key = SigningKey::generate(name, SystemClock.now())
        .map_err(|error| Failure::Harness(error.to_string()))?;
    std::fs::create_dir_all(out).map_err(|error| failed(out, error))?;
    write_private(&private, key.private_pem()).map_err(|error| failed(&private, error))?;
    let set = serde_json::to_string_pretty(&jwks(&[&key]))
        .map_err(|error| Failure::Harness(error.to_string()))?;
    let discovery = serde_json::to_string_pretty(&crate::auth::discovery("http://127.0.0.1:8733"))
        .map_err(|error| Failure::Harness(error.to_string()))?;
    for (file, text) in [
        ("assay.crt", key.certificate_pem().to_owned()),
        ("jwks.json", set),
        ("openid-configuration.json", discovery),
    ] {
        let path = out.join(file);
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    output::print(&format!(
        "{}  private key, for `jwt.key` of the target file; keep it secret\n\
         {}  certificate, for a connector that trusts a certificate\n\
         {}  key set, for a connector that reads JWKS\n\
         {}  discovery document for `jwt.serve_keys_on: 8733`\n\
         key id {}",
        private.display(),
        out.join("assay.crt").display(),
        out.join("jwks.json").display(),
        out.join("openid-configuration.json").display(),
        key.kid()
    ));
    Ok(exit::CONFORMANT)
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

fn show(path: &Path) -> Outcome {
    let pem = std::fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "{}: {error}; `assay keys new` makes a key",
            path.display()
        ))
    })?;
    let key = SigningKey::from_pem(&pem)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    let set = serde_json::to_string_pretty(&jwks(&[&key]))
        .map_err(|error| Failure::Harness(error.to_string()))?;
    output::print(&format!(
        "key id {}\n\n{}\n{set}",
        key.kid(),
        key.certificate_pem()
    ));
    Ok(exit::CONFORMANT)
}
