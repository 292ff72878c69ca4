"""Field values: the text on the wire and the native value in the ERP.

Natives: Text and List str, Integer int, Double Decimal, Checkbox bool,
Datetime int (ticks of 100 ns since 0001-01-01). No value is None, and the
empty string on the wire.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from seams import seam

TICKS_PER_SECOND = 10_000_000
EPOCH = datetime(1, 1, 1)

MARKED = re.compile(r"\[(I|F|DT|D|T|TS|M|B|A):(.*)\]", re.DOTALL)
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
DOUBLE = re.compile(r"[+-]?([0-9]{1,25}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?")
US_TIME = re.compile(
    r"([0-9]{2})/([0-9]{2})/([0-9]{4})(?: ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,7}))?)?"
)
ISO_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,7}))?Z?)?"
)


def to_ticks(moment, fraction=0):
    """Ticks of a datetime; fraction is the part of a second in ticks."""
    whole = moment.replace(microsecond=0) - EPOCH
    return (whole.days * 86400 + whole.seconds) * TICKS_PER_SECOND + fraction


def from_ticks(ticks):
    """The datetime of full seconds, and the ticks that are left."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    return EPOCH + timedelta(seconds=seconds), fraction


def _time_parts(year, month, day, hour, minute, second, fraction):
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    return to_ticks(moment, int((fraction or "0").ljust(7, "0")))


def parse_time(text):
    """Ticks of a date-time in the invariant or the ISO form."""
    match = US_TIME.fullmatch(text)
    if match:
        month, day, year, *rest = match.groups()
        return _time_parts(year, month, day, *rest)
    match = ISO_TIME.fullmatch(text)
    if match:
        return _time_parts(*match.groups())
    raise ValueError("not a date and time")


def _unmark(text, *markers):
    """The text inside the brackets, when it is marked with one of these."""
    match = MARKED.fullmatch(text)
    if not match:
        return text
    if match.group(1) not in markers:
        raise ValueError(f"marker {match.group(1)} does not fit")
    return match.group(2)


@seam("values.parse")
def parse(field_type, text):
    """The native value of a text; ValueError when it does not fit."""
    if text is None or text == "":
        return None
    if field_type in ("Text", "Password", "Label", "List"):
        return text
    text = text.strip()
    if field_type == "Integer":
        bare = _unmark(text, "I")
        if not INTEGER.fullmatch(bare):
            raise ValueError("not an integer")
        return int(bare)
    if field_type == "Double":
        bare = _unmark(text, "F", "I", "M")
        if not DOUBLE.fullmatch(bare):
            raise ValueError("not a number")
        try:
            return Decimal(bare)
        except InvalidOperation:
            raise ValueError("not a number") from None
    if field_type == "Checkbox":
        bare = _unmark(text, "I").lower()
        if bare in ("1", "true"):
            return True
        if bare in ("0", "false"):
            return False
        raise ValueError("neither 0 nor 1")
    if field_type == "Datetime":
        return parse_time(_unmark(text, "DT", "D"))
    raise ValueError(f"unknown field type {field_type}")


@seam("values.format")
def format_value(field_type, value):
    """The text of a native value."""
    if value is None:
        return ""
    if field_type == "Integer":
        return f"[I:{value}]"
    if field_type == "Double":
        return f"[F:{decimal_text(value)}]"
    if field_type == "Checkbox":
        return "[I:1]" if value else "[I:0]"
    if field_type == "Datetime":
        moment, fraction = from_ticks(value)
        return f"[DT:{moment.month:02}/{moment.day:02}/{moment.year:04} {moment:%H:%M:%S}.{fraction:07}]"
    return value


def decimal_text(value):
    """A decimal without exponent and with a dot."""
    text = format(value.normalize(), "f")
    return text if "." in text else text + ".0"


@seam("values.stamp")
def stamp(ticks):
    """LastModified: UTC, ISO 8601, seven decimals, so it sorts as text."""
    moment, fraction = from_ticks(ticks)
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment:%H:%M:%S}.{fraction:07}Z"


STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z?")


def parse_stamp(text):
    """Ticks of a LastModified value; ValueError when it is none of ours."""
    if not STAMP.fullmatch(text):
        raise ValueError("not a timestamp of this connector")
    return parse_time(text)
