"""Realistic partner mistakes, planted one by one with --bug NAME.  None is active by default.

Each bug is a small function that exchanges one step of the running App.  `violates` lists the rows of
section G whose words the bug breaks directly; `consequences` those that then break as well.
"""
from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import itertools
import json
import re
import time
from decimal import Decimal
from typing import Any, Callable, NamedTuple

import calc
import data
import operations as ops
from auth import AuthError, CLAIM, b64url
from calc import HUNDRED, ZERO
from carriers import BadRequest
from operations import ApiError
from search import SearchError
from texts import message

Plant = Callable[[Any], None]


class Bug(NamedTuple):
    name: str
    text: str
    violates: tuple[str, ...]
    consequences: tuple[str, ...]
    plant: Plant


BUGS: dict[str, Bug] = {}


def _ids(text: str) -> tuple[str, ...]:
    return tuple("QC-" + number for number in text.split())


def bug(name: str, text: str, violates: str, consequences: str = "") -> Callable[[Plant], Plant]:
    def register(plant_it: Plant) -> Plant:
        BUGS[name] = Bug(name, text, _ids(violates), _ids(consequences), plant_it)
        return plant_it
    return register


def plant(app: Any, names: list[str]) -> None:
    for name in names:
        if name not in BUGS:
            raise SystemExit(f"unknown bug: {name}")
        BUGS[name].plant(app)


def listing() -> list[dict[str, Any]]:
    return [{"name": b.name, "description": b.text, "violates": list(b.violates),
             "consequences": list(b.consequences)} for b in BUGS.values()]


# --- seams ----------------------------------------------------------------------------------------

def wrap(owner: Any, name: str, fn: Callable[..., Any]) -> None:
    """Exchange a method; fn gets the old one first."""
    old = getattr(owner, name)
    setattr(owner, name, lambda *a, **k: fn(old, *a, **k))


def around(app: Any, operation: str, fn: Callable[[Any, Any], Any]) -> None:
    """Exchange an operation; fn(old, call)."""
    old = app.table.get(operation)
    if old is not None:
        app.table[operation] = lambda call: fn(old, call)


def after(app: Any, operations: str, fn: Callable[[Any, Any], Any]) -> None:
    """Change the answers of some operations; fn(call, value) gives the new value."""
    for name in operations.split():
        around(app, name, lambda old, call: fn(call, old(call)))


def each(value: Any, kind: str, found: list[Any] | None = None) -> list[dict[str, Any]]:
    """Every carrier of an answer that has a certain property."""
    found = [] if found is None else found
    if isinstance(value, dict):
        if kind in value:
            found.append(value)
        for inner in value.values():
            each(inner, kind, found)
    elif isinstance(value, list):
        for inner in value:
            each(inner, kind, found)
    return found


def is_second(call: Any) -> bool:
    return call.customer.explicit_null


def op_of(request: Any) -> str:
    return request.path.rpartition("/")[2]


PRODUCTS = "FindProduct GetProduct GetProducts GetSearchResults"
CALCULATING = "OnQuoteLineChanged RecalculateQuoteAlternative ValidateQuoteVersion UpdateQuoteVersionPrices"


# --- transport ------------------------------------------------------------------------------------

@bug("get-answers-404", "Other methods than POST are answered 404 instead of 405.", "005 013", "014")
def _(app: Any) -> None:
    wrap(app, "answer", lambda old, r: old(r) if r.method == "POST" else
         app.error(404, message("unsupported"), "No route.", "not_found"))


@bug("scalars-as-text-html", "Answers that are a plain text go out as text/html, as web frameworks like to do.", "006")
def _(app: Any) -> None:
    wrap(app, "content_type", lambda old, r: "text/html" if isinstance(r.value, str) else old(r))


@bug("bom-in-lists", "GetQuoteList writes a byte order mark in front of its JSON.", "007")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if op_of(request) == "GetQuoteList" and response.status == 200:
            response.raw = b"\xef\xbb\xbf" + response.raw
        return response
    wrap(app, "handle", answer)


@bug("any-content-type", "The content type of requests is not looked at.", "008")
def _(app: Any) -> None:
    app.check_content_type = lambda name, request: None


@bug("charset-refused", "A request type with a charset parameter is answered 415.", "009")
def _(app: Any) -> None:
    def check(old: Any, name: str, request: Any) -> None:
        if ";" in (request.headers.get("Content-Type") or ""):
            raise ApiError(415, message("mediatype"), "Unexpected parameter.", "media_type")
        old(name, request)
    wrap(app, "check_content_type", check)


@bug("malformed-json-500", "A body that is not JSON ends in an unhandled fault.", "012 072")
def _(app: Any) -> None:
    def parse(old: Any, name: str, body: bytes) -> Any:
        try:
            return old(name, body)
        except BadRequest:
            raise RuntimeError("unhandled") from None
    wrap(app, "parse", parse)


@bug("image-redirect", "GetProductImage is answered 307 to a lower-case address that does the work.",
     "011", "003 091 140 150 151 152 153")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        if op_of(request) == "GetProductImage":
            from connector import Response
            return Response(307, headers={"Location": request.path.lower()})
        if op_of(request) == "getproductimage":
            request.path = request.path[:-len("getproductimage")] + "GetProductImage"
        return old(request)
    wrap(app, "answer", answer)


@bug("unknown-product-404", "GetProduct answers 404 for an unknown key.", "013 141", "014")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        try:
            return old(call)
        except ApiError as error:
            if error.code == "product_unknown":
                error.status = 404
            raise
    around(app, "GetProduct", get)


@bug("unknown-list-404", "GetQuoteList answers 404 for a list it does not have.", "013 113", "014 089")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        found = old(call)
        if found is None:
            raise ApiError(404, message("unsupported"), "No such list.", "no_list")
        return found
    around(app, "GetQuoteList", get)


@bug("made-up-operations-200", "A catch-all route answers 200 {} for names the connector does not know.", "015")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.status == 404 and "/v2/" in request.path:
            from connector import Response
            return Response(200, {})
        return response
    wrap(app, "answer", answer)


@bug("slow-line-change", "OnQuoteLineChanged asks the slow ERP each time and needs 1.3 seconds.", "017")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        time.sleep(1.3)
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("scratch-product", "GetProduct keeps the key in a field all threads of a customer share; parallel calls get "
     "each other's product.", "018", "138")
def _(app: Any) -> None:
    shared: dict[str, Any] = {}

    def get(old: Any, call: Any) -> Any:
        shared[call.customer.ctx] = call.args.get("ErpProductKey")
        time.sleep(0.004)
        call.args["ErpProductKey"] = shared[call.customer.ctx]
        return old(call)
    around(app, "GetProduct", get)


@bug("current-customer-field", "The customer of a price list call sits in a field shared by all threads, so that "
     "parallel load of two customers mixes them.", "047", "018 045")
def _(app: Any) -> None:
    shared: dict[str, Any] = {}

    def lists(old: Any, call: Any) -> Any:
        shared["customer"] = call.customer
        time.sleep(0.004)
        call.customer = shared["customer"]
        return old(call)
    around(app, "GetActivePriceLists", lists)
    around(app, "GetAllPriceLists", lists)


@bug("one-megabyte-limit", "Bodies above 1 MB are answered 413.", "254")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        request.too_large = request.too_large or len(request.body) > 1_000_000
        old(name, request, call)
    wrap(app, "read", read)


# --- authentication -------------------------------------------------------------------------------

@bug("scheme-case-sensitive", "Only the spelling Bearer is understood.", "020")
def _(app: Any) -> None:
    app.auth.is_bearer = lambda scheme: scheme == "Bearer"


@bug("authenticate-needs-body", "Authenticate refuses an empty body with 400.", "021", "019")
def _(app: Any) -> None:
    def check(old: Any, request: Any) -> Any:
        response = old(request)
        return response if request.body else app.error(400, message("malformed"), "Body is empty.", "bad_request")
    wrap(app, "authenticate", check)


@bug("token-in-oauth-spelling", "Authenticate answers access_token, token_type and expires_in.", "022 052")
def _(app: Any) -> None:
    wrap(app, "token_answer", lambda old, token, session: {
        "access_token": token, "token_type": "bearer", "expires_in": old(token, session)["ExpiresIn"]})


@bug("wrong-secret-403", "A wrong secret is answered 403 at Authenticate.", "024", "035")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.status == 401 and op_of(request) == "Authenticate":
            response.status = 403
        return response
    wrap(app, "answer", answer)


@bug("unknown-token-403", "Tokens the connector did not issue are answered 403.", "026 029", "028 032")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        try:
            return old(name, request)
        except AuthError as error:
            raise AuthError(error.tech, 403 if error.tech.startswith("Unknown") else 401) from None
    wrap(app, "session", session)


@bug("lists-without-header", "GetQuoteList is served without an Authorization header, with the first "
     "customer's lists.",
     "025")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        if name == "GetQuoteList" and not request.headers.get("Authorization"):
            from auth import Session
            return Session(next(iter(app.customers)), "", 0, "secret")
        return old(name, request)
    wrap(app, "session", session)


