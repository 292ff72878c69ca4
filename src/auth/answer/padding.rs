//! What lies under a signature: the padded digest that the public key lays bare. It
//! tells a signature made with the right key in a wrong way from one of another key.

use aws_lc_rs::digest::{self, Algorithm, digest};

use super::power::power;
use crate::auth::application::ApplicationKey;

/// A hash function that signatures use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Self; 6] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The function itself; MD5 can be named only.
    fn algorithm(self) -> Option<&'static Algorithm> {
        Some(match self {
            Self::Md5 => return None,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    pub(super) fn of(self, data: &[u8]) -> Option<Vec<u8>> {
        Some(digest(self.algorithm()?, data).as_ref().to_vec())
    }

    /// The object identifier's content and the length of a digest.
    const fn identifier(self) -> (&'static [u8], usize) {
        match self {
            Self::Md5 => (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05], 16),
            Self::Sha1 => (&[0x2b, 0x0e, 0x03, 0x02, 0x1a], 20),
            Self::Sha224 => (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04], 28),
            Self::Sha256 => (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], 32),
            Self::Sha384 => (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02], 48),
            Self::Sha512 => (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03], 64),
        }
    }

    /// What stands before the digest in a DigestInfo (RFC 8017, 9.2), with the NULL of
    /// the algorithm or without it.
    fn prefix(self, null: &[u8]) -> Vec<u8> {
        let (identifier, length) = self.identifier();
        let short = |number: usize| u8::try_from(number).unwrap_or(0x7f);
        let algorithm = 2 + identifier.len() + null.len();
        let mut prefix = vec![0x30, short(2 + algorithm + 2 + length)];
        prefix.extend([0x30, short(algorithm), 0x06, short(identifier.len())]);
        prefix.extend_from_slice(identifier);
        prefix.extend_from_slice(null);
        prefix.extend([0x04, short(length)]);
        prefix
    }
}

/// What the public key finds under a signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Padded {
    /// PKCS#1 v1.5 with a DigestInfo of this hash function.
    Digest { hash: Hash, digest: Vec<u8> },
    /// PKCS#1 v1.5 around something else.
    Bare(Vec<u8>),
    /// PSS; `salt` and `seal` are what [`seals`] needs. `certain` when the padding is
    /// long enough to be no accident.
    Pss {
        hash: Hash,
        salt: Vec<u8>,
        seal: Vec<u8>,
        certain: bool,
    },
}

/// Looks under a signature of the right length. Nothing for one of another key. More
/// than one when the padding can be read in more than one way.
pub(super) fn uncover(key: &ApplicationKey, signature: &[u8]) -> Vec<Padded> {
    let (modulus, exponent) = key.numbers();
    let Some(block) = power(signature, exponent, modulus) else {
        return Vec::new();
    };
    match pkcs1(&block) {
        Some(found) => vec![found],
        None => Hash::ALL
            .iter()
            .filter_map(|hash| pss(&block, key.bits(), *hash))
            .collect(),
    }
}

fn pkcs1(block: &[u8]) -> Option<Padded> {
    let rest = block.strip_prefix(&[0, 1])?;
    let ones = rest.iter().take_while(|byte| **byte == 0xff).count();
    let content = rest[ones..].strip_prefix(&[0])?;
    if ones < 8 {
        return None;
    }
    for hash in Hash::ALL {
        for null in [[5, 0].as_slice(), &[]] {
            let digest = content.strip_prefix(hash.prefix(null).as_slice());
            if let Some(digest) = digest
                && digest.len() == hash.identifier().1
            {
                let digest = digest.to_vec();
                return Some(Padded::Digest { hash, digest });
            }
        }
    }
    Some(Padded::Bare(content.to_vec()))
}

/// EMSA-PSS (RFC 8017, 9.1.2) with any length of salt, and MGF1 of the same hash.
fn pss(block: &[u8], bits: usize, hash: Hash) -> Option<Padded> {
    hash.algorithm()?;
    let length = (bits - 1).div_ceil(8);
    let block = &block[block.len().checked_sub(length)?..];
    let block = block.strip_suffix(&[0xbc])?;
    let (masked, seal) = block.split_at_checked(block.len().checked_sub(hash.identifier().1)?)?;
    let mut data: Vec<u8> = masked
        .iter()
        .zip(mask(hash, seal, masked.len()))
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let unused = length * 8 - (bits - 1);
    if let Some(first) = data.first_mut() {
        *first &= 0xff >> unused;
    }
    let zeros = data.iter().take_while(|byte| **byte == 0).count();
    let salt = data[zeros..].strip_prefix(&[1])?.to_vec();
    Some(Padded::Pss {
        hash,
        salt,
        seal: seal.to_vec(),
        certain: zeros >= 8,
    })
}

