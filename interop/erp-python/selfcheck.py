"""Start the connector and check its main flows with hand-written envelopes.

Needs only what requirements.txt lists. Exit code 1 when a check fails.
"""

import base64
import datetime
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import xml.etree.ElementTree as ElementTree

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

HERE = os.path.dirname(os.path.abspath(__file__))
N = "http://www.superoffice.net/EIS/Connector/1.0"
T = "http://tempuri.org/"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
ENVELOPE = ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:k="%s" xmlns:a="%s">'
            "<e:Body>%%s</e:Body></e:Envelope>" % (N, ARRAYS))
failures = []


def check(name, condition, detail=""):
    print(("ok    " if condition else "FAIL  ") + name)
    if not condition:
        failures.append(name)
        print("      ", str(detail)[:1500])


def post(url, action, envelope, content_type="text/xml; charset=utf-8"):
    request = urllib.request.Request(url, envelope.encode(), {
        "Content-Type": content_type, "SOAPAction": '"%s"' % action})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Answer:
    """Reads by local name, so that prefixes do not matter."""

    def __init__(self, status, data):
        self.status, self.data = status, data
        self.root = ElementTree.fromstring(data) if data.lstrip().startswith(b"<") else None

    def all(self, name):
        return [one.text or "" for one in self.root.iter() if one.tag.split("}")[-1] == name]

    def one(self, name):
        return (self.all(name) or [None])[0]

    @property
    def ok(self):
        return self.status == 200 and self.one("State") in ("Ok", "OkWithInfo")

    def values(self):
        return dict(zip(self.all("Key"), self.all("Value")))


class Client:
    def __init__(self, url, guid):
        self.url, self.guid = url, guid

    def call(self, operation, members="", guid=None):
        guid = "<k:ConnectionGuid>%s</k:ConnectionGuid>" % (guid or self.guid)
        if operation == "WSGetConfigData":
            body = "<k:WSGetConfigData/>"
        else:
            if operation == "WSTestConfigData":
                guid = ""
            body = "<k:%s><k:request>%s%s</k:request></k:%s>" % (operation, guid, members, operation)
        return Answer(*post(self.url, "%s/IErpConnectorWS/%s" % (N, operation), ENVELOPE % body))


def strings(name, *items):
    return "<k:%s>%s</k:%s>" % (name, "".join("<a:string>%s</a:string>" % item for item in items), name)


def pairs(name, **items):
    inner = "".join(
        "<a:KeyValueOfstringstring><a:Key>%s</a:Key><a:Value>%s</a:Value></a:KeyValueOfstringstring>" % item
        for item in items.items())
    return "<k:%s>%s</k:%s>" % (name, inner, name)


def member(name, value):
    return "<k:%s>%s</k:%s>" % (name, value, name)


def restriction(key, operator, *values):
    return "<k:Restrictions><k:SearchRestrictionInfoWS>%s%s%s</k:SearchRestrictionInfoWS></k:Restrictions>" % (
        member("FieldKey", key), member("Operator", operator), strings("Values", *values))


