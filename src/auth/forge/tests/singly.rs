//! Each defect alone: with it taken away the token is a good one.

use super::*;

/// Verifies the signature alone, with the key that the token itself brings: what a
/// careless connector does.
fn trusts_header(token: &str) -> bool {
    let header = decode_header(token).expect("a header");
    let key = match (&header.jwk, &header.x5c) {
        (Some(jwk), _) => DecodingKey::from_jwk(jwk).expect("a key"),
        (None, Some(chain)) => {
            let der = STANDARD.decode(&chain[0]).expect("base64");
            let (_, certificate) =
                x509_parser::parse_x509_certificate(&der).expect("a certificate");
            DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data)
        }
        (None, None) => return false,
    };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    decode::<Value>(token, &key, &validation).is_ok()
}

#[test]
fn a_careless_verifier_falls_for_embedded_keys() {
    assert!(trusts_header(&forged(Defect::EmbeddedJwk)));
    assert!(trusts_header(&forged(Defect::EmbeddedX5c)));
}

#[test]
fn a_confused_verifier_falls_for_hs256() {
    for (defect, secret) in [
        (Defect::AlgHs256PublicKey, KEY.public_pem()),
        (
            Defect::AlgHs256Certificate,
            KEY.certificate_pem().to_owned(),
        ),
    ] {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(secret.as_bytes());
        assert!(
            decode::<Value>(forged(defect), &key, &validation).is_ok(),
            "{defect}"
        );
    }
}

#[test]
fn everything_but_the_defect_is_as_in_a_good_token() {
    let good = super::good();
    let (good_header, good_claims) = split_token(&good).expect("three parts");
    for defect in [
        Defect::FlippedSignature,
        Defect::StrippedSignature,
        Defect::OtherKey,
    ] {
        let token = forged(defect);
        assert_eq!(
            token.rsplit_once('.').expect("a dot").0,
            good.rsplit_once('.').expect("a dot").0
        );
    }
    for (defect, claims) in [
        (Defect::Expired, ["nbf", "exp"].as_slice()),
        (Defect::NotYetValid, &["nbf", "exp"]),
        (Defect::WrongAudience, &["aud"]),
        (Defect::WrongIssuer, &["iss"]),
        (Defect::MissingCustomer, &[CUSTOMER]),
        (Defect::UnknownCustomer, &[CUSTOMER]),
        (Defect::TamperedClaims, &["exp"]),
        (Defect::AlgNone, &[]),
        (Defect::EmbeddedJwk, &[]),
    ] {
        let (header, forged) = split_token(&forged(defect)).expect("three parts");
        let different: Vec<&str> = good_claims
            .as_object()
            .expect("an object")
            .iter()
            .filter(|(name, value)| forged.get(name.as_str()) != Some(value))
            .map(|(name, _)| name.as_str())
            .collect();
        let mut expected = claims.to_vec();
        expected.sort_unstable();
        let mut actual = different;
        actual.sort_unstable();
        assert_eq!(actual, expected, "{defect}");
        if !matches!(defect, Defect::AlgNone | Defect::EmbeddedJwk) {
            assert_eq!(header, good_header, "{defect}");
        }
    }
}

#[test]
fn the_flipped_bit_is_one_bit_of_the_decoded_signature() {
    let good = super::good();
    let signature = |token: &str| {
        let (_, signature) = token.rsplit_once('.').expect("a dot");
        URL_SAFE_NO_PAD.decode(signature).expect("base64url")
    };
    let (good, flipped) = (
        signature(&good),
        signature(&forged(Defect::FlippedSignature)),
    );
    let bits: u32 = good
        .iter()
        .zip(&flipped)
        .map(|(one, other)| (one ^ other).count_ones())
        .sum();
    assert_eq!((good.len(), bits), (256, 1));
    assert_ne!(good[128], flipped[128], "it is in the middle");
}

#[test]
fn a_token_of_the_past_is_consistent() {
    let mut template = template();
    template.claims.insert("iat".to_owned(), json!(0));
    let token = forge(&context(), &template, Defect::Expired).expect("a token");
    let (_, claims) = split_token(&token).expect("three parts");
    assert_eq!(claims["exp"], now().as_second() - 600);
    assert_eq!(claims["nbf"], now().as_second() - 960);
    assert_eq!(claims["iat"], claims["nbf"]);
}

