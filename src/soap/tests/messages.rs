//! The example messages of the contracts, and what is wrong with changed ones.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ERP, MIRRORING, added, calculator, described, envelope as around, soap, usual};
use crate::soap::decode::{Decoded, Issue, IssueKind, decode};
use crate::soap::encode::{self, Changes, Declaration, Nulls, Style, envelope};
use crate::soap::xsd::Validator;
use crate::soap::{Shape, WireNames};

/// The text of a message, and the value that the description has for it.
macro_rules! example {
    ($file:literal) => {
        include_str!(concat!("fixtures/messages/", $file, ".xml"))
    };
}

#[rstest]
#[case::config(ERP, "WSGetConfigData", 0, example!("config-answer"), "WSGetConfigData-response")]
#[case::test(ERP, "WSTestConfigData", 0, example!("test-answer"), "WSTestConfigData-response")]
#[case::unknown(
    ERP,
    "WSTestConnection",
    0,
    example!("unknown-answer"),
    "WSTestConnection-unknown-connection"
)]
#[case::actors(ERP, "WSGetActors", 0, example!("actors-answer"), "WSGetActors-response")]
#[case::advanced(
    ERP,
    "WSSearchActorsAdvanced",
    0,
    example!("advanced-answer"),
    "WSSearchActorsAdvanced-response"
)]
#[case::list(ERP, "WSGetList", 0, example!("list-answer"), "WSGetList-response")]
#[case::accepted(ERP, "Authenticate", 0, example!("auth-accepted"), "Authenticate-accepted")]
#[case::refused(ERP, "Authenticate", 0, example!("auth-refused"), "Authenticate-refused")]
#[case::mirroring(MIRRORING, "Authenticate", 0, example!("mirroring-answer"), "Authenticate-accepted")]
fn answers_are_read(
    #[case] description: &str,
    #[case] operation: &str,
    #[case] profile: usize,
    #[case] message: &str,
    #[case] example: &str,
) {
    let soap = soap(description);
    let operation = soap.operation(operation).unwrap();
    let binding = soap.binding(&operation.binding).unwrap();
    let names = WireNames::of_profile(binding, &binding.wires[profile]);
    for names in [Some(&names), None] {
        for operation in [Some(operation), None] {
            let decoded = decode(&soap, names, operation, message.as_bytes());
            // Without names the shape is not known, but what it holds is found.
            if names.is_some() {
                assert_eq!(decoded.issues, []);
            }
            assert_eq!(decoded.answer, Some(described(description, example)));
            assert!(decoded.envelope && decoded.fault.is_none());
        }
    }
    let validator = Validator::new(&soap, &usual(&soap)).unwrap();
    assert_eq!(validator.errors(message), Vec::<String>::new());
}

#[test]
fn a_bare_answer_is_read_in_either_shape() {
    let soap = soap(ERP);
    let message = example!("auth-bare-accepted");
    let operation = soap.operation("Authenticate");
    let binding = soap.binding("auth").unwrap();
    let mut expected = described(ERP, "Authenticate-accepted");
    expected["Reason"] = json!("");
    for wire in &binding.wires {
        let names = WireNames::of_profile(binding, wire);
        let decoded = decode(&soap, Some(&names), operation, message.as_bytes());
        assert_eq!(decoded.answer, Some(expected.clone()));
        let kinds = decoded.issues.iter().map(|issue| issue.kind);
        match wire.shape {
            Shape::Bare => assert_eq!(decoded.issues, []),
            Shape::Wrapped => assert!(kinds.clone().any(|kind| kind == IssueKind::Wrapper)),
        }
        let all = [("auth".to_owned(), names)].into();
        let errors = Validator::new(&soap, &all).unwrap().errors(message);
        assert_eq!(errors.is_empty(), wire.shape == Shape::Bare, "{errors:?}");
    }
}

