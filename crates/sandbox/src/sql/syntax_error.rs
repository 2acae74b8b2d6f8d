//! Syntax errors in the words of Athena's parser.

use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Location, TokenizerError};

use crate::engine::Refusal;

/// What a statement may begin with, as Athena lists it.
const STATEMENT_STARTS: &str = "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', \
    'DELETE', 'DENY', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', \
    'PREPARE', 'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', \
    'UPDATE', 'USE', <query>";

/// A refusal with code `MALFORMED_QUERY`.
pub(super) fn refusal(message: String) -> Refusal {
    Refusal {
        code: "MALFORMED_QUERY",
        message,
    }
}

/// The refusal of a statement that begins with no statement's first word.
pub(super) fn unknown_statement(found: &str, at: Location) -> Refusal {
    mismatched(found, at, STATEMENT_STARTS)
}

/// `line L:C: mismatched input 'x'. Expecting: y`.
pub(super) fn mismatched(found: &str, at: Location, expecting: &str) -> Refusal {
    refusal(format!(
        "line {}:{}: mismatched input '{found}'. Expecting: {expecting}",
        at.line.max(1),
        at.column.max(1)
    ))
}

/// The refusal of what is nested too deeply.
pub(super) fn too_large() -> Refusal {
    refusal("statement is too large (stack overflow during analysis)".to_owned())
}

/// Translates an error of the tokenizer.
pub(super) fn from_tokenizer(error: &TokenizerError) -> Refusal {
    let at = error.location;
    refusal(format!("line {}:{}: {}", at.line, at.column, error.message))
}

/// Translates an error of the parser. `end` is where the text ends, for errors there.
pub(super) fn from_parser(error: &ParserError, end: Location) -> Refusal {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => return too_large(),
    };
    let (text, at) = split_location(text).unwrap_or((text, end));
    let Some((expecting, found)) = text
        .strip_prefix("Expected")
        .map(|text| text.trim_start_matches([':', ' ']))
        .and_then(|text| text.split_once(", found: "))
    else {
        return refusal(format!("line {}:{}: {text}", at.line, at.column));
    };
    if found == "EOF" {
        return mismatched("<EOF>", end, &quoted(expecting));
    }
    mismatched(found, at, &quoted(expecting))
}

/// Splits `text at Line: 1, Column: 8`.
fn split_location(text: &str) -> Option<(&str, Location)> {
    let (text, location) = text.rsplit_once(" at Line: ")?;
    let (line, column) = location.split_once(", Column: ")?;
    Some((
        text,
        Location::new(line.parse().ok()?, column.trim().parse().ok()?),
    ))
}

/// Keywords and symbols in quotes, descriptions in angle brackets.
fn quoted(expecting: &str) -> String {
    let literal = expecting
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_punctuation());
    if literal {
        format!("'{expecting}'")
    } else if expecting.contains("expression") {
        "<expression>".to_owned()
    } else if expecting.contains("identifier") {
        "<identifier>".to_owned()
    } else {
        expecting.to_owned()
    }
}
