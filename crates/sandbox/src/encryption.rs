//! What encryption of results looks like from outside. Nothing is kept secret by it: there is
//! no key service. Objects of CSE_KMS just cannot be read without Athena.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::store::Attributes;

/// Bytes that client-side encryption adds to an object.
const TAG: usize = 16;

/// How the objects of a result are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// By S3, with a key of its own: the default.
    Plain,
    /// By S3, with this key.
    Service(String),
    /// By Athena, with this key.
    Client(String),
}

impl Encryption {
    /// Reads `ResultConfiguration`.
    pub(crate) fn of(result_configuration: Option<&Value>) -> Self {
        let settings = result_configuration.map(|results| &results["EncryptionConfiguration"]);
        let text = |key: &str| settings.and_then(|settings| settings[key].as_str());
        let key = text("KmsKey").unwrap_or_default().to_owned();
        match text("EncryptionOption") {
            Some("SSE_KMS") => Self::Service(key),
            Some("CSE_KMS") => Self::Client(key),
            _ => Self::Plain,
        }
    }

    /// The headers of an object.
    pub(crate) fn attributes(&self, size: u64) -> Attributes {
        let headers = match self {
            Self::Plain => Vec::new(),
            Self::Service(key) => vec![
                ("x-amz-server-side-encryption", "aws:kms".to_owned()),
                ("x-amz-server-side-encryption-aws-kms-key-id", key.clone()),
            ],
            Self::Client(key) => vec![
                ("x-amz-meta-x-amz-cek-alg", "AES/GCM/NoPadding".to_owned()),
                ("x-amz-meta-x-amz-iv", "AAAAAAAAAAAAAAAA".to_owned()),
                ("x-amz-meta-x-amz-key-v2", "AAAA".to_owned()),
                (
                    "x-amz-meta-x-amz-matdesc",
                    format!("{{\"kms_cmk_id\":\"{key}\"}}"),
                ),
                (
                    "x-amz-meta-x-amz-unencrypted-content-length",
                    size.to_string(),
                ),
                ("x-amz-meta-x-amz-wrap-alg", "kms".to_owned()),
            ],
        };
        headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// Writes bytes that nobody can read: the source, changed by a stream made from its name, and
/// what stands for a tag.
pub(crate) fn seal(source: &Path, target: &Path) -> io::Result<()> {
    let mut input = BufReader::new(File::open(source)?);
    let mut output = BufWriter::new(File::create(target)?);
    let seed = Sha256::digest(target.as_os_str().as_encoded_bytes());
    let mut counter = 0_u64;
    let mut block = [0; 32];
    loop {
        let count = input.read(&mut block)?;
        let Some(bytes) = block.get_mut(..count).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        let mut key = Sha256::new_with_prefix(seed);
        key.update(counter.to_be_bytes());
        for (byte, key) in bytes.iter_mut().zip(key.finalize()) {
            *byte ^= key;
        }
        output.write_all(bytes)?;
        counter += 1;
    }
    output.write_all(seed.get(..TAG).unwrap_or_default())?;
    output.flush()
}
