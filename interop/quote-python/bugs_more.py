"""A second round of planted partner mistakes, of other kinds than those of bugs.py: wrong only sometimes, only for
the second customer, only in one way of authentication, only at a boundary, only in nested data, only after another
call, only in error answers.  Same rules as there.
"""
from __future__ import annotations

import base64
import copy
import hashlib
import html
import itertools
import json
import math
import re
import struct
import threading
import time
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Any

import auth as auth_module
import carriers
import operations as ops
from auth import AuthError, CLAIM, b64url
from bugs import CALCULATING, PRODUCTS, after, around, bug, each, is_second, op_of, wrap
from calc import HUNDRED, ZERO
from carriers import BadRequest
from operations import ApiError
from search import SearchError
from texts import message

CREATING = "OnBeforeCreateQuote OnBeforeCreateQuoteVersion OnBeforeCreateQuoteAlternative"


def lines_of(value: Any) -> list[dict[str, Any]]:
    return each(value, "QuoteLineId")


def alternatives_of(value: Any) -> list[dict[str, Any]]:
    return [c for c in each(value, "SubTotal") if "QuoteLineId" not in c]


def refused(status: int, text: str, code: str) -> ApiError:
    return ApiError(status, message("malformed"), text, code)


# --- transport ------------------------------------------------------------------------------------

@bug("errors-as-text-plain", "Error answers carry their JSON as text/plain.", "006")
def _(app: Any) -> None:
    wrap(app, "content_type", lambda old, r: "text/plain; charset=utf-8" if r.status >= 400 else old(r))


@bug("null-without-type", "An answer of null has no Content-Type.", "006")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.has_body and response.value is None:
            response.headers.pop("Content-Type", None)
        return response
    wrap(app, "handle", answer)


@bug("errors-in-latin-1", "Answers to unknown product keys are encoded in ISO 8859-1.", "007")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.status == 422:
            response.value["TechExplanation"] += " Käufer fragen."
            response.raw = app.encode(response.value).decode().encode("latin-1", "replace")
        return response
    wrap(app, "handle", answer)


@bug("bom-in-errors", "Error answers start with a byte order mark.", "007")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        if response.status in (400, 422):
            response.raw = b"\xef\xbb\xbf" + response.raw
        return response
    wrap(app, "handle", answer)


@bug("trailing-garbage-accepted", "What follows the first JSON value of a body is not read.", "012")
def _(app: Any) -> None:
    def parse(old: Any, name: str, body: bytes) -> Any:
        try:
            return old(name, body)
        except BadRequest:
            try:
                value, _ = json.JSONDecoder(parse_float=Decimal).raw_decode(body.decode().lstrip())
            except (ValueError, UnicodeDecodeError):
                raise BadRequest("Body is not well-formed JSON.") from None
            return value
    wrap(app, "parse", parse)


@bug("nan-accepted", "The JSON reader takes NaN and Infinity and reads them as 0.", "012")
def _(app: Any) -> None:
    app.no_constant = lambda name: Decimal(0)


@bug("missing-brackets-repaired", "A body that breaks off is completed with the brackets that are missing.", "012")
def _(app: Any) -> None:
    def parse(old: Any, name: str, body: bytes) -> Any:
        for tail in (b"", b"}", b"]", b"}}", b"]}", b"}]}"):
            try:
                return old(name, body + tail)
            except BadRequest as error:
                last = error
        raise last
    wrap(app, "parse", parse)


@bug("array-body-500", "A body that is not an object ends in a fault.", "072")
def _(app: Any) -> None:
    def request(old: Any, operation: str, raw: Any) -> Any:
        if not isinstance(raw, dict):
            raise RuntimeError("AttributeError: items")
        return old(operation, raw)
    wrap(app.operations.reader, "request", request)


@bug("delete-unknown-404", "OnBeforeDeleteQuote answers 404 for a quote it never saw.", "013 230", "014 231 227 232")
def _(app: Any) -> None:
    def delete(old: Any, call: Any) -> Any:
        if call.args["Quote"]["QuoteId"] not in call.store.quotes:
            raise refused(404, "No such quote.", "no_quote")
        return old(call)
    around(app, "OnBeforeDeleteQuote", delete)


@bug("no-hit-404", "FindProduct answers 404 when nothing is found.", "013 136", "014 137")
def _(app: Any) -> None:
    def find(call: Any, value: Any) -> Any:
        if not value and (call.args.get("Userinput") or "").strip():
            raise refused(404, "Nothing found.", "no_hit")
        return value
    after(app, "FindProduct", find)


@bug("rank-404", "GetProductImage answers 404 for a rank outside the range.", "013 152", "014 153 091")
def _(app: Any) -> None:
    def image(call: Any, value: Any) -> Any:
        if value is None:
            raise refused(404, "No such picture.", "no_image")
        return value
    after(app, "GetProductImage", image)


@bug("put-accepted", "PUT, PATCH and DELETE do the same as POST.", "005")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        if request.method in ("PUT", "PATCH", "DELETE"):
            request.method = "POST"
        return old(request)
    wrap(app, "answer", answer)


@bug("no-allow-header", "405 answers have no Allow header.", "005")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        response.headers.pop("Allow", None)
        return response
    wrap(app, "answer", answer)


@bug("scratch-line", "OnQuoteLineChanged keeps the quantity in a field all threads share; parallel calls calculate "
     "with each other's quantity.", "018", "173 177 195")
def _(app: Any) -> None:
    shared: dict[str, Any] = {}

    def change(old: Any, call: Any) -> Any:
        shared[call.customer.ctx] = call.args["QuoteLine"]["Quantity"]
        time.sleep(0.004)
        call.args["QuoteLine"]["Quantity"] = shared[call.customer.ctx]
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("busy-503", "While one call of a token is worked on, other calls of the same token are answered 503.", "018",
     "034 047")
def _(app: Any) -> None:
    busy: set[str] = set()

    def answer(old: Any, request: Any) -> Any:
        token = request.headers.get("Authorization") or ""
        if op_of(request) == "Authenticate" or not token:
            return old(request)
        if token in busy:
            response = app.error(503, message("fault"), "Session is busy.", "busy")
            response.headers["Retry-After"] = "1"
            return response
        busy.add(token)
        try:
            time.sleep(0.004)
            return old(request)
        finally:
            busy.discard(token)
    wrap(app, "answer", answer)


@bug("slow-all-lists", "GetAllPriceLists needs 5.5 seconds for the second customer.", "016")
def _(app: Any) -> None:
    def lists(old: Any, call: Any) -> Any:
        if is_second(call):
            time.sleep(5.5)
        return old(call)
    around(app, "GetAllPriceLists", lists)


@bug("unsupported-after-error", "After a search that failed GetSearchResults answers 404 until the next "
     "GetSearchableFields.", "014", "013 087")
def _(app: Any) -> None:
    broken: set[str] = set()

    def search(old: Any, call: Any) -> Any:
        if call.customer.ctx in broken:
            raise refused(404, "Search is switched off.", "off")
        try:
            return old(call)
        except ApiError:
            broken.add(call.customer.ctx)
            raise
    around(app, "GetSearchResults", search)
    after(app, "GetSearchableFields", lambda call, value: (broken.discard(call.customer.ctx), value)[1])


# --- authentication -------------------------------------------------------------------------------

@bug("authenticate-refuses-object", "Authenticate refuses the body {}.", "021")
def _(app: Any) -> None:
    wrap(app, "authenticate", lambda old, r: app.error(400, message("malformed"), "Body not empty.", "bad")
         if r.body.strip() else old(r))


@bug("expires-in-as-text", "ExpiresIn is a text.", "022")
def _(app: Any) -> None:
    wrap(app, "token_answer", lambda old, token, session: {
        k: str(v) if k == "ExpiresIn" else v for k, v in old(token, session).items()})


@bug("jwt-session-per-associate", "In JWT mode the session is kept by associate id, so that the first customer who "
     "logs in with an id keeps it.", "045", "034 047 046")
def _(app: Any) -> None:
    seen: dict[str, Any] = {}
    wrap(app.auth, "check_jwt", lambda old, token: (lambda found: seen.setdefault(found[1], found))(old(token)))


@bug("jwt-nbf-quarter-hour", "JWTs are accepted up to a quarter of an hour before they become valid.", "037")
def _(app: Any) -> None:
    def check(claims: Any) -> None:
        app.auth.check_expiry(claims)
        if claims.get("nbf") is not None and time.time() < claims["nbf"] - 900:
            raise AuthError("JWT not valid yet.")
    app.auth.check_times = check


@bug("jwt-audience-contains", "An audience is accepted when it contains the application id.", "038")
def _(app: Any) -> None:
    def check(claims: Any) -> None:
        if app.auth.application_id.lower() not in str(claims.get("aud")).lower():
            raise AuthError("JWT for another audience.")
    app.auth.check_audience = check


@bug("jwt-issuer-starts-with", "The issuer only has to start with SuperOffice.", "039")
def _(app: Any) -> None:
    def check(claims: Any) -> None:
        if not str(claims.get("iss")).startswith("SuperOffice"):
            raise AuthError("JWT from another issuer.")
    app.auth.check_issuer = check


@bug("jwt-rs512-accepted", "RS384 and RS512 are accepted as well.", "036")
def _(app: Any) -> None:
    prefixes = {"RS384": ("sha384", "3041300d060960864801650304020205000430"),
                "RS512": ("sha512", "3051300d060960864801650304020305000440")}

    def check(old: Any, header: Any, signed: bytes, mac: str) -> None:
        if header.get("alg") not in prefixes:
            return old(header, signed, mac)
        name, prefix = prefixes[header["alg"]]
        signature = b64url(mac)
        for key in app.auth.keys.candidates(set()):
            size = (key.n.bit_length() + 7) // 8
            tail = b"\x00" + bytes.fromhex(prefix) + hashlib.new(name, signed).digest()
            if len(signature) == size and pow(int.from_bytes(signature, "big"), key.e, key.n).to_bytes(size, "big") \
                    == b"\x00\x01" + b"\xff" * (size - len(tail) - 2) + tail:
                return None
        raise AuthError("JWT signature not valid.")
    wrap(app.auth, "check_signature", check)


