//! The module as its users see it.

use std::path::Path;

use proptest::prelude::*;
use rstest::{fixture, rstest};
use serde_json::json;

use super::*;

const SHOP_30: &str = include_str!("testdata/shop-30.yaml");
const SHOP_31: &str = include_str!("testdata/shop-31.yaml");

#[fixture]
#[once]
fn shop() -> Api {
    Api::parse(SHOP_31, "shop-31.yaml").unwrap()
}

#[fixture]
#[once]
fn old_shop() -> Api {
    Api::parse(SHOP_30, "shop-30.yaml").unwrap()
}

fn order() -> Value {
    json!({"State": "Ok", "Lines": [{"ERPKey": "K", "Quantity": 1.5}]})
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = order();
    assert!(crate::base::json::set(&mut body, pointer, value));
    body
}

#[test]
fn an_api_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Api>();
}

#[rstest]
fn operations_carry_what_the_document_says(shop: &Api) {
    let names: Vec<&str> = shop.operations().map(|op| op.name.as_str()).collect();
    assert_eq!(names, ["PlaceOrder", "GetItem", "DELETE /items/{id}"]);
    let place = shop.operation("PlaceOrder").unwrap();
    assert_eq!(
        (place.method.as_str(), place.path.as_str()),
        ("POST", "/Orders")
    );
    assert_eq!(place.summary, "Place an order");
    assert!(place.request_required);
    assert_eq!(
        place.request_media_types,
        ["application/json; charset=utf-8"]
    );
    assert_eq!(place.extensions["x-note"], json!({"rank": 1}));
    let statuses: Vec<(&str, usize)> = place
        .statuses
        .iter()
        .map(|(status, types)| (status.as_str(), types.len()))
        .collect();
    assert_eq!(
        statuses,
        [("200", 1), ("204", 0), ("4XX", 1), ("default", 1)]
    );
    let get = shop.operation("GetItem").unwrap();
    assert!(!get.request_required && get.request_media_types.is_empty());
    assert_eq!(
        shop.document().pointer(&get.pointer).unwrap()["operationId"],
        "GetItem"
    );
    assert!(shop.operation("placeorder").is_none());
}

#[rstest]
#[case::exact("PlaceOrder", 200, None, true, true)]
#[case::parameters("PlaceOrder", 200, Some("Application/JSON; charset=utf-8"), true, true)]
#[case::other_type_is_another_mistake("PlaceOrder", 200, Some("text/html"), true, true)]
#[case::no_content("PlaceOrder", 204, Some("application/json"), true, false)]
#[case::class("PlaceOrder", 418, None, true, true)]
#[case::default_has_text_only("PlaceOrder", 500, None, true, false)]
#[case::default_as_text("PlaceOrder", 500, Some("text/plain"), true, true)]
#[case::not_documented("GetItem", 500, None, false, false)]
#[case::no_such_operation("Nothing", 200, None, false, false)]
fn status_and_media_type_find_the_schema(
    shop: &Api,
    #[case] op: &str,
    #[case] status: u16,
    #[case] media_type: Option<&str>,
    #[case] described: bool,
    #[case] judged: bool,
) {
    let judgement = shop.judge_response(op, status, media_type, &Value::Null);
    assert_eq!(
        (judgement.described, judgement.validator.is_some()),
        (described, judged)
    );
    let pointers = judgement
        .validator
        .iter()
        .chain(judgement.errors.iter().map(|error| &error.schema));
    for pointer in pointers {
        assert!(shop.document().pointer(pointer).is_some(), "{pointer}");
    }
}

/// Instance, keyword, expected, actual, component.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

