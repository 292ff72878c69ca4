//! Quotes, versions, alternatives and lines: everything between the first product
//! and the order.
//!
//! The connector keeps next to nothing of a quote: SuperOffice sends the whole
//! context with every call. What the operations may change follows contract E.1.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::calculation::{self, Proposals, charged_quantity, line_cost};
use super::catalog::{Catalog, Offer};
use super::findings::{Findings, Level};
use super::pricing::multiply;
use super::text::Text;
use super::wire::{
    NO_DATE, Object, Problem, decimal, filled, integer, known_decimal, known_number, number,
    object, outcome, part, parts, put, success, text,
};

/// Company number of a customer who gets no quotes.
pub const ON_CREDIT_HOLD: &str = "990 000 001";

/// An order discount above this percentage needs approval.
const APPROVAL_LIMIT: Decimal = Decimal::TEN;

/// What the connector remembers of the quotes of one customer.
#[derive(Debug, Default)]
pub struct Register {
    numbers: AtomicU64,
    /// Quote, version and alternative ids that SuperOffice has stored.
    saved: Mutex<HashSet<(i64, i64, i64)>>,
}

/// The quote operations of one customer at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Quotes<'a> {
    pub catalog: &'a Catalog,
    pub register: &'a Register,
    pub now: Timestamp,
}

/// An alternative and its lines.
struct Alternative {
    head: Object,
    lines: Vec<Object>,
}

impl Alternative {
    fn read(with_lines: &Object) -> Self {
        Self {
            head: part(with_lines, "CRMAlternative"),
            lines: parts(with_lines, "CRMQuoteLines"),
        }
    }

    fn into_value(self) -> Value {
        json!({"CRMAlternative": self.head, "CRMQuoteLines": self.lines})
    }
}

