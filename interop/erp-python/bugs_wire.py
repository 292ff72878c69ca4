"""Bugs of transport and wire format (contract section 9.1)."""

import contextlib
import re
import time

from lxml import etree

import soap
import wire
from bugs import bug
from soap import ClientFault

N = "{%s}" % wire.ERP_NS
A = "{%s}" % wire.ARRAYS_NS
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def after_serializing(change):
    """A hook for soap.serialize that changes the document of a result."""

    def hook(call, self, ctx, message):
        call(self, ctx, message)
        if ctx.out_error is None:
            change(ctx.out_document, ctx.descriptor.name)

    return hook


def on_result(name, sentence, ids):
    """Register a bug that changes the answer's document."""

    def decorate(change):
        bug(name, "soap.serialize", sentence, ids)(after_serializing(change))
        return change

    return decorate


@bug("soap12-content-type", "soap.serialize",
     "Answers are sent as application/soap+xml.", "ERP-001 AUTH-002")
def _(call, self, ctx, message):
    call(self, ctx, message)
    ctx.transport.resp_headers["Content-Type"] = "application/soap+xml; charset=utf-8"


@bug("fault-with-200", "soap.serialize", "Faults are sent with HTTP 200.", "ERP-001 AUTH-002")
def _(call, self, ctx, message):
    call(self, ctx, message)
    if ctx.out_error is not None:
        ctx.transport.resp_code = "200 OK"


@bug("by-parent-not-dispatched", "soap.operation",
     "WSSearchActorByParent was forgotten in the table of actions.", "ERP-002")
def _(call, action, body_tag):
    if action.endswith("/WSSearchActorByParent"):
        raise ClientFault("No operation matches the given action.", "Client.ActionNotSupported")
    return call(action, body_tag)


@on_result("list-result-named-return", "The result of WSGetList is wrapped in an element named return.", "ERP-003")
def _(document, operation):
    for element in document.iter(N + "WSGetListResult"):
        element.tag = N + "return"


@on_result("save-result-unqualified", "WSSaveActorsResult is written without namespace.", "ERP-003")
def _(document, operation):
    for element in document.iter(N + "WSSaveActorsResult"):
        element.tag = "WSSaveActorsResult"


@on_result("actors-before-base",
           "Actors is written before the members of the base class.", "ERP-004")
def _(document, operation):
    for element in document.iter(N + "Actors"):
        parent = element.getparent()
        parent.remove(element)
        parent.insert(0, element)


@on_result("config-key-first", "FieldKey is written first in configuration fields only.", "ERP-004")
def _(document, operation):
    if operation == "WSGetConfigData":
        for element in list(document.iter(N + "FieldKey")):
            element.getparent().insert(0, element)


@on_result("stamp-after-parent",
           "LastModified is written last, seen only when the actor has a parent.", "ERP-004")
def _(document, operation):
    for actor in document.iter(N + "ErpActorWS", N + "Actor"):
        stamp = actor.find(N + "LastModified")
        if stamp is not None:
            actor.append(stamp)


@on_result("string-in-contract-namespace",
           "Items of WSGetSearchableFields are string elements of the contract namespace.", "ERP-005 ERP-119")
def _(document, operation):
    if operation == "WSGetSearchableFields":
        for element in document.iter(A + "string"):
            element.tag = N + "string"


@on_result("value-before-key", "List items are written with Value before Key.", "ERP-005")
def _(document, operation):
    if operation.startswith("WSGetList"):
        for element in document.iter(A + "Key"):
            element.getparent().append(element)


@on_result("pair-named-item", "Pairs of field values are named item as in other stacks.", "ERP-005")
def _(document, operation):
    for values in document.iter(N + "FieldValues"):
        for element in values.iter(A + "KeyValueOfstringstring"):
            element.tag = A + "item"


