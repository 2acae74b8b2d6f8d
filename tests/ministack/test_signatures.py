"""The driver's requests, through the C API, judged by ministack: who is accepted, who refused.

ministack is no faithful Athena, so nothing is said of results beyond that there are some. In
particular it writes the result object to the key `<id>.csv/<id>.csv` and not as Athena does; where
the driver is to read an object, the test puts one in the right place.
"""

import itertools

import pytest
from athena_ctypes import Connection, Error

from conftest import ROOT

SQL = "SELECT 1 AS n, 'x' AS s"
OBJECT = b'"n","s"\n"1","x"\n'

ATHENA = ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"]
S3 = ["s3:GetObject"]

numbers = itertools.count()


def allow(*actions):
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


@pytest.fixture
def user(ministack):
    """Makes a user who may do these actions; its keys."""
    return lambda *actions: ministack.user(
        f"user{next(numbers)}", *([allow(*actions)] if actions else [])
    )


@pytest.fixture
def connect(ministack):
    opened = []

    def connect(keys, **options):
        options = {
            "AwsRegion": "us-east-1",
            "Endpoint": ministack.url,
            "User": keys[0],
            "Password": keys[1],
            "S3OutputLocation": "s3://results/",
            "MinQueryExecutionPollingIntervalMillis": "5",
            "NumRetries": "0",
            "ConnectionTest": "0",
            **options,
        }
        text = "".join(f"{name}={value};" for name, value in options.items())
        opened.append(Connection(text))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def pages(connection):
    """The rows of GetQueryResults."""
    with connection.statement(SQL) as statement, statement.execute() as result:
        return result.reader().read_all().to_pylist()


def object_of(ministack, connection):
    """The rows of the result object, in the place where Athena would have put it."""
    with connection.statement(SQL) as statement:
        query_id = statement.submit()
        s3 = ministack.client("s3")
        s3.put_object(Bucket="results", Key=f"{query_id}.csv", Body=OBJECT)
        with statement.wait() as result:
            return result.reader().read_all().to_pylist()


def refused(call, status, sqlstate, *parts):
    with pytest.raises(Error) as caught:
        call()
    error = caught.value
    assert (error.status, error.sqlstate) == (status, sqlstate), error
    assert not error.is_retryable
    for part in parts:
        assert part in str(error)
    return error


def test_ministack_verifies(ministack, user):
    """What the tests stand on: keys of users are verified. Those of root are not."""
    key, secret = user(*ATHENA, "athena:ListWorkGroups")
    ministack.client("athena", (key, secret)).list_work_groups()
    athena = ministack.client("athena", (key, "another"))
    with pytest.raises(athena.exceptions.ClientError, match="InvalidSignatureException"):
        athena.list_work_groups()


def test_the_connection_test_asks_for_the_work_group(connect, user):
    connect(user("athena:GetWorkGroup"), ConnectionTest="1")
    keys = user(*ATHENA)
    call = lambda: connect(keys, ConnectionTest="1")
    refused(call, "UNAUTHORIZED", "42501", "athena:GetWorkGroup")
    call = lambda: connect((keys[0], "another"), ConnectionTest="1")
    refused(call, "UNAUTHENTICATED", "28000", "signature")


def test_athena_accepts_the_drivers_signatures(connect, user):
    connection = connect(user(*ATHENA), ResultFetcher="GetQueryResults")
    assert pages(connection) == [{"n": 1, "s": "x"}]


def test_parameters_and_text_of_any_kind_are_signed_as_sent(connect, user):
    connection = connect(user(*ATHENA), ResultFetcher="GetQueryResults", WorkGroup="primary")
    with connection.statement("SELECT 'ü €😀\n\"&+%' AS s, ? AS p") as statement:
        statement.bind_text(0, "Zürich; \\ 'x'")
        with statement.execute() as result:
            assert result.query_execution_id


def test_s3_accepts_the_drivers_signatures(ministack, connect, user):
    connection = connect(user(*ATHENA, *S3), ResultFetcher="S3")
    assert object_of(ministack, connection) == [{"n": 1, "s": "x"}]


