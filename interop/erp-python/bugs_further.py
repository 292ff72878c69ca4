"""Further bugs, of kinds that the other modules lack.

They show only sometimes: for the second firm, for one operation of several
that share a rule, after some other call, at a boundary, in an error answer,
in nested data or under parallel calls.
"""

import html
import re
import threading
import time
import urllib.request
from decimal import Decimal

from cryptography import x509

import auth
import erp
import search
import soap
import values
import wire
from auth import Refused
from bugs import also, bug
from bugs_actors import on_actor, on_format, pairs_of
from bugs_connection import raise_kept_fault
from bugs_refusal import trusting, verified_by
from bugs_wire import A, N, NIL, altered_text, body_child, on_result
from connections import ZERO
from operations import FIELDS, UNKNOWN_CONNECTION, Problem, pairs, strings, to_strings
from soap import ClientFault


def for_request(name, seam, sentence, ids, change):
    """Change the request before the operation reads it."""

    @bug(name, seam, sentence, ids)
    def hook(call, self, request):
        change(self, request)
        return call(self, request)


def fault_when(name, seam, sentence, ids, condition):
    """A call for which the condition holds gives a fault."""

    @bug(name, seam, sentence, ids)
    def hook(call, self, request):
        if condition(request):
            self.fault = ClientFault("The message could not be processed.")
        return call(self, request)

    also(name, "run")(raise_kept_fault)


# Transport and wire format

@bug("fault-in-soap12", "soap.bytes", "Faults are written in a SOAP 1.2 envelope.", "ERP-001 AUTH-002")
def _(call, self, ctx, charset=None):
    call(self, ctx, charset)
    if ctx.out_error is not None:
        data = b"".join(ctx.out_string)
        ctx.out_string = [data.replace(soap.SOAP_NS.encode(), b"http://www.w3.org/2003/05/soap-envelope")]


@on_result("response-without-wrapper", "WSTestConnection is answered with its result, without the wrapper around it.", "ERP-003")
def _(document, operation):
    for element in list(document.iter(N + "WSTestConnectionResponse")):
        element.getparent().replace(element, element[0])


@on_result("error-texts-swapped", "In error results UserExplanation is written before TechExplanation.", "ERP-004")
def _(document, operation):
    for state in document.iter(N + "State"):
        tech, user = (state.getparent().find(N + name) for name in ("TechExplanation", "UserExplanation"))
        if state.text == "Error" and tech is not None and user is not None:
            tech.addprevious(user)


@on_result("created-key-first", "WSCreateActor writes ErpKey before ActorType.", "ERP-004")
def _(document, operation):
    if operation == "WSCreateActor":
        for key in list(document.iter(N + "ErpKey")):
            key.getparent().insert(0, key)


@on_result("saved-pairs-in-contract-namespace",
           "Pairs in the answer of WSSaveActors are in the contract's namespace.", "ERP-005")
def _(document, operation):
    if operation == "WSSaveActors":
        for element in document.iter(A + "KeyValueOfstringstring"):
            element.tag = N + "KeyValueOfstringstring"


@on_result("info-state-spelled-otherwise", "The state OkWithInfo is written OKWithInfo.", "ERP-006")
def _(document, operation):
    for element in document.iter(N + "State"):
        if element.text == "OkWithInfo":
            element.text = "OKWithInfo"


@on_result("warning-by-number", "The state Warning is written as its number.", "ERP-006")
def _(document, operation):
    for element in document.iter(N + "State"):
        if element.text == "Warning":
            element.text = "2"


@on_result("access-by-number", "Access of mandatory fields of Person is written as 1.", "ERP-006")
def _(document, operation):
    keys = [element.text for element in document.iter(N + "FieldKey")]
    if "LASTNAME" in keys:
        for element in document.iter(N + "Access"):
            if element.text == "Mandatory":
                element.text = "1"


@on_result("length-unsigned", "No restriction of the length is written as the largest unsigned number.", "ERP-007")
def _(document, operation):
    for element in document.iter(N + "MaxLength"):
        if element.text == "0":
            element.text = "4294967295"


@on_result("length-empty", "No restriction of the length is written as an empty element.", "ERP-007")
def _(document, operation):
    for element in document.iter(N + "MaxLength"):
        if element.text == "0":
            element.text = ""


@bug("nested-prefix-unread", "soap.parse", "Keys and values of dictionaries are read with the prefixes b and a only.", "ERP-008")
def _(call, data, *rest):
    root = call(data, *rest)
    for pair in list(root.iter(A + "KeyValueOfstringstring")):
        if pair.prefix not in ("b", "a"):
            pair.getparent().remove(pair)
    return root


@bug("root-declarations-unread", "soap.parse",
     "The namespace of the operation has to be declared on its own element.", "ERP-008")
def _(call, data, *rest):
    root = call(data, *rest)
    child = body_child(root)
    if child is not None and root.nsmap.get(child.prefix) == wire.ERP_NS:
        raise ClientFault("The body element is not known.")
    return root


@bug("nil-as-number-unread", "soap.parse", "xsi:nil is recognised when it is true, not when it is 1.", "ERP-009")
def _(call, data, *rest):
    root = call(data, *rest)
    for element in root.iter(N + "UpdatedOnOrAfter", N + "ParentErpKey", N + "SearchText"):
        if element.get(NIL) == "1":
            del element.attrib[NIL]
            element.text = "nil"
    return root


@bug("nil-parent-is-parent", "soap.parse", "A nil parent in a write is taken for a parent without name.", "ERP-009")
def _(call, data, *rest):
    root = call(data, *rest)
    for element in root.iter(N + "ParentErpKey"):
        if element.get(NIL) in ("true", "1"):
            del element.attrib[NIL]
            element.text = "(none)"
    return root


