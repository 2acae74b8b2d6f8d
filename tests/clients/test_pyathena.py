"""PyAthena: its cursors read what was put in, of every type; parameters, failures, cancel.

Where a cursor of PyAthena changes a value, the test names the change and that it has no other.
"""

import functools
import math
import threading
from datetime import date
from decimal import Decimal

import boto3
import pandas
import polars
import pyarrow
import pyarrow.fs
import pyathena
import pytest
from pyathena.arrow.cursor import ArrowCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import DatabaseError, OperationalError
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor

import values
from program import RESULTS

CURSORS = [Cursor, DictCursor, ArrowCursor, PandasCursor, PolarsCursor]

# Types whose values the frames of the cursors hold as Athena's text.
NESTED = {"array", "map", "row"}
# Types PyAthena's ArrowCursor leaves as text, but for those it converts row by row.
ARROW_TEXT = {
    "char",
    "varchar",
    "interval year to month",
    "interval day to second",
    "uuid",
    "ipaddress",
    *NESTED,
}
MISSING = "a NULL, or NaN, or NaT"


@pytest.fixture(scope="module")
def session(sandbox):
    """One session for all, since each reads the models of the services anew."""
    return boto3.Session()


@pytest.fixture
def connect(sandbox, session, monkeypatch):
    """Connections that poll often, and whose ArrowCursor finds the sandbox.

    PyAthena makes pyarrow's S3 client without an endpoint, and that client reads none from the
    environment: it is told in its stead. No line of PyAthena or pyarrow is changed by that.
    """
    found = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=sandbox.url)
    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", found)
    opened = []

    def connect(cursor_class=Cursor, **members):
        members = {"s3_staging_dir": RESULTS, "session": session, **members}
        connection = pyathena.connect(cursor_class=cursor_class, poll_interval=0.005, **members)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


def rows_of(cursor):
    """The rows as lists, NULL as MISSING."""
    rows = cursor.fetchall()
    if isinstance(cursor, DictCursor):
        assert all(list(row) == values.NAMES for row in rows)
        rows = [row.values() for row in rows]
    return [[plain(cell) for cell in row] for row in rows]


def plain(cell):
    if cell is None or cell is pandas.NA or cell is pandas.NaT:
        return MISSING
    if isinstance(cell, float) and math.isnan(cell):
        return MISSING
    return cell


def expected(cursor_class, column, row):
    """What a cursor makes of a value."""
    if row == 2:
        # A known bug of ArrowCursor: pyarrow's CSV reader reads a NULL text as ''.
        if cursor_class is ArrowCursor and column.info[0] in ARROW_TEXT:
            return ""
        return MISSING
    _, text, value = column.values[row]
    if cursor_class in (Cursor, DictCursor):
        return value
    if column.info[0] in NESTED:
        return text
    # A known bug of PandasCursor: pandas reads '' as a NULL, unless told otherwise.
    if cursor_class is PandasCursor and value == "":
        return MISSING
    # The frames hold a real in 32 bits, as Athena did.
    if cursor_class in (ArrowCursor, PolarsCursor) and column.type == "real":
        return pyarrow.scalar(value, pyarrow.float32()).as_py()
    return value


@pytest.mark.parametrize("source", ["sql", "fixture"])
@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_every_type_is_read(connect, sandbox, cursor_class, source):
    sandbox.fixture("SELECT * FROM every_type", **values.fixture())
    sql = values.select() if source == "sql" else "SELECT * FROM every_type"
    cursor = connect(cursor_class).cursor().execute(sql)
    description = [(entry[0], entry[1], entry[4], entry[5]) for entry in cursor.description]
    assert description == [(column.name, *column.info[:3]) for column in values.COLUMNS]
    found = rows_of(cursor)
    assert len(found) == 3
    for index, column in enumerate(values.COLUMNS):
        cells = [row[index] for row in found]
        wanted = [expected(cursor_class, column, row) for row in range(3)]
        assert cells == wanted, column.type
        if column.info[0] == "timestamp with time zone" and cursor_class is not PandasCursor:
            assert [str(cell.tzinfo) for cell in cells[:2]] == [
                str(value.tzinfo) for _, _, value in column.values
            ]


