//! Faults of XML and HTTP: what a message may contain, and what it may make the
//! connector do.

use std::ops::Range;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::malformed::down;
use super::tools::{fetch, quoted_after, refused};
use super::{Fault, Seam};
use crate::sample::sync::handshake::{INTERFACE, Verdict};
use crate::sample::sync::policy;
use crate::sample::sync::reply::Reply;

/// The action of the only operation of the contract.
const AUTHENTICATE: &str = "http://tempuri.org/IIntegrationServiceConnectorAuth/Authenticate";

/// What stands in the file that an entity names.
const PASSWORDS: &str = "root:x:0:0:root:/root:/bin/sh";

/// Whether a message holds more entities than anybody needs.
fn is_bomb(text: &str) -> bool {
    text.matches("<!ENTITY").count() > 3 || text.matches("&a").count() > 1000
}

/// Where the document type of a message stands.
pub fn document_type(text: &str) -> Range<usize> {
    let begin = text.find("<!DOCTYPE").unwrap_or(text.len());
    let rest = &text[begin..];
    let plain = rest.find('>').map_or(rest.len(), |end| end + 1);
    let length = match rest[..plain].contains('[') {
        true => rest.find("]>").map_or(plain, |end| end + 2),
        false => plain,
    };
    begin..begin + length
}

/// The declarations in a message.
fn declarations(text: &str) -> impl Iterator<Item = &str> {
    text.split("<!").skip(1)
}

/// Whether a declaration is that of an entity for the content of the message.
fn is_general_entity(declaration: &str) -> bool {
    let entity = declaration.strip_prefix("ENTITY");
    entity.is_some_and(|entity| !entity.trim_start().starts_with('%'))
}

