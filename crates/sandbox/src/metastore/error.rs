//! Why a catalogue refuses.

use std::fmt;

/// A refusal, with the text Glue has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetastoreError {
    /// There is no such thing.
    NotFound(String),
    /// There is one already.
    AlreadyExists(String),
    /// The request cannot be carried out as it stands.
    Invalid(String),
}

impl MetastoreError {
    pub(super) fn no_database(name: &str) -> Self {
        Self::NotFound(format!("Database {name} not found."))
    }

    pub(super) fn no_table(name: &str) -> Self {
        Self::NotFound(format!("Table {name} not found."))
    }

    pub(super) fn read_only(name: &str) -> Self {
        Self::Invalid(format!(
            "{name} is a dataset of athena-sandbox and cannot be changed"
        ))
    }
}

impl fmt::Display for MetastoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotFound(text) | Self::AlreadyExists(text) | Self::Invalid(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for MetastoreError {}
