//! `information_schema`: schemata, tables, columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::error::Result;

use super::catalog::{CATALOG, Database};
use super::types::AthenaType;

/// The schema's name.
pub(super) const NAME: &str = "information_schema";

const TABLES: [&str; 3] = ["columns", "schemata", "tables"];

/// The schema; its tables are made anew for each query.
#[derive(Debug)]
pub(super) struct InformationSchema {
    databases: BTreeMap<String, Arc<Database>>,
}

impl InformationSchema {
    pub(super) const fn new(databases: BTreeMap<String, Arc<Database>>) -> Self {
        Self { databases }
    }

    fn schemata(&self) -> Result<RecordBatch> {
        let mut names: Vec<String> = self.databases.keys().cloned().collect();
        names.push(NAME.to_owned());
        text_table(
            &["catalog_name", "schema_name"],
            names.into_iter().map(|name| vec![CATALOG.to_owned(), name]),
        )
    }

    fn tables(&self) -> Result<RecordBatch> {
        let tables = self.databases.iter().flat_map(|(database, tables)| {
            let rows = tables.table_names().into_iter();
            rows.map(|table| {
                vec![
                    CATALOG.to_owned(),
                    database.clone(),
                    table,
                    "BASE TABLE".to_owned(),
                ]
            })
        });
        let own = TABLES.iter().map(|table| {
            vec![
                CATALOG.to_owned(),
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

    async fn columns(&self) -> Result<RecordBatch> {
        let mut rows: Vec<Vec<Option<String>>> = Vec::new();
        let mut positions: Vec<i64> = Vec::new();
        for (database, tables) in &self.databases {
            for table in tables.table_names() {
                let Some(provider) = tables.table(&table).await? else {
                    continue;
                };
                for (position, field) in (1..).zip(provider.schema().fields()) {
                    positions.push(position);
                    rows.push(vec![
                        Some(CATALOG.to_owned()),
                        Some(database.clone()),
                        Some(table.clone()),
                        Some(field.name().clone()),
                        None,
                        Some("YES".to_owned()),
                        Some(AthenaType::of_field(field).to_string()),
                        None,
                        None,
                    ]);
                }
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
