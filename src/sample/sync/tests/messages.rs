//! Messages, descriptions, and what does not start.

use super::*;

#[tokio::test]
async fn a_message_that_is_no_call_runs_nothing() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let action = format!("\"{N}/IErpConnectorWS/WSGetConfigData\"");
    let body = format!("<WSGetConfigData xmlns=\"{N}\"/>");
    let fault = |got: Got, code: &str| {
        assert_eq!(got.status, 500, "{}", got.body);
        assert_eq!(got.text("faultcode").as_deref(), Some(code), "{}", got.body);
        assert_eq!(got.kind, "text/xml; charset=utf-8");
    };
    assert_eq!(bench.envelope(&action, "", &body).await.state(), "Ok");
    let unknown = "a:ActionNotSupported";
    fault(
        bench
            .envelope(&format!("{N}/IErpConnectorWS/Nope"), "", &body)
            .await,
        unknown,
    );
    fault(bench.envelope("", "", &body).await, unknown);
    fault(
        bench
            .envelope(&action, "", "<WSGetConfigData xmlns=\"urn:x\"/>")
            .await,
        unknown,
    );
    let other = format!("\"{N}/IErpConnectorWS/WSGetActors\"");
    fault(bench.envelope(&other, "", &body).await, unknown);
    let header = "<s:Header><x:Y xmlns:x=\"urn:x\" s:mustUnderstand=\"1\"/></s:Header>";
    fault(
        bench.envelope(&action, header, &body).await,
        "s:MustUnderstand",
    );
    let header = "<s:Header><x:Y xmlns:x=\"urn:x\"/></s:Header>";
    assert_eq!(bench.envelope(&action, header, &body).await.state(), "Ok");
    for text in ["<a", "<a/>", "", "<!DOCTYPE a [<!ENTITY x \"y\">]><a/>"] {
        fault(bench.post(&action, "text/xml", text).await, "s:Client");
    }
    let soap12 = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"/>";
    fault(
        bench.post(&action, "text/xml", soap12).await,
        "s:VersionMismatch",
    );
    let json = bench.post(&action, "application/json", "{}").await;
    assert_eq!(json.status, 415);
    let long = bench
        .post(&action, "text/xml", vec![b' '; 5 * 1024 * 1024])
        .await;
    assert_eq!(long.status, 413);
    let answer = bench.client.get(bench.sample.base_url()).send().await;
    assert_eq!(
        answer.map(|answer| answer.status().as_u16()).ok(),
        Some(405)
    );
}

#[tokio::test]
async fn descriptions_are_published() {
    for name in ["erp-sync", "mirroring-auth"] {
        let bench = Bench::new(name, Variant::Full, &[]).await;
        for query in ["wsdl", "singleWsdl", "xsd=xsd0"] {
            let url = format!("{}?{query}", bench.sample.base_url());
            let answer = bench.client.get(url).send().await;
            let got = got(answer.unwrap_or_else(|error| panic!("{error}"))).await;
            assert_eq!(
                (got.status, got.kind.starts_with("text/xml")),
                (200, true),
                "{query}"
            );
            assert!(query.starts_with("xsd") || got.body.contains(bench.sample.base_url()));
        }
    }
}

#[tokio::test]
async fn messages_are_understood_in_every_dress() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let action = format!("{N}/IErpConnectorWS/WSGetActors");
    let members = |p: &str, extra: &str| {
        format!(
            "<{p}ConnectionGuid>{{{}}}</{p}ConnectionGuid><{p}ActorType>Customer</{p}ActorType>\
             <{p}ErpKeys><b:string>NO-C101</b:string></{p}ErpKeys>\
             <{p}FieldKeys><b:string>NAME</b:string></{p}FieldKeys>{extra}",
            GUID.to_uppercase()
        )
    };
    let prefixed = format!(
        "<q:Envelope xmlns:q=\"{}\" xmlns:ns0=\"{N}\" xmlns:b=\"{ARRAYS}\"><q:Body><ns0:WSGetActors>\
         <ns0:request>{}</ns0:request></ns0:WSGetActors></q:Body></q:Envelope>",
        xml::SOAP,
        members("ns0:", "<Extra>1</Extra>")
    );
    let bare = format!(
        "<s:Envelope xmlns:s=\"{}\"><s:Body><GetActorsRequestWS xmlns=\"{N}\" xmlns:b=\"{ARRAYS}\">{}\
         </GetActorsRequestWS></s:Body></s:Envelope>",
        xml::SOAP,
        members("", "")
    );
    for text in [
        prefixed.clone(),
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{prefixed}"),
        format!("\u{feff}<?xml version=\"1.0\"?>{prefixed}"),
        bare,
    ] {
        let got = bench.post(&action, "text/xml", text).await;
        assert_eq!(
            got.text("Value").as_deref(),
            Some("Orkdal Senter AS"),
            "{}",
            got.body
        );
    }
    let padding = " ".repeat(1_200_000);
    let long = bench
        .ask(
            "WSGetActors",
            &format!("{padding}<ActorType>Customer</ActorType>"),
        )
        .await;
    assert_eq!(long.state(), "Ok");
}

#[tokio::test]
async fn variants_offer_what_they_say() {
    let bench = Bench::connected(Variant::ReadOnly, &[]).await;
    let create = format!(
        "<Actor>{}</Actor>",
        actor("Customer", "", &[("NAME", "x")], None)
    );
    let got = bench.ask("WSCreateActor", &create).await;
    assert_eq!(
        (got.state().as_str(), got.text("ErrorCode")),
        ("Error", None)
    );
    assert!(!bench.sample.target().allow_writes);
    let bench = Bench::connected(Variant::NoSearch, &[]).await;
    let of_type = "<ActorType>Customer</ActorType>";
    let fields = bench.ask("WSGetSearchableFields", of_type).await;
    assert_eq!(
        (fields.state().as_str(), fields.texts("string").len()),
        ("Ok", 0)
    );
    assert_eq!(
        bench.ask("WSSearchActorsAdvanced", of_type).await.state(),
        "Error"
    );
}

#[tokio::test]
async fn a_fault_or_variant_of_another_sample_is_told() {
    let options = |name: &str, variant, fault: &str| SampleOptions {
        name: name.to_owned(),
        variant,
        faults: vec![fault.to_owned()],
        port: 0,
        https: false,
        trusted_keys: TrustedKeys::default(),
        application: Application::default(),
        clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
    };
    let message = async |options| match start(options).await {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let other = message(options("erp-sync", Variant::Full, "unknown-product-404")).await;
    assert!(
        other.contains("quote-rest") && other.contains("erp-sync"),
        "{other}"
    );
    let variant = message(options("mirroring-auth", Variant::NoSearch, "x")).await;
    assert!(variant.contains("no variant no-search"), "{variant}");
    assert!(faults().iter().any(|fault| fault.profile == "quote-rest"));
}