@bug("jwt-none-in-capitals", "Algorithm none is refused in lower case only; None and NONE need no signature.", "036",
     "035")
def _(app: Any) -> None:
    def check(old: Any, header: Any, signed: bytes, mac: str) -> None:
        alg = str(header.get("alg"))
        if alg.lower() == "none" and alg != "none":
            return None
        return old(header, signed, mac)
    wrap(app.auth, "check_signature", check)


@bug("jwt-empty-signature", "A JWT whose third part is empty is taken for one that was checked elsewhere.", "035", "036")
def _(app: Any) -> None:
    wrap(app.auth, "check_signature", lambda old, header, signed, mac: None if not mac else old(header, signed, mac))


@bug("jwt-header-key-trusted", "A key in the header of the JWT itself (jwk) is trusted.", "035")
def _(app: Any) -> None:
    def check(old: Any, header: Any, signed: bytes, mac: str) -> None:
        own = header.get("jwk")
        if isinstance(own, dict) and own.get("kty") == "RSA":
            key = auth_module.RsaKey(int.from_bytes(b64url(own["n"]), "big"), int.from_bytes(b64url(own["e"]), "big"),
                                     frozenset())
            if auth_module.rs256_ok(key, signed, b64url(mac)):
                return None
        return old(header, signed, mac)
    wrap(app.auth, "check_signature", check)


@bug("jwt-unknown-customer-provisioned", "A JWT of a customer nobody knows gives a session with the first customer's "
     "data, as a demo.", "040", "045")
def _(app: Any) -> None:
    def check(old: Any, claims: Any) -> Any:
        if claims.get(CLAIM + "ctx") and not app.auth.has_customer(claims[CLAIM + "ctx"]):
            claims = {**claims, CLAIM + "ctx": next(iter(app.customers))}
        return old(claims)
    wrap(app.auth, "check_identity", check)


@bug("jwt-first-key-only", "Of a key set only the first key is used.", "041")
def _(app: Any) -> None:
    if hasattr(app.auth.keys, "candidates"):
        wrap(app.auth.keys, "candidates", lambda old, ids, refused=False: (old(ids, refused), app.auth.keys.keys[:1])[1])


@bug("secret-any-case", "Secrets are compared without regard to case.", "024")
def _(app: Any) -> None:
    plain = auth_module.digest
    app.auth.secrets = []
    known = [(c["secret"], ctx, None) for c, ctx in zip(app.settings["customers"], app.customers)]
    known += [(c["shortLivedSecret"], ctx, 2.0) for c, ctx in zip(app.settings["customers"], app.customers)]
    for secret, ctx, lifetime in known:
        app.auth.secrets.append((plain(secret.lower()), ctx, lifetime or app.auth.lifetime))
    wrap(app.auth, "check_secret", lambda old, secret: old(secret.lower()))


@bug("secret-cut", "Only the first 32 characters of a secret count.", "024")
def _(app: Any) -> None:
    plain = auth_module.digest
    known = [(c["secret"], ctx, None) for c, ctx in zip(app.settings["customers"], app.customers)]
    known += [(c["shortLivedSecret"], ctx, 2.0) for c, ctx in zip(app.settings["customers"], app.customers)]
    app.auth.secrets = [(plain(secret[:32]), ctx, lifetime or app.auth.lifetime) for secret, ctx, lifetime in known]
    wrap(app.auth, "check_secret", lambda old, secret: old(secret[:32]))


@bug("empty-credential-500", "An Authorization header without credential ends in a fault.", "024 072", "026 029")
def _(app: Any) -> None:
    def bearer(old: Any, header: Any) -> str:
        if header is not None and header.strip().lower() == "bearer":
            raise RuntimeError("IndexError: list index out of range")
        return old(header)
    wrap(app.auth, "bearer", bearer)


@bug("basic-challenge", "401 answers carry WWW-Authenticate: Basic.", "030")
def _(app: Any) -> None:
    def refuse(old: Any, request: Any, error: Any) -> Any:
        response = old(request, error)
        if response.status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="wawi"'
        return response
    wrap(app, "unauthorised", refuse)


def _open_operation(app: Any, operation: str) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        try:
            return old(name, request)
        except AuthError:
            if name != operation:
                raise
            return auth_module.Session(next(iter(app.customers)), "", 0, "secret")
    wrap(app, "session", session)


@bug("image-count-open", "GetNumberOfProductImages does not look at the token.", "025 026 029", "028 045")
def _(app: Any) -> None:
    _open_operation(app, "GetNumberOfProductImages")


@bug("delete-open", "OnBeforeDeleteQuote does not look at the token.", "025 026 029", "028 045")
def _(app: Any) -> None:
    _open_operation(app, "OnBeforeDeleteQuote")


@bug("expiry-unchecked-for-orders", "PlaceOrder and GetOrderState accept tokens that have expired.", "253")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        try:
            return old(name, request)
        except AuthError as error:
            found = app.auth.find(app.auth.bearer(request.headers.get("Authorization"))) \
                if name in ("PlaceOrder", "GetOrderState") and "expired" in error.tech else None
            if found is None:
                raise
            return found
    wrap(app, "session", session)


@bug("expired-token-403", "Expired access tokens are answered 403.", "253", "029")
def _(app: Any) -> None:
    def session(old: Any, name: str, request: Any) -> Any:
        try:
            return old(name, request)
        except AuthError as error:
            raise AuthError(error.tech, 403 if "expired" in error.tech else error.status) from None
    wrap(app, "session", session)


@bug("eight-tokens", "Only the eight latest tokens of a customer are known.", "033", "018 023 034 047 026 032 253")
def _(app: Any) -> None:
    def issue(old: Any, session: Any) -> str:
        own = [k for k, s in app.auth.tokens.items() if s.ctx == session.ctx]
        for key in own[:-7]:
            app.auth.tokens.pop(key, None)
        return old(session)
    wrap(app.auth, "issue", issue)


@bug("context-identifier-in-jwt-mode", "With a signed token ContextIdentifier selects the customer.", "046", "045")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        raw = json.loads(request.body or b"{}")
        other = raw.get("ContextIdentifier") if isinstance(raw, dict) else None
        if other in app.customers and call.session.mode == "jwt":
            call.customer, call.store = app.customers[other], app.stores[other]
    wrap(app, "read", read)


@bug("connection-id-global", "The connector remembers which customer used a ConnectionId first and serves that "
     "customer's price lists and products to everybody with the same id.", "045 046", "044 047 057 018 250 048")
def _(app: Any) -> None:
    owner: dict[int, str] = {}

    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        raw = json.loads(request.body or b"{}")
        number = raw.get("ConnectionId") if isinstance(raw, dict) else None
        if isinstance(number, int) and number > 0:
            ctx = owner.setdefault(number, call.customer.ctx)
            call.customer, call.store = app.customers[ctx], app.stores[ctx]
    wrap(app, "read", read)


@bug("orders-by-ids-of-all", "Orders are found by the ids of quote, version and alternative, over all customers.",
     "045", "241")
def _(app: Any) -> None:
    everyone: dict[tuple[int, int, int], Any] = {}

    def existing(old: Any, call: Any, owner: Any) -> Any:
        return old(call, owner) or everyone.get(owner)

    def new(old: Any, call: Any, owner: Any, bundle: Any) -> Any:
        everyone[owner] = found = old(call, owner, bundle)
        return found
    wrap(app.operations, "existing_order", existing)
    wrap(app.operations, "new_order", new)


@bug("sent-keys-of-all", "Keys given in OnAfterSentQuoteVersion are kept by the ids alone, over all customers.", "045")
def _(app: Any) -> None:
    shared: dict[Any, Any] = {}
    for store in app.stores.values():
        store.sent = shared


@bug("lists-fall-back", "A list the second customer does not have comes from the first customer's.", "045",
     "089 113 116")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        found = old(call)
        if found is None:
            call.customer = next(iter(app.customers.values()))
            found = old(call)
        return found
    around(app, "GetQuoteList", get)


@bug("price-list-key-of-all", "FindProduct with a price list key of another customer finds that customer's products.",
     "045", "132 133")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        key = call.args.get("PriceListKey")
        for customer in app.customers.values() if key else ():
            if customer.list_of(key):
                call.customer = customer
        return old(call)
    around(app, "FindProduct", find)


@bug("bulk-products-of-all", "GetProducts looks for keys over all customers.", "045")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        keys = call.args["ErpProductKeys"]
        return [p for key in keys for customer in app.customers.values() if key in customer.products
                for p in [dict(customer.products[key].carrier)]]
    around(app, "GetProducts", get)


@bug("lines-of-all", "OnQuoteLineChanged judges a line by another customer's product when the key is one of that "
     "customer.", "045", "217")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        wrap_products = {k: p for c in app.customers.values() for k, p in c.products.items()}
        for line in lines_of(call.context.get("CRMAlternativesWithLines") or []):
            product = wrap_products.get(line.get("ERPProductKey") or "")
            if product is not None and (line.get("ERPProductKey") or "") not in call.customer.products:
                app.operations.refresh(call, line, product, [])
        return old(call)
    around(app, "UpdateQuoteVersionPrices", update)


@bug("token-in-header", "Every answer repeats the access token in a header X-Session.", "049")
def _(app: Any) -> None:
    def answer(old: Any, request: Any) -> Any:
        response = old(request)
        given = (request.headers.get("Authorization") or "").partition(" ")[2]
        if given.isascii() and given.isprintable() and given and response.status == 200:
            response.headers["X-Session"] = given
        return response
    wrap(app, "handle", answer)


