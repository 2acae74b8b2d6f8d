"""boto3: buckets and objects of S3."""

import pytest
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
    },
)

NAMES = ["a/1", "a/2", "a/b/3", "c", "ü €+%/ä&='\".txt"]


def error(caught):
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.fixture
def bucket(aws, request):
    """An empty bucket, which goes with the test."""
    name = request.node.name.replace("_", "-").lower()[:50].strip("-")
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
