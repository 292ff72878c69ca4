//! Thousands of texts looked for at once, while more of them come.
//!
//! A text is found by its last bytes: a filter of one bit for each of them, small enough
//! for the processor's cache, lets nearly every place of the haystack pass at the cost
//! of one look, however many texts there are. An automaton would have to be built anew
//! for each text that comes, and grows out of the cache.

use std::collections::HashMap;

/// Last bytes that are looked for, longest first. A text belongs to the first that is
/// not longer than it.
const WIDTHS: [usize; 4] = [8, 4, 2, 1];

/// Bits of a filter for each text in it: few enough places pass by chance.
const BITS_EACH: usize = 16;

/// Texts that are looked for, numbered in the order in which they were added.
#[derive(Default)]
pub(super) struct Needles {
    texts: Vec<Vec<u8>>,
    tails: [Tails; WIDTHS.len()],
}

/// The texts of one width, by their last bytes.
#[derive(Default)]
struct Tails {
    numbers: HashMap<u64, Vec<usize>>,
    filter: Vec<u64>,
}

/// Where a text stands in a haystack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) number: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Needles {
    /// Adds a text, which must not be empty.
    pub(super) fn add(&mut self, text: Vec<u8>) {
        let at = WIDTHS.iter().position(|width| *width <= text.len());
        let Some(at) = at else {
            return;
        };
        let tail = key(&text[text.len() - WIDTHS[at]..]);
        self.tails[at].add(tail, self.texts.len());
        self.texts.push(text);
    }

    pub(super) fn texts(&self) -> &[Vec<u8>] {
        &self.texts
    }

    /// Tells all places where texts stand, in several passes: within each, in the order
    /// of their ends. Of a text whose comparison would go over the budget in bytes, the
    /// last bytes alone are told wherever they stand.
    pub(super) fn passes<'a>(
        &'a self,
        haystack: &'a [u8],
        budget: &'a mut usize,
        mut visit: impl FnMut(&mut dyn Iterator<Item = Match>) + 'a,
    ) {
        for (tails, width) in self.tails.iter().zip(WIDTHS) {
            if tails.numbers.is_empty() {
                continue;
            }
            let candidates = haystack.windows(width).enumerate();
            let mut matches = candidates
                .filter_map(|(at, window)| Some((at + width, tails.of(key(window))?)))
                .flat_map(|(end, numbers)| numbers.iter().map(move |number| (end, *number)))
                .filter_map(|(end, number)| {
                    let text = &self.texts[number];
                    let rest = text.len() - width;
                    let start = if rest > *budget {
                        end - width
                    } else {
                        *budget -= rest;
                        let start = end.checked_sub(text.len())?;
                        (haystack[start..end] == text[..]).then_some(start)?
                    };
                    Some(Match { number, start, end })
                });
            visit(&mut matches);
        }
    }
}

impl Tails {
    fn add(&mut self, tail: u64, number: usize) {
        self.numbers.entry(tail).or_default().push(number);
        if self.numbers.len() * BITS_EACH > self.filter.len() * 64 {
            self.filter = vec![0; (2 * self.filter.len()).max(BITS_EACH)];
            for tail in self.numbers.keys() {
                set(&mut self.filter, *tail);
            }
        } else {
            set(&mut self.filter, tail);
        }
    }

    /// Numbers of the texts that end so.
    fn of(&self, tail: u64) -> Option<&Vec<usize>> {
        let (word, bit) = place(self.filter.len(), tail);
        if self.filter[word] & bit == 0 {
            return None;
        }
        self.numbers.get(&tail)
    }
}

fn set(filter: &mut [u64], tail: u64) {
    let (word, bit) = place(filter.len(), tail);
    filter[word] |= bit;
}

/// Word and bit of a filter with so many words, which are a power of two.
fn place(words: usize, tail: u64) -> (usize, u64) {
    let hash = tail.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let word = (hash >> 32) as usize & (words - 1);
    (word, 1 << (hash >> 58))
}

/// Up to eight bytes as a number.
fn key(bytes: &[u8]) -> u64 {
    match <[u8; 8]>::try_from(bytes) {
        Ok(eight) => u64::from_le_bytes(eight),
        Err(_) => bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn found(texts: &[Vec<u8>], haystack: &[u8]) -> Vec<Match> {
        let mut needles = Needles::default();
        for text in texts {
            needles.add(text.clone());
        }
        let mut found = Vec::new();
        let mut budget = usize::MAX;
        needles.passes(haystack, &mut budget, |matches| {
            let from = found.len();
            found.extend(matches);
            assert!(found[from..].is_sorted_by_key(|found| found.end));
        });
        found.sort_unstable_by_key(|found| (found.number, found.end));
        found
    }

    proptest! {
        #[test]
        fn every_text_is_found_wherever_it_stands(
            texts in prop::collection::vec("[ab]{1,12}", 1..40),
            haystack in "[ab]{0,80}",
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let haystack = haystack.as_bytes();
            let mut expected = Vec::new();
            for (number, text) in texts.iter().enumerate() {
                for (start, window) in haystack.windows(text.len()).enumerate() {
                    if window == text {
                        expected.push(Match { number, start, end: start + text.len() });
                    }
                }
            }
            prop_assert_eq!(found(&texts, haystack), expected);
        }
    }

    #[test]
    fn many_texts_are_all_found() {
        let texts: Vec<Vec<u8>> = (0..20_000).map(|n| format!("text {n:08}").into()).collect();
        let haystack = texts.join(&b' ');
        let numbers: Vec<usize> = found(&texts, &haystack).iter().map(|m| m.number).collect();
        assert_eq!(numbers, (0..20_000).collect::<Vec<_>>());
    }

    #[test]
    fn without_budget_the_last_bytes_count() {
        let mut needles = Needles::default();
        needles.add(b"a long text to look for".to_vec());
        let mut budget = 5;
        let mut found = Vec::new();
        needles.passes(b"not to look for", &mut budget, |matches| {
            found.extend(matches);
        });
        let expected = Match {
            number: 0,
            start: 7,
            end: 15,
        };
        assert_eq!(found, [expected]);
    }
}
