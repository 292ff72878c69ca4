"""Bugs of the endpoint and of the returned token (contract sections 10.1 to 10.3, 10.9)."""

import base64
import secrets
import time
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import keys
import wire
from auth import Refused
from bugs import bug
from soap import ClientFault


@bug("no-authenticate-here", "soap.operation", "Authenticate is not served at the connector's URL.", "AUTH-001 AUTH-005")
def _(call, action, body_tag):
    if action.endswith("/Authenticate"):
        raise ClientFault("No operation matches the given action.", "Client.ActionNotSupported")
    return call(action, body_tag)


@bug("action-must-be-quoted", "soap.unquote", "A SOAPAction without quotes is not recognised.", "AUTH-003")
def _(call, action):
    return call(action) if action.startswith('"') else "unquoted " + action


@bug("action-quotes-kept", "soap.unquote", "The quotes are taken for a part of the SOAPAction.", "AUTH-003 ERP-001")
def _(call, action):
    return action.strip()


@bug("api-key-required", "gate.refusal", "Authenticate needs an X-Api-Key header.", "AUTH-004 AUTH-005")
def _(call, self, environ):
    if "Authenticate" in environ.get("HTTP_SOAPACTION", "") and "HTTP_X_API_KEY" not in environ:
        return "401 Unauthorized", "The API key is missing."
    return call(self, environ)


@bug("succeeded-left-out", "auth.accept", "Succeeded is not written when it is true.", "AUTH-005 AUTH-013")
def _(call, self, claims):
    response = call(self, claims)
    response.Succeeded = None
    return response


@bug("answered-with-202", "soap.serialize", "Authenticate is answered with HTTP 202.", "AUTH-005 AUTH-002")
def _(call, self, ctx, message):
    call(self, ctx, message)
    if ctx.out_error is None and ctx.descriptor.name == "Authenticate":
        ctx.transport.resp_code = "202 Accepted"


@bug("slow-first-handshake", "auth.authenticate", "The first handshake takes 12 s.", "AUTH-009")
def _(call, self, request):
    if not self.__dict__.get("warm"):
        self.warm = True
        time.sleep(12)
    return call(self, request)


@bug("nonce-shared", "auth.accept", "The nonce is kept in a shared variable, so parallel handshakes mix.",
     "AUTH-010 AUTH-025")
def _(call, self, claims):
    self.nonce = claims["nonce"]
    time.sleep(0.03)
    return call(self, {**claims, "nonce": self.nonce})


@bug("succeeded-first", "soap.serialize", "Succeeded is written first, against the service's own WSDL.", "AUTH-012")
def _(call, self, ctx, message):
    call(self, ctx, message)
    for element in list(ctx.out_document.iter("{%s}Succeeded" % wire.AUTH_DATA_NS)):
        element.getparent().insert(0, element)


@bug("members-in-service-namespace", "soap.serialize",
     "Members of the answer are in the service's namespace, not in that of its WSDL.", "AUTH-012")
def _(call, self, ctx, message):
    call(self, ctx, message)
    for element in list(ctx.out_document.iter("{%s}*" % wire.AUTH_DATA_NS)):
        element.tag = element.tag.replace(wire.AUTH_DATA_NS, wire.AUTH_NS)


@bug("every-fourth-refused", "auth.claims", "Every fourth good token is refused.", "AUTH-013 AUTH-010")
def _(call, self, claims, header):
    call(self, claims, header)
    self.count = self.__dict__.get("count", 0) + 1
    if self.count % 4 == 0:
        raise Refused("too many")


@bug("token-left-out", "auth.accept", "Success comes without a token.", "AUTH-014")
def _(call, self, claims):
    return wire.AuthenticationResponse(Succeeded=True)


@bug("reason-with-success", "auth.accept", "Success comes with the reason OK.", "AUTH-015")
def _(call, self, claims):
    response = call(self, claims)
    response.Reason = "OK"
    return response


def demanding(name, sentence, ids, condition):
    """Good tokens are refused unless a condition holds for claims and header."""

    @bug(name, "auth.claims", sentence, ids)
    def hook(call, self, claims, header):
        call(self, claims, header)
        if not condition(self, claims, header):
            raise Refused(name)


KNOWN_CLAIMS = {"iss", "aud", "sub", "nonce", "nbf", "exp", "iat", "http://schemes.superoffice.net/identity/ctx"}
demanding("iat-required", "Tokens without iat are refused.", "AUTH-016 AUTH-013",
          lambda self, claims, header: "iat" in claims)
