//! Partition projection: partitions that a table's properties tell, not the catalogue.

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use std::sync::Arc;

use super::files::{Folder, partition_location};
use super::projected_dates::Dates;
use super::provider::kept;
use super::prune::{Pruner, decides};
use super::values::partition_value;
use crate::metastore::Table;
use crate::sql::failure::AthenaError;
use crate::sql::write::partition_name;

/// Text of a number that no number needs is refused.
const MAX_DIGITS: i64 = 100;

/// More partitions than any query can go through.
const MAX_PARTITIONS: usize = 1_000_000;

/// The values of one column.
#[derive(Debug)]
enum Values {
    Enum(Vec<String>),
    Integer {
        from: i64,
        to: i64,
        interval: i64,
        digits: usize,
    },
    Date(Dates),
    /// Those that the query asks for.
    Injected,
}

/// How a table's partitions are told.
#[derive(Debug)]
pub(super) struct Projection<'a> {
    table: &'a Table,
    columns: Vec<(String, Values)>,
}

impl<'a> Projection<'a> {
    /// Reads a table's properties; `None` when they do not enable projection.
    ///
    /// # Errors
    /// `INVALID_TABLE_PROPERTY`.
    pub(super) fn of(table: &'a Table) -> Result<Option<Self>> {
        let enabled = property(table, "projection.enabled");
        if !enabled.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let columns = table
            .partition_keys
            .iter()
            .map(|key| Ok((key.name.clone(), values_of(table, &key.name)?)))
            .collect::<Result<_>>()?;
        Ok(Some(Self { table, columns }))
    }

    /// The folders of the partitions that conditions leave.
    ///
    /// # Errors
    /// `CONSTRAINT_VIOLATION` where an injected column is not told.
    pub(super) fn folders(
        &self,
        session: &dyn Session,
        filters: &[Expr],
        keys: &SchemaRef,
    ) -> Result<Vec<Folder>> {
        let mut texts: Vec<Vec<String>> = vec![Vec::new()];
        for ((name, values), field) in self.columns.iter().zip(keys.fields()) {
            let candidates = match values {
                Values::Enum(values) => values.clone(),
                Values::Integer {
                    from,
                    to,
                    interval,
                    digits,
                } => integers(*from..=*to, *interval, *digits)?,
                Values::Date(dates) => dates.values(MAX_PARTITIONS).ok_or_else(too_many)?,
                Values::Injected => injected(name, filters)?,
            };
            let candidates = left(session, filters, field, candidates)?;
            if texts.len().saturating_mul(candidates.len()) > MAX_PARTITIONS {
                return Err(too_many().into());
            }
            texts = texts
                .into_iter()
                .flat_map(|before| {
                    candidates.iter().map(move |value| {
                        let mut row = before.clone();
                        row.push(value.clone());
                        row
                    })
                })
                .collect();
        }
        let folders = texts
            .into_iter()
            .map(|row| {
                let values = keys
                    .fields()
                    .iter()
                    .zip(&row)
                    .map(|(field, text)| partition_value(field, text))
                    .collect::<Result<Vec<_>>>()?;
                Ok(Folder {
                    location: self.location(&row),
                    values,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(kept(&Pruner::new(session, filters, keys), folders))
    }

    /// Where the partition with these values is.
    fn location(&self, values: &[String]) -> String {
        let columns = self.columns.iter().map(|(name, _)| name.as_str());
        let Some(template) = property(self.table, "storage.location.template") else {
            let values = values.iter().map(|value| Some(value.as_str()));
            return partition_location(self.table, &partition_name(columns.zip(values)));
        };
        columns
            .zip(values)
            .fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("${{{name}}}"), value)
            })
    }
}

/// Those of a column's values that the conditions on it alone leave.
fn left(
    session: &dyn Session,
    filters: &[Expr],
    field: &Arc<Field>,
    candidates: Vec<String>,
) -> Result<Vec<String>> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Arc::clone(field)]));
    let pruner = Pruner::new(session, filters, &schema);
    if !pruner.is_selective() {
        return Ok(candidates);
    }
    let rows = candidates
        .iter()
        .map(|text| Ok(vec![partition_value(field, text)?]))
        .collect::<Result<Vec<_>>>()?;
    let kept = pruner.keep(&rows).into_iter();
    Ok(candidates
        .into_iter()
        .zip(kept)
        .filter_map(|(text, kept)| kept.then_some(text))
        .collect())
}

