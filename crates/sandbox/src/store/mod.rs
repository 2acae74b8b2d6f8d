//! Buckets and objects on disk.
//!
//! One folder per bucket. A key becomes a percent-encoded file name, so no key can leave
//! its bucket's folder; names too long for the file system continue in sub-folders. Sub-folders
//! start with `+`, objects with `=`, and what is told of them with `~`.

mod attributes;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

pub(crate) use attributes::Attributes;
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::engine::{ObjectEntry, Objects};
use crate::sigv4::hex;

/// Everything that could mean something to a file system is encoded.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// A file name may have 255 bytes; one is the marker.
const CHUNK: usize = 200;

/// What S3 tells about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectFacts {
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// With its quotes.
    pub(crate) etag: String,
    /// Which file it is, whatever it holds.
    identity: String,
}

/// All buckets, below one folder.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    /// Held from the check of a condition to the change that depends on it.
    conditional: Mutex<()>,
}

/// What must hold for an object to be written.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteCondition {
    /// The object must not exist: `If-None-Match: *`.
    pub(crate) absent: bool,
    /// The object must exist with this entity tag: `If-Match`.
    pub(crate) etag: Option<String>,
}

impl Store {
    pub(crate) fn new(root: PathBuf) -> io::Result<Self> {
        let store = Self {
            root,
            conditional: Mutex::new(()),
        };
        for folder in [
            store.root.clone(),
            store.root.join("buckets"),
            store.root.join("tmp"),
        ] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        Ok(store)
    }

    /// A path for a file that is not an object yet.
    pub(crate) fn temp_path(&self) -> PathBuf {
        self.root.join("tmp").join(uuid::Uuid::new_v4().to_string())
    }

    pub(crate) fn bucket_exists(&self, bucket: &str) -> bool {
        is_bucket_name(bucket) && self.bucket_path(bucket).is_dir()
    }

