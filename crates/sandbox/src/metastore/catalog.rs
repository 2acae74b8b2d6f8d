//! One catalogue: its databases, and what is mounted into it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use super::tables::StoredTable;
use super::{Database, MetastoreError, Table};
use crate::engine::BoxFuture;

/// Tables that something else offers and nobody can change, such as datasets. They are
/// described when somebody asks. Must not hold the metastore it is mounted into.
pub trait ReadOnlyTables: Send + Sync {
    /// The names of all databases with tables here, in lower case.
    fn databases(&self) -> Vec<String>;

    /// The names of the tables of a database, in lower case; none if there is no such
    /// database here.
    fn table_names(&self, database: &str) -> Vec<String>;

    /// Describes a table; `None` if there is none or it cannot be opened.
    fn describe<'a>(&'a self, database: &'a str, table: &'a str) -> BoxFuture<'a, Option<Table>>;
}

/// Databases, tables and partitions.
#[derive(Default)]
pub struct Catalog {
    stored: RwLock<Databases>,
    mounted: RwLock<Vec<Arc<dyn ReadOnlyTables>>>,
}

pub(super) type Databases = BTreeMap<String, StoredDatabase>;

/// A database with its tables by name.
#[derive(Debug, Clone)]
pub(super) struct StoredDatabase {
    database: Database,
    pub(super) tables: BTreeMap<String, StoredTable>,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}

impl Catalog {
    /// Offers the tables of something else. Databases come into being with them; names that
    /// are taken already win.
    pub fn mount(&self, tables: Arc<dyn ReadOnlyTables>) {
        for name in tables.databases() {
            self.add_database(Database::new(&name));
        }
        self.mounted
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(tables);
    }

    /// All databases, by name.
    #[must_use]
    pub fn databases(&self) -> Vec<Database> {
        let stored = self.read();
        stored
            .values()
            .map(|entry| entry.database.clone())
            .collect()
    }

    /// A database, by its name in any case.
    #[must_use]
    pub fn database(&self, name: &str) -> Option<Database> {
        let stored = self.read();
        Some(stored.get(&name.to_lowercase())?.database.clone())
    }

    /// Adds a database.
    ///
    /// # Errors
    /// There is one of that name.
    pub fn create_database(&self, database: Database) -> Result<(), MetastoreError> {
        if self.add_database(database) {
            Ok(())
        } else {
            Err(MetastoreError::AlreadyExists(
                "Database already exists.".to_owned(),
            ))
        }
    }

    /// Adds a database unless there is one of that name; true if there was none.
    pub(super) fn add_database(&self, mut database: Database) -> bool {
        database.name = database.name.to_lowercase();
        database.created = Some(SystemTime::now());
        let mut stored = self.write();
        if stored.contains_key(&database.name) {
            return false;
        }
        let entry = StoredDatabase {
            database: database.clone(),
            tables: BTreeMap::new(),
        };
        stored.insert(database.name, entry);
        true
    }

    /// Replaces what is known of a database; its name and tables stay.
    ///
    /// # Errors
    /// There is no such database.
    pub fn update_database(&self, name: &str, database: Database) -> Result<(), MetastoreError> {
        let name = name.to_lowercase();
        let mut stored = self.write();
        let entry = stored
            .get_mut(&name)
            .ok_or_else(|| MetastoreError::no_database(&name))?;
        entry.database = Database {
            created: entry.database.created,
            name,
            ..database
        };
        Ok(())
    }

    /// Removes a database and all its tables, as Glue does.
    ///
    /// # Errors
    /// There is no such database, or a dataset is mounted there.
    pub fn drop_database(&self, name: &str) -> Result<(), MetastoreError> {
        let name = name.to_lowercase();
        if self
            .mounts()
            .iter()
            .any(|mount| mount.databases().contains(&name))
        {
            return Err(MetastoreError::read_only(&name));
        }
        match self.write().remove(&name) {
            Some(_) => Ok(()),
            None => Err(MetastoreError::no_database(&name)),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Databases> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Databases> {
        self.stored.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is mounted, apart from the lock.
    pub(super) fn mounts(&self) -> Vec<Arc<dyn ReadOnlyTables>> {
        self.mounted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
