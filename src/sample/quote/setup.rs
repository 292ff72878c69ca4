//! Setting a connection up: its fields, its test, and what the connector can do.

use serde_json::{Value, json};

use super::text::Text;
use super::values;
use super::wire::{Object, outcome};
use crate::sample::Variant;

/// One field of the connection dialog.
struct Field {
    key: &'static str,
    label: Text,
    kind: &'static str,
    list: &'static str,
    default: &'static str,
    max_length: u32,
    mandatory: bool,
    /// The value with which the demonstration ERP lets the connector in.
    good: Option<&'static str>,
}

const FIELDS: &[Field] = &[
    Field {
        key: "heading",
        label: Text::new(
            "Settings of the ERP system",
            "Innstillinger for ERP-systemet",
        ),
        kind: "Label",
        list: "",
        default: "",
        max_length: 0,
        mandatory: false,
        good: None,
    },
    Field {
        key: "server",
        label: Text::new("Server", "Tjener"),
        kind: "Text",
        list: "",
        default: "",
        max_length: 253,
        mandatory: true,
        good: Some("erp.local"),
    },
    Field {
        key: "company",
        label: Text::new("Company number", "Firmanummer"),
        kind: "Integer",
        list: "",
        default: "100",
        max_length: 0,
        mandatory: true,
        good: Some("100"),
    },
    Field {
        key: "user",
        label: Text::new("User", "Bruker"),
        kind: "Text",
        list: "",
        default: "",
        max_length: 40,
        mandatory: true,
        good: Some("quotes"),
    },
    Field {
        key: "password",
        label: Text::new("Password", "Passord"),
        kind: "Password",
        list: "",
        default: "",
        max_length: 64,
        mandatory: true,
        good: Some("only-for-demonstration"),
    },
    Field {
        key: "warehouse",
        label: Text::new("Warehouse", "Lager"),
        kind: "List",
        list: "warehouses",
        default: "MAIN",
        max_length: 0,
        mandatory: false,
        good: None,
    },
    Field {
        key: "checkstock",
        label: Text::new("Show stock", "Vis beholdning"),
        kind: "Checkbox",
        list: "",
        default: "1",
        max_length: 0,
        mandatory: false,
        good: None,
    },
    Field {
        key: "freight",
        label: Text::new("Freight per kilogram", "Frakt per kilo"),
        kind: "Double",
        list: "",
        default: "1.25",
        max_length: 0,
        mandatory: false,
        good: None,
    },
    Field {
        key: "since",
        label: Text::new("In use since", "I bruk siden"),
        kind: "Datetime",
        list: "",
        default: "",
        max_length: 0,
        mandatory: false,
        good: None,
    },
];

/// The values with which the connection test succeeds.
pub fn good_values() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS
        .iter()
        .filter_map(|field| Some((field.key, field.good?)))
}

/// GetConfigurationFields: the same for everybody, so that nothing is disclosed.
pub fn configuration_fields() -> Value {
    let described = FIELDS.iter().zip(1..).map(|(field, rank)| {
        let description = json!({
            "FieldKey": field.key,
            "DisplayName": field.label.to_string(),
            "DisplayDescription": "",
            "FieldType": field.kind,
            "ListName": field.list,
            "DefaultValue": field.default,
            "Rank": rank,
            "MaxLength": field.max_length,
            "Access": if field.mandatory { "Mandatory" } else { "Normal" },
        });
        (field.key.to_owned(), description)
    });
    Value::Object(described.collect())
}

/// TestConnection: signs in to the ERP system with the values typed. Unknown values
/// are not looked at, and none is kept or repeated.
pub fn test_connection(request: &Object, variant: Variant) -> Value {
    let values = request
        .get("ConnectionConfigFields")
        .and_then(Value::as_object);
    let value = |key: &str| {
        let entries = values.into_iter().flatten();
        let mut named = entries.filter(|(name, _)| name.eq_ignore_ascii_case(key));
        let text = named
            .next()
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default();
        values::plain(text).trim()
    };
    // Without configuration fields there is nothing to type and nothing to test.
    let mandatory = FIELDS
        .iter()
        .filter(|field| field.mandatory && variant != Variant::Minimal);
    for field in mandatory.clone() {
        if value(field.key).is_empty() {
            let user = Text::made(
                format!("The field \"{}\" needs a value.", field.key),
                format!("Feltet «{}» mangler verdi.", field.key),
            );
            let tech = "A mandatory field is empty.";
            return Value::Object(outcome("Error", Some(&user), tech, "field_missing"));
        }
    }
    if mandatory
        .clone()
        .any(|field| field.good.is_some_and(|good| value(field.key) != good))
    {
        let tech = "Signing in to the ERP system failed.";
        return Value::Object(outcome("Error", Some(&REFUSED), tech, "erp_login_failed"));
    }
    Value::Object(outcome("Ok", Some(&CONNECTED), "", ""))
}

