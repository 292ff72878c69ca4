//! Faults of testing and saving connections, and of deleting them.

use serde_json::Value;

use super::tools::{bad, crash, fields, good, guid, is, is_saved, refusal};
use super::{Fault, Seam};
use crate::sample::sync::connector::Call;
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
                let password = PASSWORD;
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
            "ERP-121", "ERP-123", "ERP-124", "ERP-125", "ERP-126", "ERP-127", "ERP-157",
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
];
