//! Refusals of S3.

use std::borrow::Cow;
use std::io;

use crate::policy::Denied;

/// A status, a code and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Error {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
}

impl S3Error {
    pub(super) fn new(
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(super) fn access_denied(denied: &Denied) -> Self {
        Self::new(403, "AccessDenied", denied.to_string())
    }

    pub(super) fn no_such_key() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    pub(super) fn no_such_upload() -> Self {
        Self::new(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
             completed.",
        )
    }

    pub(super) fn precondition_failed() -> Self {
        Self::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )
    }

    pub(super) fn malformed_xml() -> Self {
        Self::new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    }

    pub(super) fn not_implemented() -> Self {
        Self::new(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
        )
    }

    /// What became of a write under a condition.
    pub(super) fn of_write(problem: io::Error) -> Self {
        match problem.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::ResourceBusy => {
                Self::precondition_failed()
            }
            io::ErrorKind::NotFound => Self::no_such_key(),
            _ => problem.into(),
        }
    }
}

impl From<io::Error> for S3Error {
    fn from(problem: io::Error) -> Self {
        Self::new(500, "InternalError", problem.to_string())
    }
}
