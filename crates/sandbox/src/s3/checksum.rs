//! The checksums S3 keeps with objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use hyper::HeaderMap;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::error::S3Error;

/// A kind of checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    /// Compared with `Content-MD5`, and kept as the entity tag.
    Md5,
}

const KEPT: [Algorithm; 5] = [
    Algorithm::Crc32,
    Algorithm::Crc32c,
    Algorithm::Crc64Nvme,
    Algorithm::Sha1,
    Algorithm::Sha256,
];

impl Algorithm {
    /// The header that carries the checksum.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Md5 => "content-md5",
        }
    }

    /// The name in `x-amz-checksum-algorithm`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Md5 => "MD5",
        }
    }

    /// The XML element that carries the checksum, e.g. `ChecksumCRC32`.
    pub(super) fn element(self) -> String {
        format!("Checksum{}", self.name())
    }

    /// Reads the name in `x-amz-checksum-algorithm`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        KEPT.into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The algorithm a header asks for, with the checksum it gives.
    pub(super) fn given(headers: &HeaderMap) -> Result<Option<(Self, String)>, S3Error> {
        let mut found = KEPT.into_iter().filter_map(|algorithm| {
            let value = headers.get(algorithm.header())?.to_str().ok()?;
            Some((algorithm, value.to_owned()))
        });
        let first = found.next();
        if found.next().is_some() {
            return Err(S3Error::new(
                400,
                "InvalidRequest",
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        Ok(first)
    }

    /// The algorithm whose checksum is to follow the body.
    pub(super) fn in_trailer(headers: &HeaderMap) -> Option<Self> {
        let names = headers.get("x-amz-trailer")?.to_str().ok()?;
        names.split(',').find_map(|name| {
            KEPT.into_iter()
                .find(|algorithm| algorithm.header().eq_ignore_ascii_case(name.trim()))
        })
    }
}

/// A checksum being computed.
pub(super) enum Sum {
    Crc(crc_fast::Digest, usize),
    Sha1(Sha1),
    Sha256(Sha256),
    Md5(Md5),
}

impl Sum {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32IsoHdlc), 4),
            Algorithm::Crc32c => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32Iscsi), 4),
            Algorithm::Crc64Nvme => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme), 8),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(digest, _) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
            Self::Md5(digest) => digest.update(bytes),
        }
    }

    /// The bytes of the checksum.
    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc(digest, width) => {
                let bytes = digest.finalize().to_be_bytes();
                bytes.get(8 - width..).unwrap_or_default().to_vec()
            }
            Self::Sha1(digest) => digest.finalize().to_vec(),
            Self::Sha256(digest) => digest.finalize().to_vec(),
            Self::Md5(digest) => digest.finalize().to_vec(),
        }
    }

    /// The checksum as headers carry it.
    pub(super) fn encoded(self) -> String {
        STANDARD.encode(self.finish())
    }
}

/// The checksum of an object made of parts: that of the parts' checksums, and their number.
pub(super) fn composite(algorithm: Algorithm, parts: &[String]) -> String {
    let mut sum = Sum::new(algorithm);
    for part in parts {
        sum.update(&STANDARD.decode(part).unwrap_or_default());
    }
    format!("{}-{}", sum.encoded(), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogues: the digits 1 to 9.
    #[test]
    fn known_texts_have_their_known_checksums() {
        for (algorithm, expected) in [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
        ] {
            let mut sum = Sum::new(algorithm);
            sum.update(b"12345");
            sum.update(b"6789");
            assert_eq!(crate::sigv4::hex(&sum.finish()), expected, "{algorithm:?}");
        }
    }
}
