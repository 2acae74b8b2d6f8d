//! The control endpoint `/_sandbox/`: requests, fixtures, faults and sessions, for tests in any
//! language.

use std::time::SystemTime;

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use crate::columns::column;
use crate::engine::{Cell, Column, Failure};
use crate::execution::State;
use crate::fault::{Fault, FaultAction};
use crate::faulty::millis;
use crate::fixture::{Fixture, Matcher};
use crate::reply::{Reply, json as reply_json};
use crate::service::Service;

/// Answers a control request. Browsers are refused, so that no web page can reach in.
pub(crate) fn handle(service: &Service, parts: &Parts, path: &str, body: &[u8]) -> Reply {
    if parts.headers.contains_key("origin") {
        return reply_json(
            403,
            json!({"error": "requests of web pages are refused"}).to_string(),
        );
    }
    let answer = match (&parts.method, path) {
        (&Method::GET, "requests") => Ok(requests(service)),
        (&Method::DELETE, "requests") => {
            service.record.clear();
            Ok(json!({}))
        }
        (&Method::POST, "faults") => read(body).and_then(|json| fault(&json)).map(|fault| {
            service.faults.add(fault);
            json!({})
        }),
        (&Method::DELETE, "faults") => {
            service.faults.clear();
            Ok(json!({}))
        }
        (&Method::DELETE, "sessions") => {
            service.keys.expire_sessions(SystemTime::now());
            Ok(json!({}))
        }
        (&Method::POST, "fixtures") => {
            read(body)
                .and_then(|json| fixture(&json))
                .map(|(matcher, fixture)| {
                    service.fixtures.add(matcher, fixture);
                    json!({})
                })
        }
        (&Method::DELETE, "fixtures") => {
            service.fixtures.clear();
            Ok(json!({}))
        }
        _ => {
            return reply_json(
                404,
                json!({"error": format!("no control '{path}'")}).to_string(),
            );
        }
    };
    match answer {
        Ok(value) => reply_json(200, value.to_string()),
        Err(problem) => reply_json(400, json!({"error": problem}).to_string()),
    }
}

fn requests(service: &Service) -> Value {
    let all: Vec<Value> = service
        .record
        .all()
        .into_iter()
        .map(|request| {
            json!({
                "service": request.service.as_str(),
                "operation": request.operation,
                "target": request.target,
                "headers": request.headers.into_iter().map(|(name, value)| json!([name, value])).collect::<Value>(),
                "body": request.body,
            })
        })
        .collect();
    json!({"requests": all})
}

fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|problem| format!("the body is not JSON: {problem}"))
}

fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str, String> {
    json[key]
        .as_str()
        .ok_or_else(|| format!("'{key}' must be a string"))
}

fn count(json: &Value, key: &str) -> Result<Option<u32>, String> {
    match &json[key] {
        Value::Null => Ok(None),
        value => value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| format!("'{key}' must be a whole number")),
    }
}

/// `{"operation": "GetObject", "action": "cut_body", "value": 100, "skip": 1, "times": 1, "key": ".csv"}`.
fn fault(json: &Value) -> Result<Fault, String> {
    let name = text(json, "action")?;
    let value = || {
        json["value"]
            .as_u64()
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
        other => return Err(format!("unknown action '{other}'")),
    };
    let mut fault = Fault::on(text(json, "operation")?, action);
    if let Some(skip) = count(json, "skip")? {
        fault = fault.skip(skip);
    }
    if let Some(times) = count(json, "times")? {
        fault = fault.times(times);
    }
    if let Some(key) = json["key"].as_str() {
        fault = fault.key(key);
    }
    Ok(fault)
}

/// `{"sql": …, "match": "exact" or "contains", "columns": [{"name", "type"}], "rows": [[…]],
/// "csv_file": path, "files": [{"name", "path"}], "states": […], "failure": {"reason", "category", "type", "retryable"},
/// "update_count": n, "data_scanned": n, "queue_delay_ms": n, "run_delay_ms": n}`.
fn fixture(json: &Value) -> Result<(Matcher, Fixture), String> {
    let sql = text(json, "sql")?.to_owned();
    let matcher = match json["match"].as_str().unwrap_or("exact") {
        "exact" => Matcher::Exact(sql),
        "contains" => Matcher::Contains(sql),
        other => {
            return Err(format!(
                "'match' must be 'exact' or 'contains', not '{other}'"
            ));
        }
    };
    let none = Vec::new();
    let columns: Vec<Column> = json["columns"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .map(|entry| Ok(column(text(entry, "name")?, text(entry, "type")?)))
        .collect::<Result<_, String>>()?;
    let mut fixture = match json["csv_file"].as_str() {
        Some(path) => Fixture::from_csv_file(path, columns),
        None => Fixture::rows(columns, rows(json["rows"].as_array().unwrap_or(&none))?),
    };
    for file in json["files"].as_array().unwrap_or(&none) {
        fixture = fixture.linked_file(text(file, "name")?, text(file, "path")?);
    }
    if let Some(states) = json["states"].as_array() {
        let states: Option<Vec<State>> = states
            .iter()
            .map(|state| state.as_str().and_then(State::parse))
            .collect();
        fixture = fixture.states(states.ok_or("'states' must be state names")?);
    }
    if json["failure"].is_object() {
        let failure = &json["failure"];
        let number =
            |key| count(failure, key).map(|number| number.and_then(|n| i32::try_from(n).ok()));
        fixture = fixture.failure(Failure {
            reason: text(failure, "reason")?.to_owned(),
            error_category: number("category")?.unwrap_or(2),
            error_type: number("type")?.unwrap_or(1009),
            retryable: failure["retryable"].as_bool().unwrap_or(false),
        });
    }
    if let Some(updated) = json["update_count"].as_i64() {
        fixture = fixture.update_count(updated);
    }
    if let Some(bytes) = json["data_scanned"].as_u64() {
        fixture = fixture.data_scanned(bytes);
    }
    if let Some(delay) = json["queue_delay_ms"].as_u64() {
        fixture = fixture.queue_delay(millis(delay));
    }
    if let Some(delay) = json["run_delay_ms"].as_u64() {
        fixture = fixture.run_delay(millis(delay));
    }
    Ok((matcher, fixture))
}

fn rows(rows: &[Value]) -> Result<Vec<Vec<Cell>>, String> {
    let cell = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(format!("a cell must be a string or null, not {other}")),
    };
    rows.iter()
        .map(|row| {
            row.as_array()
                .ok_or("a row must be a list")?
                .iter()
                .map(cell)
                .collect()
        })
        .collect()
}
