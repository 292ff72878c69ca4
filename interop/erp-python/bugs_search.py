"""Bugs of simple and advanced search (contract sections 9.9 and 9.10)."""

import re

import search
import wire
from bugs import also, bug
from bugs_connection import raise_kept_fault
from fields import ACTOR_FIELDS
from operations import FIELDS, Problem, strings
from soap import ClientFault
from values import from_ticks

SEARCHES = ("WSSearchActors", "WSSearchActorByParent")


def kept_fault(name, seam, sentence, ids, condition):
    """A fault when a condition holds for the request."""

    @bug(name, seam, sentence, ids)
    def hook(call, self, request):
        if condition(request):
            self.fault = ClientFault("Sequence contains no matching element.")
        return call(self, request)

    also(name, "run")(raise_kept_fault)


@bug("no-hits-is-error", "WSSearchActors", "A search without hits is an error.", "ERP-110")
def _(call, self, request):
    result = call(self, request)
    if not result.Actors.ErpActorWS:
        raise Problem("Nothing was found.")
    return result


@bug("search-returns-all-fields", "actor", "Simple search returns all fields of the type.", "ERP-111")
def _(call, self, actor, field_keys, operation):
    return call(self, actor, list(FIELDS[actor.type]) if operation in SEARCHES else field_keys, operation)


@bug("search-unstamped", "actor", "Found actors have no LastModified.", "ERP-111")
def _(call, self, actor, field_keys, operation):
    result = call(self, actor, field_keys, operation)
    if operation in SEARCHES:
        result.LastModified = ""
    return result


@bug("search-first-word", "search.words", "A text of several words is found only where a record starts with its last word.",
     "ERP-112")
def _(call, text, haystack):
    words = text.split()
    return call(text, haystack) if len(words) < 2 else search.fold(haystack).startswith(search.fold(words[-1]))


@bug("search-by-mail-only", "WSSearchActors", "The search text is compared with e-mail addresses only.", "ERP-112")
def _(call, self, request):
    result = call(self, request)
    text = (request.SearchText or "").strip().lower()
    firm = self.firm_of(request)
    result.Actors.ErpActorWS = [
        one for one in result.Actors.ErpActorWS
        if text in (firm.find(one.ActorType, one.ErpKey).values.get("EMAIL") or "")]
    return result


@bug("search-case-sensitive", "search.words", "Simple search heeds letter case.", "ERP-113")
def _(call, text, haystack):
    return all(word in haystack for word in text.split())


@bug("blank-finds-nothing", "WSSearchActors", "A blank search text finds nothing.", "ERP-114")
def _(call, self, request):
    result = call(self, request)
    if not (request.SearchText or "").strip():
        result.Actors.ErpActorWS = []
    return result


kept_fault("quote-in-text-faults", "WSSearchActors", "A search text with an apostrophe gives a fault.",
           "ERP-115 ERP-171", lambda request: "'" in (request.SearchText or ""))
kept_fault("long-text-faults", "WSSearchActors", "A search text above 255 characters gives a fault.",
           "ERP-115 ERP-171", lambda request: len(request.SearchText or "") > 255)


@bug("database-message", "WSSearchActors", "An apostrophe leads to an error with the database's message.", "ERP-115")
def _(call, self, request):
    if "'" in (request.SearchText or ""):
        raise Problem("SqlException: Unclosed quotation mark after the character string. SELECT * FROM CUST")
    return call(self, request)


@bug("text-is-pattern", "search.words", "The search text is used as a regular expression and may not be one.",
     "ERP-115")
def _(call, text, haystack):
    try:
        return re.search(text, haystack, re.IGNORECASE) is not None
    except re.error as error:
        raise ClientFault(f"sre_constants.error: {error}") from None


@also("text-is-pattern", "perform")
def _(call, self, name, request):
    try:
        return call(self, name, request)
    except ClientFault as fault:
        self.fault = fault
        raise


also("text-is-pattern", "run")(raise_kept_fault)
kept_fault("nil-text-faults", "WSSearchActors", "A nil SearchText gives a fault.", "ERP-116 ERP-009 ERP-171",
           lambda request: request.SearchText is None)


@bug("parent-ignored", "WSSearchActorByParent", "The given parent is not used as a filter.", "ERP-117 ERP-118")
def _(call, self, request):
    return self.WSSearchActors(request)


@bug("parent-not-told", "actor", "Actors found by parent lack their parent.", "ERP-117")
def _(call, self, actor, field_keys, operation):
    result = call(self, actor, field_keys, operation)
    if operation == "WSSearchActorByParent":
        result.ParentActorType = result.ParentErpKey = None
    return result