    pub(crate) fn create_bucket(&self, bucket: &str) -> io::Result<()> {
        if !is_bucket_name(bucket) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("'{bucket}' is not a bucket name"),
            ));
        }
        fs::create_dir_all(self.bucket_path(bucket))
    }

    /// Fails with `DirectoryNotEmpty` while objects remain.
    pub(crate) fn delete_bucket(&self, bucket: &str) -> io::Result<()> {
        if self.list(bucket, "")?.is_empty() {
            fs::remove_dir_all(self.bucket_path(bucket))
        } else {
            Err(io::ErrorKind::DirectoryNotEmpty.into())
        }
    }

    /// Names and times of creation, in order.
    pub(crate) fn buckets(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut buckets = Vec::new();
        for entry in fs::read_dir(self.root.join("buckets"))? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let created = metadata.created().or_else(|_| metadata.modified())?;
            if let Ok(name) = entry.file_name().into_string() {
                buckets.push((name, created));
            }
        }
        buckets.sort();
        Ok(buckets)
    }

    /// Where an object's bytes are, or would be.
    pub(crate) fn path(&self, bucket: &str, key: &str) -> PathBuf {
        let name = utf8_percent_encode(key, KEY).to_string();
        let mut path = self.bucket_path(bucket);
        let mut rest = name.as_str();
        while rest.len() > CHUNK {
            let (chunk, tail) = rest.split_at(CHUNK);
            path.push(format!("+{chunk}"));
            rest = tail;
        }
        path.push(format!("={rest}"));
        path
    }

    /// Makes a finished temporary file an object, at once and replacing any other.
    pub(crate) fn publish(&self, temp: &Path, bucket: &str, key: &str) -> io::Result<()> {
        fs::rename(temp, self.prepare(bucket, key)?)
    }

    /// Makes a finished temporary file an object with attributes, if a condition holds.
    /// Answers the facts of the new object.
    ///
    /// Fails with `AlreadyExists` where it must be absent, with `NotFound` where it must
    /// exist, and with `ResourceBusy` where it has another entity tag.
    pub(crate) fn publish_as(
        &self,
        temp: &Path,
        (bucket, key): (&str, &str),
        attributes: &Attributes,
        condition: &WriteCondition,
    ) -> io::Result<ObjectFacts> {
        let path = self.prepare(bucket, key)?;
        let mut facts = facts(&fs::metadata(temp)?)?;
        let _held = self
            .conditional
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        condition.check(&path)?;
        if !attributes.is_empty() {
            attributes::write(&path, &self.temp_path(), &facts.identity, attributes)?;
        }
        fs::rename(temp, path)?;
        if let Some(etag) = attributes.get(ETAG) {
            facts.etag.clone_from(etag);
        }
        Ok(facts)
    }

    /// What is told about an object that has been opened.
    pub(crate) fn attributes(&self, bucket: &str, key: &str, facts: &ObjectFacts) -> Attributes {
        let mut attributes = attributes::read(&self.path(bucket, key), &facts.identity);
        attributes.remove(ETAG);
        attributes
    }

    /// The entity tag of an object that has been listed.
    pub(crate) fn etag(&self, bucket: &str, key: &str, facts: &ObjectFacts) -> String {
        etag(&self.path(bucket, key), facts)
    }

    /// Makes a file an object without copying it.
    pub(crate) fn link(&self, source: &Path, bucket: &str, key: &str) -> io::Result<()> {
        let path = self.prepare(bucket, key)?;
        let source = fs::canonicalize(source)?;
        if path.exists() {
            fs::remove_file(&path)?;
        }
        fs::hard_link(&source, &path).or_else(|_| std::os::unix::fs::symlink(&source, &path))
    }

    pub(crate) fn write(&self, bucket: &str, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.write_as(bucket, key, bytes, Attributes::new())
    }

    /// Writes an object with attributes and its entity tag.
    pub(crate) fn write_as(
        &self,
        bucket: &str,
        key: &str,
        bytes: &[u8],
        mut attributes: Attributes,
    ) -> io::Result<()> {
        let temp = self.temp_path();
        fs::write(&temp, bytes)?;
        let md5 = hex(&Md5::digest(bytes));
        attributes.insert(ETAG.to_owned(), format!("\"{md5}\""));
        let condition = WriteCondition::default();
        self.publish_as(&temp, (bucket, key), &attributes, &condition)
            .map(drop)
    }

    pub(crate) fn open(&self, bucket: &str, key: &str) -> io::Result<(File, ObjectFacts)> {
        let path = self.path(bucket, key);
        let file = File::open(&path)?;
        let mut facts = facts(&file.metadata()?)?;
        facts.etag = etag(&path, &facts);
        Ok((file, facts))
    }

    pub(crate) fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        let path = self.path(bucket, key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => attributes::remove(&path),
        }
    }

    /// Objects whose key starts with `prefix`, in the order of their keys' bytes.
    pub(crate) fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> io::Result<Vec<(String, ObjectFacts)>> {
        let mut objects = Vec::new();
        walk(&self.bucket_path(bucket), "", &mut |name, path| {
            let Ok(key) = percent_decode_str(name).decode_utf8() else {
                return Ok(());
            };
            if key.starts_with(prefix) {
                objects.push((key.into_owned(), facts(&fs::metadata(path)?)?));
            }
            Ok(())
        })?;
        objects.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(objects)
    }

    fn bucket_path(&self, bucket: &str) -> PathBuf {
        self.root.join("buckets").join(bucket)
    }

    fn prepare(&self, bucket: &str, key: &str) -> io::Result<PathBuf> {
        self.create_bucket(bucket)?;
        let path = self.path(bucket, key);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(path)
    }
}

impl Objects for Store {
    fn list(&self, bucket: &str, prefix: &str) -> io::Result<Vec<ObjectEntry>> {
        if !self.bucket_exists(bucket) {
            return Ok(Vec::new());
        }
        let listed = Self::list(self, bucket, prefix)?.into_iter();
        Ok(listed
            .map(|(key, facts)| ObjectEntry {
                key,
                size: facts.size,
            })
            .collect())
    }

    fn open(&self, bucket: &str, key: &str) -> io::Result<File> {
        if !self.bucket_exists(bucket) {
            return Err(io::ErrorKind::NotFound.into());
        }
        File::open(self.path(bucket, key))
    }

    fn temp_path(&self) -> PathBuf {
        Self::temp_path(self)
    }

    fn publish(&self, file: &Path, bucket: &str, key: &str) -> io::Result<()> {
        Self::publish(self, file, bucket, key)
    }

    fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        Self::remove(self, bucket, key)
    }
}

impl WriteCondition {
    fn check(&self, path: &Path) -> io::Result<()> {
        if !self.absent && self.etag.is_none() {
            return Ok(());
        }
        let etag = match fs::metadata(path) {
            Ok(_) if self.absent => return Err(io::ErrorKind::AlreadyExists.into()),
            Ok(metadata) => etag(path, &facts(&metadata)?),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound && self.etag.is_none() => {
                return Ok(());
            }
            Err(problem) => return Err(problem),
        };
        let wanted = self.etag.as_deref().unwrap_or_default();
        if wanted.trim_matches('"') == etag.trim_matches('"') {
            Ok(())
        } else {
            Err(io::ErrorKind::ResourceBusy.into())
        }
    }
}

