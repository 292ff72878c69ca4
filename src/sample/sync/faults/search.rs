//! Faults of simple and advanced search.

use super::tools::{actors, bad, crash, good, is, outcome, strings};
use super::{Fault, Seam};
use crate::sample::sync::connector::Call;
use crate::sample::sync::erp::{
    Actor, Cell, Kind, Operation as Op, Outcome, Payload, Refusal, matches,
};

/// A search without hits.
fn nothing() -> Payload {
    Payload::Actors(Some(Vec::new()))
}

/// Whether an actor of the answer mentions the search text in this letter case.
fn mentions(actor: &Actor, text: &str) -> bool {
    let mut pairs = actor.field_values.iter().flatten();
    pairs.any(|(_, value)| value.contains(text))
}

/// Whether a call searches in the advanced way with this operator.
fn uses(call: &Call, wanted: impl Fn(&str) -> bool) -> bool {
    let mut restrictions = call.request.restrictions.iter().flatten();
    is(call, Op::SearchActorsAdvanced) && restrictions.any(|one| wanted(&one.operator))
}

/// The operators of the contract.
const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "between",
    "begins",
    "contains",
    "ends",
    "notbegins",
    "notcontains",
    "notends",
    "isnot",
    "oneof",
    "notoneof",
    "before",
    "after",
    "beforeOrEqual",
    "afterOrEqual",
];

/// A habit of comparing values.
type Matches = fn(Kind, &str, &Cell, &[String]) -> Result<bool, Refusal>;

/// Changes how values are compared.
macro_rules! matching_fault {
    ($name:literal, $summary:literal, $violates:expr, $consequences:expr, $matches:expr) => {
        Fault {
            name: $name,
            summary: $summary,
            violates: $violates,
            consequences: $consequences,
            seams: &[Seam::Policy(|policy| {
                let matches: Matches = $matches;
                policy.habits.matches = matches;
            })],
        }
    };
}

