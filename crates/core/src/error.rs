//! The one error type of the engine, and the table its kinds live in.
//!
//! A kind fixes three things the faces hand out: the status (ADBC's numbers, which are
//! also the C ABI's), the SQLSTATE, and whether the same call may succeed when repeated.
//! `docs/errors.md` is generated from [`ErrorKind::ALL`].

use std::error::Error as StdError;
use std::fmt;

/// The result type of every fallible function of the engine.
pub type Result<T> = std::result::Result<T, Error>;

/// Longest message kept from the service, in bytes. Athena echoes whole statements
/// (256 KiB) in validation errors.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// What went wrong, to the caller, who dispatches on it.
///
/// Values equal ADBC's status codes 1 to 14 and are part of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Status {
    /// No kind below fits.
    Unknown = 1,
    /// The driver does not have this feature (yet).
    NotImplemented = 2,
    /// A table, workgroup, query or option does not exist.
    NotFound = 3,
    /// The thing to be created is there already.
    AlreadyExists = 4,
    /// An argument or option is wrong; the message names it.
    InvalidArgument = 5,
    /// The call does not fit the state of the object.
    InvalidState = 6,
    /// The query or its data is at fault: syntax, types, division by zero, undecodable value.
    InvalidData = 7,
    /// A constraint was violated.
    Integrity = 8,
    /// A bug of this driver.
    Internal = 9,
    /// The network, the service or the result bucket failed.
    Io = 10,
    /// The caller, or somebody else, cancelled the work.
    Cancelled = 11,
    /// A time limit passed.
    Timeout = 12,
    /// No credentials, or the service does not know them.
    Unauthenticated = 13,
    /// The credentials are known but lack a permission.
    Unauthorized = 14,
}

/// One row of the error table.
#[derive(Debug, Clone, Copy)]
pub struct ErrorKindInfo {
    /// The kind this row describes.
    pub kind: ErrorKind,
    /// Its name, as the documentation spells it.
    pub name: &'static str,
    /// The status handed to C and ADBC callers.
    pub status: Status,
    /// The five-character SQLSTATE.
    pub sqlstate: &'static str,
    /// Whether the same call may succeed when repeated unchanged.
    pub retryable: bool,
    /// When it happens and what to do about it.
    pub meaning: &'static str,
}

macro_rules! error_kinds {
    ($($name:ident, $status:ident, $sqlstate:literal, $retryable:literal, $meaning:literal;)*) => {
        /// The kinds of error the engine distinguishes. See `docs/errors.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(#[doc = $meaning] $name,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [ErrorKindInfo] = &[
                $(ErrorKindInfo {
                    kind: ErrorKind::$name,
                    name: stringify!($name),
                    status: Status::$status,
                    sqlstate: $sqlstate,
                    retryable: $retryable,
                    meaning: $meaning,
                },)*
            ];

            /// This kind's row of the table.
            pub const fn info(self) -> &'static ErrorKindInfo {
                // The enum and the table are generated from one list, in one order.
                #[allow(clippy::indexing_slicing, reason = "one row per discriminant")]
                &Self::ALL[self as usize]
            }
        }
    };
}

