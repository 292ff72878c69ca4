"""Master data of the two customers: a bicycle wholesaler on Lake Constance and one in Leeds.

Dates are relative to the day the connector starts, so that current, expired and future price lists
stay what they are meant to be.
"""
from __future__ import annotations

import base64
import struct
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from calc import UNKNOWN, ZERO, Discount

D = Decimal
Carrier = dict[str, Any]


# --- pictures ---------------------------------------------------------------------------------

def _png(red: int, green: int, blue: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\x00" + bytes((red, green, blue)) * 2
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
                            + chunk(b"IDAT", zlib.compress(row * 2)) + chunk(b"IEND", b"")).decode()


PNG = _png(30, 90, 160)
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
JPG = base64.b64encode(bytes.fromhex(
    "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b0909"
    "0d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00"
    "d2cf20ffd9")).decode()


@dataclass
class PriceList:
    key: str
    name: str
    currency: str
    currency_name: str
    valid_from: str
    valid_to: str
    is_active: bool = True
    description: str | None = None

    def carrier(self) -> Carrier:
        found = {"ERPPriceListKey": self.key, "QuoteConnectionId": 0, "Name": self.name,
                 "Currency": self.currency, "CurrencyName": self.currency_name, "ValidFrom": self.valid_from,
                 "ValidTo": self.valid_to, "IsActive": self.is_active}
        if self.description is not None:
            found["Description"] = self.description
        return found

    def is_valid(self, today: str) -> bool:
        """Both days included, by date part only; minimum and maximum date are open (D.5, B.6)."""
        first, last = self.valid_from[:10], self.valid_to[:10]
        return first <= today and (last == "0001-01-01" or today <= last)


@dataclass
class Product:
    carrier: Carrier
    price_list: str
    attributes: dict[str, Any] = field(default_factory=dict)    # values of the search fields
    images: list[str] = field(default_factory=list)
    quantity: Decimal = D(1)                                     # default of a new line
    steps: tuple[tuple[int, str], ...] = ()                      # from quantity, percent off
    per_unit: Decimal = ZERO                                     # or an amount off each unit
    extra_codes: tuple[str, ...] = ()                            # further lines of a set
    fee_code: str | None = None                                  # line added on recalculation
    lean: bool = False                                           # advanced search gives key fields only
    haystack: str | None = None

    @property
    def key(self) -> str:
        return self.carrier["ERPProductKey"]

    def discount(self, line: Carrier, units: Decimal) -> Discount:
        """The ERP's discount proposal for a line."""
        if self.per_unit:
            return Discount(ZERO, self.per_unit * units)
        percent = ZERO
        for start, off in self.steps:
            if line["Quantity"] >= start:
                percent = D(off)
        return Discount(percent, ZERO)


@dataclass
class Customer:
    ctx: str
    serial: str
    name: str
    all_words: bool                     # how the free-text search reads several words
    multi_language: bool                # user texts: multi-language, or in the user's language
    explicit_null: bool                 # null and [] written out, or left out
    price_lists: list[PriceList] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    lists: dict[str, list[Carrier]] = field(default_factory=dict)          # by lower-case name
    search_fields: list[Carrier] = field(default_factory=list)
    capabilities: dict[str, bool] = field(default_factory=dict)
    order_discount: tuple[tuple[int, str], ...] = ()            # order value from, percent off
    order_amount_off: tuple[int, int] | None = None             # order value from, amount off
    addresses: dict[str, list[Carrier | None]] = field(default_factory=dict)  # by ERPCompanyKey
    payment_terms: str = ""

    def list_of(self, key: str) -> PriceList | None:
        return next((pl for pl in self.price_lists if pl.key == key), None)

    def sibling(self, product: Product, code: str) -> Product | None:
        """Another article of the same price list."""
        return next((p for p in self.products.values()
                     if p.price_list == product.price_list and p.carrier["Code"] == code), None)

    def order_proposal(self, subtotal: Decimal) -> Discount:
        if self.order_amount_off and subtotal >= self.order_amount_off[0]:
            return Discount(ZERO, D(self.order_amount_off[1]))
        percent = ZERO
        for start, off in self.order_discount:
            if subtotal >= start:
                percent = D(off)
        return Discount(percent, ZERO)