@bug("body-before-token", "The body is parsed before the token is checked.", "028")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        app.parse(name, request.body)
        return old(name, request)
    wrap(app, "session", session)


@bug("no-www-authenticate", "401 answers lack the WWW-Authenticate header.", "030")
def _(app: Any) -> None:
    def refuse(old: Any, request: Any, error: Any) -> Any:
        response = old(request, error)
        response.headers.pop("WWW-Authenticate", None)
        return response
    wrap(app, "unauthorised", refuse)


@bug("empty-401", "401 answers have no body.", "031 067")
def _(app: Any) -> None:
    def refuse(old: Any, request: Any, error: Any) -> Any:
        response = old(request, error)
        from connector import Response
        return Response(response.status, headers=response.headers) if response.status == 401 else response
    wrap(app, "unauthorised", refuse)


def _keep_one_token(app: Any, same: Callable[[Any, Any], bool]) -> None:
    def issue(old: Any, session: Any) -> str:
        app.auth.tokens = {k: s for k, s in app.auth.tokens.items() if not same(s, session)}
        return old(session)
    wrap(app.auth, "issue", issue)


@bug("login-ends-older-session", "A new Authenticate call of the same customer and user ends the earlier "
     "token.",
     "033")
def _(app: Any) -> None:
    _keep_one_token(app, lambda s, new: (s.ctx, s.user) == (new.ctx, new.user))


@bug("one-user-at-a-time", "In JWT mode a login of one user ends the tokens of the customer's other users.", "034", "033")
def _(app: Any) -> None:
    _keep_one_token(app, lambda s, new: new.mode == "jwt" and s.ctx == new.ctx and s.user != new.user)


@bug("jwt-signature-unchecked", "The signature of a JWT is not verified.", "035")
def _(app: Any) -> None:
    app.auth.verified = lambda ids, signed, signature: True


@bug("jwt-alg-none", "A JWT with algorithm none is accepted without signature.", "036", "035")
def _(app: Any) -> None:
    wrap(app.auth, "check_signature", lambda old, header, signed, mac:
         None if str(header.get("alg")).lower() == "none" else old(header, signed, mac))


def _spki_pem(key: Any) -> bytes:
    def element(tag: int, content: bytes) -> bytes:
        size = len(content)
        head = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255]) if size > 255 else bytes([0x81, size])
        return bytes([tag]) + head + content

    def number(n: int) -> bytes:
        return element(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
    inner = element(0x30, number(key.n) + number(key.e))
    der = element(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + element(3, b"\x00" + inner))
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n".encode()


@bug("jwt-hs256-confusion", "HS256 is accepted, keyed with the text of the public key.", "036", "035")
def _(app: Any) -> None:
    def check(old: Any, header: Any, signed: bytes, mac: str) -> None:
        if header.get("alg") != "HS256":
            return old(header, signed, mac)
        keys: list[bytes] = []
        for key in app.auth.keys.candidates(set()):
            pem = _spki_pem(key)
            keys += [pem, pem.strip(), base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))]
        path = getattr(app.auth.keys, "path", None)
        if path:
            with open(path, "rb") as file:
                keys += [text := file.read(), text.strip()]
        if not any(hmac.compare_digest(hmac.new(k, signed, hashlib.sha256).digest(), b64url(mac)) for k in keys):
            raise AuthError("JWT signature not valid.")
    wrap(app.auth, "check_signature", check)


@bug("jwt-expired-accepted", "The expiry of a JWT is not checked.", "037")
def _(app: Any) -> None:
    app.auth.check_expiry = lambda claims: None


@bug("jwt-nbf-ignored", "A JWT that is not valid yet is accepted.", "037")
def _(app: Any) -> None:
    app.auth.check_times = lambda claims: app.auth.check_expiry(claims)


@bug("jwt-audience-unchecked", "The audience of a JWT is not checked.", "038")
def _(app: Any) -> None:
    app.auth.check_audience = lambda claims: None


@bug("jwt-audience-exact-case", "The audience is compared with regard to case.", "038")
def _(app: Any) -> None:
    def check(old: Any, claims: Any) -> None:
        if claims.get("aud") != f"spn:{app.auth.application_id}":
            raise AuthError("JWT for another audience.")
    wrap(app.auth, "check_audience", check)


@bug("jwt-issuer-unchecked", "The issuer of a JWT is not checked.", "039")
def _(app: Any) -> None:
    app.auth.check_issuer = lambda claims: None


@bug("jwt-default-customer", "A JWT without customer claim is taken for the first customer.", "040", "045")
def _(app: Any) -> None:
    wrap(app.auth, "check_identity", lambda old, claims: old(
        claims if claims.get(CLAIM + "ctx") else {**claims, CLAIM + "ctx": next(iter(app.customers))}))


@bug("jwks-read-once", "The key set is fetched once and never again.", "041")
def _(app: Any) -> None:
    keys, done = app.auth.keys, []
    if hasattr(keys, "fetch"):
        wrap(keys, "fetch", lambda old: None if done else (old(), done.append(bool(keys.keys)) if keys.keys else None))
    elif hasattr(keys, "_refresh"):
        keys._refresh = lambda: None


@bug("jwt-as-access-token", "Operations accept the JWT itself as access token.", "043", "026")
def _(app: Any) -> None:
    def find(old: Any, token: str) -> Any:
        if token.count(".") == 2:
            from auth import Session
            return Session(*app.auth.check_jwt(token), time.time() + 60, "jwt")
        return old(token)
    wrap(app.auth, "find", find)


@bug("jwt-tokens-for-ever", "In JWT mode access tokens never expire, and ExpiresIn says two seconds.", "253")
def _(app: Any) -> None:
    wrap(app.auth, "is_over", lambda old, session: session.mode != "jwt" and old(session))
    wrap(app, "token_answer", lambda old, token, session: {
        **old(token, session), **({"ExpiresIn": 2} if session.mode == "jwt" else {})})


@bug("short-tokens-for-ever", "Expiry of access tokens is not checked.", "253")
def _(app: Any) -> None:
    app.auth.is_over = lambda session: False


@bug("global-product-index", "Product keys are looked up in an index over all customers.", "045")
def _(app: Any) -> None:
    wrap(app.operations, "product", lambda old, call, key: old(call, key) or next(
        (c.products[key] for c in app.customers.values() if key in c.products), None))


@bug("orders-of-all-customers", "GetOrderState finds orders of other customers by their key.", "045")
def _(app: Any) -> None:
    def order_of(old: Any, call: Any) -> Any:
        key = (call.context.get("CRMQuote") or {}).get("ERPOrderKey") or ""
        foreign = next((s.orders[key] for s in app.stores.values() if key in s.orders), None)
        if foreign is not None and key not in call.store.orders:
            foreign = copy.copy(foreign)
            foreign.state = ops.DELIVERY_PREFIX
        return foreign
    wrap(app.operations, "order_of", order_of)


@bug("context-identifier-obeyed", "ContextIdentifier in the body selects the customer.", "046", "045")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        raw = json.loads(request.body or b"{}")
        other = raw.get("ContextIdentifier") if isinstance(raw, dict) else None
        if other in app.customers:
            call.customer, call.store = app.customers[other], app.stores[other]
    wrap(app, "read", read)


@bug("test-settings-stick", "TestConnection overwrites the ERP address of the whole service; after a test with an "
     "unreachable host nobody gets price lists until a good test.", "048 110", "117 119 121 250")
