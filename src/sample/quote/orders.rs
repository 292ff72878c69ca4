//! Orders: made from an accepted alternative, once, and asked about afterwards.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::findings::{Findings, Level};
use super::quotes::{Quotes, changed, given};
use super::text::{Text, quoted};
use super::wire::{
    Object, Problem, decimal, filled, integer, number, outcome, part, parts, put, text,
};

/// Company number of a customer whose credit does not cover new orders.
pub const CREDIT_USED_UP: &str = "990 000 002";

/// An order with this comment leaves the warehouse in two halves; the first one has
/// been delivered when SuperOffice asks.
pub const IN_TWO_PARTS: &str = "Deliver in two parts";

/// The orders of one customer.
#[derive(Debug, Default)]
pub struct OrderBook(Mutex<Orders>);

#[derive(Debug, Default)]
struct Orders {
    by_key: HashMap<String, Order>,
    /// Order keys by quote, version and alternative: placing an order again gives
    /// the same one, since SuperOffice may repeat a call.
    by_ids: HashMap<(i64, i64, i64), String>,
}

#[derive(Debug)]
struct Order {
    po_number: String,
    comment: String,
}

impl OrderBook {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// PlaceOrder.
    pub fn place(&self, quotes: &Quotes, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let with_lines = part(&context, "CRMAlternativeWithLines");
        let company = part(&context, "CRMCompany");
        if text(&company, "OrganisationNumber").trim() == CREDIT_USED_UP {
            let tech = "Credit limit does not cover the order.";
            let answer = outcome("Error", Some(&NO_CREDIT), tech, "credit_limit");
            let quote = context.get("CRMQuote").cloned().unwrap_or_default();
            return self.answer(quotes, answer, quote, &context, &with_lines, "");
        }
        let ids = (
            integer(&part(&context, "CRMQuote"), "QuoteId"),
            integer(&part(&context, "CRMQuoteVersion"), "QuoteVersionId"),
            integer(&part(&with_lines, "CRMAlternative"), "QuoteAlternativeId"),
        );
        let mut quote = part(&context, "CRMQuote");
        let key = self.enter(quotes, ids, &quote);
        put(&mut quote, "ERPOrderKey", key.as_str());
        let user = Text::made(
            format!("The order {key} has been created."),
            format!("Ordren {key} er opprettet."),
        );
        let url = format!("{}/orders/{key}", quotes.catalog.records.pages);
        let answer = outcome("Ok", Some(&user), "", "");
        self.answer(
            quotes,
            answer,
            Value::Object(quote),
            &context,
            &with_lines,
            &url,
        )
    }

    /// Writes the order into the books, or takes the texts of a repeated call over.
    fn enter(&self, quotes: &Quotes, ids: (i64, i64, i64), quote: &Object) -> String {
        let mut orders = self.orders();
        let next = 5001 + orders.by_key.len();
        let new_key = format!("{}-SO-{next}", quotes.catalog.records.prefix);
        let key = orders.by_ids.entry(ids).or_insert(new_key).clone();
        let order = Order {
            po_number: text(quote, "PoNumber").to_owned(),
            comment: text(quote, "OrderComment").to_owned(),
        };
        orders.by_key.insert(key.clone(), order);
        key
    }

    fn answer(
        &self,
        quotes: &Quotes,
        mut answer: Object,
        quote: Value,
        context: &Object,
        with_lines: &Object,
        url: &str,
    ) -> Result<Value, Problem> {
        let version = changed(context, "CRMQuoteVersion", |version| {
            Findings::default().write(version);
        });
        put(&mut answer, "CRMQuote", quote);
        put(&mut answer, "CRMQuoteVersion", version);
        put(
            &mut answer,
            "CRMAlternativeWithLines",
            quotes.checked(with_lines)?,
        );
        put(&mut answer, "Url", url);
        Ok(Value::Object(answer))
    }

