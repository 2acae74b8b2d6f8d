"""Python values that hold what Arrow holds exactly, and their text.

Python's own date and time types lack nanoseconds and most years, so times stay the counts
they are in Arrow.
"""

import math
from ctypes import c_float
from decimal import Decimal
from typing import NamedTuple, Optional

_DIGITS = {"s": 0, "m": 3, "u": 6, "n": 9}


class Date(NamedTuple):
    """Days since 1970-01-01."""

    days: int

    def __str__(self):
        # Counted in eras of 400 years that begin on a first of March, so that the leap day
        # is the last of its year.
        era, day = divmod(self.days + 719468, 146097)
        year_of_era = (day - day // 1460 + day // 36524 - day // 146096) // 365
        day_of_year = day - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        month = (5 * day_of_year + 2) // 153
        day_of_month = day_of_year - (153 * month + 2) // 5 + 1
        month += 3 if month < 10 else -9
        year = year_of_era + 400 * era + (month <= 2)
        return f"{'-' if year < 0 else ''}{abs(year):04}-{month:02}-{day_of_month:02}"


class Time(NamedTuple):
    """A time of day, counted from midnight in s, m(illi), u (micro) or n(ano) seconds."""

    value: int
    unit: str

    def __str__(self):
        digits = _DIGITS[self.unit]
        seconds, fraction = divmod(self.value, 10**digits)
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"{text}.{fraction:0{digits}}" if digits else text


class Timestamp(NamedTuple):
    """Counted from 1970-01-01 00:00:00, of UTC if there is a zone; units as Time's."""

    value: int
    unit: str
    zone: Optional[str]

    def __str__(self):
        days, time = divmod(self.value, 86400 * 10 ** _DIGITS[self.unit])
        return f"{Date(days)} {Time(time, self.unit)}{' UTC' if self.zone else ''}"


class Interval(NamedTuple):
    """Months, or days and nanoseconds of the same sign."""

    months: int
    days: int
    nanos: int

    def __str__(self):
        texts = []
        if self.months:
            years, months = divmod(abs(self.months), 12)
            texts.append(f"{'-' if self.months < 0 else ''}{years}-{months}")
        if self.days or self.nanos or not self.months:
            sign = "-" if self.days < 0 or self.nanos < 0 else ""
            millis, rest = divmod(abs(self.nanos), 10**6)
            time = Time(abs(self.nanos), "n") if rest else Time(millis, "m")
            texts.append(f"{sign}{abs(self.days)} {time}")
        return " ".join(texts)


class Float32(float):
    """A float of 32 bits."""


class Map(list):
    """Pairs of keys and values; keys need not be hashable."""


class Row(list):
    """Pairs of names and values; names may repeat."""


def text(value):
    """The value as the examples print it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return "".join(map(_escape, value))
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (Map, Row)):
        return "{" + ", ".join(f"{key if isinstance(value, Row) else text(key)}={text(item)}"
                               for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return str(value)


def _float_text(value):
    """The fewest digits that read back as the same number."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "-Infinity" if value < 0 else "Infinity"
    single = isinstance(value, Float32)
    for precision in range(6, 10) if single else range(15, 18):
        digits = f"{value:.{precision}g}"
        back = c_float(float(digits)).value if single else float(digits)
        if back == value:
            break
    return digits


def _escape(character):
    """Control characters would break a table's lines."""
    if character >= " " and character != "\x7f":
        return character
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{ord(character):02x}")
