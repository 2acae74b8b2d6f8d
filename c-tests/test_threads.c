/* One connection used by many threads at once, and objects that move between threads. */

#include <pthread.h>

#include "check.h"

enum { THREADS = 8, ROUNDS = 4 };

static void *query(void *shared)
{
    const athena_connection *connection = shared;
    for (int i = 0; i < ROUNDS; i++) {
        athena_result *result = NULL;
        CHECK_OK(athena_execute(connection, "SELECT id, name FROM people", &result, &error));
        CHECK(drain(result) == 3);
        athena_result_free(result);
        CHECK_FAILS(athena_execute(connection, "SELECT 1 / 0", &result, &error),
                    ATHENA_STATUS_INVALID_DATA, "DIVISION_BY_ZERO");
        CHECK(athena_connection_option_count(connection) > 0);
    }
    return NULL;
}

static void *drain_and_free(void *moved)
{
    athena_result *result = moved;
    CHECK(drain(result) == 3);
    athena_result_free(result);
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    athena_connection *connection = connect_to(argv[1]);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, query, connection) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }

    athena_result *result = NULL;
    CHECK_OK(athena_execute(connection, "SELECT id, name FROM people", &result, &error));
    athena_connection_free(connection);
    CHECK(pthread_create(&threads[0], NULL, drain_and_free, result) == 0);
    CHECK(pthread_join(threads[0], NULL) == 0);
    return 0;
}
