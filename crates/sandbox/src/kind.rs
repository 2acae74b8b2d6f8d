//! Classifies a statement by its leading words, for fixtures, which bring no parser.

use crate::engine::{StatementKind, StatementType};

/// The kind of a statement; comments count as blanks, anything unknown is a SELECT.
pub(crate) fn classify(sql: &str) -> StatementKind {
    use StatementType::{Ddl, Dml, Utility};
    let words = leading_words(sql, 64);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let has = |needle: &str| words.iter().any(|word| word == needle);
    let (statement_type, substatement_type) = match (word(0), word(1)) {
        ("INSERT", _) => (Dml, "INSERT"),
        ("UPDATE", _) => (Dml, "UPDATE"),
        ("DELETE", _) => (Dml, "DELETE"),
        ("MERGE", _) => (Dml, "MERGE"),
        ("UNLOAD", _) => (Dml, "UNLOAD"),
        ("VACUUM", _) => (Dml, "VACUUM_TABLE"),
        ("EXPLAIN", _) => (Dml, "EXPLAIN"),
        ("OPTIMIZE", _) => (Ddl, "CREATE_TABLE_AS_SELECT"),
        ("MSCK", _) => (Ddl, "MSCK_REPAIR"),
        ("CREATE", "DATABASE" | "SCHEMA") => (Ddl, "CREATE_DATABASE"),
        ("CREATE", "VIEW") | ("CREATE", "OR") => (Ddl, "CREATE_VIEW"),
        ("CREATE", "TABLE") if has("SELECT") && has("AS") => (Ddl, "CREATE_TABLE_AS_SELECT"),
        ("CREATE", _) => (Ddl, "CREATE_TABLE"),
        ("DROP", "DATABASE" | "SCHEMA") => (Ddl, "DROP_DATABASE"),
        ("DROP", "VIEW") => (Ddl, "DROP_VIEW"),
        ("DROP", _) => (Ddl, "DROP_TABLE"),
        ("ALTER", _) => (Ddl, alter(&words)),
        ("DESCRIBE" | "DESC", _) => (Utility, "DESCRIBE_TABLE"),
        ("SHOW", "TABLES") => (Utility, "SHOW_TABLES"),
        ("SHOW", "DATABASES" | "SCHEMAS") => (Utility, "SHOW_DATABASES"),
        ("SHOW", "COLUMNS") => (Utility, "SHOW_COLUMNS"),
        ("SHOW", "PARTITIONS") => (Utility, "SHOW_PARTITIONS"),
        ("SHOW", "TBLPROPERTIES") => (Utility, "SHOW_TABLE_PROPERTIES"),
        ("SHOW", "FUNCTIONS") => (Utility, "SHOW_FUNCTIONS"),
        ("SHOW", "VIEWS") => (Utility, "SHOW_VIEWS"),
        ("SHOW", "CREATE") if word(2) == "VIEW" => (Utility, "SHOW_CREATE_VIEW"),
        ("SHOW", "CREATE") => (Utility, "SHOW_CREATE_TABLE"),
        _ => (Dml, "SELECT"),
    };
    StatementKind {
        statement_type,
        substatement_type,
    }
}

fn alter(words: &[String]) -> &'static str {
    let has = |needle: &str| words.iter().any(|word| word == needle);
    if has("RENAME") && !has("PARTITION") {
        "ALTER_TABLE_RENAME"
    } else if has("ADD") && has("PARTITION") {
        "ALTER_TABLE_ADD_PARTITION"
    } else if has("DROP") && has("PARTITION") {
        "ALTER_TABLE_DROP_PARTITION"
    } else if has("TBLPROPERTIES") {
        "ALTER_TABLE_PROPERTIES"
    } else if has("LOCATION") {
        "ALTER_TABLE_SET_LOCATION"
    } else if has("REPLACE") {
        "ALTER_TABLE_REPLACE_COLUMN"
    } else if has("CHANGE") {
        "ALTER_TABLE_CHANGE_COLUMN"
    } else if has("DROP") {
        "ALTER_TABLE_DROP_COLUMN"
    } else {
        "ALTER_TABLE_ADD_COLUMN"
    }
}

/// The first words in upper case, with comments and quoted text left out.
fn leading_words(sql: &str, limit: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while words.len() < limit {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if let Some(quote) = rest.chars().next().filter(|c| "'\"`".contains(*c)) {
            rest = rest[1..].split_once(quote).map_or("", |(_, after)| after);
        } else {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            if end > 0 {
                words.push(rest[..end].to_ascii_uppercase());
                rest = &rest[end..];
            } else if let Some(other) = rest.chars().next() {
                rest = &rest[other.len_utf8()..];
            } else {
                break;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_words_tell_the_kind() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT"),
            (
                "-- hi\n/* there */ (WITH a AS (SELECT 1) SELECT * FROM a)",
                "SELECT",
            ),
            ("values 1", "SELECT"),
            ("explain analyze select 1", "EXPLAIN"),
            (
                "CREATE /* x */ TABLE a AS SELECT 1",
                "CREATE_TABLE_AS_SELECT",
            ),
            (
                "CREATE EXTERNAL TABLE a (b int) LOCATION 's3://select/as'",
                "CREATE_TABLE",
            ),
            ("create or replace view v as select 1", "CREATE_VIEW"),
            (
                "ALTER TABLE t ADD IF NOT EXISTS PARTITION (p=1)",
                "ALTER_TABLE_ADD_PARTITION",
            ),
            ("UNLOAD (SELECT 1) TO 's3://b/'", "UNLOAD"),
            ("SHOW CREATE VIEW v", "SHOW_CREATE_VIEW"),
            ("desc t", "DESCRIBE_TABLE"),
        ] {
            assert_eq!(classify(sql).substatement_type, expected, "{sql}");
        }
    }
}
