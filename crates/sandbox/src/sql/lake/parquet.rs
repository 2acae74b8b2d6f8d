//! Tables of Parquet files.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::DataFile;
use super::objects::Buckets;
use super::table::Shape;
use super::values::partition_value;

/// A table and its files.
#[derive(Debug)]
pub(super) struct ParquetTable {
    shape: Shape,
    files: Vec<(DataFile, Vec<ScalarValue>)>,
}

impl ParquetTable {
    /// # Errors
    /// When a partition's text is no value of its column.
    pub(super) fn new(shape: Shape, files: Vec<DataFile>) -> Result<Self> {
        let files = files
            .into_iter()
            .map(|file| {
                let values = shape
                    .partitions
                    .fields()
                    .iter()
                    .zip(&file.partition)
                    .map(|(field, text)| partition_value(field, text))
                    .collect::<Result<Vec<_>>>()?;
                Ok((file, values))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { shape, files })
    }
}

#[async_trait]
impl TableProvider for ParquetTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.shape.whole)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.shape.whole.project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let keys: Vec<FieldRef> = self.shape.partitions.fields().iter().cloned().collect();
        let schema = TableSchema::builder(Arc::clone(&self.shape.files))
            .with_table_partition_cols(keys)
            .build();
        let options = state.config_options().execution.parquet.clone();
        let source = ParquetSource::new(schema).with_table_parquet_options(table_options(options));
        let parts = state.config().target_partitions().max(1);
        let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); parts];
        for (index, (file, values)) in self.files.iter().enumerate() {
            let part = PartitionedFile::new(Buckets::path(&file.bucket, &file.key), file.size)
                .with_partition_values(values.clone());
            if let Some(group) = groups.get_mut(index % parts) {
                group.push(part);
            }
        }
        let groups: Vec<FileGroup> = groups
            .into_iter()
            .filter(|group| !group.is_empty())
            .map(FileGroup::new)
            .collect();
        let config = FileScanConfigBuilder::new(Buckets::url()?, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn table_options(
    global: datafusion::common::config::ParquetOptions,
) -> datafusion::common::config::TableParquetOptions {
    let mut options = datafusion::common::config::TableParquetOptions::new();
    options.global = global;
    // Nanoseconds would not reach beyond 1677 and 2262.
    options.global.coerce_int96 = Some("us".to_owned());
    options
}
