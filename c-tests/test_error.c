/* Errors: what they tell, and each way a query goes wrong. */

#include <time.h>

#include "check.h"

static void a_failed_query_tells_all(const athena_connection *connection)
{
    athena_result *result = NULL;
    athena_error *error = NULL;
    CHECK(athena_execute(connection, "SELECT 1 / 0", &result, &error) ==
          ATHENA_STATUS_INVALID_DATA);
    CHECK(result == NULL);
    CHECK(athena_error_status(error) == ATHENA_STATUS_INVALID_DATA);
    CHECK_TEXT(athena_error_sqlstate(error), "22012");
    CHECK(strstr(athena_error_message(error), "DIVISION_BY_ZERO") != NULL);
    CHECK(strlen(athena_error_query_execution_id(error)) == 36);
    CHECK(!athena_error_is_retryable(error));
    int32_t number = 0;
    CHECK(athena_error_athena_category(error, &number) && number == 2);
    CHECK(athena_error_athena_type(error, &number) && number == 1206);
    athena_error_free(error);
}

static void a_refused_statement_has_a_request_id(const athena_connection *connection)
{
    athena_result *result = NULL;
    athena_error *error = NULL;
    CHECK(athena_execute(connection, "SELEC 1", &result, &error) == ATHENA_STATUS_INVALID_DATA);
    CHECK_TEXT(athena_error_sqlstate(error), "42000");
    CHECK(strstr(athena_error_message(error), "mismatched input") != NULL);
    CHECK(athena_error_query_execution_id(error) == NULL);
    CHECK(athena_error_request_id(error) != NULL);
    int32_t number = 77;
    CHECK(!athena_error_athena_category(error, &number));
    CHECK(!athena_error_athena_type(error, &number));
    CHECK(number == 77);
    athena_error_free(error);
}

static void other_failures_have_their_status(const athena_connection *connection)
{
    athena_result *result = NULL;
    CHECK_FAILS(athena_execute(connection, "SELECT * FROM nowhere", &result, &error),
                ATHENA_STATUS_NOT_FOUND, "nowhere");
    CHECK_FAILS(athena_execute(connection, "SELECT '\xc3'", &result, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "sql is not valid UTF-8: byte 8");
    CHECK(result == NULL);
}

static void a_timeout_stops_the_query(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT slow");
    CHECK_OK(athena_statement_set_timeout_ms(statement, 300, &error));
    athena_result *result = NULL;
    time_t start = time(NULL);
    CHECK_FAILS(athena_statement_execute(statement, &result, &error), ATHENA_STATUS_TIMEOUT,
                NULL);
    CHECK(time(NULL) - start < 30);
    CHECK_FAILS(athena_statement_set_timeout_ms(statement, -1, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "timeout_ms is -1");
    athena_statement_free(statement);
}

static void an_absent_server_is_an_io_error(const char *nobody_listens)
{
    athena_connection *connection = NULL;
    athena_result *result = NULL;
    CHECK_FAILS(athena_connect(nobody_listens, &connection, &error), ATHENA_STATUS_IO, "GetWorkGroup");

    char untested[2048];
    snprintf(untested, sizeof untested, "%s;ConnectionTest=0", nobody_listens);
    connection = connect_to(untested);
    athena_error *error = NULL;
    CHECK(athena_execute(connection, "SELECT 1", &result, &error) == ATHENA_STATUS_IO);
    CHECK_TEXT(athena_error_sqlstate(error), "08S01");
    CHECK(athena_error_is_retryable(error));
    CHECK(strstr(athena_error_message(error), "StartQueryExecution") != NULL);
    athena_error_free(error);
    athena_connection_free(connection);
}

static void statuses_have_names(void)
{
    CHECK_TEXT(athena_status_name(ATHENA_STATUS_OK), "OK");
    CHECK_TEXT(athena_status_name(ATHENA_STATUS_UNAUTHORIZED), "UNAUTHORIZED");
    CHECK_TEXT(athena_status_name(15), "?");
    CHECK_TEXT(athena_status_name(INT32_MIN), "?");
}

static void the_library_has_a_version_and_a_log_level(void)
{
    CHECK_TEXT(athena_version(), ATHENA_VERSION);
    CHECK(athena_version_number() == ATHENA_VERSION_NUMBER);
    CHECK_OK(athena_set_log_level(0, &error));
    CHECK_FAILS(athena_set_log_level(7, &error), ATHENA_STATUS_INVALID_ARGUMENT, "7");
    CHECK_FAILS(athena_set_log_level(-1, &error), ATHENA_STATUS_INVALID_ARGUMENT, "-1");
}

int main(int argc, char **argv)
{
    CHECK(argc > 2);
    statuses_have_names();
    the_library_has_a_version_and_a_log_level();
    athena_connection *connection = connect_to(argv[1]);
    a_failed_query_tells_all(connection);
    a_refused_statement_has_a_request_id(connection);
    other_failures_have_their_status(connection);
    a_timeout_stops_the_query(connection);
    athena_connection_free(connection);
    an_absent_server_is_an_io_error(argv[2]);
    return 0;
}