@on_result("numeric-state", "WSTestConnection writes the number of the state.", "ERP-006")
def _(document, operation):
    if operation == "WSTestConnection":
        for element in document.iter(N + "State"):
            element.text = str(["Ok", "OkWithInfo", "Warning", "Error"].index(element.text))


def respelled(name, member, right, wrong, sentence):
    @on_result(name, sentence, "ERP-006")
    def change(document, operation):
        for element in document.iter(N + member):
            if element.text == right:
                element.text = wrong


respelled("datetime-spelled-dotnet", "FieldType", "Datetime", "DateTime", "Datetime fields are declared as DateTime.")
respelled("readonly-lower-case", "Access", "ReadOnly", "Readonly", "ReadOnly access is written Readonly.")
respelled("error-lower-case", "State", "Error", "error", "The state Error is written in lower case.")


@on_result("python-boolean", "IsOk is written as Python prints it: True or False.", "ERP-007")
def _(document, operation):
    for state in list(document.iter(N + "State")):
        element = etree.Element(N + "IsOk")
        element.text = str(state.text != "Error")
        state.addprevious(element)


@on_result("rank-with-decimals", "Rank of list fields is written with a decimal.", "ERP-007")
def _(document, operation):
    for one in document.iter(N + "FieldMetadataInfoWS"):
        if one.find(N + "FieldType").text == "List":
            one.find(N + "Rank").text += ".0"


def body_child(root):
    body = root.find("{%s}Body" % soap.SOAP_NS)
    return body[0] if body is not None and len(body) else None


@bug("prefix-ns0-unread", "soap.parse",
     "Members of a request whose elements have the prefix ns0 are not recognised.", "ERP-008")
def _(call, data, *rest):
    root = call(data, *rest)
    child = body_child(root)
    if child is not None and child.prefix == "ns0":
        for element in list(child):
            child.remove(element)
    return root


@bug("nil-is-fault", "soap.parse",
     "A nil FieldKeys, ErpKeys or SearchText gives a fault, an absent one does not.", "ERP-009 ERP-083 ERP-085 ERP-116 ERP-171")
def _(call, data, *rest):
    root = call(data, *rest)
    for element in root.iter(N + "FieldKeys", N + "ErpKeys", N + "SearchText"):
        if element.get(NIL) in ("true", "1"):
            raise ClientFault("The value of a member is missing.")
    return root


@bug("nil-text-is-content", "soap.parse",
     "A nil UpdatedOnOrAfter is read as a text and refused, an absent one is not.", "ERP-009 ERP-098")
def _(call, data, *rest):
    root = call(data, *rest)
    for element in root.iter(N + "UpdatedOnOrAfter"):
        if element.attrib.pop(NIL, "") in ("true", "1"):
            element.text = "(null)"
    return root


@bug("extra-element-refused", "soap.parse", "An unknown element at the end of a request gives a fault.", "ERP-010")
def _(call, data, *rest):
    root = call(data, *rest)
    child = body_child(root)
    model = wire.OPERATIONS.get(etree.QName(child).localname, (None,))[0] if child is not None else None
    if model is not None and len(child):
        known = model.get_flat_type_info(model)
        if any(etree.QName(element).localname not in known for element in child[0]):
            raise ClientFault("The request has an unknown member.")
    return root


@bug("byte-order-mark-refused", "soap.parse", "A byte order mark makes the message unreadable.", "ERP-011")
def _(call, data, *rest):
    if data.startswith(b"\xef\xbb\xbf"):
        raise ClientFault("The message is not well-formed XML.")
    return call(data, *rest)


@bug("declaration-refused", "soap.parse", "A message with an XML declaration is refused.", "ERP-011")
def _(call, data, *rest):
    if data.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml"):
        raise ClientFault("The message is not well-formed XML.")
    return call(data, *rest)


def altered_text(name, sentence, ids, alter):
    """Text values are altered on their way into the ERP."""

    @bug(name, "write.value", sentence, ids)
    def change(call, self, firm, field, sent):
        if field.type == "Text" and sent:
            sent = alter(sent)
        return call(self, firm, field, sent)


