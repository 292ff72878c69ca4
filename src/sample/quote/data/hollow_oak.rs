//! Hollow Oak Workspaces: office furniture, the first customer.

use super::{
    Article, Customer, Day, Employee, MOSS, OAK, PriceList, Records, WATER, amount, choices, terms,
};

const NOK: &str = "HO-NOK";
const NOK_OUTLET: &str = "HO-NOK-OUTLET";
const EUR: &str = "HO-EUR";
const SEK: &str = "HO-SEK";
const NOK_2019: &str = "HO-NOK-2019";
const EUR_NEXT: &str = "HO-EUR-NEXT";
const USD_DRAFT: &str = "HO-USD-DRAFT";

pub fn customer() -> Customer {
    Customer {
        role: "first",
        id: "Cust20101",
        serial: "1720101001",
        secret: "ho-7c1Vt9QmZr4KxN2bWf6JpL8sYd3GhT5a",
        users: [
            Employee {
                login: "runa.eikeland@hollowoak.example",
                associate_id: "41",
            },
            Employee {
                login: "tor.bakke@hollowoak.example",
                associate_id: "42",
            },
        ],
        token_lifetime: 3600,
        erp: Records {
            company: "Hollow Oak Workspaces AS",
            prefix: "HO",
            pages: "https://erp.hollowoak.example",
            price_lists: price_lists(),
            articles: articles(),
            choices: lists(),
            order_discount: (amount("100000"), amount("2")),
        },
    }
}

fn price_lists() -> Vec<PriceList> {
    let nok = |key, name, from, to, active| PriceList {
        key,
        name,
        currency: "NOK",
        currency_name: "Norske kroner",
        from,
        to,
        active,
    };
    let eur = |key, name, from, to, active| PriceList {
        key,
        name,
        currency: "EUR",
        currency_name: "Euro",
        from,
        to,
        active,
    };
    vec![
        nok(
            NOK,
            "Norway, list prices",
            Day::On(2024, 1, 1),
            Day::Open,
            true,
        ),
        // Ends today: the last day counts.
        nok(
            NOK_OUTLET,
            "Norway, outlet",
            Day::Today(-20),
            Day::Today(0),
            true,
        ),
        eur(EUR, "Euro zone", Day::Open, Day::On(9999, 12, 31), true),
        PriceList {
            key: SEK,
            name: "Sverige, prislista åäö",
            currency: "SEK",
            currency_name: "Svenska kronor",
            // Begins today: the first day counts.
            from: Day::Today(0),
            to: Day::Today(200),
            active: true,
        },
        nok(
            NOK_2019,
            "Norway 2019",
            Day::On(2019, 1, 1),
            Day::On(2019, 12, 31),
            true,
        ),
        eur(
            EUR_NEXT,
            "Euro zone, next season",
            Day::Today(1),
            Day::Open,
            true,
        ),
        PriceList {
            key: USD_DRAFT,
            name: "USA, being prepared",
            currency: "USD",
            currency_name: "US dollar",
            from: Day::Open,
            to: Day::Open,
            active: false,
        },
    ]
}

fn lists() -> Vec<super::Choices> {
    let mut lists = vec![
        choices(
            "productcategory",
            &[
                ("desk", "Desks", "Skrivebord"),
                ("chair", "Chairs", "Stoler"),
                ("storage", "Storage", "Oppbevaring"),
                ("meeting", "Meeting rooms", "Møterom"),
                ("service", "Services", "Tjenester"),
            ],
        ),
        choices(
            "productfamily",
            &[
                ("tidal", "Tidal", "Tidal"),
                ("heron", "Heron", "Heron"),
                ("quarry", "Quarry", "Quarry"),
                ("care", "Care", "Omsorg"),
            ],
        ),
        choices(
            "producttype",
            &[
                ("stock", "Kept in stock", "Lagervare"),
                ("order", "Made to order", "Bestillingsvare"),
                ("intangible", "Not a thing", "Ikke en vare"),
            ],
        ),
    ];
    lists.extend(terms());
    lists
}

