//! XSDs and the validation by them.

use rstest::rstest;

use super::{added, calculator, envelope, usual};
use crate::soap::xsd::{Validator, schemas};

fn errors(message: &str) -> Vec<String> {
    let soap = calculator();
    Validator::new(&soap, &usual(&soap))
        .unwrap()
        .errors(message)
}

const FULL: &str = "<Code i:nil=\"true\"/><Mood>Angry</Mood><Ok>true</Ok>\
    <Extra><b:KeyValueOfstringstring><b:Key>a</b:Key><b:Value>1</b:Value></b:KeyValueOfstringstring>\
    <b:KeyValueOfstringstring><b:Key>c</b:Key><b:Value i:nil=\"true\"/></b:KeyValueOfstringstring></Extra>\
    <First><Fields/><Name>x</Name><Rank>1</Rank></First>\
    <Items><b:string>a</b:string><b:string i:nil=\"1\"/><b:string/></Items>\
    <Parts><Part><Name>a</Name></Part><Part i:nil=\"true\"/><Part/></Parts><Total>-5</Total>";

#[rstest]
#[case::full(FULL)]
#[case::nothing("")]
#[case::absent("<Ok>0</Ok><Total> 7 </Total>")]
#[case::nil(
    "<Code i:nil=\"true\"/><Extra i:nil=\"true\"/><First i:nil=\"true\"/><Items i:nil=\"true\"/><Parts i:nil=\"true\"/>"
)]
#[case::nil_with_blanks("<Parts i:nil=\" true \">\n  </Parts>")]
#[case::not_nil("<Code i:nil=\"false\">x</Code>")]
#[case::empty("<Code/><Extra/><First/><Items/><Parts/>")]
#[case::addition(
    "<Before/><Ok>true</Ok><x:Other xmlns:x=\"urn:x\"><x:y/></x:Other><Total>1</Total><Zzz>1</Zzz>"
)]
#[case::attributes(
    "<Code id=\"1\" x:y=\"2\" xmlns:x=\"urn:x\" xml:lang=\"en\">a</Code><First z:Id=\"i1\" xmlns:z=\"urn:z\"/>"
)]
#[case::types(
    "<Code i:type=\"xs:string\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">a</Code>\
    <Mood i:type=\"n:Mood\" xmlns:n=\"urn:calc\">Calm</Mood>\
    <Ok i:type=\"x:boolean\" xmlns:x=\"http://www.w3.org/2001/XMLSchema\">true</Ok>\
    <Extra i:type=\"b:ArrayOfKeyValueOfstringstring\"><b:KeyValueOfstringstring i:type=\"b:KeyValueOfstringstring\"><b:Key>a</b:Key><b:Value/></b:KeyValueOfstringstring></Extra>\
    <First i:type=\"Part\"/><Items i:type=\"b:ArrayOfstring\"/><Parts i:type=\"ArrayOfPart\"><Part i:type=\"Part\"/></Parts>"
)]
#[case::nil_with_type("<First i:nil=\"true\" i:type=\"Part\"/>")]
#[case::comments("<!-- a --><Code>a<!-- b -->c</Code><?pi?><Total><![CDATA[4]]></Total>")]
#[case::lines("<Code>one\ntwo &amp; &lt;three&gt; \u{1f600} &#13;</Code>\n\t<Ok>\n true\n</Ok>")]
fn accepts(#[case] members: &str) {
    assert_eq!(errors(&added(members)), Vec::<String>::new());
}

#[test]
fn accepts_any_prefixes_and_declarations() {
    let message = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"{}\" xmlns:q=\"urn:calc\">\
         <SOAP-ENV:Header><any/></SOAP-ENV:Header><SOAP-ENV:Body><q:AddResponse><q:AddResult xmlns:xsi=\"{}\" \
         xsi:type=\"q:AddResult\"><q:Code xsi:nil=\"true\"/><q:Items xmlns=\"{}\"><string>a</string></q:Items></q:AddResult></q:AddResponse>\
         </SOAP-ENV:Body></SOAP-ENV:Envelope>",
        crate::soap::ENVELOPE,
        crate::soap::INSTANCE,
        crate::soap::ARRAYS,
    );
    assert_eq!(errors(&message), Vec::<String>::new());
}

#[test]
fn accepts_a_derived_type_and_nil_results() {
    let derived = "<StatusResponse xmlns=\"urn:calc\"><StatusResult i:type=\"AddResult\"><Ok>true</Ok><Total>1</Total></StatusResult></StatusResponse>";
    assert_eq!(errors(&envelope(derived)), Vec::<String>::new());
    let nil = "<StatusResponse xmlns=\"urn:calc\"><StatusResult i:nil=\"true\"/></StatusResponse>";
    assert_eq!(errors(&envelope(nil)), Vec::<String>::new());
    assert_eq!(
        errors(&envelope("<StatusResponse xmlns=\"urn:calc\"/>")),
        Vec::<String>::new()
    );
}

