//! The 17 operations.

use super::*;

#[tokio::test]
async fn connections_are_configured_known_and_kept_apart() {
    let bench = Bench::new("erp-sync", Variant::Full, &[]).await;
    let test = async |pairs: &[(&str, &str)]| bench.call("WSTestConfigData", &info(pairs)).await;
    assert_eq!(test(&good_values(0)).await.state(), "Ok");
    let missing = test(&good_values(0)[1..]).await;
    assert_eq!(missing.state(), "Error");
    assert!(
        missing
            .text("UserExplanation")
            .is_some_and(|text| text.starts_with("US:\""))
    );
    assert_eq!(bench.call("WSTestConfigData", "").await.state(), "Error");
    assert_eq!(
        test(&[(erp::CLIENT, "NO SME"), (erp::PASSWORD_FIELD, "guess")])
            .await
            .state(),
        "Error"
    );

    let unknown = bench.ask("WSTestConnection", "").await;
    assert_eq!(
        unknown.text("ErrorCode").as_deref(),
        Some("UNKNOWN_CONNECTION_ID")
    );
    assert_eq!(unknown.text("IsOk").as_deref(), Some("false"));
    assert_eq!(bench.save(GUID, 0).await.state(), "Ok");
    assert_eq!(bench.save(GUID, 0).await.state(), "Ok");
    assert_eq!(bench.save(OTHER, 1).await.state(), "Ok");
    assert_eq!(bench.ask("WSTestConnection", "").await.state(), "Ok");
    let zero = "00000000-0000-0000-0000-000000000000";
    assert_eq!(bench.save(zero, 0).await.state(), "Error");
    assert_eq!(bench.save("no-guid", 0).await.state(), "Error");
    for (guid, name) in [(GUID, "NO-C101"), (OTHER, "SE-C101")] {
        let members =
            format!("<ConnectionGuid>{guid}</ConnectionGuid><ActorType>Customer</ActorType>");
        let got = bench.call("WSGetActorsByTimestamp", &members).await;
        assert!(
            got.texts("ErpKey").iter().any(|key| key == name),
            "{}",
            got.body
        );
    }
    let deleted = format!("<ConnectionGuid>{OTHER}</ConnectionGuid>");
    for _ in 0..2 {
        assert_eq!(
            bench.call("WSDeleteConnection", &deleted).await.state(),
            "Ok"
        );
    }
    assert_eq!(
        bench.call("WSTestConnection", &deleted).await.state(),
        "Error"
    );
    assert_eq!(bench.ask("WSTestConnection", "").await.state(), "Ok");

    let list = format!("<ConnectionGuid>{zero}</ConnectionGuid><ListName>CountryList</ListName>");
    assert_eq!(bench.call("WSGetList", &list).await.texts("Key").len(), 4);
}

