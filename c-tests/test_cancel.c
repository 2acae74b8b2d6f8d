/* Cancelling from another thread: a running query, and the reading of a result. */

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "check.h"

static void sleep_ms(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Cancels as soon as there is something to cancel. */
static void *cancel_soon(void *statement)
{
    for (int tries = 0; tries < 1000; tries++) {
        athena_status status = athena_statement_cancel(statement, NULL);
        if (status == ATHENA_STATUS_OK) {
            return NULL;
        }
        CHECK(status == ATHENA_STATUS_INVALID_STATE);
        sleep_ms(10);
    }
    CHECK(!"the query never ran");
    return NULL;
}

static void an_execute_is_cancelled(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT slow");
    athena_result *result = NULL;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_soon, statement) == 0);
    athena_error *error = NULL;
    CHECK(athena_statement_execute(statement, &result, &error) == ATHENA_STATUS_CANCELLED);
    CHECK_TEXT(athena_error_sqlstate(error), "HY008");
    CHECK(result == NULL);
    athena_error_free(error);
    CHECK(pthread_join(thread, NULL) == 0);

    /* The statement is as good as new. */
    CHECK_OK(athena_statement_set_sql(statement, "SELECT id, name FROM people", &error));
    CHECK_OK(athena_statement_execute(statement, &result, &error));
    CHECK(drain(result) == 3);
    athena_result_free(result);
    athena_statement_free(statement);
}

static void a_submitted_query_is_cancelled(const athena_connection *connection)
{
    athena_statement *statement = statement_for(connection, "SELECT slow");
    athena_result *result = NULL;
    CHECK_OK(athena_statement_submit(statement, NULL, 0, &error));
    CHECK_OK(athena_statement_cancel(statement, &error));
    CHECK_FAILS(athena_statement_wait(statement, &result, &error), ATHENA_STATUS_CANCELLED,
                NULL);
    athena_statement_free(statement);
}

static void *cancel_result(void *result)
{
    sleep_ms(200);
    CHECK_OK(athena_result_cancel(result, &error));
    return NULL;
}

/* The query succeeds, but after some rows no more arrive. */
static void a_waiting_fetch_is_cancelled(const char *stalling)
{
    athena_connection *connection = connect_to(stalling);
    athena_result *result = NULL;
    CHECK_OK(athena_execute(connection, "SELECT n FROM many", &result, &error));
    athena_connection_free(connection);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_result, result) == 0);
    struct ArrowArray batch = {.length = 0};
    athena_status status;
    while ((status = athena_fetch(result, &batch, NULL)) == ATHENA_STATUS_OK) {
        CHECK(batch.release != NULL);
        batch.release(&batch);
    }
    CHECK(status == ATHENA_STATUS_CANCELLED);
    batch.length = 77;
    CHECK_FAILS(athena_fetch(result, &batch, &error), ATHENA_STATUS_CANCELLED, NULL);
    CHECK(batch.length == 77);
    CHECK(pthread_join(thread, NULL) == 0);
    athena_result_free(result);
}

static void a_stream_is_cancelled(const athena_connection *connection)
{
    athena_result *result = NULL;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    CHECK_OK(athena_execute(connection, "SELECT id, name FROM people", &result, &error));
    CHECK_OK(athena_result_stream(result, &stream, &error));
    CHECK_OK(athena_result_cancel(result, &error));
    athena_result_free(result);
    CHECK(stream.get_next(&stream, &batch) == ECANCELED);
    CHECK(stream.get_last_error(&stream) != NULL);
    stream.release(&stream);
}

int main(int argc, char **argv)
{
    CHECK(argc > 3);
    athena_connection *connection = connect_to(argv[1]);
    an_execute_is_cancelled(connection);
    a_submitted_query_is_cancelled(connection);
    a_waiting_fetch_is_cancelled(argv[3]);
    a_stream_is_cancelled(connection);
    athena_connection_free(connection);
    return 0;
}
