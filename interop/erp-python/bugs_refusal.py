"""Bugs of refusing tokens and of the endpoint's safety (contract sections 10.4 to 10.8)."""

import base64
import hashlib
import hmac
import json
import re
import time
import traceback
import urllib.request

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

import auth
import keys
import soap
import wire
from auth import Refused
from bugs import also, bug
from soap import ClientFault


def trusting(name, sentence, ids, trusts):
    """The signature also passes when a condition holds."""

    @bug(name, "auth.signature", sentence, ids)
    def hook(call, self, token, header):
        try:
            call(self, token, header)
        except Refused:
            try:
                passes = trusts(self, token, header)
            except Exception:
                passes = False
            if not passes:
                raise


def verified_by(token, key, algorithms=("RS256",)):
    jwt.api_jws.decode(token, key, algorithms=list(algorithms))
    return True


def any_header(name, *algorithms):
    """Tokens with these algorithms reach the check of the signature."""

    @also(name, "auth.header")
    def hook(call, self, header):
        if str(header.get("alg")).lower() not in algorithms:
            call(self, header)


def own_thumbprint(self, header):
    certificate = getattr(self.trust, "certificate", None)
    if certificate is not None:
        return str(header.get("kid", "")).upper() == keys.thumbprint(certificate)
    return bool(self.trust.select({"kid": header.get("kid")}))


trusting("signature-unchecked", "The signature is not checked.",
         "AUTH-037 AUTH-038 AUTH-039 AUTH-040 AUTH-041 AUTH-045", lambda self, token, header: True)
trusting("known-key-id-is-enough", "A token with the trusted kid passes whatever its signature.",
         "AUTH-040 AUTH-037 AUTH-038", lambda self, token, header: own_thumbprint(self, header))
trusting("signature-length-only", "Of the signature only the length is checked.",
         "AUTH-037 AUTH-038 AUTH-039 AUTH-040 AUTH-045",
         lambda self, token, header: len(token.split(".")[2]) == 342)
trusting("own-key-trusted", "The application's own key is trusted as well.", "AUTH-045",
         lambda self, token, header: verified_by(token, self.key.public_key()))
trusting("jwk-trusted", "A key in the token's own header is trusted.", "AUTH-041",
         lambda self, token, header: verified_by(token, jwt.PyJWK(header["jwk"]).key))
trusting("x5c-trusted", "A certificate in the token's own header is trusted.", "AUTH-041",
         lambda self, token, header: verified_by(
             token, x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()))


def keys_at(url):
    with urllib.request.urlopen(url, timeout=3) as answer:
        return [jwt.PyJWK(one).key for one in json.loads(answer.read())["keys"]]


trusting("jku-fetched", "The keys are fetched from the address in the token's header.", "AUTH-041",
         lambda self, token, header: any(verified_by(token, key) for key in keys_at(header["jku"])))
trusting("none-accepted", "Tokens with the algorithm none are accepted.", "AUTH-042",
         lambda self, token, header: str(header["alg"]).lower() == "none")


@also("none-accepted", "auth.verify")
def _(call, self, token):
    header, payload, *_ = token.split(".") + [""]
    if str(json.loads(base64.urlsafe_b64decode(header + "==")).get("alg")).lower() == "none":
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        self.check_claims(claims, {})
        return claims
    return call(self, token)


@bug("none-in-mixed-case-accepted", "auth.verify",
     "The algorithm none is refused in lower case only.", "AUTH-042")
def _(call, self, token):
    header, payload, *_ = token.split(".") + [""]
    algorithm = str(json.loads(base64.urlsafe_b64decode(header + "==")).get("alg"))
    if algorithm.lower() == "none" and algorithm != "none":
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        self.check_claims(claims, {})
        return claims
    return call(self, token)


def public_forms(trust):
    """The texts that an HS256 confusion may use as the secret."""
    if hasattr(trust, "data"):
        der = trust.certificate.public_bytes(serialization.Encoding.DER)
        return [trust.data, trust.data.strip(), der] + [public_pem(trust.key), public_pem(trust.key).strip()]
    return [form for jwk, key in trust.keys
            for form in (jwk["n"].encode(), public_pem(key), public_pem(key).strip())]


def public_pem(key):
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hmac_matches(self, token):
    text, signature = token.rsplit(".", 1)
    made = base64.urlsafe_b64decode(signature + "==")
    return any(hmac.compare_digest(hmac.new(secret, text.encode(), hashlib.sha256).digest(), made)
               for secret in public_forms(self.trust))


