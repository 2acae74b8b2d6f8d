//! A request body on its way to disk: taken apart, measured, verified.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::HeaderMap;
use hyper::body::{Frame, Incoming};
use sha2::{Digest, Sha256};

use super::checksum::{Algorithm, Sum};
use super::chunked::Unchunker;
use super::error::S3Error;
use crate::service::Service;
use crate::sigv4::{Caller, hex};

/// One upload may be this long, as with S3.
const MAX_SIZE: u64 = 5 << 30;
/// XML documents may be this long.
const MAX_DOCUMENT: usize = 2 << 20;

/// A file that is removed unless it has been moved elsewhere.
#[derive(Debug)]
pub(super) struct TempFile(pub(super) PathBuf);

impl Drop for TempFile {
    fn drop(&mut self) {
        // It is gone if it has been published.
        drop(std::fs::remove_file(&self.0));
    }
}

/// The MD5 of some bytes, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Md5Hex(String);

impl Md5Hex {
    pub(super) fn new(digest: &[u8]) -> Self {
        Self(hex(digest))
    }

    /// The entity tag of an object, or a part, that came in one piece.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

/// Copies bytes; answers their MD5.
pub(super) fn copied(from: &mut dyn Read, to: &mut dyn Write) -> std::io::Result<Md5Hex> {
    let mut md5 = Sum::new(Algorithm::Md5);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(Md5Hex::new(&md5.finish()));
        }
        md5.update(bytes);
        to.write_all(bytes)?;
    }
}

/// A kind of checksum and its value.
pub(super) type Checksum = (Algorithm, String);

/// A body on disk, whose checksums are right.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) file: TempFile,
    pub(super) size: u64,
    pub(super) checksum: Option<Checksum>,
    pub(super) md5: Md5Hex,
}

/// What is to be verified of a body.
struct Expected {
    /// `x-amz-content-sha256`, or nothing.
    declared: String,
    chunked: bool,
    decoded_length: Option<u64>,
    md5: Option<String>,
    /// In the headers.
    checksum: Option<Checksum>,
    /// To be computed anyway, or to be found in a trailer.
    algorithm: Option<Algorithm>,
}

impl Expected {
    fn of(headers: &HeaderMap, asked: Option<Algorithm>) -> Result<Self, S3Error> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let declared = text("x-amz-content-sha256").unwrap_or("").to_owned();
        let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
        if number("content-length").is_some_and(|length| length > MAX_SIZE) {
            return Err(S3Error::new(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
            ));
        }
        let checksum = Algorithm::given(headers)?;
        Ok(Self {
            chunked: declared.starts_with("STREAMING-"),
            declared,
            decoded_length: number("x-amz-decoded-content-length"),
            md5: text("content-md5").map(str::to_owned),
            algorithm: checksum
                .as_ref()
                .map(|(algorithm, _)| *algorithm)
                .or_else(|| Algorithm::in_trailer(headers))
                .or(asked),
            checksum,
        })
    }
}