def test_keys_of_objects_are_signed_as_sent(ministack, connect, user):
    connection = connect(
        user(*ATHENA, *S3),
        ResultFetcher="S3",
        S3OutputLocation="s3://results/a b/ü+(1)~=,&$@!*'/%41/",
    )
    with connection.statement(SQL) as statement:
        query_id = statement.submit()
        s3 = ministack.client("s3")
        key = f"a b/ü+(1)~=,&$@!*'/%41/{query_id}.csv"
        s3.put_object(Bucket="results", Key=key, Body=OBJECT)
        with statement.wait() as result:
            assert result.reader().read_all().num_rows == 1


def test_the_keys_of_a_session_are_accepted_with_its_token_only(ministack, connect, user):
    role = ministack.role("session", allow(*ATHENA, *S3))
    sts = ministack.client("sts", user("sts:AssumeRole"))
    session = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    keys = session["AccessKeyId"], session["SecretAccessKey"]
    token = session["SessionToken"]
    connection = connect(keys, SessionToken=token, ResultFetcher="S3")
    assert object_of(ministack, connection) == [{"n": 1, "s": "x"}]
    for wrong in ({}, {"SessionToken": "another"}):
        connection = connect(keys, **wrong)
        refused(lambda: pages(connection), "UNAUTHENTICATED", "28000")


def test_sts_accepts_the_drivers_signatures(ministack, connect, user):
    """The user may do nothing but assume the role, so it is the role that queries."""
    role = ministack.role("analyst", allow(*ATHENA, *S3))
    keys = user("sts:AssumeRole")
    connection = connect(keys, RoleArn=role, RoleSessionName="driver", ResultFetcher="S3")
    assert object_of(ministack, connection) == [{"n": 1, "s": "x"}]
    refused(lambda: pages(connect(keys)), "UNAUTHORIZED", "42501", "athena:StartQueryExecution")


def test_a_wrong_secret_is_refused(ministack, connect, user):
    key, _ = user(*ATHENA)
    connection = connect((key, "another"))
    error = refused(lambda: pages(connection), "UNAUTHENTICATED", "28000", "signature")
    assert "another" not in str(error)
    role = ministack.role("unreachable", allow(*ATHENA))
    connection = connect((key, "another"), RoleArn=role)
    refused(lambda: pages(connection), "UNAUTHENTICATED", "28000", "signature")


def test_an_unknown_key_is_refused(ministack, connect):
    keys = ("AKIANOBODY0000000000", "secret")
    connection = connect(keys)
    refused(lambda: pages(connection), "UNAUTHENTICATED", "28000", "security token")
    connection = connect(keys, RoleArn="arn:aws:iam::000000000000:role/analyst")
    refused(lambda: pages(connection), "UNAUTHENTICATED", "28000", "security token")


@pytest.mark.parametrize("missing", ATHENA)
def test_each_permission_of_athena_is_necessary(connect, user, missing):
    granted = [action for action in ATHENA if action != missing]
    connection = connect(user(*granted), ResultFetcher="GetQueryResults")
    error = refused(lambda: pages(connection), "UNAUTHORIZED", "42501", missing)
    assert (error.query_execution_id is None) == (missing == ATHENA[0])


def test_a_denied_object_is_an_error_where_it_was_asked_for(ministack, connect, user):
    keys = user(*ATHENA)
    connection = connect(keys, ResultFetcher="S3")
    error = refused(lambda: object_of(ministack, connection), "UNAUTHORIZED", "42501")
    assert error.query_execution_id
    # And otherwise a reason to ask Athena for the rows, which some policies leave as the only way.
    connection = connect(keys, ResultFetcher="auto")
    assert object_of(ministack, connection) == [{"n": 1, "s": "x"}]


def test_a_role_that_may_not_be_assumed_is_refused(ministack, connect, user):
    role = ministack.role("forbidden", allow(*ATHENA))
    connection = connect(user(*ATHENA), RoleArn=role)
    refused(lambda: pages(connection), "UNAUTHORIZED", "42501", "sts:AssumeRole")


def test_an_explicit_deny_wins(ministack, connect):
    deny = {"Effect": "Deny", "Action": "athena:StartQueryExecution", "Resource": "*"}
    keys = ministack.user("denied", allow("athena:*", "s3:*"), deny)
    refused(lambda: pages(connect(keys)), "UNAUTHORIZED", "42501", "athena:StartQueryExecution")
