//! Assay: a conformance test harness for SuperOffice connectors.
//!
//! Assay plays SuperOffice against a partner's connector, judges every answer
//! against the published contract and leaves a verdict with its evidence.
//!
//! Data flows in one direction, and a module imports only from the rows above it
//! (`tests/it/architecture.rs` holds the code to that):
//!
//! | module | holds |
//! |---|---|
//! | [`base`] | clock, randomness, diagnostics, redaction: no domain knowledge |
//! | [`model`] | plain data: requirement, scenario, exchange, outcome, event, report, target |
//! | [`api`], [`expr`], [`auth`] | OpenAPI validators; expressions and templates; tokens and keys |
//! | [`soap`] | SOAP messages to and from JSON, by a description; WSDL and XSD |
//! | [`judgement`] | the named judgements that scenarios call with parameters |
//! | [`suite`] | a profile read from its folder: catalogue, operations, scenarios; lint |
//! | [`transport`] | the HTTP client, TLS facts, bounded bodies |
//! | [`run`] | plays the scenarios of a suite against a target; emits events |
//! | [`report`] | folds events into a report and writes it in every format |
//! | [`coverage`] | what recordings have put to the test: rows, statuses, schema keywords |
//! | [`sample`] | reference connectors and their faults |
//! | [`selftest`] | plays the samples and their faults in this process, and scores the suite |
//! | [`cli`] | the command line |

pub mod api;
pub mod auth;
pub mod base;
pub mod cli;
pub mod coverage;
pub mod expr;
pub mod judgement;
pub mod model;
pub mod report;
pub mod run;
pub mod sample;
pub mod selftest;
pub mod soap;
pub mod suite;
pub mod transport;
