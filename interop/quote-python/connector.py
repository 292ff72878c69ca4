#!/usr/bin/env python3
"""A Quote Connector of a bicycle wholesaler: the HTTP side (sections B and C) and the command line.

Standard library only.  Request -> App.handle -> Response, without any state tied to the TCP connection.
"""
from __future__ import annotations

import argparse
import base64
import decimal
import json
import os
import secrets
import ssl
import sys
import time
import traceback
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Mapping

import operations as ops
from auth import Auth, AuthError, CertificateKeys, JwksKeys, Session
from carriers import BadRequest, to_json
from data import Customer, build_first, build_second
from operations import NO_CONTENT, ApiError, Call, Operations, Store
from texts import Message, message

BASE_PATH = "/api/crm-quote/v2"
LAB_PATH = "/lab/order"                               # test hook, not part of the contract
MAX_BODY = 64 * 1024 * 1024                           # QC-254 asks for 10 MB
NO_MEMBERS = ("Authenticate", "GetConfigurationFields", "GetSearchableFields")
_UNSET = object()


@dataclass
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False


@dataclass
class Response:
    status: int
    value: Any = _UNSET                               # JSON value; _UNSET = no body
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None                          # value as bytes

    @property
    def has_body(self) -> bool:
        return self.value is not _UNSET


