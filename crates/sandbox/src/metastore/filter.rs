//! Glue's partition expressions, such as `year = 2024 AND (region LIKE 'eu-%' OR day IN (1, 2))`.

use std::cmp::Ordering;

use super::{Column, MetastoreError};
use crate::wildcard;

/// Nesting beyond this is refused.
const MAX_DEPTH: usize = 100;

/// A parsed expression over the partition keys of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionFilter(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Test { key: Key, test: Test },
}

/// Which value of a partition, and how it is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    index: usize,
    numeric: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Compare(Comparison, String),
    Between(String, String),
    In(Vec<String>),
    Like(String),
    IsNull,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How Hive writes NULL as a partition's value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

impl PartitionFilter {
    /// Reads an expression. Values of number types are compared as numbers, all others as
    /// text; keys may be written in any case.
    ///
    /// # Errors
    /// It is none, names something that is no key, or compares a key of a type Glue refuses.
    pub fn parse(expression: &str, keys: &[Column]) -> Result<Self, MetastoreError> {
        let mut parser = Parser {
            tokens: tokens(expression)?,
            place: 0,
            keys,
        };
        let node = parser.any(0)?;
        if parser.place < parser.tokens.len() {
            return Err(parser.unexpected());
        }
        Ok(Self(node))
    }

    /// True if a partition with these values is let through.
    #[must_use]
    pub fn accepts(&self, values: &[String]) -> bool {
        // A comparison with NULL is neither true nor false.
        accepts(&self.0, values) == Some(true)
    }
}

