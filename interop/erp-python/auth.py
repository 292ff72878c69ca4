"""The handshake: check SuperOffice's token, answer with one of our own.

Every refusal has the same text for the caller; the log tells why.
"""

import base64
import binascii
import json
import logging
import re
import time
from datetime import datetime, timezone

import jwt

import keys
import wire
from seams import seam

log = logging.getLogger("erp.auth")

ISSUER = "SuperOffice AS"
LEEWAY = 120
MAX_TOKEN = 32 * 1024
REASON = "The token was not accepted."


class Refused(Exception):
    """The token is not trusted; the text is for the log only."""


def _one_of_each(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("a JSON member occurs twice")
    return members


def _no_constant(name):
    raise Refused(f"{name} is not JSON")


@seam("auth.json")
def parse_json(data):
    return json.loads(data.decode("utf-8"), object_pairs_hook=_one_of_each, parse_constant=_no_constant)


@seam("auth.part")
def decode_part(part):
    """The bytes of a base64url part in its only spelling."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
        raise Refused("a part is not base64url")
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if keys.base64url(data) != part:
        raise Refused("a part is not canonical base64url")
    return data


class Authenticator:
    def __init__(self, application_id, key, trust, jwt_answer=False):
        self.application_id = application_id
        self.key = key
        self.trust = trust
        self.jwt_answer = jwt_answer

    @seam("auth.authenticate")
    def authenticate(self, request):
        """The operation: never a fault for a readable message."""
        try:
            token = self.token_of(request)
            claims = self.verify(token)
            return self.accept(claims)
        except Exception as error:
            return self.refuse(error, request)

    @seam("auth.token")
    def token_of(self, request):
        token = (request.SignedToken or "").strip() if request is not None else ""
        if not token or len(token) > MAX_TOKEN or not token.isascii():
            raise Refused("there is no token, or none of a usable size")
        return token

    @seam("auth.accept")
    def accept(self, claims):
        return wire.AuthenticationResponse(
            SignedApplicationToken=self.answer(claims["nonce"]), Succeeded=True)

    @seam("auth.refuse")
    def refuse(self, error, request):
        log.info("refused: %s", error)
        return wire.AuthenticationResponse(Reason=REASON, Succeeded=False)

    @seam("auth.verify")
    def verify(self, token):
        """The claims of a trusted token."""
        parts = token.split(".")
        if len(parts) != 3:
            raise Refused("not three parts")
        try:
            header, claims = (parse_json(decode_part(part)) for part in parts[:2])
            decode_part(parts[2])
        except (ValueError, RecursionError, binascii.Error) as error:
            raise Refused(f"not readable: {error}") from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise Refused("header or payload is not a JSON object")
        self.check_header(header)
        self.check_signature(token, header)
        self.check_claims(claims, header)
        return claims

    @seam("auth.header")
    def check_header(self, header):
        if header.get("alg") != "RS256":
            raise Refused("the algorithm is not RS256")
        if "crit" in header:
            raise Refused("a critical header is not understood")
        if str(header.get("cty", "")).upper() == "JWT":
            raise Refused("nested token")

    @seam("auth.signature")
    def check_signature(self, token, header):
        """Only keys of the trust count, never one that the token brings."""
        for key in self.trust.candidates(header):
            try:
                jwt.api_jws.decode(token, key, algorithms=["RS256"])
                return
            except jwt.InvalidTokenError:
                continue
        raise Refused("no trusted key made the signature")

    @seam("auth.claims")
    def check_claims(self, claims, header):
        self.check_issuer(claims)
        self.check_audience(claims)
        self.check_time(claims)
        self.check_nonce(claims)

    @seam("auth.issuer")
    def check_issuer(self, claims):
        if claims.get("iss") != ISSUER:
            raise Refused("wrong issuer")

    @seam("auth.audience")
    def check_audience(self, claims):
        audience = claims.get("aud")
        own = "spn:" + self.application_id
        if audience != own and not (isinstance(audience, list) and own in audience):
            raise Refused("wrong audience")

    @seam("auth.time")
    def check_time(self, claims):
        now = time.time()
        expires, starts = claims.get("exp"), claims.get("nbf", 0)
        for moment in (expires, starts):
            if isinstance(moment, bool) or not isinstance(moment, (int, float)):
                raise Refused("a time is not a number")
        if not starts - LEEWAY <= now <= expires + LEEWAY:
            raise Refused("not valid at this time")

    @seam("auth.nonce")
    def check_nonce(self, claims):
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not re.fullmatch(r"[!-~]+", nonce) or "." in nonce:
            raise Refused("no usable nonce")

    @seam("auth.answer")
    def answer(self, nonce):
        """Our signed token: nonce, UTC minute and signature, or a JWT."""
        if self.jwt_answer:
            now = int(time.time())
            claims = {"iss": self.application_id, "nonce": nonce, "iat": now, "nbf": now - 60, "exp": now + 300}
            return jwt.encode(claims, self.key, algorithm="RS256")
        text = f"{nonce}.{self.minute()}"
        return f"{text}.{self.signature_text(self.sign(text))}"

    @seam("auth.minute")
    def minute(self):
        return datetime.now(timezone.utc).strftime("%Y%m%d%H%M")

    @seam("auth.sign")
    def sign(self, text):
        return keys.sign(self.key, text.encode("utf-8"))

    @seam("auth.base64")
    def signature_text(self, signature):
        return base64.b64encode(signature).decode("ascii")
