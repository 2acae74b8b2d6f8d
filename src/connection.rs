//! `athena_connection`: opening one, and the options it was opened with.

use std::ffi::{CString, c_char};

use athena_core::options::Options;
use athena_core::session::Connection;

use crate::boundary::{c_text, handed_out, pointer_to, run};
use crate::error::athena_error;
use crate::result::athena_result;
use crate::status::athena_status;

/// The settings, credentials and network connections that queries share.
///
/// All its functions take it as `const`: any number of threads may use one connection.
///
/// Made by: athena_connect(). Methods: athena_execute(), athena_statement_new(),
/// athena_connection_option_count(), athena_connection_option_name(),
/// athena_connection_option_value(), athena_connection_option_source(),
/// athena_connection_unknown_option_count(), athena_connection_unknown_option_name(),
/// athena_connection_unknown_option_suggestion(), athena_connection_free().
pub struct athena_connection {
    pub(crate) connection: Connection,
    options: Vec<EffectiveOption>,
    unknown_options: Vec<UnknownOption>,
}

impl athena_connection {
    fn new(connection: Connection) -> Self {
        let all = connection.options();
        let options = all
            .effective()
            .map(|option| EffectiveOption {
                name: c_text(option.name()),
                value: c_text(option.shown()),
                source: c_text(option.source()),
            })
            .collect();
        let unknown_options = all
            .unknown()
            .map(|option| UnknownOption {
                name: c_text(option.name()),
                suggestion: option.nearest().map(c_text),
            })
            .collect();
        Self {
            connection,
            options,
            unknown_options,
        }
    }
}

struct EffectiveOption {
    name: CString,
    value: CString,
    source: CString,
}

struct UnknownOption {
    name: CString,
    suggestion: Option<CString>,
}

/// Opens a connection from options written as "Key=Value;Key=Value".
///
/// Also understood: "jdbc:athena://...", "jdbc:awsathena://..." and "athena://" URIs, and the
/// option names of Amazon's JDBC and ODBC drivers; docs/options.md lists all. The smallest
/// useful string is "Region=eu-west-1;S3OutputLocation=s3://bucket/prefix/".
///
/// Blocks for one request that costs nothing and proves credentials and workgroup, unless
/// ConnectionTest=0. On success `*out_connection` is the caller's, to free with
/// athena_connection_free().
///
/// Errors: INVALID_ARGUMENT (malformed string, bad option value, no region),
/// UNAUTHENTICATED, UNAUTHORIZED, NOT_FOUND (workgroup), NOT_IMPLEMENTED (sign-in plugin),
/// IO, TIMEOUT. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connect(
    connection_string: *const c_char,
    out_connection: *mut *mut athena_connection,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_connect", out_error, || {
        let connection_string = text!(connection_string);
        let out_connection = out!(out_connection);
        let connection = Connection::open(Options::parse(connection_string)?)?;
        out_connection.write(handed_out(athena_connection::new(connection)));
        Ok(())
    })
}

/// Runs one SQL statement and waits for its result.
///
/// The short way for athena_statement_new(), athena_statement_set_sql(),
/// athena_statement_execute(), athena_statement_free(). `sql` is borrowed. On success
/// `*out_result` is the caller's, to free with athena_result_free(); it keeps what it needs
/// of the connection. Blocks; may be called from many threads at once. To be able to cancel
/// or to bind values, use a statement.
///
/// Errors: INVALID_DATA (syntax, types, a failing query), NOT_FOUND (table, workgroup),
/// UNAUTHENTICATED, UNAUTHORIZED, TIMEOUT, CANCELLED (stopped by somebody else or by a scan
/// limit), IO; see athena_error_query_execution_id(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_execute(
    connection: *const athena_connection,
    sql: *const c_char,
    out_result: *mut *mut athena_result,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_execute", out_error, || {
        let connection = handle!(connection);
        let sql = text!(sql);
        let out_result = out!(out_result);
        let statement = connection.connection.statement();
        statement.set_sql(sql)?;
        out_result.write(handed_out(athena_result::new(statement.execute()?)));
        Ok(())
    })
}

/// How many options the driver knows; each has a place in the list, in the order of
/// docs/options.md. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_option_count(
    connection: *const athena_connection,
) -> usize {
    optional!(connection).map_or(0, |connection| connection.options.len())
}

/// The canonical name of option `index`, by whichever alias it was given; NULL from
/// athena_connection_option_count() on. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_option_name(
    connection: *const athena_connection,
    index: usize,
) -> *const c_char {
    pointer_to(option_at(optional!(connection), index).map(|option| &option.name))
}

/// The value in effect of option `index`, "***" for a secret, "" if it has none; NULL from
/// athena_connection_option_count() on. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_option_value(
    connection: *const athena_connection,
    index: usize,
) -> *const c_char {
    pointer_to(option_at(optional!(connection), index).map(|option| &option.value))
}

/// Where the value of option `index` came from: "given" by the caller, or "default"; NULL
/// from athena_connection_option_count() on. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_option_source(
    connection: *const athena_connection,
    index: usize,
) -> *const c_char {
    pointer_to(option_at(optional!(connection), index).map(|option| &option.source))
}

/// How many options were given that the driver does not know. They have no effect; with
/// StrictOptions=1 they make athena_connect() fail instead. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_unknown_option_count(
    connection: *const athena_connection,
) -> usize {
    optional!(connection).map_or(0, |connection| connection.unknown_options.len())
}

/// The name of unknown option `index` as it was written; NULL from
/// athena_connection_unknown_option_count() on. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_unknown_option_name(
    connection: *const athena_connection,
    index: usize,
) -> *const c_char {
    pointer_to(unknown_at(optional!(connection), index).map(|option| &option.name))
}

/// The known option that unknown option `index` resembles most; NULL if none is near.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_unknown_option_suggestion(
    connection: *const athena_connection,
    index: usize,
) -> *const c_char {
    pointer_to(
        unknown_at(optional!(connection), index).and_then(|option| option.suggestion.as_ref()),
    )
}

/// Frees a connection. Statements, results and streams made from it go on working. NULL is
/// allowed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_connection_free(connection: *mut athena_connection) {
    free!(connection);
}

fn option_at(connection: Option<&athena_connection>, index: usize) -> Option<&EffectiveOption> {
    connection?.options.get(index)
}

fn unknown_at(connection: Option<&athena_connection>, index: usize) -> Option<&UnknownOption> {
    connection?.unknown_options.get(index)
}
