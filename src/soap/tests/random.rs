//! Any carrier survives the way through a message, and nothing that a stranger sends
//! does harm.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{ERP, calculator, soap, usual};
use crate::soap::decode::decode;
use crate::soap::encode::{Changes, Declaration, Nulls, Style, envelope};
use crate::soap::xsd::Validator;
use crate::soap::{Kind, Operation, Shape, Soap, WireNames, wsdl};

/// Texts of all letters that XML can carry.
fn text() -> BoxedStrategy<Value> {
    let letter = any::<char>().prop_filter("XML has no control characters", |letter| {
        !matches!(letter, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') || "\r\n\t".contains(*letter)
    });
    let wild = vec(letter, 0..12).prop_map(|letters| letters.into_iter().collect::<String>());
    let tame = "[ a-z<>&\"'\\]\\[\r\n\t]{0,12}";
    prop_oneof![wild, tame].prop_map(Value::from).boxed()
}

fn nullable(strategy: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 5 => strategy].boxed()
}

fn value(soap: &Soap, kind: &Kind, depth: usize) -> BoxedStrategy<Value> {
    let list = |item: BoxedStrategy<Value>| vec(nullable(item), 0..4).prop_map(Value::from).boxed();
    match kind {
        Kind::Text => text(),
        Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Int => any::<i32>().prop_map(Value::from).boxed(),
        Kind::Enum { values, .. } => prop::sample::select(values.clone())
            .prop_map(Value::from)
            .boxed(),
        Kind::Texts => list(text()),
        Kind::Map => btree_map(
            text().prop_map(|key| key.as_str().unwrap().to_owned()),
            nullable(text()),
            0..4,
        )
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
        .boxed(),
        Kind::Carriers(_) | Kind::Carrier(_) if depth > 4 => Just(Value::Null).boxed(),
        Kind::Carriers(item) => list(carrier(soap, item, depth + 1)),
        Kind::Carrier(name) => carrier(soap, name, depth + 1),
    }
}

fn carrier(soap: &Soap, name: &str, depth: usize) -> BoxedStrategy<Value> {
    soap.members(name)
        .into_iter()
        .filter(|member| !member.header)
        .fold(Just(Map::new()).boxed(), |carrier, member| {
            let value = value(soap, &member.kind, depth);
            let value = if member.nillable {
                nullable(value)
            } else {
                value
            };
            let name = member.name.clone();
            (carrier, option::of(value))
                .prop_map(move |(mut carrier, value)| {
                    carrier.extend(value.map(|value| (name.clone(), value)));
                    carrier
                })
                .boxed()
        })
        .prop_map(Value::Object)
        .boxed()
}

/// An answer is written as a request that has the elements of the answer.
fn as_request(operation: &Operation, names: &WireNames) -> (Operation, WireNames) {
    let mut turned = names.clone();
    let name = operation.name.clone();
    turned
        .request_bodies
        .insert(name.clone(), names.response_body(operation));
    turned
        .request_elements
        .insert(name, names.result_element(operation));
    let request = Some(operation.response.clone());
    (
        Operation {
            request,
            ..operation.clone()
        },
        turned,
    )
}

/// A request is read as an answer that has the elements of the request.
fn as_answer(operation: &Operation, names: &WireNames) -> (Operation, WireNames) {
    let mut turned = names.clone();
    let name = operation.name.clone();
    turned
        .response_bodies
        .insert(name.clone(), names.request_body(operation).to_owned());
    turned
        .result_elements
        .insert(name, names.request_element(operation).to_owned());
    let response = operation.request.clone().unwrap();
    (
        Operation {
            response,
            ..operation.clone()
        },
        turned,
    )
}

struct World {
    soap: Soap,
    names: Vec<(WireNames, Validator)>,
}

/// A description with the usual names and two sets of unusual ones.
fn world(soap: Soap, binding: &str) -> World {
    let usual = usual(&soap).remove(binding).unwrap();
    let mut apart = usual.clone();
    apart.data_namespace = "urn:data\"&<".to_owned();
    apart.parameter_namespace = Some("urn:parameter".to_owned());
    for operation in soap.operations() {
        let mut order: Vec<String> = soap
            .members(&operation.response)
            .into_iter()
            .map(|member| member.name.clone())
            .collect();
        order.reverse();
        apart.order.insert(operation.response.clone(), order);
    }
    let mut unqualified = usual.clone();
    unqualified.data_namespace = String::new();
    unqualified.parameter_namespace = Some(String::new());
    let mut bare = usual.clone();
    bare.shape = Shape::Bare;
    let names = [usual, apart, unqualified, bare]
        .into_iter()
        .map(|names| {
            let all = [(binding.to_owned(), names.clone())].into();
            let validator = Validator::new(&soap, &all).unwrap();
            (names, validator)
        })
        .collect();
    World { soap, names }
}

static CALC: LazyLock<World> = LazyLock::new(|| world(calculator(), "calc"));
static ERP_SYNC: LazyLock<World> = LazyLock::new(|| world(soap(ERP), "erp"));

/// Any answer to any operation of a world.
fn answers(world: &'static World) -> impl Strategy<Value = (&'static Operation, Value)> {
    let binding = world.names[0].0.interface.as_str();
    let operations: Vec<&Operation> = world
        .soap
        .operations()
        .filter(|operation| world.soap.binding(&operation.binding).unwrap().interface == binding)
        .collect();
    prop::sample::select(operations).prop_flat_map(|operation| {
        let answer = carrier(&world.soap, &operation.response, 0);
        answer.prop_map(move |answer| (operation, answer))
    })
}