fn integers(
    range: std::ops::RangeInclusive<i64>,
    interval: i64,
    digits: usize,
) -> Result<Vec<String>> {
    let step = usize::try_from(interval).unwrap_or(usize::MAX);
    let count = range.end().saturating_sub(*range.start()) / interval.max(1);
    if usize::try_from(count).is_ok_and(|count| count >= MAX_PARTITIONS) {
        return Err(too_many().into());
    }
    Ok(range
        .step_by(step.max(1))
        .map(|value| match value < 0 {
            true => format!("-{:0digits$}", value.unsigned_abs()),
            false => format!("{value:0digits$}"),
        })
        .collect())
}

/// The values that conditions of equality name.
fn injected(name: &str, filters: &[Expr]) -> Result<Vec<String>> {
    let own = filters.iter().filter(|filter| decides(filter, &[name]));
    let mut values: Option<Vec<String>> = None;
    for filter in own {
        let Some(named) = equalities(filter) else {
            return Err(not_told(name).into());
        };
        values = Some(match values {
            None => named,
            Some(before) => before
                .into_iter()
                .filter(|value| named.contains(value))
                .collect(),
        });
    }
    values.ok_or_else(|| not_told(name).into())
}

fn equalities(filter: &Expr) -> Option<Vec<String>> {
    match filter {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        }) => match (left.as_ref(), right.as_ref()) {
            (Expr::Column(_), other) | (other, Expr::Column(_)) => Some(vec![literal(other)?]),
            _ => None,
        },
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => {
            let mut values = equalities(left)?;
            values.extend(equalities(right)?);
            Some(values)
        }
        Expr::InList(list) if !list.negated && matches!(*list.expr, Expr::Column(_)) => {
            list.list.iter().map(literal).collect()
        }
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) if !value.is_null() => Some(text_of(value)),
        _ => None,
    }
}

fn text_of(value: &ScalarValue) -> String {
    value
        .try_as_str()
        .flatten()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn not_told(name: &str) -> AthenaError {
    AthenaError::new(
        "CONSTRAINT_VIOLATION",
        format!(
            "For the injected projected partition column {name}, the WHERE clause must contain only static equality \
             conditions, and at least one such condition must be present."
        ),
    )
}

fn too_many() -> AthenaError {
    AthenaError::new(
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
        "Query exhausted resources at this scale factor",
    )
}

/// A property, whatever the case of its name.
fn property<'a>(table: &'a Table, name: &str) -> Option<&'a str> {
    let mut all = table.parameters.iter();
    all.find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn values_of(table: &Table, column: &str) -> Result<Values> {
    let of = |name: &str| property(table, &format!("projection.{column}.{name}"));
    let invalid = |what: &str| {
        let message = format!("Column projection for column '{column}' failed. {what}");
        AthenaError::new("INVALID_TABLE_PROPERTY", message)
    };
    let required = |name: &str| {
        let missing = || invalid(&format!("Missing required property: '{name}'"));
        of(name).ok_or_else(missing)
    };
    let number = |name: &str| -> Result<Option<i64>> {
        let text = of(name).map(str::trim);
        let parsed = text.map(|text| {
            let whole = text.parse::<i64>().ok().filter(|number| *number > 0);
            whole.ok_or_else(|| invalid(&format!("'{name}' must be a positive integer")))
        });
        Ok(parsed.transpose()?)
    };
    let kind = required("type")?.trim().to_ascii_lowercase();
    Ok(match kind.as_str() {
        "enum" => {
            let values = required("values")?.split(',').map(str::to_owned);
            Values::Enum(values.collect())
        }
        "integer" => {
            let bound = || invalid("'range' must be two integers with a comma between");
            let (from, to) = required("range")?.split_once(',').ok_or_else(bound)?;
            let read = |text: &str| text.trim().parse::<i64>().map_err(|_text| bound());
            Values::Integer {
                from: read(from)?,
                to: read(to)?,
                interval: number("interval")?.unwrap_or(1),
                digits: match number("digits")? {
                    None => 1,
                    Some(digits @ 1..=MAX_DIGITS) => usize::try_from(digits).unwrap_or(1),
                    Some(_) => return Err(invalid("'digits' is too large").into()),
                },
            }
        }
        "date" => {
            let dates = Dates::read(
                required("format")?,
                required("range")?,
                number("interval")?,
                of("interval.unit"),
            );
            Values::Date(dates.map_err(|what| invalid(&what))?)
        }
        "injected" => Values::Injected,
        other => return Err(invalid(&format!("Type '{other}' is not supported")).into()),
    })
}