#[rstest]
#[case::null(json!(null), &[])]
#[case::good(order(), &[])]
#[case::wrong_kind(json!([1]), &[("", "type", "object or null", "array of 1 item", Some("Base"))])]
#[case::missing(json!({"Lines": null}), &[("/State", "required", "member State", "absent", Some("Base"))])]
#[case::options(with("/State", json!("ok")), &[("/State", "enum", "one of Ok, Failed", "\"ok\"", Some("State"))])]
#[case::long(
    with("/Note", json!("sixsix")),
    &[("/Note", "maxLength", "at most 5 characters", "\"sixsix\"", Some("Base"))]
)]
#[case::type_list(with("/Note", json!(7)), &[("/Note", "type", "string or null", "7", Some("Base"))])]
#[case::through_null(
    with("/Placed", json!("today")),
    &[("/Placed", "pattern", r"text that matches ^\d{4}-\d{2}-\d{2}$ or null", "\"today\"", Some("Moment"))]
)]
#[case::in_a_list(
    with("/Lines/0", json!({"ERPKey": "", "Rank": 2_147_483_648_u64, "odd/name~": 1})),
    &[
        ("/Lines/0/ERPKey", "minLength", "at least 1 character", "\"\"", Some("Line")),
        ("/Lines/0/Rank", "maximum", "int32 (-2147483648 to 2147483647)", "2147483648", Some("Line")),
        ("/Lines/0/odd~1name~0", "type", "string", "1", Some("Line")),
    ]
)]
#[case::whole_number_with_a_point(with("/Lines/0/Rank", json!(1.0)), &[])]
#[case::empty_list(with("/Lines", json!([])), &[("/Lines", "minItems", "at least 1 item", "empty array", Some("Order"))])]
#[case::map(with("/Tags", json!({"a": true, "b": "x"})), &[("/Tags/b", "type", "boolean", "\"x\"", Some("Order"))])]
#[case::recursion(
    with("/Parent", with("/Parent", json!({"State": "Ok"}))),
    &[("/Parent/Parent/Lines", "required", "member Lines", "absent", Some("Order"))]
)]
#[case::the_branch_of_the_right_kind(
    with("/Choice", json!("long")),
    &[("/Choice", "maxLength", "at most 3 characters or null", "\"long\"", Some("Order"))]
)]
#[case::no_branch_of_the_right_kind(
    with("/Choice", json!(true)),
    &[("/Choice", "anyOf", "string or integer or null", "true", Some("Order"))]
)]
#[case::several_branches_of_the_right_kind(
    with("/Mixed", json!({"Other": 1})),
    &[("/Mixed", "oneOf", "one of Line, Closed", "object with 1 member", Some("Order"))]
)]
#[case::format(
    with("/Mail", json!("nobody")),
    &[("/Mail", "format", "text in the format email", "\"nobody\"", Some("Order"))]
)]
#[case::sixty_four_bits(
    with("/Count", json!(u64::MAX)),
    &[(
        "/Count",
        "maximum",
        "int64 (-9223372036854775808 to 9223372036854775807)",
        "18446744073709551615",
        Some("Order"),
    )]
)]
fn errors_name_place_demand_and_value(shop: &Api, #[case] body: Value, #[case] rows: &[Row]) {
    let judgement = shop.judge_response("PlaceOrder", 200, Some("application/json"), &body);
    let found: Vec<_> = judgement
        .errors
        .iter()
        .map(|e| {
            (
                e.instance.as_str(),
                e.keyword.as_str(),
                e.expected.as_str(),
                e.actual.as_str(),
                e.component.as_deref(),
            )
        })
        .collect();
    assert_eq!(found, rows);
    for error in &judgement.errors {
        assert!(
            shop.document().pointer(&error.schema).is_some(),
            "{}",
            error.schema
        );
        assert!(error.schema.ends_with(&error.keyword));
        let (parent, _) = error.schema.rsplit_once('/').unwrap();
        assert_eq!(shop.document().pointer(parent), Some(&error.node));
    }
}

