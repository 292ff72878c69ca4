"""Call every operation of an ERP Sync connector with zeep.

zeep knows nothing of this contract: it reads the connector's WSDL, builds
the messages from it and turns the answers into typed objects. So a run
shows that the WSDL is usable and that the answers are what it says.
Prints one line an operation and ends with exit code 1 when one failed.
"""

import argparse
import base64
import json
import logging
import sys
import uuid

import zeep
import zeep.exceptions
import zeep.transports

FIELD_TYPES = ("Checkbox", "Text", "Password", "Integer", "Double", "List", "Datetime", "Label")
ACCESS = ("Normal", "Mandatory", "ReadOnly")
ZERO = str(uuid.UUID(int=0))
OPERATIONS = (
    "WSGetConfigData", "WSTestConfigData", "WSSaveConnection", "WSTestConnection", "WSDeleteConnection",
    "WSGetSupportedActorTypes", "WSGetSupportedActorTypeFields", "WSGetActors", "WSGetSearchableFields",
    "WSSearchActorsAdvanced", "WSSearchActors", "WSSearchActorByParent", "WSCreateActor", "WSSaveActors",
    "WSGetList", "WSGetListItems", "WSGetActorsByTimestamp",
)
FILLERS = {
    "Text": "zeep client", "Integer": "[I:1]", "Double": "[F:1.5]", "Checkbox": "[I:0]",
    "Datetime": "[DT:01/31/2026 12:00:00.0000000]",
}


