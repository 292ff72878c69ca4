//! The ERP side of the connector: the 17 operations of `IErpConnectorWS`.

mod carriers;
mod company;
mod connections;
mod data;
mod operation;
mod schema;
mod search;
mod values;
mod write;

pub use carriers::{Access, Actor, Field, Outcome, Payload, Refusal, Request, Restriction, State};
pub use company::{Company, Record, UNKNOWN_FIELD, UNKNOWN_ITEM};
pub use connections::{
    CLIENT, COUNTRY, Connections, Guid, PASSWORD_FIELD, Settings, UNKNOWN_CONNECTION, read_guid,
};
pub use data::PASSWORD;
pub use operation::Operation;
pub use schema::{ActorType, Spec};
pub use search::matches;
pub use values::{Cell, Kind};
pub use write::members;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::sample::Variant;

/// Namespace of contract and carriers.
pub const NAMESPACE: &str = "http://www.superoffice.net/EIS/Connector/1.0";
/// Name of the contract.
pub const INTERFACE: &str = "IErpConnectorWS";

/// Keys that every advanced search knows.
const PARENT_KEY: &str = "ParentErpKey";
const PARENT_TYPE: &str = "ParentActorType";

/// Customs of the connector; injected faults change single ones.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    pub read_guid: fn(&str) -> Option<Guid>,
    pub matches: fn(Kind, &str, &Cell, &[String]) -> Result<bool, Refusal>,
    /// Whether all restrictions have to hold, and not just one of them.
    pub all_restrictions: bool,
    /// Whether the parent keys count in an advanced search.
    pub parents_searchable: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            read_guid,
            matches,
            all_restrictions: true,
            parents_searchable: true,
        }
    }
}

/// The ERP system with the connections to it.
#[derive(Debug)]
pub struct Erp {
    pub variant: Variant,
    pub companies: Vec<Company>,
    pub connections: Connections,
    pub habits: Habits,
}

/// A request with the connection that it is for.
struct Scope<'a> {
    company: &'a Company,
    settings: Settings,
    request: &'a Request,
}

impl Erp {
    /// An ERP system without connections.
    pub fn new(variant: Variant, habits: Habits, now: Timestamp) -> Self {
        let companies = data::COMPANIES.iter();
        Self {
            variant,
            companies: companies.map(|data| Company::new(data, now)).collect(),
            connections: Connections::default(),
            habits,
        }
    }

    /// Values with which a connection to a company works.
    pub fn good_values(company: usize) -> Vec<(&'static str, &'static str)> {
        let client = data::COMPANIES[company].client;
        vec![
            (CLIENT, client),
            (COUNTRY, &client[..2]),
            (connections::ARCHIVED, "[I:1]"),
        ]
    }

    /// Runs an operation.
    pub fn handle(&self, operation: Operation, request: &Request, now: Timestamp) -> Outcome {
        self.run(operation, request, now)
            .unwrap_or_else(|refusal| Outcome::refused(operation, refusal))
    }

    fn run(
        &self,
        operation: Operation,
        request: &Request,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        use Operation as Op;
        match operation {
            Op::GetConfigData => {
                let fields = Some(connections::fields());
                return Ok(Outcome::ok(Payload::Fields(fields)));
            }
            Op::TestConfigData => {
                connections::settings(request.connection_info.as_ref(), &self.companies)?;
                return Ok(Outcome::ok(Payload::Nothing));
            }
            Op::SaveConnection => return self.save_connection(request),
            Op::DeleteConnection => {
                let guid = self.guid(request)?;
                self.connections.delete(guid);
                return Ok(Outcome::ok(Payload::Nothing));
            }
            _ => {}
        }
        let guid = self.guid(request)?;
        if let Some(answer) = configuration_list(operation, request).filter(|_| guid == 0) {
            return Ok(answer);
        }
        let settings = self
            .connections
            .find(guid)
            .ok_or_else(connections::unknown_connection)?;
        let scope = Scope {
            company: &self.companies[settings.company],
            settings,
            request,
        };
        self.run_connected(operation, &scope, now)
    }