#[rstest]
#[case(json!(null))]
#[case(order())]
#[case(json!([1]))]
#[case(json!({"Lines": null}))]
#[case(with("/State", json!("Maybe")))]
#[case(with("/Note", json!(null)))]
#[case(with("/Note", json!("sixsix")))]
#[case(with("/Placed", json!(null)))]
#[case(with("/Placed", json!("today")))]
#[case(with("/Parent", json!(null)))]
#[case(with("/Parent", json!({})))]
#[case(with("/Lines/0/Rank", json!(-2_147_483_649_i64)))]
#[case(with("/Mail", json!("nobody")))]
fn both_versions_judge_alike(shop: &Api, old_shop: &Api, #[case] body: Value) {
    let places = |api: &Api| -> Vec<(String, String)> {
        let judgement = api.judge_response("PlaceOrder", 200, None, &body);
        judgement
            .errors
            .into_iter()
            .map(|e| (e.instance, e.expected))
            .collect()
    };
    assert_eq!(places(shop), places(old_shop));
    assert_eq!(old_shop.document()["openapi"], "3.1.0");
}

#[rstest]
fn a_closed_object_names_each_member_too_many(shop: &Api) {
    let errors = shop
        .judge_component("Closed", &json!({"Only": true, "A": 1, "B": {}}))
        .unwrap();
    let found: Vec<_> = errors
        .iter()
        .map(|e| (e.instance.as_str(), e.actual.as_str()))
        .collect();
    assert_eq!(found, [("/A", "1"), ("/B", "empty object")]);
    assert!(shop.judge_component("Nothing", &json!(1)).is_none());
}

#[rstest]
fn errors_are_ordered_and_capped(shop: &Api) {
    let lines: Vec<Value> = (0..300).map(|_| json!({})).collect();
    let errors = shop
        .judge_response("PlaceOrder", 200, None, &with("/Lines", json!(lines)))
        .errors;
    assert_eq!(errors.len(), 200);
    assert_eq!(errors[2].instance, "/Lines/2/ERPKey");
    assert_eq!(errors[199].instance, "/Lines/199/ERPKey");
}

#[rstest]
fn values_count_what_the_schema_speaks_about(shop: &Api) {
    let values = |body: &Value| shop.judge_response("PlaceOrder", 200, None, body).values;
    assert_eq!(values(&Value::Null), 1);
    // The object, State, Lines, its item and two members.
    assert_eq!(values(&order()), 6);
    assert_eq!(values(&with("/Unknown", json!({"a": [1, 2]}))), 6);
    assert_eq!(
        shop.judge_response("DELETE /items/{id}", 200, None, &order())
            .values,
        0
    );
}

#[rstest]
fn a_long_text_is_cut_in_reports(shop: &Api) {
    let errors = shop
        .judge_component("State", &json!("é".repeat(500)))
        .unwrap();
    assert_eq!(errors[0].actual.chars().count(), 80);
    assert!(errors[0].actual.ends_with('…'));
}

#[rstest]
fn hostile_bodies_are_refused_or_judged_but_never_followed_too_far(shop: &Api) {
    let nest = |levels: usize| {
        (0..levels).fold(
            order(),
            |inner, _| json!({"State": "Ok", "Lines": null, "Parent": inner}),
        )
    };
    assert!(
        shop.judge_response("PlaceOrder", 200, None, &nest(120))
            .errors
            .is_empty()
    );
    let deep = shop.judge_response("PlaceOrder", 200, None, &nest(2000));
    assert_eq!(deep.errors[0].expected, "at most 128 levels");
    assert_eq!(shop.undeclared("PlaceOrder", 200, &nest(2000)), []);
    let large = json!({"State": "Ok", "Lines": vec![0; 600_000]});
    let large = shop.judge_response("PlaceOrder", 200, None, &large);
    assert_eq!(large.errors[0].expected, "at most 500000 values");
    assert!(large.values <= 500_000);
}

