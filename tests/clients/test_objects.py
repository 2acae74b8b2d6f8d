"""boto3: buckets and objects of S3."""

import base64
import hashlib
import io
import re
import urllib.request

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

OPERATIONS = (
    "s3",
    {
        "ListBuckets",
        "CreateBucket",
        "HeadBucket",
        "GetBucketLocation",
        "DeleteBucket",
        "PutObject",
        "GetObject",
        "HeadObject",
        "DeleteObject",
        "DeleteObjects",
        "ListObjects",
        "ListObjectsV2",
        "CopyObject",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPartCopy",
        "ListParts",
        "ListMultipartUploads",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
    },
)

MIB = 1024 * 1024

NAMES = ["a/1", "a/2", "a/b/3", "c", "ü €+%/ä&='\".txt"]


def error(caught):
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.fixture
def bucket(aws, request):
    """An empty bucket, which goes with the test."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:50].strip("-")
    aws.s3.create_bucket(Bucket=name)
    yield name
    listed = aws.s3.list_objects_v2(Bucket=name).get("Contents", [])
    for entry in listed:
        aws.s3.delete_object(Bucket=name, Key=entry["Key"])
    aws.s3.delete_bucket(Bucket=name)


def fill(aws, bucket):
    for name in NAMES:
        aws.s3.put_object(Bucket=bucket, Key=name, Body=name.encode())


def test_buckets_come_and_go(aws, bucket):
    assert bucket in [one["Name"] for one in aws.s3.list_buckets()["Buckets"]]
    aws.s3.head_bucket(Bucket=bucket)
    # None is how us-east-1 is told.
    assert aws.s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"")
    with pytest.raises(ClientError) as caught:
        aws.s3.delete_bucket(Bucket=bucket)
    assert error(caught) == (409, "BucketNotEmpty")
    for call in (
        lambda: aws.s3.get_bucket_location(Bucket="nobodys-bucket"),
        lambda: aws.s3.list_objects_v2(Bucket="nobodys-bucket"),
        lambda: aws.s3.put_object(Bucket="nobodys-bucket", Key="k", Body=b""),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert error(caught) == (404, "NoSuchBucket")
    with pytest.raises(ClientError) as caught:
        aws.s3.head_bucket(Bucket="nobodys-bucket")
    assert error(caught) == (404, "404")


def test_an_object_comes_back_as_it_was_put(aws, bucket):
    body = bytes(range(256)) * 1000
    put = aws.s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = aws.s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert got["ETag"] == put["ETag"]
    head = aws.s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["ETag"]) == (len(body), put["ETag"])
    assert head["AcceptRanges"] == "bytes"
    assert head["LastModified"].year >= 2024
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"other")
    assert aws.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"other"


def test_names_of_any_kind_are_kept(aws, bucket):
    fill(aws, bucket)
    for name in NAMES:
        assert aws.s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
    listed = aws.s3.list_objects_v2(Bucket=bucket)
    assert [entry["Key"] for entry in listed["Contents"]] == NAMES
    assert [entry["Size"] for entry in listed["Contents"]] == [len(n.encode()) for n in NAMES]


def test_listings_have_prefixes_folders_and_pages(aws, bucket):
    fill(aws, bucket)
    for call in (aws.s3.list_objects_v2, aws.s3.list_objects):
        listed = call(Bucket=bucket, Prefix="a/")
        assert [entry["Key"] for entry in listed["Contents"]] == NAMES[:3]
        listed = call(Bucket=bucket, Delimiter="/")
        assert [entry["Key"] for entry in listed["Contents"]] == ["c"]
        folders = [entry["Prefix"] for entry in listed["CommonPrefixes"]]
        assert folders == ["a/", "ü €+%/"]
        assert "Contents" not in call(Bucket=bucket, Prefix="nothing")
    paginator = aws.s3.get_paginator("list_objects_v2")
    pages = list(paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    assert [len(page["Contents"]) for page in pages] == [2, 2, 1]
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == NAMES
    after = aws.s3.list_objects_v2(Bucket=bucket, StartAfter="a/2")
    assert [entry["Key"] for entry in after["Contents"]] == NAMES[2:]


def test_ranges_are_read(aws, bucket):
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for text, body, place in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ):
        got = aws.s3.get_object(Bucket=bucket, Key="k", Range=text)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (got["Body"].read(), got["ContentRange"]) == (body, place)
    with pytest.raises(ClientError) as caught:
        aws.s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert error(caught) == (416, "InvalidRange")


def test_conditions_hold_or_refuse(aws, bucket):
    etag = aws.s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    aws.s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)
    aws.s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"other"')
    with pytest.raises(ClientError) as caught:
        aws.s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    assert error(caught) == (412, "PreconditionFailed")
    with pytest.raises(ClientError) as caught:
        aws.s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    assert error(caught) == (304, "304")


def test_what_is_not_there_has_its_error(aws, bucket):
    with pytest.raises(aws.s3.exceptions.NoSuchKey):
        aws.s3.get_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as caught:
        aws.s3.head_object(Bucket=bucket, Key="k")
    assert error(caught) == (404, "404")
    with pytest.raises(ClientError) as caught:
        aws.s3.get_object(Bucket=bucket, Key="k", ExpectedBucketOwner="999999999999")
    assert error(caught) == (403, "AccessDenied")


def test_objects_are_deleted_alone_and_together(aws, bucket):
    fill(aws, bucket)
    aws.s3.delete_object(Bucket=bucket, Key="c")
    aws.s3.delete_object(Bucket=bucket, Key="never was")
    names = [NAMES[0], NAMES[4], "never was"]
    answer = aws.s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names]}
    )
    assert sorted(one["Key"] for one in answer["Deleted"]) == sorted(names)
    assert "Errors" not in answer
    left = aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in left] == NAMES[1:3]


def test_a_path_never_leaves_its_bucket(aws, bucket):
    for name in ("../escaped", "a/../../escaped", "/etc/passwd", "a//b", "."):
        try:
            aws.s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
        except ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            continue
        assert aws.s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
        assert name in [
            entry["Key"] for entry in aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
        ]


def test_a_large_object_is_uploaded_in_parts_and_downloaded_in_ranges(aws, bucket):
    body = bytes(range(251)) * (12 * MIB // 251)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    aws.s3.upload_fileobj(io.BytesIO(body), bucket, "large", Config=config)
    head = aws.s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == len(body)
    assert re.fullmatch('"[0-9a-f]{32}-[0-9]+"', head["ETag"])
    found = io.BytesIO()
    aws.s3.download_fileobj(bucket, "large", found, Config=config)
    assert hashlib.sha256(found.getvalue()).digest() == hashlib.sha256(body).digest()
    aws.s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=config)
    assert aws.s3.get_object(Bucket=bucket, Key="copied")["Body"].read() == body


def test_parts_are_listed_completed_and_given_up(aws, bucket):
    upload = aws.s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    place = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    aws.s3.put_object(Bucket=bucket, Key="source", Body=b"-" + b"a" * 5 * MIB)
    first = aws.s3.upload_part_copy(
        **place,
        PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange=f"bytes=1-{5 * MIB}",
    )["CopyPartResult"]["ETag"]
    second = aws.s3.upload_part(**place, PartNumber=2, Body=b"b")["ETag"]
    parts = aws.s3.list_parts(**place)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, 5 * MIB), (2, 1)]
    (listed,) = aws.s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert listed["UploadId"] == upload
    with pytest.raises(ClientError) as caught:
        wrong = [{"PartNumber": 1, "ETag": '"nothing"'}]
        aws.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": wrong})
    assert error(caught) == (400, "InvalidPart")
    whole = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    aws.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": whole})
    assert aws.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"a" * 5 * MIB + b"b"
    given_up = aws.s3.create_multipart_upload(Bucket=bucket, Key="other")["UploadId"]
    aws.s3.abort_multipart_upload(Bucket=bucket, Key="other", UploadId=given_up)
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=bucket)
    with pytest.raises(aws.s3.exceptions.NoSuchUpload):
        aws.s3.list_parts(Bucket=bucket, Key="other", UploadId=given_up)


def test_copies_keep_or_replace_metadata(aws, bucket):
    aws.s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", Metadata={"made": "here"}, ContentType="text/plain"
    )
    source = {"Bucket": bucket, "Key": "k"}
    aws.s3.copy_object(Bucket=bucket, Key="kept", CopySource=source)
    kept = aws.s3.get_object(Bucket=bucket, Key="kept")
    assert (kept["Body"].read(), kept["Metadata"]) == (b"x", {"made": "here"})
    assert kept["ContentType"] == "text/plain"
    aws.s3.copy_object(
        Bucket=bucket,
        Key="replaced",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"made": "there"},
    )
    assert aws.s3.head_object(Bucket=bucket, Key="replaced")["Metadata"] == {"made": "there"}


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_kept_and_verified(aws, bucket, algorithm):
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"body", ChecksumAlgorithm=algorithm)
    got = aws.s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    # The client compares what it reads.
    assert got["Body"].read() == b"body"
    if algorithm == "SHA256":
        digest = base64.b64encode(hashlib.sha256(b"body").digest()).decode()
        assert got["ChecksumSHA256"] == digest
        with pytest.raises(ClientError) as caught:
            aws.s3.put_object(Bucket=bucket, Key="k", Body=b"other", ChecksumSHA256=digest)
        assert error(caught) == (400, "BadDigest")


def test_presigned_urls_need_no_other_credentials(aws, bucket):
    # Without being told, the client still presigns as it did before signature version 4.
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    url = client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k ü"})
    request = urllib.request.Request(url, data=b"by url", method="PUT")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k ü"}, 60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by url"


def test_buckets_are_found_in_hosts(bucket, sandbox):
    """Names of hosts lead nowhere here, so the client takes the sandbox for its proxy."""
    config = Config(s3={"addressing_style": "virtual"}, proxies={"http": sandbox.url})
    endpoint = "http://s3.us-east-1.amazonaws.com"
    client = boto3.client("s3", endpoint_url=endpoint, config=config)
    client.put_object(Bucket=bucket, Key="a/ü", Body=b"by host")
    assert client.get_object(Bucket=bucket, Key="a/ü")["Body"].read() == b"by host"
    assert [one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/ü"]
    target = sandbox.requests()[-1]
    hosts = [value for name, value in target["headers"] if name == "host"]
    assert hosts == [f"{bucket}.s3.us-east-1.amazonaws.com"]
