//! Brings bound values and a statement into the form StartQueryExecution takes.
//!
//! | Statement | Where its values go |
//! |---|---|
//! | SELECT, WITH, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE, UNLOAD, EXPLAIN, CREATE TABLE AS | ExecutionParameters; a literal too long for that, into the text |
//! | EXECUTE without `?` and without USING | ExecutionParameters; Athena checks their number |
//! | EXECUTE … USING ?, CREATE VIEW AS, USING EXTERNAL FUNCTION | the text |
//! | PREPARE | takes none: its `?` wait for EXECUTE |
//! | everything else (Hive DDL) | the text, as the few literals DDL knows |

use super::literal::{ddl_literal, literal};
use super::tokenizer::Outline;
use super::value::Value;
use crate::error::{Error, ErrorKind, Result};

/// Longest statement Athena takes, in bytes of UTF-8.
pub(crate) const MAX_STATEMENT_BYTES: usize = 262_144;

/// Longest execution parameter. Athena's model says characters, but it says so of statements
/// too and counts bytes, so bytes it is: putting a literal into the text is never wrong.
const MAX_EXECUTION_PARAMETER_BYTES: usize = 1024;

/// A statement ready to be sent. Without `Debug`, because it holds the values.
pub(crate) struct Prepared {
    /// QueryString: the statement, perhaps with some values put in.
    pub(crate) sql: String,
    /// ExecutionParameters, in the order of the `?` left in `sql`; Athena takes no empty list.
    pub(crate) execution_parameters: Option<Vec<String>>,
}

/// Binds `values` to the `?` of `sql`, in order.
///
/// # Errors
///
/// `ParameterCount` if their numbers differ, `InvalidArgument` for an empty statement or a
/// value Athena cannot hold, `NotImplemented` for one that DDL cannot take, and
/// `StatementTooLong`. No message shows a value.
pub(crate) fn prepare(sql: &str, values: &[Value]) -> Result<Prepared> {
    let outline = Outline::of(sql);
    if outline.body.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "The statement is empty.",
        ));
    }
    let place = Place::of(&outline);
    // Nobody knows all the quotes of DDL: without values, a `?` there is left to Athena.
    let counted = !(place == Place::DdlText && values.is_empty() || place == Place::Service);
    if counted && outline.parameters.len() != values.len() {
        return Err(Error::new(
            ErrorKind::ParameterCount,
            format!(
                "The statement has {} `?`, but {} values are bound.",
                outline.parameters.len(),
                values.len()
            ),
        ));
    }

    let mut text = String::with_capacity(sql.len());
    let mut copied = 0;
    let mut sent = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let rendered = match place {
            Place::DdlText => ddl_literal(value),
            _ => literal(value),
        };
        let rendered = rendered.map_err(|error| at(index, error.kind(), error.message()))?;
        let fits = rendered.len() <= MAX_EXECUTION_PARAMETER_BYTES;
        if fits && matches!(place, Place::Parameters | Place::Service) {
            sent.push(rendered);
            continue;
        }
        let Some(&position) = outline.parameters.get(index) else {
            return Err(at(
                index,
                ErrorKind::InvalidArgument,
                "the value is too long to be sent beside the statement; write EXECUTE … USING ?.",
            ));
        };
        text.push_str(&sql[copied..position]);
        // Blanks, or the literal might join its neighbours: `IN?`, `X?`, `'a'?`.
        text.push(' ');
        text.push_str(&rendered);
        text.push(' ');
        copied = position + 1;
    }
    text.push_str(&sql[copied..]);
    check_statement_length(&text)?;
    Ok(Prepared {
        sql: text,
        execution_parameters: (!sent.is_empty()).then_some(sent),
    })
}

/// Refuses a statement longer than Athena takes, whose own error would repeat all of it.
///
/// # Errors
///
/// `StatementTooLong`, naming the length and the limit.
pub(crate) fn check_statement_length(sql: &str) -> Result<()> {
    if sql.len() <= MAX_STATEMENT_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::StatementTooLong,
        format!(
            "The statement has {} bytes; Athena takes at most {MAX_STATEMENT_BYTES}.",
            sql.len()
        ),
    ))
}

/// Where the values of a statement go; the table above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// ExecutionParameters.
    Parameters,
    /// ExecutionParameters, for `?` that only the service knows.
    Service,
    /// The text of a query.
    QueryText,
    /// The text of a DDL statement.
    DdlText,
}

impl Place {
    fn of(outline: &Outline<'_>) -> Self {
        match outline.word(0).as_str() {
            "SELECT" | "WITH" | "VALUES" | "TABLE" | "INSERT" | "UPDATE" | "DELETE" | "MERGE"
            | "UNLOAD" | "EXPLAIN" => Self::Parameters,
            "CREATE" if outline.has_as && outline.word(1) == "TABLE" => Self::Parameters,
            "EXECUTE" if outline.parameters.is_empty() && outline.word(2) != "USING" => {
                Self::Service
            }
            "CREATE" if outline.has_as => Self::QueryText,
            "EXECUTE" | "PREPARE" | "USING" => Self::QueryText,
            _ => Self::DdlText,
        }
    }
}