#[rstest]
#[case::order("<Total>1</Total><Ok>true</Ok>", "AddResult/Ok")]
#[case::twice("<Ok>true</Ok><Ok>true</Ok><Ok>true</Ok>", "AddResult/Ok[2]")]
#[case::namespace("<x:Ok xmlns:x=\"urn:x\">true</x:Ok>", "foreign namespace")]
#[case::no_namespace("<Ok xmlns=\"\">true</Ok>", "foreign namespace")]
#[case::item_name("<Items><b:Item>a</b:Item></Items>", "Items/Item")]
#[case::item_namespace("<Items><string>a</string></Items>", "'string in namespace urn:calc'")]
#[case::entry_name(
    "<Extra><b:KeyValue><b:Key>a</b:Key><b:Value>b</b:Value></b:KeyValue></Extra>",
    "KeyValue"
)]
#[case::no_key(
    "<Extra><b:KeyValueOfstringstring><b:Value>b</b:Value></b:KeyValueOfstringstring></Extra>",
    "'Key'"
)]
#[case::no_value(
    "<Extra><b:KeyValueOfstringstring><b:Key>b</b:Key></b:KeyValueOfstringstring></Extra>",
    "'Value'"
)]
#[case::value_first(
    "<Extra><b:KeyValueOfstringstring><b:Value>b</b:Value><b:Key>a</b:Key></b:KeyValueOfstringstring></Extra>",
    "Key"
)]
#[case::boolean("<Ok>True</Ok>", "AddResult/Ok: 'True' is not a valid boolean")]
#[case::empty_boolean("<Ok/>", "boolean")]
#[case::int("<Total>1.0</Total>", "AddResult/Total: '1.0' is not a valid int")]
#[case::big_int("<Total>2147483648</Total>", "int")]
#[case::enumeration("<Mood>angry</Mood>", "Mood")]
#[case::enum_blank("<Mood> Calm</Mood>", "Mood")]
#[case::nil_bool("<Ok i:nil=\"true\"/>", "Ok")]
#[case::nil_int("<Total i:nil=\"true\"/>", "Total")]
#[case::nil_enum("<Mood i:nil=\"true\"/>", "Mood")]
#[case::nil_full("<Code i:nil=\"true\">a</Code>", "must have no content")]
#[case::nil_word("<Code i:nil=\"yes\">a</Code>", "nil is `yes`")]
#[case::nested(
    "<Parts><Part><Rank>x</Rank></Part></Parts>",
    "AddResult/Parts/Part/Rank"
)]
#[case::part_name("<Parts><Thing/></Parts>", "Thing")]
#[case::child_in_text("<Code><b>x</b></Code>", "Code")]
#[case::stray_text("<Parts>a,b</Parts>", "Parts")]
#[case::stray_in_carrier("oops<Ok>true</Ok>", "text")]
#[case::other_type("<First i:type=\"AddResult\"/>", "type Part in namespace urn:calc")]
#[case::unknown_prefix("<First i:type=\"zz:Part\"/>", "zz:Part")]
#[case::other_builtin(
    "<Ok i:type=\"x:string\" xmlns:x=\"http://www.w3.org/2001/XMLSchema\">true</Ok>",
    "xs:boolean"
)]
fn refuses(#[case] members: &str, #[case] told: &str) {
    let errors = errors(&added(members));
    assert!(
        errors.iter().any(|error| error.contains(told)),
        "{errors:#?}"
    );
    assert!(
        errors
            .iter()
            .all(|error| error.starts_with("/Envelope/Body/") && !error.contains('\u{b7}')),
        "{errors:#?}"
    );
}

#[rstest]
#[case::wrapper("<AddAnswer xmlns=\"urn:calc\"><AddResult/></AddAnswer>")]
#[case::wrapper_namespace("<AddResponse xmlns=\"urn:other\"><AddResult/></AddResponse>")]
#[case::result("<AddResponse xmlns=\"urn:calc\"><Result/></AddResponse>")]
#[case::result_namespace("<AddResponse xmlns=\"urn:calc\"><AddResult xmlns=\"\"/></AddResponse>")]
#[case::bare("<AddResult xmlns=\"urn:calc\"/>")]
fn refuses_wrong_wrappers(#[case] body: &str) {
    let errors = errors(&envelope(body));
    assert_eq!(errors.len(), 1, "{errors:#?}");
}

#[test]
fn leaves_faults_and_empty_bodies_alone() {
    assert!(
        errors(&envelope(
            "<s:Fault><faultcode>s:Server</faultcode></s:Fault>"
        ))
        .is_empty()
    );
    assert!(errors(&envelope("")).is_empty());
    assert!(errors("<html/>").is_empty());
}

#[test]
fn refuses_declarations_of_types_before_validation() {
    let dtd = added("").replace("<s:Envelope", "<!DOCTYPE x [<!ENTITY a \"b\">]><s:Envelope");
    let errors = errors(&dtd);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("document type"), "{errors:?}");
}

#[test]
fn judges_every_item_of_a_long_list_in_bounded_time() {
    let mut parts = String::new();
    for number in 0..60_000 {
        parts.push_str(&format!("<Part><Name>{number}</Name><Rank>1</Rank></Part>"));
    }
    let good = format!("<Code>a</Code><Parts>{parts}</Parts><Total>1</Total>");
    assert_eq!(errors(&added(&good)), Vec::<String>::new());
    let late = format!("<Parts>{parts}<Part><Rank>x</Rank></Part></Parts><Total>y</Total>");
    let found = errors(&added(&late));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("/Envelope/Body/AddResponse/AddResult/Parts/Part[60001]/Rank"),
        "{found:#?}"
    );
    let bad = parts.replace("<Rank>1", "<Rank>z");
    let start = std::time::Instant::now();
    assert_eq!(errors(&added(&format!("<Parts>{bad}</Parts>"))).len(), 50);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn writes_schemas_of_all_namespaces() {
    let soap = calculator();
    let written = schemas(&soap, &usual(&soap));
    let namespaces: Vec<&str> = written
        .iter()
        .map(|schema| schema.namespace.as_str())
        .collect();
    assert_eq!(
        namespaces,
        [
            crate::soap::ARRAYS,
            "http://tempuri.org/",
            "urn:calc",
            "urn:door:data"
        ]
    );
    let text: Vec<&str> = written.iter().map(|schema| schema.text.as_str()).collect();
    insta::assert_snapshot!(text.join("\n"));
    assert_eq!(schemas(&soap, &usual(&soap)), written);
}