@bug("nested-extra-refused", "soap.parse",
     "An unknown element inside a restriction or an actor gives a fault.", "ERP-010 ERP-171")
def _(call, data, *rest):
    root = call(data, *rest)
    for name, model in (("SearchRestrictionInfoWS", wire.SearchRestrictionInfoWS),
                        ("ErpActorWS", wire.ErpActorWS), ("Actor", wire.ErpActorWS)):
        for element in root.iter(N + name):
            if any(child.tag.split("}")[-1] not in model._type_info for child in element):
                raise ClientFault("The request has an unknown member.")
    return root


@bug("declaration-after-mark-refused", "soap.parse",
     "A byte order mark without an XML declaration after it makes the message unreadable.", "ERP-011 ERP-171")
def _(call, data, *rest):
    if data.startswith(b"\xef\xbb\xbf") and not data.startswith(b"\xef\xbb\xbf<?xml"):
        raise ClientFault("The message is not well-formed XML.")
    return call(data, *rest)


altered_text("tags-stripped", "What looks like a tag is stripped from texts.", "ERP-012 ERP-139",
             lambda text: re.sub(r"<[^<>]*>", "", text))
altered_text("unescaped-twice", "Texts are unescaped once more when stored.", "ERP-012 ERP-139", html.unescape)
altered_text("returns-doubled", "Line feeds become carriage return and line feed.", "ERP-012 ERP-139",
             lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n"))


@bug("saved-in-latin-1", "write.save_one", "Saving, not creating, turns letters outside Latin-1 into question marks.",
     "ERP-012 ERP-150")
def _(call, self, firm, given, ignored):
    for pair in (given.FieldValues.KeyValueOfstringstring or ()) if given.FieldValues else ():
        pair.Value = pair.Value and pair.Value.encode("latin-1", "replace").decode("latin-1")
    return call(self, firm, given, ignored)


@bug("length-in-bytes", "write.value", "MaxLength is compared with the number of UTF-8 bytes; what exceeds it is cut.",
     "ERP-012 ERP-150")
def _(call, self, firm, field, sent):
    if field.type == "Text" and field.max and sent and len(sent) <= field.max:
        sent = sent.encode()[:max(8, field.max // 3)].decode("utf-8", "ignore")
    return call(self, firm, field, sent)


@bug("colours-in-errors", "soap.bytes", "Explanations of errors hold escape characters of a terminal.", "ERP-013")
def _(call, self, ctx, charset=None):
    call(self, ctx, charset)
    data = b"".join(ctx.out_string)
    ctx.out_string = [re.sub(rb"(TechExplanation>)(?=[^<])", rb"\1" + b"\x1b[31m", data, count=1)]


@bug("many-keys-fault", "WSGetActors", "More than a thousand keys give a fault.", "ERP-014 ERP-171")
def _(call, self, request):
    if len(strings(request.ErpKeys)) > 1000:
        self.fault = ClientFault("The message could not be processed.")
    return call(self, request)


also("many-keys-fault", "run")(raise_kept_fault)


@bug("long-value-faults", "soap.parse", "A single text above 8192 characters gives a fault.", "ERP-014 ERP-171")
def _(call, data, *rest):
    root = call(data, *rest)
    if any(len(element.text or "") > 8192 and element.tag.startswith((N, A)) for element in root.iter()):
        raise ClientFault("The maximum string content length quota was exceeded.")
    return root


@bug("dtd-without-entities-accepted", "soap.refuse_dtd",
     "A document type declaration is refused only when it declares an entity.", "ERP-015 AUTH-080")
def _(call, data):
    if b"<!ENTITY" in data or b"SYSTEM" in data:
        return call(data)
    return None


@bug("unknown-action-runs-first", "soap.operation",
     "For an unknown action the operation of the body runs, and then a fault is sent.", "ERP-016")
def _(call, action, body_tag):
    try:
        return call(action, body_tag)
    except ClientFault:
        if body_tag in soap.ACTIONS.values() and action not in soap.ACTIONS:
            LATE.fault = ClientFault("No operation matches the given action.", "Client.ActionNotSupported")
            return body_tag
        raise


LATE = threading.local()


@also("unknown-action-runs-first", "run")
def _(call, self, name, request):
    fault, LATE.fault = getattr(LATE, "fault", None), None
    result = call(self, name, request)
    if fault is not None:
        raise fault
    return result


@bug("action-by-last-segment", "soap.operation", "Only the last segment of the action counts.", "ERP-016")
def _(call, action, body_tag):
    name = action.rsplit("/", 1)[-1]
    return call(next((one for one in soap.ACTIONS if one.endswith("/" + name) and name in wire.OPERATIONS), action), body_tag)


@bug("busy-poll-is-empty", "run", "While another poll is running, polling answers Ok without actors.", "ERP-017")
def _(call, self, name, request):
    if name not in ("WSGetActorsByTimestamp", "WSGetActors"):
        return call(self, name, request)
    count = self.__dict__.setdefault("polls", [])
    count.append(1)
    try:
        time.sleep(0.02)
        if len(count) > 2:
            return wire.ActorArrayPluginResponseWS(State="Ok", Actors=wire.ArrayOfErpActorWS())
        return call(self, name, request)
    finally:
        count.pop()


@bug("one-connection-at-a-time", "run", "While a call of one connection runs, those of others are refused.", "ERP-017")
def _(call, self, name, request):
    guid = getattr(request, "ConnectionGuid", None)
    active = self.__dict__.setdefault("active", [])
    active.append(guid)
    try:
        time.sleep(0.02)
        if guid and any(other not in (guid, None) for other in list(active)):
            return wire.OPERATIONS[name][1](State="Error", TechExplanation="The ERP is in use.")
        return call(self, name, request)
    finally:
        active.remove(guid)


# Connection ids and connections

@bug("guid-case-counts-in-lists", "list", "For lists, GUIDs in upper case are not known.", "ERP-021")
def _(call, self, request):
    guid = request.ConnectionGuid or ""
    if guid != guid.lower():
        raise Problem("No configuration is stored for this connection id.", code=UNKNOWN_CONNECTION)
    return call(self, request)


@bug("delete-heeds-case", "WSDeleteConnection", "Deleting finds the connection only in the spelling of lower case.",
     "ERP-021")
def _(call, self, request):
    if request.ConnectionGuid != (request.ConnectionGuid or "").lower():
        return wire.ConnectorResultBaseWS()
    return call(self, request)


@bug("guid-tail-ignored", "connections.guid", "What follows the 36 characters of a GUID is ignored.", "ERP-023")
def _(call, text):
    return call((text or "").strip()[:36]) or call(text)


@bug("types-need-no-connection", "WSGetSupportedActorTypes",
     "The actor types are answered whatever connection is named.", "ERP-025 ERP-023 ERP-024")
def _(call, self, request):
    return wire.StringArrayPluginResponseWS(Items=to_strings(FIELDS))


@bug("fields-need-no-connection", "WSGetSearchableFields",
     "The searchable fields are answered whatever connection is named.", "ERP-025 ERP-023 ERP-024")
def _(call, self, request):
    return wire.StringArrayPluginResponseWS(Items=to_strings(self.searchable(request.ActorType)))


@bug("empty-guid-is-zero", "guid", "An empty connection id is taken for the all-zero one.", "ERP-024")
def _(call, self, request):
    return call(self, request) if request.ConnectionGuid else ZERO


@bug("unknown-code-with-id", "problem", "The error code of an unknown connection carries its id.", "ERP-025 ERP-176")
def _(call, self, model, problem):
    result = call(self, model, problem)
    if problem.code == UNKNOWN_CONNECTION:
        result.ErrorCode = UNKNOWN_CONNECTION + ": 7"
    return result


@bug("unknown-is-warning", "problem", "An unknown connection is reported with the state Warning by reading operations.", "ERP-025")
def _(call, self, model, problem):
    result = call(self, model, problem)
    if problem.code == UNKNOWN_CONNECTION and model is wire.ActorArrayPluginResponseWS:
        result.State = "Warning"
    return result


@bug("activated-by-test", "info", "A saved connection works only after WSTestConnection was called for it.", "ERP-026")
def _(call, self, request):
    info = call(self, request)
    tested = self.__dict__.setdefault("tested", set())
    guid = self.guid_of(request)
    if type(request) is wire.RequestBaseWS and getattr(self, "testing", False):
        tested.add(guid)
    elif guid not in tested:
        raise Problem("The connection is not active.")
    return info


@also("activated-by-test", "WSTestConnection")
def _(call, self, request):
    self.testing = True
    try:
        return call(self, request)
    finally:
        self.testing = False


@bug("stored-after-two-seconds", "connections.save", "A saved connection is known two seconds later.",
     "ERP-051 ERP-026 ERP-173")
def _(call, self, guid, info):
    threading.Timer(2, call, (self, guid, info)).start()


@bug("deleted-for-ever", "connections.delete", "A deleted connection cannot be saved again.", "ERP-026 ERP-051 ERP-173")
def _(call, self, guid):
    self.__dict__.setdefault("dead", set()).add(guid)
    call(self, guid)


@also("deleted-for-ever", "connections.save")
def _(call, self, guid, info):
    if guid not in self.__dict__.setdefault("dead", set()):
        call(self, guid, info)


def of_all_firms(name, operation, sentence, ids):
    """An operation sees the records of every firm."""

    @bug(name, operation, sentence, ids)
    def hook(call, self, request):
        own = self.firm_of(request)
        self.everywhere = [own] + [firm for firm in self.firms.values() if firm is not own]
        try:
            return call(self, request)
        finally:
            self.everywhere = None

    @also(name, "firm")
    def hook_firm(call, self, request):
        firm = call(self, request)
        if not self.__dict__.get("everywhere"):
            return firm
        joined = erp.Firm(firm.code, firm.clock)
        for one in reversed(self.everywhere):
            joined.actors.update(one.actors)
        return joined


of_all_firms("search-in-all-firms", "WSSearchActors", "Simple search finds records of every firm.", "ERP-028")
of_all_firms("advanced-in-all-firms", "WSSearchActorsAdvanced", "Advanced search finds records of every firm.", "ERP-028")
of_all_firms("keys-of-all-firms", "WSGetActors", "WSGetActors finds keys of every firm.", "ERP-028")
of_all_firms("polls-all-firms", "WSGetActorsByTimestamp", "Polling returns the changes of every firm.", "ERP-028 ERP-075 ERP-112")
of_all_firms("by-parent-in-all-firms", "WSSearchActorByParent", "Search by parent finds records of every firm.", "ERP-028")
of_all_firms("saves-in-all-firms", "WSSaveActors", "WSSaveActors changes records of every firm.", "ERP-028 ERP-154")


@bug("lists-kept-for-all-firms", "list", "Lists are kept by their name, so the second firm gets those of the first.", "ERP-089 ERP-028")
def _(call, self, request):
    kept = self.__dict__.setdefault("kept_lists", {})
    items = call(self, request)
    return kept.setdefault(request.ListName, items)


# Configuration

@bug("config-shrinks", "WSGetConfigData", "Once a connection is saved, the login is no longer asked for.", "ERP-044 ERP-032")
def _(call, self, request):
    result = call(self, request)
    if self.connections.stored:
        array = result.FieldMetaDataObjects
        array.FieldMetadataInfoWS = [one for one in array.FieldMetadataInfoWS if one.FieldKey != "ServiceUser"]
    return result


@bug("description-of-255", "metadata", "A description of Person has one character too many.", "ERP-067 ERP-034")
def _(call, self, given, owner):
    result = call(self, given, owner)
    if owner == "Person":
        result.FieldMetaDataObjects.FieldMetadataInfoWS[1].DisplayDescription = "d" * 255
    return result


@bug("default-date-local", "metadata", "The default of ValidFrom is a date as it is written in Germany.", "ERP-040")
def _(call, self, given, owner):
    result = call(self, given, owner)
    for one in result.FieldMetaDataObjects.FieldMetadataInfoWS:
        if one.FieldKey == "ValidFrom":
            one.DefaultValue = "31.12.2026"
    return result


@bug("language-with-quotes", "metadata", "A multi-language name has quotes inside its text.", "ERP-043")
def _(call, self, given, owner):
    result = call(self, given, owner)
    result.FieldMetaDataObjects.FieldMetadataInfoWS[0].DisplayName = 'US:"The "best" name";NO:"Navn"'
    return result


@bug("empty-value-is-value", "check_config", "A mandatory value may be empty; only a missing one is refused.", "ERP-046")
def _(call, self, info):
    filled = {**info, **{key: {"Firm": "NORD", "ServiceUser": erp.ACCOUNT[0], "Passphrase": erp.ACCOUNT[1]}.get(key, "")
                         for key, value in info.items() if not value}}
    return call(self, filled)


@bug("empty-config-is-ok", "WSTestConfigData", "A configuration without any value passes the test.", "ERP-049")
def _(call, self, request):
    return call(self, request) if pairs(request.ConnectionInfo) else wire.ConnectorResultBaseWS()


@bug("failed-test-locks", "WSTestConfigData", "After a refused login saved connections fail until a test succeeds.",
     "ERP-048 ERP-179")
def _(call, self, request):
    self.locked = True
    result = call(self, request)
    self.locked = False
    return result


@also("failed-test-locks", "firm")
def _(call, self, request):
    if self.__dict__.get("locked"):
        raise Problem("The service user is locked.")
    return call(self, request)


@bug("delete-again-faults", "WSDeleteConnection", "Deleting a connection a second time gives a fault.", "ERP-057 ERP-171")
def _(call, self, request):
    gone = self.__dict__.setdefault("gone", set())
    guid = self.guid_of(request)
    if guid in gone:
        self.fault = ClientFault("The message could not be processed.")
    if guid in self.connections.stored:
        gone.add(guid)
    return call(self, request)


also("delete-again-faults", "run")(raise_kept_fault)


@bug("secret-in-list-texts", "list", "A list that does not exist is reported with the login and its passphrase.", "ERP-178 ERP-056")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem as problem:
        if not problem.code:
            problem.tech += " " + ";".join(erp.ACCOUNT)
        raise


@bug("secret-in-polling", "since", "An unreadable timestamp is reported with the connection string.", "ERP-178 ERP-056")
def _(call, self, stamp):
    try:
        return call(self, stamp)
    except Problem as problem:
        problem.tech += " (erp://%s:%s@host)" % erp.ACCOUNT
        raise


# Actor types and fields

@bug("types-translated-for-second", "WSGetSupportedActorTypes", "The firm SUED names its types in German.", "ERP-061")
def _(call, self, request):
    result = call(self, request)
    if self.info_of(request)["Firm"] == "SUED":
        result.Items.string = ["Kunde" if one == "Customer" else one for one in result.Items.string]
    return result


@bug("type-with-blank", "WSGetSupportedActorTypes", "Person is offered with a blank after its name.", "ERP-061")
def _(call, self, request):
    result = call(self, request)
    result.Items.string = [one + " " if one == "Person" else one for one in result.Items.string]
    return result


@bug("partner-fieldless-for-second", "WSGetSupportedActorTypeFields", "For the firm SUED Partner has no fields.", "ERP-066")
def _(call, self, request):
    result = call(self, request)
    if self.info_of(request)["Firm"] == "SUED" and request.ActorType == "Partner":
        result.FieldMetaDataObjects.FieldMetadataInfoWS = []
    return result


@bug("searchable-in-lower-case", "WSGetSearchableFields", "Searchable fields of Supplier are named in lower case.", "ERP-119")
def _(call, self, request):
    result = call(self, request)
    if request.ActorType == "Supplier":
        result.Items.string = [one.lower() for one in result.Items.string]
    return result


# Lists

@bug("list-of-two", "WSGetList", "WSGetList returns the first two items only.", "ERP-089 ERP-165")
def _(call, self, request):
    result = call(self, request)
    result.ListItems.KeyValueOfstringstring = result.ListItems.KeyValueOfstringstring[:2]
    return result


@bug("items-after-list", "WSGetListItems", "WSGetListItems knows only lists that WSGetList was called for.", "ERP-165")
def _(call, self, request):
    result = call(self, request)
    if (self.guid_of(request), request.ListName) not in self.__dict__.setdefault("listed", set()):
        result.ListItems.KeyValueOfstringstring = []
    return result


@also("items-after-list", "WSGetList")
def _(call, self, request):
    self.__dict__.setdefault("listed", set()).add((self.guid_of(request), request.ListName))
    return call(self, request)


@bug("unknown-item-is-question-mark", "WSGetListItems", "Unknown item keys are returned with a question mark as text.", "ERP-165 ERP-166")
def _(call, self, request):
    result = call(self, request)
    known = {pair.Key for pair in result.ListItems.KeyValueOfstringstring}
    result.ListItems.KeyValueOfstringstring += [
        wire.KeyValueOfstringstring(Key=key, Value="?") for key in strings(request.ListItemKeys) if key not in known]
    return result


@bug("item-twice-asked-twice-returned", "WSGetListItems", "An item key that is asked for twice is returned twice.", "ERP-162 ERP-165")
def _(call, self, request):
    items = self.list_of(request)
    return wire.ListItemArrayPluginResponseWS(ListItems=wire.ArrayOfKeyValueOfstringstring(KeyValueOfstringstring=[
        wire.KeyValueOfstringstring(Key=key, Value=items[key]) for key in strings(request.ListItemKeys) if key in items]))


fault_when("nil-list-name-faults", "WSGetList", "A missing list name gives a fault.", "ERP-171",
           lambda request: not request.ListName)


# Reading

@bug("field-keys-lowered", "actor", "Field keys of Person are returned in lower case.", "ERP-079 ERP-080")
def _(call, self, actor, field_keys, operation):
    result = call(self, actor, field_keys, operation)
    if actor.type == "Person":
        for pair in pairs_of(result):
            pair.Key = pair.Key.lower()
    return result


@bug("ten-fields-only", "actor", "Of more than ten fields the first ten are returned.", "ERP-080")
def _(call, self, actor, field_keys, operation):
    return call(self, actor, list(field_keys)[:10], operation)


on_format("thousands-separated", "Doubles from a thousand are written with separators.", "ERP-088", "Double",
          lambda text, value: f"[F:{value:,}]" if abs(value) >= 1000 else text)
on_format("checkbox-minus-one", "A checked box is written as [I:-1].", "ERP-087 ERP-139", "Checkbox",
          lambda text, value: "[I:-1]" if value else text)
on_format("negatives-in-parentheses", "Negative integers are written in parentheses.", "ERP-088", "Integer",
          lambda text, value: f"[I:({-value})]" if value < 0 else text)
on_format("dates-without-fraction", "Date-times are written without fractions of a second.", "ERP-087", "Datetime",
          lambda text, value: text[:23] + "]")


@on_actor("one-stale-item", "One record has a country that is not in the list any more.", "ERP-089")
def _(self, result, actor):
    for pair in pairs_of(result):
        if pair.Key == "COUNTRY" and pair.Value == "SE":
            pair.Value = "YU"


@on_actor("no-parent-is-unknown", "Records without a parent carry the parent type Unknown.", "ERP-092")
def _(self, result, actor):
    if not result.ParentErpKey:
        result.ParentActorType = "Unknown"


@on_actor("parent-by-number", "Persons name the account number of their parent, not its key.", "ERP-091 ERP-117 ERP-144")
def _(self, result, actor):
    if result.ParentErpKey:
        for firm in self.firms.values():
            parent = firm.actors.get(actor.parent)
            if parent is not None and parent.values.get("NUMBER2"):
                result.ParentErpKey = str(parent.values["NUMBER2"])


@bug("empty-values-inherited", "actors", "An empty value is that of the actor before it in the answer.", "ERP-094 ERP-107")
def _(call, self, actors, request, operation):
    result = call(self, actors, request, operation)
    seen = {}
    for one in result.Actors.ErpActorWS:
        for pair in pairs_of(one):
            pair.Value = pair.Value or seen.get(pair.Key, "")
            seen[pair.Key] = pair.Value
    return result


# Polling

@bug("own-changes-not-polled", "WSGetActorsByTimestamp",
     "Changes that came through the connector are left out of polling.", "ERP-105 ERP-104 ERP-095 ERP-096")
def _(call, self, request):
    result = call(self, request)
    firm = self.firm_of(request)
    if request.UpdatedOnOrAfter:
        result.Actors.ErpActorWS = [
            one for one in result.Actors.ErpActorWS
            if firm.find(one.ActorType, one.ErpKey).modified < self.clock.__dict__.setdefault("started", self.clock.last)]
    return result


@also("own-changes-not-polled", "WSGetConfigData")
def _(call, self, request):
    self.clock.__dict__.setdefault("started", self.clock.last + 1)
    return call(self, request)


@bug("since-to-the-second", "since", "Fractions of a second of the given value are ignored.", "ERP-106 ERP-097")
def _(call, self, stamp):
    return call(self, stamp) // values.TICKS_PER_SECOND * values.TICKS_PER_SECOND


@bug("person-saves-unstamped", "erp.change", "Saving a Person does not move its LastModified.", "ERP-102 ERP-105")
def _(call, self, actor, native, parent=None):
    before = actor.modified
    call(self, actor, native, parent)
    if actor.type == "Person":
        actor.modified = before


@on_actor("saved-stamp-in-seconds", "WSSaveActors returns LastModified in full seconds, WSGetActors does not.",
          "ERP-103", ("WSSaveActors",))
def _(self, result, actor):
    result.LastModified = values.stamp(actor.modified // values.TICKS_PER_SECOND * values.TICKS_PER_SECOND)


@bug("stamp-taken-from-request", "write.save_one", "The LastModified of a request is stored, when it has one.", "ERP-102 ERP-105")
def _(call, self, firm, given, ignored):
    actor = firm.find(given.ActorType, given.ErpKey or "")
    call(self, firm, given, ignored)
    try:
        actor.modified = values.parse_stamp(given.LastModified or "")
    except ValueError:
        pass
    return self.connector.actor_out(actor, pairs(given.FieldValues), "WSSaveActors")


@bug("counter-per-type", "erp.tick", "Changes of suppliers are stamped an hour behind those of others.", "ERP-109")
def _(call, self):
    return call(self)


@also("counter-per-type", "erp.create")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    actor = call(self, actor_type, native, parent, modified)
    if not modified and actor_type == "Supplier":
        actor.modified -= 3600 * values.TICKS_PER_SECOND
    return actor


@on_actor("polled-texts-cut", "Polled texts are cut after twelve characters.", "ERP-107", ("WSGetActorsByTimestamp",))
def _(self, result, actor):
    for pair in pairs_of(result):
        if FIELDS[actor.type][pair.Key].type == "Text":
            pair.Value = pair.Value[:12]


@on_actor("search-other-keys", "Simple search returns keys in capitals, under which nothing can be read.", "ERP-075 ERP-112", ("WSSearchActors",))
def _(self, result, actor):
    result.ErpKey = result.ErpKey.upper()


# Searching

fault_when("search-without-fields-faults", "WSSearchActors", "A search without field keys gives a fault.", "ERP-171",
           lambda request: not strings(request.FieldKeys))
fault_when("backslash-faults", "WSSearchActors", "A search text with a backslash gives a fault.", "ERP-115 ERP-171",
           lambda request: "\\" in (request.SearchText or ""))


@bug("by-parent-key-only", "WSSearchActorByParent", "Search by parent compares the key, not the type.", "ERP-117 ERP-118")
def _(call, self, request):
    for actor in self.firm_of(request).all(request.ActorType):
        if actor.parent[1] and actor.parent[1] == request.ParentActorErpKey:
            request.ParentActorType = actor.parent[0]
    return call(self, request)


@bug("by-empty-parent-all", "WSSearchActorByParent", "An empty parent key finds children of all parents.", "ERP-117")
def _(call, self, request):
    if not request.ParentActorErpKey:
        found = [one for one in self.firm_of(request).all(request.ActorType) if one.parent[1]]
        return self.actors_out(found, request, "WSSearchActorByParent")
    return call(self, request)


@bug("ascii-case-only", "search.fold", "Letter case is ignored for the letters A to Z only.", "ERP-121 ERP-113")
def _(call, text):
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


@bug("no-value-in-neither", "search.operator",
     "Records without value are found neither by an operator nor by its negation.", "ERP-122 ERP-126")
def _(call, field_type, operator, value, arguments):
    found = call(field_type, operator, value, arguments)
    return found and not (operator in search.COMPLEMENTS and value in (None, ""))


@bug("between-lower-only", "search.ordered", "between of numbers and dates ignores its upper limit.", "ERP-123 ERP-124 ERP-127")
def _(call, operator, value, arguments):
    return value >= arguments[0] if operator == "between" else call(operator, value, arguments)


@bug("double-with-tolerance", "search.ordered", "= on doubles accepts a difference of up to a half.", "ERP-124")
def _(call, operator, value, arguments):
    if operator == "=" and isinstance(value, Decimal):
        return abs(value - arguments[0]) <= Decimal("0.5")
    return call(operator, value, arguments)


@bug("negative-argument-refused", "search.native", "Negative arguments are refused.", "ERP-123 ERP-124")
def _(call, field_type, text):
    value = call(field_type, text)
    if value is not None and value < 0:
        raise ValueError("negative")
    return value


@bug("same-field-last-wins", "all_match", "Of several restrictions on one field the last one counts.", "ERP-129")
def _(call, self, actor, known, restrictions, every=False):
    return call(self, actor, known, list({one.FieldKey: one for one in restrictions}.values()), every)


@bug("parent-wins", "all_match", "With a restriction on the parent the others are ignored.", "ERP-129 ERP-130")
def _(call, self, actor, known, restrictions, every=False):
    special = [one for one in restrictions if (one.FieldKey or "").startswith("Parent")]
    return call(self, actor, known, special or restrictions, every)


@bug("parent-type-not-compared", "one_matches", "The restriction on ParentActorType is always met.", "ERP-130")
def _(call, self, actor, known, restriction):
    return restriction.FieldKey == "ParentActorType" or call(self, actor, known, restriction)


@bug("parent-type-comes-first", "all_match", "ParentErpKey is read only after ParentActorType.", "ERP-130")
def _(call, self, actor, known, restrictions, every=False):
    keys = [one.FieldKey for one in restrictions]
    if "ParentErpKey" in keys and "ParentActorType" in keys[keys.index("ParentErpKey"):]:
        return False
    return call(self, actor, known, restrictions, every)


@bug("date-arguments-shifted", "search.native", "Date-time arguments are taken for local time.", "ERP-127")
def _(call, field_type, text):
    value = call(field_type, text)
    return value - 120 if field_type == "Datetime" and value is not None else value


@bug("advanced-no-fields-is-all", "WSSearchActorsAdvanced", "Advanced search without field keys returns all fields.", "ERP-133")
def _(call, self, request):
    if not strings(request.FieldKeys):
        request.FieldKeys = to_strings(FIELDS.get(request.ActorType, ()))
    return call(self, request)


# Creating

@bug("key-of-the-second", "erp.new_key", "The key of a new actor is the second of its creation.", "ERP-137")
def _(call, self, actor_type, number):
    return call(self, actor_type, number) if self.clock.last < erp.UNIX_EPOCH + 17_800_000_000_000_000 \
        else str(int(time.time()))


@bug("dates-to-utc", "write.value", "Date-times are shifted from Oslo's time when stored.", "ERP-139 ERP-150")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return value - 36_000_000_000 if field.type == "Datetime" and value is not None else value


@bug("twelve-hour-clock", "write.value", "Hours are stored on a clock of twelve.", "ERP-150 ERP-139")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    if field.type == "Datetime" and value is not None and value // 36_000_000_000 % 24 > 12:
        value -= 12 * 36_000_000_000
    return value


@bug("whole-days-stored", "write.value", "Date-times are stored without the time of day.", "ERP-150 ERP-139")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return value // 864_000_000_000 * 864_000_000_000 if field.type == "Datetime" and value is not None else value


@bug("doubles-in-tenths", "write.value", "Doubles are stored with one decimal.", "ERP-150 ERP-139")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return round(value, 1) if field.type == "Double" and value is not None else value


@bug("sign-lost", "write.value", "The sign of integers and doubles is not stored.", "ERP-150 ERP-139")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return abs(value) if field.type in ("Integer", "Double") and value is not None else value


@bug("encoded-checkbox-unchecked", "write.value", "A checkbox is checked by 1 and by true, not by [I:1].", "ERP-148 ERP-139 ERP-150")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return False if field.type == "Checkbox" and sent == "[I:1]" else value


@bug("mandatory-is-warning", "write.create", "An actor without a mandatory field is created with a warning.", "ERP-141")
def _(call, self, firm, info, request):
    try:
        return call(self, firm, info, request)
    except Problem as problem:
        if not problem.tech.endswith("is mandatory."):
            raise
        actor = firm.create(request.Actor.ActorType, {})
        return wire.ActorPluginResponseWS(State="Warning", UserExplanation=problem.user, TechExplanation=problem.tech,
                                          Actor=self.connector.actor_out(actor, [], "WSCreateActor"))


@bug("parent-returned-not-kept", "erp.create", "The parent of a new person is answered, not stored.", "ERP-144")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    actor = call(self, actor_type, native, parent, modified)
    if not modified:
        actor.passing = True
    return actor


@also("parent-returned-not-kept", "actor")
def _(call, self, actor, field_keys, operation):
    if getattr(actor, "passing", False) and operation != "WSCreateActor":
        actor.parent = ("", "")
    return call(self, actor, field_keys, operation)


@bug("unknown-field-drops-actor", "write.save_one", "With an unknown field key nothing of the actor is saved, and the state is Ok.", "ERP-173")
def _(call, self, firm, given, ignored):
    known = FIELDS.get(given.ActorType, {})
    actor = firm.find(given.ActorType, given.ErpKey or "")
    if actor is not None and any(key not in known for key in pairs(given.FieldValues)):
        return self.connector.actor_out(actor, pairs(given.FieldValues), "WSSaveActors")
    return call(self, firm, given, ignored)


# Saving

@bug("batch-values-of-last", "write.save", "All actors of a batch get the values of the last.", "ERP-150")
def _(call, self, firm, info, request):
    given = [one for one in (request.Actors.ErpActorWS or () if request.Actors else ()) if one is not None]
    for one in given[:-1]:
        if one.ActorType == given[-1].ActorType:
            one.FieldValues = given[-1].FieldValues
    return call(self, firm, info, request)


@bug("one-of-a-type-per-batch", "write.save", "Of several actors of one type in a batch only the last is saved.",
     "ERP-151 ERP-150 ERP-173")
def _(call, self, firm, info, request):
    if request.Actors and request.Actors.ErpActorWS:
        request.Actors.ErpActorWS = list({one.ActorType: one for one in request.Actors.ErpActorWS if one}.values())
    return call(self, firm, info, request)


@bug("emptying-numbers-ignored", "write.save_one", "Numbers, dates and list values cannot be emptied.", "ERP-150 ERP-173")
def _(call, self, firm, given, ignored):
    if given.FieldValues and given.ActorType in FIELDS:
        given.FieldValues.KeyValueOfstringstring = [
            pair for pair in given.FieldValues.KeyValueOfstringstring or ()
            if pair.Value or getattr(FIELDS[given.ActorType].get(pair.Key), "type", "Text") == "Text"]
    return call(self, firm, given, ignored)


@bug("mandatory-kept-silently", "write.save_one", "Emptying a mandatory field is ignored, and the state is Ok.", "ERP-159 ERP-173")
def _(call, self, firm, given, ignored):
    if given.FieldValues and given.ActorType in FIELDS:
        given.FieldValues.KeyValueOfstringstring = [
            pair for pair in given.FieldValues.KeyValueOfstringstring or ()
            if pair.Value or not getattr(FIELDS[given.ActorType].get(pair.Key), "mandatory", False)]
    return call(self, firm, given, ignored)


@bug("empty-key-saves-first", "write.save_one", "Saving without a key changes the first record of the type.", "ERP-154 ERP-150")
def _(call, self, firm, given, ignored):
    if not given.ErpKey and given.ActorType in FIELDS:
        given.ErpKey = next((one.key for one in firm.all(given.ActorType)), "")
    return call(self, firm, given, ignored)


@bug("fieldless-save-faults", "write.save_one", "An actor without field values in a batch gives a fault.", "ERP-171")
def _(call, self, firm, given, ignored):
    if not pairs(given.FieldValues):
        self.connector.fault = ClientFault("The message could not be processed.")
    return call(self, firm, given, ignored)


also("fieldless-save-faults", "run")(raise_kept_fault)


# Errors

@bug("create-errors-are-ok", "problem", "IsOk is true in error results of WSCreateActor.", "ERP-172")
def _(call, self, model, problem):
    result = call(self, model, problem)
    result.IsOk = model is wire.ActorPluginResponseWS
    return result


@bug("path-for-user", "problem", "The text for the user names a file of the server.", "ERP-177")
def _(call, self, model, problem):
    result = call(self, model, problem)
    result.UserExplanation = "See /var/log/erp/connector.log for details."
    return result


@bug("fault-breaks-next-call", "soap.parse", "After a message that cannot be read the next one is refused.",
     "ERP-179 ERP-171 AUTH-088 AUTH-091")
def _(call, data, *rest):
    if getattr(BROKEN, "now", False):
        BROKEN.now = False
        raise ClientFault("The message is not well-formed XML.")
    try:
        return call(data, *rest)
    except ClientFault:
        BROKEN.now = True
        raise


BROKEN = type("Broken", (), {})()


# Handshake

def refused_unless(name, sentence, ids, condition):
    @bug(name, "auth.claims", sentence, ids)
    def hook(call, self, claims, header):
        call(self, claims, header)
        if not condition(self, claims):
            raise Refused(name)
refused_unless("wrong-context-name", "The context claim is looked for under a name with schemas.", "AUTH-013",
               lambda self, claims: "http://schemas.superoffice.net/identity/ctx" in claims)


@bug("tenant-answers-cached", "auth.accept", "The answer is kept for each tenant.", "AUTH-025 AUTH-033 AUTH-010")
def _(call, self, claims):
    kept = self.__dict__.setdefault("kept", {})
    if claims.get("sub") not in kept:
        kept[claims.get("sub")] = call(self, claims)
    return kept[claims.get("sub")]


@bug("nonce-without-dashes", "auth.answer", "Dashes of the nonce are dropped.", "AUTH-025 AUTH-021")
def _(call, self, nonce):
    return call(self, nonce.replace("-", ""))


@bug("digits-of-another-script", "auth.minute", "The timestamp is written in full-width digits.", "AUTH-026")
def _(call, self):
    return "".join(chr(0xFF10 + int(digit)) for digit in call(self))


@bug("signature-in-hex", "auth.base64", "The signature is written in hexadecimal digits.", "AUTH-029 AUTH-030 AUTH-032")
def _(call, self, signature):
    return signature.hex().upper()


@bug("signature-reversed", "auth.sign", "The bytes of the signature are in the order of CryptoAPI.", "AUTH-030")
def _(call, self, text):
    return call(self, text)[::-1]


@bug("exp-zero-is-never", "auth.time", "An exp of 0 means that the token does not expire.", "AUTH-054")
def _(call, self, claims):
    return call(self, {**claims, "exp": time.time() + 60} if claims.get("exp") == 0 else claims)


@bug("issuer-ends-with", "auth.issuer", "The issuer only has to end with the right name.", "AUTH-048")
def _(call, self, claims):
    if not str(claims.get("iss", "")).endswith("SuperOffice AS"):
        raise Refused("wrong issuer")


@bug("good-signature-remembered", "auth.signature",
     "A signature that was good once is not checked again, whatever it stands under.", "AUTH-038")
def _(call, self, token, header):
    known = self.__dict__.setdefault("signatures", set())
    signature = token.rsplit(".", 1)[1]
    if signature not in known:
        call(self, token, header)
        known.add(signature)


@bug("known-tenant-trusted", "auth.signature", "For a tenant that was authenticated once the signature is not checked.",
     "AUTH-037 AUTH-038 AUTH-039 AUTH-040 AUTH-041 AUTH-045")
def _(call, self, token, header):
    tenants = self.__dict__.setdefault("tenants", set())
    tenant = auth.parse_json(auth.decode_part(token.split(".")[1])).get("sub")
    if tenant not in tenants:
        call(self, token, header)
        tenants.add(tenant)


def keys_of_certificate_at(url):
    with urllib.request.urlopen(url, timeout=3) as answer:
        return x509.load_pem_x509_certificate(answer.read()).public_key()


trusting("x5u-fetched", "The certificate at the address in the token's header is trusted.", "AUTH-041",
         lambda self, token, header: verified_by(token, keys_of_certificate_at(header["x5u"])))


@bug("nonce-null-accepted", "auth.nonce", "A nonce that is null is answered with a nonce of our own.", "AUTH-060")
def _(call, self, claims):
    if "nonce" in claims and claims["nonce"] is None:
        claims["nonce"] = "0" * 32
    return call(self, claims)


@bug("inner-blanks-removed", "auth.token", "White space inside the token is removed.", "AUTH-067")
def _(call, self, request):
    if request is not None and request.SignedToken:
        request.SignedToken = "".join(request.SignedToken.split())
    return call(self, request)


@bug("no-reason-for-garbage", "auth.refuse", "Tokens that cannot be read are refused without a Reason.", "AUTH-074")
def _(call, self, error, request):
    result = call(self, error, request)
    if "parts" in str(error) or "not readable" in str(error):
        result.Reason = None
    return result


@bug("token-when-expired", "auth.refuse", "Refusals for time carry a signed token.", "AUTH-075")
def _(call, self, error, request):
    result = call(self, error, request)
    if "valid at this time" in str(error):
        result.SignedApplicationToken = self.answer("0" * 32)
    return result


@bug("path-in-header", "soap.serialize", "A header of refusals names a file of the server.", "AUTH-076")
def _(call, self, ctx, message):
    call(self, ctx, message)
    ctx.transport.resp_headers["X-Handled-By"] = "/opt/erp/handlers/auth.py:77"


@bug("trace-in-fault", "soap.serialize", "Faults hold a stack trace.", "AUTH-076")
def _(call, self, ctx, message):
    if ctx.out_error is not None:
        ctx.out_error.faultstring += '\nTraceback (most recent call last):\n  File "/opt/erp/soap.py", line 91, in parse'
    call(self, ctx, message)


@bug("first-redirected", "gate.refusal", "Authenticate is redirected to a login page unless there is a cookie.", "AUTH-004 AUTH-005")
def _(call, self, environ):
    if "Authenticate" in environ.get("HTTP_SOAPACTION", "") and "HTTP_COOKIE" not in environ:
        return "302 Found", "Log in first."
    return call(self, environ)
