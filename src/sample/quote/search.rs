//! Product search: the words a user types, and the criteria of the advanced search.

use std::cmp::Ordering;

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::catalog::{Catalog, Offer};
use super::data::{Article, Price};
use super::text::Text;
use super::values;
use super::wire::{Object, Problem, filled, parts, text, texts};

/// A few hundred hits are what SuperOffice wants at most.
const MOST_HITS: usize = 200;

impl Catalog {
    /// FindProduct: every word must occur somewhere; `%` stands for anything.
    pub fn find(&self, request: &Object, today: Date) -> Value {
        let typed = text(request, "Userinput").to_lowercase();
        let words: Vec<&str> = typed
            .split(is_blank)
            .filter(|word| !word.is_empty())
            .collect();
        if words.is_empty() {
            return Value::Null;
        }
        let list = filled(request, "PriceListKey");
        let currency = filled(request, "CurrencyCode").map(str::trim);
        let in_scope = |offer: &Offer| match list {
            Some(key) => self.price(offer).list == key,
            None => currency.is_none_or(|code| self.currency(offer).eq_ignore_ascii_case(code)),
        };
        self.hits(today, |offer| {
            let fields = searched_fields(self.article(offer));
            in_scope(offer) && words.iter().all(|word| like(&fields, &format!("%{word}%")))
        })
    }

    /// GetSearchResults: the offers that fit all criteria.
    pub fn search(&self, request: &Object, today: Date) -> Result<Value, Problem> {
        let criteria: Vec<Criterion> = parts(request, "Restrictions")
            .iter()
            .map(Criterion::read)
            .collect::<Result<_, _>>()?;
        Ok(self.hits(today, |offer| {
            let (article, price) = (self.article(offer), self.price(offer));
            criteria
                .iter()
                .all(|criterion| criterion.holds(&(criterion.field.read)(article, price)))
        }))
    }

    /// GetSearchableFields.
    pub fn searchable_fields() -> Value {
        let offered = FIELDS.iter().filter(|field| !field.label.0.is_empty());
        let described = offered.zip(1..).map(|(field, rank)| {
            json!({
                "FieldKey": field.key,
                "DisplayName": Text::new(field.label.0, field.label.1).to_string(),
                "DisplayDescription": "",
                "FieldType": field.kind,
                "ListName": field.list,
                "DefaultValue": "",
                "Rank": rank,
                "MaxLength": 0,
                "Access": "Normal",
            })
        });
        described.collect()
    }

    /// What can be sold today, without discontinued articles.
    fn hits(&self, today: Date, wanted: impl Fn(&Offer) -> bool) -> Value {
        let sold = self.offers.iter().filter(|offer| {
            self.article(offer).in_assortment && self.is_on_sale(offer, today) && wanted(offer)
        });
        sold.take(MOST_HITS)
            .map(|offer| Value::Object(offer.info.clone()))
            .collect()
    }

    fn currency(&self, offer: &Offer) -> &str {
        let list = self.price(offer).list;
        let mut lists = self.records.price_lists.iter();
        lists
            .find(|known| known.key == list)
            .map_or("", |known| known.currency)
    }
}

fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || sign.is_control()
}

/// Everything in which the words of a free-text search are looked for.
fn searched_fields(article: &Article) -> String {
    let extra = article
        .extra
        .iter()
        .flat_map(|(name, _, value)| [*name, *value]);
    let fields = [
        article.code,
        article.name,
        article.description,
        article.supplier,
        article.supplier_code,
        article.category,
    ];
    fields
        .into_iter()
        .chain(extra)
        .collect::<Vec<_>>()
        .join("\u{1}")
        .to_lowercase()
}

/// Whether a text is like a pattern in which `%` stands for any signs; both in
/// lower case.
fn like(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('%');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    true
}

/// A field that criteria may name.
struct Field {
    key: &'static str,
    kind: &'static str,
    list: &'static str,
    /// English and Norwegian name; blank for a field that is not offered.
    label: (&'static str, &'static str),
    read: fn(&Article, &Price) -> Content,
}

