//! Variations of a request that a tolerant receiver accepts like the original.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::Variation;
use super::walk::{Slot, Visit, Walker};
use crate::base::json::{escape, remove, set};

/// Most variations of one kind.
const MOST: usize = 40;
/// Of these, places kept for the groups when there are too many.
const GROUPS: usize = 10;
/// Name of the member that no contract knows.
const UNKNOWN: &str = "x_assay_unknown";

/// In which way a request is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VariationKind {
    /// Every object carries a member that the schema does not know.
    UnknownMembers,
    /// Members that are not required are left out.
    DropOptional,
    /// Members that may be null are null.
    NullNullable,
    /// Member names begin with a small letter.
    CamelCaseNames,
}

impl VariationKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::UnknownMembers,
        Self::DropOptional,
        Self::NullNullable,
        Self::CamelCaseNames,
    ];

    /// Name in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownMembers => "unknown-members",
            Self::DropOptional => "drop-optional",
            Self::NullNullable => "null-nullable",
            Self::CamelCaseNames => "camel-case-names",
        }
    }
}

impl fmt::Display for VariationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not the name of a [`VariationKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown variation `{0}`: expected unknown-members, drop-optional, null-nullable or camel-case-names"
)]
pub struct UnknownVariation(pub String);

impl FromStr for VariationKind {
    type Err = UnknownVariation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownVariation(name.to_owned()))
    }
}

/// The variations of `body`, whose schema is `slot`.
pub(super) fn variations<'a>(
    walker: &mut Walker<'a>,
    slot: &Rc<Slot<'a>>,
    body: &Value,
    kind: VariationKind,
) -> Vec<Variation> {
    match kind {
        VariationKind::UnknownMembers => unknown_members(walker, slot, body),
        VariationKind::CamelCaseNames => camel_case(walker, slot, body),
        VariationKind::DropOptional => {
            let mut groups = Groups::default();
            walker.walk(slot, body, &mut |visit| groups.add_optional(visit));
            groups.variations(body, &remove, "without", "without the optional members of")
        }
        VariationKind::NullNullable => {
            let mut groups = Groups::default();
            walker.walk(slot, body, &mut |visit| {
                let own = visit.shape.is_some_and(|shape| shape.nullable) && !visit.value.is_null();
                if own && is_member(visit) {
                    groups.insert(visit.pointer, visit.level);
                }
            });
            let nothing = |tree: &mut Value, pointer: &str| {
                if tree.pointer(pointer).is_some() {
                    set(tree, pointer, Value::Null);
                }
            };
            groups.variations(
                body,
                &nothing,
                "with null at",
                "with null in the nullable members of",
            )
        }
    }
}

/// The value is a declared member itself, not an item of an array or of a map.
fn is_member(visit: &Visit<'_, '_, '_>) -> bool {
    visit.declared.is_some_and(|schema| {
        let mut tokens = schema.pointer.rsplit('/');
        tokens.next();
        tokens.next() == Some("properties")
    })
}

/// Places in a body, alike ones together: array indexes are replaced by `*`.
#[derive(Default)]
struct Groups {
    /// Pattern, its concrete pointers, number of members on the way.
    places: Vec<(String, Vec<String>, usize)>,
}

impl Groups {
    fn add_optional(&mut self, visit: &Visit<'_, '_, '_>) {
        let Some(shape) = visit.shape else { return };
        for name in visit.value.as_object().into_iter().flat_map(Map::keys) {
            if shape.declares(name) && !shape.required.contains(name.as_str()) {
                let pointer = format!("{}/{}", visit.pointer, escape(name));
                self.insert(&pointer, visit.level + 1);
            }
        }
    }

    fn insert(&mut self, pointer: &str, level: usize) {
        let pattern = pattern_of(pointer);
        match self.places.iter_mut().find(|(known, ..)| *known == pattern) {
            Some((_, pointers, _)) => pointers.push(pointer.to_owned()),
            None => self.places.push((pattern, vec![pointer.to_owned()], level)),
        }
    }

    /// One variation for each place of the first two levels, one for each object below.
    /// When that is too many, members of the second level go together as well, those of
    /// the smallest object first.
    fn variations(
        self,
        body: &Value,
        change: &dyn Fn(&mut Value, &str),
        one: &str,
        all: &str,
    ) -> Vec<Variation> {
        let mut together: BTreeSet<String> = BTreeSet::new();
        loop {
            let (singles, groups) = self.labelled(&together, one, all);
            let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
            for (pattern, _, level) in &self.places {
                let parent = parent_of(pattern);
                if *level == 2 && !together.contains(parent) {
                    *sizes.entry(parent).or_default() += 1;
                }
            }
            let smallest = sizes.iter().min_by_key(|(_, size)| **size);
            match smallest {
                Some((parent, _)) if singles.len() + groups.len() > MOST && sizes.len() > 1 => {
                    together.insert((*parent).to_owned());
                }
                _ => return cut_to_size(singles, groups, body, change),
            }
        }
    }

    /// Labels with their pointers: single members, and members that go together.
    fn labelled(&self, together: &BTreeSet<String>, one: &str, all: &str) -> (Labelled, Labelled) {
        let (mut singles, mut groups) = (Labelled::new(), Labelled::new());
        for (pattern, pointers, level) in &self.places {
            let parent = parent_of(pattern);
            if *level < 2 || (*level == 2 && !together.contains(parent)) {
                singles.push((format!("{one} {pattern}"), pointers.clone()));
                continue;
            }
            let label = format!("{all} {parent}");
            match groups.iter_mut().find(|(known, _)| *known == label) {
                Some((_, known)) => known.extend(pointers.iter().cloned()),
                None => groups.push((label, pointers.clone())),
            }
        }
        (singles, groups)
    }
}

/// Labels of variations with the pointers that they change.
type Labelled = Vec<(String, Vec<String>)>;

fn cut_to_size(
    mut singles: Labelled,
    mut groups: Labelled,
    body: &Value,
    change: &dyn Fn(&mut Value, &str),
) -> Vec<Variation> {
    groups.truncate(MOST.saturating_sub(singles.len()).max(GROUPS));
    singles.truncate(MOST - groups.len());
    singles
        .into_iter()
        .chain(groups)
        .map(|(label, pointers)| {
            let mut varied = body.clone();
            for pointer in &pointers {
                change(&mut varied, pointer);
            }
            Variation {
                label,
                body: varied,
            }
        })
        .collect()
}

fn parent_of(pattern: &str) -> &str {
    pattern.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A pointer whose array indexes are `*`.
fn pattern_of(pointer: &str) -> String {
    let tokens = pointer.split('/').map(|token| {
        let index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        if index { "*" } else { token }
    });
    tokens.collect::<Vec<_>>().join("/")
}

fn unknown_members<'a>(
    walker: &mut Walker<'a>,
    slot: &Rc<Slot<'a>>,
    body: &Value,
) -> Vec<Variation> {
    let mut places: Vec<(String, usize)> = Vec::new();
    walker.walk(slot, body, &mut |visit| {
        let open = visit
            .shape
            .is_some_and(|shape| !shape.is_map() && !shape.closed);
        if open && visit.value.is_object() {
            places.push((format!("{}/{UNKNOWN}", visit.pointer), visit.level));
        }
    });
    if places.is_empty() {
        return Vec::new();
    }
    let mut varied = body.clone();
    for (pointer, level) in places {
        let value = match level % 5 {
            0 => json!("k7Qd-2f"),
            1 => json!(4711.5),
            2 => json!({ "x_assay_inner": [true, null] }),
            3 => json!(["k7Qd-2f", 0]),
            _ => Value::Null,
        };
        set(&mut varied, &pointer, value);
    }
    vec![Variation {
        label: "with unknown members at every level".to_owned(),
        body: varied,
    }]
}

fn camel_case<'a>(walker: &mut Walker<'a>, slot: &Rc<Slot<'a>>, body: &Value) -> Vec<Variation> {
    let mut places: Vec<(String, String)> = Vec::new();
    walker.walk(slot, body, &mut |visit| {
        for name in visit.value.as_object().into_iter().flat_map(Map::keys) {
            if visit.shape.is_some_and(|shape| shape.declares(name)) && camel(name) != *name {
                places.push((visit.pointer.to_owned(), name.clone()));
            }
        }
    });
    if places.is_empty() {
        return Vec::new();
    }
    let mut varied = body.clone();
    // Inside out: the pointers of outer members hold until they are renamed.
    for (parent, name) in places.iter().rev() {
        if let Some(Value::Object(members)) = varied.pointer_mut(parent) {
            let renamed = std::mem::take(members)
                .into_iter()
                .map(|(key, value)| (if key == *name { camel(name) } else { key }, value))
                .collect();
            *members = renamed;
        }
    }
    vec![Variation {
        label: "with member names in camel case".to_owned(),
        body: varied,
    }]
}

/// The first run of capitals in small letters: `ERPProductKey` is `erpProductKey`.
fn camel(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let run = letters
        .iter()
        .take_while(|letter| letter.is_uppercase())
        .count();
    // The last capital of a run begins the next word.
    let word = letters.get(run).is_some_and(|letter| letter.is_lowercase());
    let lowered = if word && run > 1 { run - 1 } else { run };
    letters
        .iter()
        .enumerate()
        .flat_map(|(index, letter)| -> Vec<char> {
            if index < lowered {
                letter.to_lowercase().collect()
            } else {
                vec![*letter]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ERPProductKey", "erpProductKey")]
    #[case("CRMQuote", "crmQuote")]
    #[case("Userinput", "userinput")]
    #[case("URL", "url")]
    #[case("ERP_Key", "erp_Key")]
    #[case("already", "already")]
    #[case("", "")]
    fn names_lose_their_first_run_of_capitals(#[case] name: &str, #[case] camel_case: &str) {
        assert_eq!(camel(name), camel_case);
    }

    #[test]
    fn kinds_read_back() {
        for kind in VariationKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("drop".parse::<VariationKind>().is_err());
    }
}
