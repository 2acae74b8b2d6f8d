//! UPDATE, DELETE and MERGE of Iceberg tables: as the queries whose rows the table has then.
//!
//! Each is read as one shape: rows of a target, perhaps joined with a source, that are
//! changed or removed by the first clause that applies, and rows to be added.

use std::collections::HashMap;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::sql::sqlparser::ast::{
    self, Assignment, AssignmentTarget, Expr, FromTable, MergeAction, MergeClauseKind,
    MergeInsertKind, ObjectName, TableFactor, VisitMut as _,
};

use super::iceberg::replace;
use super::insert::{Insert, table_of, target};
use super::stand_ins::StandIns;
use super::write;
use crate::engine::{Failure, Host, Query, Summary};
use crate::metastore::Table;
use crate::sql::ddl::Name;
use crate::sql::failure::{AthenaError, NoPositions, translate};
use crate::sql::lake::{DataFile, Metadata, columns_of, is_iceberg};
use crate::sql::plan::{Planned, logical_plan};
use crate::sql::scope::Scope;
use crate::sql::statement::parse_query;
use crate::sql::tokens::{prepare, tokenize};

/// A statement that changes rows.
#[derive(Debug, Clone)]
pub(in crate::sql) struct Change {
    name: Name,
    /// What qualifies the target's columns.
    alias: String,
    target: TableFactor,
    source: Option<(TableFactor, Expr)>,
    matched: Vec<(Option<Expr>, Action)>,
    inserts: Vec<Addition>,
    placeholders: usize,
}

/// What happens to a row.
#[derive(Debug, Clone)]
enum Action {
    Update(Vec<(String, Expr)>),
    Delete,
}

/// `WHEN NOT MATCHED [AND condition] THEN INSERT (columns) VALUES (values)`.
#[derive(Debug, Clone)]
struct Addition {
    condition: Option<Expr>,
    columns: Vec<String>,
    values: Vec<Expr>,
}

