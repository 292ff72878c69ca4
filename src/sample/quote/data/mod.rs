//! What a customer's ERP system holds: price lists, articles, lists of terms.
//!
//! Three invented companies stand in for three ERP systems. Their keys do not
//! overlap, so that data of the wrong customer is recognised at once.

mod brightwater;
mod hollow_oak;
mod kestrel;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::text::Text;

/// The customers, in the order of their roles.
pub fn customers() -> Vec<Customer> {
    vec![
        hollow_oak::customer(),
        brightwater::customer(),
        kestrel::customer(),
    ]
}

/// One customer of the connector with its credentials and its ERP system.
#[derive(Debug)]
pub struct Customer {
    /// Name in the target file.
    pub role: &'static str,
    /// Customer id in SuperOffice, the `ctx` claim.
    pub id: &'static str,
    pub serial: &'static str,
    pub secret: &'static str,
    pub users: [Employee; 2],
    /// How long access tokens live, in seconds.
    pub token_lifetime: i64,
    pub erp: Records,
}

/// A user of a customer.
#[derive(Debug)]
pub struct Employee {
    pub login: &'static str,
    pub associate_id: &'static str,
}

/// The records of one ERP system.
#[derive(Debug)]
pub struct Records {
    pub company: &'static str,
    /// Letters before the numbers of quotes and orders.
    pub prefix: &'static str,
    /// Where the ERP's own pages are.
    pub pages: &'static str,
    pub price_lists: Vec<PriceList>,
    pub articles: Vec<Article>,
    pub choices: Vec<Choices>,
    /// Discount on the whole order: from this sum on, this percentage.
    pub order_discount: (Decimal, Decimal),
}

/// A price list.
#[derive(Debug)]
pub struct PriceList {
    pub key: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub currency_name: &'static str,
    pub from: Day,
    pub to: Day,
    pub active: bool,
}

/// One end of a validity period.
#[derive(Debug, Clone, Copy)]
pub enum Day {
    Open,
    On(i16, i8, i8),
    /// Days from today, so that the demonstration data never gets old.
    Today(i64),
}

impl Day {
    /// The day itself; `None` is open.
    pub fn date(self, today: Date) -> Option<Date> {
        match self {
            Self::Open => None,
            Self::On(year, month, day) => Date::new(year, month, day).ok(),
            Self::Today(days) => today.checked_add(days.days()).ok(),
        }
    }
}

/// An article with everything that does not depend on the price list.
#[derive(Debug)]
pub struct Article {
    pub code: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub unit: &'static str,
    pub category: &'static str,
    pub family: &'static str,
    pub kind: &'static str,
    pub supplier: &'static str,
    pub supplier_code: &'static str,
    pub vat: Decimal,
    pub stock: Decimal,
    pub weight: Decimal,
    pub launched: Date,
    pub eco_label: bool,
    pub in_assortment: bool,
    /// Unit and usual number of units of a subscription.
    pub subscription: Option<(&'static str, Decimal)>,
    pub thumbnail: Option<&'static str>,
    pub images: &'static [&'static str],
    pub extra: &'static [(&'static str, &'static str, &'static str)],
    pub rights: &'static str,
    /// Quantity discounts: from this quantity on, this percentage; rising.
    pub discounts: Vec<(Decimal, Decimal)>,
    /// Another article that comes as a line of its own.
    pub companion: Option<&'static str>,
    pub prices: Vec<Price>,
}

/// What an article costs in one price list.
#[derive(Debug)]
pub struct Price {
    pub list: &'static str,
    pub list_price: Decimal,
    pub cost: Option<Decimal>,
    pub minimum: Option<Decimal>,
}

/// A list for a drop-down.
#[derive(Debug)]
pub struct Choices {
    pub name: &'static str,
    pub items: Vec<(&'static str, Text)>,
}

impl Article {
    fn new(code: &'static str, name: &'static str) -> Self {
        Self {
            code,
            name,
            description: "",
            unit: "pcs",
            category: "",
            family: "",
            kind: "",
            supplier: "",
            supplier_code: "",
            vat: Decimal::ZERO,
            stock: Decimal::ZERO,
            weight: Decimal::ZERO,
            launched: Date::constant(2022, 1, 1),
            eco_label: false,
            in_assortment: true,
            subscription: None,
            thumbnail: None,
            images: &[],
            extra: &[],
            rights: "",
            discounts: Vec::new(),
            companion: None,
            prices: Vec::new(),
        }
    }

    fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    fn class(mut self, category: &'static str, family: &'static str, kind: &'static str) -> Self {
        (self.category, self.family, self.kind) = (category, family, kind);
        self
    }

    fn from(mut self, supplier: &'static str, code: &'static str) -> Self {
        (self.supplier, self.supplier_code) = (supplier, code);
        self
    }

    fn vat(mut self, percent: &str) -> Self {
        self.vat = amount(percent);
        self
    }

    fn stock(mut self, stock: &str, weight: &str) -> Self {
        (self.stock, self.weight) = (amount(stock), amount(weight));
        self
    }

