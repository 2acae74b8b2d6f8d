//! The data catalogue, through Athena and through Glue.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::sync::Arc;

use athena_sandbox::Sandbox;
use athena_sandbox::engine::BoxFuture;
use athena_sandbox::metastore::{Database, Partition, ReadOnlyTables, Table};
use serde_json::{Value, json};
use support::*;

/// A sandbox with the table `db.sales`, partitioned by year and region.
fn with_sales() -> Sandbox {
    let sandbox = sandbox();
    let catalog = sandbox.metastore().own();
    catalog.create_database(Database::new("db")).unwrap();
    let table = Table::external("sales", [("amount", "double")], Some("s3://data/sales/"))
        .partitioned_by([("year", "int"), ("region", "string")]);
    catalog.create_table("db", table.clone()).unwrap();
    for year in 2015..2025 {
        for region in ["eu", "us"] {
            let values = vec![year.to_string(), region.to_owned()];
            let place = format!("s3://data/sales/year={year}/region={region}/");
            catalog
                .add_partition("db", "sales", Partition::of(&table, values, &place))
                .unwrap();
        }
    }
    sandbox
}

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["Name"].as_str().unwrap()).collect()
}

#[test]
fn the_catalog_is_read_through_athena_and_glue() {
    let sandbox = sandbox();
    let catalog = sandbox.metastore().own();
    catalog.create_database(Database::new("DB")).unwrap();
    for index in 0..60 {
        let table = Table::external(&format!("T{index:02}"), [("a", "array<int>")], None);
        catalog.create_table("Db", table).unwrap();
    }
    let input = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "DB"});
    let first = ok(&sandbox, "ListTableMetadata", input.clone());
    assert_eq!(first["TableMetadataList"].as_array().unwrap().len(), 50);
    assert_eq!(
        first["TableMetadataList"][0]["Columns"],
        json!([{"Name": "a", "Type": "array<int>"}])
    );
    let mut rest = input.clone();
    rest["NextToken"] = first["NextToken"].clone();
    let rest = ok(&sandbox, "ListTableMetadata", rest);
    assert_eq!(rest["TableMetadataList"].as_array().unwrap().len(), 10);
    assert_eq!(rest.get("NextToken"), None);
    let mut some = input.clone();
    some["Expression"] = "t0[1-3]|t5.".into();
    let some = ok(&sandbox, "ListTableMetadata", some);
    assert_eq!(some["TableMetadataList"].as_array().unwrap().len(), 13);
    let mut bad = input;
    bad["Expression"] = "(".into();
    refused(&sandbox, "ListTableMetadata", bad);
    let lost = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "db", "TableName": "nope"});
    assert_eq!(
        athena(&sandbox, "GetTableMetadata", lost).json()["__type"],
        "MetadataException"
    );
    let table = glue_ok(
        &sandbox,
        "GetTable",
        json!({"DatabaseName": "db", "Name": "t07"}),
    );
    assert_eq!(
        table["Table"]["StorageDescriptor"]["Columns"][0]["Type"],
        "array<int>"
    );
}

