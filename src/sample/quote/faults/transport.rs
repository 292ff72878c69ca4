//! Faults of the HTTP edge.

use std::time::Duration;

use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::tools::{any_result, authorization, failure, is, result};
use super::{Fault, Seam};
use crate::sample::fault::certificate_faults;
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::policy::operation_name;
use crate::sample::quote::wire::{Answer, Payload, put};
use crate::sample::tls::Certificate;

pub const CERTIFICATES: &[Fault] = certificate_faults!(&["QC-002"], &[]);

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "plain-http-served",
        summary: "Serves the same operations over plain http beside https.",
        violates: &["QC-001"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.plain_http = true)],
    },
    Fault {
        name: "price-lists-misspelt",
        summary: "Offers GetActivePriceLists as GetActivePricelists only.",
        violates: &["QC-003"],
        consequences: &[
            "QC-013", "QC-014", "QC-025", "QC-026", "QC-117", "QC-118", "QC-119", "QC-120",
            "QC-121", "QC-122", "QC-123", "QC-124", "QC-125", "QC-133",
        ],
        seams: &[Seam::Policy(|policy| {
            policy.operation_name = |path| match operation_name(path) {
                "GetActivePricelists" => "GetActivePriceLists",
                "GetActivePriceLists" => "",
                other => other,
            };
        })],
    },
    Fault {
        name: "product-by-get-only",
        summary: "Takes GetProduct as GET, since nothing is changed, and answers POST 405.",
        violates: &["QC-003"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if is(call, Op::GetProduct) && call.method == Method::POST {
                *answer = Answer::from(failure(StatusCode::METHOD_NOT_ALLOWED));
                answer
                    .headers
                    .insert(ALLOW, HeaderValue::from_static("GET"));
            }
        })],
    },
    Fault {
        name: "test-below-two-slashes",
        summary: "Has TestConnection below a doubled slash and nothing below a single one.",
        violates: &["QC-004"],
        consequences: &["QC-003"],
        seams: &[Seam::Policy(|policy| {
            policy.operation_name = |path| match operation_name(path) {
                "/TestConnection" => "TestConnection",
                "TestConnection" => "",
                other => other,
            };
        })],
    },
    Fault {
        name: "redirect-to-two-slashes",
        summary: "Joins base URL and TestConnection with two slashes and redirects there.",
        violates: &["QC-004", "QC-011"],
        consequences: &["QC-003", "QC-106", "QC-108", "QC-111"],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::TestConnection).is_some() {
                redirect(answer, "/quotecon//TestConnection");
            }
        })],
    },
    Fault {
        name: "get-shows-status-page",
        summary: "Answers GET on an operation with 200 and a status page.",
        violates: &["QC-005"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.method == Method::GET && call.operation.is_some() {
                *answer = Answer::result(json!({"status": "up"}));
            }
        })],
    },
    Fault {
        name: "allow-header-missing",
        summary: "Answers other methods 405 but does not say which ones are allowed.",
        violates: &["QC-005"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            answer.headers.remove(ALLOW);
        })],
    },
    Fault {
        name: "json-as-text",
        summary: "Sends JSON as text/plain.",
        violates: &["QC-006"],
        consequences: &["QC-003"],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.headers.contains_key(CONTENT_TYPE) {
                answer
                    .headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            }
        })],
    },
    Fault {
        name: "null-without-content-type",
        summary: "Forgets the Content-Type when the result is null.",
        violates: &["QC-006"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.json().is_some_and(|value| value.is_null()) {
                answer.headers.remove(CONTENT_TYPE);
            }
        })],
    },
    Fault {
        name: "byte-order-mark",
        summary: "Puts a byte order mark before the lists of GetQuoteList.",
        violates: &["QC-007"],
        consequences: &[
            "QC-088", "QC-101", "QC-112", "QC-113", "QC-114", "QC-115", "QC-116",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteList) {
                let bytes = [b"\xEF\xBB\xBF", value.to_string().as_bytes()].concat();
                answer.body = Payload::Bytes(bytes);
            }
        })],
    },
    Fault {
        name: "latin-1-names",
        summary: "Encodes product names in ISO 8859-1.",
        violates: &["QC-007"],
        consequences: &[
            "QC-244", "QC-126", "QC-127", "QC-128", "QC-130", "QC-135", "QC-139",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct) {
                let latin = |sign: char| u8::try_from(sign).unwrap_or(b'?');
                answer.body = Payload::Bytes(value.to_string().chars().map(latin).collect());
            }
        })],
    },
    Fault {
        name: "any-content-type",
        summary: "Takes a body of any Content-Type.",
        violates: &["QC-008"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.is_json = |_| true)],
    },
    Fault {
        name: "charset-refused",
        summary: "Compares the Content-Type as a whole and refuses a charset parameter.",
        violates: &["QC-009"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.is_json = |headers| {
                let kind = headers.get(CONTENT_TYPE);
                kind.is_none_or(|kind| kind.as_bytes() == b"application/json")
            };
        })],
    },
    Fault {
        name: "body-unread-with-charset",
        summary: "Binds no members of GetProducts when the Content-Type has a charset.",
        violates: &["QC-009"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let kind = call.headers.get(CONTENT_TYPE);
            let has_charset = kind.is_some_and(|kind| kind != "application/json");
            if is(call, Op::GetProducts) && has_charset {
                put(&mut call.request, "ErpProductKeys", json!([]));
            }
            Ok(())
        })],
    },
    Fault {
        name: "accept-language-needed",
        summary: "Counts pictures only when the request has an Accept-Language header.",
        violates: &["QC-010"],
        consequences: &["QC-149", "QC-150", "QC-151", "QC-152", "QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            let has_header = call.headers.contains_key("accept-language");
            if !has_header && result(call, answer, Op::GetNumberOfProductImages).is_some() {
                *answer = Answer::from(failure(StatusCode::BAD_REQUEST));
            }
        })],
    },
    Fault {
        name: "moved-permanently",
        summary: "Redirects GetNumberOfProductImages to a newer address.",
        violates: &["QC-011"],
        consequences: &["QC-149", "QC-150", "QC-151", "QC-152", "QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::GetNumberOfProductImages).is_some() {
                redirect(answer, "/quotecon/v2/GetNumberOfProductImages");
            }
        })],
    },
    Fault {
        name: "sign-in-page",
        summary: "Sends calls without a token to the sign-in page of its web framework.",
        violates: &["QC-011", "QC-025"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let refused = answer.status == StatusCode::UNAUTHORIZED;
            if refused && authorization(call).is_none() && !is(call, Op::Authenticate) {
                redirect(answer, "/Account/Login");
            }
        })],
    },
    Fault {
        name: "malformed-json-200",
        summary: "Answers malformed JSON 200 with State Error.",
        violates: &["QC-012"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if has_code(answer, "invalid_json") {
                answer.status = StatusCode::OK;
            }
        })],
    },
    Fault {
        name: "malformed-json-500",
        summary: "Lets a parse error end in 500.",
        violates: &["QC-012", "QC-072"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if has_code(answer, "invalid_json") {
                answer.status = StatusCode::INTERNAL_SERVER_ERROR;
            }
        })],
    },
    Fault {
        name: "unknown-currency-404",
        summary: "Answers 404 when there is no price list in the currency.",
        violates: &["QC-013", "QC-014", "QC-120"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::GetActivePriceLists) == Some(&mut json!([])) {
                *answer = Answer::from(failure(StatusCode::NOT_FOUND));
            }
        })],
    },
    Fault {
        name: "sent-404-now-and-then",
        summary: "Answers every third OnAfterSentQuoteVersion 404.",
        violates: &["QC-014", "QC-013"],
        consequences: &[
            "QC-073", "QC-226", "QC-233", "QC-234", "QC-235", "QC-236", "QC-252",
        ],
        seams: &[Seam::Answer(|connector, call, answer| {
            if result(call, answer, Op::OnAfterSentQuoteVersion).is_some()
                && connector.injected.count("sent").is_multiple_of(3)
            {
                *answer = Answer::from(failure(StatusCode::NOT_FOUND));
            }
        })],
    },
    Fault {
        name: "unknown-operation-200",
        summary: "Answers operations that do not exist with 200 and an empty object.",
        violates: &["QC-015"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.operation.is_none() {
                *answer = Answer::result(json!({}));
            }
        })],
    },
    Fault {
        name: "slow-price-lists",
        summary: "Takes more than five seconds for the first GetAllPriceLists, to fill its cache.",
        violates: &["QC-016"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if result(call, answer, Op::GetAllPriceLists).is_some()
                && connector.injected.count("price lists") == 1
            {
                answer.delay = Duration::from_millis(6000);
            }
        })],
    },
    Fault {
        name: "slow-line",
        summary: "Takes more than a second to calculate a line.",
        violates: &["QC-017"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::OnQuoteLineChanged).is_some() {
                answer.delay = Duration::from_millis(1150);
            }
        })],
    },
    Fault {
        name: "parallel-calls-share-a-result",
        summary: "Keeps the latest result in one variable for all calls of a session.",
        violates: &["QC-018"],
        consequences: &["QC-058", "QC-047", "QC-250"],
        seams: &[
            Seam::Answer(|connector, call, answer| {
                if let Some(slot) = slot_of_session(call)
                    && let Some(value) = shared_result(call, answer)
                {
                    connector.injected.remember(slot, value.clone());
                    answer.delay = Duration::from_millis(40);
                }
            }),
            Seam::Late(|connector, call, answer| {
                if let Some(slot) = slot_of_session(call)
                    && let Some(value) = shared_result(call, answer)
                    && let Some(latest) = connector.injected.recall(&slot)
                {
                    *value = latest;
                }
            }),
        ],
    },
    Fault {
        name: "one-megabyte-limit",
        summary: "Keeps the web framework's limit of one megabyte for bodies.",
        violates: &["QC-254"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.body_limit = 1024 * 1024)],
    },
];

fn has_code(answer: &mut Answer, code: &str) -> bool {
    answer
        .json()
        .is_some_and(|body| body.get("ErrorCode") == Some(&json!(code)))
}

fn slot_of_session(call: &Call) -> Option<String> {
    Some(format!("latest of {}", authorization(call)?))
}

fn shared_result<'a>(call: &Call, answer: &'a mut Answer) -> Option<&'a mut Value> {
    any_result(
        call,
        answer,
        &[
            Op::FindProduct,
            Op::GetProduct,
            Op::GetQuoteList,
            Op::GetActivePriceLists,
            Op::GetAllPriceLists,
            Op::GetProducts,
        ],
    )
}

fn redirect(answer: &mut Answer, place: &'static str) {
    *answer = Answer::new(StatusCode::PERMANENT_REDIRECT, Payload::Empty);
    answer
        .headers
        .insert(LOCATION, HeaderValue::from_static(place));
}