/// Fetches the address that a declaration names.
fn fetch_declared(declaration: &str) {
    quoted_after(declaration, "SYSTEM")
        .into_iter()
        .take(1)
        .for_each(fetch);
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "document-type-accepted",
        summary: "Takes messages with a document type and expands the entities in it.",
        violates: &["AUTH-080", "ERP-015"],
        consequences: &["AUTH-072", "AUTH-083"],
        seams: &[Seam::Policy(|policy| policy.allow_dtd = true)],
    },
    Fault {
        name: "empty-document-type-accepted",
        summary: "Refuses a document type with declarations, and passes over an empty one.",
        violates: &["AUTH-080"],
        consequences: &["ERP-015"],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |mut text| {
                let place = document_type(&text);
                if !text[place.clone()].contains('[') {
                    text.drain(place);
                }
                text
            };
        })],
    },
    Fault {
        name: "files-read-as-entities",
        summary: "Reads files for external entities, and shows what it takes for a bad token.",
        violates: &["AUTH-081"],
        consequences: &["AUTH-080", "AUTH-076", "ERP-015"],
        seams: &[
            Seam::Policy(|policy| {
                policy.prepare = |mut text| {
                    if text.contains("SYSTEM \"file:") {
                        text.drain(document_type(&text));
                    }
                    text.replace("&file;", PASSWORDS)
                };
            }),
            Seam::Answer(|_, call, reply| {
                let token = call.token.as_deref().unwrap_or_default();
                if token == PASSWORDS
                    && let Some(verdict) = refused(reply)
                {
                    verdict.reason = Some(format!("No token: {token}"));
                }
            }),
        ],
    },
    Fault {
        name: "external-entities-fetched",
        summary: "Fetches external entities before it refuses the document type.",
        violates: &["AUTH-081"],
        consequences: &["AUTH-082", "ERP-015"],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                declarations(&text)
                    .filter(|declaration| is_general_entity(declaration))
                    .for_each(fetch_declared);
                text
            };
        })],
    },
    Fault {
        name: "external-document-type-fetched",
        summary: "Fetches external document types and parameter entities.",
        violates: &["AUTH-082"],
        consequences: &["AUTH-081", "ERP-015"],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                declarations(&text)
                    .filter(|declaration| !is_general_entity(declaration))
                    .for_each(fetch_declared);
                text
            };
        })],
    },
    Fault {
        name: "public-document-type-fetched",
        summary: "Looks a public document type up at its address.",
        violates: &["AUTH-082"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                let public = text[document_type(&text)].split("PUBLIC").nth(1);
                let address = public.and_then(|public| public.split('"').nth(3));
                fetch(address.unwrap_or_default());
                text
            };
        })],
    },
    Fault {
        name: "entity-expansion-takes-service-down",
        summary: "Is down for three calls after a document type with many entities.",
        violates: &["AUTH-083"],
        consequences: &[
            "AUTH-002", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-071", "AUTH-088",
            "AUTH-091", "ERP-179", "ERP-171",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Answer(|connector, call, _| {
                if is_bomb(&call.text) {
                    connector.injected.remember("down", json!(3));
                }
            }),
        ],
    },
    Fault {
        name: "slow-entity-expansion",
        summary: "Spends twelve seconds on a document type with many entities.",
        violates: &["AUTH-083"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                if is_bomb(&text) {
                    stall();
                }
                text
            };
        })],
    },
    Fault {
        name: "schema-hints-followed",
        summary: "Fetches what schemaLocation and XInclude point to.",
        violates: &["AUTH-084"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                for before in ["schemaLocation=", "SchemaLocation=", "href="] {
                    for addresses in quoted_after(&text, before) {
                        addresses.split_whitespace().for_each(fetch);
                    }
                }
                text
            };
        })],
    },
    Fault {
        name: "inclusions-followed",
        summary: "Fetches what XInclude points to.",
        violates: &["AUTH-084"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                for inclusion in text.split(":include").skip(1) {
                    let addresses = quoted_after(inclusion, "href=");
                    addresses.into_iter().take(1).for_each(fetch);
                }
                text
            };
        })],
    },
    Fault {
        name: "slow-nesting",
        summary: "Spends twelve seconds on deeply nested elements.",
        violates: &["AUTH-085"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                if text.matches("></").count() > 5000 {
                    stall();
                }
                text
            };
        })],
    },
    Fault {
        name: "comment-cuts-token",
        summary: "Reads the token up to the first comment in it.",
        violates: &["AUTH-086"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.token_text = |node| {
                node.children()
                    .find_map(|part| part.text())
                    .map(str::to_owned)
            };
        })],
    },
    Fault {
        name: "must-understand-ignored",
        summary: "Ignores headers that must be understood.",
        violates: &["AUTH-087"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.ignores_headers = true)],
    },
    Fault {
        name: "bad-xml-takes-service-down",
        summary: "Is down for three calls after a message that is not well-formed.",
        violates: &["AUTH-088"],
        consequences: &[
            "AUTH-002", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-071", "AUTH-083",
            "AUTH-091", "ERP-179", "ERP-171", "ERP-121", "ERP-123",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Answer(|connector, call, reply| {
                if matches!(reply, Reply::Fault(fault) if fault.text.contains("well-formed"))
                    && call.called.is_none()
                {
                    connector.injected.remember("down", json!(3));
                }
            }),
        ],
    },
    Fault {
        name: "text-before-envelope-skipped",
        summary: "Skips whatever stands before the first element.",
        violates: &["AUTH-088"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |text| {
                let begin = text.find('<').unwrap_or_default();
                text[begin..].to_owned()
            };
        })],
    },
    Fault {
        name: "action-by-contract",
        summary: "Runs Authenticate for every action of its contract.",
        violates: &["AUTH-089"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.action = |value| match value.contains(INTERFACE) {
                true => Some(AUTHENTICATE),
                false => policy::action(value),
            };
        })],
    },
    Fault {
        name: "body-decides-the-operation",
        summary: "Runs what the body's element names when it does not know the action.",
        violates: &["AUTH-089", "ERP-016"],
        consequences: &["AUTH-003"],
        seams: &[Seam::Policy(|policy| policy.dispatch_by_body = true)],
    },
    Fault {
        name: "any-namespace-accepted",
        summary: "Does not look at the namespace of the body's element.",
        violates: &["ERP-016"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.any_namespace = true)],
    },
    Fault {
        name: "get-answered",
        summary: "Answers GET like an empty Authenticate.",
        violates: &["AUTH-090"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let refused = matches!(reply, Reply::Status(StatusCode::METHOD_NOT_ALLOWED));
            if call.method == Method::GET && refused {
                *reply = Reply::Handshake(Verdict::refused());
            }
        })],
    },
    Fault {
        name: "any-content-type-accepted",
        summary: "Does not look at the content type of messages.",
        violates: &["AUTH-090"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.is_xml = |_| true)],
    },
];

/// Keeps the call busy for twelve seconds, and no other one: the thread is given away.
fn stall() {
    tokio::task::block_in_place(|| std::thread::sleep(Duration::from_secs(12)));
}
