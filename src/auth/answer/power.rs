//! Modular exponentiation, for looking into signatures that do not verify. It is not
//! hardened against timing, so it must see public numbers only, or keys that were thrown
//! away.

use std::cmp::Ordering;

/// `base` to the power of `exponent` modulo `modulus`, as many bytes as the modulus
/// has. All numbers are big-endian. `None` when the modulus is even or not above the
/// base.
pub(crate) fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let field = Field::new(modulus)?;
    let mut base = limbs(base);
    if base.iter().skip(field.size()).any(|limb| *limb != 0) {
        return None;
    }
    base.resize(field.size(), 0);
    if compare(&base, &field.modulus) != Ordering::Less {
        return None;
    }
    let base = field.multiply(&base, &field.square);
    let mut one = vec![0; field.size()];
    *one.first_mut()? = 1;
    let mut result = field.multiply(&one, &field.square);
    for bit in exponent
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1))
    {
        result = field.multiply(&result, &result);
        if bit == 1 {
            result = field.multiply(&result, &base);
        }
    }
    let result = field.multiply(&result, &one);
    let bytes: Vec<u8> = result
        .iter()
        .rev()
        .flat_map(|limb| limb.to_be_bytes())
        .collect();
    Some(bytes[bytes.len().checked_sub(modulus.len())?..].to_vec())
}

/// Numbers modulo an odd number in Montgomery form, R = 2^(32 * size).
struct Field {
    /// Little-endian limbs.
    modulus: Vec<u32>,
    /// The negative inverse of the modulus modulo 2^32.
    inverse: u32,
    /// R squared modulo the modulus.
    square: Vec<u32>,
}

impl Field {
    fn new(modulus: &[u8]) -> Option<Self> {
        let modulus = limbs(modulus);
        let lowest = *modulus.first()?;
        if lowest % 2 == 0 {
            return None;
        }
        // Each step of Newton's method doubles the number of right bits.
        let mut inverse = lowest;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        let mut square = vec![0; modulus.len()];
        *square.first_mut()? = 1;
        for _ in 0..modulus.len() * 64 {
            double(&mut square, &modulus);
        }
        Some(Self {
            modulus,
            inverse: inverse.wrapping_neg(),
            square,
        })
    }

    fn size(&self) -> usize {
        self.modulus.len()
    }

    /// The product of both numbers, divided by R.
    fn multiply(&self, left: &[u32], right: &[u32]) -> Vec<u32> {
        let size = self.size();
        let mut sum = vec![0_u32; size + 2];
        for limb in left {
            add_product(&mut sum, *limb, right);
            // This multiple of the modulus clears the lowest limb, which then falls off.
            let factor = sum[0].wrapping_mul(self.inverse);
            add_product(&mut sum, factor, &self.modulus);
            sum.rotate_left(1);
            sum[size + 1] = 0;
        }
        if sum[size] != 0 || compare(&sum[..size], &self.modulus) != Ordering::Less {
            subtract(&mut sum, &self.modulus);
        }
        sum.truncate(size);
        sum
    }
}

/// Adds `factor` times `number` to a sum that has two limbs more.
fn add_product(sum: &mut [u32], factor: u32, number: &[u32]) {
    let mut carry = 0;
    for (index, place) in sum.iter_mut().enumerate() {
        let limb = number.get(index).copied().unwrap_or(0);
        let value = u64::from(*place) + u64::from(factor) * u64::from(limb) + carry;
        *place = low(value);
        carry = value >> 32;
    }
}

/// Doubles a number below the modulus, modulo the modulus.
fn double(number: &mut [u32], modulus: &[u32]) {
    let mut carry = 0;
    for limb in number.iter_mut() {
        let next = *limb >> 31;
        *limb = *limb << 1 | carry;
        carry = next;
    }
    if carry == 1 || compare(number, modulus) != Ordering::Less {
        subtract(number, modulus);
    }
}

/// Takes a number from a larger one; a borrow beyond the last limb falls off.
fn subtract(number: &mut [u32], other: &[u32]) {
    let mut borrow = 0;
    for (index, limb) in number.iter_mut().enumerate() {
        let taken = u64::from(other.get(index).copied().unwrap_or(0)) + borrow;
        let value = u64::from(*limb).wrapping_sub(taken);
        *limb = low(value);
        borrow = value >> 63;
    }
}

fn compare(left: &[u32], right: &[u32]) -> Ordering {
    left.iter().rev().cmp(right.iter().rev())
}

fn low(value: u64) -> u32 {
    (value & u64::from(u32::MAX)) as u32
}

/// Little-endian limbs of a big-endian number.
fn limbs(bytes: &[u8]) -> Vec<u32> {
    bytes
        .rchunks(4)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, byte| limb << 8 | u32::from(*byte))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_small_numbers(base: u64, exponent: u16, modulus: u64) {
            let modulus = modulus | 1;
            let base = base % modulus;
            let expected = (0..exponent).fold(1 % modulus, |product, _| {
                (u128::from(product) * u128::from(base) % u128::from(modulus)) as u64
            });
            let actual = power(&base.to_be_bytes(), &exponent.to_be_bytes(), &modulus.to_be_bytes());
            prop_assert_eq!(actual, Some(expected.to_be_bytes().to_vec()));
        }
    }

    #[test]
    fn impossible_numbers_give_nothing() {
        assert_eq!(power(&[2], &[3], &[]), None);
        assert_eq!(power(&[2], &[3], &[4]), None);
        assert_eq!(power(&[5], &[3], &[5]), None);
        assert_eq!(power(&[1, 0, 0, 0, 0], &[3], &[5]), None);
        assert_eq!(power(&[4], &[3], &[5]), Some(vec![4]));
    }
}
