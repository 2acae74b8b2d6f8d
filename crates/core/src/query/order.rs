//! The order of a query's rows, made outside of the parentheses it is put into.
//!
//! Trino ignores ORDER BY in a subquery, so that of the query itself, with all behind it, goes
//! outside, where only the columns are known. A LIMIT without an order stays inside.

use std::ops::Range;

use super::tokenizer::{Outline, Token, TokenKind, tokens};
use crate::error::{Error, ErrorKind, Result};
use crate::types::Column;

/// A query in two parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ordered<'a> {
    /// The query without its order.
    pub(super) rows: &'a str,
    /// `ORDER BY q.c1 …` and what follows it; empty if the query has no order.
    pub(super) order: String,
}

/// Splits a query with these columns.
///
/// Errors: `NotImplemented` for a key that is no output column, by name or number.
pub(super) fn split<'a>(query: &'a str, columns: &[Column]) -> Result<Ordered<'a>> {
    let query = without_parentheses(query);
    let clauses = Clauses::of(query);
    let Some(order_by) = &clauses.order_by else {
        return Ok(Ordered {
            rows: query,
            order: String::new(),
        });
    };
    let mut order = "ORDER BY".to_owned();
    for (index, key) in clauses.keys.iter().enumerate() {
        let comma = if index == 0 { " " } else { ", " };
        order = order + comma + &outside(query, key, columns)?;
    }
    let rest = query.get(clauses.keys_end..).unwrap_or_default();
    if !rest.is_empty() {
        order = order + " " + rest;
    }
    // A comment at its end would hide our parenthesis.
    let rows = query.get(..order_by.start).unwrap_or_default();
    Ok(Ordered {
        rows: Outline::of(rows).body,
        order,
    })
}

/// Whether the rows of a query have an order that its caller asked for.
pub(crate) fn is_ordered(query: &str) -> bool {
    Clauses::of(without_parentheses(query)).order_by.is_some()
}

/// The query without parentheses around the whole of it.
fn without_parentheses(query: &str) -> &str {
    let mut query = query;
    loop {
        let all: Vec<_> = code(query).collect();
        let closing = matching(query, &all);
        let (Some(first), Some(last)) = (all.first(), all.last()) else {
            return query;
        };
        if closing != Some(all.len() - 1) {
            return query;
        }
        let inner = query.get(first.range.end..last.range.start);
        query = Outline::of(inner.unwrap_or_default()).body;
    }
}

/// The tokens that mean something.
fn code(query: &str) -> impl Iterator<Item = Token> {
    tokens(query).filter(|token| token.kind != TokenKind::Comment)
}

/// The position of the token that closes the parenthesis which is the first.
fn matching(query: &str, all: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    all.iter()
        .position(|token| {
            depth = match text(query, &token.range) {
                "(" => depth + 1,
                ")" => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        })
        .filter(|closing| *closing > 0)
}

fn text<'a>(query: &'a str, range: &Range<usize>) -> &'a str {
    query.get(range.clone()).unwrap_or_default()
}

/// Where the clauses of a query stand that come last.
#[derive(Default)]
struct Clauses {
    /// The words `ORDER BY` outside of all parentheses.
    order_by: Option<Range<usize>>,
    /// The tokens of each key.
    keys: Vec<Vec<Token>>,
    /// Where the keys end, and OFFSET, LIMIT or FETCH begins.
    keys_end: usize,
}

