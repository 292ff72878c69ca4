"""Bugs of connection ids, testing and saving (contract sections 9.2 and 9.4)."""

import erp
import wire
from bugs import also, bug
from connections import GUID, ZERO, normalise
from fields import CONFIG_FIELDS
from operations import UNKNOWN_CONNECTION, Problem, pairs
from soap import ClientFault


def guid_bug(name, sentence, ids, keep):
    """Only GUIDs for which keep is true are recognised."""

    @bug(name, "guid", sentence, ids)
    def change(call, self, request):
        guid = call(self, request)
        if keep((request.ConnectionGuid or "").strip()):
            return guid
        raise Problem("No configuration is stored for this connection id.", code=UNKNOWN_CONNECTION)


@bug("guid-case-sensitive", "connections.guid",
     "GUIDs are compared as text, so another letter case is another connection.", "ERP-021")
def _(call, text):
    text = (text or "").strip()
    if not GUID.fullmatch(text):
        return None
    bare = text.strip("{}")
    return bare if "-" in bare else "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


guid_bug("guid-upper-refused", "GUIDs in upper case are not known.", "ERP-021",
         lambda text: text != text.upper() or text == text.lower())
guid_bug("guid-braces-refused", "GUIDs in braces are refused.", "ERP-022", lambda text: "{" not in text)
guid_bug("guid-bare-refused", "GUIDs of 32 bare digits are refused.", "ERP-022", lambda text: len(text) != 32)


@bug("guid-lower-lost-on-save", "guid",
     "Saving with a GUID in lower case stores nothing under it when it starts with a letter.",
     "ERP-051 ERP-021 ERP-026 ERP-173")
def _(call, self, request):
    guid = call(self, request)
    given = request.ConnectionGuid.strip()
    if isinstance(request, wire.SaveConnectionRequestWS) and given[0] in "abcdef":
        return given.upper()
    return guid


def fault_instead(name, seam, sentence, ids):
    """A Problem of a seam becomes a SOAP fault."""

    def wrong(call, self, *args, **kwargs):
        try:
            return call(self, *args, **kwargs)
        except Problem as problem:
            self.fault = ClientFault(problem.tech)
            raise

    bug(name, seam, sentence, ids)(wrong)
    also(name, "run")(raise_kept_fault)


def raise_kept_fault(call, self, name, request):
    result = call(self, name, request)
    fault = self.__dict__.pop("fault", None)
    if fault is not None:
        raise fault
    return result


fault_instead("guid-invalid-faults", "guid", "A ConnectionGuid that is no GUID gives a fault.",
              "ERP-023 ERP-024 ERP-171")


@bug("guid-invalid-uses-any", "info",
     "A ConnectionGuid that is no GUID is answered from the last saved connection.", "ERP-023")
def _(call, self, request):
    if request.ConnectionGuid and normalise(request.ConnectionGuid) is None and self.connections.stored:
        return list(self.connections.stored.values())[-1]
    return call(self, request)


@bug("guid-empty-uses-first", "info",
     "An empty ConnectionGuid is answered from the first connection.", "ERP-024")
def _(call, self, request):
    if not request.ConnectionGuid and self.connections.stored:
        return next(iter(self.connections.stored.values()))
    return call(self, request)


@bug("unknown-code-in-lists", "list", "WSGetList and WSGetListItems use the code UNKNOWN_CONNECTION.",
     "ERP-025 ERP-176")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem as problem:
        if problem.code == UNKNOWN_CONNECTION:
            problem.code = "UNKNOWN_CONNECTION"
        raise


@bug("unknown-search-is-empty", "WSSearchActors",
     "WSSearchActors answers Ok without actors for an unknown connection.", "ERP-025")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem as problem:
        if problem.code == UNKNOWN_CONNECTION:
            return wire.ActorArrayPluginResponseWS(Actors=wire.ArrayOfErpActorWS())
        raise


@bug("unknown-save-without-code", "WSSaveActors",
     "WSSaveActors reports an unknown connection without the error code.", "ERP-025")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem as problem:
        problem.code = None if problem.code == UNKNOWN_CONNECTION else problem.code
        raise