#[rstest]
fn undeclared_members_are_found_at_every_level(shop: &Api) {
    let body = json!({
        "State": "Ok", "state": 1,
        "Lines": [{"ERPKey": "K"}, {"erp_key": "K", "Extra": {"Deep": 1}}],
        "Tags": {"anything": true},
        "Free": {"anything": true},
        "Parent": {"odd": 1},
    });
    let found: Vec<_> = shop
        .undeclared("PlaceOrder", 200, &body)
        .into_iter()
        .map(|u| (u.instance, u.name, u.resembles))
        .collect();
    let row = |instance: &str, name: &str, resembles: Option<&str>| {
        (
            instance.to_owned(),
            name.to_owned(),
            resembles.map(str::to_owned),
        )
    };
    assert_eq!(
        found,
        [
            row("/state", "state", Some("State")),
            row("/Lines/1/erp_key", "erp_key", Some("ERPKey")),
            row("/Lines/1/Extra", "Extra", None),
            row("/Parent/odd", "odd", None),
        ]
    );
    assert_eq!(shop.undeclared("GetItem", 500, &body), []);
}

#[rstest]
fn scalars_know_their_schemas(shop: &Api) {
    let body = json!({
        "Note": "n", "Placed": "2024-01-31", "Lines": [{"Rank": 3, "x": null}], "Tags": {"t": true},
    });
    let scalars = shop.scalars("PlaceOrder", 200, &body);
    let found: Vec<_> = scalars
        .iter()
        .map(|s| {
            (
                s.instance.as_str(),
                s.name,
                s.owner.as_deref(),
                s.format(),
                s.max_length(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("/Note", "Note", Some("Base"), None, Some(5)),
            ("/Placed", "Placed", Some("Order"), None, None),
            ("/Lines/0/Rank", "Rank", Some("Line"), Some("int32"), None),
            ("/Lines/0/x", "x", None, None, None),
            ("/Tags/t", "t", Some("Order"), None, None),
        ]
    );
    assert_eq!(scalars[1].component().as_deref(), Some("Moment"));
    assert!(scalars[1].is("Moment") && !scalars[1].is("Order"));
    assert!(scalars[1].keyword("pattern").is_some());
    assert!(!scalars[3].declared());
}

fn request() -> Value {
    json!({
        "Session": "s",
        "Settings": {"Key": "value"},
        "Context": {
            "ERPCustomer": "c",
            "Person": {"Id": 1, "FirstName": "f", "Title": null},
            "Lines": [{"ERPKey": "a", "Rank": 1}, {"ERPKey": "b", "Rank": 2}],
            "Shut": {"Only": true},
            "Stray": 1,
        },
        "Keys": ["k"],
    })
}

#[rstest]
#[case(
    VariationKind::DropOptional,
    &[
        "without /Session",
        "without /Settings",
        "without /Keys",
        "without /Context/Person",
        "without /Context/Lines",
        "without /Context/Shut",
        "without the optional members of /Context/Person",
        "without the optional members of /Context/Lines/*",
        "without the optional members of /Context/Shut",
    ]
)]
#[case(
    VariationKind::NullNullable,
    &[
        "with null at /Session",
        "with null at /Settings",
        "with null at /Context/Person",
        "with null at /Keys",
        "with null in the nullable members of /Context/Person",
    ]
)]
#[case(VariationKind::UnknownMembers, &["with unknown members at every level"])]
#[case(VariationKind::CamelCaseNames, &["with member names in camel case"])]
fn variations_are_labelled_by_what_they_change(
    shop: &Api,
    #[case] kind: VariationKind,
    #[case] labels: &[&str],
) {
    let variations = shop.variations("PlaceOrder", &request(), kind);
    let found: Vec<&str> = variations.iter().map(|v| v.label.as_str()).collect();
    assert_eq!(found, labels);
    assert_eq!(variations, shop.variations("PlaceOrder", &request(), kind));
    for variation in &variations {
        assert_ne!(variation.body, request());
        let errors = shop.judge_request("PlaceOrder", &variation.body);
        assert!(
            errors.is_empty() || kind == VariationKind::CamelCaseNames,
            "{errors:?}"
        );
    }
}

