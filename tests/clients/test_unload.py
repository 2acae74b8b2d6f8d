"""PyAthena with `unload=True`: results as the Parquet files of an UNLOAD.

Cursor and DictCursor have no such option. Where a cursor changes a value, the test names the change
and that it has no other.
"""

import inspect

import numpy
import pyarrow
import pytest
from pyathena.arrow.cursor import ArrowCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import OperationalError
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor

import values
from program import RESULTS
from test_pyathena import MISSING, connect, plain, session

CURSORS = [ArrowCursor, PandasCursor, PolarsCursor]
COLUMNS = [column for column in values.COLUMNS if column.unloadable]
NUMBERS = {"tinyint", "smallint", "integer", "bigint"}
# Nested values keep their types, unlike in the text of a CSV.
TYPED = {
    "an_array": ([1, 2], []),
    "a_map": ([("k", 1), ("j", 2)], []),
    "a_row": ({"x": 1, "y": "two"}, {"x": None, "y": None}),
}

by_name = pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
pytestmark = pytest.mark.filterwarnings("ignore:engine='auto'")


@pytest.fixture
def unload(connect):
    def unload(cursor_class, sql, **members):
        return connect(**members).cursor(cursor_class, unload=True).execute(sql)

    return unload


def expected(cursor_class, column, row):
    """What a cursor makes of a value."""
    if row == 2:
        return MISSING
    value = column.values[row][2]
    if column.name in TYPED:
        value = TYPED[column.name][row]
        return dict(value) if column.name == "a_map" and cursor_class is PolarsCursor else value
    # Parquet has no char(n), and Athena writes none of its blanks.
    if column.type == "char(3)":
        return value.rstrip(" ")
    if column.type == "real":
        return pyarrow.scalar(value, pyarrow.float32()).as_py()
    # A known bug of PandasCursor: integers in a column with a NULL become floats, and so the
    # largest ones others.
    if cursor_class is PandasCursor and column.type in NUMBERS:
        return float(value)
    return value


def found(cell):
    cell = cell.tolist() if isinstance(cell, numpy.ndarray) else plain(cell)
    if isinstance(cell, dict):
        return {key: None if plain(one) == MISSING else one for key, one in cell.items()}
    return cell


@by_name
def test_every_type_that_can_be_unloaded_is_read(unload, cursor_class):
    cursor = unload(cursor_class, values.select(COLUMNS))
    described = [(entry[0], entry[1]) for entry in cursor.description]
    types = {"char": "varchar"}
    assert described == [
        (column.name, types.get(column.info[0], column.info[0])) for column in COLUMNS
    ]
    rows = cursor.fetchall()
    assert len(rows) == 3
    for index, column in enumerate(COLUMNS):
        cells = [found(row[index]) for row in rows]
        wanted = [expected(cursor_class, column, row) for row in range(3)]
        assert cells == wanted, column.type


def test_the_tables_of_arrow_keep_the_types(unload):
    table = unload(ArrowCursor, values.select(COLUMNS)).as_arrow()
    types = {field.name: str(field.type) for field in table.schema}
    assert types["a_tinyint"] == "int8" and types["a_smallint"] == "int16"
    assert types["a_price"] == "decimal128(5, 3)"
    assert types["a_big_decimal"] == "decimal128(38, 0)"
    assert types["a_varbinary"] == "binary"
    assert types["a_timestamp"] == "timestamp[us]"
    assert types["an_array"].endswith(": int32>")
    assert types["a_map"] == "map<string, int32>" or types["a_map"].startswith("map<string, int32")
    assert types["a_row"] == "struct<x: int32, y: string>"


@by_name
def test_null_and_the_empty_string_differ(unload, cursor_class):
    cursor = unload(cursor_class, "SELECT * FROM (VALUES ('', 1), (NULL, 2)) AS t(s, n)")
    rows = sorted(cursor.fetchall(), key=lambda row: row[1])
    assert [plain(row[0]) for row in rows] == ["", MISSING]


@by_name
def test_tables_are_unloaded_whole(unload, cursor_class):
    sql = "SELECT flight, carrier, dep_delay, time_hour FROM flights WHERE month = 2"
    cursor = unload(cursor_class, sql, schema_name="flights")
    rows = cursor.fetchall()
    assert len(rows) == 24951
    assert {row[1] for row in rows} >= {"AA", "UA", "DL"}
    assert cursor.query.startswith("UNLOAD (")
    assert cursor.data_manifest_location.endswith("-manifest.csv")
    assert cursor.substatement_type == "UNLOAD"


@by_name
def test_a_result_without_rows_has_no_columns_either(unload, cursor_class):
    """No file is written, so PyAthena sees no schema: its known limit, and that of UNLOAD."""
    cursor = unload(cursor_class, "SELECT 1 AS n WHERE false")
    assert cursor.fetchall() == []
    assert cursor.description == []


@by_name
def test_what_cannot_be_unloaded_is_told(unload, cursor_class):
    refused = [column for column in values.COLUMNS if not column.unloadable]
    assert refused
    for column in refused:
        with pytest.raises(OperationalError, match="NOT_SUPPORTED"):
            unload(cursor_class, f"SELECT {column.values[0][0]} AS x")
    with pytest.raises(OperationalError, match="Column name not specified at position 1"):
        unload(cursor_class, "SELECT 1")


@by_name
def test_statements_that_are_no_query_are_sent_as_they_are(unload, cursor_class):
    cursor = unload(cursor_class, "SHOW TABLES IN flights")
    assert sorted(row[0] for row in cursor.fetchall())[0] == "airlines"


def test_cursors_without_unload_have_no_such_option():
    for cursor_class in (Cursor, DictCursor):
        assert "unload" not in inspect.signature(cursor_class.__init__).parameters
        assert "unload" not in inspect.signature(cursor_class.execute).parameters
