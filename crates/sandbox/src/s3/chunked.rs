//! Amazon's own chunked encoding: `size[;chunk-signature=…]\r\n`, data, `\r\n`, trailers.

use std::io::{self, Write};

/// A chunk's head line is never longer.
const MAX_LINE: usize = 1024;

/// Takes the encoding apart as bytes arrive. Chunk signatures are not verified.
#[derive(Debug, Default)]
pub(super) struct Unchunker {
    state: State,
    line: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
    /// After the last chunk: trailers, which are read over.
    Trailers,
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Unchunker {
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.state {
                State::Trailers => return Ok(()),
                State::Data(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    out.write_all(&bytes[..take])?;
                    bytes = &bytes[take..];
                    let left = left - take as u64;
                    self.state = if left == 0 {
                        State::DataEnd
                    } else {
                        State::Data(left)
                    };
                }
                State::Head | State::DataEnd => {
                    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |place| place + 1);
                    self.line.extend_from_slice(&bytes[..end]);
                    bytes = &bytes[end..];
                    if self.line.len() > MAX_LINE {
                        return Err(invalid("a chunk's head line is too long"));
                    }
                    if self.line.ends_with(b"\n") {
                        self.line_done()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn line_done(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if self.state == State::DataEnd {
            self.state = State::Head;
            return if text.is_empty() {
                Ok(())
            } else {
                Err(invalid("a chunk is longer than its head says"))
            };
        }
        let size = text.split(';').next().unwrap_or("");
        let size = u64::from_str_radix(size, 16)
            .map_err(|error| invalid(&format!("chunk size '{size}': {error}")))?;
        self.state = if size == 0 {
            State::Trailers
        } else {
            State::Data(size)
        };
        Ok(())
    }

    /// Fails unless the last chunk has been seen.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.state {
            State::Trailers => Ok(()),
            _ => Err(invalid("the body ends before its last chunk")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let encoded = b"5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        for size in [1, 3, 7, 1000] {
            let mut unchunker = Unchunker::default();
            let mut out = Vec::new();
            for part in encoded.chunks(size) {
                unchunker.push(part, &mut out).unwrap();
            }
            unchunker.finish().unwrap();
            assert_eq!(out, b"hello world");
        }
    }

    #[test]
    fn a_body_that_ends_early_or_lies_is_refused() {
        let mut cut = Unchunker::default();
        cut.push(b"5\r\nhel", &mut Vec::new()).unwrap();
        assert!(cut.finish().is_err());
        assert!(
            Unchunker::default()
                .push(b"zz\r\n", &mut Vec::new())
                .is_err()
        );
        assert!(
            Unchunker::default()
                .push(b"1\r\nab\r\n", &mut Vec::new())
                .is_err()
        );
    }
}
