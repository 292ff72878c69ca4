"""Keys: the application's private key and the keys of SuperOffice."""

import base64
import hashlib
import json
import logging
import threading
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from seams import seam

log = logging.getLogger("erp.keys")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def load_private_key(path):
    """RSA XML or PEM (PKCS#1 and PKCS#8), told apart by the content."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return serialization.load_pem_private_key(data, password=None)
    numbers = {
        child.tag: int.from_bytes(base64.b64decode("".join((child.text or "").split())), "big")
        for child in ElementTree.fromstring(data)
    }
    public = rsa.RSAPublicNumbers(numbers["Exponent"], numbers["Modulus"])
    return rsa.RSAPrivateNumbers(
        p=numbers["P"], q=numbers["Q"], d=numbers["D"], dmp1=numbers["DP"], dmq1=numbers["DQ"],
        iqmp=numbers["InverseQ"], public_numbers=public,
    ).private_key()


def sign(key, data):
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


class CertificateTrust:
    """Trust in the one key of a certificate file (PEM or DER)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        self.data = data
        self.certificate = load(data)
        self.key = self.certificate.public_key()

    def warm_up(self):
        """Nothing to fetch."""

    @seam("keys.certificate")
    def candidates(self, header):
        """The header's key id only names the certificate; the signature decides."""
        return [self.key]


class KeySetTrust:
    """Trust in the keys of a JWKS, or of the one a discovery document names.

    Keys are fetched again after an hour and when a token names a key that is
    not there, but not more often than every ten seconds. When the server
    does not answer the known keys stay in use for a day.
    """

    TIMEOUT = 4
    FRESH = 3600
    USABLE = 24 * 3600
    PAUSE = 10

    def __init__(self, url):
        self.url = url
        self.keys = []
        self.fetched = None
        self.tried = None
        self.lock = threading.Lock()

    def warm_up(self):
        threading.Thread(target=self.refresh, daemon=True).start()

    def _get(self, url):
        with urllib.request.urlopen(url, timeout=self.TIMEOUT) as answer:
            return json.loads(answer.read(1024 * 1024))

    @seam("keys.fetch")
    def fetch(self):
        document = self._get(self.url)
        if "keys" not in document and "jwks_uri" in document:
            document = self._get(document["jwks_uri"])
        keys = []
        for jwk in document["keys"]:
            if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
                continue
            number = {
                name: int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=" * (-len(jwk[name]) % 4)), "big")
                for name in ("n", "e")
            }
            keys.append((jwk, rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()))
        return keys

    @seam("keys.refresh")
    def refresh(self):
        with self.lock:
            now = time.monotonic()
            if self.tried is not None and now - self.tried < self.PAUSE:
                return
            self.tried = now
            try:
                self.keys = self.fetch()
                self.fetched = time.monotonic()
            except Exception as error:
                log.warning("the keys could not be fetched: %r", error)
                if self.fetched is not None and now - self.fetched > self.USABLE:
                    self.keys = []

    @seam("keys.select")
    def select(self, header):
        """The keys that a token's header names; all when it names none."""
        kid, x5t = header.get("kid"), header.get("x5t")
        if kid is None and x5t is None:
            return [key for _, key in self.keys]
        return [key for jwk, key in self.keys if _named(jwk, kid, x5t)]

    @seam("keys.candidates")
    def candidates(self, header):
        if self.fetched is None or time.monotonic() - self.fetched > self.FRESH:
            self.refresh()
        found = self.select(header)
        if not found:
            self.refresh()
            found = self.select(header)
        return found


def _named(jwk, kid, x5t):
    if kid is not None:
        return jwk.get("kid") == kid
    return jwk.get("x5t") == x5t


def thumbprint(certificate):
    der = certificate.public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der).hexdigest().upper()
