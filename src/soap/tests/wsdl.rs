//! WSDL, written and read.

use std::collections::BTreeMap;

use super::{ERP, MIRRORING, calculator, soap, usual};
use crate::soap::wsdl::{differences, document, imports, read};
use crate::soap::{Origin, Shape, Soap, WireNames};

const SPYNE: &str = include_str!("fixtures/spyne.wsdl");
const JAXWS: &str = include_str!("fixtures/jaxws.wsdl");
const JAXWS_XSD: &str = include_str!("fixtures/jaxws.xsd");
const BARE: &str = include_str!("fixtures/bare.wsdl");

fn wcf() -> Vec<(String, String)> {
    let site = "https://calc.example.com/Services/Calculator.svc";
    [
        ("wsdl", include_str!("fixtures/wcf/service.wsdl")),
        ("wsdl=wsdl0", include_str!("fixtures/wcf/wsdl0.wsdl")),
        ("xsd=xsd0", include_str!("fixtures/wcf/xsd0.xsd")),
        ("xsd=xsd1", include_str!("fixtures/wcf/xsd1.xsd")),
        ("xsd=xsd2", include_str!("fixtures/wcf/xsd2.xsd")),
        ("xsd=xsd3", include_str!("fixtures/wcf/xsd3.xsd")),
        ("xsd=xsd4", include_str!("fixtures/wcf/xsd4.xsd")),
    ]
    .map(|(query, text)| (format!("{site}?{query}"), text.to_owned()))
    .to_vec()
}

/// What Mono's WCF publishes for a service with two contracts.
fn mono() -> Vec<(String, String)> {
    let site = "https://connector.example.com/Services/ErpService.svc";
    [
        ("wsdl", include_str!("fixtures/mono/service.wsdl")),
        ("wsdl=wsdl0", include_str!("fixtures/mono/wsdl0.wsdl")),
        ("xsd=xsd0", include_str!("fixtures/mono/xsd0.xsd")),
        ("xsd=xsd1", include_str!("fixtures/mono/xsd1.xsd")),
        ("xsd=xsd2", include_str!("fixtures/mono/xsd2.xsd")),
        ("xsd=xsd3", include_str!("fixtures/mono/xsd3.xsd")),
        ("xsd=xsd4", include_str!("fixtures/mono/xsd4.xsd")),
    ]
    .map(|(query, text)| (format!("{site}?{query}"), text.to_owned()))
    .to_vec()
}

fn one(text: &str) -> Vec<(String, String)> {
    vec![("here".to_owned(), text.to_owned())]
}

/// Names as read from `here`.
fn found_here(mut names: BTreeMap<String, WireNames>) -> BTreeMap<String, WireNames> {
    for names in names.values_mut() {
        names.origin = Origin::Wsdl("here".to_owned());
    }
    names
}

fn round_trip(soap: &Soap, names: BTreeMap<String, WireNames>) {
    let text = document(soap, &names, "https://connector.example.com/x?a=1&b=2");
    assert_eq!(imports(&text), Ok(Vec::new()));
    assert_eq!(read(soap, &one(&text)), Ok(found_here(names)));
}

#[test]
fn own_documents_give_the_same_names() {
    for description in [super::CALCULATOR, ERP, MIRRORING] {
        let soap = soap(description);
        for profile in 0..2 {
            let mut names = usual(&soap);
            for binding in soap.bindings() {
                if let Some(wire) = binding.wires.get(profile) {
                    let chosen = WireNames::of_profile(binding, wire);
                    names.insert(binding.name.clone(), chosen);
                }
            }
            round_trip(&soap, names);
        }
    }
}

#[test]
fn unusual_names_come_back() {
    let soap = calculator();
    let mut names = usual(&soap);
    let calc = names.get_mut("calc").unwrap();
    calc.data_namespace = "urn:calc:data".to_owned();
    calc.parameter_namespace = Some("urn:calc:parameter".to_owned());
    calc.actions
        .insert("Add".to_owned(), "urn:add&more".to_owned());
    calc.actions.insert("Tree".to_owned(), String::new());
    let order = ["Total", "Ok", "Items", "Parts", "Code"].map(str::to_owned);
    calc.order.insert("AddResult".to_owned(), order.to_vec());
    let order = ["Name", "Fields"].map(str::to_owned);
    calc.order.insert("Part".to_owned(), order.to_vec());
    calc.request_elements
        .insert("Add".to_owned(), "input".to_owned());
    calc.result_elements
        .insert("Status".to_owned(), "return".to_owned());
    calc.request_bodies
        .insert("Tree".to_owned(), "Forest".to_owned());
    calc.response_bodies
        .insert("Add".to_owned(), "Added".to_owned());
    round_trip(&soap, names.clone());
    let calc = names.get_mut("calc").unwrap();
    calc.data_namespace = String::new();
    calc.parameter_namespace = Some(String::new());
    round_trip(&soap, names);
}

