//! Faults of lists.

use super::tools::{bad, company, crash, is, items, refusal, replace};
use super::{Fault, Seam};
use crate::sample::sync::connector::Called;
use crate::sample::sync::erp::{Operation as Op, Outcome, Payload};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "list-of-groups-missing",
        summary: "Does not have the list of customer groups that a field names.",
        violates: &["ERP-161"],
        consequences: &["ERP-089", "ERP-126", "ERP-165"],
        seams: &[Seam::Request(|_, call| {
            if call.request.list_name.as_deref() == Some("CustomerGroup") {
                call.request.list_name = Some("CustomerGroups".to_owned());
            }
            Ok(())
        })],
    },
    Fault {
        name: "list-item-twice",
        summary: "Lists the first item twice.",
        violates: &["ERP-162"],
        consequences: &["ERP-161", "ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(items) = items(call, reply, Op::GetList) {
                let first = items.first().cloned();
                items.extend(first);
            }
        })],
    },
    Fault {
        name: "list-item-without-text",
        summary: "Gives one item of every list no text.",
        violates: &["ERP-163"],
        consequences: &["ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            let either = items(call, reply, Op::GetList).is_some();
            let operation = if either {
                Op::GetList
            } else {
                Op::GetListItems
            };
            for (key, text) in items(call, reply, operation).into_iter().flatten() {
                if ["G1", "DK", "TRN", "2", "PLAN"].contains(&key.as_str()) {
                    text.clear();
                }
            }
        })],
    },
    Fault {
        name: "item-texts-differ",
        summary: "Gives another text for an item alone than in its list.",
        violates: &["ERP-165"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for (key, text) in items(call, reply, Op::GetListItems).into_iter().flatten() {
                *text = format!("{key} {text}");
            }
        })],
    },
    Fault {
        name: "item-keys-ignored",
        summary: "Gives the whole list when it is asked for some items.",
        violates: &["ERP-165"],
        consequences: &["ERP-166", "ERP-170"],
        seams: &[
            Seam::Request(|_, call| {
                if is(call, Op::GetListItems) {
                    call.called = Some(Called::Erp(Op::GetList));
                }
                Ok(())
            }),
            Seam::Written(|_, call, written| {
                if call.text.contains("WSGetListItems") {
                    replace(written, "WSGetListRes", "WSGetListItemsRes");
                }
            }),
        ],
    },
    Fault {
        name: "unknown-item-is-a-fault",
        summary: "Answers an item key that it does not know with a SOAP fault.",
        violates: &["ERP-166"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let asked = call.request.list_item_keys.as_ref().map_or(0, Vec::len);
            let found = items(call, reply, Op::GetListItems).map(|items| items.len());
            if found.is_some_and(|found| found < asked) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-list-is-a-fault",
        summary: "Answers a list that it does not have with a SOAP fault.",
        violates: &["ERP-167"],
        consequences: &["ERP-168", "ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = bad(call, reply, Op::GetList).is_some_and(|outcome| {
                outcome
                    .tech
                    .as_deref()
                    .is_some_and(|t| t.starts_with("List "))
            });
            if unknown {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-list-is-empty",
        summary: "Answers a list that it does not have with an empty one.",
        violates: &["ERP-168"],
        consequences: &["ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = bad(call, reply, Op::GetList)
                && outcome.error_code.is_none()
                && outcome
                    .tech
                    .as_deref()
                    .is_some_and(|tech| tech.starts_with("List "))
            {
                *outcome = Outcome::ok(Payload::Items(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "lists-need-a-connection",
        summary: "Has no lists before a connection is saved.",
        violates: &["ERP-169"],
        consequences: &["ERP-040"],
        seams: &[Seam::Request(|connector, call| {
            let known = company(connector, call).is_some();
            let zero = call.request.connection_guid.as_deref().unwrap_or_default();
            let zero = !zero.is_empty() && zero.chars().all(|sign| "0-{}".contains(sign));
            match (is(call, Op::GetList) || is(call, Op::GetListItems)) && zero && !known {
                true => Err(refusal(Op::GetList, "There is no connection yet.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "no-item-keys-is-a-fault",
        summary: "Answers a request for no items with a SOAP fault.",
        violates: &["ERP-170"],
        consequences: &["ERP-171", "ERP-009"],
        seams: &[Seam::Request(|_, call| {
            let none = call
                .request
                .list_item_keys
                .as_ref()
                .is_none_or(Vec::is_empty);
            match is(call, Op::GetListItems) && none {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "list-of-groups-empty",
        summary: "Lists no customer groups.",
        violates: &["ERP-164"],
        consequences: &["ERP-089", "ERP-126", "ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            let groups = call.request.list_name.as_deref() == Some("CustomerGroup");
            for operation in [Op::GetList, Op::GetListItems] {
                if let Some(items) = items(call, reply, operation).filter(|_| groups) {
                    items.clear();
                }
            }
        })],
    },
];
