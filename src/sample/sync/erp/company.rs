//! A company of the ERP system: its records and how they change.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::carriers::{Access, Actor, Pairs, Refusal};
use super::data::{CompanyData, Stamps};
use super::schema::{self, ActorType, Spec};
use super::values::{Cell, Kind};

/// Error codes of the contract, two of them in its own spelling.
pub const UNKNOWN_FIELD: &str = "UNKOWN_FIELDKEY";
pub const UNKNOWN_ITEM: &str = "UNKOWN_LISTITEM_ID";

/// Where the counter of changes begins, and how far the first records are apart.
const FIRST_COUNT: i64 = 103_423_500;
const COUNT_STEP: i64 = 7;
/// How long before the start the first record was changed, and how long passed from
/// one to the next; in microseconds.
const FIRST_AGE: i64 = 90 * 86_400_000_000;
const TIME_STEP: i64 = 86_400_000_000 + 3_661_000_001;

/// A company.
#[derive(Debug)]
pub struct Company {
    pub client: &'static str,
    prefix: &'static str,
    stamps: Stamps,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    records: Vec<Record>,
    last_stamp: i64,
    last_number: u32,
}

/// A record of any type.
#[derive(Debug, Clone)]
pub struct Record {
    pub actor_type: ActorType,
    pub key: String,
    pub cells: BTreeMap<&'static str, Cell>,
    pub parent: Option<Parent>,
    /// Counter, or microseconds of the Unix epoch.
    pub stamp: i64,
}

/// Type and key of a parent.
pub type Parent = (ActorType, String);

impl Record {
    /// The value of a field.
    pub fn cell(&self, key: &str) -> Cell {
        self.cells.get(key).cloned().unwrap_or(Cell::Empty)
    }
}

impl Company {
    /// A company with its first records.
    pub fn new(data: &CompanyData, now: Timestamp) -> Self {
        let mut stamp = match data.stamps {
            Stamps::Counter => FIRST_COUNT,
            Stamps::Time => now.as_microsecond() - FIRST_AGE,
        };
        let key = |actor: ActorType, number| key(data.prefix, actor, number);
        let record = |&(actor_type, number, parent, values): &super::data::Seed| {
            stamp += match data.stamps {
                Stamps::Counter => COUNT_STEP,
                Stamps::Time => TIME_STEP,
            };
            let fields = actor_type.fields();
            let mut cells = BTreeMap::new();
            cells.insert(fields[0].key, Cell::Whole(i64::from(number)));
            for (field, value) in fields[1..].iter().zip(values) {
                let cell = Cell::read(field.kind, value).unwrap_or(Cell::Empty);
                cells.insert(field.key, cell);
            }
            Record {
                actor_type,
                key: key(actor_type, number),
                cells,
                parent: parent.map(|(actor, number)| (actor, key(actor, number))),
                stamp,
            }
        };
        let records: Vec<Record> = data.records.iter().map(record).collect();
        Self {
            client: data.client,
            prefix: data.prefix,
            stamps: data.stamps,
            books: Mutex::new(Books {
                records,
                last_stamp: stamp,
                last_number: 900,
            }),
        }
    }

    /// The records of a type, oldest first.
    pub fn records(&self, actor_type: ActorType) -> Vec<Record> {
        let books = self.books();
        let of_type = books
            .records
            .iter()
            .filter(|record| record.actor_type == actor_type);
        of_type.cloned().collect()
    }

    /// One record.
    pub fn record(&self, actor_type: ActorType, key: &str) -> Option<Record> {
        let books = self.books();
        books
            .records
            .iter()
            .find(|record| record.actor_type == actor_type && record.key == key)
            .cloned()
    }

    /// A stamp as it travels.
    pub fn stamp(&self, stamp: i64) -> String {
        match self.stamps {
            Stamps::Counter => stamp.to_string(),
            Stamps::Time => Timestamp::from_microsecond(stamp)
                .unwrap_or_default()
                .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
                .to_string(),
        }
    }

    /// Reads a stamp that was given out; anything else is before all records.
    pub fn read_stamp(&self, text: &str) -> i64 {
        let read = match self.stamps {
            Stamps::Counter => text.trim().parse().ok(),
            Stamps::Time => text
                .trim()
                .parse()
                .ok()
                .map(|at: Timestamp| at.as_microsecond()),
        };
        read.unwrap_or(i64::MIN)
    }

    /// Creates a record and gives it back.
    pub fn create(
        &self,
        actor_type: ActorType,
        given: &Actor,
        now: Timestamp,
    ) -> Result<Record, Refusal> {
        let changes = changes(actor_type, given)?;
        let missing = actor_type.fields().iter().find(|field| {
            field.access == Access::Mandatory && changes.get(field.key).is_none_or(is_blank)
        });
        if let Some(field) = missing {
            return Err(missing_value(field));
        }
        let parent = self.parent(actor_type, given)?;
        if parent.is_none() && actor_type == ActorType::Person {
            return Err(Refusal::new(
                "A contact person belongs to a company.",
                "En kontaktperson hører til et firma.",
                "ParentActorType and ParentErpKey are needed for Person.",
            ));
        }
        let mut books = self.books();
        books.last_number += 1;
        let number = books.last_number;
        let mut cells = changes;
        cells.insert(actor_type.fields()[0].key, Cell::Whole(i64::from(number)));
        let record = Record {
            actor_type,
            key: key(self.prefix, actor_type, number),
            cells,
            parent,
            stamp: books.next_stamp(self.stamps, now),
        };
        books.records.push(record.clone());
        Ok(record)
    }