def test_the_frames_have_the_types_of_the_columns(connect):
    sql = (
        "SELECT CAST(1 AS tinyint) AS a, CAST(2 AS bigint) AS b, true AS c, CAST(1.5 AS real) AS d,"
        " DATE '2024-02-29' AS e, TIMESTAMP '2024-02-29 01:02:03.004' AS f,"
        " CAST('1.50' AS decimal(10, 2)) AS g"
    )
    table = connect(ArrowCursor).cursor().execute(sql).as_arrow()
    types = [str(field.type) for field in table.schema]
    # ArrowCursor keeps a decimal as text in its table.
    assert types == ["int8", "int64", "bool", "float", "date32[day]", "timestamp[us]", "string"]
    frame = connect(PandasCursor).cursor().execute(sql).as_pandas()
    types = [str(dtype) for dtype in frame.dtypes]
    assert types[:2] == ["Int64", "Int64"] and types[5] == "datetime64[us]"
    assert frame["g"][0] == Decimal("1.50")
    frame = connect(PolarsCursor).cursor().execute(sql).as_polars()
    assert frame.dtypes == [
        polars.Int8,
        polars.Int64,
        polars.Boolean,
        polars.Float32,
        polars.Date,
        polars.Datetime("us"),
        polars.Decimal(10, 2),
    ]


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_a_column_of_nothing_but_null_keeps_its_rows(connect, cursor_class):
    """A NULL alone is a blank line of the CSV."""
    sql = "SELECT x FROM (VALUES (1, 5), (2, NULL), (3, NULL)) AS t(n, x) ORDER BY n"
    cursor = connect(cursor_class).cursor().execute(sql)
    rows = [list(row.values()) if isinstance(row, dict) else list(row) for row in cursor]
    assert [[plain(cell) for cell in row] for row in rows] == [[5], [MISSING], [MISSING]]


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_a_large_result_comes_whole_and_in_order(connect, sandbox, cursor_class):
    rows = [[str(n), None if n % 3 else "", f"{n},\n\"{n}\""] for n in range(5000)]
    sandbox.fixture(
        "SELECT * FROM large",
        columns=[
            {"name": "n", "type": "integer"},
            {"name": "e", "type": "varchar"},
            {"name": "s", "type": "varchar"},
        ],
        rows=rows,
    )
    cursor = connect(cursor_class).cursor().execute("SELECT * FROM large")
    found = cursor.fetchall()
    if cursor_class is DictCursor:
        found = [tuple(row.values()) for row in found]
    assert [int(row[0]) for row in found] == list(range(5000))
    assert [row[2] for row in found] == [row[2] for row in rows]
    empty = {
        ArrowCursor: lambda e: "",
        PandasCursor: lambda e: MISSING,
    }.get(cursor_class, lambda e: MISSING if e is None else e)
    assert [plain(row[1]) for row in found] == [empty(row[1]) for row in rows]


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_a_result_without_rows(connect, cursor_class):
    cursor = connect(cursor_class).cursor().execute("SELECT 1 AS n, 'x' AS s WHERE false")
    assert [entry[0] for entry in cursor.description] == ["n", "s"]
    assert cursor.fetchall() == []
    assert cursor.fetchone() is None


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_statements_without_a_header_row_lose_no_row(connect, cursor_class):
    cursor = connect(cursor_class).cursor().execute("SHOW TABLES IN flights")
    names = [row["tab_name"] if isinstance(row, dict) else row[0] for row in cursor]
    assert sorted(names) == ["airlines", "airports", "flights", "planes", "weather"]


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_managed_results_are_read_without_s3(connect, aws, sandbox, cursor_class):
    group = f"managed-{cursor_class.__name__}"
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    aws.athena.create_work_group(Name=group, Configuration=managed)
    before = len(sandbox.requests())
    cursor = connect(cursor_class, s3_staging_dir="", work_group=group).cursor()
    cursor.execute("SELECT 1 AS n, 'x' AS s")
    assert rows_as_tuples(cursor) == [(1, "x")]
    assert "s3" not in {entry["service"] for entry in sandbox.requests()[before:]}


def rows_as_tuples(cursor):
    rows = cursor.fetchall()
    return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in rows]