@bug("password-in-test-error", "A failed login at TestConnection names the password that was tried.", "051", "071")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value["State"] == "Error":
            value["TechExplanation"] = "Login failed: " + str((call.args.get("ConnectionConfigFields") or {}).get(
                "erp.passwort"))
        return value
    after(app, "TestConnection", change)


@bug("stored-values-as-defaults", "GetConfigurationFields offers the stored values of the envelope as defaults, the "
     "password too.", "051", "099 102 057 250")
def _(app: Any) -> None:
    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        if name == "GetConfigurationFields" and request.body:
            raw = json.loads(request.body)
            call.args["stored"] = raw.get("ConnectionConfigFields") or {} if isinstance(raw, dict) else {}

    def fields(call: Any, value: Any) -> Any:
        for key, stored in (call.args.get("stored") or {}).items():
            if key in value and isinstance(stored, str):
                value[key]["DefaultValue"] = stored
        return value
    wrap(app, "read", read)
    after(app, "GetConfigurationFields", fields)


# --- schema ---------------------------------------------------------------------------------------

@bug("stock-as-text", "InStock is a text in the hits of the advanced search.", "062")
def _(app: Any) -> None:
    after(app, "GetSearchResults", lambda call, value: [
        {**p, **({"InStock": str(p["InStock"])} if "InStock" in p else {})} for p in value])


@bug("unknown-cost-null", "A cost that is not known is written as null.", "062")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "UnitCost"):
            if product["UnitCost"] < -10 ** 28:
                product["UnitCost"] = None
        return value
    after(app, PRODUCTS + " GetQuoteLinesFromProduct", change)


@bug("subscription-start-null", "SubscriptionStart of lines that are no subscription is null.", "060")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in lines_of(value):
            if not line["IsSubscription"]:
                line["SubscriptionStart"] = None
        return value
    after(app, "GetQuoteLinesFromProduct", change)


@bug("test-state-lower-case", "TestConnection writes State in lower case.", "059", "068 069 106 107 108 109")
def _(app: Any) -> None:
    after(app, "TestConnection", lambda call, value: {**value, "State": value["State"].lower()})


@bug("override-without-prefix", "RecalculateQuoteAlternative writes UserValueOverride of the alternative as the web API "
     "does, without Override.", "059", "190 200 066 207")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        alt = value["CRMAlternative"]
        alt["UserValueOverride"] = alt["UserValueOverride"].replace("Override", "")
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("draft-calculated", "ValidateQuoteVersion sets the state DraftCalculated of an older guide.", "059 210 212", "216")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        version = value.get("CRMQuoteVersion")
        if version and version["State"] == "Draft":
            version["State"] = "DraftCalculated"
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("dates-with-space", "LastRecalculated has a space between date and time.", "060", "215")
def _(app: Any) -> None:
    wrap(app.operations, "now", lambda old: old().replace("T", " "))


@bug("nine-digit-fraction", "LastRecalculated has a fraction of nine digits.", "060")
def _(app: Any) -> None:
    wrap(app.operations, "now", lambda old: old().replace("0Z", "000Z"))


@bug("offset-without-colon", "Offsets of price list dates are written without colon.", "060")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for pl in value:
            for name in ("ValidFrom", "ValidTo"):
                pl[name] = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", pl[name])
        return value
    after(app, "GetActivePriceLists GetAllPriceLists", change)


@bug("last-day-overflow", "ValidateQuoteVersion adds a day to ExpirationDate, which ends in a fault for 9999-12-31.",
     "061", "072")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        version = call.context.get("CRMQuoteVersion") or {}
        if str(version.get("ExpirationDate")).startswith("9999"):
            raise RuntimeError("OverflowError: date value out of range")
        return old(call)
    around(app, "ValidateQuoteVersion", validate)


@bug("offsets-refused", "Dates with an offset other than Z are answered 400.", "061")
def _(app: Any) -> None:
    wrap(app.operations.reader, "is_date", lambda old, text: old(text) and not re.search(r"[+-]\d\d:\d\d$", text))


@bug("years-before-1900-refused", "Dates before 1900 are answered 400, save for the minimum date.", "061")
def _(app: Any) -> None:
    wrap(app.operations.reader, "is_date", lambda old, text: old(text) and (
        text[:4] >= "1900" or text.startswith("0001-01-01")))


def _single(number: Any) -> Any:
    return struct.unpack("f", struct.pack("f", float(number)))[0]


@bug("ids-as-floats", "Ids go through single precision, which spoils those above 16,777,216.", "065",
     "066 172 203 204 205 208 239")
def _(app: Any) -> None:
    def integer(old: Any, raw: Any, limit: int, path: str) -> int:
        number = old(raw, limit, path)
        return min(int(_single(number)), limit - 1) if path.endswith("Id") else number
    wrap(app.operations.reader, "integer", integer)


def _texts(app: Any, operations: str, change: Any) -> None:
    """Change every text of lines, alternatives and versions of an answer."""
    kept = ("Status", "Reason", "State", "UserValueOverride", "ArchivedState")

    def run(call: Any, value: Any) -> Any:
        for kind in ("QuoteLineId", "QuoteAlternativeId", "QuoteVersionId"):
            for carrier in each(value, kind):
                for name, text in carrier.items():
                    if isinstance(text, str) and name not in kept and not re.match(r"^\d{4}-\d\d-\d\dT", text):
                        carrier[name] = change(text)
        return value
    after(app, operations, run)


@bug("texts-html-escaped", "Texts come back with &, < and > escaped for HTML.", "066", "177 205 207 220 252 148 064 251")
def _(app: Any) -> None:
    _texts(app, CALCULATING, lambda text: html.escape(text, quote=False))


@bug("texts-composed", "Texts come back in composed Unicode form.", "066", "177 205 252 251")
def _(app: Any) -> None:
    _texts(app, "RecalculateQuoteAlternative ValidateQuoteVersion", lambda text: unicodedata.normalize("NFC", text))


@bug("emoji-lost", "Characters outside the basic plane come back as question marks.", "066", "177 205 220 251")
def _(app: Any) -> None:
    _texts(app, CALCULATING, lambda text: "".join(c if ord(c) < 0x10000 else "?" for c in text))


@bug("texts-cut-at-255", "Line texts come back cut at 255 characters.", "066", "177 220")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in lines_of(value):
            if isinstance(line.get("Description"), str):
                line["Description"] = line["Description"][:255]
        return value
    after(app, CALCULATING, change)


@bug("order-comment-cut", "PlaceOrder returns OrderComment cut at 60 characters.", "066", "242")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        quote = value.get("CRMQuote")
        if quote and quote.get("OrderComment"):
            quote["OrderComment"] = quote["OrderComment"][:60]
        return value
    after(app, "PlaceOrder", change)


