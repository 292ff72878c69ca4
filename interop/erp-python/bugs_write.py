"""Bugs of creating and saving, and of results (contract sections 9.11, 9.12, 9.14)."""

import time
from decimal import Decimal

import values
import wire
from bugs import also, bug
from bugs_connection import raise_kept_fault
from operations import FIELDS, UNKNOWN_FIELD, Problem, pairs, to_dictionary
from soap import ClientFault


def on_created(name, sentence, ids):
    """Change the answer of WSCreateActor."""

    def decorate(change):
        @bug(name, "write.create", sentence, ids)
        def hook(call, self, firm, info, request):
            result = call(self, firm, info, request)
            change(self, firm, result.Actor)
            return result
        return change

    return decorate


@bug("key-from-name", "erp.create", "The key of a new actor is made of its name, so two of a name collide.",
     "ERP-137")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    actor = call(self, actor_type, native, parent, modified)
    if not modified:
        del self.actors[(actor_type, actor.key)]
        actor.key = str(native.get("NAME") or native.get("LASTNAME"))[:4].upper()
        self.actors[(actor_type, actor.key)] = actor
    return actor


@on_created("create-without-key", "A new Supplier or Partner is returned without its key.", "ERP-137 ERP-140")
def _(self, firm, actor):
    if actor.ActorType in ("Supplier", "Partner"):
        actor.ErpKey = ""


@on_created("create-unstamped", "New actors are returned without LastModified.", "ERP-138")
def _(self, firm, actor):
    actor.LastModified = None


@on_created("create-in-capitals", "New actors are returned with their texts in capitals.", "ERP-139")
def _(self, firm, actor):
    for pair in actor.FieldValues.KeyValueOfstringstring:
        if FIELDS[actor.ActorType][pair.Key].type == "Text":
            pair.Value = pair.Value.upper()


@on_created("create-is-customer", "New partners are returned as Customer.", "ERP-139")
def _(self, firm, actor):
    if actor.ActorType == "Partner":
        actor.ActorType = "Customer"


@bug("create-half-the-fields", "write.values", "Double fields are not stored and not reported.",
     "ERP-139 ERP-150 ERP-173")
def _(call, self, firm, fields, submitted):
    native, ignored = call(self, firm, fields, submitted)
    return {key: value for key, value in native.items() if fields[key].type != "Double"}, ignored


@bug("create-visible-later", "erp.find", "New actors can be read after three seconds.", "ERP-140 ERP-103")
def _(call, self, actor_type, key):
    actor = call(self, actor_type, key)
    return None if actor is not None and time.time() < getattr(actor, "visible", 0) else actor


@also("create-visible-later", "erp.create")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    actor = call(self, actor_type, native, parent, modified)
    if not modified:
        actor.visible = time.time() + 3
    return actor


@bug("mandatory-unchecked", "write.mandatory", "Mandatory fields may be missing or emptied.",
     "ERP-141 ERP-159")
def _(call, self, fields, native):
    return None


@bug("mandatory-list-unchecked", "write.mandatory", "Mandatory fields other than texts may be missing.", "ERP-141")
def _(call, self, fields, native):
    call(self, {key: field for key, field in fields.items() if field.type == "Text"}, native)


@bug("refused-but-created", "write.create",
     "A refused actor is in the ERP nevertheless.", "ERP-141")
def _(call, self, firm, info, request):
    try:
        return call(self, firm, info, request)
    except Problem as problem:
        if problem.tech.endswith("is mandatory."):
            firm.create(request.Actor.ActorType, {})
        raise


@bug("refused-without-text", "write.mandatory", "A missing mandatory field is reported without a text for the user.",
     "ERP-141")
def _(call, self, fields, native):
    try:
        call(self, fields, native)
    except Problem as problem:
        problem.user = None
        raise


@bug("empty-type-is-customer", "write.create", "An empty actor type or Unknown creates a Customer.", "ERP-142")
def _(call, self, firm, info, request):
    if request.Actor is not None and request.Actor.ActorType in (None, "", "Unknown"):
        request.Actor.ActorType = "Customer"
    return call(self, firm, info, request)