const FIELDS: &[Field] = &[
    Field {
        key: "name",
        kind: "Text",
        list: "",
        label: ("Name", "Navn"),
        read: |article, _| Content::Text(article.name.to_lowercase()),
    },
    Field {
        key: "code",
        kind: "Text",
        list: "",
        label: ("Article number", "Artikkelnummer"),
        read: |article, _| Content::Text(article.code.to_lowercase()),
    },
    Field {
        key: "supplier",
        kind: "Text",
        list: "",
        label: ("Supplier", "Leverandør"),
        read: |article, _| Content::Text(article.supplier.to_lowercase()),
    },
    Field {
        key: "productCategoryKey",
        kind: "List",
        list: "productcategory",
        label: ("Category", "Kategori"),
        read: |article, _| Content::Text(article.category.to_lowercase()),
    },
    Field {
        key: "unitListPrice",
        kind: "Double",
        list: "",
        label: ("List price", "Listepris"),
        read: |_, price| Content::Number(price.list_price),
    },
    Field {
        key: "weight",
        kind: "Double",
        list: "",
        label: ("Weight (kg)", "Vekt (kg)"),
        read: |article, _| Content::Number(article.weight),
    },
    Field {
        key: "inStock",
        kind: "Integer",
        list: "",
        label: ("In stock", "På lager"),
        read: |article, _| Content::Number(article.stock),
    },
    Field {
        key: "ecoLabel",
        kind: "Checkbox",
        list: "",
        label: ("Eco-labelled", "Miljømerket"),
        read: |article, _| Content::Flag(article.eco_label),
    },
    Field {
        key: "launched",
        kind: "Datetime",
        list: "",
        label: ("On the market since", "På markedet siden"),
        read: |article, _| Content::Day(article.launched),
    },
    // Works as criterion although it is not offered (contract D.13).
    Field {
        key: "erpPriceListKey",
        kind: "Text",
        list: "",
        label: ("", ""),
        read: |_, price| Content::Key(price.list),
    },
];

/// Content of a field, by its kind.
enum Content {
    /// Compared in any letter case.
    Text(String),
    /// Compared as it is.
    Key(&'static str),
    Number(Decimal),
    Flag(bool),
    Day(Date),
}

/// One criterion, checked when it is read: operator, number and form of operands.
struct Criterion {
    field: &'static Field,
    operator: Operator,
    operands: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Between,
    In,
    Begins,
    Contains,
}

impl Operator {
    fn read(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "=" => Some(Self::Equal),
            "!=" => Some(Self::NotEqual),
            "<" => Some(Self::Less),
            ">" => Some(Self::Greater),
            "<=" => Some(Self::AtMost),
            ">=" => Some(Self::AtLeast),
            "between" => Some(Self::Between),
            "in" => Some(Self::In),
            "begins" => Some(Self::Begins),
            "contains" => Some(Self::Contains),
            _ => None,
        }
    }

    fn takes(self, operands: usize) -> bool {
        match self {
            Self::Between => operands == 2,
            Self::In => operands >= 1,
            _ => operands == 1,
        }
    }
}

impl Criterion {
    fn read(restriction: &Object) -> Result<Self, Problem> {
        let key = text(restriction, "FieldKey").trim();
        let field = FIELDS
            .iter()
            .find(|field| field.key.eq_ignore_ascii_case(key));
        let field = field.ok_or_else(|| Problem::argument("Unknown search field."))?;
        let operator = Operator::read(text(restriction, "Operator"))
            .ok_or_else(|| Problem::argument("Unknown search operator."))?;
        let given = texts(restriction, "Values");
        let operands = if operator == Operator::In {
            values::each(&given)
        } else {
            given
        };
        if !operator.takes(operands.len()) {
            return Err(Problem::argument(
                "Wrong number of values for the operator.",
            ));
        }
        let for_text_only = matches!(operator, Operator::Begins | Operator::Contains);
        if for_text_only && field.kind != "Text" {
            return Err(Problem::argument("The operator works on text fields only."));
        }
        let readable = operands.iter().all(|operand| match field.kind {
            "Integer" | "Double" => values::number(operand).is_some(),
            "Checkbox" => values::flag(operand).is_some(),
            "Datetime" => values::moment(operand).is_some(),
            _ => true,
        });
        if !readable {
            return Err(Problem::argument(
                "A value does not fit the type of its field.",
            ));
        }
        Ok(Self {
            field,
            operator,
            operands: operands.into_iter().map(str::to_owned).collect(),
        })
    }

    fn holds(&self, content: &Content) -> bool {
        let first = self.operands.first().map_or("", String::as_str);
        let last = self.operands.last().map_or("", String::as_str);
        match self.operator {
            Operator::Equal => content.compare(first) == Some(Ordering::Equal),
            Operator::NotEqual => content.compare(first) != Some(Ordering::Equal),
            Operator::Less => content.compare(first) == Some(Ordering::Less),
            Operator::Greater => content.compare(first) == Some(Ordering::Greater),
            Operator::AtMost => content.compare(first).is_some_and(Ordering::is_le),
            Operator::AtLeast => content.compare(first).is_some_and(Ordering::is_ge),
            Operator::Between => {
                content.compare(first).is_some_and(Ordering::is_ge)
                    && content.compare(last).is_some_and(Ordering::is_le)
            }
            Operator::In => self
                .operands
                .iter()
                .any(|operand| content.compare(operand) == Some(Ordering::Equal)),
            Operator::Begins => content.is_like(&format!("{}%", first.to_lowercase())),
            Operator::Contains => content.is_like(&format!("%{}%", first.to_lowercase())),
        }
    }
}

impl Content {
    fn compare(&self, operand: &str) -> Option<Ordering> {
        match self {
            Self::Text(text) => Some(text.as_str().cmp(operand.to_lowercase().as_str())),
            Self::Key(key) => Some((*key).cmp(operand)),
            Self::Number(number) => Some(number.cmp(&values::number(operand)?)),
            Self::Flag(flag) => Some(flag.cmp(&values::flag(operand)?)),
            Self::Day(day) => {
                let moment = values::moment(operand)?;
                let by_day = day.cmp(&moment.day);
                Some(by_day.then_with(|| match moment.time {
                    Some(time) => Time::midnight().cmp(&time),
                    None => Ordering::Equal,
                }))
            }
        }
    }

