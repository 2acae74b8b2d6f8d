//! The `flights` database: nycflights13, compiled in. See `data/README.md`.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::error::Result;
use datafusion::object_store::memory::InMemory;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt as _};

use super::files::{Files, Format};
use crate::sql::catalog::TableSource;

/// Where the compiled-in files stand.
pub(in crate::sql) const STORE_URL: &str = "embedded://flights";

macro_rules! file {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/data/flights/",
                $name,
                ".parquet"
            ))
            .as_slice(),
        )
    };
}

const FILES: [(&str, &[u8]); 5] = [
    file!("airlines"),
    file!("airports"),
    file!("flights"),
    file!("planes"),
    file!("weather"),
];

/// The files as an object store; nothing is copied.
pub(in crate::sql) async fn store() -> Result<Arc<dyn ObjectStore>> {
    let store = InMemory::new();
    for (name, bytes) in FILES {
        let path = Path::from(format!("{name}.parquet"));
        store.put(&path, Bytes::from_static(bytes).into()).await?;
    }
    Ok(Arc::new(store))
}

/// The tables.
pub(super) fn tables() -> impl Iterator<Item = (String, Arc<dyn TableSource>)> {
    FILES.into_iter().map(|(name, _)| {
        let source = Files {
            location: format!("{STORE_URL}/{name}.parquet"),
            format: Format::Parquet,
        };
        (name.to_owned(), Arc::new(source) as Arc<dyn TableSource>)
    })
}
