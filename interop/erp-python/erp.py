"""The ERP behind the connector: two firms of a plumbing wholesale group.

Everything is in memory. All changes of all firms take their time from one
clock, so LastModified values can be compared between any two actors.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import fields
import values
from seams import seam

SEEDED = values.to_ticks(datetime(2026, 1, 5, 6, 30))
SEED_STEP = 37 * values.TICKS_PER_SECOND + 1_234_567
UNIX_EPOCH = values.to_ticks(datetime(1970, 1, 1))
KEY_SPACE = uuid.UUID("5c1de2f1-7a0b-4f0c-9b53-0d6d3f2a4b11")

# One service account for the whole group.
ACCOUNT = ("so-sync", "Muffe-og-nippel-32")


@dataclass
class Actor:
    type: str
    key: str
    values: dict
    modified: int
    parent: tuple = ("", "")


class Clock:
    """Ticks that only ever go up."""

    def __init__(self):
        self.last = SEEDED

    @seam("erp.tick")
    def tick(self):
        now = UNIX_EPOCH + time.time_ns() // 100
        self.last = max(now, self.last + 1)
        return self.last


@dataclass
class Firm:
    code: str
    clock: Clock
    actors: dict = field(default_factory=dict)
    numbers: dict = field(default_factory=dict)

    def all(self, actor_type):
        return [actor for actor in self.actors.values() if actor.type == actor_type]

    @seam("erp.find")
    def find(self, actor_type, key):
        return self.actors.get((actor_type, key))

    def next_number(self, actor_type):
        self.numbers[actor_type] = self.numbers.get(actor_type, 0) + 1
        return self.numbers[actor_type]

    @seam("erp.new_key")
    def new_key(self, actor_type, number):
        """A person is keyed by a text, a project by its site, the rest by a UUID."""
        if actor_type == "Person":
            return f"{self.code}/pers/{number}"
        if actor_type == "Project":
            return f"Site {self.code} {number:04} & co"
        return str(uuid.uuid5(KEY_SPACE, f"{self.code} {actor_type} {number}"))

    @seam("erp.create")
    def create(self, actor_type, native, parent=("", ""), modified=None):
        number = self.next_number(actor_type)
        actor = Actor(actor_type, self.new_key(actor_type, number), dict(native),
                      modified or self.clock.tick(), parent)
        if actor_type in ("Customer", "Supplier"):
            actor.values["NUMBER2"] = (10000 if actor_type == "Customer" else 70000) + number
        if actor_type == "Customer":
            actor.values.setdefault("BALANCE", Decimal(0))
        if actor_type == "Project":
            actor.values["NUMBER"] = f"{self.code}-{number:04}"
        self.actors[(actor_type, actor.key)] = actor
        return actor

    @seam("erp.change")
    def change(self, actor, native, parent=None):
        actor.values.update(native)
        if parent:
            actor.parent = parent
        actor.modified = self.clock.tick()

    def lists(self, name):
        return fields.DEPOTS[self.code] if name == "Depots" else fields.LISTS.get(name)


def day(year, month, day_of_month, hour=0, minute=0):
    return values.to_ticks(datetime(year, month, day_of_month, hour, minute))


# Name, trade, street, postcode, city, country, depot, orders, credit, discount, blocked, customer since
NORD_CUSTOMERS = (
    ("Bakken Rørservice AS", "10", "Industriveien 4", "7080", "Heimdal", "NO", "TRD-1", 7, "150000", "12.5", False, (2011, 3, 14)),
    ("Fjordvarme & Sønner", "20", "Strandgata 17", "8006", "Bodø", "NO", "BOD-2", 2, "80000.5", "7.25", False, (2015, 9, 1)),
    ("Nordlys Eiendom", "30", "Storgata 102", "9008", "Tromsø", "NO", "BOD-2", 0, "500000", "0", True, (2009, 12, 31)),
    ("Tiller Bad og Flis", "40", "Østre Rosten 3", "7075", "Tiller", "NO", "TRD-1", 15, "25000", "3.5", False, (2020, 2, 29)),
    ("Oslo kommune, Vann <avløp>", "50", "Herslebs gate 5", "0561", "Oslo", "NO", "OSL-1", 31, "2500000", "18", False, (1998, 7, 6)),
    ("Håndverkerhuset", "10", "Verkstedveien 1", "0277", "Oslo", "NO", "OSL-1", 4, "60000", "9.75", False, (2018, 11, 20)),
    ("Järnvägsbolaget AB", "99", "Kungsgatan 9", "411 19", "Göteborg", "SE", "OSL-1", 1, "90000", "5", False, (2022, 4, 4)),
    ("Rør & Rens \"Døgnvakt\"", "10", "Grensen 12", "0159", "Oslo", "NO", "OSL-1", -3, "0", "1.125", True, (2017, 6, 15)),
    ("Svaberg Hytteservice", "40", "", "", "Lillesand", "NO", "", None, None, None, None, None),
    ("Kystbygg Entreprenør", "20", "Havnegata 8", "7010", "Trondheim", "NO", "TRD-1", 12, "350000.75", "11", False, (2013, 10, 8)),
)
SUED_CUSTOMERS = (
    ("Alpenbad Kiefer", "10", "Isarweg 3", "80331", "München", "DE", "MUC-3", 5, "40000", "6.5", False, (2016, 5, 2)),
    ("Wärmepumpen Lechner", "20", "Hafenstraße 22", "70327", "Stuttgart", "DE", "STR-1", 9, "120000.25", "10", False, (2012, 8, 19)),
    ("Hausverwaltung Innauen", "30", "Maria-Theresien-Str. 1", "6020", "Innsbruck", "AT", "MUC-3", 0, "15000", "0.5", True, (2021, 1, 11)),
    ("Idraulica Bolzano", "10", "Via Museo 40", "39100", "Bolzano", "IT", "MUC-3", 2, "22000", "4", False, (2019, 3, 3)),
)
# Name, lead time, web, street, postcode, city, country, rating, approved, audit
SUPPLIERS = {
    "NORD": (
        ("Messing & Kobber Norge", 5, "https://messing.example", "Kobberveien 2", "1410", "Kolbotn", "NO", "4.5", True, (2025, 5, 20, 9, 30)),
        ("Ventilfabrikken", 21, "https://ventil.example", "Fabrikkgata 11", "5059", "Bergen", "NO", "3.25", True, (2024, 11, 3, 13, 0)),
        ("Pumpenwerk Lübeck", 35, "https://pumpen.example", "An der Trave 6", "23552", "Lübeck", "DE", "2.75", False, (2023, 2, 14, 8, 15)),
        ("Gummipakninger Svelvik", 2, "", "Verven 7", "3060", "Svelvik", "NO", None, False, None),
    ),
    "SUED": (
        ("Kupferrohr Allgäu", 8, "https://kupfer.example", "Bahnhofstr. 14", "87435", "Kempten", "DE", "4.75", True, (2025, 9, 9, 10, 0)),
        ("Rubinetteria Garda", 28, "https://garda.example", "Via del Lago 5", "37011", "Bardolino", "IT", "3.5", True, (2024, 6, 30, 16, 45)),
    ),
}
PARTNERS = {
    "NORD": (("Baderomsgruppen", "Innkjøp", "40", "1.5"), ("VVS-kjeden Midt", "", "10", "2.25")),
    "SUED": (("Meisterverbund Süd", "Zentrale", "10", "1.75"),),
}
# First name, last name, position, birth date, newsletter, visits, parent type, parent's place
PERSONS = {
    "NORD": (
        ("Sigrid", "Bakken", "owner", (1968, 2, 11), True, 14, "Customer", 0),
        ("Odd", "Bakken", "site", (1992, 7, 30), False, 3, "Customer", 0),
        ("Åse-Marie", "Sønsteby", "purchase", (1980, 12, 24), True, 8, "Customer", 1),
        ("Jon", "Myhre", "accounts", None, False, 0, "Customer", 4),
        ("Leyla", "Yıldız", "site", (1987, 5, 1), True, 22, "Customer", 4),
        ("Per", "O'Connor", "purchase", (1975, 9, 9), False, 1, "Customer", 5),
        ("Tuva", "Nygård", "purchase", (1999, 1, 3), True, 6, "Supplier", 0),
        ("Heiko", "Brandt", "", (1970, 4, 17), False, 2, "Supplier", 2),
        ("Ingrid", "Moe", "owner", (1961, 10, 10), True, 5, "Partner", 0),
    ),
    "SUED": (
        ("Vroni", "Kiefer", "owner", (1974, 3, 8), True, 11, "Customer", 0),
        ("Matteo", "Pichler", "purchase", (1990, 11, 27), False, 4, "Customer", 3),
        ("Annelies", "Groß", "accounts", (1983, 6, 6), True, 0, "Supplier", 0),
    ),
}
# Name, starts, ends, description, budget, flats, the customer's place or None
PROJECTS = {
    "NORD": (
        ("Kvadraturen brygge", (2025, 8, 18), (2027, 6, 30), "New pipes\nin three blocks", "4200000", 64, 2),
        ("Tiller skole, bad", (2026, 1, 12), (2026, 9, 1), "Replacement of the wash rooms", "890000.5", 0, 4),
        ("Hytteby Hafjell", (2024, 4, 2), None, "", None, 28, None),
    ),
    "SUED": (
        ("Wohnpark Isarauen", (2025, 10, 1), (2026, 12, 15), "Bäder und Steigleitungen", "1750000.75", 40, 2),
    ),
}


def _number(value):
    return None if value is None else Decimal(value)


def _moment(parts):
    return None if parts is None else day(*parts)


def build(code, clock):
    """One firm with its records, the same at every start."""
    firm = Firm(code, clock)

    def add(actor_type, parent=("", ""), **native):
        clock.last += SEED_STEP
        return firm.create(actor_type, native, parent, clock.last)

    rows = {"Customer": [], "Supplier": [], "Partner": []}
    for place, row in enumerate(NORD_CUSTOMERS if code == "NORD" else SUED_CUSTOMERS):
        name, trade, street, postcode, city, country, depot, orders, credit, discount, blocked, since = row
        rows["Customer"].append(add(
            "Customer", NAME=name, TRADE=trade, VATNO=f"{country}{914000000 + place * 7919}",
            PHONE=f"+47 73 {20 + place} 40 {51 + place}" if country == "NO" else "",
            EMAIL=f"post{place}@kunde.example", STREETAD1=street, STREETZIP=postcode, STREETCITY=city,
            COUNTRY=country, DEPOT=depot, ORDERS=orders, CREDIT=_number(credit), DISCOUNT=_number(discount),
            BALANCE=Decimal(place) * Decimal("1234.56"), BLOCKED=blocked, SINCE=_moment(since),
            REMARK="Delivers to the yard;\ncall first." if place % 3 == 0 else ""))
    for name, lead, url, street, postcode, city, country, rating, approved, audited in SUPPLIERS[code]:
        rows["Supplier"].append(add(
            "Supplier", NAME=name, LEADTIME=lead, URL=url, STREETAD1=street, STREETZIP=postcode,
            STREETCITY=city, COUNTRY=country, RATING=_number(rating), APPROVED=approved,
            AUDITED=_moment(audited), REMARK=""))
    for name, department, trade, bonus in PARTNERS[code]:
        rows["Partner"].append(add(
            "Partner", NAME=name, DEPARTMENT=department, TRADE=trade, BONUS=_number(bonus), REMARK=""))
    for first, last, position, born, newsletter, visits, parent_type, place in PERSONS[code]:
        parent = rows[parent_type][place]
        add("Person", (parent_type, parent.key), FIRSTNAME=first, LASTNAME=last, POSITION=position,
            EMAIL=f"{first.split('-')[0].lower()}@kunde.example", PHONE_MOBILE="+47 900 11 222",
            BIRTHDATE=_moment(born), NEWSLETTER=newsletter, VISITS=visits)
    for name, starts, ends, about, budget, flats, place in PROJECTS[code]:
        parent = ("Customer", rows["Customer"][place].key) if place is not None else ("", "")
        add("Project", parent, NAME=name, STARTS=_moment(starts), ENDDATE=_moment(ends), TEXT=about,
            BUDGET=_number(budget), FLATS=flats)
    return firm
