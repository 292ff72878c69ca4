//! What the faults have in common: finding their place in requests and answers.

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::sample::quote::calculation::{self, line_cost};
use crate::sample::quote::carriers::{self, Names};
use crate::sample::quote::catalog::Catalog;
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation;
use crate::sample::quote::pricing::{Held, after_discount, percentage, settle};
use crate::sample::quote::text::Text;
use crate::sample::quote::wire::{
    Answer, Object, Problem, decimal, number, object, part, put, success, text,
};

/// Index of the first and of the second customer.
pub const FIRST: usize = 0;
pub const SECOND: usize = 1;

/// The Authorization header.
pub fn authorization(call: &Call) -> Option<&str> {
    call.headers.get(AUTHORIZATION)?.to_str().ok()
}

/// What stands behind the scheme in the Authorization header.
pub fn credential(call: &Call) -> Option<&str> {
    let (_, credential) = authorization(call)?.split_once(' ')?;
    Some(credential)
}

/// The result of an operation, when that is what was called and it went well.
pub fn result<'a>(
    call: &Call,
    answer: &'a mut Answer,
    operation: Operation,
) -> Option<&'a mut Value> {
    let is_it = call.operation == Some(operation) && answer.status == StatusCode::OK;
    answer.json().filter(|_| is_it)
}

/// The result of any of these operations.
pub fn any_result<'a>(
    call: &Call,
    answer: &'a mut Answer,
    operations: &[Operation],
) -> Option<&'a mut Value> {
    let called = call
        .operation
        .filter(|operation| operations.contains(operation))?;
    result(call, answer, called)
}

/// Member of products, hits and lines that says which product it is.
pub const KEY: &str = "ERPProductKey";

/// The catalogue of the customer whose data is served.
pub fn catalog<'a>(connector: &'a Connector, call: &Call) -> &'a Catalog {
    &connector.tenants[call.customer].catalog
}

/// Whether a call is made by a user who has a signed token.
pub fn by_jwt(call: &Call) -> bool {
    let session = call.session.as_ref();
    session.is_some_and(|session| session.user.is_some())
}

/// Remembers that a connection test has failed, until one goes well; tells whether this
/// call is a test.
pub fn note_test(
    connector: &Connector,
    call: &Call,
    answer: &mut Answer,
    key: &str,
    about: Value,
) -> bool {
    let Some(value) = result(call, answer, Operation::TestConnection) else {
        return false;
    };
    if value["State"] == "Error" {
        connector.injected.remember(key, about);
    } else {
        connector.injected.forget(key);
    }
    true
}

/// Today, for the connector.
pub fn today(call: &Call) -> Date {
    call.now.to_zoned(TimeZone::UTC).date()
}

/// A text member of a value; anything else counts as empty.
pub fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Takes the keys of services away, which have no article number in the warehouse.
pub fn keyless_services(hits: &mut Value) {
    for hit in objects(hits) {
        if text(hit, "ProductTypeKey") == "intangible" {
            put(hit, KEY, "");
        }
    }
}

/// Makes a list price one that includes VAT.
pub fn add_vat(product: &mut Object) {
    let factor = Decimal::ONE + amount(product, "VAT") / Decimal::ONE_HUNDRED;
    let price = amount(product, "UnitListPrice") * factor;
    put(product, "UnitListPrice", number(price));
}

/// Whether this operation is called.
pub fn is(call: &Call, operation: Operation) -> bool {
    call.operation == Some(operation)
}

/// An error answer in the documented form.
pub fn failure(status: StatusCode) -> Problem {
    let user = Text::new("That did not work.", "Det gikk ikke.");
    Problem::new(status, "failed", user, "The request failed.")
}

/// The objects of a result: the items of an array, or the object itself.
pub fn objects(value: &mut Value) -> Vec<&mut Object> {
    match value {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(object) => vec![object],
        _ => Vec::new(),
    }
}

/// Visits every object that is the value of a member with this name, or an item of
/// it, at any depth.
pub fn each(value: &mut Value, name: &str, change: &mut dyn FnMut(&mut Object)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, name, change)),
        Value::Object(members) => {
            for (member, value) in members {
                if member == name {
                    objects(value).into_iter().for_each(&mut *change);
                }
                each(value, name, change);
            }
        }
        _ => {}
    }
}

/// Visits the lines of a result, whichever operation it is from.
pub fn each_line(call: &Call, value: &mut Value, change: &mut dyn FnMut(&mut Object)) {
    match call.operation {
        Some(Operation::OnQuoteLineChanged | Operation::GetQuoteLinesFromProduct) => {
            objects(value).into_iter().for_each(change);
        }
        _ => each(value, "CRMQuoteLines", change),
    }
}

/// A member of an object inside a result, such as `CRMQuote`.
pub fn member<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Object> {
    value.get_mut(name).and_then(Value::as_object_mut)
}

/// Changes the line in the answer of OnQuoteLineChanged.
pub fn changed_line(call: &Call, answer: &mut Answer, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(line)) = result(call, answer, Operation::OnQuoteLineChanged) {
        change(line);
    }
}

