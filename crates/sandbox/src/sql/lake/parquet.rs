//! Tables of Parquet files.

use std::sync::Arc;

use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::DataFile;
use super::objects::Buckets;
use super::table::Shape;

/// Reads files with the values of their partitions.
///
/// # Errors
/// When the plan cannot be made.
pub(super) fn scan(
    state: &dyn Session,
    shape: &Shape,
    files: &[(DataFile, Vec<ScalarValue>)],
    projection: Option<&Vec<usize>>,
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let keys: Vec<FieldRef> = shape.partitions.fields().iter().cloned().collect();
    let schema = TableSchema::builder(Arc::clone(&shape.files))
        .with_table_partition_cols(keys)
        .build();
    let options = state.config_options().execution.parquet.clone();
    let source = ParquetSource::new(schema).with_table_parquet_options(table_options(options));
    let parts = state.config().target_partitions().max(1);
    let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); parts];
    for (index, (file, values)) in files.iter().enumerate() {
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
    renamed(shape, projection, DataSourceExec::from_data_source(config))
}

/// Columns by their names in the table, where files know them by others.
fn renamed(
    shape: &Shape,
    projection: Option<&Vec<usize>>,
    plan: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let wanted = match projection {
        Some(columns) => Arc::new(shape.whole.project(columns)?),
        None => Arc::clone(&shape.whole),
    };
    let found = plan.schema();
    let names = |schema: &SchemaRef| -> Vec<String> {
        let fields = schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    };
    let (found, wanted) = (names(&found), names(&wanted));
    if found == wanted {
        return Ok(plan);
    }
    let columns = found.iter().zip(wanted).enumerate();
    let columns = columns.map(|(index, (stored, name))| {
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(stored, index));
        (column, name)
    });
    let columns: Vec<(Arc<dyn PhysicalExpr>, String)> = columns.collect();
    Ok(Arc::new(ProjectionExec::try_new(columns, plan)?))
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