fn mask(hash: Hash, seed: &[u8], length: usize) -> impl Iterator<Item = u8> {
    let seed = seed.to_vec();
    (0..=u32::try_from(length).unwrap_or(u32::MAX))
        .flat_map(move |counter| {
            let input = [seed.as_slice(), &counter.to_be_bytes()].concat();
            hash.of(&input).unwrap_or_default()
        })
        .take(length)
}

/// Whether a PSS padding belongs to this message.
pub(super) fn seals(hash: Hash, salt: &[u8], seal: &[u8], message: &[u8]) -> bool {
    let Some(digest) = hash.of(message) else {
        return false;
    };
    hash.of(&[&[0; 8], digest.as_slice(), salt].concat())
        .is_some_and(|expected| expected == seal)
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// MGF1 (RFC 8017, B.2.1).
    fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for counter in 0_u32.. {
            if bytes.len() >= length {
                break;
            }
            let input = [seed, &counter.to_be_bytes()].concat();
            bytes.extend(hash.of(&input).expect("a digest"));
        }
        bytes.truncate(length);
        bytes
    }

    /// EMSA-PSS-ENCODE (RFC 8017, 9.1.1) for a modulus of so many bits, as long as the
    /// modulus, and the number of zeros in the padding.
    fn encoded(hash: Hash, message: &[u8], salt: &[u8], bits: usize) -> (Vec<u8>, usize) {
        let digest = hash.of(message).expect("a digest");
        let seal = hash.of(&[&[0; 8], digest.as_slice(), salt].concat());
        let seal = seal.expect("a digest");
        let length = (bits - 1).div_ceil(8);
        let zeros = length - seal.len() - salt.len() - 2;
        let data = [&vec![0; zeros], [1].as_slice(), salt].concat();
        let mask = mgf1(hash, &seal, data.len());
        let mut block: Vec<u8> = data
            .iter()
            .zip(mask)
            .map(|(one, other)| one ^ other)
            .collect();
        block[0] &= [0xff, 0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f][(bits - 1) % 8];
        block.extend(seal);
        block.push(0xbc);
        let front = vec![0; bits.div_ceil(8) - length];
        ([front, block].concat(), zeros)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_salt_is_found_under_a_key_of_any_length(
            bits in 700..1100_usize,
            length in 0..40_usize,
            hash in prop_oneof![Just(Hash::Sha1), Just(Hash::Sha256)],
        ) {
            let salt = vec![7; length];
            let (block, zeros) = encoded(hash, b"text", &salt, bits);
            let Some(Padded::Pss { salt: found, seal, certain, .. }) = pss(&block, bits, hash)
            else {
                return Err(TestCaseError::fail("nothing found"));
            };
            prop_assert_eq!(&found, &salt);
            prop_assert_eq!(certain, zeros >= 8);
            prop_assert!(seals(hash, &found, &seal, b"text"));
            prop_assert!(!seals(hash, &found, &seal, b"other"));
        }
    }

    #[test]
    fn a_short_padding_may_be_an_accident() {
        for (length, expected) in [
            (54, false),
            (53, false),
            (50, false),
            (46, true),
            (45, true),
        ] {
            let (block, zeros) = encoded(Hash::Sha256, b"text", &vec![7; length], 8 * 88);
            let found = pss(&block, 8 * 88, Hash::Sha256).expect("a padding");
            let Padded::Pss { certain, .. } = found else {
                panic!("{found:?}");
            };
            assert_eq!((certain, zeros), (expected, 54 - length));
        }
    }

    #[test]
    fn a_block_of_pkcs1_has_eight_ones_at_least() {
        let block = |ones: usize| [&[0, 1], vec![0xff; ones].as_slice(), &[0, b'x']].concat();
        assert_eq!(pkcs1(&block(7)), None);
        assert_eq!(pkcs1(&block(8)), Some(Padded::Bare(vec![b'x'])));
    }
}
