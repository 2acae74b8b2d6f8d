//! Partitions of a table.

use std::time::SystemTime;

use super::catalog::Catalog;
use super::tables::StoredTable;
use super::{Column, MetastoreError, Partition, PartitionFilter};

impl Catalog {
    /// The partition keys of a table made here.
    ///
    /// # Errors
    /// There is no such database or table.
    pub fn partition_keys(
        &self,
        database: &str,
        table: &str,
    ) -> Result<Vec<Column>, MetastoreError> {
        self.with_table(database, table, |stored| {
            stored.table.partition_keys.clone()
        })
    }

    /// The partitions of a table that a filter lets through, ordered by their values.
    ///
    /// # Errors
    /// There is no such database or table.
    pub fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: Option<&PartitionFilter>,
    ) -> Result<Vec<Partition>, MetastoreError> {
        self.with_table(database, table, |stored| {
            stored
                .partitions
                .values()
                .filter(|partition| filter.is_none_or(|filter| filter.accepts(&partition.values)))
                .cloned()
                .collect()
        })
    }

    /// The partition with these values.
    ///
    /// # Errors
    /// There is no such database, table or partition, or the values are too many or too few.
    pub fn partition(
        &self,
        database: &str,
        table: &str,
        values: &[String],
    ) -> Result<Partition, MetastoreError> {
        self.with_table(database, table, |stored| {
            check(stored, values)?;
            stored
                .partitions
                .get(values)
                .cloned()
                .ok_or_else(no_partition)
        })?
    }

    /// Adds a partition.
    ///
    /// # Errors
    /// There is no such database or table, there is such a partition, or the values are too
    /// many or too few.
    pub fn add_partition(
        &self,
        database: &str,
        table: &str,
        mut partition: Partition,
    ) -> Result<(), MetastoreError> {
        partition.created = Some(SystemTime::now());
        self.change_table(database, table, |stored| {
            check(stored, &partition.values)?;
            if stored.partitions.contains_key(&partition.values) {
                return Err(MetastoreError::AlreadyExists(
                    "Partition already exists.".to_owned(),
                ));
            }
            stored
                .partitions
                .insert(partition.values.clone(), partition);
            Ok(())
        })
    }

    /// Replaces the partition with these values, which may change.
    ///
    /// # Errors
    /// There is no such database, table or partition, or one with the new values.
    pub fn update_partition(
        &self,
        database: &str,
        table: &str,
        values: &[String],
        partition: Partition,
    ) -> Result<(), MetastoreError> {
        self.change_table(database, table, |stored| {
            check(stored, &partition.values)?;
            let old = stored.partitions.get(values).ok_or_else(no_partition)?;
            let created = old.created;
            if partition.values != values && stored.partitions.contains_key(&partition.values) {
                return Err(MetastoreError::AlreadyExists(
                    "Partition already exists.".to_owned(),
                ));
            }
            stored.partitions.remove(values);
            let partition = Partition {
                created,
                ..partition
            };
            stored
                .partitions
                .insert(partition.values.clone(), partition);
            Ok(())
        })
    }

    /// Removes a partition. Its data stays.
    ///
    /// # Errors
    /// There is no such database, table or partition.
    pub fn drop_partition(
        &self,
        database: &str,
        table: &str,
        values: &[String],
    ) -> Result<(), MetastoreError> {
        self.change_table(database, table, |stored| {
            stored
                .partitions
                .remove(values)
                .map(drop)
                .ok_or_else(no_partition)
        })
    }
}

fn no_partition() -> MetastoreError {
    MetastoreError::NotFound("Cannot find partition.".to_owned())
}

fn check(stored: &StoredTable, values: &[String]) -> Result<(), MetastoreError> {
    let keys = stored.table.partition_keys.len();
    if values.len() == keys {
        return Ok(());
    }
    Err(MetastoreError::Invalid(format!(
        "The number of partition keys do not match the number of partition values: {keys} keys, {} values",
        values.len()
    )))
}
