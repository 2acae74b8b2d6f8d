"""boto3: every type, as the API describes and writes it."""

import pytest

import values
from conftest import texts

SQL = values.select()


@pytest.fixture(params=["sql", "fixture"], scope="module")
def statement(request, sandbox):
    """A statement with a column of every type: once run as SQL, once scripted."""
    if request.param == "sql":
        return SQL
    sandbox.fixture("SELECT * FROM every_type", **values.fixture())
    return "SELECT * FROM every_type"


@pytest.fixture(scope="module")
def result_set(athena, statement):
    query_id = athena.run(statement)["QueryExecutionId"]
    return athena.results(query_id)["ResultSet"]


@pytest.mark.parametrize("column", values.COLUMNS, ids=lambda column: column.type)
def test_a_column_has_its_facts_and_texts(result_set, column):
    index = values.NAMES.index(column.name)
    info = result_set["ResultSetMetadata"]["ColumnInfo"][index]
    found = (info["Type"], info["Precision"], info["Scale"], info["CaseSensitive"])
    assert found == column.info
    assert info["Name"] == info["Label"] == column.name
    assert (info["CatalogName"], info["SchemaName"], info["TableName"]) == ("hive", "", "")
    assert info["Nullable"] == "UNKNOWN"
    cells = [row[index] for row in texts(result_set["Rows"])]
    assert cells == [column.name, *(row[index] for row in values.text_rows())]


def test_both_spellings_of_the_result_agree(athena, aws, statement):
    """The object is the pages' rows: all quoted, but NULL, which is nothing at all."""
    execution = athena.run(statement)
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    text = aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def quoted(cell):
        return "" if cell is None else '"' + cell.replace('"', '""') + '"'

    rows = [values.NAMES, *values.text_rows()]
    assert text == "".join(",".join(map(quoted, row)) + "\n" for row in rows)
