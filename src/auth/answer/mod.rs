//! The signed answer to a handshake, aspect by aspect: what is judged, what holds, and
//! in words for people what was expected and what was there.
//!
//! Two forms are known: `nonce.timestamp.signature`, which every published verifier
//! reads, and a JWT, which is tolerated.

mod base64;
mod clock;
mod findings;
mod jwt;
mod padding;
mod plain;
mod power;
mod signature;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;

use self::findings::{Findings, shown_token};
pub(crate) use self::power::power as modular_power;
use super::application::ApplicationKey;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    /// `nonce.timestamp.signature`: three parts, the second of twelve digits.
    NonceTimestampSignature,
    /// A JWT: the first part is a JSON object with `alg`.
    Jwt,
    /// Neither.
    Unknown,
}

impl AnswerFormat {
    /// The name that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NonceTimestampSignature => "nonce-timestamp-signature",
            Self::Jwt => "jwt",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for AnswerFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// One thing that must be right about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// There are exactly three parts.
    Parts,
    /// The nonce is the one that was sent.
    Nonce,
    /// The second part is twelve digits that name a real minute.
    Timestamp,
    /// The time is less than 15 minutes from the clock.
    Clock,
    /// The signature is in standard Base64 with padding.
    Alphabet,
    /// The signature verifies.
    Signature,
    /// The signature was made with the application key.
    Key,
    /// The signature is as long as the modulus.
    Length,
    /// There is no white space.
    WhiteSpace,
    /// The form is the one that published verifiers read.
    Format,
}

impl Aspect {
    /// Every aspect, in the order in which findings stand.
    pub const ALL: &'static [Self] = &[
        Self::Parts,
        Self::Nonce,
        Self::Timestamp,
        Self::Clock,
        Self::Alphabet,
        Self::Signature,
        Self::Key,
        Self::Length,
        Self::WhiteSpace,
        Self::Format,
    ];

    /// The name that scenarios and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parts => "parts",
            Self::Nonce => "nonce",
            Self::Timestamp => "timestamp",
            Self::Clock => "clock",
            Self::Alphabet => "alphabet",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::Length => "length",
            Self::WhiteSpace => "white-space",
            Self::Format => "format",
        }
    }

    /// Whether an answer that fails here cannot be accepted. White space is a matter
    /// of style.
    pub const fn is_required(self) -> bool {
        !matches!(self, Self::WhiteSpace)
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// How an aspect was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It holds.
    Holds,
    /// It matches a description, but published verifiers would refuse it.
    Tolerated,
    /// It does not hold.
    Fails,
    /// It could not be judged, or does not apply to this form.
    NotJudged,
}

/// What was found about one aspect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The aspect.
    pub aspect: Aspect,
    /// How it was found.
    pub ruling: Ruling,
    /// What was expected.
    pub expected: String,
    /// What was there; for an aspect that was not judged, why not.
    pub actual: String,
}

impl Finding {
    /// Whether the aspect was judged.
    pub fn judged(&self) -> bool {
        self.ruling != Ruling::NotJudged
    }

    /// Whether the aspect was judged and fails.
    pub fn fails(&self) -> bool {
        self.ruling == Ruling::Fails
    }
}

/// An answer, looked at from every side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerExamination {
    /// The form that was recognised.
    pub format: AnswerFormat,
    /// One finding for each aspect, in the order of [`Aspect::ALL`].
    pub findings: Vec<Finding>,
    /// The answer for reports: long parts cut, the signature to 8 characters.
    pub shown: String,
    /// The nonce in it.
    pub nonce: Option<String>,
    /// The minute in its second part, in UTC.
    pub timestamp: Option<Timestamp>,
}

