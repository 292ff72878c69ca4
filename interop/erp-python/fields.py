"""Metadata of the ERP: configuration fields, actor fields, lists."""

from dataclasses import dataclass


def text(us, no, ge):
    """A multi-language string; quotes would break its strict format."""
    parts = (("US", us), ("NO", no), ("GE", ge))
    return ";".join('%s:"%s"' % (code, part.replace('"', "'")) for code, part in parts)


@dataclass(frozen=True)
class Field:
    key: str
    type: str
    name: str
    access: str = "Normal"
    max: int = 0
    list: str = ""
    default: str = ""
    description: str = ""
    searchable: bool = True

    @property
    def mandatory(self):
        return self.access == "Mandatory"

    @property
    def read_only(self):
        return self.access == "ReadOnly"


CONFIG_FIELDS = (
    Field("About", "Label", text("Plumbing wholesale", "Rørgrossist", "Sanitär-Großhandel"),
          default="Interface of the wholesale system, version 4"),
    Field("Firm", "List", text("Firm", "Firma", "Firma"), "Mandatory", list="Firms", default="NORD",
          description=text("Which firm of the group", "Hvilket firma i konsernet", "Welche Firma der Gruppe")),
    Field("ServiceUser", "Text", text("Service user", "Tjenestebruker", "Dienstbenutzer"), "Mandatory", 40),
    Field("Passphrase", "Password", text("Passphrase", "Passord", "Kennwort"), "Mandatory", 100),
    Field("Deadline", "Integer", text("Seconds to wait", "Sekunder å vente", "Wartezeit in Sekunden"),
          default="30"),
    Field("NoWrites", "Checkbox", text("Read only", "Kun lesing", "Nur lesen"), default="0"),
    Field("ValidFrom", "Datetime", text("Valid from", "Gyldig fra", "Gültig ab")),
)

_STREET = (
    Field("STREETAD1", "Text", text("Street", "Gate", "Straße"), max=60),
    Field("STREETZIP", "Text", text("Postcode", "Postnummer", "Postleitzahl"), max=10),
    Field("STREETCITY", "Text", text("City", "Sted", "Ort"), max=40),
    Field("COUNTRY", "List", text("Country", "Land", "Land"), list="Countries"),
)

