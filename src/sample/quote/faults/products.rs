//! Faults in price lists, product data, new lines and pictures.

use axum::http::StatusCode;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::tools::{amount, any_result, failure, is, objects, resettle_line, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::pricing::Held;
use crate::sample::quote::wire::{Answer, Object, number, put, text};

pub const FAULTS: &[Fault] = &[
    // Price lists
    Fault {
        name: "expired-list-active",
        summary: "Does not look at ValidTo of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, today| {
                let last = text_of(list, "ValidTo");
                list["IsActive"] == true && last < today && !last.starts_with("0001")
            });
        })],
    },
    Fault {
        name: "future-list-active",
        summary: "Does not look at ValidFrom of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, today| {
                list["IsActive"] == true && text_of(list, "ValidFrom") > today
            });
        })],
    },
    Fault {
        name: "withdrawn-list-active",
        summary: "Does not look at IsActive of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, _| list["IsActive"] == false);
        })],
    },
    Fault {
        name: "last-day-not-included",
        summary: "Takes a price list away on its last day already.",
        violates: &["QC-117"],
        consequences: &["QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            let today = today(call);
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetActivePriceLists) {
                lists.retain(|list| text_of(list, "ValidTo") != format!("{today}T00:00:00"));
            }
        })],
    },
    Fault {
        name: "currency-in-capitals-only",
        summary: "Compares currencies letter for letter.",
        violates: &["QC-118"],
        consequences: &["QC-119", "QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = text(&call.request, "IsoCurrencyCode");
            if asked != asked.to_uppercase()
                && let Some(value) = any_result(call, answer, LISTS)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "currency-ignored",
        summary: "Answers with the price lists of every currency.",
        violates: &["QC-118", "QC-120"],
        consequences: &["QC-121"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActivePriceLists) {
                call.request.remove("IsoCurrencyCode");
            }
            Ok(())
        })],
    },
    Fault {
        name: "no-currency-means-home-currency",
        summary: "Takes an empty currency for that of its own country.",
        violates: &["QC-119"],
        consequences: &["QC-117", "QC-121", "QC-133"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActivePriceLists)
                && text(&call.request, "IsoCurrencyCode").is_empty()
            {
                put(&mut call.request, "IsoCurrencyCode", "EUR");
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-currency-null",
        summary: "Answers null when there is no price list in the currency.",
        violates: &["QC-120"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetActivePriceLists)
                && *value == json!([])
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "all-lists-without-active-ones",
        summary: "Answers GetAllPriceLists with the inactive ones only.",
        violates: &["QC-121"],
        consequences: &["QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetAllPriceLists) {
                lists.retain(|list| list["IsActive"] == false);
            }
        })],
    },
    Fault {
        name: "price-list-twice",
        summary: "Lists a price list twice, once for each warehouse.",
        violates: &["QC-122"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetActivePriceLists)
                && let Some(first) = lists.first().cloned()
            {
                lists.push(first);
            }
        })],
    },
    Fault {
        name: "second-customer-list-key-blank",
        summary: "Has no key for a price list of the second customer.",
        violates: &["QC-122"],
        consequences: &["QC-121", "QC-133", "QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.customer == 1
                && let Some(value) = any_result(call, answer, LISTS)
                && let Some(list) = objects(value).into_iter().next_back()
            {
                put(list, "ERPPriceListKey", "");
            }
        })],
    },
    Fault {
        name: "price-list-without-name",
        summary: "Has a price list without a name.",
        violates: &["QC-123"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_first_list(call, answer, |list| put(list, "Name", ""));
        })],
    },
    Fault {
        name: "currency-symbol",
        summary: "Sends the symbol of a currency instead of its code.",
        violates: &["QC-124", "QC-118"],
        consequences: &["QC-119", "QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_first_list(call, answer, |list| put(list, "Currency", "kr"));
        })],
    },
    Fault {
        name: "validity-swapped",
        summary: "Mixes up first and last day of an expired price list.",
        violates: &["QC-125"],
        consequences: &["QC-117"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, LISTS) {
                for list in objects(value) {
                    let (from, to) = (list["ValidFrom"].clone(), list["ValidTo"].clone());
                    let limited = !text(list, "ValidFrom").starts_with("0001")
                        && !text(list, "ValidTo").starts_with("0001");
                    if limited {
                        put(list, "ValidFrom", to);
                        put(list, "ValidTo", from);
                    }
                }
            }
        })],
    },
    // GetProduct and GetProducts
    Fault {
        name: "product-of-other-price-list",
        summary: "Ignores the price list in a product key.",
        violates: &["QC-138", "QC-139"],
        consequences: &["QC-045", "QC-093", "QC-094", "QC-169", "QC-217"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = text(&call.request, "ErpProductKey");
            let article = key.split('@').next().unwrap_or_default();
            let catalog = &connector.tenants[call.customer].catalog;
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
            if is(call, Op::GetProduct) && is_unknown_product(call, answer) {
                let offers = &connector.tenants[call.customer].catalog.offers;
                *answer = Answer::result(Value::Object(offers[0].info.clone()));
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
        name: "products-sorted",
        summary: "Returns products in an order of its own instead of that of the request.",
        violates: &["QC-144"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = super::tools::original(call);
            let asked = crate::sample::quote::wire::texts(&asked, "ErpProductKeys");
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
            let asked = crate::sample::quote::wire::texts(&call.request, "ErpProductKeys").len();
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
                let offers = connector.tenants[call.customer].catalog.offers.iter();
                *value = offers
                    .map(|offer| Value::Object(offer.info.clone()))
                    .collect();
            }
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
    // Pictures
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
        name: "pictures-count-from-one",
        summary: "Counts the ranks of pictures from 1.",
        violates: &["QC-150", "QC-151", "QC-152"],
        consequences: &["QC-154"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetProductImage) {
                let rank = crate::sample::quote::wire::integer(&call.request, "Rank");
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
            if crate::sample::quote::wire::integer(&call.request, "Rank") > 0
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
            if crate::sample::quote::wire::integer(&call.request, "Rank") == 0
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
    // GetQuoteLinesFromProduct
    Fault {
        name: "no-line",
        summary: "Answers GetQuoteLinesFromProduct with an empty array.",
        violates: &["QC-165", "QC-166"],
        consequences: &[
            "QC-066", "QC-095", "QC-146", "QC-167", "QC-168", "QC-169", "QC-170", "QC-171",
            "QC-172", "QC-174", "QC-178", "QC-183", "QC-184", "QC-188", "QC-189", "QC-217",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct) {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "new-line-with-article-number",
        summary: "Puts the article number into the product key of a new line.",
        violates: &["QC-166"],
        consequences: &["QC-169", "QC-184", "QC-217"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let code = text(line, "Code").to_owned();
                put(line, KEY, code);
            });
        })],
    },
    Fault {
        name: "new-line-with-id",
        summary: "Numbers new lines itself.",
        violates: &["QC-167"],
        consequences: &["QC-065", "QC-171"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let rank = line["Rank"].clone();
                put(line, "QuoteLineId", rank);
            });
        })],
    },
    Fault {
        name: "new-line-without-quantity",
        summary: "Makes new lines with quantity 0.",
        violates: &["QC-168"],
        consequences: &["QC-178", "QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                put(line, "Quantity", 0.0);
                resettle_line(line, Decimal::ZERO, Held::DiscountAmount(Decimal::ZERO));
                put(line, "ERPDiscountAmount", 0.0);
                put(line, "DiscountPercent", line["ERPDiscountPercent"].clone());
                put(line, "EarningAmount", 0.0);
                put(line, "EarningPercent", 0.0);
            });
        })],
    },
    Fault {
        name: "new-line-price-with-vat",
        summary: "Makes new lines with prices that include VAT.",
        violates: &["QC-169"],
        consequences: &["QC-170"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let before = amount(line, "UnitListPrice");
                add_vat(line);
                if !before.is_zero() {
                    let factor = amount(line, "UnitListPrice") / before;
                    let percent = amount(line, "DiscountPercent");
                    let sub_total = amount(line, "SubTotal") * factor;
                    resettle_line(line, sub_total, Held::DiscountPercent(percent));
                    put(line, "ERPDiscountAmount", line["DiscountAmount"].clone());
                }
            });
        })],
    },
    Fault {
        name: "new-line-not-calculated",
        summary: "Leaves the amounts of new lines at zero.",
        violates: &["QC-170"],
        consequences: &["QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                for name in [
                    "SubTotal",
                    "TotalPrice",
                    "EarningAmount",
                    "EarningPercent",
                    "TotalPriceWithAlternativeDiscount",
                ] {
                    put(line, name, 0.0);
                }
            });
        })],
    },
    Fault {
        name: "new-lines-counted",
        summary: "Notes every new line and proposes one more unit the next time.",
        violates: &["QC-171", "QC-250"],
        consequences: &["QC-018", "QC-057"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = format!("{} {}", call.customer, text(&call.request, "ErpProductKey"));
            each_new_line(call, answer, |line| {
                let quantity = Decimal::from(connector.injected.count(&key));
                let sub_total = amount(line, "SubTotal") * quantity;
                put(line, "Quantity", number(quantity));
                let percent = amount(line, "ERPDiscountPercent");
                resettle_line(line, sub_total, Held::DiscountPercent(percent));
                put(line, "ERPDiscountAmount", line["DiscountAmount"].clone());
            });
        })],
    },
];

