//! SDK errors → engine errors.
//!
//! Dispatch is on the error code (`__type` of the body) and, where Athena uses one code for
//! everything, on its message: the HTTP status is not reliable.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::host::AtHost;
use crate::error::{Error, ErrorKind};

/// The error of a failed call of `operation`.
pub(super) fn from_sdk<E>(operation: &str, source: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    from_sdk_with_code(operation, source, None)
}

/// The same, with the `AthenaErrorCode` of the answer where it had one.
pub(super) fn from_sdk_with_code<E>(
    operation: &str,
    source: SdkError<E, HttpResponse>,
    athena_code: Option<&str>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(error) = credentials_error(&source) {
        return error;
    }
    let error = match &source {
        SdkError::TimeoutError(_) => Error::new(
            ErrorKind::ConnectionTimeout,
            format!("{operation} got no answer in time"),
        ),
        SdkError::DispatchFailure(failure) => {
            let kind = if failure.is_timeout() {
                ErrorKind::ConnectionTimeout
            } else {
                ErrorKind::Network
            };
            let host = host_of(&source).unwrap_or("the service");
            Error::new(
                kind,
                format!(
                    "{operation} could not reach {host}: {}",
                    root_cause(&source)
                ),
            )
        }
        SdkError::ResponseError(response)
            if chain(&source).any(|cause| cause.is::<io::Error>()) =>
        {
            Error::new(
                ErrorKind::Network,
                format!(
                    "the connection broke in the answer to {operation}: {}",
                    root_cause(&source)
                ),
            )
            .with_request_id(request_id(response.raw()))
        }
        SdkError::ResponseError(response) => Error::new(
            ErrorKind::Service,
            format!(
                "{operation} got an answer (HTTP status {}) that cannot be read: {}",
                response.raw().status().as_u16(),
                root_cause(&source)
            ),
        )
        .with_request_id(request_id(response.raw())),
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let meta = service.err().meta();
            let message = meta.message().unwrap_or_default();
            let kind = kind_of(meta.code(), athena_code, message, status);
            let text = match (meta.code(), message) {
                (None, "") => format!("{operation} was answered with HTTP status {status}"),
                (Some(code), "") => format!("{operation} was answered with {code} (HTTP {status})"),
                (_, message) => message.to_owned(),
            };
            Error::new(kind, text).with_request_id(request_id(service.raw()))
        }
        _ => Error::new(
            ErrorKind::Internal,
            format!("{operation} could not be sent: {}", root_cause(&source)),
        ),
    };
    error.with_source(source)
}

/// Which kind an error answer is.
fn kind_of(code: Option<&str>, athena_code: Option<&str>, message: &str, status: u16) -> ErrorKind {
    let code = code.unwrap_or_default();
    match code {
        "ThrottlingException"
        | "Throttling"
        | "SlowDown"
        | "RequestLimitExceeded"
        | "ServiceUnavailable" => return ErrorKind::Throttled,
        "TooManyRequestsException" => return ErrorKind::TooManyQueries,
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => return ErrorKind::Unauthenticated,
        "NoSuchKey" | "NoSuchBucket" | "NoSuchVersion" | "NotFound" => {
            return ErrorKind::ResultNotFound;
        }
        // A range is asked for only where the object had bytes.
        "PreconditionFailed" | "InvalidRange" => return ErrorKind::ResultChanged,
        _ => {}
    }
    if code.starts_with("AccessDenied") {
        return ErrorKind::Unauthorized;
    }
    match athena_code {
        Some("MALFORMED_QUERY") => return ErrorKind::Syntax,
        Some("RESULT_NOT_FOUND") => return ErrorKind::ResultNotFound,
        _ => {}
    }
    match status {
        403 => ErrorKind::Unauthorized,
        404 => ErrorKind::ResultNotFound,
        408 => ErrorKind::ConnectionTimeout,
        412 | 416 => ErrorKind::ResultChanged,
        500.. => ErrorKind::Service,
        // A gateway's HTML page in place of an answer.
        _ if code.is_empty() => ErrorKind::Service,
        _ => by_message(message),
    }
}

/// Athena answers every refusal with one code; what was refused is in the text.
fn by_message(message: &str) -> ErrorKind {
    if message.contains("No output location provided") {
        ErrorKind::NoOutputLocation
    } else if message.starts_with("WorkGroup ")
        && (message.contains("is not found") || message.contains("is disabled"))
    {
        ErrorKind::WorkGroup
    } else if message.contains("Could not find results") {
        ErrorKind::ResultNotFound
    } else {
        ErrorKind::Rejected
    }
}