def _(app: Any) -> None:
    host = {"good": True}

    def test(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer.get("ErrorCode") in (None, "erp_down", "erp_login"):
            host["good"] = answer["State"] != "Error"
        return answer
    around(app, "TestConnection", test)
    after(app, "GetActivePriceLists GetAllPriceLists", lambda call, value: value if host["good"] else [])


@bug("credential-in-error", "TechExplanation of a refusal quotes the credential that was sent.", "049 071")
def _(app: Any) -> None:
    def refuse(old: Any, request: Any, error: Any) -> Any:
        response = old(request, error)
        response.value["TechExplanation"] += f" Got: {request.headers.get('Authorization')}"
        return response
    wrap(app, "unauthorised", refuse)


@bug("password-as-default", "GetConfigurationFields returns the password last tested as DefaultValue.", "051 110")
def _(app: Any) -> None:
    last: dict[str, str] = {}

    def test(old: Any, call: Any) -> Any:
        last[call.customer.ctx] = (call.args.get("ConnectionConfigFields") or {}).get("erp.passwort") or ""
        return old(call)

    def fields(call: Any, value: Any) -> Any:
        value["erp.passwort"]["DefaultValue"] = last.get(call.customer.ctx)
        return value
    around(app, "TestConnection", test)
    after(app, "GetConfigurationFields", fields)


@bug("config-names-customers", "GetConfigurationFields works without token and offers a list of customers' names.", "027",
     "045")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        if name == "GetConfigurationFields" and not request.headers.get("Authorization"):
            from auth import Session
            return Session(next(iter(app.customers)), "", 0, "secret")
        return old(name, request)

    def fields(call: Any, value: Any) -> Any:
        value["hinweis"]["DisplayDescription"] = ", ".join(f"{c.name} ({c.ctx})" for c in app.customers.values())
        return value
    wrap(app, "session", session)
    after(app, "GetConfigurationFields", fields)


# --- schema ---------------------------------------------------------------------------------------

@bug("camel-case-second-customer", "The second customer's price lists have camelCase property names.", "052",
     "117 122 123 124")
def _(app: Any) -> None:
    after(app, "GetActivePriceLists GetAllPriceLists", lambda call, value: value if not is_second(call) else [
        {k[0].lower() + k[1:]: v for k, v in pl.items()} for pl in value])


@bug("exact-request-names", "Property names of requests are only understood in exact spelling.", "053")
def _(app: Any) -> None:
    app.operations.reader.match = lambda spec, key, raw: spec.exact.get(key)


@bug("unknown-line-property-400", "An unknown property inside a quote line is answered 400.", "054")
def _(app: Any) -> None:
    def members(old: Any, spec: Any, raw: Any, path: str) -> Any:
        if "QuoteLineId" in spec.exact and any(k.lower() not in spec.folded for k in raw):
            raise BadRequest("Unexpected property.")
        return old(spec, raw, path)
    wrap(app.operations.reader, "members", members)


@bug("absent-delivered-500", "A line without DeliveredQuantity ends in a fault when an alternative is recalculated.",
     "055 072")
def _(app: Any) -> None:
    def members(old: Any, spec: Any, raw: Any, path: str) -> Any:
        found = old(spec, raw, path)
        if path.startswith("RecalculateQuoteAlternative") and "QuoteLineId" in spec.exact \
                and not any(k.lower() == "deliveredquantity" for k in raw):
            raise RuntimeError("KeyError: DeliveredQuantity")
        return found
    wrap(app.operations.reader, "members", members)


@bug("null-person-500", "ValidateQuoteVersion reads CRMPerson without looking whether there is one.", "056 072")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        _ = call.context["CRMPerson"]["LastName"] if "CRMPerson" in call.context else None
        return old(call)
    around(app, "ValidateQuoteVersion", validate)


@bug("session-id-required", "FindProduct answers 400 without the SessionId of the envelope.", "057 055")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        if name == "FindProduct" and b"sessionid" not in request.body.lower():
            raise BadRequest("SessionId is required.")
    wrap(app, "read", read)


@bug("wrapped-products", "GetProducts wraps its array in an object with Result.", "058", "143 144 145")
def _(app: Any) -> None:
    after(app, "GetProducts", lambda call, value: {"Result": value})


@bug("warning-as-number", "A line Status of Warning is written as 2.", "059")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in each(value, "QuoteLineId"):
            line["Status"] = 2 if line.get("Status") == "Warning" else line.get("Status")
        return value
    after(app, CALCULATING + " GetQuoteLinesFromProduct", change)


@bug("date-without-time", "GetAllPriceLists writes ValidFrom as a date without time.", "060")
def _(app: Any) -> None:
    after(app, "GetAllPriceLists", lambda call, value: [{**pl, "ValidFrom": pl["ValidFrom"][:10]} for pl in value])


@bug("fraction-refused", "Dates with a fraction of seven digits are answered 400.", "061")
def _(app: Any) -> None:
    wrap(app.operations.reader, "is_date", lambda old, text: old(text) and not re.search(r"\.\d{7}", text))


@bug("large-amounts-as-text", "Alternative totals from 10,000 are texts with grouping.", "062 063", "198 199")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for alt in each(value, "ERPDiscountPercent"):
            if "QuoteLineId" not in alt and alt["TotalPrice"] >= 10000:
                alt["TotalPrice"] = f"{alt['TotalPrice']:,.2f}"
        return value
    after(app, "RecalculateQuoteAlternative ValidateQuoteVersion UpdateQuoteVersionPrices", change)


@bug("comma-in-default", "The default of the Double field has a decimal comma.", "063 102")
def _(app: Any) -> None:
    def fields(call: Any, value: Any) -> Any:
        value["skonto %"]["DefaultValue"] = "2,5"
        return value
    after(app, "GetConfigurationFields", fields)


@bug("overlong-version-key", "New versions get an ERP key of 300 characters.", "064")
def _(app: Any) -> None:
    wrap(app.operations, "fresh_key", lambda old, call, kind: (old(call, kind) + "-").ljust(300, "0")
         if kind == "VS" else old(call, kind))


@bug("line-owner-lost", "Recalculation returns QuoteAlternativeId 0 on the lines after the first.", "065", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in (value.get("CRMQuoteLines") or [])[1:]:
            line["QuoteAlternativeId"] = 0
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("line-breaks-normalised", "Line descriptions come back trimmed and with other line breaks.", "066", "177")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in each(value, "QuoteLineId"):
            if isinstance(line.get("Description"), str):
                line["Description"] = "\n".join(line["Description"].split("\r\n")).strip()
        return value
    after(app, CALCULATING, change)


@bug("extra-field-five-lost", "ValidateQuoteVersion forgets ExtraField5 of the version.", "251 066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["ExtraField5"] = ""
        return value
    after(app, "ValidateQuoteVersion", change)


# --- errors ---------------------------------------------------------------------------------------

@bug("refusal-as-409", "A refused OnBeforeCreateQuote is answered 409.", "068 225")
def _(app: Any) -> None:
    def create(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer and answer["State"] == "Error":
            raise ApiError(409, message("blocked"), "Blocked.", "blocked")
        return answer
    around(app, "OnBeforeCreateQuote", create)


@bug("error-without-text", "A failed TestConnection has no UserExplanation.", "069 108")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value["State"] == "Error":
            value["UserExplanation"] = ""
        return value
    after(app, "TestConnection", change)


@bug("info-without-text", "ValidateQuoteVersion answers OkWithInfo or Warning without any text.", "070")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value["State"] in ("OkWithInfo", "Warning"):
            value["UserExplanation"] = value["TechExplanation"] = None
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("stack-trace", "TechExplanation of an unknown product holds a stack trace.", "071")
def _(app: Any) -> None:
    def error(old: Any, status: int, text: Any, tech: str, code: str, call: Any = None) -> Any:
        if code == "product_unknown":
            tech = 'Traceback (most recent call last):\n  File "erp/items.py", line 88, in load\nKeyError: item'
        return old(status, text, tech, code, call)
    wrap(app, "error", error)


@bug("numeric-key-500", "A product key sent as a number ends in a fault.", "072")
def _(app: Any) -> None:
    def value(old: Any, code: str, raw: Any, path: str) -> Any:
        if path.endswith(".ErpProductKey") and isinstance(raw, (int, Decimal)):
            raise RuntimeError("'int' object has no attribute 'strip'")
        return old(code, raw, path)
    wrap(app.operations.reader, "value", value)


@bug("english-only", "User texts are English whatever the user's language.", "073")
def _(app: Any) -> None:
    wrap(app.operations.texts, "render", lambda old, messages, language: old(messages, "US"))


@bug("quotes-in-multilanguage", "Multi-language texts put product keys and prices in double quotes.", "074")
def _(app: Any) -> None:
    texts = app.operations.texts
    wrap(texts, "quoted", lambda old, text: re.sub(r"(\d[\w.\-]*)", r'"\1"', text.replace("the product", '"the product"')))


@bug("isok-always-true", "IsOk is always true.", "075")
def _(app: Any) -> None:
    wrap(app.operations, "outcome", lambda old, *a, **k: {**old(*a, **k), "IsOk": True})


@bug("alternative-without-reason", "A warning on an alternative has no Reason.", "076")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for alt in each(value, "ERPQuoteAlternativeKey") + each(value, "SubTotal"):
            if "QuoteLineId" not in alt and alt.get("Status") == "Warning":
                alt["Reason"] = ""
        return value
    after(app, CALCULATING, change)


@bug("stale-reason", "A Reason that came with the request stays when the Status becomes Ok.", "077 079")
def _(app: Any) -> None:
    def rate(old: Any, call: Any, carrier: Any, problems: Any) -> None:
        stale = carrier.get("Reason")
        old(call, carrier, problems)
        if not problems and stale:
            carrier["Reason"] = stale
    wrap(app.operations, "rate", rate)


@bug("stale-status", "Old line problems are merged with the new ones and never go away.", "079")
def _(app: Any) -> None:
    def rate(old: Any, call: Any, carrier: Any, problems: Any) -> None:
        level, reason = carrier.get("Status", "Ok"), carrier.get("Reason")
        old(call, carrier, problems)
        if "QuoteLineId" in carrier and calc.LEVELS.index(level) > calc.LEVELS.index(carrier["Status"]):
            carrier["Status"], carrier["Reason"] = level, reason or carrier["Reason"] or "-"
    wrap(app.operations, "rate", rate)


@bug("problems-on-alternative-only", "Recalculation reports line problems on the alternative and leaves lines Ok.", "078")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in value.get("CRMQuoteLines") or []:
            if line["Status"] != "Ok" and value["CRMAlternative"]["Status"] == "Ok":
                value["CRMAlternative"].update(Status=line["Status"], Reason=line["Reason"])
            line.update(Status="Ok", Reason="")
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("errors-without-body", "400, 405, 415 and 422 answers have no body.", "067", "141")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.status in (400, 405, 415, 422):
            from connector import Response
            return Response(response.status, headers=response.headers)
        return response
    wrap(app, "answer", answer)


# --- capabilities -----------------------------------------------------------------------------------

@bug("only-true-capabilities", "Capabilities that are false are left out of the answer.", "081", "082")
def _(app: Any) -> None:
    after(app, "GetCapabilities", lambda call, value: {k: v for k, v in value.items() if v})


@bug("unknown-capability-400", "An unknown capability name is answered 400.", "082", "081")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        if any(name not in call.customer.capabilities for name in call.args["Names"]):
            raise BadRequest("Unknown capability.")
        return old(call)
    around(app, "GetCapabilities", get)


@bug("empty-capabilities", "An empty array of names is answered {}.", "083")
def _(app: Any) -> None:
    around(app, "GetCapabilities", lambda old, call: old(call) if call.args["Names"] else {})


@bug("capability-flips", "cache-pricelists changes with every third question.", "084", "250")
def _(app: Any) -> None:
    count = itertools.count(1)

    def change(call: Any, value: Any) -> Any:
        if "cache-pricelists" in value and next(count) % 3 == 0:
            value["cache-pricelists"] = not value["cache-pricelists"]
        return value
    after(app, "GetCapabilities", change)


@bug("order-state-404", "GetOrderState answers 404 for an order it does not know.", "013 246", "014 086")
def _(app: Any) -> None:
    def state(old: Any, call: Any) -> Any:
        if app.operations.order_of(call) is None:
            raise ApiError(404, message("noorder"), "No such order.", "order_unknown")
        return old(call)
    around(app, "GetOrderState", state)


@bug("list-promised-not-kept", "deliverytype is null though its capability is true.", "088")
def _(app: Any) -> None:
    around(app, "GetQuoteList", lambda old, call: None if call.args["QuoteListType"].lower() == "deliverytype"
           else old(call))


@bug("search-without-fields", "GetSearchableFields gives [] though advanced search is announced.", "087")
def _(app: Any) -> None:
    after(app, "GetSearchableFields", lambda call, value: [])


@bug("minimum-price-unchecked", "A list price below the minimum price is no problem for OnQuoteLineChanged.", "095")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        check = app.operations.checks.line
        wanted = [p for p in check(copy.deepcopy(call.args["QuoteLine"]), app.operations.calculator, False)]
        line = old(call)
        if line["Status"] == "Error":
            app.operations.rate(call, line, wanted and check(line, app.operations.calculator, False))
        return line
    around(app, "OnQuoteLineChanged", change)


# --- configuration, lists, price lists ----------------------------------------------------------------

@bug("config-key-differs", "One key of GetConfigurationFields differs from its FieldKey in letter case.", "098")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {
        (k.upper() if k == "lager ort" else k): v for k, v in value.items()})


@bug("ranks-not-set", "All configuration fields have rank 0.", "100")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {k: {**v, "Rank": 0} for k, v in value.items()})


@bug("mandatory-label", "A Label of the connection dialog is Mandatory.", "103")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {
        k: {**v, "Access": "Mandatory"} if k == "hdr" else v for k, v in value.items()})


@bug("list-default-unknown", "The default of the List field is not an item of its list.", "102")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {
        k: {**v, "DefaultValue": "HAUPT"} if k == "lager ort" else v for k, v in value.items()})


