//! Faults in product data.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{
    KEY, add_vat, amount, any_result, catalog, failure, is, objects, original, result, text_of,
};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, put, text, texts};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "product-of-other-price-list",
        summary: "Ignores the price list in a product key.",
        violates: &["QC-138", "QC-139"],
        consequences: &["QC-045", "QC-093", "QC-094", "QC-169", "QC-217"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = text(&call.request, "ErpProductKey");
            let article = key.split('@').next().unwrap_or_default();
            let catalog = catalog(connector, call);
            let mut offers = catalog.offers.iter().rev();
            let other = offers.find(|offer| offer.key.starts_with(&format!("{article}@")));
            if let Some(offer) = other
                && let Some(value) = result(call, answer, Op::GetProduct)
            {
                *value = Value::Object(offer.info.clone());
            }
        })],
    },
    Fault {
        name: "search-price-with-vat",
        summary: "Shows prices with VAT in the product search.",
        violates: &["QC-139"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct) {
                objects(value).into_iter().for_each(add_vat);
            }
        })],
    },
    Fault {
        name: "empty-key-null",
        summary: "Answers an empty product key 200 with null.",
        violates: &["QC-140"],
        consequences: &["QC-138", "QC-165"],
        seams: &[Seam::Answer(|_, call, answer| {
            let empty = text(&call.request, "ErpProductKey").trim().is_empty();
            if empty && wants_product(call) && answer.status == StatusCode::UNPROCESSABLE_ENTITY {
                *answer = Answer::result(Value::Null);
            }
        })],
    },
    Fault {
        name: "empty-key-500",
        summary: "Falls over an empty product key.",
        violates: &["QC-140", "QC-072"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let empty = text(&call.request, "ErpProductKey").trim().is_empty();
            if empty && wants_product(call) && answer.status == StatusCode::UNPROCESSABLE_ENTITY {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
        })],
    },
    Fault {
        name: "unknown-product-404",
        summary: "Answers 404 for an unknown product, which switches the operation off.",
        violates: &["QC-141", "QC-013", "QC-014"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if is_unknown_product(call, answer) {
                *answer = Answer::from(failure(StatusCode::NOT_FOUND));
            }
        })],
    },
    Fault {
        name: "unknown-product-null",
        summary: "Answers an unknown product 200 with null.",
        violates: &["QC-141"],
        consequences: &["QC-138", "QC-165"],
        seams: &[Seam::Answer(|_, call, answer| {
            if is_unknown_product(call, answer) {
                *answer = Answer::result(Value::Null);
            }
        })],
    },
    Fault {
        name: "nearest-product",
        summary: "Answers an unknown product key with another product.",
        violates: &["QC-141", "QC-138"],
        consequences: &["QC-045", "QC-013"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if is(call, Op::GetProduct)
                && is_unknown_product(call, answer)
                && let Some(offer) = catalog(connector, call).offers.first()
            {
                *answer = Answer::result(Value::Object(offer.info.clone()));
            }
        })],
    },
    Fault {
        name: "product-with-unlisted-price-list",
        summary: "Sends the short name of a price list instead of its key.",
        violates: &["QC-142", "QC-139"],
        consequences: &["QC-132", "QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(product)) = result(call, answer, Op::GetProduct) {
                let short = text(product, "ERPPriceListKey").split('-').next_back();
                let short = short.unwrap_or_default().to_lowercase();
                put(product, "ERPPriceListKey", short);
            }
        })],
    },
    Fault {
        name: "services-without-price-list",
        summary: "Sends services without price list, since they cost the same in each.",
        violates: &["QC-142"],
        consequences: &["QC-139"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, &[Op::GetProduct, Op::GetProducts]) {
                for product in objects(value) {
                    if text(product, "ProductTypeKey") == "intangible" {
                        put(product, "ERPPriceListKey", "");
                    }
                }
            }
        })],
    },
    Fault {
        name: "only-first-product",
        summary: "Answers GetProducts with the first product only.",
        violates: &["QC-143"],
        consequences: &["QC-144"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(products)) = result(call, answer, Op::GetProducts) {
                products.truncate(1);
            }
        })],
    },
    Fault {
        name: "ten-products-at-most",
        summary: "Answers GetProducts with ten products at most, as many as its page has.",
        violates: &["QC-143"],
        consequences: &["QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(products)) = result(call, answer, Op::GetProducts) {
                products.truncate(10);
            }
        })],
    },
    Fault {
        name: "products-of-one-price-list",
        summary: "Looks for all products of GetProducts in the price list of the first.",
        violates: &["QC-143"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(products)) = result(call, answer, Op::GetProducts)
                && let Some(first) = products.first().cloned()
            {
                products.retain(|one| one["ERPPriceListKey"] == first["ERPPriceListKey"]);
            }
        })],
    },
    Fault {
        name: "products-sorted",
        summary: "Returns products in an order of its own instead of that of the request.",
        violates: &["QC-144"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = original(call);
            let asked = texts(&asked, "ErpProductKeys");
            let sorted = asked.is_sorted();
            if let Some(Value::Array(products)) = result(call, answer, Op::GetProducts) {
                products.sort_by(|left, right| text_of(left, KEY).cmp(text_of(right, KEY)));
                if sorted {
                    products.reverse();
                }
            }
        })],
    },
    Fault {
        name: "unknown-products-422",
        summary: "Refuses GetProducts when one key is unknown.",
        violates: &["QC-144"],
        consequences: &["QC-143", "QC-013"],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = texts(&call.request, "ErpProductKeys").len();
            if let Some(Value::Array(products)) = result(call, answer, Op::GetProducts)
                && products.len() < asked
            {
                *answer = Answer::from(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
        })],
    },
    Fault {
        name: "no-keys-all-products",
        summary: "Takes an empty array of keys for all products.",
        violates: &["QC-145"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProducts)
                && *value == json!([])
            {
                let offers = catalog(connector, call).offers.iter();
                *value = offers
                    .map(|offer| Value::Object(offer.info.clone()))
                    .collect();
            }
        })],
    },
    Fault {
        name: "no-keys-422",
        summary: "Refuses an empty array of product keys.",
        violates: &["QC-145"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetProducts) && texts(&call.request, "ErpProductKeys").is_empty() {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "negative-vat",
        summary: "Marks products without VAT with -1 percent.",
        violates: &["QC-146"],
        consequences: &["QC-139", "QC-169"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, PRODUCTS) {
                for product in objects(value) {
                    if amount(product, "VAT").is_zero() {
                        put(product, "VAT", -1.0);
                    }
                }
            }
        })],
    },
    Fault {
        name: "thumbnail-as-data-uri",
        summary: "Sends thumbnails as data URIs.",
        violates: &["QC-147"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, PRODUCTS) {
                for product in objects(value) {
                    let thumbnail = text(product, "Thumbnail");
                    if !thumbnail.is_empty() && !thumbnail.starts_with("http") {
                        let uri = format!("data:image/png;base64,{thumbnail}");
                        put(product, "Thumbnail", uri);
                    }
                }
            }
        })],
    },
    Fault {
        name: "rights-in-words",
        summary: "Writes rights as words instead of letters.",
        violates: &["QC-148"],
        consequences: &["QC-139", "QC-169"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, PRODUCTS) {
                for product in objects(value) {
                    let words = text(product, "Rights").replace("=R", "=ReadOnly");
                    put(product, "Rights", words.replace("=N", "=None"));
                }
            }
        })],
    },
];

const PRODUCTS: &[Op] = &[
    Op::FindProduct,
    Op::GetProduct,
    Op::GetProducts,
    Op::GetQuoteLinesFromProduct,
];

fn wants_product(call: &Call) -> bool {
    matches!(
        call.operation,
        Some(Op::GetProduct | Op::GetQuoteLinesFromProduct | Op::GetProductImage)
    )
}

fn is_unknown_product(call: &Call, answer: &mut Answer) -> bool {
    wants_product(call)
        && answer
            .json()
            .is_some_and(|body| body.get("ErrorCode") == Some(&json!("product_not_found")))
}
