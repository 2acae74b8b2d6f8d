/* Checks for the C tests: the first that fails names itself and ends the program. */

#ifndef ATHENA_CHECK_H
#define ATHENA_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "athena.h"

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);        \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, (actual), (expected))

/* The call, which ends in `&error`, succeeds. */
#define CHECK_OK(call)                                                                       \
    do {                                                                                     \
        athena_error *error = NULL;                                                          \
        athena_status actual_status = (call);                                                \
        check_status(__FILE__, __LINE__, actual_status, error, ATHENA_STATUS_OK, NULL);      \
    } while (0)

/* The call, which ends in `&error`, fails with this status and a message containing `part`. */
#define CHECK_FAILS(call, status, part)                                                      \
    do {                                                                                     \
        athena_error *error = NULL;                                                          \
        athena_status actual_status = (call);                                                \
        check_status(__FILE__, __LINE__, actual_status, error, (status), (part));            \
        athena_error_free(error);                                                            \
    } while (0)

static inline void check_text(const char *file, int line, const char *actual,
                              const char *expected)
{
    if (actual == NULL || strcmp(actual, expected) != 0) {
        fprintf(stderr, "%s:%d: \"%s\" instead of \"%s\"\n", file, line,
                actual == NULL ? "(NULL)" : actual, expected);
        exit(1);
    }
}

static inline void check_status(const char *file, int line, athena_status actual,
                                const athena_error *error, athena_status expected,
                                const char *part)
{
    const char *message = athena_error_message(error);
    if (actual != expected) {
        fprintf(stderr, "%s:%d: %s instead of %s: %s\n", file, line,
                athena_status_name((int32_t)actual), athena_status_name((int32_t)expected),
                message);
        exit(1);
    }
    if (athena_error_status(error) != actual) {
        fprintf(stderr, "%s:%d: the error's status is %s, the call's %s\n", file, line,
                athena_status_name((int32_t)athena_error_status(error)),
                athena_status_name((int32_t)actual));
        exit(1);
    }
    if (part != NULL && strstr(message, part) == NULL) {
        fprintf(stderr, "%s:%d: no \"%s\" in: %s\n", file, line, part, message);
        exit(1);
    }
}

/* What every program but the simplest starts from. */
static inline athena_connection *connect_to(const char *connection_string)
{
    athena_connection *connection = NULL;
    CHECK_OK(athena_connect(connection_string, &connection, &error));
    CHECK(connection != NULL);
    return connection;
}

static inline athena_statement *statement_for(const athena_connection *connection,
                                              const char *sql)
{
    athena_statement *statement = NULL;
    CHECK_OK(athena_statement_new(connection, &statement, &error));
    CHECK_OK(athena_statement_set_sql(statement, sql, &error));
    return statement;
}

/* Reads a result to its end; the number of rows. */
static inline int64_t drain(athena_result *result)
{
    int64_t rows = 0;
    for (;;) {
        struct ArrowArray batch;
        CHECK_OK(athena_fetch(result, &batch, &error));
        if (batch.release == NULL) {
            return rows;
        }
        rows += batch.length;
        batch.release(&batch);
    }
}

#endif