/// Header and claims, and which of their members differ from those of a good token.
fn differences(token: &str) -> (Vec<String>, Vec<String>) {
    let (good_header, good_claims) = split_token(&good()).expect("three parts");
    let different = |good: &Value, other: &Value| {
        let (good, other) = (good.as_object(), other.as_object());
        let (good, other) = (good.expect("an object"), other.expect("an object"));
        let mut names: Vec<String> = good
            .keys()
            .chain(other.keys())
            .filter(|name| good.get(*name) != other.get(*name))
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let header = serde_json::from_str(&text(token, 0)).expect("JSON");
    let claims = serde_json::from_str(&text(token, 1)).expect("JSON");
    (
        different(&good_header, &header),
        different(&good_claims, &claims),
    )
}

#[track_caller]
fn differs(defect: Defect, header: &[&str], claims: &[&str]) {
    let (actual_header, actual_claims) = differences(&forged(defect));
    assert_eq!(
        (actual_header.as_slice(), actual_claims.as_slice()),
        (
            header
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .as_slice(),
            claims
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .as_slice(),
        ),
        "{defect}"
    );
}

#[test]
fn none_is_spelt_in_four_ways_with_and_without_signature() {
    for (defect, name, signature) in [
        (Defect::AlgNone, "none", ""),
        (Defect::AlgNoneCapitalized, "None", ""),
        (Defect::AlgNoneUpperCase, "NONE", ""),
        (Defect::AlgNoneMixedCase, "nOnE", ""),
        (Defect::AlgNoneGarbage, "none", "nor a signature"),
        (Defect::AlgNoneCapitalizedGarbage, "None", "nor a signature"),
        (Defect::AlgNoneUpperCaseGarbage, "NONE", "nor a signature"),
        (Defect::AlgNoneMixedCaseGarbage, "nOnE", "nor a signature"),
    ] {
        differs(defect, &["alg"], &[]);
        let token = forged(defect);
        let (header, _) = split_token(&token).expect("three parts");
        assert_eq!(
            (header["alg"].as_str(), text(&token, 2).as_str()),
            (Some(name), signature)
        );
    }
}

#[test]
fn other_algorithms_are_signed_with_the_right_key() {
    for (defect, name, algorithm) in [
        (Defect::AlgRs384, "RS384", Algorithm::RS384),
        (Defect::AlgRs512, "RS512", Algorithm::RS512),
        (Defect::AlgPs256, "PS256", Algorithm::PS256),
    ] {
        differs(defect, &["alg"], &[]);
        let token = forged(defect);
        let (header, _) = split_token(&token).expect("three parts");
        assert_eq!(header["alg"], name);
        assert!(is_signed_by(&token, &public(&KEY), algorithm), "{defect}");
        assert!(!is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    }
    differs(Defect::AlgEs256, &["alg"], &[]);
    let token = forged(Defect::AlgEs256);
    let (header, _) = split_token(&token).expect("three parts");
    assert_eq!(header["alg"], "ES256");
    let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().expect("a part"));
    assert_eq!(signature.expect("base64url").len(), 64);
}

#[test]
fn hs256_is_keyed_with_what_everybody_knows() {
    let modulus = KEY.jwk()["n"].as_str().expect("a modulus").to_owned();
    for (defect, secret) in [
        (Defect::AlgHs256PublicKey, KEY.public_pem().into_bytes()),
        (
            Defect::AlgHs256Certificate,
            KEY.certificate_pem().as_bytes().to_vec(),
        ),
        (
            Defect::AlgHs256CertificateDer,
            KEY.certificate_der().to_vec(),
        ),
        (Defect::AlgHs256Modulus, modulus.into_bytes()),
    ] {
        differs(defect, &["alg"], &[]);
        let key = DecodingKey::from_secret(&secret);
        assert!(
            is_signed_by(&forged(defect), &key, Algorithm::HS256),
            "{defect}"
        );
    }
}

#[test]
fn foreign_keys_sign_under_the_key_id_that_the_name_says() {
    for (defect, header) in [
        (Defect::OtherKey, [].as_slice()),
        (Defect::UnknownKid, &["kid", "x5t"]),
        (Defect::EmbeddedJwk, &["jwk", "kid", "x5t"]),
        (Defect::EmbeddedX5c, &["kid", "x5c", "x5t"]),
        (Defect::LinkedJku, &["jku", "kid", "x5t"]),
        (Defect::LinkedX5u, &["kid", "x5t", "x5u"]),
    ] {
        differs(defect, header, &[]);
        let token = forged(defect);
        assert!(
            is_signed_by(&token, &public(&OTHER), Algorithm::RS256),
            "{defect}"
        );
        let (header, _) = split_token(&token).expect("three parts");
        let key = if defect == Defect::OtherKey {
            &KEY
        } else {
            &OTHER
        };
        assert_eq!(
            (&header["kid"], &header["x5t"]),
            (&json!(key.kid()), &json!(key.x5t()))
        );
    }
    let header = |defect| split_token(&forged(defect)).expect("three parts").0;
    let jku = header(Defect::LinkedJku)["jku"].take();
    assert_eq!(jku, "http://127.0.0.1:9/canary/jku");
    let x5u = header(Defect::LinkedX5u)["x5u"].take();
    assert_eq!(x5u, "http://127.0.0.1:9/canary/x5u");

    differs(Defect::ApplicationKey, &[], &[]);
    let token = forged(Defect::ApplicationKey);
    let key = DecodingKey::from_rsa_pem(APPLICATION.public_pem().as_bytes()).expect("a key");
    assert!(is_signed_by(&token, &key, Algorithm::RS256));
}

#[test]
fn what_cannot_be_forged_says_what_is_missing() {
    let bare = ForgeContext {
        listener: None,
        application: None,
        ..context()
    };
    for (defect, need) in [
        (Defect::LinkedJku, "the address of a listener"),
        (Defect::LinkedX5u, "the address of a listener"),
        (
            Defect::ApplicationKey,
            "the private half of the application's key",
        ),
        (Defect::TamperedNonce, "a claim `nonce` in the token"),
        (Defect::DuplicateNonce, "a claim `nonce` in the token"),
        (Defect::DuplicateAudience, "a claim `aud` in the token"),
        (
            Defect::DuplicateAudienceRightFirst,
            "a claim `aud` in the token",
        ),
    ] {
        let error = forge(&bare, &TokenTemplate::default(), defect).expect_err(need);
        assert_eq!(
            error.to_string(),
            format!("a token with the defect `{defect}` needs {need}")
        );
    }
    // Everything else needs nothing but the keys.
    for defect in Defect::ALL {
        let is_needy = matches!(
            forge(&bare, &TokenTemplate::default(), *defect),
            Err(KeyError::Needs { .. })
        );
        let text = defect.name();
        let expected = ["linked", "application", "duplicate", "tampered-nonce"];
        assert_eq!(
            is_needy,
            expected.iter().any(|start| text.starts_with(start)),
            "{text}"
        );
    }
}

#[test]
fn an_unknown_extension_is_marked_as_critical() {
    differs(Defect::UnknownCrit, &["crit", EXTENSION], &[]);
    let token = forged(Defect::UnknownCrit);
    assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    let (header, _) = split_token(&token).expect("three parts");
    assert_eq!(header["crit"], json!([EXTENSION]));
    assert_eq!(header[EXTENSION], true);
}

#[test]
fn times_are_off_by_what_the_name_says() {
    let now = now().as_second();
    for (defect, nbf, exp) in [
        (Defect::Expired, -960, -600),
        (Defect::ExpiredLong, -1260, -900),
        (Defect::ExpiredShort, -480, -120),
        (Defect::NotYetValid, 600, 960),
        (Defect::NotYetValidLong, 900, 1260),
    ] {
        differs(defect, &[], &["exp", "nbf"]);
        let token = forged(defect);
        assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
        let (_, claims) = split_token(&token).expect("three parts");
        assert_eq!(
            (&claims["nbf"], &claims["exp"]),
            (&json!(now + nbf), &json!(now + exp))
        );
    }
}

#[test]
fn the_nonce_is_replaced_by_one_of_the_same_form() {
    differs(Defect::TamperedNonce, &[], &["nonce"]);
    let token = forged(Defect::TamperedNonce);
    let (_, claims) = split_token(&token).expect("three parts");
    let nonce = claims["nonce"].as_str().expect("a nonce");
    assert!(nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(token.rsplit('.').next(), good().rsplit('.').next());
}

#[test]
fn members_stand_twice_in_a_signed_text() {
    let good_text = text(&good(), 1);
    let (_, good_claims) = split_token(&good()).expect("three parts");
    for (defect, name, last) in [
        (Defect::DuplicateAudience, "aud", "spn:test-application"),
        (
            Defect::DuplicateAudienceRightFirst,
            "aud",
            "spn:another-audience",
        ),
        (Defect::DuplicateNonce, "nonce", ""),
    ] {
        let token = forged(defect);
        assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
        assert_eq!(text(&token, 0), text(&good(), 0));
        let payload = text(&token, 1);
        assert_eq!(payload.matches(&format!("\"{name}\":")).count(), 2);
        let (_, claims) = split_token(&token).expect("three parts");
        if last.is_empty() {
            assert_ne!(claims[name], good_claims[name]);
        } else {
            assert_eq!(claims[name], last);
        }
        // Without the added member it is the text of the good token.
        let first = good_text.strip_prefix('{').expect("an object");
        let open = good_text.strip_suffix('}').expect("an object");
        assert!(
            payload.ends_with(first) || payload.starts_with(open),
            "{defect}"
        );
    }
}

#[test]
fn parts_too_many_stand_behind_a_good_token() {
    for (defect, count) in [(Defect::FourParts, 4), (Defect::FiveParts, 5)] {
        let token = forged(defect);
        assert_eq!(token.split('.').count(), count);
        let first: Vec<&str> = token.split('.').take(3).collect();
        assert_eq!(first.join("."), good());
    }
    assert_eq!(forged(Defect::OnlyDots), "..");
    assert_eq!(
        format!("{}.", forged(Defect::TwoParts)),
        forged(Defect::StrippedSignature)
    );
}

#[test]
fn an_encrypted_token_has_the_parts_of_a_jwe() {
    let token = forged(Defect::Encrypted);
    let header: Value = serde_json::from_str(&text(&token, 0)).expect("JSON");
    assert_eq!(
        (&header["alg"], &header["enc"]),
        (&json!("RSA-OAEP"), &json!("A256GCM"))
    );
    let lengths: Vec<usize> = token
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url").len())
        .collect();
    assert_eq!(
        (lengths.len(), lengths[1], lengths[2], lengths[4]),
        (5, 256, 12, 16)
    );
    assert_eq!(token, forged(Defect::Encrypted));
}

#[test]
fn a_nested_token_is_good_inside_and_well_signed_outside() {
    let token = forged(Defect::Nested);
    assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    let header: Value = serde_json::from_str(&text(&token, 0)).expect("JSON");
    assert_eq!(
        (&header["alg"], &header["cty"]),
        (&json!("RS256"), &json!("JWT"))
    );
    verify(&text(&token, 1)).expect("a good token inside");
}

#[test]
fn parts_of_the_wrong_kind_are_well_signed() {
    let (good_header, good_claims) = split_token(&good()).expect("three parts");
    let parse = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let token = forged(Defect::HeaderNotObject);
    assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    assert_eq!(parse(text(&token, 0)), json!([good_header]));
    assert_eq!(parse(text(&token, 1)), good_claims);
    let token = forged(Defect::ClaimsNotObject);
    assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    assert_eq!(parse(text(&token, 0)), good_header);
    assert_eq!(parse(text(&token, 1)), json!([good_claims]));
    let token = forged(Defect::NotBase64Url);
    assert!(is_signed_by(&token, &public(&KEY), Algorithm::RS256));
    let payload = token.split('.').nth(1).expect("a payload");
    assert_eq!(payload.matches('!').count(), 1);
    assert_eq!(parse(text(&token.replace('!', ""), 1)), good_claims);
}

#[test]
fn strange_characters_are_all_that_differs() {
    for (defect, characters) in [
        (Defect::NonAscii, ["é"].as_slice()),
        (Defect::ControlCharacters, &["\u{7f}", "\u{85}"]),
        (Defect::RightToLeft, &["\u{202e}"]),
    ] {
        let mut token = forged(defect);
        for character in characters {
            assert_eq!(token.matches(character).count(), 1, "{defect}");
            token = token.replace(character, "");
        }
        assert_eq!(token, good(), "{defect}");
    }
}

#[test]
fn a_huge_token_is_good_but_for_its_size() {
    let token = forged(Defect::Huge);
    assert!((HUGE..HUGE + 4).contains(&token.len()), "{}", token.len());
    verify_any_length(&token).expect("a good token");
    assert_eq!(differences(&token), (vec![], vec!["padding".to_owned()]));
}

#[test]
fn unusual_dress_says_the_same() {
    let good_text = (text(&good(), 0), text(&good(), 1));
    for defect in [Defect::PrettyPrinted, Defect::Reordered] {
        differs(defect, &[], &[]);
        let token = forged(defect);
        assert_ne!(text(&token, 0), good_text.0, "{defect}");
        assert_ne!(text(&token, 1), good_text.1, "{defect}");
    }
    assert!(text(&forged(Defect::PrettyPrinted), 1).contains("\n  \"iss\": "));
    assert!(text(&forged(Defect::Reordered), 0).starts_with("{\"x5t\":"));
}

#[test]
fn the_middle_is_that_of_the_last_part_alone() {
    for (text, expected) in [
        ("", "!"),
        ("ab", "a!b"),
        ("a.b.", "a.b.!"),
        ("a.b.c", "a.b.!c"),
        ("a.b.cdef", "a.b.cd!ef"),
        ("aaaaaaaa.bb", "aaaaaaaa.b!b"),
    ] {
        assert_eq!(in_middle_of_last_part(text, "!"), expected);
    }
}

#[test]
fn whatever_the_bit_is_it_is_flipped() {
    for byte in [0, 1, 0x7e, 0xff] {
        let token = |bytes: [u8; 3]| format!("a.b.{}", URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(flip(&token([byte; 3])), token([byte, byte ^ 1, byte]));
    }
    assert_eq!((&*flip("a.b."), &*flip("no dot")), ("a.b.", "no dot"));
}