#[test]
fn a_fault_is_read() {
    let soap = soap(ERP);
    let decoded = decode(
        &soap,
        None,
        soap.operation("WSGetList"),
        example!("fault").as_bytes(),
    );
    let fault = decoded.fault.unwrap();
    assert_eq!(
        (fault.code.as_str(), fault.detail.as_str()),
        ("ActionNotSupported", "")
    );
    assert_eq!(fault.string, "No operation matches the given action.");
    assert_eq!(decoded.issues, []);
    // SOAP 1.2 has other elements, and is noted as another envelope.
    let other = "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><e:Fault>\
        <e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>x</e:Value></e:Subcode></e:Code>\
        <e:Reason><e:Text>No.</e:Text></e:Reason><e:Role>urn:us</e:Role><e:Detail><a>1</a></e:Detail></e:Fault></e:Body></e:Envelope>";
    let decoded = decode(&soap, None, None, other.as_bytes());
    let fault = decoded.fault.unwrap();
    assert_eq!(
        (fault.code.as_str(), fault.string.as_str()),
        ("Sender", "No.")
    );
    assert_eq!(fault.actor, "urn:us");
    assert_eq!(fault.detail, "<e:Detail><a>1</a></e:Detail>");
    assert_eq!(decoded.issues[0].kind, IssueKind::Envelope);
}

/// Elements of a document as text: names with namespaces, nil, and values.
fn outline(message: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(message)
        .unwrap()
        .trim_start_matches('\u{feff}');
    let document = roxmltree::Document::parse(text).unwrap();
    document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| {
            let nil = node
                .attribute((crate::soap::INSTANCE, "nil"))
                .unwrap_or("-");
            let text = node.text().unwrap_or_default().trim();
            let depth = node.ancestors().count();
            format!("{depth} {:?} {nil} {text}", node.tag_name())
        })
        .collect()
}

#[rstest]
#[case(ERP, "WSGetConfigData", None, 0, example!("config-request"))]
#[case(ERP, "WSTestConfigData", Some("WSTestConfigData-request"), 0, example!("test-request"))]
#[case(ERP, "WSTestConnection", Some("WSTestConnection-request"), 0, example!("unknown-request"))]
#[case(ERP, "WSGetActors", Some("WSGetActors-request"), 0, example!("actors-request"))]
#[case(ERP, "WSSearchActorsAdvanced", Some("WSSearchActorsAdvanced-request"), 0, example!("advanced-request"))]
#[case(ERP, "WSGetList", Some("WSGetList-request"), 0, example!("list-request"))]
#[case(ERP, "Authenticate", Some("Authenticate-request"), 0, example!("auth-request"))]
#[case(MIRRORING, "Authenticate", Some("Authenticate-request"), 0, example!("mirroring-request"))]
fn requests_are_those_of_the_contract(
    #[case] description: &str,
    #[case] operation: &str,
    #[case] example: Option<&str>,
    #[case] profile: usize,
    #[case] message: &str,
) {
    let soap = soap(description);
    let operation = soap.operation(operation).unwrap();
    let binding = soap.binding(&operation.binding).unwrap();
    let names = WireNames::of_profile(binding, &binding.wires[profile]);
    let request = example.map(|example| described(description, example));
    let validator = Validator::new(&soap, &usual(&soap)).unwrap();
    for (_, style) in Style::ALL {
        for (_, declaration) in Declaration::ALL {
            let changes = Changes {
                style,
                declaration,
                ..Changes::default()
            };
            let sent = envelope(&soap, &names, operation, request.as_ref(), &changes);
            assert_eq!(outline(&sent), outline(message.as_bytes()));
            let text = String::from_utf8(sent).unwrap();
            assert_eq!(validator.errors(&text), Vec::<String>::new());
        }
    }
}