@bug("extra-info-dropped", "Recalculation loses ExtraInfo of the lines.", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in lines_of(value):
            line["ExtraInfo"] = []
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("approval-date-dropped", "ValidateQuoteVersion returns ApprovedRegisteredDate and SentDate without time of day.",
     "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        version = value.get("CRMQuoteVersion") or {}
        for name in ("ApprovedRegisteredDate", "SentDate"):
            if name in version:
                version[name] = version[name][:10] + "T00:00:00"
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("archived-state-lost", "ValidateQuoteVersion returns ArchivedState Unknown.", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["ArchivedState"] = "Unknown"
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("second-alternative-emptied", "ValidateQuoteVersion returns alternatives after the first without lines.", "066",
     "208 203")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for bundle in (value.get("CRMAlternativesWithLines") or [])[1:]:
            bundle["CRMQuoteLines"] = []
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("nested-null-500", "An alternative that is null inside its bundle ends in a fault on recalculation.", "056", "072 055")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines")
        if bundle is not None and bundle.get("CRMAlternative") is None:
            raise RuntimeError("NoneType")
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@bug("company-fields-null-500", "GetAddresses strips texts of the company without looking whether they are null.",
     "056", "072 055 247")
def _(app: Any) -> None:
    def addresses(old: Any, call: Any) -> Any:
        company = call.context.get("CRMCompany")
        for name in ("PostalAddressLine2", "CountryCode", "Country") if company is not None else ():
            if company.get(name) is None:
                raise RuntimeError("NoneType has no attribute strip")
        return old(call)
    around(app, "GetAddresses", addresses)


@bug("delete-without-sale-500", "OnBeforeDeleteQuote without sale ends in a fault.", "056", "072 055 227 230 231 232")
def _(app: Any) -> None:
    def delete(old: Any, call: Any) -> Any:
        if call.args.get("Sale") is None:
            raise RuntimeError("NoneType")
        return old(call)
    around(app, "OnBeforeDeleteQuote", delete)


@bug("null-currency-400", "GetActivePriceLists answers 400 for a currency of null.", "056 119", "055")
def _(app: Any) -> None:
    def lists(old: Any, call: Any) -> Any:
        if "IsoCurrencyCode" in call.args and call.args["IsoCurrencyCode"] is None:
            raise BadRequest("IsoCurrencyCode is required.")
        return old(call)
    around(app, "GetActivePriceLists", lists)


@bug("find-needs-context", "FindProduct and GetProduct answer 400 when Context is null.", "056", "055")
def _(app: Any) -> None:
    def need(old: Any, call: Any) -> Any:
        if call.args.get("Context") is None:
            raise BadRequest("Context is required.")
        return old(call)
    around(app, "FindProduct", need)
    around(app, "GetProduct", need)


@bug("null-restrictions-500", "GetSearchResults with Restrictions null ends in a fault.", "056", "072 055")
def _(app: Any) -> None:
    def search(old: Any, call: Any) -> Any:
        if call.args.get("Restrictions") is None:
            raise RuntimeError("NoneType is not iterable")
        return old(call)
    around(app, "GetSearchResults", search)


# --- errors ---------------------------------------------------------------------------------------

@bug("problem-json", "Errors are application/problem+json with type, title and status.", "006 067", "031 141 069 140")
def _(app: Any) -> None:
    def error(old: Any, status: int, text: Any, tech: str, code: str, call: Any = None) -> Any:
        response = old(status, text, tech, code, call)
        response.value = {"type": "about:blank", "title": tech, "status": status}
        response.headers["Content-Type"] = "application/problem+json"
        return response
    wrap(app, "error", error)


@bug("version-refusal-422", "A refused OnBeforeCreateQuoteVersion is answered 422.", "068 225")
def _(app: Any) -> None:
    def create(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer and answer["State"] == "Error":
            raise ApiError(422, message("blocked"), "Blocked.", "blocked")
        return answer
    around(app, "OnBeforeCreateQuoteVersion", create)


@bug("order-refusal-422", "A refused order is answered 422.", "068 240")
def _(app: Any) -> None:
    def order(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer and answer["State"] == "Error":
            raise ApiError(422, message("credit"), "Refused.", "credit")
        return answer
    around(app, "PlaceOrder", order)


@bug("test-login-401", "A wrong ERP password at TestConnection is answered 401.", "068 106", "108 032 023 111")
def _(app: Any) -> None:
    def test(old: Any, call: Any) -> Any:
        answer = old(call)
        if answer.get("ErrorCode") in ("erp_down", "erp_login", "bad_value", "missing"):
            raise AuthError("ERP login failed.")
        return answer
    around(app, "TestConnection", test)


@bug("blank-explanation", "Errors of PlaceOrder and OnBeforeCreate… explain themselves with a space.", "069", "225 240 246")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if isinstance(value, dict) and value.get("State") == "Error":
            value["UserExplanation"] = " "
        return value
    after(app, CREATING + " PlaceOrder GetOrderState", change)


@bug("long-search-500", "A search text above 1,000 characters ends in a fault.", "072", "137")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        if len(call.args.get("Userinput") or "") > 1000:
            raise RuntimeError("regex too large")
        return old(call)
    around(app, "FindProduct", find)


@bug("wrong-list-type-500", "ErpProductKeys that are a text end in a fault.", "072")
def _(app: Any) -> None:
    def request(old: Any, operation: str, raw: Any) -> Any:
        if operation == "GetProducts" and isinstance(raw, dict) and isinstance(raw.get("ErpProductKeys"), (str, int, dict)):
            raise RuntimeError("TypeError")
        return old(operation, raw)
    wrap(app.operations.reader, "request", request)


@bug("huge-quantity-500", "Quantities above one billion end in a fault.", "072", "193")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        if abs(call.args["QuoteLine"]["Quantity"]) > 10 ** 9:
            raise RuntimeError("OverflowError")
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("isok-false-on-warning", "IsOk is false when State is Warning or OkWithInfo.", "075")
def _(app: Any) -> None:
    wrap(app.operations, "outcome", lambda old, call, state="Ok", *rest, **more: (
        lambda found: {**found, **({"IsOk": state == "Ok"} if "IsOk" in found else {})})(old(call, state, *rest, **more)))


@bug("calculated-at-in-reason", "Reason of a version says when it was calculated, to the millisecond.", "077 216", "079")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["Reason"] = f"{value['CRMQuoteVersion'].get('Reason') or ''} ({time.time():.4f})"
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("approval-without-reason", "A version that needs approval gets Warning without Reason.", "076", "216")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        version = value.get("CRMQuoteVersion")
        if version and version["Status"] == "Warning":
            version["Reason"] = ""
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("spaces-between-languages", "Labels of the connection dialog put a space after the semicolon between languages.",
     "074")
def _(app: Any) -> None:
    def fields(call: Any, value: Any) -> Any:
        return {k: {**f, "DisplayName": f["DisplayName"].replace('";', '"; ')} for k, f in value.items()}
    after(app, "GetConfigurationFields", fields)


@bug("three-letter-languages", "Multi-language tooltips of list items use three letters per language.", "074")
def _(app: Any) -> None:
    def items(call: Any, value: Any) -> Any:
        return value and [{**i, "DisplayDescription": f'US:"{i["DisplayValue"]}";NOR:"{i["DisplayValue"]}"'} for i in value]
    after(app, "GetQuoteList", items)


# --- capabilities ---------------------------------------------------------------------------------

@bug("capabilities-as-texts", "Capabilities are the texts true and false.", "080", "081 082 083 092 093 094 096")
def _(app: Any) -> None:
    after(app, "GetCapabilities", lambda call, value: {k: str(v).lower() for k, v in value.items()})


@bug("unknown-capability-null", "Unknown capability names are answered null.", "080 082")
def _(app: Any) -> None:
    after(app, "GetCapabilities", lambda call, value: {
        k: v if k in call.customer.capabilities else None for k, v in value.items()})


@bug("sixteen-capabilities", "Only the first sixteen names asked for are answered.", "081", "082 083")
def _(app: Any) -> None:
    after(app, "GetCapabilities", lambda call, value: dict(list(value.items())[:16]))


@bug("known-names-only-mixed", "Asked for known and unknown names, GetCapabilities leaves the unknown ones out.",
     "081", "082")
def _(app: Any) -> None:
    after(app, "GetCapabilities", lambda call, value: {
        k: v for k, v in value.items() if k in call.customer.capabilities or len(value) == 1})


@bug("addresses-404-second", "The second customer's GetAddresses answers 404 though its capability is true.", "090 097",
     "013 014")
def _(app: Any) -> None:
    def addresses(old: Any, call: Any) -> Any:
        if is_second(call):
            raise refused(404, "Not licensed.", "not_supported")
        return old(call)
    around(app, "GetAddresses", addresses)


@bug("order-state-unsupported", "GetOrderState is not there though its capability is true.", "086 097",
     "244 246 243 229")
def _(app: Any) -> None:
    wrap(app.operations, "capability", lambda old, customer, name: True
         if name == "iorderconsumer_provide_orderstate" else old(customer, name))
    del app.table["GetOrderState"]


@bug("search-results-unsupported", "GetSearchableFields works, GetSearchResults is not there.", "087 097",
     "157 158 159 160 161 162 163 164 255")
def _(app: Any) -> None:
    wrap(app.operations, "capability", lambda old, customer, name: True
         if name == "iconnector_perform_complexsearch" else old(customer, name))
    del app.table["GetSearchResults"]


@bug("list-null-second", "The second customer's payment terms list is null though its capability is true.", "088",
     "101 112")
def _(app: Any) -> None:
    after(app, "GetQuoteList", lambda call, value: None
          if is_second(call) and call.args["QuoteListType"].lower() == "paymentterms" else value)


@bug("minimum-despite-capability", "UnitMinimumPrice of the second customer is filled although the capability is false.",
     "094")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "UnitMinimumPrice") if is_second(call) else []:
            product["UnitMinimumPrice"] = Decimal("0.15")
        return value
    after(app, PRODUCTS + " GetQuoteLinesFromProduct", change)


@bug("extra-despite-capability", "ExtraInfo of the second customer's products is filled although the capability is false.",
     "096")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "InAssortment") if is_second(call) else []:
            if "ExtraInfo" in product:
                product["ExtraInfo"] = [{"Name": "Hint", "Type": "String", "Value": "x"}]
        return value
    after(app, "GetProduct GetProducts FindProduct", change)


# --- configuration --------------------------------------------------------------------------------

def _field(app: Any, key: str, **more: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {**value, key: {**value[key], **more}})


@bug("two-equal-ranks", "Two fields of the connection dialog have the same rank.", "100")
def _(app: Any) -> None:
    _field(app, "stichtag", Rank=60)


@bug("overlong-field-key", "A FieldKey has 255 characters.", "104", "064")
def _(app: Any) -> None:
    key = "zusatz." + "x" * 248
    after(app, "GetConfigurationFields", lambda call, value: {**value, key: {
        **value["stichtag"], "FieldKey": key, "Rank": 999, "DefaultValue": None}})


@bug("reserved-key-secret", "A field of the connection dialog has the key secret.", "105")
def _(app: Any) -> None:
    after(app, "GetConfigurationFields", lambda call, value: {**value, "Secret": {
        **value["erp.passwort"], "FieldKey": "Secret", "Rank": 999, "Access": "Normal"}})


@bug("checkbox-true", "The default of a checkbox is the text True.", "102")
def _(app: Any) -> None:
    _field(app, "preise.live", DefaultValue="True")


@bug("list-field-without-list", "A field of type List has no ListName.", "101", "102")
def _(app: Any) -> None:
    _field(app, "lager ort", ListName=None)


@bug("empty-mandatory-accepted", "A mandatory field may be empty, it only must not be absent.", "107")
def _(app: Any) -> None:
    def test(old: Any, call: Any) -> Any:
        entered = call.args.get("ConnectionConfigFields") or {}
        for key in ("erp.host", "erp.mandant", "erp.passwort"):
            if entered.get(key) == "":
                entered[key] = "1"
        return old(call)
    around(app, "TestConnection", test)


@bug("capabilities-first", "TestConnection fails unless GetCapabilities has been called with the same token.", "111",
     "106 109")
def _(app: Any) -> None:
    warm: set[str] = set()

    def answer(old: Any, request: Any) -> Any:
        token = request.headers.get("Authorization") or ""
        if op_of(request) == "GetCapabilities":
            warm.add(token)
        if op_of(request) == "TestConnection" and token not in warm:
            try:
                app.auth.session(token)
            except AuthError:
                return old(request)
            return app.error(400, message("malformed"), "Session not opened.", "no_session")
        return old(request)
    wrap(app, "answer", answer)


# --- lists and price lists ------------------------------------------------------------------------

@bug("blank-item-key", "An item of the delivery terms list has an empty key.", "114")
def _(app: Any) -> None:
    def items(call: Any, value: Any) -> Any:
        if value and call.args["QuoteListType"].lower() == "deliveryterms":
            value[-1]["ERPQuoteListItemKey"] = ""
        return value
    after(app, "GetQuoteList", items)


@bug("unknown-list-empty", "An unknown list is answered [].", "113", "089")
def _(app: Any) -> None:
    after(app, "GetQuoteList", lambda call, value: [] if value is None else value)


@bug("unknown-list-first", "An unknown list is answered with the category list.", "113", "089")
def _(app: Any) -> None:
    after(app, "GetQuoteList", lambda call, value: copy.deepcopy(call.customer.lists["productcategory"])
          if value is None else value)


@bug("withdrawn-lists-active", "GetActivePriceLists returns lists with IsActive false.", "117", "133")
def _(app: Any) -> None:
    app.operations.is_active = lambda pl: pl.is_valid(ops.today().isoformat())


@bug("future-lists-active", "GetActivePriceLists returns lists that are not valid yet.", "117", "133")
def _(app: Any) -> None:
    today = ops.today().isoformat
    later = copy.copy(next(iter(app.customers.values())).price_lists[0])
    later.key, later.name, later.valid_from = "Herbst EUR", "Herbst", f"{ops.today() + timedelta(days=40)}T00:00:00"
    next(iter(app.customers.values())).price_lists.append(later)
    app.operations.is_active = lambda pl: pl.is_active and (pl.is_valid(today()) or pl.valid_from[:10] > today())


@bug("minimum-date-is-a-date", "A list whose ValidTo is the minimum date counts as expired.", "117", "119 142")
def _(app: Any) -> None:
    wrap(app.operations, "is_active", lambda old, pl: old(pl) and not pl.valid_to.startswith("0001"))


@bug("currency-lower-case", "GetAllPriceLists writes currencies in lower case.", "124", "118 121")
def _(app: Any) -> None:
    after(app, "GetAllPriceLists", lambda call, value: [{**pl, "Currency": pl["Currency"].lower()} for pl in value])


@bug("currency-sign-second", "The second customer's Norwegian list has the currency Kr.", "124", "118 119")
def _(app: Any) -> None:
    after(app, "GetActivePriceLists GetAllPriceLists", lambda call, value: [
        {**pl, "Currency": "Kr" if pl["Currency"] == "NOK" else pl["Currency"]} for pl in value])


@bug("nameless-price-list", "The dollar list has a blank name.", "123")
def _(app: Any) -> None:
    after(app, "GetActivePriceLists GetAllPriceLists", lambda call, value: [
        {**pl, "Name": " " if pl["Currency"] in ("USD", "NOK") else pl["Name"]} for pl in value])


@bug("unknown-currency-error", "A currency without lists is answered 422.", "120", "118")
def _(app: Any) -> None:
    def lists(call: Any, value: Any) -> Any:
        if not value:
            raise refused(422, "Unknown currency.", "currency")
        return value
    after(app, "GetActivePriceLists", lists)


@bug("all-lists-without-open-end", "GetAllPriceLists leaves out lists whose end is open.", "121", "142")
def _(app: Any) -> None:
    after(app, "GetAllPriceLists", lambda call, value: [
        pl for pl in value if not pl["ValidTo"].startswith("9999")])


# --- search and products --------------------------------------------------------------------------

@bug("search-as-pattern", "The search text is used as a regular expression, and bad ones end in a fault.", "137 072",
     "126 127")
def _(app: Any) -> None:
    app.operations.free_text.pattern = lambda word: re.compile(word.replace("%", ".*"))


@bug("currency-ignored", "FindProduct without price list searches the lists of all currencies.", "133")
def _(app: Any) -> None:
    wrap(app.operations, "lists_to_search", lambda old, customer, key, currency: old(customer, key, None))


@bug("umlauts-case-sensitive", "Letters outside ASCII are searched with regard to case.", "128")
def _(app: Any) -> None:
    def fold(text: str) -> str:
        return "".join(c.lower() if c.isascii() else c for c in text)
    app.operations.free_text.fold = fold


@bug("percent-first-five", "The text % gives the first five products.", "130", "133")
def _(app: Any) -> None:
    after(app, "FindProduct", lambda call, value: value[:5]
          if value and (call.args.get("Userinput") or "").strip() == "%" else value)


@bug("last-hit-without-key", "The last hit of FindProduct has no ERPProductKey.", "135", "130")
def _(app: Any) -> None:
    after(app, "FindProduct", lambda call, value: value and [*value[:-1], {**value[-1], "ERPProductKey": None}]
          if value and len(value) > 1 else value)


@bug("last-result-without-key", "The last hit of the second customer's advanced search has a blank ERPProductKey.",
     "163")
def _(app: Any) -> None:
    after(app, "GetSearchResults", lambda call, value: [*value[:-1], {**value[-1], "ERPProductKey": ""}]
          if value and len(value) > 1 and is_second(call) else value)


@bug("no-hit-422", "FindProduct answers 422 when nothing is found.", "136", "137")
def _(app: Any) -> None:
    def find(call: Any, value: Any) -> Any:
        if not value and (call.args.get("Userinput") or "").strip():
            raise refused(422, "Nothing found.", "no_hit")
        return value
    after(app, "FindProduct", find)


@bug("wrong-list-key-named", "Hits of FindProduct with a price list carry the key of the list that was asked for, also "
     "those of other lists.", "132 139", "142")
def _(app: Any) -> None:
    def find(old: Any, call: Any) -> Any:
        asked, call.args["PriceListKey"] = call.args.get("PriceListKey"), None
        found = old(call)
        if asked and call.customer.list_of(asked):
            found = found and [{**p, "ERPPriceListKey": asked} for p in found]
        return found
    around(app, "FindProduct", find)


@bug("code-decides-product", "GetProduct looks at the code inside the key only and gives the product of the first "
     "list.", "138", "139 142 169 217")
def _(app: Any) -> None:
    def get(call: Any, value: Any) -> Any:
        return dict(next(p.carrier for p in call.customer.products.values() if p.carrier["Code"] == value["Code"]))
    after(app, "GetProduct", get)


@bug("list-name-on-product", "GetProduct gives the name of the price list in ERPPriceListKey.", "142 139")
def _(app: Any) -> None:
    def get(call: Any, value: Any) -> Any:
        found = call.customer.list_of(value["ERPPriceListKey"])
        return {**value, "ERPPriceListKey": found.name if found else None}
    after(app, "GetProduct", get)


@bug("absent-key-no-lines", "GetQuoteLinesFromProduct answers [] when the key is absent or empty.", "140")
def _(app: Any) -> None:
    around(app, "GetQuoteLinesFromProduct", lambda old, call: old(call)
           if (call.args.get("ErpProductKey") or "").strip() else [])


@bug("image-without-key-null", "GetProductImage answers null when the key is empty.", "140")
def _(app: Any) -> None:
    around(app, "GetProductImage", lambda old, call: old(call)
           if (call.args.get("ErpProductKey") or "").strip() else None)


@bug("unknown-product-no-lines", "GetQuoteLinesFromProduct answers [] for an unknown key.", "141", "165")
def _(app: Any) -> None:
    around(app, "GetQuoteLinesFromProduct", lambda old, call: old(call)
           if not call.args.get("ErpProductKey") or app.operations.product(call, call.args["ErpProductKey"]) else [])


@bug("unknown-product-unexplained", "The answer for an unknown product has no UserExplanation.", "069", "141")
def _(app: Any) -> None:
    def error(old: Any, status: int, text: Any, tech: str, code: str, call: Any = None) -> Any:
        response = old(status, text, tech, code, call)
        if code == "product_unknown":
            response.value["UserExplanation"] = ""
        return response
    wrap(app, "error", error)


@bug("products-at-most-ten", "GetProducts answers the first ten keys.", "143", "144")
def _(app: Any) -> None:
    after(app, "GetProducts", lambda call, value: value[:10])


@bug("no-keys-400", "GetProducts answers 400 for an empty array.", "145")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        if not call.args["ErpProductKeys"]:
            raise BadRequest("No keys.")
        return old(call)
    around(app, "GetProducts", get)


@bug("one-unknown-key-422", "GetProducts answers 422 when one of the keys is unknown.", "144", "143")
def _(app: Any) -> None:
    def get(old: Any, call: Any) -> Any:
        if any(not app.operations.product(call, k) for k in call.args["ErpProductKeys"]):
            raise refused(422, "Unknown key.", "product_unknown")
        return old(call)
    around(app, "GetProducts", get)


@bug("tax-free-minus-one", "Products free of tax have VAT -1.", "146")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "VATInfo"):
            if "UnitListPrice" in product and product["VAT"] == 0:
                product["VAT"] = Decimal(-1)
        return value
    after(app, "GetProduct GetProducts FindProduct GetQuoteLinesFromProduct", change)


SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>").decode()


@bug("svg-thumbnails", "Thumbnails are SVG.", "147")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "Thumbnail"):
            if product["Thumbnail"]:
                product["Thumbnail"] = SVG
        return value
    after(app, PRODUCTS + " GetQuoteLinesFromProduct", change)


@bug("webp-images", "Pictures are WebP.", "154", "150 151")
def _(app: Any) -> None:
    webp = base64.b64encode(b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(24)).decode()
    after(app, "GetProductImage", lambda call, value: webp if value else value)


@bug("ampersand-in-reason", "The reason inside Rights contains an ampersand.", "148")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for product in each(value, "Rights"):
            if product["Rights"]:
                product["Rights"] = product["Rights"].replace("(", "& (")
        return value
    after(app, PRODUCTS + " GetQuoteLinesFromProduct", change)


@bug("last-image-for-minus-one", "Rank -1 gives the last picture.", "152")
def _(app: Any) -> None:
    def image(old: Any, call: Any) -> Any:
        images = app.operations.images(call, app.operations.required_product(call))
        rank = call.args["Rank"]
        return images[rank] if -len(images) <= rank < len(images) else None
    around(app, "GetProductImage", image)


@bug("rank-past-end-first", "A rank past the last picture gives the first one.", "152")
def _(app: Any) -> None:
    def image(old: Any, call: Any) -> Any:
        found = old(call)
        if found is None and call.args["Rank"] > 0:
            call.args["Rank"] = 0
            return old(call)
        return found
    around(app, "GetProductImage", image)


@bug("thumbnail-counted", "GetNumberOfProductImages counts the thumbnail too.", "151", "150 153")
def _(app: Any) -> None:
    def count(call: Any, value: Any) -> Any:
        product = app.operations.product(call, call.args.get("ErpProductKey"))
        return value + 1 if product and product.carrier.get("Thumbnail") else value
    after(app, "GetNumberOfProductImages", count)


@bug("nameless-search-field", "The last search field of the second customer has an empty key.", "155")
def _(app: Any) -> None:
    after(app, "GetSearchableFields", lambda call, value: [*value[:-1], {**value[-1], "FieldKey": ""}]
          if is_second(call) else value)


@bug("operators-in-lower-case-only", "Operators are only known in lower case.", "159")
def _(app: Any) -> None:
    def compare(old: Any, customer: Any, restriction: Any) -> Any:
        operator = (restriction or {}).get("Operator") or ""
        if operator != operator.lower():
            raise SearchError("Unknown operator.")
        return old(customer, restriction)
    wrap(app.operations.advanced, "criterion", compare)


def _decoding(app: Any, method: str, fn: Any) -> None:
    wrap(app.operations.advanced.decoder, method, fn)


@bug("encoded-dates-unread", "Encoded dates [D:…] and [DT:…] are not understood.", "162", "159 160")
def _(app: Any) -> None:
    def moment(old: Any, text: str) -> Any:
        if text.startswith("["):
            raise SearchError("Not a date.")
        return old(text)
    _decoding(app, "moment", moment)


@bug("plain-dates-unread", "Dates are only understood when encoded.", "162", "159 160 161")
def _(app: Any) -> None:
    def moment(old: Any, text: str) -> Any:
        if not text.startswith("["):
            raise SearchError("Not a date.")
        return old(text)
    _decoding(app, "moment", moment)


@bug("plain-numbers-in-german", "Plain numbers are read as in Germany, with the period for grouping.", "162",
     "159 160 161")
def _(app: Any) -> None:
    def number(old: Any, text: str) -> Any:
        return old(text if text.strip().startswith("[") else text.replace(".", "").replace(",", "."))
    _decoding(app, "number", number)


@bug("encoded-checkbox-unread", "A checkbox criterion only understands 0 and 1, not [I:0] and [I:1].", "162", "159")
def _(app: Any) -> None:
    def operand(old: Any, kind: str, value: str) -> Any:
        if kind == "Checkbox" and value.startswith("["):
            raise SearchError("Not a checkbox value.")
        return old(kind, value)
    wrap(app.operations.advanced, "operand", operand)


@bug("one-criterion-per-field", "Of several restrictions on one field only the last counts.", "158", "160")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "find", lambda old, customer, lists, restrictions: old(
        customer, lists, list({(r or {}).get("FieldKey", "").lower(): r for r in restrictions}.values())))


