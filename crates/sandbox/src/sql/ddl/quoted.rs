//! Names in double quotes, which Hive's grammar takes for texts.

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::foreign::{no_alternative, no_alternative_from};
use crate::engine::Refusal;
use crate::sql::syntax_error::{refusal, unknown_statement};
use crate::sql::tokens::word;

/// Refuses a name in double quotes in a statement that Hive reads.
///
/// # Errors
/// In the words of Athena's parsers.
pub(in crate::sql) fn check_quoted(
    sql: &str,
    tokens: &[TokenWithSpan],
    kind: &str,
) -> Result<(), Refusal> {
    let at = |index: usize| word(tokens, index);
    let skipped = |index: usize, words: &[&str]| {
        let found = words.iter().enumerate().all(|(i, w)| at(index + i) == *w);
        if found { index + words.len() } else { index }
    };
    match kind {
        "SHOW_CREATE_TABLE" if quoted(tokens, 3).is_some() => {
            Err(refusal("Queries of this type are not supported".to_owned()))
        }
        "DROP_TABLE" => as_hive(sql, tokens, skipped(2, &["IF", "EXISTS"])),
        "SHOW_TABLES" if matches!(at(2).as_str(), "IN" | "FROM") => as_hive(sql, tokens, 3),
        "MSCK_REPAIR" if quoted(tokens, 3).is_some() => Err(whole(tokens)),
        "CREATE_TABLE_AS_SELECT" if at(0) == "OPTIMIZE" && quoted(tokens, 1).is_some() => {
            Err(whole(tokens))
        }
        "CREATE_TABLE" => {
            let start = skipped(1, &["EXTERNAL"]);
            refuse_at(sql, tokens, skipped(start + 1, &["IF", "NOT", "EXISTS"]))
        }
        kind if kind.starts_with("ALTER_TABLE") => refuse_at(sql, tokens, 2),
        _ => Ok(()),
    }
}

/// Refuses a table's name in double quotes behind DESCRIBE and SHOW COLUMNS.
///
/// # Errors
/// In the words of Athena's parsers.
pub(in crate::sql) fn check_described(sql: &str, tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    if word(tokens, 0) == "SHOW" {
        return as_hive(sql, tokens, 3);
    }
    match quoted(tokens, 1) {
        Some((1, index)) => Err(no_alternative(sql, tokens, index)),
        _ => as_hive(sql, tokens, 1),
    }
}

fn refuse_at(sql: &str, tokens: &[TokenWithSpan], start: usize) -> Result<(), Refusal> {
    match quoted(tokens, start) {
        Some((_, index)) => Err(no_alternative(sql, tokens, index)),
        None => Ok(()),
    }
}

/// The first part and the third are no input that is expected; at the second, what there is
/// leads nowhere.
fn as_hive(sql: &str, tokens: &[TokenWithSpan], start: usize) -> Result<(), Refusal> {
    match quoted(tokens, start) {
        None => Ok(()),
        Some((2, index)) => Err(no_alternative_from(sql, tokens, (start, index))),
        Some((_, index)) => {
            let token = tokens.get(index);
            let place = token.map_or_else(Location::empty, |token| token.span.start);
            let text = token.map_or_else(String::new, |token| token.token.to_string());
            Err(refusal(format!(
                "line {}:{}: mismatched input '{text}' expecting <identifier>",
                place.line, place.column
            )))
        }
    }
}

/// Which part of a name is in double quotes, counted from 1, and its index.
fn quoted(tokens: &[TokenWithSpan], start: usize) -> Option<(usize, usize)> {
    let mut index = start;
    for part in 1.. {
        match tokens.get(index).map(|token| &token.token) {
            Some(Token::Word(word)) if word.quote_style == Some('"') => {
                return Some((part, index));
            }
            Some(Token::Word(_)) => {}
            _ => return None,
        }
        if tokens.get(index + 1).map(|token| &token.token) != Some(&Token::Period) {
            return None;
        }
        index += 2;
    }
    None
}

/// The other parser knows no such statement at all.
fn whole(tokens: &[TokenWithSpan]) -> Refusal {
    let first = tokens.first();
    let place = first.map_or_else(Location::empty, |token| token.span.start);
    let text = first.map_or_else(String::new, |token| token.token.to_string());
    unknown_statement(&text, place)
}