@bug("unknown-by-timestamp-faults", "WSGetActorsByTimestamp",
     "WSGetActorsByTimestamp gives a fault for an unknown connection.", "ERP-025 ERP-171")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem as problem:
        if problem.code == UNKNOWN_CONNECTION:
            self.fault = ClientFault(problem.tech)
        raise


also("unknown-by-timestamp-faults", "run")(raise_kept_fault)


@bug("unknown-remembered", "connections.find",
     "A GUID that was asked for before it was saved stays unknown.", "ERP-026 ERP-051")
def _(call, self, guid):
    unknown = self.__dict__.setdefault("unknown", set())
    found = call(self, guid)
    if found is None:
        unknown.add(guid)
    return None if guid in unknown else found


@bug("config-needed-again", "connections.find",
     "Every 41st call of a connection complains that its configuration is missing.", "ERP-027")
def _(call, self, guid):
    found = call(self, guid)
    if found is None:
        return None
    uses = self.__dict__.setdefault("uses", {})
    uses[guid] = uses.get(guid, 0) + 1
    if uses[guid] > 40:
        uses[guid] = 0
        raise Problem("The configuration is not available any more.")
    return found


@bug("second-connection-shares", "firm",
     "Connections saved after the first one see the firm of the first.", "ERP-028")
def _(call, self, request):
    call(self, request)
    return self.firms[next(iter(self.connections.stored.values()))["Firm"]]


@bug("one-connection-only", "connections.save",
     "Saving a connection with other values drops those saved before.", "ERP-028")
def _(call, self, guid, info):
    for other in [key for key, stored in self.stored.items() if stored != info]:
        del self.stored[other]
    call(self, guid, info)


@bug("kept-in-memory", "connections.write", "Connections are not written to disk.", "ERP-029", "a restart")
def _(call, self):
    return None


@bug("zero-guid-saved", "WSSaveConnection", "The all-zero GUID can be saved and used.", "ERP-030")
def _(call, self, request):
    if normalise(request.ConnectionGuid) != ZERO:
        return call(self, request)
    info = pairs(request.ConnectionInfo)
    self.check_config(info)
    self.connections.save(ZERO, info)
    return wire.ConnectorResultBaseWS()


@bug("encoded-config-refused", "check_config",
     "Configuration values in the bracket format are refused.", "ERP-045 ERP-051")
def _(call, self, info):
    if any(value.startswith("[I:") for value in info.values()):
        raise Problem("A configuration value is not a number.")
    call(self, info)


@bug("passphrase-may-be-missing", "check_config",
     "An empty or missing Passphrase passes the test.", "ERP-046 ERP-047")
def _(call, self, info):
    call(self, info if info.get("Passphrase") else {**info, "Passphrase": erp.ACCOUNT[1]})


@bug("no-text-for-user", "check_config", "A refused configuration has no text for the user.", "ERP-046")
def _(call, self, info):
    try:
        call(self, info)
    except Problem as problem:
        problem.user = None
        raise


@bug("login-not-tested", "check_config", "The login and the firm are not tried out.", "ERP-047")
def _(call, self, info):
    call(self, {**info, **({"ServiceUser": erp.ACCOUNT[0]} if info.get("ServiceUser") else {}),
                **({"Passphrase": erp.ACCOUNT[1]} if info.get("Passphrase") else {}),
                **({"Firm": "NORD"} if info.get("Firm") else {})})


@bug("test-changes-connections", "WSTestConfigData",
     "A successful test makes the tested firm the one of the last saved connection.", "ERP-048 ERP-028")
def _(call, self, request):
    result = call(self, request)
    for guid in list(self.connections.stored)[-1:]:
        self.connections.stored[guid] = pairs(request.ConnectionInfo)
    return result


@bug("nil-config-faults", "WSTestConfigData", "A nil ConnectionInfo gives a fault.", "ERP-049 ERP-171")
def _(call, self, request):
    if request.ConnectionInfo is None:
        self.fault = ClientFault("A dictionary is missing.")
    return call(self, request)


also("nil-config-faults", "run")(raise_kept_fault)


@bug("unknown-config-key-faults", "check_config", "An unknown key in ConnectionInfo gives a fault.", "ERP-050 ERP-171")
def _(call, self, info):
    if set(info) - {field.key for field in CONFIG_FIELDS}:
        self.fault = ClientFault("A configuration key is not known.")
    call(self, info)


