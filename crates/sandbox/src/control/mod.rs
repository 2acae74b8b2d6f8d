//! The control endpoint `/_sandbox/`: requests, fixtures, faults and sessions, for tests in any
//! language.

mod faults;
mod fixtures;
mod members;

use std::time::SystemTime;

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use crate::reply::{Reply, json as reply_json};
use crate::service::Service;
use members::read;

/// Answers a control request. Browsers are refused, so that no web page can reach in.
pub(crate) fn handle(service: &Service, parts: &Parts, path: &str, body: &[u8]) -> Reply {
    if parts.headers.contains_key("origin") {
        return reply_json(
            403,
            json!({"error": "requests of web pages are refused"}).to_string(),
        );
    }
    let answer =
        match (&parts.method, path) {
            (&Method::GET, "requests") => Ok(requests(service)),
            (&Method::DELETE, "requests") => {
                service.record.clear();
                Ok(json!({}))
            }
            (&Method::POST, "faults") => {
                read(body)
                    .and_then(|json| faults::fault(&json))
                    .map(|fault| {
                        service.faults.add(fault);
                        json!({})
                    })
            }
            (&Method::DELETE, "faults") => {
                service.faults.clear();
                Ok(json!({}))
            }
            (&Method::DELETE, "sessions") => {
                service.keys.expire_sessions(SystemTime::now());
                Ok(json!({}))
            }
            (&Method::POST, "fixtures") => read(body)
                .and_then(|json| fixtures::fixture(&json))
                .map(|(matcher, fixture)| {
                    service.fixtures.add(matcher, fixture);
                    json!({})
                }),
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
