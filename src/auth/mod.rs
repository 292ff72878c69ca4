//! Tokens and keys with which the harness plays the party that connectors trust:
//! signing keys and their published forms, good tokens, broken tokens, and a small
//! server for the key set.
//!
//! Everything but the [`KeyServer`] is pure; time comes from the caller. This module
//! knows the format of tokens and nothing of what a profile puts into them. It finds
//! out what holds of an answer, and leaves the verdict to the judgements.

mod answer;
mod application;
mod defect;
mod der;
mod forge;
mod key;
mod ring;
mod rsa_xml;
mod server;
mod sha1;
#[cfg(test)]
mod testing;
mod token;

pub(crate) use answer::modular_power;
pub use answer::{AnswerExamination, AnswerFormat, Aspect, Finding, Ruling, examine_answer};
pub use application::{ApplicationKey, ApplicationKeyError, ApplicationKeyPair};
pub use defect::{Defect, UnknownDefect};
pub use forge::{ForgeContext, HUGE, forge};
pub use key::{KeyError, SigningKey, discovery, jwks};
pub use ring::KeyRing;
pub use server::{KeyServer, KeyServerError};
pub use token::{TokenTemplate, mint, split_token};
