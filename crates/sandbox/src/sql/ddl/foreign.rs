//! Spellings of ALTER TABLE that Trino knows and Athena does not.

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use crate::engine::Refusal;
use crate::sql::syntax_error::{mismatched, refusal};
use crate::sql::tokens::{offset, word};

/// What may follow the table's name.
const ACTIONS: &str = "'.', 'ADD', 'DROP', 'EXECUTE', 'RENAME', 'SET'";

/// Refuses ALTER TABLE where Athena's grammar ends.
///
/// # Errors
/// In the words of Athena's parser.
pub(in crate::sql) fn check_alter(sql: &str, tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    let at = |index: usize| word(tokens, index);
    if at(0) != "ALTER" || at(1) != "TABLE" {
        return Ok(());
    }
    let written = |index: usize| {
        let token = tokens.get(index);
        token.map_or_else(String::new, |token| token.token.to_string())
    };
    let wrong = |index: usize, expecting: &str| match tokens.get(index) {
        Some(token) => mismatched(&written(index), token.span.start, expecting),
        None => refusal("line 1:1: mismatched input '<EOF>'".to_owned()),
    };
    if at(2) == "IF" && at(3) == "EXISTS" {
        let action = after_name(tokens, 4);
        return Err(match (at(action).as_str(), at(action + 1).as_str()) {
            ("ADD", "COLUMNS") => wrong(action + 1, "'.', 'ADD'"),
            ("ADD" | "DROP" | "RENAME", _) => no_alternative(sql, tokens, 3),
            _ => wrong(action, "'.', 'ADD', 'DROP', 'RENAME'"),
        });
    }
    let action = after_name(tokens, 2);
    match (at(action).as_str(), at(action + 1).as_str()) {
        ("ADD", "COLUMN") => Err(no_alternative(sql, tokens, action + 1)),
        ("SET", "PROPERTIES" | "AUTHORIZATION") => Err(no_alternative(sql, tokens, action + 1)),
        ("EXECUTE", _) => Err(no_alternative(sql, tokens, action)),
        ("ALTER", _) | ("REPLACE", "COLUMN") => Err(wrong(action, ACTIONS)),
        ("DROP", "COLUMNS") => Err(wrong(action + 1, "'.', 'DROP'")),
        ("RENAME", "COLUMN") => {
            let place = tokens.get(action + 1).map(|token| token.span.start);
            let place = place.unwrap_or_else(Location::empty);
            Err(refusal(format!(
                "line {}:{}: missing 'TO' at '{}'",
                place.line,
                place.column,
                written(action + 1)
            )))
        }
        ("DROP", "COLUMN") if at(action + 2) == "IF" && at(action + 3) == "EXISTS" => {
            let place = tokens.get(action + 3).map(|token| token.span.start);
            let place = place.unwrap_or_else(Location::empty);
            Err(refusal(format!(
                "line {}:{}: mismatched input '{}' expecting {{<EOF>, '.'}}",
                place.line,
                place.column,
                written(action + 3)
            )))
        }
        _ => Ok(()),
    }
}

/// The index after a name of parts with dots between.
fn after_name(tokens: &[TokenWithSpan], mut index: usize) -> usize {
    index += 1;
    while tokens
        .get(index)
        .is_some_and(|token| token.token == Token::Period)
    {
        index += 2;
    }
    index
}

/// `no viable alternative`, at a token, with the text of the statement up to its end.
pub(super) fn no_alternative(sql: &str, tokens: &[TokenWithSpan], index: usize) -> Refusal {
    no_alternative_from(sql, tokens, (0, index))
}

/// The same, with the text from another token on.
pub(super) fn no_alternative_from(
    sql: &str,
    tokens: &[TokenWithSpan],
    (first, last): (usize, usize),
) -> Refusal {
    let Some((first, token)) = tokens.get(first).zip(tokens.get(last)) else {
        return refusal("line 1:1: no viable alternative at input '<EOF>'".to_owned());
    };
    let from = offset(sql, first.span.start);
    let to = offset(sql, token.span.end);
    let text = sql.get(from..to).unwrap_or_default();
    let text = text
        .replace('\r', "\\r")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    let place = token.span.start;
    refusal(format!(
        "line {}:{}: no viable alternative at input '{text}'",
        place.line, place.column
    ))
}