also("unknown-config-key-faults", "run")(raise_kept_fault)


@bug("save-refused-when-known", "WSSaveConnection",
     "A GUID that is saved already is refused.", "ERP-052 ERP-053")
def _(call, self, request):
    if self.connections.find(self.guid_of(request)) is not None:
        raise Problem("The connection exists already.")
    return call(self, request)


@bug("update-ignored", "connections.save",
     "Saving a known GUID answers Ok and keeps the old values.", "ERP-052 ERP-173")
def _(call, self, guid, info):
    if guid not in self.stored:
        call(self, guid, info)


@bug("same-values-refused", "WSSaveConnection",
     "Saving the same values once more is an error.", "ERP-053")
def _(call, self, request):
    if self.connections.find(self.guid_of(request)) == pairs(request.ConnectionInfo):
        raise Problem("Nothing has changed.")
    return call(self, request)


@bug("save-unchecked", "WSSaveConnection",
     "A connection with a mandatory value missing is saved.", "ERP-054")
def _(call, self, request):
    guid = self.guid_of(request)
    if guid == ZERO:
        return call(self, request)
    self.connections.save(guid, pairs(request.ConnectionInfo))
    return wire.ConnectorResultBaseWS()


@bug("refused-but-saved", "WSSaveConnection",
     "A refused configuration is stored nevertheless.", "ERP-054")
def _(call, self, request):
    guid = self.guid_of(request)
    if guid != ZERO:
        self.connections.save(guid, {"Firm": "NORD", **pairs(request.ConnectionInfo)})
    return call(self, request)


@bug("second-firm-unhealthy", "WSTestConnection",
     "WSTestConnection fails for the firm SUED, whose calls all work.", "ERP-055 ERP-051")
def _(call, self, request):
    if self.info_of(request)["Firm"] == "SUED":
        raise Problem("The ping of the firm timed out.")
    return call(self, request)


@bug("config-in-health-text", "WSTestConnection",
     "WSTestConnection reports the login that it used, passphrase included.", "ERP-056 ERP-178")
def _(call, self, request):
    result = call(self, request)
    info = self.info_of(request)
    result.State, result.TechExplanation = "OkWithInfo", f"Logged in as {info['ServiceUser']}/{info['Passphrase']}."
    return result


@bug("secret-in-actor-error", "run",
     "Errors about fields of an actor quote the connection string with its passphrase.", "ERP-178 ERP-056")
def _(call, self, name, request):
    result = call(self, name, request)
    if name == "WSCreateActor" and result.State == "Error" and result.ErrorCode != UNKNOWN_CONNECTION:
        result.TechExplanation += f" [user={erp.ACCOUNT[0]};password={erp.ACCOUNT[1]}]"
    return result


@bug("secret-as-default", "metadata",
     "WSGetConfigData offers the stored passphrase as default value.", "ERP-056 ERP-041")
def _(call, self, fields, owner):
    result = call(self, fields, owner)
    for one in result.FieldMetaDataObjects.FieldMetadataInfoWS:
        if one.FieldType == "Password" and self.connections.stored:
            one.DefaultValue = list(self.connections.stored.values())[-1]["Passphrase"]
    return result


@bug("delete-unknown-faults", "WSDeleteConnection",
     "Deleting an unknown connection gives a fault.", "ERP-057 ERP-171")
def _(call, self, request):
    if self.connections.find(self.guid_of(request)) is None:
        self.fault = ClientFault("The connection is not known.")
    return call(self, request)


also("delete-unknown-faults", "run")(raise_kept_fault)


@bug("delete-ignored", "connections.delete", "WSDeleteConnection does nothing.", "ERP-058 ERP-173")
def _(call, self, guid):
    return None


@bug("delete-takes-the-firm", "connections.delete",
     "Deleting a connection deletes all connections of the same firm.", "ERP-059")
def _(call, self, guid):
    firm = self.stored.get(guid, {}).get("Firm")
    for other in [key for key, info in self.stored.items() if info["Firm"] == firm]:
        call(self, other)


@bug("delete-takes-all", "connections.delete", "Deleting a connection deletes all connections.", "ERP-059")
def _(call, self, guid):
    for other in list(self.stored):
        call(self, other)
