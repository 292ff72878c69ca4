//! Counts while going through the events of runs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Check, Coverage, Keyword, Operation, Played, Row, Run, SCHEMA_VERSION, State, Status};
use crate::api::{Exercise, Gap};
use crate::model::event::{CheckResult, RunEvent};
use crate::model::exchange::Exchange;
use crate::model::requirement::{Decided, Requirement, RequirementId};
use crate::soap::decode::{Decoded, decode};
use crate::suite::Suite;

pub(super) struct Tally<'s> {
    suite: &'s Suite,
    exercise: Exercise<'s>,
    runs: Vec<Run>,
    /// In the order in which they stand in the suite.
    checks: Vec<Tallied>,
    /// Operations that scenarios called.
    called: BTreeMap<String, BTreeMap<String, u64>>,
    answers: BTreeMap<&'s str, Answers>,
    others: BTreeMap<String, BTreeMap<u16, u64>>,
}

/// A check, and what came of it.
struct Tallied {
    requirements: Vec<RequirementId>,
    check: Check,
    reason: Option<String>,
}

/// What an operation answered.
#[derive(Default)]
struct Answers {
    exchanges: u64,
    statuses: BTreeMap<u16, u64>,
    faults: BTreeMap<String, u64>,
    unanswered: u64,
}

impl Tallied {
    fn new(check: String, requirements: &[RequirementId]) -> Self {
        Self {
            requirements: requirements.to_vec(),
            check: Check {
                check,
                judged: 0,
                outcomes: BTreeMap::new(),
            },
            reason: None,
        }
    }
}

impl<'s> Tally<'s> {
    pub(super) fn new(suite: &'s Suite) -> Self {
        let scenarios = suite.scenarios.iter().flat_map(|scenario| {
            scenario.checks.iter().map(|check| {
                Tallied::new(
                    format!("{}/{}", scenario.id, check.name),
                    &check.requirements,
                )
            })
        });
        let always = suite
            .always
            .iter()
            .map(|rule| Tallied::new(rule.name.clone(), &rule.requirements));
        let operations = suite.api.operations();
        Self {
            suite,
            exercise: suite.api.exercise(),
            runs: Vec::new(),
            checks: scenarios.chain(always).collect(),
            called: BTreeMap::new(),
            answers: operations
                .map(|operation| (operation.name.as_str(), Answers::default()))
                .collect(),
            others: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(head) => self.runs.push(Run {
                connector: head.connector.name.clone(),
                version: head.connector.version.clone(),
                command: head.command.clone(),
                same_suite: head.suite_digest == self.suite.digest,
            }),
            RunEvent::Judged(result) => self.judged(result),
            RunEvent::Exchanged(exchange) => self.exchanged(exchange),
            _ => {}
        }
    }

    fn judged(&mut self, result: &CheckResult) {
        let known = self
            .checks
            .iter()
            .position(|tallied| tallied.check.check == result.check);
        let index = known.unwrap_or_else(|| {
            // What every call shows is decided by the engine; the suite does not name it.
            let tallied = Tallied::new(result.check.clone(), &result.requirements);
            self.checks.push(tallied);
            self.checks.len() - 1
        });
        let tallied = &mut self.checks[index];
        tallied.check.judged += result.judged;
        *tallied
            .check
            .outcomes
            .entry(result.outcome.label())
            .or_default() += 1;
        if result.judged == 0 {
            tallied.reason.clone_from(&result.reason);
        }
    }

    fn exchanged(&mut self, exchange: &Exchange) {
        let origin = exchange.origin.split('/').next().unwrap_or_default();
        if let Some(scenario) = self.suite.scenario(origin) {
            let called = self.called.entry(scenario.id.clone()).or_default();
            *called.entry(exchange.operation.clone()).or_default() += 1;
        }
        // A request with another method is labelled with it, and answered all the same.
        let label = exchange.operation.as_str();
        let method = label.strip_prefix(exchange.method.as_str());
        let name = method.map_or(label, str::trim_start);
        let Some(answers) = self.answers.get_mut(name) else {
            let other = self.others.entry(label.to_owned()).or_default();
            if let Some(response) = &exchange.response {
                *other.entry(response.status).or_default() += 1;
            }
            return;
        };
        answers.exchanges += 1;
        let Some(response) = &exchange.response else {
            answers.unanswered += 1;
            return;
        };
        *answers.statuses.entry(response.status).or_default() += 1;
        let body = &response.body;
        if body.truncated || body.base64 {
            return;
        }
        let answer = match &self.suite.soap {
            None => serde_json::from_str(&body.text).ok(),
            Some(soap) => {
                let operation = soap.operation(name);
                let decoded = decode(soap, None, operation, body.text.as_bytes());
                if let Some(fault) = &decoded.fault {
                    *answers.faults.entry(fault.code.clone()).or_default() += 1;
                }
                instance(decoded)
            }
        };
        if let Some(answer) = answer {
            self.exercise.answer(name, response.status, &answer);
        }
    }

    pub(super) fn coverage(self) -> Coverage {
        let catalogue = &self.suite.catalogue;
        let decided = self.suite.decided();
        let rows = catalogue.requirements.iter();
        let rows = rows.map(|row| self.row(row, decided.contains(row.id.as_str())));
        Coverage {
            schema_version: SCHEMA_VERSION,
            profile: self.suite.profile.name.clone(),
            revision: catalogue.revision.clone(),
            suite_digest: self.suite.digest.clone(),
            requirements: rows.collect(),
            scenarios: self.scenarios(),
            operations: self.operations(),
            keywords: self.keywords(),
            runs: self.runs,
            others: self.others,
        }
    }

