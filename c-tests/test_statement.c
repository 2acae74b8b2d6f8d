/* Statements: text, bound values, the two ways to run one, and calls in a wrong state. */

#include "check.h"

static void a_statement_runs_again_and_again(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT id, name FROM people");
    for (int i = 0; i < 2; i++) {
        athena_result *result = NULL;
        CHECK_OK(athena_statement_execute(statement, &result, &error));
        CHECK(drain(result) == 3);
        athena_result_free(result);
    }
    athena_statement_free(statement);
}

static void calls_in_a_wrong_state_are_refused(const athena_connection *connection)
{
    athena_statement *statement = NULL;
    athena_result *result = NULL;
    size_t count = 0;
    athena_progress progress;
    CHECK_OK(athena_statement_new(connection, &statement, &error));
    CHECK_FAILS(athena_statement_execute(statement, &result, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_submit(statement, NULL, 0, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_parameter_count(statement, &count, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_poll(statement, &progress, sizeof progress, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_wait(statement, &result, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_cancel(statement, &error), ATHENA_STATUS_INVALID_STATE, NULL);

    /* While a query runs nothing about it can change. */
    CHECK_OK(athena_statement_set_sql(statement, "SELECT slow", &error));
    CHECK_OK(athena_statement_submit(statement, NULL, 0, &error));
    CHECK_FAILS(athena_statement_submit(statement, NULL, 0, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_execute(statement, &result, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_set_sql(statement, "SELECT 1", &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_bind_null(statement, 0, &error), ATHENA_STATUS_INVALID_STATE,
                NULL);
    CHECK_FAILS(athena_statement_clear_bindings(statement, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_set_timeout_ms(statement, 1, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK_FAILS(athena_statement_set_progress(statement, NULL, NULL, &error),
                ATHENA_STATUS_INVALID_STATE, NULL);
    CHECK(result == NULL);
    athena_statement_free(statement);
}

static void submit_poll_wait(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT queued");
    char id[ATHENA_QUERY_EXECUTION_ID_SIZE];
    CHECK_FAILS(athena_statement_submit(statement, id, 36, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "id_size is 36");
    CHECK_OK(athena_statement_submit(statement, id, sizeof id, &error));
    CHECK(strlen(id) == 36);

    athena_progress progress;
    CHECK_OK(athena_statement_poll(statement, &progress, sizeof progress, &error));
    CHECK_TEXT(progress.query_execution_id, id);
    CHECK(progress.state == ATHENA_QUERY_EXECUTION_STATE_QUEUED);
    CHECK(progress.elapsed_ms >= 0);

    /* A caller compiled against a shorter struct gets no byte more. */
    memset(&progress, 0x5a, sizeof progress);
    CHECK_OK(athena_statement_poll(statement, &progress,
                                   offsetof(athena_progress, query_execution_id), &error));
    CHECK(progress.query_execution_id[0] == 0x5a);
    CHECK(progress.elapsed_ms >= 0 && progress.elapsed_ms < 600000);

    athena_result *result = NULL;
    CHECK_OK(athena_statement_wait(statement, &result, &error));
    CHECK_TEXT(athena_result_query_execution_id(result), id);
    CHECK(drain(result) == 1);
    athena_result_free(result);
    CHECK_FAILS(athena_statement_wait(statement, &result, &error), ATHENA_STATUS_INVALID_STATE,
                NULL);
    athena_statement_free(statement);
}

static void every_kind_of_value_binds(const athena_connection *connection)
{
    athena_statement *statement =
        statement_for(connection, "SELECT ?,?,?,?,?,?,?,?,?,?,? /* ? */ -- ?");
    size_t count = 0;
    CHECK_OK(athena_statement_parameter_count(statement, &count, &error));
    CHECK(count == 11);
    athena_result *result = NULL;
    CHECK_OK(athena_statement_bind_null(statement, 0, &error));
    CHECK_FAILS(athena_statement_execute(statement, &result, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "11");
    CHECK_OK(athena_statement_bind_bool(statement, 1, 256, &error));
    CHECK_OK(athena_statement_bind_int64(statement, 2, INT64_MIN, &error));
    CHECK_OK(athena_statement_bind_double(statement, 3, -0.5, &error));
    CHECK_OK(athena_statement_bind_decimal(statement, 4, "-12.50", &error));
    CHECK_OK(athena_statement_bind_text(statement, 5, "it's\0?", 6, &error));
    CHECK_OK(athena_statement_bind_binary(statement, 6, (const uint8_t *)"\x00\xff", 2, &error));
    CHECK_OK(athena_statement_bind_date(statement, 7, -1, &error));
    CHECK_OK(athena_statement_bind_time(statement, 8, 3723004, ATHENA_TIME_UNIT_MILLISECOND,
                                        &error));
    CHECK_OK(athena_statement_bind_timestamp(statement, 9, 1, ATHENA_TIME_UNIT_MICROSECOND,
                                             &error));
    CHECK_OK(athena_statement_bind_timestamp_utc(statement, 10, 0, ATHENA_TIME_UNIT_SECOND,
                                                 &error));
    /* tests/c_programs.rs looks at what the sandbox was sent. */
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(drain(result) == 1);
    athena_result_free(result);

    CHECK_OK(athena_statement_clear_bindings(statement, &error));
    CHECK_FAILS(athena_statement_execute(statement, &result, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "11");
    athena_statement_free(statement);
}

static void bad_values_are_refused(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT ?");
    static const char *const decimals[] = {
        "", "-", ".", "1.2.3", "1e5", " 1", "0x1", "123456789012345678901234567890123456789",
    };
    for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++) {
        CHECK_FAILS(athena_statement_bind_decimal(statement, 0, decimals[i], &error),
                    ATHENA_STATUS_INVALID_ARGUMENT, "value");
    }
    CHECK_FAILS(athena_statement_bind_text(statement, 0, "ab\xe2\x82", 4, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "value is not valid UTF-8: byte 2");
    CHECK_FAILS(athena_statement_bind_text(statement, 0, "ab", SIZE_MAX, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "length");
    CHECK_FAILS(athena_statement_bind_time(statement, 0, 0, 4, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "unit is 4");
    CHECK_FAILS(athena_statement_bind_timestamp(statement, 0, 0, -1, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "unit is -1");
    CHECK_FAILS(athena_statement_bind_timestamp_utc(statement, 0, 0, 9, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "unit is 9");
    CHECK_FAILS(athena_statement_bind_null(statement, SIZE_MAX, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, NULL);
    athena_statement_free(statement);
}

static int released;

static void release_array(struct ArrowArray *array)
{
    released++;
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    released++;
    schema->release = NULL;
}

/* Exports struct<x: int64> with `rows` rows from memory of this program. */
static void export_batch(struct ArrowArray *array, struct ArrowSchema *schema, int64_t rows)
{
    static const int64_t values[2] = {41, 42};
    static const void *child_buffers[2] = {NULL, values};
    static const void *struct_buffers[1] = {NULL};
    static struct ArrowArray child_array;
    static struct ArrowArray *child_arrays[1] = {&child_array};
    static struct ArrowSchema child_schema;
    static struct ArrowSchema *child_schemas[1] = {&child_schema};
    child_array = (struct ArrowArray){.length = rows, .n_buffers = 2, .buffers = child_buffers};
    child_schema = (struct ArrowSchema){.format = "l", .name = "x"};
    *array = (struct ArrowArray){.length = rows,
                                 .n_buffers = 1,
                                 .n_children = 1,
                                 .buffers = struct_buffers,
                                 .children = child_arrays,
                                 .release = release_array};
    *schema = (struct ArrowSchema){.format = "+s",
                                   .name = "",
                                   .n_children = 1,
                                   .children = child_schemas,
                                   .release = release_schema};
    released = 0;
}

static void an_arrow_batch_binds_all_at_once(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT arrow, ?");
    struct ArrowArray array;
    struct ArrowSchema schema;

    export_batch(&array, &schema, 1);
    CHECK_OK(athena_statement_bind_arrow(statement, &array, &schema, &error));
    CHECK(released == 2 && array.release == NULL && schema.release == NULL);
    athena_result *result = NULL;
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(drain(result) == 1);
    athena_result_free(result);

    /* Moved from in failure, too. */
    CHECK_FAILS(athena_statement_bind_arrow(statement, &array, &schema, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "released");
    export_batch(&array, &schema, 2);
    CHECK_FAILS(athena_statement_bind_arrow(statement, &array, &schema, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "2 rows");
    CHECK(released == 2 && array.release == NULL && schema.release == NULL);
    export_batch(&array, &schema, 1);
    schema.format = "l";
    schema.n_children = 0;
    CHECK_FAILS(athena_statement_bind_arrow(statement, &array, &schema, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "struct");
    CHECK(released == 2);

    /* A NULL argument leaves the other with the caller. */
    export_batch(&array, &schema, 1);
    CHECK_FAILS(athena_statement_bind_arrow(statement, &array, NULL, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "schema is NULL");
    CHECK(released == 0 && array.release != NULL);
    athena_statement_free(statement);
}

struct seen {
    int calls;
    athena_query_execution_state last;
    char id[ATHENA_QUERY_EXECUTION_ID_SIZE];
};

static void see(const athena_progress *progress, void *user_data)
{
    struct seen *seen = user_data;
    seen->calls++;
    seen->last = progress->state;
    memcpy(seen->id, progress->query_execution_id, sizeof seen->id);
}

static void progress_is_called_back(const athena_connection *connection)
{
    struct seen seen = {0};
    athena_statement *statement = statement_for(connection, "SELECT queued");
    athena_result *result = NULL;
    CHECK_OK(athena_statement_set_progress(statement, see, &seen, &error));
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(seen.calls >= 2);
    CHECK(seen.last == ATHENA_QUERY_EXECUTION_STATE_SUCCEEDED);
    CHECK_TEXT(athena_result_query_execution_id(result), seen.id);
    athena_result_free(result);

    int calls = seen.calls;
    CHECK_OK(athena_statement_set_progress(statement, NULL, NULL, &error));
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(seen.calls == calls);
    athena_result_free(result);
    athena_statement_free(statement);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    athena_connection *connection = connect_to(argv[1]);
    a_statement_runs_again_and_again(connection);
    calls_in_a_wrong_state_are_refused(connection);
    submit_poll_wait(connection);
    every_kind_of_value_binds(connection);
    bad_values_are_refused(connection);
    an_arrow_batch_binds_all_at_once(connection);
    progress_is_called_back(connection);
    athena_connection_free(connection);
    return 0;
}