    /// Changes the given fields of a record and gives it back.
    pub fn save(
        &self,
        actor_type: ActorType,
        given: &Actor,
        now: Timestamp,
    ) -> Result<Record, Refusal> {
        let key = given.erp_key.as_deref().unwrap_or_default();
        if self.record(actor_type, key).is_none() {
            return Err(Refusal::new(
                "A record does not exist in the ERP system.",
                "En post finnes ikke i ERP-systemet.",
                format!("No {} has ErpKey {key:?}.", actor_type.name()),
            ));
        }
        let changes = changes(actor_type, given)?;
        let emptied = actor_type.fields().iter().find(|field| {
            field.access == Access::Mandatory && changes.get(field.key).is_some_and(is_blank)
        });
        if let Some(field) = emptied {
            return Err(missing_value(field));
        }
        let parent = self.parent(actor_type, given)?;
        let mut books = self.books();
        let stamp = books.next_stamp(self.stamps, now);
        let found = books
            .records
            .iter_mut()
            .find(|record| record.actor_type == actor_type && record.key == key);
        let Some(record) = found else {
            return Err(Refusal::new(
                "A record was deleted in the meantime.",
                "En post ble slettet i mellomtiden.",
                "The record is gone.",
            ));
        };
        record.cells.extend(changes);
        record.parent = parent.or(record.parent.take());
        record.stamp = stamp;
        Ok(record.clone())
    }

    /// The parent that an actor names, if it may have it and it exists.
    fn parent(&self, actor_type: ActorType, given: &Actor) -> Result<Option<Parent>, Refusal> {
        let named = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (parent, key) = match (
            named(&given.parent_actor_type),
            named(&given.parent_erp_key),
        ) {
            (None, None) => return Ok(None),
            (Some(parent), Some(key)) => (parent, key),
            _ => {
                return Err(Refusal::new(
                    "The company of the record is not complete.",
                    "Firmaet til posten er ikke fullstendig.",
                    "ParentActorType and ParentErpKey go together.",
                ));
            }
        };
        let known = ActorType::named(&parent)
            .filter(|parent| actor_type.parents().contains(parent))
            .filter(|parent| self.record(*parent, &key).is_some());
        let parent = known.ok_or_else(|| {
            Refusal::new(
                "The company of the record does not exist.",
                "Firmaet til posten finnes ikke.",
                format!("{} cannot have this parent.", actor_type.name()),
            )
        })?;
        Ok(Some((parent, key)))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn next_stamp(&mut self, stamps: Stamps, now: Timestamp) -> i64 {
        self.last_stamp = match stamps {
            Stamps::Counter => self.last_stamp + 1,
            Stamps::Time => now.as_microsecond().max(self.last_stamp + 1),
        };
        self.last_stamp
    }
}

fn key(prefix: &str, actor: ActorType, number: u32) -> String {
    let letter = match actor {
        ActorType::Customer => 'C',
        ActorType::Supplier => 'S',
        ActorType::Person => 'P',
        ActorType::Project => 'J',
    };
    format!("{prefix}-{letter}{number}")
}

/// The writable values that an actor brings, read and checked.
fn changes(actor_type: ActorType, given: &Actor) -> Result<BTreeMap<&'static str, Cell>, Refusal> {
    let none = Pairs::new();
    let mut changes = BTreeMap::new();
    for (key, value) in given.field_values.as_ref().unwrap_or(&none) {
        let field = actor_type.field(key).ok_or_else(|| {
            Refusal::new(
                "Unknown field.",
                "Ukjent felt.",
                format!("Field key {key} is not defined for {}.", actor_type.name()),
            )
            .with(UNKNOWN_FIELD)
        })?;
        // SuperOffice may send what it has read; the ERP system's own value stays.
        if field.access != Access::ReadOnly {
            changes.insert(field.key, checked(field, value)?);
        }
    }
    Ok(changes)
}

fn checked(field: &Spec, value: &str) -> Result<Cell, Refusal> {
    let cell = Cell::read(field.kind, value).ok_or_else(|| {
        Refusal::new(
            &format!("The value of {} cannot be used.", field.english),
            &format!("Verdien for {} kan ikke brukes.", field.norwegian),
            format!("{} takes a {} value.", field.key, field.kind.name()),
        )
    })?;
    let longest = usize::try_from(field.max_length).unwrap_or_default();
    if longest > 0 && value.chars().count() > longest {
        return Err(Refusal::new(
            &format!("{} is too long.", field.english),
            &format!("{} er for lang.", field.norwegian),
            format!("{} holds at most {longest} characters.", field.key),
        ));
    }
    if field.kind == Kind::List
        && let Cell::Item(item) = &cell
        && !schema::list(field.list).is_some_and(|items| items.iter().any(|(key, _)| key == item))
    {
        return Err(Refusal::new(
            &format!("{} has no such choice.", field.english),
            &format!("{} har ikke dette valget.", field.norwegian),
            format!("{} takes an item key of {}.", field.key, field.list),
        )
        .with(UNKNOWN_ITEM));
    }
    Ok(cell)
}

fn is_blank(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn missing_value(field: &Spec) -> Refusal {
    Refusal::new(
        &format!("{} needs a value.", field.english),
        &format!("{} må ha en verdi.", field.norwegian),
        format!("Mandatory field {} has no value.", field.key),
    )
}
