//! A pull reader of JSON that appends strings where the caller wants them.

use std::fmt;

use memchr::memchr2;

/// What stands where something else was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    expected: &'static str,
    offset: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, offset } = self;
        write!(f, "malformed JSON: expected {expected} at byte {offset}")
    }
}

impl std::error::Error for Malformed {}

type Result<T> = std::result::Result<T, Malformed>;

/// A place in a text.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    /// The name of a member, where it is not written plainly.
    name: String,
}

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a [u8]) -> Result<Self> {
        let text = std::str::from_utf8(text).map_err(|error| Malformed {
            expected: "UTF-8",
            offset: error.valid_up_to(),
        })?;
        Ok(Self {
            text,
            at: 0,
            name: String::new(),
        })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T> {
        Err(Malformed {
            expected,
            offset: self.at,
        })
    }

    /// The next byte that is no blank, 0 at the end.
    fn peek(&mut self) -> u8 {
        let rest = self.rest().as_bytes();
        let blanks = rest.iter().take_while(|byte| b" \t\n\r".contains(byte));
        self.at += blanks.count();
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Passes over `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == byte;
        self.at += usize::from(there);
        there
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    /// If exactly `before` comes next, and then `after` behind text without quotes or
    /// backslashes: that text. Else nothing is taken.
    #[inline]
    pub(super) fn take_between(&mut self, before: &str, after: &str) -> Option<&'a str> {
        let rest = self.rest().strip_prefix(before)?;
        let (text, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest.as_bytes())?)?;
        rest.starts_with(after).then(|| {
            self.at += before.len() + text.len() + after.len();
            text
        })
    }

    /// Reads an object, or `null`, which is one without members. `member` must read the value.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<()>,
    ) -> Result<()> {
        if self.take_word("null") {
            return Ok(());
        }
        if !self.take(b'{') {
            return self.expected("an object");
        }
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.peek();
            let plain = self.take_between("\"", "\"");
            let mut unescaped = std::mem::take(&mut self.name);
            let name = match plain {
                Some(name) => name,
                None => {
                    unescaped.clear();
                    if !self.append_text(&mut unescaped)? {
                        return self.expected("a name");
                    }
                    unescaped.as_str()
                }
            };
            if !self.take(b':') {
                return self.expected("':'");
            }
            member(self, name)?;
            self.name = unescaped;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return self.expected("',' or '}'");
            }
        }
    }

    /// Reads an array, or `null`, which is one without items. `item` must read the value.
    pub(super) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.take_word("null") {
            return Ok(());
        }
        if !self.take(b'[') {
            return self.expected("an array");
        }
        if self.take(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return self.expected("',' or ']'");
            }
        }
    }

    /// Reads a string; `None` for `null`.
    pub(super) fn text(&mut self) -> Result<Option<String>> {
        let mut text = String::new();
        let is_text = self.append_text(&mut text)?;
        Ok(is_text.then_some(text))
    }

    /// Reads a whole number; `None` for `null`.
    pub(super) fn integer(&mut self) -> Result<Option<i64>> {
        if self.take_word("null") {
            return Ok(None);
        }
        let number = self.number();
        match number.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.expected("a whole number"),
        }
    }

    /// Passes over what a number is made of.
    fn number(&mut self) -> &'a str {
        self.peek();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c));
        let (number, _) = rest.split_at(end.unwrap_or(rest.len()));
        self.at += number.len();
        number
    }

    /// Appends a string to `out`. `false`, and nothing appended, for `null`.
    pub(super) fn append_text(&mut self, out: &mut String) -> Result<bool> {
        if self.take_word("null") {
            return Ok(false);
        }
        if !self.take(b'"') {
            return self.expected("a string");
        }
        loop {
            let rest = self.rest();
            let Some((plain, _)) =
                memchr2(b'"', b'\\', rest.as_bytes()).and_then(|end| rest.split_at_checked(end))
            else {
                return self.expected("'\"' behind a string");
            };
            out.push_str(plain);
            self.at += plain.len();
            if self.take(b'"') {
                return Ok(true);
            }
            out.push(self.escape()?);
        }
    }

    /// Reads what begins with a backslash.
    fn escape(&mut self) -> Result<char> {
        let escaped = match self.rest().as_bytes() {
            [_, b'"', ..] => '"',
            [_, b'\\', ..] => '\\',
            [_, b'/', ..] => '/',
            [_, b'b', ..] => '\u{8}',
            [_, b'f', ..] => '\u{C}',
            [_, b'n', ..] => '\n',
            [_, b'r', ..] => '\r',
            [_, b't', ..] => '\t',
            [_, b'u', ..] => {
                let first = self.code_unit()?;
                let pair = match char::from_u32(first) {
                    Some(character) => return Ok(character),
                    // The first half of a character, whose second half must follow.
                    None => [first, self.code_unit()?],
                };
                let pair = pair.map(|unit| u16::try_from(unit).unwrap_or_default());
                return match char::decode_utf16(pair).next() {
                    Some(Ok(character)) => Ok(character),
                    _ => self.expected("a second surrogate before this"),
                };
            }
            _ => return self.expected("an escape"),
        };
        self.at += 2;
        Ok(escaped)
    }

    /// Reads `\uXXXX`.
    fn code_unit(&mut self) -> Result<u32> {
        let digits = self
            .rest()
            .strip_prefix("\\u")
            .and_then(|rest| rest.get(..4));
        let unit = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) => {
                self.at += "\\uXXXX".len();
                Ok(unit)
            }
            None => self.expected("\\u and four digits"),
        }
    }

    /// Passes over any value.
    pub(super) fn skip(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        let mut ignored = String::new();
        loop {
            match self.peek() {
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b'"' => {
                    ignored.clear();
                    self.append_text(&mut ignored)?;
                }
                _ => {
                    let word = ["true", "false", "null"]
                        .into_iter()
                        .any(|word| self.take_word(word));
                    if !word && self.number().is_empty() {
                        return self.expected("a value");
                    }
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Nothing but blanks may follow.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            0 if self.at == self.text.len() => Ok(()),
            _ => self.expected("the end"),
        }
    }
}
