"""Free-text search (D.7) and advanced search (D.14, F.11, B.10)."""
from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Callable, NamedTuple

from data import Customer, PriceList, Product

HIT_LIMIT = 200                                                # D.7: a few hundred
PRICE_LIST_FIELD = "erppricelistkey"


class SearchError(Exception):
    """A criterion that cannot be evaluated (QC-255)."""


def fold(text: str) -> str:
    """Letter case and accents do not count."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


class FreeText:
    """Every customer has its own way: all words must occur, or any word with the best hits first."""

    def find(self, customer: Customer, lists: list[PriceList], text: str) -> list[Product]:
        words = self.words(text)
        if not words:
            return []
        keys = {pl.key for pl in lists}
        pool = [p for p in customer.products.values() if self.offered(p, keys)]
        if words == ["%"]:
            return pool[:self.limit(customer)]
        patterns = [self.pattern(w) for w in words]
        scored = [(sum(1 for p in patterns if p.search(self.haystack(product))), product) for product in pool]
        if customer.all_words:
            hits = [product for score, product in scored if score == len(words)]
        else:
            best = sorted((entry for entry in scored if entry[0]), key=lambda entry: -entry[0])
            hits = [product for _, product in best]
        return hits[:self.limit(customer)]

    def words(self, text: str) -> list[str]:
        return self.fold(text).split()

    def fold(self, text: str) -> str:
        return fold(text)

    def limit(self, customer: Customer) -> int:
        return HIT_LIMIT

    def offered(self, product: Product, keys: set[str]) -> bool:
        return product.price_list in keys and product.carrier["InAssortment"]

    def pattern(self, word: str) -> re.Pattern[str]:
        """A word as it stands; % inside a longer word is a wildcard."""
        return re.compile(".*".join(re.escape(part) for part in word.split("%")), re.DOTALL)

    def haystack(self, product: Product) -> str:
        if product.haystack is None:
            c = product.carrier
            fields = [c.get(name) or "" for name in ("Name", "Description", "Code", "Supplier", "SupplierCode",
                                                     "ItemNumber", "ExtraField1")]
            fields += [f"{extra['Name']} {extra['Value']}" for extra in c.get("ExtraInfo") or []]
            product.haystack = "\n".join(self.fold(f) for f in fields)
        return product.haystack


# --- encoded values of B.10 -------------------------------------------------------------------

_TOKEN = re.compile(r"^\[([A-Z]{1,2}):(.*)\]$", re.DOTALL)
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?(?:Z|[+-]\d{2}:\d{2})?$")
_US = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?$")


class Moment(NamedTuple):
    """A date with or without time of day; ticks keep all seven digits of the fraction."""
    day: datetime
    ticks: int | None


class Decoder:
    """Encoded and plain texts to values (QC-162)."""

    def token(self, text: str) -> tuple[str, str]:
        """Kind and content; kind is empty for plain texts."""
        m = _TOKEN.match(text.strip())
        return (m.group(1), m.group(2).strip()) if m else ("", text)

    def text(self, text: str) -> str:
        kind, content = self.token(text)
        return content if kind in ("I", "F", "M", "B") else text

    def number(self, text: str) -> Decimal:
        kind, content = self.token(text)
        if kind not in ("", "I", "F", "M", "B", "TS"):
            raise SearchError("Not a number.")
        lowered = content.strip().lower()
        if lowered in ("true", "false"):
            return Decimal(lowered == "true")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", lowered):
            raise SearchError("Not a number.")
        try:
            return Decimal(lowered)
        except InvalidOperation:
            raise SearchError("Not a number.") from None

    def moment(self, text: str) -> Moment:
        kind, content = self.token(text)
        if kind not in ("", "D", "DT"):
            raise SearchError("Not a date.")
        content = content.strip()
        m = _ISO.match(content)
        if m:
            year, month, day, *clock = m.groups()
        else:
            m = _US.match(content)
            if not m:
                raise SearchError("Not a date.")
            month, day, year, *clock = m.groups()
            month, day = self.month_first(month, day)
        return self.build(year, month, day, clock)

    def month_first(self, first: str, second: str) -> tuple[str, str]:
        return first, second

    def build(self, year: str, month: str, day: str, clock: list[str | None]) -> Moment:
        try:
            date = datetime(int(year), int(month), int(day))
        except ValueError:
            raise SearchError("No such day.") from None
        if clock[0] is None:
            return Moment(date, None)
        hour, minute, second = int(clock[0]), int(clock[1] or 0), int(clock[2] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise SearchError("No such time.")
        return Moment(date, ((hour * 60 + minute) * 60 + second) * 10 ** 7 + int((clock[3] or "0").ljust(7, "0")))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}


class AdvancedSearch:
    """Criteria combined with AND over the products on sale today."""

    def __init__(self) -> None:
        self.decoder = Decoder()

    def find(self, customer: Customer, lists: list[PriceList], restrictions: list[Any]) -> list[Product]:
        tests = [self.criterion(customer, r) for r in restrictions]
        keys = {pl.key for pl in lists}
        return [p for p in customer.products.values()
                if p.price_list in keys and p.carrier["InAssortment"] and self.combine(tests, p)]

    def combine(self, tests: list[Callable[[Product], bool]], product: Product) -> bool:
        return all(test(product) for test in tests)

    def criterion(self, customer: Customer, restriction: Any) -> Callable[[Product], bool]:
        if not restriction or not restriction.get("FieldKey"):
            raise SearchError("A restriction names no field.")
        operator = (restriction.get("Operator") or "").strip().lower()
        values = restriction.get("Values") or []
        if any(v is None for v in values):
            raise SearchError("A restriction holds an empty value.")
        key = restriction["FieldKey"].lower()
        if self.is_price_list(restriction["FieldKey"]):        # QC-157: always, offered or not
            return self.compare("Key", operator, values, lambda p: p.price_list)
        field = next((f for f in customer.search_fields if f["FieldKey"].lower() == key), None)
        if field is None:
            raise SearchError("Unknown search field.")
        return self.compare(field["FieldType"], operator, values, lambda p: p.attributes.get(field["FieldKey"]))

    def is_price_list(self, key: str) -> bool:
        return key.lower() == PRICE_LIST_FIELD

    def compare(self, kind: str, operator: str, values: list[str],
                read: Callable[[Product], Any]) -> Callable[[Product], bool]:
        if operator in ("begins", "contains"):
            if kind != "Text" or len(values) != 1:
                raise SearchError("Operator or number of values does not fit.")
            return self.like(operator, values[0], read)
        wanted = self.operands(operator, values)
        if operator == "between" and len(wanted) == 2:
            low, high = (self.operand(kind, v) for v in wanted)
            return lambda p: self.present(read(p)) and self.between(kind, read(p), low, high)
        if operator == "in" and wanted:
            options = [self.operand(kind, v) for v in wanted]
            return lambda p: self.present(read(p)) and any(self.holds(kind, "=", read(p), o) for o in options)
        if operator in _COMPARE and len(wanted) == 1:
            option = self.operand(kind, wanted[0])
            return lambda p: self.holds(kind, operator, read(p), option) if self.present(read(p)) \
                else operator == "!="
        raise SearchError("Operator or number of values does not fit.")

    def between(self, kind: str, value: Any, low: Any, high: Any) -> bool:
        """Both ends included (F.11)."""
        return self.holds(kind, ">=", value, low) and self.holds(kind, "<=", value, high)

    def operands(self, operator: str, values: list[str]) -> list[str]:
        """With `in`, an array token [A:3,4,5] stands for its members."""
        if operator != "in":
            return values
        out: list[str] = []
        for value in values:
            kind, content = self.decoder.token(value)
            out += [part.strip() for part in content.split(",")] if kind == "A" else [value]
        return out

    def present(self, value: Any) -> bool:
        return value is not None

    def like(self, operator: str, value: str, read: Callable[[Product], Any]) -> Callable[[Product], bool]:
        body = ".*".join(re.escape(part) for part in fold(self.decoder.text(value)).split("%"))
        pattern = re.compile(body, re.DOTALL)
        find = pattern.match if operator == "begins" else pattern.search
        return lambda p: self.present(read(p)) and find(fold(read(p))) is not None

    def operand(self, kind: str, value: str) -> Any:
        if kind in ("Integer", "Double", "Checkbox"):
            return self.decoder.number(value)
        if kind == "Datetime":
            return self.decoder.moment(value)
        if kind == "Key":
            return value
        return fold(self.decoder.text(value))

    def holds(self, kind: str, operator: str, value: Any, operand: Any) -> bool:
        if kind == "Datetime":
            moment: Moment = value
            if operand.ticks is None:                          # a day: compared by date part
                return _COMPARE[operator](moment.day, operand.day)
            return _COMPARE[operator]((moment.day, moment.ticks or 0), (operand.day, operand.ticks))
        if kind in ("Text", "List"):
            value = fold(value)
        return _COMPARE[operator](value, operand)
