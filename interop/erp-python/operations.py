"""The operations of IErpConnectorWS."""

import logging
import threading

import erp
import search
import values
import wire
from connections import ZERO, normalise
from fields import ACTOR_FIELDS, CONFIG_FIELDS, CONFIG_LISTS, FIRM_NAMES, LISTS, text
from seams import seam

log = logging.getLogger("erp.operations")

UNKNOWN_CONNECTION = "UNKNOWN_CONNECTION_ID"
UNKNOWN_FIELD = "UNKOWN_FIELDKEY"
UNKNOWN_ITEM = "UNKOWN_LISTITEM_ID"

FIELDS = {name: {field.key: field for field in ACTOR_FIELDS[name]} for name in ACTOR_FIELDS}


class Problem(Exception):
    """A business problem: it becomes an error result, never a fault."""

    def __init__(self, tech, user=None, code=None):
        super().__init__(tech)
        self.tech = tech
        self.user = user or text(
            "The request could not be carried out.", "Forespørselen kunne ikke utføres.",
            "Die Anfrage konnte nicht ausgeführt werden.")
        self.code = code


def strings(array):
    """The items of an ArrayOfstring, without nil and in their order."""
    return [item for item in (array.string or () if array else ()) if item is not None]


def pairs(dictionary):
    """Key and value of each pair; a nil value is the empty text."""
    items = dictionary.KeyValueOfstringstring if dictionary else None
    return {pair.Key: pair.Value or "" for pair in items or () if pair is not None and pair.Key is not None}


def to_dictionary(items):
    return wire.ArrayOfKeyValueOfstringstring(KeyValueOfstringstring=[
        wire.KeyValueOfstringstring(Key=key, Value=value) for key, value in items.items()])


def to_strings(items):
    return wire.ArrayOfstring(string=list(items))