impl Clauses {
    fn of(query: &str) -> Self {
        let mut clauses = Self::default();
        let mut depth = 0_usize;
        let mut in_keys = false;
        let mut order: Option<Range<usize>> = None;
        for token in code(query) {
            let word = text(query, &token.range);
            let is = |name: &str| token.kind == TokenKind::Word && word.eq_ignore_ascii_case(name);
            match word {
                ")" | "]" => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                "," if in_keys => {
                    clauses.keys.push(Vec::new());
                    continue;
                }
                _ if in_keys && (is("OFFSET") || is("LIMIT") || is("FETCH")) => {
                    in_keys = false;
                    clauses.keys_end = token.range.start;
                }
                _ => {}
            }
            if matches!(word, "(" | "[") {
                depth += 1;
            }
            if in_keys {
                clauses.keys_end = token.range.end;
                if let Some(key) = clauses.keys.last_mut() {
                    key.push(token);
                }
                continue;
            }
            if depth == 0
                && is("BY")
                && let Some(order) = order.take()
            {
                clauses.order_by = Some(order.start..token.range.end);
                clauses.keys = vec![Vec::new()];
                in_keys = true;
            }
            order = (depth == 0 && is("ORDER")).then_some(token.range);
        }
        clauses
    }
}

/// A key as it is written outside: the column it names, and its direction.
fn outside(query: &str, key: &[Token], columns: &[Column]) -> Result<String> {
    let direction = ["ASC", "DESC", "NULLS"];
    let is_direction = |token: &Token| {
        token.kind == TokenKind::Word
            && direction
                .iter()
                .any(|word| text(query, &token.range).eq_ignore_ascii_case(word))
    };
    let end = key.iter().position(is_direction).unwrap_or(key.len());
    let (name, direction) = key.split_at(end);
    let column = match name {
        [name] => column_of(name.kind, text(query, &name.range), columns),
        _ => None,
    };
    let Some(column) = column else {
        let (first, last) = (key.first(), key.last());
        let range = first.map_or(0, |t| t.range.start)..last.map_or(0, |t| t.range.end);
        return Err(cannot_order(text(query, &range)));
    };
    let mut outside = format!("q.c{}", column + 1);
    for token in direction {
        outside = outside + " " + text(query, &token.range);
    }
    Ok(outside)
}

/// The position of the column that a key of one token means.
fn column_of(kind: TokenKind, key: &str, columns: &[Column]) -> Option<usize> {
    let name = match kind {
        TokenKind::Word if key.bytes().all(|byte| byte.is_ascii_digit()) => {
            let number: usize = key.parse().ok()?;
            return number.checked_sub(1).filter(|index| *index < columns.len());
        }
        TokenKind::Word => key.to_lowercase(),
        TokenKind::Name => {
            let quoted = key.strip_prefix('"')?.strip_suffix('"')?;
            quoted.replace("\"\"", "\"").to_lowercase()
        }
        _ => return None,
    };
    // Names are compared without regard to case, whether quoted or not.
    let mut named = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.name.to_lowercase() == name);
    let (index, _) = named.next()?;
    named.next().is_none().then_some(index)
}