#[test]
fn writes_a_document() {
    let soap = calculator();
    insta::assert_snapshot!(document(&soap, &usual(&soap), "https://calc.example.com/"));
    assert_eq!(document(&soap, &BTreeMap::new(), "x"), "");
}

#[test]
fn reads_the_documents_of_wcf() {
    let documents = wcf();
    // Every document that one of them names is there.
    for (_, text) in &documents {
        for location in imports(text).unwrap() {
            assert!(
                documents.iter().any(|(known, _)| *known == location),
                "{location}"
            );
        }
    }
    let soap = calculator();
    let mut expected = usual(&soap);
    expected.remove("mail");
    for names in expected.values_mut() {
        names.origin = Origin::Wsdl(documents[0].0.clone());
    }
    assert_eq!(read(&soap, &documents), Ok(expected));
    // The order of documents other than the first does not matter.
    let mut turned = documents.clone();
    turned[1..].reverse();
    assert_eq!(read(&soap, &turned), read(&soap, &documents));
}

#[test]
fn reads_what_mono_publishes() {
    let soap = soap(ERP);
    let mut documents = mono();
    let mut expected = usual(&soap);
    for names in expected.values_mut() {
        names.origin = Origin::Wsdl(documents[0].0.clone());
    }
    assert_eq!(read(&soap, &documents), Ok(expected.clone()));
    // Where Mono has no document, it answers with a page.
    let page = "<html><br><!-- wsdl:definitions --></html>".to_owned();
    documents.push(("https://connector.example.com/?xsd=".to_owned(), page));
    assert_eq!(read(&soap, &documents), Ok(expected));
}

#[test]
fn reads_a_document_of_spyne() {
    let soap = calculator();
    let found = read(&soap, &one(SPYNE)).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["calc", "door"]);
    let calc = &found["calc"];
    assert_eq!(
        (calc.namespace.as_str(), calc.data_namespace.as_str()),
        ("urn:py", "urn:py.data")
    );
    assert_eq!(calc.shape, Shape::Wrapped);
    assert_eq!(
        (calc.action("Add").as_str(), calc.interface.as_str()),
        ("Add", "ICalculator")
    );
    assert_eq!(calc.order["AddResult"], ["Ok", "Code", "Mood", "Total"]);
    assert_eq!(calc.order["AddRequest"], ["Id", "Names", "Left", "Parts"]);
    assert_eq!(calc.order["Part"], ["Rank", "Name"]);
    // xs:all has no order.
    assert!(!calc.order.contains_key("ResultBase"));
    let door = &found["door"];
    assert_eq!(door.request_elements["Knock"], "req");
    assert_eq!(door.result_elements["Knock"], "answer");
    // An addition is no other order.
    assert_eq!(door.order["KnockAnswer"], ["Reason", "Opened"]);
    let differences = differences(&usual(&soap)["door"], door);
    assert_eq!(
        differences,
        [
            "namespace urn:py in place of http://tempuri.org/",
            "namespace of members urn:py.data in place of urn:door:data",
            "SOAPAction of Knock Knock in place of http://tempuri.org/IDoor/Knock",
            "element around the request of Knock req in place of the usual one",
            "element around the result of Knock answer in place of the usual one",
            "order of members of KnockAnswer: Reason, Opened in place of that of the contract",
        ]
    );
}

