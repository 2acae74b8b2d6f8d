"""boto3: data catalogs, databases and tables as Athena lists them."""

import pytest

OPERATIONS = (
    "athena",
    {
        "ListDataCatalogs",
        "GetDataCatalog",
        "CreateDataCatalog",
        "UpdateDataCatalog",
        "DeleteDataCatalog",
        "ListDatabases",
        "GetDatabase",
        "ListTableMetadata",
        "GetTableMetadata",
    },
)

OWN = "AwsDataCatalog"


@pytest.fixture(scope="module")
def wide(aws):
    """A database of 120 tables, made through Glue."""
    aws.glue.create_database(DatabaseInput={"Name": "wide", "Description": "many tables"})
    for number in range(120):
        table = {
            "Name": f"t{number:03}",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "PartitionKeys": [{"Name": "day", "Type": "date", "Comment": "of the sale"}],
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "id", "Type": "bigint"},
                    {"Name": "tags", "Type": "array<struct<k:string,v:decimal(10,2)>>"},
                ],
                "Location": f"s3://data/t{number:03}/",
            },
        }
        aws.glue.create_table(DatabaseName="wide", TableInput=table)
    yield "wide"
    aws.glue.delete_database(Name="wide")


def listed(pages, member, name="Name"):
    return [entry[name] for page in pages for entry in page[member]]


def test_data_catalogs_are_made_read_changed_listed_and_deleted(aws):
    client = aws.athena
    own = client.get_data_catalog(Name=OWN)["DataCatalog"]
    assert (own["Name"], own["Type"]) == (OWN, "GLUE")
    client.create_data_catalog(
        Name="other-account",
        Type="GLUE",
        Description="of the neighbours",
        Parameters={"catalog-id": "999999999999"},
        Tags=[{"Key": "owner", "Value": "them"}],
    )
    client.create_data_catalog(
        Name="connector", Type="LAMBDA", Parameters={"function": "arn:aws:lambda:x:1:function:f"}
    )
    read = client.get_data_catalog(Name="other-account")["DataCatalog"]
    assert read["Parameters"] == {"catalog-id": "999999999999"}
    assert read["Description"] == "of the neighbours"
    arn = "arn:aws:athena:us-east-1:123456789012:datacatalog/other-account"
    tags = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "owner", "Value": "them"}]
    client.update_data_catalog(
        Name="other-account", Type="GLUE", Parameters={"catalog-id": "888888888888"}
    )
    read = client.get_data_catalog(Name="other-account")["DataCatalog"]
    assert read["Parameters"] == {"catalog-id": "888888888888"}
    paginator = client.get_paginator("list_data_catalogs")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    names = listed(pages, "DataCatalogsSummary", "CatalogName")
    assert sorted(names) == [OWN, "connector", "other-account"]
    assert len(pages[0]["DataCatalogsSummary"]) == 2
    for name in ("other-account", "connector"):
        client.delete_data_catalog(Name=name)
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.get_data_catalog(Name="other-account")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_tags_for_resource(ResourceARN=arn)


def test_databases_are_listed_and_read(aws, wide):
    paginator = aws.athena.get_paginator("list_databases")
    names = listed(paginator.paginate(CatalogName=OWN), "DatabaseList")
    assert {"default", "flights", "wide"} <= set(names)
    pages = list(paginator.paginate(CatalogName=OWN, PaginationConfig={"PageSize": 1}))
    assert listed(pages, "DatabaseList") == names
    read = aws.athena.get_database(CatalogName=OWN, DatabaseName="WIDE")["Database"]
    assert (read["Name"], read["Description"]) == ("wide", "many tables")
    with pytest.raises(aws.athena.exceptions.MetadataException):
        aws.athena.get_database(CatalogName=OWN, DatabaseName="nowhere")


def test_tables_come_in_pages_of_fifty(aws, wide):
    paginator = aws.athena.get_paginator("list_table_metadata")
    pages = list(paginator.paginate(CatalogName=OWN, DatabaseName=wide))
    assert [len(page["TableMetadataList"]) for page in pages] == [50, 50, 20]
    assert listed(pages, "TableMetadataList") == [f"t{number:03}" for number in range(120)]


@pytest.mark.parametrize(
    "expression, count",
    [("*", 120), (".*", 120), ("t00.", 10), ("T00[1-3]|t11.*", 13), ("t0", 0), ("t(00|11)5", 2)],
)
def test_an_expression_matches_whole_names(aws, wide, expression, count):
    paginator = aws.athena.get_paginator("list_table_metadata")
    pages = paginator.paginate(CatalogName=OWN, DatabaseName=wide, Expression=expression)
    assert len(listed(pages, "TableMetadataList")) == count


def test_a_table_has_its_columns_and_keys(aws, wide):
    client = aws.athena
    read = client.get_table_metadata(CatalogName=OWN, DatabaseName=wide, TableName="T007")
    table = read["TableMetadata"]
    assert (table["Name"], table["TableType"]) == ("t007", "EXTERNAL_TABLE")
    assert table["Columns"] == [
        {"Name": "id", "Type": "bigint"},
        {"Name": "tags", "Type": "array<struct<k:string,v:decimal(10,2)>>"},
    ]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date", "Comment": "of the sale"}]
    assert table["Parameters"]["classification"] == "parquet"
    assert table["CreateTime"].year >= 2024
    with pytest.raises(client.exceptions.MetadataException):
        client.get_table_metadata(CatalogName=OWN, DatabaseName=wide, TableName="nope")


def test_the_tables_of_sql_are_listed(aws):
    pages = aws.athena.list_table_metadata(CatalogName=OWN, DatabaseName="flights")
    names = listed([pages], "TableMetadataList")
    assert names == ["airlines", "airports", "flights", "planes", "weather"]
    table = aws.athena.get_table_metadata(
        CatalogName=OWN, DatabaseName="flights", TableName="airlines"
    )["TableMetadata"]
    columns = [(column["Name"], column["Type"]) for column in table["Columns"]]
    assert columns == [("carrier", "string"), ("name", "string")]