altered_text("latin-1-only", "Letters outside Latin-1 are stored as question marks.", "ERP-012 ERP-139",
             lambda text: text.encode("latin-1", "replace").decode("latin-1"))
altered_text("bmp-only", "Characters outside the BMP are dropped.", "ERP-012 ERP-139",
             lambda text: "".join(letter for letter in text if ord(letter) < 0x10000))
altered_text("line-breaks-lost", "Line breaks inside a text become blanks.", "ERP-012 ERP-139",
             lambda text: " ".join(text.splitlines()))
altered_text("double-escaped", "Ampersands are escaped once more when stored.", "ERP-012 ERP-139",
             lambda text: text.replace("&", "&amp;"))
altered_text("apostrophe-doubled", "Apostrophes are doubled as for SQL.", "ERP-012 ERP-139",
             lambda text: text.replace("'", "''"))


@bug("vertical-tab-in-remark", "soap.bytes",
     "Answers with the field REMARK hold a raw control character.", "ERP-013")
def _(call, self, ctx, charset=None):
    call(self, ctx, charset)
    data = b"".join(ctx.out_string)
    ctx.out_string = [re.sub(rb"(Key>REMARK<.{0,40}?Value>)", rb"\1" + b"\x0b", data, flags=re.DOTALL)]


@bug("limit-64-kib", "gate.refusal", "Requests above 64 KiB are refused with 413.", "ERP-014")
def _(call, self, environ):
    if int(environ.get("CONTENT_LENGTH") or 0) > 65536:
        return "413 Content Too Large", "The message is too large."
    return call(self, environ)


@bug("big-save-faults", "soap.parse", "Requests above 900 kB give a fault.", "ERP-014 ERP-171")
def _(call, data, *rest):
    if len(data) > 900_000:
        raise ClientFault("The quota of the message was exceeded.")
    return call(data, *rest)


@bug("dtd-accepted", "soap.refuse_dtd", "A document type declaration is skipped, not refused.", "ERP-015 AUTH-080")
def _(call, data):
    return None


@bug("entities-expanded", "soap.parse",
     "The parser reads DTDs and expands entities, from files too.", "ERP-015 AUTH-080 AUTH-081 AUTH-083")
def _(call, data, *rest):
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False, huge_tree=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise ClientFault("The message is not well-formed XML.") from None


@bug("body-decides", "soap.operation",
     "The body element decides, whatever the action says.", "ERP-016 AUTH-089")
def _(call, action, body_tag):
    return body_tag if body_tag in soap.ACTIONS.values() else call(action, body_tag)


@bug("foreign-body-accepted", "soap.operation",
     "The body element is not checked, only the action counts.", "ERP-016")
def _(call, action, body_tag):
    return call(action, soap.ACTIONS.get(action, body_tag))


SHARED = type("Shared", (), {})()


@bug("shared-connection", "info",
     "The connection of a call is kept in a shared variable, so parallel calls mix connections.", "ERP-017 ERP-028")
def _(call, self, request):
    self.lock = contextlib.nullcontext()
    SHARED.info = call(self, request)
    time.sleep(0.02)
    return SHARED.info


@bug("parallel-faults", "run", "More than four calls at a time give faults.", "ERP-017 ERP-171")
def _(call, self, name, request):
    SHARED.busy = getattr(SHARED, "busy", 0) + 1
    try:
        time.sleep(0.02)
        if SHARED.busy > 4:
            raise ClientFault("Too many calls.")
        return call(self, name, request)
    finally:
        SHARED.busy -= 1


@bug("slow-first-call", "WSGetActors", "The first WSGetActors of each actor type takes 12 s.", "ERP-020")
def _(call, self, request):
    seen = self.__dict__.setdefault("warm", set())
    if request.ActorType not in seen:
        seen.add(request.ActorType)
        time.sleep(12)
    return call(self, request)