    /// A row of the catalogue; `decided` by the suite, whatever the runs have shown.
    fn row(&self, row: &Requirement, decided: bool) -> Row {
        let deciding: Vec<&Tallied> = self
            .checks
            .iter()
            .filter(|tallied| tallied.requirements.contains(&row.id))
            .collect();
        let judged = deciding.iter().map(|tallied| tallied.check.judged).sum();
        let state = match row.decided {
            _ if judged > 0 => State::Judged,
            Decided::Attested => State::Attested,
            Decided::NotTestable => State::NotTestable,
            Decided::Automated if decided => State::NothingJudged,
            Decided::Automated => State::NoCheck,
        };
        let unjudged = || deciding.iter().find_map(|tallied| tallied.reason.clone());
        Row {
            id: row.id.clone(),
            level: row.level,
            area: row.area.clone(),
            state,
            judged,
            reason: match state {
                State::Judged | State::NoCheck => None,
                State::NothingJudged => unjudged(),
                State::Attested | State::NotTestable => row.reason.clone(),
            },
            checks: deciding
                .into_iter()
                .map(|tallied| tallied.check.clone())
                .collect(),
        }
    }

    fn scenarios(&self) -> Vec<Played> {
        let judged = |id: &str| {
            let own = self.checks.iter().filter(|tallied| {
                let scenario = tallied.check.check.split('/').next();
                scenario == Some(id)
            });
            own.map(|tallied| tallied.check.judged).sum()
        };
        let scenarios = self.suite.scenarios.iter();
        scenarios
            .map(|scenario| Played {
                id: scenario.id.clone(),
                file: scenario.file.clone(),
                requirements: scenario.requirements.clone(),
                judged: judged(&scenario.id),
                operations: self.called.get(&scenario.id).cloned().unwrap_or_default(),
            })
            .collect()
    }

    fn operations(&self) -> Vec<Operation> {
        let operations = self.suite.api.operations();
        operations
            .map(|operation| {
                let answers = &self.answers[operation.name.as_str()];
                let declared = operation.statuses.keys().map(String::as_str);
                Operation {
                    name: operation.name.clone(),
                    exchanges: answers.exchanges,
                    statuses: statuses(declared.collect(), &answers.statuses),
                    faults: answers.faults.clone(),
                    unanswered: answers.unanswered,
                }
            })
            .collect()
    }

    fn keywords(&self) -> Vec<Keyword> {
        let keywords = self.exercise.keywords().into_iter();
        keywords
            .map(|keyword| Keyword {
                pointer: keyword.pointer,
                schema: keyword.schema,
                keyword: keyword.keyword,
                says: keyword.says,
                judged: keyword.judged,
                gap: keyword.gap.map(Gap::words),
            })
            .collect()
    }
}

/// The value that the schemas of a SOAP answer describe: the result, or the fault.
fn instance(decoded: Decoded) -> Option<Value> {
    decoded.answer.or_else(|| {
        let fault = decoded.fault?;
        let mut value = json!({"code": fault.code, "string": fault.string});
        let optional = [("actor", fault.actor), ("detail", fault.detail)];
        for (name, text) in optional.into_iter().filter(|(_, text)| !text.is_empty()) {
            value[name] = Value::String(text);
        }
        Some(value)
    })
}

/// Each status under the name that declares it, or under its own.
fn statuses(declared: Vec<&str>, seen: &BTreeMap<u16, u64>) -> Vec<Status> {
    let mut counts: BTreeMap<String, (bool, u64)> = declared
        .iter()
        .map(|name| ((*name).to_owned(), (true, 0)))
        .collect();
    for (status, count) in seen {
        let names = [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ];
        let known = names.iter().find(|name| declared.contains(&name.as_str()));
        let entry = counts.entry(known.unwrap_or(&names[0]).clone());
        entry.or_insert((false, 0)).1 += count;
    }
    counts
        .into_iter()
        .map(|(status, (declared, seen))| Status {
            status,
            declared,
            seen,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_what_its_schema_describes() {
        let suite = crate::suite::load(&crate::suite::Source::Embedded, "erp-sync", None).unwrap();
        let fault = |inner: &str| {
            let message = format!(
                "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault>\
                 <faultcode>e:Client</faultcode><faultstring>no</faultstring>{inner}\
                 </e:Fault></e:Body></e:Envelope>"
            );
            let soap = suite.soap.as_ref().unwrap();
            instance(decode(soap, None, None, message.as_bytes())).unwrap()
        };
        assert_eq!(fault(""), json!({"code": "Client", "string": "no"}));
        let full = fault("<faultactor>urn:us</faultactor><detail><a/></detail>");
        assert_eq!(full["actor"], "urn:us");
        assert_eq!(full["detail"], "<detail><a/></detail>");
    }

    #[test]
    fn a_status_counts_where_it_is_declared() {
        let seen = [(200, 5), (404, 2), (409, 1), (503, 1)].into();
        let found = statuses(vec!["200", "400", "404", "4XX"], &seen);
        let found: Vec<(&str, bool, u64)> = found
            .iter()
            .map(|status| (status.status.as_str(), status.declared, status.seen))
            .collect();
        let expected = [
            ("200", true, 5),
            ("400", true, 0),
            ("404", true, 2),
            ("4XX", true, 1),
            ("503", false, 1),
        ];
        assert_eq!(found, expected);
    }
}
