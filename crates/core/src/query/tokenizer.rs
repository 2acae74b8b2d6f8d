//! Splits Athena SQL into tokens, as far as a client needs it.
//!
//! A client must find the `?` that stand for parameters, and tell what kind of statement it
//! holds. Whether the statement is correct is Athena's to say, so nothing here fails: an
//! unterminated quote or comment reaches to the end of the text. Athena parses queries with
//! Trino and most DDL with Hive; the two differ in what a backslash in a quote means.

use std::ops::Range;

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword, unquoted name or number.
    Word,
    /// `'…'`, `X'…'` or `U&'…'`.
    String,
    /// `"…"` or `` `…` ``. Hive takes the former for a string.
    Name,
    /// `-- …` to the end of the line, or `/* … */`.
    Comment,
    /// A `?` outside of all these.
    Question,
    /// Any other character, by itself.
    Symbol,
}

/// A piece of the text; blanks lie between tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it stands, in bytes; always on character boundaries.
    pub(crate) range: Range<usize>,
}

/// The tokens of `sql`, in order, in time linear in its length.
pub(crate) fn tokens(sql: &str) -> Tokens<'_> {
    let trino = Tokens {
        sql,
        at: 0,
        hive: false,
    };
    let hive = is_hive(&leading_words(trino.clone()));
    Tokens { hive, ..trino }
}

/// Iterator of [`tokens`].
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    sql: &'a str,
    at: usize,
    hive: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.sql.as_bytes().get(self.at..)?;
        let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = rest.get(start..)?;
        let (kind, length) = match rest {
            [b'-', b'-', ..] => (TokenKind::Comment, line_comment(rest)),
            [b'/', b'*', ..] => (TokenKind::Comment, block_comment(rest)),
            [b'\'', ..] => (TokenKind::String, quoted(rest, 1, b'\'', self.hive)),
            [b'x' | b'X', b'\'', ..] => (TokenKind::String, quoted(rest, 2, b'\'', self.hive)),
            [b'u' | b'U', b'&', b'\'', ..] => {
                (TokenKind::String, quoted(rest, 3, b'\'', self.hive))
            }
            [b'"', ..] => (TokenKind::Name, quoted(rest, 1, b'"', self.hive)),
            [b'`', ..] => (TokenKind::Name, quoted(rest, 1, b'`', false)),
            [b'?', ..] => (TokenKind::Question, 1),
            [byte, ..] if is_word(*byte) => (TokenKind::Word, length_until(rest, |b| !is_word(b))),
            _ => (TokenKind::Symbol, 1),
        };
        let start = self.at + start;
        self.at = start + length;
        Some(Token {
            kind,
            range: start..self.at,
        })
    }
}

/// Letters, digits, `_` and everything beyond ASCII, so that no token splits a character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn length_until(text: &[u8], end: impl Fn(u8) -> bool) -> usize {
    text.iter()
        .position(|byte| end(*byte))
        .unwrap_or(text.len())
}

fn line_comment(text: &[u8]) -> usize {
    length_until(text, |byte| matches!(byte, b'\n' | b'\r'))
}

/// The length of a block comment. Trino's do not nest, and `/*/` is not a whole one.
fn block_comment(text: &[u8]) -> usize {
    text.get(2..)
        .and_then(|inner| inner.windows(2).position(|pair| pair == b"*/"))
        .map_or(text.len(), |inner| inner + 4)
}

/// The length of a quoted token whose content begins at `at`. A doubled quote is content,
/// and so is, with `backslashes`, whatever follows one.
fn quoted(text: &[u8], mut at: usize, quote: u8, backslashes: bool) -> usize {
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte == quote {
            if text.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        } else if byte == b'\\' && backslashes {
            at += 1;
        }
    }
    text.len()
}

/// The words a statement begins with, at most four, behind comments and opening parentheses.
fn leading_words(tokens: Tokens<'_>) -> Vec<&str> {
    let sql = tokens.sql;
    tokens
        .filter(|token| token.kind != TokenKind::Comment)
        .skip_while(|token| &sql[token.range.clone()] == "(")
        .take_while(|token| token.kind == TokenKind::Word)
        .take(4)
        .map(|token| &sql[token.range])
        .collect()
}