#[tokio::test]
async fn types_fields_lists_and_actors_are_told() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let types = bench
        .ask("WSGetSupportedActorTypes", "")
        .await
        .texts("string");
    assert_eq!(types, ["Customer", "Supplier", "Person", "Project"]);
    for kind in &types {
        let of_type = format!("<ActorType>{kind}</ActorType>");
        let fields = bench.ask("WSGetSupportedActorTypeFields", &of_type).await;
        let keys = fields.texts("FieldKey");
        assert!(keys.len() >= 7 && fields.texts("FieldType").len() == keys.len());
        for name in fields
            .texts("ListName")
            .iter()
            .filter(|name| !name.is_empty())
        {
            let list = bench
                .ask("WSGetList", &format!("<ListName>{name}</ListName>"))
                .await;
            assert_eq!(list.state(), "Ok", "{name}");
        }
        let searchable = bench
            .ask("WSGetSearchableFields", &of_type)
            .await
            .texts("string");
        assert!(!searchable.is_empty() && searchable.iter().all(|key| keys.contains(key)));
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let all = format!("{of_type}{}", strings("FieldKeys", &keys));
        let actors = bench.ask("WSGetActorsByTimestamp", &all).await;
        assert!(actors.texts("ErpActorWS").len() >= 6);
        assert_eq!(
            actors.texts("Key").len(),
            keys.len() * actors.texts("ErpActorWS").len()
        );
        let stamps = actors.texts("LastModified");
        let later = format!(
            "{of_type}<UpdatedOnOrAfter>{}</UpdatedOnOrAfter>",
            stamps[2]
        );
        let later = bench.ask("WSGetActorsByTimestamp", &later).await;
        assert_eq!(later.texts("LastModified"), stamps[2..]);
    }
    let wrong = bench
        .ask(
            "WSGetSupportedActorTypeFields",
            "<ActorType>Robot</ActorType>",
        )
        .await;
    assert_eq!(wrong.state(), "Error");
    let members = format!(
        "<ActorType>Person</ActorType>{}{}",
        strings("ErpKeys", &["NO-P301", "no-such-key", "NO-P301"]),
        strings("FieldKeys", &["FIRSTNAME", "BIRTHDATE", "NOPE"])
    );
    let got = bench.ask("WSGetActors", &members).await;
    assert_eq!(got.texts("ErpKey"), ["NO-P301"]);
    assert_eq!(
        got.texts("Value"),
        ["Kari", "[DT:07/21/1979 00:00:00.0000000]"]
    );
    assert_eq!(got.text("ParentErpKey").as_deref(), Some("NO-C101"));
    let items = format!(
        "<ListName>CustomerGroup</ListName>{}",
        strings("ListItemKeys", &["G4", "no"])
    );
    assert_eq!(
        bench.ask("WSGetListItems", &items).await.texts("Value"),
        ["Health care"]
    );
    assert_eq!(
        bench
            .ask("WSGetList", "<ListName>No</ListName>")
            .await
            .state(),
        "Error"
    );
}

#[tokio::test]
async fn every_operator_finds_and_passes_over() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let day = |text: &str| format!("[DT:{text}.0000000]");
    let since = day("03/14/2009 08:00:00");
    let (before, after) = (day("03/13/2009 08:00:00"), day("03/15/2009 08:00:00"));
    let cases: &[(&str, &str, &[&str], bool)] = &[
        ("NAME", "=", &["orkdal senter as"], true),
        ("NAME", "isnot", &["orkdal senter as"], false),
        ("NAME", "begins", &["ORK"], true),
        ("NAME", "begins", &["senter"], false),
        ("NAME", "notbegins", &["senter"], true),
        ("NAME", "contains", &["SENTER"], true),
        ("NAME", "notcontains", &["senter"], false),
        ("NAME", "ends", &["as"], true),
        ("NAME", "notends", &["as"], false),
        ("NAME", "between", &["Orkdal Senter AS", "p"], true),
        ("PAYDAYS", "=", &["[I:30]"], true),
        ("PAYDAYS", "=", &["30"], true),
        ("PAYDAYS", "!=", &["[I:30]"], false),
        ("PAYDAYS", ">", &["[I:29]"], true),
        ("PAYDAYS", "<", &["[I:30]"], false),
        ("PAYDAYS", ">=", &["[I:30]"], true),
        ("PAYDAYS", "<=", &["[I:29]"], false),
        ("PAYDAYS", "between", &["[I:30]", "[I:31]"], true),
        ("CREDITLIMIT", "=", &["[F:250000.5]"], true),
        ("CREDITLIMIT", ">", &["[F:250000.4]"], true),
        (
            "CREDITLIMIT",
            "between",
            &["[F:250000.6]", "[F:250001]"],
            false,
        ),
        ("ONHOLD", "=", &["[I:0]"], true),
        ("ONHOLD", "=", &["[I:1]"], false),
        ("CUSTGR", "oneof", &["G4", "G5"], true),
        ("CUSTGR", "oneof", &["G4"], false),
        ("CUSTGR", "notoneof", &["G4"], true),
        ("SINCE", "=", &[&since], true),
        ("SINCE", "before", &[&after], true),
        ("SINCE", "after", &[&since], false),
        ("SINCE", "beforeOrEqual", &[&since], true),
        ("SINCE", "afterOrEqual", &[&after], false),
        ("SINCE", "between", &[&before, &since], true),
    ];
    for (key, operator, values, expected) in cases {
        let members = format!(
            "<ActorType>Customer</ActorType>{}<Restrictions>{}</Restrictions>",
            strings("FieldKeys", &["NAME"]),
            restriction(key, operator, values)
        );
        let got = bench.ask("WSSearchActorsAdvanced", &members).await;
        let found = got.texts("ErpKey").iter().any(|key| key == "NO-C101");
        assert_eq!(
            (got.state().as_str(), found),
            ("Ok", *expected),
            "{key} {operator}"
        );
        assert!(!got.texts("Key").iter().any(|key| key != "NAME"));
    }
    let search = async |kind: &str, restrictions: &str| {
        let members =
            format!("<ActorType>{kind}</ActorType><Restrictions>{restrictions}</Restrictions>");
        bench.ask("WSSearchActorsAdvanced", &members).await
    };
    let both = restriction("NAME", "begins", &["ork"]) + &restriction("CUSTGR", "oneof", &["G4"]);
    assert_eq!(search("Customer", &both).await.texts("ErpKey").len(), 0);
    let parent = restriction("ParentErpKey", "=", &["NO-C101"])
        + &restriction("ParentActorType", "=", &["Customer"]);
    assert_eq!(
        search("Person", &parent).await.texts("ErpKey"),
        ["NO-P301", "NO-P302"]
    );
    for wrong in [
        restriction("NAME", "like", &["x"]),
        restriction("NOTE", "=", &["x"]),
        restriction("PAYDAYS", "=", &["x"]),
    ] {
        assert_eq!(search("Customer", &wrong).await.state(), "Error");
    }
    assert_eq!(search("Customer", "").await.texts("ErpKey").len(), 7);
}

