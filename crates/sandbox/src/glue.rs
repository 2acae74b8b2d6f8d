//! The Glue API.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::service::Service;

/// Answers one operation; the bytes are JSON.
pub(crate) fn handle(_: &Service, _: &str, _: &Map<String, Value>) -> Result<Bytes, ApiError> {
    Err(ApiError::unknown_operation())
}
