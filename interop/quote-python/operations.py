"""The operations of section D.  Each takes a Call and returns the bare JSON value of its answer."""
from __future__ import annotations

import copy
import itertools
import threading
import urllib.parse
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable

from auth import Session
from calc import (LINE_APPROVAL_PERCENT, ORDER_APPROVAL_PERCENT, ZERO, Calculator, Checks, Problem, highest)
from carriers import MIN_DATE, SPECS, Reader
from data import CONFIG_LISTS, Carrier, Customer, PriceList, Product, configuration_fields
from search import AdvancedSearch, FreeText, SearchError
from texts import Message, Texts, message

NO_CONTENT = object()                                # answered 204 (D.19, D.20)

# Tester-supplied cases (announced in the ready line and in the README).
BLOCKED_COMPANY = "GESPERRT 99"                      # Context.ERPCompanyKey: OnBeforeCreate… refuse
CREDIT_PREFIX = "KREDIT"                             # PoNumber: PlaceOrder refuses
DELIVERY_PREFIX = "LIEFERUNG"                        # PoNumber: half of every line is delivered at once
REPLAN_PREFIX = "PLANUNG"                            # PoNumber: the order changes, the CRM shall make a version
UNREACHABLE_SUFFIX = ".invalid"                      # erp.host: does not answer
WRONG_PASSWORD = "falsch"                            # erp.passwort: refused

DRAFTS = ("Draft", "DraftNotCalculated", "DraftNeedsApproval")


class ApiError(Exception):
    """An answer other than 200 or 204 (B.3)."""

    def __init__(self, status: int, text: Message, tech: str, code: str) -> None:
        super().__init__(tech)
        self.status, self.text, self.tech, self.code = status, text, tech, code


@dataclass
class Order:
    key: str
    owner: tuple[int, int, int]                      # quote, version, alternative
    po_number: str | None
    comment: str | None
    lines: list[Carrier]
    state: str = "OFFEN"                             # OFFEN, LIEFERUNG, PLANUNG


