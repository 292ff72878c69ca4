//! Faults of the token that the connector gives back.

use std::fmt::Display;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::tools::{accepted, claim, is_handshake, nonce, refused, replace};
use super::{Fault, Seam, short_key};
use crate::auth::ApplicationKeyPair;
use crate::sample::sync::handshake::{Handshake, timestamped};

/// What cannot be examined in a token of another form.
pub const UNREADABLE: &[&str] = &[
    "AUTH-010", "AUTH-025", "AUTH-026", "AUTH-027", "AUTH-029", "AUTH-030", "AUTH-031", "AUTH-032",
    "AUTH-033",
];

/// Nonce and time in the canonical form, signed in another way.
fn signed(nonce: &str, now: Timestamp, sign: impl Fn(&str) -> Option<String>) -> Option<String> {
    let message = format!("{nonce}.{}", now.strftime("%Y%m%d%H%M"));
    Some(format!("{message}.{}", sign(&message)?))
}

/// Nonce and time in the canonical form, with a good signature that is written otherwise.
fn signature_as(
    handshake: &Handshake,
    nonce: &str,
    now: Timestamp,
    write: impl Fn(Vec<u8>) -> String,
) -> Option<String> {
    signed(nonce, now, |message| {
        Some(write(handshake.pair.sign(message.as_bytes()).ok()?))
    })
}

/// A token with the time in another form.
fn with_time(handshake: &Handshake, nonce: &str, time: impl Display) -> Option<String> {
    let message = format!("{nonce}.{time}");
    let signature = handshake.pair.sign(message.as_bytes()).ok()?;
    Some(format!("{message}.{}", STANDARD.encode(signature)))
}

/// The time of Oslo in summer.
pub fn in_local_time(handshake: &Handshake, nonce: &str, now: Timestamp) -> Option<String> {
    timestamped(handshake, nonce, off(now, 120))
}

/// A signature over the nonce without the time.
pub fn over_nonce(handshake: &Handshake, nonce: &str, now: Timestamp) -> Option<String> {
    signed(nonce, now, |_| {
        Some(STANDARD.encode(handshake.pair.sign(nonce.as_bytes()).ok()?))
    })
}

/// A signature of the application's key with another algorithm.
fn with_algorithm(handshake: &Handshake, message: &str, algorithm: Algorithm) -> Option<String> {
    let pem = handshake.pair.to_pkcs1_pem();
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?;
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).ok()?;
    Some(STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).ok()?))
}

/// A moment that is off by minutes.
fn off(now: Timestamp, minutes: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_mins(minutes))
        .unwrap_or(now)
}

static ANOTHER_KEY: LazyLock<Option<ApplicationKeyPair>> =
    LazyLock::new(|| ApplicationKeyPair::generate().ok());

