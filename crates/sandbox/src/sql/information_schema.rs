//! `information_schema`: schemata, tables, columns, views.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::error::Result;

use super::scope::{Scope, ScopeDatabase};
use super::view::Definition;
use crate::metastore::Table;

/// The schema's name.
pub(super) const NAME: &str = "information_schema";

const TABLES: [&str; 4] = ["columns", "schemata", "tables", "views"];

/// The schema; its tables are made anew for each query.
#[derive(Debug)]
pub(super) struct InformationSchema {
    scope: Scope,
}

impl InformationSchema {
    pub(super) const fn new(scope: Scope) -> Self {
        Self { scope }
    }

    fn schemata(&self) -> Result<RecordBatch> {
        let mut names = self.scope.database_names();
        names.push(NAME.to_owned());
        text_table(
            &["catalog_name", "schema_name"],
            names
                .into_iter()
                .map(|name| vec![self.scope.catalog.clone(), name]),
        )
    }

    /// Tables and views, each with its database.
    fn all(&self) -> Vec<(String, ScopeDatabase, String)> {
        let mut all = Vec::new();
        for name in self.scope.database_names() {
            let Some(database) = self.scope.database(&name) else {
                continue;
            };
            for table in database.table_names() {
                let Some(database) = self.scope.database(&name) else {
                    continue;
                };
                all.push((name.clone(), database, table));
            }
        }
        all
    }

    fn tables(&self) -> Result<RecordBatch> {
        let tables = self.all().into_iter().map(|(name, database, table)| {
            let view = database
                .stored(&table)
                .is_some_and(|stored| stored.is_view());
            let kind = if view { "VIEW" } else { "BASE TABLE" };
            vec![self.scope.catalog.clone(), name, table, kind.to_owned()]
        });
        let own = TABLES.iter().map(|table| {
            vec![
                self.scope.catalog.clone(),
                NAME.to_owned(),
                (*table).to_owned(),
                "BASE TABLE".to_owned(),
            ]
        });
        text_table(
            &["table_catalog", "table_schema", "table_name", "table_type"],
            tables.chain(own),
        )
    }

    fn views(&self) -> Result<RecordBatch> {
        let views = self
            .all()
            .into_iter()
            .filter_map(|(name, database, table)| {
                let stored = database.stored(&table).filter(Table::is_view)?;
                let sql = Definition::read(&stored).ok()?.sql;
                Some(vec![self.scope.catalog.clone(), name, table, sql])
            });
        text_table(
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "view_definition",
            ],
            views,
        )
    }

    async fn columns(&self) -> Result<RecordBatch> {
        let mut rows: Vec<Vec<Option<String>>> = Vec::new();
        let mut positions: Vec<i64> = Vec::new();
        for (name, database, table) in self.all() {
            // A table that cannot be opened has no columns to tell.
            let columns = database.columns(&table).await.unwrap_or_default();
            let stored = database.stored(&table);
            for (position, (column, athena_type)) in (1..).zip(columns) {
                positions.push(position);
                let key = stored.as_ref().is_some_and(|stored| {
                    let mut keys = stored.partition_keys.iter();
                    keys.any(|key| key.name.eq_ignore_ascii_case(&column))
                });
                let comment = stored.as_ref().and_then(|stored| {
                    let mut all = stored.storage.columns.iter().chain(&stored.partition_keys);
                    let found = all.find(|other| other.name.eq_ignore_ascii_case(&column))?;
                    found.comment.clone()
                });
                rows.push(vec![
                    Some(self.scope.catalog.clone()),
                    Some(name.clone()),
                    Some(table.clone()),
                    Some(column),
                    None,
                    Some("YES".to_owned()),
                    Some(athena_type.to_string()),
                    comment,
                    key.then(|| "partition key".to_owned()),
                ]);
            }
        }
        let names = [
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "column_default",
            "is_nullable",
            "data_type",
            "comment",
            "extra_info",
        ];
        let mut fields: Vec<Field> = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if index == 4 {
                fields.push(Field::new("ordinal_position", DataType::Int64, true));
                arrays.push(Arc::new(Int64Array::from(positions.clone())));
            }
            fields.push(Field::new(*name, DataType::Utf8, true));
            let column: StringArray = rows.iter().map(|row| row[index].clone()).collect();
            arrays.push(Arc::new(column));
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
    }
}

#[async_trait]
impl SchemaProvider for InformationSchema {
    fn table_names(&self) -> Vec<String> {
        TABLES.iter().map(|name| (*name).to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let batch = match name {
            "schemata" => self.schemata()?,
            "tables" => self.tables()?,
            "views" => self.views()?,
            "columns" => self.columns().await?,
            _ => return Ok(None),
        };
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        Ok(Some(Arc::new(table)))
    }

    fn table_exist(&self, name: &str) -> bool {
        TABLES.contains(&name)
    }
}

fn text_table(names: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<RecordBatch> {
    let rows: Vec<Vec<String>> = rows.collect();
    let fields: Vec<Field> = names
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, true))
        .collect();
    let arrays = (0..names.len())
        .map(|index| {
            let column: StringArray = rows.iter().map(|row| Some(row[index].as_str())).collect();
            Arc::new(column) as ArrayRef
        })
        .collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}
