//! Faults of advanced search.

use jiff::ToSpan as _;

use super::tools::{asked_type, bad, crash, is, refusal, strings};
use super::{Fault, Seam};
use crate::sample::sync::connector::Call;
use crate::sample::sync::erp::{
    ActorType, Cell, Kind, Operation as Op, Outcome, Payload, Refusal, UNKNOWN_FIELD, matches,
};

/// Whether a call searches with an operator that the contract does not have.
fn uses_unknown_operator(call: &Call) -> bool {
    let mut restrictions = call.request.restrictions.iter().flatten();
    restrictions.any(|one| !OPERATORS.contains(&one.operator.as_str()))
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
    Fault {
        name: "special-keys-listed",
        summary: "Lists ParentErpKey among the searchable fields of persons.",
        violates: &["ERP-119"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(keys) = strings(call, reply, Op::GetSearchableFields)
                && asked_type(call) == Some(ActorType::Person)
            {
                keys.push("ParentErpKey".to_owned());
            }
        })],
    },
    Fault {
        name: "unsearchable-projects-are-a-fault",
        summary: "Offers no search for projects, and answers one with a SOAP fault.",
        violates: &["ERP-120"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            if asked_type(call) != Some(ActorType::Project) {
                return;
            }
            if let Some(keys) = strings(call, reply, Op::GetSearchableFields) {
                keys.clear();
            }
            if is(call, Op::SearchActorsAdvanced) {
                *reply = crash();
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
        "negations-skip-empty-texts",
        "Finds no actor by a negation whose text is empty, as databases do with NULL.",
        &["ERP-122"],
        &[],
        |kind, operator, cell, arguments| match (kind, cell) {
            (Kind::Text, Cell::Empty) if operator.contains("not") => Ok(false),
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
        "decimals-ordered-as-texts",
        "Orders decimals digit by digit.",
        &["ERP-124"],
        &[],
        |kind, operator, cell, arguments| {
            let digits = |cell: &Cell| match cell {
                Cell::Fraction(number) => Some(number.normalize().to_string()),
                _ => None,
            };
            let limit = match arguments {
                [limit] => Cell::read(kind, limit).as_ref().and_then(digits),
                _ => None,
            };
            let operands = digits(cell).zip(limit);
            let Some((value, limit)) = operands.filter(|_| kind == Kind::Double) else {
                return matches(kind, operator, cell, arguments);
            };
            Ok(match operator {
                "<" => value < limit,
                ">" => value > limit,
                "<=" => value <= limit,
                ">=" => value >= limit,
                _ => return matches(kind, operator, cell, arguments),
            })
        }
    ),
    matching_fault!(
        "boxes-searched-by-words",
        "Knows true and false for boxes, and not 1 and 0.",
        &["ERP-125"],
        &[],
        |kind, operator, cell, arguments| {
            let word = |text: &String| matches!(text.as_str(), "true" | "false");
            match kind {
                Kind::Checkbox if !arguments.iter().all(word) => {
                    matches(kind, "no such operator", cell, arguments)
                }
                _ => matches(kind, operator, cell, arguments),
            }
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
        "notoneof-combined-with-or",
        "Finds by notoneof what differs from one of several keys.",
        &["ERP-126"],
        &[],
        |kind, operator, cell, arguments| {
            if (kind, operator) != (Kind::List, "notoneof") {
                return matches(kind, operator, cell, arguments);
            }
            for argument in arguments {
                if matches(kind, operator, cell, std::slice::from_ref(argument))? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    ),
    matching_fault!(
        "search-dates-in-local-time",
        "Takes the times of a search for local ones.",
        &["ERP-127"],
        &["ERP-128"],
        |kind, operator, cell, arguments| {
            let moved = |text: &String| match Cell::read(kind, text) {
                Some(Cell::Moment(moment)) => {
                    Cell::Moment(moment.saturating_sub(2.hours())).write()
                }
                _ => text.clone(),
            };
            let moved: Vec<String> = arguments.iter().map(moved).collect();
            match kind {
                Kind::Datetime => matches(kind, operator, cell, &moved),
                _ => matches(kind, operator, cell, arguments),
            }
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
        name: "third-restriction-lost",
        summary: "Looks at the first two restrictions only.",
        violates: &["ERP-129"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if let Some(restrictions) = &mut call.request.restrictions {
                restrictions.truncate(2);
            }
            Ok(())
        })],
    },
    Fault {
        name: "parents-searched-among-customers",
        summary: "Takes every parent of a search for a customer.",
        violates: &["ERP-130"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            for restriction in call.request.restrictions.iter_mut().flatten() {
                if restriction.field_key == "ParentActorType" {
                    restriction.values = vec!["Customer".to_owned()];
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "parents-searched-alone",
        summary: "Knows restrictions on the parent only where no others stand beside them.",
        violates: &["ERP-130"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let mut restrictions = call.request.restrictions.iter().flatten();
            let count = restrictions.clone().count();
            match count > 2 && restrictions.any(|one| one.field_key == "ParentErpKey") {
                true => Err(refusal(Op::SearchActorsAdvanced, "No field ParentErpKey.")),
                false => Ok(()),
            }
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
        &[
            "ERP-123", "ERP-124", "ERP-125", "ERP-127", "ERP-128", "ERP-135"
        ],
        |kind, operator, cell, arguments| {
            let encoded = |text: &String| text.starts_with('[') && kind != Kind::Text;
            match arguments.iter().any(encoded) {
                true => Ok(false),
                false => matches(kind, operator, cell, arguments),
            }
        }
    ),
    matching_fault!(
        "encoded-boxes-are-unticked",
        "Reads an encoded box of a search as one that is not ticked.",
        &["ERP-131"],
        &["ERP-125"],
        |kind, operator, cell, arguments| match (kind, arguments) {
            (Kind::Checkbox, [text]) if text.starts_with('[') => {
                matches(kind, operator, cell, &["0".to_owned()])
            }
            _ => matches(kind, operator, cell, arguments),
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
                .is_some_and(|outcome| outcome.error_code.as_deref() == Some(UNKNOWN_FIELD));
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
            match is(call, Op::SearchActorsAdvanced) && uses_unknown_operator(call) {
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
            if let Some(outcome) = bad(call, reply, Op::SearchActorsAdvanced)
                && uses_unknown_operator(call)
                && outcome.error_code.is_none()
            {
                *outcome = Outcome::ok(Payload::Actors(Some(Vec::new())));
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
