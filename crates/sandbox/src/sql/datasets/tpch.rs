//! The `tpch` database: TPC-H tables made while they are read, in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator,
    PartSuppGenerator, RegionGenerator, SupplierGenerator,
};
use tpchgen_arrow::{
    CustomerArrow, LineItemArrow, NationArrow, OrderArrow, PartArrow, PartSuppArrow, RegionArrow,
    SupplierArrow,
};

use crate::sql::catalog::TableSource;

type Batches = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send>;

/// Bytes generated for one query; found in the session configuration's extensions.
#[derive(Debug, Default)]
pub(in crate::sql) struct ScanCounter(AtomicU64);

impl ScanCounter {
    /// Bytes so far.
    pub(in crate::sql) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts bytes that were read or made.
    pub(in crate::sql) fn add(&self, bytes: usize) {
        self.0
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// One of the eight tables at a scale factor.
#[derive(Debug)]
struct Generated {
    schema: SchemaRef,
    /// Part `i` of `n` at a scale factor.
    generate: fn(f64, i32, i32) -> Batches,
    scale: f64,
    parts: i32,
}

macro_rules! table {
    ($name:literal, $generator:ident, $arrow:ident, $split:literal, $scale:ident) => {{
        let source = Generated {
            schema: $arrow::schema_ref(),
            generate: |scale, part, parts| {
                Box::new($arrow::new($generator::new(scale, part, parts)))
            },
            scale: $scale,
            parts: if $split { 2 } else { 1 },
        };
        ($name.to_owned(), Arc::new(source) as Arc<dyn TableSource>)
    }};
}

/// The tables. Big ones come in two parts, made in parallel.
pub(super) fn tables(scale: f64) -> [(String, Arc<dyn TableSource>); 8] {
    [
        table!("customer", CustomerGenerator, CustomerArrow, true, scale),
        table!("lineitem", LineItemGenerator, LineItemArrow, true, scale),
        table!("nation", NationGenerator, NationArrow, false, scale),
        table!("orders", OrderGenerator, OrderArrow, true, scale),
        table!("part", PartGenerator, PartArrow, true, scale),
        table!("partsupp", PartSuppGenerator, PartSuppArrow, true, scale),
        table!("region", RegionGenerator, RegionArrow, false, scale),
        table!("supplier", SupplierGenerator, SupplierArrow, true, scale),
    ]
}

#[async_trait]
impl TableSource for Generated {
    async fn open(&self, _session: &dyn Session) -> Result<Arc<dyn TableProvider>> {
        let parts = (1..=self.parts)
            .map(|part| {
                Arc::new(Part {
                    schema: Arc::clone(&self.schema),
                    generate: self.generate,
                    scale: self.scale,
                    part,
                    parts: self.parts,
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        Ok(Arc::new(StreamingTable::try_new(
            Arc::clone(&self.schema),
            parts,
        )?))
    }
}

#[derive(Debug)]
struct Part {
    schema: SchemaRef,
    generate: fn(f64, i32, i32) -> Batches,
    scale: f64,
    part: i32,
    parts: i32,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let counter = context.session_config().get_extension::<ScanCounter>();
        let batches = (self.generate)(self.scale, self.part, self.parts).map(move |batch| {
            let batch =
                batch.map_err(|error| DataFusionError::ArrowError(Box::new(error), None))?;
            if let Some(counter) = &counter {
                counter.add(batch.get_array_memory_size());
            }
            Ok(batch)
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            futures::stream::iter(batches),
        ))
    }
}
