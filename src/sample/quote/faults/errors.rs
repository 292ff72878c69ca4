//! Faults in errors, refusals, remarks and their texts.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::tools::{
    any_result, clear_remark, copy, each, each_line, each_text, english, failure, is, member,
    objects, original, restore, result,
};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, Payload, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "html-error-pages",
        summary: "Sends the web server's HTML page with 400 and 422.",
        violates: &["QC-067", "QC-006"],
        consequences: &["QC-141"],
        seams: &[Seam::Answer(|_, _, answer| {
            let bad = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
            if bad.contains(&answer.status) {
                answer.body = Payload::Bytes(b"<html><body>Bad request</body></html>".to_vec());
                answer
                    .headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            }
        })],
    },
    Fault {
        name: "bare-400",
        summary: "Sends 400 without a body.",
        violates: &["QC-067"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.status == StatusCode::BAD_REQUEST {
                *answer = Answer::new(StatusCode::BAD_REQUEST, Payload::Empty);
            }
        })],
    },
    Fault {
        name: "order-refused-with-422",
        summary: "Answers 422 when an order is refused for business reasons.",
        violates: &["QC-068", "QC-240"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if refused(call, answer, Op::PlaceOrder) {
                answer.status = StatusCode::UNPROCESSABLE_ENTITY;
            }
        })],
    },
    Fault {
        name: "refusal-without-explanation",
        summary: "Refuses an order without telling the user why.",
        violates: &["QC-069"],
        consequences: &["QC-073"],
        seams: &[Seam::Answer(|_, call, answer| {
            if refused(call, answer, Op::PlaceOrder)
                && let Some(value) = answer.json()
            {
                value["UserExplanation"] = json!("");
            }
        })],
    },
    Fault {
        name: "error-code-only",
        summary: "Explains a failed connection test with an error code only.",
        violates: &["QC-069", "QC-108"],
        consequences: &["QC-073", "QC-107"],
        seams: &[Seam::Answer(|_, call, answer| {
            if refused(call, answer, Op::TestConnection)
                && let Some(value) = answer.json()
            {
                value["UserExplanation"] = Value::Null;
            }
        })],
    },
    Fault {
        name: "information-without-text",
        summary: "Answers an order OkWithInfo and has no information.",
        violates: &["QC-070"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::PlaceOrder)
                && value["State"] == "Ok"
            {
                value["State"] = json!("OkWithInfo");
                value["UserExplanation"] = json!("");
            }
        })],
    },
    Fault {
        name: "stack-trace",
        summary: "Sends the stack trace as text for support.",
        violates: &["QC-071"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.status == StatusCode::UNPROCESSABLE_ENTITY
                && let Some(body) = answer.json()
            {
                body["TechExplanation"] = json!(TRACE);
            }
        })],
    },
    Fault {
        name: "english-only",
        summary: "Writes texts for users in English, whatever their language.",
        violates: &["QC-073"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if let Some(value) = answer.json() {
                each_text(value, &mut |text| {
                    if let Some(english) = english(text) {
                        *text = english.to_owned();
                    }
                });
            }
        })],
    },
    Fault {
        name: "languages-joined-by-comma",
        summary: "Joins the languages of a text with commas.",
        violates: &["QC-074"],
        consequences: &["QC-073"],
        seams: &[Seam::Answer(|_, _, answer| {
            if let Some(value) = answer.json() {
                each_text(value, &mut |text| {
                    *text = text.replace("\";NO:\"", "\",NO:\"")
                });
            }
        })],
    },
    Fault {
        name: "quotes-inside-quotes",
        summary: "Quotes the product key inside a multi-language text.",
        violates: &["QC-074"],
        consequences: &["QC-073"],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.status == StatusCode::UNPROCESSABLE_ENTITY
                && let Some(body) = answer.json()
            {
                body["UserExplanation"] =
                    json!("US:\"The product \"X\" is unknown.\";NO:\"Ukjent produkt \"X\".\"");
            }
        })],
    },
    Fault {
        name: "is-ok-always-true",
        summary: "Sends IsOk true also with State Error.",
        violates: &["QC-075"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::TestConnection) {
                value["IsOk"] = json!(true);
            }
        })],
    },
    Fault {
        name: "is-ok-false-with-information",
        summary: "Sends IsOk false for everything but a plain Ok.",
        violates: &["QC-075"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [Op::ValidateQuoteVersion, Op::GetOrderState];
            if let Some(Value::Object(value)) = any_result(call, answer, &operations) {
                let plain = text(value, "State") == "Ok";
                put(value, "IsOk", plain);
            }
        })],
    },
    Fault {
        name: "status-without-reason",
        summary: "Sets the Status of a line and leaves Reason blank.",
        violates: &["QC-076"],
        consequences: &["QC-219", "QC-073", "QC-177"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, WITH_LINES) {
                each_line(call, value, &mut |line| put(line, "Reason", ""));
            }
        })],
    },
    Fault {
        name: "version-noted-without-reason",
        summary: "Sets the Status of each validated version to OkWithInfo without a Reason.",
        violates: &["QC-076"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
                && let Some(version) = member(value, "CRMQuoteVersion")
                && text(version, "Status") == "Ok"
            {
                put(version, "Status", "OkWithInfo");
                put(version, "Reason", "");
            }
        })],
    },
    Fault {
        name: "reason-for-ok",
        summary: "Gives a reason although the Status of a line is Ok.",
        violates: &["QC-077"],
        consequences: &["QC-079"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, WITH_LINES) {
                each_line(call, value, &mut |line| {
                    if text(line, "Status") == "Ok" {
                        put(line, "Reason", "US:\"Checked.\";NO:\"Kontrollert.\"");
                    }
                });
            }
        })],
    },
    Fault {
        name: "line-problem-on-alternative",
        summary: "Reports the problems of lines on their alternative only.",
        violates: &["QC-078", "QC-095"],
        consequences: &["QC-194", "QC-214", "QC-219"],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [
                Op::RecalculateQuoteAlternative,
                Op::ValidateQuoteVersion,
                Op::UpdateQuoteVersionPrices,
            ];
            if let Some(value) = any_result(call, answer, &operations) {
                if value.get("CRMAlternative").is_some() {
                    move_up(value);
                }
                if let Some(alternatives) = value.get_mut("CRMAlternativesWithLines") {
                    alternatives
                        .as_array_mut()
                        .into_iter()
                        .flatten()
                        .for_each(move_up);
                }
            }
        })],
    },
    Fault {
        name: "old-remarks-stay",
        summary: "Leaves Status and Reason of an earlier call when it finds nothing itself.",
        violates: &["QC-079"],
        consequences: &["QC-195", "QC-210", "QC-216"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(line)) = result(call, answer, Op::OnQuoteLineChanged)
                && text(line, "Status") == "Ok"
            {
                restore(call, line, REMARK);
            }
        })],
    },
    Fault {
        name: "old-version-remark-stays",
        summary: "Leaves the Reason of an earlier validation on the version.",
        violates: &["QC-079", "QC-077"],
        consequences: &["QC-210", "QC-216"],
        seams: &[Seam::Answer(|_, call, answer| {
            let mut sent = Value::Object(original(call));
            let mut before = Object::new();
            each(&mut sent, "CRMQuoteVersion", &mut |version| {
                before = version.clone()
            });
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
                && let Some(version) = value["CRMQuoteVersion"].as_object_mut()
                && text(version, "Status") == "Ok"
                && !text(&before, "Reason").is_empty()
            {
                put(version, "Reason", text(&before, "Reason").to_owned());
            }
        })],
    },
    Fault {
        name: "apostrophe-500",
        summary: "Builds its query from the text typed, so that an apostrophe breaks it.",
        violates: &["QC-137", "QC-072"],
        consequences: &["QC-136"],
        seams: &[Seam::Answer(|_, call, answer| {
            if is(call, Op::FindProduct) && text(&call.request, "Userinput").contains('\'') {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
        })],
    },
    Fault {
        name: "unknown-image-rank-500",
        summary: "Falls over an image rank beyond the last picture.",
        violates: &["QC-152", "QC-072"],
        consequences: &["QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProductImage)
                && value.is_null()
            {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
        })],
    },
];

const TRACE: &str = "System.ArgumentException: unknown key
   at Erp.Catalogue.Find(String key) in Catalogue.cs:line 42
   at Erp.Connector.GetProduct()";

/// Operations whose results have lines with remarks.
const WITH_LINES: &[Op] = &[
    Op::OnQuoteLineChanged,
    Op::RecalculateQuoteAlternative,
    Op::ValidateQuoteVersion,
    Op::UpdateQuoteVersionPrices,
];

/// Whether an operation has been refused for business reasons.
fn refused(call: &Call, answer: &mut Answer, operation: Op) -> bool {
    result(call, answer, operation).is_some_and(|value| value["State"] == "Error")
}

/// What a remark consists of.
const REMARK: &[&str] = &["Status", "Reason"];

/// Moves the remarks of lines to their alternative.
fn move_up(with_lines: &mut Value) {
    let mut remark = None;
    for line in objects(&mut with_lines["CRMQuoteLines"]) {
        if text(line, "Status") != "Ok" {
            remark = Some(line.clone());
            clear_remark(line);
        }
    }
    if let Some(remark) = remark
        && let Some(head) = with_lines["CRMAlternative"].as_object_mut()
    {
        copy(&remark, head, REMARK);
    }
}
