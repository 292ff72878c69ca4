//! Brightwater Laboratory Supply: the second customer.

use super::{
    Article, Customer, DROP, Day, Employee, PriceList, Records, WATER, amount, choices, terms,
};

const GBP: &str = "BW-GBP";
const GBP_EDU: &str = "BW-GBP-EDU";
const EUR: &str = "BW-EUR";
const EUR_OLD: &str = "BW-EUR-2018";
const GBP_NEXT: &str = "BW-GBP-NEXT";
const NOK_DRAFT: &str = "BW-NOK-DRAFT";

pub fn customer() -> Customer {
    Customer {
        role: "second",
        id: "Cust20202",
        serial: "1720202002",
        secret: "bw-M5xR8qT2vK7nC4jZ9dF1hS6wB3gY0pLe",
        users: [
            Employee {
                login: "imogen.hale@brightwater.example",
                associate_id: "11",
            },
            Employee {
                login: "owen.price@brightwater.example",
                associate_id: "12",
            },
        ],
        token_lifetime: 3600,
        erp: Records {
            company: "Brightwater Laboratory Supply Ltd",
            prefix: "BW",
            pages: "https://erp.brightwater.example",
            price_lists: price_lists(),
            articles: articles(),
            choices: lists(),
            order_discount: (amount("5000"), amount("1.5")),
        },
    }
}

fn price_lists() -> Vec<PriceList> {
    let gbp = |key, name, from, to, active| PriceList {
        key,
        name,
        currency: "GBP",
        currency_name: "Pound sterling",
        from,
        to,
        active,
    };
    let eur = |key, name, from, to| PriceList {
        key,
        name,
        currency: "EUR",
        currency_name: "Euro",
        from,
        to,
        active: true,
    };
    vec![
        gbp(GBP, "United Kingdom", Day::Open, Day::Open, true),
        gbp(
            GBP_EDU,
            "Schools and universities",
            Day::On(2023, 9, 1),
            Day::Today(300),
            true,
        ),
        eur(EUR, "Export, euro", Day::On(2022, 1, 1), Day::Open),
        eur(EUR_OLD, "Export 2018", Day::Open, Day::On(2018, 12, 31)),
        gbp(
            GBP_NEXT,
            "United Kingdom, next year",
            Day::Today(60),
            Day::Today(425),
            true,
        ),
        PriceList {
            key: NOK_DRAFT,
            name: "Norway, being prepared",
            currency: "NOK",
            currency_name: "Norwegian krone",
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
                ("glass", "Glassware", "Glassutstyr"),
                ("optics", "Optics", "Optikk"),
                ("safety", "Safety", "Verneutstyr"),
                ("support", "Support", "Brukerstøtte"),
            ],
        ),
        choices(
            "productfamily",
            &[
                ("clearline", "Clearline", "Clearline"),
                ("lumen", "Lumen", "Lumen"),
                ("guard", "Guard", "Guard"),
            ],
        ),
        choices(
            "producttype",
            &[
                ("consumable", "Consumable", "Forbruksvare"),
                ("instrument", "Instrument", "Instrument"),
                ("service", "Service", "Tjeneste"),
            ],
        ),
    ];
    lists.extend(terms());
    lists
}

