"""Authentication of section C: shared secrets, signed JWTs, access tokens."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import threading
import time
import urllib.parse
import urllib.request
import uuid
from typing import Any, NamedTuple

CLAIM = "http://schemes.superoffice.net/identity/"
TOLERANCE_SECONDS = 120                     # C.4: at most 5 minutes
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class AuthError(Exception):
    """Refused: status 401, or 403 for a customer that is not known."""

    def __init__(self, tech: str, status: int = 401) -> None:
        super().__init__(tech)
        self.tech, self.status = tech, status


class Session(NamedTuple):
    ctx: str
    user: str
    expires: float
    mode: str


class RsaKey(NamedTuple):
    n: int
    e: int
    ids: frozenset[str]                     # kid and x5t values that name this key


def b64url(text: str) -> bytes:
    if not text or any(c not in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" for c in text):
        raise AuthError("Malformed JWT.")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise AuthError("Malformed JWT.") from None


def rs256_ok(key: RsaKey, signed: bytes, signature: bytes) -> bool:
    """PKCS #1 v1.5 with SHA-256: the whole encoded message is compared, nothing is parsed."""
    size = (key.n.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= key.n or size < 62:
        return False
    tail = b"\x00" + _SHA256_PREFIX + hashlib.sha256(signed).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(tail) - 2) + tail
    return hmac.compare_digest(pow(number, key.e, key.n).to_bytes(size, "big"), expected)


# --- keys -------------------------------------------------------------------------------------

def _der(data: bytes, at: int) -> tuple[int, int, int]:
    """One DER element at a position: tag, start and end of its content."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[at:at + count], "big"), at + count
    if at + length > len(data):
        raise ValueError("DER element runs past the end")
    return tag, at, at + length


def _children(data: bytes, start: int, end: int) -> list[tuple[int, int, int, int]]:
    found = []
    while start < end:
        tag, inner, stop = _der(data, start)
        found.append((tag, inner, stop, start))
        start = stop
    return found


def _rsa_from_pkcs1(der: bytes) -> tuple[int, int]:
    _, start, end = _der(der, 0)
    n, e = _children(der, start, end)[:2]
    return int.from_bytes(der[n[1]:n[2]], "big"), int.from_bytes(der[e[1]:e[2]], "big")


def _rsa_from_spki(der: bytes) -> tuple[int, int]:
    _, start, end = _der(der, 0)
    bits = _children(der, start, end)[1]
    return _rsa_from_pkcs1(der[bits[1] + 1:bits[2]])            # first octet: unused bits


def _rsa_from_certificate(der: bytes) -> tuple[int, int]:
    _, start, end = _der(der, 0)
    tbs = _children(der, start, end)[0]
    fields = _children(der, tbs[1], tbs[2])
    if fields[0][0] == 0xA0:                                    # optional explicit version
        fields = fields[1:]
    spki = fields[5]                                            # serial, algorithm, issuer, validity, subject, key
    return _rsa_from_spki(der[spki[3]:spki[2]])


def keys_from_pem(text: str) -> list[RsaKey]:
    """RSA keys of a PEM file: certificates or public keys, any number of them."""
    found = []
    for block in text.split("-----BEGIN ")[1:]:
        label, _, rest = block.partition("-----")
        der = base64.b64decode("".join(rest.split("-----END ")[0].split()))
        if label == "CERTIFICATE":
            sha1, sha256 = hashlib.sha1(der), hashlib.sha256(der)
            ids = {sha1.hexdigest(), sha1.hexdigest().upper(), *(base64.urlsafe_b64encode(h.digest()).decode()
                   .rstrip("=") for h in (sha1, sha256))}
            found.append(RsaKey(*_rsa_from_certificate(der), frozenset(ids)))
        elif label == "PUBLIC KEY":
            found.append(RsaKey(*_rsa_from_spki(der), frozenset()))
        elif label == "RSA PUBLIC KEY":
            found.append(RsaKey(*_rsa_from_pkcs1(der), frozenset()))
    return found


class CertificateKeys:
    """Keys of a PEM file, read again when the file changes.  A file gives keys no key id of the
    issuer's, so a header id that is not a thumbprint of one of them leaves all as candidates."""

    def __init__(self, path: str) -> None:
        self.path, self.stamp, self.keys = path, -1.0, []
        self._refresh()

    def _refresh(self) -> None:
        stamp = os.stat(self.path).st_mtime
        if stamp != self.stamp:
            with open(self.path, encoding="ascii", errors="replace") as file:
                self.keys: list[RsaKey] = keys_from_pem(file.read())
            self.stamp = stamp

    def candidates(self, ids: set[str], refused: bool = False) -> list[RsaKey]:
        try:
            self._refresh()
        except (OSError, ValueError, IndexError):
            pass                                                # keep the keys we have
        return [k for k in self.keys if k.ids & ids] or self.keys