@bug("two-criteria-at-most", "Only the first two restrictions count.", "158")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "find", lambda old, customer, lists, restrictions: old(
        customer, lists, restrictions[:2]))


@bug("contains-as-begins", "contains works like begins.", "159")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "like", lambda old, operator, value, read: old("begins", value, read))


@bug("no-wildcard", "The percent sign is no wildcard in begins and contains.", "159")
def _(app: Any) -> None:
    def like(old: Any, operator: str, value: str, read: Any) -> Any:
        from search import fold
        wanted = fold(value)
        return lambda p: read(p) is not None and (
            fold(read(p)).startswith(wanted) if operator == "begins" else wanted in fold(read(p)))
    wrap(app.operations.advanced, "like", like)


@bug("at-most-is-less", "<= works like < and >= like >.", "159", "160")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "compare", lambda old, kind, operator, values, read: old(
        kind, operator[:1] if operator in ("<=", ">=") else operator, values, read))


@bug("between-one-value", "between with one value has no upper end.", "255")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "compare", lambda old, kind, operator, values, read: old(kind, ">=", values, read)
         if operator == "between" and len(values) == 1 else old(kind, operator, values, read))


@bug("in-without-values", "in without values is no restriction.", "255")
def _(app: Any) -> None:
    wrap(app.operations.advanced, "compare", lambda old, kind, operator, values, read: (lambda p: True)
         if operator == "in" and not values else old(kind, operator, values, read))