@bug("unknown-parent-is-error", "WSSearchActorByParent", "An unknown parent is an error.", "ERP-118")
def _(call, self, request):
    if self.firm_of(request).find(request.ParentActorType or "", request.ParentActorErpKey or "") is None:
        raise Problem("The parent does not exist.")
    return call(self, request)


# Advanced search

@bug("special-keys-listed", "searchable", "ParentErpKey is listed among the searchable fields of Person.", "ERP-119")
def _(call, self, actor_type):
    found = call(self, actor_type)
    return [*found, "ParentErpKey"] if actor_type == "Person" else found


@bug("partner-search-faults", "searchable",
     "Partner has no searchable fields, and advanced search for it gives a fault.", "ERP-120 ERP-171")
def _(call, self, actor_type):
    return [] if actor_type == "Partner" else call(self, actor_type)


@also("partner-search-faults", "WSSearchActorsAdvanced")
def _(call, self, request):
    if request.ActorType == "Partner":
        self.fault = ClientFault("Advanced search is not implemented.")
    return call(self, request)


also("partner-search-faults", "run")(raise_kept_fault)


@bug("text-operators-heed-case", "search.fold", "Operators of text fields heed letter case.", "ERP-121 ERP-113")
def _(call, text):
    return text


def on_text(name, sentence, ids, change):
    @bug(name, "search.text", sentence, ids)
    def hook(call, operator, value, arguments):
        result = change(operator, value, arguments)
        return call(operator, value, arguments) if result is None else result


def on_ordered(name, sentence, ids, change):
    @bug(name, "search.ordered", sentence, ids)
    def hook(call, operator, value, arguments):
        result = change(operator, value, arguments)
        return call(operator, value, arguments) if result is None else result


on_text("begins-is-contains", "begins finds the text anywhere.", "ERP-121",
        lambda operator, value, arguments: arguments[0] in value if operator == "begins" else None)
on_text("ends-is-contains", "ends finds the text anywhere.", "ERP-121",
        lambda operator, value, arguments: arguments[0] in value if operator == "ends" else None)
on_text("equals-is-begins", "= on text finds longer texts too.", "ERP-121",
        lambda operator, value, arguments: value.startswith(arguments[0]) if operator == "=" else None)
on_text("contains-needs-words", "contains finds whole words only.", "ERP-121",
        lambda operator, value, arguments: f" {arguments[0]} " in f" {value} " if operator == "contains" else None)


def without(name, sentence, ids, field_type, operator):
    """An operator is forgotten for one field type."""

    @bug(name, "search.operator", sentence, ids)
    def hook(call, kind, used, value, arguments):
        if kind == field_type and used == operator:
            raise search.BadRestriction(f"operator {used} does not exist for {kind}")
        return call(kind, used, value, arguments)


without("notends-forgotten", "notends is refused.", "ERP-121 ERP-122", "Text", "notends")
without("unequal-forgotten", "!= is refused for integers.", "ERP-123", "Integer", "!=")
without("after-or-equal-forgotten", "afterOrEqual is refused.", "ERP-127", "Datetime", "afterOrEqual")
without("notoneof-forgotten", "notoneof is refused.", "ERP-126", "List", "notoneof")


@bug("negations-find-all", "search.operator", "isnot and notcontains find every record.", "ERP-122 ERP-121")
def _(call, kind, operator, value, arguments):
    return True if operator in ("isnot", "notcontains") else call(kind, operator, value, arguments)


@bug("negations-need-a-value", "search.operator",
     "notbegins and notends need the text to be contained elsewhere.", "ERP-122 ERP-121")
def _(call, kind, operator, value, arguments):
    if operator in ("notbegins", "notends"):
        return call(kind, "contains", value, arguments) and call(kind, operator, value, arguments)
    return call(kind, operator, value, arguments)


on_ordered("at-least-is-more", ">= excludes the value itself.", "ERP-123 ERP-124",
           lambda operator, value, arguments: value > arguments[0] if operator == ">=" else None)
on_ordered("before-or-equal-is-before", "beforeOrEqual excludes the value itself.", "ERP-127",
           lambda operator, value, arguments: value < arguments[0] if operator == "beforeOrEqual" else None)
on_ordered("between-excludes-upper", "between excludes the upper limit of numbers and dates.", "ERP-128",
           lambda operator, value, arguments:
           arguments[0] <= value < arguments[1] if operator == "between" else None)
on_text("between-excludes-limits", "between excludes both limits of texts.", "ERP-128 ERP-121",
        lambda operator, value, arguments: arguments[0] < value < arguments[1] if operator == "between" else None)


@bug("integers-as-text", "search.ordered", "Integers are ordered as text.", "ERP-123")
def _(call, operator, value, arguments):
    if isinstance(value, int) and 0 < value < 10 ** 9 and not isinstance(value, bool):
        return call(operator, str(value), [str(argument) for argument in arguments])
    return call(operator, value, arguments)


