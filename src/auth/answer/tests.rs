//! Answers that are right, and answers with one thing wrong.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;

use super::*;
use crate::auth::application::ApplicationKeyPair;
use crate::auth::testing::{APPLICATION, SHORT_KEY, SIGNED, signature};

mod jwt;

const NONCE: &str = "BDB65A558F193A8DD88E50E7416C0D86";
const TIME: &str = "202109161125";

/// Twenty seconds into the minute of the answers.
fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn clock_now() -> Timestamp {
    at("2021-09-16T11:25:20Z")
}

fn answer(signature: &[u8]) -> String {
    format!("{SIGNED}.{}", STANDARD.encode(signature))
}

fn signed(nonce: &str, time: &str) -> String {
    let message = format!("{nonce}.{time}");
    let signature = APPLICATION.sign(message.as_bytes()).expect("a signature");
    format!("{message}.{}", STANDARD.encode(signature))
}

fn examine(token: &str) -> AnswerExamination {
    examine_answer(token, NONCE, &APPLICATION.public(), clock_now())
}

/// The aspects that fail.
fn failing(examination: &AnswerExamination) -> Vec<&'static str> {
    let failing = examination.findings.iter().filter(|found| found.fails());
    failing.map(|found| found.aspect.name()).collect()
}

fn actual(examination: &AnswerExamination, aspect: Aspect) -> &str {
    &examination.finding(aspect).expect("a finding").actual
}

/// Asserts that exactly these aspects fail, and that the first one says this.
#[track_caller]
fn fails(examination: &AnswerExamination, aspects: &[Aspect], words: &str) {
    let expected: Vec<&str> = aspects.iter().map(|aspect| aspect.name()).collect();
    assert_eq!(failing(examination), expected, "{examination:#?}");
    let actual = actual(examination, aspects[0]);
    assert!(actual.contains(words), "{actual}");
}

#[test]
fn a_good_answer_holds_in_every_aspect() {
    let examination = examine(&answer(&signature("sha256")));
    assert_eq!(failing(&examination), [""; 0]);
    assert!(examination.findings.iter().all(Finding::judged));
    assert_eq!(examination.ruling(), Ruling::Holds);
    assert_eq!(examination.first_failure(), None);
    assert_eq!(examination.format.name(), "nonce-timestamp-signature");
    assert_eq!(examination.nonce.as_deref(), Some(NONCE));
    assert_eq!(examination.timestamp, Some(at("2021-09-16T11:25:00Z")));
    assert_eq!(actual(&examination, Aspect::Length), "256 bytes");
    let first = &STANDARD.encode(signature("sha256"))[..8];
    assert_eq!(examination.shown, format!("{SIGNED}.{first}…"));
    let aspects: Vec<Aspect> = examination.findings.iter().map(|one| one.aspect).collect();
    assert_eq!(aspects, Aspect::ALL);
}

#[test]
fn aspects_and_formats_are_written_by_their_names() {
    for aspect in Aspect::ALL {
        assert_eq!(format!("{aspect:>12}"), format!("{:>12}", aspect.name()));
    }
    let formats = [
        AnswerFormat::NonceTimestampSignature,
        AnswerFormat::Jwt,
        AnswerFormat::Unknown,
    ];
    let written = formats.map(|format| format!("{format:.5}"));
    assert_eq!(written, ["nonce", "jwt", "unkno"]);
}

#[test]
fn a_key_of_1024_bits_verifies_too() {
    let text = answer(&signature("short-key-sha256"));
    let examination = examine_answer(&text, NONCE, &SHORT_KEY, clock_now());
    assert_eq!(failing(&examination), [""; 0]);
    for (name, words) in [
        ("short-key-sha1", "RSASSA-PKCS1-v1_5 with SHA-1 instead"),
        ("short-key-pss-sha256", "RSASSA-PSS with SHA-256 instead"),
    ] {
        let text = answer(&signature(name));
        let examination = examine_answer(&text, NONCE, &SHORT_KEY, clock_now());
        fails(&examination, &[Aspect::Signature], words);
    }
}