impl Change {
    /// Reads a parsed statement; `None` when it has a form that is not run.
    pub(in crate::sql) fn read(statement: ast::Statement, placeholders: usize) -> Option<Self> {
        let mut change = match statement {
            ast::Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(mut from) | FromTable::WithoutKeyword(mut from)) =
                    delete.from;
                let table = from.pop().filter(|table| table.joins.is_empty());
                let target = table.filter(|_| from.is_empty())?.relation;
                Self::of(target, vec![(delete.selection, Action::Delete)])?
            }
            ast::Statement::Update(update) => {
                let target = (update.table.joins.is_empty() && update.from.is_none())
                    .then_some(update.table.relation)?;
                let action = Action::Update(assignments(update.assignments)?);
                Self::of(target, vec![(update.selection, action)])?
            }
            ast::Statement::Merge(merge) => {
                let mut change = Self::of(merge.table, Vec::new())?;
                change.source = Some((merge.source, *merge.on));
                for clause in merge.clauses {
                    change.add(clause)?;
                }
                change
            }
            _ => return None,
        };
        change.placeholders = placeholders;
        Some(change)
    }

    fn of(target: TableFactor, matched: Vec<(Option<Expr>, Action)>) -> Option<Self> {
        let TableFactor::Table { name, alias, .. } = &target else {
            return None;
        };
        let mut parts: Vec<String> = name
            .0
            .iter()
            .map(|part| Some(part.as_ident()?.value.to_lowercase()))
            .collect::<Option<_>>()?;
        let table = parts.pop()?;
        let alias = alias
            .as_ref()
            .map_or_else(|| table.clone(), |alias| alias.name.value.to_lowercase());
        Some(Self {
            name: Name {
                database: parts.pop(),
                catalog: parts.pop(),
                name: table,
            },
            alias,
            target,
            source: None,
            matched,
            inserts: Vec::new(),
            placeholders: 0,
        })
    }

    fn add(&mut self, clause: ast::MergeClause) -> Option<()> {
        match (clause.clause_kind, clause.action) {
            (MergeClauseKind::Matched, MergeAction::Delete { .. }) => {
                self.matched.push((clause.predicate, Action::Delete));
            }
            (MergeClauseKind::Matched, MergeAction::Update(update)) => {
                let action = Action::Update(assignments(update.assignments)?);
                self.matched.push((clause.predicate, action));
            }
            (
                MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget,
                MergeAction::Insert(insert),
            ) => {
                let MergeInsertKind::Values(values) = insert.kind else {
                    return None;
                };
                let [row] = values.rows.as_slice() else {
                    return None;
                };
                self.inserts.push(Addition {
                    condition: clause.predicate,
                    columns: insert.columns.iter().map(last).collect::<Option<_>>()?,
                    values: row.content.clone(),
                });
            }
            _ => return None,
        }
        Some(())
    }

    fn only_deletes(&self) -> bool {
        self.matched
            .iter()
            .all(|(_, action)| matches!(action, Action::Delete))
    }

    /// `FROM` of the target with what it is joined with.
    fn from(&self) -> &'static str {
        if self.source.is_some() {
            "athena_target LEFT JOIN (athena_source CROSS JOIN (SELECT 1 AS athena_hit) athena_h) ON athena_on"
        } else {
            "athena_target"
        }
    }

    /// The number of the clause's effect on a row: 0 nothing, 1 update, 2 delete; with the
    /// expressions that its text names.
    fn effect(&self, named: &mut HashMap<String, Expr>) -> String {
        let whens: Vec<String> = self
            .matched
            .iter()
            .enumerate()
            .map(|(index, (_, action))| {
                let number = match action {
                    Action::Update(_) => 1,
                    Action::Delete => 2,
                };
                format!("WHEN {} THEN {number}", self.applies(index, named))
            })
            .collect();
        if whens.is_empty() {
            return "0".to_owned();
        }
        format!("(CASE {} ELSE 0 END)", whens.join(" "))
    }

    fn applies(&self, index: usize, named: &mut HashMap<String, Expr>) -> String {
        let condition = self
            .matched
            .get(index)
            .and_then(|(condition, _)| condition.as_ref());
        let hit = match self.source {
            Some(_) => "athena_h.athena_hit IS NOT NULL",
            None => "true",
        };
        match condition {
            None => hit.to_owned(),
            Some(condition) => {
                let name = format!("athena_when{index}");
                named.insert(name.clone(), condition.clone());
                format!("({hit} AND coalesce({name}, false))")
            }
        }
    }

    /// The expressions that all texts may name.
    fn named(&self) -> HashMap<String, Expr> {
        let on = self.source.as_ref().map(|(_, on)| on.clone());
        on.map(|on| ("athena_on".to_owned(), on))
            .into_iter()
            .collect()
    }

    fn query(
        &self,
        sql: &str,
        named: HashMap<String, Expr>,
    ) -> Result<Box<ast::Query>, AthenaError> {
        let internal = |text: String| AthenaError::new("GENERIC_INTERNAL_ERROR", text);
        let mut tokens = tokenize(sql).map_err(|refusal| internal(refusal.message))?;
        prepare(&mut tokens);
        let end = datafusion::sql::sqlparser::tokenizer::Location::new(1, 1);
        let mut query = parse_query(tokens, end).map_err(|refusal| internal(refusal.message))?;
        let mut stand_ins = StandIns {
            target: &self.target,
            source: self.source.as_ref().map(|(source, _)| source),
            named,
        };
        let flow = query.visit(&mut stand_ins);
        debug_assert!(flow.is_continue(), "filling never stops early");
        Ok(query)
    }
}

fn last(name: &ObjectName) -> Option<String> {
    Some(name.0.last()?.as_ident()?.value.to_lowercase())
}

fn assignments(assignments: Vec<Assignment>) -> Option<Vec<(String, Expr)>> {
    assignments
        .into_iter()
        .map(|assignment| match assignment.target {
            AssignmentTarget::ColumnName(name) => Some((last(&name)?, assignment.value)),
            AssignmentTarget::Tuple(_) => None,
        })
        .collect()
}

