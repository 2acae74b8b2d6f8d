"""All of it once, with the clients that are installed for the tests anyway.

The servers, the workload, the turns and the sums are those of a real run; awswrangler, curl and
nginx are left out, and ours in C is ours in Python.
"""
import argparse
import os
import pathlib
import sys
import urllib.request

import bench
import measure
import pytest
import report

ROWS = 2_000


@pytest.fixture
def small(monkeypatch):
    folder = pathlib.Path(os.environ["BENCH_BUILD"])
    monkeypatch.setattr(bench, "BUILD", folder)
    arguments = argparse.Namespace(quick=True, runs=1, no_decoder=True, output="latest")
    made = bench.Bench(arguments)
    made.rows = made.found["rows"] = ROWS
    made.python, made.nginx = sys.executable, False
    run, peer = measure.run, made.peer

    def run_without_curl(command, environment=None):
        if command[0] != "curl":
            return run(command, environment)
        url = next(part for part in command if part.startswith("http"))
        name, _, value = command[command.index("-H") + 1].partition(": ")
        with urllib.request.urlopen(urllib.request.Request(url, headers={name: value})) as answer:
            assert answer.read(4) == b'"id"'
        return measure.Taken(0.1, 0.1, 10.0, "")

    def ours(connection, rows):
        address = connection.partition("Endpoint=")[2].partition(";")[0]
        return peer("ours-python", address, rows, connection=connection)

    def peer_but_wrangler(name, *arguments, **more):
        return peer("arrow" if name == "wrangler" else name, *arguments, **more)

    monkeypatch.setattr(measure, "run", run_without_curl)
    monkeypatch.setattr(made, "ours", ours)
    monkeypatch.setattr(made, "peer", peer_but_wrangler)
    return made


def test_a_small_run_measures_everything_it_reports(small):
    found = small.run()
    keys = {key for key, *_ in report.ROWS if not key.endswith("-nginx")}
    assert set(found["table"]) == keys
    assert list(found["growth"]) == [ROWS // 4, ROWS, ROWS * 4, ROWS * 10]
    for name, first in found["first_batch"].items():
        assert 0 < first["rows"] <= ROWS and first["share"] > 0, name
    assert found["server"]["pages_per_second"] > 0
    text = report.markdown(found, "latest")
    assert all(name in text for key, name, *_ in report.ROWS if key in keys)
    assert len(report.bars(found)) == len(keys) - 1


def test_a_client_that_reads_other_rows_ends_the_benchmark(small):
    with pytest.raises(SystemExit) as error:
        small.check(1, 2, "arrow")
    assert "read 1 rows of 2" in str(error.value)