@bug("price-list-in-ignored", "A restriction of erpPriceListKey is only honoured with the operator =.", "157", "158 159 161")
def _(app: Any) -> None:
    def criterion(old: Any, customer: Any, restriction: Any) -> Any:
        if restriction and app.operations.advanced.is_price_list(restriction.get("FieldKey") or "") \
                and (restriction.get("Operator") or "").lower() != "=":
            return lambda p: True
        return old(customer, restriction)
    wrap(app.operations.advanced, "criterion", criterion)


# --- lines ----------------------------------------------------------------------------------------

@bug("line-key-anew", "OnQuoteLineChanged gives a line a new ERPQuoteLineKey each time.", "252", "066")
def _(app: Any) -> None:
    counter = itertools.count(7000)

    def change(call: Any, value: Any) -> Any:
        value["ERPQuoteLineKey"] = f"POS-{next(counter)}"
        return value
    after(app, "OnQuoteLineChanged", change)


@bug("last-quantity-as-default", "New lines get the quantity last typed for the product.", "171", "250 168 170")
def _(app: Any) -> None:
    last: dict[tuple[str, str], Any] = {}

    def change(call: Any, value: Any) -> Any:
        last[call.customer.ctx, value.get("ERPProductKey") or ""] = value["Quantity"]
        return value

    def new(call: Any, value: Any) -> Any:
        for line in value:
            quantity = last.get((call.customer.ctx, line["ERPProductKey"]))
            if quantity is not None:
                line["Quantity"] = quantity
                app.operations.calculate_line(call, line, ZERO)
        return value
    after(app, "OnQuoteLineChanged", change)
    after(app, "GetQuoteLinesFromProduct", new)


@bug("typed-price-into-catalogue", "A list price typed on a line becomes the price of the product.", "171",
     "250 139 169 217 018 047")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        product = app.operations.product(call, value.get("ERPProductKey"))
        if product is not None:
            product.carrier["UnitListPrice"] = value["UnitListPrice"]
        return value
    after(app, "OnQuoteLineChanged", change)


@bug("typed-price-replaced", "OnQuoteLineChanged puts the catalogue's list price back.", "177", "066 191 095 193")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        line = call.args["QuoteLine"]
        product = app.operations.product(call, line.get("ERPProductKey"))
        if product is not None:
            line["UnitListPrice"] = product.carrier["UnitListPrice"]
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("quantity-capped", "Quantities above 9,999 are cut to that.", "177", "066 195 018 173")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        call.args["QuoteLine"]["Quantity"] = min(call.args["QuoteLine"]["Quantity"], Decimal(9999))
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("returns-made-positive", "Negative quantities become positive.", "177", "066 194 195 178")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        call.args["QuoteLine"]["Quantity"] = abs(call.args["QuoteLine"]["Quantity"])
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("whole-subscription-periods", "Fractions of subscription periods are not charged.", "178", "170 221 191 179")
def _(app: Any) -> None:
    app.operations.calculator.units = lambda line: (line["Quantity"] * math.floor(line["SubscriptionQuantity"])
                                                    if line["IsSubscription"] else line["Quantity"])


@bug("single-precision", "Line amounts are calculated in single precision, off by cents from 100,000 on.", "178 179",
     "196 197 180 187 186 188 191 201")
def _(app: Any) -> None:
    def line(old: Any, line: Any, *rest: Any, **more: Any) -> Any:
        found = old(line, *rest, **more)
        for name in ("SubTotal", "TotalPrice"):
            if abs(line[name]) < 10 ** 30:
                line[name] = Decimal(_single(line[name]))
        return found
    wrap(app.operations.calculator, "line", line)


@bug("whole-percentages", "A discount percentage derived from an amount or a total is a whole number.", "181",
     "187 186 188 191 184")
def _(app: Any) -> None:
    def line(old: Any, line: Any, *rest: Any, **more: Any) -> Any:
        found = old(line, *rest, **more)
        if line["UserValueOverride"] in ("OverrideTotal", "OverrideDiscountAmount", "OverrideEarningAmount"):
            line["DiscountPercent"] = Decimal(round(line["DiscountPercent"]))
        return found
    wrap(app.operations.calculator, "line", line)


@bug("erp-amount-per-unit", "ERPDiscountAmount is per unit.", "184 183", "")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in lines_of(value):
            if line["Quantity"]:
                line["ERPDiscountAmount"] = line["ERPDiscountAmount"] / line["Quantity"]
        return value
    after(app, "OnQuoteLineChanged RecalculateQuoteAlternative GetQuoteLinesFromProduct", change)


@bug("discount-amount-capped", "A typed discount amount above the subtotal is cut to it.", "186", "177 194")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        line = call.args["QuoteLine"]
        if line["UserValueOverride"] == "OverrideDiscountAmount":
            top = app.operations.calculator.subtotal(line)
            line["DiscountAmount"] = min(line["DiscountAmount"], max(top, ZERO))
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("five-centimes", "Line totals are rounded to 0.05.", "179 196 187", "185 186 188 191 194 201 207 170 180 189 221")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, *rest: Any, **more: Any) -> Any:
        found = old(c, base, cost, *rest, **more)
        if "QuoteLineId" in c and abs(c["TotalPrice"]) < 10 ** 20:
            c["TotalPrice"] = (c["TotalPrice"] * 20).to_integral_value() / 20
            app.operations.calculator.earnings(c, cost)
        return found
    wrap(app.operations.calculator, "solve", solve)


@bug("typed-zero-not-typed", "A typed discount percentage of 0 counts as not typed, and the ERP's applies.", "185 192",
     "191 200 177")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, *rest: Any, **more: Any) -> Any:
        if c["UserValueOverride"] == "OverrideDiscountPercent" and not c["DiscountPercent"]:
            c["UserValueOverride"] = "None"
            found = old(c, base, cost, *rest, **more)
            c["UserValueOverride"] = "OverrideDiscountPercent"
            return found
        return old(c, base, cost, *rest, **more)
    wrap(app.operations.calculator, "solve", solve)


