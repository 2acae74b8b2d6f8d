//! Accepts connections and finds out which service each request is for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::fault::FaultAction;
use crate::faulty;
use crate::record::{self, ServiceName};
use crate::reply::{self, Reply};
use crate::s3::{Call, Target};
use crate::service::Service;
use crate::sigv4::Payload;
use crate::socket::{ResetFlag, Socket};
use crate::{athena, control, glue, sts};

/// Bodies of the JSON and query services may be this long.
const MAX_BODY: usize = 1024 * 1024;
/// A connection that sends no request for this long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Serves until `stop` says so; then answers what is being asked, and ends.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: others must be closed first.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Without it answers are only later, not wrong.
        drop(stream.set_nodelay(true));
        let reset: ResetFlag = Arc::new(AtomicBool::new(false));
        let socket = TokioIo::new(Socket::new(stream, reset.clone()));
        let service = service.clone();
        let mut stop = stop.clone();
        tokio::spawn(async move {
            let answer =
                service_fn(|request| Box::pin(respond(service.clone(), reset.clone(), request)));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(IDLE)
                .serve_connection(socket, answer);
            tokio::pin!(connection);
            // How a connection ended concerns nobody: the peer has seen it.
            tokio::select! {
                ended = connection.as_mut() => drop(ended),
                () = stopped(&mut stop) => {
                    connection.as_mut().graceful_shutdown();
                    drop(tokio::time::timeout(Duration::from_secs(1), connection).await);
                }
            }
        });
    }
}

/// Returns once the sandbox is to stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and so is the sandbox.
    drop(stop.wait_for(|stop| *stop).await);
}

/// Answers one request; an error ends the connection without an answer.
async fn respond(
    service: Arc<Service>,
    reset: ResetFlag,
    request: Request<Incoming>,
) -> io::Result<Reply> {
    let (parts, body) = request.into_parts();
    if let Some(path) = parts.uri.path().strip_prefix("/_sandbox/") {
        let path = path.to_owned();
        return Ok(match collect(body).await? {
            Some(bytes) => control::handle(&service, &parts, &path, &bytes),
            None => reply::error(
                ServiceName::Athena,
                413,
                "RequestEntityTooLargeException",
                "body too large",
                "",
            ),
        });
    }
    if !service.settings.latency.is_zero() {
        tokio::time::sleep(service.settings.latency).await;
    }
    let (mut response, faults) = match classify(&parts) {
        Route::Json(name, operation) => {
            json_service(&service, &reset, &parts, body, name, operation).await?
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

enum Route {
    Json(ServiceName, String),
    Sts,
    S3,
    /// A target with another content type than JSON 1.1.
    NoSuchProtocol,
}

fn classify(parts: &Parts) -> Route {
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let content_type = content_type.split(';').next().unwrap_or("").trim();
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let json = content_type == "application/x-amz-json-1.1";
    if parts.method != Method::POST || parts.uri.path() != "/" {
        return Route::S3;
    }
    match target {
        _ if content_type == "application/x-www-form-urlencoded" => Route::Sts,
        Some(_) if !json => Route::NoSuchProtocol,
        None if !json && content_type.starts_with("application/x-amz-json") => {
            Route::NoSuchProtocol
        }
        None if !json => Route::S3,
        Some(target) => match target.split_once('.') {
            Some(("AmazonAthena", operation)) => {
                Route::Json(ServiceName::Athena, operation.to_owned())
            }
            Some(("AWSGlue", operation)) => Route::Json(ServiceName::Glue, operation.to_owned()),
            _ => Route::Json(ServiceName::Athena, String::new()),
        },
        None => Route::Json(ServiceName::Athena, String::new()),
    }
}

/// What a service answers, and the faults that still concern the body.
type Answer = (Reply, Vec<FaultAction>);

async fn json_service(
    service: &Arc<Service>,
    reset: &ResetFlag,
    parts: &Parts,
    body: Incoming,
    name: ServiceName,
    operation: String,
) -> io::Result<Answer> {
    let Some(bytes) = collect(body).await? else {
        let message = "Request body exceeds 1048576 bytes";
        return Ok((
            reply::error(name, 413, "RequestEntityTooLargeException", message, ""),
            Vec::new(),
        ));
    };
    let members = athena::input::parse(&bytes);
    let body = members
        .as_ref()
        .ok()
        .map(|members| Value::Object(members.clone()));
    record(service, parts, name, &operation, body);
    let faults = service.faults.take(&operation, parts.uri.path());
    if let Some(response) =
        faulty::answer(&faults, name, &operation, reset, parts.uri.path()).await?
    {
        return Ok((response, faults));
    }
    if let Err(problem) = service.keys.check(
        parts,
        name.as_str(),
        Payload::Bytes(&bytes),
        SystemTime::now(),
    ) {
        return Ok((reply::auth_error(name, &problem, ""), faults));
    }
    let answer = match (members, name) {
        (Err(problem), _) => Err(problem),
        (Ok(members), ServiceName::Glue) => glue::handle(service, &operation, &members).await,
        (Ok(members), _) => athena::handle(service, &operation, &members, &faults).await,
    };
    Ok((
        answer.map_or_else(reply::json_error, |bytes| reply::json(200, bytes)),
        faults,
    ))
}

async fn query_service(
    service: &Service,
    reset: &ResetFlag,
    parts: &Parts,
    body: Incoming,
) -> io::Result<Answer> {
    let Some(bytes) = collect(body).await? else {
        return Ok((
            reply::sts_error(
                413,
                "RequestEntityTooLarge",
                "Request body exceeds 1048576 bytes",
            ),
            Vec::new(),
        ));
    };
    let form = sts::Form::parse(&bytes);
    let operation = form.get("Action").unwrap_or("").to_owned();
    record(service, parts, ServiceName::Sts, &operation, None);
    let faults = service.faults.take(&operation, parts.uri.path());
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
    let Some(target) = Target::parse(parts) else {
        let message = "Couldn't parse the specified URI.";
        return Ok((
            reply::s3_error(400, "InvalidURI", message, parts.uri.path()),
            Vec::new(),
        ));
    };
    let operation = target.operation(parts);
    record(service, parts, ServiceName::S3, operation, None);
    let path = parts.uri.path();
    let faults = service.faults.take(operation, path);
    if let Some(response) = faulty::answer(&faults, ServiceName::S3, operation, reset, path).await?
    {
        return Ok((response, faults));
    }
    let checked = service
        .keys
        .check(parts, "s3", Payload::Declared, SystemTime::now());
    let caller = match checked {
        Ok(caller) => caller,
        Err(problem) => return Ok((reply::auth_error(ServiceName::S3, &problem, path), faults)),
    };
    let call = Call {
        service,
        parts,
        target: &target,
        caller: &caller,
        faults: &faults,
    };
    let response = Box::pin(call.answer(operation, body)).await;
    Ok((response, faults))
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
        target: parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: record::harmless_headers(&parts.headers),
        body,
    });
}

/// The whole body, or `None` if it is too long.
async fn collect(body: Incoming) -> io::Result<Option<Bytes>> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(problem) if problem.is::<LengthLimitError>() => Ok(None),
        Err(problem) => Err(io::Error::other(problem)),
    }
}

/// The error that makes a connection end by a reset.
pub(crate) fn reset_now(reset: &ResetFlag) -> io::Error {
    reset.store(true, Ordering::Relaxed);
    io::ErrorKind::ConnectionReset.into()
}
