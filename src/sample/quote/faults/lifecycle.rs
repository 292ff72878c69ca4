//! Faults in creating, saving, deleting and sending quotes.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{any_result, each, failure, is, member, original, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, integer, part, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "creation-answers-true",
        summary: "Answers OnBeforeCreateQuote with true.",
        violates: &["QC-223", "QC-058"],
        consequences: &["QC-068", "QC-224", "QC-225", "QC-226", "QC-252"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuote) {
                *value = json!(true);
            }
        })],
    },
    Fault {
        name: "new-alternative-empty-object",
        summary: "Answers OnBeforeCreateQuoteAlternative with an empty object for no change.",
        violates: &["QC-223"],
        consequences: &["QC-052"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuoteAlternative)
                && value["State"] != "Error"
            {
                *value = json!({});
            }
        })],
    },
    Fault {
        name: "ids-assigned-on-creation",
        summary: "Gives a new quote an id of its own.",
        violates: &["QC-224", "QC-065"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuote)
                && let Some(quote) = member(value, "CRMQuote")
            {
                put(quote, "QuoteId", 4711);
            }
        })],
    },
    Fault {
        name: "new-version-needs-id",
        summary: "Refuses a new version because it has no id.",
        violates: &["QC-224"],
        consequences: &["QC-068", "QC-223", "QC-225", "QC-226"],
        seams: &[Seam::Request(|_, call| {
            let version = part(&part(&call.request, "Context"), "CRMQuoteVersion");
            if is(call, Op::OnBeforeCreateQuoteVersion) && integer(&version, "QuoteVersionId") == 0
            {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "refused-quote-null",
        summary: "Answers null where it means to refuse a quote.",
        violates: &["QC-225", "QC-068"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuote)
                && value["State"] == "Error"
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "refused-version-as-warning",
        summary: "Refuses a version with State Warning, which stops nothing.",
        violates: &["QC-225", "QC-068"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuoteVersion)
                && value["State"] == "Error"
            {
                value["State"] = json!("Warning");
            }
        })],
    },
    Fault {
        name: "refused-alternative-422",
        summary: "Refuses an alternative with 422.",
        violates: &["QC-225", "QC-068"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::OnBeforeCreateQuoteAlternative)
                .is_some_and(|value| value["State"] == "Error")
            {
                answer.status = StatusCode::UNPROCESSABLE_ENTITY;
            }
        })],
    },
    Fault {
        name: "context-returned",
        summary: "Returns company and sale along with a new quote.",
        violates: &["QC-226"],
        consequences: &["QC-052", "QC-223"],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [
                Op::OnBeforeCreateQuote,
                Op::OnBeforeCreateQuoteVersion,
                Op::OnBeforeCreateQuoteAlternative,
            ];
            let context = call.sent["Context"].clone();
            if let Some(value) = any_result(call, answer, &operations) {
                for name in ["CRMCompany", "CRMSale"] {
                    value[name] = context[name].clone();
                }
            }
        })],
    },
    Fault {
        name: "new-alternative-as-it-came",
        summary: "Returns a new alternative also under the name that it had in the request.",
        violates: &["QC-226"],
        consequences: &["QC-052"],
        seams: &[Seam::Answer(|_, call, answer| {
            let sent = call.sent["Context"]["CRMAlternativeWithLines"].clone();
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuoteAlternative) {
                value["CRMAlternativeWithLines"] = sent;
            }
        })],
    },
    Fault {
        name: "saved-quote-202",
        summary: "Answers OnAfterSaveQuote 202, since it works in the background.",
        violates: &["QC-227"],
        consequences: &["QC-228", "QC-229"],
        seams: &[Seam::Answer(|_, call, answer| {
            if is(call, Op::OnAfterSaveQuote) && answer.status == StatusCode::NO_CONTENT {
                answer.status = StatusCode::ACCEPTED;
            }
        })],
    },
    Fault {
        name: "second-save-409",
        summary: "Refuses to save a quote that it has saved before.",
        violates: &["QC-228", "QC-227"],
        consequences: &[
            "QC-018", "QC-054", "QC-055", "QC-056", "QC-057", "QC-061", "QC-229",
        ],
        seams: &[Seam::Answer(|connector, call, answer| {
            let quote = quote_id(call, "Context");
            if is(call, Op::OnAfterSaveQuote)
                && answer.status == StatusCode::NO_CONTENT
                && connector.injected.count(&format!("saved {quote}")) > 1
            {
                *answer = Answer::from(failure(StatusCode::CONFLICT));
            }
        })],
    },
    Fault {
        name: "every-save-stores-a-quote",
        summary: "Stores a quote anew with every save and falls over several when it deletes.",
        violates: &["QC-228", "QC-227"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let stored = |id: i64| format!("stored quote {id}");
            if answer.status != StatusCode::NO_CONTENT {
                return;
            }
            if is(call, Op::OnAfterSaveQuote) {
                connector.injected.count(&stored(quote_id(call, "Context")));
            } else if is(call, Op::OnBeforeDeleteQuote) {
                let id = deleted_id(call);
                let times = connector.injected.forget(&stored(id));
                if times.and_then(|times| times.as_u64()) > Some(1) {
                    *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
                }
            }
        })],
    },
    Fault {
        name: "key-given-before-409",
        summary: "Refuses to save a quote with the ERP key that it has given to it.",
        violates: &["QC-229", "QC-227"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let quote = part(&part(&call.request, "Context"), "CRMQuote");
            if is(call, Op::OnAfterSaveQuote) && !text(&quote, "ERPQuoteKey").is_empty() {
                return Err(failure(StatusCode::CONFLICT));
            }
            Ok(())
        })],
    },
    Fault {
        name: "saved-ids-not-linked",
        summary: "Falls over the ids of a quote that it has seen saved.",
        violates: &["QC-229", "QC-227"],
        consequences: &["QC-228", "QC-231", "QC-232"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let saved = |id: i64| format!("linked quote {id}");
            if is(call, Op::OnAfterSaveQuote) && answer.status == StatusCode::NO_CONTENT {
                let id = quote_id(call, "Context");
                connector.injected.remember(saved(id), json!(true));
            }
            let id = deleted_id(call);
            if is(call, Op::OnBeforeDeleteQuote) && connector.injected.forget(&saved(id)).is_some()
            {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
        })],
    },
    Fault {
        name: "unsaved-quote-not-deletable",
        summary: "Refuses to delete a quote that it has not seen saved.",
        violates: &["QC-230", "QC-227"],
        consequences: &["QC-231", "QC-055", "QC-056"],
        seams: &[Seam::Answer(|connector, call, answer| {
            unless_saved(connector, call, answer, StatusCode::UNPROCESSABLE_ENTITY);
        })],
    },
    Fault {
        name: "unknown-quote-404",
        summary: "Answers 404 when it does not know the quote to be deleted.",
        violates: &["QC-230", "QC-227"],
        consequences: &["QC-231", "QC-055", "QC-056"],
        seams: &[Seam::Answer(|connector, call, answer| {
            unless_saved(connector, call, answer, StatusCode::NOT_FOUND);
        })],
    },
    Fault {
        name: "second-deletion-404",
        summary: "Answers 404 when a quote is deleted again.",
        violates: &["QC-231", "QC-227"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            after_deletion(connector, call, answer, StatusCode::NOT_FOUND);
        })],
    },
    Fault {
        name: "second-deletion-410",
        summary: "Answers 410 when a quote is deleted again.",
        violates: &["QC-231", "QC-227"],
        consequences: &["QC-018", "QC-054", "QC-055", "QC-056", "QC-057", "QC-232"],
        seams: &[Seam::Answer(|connector, call, answer| {
            after_deletion(connector, call, answer, StatusCode::GONE);
        })],
    },
    Fault {
        name: "ordered-quote-not-deletable",
        summary: "Refuses to delete a quote from which an order was made.",
        violates: &["QC-232", "QC-227"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let ordered = |id: i64| format!("ordered {} {id}", call.customer);
            if let Some(value) = result(call, answer, Op::PlaceOrder) {
                if value["State"] != "Error" {
                    let id = quote_id(call, "Context");
                    connector.injected.remember(ordered(id), json!(true));
                }
            } else if is(call, Op::OnBeforeDeleteQuote) && answer.status == StatusCode::NO_CONTENT {
                let quote = part(&call.request, "Quote");
                let known = connector
                    .injected
                    .recall(&ordered(integer(&quote, "QuoteId")));
                if known.is_some() || !text(&quote, "ERPOrderKey").is_empty() {
                    *answer = Answer::from(failure(StatusCode::UNPROCESSABLE_ENTITY));
                }
            }
        })],
    },
    Fault {
        name: "sent-quote-not-deletable",
        summary: "Refuses to delete a quote that the customer has got.",
        violates: &["QC-232", "QC-227"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let sent = |id: i64| format!("sent quote {id}");
            if is(call, Op::OnAfterSentQuoteVersion) {
                let id = quote_id(call, "QuoteContext");
                connector.injected.remember(sent(id), json!(true));
            }
            let id = deleted_id(call);
            if is(call, Op::OnBeforeDeleteQuote) && connector.injected.recall(&sent(id)).is_some() {
                *answer = Answer::from(failure(StatusCode::CONFLICT));
            }
        })],
    },
    Fault {
        name: "sent-answer-not-wrapped",
        summary: "Answers OnAfterSentQuoteVersion with the version response itself.",
        violates: &["QC-233"],
        consequences: &["QC-052", "QC-234", "QC-235", "QC-252", "QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion) {
                *value = value["VersionResponse"].take();
            }
        })],
    },
    Fault {
        name: "sent-answer-is-its-url",
        summary: "Answers OnAfterSentQuoteVersion with nothing but the address to open.",
        violates: &["QC-233"],
        consequences: &["QC-052", "QC-058"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion) {
                *value = json!("https://erp.example.com/quotes/latest");
            }
        })],
    },
    Fault {
        name: "repeated-sending-archives",
        summary: "Takes a second report of the same version for the next and archives the first.",
        violates: &["QC-234"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = format!("reported {}", quote_id(call, "QuoteContext"));
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion)
                && connector.injected.count(&key) > 1
            {
                each(value, "CRMQuoteVersion", &mut |version| {
                    put(version, "State", "Archived");
                });
            }
        })],
    },
    Fault {
        name: "sent-state-reset",
        summary: "Makes a sent version a draft because it was not told in time.",
        violates: &["QC-234"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion) {
                each(value, "CRMQuoteVersion", &mut |version| {
                    put(version, "State", "Draft")
                });
            }
        })],
    },
    Fault {
        name: "new-key-at-every-sending",
        summary: "Gives a sent version another ERP key at every call.",
        violates: &["QC-235"],
        consequences: &["QC-018", "QC-066", "QC-252"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let mut sent = Value::Object(original(call));
            let mut had_key = false;
            each(&mut sent, "CRMQuoteVersion", &mut |version| {
                had_key |= !text(version, "ERPQuoteVersionKey").is_empty();
            });
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion)
                && !had_key
            {
                let key = format!("SENT-{}", connector.injected.count("sendings"));
                each(value, "CRMQuoteVersion", &mut |version| {
                    put(version, "ERPQuoteVersionKey", key.clone());
                });
            }
        })],
    },
    Fault {
        name: "sent-url-of-file",
        summary: "Sends the user to a file on its own server.",
        violates: &["QC-236"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::OnAfterSentQuoteVersion) {
                value["Url"] = json!("file:///quotes/archive.pdf");
            }
        })],
    },
];

