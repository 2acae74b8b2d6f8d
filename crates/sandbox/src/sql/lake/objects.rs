//! The sandbox's S3 as DataFusion's object store, read only.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::engine::Objects;

/// Where all buckets are, for plans.
const URL: &str = "buckets://all/";

/// All buckets as one store. A path holds bucket and key in hexadecimal digits, as keys may
/// be what paths may not.
#[derive(Debug, Clone)]
pub(in crate::sql) struct Buckets(pub(in crate::sql) Arc<dyn Objects>);

impl Buckets {
    /// The store's URL.
    pub(super) fn url() -> EngineResult<ObjectStoreUrl> {
        ObjectStoreUrl::parse(URL)
    }

    /// The path of an object.
    pub(super) fn path(bucket: &str, key: &str) -> String {
        let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{bucket}/{hex}")
    }

    fn split(path: &Path) -> Option<(String, String)> {
        let (bucket, hex) = path.as_ref().split_once('/')?;
        let bytes = (0..hex.len() / 2)
            .map(|index| u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok())
            .collect::<Option<Vec<u8>>>()?;
        Some((bucket.to_owned(), String::from_utf8(bytes).ok()?))
    }

    fn read(&self, path: &Path, options: &GetOptions) -> Result<(ObjectMeta, Range<u64>, Bytes)> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound {
                path: path.to_string(),
                source: source.into(),
            },
            _ => Error::Generic {
                store: "buckets",
                source: source.into(),
            },
        };
        let (bucket, key) =
            Self::split(path).ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
        let mut file = self.0.open(&bucket, &key).map_err(failed)?;
        let facts = file.metadata().map_err(failed)?;
        let size = facts.len();
        let range = match options.range.clone() {
            None => 0..size,
            Some(GetRange::Bounded(range)) => range.start.min(size)..range.end.min(size),
            Some(GetRange::Offset(start)) => start.min(size)..size,
            Some(GetRange::Suffix(length)) => size.saturating_sub(length)..size,
        };
        let mut bytes = Vec::new();
        if !options.head {
            file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
            file.take(range.end - range.start)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
        }
        let meta = ObjectMeta {
            location: path.clone(),
            last_modified: facts.modified().map_err(failed)?.into(),
            size,
            e_tag: None,
            version: None,
        };
        Ok((meta, range, bytes.into()))
    }
}

impl std::fmt::Display for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("buckets")
    }
}

fn read_only() -> Error {
    Error::NotSupported {
        source: "plans only read".into(),
    }
}

#[async_trait]
impl ObjectStore for Buckets {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (meta, range, bytes) = self.read(location, &options)?;
        let stream = futures::stream::once(std::future::ready(Ok(bytes)));
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream.boxed()),
            meta,
            range,
            attributes: Attributes::default(),
        })
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        futures::stream::once(std::future::ready(Err(read_only()))).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        futures::stream::once(std::future::ready(Err(read_only()))).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(read_only())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

/// The stores of one query: the engine's own, and the buckets of its host.
#[derive(Debug)]
pub(in crate::sql) struct QueryStores {
    pub(in crate::sql) own: Arc<dyn ObjectStoreRegistry>,
    pub(in crate::sql) buckets: Arc<dyn ObjectStore>,
}

impl ObjectStoreRegistry for QueryStores {
    fn register_store(
        &self,
        url: &url::Url,
        _store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        self.own.get_store(url).ok()
    }

    fn get_store(&self, url: &url::Url) -> EngineResult<Arc<dyn ObjectStore>> {
        if url.scheme() == "buckets" {
            return Ok(Arc::clone(&self.buckets));
        }
        self.own.get_store(url)
    }
}

/// What cannot be read, in the words of Hive's connector.
pub(super) fn unreadable(uri: &str, error: &dyn std::fmt::Display) -> DataFusionError {
    crate::sql::failure::AthenaError::new(
        "HIVE_CANNOT_OPEN_SPLIT",
        format!("Error opening Hive split {uri} (offset=0, length=0): {error}"),
    )
    .into()
}