    fn launched(mut self, year: i16, month: i8, day: i8) -> Self {
        self.launched = Date::constant(year, month, day);
        self
    }

    fn eco(mut self) -> Self {
        self.eco_label = true;
        self
    }

    fn discontinued(mut self) -> Self {
        self.in_assortment = false;
        self
    }

    fn subscription(mut self, unit: &'static str, quantity: &str) -> Self {
        self.subscription = Some((unit, amount(quantity)));
        self
    }

    fn pictures(
        mut self,
        thumbnail: Option<&'static str>,
        images: &'static [&'static str],
    ) -> Self {
        (self.thumbnail, self.images) = (thumbnail, images);
        self
    }

    fn extra(mut self, extra: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.extra = extra;
        self
    }

    fn rights(mut self, rights: &'static str) -> Self {
        self.rights = rights;
        self
    }

    fn discount(mut self, quantity: &str, percent: &str) -> Self {
        self.discounts.push((amount(quantity), amount(percent)));
        self
    }

    fn with(mut self, companion: &'static str) -> Self {
        self.companion = Some(companion);
        self
    }

    /// Adds a price; a blank cost or minimum is not known.
    fn price(mut self, list: &'static str, price: &str, cost: &str, minimum: &str) -> Self {
        let known = |text: &str| (!text.is_empty()).then(|| amount(text));
        self.prices.push(Price {
            list,
            list_price: amount(price),
            cost: known(cost),
            minimum: known(minimum),
        });
        self
    }
}

fn amount(text: &str) -> Decimal {
    text.parse()
        .unwrap_or_else(|_| panic!("{text:?} in the sample's data is no amount"))
}

fn choices(name: &'static str, items: &[(&'static str, &'static str, &'static str)]) -> Choices {
    let items = items
        .iter()
        .map(|(key, english, norwegian)| (*key, Text::new(english, norwegian)));
    Choices {
        name,
        items: items.collect(),
    }
}

/// The lists that all three ERP systems have in common.
fn terms() -> Vec<Choices> {
    vec![
        choices(
            "paymentterms",
            &[
                ("N10", "Net 10 days", "Netto 10 dager"),
                ("N30", "Net 30 days", "Netto 30 dager"),
                ("PRE", "Prepaid", "Forskudd"),
            ],
        ),
        choices(
            "paymenttype",
            &[("INV", "Invoice", "Faktura"), ("CARD", "Card", "Kort")],
        ),
        choices(
            "deliveryterms",
            &[
                ("EXW", "Ex works", "Fra lager"),
                ("DAP", "Delivered at place", "Levert på stedet"),
            ],
        ),
        choices(
            "deliverytype",
            &[
                ("TRUCK", "Truck", "Lastebil"),
                ("PARCEL", "Parcel service", "Pakketjeneste"),
                ("PICKUP", "Collected by the customer", "Hentes av kunden"),
            ],
        ),
        choices(
            "warehouses",
            &[
                ("MAIN", "Main warehouse", "Hovedlager"),
                ("SHOW", "Showroom", "Utstilling"),
            ],
        ),
    ]
}

/// Four by four pixels in the colour of oak.
const OAK: &str = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mOoirGCIwbiOAC+QxEB5FEbgQAAAABJRU5ErkJggg==";
/// Four by four pixels in the colour of moss.
const MOSS: &str = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mNwSgqBIwbiOACSIw+BS0EnBwAAAABJRU5ErkJggg==";
/// Four by four pixels in the colour of water.
const WATER: &str = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mNQS+iBIwbiOAC3IxEhibj5wAAAAABJRU5ErkJggg==";
/// One pixel of water, as GIF.
const DROP: &str = "R0lGODlhAQABAIAAACZgjP///ywAAAAAAQABAAACAkQBADs=";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn customers_have_no_key_in_common() {
        let mut seen = HashSet::new();
        for customer in customers() {
            let keys = customer.erp.price_lists.iter().map(|list| list.key);
            let codes = customer.erp.articles.iter().map(|article| article.code);
            for key in keys
                .chain(codes)
                .chain([customer.id, customer.secret, customer.serial])
            {
                assert!(seen.insert(key.to_owned()), "{key}");
            }
        }
    }

    #[test]
    fn every_reference_in_the_data_leads_somewhere() {
        for customer in customers() {
            let erp = &customer.erp;
            for article in &erp.articles {
                for price in &article.prices {
                    assert!(erp.price_lists.iter().any(|list| list.key == price.list));
                }
                for (list, key) in [
                    ("productcategory", article.category),
                    ("productfamily", article.family),
                    ("producttype", article.kind),
                ] {
                    let found = erp.choices.iter().filter(|choices| choices.name == list);
                    assert!(
                        found
                            .flat_map(|list| &list.items)
                            .any(|(item, _)| *item == key),
                        "{} {list}",
                        article.code
                    );
                }
                if let Some(companion) = article.companion {
                    assert!(erp.articles.iter().any(|article| article.code == companion));
                }
            }
        }
    }
}
