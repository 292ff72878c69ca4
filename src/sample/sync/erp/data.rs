//! The records of two invented companies.

use super::schema::ActorType::{self, Customer, Person, Project, Supplier};

/// How a company stamps its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// A counter over all records.
    Counter,
    /// The time of the change, never the same twice.
    Time,
}

/// A company of the ERP system as it is at the start.
#[derive(Debug)]
pub struct CompanyData {
    /// What the configuration field ClientId selects it by.
    pub client: &'static str,
    /// Begins the keys of its records.
    pub prefix: &'static str,
    pub stamps: Stamps,
    pub records: &'static [Seed],
}

/// A record: type, number in its key, number of its parent, and field values in the
/// order of the type's fields without the running number that comes first.
pub type Seed = (
    ActorType,
    u32,
    Option<(ActorType, u32)>,
    &'static [&'static str],
);

/// Password of the technical user that connectors sign in with, in both companies.
pub const PASSWORD: &str = "Oak-9fT2-wL7q-Vx4";

/// The companies.
pub const COMPANIES: &[CompanyData] = &[
    CompanyData {
        client: "NO SME",
        prefix: "NO",
        stamps: Stamps::Counter,
        records: NORWAY,
    },
    CompanyData {
        client: "SE LTD",
        prefix: "SE",
        stamps: Stamps::Time,
        records: SWEDEN,
    },
];

#[rustfmt::skip]
const NORWAY: &[Seed] = &[
    (Customer, 101, None, &["Orkdal Senter AS", "+47 72 48 10 00", "post@orkdal.example", "G5", "NO", "250000.5", "30", "0", "03/14/2009 08:00:00", "118250.75", "Delivery at the back door"]),
    (Customer, 102, None, &["Fjellvang Hotell", "+47 61 20 33 44", "booking@fjellvang.example", "G3", "NO", "75000", "14", "0", "11/02/2015 10:30:00", "9120.4", ""]),
    (Customer, 103, None, &["Nordlys Bygg & Anlegg", "+47 77 61 52 43", "faktura@nordlys.example", "G1", "NO", "1200000.25", "45", "1", "06/30/2001 00:00:00", "640310.1", "Pays late; \"call first\""]),
    (Customer, 104, None, &["Haugesund videregående skole", "+47 52 86 00 00", "skole@haugesund.example", "G2", "NO", "40000", "30", "0", "08/18/2019 07:45:30", "0", ""]),
    (Customer, 105, None, &["Klinikk Solsiden", "", "resepsjon@solsiden.example", "G4", "DK", "98000.99", "21", "0", "01/05/2022 12:00:00", "15500.33", "Open until 20"]),
    (Customer, 106, None, &["Bryggen Interiør", "+47 55 31 64 70", "", "G5", "NO", "15000", "10", "1", "", "-320.5", ""]),
    (Customer, 107, None, &["Sætre Gård", "+47 64 90 11 22", "gard@saetre.example", "", "GB", "60500.1", "60", "0", "05/17/2014 17:05:00", "2750", "Two entrances"]),
    (Supplier, 201, None, &["Trelast Partner", "RAW", "NO 914 778 271", "7", "4.25", "1", "02/20/2024 09:15:00"]),
    (Supplier, 202, None, &["Kystfrakt", "TRN", "NO 880 123 456", "2", "3.9", "0", "10/11/2023 13:00:00"]),
    (Supplier, 203, None, &["Bergen Regnskap", "SRV", "", "0", "4.75", "1", "04/01/2022 08:30:00"]),
    (Supplier, 204, None, &["Stål & Rør", "RAW", "NO 923 001 118", "21", "2.5", "0", ""]),
    (Supplier, 205, None, &["Nattexpress", "TRN", "NO 811 456 222", "1", "4.1", "1", "12/24/2021 16:00:00"]),
    (Supplier, 206, None, &["Vinduspuss Oslo", "SRV", "NO 990 665 300", "3", "3.15", "0", "09/09/2020 11:11:11"]),
    (Person, 301, Some((Customer, 101)), &["Kari", "Nordmann", "kari@orkdal.example", "1", "950.5", "1", "07/21/1979 00:00:00"]),
    (Person, 302, Some((Customer, 101)), &["Ola", "Dahl", "ola@orkdal.example", "2", "620", "0", "01/30/1988 00:00:00"]),
    (Person, 303, Some((Customer, 102)), &["Ingrid", "Berge", "ingrid@fjellvang.example", "3", "710.25", "1", "12/05/1966 00:00:00"]),
    (Person, 304, Some((Customer, 103)), &["Jonas", "Lie-Hansen", "", "4", "840.75", "0", ""]),
    (Person, 305, Some((Supplier, 201)), &["Siri", "Moen", "siri@trelast.example", "2", "655.1", "1", "03/03/1991 00:00:00"]),
    (Person, 306, Some((Supplier, 202)), &["Per", "Bakken", "per@kystfrakt.example", "", "500", "0", "10/10/1970 00:00:00"]),
    (Person, 307, Some((Customer, 105)), &["Anne", "Solvang", "anne@solsiden.example", "1", "1020", "1", "02/14/1985 00:00:00"]),
    (Project, 401, Some((Customer, 101)), &["New loading dock", "Concrete and steel", "RUN", "485000.5", "1", "09/30/2026 00:00:00"]),
    (Project, 402, Some((Customer, 103)), &["Harbour warehouse", "", "PLAN", "2100000", "1", "06/15/2027 12:00:00"]),
    (Project, 403, None, &["Own web shop", "Internal", "DONE", "90000.25", "0", "01/31/2025 00:00:00"]),
    (Project, 404, Some((Customer, 104)), &["Classroom furniture", "120 desks", "RUN", "175500", "1", "08/01/2026 08:00:00"]),
    (Project, 405, None, &["Energy review", "", "PLAN", "32000.75", "0", ""]),
    (Project, 406, Some((Customer, 107)), &["Barn roof", "Slate", "DONE", "64000", "1", "11/20/2024 15:30:00"]),
];