/// S3's rule for bucket names, which also makes them safe folder names.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(b))
}

/// Splits `s3://bucket/key`; the key may be empty.
pub(crate) fn parse_s3_uri(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://")?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    is_bucket_name(bucket).then_some((bucket, key))
}

fn walk(
    folder: &Path,
    name: &str,
    visit: &mut dyn FnMut(&str, &Path) -> io::Result<()>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(file_name) = entry.file_name().into_string() else {
            continue;
        };
        if let Some(chunk) = file_name.strip_prefix('+') {
            walk(&entry.path(), &format!("{name}{chunk}"), visit)?;
        } else if let Some(chunk) = file_name.strip_prefix('=') {
            visit(&format!("{name}{chunk}"), &entry.path())?;
        }
    }
    Ok(())
}

/// Among the attributes, an object's entity tag.
pub(crate) const ETAG: &str = "etag";

/// What is known without an object's attributes. What stands for the file changes whenever it
/// is replaced, and has the form of a multipart upload's entity tag, so that nobody takes it
/// for an MD5.
fn facts(metadata: &fs::Metadata) -> io::Result<ObjectFacts> {
    let identity = format!(
        "\"{:016x}{:08x}{:08x}-1\"",
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec()
    );
    Ok(ObjectFacts {
        size: metadata.len(),
        modified: metadata.modified()?,
        etag: identity.clone(),
        identity,
    })
}

/// The entity tag an object was given, or else what stands for its file.
fn etag(path: &Path, facts: &ObjectFacts) -> String {
    let given = attributes::read(path, &facts.identity).remove(ETAG);
    given.unwrap_or_else(|| facts.identity.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store::new(std::env::temp_dir().join(format!("athena-store-{}", uuid::Uuid::new_v4())))
            .unwrap()
    }

    #[test]
    fn any_key_stays_inside_its_bucket_and_is_listed_as_given() {
        let store = store();
        let long = "long/".repeat(190);
        let keys = [
            "../../etc/passwd",
            "a/b/c.csv",
            ".",
            "..",
            "ü €/%2e",
            "=x",
            "+y",
            &long,
        ];
        for key in keys {
            store.write("bucket", key, key.as_bytes()).unwrap();
        }
        for key in keys {
            assert!(
                store
                    .path("bucket", key)
                    .starts_with(store.root.join("buckets/bucket"))
            );
            assert_eq!(fs::read(store.path("bucket", key)).unwrap(), key.as_bytes());
        }
        let mut expected = keys.map(String::from).to_vec();
        expected.sort();
        let listed: Vec<String> = store
            .list("bucket", "")
            .unwrap()
            .into_iter()
            .map(|o| o.0)
            .collect();
        assert_eq!(listed, expected);
        fs::remove_dir_all(&store.root).unwrap();
    }

    #[test]
    fn bucket_names_that_could_leave_the_folder_are_refused() {
        let store = store();
        for name in ["..", ".", "a/b", "UPPER", "ab", "", "-ab", "a..\0"] {
            assert!(store.create_bucket(name).is_err(), "{name:?}");
            assert!(!store.bucket_exists(name), "{name:?}");
        }
        fs::remove_dir_all(&store.root).unwrap();
    }

    #[test]
    fn replacing_an_object_changes_its_etag() {
        let store = store();
        store.write("bucket", "k", b"one").unwrap();
        let (_open, before) = store.open("bucket", "k").unwrap();
        store.write("bucket", "k", b"two").unwrap();
        let (_, after) = store.open("bucket", "k").unwrap();
        assert_ne!(before.etag, after.etag);
        fs::remove_dir_all(&store.root).unwrap();
    }

    #[test]
    fn s3_uris_are_split_at_the_bucket() {
        assert_eq!(parse_s3_uri("s3://bucket"), Some(("bucket", "")));
        assert_eq!(parse_s3_uri("s3://bucket/a/b"), Some(("bucket", "a/b")));
        for bad in [
            "",
            "bucket/a",
            "s3:/bucket",
            "s3://",
            "s3://../a",
            "S3://bucket/",
        ] {
            assert_eq!(parse_s3_uri(bad), None, "{bad}");
        }
    }
}
