//! Reads one CSV field, byte by byte, across the borders of input pieces.

use memchr::{memchr, memchr2};

/// Text kept allocated for the next field; a larger one is freed.
const KEPT_CAPACITY: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the field has been seen.
    Start,
    /// In a value without quotes.
    Bare,
    /// Behind the opening quote.
    Quoted,
    /// Behind a quote that either closes the value or is the first of two.
    QuoteSeen,
}

/// What came of reading on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// The input ended; the field may go on.
    InputEmpty,
    /// The field ended with a comma.
    Comma,
    /// The field ended with a line end, and with it the record.
    LineEnd,
    /// This byte stands behind a closing quote.
    Stray(u8),
}

/// One field in the making. Slower than the builders' own fast path, but it accepts everything.
pub(super) struct FieldScanner {
    state: State,
    /// The value so far, without its quotes.
    text: Vec<u8>,
}

impl FieldScanner {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            text: Vec::new(),
        }
    }

    /// Whether no byte of the field has been read.
    pub(super) fn is_idle(&self) -> bool {
        self.state == State::Start
    }

    /// Reads until the field or the input ends; the number of bytes read includes the separator.
    pub(super) fn scan(&mut self, input: &[u8]) -> (usize, Scanned) {
        let mut rest = input;
        while let Some((byte, after)) = rest.split_first() {
            match self.state {
                State::Quoted => {
                    let end = memchr(b'"', rest);
                    let (part, _) = rest.split_at(end.unwrap_or(rest.len()));
                    self.text.extend_from_slice(part);
                    if end.is_some() {
                        self.state = State::QuoteSeen;
                    }
                    rest = rest.get(part.len() + 1..).unwrap_or_default();
                    continue;
                }
                State::Start if *byte == b'"' => self.state = State::Quoted,
                State::QuoteSeen if *byte == b'"' => {
                    self.text.push(b'"');
                    self.state = State::Quoted;
                }
                _ if *byte == b',' => return (input.len() - after.len(), Scanned::Comma),
                _ if *byte == b'\n' => return (input.len() - after.len(), Scanned::LineEnd),
                State::QuoteSeen => return (input.len() - after.len(), Scanned::Stray(*byte)),
                State::Start | State::Bare => {
                    self.state = State::Bare;
                    let end = memchr2(b',', b'\n', rest).unwrap_or(rest.len());
                    let (part, separator) = rest.split_at(end);
                    self.text.extend_from_slice(part);
                    rest = separator;
                    continue;
                }
            }
            rest = after;
        }
        (input.len(), Scanned::InputEmpty)
    }

    /// The value of a field that has ended; `None` is NULL: nothing, not even quotes.
    pub(super) fn value(&self) -> Option<&[u8]> {
        (!self.is_idle()).then_some(self.text.as_slice())
    }

    /// Makes ready for the next field.
    pub(super) fn reset(&mut self) {
        self.state = State::Start;
        self.text.clear();
        self.text.shrink_to(KEPT_CAPACITY);
    }
}
