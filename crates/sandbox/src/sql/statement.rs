//! A statement, parsed as far as it can be run here.

use datafusion::sql::sqlparser::ast::{self, Ident, ObjectName};
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::classify::classify;
use super::ddl::Cursor;
use super::dialect::AthenaDialect;
use super::tokens::{prepare, tokenize, word};
use super::{ddl, fill, show, syntax_error, unload};
use crate::engine::{Refusal, StatementKind, StatementType};

/// A classified statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// What Athena calls it.
    pub(super) kind: StatementKind,
    /// What to do.
    pub(super) body: Body,
    /// How many `?` it holds.
    pub(super) placeholders: usize,
}

/// What a statement asks for.
#[derive(Debug)]
pub(super) enum Body {
    /// Rows of a query.
    Query(Box<ast::Query>),
    /// The plan of a query, as JSON if true.
    Explain(Box<ast::Query>, bool),
    /// The plan of a query that has run.
    Analyze(Box<ast::Query>),
    /// Files with the rows of a query.
    Unload(unload::Unload, Box<ast::Query>),
    /// A new table with the rows of a query.
    Ctas(fill::Ctas, Box<ast::Query>),
    /// Rows of a query for a table.
    Insert(fill::Insert, Box<ast::Query>),
    /// OPTIMIZE or VACUUM.
    Maintain(fill::Maintenance),
    /// A change of a table's rows.
    Change(Box<fill::Change>),
    /// A change of the data catalogue.
    Ddl(ddl::Ddl),
    /// SHOW or DESCRIBE.
    Show(show::Show),
    /// Something recognised that this engine does not run.
    Unsupported,
}

/// The parser recurses; what it allows must fit. Only what is used takes memory.
const STACK: usize = 64 << 20;

/// Parses a statement.
///
/// # Errors
/// Refuses what Athena refuses before it makes a query id.
pub(super) fn parse(sql: &str) -> Result<Statement, Refusal> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_here(sql))
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_else(|| Err(syntax_error::too_large()))
    })
}

fn parse_here(sql: &str) -> Result<Statement, Refusal> {
    let mut tokens = tokenize(sql)?;
    ddl::check_alter(sql, &tokens)?;
    let kind = classify(&tokens)?;
    ddl::check_quoted(sql, &tokens, kind.substatement_type)?;
    if kind.statement_type == StatementType::Dml
        && let Some(token) = tokens.iter().find(
            |token| matches!(&token.token, Token::Word(word) if word.quote_style == Some('`')),
        )
    {
        return Err(syntax_error::refusal(format!(
            "line {}:{}: backquoted identifiers are not supported; use double quotes to quote identifiers",
            token.span.start.line, token.span.start.column
        )));
    }
    // What ends behind FROM is a query to neither of Athena's parsers.
    let last = tokens.len().saturating_sub(1);
    if kind.substatement_type == "SELECT" && word(&tokens, last) == "FROM" {
        return Err(syntax_error::refusal(
            "Queries of this type are not supported".to_owned(),
        ));
    }
    let end = end_of(sql);
    let first = word(&tokens, 0);
    let mut placeholders = 0;
    let body = match kind.substatement_type {
        "SELECT" if first != "EXECUTE" => {
            placeholders = prepare(&mut tokens);
            Body::Query(parse_query(tokens, end)?)
        }
        "EXPLAIN" => {
            let skipped = explain_prefix(&tokens);
            let asks_for = |forms: &[&str]| {
                (1..skipped).any(|index| forms.contains(&word(&tokens, index).as_str()))
            };
            let json = asks_for(&["JSON"]);
            let other_form = asks_for(&["VALIDATE", "IO", "GRAPHVIZ"]);
            if other_form || !is_query(&tokens, skipped) {
                return Ok(Statement {
                    kind,
                    body: Body::Unsupported,
                    placeholders,
                });
            }
            let analyze = word(&tokens, 1) == "ANALYZE";
            tokens.drain(..skipped);
            placeholders = prepare(&mut tokens);
            let query = parse_query(tokens, end)?;
            match analyze {
                true => Body::Analyze(query),
                false => Body::Explain(query, json),
            }
        }
        "UNLOAD" => {
            let (unload, query, count) = unload::parse(&tokens, end)?;
            placeholders = count;
            Body::Unload(unload, query)
        }
        "CREATE_TABLE_AS_SELECT" if first == "CREATE" => {
            let (ctas, query, count) = fill::parse_ctas(Cursor::new(&tokens, 0, end))?;
            placeholders = count;
            Body::Ctas(ctas, query)
        }
        "CREATE_TABLE_AS_SELECT" => {
            Body::Maintain(fill::parse_optimize(Cursor::new(&tokens, 0, end))?)
        }
        "VACUUM_TABLE" => Body::Maintain(fill::parse_vacuum(Cursor::new(&tokens, 0, end))?),
        "INSERT" => {
            let (insert, query, count) = fill::parse_insert(Cursor::new(&tokens, 0, end))?;
            placeholders = count;
            Body::Insert(insert, query)
        }
        "UPDATE" | "DELETE" | "MERGE" => {
            placeholders = prepare(&mut tokens);
            let parsed = complete(tokens, end, |parser| parser.parse_statement())?;
            fill::Change::read(parsed, placeholders)
                .map_or(Body::Unsupported, |change| Body::Change(Box::new(change)))
        }
        _ if kind.statement_type == StatementType::Ddl => {
            ddl::parse(sql, &tokens, kind.substatement_type, end)?
                .map_or(Body::Unsupported, Body::Ddl)
        }
        _ => {
            show::parse(&tokens, kind.substatement_type, end)?.map_or(Body::Unsupported, Body::Show)
        }
    };
    Ok(Statement {
        kind,
        body,
        placeholders,
    })
}