ACTOR_FIELDS = {
    "Customer": (
        Field("NAME", "Text", text("Name", "Navn", "Name"), "Mandatory", 80),
        Field("NUMBER2", "Integer", text("Account", "Konto", "Konto"), "ReadOnly"),
        Field("TRADE", "List", text("Trade", "Bransje", "Gewerk"), "Mandatory", list="Trades"),
        Field("VATNO", "Text", text("VAT number", "MVA-nummer", "USt-IdNr."), max=20),
        Field("PHONE", "Text", "Phone", max=30),
        Field("EMAIL", "Text", "E-mail", max=100),
        *_STREET,
        Field("DEPOT", "List", text("Depot", "Lager", "Lager"), list="Depots"),
        Field("ORDERS", "Integer", text("Open orders", "Åpne ordrer", "Offene Aufträge")),
        Field("CREDIT", "Double", text("Credit limit", "Kredittgrense", "Kreditlimit")),
        Field("DISCOUNT", "Double", text("Discount in percent", "Rabatt i prosent", "Rabatt in Prozent")),
        Field("BALANCE", "Double", text("Balance", "Saldo", "Saldo"), "ReadOnly", searchable=False),
        Field("BLOCKED", "Checkbox", text("Blocked", "Sperret", "Gesperrt")),
        Field("SINCE", "Datetime", text("Customer since", "Kunde siden", "Kunde seit")),
        Field("REMARK", "Text", text("Remark", "Merknad", "Bemerkung"), searchable=False),
    ),
    "Supplier": (
        Field("NAME", "Text", text("Name", "Navn", "Name"), "Mandatory", 80),
        Field("LEADTIME", "Integer", text("Lead time in days", "Leveringstid", "Lieferzeit"), "Mandatory"),
        Field("NUMBER2", "Integer", text("Account", "Konto", "Konto"), "ReadOnly"),
        Field("URL", "Text", "Web", max=120),
        *_STREET,
        Field("RATING", "Double", text("Rating", "Vurdering", "Bewertung")),
        Field("APPROVED", "Checkbox", text("Approved", "Godkjent", "Freigegeben")),
        Field("AUDITED", "Datetime", text("Last audit", "Siste revisjon", "Letztes Audit")),
        Field("REMARK", "Text", text("Remark", "Merknad", "Bemerkung"), searchable=False),
    ),
    "Partner": (
        Field("NAME", "Text", text("Name", "Navn", "Name"), "Mandatory", 80),
        Field("DEPARTMENT", "Text", text("Department", "Avdeling", "Abteilung"), max=60),
        Field("TRADE", "List", text("Trade", "Bransje", "Gewerk"), list="Trades"),
        Field("BONUS", "Double", text("Bonus", "Bonus", "Bonus")),
        Field("REMARK", "Text", text("Remark", "Merknad", "Bemerkung"), searchable=False),
    ),
    "Person": (
        Field("FIRSTNAME", "Text", text("First name", "Fornavn", "Vorname"), max=40),
        Field("LASTNAME", "Text", text("Last name", "Etternavn", "Nachname"), "Mandatory", 40),
        Field("POSITION", "List", text("Position", "Stilling", "Position"), list="Positions"),
        Field("EMAIL", "Text", "E-mail", max=100),
        Field("PHONE_MOBILE", "Text", text("Mobile", "Mobil", "Mobil"), max=30),
        Field("BIRTHDATE", "Datetime", text("Birth date", "Fødselsdato", "Geburtsdatum")),
        Field("NEWSLETTER", "Checkbox", text("Newsletter", "Nyhetsbrev", "Rundbrief")),
        Field("VISITS", "Integer", text("Visits", "Besøk", "Besuche"), "ReadOnly"),
    ),
    "Project": (
        Field("NAME", "Text", text("Name", "Navn", "Name"), "Mandatory", 80),
        Field("STARTS", "Datetime", text("Starts", "Starter", "Beginnt"), "Mandatory"),
        Field("ENDDATE", "Datetime", text("Ends", "Slutter", "Endet")),
        Field("NUMBER", "Text", text("Site number", "Byggnummer", "Baustellennummer"), "ReadOnly", 20),
        Field("TEXT", "Text", text("Description", "Beskrivelse", "Beschreibung"), max=2000),
        Field("BUDGET", "Double", text("Budget", "Budsjett", "Budget")),
        Field("FLATS", "Integer", text("Flats", "Leiligheter", "Wohnungen")),
    ),
}

# Types that a child may hang below; a Person needs a parent, a Project may have one.
PARENTS = {"Person": ("Customer", "Supplier", "Partner"), "Project": ("Customer", "Partner")}
PARENT_NEEDED = ("Person",)

FIRM_NAMES = {"NORD": "Rør & Ventil Nord AS", "SUED": "Sanitär Süd GmbH"}

LISTS = {
    "Firms": FIRM_NAMES,
    "Trades": {
        "10": "Plumber", "20": "Heating engineer", "30": "Property manager",
        "40": "Retail", "50": "Public sector", "99": "Other",
    },
    "Countries": {"NO": "Norway", "SE": "Sweden", "DE": "Germany", "AT": "Austria", "IT": "Italy"},
    "Positions": {
        "owner": "Owner", "purchase": "Purchasing", "site": "Site manager", "accounts": "Accounts payable",
    },
}

# The depots belong to a firm, so this list needs a connection.
DEPOTS = {
    "NORD": {"OSL-1": "Oslo, Alnabru", "TRD-1": "Trondheim, Tiller", "BOD-2": "Bodø, havn"},
    "SUED": {"MUC-3": "München-Riem", "STR-1": "Stuttgart-Hafen"},
}

CONFIG_LISTS = tuple(field.list for field in CONFIG_FIELDS if field.list)
