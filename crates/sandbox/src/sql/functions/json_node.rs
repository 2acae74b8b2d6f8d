//! JSON as a tree that keeps numbers as they were written.

use std::collections::BTreeMap;

use crate::sql::java_float;

/// Deeper documents are no JSON here.
const MAX_DEPTH: usize = 500;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    /// As written.
    Number(String),
    Text(String),
    Array(Vec<Node>),
    /// Members in the order of the text.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document; `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { text, at: 0 };
        let node = parser.value(0)?;
        parser.blanks();
        (parser.at == text.len()).then_some(node)
    }

    /// The member of an object; the last of that name.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                let found = members.iter().rev().find(|(key, _)| key == name);
                found.map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text of a value of Trino's type json: members sorted, numbers as Java has them.
    pub(super) fn sorted(&self) -> String {
        let mut out = String::new();
        self.write(true, &mut out);
        out
    }

    fn write(&self, sorted: bool, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(true) => out.push_str("true"),
            Self::Boolean(false) => out.push_str("false"),
            Self::Number(digits) if digits.contains(['.', 'e', 'E']) => {
                match digits.parse::<f64>() {
                    Ok(number) if number.is_finite() => {
                        out.push_str(&java_float::double(number));
                    }
                    _ => out.push_str(digits),
                }
            }
            Self::Number(digits) => out.push_str(if digits == "-0" { "0" } else { digits }),
            Self::Text(text) => push_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(sorted, out);
                }
                out.push(']');
            }
            Self::Object(members) if sorted => {
                let members: BTreeMap<&str, &Self> = members
                    .iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect();
                write_members(members.into_iter(), sorted, out);
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.as_str(), value));
                write_members(members, sorted, out);
            }
        }
    }
}

/// Members in the order of the text.
impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(false, &mut out);
        f.write_str(&out)
    }
}

fn write_members<'a>(
    members: impl Iterator<Item = (&'a str, &'a Node)>,
    sorted: bool,
    out: &mut String,
) {
    out.push('{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(key, out);
        out.push(':');
        value.write(sorted, out);
    }
    out.push('}');
}

/// Appends a JSON string.
pub(super) fn push_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Node::Text),
            b'-' | b'0'..=b'9' => self.number(),
            _ => [
                ("null", Node::Null),
                ("true", Node::Boolean(true)),
                ("false", Node::Boolean(false)),
            ]
            .into_iter()
            .find(|(word, _)| self.text[self.at..].starts_with(word))
            .map(|(word, node)| {
                self.at += word.len();
                node
            }),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.take(b'}') {
            return Some(Node::Object(members));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            if !self.take(b':') {
                return None;
            }
            members.push((key, self.value(depth + 1)?));
            self.blanks();
            if self.take(b'}') {
                return Some(Node::Object(members));
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.take(b']') {
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(b']') {
                return Some(Node::Array(items));
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        if !self.take(b'"') {
            return None;
        }
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn number(&mut self) -> Option<Node> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while parser.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                parser.at += 1;
            }
            (parser.at > from).then_some(from)
        };
        self.take(b'-');
        let whole = digits(self)?;
        if self.at - whole > 1 && self.text.as_bytes()[whole] == b'0' {
            return None;
        }
        if self.take(b'.') {
            digits(self)?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            digits(self)?;
        }
        Some(Node::Number(self.text.get(start..self.at)?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_written() {
        for (text, sorted, plain) in [
            ("null", "null", "null"),
            (" [1, 2.50 ,1e2] ", "[1,2.5,100.0]", "[1,2.5,100.0]"),
            (
                r#"{"b":1,"a":{"d":true,"c":"x\u0041\n"}}"#,
                r#"{"a":{"c":"xA\n","d":true},"b":1}"#,
                r#"{"b":1,"a":{"d":true,"c":"xA\n"}}"#,
            ),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, r#"{"a":1,"a":2}"#),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            (r#""é\"""#, r#""é\"""#, r#""é\"""#),
        ] {
            let node = Node::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(node.sorted(), sorted, "{text}");
            assert_eq!(node.to_string(), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "", "01", "1.", "-", "[1,]", "{", "{\"a\"}", "{a:1}", "tru", "1 2", "\"a", "\"\\x\"",
            "nul", "+1", ".5", "\"\\",
        ] {
            assert_eq!(Node::parse(text), None, "{text}");
        }
        assert_eq!(Node::parse(&"[".repeat(100_000)), None);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        assert_eq!(Node::parse("1.50"), Some(Node::Number("1.50".to_owned())));
    }
}
