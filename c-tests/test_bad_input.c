/* What is wrong with what the driver is given, and with what it is answered: each a clear
 * error with a status of its own, and an object that goes on working. */

#include "check.h"

/* `more` stands behind the connection string, and so wins. */
static void connecting_fails(const char *connection_string, const char *more,
                             athena_status status, const char *part)
{
    char text[2048];
    snprintf(text, sizeof text, "%s;%s", connection_string, more);
    athena_connection *connection = NULL;
    athena_error *error = NULL;
    athena_status actual = athena_connect(text, &connection, &error);
    check_status(__FILE__, __LINE__, actual, error, status, part);
    CHECK(connection == NULL);
    CHECK(strstr(athena_error_message(error), "sesame") == NULL);
    athena_error_free(error);
}

static void connections_are_refused(const char *connection_string)
{
    connecting_fails(connection_string, "Password=sesame-2", ATHENA_STATUS_UNAUTHENTICATED,
                     "signature");
    connecting_fails(connection_string, "User=AKIDUNKNOWN", ATHENA_STATUS_UNAUTHENTICATED,
                     "security token");
    connecting_fails(connection_string, "WorkGroup=nowhere", ATHENA_STATUS_NOT_FOUND,
                     "WorkGroup");
    connecting_fails(connection_string, "WorkGroup=off", ATHENA_STATUS_NOT_FOUND, "disabled");
    connecting_fails(connection_string, "CredentialsProvider=Okta",
                     ATHENA_STATUS_NOT_IMPLEMENTED, "Okta");
    connecting_fails(connection_string, "User", ATHENA_STATUS_INVALID_ARGUMENT, "Key=Value");
    /* Without an endpoint of one's own, a region must be one of Amazon's. */
    connecting_fails("User=AKIDEXAMPLE;Password=sesame", "Region=mars",
                     ATHENA_STATUS_INVALID_ARGUMENT, "mars");
    connecting_fails("Region=eu-west-1", "CredentialsProvider=ProfileCredentials;ProfileName=none",
                     ATHENA_STATUS_UNAUTHENTICATED, "no AWS credentials");
}

static void a_place_for_results_is_needed(const char *without_location)
{
    athena_connection *connection = connect_to(without_location);
    athena_result *result = NULL;
    CHECK_FAILS(athena_execute(connection, "SELECT id, name FROM people", &result, &error),
                ATHENA_STATUS_INVALID_ARGUMENT, "No output location");
    athena_connection_free(connection);
}

static void a_query_fails_half_way(const athena_connection *connection)
{
    athena_result *result = NULL;
    athena_error *error = NULL;
    CHECK(athena_execute(connection, "SELECT half", &result, &error) ==
          ATHENA_STATUS_INVALID_DATA);
    CHECK(result == NULL);
    CHECK(strstr(athena_error_message(error), "HIVE_BAD_DATA") != NULL);
    CHECK(strlen(athena_error_query_execution_id(error)) == 36);
    athena_error_free(error);
}

/* An object that breaks off, or is another than the one begun, is no short result. */
static void a_truncated_object_is_an_error(const char *truncating)
{
    athena_connection *connection = connect_to(truncating);
    athena_result *result = NULL;
    CHECK_OK(athena_execute(connection, "SELECT n FROM many", &result, &error));
    struct ArrowArray batch;
    athena_error *error = NULL;
    athena_status status;
    while ((status = athena_fetch(result, &batch, &error)) == ATHENA_STATUS_OK) {
        CHECK(batch.release != NULL);
        batch.release(&batch);
    }
    check_status(__FILE__, __LINE__, status, error, ATHENA_STATUS_IO, "truncating-results");
    CHECK(athena_error_query_execution_id(error) != NULL);
    athena_error_free(error);
    /* And stays one. */
    CHECK_FAILS(athena_fetch(result, &batch, &error), ATHENA_STATUS_IO, NULL);

    struct ArrowArrayStream stream;
    CHECK_OK(athena_result_stream(result, &stream, &error));
    CHECK(stream.get_next(&stream, &batch) != 0);
    stream.release(&stream);
    athena_result_free(result);
    athena_connection_free(connection);
}

static void no_release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static void no_release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

/* An int64 column without its buffer of values makes the Arrow library panic. */
static void a_panic_is_an_error_of_its_call(const athena_connection *connection)
{
    const void *no_buffers[1] = {NULL};
    struct ArrowArray child_array = {.length = 1, .n_buffers = 1, .buffers = no_buffers};
    struct ArrowArray *child_arrays[1] = {&child_array};
    struct ArrowSchema child_schema = {.format = "l", .name = "x"};
    struct ArrowSchema *child_schemas[1] = {&child_schema};
    struct ArrowArray array = {.length = 1,
                               .n_buffers = 1,
                               .n_children = 1,
                               .buffers = no_buffers,
                               .children = child_arrays,
                               .release = no_release_array};
    struct ArrowSchema schema = {.format = "+s",
                                 .name = "",
                                 .n_children = 1,
                                 .children = child_schemas,
                                 .release = no_release_schema};
    athena_statement *statement = statement_for(connection, "SELECT id, name FROM people");
    CHECK_FAILS(athena_statement_bind_arrow(statement, &array, &schema, &error),
                ATHENA_STATUS_INTERNAL, "athena_statement_bind_arrow panicked");
    CHECK(array.release == NULL && schema.release == NULL);

    athena_result *result = NULL;
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(drain(result) == 3);
    athena_result_free(result);
    athena_statement_free(statement);
}

int main(int argc, char **argv)
{
    CHECK(argc > 5);
    connections_are_refused(argv[1]);
    a_place_for_results_is_needed(argv[4]);
    a_truncated_object_is_an_error(argv[5]);
    athena_connection *connection = connect_to(argv[1]);
    a_query_fails_half_way(connection);
    a_panic_is_an_error_of_its_call(connection);
    athena_connection_free(connection);
    return 0;
}
