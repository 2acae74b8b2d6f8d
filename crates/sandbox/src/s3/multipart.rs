//! Multipart uploads: beginning, end, and list.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hyper::body::Incoming;

use super::Call;
use super::checksum::{Algorithm, Sum, composite};
use super::document::{self, Element};
use super::error::S3Error;
use super::headers::{add_checksum, attributes, insert, write_condition};
use super::list::{Encoding, limit};
use super::receive::{Checksum, TempFile};
use crate::body::ReplyBody;
use crate::clock::iso8601;
use crate::reply::{Reply, reply, xml};
use crate::sigv4::hex;
use crate::store::{Attributes, ETAG};
use crate::xml::element;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

/// All parts but the last are at least this long.
const MIN_PART: u64 = 5 << 20;
/// More uploads at a time are refused.
const MAX_UPLOADS: usize = 10_000;

/// Uploads that are under way, by id.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Upload>>);

/// One upload.
#[derive(Debug)]
pub(super) struct Upload {
    bucket: String,
    key: String,
    initiated: SystemTime,
    attributes: Attributes,
    pub(super) algorithm: Option<Algorithm>,
    /// One checksum for the whole object, not one made of those of the parts.
    full: bool,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// A part that has arrived.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: TempFile,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) checksum: Option<Checksum>,
    pub(super) modified: SystemTime,
}

impl Uploads {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes the upload a request is about.
    pub(super) fn with<T>(
        &self,
        call: &Call<'_>,
        act: impl FnOnce(&mut Upload) -> Result<T, S3Error>,
    ) -> Result<T, S3Error> {
        let id = call.target.given("uploadId").unwrap_or_default();
        match self.lock().get_mut(id) {
            Some(upload) if upload.is_at(call) => act(upload),
            _ => Err(S3Error::no_such_upload()),
        }
    }
}

impl Upload {
    fn is_at(&self, call: &Call<'_>) -> bool {
        (self.bucket.as_str(), self.key.as_str()) == call.place()
    }
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, S3Error> {
    let headers = &call.parts.headers;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let algorithm = match text("x-amz-checksum-algorithm") {
        None => None,
        Some(name) => Some(Algorithm::parse(name).ok_or_else(|| {
            S3Error::new(
                400,
                "InvalidRequest",
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, \
                 CRC32C, CRC64NVME, SHA1, SHA256]",
            )
        })?),
    };
    let full = match (text("x-amz-checksum-type"), algorithm) {
        (Some("FULL_OBJECT"), Some(Algorithm::Sha1 | Algorithm::Sha256)) => {
            return Err(S3Error::new(
                400,
                "InvalidRequest",
                "The FULL_OBJECT checksum type cannot be used with the specified checksum algorithm.",
            ));
        }
        (Some(kind), _) => kind == "FULL_OBJECT",
        (None, algorithm) => algorithm == Some(Algorithm::Crc64Nvme),
    };
    let (bucket, key) = call.place();
    let upload = Upload {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        initiated: SystemTime::now(),
        attributes: attributes(headers)?,
        algorithm,
        full,
        parts: BTreeMap::new(),
    };
    let id = uuid::Uuid::new_v4().simple().to_string();
    let mut uploads = call.service.uploads.lock();
    if uploads.len() >= MAX_UPLOADS {
        return Err(S3Error::new(
            503,
            "SlowDown",
            "Please reduce your request rate.",
        ));
    }
    uploads.insert(id.clone(), upload);
    let mut response = xml(
        200,
        &format!(
            "<InitiateMultipartUploadResult {XMLNS}>{}{}{}</InitiateMultipartUploadResult>",
            element("Bucket", bucket),
            element("Key", key),
            element("UploadId", &id),
        ),
    );
    if let Some(algorithm) = algorithm {
        insert(&mut response, "x-amz-checksum-algorithm", algorithm.name());
        let kind = if full { "FULL_OBJECT" } else { "COMPOSITE" };
        insert(&mut response, "x-amz-checksum-type", kind);
    }
    Ok(response)
}