/// An error about the value at `index`, counted from 1 as callers count parameters.
fn at(index: usize, kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, format!("Parameter {}: {message}", index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn refusal(sql: &str, values: &[Value]) -> Error {
        prepare(sql, values).err().unwrap()
    }

    #[test]
    fn values_go_where_the_statement_takes_them() {
        let long = "y".repeat(1023);
        let long_inlined = format!("SELECT ?,  '{long}' , ?");
        let cases: &[(&str, &[Value], &str, &[&str])] = &[
            ("SELECT 1", &[], "SELECT 1", &[]),
            (
                "SELECT ?, '?', ?",
                &[Value::Int64(1), text("it's")],
                "SELECT ?, '?', ?",
                &["BIGINT '1'", "'it''s'"],
            ),
            // The first is 1025 long as a literal.
            (
                "SELECT ?, ?, ?",
                &[Value::Null, text(&long), Value::Boolean(true)],
                &long_inlined,
                &["NULL", "TRUE"],
            ),
            (
                "CREATE TABLE t WITH (format = 'ORC') AS SELECT ?",
                &[Value::Null],
                "CREATE TABLE t WITH (format = 'ORC') AS SELECT ?",
                &["NULL"],
            ),
            (
                "CREATE OR REPLACE VIEW v AS SELECT?",
                &[Value::Int32(-1)],
                "CREATE OR REPLACE VIEW v AS SELECT INTEGER '-1' ",
                &[],
            ),
            (
                "EXECUTE p",
                &[Value::Int32(1)],
                "EXECUTE p",
                &["INTEGER '1'"],
            ),
            (
                "execute p using ?, ?",
                &[Value::Int32(1), text("'")],
                "execute p using  INTEGER '1' ,  '''' ",
                &[],
            ),
            (
                "PREPARE p FROM SELECT ?",
                &[],
                "PREPARE p FROM SELECT ?",
                &[],
            ),
            (
                "ALTER TABLE t ADD PARTITION (y = ?, m = ?)",
                &[Value::Int64(2020), text("05")],
                "ALTER TABLE t ADD PARTITION (y =  2020 , m =  '05' )",
                &[],
            ),
            ("SHOW TABLES ?", &[], "SHOW TABLES ?", &[]),
        ];
        for (sql, values, expected, sent) in cases {
            let prepared = prepare(sql, values).unwrap();
            assert_eq!(&prepared.sql, expected);
            let found = prepared.execution_parameters;
            assert_ne!(
                found.as_deref(),
                Some(&[][..]),
                "{sql}: Athena refuses an empty list"
            );
            assert_eq!(&found.unwrap_or_default(), sent, "{sql}");
        }
    }

    #[test]
    fn the_longest_execution_parameter_is_sent() {
        for (length, is_sent) in [(1022, true), (1023, false)] {
            let prepared = prepare("SELECT ?", &[text(&"x".repeat(length))]).unwrap();
            assert_eq!(prepared.execution_parameters.is_some(), is_sent, "{length}");
        }
    }

    #[test]
    fn a_wrong_count_names_both_numbers() {
        let cases = [
            ("SELECT ?, ?", 1, "2 `?`, but 1 values"),
            ("SELECT '?'", 2, "0 `?`, but 2 values"),
            ("SELECT ?", 0, "1 `?`, but 0 values"),
            ("PREPARE p FROM SELECT ?", 1, "0 `?`, but 1 values"),
            ("EXECUTE p USING 1", 1, "0 `?`, but 1 values"),
            ("SHOW TABLES", 1, "0 `?`, but 1 values"),
        ];
        for (sql, count, expected) in cases {
            let error = refusal(sql, &vec![text("secret"); count]);
            assert_eq!(error.kind(), ErrorKind::ParameterCount, "{sql}");
            assert!(error.message().contains(expected), "{error}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }

    #[test]
    fn refused_values_are_named_by_number_only() {
        let long = text(&"secret".repeat(300));
        let cases = [
            (
                "SELECT ?, ?",
                vec![Value::Null, Value::Date(i32::MAX)],
                ErrorKind::InvalidArgument,
            ),
            (
                "EXECUTE p",
                vec![Value::Null, long],
                ErrorKind::InvalidArgument,
            ),
            (
                "DROP TABLE ? ?",
                vec![Value::Null, text("secret'")],
                ErrorKind::InvalidArgument,
            ),
            (
                "DROP TABLE ? ?",
                vec![Value::Null, Value::Float32(0.5)],
                ErrorKind::NotImplemented,
            ),
        ];
        for (sql, values, kind) in cases {
            let error = refusal(sql, &values);
            assert_eq!(error.kind(), kind, "{sql}");
            assert!(error.message().starts_with("Parameter 2: "), "{error}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }

    #[test]
    fn empty_and_overlong_statements_are_refused() {
        for sql in ["", " \n", ";", "-- nothing"] {
            assert_eq!(
                refusal(sql, &[]).kind(),
                ErrorKind::InvalidArgument,
                "{sql}"
            );
        }
        // Two bytes a character: the limit is one of bytes.
        let padding = "é".repeat((MAX_STATEMENT_BYTES - "SELECT ''".len()) / 2);
        let exact = format!("SELECT '{padding}' ");
        assert_eq!(exact.len(), MAX_STATEMENT_BYTES);
        assert!(prepare(&exact, &[]).is_ok());
        let error = refusal(&format!("{exact} "), &[]);
        assert_eq!(error.kind(), ErrorKind::StatementTooLong);
        assert!(error.message().contains("262145 bytes"), "{error}");
        assert!(error.message().contains("at most 262144"), "{error}");
        // Text put in counts.
        let error = refusal("SELECT ?", &[text(&"x".repeat(MAX_STATEMENT_BYTES))]);
        assert_eq!(error.kind(), ErrorKind::StatementTooLong);
    }
}
