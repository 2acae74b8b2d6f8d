/* Opening connections, and the options they tell. */

#include "check.h"

static size_t option_named(const athena_connection *connection, const char *name)
{
    size_t count = athena_connection_option_count(connection);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(athena_connection_option_name(connection, i), name) == 0) {
            return i;
        }
    }
    fprintf(stderr, "no option %s\n", name);
    exit(1);
}

static void options_are_told(const char *connection_string)
{
    athena_connection *connection = connect_to(connection_string);
    size_t region = option_named(connection, "Region");
    CHECK_TEXT(athena_connection_option_value(connection, region), "eu-west-1");
    CHECK_TEXT(athena_connection_option_source(connection, region), "given");

    size_t password = option_named(connection, "Password");
    CHECK_TEXT(athena_connection_option_value(connection, password), "***");

    size_t catalog = option_named(connection, "Catalog");
    CHECK_TEXT(athena_connection_option_value(connection, catalog), "AwsDataCatalog");
    CHECK_TEXT(athena_connection_option_source(connection, catalog), "default");

    size_t profile = option_named(connection, "ProfileName");
    CHECK_TEXT(athena_connection_option_value(connection, profile), "");

    size_t count = athena_connection_option_count(connection);
    CHECK(athena_connection_option_name(connection, count) == NULL);
    CHECK(athena_connection_option_value(connection, count) == NULL);
    CHECK(athena_connection_option_source(connection, SIZE_MAX) == NULL);
    CHECK(athena_connection_unknown_option_count(connection) == 0);
    athena_connection_free(connection);
}

static void unknown_options_are_told(const char *connection_string)
{
    char text[2048];
    snprintf(text, sizeof text, "%s;WorkGruop=x;Zzyzx=y", connection_string);
    athena_connection *connection = connect_to(text);
    CHECK(athena_connection_unknown_option_count(connection) == 2);
    CHECK_TEXT(athena_connection_unknown_option_name(connection, 0), "WorkGruop");
    CHECK_TEXT(athena_connection_unknown_option_suggestion(connection, 0), "WorkGroup");
    CHECK_TEXT(athena_connection_unknown_option_name(connection, 1), "Zzyzx");
    CHECK(athena_connection_unknown_option_suggestion(connection, 1) == NULL);
    CHECK(athena_connection_unknown_option_name(connection, 2) == NULL);
    CHECK(athena_connection_unknown_option_suggestion(connection, 2) == NULL);
    athena_connection_free(connection);
}

static void bad_connection_strings_are_refused(void)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        {"Region", "Key=Value"},
        {"Region={eu-west-1", "}"},
        {"Region=eu-west-1;FetchSize=many", "FetchSize"},
        {"Region=eu-west-1;StrictOptions=1;WorkGruop=x", "WorkGroup"},
        {"Region=eu-\xff", "connection_string is not valid UTF-8: byte 10"},
    };
    athena_connection *connection = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_FAILS(athena_connect(cases[i].text, &connection, &error),
                    ATHENA_STATUS_INVALID_ARGUMENT, cases[i].part);
        CHECK(connection == NULL);
    }
}

static void children_outlive_the_connection(const char *connection_string)
{
    athena_connection *connection = connect_to(connection_string);
    athena_statement *statement = statement_for(connection, "SELECT id, name FROM people");
    athena_result *from_connection = NULL;
    CHECK_OK(athena_execute(connection, "SELECT id, name FROM people", &from_connection, &error));
    athena_connection_free(connection);

    athena_result *from_statement = NULL;
    CHECK_OK(athena_statement_execute(statement, &from_statement, &error));
    athena_statement_free(statement);
    CHECK(drain(from_statement) == 3);
    CHECK(drain(from_connection) == 3);
    athena_result_free(from_statement);
    athena_result_free(from_connection);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    options_are_told(argv[1]);
    unknown_options_are_told(argv[1]);
    bad_connection_strings_are_refused();
    children_outlive_the_connection(argv[1]);
    return 0;
}