/// Parses a value of `ExecutionParameters` as an expression without column references.
pub(super) fn parse_parameter(text: &str) -> Option<ast::Expr> {
    let mut tokens = tokenize(text).ok()?;
    if prepare(&mut tokens) > 0 {
        return None;
    }
    let expr = complete(tokens, end_of(text), |parser| parser.parse_expr()).ok()?;
    let names = ast::visit_expressions(&expr, |expr| match expr {
        ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => {
            std::ops::ControlFlow::Break(())
        }
        _ => std::ops::ControlFlow::Continue(()),
    });
    names.is_continue().then_some(expr)
}

/// Parses a table name of one to three parts that takes all tokens.
pub(super) fn parse_name(tokens: &[TokenWithSpan], end: Location) -> Result<Vec<Ident>, Refusal> {
    let name: ObjectName = complete(tokens.to_vec(), end, |parser| {
        parser.parse_object_name(false)
    })?;
    Ok(name
        .0
        .iter()
        .filter_map(|part| part.as_ident().cloned())
        .collect())
}

/// Parses a query that takes all prepared tokens.
pub(super) fn parse_query(
    tokens: Vec<TokenWithSpan>,
    end: Location,
) -> Result<Box<ast::Query>, Refusal> {
    complete(tokens, end, |parser| parser.parse_query())
}

/// Runs a parser over all tokens.
fn complete<T>(
    tokens: Vec<TokenWithSpan>,
    end: Location,
    parse: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, Refusal> {
    let mut parser = Parser::new(&AthenaDialect).with_tokens_with_locations(tokens);
    let parsed = parse(&mut parser).map_err(|error| syntax_error::from_parser(&error, end))?;
    let rest = parser.peek_token_ref();
    if rest.token == Token::EOF {
        Ok(parsed)
    } else {
        Err(syntax_error::mismatched(
            &rest.token.to_string(),
            rest.span.start,
            "<EOF>",
        ))
    }
}

/// How many tokens stand before the explained statement.
fn explain_prefix(tokens: &[TokenWithSpan]) -> usize {
    let mut index = 1;
    while matches!(word(tokens, index).as_str(), "ANALYZE" | "VERBOSE") {
        index += 1;
    }
    if word(tokens, index) == "(" && matches!(word(tokens, index + 1).as_str(), "TYPE" | "FORMAT") {
        while index < tokens.len() && tokens[index].token != Token::RParen {
            index += 1;
        }
        index += 1;
    }
    index.min(tokens.len())
}

fn is_query(tokens: &[TokenWithSpan], index: usize) -> bool {
    matches!(
        word(tokens, index).as_str(),
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "("
    )
}

/// Where the text ends, for errors at the end of input.
fn end_of(sql: &str) -> Location {
    let line = sql.lines().count().max(1);
    let column = sql.lines().last().map_or(0, |line| line.chars().count()) + 1;
    Location::new(
        line.try_into().unwrap_or(u64::MAX),
        column.try_into().unwrap_or(u64::MAX),
    )
}