class JwksKeys:
    """Key set behind an address: kept for ten minutes, fetched again when an unknown key id turns up,
    but never more often than once in `pause` seconds (QC-041)."""

    def __init__(self, url: str, pause: float = 2.0, keep: float = 600.0) -> None:
        self.url, self.pause, self.keep = url, pause, keep
        self.keys: list[RsaKey] = []
        self.tried = self.fetched = float("-inf")
        self.lock = threading.Lock()

    def fetch(self) -> None:
        now = time.monotonic()
        if now - self.tried < self.pause:
            return
        self.tried = now
        local = urllib.parse.urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")
        opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
        try:
            request = urllib.request.Request(self.url, headers={"Accept": "application/json"})
            with opener.open(request, timeout=4) as answer:
                keys = json.loads(answer.read(1_000_000))["keys"]
            self.keys = [self._key(k) for k in keys if k.get("kty") == "RSA" and k.get("use", "sig") == "sig"
                         and k.get("alg", "RS256") == "RS256"]
            self.fetched = now
        except (OSError, ValueError, KeyError, TypeError, AttributeError, AuthError):
            pass                                                # unreachable or broken: keep what we have

    def _key(self, k: dict[str, Any]) -> RsaKey:
        ids = frozenset(str(k[name]) for name in ("kid", "x5t", "x5t#S256") if k.get(name))
        return RsaKey(int.from_bytes(b64url(k["n"]), "big"), int.from_bytes(b64url(k["e"]), "big"), ids)

    def candidates(self, ids: set[str], refused: bool = False) -> list[RsaKey]:
        """Keys for a header; `refused` asks for a fresh set because none of them verified."""
        with self.lock:
            if refused or time.monotonic() - self.fetched > self.keep:
                self.fetch()
            found = [k for k in self.keys if k.ids & ids] if ids else self.keys
            if not found:
                self.fetch()
                found = [k for k in self.keys if k.ids & ids] if ids else self.keys
            return found


# --- credentials and tokens -------------------------------------------------------------------