def make_keys(folder):
    signing = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Self check Federated Login")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                   .public_key(signing.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=2)).sign(signing, hashes.SHA256()))
    application = rsa.generate_private_key(65537, 2048)
    with open(os.path.join(folder, "so.pem"), "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(os.path.join(folder, "app.xml"), "w", encoding="ascii") as file:
        file.write(rsa_xml(application))
    return signing, application


def rsa_xml(key):
    numbers = key.private_numbers()
    members = {
        "Modulus": numbers.public_numbers.n, "Exponent": numbers.public_numbers.e, "P": numbers.p,
        "Q": numbers.q, "DP": numbers.dmp1, "DQ": numbers.dmq1, "InverseQ": numbers.iqmp, "D": numbers.d,
    }
    return "<RSAKeyValue>\n%s</RSAKeyValue>" % "".join(
        "  <%s>%s</%s>\n" % (name, base64.b64encode(
            number.to_bytes((number.bit_length() + 7) // 8, "big")).decode(), name)
        for name, number in members.items())


def check_connections(client):
    good = dict(Firm="NORD", ServiceUser="so-sync", Passphrase="Muffe-og-nippel-32")
    config = client.call("WSGetConfigData")
    check("config fields", config.ok and "Passphrase" in config.all("FieldKey"), config.data)
    zero = client.call("WSGetList", member("ListName", "Firms"), str(uuid.UUID(int=0)))
    check("config list with the zero id", zero.ok and set(zero.values()) == {"NORD", "SUED"}, zero.data)
    check("test config", client.call("WSTestConfigData", pairs("ConnectionInfo", **good)).ok)
    bad = client.call("WSTestConfigData", pairs("ConnectionInfo", Firm="NORD"))
    check("test config, missing", bad.one("State") == "Error" and bad.one("UserExplanation"), bad.data)
    unknown = client.call("WSTestConnection")
    check("unknown connection", unknown.one("ErrorCode") == "UNKNOWN_CONNECTION_ID", unknown.data)
    check("save connection", client.call("WSSaveConnection", pairs("ConnectionInfo", **good)).ok)
    for spelling in (client.guid.upper(), "{%s}" % client.guid, client.guid.replace("-", "")):
        check("test connection " + spelling, client.call("WSTestConnection", guid=spelling).ok)
    return good


def check_reading(client):
    types = client.call("WSGetSupportedActorTypes")
    check("actor types", types.all("string") == ["Customer", "Supplier", "Partner", "Person", "Project"], types.data)
    kind = member("ActorType", "Customer")
    fields = client.call("WSGetSupportedActorTypeFields", kind)
    check("fields", fields.ok and "CREDIT" in fields.all("FieldKey"), fields.data)
    searchable = client.call("WSGetSearchableFields", kind)
    check("searchable fields", "NAME" in searchable.all("string"), searchable.data)
    found = client.call("WSSearchActors", kind + strings("FieldKeys", "NAME") + member("SearchText", "bakken"))
    check("search", found.ok and len(found.all("ErpKey")) == 1, found.data)
    key = found.one("ErpKey")
    actor = client.call("WSGetActors", kind + strings("ErpKeys", key, "none")
                        + strings("FieldKeys", "NAME", "ORDERS", "CREDIT", "BLOCKED", "SINCE", "TRADE"))
    check("actor", actor.values() == {
        "NAME": "Bakken Rørservice AS", "ORDERS": "[I:7]", "CREDIT": "[F:150000.0]", "BLOCKED": "[I:0]",
        "SINCE": "[DT:03/14/2011 00:00:00.0000000]", "TRADE": "10"}, actor.data)
    for operator, value, hits in (("begins", "bakken", 1), ("notbegins", "bakken", 9), ("contains", "&amp;", 2)):
        result = client.call("WSSearchActorsAdvanced", kind + strings("FieldKeys", "NAME")
                             + restriction("NAME", operator, value))
        check("advanced " + operator, len(result.all("ErpKey")) == hits, result.data)
    person = client.call("WSSearchActorByParent", member("ActorType", "Person") + strings("FieldKeys", "LASTNAME")
                         + member("ParentActorErpKey", key) + member("ParentActorType", "Customer")
                         + member("SearchText", ""))
    check("by parent", len(person.all("ErpKey")) == 2 and person.one("ParentErpKey") == key, person.data)
    items = client.call("WSGetListItems", strings("ListItemKeys", "20", "x") + member("ListName", "Trades"))
    check("list items", items.values() == {"20": "Heating engineer"}, items.data)
    check("list", len(client.call("WSGetList", member("ListName", "Depots")).values()) == 3)
    return kind


def check_writing(client, kind):
    values = pairs("FieldValues", NAME="Fjord &amp; &lt;Fjell&gt; \N{WATER WAVE}", TRADE="99", CREDIT="12.5")
    created = client.call("WSCreateActor", member("Actor", kind + values))
    check("create", created.ok and created.one("ErpKey") and created.one("LastModified"), created.data)
    key, stamp = created.one("ErpKey"), created.one("LastModified")
    given = "<k:Actors><k:ErpActorWS>%s%s%s</k:ErpActorWS></k:Actors>" % (
        kind, member("ErpKey", key), pairs("FieldValues", NAME="Fjord"))
    saved = client.call("WSSaveActors", given)
    check("save", saved.ok and saved.one("LastModified") > stamp, saved.data)
    polled = client.call("WSGetActorsByTimestamp", kind + strings("FieldKeys", "NAME", "CREDIT")
                         + member("UpdatedOnOrAfter", stamp))
    check("poll", polled.all("ErpKey") == [key] and polled.values() == {"NAME": "Fjord", "CREDIT": "[F:12.5]"},
          polled.data)
    wrong = client.call("WSCreateActor", member("Actor", kind + pairs("FieldValues", NAME="A", TRADE="x")))
    check("wrong list item", wrong.one("ErrorCode") == "UNKOWN_LISTITEM_ID", wrong.data)


def authenticate(url, token):
    body = ('<t:Authenticate xmlns:t="%s"><t:request xmlns:d="http://schemas.datacontract.org/2004/07/'
            'SuperOffice.SuperID.Contracts.V1"><d:SignedToken>%s</d:SignedToken></t:request></t:Authenticate>')
    return Answer(*post(url, T + "IIntegrationServiceConnectorAuth/Authenticate", ENVELOPE % (body % (T, token))))


def check_handshake(url, signing, application):
    now = int(time.time())
    claims = {
        "iss": "SuperOffice AS", "aud": "spn:selfcheck", "sub": "Cust12345", "nbf": now - 60, "exp": now + 300,
        "nonce": secrets.token_hex(16).upper(), "http://schemes.superoffice.net/identity/ctx": "Cust12345",
    }
    answer = authenticate(url, jwt.encode(claims, signing, algorithm="RS256"))
    parts = (answer.one("SignedApplicationToken") or "").split(".")
    check("handshake", answer.one("Succeeded") == "true" and parts[0] == claims["nonce"], answer.data)
    application.public_key().verify(
        base64.b64decode(parts[2]), ".".join(parts[:2]).encode(), padding.PKCS1v15(), hashes.SHA256())
    for name, changed, key in (
        ("issuer", {"iss": "superoffice as"}, signing), ("audience", {"aud": "spn:other"}, signing),
        ("expired", {"exp": now - 900}, signing), ("own key", {}, application), ("no nonce", {"nonce": ""}, signing),
    ):
        refused = authenticate(url, jwt.encode({**claims, **changed}, key, algorithm="RS256"))
        check("refused: " + name, refused.status == 200 and refused.one("Succeeded") == "false"
              and refused.one("Reason") and not refused.one("SignedApplicationToken"), refused.data)


def check_protocol(client):
    action = N + "/IErpConnectorWS/WSGetConfigData"
    good = ENVELOPE % "<k:WSGetConfigData/>"
    for name, used, envelope in (
        ("unknown action", action + "X", good), ("foreign body", action, good.replace(N, "urn:x")),
        ("DTD", action, "<!DOCTYPE x>" + good), ("not well-formed", action, good[:-5]),
        ("header to understand", action, good.replace(
            "<e:Body>", '<e:Header><k:h e:mustUnderstand="1"/></e:Header><e:Body>')),
    ):
        status, data = post(client.url, used, envelope)
        check("fault: " + name, status == 500 and b"faultstring" in data, data)
    check("JSON refused", post(client.url, action, "{}", "application/json")[0] == 415)
    with_bom = post(client.url, action, "\N{BYTE ORDER MARK}" + '<?xml version="1.0" encoding="utf-8"?>' + good)
    check("byte order mark", with_bom[0] == 200, with_bom)
    big = client.call("WSGetActors", member("ActorType", "Customer") + strings("ErpKeys", "x" * 1_200_000))
    check("1 MiB", big.ok, big.data)
    wsdl = urllib.request.urlopen(client.url + "?wsdl", timeout=20).read()
    check("WSDL", b"IIntegrationServiceConnectorAuth/Authenticate" in wsdl)


def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        signing, application = make_keys(folder)
        process = subprocess.Popen([
            sys.executable, os.path.join(HERE, "connector.py"), "--port", str(port),
            "--certificate", os.path.join(folder, "so.pem"), "--application-key", os.path.join(folder, "app.xml"),
            "--application-id", "selfcheck", "--state", os.path.join(folder, "state.json"), *sys.argv[1:],
        ], stdout=subprocess.PIPE, text=True)
        try:
            url = process.stdout.readline().split()[1]
            client = Client(url, str(uuid.uuid4()))
            check_connections(client)
            kind = check_reading(client)
            check_writing(client, kind)
            check_handshake(url, signing, application)
            check_protocol(client)
            check("delete", client.call("WSDeleteConnection").ok)
            check("deleted", client.call("WSTestConnection").one("ErrorCode") == "UNKNOWN_CONNECTION_ID")
        finally:
            process.terminate()
            process.wait(10)
    print("%d checks failed" % len(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