#[rstest]
fn variations_change_only_what_the_label_says(shop: &Api) {
    let body = |kind, index: usize| {
        shop.variations("PlaceOrder", &request(), kind)
            .remove(index)
            .body
    };
    let dropped = body(VariationKind::DropOptional, 7);
    assert_eq!(
        dropped["Context"]["Lines"],
        json!([{"ERPKey": "a"}, {"ERPKey": "b"}])
    );
    let unknown = body(VariationKind::UnknownMembers, 0);
    assert!(unknown["x_assay_unknown"].is_string());
    assert!(unknown["Context"]["Lines"][1]["x_assay_unknown"].is_object());
    assert_eq!(
        unknown["Settings"],
        request()["Settings"],
        "maps are left alone"
    );
    assert_eq!(
        unknown["Context"]["Shut"],
        request()["Context"]["Shut"],
        "closed objects too"
    );
    let camel = body(VariationKind::CamelCaseNames, 0);
    assert_eq!(
        camel["context"]["lines"][0],
        json!({"erpKey": "a", "rank": 1})
    );
    assert_eq!(camel["settings"], json!({"Key": "value"}));
    assert_eq!(camel["context"]["Stray"], 1);
    assert!(camel.get("Context").is_none());
}

#[rstest]
fn a_large_request_has_few_variations_and_small_objects_go_together_first(shop: &Api) {
    let mut document = shop.document().clone();
    let properties = |prefix: &str, count: usize| -> Value {
        let members: Map<String, Value> = (0..count)
            .map(|n| (format!("{prefix}{n}"), json!({"type": "string"})))
            .collect();
        json!({"type": "object", "properties": members})
    };
    document["components"]["schemas"]["OrderRequest"] = json!({
        "type": "object",
        "properties": {"Large": properties("L", 30), "Small": properties("S", 20)},
    });
    let api = Api::parse(&document.to_string(), "large.json").unwrap();
    let members = |prefix: &str, count: usize| -> Value {
        (0..count)
            .map(|n| (format!("{prefix}{n}"), json!("v")))
            .collect::<Map<_, _>>()
            .into()
    };
    let body = json!({"Large": members("L", 30), "Small": members("S", 20)});
    let variations = api.variations("PlaceOrder", &body, VariationKind::DropOptional);
    let labels: Vec<&str> = variations.iter().map(|v| v.label.as_str()).collect();
    assert_eq!(labels.len(), 33);
    assert_eq!(labels[32], "without the optional members of /Small");
    assert!(labels.contains(&"without /Large/L29"));
}

#[rstest]
fn derived_schemas_stand_alone_and_judge_alike(shop: &Api) {
    let files = shop.derive();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "DELETE--items--id.200.json",
            "GetItem.200.json",
            "PlaceOrder.200.json",
            "PlaceOrder.default.json",
            "PlaceOrder.request.json",
            "index.json",
            "responses/Refused.json",
        ]
    );
    let index: Value = serde_json::from_str(&files["index.json"]).unwrap();
    assert_eq!(
        index["PlaceOrder"]["4XX"]["application/json"],
        "responses/Refused.json"
    );
    assert_eq!(index["PlaceOrder"]["204"], json!({}));
    for (name, text) in files.iter().filter(|(name, _)| *name != "index.json") {
        let schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::draft202012::options()
            .offline()
            .build(&schema)
            .expect(name);
    }
    let schema: Value = serde_json::from_str(&files["PlaceOrder.200.json"]).unwrap();
    assert_eq!(schema["$id"], "urn:assay:shop:2.1:PlaceOrder.200");
    let validator = jsonschema::draft202012::options().build(&schema).unwrap();
    for body in [
        json!(null),
        order(),
        json!(1),
        with("/State", json!("x")),
        with("/Placed", json!("x")),
    ] {
        let errors = shop.judge_response("PlaceOrder", 200, None, &body).errors;
        assert_eq!(validator.is_valid(&body), errors.is_empty(), "{body}");
    }
}

