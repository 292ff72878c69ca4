//! Actor types, their fields and the lists behind them: the same in every company.

use super::carriers::{Access, Field, Pairs};
use super::values::Kind;

/// The actor types that the ERP system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorType {
    Customer,
    Supplier,
    Person,
    Project,
}

impl ActorType {
    pub const ALL: &'static [Self] = &[Self::Customer, Self::Supplier, Self::Person, Self::Project];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Supplier => "Supplier",
            Self::Person => "Person",
            Self::Project => "Project",
        }
    }

    /// The type with this name, letter for letter.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|actor| actor.name() == name)
    }

    /// The types that a parent may have.
    pub const fn parents(self) -> &'static [Self] {
        match self {
            Self::Customer | Self::Supplier => &[],
            Self::Person => &[Self::Customer, Self::Supplier],
            Self::Project => &[Self::Customer],
        }
    }

    /// Its fields.
    pub const fn fields(self) -> &'static [Spec] {
        match self {
            Self::Customer => CUSTOMER,
            Self::Supplier => SUPPLIER,
            Self::Person => PERSON,
            Self::Project => PROJECT,
        }
    }

    /// A field by its key, letter for letter.
    pub fn field(self, key: &str) -> Option<&'static Spec> {
        self.fields().iter().find(|field| field.key == key)
    }
}

/// A field as the ERP system defines it.
#[derive(Debug)]
pub struct Spec {
    pub key: &'static str,
    pub kind: Kind,
    pub access: Access,
    pub english: &'static str,
    pub norwegian: &'static str,
    pub list: &'static str,
    pub max_length: i32,
    pub searchable: bool,
}

impl Spec {
    const fn new(
        key: &'static str,
        kind: Kind,
        english: &'static str,
        norwegian: &'static str,
    ) -> Self {
        Self {
            key,
            kind,
            access: Access::Normal,
            english,
            norwegian,
            list: "",
            max_length: 0,
            searchable: true,
        }
    }

    const fn mandatory(self) -> Self {
        Self {
            access: Access::Mandatory,
            ..self
        }
    }

    const fn read_only(self) -> Self {
        Self {
            access: Access::ReadOnly,
            ..self
        }
    }

    const fn at_most(self, max_length: i32) -> Self {
        Self { max_length, ..self }
    }

    const fn of(self, list: &'static str) -> Self {
        Self { list, ..self }
    }

    const fn not_searchable(self) -> Self {
        Self {
            searchable: false,
            ..self
        }
    }

    /// The field as it travels.
    pub fn describe(&self, rank: usize) -> Field {
        Field {
            access: self.access,
            default_value: String::new(),
            description: String::new(),
            display_name: format!("US:\"{}\";NO:\"{}\"", self.english, self.norwegian),
            key: self.key.to_owned(),
            kind: self.kind,
            list_name: self.list.to_owned(),
            max_length: self.max_length,
            rank: i32::try_from(rank).unwrap_or(i32::MAX),
        }
    }
}

const CUSTOMER: &[Spec] = &[
    Spec::new("NUMBER1", Kind::Integer, "Customer number", "Kundenummer").read_only(),
    Spec::new("NAME", Kind::Text, "Name", "Navn")
        .mandatory()
        .at_most(80),
    Spec::new("PHONE", Kind::Text, "Phone", "Telefon").at_most(25),
    Spec::new("EMAIL", Kind::Text, "E-mail", "E-post").at_most(80),
    Spec::new("CUSTGR", Kind::List, "Customer group", "Kundegruppe").of("CustomerGroup"),
    Spec::new("COUNTRY", Kind::List, "Country", "Land").of(COUNTRIES),
    Spec::new("CREDITLIMIT", Kind::Double, "Credit limit", "Kredittgrense"),
    Spec::new("PAYDAYS", Kind::Integer, "Days to pay", "Betalingsfrist"),
    Spec::new("ONHOLD", Kind::Checkbox, "On hold", "Sperret"),
    Spec::new("SINCE", Kind::Datetime, "Customer since", "Kunde siden"),
    Spec::new("BALANCE", Kind::Double, "Balance", "Saldo").read_only(),
    Spec::new("NOTE", Kind::Text, "Note", "Merknad").not_searchable(),
];

