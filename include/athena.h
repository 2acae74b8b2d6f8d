/*
 * Amazon Athena driver, C interface.
 *
 * athena_connect(), athena_execute() and athena_fetch() are the short way from a
 * connection string to Arrow record batches; everything else widens one of the three.
 *
 * Conventions, valid for every function unless its comment says otherwise:
 *
 * - Status. Every call that can fail returns an athena_status. ATHENA_STATUS_OK is 0.
 * - Errors. The last parameter, `out_error`, may be NULL. When a call fails and it is not
 *   NULL, `*out_error` receives an error the caller frees with athena_error_free(). It is
 *   written on failure only, and what it held before is not freed.
 * - Outputs. An `out_` parameter is written on success only. It needs no initial value and
 *   no alignment.
 * - NULL. A required pointer that is NULL is ATHENA_STATUS_INVALID_ARGUMENT with the name
 *   of the parameter in the message. A function that returns no status answers NULL, 0 or
 *   false for a NULL object. Every `_free` function accepts NULL.
 * - Ownership. What `_new`, athena_connect() or athena_execute() creates, the matching
 *   `_free` releases, once. A `const char *` returned belongs to the object it was asked of
 *   and is valid until that object is freed. Arguments are borrowed for the call only.
 * - Life. Objects may be freed in any order: a statement, a result or a stream keeps alive
 *   what it needs of the connection it came from.
 * - Threads. An object may move between threads. Calls that take it as `const` may overlap
 *   each other and any other call on it, except its `_free`; the caller serialises the
 *   rest. Different objects never need the caller's locks.
 * - Text. Strings in are UTF-8, ended by NUL or given with their length. Strings out are
 *   UTF-8, ended by NUL.
 * - Numbers of enumerations never change meaning. New ones may be added: treat an unknown
 *   value as the enumeration's UNKNOWN.
 */


#ifndef ATHENA_H
#define ATHENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version this header was made for; athena_version() tells the library's. */
#define ATHENA_VERSION "0.1.0"
#define ATHENA_VERSION_MAJOR 0
#define ATHENA_VERSION_MINOR 1
#define ATHENA_VERSION_PATCH 0
#define ATHENA_VERSION_NUMBER \
    (ATHENA_VERSION_MAJOR * 1000000 + ATHENA_VERSION_MINOR * 1000 + ATHENA_VERSION_PATCH)

#ifndef ATHENA_API
#if defined(_WIN32) && !defined(ATHENA_STATIC)
#define ATHENA_API __declspec(dllimport)
#elif defined(__GNUC__)
#define ATHENA_API __attribute__((visibility("default")))
#else
#define ATHENA_API
#endif
#endif

/* The Arrow C data interface, as its specification asks every header to repeat it. */
#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

#ifdef __cplusplus
}
#endif


/**
 * Room for any query execution id with its NUL; Athena's are at most 128 characters.
 */
#define ATHENA_QUERY_EXECUTION_ID_SIZE 129

/**
 * How a call ended. The numbers are ADBC's status codes.
 */
typedef enum athena_status {
    /**
     * It did what was asked.
     */
    ATHENA_STATUS_OK = 0,
    /**
     * It failed, and no value below fits.
     */
    ATHENA_STATUS_UNKNOWN = 1,
    /**
     * The driver does not have this feature.
     */
    ATHENA_STATUS_NOT_IMPLEMENTED = 2,
    /**
     * A table, workgroup, query, result or option does not exist.
     */
    ATHENA_STATUS_NOT_FOUND = 3,
    /**
     * The thing to be created is there already.
     */
    ATHENA_STATUS_ALREADY_EXISTS = 4,
    /**
     * An argument or option is wrong; the message names it.
     */
    ATHENA_STATUS_INVALID_ARGUMENT = 5,
    /**
     * The call does not fit the state of the object.
     */
    ATHENA_STATUS_INVALID_STATE = 6,
    /**
     * The query or its data is at fault: syntax, types, a value that cannot be decoded.
     */
    ATHENA_STATUS_INVALID_DATA = 7,
    /**
     * A constraint was violated.
     */
    ATHENA_STATUS_INTEGRITY = 8,
    /**
     * A bug of the driver.
     */
    ATHENA_STATUS_INTERNAL = 9,
    /**
     * The network, the service or the result bucket failed.
     */
    ATHENA_STATUS_IO = 10,
    /**
     * The query, or the reading of its result, was cancelled.
     */
    ATHENA_STATUS_CANCELLED = 11,
    /**
     * A time limit passed.
     */
    ATHENA_STATUS_TIMEOUT = 12,
    /**
     * There are no credentials, or the service does not know them.
     */
    ATHENA_STATUS_UNAUTHENTICATED = 13,
    /**
     * The credentials are known but lack a permission.
     */
    ATHENA_STATUS_UNAUTHORIZED = 14,
} athena_status;