pub(super) fn abort(call: &Call<'_>) -> Result<Reply, S3Error> {
    call.service.uploads.with(call, |_| Ok(()))?;
    let id = call.target.given("uploadId").unwrap_or_default();
    call.service.uploads.lock().remove(id);
    Ok(reply(204, "", ReplyBody::bytes("")))
}

pub(super) async fn complete(call: &Call<'_>, body: Incoming) -> Result<Reply, S3Error> {
    let condition = write_condition(&call.parts.headers)?;
    let text = super::receive::document(call.service, body).await?;
    let root = document::parse(&text, "CompleteMultipartUpload")?;
    let wanted = root
        .children("Part")
        .map(Wanted::read)
        .collect::<Result<Vec<_>, _>>()?;
    let joined = call
        .service
        .uploads
        .with(call, |upload| upload.join(call, &wanted))?;
    let (temp, attributes, checksum) = joined;
    let given = Algorithm::given(&call.parts.headers)?;
    if let (Some((_, given)), Some((algorithm, computed))) = (&given, &checksum)
        && given != computed
    {
        return Err(S3Error::new(
            400,
            "BadDigest",
            format!(
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            ),
        ));
    }
    let facts = call
        .service
        .store
        .publish_as(&temp.0, call.place(), &attributes, &condition)
        .map_err(S3Error::of_write)?;
    let id = call.target.given("uploadId").unwrap_or_default();
    call.service.uploads.lock().remove(id);
    let (bucket, key) = call.place();
    let mut answer = format!(
        "<CompleteMultipartUploadResult {XMLNS}>{}{}{}{}",
        element("Location", &format!("/{bucket}/{key}")),
        element("Bucket", bucket),
        element("Key", key),
        element("ETag", &facts.etag),
    );
    if let Some((algorithm, value)) = &checksum {
        answer.push_str(&element(&algorithm.element(), value));
    }
    answer.push_str("</CompleteMultipartUploadResult>");
    Ok(xml(200, &answer))
}

/// A part as the end of an upload names it.
struct Wanted {
    number: u32,
    etag: String,
    checksum: Option<Checksum>,
}

impl Wanted {
    fn read(part: &Element) -> Result<Self, S3Error> {
        let number = part
            .text("PartNumber")
            .and_then(|text| text.trim().parse().ok());
        let etag = part.text("ETag").map(|text| text.trim_matches('"'));
        let checksum = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
            .into_iter()
            .filter_map(Algorithm::parse)
            .find_map(|algorithm| {
                let value = part.text(&algorithm.element())?;
                Some((algorithm, value.to_owned()))
            });
        Ok(Self {
            number: number.ok_or_else(S3Error::malformed_xml)?,
            etag: etag.ok_or_else(S3Error::malformed_xml)?.to_owned(),
            checksum,
        })
    }
}

impl Upload {
    /// Joins the parts to one file, with the attributes and the checksum of the whole.
    fn join(
        &self,
        call: &Call<'_>,
        wanted: &[Wanted],
    ) -> Result<(TempFile, Attributes, Option<Checksum>), S3Error> {
        if wanted.is_empty() {
            return Err(S3Error::malformed_xml());
        }
        if !wanted.is_sorted_by(|left, right| left.number < right.number) {
            return Err(S3Error::new(
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
            ));
        }
        let parts = wanted
            .iter()
            .map(|wanted| self.find(wanted))
            .collect::<Result<Vec<_>, _>>()?;
        let (_, all_but_last) = parts.split_last().ok_or_else(S3Error::malformed_xml)?;
        if all_but_last.iter().any(|part| part.size < MIN_PART) {
            return Err(S3Error::new(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
            ));
        }
        let temp = TempFile(call.service.store.temp_path());
        let mut out = File::create(&temp.0)?;
        let mut sum = self
            .algorithm
            .filter(|_| self.full)
            .map(|algorithm| (algorithm, Sum::new(algorithm)));
        for part in &parts {
            append(&part.file, &mut out, sum.as_mut().map(|(_, sum)| sum))?;
        }
        let mut attributes = self.attributes.clone();
        let checksum = match sum {
            Some((algorithm, sum)) => {
                let checksum = (algorithm, sum.encoded());
                add_checksum(&mut attributes, Some(&checksum));
                Some(checksum)
            }
            None => self.composite(&parts, &mut attributes),
        };
        attributes.insert(ETAG.to_owned(), etag(&parts));
        Ok((temp, attributes, checksum))
    }

