"""Other ways of keeping the contract: what it leaves free is done differently.

    python styles.py          a list of all styles

Nothing in a style is wrong: a finding against one is a mistake of the harness.
"""

import random
import sys
import time
from datetime import datetime, timedelta, timezone

from lxml import etree

import erp
import fields
import operations
import search
import seams
import soap
import values
import wire
from auth import Refused

STYLES = {}
XSI = "http://www.w3.org/2001/XMLSchema-instance"
N = "{%s}" % wire.ERP_NS
BASE = ("ErrorCode", "IsOk", "State", "TechExplanation", "UserExplanation")


def style(name, seam, sentence):
    if name not in STYLES:
        STYLES[name] = (sentence, [])

    def decorate(function):
        STYLES[name][1].append((seam, function))
        return function

    return decorate


def on_bytes(name, sentence):
    """Change the answer as it is sent."""

    def decorate(change):
        @style(name, "soap.bytes", sentence)
        def hook(call, self, ctx, charset=None):
            call(self, ctx, charset)
            ctx.out_string = [change(b"".join(ctx.out_string))]
        return change

    return decorate


def on_tree(name, sentence):
    """Change the answer as a tree."""

    def decorate(change):
        @on_bytes(name, sentence)
        def hook(data):
            root = etree.fromstring(data)
            root = change(root)
            return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return change

    return decorate


def results(root):
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith(N + "WS") and element.tag.endswith("Result"):
            yield element


@on_tree("default-namespaces", "Namespaces are declared where they begin, without prefixes.")
def _(root):
    def rebuilt(element, parent):
        name = etree.QName(element)
        here = etree.Element(element.tag, nsmap={None: name.namespace} if name.namespace else None) if parent is None \
            else etree.SubElement(parent, element.tag, nsmap={None: name.namespace} if name.namespace else None)
        for key, value in element.attrib.items():
            here.set(key, value)
        here.text, here.tail = element.text, element.tail
        for child in element:
            rebuilt(child, here)
        return here
    return root if root.find(".//{%s}Fault" % soap.SOAP_NS) is not None else rebuilt(root, None)


@on_tree("indented", "Answers are indented.")
def _(root):
    etree.indent(root, "\t")
    return root


@on_bytes("no-declaration", "Answers have no XML declaration.")
def _(data):
    return data.split(b"?>", 1)[1].lstrip() if data.startswith(b"<?xml") else data


@on_bytes("byte-order-mark", "Answers begin with a byte order mark.")
def _(data):
    return b"\xef\xbb\xbf" + data


@on_bytes("character-references", "Letters outside ASCII are written as character references.")
def _(data):
    return data.decode().replace("encoding='UTF-8'", "encoding='utf-8'").encode("ascii", "xmlcharrefreplace")


@on_tree("cdata-and-comments", "Texts are written as CDATA sections, and there are comments.")
def _(root):
    for element in list(root.iter()):
        if isinstance(element.tag, str) and len(element) == 0 and element.text and element.tag.endswith(("Value", "Explanation")) \
                and "]]>" not in element.text:
            element.text = etree.CDATA(element.text)
    for result in results(root):
        result.insert(0, etree.Comment(" made by a connector "))
    return root


@on_tree("nil-members", "Members without value are written as nil, as WCF does.")
def _(root):
    for result in results(root):
        have = {etree.QName(child).localname for child in result}
        for place, name in enumerate(("ErrorCode", "IsOk", "State", "TechExplanation", "UserExplanation")):
            if name in ("IsOk", "State") or name in have:
                continue
            child = etree.Element(N + name)
            child.set("{%s}nil" % XSI, "true")
            after = [one for one in result if etree.QName(one).localname in BASE[:place]]
            result.insert(result.index(after[-1]) + 1 if after else 0, child)
    for actor in root.iter(N + "ErpActorWS", N + "Actor"):
        for name in ("ParentActorType", "ParentErpKey"):
            if actor.find(N + name) is None:
                etree.SubElement(actor, N + name).set("{%s}nil" % XSI, "true")
    return root


@on_tree("nil-payloads", "Empty lists and dictionaries are written as nil.")
def _(root):
    for result in results(root):
        for name in ("Actors", "ListItems"):
            child = result.find(N + name)
            if child is not None and len(child) == 0:
                child.set("{%s}nil" % XSI, "true")
    return root


