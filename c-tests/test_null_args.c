/* Every function, every pointer: NULL is an error that names the argument, never a crash. */

#include "check.h"

#define CHECK_NULL(call, argument)                                                           \
    CHECK_FAILS(call, ATHENA_STATUS_INVALID_ARGUMENT, argument " is NULL")

static void free_functions_accept_null(void)
{
    athena_connection_free(NULL);
    athena_statement_free(NULL);
    athena_result_free(NULL);
    athena_error_free(NULL);
}

static void no_error_is_asked_of(void)
{
    int32_t number = 77;
    CHECK(athena_error_status(NULL) == ATHENA_STATUS_OK);
    CHECK_TEXT(athena_error_message(NULL), "");
    CHECK_TEXT(athena_error_sqlstate(NULL), "00000");
    CHECK(athena_error_query_execution_id(NULL) == NULL);
    CHECK(athena_error_request_id(NULL) == NULL);
    CHECK(!athena_error_is_retryable(NULL));
    CHECK(!athena_error_athena_category(NULL, &number));
    CHECK(!athena_error_athena_type(NULL, &number));
    CHECK(number == 77);

    athena_error *error = NULL;
    athena_connection *connection = NULL;
    CHECK(athena_connect(NULL, &connection, &error) == ATHENA_STATUS_INVALID_ARGUMENT);
    CHECK(!athena_error_athena_category(error, NULL));
    CHECK(!athena_error_athena_type(error, NULL));
    athena_error_free(error);
}

static void errors_need_no_place(const athena_connection *connection)
{
    athena_connection *another = NULL;
    athena_result *result = NULL;
    CHECK(athena_connect("nonsense", &another, NULL) == ATHENA_STATUS_INVALID_ARGUMENT);
    CHECK(athena_execute(connection, NULL, &result, NULL) == ATHENA_STATUS_INVALID_ARGUMENT);
    CHECK(athena_set_log_level(99, NULL) == ATHENA_STATUS_INVALID_ARGUMENT);
    CHECK(athena_statement_cancel(NULL, NULL) == ATHENA_STATUS_INVALID_ARGUMENT);
}

static void connections(const char *connection_string, const athena_connection *connection)
{
    athena_connection *opened = NULL;
    athena_result *result = NULL;
    CHECK_NULL(athena_connect(NULL, &opened, &error), "connection_string");
    CHECK_NULL(athena_connect(connection_string, NULL, &error), "out_connection");
    CHECK_NULL(athena_execute(NULL, "SELECT 1", &result, &error), "connection");
    CHECK_NULL(athena_execute(connection, NULL, &result, &error), "sql");
    CHECK_NULL(athena_execute(connection, "SELECT 1", NULL, &error), "out_result");
    CHECK(opened == NULL && result == NULL);

    CHECK(athena_connection_option_count(NULL) == 0);
    CHECK(athena_connection_option_name(NULL, 0) == NULL);
    CHECK(athena_connection_option_value(NULL, 0) == NULL);
    CHECK(athena_connection_option_source(NULL, 0) == NULL);
    CHECK(athena_connection_unknown_option_count(NULL) == 0);
    CHECK(athena_connection_unknown_option_name(NULL, 0) == NULL);
    CHECK(athena_connection_unknown_option_suggestion(NULL, 0) == NULL);
}

static void statements(const athena_connection *connection)
{
    athena_statement *statement = NULL;
    athena_result *result = NULL;
    athena_progress progress;
    size_t count = 0;
    CHECK_NULL(athena_statement_new(NULL, &statement, &error), "connection");
    CHECK_NULL(athena_statement_new(connection, NULL, &error), "out_statement");
    CHECK(statement == NULL);

    CHECK_NULL(athena_statement_set_sql(NULL, "SELECT 1", &error), "statement");
    CHECK_NULL(athena_statement_parameter_count(NULL, &count, &error), "statement");
    CHECK_NULL(athena_statement_set_timeout_ms(NULL, 1, &error), "statement");
    CHECK_NULL(athena_statement_set_progress(NULL, NULL, NULL, &error), "statement");
    CHECK_NULL(athena_statement_execute(NULL, &result, &error), "statement");
    CHECK_NULL(athena_statement_submit(NULL, NULL, 0, &error), "statement");
    CHECK_NULL(athena_statement_poll(NULL, &progress, sizeof progress, &error), "statement");
    CHECK_NULL(athena_statement_wait(NULL, &result, &error), "statement");
    CHECK_NULL(athena_statement_cancel(NULL, &error), "statement");

    statement = statement_for(connection, "SELECT ?");
    CHECK_NULL(athena_statement_set_sql(statement, NULL, &error), "sql");
    CHECK_NULL(athena_statement_parameter_count(statement, NULL, &error), "out_count");
    CHECK_NULL(athena_statement_execute(statement, NULL, &error), "out_result");
    CHECK_NULL(athena_statement_poll(statement, NULL, sizeof progress, &error), "out_progress");
    CHECK_NULL(athena_statement_wait(statement, NULL, &error), "out_result");
    athena_statement_free(statement);
}