fn accepts(node: &Node, values: &[String]) -> Option<bool> {
    match node {
        Node::And(left, right) => match (accepts(left, values), accepts(right, values)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Node::Or(left, right) => match (accepts(left, values), accepts(right, values)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Node::Not(inner) => accepts(inner, values).map(|accepted| !accepted),
        Node::Test { key, test } => {
            let value = values.get(key.index)?;
            if *test == Test::IsNull {
                return Some(value == NULL);
            }
            if value == NULL {
                return None;
            }
            key.passes(value, test)
        }
    }
}

impl Key {
    fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        if !self.numeric {
            return Some(left.cmp(right));
        }
        match (left.trim().parse::<i128>(), right.trim().parse::<i128>()) {
            (Ok(left), Ok(right)) => Some(left.cmp(&right)),
            _ => left
                .trim()
                .parse::<f64>()
                .ok()?
                .partial_cmp(&right.trim().parse::<f64>().ok()?),
        }
    }

    fn passes(self, value: &str, test: &Test) -> Option<bool> {
        Some(match test {
            Test::Compare(comparison, literal) => {
                let order = self.compare(value, literal)?;
                match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                }
            }
            Test::Between(low, high) => {
                self.compare(value, low)?.is_ge() && self.compare(value, high)?.is_le()
            }
            Test::In(literals) => literals
                .iter()
                .any(|literal| self.compare(value, literal).is_some_and(Ordering::is_eq)),
            Test::Like(pattern) => wildcard::LIKE.matches(pattern, value),
            Test::IsNull => false,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 11] = ["<=", ">=", "<>", "!=", "==", "=", "<", ">", "(", ")", ","];

fn unsupported(detail: &str) -> MetastoreError {
    MetastoreError::Invalid(format!("Unsupported expression: {detail}"))
}

fn tokens(expression: &str) -> Result<Vec<Token>, MetastoreError> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = if first == '\'' || first == '`' || first == '"' {
            let (text, after) = quoted(rest, first)?;
            tokens.push(if first == '\'' {
                Token::Text(text)
            } else {
                Token::Word(text)
            });
            after
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest.get(symbol.len()..).unwrap_or_default()
        } else {
            let sign = usize::from(first == '-' || first == '+');
            let unsigned = rest.get(sign..).unwrap_or_default();
            let length = unsigned
                .find(|letter: char| !(letter.is_alphanumeric() || "_.$".contains(letter)))
                .unwrap_or(unsigned.len());
            let (word, after) = rest.split_at(sign + length);
            let number = word.parse::<f64>().is_ok()
                && word.contains(|letter: char| letter.is_ascii_digit());
            if number {
                tokens.push(Token::Number(word.to_owned()));
            } else if sign == 0 && length > 0 {
                tokens.push(Token::Word(word.to_owned()));
            } else {
                return Err(unsupported(&format!("unexpected '{first}'")));
            }
            after
        };
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// The text between quotes, a doubled quote being one, and what comes behind.
fn quoted(rest: &str, quote: char) -> Result<(String, &str), MetastoreError> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if letter != quote {
            text.push(letter);
        } else if letters.peek().is_some_and(|(_, next)| *next == quote) {
            text.push(quote);
            letters.next();
        } else {
            return Ok((text, rest.get(place + 1..).unwrap_or_default()));
        }
    }
    Err(unsupported("a quote is not closed"))
}

struct Parser<'a> {
    tokens: Vec<Token>,
    place: usize,
    keys: &'a [Column],
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Node, MetastoreError> {
        let mut node = self.all(depth)?;
        while self.word("OR") {
            node = Node::Or(Box::new(node), Box::new(self.all(depth)?));
        }
        Ok(node)
    }

    fn all(&mut self, depth: usize) -> Result<Node, MetastoreError> {
        let mut node = self.one(depth)?;
        while self.word("AND") {
            node = Node::And(Box::new(node), Box::new(self.one(depth)?));
        }
        Ok(node)
    }

    fn one(&mut self, depth: usize) -> Result<Node, MetastoreError> {
        if depth > MAX_DEPTH {
            return Err(unsupported("too deeply nested"));
        }
        if self.word("NOT") {
            return Ok(Node::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.symbol("(") {
            let node = self.any(depth + 1)?;
            return if self.symbol(")") {
                Ok(node)
            } else {
                Err(self.unexpected())
            };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Node, MetastoreError> {
        let Some(Token::Word(name)) = self.tokens.get(self.place).cloned() else {
            return Err(self.unexpected());
        };
        let key = self.key(&name)?;
        self.place += 1;
        let negated = self.word("NOT");
        let test = if self.word("IN") {
            Test::In(self.list(key)?)
        } else if self.word("BETWEEN") {
            let low = self.literal(key)?;
            if !self.word("AND") {
                return Err(self.unexpected());
            }
            Test::Between(low, self.literal(key)?)
        } else if self.word("LIKE") {
            Test::Like(self.literal(key)?)
        } else if negated {
            return Err(self.unexpected());
        } else if self.word("IS") {
            let negated = self.word("NOT");
            if !self.word("NULL") {
                return Err(self.unexpected());
            }
            return Ok(negate(negated, key, Test::IsNull));
        } else {
            let comparison = self.comparison()?;
            Test::Compare(comparison, self.literal(key)?)
        };
        Ok(negate(negated, key, test))
    }

    fn key(&self, name: &str) -> Result<Key, MetastoreError> {
        let found = self
            .keys
            .iter()
            .position(|key| key.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| unsupported(&format!("'{name}' is not a partition key")))?;
        let hive_type = self.keys.get(found).and_then(|key| key.hive_type.clone());
        let hive_type = hive_type.unwrap_or_else(|| "string".to_owned());
        let base = hive_type.split('(').next().unwrap_or_default().trim();
        let numeric = match base.to_lowercase().as_str() {
            "string" | "varchar" | "char" | "date" | "timestamp" => false,
            "tinyint" | "smallint" | "int" | "integer" | "bigint" | "long" | "decimal"
            | "float" | "double" => true,
            _ => {
                return Err(unsupported(&format!(
                    "partition key '{name}' has type {hive_type}"
                )));
            }
        };
        Ok(Key {
            index: found,
            numeric,
        })
    }

    fn comparison(&mut self) -> Result<Comparison, MetastoreError> {
        for (symbol, comparison) in [
            ("=", Comparison::Equal),
            ("==", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ] {
            if self.symbol(symbol) {
                return Ok(comparison);
            }
        }
        Err(self.unexpected())
    }

    fn list(&mut self, key: Key) -> Result<Vec<String>, MetastoreError> {
        if !self.symbol("(") {
            return Err(self.unexpected());
        }
        let mut literals = vec![self.literal(key)?];
        while self.symbol(",") {
            literals.push(self.literal(key)?);
        }
        if self.symbol(")") {
            Ok(literals)
        } else {
            Err(self.unexpected())
        }
    }

    fn literal(&mut self, key: Key) -> Result<String, MetastoreError> {
        // DATE '2024-01-01' and TIMESTAMP '…' are texts.
        if let (Some(Token::Word(_)), Some(Token::Text(_))) =
            (self.tokens.get(self.place), self.tokens.get(self.place + 1))
            && !self.word("DATE")
            && !self.word("TIMESTAMP")
        {
            return Err(self.unexpected());
        }
        match self.tokens.get(self.place).cloned() {
            Some(Token::Text(text) | Token::Number(text)) => {
                if key.numeric && text.trim().parse::<f64>().is_err() {
                    return Err(unsupported(&format!("'{text}' is not a number")));
                }
                self.place += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.get(self.place), Some(Token::Word(word))
            if word.eq_ignore_ascii_case(keyword));
        self.place += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.tokens.get(self.place)
            == Some(&Token::Symbol(
                SYMBOLS
                    .iter()
                    .find(|known| **known == symbol)
                    .copied()
                    .unwrap_or_default(),
            ));
        self.place += usize::from(found);
        found
    }

    fn unexpected(&self) -> MetastoreError {
        match self.tokens.get(self.place) {
            None => unsupported("it ends too early"),
            Some(Token::Word(text) | Token::Text(text) | Token::Number(text)) => {
                unsupported(&format!("unexpected '{text}'"))
            }
            Some(Token::Symbol(text)) => unsupported(&format!("unexpected '{text}'")),
        }
    }
}

fn negate(negated: bool, key: Key, test: Test) -> Node {
    let node = Node::Test { key, test };
    if negated {
        Node::Not(Box::new(node))
    } else {
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<Column> {
        vec![
            Column::new("year", "int"),
            Column::new("region", "string"),
            Column::new("day", "date"),
        ]
    }

    fn accepted(expression: &str, values: [&str; 3]) -> bool {
        let filter = PartitionFilter::parse(expression, &keys())
            .unwrap_or_else(|problem| panic!("{expression}: {problem}"));
        filter.accepts(&values.map(str::to_owned))
    }

    #[test]
    fn values_are_compared_by_the_type_of_their_key() {
        let partition = ["9", "eu-west-1", "2024-02-29"];
        for (expression, expected) in [
            ("year = 9", true),
            ("year < 10", true),
            ("year < '10'", true),
            ("Year >= 9 and region = 'eu-west-1'", true),
            ("year <> 9", false),
            ("year != 8", true),
            ("year = 9.0", true),
            ("year = -9", false),
            ("region < 'f'", true),
            ("region LIKE 'eu-%-_'", true),
            ("region NOT LIKE 'us%'", true),
            ("region like '%us%'", false),
            ("day BETWEEN '2024-02-01' AND '2024-02-29'", true),
            ("day > DATE '2024-02-29'", false),
            ("year IN (7, 8, 9) OR region = 'x'", true),
            ("year NOT IN (7, 8)", true),
            ("NOT (year = 9 AND region = 'x')", true),
            ("NOT year = 9 OR region = 'eu-west-1'", true),
            ("year = 1 OR year = 9 AND region = 'x'", false),
            ("(year = 1 OR year = 9) AND `region` = 'eu-west-1'", true),
            ("region = 'it''s'", false),
            ("region IS NULL", false),
            ("region IS NOT NULL", true),
        ] {
            assert_eq!(accepted(expression, partition), expected, "{expression}");
        }
    }

    #[test]
    fn null_is_neither_equal_nor_unequal() {
        let partition = [NULL, "eu", "2024-01-01"];
        for (expression, expected) in [
            ("year = 1", false),
            ("year <> 1", false),
            ("NOT year = 1", false),
            ("year IS NULL", true),
            ("year = 1 OR region = 'eu'", true),
        ] {
            assert_eq!(accepted(expression, partition), expected, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let deep = format!("{}year = 1{}", "(".repeat(900), ")".repeat(900));
        let nots = format!("{}year = 1", "NOT ".repeat(400));
        for expression in [
            "",
            "year",
            "year =",
            "year = 'x'",
            "nobody = 1",
            "1 = 1",
            "year = 1 AND",
            "(year = 1",
            "year = 1)",
            "year IN ()",
            "year BETWEEN 1 OR 2",
            "region = 'open",
            "year = 1; DROP TABLE t",
            "year = year",
            "year NOT 1",
            "lower(region) = 'x'",
            &deep,
            &nots,
        ] {
            assert!(
                PartitionFilter::parse(expression, &keys()).is_err(),
                "{expression}"
            );
        }
        let odd = [Column::new("flag", "array<int>")];
        assert!(PartitionFilter::parse("flag = '1'", &odd).is_err());
    }
}
