//! `WITH (name = value, …)` of UNLOAD and CTAS.

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::syntax_error;
use super::tokens::closing;
use crate::engine::Refusal;

/// A property's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Property {
    /// `'text'`
    Text(String),
    /// `5`
    Number(i64),
    /// `true`
    Boolean(bool),
    /// `ARRAY['a', 'b']`
    List(Vec<String>),
}

/// Properties in the order they are written, names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties(pub(super) Vec<(String, Property)>);

impl Properties {
    /// Parses a list in parentheses that begins at `open`; answers it and the index after.
    ///
    /// # Errors
    /// Where the text is no such list.
    pub(super) fn parse(
        tokens: &[TokenWithSpan],
        open: usize,
        end: Location,
    ) -> Result<(Self, usize), Refusal> {
        if !is(tokens, open, &Token::LParen) {
            return Err(unexpected(tokens, open, end, "'('"));
        }
        let Some(close) = closing(tokens, open) else {
            return Err(unexpected(tokens, tokens.len(), end, "')'"));
        };
        let mut properties = Vec::new();
        let mut at = open + 1;
        loop {
            let name = match tokens.get(at).map(|token| &token.token) {
                Some(Token::Word(word)) => word.value.to_lowercase(),
                Some(Token::SingleQuotedString(text)) => text.to_lowercase(),
                _ => return Err(unexpected(tokens, at, end, "<identifier>")),
            };
            if !is(tokens, at + 1, &Token::Eq) {
                return Err(unexpected(tokens, at + 1, end, "'='"));
            }
            let (value, next) = value(tokens, at + 2, end)?;
            properties.push((name, value));
            if next == close {
                return Ok((Self(properties), close + 1));
            }
            if !is(tokens, next, &Token::Comma) {
                return Err(unexpected(tokens, next, end, "')', ','"));
            }
            at = next + 1;
        }
    }

    /// A property by name.
    pub(super) fn get(&self, name: &str) -> Option<&Property> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value)
    }

    /// A property that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Property::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A property that is a list, or empty.
    pub(super) fn list(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(Property::List(items)) => items,
            _ => &[],
        }
    }
}

fn value(tokens: &[TokenWithSpan], at: usize, end: Location) -> Result<(Property, usize), Refusal> {
    let property = match tokens.get(at).map(|token| &token.token) {
        Some(Token::SingleQuotedString(text)) => Property::Text(text.clone()),
        Some(Token::Number(text, _)) => match text.parse() {
            Ok(number) => Property::Number(number),
            Err(_) => return Err(unexpected(tokens, at, end, "<integer>")),
        },
        Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("true") => {
            Property::Boolean(true)
        }
        Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("false") => {
            Property::Boolean(false)
        }
        Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("array") => {
            return list(tokens, at + 1, end);
        }
        _ => return Err(unexpected(tokens, at, end, "<expression>")),
    };
    Ok((property, at + 1))
}

fn list(tokens: &[TokenWithSpan], at: usize, end: Location) -> Result<(Property, usize), Refusal> {
    if !is(tokens, at, &Token::LBracket) {
        return Err(unexpected(tokens, at, end, "'['"));
    }
    let mut items = Vec::new();
    let mut at = at + 1;
    loop {
        match tokens.get(at).map(|token| &token.token) {
            Some(Token::SingleQuotedString(text)) => items.push(text.clone()),
            Some(Token::RBracket) if items.is_empty() => {
                return Ok((Property::List(items), at + 1));
            }
            _ => return Err(unexpected(tokens, at, end, "<string>")),
        }
        match tokens.get(at + 1).map(|token| &token.token) {
            Some(Token::Comma) => at += 2,
            Some(Token::RBracket) => return Ok((Property::List(items), at + 2)),
            _ => return Err(unexpected(tokens, at + 1, end, "',', ']'")),
        }
    }
}

/// True if a token stands at an index.
pub(super) fn is(tokens: &[TokenWithSpan], at: usize, token: &Token) -> bool {
    tokens.get(at).is_some_and(|found| found.token == *token)
}

/// The refusal of what stands at an index.
pub(super) fn unexpected(
    tokens: &[TokenWithSpan],
    at: usize,
    end: Location,
    expecting: &str,
) -> Refusal {
    match tokens.get(at) {
        Some(found) => {
            syntax_error::mismatched(&found.token.to_string(), found.span.start, expecting)
        }
        None => syntax_error::mismatched("<EOF>", end, expecting),
    }
}