class Operations:
    """One instance serves all connections of all installations."""

    def __init__(self, connections, variant="full", write_is_ok=False):
        self.connections = connections
        self.variant = variant
        self.write_is_ok = write_is_ok
        self.lock = threading.RLock()
        self.clock = erp.Clock()
        self.firms = {code: erp.build(code, self.clock) for code in FIRM_NAMES}

    @seam("run")
    def run(self, name, request):
        """Run an operation; whatever goes wrong becomes an error result."""
        request_model, result_model = wire.OPERATIONS[name]
        if request is None and request_model is not None:
            request = request_model()
        try:
            with self.lock:
                result = self.perform(name, request)
        except Problem as problem:
            result = self.problem_result(result_model, problem)
        except Exception:
            log.exception("%s failed", name)
            result = self.problem_result(result_model, Problem("Unexpected failure inside the connector."))
        if result.State is None:
            result.State = "Ok"
        if self.write_is_ok and result.IsOk is None:
            result.IsOk = result.State != "Error"
        return result

    @seam("perform")
    def perform(self, name, request):
        return getattr(self, name)(request)

    @seam("problem")
    def problem_result(self, model, problem):
        return model(
            State="Error", ErrorCode=problem.code, TechExplanation=problem.tech, UserExplanation=problem.user)

    # Shared steps

    @seam("guid")
    def guid_of(self, request):
        guid = normalise(request.ConnectionGuid)
        if guid is None:
            raise Problem("ConnectionGuid is not a GUID.", text(
                "The connection has no valid id.", "Forbindelsen har ingen gyldig id.",
                "Die Verbindung hat keine gültige Kennung."))
        return guid

    @seam("info")
    def info_of(self, request):
        info = self.connections.find(self.guid_of(request))
        if info is None:
            raise Problem("No configuration is stored for this connection id.", text(
                "The connection is not known.", "Forbindelsen er ikke kjent.",
                "Die Verbindung ist nicht bekannt."), UNKNOWN_CONNECTION)
        return info

    @seam("firm")
    def firm_of(self, request):
        return self.firms[self.info_of(request)["Firm"]]

    @seam("type")
    def fields_of(self, actor_type):
        fields = FIELDS.get(actor_type or "")
        if fields is None:
            raise Problem("The actor type is not supported.", text(
                "This kind of record does not exist here.", "Denne posttypen finnes ikke her.",
                "Diese Art von Datensatz gibt es hier nicht."))
        return fields

    @seam("check_config")
    def check_config(self, info):
        """A Problem unless the configuration can work."""
        for field in CONFIG_FIELDS:
            value = info.get(field.key, "")
            if field.mandatory and not value.strip():
                raise Problem(f"Configuration value {field.key} is missing.", text(
                    f"Fill in the field {field.key}.", f"Fyll ut feltet {field.key}.",
                    f"Füllen Sie das Feld {field.key} aus."))
            try:
                values.parse(field.type, value)
            except ValueError:
                raise Problem(f"Configuration value {field.key} is no {field.type}.", text(
                    f"The field {field.key} cannot be read.", f"Feltet {field.key} kan ikke leses.",
                    f"Das Feld {field.key} ist nicht lesbar.")) from None
        if info["Firm"] not in self.firms or (info["ServiceUser"], info["Passphrase"]) != erp.ACCOUNT:
            raise Problem("The firm does not exist or refused the service user.", text(
                "The firm refused the login.", "Firmaet avviste innloggingen.",
                "Die Firma hat die Anmeldung abgelehnt."))

    @seam("metadata")
    def metadata(self, fields, owner):
        """Field definitions in wire form; rank is the place in the list."""
        return wire.FieldMetadataInfoArrayPluginResponseWS(
            FieldMetaDataObjects=wire.ArrayOfFieldMetadataInfoWS(FieldMetadataInfoWS=[
                wire.FieldMetadataInfoWS(
                    Access=field.access, DefaultValue=field.default, DisplayDescription=field.description,
                    DisplayName=field.name, FieldKey=field.key, FieldType=field.type, ListName=field.list,
                    MaxLength=field.max, Rank=10 * place)
                for place, field in enumerate(fields, 1)]))

    @seam("actor")
    def actor_out(self, actor, field_keys, operation):
        fields = FIELDS[actor.type]
        known = {key: fields[key] for key in field_keys if key in fields}
        result = wire.ErpActorWS(
            ActorType=actor.type, ErpKey=actor.key, LastModified=values.stamp(actor.modified),
            FieldValues=to_dictionary({
                key: values.format_value(field.type, actor.values.get(key)) for key, field in known.items()}))
        if actor.parent[1]:
            result.ParentActorType, result.ParentErpKey = actor.parent
        return result

    @seam("actors")
    def actors_out(self, actors, request, operation):
        keys = strings(request.FieldKeys)
        return wire.ActorArrayPluginResponseWS(Actors=wire.ArrayOfErpActorWS(
            ErpActorWS=[self.actor_out(actor, keys, operation) for actor in actors]))

    # Configuration and connections

    @seam("WSGetConfigData")
    def WSGetConfigData(self, request):
        return self.metadata(CONFIG_FIELDS, "config")

    @seam("WSTestConfigData")
    def WSTestConfigData(self, request):
        self.check_config(pairs(request.ConnectionInfo))
        return wire.ConnectorResultBaseWS()

    @seam("WSSaveConnection")
    def WSSaveConnection(self, request):
        guid = self.guid_of(request)
        if guid == ZERO:
            raise Problem("The all-zero id cannot be saved.")
        info = pairs(request.ConnectionInfo)
        self.check_config(info)
        self.connections.save(guid, info)
        return wire.ConnectorResultBaseWS()

    @seam("WSTestConnection")
    def WSTestConnection(self, request):
        self.check_config(self.info_of(request))
        return wire.ConnectorResultBaseWS()

    @seam("WSDeleteConnection")
    def WSDeleteConnection(self, request):
        self.connections.delete(self.guid_of(request))
        return wire.ConnectorResultBaseWS()

    # Metadata

    @seam("WSGetSupportedActorTypes")
    def WSGetSupportedActorTypes(self, request):
        self.info_of(request)
        return wire.StringArrayPluginResponseWS(Items=to_strings(ACTOR_FIELDS))

    @seam("WSGetSupportedActorTypeFields")
    def WSGetSupportedActorTypeFields(self, request):
        self.info_of(request)
        return self.metadata(self.fields_of(request.ActorType).values(), request.ActorType)

    @seam("WSGetSearchableFields")
    def WSGetSearchableFields(self, request):
        self.info_of(request)
        return wire.StringArrayPluginResponseWS(Items=to_strings(self.searchable(request.ActorType)))

    @seam("searchable")
    def searchable(self, actor_type):
        fields = self.fields_of(actor_type)
        if self.variant == "no-search":
            return []
        return [key for key, field in fields.items() if field.searchable]

    # Lists

    @seam("list")
    def list_of(self, request):
        """The items of a list; those of the configuration need no connection."""
        name = request.ListName or ""
        if self.guid_of(request) == ZERO and name in CONFIG_LISTS:
            return LISTS[name]
        items = self.firm_of(request).lists(name)
        if items is None:
            raise Problem("The list does not exist.", text(
                "This list does not exist.", "Denne listen finnes ikke.", "Diese Liste gibt es nicht."))
        return items

    @seam("WSGetList")
    def WSGetList(self, request):
        return wire.ListItemArrayPluginResponseWS(ListItems=to_dictionary(self.list_of(request)))

    @seam("WSGetListItems")
    def WSGetListItems(self, request):
        items = self.list_of(request)
        wanted = {key: items[key] for key in strings(request.ListItemKeys) if key in items}
        return wire.ListItemArrayPluginResponseWS(ListItems=to_dictionary(wanted))

    # Reading

    @seam("WSGetActors")
    def WSGetActors(self, request):
        firm = self.firm_of(request)
        self.fields_of(request.ActorType)
        found = (firm.find(request.ActorType, key) for key in dict.fromkeys(strings(request.ErpKeys)))
        return self.actors_out([actor for actor in found if actor], request, "WSGetActors")

    @seam("WSGetActorsByTimestamp")
    def WSGetActorsByTimestamp(self, request):
        firm = self.firm_of(request)
        self.fields_of(request.ActorType)
        since = self.since(request.UpdatedOnOrAfter)
        changed = [actor for actor in firm.all(request.ActorType) if actor.modified >= since]
        return self.actors_out(
            sorted(changed, key=lambda actor: actor.modified), request, "WSGetActorsByTimestamp")

    @seam("since")
    def since(self, stamp):
        if not stamp:
            return 0
        try:
            return values.parse_stamp(stamp)
        except ValueError:
            raise Problem("UpdatedOnOrAfter is not a value of this connector.") from None

    # Searching

    def _parts(self, actor):
        fields = FIELDS[actor.type]
        return " ".join(
            actor.values.get(key) or "" for key, field in fields.items() if field.type == "Text")

    @seam("WSSearchActors")
    def WSSearchActors(self, request):
        firm = self.firm_of(request)
        self.fields_of(request.ActorType)
        sought = request.SearchText or ""
        found = [actor for actor in firm.all(request.ActorType)
                 if search.words_match(sought, self._parts(actor))]
        return self.actors_out(found, request, "WSSearchActors")

    @seam("WSSearchActorByParent")
    def WSSearchActorByParent(self, request):
        firm = self.firm_of(request)
        self.fields_of(request.ActorType)
        parent = (request.ParentActorType or "", request.ParentActorErpKey or "")
        sought = request.SearchText or ""
        found = [actor for actor in firm.all(request.ActorType)
                 if actor.parent[1] and actor.parent == parent
                 and search.words_match(sought, self._parts(actor))]
        return self.actors_out(found, request, "WSSearchActorByParent")

    @seam("WSSearchActorsAdvanced")
    def WSSearchActorsAdvanced(self, request):
        firm = self.firm_of(request)
        fields = self.fields_of(request.ActorType)
        if self.variant == "no-search":
            raise Problem("Advanced search is not offered.")
        array = request.Restrictions
        given = [one for one in (array.SearchRestrictionInfoWS or () if array else ()) if one is not None]
        try:
            found = [actor for actor in firm.all(request.ActorType)
                     if self.all_match(actor, fields, given)]
            # Also say so about a bad restriction when there is no record to try it on.
            self.all_match(erp.Actor(request.ActorType, "", {}, 0), fields, given, every=True)
        except search.BadRestriction as error:
            raise Problem(f"A restriction cannot be used: {error}.") from None
        return self.actors_out(found, request, "WSSearchActorsAdvanced")

    @seam("all_match")
    def all_match(self, actor, fields, restrictions, every=False):
        results = [self.one_matches(actor, fields, one) for one in restrictions]
        return all(results)

    @seam("one_matches")
    def one_matches(self, actor, fields, restriction):
        key, operator, arguments = restriction.FieldKey or "", restriction.Operator or "", strings(restriction.Values)
        if key in ("ParentActorType", "ParentErpKey"):
            value = actor.parent[0 if key == "ParentActorType" else 1]
            return search.matches("Text", operator, value, arguments)
        field = fields.get(key)
        if field is None:
            raise Problem(f"Field key {key[:80]} is not defined.", code=UNKNOWN_FIELD)
        if not field.searchable:
            raise search.BadRestriction(f"{key} is not searchable")
        return search.matches(field.type, operator, actor.values.get(key), arguments)

    # Writing: see writing.py

    @seam("WSCreateActor")
    def WSCreateActor(self, request):
        return self.writer.create(self.firm_of(request), self.info_of(request), request)

    @seam("WSSaveActors")
    def WSSaveActors(self, request):
        return self.writer.save(self.firm_of(request), self.info_of(request), request)
