//! Statements that change what tables hold: CTAS, INSERT, UPDATE, DELETE, MERGE.

mod change;
mod ctas;
mod iceberg;
mod insert;
mod maintain;
mod stand_ins;

pub(super) use change::{Change, run as run_change};
pub(super) use ctas::{Ctas, failed as ctas_failed, parse as parse_ctas, run as run_ctas};
pub(super) use iceberg::commit;
pub(super) use insert::{
    Insert, check_session, failed as insert_failed, parse as parse_insert, run as run_insert,
};

pub(super) use maintain::{Maintenance, parse_optimize, parse_vacuum, run as run_maintenance};

use std::sync::Arc;

use datafusion::error::DataFusionError;

use super::failure::translate;
use super::plan::Planned;
use super::run::scanned;
use super::session::Shared;
use super::stages;
use super::stop::StopOnDrop;
use super::write::{Target, Written, write_all};
use crate::engine::{Failure, Host, Stage};

/// What became of the rows of a query.
pub(super) struct Filled {
    pub(super) written: Written,
    /// How many bytes were read.
    pub(super) read: u64,
    pub(super) stages: Stage,
}

/// Writes the rows of a query.
pub(super) async fn write(
    shared: &Shared,
    planned: &Planned,
    target: &Target,
    host: &Host,
) -> Result<Filled, Failure> {
    let told = |error: DataFusionError| Failure::from(translate(&error, &planned.positions));
    let stop = StopOnDrop::default();
    let plan = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
    let plan = stages::counted(plan).map_err(told)?;
    let mut batches = shared
        .executor
        .execute(Arc::clone(&plan), planned.state.task_ctx());
    let written = write_all(&mut batches, target, host).await.map_err(told)?;
    let generated = planned.generated.bytes();
    Ok(Filled {
        written,
        read: scanned(plan.as_ref()) + generated,
        stages: stages::of(&plan, "TableWriter", generated),
    })
}
