//! Faults of the wire format of ERP operations.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};

use super::tools::{asked_type, crash, cut, each_actor, each_given_value, is, is_erp, replace};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called};
use crate::sample::sync::erp::{NAMESPACE, Operation as Op};
use crate::sample::sync::policy;
use crate::sample::sync::reply::Written;
use crate::sample::sync::xml::ARRAYS;

/// Whether a result of an ERP operation is written.
fn result<'a>(call: &Call, written: &'a mut Written) -> Option<&'a mut Written> {
    (is_erp(call) && written.status == StatusCode::OK).then_some(written)
}

/// Moves an element to the end of the one that it is in.
fn move_to_end(written: &mut Written, element: &str, inside: &str) {
    let (open, end) = (format!("<{element}>"), format!("</{element}>"));
    let close = format!("</{inside}>");
    let pieces = written.body.split_inclusive(&close).map(|piece| {
        let Some(content) = piece.strip_suffix(&close) else {
            return piece.to_owned();
        };
        let mut content = content.to_owned();
        let moved = cut(&mut content, &open, &end);
        content + &moved.unwrap_or_default() + &close
    });
    written.body = pieces.collect();
}

/// The local names of the elements in a message.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let opened = text.split('<').skip(1);
    let opened = opened.filter(|tag| !tag.starts_with(['/', '!', '?']));
    opened.filter_map(|tag| {
        let name = tag.split(|sign: char| sign.is_whitespace() || "/>".contains(sign));
        name.into_iter().next()?.rsplit(':').next()
    })
}

/// Whether a request may have an element of this name.
fn is_known(name: &str) -> bool {
    const MEMBERS: &[&str] = &[
        "Envelope",
        "Header",
        "Body",
        "request",
        "string",
        "KeyValueOfstringstring",
        "Key",
        "Value",
        "ConnectionGuid",
        "ConnectionInfo",
        "ActorType",
        "ErpKeys",
        "FieldKeys",
        "UpdatedOnOrAfter",
        "SearchText",
        "Restrictions",
        "SearchRestrictionInfoWS",
        "FieldKey",
        "Operator",
        "Values",
        "ParentActorErpKey",
        "ParentActorType",
        "Actor",
        "Actors",
        "ErpActorWS",
        "ErpKey",
        "FieldValues",
        "LastModified",
        "ParentErpKey",
        "ListName",
        "ListItemKeys",
    ];
    MEMBERS.contains(&name)
        || Op::ALL
            .iter()
            .any(|operation| name == operation.name() || name == operation.request_class())
}

