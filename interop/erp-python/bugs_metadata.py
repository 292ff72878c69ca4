"""Bugs of metadata, actor types and lists (contract sections 9.3, 9.5, 9.6, 9.13)."""

import fields
import wire
from bugs import also, bug
from bugs_connection import raise_kept_fault
from connections import ZERO
from operations import FIELDS, Problem, strings, to_dictionary
from soap import ClientFault


def on_metadata(name, sentence, ids, owner="config"):
    """Change the field definitions of the configuration or of one actor type."""

    def decorate(change):
        @bug(name, "metadata", sentence, ids)
        def hook(call, self, given, of):
            result = call(self, given, of)
            if owner in (of, "all"):
                array = result.FieldMetaDataObjects.FieldMetadataInfoWS
                change(self, array, {one.FieldKey: one for one in array})
            return result
        return change

    return decorate


@bug("config-nil", "WSGetConfigData", "FieldMetaDataObjects is absent in WSGetConfigData.", "ERP-031 ERP-044")
def _(call, self, request):
    return wire.FieldMetadataInfoArrayPluginResponseWS()


@bug("config-needs-connection", "WSGetConfigData",
     "WSGetConfigData is an error until a connection has been saved.", "ERP-032 ERP-031")
def _(call, self, request):
    if not self.__dict__.get("saved"):
        raise Problem("No connection is configured.")
    return call(self, request)


@also("config-needs-connection", "WSSaveConnection")
def _(call, self, request):
    result = call(self, request)
    self.saved = True
    return result


@on_metadata("config-key-twice", "ServiceUser is declared twice.", "ERP-033")
def _(self, array, by_key):
    array.append(by_key["ServiceUser"])


@on_metadata("config-key-empty", "The label field has an empty FieldKey.", "ERP-033")
def _(self, array, by_key):
    by_key["About"].FieldKey = ""


@on_metadata("description-too-long", "The description of Firm has 300 characters.", "ERP-034")
def _(self, array, by_key):
    by_key["Firm"].DisplayDescription = "Which firm of the group. " * 12


@on_metadata("label-missing", "Deadline has no DisplayName.", "ERP-035")
def _(self, array, by_key):
    by_key["Deadline"].DisplayName = None


@on_metadata("list-unnamed", "The list field Firm names no list.", "ERP-036")
def _(self, array, by_key):
    by_key["Firm"].ListName = ""


@on_metadata("list-name-on-text", "The text field ServiceUser names a list.", "ERP-037")
def _(self, array, by_key):
    by_key["ServiceUser"].ListName = "Firms"


@on_metadata("length-negative", "No restriction is written as MaxLength -1.", "ERP-038")
def _(self, array, by_key):
    for one in array:
        one.MaxLength = one.MaxLength or -1


@on_metadata("rank-zero", "Rank is 0 everywhere.", "ERP-039")
def _(self, array, by_key):
    for one in array:
        one.Rank = 0


@on_metadata("default-not-a-number", "The default of the integer Deadline is a word.", "ERP-040")
def _(self, array, by_key):
    by_key["Deadline"].DefaultValue = "thirty"


@on_metadata("default-is-item-text", "The default of Firm is an item's text, not its key.", "ERP-040")
def _(self, array, by_key):
    by_key["Firm"].DefaultValue = fields.FIRM_NAMES["NORD"]


@on_metadata("password-default", "The password field has a default value.", "ERP-041")
def _(self, array, by_key):
    by_key["Passphrase"].DefaultValue = "changeme1"


@on_metadata("label-mandatory", "The label field is Mandatory.", "ERP-042 ERP-046")
def _(self, array, by_key):
    by_key["About"].Access = "Mandatory"


@on_metadata("language-without-semicolons", "Multi-language names lack the semicolons.", "ERP-043")
def _(self, array, by_key):
    for one in array:
        one.DisplayName = one.DisplayName.replace('";', '"')


@on_metadata("config-keys-vary", "The key of the label field is another one in each call.", "ERP-044")
def _(self, array, by_key):
    self.count = self.__dict__.get("count", 0) + 1
    by_key["About"].FieldKey = f"About{self.count}"


def on_types(name, sentence, ids):
    def decorate(change):
        @bug(name, "WSGetSupportedActorTypes", sentence, ids)
        def hook(call, self, request):
            result = call(self, request)
            result.Items.string = change(self, list(result.Items.string), request)
            return result
        return change

    return decorate


