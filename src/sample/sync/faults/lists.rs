//! Faults of lists.

use axum::http::StatusCode;

use super::tools::{bad, crash, good, is, is_second, is_zero, items, refusal, run};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{Operation as Op, Outcome, Payload};
use crate::sample::sync::reply::Reply;

/// The error result to a list that does not exist.
fn unknown_list<'a>(call: &Call, reply: &'a mut Reply, operation: Op) -> Option<&'a mut Outcome> {
    let about_list = |tech: &String| tech.starts_with("List ");
    bad(call, reply, operation).filter(|outcome| outcome.tech.as_ref().is_some_and(about_list))
}

/// Whether an answer lacks items that were asked for.
fn lacks_items(call: &Call, reply: &mut Reply) -> bool {
    let asked = call.request.list_item_keys.as_ref().map_or(0, Vec::len);
    items(call, reply, Op::GetListItems).is_some_and(|items| items.len() < asked)
}

/// Whether single items of a list are asked for without keys.
fn asks_for_no_items(call: &Call) -> bool {
    let keys = call.request.list_item_keys.as_ref();
    is(call, Op::GetListItems) && keys.is_none_or(Vec::is_empty)
}

/// Gives all items of a list that single ones are asked for.
fn give_whole_list(connector: &Connector, call: &Call, reply: &mut Reply) {
    if let Some(outcome) = good(call, reply, Op::GetListItems)
        && let Some(whole) = run(connector, call, Op::GetList, |_| {})
    {
        *outcome = whole;
    }
}

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
        name: "list-nil-in-second-company",
        summary: "Gives a nil list of supplier categories in the second company.",
        violates: &["ERP-161"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let categories = call.request.list_name.as_deref() == Some("SupplierCategory");
            if categories
                && is_second(connector, call)
                && let Some(outcome) = good(call, reply, Op::GetList)
            {
                outcome.payload = Payload::Items(None);
            }
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
        name: "empty-choice-in-lists",
        summary: "Begins every list with an item without key, for no choice.",
        violates: &["ERP-162"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(items) = items(call, reply, Op::GetList) {
                items.insert(0, (String::new(), "(none)".to_owned()));
            }
        })],
    },
    Fault {
        name: "list-item-without-text",
        summary: "Gives one item of every list no text.",
        violates: &["ERP-163"],
        consequences: &["ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            for operation in [Op::GetList, Op::GetListItems] {
                for (key, text) in items(call, reply, operation).into_iter().flatten() {
                    if ["G1", "DK", "TRN", "2", "PLAN"].contains(&key.as_str()) {
                        text.clear();
                    }
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
        seams: &[Seam::Answer(give_whole_list)],
    },
    Fault {
        name: "unknown-item-is-a-fault",
        summary: "Answers an item key that it does not know with a SOAP fault.",
        violates: &["ERP-166"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            if lacks_items(call, reply) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-item-is-http-400",
        summary: "Answers an item key that it does not know with HTTP 400.",
        violates: &["ERP-166"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            if lacks_items(call, reply) {
                *reply = Reply::Status(StatusCode::BAD_REQUEST);
            }
        })],
    },
    Fault {
        name: "items-of-unknown-list-are-a-fault",
        summary: "Answers items of a list that it does not have with a SOAP fault.",
        violates: &["ERP-167"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            if unknown_list(call, reply, Op::GetListItems).is_some() {
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
            if unknown_list(call, reply, Op::GetList).is_some() {
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
            if let Some(outcome) = unknown_list(call, reply, Op::GetList) {
                *outcome = Outcome::ok(Payload::Items(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "lists-need-a-connection",
        summary: "Has no lists before a connection is saved.",
        violates: &["ERP-169"],
        consequences: &["ERP-040"],
        seams: &[Seam::Request(|_, call| {
            match (is(call, Op::GetList) || is(call, Op::GetListItems)) && is_zero(call) {
                true => Err(refusal(Op::GetList, "There is no connection yet.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "configuration-list-nil-before-saving",
        summary: "Answers Ok without items to a list that is asked for before a connection is saved.",
        violates: &["ERP-169"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::GetList).filter(|_| is_zero(call)) {
                outcome.payload = Payload::Items(None);
            }
        })],
    },
    Fault {
        name: "no-item-keys-mean-all",
        summary: "Gives the whole list when it is asked for no items.",
        violates: &["ERP-170"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if asks_for_no_items(call) {
                give_whole_list(connector, call, reply);
            }
        })],
    },
    Fault {
        name: "no-item-keys-is-a-fault",
        summary: "Answers a request for no items with a SOAP fault.",
        violates: &["ERP-170"],
        consequences: &["ERP-171", "ERP-009"],
        seams: &[Seam::Request(|_, call| match asks_for_no_items(call) {
            true => Err(crash()),
            false => Ok(()),
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