/// Refuses to delete a quote that has not been saved before.
fn unless_saved(connector: &Connector, call: &Call, answer: &mut Answer, status: StatusCode) {
    let saved = |id: i64| format!("known quote {id}");
    if answer.status != StatusCode::NO_CONTENT {
        return;
    }
    if is(call, Op::OnAfterSaveQuote) {
        let id = quote_id(call, "Context");
        connector.injected.remember(saved(id), json!(true));
    } else if is(call, Op::OnBeforeDeleteQuote)
        && connector
            .injected
            .recall(&saved(deleted_id(call)))
            .is_none()
    {
        *answer = Answer::from(failure(status));
    }
}

/// Refuses to delete a quote that has been deleted before.
fn after_deletion(connector: &Connector, call: &Call, answer: &mut Answer, status: StatusCode) {
    if is(call, Op::OnBeforeDeleteQuote)
        && answer.status == StatusCode::NO_CONTENT
        && connector
            .injected
            .count(&format!("deleted {}", deleted_id(call)))
            > 1
    {
        *answer = Answer::from(failure(status));
    }
}

fn deleted_id(call: &Call) -> i64 {
    integer(&part(&call.request, "Quote"), "QuoteId")
}

fn quote_id(call: &Call, context: &str) -> i64 {
    integer(&part(&part(&call.request, context), "CRMQuote"), "QuoteId")
}