@bug("free-total-not-typed", "A typed total of 0 counts as not typed.", "187", "191 200 177")
def _(app: Any) -> None:
    def solve(old: Any, c: Any, base: Any, cost: Any, *rest: Any, **more: Any) -> Any:
        if c["UserValueOverride"] == "OverrideTotal" and not c["TotalPrice"]:
            c["UserValueOverride"] = "None"
            found = old(c, base, cost, *rest, **more)
            c["UserValueOverride"] = "OverrideTotal"
            return found
        return old(c, base, cost, *rest, **more)
    wrap(app.operations.calculator, "solve", solve)


@bug("surcharge-refused", "A typed discount below 0, a surcharge, becomes 0.", "185", "177 191")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        line = call.args["QuoteLine"]
        if line["UserValueOverride"] == "OverrideDiscountPercent":
            line["DiscountPercent"] = max(line["DiscountPercent"], ZERO)
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("loss-not-kept", "A typed earning amount below 0 becomes 0.", "188", "177 191")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        line = call.args["QuoteLine"]
        if line["UserValueOverride"] == "OverrideEarningAmount":
            line["EarningAmount"] = max(line["EarningAmount"], ZERO)
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("no-alternative-500", "OnQuoteLineChanged in a context without alternative ends in a fault.", "056", "072 174 055")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        if call.context.get("CRMAlternativeWithLines") is None:
            raise RuntimeError("NoneType")
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("changed-fields-decide", "OnQuoteLineChanged only calculates when ChangedFields names a field it knows.", "176",
     "178 179 180 181 182 183 184 185 186 187 188 189 191 175 174 173 193 195 170 055 192 196")
def _(app: Any) -> None:
    known = {"quoteline." + p.lower() for p in carriers.SPECS["QuoteLineInfo"].exact}

    def change(old: Any, call: Any) -> Any:
        if not any((f or "").lower() in known for f in call.args.get("ChangedFields") or []):
            return call.args["QuoteLine"]
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("quantity-only-when-named", "OnQuoteLineChanged forgets a typed quantity that ChangedFields does not name together "
     "with the price.", "177", "066 173 195 178")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        fields = [(f or "").lower() for f in call.args.get("ChangedFields") or []]
        if fields == ["quoteline.unitlistprice"]:
            call.args["QuoteLine"]["Quantity"] = Decimal(1)
        return old(call)
    around(app, "OnQuoteLineChanged", change)


@bug("keyless-key-invented", "A line without product key comes back with the key MANUELL.", "172", "066 175 220 252")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if not value.get("ERPProductKey"):
            value["ERPProductKey"] = "MANUELL"
        return value
    after(app, "OnQuoteLineChanged", change)


@bug("foreign-language-line", "Calculating a line of a Norwegian user fails, since its texts are not there.", "073", "072")
def _(app: Any) -> None:
    def change(old: Any, call: Any) -> Any:
        if str(call.context.get("UserLanguageCode")).startswith("nb"):
            raise RuntimeError("KeyError: nb")
        return old(call)
    around(app, "OnQuoteLineChanged", change)


# --- alternatives ---------------------------------------------------------------------------------

def _summed(app: Any, choose: Any) -> None:
    wrap(app.operations.calculator, "alternative_base", lambda old, lines: old(choose(lines)))


@bug("fifty-lines-summed", "Only the first 50 lines count in the totals of an alternative.", "197", "198 199")
def _(app: Any) -> None:
    _summed(app, lambda lines: lines[:50])


@bug("negative-lines-not-summed", "Lines with a negative total do not count in the SubTotal of an alternative.", "197",
     "198 199")
def _(app: Any) -> None:
    _summed(app, lambda lines: [line for line in lines if line["TotalPrice"] >= 0])


@bug("order-earning-ignored", "OverrideEarningAmount on an alternative is taken for None.", "200", "199")
def _(app: Any) -> None:
    def alternative(old: Any, alt: Any, *rest: Any, **more: Any) -> Any:
        typed = alt["UserValueOverride"]
        if typed == "OverrideEarningAmount":
            alt["UserValueOverride"] = "None"
        found = old(alt, *rest, **more)
        alt["UserValueOverride"] = typed
        return found
    wrap(app.operations.calculator, "alternative", alternative)


@bug("order-amount-as-percent", "A discount amount typed for an alternative is not held when lines change; its "
     "percentage is.", "200", "")
def _(app: Any) -> None:
    def alternative(old: Any, alt: Any, *rest: Any, **more: Any) -> Any:
        typed = alt["UserValueOverride"]
        if typed == "OverrideDiscountAmount" and alt["DiscountPercent"]:
            alt["UserValueOverride"] = "OverrideDiscountPercent"
        found = old(alt, *rest, **more)
        alt["UserValueOverride"] = typed
        return found
    wrap(app.operations.calculator, "alternative", alternative)


@bug("same-product-merged", "Recalculation merges lines of the same product.", "203", "066 197 204 207 178")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        merged: dict[str, Any] = {}
        for i, line in enumerate(bundle.get("CRMQuoteLines") or []):
            key = line.get("ERPProductKey") or f"\0{i}"
            if key in merged:
                merged[key]["Quantity"] += line["Quantity"]
            else:
                merged[key] = line
        if merged:
            bundle["CRMQuoteLines"] = list(merged.values())
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@bug("new-lines-dropped", "Recalculation drops lines with QuoteLineId 0.", "203", "066 197 206")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        bundle["CRMQuoteLines"] = [line for line in bundle.get("CRMQuoteLines") or [] if line["QuoteLineId"]]
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@bug("empty-keeps-totals", "An alternative without lines keeps the totals it had.", "206", "197 198 199")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        if bundle.get("CRMAlternative") is not None and not bundle.get("CRMQuoteLines"):
            bundle["CRMQuoteLines"] = []
            return bundle
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


@bug("fee-every-time", "Each recalculation adds the fee line for batteries once more.", "207", "203 204")
def _(app: Any) -> None:
    def add(old: Any, call: Any, bundle: Any) -> None:
        lines = bundle.get("CRMQuoteLines") or []
        for line in list(lines):
            product = app.operations.product(call, line.get("ERPProductKey"))
            fee = call.customer.sibling(product, product.fee_code) if product and product.fee_code else None
            if fee is not None:
                added = app.operations.new_line(call, fee, max(e["Rank"] for e in lines) + 1, ZERO)
                added["QuoteAlternativeId"] = line["QuoteAlternativeId"]
                lines.append(added)
    wrap(app.operations, "add_fees", add)


@bug("freight-line-every-time", "Recalculation adds a freight line without product key each time.", "207", "203 204 199")
def _(app: Any) -> None:
    def recalculate(old: Any, call: Any) -> Any:
        bundle = call.context.get("CRMAlternativeWithLines") or {}
        lines = bundle.get("CRMQuoteLines")
        if lines:
            added = app.operations.reader.members(carriers.SPECS["QuoteLineInfo"], {}, "line")
            added.update(Name="Fracht", Quantity=Decimal(1), UnitListPrice=Decimal("4.90"),
                         QuoteAlternativeId=lines[0]["QuoteAlternativeId"], Rank=len(lines) + 1)
            lines.append(added)
        return old(call)
    around(app, "RecalculateQuoteAlternative", recalculate)


# --- versions -------------------------------------------------------------------------------------

@bug("refused-approval-reopened", "ValidateQuoteVersion turns DraftNotApproved into DraftNeedsApproval.", "211", "212 216")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        version = value.get("CRMQuoteVersion")
        if version and version["State"] == "DraftNotApproved":
            version["State"] = "DraftNeedsApproval"
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("order-of-sent-refused", "ValidateQuoteVersion answers 422 for PlaceOrder on a version that is no longer a draft.",
     "213", "237 211")
def _(app: Any) -> None:
    def validate(old: Any, call: Any) -> Any:
        version = call.context.get("CRMQuoteVersion") or {}
        if call.args.get("Action") == "PlaceOrder" and version.get("State") not in ops.DRAFTS:
            raise refused(422, "Not a draft.", "not_draft")
        return old(call)
    around(app, "ValidateQuoteVersion", validate)