@on_tree("further-members", "Results have a further member at their end, from a newer version.")
def _(root):
    for result in results(root):
        etree.SubElement(result, N + "ZzServerVersion").text = "4.2"
    return root


@on_tree("typed-elements", "Elements name their declared type in xsi:type.")
def _(root):
    for actor in root.iter(N + "ErpActorWS"):
        actor.set("{%s}type" % XSI, "%s:ErpActorWS" % next(p for p, uri in actor.nsmap.items() if uri == wire.ERP_NS and p))
    return root


@style("bare-content-type", "soap.serialize", "The content type is text/xml;charset=UTF-8, written otherwise.")
def _(call, self, ctx, message):
    call(self, ctx, message)
    ctx.transport.resp_headers["Content-Type"] = 'text/xml;charset="UTF-8"'


@style("connection-closed", "soap.serialize", "The connection is closed after each answer.")
def _(call, self, ctx, message):
    call(self, ctx, message)
    ctx.transport.resp_headers["Connection"] = "close"


@style("faults-of-another-stack", "soap.serialize", "Faults have other codes and texts, and a detail.")
def _(call, self, ctx, message):
    call(self, ctx, message)
    for fault in ctx.out_document.iter("{%s}Fault" % soap.SOAP_NS):
        fault.find("faultcode").text = "%s:Server" % soap.ConnectorSoap.prefix(fault)
        fault.find("faultstring").text = "org.xml.sax.SAXException: bad envelope"
        etree.SubElement(etree.SubElement(fault, "detail"), "{urn:other-stack}hostname").text = "erp01"


@style("stamps-as-numbers", "values.stamp", "LastModified is a whole number.")
def _(call, ticks):
    return str(ticks)


@style("stamps-as-numbers", "since", "LastModified is a whole number.")
def _(call, self, stamp):
    return int(stamp) if (stamp or "").isdigit() else call(self, stamp)


@style("stamps-marked", "values.stamp", "LastModified is written as [DT:...].")
def _(call, ticks):
    return values.format_value("Datetime", ticks)


@style("stamps-marked", "since", "LastModified is written as [DT:...].")
def _(call, self, stamp):
    return values.parse("Datetime", stamp) if (stamp or "").startswith("[DT:") else call(self, stamp)


@style("stamps-in-seconds", "erp.tick", "LastModified has full seconds, and changes of one second share it.")
def _(call, self):
    now = erp.UNIX_EPOCH + int(time.time()) * values.TICKS_PER_SECOND
    self.last = max(now, self.last)
    return self.last


@style("stamps-in-seconds", "values.stamp", "LastModified has full seconds.")
def _(call, ticks):
    return call(ticks)[:19]


@style("stamps-in-seconds", "erp.create", "LastModified has full seconds.")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    whole = modified and modified // values.TICKS_PER_SECOND * values.TICKS_PER_SECOND
    return call(self, actor_type, native, parent, whole)


@style("numeric-keys", "erp.new_key", "Keys are numbers, the same for records of different types and firms.")
def _(call, self, actor_type, number):
    return str(1000 + number)


@style("odd-keys", "erp.new_key", "Keys have blanks, umlauts and signs.")
def _(call, self, actor_type, number):
    return f"{self.code} Übel & <Söhne> '{actor_type}' №{number}"


def cut(code_rows, count):
    return {code: rows[:count] for code, rows in code_rows.items()}


@style("one-of-each", "erp.build-data", "There is one record of each type.")
def _():
    erp.NORD_CUSTOMERS, erp.SUED_CUSTOMERS = erp.NORD_CUSTOMERS[:1], erp.SUED_CUSTOMERS[:1]
    erp.SUPPLIERS, erp.PARTNERS = cut(erp.SUPPLIERS, 1), cut(erp.PARTNERS, 1)
    erp.PERSONS = cut(erp.PERSONS, 1)
    erp.PROJECTS = {"NORD": erp.PROJECTS["NORD"][2:3], "SUED": ()}


@style("nothing-there", "erp.build-data", "There are no records at all.")
def _():
    erp.NORD_CUSTOMERS = erp.SUED_CUSTOMERS = ()
    erp.SUPPLIERS, erp.PARTNERS, erp.PERSONS, erp.PROJECTS = (
        {"NORD": (), "SUED": ()} for _ in range(4))


