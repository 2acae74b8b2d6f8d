/* Results: batches, schema, stream, facts. */

#include <errno.h>

#include "check.h"

static athena_result *result_of(const char *connection_string, const char *sql)
{
    athena_connection *connection = connect_to(connection_string);
    athena_result *result = NULL;
    CHECK_OK(athena_execute(connection, sql, &result, &error));
    athena_connection_free(connection);
    return result;
}

static bool is_valid(const struct ArrowArray *array, int64_t row)
{
    const uint8_t *bits = array->buffers[0];
    int64_t at = array->offset + row;
    return bits == NULL || (bits[at / 8] >> (at % 8) & 1) != 0;
}

/* Row `row` of a utf8 array is `expected`; NULL stands for a NULL value. */
static void check_row(const struct ArrowArray *array, int64_t row, const char *expected)
{
    CHECK(is_valid(array, row) == (expected != NULL));
    if (expected != NULL) {
        const int32_t *offsets = (const int32_t *)array->buffers[1] + array->offset;
        const char *bytes = array->buffers[2];
        size_t length = (size_t)(offsets[row + 1] - offsets[row]);
        CHECK(length == strlen(expected));
        CHECK(length == 0 || memcmp(bytes + offsets[row], expected, length) == 0);
    }
}

/* The three rows of people: NULL and '' differ. */
static void check_people(const struct ArrowArray *batch)
{
    CHECK(batch->length == 3 && batch->n_children == 2);
    const struct ArrowArray *id = batch->children[0];
    const int32_t *values = (const int32_t *)id->buffers[1] + id->offset;
    CHECK(values[0] == 1 && values[1] == 2 && values[2] == -2147483647 - 1);
    check_row(batch->children[1], 0, "Ada \xe2\x82\xac");
    check_row(batch->children[1], 1, NULL);
    check_row(batch->children[1], 2, "");
}

static void batches_hold_the_rows(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "SELECT id, name FROM people");
    struct ArrowSchema schema;
    CHECK_OK(athena_result_schema(result, &schema, &error));
    CHECK_TEXT(schema.format, "+s");
    CHECK(schema.n_children == 2);
    CHECK_TEXT(schema.children[0]->name, "id");
    CHECK_TEXT(schema.children[0]->format, "i");
    CHECK_TEXT(schema.children[1]->name, "name");
    CHECK_TEXT(schema.children[1]->format, "u");

    struct ArrowArray batch;
    CHECK_OK(athena_fetch(result, &batch, &error));
    struct ArrowArray end = batch;
    CHECK_OK(athena_fetch(result, &end, &error));
    CHECK(end.release == NULL);
    CHECK_OK(athena_fetch(result, &end, &error));
    CHECK(end.release == NULL);

    /* Batch and schema outlive the result. */
    athena_result_free(result);
    check_people(&batch);
    batch.release(&batch);
    schema.release(&schema);
}

static void a_stream_takes_the_rest(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "SELECT id, name FROM people");
    struct ArrowArrayStream stream;
    CHECK_OK(athena_result_stream(result, &stream, &error));

    struct ArrowArray batch;
    CHECK_FAILS(athena_fetch(result, &batch, &error), ATHENA_STATUS_INVALID_STATE,
                "athena_result_stream");
    struct ArrowArrayStream second;
    CHECK_FAILS(athena_result_stream(result, &second, &error), ATHENA_STATUS_INVALID_STATE,
                "athena_result_stream");
    CHECK(athena_result_state(result) == ATHENA_QUERY_EXECUTION_STATE_SUCCEEDED);
    athena_result_free(result);

    struct ArrowSchema schema;
    CHECK(stream.get_schema(&stream, &schema) == 0);
    CHECK(schema.n_children == 2);
    schema.release(&schema);
    CHECK(stream.get_next(&stream, &batch) == 0);
    check_people(&batch);
    batch.release(&batch);
    CHECK(stream.get_next(&stream, &batch) == 0);
    CHECK(batch.release == NULL);
    CHECK(stream.get_last_error(&stream) == NULL);
    stream.release(&stream);
    CHECK(stream.release == NULL);
}

static void many_rows_arrive_once_each(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "SELECT n FROM many");
    int64_t rows = 0;
    for (;;) {
        struct ArrowArray batch;
        CHECK_OK(athena_fetch(result, &batch, &error));
        if (batch.release == NULL) {
            break;
        }
        const struct ArrowArray *n = batch.children[0];
        const int64_t *values = (const int64_t *)n->buffers[1] + n->offset;
        for (int64_t i = 0; i < batch.length; i++) {
            CHECK(values[i] == rows + i);
        }
        rows += batch.length;
        batch.release(&batch);
    }
    CHECK(rows == 20000);
    athena_result_free(result);
}