    fn run_connected(
        &self,
        operation: Operation,
        scope: &Scope<'_>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        use Operation as Op;
        let payload = match operation {
            Op::GetConfigData | Op::TestConfigData | Op::SaveConnection | Op::DeleteConnection => {
                Payload::Nothing
            }
            Op::TestConnection => Payload::Nothing,
            Op::GetSupportedActorTypes => {
                let names = ActorType::ALL.iter().map(|actor| actor.name().to_owned());
                Payload::Strings(Some(names.collect()))
            }
            Op::GetSupportedActorTypeFields => {
                let fields = scope.actor_type()?.fields().iter();
                let described = fields.enumerate().map(|(at, field)| field.describe(at + 1));
                Payload::Fields(Some(described.collect()))
            }
            Op::GetSearchableFields => {
                let actor_type = scope.actor_type()?;
                Payload::Strings(Some(self.searchable(actor_type)))
            }
            Op::GetActors => scope.get_actors()?,
            Op::GetActorsByTimestamp => scope.changed()?,
            Op::SearchActors => scope.search(|_| true)?,
            Op::SearchActorByParent => scope.search_by_parent()?,
            Op::SearchActorsAdvanced => self.search(scope)?,
            Op::CreateActor => {
                self.may_write()?;
                scope.create(now)?
            }
            Op::SaveActors => {
                let given = scope.request.actors.as_deref().unwrap_or_default();
                if given.is_empty() {
                    return Ok(Outcome::ok(Payload::Actors(Some(Vec::new()))));
                }
                self.may_write()?;
                return scope.save(given, now);
            }
            Op::GetList | Op::GetListItems => return list(operation, scope.request),
        };
        Ok(Outcome::ok(payload))
    }

    fn guid(&self, request: &Request) -> Result<Guid, Refusal> {
        connections::given_guid(request.connection_guid.as_deref(), self.habits.read_guid)
    }

    fn save_connection(&self, request: &Request) -> Result<Outcome, Refusal> {
        let guid = self.guid(request)?;
        if guid == 0 {
            return Err(Refusal::new(
                "The connection id is not valid.",
                "Tilkoblingens id er ikke gyldig.",
                "The all-zero GUID cannot be saved.",
            ));
        }
        let settings = connections::settings(request.connection_info.as_ref(), &self.companies)?;
        self.connections.save(guid, settings);
        Ok(Outcome::ok(Payload::Nothing))
    }

    fn may_write(&self) -> Result<(), Refusal> {
        if self.variant == Variant::ReadOnly {
            return Err(Refusal::new(
                "The ERP system does not take changes from SuperOffice.",
                "ERP-systemet tar ikke imot endringer fra SuperOffice.",
                "Writing is not allowed for this connector.",
            ));
        }
        Ok(())
    }

    fn searchable(&self, actor_type: ActorType) -> Vec<String> {
        if self.variant == Variant::NoSearch {
            return Vec::new();
        }
        let fields = actor_type.fields().iter().filter(|field| field.searchable);
        fields.map(|field| field.key.to_owned()).collect()
    }

    /// Advanced search.
    fn search(&self, scope: &Scope<'_>) -> Result<Payload, Refusal> {
        let actor_type = scope.actor_type()?;
        if self.variant == Variant::NoSearch {
            return Err(Refusal::new(
                "Advanced search is not available.",
                "Avansert søk er ikke tilgjengelig.",
                "No field of this connector is searchable.",
            ));
        }
        let restrictions = scope.request.restrictions.as_deref().unwrap_or_default();
        let mut hits = Vec::new();
        for record in scope.visible(actor_type) {
            let mut all = true;
            let mut any = restrictions.is_empty();
            for restriction in restrictions {
                let holds = self.holds(actor_type, &record, restriction)?;
                all &= holds;
                any |= holds;
            }
            if all || (any && !self.habits.all_restrictions) {
                hits.push(scope.actor(&record));
            }
        }
        Ok(Payload::Actors(Some(hits)))
    }

