//! Faults of testing and saving connections, and of deleting them.

use axum::http::StatusCode;
use serde_json::Value;

use super::tools::{
    actors, bad, crash, fields, good, guid, is, is_saved, is_second, refusal, settings,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called, Connector};
use crate::sample::sync::erp::{
    Operation as Op, Outcome, PASSWORD, PASSWORD_FIELD, Payload, Settings, State,
};
use crate::sample::sync::reply::Reply;

/// A value of the configuration in a request.
fn configured<'a>(call: &'a Call, key: &str) -> Option<&'a str> {
    let pairs = call.request.connection_info.as_ref()?;
    let found = pairs.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

/// Whether a request has no configuration.
fn is_unconfigured(call: &Call) -> bool {
    let pairs = call.request.connection_info.as_ref();
    pairs.is_none_or(Vec::is_empty)
}

/// The company that the configuration in a request names.
fn company_of(connector: &Connector, call: &Call) -> Option<usize> {
    let client = configured(call, "ClientId")?;
    let mut companies = connector.erp.as_ref()?.companies.iter();
    companies.position(|company| company.client == client)
}

/// Turns an error result into a good one.
fn pass(outcome: &mut Outcome) {
    *outcome = Outcome::ok(Payload::Nothing);
}

pub const FAULTS: &[Fault] = &[
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
        name: "test-knows-one-client",
        summary: "Refuses the client of the second company in its test.",
        violates: &["ERP-045"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::TestConfigData).is_some()
                && company_of(connector, call) == Some(1)
            {
                *reply = refusal(Op::TestConfigData, "No licence for this client.");
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
            if let Some(outcome) = bad(call, reply, Op::TestConfigData)
                && missing
                && !is_unconfigured(call)
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
            let company = company_of(connector, call);
            if good(call, reply, Op::TestConfigData).is_some()
                && let Some(erp) = &connector.erp
            {
                for settings in erp.connections.all().values_mut() {
                    settings.company = company.unwrap_or(settings.company);
                }
            }
        })],
    },
    Fault {
        name: "test-saves-under-zero",
        summary: "Saves tested values under the all-zero id.",
        violates: &["ERP-048"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::TestConfigData).is_some()
                && let Some((company, erp)) =
                    company_of(connector, call).zip(connector.erp.as_ref())
            {
                let settings = Settings {
                    company,
                    finished_projects: true,
                };
                erp.connections.save(0, settings);
            }
        })],
    },
    Fault {
        name: "missing-configuration-is-a-fault",
        summary: "Answers a test without configuration with a SOAP fault.",
        violates: &["ERP-049"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let none = is_unconfigured(call);
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
            let none = is_unconfigured(call);
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
        name: "second-company-not-saved",
        summary: "Answers Ok to saving a connection of the second company, and drops it.",
        violates: &["ERP-051"],
        consequences: &["ERP-052", "ERP-173"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::SaveConnection).is_some()
                && is_second(connector, call)
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
                true => Err(Reply::outcome(Outcome::ok(Payload::Nothing))),
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
        name: "saved-twice-read-twice",
        summary: "Reads the actors of a connection once for each time that it was saved.",
        violates: &["ERP-053"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(guid) = guid(call) else {
                return;
            };
            let key = format!("saved {guid}");
            if good(call, reply, Op::SaveConnection).is_some() {
                connector.injected.count(&key);
            } else if good(call, reply, Op::DeleteConnection).is_some() {
                connector.injected.forget(&key);
            }
            let times = connector.injected.counted(&key);
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                let once = actors.clone();
                for _ in 1..times {
                    actors.extend_from_slice(&once);
                }
            }
        })],
    },
    Fault {
        name: "incomplete-connection-saved",
        summary: "Saves a connection although its password or its client is missing.",
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
        summary: "Fails every WSTestConnection for a connection that was saved twice.",
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
        name: "health-check-knows-one-company",
        summary: "Fails WSTestConnection for connections of the second company.",
        violates: &["ERP-055"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::TestConnection).is_some() && is_second(connector, call) {
                *reply = refusal(
                    Op::TestConnection,
                    "The server of the company is not set up.",
                );
            }
        })],
    },
    Fault {
        name: "password-in-explanation",
        summary: "Quotes the password in the explanation of WSTestConnection.",
        violates: &["ERP-056", "ERP-178"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::TestConnection) {
                outcome.state = State::OkWithInfo;
                outcome.tech = Some(format!("Signed in as oak with {PASSWORD}."));
            }
        })],
    },
    Fault {
        name: "password-as-default-value",
        summary: "Offers the password in use as default value of the password field.",
        violates: &["ERP-056"],
        consequences: &["ERP-178", "ERP-041"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let saved = connector.erp.as_ref();
            if saved.is_some_and(|erp| !erp.connections.all().is_empty())
                && let Some(fields) = fields(call, reply, Op::GetConfigData)
            {
                for field in fields
                    .iter_mut()
                    .filter(|field| field.key == PASSWORD_FIELD)
                {
                    field.default_value = PASSWORD.to_owned();
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
        name: "deletion-one-way",
        summary: "Takes the deletion of a connection for a notification without answer.",
        violates: &["ERP-057"],
        consequences: &["ERP-001", "ERP-023"],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Op::DeleteConnection) {
                written.status = StatusCode::ACCEPTED;
                written.body.clear();
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
                true => Err(Reply::outcome(Outcome::ok(Payload::Nothing))),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "deletion-takes-all",
        summary: "Deletes all connections with the same company.",
        violates: &["ERP-059"],
        consequences: &[
            "ERP-017", "ERP-027", "ERP-055", "ERP-179", "ERP-075", "ERP-110", "ERP-114", "ERP-118",
            "ERP-121", "ERP-123", "ERP-124", "ERP-125", "ERP-126", "ERP-127", "ERP-157", "ERP-170",
        ],
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
    Fault {
        name: "deletion-signs-off-the-other-company",
        summary: "Signs the second company off when a connection of the first is deleted.",
        violates: &["ERP-059"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            const KEY: &str = "signed off";
            let company = settings(connector, call).map(|settings| settings.company);
            if is(call, Op::DeleteConnection) && company == Some(0) {
                connector.injected.remember(KEY, Value::Bool(true));
            } else if is(call, Op::SaveConnection) && company_of(connector, call) == Some(1) {
                connector.injected.forget(KEY);
            } else if company == Some(1)
                && connector.injected.recall(KEY).is_some()
                && let Some(Called::Erp(operation)) = call.called
            {
                return Err(refusal(operation, "The session has been closed."));
            }
            Ok(())
        })],
    },
];