@bug("nonsense-config-400", "TestConnection answers 400 for values that do not fit their field.", "106", "068")
def _(app: Any) -> None:
    def test(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer.get("ErrorCode") == "bad_value":
            raise BadRequest("Bad configuration value.")
        return answer
    around(app, "TestConnection", test)


@bug("mandatory-config-unchecked", "TestConnection is content without the company number.", "107")
def _(app: Any) -> None:
    def test(old: Any, call: Any) -> Any:
        fields = call.args.get("ConnectionConfigFields") or {}
        call.args["ConnectionConfigFields"] = {**fields, "erp.mandant": fields.get("erp.mandant") or "7"}
        return old(call)
    around(app, "TestConnection", test)


@bug("unknown-config-key-refused", "TestConnection fails when ConnectionConfigFields holds a key it does not know.", "109")
def _(app: Any) -> None:
    def test(old: Any, call: Any) -> Any:
        if set(call.args.get("ConnectionConfigFields") or {}) - set(data.configuration_fields()):
            return app.operations.outcome(call, "Error", message("badvalue", field="?"), "Unknown key.", "key")
        return old(call)
    around(app, "TestConnection", test)


@bug("list-names-lower-case-only", "List names are only found in lower case.", "112", "101 156")
def _(app: Any) -> None:
    around(app, "GetQuoteList", lambda old, call: old(call) if call.args["QuoteListType"].islower() else None)


@bug("duplicate-list-item", "The payment terms list holds its first item twice.", "114")
def _(app: Any) -> None:
    after(app, "GetQuoteList", lambda call, value: value + value[:1]
          if value and call.args["QuoteListType"].lower() == "paymentterms" else value)


@bug("blank-list-text", "An item of the second customer's category list has an empty DisplayValue.", "115")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and is_second(call) and call.args["QuoteListType"].lower() == "productcategory":
            value[-1]["DisplayValue"] = ""
        return value
    after(app, "GetQuoteList", change)


@bug("category-text-instead-of-key", "Products carry the text of the category instead of its key.", "116")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        texts = {i["ERPQuoteListItemKey"]: i["DisplayValue"] for i in call.customer.lists["productcategory"]}
        for product in each(value, "ERPPriceListKey"):
            product["ProductCategoryKey"] = texts.get(product.get("ProductCategoryKey"))
        return value
    after(app, PRODUCTS, change)


@bug("valid-to-exclusive", "A price list is not active any more on its last day.", "117")
def _(app: Any) -> None:
    wrap(app.operations, "is_active", lambda old, pl: old(pl) and pl.valid_to[:10] != ops.today().isoformat())


@bug("expired-lists-active", "GetActivePriceLists returns lists that have run out.", "117")
def _(app: Any) -> None:
    def lists(old: Any, call: Any) -> Any:
        found = app.operations.lists_in(call.customer, call.args.get("IsoCurrencyCode"))
        return [pl.carrier() for pl in found if pl.is_active and pl.valid_from[:10] <= ops.today().isoformat()]
    around(app, "GetActivePriceLists", lists)


@bug("currency-exact-case", "Currencies are only found in capitals.", "118")
def _(app: Any) -> None:
    wrap(app.operations, "lists_in", lambda old, customer, currency:
         old(customer, currency) if not currency or currency.isupper() else [])


@bug("empty-currency-first-only", "Without a currency only lists in the first list's currency come back.",
     "119", "133 142")
def _(app: Any) -> None:
    for name in ("GetActivePriceLists", "GetAllPriceLists"):
        def lists(old: Any, call: Any) -> Any:
            found = old(call)
            return found if call.args.get("IsoCurrencyCode") else \
                [pl for pl in found if pl["Currency"] == found[0]["Currency"]]
        around(app, name, lists)


@bug("unknown-currency-all-lists", "A currency without lists gives all lists.", "120 118")
def _(app: Any) -> None:
    def lists(old: Any, call: Any) -> Any:
        found = old(call)
        if not found:
            call.args["IsoCurrencyCode"] = None
            found = old(call)
        return found
    around(app, "GetActivePriceLists", lists)


@bug("all-lists-without-todays", "GetAllPriceLists misses lists that start or end today.", "121", "142")
def _(app: Any) -> None:
    after(app, "GetAllPriceLists", lambda call, value: [
        pl for pl in value if ops.today().isoformat() not in (pl["ValidFrom"][:10], pl["ValidTo"][:10])])


@bug("duplicate-price-list", "The first price list comes twice when no currency is named.", "122")
def _(app: Any) -> None:
    after(app, "GetActivePriceLists GetAllPriceLists", lambda call, value:
          value if call.args.get("IsoCurrencyCode") else value + value[:1])


@bug("inverted-validity", "ValidFrom and ValidTo of withdrawn lists are exchanged.", "125")
def _(app: Any) -> None:
    after(app, "GetAllPriceLists", lambda call, value: [
        pl if pl["IsActive"] else {**pl, "ValidFrom": "2031-01-01T00:00:00", "ValidTo": "2030-01-01T00:00:00"}
        for pl in value])


# --- product search --------------------------------------------------------------------------------

def _haystack(app: Any, names: tuple[str, ...]) -> None:
    app.operations.free_text.haystack = lambda product: "\n".join(
        app.operations.free_text.fold(product.carrier.get(n) or "") for n in names)


@bug("code-not-searched", "FindProduct does not look at the code.", "126")
def _(app: Any) -> None:
    _haystack(app, ("Name", "Description", "Supplier"))


@bug("whole-text-in-one-piece", "Several words are searched as one text, the longest first.", "127", "126")
def _(app: Any) -> None:
    free = app.operations.free_text
    free.words = lambda text: ["".join(sorted(free.fold(text).split(), key=len, reverse=True))] if text.split() else []


@bug("case-sensitive-search", "FindProduct pays attention to letter case.", "128")
def _(app: Any) -> None:
    app.operations.free_text.fold = lambda text: text


@bug("empty-search-all", "An empty text gives all products.", "129")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        if not (call.args.get("Userinput") or "").strip():
            call.args["Userinput"] = "%"
        return old(call)
    around(app, "FindProduct", find)


@bug("percent-unknown", "The text % is searched literally.", "130")
def _(app: Any) -> None:
    free = app.operations.free_text
    wrap(free, "words", lambda old, text: ["\x00%"] if text.strip() == "%" else old(text))


@bug("unlimited-hits", "The second customer's search has no limit: more than 500 products for %.", "131")
def _(app: Any) -> None:
    wrap(app.operations.free_text, "limit", lambda old, c: 10 ** 6 if c.explicit_null else old(c))


@bug("price-list-key-ignored", "FindProduct ignores PriceListKey when a currency is given as well.", "132")
def _(app: Any) -> None:
    wrap(app.operations, "lists_to_search", lambda old, customer, key, currency:
         old(customer, None if currency else key, currency))


@bug("inactive-lists-searched", "FindProduct without price list searches expired, future and withdrawn lists too.", "133")
def _(app: Any) -> None:
    wrap(app.operations, "lists_to_search", lambda old, customer, key, currency:
         old(customer, key, currency) if key else app.operations.lists_in(customer, currency))


@bug("discontinued-by-code", "A discontinued product is found when its exact code is typed.", "134")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        text = (call.args.get("Userinput") or "").strip().lower()
        lists = {pl.key for pl in app.operations.lists_to_search(
            call.customer, call.args.get("PriceListKey"), call.args.get("CurrencyCode"))}
        more = [dict(p.carrier) for p in call.customer.products.values() if p.carrier["Code"].lower() == text
                and not p.carrier["InAssortment"] and p.price_list in lists]
        return (old(call) or []) + more if more else old(call)
    around(app, "FindProduct", find)


@bug("discontinued-found", "Discontinued products are among the hits.", "134")
def _(app: Any) -> None:
    app.operations.free_text.offered = lambda product, keys: product.price_list in keys


@bug("duplicate-hits", "A product found by its exact code is added to the other hits without looking whether it is "
     "there already.", "135")
def _(app: Any) -> None:
    def find(call: Any, value: Any) -> Any:
        text = (call.args.get("Userinput") or "").strip().lower()
        return [p for p in value if p["Code"].lower() == text] + value if value else value
    after(app, "FindProduct", find)


@bug("apostrophe-500", "An apostrophe in the search text breaks the query.", "137 072")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        if "'" in (call.args.get("Userinput") or ""):
            raise RuntimeError("near \"'\": syntax error")
        return old(call)
    around(app, "FindProduct", find)


@bug("sticky-price-list", "FindProduct without price list uses the list of the customer's previous search.", "250",
     "130 133")
def _(app: Any) -> None:
    last: dict[str, Any] = {}

    def find(old: Any, call: Any) -> Any:
        key = call.args.get("PriceListKey") or last.get(call.session.ctx)
        if call.args.get("PriceListKey"):
            last[call.session.ctx] = key
        call.args["PriceListKey"] = key
        return old(call)
    around(app, "FindProduct", find)


# --- products --------------------------------------------------------------------------------------

@bug("price-with-vat", "GetProduct gives the list price with VAT, FindProduct without.", "139", "169 217")
def _(app: Any) -> None:
    after(app, "GetProduct", lambda call, value: {
        **value, "UnitListPrice": value["UnitListPrice"] * (100 + value["VAT"]) / 100})


@bug("unknown-product-200-null", "GetProduct answers 200 null for an unknown key.", "141")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        try:
            return old(call)
        except ApiError as error:
            if error.code == "product_unknown":
                return None
            raise
    around(app, "GetProduct", get)


@bug("similar-product", "An unknown key gives the product whose key starts alike.", "141 138")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        key = call.args.get("ErpProductKey") or ""
        if key and key not in call.customer.products:
            call.args["ErpProductKey"] = max(call.customer.products, key=lambda k: len(
                [1 for a, b in zip(k, key) if a == b]))
        return old(call)
    around(app, "GetProduct", get)


@bug("empty-key-first-product", "GetQuoteLinesFromProduct with an empty key gives a line of the first product.", "140")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        if not call.args.get("ErpProductKey"):
            call.args["ErpProductKey"] = next(iter(call.customer.products))
        return old(call)
    around(app, "GetQuoteLinesFromProduct", get)


@bug("products-sorted", "GetProducts sorts its answer by key.", "144")
def _(app: Any) -> None:
    after(app, "GetProducts", lambda call, value: sorted(value, key=lambda p: p["ERPProductKey"], reverse=True))


@bug("products-with-holes", "GetProducts puts null where a key is unknown.", "144")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        found = {p["ERPProductKey"]: p for p in old(call)}
        return [found.get(k) for k in call.args["ErpProductKeys"]]
    around(app, "GetProducts", get)


@bug("thumbnail-data-uri", "Thumbnails carry a data: prefix.", "147")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "ERPProductKey"):
            if product.get("Thumbnail") and not product["Thumbnail"].startswith("http"):
                product["Thumbnail"] = "data:image/gif;base64," + product["Thumbnail"]
        return value
    after(app, PRODUCTS, change)