/// What cannot be judged of results that no reader takes.
const UNREADABLE: &[&str] = &[
    "ERP-002", "ERP-004", "ERP-005", "ERP-008", "ERP-009", "ERP-011", "ERP-012", "ERP-014",
    "ERP-017", "ERP-021", "ERP-031", "ERP-032", "ERP-045", "ERP-051", "ERP-055", "ERP-060",
    "ERP-171", "ERP-179",
];

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "results-as-application-xml",
        summary: "Answers ERP operations as application/xml.",
        violates: &["ERP-001"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if let Some(written) = result(call, written) {
                let kind = HeaderValue::from_static("application/xml; charset=utf-8");
                written.headers.insert(CONTENT_TYPE, kind);
            }
        })],
    },
    Fault {
        name: "fault-with-http-200",
        summary: "Sends SOAP faults with HTTP 200.",
        violates: &["ERP-001"],
        consequences: &["ERP-015", "ERP-016", "AUTH-002", "AUTH-080", "AUTH-089"],
        seams: &[Seam::Written(|_, _, written| {
            if written.body.contains("<s:Fault>") {
                written.status = StatusCode::OK;
            }
        })],
    },
    Fault {
        name: "error-result-with-http-500",
        summary: "Sends error results with HTTP 500.",
        violates: &["ERP-001"],
        consequences: &[
            "ERP-023", "ERP-024", "ERP-025", "ERP-046", "ERP-049", "ERP-082", "ERP-116", "ERP-134",
            "ERP-141", "ERP-142", "ERP-154", "ERP-167", "ERP-171",
        ],
        seams: &[Seam::Written(|_, call, written| {
            if is_erp(call) && written.body.contains("<State>Error<") {
                written.status = StatusCode::INTERNAL_SERVER_ERROR;
            }
        })],
    },
    Fault {
        name: "result-named-return",
        summary: "Names the result element return, as Java tools do.",
        violates: &["ERP-003"],
        consequences: UNREADABLE,
        seams: &[Seam::Written(|_, call, written| {
            let Some(Called::Erp(operation)) = call.called else {
                return;
            };
            let name = format!("{}Result", operation.name());
            replace(written, &format!("<{name} "), "<return ");
            replace(written, &format!("</{name}>"), "</return>");
        })],
    },
    Fault {
        name: "items-named-like-list",
        summary: "Answers WSGetListItems in the elements of WSGetList.",
        violates: &["ERP-003"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Op::GetListItems) {
                replace(written, "WSGetListItemsRes", "WSGetListRes");
            }
        })],
    },
    Fault {
        name: "payload-before-base",
        summary: "Writes its own members before those of the base class.",
        violates: &["ERP-004"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            let Some(Called::Erp(operation)) = call.called else {
                return;
            };
            let nil = "<UserExplanation i:nil=\"true\"/>";
            let end = match written.body.contains(nil) {
                true => nil,
                false => "</UserExplanation>",
            };
            if let Some(base) = cut(&mut written.body, "<ErrorCode", end) {
                let close = format!("</{}Result>", operation.name());
                replace(written, &close, &format!("{base}{close}"));
            }
        })],
    },
    Fault {
        name: "field-members-in-declared-order",
        summary: "Writes the members of field descriptions in the order of its class.",
        violates: &["ERP-004"],
        consequences: &["ERP-033", "ERP-067"],
        seams: &[Seam::Written(|_, call, written| {
            if let Some(written) = result(call, written) {
                let open = "<FieldMetadataInfoWS>";
                let pieces = written.body.split(open).map(|piece| {
                    let mut members = piece.to_owned();
                    let key = cut(&mut members, "<FieldKey>", "</FieldKey>");
                    key.unwrap_or_default() + &members
                });
                written.body = pieces.collect::<Vec<_>>().join(open);
            }
        })],
    },
    Fault {
        name: "last-modified-at-the-end",
        summary: "Writes LastModified after the parent of an actor.",
        violates: &["ERP-004"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if let Some(written) = result(call, written) {
                for actor in ["ErpActorWS", "Actor"] {
                    move_to_end(written, "LastModified", actor);
                }
            }
        })],
    },
    Fault {
        name: "arrays-in-own-namespace",
        summary: "Puts the items of arrays and dictionaries into its own namespace.",
        violates: &["ERP-005"],
        consequences: &[
            "ERP-060", "ERP-061", "ERP-066", "ERP-075", "ERP-119", "ERP-126", "ERP-161", "ERP-165",
            "ERP-169",
        ],
        seams: &[Seam::Written(|_, call, written| {
            if let Some(written) = result(call, written) {
                replace(written, ARRAYS, NAMESPACE);
            }
        })],
    },
    Fault {
        name: "value-before-key",
        summary: "Writes the value of a dictionary item before its key.",
        violates: &["ERP-005"],
        consequences: &["ERP-161", "ERP-162", "ERP-165"],
        seams: &[Seam::Written(|_, call, written| {
            if let Some(written) = result(call, written) {
                move_to_end(written, "b:Key", "b:KeyValueOfstringstring");
            }
        })],
    },
    Fault {
        name: "state-as-number",
        summary: "Writes State as a number.",
        violates: &["ERP-006"],
        consequences: &[
            "ERP-018", "ERP-002", "ERP-004", "ERP-005", "ERP-008", "ERP-009", "ERP-011", "ERP-012",
            "ERP-014", "ERP-017", "ERP-021", "ERP-031", "ERP-032", "ERP-045", "ERP-051", "ERP-055",
            "ERP-060", "ERP-171", "ERP-179", "ERP-135", "ERP-141", "ERP-142", "ERP-143", "ERP-146",
            "ERP-154", "ERP-172",
        ],
        seams: &[Seam::Written(|_, call, written| {
            if result(call, written).is_some() {
                for (name, number) in [
                    ("Ok", "0"),
                    ("OkWithInfo", "1"),
                    ("Warning", "2"),
                    ("Error", "3"),
                ] {
                    let from = format!("<State>{name}</State>");
                    replace(written, &from, &format!("<State>{number}</State>"));
                }
            }
        })],
    },
    Fault {
        name: "date-type-in-camel-case",
        summary: "Spells the field type Datetime with a capital T.",
        violates: &["ERP-006"],
        consequences: &["ERP-067", "ERP-088", "ERP-127"],
        seams: &[Seam::Written(|_, call, written| {
            if is_erp(call) {
                replace(written, ">Datetime<", ">DateTime<");
            }
        })],
    },
    Fault {
        name: "booleans-with-capital",
        summary: "Writes booleans as True and False.",
        violates: &["ERP-007"],
        consequences: &["ERP-172"],
        seams: &[Seam::Written(|_, call, written| {
            if is_erp(call) {
                replace(written, "<IsOk>true<", "<IsOk>True<");
                replace(written, "<IsOk>false<", "<IsOk>False<");
            }
        })],
    },
    Fault {
        name: "rank-with-decimals",
        summary: "Writes Rank with a decimal place.",
        violates: &["ERP-007"],
        consequences: &["ERP-067"],
        seams: &[Seam::Written(|_, call, written| {
            if is_erp(call) {
                replace(written, "</Rank>", ".0</Rank>");
            }
        })],
    },
    Fault {
        name: "prefixes-not-understood",
        summary: "Finds the request by its name without prefix only.",
        violates: &["ERP-008"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            if is_erp(call) && !is(call, Op::GetConfigData) && !call.text.contains("<request") {
                return Err(crash());
            }
            Ok(())
        })],
    },
    Fault {
        name: "array-prefix-expected",
        summary: "Finds the items of arrays by the prefix that WCF gives them.",
        violates: &["ERP-008"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if call.text.contains(ARRAYS) && !call.text.contains("<b:") {
                let request = &mut call.request;
                request.connection_info = request.connection_info.take().map(|_| Vec::new());
                for texts in [
                    &mut request.erp_keys,
                    &mut request.field_keys,
                    &mut request.list_item_keys,
                ] {
                    *texts = texts.take().map(|_| Vec::new());
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "nil-is-a-value",
        summary: "Takes a nil FieldKeys for a list with one empty name.",
        violates: &["ERP-009"],
        consequences: &["ERP-171", "ERP-085"],
        seams: &[Seam::Request(|_, call| {
            let tag = call.text.split("FieldKeys").nth(1);
            let tag = tag.and_then(|rest| rest.split('>').next());
            match is_erp(call) && tag.is_some_and(|tag| tag.contains("nil=\"true\"")) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "absent-fields-mean-all",
        summary: "Gives all fields when FieldKeys is absent, and none when it is nil.",
        violates: &["ERP-009"],
        consequences: &["ERP-079", "ERP-085"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActors)
                && !call.text.contains("FieldKeys")
                && let Some(actor_type) = asked_type(call)
            {
                let fields = actor_type.fields().iter();
                let keys = fields.map(|field| field.key.to_owned()).collect();
                call.request.field_keys = Some(keys);
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-elements-refused",
        summary: "Does not take a request with an element that it does not know.",
        violates: &["ERP-010"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is_erp(call) && names(&call.text).any(|name| !is_known(name)) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "byte-order-mark-refused",
        summary: "Does not read a message that begins with a byte order mark.",
        violates: &["ERP-011"],
        consequences: &["ERP-171"],
        seams: &[Seam::Policy(|policy| {
            policy.decode = |bytes| {
                let marked = bytes.starts_with(b"\xef\xbb\xbf");
                policy::decode(bytes).filter(|_| !marked)
            };
        })],
    },
    Fault {
        name: "xml-declaration-refused",
        summary: "Expects a message to begin with the envelope.",
        violates: &["ERP-011"],
        consequences: &["ERP-171"],
        seams: &[Seam::Policy(|policy| {
            policy.decode = |bytes| {
                policy::decode(bytes).filter(|text| !text.trim_start().starts_with("<?xml"))
            };
        })],
    },
    Fault {
        name: "line-breaks-lost",
        summary: "Stores line breaks in texts as blanks.",
        violates: &["ERP-012"],
        consequences: &["ERP-139", "ERP-150"],
        seams: &[Seam::Request(|_, call| {
            each_given_value(call, |_, value| {
                *value = value.replace("\r\n", " ").replace(['\r', '\n'], " ");
            });
            Ok(())
        })],
    },
    Fault {
        name: "rare-characters-lost",
        summary: "Stores question marks for characters outside the basic plane.",
        violates: &["ERP-012"],
        consequences: &["ERP-139", "ERP-150"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                for (_, value) in actor.field_values.iter_mut().flatten() {
                    *value = value
                        .chars()
                        .map(|sign| if sign > '\u{ffff}' { '?' } else { sign })
                        .collect();
                }
            });
        })],
    },
    Fault {
        name: "control-characters-in-notes",
        summary: "Ends the texts of list items with a control character.",
        violates: &["ERP-013"],
        consequences: &["ERP-161", "ERP-162", "ERP-165", "ERP-169", "ERP-171"],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Op::GetList) || is(call, Op::GetListItems) {
                replace(written, "</b:Value>", "\u{b}</b:Value>");
            }
        })],
    },
    Fault {
        name: "ampersand-not-escaped",
        summary: "Does not escape the ampersand in texts of actors.",
        violates: &["ERP-013"],
        consequences: &[
            "ERP-012", "ERP-075", "ERP-095", "ERP-096", "ERP-098", "ERP-104", "ERP-105", "ERP-171",
        ],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Op::GetActors) || is(call, Op::GetActorsByTimestamp) {
                replace(written, "&amp;", "&");
            }
        })],
    },
];