/**
 * Where a query is in its life.
 */
typedef enum athena_query_execution_state {
    /**
     * None of those below.
     */
    ATHENA_QUERY_EXECUTION_STATE_UNKNOWN = 0,
    /**
     * Accepted, waiting for capacity. A running query may come back here.
     */
    ATHENA_QUERY_EXECUTION_STATE_QUEUED = 1,
    /**
     * Being executed.
     */
    ATHENA_QUERY_EXECUTION_STATE_RUNNING = 2,
    /**
     * Ended; the result is complete.
     */
    ATHENA_QUERY_EXECUTION_STATE_SUCCEEDED = 3,
    /**
     * Ended in an error.
     */
    ATHENA_QUERY_EXECUTION_STATE_FAILED = 4,
    /**
     * Stopped by the caller, by somebody else or by a limit.
     */
    ATHENA_QUERY_EXECUTION_STATE_CANCELLED = 5,
} athena_query_execution_state;

/**
 * What kind of statement a query was, in Athena's eyes.
 */
typedef enum athena_statement_type {
    /**
     * Athena did not say, or a kind not known here.
     */
    ATHENA_STATEMENT_TYPE_UNKNOWN = 0,
    /**
     * CREATE, ALTER, DROP and the like.
     */
    ATHENA_STATEMENT_TYPE_DDL = 1,
    /**
     * SELECT, INSERT, CREATE TABLE AS, and other statements that read or write rows.
     */
    ATHENA_STATEMENT_TYPE_DML = 2,
    /**
     * SHOW, DESCRIBE, EXPLAIN and the like.
     */
    ATHENA_STATEMENT_TYPE_UTILITY = 3,
} athena_statement_type;

/**
 * What one step of a time value counts.
 */
typedef enum athena_time_unit {
    /**
     * Seconds.
     */
    ATHENA_TIME_UNIT_SECOND = 0,
    /**
     * Thousandths of a second.
     */
    ATHENA_TIME_UNIT_MILLISECOND = 1,
    /**
     * Millionths of a second.
     */
    ATHENA_TIME_UNIT_MICROSECOND = 2,
    /**
     * Billionths of a second.
     */
    ATHENA_TIME_UNIT_NANOSECOND = 3,
} athena_time_unit;

/**
 * The settings, credentials and network connections that queries share.
 *
 * All its functions take it as `const`: any number of threads may use one connection.
 *
 * Made by: athena_connect(). Methods: athena_execute(), athena_statement_new(),
 * athena_connection_option_count(), athena_connection_option_name(),
 * athena_connection_option_value(), athena_connection_option_source(),
 * athena_connection_unknown_option_count(), athena_connection_unknown_option_name(),
 * athena_connection_unknown_option_suggestion(), athena_connection_free().
 */
typedef struct athena_connection athena_connection;

/**
 * Why a call failed. Immutable, so any thread may read it.
 *
 * Made by: any call with an `out_error`. Methods: athena_error_status(),
 * athena_error_message(), athena_error_sqlstate(), athena_error_query_execution_id(),
 * athena_error_request_id(), athena_error_is_retryable(), athena_error_athena_category(),
 * athena_error_athena_type(), athena_error_free().
 */
typedef struct athena_error athena_error;

