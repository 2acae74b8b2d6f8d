//! Reading a statement token by token.

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use crate::engine::Refusal;
use crate::metastore::S3_TABLES;
use crate::sql::catalog::CATALOG;
use crate::sql::properties::unexpected;
use crate::sql::syntax_error::refusal;
use crate::sql::tokens::word;

/// A table's or view's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct Name {
    /// In lower case, if written.
    pub(in crate::sql) catalog: Option<String>,
    /// In lower case, if written.
    pub(in crate::sql) database: Option<String>,
    /// In lower case.
    pub(in crate::sql) name: String,
}

/// A place in a statement.
pub(in crate::sql) struct Cursor<'a> {
    pub(in crate::sql) tokens: &'a [TokenWithSpan],
    pub(in crate::sql) at: usize,
    pub(in crate::sql) end: Location,
}

impl<'a> Cursor<'a> {
    pub(in crate::sql) fn new(tokens: &'a [TokenWithSpan], at: usize, end: Location) -> Self {
        Self { tokens, at, end }
    }

    /// The word here, in upper case; `(` for that; empty for anything else.
    pub(in crate::sql) fn word(&self) -> String {
        word(self.tokens, self.at)
    }

    pub(in crate::sql) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|token| &token.token)
    }

    pub(in crate::sql) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Steps over these words if all are here.
    pub(in crate::sql) fn eat(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(index, expected)| word(self.tokens, self.at + index) == *expected);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(in crate::sql) fn expect(&mut self, words: &[&str]) -> Result<(), Refusal> {
        for expected in words {
            if !self.eat(&[expected]) {
                return Err(self.unexpected(&format!("'{expected}'")));
            }
        }
        Ok(())
    }

    pub(in crate::sql) fn eat_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += 1;
        }
        found
    }

    pub(in crate::sql) fn expect_token(&mut self, token: &Token) -> Result<(), Refusal> {
        if self.eat_token(token) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{token}'")))
        }
    }

    /// A string.
    pub(in crate::sql) fn string(&mut self) -> Result<String, Refusal> {
        let text = match self.peek() {
            Some(Token::SingleQuotedString(text)) => text.clone(),
            Some(Token::Word(word)) if word.quote_style == Some('"') => word.value.clone(),
            _ => return Err(self.unexpected("<string>")),
        };
        self.at += 1;
        Ok(text)
    }

    /// An identifier, in lower case.
    pub(in crate::sql) fn ident(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.value.to_lowercase())
            }
            _ => Err(self.unexpected("<identifier>")),
        }
    }

    /// A name of one to three parts.
    pub(in crate::sql) fn name(&mut self) -> Result<Name, Refusal> {
        let start = self.at;
        let mut parts = vec![self.ident()?];
        while self.eat_token(&Token::Period) {
            parts.push(self.ident()?);
        }
        // A name in backticks may hold its database.
        if let [whole] = parts.as_slice()
            && let Some((database, name)) = whole.split_once('.')
        {
            parts = vec![database.to_owned(), name.to_owned()];
        }
        let known = |catalog: &str| catalog == CATALOG || catalog.starts_with(S3_TABLES);
        let mut parts = parts.into_iter().rev();
        let name = Name {
            name: parts.next().unwrap_or_default(),
            database: parts.next(),
            catalog: parts.next(),
        };
        let rest: Vec<String> = parts.rev().collect();
        match &name.catalog {
            Some(catalog) if !rest.is_empty() => {
                let database = name.database.as_deref().unwrap_or_default();
                Err(refusal(format!(
                    "Invalid table name {}.{catalog}.{database}.{}",
                    rest.join("."),
                    name.name
                )))
            }
            Some(catalog) if !known(catalog) => {
                let written = self.tokens.get(start).map(|token| &token.token);
                let written = match written {
                    Some(Token::Word(word)) => word.value.as_str(),
                    _ => catalog.as_str(),
                };
                Err(Refusal {
                    code: "DATACATALOG_NOT_FOUND",
                    message: format!("Catalog '{written}' does not exist"),
                })
            }
            _ => Ok(name),
        }
    }

    /// `'name' = 'value', …` in parentheses.
    pub(in crate::sql) fn pairs(&mut self) -> Result<Vec<(String, String)>, Refusal> {
        self.expect_token(&Token::LParen)?;
        let mut pairs = Vec::new();
        loop {
            let name = self.string()?;
            self.expect_token(&Token::Eq)?;
            let value = match self.peek() {
                Some(Token::Number(number, _)) => {
                    self.at += 1;
                    number.clone()
                }
                Some(Token::Word(word)) if word.quote_style.is_none() => {
                    self.at += 1;
                    word.value.to_lowercase()
                }
                _ => self.string()?,
            };
            pairs.push((name, unescaped(&value)));
            if !self.eat_token(&Token::Comma) {
                break;
            }
        }
        self.expect_token(&Token::RParen)?;
        Ok(pairs)
    }

    /// A type in Hive's spelling, up to what follows it.
    pub(in crate::sql) fn hive_type(&mut self) -> Result<String, Refusal> {
        let mut text = String::new();
        let mut depth = 0_i32;
        while let Some(token) = self.peek() {
            match token {
                Token::LParen | Token::Lt => depth += 1,
                Token::RParen if depth == 0 => break,
                Token::RParen | Token::Gt => depth -= 1,
                Token::ShiftRight => depth -= 2,
                Token::Comma if depth == 0 => break,
                Token::Word(_) if depth == 0 && !text.is_empty() => break,
                _ => {}
            }
            text.push_str(&token.to_string());
            self.at += 1;
        }
        let text = text.to_lowercase();
        if crate::sql::type_text::parse_hive(&text).is_none() {
            self.at = self.at.saturating_sub(1);
            return Err(self.unexpected("<type>"));
        }
        Ok(text)
    }

    pub(in crate::sql) fn done(&self) -> Result<(), Refusal> {
        if self.is_done() {
            Ok(())
        } else {
            Err(self.unexpected("<EOF>"))
        }
    }

    pub(in crate::sql) fn unexpected(&self, expecting: &str) -> Refusal {
        unexpected(self.tokens, self.at, self.end, expecting)
    }
}

/// Hive's escapes: `\t`, `\001`, `\u0001`.
pub(in crate::sql) fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = |digits: Option<&str>, radix| {
            u32::from_str_radix(digits?, radix)
                .ok()
                .and_then(char::from_u32)
        };
        rest = if let Some(c) = code(after.get(..3), 8) {
            plain.push(c);
            after.get(3..).unwrap_or_default()
        } else if let Some(c) = after
            .strip_prefix('u')
            .and_then(|hex| code(hex.get(..4), 16))
        {
            plain.push(c);
            after.get(5..).unwrap_or_default()
        } else {
            let mut chars = after.chars();
            match chars.next() {
                Some('t') => plain.push('\t'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            }
            chars.as_str()
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_read_as_in_hive() {
        for (text, plain) in [
            ("\\t", "\t"),
            ("\\001", "\u{1}"),
            ("\\u0001|", "\u{1}|"),
            ("a\\\\b", "a\\b"),
            ("\\", "\\"),
            ("é\\,", "é,"),
        ] {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }
}