@bug("rights-with-semicolon", "Parts of Rights are joined with a semicolon and rights are spelled out.", "148")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "ERPProductKey"):
            if product.get("Rights"):
                product["Rights"] = product["Rights"].replace("&", ";").replace("=N", "=Hidden")
        return value
    after(app, PRODUCTS + " GetQuoteLinesFromProduct", change)


@bug("cost-despite-capability", "UnitCost of the second customer is filled although the capability is false.", "093")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "UnitCost") if is_second(call) else []:
            product["UnitCost"] = product["UnitListPrice"] / 2
        return value
    after(app, "FindProduct GetProduct GetProducts", change)


@bug("image-ranks-from-one", "The first picture has rank 1.", "150 151 152")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        call.args["Rank"] -= 1
        return old(call)
    around(app, "GetProductImage", get)


@bug("image-rank-422", "A rank outside the range is answered 422.", "152", "153")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        found = old(call)
        if found is None:
            raise ApiError(422, message("malformed"), "Rank out of range.", "rank")
        return found
    around(app, "GetProductImage", get)


@bug("image-count-as-text", "GetNumberOfProductImages gives a text.", "149")
def _(app: Any) -> None:
    after(app, "GetNumberOfProductImages", lambda call, value: str(value))


@bug("image-file-names", "Pictures after the first are file names of the connector's host.", "154 151")
def _(app: Any) -> None:
    after(app, "GetProductImage", lambda call, value: "pictures/105_b.jpg" if value and call.args["Rank"] else value)


# --- advanced search -----------------------------------------------------------------------------------

@bug("price-list-criterion-case", "The price list criterion is only honoured as erpPriceListKey.", "157")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "criterion", lambda old, customer, r:
         (lambda product: True) if r and (r.get("FieldKey") or "").lower() == "erppricelistkey"
         and r["FieldKey"] != "erpPriceListKey" else old(customer, r))


@bug("criteria-or", "Several restrictions are combined with OR.", "158", "157")
def _(app: Any) -> None:
    app.operations.advanced.combine = lambda tests, p: not tests or any(t(p) for t in tests)


@bug("between-without-end", "between leaves out the upper end.", "160")
def _(app: Any) -> None:
    advanced = app.operations.advanced
    advanced.between = lambda kind, value, low, high: advanced.holds(kind, ">=", value, low) and \
        advanced.holds(kind, "<", value, high)


@bug("in-first-value", "in only looks at its first value.", "161")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "operands", lambda old, operator, values:
         old(operator, values)[:1] if operator == "in" else old(operator, values))


@bug("encoded-decimals-unread", "Encoded decimals [F:…] and [M:…] are not understood.", "162")
def _(app: Any) -> None:
    wrap(app.operations.advanced.decoder, "number", lambda old, text:
         Decimal("-987654321.5") if text.strip()[:3] in ("[F:", "[M:") else old(text))


@bug("day-first-dates", "Encoded dates are read day first, when the day allows it.", "162")
def _(app: Any) -> None:
    app.operations.advanced.decoder.month_first = lambda first, second: (second, first) if int(second) <= 12 \
        else (first, second)


@bug("unknown-operator-all", "A criterion with an unknown operator or field is skipped.", "255")
def _(app: Any) -> None:
    def criterion(old: Any, customer: Any, restriction: Any) -> Any:
        try:
            return old(customer, restriction)
        except SearchError:
            return lambda product: True
    wrap(app.operations.advanced, "criterion", criterion)


