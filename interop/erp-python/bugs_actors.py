"""Bugs of reading and polling actors (contract sections 9.7 and 9.8)."""

import time

import erp
import values
from bugs import also, bug
from bugs_connection import raise_kept_fault
from fields import LISTS
from operations import FIELDS, Problem, strings
from soap import ClientFault


def pairs_of(actor):
    return actor.FieldValues.KeyValueOfstringstring


def on_actor(name, sentence, ids, operations=()):
    """Change an actor in answers, of all operations or of the named ones."""

    def decorate(change):
        @bug(name, "actor", sentence, ids)
        def hook(call, self, actor, field_keys, operation):
            result = call(self, actor, field_keys, operation)
            if not operations or operation in operations:
                change(self, result, actor)
            return result
        return change

    return decorate


def on_format(name, sentence, ids, field_type, change):
    @bug(name, "values.format", sentence, ids)
    def hook(call, kind, value):
        text = call(kind, value)
        return change(text, value) if kind == field_type and text else text


@on_actor("supplier-is-customer", "WSGetActors returns a Supplier with the actor type Customer.",
          "ERP-075", ("WSGetActors",))
def _(self, result, actor):
    if actor.type == "Supplier":
        result.ActorType = "Customer"


@bug("first-three-only", "WSGetActors", "Of more than three keys only the first three are read.", "ERP-075 ERP-094")
def _(call, self, request):
    if request.ErpKeys and request.ErpKeys.string:
        request.ErpKeys.string = request.ErpKeys.string[:3]
    return call(self, request)


@bug("uuid-keys-only", "erp.find", "Actors whose key has a blank or an ampersand are not found.", "ERP-075 ERP-140")
def _(call, self, actor_type, key):
    return None if "&" in key else call(self, actor_type, key)


@bug("neighbour-too", "WSGetActors", "Asking for two or more keys also returns the first actor of the type.", "ERP-076")
def _(call, self, request):
    result = call(self, request)
    if len(strings(request.ErpKeys)) > 1:
        keys = {one.ErpKey for one in result.Actors.ErpActorWS}
        other = next((one for one in reversed(self.firm_of(request).all(request.ActorType))
                      if one.key not in keys), None)
        if other:
            result.Actors.ErpActorWS.append(self.actor_out(other, strings(request.FieldKeys), "WSGetActors"))
    return result


@bug("key-too-long", "erp.new_key", "Keys of projects are padded to 300 characters.", "ERP-077")
def _(call, self, actor_type, number):
    key = call(self, actor_type, number)
    return key.ljust(300, ".") if actor_type == "Project" else key


@on_actor("partner-unstamped", "Partners have no LastModified.", "ERP-078 ERP-101 ERP-095")
def _(self, result, actor):
    if actor.type == "Partner":
        result.LastModified = None


@bug("all-fields-read", "actor", "WSGetActors returns all fields of the actor, whatever is asked for.",
     "ERP-079 ERP-085")
def _(call, self, actor, field_keys, operation):
    return call(self, actor, list(FIELDS[actor.type]) if operation == "WSGetActors" else field_keys, operation)


@bug("name-always-there", "actor", "NAME is returned in addition to the fields asked for.",
     "ERP-079 ERP-111 ERP-133")
def _(call, self, actor, field_keys, operation):
    return call(self, actor, [*field_keys, "NAME"] if field_keys else field_keys, operation)


@on_actor("empty-fields-left-out", "Fields without value are left out.", "ERP-080")
def _(self, result, actor):
    result.FieldValues.KeyValueOfstringstring = [pair for pair in pairs_of(result) if pair.Value]


@bug("missing-key-fails-all", "WSGetActors", "One unknown key makes the whole call an error.", "ERP-081")
def _(call, self, request):
    result = call(self, request)
    if len(result.Actors.ErpActorWS) < len(set(strings(request.ErpKeys))):
        raise Problem("An actor does not exist.")
    return result


@bug("undeclared-field-faults", "actors", "An undeclared field key gives a fault.", "ERP-082 ERP-171")
def _(call, self, actors, request, operation):
    if set(strings(request.FieldKeys)) - set(FIELDS[request.ActorType]):
        self.fault = ClientFault("The given key was not present in the dictionary.")
    return call(self, actors, request, operation)


also("undeclared-field-faults", "run")(raise_kept_fault)


