//! Responses, and the errors of each service in its own form.

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::body::ReplyBody;
use crate::error::ApiError;
use crate::record::ServiceName;
use crate::sigv4::AuthError;
use crate::xml::element;

pub(crate) type Reply = Response<ReplyBody>;

/// A response with a body and its length.
pub(crate) fn reply(status: u16, content_type: &'static str, body: ReplyBody) -> Reply {
    let length = body.remaining();
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    if !content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

/// A JSON 1.1 answer.
pub(crate) fn json(status: u16, body: impl Into<bytes::Bytes>) -> Reply {
    let mut response = reply(status, "application/x-amz-json-1.1", ReplyBody::bytes(body));
    request_id(&mut response, "x-amzn-requestid");
    response
}

/// The body of an error of Athena or Glue.
pub(crate) fn json_error(error: ApiError) -> Reply {
    json(
        error.status,
        serde_json::Value::Object(error.body).to_string(),
    )
}

/// An XML answer of S3 or STS.
pub(crate) fn xml(status: u16, body: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    let mut response = reply(status, "application/xml", ReplyBody::bytes(text));
    request_id(&mut response, "x-amz-request-id");
    response
}

/// An error of S3.
pub(crate) fn s3_error(status: u16, code: &str, message: &str, resource: &str) -> Reply {
    let id = uuid::Uuid::new_v4().simple().to_string();
    xml(
        status,
        &format!(
            "<Error>{}{}{}{}</Error>",
            element("Code", code),
            element("Message", message),
            element("Resource", resource),
            element("RequestId", &id),
        ),
    )
}

/// An error of STS.
pub(crate) fn sts_error(status: u16, code: &str, message: &str) -> Reply {
    let id = uuid::Uuid::new_v4().to_string();
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>{}{}</Error>{}\
             </ErrorResponse>",
            element("Code", code),
            element("Message", message),
            element("RequestId", &id),
        ),
    )
}

/// An error in the form of the service that was called.
pub(crate) fn error(
    service: ServiceName,
    status: u16,
    code: &str,
    message: &str,
    resource: &str,
) -> Reply {
    match service {
        ServiceName::Athena | ServiceName::Glue => {
            json_error(ApiError::gateway(status, code, message))
        }
        ServiceName::S3 => s3_error(status, code, message, resource),
        ServiceName::Sts => sts_error(status, code, message),
    }
}

/// A request that was not signed as it has to be.
pub(crate) fn auth_error(service: ServiceName, problem: &AuthError, resource: &str) -> Reply {
    const EXPIRED: &str = "The security token included in the request is expired";
    const INVALID: &str = "The security token included in the request is invalid.";
    const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your \
                            AWS Secret Access Key and signing method. Consult the service documentation for details.";
    let s3 = service == ServiceName::S3;
    let (status, code, message) = match problem {
        AuthError::BadQuery(what) => (400, "AuthorizationQueryParametersError", *what),
        AuthError::Lapsed => (403, "AccessDenied", "Request has expired"),
        AuthError::WrongService { named, wanted } if s3 => {
            let message = format!(
                "The authorization header is malformed; incorrect service \"{named}\". This endpoint belongs to \"{wanted}\"."
            );
            return error(
                service,
                400,
                "AuthorizationHeaderMalformed",
                &message,
                resource,
            );
        }
        AuthError::WrongService { wanted, .. } => {
            let message = format!("Credential should be scoped to correct service: '{wanted}'.");
            let code = match service {
                ServiceName::Sts => "SignatureDoesNotMatch",
                _ => "InvalidSignatureException",
            };
            return error(service, 403, code, &message, resource);
        }
        AuthError::Missing if s3 => (403, "AccessDenied", "Access Denied"),
        AuthError::Missing if service == ServiceName::Sts => (
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        AuthError::Missing => (
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        AuthError::Incomplete(what) if s3 => (400, "AuthorizationHeaderMalformed", *what),
        AuthError::Incomplete(what) if service == ServiceName::Sts => {
            (403, "IncompleteSignature", *what)
        }
        AuthError::Incomplete(what) => (403, "IncompleteSignatureException", *what),
        AuthError::UnknownKey(_) if s3 => (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        AuthError::InvalidToken if s3 => (
            400,
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        ),
        AuthError::UnknownKey(_) | AuthError::InvalidToken if service == ServiceName::Sts => {
            (403, "InvalidClientTokenId", INVALID)
        }
        AuthError::UnknownKey(_) | AuthError::InvalidToken => {
            (403, "UnrecognizedClientException", INVALID)
        }
        AuthError::ExpiredToken if s3 => (400, "ExpiredToken", "The provided token has expired."),
        AuthError::ExpiredToken if service == ServiceName::Sts => (403, "ExpiredToken", EXPIRED),
        AuthError::ExpiredToken => (403, "ExpiredTokenException", EXPIRED),
        AuthError::Skewed if s3 => (
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        AuthError::Mismatch if s3 => (403, "SignatureDoesNotMatch", MISMATCH),
        AuthError::Skewed if service == ServiceName::Sts => {
            (403, "SignatureDoesNotMatch", "Signature expired")
        }
        AuthError::Mismatch if service == ServiceName::Sts => {
            (403, "SignatureDoesNotMatch", MISMATCH)
        }
        AuthError::Skewed => (403, "InvalidSignatureException", "Signature expired"),
        AuthError::Mismatch => (403, "InvalidSignatureException", MISMATCH),
    };
    error(service, status, code, message, resource)
}

fn request_id(response: &mut Reply, name: &'static str) {
    let id = uuid::Uuid::new_v4().to_string();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(name, value);
    }
}