#[test]
fn changes_change_what_they_say() {
    let soap = calculator();
    let names = &usual(&soap)["calc"];
    let add = soap.operation("Add").unwrap();
    let request = json!({"Id": null, "Names": ["a<b", null], "Options": {"k": null}, "Parts": [null, {"Name": "x"}]});
    let sent = |changes: &Changes| {
        String::from_utf8(envelope(&soap, names, add, Some(&request), changes)).unwrap()
    };
    let plain = sent(&Changes::default());
    assert!(plain.contains("<Id i:nil=\"true\"/>") && plain.contains("a&lt;b"));
    let omitted = sent(&Changes {
        nulls: Nulls::Omit,
        ..Changes::default()
    });
    assert!(!omitted.contains("<Id"));
    let padded = sent(&Changes {
        pad: 100_000,
        ..Changes::default()
    });
    assert!(padded.len() >= 100_000);
    assert_eq!(outline(padded.as_bytes()), outline(plain.as_bytes()));
    let replaced = Changes {
        pad: 100_000,
        replace: vec![
            ("a<b".to_owned(), "<x/>".to_owned()),
            (String::new(), "@".to_owned()),
        ],
        ..Changes::default()
    };
    let replaced = sent(&replaced);
    assert!(replaced.len() > 99_000 && replaced.contains("><x/><") && !replaced.contains('@'));
    let other = Changes {
        namespace: Some("urn:other".to_owned()),
        ..Changes::default()
    };
    assert!(sent(&other).contains("<Add xmlns=\"urn:other\"><request"));
    assert_eq!(
        encode::action(names, add, &Changes::default()),
        "\"urn:calc/ICalculator/Add\""
    );
    let nil = envelope(&soap, names, add, Some(&Value::Null), &Changes::default());
    assert!(String::from_utf8(nil).unwrap().contains(
        "<request xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"/>"
    ));
}

fn read(message: &str) -> Decoded {
    let soap = calculator();
    let names = &usual(&soap)["calc"];
    decode(
        &soap,
        Some(names),
        soap.operation("Add"),
        message.as_bytes(),
    )
}

const ENTRY: &str =
    "<b:KeyValueOfstringstring><b:Key>a</b:Key><b:Value>b</b:Value></b:KeyValueOfstringstring>";

