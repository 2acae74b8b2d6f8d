"""boto3: work groups, prepared statements, named queries, tags, engine versions."""

import pytest

from conftest import texts

OPERATIONS = (
    "athena",
    {
        "CreateWorkGroup",
        "GetWorkGroup",
        "UpdateWorkGroup",
        "ListWorkGroups",
        "DeleteWorkGroup",
        "ListEngineVersions",
        "CreatePreparedStatement",
        "GetPreparedStatement",
        "BatchGetPreparedStatement",
        "UpdatePreparedStatement",
        "ListPreparedStatements",
        "DeletePreparedStatement",
        "CreateNamedQuery",
        "GetNamedQuery",
        "BatchGetNamedQuery",
        "UpdateNamedQuery",
        "ListNamedQueries",
        "DeleteNamedQuery",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    },
)


@pytest.fixture
def group(aws, request):
    """Makes work groups that go with the test."""
    made = []

    def make(name, configuration=None, **members):
        aws.athena.create_work_group(Name=name, Configuration=configuration or {}, **members)
        made.append(name)
        return name

    yield make
    for name in made:
        aws.athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def located(uri, **members):
    return {"ResultConfiguration": {"OutputLocation": uri}, **members}


def pages(call, member, **arguments):
    """All of a list, by its tokens, in pages of 2."""
    found, token = [], {}
    while True:
        page = call(MaxResults=2, **arguments, **token)
        assert len(page[member]) <= 2
        found += page[member]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def test_work_groups_are_made_read_changed_listed_and_deleted(aws, group):
    name = group(
        "reports",
        located("s3://results/reports/", EnforceWorkGroupConfiguration=False),
        Description="monthly",
    )
    read = aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]
    assert (read["Name"], read["State"], read["Description"]) == (name, "ENABLED", "monthly")
    configuration = read["Configuration"]
    assert configuration["ResultConfiguration"] == {"OutputLocation": "s3://results/reports/"}
    assert configuration["EnforceWorkGroupConfiguration"] is False
    assert configuration["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert read["CreationTime"].year >= 2024

    aws.athena.update_work_group(
        WorkGroup=name,
        Description="weekly",
        ConfigurationUpdates={
            "BytesScannedCutoffPerQuery": 20_000_000,
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results/weekly/"},
        },
    )
    read = aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]
    assert read["Description"] == "weekly"
    configuration = read["Configuration"]
    assert configuration["BytesScannedCutoffPerQuery"] == 20_000_000
    assert configuration["ResultConfiguration"] == {"OutputLocation": "s3://results/weekly/"}

    aws.athena.update_work_group(
        WorkGroup=name, ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True}
    )
    configuration = aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in configuration

    group("more")
    listed = {one["Name"]: one for one in pages(aws.athena.list_work_groups, "WorkGroups")}
    assert {"primary", "reports", "more"} <= set(listed)
    assert listed["reports"]["Description"] == "weekly"

    with pytest.raises(aws.athena.exceptions.InvalidRequestException, match="already"):
        aws.athena.create_work_group(Name=name)
    with pytest.raises(aws.athena.exceptions.InvalidRequestException, match="is not found"):
        aws.athena.get_work_group(WorkGroup="nobody")
    with pytest.raises(aws.athena.exceptions.InvalidRequestException, match="cannot be deleted"):
        aws.athena.delete_work_group(WorkGroup="primary")


def test_an_enforced_location_wins_over_the_callers(athena, group):
    mine = {"OutputLocation": "s3://results/mine/"}
    enforced = group("enforced", located("s3://results/enforced/"))
    free = group("free", located("s3://results/free/", EnforceWorkGroupConfiguration=False))
    for name, results, prefix in (
        (enforced, {"ResultConfiguration": mine}, "s3://results/enforced/"),
        (free, {"ResultConfiguration": mine}, "s3://results/mine/"),
        (free, {}, "s3://results/free/"),
    ):
        execution = athena.run("SELECT 1", WorkGroup=name, **results)
        assert execution["WorkGroup"] == name
        assert execution["ResultConfiguration"]["OutputLocation"].startswith(prefix)


def test_queries_of_one_group_are_not_listed_in_another(athena, group):
    name = group("alone", located("s3://results/alone/"))
    query_id = athena.start("SELECT 1", WorkGroup=name)
    listed = athena.client.list_query_executions(WorkGroup=name)["QueryExecutionIds"]
    assert listed == [query_id]
    assert query_id not in athena.client.list_query_executions()["QueryExecutionIds"]


def test_a_disabled_group_refuses_queries(athena, aws, group):
    name = group("off", located("s3://results/off/"))
    aws.athena.update_work_group(WorkGroup=name, State="DISABLED")
    with pytest.raises(aws.athena.exceptions.InvalidRequestException, match="disabled"):
        athena.start("SELECT 1", WorkGroup=name)
    aws.athena.update_work_group(WorkGroup=name, State="ENABLED")
    athena.run("SELECT 1", WorkGroup=name)


def test_no_location_at_all_is_refused(athena, aws, group):
    name = group("nowhere", {"EnforceWorkGroupConfiguration": False})
    with pytest.raises(aws.athena.exceptions.InvalidRequestException) as caught:
        athena.start("SELECT 1", WorkGroup=name)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("No output location provided.")