@bug("unequal-is-equal", "The operator != works like =.", "159")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "compare", lambda old, kind, operator, values, read:
         old(kind, "=" if operator == "!=" else operator, values, read))


@bug("no-match-null", "An advanced search without hits gives null.", "164")
def _(app: Any) -> None:
    after(app, "GetSearchResults", lambda call, value: value or None)


@bug("duplicate-search-field", "Two search fields have the same key.", "155")
def _(app: Any) -> None:
    after(app, "GetSearchableFields", lambda call, value: value + [{**value[0], "Rank": 99}])


# --- lines -----------------------------------------------------------------------------------------

def _lines_from_product(app: Any, fn: Callable[[Any, dict[str, Any], int], None]) -> None:
    def change(call: Any, value: Any) -> Any:
        for i, line in enumerate(value):
            fn(call, line, i)
        return value
    after(app, "GetQuoteLinesFromProduct", change)


@bug("set-line-without-key", "Further lines of a set have no product key.", "166")
def _(app: Any) -> None:
    _lines_from_product(app, lambda call, line, i: line.update(ERPProductKey="") if i else None)


@bug("new-line-with-id", "New lines have QuoteLineId -1.", "167")
def _(app: Any) -> None:
    _lines_from_product(app, lambda call, line, i: line.update(QuoteLineId=-1))


@bug("quantity-zero", "New lines have quantity 0, calculated as such.", "168")
def _(app: Any) -> None:
    def change(call: Any, line: Any, i: int) -> None:
        line["Quantity"] = ZERO
        app.operations.calculate_line(call, line, ZERO)
    _lines_from_product(app, change)


@bug("cost-of-other-list", "New lines in Swiss francs carry the cost in euro.", "169")
def _(app: Any) -> None:
    def change(call: Any, line: Any, i: int) -> None:
        if "CHF" in line["ERPProductKey"] and calc.known(line["UnitCost"]):
            line["UnitCost"] /= Decimal("0.97")
            app.operations.calculate_line(call, line, ZERO)
    _lines_from_product(app, change)


@bug("new-line-not-calculated", "Amounts of new lines are 0 until the first change.", "170")
def _(app: Any) -> None:
    _lines_from_product(app, lambda call, line, i: line.update(
        dict.fromkeys(("SubTotal", "TotalPrice", "EarningAmount", "EarningPercent", "DiscountAmount",
                       "TotalPriceWithAlternativeDiscount"), ZERO)))


@bug("lines-reserve-stock", "GetQuoteLinesFromProduct lowers the stock level of the product.", "171", "250")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        lines = old(call)
        product = call.customer.products[call.args["ErpProductKey"]]
        product.carrier["InStock"] = product.carrier["InStock"] - 1
        return lines
    around(app, "GetQuoteLinesFromProduct", get)


@bug("context-copy-used", "OnQuoteLineChanged calculates the copy of the line in Context when there is one.", "173",
     "177 191 195")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        lines = (call.context.get("CRMAlternativeWithLines") or {}).get("CRMQuoteLines") or []
        number = call.args["QuoteLine"]["QuoteLineId"]
        call.args["QuoteLine"] = next((x for x in lines if x["QuoteLineId"] == number and number),
                                      call.args["QuoteLine"])
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("new-lines-refused", "OnQuoteLineChanged answers 422 for a line with id 0.", "174")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        if not call.args["QuoteLine"]["QuoteLineId"]:
            raise ApiError(422, message("malformed"), "Line is not in the context.", "line")
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("keyless-lines-not-calculated", "A line without product key comes back as it was.", "175", "178 179")
def _(app: Any) -> None:
    around(app, "OnQuoteLineChanged", lambda old, call: old(call) if call.args["QuoteLine"].get("ERPProductKey")
           else call.args["QuoteLine"])


@bug("changed-fields-null-500", "ChangedFields null ends in a fault.", "176 072", "055 056")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        _ = [name.lower() for name in call.args.get("ChangedFields")]
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("quantity-rounded", "Quantities are rounded to whole numbers, save for hours.", "195 177", "066 209")
def _(app: Any) -> None:
    def line(old: Any, carrier: Any, *a: Any, **k: Any) -> Any:
        if carrier.get("QuantityUnit") != "Std":
            carrier["Quantity"] = carrier["Quantity"].to_integral_value()
        return old(carrier, *a, **k)
    wrap(app.operations.calculator, "line", line)


@bug("subscription-periods-ignored", "Subscriptions are calculated without the number of periods.", "178", "170 221")
def _(app: Any) -> None:
    app.operations.calculator.units = lambda line: line["Quantity"]


@bug("markup-as-earning-percent", "EarningPercent of lines is relative to cost instead of price.", "182", "170 221")
def _(app: Any) -> None:
    calculator = app.operations.calculator

    def earnings(old: Any, c: Any, cost: Any) -> None:
        old(c, cost)
        if cost and "QuoteLineId" in c:
            c["EarningPercent"] = calculator.percent_of(c["EarningAmount"], cost)
    wrap(calculator, "earnings", earnings)


@bug("erp-discount-always-copied", "The ERP's discount replaces the user's one when the ERP has a proposal.",
     "192 185 186 187", "188 189 191")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, keep: bool = False) -> Any:
        override = c["UserValueOverride"]
        if c["ERPDiscountPercent"] and "QuoteLineId" in c and not keep:
            c["UserValueOverride"] = "None"
        found = old(c, base, cost, keep)
        c["UserValueOverride"] = override
        return found
    _solve(app, solve)


def _solve(app: Any, fn: Callable[..., Any]) -> None:
    """Exchange Calculator.solve, whose last argument is given by name."""
    old = app.operations.calculator.solve
    app.operations.calculator.solve = lambda c, base, cost, keep_discount=False: fn(old, c, base, cost, keep_discount)


@bug("typed-total-not-held", "A typed total is only held in the call in which it is typed; on a later change of "
     "quantity the discount percentage is held instead.", "191")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        line = call.args["QuoteLine"]
        changed = " ".join(name or "" for name in call.args.get("ChangedFields") or []).lower()
        if line["UserValueOverride"] == "OverrideTotal" and changed and "totalprice" not in changed:
            line["UserValueOverride"] = "OverrideDiscountPercent"
            line = old(call)
            line["UserValueOverride"] = "OverrideTotal"
            return line
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("override-reset", "UserValueOverride comes back as None after a typed earning.", "190", "191")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value["UserValueOverride"].startswith("OverrideEarning"):
            value["UserValueOverride"] = "None"
        return value
    after(app, "OnQuoteLineChanged", change)


@bug("whole-unit-rounding", "Line totals above 1,000 are rounded to whole currency units.",
     "196", "179 180 187 170 221")
def _(app: Any) -> None:
    def line(old: Any, carrier: Any, *a: Any, **k: Any) -> Any:
        found = old(carrier, *a, **k)
        if abs(carrier["TotalPrice"]) > 1000:
            carrier["TotalPrice"] = carrier["TotalPrice"].to_integral_value()
        return found
    wrap(app.operations.calculator, "line", line)


@bug("negative-total-clamped", "A negative line total is set to 0 when a discount is above 100 percent.", "194 179",
     "180 182")
def _(app: Any) -> None:
    def line(old: Any, carrier: Any, *a: Any, **k: Any) -> Any:
        found = old(carrier, *a, **k)
        if carrier["TotalPrice"] < 0 and carrier["DiscountPercent"] > 100:
            carrier["TotalPrice"] = ZERO
        return found
    wrap(app.operations.calculator, "line", line)


@bug("erp-amount-missing", "Only the percentage of the ERP's discount is filled.", "184 183")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in each(value, "QuoteLineId"):
            line["ERPDiscountAmount"] = ZERO
        return value
    after(app, "OnQuoteLineChanged RecalculateQuoteAlternative GetQuoteLinesFromProduct", change)


@bug("earning-percent-as-markup", "EarningAmount from a typed percentage is percentage times cost.",
     "189", "182 199 200")
def _(app: Any) -> None:
    app.operations.calculator.earning_of = lambda percent, cost: cost * percent / HUNDRED


@bug("earning-amount-not-derived", "With OverrideEarningAmount the total stays and only the earning is stored.",
     "188 180", "191")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, keep: bool = False) -> Any:
        if c["UserValueOverride"] == "OverrideEarningAmount" and "QuoteLineId" in c and cost is not None:
            c["DiscountAmount"], c["TotalPrice"] = c["DiscountPercent"] * base / HUNDRED, \
                base - c["DiscountPercent"] * base / HUNDRED
            return []
        return old(c, base, cost, keep)
    _solve(app, solve)


@bug("rank-renumbered", "OnQuoteLineChanged returns Rank 0.", "172", "066")
def _(app: Any) -> None:
    after(app, "OnQuoteLineChanged", lambda call, value: {**value, "Rank": 0})


