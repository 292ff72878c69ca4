"""Search: free text over all text fields, and the operators of each type."""

from seams import seam
from values import TICKS_PER_SECOND, parse

TEXT_OPERATORS = (
    "=", "begins", "contains", "ends", "isnot", "notbegins", "notcontains", "notends", "between",
)
NUMBER_OPERATORS = ("=", ">", "<", ">=", "<=", "!=", "between")
OPERATORS = {
    "Text": TEXT_OPERATORS,
    "Integer": NUMBER_OPERATORS,
    "Double": NUMBER_OPERATORS,
    "Checkbox": ("=",),
    "List": ("oneof", "notoneof"),
    "Datetime": ("=", "before", "after", "beforeOrEqual", "afterOrEqual", "between"),
}
COMPLEMENTS = {
    "isnot": "=", "notbegins": "begins", "notcontains": "contains", "notends": "ends",
    "!=": "=", "notoneof": "oneof",
}
MINUTE = 60 * TICKS_PER_SECOND


class BadRestriction(Exception):
    """The restriction cannot be used; the text says why."""


@seam("search.fold")
def fold(text):
    # Upper case first, so that the dotless i meets the I of a text in capitals.
    return text.upper().casefold()


@seam("search.words")
def words_match(text, haystack):
    """Every word of the text occurs somewhere."""
    haystack = fold(haystack)
    return all(word in haystack for word in fold(text).split())


@seam("search.operator")
def matches(field_type, operator, value, arguments):
    """Whether a native value meets an operator with wire arguments."""
    if operator not in OPERATORS[field_type]:
        raise BadRestriction(f"operator {operator} does not exist for {field_type}")
    positive = COMPLEMENTS.get(operator)
    if positive is not None:
        return not compare(field_type, positive, value, arguments)
    return compare(field_type, operator, value, arguments)


@seam("search.compare")
def compare(field_type, operator, value, arguments):
    if field_type == "List":
        return (value or "") in arguments
    count = 2 if operator == "between" else 1
    if len(arguments) < count:
        raise BadRestriction(f"operator {operator} needs {count} value(s)")
    if field_type == "Text":
        return compare_text(operator, fold(value or ""), [fold(text) for text in arguments])
    try:
        natives = [native(field_type, text) for text in arguments[:count]]
    except ValueError as error:
        raise BadRestriction(f"a value does not fit {field_type}: {error}") from None
    if value is None or None in natives:
        return operator == "=" and natives[0] is None and value is None
    return compare_ordered(operator, precise(field_type, value), natives)


@seam("search.native")
def native(field_type, text):
    """The argument as the ERP compares it."""
    value = parse(field_type, text)
    return None if value is None else precise(field_type, value)


@seam("search.precise")
def precise(field_type, value):
    """Date and time are compared to the minute."""
    return value // MINUTE if field_type == "Datetime" else value


@seam("search.text")
def compare_text(operator, value, arguments):
    argument = arguments[0]
    if operator == "=":
        return value == argument
    if operator == "begins":
        return value.startswith(argument)
    if operator == "contains":
        return argument in value
    if operator == "ends":
        return value.endswith(argument)
    return arguments[0] <= value <= arguments[1]


@seam("search.ordered")
def compare_ordered(operator, value, arguments):
    argument = arguments[0]
    if operator == "=":
        return value == argument
    if operator in (">", "after"):
        return value > argument
    if operator in ("<", "before"):
        return value < argument
    if operator in (">=", "afterOrEqual"):
        return value >= argument
    if operator in ("<=", "beforeOrEqual"):
        return value <= argument
    return argument <= value <= arguments[1]
