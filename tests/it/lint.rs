//! Mistakes of authors, each with the exact diagnostics.