@bug("field-code-spelled-right", "actors",
     "An undeclared field key is an error with the code UNKNOWN_FIELDKEY.", "ERP-176")
def _(call, self, actors, request, operation):
    if set(strings(request.FieldKeys)) - set(FIELDS[request.ActorType]):
        raise Problem("A field is not known.", code="UNKNOWN_FIELDKEY")
    return call(self, actors, request, operation)


@bug("no-keys-is-error", "WSGetActors", "Empty or nil ErpKeys are an error.", "ERP-083")
def _(call, self, request):
    if not strings(request.ErpKeys):
        raise Problem("There are no keys.")
    return call(self, request)


@bug("no-keys-is-all", "WSGetActors", "Empty or nil ErpKeys return all actors.", "ERP-083 ERP-076")
def _(call, self, request):
    result = call(self, request)
    if not strings(request.ErpKeys):
        return self.actors_out(self.firm_of(request).all(request.ActorType), request, "WSGetActors")
    return result


@bug("key-twice-actor-twice", "WSGetActors", "A key that is asked for twice is returned twice.", "ERP-084")
def _(call, self, request):
    result = call(self, request)
    by_key = {one.ErpKey: one for one in result.Actors.ErpActorWS}
    result.Actors.ErpActorWS = [by_key[key] for key in strings(request.ErpKeys) if key in by_key]
    return result


@bug("no-fields-is-error", "actors", "Empty or nil FieldKeys are an error.", "ERP-085")
def _(call, self, actors, request, operation):
    if not strings(request.FieldKeys):
        raise Problem("There are no field keys.")
    return call(self, actors, request, operation)


on_format("text-in-brackets", "Text values are written as [S:...].", "ERP-086 ERP-012", "Text",
          lambda text, value: f"[S:{text}]")
on_format("bare-integers", "Integers are written without brackets.", "ERP-087", "Integer",
          lambda text, value: str(value))
on_format("iso-dates", "Date-times are written in the ISO form inside the brackets.", "ERP-087 ERP-088", "Datetime",
          lambda text, value: f"[DT:{values.stamp(value)[:19]}]")
on_format("decimal-comma", "Doubles are written with a comma.", "ERP-088 ERP-087 ERP-124", "Double",
          lambda text, value: text.replace(".", ","))
on_format("double-marked-d", "Doubles are written as [D:...].", "ERP-088 ERP-087", "Double",
          lambda text, value: text.replace("[F:", "[D:"))
on_format("day-before-month", "Dates are written with the day first.", "ERP-088 ERP-087", "Datetime",
          lambda text, value: f"[DT:{text[7:9]}/{text[4:6]}/{text[10:]}")
on_format("yes-and-no", "Checkboxes are written as yes and no.", "ERP-088 ERP-087", "Checkbox",
          lambda text, value: "yes" if value else "no")
on_format("list-keys-as-integers", "Numeric list keys are written as [I:...].", "ERP-089", "List",
          lambda text, value: f"[I:{text}]" if text.isdigit() else text)


@on_actor("position-as-text", "POSITION of a Person holds the item's text, not its key.", "ERP-089")
def _(self, result, actor):
    for pair in pairs_of(result):
        if pair.Key == "POSITION":
            pair.Value = LISTS["Positions"].get(pair.Value, pair.Value)


@on_actor("postcode-too-long", "STREETZIP is returned with the country in front and exceeds MaxLength.", "ERP-090")
def _(self, result, actor):
    for pair in pairs_of(result):
        if pair.Key == "STREETZIP" and pair.Value:
            pair.Value = f"NORWAY-{pair.Value}"


@on_actor("half-a-parent", "WSGetActors returns ParentErpKey without ParentActorType.",
          "ERP-091 ERP-092", ("WSGetActors",))
def _(self, result, actor):
    result.ParentActorType = None


@on_actor("parent-key-cut", "Parent keys are cut to 30 characters.", "ERP-091 ERP-117 ERP-144")
def _(self, result, actor):
    result.ParentErpKey = result.ParentErpKey and result.ParentErpKey[:30]


@on_actor("parent-is-company", "ParentActorType is Company for customers.", "ERP-092 ERP-117 ERP-144")
def _(self, result, actor):
    if result.ParentActorType == "Customer":
        result.ParentActorType = "Company"