impl AnswerExamination {
    /// What was found about an aspect.
    pub fn finding(&self, aspect: Aspect) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.aspect == aspect)
    }

    /// The first required aspect that fails.
    pub fn first_failure(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.fails() && finding.aspect.is_required())
    }

    /// [`Ruling::Fails`] when a required aspect fails, [`Ruling::Tolerated`] when all is
    /// right but the form, else [`Ruling::Holds`].
    pub fn ruling(&self) -> Ruling {
        if self.first_failure().is_some() {
            Ruling::Fails
        } else if self.format == AnswerFormat::Jwt {
            Ruling::Tolerated
        } else {
            Ruling::Holds
        }
    }
}

/// Looks at the answer to a handshake that sent `nonce`, as it arrived at `now`.
/// White space around it counts for [`Aspect::WhiteSpace`] alone.
pub fn examine_answer(
    token: &str,
    nonce: &str,
    key: &ApplicationKey,
    now: Timestamp,
) -> AnswerExamination {
    let trimmed = token.trim();
    let parts: Vec<&str> = trimmed.split('.').collect();
    let mut findings = Findings::default();
    white_space(&mut findings, token, trimmed);
    findings.rule(
        Aspect::Parts,
        parts.len() == 3,
        "3 parts with a dot between them",
        match parts.len() {
            _ if trimmed.is_empty() => "an empty text".to_owned(),
            1 => "1 part without a dot".to_owned(),
            count => format!("{count} parts"),
        },
    );
    let of_three: Option<[&str; 3]> = parts.as_slice().try_into().ok();
    let is_plain = of_three.is_some_and(|[_, time, _]| clock::has_form(time));
    let header = if is_plain { None } else { jwt::header(trimmed) };
    let mut examination = AnswerExamination {
        format: match (is_plain, &header) {
            (true, _) => AnswerFormat::NonceTimestampSignature,
            (false, Some(_)) => AnswerFormat::Jwt,
            (false, None) => AnswerFormat::Unknown,
        },
        findings: Vec::new(),
        shown: shown_token(&parts),
        nonce: None,
        timestamp: None,
    };
    match (header, of_three) {
        (Some(header), Some(parts)) => {
            examination.nonce = jwt::examine(&mut findings, &header, parts, nonce, key, now);
        }
        (None, Some(parts)) => {
            examination.nonce = Some(parts[0].to_owned());
            examination.timestamp = clock::read(parts[1]);
            plain::examine(&mut findings, parts, nonce, key, now);
        }
        (_, None) => {}
    }
    format(&mut findings, examination.format, of_three.is_some());
    examination.findings = findings.complete();
    examination
}

fn white_space(findings: &mut Findings, token: &str, trimmed: &str) {
    let count = |text: &str| text.chars().filter(|c| c.is_whitespace()).count();
    let (all, inside) = (count(token), count(trimmed));
    findings.rule(
        Aspect::WhiteSpace,
        all == 0,
        "no white space and no line breaks",
        match (inside, all - inside) {
            (0, 0) => "none".to_owned(),
            (0, around) => format!("{around} white space characters around the value"),
            (inside, 0) => format!("{inside} white space characters inside the value"),
            (inside, around) => {
                format!("{inside} white space characters inside the value, {around} around it")
            }
        },
    );
}

fn format(findings: &mut Findings, format: AnswerFormat, has_three_parts: bool) {
    let expected = "`nonce.timestamp.signature`";
    match format {
        AnswerFormat::NonceTimestampSignature => {
            findings.rule(Aspect::Format, true, expected, "this form");
        }
        AnswerFormat::Jwt => findings.add(
            Aspect::Format,
            Ruling::Tolerated,
            expected,
            "a JWT: it matches the article text, but the published verifier would refuse it: \
             part 2 is not a 12-digit time",
        ),
        AnswerFormat::Unknown if has_three_parts => findings.rule(
            Aspect::Format,
            false,
            expected,
            "neither this form nor a JWT: part 2 is not 12 digits, and part 1 is no JSON \
             object with `alg`",
        ),
        AnswerFormat::Unknown => {
            findings.skip(Aspect::Format, expected, "there are not 3 parts");
        }
    }
}
