//! The engine behind the service's seam.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::catalog::Tables;
use super::datasets::{Dataset, folder_tables};
use super::failure::AthenaError;
use super::plan::{Planned, logical_plan, plan};
use super::scope::Scope;
use super::session::Shared;
use super::show::Show;
use super::statement::{Body, parse};
use super::tokens::tokenize;
use super::{ddl, fill, look_up, run, show_rows, unload};
use crate::engine::{
    BoxFuture, Engine, Failure, Host, Query, Refusal, Sink, StatementKind, Summary,
};
use crate::metastore::Metastore;

/// Runs SELECT, EXPLAIN, SHOW and DESCRIBE over datasets and folders of files.
///
/// Rows are streamed and memory is bounded. Plans run on threads of the engine's own.
/// Nothing is read or made before the first statement.
#[derive(Debug)]
pub struct SqlEngine {
    tables: Tables,
    shared: OnceCell<Arc<Shared>>,
}

/// Collects what a [`SqlEngine`] offers.
#[derive(Debug, Default)]
pub struct SqlEngineBuilder {
    datasets: Vec<Dataset>,
    folders: Vec<PathBuf>,
}

impl SqlEngineBuilder {
    /// Adds a dataset as a database of its own.
    #[must_use]
    pub fn dataset(mut self, dataset: Dataset) -> Self {
        self.datasets.push(dataset);
        self
    }

    /// Adds the tables of a folder: `DIR/<database>/<table>.parquet` or `.csv`, and
    /// `DIR/<database>/<table>/` with files of one of these formats.
    #[must_use]
    pub fn data_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folders.push(folder.as_ref().to_owned());
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn build(self) -> io::Result<SqlEngine> {
        let mut tables = Tables::new();
        tables.entry("default".to_owned()).or_default();
        for dataset in self.datasets {
            dataset.add_to(&mut tables);
        }
        for folder in self.folders {
            for (database, found) in folder_tables(&folder)? {
                tables.entry(database).or_default().extend(found);
            }
        }
        Ok(SqlEngine {
            tables,
            shared: OnceCell::new(),
        })
    }
}

impl SqlEngine {
    /// An engine to be given data.
    #[must_use]
    pub fn builder() -> SqlEngineBuilder {
        SqlEngineBuilder::default()
    }

    /// The names of the databases.
    pub(super) fn database_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    /// The names of the tables of a database.
    pub(super) fn table_names_of(&self, database: &str) -> Vec<String> {
        let tables = self.tables.get(database);
        tables.map_or_else(Vec::new, |tables| tables.keys().cloned().collect())
    }

    /// What all queries share, made on first use.
    pub(super) async fn shared(&self) -> Result<&Arc<Shared>, Failure> {
        self.shared
            .get_or_try_init(async || Shared::new(self.tables.clone()).await.map(Arc::new))
            .await
            .map_err(|error| AthenaError::new("GENERIC_INTERNAL_ERROR", error.to_string()).into())
    }

    async fn statement(
        &self,
        query: &Query,
        host: &Host,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        let statement = parse(&query.sql)
            .map_err(|refusal| AthenaError::new("SYNTAX_ERROR", refusal.message))?;
        let shared = self.shared().await?;
        let scope = Scope::new(Arc::clone(shared), host.clone()).at(query);
        let planned = async |parsed| -> Result<Planned, Failure> {
            let plan = plan(scope.clone(), parsed, statement.placeholders, query.clone());
            Ok(shared.executor.run(plan).await??)
        };
        match statement.body {
            Body::Query(parsed) => run::query(shared, planned(parsed).await?, sink).await,
            Body::Explain(parsed, json) => run::explain(&planned(parsed).await?, json, sink),
            Body::Analyze(parsed) => run::analyze(shared, &planned(parsed).await?, sink).await,
            Body::Unload(unload, parsed) => {
                unload::run(shared, &unload, planned(parsed).await?, query, host).await
            }
            Body::Ctas(ctas, parsed) => {
                ctas.check_place(host)?;
                let run = async {
                    fill::check_session(&scope, query)?;
                    let planned = planned(parsed).await?;
                    fill::run_ctas(&scope.holding(ctas.name()), &ctas, planned, query, host).await
                };
                run.await
                    .map_err(|failure| fill::ctas_failed(failure, host))
            }
            Body::Insert(insert, parsed) => {
                let run = async {
                    fill::check_session(&scope, query)?;
                    let holder = scope.holding(insert.name());
                    let (database, table) = insert.table(&holder, query)?;
                    let (scope_there, query_there) = (scope.clone(), query.clone());
                    let into = table.clone();
                    let plan = async move {
                        let analyzed = logical_plan(
                            &scope_there,
                            parsed,
                            statement.placeholders,
                            &query_there,
                        );
                        insert.fit(&into, analyzed.await?)?.physical().await
                    };
                    let planned = shared.executor.run(plan).await??;
                    fill::run_insert(&holder, (&database, &table), planned, host).await
                };
                run.await
                    .map_err(|failure| fill::insert_failed(failure, host))
            }
            Body::Change(change) => {
                let (scope, query, host) = (scope.clone(), query.clone(), host.clone());
                let run = async move { fill::run_change(&scope, &change, &query, &host).await };
                shared.executor.run(run).await?
            }
            Body::Maintain(what) => {
                let (scope, query, host) = (scope.clone(), query.clone(), host.clone());
                let run = async move { fill::run_maintenance(&scope, what, &query, &host).await };
                shared.executor.run(run).await?
            }
            Body::Ddl(ddl) => ddl::run(&scope, &ddl, query, sink).await,
            Body::Show(show) => show_rows::run(&scope, &show, query, sink).await,
            Body::Unsupported => {
                let what = statement.kind.substatement_type;
                Err(AthenaError::not_supported(format!(
                    "{what} statements cannot be run by this sandbox"
                ))
                .into())
            }
        }
    }
}

impl Engine for SqlEngine {
    fn classify(&self, query: &Query) -> Result<StatementKind, Refusal> {
        parse(&query.sql).map(|statement| statement.kind)
    }

    fn look_up(
        &self,
        query: &Query,
        kind: StatementKind,
        metastore: &Metastore,
    ) -> Result<StatementKind, Refusal> {
        let table = match kind.substatement_type {
            "DESCRIBE_TABLE" | "SHOW_COLUMNS" | "CREATE_TABLE" => match parse(&query.sql)?.body {
                Body::Show(Show::Describe { table } | Show::Columns { table }) => table,
                Body::Ddl(ddl) => {
                    return ddl.look_up(query, metastore).map(|()| kind);
                }
                _ => return Ok(kind),
            },
            _ => return Ok(kind),
        };
        let view = look_up::is_view(&table, query, metastore, &self.tables)?;
        if !view {
            ddl::check_described(&query.sql, &tokenize(&query.sql)?)?;
        }
        Ok(StatementKind {
            substatement_type: if view {
                "DESC_VIEW"
            } else {
                kind.substatement_type
            },
            ..kind
        })
    }

    fn run<'a>(
        &'a self,
        query: &'a Query,
        host: &'a Host,
        sink: &'a mut dyn Sink,
    ) -> BoxFuture<'a, Result<Summary, Failure>> {
        Box::pin(self.statement(query, host, sink))
    }
}