#[rstest]
#[case::cut(added("<Ok>").replace("</AddResult>", ""), IssueKind::NotWellFormed)]
#[case::entity(added("<Code>&nbsp;</Code>"), IssueKind::NotWellFormed)]
#[case::deep(added(&"<Part>".repeat(300)), IssueKind::NotWellFormed)]
#[case::dtd(format!("<!DOCTYPE s:Envelope [<!ENTITY x \"]>\">]>{}", added("")), IssueKind::Dtd)]
#[case::inclusion(
    added("<x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" href=\"a\"/>"),
    IssueKind::Dtd
)]
#[case::soap12(added("").replace("schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap-envelope"), IssueKind::Envelope)]
#[case::no_body("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>".to_owned(), IssueKind::Envelope)]
#[case::body_namespace(added("").replace("s:Body", "Body"), IssueKind::Envelope)]
#[case::other_document("<html/>".to_owned(), IssueKind::Envelope)]
#[case::page("<!DOCTYPE html>\n<html><p>&nbsp;</html>".to_owned(), IssueKind::Envelope)]
#[case::foreign_fault(around("<Fault xmlns=\"urn:x\"/>"), IssueKind::Envelope)]
#[case::empty_body(around(""), IssueKind::Wrapper)]
#[case::answer_name(added("").replace("AddResponse", "AddAnswer"), IssueKind::Wrapper)]
#[case::answer_namespace(added("").replace("urn:calc", "urn:x"), IssueKind::Wrapper)]
#[case::result_name(added("<Ok>true</Ok>").replace("AddResult", "return"), IssueKind::Wrapper)]
#[case::no_result(
    around("<AddResponse xmlns=\"urn:calc\"><Ok>true</Ok><Total>1</Total></AddResponse>"),
    IssueKind::Wrapper
)]
#[case::order(added("<Total>1</Total><Ok>true</Ok>"), IssueKind::Order)]
#[case::twice(added("<Ok>true</Ok><Ok>true</Ok>"), IssueKind::Order)]
#[case::namespace(added("<Ok xmlns=\"\">true</Ok>"), IssueKind::Namespace)]
#[case::item_name(added("<Items><b:item>a</b:item></Items>"), IssueKind::Items)]
#[case::item_namespace(added("<Items><string>a</string></Items>"), IssueKind::Items)]
#[case::carrier_item(added("<Parts><part/></Parts>"), IssueKind::Items)]
#[case::list_as_text(added("<Items>a;b</Items>"), IssueKind::Items)]
#[case::value_first(
    added(
        "<Extra><b:KeyValueOfstringstring><b:Value/><b:Key/></b:KeyValueOfstringstring></Extra>"
    ),
    IssueKind::Items
)]
#[case::no_key(
    added("<Extra><b:KeyValueOfstringstring><b:Value/></b:KeyValueOfstringstring></Extra>"),
    IssueKind::Items
)]
#[case::nil_key(
    added(
        "<Extra><b:KeyValueOfstringstring><b:Key i:nil=\"1\"/><b:Value/></b:KeyValueOfstringstring></Extra>"
    ),
    IssueKind::Items
)]
#[case::key_namespace(
    added("<Extra><b:KeyValueOfstringstring><Key/><b:Value/></b:KeyValueOfstringstring></Extra>"),
    IssueKind::Items
)]
#[case::duplicate(added(&format!("<Extra>{ENTRY}{ENTRY}</Extra>")), IssueKind::DuplicateKey)]
#[case::boolean(added("<Ok>True</Ok>"), IssueKind::Boolean)]
#[case::nil_boolean(added("<Ok i:nil=\"true\"/>"), IssueKind::Boolean)]
#[case::integer(added("<Total>1.5</Total>"), IssueKind::Integer)]
#[case::nil_integer(added("<Total i:nil=\"true\"/>"), IssueKind::Integer)]
#[case::nil_enum(added("<Mood i:nil=\"true\"/>"), IssueKind::Schema)]
fn every_kind_of_issue_is_found(#[case] message: String, #[case] kind: IssueKind) {
    let found = read(&message).issues;
    assert!(!found.is_empty());
    // What is included is no member either.
    let other = |issue: &&Issue| kind != IssueKind::Dtd || issue.kind != IssueKind::Addition;
    for issue in found.iter().filter(other) {
        assert_eq!(issue.kind, kind, "{issue:?}");
    }
    // An issue by itself does not hide what the members say.
    if kind == IssueKind::Order {
        assert_eq!(read(&message).answer.unwrap()["Ok"], json!(true));
    }
}

#[test]
fn every_kind_is_judged_where_there_is_something_to_judge() {
    let message = added(&format!(
        "<Ok>true</Ok><Extra>{ENTRY}</Extra><Items><b:string/></Items><Mood>Calm</Mood><Total>1</Total>"
    ));
    let judged = read(&message).judged;
    for kind in IssueKind::ALL
        .iter()
        .filter(|kind| **kind != IssueKind::Schema)
    {
        assert!(
            judged.get(kind.name()).is_some_and(|count| *count > 0),
            "{}",
            kind.name()
        );
    }
}

#[test]
fn many_issues_of_a_kind_do_not_hide_another() {
    let parts = "<Part xmlns=\"urn:x\"><Name/></Part>".repeat(500);
    let decoded = read(&added(&format!("<Parts>{parts}</Parts><Total>x</Total>")));
    assert!(decoded.issues.len() < 100);
    assert!(
        decoded
            .issues
            .iter()
            .any(|issue| issue.kind == IssueKind::Integer)
    );
}

#[test]
fn pages_of_servers_are_no_envelopes() {
    let page = read(
        "<!-- <s:Envelope> --><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" \"x>y\"><html/>",
    );
    assert!(!page.envelope);
    let hidden = read(
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ELEMENT html ANY> <!ENTITY b '>]'>]><s:Envelope xmlns:s=\"x\"/>",
    );
    assert!(hidden.envelope);
}
