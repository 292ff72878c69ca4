//! Kestrel Trail Gear: a small customer whose access tokens live for one second,
//! so that their expiry can be tested without waiting.

use super::{Article, Customer, Day, Employee, MOSS, PriceList, Records, amount, choices, terms};

const DKK: &str = "KT-DKK";

pub fn customer() -> Customer {
    Customer {
        role: "expiring",
        id: "Cust20303",
        serial: "1720303003",
        secret: "kt-Q2wE6rT8yU1iO5pA9sD3fG7hJ4kL0zXc",
        users: [
            Employee {
                login: "signe.holm@kestrel.example",
                associate_id: "7",
            },
            Employee {
                login: "mads.krogh@kestrel.example",
                associate_id: "8",
            },
        ],
        token_lifetime: 1,
        erp: Records {
            company: "Kestrel Trail Gear ApS",
            prefix: "KT",
            pages: "https://erp.kestrel.example",
            price_lists: vec![PriceList {
                key: DKK,
                name: "Danmark",
                currency: "DKK",
                currency_name: "Danske kroner",
                from: Day::Open,
                to: Day::Open,
                active: true,
            }],
            articles: articles(),
            choices: lists(),
            order_discount: (amount("20000"), amount("1")),
        },
    }
}

fn lists() -> Vec<super::Choices> {
    let mut lists = vec![
        choices("productcategory", &[("camp", "Camping", "Camping")]),
        choices("productfamily", &[("ridge", "Ridge", "Ridge")]),
        choices("producttype", &[("goods", "Goods", "Varer")]),
    ];
    lists.extend(terms());
    lists
}

fn articles() -> Vec<Article> {
    vec![
        Article::new("KT-TENT-2", "Ridge tent for two")
            .about("1.9 kg, two entrances.")
            .class("camp", "ridge", "goods")
            .from("Kestrel", "T2")
            .vat("25")
            .stock("31", "1.9")
            .launched(2023, 2, 1)
            .pictures(Some(MOSS), &[MOSS])
            .price(DKK, "2399.00", "1180.00", "1900.00"),
        Article::new("KT-MAT-L", "Ridge sleeping mat, long")
            .about("Insulated.")
            .class("camp", "ridge", "goods")
            .from("Kestrel", "M-L")
            .vat("25")
            .stock("120", "0.52")
            .launched(2024, 3, 1)
            .discount("10", "5")
            .price(DKK, "649.00", "301.50", "480.00"),
    ]
}