#[rstest]
fn the_digest_is_of_the_content(shop: &Api) {
    let json = shop.document().to_string();
    assert_eq!(
        Api::parse(&json, "shop.json").unwrap().digest(),
        shop.digest()
    );
    let other = Api::parse(&SHOP_31.replace("maxLength: 5", "maxLength: 6"), "other").unwrap();
    assert_ne!(other.digest(), shop.digest());
    assert_eq!(shop.digest().len(), 64);
}

/// A document around the text of one schema.
fn around(version: &str, schema: &str) -> String {
    format!(
        "openapi: {version}\ninfo: {{title: T, version: '1'}}\npaths: {{}}\ncomponents:\n  schemas:\n    A:\n      {}\n",
        schema.replace('\n', "\n      ")
    )
}

#[rstest]
#[case::misspelt(
    "3.1.0",
    "maxLenght: 5",
    7,
    "unknown schema keyword `maxLenght`",
    "did you mean `maxLength`?"
)]
#[case::too_old(
    "3.0.1",
    "const: 5",
    7,
    "unknown schema keyword `const`",
    "from OpenAPI 3.1 on"
)]
#[case::too_new(
    "3.1.0",
    "type: string\nnullable: true",
    8,
    "`nullable` is a keyword of OpenAPI 3.0",
    "\"null\"]"
)]
#[case::relocating("3.1.0", "$id: urn:x", 7, "`$id` is not supported", "JSON Pointer")]
#[case::format(
    "3.1.0",
    "format: datetime",
    7,
    "unknown format `datetime`",
    "did you mean `date-time`?"
)]
#[case::nowhere(
    "3.1.0",
    "$ref: '#/components/schemas/AA'",
    7,
    "leads nowhere",
    "did you mean `#/components/schemas/A`?"
)]
#[case::outside(
    "3.1.0",
    "$ref: other.yaml#/A",
    7,
    "leads out of the document",
    "#/components/"
)]
#[case::not_a_schema(
    "3.1.0",
    "$ref: '#/info'",
    7,
    "something else than a schema",
    "correct the reference"
)]
#[case::circle(
    "3.1.0",
    "allOf:\n  - $ref: '#/components/schemas/A'",
    6,
    "without an end",
    "from a property"
)]
#[case::wrong_value("3.1.0", "maxLength: many", 7, "wrong value of a keyword", "")]
#[case::wrong_type("3.1.0", "type: text", 7, "wrong value of a keyword", "")]
#[case::pattern("3.1.0", "pattern: '('", 7, "pattern `(` cannot be read", "ECMA-262")]
#[case::list("3.1.0", "allOf: {}", 7, "expected a list of schemas in `allOf`", "")]
#[case::map(
    "3.1.0",
    "properties: []",
    7,
    "expected an object of schemas in `properties`",
    ""
)]
#[case::inside(
    "3.1.0",
    "properties:\n  B:\n    items: {mininum: 1}",
    9,
    "keyword `mininum`",
    "did you mean `minimum`?"
)]
#[case::boolean("3.0.0", "properties:\n  B: true", 8, "expected a schema", "")]
fn mistakes_in_schemas_have_line_message_and_remedy(
    #[case] version: &str,
    #[case] schema: &str,
    #[case] line: u64,
    #[case] message: &str,
    #[case] help: &str,
) {
    let text = around(version, schema);
    let error = Api::parse(&text, "api.yaml").unwrap_err();
    let problem = &error.problems[0];
    assert!(problem.message.contains(message), "{error}");
    assert!(
        problem.help.as_deref().unwrap_or_default().contains(help),
        "{error}"
    );
    assert_eq!(problem.line, line, "{error}");
    let shown = error.diagnostics(&text)[0].to_string();
    assert!(shown.starts_with(&format!("api.yaml:{line}:")), "{shown}");
    assert!(shown.contains('^'), "{shown}");
}