@bug("version-key-anew", "ValidateQuoteVersion gives the version a new ERP key.", "252", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["ERPQuoteVersionKey"] = app.operations.fresh_key(call, "VS")
        return value
    after(app, "ValidateQuoteVersion", change)


@bug("order-quote-key-anew", "PlaceOrder replaces ERPQuoteKey by the order key.", "252", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        quote = value.get("CRMQuote")
        if quote and quote.get("ERPOrderKey"):
            quote["ERPQuoteKey"] = quote["ERPOrderKey"]
        return value
    after(app, "PlaceOrder", change)


@bug("alternative-key-anew", "RecalculateQuoteAlternative gives the alternative a new ERP key.", "252", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for alt in alternatives_of(value):
            if alt.get("ERPQuoteAlternativeKey"):
                alt["ERPQuoteAlternativeKey"] = app.operations.fresh_key(call, "ALT")
        return value
    after(app, "RecalculateQuoteAlternative", change)


@bug("update-only-writeable", "UpdateQuoteVersionPrices refreshes only the fields named in WriteableFields.", "217", "222")
def _(app: Any) -> None:
    def refresh(old: Any, call: Any, line: Any, product: Any, writeable: list[str]) -> None:
        before = {name: line[name] for name in ("UnitListPrice", "UnitCost", "UnitMinimumPrice")}
        old(call, line, product, [])
        for name, value in before.items():
            if name.lower() not in writeable:
                line[name] = value
    wrap(app.operations, "refresh", refresh)


@bug("update-skips-minimum", "UpdateQuoteVersionPrices does not refresh UnitMinimumPrice.", "217")
def _(app: Any) -> None:
    def refresh(old: Any, call: Any, line: Any, product: Any, writeable: list[str]) -> None:
        minimum = line["UnitMinimumPrice"]
        old(call, line, product, writeable)
        line["UnitMinimumPrice"] = minimum
    wrap(app.operations, "refresh", refresh)


@bug("update-keeps-proposal", "UpdateQuoteVersionPrices keeps the ERP discount that is on the line.", "217")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        calculate = app.operations.calculate_line

        def keeping(inner: Any, line: Any, percent: Any, keep: bool = False) -> None:
            kept = app.operations.product
            try:
                app.operations.product = lambda c, key: None
                calculate(inner, line, percent, keep)
            finally:
                app.operations.product = kept
        with lock:
            app.operations.calculate_line = keeping
            try:
                return old(call)
            finally:
                app.operations.calculate_line = calculate
    lock = threading.RLock()
    around(app, "UpdateQuoteVersionPrices", update)


@bug("gone-lines-removed", "UpdateQuoteVersionPrices leaves out lines whose product is gone.", "219", "066 203")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        for bundle in call.context.get("CRMAlternativesWithLines") or []:
            bundle["CRMQuoteLines"] = [
                line for line in bundle.get("CRMQuoteLines") or []
                if not line.get("ERPProductKey") or app.operations.product(call, line["ERPProductKey"])]
        return old(call)
    around(app, "UpdateQuoteVersionPrices", update)


@bug("keyless-renamed", "UpdateQuoteVersionPrices names lines without product key Freitext.", "220 066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for line in lines_of(value):
            if not line.get("ERPProductKey"):
                line["Name"] = "Freitext"
        return value
    after(app, "UpdateQuoteVersionPrices", change)


@bug("update-second-alternative-totals", "UpdateQuoteVersionPrices does not recompute the totals of alternatives after "
     "the first.", "221")
def _(app: Any) -> None:
    def update(old: Any, call: Any) -> Any:
        before = copy.deepcopy([b.get("CRMAlternative") for b in call.context.get("CRMAlternativesWithLines") or []])
        value = old(call)
        for bundle, alt in list(zip(value.get("CRMAlternativesWithLines") or [], before))[1:]:
            if alt:
                for name in ("SubTotal", "TotalPrice", "EarningAmount", "EarningPercent", "DiscountAmount"):
                    bundle["CRMAlternative"][name] = alt[name]
        return value
    around(app, "UpdateQuoteVersionPrices", update)


# --- life cycle -----------------------------------------------------------------------------------

@bug("new-version-gets-id", "OnBeforeCreateQuoteVersion assigns a QuoteVersionId.", "224 065")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value.get("CRMQuoteVersion"):
            value["CRMQuoteVersion"]["QuoteVersionId"] = 4711
        return value
    after(app, "OnBeforeCreateQuoteVersion", change)


@bug("new-lines-get-ids", "OnBeforeCreateQuoteAlternative numbers the lines of a copied alternative.", "224 065")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for i, line in enumerate(lines_of(value)):
            line["QuoteLineId"] = line["QuoteLineId"] or 900 + i
        return value
    after(app, "OnBeforeCreateQuoteAlternative", change)


@bug("save-needs-create", "OnAfterSaveQuote answers 422 for a quote that did not pass OnBeforeCreateQuote.", "227",
     "228 229")
def _(app: Any) -> None:
    created: set[str] = set()

    def create(call: Any, value: Any) -> Any:
        if value and value.get("CRMQuote"):
            created.add(value["CRMQuote"].get("ERPQuoteKey") or "")
        return value

    def save(old: Any, call: Any) -> Any:
        if ((call.context.get("CRMQuote") or {}).get("ERPQuoteKey") or "") not in created:
            raise refused(422, "Unknown quote.", "unknown_quote")
        return old(call)
    after(app, "OnBeforeCreateQuote", create)
    around(app, "OnAfterSaveQuote", save)


@bug("save-again-409", "The second save of a quote within a second is answered 409.", "228", "227 018 047")
def _(app: Any) -> None:
    last: dict[tuple[str, int], float] = {}

    def save(old: Any, call: Any) -> Any:
        key = (call.customer.ctx, (call.context.get("CRMQuote") or {}).get("QuoteId", 0))
        before, last[key] = last.get(key, 0.0), time.monotonic()
        if last[key] - before < 1:
            raise refused(409, "Busy.", "conflict")
        return old(call)
    around(app, "OnAfterSaveQuote", save)


@bug("sent-url-relative", "OnAfterSentQuoteVersion returns an address without scheme.", "236")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value.get("Url"):
            value["Url"] = value["Url"].partition("//")[2]
        return value
    after(app, "OnAfterSentQuoteVersion", change)


@bug("sent-answer-flat", "OnAfterSentQuoteVersion returns the outcome and the version without VersionResponse.", "233",
     "066 235 252")
def _(app: Any) -> None:
    after(app, "OnAfterSentQuoteVersion", lambda call, value: value and {
        **value["VersionResponse"], "Url": value["Url"]})


@bug("sent-error-redrafts", "OnAfterSentQuoteVersion fails and sets the version back to DraftNotCalculated.", "234", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value["VersionResponse"].get("CRMQuoteVersion"):
            value["VersionResponse"].update(app.operations.outcome(call, "Error", message("unreachable"), "Down.", "x"))
            value["VersionResponse"]["CRMQuoteVersion"]["State"] = "DraftNotCalculated"
        return value
    after(app, "OnAfterSentQuoteVersion", change)


@bug("order-alternative-lost", "PlaceOrder returns QuoteAlternativeId 0.", "239 065", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        bundle = value.get("CRMAlternativeWithLines")
        if bundle and bundle.get("CRMAlternative"):
            bundle["CRMAlternative"]["QuoteAlternativeId"] = 0
        return value
    after(app, "PlaceOrder", change)


@bug("order-twice-409", "A repeated PlaceOrder is answered 409.", "241 068")
def _(app: Any) -> None:
    def order(old: Any, call: Any) -> Any:
        before = len(call.store.orders)
        answer = old(call)
        if answer["State"] != "Error" and len(call.store.orders) == before:
            raise refused(409, "Already ordered.", "conflict")
        return answer
    around(app, "PlaceOrder", order)


@bug("order-repeat-without-key", "A repeated PlaceOrder is refused without naming the order.", "241")
def _(app: Any) -> None:
    def order(old: Any, call: Any) -> Any:
        before = len(call.store.orders)
        answer = old(call)
        if answer["State"] != "Error" and len(call.store.orders) == before:
            return app.operations.outcome(call, "Error", message("fault"), "Already ordered.", "ordered")
        return answer
    around(app, "PlaceOrder", order)


@bug("order-state-always-null", "GetOrderState always answers null.", "244")
def _(app: Any) -> None:
    after(app, "GetOrderState", lambda call, value: None)


@bug("order-state-line-lost", "GetOrderState drops the first line.", "244", "066")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        if value and value.get("CRMAlternativeWithLines"):
            value["CRMAlternativeWithLines"]["CRMQuoteLines"] = value["CRMAlternativeWithLines"]["CRMQuoteLines"][1:]
        return value
    after(app, "GetOrderState", change)


@bug("delivered-negative", "DeliveredQuantity is what is still to come, negative.", "245")
def _(app: Any) -> None:
    wrap(app.operations, "delivered", lambda old, order, line: old(order, line) - line["Quantity"]
         if order.state == ops.DELIVERY_PREFIX else old(order, line))


@bug("missing-order-key-500", "GetOrderState without order key ends in a fault.", "246", "072 056 055")
def _(app: Any) -> None:
    def state(old: Any, call: Any) -> Any:
        if not (call.context.get("CRMQuote") or {}).get("ERPOrderKey"):
            raise RuntimeError("NoneType")
        return old(call)
    around(app, "GetOrderState", state)


@bug("unknown-order-422", "GetOrderState answers 422 for an order it does not know.", "246", "068")
def _(app: Any) -> None:
    def state(old: Any, call: Any) -> Any:
        if app.operations.order_of(call) is None:
            raise refused(422, "Unknown order.", "order_unknown")
        return old(call)
    around(app, "GetOrderState", state)


@bug("one-address", "GetAddresses leaves out an address that it does not have.", "247")
def _(app: Any) -> None:
    after(app, "GetAddresses", lambda call, value: value and [a for a in value if a])


@bug("addresses-as-object", "GetAddresses answers an object with Invoice and Delivery.", "247 058")
def _(app: Any) -> None:
    after(app, "GetAddresses", lambda call, value: value and {"Invoice": value[0], "Delivery": value[1]})


@bug("country-as-dialling-code", "CountryCode is the country's number.", "248")
def _(app: Any) -> None:
    def change(call: Any, value: Any) -> Any:
        for address in value or []:
            if address and address.get("CountryCode"):
                address["CountryCode"] = "756"
        return value
    after(app, "GetAddresses", change)


@bug("language-sticks", "Texts are in the language of the customer's call before when a call names none.", "250")
def _(app: Any) -> None:
    last: dict[str, Any] = {}

    def read(old: Any, name: str, request: Any, call: Any) -> None:
        old(name, request, call)
        if call.language:
            last[call.customer.ctx] = call.language
        elif name.startswith("Get") and not is_second(call):
            call.language = last.get(call.customer.ctx)
    wrap(app, "read", read)


@bug("search-narrows", "A FindProduct of one word searches among the hits of the customer's search before.", "250",
     "126 127 128 130 131 133 132 139")
def _(app: Any) -> None:
    last: dict[str, set[str]] = {}

    def find(call: Any, value: Any) -> Any:
        text = (call.args.get("Userinput") or "").strip()
        keys = {p["ERPProductKey"] for p in value or []}
        before = last.get(call.customer.ctx)
        last[call.customer.ctx] = keys
        if before and text != "%" and len(text.split()) == 1 and keys & before:
            return [p for p in value if p["ERPProductKey"] in before]
        return value
    after(app, "FindProduct", find)