static void bindings(const athena_connection *connection)
{
    CHECK_NULL(athena_statement_bind_null(NULL, 0, &error), "statement");
    CHECK_NULL(athena_statement_bind_bool(NULL, 0, 1, &error), "statement");
    CHECK_NULL(athena_statement_bind_int64(NULL, 0, 1, &error), "statement");
    CHECK_NULL(athena_statement_bind_double(NULL, 0, 1, &error), "statement");
    CHECK_NULL(athena_statement_bind_decimal(NULL, 0, "1", &error), "statement");
    CHECK_NULL(athena_statement_bind_text(NULL, 0, "1", 1, &error), "statement");
    CHECK_NULL(athena_statement_bind_binary(NULL, 0, NULL, 0, &error), "statement");
    CHECK_NULL(athena_statement_bind_date(NULL, 0, 1, &error), "statement");
    CHECK_NULL(athena_statement_bind_time(NULL, 0, 1, 0, &error), "statement");
    CHECK_NULL(athena_statement_bind_timestamp(NULL, 0, 1, 0, &error), "statement");
    CHECK_NULL(athena_statement_bind_timestamp_utc(NULL, 0, 1, 0, &error), "statement");
    CHECK_NULL(athena_statement_clear_bindings(NULL, &error), "statement");

    struct ArrowArray array = {.length = 1};
    struct ArrowSchema schema = {.format = "+s"};
    athena_statement *statement = statement_for(connection, "SELECT ?");
    CHECK_NULL(athena_statement_bind_arrow(NULL, &array, &schema, &error), "statement");
    CHECK_NULL(athena_statement_bind_arrow(statement, NULL, &schema, &error), "array");
    CHECK_NULL(athena_statement_bind_arrow(statement, &array, NULL, &error), "schema");
    CHECK_NULL(athena_statement_bind_decimal(statement, 0, NULL, &error), "value");
    CHECK_NULL(athena_statement_bind_text(statement, 0, NULL, 1, &error), "value");
    CHECK_NULL(athena_statement_bind_binary(statement, 0, NULL, 1, &error), "value");
    CHECK_OK(athena_statement_bind_text(statement, 0, NULL, 0, &error));
    CHECK_OK(athena_statement_bind_binary(statement, 0, NULL, 0, &error));
    athena_statement_free(statement);
}

static void results(const athena_connection *connection)
{
    struct ArrowArray batch;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    int64_t number = 77;
    CHECK_NULL(athena_fetch(NULL, &batch, &error), "result");
    CHECK_NULL(athena_result_schema(NULL, &schema, &error), "result");
    CHECK_NULL(athena_result_stream(NULL, &stream, &error), "result");
    CHECK_NULL(athena_result_cancel(NULL, &error), "result");
    CHECK(athena_result_column_count(NULL) == 0);
    CHECK(athena_result_column_name(NULL, 0) == NULL);
    CHECK(athena_result_column_type(NULL, 0) == NULL);
    CHECK(athena_result_query_execution_id(NULL) == NULL);
    CHECK(athena_result_state(NULL) == ATHENA_QUERY_EXECUTION_STATE_UNKNOWN);
    CHECK(athena_result_statement_type(NULL) == ATHENA_STATEMENT_TYPE_UNKNOWN);
    CHECK(athena_result_substatement_type(NULL) == NULL);
    CHECK(athena_result_output_location(NULL) == NULL);
    CHECK(athena_result_work_group(NULL) == NULL);
    CHECK(!athena_result_reused_previous_result(NULL));

    athena_result *result = NULL;
    CHECK_OK(athena_execute(connection, "SELECT id, name FROM people", &result, &error));
    static bool (*const numbers[])(const athena_result *, int64_t *) = {
        athena_result_update_count,
        athena_result_data_scanned_in_bytes,
        athena_result_total_execution_time_ms,
        athena_result_engine_execution_time_ms,
        athena_result_query_queue_time_ms,
        athena_result_query_planning_time_ms,
        athena_result_service_processing_time_ms,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK(!numbers[i](NULL, &number));
        CHECK(!numbers[i](result, NULL));
    }
    CHECK(number == 77);

    CHECK_NULL(athena_fetch(result, NULL, &error), "out_batch");
    CHECK_NULL(athena_result_schema(result, NULL, &error), "out_schema");
    CHECK_NULL(athena_result_stream(result, NULL, &error), "out_stream");
    /* None of this used up a row. */
    CHECK(drain(result) == 3);
    athena_result_free(result);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    free_functions_accept_null();
    no_error_is_asked_of();
    athena_connection *connection = connect_to(argv[1]);
    errors_need_no_place(connection);
    connections(argv[1], connection);
    statements(connection);
    bindings(connection);
    results(connection);
    athena_connection_free(connection);
    return 0;
}
