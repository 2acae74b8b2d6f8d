"""boto3: who calls, and sessions of roles."""

import datetime

import boto3
import botocore
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from program import ACCESS_KEY, ACCOUNT

OPERATIONS = (
    "sts",
    {"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/analyst"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"


def client(service, credentials):
    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def unsigned():
    config = botocore.config.Config(signature_version=botocore.UNSIGNED)
    return boto3.client("sts", config=config)


def test_the_caller_is_told(aws):
    identity = aws.sts.get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:user/")
    assert identity["UserId"]


def assert_session(answer, name, lasts):
    """The answer's session works, with its token only."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/analyst/{name}"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert credentials["AccessKeyId"] != ACCESS_KEY
    left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert abs(left.total_seconds() - lasts) < 30
    assert client("sts", credentials).get_caller_identity()["Arn"] == arn
    assert client("athena", credentials).list_work_groups()["WorkGroups"]
    client("s3", credentials).list_buckets()
    client("glue", credentials).get_databases()
    with pytest.raises(ClientError) as caught:
        client("athena", {**credentials, "SessionToken": "other"}).list_work_groups()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_a_role_is_assumed(aws):
    answer = aws.sts.assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="from-outside")
    assert_session(answer, "me", 3600)
    answer = aws.sts.assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
    assert_session(answer, "me", 900)


def test_a_role_is_assumed_with_a_web_identity():
    answer = unsigned().assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="web", WebIdentityToken="a.b.c"
    )
    assert_session(answer, "web", 3600)


def test_a_role_is_assumed_with_saml():
    answer = unsigned().assume_role_with_saml(
        RoleArn=ROLE, PrincipalArn=SAML_PROVIDER, SAMLAssertion="PHNhbWwvPg=="
    )
    name = answer["AssumedRoleUser"]["Arn"].rpartition("/")[2]
    assert_session(answer, name, 3600)


def test_bad_requests_are_refused(aws):
    with pytest.raises(ParamValidationError):
        aws.sts.assume_role(RoleArn=ROLE)
    for members in ({"DurationSeconds": 43201}, {"RoleArn": "x" * 20}):
        with pytest.raises(ClientError) as caught:
            aws.sts.assume_role(**{"RoleArn": ROLE, "RoleSessionName": "me", **members})
        assert caught.value.response["Error"]["Code"] == "ValidationError"