@bug("orphans-created", "write.parent", "A person may be created without a parent.", "ERP-143")
def _(call, self, firm, given):
    parent = call(self, firm, given)
    return parent or ("", "")


@on_created("parent-not-returned", "A new person is returned without its parent.", "ERP-144")
def _(self, firm, actor):
    actor.ParentActorType = actor.ParentErpKey = None


@bug("parent-of-supplier-lost", "erp.create", "The parent of a new person is kept for customers only.",
     "ERP-144 ERP-173")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    lost = not modified and parent[0] in ("Supplier", "Partner")
    return call(self, actor_type, native, ("", "") if lost else parent, modified)


@bug("read-only-stored", "write.values", "Values of read-only fields are stored.", "ERP-145")
def _(call, self, firm, fields, submitted):
    native, ignored = call(self, firm, fields, submitted)
    for key in ignored:
        native[key] = values.parse(fields[key].type, submitted[key])
    return native, []


@also("read-only-stored", "erp.create")
def _(call, self, actor_type, native, parent=("", ""), modified=None):
    actor = call(self, actor_type, native, parent, modified)
    actor.values.update(native)
    return actor


@bug("long-text-cut", "write.value", "Texts longer than MaxLength are cut without a word.", "ERP-146")
def _(call, self, firm, field, sent):
    return call(self, firm, field, sent[:field.max] if field.type == "Text" and field.max else sent)


def fault_on_problem(name, seam, sentence, ids, words):
    """A certain problem becomes a fault."""

    @bug(name, seam, sentence, ids)
    def hook(call, self, *args):
        try:
            return call(self, *args)
        except Problem as problem:
            if words in problem.tech:
                self.connector.fault = ClientFault(problem.tech)
            raise

    also(name, "run")(raise_kept_fault)


fault_on_problem("long-text-faults-on-write", "write.value", "A text longer than MaxLength gives a fault.",
                 "ERP-146 ERP-171", "at most")
fault_on_problem("unknown-field-faults", "write.values", "An unknown field key in a write gives a fault.",
                 "ERP-147 ERP-171", "is not defined")


@bug("write-field-code-right", "write.values",
     "An unknown field key in a write has the code UNKNOWN_FIELDKEY.", "ERP-176")
def _(call, self, firm, fields, submitted):
    try:
        return call(self, firm, fields, submitted)
    except Problem as problem:
        problem.code = "UNKNOWN_FIELDKEY" if problem.code == UNKNOWN_FIELD else problem.code
        raise


@bug("bare-doubles-in-cents", "write.value", "A double without brackets is taken for cents.", "ERP-148")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    if field.type == "Double" and value is not None and not sent.startswith("["):
        return value / Decimal(100)
    return value


@bug("bare-dates-dropped", "write.value", "A date-time without brackets is stored as no value.",
     "ERP-148 ERP-173")
def _(call, self, firm, field, sent):
    value = call(self, firm, field, sent)
    return None if field.type == "Datetime" and not sent.startswith("[") else value


# Saving

@bug("saving-clears-lists", "erp.change", "Saving empties list fields that were not sent.", "ERP-150")
def _(call, self, actor, native, parent=None):
    cleared = {key: None for key, field in FIELDS[actor.type].items() if field.type == "List" and not field.mandatory}
    call(self, actor, {**cleared, **native}, parent)


@bug("saving-touches-remark", "erp.change", "Saving appends the date to REMARK.", "ERP-150")
def _(call, self, actor, native, parent=None):
    if "REMARK" in FIELDS[actor.type] and "REMARK" not in native:
        native = {**native, "REMARK": (actor.values.get("REMARK") or "") + " (synchronised)"}
    call(self, actor, native, parent)


@bug("unchecking-lost", "erp.change", "A checkbox cannot be unchecked: 0 is taken for no value.",
     "ERP-150 ERP-173")