#[test]
fn a_signature_made_in_another_way_names_the_way_and_clears_the_key() {
    for (name, words) in [
        (
            "md5",
            "but by RSASSA-PKCS1-v1_5 with MD5 instead of SHA-256",
        ),
        (
            "sha1",
            "but by RSASSA-PKCS1-v1_5 with SHA-1 instead of SHA-256",
        ),
        ("sha224", "with SHA-224 instead of SHA-256"),
        ("sha384", "with SHA-384 instead of SHA-256"),
        ("sha512", "with SHA-512 instead of SHA-256"),
        (
            "pss-sha256",
            "but by RSASSA-PSS with SHA-256 instead of RSASSA-PKCS1-v1_5",
        ),
        (
            "pss-sha256-longest-salt",
            "but by RSASSA-PSS with SHA-256 instead",
        ),
        ("pss-sha1", "but by RSASSA-PSS with SHA-1 instead"),
        (
            "pss-sha512-no-salt",
            "but by RSASSA-PSS with SHA-512 instead",
        ),
        (
            "bare-digest",
            "without DigestInfo, over the SHA-256 digest of `nonce.timestamp`",
        ),
        (
            "bare-text",
            "but by padding the bytes themselves, without DigestInfo",
        ),
    ] {
        let examination = examine(&answer(&signature(name)));
        fails(&examination, &[Aspect::Signature], words);
        let key = examination.finding(Aspect::Key).expect("a finding");
        assert_eq!(
            (key.ruling, key.actual.as_str()),
            (Ruling::Holds, "this key")
        );
        // MD5 is not computed, so what it is over stays open.
        let over = actual(&examination, Aspect::Signature).contains(", over");
        assert_eq!(over, ["md5", "bare-digest"].contains(&name), "{name}");
    }
}

#[test]
fn a_signature_over_another_text_names_the_text() {
    let utf16: Vec<u8> = SIGNED.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = "7b"; // Not the digest of anything that is tried.
    for (text, words) in [
        (utf16.as_slice(), "but over `nonce.timestamp` in UTF-16LE"),
        (NONCE.as_bytes(), "but over the nonce alone"),
        (TIME.as_bytes(), "but over the timestamp alone"),
        (
            format!("{SIGNED}\n").as_bytes(),
            "`nonce.timestamp` with a line feed",
        ),
        (
            format!("{SIGNED}\r\n").as_bytes(),
            "`nonce.timestamp` with CR LF",
        ),
        (
            format!("{SIGNED}.").as_bytes(),
            "`nonce.timestamp` with a dot behind",
        ),
        (
            STANDARD.encode(SIGNED).as_bytes(),
            "`nonce.timestamp` in Base64",
        ),
        (
            SIGNED.to_lowercase().as_bytes(),
            "`nonce.timestamp` in lower case",
        ),
        (format!("{NONCE}{TIME}").as_bytes(), "without the dot"),
        (
            format!("{TIME}.{NONCE}").as_bytes(),
            "but over `timestamp.nonce`",
        ),
        (
            STANDARD.encode(NONCE).as_bytes(),
            "but over the nonce alone in Base64",
        ),
        (
            hex.as_bytes(),
            "but over other bytes than `nonce.timestamp`",
        ),
        (b"", "but over other bytes than `nonce.timestamp`"),
    ] {
        let examination = examine(&answer(&APPLICATION.sign(text).expect("a signature")));
        fails(&examination, &[Aspect::Signature], words);
    }
    // Two things at once.
    let encoding = EncodingKey::from_rsa_pem(APPLICATION.to_pkcs1_pem().as_bytes()).expect("a key");
    let signature = jsonwebtoken::crypto::sign(NONCE.as_bytes(), &encoding, Algorithm::PS512);
    let signature = URL_SAFE_NO_PAD.decode(signature.expect("a signature"));
    let examination = examine(&answer(&signature.expect("base64url")));
    fails(
        &examination,
        &[Aspect::Signature],
        "by RSASSA-PSS with SHA-512 instead of RSASSA-PKCS1-v1_5, over the nonce alone",
    );
}

#[test]
fn a_signature_that_something_happened_to_names_it() {
    let good = signature("sha256");
    let reversed: Vec<u8> = good.iter().rev().copied().collect();
    let words = "but with its bytes in reverse order";
    fails(&examine(&answer(&reversed)), &[Aspect::Signature], words);
    for (zeros, words) in [
        (1, "but with zero bytes put in front"),
        (256, "but with zero bytes put in front"),
        (257, "no known way of signing matches"),
    ] {
        let longer = [vec![0; zeros], good.clone()].concat();
        let aspects = [Aspect::Signature, Aspect::Length];
        fails(&examine(&answer(&longer)), &aspects, words);
    }
    fails(
        &examine(&answer(STANDARD.encode(&good).as_bytes())),
        &[Aspect::Signature, Aspect::Length],
        "but in Base64 twice",
    );
}

