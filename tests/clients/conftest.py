"""Clients that others wrote, against the sandbox: unmodified, and off the network."""

# First, because a namespace is for the threads that come after.
import isolation

NETWORK = isolation.enter()

import time
from types import SimpleNamespace

import boto3
import pytest

import program


def pytest_addoption(parser):
    parser.addoption(
        "--verify-signatures",
        action="store_true",
        help="start the sandbox with keys, so that it verifies every signature",
    )


def pytest_report_header(config):
    signatures = "verified" if config.getoption("--verify-signatures") else "not verified"
    network = "a namespace of our own" if NETWORK is None else f"that of the machine ({NETWORK})"
    return f"signatures: {signatures}; network: {network}"


@pytest.fixture(scope="session")
def sandbox(request):
    """A sandbox for all tests of a file, which all AWS clients find by their environment."""
    arguments = ["--dataset", "flights", "--s3-tables", "lake"]
    if request.config.getoption("--verify-signatures"):
        arguments = program.signing(arguments)
    sandbox = program.Sandbox(*arguments)
    program.environment(sandbox.url)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def aws(sandbox):
    """A boto3 client of each service."""
    return SimpleNamespace(
        **{name: boto3.client(name) for name in ("athena", "glue", "s3", "sts")}
    )


@pytest.fixture(autouse=True)
def nobody_phones_home():
    isolation.outside.clear()
    yield
    assert isolation.outside == []


@pytest.fixture(scope="module", autouse=True)
def every_operation_is_called(request, sandbox):
    """A module's OPERATIONS, a service and its operations, are all called by its tests."""
    before = len(sandbox.requests())
    yield
    service, operations = getattr(request.module, "OPERATIONS", (None, set()))
    of_module = [item for item in request.session.items if item.module is request.module]
    chosen = request.config.getoption("-k") or "::" in "".join(request.config.args)
    if chosen or not of_module:
        return
    called = {
        entry["operation"]
        for entry in sandbox.requests()[before:]
        if entry["service"] == service
    }
    assert operations - called == set(), f"operations of {service} that no test calls"


class Athena:
    """Runs statements to their end with boto3."""

    def __init__(self, client):
        self.client = client

    def start(self, sql, **members):
        return self.client.start_query_execution(QueryString=sql, **members)["QueryExecutionId"]

    def execution(self, query_id):
        return self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]

    def finish(self, query_id):
        """Polls to a final state."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            execution = self.execution(query_id)
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.005)
        raise AssertionError(f"{query_id} does not end")

    def run(self, sql, **members):
        """The execution of a statement that must succeed."""
        execution = self.finish(self.start(sql, **members))
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def failure(self, sql, **members):
        """The status of a statement that must fail after its start."""
        execution = self.finish(self.start(sql, **members))
        assert execution["Status"]["State"] == "FAILED", execution["Status"]
        return execution["Status"]

    def results(self, query_id, **members):
        return self.client.get_query_results(QueryExecutionId=query_id, **members)

    def rows(self, sql, **members):
        """The rows of a SELECT as texts, NULL as None, without the header row."""
        query_id = self.run(sql, **members)["QueryExecutionId"]
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        return texts([row for page in pages for row in page["ResultSet"]["Rows"]])[1:]


def texts(rows):
    return [[datum.get("VarCharValue") for datum in row["Data"]] for row in rows]


@pytest.fixture(scope="session")
def athena(aws):
    return Athena(aws.athena)
