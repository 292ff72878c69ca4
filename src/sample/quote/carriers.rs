//! The shapes of requests, as data, and the one reader that applies them.
//!
//! [`Shape::read`] is lenient where the contract says so: names in any letter
//! case, unknown members left out, null and absent counting as defaults, unknown
//! enum members read as the first one. What it lets through has the documented
//! spelling and type, so that a carrier can be handed back as it stands. Texts and
//! numbers are never touched.
//!
//! Carriers that the connector only reads (company, person …) list only the
//! members that it reads.

use serde_json::{Value, json};

use super::operation::Operation;
use super::wire::{NO_DATE, Object, Problem};

/// Type of one member.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    Date,
    /// Member names of an enumeration, the default first.
    OneOf(&'static [&'static str]),
    Texts,
    /// An object used as map of texts; its names are data.
    Map,
    One(&'static Shape),
    Many(&'static Shape),
}

/// Members of a request or carrier.
#[derive(Debug)]
pub struct Shape(&'static [(&'static str, Kind)]);

/// How names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    AnyCase,
    Exact,
}

use Kind::{Date, Flag, Integer, Many, Map, Number, One, OneOf, Text, Texts};

const STATUSES: Kind = OneOf(&["Ok", "OkWithInfo", "Warning", "Error"]);
const OVERRIDES: Kind = OneOf(&[
    "None",
    "OverrideTotal",
    "OverrideDiscountPercent",
    "OverrideDiscountAmount",
    "OverrideEarningPercent",
    "OverrideEarningAmount",
]);
const VERSION_STATES: Kind = OneOf(&[
    "Unknown",
    "Draft",
    "DraftNotCalculated",
    "DraftNeedsApproval",
    "DraftApproved",
    "DraftNotApproved",
    "Sent",
    "Archived",
    "Lost",
    "Sold",
]);
const ACTIONS: Kind = OneOf(&[
    "Unknown",
    "Validate",
    "SendQuote",
    "PlaceOrder",
    "UpdatePrices",
]);

static EXTRA_DATA: Shape = Shape(&[
    ("Name", Text),
    ("Type", OneOf(&["String", "Url", "Image"])),
    ("Value", Text),
]);

/// QuoteLineInfo.
pub static QUOTE_LINE: Shape = Shape(&[
    ("ERPProductKey", Text),
    ("Name", Text),
    ("Description", Text),
    ("Code", Text),
    ("QuantityUnit", Text),
    ("PriceUnit", Text),
    ("IsSubscription", Flag),
    ("SubscriptionUnit", Text),
    ("ItemNumber", Text),
    ("Url", Text),
    ("ProductCategoryKey", Text),
    ("ProductFamilyKey", Text),
    ("ProductTypeKey", Text),
    ("Supplier", Text),
    ("SupplierCode", Text),
    ("Thumbnail", Text),
    ("VATInfo", Text),
    ("VAT", Number),
    ("UnitCost", Number),
    ("UnitMinimumPrice", Number),
    ("UnitListPrice", Number),
    ("ExtraInfo", Many(&EXTRA_DATA)),
    ("RawExtraInfo", Text),
    ("Rights", Text),
    ("Rule", Text),
    ("ExtraField1", Text),
    ("ExtraField2", Text),
    ("ExtraField3", Text),
    ("ExtraField4", Text),
    ("ExtraField5", Text),
    ("QuoteLineId", Integer),
    ("ERPQuoteLineKey", Text),
    ("QuoteAlternativeId", Integer),
    ("Status", STATUSES),
    ("Reason", Text),
    ("Quantity", Number),
    ("SubscriptionQuantity", Number),
    ("SubscriptionStart", Date),
    ("DeliveredQuantity", Number),
    ("Rank", Integer),
    ("ERPDiscountAmount", Number),
    ("ERPDiscountPercent", Number),
    ("DiscountAmount", Number),
    ("DiscountPercent", Number),
    ("UserValueOverride", OVERRIDES),
    ("EarningAmount", Number),
    ("EarningPercent", Number),
    ("SubTotal", Number),
    ("TotalPrice", Number),
    ("TotalPriceWithAlternativeDiscount", Number),
]);

static ALTERNATIVE: Shape = Shape(&[
    ("QuoteAlternativeId", Integer),
    ("ERPQuoteAlternativeKey", Text),
    ("QuoteVersionId", Integer),
    ("Name", Text),
    ("Description", Text),
    ("Status", STATUSES),
    ("Reason", Text),
    ("ERPDiscountPercent", Number),
    ("ERPDiscountAmount", Number),
    ("DiscountPercent", Number),
    ("DiscountAmount", Number),
    ("UserValueOverride", OVERRIDES),
    ("VATInfo", Text),
    ("VAT", Number),
    ("EarningAmount", Number),
    ("EarningPercent", Number),
    ("SubTotal", Number),
    ("TotalPrice", Number),
    ("ExtraField1", Text),
    ("ExtraField2", Text),
    ("ExtraField3", Text),
    ("ExtraField4", Text),
    ("ExtraField5", Text),
]);

