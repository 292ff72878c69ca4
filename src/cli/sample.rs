//! `assay sample`: serve a reference connector until it is interrupted.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::SystemClock;
use crate::model::outcome::exit;
use crate::sample::{AnswerToken, Application, SampleOptions, TrustedKeys, Variant};

use super::{Failure, Outcome, output, signals};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Name of the sample (assay list samples)
    name: String,
    /// Port on loopback; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Variant: full, minimal, read-only, no-search
    #[arg(long, value_name = "NAME", default_value = "full")]
    variant: Variant,
    /// Fault; repeatable (assay list faults)
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Serve plain http in place of https
    #[arg(long)]
    http: bool,
    /// Certificate of the key that signs tokens (`assay keys new` writes one)
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Address of the key set that signs tokens
    #[arg(long, value_name = "URL")]
    jwks: Option<String>,
    /// Private key of the application (RSA XML or PEM), for samples with a handshake
    #[arg(long, value_name = "FILE")]
    application_key: Option<PathBuf>,
    /// Answer the handshake with a JWT in place of nonce, time and signature
    #[arg(long)]
    answer_jwt: bool,
    /// Write a target file for this sample
    #[arg(long, value_name = "FILE")]
    write_target: Option<PathBuf>,
}

pub(super) fn main(arguments: Arguments) -> Outcome {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
    };
    let certificate_pem = arguments.certificate.as_ref().map(read).transpose()?;
    let application_key = arguments.application_key.as_ref().map(read).transpose()?;
    super::runtime()?.block_on(async move {
        let sample = crate::sample::start(SampleOptions {
            name: arguments.name.clone(),
            variant: arguments.variant,
            faults: arguments.fault.clone(),
            port: arguments.port,
            https: !arguments.http,
            trusted_keys: TrustedKeys {
                certificate_pem,
                jwks_url: arguments.jwks.clone(),
            },
            application: Application {
                key: application_key,
                answer: match arguments.answer_jwt {
                    true => AnswerToken::WebToken,
                    false => AnswerToken::Timestamped,
                },
            },
            clock: Arc::new(SystemClock),
        })
        .await
        .map_err(|error| Failure::Usage(error.to_string()))?;
        output::print(&format!(
            "{} listens on {}",
            arguments.name,
            sample.base_url()
        ));
        if let Some(path) = &arguments.write_target {
            let text = serde_json::to_string_pretty(&sample.target())
                .map_err(|error| Failure::Harness(error.to_string()))?;
            std::fs::write(path, text)
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            output::print(&format!("target file: {}", path.display()));
        }
        signals::cancel().await;
        sample.stop().await;
        Ok(exit::CONFORMANT)
    })
}