def _(call, self, actor, native, parent=None):
    call(self, actor, {key: value for key, value in native.items() if value is not False}, parent)


@bug("three-fields-per-save", "erp.change", "Of several changed fields only the first three are stored.",
     "ERP-150 ERP-173")
def _(call, self, actor, native, parent=None):
    call(self, actor, dict(list(native.items())[:3]), parent)


@bug("save-answers-first", "write.save", "The answer holds the first saved actor only.", "ERP-151")
def _(call, self, firm, info, request):
    result = call(self, firm, info, request)
    if result.Actors and result.Actors.ErpActorWS:
        result.Actors.ErpActorWS = result.Actors.ErpActorWS[:1]
    return result


@bug("save-answers-children", "write.save", "The answer also holds the children of saved actors.", "ERP-151")
def _(call, self, firm, info, request):
    result = call(self, firm, info, request)
    for one in list(result.Actors.ErpActorWS or ()):
        result.Actors.ErpActorWS += [
            self.connector.actor_out(child, [], "WSSaveActors") for child in firm.actors.values()
            if child.parent == (one.ActorType, one.ErpKey)]
    return result


@bug("renaming-changes-key", "write.save_one", "A new name gives the actor a new key.", "ERP-152 ERP-151")
def _(call, self, firm, given, ignored):
    result = call(self, firm, given, ignored)
    if "NAME" in pairs(given.FieldValues):
        actor = firm.actors.pop((result.ActorType, result.ErpKey))
        actor.key = result.ErpKey = result.ErpKey + "-r"
        firm.actors[(actor.type, actor.key)] = actor
    return result


@bug("saving-creates", "write.save_one", "Saving an unknown key creates the actor.", "ERP-153 ERP-154")
def _(call, self, firm, given, ignored):
    if given.ActorType in FIELDS and given.ErpKey and firm.find(given.ActorType, given.ErpKey) is None:
        actor = firm.create(given.ActorType, {})
        del firm.actors[(actor.type, actor.key)]
        actor.key = given.ErpKey
        firm.actors[(actor.type, actor.key)] = actor
    return call(self, firm, given, ignored)


@bug("unknown-key-silent", "write.save", "Unknown keys are skipped and the state stays Ok.",
     "ERP-154 ERP-155 ERP-173")
def _(call, self, firm, info, request):
    given = request.Actors.ErpActorWS if request.Actors else None
    if given:
        request.Actors.ErpActorWS = [
            one for one in given if one.ActorType not in FIELDS or firm.find(one.ActorType, one.ErpKey or "")]
    return call(self, firm, info, request)


@bug("warning-but-none-saved", "write.save_one",
     "After the first problem of a batch nothing is saved, though the state is Warning.", "ERP-155 ERP-173")
def _(call, self, firm, given, ignored):
    actor = firm.find(given.ActorType or "", given.ErpKey or "")
    if actor is None and firm.__dict__.get("undo"):
        for other, before, stamp in firm.undo:
            other.values, other.modified = before, stamp
    if actor is not None:
        firm.__dict__.setdefault("undo", []).append((actor, dict(actor.values), actor.modified))
    return call(self, firm, given, ignored)


@also("warning-but-none-saved", "write.save")
def _(call, self, firm, info, request):
    firm.undo = []
    return call(self, firm, info, request)


@bug("error-but-saved", "write.save",
     "A batch with one problem is an error, though the others were saved.", "ERP-155")
def _(call, self, firm, info, request):
    result = call(self, firm, info, request)
    if result.State == "Warning":
        raise Problem(result.TechExplanation)
    return result


@bug("batch-of-first-type", "write.save", "All actors of a batch are taken for the type of the first.",
     "ERP-156 ERP-155")
def _(call, self, firm, info, request):
    for one in (request.Actors.ErpActorWS or ())[1:] if request.Actors else ():
        one.ActorType = request.Actors.ErpActorWS[0].ActorType
    return call(self, firm, info, request)


