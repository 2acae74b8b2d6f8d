//! Faults by HTTP.

use serde_json::Value;

use super::members::{count, failure, maybe_text, number, only, states, text};
use crate::fault::{Fault, FaultAction};
use crate::faulty::millis;

/// `{"operation": "GetObject", "action": "cut_body", "value": 100, "skip": 1, "times": 1, "key": ".csv"}`;
/// with `fail_query` also `"failure"`, with `states` also `"states"`.
pub(super) fn fault(json: &Value) -> Result<Fault, String> {
    only(
        json,
        &[
            "operation",
            "action",
            "value",
            "skip",
            "times",
            "key",
            "failure",
            "states",
        ],
    )?;
    let name = text(json, "action")?;
    let value = || {
        number(json, "value")?
            .ok_or_else(|| format!("action '{name}' needs a whole number 'value'"))
    };
    let action = match name {
        "throttle" => FaultAction::Throttle,
        "too_many_requests" => FaultAction::TooManyRequests,
        "internal_error" => FaultAction::InternalError,
        "service_unavailable" => FaultAction::ServiceUnavailable,
        "access_denied" => FaultAction::AccessDenied,
        "not_found" => FaultAction::NotFound,
        "expired_token" => FaultAction::ExpiredToken,
        "html" => {
            FaultAction::Html(u16::try_from(value()?).map_err(|problem| problem.to_string())?)
        }
        "reset_before_headers" => FaultAction::ResetBeforeHeaders,
        "reset_after" => FaultAction::ResetAfter(value()?),
        "cut_body" => FaultAction::CutBody(value()?),
        "short_object" => FaultAction::ShortObject(value()?),
        "corrupt_byte" => FaultAction::CorruptByte(value()?),
        "stall" => FaultAction::Stall(value()?),
        "slow_first_byte" => FaultAction::SlowFirstByte(millis(value()?)),
        "latency" => FaultAction::Latency(millis(value()?)),
        "bandwidth" => FaultAction::Bandwidth(value()?),
        "changed_object" => FaultAction::ChangedObject,
        "ignore_range" => FaultAction::IgnoreRange,
        "no_etag" => FaultAction::NoEtag,
        "opaque_metadata" => FaultAction::OpaqueMetadata,
        "extra_empty_page" => FaultAction::ExtraEmptyPage,
        "repeat_token" => FaultAction::RepeatToken,
        "fail_query" => FaultAction::FailQuery(failure(&json["failure"])?),
        "states" => FaultAction::States(states(json, "states")?),
        other => return Err(format!("unknown action '{other}'")),
    };
    let mut fault = Fault::on(text(json, "operation")?, action);
    if let Some(skip) = count(json, "skip")? {
        fault = fault.skip(skip);
    }
    if let Some(times) = count(json, "times")? {
        fault = fault.times(times);
    }
    if let Some(key) = maybe_text(json, "key")? {
        fault = fault.key(key);
    }
    Ok(fault)
}