fn cannot_order(key: &str) -> Error {
    Error::new(
        ErrorKind::NotImplemented,
        format!(
            "ORDER BY {key}: with ComplexTypes=typed, rows can be ordered by output columns of the query only, by an unambiguous name or by number; add it as an output column, or use ComplexTypes=text"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AthenaType;

    fn columns() -> Vec<Column> {
        ["a", "b c", "Ü", "dup", "DUP"]
            .map(|name| Column::new(name, AthenaType::BigInt))
            .to_vec()
    }

    #[test]
    fn only_an_order_of_the_whole_counts() {
        for (sql, ordered) in [
            ("SELECT a FROM t ORDER BY a", true),
            ("select a from t order /* c */ by a limit 1", true),
            ("(SELECT a FROM t ORDER BY a)", true),
            ("((SELECT a FROM t ORDER\nBY a))", true),
            ("WITH x AS (SELECT 1 a) SELECT a FROM x ORDER BY 1", true),
            ("(SELECT 1) UNION (SELECT 2) ORDER BY 1", true),
            ("TABLE t ORDER BY a", true),
            ("SELECT a FROM t", false),
            ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 1)", false),
            (
                "(SELECT 1 ORDER BY 1) UNION ALL (SELECT 2 ORDER BY 1)",
                false,
            ),
            ("SELECT row_number() OVER (ORDER BY a) FROM t", false),
            ("SELECT array_agg(a ORDER BY b) FROM t", false),
            ("SELECT 'ORDER BY', \"ORDER\" -- ORDER BY", false),
            ("SELECT \"order\" by FROM t", false),
            ("()", false),
            ("(", false),
            ("", false),
        ] {
            assert_eq!(is_ordered(sql), ordered, "{sql}");
        }
    }

    #[test]
    fn the_order_goes_outside_and_all_else_stays() {
        for (query, rows, order) in [
            ("SELECT a FROM t", "SELECT a FROM t", ""),
            ("SELECT a FROM t LIMIT 5", "SELECT a FROM t LIMIT 5", ""),
            (
                "SELECT a FROM t order by a",
                "SELECT a FROM t",
                "ORDER BY q.c1",
            ),
            (
                "SELECT a FROM t ORDER BY 2, A",
                "SELECT a FROM t",
                "ORDER BY q.c2, q.c1",
            ),
            (
                "SELECT a FROM t ORDER BY \"B C\" desc nulls first, ü ASC OFFSET 1 ROW LIMIT ?",
                "SELECT a FROM t",
                "ORDER BY q.c2 desc nulls first, q.c3 ASC OFFSET 1 ROW LIMIT ?",
            ),
            (
                "SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS WITH TIES",
                "SELECT a FROM t",
                "ORDER BY q.c1 FETCH FIRST 2 ROWS WITH TIES",
            ),
            (
                "SELECT a FROM t -- c\n/* d */ ORDER /* e */ BY a -- f\n, 1 LIMIT 1",
                "SELECT a FROM t",
                "ORDER BY q.c1, q.c1 LIMIT 1",
            ),
            (
                "SELECT array_agg(x ORDER BY y), 'ORDER BY', row_number() OVER (ORDER BY z) FROM t",
                "SELECT array_agg(x ORDER BY y), 'ORDER BY', row_number() OVER (ORDER BY z) FROM t",
                "",
            ),
            (
                "((SELECT a FROM t ORDER BY a LIMIT 3) )",
                "SELECT a FROM t",
                "ORDER BY q.c1 LIMIT 3",
            ),
            (
                "(SELECT a FROM t ORDER BY x) UNION (SELECT 2) ORDER BY 1",
                "(SELECT a FROM t ORDER BY x) UNION (SELECT 2)",
                "ORDER BY q.c1",
            ),
            (
                "(SELECT a FROM t ORDER BY x) LIMIT 3",
                "(SELECT a FROM t ORDER BY x) LIMIT 3",
                "",
            ),
            ("TABLE t ORDER BY a", "TABLE t", "ORDER BY q.c1"),
        ] {
            let split = split(query, &columns()).unwrap();
            assert_eq!((split.rows, &*split.order), (rows, order), "{query}");
        }
    }

    #[test]
    fn keys_that_are_no_output_column_are_named() {
        for (query, key) in [
            ("SELECT a FROM t ORDER BY x", "x"),
            ("SELECT a FROM t ORDER BY a, t.a DESC LIMIT 1", "t.a DESC"),
            ("SELECT a FROM t ORDER BY a + 1", "a + 1"),
            ("SELECT a FROM t ORDER BY lower(a), 1", "lower(a)"),
            ("SELECT a FROM t ORDER BY (a)", "(a)"),
            ("SELECT a FROM t ORDER BY 0", "0"),
            ("SELECT a FROM t ORDER BY 6", "6"),
            ("SELECT a FROM t ORDER BY ?", "?"),
            ("SELECT a FROM t ORDER BY 'a'", "'a'"),
            ("SELECT a FROM t ORDER BY dup", "dup"),
            ("SELECT a FROM t ORDER BY x[1, 2]", "x[1, 2]"),
        ] {
            let error = split(query, &columns()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotImplemented);
            let start = format!("ORDER BY {key}: ");
            assert!(error.message().starts_with(&start), "{error}");
        }
    }
}
