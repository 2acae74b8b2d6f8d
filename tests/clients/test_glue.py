"""boto3: the data catalogue through Glue."""

import pytest

OPERATIONS = (
    "glue",
    {
        "GetDatabases",
        "GetDatabase",
        "CreateDatabase",
        "UpdateDatabase",
        "DeleteDatabase",
        "GetTables",
        "GetTable",
        "CreateTable",
        "UpdateTable",
        "DeleteTable",
        "BatchDeleteTable",
        "GetTableVersions",
        "GetTableVersion",
        "GetPartitions",
        "GetPartition",
        "BatchGetPartition",
        "CreatePartition",
        "BatchCreatePartition",
        "UpdatePartition",
        "DeletePartition",
        "BatchDeletePartition",
        "GetCatalogs",
        "GetCatalog",
    },
)

ACCOUNT = "123456789012"


@pytest.fixture
def database(aws, request):
    """An empty database, which goes with the test."""
    name = request.node.name
    aws.glue.create_database(DatabaseInput={"Name": name, "Parameters": {"made": "here"}})
    yield name
    aws.glue.delete_database(Name=name)


def table(name, *columns, keys=(), **members):
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": f"s3://data/{name}/",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
        **members,
    }


@pytest.fixture
def sales(aws, database):
    """A table of 20 partitions: ten years in two regions."""
    keys = [("year", "int"), ("region", "string")]
    made = table("sales", ("amount", "double"), keys=keys)
    aws.glue.create_table(DatabaseName=database, TableInput=made)
    inputs = [
        partition(year, region) for year in range(2015, 2025) for region in ("eu", "us")
    ]
    answer = aws.glue.batch_create_partition(
        DatabaseName=database, TableName="sales", PartitionInputList=inputs
    )
    assert not answer.get("Errors")
    return {"DatabaseName": database, "TableName": "sales"}


def partition(year, region):
    location = f"s3://data/sales/year={year}/region={region}/"
    return {
        "Values": [str(year), region],
        "StorageDescriptor": {
            "Columns": [{"Name": "amount", "Type": "double"}],
            "Location": location,
        },
    }


def names(pages, member):
    return [entry["Name"] for page in pages for entry in page[member]]


def test_databases_are_made_read_changed_listed_and_deleted(aws, database):
    read = aws.glue.get_database(Name=database.upper())["Database"]
    assert (read["Name"], read["CatalogId"]) == (database, ACCOUNT)
    assert read["Parameters"] == {"made": "here"}
    aws.glue.update_database(
        Name=database, DatabaseInput={"Name": database, "Description": "changed"}
    )
    assert aws.glue.get_database(Name=database)["Database"]["Description"] == "changed"
    pages = aws.glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1})
    assert {"default", "flights", database} <= set(names(pages, "DatabaseList"))
    with pytest.raises(aws.glue.exceptions.AlreadyExistsException):
        aws.glue.create_database(DatabaseInput={"Name": database})
    for call in (aws.glue.get_database, aws.glue.delete_database):
        with pytest.raises(aws.glue.exceptions.EntityNotFoundException):
            call(Name="nowhere")