#[test]
fn what_is_made_through_glue_is_seen_through_athena() {
    let sandbox = sandbox();
    let database = json!({"Name": "Made", "Description": "by hand", "LocationUri": "s3://b/made/",
                          "Parameters": {"k": "v"}});
    glue_ok(
        &sandbox,
        "CreateDatabase",
        json!({"DatabaseInput": database}),
    );
    assert_eq!(
        glue_refused(
            &sandbox,
            "CreateDatabase",
            json!({"DatabaseInput": {"Name": "made"}})
        ),
        (
            "AlreadyExistsException".to_owned(),
            "Database already exists.".to_owned()
        )
    );
    let seen = ok(
        &sandbox,
        "GetDatabase",
        json!({"CatalogName": "awsdatacatalog", "DatabaseName": "MADE"}),
    );
    assert_eq!(
        seen["Database"],
        json!({"Name": "made", "Description": "by hand", "Parameters": {"k": "v"}})
    );
    let listed = ok(
        &sandbox,
        "ListDatabases",
        json!({"CatalogName": "AwsDataCatalog"}),
    );
    assert_eq!(names(&listed["DatabaseList"]), ["default", "made"]);

    let storage = json!({
        "Columns": [{"Name": "a", "Type": "int", "Comment": "first"}, {"Name": "B", "Type": "string"}],
        "Location": "s3://b/made/t/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                      "Parameters": {"field.delim": ","}},
        "NumberOfBuckets": -1,
    });
    let table = json!({"Name": "T", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage,
                       "PartitionKeys": [{"Name": "p", "Type": "date"}],
                       "Parameters": {"classification": "csv"}, "Retention": 0});
    glue_ok(
        &sandbox,
        "CreateTable",
        json!({"DatabaseName": "made", "TableInput": table}),
    );
    let kept = glue_ok(
        &sandbox,
        "GetTable",
        json!({"DatabaseName": "made", "Name": "t"}),
    )["Table"]
        .clone();
    assert_eq!(kept["StorageDescriptor"], storage);
    assert_eq!(kept["DatabaseName"], "made");
    assert_eq!(kept["Retention"], 0);
    assert!(kept["CreateTime"].is_number());
    let seen = ok(
        &sandbox,
        "GetTableMetadata",
        json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "made", "TableName": "T"}),
    )["TableMetadata"]
        .clone();
    assert_eq!(seen["Columns"], storage["Columns"]);
    assert_eq!(
        seen["PartitionKeys"],
        json!([{"Name": "p", "Type": "date"}])
    );
    assert_eq!(seen["TableType"], "EXTERNAL_TABLE");
    assert_eq!(seen["Parameters"]["classification"], "csv");
    assert_eq!(seen["Parameters"]["serde.param.field.delim"], ",");

    glue_ok(&sandbox, "DeleteDatabase", json!({"Name": "made"}));
    assert_eq!(
        glue_refused(&sandbox, "GetTables", json!({"DatabaseName": "made"})),
        (
            "EntityNotFoundException".to_owned(),
            "Database made not found.".to_owned()
        )
    );
}

