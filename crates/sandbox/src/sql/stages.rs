//! The stages of a query that has run, with what went in and what came out.
//!
//! A plan is cut where its rows change threads, as the engine of Athena cuts it where they
//! change machines.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::metrics::MetricValue;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::streaming::StreamingTableExec;

use crate::engine::{Stage, StagePlan};

/// A plan whose scans all count their rows: streams do not by themselves.
pub(super) fn counted(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let counted = plan.transform_up(|node| {
        if node.downcast_ref::<StreamingTableExec>().is_none() {
            return Ok(Transformed::no(node));
        }
        let schema = node.schema();
        let same = schema.fields().iter().enumerate().map(|(index, field)| {
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), index));
            (column, field.name().clone())
        });
        let same: Vec<(Arc<dyn PhysicalExpr>, String)> = same.collect();
        let counted = ProjectionExec::try_new(same, node)?;
        Ok(Transformed::yes(Arc::new(counted) as Arc<dyn ExecutionPlan>))
    })?;
    Ok(counted.data)
}

/// The stages of a plan that has run. `top` names what is done with its rows, `generated` is
/// how many bytes streams have read.
pub(super) fn of(plan: &Arc<dyn ExecutionPlan>, top: &str, generated: u64) -> Stage {
    let mut cutter = Cutter {
        next: 0,
        generated,
        streams: streams(plan),
    };
    let mut stage = cutter.stage(plan);
    stage.plan = StagePlan {
        name: top.to_owned(),
        identifier: format!("[{}]", columns(plan)),
        children: vec![stage.plan],
        remote_sources: Vec::new(),
    };
    stage
}

struct Cutter {
    next: i64,
    generated: u64,
    streams: usize,
}

impl Cutter {
    fn stage(&mut self, root: &Arc<dyn ExecutionPlan>) -> Stage {
        let mut stage = Stage {
            id: self.next,
            ..Stage::default()
        };
        self.next += 1;
        let mut time = Duration::ZERO;
        stage.plan = self.node(root, &mut stage, &mut time);
        stage.time_in_millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        stage.output_rows = told(root, Count::Rows).unwrap_or(stage.input_rows);
        stage.output_bytes = told(root, Count::Bytes).unwrap_or(stage.input_bytes);
        stage
    }

    fn node(
        &mut self,
        plan: &Arc<dyn ExecutionPlan>,
        stage: &mut Stage,
        time: &mut Duration,
    ) -> StagePlan {
        let plan = without_waits(plan);
        let metrics = plan.metrics();
        let spent = metrics.and_then(|metrics| metrics.elapsed_compute());
        *time += Duration::from_nanos(spent.and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
        let mut told_plan = StagePlan {
            name: name(plan),
            identifier: format!("[{}]", columns(plan)),
            children: Vec::new(),
            remote_sources: Vec::new(),
        };
        if is_exchange(plan) {
            let mut source = plan;
            while is_exchange(source)
                && let Some(child) = source.children().into_iter().next()
            {
                source = without_waits(child);
            }
            let below = self.stage(source);
            stage.input_rows += below.output_rows;
            stage.input_bytes += below.output_bytes;
            told_plan.remote_sources.push(below.id.to_string());
            stage.stages.push(below);
            return told_plan;
        }
        if is_scan(plan) {
            stage.input_rows += count(plan, Count::Rows).unwrap_or(0);
            stage.input_bytes += self.scanned(plan);
            return told_plan;
        }
        for child in plan.children() {
            told_plan.children.push(self.node(child, stage, time));
        }
        told_plan
    }

    fn scanned(&self, plan: &Arc<dyn ExecutionPlan>) -> u64 {
        let files = plan
            .metrics()
            .and_then(|metrics| metrics.sum_by_name("bytes_scanned"))
            .and_then(|bytes| u64::try_from(bytes.as_usize()).ok());
        match files {
            Some(bytes) => bytes,
            None if self.streams == 1 => self.generated,
            None => count(plan, Count::Bytes).unwrap_or(0),
        }
    }
}

/// What nodes count.
#[derive(Clone, Copy)]
enum Count {
    Rows,
    Bytes,
}

fn count(plan: &Arc<dyn ExecutionPlan>, what: Count) -> Option<u64> {
    let metrics = plan.metrics()?;
    let sum = metrics.sum(|metric| match what {
        Count::Rows => matches!(metric.value(), MetricValue::OutputRows(_)),
        Count::Bytes => matches!(metric.value(), MetricValue::OutputBytes(_)),
    })?;
    u64::try_from(sum.as_usize()).ok()
}

/// What the first node that counts has put out, from the top of a stage on.
fn told(plan: &Arc<dyn ExecutionPlan>, what: Count) -> Option<u64> {
    count(plan, what).or_else(|| match plan.children().as_slice() {
        [only] => told(only, what),
        _ => None,
    })
}

fn without_waits(plan: &Arc<dyn ExecutionPlan>) -> &Arc<dyn ExecutionPlan> {
    match (
        plan.downcast_ref::<CooperativeExec>(),
        plan.children().as_slice(),
    ) {
        (Some(_), [only]) => without_waits(only),
        _ => plan,
    }
}

fn is_exchange(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<RepartitionExec>().is_some()
        || plan.downcast_ref::<CoalescePartitionsExec>().is_some()
        || plan.downcast_ref::<SortPreservingMergeExec>().is_some()
}

/// True for what reads data: a node without others, or a stream that is counted.
fn is_scan(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.children().is_empty()
        || (plan.downcast_ref::<ProjectionExec>().is_some()
            && plan
                .children()
                .iter()
                .any(|child| child.downcast_ref::<StreamingTableExec>().is_some()))
}

fn streams(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own = usize::from(plan.downcast_ref::<StreamingTableExec>().is_some());
    own + plan.children().into_iter().map(streams).sum::<usize>()
}

/// A node's name as Athena's plans have it.
fn name(plan: &Arc<dyn ExecutionPlan>) -> String {
    if is_exchange(plan) {
        return "RemoteSource".to_owned();
    }
    if is_scan(plan) {
        return match plan.name() {
            "EmptyExec" | "PlaceholderRowExec" => "Values".to_owned(),
            _ => "TableScan".to_owned(),
        };
    }
    match plan.name() {
        "ProjectionExec" => "Project",
        "FilterExec" => "Filter",
        "AggregateExec" => "Aggregate",
        "SortExec" => "Sort",
        "GlobalLimitExec" | "LocalLimitExec" => "Limit",
        "HashJoinExec" | "SortMergeJoinExec" => "InnerJoin",
        "NestedLoopJoinExec" | "CrossJoinExec" => "CrossJoin",
        "UnionExec" => "Union",
        "UnnestExec" => "Unnest",
        "WindowAggExec" | "BoundedWindowAggExec" => "Window",
        other => other.trim_end_matches("Exec"),
    }
    .to_owned()
}

fn columns(plan: &Arc<dyn ExecutionPlan>) -> String {
    let schema = plan.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    names.collect::<Vec<_>>().join(", ")
}