    /// The checksum made of those of the parts, if all have one.
    fn composite(&self, parts: &[&Part], attributes: &mut Attributes) -> Option<Checksum> {
        let algorithm = self.algorithm?;
        let values: Option<Vec<String>> = parts
            .iter()
            .map(|part| Some(part.checksum.as_ref()?.1.clone()))
            .collect();
        let checksum = (algorithm, composite(algorithm, &values?));
        attributes.insert(algorithm.header().to_owned(), checksum.1.clone());
        attributes.insert("x-amz-checksum-type".to_owned(), "COMPOSITE".to_owned());
        Some(checksum)
    }

    fn find(&self, wanted: &Wanted) -> Result<&Part, S3Error> {
        self.parts
            .get(&wanted.number)
            .filter(|part| part.etag.trim_matches('"') == wanted.etag)
            .filter(|part| wanted.checksum.is_none() || part.checksum == wanted.checksum)
            .ok_or_else(|| {
                S3Error::new(
                    400,
                    "InvalidPart",
                    "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                     specified entity tag may not match the part's entity tag.",
                )
            })
    }
}

/// The entity tag of parts: the MD5 of their MD5s, and how many they are.
fn etag(parts: &[&Part]) -> String {
    let mut md5 = Sum::new(Algorithm::Md5);
    for part in parts {
        let digits = part.etag.trim_matches('"');
        let bytes = (0..digits.len() / 2).filter_map(|index| {
            let pair = digits.get(2 * index..2 * index + 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        md5.update(&bytes.collect::<Vec<u8>>());
    }
    format!("\"{}-{}\"", hex(&md5.finish()), parts.len())
}

/// Appends a part; reads it only where its bytes are to be summed.
fn append(part: &TempFile, out: &mut File, sum: Option<&mut Sum>) -> io::Result<()> {
    let mut file = File::open(&part.0)?;
    let Some(sum) = sum else {
        return io::copy(&mut file, out).map(drop);
    };
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        sum.update(bytes);
        out.write_all(bytes)?;
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, S3Error> {
    let target = call.target;
    let prefix = target.given("prefix").unwrap_or("");
    let most = limit(target, "max-uploads")?;
    let encoding = Encoding::of(target)?;
    let key_marker = target.given("key-marker").unwrap_or("");
    let id_marker = target.given("upload-id-marker").unwrap_or("");
    let uploads = call.service.uploads.lock();
    let mut all: Vec<(&str, &str, SystemTime)> = uploads
        .iter()
        .filter(|(_, upload)| upload.bucket == target.bucket && upload.key.starts_with(prefix))
        .map(|(id, upload)| (upload.key.as_str(), id.as_str(), upload.initiated))
        .filter(|(key, id, _)| {
            *key > key_marker || (!id_marker.is_empty() && (*key, *id) > (key_marker, id_marker))
        })
        .collect();
    all.sort_unstable();
    let truncated = all.len() > most;
    all.truncate(most);
    let mut body = format!(
        "<ListMultipartUploadsResult {XMLNS}>{}{}{}<MaxUploads>{most}</MaxUploads><IsTruncated>{truncated}</IsTruncated>{}",
        element("Bucket", &target.bucket),
        encoding.element("KeyMarker", key_marker),
        encoding.element("Prefix", prefix),
        encoding.declaration(),
    );
    if let (true, Some((key, id, _))) = (truncated, all.last()) {
        body.push_str(&encoding.element("NextKeyMarker", key));
        body.push_str(&element("NextUploadIdMarker", id));
    }
    for (key, id, initiated) in all {
        body.push_str(&format!(
            "<Upload>{}{}{}<StorageClass>STANDARD</StorageClass></Upload>",
            encoding.element("Key", key),
            element("UploadId", id),
            element("Initiated", &iso8601(initiated)),
        ));
    }
    body.push_str("</ListMultipartUploadsResult>");
    Ok(xml(200, &body))
}
