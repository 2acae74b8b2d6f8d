//! The statement as tokens: what can be said of it before it is parsed.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{
    Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word,
};

use super::dialect::AthenaDialect;
use super::json_tokens::spell_json_out;
use super::syntax_error;
use crate::engine::Refusal;

/// Name of the stand-in for a type the parser cannot read; its argument is the type's text.
pub(super) const TYPE_STAND_IN: &str = "athena_type";

/// More operators in a row than anybody writes, and few enough to walk the tree they make.
const MAX_CHAIN: usize = 500;

/// The significant tokens of one statement.
///
/// # Errors
/// Refuses text that is no sequence of tokens, and more than one statement.
pub(super) fn tokenize(sql: &str) -> Result<Vec<TokenWithSpan>, Refusal> {
    let tokens = Tokenizer::new(&AthenaDialect, sql)
        .tokenize_with_location()
        .map_err(|error| syntax_error::from_tokenizer(&error))?;
    // Blanks may follow the end of a statement, but no comment.
    let end = tokens
        .iter()
        .position(|token| token.token == Token::SemiColon);
    let mut after = tokens.iter().skip(end.unwrap_or(tokens.len()));
    let blank = |token: &TokenWithSpan| match &token.token {
        Token::SemiColon => true,
        Token::Whitespace(blank) => {
            matches!(
                blank,
                Whitespace::Space | Whitespace::Newline | Whitespace::Tab
            )
        }
        _ => false,
    };
    if !after.all(blank) {
        return Err(syntax_error::refusal(format!(
            "Only one sql statement is allowed. Got: {sql}"
        )));
    }
    let tokens: Vec<TokenWithSpan> = tokens
        .into_iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon))
        .collect();
    if longest_chain(&tokens) > MAX_CHAIN || relations(&tokens) > MAX_CHAIN {
        return Err(syntax_error::too_large());
    }
    Ok(tokens)
}

/// Words that make plans one level deeper, over the whole statement.
fn relations(tokens: &[TokenWithSpan]) -> usize {
    let deepens = |index: &usize| {
        matches!(
            word(tokens, *index).as_str(),
            "JOIN" | "UNION" | "EXCEPT" | "INTERSECT"
        )
    };
    (0..tokens.len()).filter(deepens).count()
}

/// The longest chain of AND and OR, or of other operators between them, that no comma or
/// bracket interrupts. Each makes the syntax tree one level deeper, and trees are walked
/// recursively.
fn longest_chain(tokens: &[TokenWithSpan]) -> usize {
    let mut outer: Vec<Chain> = Vec::new();
    let mut chain = Chain::default();
    let mut longest = 0;
    for (index, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen | Token::LBracket => {
                chain.operators += 1;
                outer.push(std::mem::take(&mut chain));
            }
            Token::RParen | Token::RBracket => chain = outer.pop().unwrap_or_default(),
            Token::Comma => chain = Chain::default(),
            Token::Word(_) => match word(tokens, index).as_str() {
                "AND" | "OR" => {
                    chain.junctions += 1;
                    chain.operators = 0;
                }
                "NOT" | "IS" | "IN" | "LIKE" | "BETWEEN" | "AT" => chain.operators += 1,
                _ => {}
            },
            Token::Number(..) | Token::SingleQuotedString(_) | Token::Period => {}
            _ => chain.operators += 1,
        }
        longest = longest.max(chain.junctions).max(chain.operators);
    }
    longest
}

/// Operators so far.
#[derive(Default)]
struct Chain {
    junctions: usize,
    operators: usize,
}

/// The unquoted word at an index, in upper case; empty for anything else.
pub(super) fn word(tokens: &[TokenWithSpan], index: usize) -> String {
    match tokens.get(index).map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_uppercase(),
        Some(Token::LParen) => "(".to_owned(),
        _ => String::new(),
    }
}