#[rstest]
#[case::syntax("openapi: [\n", 0, "not readable as YAML or JSON")]
#[case::duplicate("openapi: 3.1.0\nopenapi: 3.1.0\n", 2, "not readable")]
#[case::json_syntax("{\"openapi\": \"3.1.0\",\n \"info\" 1}", 2, "not readable")]
#[case::scalar("42", 0, "expected an object")]
#[case::swagger("swagger: '2.0'\n", 0, "Swagger 2.0")]
#[case::number("openapi: 3.1\n", 1, "expected the version as a text")]
#[case::version("openapi: 4.0.0\n", 1, "version 4.0.0 is not supported")]
#[case::empty("openapi: 3.1.0\n", 0, "no `paths`")]
#[case::field("openapi: 3.1.0\npath: {}\n", 2, "unknown field `path`")]
#[case::kind("openapi: 3.1.0\npaths: []\n", 2, "expected an object")]
#[case::no_operation(
    "openapi: 3.1.0\npaths:\n  /a:\n    summary: s\n",
    3,
    "path without operation"
)]
#[case::no_slash(
    "openapi: 3.1.0\npaths:\n  a: {get: {}}\n",
    3,
    "path `a` without slash"
)]
#[case::status(
    "openapi: 3.1.0\npaths:\n  /a: {get: {responses: {20: {description: d}}}}\n",
    3,
    "`20` is not a status"
)]
#[case::twice(
    "openapi: 3.1.0\npaths:\n  /a: {get: {operationId: X}}\n  /b: {get: {operationId: X}}\n",
    4,
    "operationId `X` stands already at /paths/~1a/get"
)]
#[case::response(
    "openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses:\n        '200': {$ref: '#/components/responses/R'}\n",
    6,
    "leads nowhere: expected a response"
)]
#[case::circle(
    "openapi: 3.1.0\npaths: {}\ncomponents:\n  headers:\n    H: {$ref: '#/components/headers/H'}\n",
    5,
    "round in a circle"
)]
fn mistakes_in_structure_have_line_and_message(
    #[case] text: &str,
    #[case] line: u64,
    #[case] message: &str,
) {
    let error = Api::parse(text, "api.yaml").unwrap_err();
    let problem = &error.problems[0];
    assert!(problem.message.contains(message), "{error}");
    if line > 0 {
        assert_eq!(problem.line, line, "{error}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_text() {
    let text = around("3.1.0", "minLenght: 1\nformat: datetime\npropertis: {}");
    let error = Api::parse(&text, "api.yaml").unwrap_err();
    let lines: Vec<u64> = error.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [7, 8, 9]);
    assert_eq!(
        error
            .to_string()
            .lines()
            .filter(|line| line.starts_with("api.yaml:"))
            .count(),
        3
    );
}

#[test]
fn names_of_properties_are_no_keywords() {
    let schema = "properties:\n  maxLenght: {type: string}\n  $ref: {type: string}\ndefault: {a: {b: 1}}\nexample: {x: 1}\nx-any: {type: 1}";
    assert!(Api::parse(&around("3.1.0", schema), "api.yaml").is_ok());
}

#[test]
fn json_is_read_with_its_own_escapes() {
    let text = "{\n\t\"openapi\": \"3.1.0\",\n\t\"info\": {\"title\": \"\\ud83d\\ude00 \\/\"},\n\t\"paths\": {}\n}";
    let api = Api::parse(text, "api.json").unwrap();
    assert_eq!(api.document()["info"]["title"], "😀 /");
    assert_eq!(api.operations().count(), 0);
}

fn shipped() -> (String, Api) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/quote-rest/openapi.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let api = Api::parse(&text, "openapi.yaml").unwrap();
    (text, api)
}

