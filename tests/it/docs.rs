//! The scenario reference: every example compiles, every table is complete.