/// Where a place is in the text, in bytes.
pub(super) fn offset(sql: &str, place: Location) -> usize {
    let mut start = 0;
    for _ in 1..place.line {
        let rest = sql.get(start..).unwrap_or_default();
        start += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    let skipped = usize::try_from(place.column.saturating_sub(1)).unwrap_or(usize::MAX);
    let rest = sql.get(start..).unwrap_or_default();
    let found = rest.char_indices().nth(skipped);
    start + found.map_or(rest.len(), |(at, _)| at)
}

/// Where a statement begins.
pub(super) fn start(tokens: &[TokenWithSpan]) -> Location {
    tokens
        .first()
        .map_or(Location::new(1, 1), |token| token.span.start)
}

/// Prepares tokens for the parser: numbers the `?`, hides types such as `row(a integer)`
/// behind a stand-in, spells `TABLE t` out. Returns the count of `?`.
pub(super) fn prepare(tokens: &mut Vec<TokenWithSpan>) -> usize {
    let mut placeholders = 0;
    for token in tokens.iter_mut() {
        if let Token::Placeholder(name) = &mut token.token {
            placeholders += 1;
            *name = format!("?{placeholders}");
        }
    }
    hide_nested_types(tokens);
    spell_versions(tokens);
    wrap_values(tokens);
    spell_tables_out(tokens);
    spell_addresses_out(tokens);
    spell_json_out(tokens);
    placeholders
}

/// `IPADDRESS '10.0.0.1'` is a cast.
fn spell_addresses_out(tokens: &mut Vec<TokenWithSpan>) {
    let mut index = 0;
    while index + 1 < tokens.len() {
        if word(tokens, index) == "IPADDRESS"
            && matches!(tokens[index + 1].token, Token::SingleQuotedString(_))
        {
            let span = tokens[index].span;
            let text = tokens[index + 1].token.clone();
            let cast = [
                keyword("CAST", Keyword::CAST),
                Token::LParen,
                text,
                keyword("AS", Keyword::AS),
                plain_word("ipaddress"),
                Token::RParen,
            ];
            let cast = cast.map(|token| TokenWithSpan { token, span });
            tokens.splice(index..index + 2, cast);
        }
        index += 1;
    }
}

/// `TABLE t` is `SELECT * FROM t` wherever a query may begin.
fn spell_tables_out(tokens: &mut Vec<TokenWithSpan>) {
    let mut index = 0;
    while index < tokens.len() {
        let begins = match index.checked_sub(1) {
            None => true,
            Some(before) => {
                matches!(tokens[before].token, Token::LParen | Token::RParen)
                    || matches!(
                        word(tokens, before).as_str(),
                        "UNION" | "ALL" | "DISTINCT" | "EXCEPT" | "INTERSECT"
                    )
            }
        };
        let named = tokens
            .get(index + 1)
            .is_some_and(|next| matches!(next.token, Token::Word(_)));
        if begins && named && word(tokens, index) == "TABLE" {
            let span = tokens[index].span;
            let select = [
                keyword("SELECT", Keyword::SELECT),
                Token::Mul,
                keyword("FROM", Keyword::FROM),
            ];
            let select = select.map(|token| TokenWithSpan { token, span });
            tokens.splice(index..=index, select);
        }
        index += 1;
    }
}

/// A word that is no keyword.
pub(super) fn plain_word(text: &str) -> Token {
    keyword(text, Keyword::NoKeyword)
}

fn keyword(text: &str, keyword: Keyword) -> Token {
    Token::Word(Word {
        value: text.to_owned(),
        quote_style: None,
        keyword,
    })
}

/// Spells `FOR TIMESTAMP AS OF` and `FOR VERSION AS OF` as the parser knows them: without FOR.
fn spell_versions(tokens: &mut Vec<TokenWithSpan>) {
    let mut index = 0;
    while index + 3 < tokens.len() {
        let found = word(tokens, index) == "FOR"
            && word(tokens, index + 2) == "AS"
            && word(tokens, index + 3) == "OF";
        let known = match (found, word(tokens, index + 1).as_str()) {
            (true, "TIMESTAMP" | "SYSTEM_TIME") => Some(("TIMESTAMP", Keyword::TIMESTAMP)),
            (true, "VERSION" | "SYSTEM_VERSION") => Some(("VERSION", Keyword::VERSION)),
            _ => None,
        };
        if let Some((text, name)) = known {
            tokens.remove(index);
            if let Some(token) = tokens.get_mut(index) {
                token.token = keyword(text, name);
            }
        }
        index += 1;
    }
}

/// Replaces `AS array(…)`, `AS map(…)` and `AS row(…)` within a CAST by the stand-in.
fn hide_nested_types(tokens: &mut Vec<TokenWithSpan>) {
    let mut index = 0;
    while index + 2 < tokens.len() {
        let nested = word(tokens, index) == "AS"
            && matches!(word(tokens, index + 1).as_str(), "ARRAY" | "MAP" | "ROW")
            && matches!(tokens[index + 2].token, Token::LParen | Token::Lt);
        if nested && let Some(end) = closing(tokens, index + 2) {
            let text: Vec<String> = tokens[index + 1..=end]
                .iter()
                .map(|token| token.token.to_string())
                .collect();
            let span: Span = tokens[index + 1].span;
            let stand_in = [
                keyword(TYPE_STAND_IN, Keyword::NoKeyword),
                Token::LParen,
                Token::SingleQuotedString(text.join(" ")),
                Token::RParen,
            ];
            tokens.splice(
                index + 1..=end,
                stand_in.map(|token| TokenWithSpan { token, span }),
            );
        }
        index += 1;
    }
}

/// The index of the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::Lt => depth += 1,
            Token::RParen | Token::Gt => depth -= 1,
            Token::ShiftRight => depth -= 2,
            _ => {}
        }
        if depth <= 0 {
            return Some(index);
        }
    }
    None
}

/// Puts parentheses around bare expressions of VALUES: `VALUES 1, 2`.
fn wrap_values(tokens: &mut Vec<TokenWithSpan>) {
    let mut index = 0;
    while index < tokens.len() {
        if word(tokens, index) == "VALUES" {
            let mut start = index + 1;
            while let Some(end) = element_end(tokens, start) {
                let mut comma = end;
                if word(tokens, start) != "(" && end > start {
                    let span = tokens[start].span;
                    tokens.insert(
                        end,
                        TokenWithSpan {
                            token: Token::RParen,
                            span,
                        },
                    );
                    tokens.insert(
                        start,
                        TokenWithSpan {
                            token: Token::LParen,
                            span,
                        },
                    );
                    comma += 2;
                }
                if tokens
                    .get(comma)
                    .is_none_or(|token| token.token != Token::Comma)
                {
                    break;
                }
                start = comma + 1;
            }
        }
        index += 1;
    }
}

/// Where the element of VALUES that begins at `start` ends.
fn element_end(tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return Some(index),
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma if depth == 0 => return Some(index),
            _ if depth == 0
                && matches!(
                    word(tokens, index).as_str(),
                    "ORDER" | "LIMIT" | "OFFSET" | "FETCH" | "UNION" | "EXCEPT" | "INTERSECT"
                ) =>
            {
                return Some(index);
            }
            _ => {}
        }
    }
    (start < tokens.len()).then_some(tokens.len())
}