/// The error of a request that could not be signed for want of credentials.
fn credentials_error(source: &(dyn StdError + 'static)) -> Option<Error> {
    let credentials = chain(source).find_map(|cause| cause.downcast_ref::<CredentialsError>())?;
    // The provider's own text may hold what a credential process printed: not repeated.
    Some(match credentials {
        CredentialsError::CredentialsNotLoaded(_) => Error::new(
            ErrorKind::NoCredentials,
            "no AWS credentials were found; give User and Password, a ProfileName, or leave both \
             blank where the environment, a profile, or the machine's role has some",
        ),
        CredentialsError::ProviderTimedOut(_) => Error::new(
            ErrorKind::NoCredentials,
            "the source of the AWS credentials did not answer in time",
        ),
        CredentialsError::InvalidConfiguration(_) => Error::new(
            ErrorKind::NoCredentials,
            "the configuration of the AWS credentials is invalid; check the profile and the CredentialProcess",
        ),
        _ => match refusal_of_sts(source) {
            Some((kind, refusal)) => Error::new(kind, format!("STS refused the role: {refusal}")),
            None => Error::new(
                ErrorKind::Unauthenticated,
                "the source of the AWS credentials answered with an error; check the profile, the role and the CredentialProcess",
            ),
        },
    })
}

/// Kind, and code and text, of a refused AssumeRole or AssumeRoleWithWebIdentity. STS quotes
/// names of roles and users, never keys or tokens.
fn refusal_of_sts(source: &(dyn StdError + 'static)) -> Option<(ErrorKind, String)> {
    let meta = chain(source).find_map(|cause| {
        let role = cause.downcast_ref::<AssumeRoleError>();
        let web_identity = cause.downcast_ref::<AssumeRoleWithWebIdentityError>();
        role.map(ProvideErrorMetadata::meta)
            .or(web_identity.map(ProvideErrorMetadata::meta))
    })?;
    let code = meta.code().unwrap_or("no code");
    // The caller is known, but may not have this role.
    let kind = if code.starts_with("AccessDenied") {
        ErrorKind::Unauthorized
    } else {
        ErrorKind::Unauthenticated
    };
    let message = meta.message().unwrap_or_default();
    Some((kind, format!("{code}: {message}")))
}

fn chain<'a>(
    first: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(first), |&error| error.source())
}

/// The host that was to be reached.
fn host_of<'a>(source: &'a (dyn StdError + 'static)) -> Option<&'a str> {
    let at = chain(source).find_map(|cause| cause.downcast_ref::<AtHost>())?;
    Some(&at.host)
}

/// The innermost cause, which is the one that says something (`Connection refused`).
fn root_cause(source: &(dyn StdError + 'static)) -> String {
    chain(source)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    ["x-amzn-requestid", "x-amz-request-id"]
        .into_iter()
        .find_map(|name| headers.get(name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_code_then_athena_code_then_status_then_text() {
        let cases = [
            (
                Some("ThrottlingException"),
                None,
                "Rate exceeded",
                400,
                ErrorKind::Throttled,
            ),
            (
                Some("TooManyRequestsException"),
                None,
                "",
                400,
                ErrorKind::TooManyQueries,
            ),
            (
                Some("InvalidRequestException"),
                Some("MALFORMED_QUERY"),
                "line 1:1: x",
                400,
                ErrorKind::Syntax,
            ),
            (
                Some("InvalidRequestException"),
                Some("INVALID_INPUT"),
                "WorkGroup is not found.",
                400,
                ErrorKind::WorkGroup,
            ),
            (
                Some("InvalidRequestException"),
                None,
                "WorkGroup w is disabled.",
                400,
                ErrorKind::WorkGroup,
            ),
            (
                Some("InvalidRequestException"),
                None,
                "No output location provided. An",
                400,
                ErrorKind::NoOutputLocation,
            ),
            (
                Some("InvalidRequestException"),
                None,
                "Idempotent parameters do not match",
                400,
                ErrorKind::Rejected,
            ),
            (
                Some("AccessDeniedException"),
                None,
                "",
                400,
                ErrorKind::Unauthorized,
            ),
            (
                Some("ExpiredTokenException"),
                None,
                "",
                403,
                ErrorKind::Unauthenticated,
            ),
            (Some("NoSuchKey"), None, "", 404, ErrorKind::ResultNotFound),
            (None, None, "", 400, ErrorKind::Service),
            (None, None, "", 412, ErrorKind::ResultChanged),
            (
                Some("InternalServerException"),
                None,
                "",
                500,
                ErrorKind::Service,
            ),
        ];
        for (code, athena_code, message, status, kind) in cases {
            assert_eq!(
                kind_of(code, athena_code, message, status),
                kind,
                "{code:?} {message}"
            );
        }
    }
}