def item_list(*rows: tuple[str, ...]) -> list[Carrier]:
    """Rows of key, text and optionally description and icon."""
    names = ("ERPQuoteListItemKey", "DisplayValue", "DisplayDescription", "Icon")
    return [dict(zip(names, row)) for row in rows]


def search_field(key: str, name: str, kind: str, rank: int, list_name: str | None = None) -> Carrier:
    found = {"FieldKey": key, "DisplayName": name, "FieldType": kind, "Rank": rank, "MaxLength": 0,
             "Access": "Normal"}
    if list_name:
        found["ListName"] = list_name
    return found


def moment(text: str) -> Any:
    from search import Decoder                                   # late: search imports this module
    return Decoder().moment(text)


_STANDARD = ("productcategory", "productfamily", "producttype", "paymentterms", "paymenttype", "deliveryterms",
             "deliverytype")

CONFIG_LISTS = {"lagerorte / depots": item_list(
    ("Z 01/Süd", "Zentrallager Süd", "Bregenz, Halle 1", GIF), ("Z 02/Nord", "Außenlager Nord"),
    ("LDS-3", "Leeds depot", "Unit 3"))}


def configuration_fields() -> dict[str, Carrier]:
    """The connection dialog (D.2): neutral, the same for every customer."""
    rows: list[tuple[str, str, str, Carrier]] = [
        ("hdr", "US:\"Warehouse system\";GE:\"Warenwirtschaft\";NO:\"Lagersystem\"", "Label", {}),
        ("erp.host", "US:\"Address\";GE:\"Adresse\";NO:\"Adresse\"", "Text", {"Access": "Mandatory", "MaxLength": 120}),
        ("erp.mandant", "US:\"Company number\";GE:\"Mandant\";NO:\"Firmanummer\"", "Integer",
         {"Access": "Mandatory", "DefaultValue": "7"}),
        ("erp.passwort", "US:\"Password\";GE:\"Passwort\";NO:\"Passord\"", "Password",
         {"Access": "Mandatory", "MaxLength": 64}),
        ("lager ort", "US:\"Warehouse\";GE:\"Lagerort\";NO:\"Lager\"", "List",
         {"ListName": "Lagerorte / Depots", "DefaultValue": "Z 01/Süd"}),
        ("skonto %", "US:\"Cash discount\";GE:\"Skonto\";NO:\"Kontantrabatt\"", "Double", {"DefaultValue": "2.5"}),
        ("stichtag", "US:\"Stock-taking day\";GE:\"Inventurtag\";NO:\"Varetelling\"", "Datetime",
         {"DefaultValue": "[DT:01/31/2026 06:30:00.0000000]"}),
        ("preise.live", "US:\"Live prices\";GE:\"Preise live\";NO:\"Direkte priser\"", "Checkbox", {"DefaultValue": "1"}),
        ("hinweis", "US:\"Ask support for a password.\";GE:\"Passwort beim Support.\";NO:\"Spør support om passord.\"",
         "Label", {"Access": "ReadOnly"}),
    ]
    found = {}
    for rank, (key, name, kind, more) in enumerate(rows):
        found[key] = {"FieldKey": key, "DisplayName": name, "FieldType": kind, "Rank": 10 * (rank + 1),
                      "MaxLength": 0, "Access": "Normal", "DisplayDescription": None, **more}
    return found


# --- customer one: Velowerk Bodensee ----------------------------------------------------------

