#!/usr/bin/env python3
"""Self-check: drives the connector over HTTP in this process.

    python3 selfcheck.py            rules of the compliant connector, then every bug
    python3 selfcheck.py --rules    rules only
    python3 selfcheck.py --bugs A B only these bugs

Part one recomputes amounts with fractions and looks at auth, isolation and life cycle.  Part two plays one
fixed script of calls against the connector with and without each bug; a bug whose script does not differ
from the compliant one fails.  Test keys are made with the openssl command in a temporary directory.
"""
from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import hmac
import http.client
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Callable

import bugs
import connector
from auth import CLAIM

MINIMUM = float(-79228162514264337593543950335)
FAILED: list[str] = []


def check(label: str, fine: bool, detail: Any = "") -> None:
    if not fine:
        FAILED.append(label)
        print(f"FAIL {label} {str(detail)[:400]}")


# --- keys ------------------------------------------------------------------------------------------

def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Keys:
    """Two RSA keys, a certificate, and a key set server that publishes one of them at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("one", "two"):
            self.run("genrsa", "-out", f"{name}.key", "2048")
            self.run("rsa", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")
        self.run("req", "-x509", "-key", "one.key", "-subj", "/CN=test", "-days", "2", "-out", "one.crt")
        self.published = "one"
        keys = self

        class KeySet(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"keys": [keys.jwk(keys.published)]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *a: Any) -> None: ...
        self.server = HTTPServer(("127.0.0.1", 0), KeySet)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks"
        self.cache: dict[str, str] = {}

    def run(self, *args: str, data: bytes | None = None) -> bytes:
        return subprocess.run(["openssl", *args], cwd=self.folder, input=data, check=True, capture_output=True).stdout

    def jwk(self, name: str) -> dict[str, str]:
        hexed = self.run("rsa", "-in", f"{name}.key", "-noout", "-modulus").decode().split("=")[1].strip()
        return {"kty": "RSA", "use": "sig", "kid": name, "n": b64(bytes.fromhex(hexed)), "e": "AQAB"}

    def jwt(self, ctx: str | None, *, user: str = "31", kid: str | None = "one", key: str = "one", alg: str = "RS256",
            app_id: str = "", **claims: Any) -> str:
        now = int(time.time())
        body = {"iss": "SuperOffice AS", "aud": f"spn:{app_id}", "iat": now, "nbf": now - 60, "exp": now + 3000,
                "sub": "a@b.example", CLAIM + "serial": "1", CLAIM + "upn": "a@b.example", CLAIM + "associateid": user,
                CLAIM + "email": "a@b.example", **claims}
        if ctx:
            body[CLAIM + "ctx"] = ctx
        signed = b64(json.dumps({"alg": alg, "typ": "JWT", **({"kid": kid} if kid else {})}).encode()) + "." \
            + b64(json.dumps(body).encode())
        if alg == "none":
            return signed + "."
        if alg == "HS256":
            secret = (self.folder / "one.pub").read_bytes()
            return signed + "." + b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())
        return signed + "." + b64(self.run("dgst", "-sha256", "-sign", f"{key}.key", data=signed.encode()))


# --- client ----------------------------------------------------------------------------------------

class Client:
    def __init__(self, url: str) -> None:
        self.host, self.base = re.match(r"http://([^/]+)(.*)/$", url).groups()          # type: ignore[union-attr]
        self.local = threading.local()

    def send(self, name: str, body: bytes, token: str | None, method: str = "POST", path: str | None = None,
             **headers: str) -> tuple[int, dict[str, str], bytes]:
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.host, timeout=60)
        given = {"Accept": "application/json", "Content-Type": "application/json"}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        given.update({k.replace("_", "-"): v for k, v in headers.items()})
        self.local.connection.request(method, path or f"{self.base}/{name}", body, given)
        answer = self.local.connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def call(self, name: str, body: Any, token: str | None, **headers: str) -> Any:
        """Value of a 200 answer, "204", or "status: code"."""
        status, _, raw = self.send(name, json.dumps(body).encode(), token, **headers)
        if status == 200:
            return json.loads(raw)
        return status if status == 204 else f"{status}: {raw.decode('utf-8', 'replace')[:600]}"

    def login(self, credential: str) -> str:
        status, _, raw = self.send("Authenticate", b"", credential)
        value = json.loads(raw) if status == 200 else {}
        return value.get("AccessToken") or value.get("access_token") or f"no token: {status}"


class World:
    """One running connector."""

    def __init__(self, keys: Keys, planted: list[str], **settings: Any) -> None:
        keys.published = "one"
        self.server, self.ready = connector.start(connector.load_settings(
            {"jwks": keys.url, "jwksPauseSeconds": 0, **settings}), 0, planted)
        self.app = self.server.app
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.client, self.keys = Client(self.ready["baseUrl"]), keys
        self.a, self.b = self.ready["customers"]
        self.app_id = self.ready["applicationId"]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def token(self, customer: dict[str, Any]) -> str:
        return self.client.login(customer["secret"])


# --- bodies ----------------------------------------------------------------------------------------

EUR = "Händler EUR/1 » "


def line(number: int = 1, key: str | None = EUR + "BR-200", **more: Any) -> dict[str, Any]:
    base = {"QuoteLineId": number, "QuoteAlternativeId": 9, "ERPProductKey": key, "Name": "N\u00e4me \"x\"", "Rank": number,
            "Description": " zwei\r\nZeilen \U0001F6B2 ", "Quantity": 3, "UnitListPrice": 80.0, "UnitCost": 50.0, "VAT": 19,
            "UnitMinimumPrice": 10, "Status": "Ok", "Reason": "", "UserValueOverride": "None", "ERPQuoteLineKey": "L1",
            "SubscriptionStart": "0001-01-01T00:00:00.0000000+02:00", "DeliveredQuantity": 0, "ExtraField5": "e5"}
    return {**base, **more}


def bundle(lines: list[dict[str, Any]] | None, number: int = 9, **more: Any) -> dict[str, Any]:
    return {"CRMAlternative": {"QuoteAlternativeId": number, "QuoteVersionId": 6, "Name": "Alternative 1",
                               "ERPQuoteAlternativeKey": "A1", "UserValueOverride": "None", **more},
            "CRMQuoteLines": lines}


def context(company: str | None = None, state: str = "DraftNotCalculated", po: str = "PO 1", ids: int = 6,
            **more: Any) -> dict[str, Any]:
    return {"CRMQuote": {"QuoteId": 4 if ids else 0, "SaleId": 2, "PoNumber": po, "OrderComment": "bitte", "ERPOrderKey": ""},
            "CRMQuoteVersion": {"QuoteVersionId": ids, "QuoteId": 4 if ids else 0, "State": state, "Rank": 1,
                                "ExtraField5": "v5", "LastRecalculated": "1760-01-01T00:00:00"},
            "CRMCompany": {"ContactId": 1, "PostalAddressLine1": "P 1", "CountryCode": "NO"}, "CRMSale": {"SaleId": 2},
            "CRMPerson": None, "ERPCompanyKey": company, "UserLanguageCode": "en-US", **more}


# --- part one: rules -------------------------------------------------------------------------------

def near(a: Any, b: Any, tolerance: float = 0.01) -> bool:
    return abs(float(a) - float(b)) <= tolerance


def formulas(label: str, c: dict[str, Any], order_percent: float = 0.0) -> None:
    """Line formulas of E.2, recomputed."""
    f = {k: Fraction(str(v)) for k, v in c.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    q = f["Quantity"] * (f["SubscriptionQuantity"] if c["IsSubscription"] else 1)
    check(label + " SubTotal", near(f["SubTotal"], q * f["UnitListPrice"]), c)
    check(label + " TotalPrice", near(f["TotalPrice"], f["SubTotal"] - f["DiscountAmount"]), c)
    if c["UnitCost"] > -7.9e28:
        check(label + " Earning", near(f["EarningAmount"], f["TotalPrice"] - q * f["UnitCost"]), c)
        if f["TotalPrice"]:
            check(label + " Earning%", near(f["EarningPercent"], f["EarningAmount"] * 100 / f["TotalPrice"], .05), c)
    if f["SubTotal"]:
        check(label + " Discount%", near(f["DiscountPercent"], f["DiscountAmount"] * 100 / f["SubTotal"], .05), c)
        check(label + " ERP", near(f["ERPDiscountPercent"], f["ERPDiscountAmount"] * 100 / f["SubTotal"], .05), c)
    check(label + " Spread", near(f["TotalPriceWithAlternativeDiscount"],
                                  f["TotalPrice"] * (1 - Fraction(str(order_percent)) / 100)), c)
    if c["UserValueOverride"] == "None":
        check(label + " None", near(f["DiscountAmount"], f["ERPDiscountAmount"]), c)
    check(label + " Reason", bool(c["Reason"]) == (c["Status"] != "Ok"), c)


OVERRIDES = {"OverrideTotal": ("TotalPrice", 100.55), "OverrideDiscountPercent": ("DiscountPercent", 12.5),
             "OverrideDiscountAmount": ("DiscountAmount", 33.33), "OverrideEarningAmount": ("EarningAmount", 41.07),
             "OverrideEarningPercent": ("EarningPercent", 20)}


def rules_arithmetic(w: World) -> None:
    for customer in (w.a, w.b):
        token = w.token(customer)
        for product in w.client.call("FindProduct", {"Userinput": "%"}, token)[:60]:
            for i, new in enumerate(w.client.call("GetQuoteLinesFromProduct",
                                                  {"ErpProductKey": product["ERPProductKey"]}, token)):
                formulas(f"new {product['Code']}/{i}", new)
                for quantity in (0, 1, 2.5, 12, 60):
                    for override, (name, value) in OVERRIDES.items():
                        changed = w.client.call("OnQuoteLineChanged", {"QuoteLine": {
                            **new, "Quantity": quantity, "UserValueOverride": override, name: value}}, token) \
                            if product["Code"] in ("KT 105/Ö", "HUB-7", "ABO WS", "RÜCK/ALT", "AUFK") else None
                        if changed:
                            formulas(f"{product['Code']} {quantity} {override}", changed)
                            earning = override.startswith("OverrideEarning")
                            known = new["UnitCost"] > -7.9e28
                            check(f"{override} held", (earning and not known) or near(changed[name], value), changed)
    token = w.token(w.a)
    call = w.client.call
    lines = [line(1, EUR + "KT 105/Ö", Quantity=60), line(2, None, UserValueOverride="OverrideTotal", TotalPrice=2900),
             line(3, EUR + "AKKU 500"), line(4, UnitListPrice=-5, VAT=19, UnitMinimumPrice=-10)]
    for override, (name, value) in {"None": ("DiscountPercent", 0), **OVERRIDES}.items():
        body = {"Context": context(CRMAlternativeWithLines=bundle(lines, UserValueOverride=override, **{name: value}))}
        one = call("RecalculateQuoteAlternative", body, token)
        alt, got = one["CRMAlternative"], one["CRMQuoteLines"]
        check("fee line", [x["QuoteLineId"] for x in got] == [1, 2, 3, 4, 0], got)
        for x in got:
            formulas(f"alternative {override}", x, alt["DiscountPercent"])
        check("alternative subtotal", near(alt["SubTotal"], sum(x["TotalPrice"] for x in got), .05), alt)
        check("alternative total", near(alt["TotalPrice"], alt["SubTotal"] - alt["DiscountAmount"], .05), alt)
        check("alternative cost", near(alt["EarningAmount"],
                                       alt["TotalPrice"] - sum(x["Quantity"] * x["UnitCost"] for x in got), .05), alt)
        check("alternative VAT", near(alt["VAT"], sum(max(x["TotalPriceWithAlternativeDiscount"], 0) * x["VAT"] / 100
                                                      for x in got), .05), alt)
        check("alternative held", override == "None" or near(alt[name], value), alt)
        again = call("RecalculateQuoteAlternative", {"Context": context(CRMAlternativeWithLines=one)}, token)
        check(f"recalculated twice {override}", again == one, (again, one))
        version = {"Context": context(CRMAlternativesWithLines=[one]), "Action": "Validate"}
        valid = call("ValidateQuoteVersion", version, token)
        same = [[x[n] for n in ("UnitListPrice", "Quantity", "DiscountAmount", "DiscountPercent")]
                for x in valid["CRMAlternativesWithLines"][0]["CRMQuoteLines"]]
        check("validate keeps prices", same == [[x[n] for n in ("UnitListPrice", "Quantity", "DiscountAmount",
                                                                "DiscountPercent")] for x in got], valid)
        second = call("ValidateQuoteVersion", {"Context": context(CRMAlternativesWithLines=valid[
            "CRMAlternativesWithLines"], CRMQuoteVersion=valid["CRMQuoteVersion"]), "Action": "SendQuote"}, token)
        check("validate twice", all(second["CRMQuoteVersion"][n] == valid["CRMQuoteVersion"][n]
                                    for n in ("State", "Status", "Reason")), second)
    for bad in (1e400, 1e300, -1e300, 1e-300):
        got = w.client.send("OnQuoteLineChanged", json.dumps({"QuoteLine": {"Quantity": 1e200, "UnitListPrice": bad}})
                            .replace("Infinity", "1e400").encode(), token)
        check("huge numbers", got[0] in (200, 400, 422) and b"Infinity" not in got[2], got)


def rules_auth(w: World, cert: World) -> None:
    call, keys = w.client.call, w.keys
    a, b = w.token(w.a), w.token(w.b)
    check("secret is no token", str(call("GetQuoteList", {"QuoteListType": "x"}, w.a["secret"])).startswith("401"))
    for where in (w, cert):
        jwt = lambda *x, **k: keys.jwt(*x, app_id=where.app_id, **k)          # noqa: E731
        status = lambda credential: where.client.send("Authenticate", b"{}", credential)[0]     # noqa: E731
        good = jwt(w.a["ctx"])
        head, body, mac = good.split(".")
        raw = bytearray(base64.urlsafe_b64decode(mac + "=="))
        raw[17] ^= 4
        now = int(time.time())
        cases = {"good": (good, 200), "audience in capitals": (jwt(w.a["ctx"], aud=f"SPN:{where.app_id.upper()}"), 200),
                 "flipped": (f"{head}.{body}.{b64(bytes(raw))}", 401), "none": (jwt(w.a["ctx"], alg="none"), 401),
                 "hs256": (jwt(w.a["ctx"], alg="HS256"), 401), "expired": (jwt(w.a["ctx"], exp=now - 600), 401),
                 "early": (jwt(w.a["ctx"], nbf=now + 600), 401), "audience": (jwt(w.a["ctx"], aud="spn:other"), 401),
                 "issuer": (jwt(w.a["ctx"], iss="Evil"), 401), "no ctx": (jwt(None), 401),
                 "unknown ctx": (jwt("Cust1"), 403), "other key": (jwt(w.a["ctx"], key="two"), 401),
                 "no kid": (jwt(w.a["ctx"], kid=None), 200), "garbage": ("a.b.c", 401), "spaces": ("x y", 401)}
        for name, (credential, expected) in cases.items():
            check(f"JWT {name}", status(credential) == expected, status(credential))
        check("JWT is no token", str(where.client.call("GetCapabilities", [], good)).startswith("401"))
    users = [w.client.login(keys.jwt(w.a["ctx"], user=u, app_id=w.app_id)) for u in ("31", "32")]
    check("two users", all(isinstance(call("GetCapabilities", [], t), dict) for t in users))
    keys.published = "two"
    check("rotated key", w.client.send("Authenticate", b"", keys.jwt(
        w.a["ctx"], key="two", kid="two", app_id=w.app_id))[0] == 200)
    keys.published = "one"
    short = w.client.login(w.a["shortLivedSecret"])
    check("short token works", isinstance(call("GetCapabilities", [], short), dict))
    time.sleep(2.1)
    status_, headers, raw_ = w.client.send("GetCapabilities", b"{broken", short)
    check("short token over", status_ == 401 and headers["www-authenticate"].startswith("Bearer")
          and json.loads(raw_)["State"] == "Error", status_)
    for name in w.app.table:
        check(f"{name} needs a token", w.client.send(name, b"{", None)[0] == 401)
        check(f"{name} refuses garbage", w.client.send(name, b"{", a)[0] == 400)
        check(f"{name} method", w.client.send(name, b"", a, "GET")[0] == 405)
        for odd in ({"Context": 5}, {"Context": {"CRMQuote": []}}, [], None, 7, {"ErpProductKey": 4}, {"Rank": "x"},
                    {"QuoteLine": {"Quantity": "1"}}, {"Restrictions": [None, 3]}, {"Context": {"\ud800": "\ud800"}},
                    {"QuoteListType": "\ud800"}, {"Userinput": "\ud800'\";--%_\\\n\0", "QuoteListType": "\0"}):
            got = w.client.send(name, json.dumps(odd).encode(), a)
            check(f"{name} {odd}", got[0] < 500 and got[0] != 404, (got, w.app.last_fault))
    big = {"Context": context(CRMAlternativesWithLines=[bundle([line(i, Thumbnail="QUJD" * 500) for i in range(1, 5000)])])}
    started = time.time()
    size = len(json.dumps(big))
    check("10 MB", size > 10_000_000 and isinstance(call("ValidateQuoteVersion", big, a), dict))
    print(f"     {size:,} bytes validated in {time.time() - started:.1f} s")
    check("isolation of products", str(call("GetProduct", {"ErpProductKey": w.a["productWithImages"]}, b)).startswith("422"))


def rules_isolation(w: World) -> None:
    tokens = [w.token(w.a), w.token(w.b)]
    expected = [w.client.call("GetAllPriceLists", {}, t) for t in tokens]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda i: w.client.call("GetAllPriceLists", {"ContextIdentifier": w.b["ctx"]}, tokens[i % 2]),
                            range(50)))
    check("isolation under load", all(g == expected[i % 2] for i, g in enumerate(got)))


def rules_lifecycle(w: World) -> None:
    call, token, other = w.client.call, w.token(w.a), w.token(w.b)
    created = call("OnBeforeCreateQuote", {"Context": context(ids=0, CRMAlternativeWithLines=bundle([], 0))}, token)
    check("created", created["CRMQuote"]["ERPQuoteKey"] and created["CRMQuote"]["QuoteId"] == 0, created)
    refused = call("OnBeforeCreateQuote", {"Context": context("GESPERRT 99", ids=0)}, token)
    check("refused", refused["State"] == "Error" and refused["UserExplanation"], refused)
    saved = context(CRMAlternativeWithLines=bundle([line()]))
    saved["CRMQuoteVersion"]["ERPQuoteVersionKey"] = "VS old"
    check("saved", [call("OnAfterSaveQuote", {"Context": saved}, token) for _ in range(3)] == [204] * 3)
    copied = copy.deepcopy(saved)
    copied["CRMQuoteVersion"]["QuoteVersionId"] = 0
    new = call("OnBeforeCreateQuoteVersion", {"Context": copied}, token)["CRMQuoteVersion"]["ERPQuoteVersionKey"]
    check("version key not mistaken", new not in ("VS old", ""), new)
    order = {"Context": context(state="Sent", po="LIEFERUNG-1", CRMAlternativeWithLines=bundle([line()]))}
    first = call("PlaceOrder", order, token)
    key = first["CRMQuote"]["ERPOrderKey"]
    with ThreadPoolExecutor(6) as pool:
        keys = set(pool.map(lambda _: call("PlaceOrder", order, token)["CRMQuote"]["ERPOrderKey"], range(12)))
    check("one order", keys == {key}, keys)
    order["Context"]["CRMQuote"]["ERPOrderKey"] = key
    state = call("GetOrderState", order, token)
    check("delivered", state["CRMAlternativeWithLines"]["CRMQuoteLines"][0]["DeliveredQuantity"] == 1.5, state)
    order["Context"]["CRMAlternativeWithLines"] = state["CRMAlternativeWithLines"]
    check("nothing new", call("GetOrderState", order, token) is None)
    check("order is not B's", call("GetOrderState", order, other) is None)
    deleted = {"Quote": {"QuoteId": 4}}
    check("deleted", [call("OnBeforeDeleteQuote", deleted, token) for _ in range(2)] == [204] * 2)
    for variant, gone in (("minimal", "GetProducts"), ("no-orders", "PlaceOrder"), ("no-search", "GetSearchResults")):
        v = World(w.keys, [], variant=variant)
        t = v.token(v.a)
        caps = v.client.call("GetCapabilities", [], t)
        gates = {"PlaceOrder": "iorderconsumer_place_order", "GetSearchResults": "iconnector_perform_complexsearch",
                 "GetOrderState": "iorderconsumer_provide_orderstate", "GetProductImage": "iproductprovider_provide_picture",
                 "GetAddresses": "iaddressprovider_provide_addresses"}
        check(f"{variant} 404", v.client.send(gone, b"{}", t)[0] == 404)
        check(f"{variant} capabilities", all(caps[c] == (name in v.app.table) for name, c in gates.items()), caps)
        v.stop()


# --- part two: the script --------------------------------------------------------------------------

def play(w: World, jwts: dict[str, str]) -> dict[str, Any]:
    """One fixed script; the answers by label.  What is random is replaced."""
    out: dict[str, Any] = {}
    known = {k for c in w.app.customers.values() for k in c.products}
    client = w.client

    def neutral(text: str) -> str:
        text = re.sub(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
                      lambda m: m.group() if m.group() in known else "<guid>", text)
        for customer in (w.a, w.b):
            for name in ("secret", "nextSecret", "shortLivedSecret"):
                text = text.replace(customer[name], "<secret>")
        text = re.sub(r"\b[a-z]+ [0-9a-f]{8}\.", "<reference>", text)
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}0Z", "<now>", text)

    def raw(label: str, name: str, body: bytes, token: str | None, method: str = "POST", **headers: str) -> bytes:
        started = time.time()
        status, got, content = client.send(name, body, token, method, **headers)
        kept = {k: got.get(k) for k in ("content-type", "www-authenticate", "allow", "location")}
        out[label] = (status, kept, neutral(content.decode("utf-8", "replace")), time.time() - started > 1)
        return content

    def ask(label: str, name: str, body: Any, token: str, **headers: str) -> Any:
        content = raw(label, name, json.dumps(body).encode(), token, **headers)
        try:
            return json.loads(content)
        except ValueError:
            return None

    # authentication
    secret_a, secret_b = w.a["secret"], w.b["secret"]
    raw("auth empty body", "Authenticate", b"", secret_a)
    raw("auth object", "Authenticate", b"{}", secret_a)
    raw("auth wrong", "Authenticate", b"{}", "wrong-secret")
    raw("auth bearer", "Authenticate", b"{}", None, Authorization=f"BEARER {secret_a}")
    for label, jwt in jwts.items():
        raw(f"jwt {label}", "Authenticate", b"", jwt)
        raw(f"jwt {label} as token", "GetCapabilities", b"[]", jwt)
    users = [client.login(jwts[k]) for k in ("good", "second user")]
    for i, token in enumerate(users):
        ask(f"user {i}", "GetQuoteList", {"QuoteListType": "paymentterms"}, token)
    w.keys.published = "two"
    raw("jwt rotated", "Authenticate", b"", w.keys.cache["rotated"])
    w.keys.published = "one"
    w.app.auth.lifetime, w.app.auth.secrets = 0.15, [(h, c, 0.15 if s == 2 else s) for h, c, s in w.app.auth.secrets]
    short = [client.login(jwts["good"]), client.login(w.a["shortLivedSecret"])]
    time.sleep(0.2)
    for i, token in enumerate(short):
        ask(f"expired {i}", "GetCapabilities", [], token)
    w.app.auth.lifetime = 1500
    first_a, b = w.token(w.a), w.token(w.b)
    a = w.token(w.a)
    ask("earlier token", "GetCapabilities", ["cache-pricelists"], first_a)
    for name in ("GetQuoteList", "GetConfigurationFields", "GetProduct"):
        raw(f"{name} without token", name, b'{"QuoteListType":"paymentterms"}', None)
    raw("unknown token", "GetProduct", b"{broken", "8f0f5f5e-0000-4000-8000-000000000000")

    # transport
    raw("GET", "GetProduct", b"", a, "GET")
    raw("text/plain", "GetProducts", b'{"ErpProductKeys":[]}', a, Content_Type="text/plain")
    raw("charset", "GetProducts", b'{"ErpProductKeys":[]}', a, Content_Type="application/json; charset=utf-8")
    raw("broken", "GetProducts", b"{", a)
    raw("made up", "FrobnicateQuote", b"{}", a)
    raw("large", "ValidateQuoteVersion", json.dumps({"Context": context(CRMAlternativesWithLines=[
        bundle([line(Thumbnail="QUJD" * 280_000)])])}).encode(), a)

    # configuration, capabilities, lists, price lists
    good = w.ready["testerCases"]["configGood"]
    for i, fields in enumerate([good, {}, {**good, "erp.mandant": "no"}, {**good, "erp.mandant": ""}, {**good, "zz": "1"},
                                w.ready["testerCases"]["configBad"][0]]):
        ask(f"test {i}", "TestConnection", {"ConnectionConfigFields": fields}, a)
    ask("lists of B after test", "GetActivePriceLists", {}, b)
    ask("test again", "TestConnection", {"ConnectionConfigFields": good}, a)
    ask("fields", "GetConfigurationFields", {}, a)
    for token, who in ((a, "A"), (b, "B")):
        for i in range(4):
            ask(f"caps {who}{i}", "GetCapabilities", ["cache-pricelists", "iproductprovider_provide_cost"], token)
        ask(f"caps {who}", "GetCapabilities", [], token)
        ask(f"caps {who} unknown", "GetCapabilities", ["x_y", "cache-pricelists"], token)
        for name in ("PAYMENTTERMS", "paymentterms", "deliverytype", "productcategory", "none", "lagerorte / depots"):
            ask(f"list {who} {name}", "GetQuoteList", {"QuoteListType": name}, token)
        for operation in ("GetActivePriceLists", "GetAllPriceLists"):
            for currency in (None, "", "eur", "EUR", "XTS"):
                ask(f"{operation} {who} {currency}", operation, {"IsoCurrencyCode": currency}, token)
    ask("other context", "GetAllPriceLists", {"ContextIdentifier": w.b["ctx"]}, a)

    # products
    for token, who, words in ((a, "A", ("%", "kette", "KETTE", "gleitfix kette", "gleitfix 11-fach", "KT 105/Ö", "", "zzz", "o'x",
                                        "FELGE 26", "schlauch")), (b, "B", ("%", "spoke 140", ""))):
        for text in words:
            ask(f"find {who} {text}", "FindProduct", {"Userinput": text, "CurrencyCode": ""}, token)
    ask("find list", "FindProduct", {"Userinput": "%", "PriceListKey": "Fachhandel CHF", "CurrencyCode": "EUR"}, a)
    ask("find afterwards", "FindProduct", {"Userinput": "scheibe"}, a)
    ask("find camel", "FindProduct", {"userinput": "scheibe", "priceListKey": "Fachhandel CHF"}, a)
    key, b_key = EUR + "KT 105/Ö", w.b["productWithoutImage"]
    for i, body in enumerate([{"ErpProductKey": key}, {"ErpProductKey": key + "x"}, {"ErpProductKey": ""}, {},
                              {"ErpProductKey": 5}, {"ErpProductKey": b_key}, {"ErpProductKey": EUR + "SA-9"}]):
        for name in ("GetProduct", "GetQuoteLinesFromProduct"):
            ask(f"{name} {i}", name, body, a)
    ask("language", "GetProduct", {"ErpProductKey": "x", "Context": {"UserLanguageCode": "de-DE"}}, a)
    ask("product again", "GetProduct", {"ErpProductKey": key}, a)
    ask("product B", "GetProduct", {"ErpProductKey": b_key}, b)
    ask("products", "GetProducts", {"ErpProductKeys": [key, "no", EUR + "SA-9", "Fachhandel CHF » BR-200"]}, a)
    for code in ("SET BB", "ABO WS", "BR-200"):
        ask(f"lines {code}", "GetQuoteLinesFromProduct", {"ErpProductKey": EUR + code}, a)
    ask("lines CHF", "GetQuoteLinesFromProduct", {"ErpProductKey": "Fachhandel CHF » BR-200"}, a)
    ask("count", "GetNumberOfProductImages", {"ErpProductKey": key}, a)
    for rank in (-1, 0, 1, 2, 3):
        ask(f"image {rank}", "GetProductImage", {"ErpProductKey": key, "Rank": rank}, a)

    # advanced search
    ask("search fields", "GetSearchableFields", {}, a)
    searches = [[], [("erppricelistkey", "=", "Fachhandel CHF")], [("kategorie", "=", "BR"), ("gewicht g", ">", "100")],
                [("gewicht g", "between", "145", "257")], [("gewicht g", "in", "[I:145]", "257")],
                [("listenpreis", "=", "[F:34.90]")], [("eingeführt", "=", "[D:03/01/2023]")],
                [("eingeführt", ">=", "[D:05/01/2023]")], [("gewicht g", "around", "5")], [("nix", "=", "5")],
                [("gewicht g", "!=", "145")], [("gewicht g", "=", "99999")], [("bezeichnung", "contains", "brems%180")],
                [("eingeführt", "=", "[DT:06/15/2024 08:30:00.2500000]")], [("lagernd", "=", "[I:1]")]]
    for i, search in enumerate(searches):
        ask(f"search {i}", "GetSearchResults", {"Restrictions": [
            {"FieldKey": f, "Operator": o, "Values": list(v)} for f, o, *v in search]}, a)

    # lines
    def change(label: str, more: dict[str, Any] | None = None, token: str = a, **body: Any) -> None:
        ask(f"line {label}", "OnQuoteLineChanged", {"Context": context(CRMAlternativeWithLines=bundle([line(Quantity=99)])),
                                                    "QuoteLine": line(**(more or {})), "ChangedFields": [], **body}, token)
    change("plain")
    for override, (name, value) in OVERRIDES.items():
        change(override, {"UserValueOverride": override, name: value, "Quantity": 7})
        change(f"{override} quantity", {"UserValueOverride": override, name: value, "DiscountPercent": 12},
               ChangedFields=["QuoteLine.Quantity"])
    change("chain", {"key": key, "Quantity": 60})
    change("fraction", {"Quantity": 2.5})
    change("zero", {"Quantity": 0})
    change("new", {"number": 0})
    change("no key", {"key": None})
    change("null fields", ChangedFields=None)
    change("subscription", {"IsSubscription": True, "SubscriptionQuantity": 12})
    change("low", {"UnitListPrice": 4, "UnitMinimumPrice": 5, "UnitCost": 1})
    change("negative", {"UserValueOverride": "OverrideDiscountPercent", "DiscountPercent": 150})
    change("big", {"UnitListPrice": 912.345, "Quantity": 7})
    change("stale", {"Status": "Warning", "Reason": "old reason"})
    change("unknown property", {"Foo": 1})
    change("date", {"SubscriptionStart": "2026-09-01T00:00:00.1234567+02:00"})
    change("German", {"UnitListPrice": 4}, Context=context(UserLanguageCode="de-DE"))
    change("B", {"key": b_key}, b)

    # alternatives and versions
    def recalculate(label: str, lines: Any, token: str = a, **alt: Any) -> Any:
        return ask(f"recalculate {label}", "RecalculateQuoteAlternative",
                   {"Context": context(CRMAlternativeWithLines=bundle(lines, **alt))}, token)
    once = recalculate("plain", [line(1, key, Quantity=60), line(2, Quantity=40), line(3, Quantity=0)])
    ask("recalculate again", "RecalculateQuoteAlternative", {"Context": context(CRMAlternativeWithLines=once)}, a)
    recalculate("battery", [line(1, EUR + "AKKU 500")])
    recalculate("total", [line()], UserValueOverride="OverrideTotal", TotalPrice=100, DiscountPercent=1)
    recalculate("discount", [line(), line(2, UnitListPrice=4)], UserValueOverride="OverrideDiscountPercent",
                DiscountPercent=20)
    recalculate("negative", [line(), line(2, Quantity=-1)])
    recalculate("none", None)
    bare = line()
    del bare["DeliveredQuantity"]
    recalculate("bare", [bare])
    recalculate("high", [line(1, Quantity=900)])
    recalculate("B", [line(1, b_key, Quantity=20)], b)

    def version(label: str, name: str, lines: list[Any], state: str = "DraftNotCalculated", token: str = a, **body: Any) -> Any:
        alternatives = body.pop("alternatives", [bundle(lines), bundle([line(5, Quantity=2)], 10)])
        return ask(f"{name} {label}", name, {"Context": context(state=state, CRMAlternativesWithLines=alternatives), **body},
                   token)
    for action in ("Validate", "SendQuote", "PlaceOrder", "Unknown"):
        for state in ("DraftNotCalculated", "Sent", "DraftApproved"):
            version(f"{action} {state}", "ValidateQuoteVersion", [line()], state, Action=action)
    bad = version("error", "ValidateQuoteVersion", [line(UnitListPrice=5)], Action="Validate") or {}
    ask("ValidateQuoteVersion error again", "ValidateQuoteVersion", {"Context": context(
        CRMQuoteVersion=bad.get("CRMQuoteVersion"), CRMAlternativesWithLines=bad.get("CRMAlternativesWithLines")),
        "Action": "Validate"}, a)
    version("approval", "ValidateQuoteVersion", [], Action="Validate", alternatives=[
        bundle([line()], UserValueOverride="OverrideDiscountPercent", DiscountPercent=20)])
    person = {"Context": {k: v for k, v in context().items() if k != "CRMPerson"}, "Action": "Validate"}
    ask("ValidateQuoteVersion absent person", "ValidateQuoteVersion", person, a)
    for label, fields in (("null", None), ("empty", []), ("price", ["unitlistprice"])):
        version(label, "UpdateQuoteVersionPrices", [line(), line(2, None), line(3, "gone")], WriteableFields=fields)

    # life cycle
    create = context(ids=0, CRMAlternativeWithLines=bundle([], 0))
    ask("create", "OnBeforeCreateQuote", {"Context": create}, a)
    ask("create refused", "OnBeforeCreateQuote", {"Context": {**create, "ERPCompanyKey": "GESPERRT 99"}}, a)
    ask("create version", "OnBeforeCreateQuoteVersion", {"Context": context(ids=0, CRMAlternativesWithLines=[])}, a)
    ask("create alternative", "OnBeforeCreateQuoteAlternative", {"Context": create}, a)
    saved = {"Context": context(CRMAlternativeWithLines=bundle([line()]))}
    for i in range(2):
        ask(f"save {i}", "OnAfterSaveQuote", saved, a)
        ask(f"sent {i}", "OnAfterSentQuoteVersion", {"QuoteContext": context(state="Sent", po="")}, a)
    keys: list[Any] = []
    for po in ("KREDIT-1", "PO 7", "PO 7"):
        order = {"Context": context(state="Sent", po=po, CRMAlternativeWithLines=bundle([line(), line(2)]))}
        placed = ask(f"order {po} {len(keys)}", "PlaceOrder", order, a)
        keys.append(((placed or {}).get("CRMQuote") or {}).get("ERPOrderKey"))
    out["keys alike"] = keys[1] == keys[2]
    for k in (keys[2], "made up"):
        order["Context"]["CRMQuote"]["ERPOrderKey"] = k
        ask(f"state {k == keys[2]}", "GetOrderState", order, a)
        ask(f"state B {k == keys[2]}", "GetOrderState", order, b)
    orders = w.app.stores[w.a["ctx"]].orders
    out["po number"] = [o.po_number for o in orders.values()]
    for o in orders.values():
        o.state = "LIEFERUNG"
    order["Context"]["CRMQuote"]["ERPOrderKey"] = next(iter(orders), "")
    ask("state delivered", "GetOrderState", order, a)
    for number in (4, 4, 77):
        ask(f"delete {number} {len(out)}", "OnBeforeDeleteQuote", {"Quote": {"QuoteId": number}}, a)
    ask("addresses", "GetAddresses", {"Context": context("K/1001 Zürich")}, a)
    ask("addresses B", "GetAddresses", {"Context": context()}, b)
    ask("no company", "GetAddresses", {"Context": {"CRMCompany": None}}, a)

    # parallel load
    with ThreadPoolExecutor(8) as pool:
        codes = ["KT 105/Ö", "BR-200", "SA-9", "AUFK"] * 4
        out["parallel products"] = list(pool.map(lambda c: (client.call("GetProduct", {"ErpProductKey": EUR + c}, a) or {})[
            "ERPProductKey"] == EUR + c, codes)) if out["GetProduct 0"][0] == 200 else None
        def own(i: int) -> bool:
            got = client.call("GetActivePriceLists", {"IsoCurrencyCode": "EUR"}, (a, b)[i % 2])
            return isinstance(got, list) and len(got) == (2, 1)[i % 2]
        out["parallel customers"] = all(pool.map(own, range(40)))
        fresh = {"Context": context(state="Sent", ids=66, CRMAlternativeWithLines=bundle([line()]))}
        parallel = pool.map(lambda _: client.call("PlaceOrder", fresh, a), range(8))
        out["parallel orders"] = len({json.dumps(((p or {}).get("CRMQuote") or {}).get("ERPOrderKey"))
                                      if isinstance(p, dict) else p for p in parallel})
    return out


def check_bugs(keys: Keys, names: list[str]) -> None:
    reference = World(keys, [])
    a, app_id, now = reference.a["ctx"], reference.app_id, int(time.time())
    jwts = {"good": keys.jwt(a, app_id=app_id), "second user": keys.jwt(a, user="32", app_id=app_id),
            "none": keys.jwt(a, alg="none", app_id=app_id), "hs256": keys.jwt(a, alg="HS256", app_id=app_id),
            "expired": keys.jwt(a, exp=now - 600, app_id=app_id), "early": keys.jwt(a, nbf=now + 600, app_id=app_id),
            "audience": keys.jwt(a, aud="spn:x"), "capitals": keys.jwt(a, aud=f"SPN:{app_id}".upper()),
            "issuer": keys.jwt(a, iss="Evil", app_id=app_id), "no ctx": keys.jwt(None, app_id=app_id),
            "other key": keys.jwt(a, key="two", app_id=app_id)}
    keys.cache["rotated"] = keys.jwt(a, key="two", kid="two", app_id=app_id)
    compliant = play(reference, jwts)
    reference.stop()
    again = World(keys, [])
    second = play(again, jwts)
    again.stop()
    check("script is stable", compliant == second, {k: (compliant[k], second.get(k)) for k in compliant
                                                    if compliant[k] != second.get(k)})
    check("no faults in script", not any(isinstance(v, tuple) and v[0] >= 500 for v in compliant.values()),
          [(k, again.app.last_fault) for k, v in compliant.items() if isinstance(v, tuple) and v[0] >= 500])
    for name in names:
        world = World(keys, [name])
        try:
            got = play(world, jwts)
        except Exception as error:                          # noqa: BLE001
            check(f"script with {name}", False, repr(error))
            continue
        finally:
            world.stop()
        different = [k for k in compliant if compliant[k] != got.get(k)]
        faults = [k for k in different if isinstance(got.get(k), tuple) and got[k][0] >= 500]
        meant = "QC-072" in bugs.BUGS[name].violates
        check(f"{name} changes nothing", bool(different))
        check(f"{name} faults unexpectedly", meant or not faults, (faults, world.app.last_fault))
        print(f"  {name:32} {len(different):3}  {', '.join(different[:4])[:100]}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--bugs", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(Path(folder))
        if args.bugs is None:
            w, cert = World(keys, []), World(keys, [], jwks=None, jwtCert=str(Path(folder) / "one.crt"))
            parts: list[tuple[str, Callable[[], None]]] = [
                ("arithmetic", lambda: rules_arithmetic(w)), ("auth and robustness", lambda: rules_auth(w, cert)),
                ("isolation", lambda: rules_isolation(w)), ("life cycle and variants", lambda: rules_lifecycle(w))]
            for name, part in parts:
                started, before = time.time(), len(FAILED)
                part()
                print(f"rules: {name}: {'ok' if len(FAILED) == before else 'FAILED'} ({time.time() - started:.1f} s)")
            w.stop()
            cert.stop()
        if not args.rules:
            check_bugs(keys, args.bugs or list(bugs.BUGS))
        keys.server.shutdown()
    print("all fine" if not FAILED else f"{len(FAILED)} checks failed: {FAILED[:20]}")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