/// A signature of a key that is not the application's.
fn with_another_key(message: &str) -> Option<String> {
    let key = ANOTHER_KEY.as_ref()?;
    Some(STANDARD.encode(key.sign(message.as_bytes()).ok()?))
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "answer-in-four-parts",
        summary: "Adds a version number to its token as fourth part.",
        violates: &["AUTH-024"],
        consequences: UNREADABLE,
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                timestamped(handshake, nonce, now).map(|token| token + ".1")
            };
        })],
    },
    Fault {
        name: "answer-without-time",
        summary: "Gives nonce and signature without the time between them.",
        violates: &["AUTH-024"],
        consequences: UNREADABLE,
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, _| {
                let signature = handshake.pair.sign(nonce.as_bytes()).ok()?;
                Some(format!("{nonce}.{}", STANDARD.encode(signature)))
            };
        })],
    },
    Fault {
        name: "nonce-in-lower-case",
        summary: "Gives the nonce back in lower-case letters.",
        violates: &["AUTH-025"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| {
            policy.answer =
                |handshake, nonce, now| timestamped(handshake, &nonce.to_lowercase(), now);
        })],
    },
    Fault {
        name: "nonce-cut-short",
        summary: "Gives only the first sixteen characters of the nonce back.",
        violates: &["AUTH-025"],
        consequences: &["AUTH-010", "AUTH-086"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                let nonce: String = nonce.chars().take(16).collect();
                timestamped(handshake, &nonce, now)
            };
        })],
    },
    Fault {
        name: "time-with-seconds",
        summary: "Writes the time of its token with seconds.",
        violates: &["AUTH-026"],
        consequences: &[
            "AUTH-010", "AUTH-024", "AUTH-025", "AUTH-027", "AUTH-028", "AUTH-029", "AUTH-030",
            "AUTH-031", "AUTH-032", "AUTH-033",
        ],
        seams: &[Seam::Policy(|policy| {
            policy.answer =
                |handshake, nonce, now| with_time(handshake, nonce, now.strftime("%Y%m%d%H%M%S"));
        })],
    },
    Fault {
        name: "time-in-day-first-order",
        summary: "Writes day and month before the year.",
        violates: &["AUTH-026"],
        consequences: &["AUTH-027", "AUTH-010"],
        seams: &[Seam::Policy(|policy| {
            policy.answer =
                |handshake, nonce, now| with_time(handshake, nonce, now.strftime("%d%m%Y%H%M"));
        })],
    },
    Fault {
        name: "time-in-local-time",
        summary: "Writes the time of Oslo in summer in place of UTC.",
        violates: &["AUTH-027"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| policy.answer = in_local_time)],
    },
    Fault {
        name: "time-sixteen-minutes-late",
        summary: "Has a clock that is sixteen minutes late.",
        violates: &["AUTH-027"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| timestamped(handshake, nonce, off(now, -16));
        })],
    },
    Fault {
        name: "time-of-the-first-handshake",
        summary: "Writes the time of its first handshake into every token.",
        violates: &["AUTH-028"],
        consequences: &["AUTH-027"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let (Some(verdict), Some(nonce)) = (accepted(reply), nonce(call)) else {
                return;
            };
            let first = connector.injected.recall("first");
            let first = first.unwrap_or(json!(call.now.as_second()));
            connector.injected.remember("first", first.clone());
            let first = first.as_i64().map(Timestamp::from_second);
            let first = first.and_then(Result::ok).unwrap_or(call.now);
            verdict.token = timestamped(&connector.handshake, nonce, first);
        })],
    },
    Fault {
        name: "time-kept-for-ten-minutes",
        summary: "Takes the time anew every ten minutes only.",
        violates: &["AUTH-028"],
        consequences: &["AUTH-027"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let (Some(verdict), Some(nonce)) = (accepted(reply), nonce(call)) else {
                return;
            };
            let now = call.now.as_second();
            let kept = connector.injected.recall("time");
            let kept = kept.and_then(|kept| kept.as_i64());
            let kept = kept.filter(|kept| now - kept < 600).unwrap_or(now);
            connector.injected.remember("time", json!(kept));
            let kept = Timestamp::from_second(kept).unwrap_or(call.now);
            verdict.token = timestamped(&connector.handshake, nonce, kept);
        })],
    },
    Fault {
        name: "signature-in-base64url",
        summary: "Writes its signature in base64url.",
        violates: &["AUTH-029"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signature_as(handshake, nonce, now, |bytes| URL_SAFE.encode(bytes))
            };
        })],
    },
    Fault {
        name: "signature-without-padding",
        summary: "Leaves the padding of its signature away.",
        violates: &["AUTH-029"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signature_as(handshake, nonce, now, |bytes| STANDARD_NO_PAD.encode(bytes))
            };
        })],
    },
    Fault {
        name: "signature-with-sha-512",
        summary: "Signs with SHA-512 in place of SHA-256.",
        violates: &["AUTH-030"],
        consequences: &["AUTH-010", "AUTH-031"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signed(nonce, now, |message| {
                    with_algorithm(handshake, message, Algorithm::RS512)
                })
            };
        })],
    },
    Fault {
        name: "signature-with-pss",
        summary: "Signs with PSS padding in place of PKCS#1 v1.5.",
        violates: &["AUTH-030"],
        consequences: &["AUTH-010", "AUTH-031"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signed(nonce, now, |message| {
                    with_algorithm(handshake, message, Algorithm::PS256)
                })
            };
        })],
    },
    Fault {
        name: "signature-over-the-nonce-alone",
        summary: "Signs the nonce without the time.",
        violates: &["AUTH-030"],
        consequences: &["AUTH-010", "AUTH-031"],
        seams: &[Seam::Policy(|policy| policy.answer = over_nonce)],
    },
    Fault {
        name: "signature-over-utf-16",
        summary: "Signs the text as UTF-16.",
        violates: &["AUTH-030"],
        consequences: &["AUTH-010", "AUTH-031"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signed(nonce, now, |message| {
                    let wide: Vec<u8> = message.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    Some(STANDARD.encode(handshake.pair.sign(&wide).ok()?))
                })
            };
        })],
    },
    Fault {
        name: "signed-with-another-key",
        summary: "Signs with a key that is not the application's.",
        violates: &["AUTH-031"],
        consequences: &["AUTH-010", "AUTH-030"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |_, nonce, now| signed(nonce, now, with_another_key);
        })],
    },
    Fault {
        name: "other-key-now-and-then",
        summary: "Signs every third token with the key of another application.",
        violates: &["AUTH-031"],
        consequences: &["AUTH-010", "AUTH-030"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let (Some(verdict), Some(nonce)) = (accepted(reply), nonce(call)) else {
                return;
            };
            if connector.injected.count("signed").is_multiple_of(3) {
                verdict.token = signed(nonce, call.now, with_another_key);
            }
        })],
    },
    Fault {
        name: "signature-with-sign-byte",
        summary: "Writes its signature as a number with a sign: with a zero in front.",
        violates: &["AUTH-032"],
        consequences: &["AUTH-010", "AUTH-030", "AUTH-031"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signature_as(handshake, nonce, now, |mut bytes| {
                    bytes.insert(0, 0);
                    STANDARD.encode(bytes)
                })
            };
        })],
    },
    Fault {
        name: "signature-cut-short",
        summary: "Drops the last byte of its signature.",
        violates: &["AUTH-032"],
        consequences: &["AUTH-010", "AUTH-030", "AUTH-031"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signature_as(handshake, nonce, now, |mut bytes| {
                    bytes.pop();
                    STANDARD.encode(bytes)
                })
            };
        })],
    },
    Fault {
        name: "one-token-for-all",
        summary: "Gives the token of its first handshake to everybody.",
        violates: &["AUTH-033"],
        consequences: &["AUTH-010", "AUTH-025", "AUTH-027", "AUTH-028", "AUTH-086"],
        seams: &[Seam::Answer(|connector, _, reply| {
            let Some(verdict) = accepted(reply) else {
                return;
            };
            match connector.injected.recall("token") {
                Some(first) => verdict.token = first.as_str().map(str::to_owned),
                None => {
                    connector.injected.remember("token", json!(verdict.token));
                }
            }
        })],
    },
    Fault {
        name: "token-kept-for-a-tenant",
        summary: "Gives each tenant the token of its first handshake again.",
        violates: &["AUTH-033"],
        consequences: &["AUTH-010", "AUTH-025", "AUTH-027", "AUTH-028", "AUTH-086"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let tenant = format!("token of {:?}", claim(call, "sub"));
            let Some(verdict) = accepted(reply) else {
                return;
            };
            match connector.injected.recall(&tenant) {
                Some(first) => verdict.token = first.as_str().map(str::to_owned),
                None => {
                    connector.injected.remember(tenant, json!(verdict.token));
                }
            }
        })],
    },
    Fault {
        name: "signature-in-lines",
        summary: "Breaks the Base64 of its signature into lines.",
        violates: &["AUTH-034"],
        consequences: &["AUTH-010", "AUTH-029", "AUTH-030", "AUTH-031", "AUTH-032"],
        seams: &[Seam::Policy(|policy| {
            policy.answer = |handshake, nonce, now| {
                signature_as(handshake, nonce, now, |bytes| {
                    // 57 bytes give a line of 76 characters.
                    let lines = bytes.chunks(57).map(|line| STANDARD.encode(line));
                    lines.collect::<Vec<_>>().join("\n")
                })
            };
        })],
    },
    Fault {
        name: "application-key-of-1024-bits",
        summary: "Signs with a key of 1024 bits, which it was once given with a sample.",
        violates: &["AUTH-035"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.public_key = Some(short_key::public_rsa_xml);
            policy.answer = |_, nonce, now| {
                signed(nonce, now, |message| {
                    Some(STANDARD.encode(short_key::sign(message.as_bytes())?))
                })
            };
        })],
    },
    Fault {
        name: "private-key-in-a-comment",
        summary: "Leaves its private key in a comment of the answer.",
        violates: &["AUTH-036"],
        consequences: &["AUTH-076"],
        seams: &[Seam::Written(|connector, call, written| {
            if is_handshake(call) {
                let key = connector.handshake.pair.to_rsa_xml().replace("--", "");
                replace(written, "<s:Body>", &format!("<s:Body><!-- {key} -->"));
            }
        })],
    },
    Fault {
        name: "private-number-in-refusal",
        summary: "Names its private exponent in the reason of a refusal.",
        violates: &["AUTH-036"],
        consequences: &["AUTH-076"],
        seams: &[Seam::Answer(|connector, _, reply| {
            let key = connector.handshake.pair.to_rsa_xml();
            let exponent = key
                .split("<D>")
                .nth(1)
                .and_then(|rest| rest.split('<').next());
            if let Some(verdict) = refused(reply) {
                let exponent = exponent.unwrap_or_default();
                verdict.reason = Some(format!("Not accepted; signed with {exponent}"));
            }
        })],
    },
];