    fn is_like(&self, pattern: &str) -> bool {
        match self {
            Self::Text(text) => like(text, pattern),
            Self::Key(key) => like(&key.to_lowercase(), pattern),
            Self::Number(_) | Self::Flag(_) | Self::Day(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Variant;
    use crate::sample::quote::data;
    use crate::sample::quote::wire::object;

    const TODAY: Date = Date::constant(2026, 5, 4);

    fn codes(hits: &Value) -> Vec<String> {
        let hits = hits.as_array().into_iter().flatten();
        hits.filter_map(|hit| hit["ERPProductKey"].as_str())
            .map(str::to_owned)
            .collect()
    }

    fn find(typed: &str, list: &str, currency: &str) -> Vec<String> {
        let records = data::customers().remove(0).erp;
        let request = json!({"Userinput": typed, "PriceListKey": list, "CurrencyCode": currency});
        codes(&Catalog::new(records, Variant::Full).find(&object(request), TODAY))
    }

    fn search(criteria: &[(&str, &str, &[&str])]) -> Result<Vec<String>, Problem> {
        let records = data::customers().remove(0).erp;
        let restrictions: Value = criteria
            .iter()
            .map(|(key, operator, values)| {
                json!({"FieldKey": key, "Operator": operator, "Values": values})
            })
            .collect();
        let request = object(json!({"Restrictions": restrictions}));
        let hits = Catalog::new(records, Variant::Full).search(&request, TODAY)?;
        Ok(codes(&hits))
    }

    fn count(field: &str, operator: &str, values: &[&str]) -> usize {
        search(&[
            ("erppricelistkey", "=", &["HO-NOK"]),
            (field, operator, values),
        ])
        .map_or(usize::MAX, |hits| hits.len())
    }

    #[test]
    fn words_are_found_in_any_field_order_and_case() {
        assert_eq!(find("DESK 160", "HO-NOK", ""), ["HO-DSK-160@HO-NOK"]);
        assert_eq!(find("160 tidal", "HO-NOK", ""), ["HO-DSK-160@HO-NOK"]);
        assert_eq!(find("ho-chr-vis", "", "eur"), ["HO-CHR-VIS@HO-EUR"]);
        assert!(find("", "HO-NOK", "").is_empty());
        assert!(find("zzz'\";--%_\\\r\n", "HO-NOK", "").is_empty());
    }

    #[test]
    fn a_percent_sign_finds_everything_that_is_on_sale() {
        assert_eq!(find("%", "HO-NOK", "").len(), 17);
        assert!(find("%", "HO-NOK-2019", "").is_empty());
        assert!(find("gannet", "", "").is_empty(), "discontinued");
    }

    #[test]
    fn every_operator_does_what_its_name_says() {
        assert_eq!(count("code", "=", &["ho-dsk-160"]), 1);
        assert_eq!(count("code", "!=", &["ho-dsk-160"]), 16);
        assert_eq!(count("name", "begins", &["tidal"]), 3);
        assert_eq!(count("name", "CONTAINS", &["h%chair"]), 2);
        assert_eq!(count("unitlistprice", "<", &["[F:50]"]), 3);
        assert_eq!(count("unitlistprice", ">=", &["7490.00"]), 3);
        assert_eq!(
            count("unitlistprice", "between", &["39.90", "[M:49.00]"]),
            2
        );
        assert_eq!(count("instock", "in", &["[I:42]", "18"]), 2);
        assert_eq!(
            count("ecolabel", "=", &["[I:1]"]),
            count("ecolabel", "=", &["1"])
        );
        assert_eq!(count("launched", "=", &["[D:03/01/2023]"]), 2);
        assert_eq!(count("launched", "<=", &["[DT:03/01/2023 00:00:00]"]), 11);
        assert_eq!(count("productcategorykey", "in", &["desk", "service"]), 7);
    }

    #[test]
    fn what_cannot_be_searched_is_an_error_and_never_everything() {
        for criterion in [
            ("colour", "=", &["red"][..]),
            ("name", "sounds like", &["desk"]),
            ("name", "between", &["a"]),
            ("name", "=", &[]),
            ("weight", "contains", &["4"]),
            ("weight", "=", &["heavy"]),
        ] {
            assert!(search(&[criterion]).is_err(), "{criterion:?}");
        }
    }

    #[test]
    fn a_pattern_may_have_wildcards_anywhere() {
        assert!(like("abcd", "a%c%"));
        assert!(like("abcd", "%cd"));
        assert!(like("abcd", "abcd"));
        assert!(!like("abcd", "%cd%e%"));
        assert!(!like("abcd", "abc"));
        assert!(like("", "%"));
        assert!(!like("ab", "ab%b"));
    }
}
