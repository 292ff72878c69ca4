//! Messages of a calculator, and of the interfaces that Assay has descriptions of.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Soap, WireNames};
use crate::api::Api;

mod messages;
mod random;
mod validation;
mod wsdl;

const CALCULATOR: &str = include_str!("fixtures/calculator.yaml");
const ERP: &str = include_str!("../../../schemas/erp-sync/openapi.yaml");
const MIRRORING: &str = include_str!("../../../schemas/mirroring-auth/openapi.yaml");

fn soap(description: &str) -> Soap {
    let api = Api::parse(description, "test").unwrap();
    Soap::read(&api).unwrap().unwrap()
}

/// An example of a description.
fn described(description: &str, name: &str) -> Value {
    let api = Api::parse(description, "test").unwrap();
    let pointer = format!("/components/examples/{name}/value");
    api.document().pointer(&pointer).unwrap().clone()
}

fn calculator() -> Soap {
    soap(CALCULATOR)
}

/// The names of the first profile of each binding.
fn usual(soap: &Soap) -> BTreeMap<String, WireNames> {
    soap.bindings()
        .map(|binding| {
            let names = WireNames::of_profile(binding, &binding.wires[0]);
            (binding.name.clone(), names)
        })
        .collect()
}

/// An envelope in which `i`, `b` and `n` stand for the usual namespaces.
fn envelope(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{}\" xmlns:i=\"{}\" xmlns:b=\"{}\"><s:Body>{body}</s:Body></s:Envelope>",
        super::ENVELOPE,
        super::INSTANCE,
        super::ARRAYS,
    )
}

/// An answer to `Add` with these members.
fn added(members: &str) -> String {
    envelope(&format!(
        "<AddResponse xmlns=\"urn:calc\"><AddResult>{members}</AddResult></AddResponse>"
    ))
}
