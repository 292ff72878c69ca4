//! Price lists, products, pictures and drop-down lists, as SuperOffice sees them.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::data::{Article, Day, Price, PriceList, Records};
use super::text::{Text, quoted};
use super::wire::{
    NO_DATE, NOT_KNOWN, Object, Problem, filled, integer, known_number, number, object, put, text,
    texts,
};
use crate::sample::Variant;

/// The catalogue of one customer: its records, with one offer for every article
/// and price list. An offer is what SuperOffice calls a product.
#[derive(Debug)]
pub struct Catalog {
    pub records: Records,
    pub offers: Vec<Offer>,
    by_key: HashMap<String, usize>,
}

/// An article in one price list.
#[derive(Debug)]
pub struct Offer {
    /// `ARTICLE@LIST`: lines have no price list of their own in the contract, so
    /// the key tells it (contract H.3 no. 21).
    pub key: String,
    article: usize,
    price: usize,
    /// ProductInfo.
    pub info: Object,
}

impl Catalog {
    /// Makes the offers of all articles.
    pub fn new(records: Records, variant: Variant) -> Self {
        let mut offers = Vec::new();
        for (at, article) in records.articles.iter().enumerate() {
            for (price_at, price) in article.prices.iter().enumerate() {
                let key = format!("{}@{}", article.code, price.list);
                let info = product_info(&key, article, price, variant);
                offers.push(Offer {
                    key,
                    article: at,
                    price: price_at,
                    info,
                });
            }
        }
        let by_key = offers
            .iter()
            .enumerate()
            .map(|(at, offer)| (offer.key.clone(), at))
            .collect();
        Self {
            records,
            offers,
            by_key,
        }
    }

    /// The offer with this key.
    pub fn offer(&self, key: &str) -> Option<&Offer> {
        self.by_key.get(key).map(|at| &self.offers[*at])
    }

    /// The article behind an offer.
    pub fn article(&self, offer: &Offer) -> &Article {
        &self.records.articles[offer.article]
    }

    /// The price behind an offer.
    pub fn price(&self, offer: &Offer) -> &Price {
        &self.article(offer).prices[offer.price]
    }

    /// Whether the price list of an offer can be used today.
    pub fn is_on_sale(&self, offer: &Offer, today: Date) -> bool {
        let list = self.price(offer).list;
        self.records
            .price_lists
            .iter()
            .any(|known| known.key == list && known.is_active(today))
    }

    /// GetActivePriceLists.
    pub fn active_price_lists(&self, request: &Object, today: Date) -> Value {
        self.price_lists(request, today, |list| list.is_active(today))
    }

    /// GetAllPriceLists.
    pub fn all_price_lists(&self, request: &Object, today: Date) -> Value {
        self.price_lists(request, today, |_| true)
    }

    fn price_lists(
        &self,
        request: &Object,
        today: Date,
        wanted: impl Fn(&PriceList) -> bool,
    ) -> Value {
        let currency = filled(request, "IsoCurrencyCode").map(str::trim);
        let lists = self.records.price_lists.iter().filter(|list| {
            wanted(list) && currency.is_none_or(|code| list.currency.eq_ignore_ascii_case(code))
        });
        lists.map(|list| price_list_info(list, today)).collect()
    }

    /// GetProduct.
    pub fn product(&self, request: &Object) -> Result<Value, Problem> {
        Ok(Value::Object(self.asked_for(request)?.info.clone()))
    }

    /// GetProducts: in the order asked for, unknown keys left out.
    pub fn products(&self, request: &Object) -> Result<Value, Problem> {
        if !request.get("ErpProductKeys").is_some_and(Value::is_array) {
            return Err(Problem::argument("ErpProductKeys is missing."));
        }
        let keys = texts(request, "ErpProductKeys");
        let known = keys.into_iter().filter_map(|key| self.offer(key));
        Ok(known
            .map(|offer| Value::Object(offer.info.clone()))
            .collect())
    }

    /// GetNumberOfProductImages.
    pub fn image_count(&self, request: &Object) -> Result<Value, Problem> {
        let offer = self.asked_for(request)?;
        Ok(json!(self.article(offer).images.len()))
    }

    /// GetProductImage; a rank without a picture is `null`.
    pub fn image(&self, request: &Object) -> Result<Value, Problem> {
        let offer = self.asked_for(request)?;
        let rank = usize::try_from(integer(request, "Rank")).ok();
        let image = rank.and_then(|rank| self.article(offer).images.get(rank));
        Ok(json!(image))
    }

    /// GetQuoteList; a list that the ERP does not have is `null`.
    pub fn quote_list(&self, request: &Object) -> Value {
        let name = text(request, "QuoteListType").trim();
        let mut lists = self.records.choices.iter();
        let Some(list) = lists.find(|list| list.name.eq_ignore_ascii_case(name)) else {
            return Value::Null;
        };
        let items = list.items.iter().map(|(key, shown)| {
            json!({
                "ERPQuoteListItemKey": key,
                "DisplayValue": shown.to_string(),
                "DisplayDescription": "",
                "Icon": "",
            })
        });
        items.collect()
    }

    /// The offer that a request names; 422 when there is none. Not 404, which would
    /// switch the operation off.
    pub fn asked_for(&self, request: &Object) -> Result<&Offer, Problem> {
        let Some(key) = filled(request, "ErpProductKey") else {
            return Err(Problem::argument("ErpProductKey is missing."));
        };
        self.offer(key).ok_or_else(|| {
            let user = Text::made(
                format!("The product {} does not exist.", quoted(key)),
                format!("Produktet {} finnes ikke.", quoted(key)),
            );
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(
                status,
                "product_not_found",
                user,
                "No product with this key.",
            )
        })
    }
}