static ALTERNATIVE_WITH_LINES: Shape = Shape(&[
    ("CRMAlternative", One(&ALTERNATIVE)),
    ("CRMQuoteLines", Many(&QUOTE_LINE)),
]);

static VERSION: Shape = Shape(&[
    ("QuoteVersionId", Integer),
    ("ERPQuoteVersionKey", Text),
    ("QuoteId", Integer),
    ("Description", Text),
    ("Number", Text),
    ("State", VERSION_STATES),
    ("ArchivedState", VERSION_STATES),
    ("LikelyQuoteAlternativeId", Integer),
    ("SentDate", Date),
    ("FollowupId", Integer),
    ("ExpirationDate", Date),
    ("DeliveryCountryId", Integer),
    ("HasOwnDeliveryAddress", Flag),
    ("InvoiceCountryId", Integer),
    ("HasOwnInvoiceAddress", Flag),
    ("ERPPaymentTermsKey", Text),
    ("ERPPaymentTypeKey", Text),
    ("ERPDeliveryTermsKey", Text),
    ("ERPDeliveryTypeKey", Text),
    ("Rank", Integer),
    ("Status", STATUSES),
    ("Reason", Text),
    ("ApprovedBy", Integer),
    ("ApprovedText", Text),
    ("ApprovedRegisteredBy", Integer),
    ("ApprovedRegisteredDate", Date),
    ("ExtraField1", Text),
    ("ExtraField2", Text),
    ("ExtraField3", Text),
    ("ExtraField4", Text),
    ("ExtraField5", Text),
    ("LastRecalculated", Date),
    ("Updated", Date),
    ("RequestAssociateId", Integer),
    ("RequestComment", Text),
]);

static QUOTE: Shape = Shape(&[
    ("QuoteId", Integer),
    ("SaleId", Integer),
    ("QuoteConnectionId", Integer),
    ("ERPQuoteKey", Text),
    ("ERPOrderKey", Text),
    ("ActiveQuoteVersionId", Integer),
    ("AcceptedQuoteAlternativeId", Integer),
    ("DocumentId", Integer),
    ("PoNumber", Text),
    ("OrderComment", Text),
    ("PreferredCulture", Text),
]);

static COMPANY: Shape = Shape(&[
    ("ContactId", Integer),
    ("Name", Text),
    ("OrganisationNumber", Text),
    ("PostalAddressLine1", Text),
    ("PostalAddressLine2", Text),
    ("PostalAddressLine3", Text),
    ("PostalAddressCity", Text),
    ("PostalAddressZip", Text),
    ("StreetAddressLine1", Text),
    ("StreetAddressLine2", Text),
    ("StreetAddressLine3", Text),
    ("StreetAddressCity", Text),
    ("StreetAddressZip", Text),
    ("CountryCode", Text),
    ("Country", Text),
]);

/// A carrier of which nothing is read; it only has to be an object or null.
static UNREAD: Shape = Shape(&[]);

static ALTERNATIVE_CONTEXT: Shape = Shape(&[
    ("CRMAssociate", One(&UNREAD)),
    ("CRMCompany", One(&COMPANY)),
    ("CRMPerson", One(&UNREAD)),
    ("CRMProject", One(&UNREAD)),
    ("CRMSale", One(&UNREAD)),
    ("CRMForeignKeys", Many(&UNREAD)),
    ("CRMQuote", One(&QUOTE)),
    ("CRMQuoteVersion", One(&VERSION)),
    ("CRMAlternativeWithLines", One(&ALTERNATIVE_WITH_LINES)),
]);

static VERSION_CONTEXT: Shape = Shape(&[
    ("CRMAssociate", One(&UNREAD)),
    ("CRMCompany", One(&COMPANY)),
    ("CRMPerson", One(&UNREAD)),
    ("CRMProject", One(&UNREAD)),
    ("CRMSale", One(&UNREAD)),
    ("CRMForeignKeys", Many(&UNREAD)),
    ("CRMQuote", One(&QUOTE)),
    ("CRMQuoteVersion", One(&VERSION)),
    ("CRMAlternativesWithLines", Many(&ALTERNATIVE_WITH_LINES)),
]);

static RESTRICTION: Shape = Shape(&[("FieldKey", Text), ("Operator", Text), ("Values", Texts)]);

