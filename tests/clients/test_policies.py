"""boto3 and PyAthena against a sandbox with IAM policies, over TLS."""

import json

import boto3
import pyathena
import pytest
from botocore.exceptions import ClientError, SSLError
from pyathena.error import OperationalError

import program
from conftest import Athena

RESULTS = "arn:aws:s3:::results"


def allow(actions, resources="*"):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


QUERY = allow(["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"])
CATALOG = allow(["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"])
OUTPUT = allow(
    ["s3:GetBucketLocation", "s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    [RESULTS, f"{RESULTS}/*"],
)


@pytest.fixture
def guarded(tmp_path, request):
    """Starts sandboxes that allow what these statements say."""
    started = []

    def start(*statements):
        policy = tmp_path / f"policy{len(started)}.json"
        policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
        certificate = tmp_path / f"certificate{len(started)}.pem"
        arguments = ["--dataset", "flights", "--policy", str(policy), "--tls", str(certificate)]
        sandbox = program.Sandbox(*program.signing(arguments))
        sandbox.certificate = str(certificate)
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.stop()


def client(sandbox, service):
    return boto3.client(service, endpoint_url=sandbox.url, verify=sandbox.certificate)


def denied(caught, action):
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDeniedException", "AccessDenied")
    if action:
        assert action in error["Message"]


def test_a_certificate_that_is_not_trusted_is_refused(guarded):
    sandbox = guarded(QUERY)
    assert sandbox.url.startswith("https://")
    with pytest.raises(SSLError):
        boto3.client("athena", endpoint_url=sandbox.url).list_work_groups()


def test_what_is_allowed_is_enough(guarded):
    sandbox = guarded(QUERY, CATALOG, OUTPUT)
    athena = Athena(client(sandbox, "athena"))
    sql = "SELECT count(*) FROM flights.airlines"
    assert athena.rows(sql) == [["16"]]
    location = athena.run(sql)["ResultConfiguration"]["OutputLocation"]
    bucket, _, key = location[5:].partition("/")
    assert client(sandbox, "s3").get_object(Bucket=bucket, Key=key)["Body"].read() == (
        b'"_col0"\n"16"\n'
    )
    cursor = pyathena.connect(
        s3_staging_dir=program.RESULTS,
        poll_interval=0.005,
        endpoint_url=sandbox.url,
        verify=sandbox.certificate,
    ).cursor()
    assert cursor.execute(sql).fetchall() == [(16,)]


def test_what_is_not_allowed_is_refused(guarded):
    sandbox = guarded(QUERY)
    calls = {
        "athena:ListWorkGroups": lambda: client(sandbox, "athena").list_work_groups(),
        "glue:GetDatabases": lambda: client(sandbox, "glue").get_databases(),
        None: lambda: client(sandbox, "s3").list_buckets(),
    }
    for action, call in calls.items():
        with pytest.raises(ClientError) as caught:
            call()
        denied(caught, action)
    # Who one is may always be asked.
    assert client(sandbox, "sts").get_caller_identity()["Account"] == program.ACCOUNT


def test_a_denial_wins(guarded):
    sandbox = guarded(
        allow("*"),
        {"Effect": "Deny", "Action": "athena:StopQueryExecution", "Resource": "*"},
    )
    athena = Athena(client(sandbox, "athena"))
    query_id = athena.start("SELECT 1")
    with pytest.raises(ClientError) as caught:
        athena.client.stop_query_execution(QueryExecutionId=query_id)
    denied(caught, "athena:StopQueryExecution")


def test_a_statement_needs_the_rights_on_its_tables(guarded):
    sandbox = guarded(QUERY, OUTPUT, allow("glue:GetDatabase"))
    athena = Athena(client(sandbox, "athena"))
    assert athena.rows("SELECT 1") == [["1"]]
    athena.failure("SELECT * FROM flights.airlines")
    cursor = pyathena.connect(
        s3_staging_dir=program.RESULTS,
        poll_interval=0.005,
        endpoint_url=sandbox.url,
        verify=sandbox.certificate,
    ).cursor()
    with pytest.raises(OperationalError, match="[Ii]nsufficient permissions"):
        cursor.execute("SELECT * FROM flights.airlines")