@on_types("types-empty-for-second", "The firm SUED offers no actor types.", "ERP-060")
def _(self, types, request):
    return [] if self.firm_of(request).code == "SUED" else types


@on_types("type-in-plural", "Person is offered as Persons.", "ERP-061")
def _(self, types, request):
    return [name.replace("Person", "Persons") for name in types]


@on_types("types-in-capitals", "The names of actor types are written in capitals.", "ERP-061")
def _(self, types, request):
    return [name.upper() for name in types]


@on_types("unknown-offered", "Unknown is offered as an actor type.", "ERP-062 ERP-066")
def _(self, types, request):
    return ["Unknown", *types]


@on_types("type-twice", "Customer is offered twice.", "ERP-063")
def _(self, types, request):
    return [*types, "Customer"]


@on_types("types-unstable", "Project is missing in every second answer.", "ERP-065")
def _(self, types, request):
    self.asked = self.__dict__.get("asked", 0) + 1
    return types if self.asked % 2 else types[:-1]


@on_metadata("partner-without-fields", "Partner has no fields.", "ERP-066", "Partner")
def _(self, array, by_key):
    array.clear()


@on_metadata("partner-list-unnamed", "TRADE of Partner names no list, that of Customer does.", "ERP-067", "Partner")
def _(self, array, by_key):
    by_key["TRADE"].ListName = None


@on_metadata("supplier-rank-shared", "All fields of Supplier have rank 1.", "ERP-067 ERP-039", "Supplier")
def _(self, array, by_key):
    for one in array:
        one.Rank = 1


@on_metadata("person-label-too-long", "A display name of Person is longer than 254 characters.",
             "ERP-067 ERP-034", "Person")
def _(self, array, by_key):
    by_key["VISITS"].DisplayName = "Visits of the sales force " * 10


@on_metadata("field-twice", "NAME of Project is declared twice.", "ERP-068 ERP-067", "Project")
def _(self, array, by_key):
    array.append(by_key["NAME"])


@on_metadata("password-of-person", "Person has a field of type Password.", "ERP-069", "Person")
def _(self, array, by_key):
    by_key["PHONE_MOBILE"].FieldType = "Password"


@on_metadata("project-keys-vary", "The key of TEXT of Project carries a number of the call.", "ERP-073", "Project")
def _(self, array, by_key):
    self.calls = self.__dict__.get("calls", 0) + 1
    by_key["TEXT"].FieldKey = f"TEXT{self.calls}"


@bug("sale-has-customer-fields", "WSGetSupportedActorTypeFields",
     "An unsupported actor type gets the fields of Customer.", "ERP-071 ERP-072")
def _(call, self, request):
    if request.ActorType not in FIELDS:
        request.ActorType = "Customer"
    return call(self, request)


@bug("unsupported-type-is-empty", "WSGetSupportedActorTypeFields",
     "An unsupported actor type is answered Ok without fields.", "ERP-072")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem:
        if self.info_of(request) and request.ActorType not in FIELDS:
            return wire.FieldMetadataInfoArrayPluginResponseWS(
                FieldMetaDataObjects=wire.ArrayOfFieldMetadataInfoWS())
        raise


@bug("unsupported-type-faults", "type", "An unsupported actor type gives a fault.", "ERP-071 ERP-142 ERP-171")
def _(call, self, actor_type):
    if actor_type not in FIELDS:
        self.fault = ClientFault("The given key was not present in the dictionary.")
    return call(self, actor_type)


also("unsupported-type-faults", "run")(raise_kept_fault)


@bug("dies-after-unsupported-type", "run",
     "After a call for an unsupported actor type the next three calls fail.", "ERP-179")
def _(call, self, name, request):
    if getattr(self, "sick", 0):
        self.sick -= 1
        raise ClientFault("The connection pool is exhausted.")
    result = call(self, name, request)
    if result.State == "Error" and getattr(request, "ActorType", "Customer") not in FIELDS:
        self.sick = 3
    return result


@bug("rating-needed-silently", "write.create",
     "Creating a Supplier needs RATING, which is not declared Mandatory.", "ERP-074")
def _(call, self, firm, info, request):
    if request.Actor and request.Actor.ActorType == "Supplier" and "RATING" not in str(
            [pair.Key for pair in request.Actor.FieldValues.KeyValueOfstringstring or ()]):
        raise Problem("Field RATING is missing.")
    return call(self, firm, info, request)