/// The members of an operation's request, without the envelope: the sample knows
/// its customer from the token and keeps no values per connection.
pub fn request(operation: Operation) -> &'static Shape {
    use Operation as Op;
    static NOTHING: Shape = Shape(&[]);
    static CONFIGURATION: Shape = Shape(&[("ConnectionConfigFields", Map)]);
    static CURRENCY: Shape = Shape(&[("IsoCurrencyCode", Text)]);
    static FIND: Shape = Shape(&[
        ("Context", One(&ALTERNATIVE_CONTEXT)),
        ("CurrencyCode", Text),
        ("Userinput", Text),
        ("PriceListKey", Text),
    ]);
    static KEY: Shape = Shape(&[
        ("Context", One(&ALTERNATIVE_CONTEXT)),
        ("ErpProductKey", Text),
    ]);
    static KEYS: Shape = Shape(&[
        ("Context", One(&ALTERNATIVE_CONTEXT)),
        ("ErpProductKeys", Texts),
    ]);
    static IMAGE: Shape = Shape(&[("ErpProductKey", Text), ("Rank", Integer)]);
    static SEARCH: Shape = Shape(&[("Restrictions", Many(&RESTRICTION))]);
    static LIST: Shape = Shape(&[("QuoteListType", Text)]);
    static IN_ALTERNATIVE: Shape = Shape(&[("Context", One(&ALTERNATIVE_CONTEXT))]);
    static IN_VERSION: Shape = Shape(&[("Context", One(&VERSION_CONTEXT))]);
    static SENT: Shape = Shape(&[("QuoteContext", One(&VERSION_CONTEXT))]);
    static DELETE: Shape = Shape(&[
        ("Quote", One(&QUOTE)),
        ("Sale", One(&UNREAD)),
        ("Contact", One(&UNREAD)),
    ]);
    static LINE: Shape = Shape(&[
        ("Context", One(&ALTERNATIVE_CONTEXT)),
        ("QuoteLine", One(&QUOTE_LINE)),
        ("ChangedFields", Texts),
    ]);
    static VALIDATE: Shape = Shape(&[("Context", One(&VERSION_CONTEXT)), ("Action", ACTIONS)]);
    static UPDATE: Shape = Shape(&[
        ("Context", One(&VERSION_CONTEXT)),
        ("WriteableFields", Texts),
    ]);
    match operation {
        Op::Authenticate
        | Op::GetConfigurationFields
        | Op::GetSearchableFields
        | Op::GetCapabilities => &NOTHING,
        Op::TestConnection => &CONFIGURATION,
        Op::GetActivePriceLists | Op::GetAllPriceLists => &CURRENCY,
        Op::FindProduct => &FIND,
        Op::GetProduct | Op::GetQuoteLinesFromProduct => &KEY,
        Op::GetProducts => &KEYS,
        Op::GetNumberOfProductImages | Op::GetProductImage => &IMAGE,
        Op::GetSearchResults => &SEARCH,
        Op::GetQuoteList => &LIST,
        Op::OnBeforeCreateQuoteVersion => &IN_VERSION,
        Op::OnBeforeCreateQuote
        | Op::OnBeforeCreateQuoteAlternative
        | Op::OnAfterSaveQuote
        | Op::RecalculateQuoteAlternative
        | Op::PlaceOrder
        | Op::GetOrderState
        | Op::GetAddresses => &IN_ALTERNATIVE,
        Op::OnBeforeDeleteQuote => &DELETE,
        Op::OnAfterSentQuoteVersion => &SENT,
        Op::OnQuoteLineChanged => &LINE,
        Op::ValidateQuoteVersion => &VALIDATE,
        Op::UpdateQuoteVersionPrices => &UPDATE,
    }
}

impl Shape {
    /// Reads an object of this shape.
    pub fn read(&self, source: &Object, names: Names) -> Result<Object, Problem> {
        let mut target = Object::new();
        for (name, value) in source {
            let Some((name, kind)) = self.member(name, names) else {
                continue;
            };
            target.insert((*name).to_owned(), kind.read(name, value, names)?);
        }
        Ok(target)
    }

    fn member(&self, name: &str, names: Names) -> Option<&(&'static str, Kind)> {
        let exact = self.0.iter().find(|(known, _)| *known == name);
        match names {
            Names::Exact => exact,
            Names::AnyCase => exact.or_else(|| {
                self.0
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
            }),
        }
    }
}