#[test]
fn the_examples_of_the_shipped_document_fit_its_schemas() {
    let (_, api) = shipped();
    let mut judged = 0;
    let examples = |pointer: &str| -> Vec<(String, Value)> {
        let (_, node) = follow(api.document(), pointer.to_owned()).unwrap();
        members(node.get("content"))
            .flat_map(|(_, media_type)| members(media_type.get("examples")))
            .map(|(name, example)| {
                let value = match example.get("$ref").and_then(Value::as_str) {
                    Some(reference) => &api.document().pointer(&reference[1..]).unwrap()["value"],
                    None => &example["value"],
                };
                (name.clone(), value.clone())
            })
            .collect()
    };
    for op in api.operations() {
        for (name, body) in examples(&join(&op.pointer, "requestBody")) {
            assert_eq!(api.judge_request(&op.name, &body), [], "{} {name}", op.name);
            judged += 1;
        }
        for status in op.statuses.keys() {
            for (name, body) in examples(&join(&join(&op.pointer, "responses"), status)) {
                let status: u16 = status.parse().unwrap();
                let judgement = api.judge_response(&op.name, status, None, &body);
                assert_eq!(judgement.errors, [], "{} {status} {name}", op.name);
                assert_eq!(
                    api.undeclared(&op.name, status, &body),
                    [],
                    "{} {status} {name}",
                    op.name
                );
                judged += 1;
            }
        }
    }
    assert!(judged > 0);
}

/// JSON of all kinds, with names that mean something in documents and bodies.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "openapi",
        "paths",
        "/a",
        "get",
        "responses",
        "200",
        "content",
        "application/json",
        "schema",
        "$ref",
        "type",
        "properties",
        "allOf",
        "anyOf",
        "items",
        "components",
        "schemas",
        "nullable",
        "State",
        "state",
        "Lines",
        "ERPKey",
        "Parent",
        "Context",
        "Choice",
        "Mixed",
        "Tags",
        "",
        "~/",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "3.1.0",
            "3.0.0",
            "#",
            "#/",
            "#/paths",
            "#/components/schemas/State",
            "string",
            "null",
            "Ok",
            "[",
            "é…"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_is_too_much_for_the_reader(text in ".{0,60}") {
        let _ = Api::parse(&text, "any");
        let _ = Api::parse(&format!("openapi: 3.1.0\npaths: {text}"), "any");
    }

    #[test]
    fn no_document_is_too_much_for_the_reader(
        schema in any_json(),
        paths in any_json(),
        version in prop::sample::select(vec!["3.0.0", "3.1.0"]),
    ) {
        let document = json!({"openapi": version, "paths": paths, "components": {"schemas": {"A": schema}}});
        match Api::parse(&document.to_string(), "any") {
            Err(error) => prop_assert!(!error.problems.is_empty()),
            Ok(api) => {
                let _ = api.derive();
                let _ = api.judge_component("A", &json!({"State": 1}));
            }
        }
    }

    #[test]
    fn no_body_is_too_much_for_the_judges(body in any_json()) {
        let api = Api::parse(SHOP_31, "shop").unwrap();
        let judgement = api.judge_response("PlaceOrder", 200, None, &body);
        for error in &judgement.errors {
            prop_assert!(api.document().pointer(&error.schema).is_some());
            prop_assert!(error.actual.chars().count() <= 80);
        }
        let _ = api.undeclared("PlaceOrder", 200, &body);
        let _ = api.scalars("PlaceOrder", 200, &body);
        let fits = api.judge_request("PlaceOrder", &body).is_empty();
        for kind in VariationKind::ALL {
            let variations = api.variations("PlaceOrder", &body, kind);
            prop_assert!(variations.len() <= 40);
            for variation in variations {
                let errors = api.judge_request("PlaceOrder", &variation.body);
                prop_assert!(!fits || errors.is_empty() || kind == VariationKind::CamelCaseNames);
            }
        }
    }
}