error_kinds! {
    ConnectionString, InvalidArgument, "08001", false, "The connection string cannot be parsed. The message shows the position.";
    InvalidOption, InvalidArgument, "HY024", false, "An option has a value outside its type or range. The message names the option and the allowed values.";
    UnknownOption, InvalidArgument, "HY092", false, "An option is not known and StrictOptions is on. The message names the nearest known option.";
    InvalidArgument, InvalidArgument, "HY009", false, "An argument of the call is NULL, not UTF-8 or out of range. The message names it.";
    ParameterCount, InvalidArgument, "07002", false, "The number of values bound differs from the number of `?` in the statement.";
    StatementTooLong, InvalidArgument, "54001", false, "The statement is longer than 262144 bytes, Athena's limit. Nothing was sent.";
    InvalidState, InvalidState, "HY010", false, "The call does not fit the state of the object, for instance a second execute while one runs.";
    NotImplemented, NotImplemented, "HYC00", false, "The driver does not have this feature. The message names it.";
    NoCredentials, Unauthenticated, "28000", false, "No credentials were found. Give User and Password, a profile, or leave both blank on a machine whose environment has some.";
    Unauthenticated, Unauthenticated, "28000", false, "The service does not accept the credentials: unknown key, wrong secret, or an expired session token.";
    Unauthorized, Unauthorized, "42501", false, "The credentials lack a permission. The message is the service's and names the action.";
    NoRegion, InvalidArgument, "08001", false, "No region was given and none was found in the environment or the profile. Set Region.";
    WorkGroup, NotFound, "08004", false, "The workgroup does not exist or is disabled.";
    NoOutputLocation, InvalidArgument, "HY024", false, "Neither the connection nor the workgroup has a place for results. Set S3OutputLocation.";
    Syntax, InvalidData, "42000", false, "Athena refused the statement before running it.";
    TableNotFound, NotFound, "42S02", false, "A table, view, schema or catalog of the statement does not exist.";
    ColumnNotFound, InvalidData, "42S22", false, "A column of the statement does not exist, or the requester may not see it.";
    AlreadyExists, AlreadyExists, "42S01", false, "The table or view to be created is there already.";
    DivisionByZero, InvalidData, "22012", false, "The query divided by zero.";
    QueryFailed, InvalidData, "HY000", false, "The query ended FAILED. The message is Athena's StateChangeReason.";
    EngineFailed, Io, "HY000", true, "The query ended FAILED for a reason on Athena's side; running it again may succeed.";
    ScanLimit, Cancelled, "54000", false, "Athena stopped the query at the workgroup's bytes-scanned cutoff. Scan less, or raise the limit.";
    Cancelled, Cancelled, "HY008", false, "The query or the reading of its result was cancelled.";
    Timeout, Timeout, "HYT00", false, "The query did not finish within the query timeout; it was cancelled.";
    ConnectionTimeout, Timeout, "HYT01", true, "A request got no answer within the connect or read timeout, retries included.";
    Throttled, Io, "08004", true, "The service kept throttling requests until the retries were used up. Wait, or lower the request rate.";
    TooManyQueries, Io, "08004", true, "The account's limit of concurrent queries is reached. Repeat after other queries end.";
    Network, Io, "08S01", true, "The service could not be reached, or the connection broke, retries included.";
    Service, Io, "HY000", true, "The service answered with an error of its own (5xx), or with something that is no answer.";
    Rejected, InvalidArgument, "HY000", false, "The service refused the request as invalid. The message is the service's.";
    ResultNotFound, NotFound, "02000", false, "The query's result is gone: deleted from the bucket, or older than its retention.";
    ResultChanged, Io, "58030", false, "The result object was cut short, or replaced while it was read. No row was made up; run the query again.";
    Decode, InvalidData, "22018", false, "A value of the result cannot be read as its column's type. The message names column, row and value.";
    LocalIo, Io, "58030", false, "A file on this machine cannot be read or written. The message names it.";
    Internal, Internal, "HY000", false, "A bug of this driver. Please report it with the message.";
}

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    sqlstate: Option<&'static str>,
    retryable: Option<bool>,
    athena_error_category: Option<i32>,
    athena_error_type: Option<i32>,
    query_execution_id: Option<String>,
    request_id: Option<String>,
}

/// An error of the engine. One pointer wide.
///
/// Its message says what went wrong, which value was at fault and what to do. It holds no
/// secret and no parameter value of a statement.
pub struct Error(Box<Inner>);

