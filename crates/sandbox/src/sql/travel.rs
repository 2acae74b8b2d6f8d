//! `FOR TIMESTAMP AS OF` and `FOR VERSION AS OF`: tables as they were.
//!
//! The moment becomes part of the table's name, where the catalogue finds it again.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use datafusion::arrow::array::{Array as _, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::execution::context::SessionState;
use datafusion::physical_plan::collect;
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, ObjectNamePart, Query, SelectItem, SetExpr, TableAlias, TableFactor,
    TableVersion, VisitMut as _, VisitorMut,
};

use super::failure::{AthenaError, NoPositions, translate};
use super::lake::Moment;
use super::rewrite::rewrite;
use super::statement::parse_query;
use super::tokens::tokenize;

/// What stands between a table's name and a time, and a version.
const TIME: &str = "$athena-time-";
const VERSION: &str = "$athena-version-";

/// A table's name and the moment that was put into it.
pub(super) fn split(name: &str) -> (&str, Moment) {
    if let Some((table, time)) = name.split_once(TIME)
        && let Ok(time) = time.parse()
    {
        return (table, Moment::Time(time));
    }
    if let Some((table, version)) = name.split_once(VERSION)
        && let Ok(version) = version.parse()
    {
        return (table, Moment::Version(version));
    }
    (name, Moment::Now)
}

/// Puts the moments of a query into the names of its tables.
///
/// # Errors
/// `INVALID_ARGUMENTS` for what is no moment.
pub(super) async fn settle(query: &mut Query, state: &SessionState) -> Result<(), AthenaError> {
    let mut versions = Versions::default();
    let flow = query.visit(&mut versions);
    debug_assert!(flow.is_continue(), "collecting never stops early");
    if versions.found.is_empty() {
        return Ok(());
    }
    let mut moments = Vec::new();
    for version in versions.found {
        moments.push(match version {
            Version::At(expr) => time_of(expr, state).await?,
            Version::Of(expr) => {
                let text = expr.to_string();
                let number = text.parse().map_err(|_text| {
                    AthenaError::new("INVALID_ARGUMENTS", format!("'{text}' is no snapshot ID"))
                })?;
                Moment::Version(number)
            }
        });
    }
    moments.reverse();
    let flow = query.visit(&mut Names(moments));
    debug_assert!(flow.is_continue(), "renaming never stops early");
    Ok(())
}

enum Version {
    At(Expr),
    Of(Expr),
}

/// Takes the versions from the tables, in order.
#[derive(Default)]
struct Versions {
    found: Vec<Version>,
}

impl VisitorMut for Versions {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { version, .. } = factor else {
            return ControlFlow::Continue(());
        };
        match version {
            Some(TableVersion::ForSystemTimeAsOf(expr) | TableVersion::TimestampAsOf(expr)) => {
                self.found.push(Version::At(expr.clone()));
            }
            Some(TableVersion::VersionAsOf(expr)) => {
                self.found.push(Version::Of(expr.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Names tables by their moments, the last being the next.
struct Names(Vec<Moment>);

impl VisitorMut for Names {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table {
            version,
            name,
            alias,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        if version.take().is_none() {
            return ControlFlow::Continue(());
        }
        let Some(ObjectNamePart::Identifier(last)) = name.0.last_mut() else {
            return ControlFlow::Continue(());
        };
        let suffix = match self.0.pop() {
            Some(Moment::Time(time)) => format!("{TIME}{time}"),
            Some(Moment::Version(version)) => format!("{VERSION}{version}"),
            _ => return ControlFlow::Continue(()),
        };
        alias.get_or_insert_with(|| TableAlias {
            explicit: true,
            name: Ident::new(last.value.to_lowercase()),
            columns: Vec::new(),
            at: None,
        });
        last.value.push_str(&suffix);
        last.quote_style = Some('"');
        ControlFlow::Continue(())
    }
}

/// The value of an expression that names no columns.
async fn time_of(expr: Expr, state: &SessionState) -> Result<Moment, AthenaError> {
    let shown = expr.to_string();
    let told = |error| translate(&error, &NoPositions);
    let mut query = one()?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.projection = vec![SelectItem::UnnamedExpr(expr)];
    }
    rewrite(&mut query, SystemTime::now())?;
    let statement = EngineStatement::Statement(Box::new(ast::Statement::Query(query)));
    let logical = state.statement_to_plan(statement).await.map_err(told)?;
    let plan = state.create_physical_plan(&logical).await.map_err(told)?;
    let batches = collect(plan, state.task_ctx()).await.map_err(told)?;
    let value = batches
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .map(|batch| Arc::clone(batch.column(0)));
    let wrong = || {
        let message = format!("'{shown}' is no date, timestamp or timestamp with time zone");
        AthenaError::new("INVALID_ARGUMENTS", message)
    };
    let value = value.filter(|value| !value.is_null(0)).ok_or_else(wrong)?;
    let zone = match value.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        DataType::Date32 => None,
        DataType::Int64 | DataType::Int32 => {
            let number = cast(&value, &DataType::Int64).map_err(|error| told(error.into()))?;
            return Ok(Moment::Version(number.as_primitive::<Int64Type>().value(0)));
        }
        _ => return Err(wrong()),
    };
    let millis = DataType::Timestamp(TimeUnit::Millisecond, zone);
    let value = cast(&value, &millis).map_err(|error| told(error.into()))?;
    Ok(Moment::Time(
        value.as_primitive::<TimestampMillisecondType>().value(0),
    ))
}

/// `SELECT 1`, to be given another column.
fn one() -> Result<Box<Query>, AthenaError> {
    let end = datafusion::sql::sqlparser::tokenizer::Location::new(1, 1);
    tokenize("SELECT 1")
        .and_then(|tokens| parse_query(tokens, end))
        .map_err(|refusal| AthenaError::new("GENERIC_INTERNAL_ERROR", refusal.message))
}
