//! Statements and the values put into them.

use crate::query::Value;
use crate::query::literal::literal;
use crate::query::parameters::prepare;
use crate::query::tokenizer::{Outline, TokenKind, tokens};
use crate::query::typed_query;
use crate::types::{AthenaType, Column};

/// A statement, and behind a NUL the text of its values: tokens cover the statement, and a
/// value is one token more, wherever it goes.
pub fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (sql, value) = text.split_once('\0').unwrap_or((text, "it's"));
    covered(sql);
    let outline = Outline::of(sql);
    let values = vec![Value::Text(value.to_owned()); outline.parameters.len()];
    let Ok(prepared) = prepare(sql, &values) else {
        return;
    };
    for parameter in prepared.execution_parameters.iter().flatten() {
        assert_eq!(pieces(parameter), [(TokenKind::String, parameter.as_str())]);
    }
    if prepared.execution_parameters.is_none() {
        let written = literal(&Value::Text(value.to_owned())).unwrap_or_default();
        let expected: Vec<_> = tokens(sql)
            .map(|token| {
                if outline.parameters.contains(&token.range.start) && !values.is_empty() {
                    (TokenKind::String, written.as_str())
                } else {
                    (token.kind, sql.get(token.range).unwrap_or_default())
                }
            })
            .collect();
        assert_eq!(pieces(&prepared.sql), expected, "{sql:?}");
    }
    let nested = AthenaType::Array(Some(Box::new(AthenaType::Integer)));
    let columns = [
        Column::new("a", nested),
        Column::new("b", AthenaType::Varchar(None)),
    ];
    // The order of the rows may be one that cannot be made anew: an error, no panic.
    drop(typed_query(sql, &columns));
}

fn pieces(sql: &str) -> Vec<(TokenKind, &str)> {
    let piece = |range| sql.get(range).unwrap_or_default();
    tokens(sql)
        .map(|token| (token.kind, piece(token.range)))
        .collect()
}

/// Between tokens there are blanks only, and no token is empty or splits a character.
fn covered(sql: &str) {
    let mut end = 0;
    for token in tokens(sql) {
        let between = sql.get(end..token.range.start);
        assert!(
            between.is_some_and(|text| text.trim().is_empty()),
            "{sql:?}"
        );
        let text = sql.get(token.range.clone());
        assert!(text.is_some_and(|text| !text.is_empty()), "{sql:?}");
        end = token.range.end;
    }
    assert!(
        sql.get(end..).is_some_and(|text| text.trim().is_empty()),
        "{sql:?}"
    );
}
