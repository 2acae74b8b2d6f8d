//! PREPARE and DEALLOCATE PREPARE, once they run.

use std::time::SystemTime;

use crate::engine::Failure;
use crate::execution::Execution;
use crate::service::{Prepared, Service};

/// A work group keeps at most so many prepared statements.
pub(crate) const LIMIT: usize = 1000;

/// Saves a prepared statement in the work group of an execution.
pub(crate) fn prepare(
    service: &Service,
    execution: &Execution,
    name: &str,
    text: &str,
) -> Result<(), Failure> {
    let group = &execution.work_group;
    let key = (group.clone(), name.to_owned());
    let mut all = service.prepared();
    if all.contains_key(&key) {
        let reason = format!("PreparedStatement {name} already exists in workGroup {group}");
        return Err(failed(reason, 1100));
    }
    if all.keys().filter(|(other, _)| other == group).count() >= LIMIT {
        return Err(failed(limit_reached(name), 1100));
    }
    let statement = Prepared {
        query: text.to_owned(),
        description: None,
        modified: SystemTime::now(),
    };
    all.insert(key, statement);
    Ok(())
}

/// Forgets a prepared statement of the work group of an execution.
pub(crate) fn deallocate(
    service: &Service,
    execution: &Execution,
    name: &str,
) -> Result<(), Failure> {
    let group = &execution.work_group;
    match service.prepared().remove(&(group.clone(), name.to_owned())) {
        Some(_) => Ok(()),
        None => {
            let reason = format!("PreparedStatement {name} was not found in workGroup {group}");
            Err(failed(reason, 1300))
        }
    }
}

/// Athena's words for a full work group.
pub(crate) fn limit_reached(name: &str) -> String {
    format!(
        "Cannot create prepared statement {name}. The number of prepared statements in this workgroup exceeds the limit \
         of {LIMIT}."
    )
}

fn failed(reason: String, error_type: i32) -> Failure {
    Failure {
        reason,
        message: None,
        error_category: 2,
        error_type,
        retryable: false,
    }
}