trusting("hs256-with-public-key", "HS256 is accepted with the public certificate or key as the secret.", "AUTH-043",
         lambda self, token, header: header["alg"] == "HS256" and hmac_matches(self, token))
any_header("hs256-with-public-key", "hs256")
trusting("any-rsa-algorithm", "RS384, RS512 and PS256 are accepted.", "AUTH-044",
         lambda self, token, header: any(
             verified_by(token, key, ("RS384", "RS512", "PS256")) for key in self.trust.candidates(header)))
any_header("any-rsa-algorithm", "rs384", "rs512", "ps256")


@bug("critical-header-ignored", "auth.header", "A header named in crit is ignored.", "AUTH-046")
def _(call, self, header):
    call(self, {name: value for name, value in header.items() if name != "crit"})


@also("critical-header-ignored", "auth.signature")
def _(call, self, token, header):
    if "crit" not in header:
        return call(self, token, header)
    text, signature = token.rsplit(".", 1)
    self.trust.candidates(header)[0].verify(
        base64.urlsafe_b64decode(signature + "=="), text.encode(), padding.PKCS1v15(), hashes.SHA256())


@bug("nested-unwrapped", "auth.verify", "A token inside a token is unwrapped and accepted.", "AUTH-047")
def _(call, self, token):
    parts = token.split(".")
    if len(parts) == 3:
        payload = base64.urlsafe_b64decode(parts[1] + "==")
        if payload.count(b".") == 2 and payload.startswith(b"ey"):
            return call(self, payload.decode())
    return call(self, token)


# Claims and time

def lenient(name, seam, sentence, ids, passes):
    """A check of claims that passes under a further condition."""

    @bug(name, seam, sentence, ids)
    def hook(call, self, claims):
        if not passes(self, claims):
            call(self, claims)


def audience(claims):
    return claims.get("aud") if isinstance(claims.get("aud"), str) else ""


lenient("issuer-any-case", "auth.issuer", "The issuer is compared without regard to case.", "AUTH-048",
        lambda self, claims: str(claims.get("iss")).lower() == auth.ISSUER.lower())
lenient("issuer-trimmed", "auth.issuer", "Blanks around the issuer are ignored.", "AUTH-048",
        lambda self, claims: str(claims.get("iss")).strip() == auth.ISSUER)
lenient("issuer-unchecked", "auth.issuer", "The issuer is not checked.", "AUTH-048 AUTH-049",
        lambda self, claims: True)
lenient("issuer-may-be-missing", "auth.issuer", "A missing issuer is accepted.", "AUTH-049",
        lambda self, claims: "iss" not in claims)
lenient("audience-unchecked", "auth.audience", "The audience is not checked.",
        "AUTH-050 AUTH-051 AUTH-052 AUTH-053 AUTH-062", lambda self, claims: True)
lenient("audience-any-app", "auth.audience", "Every audience with spn: is accepted.",
        "AUTH-050 AUTH-053 AUTH-062", lambda self, claims: audience(claims).startswith("spn:"))
lenient("audience-bare", "auth.audience", "The bare application id is accepted as audience.", "AUTH-051",
        lambda self, claims: audience(claims) == self.application_id)
lenient("audience-may-be-missing", "auth.audience", "A missing audience is accepted.", "AUTH-052",
        lambda self, claims: "aud" not in claims)
lenient("audience-prefix", "auth.audience", "An audience that starts with the own one is accepted.", "AUTH-053",
        lambda self, claims: audience(claims).startswith("spn:" + self.application_id))
lenient("audience-suffix", "auth.audience", "An audience that ends with the own one is accepted.", "AUTH-053",
        lambda self, claims: audience(claims).endswith("spn:" + self.application_id))
lenient("serial-number-accepted", "auth.audience", "spn: with a tenant's serial number is accepted.", "AUTH-062",
        lambda self, claims: re.fullmatch("spn:[0-9]+", audience(claims)))


def timed(name, sentence, ids, change):
    """The times of a token are changed before they are checked."""

    @bug(name, "auth.time", sentence, ids)
    def hook(call, self, claims):
        call(self, change(dict(claims)))


timed("expiry-unchecked", "exp is not checked.", "AUTH-054 AUTH-056", lambda claims: {**claims, "exp": time.time()})
timed("expiry-hour-late", "Tokens are accepted for an hour after exp.", "AUTH-054",
      lambda claims: {**claims, "exp": claims["exp"] + 3600 if "exp" in claims else None})
