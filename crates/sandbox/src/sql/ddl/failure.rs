//! Failures in Hive's words, and in those of Athena where Hive has no part.

use crate::engine::Failure;
use crate::metastore::MetastoreError;

/// `FAILED: …`.
pub(in crate::sql) fn hive(text: &str, error_type: i32) -> Failure {
    Failure {
        error_category: 1,
        ..plain(&format!("FAILED: {text}"), error_type)
    }
}

/// A failure of the caller's, told as it is.
pub(in crate::sql) fn plain(text: &str, error_type: i32) -> Failure {
    Failure {
        reason: text.to_owned(),
        message: None,
        error_category: 2,
        error_type,
        retryable: false,
    }
}

/// What Athena does not do to Iceberg tables.
pub(super) fn not_for_iceberg() -> Failure {
    plain(
        "Query type not supported by Athena Iceberg at this time",
        1200,
    )
}

/// The failure of a DDL task.
pub(super) fn task(text: &str) -> Failure {
    let task = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask";
    hive(&format!("{task}. {text}"), 1003)
}

/// A failure of the caller's whose message is another than its reason.
pub(super) fn told(failure: Failure, error_type: i32, message: &str) -> Failure {
    Failure {
        message: Some(message.to_owned()),
        error_category: 2,
        error_type,
        ..failure
    }
}

/// A table that is not there.
pub(in crate::sql) fn no_table(database: &str, name: &str) -> Failure {
    let text = format!("SemanticException [Error 10001]: Table not found {database}.{name}");
    Failure {
        error_category: 2,
        ..hive(&text, 1301)
    }
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
