//! What two sets of names do not have in common, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::soap::WireNames;

/// Differences between two sets of names for one interface, for people: `a` is what was
/// assumed, `b` what was found. Where only one of them has a member order, the other has
/// that of the description.
pub fn differences(a: &WireNames, b: &WireNames) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, one: &str, other: &str| {
        if one != other {
            found.push(format!(
                "{what} {} in place of {}",
                shown(other),
                shown(one)
            ));
        }
    };
    compare("namespace", &a.namespace, &b.namespace);
    compare("namespace of members", &a.data_namespace, &b.data_namespace);
    if a.parameter_namespace.is_some() || b.parameter_namespace.is_some() {
        compare(
            "namespace of the element around carriers",
            a.parameter_namespace(),
            b.parameter_namespace(),
        );
    }
    compare("shape", a.shape.name(), b.shape.name());
    compare("interface in actions", &a.interface, &b.interface);
    let operations: BTreeSet<&String> = a.actions.keys().chain(b.actions.keys()).collect();
    for operation in operations {
        let what = format!("SOAPAction of {operation}");
        compare(&what, &a.action(operation), &b.action(operation));
    }
    let maps = [
        (
            "body element of the request",
            &a.request_bodies,
            &b.request_bodies,
        ),
        (
            "body element of the answer",
            &a.response_bodies,
            &b.response_bodies,
        ),
        (
            "element around the request",
            &a.request_elements,
            &b.request_elements,
        ),
        (
            "element around the result",
            &a.result_elements,
            &b.result_elements,
        ),
    ];
    for (what, one, other) in maps {
        each(one, other, |operation, one, other| {
            compare(
                &format!("{what} of {operation}"),
                one.map_or("the usual one", String::as_str),
                other.map_or("the usual one", String::as_str),
            );
        });
    }
    each(&a.order, &b.order, |carrier, one, other| {
        let listed = |order: Option<&Vec<String>>| {
            order.map_or("that of the contract".to_owned(), |order| order.join(", "))
        };
        let what = format!("order of members of {carrier}:");
        compare(&what, &listed(one), &listed(other));
    });
    found
}

/// Visits the keys of two maps.
fn each<V>(
    one: &BTreeMap<String, V>,
    other: &BTreeMap<String, V>,
    mut visit: impl FnMut(&str, Option<&V>, Option<&V>),
) {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for key in keys {
        visit(key, one.get(key), other.get(key));
    }
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "none" } else { name }
}