#[test]
fn glue_refuses_bad_input_in_its_own_words() {
    let sandbox = with_sales();
    let invalid = |operation: &str, input: Value, part: &str| {
        let (error, message) = glue_refused(&sandbox, operation, input);
        assert_eq!(error, "InvalidInputException", "{message}");
        assert!(message.contains(part), "{message}");
    };
    invalid("GetDatabase", json!({}), "Value null at 'name'");
    invalid(
        "GetTable",
        json!({"DatabaseName": "db"}),
        "Value null at 'name'",
    );
    invalid(
        "GetTables",
        json!({"DatabaseName": "db", "Expression": "x".repeat(2049)}),
        "2048",
    );
    invalid(
        "GetTables",
        json!({"DatabaseName": "db", "MaxResults": 101}),
        "100",
    );
    invalid(
        "GetDatabases",
        json!({"NextToken": "nonsense"}),
        "malformed",
    );
    invalid(
        "GetPartitions",
        json!({"DatabaseName": "db", "TableName": "sales", "Expression": "amount > 1"}),
        "not a partition key",
    );
    let segment = json!({"SegmentNumber": 2, "TotalSegments": 2});
    invalid(
        "GetPartitions",
        json!({"DatabaseName": "db", "TableName": "sales", "Segment": segment}),
        "egment number",
    );
    let long = json!({"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "x".repeat(131_073)}]}});
    invalid(
        "CreateTable",
        json!({"DatabaseName": "db", "TableInput": long}),
        "'table.storageDescriptor.columns.1.member.type'",
    );
    let short = json!({"Values": ["2020"]});
    invalid(
        "CreatePartition",
        json!({"DatabaseName": "db", "TableName": "sales", "PartitionInput": short}),
        "number of partition keys",
    );
    let (status, body) = glue(&sandbox, "GetTable", json!({"DatabaseName": 1}));
    assert_eq!(
        (status, body["__type"].as_str()),
        (400, Some("SerializationException"))
    );
    let (status, body) = glue(&sandbox, "StartJobRun", json!({}));
    assert_eq!(
        (status, body["__type"].as_str()),
        (400, Some("UnknownOperationException"))
    );
}

#[test]
fn tables_have_versions_and_only_the_members_asked_for() {
    let sandbox = with_sales();
    let place = json!({"DatabaseName": "db", "TableName": "sales"});
    let changed = json!({"Name": "sales", "TableType": "EXTERNAL_TABLE",
                         "StorageDescriptor": {"Columns": [{"Name": "total", "Type": "double"}]}});
    glue_ok(
        &sandbox,
        "UpdateTable",
        json!({"DatabaseName": "db", "TableInput": changed}),
    );
    let versions = glue_ok(&sandbox, "GetTableVersions", place.clone())["TableVersions"].clone();
    let column =
        |index: usize| versions[index]["Table"]["StorageDescriptor"]["Columns"][0]["Name"].clone();
    assert_eq!((column(0), column(1)), (json!("total"), json!("amount")));
    assert_eq!(versions[0]["VersionId"], "1");
    let mut older = place.clone();
    older["VersionId"] = "0".into();
    let older = glue_ok(&sandbox, "GetTableVersion", older);
    assert_eq!(older["TableVersion"], versions[1]);
    let mut never = place;
    never["VersionId"] = "9".into();
    assert_eq!(
        glue_refused(&sandbox, "GetTableVersion", never).0,
        "EntityNotFoundException"
    );
    let listed = glue_ok(
        &sandbox,
        "GetTables",
        json!({"DatabaseName": "db", "AttributesToGet": ["NAME", "TABLE_TYPE"]}),
    );
    let mut members: Vec<&String> = listed["TableList"][0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["CatalogId", "DatabaseName", "Name", "TableType"]);
    let errors = glue_ok(
        &sandbox,
        "BatchDeleteTable",
        json!({"DatabaseName": "db", "TablesToDelete": ["sales", "nope"]}),
    )["Errors"]
        .clone();
    assert_eq!(errors.as_array().unwrap().len(), 1);
    assert_eq!(
        errors[0]["ErrorDetail"]["ErrorCode"],
        "EntityNotFoundException"
    );
    assert_eq!(
        glue_refused(
            &sandbox,
            "DeleteTable",
            json!({"DatabaseName": "db", "Name": "sales"})
        )
        .1,
        "Table sales not found."
    );
}

#[test]
fn partitions_are_filtered_paged_and_shared_out() {
    let sandbox = with_sales();
    let list = |more: Value| {
        let mut input = json!({"DatabaseName": "db", "TableName": "sales"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        glue_ok(&sandbox, "GetPartitions", input)
    };
    let count = |more: Value| list(more)["Partitions"].as_array().unwrap().len();
    assert_eq!(count(json!({})), 20);
    for (expression, expected) in [
        ("year = 2020", 2),
        ("year >= 2020 AND region = 'eu'", 5),
        ("year NOT BETWEEN 2016 AND 2023", 4),
        ("region LIKE 'u%' OR year IN (2015, '2016')", 12),
        ("NOT (region = 'us')", 10),
        ("year < 900", 0),
    ] {
        assert_eq!(
            count(json!({"Expression": expression})),
            expected,
            "{expression}"
        );
    }
    let first = list(json!({"MaxResults": 15}));
    assert_eq!(first["Partitions"].as_array().unwrap().len(), 15);
    let token = first["NextToken"].clone();
    assert_eq!(count(json!({"MaxResults": 15, "NextToken": token})), 5);
    let mut shares: Vec<String> = Vec::new();
    for number in 0..3 {
        let segment = json!({"SegmentNumber": number, "TotalSegments": 3});
        let share = list(json!({"Segment": segment}));
        for partition in share["Partitions"].as_array().unwrap() {
            shares.push(partition["Values"].to_string());
        }
    }
    shares.sort();
    shares.dedup();
    assert_eq!(shares.len(), 20);
    let bare = list(json!({"ExcludeColumnSchema": true, "MaxResults": 1}));
    let storage = bare["Partitions"][0]["StorageDescriptor"].clone();
    assert_eq!(
        storage,
        json!({"Location": "s3://data/sales/year=2015/region=eu/"})
    );
}

#[test]
fn partitions_are_made_changed_and_deleted() {
    let sandbox = with_sales();
    let with = |more: Value| {
        let mut input = json!({"DatabaseName": "db", "TableName": "sales"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        input
    };
    let new = json!({"Values": ["2030", "eu"], "StorageDescriptor": {"Location": "s3://data/x/"}});
    let input = with(json!({"PartitionInput": new}));
    glue_ok(&sandbox, "CreatePartition", input.clone());
    assert_eq!(
        glue_refused(&sandbox, "CreatePartition", input),
        (
            "AlreadyExistsException".to_owned(),
            "Partition already exists.".to_owned()
        )
    );
    let moved =
        json!({"Values": ["2031", "eu"], "StorageDescriptor": {"Location": "s3://data/y/"}});
    glue_ok(
        &sandbox,
        "UpdatePartition",
        with(json!({"PartitionValueList": ["2030", "eu"], "PartitionInput": moved})),
    );
    let got = glue_ok(
        &sandbox,
        "GetPartition",
        with(json!({"PartitionValues": ["2031", "eu"]})),
    );
    assert_eq!(
        got["Partition"]["StorageDescriptor"]["Location"],
        "s3://data/y/"
    );
    let gone = with(json!({"PartitionValues": ["2030", "eu"]}));
    assert_eq!(
        glue_refused(&sandbox, "GetPartition", gone).0,
        "EntityNotFoundException"
    );
    let batch = json!([{"Values": ["2032", "eu"]}, {"Values": ["2031", "eu"]}]);
    let made = glue_ok(
        &sandbox,
        "BatchCreatePartition",
        with(json!({"PartitionInputList": batch})),
    );
    assert_eq!(made["Errors"][0]["PartitionValues"], json!(["2031", "eu"]));
    assert_eq!(
        made["Errors"][0]["ErrorDetail"]["ErrorCode"],
        "AlreadyExistsException"
    );
    let got = glue_ok(
        &sandbox,
        "BatchGetPartition",
        with(json!({"PartitionsToGet": [{"Values": ["2032", "eu"]}, {"Values": ["1", "eu"]}]})),
    );
    assert_eq!(got["Partitions"].as_array().unwrap().len(), 1);
    assert_eq!(got["UnprocessedKeys"], json!([{"Values": ["1", "eu"]}]));
    let deleted = glue_ok(
        &sandbox,
        "BatchDeletePartition",
        with(json!({"PartitionsToDelete": [{"Values": ["2032", "eu"]}, {"Values": ["1", "eu"]}]})),
    );
    assert_eq!(deleted["Errors"].as_array().unwrap().len(), 1);
    glue_ok(
        &sandbox,
        "DeletePartition",
        with(json!({"PartitionValues": ["2031", "eu"]})),
    );
    let nowhere = json!({"DatabaseName": "db", "TableName": "nope", "PartitionInputList": []});
    assert_eq!(
        glue_refused(&sandbox, "BatchCreatePartition", nowhere).1,
        "Table nope not found."
    );
}

#[test]
fn an_s3_tables_bucket_is_a_nested_catalogue() {
    let sandbox = sandbox();
    assert_eq!(
        glue_ok(&sandbox, "GetCatalogs", json!({}))["CatalogList"],
        json!([])
    );
    let nested = sandbox.metastore().add_s3_tables_bucket("lake");
    nested.create_database(Database::new("ns")).unwrap();
    nested
        .create_table("ns", Table::external("t", [("a", "int")], None))
        .unwrap();
    let ids = |input: Value| {
        let list = glue_ok(&sandbox, "GetCatalogs", input)["CatalogList"].clone();
        let ids = list.as_array().unwrap().iter();
        ids.map(|catalog| catalog["CatalogId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let parent = "123456789012:s3tablescatalog".to_owned();
    let lake = "123456789012:s3tablescatalog/lake".to_owned();
    assert_eq!(ids(json!({})).join(","), parent);
    assert_eq!(
        ids(json!({"Recursive": true})),
        [parent.clone(), lake.clone()]
    );
    assert_eq!(ids(json!({"ParentCatalogId": parent})).join(","), lake);
    assert_eq!(
        glue_ok(&sandbox, "GetCatalog", json!({"CatalogId": lake}))["Catalog"]["Name"],
        "lake"
    );
    assert_eq!(
        glue_refused(
            &sandbox,
            "GetCatalog",
            json!({"CatalogId": "s3tablescatalog/x"})
        )
        .0,
        "EntityNotFoundException"
    );
    for id in [lake.as_str(), "s3tablescatalog/lake"] {
        let databases = glue_ok(&sandbox, "GetDatabases", json!({"CatalogId": id}));
        assert_eq!(names(&databases["DatabaseList"]), ["ns"]);
        let tables = glue_ok(
            &sandbox,
            "GetTables",
            json!({"CatalogId": id, "DatabaseName": "ns"}),
        );
        assert_eq!(tables["TableList"][0]["CatalogId"], id);
    }
    let listed = ok(&sandbox, "ListDataCatalogs", json!({}));
    assert_eq!(listed["DataCatalogsSummary"].as_array().unwrap().len(), 1);
    refused(
        &sandbox,
        "GetDataCatalog",
        json!({"Name": "s3tablescatalog/lake"}),
    );
}

#[test]
fn data_catalogs_are_registered_and_say_what_cannot_be_reached() {
    let sandbox = sandbox();
    for (name, kind, parameters) in [
        ("mine", "GLUE", json!({"catalog-id": "123456789012"})),
        ("theirs", "GLUE", json!({"catalog-id": "999999999999"})),
        ("fn", "LAMBDA", json!({"function": "arn:aws:lambda:x"})),
    ] {
        ok(
            &sandbox,
            "CreateDataCatalog",
            json!({"Name": name, "Type": kind, "Parameters": parameters}),
        );
    }
    refused(
        &sandbox,
        "CreateDataCatalog",
        json!({"Name": "Mine", "Type": "GLUE", "Parameters": {"catalog-id": "1"}}),
    );
    refused(
        &sandbox,
        "CreateDataCatalog",
        json!({"Name": "x", "Type": "LAMBDA"}),
    );
    let first = ok(&sandbox, "ListDataCatalogs", json!({"MaxResults": 3}));
    let second = ok(
        &sandbox,
        "ListDataCatalogs",
        json!({"NextToken": first["NextToken"]}),
    );
    assert_eq!(
        first["DataCatalogsSummary"][0]["CatalogName"],
        "AwsDataCatalog"
    );
    assert_eq!(second["DataCatalogsSummary"][0]["CatalogName"], "theirs");
    refused(&sandbox, "ListDataCatalogs", json!({"MaxResults": 1}));
    let databases = ok(&sandbox, "ListDatabases", json!({"CatalogName": "mine"}));
    assert_eq!(names(&databases["DatabaseList"]), ["default"]);
    for name in ["theirs", "fn"] {
        let answer = athena(&sandbox, "ListDatabases", json!({"CatalogName": name}));
        assert_eq!(answer.json()["__type"], "MetadataException", "{name}");
    }
    ok(
        &sandbox,
        "UpdateDataCatalog",
        json!({"Name": "fn", "Type": "LAMBDA", "Description": "d", "Parameters": {"function": "g"}}),
    );
    assert_eq!(
        ok(&sandbox, "GetDataCatalog", json!({"Name": "FN"}))["DataCatalog"]["Description"],
        "d"
    );
    ok(&sandbox, "DeleteDataCatalog", json!({"Name": "fn"}));
    refused(&sandbox, "GetDataCatalog", json!({"Name": "fn"}));
}

struct Flights;

impl ReadOnlyTables for Flights {
    fn databases(&self) -> Vec<String> {
        vec!["flights".to_owned()]
    }

    fn table_names(&self, database: &str) -> Vec<String> {
        match database {
            "flights" => vec!["planes".to_owned()],
            _ => Vec::new(),
        }
    }

    fn describe<'a>(&'a self, database: &'a str, table: &'a str) -> BoxFuture<'a, Option<Table>> {
        let known = self.table_names(database).contains(&table.to_owned());
        let table = Table::external(table, [("tailnum", "string")], None);
        Box::pin(std::future::ready(known.then_some(table)))
    }
}

#[test]
fn datasets_stand_beside_tables_but_cannot_be_changed() {
    let sandbox = sandbox();
    let catalog = sandbox.metastore().own();
    catalog.mount(Arc::new(Flights));
    catalog
        .create_table("flights", Table::external("mine", [("a", "int")], None))
        .unwrap();
    let tables = glue_ok(&sandbox, "GetTables", json!({"DatabaseName": "flights"}));
    assert_eq!(names(&tables["TableList"]), ["mine", "planes"]);
    assert_eq!(
        tables["TableList"][1]["StorageDescriptor"]["Columns"][0]["Name"],
        "tailnum"
    );
    let partitions = glue_ok(
        &sandbox,
        "GetPartitions",
        json!({"DatabaseName": "flights", "TableName": "planes"}),
    );
    assert_eq!(partitions["Partitions"], json!([]));
    let planes = json!({"DatabaseName": "flights", "TableInput": {"Name": "planes"}});
    assert_eq!(
        glue_refused(&sandbox, "CreateTable", planes.clone()).0,
        "AlreadyExistsException"
    );
    for (operation, input) in [
        ("UpdateTable", planes),
        (
            "DeleteTable",
            json!({"DatabaseName": "flights", "Name": "planes"}),
        ),
        ("DeleteDatabase", json!({"Name": "flights"})),
    ] {
        let (error, message) = glue_refused(&sandbox, operation, input);
        assert_eq!(error, "InvalidInputException");
        assert!(message.contains("cannot be changed"), "{message}");
    }
}