@bug("reading-touches", "WSGetActors", "Reading an actor counts as a change.", "ERP-093 ERP-103 ERP-106")
def _(call, self, request):
    result = call(self, request)
    for one in result.Actors.ErpActorWS:
        self.firm_of(request).change(self.firm_of(request).find(one.ActorType, one.ErpKey), {})
    return result


@bug("batch-without-time", "actors",
     "In answers with more than one actor, date-times lose their time of day.", "ERP-094 ERP-107")
def _(call, self, actors, request, operation):
    result = call(self, actors, request, operation)
    if len(actors) > 1:
        for one in result.Actors.ErpActorWS:
            for pair in pairs_of(one):
                if pair.Value.startswith("[DT:"):
                    pair.Value = pair.Value[:15] + "00:00:00.0000000]"
    return result


@bug("batch-parents-mixed", "actors",
     "In answers with more than one actor, all children get the parent of the first.", "ERP-094 ERP-107 ERP-117")
def _(call, self, actors, request, operation):
    result = call(self, actors, request, operation)
    array = result.Actors.ErpActorWS
    for one in array[1:]:
        if one.ParentErpKey:
            one.ParentErpKey, one.ParentActorType = array[0].ParentErpKey, array[0].ParentActorType
    return result


# Polling

@bug("since-is-exclusive", "since", "Only actors changed after the given value are returned.", "ERP-095 ERP-106")
def _(call, self, stamp):
    return call(self, stamp) + (1 if stamp else 0)