#[test]
fn reads_documents_of_java_with_unqualified_elements() {
    let soap = calculator();
    assert_eq!(
        imports(JAXWS).unwrap(),
        ["http://localhost:8080/door?xsd=1"]
    );
    let documents = [one(JAXWS), one(JAXWS_XSD)].concat();
    let found = read(&soap, &documents).unwrap();
    let door = &found["door"];
    assert_eq!(door.namespace, "http://door.example.com/");
    assert_eq!(
        (door.data_namespace.as_str(), door.parameter_namespace()),
        ("", "")
    );
    assert_eq!(door.action("Knock"), "");
    assert_eq!(door.request_elements["Knock"], "arg0");
    assert_eq!(door.result_elements["Knock"], "return");
    assert!(door.order.is_empty());
}

#[test]
fn reads_bare_messages_with_header_parts() {
    let soap = calculator();
    let found = read(&soap, &one(BARE)).unwrap();
    let mail = &found["mail"];
    assert_eq!(mail.shape, Shape::Bare);
    assert_eq!(
        (mail.namespace.as_str(), mail.data_namespace.as_str()),
        ("urn:mail", "urn:mail")
    );
    assert_eq!(
        mail.actions,
        BTreeMap::from([("Shut".to_owned(), "urn:mail/shut".to_owned())])
    );
    assert_eq!(mail.order["PostAnswer"], ["Message", "Sent"]);
    assert!(mail.request_bodies.is_empty() && mail.response_bodies.is_empty());
}

#[test]
fn tolerates_what_is_not_there() {
    let soap = calculator();
    // No binding to SOAP 1.1: the usual actions.
    let without = BARE.replace("http://schemas.xmlsoap.org/wsdl/soap/", "urn:other");
    assert!(
        read(&soap, &one(&without)).unwrap()["mail"]
            .actions
            .is_empty()
    );
    // No schema: nothing is known of this interface.
    let without = BARE.replace("http://www.w3.org/2001/XMLSchema", "urn:other");
    assert!(read(&soap, &one(&without)).unwrap().is_empty());
    // Another service, a page, nothing at all.
    let other = BARE
        .replace("\"Post\"", "\"A\"")
        .replace("\"Shut\"", "\"B\"");
    assert!(read(&soap, &one(&other)).unwrap().is_empty());
    assert!(read(&soap, &one("<html/>")).unwrap().is_empty());
    assert!(read(&soap, &[]).unwrap().is_empty());
}

#[test]
fn refuses_other_styles_and_declarations() {
    let soap = calculator();
    let rpc = BARE.replace("style=\"document\"", "style=\"rpc\"");
    let error = read(&soap, &one(&rpc)).unwrap_err();
    assert!(
        error.contains("here: Post") && error.contains("rpc"),
        "{error}"
    );
    let typed = BARE.replace("element=\"t:PostAnswer\"", "type=\"x:string\"");
    assert!(
        read(&soap, &one(&typed))
            .unwrap_err()
            .contains("document/literal")
    );
    let encoded = BARE.replace("use=\"literal\"", "use=\"encoded\"");
    assert!(read(&soap, &one(&encoded)).unwrap_err().contains("encoded"));
    let dtd = BARE.replace("<definitions", "<!DOCTYPE x><definitions");
    assert!(
        read(&soap, &one(&dtd))
            .unwrap_err()
            .contains("document type")
    );
    assert!(imports(&dtd).unwrap_err().contains("document type"));
    assert!(read(&soap, &one("<a>")).unwrap_err().starts_with("here: "));
}

#[test]
fn ends_on_types_that_hold_themselves() {
    let soap = calculator();
    let types = "<x:complexType name=\"Loop\"><x:complexContent><x:extension base=\"t:Loop\"><x:sequence><x:element name=\"State\" type=\"t:Loop\"/><x:group ref=\"t:G\"/></x:sequence></x:extension></x:complexContent></x:complexType>\
        <x:group name=\"G\"><x:sequence><x:group ref=\"t:G\"/><x:group ref=\"t:G\"/><x:group ref=\"t:G\"/><x:group ref=\"t:G\"/></x:sequence></x:group>";
    let looped = BARE
        .replace(
            "<x:element name=\"Stamp\"",
            &format!("{types}<x:element name=\"Stamp\""),
        )
        .replace(
            "<x:element name=\"PostRequest\">",
            "<x:element name=\"PostRequest\" type=\"t:Loop\">",
        );
    let start = std::time::Instant::now();
    assert!(read(&soap, &one(&looped)).is_ok());
    assert!(start.elapsed().as_secs() < 5);
}