@bug("doubles-rounded", "search.precise", "Doubles are compared after rounding to integers.", "ERP-124")
def _(call, field_type, value):
    return round(value) if field_type == "Double" else call(field_type, value)


@bug("unchecked-not-found", "search.compare", "A checkbox compared with 0 finds nothing.", "ERP-125")
def _(call, field_type, operator, value, arguments):
    if field_type == "Checkbox" and value is False:
        return False
    return call(field_type, operator, value, arguments)


@bug("oneof-first-only", "search.compare", "oneof and notoneof use the first key only.", "ERP-126")
def _(call, field_type, operator, value, arguments):
    return call(field_type, operator, value, arguments[:1] if field_type == "List" else arguments)


@bug("dates-by-month", "search.precise", "Date-times are compared by year and month.", "ERP-127")
def _(call, field_type, value):
    if field_type != "Datetime":
        return call(field_type, value)
    moment, _ = from_ticks(value)
    return moment.year * 12 + moment.month


@bug("restrictions-combined-with-or", "all_match", "Several restrictions are combined with OR.", "ERP-129 ERP-130")
def _(call, self, actor, fields, restrictions, every=False):
    return not restrictions or any(call(self, actor, fields, [one], every) for one in restrictions)


@bug("last-restriction-counts", "all_match", "Of several restrictions the last one counts.", "ERP-129 ERP-130")
def _(call, self, actor, fields, restrictions, every=False):
    return call(self, actor, fields, restrictions[-1:], every)


@bug("third-restriction-lost", "all_match", "Only the first two restrictions are used.", "ERP-129")
def _(call, self, actor, fields, restrictions, every=False):
    return call(self, actor, fields, restrictions[:2], every)


@bug("parent-restriction-ignored", "one_matches", "Restrictions on the parent are ignored.", "ERP-130")
def _(call, self, actor, fields, restriction):
    return True if (restriction.FieldKey or "").startswith("Parent") else call(self, actor, fields, restriction)


@bug("parent-restriction-refused", "one_matches",
     "Restrictions on the parent are refused, since they are not in the list.", "ERP-130")
def _(call, self, actor, fields, restriction):
    if (restriction.FieldKey or "").startswith("Parent"):
        raise search.BadRestriction("the field is not searchable")
    return call(self, actor, fields, restriction)


@bug("brackets-not-read", "search.native", "Arguments in the bracket format are refused.", "ERP-131 ERP-123")
def _(call, field_type, text):
    if text.startswith("["):
        raise ValueError("not a number")
    return call(field_type, text)


@bug("bare-arguments-refused", "search.native", "Arguments without brackets are refused.", "ERP-132")
def _(call, field_type, text):
    if text and not text.startswith("["):
        raise ValueError("not encoded")
    return call(field_type, text)


@bug("restriction-fields-returned", "WSSearchActorsAdvanced",
     "Fields used in restrictions are returned without being asked for.", "ERP-133")
def _(call, self, request):
    used = [one.FieldKey for one in request.Restrictions.SearchRestrictionInfoWS or ()] if request.Restrictions else []
    request.FieldKeys = wire.ArrayOfstring(string=[*strings(request.FieldKeys), *used])
    return call(self, request)


def restriction_keys(request):
    array = request.Restrictions
    return {one.FieldKey for one in (array.SearchRestrictionInfoWS or () if array else ())}


def restriction_operators(request):
    array = request.Restrictions
    return {one.Operator for one in (array.SearchRestrictionInfoWS or () if array else ())}


SEARCHABLE = {"ParentErpKey", "ParentActorType"} | {
    field.key for group in ACTOR_FIELDS.values() for field in group if field.searchable}
KNOWN_OPERATORS = {operator for group in search.OPERATORS.values() for operator in group}
kept_fault("unsearchable-field-faults", "WSSearchActorsAdvanced",
           "A restriction on a field that is not searchable gives a fault.", "ERP-134 ERP-171",
           lambda request: restriction_keys(request) - SEARCHABLE)
kept_fault("unknown-operator-faults", "WSSearchActorsAdvanced", "An unknown operator gives a fault.",
           "ERP-134 ERP-135 ERP-171", lambda request: restriction_operators(request) - KNOWN_OPERATORS)


@bug("unknown-operator-is-equal", "search.operator", "An unknown operator is taken for the first one of the type.",
     "ERP-135")
def _(call, kind, operator, value, arguments):
    return call(kind, operator if operator in search.OPERATORS[kind] else search.OPERATORS[kind][0], value, arguments)


kept_fault("no-restrictions-faults", "WSSearchActorsAdvanced", "Empty Restrictions give a fault.",
           "ERP-136 ERP-171", lambda request: not restriction_keys(request))