def build_first(today: date) -> Customer:
    c = Customer("Cust41207", "8210034417", "Velowerk Bodensee GmbH", all_words=True, multi_language=False,
                 explicit_null=False, order_discount=((2500, "2"), (10000, "3.5")), payment_terms="30 T/netto")
    year, one = today.year, timedelta(days=1)
    eur, chf, usd, promo = "Händler EUR/1", "Fachhandel CHF", "Export USD #3", "Aktion € (Woche)"
    c.price_lists = [
        PriceList(eur, "Händlerpreise EUR", "EUR", "Euro", "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999",
                  description="Gilt für alle \"A\"-Händler;\nohne Ende"),
        PriceList(chf, "Fachhandel Schweiz", "CHF", "Schweizer Franken", f"{year}-01-01T00:00:00.0000000+01:00",
                  f"{year + 1}-12-31T23:59:59+01:00"),
        PriceList(usd, "Export", "USD", "US-Dollar", "2020-02-29T00:00:00.5", "0001-01-01T00:00:00"),
        PriceList(promo, "Aktionswoche", "EUR", "Euro", f"{today}T00:00:00", f"{today + 7 * one}T00:00:00Z"),
        PriceList("Alt EUR 2019", "Abgelaufen", "EUR", "Euro", "2019-01-01T00:00:00", f"{today - one}T23:59:59"),
        PriceList("Vorschau EUR", "Nächste Saison", "EUR", "Euro", f"{today + one}T00:00:00",
                  "9999-12-31T23:59:59"),
        PriceList("Entwurf CHF", "In Arbeit", "CHF", "Schweizer Franken", "2020-01-01T00:00:00",
                  "0001-01-01T00:00:00", is_active=False),
    ]
    c.lists = {
        "productcategory": item_list(("AN/trieb", "Antrieb", "Ketten & Ritzel"), ("BR", "Bremsen"),
                                     ("LR é", "Laufräder", "", "https://img.velowerk.example/i/lr.png"),
                                     ("ZUB", "Zubehör"), ("DL", "Dienstleistung"), ("EL", "Elektrik ⚡")),
        "productfamily": item_list(("F 1", "Straße"), ("F 2", "Gelände"), ("F 0", "Alle")),
        "producttype": item_list(("ware", "Ware"), ("abo", "Abonnement"), ("gut", "Gutschrift")),
        "paymentterms": item_list(("30 T/netto", "30 Tage netto"), ("10 T/2%", "10 Tage 2 % Skonto")),
        "paymenttype": item_list(("RG", "Rechnung"), ("LS", "Lastschrift")),
        "deliveryterms": item_list(("DAP ü", "Geliefert"), ("EXW", "Ab Werk")),
        "deliverytype": item_list(("SPED", "Spedition"), ("PAKET", "Paketdienst", "bis 30 kg")),
        "bremstyp": item_list(("scheibe", "Scheibenbremse"), ("felge", "Felgenbremse")),
        "abo-einheiten": item_list(("Monat", "Monat"), ("Jahr", "Jahr")),
        **CONFIG_LISTS,
    }
    c.search_fields = [
        search_field("bezeichnung", "Bezeichnung", "Text", 1), search_field("Artikel Nr", "Artikelnummer", "Text", 2),
        search_field("kategorie", "US:\"Category\";GE:\"Kategorie\"", "List", 3, "ProductCategory"),
        search_field("gewicht g", "Gewicht (g)", "Integer", 4), search_field("listenpreis", "Listenpreis", "Double", 5),
        search_field("lagernd", "Lagernd", "Checkbox", 6), search_field("eingeführt", "Eingeführt am", "Datetime", 7),
        search_field("bremse", "Bremstyp", "List", 8, "Bremstyp"),
    ]
    c.capabilities = {name: True for name in (
        "iproductprovider_provide_cost", "iproductprovider_provide_minimumprice", "iproductprovider_provide_stockdata",
        "iproductprovider_provide_extradata", "iproductprovider_provide_picture", "iorderconsumer_place_order",
        "iorderconsumer_provide_orderstate", "iorderconsumer_send_order_confirm", "iconnector_perform_complexsearch",
        "iaddressprovider_provide_addresses", "cache-pricelists", "iproductprovider_provide_thumbnails",
        "ipriceprovider_compute_price", *(f"ilistprovider_provide_{name}list" for name in c.lists))}
    c.addresses = {"K/1001 Zürich": [
        {"AddressLine1": "Postfach 12", "City": "Zürich", "ZipCode": "8001", "CountryCode": "CH", "Country": "Schweiz"},
        {"AddressLine1": "Werkstrasse 9", "AddressLine2": "Rampe \"B\"", "City": "Winterthur", "ZipCode": "8400",
         "CountryCode": "CH", "Country": "Schweiz"}]}

    vat = {"EUR": "19", "CHF": "7.7", "USD": "0"}
    factor = {eur: "1", chf: "0.97", usd: "1.085", promo: "0.9", "Alt EUR 2019": "0.8", "Vorschau EUR": "1.04",
              "Entwurf CHF": "1.01"}

    def add(code: str, name: str, description: str, price: str, cost: str | None, minimum: str | None, category: str,
            lists: tuple[str, ...] = (eur, chf), *, weight: int | None = None, since: str | None = None,
            brake: str | None = None, images: tuple[str, ...] = (), thumbnail: str | None = None,
            more: Carrier | None = None, **rules: Any) -> None:
        for number, key in enumerate(lists):
            pl = c.list_of(key)
            assert pl is not None
            f = D(factor[key])
            carrier: Carrier = {
                "ERPProductKey": f"{key} » {code}", "Name": name, "Description": description, "Code": code,
                "QuantityUnit": "Stk", "PriceUnit": "Stk", "IsSubscription": False, "ItemNumber": f"{len(c.products)}",
                "ProductCategoryKey": category, "ProductFamilyKey": "F 0", "ProductTypeKey": "ware",
                "Supplier": "Rädli & Söhne", "SupplierCode": f"RS-{code[:3]}", "VATInfo": "MwSt.",
                "VAT": D(vat[pl.currency]), "UnitCost": UNKNOWN if cost is None else D(cost) * f,
                "UnitMinimumPrice": UNKNOWN if minimum is None else D(minimum) * f, "UnitListPrice": D(price) * f,
                "ERPPriceListKey": key, "InAssortment": True, "InStock": D(12 - 5 * number),
                "DefaultSubscriptionQuantity": ZERO, **(more or {})}
            if thumbnail:
                carrier["Thumbnail"] = thumbnail
            attributes = {"bezeichnung": name, "Artikel Nr": code, "kategorie": category,
                          "gewicht g": None if weight is None else D(weight), "listenpreis": D(price) * f,
                          "lagernd": D(carrier["InStock"] > 0), "eingeführt": moment(since) if since else None,
                          "bremse": brake}
            c.products[carrier["ERPProductKey"]] = Product(carrier, key, attributes, list(images), **rules)

    everywhere = (eur, chf, usd, promo, "Alt EUR 2019", "Vorschau EUR", "Entwurf CHF")
    add("KT 105/Ö", "Kette „Gleitfix“ 11-fach", "Für \"Straße\" und Gelände.\r\nGeölt geliefert 🚲\tTyp 105", "34.90",
        "17.2549", "24.00", "AN/trieb", everywhere, weight=257, since="2023-03-01", images=(GIF, JPG, PNG),
        thumbnail=GIF, steps=((10, "5"), (50, "8.5")),
        more={"ExtraInfo": [{"Name": "Gewicht", "Type": "String", "Value": "[I:257] g"},
                            {"Name": "Datenblatt", "Type": "Url", "Value": "https://img.velowerk.example/d/105.pdf"},
                            {"Name": "Bild", "Type": "Image", "Value": GIF}],
              "RawExtraInfo": "<extra><g>257</g></extra>", "Rule": "STAFFEL", "ExtraField1": "Exfeld eins"})
    add("BR-200", "Bremsscheibe 180 mm", "Mit Zentralverschluss; 6 Loch & Adapter", "27.55", "11.20", "18", "BR",
        everywhere[:4], weight=145, since="2024-06-15T08:30:00.2500000", brake="scheibe", images=(JPG,),
        thumbnail=JPG, steps=((4, "3"),))
    add("LR 28/32", "Laufrad 28 Zoll vorne", "32 Speichen, handgespannt", "412.35", None, "350", "LR é", weight=940,
        since="2022-11-30", images=("https://img.velowerk.example/p/lr28.jpg", PNG),
        thumbnail="https://img.velowerk.example/t/lr28.jpg")
    add("ÖL-250", "Kettenöl 250 ml", "Biologisch abbaubar. Enthält 5 % Zusätze_neu.", "7.99", "2.1", "4.5", "AN/trieb",
        (eur, chf, usd), weight=270, since="2021-01-01", quantity=D(6), steps=((6, "2.5"),),
        more={"QuantityUnit": "Fl.", "PriceUnit": "Fl."})
    add("SA-9", "Sattel \"Alpin\"", "Ohne Bild", "89.00", "41.30", "60", "ZUB", weight=310, since="2024-01-10",
        more={"Rights": "QuoteLine.UnitListPrice=R,Preis gebunden (Hersteller)&Image=N&DiscountPercent=W"})
    add("AUFK", "Aufkleber Velowerk", "Gratis beilegen", "0", "0", "0", "ZUB", weight=2)
    add("RÜCK/ALT", "Altakku-Rücknahme", "Gutschrift je Akku", "-25.00", None, None, "EL",
        more={"ProductTypeKey": "gut", "VAT": D("7.7")})
    add("AKKU 500", "Akku 500 Wh", "Gefahrgut 🔋, Gebühr kommt dazu", "579.00", "402.5", "480", "EL", weight=2600,
        since="2025-02-28", images=(PNG,), fee_code="GEB-EL")
    add("GEB-EL", "Entsorgungsgebühr", "Vorgezogen", "2.13", "2.13", None, "EL")
    add("ABO WS", "Werkstatt-Software", "Abonnement je Arbeitsplatz", "39.50", "12.25", "30", "DL",
        more={"IsSubscription": True, "SubscriptionUnit": "Monat", "DefaultSubscriptionQuantity": D("12"),
              "ProductTypeKey": "abo", "QuantityUnit": "Platz", "PriceUnit": "Platz/Monat"})
    add("RA-56/gr", "Rahmen Größe 56 grün", "Stahl, muffengelötet, Rahmennummer im Feld 2", "1249.95", "777.77", "990",
        "LR é", weight=1890, more={"ProductFamilyKey": "F 1", "Url": "https://velowerk.example/r/56?f=gr%C3%BCn",
                                    "ExtraField2": "Seriennr. folgt"})
    add("SET BB", "Bremsbeläge-Set", "Zwei Beläge und Montage", "22.40", "9.9", "15", "BR", weight=60,
        brake="felge", since="2023-12-24", extra_codes=("MONT",))
    add("MONT", "Montage", "Werkstattstunde, Viertelstunden möglich", "64.00", "38.6", "50", "DL",
        more={"QuantityUnit": "Std", "PriceUnit": "Std"})
    add("FELGE 26", "Felge 26 Zoll alt", "Ausgelaufen", "31.00", "15", "20", "LR é", weight=520,
        brake="felge", more={"InAssortment": False})
    add("BUCH-0", "Reparaturhandbuch", "Ohne Mehrwertsteuer", "18.75", "6", "10", "ZUB", weight=410,
        more={"VAT": ZERO, "VATInfo": "steuerfrei"})
    add("SCHL-4", "Schlauch 28 " + "lang" * 60, "Langer Name; " + "Text. " * 330, "4.49", "1.015", "2", "LR é",
        (eur, promo), weight=105, since="2020-05-05")
    return c


