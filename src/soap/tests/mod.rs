//! Messages of a calculator, and of the interfaces that Assay has descriptions of.

use std::collections::BTreeMap;

use super::{Soap, WireNames};
use crate::api::Api;

mod validation;
mod wsdl;

const CALCULATOR: &str = include_str!("fixtures/calculator.yaml");

fn soap(description: &str) -> Soap {
    let api = Api::parse(description, "test").unwrap();
    Soap::read(&api).unwrap().unwrap()
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