const LISTS: &[Op] = &[Op::GetActivePriceLists, Op::GetAllPriceLists];
const PRODUCTS: &[Op] = &[
    Op::FindProduct,
    Op::GetProduct,
    Op::GetProducts,
    Op::GetQuoteLinesFromProduct,
];
const KEY: &str = "ERPProductKey";

fn today(call: &Call) -> Date {
    call.now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Adds price lists that are not active, but that the connector takes for active.
fn add_lists(
    connector: &crate::sample::quote::connector::Connector,
    call: &Call,
    answer: &mut Answer,
    wanted: fn(&Value, &str) -> bool,
) {
    let today = today(call);
    let catalog = &connector.tenants[call.customer].catalog;
    if let Some(Value::Array(active)) = result(call, answer, Op::GetActivePriceLists)
        && let Value::Array(all) = catalog.all_price_lists(&call.request, today)
    {
        let now = format!("{today}T00:00:00");
        let is_new = |list: &&Value| wanted(list, &now) && !active.contains(list);
        let added: Vec<Value> = all.iter().filter(is_new).cloned().collect();
        active.extend(added);
    }
}

fn change_first_list(call: &Call, answer: &mut Answer, change: fn(&mut Object)) {
    if let Some(value) = any_result(call, answer, LISTS)
        && let Some(first) = objects(value).into_iter().next()
    {
        change(first);
    }
}

fn wants_product(call: &Call) -> bool {
    call.operation.is_some_and(|operation| {
        [
            Op::GetProduct,
            Op::GetQuoteLinesFromProduct,
            Op::GetProductImage,
        ]
        .contains(&operation)
    })
}

fn is_unknown_product(call: &Call, answer: &mut Answer) -> bool {
    wants_product(call)
        && answer
            .json()
            .is_some_and(|body| body.get("ErrorCode") == Some(&json!("product_not_found")))
}

fn add_vat(product: &mut Object) {
    let factor = Decimal::ONE + amount(product, "VAT") / Decimal::ONE_HUNDRED;
    let price = amount(product, "UnitListPrice") * factor;
    put(product, "UnitListPrice", number(price));
}

fn each_new_line(call: &Call, answer: &mut Answer, change: impl Fn(&mut Object)) {
    if let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct) {
        objects(value).into_iter().for_each(change);
    }
}
