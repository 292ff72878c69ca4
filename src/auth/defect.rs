//! The ways in which a token can be broken. Each differs from a good one in exactly the
//! way that its name says, so that a verifier which accepts it shows one weakness and
//! not another.

use std::fmt;
use std::str::FromStr;

/// Writes the enumeration, its names and its clauses from one table.
macro_rules! defects {
    ($($variant:ident, $name:literal, $clause:literal;)*) => {
        /// What is wrong with a token.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Defect {
            $(#[doc = concat!("`", $name, "`: ", $clause, ".")] $variant,)*
        }

        impl Defect {
            /// Every defect, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that scenarios use.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What is wrong with the token, as a clause for reports.
            pub const fn describe(self) -> &'static str {
                match self {
                    $(Self::$variant => $clause,)*
                }
            }
        }
    };
}

defects! {
    FlippedSignature, "flipped-signature", "one bit of the signature is flipped";
    StrippedSignature, "stripped-signature", "the signature is empty";
    AlgNone, "alg-none", "the algorithm is `none` and the signature is empty";
    AlgNoneCapitalized, "alg-none-capitalized",
        "the algorithm is `None` and the signature is empty";
    AlgNoneUpperCase, "alg-none-upper-case",
        "the algorithm is `NONE` and the signature is empty";
    AlgNoneMixedCase, "alg-none-mixed-case",
        "the algorithm is `nOnE` and the signature is empty";
    AlgNoneGarbage, "alg-none-garbage",
        "the algorithm is `none` and the signature is garbage";
    AlgNoneCapitalizedGarbage, "alg-none-capitalized-garbage",
        "the algorithm is `None` and the signature is garbage";
    AlgNoneUpperCaseGarbage, "alg-none-upper-case-garbage",
        "the algorithm is `NONE` and the signature is garbage";
    AlgNoneMixedCaseGarbage, "alg-none-mixed-case-garbage",
        "the algorithm is `nOnE` and the signature is garbage";
    AlgHs256PublicKey, "alg-hs256-public-key",
        "it is signed by HS256 with the public key (PEM) as shared secret";
    AlgHs256Certificate, "alg-hs256-certificate",
        "it is signed by HS256 with the certificate (PEM) as shared secret";
    AlgHs256CertificateDer, "alg-hs256-certificate-der",
        "it is signed by HS256 with the certificate (DER) as shared secret";
    AlgHs256Modulus, "alg-hs256-modulus",
        "it is signed by HS256 with `n` of the key set as shared secret";
    AlgRs384, "alg-rs384", "it is signed by RS384 with the right key";
    AlgRs512, "alg-rs512", "it is signed by RS512 with the right key";
    AlgPs256, "alg-ps256", "it is signed by PS256 with the right key";
    AlgEs256, "alg-es256",
        "it is signed by ES256 with a fresh key under the key id of the right one";
    Expired, "expired", "it expired ten minutes ago";
    ExpiredLong, "expired-900s", "it expired 900 seconds ago";
    ExpiredShort, "expired-120s",
        "it expired 120 seconds ago, which clock skew may excuse";
    NotYetValid, "not-yet-valid", "it becomes valid in ten minutes";
    NotYetValidLong, "not-yet-valid-900s", "it becomes valid in 900 seconds";
    WrongAudience, "wrong-audience", "it is meant for another audience";
    WrongIssuer, "wrong-issuer", "it comes from another issuer";
    MissingCustomer, "missing-customer", "the claim that names the customer is missing";
    UnknownCustomer, "unknown-customer", "it names a customer that does not exist";
    TamperedClaims, "tampered-claims", "the claims were changed after signing";
    TamperedNonce, "tampered-nonce", "the nonce was replaced after signing";
    DuplicateAudience, "duplicate-aud",
        "`aud` stands in it twice, first another audience, then the right one";
    DuplicateAudienceRightFirst, "duplicate-aud-right-first",
        "`aud` stands in it twice, first the right audience, then another one";
    DuplicateNonce, "duplicate-nonce",
        "`nonce` stands in it twice, and the second differs from the first";
    OtherKey, "other-key", "it is signed by another key under the key id of the right one";
    ApplicationKey, "application-key",
        "it is signed by the application's own key under the key id of the right one";
    EmbeddedJwk, "embedded-jwk", "it is signed by another key, which its header carries as `jwk`";
    EmbeddedX5c, "embedded-x5c",
        "it is signed by another key, whose certificate its header carries as `x5c`";
    LinkedJku, "linked-jku",
        "it is signed by another key, and its header gives an address of that key as `jku`";
    LinkedX5u, "linked-x5u",
        "it is signed by another key, and its header gives an address of that key as `x5u`";
    UnknownKid, "unknown-kid", "it is signed by another key under an unpublished key id";
    UnknownCrit, "unknown-crit",
        "its header marks an unknown extension as critical (`crit`)";
    Encrypted, "encrypted", "it has five parts, as an encrypted token (JWE) has";
    Nested, "nested", "it is well signed, and its payload is another well signed token";
    TwoParts, "two-parts", "it has two parts instead of three";
    FourParts, "four-parts", "it has a fourth part behind a good signature";
    FiveParts, "five-parts", "it has two more parts behind a good signature";
    OnlyDots, "only-dots", "it is two dots and nothing else";
    NotBase64Url, "not-base64url",
        "its payload holds a character outside base64url, and the signature covers it";
    HeaderNotObject, "header-not-object",
        "its header is a JSON array, and the signature is good";
    ClaimsNotObject, "claims-not-object",
        "its payload is a JSON array, and the signature is good";
    Garbage, "garbage", "its parts hold no JSON";
    NonAscii, "non-ascii", "its signature holds a character outside ASCII";
    ControlCharacters, "control-characters", "its signature holds control characters";
    RightToLeft, "right-to-left", "its signature holds a right-to-left override";
    Huge, "huge", "it is good but for its size of 1 MiB";
    PrettyPrinted, "pretty-printed",
        "nothing: header and payload have line breaks and indentation, which is allowed";
    Reordered, "reordered",
        "nothing: the members of header and payload stand in reverse order, which is allowed";
}

impl Defect {
    /// Whether the token is a good one in unusual dress, which every verifier must
    /// accept.
    pub const fn is_harmless(self) -> bool {
        matches!(self, Self::PrettyPrinted | Self::Reordered)
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that is no defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown token defect `{name}`; known are {}", Defect::ALL.iter().map(|defect| defect.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownDefect {
    /// The name as given.
    pub name: String,
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_defects() {
        for defect in Defect::ALL {
            assert_eq!(defect.to_string().parse(), Ok(*defect));
            assert!(!defect.describe().is_empty());
        }
        let error = "expird".parse::<Defect>().expect_err("no defect");
        assert!(
            error
                .to_string()
                .starts_with("unknown token defect `expird`; known are flipped-signature, ")
        );
    }

    #[test]
    fn names_and_clauses_are_distinct() {
        let count = |text: fn(Defect) -> &'static str| {
            let texts = Defect::ALL.iter().map(|defect| text(*defect));
            texts.collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!(count(Defect::name), Defect::ALL.len());
        assert_eq!(count(Defect::describe), Defect::ALL.len());
    }
}
