//! Pages of lists, behind opaque tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::input::{Constraints, Input};
use crate::error::ApiError;

/// Makes a token that only `scope` understands.
pub(crate) fn token(scope: &str, position: u64) -> String {
    STANDARD.encode(format!("athena-sandbox/1:{scope}:{position:020}"))
}

/// The position in a token, if it is one of this scope.
pub(crate) fn position(scope: &str, token: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("athena-sandbox/1:")?
        .strip_prefix(scope)?
        .strip_prefix(':')?
        .parse()
        .ok()
}

/// One page of `items` as NextToken and MaxResults ask, and the token of the next.
pub(crate) fn page<T>(
    input: Input<'_>,
    scope: &str,
    least: i64,
    most: i64,
    items: Vec<T>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let next_token = input.string("NextToken")?;
    let max_results = input.integer("MaxResults")?;
    let mut constraints = Constraints::default();
    constraints.length("NextToken", next_token, 1, 1024);
    constraints.range("MaxResults", max_results, least, most);
    constraints.check()?;
    let start = match next_token {
        None => 0,
        Some(text) => position(scope, text).ok_or_else(|| {
            ApiError::invalid_input(format!("The nextPageToken is malformed: {text}"))
        })?,
    };
    // Zero, where allowed, asks for as many as the service likes.
    let size = max_results.filter(|size| *size > 0).unwrap_or(most);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let total = items.len();
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(total);
    let end = start.saturating_add(size).min(total);
    let next = (end < total).then(|| token(scope, end as u64));
    Ok((items.into_iter().skip(start).take(size).collect(), next))
}

/// Adds `NextToken` if there is one.
pub(crate) fn with_token(mut page: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        page["NextToken"] = next.into();
    }
    page
}