def test_pyformat_parameters_are_written_into_the_statement(connect):
    assert pyathena.paramstyle == "pyformat"
    cursor = connect().cursor()
    cursor.execute(
        "SELECT %(text)s AS t, %(number)d AS n, %(none)s AS x, 10 %% 3 AS m",
        {"text": "it's", "number": 7, "none": None},
    )
    assert cursor.query == "SELECT 'it''s' AS t, 7 AS n, null AS x, 10 % 3 AS m"
    assert cursor.fetchall() == [("it's", 7, None, 1)]


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_qmark_parameters_are_sent_beside_the_statement(connect, sandbox, cursor_class):
    before = len(sandbox.requests())
    cursor = connect(cursor_class).cursor()
    sql = "SELECT ? AS t, ? AS n, ? AS d"
    # PyAthena sends them as they are, so each is the text of a literal.
    literals = ["'it''s'", "7", "DATE '2024-02-29'"]
    cursor.execute(sql, literals, paramstyle="qmark")
    assert rows_as_tuples(cursor) == [("it's", 7, date(2024, 2, 29))]
    (start,) = [
        entry["body"]
        for entry in sandbox.requests()[before:]
        if entry["operation"] == "StartQueryExecution"
    ]
    assert start["QueryString"] == sql
    assert start["ExecutionParameters"] == literals


def test_a_failed_statement_raises_with_athenas_reason(connect):
    cursor = connect().cursor()
    with pytest.raises(OperationalError, match="TABLE_NOT_FOUND"):
        cursor.execute("SELECT * FROM flights.nowhere")
    with pytest.raises(DatabaseError, match="mismatched input 'SELEC'"):
        cursor.execute("SELEC 1")


@pytest.mark.parametrize("cursor_class", CURSORS, ids=lambda cursor: cursor.__name__)
def test_cancel_stops_the_query(connect, sandbox, cursor_class):
    sandbox.fixture("SELECT slow", columns=[], rows=[], run_delay_ms=600_000)
    cursor = connect(cursor_class).cursor()
    timers = []

    def cancel_soon(query_id):
        timers.append(threading.Timer(0, cursor.cancel))
        timers[-1].start()

    with pytest.raises(OperationalError, match="[Cc]ancel"):
        cursor.execute("SELECT slow", on_start_query_execution=cancel_soon)
    timers[-1].join()
    execution = sandbox_execution(cursor)
    assert execution["Status"]["State"] == "CANCELLED"


def sandbox_execution(cursor):
    answer = cursor.connection.client.get_query_execution(QueryExecutionId=cursor.query_id)
    return answer["QueryExecution"]


def test_statements_run_one_after_the_other(connect):
    cursor = connect(schema_name="flights").cursor()
    (count,) = cursor.execute("SELECT count(*) FROM airlines").fetchone()
    assert count == 16
    cursor.executemany(
        "SELECT name FROM airlines WHERE carrier = %(carrier)s",
        [{"carrier": "AA"}, {"carrier": "UA"}],
    )
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    assert cursor.query_id != cursor.execute("SELECT 2").query_id


def test_facts_of_the_execution_are_told(connect):
    cursor = connect(schema_name="flights").cursor()
    cursor.execute("SELECT sum(dep_delay) FROM flights")
    assert cursor.state == "SUCCEEDED"
    assert cursor.statement_type == "DML"
    assert cursor.database == "flights"
    assert cursor.output_location == f"{RESULTS}{cursor.query_id}.csv"
    assert cursor.data_scanned_in_bytes > 0
    assert cursor.submission_date_time <= cursor.completion_date_time


def test_results_are_reused_on_demand(connect):
    cursor = connect().cursor()
    sql = "SELECT count(*) FROM flights.weather"
    options = {"result_reuse_enable": True, "result_reuse_minutes": 5}
    assert not cursor.execute(sql, **options).reused_previous_result
    assert cursor.execute(sql, **options).reused_previous_result


def test_the_catalog_is_read(connect):
    cursor = connect(schema_name="flights").cursor()
    tables = {table.name for table in cursor.list_table_metadata()}
    assert tables == {"airlines", "airports", "flights", "planes", "weather"}
    table = cursor.get_table_metadata("airlines")
    assert [(column.name, column.type) for column in table.columns] == [
        ("carrier", "string"),
        ("name", "string"),
    ]


def test_tables_are_made_filled_read_and_dropped(connect):
    cursor = connect().cursor()
    cursor.execute(
        "CREATE TABLE default.made WITH (format = 'PARQUET') AS"
        " SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t(n, s)"
    )
    assert cursor.rowcount == 2
    cursor.execute("INSERT INTO default.made VALUES (3, '')")
    assert cursor.rowcount == 1
    cursor.execute("SELECT n, s FROM default.made ORDER BY n")
    assert cursor.fetchall() == [(1, "a"), (2, None), (3, "")]
    cursor.execute("DROP TABLE default.made")
    with pytest.raises(OperationalError, match="TABLE_NOT_FOUND"):
        cursor.execute("SELECT n FROM default.made")
