"""RSA with nothing but integers: reading keys, PKCS#1 v1.5 with SHA-256."""

import base64
import hashlib
import hmac
import re
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Key(NamedTuple):
    n: int
    e: int
    d: int = 0

    @property
    def size(self):
        return (self.n.bit_length() + 7) // 8


def _der(data):
    """Tag, content and rest of the first element."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[2:2 + count], "big"), 2 + count
    return tag, data[at:at + length], data[at + length:]


def _children(data):
    while data:
        tag, content, data = _der(data)
        yield tag, content


def _pem(text):
    body = re.search(r"-----BEGIN ([^-]+)-----(.*?)-----END", text, re.DOTALL)
    return body.group(1), base64.b64decode("".join(body.group(2).split()))


def _numbers(sequence):
    return [int.from_bytes(content, "big") for tag, content in _children(_der(sequence)[1]) if tag == 2]


def private_key(text):
    """RSA XML, or PEM in PKCS#1 or PKCS#8."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        number = {child.tag: int.from_bytes(base64.b64decode("".join(child.text.split())), "big")
                  for child in ElementTree.fromstring(text.lstrip("\ufeff"))}
        return Key(number["Modulus"], number["Exponent"], number["D"])
    label, data = _pem(text)
    if label == "PRIVATE KEY":
        data = [content for _, content in _children(_der(data)[1])][2]
    _, n, e, d, *_ = _numbers(data)
    return Key(n, e, d)


def certificate_key(text):
    """The public key of a certificate in PEM."""
    _, data = _pem(text)
    parts = [content for _, content in _children(_der(_der(data)[1])[1])]
    # version, serial number, algorithm, issuer, validity, subject, subjectPublicKeyInfo
    bits = [content for _, content in _children(parts[6])][1]
    n, e = _numbers(bits[1:])
    return Key(n, e)


def _encoded(message, size):
    tail = b"\x00" + _DIGEST_INFO + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size - len(tail) - 2) + tail


def sign(key, message):
    return pow(int.from_bytes(_encoded(message, key.size), "big"), key.d, key.n).to_bytes(key.size, "big")


def verify(key, message, signature):
    number = int.from_bytes(signature, "big")
    if len(signature) != key.size or number >= key.n:
        return False
    return hmac.compare_digest(pow(number, key.e, key.n).to_bytes(key.size, "big"), _encoded(message, key.size))
