//! Application keys in every form, and what is none.

use super::*;

use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::auth::testing::{KEY, SHORT_KEY, SIGNED, signature};

// One throw-away key, written by other tools in every form.
const XML: &str = include_str!("../testdata/application.xml");
const SHUFFLED_XML: &str = include_str!("../testdata/application-shuffled.xml");
const PKCS1: &str = include_str!("../testdata/application-pkcs1.pem");
const PKCS8: &str = include_str!("../testdata/application-pkcs8.pem");
const PUBLIC_PEM: &str = include_str!("../testdata/application-public.pem");
const PUBLIC_PKCS1: &str = include_str!("../testdata/application-public-pkcs1.pem");
const CERTIFICATE: &str = include_str!("../testdata/application-certificate.pem");
const SHORT: &str = include_str!("../testdata/rsa-1024.pem");

fn pair() -> ApplicationKeyPair {
    ApplicationKeyPair::parse(PKCS8).expect("a key")
}

#[test]
fn every_form_of_the_private_half_gives_the_same_key() {
    let crlf = PKCS1.replace('\n', "\r\n");
    let marked = format!("\u{feff}\n  {XML}");
    let with_certificate = format!("{CERTIFICATE}{PKCS8}");
    for text in [
        XML,
        SHUFFLED_XML,
        PKCS1,
        PKCS8,
        &crlf,
        &marked,
        &with_certificate,
    ] {
        let pair = ApplicationKeyPair::parse(text).expect("a key");
        assert_eq!(pair.to_rsa_xml(), XML.trim_end());
        assert_eq!(pair.to_pkcs1_pem(), PKCS1);
        assert_eq!(pair.to_pkcs8_pem(), PKCS8);
        assert_eq!(pair.public_pem(), PUBLIC_PEM);
        assert_eq!(pair.public().to_pem(), PUBLIC_PEM);
    }
}

#[test]
fn every_form_of_the_public_half_gives_the_same_key() {
    let public_xml = pair().public_rsa_xml();
    let indented = public_xml.replace("<", "\n  <").replace(">", ">\n  ");
    let namespaced = public_xml.replace(
        "<RSAKeyValue>",
        "<RSAKeyValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">",
    );
    for text in [
        public_xml.as_str(),
        &indented,
        &namespaced,
        PUBLIC_PEM,
        PUBLIC_PKCS1,
        CERTIFICATE,
    ] {
        let key = ApplicationKey::parse(text).expect("a key");
        assert_eq!(key, pair().public());
        assert_eq!((key.bits(), key.modulus_len()), (2048, 256));
        assert_eq!(key.to_rsa_xml(), public_xml);
        assert_eq!(key.thumbprint(), pair().public().thumbprint());
    }
    assert!(!public_xml.contains("<D>"));
    assert_eq!(pair().public().thumbprint().len(), 64);
    assert_ne!(
        pair().public().thumbprint(),
        ApplicationKey::parse(&KEY.public_pem())
            .expect("a key")
            .thumbprint()
    );
}

#[test]
fn signatures_are_those_of_other_tools() {
    // PKCS#1 v1.5 has no randomness, so the bytes are the same.
    let expected = signature("sha256");
    let pair = pair();
    assert_eq!(pair.sign(SIGNED.as_bytes()).expect("a signature"), expected);
    assert!(pair.public().verify(SIGNED.as_bytes(), &expected));
    assert!(!pair.public().verify(b"another message", &expected));
    assert!(!pair.public().verify(SIGNED.as_bytes(), &expected[1..]));
    assert!(!pair.public().verify(SIGNED.as_bytes(), &[]));
}

#[test]
fn a_short_key_verifies_and_does_not_sign() {
    let key = &*SHORT_KEY;
    assert_eq!((key.bits(), key.modulus_len()), (1024, 128));
    let signature = signature("short-key-sha256");
    assert!(key.verify(SIGNED.as_bytes(), &signature));
    let error = ApplicationKeyPair::parse(SHORT).expect_err("a short key");
    assert!(
        error.to_string().contains("found an RSA key of 1024 bits"),
        "{error}"
    );
}