#[tokio::test]
async fn simple_search_looks_at_names_and_parents() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let search = async |members: &str| bench.ask("WSSearchActors", members).await.texts("ErpKey");
    let text = |kind: &str, text: &str| {
        format!(
            "<ActorType>{kind}</ActorType><SearchText>{}</SearchText>",
            escaped(text)
        )
    };
    assert_eq!(
        search(&text("Customer", "ORKDAL senter")).await,
        ["NO-C101"]
    );
    assert_eq!(search(&text("Person", "Kari Nordmann")).await, ["NO-P301"]);
    assert_eq!(search(&text("Customer", "")).await.len(), 7);
    assert_eq!(search("<ActorType>Customer</ActorType>").await.len(), 7);
    assert_eq!(
        search(&text("Customer", "' \" % _ * [ ] \\ ;")).await.len(),
        0
    );
    let parent = |key: &str, text: &str| {
        format!(
            "<ActorType>Person</ActorType><ParentActorErpKey>{key}</ParentActorErpKey>\
             <ParentActorType>Customer</ParentActorType><SearchText>{text}</SearchText>"
        )
    };
    let by_parent = async |members: &str| bench.ask("WSSearchActorByParent", members).await;
    assert_eq!(
        by_parent(&parent("NO-C101", ""))
            .await
            .texts("ErpKey")
            .len(),
        2
    );
    assert_eq!(
        by_parent(&parent("NO-C101", "kari"))
            .await
            .texts("ErpKey")
            .len(),
        1
    );
    let none = by_parent(&parent("nobody", "")).await;
    assert_eq!(
        (none.state().as_str(), none.texts("ErpKey").len()),
        ("Ok", 0)
    );
}

