"""The rows: as result objects, and as the files of an UNLOAD."""
import csv
import datetime
import decimal

import workload
from pyarrow import parquet


def made(folder, rows=2_000, copies=(2,)):
    workload.main(folder, rows, list(copies))
    return (folder / f"rows-{rows}.csv").read_bytes()


def test_the_object_is_as_athena_writes_it(tmp_path):
    text = made(tmp_path).decode()
    header, _, rest = text.partition("\n")
    assert header == '"id","quantity","ratio","price","code","remark","flag","day","at","tags"'
    rows = list(csv.reader(rest.splitlines()))
    assert len(rows) == 2_000 and all(len(row) == 10 for row in rows)
    # NULL is nothing at all, the empty string is quoted.
    assert ',"",' in rest and ",," in rest
    assert any(", " in row[5] and '"' in row[5] for row in rows)
    assert (tmp_path / "rows-4000.csv").read_text() == text + rest


def test_the_files_hold_the_same_values(tmp_path):
    rows = list(csv.reader(made(tmp_path).decode().splitlines()[1:]))
    files = sorted((tmp_path / "parquet-2000").glob("*.parquet"))
    assert len(files) == 8
    schema = parquet.ParquetFile(files[0]).schema
    assert schema.column(8).physical_type == "INT96"
    columns = [column for file in files for column in [parquet.read_table(file)]]
    values = [value for table in columns for value in table.to_pylist()]
    assert len(values) == len(rows)
    for row, value in zip(rows, values):
        value = list(value.values())
        assert row[0] == ("" if value[0] is None else str(value[0]))
        assert value[2] is None or float(row[2]) == value[2]
        assert value[3] is None or decimal.Decimal(row[3]) == value[3]
        assert row[5] == (value[5] or "")
        assert row[7] == ("" if value[7] is None else value[7].isoformat())
        if value[8] is not None:
            assert datetime.datetime.fromisoformat(row[8]) == value[8]
        assert row[9] == ("" if value[9] is None else str(value[9]))


def test_the_seed_is_fixed_and_what_is_there_is_kept(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    assert made(one) == made(other)
    path = one / "rows-2000.csv"
    path.write_bytes(b"kept")
    assert made(one) == b"kept"