def test_tables_are_made_read_changed_listed_and_deleted(aws, database):
    for name in ("first", "second", "third"):
        made = table(name, ("a", "int"), Description=f"the {name}")
        aws.glue.create_table(DatabaseName=database, TableInput=made)
    read = aws.glue.get_table(DatabaseName=database, Name="SECOND")["Table"]
    assert (read["Name"], read["DatabaseName"]) == ("second", database)
    assert read["Description"] == "the second"
    assert read["StorageDescriptor"]["Location"] == "s3://data/second/"
    assert read["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "int"}]
    assert read["CreateTime"].year >= 2024
    changed = table("second", ("a", "int"), ("b", "string"))
    aws.glue.update_table(DatabaseName=database, TableInput=changed)
    versions = aws.glue.get_table_versions(DatabaseName=database, TableName="second")
    widths = [
        len(version["Table"]["StorageDescriptor"]["Columns"])
        for version in versions["TableVersions"]
    ]
    assert widths == [2, 1]
    oldest = versions["TableVersions"][-1]["VersionId"]
    version = aws.glue.get_table_version(
        DatabaseName=database, TableName="second", VersionId=oldest
    )["TableVersion"]
    assert len(version["Table"]["StorageDescriptor"]["Columns"]) == 1
    pages = aws.glue.get_paginator("get_tables").paginate(
        DatabaseName=database, PaginationConfig={"PageSize": 2}
    )
    assert names(pages, "TableList") == ["first", "second", "third"]
    some = aws.glue.get_tables(DatabaseName=database, Expression="f.*|.*ird")
    assert names([some], "TableList") == ["first", "third"]
    aws.glue.delete_table(DatabaseName=database, Name="third")
    answer = aws.glue.batch_delete_table(
        DatabaseName=database, TablesToDelete=["first", "second", "third"]
    )
    (error,) = answer["Errors"]
    assert error["TableName"] == "third"
    assert error["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert aws.glue.get_tables(DatabaseName=database)["TableList"] == []
    with pytest.raises(aws.glue.exceptions.EntityNotFoundException, match="first"):
        aws.glue.get_table(DatabaseName=database, Name="first")
    with pytest.raises(aws.glue.exceptions.EntityNotFoundException):
        aws.glue.get_tables(DatabaseName="nowhere")


@pytest.mark.parametrize(
    "expression, count",
    [
        ("year = 2020", 2),
        ("year >= 2020 AND region = 'eu'", 5),
        ("year BETWEEN 2016 AND 2018 AND region <> 'us'", 3),
        ("region LIKE 'u%' OR year IN (2015, 2016)", 12),
        ("NOT (region = 'us')", 10),
        ("year < 900", 0),
    ],
)
def test_partitions_are_filtered(aws, sales, expression, count):
    assert len(partitions(aws, sales, Expression=expression)) == count


def partitions(aws, sales, page_size=None, **members):
    pagination = {} if page_size is None else {"PageSize": page_size}
    paginator = aws.glue.get_paginator("get_partitions")
    pages = paginator.paginate(**sales, **members, PaginationConfig=pagination)
    return [tuple(entry["Values"]) for page in pages for entry in page["Partitions"]]


def test_partitions_come_in_pages_and_segments(aws, sales):
    everything = partitions(aws, sales)
    assert len(everything) == 20
    assert partitions(aws, sales, page_size=7) == everything
    shares = [
        partitions(aws, sales, Segment={"SegmentNumber": number, "TotalSegments": 3})
        for number in range(3)
    ]
    assert sorted(sum(shares, [])) == sorted(everything)
    bare = aws.glue.get_partitions(**sales, ExcludeColumnSchema=True, MaxResults=1)
    (first,) = bare["Partitions"]
    assert "Columns" not in first["StorageDescriptor"]
    with pytest.raises(aws.glue.exceptions.InvalidInputException):
        aws.glue.get_partitions(**sales, Expression="amount > 1")


def test_partitions_are_made_read_changed_and_deleted(aws, sales):
    aws.glue.create_partition(**sales, PartitionInput=partition(2030, "eu"))
    with pytest.raises(aws.glue.exceptions.AlreadyExistsException):
        aws.glue.create_partition(**sales, PartitionInput=partition(2030, "eu"))
    aws.glue.update_partition(
        **sales, PartitionValueList=["2030", "eu"], PartitionInput=partition(2031, "eu")
    )
    read = aws.glue.get_partition(**sales, PartitionValues=["2031", "eu"])["Partition"]
    assert read["StorageDescriptor"]["Location"].endswith("year=2031/region=eu/")
    wanted = [{"Values": ["2031", "eu"]}, {"Values": ["2030", "eu"]}]
    batch = aws.glue.batch_get_partition(**sales, PartitionsToGet=wanted)
    assert [entry["Values"] for entry in batch["Partitions"]] == [["2031", "eu"]]
    aws.glue.delete_partition(**sales, PartitionValues=["2031", "eu"])
    answer = aws.glue.batch_delete_partition(
        **sales, PartitionsToDelete=[{"Values": ["2015", "eu"]}, {"Values": ["2031", "eu"]}]
    )
    (error,) = answer["Errors"]
    assert error["PartitionValues"] == ["2031", "eu"]
    assert len(partitions(aws, sales)) == 19
    with pytest.raises(aws.glue.exceptions.EntityNotFoundException):
        aws.glue.get_partition(**sales, PartitionValues=["2015", "eu"])


def test_catalogs_are_listed(aws):
    aws.glue.get_catalogs(Recursive=True)
    root = aws.glue.get_catalog(CatalogId=ACCOUNT)["Catalog"]
    assert root["CatalogId"] == ACCOUNT
    with pytest.raises(aws.glue.exceptions.EntityNotFoundException):
        aws.glue.get_catalog(CatalogId="s3tablescatalog/nowhere")


def test_an_s3_tables_bucket_is_a_nested_catalogue(aws):
    nested = {"CatalogId": f"{ACCOUNT}:s3tablescatalog/lake"}
    listed = aws.glue.get_catalogs(ParentCatalogId="s3tablescatalog")["CatalogList"]
    assert [entry["Name"] for entry in listed] == ["lake"]
    everything = aws.glue.get_catalogs(Recursive=True)["CatalogList"]
    assert nested["CatalogId"] in [entry["CatalogId"] for entry in everything]
    aws.glue.create_database(**nested, DatabaseInput={"Name": "only_there"})
    made = table("events", ("id", "bigint"))
    aws.glue.create_table(**nested, DatabaseName="only_there", TableInput=made)
    assert names([aws.glue.get_databases(**nested)], "DatabaseList") == ["only_there"]
    tables = aws.glue.get_tables(**nested, DatabaseName="only_there")
    assert names([tables], "TableList") == ["events"]
    assert "only_there" not in names([aws.glue.get_databases()], "DatabaseList")
    catalogs = aws.athena.list_data_catalogs()["DataCatalogsSummary"]
    assert [entry["CatalogName"] for entry in catalogs] == ["AwsDataCatalog"]


def test_the_tables_of_sql_are_listed_but_not_changed(aws):
    tables = aws.glue.get_tables(DatabaseName="flights")["TableList"]
    assert names([{"TableList": tables}], "TableList") == [
        "airlines",
        "airports",
        "flights",
        "planes",
        "weather",
    ]
    with pytest.raises(aws.glue.exceptions.ClientError):
        aws.glue.delete_table(DatabaseName="flights", Name="flights")
