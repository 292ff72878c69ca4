//! Decimals that travel as doubles.

/// What lies below is no amount: .NET's minimum decimal, about -7.92e28, stands for "not
/// known".
pub const NOT_KNOWN: f64 = -7.9e28;

/// Equal within `tolerance`, widened by what a double cannot hold at that size.
pub fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance + 1e-12 * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_close_without_any_tolerance() {
        assert!(close(0.0, 0.0, 0.0) && !close(0.0, 1.0, 0.0));
        assert!(close(0.1 + 0.2, 0.3, 0.0) && !close(1.0, 1.011, 0.01));
    }
}
