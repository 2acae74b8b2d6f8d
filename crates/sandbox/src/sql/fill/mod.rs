//! Statements that change what tables hold: CTAS, INSERT, UPDATE, DELETE, MERGE.

mod change;
mod ctas;
mod iceberg;
mod insert;

pub(super) use change::{Change, run as run_change};
pub(super) use ctas::{Ctas, parse as parse_ctas, run as run_ctas};
pub(super) use iceberg::commit;
pub(super) use insert::{Insert, parse as parse_insert, run as run_insert};

use std::sync::Arc;

use datafusion::error::DataFusionError;

use super::failure::translate;
use super::plan::Planned;
use super::run::scanned;
use super::session::Shared;
use super::stop::StopOnDrop;
use super::write::{Target, Written, write_all};
use crate::engine::{Failure, Host};

/// Writes the rows of a query; answers what was written and how much was read.
pub(super) async fn write(
    shared: &Shared,
    planned: &Planned,
    target: &Target,
    host: &Host,
) -> Result<(Written, u64), Failure> {
    let told = |error: DataFusionError| Failure::from(translate(&error, &planned.positions));
    let stop = StopOnDrop::default();
    let plan = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
    let mut batches = shared
        .executor
        .execute(Arc::clone(&plan), planned.state.task_ctx());
    let written = write_all(&mut batches, target, host).await.map_err(told)?;
    let read = scanned(plan.as_ref()) + planned.generated.bytes();
    Ok((written, read))
}