# Lists

def on_list(name, sentence, ids, list_name):
    """Change the items of one list, for WSGetList and WSGetListItems alike."""

    def decorate(change):
        @bug(name, "list", sentence, ids)
        def hook(call, self, request):
            items = call(self, request)
            return change(self, dict(items), request) if request.ListName == list_name else items
        return change

    return decorate


@on_list("depots-fail-for-second", "The list Depots is an error for the firm SUED.", "ERP-161", "Depots")
def _(self, items, request):
    if self.firm_of(request).code == "SUED":
        raise Problem("The list could not be read.")
    return items


@bug("item-key-twice", "WSGetList", "WSGetList repeats the first item at the end.", "ERP-162")
def _(call, self, request):
    result = call(self, request)
    array = result.ListItems.KeyValueOfstringstring
    array.append(array[0])
    return result


@on_list("item-key-empty", "Positions has an item for no choice, with an empty key.", "ERP-162", "Positions")
def _(self, items, request):
    return {"": "(none)", **items}


@on_list("item-text-empty", "Other in the list Trades has no text.", "ERP-163", "Trades")
def _(self, items, request):
    return {**items, "99": ""}


@on_list("countries-empty", "The list Countries is empty.", "ERP-164 ERP-089", "Countries")
def _(self, items, request):
    return {}


@bug("items-all", "WSGetListItems", "WSGetListItems returns all items when more than one is asked for.", "ERP-165")
def _(call, self, request):
    if len(strings(request.ListItemKeys)) > 1:
        return wire.ListItemArrayPluginResponseWS(ListItems=to_dictionary(self.list_of(request)))
    return call(self, request)


@bug("items-in-capitals", "WSGetListItems", "WSGetListItems returns the texts in capitals.", "ERP-165")
def _(call, self, request):
    result = call(self, request)
    for pair in result.ListItems.KeyValueOfstringstring:
        pair.Value = pair.Value.upper()
    return result


@bug("item-unknown-faults", "WSGetListItems", "An unknown item key gives a fault.", "ERP-166 ERP-171")
def _(call, self, request):
    if set(strings(request.ListItemKeys)) - set(self.list_of(request)):
        self.fault = ClientFault("The given key was not present in the dictionary.")
    return call(self, request)


also("item-unknown-faults", "run")(raise_kept_fault)


@bug("item-code-spelled-right", "WSGetListItems",
     "An unknown item key is reported with the code UNKNOWN_LISTITEM_ID.", "ERP-176")
def _(call, self, request):
    if set(strings(request.ListItemKeys)) - set(self.list_of(request)):
        raise Problem("An item is not known.", code="UNKNOWN_LISTITEM_ID")
    return call(self, request)


@bug("list-unknown-is-empty", "list", "An unknown list name is answered Ok without items.", "ERP-168")
def _(call, self, request):
    try:
        return call(self, request)
    except Problem:
        if request.ConnectionGuid and self.connections.find(self.guid_of(request)) is not None:
            return {}
        raise


@bug("list-unknown-faults", "list", "An unknown list name gives a fault.", "ERP-167 ERP-171")
def _(call, self, request):
    if request.ListName not in (*fields.LISTS, "Depots"):
        self.fault = ClientFault("The given key was not present in the dictionary.")
    return call(self, request)


also("list-unknown-faults", "run")(raise_kept_fault)


@bug("zero-guid-list-refused", "list",
     "Lists of configuration fields need a saved connection.", "ERP-169 ERP-040")
def _(call, self, request):
    if self.guid_of(request) == ZERO:
        self.info_of(request)
    return call(self, request)


@bug("no-item-keys-faults", "WSGetListItems", "Nil or empty ListItemKeys give a fault.", "ERP-170 ERP-171")
def _(call, self, request):
    if not strings(request.ListItemKeys):
        self.fault = ClientFault("There are no keys.")
    return call(self, request)


also("no-item-keys-faults", "run")(raise_kept_fault)


@bug("no-item-keys-is-all", "WSGetListItems", "Nil or empty ListItemKeys return the whole list.", "ERP-170 ERP-165")
def _(call, self, request):
    if not strings(request.ListItemKeys):
        return wire.ListItemArrayPluginResponseWS(ListItems=to_dictionary(self.list_of(request)))
    return call(self, request)