#[test]
fn a_generated_pair_works_in_every_form() {
    let pair = ApplicationKeyPair::generate().expect("a key");
    assert_eq!(pair.public().bits(), 2048);
    for text in [pair.to_rsa_xml(), pair.to_pkcs1_pem(), pair.to_pkcs8_pem()] {
        let again = ApplicationKeyPair::parse(&text).expect("a key");
        let signature = again.sign(b"x").expect("a signature");
        assert!(pair.public().verify(b"x", &signature));
    }
    for text in [pair.public_rsa_xml(), pair.public_pem()] {
        assert_eq!(ApplicationKey::parse(&text), Ok(pair.public()));
    }
}

#[test]
fn a_jwt_holds_what_was_asked_for() {
    let token = pair()
        .sign_jwt(&json!({"alg": "RS256"}), &json!({"nonce": "N"}))
        .expect("a token");
    let (header, claims) = crate::auth::split_token(&token).expect("three parts");
    assert_eq!(header, json!({"alg": "RS256"}));
    assert_eq!(claims, json!({"nonce": "N"}));
    let (message, signature) = token.rsplit_once('.').expect("a dot");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    assert!(pair().public().verify(message.as_bytes(), &signature));
}

#[test]
fn what_is_no_private_half_says_what_was_expected_and_found() {
    let pair = pair();
    let ec = rcgen::KeyPair::generate()
        .expect("an EC key")
        .serialize_pem();
    let mixed = PKCS8.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let old_encrypted = PKCS1.replacen(
        "-----\n",
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
        1,
    );
    let damaged = PKCS8.replace("MII", "M!I");
    let cut = &PKCS8[..300];
    let without = |name: &str| {
        let xml = pair.to_rsa_xml();
        let (head, rest) = xml.split_once(&format!("<{name}>")).expect("a member");
        let (_, tail) = rest.split_once(&format!("</{name}>")).expect("its end");
        format!("{head}{tail}")
    };
    let foreign = {
        let other = ApplicationKeyPair::generate().expect("a key").to_rsa_xml();
        let (_, rest) = other.split_once("<P>").expect("P");
        let xml = pair.to_rsa_xml();
        let (head, _) = xml.split_once("<P>").expect("P");
        format!("{head}<P>{rest}")
    };
    let dtd = format!("<!DOCTYPE a SYSTEM \"file:///etc/passwd\">{XML}");
    let cases = [
        ("", "found nothing"),
        ("hello", "starts neither with `<` nor with `-----BEGIN`"),
        ("{\"kty\":\"RSA\"}", "found JSON"),
        ("<a/>", "XML without an element `RSAKeyValue`"),
        ("<a", "not well-formed"),
        (&dtd, "has a DTD"),
        (&pair.public_rsa_xml(), "the public half alone"),
        (&without("DQ"), "RSA XML without `DQ`"),
        (&without("Modulus"), "RSA XML without `Modulus`"),
        (&XML.replace("<D>", "<D>!"), "whose `D` is not Base64"),
        (
            &XML.replace("<Exponent>", "<P>AQAB</P><Exponent>"),
            "`P` twice",
        ),
        (&foreign, "do not belong together"),
        (PUBLIC_PEM, "found a public key in PEM"),
        (CERTIFICATE, "found a certificate in PEM"),
        (&ec, "another kind than RSA"),
        (&mixed, "an encrypted private key"),
        (&old_encrypted, "an encrypted private key"),
        (&damaged, "a private key in PEM whose Base64 is damaged"),
        (cut, "PEM without its last line"),
    ];
    for (text, expected) in cases {
        let error = ApplicationKeyPair::parse(text).expect_err(expected);
        let error = error.to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.starts_with("expected the private half"), "{error}");
    }
}

#[test]
fn what_is_no_public_half_says_what_was_expected_and_found() {
    let ec = rcgen::KeyPair::generate().expect("an EC key");
    let ec_public = pem(
        "PUBLIC KEY",
        &rcgen::PublicKeyData::subject_public_key_info(&ec),
    );
    let tiny = pem(
        "RSA PUBLIC KEY",
        &sequence_of_integers(&[&[0xff; 64], &[1, 0, 1]]),
    );
    let even = pem(
        "RSA PUBLIC KEY",
        &sequence_of_integers(&[&[0xfe; 256], &[1, 0, 1]]),
    );
    let both = format!("{CERTIFICATE}{PKCS8}");
    let cases = [
        ("", "found nothing"),
        (XML, "RSA XML with the private half"),
        (PKCS8, "a private key in PEM; keep that with the connector"),
        (PKCS1, "a private key in PEM; keep that with the connector"),
        (&both, "a private key in PEM; keep that with the connector"),
        ("<RSAKeyValue/>", "RSA XML without `Modulus`"),
        (
            "<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>",
            "RSA XML without `Exponent`",
        ),
        (&ec_public, "damaged or not RSA"),
        (&tiny, "an RSA key of 512 bits, where 1024 to 8192"),
        (&even, "modulus or exponent is impossible"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            "a certificate request",
        ),
    ];
    for (text, expected) in cases {
        let error = ApplicationKey::parse(text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.starts_with("expected the public half"), "{error}");
    }
}