class App:
    """Everything between bytes in and bytes out.  The steps are methods so that they can be exchanged."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.operations = Operations(settings["variant"])
        self.table = self.operations.table
        self.customers: dict[str, Customer] = {}
        self.stores: dict[str, Store] = {}
        keys: CertificateKeys | JwksKeys | None = None
        if settings.get("jwks"):
            keys = JwksKeys(settings["jwks"], float(settings.get("jwksPauseSeconds", 2)))
        elif settings.get("jwtCert"):
            keys = CertificateKeys(settings["jwtCert"])
        self.auth = Auth(settings["applicationId"], set(settings["modes"]), keys, float(settings["tokenSeconds"]))
        for customer, more in zip((build_first(ops.today()), build_second(ops.today())), settings["customers"]):
            customer.ctx, customer.serial = more.get("ctx", customer.ctx), more.get("serial", customer.serial)
            self.customers[customer.ctx] = customer
            self.stores[customer.ctx] = Store()
            self.auth.add_secret(more["secret"], customer.ctx)
            if more.get("nextSecret"):                # rotation: two valid at once (C.6)
                self.auth.add_secret(more["nextSecret"], customer.ctx)
            if more.get("shortLivedSecret"):
                self.auth.add_secret(more["shortLivedSecret"], customer.ctx, 2.0)
        self.auth.customers = set(self.customers)
        self.last_fault = ""
        self.chunked = self.http10 = False

    # --- one request, step by step -------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        response = self.answer(request)
        if response.has_body:
            try:
                response.raw = self.encode(response.value)
            except (OverflowError, decimal.DecimalException):
                response = self.error(422, message("amounts"), "Amounts exceed IEEE doubles.", "amount_range")
                response.raw = self.encode(response.value)
            response.headers.setdefault("Content-Type", self.content_type(response))
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def content_type(self, response: Response) -> str:
        return "application/json; charset=utf-8" if response.status == 200 else "application/json"

    def answer(self, request: Request) -> Response:
        call: Call | None = None
        try:
            if request.path == LAB_PATH:
                return self.lab(request)
            name = self.route(request.path)
            if name is None:
                return self.error(404, message("unsupported"), "Operation not supported.", "not_supported")
            if request.method != "POST":
                response = self.error(405, message("method"), "Only POST is accepted.", "method")
                response.headers["Allow"] = "POST"
                return response
            if name == "Authenticate":
                return self.authenticate(request)
            session = self.session(name, request)
            self.check_content_type(name, request)
            call = Call(self.customers[session.ctx], session, self.stores[session.ctx], {}, None)
            self.read(name, request, call)
            value = self.execute(name, call)
            return Response(204) if value is NO_CONTENT else Response(200, value)
        except AuthError as error:
            return self.unauthorised(request, error)
        except ApiError as error:
            return self.error(error.status, error.text, error.tech, error.code, call)
        except BadRequest as error:
            return self.error(400, message("malformed"), str(error), "bad_request", call)
        except decimal.DecimalException:
            return self.error(422, message("amounts"), "Amounts out of range.", "amount_range", call)
        except Exception:                             # noqa: BLE001  a real fault: 500 without details
            return self.fault(call)

    def fault(self, call: Call | None) -> Response:
        self.last_fault = traceback.format_exc()      # for the debugger; never sent, never logged
        return self.error(500, message("fault"), f"Unexpected fault, reference {secrets.token_hex(4)}.", "fault", call)

    def route(self, path: str) -> str | None:
        """Operation of a path, None when it is not one of ours.  Doubled slashes do no harm (QC-004)."""
        path = path.split("?")[0]
        while "//" in path:
            path = path.replace("//", "/")
        base, _, name = path.rpartition("/")
        return name if base == BASE_PATH and (name == "Authenticate" or name in self.table) else None

    def session(self, name: str, request: Request) -> Session:
        """The token is checked before anything in the body (QC-028)."""
        return self.auth.session(request.headers.get("Authorization"))

    def check_content_type(self, name: str, request: Request) -> None:
        """QC-008, QC-009.  An empty body needs no type."""
        parts = [p.strip().lower() for p in (request.headers.get("Content-Type") or "").split(";")]
        charsets = [p.partition("=")[2].strip('"') for p in parts[1:] if p.startswith("charset=")]
        fits = parts[0] == "application/json" and all(c in ("utf-8", "utf8") for c in charsets)
        if not fits and (request.body or parts[0]):
            raise ApiError(415, message("mediatype"), "Content-Type must be application/json.", "media_type")

    def read(self, name: str, request: Request, call: Call) -> None:
        """Body to arguments; the envelope of B.4 is unknown members to us and so ignored (QC-046)."""
        if request.too_large:
            raise ApiError(413, message("toolarge"), "Body above the limit.", "too_large")
        raw = self.parse(name, request.body)
        if name == "GetCapabilities":                 # the one bare array (D.4)
            if not isinstance(raw, list) or not all(isinstance(n, str) for n in raw):
                raise BadRequest("The body must be an array of names.")
            call.args = {"Names": raw}
            return
        call.args = self.operations.reader.request(name, raw)
        context = call.args.get("Context") or call.args.get("QuoteContext") or {}
        if not call.customer.multi_language:
            call.language = self.operations.texts.language(context.get("UserLanguageCode"))

    def parse(self, name: str, body: bytes) -> Any:
        if not body and name in NO_MEMBERS:           # H.3 no. 42
            return {}
        try:
            return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=self.no_constant)
        except (ValueError, RecursionError, decimal.DecimalException):
            raise BadRequest("Body is not well-formed JSON.") from None

    def no_constant(self, name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    def execute(self, name: str, call: Call) -> Any:
        return self.table[name](call)

    def authenticate(self, request: Request) -> Response:
        token, session = self.auth.authenticate(request.headers.get("Authorization"))
        if request.body:
            self.check_content_type("Authenticate", request)
            self.operations.reader.request("Authenticate", self.parse("Authenticate", request.body))
        return Response(200, self.token_answer(token, session))

    def token_answer(self, token: str, session: Session) -> dict[str, Any]:
        """C.3; customer two gets no TokenType but a member of our own."""
        seconds = max(1, round(session.expires - time.time()))
        if self.customers[session.ctx].explicit_null:
            return {"AccessToken": token, "ExpiresIn": seconds, "TokenType": None, "Realm": "trade"}
        return {"AccessToken": token, "TokenType": "Bearer", "ExpiresIn": seconds}

    # --- answers ---------------------------------------------------------------------------------

    def unauthorised(self, request: Request, error: AuthError) -> Response:
        if error.status == 403:
            return self.error(403, message("customer"), error.tech, "unknown_customer")
        first = request.path.endswith("/Authenticate")
        response = self.error(401, message("credentials" if first else "token"), error.tech,
                              "invalid_credentials" if first else "invalid_token")
        response.headers["WWW-Authenticate"] = 'Bearer realm="crm-quote"'
        return response

    def error(self, status: int, text: Message, tech: str, code: str, call: Call | None = None) -> Response:
        """PluginResponseInfo with State Error for every 4xx and 5xx (QC-067)."""
        language = call.language if call else None
        value = {"State": "Error", "UserExplanation": self.operations.texts.render([text], language),
                 "TechExplanation": tech, "ErrorCode": code}
        return Response(status, value)

    def encode(self, value: Any) -> bytes:
        """UTF-8; lone surrogates, which UTF-8 cannot hold, stay escaped."""
        plain = to_json(value)
        try:
            return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(plain, allow_nan=False, separators=(",", ":")).encode("ascii")

    def lab(self, request: Request) -> Response:
        """Test hook: POST {"ERPOrderKey", "Set"?} shows an order of the token's customer and may change it."""
        session = self.auth.session(request.headers.get("Authorization"))
        wanted = self.parse("lab", request.body)
        order = self.stores[session.ctx].orders.get(wanted.get("ERPOrderKey", "") if isinstance(wanted, dict) else "")
        if order is None:
            return Response(200, None)
        if wanted.get("Set") in ("OFFEN", ops.DELIVERY_PREFIX, ops.REPLAN_PREFIX):
            order.state = wanted["Set"]
        return Response(200, {"ERPOrderKey": order.key, "State": order.state, "PoNumber": order.po_number,
                              "OrderComment": order.comment})