#[test]
fn a_signature_without_its_leading_zero_is_too_short() {
    // About one signature in 256 begins with a zero.
    let (nonce, signature) = (0..)
        .map(|number: u32| format!("{number:032X}"))
        .find_map(|nonce| {
            let message = format!("{nonce}.{TIME}");
            let signature = APPLICATION.sign(message.as_bytes()).expect("a signature");
            (signature[0] == 0).then_some((nonce, signature))
        })
        .expect("a zero");
    let text = |bytes: &[u8]| format!("{nonce}.{TIME}.{}", STANDARD.encode(bytes));
    let examine = |text: &str| examine_answer(text, &nonce, &APPLICATION.public(), clock_now());
    assert_eq!(failing(&examine(&text(&signature))), [""; 0]);
    fails(
        &examine(&text(&signature[1..])),
        &[Aspect::Signature, Aspect::Length],
        "but without the zero bytes in front",
    );
}

#[test]
fn another_key_fails_signature_and_key() {
    let other = ApplicationKeyPair::generate().expect("a key");
    let foreign = other.sign(SIGNED.as_bytes()).expect("a signature");
    let both = [Aspect::Signature, Aspect::Key];
    let words = "no known way of signing matches";
    fails(&examine(&answer(&foreign)), &both, words);
    let mut changed = signature("sha256");
    changed[100] ^= 1;
    fails(&examine(&answer(&changed)), &both, words);
    fails(&examine(&answer(&[0xff; 256])), &both, words);
    fails(&examine(&answer(&[0; 256])), &both, words);
}

#[test]
fn a_signature_of_another_length_leaves_the_key_open() {
    let aspects = [Aspect::Signature, Aspect::Length];
    for (bytes, words) in [
        (
            signature("short-key-sha256"),
            "128 bytes, as of an RSA key of 1024 bits",
        ),
        (vec![7; 32], "32 bytes, like a digest or an HMAC"),
        (signature("sha256")[..255].to_vec(), "255 bytes"),
        (vec![1; 513], "513 bytes"),
    ] {
        let examination = examine(&answer(&bytes));
        assert_eq!(failing(&examination), aspects.map(Aspect::name));
        assert_eq!(actual(&examination, Aspect::Length), words);
        assert!(!examination.finding(Aspect::Key).expect("one").judged());
    }
}

#[test]
fn the_alphabet_is_charged_alone() {
    // `+` and `/` are in every signature of this length, nearly.
    let good = signature("sha256");
    let standard = STANDARD.encode(&good);
    assert!(standard.contains(['+', '/']));
    let hexadecimal: String = good.iter().map(|byte| format!("{byte:02x}")).collect();
    for (text, words) in [
        (URL_SAFE.encode(&good), "base64url: `-` or `_`"),
        (URL_SAFE_NO_PAD.encode(&good), "base64url: `-` or `_`"),
        (
            STANDARD_NO_PAD.encode(&good),
            "no padding, where 2 `=` are due",
        ),
        (format!("{standard}="), "3 `=`, where 2 are due"),
        (format!("\"{standard}\""), "`\\\"`, which is not Base64"),
        ("%3D".to_owned(), "`%`, which is not Base64"),
        (hexadecimal.to_uppercase(), "hexadecimal digits"),
        (hexadecimal, "hexadecimal digits"),
    ] {
        let examination = examine(&format!("{SIGNED}.{text}"));
        assert_eq!(actual(&examination, Aspect::Alphabet), words);
        if !text.contains('%') {
            fails(&examination, &[Aspect::Alphabet], words);
        }
    }
}

#[test]
fn white_space_is_charged_alone() {
    let good = answer(&signature("sha256"));
    let (head, tail) = good.split_at(150);
    for (text, words) in [
        (
            format!("{head}\r\n{tail}"),
            "2 white space characters inside the value",
        ),
        (
            format!("\n  {good} "),
            "4 white space characters around the value",
        ),
        (
            format!(" {head} {tail} "),
            "1 white space characters inside the value, 2 around it",
        ),
    ] {
        let examination = examine(&text);
        fails(&examination, &[Aspect::WhiteSpace], words);
        assert_eq!(examination.ruling(), Ruling::Holds);
        assert_eq!(examination.first_failure(), None);
    }
}

#[test]
fn the_nonce_must_be_the_one_that_was_sent() {
    for (nonce, words) in [
        (
            NONCE.to_lowercase().as_str(),
            "which differs in letter case",
        ),
        ("", "which is empty"),
        (&NONCE[..8], "which is cut short"),
        ("0123", "`0123`, which is another one"),
    ] {
        let examination = examine(&signed(nonce, TIME));
        fails(&examination, &[Aspect::Nonce], words);
    }
    // The nonce is changed after signing, so the signature is not over what is there.
    let good = answer(&signature("sha256"));
    let changed = good.replace(NONCE, &NONCE.to_lowercase());
    let examination = examine(&changed);
    assert_eq!(failing(&examination), ["nonce", "signature"]);
    assert!(
        actual(&examination, Aspect::Signature).ends_with("over the sent nonce and the timestamp")
    );
}

