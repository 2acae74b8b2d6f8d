//! Which tables a statement names, found without a parser: fixtures bring none.

/// The names after FROM, JOIN, INTO and the like, as their parts; comments and texts are
/// passed over. Names of common table expressions and of things that are not there are among
/// them: whoever asks knows which tables exist.
pub(super) fn tables(sql: &str) -> Vec<Vec<String>> {
    let tokens = tokens(sql);
    let mut found = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let introduces = matches!(tokens.get(place), Some(Token::Word(word)) if [
            "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "DESCRIBE", "DESC", "USING", "COLUMNS",
            "PARTITIONS", "TBLPROPERTIES", "VIEW", "DATABASE", "SCHEMA",
        ]
        .contains(&word.to_ascii_uppercase().as_str()));
        place += 1;
        if !introduces {
            continue;
        }
        // IF [NOT] EXISTS is no name.
        if is_word(&tokens, place, "IF") {
            place += 2 + usize::from(is_word(&tokens, place + 1, "NOT"));
        }
        // FROM a, b: more may follow behind each comma, and behind an alias.
        loop {
            let (name, after) = name(&tokens, place);
            place = after;
            if !name.is_empty() {
                found.push(name);
            }
            let alias = usize::from(is_word(&tokens, place, "AS"));
            let comma = (place..=place + alias + 1)
                .find(|at| matches!(tokens.get(*at), Some(Token::Symbol(','))));
            match comma {
                Some(at) => place = at + 1,
                None => break,
            }
        }
    }
    found
}

enum Token {
    Word(String),
    Quoted(String),
    Symbol(char),
}

fn is_word(tokens: &[Token], place: usize, wanted: &str) -> bool {
    matches!(tokens.get(place), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
}

/// A name of parts with dots between, and the place behind it.
fn name(tokens: &[Token], mut place: usize) -> (Vec<String>, usize) {
    let mut parts = Vec::new();
    while let Some(Token::Word(part) | Token::Quoted(part)) = tokens.get(place) {
        parts.push(part.to_lowercase());
        place += 1;
        match tokens.get(place) {
            Some(Token::Symbol('.')) => place += 1,
            _ => break,
        }
    }
    (parts, place)
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if first == '\'' {
            after.split_once('\'').map_or("", |(_, after)| after)
        } else if first == '"' || first == '`' {
            let (text, after) = after.split_once(first).unwrap_or((after, ""));
            tokens.push(Token::Quoted(text.to_owned()));
            after
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest
                .find(|letter: char| !(letter.is_alphanumeric() || "_$".contains(letter)))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            tokens.push(Token::Word(word.to_owned()));
            after
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Symbol(first));
            }
            after
        };
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_tables_stand() {
        for (sql, expected) in [
            ("SELECT * FROM t", "t"),
            ("SELECT 'FROM x' -- FROM y\n FROM a.b /* FROM z */", "a.b"),
            (
                "SELECT * FROM a, b AS c, \"D\".\"e f\" g, h JOIN i ON true",
                "a b d.e f h i",
            ),
            ("SELECT * FROM (SELECT * FROM inner_one) x", "inner_one"),
            ("INSERT INTO db.t SELECT 1", "db.t"),
            ("DESCRIBE `db`.`t`", "db.t"),
            ("SHOW PARTITIONS t", "t"),
            ("CREATE EXTERNAL TABLE IF NOT EXISTS db.t (a int)", "db.t"),
            ("DROP TABLE IF EXISTS t", "t"),
            ("CREATE DATABASE IF NOT EXISTS d", "d"),
            ("MERGE INTO a USING b ON true", "a b"),
            ("SELECT 1", ""),
        ] {
            let found: Vec<String> = tables(sql).iter().map(|parts| parts.join(".")).collect();
            assert_eq!(found.join(" "), expected, "{sql}");
        }
    }
}