/// Whether Athena hands a statement with these first words to Hive's parser, in whose quotes
/// a backslash escapes. `CREATE TABLE` is left out: CTAS is Trino's.
fn is_hive(words: &[&str]) -> bool {
    let is = |at: usize, names: &[&str]| {
        words
            .get(at)
            .is_some_and(|word| names.iter().any(|name| word.eq_ignore_ascii_case(name)))
    };
    is(0, &["ALTER", "DESC", "DESCRIBE", "DROP", "MSCK", "SHOW"])
        || is(0, &["CREATE"]) && is(1, &["DATABASE", "EXTERNAL", "SCHEMA"])
}

/// What a client needs to know of a statement before it sends it.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    /// The first words, at most four, behind comments and opening parentheses.
    words: Vec<&'a str>,
    /// The byte positions of the `?` that stand for parameters of this execution. A `?` in a
    /// row pattern is a quantifier, and those of a PREPARE belong to the prepared statement.
    pub(crate) parameters: Vec<usize>,
    /// Whether `AS` stands outside of all parentheses: tells CTAS from other `CREATE TABLE`.
    pub(crate) has_as: bool,
    /// Whether every parenthesis is closed, and none that was not opened.
    balanced: bool,
    /// The text without surrounding blanks and without `;` and comments at its end.
    pub(crate) body: &'a str,
}

impl<'a> Outline<'a> {
    /// Reads `sql` once.
    pub(crate) fn of(sql: &'a str) -> Self {
        let words = leading_words(tokens(sql));
        let mut scan = Scan::default();
        let mut body_start = None;
        for token in tokens(sql) {
            body_start.get_or_insert(token.range.start);
            if token.kind != TokenKind::Comment {
                scan.push(sql, token);
            }
        }
        if words
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case("PREPARE"))
        {
            scan.parameters.clear();
        }
        Self {
            words,
            parameters: scan.parameters,
            has_as: scan.has_as,
            balanced: scan.open.is_empty() && !scan.overclosed,
            body: body_start
                .and_then(|start| sql.get(start..scan.end))
                .unwrap_or_default(),
        }
    }

    /// The word at `index` among the first four, in upper case; empty if something else,
    /// such as a quoted name, comes before it.
    pub(crate) fn word(&self, index: usize) -> String {
        self.words
            .get(index)
            .map_or_else(String::new, |word| word.to_ascii_uppercase())
    }

    /// Whether [`Outline::body`] is a query that may stand in parentheses in another's FROM.
    ///
    /// Not so: EXECUTE, whatever it executes; functions declared ahead of a query, which must
    /// stand at the top; a text whose parentheses would end ours.
    pub(crate) fn is_query(&self) -> bool {
        let declares_function = self.word(1) == "FUNCTION" && !matches!(&*self.word(2), "" | "AS");
        self.balanced
            && match &*self.word(0) {
                "SELECT" | "VALUES" | "TABLE" => true,
                "WITH" => !declares_function,
                _ => false,
            }
    }
}

/// State of [`Outline::of`], fed with everything but comments.
#[derive(Default)]
struct Scan<'a> {
    previous: &'a str,
    /// One entry per open parenthesis; for that of a `PATTERN (…)`, the number of `?` before.
    open: Vec<Option<usize>>,
    /// The same number, while the token before was the end of a `PATTERN (…)`.
    closed_pattern: Option<usize>,
    end: usize,
    parameters: Vec<usize>,
    has_as: bool,
    /// Whether a parenthesis was closed that was not open.
    overclosed: bool,
}