# --- customer two: Spoke & Pedal --------------------------------------------------------------

def build_second(today: date) -> Customer:
    c = Customer("Cust58833", "0077123", "Spoke & Pedal Ltd", all_words=False, multi_language=True,
                 explicit_null=True, order_amount_off=(300, 12))
    trade, isles, nok = "trade~gbp", "islands#eur", "nord.nok"
    one = timedelta(days=1)
    c.price_lists = [
        PriceList(trade, "Trade", "GBP", "Pound sterling", "2015-06-01T00:00:00", "9999-12-31T23:59:59"),
        PriceList(isles, "Islands", "EUR", "Euro", "0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        PriceList(nok, "Norden", "NOK", "Norwegian krone", f"{today - 90 * one}T12:00:00.123", f"{today}T00:00:00"),
        PriceList("trade~old", "Trade, last year", "GBP", "Pound sterling", "2001-01-01T00:00:00",
                  f"{today - 30 * one}T00:00:00"),
        PriceList("kr.sek", "Withdrawn", "SEK", "Swedish krona", "2001-01-01T00:00:00", "9999-12-31T23:59:59",
                  is_active=False),
    ]
    c.lists = {
        "productcategory": item_list(("wheels", "Wheels"), ("tools", "Tools"), ("spk", "Spokes")),
        "paymentterms": item_list(("eom", "End of month"), ("pre", "Prepaid")),
        **CONFIG_LISTS,
    }
    c.search_fields = [search_field("name", "Name", "Text", 10), search_field("group", "Group", "List", 20,
                       "productCategory"), search_field("length.mm", "Length", "Integer", 30),
                       search_field("price", "Price", "Double", 40), search_field("new", "New", "Checkbox", 50)]
    known = ("iproductprovider_provide_cost", "iproductprovider_provide_minimumprice",
             "iproductprovider_provide_stockdata", "iproductprovider_provide_extradata",
             "iproductprovider_provide_picture", "iorderconsumer_place_order", "iorderconsumer_provide_orderstate",
             "iorderconsumer_send_order_confirm", "iconnector_perform_complexsearch",
             "iaddressprovider_provide_addresses", "cache-pricelists", "iproductprovider_provide_thumbnails",
             "ipriceprovider_compute_price", *(f"ilistprovider_provide_{name}list" for name in _STANDARD),
             *(f"ilistprovider_provide_{name}list" for name in CONFIG_LISTS))
    true = {"iorderconsumer_place_order", "iorderconsumer_provide_orderstate", "iconnector_perform_complexsearch",
            "iaddressprovider_provide_addresses", "ipriceprovider_compute_price",
            *(f"ilistprovider_provide_{name}list" for name in c.lists)}
    c.capabilities = {name: name in true for name in known}

    def add(code: str, name: str, price: str, category: str, list_key: str, length: int | None = None,
            **rules: Any) -> None:
        more = rules.pop("more", {})
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"spoke:{list_key}:{code}"))
        carrier: Carrier = {
            "ERPProductKey": key, "Name": name, "Description": None, "Code": code, "QuantityUnit": "ea",
            "PriceUnit": "ea", "IsSubscription": False, "SubscriptionUnit": None, "ItemNumber": None, "Url": None,
            "ProductCategoryKey": category, "ProductFamilyKey": "any family text", "ProductTypeKey": None,
            "Supplier": "Dales Components", "SupplierCode": None, "Thumbnail": None, "VATInfo": None,
            "VAT": D("25") if list_key == nok else D("20"), "UnitCost": UNKNOWN, "UnitMinimumPrice": ZERO,
            "UnitListPrice": D(price), "ExtraInfo": [], "RawExtraInfo": None, "Rights": None, "Rule": None,
            "ExtraField1": None, "ExtraField2": None, "ExtraField3": None, "ExtraField4": None, "ExtraField5": None,
            "ERPPriceListKey": list_key, "InAssortment": True, "InStock": ZERO,
            "DefaultSubscriptionQuantity": ZERO, **more}
        attributes = {"name": name, "group": category, "length.mm": None if length is None else D(length),
                      "price": D(price), "new": D(len(code) % 2)}
        c.products[key] = Product(carrier, list_key, attributes, **rules)

    for list_key, factor in ((trade, "1"), (isles, "1.2"), (nok, "13.4"), ("trade~old", "0.7"), ("kr.sek", "14")):
        f = D(factor)
        add("HUB-7", "Hub, 7 speed, \"Swift\"", str(D("61.20") * f), "wheels", list_key, per_unit=D("1.5"))
        add("TRUE-1", "Truing stand; it's 100% steel", str(D("129") * f), "tools", list_key)
        add("KEY/14", "Spoke key 14G", str(D("3.333") * f), "tools", list_key, 90)
        add("CARE", "Care plan", str(D("4.75") * f), "tools", list_key,
            more={"IsSubscription": True, "SubscriptionUnit": "quarter", "DefaultSubscriptionQuantity": D("1.5")})
        add("OLD-HUB", "Hub, 3 speed", "12", "wheels", list_key, more={"InAssortment": False})
    for length in range(140, 310, 2):                            # more than 500 products in all
        for finish in ("black", "silver", "blue", "brass", "raw", "gold", "red"):
            add(f"SP-{length}-{finish}", f"Spoke {length} mm {finish}", str(D("0.35") + D(length) / 1000), "spk",
                trade, length, lean=True)
    return c
