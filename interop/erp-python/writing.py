"""Creating and saving actors, with the rules of the field definitions."""

import values
import wire
from fields import PARENT_NEEDED, PARENTS, text
from operations import UNKNOWN_FIELD, UNKNOWN_ITEM, Problem, pairs
from seams import seam


class Writer:
    def __init__(self, connector):
        self.connector = connector

    @seam("write.allowed")
    def check_allowed(self, info):
        no_writes = values.parse("Checkbox", info.get("NoWrites", ""))
        if self.connector.variant == "read-only" or no_writes:
            raise Problem("This connection only reads.", text(
                "This connection may not change records.", "Forbindelsen kan ikke endre poster.",
                "Diese Verbindung darf keine Datensätze ändern."))

    @seam("write.create")
    def create(self, firm, info, request):
        self.check_allowed(info)
        given = request.Actor
        if given is None:
            raise Problem("There is no actor in the request.")
        fields = self.connector.fields_of(given.ActorType)
        submitted = pairs(given.FieldValues)
        native, ignored = self.read_values(firm, fields, submitted)
        self.check_mandatory(fields, native)
        parent = self.parent_for(firm, given)
        if parent is None and given.ActorType in PARENT_NEEDED:
            raise Problem("A person needs a parent.", text(
                "A person needs a company.", "En person trenger et firma.", "Eine Person braucht eine Firma."))
        actor = firm.create(given.ActorType, native, parent or ("", ""))
        result = wire.ActorPluginResponseWS(Actor=self.connector.actor_out(actor, submitted, "WSCreateActor"))
        return self.with_note(result, ignored)

    @seam("write.mandatory")
    def check_mandatory(self, fields, native):
        for field in fields.values():
            if field.mandatory and native.get(field.key) in (None, ""):
                raise Problem(f"Field {field.key} is mandatory.", text(
                    f"Fill in the field {field.key}.", f"Fyll ut feltet {field.key}.",
                    f"Füllen Sie das Feld {field.key} aus."))

    @seam("write.values")
    def read_values(self, firm, fields, submitted):
        """Native values of what may be written, and the read-only keys left out."""
        native, ignored = {}, []
        for key, sent in submitted.items():
            field = fields.get(key)
            if field is None:
                raise Problem(f"Field key {key[:80]} is not defined.", text(
                    "A field is not known.", "Et felt er ukjent.", "Ein Feld ist unbekannt."), UNKNOWN_FIELD)
            if field.read_only:
                ignored.append(key)
                continue
            native[key] = self.read_value(firm, field, sent)
        return native, ignored

    @seam("write.value")
    def read_value(self, firm, field, sent):
        try:
            value = values.parse(field.type, sent)
        except ValueError as error:
            raise Problem(f"Field {field.key}: {error}.", text(
                f"The field {field.key} has no valid value.", f"Feltet {field.key} har ingen gyldig verdi.",
                f"Das Feld {field.key} hat keinen gültigen Wert.")) from None
        if field.type == "Text" and field.max and value and len(value) > field.max:
            raise Problem(f"Field {field.key} holds at most {field.max} characters.", text(
                f"The field {field.key} is too long.", f"Feltet {field.key} er for langt.",
                f"Das Feld {field.key} ist zu lang."))
        if field.type == "List" and value and value not in firm.lists(field.list):
            raise Problem(f"Field {field.key}: the item is not in list {field.list}.", text(
                f"The field {field.key} has no valid choice.", f"Feltet {field.key} har ikke et gyldig valg.",
                f"Das Feld {field.key} hat keine gültige Auswahl."), UNKNOWN_ITEM)
        return value

    @seam("write.parent")
    def parent_for(self, firm, given):
        """Type and key of the parent that a request names, None when it names none."""
        parent = (given.ParentActorType or "", given.ParentErpKey or "")
        if parent == ("", ""):
            return None
        if parent[0] not in PARENTS.get(given.ActorType, ()) or firm.find(*parent) is None:
            raise Problem("The parent does not exist.", text(
                "The parent record does not exist.", "Den overordnede posten finnes ikke.",
                "Den übergeordneten Datensatz gibt es nicht."))
        return parent

    @seam("write.save")
    def save(self, firm, info, request):
        """Save what can be saved; the state tells whether all, some or none was."""
        given = [one for one in (request.Actors.ErpActorWS or () if request.Actors else ()) if one is not None]
        if not given:
            return wire.ActorArrayPluginResponseWS(Actors=wire.ArrayOfErpActorWS())
        self.check_allowed(info)
        saved, problems, ignored = [], [], []
        for one in given:
            try:
                saved.append(self.save_one(firm, one, ignored))
            except Problem as problem:
                problems.append(problem)
        if not saved:
            raise self.joined(problems)
        result = wire.ActorArrayPluginResponseWS(Actors=wire.ArrayOfErpActorWS(ErpActorWS=saved))
        if not problems:
            return self.with_note(result, ignored)
        joined = self.joined(problems)
        result.State, result.ErrorCode, result.TechExplanation = "Warning", joined.code, joined.tech
        result.UserExplanation = text(
            "Some records were not saved.", "Noen poster ble ikke lagret.",
            "Einige Datensätze wurden nicht gespeichert.")
        return result

    @seam("write.save_one")
    def save_one(self, firm, given, ignored):
        fields = self.connector.fields_of(given.ActorType)
        actor = firm.find(given.ActorType, given.ErpKey or "")
        if actor is None:
            raise Problem("An actor to save does not exist.", text(
                "A record does not exist any more.", "En post finnes ikke lenger.",
                "Einen Datensatz gibt es nicht mehr."))
        submitted = pairs(given.FieldValues)
        native, left_out = self.read_values(firm, fields, submitted)
        self.check_mandatory({key: fields[key] for key in native}, native)
        parent = self.parent_for(firm, given)
        firm.change(actor, native, parent)
        ignored.extend(left_out)
        return self.connector.actor_out(actor, submitted, "WSSaveActors")

    @seam("write.joined")
    def joined(self, problems):
        """One problem for several; the first code is the one that counts."""
        if len(problems) == 1:
            return problems[0]
        code = next((problem.code for problem in problems if problem.code), None)
        return Problem("\n".join(dict.fromkeys(problem.tech for problem in problems)), problems[0].user, code)

    @seam("write.note")
    def with_note(self, result, ignored):
        if ignored:
            result.State = "OkWithInfo"
            keys = ", ".join(dict.fromkeys(ignored))
            result.TechExplanation = f"Read-only fields were left as they are: {keys}."
        return result


def attach(connector):
    """Give the operations their writer."""
    connector.writer = Writer(connector)
    return connector
