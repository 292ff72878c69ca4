"""Other ways to keep the contract, with --style NAME: whatever it leaves free, done differently.  No finding is due.

Made like the bugs of bugs.py, but each keeps every word of the contract.
"""
from __future__ import annotations

import copy
import gzip
import json
import re
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable

import carriers
import operations as ops
from auth import AuthError
from bugs import CALCULATING, PRODUCTS, after, around, each, is_second, op_of, wrap
from calc import HUNDRED, UNKNOWN, ZERO, Problem, known
from carriers import BadRequest, SPECS
from operations import NO_CONTENT, ApiError
from search import SearchError
from texts import message

STYLES: dict[str, tuple[str, Callable[[Any], None]]] = {}
CREATING = "OnBeforeCreateQuote OnBeforeCreateQuoteVersion OnBeforeCreateQuoteAlternative"
EVERYTHING = tuple(carriers.REQUESTS)


def style(name: str, text: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def register(plant_it: Callable[[Any], None]) -> Callable[[Any], None]:
        STYLES[name] = (text, plant_it)
        return plant_it
    return register


def plant(app: Any, names: list[str]) -> None:
    for name in names:
        if name not in STYLES:
            raise SystemExit(f"unknown style: {name}")
        STYLES[name][1](app)


def listing() -> list[dict[str, Any]]:
    return [{"name": n, "description": t, "violates": [], "consequences": []} for n, (t, _) in STYLES.items()]


def is_carrier(value: dict[str, Any]) -> bool:
    """Not one of the maps: capabilities, fields by key."""
    return not value or not all(isinstance(v, (bool, dict)) for v in value.values())


def reshape(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        inner = {k: reshape(v, change) for k, v in value.items()}
        return change(inner) if is_carrier(value) else inner
    if isinstance(value, list):
        return [reshape(v, change) for v in value]
    return value


def everywhere(app: Any, change: Callable[[Any], Any]) -> None:
    """Change every JSON answer just before it is written."""
    def encode(old: Any, value: Any) -> bytes:
        return old(change(value))
    wrap(app, "encode", encode)


def raw(app: Any, change: Callable[[Any, Any], None]) -> None:
    """Change the finished response; change(request, response)."""
    def handle(old: Any, request: Any) -> Any:
        response = old(request)
        change(request, response)
        return response
    wrap(app, "handle", handle)


# --- how it is written ----------------------------------------------------------------------------

@style("members-reversed", "Members in reverse order.")
def _(app: Any) -> None:
    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: turn(v) for k, v in reversed(value.items())}
        return [turn(v) for v in value] if isinstance(value, list) else value
    everywhere(app, turn)


@style("more-members", "Members of our own in every carrier.")
def _(app: Any) -> None:
    everywhere(app, lambda value: reshape(value, lambda c: {
        "$type": "Velowerk.Carrier, Velowerk", **c, "velowerkId": 4711, "VwExtra": {"a": [None, True, "x"]}, "": "",
        "État": "ok"}))


@style("nulls-left-out", "Null is never written inside objects, for neither customer.")
def _(app: Any) -> None:
    everywhere(app, lambda value: reshape(value, lambda c: {k: v for k, v in c.items() if v is not None}))


@style("nulls-written", "Every property that may be null is written.")
def _(app: Any) -> None:
    marks = {"ERPDiscountAmount": "QuoteLineInfo", "ArchivedState": "QuoteVersionInfo", "PoNumber": "QuoteInfo",
             "InAssortment": "ProductInfo", "ZipCode": "AddressInfo", "LikelyQuoteAlternativeId": "QuoteVersionInfo"}

    def fill(c: dict[str, Any]) -> dict[str, Any]:
        for mark, name in marks.items():
            if mark in c and (name != "QuoteLineInfo" or "QuoteLineId" in c):
                return {**{p.name: None for p in SPECS[name].exact.values()
                           if carriers.default_of(p.code) is None}, **c}
        if "State" in c and "QuoteVersionId" not in c:
            return {"UserExplanation": None, "TechExplanation": None, "ErrorCode": None, **c}
        return c
    everywhere(app, lambda value: reshape(value, fill))


@style("empty-texts-for-null", "Texts of our own that are null are written as empty texts, products only.")
def _(app: Any) -> None:
    texts = [p.name for p in SPECS["ProductInfo"].exact.values() if p.code == "s" and not p.name.startswith("ERP")]
    after(app, "GetProduct GetProducts FindProduct GetSearchResults", lambda call, value: reshape(value, lambda c: {
        **c, **{t: c.get(t) or "" for t in texts}} if "InAssortment" in c else c))


@style("pretty-ascii", "JSON indented, with every letter outside ASCII escaped.")
def _(app: Any) -> None:
    app.encode = lambda value: ("\r\n" + json.dumps(carriers.to_json(value), ensure_ascii=True, allow_nan=False,
                                                    indent=3) + "\n").encode()


@style("escaped-slashes", "Slashes and angle brackets are escaped, as PHP and .NET do.")
def _(app: Any) -> None:
    def encode(old: Any, value: Any) -> bytes:
        text = old(value)
        for char in b"/<>&'":
            text = text.replace(bytes([char]), b"\\/" if char == 47 else b"\\u%04X" % char)
        return text
    wrap(app, "encode", encode)


AMOUNTS = {p.name for name in ("ProductInfo", "QuoteLineInfo", "QuoteAlternativeInfo")
           for p in SPECS[name].exact.values() if p.code == "n"}


def _numbers(app: Any, write: Callable[[float], str]) -> None:
    """Amounts written in another notation."""
    def encode(value: Any) -> bytes:
        def mark(v: Any, name: str = "") -> Any:
            if isinstance(v, dict):
                return {k: mark(x, k) for k, x in v.items()}
            if isinstance(v, list):
                return [mark(x, name) for x in v]
            if name in AMOUNTS and isinstance(v, (int, float)) and not isinstance(v, bool):
                return f"\0{write(v)}\0"
            return v
        text = json.dumps(mark(carriers.to_json(value)), ensure_ascii=True, allow_nan=False)
        return re.sub(r'"\\u0000([^"\\]*)\\u0000"', r"\1", text).encode()
    app.encode = encode


@style("exponents", "Amounts are written with an exponent.")
def _(app: Any) -> None:
    _numbers(app, lambda v: f"{v:.16E}")


@style("two-zeros", "Whole amounts are written with .0, as Java does, zero sometimes negative.")
def _(app: Any) -> None:
    _numbers(app, lambda v: repr(float(v)) if v else "-0.0")


@style("many-digits", "Amounts are written with 20 decimals.")
def _(app: Any) -> None:
    _numbers(app, lambda v: f"{v:.20f}")


@style("gzip", "Answers are compressed when the client allows it.")
def _(app: Any) -> None:
    def change(request: Any, response: Any) -> None:
        if response.raw and "gzip" in (request.headers.get("Accept-Encoding") or ""):
            response.raw = gzip.compress(response.raw)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Vary"] = "Accept-Encoding"
    raw(app, change)


@style("close-each", "The connection is closed after each answer.")
def _(app: Any) -> None:
    raw(app, lambda request, response: response.headers.update(Connection="close"))


@style("chunked", "Answers are sent in chunks.")
def _(app: Any) -> None:
    app.chunked = True


@style("http-1.0", "The server speaks HTTP/1.0.")
def _(app: Any) -> None:
    app.http10 = True


@style("other-headers", "Other spellings of headers, and headers of our own.")
def _(app: Any) -> None:
    def change(request: Any, response: Any) -> None:
        if response.raw:
            response.headers["Content-Type"] = 'Application/JSON; Charset="UTF-8"; profile=vw'
        response.headers.update({"X-Powered-By": "WaWi", "ETag": 'W/"1"', "Set-Cookie": "vw=1; Path=/; HttpOnly",
                                 "Cache-Control": "private, no-store, max-age=0", "Strict-Transport-Security": "max-age=9"})
        if response.status == 401:
            response.headers["WWW-Authenticate"] = 'bearer error="invalid_token", error_description="no", realm="x,y"'
    raw(app, change)


@style("negotiate-and-bearer", "401 answers offer another scheme before Bearer.")
def _(app: Any) -> None:
    raw(app, lambda request, response: response.headers.update({"WWW-Authenticate": 'Basic realm="old", Bearer'})
        if response.status == 401 else None)


# --- status codes and order of checks -------------------------------------------------------------

@style("always-400", "400 instead of 422, 415 and 403.")
def _(app: Any) -> None:
    wrap(app, "error", lambda old, status, *rest: old(400 if status in (422, 415, 403) else status, *rest))
    app.unauthorised_403 = False

    def identity(old: Any, claims: Any) -> Any:
        try:
            return old(claims)
        except AuthError as error:
            raise AuthError(error.tech, 401) from None
    wrap(app.auth, "check_identity", identity)


@style("context-identifier-403", "A ContextIdentifier of another customer is answered 403.")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        found = json.loads(request.body or b"{}")
        other = found.get("ContextIdentifier") if isinstance(found, dict) else None
        if other and other != call.customer.ctx:
            raise ApiError(403, message("customer"), "Other customer.", "other_customer")
    wrap(app, "read", read)


@style("token-first", "The token is looked at before operation name and method.")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        if op_of(request) != "Authenticate" and "/lab/" not in request.path:
            try:
                app.auth.session(request.headers.get("Authorization"))
            except AuthError as error:
                return app.unauthorised(request, error)
        return old(request)
    wrap(app, "answer", answer)


@style("strict-types", "Null for a value type, an unknown enum value and an absent Action are answered 422.")
def _(app: Any) -> None:
    def value(old: Any, code: str, given: Any, path: str) -> Any:
        if given is None and carriers.default_of(code) is not None:
            raise ApiError(422, message("malformed"), f"{path} is null.", "null")
        if code.startswith("=") and isinstance(given, str) and given not in carriers.ENUMS[code[1:]]:
            raise ApiError(422, message("malformed"), f"{path} is unknown.", "enum")
        return old(code, given, path)
    wrap(app.operations.reader, "value", value)


@style("empty-bodies-refused", "An empty body is 400 where an object is due.")
def _(app: Any) -> None:
    def parse(old: Any, name: str, body: bytes) -> Any:
        if not body and name != "Authenticate":
            raise BadRequest("Body is empty.")
        return old(name, body)
    wrap(app, "parse", parse)


@style("config-without-token", "GetConfigurationFields is served without token, the same for everybody.")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        try:
            return old(name, request)
        except AuthError:
            if name != "GetConfigurationFields":
                raise
            from auth import Session
            return Session(next(iter(app.customers)), "", 0, "secret")
    wrap(app, "session", session)


@style("404-without-body", "404 answers have no body.")
def _(app: Any) -> None:
    def change(request: Any, response: Any) -> None:
        if response.status == 404:
            response.raw = None
            response.headers.pop("Content-Type", None)
    raw(app, change)


# --- tokens ---------------------------------------------------------------------------------------

@style("secret-is-token", "The access token of a shared secret is the secret.")
def _(app: Any) -> None:
    from auth import Session, digest

    def authenticate(old: Any, request: Any) -> Any:
        response = old(request)
        credential = app.auth.bearer(request.headers.get("Authorization"))
        if response.status == 200 and credential.count(".") != 2:
            session = app.auth.find(response.value["AccessToken"])
            if session.expires - time.time() > 60:
                app.auth.tokens[digest(credential)] = Session(session.ctx, "", time.time() + 10 ** 6, "secret")
                response.value = {"AccessToken": credential, "TokenType": None}
        return response
    wrap(app, "authenticate", authenticate)


@style("long-tokens", "Access tokens have 8,000 characters of the whole Bearer alphabet; no other member.")
def _(app: Any) -> None:
    from auth import digest

    def issue(old: Any, session: Any) -> str:
        token = old(session)
        long = (token + "-._~+/" * 1400)[:7998] + "=="
        app.auth.tokens[digest(long)] = session
        return long
    wrap(app.auth, "issue", issue)
    wrap(app, "token_answer", lambda old, token, session: {"AccessToken": token})


@style("tokens-look-like-jwt", "Access tokens look like JWTs; TokenType and ExpiresIn are null.")
def _(app: Any) -> None:
    from auth import digest

    def issue(old: Any, session: Any) -> str:
        token = "eyJhbGciOiJkaXIifQ." + old(session) + ".c2ln"
        app.auth.tokens[digest(token)] = session
        return token
    wrap(app.auth, "issue", issue)
    wrap(app, "token_answer", lambda old, token, session: {"AccessToken": token, "TokenType": None, "ExpiresIn": None})


@style("one-token", "Authenticate answers the same token as long as it lives.")
def _(app: Any) -> None:
    kept: dict[Any, Any] = {}

    def issue(old: Any, session: Any) -> str:
        key = (session.ctx, session.user, session.mode, round(session.expires - time.time()))
        if key not in kept or kept[key][1] - time.time() < (session.expires - time.time()) * 0.9:
            kept[key] = (old(session), session.expires)
        return kept[key][0]
    wrap(app.auth, "issue", issue)


# --- dates ----------------------------------------------------------------------------------------

@style("local-dates", "LastRecalculated is local time, without fraction and offset.")
def _(app: Any) -> None:
    app.operations.now = lambda: datetime.now().strftime("%Y-%m-%dT%H:%M:%S")


@style("offset-dates", "LastRecalculated has an offset of five and a half hours and one digit of a fraction.")
def _(app: Any) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    app.operations.now = lambda: datetime.now(zone).strftime("%Y-%m-%dT%H:%M:%S.5+05:30")


@style("list-dates-utc", "Dates of price lists are at midnight with Z; open ends are 9999-12-31T00:00:00Z.")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for pl in value:
            for name in ("ValidFrom", "ValidTo"):
                pl[name] = pl[name][:10] + "T00:00:00Z"
        return value
    after(app, "GetActivePriceLists GetAllPriceLists", change)


@style("list-dates-late", "ValidTo is the last moment of the day, ValidFrom noon.")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for pl in value:
            if not pl["ValidFrom"].startswith("0001"):
                pl["ValidFrom"] = pl["ValidFrom"][:10] + "T12:00:00.1234567"
            if not pl["ValidTo"].startswith("0001"):
                pl["ValidTo"] = pl["ValidTo"][:10] + "T23:59:59.9999999"
        return value
    after(app, "GetActivePriceLists GetAllPriceLists", change)


# --- amounts --------------------------------------------------------------------------------------

def _rounded(app: Any, amount: int, percent: int) -> None:
    def change(call: Any, value: Any) -> Any:
        for c in each(value, "ERPDiscountPercent"):
            for name, number in c.items():
                if isinstance(number, Decimal) and abs(number) < 10 ** 20 and name not in (
                        "Quantity", "SubscriptionQuantity", "DeliveredQuantity", "UnitCost", "UnitMinimumPrice",
                        "UnitListPrice") and not (name == "VAT" and "QuoteLineId" in c):
                    c[name] = round(number, percent if name.endswith("Percent") else amount)
        return value
    after(app, CALCULATING + " GetQuoteLinesFromProduct " + CREATING, change)


@style("two-decimals", "Amounts and percentages are rounded to two decimals.")
def _(app: Any) -> None:
    _rounded(app, 2, 2)


@style("one-decimal-percent", "Amounts have four decimals, percentages one.")
def _(app: Any) -> None:
    _rounded(app, 4, 1)


@style("floats", "Amounts are IEEE doubles all the way.")
def _(app: Any) -> None:
    def number(old: Any, given: Any, path: str) -> Decimal:
        return Decimal(float(old(given, path)))
    wrap(app.operations.reader, "number", number)


@style("unknown-cost-as-zero", "A cost that is not known counts as 0 in earnings.")
def _(app: Any) -> None:
    app.operations.calculator.cost = lambda line: (
        app.operations.calculator.units(line) * line["UnitCost"] if known(line["UnitCost"]) else ZERO)


@style("unknown-rounded", "The sentinel for not known has fewer digits.")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "UnitCost"):
            for name in ("UnitCost", "UnitMinimumPrice"):
                if name in product and product[name] == UNKNOWN:
                    product[name] = Decimal("-7.922816251426434e28")
        return value
    after(app, PRODUCTS, change)


