//! `JSON_OBJECT` and `JSON_ARRAY`, whose arguments the parser does not know.
//!
//! Keys, values and options become plain arguments: `JSON_OBJECT(KEY 'a' VALUE 1)` and
//! `JSON_OBJECT('a' : 1)` are `json_object('a', 1)`.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::tokens::{plain_word, word};

/// A value that is JSON text: `x FORMAT JSON`.
pub(super) const FORMATTED: &str = "athena_json_text";

/// An object whose keys may not repeat: `WITH UNIQUE KEYS`.
pub(super) const UNIQUE: &str = "athena_unique_json_object";

/// Spells the constructors of a statement out.
pub(super) fn spell_json_out(tokens: &mut Vec<TokenWithSpan>) {
    // From the end, so that inner constructors are done before the outer ones.
    for index in (0..tokens.len()).rev() {
        let object = word(tokens, index) == "JSON_OBJECT";
        if (object || word(tokens, index) == "JSON_ARRAY") && word(tokens, index + 1) == "(" {
            spell_arguments_out(tokens, index, object);
        }
    }
}

fn spell_arguments_out(tokens: &mut Vec<TokenWithSpan>, name: usize, object: bool) {
    let mut depth = 0_i32;
    let mut index = name + 1;
    // Where the value begins that is being read.
    let mut value = name + 2;
    while index < tokens.len() {
        match &tokens[index].token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
        if depth > 1 {
            index += 1;
            continue;
        }
        let (this, next) = (word(tokens, index), word(tokens, index + 1));
        match (&tokens[index].token, this.as_str(), next.as_str()) {
            (Token::Comma, ..) => value = index + 1,
            (Token::Colon, ..) if object => {
                tokens[index].token = Token::Comma;
                value = index + 1;
            }
            (_, "VALUE", _) if object && index > value => {
                tokens[index].token = Token::Comma;
                value = index + 1;
            }
            (_, "KEY", _) if object && index == value => {
                tokens.remove(index);
                continue;
            }
            (_, "FORMAT", "JSON") => {
                let span = tokens[index].span;
                let at = |token| TokenWithSpan { token, span };
                tokens.splice(index..index + 2, [at(Token::RParen)]);
                let open = [at(plain_word(FORMATTED)), at(Token::LParen)];
                tokens.splice(value..value, open);
                index += 3;
                continue;
            }
            (_, "WITHOUT" | "WITH", "UNIQUE") if object => {
                if this == "WITH" {
                    tokens[name].token = plain_word(UNIQUE);
                }
                let keys = usize::from(word(tokens, index + 2) == "KEYS");
                tokens.drain(index..index + 2 + keys);
                continue;
            }
            _ => {}
        }
        index += 1;
    }
}
