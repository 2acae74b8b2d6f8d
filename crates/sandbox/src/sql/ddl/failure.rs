//! Failures in Hive's words.

use crate::engine::Failure;
use crate::metastore::MetastoreError;

/// `FAILED: …`.
pub(in crate::sql) fn hive(text: &str, error_type: i32) -> Failure {
    Failure {
        reason: format!("FAILED: {text}"),
        error_category: 1,
        error_type,
        retryable: false,
    }
}

/// The failure of a DDL task.
pub(super) fn task(text: &str) -> Failure {
    let task = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask";
    hive(&format!("{task}. {text}"), 1003)
}

/// A table that is not there.
pub(in crate::sql) fn no_table(database: &str, name: &str) -> Failure {
    let text = format!("SemanticException [Error 10001]: Table not found {database}.{name}");
    hive(&text, 1003)
}

/// A database that is not there.
pub(super) fn no_database(name: &str) -> Failure {
    let text = format!("SemanticException [Error 10072]: Database does not exist: {name}");
    hive(&text, 1502)
}

/// What the catalogue refuses.
pub(super) fn refused(error: &MetastoreError) -> Failure {
    match error {
        MetastoreError::AlreadyExists(text) => {
            task(&format!("AlreadyExistsException(message:{text})"))
        }
        MetastoreError::NotFound(text) => task(&format!("NoSuchObjectException(message:{text})")),
        other => task(&format!("InvalidOperationException(message:{other})")),
    }
}