#[rustfmt::skip]
const SWEDEN: &[Seed] = &[
    (Customer, 101, None, &["Malmö Kök AB", "+46 40 611 20 00", "info@malmokok.example", "G5", "SE", "310000", "30", "0", "02/11/2011 09:00:00", "20110.5", "Ring the bell"]),
    (Customer, 102, None, &["Västra Hamnen Hotell", "+46 40 20 10 55", "stay@vastra.example", "G3", "SE", "88000.4", "20", "0", "07/07/2017 14:20:00", "0", ""]),
    (Customer, 103, None, &["Lunds Byggteknik", "+46 46 15 92 00", "ekonomi@lundsbygg.example", "G1", "SE", "640000", "60", "1", "05/25/2003 00:00:00", "215000.9", ""]),
    (Customer, 104, None, &["Skånska Kliniken", "", "vard@skanska.example", "G4", "DK", "125000.75", "15", "0", "10/01/2020 08:08:08", "3300", "Closed in July"]),
    (Customer, 105, None, &["Österlens Gymnasium", "+46 414 44 50 00", "", "G2", "SE", "52000", "30", "0", "", "-75.25", ""]),
    (Customer, 106, None, &["Blekinge Trä", "+46 455 33 70 10", "order@blekingetra.example", "", "GB", "19500.5", "10", "1", "01/19/2016 16:45:00", "870", ""]),
    (Supplier, 201, None, &["Öresund Logistik", "TRN", "SE556677889901", "2", "4.4", "1", "03/12/2024 10:00:00"]),
    (Supplier, 202, None, &["Småland Virke", "RAW", "SE556611220001", "14", "3.6", "0", "08/28/2023 09:30:00"]),
    (Supplier, 203, None, &["Revision Syd", "SRV", "", "0", "4.9", "1", ""]),
    (Supplier, 204, None, &["Glas & Metall", "RAW", "SE559900112201", "10", "2.75", "0", "05/05/2021 13:13:13"]),
    (Supplier, 205, None, &["Expressbud Lund", "TRN", "SE556312457801", "1", "3.2", "0", "11/30/2022 07:00:00"]),
    (Supplier, 206, None, &["Fönsterputs i Malmö", "SRV", "SE559123456701", "5", "4.05", "1", "06/01/2020 12:00:00"]),
    (Person, 301, Some((Customer, 101)), &["Astrid", "Lindqvist", "astrid@malmokok.example", "1", "980", "1", "04/16/1980 00:00:00"]),
    (Person, 302, Some((Customer, 102)), &["Erik", "Nyström", "erik@vastra.example", "2", "640.5", "0", "09/22/1992 00:00:00"]),
    (Person, 303, Some((Customer, 103)), &["Maja", "Ek", "", "4", "870.25", "1", ""]),
    (Person, 304, Some((Supplier, 201)), &["Lars", "Holm", "lars@oresund.example", "3", "555", "0", "12/12/1968 00:00:00"]),
    (Person, 305, Some((Supplier, 202)), &["Sofia", "Åberg", "sofia@virke.example", "", "720.75", "1", "05/08/1987 00:00:00"]),
    (Person, 306, Some((Customer, 104)), &["Nils", "Sandberg", "nils@skanska.example", "1", "1010.1", "0", "08/30/1975 00:00:00"]),
    (Project, 401, Some((Customer, 101)), &["Kitchen showroom", "Oak and glass", "RUN", "225000", "1", "10/31/2026 00:00:00"]),
    (Project, 402, Some((Customer, 103)), &["Station bridge", "", "PLAN", "5400000.5", "1", "04/20/2028 12:00:00"]),
    (Project, 403, None, &["Intranet", "Internal", "DONE", "45000", "0", "02/28/2025 00:00:00"]),
    (Project, 404, Some((Customer, 104)), &["Waiting room", "30 chairs", "RUN", "66000.25", "1", "12/15/2026 09:00:00"]),
    (Project, 405, None, &["Solar panels", "", "PLAN", "310000", "0", ""]),
    (Project, 406, Some((Customer, 106)), &["Saw line", "Second hand", "DONE", "120500", "1", "07/01/2024 15:00:00"]),
];