#[tokio::test]
async fn actors_are_created_and_saved_by_the_rules() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let create = async |actor: &str| {
        bench
            .ask("WSCreateActor", &format!("<Actor>{actor}</Actor>"))
            .await
    };
    let text = "Fjord & <Fjell> \"AS\" 'x'\nsecond\r\nline Łódź 東京 👩‍🚀";
    let values = [
        ("NAME", "Fjord"),
        ("NOTE", text),
        ("PAYDAYS", "5"),
        ("NUMBER1", "[I:1]"),
    ];
    let got = create(&actor("Customer", "", &values, None)).await;
    assert_eq!(got.state(), "Ok", "{}", got.body);
    let key = got.text("ErpKey").unwrap_or_default();
    let stamp = got.text("LastModified").unwrap_or_default();
    assert_eq!(
        got.texts("Value")[1..3],
        [text.to_owned(), "[I:5]".to_owned()]
    );
    let read = format!(
        "<ActorType>Customer</ActorType>{}{}",
        strings("ErpKeys", &[&key]),
        strings("FieldKeys", &["NOTE", "NUMBER1", "NAME"])
    );
    let got = bench.ask("WSGetActors", &read).await;
    assert_eq!(got.text("LastModified"), Some(stamp.clone()));
    assert_eq!(got.texts("Value")[0], text);
    assert_ne!(got.texts("Value")[1], "[I:1]");

    let refused = async |body: &str, code: Option<&str>| {
        let got = create(body).await;
        assert_eq!(got.state(), "Error", "{body}");
        assert_eq!(got.text("ErrorCode").as_deref(), code, "{body}");
        assert!(got.text("UserExplanation").is_some() && got.text("Actor").is_none());
    };
    refused(&actor("Customer", "", &[], None), None).await;
    refused(&actor("Customer", "", &[("NAME", " ")], None), None).await;
    refused(&actor("Unknown", "", &[("NAME", "x")], None), None).await;
    refused(&actor("", "", &[("NAME", "x")], None), None).await;
    let long = "x".repeat(81);
    refused(&actor("Customer", "", &[("NAME", &long)], None), None).await;
    let unknown = [("NAME", "x"), ("NOPE", "y")];
    refused(
        &actor("Customer", "", &unknown, None),
        Some("UNKOWN_FIELDKEY"),
    )
    .await;
    let item = [("NAME", "x"), ("CUSTGR", "G9")];
    refused(
        &actor("Customer", "", &item, None),
        Some("UNKOWN_LISTITEM_ID"),
    )
    .await;
    let person = [("FIRSTNAME", "A"), ("LASTNAME", "B")];
    refused(&actor("Person", "", &person, None), None).await;
    refused(
        &actor("Person", "", &person, Some(("Customer", "none"))),
        None,
    )
    .await;
    let got = create(&actor("Person", "", &person, Some(("Customer", &key)))).await;
    assert_eq!(got.text("ParentErpKey"), Some(key.clone()));

    let save = async |actors: &[String]| {
        let actors = actors
            .iter()
            .map(|actor| format!("<ErpActorWS>{actor}</ErpActorWS>"));
        let members = format!("<Actors>{}</Actors>", actors.collect::<String>());
        bench.ask("WSSaveActors", &members).await
    };
    let got = save(&[actor("Customer", &key, &[("NAME", "Fjord ASA")], None)]).await;
    assert_eq!(
        (got.state(), got.text("ErpKey")),
        ("Ok".to_owned(), Some(key.clone()))
    );
    assert!(got.text("LastModified") > Some(stamp));
    let mixed = save(&[
        actor("Customer", "nobody", &[("NAME", "x")], None),
        actor("Supplier", "NO-S201", &[("LEADDAYS", "[I:9]")], None),
    ])
    .await;
    assert_eq!(
        (mixed.state().as_str(), mixed.texts("ErpKey").len()),
        ("Warning", 1)
    );
    let none = save(&[actor("Customer", &key, &[("NAME", "")], None)]).await;
    assert_eq!(
        (none.state().as_str(), none.text("Actors")),
        ("Error", None)
    );
    assert_eq!(save(&[]).await.state(), "Ok");
}

#[tokio::test]
async fn stamps_of_time_rise_although_the_clock_stands_still() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let mut last = String::new();
    for _ in 0..3 {
        let members = format!(
            "<ConnectionGuid>{OTHER}</ConnectionGuid><Actors><ErpActorWS>{}</ErpActorWS></Actors>",
            actor("Customer", "SE-C101", &[("PAYDAYS", "31")], None)
        );
        let got = bench.call("WSSaveActors", &members).await;
        let stamp = got.text("LastModified").unwrap_or_default();
        assert!(stamp > last && stamp.ends_with('Z'), "{}", got.body);
        last = stamp;
    }
}
