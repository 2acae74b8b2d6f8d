//! What a data catalogue knows: Glue's shapes, without the wire.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Names and texts, such as `classification` = `parquet`.
pub type Parameters = BTreeMap<String, String>;

/// A database.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Database {
    /// In lower case.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where its tables go if nothing else is said.
    pub location: Option<String>,
    /// Free parameters.
    pub parameters: Parameters,
    /// When it was made; set by the catalogue.
    pub created: Option<SystemTime>,
}

impl Database {
    /// A database with nothing but a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_lowercase(),
            ..Self::default()
        }
    }
}

/// A column, or a partition key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// As its maker wrote it; not every maker writes lower case.
    pub name: String,
    /// The Hive spelling, e.g. `array<struct<a:int>>`; none if nobody said.
    pub hive_type: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// E.g. `iceberg.field.current`.
    pub parameters: Parameters,
}

impl Column {
    /// A column without a comment.
    #[must_use]
    pub fn new(name: &str, hive_type: &str) -> Self {
        Self {
            name: name.to_owned(),
            hive_type: Some(hive_type.to_owned()),
            ..Self::default()
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Serde {
    /// Its name, seldom given.
    pub name: Option<String>,
    /// The Java class, e.g. `org.openx.data.jsonserde.JsonSerDe`.
    pub class: Option<String>,
    /// E.g. `field.delim`.
    pub parameters: Parameters,
}

/// Where data is and how it is stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StorageDescriptor {
    /// The columns that are in the files.
    pub columns: Vec<Column>,
    /// `s3://bucket/folder/`.
    pub location: Option<String>,
    /// The Java class, e.g. `org.apache.hadoop.mapred.TextInputFormat`.
    pub input_format: Option<String>,
    /// The Java class of the writing side.
    pub output_format: Option<String>,
    /// How rows are written.
    pub serde: Serde,
    /// Free parameters.
    pub parameters: Parameters,
    /// Other members of Glue's `StorageDescriptor`, kept as given.
    pub more: Map<String, Value>,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// In lower case.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who made it.
    pub owner: Option<String>,
    /// `EXTERNAL_TABLE`, `VIRTUAL_VIEW`, or whatever the maker wrote.
    pub table_type: Option<String>,
    /// Where the data is. Views and links have columns at most.
    pub storage: StorageDescriptor,
    /// The partition columns, which follow the others. None for Iceberg tables.
    pub partition_keys: Vec<Column>,
    /// Of views: `/* Presto View: <base64> */`.
    pub view_original_text: Option<String>,
    /// Of views: `/* Presto View */`.
    pub view_expanded_text: Option<String>,
    /// E.g. `table_type` = `ICEBERG`.
    pub parameters: Parameters,
    /// Other members of Glue's `TableInput`, kept as given, e.g. `TargetTable`.
    pub more: Map<String, Value>,
    /// Set by the catalogue.
    pub created: Option<SystemTime>,
    /// Set by the catalogue.
    pub updated: Option<SystemTime>,
    /// Set by the catalogue; grows with each change.
    pub version: u64,
}

impl Table {
    /// An external table with columns of Hive types.
    #[must_use]
    pub fn external<'a>(
        name: &str,
        columns: impl IntoIterator<Item = (&'a str, &'a str)>,
        location: Option<&str>,
    ) -> Self {
        Self {
            name: name.to_lowercase(),
            table_type: Some("EXTERNAL_TABLE".to_owned()),
            storage: StorageDescriptor {
                columns: columns
                    .into_iter()
                    .map(|(name, hive_type)| Column::new(name, hive_type))
                    .collect(),
                location: location.map(str::to_owned),
                ..StorageDescriptor::default()
            },
            ..Self::default()
        }
    }

    /// Adds partition keys.
    #[must_use]
    pub fn partitioned_by<'a>(
        mut self,
        keys: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.partition_keys = keys
            .into_iter()
            .map(|(name, hive_type)| Column::new(name, hive_type))
            .collect();
        self
    }

    /// The definition of a Presto view: JSON with `originalSql`, `schema` and `columns`.
    pub(crate) fn view_definition(&self) -> Option<Value> {
        let text = self.view_original_text.as_deref()?.trim();
        let encoded = text
            .strip_prefix("/* Presto View: ")?
            .strip_suffix(" */")?
            .trim();
        serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()
    }

    /// True for `VIRTUAL_VIEW`.
    #[must_use]
    pub fn is_view(&self) -> bool {
        self.table_type.as_deref() == Some("VIRTUAL_VIEW")
    }
}

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Partition {
    /// One text for each partition key.
    pub values: Vec<String>,
    /// Where its data is.
    pub storage: StorageDescriptor,
    /// Free parameters.
    pub parameters: Parameters,
    /// Set by the catalogue.
    pub created: Option<SystemTime>,
}

impl Partition {
    /// A partition stored as its table is, at a place of its own.
    #[must_use]
    pub fn of(table: &Table, values: Vec<String>, location: &str) -> Self {
        Self {
            values,
            storage: StorageDescriptor {
                location: Some(location.to_owned()),
                ..table.storage.clone()
            },
            ..Self::default()
        }
    }
}