def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Auth:
    """Exchanges credentials for access tokens and knows the tokens it has issued."""

    def __init__(self, application_id: str, modes: set[str], keys: CertificateKeys | JwksKeys | None,
                 lifetime: float) -> None:
        self.application_id, self.modes, self.keys, self.lifetime = application_id, modes, keys, lifetime
        self.secrets: list[tuple[bytes, str, float]] = []       # hash, customer, token lifetime
        self.customers: set[str] = set()
        self.tokens: dict[bytes, Session] = {}
        self.lock = threading.Lock()

    def add_secret(self, secret: str, ctx: str, lifetime: float | None = None) -> None:
        self.secrets.append((digest(secret), ctx, lifetime or self.lifetime))

    def bearer(self, header: str | None) -> str:
        """The credential of an Authorization header; the scheme in any letter case (QC-020)."""
        scheme, _, credential = (header or "").strip().partition(" ")
        if not self.is_bearer(scheme) or not credential.strip():
            raise AuthError("No bearer credential.")
        return credential.strip()

    def is_bearer(self, scheme: str) -> bool:
        return scheme.lower() == "bearer"

    def authenticate(self, header: str | None) -> tuple[str, Session]:
        """Credential to access token (D.1)."""
        credential = self.bearer(header)
        if credential.count(".") == 2:                          # our secrets hold no periods
            ctx, user = self.check_jwt(credential)
            session = Session(ctx, user, time.time() + self.lifetime, "jwt")
        else:
            session = self.check_secret(credential)
        return self.issue(session), session

    def check_secret(self, secret: str) -> Session:
        if "secret" not in self.modes:
            raise AuthError("Shared secrets are switched off.")
        wanted, match = digest(secret), None
        for stored, ctx, lifetime in self.secrets:              # all compared, in constant time
            if hmac.compare_digest(stored, wanted):
                match = Session(ctx, "", time.time() + lifetime, "secret")
        if match is None:
            raise AuthError("Unknown shared secret.")
        return match

    def issue(self, session: Session) -> str:
        token = str(uuid.uuid4()).upper()
        with self.lock:
            if len(self.tokens) > 5000:
                now = time.time()
                self.tokens = {k: s for k, s in self.tokens.items() if s.expires > now}
            self.tokens[digest(token)] = session
        return token

    def session(self, header: str | None) -> Session:
        """The session of an access token (QC-025, QC-026, QC-253)."""
        session = self.find(self.bearer(header))
        if session is None:
            raise AuthError("Unknown access token.")
        if self.is_over(session):
            raise AuthError("Access token expired.")
        return session

    def find(self, token: str) -> Session | None:
        return self.tokens.get(digest(token))

    def is_over(self, session: Session) -> bool:
        return time.time() >= session.expires

    # The steps of C.4, each a method of its own, in the order given there.

    def check_jwt(self, token: str) -> tuple[str, str]:
        if "jwt" not in self.modes or self.keys is None:
            raise AuthError("Signed tokens are switched off.")
        head, body, mac = token.split(".")
        header, claims = self.json_part(head), self.json_part(body)
        self.check_signature(header, f"{head}.{body}".encode(), mac)
        self.check_times(claims)
        self.check_issuer(claims)
        self.check_audience(claims)
        return self.check_identity(claims)

    def json_part(self, part: str) -> dict[str, Any]:
        try:
            value = json.loads(b64url(part))
        except (ValueError, RecursionError):
            raise AuthError("Malformed JWT.") from None
        if not isinstance(value, dict):
            raise AuthError("Malformed JWT.")
        return value

    def check_signature(self, header: dict[str, Any], signed: bytes, mac: str) -> None:
        if header.get("alg") != "RS256" or "crit" in header:
            raise AuthError("JWT algorithm not accepted.")
        signature = b64url(mac)
        ids = {header[name] for name in ("kid", "x5t") if isinstance(header.get(name), str)}
        if not self.verified(ids, signed, signature):
            raise AuthError("JWT signature not valid.")

    def verified(self, ids: set[str], signed: bytes, signature: bytes) -> bool:
        if any(rs256_ok(k, signed, signature) for k in self.keys.candidates(ids)):
            return True
        return any(rs256_ok(k, signed, signature) for k in self.keys.candidates(ids, refused=True))

    def check_times(self, claims: dict[str, Any]) -> None:
        self.check_expiry(claims)
        nbf = claims.get("nbf")
        if nbf is not None and (not self.is_time(nbf) or time.time() < nbf - TOLERANCE_SECONDS):
            raise AuthError("JWT not valid yet.")

    def check_expiry(self, claims: dict[str, Any]) -> None:
        if not self.is_time(claims.get("exp")) or time.time() >= claims["exp"] + TOLERANCE_SECONDS:
            raise AuthError("JWT expired.")

    def is_time(self, value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool)

    def check_issuer(self, claims: dict[str, Any]) -> None:
        if claims.get("iss") != "SuperOffice AS":
            raise AuthError("JWT from another issuer.")

    def check_audience(self, claims: dict[str, Any]) -> None:
        audience = claims.get("aud")
        if not isinstance(audience, str) or audience.lower() != f"spn:{self.application_id}".lower():
            raise AuthError("JWT for another audience.")

    def check_identity(self, claims: dict[str, Any]) -> tuple[str, str]:
        ctx, user = claims.get(CLAIM + "ctx"), claims.get(CLAIM + "associateid")
        if not isinstance(ctx, str) or not ctx:
            raise AuthError("JWT names no customer.")
        if not self.has_customer(ctx):
            raise AuthError("JWT names a customer we do not know.", 403)
        return ctx, str(user if user is not None else claims.get("sub", ""))

    def has_customer(self, ctx: str) -> bool:
        return ctx in self.customers