    /// GetOrderState: `null` when SuperOffice already knows what has been delivered.
    pub fn state(&self, quotes: &Quotes, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let quote = part(&context, "CRMQuote");
        let orders = self.orders();
        let Some((key, order)) = orders.by_key.get_key_value(text(&quote, "ERPOrderKey")) else {
            let tech = "No order with this key.";
            let mut answer = outcome("Error", Some(&NO_SUCH_ORDER), tech, "order_not_found");
            for nothing in ["CRMQuote", "CRMQuoteVersion", "CRMAlternativeWithLines"] {
                put(&mut answer, nothing, Value::Null);
            }
            return Ok(Value::Object(answer));
        };
        // A comment that was edited after ordering counts as well.
        let comment = filled(&quote, "OrderComment").unwrap_or(&order.comment);
        let in_two_parts = comment.trim().eq_ignore_ascii_case(IN_TWO_PARTS);
        let with_lines = part(&context, "CRMAlternativeWithLines");
        let mut alternative = given_or_empty(&quotes.checked(&with_lines)?);
        let mut lines = parts(&alternative, "CRMQuoteLines");
        let mut is_news = false;
        for line in &mut lines {
            is_news |= in_two_parts && deliver_half(line)?;
        }
        if !is_news {
            return Ok(Value::Null);
        }
        let user = Text::made(
            format!(
                "Order {key} ({}): partly delivered.",
                quoted(&order.po_number)
            ),
            format!("Ordre {key} ({}): delvis levert.", quoted(&order.po_number)),
        );
        put(&mut alternative, "CRMQuoteLines", json!(lines));
        let mut answer = outcome("OkWithInfo", Some(&user), "", "");
        let version = changed(&context, "CRMQuoteVersion", |version| {
            Findings::default().write(version);
        });
        put(&mut answer, "CRMQuote", quote);
        put(&mut answer, "CRMQuoteVersion", version);
        put(&mut answer, "CRMAlternativeWithLines", alternative);
        Ok(Value::Object(answer))
    }
}

fn given_or_empty(value: &Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

/// Notes half of the quantity as delivered; tells whether that is news.
fn deliver_half(line: &mut Object) -> Result<bool, Problem> {
    let half = decimal(line, "Quantity")?.max(Decimal::ZERO) / Decimal::TWO;
    if decimal(line, "DeliveredQuantity")? == half {
        return Ok(false);
    }
    put(line, "DeliveredQuantity", number(half));
    let mut findings = Findings::default();
    findings.report(Level::OkWithInfo, &REST_FOLLOWS);
    findings.write(line);
    Ok(true)
}

const NO_CREDIT: Text = Text::new(
    "The credit limit does not cover this order.",
    "Kredittgrensen dekker ikke denne ordren.",
);
const NO_SUCH_ORDER: Text = Text::new(
    "The ERP system does not know this order.",
    "ERP-systemet kjenner ikke denne ordren.",
);
const REST_FOLLOWS: Text = Text::new(
    "Half is delivered, the rest follows.",
    "Halvparten er levert, resten kommer.",
);

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sample::Variant;
    use crate::sample::quote::catalog::Catalog;
    use crate::sample::quote::data;
    use crate::sample::quote::quotes::Register;
    use crate::sample::quote::wire::object;

    fn with(run: impl FnOnce(&OrderBook, &Quotes)) {
        let catalog = Catalog::new(data::customers().remove(0).erp, Variant::Full);
        let register = Register::default();
        let now = Timestamp::UNIX_EPOCH;
        run(
            &OrderBook::default(),
            &Quotes {
                catalog: &catalog,
                register: &register,
                now,
            },
        );
    }

    fn request(company: &str, comment: &str, order: &str) -> Object {
        object(json!({"Context": {
            "CRMCompany": {"OrganisationNumber": company},
            "CRMQuote": {"QuoteId": 3, "OrderComment": comment, "ERPOrderKey": order},
            "CRMQuoteVersion": {"QuoteVersionId": 4},
            "CRMAlternativeWithLines": {
                "CRMAlternative": {"QuoteAlternativeId": 5},
                "CRMQuoteLines": [{"Quantity": 3, "DeliveredQuantity": 0}],
            },
        }}))
    }

    #[test]
    fn an_order_is_placed_once() {
        with(|book, quotes| {
            let place = || book.place(quotes, &request("", "", "")).unwrap_or_default();
            assert_eq!(place()["CRMQuote"]["ERPOrderKey"], "HO-SO-5001");
            assert_eq!(place()["CRMQuote"]["ERPOrderKey"], "HO-SO-5001");
        });
    }

    #[test]
    fn a_refused_order_has_no_key() {
        with(|book, quotes| {
            let refused = book
                .place(quotes, &request(CREDIT_USED_UP, "", ""))
                .unwrap_or_default();
            assert_eq!(refused["State"], "Error");
            assert_eq!(refused["CRMQuote"]["ERPOrderKey"], "");
        });
    }

    #[test]
    fn the_state_of_an_order_is_told_when_it_is_news() {
        with(|book, quotes| {
            let state = |request: &Object| book.state(quotes, request).unwrap_or_default();
            assert_eq!(state(&request("", "", "HO-SO-5001"))["State"], "Error");
            assert!(book.place(quotes, &request("", IN_TWO_PARTS, "")).is_ok());
            assert!(state(&request("", "Leave at the door", "HO-SO-5001")).is_null());
            let news = state(&request("", IN_TWO_PARTS, "HO-SO-5001"));
            let line = &news["CRMAlternativeWithLines"]["CRMQuoteLines"][0];
            assert_eq!(line["DeliveredQuantity"], 1.5);
            assert!(state(&object(json!({"Context": news}))).is_null());
        });
    }
}