@bug("since-in-seconds", "since", "The given value is rounded up to full seconds.", "ERP-095 ERP-106")
def _(call, self, stamp):
    ticks = call(self, stamp)
    return -(-ticks // values.TICKS_PER_SECOND) * values.TICKS_PER_SECOND


@bug("page-of-five", "WSGetActorsByTimestamp", "At most five actors are returned.", "ERP-096 ERP-098")
def _(call, self, request):
    result = call(self, request)
    result.Actors.ErpActorWS = result.Actors.ErpActorWS[:5]
    return result


@bug("blocked-not-polled", "WSGetActorsByTimestamp",
     "Blocked customers are left out of polling.", "ERP-096 ERP-095 ERP-098")
def _(call, self, request):
    result = call(self, request)
    firm = self.firm_of(request)
    result.Actors.ErpActorWS = [
        one for one in result.Actors.ErpActorWS
        if not firm.find(one.ActorType, one.ErpKey).values.get("BLOCKED")]
    return result


@bug("since-ignored", "since", "All actors are returned whatever value is given.", "ERP-097 ERP-106")
def _(call, self, stamp):
    call(self, stamp)
    return 0


@bug("since-day-only", "since", "Only the date of the given value counts.", "ERP-097 ERP-106")
def _(call, self, stamp):
    day = 86400 * values.TICKS_PER_SECOND
    return call(self, stamp) // day * day


@bug("since-empty-is-now", "since", "An empty UpdatedOnOrAfter means from now on.", "ERP-098")
def _(call, self, stamp):
    return call(self, stamp) if stamp else self.clock.last + 1


@bug("since-unreadable-faults", "since", "A value that is no timestamp gives a fault.", "ERP-099 ERP-171")
def _(call, self, stamp):
    try:
        return call(self, stamp)
    except Problem as problem:
        self.fault = ClientFault(problem.tech)
        raise


also("since-unreadable-faults", "run")(raise_kept_fault)


@bug("since-unreadable-is-now", "since", "A value that is no timestamp gives Ok without actors.", "ERP-099")
def _(call, self, stamp):
    try:
        return call(self, stamp)
    except Problem:
        return self.clock.last + 1


@bug("persons-with-customers", "WSGetActorsByTimestamp",
     "Polling customers also returns their changed persons.", "ERP-100")
def _(call, self, request):
    result = call(self, request)
    if request.ActorType == "Customer":
        since = self.since(request.UpdatedOnOrAfter)
        result.Actors.ErpActorWS += [
            self.actor_out(one, [], "WSGetActorsByTimestamp") for one in self.firm_of(request).all("Person")
            if one.modified >= since and one.parent[0] == "Customer"]
    return result


@on_actor("supplier-stamped-otherwise", "LastModified of suppliers is written as [DT:...], of others as ISO.",
          "ERP-101 ERP-095")
def _(self, result, actor):
    if actor.type == "Supplier":
        result.LastModified = values.format_value("Datetime", actor.modified)


@bug("saving-keeps-the-stamp", "erp.change", "Saving does not move LastModified.", "ERP-102 ERP-105")
def _(call, self, actor, native, parent=None):
    before = actor.modified
    call(self, actor, native, parent)
    actor.modified = before


@bug("minute-stamps", "erp.tick", "LastModified has the precision of a minute.", "ERP-102 ERP-108")
def _(call, self):
    minute = 60 * values.TICKS_PER_SECOND
    return call(self) // minute * minute


@on_actor("save-answers-now", "WSSaveActors returns the time of the answer, not the stored LastModified.",
          "ERP-103", ("WSSaveActors",))
def _(self, result, actor):
    result.LastModified = values.stamp(actor.modified + 25_000)


@on_actor("create-answers-now", "WSCreateActor returns the time of the answer, not the stored LastModified.",
          "ERP-103", ("WSCreateActor",))
def _(self, result, actor):
    result.LastModified = values.stamp(actor.modified + 25_000)


@bug("created-in-the-past", "erp.create", "New actors are stamped with the start of the year.",
     "ERP-104 ERP-109")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    past = None if modified else erp.SEEDED - len(self.actors)
    return call(self, actor_type, native, parent, modified or past)


@bug("address-is-no-change", "erp.change", "A change of the address or a remark does not move LastModified.",
     "ERP-105 ERP-102")
def _(call, self, actor, native, parent=None):
    before = actor.modified
    call(self, actor, native, parent)
    if all(key.startswith(("STREET", "REMARK", "TEXT", "URL")) for key in native):
        actor.modified = before


@bug("polling-touches", "WSGetActorsByTimestamp", "Actors that were polled are stamped anew.", "ERP-106 ERP-093")
def _(call, self, request):
    result = call(self, request)
    firm = self.firm_of(request)
    for one in result.Actors.ErpActorWS:
        firm.change(firm.find(one.ActorType, one.ErpKey), {})
    return result


@on_actor("polled-without-parent", "Polled actors lack their parents.", "ERP-107", ("WSGetActorsByTimestamp",))
def _(self, result, actor):
    result.ParentActorType = result.ParentErpKey = None


@on_actor("polled-doubles-rounded", "Polled doubles are rounded to integers.", "ERP-107", ("WSGetActorsByTimestamp",))
def _(self, result, actor):
    for pair in pairs_of(result):
        if pair.Value.startswith("[F:"):
            pair.Value = f"[F:{float(pair.Value[3:-1]):.0f}.0]"


@bug("local-time-stamps", "values.stamp", "LastModified is the local time of Oslo with its offset.", "ERP-108")
def _(call, ticks):
    return call(ticks + 3600 * values.TICKS_PER_SECOND)[:-1] + "+01:00"


@also("local-time-stamps", "since")
def _(call, self, stamp):
    if not stamp or not stamp.endswith("+01:00"):
        return call(self, stamp)
    return call(self, stamp[:-6]) - 3600 * values.TICKS_PER_SECOND


@bug("version-per-actor", "actor", "LastModified is a version number of each actor.",
     "ERP-109 ERP-104 ERP-105 ERP-095")
def _(call, self, actor, field_keys, operation):
    result = call(self, actor, field_keys, operation)
    versions = self.__dict__.setdefault("versions", {})
    known = versions.setdefault((actor.type, actor.key), [actor.modified])
    if actor.modified not in known:
        known.append(actor.modified)
    result.LastModified = str(known.index(actor.modified) + 1)
    return result


@also("version-per-actor", "WSGetActorsByTimestamp")
def _(call, self, request):
    version = int(request.UpdatedOnOrAfter) if (request.UpdatedOnOrAfter or "").isdigit() else 0
    if version:
        request.UpdatedOnOrAfter = ""
    result = call(self, request)
    result.Actors.ErpActorWS = [
        one for one in result.Actors.ErpActorWS if int(one.LastModified) >= version]
    return result


@bug("slow-polling", "WSGetActorsByTimestamp", "Polling from the beginning takes 11 s.", "ERP-020")
def _(call, self, request):
    if not request.UpdatedOnOrAfter:
        time.sleep(11)
    return call(self, request)