/// Writes a body to a temporary file and verifies what is said of it. `asked` is the checksum
/// to compute if the request does not say.
pub(super) async fn receive(
    service: &Service,
    headers: &HeaderMap,
    caller: &Caller,
    mut body: Incoming,
    asked: Option<Algorithm>,
) -> Result<Received, S3Error> {
    let expected = Expected::of(headers, asked)?;
    let mut unchunker = expected.chunked.then(|| {
        let signed = !expected.declared.contains("UNSIGNED");
        Unchunker::new(caller.chunks.clone().filter(|_| signed))
    });
    let mut digest = (expected.declared.len() == 64).then(Sha256::new);
    let mut out = Tee {
        sum: expected.algorithm.map(Sum::new),
        md5: Sum::new(Algorithm::Md5),
        size: 0,
    };
    let temp = TempFile(service.store.temp_path());
    let mut file = BufWriter::with_capacity(256 * 1024, File::create(&temp.0)?);
    let idle = service.settings.idle;
    while let Some(frame) = next_frame(idle, &mut body).await? {
        let frame =
            frame.map_err(|problem| S3Error::new(400, "IncompleteBody", problem.to_string()))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if let Some(digest) = &mut digest {
            digest.update(data);
        }
        let mut sink = out.with(&mut file);
        match &mut unchunker {
            Some(unchunker) => unchunker.push(data, &mut sink)?,
            None => sink.write_all(data)?,
        }
        if out.size > MAX_SIZE {
            return Err(S3Error::new(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
            ));
        }
    }
    file.flush()?;
    let trailers = match unchunker {
        Some(unchunker) => unchunker.finish(expected.declared.ends_with("-TRAILER"))?,
        None => Vec::new(),
    };
    if digest.is_some_and(|digest| hex(&digest.finalize()) != expected.declared) {
        return Err(S3Error::new(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ));
    }
    let size = out.size;
    out.verify(&expected, &trailers)
        .map(|(md5, checksum)| Received {
            file: temp,
            size,
            checksum,
            md5,
        })
}

async fn next_frame(
    idle: Duration,
    body: &mut Incoming,
) -> Result<Option<Result<Frame<Bytes>, hyper::Error>>, S3Error> {
    let frame = tokio::time::timeout(idle, body.frame()).await;
    frame.map_err(|_elapsed| timed_out())
}

fn timed_out() -> S3Error {
    S3Error::new(
        400,
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period. Idle \
         connections will be closed.",
    )
}

/// Counts and sums what goes to a file.
struct Tee {
    sum: Option<Sum>,
    md5: Sum,
    size: u64,
}

/// A [`Tee`] with its file, for one piece of the body.
struct TeeWriter<'a> {
    tee: &'a mut Tee,
    file: &'a mut BufWriter<File>,
}

impl Write for TeeWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        if let Some(sum) = &mut self.tee.sum {
            sum.update(bytes);
        }
        self.tee.md5.update(bytes);
        self.tee.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Tee {
    fn with<'a>(&'a mut self, file: &'a mut BufWriter<File>) -> TeeWriter<'a> {
        TeeWriter { tee: self, file }
    }

    /// The MD5, and the checksum to keep.
    fn verify(
        self,
        expected: &Expected,
        trailers: &[(String, String)],
    ) -> Result<(Md5Hex, Option<Checksum>), S3Error> {
        let size = self.size;
        if expected.decoded_length.is_some_and(|length| length != size) {
            return Err(S3Error::new(
                400,
                "IncompleteBody",
                "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header.",
            ));
        }
        let md5 = self.md5.finish();
        let wrong = |given: &String| STANDARD.encode(&md5) != *given;
        if expected.md5.as_ref().is_some_and(wrong) {
            return Err(S3Error::new(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
        let Some((algorithm, sum)) = expected.algorithm.zip(self.sum) else {
            return Ok((Md5Hex::new(&md5), None));
        };
        let computed = sum.encoded();
        let in_trailer = trailers
            .iter()
            .find(|(name, _)| name == algorithm.header())
            .map(|(_, value)| value);
        let given = expected.checksum.as_ref().map(|(_, given)| given);
        if given.or(in_trailer).is_some_and(|given| *given != computed) {
            return Err(S3Error::new(
                400,
                "BadDigest",
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    algorithm.name()
                ),
            ));
        }
        Ok((Md5Hex::new(&md5), Some((algorithm, computed))))
    }
}

/// A whole small body.
pub(super) async fn document(service: &Service, body: Incoming) -> Result<String, S3Error> {
    let collected = Limited::new(body, MAX_DOCUMENT).collect();
    let collected = tokio::time::timeout(service.settings.idle, collected)
        .await
        .map_err(|_elapsed| timed_out())?
        .map_err(|problem| S3Error::new(400, "IncompleteBody", problem.to_string()))?;
    String::from_utf8(collected.to_bytes().to_vec()).map_err(|_problem| S3Error::malformed_xml())
}