static void facts_are_athenas(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "SELECT id, name FROM people");
    const char *id = athena_result_query_execution_id(result);
    CHECK(strlen(id) == 36);
    CHECK(athena_result_state(result) == ATHENA_QUERY_EXECUTION_STATE_SUCCEEDED);
    CHECK(athena_result_statement_type(result) == ATHENA_STATEMENT_TYPE_DML);
    CHECK_TEXT(athena_result_substatement_type(result), "SELECT");
    CHECK(strstr(athena_result_output_location(result), id) != NULL);
    CHECK_TEXT(athena_result_work_group(result), "primary");
    CHECK(!athena_result_reused_previous_result(result));

    int64_t number = -7;
    CHECK(athena_result_data_scanned_in_bytes(result, &number) && number == 4321);
    CHECK(athena_result_total_execution_time_ms(result, &number) && number >= 0);
    CHECK(athena_result_engine_execution_time_ms(result, &number) && number >= 0);
    CHECK(athena_result_query_queue_time_ms(result, &number) && number >= 0);
    CHECK(athena_result_service_processing_time_ms(result, &number) && number >= 0);
    number = -7;
    CHECK(!athena_result_query_planning_time_ms(result, &number) || number >= 0);

    CHECK(athena_result_column_count(result) == 2);
    CHECK_TEXT(athena_result_column_name(result, 0), "id");
    CHECK_TEXT(athena_result_column_type(result, 0), "integer");
    CHECK_TEXT(athena_result_column_name(result, 1), "name");
    CHECK_TEXT(athena_result_column_type(result, 1), "varchar");
    CHECK(athena_result_column_name(result, 2) == NULL);
    CHECK(athena_result_column_type(result, SIZE_MAX) == NULL);
    athena_result_free(result);
}

static void a_statement_without_rows_counts(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "INSERT INTO people VALUES (4, 'Eve')");
    int64_t count = 0;
    CHECK(athena_result_update_count(result, &count) && count == 3);
    CHECK(athena_result_column_count(result) == 0);
    struct ArrowSchema schema;
    CHECK_OK(athena_result_schema(result, &schema, &error));
    CHECK_TEXT(schema.format, "+s");
    CHECK(schema.n_children == 0);
    schema.release(&schema);
    CHECK(drain(result) == 0);
    athena_result_free(result);
}

/* A value no integer can hold ends the reading, by fetch and by stream. */
static void undecodable_values_are_errors(const char *connection_string)
{
    athena_result *result = result_of(connection_string, "SELECT id FROM corrupt");
    struct ArrowArray batch = {.length = 77};
    CHECK_FAILS(athena_fetch(result, &batch, &error), ATHENA_STATUS_INVALID_DATA, "id");
    CHECK(batch.length == 77);
    /* Asking again does not make the result look complete. */
    CHECK_FAILS(athena_fetch(result, &batch, &error), ATHENA_STATUS_INVALID_DATA, "id");
    athena_result_free(result);

    result = result_of(connection_string, "SELECT id FROM corrupt");
    struct ArrowArrayStream stream;
    CHECK_OK(athena_result_stream(result, &stream, &error));
    athena_result_free(result);
    CHECK(stream.get_next(&stream, &batch) == EINVAL);
    CHECK(strstr(stream.get_last_error(&stream), "id") != NULL);
    stream.release(&stream);
}

static void outputs_need_no_alignment(const char *connection_string)
{
    char room[sizeof(struct ArrowArray) + 1];
    struct ArrowArray batch;
    athena_result *result = result_of(connection_string, "SELECT id, name FROM people");
    CHECK_OK(athena_fetch(result, (void *)(room + 1), &error));
    memcpy(&batch, room + 1, sizeof batch);
    check_people(&batch);
    batch.release(&batch);
    athena_result_free(result);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    batches_hold_the_rows(argv[1]);
    a_stream_takes_the_rest(argv[1]);
    many_rows_arrive_once_each(argv[1]);
    facts_are_athenas(argv[1]);
    a_statement_without_rows_counts(argv[1]);
    undecodable_values_are_errors(argv[1]);
    outputs_need_no_alignment(argv[1]);
    return 0;
}