pub const FAULTS: &[Fault] = &[
    // WSSearchActors
    Fault {
        name: "no-hits-is-an-error",
        summary: "Answers a simple search without hits with an error.",
        violates: &["ERP-110"],
        consequences: &["ERP-115", "ERP-118"],
        seams: &[Seam::Answer(|_, call, reply| {
            if actors(call, reply, Op::SearchActors).is_some_and(|actors| actors.is_empty()) {
                *reply = super::tools::refusal(Op::SearchActors, "Nothing was found.");
            }
        })],
    },
    Fault {
        name: "hits-without-stamp",
        summary: "Leaves LastModified out of the hits of a simple search.",
        violates: &["ERP-111"],
        consequences: &["ERP-078"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActors).into_iter().flatten() {
                actor.last_modified = Some(String::new());
            }
        })],
    },
    Fault {
        name: "hits-of-all-types",
        summary: "Finds suppliers as well in a simple search for customers.",
        violates: &["ERP-111"],
        consequences: &["ERP-100", "ERP-092", "ERP-079", "ERP-110", "ERP-075"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut request = call.request.clone();
            let customers = request.actor_type.as_deref() == Some("Customer");
            let blank = request
                .search_text
                .as_deref()
                .unwrap_or_default()
                .is_empty();
            request.actor_type = Some("Supplier".to_owned());
            let erp = connector.erp.as_ref().filter(|_| customers && blank);
            let others = erp.map(|erp| erp.handle(Op::SearchActors, &request, call.now));
            if let Some(Payload::Actors(Some(others))) = others.map(|others| others.payload)
                && let Some(actors) = actors(call, reply, Op::SearchActors)
            {
                actors.extend(others);
            }
        })],
    },
    Fault {
        name: "full-name-finds-nobody",
        summary: "Searches each text field of its own, so that a blank in the text finds nothing.",
        violates: &["ERP-112"],
        consequences: &["ERP-113"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call
                .request
                .search_text
                .as_deref()
                .unwrap_or_default()
                .trim();
            if text.contains(' ')
                && let Some(actors) = actors(call, reply, Op::SearchActors)
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "simple-search-minds-case",
        summary: "Minds letter case in a simple search.",
        violates: &["ERP-113"],
        consequences: &["ERP-112"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.clone().unwrap_or_default();
            if let Some(actors) = actors(call, reply, Op::SearchActors).filter(|_| !text.is_empty())
            {
                let upper = text.to_uppercase() == text || text.to_lowercase() == text;
                actors.retain(|actor| !upper || mentions(actor, &text));
            }
        })],
    },
    Fault {
        name: "blank-search-finds-nothing",
        summary: "Finds nothing for a blank text.",
        violates: &["ERP-114"],
        consequences: &["ERP-116"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            if let Some(actors) =
                actors(call, reply, Op::SearchActors).filter(|_| text.trim().is_empty())
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "quote-breaks-the-query",
        summary: "Puts the search text into its query, so that an apostrophe breaks it.",
        violates: &["ERP-115"],
        consequences: &["ERP-110", "ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            match is(call, Op::SearchActors) && text.contains('\'') {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "database-message-in-error",
        summary: "Shows the message of the database when a text has a bracket.",
        violates: &["ERP-115"],
        consequences: &["ERP-110", "ERP-177"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            if is(call, Op::SearchActors)
                && text.contains(['[', '%', '_'])
                && outcome(reply).is_some()
            {
                *reply = super::tools::refusal(
                    Op::SearchActors,
                    "System.Data.SqlClient.SqlException: Incorrect syntax near '['.",
                );
            }
        })],
    },
    Fault {
        name: "missing-text-is-a-fault",
        summary: "Answers a search without text with a SOAP fault.",
        violates: &["ERP-116"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::SearchActors) && call.request.search_text.is_none() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "children-of-all-parents",
        summary: "Finds the children of every parent of the given type.",
        violates: &["ERP-117"],
        consequences: &["ERP-118"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut request = call.request.clone();
            request.search_text = request.search_text.filter(|text| !text.is_empty());
            let erp = connector.erp.as_ref();
            let all = erp.map(|erp| erp.handle(Op::SearchActors, &request, call.now));
            let same_type = call.request.parent_actor_type.clone();
            let found = actors(call, reply, Op::SearchActorByParent).is_some_and(|a| !a.is_empty());
            if let Some(Payload::Actors(Some(mut all))) = all.map(|all| all.payload)
                && let Some(outcome) = good(call, reply, Op::SearchActorByParent).filter(|_| found)
            {
                all.retain(|actor| actor.parent_actor_type == same_type);
                outcome.payload = Payload::Actors(Some(all));
            }
        })],
    },
    Fault {
        name: "parent-left-out-of-hits",
        summary: "Leaves the parent out when it searches by parent.",
        violates: &["ERP-117"],
        consequences: &["ERP-091"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActorByParent)
                .into_iter()
                .flatten()
            {
                actor.parent_actor_type = None;
                actor.parent_erp_key = None;
            }
        })],
    },
    Fault {
        name: "unknown-parent-is-an-error",
        summary: "Answers a search below an unknown parent with an error.",
        violates: &["ERP-118"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let none = actors(call, reply, Op::SearchActorByParent).is_some_and(|a| a.is_empty());
            if none
                && call
                    .request
                    .search_text
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty()
            {
                *reply = super::tools::refusal(Op::SearchActorByParent, "No such parent.");
            }
        })],
    },
    // WSGetSearchableFields and WSSearchActorsAdvanced
    Fault {
        name: "undeclared-field-searchable",
        summary: "Offers a field for searching that it has not declared.",
        violates: &["ERP-119"],
        consequences: &["ERP-121", "ERP-122"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(keys) = strings(call, reply, Op::GetSearchableFields) {
                keys.push("INTERNALID".to_owned());
            }
        })],
    },
    matching_fault!(
        "text-operators-mind-case",
        "Minds letter case in the operators of texts.",
        &["ERP-121"],
        &["ERP-122", "ERP-130"],
        |kind, operator, cell, arguments| match (kind, cell, arguments) {
            (Kind::Text, Cell::Text(text), [wanted]) => Ok(match operator {
                "=" => text == wanted,
                "begins" => text.starts_with(wanted),
                "contains" => text.contains(wanted),
                "ends" => text.ends_with(wanted),
                "isnot" => text != wanted,
                "notbegins" => !text.starts_with(wanted),
                "notcontains" => !text.contains(wanted),
                "notends" => !text.ends_with(wanted),
                _ => return matches(kind, operator, cell, arguments),
            }),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "begins-is-contains",
        "Finds the text of begins anywhere.",
        &["ERP-121"],
        &["ERP-122"],
        |kind, operator, cell, arguments| match operator {
            "begins" => matches(kind, "contains", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "ends-not-known",
        "Does not know the operator ends.",
        &["ERP-121"],
        &["ERP-122"],
        |kind, operator, cell, arguments| match operator {
            "ends" => matches(kind, "no such operator", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "notends-is-ends",
        "Forgets to negate notends.",
        &["ERP-122"],
        &["ERP-121"],
        |kind, operator, cell, arguments| match operator {
            "notends" => matches(kind, "ends", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "greater-is-at-least",
        "Takes > for >= with whole numbers.",
        &["ERP-123"],
        &[],
        |kind, operator, cell, arguments| match (kind, operator) {
            (Kind::Integer, ">") => matches(kind, ">=", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "unequal-written-otherwise",
        "Knows <> and not != for whole numbers.",
        &["ERP-123"],
        &[],
        |kind, operator, cell, arguments| match (kind, operator) {
            (Kind::Integer, "!=") => matches(kind, "no such operator", cell, arguments),
            (Kind::Integer, "<>") => matches(kind, "!=", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "decimals-cut-off",
        "Compares decimals without their decimal places.",
        &["ERP-124"],
        &["ERP-128", "ERP-131", "ERP-132"],
        |kind, operator, cell, arguments| {
            let whole = |cell: &Cell| match cell {
                Cell::Fraction(number) => Cell::Fraction(number.trunc()),
                other => other.clone(),
            };
            if kind != Kind::Double {
                return matches(kind, operator, cell, arguments);
            }
            let cut = |text: &String| match Cell::read(kind, text) {
                Some(read) => whole(&read).write(),
                None => text.clone(),
            };
            let arguments: Vec<String> = arguments.iter().map(cut).collect();
            matches(kind, operator, &whole(cell), &arguments)
        }
    ),
    matching_fault!(
        "unticked-boxes-not-found",
        "Finds no boxes that are not ticked.",
        &["ERP-125"],
        &["ERP-131"],
        |kind, operator, cell, arguments| match kind {
            Kind::Checkbox if *cell != Cell::Flag(true) => Ok(false),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "oneof-takes-one",
        "Looks at the first of several list keys only.",
        &["ERP-126"],
        &[],
        |kind, operator, cell, arguments| match (kind, arguments) {
            (Kind::List, [first, ..]) => matches(kind, operator, cell, std::slice::from_ref(first)),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "before-or-equal-is-before",
        "Takes beforeOrEqual for before.",
        &["ERP-127"],
        &[],
        |kind, operator, cell, arguments| match operator {
            "beforeOrEqual" => matches(kind, "before", cell, arguments),
            _ => matches(kind, operator, cell, arguments),
        }
    ),
    matching_fault!(
        "between-without-limits",
        "Leaves the limits out of between.",
        &["ERP-128"],
        &[],
        |kind, operator, cell, arguments| {
            let found = matches(kind, operator, cell, arguments)?;
            let value = cell.write();
            let limit = |text: &String| {
                Cell::read(kind, text)
                    .is_some_and(|read| read.write().to_lowercase() == value.to_lowercase())
            };
            Ok(found && !(operator == "between" && arguments.iter().any(limit)))
        }
    ),
    Fault {
        name: "restrictions-combined-with-or",
        summary: "Finds actors that satisfy one of several restrictions.",
        violates: &["ERP-129"],
        consequences: &["ERP-130"],
        seams: &[Seam::Policy(|policy| {
            policy.habits.all_restrictions = false
        })],
    },
    Fault {
        name: "parent-restrictions-ignored",
        summary: "Ignores restrictions on the parent, because no field has that key.",
        violates: &["ERP-130"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.habits.parents_searchable = false
        })],
    },
    matching_fault!(
        "encoded-arguments-not-understood",
        "Finds nothing when an argument is encoded.",
        &["ERP-131"],
        &["ERP-123", "ERP-124", "ERP-125", "ERP-127", "ERP-128"],
        |kind, operator, cell, arguments| {
            let encoded = |text: &String| text.starts_with('[') && kind != Kind::Text;
            match arguments.iter().any(encoded) {
                true => Ok(false),
                false => matches(kind, operator, cell, arguments),
            }
        }
    ),
    matching_fault!(
        "bare-arguments-not-understood",
        "Finds nothing when an argument comes without marker.",
        &["ERP-132"],
        &[],
        |kind, operator, cell, arguments| {
            let bare = |text: &String| {
                !text.starts_with('[')
                    && matches!(kind, Kind::Integer | Kind::Double | Kind::Datetime)
            };
            match arguments.iter().any(bare) {
                true => Ok(false),
                false => matches(kind, operator, cell, arguments),
            }
        }
    ),
    Fault {
        name: "restricted-fields-given-as-well",
        summary: "Gives the fields of the restrictions as well.",
        violates: &["ERP-133"],
        consequences: &["ERP-079", "ERP-111"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::SearchActorsAdvanced) {
                let restrictions = call.request.restrictions.iter().flatten();
                let keys: Vec<String> = restrictions.map(|one| one.field_key.clone()).collect();
                call.request.field_keys.get_or_insert_default().extend(keys);
            }
            Ok(())
        })],
    },
    Fault {
        name: "unsearchable-field-is-a-fault",
        summary: "Answers a search by a field that is not searchable with a SOAP fault.",
        violates: &["ERP-134"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = bad(call, reply, Op::SearchActorsAdvanced)
                .is_some_and(|outcome| outcome.error_code.as_deref() == Some("UNKOWN_FIELDKEY"));
            if unknown {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-operator-is-a-fault",
        summary: "Answers an operator that it does not know with a SOAP fault.",
        violates: &["ERP-134"],
        consequences: &["ERP-135", "ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match uses(call, |operator| !OPERATORS.contains(&operator)) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "unknown-operator-finds-nothing",
        summary: "Finds nothing when it does not know the operator.",
        violates: &["ERP-135"],
        consequences: &["ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = uses(call, |operator| !OPERATORS.contains(&operator));
            if let Some(outcome) = bad(call, reply, Op::SearchActorsAdvanced)
                && unknown
                && outcome.error_code.is_none()
            {
                *outcome = Outcome::ok(nothing());
            }
        })],
    },
    Fault {
        name: "no-restrictions-is-a-fault",
        summary: "Answers a search without restrictions with a SOAP fault.",
        violates: &["ERP-136"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let none = call.request.restrictions.as_ref().is_none_or(Vec::is_empty);
            match is(call, Op::SearchActorsAdvanced) && none {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
];