@style("proposals-everywhere", "The ERP proposes 12.3456 percent on every line with a product and 1.7 on every order.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        customer.order_discount, customer.order_amount_off = ((-10 ** 9, "1.7"),), None
        for product in customer.products.values():
            product.steps, product.per_unit = ((-10 ** 9, "12.3456"),), ZERO


@style("no-proposals", "The ERP proposes nothing.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        customer.order_discount, customer.order_amount_off = (), None
        for product in customer.products.values():
            product.steps, product.per_unit = (), ZERO


# --- statuses -------------------------------------------------------------------------------------

@style("always-information", "Every line, alternative and version gets OkWithInfo with a Reason.")
def _(app: Any) -> None:
    def rate(old: Any, call: Any, carrier: Any, problems: Any) -> None:
        old(call, carrier, [Problem("OkWithInfo", message("zero")), *problems])
    wrap(app.operations, "rate", rate)


@style("always-ok", "Nothing is a problem, save for the minimum price and a product that is gone.")
def _(app: Any) -> None:
    def rate(old: Any, call: Any, carrier: Any, problems: Any) -> None:
        old(call, carrier, [p for p in problems if p.level == "Error" or p.text.key in ("gone", "zero", "negative")])
    wrap(app.operations, "rate", rate)


@style("null-reasons", "Reason is null when there is nothing to say, and UserExplanation too.")
def _(app: Any) -> None:
    everywhere(app, lambda value: reshape(value, lambda c: {
        k: None if v == "" and k in ("Reason", "UserExplanation") else v for k, v in c.items()}))


@style("net-minimum-is-error", "A net price below the minimum price is Error too.")
def _(app: Any) -> None:
    def line(old: Any, *rest: Any) -> Any:
        return [p._replace(level="Error") if p.text.key == "netbelowmin" else p for p in old(*rest)]
    wrap(app.operations.checks, "line", line)


@style("everything-needs-approval", "Every draft needs approval.")
def _(app: Any) -> None:
    app.operations.needs_approval = lambda alt, lines: True


@style("draft-stays", "A draft with warnings stays DraftNotCalculated, and the version says why.")
def _(app: Any) -> None:
    def judge(old: Any, call: Any, version: Any, errors: bool, approval: bool) -> None:
        state = version["State"]
        old(call, version, errors, approval)
        if state == "DraftNotCalculated" and version["State"] == state or version["State"] == "DraftNeedsApproval":
            version["State"] = "DraftNotCalculated"
            app.operations.rate(call, version, [Problem("Error", message("unreachable"))])
    wrap(app.operations, "judge_version", judge)


@style("lines-in-error-draft", "Errors of lines do not change the state, and the version has Status Error.")
def _(app: Any) -> None:
    def judge(old: Any, call: Any, version: Any, errors: bool, approval: bool) -> None:
        old(call, version, errors, approval)
        if errors and version["State"] == "DraftNotCalculated":
            version["State"] = "Draft"
    wrap(app.operations, "judge_version", judge)


# --- answers of operations ------------------------------------------------------------------------

@style("nothing-before-create", "OnBeforeCreate… answer null unless they refuse; OnAfterSentQuoteVersion answers null.")
def _(app: Any) -> None:
    after(app, CREATING, lambda call, value: value if value and value["State"] == "Error" else None)
    after(app, "OnAfterSentQuoteVersion", lambda call, value: None)


@style("outcome-only-before-create", "OnBeforeCreate… answer the outcome without any carrier.")
def _(app: Any) -> None:
    after(app, CREATING, lambda call, value: value and {
        k: v for k, v in value.items() if not k.startswith("CRM")})
    after(app, "OnAfterSentQuoteVersion", lambda call, value: {"VersionResponse": None, "Url": None})


@style("warnings-before-create", "OnBeforeCreate…, PlaceOrder and OnAfterSentQuoteVersion answer Warning with a text.")
def _(app: Any) -> None:
    def warn(value: Any) -> Any:
        if isinstance(value, dict) and value.get("State") in ("Ok", "OkWithInfo"):
            value = {**value, "State": "Warning", "UserExplanation": "US:\"Mind the stock.\""}
        return value
    after(app, CREATING + " PlaceOrder", lambda call, value: warn(value))
    after(app, "OnAfterSentQuoteVersion", lambda call, value: value and {
        **value, "VersionResponse": warn(value["VersionResponse"])})


@style("save-with-body", "OnAfterSaveQuote and OnBeforeDeleteQuote answer 200 with a body.")
def _(app: Any) -> None:
    after(app, "OnAfterSaveQuote", lambda call, value: {"Saved": True, "Context": copy.deepcopy(call.context)})
    after(app, "OnBeforeDeleteQuote", lambda call, value: None)


@style("save-200-empty", "OnAfterSaveQuote and OnBeforeDeleteQuote answer 200 without body.")
def _(app: Any) -> None:
    def change(request: Any, response: Any) -> None:
        if response.status == 204:
            response.status = 200
    raw(app, change)


@style("lines-turned-round", "Recalculation, validation and update return lines and alternatives in reverse order.")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for bundle in each(value, "CRMQuoteLines"):
            if bundle["CRMQuoteLines"]:
                bundle["CRMQuoteLines"] = bundle["CRMQuoteLines"][::-1]
        if value.get("CRMAlternativesWithLines"):
            value["CRMAlternativesWithLines"] = value["CRMAlternativesWithLines"][::-1]
        return value
    after(app, "RecalculateQuoteAlternative ValidateQuoteVersion UpdateQuoteVersionPrices", change)


@style("order-again-refused", "A repeated PlaceOrder is answered State Error naming the order.")
def _(app: Any) -> None:
    def order(old: Any, call: Any) -> Any:
        before = len(call.store.orders)
        answer = old(call)
        if answer["State"] != "Error" and len(call.store.orders) == before:
            key = answer["CRMQuote"]["ERPOrderKey"]
            return app.operations.outcome(call, "Error", message("otherorder", key=key), "Already ordered.", "ordered")
        return answer
    around(app, "PlaceOrder", order)


@style("order-bare", "PlaceOrder returns only the quote, without Url.")
def _(app: Any) -> None:
    after(app, "PlaceOrder", lambda call, value: {
        k: v for k, v in value.items() if k not in ("CRMQuoteVersion", "CRMAlternativeWithLines", "Url")})


@style("urls-superoffice", "Addresses to open are SuperOffice's protocol, in capitals, or blank.")
def _(app: Any) -> None:
    after(app, "PlaceOrder", lambda call, value: {
        **value, **({"Url": "SuperOffice:sale.main?sale_id=5"} if value.get("Url") else {})})
    after(app, "OnAfterSentQuoteVersion", lambda call, value: value and {**value, "Url": "  "})


@style("order-state-refused", "GetOrderState answers State Error for an unknown order, without carriers, for both.")
def _(app: Any) -> None:
    def state(old: Any, call: Any) -> Any:
        if app.operations.order_of(call) is None:
            return app.operations.outcome(call, "Error", message("noorder"), "Unknown.", "order_unknown")
        return old(call)
    around(app, "GetOrderState", state)


@style("no-addresses", "GetAddresses answers null, or two null cells.")
def _(app: Any) -> None:
    after(app, "GetAddresses", lambda call, value: None if is_second(call) else [None, None])


@style("update-keeps-editable", "UpdateQuoteVersionPrices keeps what the user may edit, for both customers.")
def _(app: Any) -> None:
    def refresh(old: Any, call: Any, line: Any, product: Any, writeable: list[str]) -> None:
        kept = {n: line[n] for n in ("UnitListPrice", "UnitCost", "UnitMinimumPrice")
                if app.operations.editable(line, n, writeable)}
        old(call, line, product, writeable)
        line.update(kept)
    wrap(app.operations, "refresh", refresh)


@style("update-keeps-state", "UpdateQuoteVersionPrices leaves the state alone.")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        state = (call.context.get("CRMQuoteVersion") or {}).get("State")
        value = old(call)
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["State"] = state
        return value
    around(app, "UpdateQuoteVersionPrices", update)


@style("gone-is-error", "A line whose product is gone gets Error.")
def _(app: Any) -> None:
    def problems(old: Any, *rest: Any) -> Any:
        return [p._replace(level="Error") if p.text.key == "gone" else p for p in old(*rest)]
    wrap(app.operations, "line_problems", problems)


@style("products-once", "GetProducts answers a key that is asked for twice once.")
def _(app: Any) -> None:
    after(app, "GetProducts", lambda call, value: list({p["ERPProductKey"]: p for p in value}.values()))


@style("fuzzy-search", "FindProduct finds words by their first three letters, any of them.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        customer.all_words = False
    wrap(app.operations.free_text, "words", lambda old, text: [w[:3] for w in old(text)])


@style("whole-words-search", "FindProduct finds whole words only; the code is one word.")
def _(app: Any) -> None:
    app.operations.free_text.pattern = lambda word: re.compile(
        r"(?<!\S)" + re.escape(word) + r"(?!\S)" if word != "%" else "")


@style("fifty-hits", "FindProduct gives at most fifty products.")
def _(app: Any) -> None:
    app.operations.free_text.limit = lambda customer: 50


@style("null-for-no-hit", "FindProduct answers null whenever nothing is found.")
def _(app: Any) -> None:
    after(app, "FindProduct", lambda call, value: value or None)


@style("lean-search", "Hits of the advanced search hold the key only.")
def _(app: Any) -> None:
    after(app, "GetSearchResults", lambda call, value: [{"ERPProductKey": p["ERPProductKey"]} for p in value])


@style("bad-criteria-empty", "A criterion that cannot be read gives no hits, for both customers.")
def _(app: Any) -> None:
    app.operations.bad_criterion = lambda call, error: []


@style("image-addresses", "Every picture is an address.")
def _(app: Any) -> None:
    after(app, "GetProductImage", lambda call, value: value and "https://img.velowerk.example/p/1?w=5&h=%C3%BC")


@style("count-422", "GetNumberOfProductImages answers 422 for an unknown or empty key.")
def _(app: Any) -> None:
    def count(old: Any, call: Any) -> Any:
        app.operations.required_product(call)
        return old(call)
    around(app, "GetNumberOfProductImages", count)


# --- what there is --------------------------------------------------------------------------------

def _without(app: Any, *names: str, false: tuple[str, ...] = ()) -> None:
    for name in names:
        app.table.pop(name, None)
    wrap(app.operations, "capability", lambda old, customer, name: name not in false and old(customer, name))


@style("no-calculation", "OnQuoteLineChanged, RecalculateQuoteAlternative, ValidateQuoteVersion and "
       "UpdateQuoteVersionPrices are not supported.")
def _(app: Any) -> None:
    _without(app, *CALCULATING.split(), false=("ipriceprovider_compute_price",))


@style("no-lists", "GetQuoteList, GetConfigurationFields and GetAllPriceLists are not supported.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        customer.search_fields = [f for f in customer.search_fields if f["FieldType"] != "List"]
    _without(app, "GetQuoteList", "GetConfigurationFields", "GetAllPriceLists")


@style("no-products-bulk", "GetProducts, pictures, OnBeforeCreateQuoteVersion and OnAfterSentQuoteVersion are not "
       "supported.")
def _(app: Any) -> None:
    _without(app, "GetProducts", "GetNumberOfProductImages", "GetProductImage", "OnBeforeCreateQuoteVersion",
             "OnAfterSentQuoteVersion", false=("iproductprovider_provide_picture",))


@style("orders-without-state", "PlaceOrder without GetOrderState, OnAfterSaveQuote and OnBeforeDeleteQuote.")
def _(app: Any) -> None:
    _without(app, "GetOrderState", "OnAfterSaveQuote", "OnBeforeDeleteQuote",
             false=("iorderconsumer_provide_orderstate",))


@style("nothing-can", "Every capability is false and the operations behind are not supported.")
def _(app: Any) -> None:
    _without(app, "GetOrderState", "PlaceOrder", "GetAddresses", "GetSearchableFields", "GetSearchResults",
             "GetQuoteList", "GetConfigurationFields", "GetProductImage", "GetNumberOfProductImages")
    app.operations.capability = lambda customer, name: False

    def change(call: Any, value: Any) -> Any:
        for product in each(value, "UnitCost"):
            product["UnitCost"], product["UnitMinimumPrice"] = ZERO, UNKNOWN
            if "ExtraInfo" in product:
                product["ExtraInfo"] = []
        return value
    for customer in app.customers.values():
        for product in customer.products.values():
            change(None, product.carrier)


@style("no-configuration", "There is nothing to configure: {}.")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {})


@style("one-product", "One price list and one product per customer, without search fields.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        kept = next(p for p in customer.products.values() if p.carrier["InAssortment"] and not p.lean)
        kept.extra_codes, kept.fee_code = (), None
        customer.products = {kept.key: kept}
        customer.price_lists = [pl for pl in customer.price_lists if pl.key == kept.price_list]
        customer.search_fields = []
    _without(app, "GetSearchableFields", "GetSearchResults", false=("iconnector_perform_complexsearch",))


@style("no-price-lists", "The second customer has no price list today.")
def _(app: Any) -> None:
    customer = list(app.customers.values())[1]
    customer.price_lists = [pl for pl in customer.price_lists if not app.operations.is_active(pl)]


@style("odd-currencies", "Currencies without decimals, with three, and of metals.")
def _(app: Any) -> None:
    names = iter(("JPY", "KWD", "XAU", "CLF", "ISK", "BHD", "UYW", "VES", "SLE", "XDR", "ZMW", "MRU"))
    renamed: dict[str, str] = {}
    for customer in app.customers.values():
        for pl in customer.price_lists:
            pl.currency = renamed.setdefault(pl.currency, next(names, pl.currency))


@style("odd-keys", "Keys of products and price lists with spaces, quotes, emoji and 250 characters.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        keys = {pl.key: (f"{pl.key} \"'%_&=;,|<>\\ 🚲é\t" + "x" * 240)[:240] for pl in customer.price_lists}
        for pl in customer.price_lists:
            pl.key = keys[pl.key]
        products = {}
        for product in customer.products.values():
            product.price_list = product.carrier["ERPPriceListKey"] = keys[product.price_list]
            product.carrier["ERPProductKey"] = product.key + " \"'%;--\\ [I:5] ⚙️ é"
            products[product.key] = product
        customer.products = products


@style("case-differs", "Product keys that differ only in letter case and white space at the ends.")
def _(app: Any) -> None:
    customer = next(iter(app.customers.values()))
    for product in list(customer.products.values())[:12]:
        for twin_key, name in ((product.key.swapcase(), "Zwilling"), (product.key + " ", "Drilling")):
            twin = copy.deepcopy(product)
            twin.carrier.update(ERPProductKey=twin_key, Name=f"{name} {product.carrier['Name']}"[:254],
                                UnitListPrice=product.carrier["UnitListPrice"] + 1)
            customer.products[twin_key] = twin


@style("numeric-keys", "Product and price list keys are digits, with leading zeros.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        keys = {pl.key: f"{i:03}" for i, pl in enumerate(customer.price_lists)}
        for pl in customer.price_lists:
            pl.key = keys[pl.key]
        products = {}
        for i, product in enumerate(customer.products.values()):
            product.price_list = product.carrier["ERPPriceListKey"] = keys[product.price_list]
            product.carrier["ERPProductKey"] = f"{i:06}"
            products[product.key] = product
        customer.products = products


@style("half-by-default", "New lines have half a unit and a start in the past.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        for product in customer.products.values():
            product.quantity = Decimal("0.5")


@style("zero-priced", "Every product costs nothing and is free.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        for product in customer.products.values():
            product.carrier.update(UnitListPrice=ZERO, UnitCost=ZERO, UnitMinimumPrice=ZERO)
            for name in ("listenpreis", "price"):
                if name in product.attributes:
                    product.attributes[name] = ZERO


@style("all-subscriptions", "Every product is a subscription of one and a half periods.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        for product in customer.products.values():
            product.carrier.update(IsSubscription=True, SubscriptionUnit="Month",
                                   DefaultSubscriptionQuantity=Decimal("1.5"))


@style("dear-products", "Prices in the millions with four decimals.")
def _(app: Any) -> None:
    for customer in app.customers.values():
        for product in customer.products.values():
            for name in ("UnitListPrice", "UnitCost", "UnitMinimumPrice"):
                if known(product.carrier[name]) and product.carrier[name]:
                    product.carrier[name] = product.carrier[name] * 100000 + Decimal("0.1234")
            for name in ("listenpreis", "price"):
                if name in product.attributes:
                    product.attributes[name] = product.carrier["UnitListPrice"]


@style("fees-on-everything", "Recalculation adds a fee line for each product, once, with keys of its own.")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        lines = bundle.get("CRMQuoteLines") or []
        if lines and not any((line.get("ERPQuoteLineKey") or "").startswith("FEE") for line in lines):
            added = app.operations.reader.members(SPECS["QuoteLineInfo"], {}, "line")
            added.update(Name="Umlage", ERPQuoteLineKey="FEE-1", Quantity=Decimal(1), UnitListPrice=Decimal("1.37"),
                         QuoteAlternativeId=lines[0]["QuoteAlternativeId"], Rank=999, UnitCost=ZERO)
            lines.append(added)
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@style("sets-of-four", "Every product brings three further lines.")
def _(app: Any) -> None:
    def lines(call: Any, value: Any) -> Any:
        return [*value, *(copy.deepcopy(value[0]) | {"Rank": value[0]["Rank"] + i} for i in range(1, 4))]
    after(app, "GetQuoteLinesFromProduct", lines)


@style("prices-per-company", "Prices depend on the company of the context; without one the list price holds.")
def _(app: Any) -> None:
    def price(call: Any) -> Decimal:
        company = (call.context.get("CRMCompany") or {}).get("ContactId") or 0
        return Decimal(100 + company % 7) / HUNDRED

    def product(old: Any, call: Any, found: Any) -> Any:
        info = old(call, found)
        return {**info, "UnitListPrice": info["UnitListPrice"] * price(call)}
    wrap(app.operations, "product_info", product)

    def new(old: Any, call: Any, found: Any, *rest: Any) -> Any:
        other = copy.copy(found)
        other.carrier = {**found.carrier, "UnitListPrice": found.carrier["UnitListPrice"] * price(call)}
        return old(call, other, *rest)
    wrap(app.operations, "new_line", new)

    def refresh(old: Any, call: Any, line: Any, found: Any, writeable: Any) -> None:
        other = copy.copy(found)
        other.carrier = {**found.carrier, "UnitListPrice": found.carrier["UnitListPrice"] * price(call)}
        old(call, line, other, writeable)
    wrap(app.operations, "refresh", refresh)


@style("slow", "Every answer takes a tenth of a second.")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        time.sleep(0.1)
        return old(request)
    wrap(app, "answer", answer)


@style("rate-limited", "More than sixty calls within a second are answered 429 with Retry-After.")
def _(app: Any) -> None:
    recent: list[float] = []

    def answer(old: Any, request: Any) -> Any:
        now = time.monotonic()
        recent[:] = [t for t in recent if t > now - 1]
        if len(recent) >= 60:
            response = app.error(429, message("fault"), "Too many calls.", "busy")
            response.headers["Retry-After"] = "1"
            return response
        recent.append(now)
        return old(request)
    wrap(app, "answer", answer)


@style("overload-429", "More than forty calls at once are answered 429 with Retry-After.")
def _(app: Any) -> None:
    running: list[int] = []

    def answer(old: Any, request: Any) -> Any:
        running.append(1)
        try:
            if len(running) > 40:
                response = app.error(429, message("fault"), "Too many calls.", "busy")
                response.headers["Retry-After"] = "1"
                return response
            return old(request)
        finally:
            running.pop()
    wrap(app, "answer", answer)
