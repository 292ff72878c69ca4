"""Database Mirroring service (legacy) of a data warehouse: the handshake, and four operations behind it.

Written from the contract text alone (integration authentication, chapter 8), with the standard library.
"""

import argparse
import base64
import json
import re
import time
import xml.parsers.expat
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import bugs
import rsa

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://www.superoffice.com/online/mirroring/0.1"
ACTION = M + "/IMirroringClientService/"
OPERATIONS = ("Authenticate", "TableSchema", "RowData", "Wipe", "ReplicationCompleted")
ISSUER, LEEWAY, MAX_BYTES, MAX_TOKEN = "SuperOffice AS", 120, 4 * 1024 * 1024, 64 * 1024


class Fault(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


class Refused(Exception):
    """The token is not trusted."""


class Service:
    """One instance for all tenants; nothing is kept between calls. A bug replaces methods."""

    issuer, leeway = ISSUER, LEEWAY

    def __init__(self, options):
        self.key = rsa.private_key(open(options.application_key, encoding="utf-8").read())
        self.trusted = rsa.certificate_key(open(options.certificate, encoding="ascii").read())
        self.audience = "spn:" + options.application_id

    # ---- Messages -----------------------------------------------------------------

    def parse(self, data):
        """Refuse a document type before anything else is read."""
        def doctype(*_):
            raise Fault("Client", "A document type is not allowed.")
        guard = xml.parsers.expat.ParserCreate()
        guard.StartDoctypeDeclHandler = doctype
        try:
            guard.Parse(data, True)
            return ElementTree.fromstring(data)
        except (xml.parsers.expat.ExpatError, ElementTree.ParseError, ValueError, LookupError, RecursionError):
            raise Fault("Client", "The message is not well-formed XML.") from None

    def handle(self, action, data):
        """The operation and the members of its answer."""
        envelope = self.parse(data)
        if envelope.tag != "{%s}Envelope" % SOAP:
            raise Fault("VersionMismatch", "Only SOAP 1.1 is understood.")
        header, body = envelope.find("{%s}Header" % SOAP), envelope.find("{%s}Body" % SOAP)
        token = None
        for block in header if header is not None else ():
            if block.tag == "{%s}SignedToken" % M:
                token = "".join(block.itertext()) if len(block) == 0 else None
            elif block.get("{%s}mustUnderstand" % SOAP) in ("1", "true"):
                raise Fault("MustUnderstand", "A header is not understood.")
        action = action.strip()
        if len(action) > 1 and action[0] == action[-1] == '"':
            action = action[1:-1]
        operation = action[len(ACTION):] if action.startswith(ACTION) else None
        if operation not in OPERATIONS:
            raise Fault("ActionNotSupported", "No operation has this action.")
        if body is None or len(body) == 0 or body[0].tag != "{%s}%sRequest" % (M, operation) and operation == "Authenticate":
            raise Fault("Client", "The body does not belong to the action.")
        return operation, self.answer(operation, token, body[0])

    def answer(self, operation, token, request):
        try:
            claims = self.verify((token or "").strip())
        except Refused as why:
            return self.refusal(operation, str(why))
        except Exception:
            return self.refusal(operation, "not readable")
        if operation != "Authenticate":
            return [("IsSuccessful", "true"), ("ErrorMessage", "")]
        state = request.findtext("{%s}ClientState" % M) or ""
        return self.accepted(claims, state)

    def accepted(self, claims, state):
        return [
            ("IsSuccessful", "true"), ("ErrorMessage", ""), ("SignedApplicationToken", self.signed(claims["nonce"])),
            ("SupportedInterfaces", "1"), ("SuperOfficeMirroringBuild", "warehouse 7.4"), ("ClientState", state),
            ("AdditionalInformationJson", "")]

    def refusal(self, operation, why):
        return [("IsSuccessful", "false"), ("ErrorMessage", "The token was not accepted.")]

    # ---- Tokens -------------------------------------------------------------------

    def part(self, text):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            raise Refused("no base64url")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def members(self, pairs):
        if len(dict(pairs)) != len(pairs):
            raise Refused("a member twice")
        return dict(pairs)

    def verify(self, token):
        if not token or len(token) > MAX_TOKEN or not token.isascii():
            raise Refused("no token")
        parts = token.split(".")
        if len(parts) != 3:
            raise Refused("not three parts")
        try:
            header, claims = (json.loads(self.part(one).decode("utf-8"), object_pairs_hook=self.members) for one in parts[:2])
        except (ValueError, RecursionError):
            raise Refused("no JSON") from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise Refused("no JSON objects")
        self.check_header(header)
        self.check_signature(parts)
        self.check_claims(claims)
        return claims

    def check_header(self, header):
        if header.get("alg") != "RS256" or "crit" in header or str(header.get("cty", "")).upper() == "JWT":
            raise Refused("header")

    def check_signature(self, parts):
        if not rsa.verify(self.trusted, ".".join(parts[:2]).encode(), self.part(parts[2])):
            raise Refused("signature")

    def check_claims(self, claims):
        if claims.get("iss") != self.issuer or claims.get("aud") != self.audience:
            raise Refused("issuer or audience")
        self.check_time(claims)
        self.check_nonce(claims.get("nonce"))

    def check_time(self, claims):
        for name, default in (("exp", None), ("nbf", 0)):
            value = claims.get(name, default)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise Refused("no time")
        if not claims.get("nbf", 0) - self.leeway <= self.now() <= claims["exp"] + self.leeway:
            raise Refused("not now")

    def check_nonce(self, nonce):
        if not isinstance(nonce, str) or not re.fullmatch(r"[!-~]{1,400}", nonce) or "." in nonce:
            raise Refused("nonce")

    def now(self):
        return time.time()

    def minute(self):
        return datetime.now(timezone.utc).strftime("%Y%m%d%H%M")

    def signed(self, nonce):
        text = f"{nonce}.{self.minute()}"
        return f"{text}.{base64.b64encode(rsa.sign(self.key, text.encode())).decode()}"

    # ---- Answers ------------------------------------------------------------------

    def written(self, operation, members):
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members)
        return f'<{operation}Response xmlns="{M}">{inner}</{operation}Response>'

    def fault(self, problem):
        code = "s:" + problem.code if problem.code != "ActionNotSupported" else "s:Client.ActionNotSupported"
        return f"<s:Fault><faultcode>{code}</faultcode><faultstring>{escape(problem.text)}</faultstring></s:Fault>"

    def respond(self, action, data):
        """Status and body."""
        try:
            operation, members = self.handle(action, data)
            return 200, self.written(operation, members)
        except Fault as problem:
            return 500, self.fault(problem)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "warehouse", ""
    service, path_of_service = None, "/mirroring"

    def log_message(self, *_):
        pass

    def send(self, status, text, content_type="text/xml; charset=utf-8"):
        data = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.send(405, "Send SOAP 1.1 with POST.\n", "text/plain; charset=utf-8")

    do_PUT = do_DELETE = do_HEAD = do_GET

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BYTES:
            self.close_connection = True
            return self.send(413, "The message is too large.\n", "text/plain; charset=utf-8")
        data = self.rfile.read(length)
        if self.path.split("?")[0].rstrip("/") != self.path_of_service:
            return self.send(404, "There is nothing here.\n", "text/plain; charset=utf-8")
        if self.headers.get("Content-Type", "").split(";")[0].strip().lower() != "text/xml":
            return self.send(415, "The content type is text/xml.\n", "text/plain; charset=utf-8")
        status, body = self.service.respond(self.headers.get("SOAPAction", ""), data)
        self.send(status, f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>')


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8850)
    parser.add_argument("--certificate", required=True, help="trust tokens signed with this certificate")
    parser.add_argument("--application-key", required=True, help="RSA XML or PEM private key")
    parser.add_argument("--application-id", required=True)
    parser.add_argument("--write-target", metavar="FILE", help="write a target file for the harness")
    parser.add_argument("--bug", metavar="NAME", help="plant a bug, see bugs.py")
    options = parser.parse_args()
    Handler.service = bugs.planted(Service, options.bug)(options)
    url = f"http://127.0.0.1:{options.port}{Handler.path_of_service}"
    if options.write_target:
        with open(options.write_target, "w", encoding="utf-8") as file:
            file.write("profile: mirroring-auth\n"
                       f"url: {json.dumps(url)}\nallow_http: true\nallow_writes: true\n"
                       'connector: { name: "Warehouse mirroring", vendor: "Interop Python", version: "1.0" }\n'
                       f"application_id: {json.dumps(options.application_id)}\n")
    server = Server(("127.0.0.1", options.port), Handler)
    print(f"ready: {url}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    import sys
    sys.modules.setdefault("connector", sys.modules["__main__"])
    main()