def test_the_cutoff_cancels_with_its_own_reason(athena, sandbox, group):
    configuration = located("s3://results/cutoff/", BytesScannedCutoffPerQuery=10_000_000)
    name = group("cutoff", configuration)
    sandbox.fixture(
        "SELECT wide",
        columns=[{"name": "x", "type": "integer"}],
        rows=[["1"]],
        data_scanned=10_000_001,
    )
    status = athena.finish(athena.start("SELECT wide", WorkGroup=name))["Status"]
    assert status["State"] == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in status["StateChangeReason"]


def test_managed_results_have_pages_but_no_object(athena, aws, group):
    name = group("managed", {"ManagedQueryResultsConfiguration": {"Enabled": True}})
    execution = athena.run("SELECT 1 AS n", WorkGroup=name)
    assert execution["ManagedQueryResultsConfiguration"]["Enabled"] is True
    assert "OutputLocation" not in execution.get("ResultConfiguration", {})
    results = athena.results(execution["QueryExecutionId"])
    assert texts(results["ResultSet"]["Rows"]) == [["n"], ["1"]]
    with pytest.raises(aws.athena.exceptions.InvalidRequestException) as caught:
        athena.start(
            "SELECT 1",
            WorkGroup=name,
            ResultConfiguration={"OutputLocation": "s3://results/out/"},
        )
    assert caught.value.response["Error"]["Message"] == (
        "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together."
    )


def test_engine_versions_are_listed(aws):
    versions = aws.athena.list_engine_versions()["EngineVersions"]
    assert {"AUTO", "Athena engine version 3"} <= {
        version["SelectedEngineVersion"] for version in versions
    }


def test_prepared_statements_are_kept_by_group(aws, group):
    name = group("prepared")
    client = aws.athena
    for statement in ("one", "two", "three"):
        client.create_prepared_statement(
            StatementName=statement,
            WorkGroup=name,
            QueryStatement=f"SELECT '{statement}', ?",
            Description=f"the {statement}",
        )
    read = client.get_prepared_statement(StatementName="two", WorkGroup=name)
    read = read["PreparedStatement"]
    assert read["QueryStatement"] == "SELECT 'two', ?"
    assert (read["WorkGroupName"], read["Description"]) == (name, "the two")
    client.update_prepared_statement(
        StatementName="two", WorkGroup=name, QueryStatement="SELECT 2, ?"
    )
    batch = client.batch_get_prepared_statement(
        PreparedStatementNames=["two", "nobody", "one"], WorkGroup=name
    )
    assert [one["QueryStatement"] for one in batch["PreparedStatements"]] == [
        "SELECT 2, ?",
        "SELECT 'one', ?",
    ]
    (unprocessed,) = batch["UnprocessedPreparedStatementNames"]
    assert unprocessed["StatementName"] == "nobody"
    listed = pages(client.list_prepared_statements, "PreparedStatements", WorkGroup=name)
    assert sorted(one["StatementName"] for one in listed) == ["one", "three", "two"]
    client.delete_prepared_statement(StatementName="two", WorkGroup=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="two"):
        client.get_prepared_statement(StatementName="two", WorkGroup=name)
    with pytest.raises(client.exceptions.InvalidRequestException, match="already exists"):
        client.create_prepared_statement(
            StatementName="one", WorkGroup=name, QueryStatement="SELECT 1"
        )


def test_named_queries_are_kept_by_group(aws, group):
    name = group("named")
    client = aws.athena
    ids = [
        client.create_named_query(
            Name=f"query {n}", Database="flights", QueryString=f"SELECT {n}", WorkGroup=name
        )["NamedQueryId"]
        for n in range(3)
    ]
    read = client.get_named_query(NamedQueryId=ids[1])["NamedQuery"]
    assert (read["Name"], read["Database"], read["QueryString"], read["WorkGroup"]) == (
        "query 1",
        "flights",
        "SELECT 1",
        name,
    )
    client.update_named_query(
        NamedQueryId=ids[1], Name="new", QueryString="SELECT 'new'", Description="changed"
    )
    batch = client.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]
    assert [one["Name"] for one in batch] == ["query 0", "new", "query 2"]
    paginator = client.get_paginator("list_named_queries")
    listed = paginator.paginate(WorkGroup=name, PaginationConfig={"PageSize": 2})
    assert sorted(one for page in listed for one in page["NamedQueryIds"]) == sorted(ids)
    client.delete_named_query(NamedQueryId=ids[0])
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.get_named_query(NamedQueryId=ids[0])


def test_tags_are_put_on_work_groups(aws, group):
    name = group("tagged", Tags=[{"Key": "made", "Value": "with"}])
    arn = f"arn:aws:athena:us-east-1:123456789012:workgroup/{name}"

    def tags():
        listed = aws.athena.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    assert tags() == {"made": "with"}
    aws.athena.tag_resource(
        ResourceARN=arn, Tags=[{"Key": "team", "Value": "data"}, {"Key": "made", "Value": "anew"}]
    )
    assert tags() == {"made": "anew", "team": "data"}
    aws.athena.untag_resource(ResourceARN=arn, TagKeys=["made"])
    assert tags() == {"team": "data"}
    with pytest.raises(aws.athena.exceptions.ResourceNotFoundException):
        aws.athena.list_tags_for_resource(ResourceARN=f"{arn}-no")