impl Kind {
    fn read(self, name: &str, value: &Value, names: Names) -> Result<Value, Problem> {
        let wrong = || Problem::argument(format!("{name} has a value of the wrong type."));
        match (self, value) {
            (Text | Texts | Map | One(_) | Many(_), Value::Null) => Ok(Value::Null),
            (Text, Value::String(_)) | (Number, Value::Number(_)) | (Flag, Value::Bool(_)) => {
                Ok(value.clone())
            }
            (Number, Value::Null) => Ok(json!(0.0)),
            (Flag, Value::Null) => Ok(json!(false)),
            (Integer, Value::Null) => Ok(json!(0)),
            (Integer, Value::Number(_)) => whole(value).map(|whole| json!(whole)).ok_or_else(wrong),
            (Date, Value::Null) => Ok(json!(NO_DATE)),
            (Date, Value::String(text)) if is_date(text) => Ok(value.clone()),
            (OneOf(members), Value::Null) => Ok(json!(members[0])),
            (OneOf(members), Value::String(text)) => Ok(json!(
                members
                    .iter()
                    .find(|known| *known == text)
                    .unwrap_or(&members[0])
            )),
            (Texts, Value::Array(items)) if items.iter().all(is_text) => Ok(value.clone()),
            (Map, Value::Object(entries)) if entries.values().all(is_text) => Ok(value.clone()),
            (One(shape), Value::Object(object)) => shape.read(object, names).map(Value::Object),
            (Many(shape), Value::Array(items)) => {
                let present = items.iter().filter(|item| !item.is_null());
                let read = present.map(|item| {
                    let object = item.as_object().ok_or_else(wrong)?;
                    shape.read(object, names).map(Value::Object)
                });
                read.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            _ => Err(wrong()),
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.is_string() || value.is_null()
}

/// A 32-bit integer, also when it is written as `5.0`.
fn whole(value: &Value) -> Option<i64> {
    let whole = value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    })?;
    i32::try_from(whole).ok().map(i64::from)
}

/// Whether a text is a date of contract B.6: with or without fraction and offset.
fn is_date(text: &str) -> bool {
    let Some((civil, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let shaped = civil.bytes().enumerate().all(|(at, sign)| match at {
        4 | 7 => sign == b'-',
        10 => sign == b'T',
        13 | 16 => sign == b':',
        _ => sign.is_ascii_digit(),
    });
    shaped && civil.parse::<jiff::civil::DateTime>().is_ok() && is_fraction_and_offset(rest)
}

fn is_fraction_and_offset(rest: &str) -> bool {
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=7).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
    };
    let is_clock = |clock: &str| {
        clock.len() == 5
            && clock.bytes().enumerate().all(|(at, sign)| match at {
                2 => sign == b':',
                _ => sign.is_ascii_digit(),
            })
    };
    matches!(offset, "" | "Z") || offset.strip_prefix(['+', '-']).is_some_and(is_clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::quote::wire::object;

    fn line(value: Value) -> Result<Object, Problem> {
        QUOTE_LINE.read(&object(value), Names::AnyCase)
    }

    #[test]
    fn names_count_in_any_case_and_unknown_ones_do_not() {
        let read = line(json!({"quoteLineId": 7, "erpproductkey": "A", "surprise": [1]}));
        assert_eq!(
            read.unwrap_or_default(),
            object(json!({"QuoteLineId": 7, "ERPProductKey": "A"}))
        );
    }

    #[test]
    fn null_and_unknown_enum_members_count_as_defaults() {
        let read = line(json!({
            "Quantity": null, "Name": null, "IsSubscription": null, "SubscriptionStart": null,
            "Status": "Fabulous", "UserValueOverride": null, "ExtraInfo": [null],
        }));
        let expected = json!({
            "Quantity": 0.0, "Name": null, "IsSubscription": false,
            "SubscriptionStart": NO_DATE, "Status": "Ok", "UserValueOverride": "None",
            "ExtraInfo": [],
        });
        assert_eq!(read.unwrap_or_default(), object(expected));
    }

    #[test]
    fn values_of_the_wrong_type_are_a_problem() {
        for value in [
            json!({"Quantity": "2"}),
            json!({"Name": 5}),
            json!({"Rank": 1.5}),
            json!({"Rank": 3_000_000_000_i64}),
            json!({"SubscriptionStart": "yesterday"}),
            json!({"ExtraInfo": {}}),
        ] {
            assert!(line(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn dates_come_in_all_forms_of_the_contract() {
        for date in [
            "0001-01-01T00:00:00",
            "1760-01-01T00:00:00",
            "9999-12-31T23:59:59.9999999",
            "2026-08-14T08:12:30Z",
            "2026-08-14T08:12:30.5+02:00",
        ] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "2026-08-14",
            "2026-13-01T00:00:00",
            "2026-08-14 08:12:30",
            "æøå",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