# --- HTTP/1.1 ------------------------------------------------------------------------------------

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1                                     # header and body leave in one piece
    timeout = 120
    server: "Server"

    def __getattr__(self, name: str) -> Any:          # every method ends in App.handle, which knows 405
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        if self.server.app.http10:
            self.protocol_version, self.close_connection = "HTTP/1.0", True
        body, too_large = self.body()
        response = self.server.app.handle(Request(self.command, self.path, self.headers, body, too_large))
        content = response.raw or b""
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        chunked = self.server.app.chunked and response.status != 204 and self.command != "HEAD"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.status != 204:
            self.send_header("Content-Length", str(len(content)))
        if too_large:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if chunked:
            for at in range(0, len(content), 700):
                piece = content[at:at + 700]
                self.wfile.write(b"%x;part=1\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        elif self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def body(self) -> tuple[bytes, bool]:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return self.chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if length < 0 or length > MAX_BODY:
            self.close_connection = True
            return b"", length > MAX_BODY
        return self.rfile.read(length), False

    def chunks(self) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        total = 0
        try:
            while size := int(self.rfile.readline(100).split(b";")[0], 16):
                total += size
                if total > MAX_BODY:
                    self.close_connection = True
                    return b"", True
                parts.append(self.rfile.read(size))
                self.rfile.readline(10)
            while self.rfile.readline(1000).strip():  # trailers
                pass
        except ValueError:
            self.close_connection = True
        return b"".join(parts), False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Broken request lines and headers: JSON as well."""
        self.close_connection = True
        content = self.server.app.encode({"State": "Error", "UserExplanation": "US:\"The request could not be read.\"",
                                          "TechExplanation": "Malformed HTTP request.", "ErrorCode": "http"})
        self.send_response(code)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(content))),
                            ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        return "wawi"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: request lines could carry secrets by mistake (C.6)."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    app: App

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


def start(settings: dict[str, Any], port: int, bugs: list[str]) -> tuple[Server, dict[str, Any]]:
    """Server, not yet serving, and the ready line."""
    app = App(settings)
    if bugs:
        import bugs as planted
        import bugs_more                              # noqa: F401  registers its bugs
        planted.plant(app, bugs)
    if settings.get("styles"):
        import styles
        styles.plant(app, settings["styles"])
    server = Server(("127.0.0.1", port), Handler)
    server.app = app
    scheme = "http"
    if settings.get("tlsCert"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["tlsCert"], settings.get("tlsKey"))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    return server, ready_line(settings, f"{scheme}://127.0.0.1:{server.server_address[1]}{BASE_PATH}/", app, bugs)


def ready_line(settings: dict[str, Any], url: str, app: App, bugs: list[str]) -> dict[str, Any]:
    """What a tester needs to know.  Patterns are given as JSON pointers into the request body."""
    good = {"erp.host": "wawi.velowerk.example", "erp.mandant": "[I:7]", "erp.passwort": "geheim genug",
            "lager ort": "Z 01/Süd", "skonto %": "[F:2.5]", "stichtag": "[DT:01/31/2026 06:30:00.0000000]",
            "preise.live": "[I:1]"}
    without_image = ["SA-9", "TRUE-1"]
    with_image = ["KT 105/Ö", None]
    customers = []
    for i, ((ctx, customer), more) in enumerate(zip(app.customers.items(), settings["customers"])):
        by_code: dict[str, str] = {}
        for product in customer.products.values():
            by_code.setdefault(product.carrier["Code"], product.key)
        customers.append({
            "ctx": ctx, "serial": customer.serial, "name": customer.name, "secret": more["secret"],
            "nextSecret": more.get("nextSecret"), "shortLivedSecret": more.get("shortLivedSecret"),
            "currencies": sorted({pl.currency for pl in app.operations.active_lists(customer, None)}),
            "productWithoutImage": by_code.get(without_image[i]),
            "productWithImages": by_code.get(with_image[i]) if with_image[i] else None,
            "addressBookCompanyKeys": sorted(customer.addresses)})
    po, company = "/Context/CRMQuote/PoNumber", "/Context/ERPCompanyKey"
    return {
        "ready": True, "baseUrl": url, "applicationId": settings["applicationId"], "modes": settings["modes"],
        "variant": settings["variant"], "bugs": bugs, "pid": os.getpid(), "customers": customers,
        "testerCases": {
            "configGood": good,
            "configBad": [{**good, "erp.host": "wawi.nowhere.invalid"}, {**good, "erp.passwort": ops.WRONG_PASSWORD}],
            "refuseCreate": {"operations": ["OnBeforeCreateQuote", "OnBeforeCreateQuoteVersion",
                                            "OnBeforeCreateQuoteAlternative"], "set": {company: ops.BLOCKED_COMPANY}},
            "refuseOrder": {"set": {po: ops.CREDIT_PREFIX + "-9"}},
            "orderPartlyDelivered": {"set": {po: ops.DELIVERY_PREFIX + "-1"}, "when": "in the body of PlaceOrder; the "
                                     "next GetOrderState with its ERPOrderKey answers a carrier, QuoteVersionId kept"},
            "orderNewVersion": {"set": {po: ops.REPLAN_PREFIX + "-1"}, "when": "in the body of PlaceOrder; the next "
                                "GetOrderState answers QuoteVersionId 0 with new alternative and lines"},
            "orderHook": {"url": url.replace(BASE_PATH + "/", LAB_PATH), "body": {"ERPOrderKey": "<key>",
                          "Set": "OFFEN | LIEFERUNG | PLANUNG (optional)"}, "answers": "PoNumber, OrderComment, State"},
            "shortLivedCredential": {"secretOf": "customers[].shortLivedSecret", "seconds": 2},
        }}


def load_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Defaults, then the configuration file."""
    def secret() -> str:
        return base64.b64encode(secrets.token_bytes(34)).decode()          # ends in "==": Bearer alphabet

    settings: dict[str, Any] = {"applicationId": "7E21c0ffee90b1ke", "tokenSeconds": 1500,
                                "modes": ["secret", "jwt"], "variant": "full", "customers": [{}, {}]}
    settings.update(config)
    settings["customers"] = [{"secret": secret(), "nextSecret": secret(), "shortLivedSecret": secret(), **c}
                             for c in settings["customers"]]
    return settings


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Quote Connector of a bicycle wholesaler")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--config", help="JSON file with settings")
    parser.add_argument("--jwt-cert", help="PEM certificate or public key SuperOffice signs with")
    parser.add_argument("--jwks", help="address of SuperOffice's key set")
    parser.add_argument("--modes", help="secret,jwt")
    parser.add_argument("--variant", choices=("full", "minimal", "no-orders", "no-search"))
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--bug", action="append", default=[], help="plant a bug; repeatable")
    parser.add_argument("--list-bugs", action="store_true")
    parser.add_argument("--style", action="append", default=[], help="another way to keep the contract; repeatable")
    parser.add_argument("--list-styles", action="store_true")
    args = parser.parse_args(argv)
    if args.list_bugs:
        import bugs
        import bugs_more                              # noqa: F401  registers its bugs
        print(json.dumps(bugs.listing(), ensure_ascii=False, indent=1))
        return 0
    if args.list_styles:
        import styles
        print(json.dumps(styles.listing(), ensure_ascii=False, indent=1))
        return 0
    config: dict[str, Any] = {}
    if args.config:
        with open(args.config, encoding="utf-8") as file:
            config = json.load(file)
    given = {"jwtCert": args.jwt_cert, "jwks": args.jwks, "variant": args.variant, "tlsCert": args.tls_cert,
             "tlsKey": args.tls_key, "modes": args.modes.split(",") if args.modes else None, "styles": args.style}
    config.update({k: v for k, v in given.items() if v})
    server, ready = start(load_settings(config), args.port, args.bug)
    print(json.dumps(ready), flush=True)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