fn articles() -> Vec<Article> {
    vec![
        Article::new("HO-DSK-160", "Tidal sit-stand desk 160 × 80")
            .about("Electric desk, two motors, 62 to 127 cm.\nOak veneer, rounded edges.")
            .class("desk", "tidal", "stock")
            .from("Fjellverk Møbler", "FV-9160")
            .vat("25")
            .stock("42", "48.5")
            .launched(2023, 3, 1)
            .eco()
            .pictures(
                Some(OAK),
                &[OAK, MOSS, "https://catalogue.hollowoak.example/dsk-160.jpg"],
            )
            .extra(&[
                ("Weight", "String", "[F:48.5] kg"),
                ("Tested", "String", "[D:03/01/2023]"),
                (
                    "Data sheet",
                    "Url",
                    "https://catalogue.hollowoak.example/dsk-160.pdf",
                ),
            ])
            .rights("QuoteLine.UnitCost=R,Cost comes from the ERP system&VAT=R&Description=W")
            .discount("1", "2.5")
            .discount("10", "5")
            .discount("50", "10")
            .price(NOK, "7490.00", "4310.00", "6200.00")
            .price(EUR, "659.00", "379.50", "545.00"),
        Article::new("HO-DSK-120", "Tidal sit-stand desk 120 × 70")
            .about("Electric desk for small rooms.")
            .class("desk", "tidal", "stock")
            .from("Fjellverk Møbler", "FV-9120")
            .vat("25")
            .stock("18", "39.2")
            .launched(2023, 3, 1)
            .pictures(
                Some("https://catalogue.hollowoak.example/t/dsk-120.png"),
                &[OAK],
            )
            .discount("10", "5")
            .price(NOK, "6390.00", "3720.00", "5300.00")
            .price(SEK, "6590.00", "3840.00", "5450.00"),
        Article::new("HO-DSK-CRN", "Tidal corner desk")
            .about("Made to measure, delivery in six weeks.")
            .class("desk", "tidal", "order")
            .from("Fjellverk Møbler", "FV-91CR")
            .vat("25")
            .stock("-3", "61")
            .launched(2024, 9, 15)
            .price(NOK, "9980.00", "", "8000.00"),
        Article::new("HO-CHR-HER", "Heron task chair")
            .about("Mesh back, synchronous mechanism, 10 years' warranty.")
            .class("chair", "heron", "stock")
            .from("Lund & Sønn", "LS-4410")
            .vat("25")
            .stock("130", "17.8")
            .launched(2021, 5, 10)
            .eco()
            .pictures(Some(MOSS), &[MOSS, OAK])
            .extra(&[("Picture", "Image", MOSS), ("Colours", "String", "12")])
            .discount("1", "4")
            .discount("20", "8.5")
            .price(NOK, "4295.00", "2210.00", "3300.00")
            .price(EUR, "379.00", "196.25", "290.00")
            .price(SEK, "4450.00", "2290.00", "3420.00"),
        Article::new("HO-CHR-VIS", "Heron visitor chair")
            .about("Stacks up to eight.")
            .class("chair", "heron", "stock")
            .from("Lund & Sønn", "LS-4420")
            .vat("25")
            .stock("64", "7.1")
            .launched(2021, 5, 10)
            .discount("8", "6.25")
            .price(NOK, "1749.50", "890.25", "1290.00")
            .price(EUR, "154.95", "78.40", "115.00"),
        Article::new("HO-CHR-ARM", "Armrest pair for Heron")
            .about("Adjustable in four directions.")
            .class("chair", "heron", "stock")
            .from("Lund & Sønn", "LS-4490")
            .vat("25")
            .stock("75", "1.9")
            .launched(2021, 8, 1)
            .price(NOK, "690.00", "", ""),
        Article::new("HO-STO-LOW", "Quarry low cabinet")
            .about("Two doors, lock, steel.")
            .class("storage", "quarry", "stock")
            .from("Stålskap Nord", "SN-200")
            .vat("25")
            .stock("25", "32")
            .launched(2020, 2, 20)
            .pictures(Some(WATER), &[WATER])
            .price(NOK, "3120.00", "1835.00", "2500.00")
            .price(EUR, "274.00", "161.00", "220.00"),
        Article::new("HO-STO-TALL", "Quarry tall cabinet")
            .about("Four shelves, lock, steel.")
            .class("storage", "quarry", "stock")
            .from("Stålskap Nord", "SN-400")
            .vat("25")
            .stock("11", "58.75")
            .launched(2020, 2, 20)
            .price(NOK, "5240.00", "3190.00", "4400.00"),
        Article::new("HO-STO-BOX", "Archive box, \"A4\" & folio")
            .about("Recycled board, 100 % paper.")
            .class("storage", "quarry", "stock")
            .unit("pack")
            .from("Stålskap Nord", "SN-010")
            .vat("25")
            .stock("900", "0.85")
            .launched(2019, 11, 4)
            .eco()
            .discount("100", "12.5")
            .price(NOK, "39.90", "14.35", "25.00")
            .price(NOK_OUTLET, "29.90", "14.35", "20.00"),
        Article::new("HO-MTG-TBL", "Quarry meeting table for eight")
            .about("Linoleum top; comes with assembly.")
            .class("meeting", "quarry", "order")
            .from("Fjellverk Møbler", "FV-8800")
            .vat("25")
            .stock("2", "96")
            .launched(2024, 1, 8)
            .pictures(None, &["https://catalogue.hollowoak.example/mtg-tbl.png"])
            .with("HO-SRV-ASM")
            .price(NOK, "18450.00", "11200.00", "15500.00"),
        Article::new("HO-MTG-ACU", "Acoustic panel, felt")
            .about("Cut to size, sold by the square metre.")
            .class("meeting", "quarry", "order")
            .unit("m²")
            .from("Ullvarefabrikken", "UF-77")
            .vat("25")
            .stock("310.5", "2.4")
            .launched(2025, 2, 3)
            .eco()
            .discount("1", "3")
            .price(NOK, "845.75", "402.10", "610.00")
            .price(EUR, "74.25", "35.30", "53.00"),
        Article::new("HO-SRV-ASM", "Assembly on site")
            .about("Two people, per hour.")
            .class("service", "care", "intangible")
            .unit("hour")
            .from("Hollow Oak Workspaces", "ASM")
            .vat("25")
            .launched(2018, 1, 1)
            .rights("Image=N")
            .price(NOK, "1150.00", "640.00", "900.00")
            .price(EUR, "99.00", "56.00", "79.00"),
        Article::new("HO-SRV-CARE", "Care plan")
            .about("Yearly inspection and spare parts, per workplace.")
            .class("service", "care", "intangible")
            .unit("workplace")
            .from("Hollow Oak Workspaces", "CARE")
            .vat("25")
            .launched(2022, 6, 1)
            .subscription("month", "12")
            .price(NOK, "49.00", "18.50", "35.00")
            .price(EUR, "4.50", "1.70", "3.20"),
        Article::new("HO-SRV-RENT", "Desk rental")
            .about("Tidal desk on a monthly contract.")
            .class("service", "tidal", "intangible")
            .from("Hollow Oak Workspaces", "RENT")
            .vat("25")
            .stock("12", "48.5")
            .launched(2024, 4, 2)
            .subscription("month", "36")
            .discount("5", "7.5")
            .price(NOK, "265.00", "140.00", "210.00"),
        Article::new("HO-SRV-FIRST", "First aid course")
            .about("Exempt from VAT.")
            .class("service", "care", "intangible")
            .unit("person")
            .from("Hollow Oak Workspaces", "AID")
            .launched(2023, 10, 1)
            .price(NOK, "1990.00", "1250.00", "1600.00"),
        Article::new("HO-SMP-SET", "Fabric sample set")
            .about("Free of charge.")
            .class("chair", "heron", "stock")
            .from("Ullvarefabrikken", "UF-SET")
            .vat("15")
            .stock("200", "0.4")
            .launched(2022, 9, 9)
            .price(NOK, "0.00", "0.00", "0.00"),
        Article::new("HO-CHR-OLD", "Gannet task chair")
            .about("Replaced by Heron.")
            .class("chair", "heron", "stock")
            .from("Lund & Sønn", "LS-3300")
            .vat("25")
            .stock("3", "18.2")
            .launched(2012, 4, 1)
            .discontinued()
            .price(NOK, "2990.00", "1990.00", "2400.00")
            .price(NOK_2019, "2790.00", "1890.00", "2200.00"),
        Article::new("HO-STO-DWR", "Drawer unit on castors")
            .about("Three drawers. Next season's model.")
            .class("storage", "quarry", "stock")
            .from("Stålskap Nord", "SN-150")
            .vat("25")
            .stock("0", "21.3")
            .launched(2026, 1, 15)
            .price(NOK, "2140.00", "1260.00", "1750.00")
            .price(EUR_NEXT, "189.00", "110.00", "150.00")
            .price(USD_DRAFT, "205.00", "120.00", "165.00"),
    ]
}