@dataclass
class Store:
    """What one customer has saved.  Nothing here is shared between customers (QC-045)."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    quotes: dict[int, dict[str, Any]] = field(default_factory=dict)
    version_keys: dict[str, int] = field(default_factory=dict)           # ERP key to the id it belongs to
    alternative_keys: dict[str, int] = field(default_factory=dict)
    sent: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    ordered: dict[tuple[int, int, int], str] = field(default_factory=dict)


@dataclass
class Call:
    customer: Customer
    session: Session
    store: Store
    args: dict[str, Any]
    language: str | None                             # None: multi-language texts

    @property
    def context(self) -> Carrier:
        return self.args.get("Context") or {}


def today() -> date:
    return date.today()


class Operations:
    def __init__(self, variant: str) -> None:
        self.variant = variant
        self.calculator, self.checks = Calculator(), Checks()
        self.free_text, self.advanced = FreeText(), AdvancedSearch()
        self.texts, self.reader = Texts(), Reader()
        self.table: dict[str, Callable[[Call], Any]] = {
            "GetConfigurationFields": self.get_configuration_fields, "TestConnection": self.test_connection,
            "GetCapabilities": self.get_capabilities, "GetActivePriceLists": self.get_active_price_lists,
            "GetAllPriceLists": self.get_all_price_lists, "FindProduct": self.find_product,
            "GetProduct": self.get_product, "GetProducts": self.get_products,
            "GetQuoteLinesFromProduct": self.get_quote_lines_from_product,
            "GetNumberOfProductImages": self.get_number_of_product_images,
            "GetProductImage": self.get_product_image, "GetSearchableFields": self.get_searchable_fields,
            "GetSearchResults": self.get_search_results, "GetQuoteList": self.get_quote_list,
            "OnBeforeCreateQuote": self.on_before_create_quote,
            "OnBeforeCreateQuoteVersion": self.on_before_create_quote_version,
            "OnBeforeCreateQuoteAlternative": self.on_before_create_quote_alternative,
            "OnAfterSaveQuote": self.on_after_save_quote, "OnBeforeDeleteQuote": self.on_before_delete_quote,
            "OnAfterSentQuoteVersion": self.on_after_sent_quote_version,
            "OnQuoteLineChanged": self.on_quote_line_changed,
            "RecalculateQuoteAlternative": self.recalculate_quote_alternative,
            "ValidateQuoteVersion": self.validate_quote_version,
            "UpdateQuoteVersionPrices": self.update_quote_version_prices, "PlaceOrder": self.place_order,
            "GetOrderState": self.get_order_state, "GetAddresses": self.get_addresses,
        }
        for name in self.left_out():
            del self.table[name]

    # --- variants: what is not offered answers 404, and its capability is false (QC-097) ---------

    def left_out(self) -> list[str]:
        if self.variant == "minimal":                # H.3 no. 10
            keep = {"TestConnection", "GetCapabilities", "GetActivePriceLists", "FindProduct", "GetProduct",
                    "GetQuoteLinesFromProduct"}
            return [name for name in self.table if name not in keep]
        return {"no-orders": ["PlaceOrder", "GetOrderState"],
                "no-search": ["GetSearchableFields", "GetSearchResults"]}.get(self.variant, [])

    def capability(self, customer: Customer, name: str) -> bool:
        gates = {"iproductprovider_provide_picture": "GetProductImage", "iorderconsumer_place_order": "PlaceOrder",
                 "iorderconsumer_provide_orderstate": "GetOrderState",
                 "iorderconsumer_send_order_confirm": "PlaceOrder",
                 "iconnector_perform_complexsearch": "GetSearchResults",
                 "iaddressprovider_provide_addresses": "GetAddresses",
                 "ipriceprovider_compute_price": "OnQuoteLineChanged"}
        operation = "GetQuoteList" if name.startswith("ilistprovider_") else gates.get(name, "FindProduct")
        return customer.capabilities.get(name, False) and operation in self.table

    # --- small helpers -------------------------------------------------------------------------

    def outcome(self, call: Call, state: str = "Ok", text: Message | None = None, tech: str | None = None,
                code: str | None = None) -> Carrier:
        """PluginResponseInfo (E).  Customer one gets IsOk and a member of our own, and no nulls."""
        found: Carrier = {"State": state}
        explanation = self.texts.render([text] if text else [], call.language)
        if call.customer.explicit_null:
            return {**found, "UserExplanation": explanation, "TechExplanation": tech, "ErrorCode": code}
        found["IsOk"] = state != "Error"
        found["VwbSystem"] = "WaWi 4 – Süd"
        found.update({k: v for k, v in (("UserExplanation", explanation), ("TechExplanation", tech),
                                        ("ErrorCode", code)) if v})
        return found

    def rate(self, call: Call, carrier: Carrier, problems: list[Problem]) -> None:
        """Status and Reason of this call replace what was there (QC-076 to QC-079)."""
        carrier["Status"] = highest([p.level for p in problems])
        carrier["Reason"] = self.texts.render([p.text for p in problems], call.language)

    def product(self, call: Call, key: str | None) -> Product | None:
        return call.customer.products.get(key) if key else None

    def required_product(self, call: Call) -> Product:
        """QC-140, QC-141: 422, never 404."""
        key = call.args.get("ErpProductKey")
        if not key or not key.strip():
            raise ApiError(422, message("nokey"), "ErpProductKey is empty.", "product_key_missing")
        product = self.product(call, key)
        if product is None:
            raise ApiError(422, message("noproduct", key=key), "No such product key.", "product_unknown")
        return product

    def active_lists(self, customer: Customer, currency: str | None) -> list[PriceList]:
        return [pl for pl in self.lists_in(customer, currency) if self.is_active(pl)]

    def is_active(self, price_list: PriceList) -> bool:
        return price_list.is_active and price_list.is_valid(today().isoformat())

    def lists_in(self, customer: Customer, currency: str | None) -> list[PriceList]:
        wanted = (currency or "").strip().upper()
        return [pl for pl in customer.price_lists if not wanted or pl.currency == wanted]

    # --- D.2 to D.6 ------------------------------------------------------------------------------

    def get_configuration_fields(self, call: Call) -> Any:
        return configuration_fields()

    def test_connection(self, call: Call) -> Any:
        """No lasting effect, always 200 (QC-106, QC-110)."""
        entered = call.args.get("ConnectionConfigFields") or {}
        for key, spec in configuration_fields().items():
            raw = entered.get(key)
            text = "" if raw is None else str(raw)
            if not text.strip():
                if spec["Access"] == "Mandatory":
                    return self.outcome(call, "Error", message("mandatory", field=key), f"{key} is empty.", "missing")
            elif not self.fits(spec, text):
                return self.outcome(call, "Error", message("badvalue", field=key), f"{key} does not fit its type.",
                                    "bad_value")
        if str(entered["erp.host"]).strip().lower().endswith(UNREACHABLE_SUFFIX):
            return self.outcome(call, "Error", message("unreachable"), "No answer from the ERP host.", "erp_down")
        if str(entered["erp.passwort"]) == WRONG_PASSWORD:
            return self.outcome(call, "Error", message("login"), "ERP login failed.", "erp_login")
        count = len(self.active_lists(call.customer, None))
        return self.outcome(call, "Ok", message("connected", count=count))

    def fits(self, spec: Carrier, text: str) -> bool:
        decoder, kind = self.advanced.decoder, spec["FieldType"]
        try:
            if kind == "Integer":
                return decoder.number(text) == decoder.number(text).to_integral_value()
            if kind == "Double":
                return decoder.number(text) is not None
            if kind == "Checkbox":
                return decoder.number(text) in (0, 1)
            if kind == "Datetime":
                return decoder.moment(text) is not None
        except SearchError:
            return False
        if kind == "List":
            return text in [item["ERPQuoteListItemKey"] for item in CONFIG_LISTS[spec["ListName"].lower()]]
        return kind == "Label" or not spec["MaxLength"] or len(text) <= spec["MaxLength"]

    def get_capabilities(self, call: Call) -> Any:
        """QC-081 to QC-083: every name asked for; all we know when none is."""
        names = call.args["Names"] or list(call.customer.capabilities)
        return {name: self.capability(call.customer, name) for name in names}

    def get_active_price_lists(self, call: Call) -> Any:
        return [pl.carrier() for pl in self.active_lists(call.customer, call.args.get("IsoCurrencyCode"))]

    def get_all_price_lists(self, call: Call) -> Any:
        return [pl.carrier() for pl in self.lists_in(call.customer, call.args.get("IsoCurrencyCode"))]

    # --- D.7 to D.10 -----------------------------------------------------------------------------

    def find_product(self, call: Call) -> Any:
        """A price list key wins over the currency; customer one answers null to an empty text."""
        text, key = call.args.get("Userinput") or "", call.args.get("PriceListKey")
        if not text.strip():
            return None if not call.customer.explicit_null else []
        lists = self.lists_to_search(call.customer, key, call.args.get("CurrencyCode"))
        hits = self.free_text.find(call.customer, lists, text)
        return [self.product_info(call, p) for p in hits] or (None if call.customer.explicit_null else [])

    def lists_to_search(self, customer: Customer, key: str | None, currency: str | None) -> list[PriceList]:
        if key:
            return [pl for pl in self.active_lists(customer, None) if pl.key == key]
        return self.active_lists(customer, currency)

    def product_info(self, call: Call, product: Product) -> Carrier:
        return dict(product.carrier)

    def get_product(self, call: Call) -> Any:
        return self.product_info(call, self.required_product(call))

    def get_products(self, call: Call) -> Any:
        """QC-144: unknown keys left out, order as asked; a key asked for twice is answered twice."""
        found = (self.product(call, key) for key in call.args["ErpProductKeys"])
        return [self.product_info(call, p) for p in found if p is not None]

    def get_quote_lines_from_product(self, call: Call) -> Any:
        product = self.required_product(call)
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        rank = len(bundle.get("CRMQuoteLines") or []) + 1
        percent = (bundle.get("CRMAlternative") or {}).get("DiscountPercent", ZERO)
        extras = [call.customer.sibling(product, code) for code in product.extra_codes]
        return [self.new_line(call, p, rank + i, percent)
                for i, p in enumerate([product, *(e for e in extras if e is not None)])]

    def new_line(self, call: Call, product: Product, rank: int, order_percent: Decimal) -> Carrier:
        """A calculated line from a product (QC-166 to QC-170)."""
        start = (today().replace(day=1) + timedelta(days=32)).replace(day=1)
        c = product.carrier
        line = {k: v for k, v in c.items()
                if k not in ("ERPPriceListKey", "InAssortment", "InStock", "DefaultSubscriptionQuantity")}
        line = self.reader.members(SPECS["QuoteLineInfo"], line, "line")
        line.update(Quantity=product.quantity, Rank=rank,
                    SubscriptionQuantity=c["DefaultSubscriptionQuantity"],
                    SubscriptionStart=f"{start}T00:00:00" if c["IsSubscription"] else MIN_DATE)
        if call.customer.explicit_null:
            line["ERPQuoteLineKey"] = None
        self.calculate_line(call, line, order_percent)
        return line

    # --- D.11 to D.15 ----------------------------------------------------------------------------

    def images(self, call: Call, product: Product | None) -> list[str]:
        """Without the picture capability there are none (QC-092)."""
        shown = product is not None and self.capability(call.customer, "iproductprovider_provide_picture")
        return product.images if product and shown else []

    def get_number_of_product_images(self, call: Call) -> Any:
        return len(self.images(call, self.product(call, call.args.get("ErpProductKey"))))    # H.3 no. 37

    def get_product_image(self, call: Call) -> Any:
        images = self.images(call, self.required_product(call))
        rank = call.args["Rank"]
        return images[rank] if 0 <= rank < len(images) else None

    def get_searchable_fields(self, call: Call) -> Any:
        return [dict(f) for f in call.customer.search_fields]

    def get_search_results(self, call: Call) -> Any:
        restrictions = call.args.get("Restrictions") or []
        try:
            hits = self.advanced.find(call.customer, self.active_lists(call.customer, None), restrictions)
        except SearchError as error:
            return self.bad_criterion(call, error)
        return [self.search_hit(call, p) for p in hits]

    def bad_criterion(self, call: Call, error: SearchError) -> Any:
        """QC-255: customer one gets 422, customer two an empty result."""
        if call.customer.explicit_null:
            return []
        raise ApiError(422, message("criterion"), str(error), "bad_criterion") from None

    def search_hit(self, call: Call, product: Product) -> Carrier:
        names = ("ERPProductKey", "Name", "Code", "ERPPriceListKey", "UnitListPrice", "InAssortment")
        info = self.product_info(call, product)
        return {k: info[k] for k in names} if product.lean else info

    def get_quote_list(self, call: Call) -> Any:
        return copy.deepcopy(call.customer.lists.get(call.args["QuoteListType"].lower()))

    # --- D.16 to D.21 ----------------------------------------------------------------------------

    def refused(self, call: Call) -> Carrier | None:
        if call.context.get("ERPCompanyKey") == BLOCKED_COMPANY:
            return self.outcome(call, "Error", message("blocked"), "Company is blocked in the ERP.", "blocked")
        return None

    def fresh_key(self, call: Call, kind: str) -> str:
        if call.customer.explicit_null:
            return str(uuid.uuid4())
        return f"{kind} {today().year}/{next(call.store.numbers):05d}"

    def on_before_create_quote(self, call: Call) -> Any:
        refusal = self.refused(call)
        if refusal:
            return refusal
        quote, version = call.context.get("CRMQuote"), call.context.get("CRMQuoteVersion")
        bundle = call.context.get("CRMAlternativeWithLines")
        if quote is not None and not quote.get("ERPQuoteKey"):
            quote["ERPQuoteKey"] = self.fresh_key(call, "AN")
        self.fill_version(call, version)
        self.fill_alternative(call, bundle)
        return {**self.outcome(call), "CRMQuote": quote, "CRMQuoteVersion": version,
                "CRMAlternativesWithLines": [bundle] if bundle else None}

    def on_before_create_quote_version(self, call: Call) -> Any:
        refusal = self.refused(call)
        if refusal:
            return refusal
        version, bundles = call.context.get("CRMQuoteVersion"), call.context.get("CRMAlternativesWithLines")
        self.fill_version(call, version)
        for bundle in bundles or []:
            self.fill_alternative(call, bundle)
        return {**self.outcome(call), "CRMQuoteVersion": version, "CRMAlternativesWithLines": bundles}

    def on_before_create_quote_alternative(self, call: Call) -> Any:
        refusal = self.refused(call)
        if refusal:
            return refusal
        bundle = call.context.get("CRMAlternativeWithLines")
        if call.customer.explicit_null or not bundle:
            return None                                              # no change (QC-223)
        self.fill_alternative(call, bundle)
        return {**self.outcome(call), "CRMAlternativesWithLines": [bundle]}

    def fill_version(self, call: Call, version: Carrier | None) -> None:
        """Keys, number and defaults.  A key that belongs to a saved version came with a copy (D.17)."""
        if version is None:
            return
        if self.needs_key(version.get("ERPQuoteVersionKey"), version["QuoteVersionId"], call.store.version_keys):
            version["ERPQuoteVersionKey"] = self.fresh_key(call, "VS")
        if not version.get("Number"):
            version["Number"] = self.fresh_key(call, "Nr.")[:60]
        if version["ExpirationDate"].startswith("0001-01-01"):
            version["ExpirationDate"] = f"{today() + timedelta(days=30)}T00:00:00"
        if not version.get("ERPPaymentTermsKey") and call.customer.payment_terms:
            version["ERPPaymentTermsKey"] = call.customer.payment_terms
        self.rate(call, version, [])

    def fill_alternative(self, call: Call, bundle: Carrier | None) -> None:
        alt = (bundle or {}).get("CRMAlternative")
        if bundle is None or alt is None:
            return
        if self.needs_key(alt.get("ERPQuoteAlternativeKey"), alt["QuoteAlternativeId"], call.store.alternative_keys):
            alt["ERPQuoteAlternativeKey"] = self.fresh_key(call, "ALT")
        self.calculate(call, bundle, keep=True)

    def needs_key(self, key: str | None, record: int, saved: dict[str, int]) -> bool:
        return not key or saved.get(key, record) != record

    def on_after_save_quote(self, call: Call) -> Any:
        """Saved by its real ids: repeats replace, they do not add (QC-228)."""
        quote = call.context.get("CRMQuote")
        if quote is not None:
            version, bundle = call.context.get("CRMQuoteVersion"), call.context.get("CRMAlternativeWithLines")
            with call.store.lock:
                saved = call.store.quotes.setdefault(quote["QuoteId"], {"versions": {}, "alternatives": {}})
                saved["quote"] = quote
                if version:
                    saved["versions"][version["QuoteVersionId"]] = version
                    if version.get("ERPQuoteVersionKey"):
                        call.store.version_keys[version["ERPQuoteVersionKey"]] = version["QuoteVersionId"]
                alt = (bundle or {}).get("CRMAlternative")
                if alt:
                    saved["alternatives"][alt["QuoteAlternativeId"]] = bundle
                    if alt.get("ERPQuoteAlternativeKey"):
                        call.store.alternative_keys[alt["ERPQuoteAlternativeKey"]] = alt["QuoteAlternativeId"]
        return NO_CONTENT

    def on_before_delete_quote(self, call: Call) -> Any:
        """Unknown and repeated deletions succeed; orders stay in the ERP, without their quote."""
        number = call.args["Quote"]["QuoteId"]
        with call.store.lock:
            saved = call.store.quotes.pop(number, {"versions": {}, "alternatives": {}})
            for keys, ids in ((call.store.version_keys, saved["versions"]),
                              (call.store.alternative_keys, saved["alternatives"])):
                for key in [k for k, record in keys.items() if record in ids]:
                    del keys[key]
            for owner in [o for o in call.store.ordered if o[0] == number]:
                del call.store.ordered[owner]
            for sent in [s for s in call.store.sent if s[0] == number]:
                del call.store.sent[sent]
        return NO_CONTENT

    def on_after_sent_quote_version(self, call: Call) -> Any:
        """Keys are given once per version (QC-235); the state is the CRM's (QC-234)."""
        context = call.args["QuoteContext"]
        version = context.get("CRMQuoteVersion")
        if version is None:
            return None
        place = ((context.get("CRMQuote") or version)["QuoteId"], version["QuoteVersionId"])
        with call.store.lock:
            keys = call.store.sent.setdefault(place, {})
            for name, kind in (("ERPQuoteVersionKey", "VS"), ("Number", "Nr.")):
                if not version.get(name):
                    version[name] = keys.setdefault(name, self.fresh_key(call, kind))
            call.store.version_keys[version["ERPQuoteVersionKey"]] = version["QuoteVersionId"]
        self.rate(call, version, [])
        response = {**self.outcome(call), "CRMQuoteVersion": version}
        if call.customer.explicit_null:
            return {"VersionResponse": {**response, "CRMAlternativesWithLines": None}, "Url": None}
        return {"VersionResponse": response, "Url": "https://wawi.velowerk.example/angebot?nr="
                + urllib.parse.quote(version["ERPQuoteVersionKey"].encode("utf-8", "replace"))}

    # --- D.22 to D.25: calculation ---------------------------------------------------------------

    def calculate_line(self, call: Call, line: Carrier, order_percent: Decimal, keep: bool = False) -> None:
        """Amounts, Status and Reason of one line.  keep: no new ERP proposal, discounts held."""
        product = self.product(call, line.get("ERPProductKey"))
        proposal = product.discount(line, self.calculator.units(line)) if product and not keep else None
        problems = self.calculator.line(line, order_percent, proposal, keep_discount=keep)
        self.rate(call, line, problems + self.line_problems(call, line, product))

    def line_problems(self, call: Call, line: Carrier, product: Product | None) -> list[Problem]:
        minimum = self.capability(call.customer, "iproductprovider_provide_minimumprice")
        found = self.checks.line(line, self.calculator, minimum)
        if product is None:
            if line.get("ERPProductKey"):
                found.append(Problem("Warning", message("gone")))
        else:
            price_list = call.customer.list_of(product.price_list)
            if not product.carrier["InAssortment"]:
                found.append(Problem("Warning", message("assortment")))
            if price_list is None or not self.is_active(price_list):
                found.append(Problem("Warning", message("expired")))
        return found

    def calculate(self, call: Call, bundle: Carrier, keep: bool = False) -> tuple[Carrier, list[Carrier]]:
        """A whole alternative (E.2)."""
        alt = bundle.get("CRMAlternative")
        if alt is None:
            alt = bundle["CRMAlternative"] = self.reader.members(SPECS["QuoteAlternativeInfo"], {}, "alternative")
        lines = bundle.get("CRMQuoteLines")
        if lines is None:
            lines = bundle["CRMQuoteLines"] = []
        for line in lines:
            self.calculate_line(call, line, ZERO, keep)
        proposal = None if keep else call.customer.order_proposal(self.calculator.alternative_base(lines))
        problems = self.calculator.alternative(alt, lines, proposal, keep_discount=keep)
        self.rate(call, alt, problems + self.checks.alternative(alt, lines))
        return alt, lines

    def on_quote_line_changed(self, call: Call) -> Any:
        """The line to work on is QuoteLine; of the context only the order discount counts."""
        line = call.args["QuoteLine"]
        alt = (call.context.get("CRMAlternativeWithLines") or {}).get("CRMAlternative") or {}
        self.calculate_line(call, line, alt.get("DiscountPercent", ZERO))
        return line

    def recalculate_quote_alternative(self, call: Call) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {"CRMAlternative": None, "CRMQuoteLines": []}
        self.add_fees(call, bundle)
        self.calculate(call, bundle)
        return bundle

    def add_fees(self, call: Call, bundle: Carrier) -> None:
        """Batteries bring a fee line with QuoteLineId 0, once (QC-204, QC-207)."""
        lines = bundle.get("CRMQuoteLines") or []
        present = {line.get("ERPProductKey") for line in lines}
        for line in list(lines):
            product = self.product(call, line.get("ERPProductKey"))
            fee = call.customer.sibling(product, product.fee_code) if product and product.fee_code else None
            if fee is not None and fee.key not in present:
                present.add(fee.key)
                added = self.new_line(call, fee, max(entry["Rank"] for entry in lines) + 1, ZERO)
                added["QuoteAlternativeId"] = line["QuoteAlternativeId"]
                lines.append(added)

    def validate_quote_version(self, call: Call) -> Any:
        """Prices and discounts stay (QC-209); only drafts change state (QC-211, QC-212)."""
        version = call.context.get("CRMQuoteVersion")
        bundles = call.context.get("CRMAlternativesWithLines") or []
        levels: list[str] = []
        approval = False
        for bundle in bundles:
            alt, lines = self.calculate(call, bundle, keep=True)
            levels += [c["Status"] for c in (alt, *lines)]
            approval = approval or self.needs_approval(alt, lines)
        state, text = "Ok", None
        if "Error" in levels:
            state, text = "Warning", message("lineerrors")
        elif approval and (version or {}).get("State") in DRAFTS:
            state, text = "OkWithInfo", message("approval")
        if version is not None:
            self.judge_version(call, version, "Error" in levels, approval)
        return {**self.outcome(call, state, text), "CRMQuote": self.returned_quote(call), "CRMQuoteVersion": version,
                "CRMAlternativesWithLines": bundles}

    def needs_approval(self, alt: Carrier, lines: list[Carrier]) -> bool:
        return alt["DiscountPercent"] > ORDER_APPROVAL_PERCENT or any(
            line["DiscountPercent"] > LINE_APPROVAL_PERCENT for line in lines)

    def returned_quote(self, call: Call) -> Carrier | None:
        return None if call.customer.explicit_null else call.context.get("CRMQuote")   # null = unchanged

    def judge_version(self, call: Call, version: Carrier, errors: bool, approval: bool) -> None:
        problems: list[Problem] = []
        draft = version["State"] in DRAFTS
        if errors:
            problems.append(Problem("Error", message("lineerrors")))
        elif draft and approval:
            problems.append(Problem("Warning", message("approval")))
        expires = version["ExpirationDate"][:10]
        if draft and expires != "0001-01-01" and expires < today().isoformat():
            problems.append(Problem("Warning", message("versionexpired")))
        if draft:
            version["State"] = "DraftNotCalculated" if errors else "DraftNeedsApproval" if approval else "Draft"
            if not errors:
                version["LastRecalculated"] = self.now()
        self.rate(call, version, problems)

    def now(self) -> str:
        return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")

    def update_quote_version_prices(self, call: Call) -> Any:
        """Everything is refreshed; customer two keeps a list price the user may edit (QC-218)."""
        version = call.context.get("CRMQuoteVersion")
        bundles = call.context.get("CRMAlternativesWithLines") or []
        writeable = [name for name in call.args.get("WriteableFields") or [] if name]
        gone = False
        for bundle in bundles:
            for line in bundle.get("CRMQuoteLines") or []:
                product = self.product(call, line.get("ERPProductKey"))
                if product is not None:
                    self.refresh(call, line, product, writeable)
                gone = gone or (product is None and bool(line.get("ERPProductKey")))
            self.calculate(call, bundle)
        if version is not None:
            self.rate(call, version, [])
            if version["State"] in DRAFTS:
                version["State"] = "DraftNotCalculated"                    # ValidateQuoteVersion follows
        text = message("pricesleft") if gone else None
        return {**self.outcome(call, "OkWithInfo" if gone else "Ok", text), "CRMQuoteVersion": version,
                "CRMAlternativesWithLines": bundles}

    def refresh(self, call: Call, line: Carrier, product: Product, writeable: list[str]) -> None:
        for name in ("UnitListPrice", "UnitCost", "UnitMinimumPrice"):
            if name == "UnitListPrice" and call.customer.explicit_null and self.editable(line, name, writeable):
                continue
            line[name] = product.carrier[name]

    def editable(self, line: Carrier, name: str, writeable: list[str]) -> bool:
        """D.25: Rights of the line first, WriteableFields otherwise."""
        for part in (line.get("Rights") or "").split("&"):
            field_name, _, right = part.partition("=")
            if field_name.removeprefix("QuoteLine.").lower() == name.lower():
                return right[:1] in ("W", "M")
        return name.lower() in writeable

    # --- D.26 to D.28 ----------------------------------------------------------------------------

    def place_order(self, call: Call) -> Any:
        quote = call.context.get("CRMQuote")
        if quote is None:
            return self.outcome(call, "Error", message("noquote"), "CRMQuote is null.", "no_quote")
        if (quote.get("PoNumber") or "").startswith(CREDIT_PREFIX):
            return {**self.outcome(call, "Error", message("credit"), "Credit limit exceeded.", "credit"),
                    **({"CRMQuote": quote} if call.customer.explicit_null else {})}
        version = call.context.get("CRMQuoteVersion")
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        alt = bundle.get("CRMAlternative")
        owner = (quote["QuoteId"], version["QuoteVersionId"] if version else 0,
                 alt["QuoteAlternativeId"] if alt else 0)
        with call.store.lock:
            order = self.existing_order(call, owner)
            if order is None:
                other = call.store.orders.get(quote.get("ERPOrderKey") or "")
                if other is not None and other.owner[0] == owner[0] and other.owner in call.store.ordered:
                    return self.outcome(call, "Error", message("otherorder", key=other.key), "Already ordered.",
                                        "ordered")
                order = self.new_order(call, owner, bundle)
            self.take_over(order, quote)
        quote["ERPOrderKey"] = order.key
        for carrier in (version, alt, *(bundle.get("CRMQuoteLines") or [])):
            if carrier is not None:
                self.rate(call, carrier, [])
        response = {"CRMQuote": quote, "CRMQuoteVersion": version,
                    "CRMAlternativeWithLines": bundle or None, "Url": self.order_url(call, quote, order)}
        if call.customer.explicit_null:
            return {**self.outcome(call, "OkWithInfo", message("ordered", key=order.key)), **response}
        return {**self.outcome(call), **response}

    def existing_order(self, call: Call, owner: tuple[int, int, int]) -> Order | None:
        """QC-241: the same version and alternative give the same order."""
        return call.store.orders.get(call.store.ordered.get(owner, ""))

    def new_order(self, call: Call, owner: tuple[int, int, int], bundle: Carrier) -> Order:
        key = self.fresh_key(call, "AB")
        order = Order(key, owner, None, None, copy.deepcopy(bundle.get("CRMQuoteLines") or []))
        call.store.orders[key] = order
        call.store.ordered[owner] = key
        return order

    def take_over(self, order: Order, quote: Carrier) -> None:
        """QC-242.  The purchase order number also drives the tester's delivery cases."""
        order.po_number, order.comment = quote.get("PoNumber"), quote.get("OrderComment")
        for prefix in (DELIVERY_PREFIX, REPLAN_PREFIX):
            if (order.po_number or "").startswith(prefix):
                order.state = prefix

    def order_url(self, call: Call, quote: Carrier, order: Order) -> str:
        if call.customer.explicit_null:
            return f"superoffice:sale.main?sale_id={quote['SaleId']}"
        return "https://wawi.velowerk.example/auftrag?nr=" + urllib.parse.quote(order.key)

    def get_order_state(self, call: Call) -> Any:
        """Null when the CRM already shows what we have (QC-243)."""
        order = self.order_of(call)
        if order is None:                                                # QC-246
            if call.customer.explicit_null:
                return None
            return self.outcome(call, "Error", message("noorder"), "Order key not found.", "order_unknown")
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        lines = bundle.get("CRMQuoteLines") or copy.deepcopy(order.lines)
        version = call.context.get("CRMQuoteVersion")
        if order.state == REPLAN_PREFIX:
            return self.replanned(call, order, bundle, lines, version)
        changed = False
        for line in lines:
            delivered = self.delivered(order, line)
            changed = changed or delivered != line["DeliveredQuantity"]
            line["DeliveredQuantity"] = delivered
        if not changed:
            return None
        return self.order_response(call, order, "delivered", bundle, lines, version)

    def order_of(self, call: Call) -> Order | None:
        return call.store.orders.get((call.context.get("CRMQuote") or {}).get("ERPOrderKey") or "")

    def delivered(self, order: Order, line: Carrier) -> Decimal:
        if order.state == DELIVERY_PREFIX:
            return max(line["Quantity"] / 2, ZERO)
        return line["DeliveredQuantity"]

    def replanned(self, call: Call, order: Order, bundle: Carrier, lines: list[Carrier],
                  version: Carrier | None) -> Any:
        """D.27: QuoteVersionId 0 with a new alternative and lines asks the CRM for a new version."""
        key = f"{order.key}/2"
        if version is not None and version.get("ERPQuoteVersionKey") == key:
            return None
        version = version or self.reader.members(SPECS["QuoteVersionInfo"], {}, "version")
        version.update(QuoteVersionId=0, ERPQuoteVersionKey=key, Rank=version["Rank"] + 1, State="Sold")
        alt = bundle.get("CRMAlternative")
        if alt is not None:
            alt.update(QuoteAlternativeId=0, QuoteVersionId=0)
        for line in lines:
            line.update(QuoteLineId=0, QuoteAlternativeId=0, DeliveredQuantity=max(line["Quantity"], ZERO))
        return self.order_response(call, order, "replanned", bundle, lines, version)

    def order_response(self, call: Call, order: Order, text: str, bundle: Carrier, lines: list[Carrier],
                       version: Carrier | None) -> Carrier:
        quote = call.context.get("CRMQuote") or {}
        quote.update(PoNumber=order.po_number, OrderComment=order.comment)
        alt = bundle.get("CRMAlternative") or self.reader.members(SPECS["QuoteAlternativeInfo"], {}, "alternative")
        for line in lines:
            rest = line["Quantity"] - line["DeliveredQuantity"]
            self.rate(call, line, [Problem("OkWithInfo", message("outstanding", rest=f"{rest.normalize():f}"))]
                      if rest > 0 else [])
        for carrier in (alt, version):
            if carrier is not None:
                self.rate(call, carrier, [])
        return {**self.outcome(call, "OkWithInfo", message(text)), "CRMQuote": quote, "CRMQuoteVersion": version,
                "CRMAlternativeWithLines": {"CRMAlternative": alt, "CRMQuoteLines": lines}}

    def get_addresses(self, call: Call) -> Any:
        """Invoice, delivery.  Customer one keeps an address book, customer two uses the company's own."""
        company = call.context.get("CRMCompany")
        if company is None:                                              # QC-249
            return [None, None] if call.customer.explicit_null else None
        book = call.customer.addresses.get(call.context.get("ERPCompanyKey") or "")
        if book:
            return copy.deepcopy(book)
        postal = self.address(company, "Postal")
        return [postal, self.address(company, "Street") if call.customer.explicit_null else None]

    def address(self, company: Carrier, kind: str) -> Carrier | None:
        line = company.get(f"{kind}AddressLine1")
        if not line:
            return None
        code = (company.get("CountryCode") or "").upper()
        return {"AddressLine1": line, "AddressLine2": company.get(f"{kind}AddressLine2"),
                "AddressLine3": company.get(f"{kind}AddressLine3"), "City": company.get(f"{kind}AddressCity"),
                "ZipCode": company.get(f"{kind}AddressZip"), "Country": company.get("Country"),
                "CountryCode": code if len(code) == 2 and code.isascii() and code.isalpha() else None}