/// The line of an OnQuoteLineChanged request.
pub fn line_of(call: &mut Call) -> Option<&mut Object> {
    if call.operation != Some(Operation::OnQuoteLineChanged) {
        return None;
    }
    call.request
        .get_mut("QuoteLine")
        .and_then(Value::as_object_mut)
}

/// The request as it was before any fault changed it.
pub fn original(call: &Call) -> Object {
    let (Some(operation), Value::Object(sent)) = (call.operation, &call.sent) else {
        return Object::new();
    };
    carriers::request(operation)
        .read(sent, Names::AnyCase)
        .unwrap_or_default()
}

/// The line of an OnQuoteLineChanged request, before any fault changed it.
pub fn original_line(call: &Call) -> Object {
    part(&original(call), "QuoteLine")
}

/// Changes the lines that an operation is asked to work on.
pub fn change_sent_lines(
    call: &mut Call,
    operation: Operation,
    mut change: impl FnMut(&mut Object),
) {
    if is(call, operation) {
        let mut request = Value::Object(std::mem::take(&mut call.request));
        each(&mut request, "CRMQuoteLines", &mut change);
        call.request = object(request);
    }
}

/// Gives a line back members of the line that was sent.
pub fn restore(call: &Call, line: &mut Object, names: &[&str]) {
    copy(&original_line(call), line, names);
}

/// Copies members from one object to another, as far as they are there.
pub fn copy(from: &Object, to: &mut Object, names: &[&str]) {
    for name in names {
        if let Some(value) = from.get(*name) {
            put(to, name, value.clone());
        }
    }
}

/// Takes the remark on a carrier away.
pub fn clear_remark(carrier: &mut Object) {
    put(carrier, "Status", "Ok");
    put(carrier, "Reason", "");
}

/// The order of a GetOrderState request as it was sent, as if that were news.
pub fn order_as_sent(call: &Call) -> Value {
    let context = part(&call.request, "Context");
    let mut told = success();
    for name in ["CRMQuote", "CRMQuoteVersion", "CRMAlternativeWithLines"] {
        put(&mut told, name, part(&context, name));
    }
    Value::Object(told)
}

/// A number member, 0 when there is none.
pub fn amount(object: &Object, name: &str) -> Decimal {
    decimal(object, name).unwrap_or_default()
}

/// Sets an earning, and what it is in percent of the total.
pub fn put_earning(carrier: &mut Object, earning: Decimal) {
    let percent = percentage(earning, amount(carrier, "TotalPrice")).unwrap_or_default();
    put(carrier, "EarningAmount", number(earning));
    put(carrier, "EarningPercent", number(percent));
}

/// Sets a total, and the earning that it leaves where the cost is known.
pub fn put_total(carrier: &mut Object, total: Decimal, cost: Option<Decimal>) {
    put(carrier, "TotalPrice", number(total));
    if let Some(cost) = cost {
        put_earning(carrier, total - cost);
    }
}

/// Calculates a line anew from another subtotal and another amount that is held, so
/// that only the intended formula is wrong.
pub fn resettle_line(line: &mut Object, sub_total: Decimal, held: Held) {
    let left = amount(line, "TotalPriceWithAlternativeDiscount");
    let total = amount(line, "TotalPrice");
    let discount = if total.is_zero() {
        Decimal::ZERO
    } else {
        Decimal::ONE_HUNDRED * (total - left) / total
    };
    resettle(line, sub_total, line_cost_of(line), held);
    let left = after_discount(amount(line, "TotalPrice"), discount).unwrap_or_default();
    put(line, "TotalPriceWithAlternativeDiscount", number(left));
}

/// Calculates a line or alternative anew.
pub fn resettle(carrier: &mut Object, sub_total: Decimal, cost: Option<Decimal>, held: Held) {
    if let Ok(amounts) = settle(sub_total, cost, held, Decimal::ZERO) {
        calculation::write(carrier, &amounts);
    }
}

/// Cost of a whole line, when it is known.
pub fn line_cost_of(line: &Object) -> Option<Decimal> {
    line_cost(line).ok().flatten()
}

/// The English part of a multi-language text.
pub fn english(text: &str) -> Option<&str> {
    text.strip_prefix("US:\"")?
        .split_once('"')
        .map(|(english, _)| english)
}

/// Visits every text of a value.
pub fn each_text(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|value| each_text(value, change));
        }
        _ => {}
    }
}

/// Gives every object in a value other member names.
pub fn renamed(value: Value, rename: fn(&str) -> String) -> Value {
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| renamed(item, rename))
            .collect(),
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| (rename(&name), renamed(value, rename)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

/// A PluginResponseInfo with State Error and nothing else wrong.
pub fn refusal() -> Object {
    object(serde_json::json!({
        "State": "Error",
        "UserExplanation": "US:\"Refused.\";NO:\"Avvist.\"",
        "TechExplanation": "",
        "ErrorCode": "refused",
    }))
}
