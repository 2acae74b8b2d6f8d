//! The way of a request through its service: record, faults, signature, rights, operation.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::fault::FaultAction;
use crate::policy::{authorize_athena, authorize_glue, authorize_s3};
use crate::record::{self, ServiceName};
use crate::reply::{self, Reply};
use crate::route::Route;
use crate::s3::{self, Call, Target};
use crate::service::Service;
use crate::sigv4::{Caller, Payload};
use crate::socket::ResetFlag;
use crate::{athena, control, faulty, glue, sts};

/// Bodies of the JSON and query services may be this long.
const MAX_BODY: usize = 1024 * 1024;

/// What a service answers, and the faults that still concern the body.
type Answer = (Reply, Vec<FaultAction>);

/// Answers one request; an error ends the connection without an answer.
pub(crate) async fn respond(
    service: Arc<Service>,
    reset: ResetFlag,
    request: Request<Incoming>,
) -> io::Result<Reply> {
    let (parts, body) = request.into_parts();
    if let Some(path) = parts.uri.path().strip_prefix("/_sandbox/") {
        let path = path.to_owned();
        return Ok(match collect(&service, body).await? {
            Some(bytes) => control::handle(&service, &parts, &path, &bytes),
            None => too_large(ServiceName::Athena),
        });
    }
    if !service.settings.latency.is_zero() {
        tokio::time::sleep(service.settings.latency).await;
    }
    let (mut response, faults) = match Route::of(&parts) {
        Route::Json(name, operation) => {
            json_service(&service, &reset, &parts, body, (name, operation)).await?
        }
        Route::Sts => query_service(&service, &reset, &parts, body).await?,
        Route::S3 => object_service(&service, &reset, &parts, body).await?,
        Route::NoSuchProtocol => (reply::xml(404, "<UnknownOperationException/>"), Vec::new()),
    };
    faulty::shape_body(&mut response, &faults, &reset, service.settings.bandwidth);
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now())) {
        response.headers_mut().insert(hyper::header::DATE, date);
    }
    Ok(response)
}

async fn json_service(
    service: &Arc<Service>,
    reset: &ResetFlag,
    parts: &Parts,
    body: Incoming,
    (name, operation): (ServiceName, String),
) -> io::Result<Answer> {
    let Some(bytes) = collect(service, body).await? else {
        return Ok((too_large(name), Vec::new()));
    };
    let members = athena::input::parse(&bytes);
    let body = members
        .as_ref()
        .ok()
        .map(|members| Value::Object(members.clone()));
    record(service, parts, name, &operation, body);
    let faults = service.faults.take(name, &operation, parts.uri.path());
    if let Some(response) =
        faulty::answer(&faults, name, &operation, reset, parts.uri.path()).await?
    {
        return Ok((response, faults));
    }
    let payload = Payload::Bytes(&bytes);
    let checked = service
        .keys
        .check(parts, name.as_str(), payload, SystemTime::now());
    let caller = match checked {
        Ok(caller) => caller,
        Err(problem) => return Ok((reply::auth_error(name, &problem, ""), faults)),
    };
    let answer = match (members, name) {
        (Err(problem), _) => Err(problem),
        (Ok(members), ServiceName::Glue) => {
            glue_operation(service, &caller, &operation, &members).await
        }
        (Ok(members), _) => {
            let access = service.access(&caller);
            match authorize_athena(service, &access, &operation, &members) {
                Ok(()) => athena::handle(service, &caller, &operation, &members, &faults).await,
                Err(denied) => Err(ApiError::access_denied(&denied)),
            }
        }
    };
    Ok((
        answer.map_or_else(reply::json_error, |bytes| reply::json(200, bytes)),
        faults,
    ))
}

async fn glue_operation(
    service: &Service,
    caller: &Caller,
    operation: &str,
    members: &Map<String, Value>,
) -> Result<Bytes, ApiError> {
    authorize_glue(&service.access(caller), operation, members)
        .map_err(|denied| ApiError::access_denied(&denied))?;
    glue::handle(service, operation, members).await
}