timed("start-unchecked", "nbf is not checked.", "AUTH-055", lambda claims: {**claims, "nbf": 0})
timed("expiry-may-be-missing", "Tokens without exp are accepted.", "AUTH-056",
      lambda claims: {"exp": time.time(), **claims})


@bug("nonce-may-be-missing", "auth.nonce", "A token without nonce is accepted and gets one.", "AUTH-058 AUTH-059")
def _(call, self, claims):
    if not claims.get("nonce"):
        claims["nonce"] = "0" * 32
    call(self, claims)


@bug("nonce-may-be-empty", "auth.nonce", "An empty nonce is accepted.", "AUTH-059")
def _(call, self, claims):
    if claims.get("nonce") != "":
        call(self, claims)


@bug("nonce-may-be-a-number", "auth.nonce", "A nonce that is a number is accepted.", "AUTH-060")
def _(call, self, claims):
    if isinstance(claims.get("nonce"), (int, float)):
        claims["nonce"] = str(claims["nonce"])
    call(self, claims)


@bug("id-token-accepted", "auth.claims", "An OpenID Connect id_token of SuperOffice is accepted.", "AUTH-061")
def _(call, self, claims, header):
    if str(claims.get("iss")).startswith("https://") and claims.get("aud") == self.application_id:
        self.check_time(claims)
        claims.setdefault("nonce", "0" * 32)
        return
    call(self, claims, header)


@bug("duplicate-members-accepted", "auth.json", "Of members that occur twice the last one counts.", "AUTH-063")
def _(call, data):
    return json.loads(data)


# Malformed input

def fault_for(name, sentence, ids, condition):
    """Authenticate gives a fault when a condition holds for the token."""

    @bug(name, "auth.authenticate", sentence, ids)
    def hook(call, self, request):
        if condition(request, (request.SignedToken or "") if request is not None else ""):
            raise ClientFault("IDX12741: the token could not be read.")
        return call(self, request)


fault_for("saml-faults", "A SAML assertion gives a fault.", "AUTH-065 AUTH-073",
          lambda request, token: "<" in token or token.startswith("PD94") or token.startswith("PHNhb"))
fault_for("two-parts-fault", "A token without three parts gives a fault.", "AUTH-073 AUTH-066",
          lambda request, token: token and token.count(".") != 2)
fault_for("nil-token-faults", "A nil or empty SignedToken gives a fault.", "AUTH-073 AUTH-069",
          lambda request, token: not token)


@bug("further-parts-ignored", "auth.verify", "Parts after the third are ignored.", "AUTH-066")
def _(call, self, token):
    return call(self, ".".join(token.split(".")[:3]))


@bug("empty-token-is-ping", "auth.authenticate", "An empty or missing token is answered as a successful ping.",
     "AUTH-068 AUTH-069 AUTH-070")
def _(call, self, request):
    if request is None or not request.SignedToken:
        return wire.AuthenticationResponse(SignedApplicationToken=self.answer("ping"), Succeeded=True)
    return call(self, request)


@bug("dies-without-carrier", "auth.authenticate",
     "After a request without carrier every handshake is refused.", "AUTH-070 AUTH-091")
def _(call, self, request):
    if request is None:
        self.key = None
    return call(self, request)


@bug("long-token-slow", "auth.token", "A token of 1 MiB is worked on for 12 s.", "AUTH-071")
def _(call, self, request):
    if request is not None and len(request.SignedToken or "") > 500_000:
        time.sleep(12)
    return call(self, request)


@bug("odd-characters-dropped", "auth.token", "Characters outside ASCII are dropped from the token.", "AUTH-072")
def _(call, self, request):
    if request is not None and request.SignedToken:
        request.SignedToken = request.SignedToken.encode("ascii", "ignore").decode()
    return call(self, request)


# Refusals

@bug("refusal-is-fault", "auth.refuse", "A refused token gives a fault.", "AUTH-073")
def _(call, self, error, request):
    raise ClientFault("Access is denied.")


def on_refusal(name, sentence, ids):
    def decorate(change):
        @bug(name, "auth.refuse", sentence, ids)
        def hook(call, self, error, request):
            response = call(self, error, request)
            change(self, response, error, (request.SignedToken or "") if request is not None else "")
            return response
        return change

    return decorate


@on_refusal("reason-left-out", "Refusals have no Reason.", "AUTH-074")
def _(self, response, error, token):
    response.Reason = None


@on_refusal("no-reason-when-expired", "Refusals for time have no Reason.", "AUTH-074")
def _(self, response, error, token):
    if "at this time" in str(error):
        response.Reason = ""