#[test]
fn the_timestamp_must_be_twelve_digits_of_a_real_minute() {
    for (time, words) in [
        ("202113161125", "`202113161125`, which is no date and time"),
        ("202102291125", "which is no date and time"),
        ("202109162400", "which is no date and time"),
        ("000009161125", "which is no date and time"),
    ] {
        let examination = examine(&signed(NONCE, time));
        fails(&examination, &[Aspect::Timestamp], words);
        assert!(!examination.finding(Aspect::Clock).expect("one").judged());
    }
    for (time, words) in [
        ("20210916112500", "14 digits, like a time with seconds"),
        ("2021-09-16T11:25Z", "like a time of another form"),
        ("1631791500", "10 digits, like a Unix time in seconds"),
        ("٢٠٢١٠٩١٦١١٢٥", "digits of another script"),
        ("20210916112", "digits of another number"),
        ("", "empty"),
        ("now", "not a time"),
    ] {
        let examination = examine(&signed(NONCE, time));
        fails(&examination, &[Aspect::Timestamp, Aspect::Format], words);
        assert_eq!(examination.format, AnswerFormat::Unknown);
    }
}

#[test]
fn the_clock_allows_less_than_fifteen_minutes() {
    let clock = |time: &str, now: &str| {
        let public = APPLICATION.public();
        let examination = examine_answer(&signed(NONCE, time), NONCE, &public, at(now));
        let finding = examination.finding(Aspect::Clock).expect("a finding");
        (finding.fails(), finding.actual.clone())
    };
    let behind = |now| clock(TIME, now);
    assert!(!behind("2021-09-16T11:39:59Z").0);
    assert!(behind("2021-09-16T11:40:00Z").0);
    assert!(!behind("2021-09-16T11:10:01Z").0);
    assert!(behind("2021-09-16T11:10:00Z").0);
    assert_eq!(
        behind("2021-09-16T11:25:20Z").1,
        "2021-09-16T11:25:00Z, 20 s behind"
    );
    for (now, words) in [
        (
            "2021-09-16T09:25:30Z",
            "1 h 59 min ahead: local time used (UTC+02:00)",
        ),
        (
            "2021-09-16T10:20:30Z",
            "1 h 4 min ahead: local time used (UTC+01:00)",
        ),
        ("2021-09-16T05:55:30Z", "local time used (UTC+05:30)"),
        ("2021-09-16T19:26:00Z", "local time used (UTC-08:00)"),
        ("2021-09-15T21:25:30Z", "local time used (UTC+14:00)"),
        ("2021-09-15T20:25:30Z", "14 h 59 min ahead"),
        ("2021-09-16T10:15:00Z", "1 h 10 min ahead"),
        ("2021-09-16T10:55:00Z", "30 min 0 s ahead"),
        ("2021-09-18T11:25:00Z", "2 d 0 h behind"),
    ] {
        let (fails, actual) = behind(now);
        assert!(fails && actual.ends_with(words), "{now}: {actual}");
    }
    assert!(clock("999912312359", "2021-09-16T11:25:20Z").0);
    let now = at("2021-09-16T11:25:20.75Z");
    let examination = examine_answer(&signed(NONCE, TIME), NONCE, &APPLICATION.public(), now);
    let expected = &examination.finding(Aspect::Clock).expect("one").expected;
    assert_eq!(expected, "UTC, less than 15 min from 2021-09-16T11:25:20Z");
}

#[test]
fn the_number_of_parts_decides_what_can_be_judged() {
    let good = answer(&signature("sha256"));
    for (text, words) in [
        ("", "an empty text"),
        (" \n", "an empty text"),
        ("abc", "1 part without a dot"),
        (SIGNED, "2 parts"),
        (&format!("{good}.more"), "4 parts"),
        (&".".repeat(100_000), "100001 parts"),
    ] {
        let examination = examine(text);
        assert_eq!(examination.format, AnswerFormat::Unknown);
        let judged = examination.findings.iter().filter(|one| one.judged());
        let judged: Vec<Aspect> = judged.map(|one| one.aspect).collect();
        assert_eq!(judged, [Aspect::Parts, Aspect::WhiteSpace], "{text}");
        assert_eq!(actual(&examination, Aspect::Parts), words);
        assert_eq!(examination.ruling(), Ruling::Fails);
        assert!(examination.shown.len() < 300);
    }
    let examination = examine("..");
    assert_eq!(
        failing(&examination),
        ["nonce", "timestamp", "signature", "format"]
    );
    assert_eq!(actual(&examination, Aspect::Signature), "part 3 is empty");
}