impl<'a> Scan<'a> {
    fn push(&mut self, sql: &'a str, token: Token) {
        let text = &sql[token.range.clone()];
        if text == ";" {
            return;
        }
        self.end = token.range.end;
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        // Only a row pattern is followed by one of these; a function named `pattern` is not.
        if let Some(before) = self.closed_pattern.take()
            && (is("DEFINE") || is("SUBSET"))
        {
            self.parameters.truncate(before);
        }
        match token.kind {
            TokenKind::Question => self.parameters.push(token.range.start),
            TokenKind::Symbol if text == "(" => {
                let pattern = self.previous.eq_ignore_ascii_case("PATTERN");
                self.open.push(pattern.then_some(self.parameters.len()));
            }
            TokenKind::Symbol if text == ")" => {
                self.overclosed |= self.open.is_empty();
                self.closed_pattern = self.open.pop().flatten();
            }
            TokenKind::Word if self.open.is_empty() => {
                self.has_as |= is("AS");
            }
            _ => {}
        }
        self.previous = text;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::proptest;
    use proptest::sample::select;

    use super::TokenKind::{Comment, Name, Question, String, Symbol, Word};
    use super::*;
    use crate::fuzzing;

    #[test]
    fn quotes_and_comments_hide_question_marks() {
        let cases: &[(&str, &[(TokenKind, &str)])] = &[
            ("", &[]),
            (" \n\t", &[]),
            ("a?b", &[(Word, "a"), (Question, "?"), (Word, "b")]),
            ("'a''?'?", &[(String, "'a''?'"), (Question, "?")]),
            ("'\\'?", &[(String, "'\\'"), (Question, "?")]),
            ("\"a\"\"?\" ?", &[(Name, "\"a\"\"?\""), (Question, "?")]),
            ("`a``?``", &[(Name, "`a``?``")]),
            ("--?\n?", &[(Comment, "--?"), (Question, "?")]),
            ("--?\r?", &[(Comment, "--?"), (Question, "?")]),
            ("-?-", &[(Symbol, "-"), (Question, "?"), (Symbol, "-")]),
            (
                "/*/?*/?/*?",
                &[(Comment, "/*/?*/"), (Question, "?"), (Comment, "/*?")],
            ),
            ("/* /* */ ?", &[(Comment, "/* /* */"), (Question, "?")]),
            ("/*", &[(Comment, "/*")]),
            ("x'?'U&'?'", &[(String, "x'?'"), (String, "U&'?'")]),
            ("max'?'", &[(Word, "max"), (String, "'?'")]),
            (
                "straße ß?",
                &[(Word, "straße"), (Word, "ß"), (Question, "?")],
            ),
            ("'é?", &[(String, "'é?")]),
            ("1.5", &[(Word, "1"), (Symbol, "."), (Word, "5")]),
        ];
        for (sql, expected) in cases {
            let found: Vec<_> = tokens(sql)
                .map(|token| (token.kind, &sql[token.range]))
                .collect();
            assert_eq!(&found, expected, "{sql}");
        }
    }

    #[test]
    fn parameters_are_found() {
        let cases: &[(&str, &[usize])] = &[
            ("SELECT 1", &[]),
            ("SELECT ?, '?', ?", &[7, 15]),
            ("SELECT \"?\" -- ?", &[]),
            ("PREPARE p FROM SELECT ?", &[]),
            ("SELECT pattern(?), ?", &[15, 19]),
            // Quantifiers of a row pattern, between two parameters.
            (
                "SELECT ? FROM t MATCH_RECOGNIZE (PATTERN (A? (B|C)*? D??) DEFINE A AS x > ?)",
                &[7, 74],
            ),
            (
                "SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (A?) /* c */ SUBSET u = (A) DEFINE A AS ?)",
                &[81],
            ),
            // Backslashes escape in Hive's quotes and nowhere else.
            (r#"CREATE EXTERNAL TABLE t (a int) x ("r" = "[^\"]?")"#, &[]),
            (r"ALTER TABLE t ADD PARTITION (a = '\'?', b = ?)", &[44]),
            (r"SELECT '\', ?", &[12]),
        ];
        for (sql, expected) in cases {
            assert_eq!(&Outline::of(sql).parameters, expected, "{sql}");
        }
    }

    #[test]
    fn first_words_are_found_behind_comments_and_parentheses() {
        let cases = [
            ("select 1", ["SELECT", "1", "", ""]),
            ("/* a */ (( -- b\n Values 1", ["VALUES", "1", "", ""]),
            (
                "CREATE OR /* */ replace view v",
                ["CREATE", "OR", "REPLACE", "VIEW"],
            ),
            ("EXECUTE \"p\" USING 1", ["EXECUTE", "", "", ""]),
            ("'SELECT'", ["", "", "", ""]),
            ("", ["", "", "", ""]),
        ];
        for (sql, expected) in cases {
            let outline = Outline::of(sql);
            assert_eq!(
                [0, 1, 2, 3].map(|index| outline.word(index)),
                expected,
                "{sql}"
            );
        }
    }

    #[test]
    fn as_counts_at_the_top_level_only() {
        let cases = [
            ("SELECT array_agg(x ORDER BY y) AS z", true),
            ("SELECT * FROM (SELECT 1 AS x ORDER BY 1)", false),
            ("SELECT 'AS', \"AS\" -- AS", false),
            ("CREATE TABLE t WITH (a = 1) AS SELECT 1", true),
        ];
        for (sql, has_as) in cases {
            assert_eq!(Outline::of(sql).has_as, has_as, "{sql}");
        }
    }

    #[test]
    fn queries_are_told_from_all_else() {
        for (sql, is_query) in [
            ("SELECT 1", true),
            ("-- c\n((select 1) union (select 2))", true),
            ("with x AS (SELECT 1) SELECT * FROM x", true),
            ("WITH function AS (SELECT 1) TABLE function", true),
            ("WITH function(a) AS (SELECT 1) TABLE function", true),
            ("WITH FUNCTION f() RETURNS int RETURN 1 SELECT f()", false),
            ("VALUES 1", true),
            ("TABLE t", true),
            ("SELECT ')' /* ( */ -- (", true),
            ("SELECT 1) UNION (SELECT 2", false),
            ("SELECT (1", false),
            ("EXECUTE p", false),
            ("EXPLAIN SELECT 1", false),
            ("SHOW TABLES", false),
            ("INSERT INTO t SELECT 1", false),
            ("UNLOAD (SELECT 1) TO 's3://b/'", false),
            (
                "USING EXTERNAL FUNCTION f() RETURNS int LAMBDA 'l' SELECT f()",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(Outline::of(sql).is_query(), is_query, "{sql}");
        }
    }

    #[test]
    fn blanks_semicolons_and_comments_at_the_end_are_trimmed() {
        let cases = [
            ("", ""),
            (" ; -- nothing\n;", ""),
            ("-- nothing", ""),
            (" SELECT 1 ; ", "SELECT 1"),
            ("SELECT 1 -- c", "SELECT 1"),
            ("/* c */ SELECT ';' ;; /* d */", "/* c */ SELECT ';'"),
            ("SELECT 1; SELECT 2;", "SELECT 1; SELECT 2"),
            ("SELECT 'a", "SELECT 'a"),
        ];
        for (sql, body) in cases {
            assert_eq!(Outline::of(sql).body, body, "{sql}");
        }
    }

    proptest! {
        /// Tokens cover the text, and values put in never change the rest of a statement.
        #[test]
        fn a_value_is_one_token_more_in_any_statement(
            start in select(vec!["", "SELECT ", "CREATE VIEW v AS ", "ALTER ", "EXECUTE p USING ", "("]),
            sql in vec(select(PIECES.to_vec()), ..12),
            value in vec(select(PIECES.to_vec()), ..6),
        ) {
            let text = [start, &sql.concat(), "\0", &value.concat()].concat();
            fuzzing::statement(text.as_bytes());
        }
    }

    const PIECES: [&str; 27] = [
        "'",
        "\"",
        "`",
        "--",
        "\n",
        "/*",
        "*/",
        "?",
        "é",
        "\\",
        "x",
        "(",
        ")",
        ";",
        " ",
        "U&",
        "X'",
        "-",
        "'a?'",
        "\"b?\"",
        "`c?`",
        "-- ?\n",
        "/* ? */",
        " ORDER BY ",
        "PATTERN(",
        " DEFINE ",
        ",",
    ];
}