demanding("email-required", "Tokens without an e-mail claim are refused.", "AUTH-016 AUTH-013",
          lambda self, claims, header: any("email" in claim for claim in claims))
demanding("extra-claims-refused", "Tokens with a claim that is not known are refused.", "AUTH-017",
          lambda self, claims, header: set(claims) <= KNOWN_CLAIMS)
demanding("first-tenant-only", "The first tenant is remembered, others are refused.", "AUTH-020 AUTH-010",
          lambda self, claims, header: self.__dict__.setdefault("tenant", claims.get("sub")) == claims.get("sub"))
demanding("nonce-hex-only", "A nonce that is not 32 upper-case hex digits is refused.", "AUTH-021",
          lambda self, claims, header: len(claims["nonce"]) == 32 and not set(claims["nonce"]) - set("0123456789ABCDEF"))


@bug("compact-json-only", "auth.json", "JSON with white space is refused.", "AUTH-018")
def _(call, data):
    if b"\n" in data or b": " in data or b", " in data:
        raise Refused("not compact")
    return call(data)


@bug("claims-in-order", "auth.json", "The claim iss has to come before aud, and alg before typ.", "AUTH-018")
def _(call, data):
    members = call(data)
    if isinstance(members, dict):
        names = list(members)
        for first, second in (("iss", "aud"), ("alg", "typ")):
            if first in names and second in names and names.index(first) > names.index(second):
                raise Refused("out of order")
    return members


@bug("white-space-refused", "auth.token", "White space around the token makes it unreadable.", "AUTH-019")
def _(call, self, request):
    if request is not None and request.SignedToken and request.SignedToken != request.SignedToken.strip():
        raise Refused("white space")
    return call(self, request)


def on_answer(name, sentence, ids, change):
    """Change the three parts of the returned token."""

    @bug(name, "auth.answer", sentence, ids)
    def hook(call, self, nonce):
        return change(self, nonce, *call(self, nonce).split("."))


def resigned(self, nonce, minute):
    text = f"{nonce}.{minute}"
    return f"{text}.{self.signature_text(self.sign(text))}"


def now(pattern, offset=timedelta(0)):
    return (datetime.now(timezone.utc) + offset).strftime(pattern)


on_answer("nonce-cut", "A nonce longer than 32 characters is cut.", "AUTH-025 AUTH-021",
          lambda self, nonce, a, b, c: resigned(self, nonce[:32], b))
on_answer("nonce-in-capitals", "The nonce is returned in upper case.", "AUTH-025 AUTH-021",
          lambda self, nonce, a, b, c: resigned(self, nonce.upper(), b))
on_answer("nonce-of-our-own", "The returned nonce is a new one.", "AUTH-025",
          lambda self, nonce, a, b, c: resigned(self, secrets.token_hex(16).upper(), b))
on_answer("fourth-part", "The returned token has the application id as a fourth part.", "AUTH-024",
          lambda self, nonce, a, b, c: f"{a}.{b}.{c}.{self.application_id}")
on_answer("two-parts", "The returned token lacks the timestamp.", "AUTH-024 AUTH-026",
          lambda self, nonce, a, b, c: f"{a}.{c}")
on_answer("with-seconds", "The timestamp has seconds.", "AUTH-026",
          lambda self, nonce, a, b, c: resigned(self, nonce, now("%Y%m%d%H%M%S")))
on_answer("day-first", "The timestamp is written day first.", "AUTH-026 AUTH-027",
          lambda self, nonce, a, b, c: resigned(self, nonce, now("%d%m%Y%H%M")))
on_answer("month-thirteen", "Months are counted from 0 and 12 is added for the ERP's calendar.", "AUTH-026 AUTH-027",
          lambda self, nonce, a, b, c: resigned(self, nonce, f"{b[:4]}{int(b[4:6]) + 12}{b[6:]}"))
on_answer("local-time", "The timestamp is the local time of Oslo.", "AUTH-027",
          lambda self, nonce, a, b, c: resigned(self, nonce, now("%Y%m%d%H%M", timedelta(hours=1))))
on_answer("half-an-hour-ahead", "The timestamp is the end of a half-hour lifetime.", "AUTH-027",
          lambda self, nonce, a, b, c: resigned(self, nonce, now("%Y%m%d%H%M", timedelta(minutes=30))))
on_answer("base64url-signature", "The signature is base64url.", "AUTH-029",
          lambda self, nonce, a, b, c: f"{a}.{b}.{c.replace('+', '-').replace('/', '_')}")
