/* Runs a query and prints its rows. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <athena.h>

#include "arrow_text.h"
#include "interrupt.h"
#include "table.h"

enum { EXIT_ERROR = 1, EXIT_USAGE = 2 };

static const char USAGE[] =
    "usage: athena_query CONNECTION_STRING SQL [--count] [--param VALUE]...\n"
    "\n"
    "  --count         read all rows but print only how many there were, in how many\n"
    "                  batches, and the seconds from sending the query to the last row\n"
    "  --param VALUE   the value of the next ? of the SQL: text, or with a prefix\n"
    "                  int:5  double:1.5  decimal:12.50  text:int:5  null:\n"
    "\n"
    "Ctrl-C stops the query. Exit status: 0 done, 1 the query failed, 2 wrong usage.\n";

struct arguments {
    const char *connection_string;
    const char *sql;
    bool count;
    /* The values of --param, in the arguments of the program. */
    const char **parameters;
    size_t parameter_count;
};

/* Prints an error of the driver and frees it. */
static void report(athena_error *error) {
    const char *id = athena_error_query_execution_id(error);
    fprintf(stderr, "error: %s\nstatus: %s, SQLSTATE %s\n", athena_error_message(error),
            athena_status_name(athena_error_status(error)), athena_error_sqlstate(error));
    if (id != NULL) {
        fprintf(stderr, "query id: %s\n", id);
    }
    athena_error_free(error);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The text behind a prefix, or NULL if the value does not begin with it. */
static const char *after(const char *value, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(value, prefix, length) == 0 ? value + length : NULL;
}

/* Binds one --param. A number that is none is 2, a refusal of the driver 1. */
static int bind(athena_statement *statement, size_t index, const char *value) {
    athena_error *error = NULL;
    athena_status status;
    const char *text;
    char *end = NULL;
    errno = 0;
    if ((text = after(value, "int:")) != NULL) {
        long long number = strtoll(text, &end, 10);
        if (errno == ERANGE) {
            end = (char *)text;
        }
        status = athena_statement_bind_int64(statement, index, (int64_t)number, &error);
    } else if ((text = after(value, "double:")) != NULL) {
        status = athena_statement_bind_double(statement, index, strtod(text, &end), &error);
    } else if ((text = after(value, "decimal:")) != NULL) {
        status = athena_statement_bind_decimal(statement, index, text, &error);
    } else if (strcmp(value, "null:") == 0) {
        status = athena_statement_bind_null(statement, index, &error);
    } else {
        text = after(value, "text:");
        text = text != NULL ? text : value;
        status = athena_statement_bind_text(statement, index, text, strlen(text), &error);
    }
    if (status != ATHENA_STATUS_OK) {
        report(error);
        return EXIT_ERROR;
    }
    if (end != NULL && (*end != '\0' || end == text)) {
        fprintf(stderr, "error: --param %s is not such a number\n", value);
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

/* Prints what is known of the query once its rows are read. */
static void print_facts(const athena_result *result, int64_t rows, double seconds) {
    int64_t number;
    if (athena_result_column_count(result) > 0) {
        printf("\n");
    }
    printf("query id       %s\n", athena_result_query_execution_id(result));
    if (athena_result_data_scanned_in_bytes(result, &number)) {
        printf("bytes scanned  %" PRId64 "\n", number);
    }
    printf("time           %.3f s", seconds);
    if (athena_result_total_execution_time_ms(result, &number)) {
        printf(", of it in Athena %.3f s", (double)number / 1000);
    }
    printf("\nrows           %" PRId64 "\n", rows);
    if (athena_result_update_count(result, &number)) {
        printf("rows updated   %" PRId64 "\n", number);
    }
}

/* Reads all batches and, if there is a table, prints them. */
static bool read_batches(athena_result *result, struct table *table, int64_t *rows,
                         int64_t *batches) {
    for (;;) {
        struct ArrowArray batch;
        athena_error *error = NULL;
        if (athena_fetch(result, &batch, &error) != ATHENA_STATUS_OK) {
            report(error);
            return false;
        }
        if (batch.release == NULL) {
            return true;
        }
        *rows += batch.length;
        *batches += 1;
        bool printed = table == NULL || table_add(table, &batch);
        batch.release(&batch);
        if (!printed) {
            fprintf(stderr, "error: out of memory\n");
            return false;
        }
    }
}

static bool count_result(athena_result *result, double started) {
    int64_t rows = 0;
    int64_t batches = 0;
    if (!read_batches(result, NULL, &rows, &batches)) {
        return false;
    }
    printf("rows=%" PRId64 " batches=%" PRId64 " seconds=%.3f\n", rows, batches,
           seconds_now() - started);
    return true;
}

static bool print_result(athena_result *result, double started) {
    struct ArrowSchema schema;
    struct table table;
    athena_error *error = NULL;
    int64_t rows = 0;
    int64_t batches = 0;
    if (athena_result_schema(result, &schema, &error) != ATHENA_STATUS_OK) {
        report(error);
        return false;
    }
    bool done = false;
    if (!arrow_is_printable(&schema)) {
        fprintf(stderr, "error: this program cannot print a type of the result\n");
    } else if (!table_begin(&table, &schema, stdout)) {
        fprintf(stderr, "error: out of memory\n");
    } else {
        done = read_batches(result, &table, &rows, &batches);
        table_end(&table);
    }
    if (done) {
        print_facts(result, rows, seconds_now() - started);
    }
    schema.release(&schema);
    return done;
}

static int run_statement(athena_statement *statement, bool count) {
    struct interrupt interrupt;
    athena_result *result = NULL;
    athena_error *error = NULL;
    bool done = false;
    if (!interrupt_start(&interrupt, statement)) {
        fprintf(stderr, "error: no thread to watch for Ctrl-C\n");
        return EXIT_ERROR;
    }
    double started = seconds_now();
    if (athena_statement_execute(statement, &result, &error) != ATHENA_STATUS_OK) {
        report(error);
    } else {
        interrupt_watch_result(&interrupt, result);
        done = count ? count_result(result, started) : print_result(result, started);
    }
    interrupt_stop(&interrupt);
    athena_result_free(result);
    return done ? EXIT_SUCCESS : EXIT_ERROR;
}

static int run(const athena_connection *connection, const struct arguments *arguments) {
    athena_statement *statement = NULL;
    athena_error *error = NULL;
    if (athena_statement_new(connection, &statement, &error) != ATHENA_STATUS_OK ||
        athena_statement_set_sql(statement, arguments->sql, &error) != ATHENA_STATUS_OK) {
        report(error);
        athena_statement_free(statement);
        return EXIT_ERROR;
    }
    int code = EXIT_SUCCESS;
    for (size_t i = 0; i < arguments->parameter_count && code == EXIT_SUCCESS; i++) {
        code = bind(statement, i, arguments->parameters[i]);
    }
    if (code == EXIT_SUCCESS) {
        code = run_statement(statement, arguments->count);
    }
    athena_statement_free(statement);
    return code;
}

/* Sorts the arguments, in place; false if they are wrong. */
static bool parse_arguments(int count, char **values, struct arguments *out) {
    const char **positions[] = {&out->connection_string, &out->sql};
    size_t position = 0;
    for (int i = 1; i < count; i++) {
        if (strcmp(values[i], "--count") == 0) {
            out->count = true;
        } else if (strcmp(values[i], "--param") == 0) {
            if (++i == count) {
                return false;
            }
            out->parameters[out->parameter_count++] = values[i];
        } else if (position < 2) {
            *positions[position++] = values[i];
        } else {
            return false;
        }
    }
    return position == 2;
}

int main(int count, char **values) {
    if (count == 2 && strcmp(values[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return EXIT_SUCCESS;
    }
    struct arguments arguments = {NULL, NULL, false, NULL, 0};
    arguments.parameters = calloc((size_t)count + 1, sizeof *arguments.parameters);
    if (arguments.parameters == NULL || !interrupt_block_signals()) {
        fprintf(stderr, "error: the system refuses memory or signals\n");
        free(arguments.parameters);
        return EXIT_ERROR;
    }
    int code = EXIT_USAGE;
    if (!parse_arguments(count, values, &arguments)) {
        fputs(USAGE, stderr);
    } else {
        athena_connection *connection = NULL;
        athena_error *error = NULL;
        if (athena_connect(arguments.connection_string, &connection, &error) ==
            ATHENA_STATUS_OK) {
            code = run(connection, &arguments);
            athena_connection_free(connection);
        } else {
            report(error);
            code = EXIT_ERROR;
        }
    }
    free(arguments.parameters);
    if (fflush(stdout) != 0 && code == EXIT_SUCCESS) {
        perror("error: standard output");
        code = EXIT_ERROR;
    }
    return code;
}
