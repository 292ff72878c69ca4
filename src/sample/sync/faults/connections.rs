//! Faults of connection ids, of testing and saving connections.

use serde_json::{Value, json};

use super::tools::{bad, crash, good, is, outcome, refusal};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called, Connector};
use crate::sample::sync::erp::{
    Guid, Operation as Op, Outcome, PASSWORD_FIELD, Payload, Settings, State, UNKNOWN_CONNECTION,
    read_guid,
};
use crate::sample::sync::reply::Reply;

/// Whether the answer says that the connection is not known.
fn unknown(reply: &mut Reply) -> Option<&mut Outcome> {
    outcome(reply).filter(|outcome| outcome.error_code.as_deref() == Some(UNKNOWN_CONNECTION))
}

/// The id in a request.
fn guid(call: &Call) -> Option<Guid> {
    read_guid(call.request.connection_guid.as_deref()?)
}

/// Whether the id in a request stands for a saved connection.
fn is_saved(connector: &Connector, call: &Call) -> bool {
    let found = guid(call).zip(connector.erp.as_ref());
    found.is_some_and(|(guid, erp)| erp.connections.find(guid).is_some())
}

/// Runs the operation for another connection id.
fn run_for(connector: &Connector, call: &Call, guid: Guid) -> Option<Reply> {
    let Some(Called::Erp(operation)) = call.called else {
        return None;
    };
    let mut request = call.request.clone();
    request.connection_guid = Some(format!("{guid:032x}"));
    let outcome = connector
        .erp
        .as_ref()?
        .handle(operation, &request, call.now);
    Some(Reply::Outcome(outcome))
}

/// A value of the configuration in a request.
fn configured<'a>(call: &'a Call, key: &str) -> Option<&'a str> {
    let pairs = call.request.connection_info.as_ref()?;
    let found = pairs.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

/// Turns an error result into a good one.
fn pass(outcome: &mut Outcome) {
    *outcome = Outcome::ok(Payload::Nothing);
}

/// What cannot be seen without a working connection.
const NO_CONNECTION: &[&str] = &[
    "ERP-017", "ERP-021", "ERP-026", "ERP-027", "ERP-048", "ERP-052", "ERP-053", "ERP-055",
    "ERP-059", "ERP-060", "ERP-179",
];