fn survives(world: &World, operation: &Operation, answer: &Value, style: Style) {
    for (names, validator) in &world.names {
        let (turned, turned_names) = as_request(operation, names);
        let changes = Changes {
            style,
            ..Changes::default()
        };
        let message = envelope(&world.soap, &turned_names, &turned, Some(answer), &changes);
        let decoded = decode(&world.soap, Some(names), Some(operation), &message);
        let message = String::from_utf8(message).unwrap();
        assert_eq!(decoded.issues, [], "{message}");
        assert_eq!(decoded.answer.as_ref(), Some(answer), "{message}");
        assert_eq!(
            validator.errors(&message),
            Vec::<String>::new(),
            "{message}"
        );
    }
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(Style::ALL.to_vec()).prop_map(|(_, style)| style)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn answers_survive((operation, answer) in answers(&CALC), style in style()) {
        survives(&CALC, operation, &answer, style);
    }

    #[test]
    fn answers_of_a_contract_survive((operation, answer) in answers(&ERP_SYNC), style in style()) {
        survives(&ERP_SYNC, operation, &answer, style);
    }

    #[test]
    fn requests_are_the_same_in_every_style(request in carrier(&CALC.soap, "AddRequest", 0)) {
        let add = CALC.soap.operation("Add").unwrap();
        for (names, validator) in &CALC.names {
            let (turned, turned_names) = as_answer(add, names);
            for (_, style) in Style::ALL {
                for (_, declaration) in Declaration::ALL {
                    for (_, nulls) in Nulls::ALL {
                        let changes = Changes { style, declaration, nulls, ..Changes::default() };
                        let message = envelope(&CALC.soap, names, add, Some(&request), &changes);
                        let decoded = decode(&CALC.soap, Some(&turned_names), Some(&turned), &message);
                        prop_assert_eq!(&decoded.issues, &[]);
                        let read = without_nulls(decoded.answer.unwrap());
                        prop_assert_eq!(read, without_nulls(request.clone()));
                        let message = String::from_utf8(message).unwrap();
                        prop_assert_eq!(validator.errors(&message), Vec::<String>::new());
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
        harmless(&bytes);
    }

    #[test]
    fn broken_messages_do_no_harm(
        at in any::<prop::sample::Index>(),
        cut in 0_usize..30,
        put in "(<|>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?|\\?>|&|&#x0;|\"|'|/|s:|<!DOCTYPE|a|xmlns=\"\"| i:nil=\"true\"| i:type=\"q:z\"){0,4}",
    ) {
        let message = super::added("<Code>a</Code><Ok>true</Ok><Extra><b:KeyValueOfstringstring><b:Key>a</b:Key><b:Value>b</b:Value>\
            </b:KeyValueOfstringstring></Extra><Parts><Part><Rank>1</Rank></Part></Parts>");
        let start = at.index(message.len());
        let end = (start + cut).min(message.len());
        harmless(format!("{}{put}{}", &message[..start], &message[end..]).as_bytes());
        let text = include_str!("fixtures/bare.wsdl");
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        let text = format!("{}{put}{}", &text[..start], &text[end..]);
        let _ = wsdl::imports(&text);
        let _ = wsdl::read(&CALC.soap, &[("x".to_owned(), text)]);
    }
}

/// Members that are null are taken out at every depth, but not the items of lists.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items
            .into_iter()
            .map(without_nulls)
            .collect::<Vec<_>>()
            .into(),
        other => other,
    }
}

fn harmless(bytes: &[u8]) {
    let operation = CALC.soap.operation("Add");
    for (names, validator) in &CALC.names {
        let decoded = decode(&CALC.soap, Some(names), operation, bytes);
        assert!(decoded.issues.len() < 400);
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert!(validator.errors(text).len() <= 50);
        }
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    let _ = wsdl::imports(&text);
    let _ = wsdl::read(&CALC.soap, &[("x".to_owned(), text)]);
}

#[test]
fn huge_messages_take_bounded_time() {
    let deep = |before: &str| format!("{before}{}", "<a>".repeat(100_000));
    let members = "<Ok>x</Ok>".repeat(200_000);
    let entries = "<b:x i:nil=\"2\"><b:Key i:type=\"c:d\"/></b:x>".repeat(40_000);
    let messages = [
        deep(""),
        deep("<!--><![CDATA[ -->"),
        deep("<?><![CDATA[ ?>"),
        deep("<a b='>'>"),
        super::added(&deep("")),
        "\u{e4}<>&;\"'[]".repeat(500_000),
        "<".repeat(5_000_000),
        "<!--".repeat(1_000_000),
        "<!DOCTYPE a [".repeat(400_000),
        super::added(&members),
        super::added(&format!("<Extra>{entries}</Extra>")),
        super::added(&format!("<Code>{}</Code>", "x".repeat(5_000_000))),
        super::added(&"<Zzz/>".repeat(500_000)),
    ];
    for message in messages {
        let start = Instant::now();
        harmless(message.as_bytes());
        let begin: String = message.chars().take(60).collect();
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{begin}: {:?}",
            start.elapsed()
        );
        eprintln!("{:?} {begin}", start.elapsed());
    }
}

#[test]
fn a_deep_carrier_is_read_to_its_end() {
    let soap = calculator();
    let names = &usual(&soap)["calc"];
    let tree = soap.operation("Tree").unwrap();
    let mut root = json!({"Kind": "Leaf"});
    for _ in 0..60 {
        root = json!({"Children": [root], "Kind": "Branch"});
    }
    let answer = json!({"Root": root});
    let (turned, turned_names) = as_request(tree, names);
    let message = envelope(
        &soap,
        &turned_names,
        &turned,
        Some(&answer),
        &Changes::default(),
    );
    let decoded = decode(&soap, Some(names), Some(tree), &message);
    assert_eq!((decoded.answer, decoded.issues), (Some(answer), Vec::new()));
}