on_answer("padding-left-out", "The signature lacks its padding.", "AUTH-029",
          lambda self, nonce, a, b, c: f"{a}.{b}.{c.rstrip('=')}")
on_answer("signature-in-lines", "The signature is wrapped in lines.", "AUTH-034",
          lambda self, nonce, a, b, c: f"{a}.{b}." + "\n".join(c[at:at + 76] for at in range(0, len(c), 76)))


@bug("minute-cached", "auth.minute", "The timestamp is that of the first handshake.", "AUTH-028", "more than a minute")
def _(call, self):
    return self.__dict__.setdefault("cached_minute", call(self))


def signing(name, sentence, ids, sign):
    @bug(name, "auth.sign", sentence, ids)
    def hook(call, self, text):
        return sign(self, text)


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
signing("signed-with-sha1", "The signature uses SHA-1.", "AUTH-030",
        lambda self, text: self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA1()))
signing("signed-with-sha512", "The signature uses SHA-512.", "AUTH-030",
        lambda self, text: self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA512()))
signing("signed-with-pss", "The signature uses PSS.", "AUTH-030",
        lambda self, text: self.key.sign(text.encode(), PSS, hashes.SHA256()))
signing("signed-utf16", "The signature is over UTF-16 text.", "AUTH-030",
        lambda self, text: keys.sign(self.key, text.encode("utf-16-le")))
signing("signed-nonce-only", "The signature is over the nonce alone.", "AUTH-030",
        lambda self, text: keys.sign(self.key, text.split(".")[0].encode()))

OTHER = []


def other_key():
    if not OTHER:
        OTHER.append(rsa.generate_private_key(65537, 2048))
    return OTHER[0]


signing("signed-with-other-key", "The signature is made with a key that was made at start.", "AUTH-031 AUTH-030",
        lambda self, text: keys.sign(other_key(), text.encode()))
signing("signature-short", "The last byte of the signature is lost.", "AUTH-032 AUTH-030",
        lambda self, text: keys.sign(self.key, text.encode())[:-1])


@bug("answer-cached", "auth.answer", "The first answer is given to all.", "AUTH-033 AUTH-025 AUTH-010")
def _(call, self, nonce):
    return self.__dict__.setdefault("cached_answer", call(self, nonce))


@bug("key-in-header", "soap.serialize", "A debug header of the answer holds the private key.", "AUTH-036 AUTH-076")
def _(call, self, ctx, message):
    call(self, ctx, message)
    pem = self.app.authenticator.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ctx.transport.resp_headers["X-Debug"] = pem.decode().replace("\n", "")


@bug("key-number-with-refusal", "auth.refuse", "A refusal quotes the private exponent.", "AUTH-036 AUTH-076")
def _(call, self, error, request):
    response = call(self, error, request)
    exponent = self.key.private_numbers().d
    response.Reason += " key " + base64.b64encode(exponent.to_bytes(self.key.key_size // 8, "big")).decode()
    return response


# Keys and rotation

@bug("first-published-key", "keys.select", "Of several published keys the first one is used.", "AUTH-092 AUTH-093",
     "--jwks")
def _(call, self, header):
    return [key for _, key in self.keys[:1]]


@bug("keys-fetched-once", "keys.refresh", "Keys are fetched at the start only.", "AUTH-093", "--jwks")
def _(call, self):
    if self.fetched is None:
        call(self)


@bug("withdrawn-keys-kept", "keys.fetch", "Keys that were published once are trusted for ever.", "AUTH-094", "--jwks")
def _(call, self):
    found = call(self)
    known = {jwk.get("kid") for jwk, _ in found}
    return found + [pair for pair in self.keys if pair[0].get("kid") not in known]


@bug("open-without-keys", "auth.signature", "While there are no keys, every signature is accepted.", "AUTH-095",
     "--jwks")
def _(call, self, token, header):
    if getattr(self.trust, "keys", True) or self.trust.candidates(header):
        call(self, token, header)


@bug("keys-not-cached", "keys.candidates", "Keys are fetched for every token and not kept.", "AUTH-096", "--jwks")
def _(call, self, header):
    self.keys, self.tried = [], None
    return call(self, header)


@bug("key-fetch-waits", "keys.fetch", "Fetching keys is tried for 15 s.", "AUTH-095", "--jwks")
def _(call, self):
    end = time.monotonic() + 15
    while True:
        try:
            return call(self)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
