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

use super::plan::Planned;
use super::run::Running;
use super::session::Shared;
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
    let mut running = Running::start(shared, planned)?;
    let written = write_all(&mut running.batches, target, host).await;
    Ok(Filled {
        written: written.map_err(|error| running.told(&error))?,
        read: running.scanned(),
        stages: running.stages("TableWriter"),
    })
}
