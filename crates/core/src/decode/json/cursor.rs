//! The tokens of JSON text.

use memchr::memchr2;

/// A place in JSON text that is UTF-8.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    position: usize,
}

/// A value that is no array and no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    Boolean(bool),
    /// The number as it is written, which may be no number at all.
    Number(&'a [u8]),
    /// What stands between the quotes, escapes and all.
    String(&'a [u8]),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, position: 0 }
    }

    /// Bytes read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The text from the next token on.
    fn rest(&mut self) -> &'a [u8] {
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            match rest {
                [b' ' | b'\t' | b'\n' | b'\r', ..] => self.position += 1,
                _ => return rest,
            }
        }
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: u8) -> bool {
        let found = self.rest().first() == Some(&token);
        self.position += usize::from(found);
        found
    }

    /// Takes `null` if it comes next.
    pub(super) fn take_null(&mut self) -> bool {
        self.take_word(b"null")
    }

    fn take_word(&mut self, word: &[u8]) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.position += word.len();
        }
        found
    }

    /// Whether another element follows in an array or object that `close` ends.
    pub(super) fn goes_on(&mut self, close: u8) -> Option<bool> {
        if self.take(b',') {
            Some(true)
        } else {
            self.take(close).then_some(false)
        }
    }

    /// Takes the scalar that comes next.
    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
        let rest = self.rest();
        match rest.first()? {
            b'"' => self.string().map(Scalar::String),
            b'-' | b'0'..=b'9' => {
                let is_part = |c: &u8| matches!(c, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = rest.iter().position(|c| !is_part(c));
                let (number, _) = rest.split_at(length.unwrap_or(rest.len()));
                self.position += number.len();
                Some(Scalar::Number(number))
            }
            _ if self.take_null() => Some(Scalar::Null),
            _ if self.take_word(b"true") => Some(Scalar::Boolean(true)),
            _ if self.take_word(b"false") => Some(Scalar::Boolean(false)),
            _ => None,
        }
    }

    /// Takes the string that comes next; gives what stands between its quotes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let [b'"', text @ ..] = self.rest() else {
            return None;
        };
        let mut end = 0;
        loop {
            end += memchr2(b'"', b'\\', text.get(end..)?)?;
            if text.get(end) == Some(&b'"') {
                self.position += end + 2;
                return text.get(..end);
            }
            end += 2;
        }
    }
}

/// The text that the content of a JSON string stands for; `None` if an escape is none, or half
/// of a surrogate pair is missing. `scratch` holds it where it is not `content` itself.
pub(super) fn unescape<'t>(content: &'t [u8], scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    let Some(mut escape) = memchr::memchr(b'\\', content) else {
        return Some(content);
    };
    scratch.clear();
    let mut rest = content;
    loop {
        let (plain, escaped) = rest.split_at(escape);
        scratch.extend_from_slice(plain);
        let [b'\\', kind, after @ ..] = escaped else {
            return Some(scratch);
        };
        rest = after;
        match kind {
            b'"' | b'\\' | b'/' => scratch.push(*kind),
            b'b' => scratch.push(0x08),
            b'f' => scratch.push(0x0C),
            b'n' => scratch.push(b'\n'),
            b'r' => scratch.push(b'\r'),
            b't' => scratch.push(b'\t'),
            b'u' => {
                let character;
                (character, rest) = character_of(after)?;
                let mut bytes = [0; 4];
                scratch.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
            }
            _ => return None,
        }
        escape = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
    }
}

/// The character of the four digits that `text` begins with, or of those and the other half of
/// a surrogate pair; and what follows.
fn character_of(text: &[u8]) -> Option<(char, &[u8])> {
    let (high, rest) = code_unit(text)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, rest));
    }
    let (low, rest) = code_unit(rest.strip_prefix(b"\\u")?)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, rest))
}

fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let unit = digits.iter().try_fold(0, |unit, digit| {
        Some(unit << 4 | char::from(*digit).to_digit(16)?)
    })?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_what_json_says() {
        for (content, text) in [
            ("plain é 𝄞", Some("plain é 𝄞")),
            ("", Some("")),
            (r#"\"\\\/\b\f\n\r\t"#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r"a\u00e9\u20ACz", Some("aé€z")),
            (r"\uD834\uDD1E", Some("𝄞")),
            (r"\u0000", Some("\0")),
            (r"\uD834", None),
            (r"\uD834x", None),
            (r"\uD834\uD834", None),
            (r"\uDD1E", None),
            (r"\u00e", None),
            (r"\u+0e9", None),
            (r"\x", None),
            ("\\", None),
        ] {
            let mut scratch = Vec::new();
            let found = unescape(content.as_bytes(), &mut scratch);
            // A lone backslash at the end cannot come out of `string`.
            if content != "\\" {
                assert_eq!(found, text.map(str::as_bytes), "{content}");
            }
        }
    }

    #[test]
    fn scalars_end_where_they_end() {
        for (text, expected, position) in [
            ("null,", Some(Scalar::Null), 4),
            (" true", Some(Scalar::Boolean(true)), 5),
            ("false]", Some(Scalar::Boolean(false)), 5),
            ("-1.5E-7}", Some(Scalar::Number(b"-1.5E-7")), 7),
            (r#""a\"b\\" "#, Some(Scalar::String(br#"a\"b\\"#)), 8),
            (r#""a"#, None, 0),
            (r#""a\"#, None, 0),
            ("[", None, 0),
            ("NaN", None, 0),
            ("", None, 0),
        ] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert_eq!(cursor.scalar(), expected, "{text}");
            assert_eq!(cursor.position(), position, "{text}");
        }
    }
}