/// Runs the statement.
pub(in crate::sql) async fn run(
    scope: &Scope,
    change: &Change,
    query: &Query,
    host: &Host,
) -> Result<Summary, Failure> {
    let holder = scope.holding(&change.name);
    let (database, table) = table_of(&holder, &change.name, query)?;
    if !is_iceberg(&table) {
        return Err(AthenaError::not_supported(
            "Modifying Hive table rows is only supported for transactional tables",
        )
        .into());
    }
    let run = Run {
        scope,
        change,
        query,
        host,
        table: &table,
    };
    let mut summary = Summary::default();
    run.check_matches().await?;
    let changed = run.changed().await?;
    let mut files: Vec<String> = if changed == 0 {
        let metadata = Metadata::read(host, &table);
        let metadata = metadata.map_err(|error| Failure::from(translate(&error, &NoPositions)))?;
        metadata.files().iter().map(DataFile::uri).collect()
    } else {
        let (files, _, read) = run.kept().await?;
        summary.data_scanned_in_bytes += read;
        files
    };
    let mut added = 0;
    for index in 0..change.inserts.len() {
        let (more, rows, read) = run.added(index).await?;
        files.extend(more);
        added += rows;
        summary.data_scanned_in_bytes += read;
    }
    if changed + added > 0 {
        // Iceberg's own names: rows that only come are appended, those that only go deleted.
        let operation = match (changed, added) {
            (0, _) => "append",
            (_, 0) if change.only_deletes() => "delete",
            _ => "overwrite",
        };
        replace(&holder, (&database, &table), operation, &files)?;
    }
    summary.update_count = Some(changed + added);
    Ok(summary)
}

/// One run of a change.
struct Run<'a> {
    scope: &'a Scope,
    change: &'a Change,
    query: &'a Query,
    host: &'a Host,
    table: &'a Table,
}

