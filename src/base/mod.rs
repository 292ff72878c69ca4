//! Foundations without domain knowledge: injected time and randomness,
//! diagnostics with a place, redaction by value.

pub mod clock;
