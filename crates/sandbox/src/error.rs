//! Error answers of the JSON services.

use serde_json::{Map, Value};

use crate::metastore::MetastoreError;
use crate::policy::Denied;

/// An error of Athena or Glue, on its way to the caller.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) body: Map<String, Value>,
}

impl ApiError {
    fn new(status: u16, error_type: &str) -> Self {
        let mut body = Map::new();
        body.insert("__type".to_owned(), error_type.into());
        Self { status, body }
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.insert(key.to_owned(), value.into());
        self
    }

    /// 400 `InvalidRequestException` with its code, twice as Athena sends it.
    pub(crate) fn invalid_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequestException")
            .with("AthenaErrorCode", code)
            .with("ErrorCode", code)
            .with("Message", message.into())
    }

    /// The usual `InvalidRequestException`, with code `INVALID_INPUT`.
    pub(crate) fn invalid_input(message: impl Into<String>) -> Self {
        Self::invalid_request("INVALID_INPUT", message)
    }

    /// A body whose members have the wrong JSON types, or that is not JSON (no message).
    pub(crate) fn serialization(message: Option<&str>) -> Self {
        let error = Self::new(400, "SerializationException");
        match message {
            Some(message) => error.with("Message", message),
            None => error,
        }
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::new(400, "UnknownOperationException")
    }

    pub(crate) fn not_found(resource: &str, message: impl Into<String>) -> Self {
        Self::new(400, "ResourceNotFoundException")
            .with("Message", message.into())
            .with("ResourceName", resource)
    }

    pub(crate) fn metadata(message: impl Into<String>) -> Self {
        Self::new(400, "MetadataException").with("Message", message.into())
    }

    pub(crate) fn entity_not_found(message: impl Into<String>) -> Self {
        Self::new(400, "EntityNotFoundException").with("Message", message.into())
    }

    /// The form Glue gives to refusals of its input.
    pub(crate) fn into_glue(mut self) -> Self {
        if self.body.get("__type") == Some(&Value::from("InvalidRequestException")) {
            self.body
                .insert("__type".to_owned(), "InvalidInputException".into());
            self.body.remove("AthenaErrorCode");
            self.body.remove("ErrorCode");
        }
        self
    }

    /// A caller whose policies do not let it.
    pub(crate) fn access_denied(denied: &Denied) -> Self {
        Self::new(400, "AccessDeniedException").with("Message", denied.to_string())
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::new(500, "InternalServerException")
            .with("Message", format!("athena-sandbox: {error}"))
    }

    pub(crate) fn too_many_requests() -> Self {
        Self::new(400, "TooManyRequestsException")
            .with(
                "Message",
                "You have exceeded the limit for the number of queries you can run concurrently. \
                 Please reduce the number of concurrent queries submitted by this account. Contact \
                 customer support to request a concurrent query limit increase.",
            )
            .with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED")
    }

    /// An answer of the gateway before the service, whose `message` is in lower case.
    pub(crate) fn gateway(status: u16, error_type: &str, message: &str) -> Self {
        Self::new(status, error_type).with("message", message)
    }
}

/// As Glue reports it.
impl From<MetastoreError> for ApiError {
    fn from(problem: MetastoreError) -> Self {
        let error_type = match problem {
            MetastoreError::NotFound(_) => "EntityNotFoundException",
            MetastoreError::AlreadyExists(_) => "AlreadyExistsException",
            MetastoreError::Invalid(_) => "InvalidInputException",
        };
        Self::new(400, error_type).with("Message", problem.to_string())
    }
}