async fn query_service(
    service: &Service,
    reset: &ResetFlag,
    parts: &Parts,
    body: Incoming,
) -> io::Result<Answer> {
    let Some(bytes) = collect(service, body).await? else {
        return Ok((too_large(ServiceName::Sts), Vec::new()));
    };
    let form = sts::Form::parse(&bytes);
    let operation = form.get("Action").unwrap_or("").to_owned();
    record(
        service,
        parts,
        ServiceName::Sts,
        &operation,
        Some(form.harmless()),
    );
    let faults = service
        .faults
        .take(ServiceName::Sts, &operation, parts.uri.path());
    if let Some(response) = faulty::answer(&faults, ServiceName::Sts, &operation, reset, "").await?
    {
        return Ok((response, faults));
    }
    let caller = if sts::is_unsigned(&operation) {
        None
    } else {
        let now = SystemTime::now();
        match service
            .keys
            .check(parts, "sts", Payload::Bytes(&bytes), now)
        {
            Ok(caller) => Some(caller),
            Err(problem) => return Ok((reply::auth_error(ServiceName::Sts, &problem, ""), faults)),
        }
    };
    Ok((
        sts::handle(service, &operation, &form, caller.as_ref()),
        faults,
    ))
}

async fn object_service(
    service: &Service,
    reset: &ResetFlag,
    parts: &Parts,
    body: Incoming,
) -> io::Result<Answer> {
    let path = parts.uri.path();
    let Some(target) = Target::parse(parts) else {
        let message = "Couldn't parse the specified URI.";
        return Ok((
            reply::s3_error(400, "InvalidURI", message, path),
            Vec::new(),
        ));
    };
    let operation = target.operation(parts);
    record(service, parts, ServiceName::S3, operation, None);
    let faults = service.faults.take(ServiceName::S3, operation, path);
    if let Some(response) = faulty::answer(&faults, ServiceName::S3, operation, reset, path).await?
    {
        return Ok((response, faults));
    }
    let now = SystemTime::now();
    let caller = match service.keys.check(parts, "s3", Payload::Declared, now) {
        Ok(caller) => caller,
        Err(problem) => return Ok((reply::auth_error(ServiceName::S3, &problem, path), faults)),
    };
    let access = service.access(&caller);
    let source = s3::copy_source(parts, operation);
    let source = source
        .as_ref()
        .map(|(bucket, key)| (bucket.as_str(), key.as_str()));
    if let Err(denied) = authorize_s3(access.clone(), operation, &target, source) {
        let message = denied.to_string();
        let refusal = reply::s3_error(403, "AccessDenied", &message, &target.resource());
        return Ok((refusal, faults));
    }
    let call = Call {
        service,
        parts,
        target: &target,
        caller: &caller,
        access: &access,
        faults: &faults,
    };
    let response = Box::pin(call.answer(operation, body)).await;
    Ok((response, faults))
}

fn too_large(name: ServiceName) -> Reply {
    let message = format!("Request body exceeds {MAX_BODY} bytes");
    reply::error(name, 413, "RequestEntityTooLargeException", &message, "")
}

fn record(
    service: &Service,
    parts: &Parts,
    name: ServiceName,
    operation: &str,
    body: Option<Value>,
) {
    service.record.add(record::Request {
        service: name,
        operation: operation.to_owned(),
        target: record::harmless_target(&parts.uri),
        headers: record::harmless_headers(&parts.headers),
        body,
    });
}

/// The whole body, or `None` if it is too long. One that takes too long ends the connection.
async fn collect(service: &Service, body: Incoming) -> io::Result<Option<Bytes>> {
    let collected = Limited::new(body, MAX_BODY).collect();
    match tokio::time::timeout(service.settings.idle, collected).await? {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(problem) if problem.is::<LengthLimitError>() => Ok(None),
        Err(problem) => Err(io::Error::other(problem)),
    }
}
