"""boto3 and PyAthena against a sandbox that verifies signatures: who is refused, and how."""

import datetime
import urllib.error
import urllib.request

import boto3
import botocore
import pyathena
import pytest
from botocore.exceptions import ClientError
from pyathena.error import DatabaseError, OperationalError

import program

WRONG = "another-secret"
UNKNOWN = "AKIANOBODY0000000000"

# The error codes of a JSON service, of S3 and of STS.
WRONG_SECRET = {
    "athena": "InvalidSignatureException",
    "glue": "InvalidSignatureException",
    "s3": "SignatureDoesNotMatch",
    "sts": "SignatureDoesNotMatch",
}
UNKNOWN_KEY = {
    "athena": "UnrecognizedClientException",
    "glue": "UnrecognizedClientException",
    "s3": "InvalidAccessKeyId",
    "sts": "InvalidClientTokenId",
}

HARMLESS = {
    "athena": lambda client: client.list_work_groups(),
    "glue": lambda client: client.get_databases(),
    "s3": lambda client: client.list_buckets(),
    "sts": lambda client: client.get_caller_identity(),
}


@pytest.fixture(scope="module")
def guarded():
    """A sandbox of its own, since the one of the other files may accept any key."""
    sandbox = program.Sandbox(*program.signing())
    yield sandbox
    sandbox.stop()


def call(guarded, service, key=program.ACCESS_KEY, secret=program.SECRET_KEY, token=None):
    """The harmless operation of a service."""
    client = boto3.client(
        service,
        endpoint_url=guarded.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
    return HARMLESS[service](client)


def refused(caught):
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.mark.parametrize("service", WRONG_SECRET)
def test_the_right_key_is_accepted(guarded, service):
    call(guarded, service)


@pytest.mark.parametrize("service", WRONG_SECRET)
def test_a_wrong_secret_is_refused(guarded, service):
    with pytest.raises(ClientError) as caught:
        call(guarded, service, secret=WRONG)
    assert refused(caught) == (403, WRONG_SECRET[service])


@pytest.mark.parametrize("service", UNKNOWN_KEY)
def test_an_unknown_key_is_refused(guarded, service):
    with pytest.raises(ClientError) as caught:
        call(guarded, service, key=UNKNOWN)
    assert refused(caught) == (403, UNKNOWN_KEY[service])


@pytest.mark.parametrize(
    "service, code",
    [
        ("athena", "MissingAuthenticationTokenException"),
        ("glue", "MissingAuthenticationTokenException"),
        ("s3", "AccessDenied"),
        ("sts", "MissingAuthenticationToken"),
    ],
)
def test_an_unsigned_request_is_refused(guarded, service, code):
    config = botocore.config.Config(signature_version=botocore.UNSIGNED)
    client = boto3.client(service, endpoint_url=guarded.url, config=config)
    with pytest.raises(ClientError) as caught:
        HARMLESS[service](client)
    assert refused(caught) == (403, code)


@pytest.mark.parametrize("service", WRONG_SECRET)
def test_an_old_signature_is_refused(guarded, service, monkeypatch):
    import botocore.auth

    def an_hour_late(remove_tzinfo=True):
        now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        return now.replace(tzinfo=None) if remove_tzinfo else now

    monkeypatch.setattr(botocore.auth, "get_current_datetime", an_hour_late)
    with pytest.raises(ClientError) as caught:
        call(guarded, service)
    code = "RequestTimeTooSkewed" if service == "s3" else WRONG_SECRET[service]
    assert refused(caught) == (403, code)


def test_a_changed_request_is_refused(guarded):
    """The signature is over what was sent: a proxy that changes it breaks it."""
    client = boto3.client("athena", endpoint_url=guarded.url)

    def change(request, **_):
        request.body = request.body.replace(b"SELECT 1", b"SELECT 2")

    client.meta.events.register("before-send.athena.StartQueryExecution", change)
    with pytest.raises(ClientError) as caught:
        client.start_query_execution(QueryString="SELECT 1")
    assert refused(caught) == (403, "InvalidSignatureException")


def connect(guarded, **members):
    return pyathena.connect(
        s3_staging_dir=program.RESULTS,
        poll_interval=0.005,
        retry_config=pyathena.util.RetryConfig(attempt=1),
        endpoint_url=guarded.url,
        **members,
    )


def test_pyathena_is_accepted_and_refused(guarded):
    cursor = connect(guarded).cursor()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    cursor = connect(guarded, aws_secret_access_key=WRONG, aws_access_key_id=UNKNOWN).cursor()
    with pytest.raises((OperationalError, DatabaseError), match="security token"):
        cursor.execute("SELECT 1")


def test_pyathena_assumes_a_role(guarded, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", guarded.url)
    role = f"arn:aws:iam::{program.ACCOUNT}:role/analyst"
    cursor = connect(guarded, role_arn=role).cursor()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    identity = boto3.client("sts").get_caller_identity()
    assert ":user/" in identity["Arn"]


def test_a_session_ends(guarded, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", guarded.url)
    role = f"arn:aws:iam::{program.ACCOUNT}:role/analyst"
    answer = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="me")
    credentials = answer["Credentials"]
    session = [credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    for service in HARMLESS:
        call(guarded, service, *session)
    guarded.end_sessions()
    for service, status, code in (
        ("athena", 403, "ExpiredTokenException"),
        ("glue", 403, "ExpiredTokenException"),
        ("s3", 400, "ExpiredToken"),
        ("sts", 403, "ExpiredToken"),
    ):
        with pytest.raises(ClientError) as caught:
            call(guarded, service, *session)
        assert refused(caught) == (status, code)
    call(guarded, "athena")


def test_presigned_urls_are_verified_and_lapse(guarded):
    config = botocore.config.Config(signature_version="s3v4")
    client = boto3.client("s3", endpoint_url=guarded.url, config=config)
    client.create_bucket(Bucket="presigned")
    client.put_object(Bucket="presigned", Key="k", Body=b"x")
    url = client.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "k"}, 60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"x"
    for changed in (url.replace("/k?", "/other?"), url.replace("Expires=60", "Expires=6000")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(changed)
        assert caught.value.code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in caught.value.read()
