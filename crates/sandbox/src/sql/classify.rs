//! `StatementType` and `SubstatementType`, from the first words of a statement.

use datafusion::sql::sqlparser::tokenizer::TokenWithSpan;

use super::syntax_error;
use super::tokens::{start, word};
use crate::engine::{Refusal, StatementKind, StatementType};

/// Classifies a statement.
///
/// # Errors
/// Refuses text that begins like no statement of Athena's.
pub(super) fn classify(tokens: &[TokenWithSpan]) -> Result<StatementKind, Refusal> {
    let at = |index: usize| word(tokens, index);
    let found = |statement_type, substatement_type| {
        Ok(StatementKind {
            statement_type,
            substatement_type,
        })
    };
    let ddl = |name| found(StatementType::Ddl, name);
    let dml = |name| found(StatementType::Dml, name);
    let utility = |name| found(StatementType::Utility, name);
    let unknown = |index: usize| {
        let (text, location) = tokens.get(index).map_or_else(
            || ("<EOF>".to_owned(), start(tokens)),
            |token| (token.token.to_string(), token.span.start),
        );
        Err(syntax_error::unknown_statement(&text, location))
    };

    match at(0).as_str() {
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "(" => dml("SELECT"),
        "EXPLAIN" => dml("EXPLAIN"),
        "INSERT" => dml("INSERT"),
        "UPDATE" => dml("UPDATE"),
        "DELETE" => dml("DELETE"),
        "MERGE" => dml("MERGE"),
        "VACUUM" => dml("VACUUM_TABLE"),
        "UNLOAD" => dml("UNLOAD"),
        // The inner statement decides; a prepared statement is a query nearly always.
        "EXECUTE" => dml("SELECT"),
        "PREPARE" => ddl("PREPARE"),
        "DEALLOCATE" => ddl("DEALLOCATE"),
        "OPTIMIZE" => ddl("CREATE_TABLE_AS_SELECT"),
        "MSCK" => ddl("MSCK_REPAIR"),
        "CREATE" if at(1) == "OR" && at(2) == "REPLACE" && at(3) == "TABLE" => {
            let (text, place) = tokens.get(3).map_or_else(
                || (String::new(), start(tokens)),
                |token| (token.token.to_string(), token.span.start),
            );
            let expecting = "'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'";
            Err(syntax_error::mismatched(&text, place, expecting))
        }
        "CREATE" => match create(tokens) {
            Some(name) => ddl(name),
            None => unknown(1),
        },
        "DROP" => match at(1).as_str() {
            "TABLE" => ddl("DROP_TABLE"),
            "VIEW" => ddl("DROP_VIEW"),
            "DATABASE" | "SCHEMA" => ddl("DROP_DATABASE"),
            _ => unknown(1),
        },
        "ALTER" => match alter(tokens) {
            Some(name) => ddl(name),
            None => unknown(1),
        },
        "SHOW" => match (at(1).as_str(), at(2).as_str()) {
            ("TABLES", _) => utility("SHOW_TABLES"),
            ("DATABASES" | "SCHEMAS", _) => utility("SHOW_DATABASES"),
            ("COLUMNS", _) => utility("SHOW_COLUMNS"),
            ("CREATE", "TABLE") => utility("SHOW_CREATE_TABLE"),
            ("CREATE", "VIEW") => utility("SHOW_CREATE_VIEW"),
            ("PARTITIONS", _) => utility("SHOW_PARTITIONS"),
            ("TBLPROPERTIES", _) => utility("SHOW_TABLE_PROPERTIES"),
            ("FUNCTIONS", _) => utility("SHOW_FUNCTIONS"),
            ("VIEWS", _) => utility("SHOW_VIEWS"),
            _ => unknown(1),
        },
        "DESCRIBE" | "DESC" => match at(1).as_str() {
            "INPUT" | "OUTPUT" if tokens.len() == 3 => Err(syntax_error::refusal(
                "Queries of this type are not supported".to_owned(),
            )),
            _ => utility("DESCRIBE_TABLE"),
        },
        "ANALYZE" | "CALL" | "COMMENT" | "COMMIT" | "DENY" | "GRANT" | "REFRESH" | "RESET"
        | "REVOKE" | "ROLLBACK" | "SET" | "START" | "TRUNCATE" | "USE" => Err(
            syntax_error::refusal("Queries of this type are not supported".to_owned()),
        ),
        _ => unknown(0),
    }
}

fn create(tokens: &[TokenWithSpan]) -> Option<&'static str> {
    // CREATE [OR REPLACE] [PROTECTED] [MULTI DIALECT] VIEW, CREATE [EXTERNAL] TABLE, …
    let object = (1..tokens.len().min(8)).find_map(|index| match word(tokens, index).as_str() {
        "OR" | "REPLACE" | "PROTECTED" | "MULTI" | "DIALECT" | "EXTERNAL" => None,
        other => Some((index, other.to_owned())),
    })?;
    match (object.0, object.1.as_str()) {
        (_, "VIEW") => Some("CREATE_VIEW"),
        (_, "DATABASE" | "SCHEMA") => Some("CREATE_DATABASE"),
        (index, "TABLE") => {
            let as_query = (index..tokens.len()).any(|index| {
                word(tokens, index) == "AS"
                    && matches!(
                        word(tokens, index + 1).as_str(),
                        "SELECT" | "WITH" | "VALUES" | "TABLE" | "("
                    )
            });
            Some(if as_query {
                "CREATE_TABLE_AS_SELECT"
            } else {
                "CREATE_TABLE"
            })
        }
        _ => None,
    }
}

fn alter(tokens: &[TokenWithSpan]) -> Option<&'static str> {
    if word(tokens, 1) != "TABLE" {
        return None;
    }
    // The action follows the table's name, of one to three parts.
    (3..tokens.len()).find_map(|index| {
        let rest: Vec<String> = (index + 1..index + 5)
            .map(|index| word(tokens, index))
            .collect();
        let object = rest
            .iter()
            .map(String::as_str)
            .find(|word| !matches!(*word, "IF" | "NOT" | "EXISTS"));
        match (word(tokens, index).as_str(), object.unwrap_or_default()) {
            ("ADD", "COLUMN" | "COLUMNS") => Some("ALTER_TABLE_ADD_COLUMN"),
            ("ADD", "PARTITION") => Some("ALTER_TABLE_ADD_PARTITION"),
            ("REPLACE", "COLUMNS") => Some("ALTER_TABLE_REPLACE_COLUMN"),
            ("CHANGE", _) => Some("ALTER_TABLE_CHANGE_COLUMN"),
            ("DROP", "COLUMN") => Some("ALTER_TABLE_DROP_COLUMN"),
            ("DROP", "PARTITION") => Some("ALTER_TABLE_DROP_PARTITION"),
            ("SET", "TBLPROPERTIES") | ("UNSET", "TBLPROPERTIES") => Some("ALTER_TABLE_PROPERTIES"),
            ("SET", "LOCATION") => Some("ALTER_TABLE_SET_LOCATION"),
            ("RENAME", _) if word(tokens, index + 2) == "PARTITION" => {
                Some("ALTER_TABLE_RENAME_PARTITION")
            }
            ("RENAME", _) => Some("ALTER_TABLE_RENAME"),
            _ => None,
        }
    })
}
