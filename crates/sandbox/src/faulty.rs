//! Turns faults into answers.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::body::{EarlyEnd, ReplyBody, Shape};
use crate::error::ApiError;
use crate::fault::FaultAction;
use crate::record::ServiceName;
use crate::reply::{self, Reply};
use crate::server::reset_now;
use crate::sigv4::AuthError;
use crate::socket::ResetFlag;

/// Waits where a fault says so; answers instead of the service where one does that. An
/// error ends the connection.
pub(crate) async fn answer(
    faults: &[FaultAction],
    service: ServiceName,
    operation: &str,
    reset: &ResetFlag,
    resource: &str,
) -> io::Result<Option<Reply>> {
    for fault in faults {
        if let FaultAction::Latency(time) = fault {
            tokio::time::sleep(*time).await;
        }
        if *fault == FaultAction::ResetBeforeHeaders {
            return Err(reset_now(reset));
        }
        let response = error(fault, service, operation, resource);
        if response.is_some() {
            return Ok(response);
        }
    }
    Ok(None)
}

fn error(
    fault: &FaultAction,
    service: ServiceName,
    operation: &str,
    resource: &str,
) -> Option<Reply> {
    let s3 = service == ServiceName::S3;
    let code = |status, code, message| Some(reply::error(service, status, code, message, resource));
    match fault {
        FaultAction::Throttle | FaultAction::ServiceUnavailable if s3 => {
            code(503, "SlowDown", "Please reduce your request rate.")
        }
        FaultAction::Throttle => code(400, "ThrottlingException", "Rate exceeded"),
        FaultAction::ServiceUnavailable => {
            code(503, "ServiceUnavailable", "Service is unavailable")
        }
        FaultAction::TooManyRequests => Some(reply::json_error(ApiError::too_many_requests())),
        FaultAction::InternalError if s3 => code(
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        FaultAction::InternalError => Some(reply::json_error(ApiError::internal(
            "an error was asked for",
        ))),
        FaultAction::AccessDenied if s3 => code(403, "AccessDenied", "Access Denied"),
        FaultAction::AccessDenied => {
            let message = format!(
                "You are not authorized to perform: {}:{operation} on the resource. After your AWS administrator or \
                 you have updated your permissions, please try again.",
                service.as_str()
            );
            code(403, "AccessDeniedException", &message)
        }
        FaultAction::NotFound => code(404, "NoSuchKey", "The specified key does not exist."),
        FaultAction::ExpiredToken => Some(reply::auth_error(
            service,
            &AuthError::ExpiredToken,
            resource,
        )),
        FaultAction::Html(status) => Some(reply::reply(
            *status,
            "text/html",
            ReplyBody::bytes("<html><body><h1>Bad Request</h1></body></html>"),
        )),
        FaultAction::OpaqueMetadata => {
            let blob: Vec<u8> = (0..234_u8)
                .map(|index| index.wrapping_mul(97).wrapping_add(1))
                .collect();
            Some(reply::reply(
                200,
                "binary/octet-stream",
                ReplyBody::bytes(STANDARD.encode(blob)),
            ))
        }
        _ => None,
    }
}

/// Applies the faults that concern the way a body is sent.
pub(crate) fn shape_body(
    response: &mut Reply,
    faults: &[FaultAction],
    reset: &ResetFlag,
    bandwidth: Option<u64>,
) {
    let mut shape = Shape {
        bandwidth,
        ..Shape::default()
    };
    let mut shaped = bandwidth.is_some();
    for fault in faults {
        match fault {
            FaultAction::ResetAfter(bytes) => {
                shape.end = Some((*bytes, EarlyEnd::Reset(reset.clone())))
            }
            FaultAction::CutBody(bytes) => shape.end = Some((*bytes, EarlyEnd::Close)),
            FaultAction::Stall(bytes) => shape.end = Some((*bytes, EarlyEnd::Stall)),
            FaultAction::CorruptByte(place) => shape.corrupt = Some(*place),
            FaultAction::SlowFirstByte(time) => shape.first_byte_delay = *time,
            FaultAction::Bandwidth(bytes) => shape.bandwidth = Some((*bytes).max(1)),
            _ => continue,
        }
        shaped = true;
    }
    if shaped {
        response.body_mut().shape(shape);
    }
}

/// A duration of so many milliseconds, as the control endpoint gives them.
pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}
