//! Foundations without domain knowledge: injected time and randomness,
//! diagnostics with a place, redaction by value.

pub mod clock;
pub mod decimal;
pub mod diag;
mod escapes;
pub mod json;
mod needles;
pub mod redact;
pub mod rng;