impl Error {
    /// An error of `kind` with a message for a person. Messages longer than
    /// [`MAX_MESSAGE_BYTES`] are cut.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: capped(message.into()),
            source: None,
            sqlstate: None,
            retryable: None,
            athena_error_category: None,
            athena_error_type: None,
            query_execution_id: None,
            request_id: None,
        }))
    }

    /// Replaces the message, cut as by [`Error::new`].
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = capped(message.into());
        self
    }

    /// Adds what caused this error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Replaces the table's SQLSTATE by a more exact one.
    #[must_use]
    pub fn with_sqlstate(mut self, sqlstate: &'static str) -> Self {
        self.0.sqlstate = Some(sqlstate);
        self
    }

    /// Replaces the table's answer to "may the same call succeed later".
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// Adds `AthenaError.ErrorCategory` (1 system, 2 user, 3 other) and `ErrorType`.
    #[must_use]
    pub fn with_athena_error(mut self, category: Option<i32>, error_type: Option<i32>) -> Self {
        self.0.athena_error_category = category;
        self.0.athena_error_type = error_type;
        self
    }

    /// Adds the id of the query this error belongs to; an id already there stays.
    #[must_use]
    pub fn with_query_execution_id(mut self, id: impl Into<String>) -> Self {
        self.0.query_execution_id.get_or_insert_with(|| id.into());
        self
    }

    /// Adds the AWS request id, which support asks for.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// The kind, to dispatch on inside the engine.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status handed to C and ADBC callers.
    pub fn status(&self) -> Status {
        self.0.kind.info().status
    }

    /// The five-character SQLSTATE.
    pub fn sqlstate(&self) -> &'static str {
        self.0.sqlstate.unwrap_or(self.0.kind.info().sqlstate)
    }

    /// Whether the same call may succeed when repeated unchanged.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or(self.0.kind.info().retryable)
    }

    /// The message, at most [`MAX_MESSAGE_BYTES`] long.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// `AthenaError.ErrorCategory` of a failed query.
    pub fn athena_error_category(&self) -> Option<i32> {
        self.0.athena_error_category
    }

    /// `AthenaError.ErrorType` of a failed query.
    pub fn athena_error_type(&self) -> Option<i32> {
        self.0.athena_error_type
    }

    /// The query this error belongs to, once it has an id.
    pub fn query_execution_id(&self) -> Option<&str> {
        self.0.query_execution_id.as_deref()
    }

    /// The AWS request id of the failed call.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("sqlstate", &self.sqlstate())
            .field("query_execution_id", &self.0.query_execution_id)
            .field("request_id", &self.0.request_id)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// Cuts `message` at a character boundary and says that it did.
fn capped(mut message: String) -> String {
    if message.len() > MAX_MESSAGE_BYTES {
        let mut end = MAX_MESSAGE_BYTES - " … (cut)".len();
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        message.push_str(" … (cut)");
    }
    message
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn errors_markdown() -> String {
        let mut text = String::from(
            "# Errors\n\n\
             This file is generated from the table in `crates/core/src/error.rs`; change it there and \
             run the tests\nwith `UPDATE_DOCS=1`.\n\n\
             An error carries a status (the number is the same in the C API and in ADBC), a SQLSTATE, a \
             message, and,\nwhere there is one, the query execution id, the AWS request id, and Athena's \
             error category and type.\nThe SQLSTATE of a failed query may be more exact than the \
             table's. \"Again\" says whether the same call may\nsucceed when repeated; for a failed query \
             Athena's own word counts.\n\n\
             | Kind | Status | SQLSTATE | Again | Meaning |\n|---|---|---|---|---|\n",
        );
        for row in ErrorKind::ALL {
            let again = if row.retryable { "yes" } else { "no" };
            writeln!(
                text,
                "| {} | {:?} ({}) | {} | {again} | {} |",
                row.name, row.status, row.status as i32, row.sqlstate, row.meaning
            )
            .unwrap();
        }
        text
    }

    #[test]
    fn errors_md_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            std::fs::write(path, errors_markdown()).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert!(
            found == errors_markdown(),
            "docs/errors.md is old; run with UPDATE_DOCS=1"
        );
    }

    #[test]
    fn every_kind_finds_its_own_row() {
        for row in ErrorKind::ALL {
            assert_eq!(row.kind.info().name, row.name);
            assert_eq!(row.sqlstate.len(), 5, "{}", row.name);
        }
    }

    #[test]
    fn long_messages_are_cut_at_a_character_boundary() {
        let error = Error::new(ErrorKind::Rejected, "ß".repeat(MAX_MESSAGE_BYTES));
        assert!(error.message().len() <= MAX_MESSAGE_BYTES);
        assert!(error.message().ends_with("(cut)"));
    }
}