fn articles() -> Vec<Article> {
    vec![
        Article::new("BW-BKR-250", "Beaker 250 ml, low form")
            .about("Borosilicate glass, graduated.")
            .class("glass", "clearline", "consumable")
            .from("Vitrea", "V-250L")
            .vat("20")
            .stock("1450", "0.12")
            .launched(2015, 1, 5)
            .pictures(Some(WATER), &[WATER, DROP])
            .extra(&[("Volume", "String", "[I:250] ml")])
            .discount("1", "2")
            .discount("48", "10")
            .price(GBP, "4.35", "1.62", "2.80")
            .price(GBP_EDU, "3.95", "1.62", "2.60")
            .price(EUR, "5.20", "1.95", "3.40"),
        Article::new("BW-BKR-600", "Beaker 600 ml, low form")
            .about("Borosilicate glass, graduated.")
            .class("glass", "clearline", "consumable")
            .from("Vitrea", "V-600L")
            .vat("20")
            .stock("720", "0.21")
            .launched(2015, 1, 5)
            .discount("48", "10")
            .price(GBP, "6.10", "2.44", "4.00")
            .price(GBP_EDU, "5.60", "2.44", "3.80"),
        Article::new("BW-FLK-100", "Volumetric flask 100 ml")
            .about("Class A, with certificate.")
            .class("glass", "clearline", "consumable")
            .from("Vitrea", "V-F100")
            .vat("20")
            .stock("310", "0.09")
            .launched(2016, 6, 1)
            .price(GBP, "18.75", "9.05", "13.00")
            .price(EUR, "22.40", "10.90", "15.60"),
        Article::new("BW-PIP-10", "Pipette set 10 ml")
            .about("Set of five.")
            .class("glass", "clearline", "consumable")
            .unit("set")
            .from("Vitrea", "V-P10")
            .vat("20")
            .stock("95", "0.3")
            .launched(2018, 3, 12)
            .price(GBP, "27.50", "", ""),
        Article::new("BW-MIC-40", "Lumen microscope 40×")
            .about("Binocular, LED light, for teaching.")
            .class("optics", "lumen", "instrument")
            .from("Opticon", "O-L40")
            .vat("20")
            .stock("14", "6.4")
            .launched(2022, 8, 22)
            .pictures(
                Some("https://shop.brightwater.example/t/mic-40.gif"),
                &[WATER],
            )
            .rights("UnitListPrice=M&UnitCost=N")
            .discount("5", "7.5")
            .price(GBP, "489.00", "291.00", "420.00")
            .price(GBP_EDU, "435.00", "291.00", "390.00")
            .price(EUR, "575.00", "345.00", "495.00"),
        Article::new("BW-MIC-100", "Lumen microscope 100×, oil")
            .about("Trinocular, with camera port.")
            .class("optics", "lumen", "instrument")
            .from("Opticon", "O-L100")
            .vat("20")
            .stock("-2", "8.1")
            .launched(2024, 2, 1)
            .with("BW-SVC-CAL")
            .price(GBP, "1249.00", "812.50", "1090.00"),
        Article::new("BW-SLD-50", "Slides, box of 50")
            .about("Ground edges.")
            .class("optics", "lumen", "consumable")
            .unit("box")
            .from("Opticon", "O-S50")
            .vat("20")
            .stock("2200", "0.25")
            .launched(2017, 10, 10)
            .discount("20", "15")
            .price(GBP, "5.95", "1.98", "3.50"),
        Article::new("BW-GOG-01", "Guard safety goggles")
            .about("Anti-fog, fits over glasses.")
            .class("safety", "guard", "consumable")
            .from("Aegis", "A-G1")
            .vat("0")
            .stock("640", "0.08")
            .launched(2019, 4, 4)
            .eco()
            .pictures(Some(DROP), &[DROP])
            .price(GBP, "9.80", "3.70", "6.50")
            .price(GBP_EDU, "8.40", "3.70", "6.00"),
        Article::new("BW-GLV-M", "Nitrile gloves M, box of 100")
            .about("Powder free.")
            .class("safety", "guard", "consumable")
            .unit("box")
            .from("Aegis", "A-N100M")
            .vat("0")
            .stock("5100", "0.55")
            .launched(2020, 3, 30)
            .discount("10", "5")
            .discount("100", "17.5")
            .price(GBP, "8.25", "4.10", "6.00")
            .price(EUR, "9.90", "4.95", "7.20"),
        Article::new("BW-COAT", "Laboratory coat, cotton")
            .about("Sizes S to XXL.")
            .class("safety", "guard", "consumable")
            .from("Aegis", "A-C1")
            .vat("20")
            .stock("180", "0.7")
            .launched(2019, 4, 4)
            .eco()
            .price(GBP, "24.00", "11.15", "17.00"),
        Article::new("BW-SVC-CAL", "Calibration on site")
            .about("With certificate.")
            .class("support", "lumen", "service")
            .unit("instrument")
            .from("Brightwater", "CAL")
            .vat("20")
            .launched(2018, 1, 1)
            .rights("Image=N")
            .price(GBP, "85.00", "47.00", "70.00"),
        Article::new("BW-SVC-SUP", "Instrument support")
            .about("Telephone and loan instrument.")
            .class("support", "lumen", "service")
            .unit("instrument")
            .from("Brightwater", "SUP")
            .vat("20")
            .launched(2021, 1, 1)
            .subscription("year", "3")
            .price(GBP, "120.00", "55.00", "95.00")
            .price(EUR, "140.00", "66.00", "112.00"),
        Article::new("BW-LEAF", "Safety leaflet")
            .about("Free of charge.")
            .class("safety", "guard", "consumable")
            .from("Brightwater", "LEAF")
            .vat("0")
            .stock("10000", "0.01")
            .launched(2021, 5, 5)
            .price(GBP, "0.00", "0.00", "0.00"),
        Article::new("BW-MIC-OLD", "Candle microscope")
            .about("Out of production.")
            .class("optics", "lumen", "instrument")
            .from("Opticon", "O-C20")
            .vat("20")
            .stock("1", "7.7")
            .launched(2008, 2, 2)
            .discontinued()
            .price(GBP, "199.00", "150.00", "170.00")
            .price(EUR_OLD, "240.00", "175.00", "200.00"),
        Article::new("BW-LED-5", "LED stirrer, five places")
            .about("Comes next year.")
            .class("optics", "lumen", "instrument")
            .from("Opticon", "O-ST5")
            .vat("20")
            .launched(2026, 6, 1)
            .price(GBP_NEXT, "310.00", "188.00", "260.00")
            .price(NOK_DRAFT, "4100.00", "2500.00", "3400.00"),
    ]
}