    fn holds(
        &self,
        actor_type: ActorType,
        record: &Record,
        restriction: &Restriction,
    ) -> Result<bool, Refusal> {
        let key = restriction.field_key.as_str();
        let (kind, cell) = match (key, &record.parent) {
            (PARENT_KEY | PARENT_TYPE, _) if !self.habits.parents_searchable => return Ok(true),
            (PARENT_KEY, Some((_, parent))) => (Kind::Text, Cell::Text(parent.clone())),
            (PARENT_TYPE, Some((parent, _))) => (Kind::Text, Cell::Text(parent.name().to_owned())),
            (PARENT_KEY | PARENT_TYPE, None) => (Kind::Text, Cell::Empty),
            _ => {
                let field = actor_type.field(key).filter(|field| field.searchable);
                let field = field.ok_or_else(|| {
                    Refusal::new(
                        "A field of the search cannot be searched.",
                        "Et felt i søket er ikke søkbart.",
                        format!(
                            "Field key {key} is not searchable for {}.",
                            actor_type.name()
                        ),
                    )
                    .with(UNKNOWN_FIELD)
                })?;
                (field.kind, record.cell(field.key))
            }
        };
        (self.habits.matches)(kind, &restriction.operator, &cell, &restriction.values)
    }
}

impl Scope<'_> {
    fn actor_type(&self) -> Result<ActorType, Refusal> {
        actor_type(self.request.actor_type.as_deref())
    }

    /// The records of a type that this connection shows.
    fn visible(&self, actor_type: ActorType) -> Vec<Record> {
        let mut records = self.company.records(actor_type);
        if !self.settings.finished_projects {
            let done = Cell::Item("DONE".to_owned());
            records.retain(|record| record.cell("STATUS") != done);
        }
        records
    }

    /// A record with the requested fields.
    fn actor(&self, record: &Record) -> Actor {
        let mut keys = self.request.field_keys.clone().unwrap_or_default();
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        self.actor_with(record, &keys)
    }

    fn actor_with(&self, record: &Record, keys: &[String]) -> Actor {
        let declared = |key: &&String| record.actor_type.field(key).is_some();
        let values = keys.iter().filter(declared);
        let values = values.map(|key| (key.clone(), record.cell(key).write()));
        let parent = record.parent.as_ref();
        Actor {
            actor_type: Some(record.actor_type.name().to_owned()),
            erp_key: Some(record.key.clone()),
            field_values: Some(values.collect()),
            last_modified: Some(self.company.stamp(record.stamp)),
            parent_actor_type: parent.map(|(actor, _)| actor.name().to_owned()),
            parent_erp_key: parent.map(|(_, key)| key.clone()),
        }
    }

    fn get_actors(&self) -> Result<Payload, Refusal> {
        let actor_type = self.actor_type()?;
        let records = self.visible(actor_type);
        let mut seen = BTreeSet::new();
        let keys = self.request.erp_keys.as_deref().unwrap_or_default();
        let found = keys
            .iter()
            .filter(|key| seen.insert(*key))
            .filter_map(|key| records.iter().find(|record| record.key == *key));
        let actors = found.map(|record| self.actor(record)).collect();
        Ok(Payload::Actors(Some(actors)))
    }

    fn changed(&self) -> Result<Payload, Refusal> {
        let actor_type = self.actor_type()?;
        let since = self.request.updated_on_or_after.as_deref();
        let since = self.company.read_stamp(since.unwrap_or_default());
        let records = self.visible(actor_type);
        let changed = records.iter().filter(|record| record.stamp >= since);
        let actors = changed.map(|record| self.actor(record)).collect();
        Ok(Payload::Actors(Some(actors)))
    }

    /// Simple search: the text anywhere in a text field, or in the whole name.
    fn search(&self, belongs: impl Fn(&Record) -> bool) -> Result<Payload, Refusal> {
        let actor_type = self.actor_type()?;
        let wanted = self.request.search_text.as_deref().unwrap_or_default();
        let wanted = wanted.trim().to_lowercase();
        let records = self.visible(actor_type);
        let hits = records
            .iter()
            .filter(|record| belongs(record) && mentions(record, &wanted));
        let actors = hits.map(|record| self.actor(record)).collect();
        Ok(Payload::Actors(Some(actors)))
    }

    fn search_by_parent(&self) -> Result<Payload, Refusal> {
        let parent = self.request.parent_actor_type.as_deref();
        let key = self.request.parent_actor_erp_key.as_deref();
        self.search(|record| match &record.parent {
            Some((actor, parent_key)) => {
                Some(actor.name()) == parent && Some(parent_key.as_str()) == key
            }
            None => false,
        })
    }

    fn create(&self, now: Timestamp) -> Result<Payload, Refusal> {
        let Some(given) = &self.request.actor else {
            return Err(Refusal::new(
                "There is nothing to create.",
                "Det er ingenting å opprette.",
                "Actor is missing.",
            ));
        };
        let actor_type = actor_type(given.actor_type.as_deref())?;
        let record = self.company.create(actor_type, given, now)?;
        Ok(Payload::Actor(Some(self.written(&record, given))))
    }

    fn save(&self, given: &[Actor], now: Timestamp) -> Result<Outcome, Refusal> {
        let mut saved: Vec<Actor> = Vec::new();
        let mut refused: Option<Refusal> = None;
        for actor in given {
            let done = actor_type(actor.actor_type.as_deref())
                .and_then(|actor_type| self.company.save(actor_type, actor, now));
            match done {
                Ok(record) => {
                    let actor = self.written(&record, actor);
                    let same = |other: &Actor| {
                        other.erp_key == actor.erp_key && other.actor_type == actor.actor_type
                    };
                    saved.retain(|other| !same(other));
                    saved.push(actor);
                }
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        match refused {
            Some(refusal) if saved.is_empty() => Err(refusal),
            Some(refusal) => Ok(Outcome {
                error_code: refusal.code.map(str::to_owned),
                state: State::Warning,
                tech: Some(refusal.tech),
                user: Some(refusal.user),
                ..Outcome::ok(Payload::Actors(Some(saved)))
            }),
            None => Ok(Outcome::ok(Payload::Actors(Some(saved)))),
        }
    }

    /// A record that was written, with the fields that were given.
    fn written(&self, record: &Record, given: &Actor) -> Actor {
        let pairs = given.field_values.as_deref().unwrap_or_default();
        let mut keys: Vec<String> = Vec::new();
        for (key, _) in pairs {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        self.actor_with(record, &keys)
    }
}

fn actor_type(name: Option<&str>) -> Result<ActorType, Refusal> {
    let name = name.unwrap_or_default();
    ActorType::named(name).ok_or_else(|| {
        Refusal::new(
            "The ERP system does not have this kind of record.",
            "ERP-systemet har ikke denne typen poster.",
            format!("Actor type {name:?} is not supported."),
        )
    })
}

/// Whether a record mentions a text.
fn mentions(record: &Record, wanted: &str) -> bool {
    let texts = record.actor_type.fields().iter();
    let texts = texts.filter_map(|field| match record.cell(field.key) {
        Cell::Text(text) => Some(text.to_lowercase()),
        _ => None,
    });
    let texts: Vec<String> = texts.collect();
    wanted.is_empty()
        || texts.iter().any(|text| text.contains(wanted))
        || texts.join(" ").contains(wanted)
}

/// A list that configuration fields use; it is there before any connection.
fn configuration_list(operation: Operation, request: &Request) -> Option<Outcome> {
    let is_list = matches!(operation, Operation::GetList | Operation::GetListItems);
    let for_configuration = request.list_name.as_deref() == Some(schema::COUNTRIES);
    if is_list && for_configuration {
        list(operation, request).ok()
    } else {
        None
    }
}

fn list(operation: Operation, request: &Request) -> Result<Outcome, Refusal> {
    let name = request.list_name.as_deref().unwrap_or_default();
    let mut items = schema::list(name).ok_or_else(|| {
        Refusal::new(
            "The ERP system does not have this list.",
            "ERP-systemet har ikke denne listen.",
            format!("List {name:?} is not defined."),
        )
    })?;
    if operation == Operation::GetListItems {
        let wanted = request.list_item_keys.as_deref().unwrap_or_default();
        items.retain(|(key, _)| wanted.contains(key));
    }
    Ok(Outcome::ok(Payload::Items(Some(items))))
}