pub const FAULTS: &[Fault] = &[
    // Connection ids
    Fault {
        name: "ids-compared-as-text",
        summary: "Compares connection ids letter for letter, so that case matters.",
        violates: &["ERP-021"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.habits.read_guid = |text| {
                let folded = read_guid(text)?;
                let upper = text.chars().any(|sign| sign.is_ascii_uppercase());
                Some(if upper { !folded } else { folded })
            };
        })],
    },
    Fault {
        name: "ids-in-one-form",
        summary: "Takes connection ids with hyphens and without braces only.",
        violates: &["ERP-022"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.habits.read_guid = |text| read_guid(text).filter(|_| text.trim().len() == 36);
        })],
    },
    Fault {
        name: "bad-id-is-a-fault",
        summary: "Answers a connection id that is no GUID with a SOAP fault.",
        violates: &["ERP-023"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let text = call.request.connection_guid.as_deref().unwrap_or_default();
            match !text.is_empty() && guid(call).is_none() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "missing-id-is-the-last-one",
        summary: "Takes the connection of the call before when a call names none.",
        violates: &["ERP-024"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let given = call.request.connection_guid.as_deref().unwrap_or_default();
            if !given.trim().is_empty() {
                if is_saved(connector, call) {
                    connector.injected.remember("last", json!(given));
                }
            } else if !is(call, Op::SaveConnection) && !is(call, Op::DeleteConnection) {
                let last = connector.injected.recall("last");
                call.request.connection_guid =
                    last.and_then(|last| Some(last.as_str()?.to_owned()));
            }
            Ok(())
        })],
    },
    Fault {
        name: "missing-id-is-a-fault",
        summary: "Answers a call without connection id with a SOAP fault.",
        violates: &["ERP-024"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let needs = matches!(call.called, Some(Called::Erp(operation))
                if operation != Op::GetConfigData && operation != Op::TestConfigData);
            let given = call.request.connection_guid.as_deref().unwrap_or_default();
            match needs && given.trim().is_empty() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "unknown-connection-without-code",
        summary: "Tells of an unknown connection in words, without the error code.",
        violates: &["ERP-025"],
        consequences: &["ERP-026"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = unknown(reply) {
                outcome.error_code = None;
            }
        })],
    },
    Fault {
        name: "unknown-connection-has-no-lists",
        summary: "Answers lists for an unknown connection with an empty list.",
        violates: &["ERP-025"],
        consequences: &["ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if (is(call, Op::GetList) || is(call, Op::GetListItems))
                && let Some(outcome) = unknown(reply)
            {
                *outcome = Outcome::ok(Payload::Items(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "unknown-connection-is-any",
        summary: "Uses any saved connection when it does not know the id.",
        violates: &["ERP-025"],
        consequences: &["ERP-028", "ERP-030", "ERP-048", "ERP-054", "ERP-058"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let zero = guid(call) == Some(0);
            if unknown(reply).is_some() && !zero {
                let saved = connector.erp.as_ref();
                let any = saved.and_then(|erp| erp.connections.all().keys().next().copied());
                if let Some(answer) = any.and_then(|any| run_for(connector, call, any)) {
                    *reply = answer;
                }
            }
        })],
    },
    Fault {
        name: "unknown-once-is-unknown-for-ever",
        summary: "Remembers that a connection was not known, although it is saved later.",
        violates: &["ERP-026"],
        consequences: &["ERP-048", "ERP-051", "ERP-173"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(guid) = guid(call) else {
                return;
            };
            let key = format!("unknown {guid}");
            if unknown(reply).is_some() {
                connector.injected.remember(key, Value::Bool(true));
            } else if connector.injected.recall(&key).is_some()
                && !is(call, Op::SaveConnection)
                && !is(call, Op::DeleteConnection)
                && let Some(Called::Erp(operation)) = call.called
            {
                *reply = refusal(operation, "No configuration stored for this connection id.");
                if let Some(outcome) = outcome(reply) {
                    outcome.error_code = Some(UNKNOWN_CONNECTION.to_owned());
                }
            }
        })],
    },
    Fault {
        name: "configuration-forgotten-after-five-calls",
        summary: "Wants the configuration again after five calls for a connection.",
        violates: &["ERP-027"],
        consequences: NO_CONNECTION,
        seams: &[Seam::Request(|connector, call| {
            let Some(guid) = guid(call).filter(|_| is_saved(connector, call)) else {
                return Ok(());
            };
            let key = format!("calls {guid}");
            if is(call, Op::SaveConnection) {
                connector.injected.forget(&key);
            } else if connector.injected.count(&key) > 5
                && let Some(Called::Erp(operation)) = call.called
            {
                return Err(refusal(
                    operation,
                    "The configuration is missing in this call.",
                ));
            }
            Ok(())
        })],
    },
    Fault {
        name: "one-company-for-all-connections",
        summary: "Reads the company of the first connection for all of them.",
        violates: &["ERP-028"],
        consequences: &["ERP-052", "ERP-101", "ERP-173"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(erp) = &connector.erp else {
                return;
            };
            if good(call, reply, Op::SaveConnection).is_some()
                && let Some(guid) = guid(call)
            {
                let settings = erp.connections.find(guid);
                let company = settings.as_ref().map_or(0, |settings| settings.company);
                let first = connector.injected.recall("company");
                let first = first.and_then(|first| first.as_u64());
                let first = first.and_then(|first| usize::try_from(first).ok());
                if first.is_none() {
                    connector.injected.remember("company", json!(company));
                }
                if let Some(settings) = settings {
                    let company = first.unwrap_or(company);
                    erp.connections.save(
                        guid,
                        Settings {
                            company,
                            ..settings
                        },
                    );
                }
            }
        })],
    },
    Fault {
        name: "zero-id-can-be-saved",
        summary: "Saves a connection under the all-zero id.",
        violates: &["ERP-030"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            const SPARE: Guid = Guid::MAX;
            if bad(call, reply, Op::SaveConnection).is_none() || guid(call) != Some(0) {
                return;
            }
            let saved = run_for(connector, call, SPARE);
            if let (Some(saved), Some(erp)) = (saved, &connector.erp)
                && let Some(settings) = erp.connections.delete(SPARE)
            {
                erp.connections.save(0, settings);
                *reply = saved;
            }
        })],
    },
    // Testing and saving
    Fault {
        name: "test-refuses-country",
        summary: "Refuses every configuration with a country in its test.",
        violates: &["ERP-045"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if good(call, reply, Op::TestConfigData).is_some()
                && configured(call, "Country").is_some_and(|country| !country.is_empty())
            {
                *reply = refusal(Op::TestConfigData, "Country is not supported.");
            }
        })],
    },
    Fault {
        name: "mandatory-password-not-checked",
        summary: "Takes a configuration without password in its test.",
        violates: &["ERP-046"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let missing = configured(call, PASSWORD_FIELD).is_none_or(str::is_empty);
            let others = call.request.connection_info.as_ref();
            if let Some(outcome) = bad(call, reply, Op::TestConfigData)
                && missing
                && others.is_some_and(|pairs| !pairs.is_empty())
            {
                pass(outcome);
            }
        })],
    },
    Fault {
        name: "missing-value-without-text",
        summary: "Refuses a configuration without telling the user why.",
        violates: &["ERP-046"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = bad(call, reply, Op::TestConfigData) {
                outcome.user = None;
            }
        })],
    },
    Fault {
        name: "test-accepts-everything",
        summary: "Finds every complete configuration good, without asking the ERP system.",
        violates: &["ERP-047"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let complete = ["ClientId", PASSWORD_FIELD]
                .iter()
                .all(|key| configured(call, key).is_some_and(|value| !value.is_empty()));
            if let Some(outcome) = bad(call, reply, Op::TestConfigData).filter(|_| complete) {
                pass(outcome);
            }
        })],
    },
    Fault {
        name: "test-changes-saved-connections",
        summary: "Applies the tested values to all saved connections.",
        violates: &["ERP-048"],
        consequences: &["ERP-017", "ERP-028", "ERP-052"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let client = configured(call, "ClientId").map(str::to_owned);
            if good(call, reply, Op::TestConfigData).is_some()
                && let Some(erp) = &connector.erp
            {
                let company = erp
                    .companies
                    .iter()
                    .position(|company| Some(company.client) == client.as_deref());
                for settings in erp.connections.all().values_mut() {
                    settings.company = company.unwrap_or(settings.company);
                }
            }
        })],
    },
    Fault {
        name: "missing-configuration-is-a-fault",
        summary: "Answers a test without configuration with a SOAP fault.",
        violates: &["ERP-049"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let none = call
                .request
                .connection_info
                .as_ref()
                .is_none_or(Vec::is_empty);
            match is(call, Op::TestConfigData) && none {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "missing-configuration-is-good",
        summary: "Finds a missing configuration good.",
        violates: &["ERP-049"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let none = call
                .request
                .connection_info
                .as_ref()
                .is_none_or(Vec::is_empty);
            if let Some(outcome) = bad(call, reply, Op::TestConfigData).filter(|_| none) {
                pass(outcome);
            }
        })],
    },
    Fault {
        name: "unknown-setting-is-a-fault",
        summary: "Answers a configuration with a key that it does not know with a SOAP fault.",
        violates: &["ERP-050"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let known = [
                "About",
                "ClientId",
                PASSWORD_FIELD,
                "Country",
                "FinishedProjects",
            ];
            let mut pairs = call.request.connection_info.iter().flatten();
            match pairs.any(|(key, _)| !known.contains(&key.as_str())) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "connection-not-saved-now-and-then",
        summary: "Answers every third save of a connection Ok without saving.",
        violates: &["ERP-051"],
        consequences: &[
            "ERP-017", "ERP-021", "ERP-026", "ERP-027", "ERP-028", "ERP-052", "ERP-053", "ERP-055",
            "ERP-059", "ERP-173", "ERP-179",
        ],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::SaveConnection).is_some()
                && connector.injected.count("saves").is_multiple_of(3)
                && let Some((guid, erp)) = guid(call).zip(connector.erp.as_ref())
            {
                erp.connections.delete(guid);
            }
        })],
    },
    Fault {
        name: "first-configuration-stays",
        summary: "Answers the update of a connection Ok and keeps the old values.",
        violates: &["ERP-052"],
        consequences: &["ERP-173"],
        seams: &[Seam::Request(|connector, call| {
            match is(call, Op::SaveConnection) && is_saved(connector, call) {
                true => Err(Reply::Outcome(Outcome::ok(Payload::Nothing))),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "second-save-refused",
        summary: "Refuses to save a connection that it has already.",
        violates: &["ERP-053", "ERP-052"],
        consequences: &["ERP-051"],
        seams: &[Seam::Request(|connector, call| {
            match is(call, Op::SaveConnection) && is_saved(connector, call) {
                true => Err(refusal(
                    Op::SaveConnection,
                    "The connection exists already.",
                )),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "incomplete-connection-saved",
        summary: "Saves a connection although its password is missing.",
        violates: &["ERP-054"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let missing = configured(call, PASSWORD_FIELD).is_none_or(str::is_empty)
                || configured(call, "ClientId").is_none_or(str::is_empty);
            let Some((guid, erp)) = guid(call).zip(connector.erp.as_ref()) else {
                return;
            };
            if let Some(outcome) =
                bad(call, reply, Op::SaveConnection).filter(|_| missing && guid != 0)
            {
                pass(outcome);
                let settings = Settings {
                    company: 0,
                    finished_projects: true,
                };
                erp.connections.save(guid, settings);
            }
        })],
    },
    Fault {
        name: "health-check-fails-after-update",
        summary: "Fails WSTestConnection until the service restarts when a connection was saved twice.",
        violates: &["ERP-055"],
        consequences: &["ERP-051", "ERP-052", "ERP-053", "ERP-059", "ERP-179"],
        seams: &[Seam::Request(|connector, call| {
            let Some(guid) = guid(call) else {
                return Ok(());
            };
            let key = format!("updated {guid}");
            if is(call, Op::SaveConnection) && is_saved(connector, call) {
                connector.injected.remember(key, Value::Bool(true));
            } else if is(call, Op::TestConnection) && connector.injected.recall(&key).is_some() {
                return Err(refusal(Op::TestConnection, "The connection is stale."));
            }
            Ok(())
        })],
    },
    Fault {
        name: "password-in-explanation",
        summary: "Quotes the password in the explanation of WSTestConnection.",
        violates: &["ERP-056", "ERP-178"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::TestConnection) {
                let password = crate::sample::sync::erp::PASSWORD;
                outcome.state = State::OkWithInfo;
                outcome.tech = Some(format!("Signed in as oak with {password}."));
            }
        })],
    },
    Fault {
        name: "password-as-default-value",
        summary: "Offers the password in use as default value of the password field.",
        violates: &["ERP-056"],
        consequences: &["ERP-178"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let saved = connector.erp.as_ref();
            if saved.is_some_and(|erp| !erp.connections.all().is_empty())
                && let Some(fields) = super::tools::fields(call, reply, Op::GetConfigData)
            {
                for field in fields
                    .iter_mut()
                    .filter(|field| field.key == PASSWORD_FIELD)
                {
                    field.default_value = crate::sample::sync::erp::PASSWORD.to_owned();
                }
            }
        })],
    },
    Fault {
        name: "deleting-unknown-is-a-fault",
        summary: "Answers the deletion of an unknown connection with a SOAP fault.",
        violates: &["ERP-057"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|connector, call| {
            match is(call, Op::DeleteConnection)
                && guid(call).is_some()
                && !is_saved(connector, call)
            {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "deletion-does-nothing",
        summary: "Answers the deletion of a connection Ok and keeps it.",
        violates: &["ERP-058"],
        consequences: &["ERP-173"],
        seams: &[Seam::Request(|connector, call| {
            match is(call, Op::DeleteConnection) && is_saved(connector, call) {
                true => Err(Reply::Outcome(Outcome::ok(Payload::Nothing))),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "deletion-takes-all",
        summary: "Deletes all connections with the same company.",
        violates: &["ERP-059"],
        consequences: &["ERP-017", "ERP-027", "ERP-055", "ERP-179"],
        seams: &[Seam::Request(|connector, call| {
            let Some((guid, erp)) = guid(call).zip(connector.erp.as_ref()) else {
                return Ok(());
            };
            if is(call, Op::DeleteConnection)
                && let Some(settings) = erp.connections.find(guid)
            {
                let same = |other: &Settings| other.company == settings.company;
                erp.connections.all().retain(|_, other| !same(other));
            }
            Ok(())
        })],
    },
];
