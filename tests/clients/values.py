"""A column of every Athena type, with two values and a NULL each, in three spellings.

Each value is given as the SQL that makes it, as the text Athena writes for it, and as the Python
value PyAthena's Cursor documents for that type. The texts are those of the real service.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

TEXT = 'Zürich "1", €😀\nand \'more\''
BIG = "99999999999999999999999999999999999999"
UUID = "12151fd2-7586-11e9-8f9e-2a86e4085a59"
BERLIN = "Europe/Berlin"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    # ColumnInfo: Type, Precision, Scale, CaseSensitive.
    info: tuple
    # (SQL, text, Python value)
    values: tuple
    # UNLOAD writes no such type.
    unloadable: bool = True


def cast(text, kind):
    return f"CAST('{text}' AS {kind})"


def number(name, kind, info, values, convert=int):
    """A column whose SQL is a cast of the text."""
    values = tuple((cast(text, kind), text, convert(text)) for text in values)
    return Column(name, kind, (*info, False), values)


COLUMNS = (
    Column(
        "a_boolean",
        "boolean",
        ("boolean", 0, 0, False),
        (("true", "true", True), ("false", "false", False)),
    ),
    number("a_tinyint", "tinyint", ("tinyint", 3, 0), ["127", "-128"]),
    number("a_smallint", "smallint", ("smallint", 5, 0), ["32767", "-32768"]),
    number("an_integer", "integer", ("integer", 10, 0), ["2147483647", "-2147483648"]),
    number(
        "a_bigint", "bigint", ("bigint", 19, 0), ["9223372036854775807", "-9223372036854775808"]
    ),
    number("a_real", "real", ("float", 17, 0), ["0.1", "-3.4028235E38"], float),
    number("a_double", "double", ("double", 17, 0), ["2.5E-8", "-Infinity"], float),
    number("a_price", "decimal(5,3)", ("decimal", 5, 3), ["0.005", "-99.999"], Decimal),
    number("a_big_decimal", "decimal(38,0)", ("decimal", 38, 0), ["0", f"-{BIG}"], Decimal),
    Column(
        "a_char",
        "char(3)",
        ("char", 3, 0, True),
        ((cast("ab", "char(3)"), "ab ", "ab "), (cast("NUL", "char(3)"), "NUL", "NUL")),
    ),
    Column(
        "a_varchar",
        "varchar",
        ("varchar", 2147483647, 0, True),
        (
            (cast(TEXT.replace("'", "''"), "varchar"), TEXT, TEXT),
            (cast("", "varchar"), "", ""),
        ),
    ),
    Column(
        "a_varbinary",
        "varbinary",
        ("varbinary", 1073741824, 0, False),
        (("X'deadBEEF'", "de ad be ef", b"\xde\xad\xbe\xef"), ("X''", "", b"")),
    ),
    Column(
        "a_date",
        "date",
        ("date", 0, 0, False),
        (
            ("DATE '2024-02-29'", "2024-02-29", date(2024, 2, 29)),
            ("DATE '0001-01-01'", "0001-01-01", date(1, 1, 1)),
        ),
    ),
    Column(
        "a_time",
        "time(3)",
        ("time", 3, 0, False),
        (
            ("TIME '12:34:56.789'", "12:34:56.789", time(12, 34, 56, 789000)),
            ("TIME '00:00:00.000'", "00:00:00.000", time(0, 0)),
        ),
        unloadable=False,
    ),
    Column(
        "a_zoned_time",
        "time(3) with time zone",
        ("time with time zone", 3, 0, False),
        (
            (
                "TIME '12:34:56.789 +00:00'",
                "12:34:56.789+00:00",
                time(12, 34, 56, 789000, timezone.utc),
            ),
            (
                "TIME '01:02:03.004 -09:30'",
                "01:02:03.004-09:30",
                time(1, 2, 3, 4000, timezone(-timedelta(hours=9, minutes=30))),
            ),
        ),
        unloadable=False,
    ),
    Column(
        "a_timestamp",
        "timestamp(3)",
        ("timestamp", 3, 0, False),
        (
            (
                "TIMESTAMP '2024-02-29 12:34:56.789'",
                "2024-02-29 12:34:56.789",
                datetime(2024, 2, 29, 12, 34, 56, 789000),
            ),
            (
                "TIMESTAMP '1582-10-04 00:00:00.001'",
                "1582-10-04 00:00:00.001",
                datetime(1582, 10, 4, 0, 0, 0, 1000),
            ),
        ),
    ),
    Column(
        "a_microsecond",
        "timestamp(6)",
        ("timestamp", 6, 0, False),
        (
            (
                "TIMESTAMP '2024-02-29 12:34:56.789123'",
                "2024-02-29 12:34:56.789123",
                datetime(2024, 2, 29, 12, 34, 56, 789123),
            ),
            (
                "TIMESTAMP '1969-12-31 23:59:59.999999'",
                "1969-12-31 23:59:59.999999",
                datetime(1969, 12, 31, 23, 59, 59, 999999),
            ),
        ),
        unloadable=False,
    ),
    Column(
        "a_nanosecond",
        "timestamp(9)",
        ("timestamp", 9, 0, False),
        (
            # Python has microseconds; PyAthena cuts.
            (
                "TIMESTAMP '2024-02-29 12:34:56.123456789'",
                "2024-02-29 12:34:56.123456789",
                datetime(2024, 2, 29, 12, 34, 56, 123456),
            ),
            (
                "TIMESTAMP '1969-12-31 23:59:59.999999999'",
                "1969-12-31 23:59:59.999999999",
                datetime(1969, 12, 31, 23, 59, 59, 999999),
            ),
        ),
        unloadable=False,
    ),
    # The sandbox has one zone per column where Athena has one per value.
    Column(
        "a_utc_timestamp",
        "timestamp(3) with time zone",
        ("timestamp with time zone", 3, 0, False),
        (
            (
                "TIMESTAMP '1999-12-31 23:59:59.999 UTC'",
                "1999-12-31 23:59:59.999 UTC",
                datetime(1999, 12, 31, 23, 59, 59, 999000, ZoneInfo("UTC")),
            ),
            (
                "TIMESTAMP '2024-02-29 00:00:00.000 UTC'",
                "2024-02-29 00:00:00.000 UTC",
                datetime(2024, 2, 29, tzinfo=ZoneInfo("UTC")),
            ),
        ),
        unloadable=False,
    ),
    Column(
        "a_berlin_timestamp",
        "timestamp(3) with time zone",
        ("timestamp with time zone", 3, 0, False),
        (
            (
                f"TIMESTAMP '2024-07-01 12:00:00.000 {BERLIN}'",
                f"2024-07-01 12:00:00.000 {BERLIN}",
                datetime(2024, 7, 1, 12, 0, tzinfo=ZoneInfo(BERLIN)),
            ),
            (
                f"TIMESTAMP '2024-01-01 00:00:00.500 {BERLIN}'",
                f"2024-01-01 00:00:00.500 {BERLIN}",
                datetime(2024, 1, 1, 0, 0, 0, 500000, ZoneInfo(BERLIN)),
            ),
        ),
        unloadable=False,
    ),
    Column(
        "some_months",
        "interval year to month",
        ("interval year to month", 0, 0, False),
        (("INTERVAL '14' MONTH", "1-2", "1-2"), ("INTERVAL '3' MONTH", "0-3", "0-3")),
        unloadable=False,
    ),
    Column(
        "some_days",
        "interval day to second",
        ("interval day to second", 0, 0, False),
        (
            ("INTERVAL '2' DAY + INTERVAL '3' HOUR", "2 03:00:00.000", "2 03:00:00.000"),
            ("-INTERVAL '2' DAY", "-2 00:00:00.000", "-2 00:00:00.000"),
        ),
        unloadable=False,
    ),
    Column(
        "a_uuid",
        "uuid",
        ("uuid", 0, 0, False),
        (
            (f"UUID '{UUID}'", UUID, UUID),
            (cast("f" * 8 + "-ffff-ffff-ffff-" + "f" * 12, "uuid"),)
            + ("f" * 8 + "-ffff-ffff-ffff-" + "f" * 12,) * 2,
        ),
        unloadable=False,
    ),
    Column(
        "a_json",
        "json",
        ("json", 0, 0, False),
        (
            ("JSON '{\"a\": [1, null]}'", '{"a":[1,null]}', {"a": [1, None]}),
            ("CAST('text' AS JSON)", '"text"', "text"),
        ),
        unloadable=False,
    ),
    Column(
        "an_address",
        "ipaddress",
        ("ipaddress", 0, 0, False),
        (
            (cast("10.0.0.1", "ipaddress"), "10.0.0.1", "10.0.0.1"),
            (cast("2001:db8::1", "ipaddress"), "2001:db8::1", "2001:db8::1"),
        ),
        unloadable=False,
    ),
    Column(
        "an_array",
        "array(integer)",
        ("array", 0, 0, False),
        (
            ("ARRAY[1, 2]", "[1, 2]", [1, 2]),
            ("CAST(ARRAY[] AS array(integer))", "[]", []),
        ),
    ),
    Column(
        "a_map",
        "map(varchar, integer)",
        ("map", 0, 0, False),
        (
            # Keys and values are texts: nothing in the answer tells their types.
            ("MAP(ARRAY[CAST('k' AS varchar), 'j'], ARRAY[1, 2])", "{j=2, k=1}")
            + ({"j": "2", "k": "1"},),
            ("CAST(MAP() AS map(varchar, integer))", "{}", {}),
        ),
    ),
    Column(
        "a_row",
        "row(x integer, y varchar)",
        ("row", 0, 0, False),
        (
            ("CAST(ROW(1, 'two') AS row(x integer, y varchar))", "{x=1, y=two}")
            + ({"x": "1", "y": "two"},),
            ("CAST(ROW(NULL, NULL) AS row(x integer, y varchar))", "{x=null, y=null}")
            + ({"x": None, "y": None},),
        ),
    ),
)

NAMES = [column.name for column in COLUMNS]


def select(columns=COLUMNS):
    """SQL whose rows are the first values, the second ones, and NULL."""

    def row(number, values):
        cells = ", ".join(f'{sql} AS {column.name}' for column, sql in zip(columns, values))
        return f"SELECT {number} AS row_number, {cells}"

    rows = [
        row(1, [column.values[0][0] for column in columns]),
        row(2, [column.values[1][0] for column in columns]),
        row(3, [f"CAST(NULL AS {column.type})" for column in columns]),
    ]
    names = ", ".join(column.name for column in columns)
    return f"SELECT {names} FROM ({' UNION ALL '.join(rows)}) AS t ORDER BY row_number"


def fixture(columns=COLUMNS):
    """The same rows as a fixture of the sandbox."""
    return {
        "columns": [{"name": column.name, "type": column.type} for column in columns],
        "rows": text_rows(columns),
    }


def text_rows(columns=COLUMNS):
    rows = [[column.values[row][1] for column in columns] for row in (0, 1)]
    return [*rows, [None] * len(columns)]


def python_rows(columns=COLUMNS):
    rows = [[column.values[row][2] for column in columns] for row in (0, 1)]
    return [*rows, [None] * len(columns)]