impl Quotes<'_> {
    fn today(&self) -> Date {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// GetQuoteLinesFromProduct: the line of the product, and one for its companion.
    pub fn lines_from_product(&self, request: &Object) -> Result<Value, Problem> {
        let offer = self.catalog.asked_for(request)?;
        let companion = self.catalog.article(offer).companion.and_then(|code| {
            let list = self.catalog.price(offer).list;
            self.catalog.offer(&format!("{code}@{list}"))
        });
        let with_lines = part(&part(request, "Context"), "CRMAlternativeWithLines");
        let discount = decimal(&part(&with_lines, "CRMAlternative"), "DiscountPercent")?;
        let first = parts(&with_lines, "CRMQuoteLines").len() + 1;
        let offers = [Some(offer), companion].into_iter().flatten();
        let lines = offers
            .zip(first..)
            .map(|(offer, rank)| self.new_line(offer, rank, discount));
        Ok(Value::Array(lines.collect::<Result<_, _>>()?))
    }

    fn new_line(&self, offer: &Offer, rank: usize, discount: Decimal) -> Result<Value, Problem> {
        let mut line = offer.info.clone();
        for product_only in [
            "ERPPriceListKey",
            "InAssortment",
            "InStock",
            "DefaultSubscriptionQuantity",
        ] {
            line.remove(product_only);
        }
        let periods = decimal(&offer.info, "DefaultSubscriptionQuantity")?;
        let start = if periods.is_zero() {
            NO_DATE.to_owned()
        } else {
            let next_month = self.today().first_of_month().saturating_add(1.month());
            format!("{next_month}T00:00:00")
        };
        line.extend(object(json!({
            "QuoteLineId": 0,
            "ERPQuoteLineKey": "",
            "QuoteAlternativeId": 0,
            "Quantity": 1.0,
            "SubscriptionQuantity": number(periods),
            "SubscriptionStart": start,
            "DeliveredQuantity": 0.0,
            "Rank": rank,
            "UserValueOverride": "None",
        })));
        calculation::line(&mut line, Proposals::Fresh(self.catalog), discount)?;
        self.check_line(&mut line)?;
        Ok(Value::Object(line))
    }

    /// OnQuoteLineChanged: calculates the line itself, not its copy in the context.
    pub fn line_changed(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut line = given(request, "QuoteLine")?;
        let with_lines = part(&context, "CRMAlternativeWithLines");
        let discount = decimal(&part(&with_lines, "CRMAlternative"), "DiscountPercent")?;
        calculation::line(&mut line, Proposals::Fresh(self.catalog), discount)?;
        self.check_line(&mut line)?;
        Ok(Value::Object(line))
    }

    /// RecalculateQuoteAlternative.
    pub fn recalculate(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut alternative = Alternative::read(&part(&context, "CRMAlternativeWithLines"));
        self.calculate(&mut alternative)?;
        self.check_alternative(&mut alternative)?;
        Ok(alternative.into_value())
    }

    fn calculate(&self, alternative: &mut Alternative) -> Result<(), Problem> {
        let proposals = Proposals::Fresh(self.catalog);
        for line in &mut alternative.lines {
            calculation::line(line, proposals, Decimal::ZERO)?;
        }
        calculation::alternative(&mut alternative.head, &mut alternative.lines, proposals)
    }

    /// ValidateQuoteVersion: checks every level and moves a draft on. Prices and
    /// discounts stay; amounts that do not fit each other are calculated again.
    pub fn validate(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let version = part(&context, "CRMQuoteVersion");
        let is_draft = matches!(
            text(&version, "State"),
            "Draft" | "DraftNotCalculated" | "DraftNeedsApproval"
        );
        let mut alternatives = alternatives_of(&context);
        let mut worst_line = Level::Ok;
        let mut needs_approval = false;
        for alternative in &mut alternatives {
            if is_draft {
                bring_up_to_date(alternative)?;
            }
            worst_line = worst_line.max(self.check_alternative(alternative)?);
            needs_approval |= decimal(&alternative.head, "DiscountPercent")? > APPROVAL_LIMIT;
        }
        let blocked = worst_line == Level::Error;
        let mut findings = Findings::default();
        findings.report_if(blocked, Level::Error, &LINE_ERRORS);
        findings.report_if(needs_approval && is_draft, Level::Warning, &APPROVAL_NEEDED);
        let version = changed(&context, "CRMQuoteVersion", |version| {
            findings.write(version);
            if is_draft {
                let state = match (blocked, needs_approval) {
                    (true, _) => "DraftNotCalculated",
                    (false, true) => "DraftNeedsApproval",
                    (false, false) => "Draft",
                };
                put(version, "State", state);
                put(version, "LastRecalculated", self.timestamp());
            }
        });
        let mut answer = if blocked {
            outcome("Warning", Some(&LINE_ERRORS), "", "line_errors")
        } else if needs_approval && is_draft {
            outcome("OkWithInfo", Some(&APPROVAL_NEEDED), "", "approval_needed")
        } else {
            success()
        };
        put(
            &mut answer,
            "CRMAlternativesWithLines",
            into_values(alternatives),
        );
        put(&mut answer, "CRMQuoteVersion", version);
        put(
            &mut answer,
            "CRMQuote",
            context.get("CRMQuote").cloned().unwrap_or_default(),
        );
        Ok(Value::Object(answer))
    }

    /// UpdateQuoteVersionPrices: the price lists of the ERP win over whatever the
    /// lines say, also over fields that users may edit.
    pub fn update_prices(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut alternatives = alternatives_of(&context);
        for alternative in &mut alternatives {
            for line in &mut alternative.lines {
                self.update_line(line);
            }
            self.calculate(alternative)?;
            self.check_alternative(alternative)?;
        }
        let version = changed(&context, "CRMQuoteVersion", |version| {
            put(version, "LastRecalculated", self.timestamp());
            Findings::default().write(version);
        });
        let mut answer = success();
        put(
            &mut answer,
            "CRMAlternativesWithLines",
            into_values(alternatives),
        );
        put(&mut answer, "CRMQuoteVersion", version);
        Ok(Value::Object(answer))
    }

    fn update_line(&self, line: &mut Object) {
        let Some(offer) = self.catalog.offer(text(line, "ERPProductKey")) else {
            return;
        };
        let price = self.catalog.price(offer);
        put(line, "UnitListPrice", number(price.list_price));
        put(line, "UnitCost", known_number(price.cost));
        put(line, "UnitMinimumPrice", known_number(price.minimum));
    }

    /// Sets Status and Reason of a line: the situations of contract F.12, and a
    /// product that the ERP does not have.
    fn check_line(&self, line: &mut Object) -> Result<Level, Problem> {
        let mut findings = Findings::default();
        if let Some(key) = filled(line, "ERPProductKey") {
            match self.catalog.offer(key) {
                None => findings.report(Level::Warning, &NO_SUCH_PRODUCT),
                Some(offer) => {
                    let gone = !self.catalog.article(offer).in_assortment;
                    findings.report_if(gone, Level::Warning, &DISCONTINUED);
                    let expired = !self.catalog.is_on_sale(offer, self.today());
                    findings.report_if(expired, Level::Warning, &PRICE_LIST_EXPIRED);
                }
            }
        }
        let total = decimal(line, "TotalPrice")?;
        findings.report_if(total < Decimal::ZERO, Level::Warning, &NEGATIVE);
        findings.report_if(total.is_zero(), Level::OkWithInfo, &ZERO);
        let loss = line_cost(line)?.is_some_and(|cost| total < cost);
        findings.report_if(loss, Level::Warning, &BELOW_COST);
        if let Some(minimum) = known_decimal(line, "UnitMinimumPrice")? {
            let list_price = decimal(line, "UnitListPrice")?;
            let lowest_total = multiply(charged_quantity(line)?, minimum)?;
            if list_price < minimum {
                findings.report(Level::Error, &BELOW_MINIMUM);
            } else if total < lowest_total {
                findings.report(Level::Warning, &DISCOUNTED_BELOW_MINIMUM);
            }
        }
        Ok(findings.write(line))
    }

    /// Checks an alternative and its lines; tells the worst level of a line.
    fn check_alternative(&self, alternative: &mut Alternative) -> Result<Level, Problem> {
        let mut worst_line = Level::Ok;
        for line in &mut alternative.lines {
            worst_line = worst_line.max(self.check_line(line)?);
        }
        let head = &mut alternative.head;
        let mut findings = Findings::default();
        let discount = decimal(head, "DiscountPercent")?;
        findings.report_if(
            discount > APPROVAL_LIMIT,
            Level::Warning,
            &HIGH_ORDER_DISCOUNT,
        );
        let negative = decimal(head, "TotalPrice")? < Decimal::ZERO;
        findings.report_if(negative, Level::Warning, &NEGATIVE);
        findings.write(head);
        Ok(worst_line)
    }

    /// OnBeforeCreateQuote: gives keys, number and usual terms to a new quote, or
    /// refuses it.
    pub fn before_create_quote(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut answer = match self.refusal(&context) {
            Some(refusal) => refusal,
            None => {
                let number = self.next_number();
                let mut answer = success();
                let alternatives = one(&context, "CRMAlternativeWithLines");
                self.put_created(&mut answer, &context, &number, alternatives)?;
                let quote = changed(&context, "CRMQuote", |quote| {
                    fill(
                        quote,
                        "ERPQuoteKey",
                        &format!("{}-Q-{number}", self.prefix()),
                    );
                });
                put(&mut answer, "CRMQuote", quote);
                answer
            }
        };
        complete(
            &mut answer,
            &["CRMAlternativesWithLines", "CRMQuoteVersion", "CRMQuote"],
        );
        Ok(Value::Object(answer))
    }

    /// OnBeforeCreateQuoteVersion.
    pub fn before_create_version(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut answer = match self.refusal(&context) {
            Some(refusal) => refusal,
            None => {
                let number = self.next_number();
                let mut answer = success();
                let alternatives = many(&context, "CRMAlternativesWithLines");
                self.put_created(&mut answer, &context, &number, alternatives)?;
                answer
            }
        };
        complete(
            &mut answer,
            &["CRMAlternativesWithLines", "CRMQuoteVersion"],
        );
        Ok(Value::Object(answer))
    }

    /// OnBeforeCreateQuoteAlternative.
    pub fn before_create_alternative(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        let mut answer = match self.refusal(&context) {
            Some(refusal) => refusal,
            None => {
                let mut answer = success();
                let alternatives = one(&context, "CRMAlternativeWithLines");
                let alternatives = self.created_alternatives(alternatives, &self.next_number())?;
                put(&mut answer, "CRMAlternativesWithLines", alternatives);
                answer
            }
        };
        complete(&mut answer, &["CRMAlternativesWithLines"]);
        Ok(Value::Object(answer))
    }

    fn refusal(&self, context: &Object) -> Option<Object> {
        let company = part(context, "CRMCompany");
        let on_hold = text(&company, "OrganisationNumber").trim() == ON_CREDIT_HOLD;
        let tech = "Company is on credit hold.";
        on_hold.then(|| outcome("Error", Some(&CREDIT_HOLD), tech, "credit_hold"))
    }

    /// Alternatives and version of something new.
    fn put_created(
        &self,
        answer: &mut Object,
        context: &Object,
        number: &str,
        alternatives: Option<Vec<Object>>,
    ) -> Result<(), Problem> {
        let alternatives = self.created_alternatives(alternatives, number)?;
        put(answer, "CRMAlternativesWithLines", alternatives);
        let version = changed(context, "CRMQuoteVersion", |version| {
            fill(
                version,
                "ERPQuoteVersionKey",
                &format!("{}-V-{number}", self.prefix()),
            );
            fill(version, "Number", &format!("{}-{number}", self.prefix()));
            fill(version, "ERPPaymentTermsKey", "N30");
            fill(version, "ERPPaymentTypeKey", "INV");
            fill(version, "ERPDeliveryTermsKey", "DAP");
            fill(version, "ERPDeliveryTypeKey", "TRUCK");
            if text(version, "ExpirationDate").starts_with("0001-01-01") {
                let last_day = self.today().saturating_add(30.days());
                put(version, "ExpirationDate", format!("{last_day}T00:00:00"));
            }
            Findings::default().write(version);
        });
        put(answer, "CRMQuoteVersion", version);
        Ok(())
    }

    fn created_alternatives(
        &self,
        alternatives: Option<Vec<Object>>,
        number: &str,
    ) -> Result<Value, Problem> {
        let Some(alternatives) = alternatives else {
            return Ok(Value::Null);
        };
        let created = alternatives.iter().zip(1..).map(|(with_lines, at)| {
            let mut alternative = Alternative::read(with_lines);
            let key = format!("{}-A-{number}-{at}", self.prefix());
            fill(&mut alternative.head, "ERPQuoteAlternativeKey", &key);
            self.check_alternative(&mut alternative)?;
            Ok(alternative.into_value())
        });
        Ok(Value::Array(created.collect::<Result<_, Problem>>()?))
    }

    /// OnAfterSaveQuote: notes the ids, once however often the call comes.
    pub fn after_save(&self, request: &Object) -> Result<(), Problem> {
        let context = given(request, "Context")?;
        let alternative = part(&part(&context, "CRMAlternativeWithLines"), "CRMAlternative");
        let ids = (
            integer(&part(&context, "CRMQuote"), "QuoteId"),
            integer(&part(&context, "CRMQuoteVersion"), "QuoteVersionId"),
            integer(&alternative, "QuoteAlternativeId"),
        );
        self.saved().insert(ids);
        Ok(())
    }

    /// OnBeforeDeleteQuote: forgets the quote; one that was never seen is fine, and
    /// an order made from it stays.
    pub fn before_delete(&self, request: &Object) -> Result<(), Problem> {
        let deleted = integer(&given(request, "Quote")?, "QuoteId");
        self.saved().retain(|(quote, _, _)| *quote != deleted);
        Ok(())
    }

    /// OnAfterSentQuoteVersion: a version without a key gets one, always the same.
    pub fn after_sent(&self, request: &Object) -> Result<Value, Problem> {
        let context = given(request, "QuoteContext")?;
        let version = changed(&context, "CRMQuoteVersion", |version| {
            let key = format!(
                "{}-V-SENT-{}",
                self.prefix(),
                integer(version, "QuoteVersionId")
            );
            fill(version, "ERPQuoteVersionKey", &key);
            Findings::default().write(version);
        });
        let mut answer = success();
        put(&mut answer, "CRMAlternativesWithLines", Value::Null);
        put(&mut answer, "CRMQuoteVersion", version);
        Ok(json!({"VersionResponse": answer, "Url": ""}))
    }

    /// GetAddresses: where the ERP sends invoices and goods.
    pub fn addresses(request: &Object) -> Result<Value, Problem> {
        let context = given(request, "Context")?;
        if !context.get("CRMCompany").is_some_and(Value::is_object) {
            return Ok(json!([null, null]));
        }
        let company = part(&context, "CRMCompany");
        let country = Some(text(&company, "CountryCode"))
            .filter(|code| code.len() == 2 && code.bytes().all(|sign| sign.is_ascii_uppercase()));
        let address = |kind: &str| {
            let line = |at: u8| text(&company, &format!("{kind}AddressLine{at}")).to_owned();
            filled(&company, &format!("{kind}AddressLine1"))?;
            Some(json!({
                "AddressLine1": line(1),
                "AddressLine2": line(2),
                "AddressLine3": line(3),
                "City": text(&company, &format!("{kind}AddressCity")),
                "ZipCode": text(&company, &format!("{kind}AddressZip")),
                "CountryCode": country,
                "Country": text(&company, "Country"),
            }))
        };
        let invoice = address("Postal").or_else(|| address("Street"));
        Ok(json!([invoice, address("Street")]))
    }

    /// Sets Status and Reason on everything of an alternative that is handed back.
    pub fn checked(&self, with_lines: &Object) -> Result<Value, Problem> {
        let mut alternative = Alternative::read(with_lines);
        self.check_alternative(&mut alternative)?;
        Ok(alternative.into_value())
    }

    fn prefix(&self) -> &str {
        self.catalog.records.prefix
    }

    fn next_number(&self) -> String {
        (100_001 + self.register.numbers.fetch_add(1, Ordering::Relaxed)).to_string()
    }

    fn timestamp(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn saved(&self) -> std::sync::MutexGuard<'_, HashSet<(i64, i64, i64)>> {
        self.register
            .saved
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// An argument that must be there.
pub fn given(request: &Object, name: &str) -> Result<Object, Problem> {
    match request.get(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        _ => Err(Problem::argument(format!("{name} is missing."))),
    }
}

/// Calculates what does not add up, without asking the ERP for new proposals.
fn bring_up_to_date(alternative: &mut Alternative) -> Result<(), Problem> {
    let Alternative { head, lines } = alternative;
    if calculation::alternative_adds_up(head, lines)? {
        return Ok(());
    }
    let discount = decimal(head, "DiscountPercent")?;
    for line in &mut *lines {
        if !calculation::line_adds_up(line, discount)? {
            calculation::line(line, Proposals::AsSent, discount)?;
        }
    }
    calculation::alternative(head, lines, Proposals::AsSent)
}

fn alternatives_of(context: &Object) -> Vec<Alternative> {
    parts(context, "CRMAlternativesWithLines")
        .iter()
        .map(Alternative::read)
        .collect()
}

fn into_values(alternatives: Vec<Alternative>) -> Value {
    alternatives
        .into_iter()
        .map(Alternative::into_value)
        .collect()
}

fn one(context: &Object, name: &str) -> Option<Vec<Object>> {
    context
        .get(name)
        .and_then(Value::as_object)
        .map(|only| vec![only.clone()])
}

fn many(context: &Object, name: &str) -> Option<Vec<Object>> {
    context
        .get(name)
        .is_some_and(Value::is_array)
        .then(|| parts(context, name))
}

/// A part of the context with a change; `null` where there is none.
pub fn changed(context: &Object, name: &str, change: impl FnOnce(&mut Object)) -> Value {
    match context.get(name) {
        Some(Value::Object(object)) => {
            let mut object = object.clone();
            change(&mut object);
            Value::Object(object)
        }
        _ => Value::Null,
    }
}

/// Sets a text that is still blank; keys given earlier are never replaced.
fn fill(object: &mut Object, name: &str, value: &str) {
    if filled(object, name).is_none() {
        put(object, name, value);
    }
}

/// Adds the members that are `null`, so that the answer shows its full shape.
fn complete(answer: &mut Object, names: &[&str]) {
    for name in names {
        answer.entry(*name).or_insert(Value::Null);
    }
}

const CREDIT_HOLD: Text = Text::new(
    "The company is on credit hold: no new quotes.",
    "Firmaet er kredittsperret: ingen nye tilbud.",
);
const NO_SUCH_PRODUCT: Text = Text::new(
    "The ERP system does not have this product; its prices were not checked.",
    "ERP-systemet har ikke dette produktet; prisene er ikke kontrollert.",
);
const DISCONTINUED: Text = Text::new("The product is discontinued.", "Produktet er utgått.");
const PRICE_LIST_EXPIRED: Text = Text::new(
    "The price list is not valid today.",
    "Prislisten er ikke gyldig i dag.",
);
const NEGATIVE: Text = Text::new("The total is negative.", "Totalen er negativ.");
const ZERO: Text = Text::new("The total is zero.", "Totalen er null.");
const BELOW_COST: Text = Text::new(
    "The price is below the cost.",
    "Prisen er lavere enn kostnaden.",
);
const BELOW_MINIMUM: Text = Text::new(
    "The list price is below the minimum price.",
    "Listeprisen er lavere enn minsteprisen.",
);
const DISCOUNTED_BELOW_MINIMUM: Text = Text::new(
    "The discount takes the price below the minimum price.",
    "Rabatten gir en pris under minsteprisen.",
);
const HIGH_ORDER_DISCOUNT: Text = Text::new(
    "An order discount above 10 percent must be approved.",
    "Ordrerabatt over 10 prosent må godkjennes.",
);
const APPROVAL_NEEDED: Text = Text::new(
    "Approval is needed before sending.",
    "Tilbudet må godkjennes før det sendes.",
);
const LINE_ERRORS: Text = Text::new(
    "Lines with errors must be corrected first.",
    "Linjer med feil må rettes først.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Variant;
    use crate::sample::quote::data;

    fn with<T>(run: impl FnOnce(Quotes) -> T) -> T {
        let catalog = Catalog::new(data::customers().remove(0).erp, Variant::Full);
        let register = Register::default();
        let now = Timestamp::UNIX_EPOCH.saturating_add(500_000.hours());
        run(Quotes {
            catalog: &catalog,
            register: &register,
            now: now.unwrap_or_default(),
        })
    }

    fn desk(quantity: f64) -> Value {
        json!({
            "ERPProductKey": "HO-DSK-160@HO-NOK", "QuoteLineId": 5, "Quantity": quantity,
            "UnitListPrice": 7490.0, "UnitCost": 4310.0, "UnitMinimumPrice": 6200.0, "VAT": 25.0,
            "Status": "Warning", "Reason": "old",
        })
    }

    fn version(state: &str, discount: f64) -> Object {
        object(json!({"Context": {
            "CRMQuoteVersion": {"State": state, "LastRecalculated": "1760-01-01T00:00:00"},
            "CRMAlternativesWithLines": [{
                "CRMAlternative": {
                    "DiscountPercent": discount, "UserValueOverride": "OverrideDiscountPercent",
                },
                "CRMQuoteLines": [desk(2.0)],
            }],
        }}))
    }

    #[test]
    fn a_new_line_is_calculated_and_a_companion_comes_along() {
        with(|quotes| {
            let request = object(json!({"ErpProductKey": "HO-MTG-TBL@HO-NOK"}));
            let lines = quotes.lines_from_product(&request).unwrap_or_default();
            assert_eq!(lines[0]["ERPProductKey"], "HO-MTG-TBL@HO-NOK");
            assert_eq!(lines[0]["TotalPrice"], 18450.0);
            assert_eq!(lines[0]["Status"], "Ok");
            assert_eq!(lines[1]["ERPProductKey"], "HO-SRV-ASM@HO-NOK");
            assert!(lines[0].get("InStock").is_none());
        });
    }

    #[test]
    fn a_price_below_the_minimum_is_an_error_and_old_remarks_go() {
        with(|quotes| {
            let mut line = object(desk(1.0));
            let request = json!({"Context": {}, "QuoteLine": line});
            let fine = quotes.line_changed(&object(request)).unwrap_or_default();
            assert_eq!(
                (&fine["Status"], &fine["Reason"]),
                (&json!("Ok"), &json!(""))
            );
            put(&mut line, "UnitListPrice", 6199.99);
            let request = json!({"Context": {}, "QuoteLine": line});
            let low = quotes.line_changed(&object(request)).unwrap_or_default();
            assert_eq!(low["Status"], "Error");
        });
    }

    #[test]
    fn validation_moves_drafts_and_leaves_finished_states_alone() {
        with(|quotes| {
            let state = |before, discount| {
                let answer = quotes
                    .validate(&version(before, discount))
                    .unwrap_or_default();
                answer["CRMQuoteVersion"]["State"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            assert_eq!(state("DraftNotCalculated", 0.0), "Draft");
            assert_eq!(state("Draft", 12.0), "DraftNeedsApproval");
            for finished in [
                "DraftApproved",
                "DraftNotApproved",
                "Sent",
                "Archived",
                "Sold",
            ] {
                assert_eq!(state(finished, 12.0), finished);
            }
        });
    }

    #[test]
    fn validating_twice_changes_nothing() {
        with(|quotes| {
            let once = quotes
                .validate(&version("DraftNotCalculated", 12.0))
                .unwrap_or_default();
            let twice = quotes
                .validate(&object(json!({"Context": once})))
                .unwrap_or_default();
            assert_eq!(once, twice);
        });
    }

    #[test]
    fn keys_are_given_once() {
        with(|quotes| {
            let request = object(json!({"Context": {"CRMQuote": {"QuoteId": 0}}}));
            let first = quotes.before_create_quote(&request).unwrap_or_default();
            let key = first["CRMQuote"]["ERPQuoteKey"].clone();
            assert_eq!(key, "HO-Q-100001");
            let again = object(json!({"Context": first}));
            let second = quotes.before_create_quote(&again).unwrap_or_default();
            assert_eq!(second["CRMQuote"]["ERPQuoteKey"], key);
        });
    }

    #[test]
    fn an_address_has_a_country_code_or_none() {
        let company = json!({"PostalAddressLine1": "Box 1", "CountryCode": "Norway"});
        let request = object(json!({"Context": {"CRMCompany": company}}));
        let answer = Quotes::addresses(&request).unwrap_or_default();
        assert_eq!(answer[0]["AddressLine1"], "Box 1");
        assert!(answer[0]["CountryCode"].is_null() && answer[1].is_null());
        let nobody = object(json!({"Context": {"CRMCompany": null}}));
        assert_eq!(Quotes::addresses(&nobody).ok(), Some(json!([null, null])));
    }
}
