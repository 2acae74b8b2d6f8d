//! `typeof(x)` told before anything is optimized.
//!
//! The optimizer replaces columns that can only be NULL by bare NULLs, which have lost what
//! their fields' metadata said of the type.

use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan};

use super::types::AthenaType;

/// Replaces each `typeof` of a plan by its answer.
pub(super) fn tell(plan: LogicalPlan) -> Result<LogicalPlan> {
    let told = plan.transform_up_with_subqueries(|node| {
        let schema = match &node {
            LogicalPlan::Join(_) => node.schema().as_ref().clone(),
            _ => merge_schema(&node.inputs()),
        };
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let told = expr.transform_up(|expr| match &expr {
                Expr::ScalarFunction(call) if call.name() == "typeof" => {
                    let Some((_, field)) = call
                        .args
                        .first()
                        .and_then(|argument| argument.to_field(&schema).ok())
                    else {
                        return Ok(Transformed::no(expr));
                    };
                    let text = AthenaType::of_field(&field).to_string();
                    let text = ScalarValue::Utf8(Some(text));
                    Ok(Transformed::yes(Expr::Literal(text, None)))
                }
                _ => Ok(Transformed::no(expr)),
            })?;
            Ok(told.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(told.data)
}
