//! Plain data, without I/O and without async: what all other modules talk about.

pub mod event;
pub mod exchange;
pub mod outcome;
pub mod profile;
pub mod proof;
pub mod report;
pub mod requirement;
pub mod scenario;
pub mod target;