const SUPPLIER: &[Spec] = &[
    Spec::new(
        "NUMBER1",
        Kind::Integer,
        "Supplier number",
        "Leverandørnummer",
    )
    .read_only(),
    Spec::new("NAME", Kind::Text, "Name", "Navn")
        .mandatory()
        .at_most(80),
    Spec::new("CATEGORY", Kind::List, "Category", "Kategori")
        .mandatory()
        .of("SupplierCategory"),
    Spec::new("VATNO", Kind::Text, "VAT number", "Organisasjonsnummer").at_most(20),
    Spec::new(
        "LEADDAYS",
        Kind::Integer,
        "Lead time in days",
        "Leveringstid i dager",
    ),
    Spec::new("RATING", Kind::Double, "Rating", "Vurdering"),
    Spec::new("PREFERRED", Kind::Checkbox, "Preferred", "Foretrukket"),
    Spec::new("AUDITED", Kind::Datetime, "Last audit", "Siste revisjon"),
];

const PERSON: &[Spec] = &[
    Spec::new("NUMBER", Kind::Integer, "Contact number", "Kontaktnummer").read_only(),
    Spec::new("FIRSTNAME", Kind::Text, "First name", "Fornavn")
        .mandatory()
        .at_most(40),
    Spec::new("LASTNAME", Kind::Text, "Last name", "Etternavn")
        .mandatory()
        .at_most(40),
    Spec::new("EMAIL", Kind::Text, "E-mail", "E-post").at_most(80),
    Spec::new("POSITION", Kind::List, "Position", "Stilling").of("PersonRole"),
    Spec::new("HOURLYRATE", Kind::Double, "Hourly rate", "Timesats"),
    Spec::new("NEWSLETTER", Kind::Checkbox, "Newsletter", "Nyhetsbrev"),
    Spec::new("BIRTHDATE", Kind::Datetime, "Date of birth", "Fødselsdato"),
];

const PROJECT: &[Spec] = &[
    Spec::new("NUMBER", Kind::Integer, "Project number", "Prosjektnummer").read_only(),
    Spec::new("NAME", Kind::Text, "Name", "Navn")
        .mandatory()
        .at_most(60),
    Spec::new("TEXT", Kind::Text, "Description", "Beskrivelse"),
    Spec::new("STATUS", Kind::List, "Status", "Status").of("ProjectStatus"),
    Spec::new("BUDGET", Kind::Double, "Budget", "Budsjett"),
    Spec::new("BILLABLE", Kind::Checkbox, "Billable", "Fakturerbar"),
    Spec::new("ENDDATE", Kind::Datetime, "End date", "Sluttdato"),
];

/// The list that the configuration uses as well.
pub const COUNTRIES: &str = "CountryList";

/// The items of a list by its name.
pub fn list(name: &str) -> Option<Pairs> {
    let items: &[(&str, &str)] = match name {
        COUNTRIES => &[
            ("NO", "US:\"Norway\";NO:\"Norge\""),
            ("SE", "US:\"Sweden\";NO:\"Sverige\""),
            ("DK", "US:\"Denmark\";NO:\"Danmark\""),
            ("GB", "US:\"United Kingdom\";NO:\"Storbritannia\""),
        ],
        "CustomerGroup" => &[
            ("G1", "Construction"),
            ("G2", "Education"),
            ("G3", "Hotels & restaurants"),
            ("G4", "Health care"),
            ("G5", "Retail"),
        ],
        "SupplierCategory" => &[
            ("RAW", "Raw materials"),
            ("SRV", "Services"),
            ("TRN", "Transport"),
        ],
        "PersonRole" => &[
            ("1", "Manager"),
            ("2", "Purchaser"),
            ("3", "Accountant"),
            ("4", "Engineer"),
        ],
        "ProjectStatus" => &[
            ("PLAN", "Planned"),
            ("RUN", "Running"),
            ("DONE", "Finished"),
        ],
        _ => return None,
    };
    let owned = |(key, text): &(&str, &str)| ((*key).to_owned(), (*text).to_owned());
    Some(items.iter().map(owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_field_has_items_and_every_type_a_mandatory_field() {
        for actor in ActorType::ALL {
            let fields = actor.fields();
            assert!(fields.iter().any(|field| field.access == Access::Mandatory));
            for field in fields {
                let has_items = list(field.list).is_some_and(|items| !items.is_empty());
                assert_eq!(field.kind == Kind::List, has_items, "{}", field.key);
            }
        }
    }
}
