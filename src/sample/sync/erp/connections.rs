//! Connections: their configuration, and under which id they are known.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::carriers::{Access, Field, Pairs, Refusal};
use super::company::{Company, UNKNOWN_ITEM};
use super::data::PASSWORD;
use super::schema;
use super::values::{Cell, Kind};

/// A connection id as number.
pub type Guid = u128;

/// What SuperOffice is to resend the configuration for.
pub const UNKNOWN_CONNECTION: &str = "UNKNOWN_CONNECTION_ID";

/// Keys of the configuration fields.
pub const CLIENT: &str = "ClientId";
pub const PASSWORD_FIELD: &str = "Password";
pub const COUNTRY: &str = "Country";
pub const ARCHIVED: &str = "FinishedProjects";

/// What a connection was configured with.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Index of the company.
    pub company: usize,
    /// Whether finished projects are shown.
    pub finished_projects: bool,
}

/// The saved connections.
#[derive(Debug, Default)]
pub struct Connections(Mutex<HashMap<Guid, Settings>>);

impl Connections {
    pub fn save(&self, guid: Guid, settings: Settings) {
        self.all().insert(guid, settings);
    }

    pub fn find(&self, guid: Guid) -> Option<Settings> {
        self.all().get(&guid).cloned()
    }

    pub fn delete(&self, guid: Guid) -> Option<Settings> {
        self.all().remove(&guid)
    }

    pub fn all(&self) -> MutexGuard<'_, HashMap<Guid, Settings>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a GUID: upper or lower case, with or without braces and hyphens.
pub fn read_guid(text: &str) -> Option<Guid> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(text);
    let hyphens: Vec<usize> = inner.match_indices('-').map(|(at, _)| at).collect();
    let digits = inner.replace('-', "");
    let is_guid = (hyphens.is_empty() || hyphens == [8, 13, 18, 23])
        && digits.len() == 32
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_guid.then(|| Guid::from_str_radix(&digits, 16).ok())?
}

/// The id that a request names, as far as it can be one.
pub fn given_guid(text: Option<&str>, read: fn(&str) -> Option<Guid>) -> Result<Guid, Refusal> {
    text.and_then(read).ok_or_else(|| {
        Refusal::new(
            "The connection id is not valid.",
            "Tilkoblingens id er ikke gyldig.",
            "ConnectionGuid is not a GUID.",
        )
    })
}

/// The refusal that makes SuperOffice send the configuration again.
pub fn unknown_connection() -> Refusal {
    Refusal::new(
        "The connection is not known.",
        "Tilkoblingen er ikke kjent.",
        "No configuration stored for this connection id.",
    )
    .with(UNKNOWN_CONNECTION)
}

/// The fields that an administrator fills in.
pub fn fields() -> Vec<Field> {
    let field = |rank, key: &str, kind, access, name: &str| Field {
        access,
        default_value: String::new(),
        description: String::new(),
        display_name: name.to_owned(),
        key: key.to_owned(),
        kind,
        list_name: String::new(),
        max_length: 0,
        rank,
    };
    vec![
        Field {
            description: "Signs in with the technical user of the ERP system".to_owned(),
            ..field(
                1,
                "About",
                Kind::Label,
                Access::Normal,
                "US:\"Connection to Hollow Oak ERP\";NO:\"Tilkobling til Hollow Oak ERP\"",
            )
        },
        Field {
            description: "Which company in the ERP system".to_owned(),
            max_length: 50,
            ..field(
                2,
                CLIENT,
                Kind::Text,
                Access::Mandatory,
                "US:\"ERP client\";NO:\"ERP-klient\"",
            )
        },
        Field {
            max_length: 100,
            ..field(
                3,
                PASSWORD_FIELD,
                Kind::Password,
                Access::Mandatory,
                "US:\"Password\";NO:\"Passord\"",
            )
        },
        Field {
            default_value: "NO".to_owned(),
            list_name: schema::COUNTRIES.to_owned(),
            ..field(
                4,
                COUNTRY,
                Kind::List,
                Access::Normal,
                "US:\"Country\";NO:\"Land\"",
            )
        },
        Field {
            default_value: "[I:1]".to_owned(),
            ..field(
                5,
                ARCHIVED,
                Kind::Checkbox,
                Access::Normal,
                "US:\"Show finished projects\";NO:\"Vis ferdige prosjekter\"",
            )
        },
    ]
}

/// What configuration values mean, when the connection can work with them.
pub fn settings(info: Option<&Pairs>, companies: &[Company]) -> Result<Settings, Refusal> {
    let value = |key: &str| {
        let found = info?.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    };
    for field in fields() {
        let given = value(&field.key).unwrap_or_default();
        if field.access == Access::Mandatory && given.trim().is_empty() {
            return Err(Refusal::new(
                "A mandatory setting has no value.",
                "En obligatorisk innstilling mangler verdi.",
                format!("Mandatory field {} has no value.", field.key),
            ));
        }
    }
    let company = companies
        .iter()
        .position(|company| Some(company.client) == value(CLIENT).map(str::trim))
        .ok_or_else(|| {
            Refusal::new(
                "The ERP system has no such client.",
                "ERP-systemet har ingen slik klient.",
                "ClientId names no company.",
            )
        })?;
    if value(PASSWORD_FIELD) != Some(PASSWORD) {
        return Err(Refusal::new(
            "The ERP system does not accept the password.",
            "ERP-systemet godtar ikke passordet.",
            "Sign-in of the technical user failed.",
        ));
    }
    let country = value(COUNTRY).unwrap_or_default();
    let countries = schema::list(schema::COUNTRIES).unwrap_or_default();
    if !country.is_empty() && !countries.iter().any(|(key, _)| key == country) {
        return Err(Refusal::new(
            "The country is not one of the list.",
            "Landet er ikke et av dem i listen.",
            "Country takes an item key of CountryList.",
        )
        .with(UNKNOWN_ITEM));
    }
    let shown = Cell::read(Kind::Checkbox, value(ARCHIVED).unwrap_or_default());
    let shown = shown.ok_or_else(|| {
        Refusal::new(
            "A setting has a value that cannot be used.",
            "En innstilling har en verdi som ikke kan brukes.",
            "FinishedProjects takes a Checkbox value.",
        )
    })?;
    Ok(Settings {
        company,
        finished_projects: shown != Cell::Flag(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_in_every_spelling_of_dotnet() {
        let plain = read_guid("3aef3af6-8642-4fc1-8dc9-4e08bd76a6bf");
        assert!(plain.is_some());
        for other in [
            "3AEF3AF6-8642-4FC1-8DC9-4E08BD76A6BF",
            "{3aef3af6-8642-4fc1-8dc9-4e08bd76a6bf}",
            "3aef3af686424fc18dc94e08bd76a6bf",
        ] {
            assert_eq!(read_guid(other), plain, "{other}");
        }
        for wrong in [
            "",
            "no guid",
            "3aef3af6-8642-4fc1-8dc9-4e08bd76a6b",
            "3aef3af68642-4fc1-8dc9-4e08bd76-a6bf",
            "+aef3af686424fc18dc94e08bd76a6bf",
        ] {
            assert_eq!(read_guid(wrong), None, "{wrong}");
        }
    }
}