/**
 * The result of a query that succeeded: record batches still to be read, and facts about
 * the query.
 *
 * Made by: athena_execute(), athena_statement_execute(), athena_statement_wait(). Methods:
 * athena_fetch(), athena_result_schema(), athena_result_stream(), athena_result_cancel(),
 * athena_result_column_count(), athena_result_column_name(), athena_result_column_type(),
 * athena_result_query_execution_id(), athena_result_state(),
 * athena_result_statement_type(), athena_result_substatement_type(),
 * athena_result_output_location(), athena_result_work_group(),
 * athena_result_update_count(), athena_result_reused_previous_result(),
 * athena_result_data_scanned_in_bytes(), athena_result_total_execution_time_ms(),
 * athena_result_engine_execution_time_ms(), athena_result_query_queue_time_ms(),
 * athena_result_query_planning_time_ms(), athena_result_service_processing_time_ms(),
 * athena_result_free().
 */
typedef struct athena_result athena_result;

/**
 * SQL text with its bound values, timeout and progress callback.
 *
 * Runs one query at a time. athena_statement_execute() submits and waits; a caller with a
 * loop of its own uses athena_statement_submit(), athena_statement_poll() and
 * athena_statement_wait() instead. Results already handed out are independent of it.
 *
 * Made by: athena_statement_new(). Methods: athena_statement_set_sql(),
 * athena_statement_bind_null() and its siblings, athena_statement_clear_bindings(),
 * athena_statement_parameter_count(), athena_statement_set_timeout_ms(),
 * athena_statement_set_progress(), athena_statement_execute(), athena_statement_submit(),
 * athena_statement_poll(), athena_statement_wait(), athena_statement_cancel(),
 * athena_statement_free().
 */
typedef struct athena_statement athena_statement;

/**
 * One look at a running query. Later versions may append members.
 */
typedef struct athena_progress {
    /**
     * The state Athena reported.
     */
    enum athena_query_execution_state state;
    /**
     * Milliseconds since the query was submitted, by this machine's clock.
     */
    int64_t elapsed_ms;
    /**
     * Bytes scanned so far; -1 while Athena has not said.
     */
    int64_t data_scanned_in_bytes;
    /**
     * Milliseconds spent waiting for capacity; -1 while Athena has not said.
     */
    int64_t query_queue_time_ms;
    /**
     * The query's id, NUL-terminated.
     */
    char query_execution_id[ATHENA_QUERY_EXECUTION_ID_SIZE];
} athena_progress;

/**
 * Receives the progress of a running query. `progress` is valid during the call only.
 */
