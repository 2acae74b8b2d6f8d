//! Amazon's own chunked encoding: `size[;chunk-signature=…]\r\n`, data, `\r\n`, trailers.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::error::S3Error;
use crate::sigv4::ChunkChain;

/// A chunk's head line is never longer.
const MAX_LINE: usize = 1024;
/// There are never more trailers.
const MAX_TRAILERS: usize = 16;

/// Takes the encoding apart as bytes arrive, and verifies the signatures of the chunks.
#[derive(Debug, Default)]
pub(super) struct Unchunker {
    state: State,
    line: Vec<u8>,
    signatures: Option<Signatures>,
    trailers: Vec<(String, String)>,
}

#[derive(Debug)]
struct Signatures {
    chain: ChunkChain,
    /// Of the data of the present chunk.
    digest: Sha256,
    /// What the head of the present chunk says.
    claimed: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
    /// After the last chunk, until an empty line.
    Trailers,
    /// After everything.
    Done,
}

fn invalid(what: impl Into<String>) -> S3Error {
    S3Error::new(400, "IncompleteBody", what.into())
}

fn mismatch() -> S3Error {
    S3Error::new(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method.",
    )
}

impl Unchunker {
    /// With a chain, every chunk must be signed.
    pub(super) fn new(chain: Option<ChunkChain>) -> Self {
        Self {
            signatures: chain.map(|chain| Signatures {
                chain,
                digest: Sha256::new(),
                claimed: String::new(),
            }),
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut impl Write) -> Result<(), S3Error> {
        while !bytes.is_empty() {
            match self.state {
                State::Done => return Ok(()),
                State::Data(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (data, rest) = bytes.split_at(take);
                    out.write_all(data)?;
                    if let Some(signatures) = &mut self.signatures {
                        signatures.digest.update(data);
                    }
                    bytes = rest;
                    let left = left - take as u64;
                    self.state = if left == 0 {
                        self.chunk_done()?;
                        State::DataEnd
                    } else {
                        State::Data(left)
                    };
                }
                State::Head | State::DataEnd | State::Trailers => {
                    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |place| place + 1);
                    let (line, rest) = bytes.split_at(end);
                    self.line.extend_from_slice(line);
                    bytes = rest;
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

    fn line_done(&mut self) -> Result<(), S3Error> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        match self.state {
            State::DataEnd => {
                if !text.is_empty() {
                    return Err(invalid("a chunk is longer than its head says"));
                }
                self.state = State::Head;
            }
            State::Trailers => {
                if text.is_empty() {
                    self.state = State::Done;
                } else if let Some((name, value)) = text.split_once(':') {
                    if self.trailers.len() == MAX_TRAILERS {
                        return Err(invalid("there are too many trailers"));
                    }
                    let name = name.trim().to_ascii_lowercase();
                    self.trailers.push((name, value.trim().to_owned()));
                } else {
                    return Err(S3Error::new(
                        400,
                        "MalformedTrailerError",
                        "The request contained trailing data that was not well-formed or did not conform to our \
                         published schema.",
                    ));
                }
            }
            _ => self.head_done(text)?,
        }
        Ok(())
    }

    fn head_done(&mut self, text: &str) -> Result<(), S3Error> {
        let (size, extension) = text.split_once(';').unwrap_or((text, ""));
        let size = u64::from_str_radix(size, 16)
            .map_err(|error| invalid(format!("chunk size '{size}': {error}")))?;
        if let Some(signatures) = &mut self.signatures {
            let claimed = extension
                .strip_prefix("chunk-signature=")
                .unwrap_or_default();
            claimed.clone_into(&mut signatures.claimed);
        }
        self.state = if size == 0 {
            self.chunk_done()?;
            State::Trailers
        } else {
            State::Data(size)
        };
        Ok(())
    }

    fn chunk_done(&mut self) -> Result<(), S3Error> {
        let Some(signatures) = &mut self.signatures else {
            return Ok(());
        };
        let digest = std::mem::take(&mut signatures.digest).finalize();
        if signatures.chain.accept_chunk(&digest, &signatures.claimed) {
            Ok(())
        } else {
            Err(mismatch())
        }
    }

    /// The trailers, names in lower case. Fails unless the last chunk has been seen, or if
    /// the trailers had to be signed and are not.
    pub(super) fn finish(
        mut self,
        signed_trailers: bool,
    ) -> Result<Vec<(String, String)>, S3Error> {
        // The empty line at the end is often left out.
        if self.state == State::Trailers && !self.line.is_empty() {
            self.line.push(b'\n');
            self.line_done()?;
        }
        if !matches!(self.state, State::Trailers | State::Done) {
            return Err(invalid("the body ends before its last chunk"));
        }
        let signature = "x-amz-trailer-signature";
        if let (true, Some(mut signatures)) = (signed_trailers, self.signatures) {
            let claimed = self.trailers.iter().find(|(name, _)| name == signature);
            let signed: String = self
                .trailers
                .iter()
                .filter(|(name, _)| name != signature)
                .map(|(name, value)| format!("{name}:{value}\n"))
                .collect();
            let claimed = claimed.map_or("", |(_, value)| value.as_str());
            if !signatures.chain.accept_trailers(&signed, claimed) {
                return Err(mismatch());
            }
        }
        Ok(self.trailers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let encoded = b"5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0\r\nX-Amz-Checksum-Crc32: AAAA\r\n\r\n";
        for size in [1, 3, 7, 1000] {
            let mut unchunker = Unchunker::default();
            let mut out = Vec::new();
            for part in encoded.chunks(size) {
                unchunker.push(part, &mut out).unwrap();
            }
            let trailers = unchunker.finish(false).unwrap();
            assert_eq!(
                trailers,
                [("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned())]
            );
            assert_eq!(out, b"hello world");
        }
    }

    #[test]
    fn a_body_that_ends_early_or_lies_is_refused() {
        let mut cut = Unchunker::default();
        cut.push(b"5\r\nhel", &mut Vec::new()).unwrap();
        assert!(cut.finish(false).is_err());
        for bad in [
            &b"zz\r\n"[..],
            b"1\r\nab\r\n",
            b"0\r\nnonsense\r\n",
            b"ffffffffffffffffff\r\n",
        ] {
            assert!(
                Unchunker::default().push(bad, &mut Vec::new()).is_err(),
                "{bad:?}"
            );
        }
        let long = vec![b'0'; 2000];
        assert!(Unchunker::default().push(&long, &mut Vec::new()).is_err());
    }
}
