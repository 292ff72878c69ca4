//! Faults in the pictures of products.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{catalog, failure, is, result};
use super::{Fault, Seam};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, integer, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "picture-count-minus-one",
        summary: "Counts the pictures of a product without any as -1.",
        violates: &["QC-149", "QC-153"],
        consequences: &["QC-052", "QC-152"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetNumberOfProductImages)
                && *value == json!(0)
            {
                *value = json!(-1);
            }
        })],
    },
    Fault {
        name: "picture-count-null",
        summary: "Answers null for the number of pictures when there is none.",
        violates: &["QC-149"],
        consequences: &["QC-153", "QC-052"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetNumberOfProductImages)
                && *value == json!(0)
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "single-picture-missing",
        summary: "Shows pictures of products that have several, and none where there is one.",
        violates: &["QC-150"],
        consequences: &["QC-151"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            let offer = catalog.offer(text(&call.request, "ErpProductKey"));
            if offer.is_some_and(|offer| catalog.article(offer).images.len() == 1)
                && let Some(value) = result(call, answer, Op::GetProductImage)
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "pictures-count-from-one",
        summary: "Counts the ranks of pictures from 1.",
        violates: &["QC-150", "QC-151", "QC-152"],
        consequences: &["QC-154"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetProductImage) {
                let rank = integer(&call.request, "Rank");
                put(&mut call.request, "Rank", rank - 1);
            }
            Ok(())
        })],
    },
    Fault {
        name: "only-first-picture",
        summary: "Counts several pictures and shows the first one only.",
        violates: &["QC-151"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if integer(&call.request, "Rank") > 0
                && let Some(value) = result(call, answer, Op::GetProductImage)
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "rank-outside-422",
        summary: "Refuses a rank for which there is no picture.",
        violates: &["QC-152"],
        consequences: &["QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProductImage)
                && value.is_null()
            {
                *answer = Answer::from(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
        })],
    },
    Fault {
        name: "placeholder-picture",
        summary: "Shows a placeholder for products without pictures.",
        violates: &["QC-153", "QC-152"],
        consequences: &["QC-092"],
        seams: &[Seam::Answer(|_, call, answer| {
            const PLACEHOLDER: &str = "https://catalogue.example.com/no-picture.png";
            if integer(&call.request, "Rank") == 0
                && let Some(value) = result(call, answer, Op::GetProductImage)
                && value.is_null()
            {
                *value = json!(PLACEHOLDER);
            }
        })],
    },
    Fault {
        name: "picture-as-data-uri",
        summary: "Sends pictures as data URIs.",
        violates: &["QC-154"],
        consequences: &["QC-150", "QC-151"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProductImage)
                && let Some(image) = value.as_str().filter(|image| !image.starts_with("http"))
            {
                *value = json!(format!("data:image/png;base64,{image}"));
            }
        })],
    },
    Fault {
        name: "picture-path-without-host",
        summary: "Sends the path of a picture on its server without the server.",
        violates: &["QC-154"],
        consequences: &["QC-150", "QC-151"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProductImage)
                && let Some(file) = value
                    .as_str()
                    .and_then(|url| url.strip_prefix("https://"))
                    .and_then(|url| url.split_once('/'))
                    .map(|(_, file)| format!("/{file}"))
            {
                *value = json!(file);
            }
        })],
    },
    Fault {
        name: "picture-is-an-error-page",
        summary: "Sends the error page of its picture server as the second picture.",
        violates: &["QC-154"],
        consequences: &["QC-151"],
        seams: &[Seam::Answer(|_, call, answer| {
            const PAGE: &str = "PGh0bWw+Tm90IGZvdW5kPC9odG1sPg==";
            if integer(&call.request, "Rank") == 1
                && let Some(value) = result(call, answer, Op::GetProductImage)
                && value.is_string()
            {
                *value = json!(PAGE);
            }
        })],
    },
];
