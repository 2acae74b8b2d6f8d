//! Tables of a catalogue, and their versions.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::catalog::{Catalog, Databases};
use super::{MetastoreError, Partition, Table};

/// Older versions of a table are forgotten beyond this number.
const VERSIONS: usize = 1000;

/// A table, what it was before, and its partitions by their values.
#[derive(Debug, Clone)]
pub(super) struct StoredTable {
    pub(super) table: Table,
    /// Oldest first.
    older: Vec<Table>,
    pub(super) partitions: BTreeMap<Vec<String>, Partition>,
}

impl Catalog {
    /// The names of a database's tables and views, in order.
    ///
    /// # Errors
    /// There is no such database.
    pub fn table_names(&self, database: &str) -> Result<Vec<String>, MetastoreError> {
        let database = database.to_lowercase();
        let mut names: Vec<String> = {
            let stored = self.read();
            let entry = stored
                .get(&database)
                .ok_or_else(|| MetastoreError::no_database(&database))?;
            entry.tables.keys().cloned().collect()
        };
        for mount in self.mounts() {
            names.extend(mount.table_names(&database));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// A table or view, if it has been made here; those that are mounted are left out.
    #[must_use]
    pub fn stored_table(&self, database: &str, name: &str) -> Option<Table> {
        let stored = self.read();
        let entry = stored.get(&database.to_lowercase())?;
        Some(entry.tables.get(&name.to_lowercase())?.table.clone())
    }

    /// A table or view.
    ///
    /// # Errors
    /// There is no such database or table, or a mounted table cannot be opened.
    pub async fn table(&self, database: &str, name: &str) -> Result<Table, MetastoreError> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        if let Some(table) = self.stored_table(&database, &name) {
            return Ok(table);
        }
        if self.database(&database).is_none() {
            return Err(MetastoreError::no_database(&database));
        }
        for mount in self.mounts() {
            if let Some(table) = mount.describe(&database, &name).await {
                return Ok(table);
            }
        }
        Err(MetastoreError::no_table(&name))
    }

    /// All tables of these names; those that are gone or cannot be opened are left out.
    pub async fn tables(&self, database: &str, names: &[String]) -> Vec<Table> {
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            tables.extend(self.table(database, name).await.ok());
        }
        tables
    }

    /// Adds a table or view.
    ///
    /// # Errors
    /// There is no such database, or a table of that name.
    pub fn create_table(&self, database: &str, mut table: Table) -> Result<(), MetastoreError> {
        let database = database.to_lowercase();
        table.name = table.name.to_lowercase();
        if self.is_mounted(&database, &table.name) {
            return Err(exists());
        }
        let now = SystemTime::now();
        table.created = Some(now);
        table.updated = Some(now);
        table.version = 0;
        let mut stored = self.write();
        let entry = stored
            .get_mut(&database)
            .ok_or_else(|| MetastoreError::no_database(&database))?;
        if entry.tables.contains_key(&table.name) {
            return Err(exists());
        }
        let name = table.name.clone();
        let table = StoredTable {
            table,
            older: Vec::new(),
            partitions: BTreeMap::new(),
        };
        entry.tables.insert(name, table);
        Ok(())
    }

    /// Replaces the table of that name; what it was becomes an older version, and its
    /// partitions stay.
    ///
    /// # Errors
    /// There is no such database or table, or it is mounted.
    pub fn update_table(&self, database: &str, mut table: Table) -> Result<(), MetastoreError> {
        table.name = table.name.to_lowercase();
        let name = table.name.clone();
        self.change_table(database, &name, |old| {
            let older = old.table.clone();
            old.table = Table {
                created: older.created,
                updated: Some(SystemTime::now()),
                version: older.version + 1,
                ..table
            };
            old.older.push(older);
            if old.older.len() > VERSIONS {
                old.older.remove(0);
            }
            Ok(())
        })
    }

    /// Gives a table another name within its database.
    ///
    /// # Errors
    /// There is no such database or table, it is mounted, or the new name is taken.
    pub fn rename_table(
        &self,
        database: &str,
        name: &str,
        new_name: &str,
    ) -> Result<(), MetastoreError> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        let new_name = new_name.to_lowercase();
        if self.is_mounted(&database, &name) {
            return Err(MetastoreError::read_only(&name));
        }
        if self.is_mounted(&database, &new_name) {
            return Err(exists());
        }
        let mut stored = self.write();
        let entry = stored
            .get_mut(&database)
            .ok_or_else(|| MetastoreError::no_database(&database))?;
        if entry.tables.contains_key(&new_name) {
            return Err(exists());
        }
        let mut table = entry
            .tables
            .remove(&name)
            .ok_or_else(|| MetastoreError::no_table(&name))?;
        table.table.name.clone_from(&new_name);
        table.table.updated = Some(SystemTime::now());
        entry.tables.insert(new_name, table);
        Ok(())
    }

    /// Removes a table or view. Its data stays.
    ///
    /// # Errors
    /// There is no such database or table, or it is mounted.
    pub fn drop_table(&self, database: &str, name: &str) -> Result<(), MetastoreError> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        let removed = match self.write().get_mut(&database) {
            Some(entry) => entry.tables.remove(&name),
            None => return Err(MetastoreError::no_database(&database)),
        };
        match removed {
            Some(_) => Ok(()),
            None if self.is_mounted(&database, &name) => Err(MetastoreError::read_only(&name)),
            None => Err(MetastoreError::no_table(&name)),
        }
    }

    /// The versions of a table, newest first.
    ///
    /// # Errors
    /// There is no such database or table.
    pub fn table_versions(&self, database: &str, name: &str) -> Result<Vec<Table>, MetastoreError> {
        self.with_table(database, name, |stored| {
            let mut versions = vec![stored.table.clone()];
            versions.extend(stored.older.iter().rev().cloned());
            versions
        })
    }

    /// True if a dataset offers a table of that name.
    pub(super) fn is_mounted(&self, database: &str, name: &str) -> bool {
        self.mounts().iter().any(|mount| {
            let names = mount.table_names(database);
            names.iter().any(|known| known == name)
        })
    }

    pub(super) fn with_table<T>(
        &self,
        database: &str,
        name: &str,
        read: impl FnOnce(&StoredTable) -> T,
    ) -> Result<T, MetastoreError> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        let stored = self.read();
        let entry = stored
            .get(&database)
            .ok_or_else(|| MetastoreError::no_database(&database))?;
        let table = entry.tables.get(&name);
        table
            .map(read)
            .ok_or_else(|| MetastoreError::no_table(&name))
    }

    pub(super) fn change_table<T>(
        &self,
        database: &str,
        name: &str,
        change: impl FnOnce(&mut StoredTable) -> Result<T, MetastoreError>,
    ) -> Result<T, MetastoreError> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        let mounted = self.is_mounted(&database, &name);
        let mut stored = self.write();
        match find(&mut stored, &database, &name)? {
            Some(table) => change(table),
            None if mounted => Err(MetastoreError::read_only(&name)),
            None => Err(MetastoreError::no_table(&name)),
        }
    }
}

fn find<'a>(
    stored: &'a mut Databases,
    database: &str,
    name: &str,
) -> Result<Option<&'a mut StoredTable>, MetastoreError> {
    stored
        .get_mut(database)
        .map(|entry| entry.tables.get_mut(name))
        .ok_or_else(|| MetastoreError::no_database(database))
}

fn exists() -> MetastoreError {
    MetastoreError::AlreadyExists("Table already exists.".to_owned())
}