@style("customers-only", "erp.build-data", "Customer is the only type, with two fields.")
def _():
    customer = fields.ACTOR_FIELDS["Customer"]
    fields.ACTOR_FIELDS.clear()
    fields.ACTOR_FIELDS["Customer"] = tuple(one for one in customer if one.key in ("NAME", "TRADE"))
    operations.FIELDS.clear()
    operations.FIELDS["Customer"] = {one.key: one for one in fields.ACTOR_FIELDS["Customer"]}
    erp.SUPPLIERS, erp.PARTNERS, erp.PERSONS, erp.PROJECTS = (
        {"NORD": (), "SUED": ()} for _ in range(4))


@style("shuffled", "actors", "Records, fields and list items come in another order each time.")
def _(call, self, actors, request, operation):
    actors = list(actors)
    random.shuffle(actors)
    result = call(self, actors, request, operation)
    for one in result.Actors.ErpActorWS:
        random.shuffle(one.FieldValues.KeyValueOfstringstring)
    return result


@style("shuffled", "WSGetList", "Records, fields and list items come in another order each time.")
def _(call, self, request):
    result = call(self, request)
    random.shuffle(result.ListItems.KeyValueOfstringstring)
    return result


@style("with-information", "run", "Successful results have the state OkWithInfo and say how long they took.")
def _(call, self, name, request):
    result = call(self, name, request)
    if result.State == "Ok" and name.startswith("WSGet"):
        result.State, result.TechExplanation = "OkWithInfo", "Served in 3 ms."
    return result


@style("errors-for-unknown-keys", "actors", "An undeclared field key is an error with its code.")
def _(call, self, actors, request, operation):
    known = operations.FIELDS.get(request.ActorType, {})
    if any(key not in known for key in operations.strings(request.FieldKeys)):
        raise operations.Problem("A field key is not defined.", code=operations.UNKNOWN_FIELD)
    return call(self, actors, request, operation)


@style("errors-for-unknown-keys", "WSGetListItems", "An unknown item key is an error with its code.")
def _(call, self, request):
    items = self.list_of(request)
    if any(key not in items for key in operations.strings(request.ListItemKeys)):
        raise operations.Problem("An item does not exist.", code=operations.UNKNOWN_ITEM)
    return call(self, request)


@style("unknown-fields-ignored", "write.values", "Unknown field keys in a write are ignored, and the state is Ok.")
def _(call, self, firm, known, submitted):
    return call(self, firm, known, {key: value for key, value in submitted.items() if key in known})


@style("search-is-contains", "search.words", "The search text is looked for as a whole, anywhere.")
def _(call, text, haystack):
    return search.fold(text).strip() in search.fold(haystack)


@style("slow", "run", "Every call takes a fifth of a second.")
def _(call, self, name, request):
    time.sleep(0.2)
    return call(self, name, request)


@style("clock-ten-minutes-late", "auth.minute", "The clock of the server is ten minutes late.")
def _(call, self):
    return (datetime.now(timezone.utc) - timedelta(minutes=10)).strftime("%Y%m%d%H%M")


@style("replay-refused", "auth.claims", "A token is accepted once.")
def _(call, self, claims, header):
    call(self, claims, header)
    used = self.__dict__.setdefault("used", set())
    if claims["nonce"] in used:
        raise Refused("used before")
    used.add(claims["nonce"])


@style("no-leeway", "auth.time", "No clock skew is tolerated.")
def _(call, self, claims):
    call(self, claims)
    if not claims.get("nbf", 0) <= time.time() <= claims["exp"]:
        raise Refused("not valid at this time")


@style("no-wsdl", "gate.refusal", "No WSDL is published.")
def _(call, self, environ):
    return ("404 Not Found", "There is nothing here.") if environ["REQUEST_METHOD"] == "GET" else call(self, environ)


def put_on(name):
    if name not in STYLES:
        raise SystemExit(f"no style is named {name}")
    for seam, function in STYLES[name][1]:
        if seam == "erp.build-data":
            function()
        else:
            seams.activate(seam, function)


if __name__ == "__main__":
    for key, (sentence, _) in STYLES.items():
        print(f"{key}: {sentence}")
    sys.exit(0)
