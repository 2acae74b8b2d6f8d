//! A table of the catalogue as DataFusion sees it: its files are looked for once it is known
//! what a query asks of its partitions.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::files::{DataFile, Folder, files_in};
use super::projection::Projection;
use super::prune::{Pruner, decides};
use super::snapshots::{Moment, files_at};
use super::table::{Form, Shape, form_of, is_iceberg};
use super::values::partition_value;
use super::{parquet, text};
use crate::engine::Host;
use crate::metastore::{Partition, Table};

/// A table, and what it takes to read it.
#[derive(Debug)]
struct LakeTable {
    host: Host,
    table: Table,
    partitions: Vec<Partition>,
    form: Form,
    shape: Shape,
    /// Of an Iceberg table, which state of it.
    moment: Moment,
}

/// Opens a table, as it is now or, if it is Iceberg's, was.
///
/// # Errors
/// When its form or its columns cannot be read.
pub(in crate::sql) fn open(
    host: &Host,
    table: &Table,
    partitions: Vec<Partition>,
    moment: Moment,
) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(LakeTable {
        host: host.clone(),
        table: table.clone(),
        partitions,
        form: form_of(table)?,
        shape: Shape::of(table)?,
        moment,
    }))
}

impl LakeTable {
    /// The files that may hold what is asked for, with the values of their partitions.
    fn files(
        &self,
        session: &dyn Session,
        filters: &[Expr],
    ) -> Result<Vec<(DataFile, Vec<ScalarValue>)>> {
        if is_iceberg(&self.table) {
            let files = files_at(&self.host, &self.table, &self.moment)?;
            return Ok(files.into_iter().map(|file| (file, Vec::new())).collect());
        }
        if self.table.partition_keys.is_empty() {
            let folders = self.table.storage.location.iter().map(|location| Folder {
                location: location.clone(),
                values: Vec::new(),
            });
            return files_in(&self.host, folders.collect());
        }
        let folders = match Projection::of(&self.table)? {
            Some(projection) => projection.folders(session, filters, &self.shape.partitions)?,
            None => {
                let known = self.partitions.iter().filter_map(|partition| {
                    let location = partition.storage.location.clone()?;
                    Some((location, &partition.values))
                });
                let folders = known
                    .map(|(location, texts)| {
                        let fields = self.shape.partitions.fields().iter();
                        let values = fields
                            .zip(texts)
                            .map(|(field, text)| partition_value(field, text))
                            .collect::<Result<Vec<_>>>()?;
                        Ok(Folder { location, values })
                    })
                    .collect::<Result<Vec<_>>>()?;
                let pruner = Pruner::new(session, filters, &self.shape.partitions);
                kept(&pruner, folders)
            }
        };
        files_in(&self.host, folders)
    }
}

/// The folders that conditions leave.
pub(super) fn kept(pruner: &Pruner, folders: Vec<Folder>) -> Vec<Folder> {
    if !pruner.is_selective() {
        return folders;
    }
    let values: Vec<_> = folders.iter().map(|folder| folder.values.clone()).collect();
    let kept = pruner.keep(&values);
    folders
        .into_iter()
        .zip(kept)
        .filter_map(|(folder, kept)| kept.then_some(folder))
        .collect()
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.shape.whole)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Conditions on partition columns leave partitions out; rows are filtered all the same.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let fields = self.shape.partitions.fields().iter();
        let names: Vec<&str> = fields.map(|field| field.name().as_str()).collect();
        Ok(filters
            .iter()
            .map(|filter| {
                if decides(filter, &names) {
                    TableProviderFilterPushDown::Inexact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files(state, filters)?;
        if files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.shape.whole.project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        match self.form {
            Form::Parquet => parquet::scan(state, &self.shape, &files, projection, limit),
            form => {
                let table = text::open(&self.host, &self.table, form, &self.shape, files)?;
                table.scan(state, projection, &[], limit).await
            }
        }
    }
}