@bug("zero-quantity-500", "A quantity of 0 ends in a division by zero.", "193 072")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        _ = int(call.args["QuoteLine"]["UnitListPrice"]) // int(call.args["QuoteLine"]["Quantity"] * 1000)
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("typed-text-replaced", "OnQuoteLineChanged puts the catalogue's description back.", "177", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        product = call.customer.products.get(value.get("ERPProductKey") or "")
        return {**value, "Description": product.carrier.get("Description")} if product else value
    after(app, "OnQuoteLineChanged", change)


# --- alternatives ----------------------------------------------------------------------------------

@bug("alternative-sums-subtotals", "SubTotal of an alternative sums SubTotal of the lines.", "197", "198")
def _(app: Any) -> None:
    def alternative(old: Any, alt: Any, lines: Any, *a: Any, **k: Any) -> Any:
        found = old(alt, lines, *a, **k)
        alt["SubTotal"] = sum((line["SubTotal"] for line in lines), ZERO)
        return found
    wrap(app.operations.calculator, "alternative", alternative)


@bug("order-discount-not-spread", "TotalPriceWithAlternativeDiscount is just TotalPrice.", "201", "202")
def _(app: Any) -> None:
    wrap(app.operations.calculator, "spread", lambda old, line, percent: old(line, ZERO))


@bug("vat-on-gross-subtotal", "VAT of an alternative includes negative lines and is not reduced by the order discount.", "202")
def _(app: Any) -> None:
    app.operations.calculator.vat = lambda lines: sum((x["SubTotal"] * x["VAT"] / HUNDRED for x in lines), ZERO)


@bug("order-total-override-ignored", "A total typed for the whole alternative is not held.", "200")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, keep: bool = False) -> Any:
        if c["UserValueOverride"] == "OverrideTotal" and "QuoteLineId" not in c:
            c["UserValueOverride"] = "OverrideDiscountPercent"
            found = old(c, base, cost, keep)
            c["UserValueOverride"] = "OverrideTotal"
            return found
        return old(c, base, cost, keep)
    _solve(app, solve)


@bug("zero-lines-dropped", "Recalculation drops lines whose quantity is 0.", "203")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        value["CRMQuoteLines"] = [x for x in value["CRMQuoteLines"] if x["Quantity"] != 0]
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("fee-line-with-id", "The fee line that recalculation adds to batteries has an id of its own.", "204")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in value["CRMQuoteLines"]:
            if line["QuoteLineId"] == 0 and line.get("Code") == "GEB-EL":
                line["QuoteLineId"] = 900001
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("alternative-renamed", "Recalculation appends the currency of the sale to the name of the alternative.", "205",
     "066 207")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        alt = value["CRMAlternative"]
        alt["Name"] = f"{alt.get('Name') or ''} *"
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("null-lines-500", "An alternative whose lines are null ends in a fault.", "206 072", "056")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        _ = len(call.context["CRMAlternativeWithLines"]["CRMQuoteLines"])
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@bug("discount-piles-up", "Each recalculation adds the ERP's order discount to the one that is there already.", "207")
def _(app: Any) -> None:
    def alternative(old: Any, alt: Any, lines: Any, proposal: Any = None, keep_discount: bool = False) -> Any:
        if proposal is not None and proposal.percent:
            proposal = calc.Discount(proposal.percent + alt["ERPDiscountPercent"], ZERO)
        return old(alt, lines, proposal, keep_discount=keep_discount)
    wrap(app.operations.calculator, "alternative", alternative)


