"""boto3: query executions, from their start to their results."""

import time
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import texts
from program import RESULTS

OPERATIONS = (
    "athena",
    {
        "StartQueryExecution",
        "GetQueryExecution",
        "BatchGetQueryExecution",
        "StopQueryExecution",
        "ListQueryExecutions",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
    },
)


def refusal(athena, sql, **members):
    with pytest.raises(athena.client.exceptions.InvalidRequestException) as caught:
        athena.start(sql, **members)
    return caught.value.response


def test_a_finished_execution_tells_its_facts(athena):
    execution = athena.run(
        " SELECT 1 AS n ; ",
        QueryExecutionContext={"Database": "flights", "Catalog": "AwsDataCatalog"},
    )
    query_id = execution["QueryExecutionId"]
    assert str(uuid.UUID(query_id)) == query_id
    assert execution["Query"] == "SELECT 1 AS n"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{RESULTS}{query_id}.csv"
    context = {"Database": "flights", "Catalog": "awsdatacatalog"}
    assert execution["QueryExecutionContext"] == context
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    status = execution["Status"]
    assert status["SubmissionDateTime"] <= status["CompletionDateTime"]
    assert "StateChangeReason" not in status and "AthenaError" not in status
    statistics = execution["Statistics"]
    assert statistics["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    for name in ("EngineExecution", "TotalExecution", "QueryQueue", "ServiceProcessing"):
        assert statistics[f"{name}TimeInMillis"] >= 0


def test_results_have_a_header_and_tell_null_from_the_empty_string(athena):
    query_id = athena.run("SELECT 'a' AS a, '' AS b, NULL AS c")["QueryExecutionId"]
    results = athena.results(query_id)
    assert results["UpdateCount"] == 0
    assert results["ResultSet"]["Rows"] == [
        {"Data": [{"VarCharValue": "a"}, {"VarCharValue": "b"}, {"VarCharValue": "c"}]},
        {"Data": [{"VarCharValue": "a"}, {"VarCharValue": ""}, {}]},
    ]


def test_pages_come_in_order_and_the_header_only_once(athena, sandbox):
    rows = [[str(n)] for n in range(2500)]
    columns = [{"name": "n", "type": "integer"}]
    sandbox.fixture("SELECT n FROM many", columns=columns, rows=rows)
    query_id = athena.run("SELECT n FROM many")["QueryExecutionId"]
    for size in (1000, 7, None):
        pagination = {} if size is None else {"PageSize": size}
        pages = athena.client.get_paginator("get_query_results").paginate(
            QueryExecutionId=query_id, PaginationConfig=pagination
        )
        pages = [texts(page["ResultSet"]["Rows"]) for page in pages]
        assert max(len(page) for page in pages) == (size or 1000)
        assert [row for page in pages for row in page] == [["n"], *rows]


def test_parameters_are_bound_in_order(athena):
    rows = athena.rows(
        "SELECT ? AS a, ? AS b, ? || ? AS c",
        ExecutionParameters=["1", "'it''s'", "'x'", "'?'"],
    )
    assert rows == [["1", "it's", "x?"]]


def test_states_are_seen_one_by_one(athena, sandbox):
    sandbox.fixture(
        "SELECT states",
        columns=[{"name": "x", "type": "integer"}],
        rows=[["1"]],
        states=["QUEUED", "RUNNING", "QUEUED", "RUNNING"],
    )
    query_id = athena.start("SELECT states")
    seen = [athena.execution(query_id)["Status"]["State"] for _ in range(5)]
    assert seen == ["QUEUED", "RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]


def test_a_stopped_execution_is_cancelled_for_good(athena, sandbox):
    sandbox.fixture("SELECT slow", columns=[], rows=[], run_delay_ms=600_000)
    query_id = athena.start("SELECT slow")
    with pytest.raises(athena.client.exceptions.InvalidRequestException) as caught:
        athena.results(query_id)
    assert caught.value.response["AthenaErrorCode"] == "INVALID_QUERY_EXECUTION_STATE"
    athena.client.stop_query_execution(QueryExecutionId=query_id)
    status = athena.finish(query_id)["Status"]
    assert status["State"] == "CANCELLED"
    assert "AthenaError" not in status
    athena.client.stop_query_execution(QueryExecutionId=query_id)
    assert athena.execution(query_id)["Status"]["State"] == "CANCELLED"
    with pytest.raises(athena.client.exceptions.InvalidRequestException, match="Could not find"):
        athena.results(query_id)


def test_a_failure_is_told_with_its_numbers(athena):
    status = athena.failure("SELECT * FROM flights.nowhere")
    error = status["AthenaError"]
    assert status["StateChangeReason"] == error["ErrorMessage"]
    assert status["StateChangeReason"].startswith("TABLE_NOT_FOUND: ")
    assert (error["ErrorCategory"], error["Retryable"]) == (2, False)
    assert error["ErrorType"] == 1301


def test_a_syntax_error_makes_no_execution(athena):
    response = refusal(athena, "SELEC 1")
    assert response["AthenaErrorCode"] == "MALFORMED_QUERY"
    assert response["Error"]["Message"].startswith("line 1:1: mismatched input 'SELEC'.")
    assert response["Error"]["Code"] == "InvalidRequestException"
    assert response["ResponseMetadata"]["RequestId"]
    response = refusal(athena, "SELECT 1; SELECT 2")
    assert response["Error"]["Message"].startswith("Only one sql statement is allowed")


def test_a_token_stands_for_one_execution(athena):
    token = str(uuid.uuid4())
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    response = refusal(athena, "SELECT 2", ClientRequestToken=token)
    assert response["AthenaErrorCode"] == "IDEMPOTENT_PARAMETER_MISMATCH"
    # boto3 makes a token of its own for each call.
    assert athena.start("SELECT 1") != athena.start("SELECT 1")


def test_an_unknown_execution_has_its_error(athena):
    unknown = str(uuid.uuid4())
    for call in (
        athena.client.get_query_execution,
        athena.client.stop_query_execution,
        athena.client.get_query_results,
        athena.client.get_query_runtime_statistics,
    ):
        with pytest.raises(ClientError) as caught:
            call(QueryExecutionId=unknown)
        response = caught.value.response
        assert response["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"
        assert response["Error"]["Message"] == f"QueryExecution {unknown} was not found"


def test_many_executions_are_read_at_once(athena):
    unknown = str(uuid.uuid4())
    ids = [athena.run(f"SELECT {n}")["QueryExecutionId"] for n in range(3)]
    batch = athena.client.batch_get_query_execution(QueryExecutionIds=[*ids, unknown])
    assert [one["QueryExecutionId"] for one in batch["QueryExecutions"]] == ids
    assert [one["Query"] for one in batch["QueryExecutions"]] == [
        "SELECT 0",
        "SELECT 1",
        "SELECT 2",
    ]
    (unprocessed,) = batch["UnprocessedQueryExecutionIds"]
    assert unprocessed["QueryExecutionId"] == unknown


def test_executions_are_listed_newest_first(athena):
    ids = [athena.start("SELECT 1") for _ in range(12)]
    paginator = athena.client.get_paginator("list_query_executions")
    pages = paginator.paginate(PaginationConfig={"PageSize": 5, "MaxItems": 12})
    listed = [query_id for page in pages for query_id in page["QueryExecutionIds"]]
    assert listed == ids[::-1]


def test_runtime_statistics_count_rows_and_bytes(athena):
    sql = "SELECT carrier FROM flights.airlines ORDER BY 1"
    execution = athena.run(sql)
    query_id = execution["QueryExecutionId"]
    answer = athena.client.get_query_runtime_statistics(QueryExecutionId=query_id)
    statistics = answer["QueryRuntimeStatistics"]
    assert statistics["Rows"]["OutputRows"] == len(athena.rows(sql)) == 16
    assert statistics["Rows"]["OutputBytes"] > 0
    total = execution["Statistics"]["TotalExecutionTimeInMillis"]
    assert statistics["Timeline"]["TotalExecutionTimeInMillis"] == total


def test_a_reused_result_is_the_older_object(athena):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 10}}
    sql = "SELECT count(*) AS n FROM flights.planes"
    first = athena.run(sql, ResultReuseConfiguration=reuse)
    second = athena.run(sql, ResultReuseConfiguration=reuse)
    assert second["QueryExecutionId"] != first["QueryExecutionId"]
    reused = second["Statistics"]["ResultReuseInformation"]
    assert reused == {"ReusedPreviousResult": True}
    location = first["ResultConfiguration"]["OutputLocation"]
    assert second["ResultConfiguration"]["OutputLocation"] == location
    assert texts(athena.results(second["QueryExecutionId"])["ResultSet"]["Rows"])[1:] == [["3322"]]


def test_the_result_object_has_the_text_of_the_pages(athena, aws):
    execution = athena.run("SELECT 'x \"1\",\ny' AS a, NULL AS b, '' AS c")
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    text = aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert text == b'"a","b","c"\n"x ""1"",\ny",,""\n'
    metadata = aws.s3.get_object(Bucket=bucket, Key=f"{key}.metadata")["Body"].read()
    assert b"varchar" in metadata


def test_throttling_is_retried_by_the_client(athena, sandbox, monkeypatch):
    import boto3
    from botocore.config import Config

    config = Config(retries={"mode": "standard", "max_attempts": 3})
    patient = boto3.client("athena", config=config)
    # The waits are the client's own, and their length is not what is tested.
    monkeypatch.setattr(time, "sleep", lambda _: None)
    sandbox.fault("GetQueryExecution", "throttle", times=2)
    query_id = patient.start_query_execution(QueryString="SELECT 1")["QueryExecutionId"]
    answer = patient.get_query_execution(QueryExecutionId=query_id)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    sandbox.fault("StartQueryExecution", "too_many_requests", times=1)
    with pytest.raises(athena.client.exceptions.TooManyRequestsException):
        athena.start("SELECT 1")


def test_a_statement_is_prepared_executed_and_forgotten(athena):
    athena.run("PREPARE mine FROM SELECT ? AS a, ? AS b")
    prepared = athena.client.get_prepared_statement(StatementName="mine", WorkGroup="primary")
    assert prepared["PreparedStatement"]["QueryStatement"] == "SELECT ? AS a, ? AS b"
    assert athena.rows("EXECUTE mine USING 1, 'x'") == [["1", "x"]]
    assert athena.rows("EXECUTE mine", ExecutionParameters=["2", "'y'"]) == [["2", "y"]]
    athena.run("DEALLOCATE PREPARE mine")
    with pytest.raises(athena.client.exceptions.ResourceNotFoundException):
        athena.client.get_prepared_statement(StatementName="mine", WorkGroup="primary")