@on_refusal("token-with-refusal", "Refusals carry a signed token.", "AUTH-075")
def _(self, response, error, token):
    response.SignedApplicationToken = self.answer("0" * 32)


@on_refusal("trace-in-reason", "The Reason is a stack trace with file paths.", "AUTH-076")
def _(self, response, error, token):
    response.Reason = "".join(traceback.format_exception(error))


@on_refusal("token-in-reason", "The Reason quotes the token.", "AUTH-077")
def _(self, response, error, token):
    response.Reason += f" Received: {token[:400]}"


@on_refusal("nonce-in-reason", "The Reason quotes the claims of the token.", "AUTH-077")
def _(self, response, error, token):
    try:
        response.Reason += " Claims: " + base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    except (ValueError, IndexError):
        return


@on_refusal("telling-reason", "The Reason tells an unknown key from a wrong signature.", "AUTH-078")
def _(self, response, error, token):
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        return
    response.Reason = f"{error}; key id {'known' if own_thumbprint(self, header) else 'unknown'}"


@bug("exception-detail", "soap.serialize", "Faults carry an ExceptionDetail.", "AUTH-079")
def _(call, self, ctx, message):
    call(self, ctx, message)
    for fault in ctx.out_document.iter("{%s}Fault" % soap.SOAP_NS):
        detail = etree.SubElement(etree.SubElement(fault, "detail"), "ExceptionDetail")
        etree.SubElement(detail, "Type").text = "System.InvalidOperationException"


# Safety of the endpoint

def fetch_quietly(address):
    try:
        urllib.request.urlopen(address, timeout=2).read(1000)
    except (OSError, ValueError):
        return


@bug("external-dtd-fetched", "soap.refuse_dtd",
     "A DTD is refused, but its external parts are fetched first.", "AUTH-082 AUTH-081 ERP-015")
def _(call, data):
    for address in re.findall(rb"""(?:SYSTEM|PUBLIC\s+["'][^"']*["'])\s+["'](https?://[^"']+)""", data):
        fetch_quietly(address.decode())
    call(data)


@bug("hints-followed", "soap.parse", "XInclude and xsi:schemaLocation are followed.", "AUTH-084")
def _(call, data, *rest):
    root = call(data, *rest)
    for element in root.iter("{http://www.w3.org/2001/XInclude}include"):
        fetch_quietly(element.get("href", ""))
    for element in root.iter():
        schema = "{http://www.w3.org/2001/XMLSchema-instance}"
        for address in (element.get(schema + "schemaLocation", "").split()[1::2]
                        + element.get(schema + "noNamespaceSchemaLocation", "").split()):
            fetch_quietly(address)
    return root


@bug("deep-nesting-slow", "soap.refuse_dtd", "Deeply nested elements are walked through for 12 s.", "AUTH-085")
def _(call, data):
    if data.count(b"<") > 9000 and not re.search(rb"ErpKeys|Actors|SignedToken>[^<]", data):
        time.sleep(12)
    call(data)


@bug("comment-cuts-token", "soap.parse", "Only the text before a comment inside SignedToken is read.", "AUTH-086")
def _(call, data, *rest):
    return call(data, lambda: etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=False, remove_pis=True))


@bug("must-understand-ignored", "soap.headers", "Headers that must be understood are ignored.", "AUTH-087")
def _(call, header):
    return None


@bug("parser-repairs", "soap.parse", "The parser repairs messages that are not well-formed.", "AUTH-088")
def _(call, data, *rest):
    root = etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    return call(data, *rest) if root is None or root.getroottree().docinfo.doctype else root


@bug("any-action-authenticates", "soap.operation", "Every action of the handshake's interface runs Authenticate.",
     "AUTH-089")
def _(call, action, body_tag):
    if action.startswith(wire.AUTH_ACTION):
        action = wire.AUTH_ACTION + "Authenticate"
    return call(action, body_tag)


@bug("content-type-ignored", "gate.refusal", "Every content type is accepted.", "AUTH-090")
def _(call, self, environ):
    return call(self, {**environ, "CONTENT_TYPE": "text/xml"})


@bug("locked-after-refusals", "auth.authenticate", "After twelve refusals good tokens are refused too.",
     "AUTH-091 AUTH-013")
def _(call, self, request):
    if self.__dict__.get("refused", 0) >= 12:
        return self.refuse(Refused("locked"), request)
    response = call(self, request)
    if not response.Succeeded:
        self.refused = self.__dict__.get("refused", 0) + 1
    return response