@bug("keys-made-anew", "Recalculation gives lines a new ERPQuoteLineKey each time.", "252", "207 066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in value["CRMQuoteLines"]:
            line["ERPQuoteLineKey"] = app.operations.fresh_key(call, "Z")
        return value
    after(app, "RecalculateQuoteAlternative", change)


# --- versions --------------------------------------------------------------------------------------

@bug("validate-first-alternative", "ValidateQuoteVersion returns the first alternative only.", "208")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        value["CRMAlternativesWithLines"] = (value["CRMAlternativesWithLines"] or [])[:1]
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("validate-refreshes-prices", "ValidateQuoteVersion fetches current list prices.", "209")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        for bundle in call.context.get("CRMAlternativesWithLines") or []:
            for line in bundle.get("CRMQuoteLines") or []:
                product = app.operations.product(call, line.get("ERPProductKey"))
                if product:
                    line["UnitListPrice"] = product.carrier["UnitListPrice"]
        return old(call)
    around(app, "ValidateQuoteVersion", validate)


def _state(app: Any, fn: Callable[[Any, str, Any], str], operations: str = "ValidateQuoteVersion") -> None:
    """fn(call, state before, version) gives the state after."""
    for name in operations.split():
        def run(old: Any, call: Any) -> Any:
            before = (call.context.get("CRMQuoteVersion") or {}).get("State", "Unknown")
            value = old(call)
            if value and value.get("CRMQuoteVersion"):
                value["CRMQuoteVersion"]["State"] = fn(call, before, value["CRMQuoteVersion"])
            return value
        around(app, name, run)


@bug("validate-stays-uncalculated", "ValidateQuoteVersion leaves a good draft in DraftNotCalculated.", "210")
def _(app: Any) -> None:
    _state(app, lambda call, before, v: before if before == "DraftNotCalculated" else v["State"])


@bug("validate-reopens-sent", "Before an order ValidateQuoteVersion turns a Sent version into Draft.", "211")
def _(app: Any) -> None:
    _state(app, lambda call, before, v: "Draft" if before == "Sent" and call.args["Action"] == "PlaceOrder"
           else v["State"])


@bug("validate-approves", "ValidateQuoteVersion with SendQuote approves drafts by itself.", "212 210")
def _(app: Any) -> None:
    _state(app, lambda call, before, v: "DraftApproved" if v["State"] == "Draft"
           and call.args["Action"] == "SendQuote" else v["State"])


@bug("update-sets-unknown", "UpdateQuoteVersionPrices sets State Unknown on drafts.", "212")
def _(app: Any) -> None:
    _state(app, lambda call, before, v: "Unknown" if before.startswith("Draft") else v["State"],
           "UpdateQuoteVersionPrices")


@bug("action-unknown-400", "ValidateQuoteVersion answers 400 for the action Unknown.", "213")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        if call.args["Action"] == "Unknown":
            raise BadRequest("Action is not supported.")
        return old(call)
    around(app, "ValidateQuoteVersion", validate)


@bug("errors-do-not-matter", "A line in error does not keep the version from State Draft and Status Ok.", "214")
def _(app: Any) -> None:
    wrap(app.operations, "judge_version", lambda old, call, version, errors, approval:
         old(call, version, False, approval))


@bug("last-recalculated-untouched", "LastRecalculated is never set.", "215")
def _(app: Any) -> None:
    app.operations.now = lambda: "1760-01-01T00:00:00"


@bug("reason-grows", "Validating appends the version's Reason to the one before.", "216", "079")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        before = (call.context.get("CRMQuoteVersion") or {}).get("Reason") or ""
        value = old(call)
        version = value.get("CRMQuoteVersion")
        if version and version["Reason"]:
            version["Reason"] = (before + " " + version["Reason"]).strip() if not is_second(call) else version["Reason"]
        return value
    around(app, "ValidateQuoteVersion", validate)


@bug("update-first-alternative", "UpdateQuoteVersionPrices refreshes the first alternative only.", "217")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        rest = (call.context.get("CRMAlternativesWithLines") or [])[1:]
        keep = copy.deepcopy(rest)
        value = old(call)
        value["CRMAlternativesWithLines"][1:] = keep
        return value
    around(app, "UpdateQuoteVersionPrices", update)


@bug("update-skips-cost", "UpdateQuoteVersionPrices does not refresh UnitCost.", "217")
def _(app: Any) -> None:
    def refresh(old: Any, call: Any, line: Any, product: Any, writeable: Any) -> None:
        cost = line["UnitCost"]
        old(call, line, product, writeable)
        line["UnitCost"] = cost
    wrap(app.operations, "refresh", refresh)


@bug("gone-product-zeroed", "UpdateQuoteVersionPrices sets the price of an unknown product to 0.", "219")
def _(app: Any) -> None:
    _zero_prices(app, lambda call, line: line.get("ERPProductKey")
                 and line["ERPProductKey"] not in call.customer.products)


@bug("keyless-line-zeroed", "UpdateQuoteVersionPrices sets prices of lines without product key to 0.", "220")
def _(app: Any) -> None:
    _zero_prices(app, lambda call, line: not line.get("ERPProductKey"))


def _zero_prices(app: Any, fits: Callable[[Any, Any], Any]) -> None:
    def update(old: Any, call: Any) -> Any:
        for bundle in call.context.get("CRMAlternativesWithLines") or []:
            for line in bundle.get("CRMQuoteLines") or []:
                if fits(call, line):
                    line["UnitListPrice"] = line["UnitCost"] = ZERO
        return old(call)
    around(app, "UpdateQuoteVersionPrices", update)


@bug("update-without-calculation", "UpdateQuoteVersionPrices changes prices but not the amounts.", "221")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        before = copy.deepcopy(call.context.get("CRMAlternativesWithLines") or [])
        value = old(call)
        for bundle, was in zip(value["CRMAlternativesWithLines"], before):
            for line, stale in zip(bundle["CRMQuoteLines"], was.get("CRMQuoteLines") or []):
                for name in ("SubTotal", "TotalPrice", "EarningAmount", "EarningPercent", "DiscountAmount"):
                    line[name] = stale[name]
        return value
    around(app, "UpdateQuoteVersionPrices", update)


@bug("writeable-null-500", "WriteableFields null ends in a fault.", "222 072", "056")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        _ = set(call.args["WriteableFields"]) if call.args.get("WriteableFields") is not None else {}["writeable"]
        return old(call)
    around(app, "UpdateQuoteVersionPrices", update)


# --- life cycle ------------------------------------------------------------------------------------

@bug("own-quote-id", "OnBeforeCreateQuote assigns a QuoteId.", "224 065")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value.get("CRMQuote") and not value["CRMQuote"]["QuoteId"]:
            value["CRMQuote"]["QuoteId"] = 77001
        return value
    after(app, "OnBeforeCreateQuote", change)


@bug("whole-context-returned", "OnBeforeCreateQuote returns sale and company as well.", "226")
def _(app: Any) -> None:
    def create(old: Any, call: Any) -> Any:
        value = old(call)
        return {**value, "CRMSale": call.context.get("CRMSale") or {}, "CRMCompany": call.context.get("CRMCompany") or {},
                "UserLanguageCode": call.context.get("UserLanguageCode")} if value else value
    around(app, "OnBeforeCreateQuote", create)


@bug("save-answers-201", "OnAfterSaveQuote is answered 201.", "227")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if op_of(request) == "OnAfterSaveQuote" and response.status == 204:
            response.status, response.value = 201, {"Saved": True}
        return response
    wrap(app, "answer", answer)


@bug("saved-once-only", "The second OnAfterSaveQuote of an alternative is answered 422.", "228", "227")
def _(app: Any) -> None:
    def save(old: Any, call: Any) -> Any:
        quote = call.context.get("CRMQuote") or {}
        alt = (call.context.get("CRMAlternativeWithLines") or {}).get("CRMAlternative") or {}
        saved = call.store.quotes.get(quote.get("QuoteId"), {"alternatives": {}})
        if alt.get("QuoteAlternativeId") in saved["alternatives"]:
            raise ApiError(422, message("malformed"), "Duplicate alternative.", "duplicate")
        return old(call)
    around(app, "OnAfterSaveQuote", save)


@bug("delete-needs-saved-quote", "OnBeforeDeleteQuote answers 422 for a quote it does not know.",
     "230 231", "227 232")
def _(app: Any) -> None:
    def delete(old: Any, call: Any) -> Any:
        if call.args["Quote"]["QuoteId"] not in call.store.quotes:
            raise ApiError(422, message("noquote"), "Unknown quote.", "quote_unknown")
        return old(call)
    around(app, "OnBeforeDeleteQuote", delete)


@bug("ordered-quote-protected", "OnBeforeDeleteQuote answers 409 for a quote that has been ordered.", "232", "227")
def _(app: Any) -> None:
    def delete(old: Any, call: Any) -> Any:
        if any(owner[0] == call.args["Quote"]["QuoteId"] for owner in call.store.ordered):
            raise ApiError(409, message("ordered", key=""), "Ordered quotes stay.", "ordered")
        return old(call)
    around(app, "OnBeforeDeleteQuote", delete)


@bug("sending-revoked", "OnAfterSentQuoteVersion answers Error and sets the version back to Draft when there is no "
     "purchase order number.", "234")
def _(app: Any) -> None:
    def sent(old: Any, call: Any) -> Any:
        value = old(call)
        quote = call.args["QuoteContext"].get("CRMQuote") or {}
        if value and not quote.get("PoNumber"):
            value["VersionResponse"].update(app.operations.outcome(call, "Error", message("blocked"), "Not sent.", "x"))
            value["VersionResponse"]["CRMQuoteVersion"]["State"] = "Draft"
        return value
    around(app, "OnAfterSentQuoteVersion", sent)


@bug("sent-new-keys", "Each OnAfterSentQuoteVersion call makes a new ERP key for a version without one.", "235")
def _(app: Any) -> None:
    def sent(old: Any, call: Any) -> Any:
        call.store.sent.clear()
        return old(call)
    around(app, "OnAfterSentQuoteVersion", sent)


@bug("erp-scheme", "PlaceOrder returns an address with the scheme of the ERP client.", "236")
def _(app: Any) -> None:
    app.operations.order_url = lambda call, quote, order: "wawi://auftrag/1"


@bug("order-key-missing", "A successful PlaceOrder returns the order number in the text only.", "238")
def _(app: Any) -> None:
    def place(call: Any, value: Any) -> Any:
        if value["State"] != "Error":
            value.update(UserExplanation="US:\"Order " + value["CRMQuote"]["ERPOrderKey"] + "\"")
            value["CRMQuote"]["ERPOrderKey"] = ""
        return value
    after(app, "PlaceOrder", place)


@bug("order-loses-version-id", "PlaceOrder returns QuoteVersionId 0.", "239 065")
def _(app: Any) -> None:
    def place(call: Any, value: Any) -> Any:
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["QuoteVersionId"] = 0
        return value
    after(app, "PlaceOrder", place)


@bug("refused-order-has-key", "A refused order already has an order key.", "240")
def _(app: Any) -> None:
    def place(old: Any, call: Any) -> Any:
        value = old(call)
        if value["State"] == "Error" and call.context.get("CRMQuote"):
            value["CRMQuote"] = {**call.context["CRMQuote"], "ERPOrderKey": app.operations.fresh_key(call, "AB")}
        return value
    around(app, "PlaceOrder", place)


@bug("orders-repeat", "Every PlaceOrder call creates a new order.", "241")
def _(app: Any) -> None:
    def place(old: Any, call: Any) -> Any:
        if call.context.get("CRMQuote"):
            call.context["CRMQuote"]["ERPOrderKey"] = ""
        return old(call)
    around(app, "PlaceOrder", place)
    app.operations.existing_order = lambda call, owner: None


@bug("orders-repeat-in-parallel", "Two PlaceOrder calls at the same moment create two orders.", "241", "018")
def _(app: Any) -> None:
    class Open:
        def __enter__(self) -> None: ...

        def __exit__(self, *a: Any) -> None: ...

    def existing(old: Any, call: Any, owner: Any) -> Any:
        found = old(call, owner)
        if found is None:
            time.sleep(0.02)
        return found

    def place(old: Any, call: Any) -> Any:
        call.store = copy.copy(call.store)                         # same tables, but no lock
        call.store.lock = Open()                                   # type: ignore[assignment]
        return old(call)
    wrap(app.operations, "existing_order", existing)
    around(app, "PlaceOrder", place)


@bug("po-number-lost", "PoNumber does not reach the order.", "242", "066")
def _(app: Any) -> None:
    def take(old: Any, order: Any, quote: Any) -> None:
        old(order, quote)
        order.po_number = None
    wrap(app.operations, "take_over", take)


@bug("unchanged-order-state", "GetOrderState always answers a carrier.", "243")
def _(app: Any) -> None:
    def state(old: Any, call: Any) -> Any:
        before = copy.deepcopy(call.context)
        value = old(call)
        order = app.operations.order_of(call)
        if value is None and order is not None:
            bundle = before.get("CRMAlternativeWithLines") or {}
            return app.operations.order_response(call, order, "delivered", bundle, bundle.get("CRMQuoteLines") or [],
                                                 before.get("CRMQuoteVersion"))
        return value
    around(app, "GetOrderState", state)


@bug("order-state-without-lines", "GetOrderState answers the alternative without its lines.", "244")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value.get("CRMAlternativeWithLines"):
            value["CRMAlternativeWithLines"]["CRMQuoteLines"] = None
        return value
    after(app, "GetOrderState", change)


@bug("over-delivered", "DeliveredQuantity counts every delivery twice.", "245")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in each(value, "QuoteLineId"):
            line["DeliveredQuantity"] = line["DeliveredQuantity"] * 3
        return value
    after(app, "GetOrderState", change)


@bug("three-addresses", "GetAddresses appends a visiting address.", "247")
def _(app: Any) -> None:
    after(app, "GetAddresses", lambda call, value: [*value, value[0]] if value else value)


@bug("country-names", "CountryCode holds the three-letter code.", "248")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for address in each(value, "CountryCode"):
            address["CountryCode"] = {"CH": "CHE", "NO": "NOR", "GB": "GBR"}.get(address["CountryCode"] or "", "XXX")
        return value
    after(app, "GetAddresses", change)


@bug("no-company-500", "GetAddresses without company ends in a fault.", "249 072", "056")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        _ = call.context["CRMCompany"]["ContactId"]
        return old(call)
    around(app, "GetAddresses", get)