impl Run<'_> {
    /// Plans a query, on the engine's threads. With `fit`, its columns are made the table's.
    async fn plan(
        &self,
        parsed: Box<ast::Query>,
        fit: Option<Vec<String>>,
    ) -> Result<Planned, Failure> {
        let (scope, query) = (self.scope.clone(), self.query.clone());
        let placeholders = self.change.placeholders;
        let table = self.table.clone();
        let name = self.change.name.clone();
        let plan = async move {
            let analyzed = logical_plan(&scope, parsed, placeholders, &query).await?;
            let fitted = match fit {
                Some(columns) => Insert::named(name, columns).fit(&table, analyzed)?,
                None => analyzed,
            };
            fitted.physical().await
        };
        Ok(self.scope.shared.executor.run(plan).await??)
    }

    /// The number that a query of one number answers.
    async fn count(&self, sql: &str, named: HashMap<String, Expr>) -> Result<i64, Failure> {
        let planned = self.plan(self.change.query(sql, named)?, None).await?;
        let context = planned.state.task_ctx();
        let executor = &self.scope.shared.executor;
        let mut batches = executor.execute(planned.plan.clone(), context);
        let mut count = 0;
        while let Some(batch) = batches.next().await? {
            let batch = batch.map_err(|error| translate(&error, &planned.positions))?;
            if let Some(numbers) = batch.column(0).as_primitive_opt::<Int64Type>() {
                count += numbers.values().iter().sum::<i64>();
            }
        }
        Ok(count)
    }

    /// A target row may have one match at most.
    async fn check_matches(&self) -> Result<(), Failure> {
        if self.change.source.is_none() || self.change.matched.is_empty() {
            return Ok(());
        }
        let change = self.change;
        let joined = format!("SELECT count(*) FROM {}", change.from());
        let joined = self.count(&joined, change.named()).await?;
        let alone = self
            .count("SELECT count(*) FROM athena_target", HashMap::new())
            .await?;
        if joined == alone {
            return Ok(());
        }
        Err(AthenaError::new(
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES",
            "One MERGE target table row matched more than one source row",
        )
        .into())
    }

    /// How many rows are changed or removed.
    async fn changed(&self) -> Result<i64, Failure> {
        if self.change.matched.is_empty() {
            return Ok(0);
        }
        let mut named = self.change.named();
        let effect = self.change.effect(&mut named);
        let sql = format!(
            "SELECT count(*) FROM {} WHERE {effect} <> 0",
            self.change.from()
        );
        self.count(&sql, named).await
    }

    /// Writes the rows that stay, changed or not.
    async fn kept(&self) -> Result<(Vec<String>, i64, u64), Failure> {
        let change = self.change;
        let mut named = change.named();
        let columns: Vec<String> = columns_of(self.table)?
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for (name, _) in change.matched.iter().flat_map(|(_, action)| match action {
            Action::Update(assignments) => assignments.as_slice(),
            Action::Delete => &[],
        }) {
            if !columns.contains(name) {
                let message =
                    format!("line 1:1: The UPDATE SET target column {name} doesn't exist");
                return Err(AthenaError::new("COLUMN_NOT_FOUND", message).into());
            }
        }
        let items: Vec<String> = columns
            .iter()
            .map(|column| self.item(column, &mut named))
            .collect();
        let effect = change.effect(&mut named);
        let sql = format!(
            "SELECT {} FROM {} WHERE {effect} <> 2",
            items.join(", "),
            change.from()
        );
        self.write(change.query(&sql, named)?, columns).await
    }

    /// A column of a row that stays.
    fn item(&self, column: &str, named: &mut HashMap<String, Expr>) -> String {
        let own = format!("{}.{}", quoted(&self.change.alias), quoted(column));
        let mut whens = Vec::new();
        let mut assigned = false;
        for (index, (_, action)) in self.change.matched.iter().enumerate() {
            let value = match action {
                Action::Update(assignments) => assignments
                    .iter()
                    .find(|(name, _)| name == column)
                    .map(|(_, value)| value),
                Action::Delete => None,
            };
            let then = match value {
                Some(value) => {
                    assigned = true;
                    let name = format!("athena_set{index}_{column}");
                    named.insert(name.clone(), value.clone());
                    quoted(&name)
                }
                None => own.clone(),
            };
            whens.push(format!(
                "WHEN {} THEN {then}",
                self.change.applies(index, named)
            ));
        }
        let value = if assigned {
            format!("CASE {} ELSE {own} END", whens.join(" "))
        } else {
            own
        };
        format!("{value} AS {}", quoted(column))
    }

    /// Writes the rows that a clause adds.
    async fn added(&self, index: usize) -> Result<(Vec<String>, i64, u64), Failure> {
        let change = self.change;
        let mut named = change.named();
        let mut conditions = vec!["athena_h.athena_hit IS NULL".to_owned()];
        for (position, insert) in change.inserts.iter().enumerate().take(index + 1) {
            let name = format!("athena_if{position}");
            let not = if position < index { "NOT " } else { "" };
            match &insert.condition {
                Some(condition) => {
                    named.insert(name.clone(), condition.clone());
                    conditions.push(format!("{not}coalesce({name}, false)"));
                }
                None => conditions.push(format!("{not}true")),
            }
        }
        let Some(insert) = change.inserts.get(index) else {
            return Ok((Vec::new(), 0, 0));
        };
        let items: Vec<String> = insert
            .values
            .iter()
            .enumerate()
            .map(|(position, value)| {
                let name = format!("athena_value{position}");
                named.insert(name.clone(), value.clone());
                format!("{name} AS c{position}")
            })
            .collect();
        let sql = format!(
            "SELECT {} FROM athena_source LEFT JOIN (athena_target CROSS JOIN (SELECT 1 AS athena_hit) athena_h) ON athena_on WHERE {}",
            items.join(", "),
            conditions.join(" AND ")
        );
        self.write(change.query(&sql, named)?, insert.columns.clone())
            .await
    }

    async fn write(
        &self,
        parsed: Box<ast::Query>,
        columns: Vec<String>,
    ) -> Result<(Vec<String>, i64, u64), Failure> {
        let planned = self.plan(parsed, Some(columns)).await?;
        let target = target(self.table)?;
        let filled = write(&self.scope.shared, &planned, &target, self.host).await?;
        Ok((filled.written.files, filled.written.rows, filled.read))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