@bug("empty-batch-is-error", "write.save", "An empty batch is an error.", "ERP-157")
def _(call, self, firm, info, request):
    if not (request.Actors and request.Actors.ErpActorWS):
        raise Problem("There is nothing to save.")
    return call(self, firm, info, request)


@bug("emptying-ignored", "erp.change", "Empty values are taken for unchanged ones.", "ERP-158 ERP-150 ERP-173")
def _(call, self, actor, native, parent=None):
    call(self, actor, {key: value for key, value in native.items() if value is not None}, parent)


@bug("mandatory-may-be-emptied", "write.save_one", "Saving an empty mandatory field is accepted.", "ERP-159")
def _(call, self, firm, given, ignored):
    fields = FIELDS.get(given.ActorType or "", {})
    actor = firm.find(given.ActorType or "", given.ErpKey or "")
    emptied = {key: None for key, sent in pairs(given.FieldValues).items()
               if not sent and key in fields and fields[key].mandatory}
    if actor is not None and emptied:
        actor.values.update(emptied)
        rest = {key: sent for key, sent in pairs(given.FieldValues).items() if key not in emptied}
        given.FieldValues = to_dictionary(rest)
    return call(self, firm, given, ignored)


@bug("any-list-item", "write.value", "List values are not checked.", "ERP-160 ERP-089")
def _(call, self, firm, field, sent):
    return (sent or None) if field.type == "List" else call(self, firm, field, sent)


@bug("item-code-right-on-write", "write.value",
     "A wrong list item in a write has the code UNKNOWN_LISTITEM_ID.", "ERP-176 ERP-160")
def _(call, self, firm, field, sent):
    try:
        return call(self, firm, field, sent)
    except Problem as problem:
        problem.code = problem.code and "UNKNOWN_LISTITEM_ID"
        raise


# Results

def on_run(name, sentence, ids):
    """Change the result of any operation."""

    def decorate(change):
        @bug(name, "run", sentence, ids)
        def hook(call, self, operation, request):
            result = call(self, operation, request)
            return change(self, operation, result) or result
        return change

    return decorate


@on_run("is-ok-always-true", "IsOk is written and always true.", "ERP-172")
def _(self, operation, result):
    result.IsOk = True


@on_run("is-ok-false-with-info", "IsOk is false for every state but Ok.", "ERP-172")
def _(self, operation, result):
    result.IsOk = result.State == "Ok"


@on_run("errors-without-text", "Errors of WSSaveActors and WSCreateActor have no explanation at all.",
        "ERP-174 ERP-141 ERP-154")
def _(self, operation, result):
    if operation in ("WSSaveActors", "WSCreateActor") and result.State == "Error":
        result.ErrorCode = result.TechExplanation = result.UserExplanation = None


@on_run("warning-without-text", "Warnings carry no explanation.", "ERP-174 ERP-154")
def _(self, operation, result):
    if result.State in ("Warning", "OkWithInfo"):
        result.ErrorCode = result.TechExplanation = result.UserExplanation = None


@on_run("payload-with-error", "Errors of WSGetActors come with a half-filled actor.", "ERP-175")
def _(self, operation, result):
    if operation == "WSGetActors" and result.State == "Error":
        result.Actors = wire.ArrayOfErpActorWS(ErpActorWS=[wire.ErpActorWS(ActorType="Customer", ErpKey="0")])


@on_run("trace-for-user", "The text for the user is a stack trace.", "ERP-177")
def _(self, operation, result):
    if result.State == "Error":
        result.UserExplanation = (
            "Traceback (most recent call last):\n  File \"/opt/erp/connector/operations.py\", line 88, in perform\n"
            "KeyError: 'actor'")


@bug("lock-kept-after-error", "problem", "After ten error results every call is refused.", "ERP-179")
def _(call, self, model, problem):
    self.errors = self.__dict__.get("errors", 0) + 1
    return call(self, model, problem)


@also("lock-kept-after-error", "perform")
def _(call, self, name, request):
    if self.__dict__.get("errors", 0) >= 10:
        raise Problem("The session is locked.")
    return call(self, name, request)