typedef void (*athena_progress_callback)(const struct athena_progress *progress,
                                         void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is loaded, as "major.minor.patch"; compare with
 * ATHENA_VERSION, the version of this header.
 *
 * The text lives as long as the library is loaded. Since 0.1.
 */
ATHENA_API
const char *athena_version(void);

/**
 * The version of the library that is loaded, as ATHENA_VERSION_NUMBER counts: major times
 * 1000000, plus minor times 1000, plus patch. Since 0.1.
 */
ATHENA_API
int32_t athena_version_number(void);

/**
 * Sets how much the library logs, for the whole process: 0 off, 1 fatal, 2 error,
 * 3 warning, 4 info, 5 debug, 6 trace. The same as the option LogLevel.
 *
 * May be called at any time from any thread. Errors: INVALID_ARGUMENT. Since 0.1.
 */
ATHENA_API
enum athena_status athena_set_log_level(int32_t level,
                                        struct athena_error **out_error);

/**
 * Names a status, for logs: "OK", "INVALID_ARGUMENT", ...; "?" for a number that is none.
 *
 * The text lives as long as the library is loaded. Since 0.1.
 */
ATHENA_API
const char *athena_status_name(int32_t status);

/**
 * The status the failed call returned; ATHENA_STATUS_OK for NULL. Since 0.1.
 */
ATHENA_API
enum athena_status athena_error_status(const struct athena_error *error);

/**
 * What went wrong, which value was at fault, and what to do, for a person.
 *
 * Holds no secret and no parameter value. At most 4 KiB. "" for NULL. Since 0.1.
 */
ATHENA_API
const char *athena_error_message(const struct athena_error *error);

/**
 * The five-character SQLSTATE; "00000" for NULL. docs/errors.md lists them. Since 0.1.
 */
ATHENA_API
const char *athena_error_sqlstate(const struct athena_error *error);

/**
 * The id of the query that failed; NULL if the call failed before there was one.
 * Since 0.1.
 */
ATHENA_API
const char *athena_error_query_execution_id(const struct athena_error *error);

/**
 * The AWS request id of the failed request, which AWS support asks for; NULL if no
 * request failed. Since 0.1.
 */
ATHENA_API
const char *athena_error_request_id(const struct athena_error *error);

/**
 * Whether the same call may succeed when repeated unchanged. Since 0.1.
 */
ATHENA_API
bool athena_error_is_retryable(const struct athena_error *error);

/**
 * Athena's own category of a failed query: 1 system, 2 user, 3 other.
 *
 * Returns true and writes `*out_category` if Athena gave one. Since 0.1.
 */
ATHENA_API
bool athena_error_athena_category(const struct athena_error *error,
                                  int32_t *out_category);

/**
 * Athena's own error type of a failed query, as its error catalogue numbers them.
 *
 * Returns true and writes `*out_type` if Athena gave one. Since 0.1.
 */
ATHENA_API
bool athena_error_athena_type(const struct athena_error *error,
                              int32_t *out_type);

/**
 * Frees an error. NULL is allowed. Since 0.1.
 */
ATHENA_API
void athena_error_free(struct athena_error *error);

/**
 * Opens a connection from options written as "Key=Value;Key=Value".
 *
 * Also understood: "jdbc:athena://...", "jdbc:awsathena://..." and "athena://" URIs, and the
 * option names of Amazon's JDBC and ODBC drivers; docs/options.md lists all. The smallest
 * useful string is "Region=eu-west-1;S3OutputLocation=s3://bucket/prefix/".
 *
 * Blocks for one request that costs nothing and proves credentials and workgroup, unless
 * ConnectionTest=0. On success `*out_connection` is the caller's, to free with
 * athena_connection_free().
 *
 * Errors: INVALID_ARGUMENT (malformed string, bad option value, no region),
 * UNAUTHENTICATED, UNAUTHORIZED, NOT_FOUND (workgroup), NOT_IMPLEMENTED (sign-in plugin),
 * IO, TIMEOUT. Since 0.1.
 */
ATHENA_API
enum athena_status athena_connect(const char *connection_string,
                                  struct athena_connection **out_connection,
                                  struct athena_error **out_error);

/**
 * Runs one SQL statement and waits for its result.
 *
 * The short way for athena_statement_new(), athena_statement_set_sql(),
 * athena_statement_execute(), athena_statement_free(). `sql` is borrowed. On success
 * `*out_result` is the caller's, to free with athena_result_free(); it keeps what it needs
 * of the connection. Blocks; may be called from many threads at once. To be able to cancel
 * or to bind values, use a statement.
 *
 * Errors: INVALID_DATA (syntax, types, a failing query), NOT_FOUND (table, workgroup),
 * UNAUTHENTICATED, UNAUTHORIZED, TIMEOUT, CANCELLED (stopped by somebody else or by a scan
 * limit), IO; see athena_error_query_execution_id(). Since 0.1.
 */
ATHENA_API
enum athena_status athena_execute(const struct athena_connection *connection,
                                  const char *sql,
                                  struct athena_result **out_result,
                                  struct athena_error **out_error);

/**
 * How many options the driver knows; each has a place in the list, in the order of
 * docs/options.md. Since 0.1.
 */
ATHENA_API
size_t athena_connection_option_count(const struct athena_connection *connection);

/**
 * The canonical name of option `index`, by whichever alias it was given; NULL from
 * athena_connection_option_count() on. Since 0.1.
 */
ATHENA_API
const char *athena_connection_option_name(const struct athena_connection *connection,
                                          size_t index);

/**
 * The value in effect of option `index`, "***" for a secret, "" if it has none; NULL from
 * athena_connection_option_count() on. Since 0.1.
 */
ATHENA_API
const char *athena_connection_option_value(const struct athena_connection *connection,
                                           size_t index);

/**
 * Where the value of option `index` came from: "given" by the caller, or "default"; NULL
 * from athena_connection_option_count() on. Since 0.1.
 */
ATHENA_API
const char *athena_connection_option_source(const struct athena_connection *connection,
                                            size_t index);

/**
 * How many options were given that the driver does not know. They have no effect; with
 * StrictOptions=1 they make athena_connect() fail instead. Since 0.1.
 */
ATHENA_API
size_t athena_connection_unknown_option_count(const struct athena_connection *connection);

/**
 * The name of unknown option `index` as it was written; NULL from
 * athena_connection_unknown_option_count() on. Since 0.1.
 */
ATHENA_API
const char *athena_connection_unknown_option_name(const struct athena_connection *connection,
                                                  size_t index);

/**
 * The known option that unknown option `index` resembles most; NULL if none is near.
 * Since 0.1.
 */
ATHENA_API
const char *athena_connection_unknown_option_suggestion(const struct athena_connection *connection,
                                                        size_t index);

/**
 * Frees a connection. Statements, results and streams made from it go on working. NULL is
 * allowed. Since 0.1.
 */
ATHENA_API
void athena_connection_free(struct athena_connection *connection);

/**
 * How many columns the result has; 0 for a statement that gives none. Since 0.1.
 */
ATHENA_API
size_t athena_result_column_count(const struct athena_result *result);

/**
 * The name of column `index`, counted from 0; NULL from athena_result_column_count() on.
 * Since 0.1.
 */
ATHENA_API
const char *athena_result_column_name(const struct athena_result *result,
                                      size_t index);

/**
 * Athena's type of column `index`, such as "decimal(10,2)"; NULL from
 * athena_result_column_count() on. Since 0.1.
 */
ATHENA_API
const char *athena_result_column_type(const struct athena_result *result,
                                      size_t index);

/**
 * Frees a result; what was not read is dropped. Batches, schemas and streams handed out go
 * on working. NULL is allowed. Since 0.1.
 */
ATHENA_API
void athena_result_free(struct athena_result *result);

/**
 * Reads the next record batch of a result.
 *
 * On success `*out_batch` is a struct array with one child per column, of the type
 * athena_result_schema() tells; the caller calls its `release`. After the last batch
 * `out_batch->release` is NULL, and so it stays for every further call. A batch outlives
 * the result. Blocks. What `*out_batch` held before is overwritten, not released.
 *
 * Errors: INVALID_DATA (a value that cannot be decoded; the message names column, row and
 * value), CANCELLED (athena_result_cancel()), IO (network, truncated result),
 * INVALID_STATE after athena_result_stream(). Since 0.1.
 */
ATHENA_API
enum athena_status athena_fetch(struct athena_result *result,
                                struct ArrowArray *out_batch,
                                struct athena_error **out_error);

/**
 * Describes the columns of a result as an Arrow struct type.
 *
 * On success the caller calls the `release` of `*out_schema`. The metadata "ATHENA:type"
 * of each child is Athena's own type text. A result without columns has no children.
 * Since 0.1.
 */
ATHENA_API
enum athena_status athena_result_schema(const struct athena_result *result,
                                        struct ArrowSchema *out_schema,
                                        struct athena_error **out_error);

/**
 * Hands over the batches not fetched yet as an Arrow stream.
 *
 * On success the caller calls the `release` of `*out_stream`, which outlives the result.
 * The result keeps its facts and can still be cancelled, but has no more batches of its
 * own. The stream's functions answer 0 or an errno: ECANCELED, ETIMEDOUT, EACCES, ENOENT,
 * EINVAL, EIO and so on; its get_last_error() gives the message.
 *
 * Errors: INVALID_STATE (handed over before). Since 0.1.
 */
ATHENA_API
enum athena_status athena_result_stream(struct athena_result *result,
                                        struct ArrowArrayStream *out_stream,
                                        struct athena_error **out_error);

/**
 * Stops the reading of a result: a fetch that waits, and every later one, answers
 * CANCELLED. Batches already handed out stay valid.
 *
 * May overlap any other call on the result or its stream. Since 0.1.
 */
ATHENA_API
enum athena_status athena_result_cancel(const struct athena_result *result,
                                        struct athena_error **out_error);

/**
 * The query's id, which the Athena console and the history show. Since 0.1.
 */
ATHENA_API
const char *athena_result_query_execution_id(const struct athena_result *result);

/**
 * The state Athena reported last. Since 0.1.
 */
ATHENA_API
enum athena_query_execution_state athena_result_state(const struct athena_result *result);

/**
 * The kind of statement. Since 0.1.
 */
ATHENA_API
enum athena_statement_type athena_result_statement_type(const struct athena_result *result);

/**
 * The finer kind, such as "SELECT" or "CREATE_TABLE_AS_SELECT"; NULL if Athena did not
 * say. Since 0.1.
 */
ATHENA_API
const char *athena_result_substatement_type(const struct athena_result *result);

/**
 * Where Athena put the result, as an s3:// URI; NULL for results Athena manages itself.
 * Since 0.1.
 */
ATHENA_API
const char *athena_result_output_location(const struct athena_result *result);

/**
 * The workgroup the query ran in; NULL if Athena did not say. Since 0.1.
 */
ATHENA_API
const char *athena_result_work_group(const struct athena_result *result);

/**
 * The number of rows written by INSERT, UPDATE, DELETE, MERGE or CREATE TABLE AS.
 *
 * Returns true and writes `*out_count` if the statement has such a number. Since 0.1.
 */
ATHENA_API
bool athena_result_update_count(const struct athena_result *result,
                                int64_t *out_count);

/**
 * Whether Athena answered with the stored result of an earlier query. Since 0.1.
 */
ATHENA_API
bool athena_result_reused_previous_result(const struct athena_result *result);

/**
 * The number of bytes the query read, which Athena bills.
 *
 * Returns true and writes `*out_bytes` if Athena told it. Since 0.1.
 */
ATHENA_API
bool athena_result_data_scanned_in_bytes(const struct athena_result *result,
                                         int64_t *out_bytes);

/**
 * Milliseconds from submission to the end of the query, as Athena counts them.
 *
 * Returns true and writes `*out_ms` if Athena told it. Since 0.1.
 */
ATHENA_API
bool athena_result_total_execution_time_ms(const struct athena_result *result,
                                           int64_t *out_ms);

/**
 * Milliseconds the engine worked. Written as by athena_result_total_execution_time_ms().
 * Since 0.1.
 */
ATHENA_API
bool athena_result_engine_execution_time_ms(const struct athena_result *result,
                                            int64_t *out_ms);

/**
 * Milliseconds spent waiting for capacity. Written as by
 * athena_result_total_execution_time_ms(). Since 0.1.
 */
ATHENA_API
bool athena_result_query_queue_time_ms(const struct athena_result *result,
                                       int64_t *out_ms);

/**
 * Milliseconds spent planning. Written as by athena_result_total_execution_time_ms().
 * Since 0.1.
 */
ATHENA_API
bool athena_result_query_planning_time_ms(const struct athena_result *result,
                                          int64_t *out_ms);

/**
 * Milliseconds spent making the result available. Written as by
 * athena_result_total_execution_time_ms(). Since 0.1.
 */
ATHENA_API
bool athena_result_service_processing_time_ms(const struct athena_result *result,
                                              int64_t *out_ms);

/**
 * Makes a statement without text.
 *
 * On success `*out_statement` is the caller's, to free with athena_statement_free(); it
 * keeps what it needs of the connection. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_new(const struct athena_connection *connection,
                                        struct athena_statement **out_statement,
                                        struct athena_error **out_error);

/**
 * Sets the SQL text. `sql` is borrowed. Bound values stay.
 *
 * Errors: INVALID_ARGUMENT (not UTF-8, over Athena's limit of 262144 bytes),
 * INVALID_STATE while a query runs. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_set_sql(struct athena_statement *statement,
                                            const char *sql,
                                            struct athena_error **out_error);

/**
 * Counts the `?` parameters of the SQL text; those in strings, quoted names and comments
 * are none. Asks no server.
 *
 * Errors: INVALID_STATE before athena_statement_set_sql(). Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_parameter_count(const struct athena_statement *statement,
                                                    size_t *out_count,
                                                    struct athena_error **out_error);

/**
 * Limits how long a query of this statement may take, from submission to its end; then it
 * is stopped and the call answers TIMEOUT. 0 lifts the limit. Without this call the option
 * QueryTimeout holds.
 *
 * Errors: INVALID_ARGUMENT (negative), INVALID_STATE while a query runs. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_set_timeout_ms(struct athena_statement *statement,
                                                   int64_t timeout_ms,
                                                   struct athena_error **out_error);

/**
 * Has `callback` called with every state seen of a running query; NULL ends that.
 *
 * `user_data` is passed on untouched and may be NULL. Both must stay valid until the
 * callback is replaced or the statement freed, and until a query that runs meanwhile has
 * ended. The callback runs on a thread of the library, one call at a time; it may call
 * athena_statement_cancel() and nothing else on this statement, and must return soon.
 *
 * Errors: INVALID_STATE while a query runs. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_set_progress(struct athena_statement *statement,
                                                 athena_progress_callback callback,
                                                 void *user_data,
                                                 struct athena_error **out_error);

/**
 * Sends the statement to Athena, waits for the query's end and opens its result.
 *
 * On success `*out_result` is the caller's, to free with athena_result_free(); it keeps
 * what it needs, so freeing the statement first is fine. Blocks; athena_statement_cancel()
 * from another thread ends it.
 *
 * Errors: INVALID_STATE (no text, or a query runs), INVALID_ARGUMENT (values bound differ
 * from the parameters), INVALID_DATA (syntax, types, a failing query), NOT_FOUND,
 * UNAUTHENTICATED, UNAUTHORIZED, CANCELLED, TIMEOUT, IO; see
 * athena_error_query_execution_id(). Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_execute(struct athena_statement *statement,
                                            struct athena_result **out_result,
                                            struct athena_error **out_error);

/**
 * Sends the statement to Athena and returns as soon as it is accepted.
 *
 * With ComplexTypes=typed, a query that the connection does not know yet is described first
 * (docs/types.md), and this call waits for that.
 *
 * `out_query_execution_id`, which may be NULL, receives the NUL-terminated id; it has room for
 * `id_size` bytes, and ATHENA_QUERY_EXECUTION_ID_SIZE is enough. Continue with
 * athena_statement_wait(), or athena_statement_poll() first. Freeing the statement stops
 * the query.
 *
 * Errors: as athena_statement_execute() before the query runs; INVALID_ARGUMENT for too
 * small a buffer, before anything is sent. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_submit(struct athena_statement *statement,
                                           char *out_query_execution_id,
                                           size_t id_size,
                                           struct athena_error **out_error);

/**
 * Asks Athena once how the submitted query is doing.
 *
 * `*out_progress` receives at most `progress_size` bytes; give sizeof(athena_progress). Blocks
 * for one request. A query that ended in failure is no error of this call;
 * athena_statement_wait() then says why.
 *
 * Errors: INVALID_STATE (nothing submitted), IO and other errors of the request.
 * Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_poll(struct athena_statement *statement,
                                         struct athena_progress *out_progress,
                                         size_t progress_size,
                                         struct athena_error **out_error);

/**
 * Waits for the end of the submitted query and opens its result.
 *
 * Ownership, overlap and errors as athena_statement_execute(). Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_wait(struct athena_statement *statement,
                                         struct athena_result **out_result,
                                         struct athena_error **out_error);

/**
 * Stops the running query. The call that waits for it answers CANCELLED, unless the query
 * ended first.
 *
 * May overlap any other call on the same statement, from any thread. Does not touch a
 * result already handed out; athena_result_cancel() does.
 *
 * Errors: INVALID_STATE (nothing runs), IO (the request to stop failed). Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_cancel(const struct athena_statement *statement,
                                           struct athena_error **out_error);

/**
 * Frees a statement and stops the query it runs. Results made from it go on working. NULL
 * is allowed. Since 0.1.
 */
ATHENA_API
void athena_statement_free(struct athena_statement *statement);

/**
 * Binds NULL to parameter `index`, counted from 0.
 *
 * Holds for all athena_statement_bind functions: a bound value stays for later executions
 * until it is bound anew or cleared; the index is compared with the SQL text only when the
 * statement is executed. Errors: INVALID_ARGUMENT (bad value), INVALID_STATE while a query
 * runs. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_null(struct athena_statement *statement,
                                              size_t index,
                                              struct athena_error **out_error);

/**
 * Binds a boolean: 0 is false, any other value true. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_bool(struct athena_statement *statement,
                                              size_t index,
                                              int32_t value,
                                              struct athena_error **out_error);

/**
 * Binds an integer, as Athena's bigint. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_int64(struct athena_statement *statement,
                                               size_t index,
                                               int64_t value,
                                               struct athena_error **out_error);

/**
 * Binds a floating-point number, as Athena's double; NaN and infinities included.
 * Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_double(struct athena_statement *statement,
                                                size_t index,
                                                double value,
                                                struct athena_error **out_error);

/**
 * Binds a decimal written as digits, such as "-12.50"; at most 38 digits, which keep their
 * scale. `value` is NUL-terminated and borrowed. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_decimal(struct athena_statement *statement,
                                                 size_t index,
                                                 const char *value,
                                                 struct athena_error **out_error);

/**
 * Binds text, as Athena's varchar: `length` bytes of UTF-8 at `value`, which are copied
 * and need no NUL. NULL with length 0 is the empty text. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_text(struct athena_statement *statement,
                                              size_t index,
                                              const char *value,
                                              size_t length,
                                              struct athena_error **out_error);

/**
 * Binds bytes, as Athena's varbinary: `length` bytes at `value`, which are copied. NULL
 * with length 0 is the empty value. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_binary(struct athena_statement *statement,
                                                size_t index,
                                                const uint8_t *value,
                                                size_t length,
                                                struct athena_error **out_error);

/**
 * Binds a date as days since 1970-01-01. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_date(struct athena_statement *statement,
                                              size_t index,
                                              int32_t days,
                                              struct athena_error **out_error);

/**
 * Binds a time of day: `value` counts from midnight in `unit`, an athena_time_unit, which
 * also fixes the precision. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_time(struct athena_statement *statement,
                                              size_t index,
                                              int64_t value,
                                              int32_t unit,
                                              struct athena_error **out_error);

/**
 * Binds a timestamp without zone: `value` counts from 1970-01-01 00:00:00 in `unit`, an
 * athena_time_unit, which also fixes the precision. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_timestamp(struct athena_statement *statement,
                                                   size_t index,
                                                   int64_t value,
                                                   int32_t unit,
                                                   struct athena_error **out_error);

/**
 * Binds an instant, as Athena's timestamp with time zone UTC: `value` counts from
 * 1970-01-01 00:00:00 UTC in `unit`, an athena_time_unit. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_timestamp_utc(struct athena_statement *statement,
                                                       size_t index,
                                                       int64_t value,
                                                       int32_t unit,
                                                       struct athena_error **out_error);

/**
 * Binds all parameters at once from an Arrow record batch of one row: column 0 to
 * parameter 0 and so on. Values bound before are forgotten.
 *
 * `array` is a struct array and `schema` its type, as a record batch is exported. Both are
 * moved from, whether the call succeeds or fails: the library releases them, and their
 * `release` is NULL afterwards. Only if the call fails for a NULL argument they stay the
 * caller's.
 *
 * Errors: INVALID_ARGUMENT (released already, not a struct, not one row), NOT_IMPLEMENTED
 * (a nested type, or another without a literal), INVALID_STATE while a query runs.
 * Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_bind_arrow(struct athena_statement *statement,
                                               struct ArrowArray *array,
                                               struct ArrowSchema *schema,
                                               struct athena_error **out_error);

/**
 * Forgets all bound values. Errors: INVALID_STATE while a query runs. Since 0.1.
 */
ATHENA_API
enum athena_status athena_statement_clear_bindings(struct athena_statement *statement,
                                                   struct athena_error **out_error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ATHENA_H */
