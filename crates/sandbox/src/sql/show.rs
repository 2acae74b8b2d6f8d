//! SHOW and DESCRIBE: what they ask for.

use datafusion::sql::sqlparser::ast::Ident;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::ddl::{Cursor, Name};
use super::statement::parse_name;
use super::syntax_error;
use super::tokens::word;
use crate::engine::Refusal;

/// A SHOW or DESCRIBE statement.
#[derive(Debug)]
pub(super) enum Show {
    /// Databases whose whole name matches a regular expression.
    Databases { pattern: Option<String> },
    /// Tables of a database whose name matches a pattern with `*` and `|`.
    Tables {
        database: Option<String>,
        pattern: Option<String>,
    },
    /// Views of a database whose name matches a pattern.
    Views {
        database: Option<String>,
        pattern: Option<String>,
    },
    /// The statement that makes a table.
    CreateTable { table: Name },
    /// The statement that makes a view.
    CreateView { table: Name },
    /// Partitions of a table.
    Partitions { table: Name },
    /// Properties of a table, or one.
    Properties { table: Name, key: Option<String> },
    /// Column names of a table.
    Columns { table: Vec<Ident> },
    /// Columns of a table with type and comment.
    Describe { table: Vec<Ident> },
    /// Functions whose name is like a pattern.
    Functions { pattern: Option<String> },
}

/// Parses the statement; `None` when it is of a kind that is not run.
pub(super) fn parse(
    tokens: &[TokenWithSpan],
    kind: &str,
    end: Location,
) -> Result<Option<Show>, Refusal> {
    Ok(Some(match kind {
        "SHOW_DATABASES" => Show::Databases {
            pattern: pattern(tokens, 2, end)?,
        },
        "SHOW_TABLES" => {
            let in_database = is_in(tokens, 2);
            let name_end = (3..tokens.len()).find(|&index| is_pattern(tokens, index));
            let database = if in_database {
                let name = parse_name(&tokens[3..name_end.unwrap_or(tokens.len())], end)?;
                name.last().map(|ident| ident.value.to_lowercase())
            } else {
                None
            };
            let rest = if in_database {
                name_end.unwrap_or(tokens.len())
            } else {
                2
            };
            Show::Tables {
                database,
                pattern: pattern(tokens, rest, end)?,
            }
        }
        "SHOW_VIEWS" => {
            let mut cursor = Cursor::new(tokens, 2, end);
            let database = if cursor.eat(&["IN"]) || cursor.eat(&["FROM"]) {
                Some(cursor.ident()?)
            } else {
                None
            };
            Show::Views {
                database,
                pattern: pattern(tokens, cursor.at, end)?,
            }
        }
        "SHOW_CREATE_TABLE" => Show::CreateTable {
            table: name_at(tokens, 3, end)?,
        },
        "SHOW_CREATE_VIEW" => Show::CreateView {
            table: name_at(tokens, 3, end)?,
        },
        "SHOW_PARTITIONS" => Show::Partitions {
            table: name_at(tokens, 2, end)?,
        },
        "SHOW_TABLE_PROPERTIES" => {
            let mut cursor = Cursor::new(tokens, 2, end);
            let table = cursor.name()?;
            let key = if cursor.eat(&["("]) {
                let key = cursor.string()?;
                cursor.expect_token(&Token::RParen)?;
                Some(key)
            } else {
                None
            };
            cursor.done()?;
            Show::Properties { table, key }
        }
        "SHOW_FUNCTIONS" => Show::Functions {
            pattern: pattern(tokens, 2, end)?,
        },
        "SHOW_COLUMNS" => {
            if !is_in(tokens, 2) {
                return Err(expected(tokens, 2, end, "'FROM', 'IN'"));
            }
            let second = (4..tokens.len()).find(|&index| is_in(tokens, index));
            let mut table = parse_name(&tokens[3..second.unwrap_or(tokens.len())], end)?;
            if let Some(second) = second {
                let database = parse_name(&tokens[second + 1..], end)?;
                table.splice(0..0, database);
            }
            Show::Columns { table }
        }
        "DESCRIBE_TABLE" => {
            let skipped = match word(tokens, 1).as_str() {
                "EXTENDED" | "FORMATTED" if tokens.len() > 2 => 2,
                _ => 1,
            };
            Show::Describe {
                table: parse_name(&tokens[skipped..], end)?,
            }
        }
        _ => return Ok(None),
    }))
}

fn name_at(tokens: &[TokenWithSpan], at: usize, end: Location) -> Result<Name, Refusal> {
    let mut cursor = Cursor::new(tokens, at, end);
    let name = cursor.name()?;
    cursor.done()?;
    Ok(name)
}

fn is_in(tokens: &[TokenWithSpan], index: usize) -> bool {
    matches!(word(tokens, index).as_str(), "IN" | "FROM")
}

fn is_pattern(tokens: &[TokenWithSpan], index: usize) -> bool {
    word(tokens, index) == "LIKE" || matches!(tokens[index].token, Token::SingleQuotedString(_))
}

/// `[LIKE] 'pattern'` up to the end.
fn pattern(
    tokens: &[TokenWithSpan],
    from: usize,
    end: Location,
) -> Result<Option<String>, Refusal> {
    let index = if word(tokens, from) == "LIKE" {
        from + 1
    } else {
        from
    };
    match tokens.get(index).map(|token| &token.token) {
        None if index == from => Ok(None),
        Some(Token::SingleQuotedString(pattern)) if tokens.len() == index + 1 => {
            Ok(Some(pattern.clone()))
        }
        _ => Err(expected(tokens, index, end, "<string>, <EOF>")),
    }
}

fn expected(tokens: &[TokenWithSpan], index: usize, end: Location, what: &str) -> Refusal {
    match tokens.get(index) {
        Some(token) => syntax_error::mismatched(&token.token.to_string(), token.span.start, what),
        None => syntax_error::mismatched("<EOF>", end, what),
    }
}
