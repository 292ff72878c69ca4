//! Faults of error results.

use serde_json::json;

use super::malformed::down;
use super::tools::{company, outcome};
use super::{Fault, Seam};
use crate::sample::sync::erp::{Actor, PASSWORD, Payload, State};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "errors-called-ok",
        summary: "Writes IsOk true into error results.",
        violates: &["ERP-172"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = true;
            }
        })],
    },
    Fault {
        name: "warnings-called-not-ok",
        summary: "Writes IsOk false into answers with a warning.",
        violates: &["ERP-172"],
        consequences: &["ERP-155"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = outcome.state == State::Ok;
            }
        })],
    },
    Fault {
        name: "errors-without-words",
        summary: "Gives neither explanation with an error that has no code.",
        violates: &["ERP-174"],
        consequences: &["ERP-046", "ERP-141", "ERP-154"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.error_code.is_none()
            {
                outcome.user = None;
                outcome.tech = Some(String::new());
            }
        })],
    },
    Fault {
        name: "errors-with-payload",
        summary: "Sends a made-up actor along with error results.",
        violates: &["ERP-175"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
                && matches!(outcome.payload, Payload::Actors(None))
            {
                outcome.payload = Payload::Actors(Some(vec![Actor {
                    actor_type: Some("Customer".to_owned()),
                    erp_key: Some("none".to_owned()),
                    field_values: Some(Vec::new()),
                    last_modified: Some("1".to_owned()),
                    ..Actor::default()
                }]));
            }
        })],
    },
    Fault {
        name: "path-in-explanation",
        summary: "Shows the user a path of the server in every error.",
        violates: &["ERP-177"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                outcome.user = Some(
                    "Could not continue.\n   at Oak.Erp.Search.Run() in C:\\Oak\\Erp\\Search.cs:line 12"
                        .to_owned(),
                );
            }
        })],
    },
    Fault {
        name: "password-in-errors",
        summary: "Quotes the sign-in of the technical user in technical explanations of errors.",
        violates: &["ERP-178", "ERP-056"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if company(connector, call).is_some()
                && let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                let password = PASSWORD;
                outcome.tech = Some(format!("Server=oak;User=sync;Password={password}"));
            }
        })],
    },
    Fault {
        name: "service-tired-after-errors",
        summary: "Fails two calls after every fifth error result.",
        violates: &["ERP-179"],
        consequences: &[
            "ERP-002", "ERP-017", "ERP-027", "ERP-055", "ERP-059", "ERP-171", "AUTH-091",
            "AUTH-013",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Answer(|connector, _, reply| {
                let error = outcome(reply).is_some_and(|outcome| outcome.state == State::Error);
                if error && connector.injected.count("errors").is_multiple_of(5) {
                    connector.injected.remember("down", json!(2));
                }
            }),
        ],
    },
];
