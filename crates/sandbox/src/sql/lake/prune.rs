//! Partitions that a query's conditions leave.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprSchemable as _};
use datafusion::physical_expr::PhysicalExpr;

/// Conditions on partition columns alone.
pub(super) struct Pruner {
    keys: SchemaRef,
    predicate: Option<Arc<dyn PhysicalExpr>>,
}

/// True for a condition that these columns decide.
pub(super) fn decides(filter: &Expr, names: &[&str]) -> bool {
    let columns = filter.column_refs();
    let own = !columns.is_empty()
        && columns
            .iter()
            .all(|column| names.contains(&column.name.as_str()));
    let later = filter.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
                | Expr::SetComparison(_)
                | Expr::OuterReferenceColumn(..)
        ))
    });
    own && !filter.is_volatile() && later.is_ok_and(|later| !later)
}

impl Pruner {
    /// Takes the conditions that these columns decide.
    pub(super) fn new(session: &dyn Session, filters: &[Expr], keys: &SchemaRef) -> Self {
        let names: Vec<&str> = keys.fields().iter().map(|f| f.name().as_str()).collect();
        let own = filters.iter().filter(|filter| decides(filter, &names));
        let predicate = conjunction(own.cloned()).and_then(|filter| {
            let schema = DFSchema::try_from(keys.as_ref().clone()).ok()?;
            filter.get_type(&schema).ok()?;
            session.create_physical_expr(filter, &schema).ok()
        });
        Self {
            keys: Arc::clone(keys),
            predicate,
        }
    }

    /// True if there is a condition.
    pub(super) fn is_selective(&self) -> bool {
        self.predicate.is_some()
    }

    /// Which of these rows of values may hold what is asked for: all, where a condition
    /// cannot be evaluated, so that it fails where it always would.
    pub(super) fn keep(&self, rows: &[Vec<ScalarValue>]) -> Vec<bool> {
        self.evaluate(rows)
            .unwrap_or_else(|| vec![true; rows.len()])
    }

    fn evaluate(&self, rows: &[Vec<ScalarValue>]) -> Option<Vec<bool>> {
        let predicate = self.predicate.as_ref()?;
        if rows.is_empty() {
            return None;
        }
        let columns = (0..self.keys.fields().len())
            .map(|index| {
                let values = rows.iter().map(|row| row.get(index).cloned());
                let values = values.collect::<Option<Vec<ScalarValue>>>()?;
                ScalarValue::iter_to_array(values).ok()
            })
            .collect::<Option<Vec<ArrayRef>>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.keys), columns).ok()?;
        let answer = predicate.evaluate(&batch).ok()?;
        let answer = answer.into_array(rows.len()).ok()?;
        let answer = answer.as_boolean_opt()?;
        Some(answer.iter().map(|kept| kept == Some(true)).collect())
    }
}