#[test]
fn other_pem_is_called_by_its_name() {
    let encrypted =
        "an encrypted private key (take the password off, for example with `openssl pkey`)";
    for (tag, words) in [
        ("PUBLIC KEY", "a public key in PEM"),
        ("RSA PUBLIC KEY", "a public key in PEM"),
        ("CERTIFICATE", "a certificate in PEM"),
        ("EC PRIVATE KEY", "a private key for elliptic curves"),
        (
            "OPENSSH PRIVATE KEY",
            "a private key in the form of OpenSSH",
        ),
        ("CERTIFICATE REQUEST", "a certificate request"),
        ("NEW CERTIFICATE REQUEST", "a certificate request"),
        ("ENCRYPTED PRIVATE KEY", encrypted),
        ("DH PARAMETERS", "PEM of another kind"),
    ] {
        let text = pem(tag, b"content");
        let error = ApplicationKeyPair::parse(&text).expect_err(tag).to_string();
        assert_eq!(error, format!("expected {PRIVATE}; found {words}"));
        let damaged = text.replace("\n-----END", "!\n-----END");
        let error = ApplicationKeyPair::parse(&damaged)
            .expect_err(tag)
            .to_string();
        let words = match tag {
            "ENCRYPTED PRIVATE KEY" => words.to_owned(),
            _ => format!("{words} whose Base64 is damaged"),
        };
        assert_eq!(error, format!("expected {PRIVATE}; found {words}"));
    }
}

#[test]
fn an_exponent_has_at_most_33_bits() {
    let of = |exponent: &[u8]| {
        let modulus = [0xff; 256];
        ApplicationKey::parse(&pem(
            "RSA PUBLIC KEY",
            &sequence_of_integers(&[&modulus, exponent]),
        ))
    };
    assert!(of(&[3]).is_ok() && of(&[1, 0, 0, 0, 1]).is_ok());
    for impossible in [
        &[1][..],
        &[2],
        &[],
        &[2, 0, 0, 0, 1],
        &[1, 0, 0, 0, 0, 0, 1],
    ] {
        let error = of(impossible).expect_err("an impossible exponent");
        assert!(error.to_string().contains("impossible"), "{error}");
    }
}

#[test]
fn secrets_stand_in_no_error_and_no_debug_output_and_can_be_searched_for() {
    let pair = pair();
    let secrets = pair.secret_numbers();
    // This key's D begins with a zero, so Base64 of the number alone is not in the XML.
    let member = |name: &str| {
        let (_, rest) = XML.split_once(&format!("<{name}>")).expect("a member");
        rest.split_once('<').expect("its end").0.to_owned()
    };
    for name in ["D", "P", "Q"] {
        let text = member(name);
        let bytes = STANDARD.decode(&text).expect("Base64");
        let bare = crate::auth::der::magnitude(&bytes);
        for spelling in [
            text.trim_end_matches('=').to_owned(),
            STANDARD_NO_PAD.encode(bare),
            URL_SAFE_NO_PAD.encode(bare),
            hex(bare),
            hex(bare).to_uppercase(),
        ] {
            assert!(secrets.contains(&spelling), "{name}");
        }
    }
    for public in ["Modulus", "Exponent"] {
        let text = member(public);
        assert!(!secrets.contains(&text.trim_end_matches('=').to_owned()));
    }
    let debug = format!("{pair:?}");
    assert!(debug.contains(&pair.public().thumbprint()) && debug.len() < 120);
    for text in [XML.replace("<DQ>", "<DQ>!"), PKCS8.replace("MII", "MIJ")] {
        let error = ApplicationKeyPair::parse(&text).expect_err("damaged");
        assert!(error.to_string().len() < 300, "{error}");
    }
}
