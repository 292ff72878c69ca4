//! Seeded randomness: every value that a run invents follows from its seed, so that
//! a run can be repeated.
//!
//! The generator is SplitMix64. It is fast and well spread, and it is not meant for
//! keys or secrets; those come from the crypto provider.

/// A deterministic stream of random values.
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The stream of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The stream of `seed` that belongs to `name`. Give each piece of work its own
    /// name, and its values do not depend on what runs before or beside it.
    pub fn named(seed: u64, name: &str) -> Self {
        // FNV-1a over the name, started from a spread form of the seed.
        let start = Self::new(seed).u64() ^ 0xcbf2_9ce4_8422_2325;
        let state = name.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self::new(mix(state))
    }

    /// The next 64 random bits.
    pub fn u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number from 0 to `bound - 1`, or 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let scaled = u128::from(self.u64()) * u128::from(bound);
        u64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// Puts items into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let other = usize::try_from(self.below(bound)).unwrap_or_default();
            items.swap(last, other);
        }
    }

    /// `digits` lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.u64()));
        }
        text.truncate(digits);
        text
    }

    /// A random (version 4) UUID in lower case.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.u64(), self.u64());
        let high = (high & !0xf000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The finaliser of SplitMix64.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_published_vectors_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let values: Vec<u64> = (0..5).map(|_| rng.u64()).collect();
        assert_eq!(
            values,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn a_named_stream_depends_on_seed_and_name_alone() {
        let mut first = Rng::named(7, "find-product");
        let mut again = Rng::named(7, "find-product");
        assert_eq!(first.hex(40), again.hex(40));
        assert_ne!(Rng::named(7, "a").u64(), Rng::named(7, "b").u64());
        assert_ne!(Rng::named(7, "a").u64(), Rng::named(8, "a").u64());
        assert_ne!(Rng::named(7, "").u64(), Rng::new(7).u64());
    }

    #[test]
    fn named_streams_stay_as_they_are_over_releases() {
        let mut rng = Rng::named(42, "example");
        assert_eq!(rng.hex(5), "7886e");
        assert_eq!(rng.uuid(), "8ae0605b-7dc9-4bad-ac20-77c12ede2771");
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut rng = Rng::new(1);
        let drawn: Vec<u64> = (0..1000).map(|_| rng.below(10)).collect();
        assert!(drawn.iter().all(|number| *number < 10));
        assert!((0..10).all(|number| drawn.contains(&number)));
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn a_shuffle_moves_items_and_loses_none() {
        let sorted: Vec<u32> = (0..50).collect();
        let mut items = sorted.clone();
        Rng::new(1).shuffle(&mut items);
        assert_ne!(items, sorted);
        let mut other = sorted.clone();
        Rng::new(2).shuffle(&mut other);
        assert_ne!(items, other);
        items.sort_unstable();
        assert_eq!(items, sorted);
    }

    #[test]
    fn hex_has_the_length_asked_for() {
        let mut rng = Rng::new(3);
        for digits in [0, 1, 15, 16, 17, 64] {
            assert_eq!(rng.hex(digits).len(), digits);
        }
    }

    #[test]
    fn a_uuid_shows_version_and_variant() {
        let mut rng = Rng::new(5);
        for _ in 0..50 {
            let uuid = rng.uuid();
            assert_eq!(uuid.len(), 36);
            assert_eq!(&uuid[14..15], "4");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }
}