class Failure(Exception):
    """The answer is not the expected one."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def strings(*items):
    return {"string": list(items)}


def pairs(values):
    return {"KeyValueOfstringstring": [{"Key": key, "Value": value} for key, value in values.items()]}


def items(result, member, item):
    """The items of an array member; nil and absent are none."""
    array = getattr(result, member)
    return list(getattr(array, item) or ()) if array is not None else []


def fields_of(result):
    """Field definitions; zeep does not check enumerations and numbers, so this does."""
    fields = items(result, "FieldMetaDataObjects", "FieldMetadataInfoWS")
    for field in fields:
        expect(field.FieldType in FIELD_TYPES, f"FieldType {field.FieldType}")
        expect(field.Access in ACCESS, f"Access {field.Access}")
        expect(isinstance(field.Rank, int) and isinstance(field.MaxLength, int), "a number is no int")
    return fields


def dictionary(carrier, member):
    return {pair.Key: pair.Value for pair in items(carrier, member, "KeyValueOfstringstring")}


class Connector:
    """The operations of all ports of a WSDL, found by name."""

    def __init__(self, url, timeout):
        self.client = zeep.Client(url, transport=zeep.transports.Transport(
            timeout=timeout, operation_timeout=timeout))
        self.operations = {}
        for service in self.client.wsdl.services.values():
            for port in service.ports.values():
                proxy = self.client.bind(service.name, port.name)
                for name in port.binding.all():
                    self.operations.setdefault(name, getattr(proxy, name))
        self.guid = str(uuid.uuid4())
        self.called = set()
        self.failed = 0

    def call(self, name, states=("Ok", "OkWithInfo"), **members):
        """Call an operation of IErpConnectorWS and check the state of its answer."""
        expect(name in self.operations, "the WSDL has no such operation")
        arguments = {} if name == "WSGetConfigData" else {"request": members}
        if name not in ("WSGetConfigData", "WSTestConfigData"):
            members.setdefault("ConnectionGuid", self.guid)
        result = self.operations[name](**arguments)
        expect(hasattr(result, "State"), f"no typed result: {result!r}")
        expect(result.State in states, f"State {result.State}: {result.TechExplanation or result.UserExplanation}")
        is_ok = getattr(result, "IsOk", None)
        expect(is_ok in (None, result.State != "Error"), f"IsOk {is_ok} with state {result.State}")
        return result

    def step(self, name, action):
        """Run one step, print its line and count it."""
        self.called.add(name)
        try:
            detail = action()
        except zeep.exceptions.Fault as fault:
            detail, word = f"fault {fault.code}: {fault.message}", "FAIL"
        except (Failure, zeep.exceptions.Error, AttributeError, TypeError, KeyError, OSError) as error:
            detail, word = f"{type(error).__name__}: {error}", "FAIL"
        else:
            word = "ok"
        self.failed += word == "FAIL"
        print(f"{word:4}  {name:30}  {detail or ''}")
        return word == "ok"


class Walk:
    """One walk through the contract; each step keeps what later ones need."""

    def __init__(self, connector, config, writes):
        self.connector = connector
        self.config = config
        self.writes = writes
        self.type = None
        self.fields = []
        self.lists = {}
        self.actor = None
        self.searchable = []

    def run(self):
        steps = (
            self.WSGetConfigData, self.WSTestConfigData, self.WSSaveConnection, self.WSTestConnection,
            self.WSGetSupportedActorTypes, self.WSGetSupportedActorTypeFields, self.WSGetList,
            self.WSGetListItems, self.WSGetSearchableFields, self.WSCreateActor, self.WSSaveActors,
            self.WSGetActors, self.WSGetActorsByTimestamp, self.WSSearchActors,
            self.WSSearchActorsAdvanced, self.WSSearchActorByParent, self.WSDeleteConnection,
        )
        for step in steps:
            self.connector.step(step.__name__, step)

    def field_keys(self):
        return strings(*(field.FieldKey for field in self.fields))

    def WSGetConfigData(self):
        fields = fields_of(self.connector.call("WSGetConfigData"))
        for field in fields:
            if field.FieldType == "List":
                found = self.connector.call("WSGetList", ConnectionGuid=ZERO, ListName=field.ListName)
                expect(dictionary(found, "ListItems"), f"list {field.ListName} is empty")
        return f"{len(fields)} fields"

    def WSTestConfigData(self):
        self.connector.call("WSTestConfigData", ConnectionInfo=pairs(self.config))

    def WSSaveConnection(self):
        self.connector.call("WSSaveConnection", ConnectionInfo=pairs(self.config))

    def WSTestConnection(self):
        unknown = self.connector.call("WSTestConnection", ("Error",), ConnectionGuid=str(uuid.uuid4()))
        expect(unknown.ErrorCode == "UNKNOWN_CONNECTION_ID", f"ErrorCode {unknown.ErrorCode}")
        self.connector.call("WSTestConnection")

    def WSGetSupportedActorTypes(self):
        types = items(self.connector.call("WSGetSupportedActorTypes"), "Items", "string")
        expect(types, "no actor types")
        self.type = next((name for name in types if name != "Person"), types[0])
        return ", ".join(types)

    def WSGetSupportedActorTypeFields(self):
        self.fields = fields_of(self.connector.call("WSGetSupportedActorTypeFields", ActorType=self.type))
        expect(self.fields, "no fields")
        return f"{len(self.fields)} fields of {self.type}"

    def WSGetList(self):
        names = {field.ListName for field in self.fields if field.FieldType == "List"}
        for name in sorted(names):
            self.lists[name] = dictionary(self.connector.call("WSGetList", ListName=name), "ListItems")
            expect(self.lists[name], f"list {name} is empty")
        if not names:
            self.connector.call("WSGetList", ("Error", "Ok"), ListName="no such list")
        return f"{len(names)} lists"

    def WSGetListItems(self):
        for name, known in self.lists.items():
            key = next(iter(known))
            found = self.connector.call("WSGetListItems", ListName=name, ListItemKeys=strings(key, "no such key"))
            expect(dictionary(found, "ListItems") == {key: known[key]}, f"other items of {name}")
        if not self.lists:
            self.connector.call(
                "WSGetListItems", ("Error", "Ok"), ListName="no such list", ListItemKeys=strings("no such key"))

    def WSGetSearchableFields(self):
        self.searchable = items(
            self.connector.call("WSGetSearchableFields", ActorType=self.type), "Items", "string")
        expect(set(self.searchable) <= {field.FieldKey for field in self.fields}, "not declared")
        return f"{len(self.searchable)} fields"

    def filled(self):
        """A value for each mandatory field."""
        for field in self.fields:
            expect(field.FieldType != "List" or self.lists.get(field.ListName), f"list {field.ListName} was not read")
        return {
            field.FieldKey: next(iter(self.lists[field.ListName])) if field.FieldType == "List"
            else FILLERS[field.FieldType][:field.MaxLength or None]
            for field in self.fields if field.Access == "Mandatory"
        }

    def WSCreateActor(self):
        actor = {"ActorType": self.type, "ErpKey": "", "FieldValues": pairs(self.filled()), "LastModified": ""}
        if not self.writes:
            refused = self.connector.call("WSCreateActor", ("Error",), Actor=actor)
            expect(refused.TechExplanation or refused.UserExplanation, "refused without a text")
            return "refused, as expected"
        self.actor = self.connector.call("WSCreateActor", Actor=actor).Actor
        expect(self.actor.ErpKey and self.actor.LastModified, "no key or no timestamp")
        return f"key {self.actor.ErpKey}"

    def WSSaveActors(self):
        if not self.writes:
            self.connector.call("WSSaveActors", Actors={"ErpActorWS": []})
            return "an empty batch only"
        expect(self.actor, "nothing was created before")
        before = self.actor.LastModified
        text = next((one.FieldKey for one in self.fields if one.FieldType == "Text" and one.Access != "ReadOnly"), None)
        values = {text: "zeep two"} if text else self.filled()
        saved = items(self.connector.call("WSSaveActors", Actors={"ErpActorWS": [{
            "ActorType": self.type, "ErpKey": self.actor.ErpKey, "FieldValues": pairs(values)}]}),
            "Actors", "ErpActorWS")
        expect([one.ErpKey for one in saved] == [self.actor.ErpKey], "another actor came back")
        expect(saved[0].LastModified != before, "LastModified did not move")
        self.actor = saved[0]

    def WSGetActors(self):
        keys = [self.actor.ErpKey] if self.actor else []
        found = items(self.connector.call(
            "WSGetActors", ActorType=self.type, ErpKeys=strings(*keys), FieldKeys=self.field_keys()),
            "Actors", "ErpActorWS")
        expect([one.ErpKey for one in found] == keys, "other actors came back")
        return f"{len(found)} actors"

    def WSGetActorsByTimestamp(self):
        found = items(self.connector.call(
            "WSGetActorsByTimestamp", ActorType=self.type, FieldKeys=self.field_keys(),
            UpdatedOnOrAfter=self.actor.LastModified if self.actor else ""), "Actors", "ErpActorWS")
        expect(found, "no actors")
        self.actor = self.actor or found[0]
        expect(self.actor.ErpKey in [one.ErpKey for one in found], "the actor is missing")
        return f"{len(found)} actors"

    def WSSearchActors(self):
        found = items(self.connector.call(
            "WSSearchActors", ActorType=self.type, FieldKeys=self.field_keys(), SearchText=""),
            "Actors", "ErpActorWS")
        return f"{len(found)} actors"

    def WSSearchActorsAdvanced(self):
        keys = [one.FieldKey for one in self.fields if one.FieldKey in self.searchable and one.FieldType == "Text"]
        restrictions = [{"FieldKey": keys[0], "Operator": "contains", "Values": strings("e")}] if keys else []
        states = ("Ok", "OkWithInfo") if self.searchable else ("Ok", "Error")
        result = self.connector.call(
            "WSSearchActorsAdvanced", states, ActorType=self.type, FieldKeys=self.field_keys(),
            Restrictions={"SearchRestrictionInfoWS": restrictions})
        return f"{len(items(result, 'Actors', 'ErpActorWS'))} actors"

    def WSSearchActorByParent(self):
        found = items(self.connector.call(
            "WSSearchActorByParent", ActorType=self.type, FieldKeys=self.field_keys(), SearchText="",
            ParentActorErpKey="no such key", ParentActorType=self.type), "Actors", "ErpActorWS")
        expect(not found, "children of an unknown parent")

    def WSDeleteConnection(self):
        self.connector.call("WSDeleteConnection")


def authenticate(connector, application_id, token):
    """Accepted with a good token, refused with a reason otherwise."""
    expect("Authenticate" in connector.operations, "the WSDL has no such operation")
    result = connector.operations["Authenticate"](request={"SignedToken": token or "no.good.token"})
    if not token:
        expect(result.Succeeded is False and result.Reason, "no refusal with a reason")
        expect(not result.SignedApplicationToken, "a token in a refusal")
        return "refused, as expected"
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    expect(claims.get("aud") == "spn:" + application_id, "the token is for another application")
    expect(result.Succeeded is True, f"refused: {result.Reason}")
    expect(not result.Reason, "a reason with success")
    expect(result.SignedApplicationToken, "no token")
    parts = result.SignedApplicationToken.split(".")
    expect(len(parts) == 3, f"{len(parts)} parts")
    if len(parts[1]) == 12 and parts[1].isdigit():
        expect(parts[0] == claims["nonce"], "another nonce")
        return "accepted, nonce and timestamp signed"
    return "accepted, answered with a JWT"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wsdl", metavar="WSDL_URL")
    parser.add_argument("--application-id", required=True)
    parser.add_argument("--token-file", help="file with a token for Authenticate; without it a refusal is expected")
    parser.add_argument("--config", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--no-writes", action="store_true", help="creating has to be refused")
    parser.add_argument("--timeout", type=float, default=30)
    options = parser.parse_args()
    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    config = dict(pair.split("=", 1) for pair in options.config)
    token = None
    if options.token_file:
        with open(options.token_file, encoding="ascii") as file:
            token = file.read().strip()
    try:
        connector = Connector(options.wsdl, options.timeout)
    except Exception as error:
        print(f"the WSDL cannot be used: {type(error).__name__}: {error}")
        return 1
    Walk(connector, config, not options.no_writes).run()
    connector.step("Authenticate", lambda: authenticate(connector, options.application_id, token))
    missing = set(OPERATIONS) - connector.called
    for name in sorted(missing):
        print(f"FAIL  {name:30}  not called")
    failed = connector.failed + len(missing)
    print(f"{len(connector.called)} operations called, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