#[test]
fn what_is_not_judged_says_why() {
    let claims = serde_json::json!({"nonce": NONCE});
    let jwt = APPLICATION
        .sign_jwt(&serde_json::json!({"alg": "RS256"}), &claims)
        .expect("a token");
    let good = signed(NONCE, TIME);
    let cases = [
        (jwt.as_str(), Aspect::Timestamp, "the answer is a JWT"),
        (&jwt, Aspect::Alphabet, "the answer is a JWT"),
        (&jwt, Aspect::Clock, "none of them is present"),
        (
            &signed(NONCE, "202113161125"),
            Aspect::Clock,
            "part 2 is no time",
        ),
        (
            &answer(&[7; 32]),
            Aspect::Key,
            "the signature has the wrong length",
        ),
        (
            &format!("{SIGNED}.A"),
            Aspect::Key,
            "the signature cannot be decoded",
        ),
        (
            &format!("{SIGNED}.A"),
            Aspect::Length,
            "the signature cannot be decoded",
        ),
        (
            &format!("{good}.x"),
            Aspect::Format,
            "there are not 3 parts",
        ),
        (SIGNED, Aspect::Nonce, "there is nothing to judge it by"),
    ];
    for (text, aspect, reason) in cases {
        let examination = examine(text);
        let finding = examination.finding(aspect).expect("a finding");
        assert!(!finding.judged(), "{aspect}");
        assert_eq!(finding.actual, reason, "{aspect}");
        let says_what_is_due = reason != "there is nothing to judge it by";
        assert_eq!(!finding.expected.is_empty(), says_what_is_due, "{aspect}");
    }
}

#[test]
fn of_a_text_beyond_all_measure_other_spellings_are_not_tried() {
    let limit = 64 * 1024;
    for (length, words) in [
        (limit, "but over the nonce alone"),
        (limit + 1, "but over other bytes than `nonce.timestamp`"),
    ] {
        let nonce = "N".repeat(length - 1 - TIME.len());
        let signature = APPLICATION.sign(nonce.as_bytes()).expect("a signature");
        let text = format!("{nonce}.{TIME}.{}", STANDARD.encode(signature));
        let examination = examine_answer(&text, &nonce, &APPLICATION.public(), clock_now());
        fails(&examination, &[Aspect::Signature], words);
    }
}

#[test]
fn texts_for_people_show_no_signature_and_no_control_characters() {
    let long = format!(
        "{}\u{202e}\u{7}.{TIME}.{}",
        "x".repeat(500),
        "y".repeat(100_000)
    );
    let examination = examine(&long);
    for text in examination
        .findings
        .iter()
        .flat_map(|finding| [&finding.expected, &finding.actual])
        .chain([&examination.shown])
    {
        assert!(text.len() < 400, "{text}");
        assert!(!text.contains("yyyyyyyyy"), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{7}']), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_it_panic(token: String, nonce: String, second in -377_705_023_201_i64..253_402_207_200) {
        let now = Timestamp::from_second(second).expect("in range");
        let examination = examine_answer(&token, &nonce, &SHORT_KEY, now);
        prop_assert_eq!(examination.findings.len(), Aspect::ALL.len());
        prop_assert_eq!(examination.ruling(), Ruling::Fails);
    }

    #[test]
    fn no_three_parts_make_it_panic(
        first in "[A-Za-z0-9]{0,40}|eyJhbGciOiJSUzI1NiJ9",
        middle in "[0-9]{12}|[0-9]{0,20}|[A-Za-z0-9_-]{0,60}|.{0,20}",
        last in "[A-Za-z0-9+/]{170}==|[A-Za-z0-9+/_=-]{0,400}|.{0,40}",
        now in -377_705_023_201_i64..253_402_207_200,
    ) {
        let now = Timestamp::from_second(now).expect("in range");
        let token = format!("{first}.{middle}.{last}");
        let examination = examine_answer(&token, &first, &SHORT_KEY, now);
        prop_assert_eq!(examination.ruling(), Ruling::Fails);
        // What cannot be judged says why.
        prop_assert!(examination.findings.iter().all(|one| !one.actual.is_empty()));
    }
}