impl PriceList {
    /// Whether the list can be used on this day, the first and the last included.
    pub fn is_active(&self, today: Date) -> bool {
        self.active
            && self.from.date(today).is_none_or(|first| first <= today)
            && self.to.date(today).is_none_or(|last| today <= last)
    }
}

impl Article {
    /// The discount that the ERP gives for a quantity, in percent.
    pub fn discount_for(&self, quantity: Decimal) -> Decimal {
        let steps = self.discounts.iter().rev();
        let reached = steps.into_iter().find(|(from, _)| quantity >= *from);
        reached.map_or(Decimal::ZERO, |(_, percent)| *percent)
    }
}

fn price_list_info(list: &PriceList, today: Date) -> Value {
    let day = |day: Day| {
        let date = day.date(today);
        date.map_or_else(|| NO_DATE.to_owned(), |date| format!("{date}T00:00:00"))
    };
    json!({
        "ERPPriceListKey": list.key,
        "QuoteConnectionId": 0,
        "Name": list.name,
        "Description": format!("Prices in {}", list.currency_name),
        "Currency": list.currency,
        "CurrencyName": list.currency_name,
        "ValidFrom": day(list.from),
        "ValidTo": day(list.to),
        "IsActive": list.active,
    })
}

/// ProductInfo. What the variant does not promise in GetCapabilities stays empty.
fn product_info(key: &str, article: &Article, price: &Price, variant: Variant) -> Object {
    let promised = variant != Variant::Minimal;
    let extra = article.extra.iter().filter(|_| promised);
    let extra: Value = extra
        .map(|(name, kind, value)| json!({"Name": name, "Type": kind, "Value": value}))
        .collect();
    let (unit, periods) = article.subscription.unwrap_or_default();
    let vat = if article.vat.is_zero() {
        "VAT exempt".to_owned()
    } else {
        format!("{} % VAT", article.vat)
    };
    let mut info = object(json!({
        "ERPProductKey": key,
        "Name": article.name,
        "Description": article.description,
        "Code": article.code,
        "QuantityUnit": article.unit,
        "PriceUnit": article.unit,
        "IsSubscription": article.subscription.is_some(),
        "SubscriptionUnit": unit,
        "ItemNumber": "",
        "Url": format!("https://catalogue.example.com/{}", article.code),
        "ProductCategoryKey": article.category,
        "ProductFamilyKey": article.family,
        "ProductTypeKey": article.kind,
        "Supplier": article.supplier,
        "SupplierCode": article.supplier_code,
        "Thumbnail": article.thumbnail,
        "VATInfo": vat,
        "VAT": number(article.vat),
        "UnitCost": NOT_KNOWN,
        "UnitMinimumPrice": NOT_KNOWN,
        "UnitListPrice": number(price.list_price),
        "ExtraInfo": extra,
        "RawExtraInfo": null,
        "Rights": article.rights,
        "Rule": "",
        "ExtraField1": "",
        "ExtraField2": "",
        "ExtraField3": "",
        "ExtraField4": "",
        "ExtraField5": "",
        "ERPPriceListKey": price.list,
        "InAssortment": article.in_assortment,
        "InStock": 0.0,
        "DefaultSubscriptionQuantity": number(periods),
    }));
    if promised {
        put(&mut info, "UnitCost", known_number(price.cost));
        put(&mut info, "UnitMinimumPrice", known_number(price.minimum));
        put(&mut info, "InStock", number(article.stock));
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::quote::data;

    fn catalog() -> Catalog {
        let records = data::customers().remove(0).erp;
        Catalog::new(records, Variant::Full)
    }

    fn keys(lists: &Value) -> Vec<&str> {
        let lists = lists.as_array().into_iter().flatten();
        lists
            .filter_map(|list| list["ERPPriceListKey"].as_str())
            .collect()
    }

    #[test]
    fn a_price_list_is_active_on_its_first_and_on_its_last_day() {
        let catalog = catalog();
        let day = Date::constant(2026, 5, 4);
        let active = catalog.active_price_lists(&Object::new(), day);
        assert_eq!(
            keys(&active),
            ["HO-NOK", "HO-NOK-OUTLET", "HO-EUR", "HO-SEK"]
        );
        assert_eq!(keys(&catalog.all_price_lists(&Object::new(), day)).len(), 7);
    }

    #[test]
    fn currencies_are_compared_in_any_case() {
        let request = object(json!({"IsoCurrencyCode": "nok"}));
        let active = catalog().active_price_lists(&request, Date::constant(2026, 5, 4));
        assert_eq!(keys(&active), ["HO-NOK", "HO-NOK-OUTLET"]);
    }

    #[test]
    fn an_unknown_key_is_422_and_an_unknown_list_null() {
        let catalog = catalog();
        let problem = catalog.product(&object(json!({"ErpProductKey": "none"})));
        assert_eq!(
            problem.err().map(|problem| problem.status.as_u16()),
            Some(422)
        );
        assert!(
            catalog
                .quote_list(&object(json!({"QuoteListType": "none"})))
                .is_null()
        );
        assert!(
            catalog
                .quote_list(&object(json!({"QuoteListType": "PaymentTerms"})))
                .is_array()
        );
    }

    #[test]
    fn the_discount_follows_the_quantity() {
        let catalog = catalog();
        let offer = catalog
            .offer("HO-DSK-160@HO-NOK")
            .map(|offer| catalog.article(offer));
        let at = |quantity| offer.map(|article| article.discount_for(Decimal::from(quantity)));
        assert_eq!(at(0), Some(Decimal::ZERO));
        assert_eq!(at(9), Some(Decimal::new(25, 1)));
        assert_eq!(at(10), Some(Decimal::from(5)));
        assert_eq!(at(80), Some(Decimal::from(10)));
    }
}