const REFUSED: Text = Text::new(
    "The ERP system cannot be reached with these values, or refuses them.",
    "ERP-systemet kan ikke nås med disse verdiene, eller avviser dem.",
);
const CONNECTED: Text = Text::new("Connected to the ERP system.", "Koblet til ERP-systemet.");

/// Every capability that the connector knows: F.9, and one for its own list.
pub const CAPABILITIES: &[&str] = &[
    "iproductprovider_provide_cost",
    "iproductprovider_provide_minimumprice",
    "iproductprovider_provide_stockdata",
    "iproductprovider_provide_extradata",
    "iproductprovider_provide_picture",
    "iorderconsumer_place_order",
    "iorderconsumer_provide_orderstate",
    "iorderconsumer_send_order_confirm",
    "ilistprovider_provide_productcategorylist",
    "ilistprovider_provide_productfamilylist",
    "ilistprovider_provide_producttypelist",
    "ilistprovider_provide_paymenttermslist",
    "ilistprovider_provide_paymenttypelist",
    "ilistprovider_provide_deliverytermslist",
    "ilistprovider_provide_deliverytypelist",
    "ilistprovider_provide_warehouseslist",
    "iconnector_perform_complexsearch",
    "iaddressprovider_provide_addresses",
    "cache-pricelists",
    "iproductprovider_provide_thumbnails",
    "ipriceprovider_compute_price",
];

/// GetCapabilities: an answer for every name asked for, or for all known names.
pub fn capabilities(asked: &[&str], variant: Variant) -> Value {
    let names = if asked.is_empty() {
        CAPABILITIES
    } else {
        asked
    };
    let answers = names
        .iter()
        .map(|name| ((*name).to_owned(), json!(is_capable(name, variant))));
    Value::Object(answers.collect())
}

fn is_capable(name: &str, variant: Variant) -> bool {
    match name {
        "iorderconsumer_send_order_confirm" => false,
        "iorderconsumer_place_order" | "iorderconsumer_provide_orderstate" => {
            variant == Variant::Full
        }
        "cache-pricelists" | "iproductprovider_provide_thumbnails" => true,
        known => CAPABILITIES.contains(&known) && variant != Variant::Minimal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::quote::wire::object;

    fn test(values: Value) -> String {
        let request = object(json!({"ConnectionConfigFields": values}));
        let answer = test_connection(&request, Variant::Full);
        answer["ErrorCode"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_connection_test_tells_good_values_from_bad_ones() {
        let mut values = good_values().map(|(key, value)| (key.to_owned(), json!(value)));
        let mut values: Object = values.by_ref().collect();
        assert_eq!(test(json!(values)), "");
        values.insert("company".to_owned(), json!("[I:100]"));
        values.insert(
            "ApplicationId".to_owned(),
            json!("unknown keys are ignored"),
        );
        assert_eq!(test(json!(values)), "");
        values.insert("password".to_owned(), json!("wrong"));
        assert_eq!(test(json!(values)), "erp_login_failed");
        values.insert("server".to_owned(), json!(""));
        assert_eq!(test(json!(values)), "field_missing");
        assert_eq!(test(json!({})), "field_missing");
        assert_eq!(test(Value::Null), "field_missing");
    }

    #[test]
    fn unknown_capabilities_are_false_and_none_asked_means_all() {
        let answer = capabilities(&["x_future"], Variant::Full);
        assert_eq!(answer, json!({"x_future": false}));
        let all = capabilities(&[], Variant::ReadOnly);
        assert_eq!(all.as_object().map(Object::len), Some(CAPABILITIES.len()));
        assert_eq!(all["iorderconsumer_place_order"], false);
    }
}
