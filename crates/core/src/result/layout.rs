//! Which columns a result has, and how their values arrive.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::types::{AthenaType, Column, ComplexTypes};

/// The columns of the caller's query, where another one was sent that has its nested columns
/// as JSON.
pub(crate) type Described = Arc<[Column]>;

/// How a result is to be decoded.
pub(super) struct Layout {
    pub(super) columns: Arc<[Column]>,
    /// Whether nested columns arrive as text or, typed, as JSON.
    pub(super) complex: ComplexTypes,
}

impl Layout {
    /// The layout of a result with the columns `found`.
    ///
    /// Errors: `ResultChanged` if it is not the result of what was described.
    pub(super) fn of(found: Vec<Column>, described: Option<&Described>) -> Result<Self> {
        let Some(described) = described else {
            return Ok(Self {
                columns: found.into(),
                complex: ComplexTypes::Text,
            });
        };
        if found.len() != described.len() {
            return Err(changed(&format!("{} columns", described.len())));
        }
        let columns = described
            .iter()
            .zip(found)
            .map(|(described, found)| column(described, found));
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            complex: ComplexTypes::Typed,
        })
    }
}

/// A column under its own name, which the query that was sent did not give it. A type that is
/// not nested is the result's, as it is elsewhere.
fn column(described: &Column, found: Column) -> Result<Column> {
    match (&described.athena_type.is_nested(), found.athena_type) {
        (true, AthenaType::Json) => Ok(described.clone()),
        (false, scalar) if !scalar.is_nested() => Ok(Column::new(&*described.name, scalar)),
        _ => Err(changed(&format!(
            "a column {:?} of type {}",
            described.name, described.athena_type
        ))),
    }
}

fn changed(what: &str) -> Error {
    Error::new(
        ErrorKind::ResultChanged,
        format!(
            "the query had {what} when it was described, but no longer when it ran; run it again"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, &str)]) -> Vec<Column> {
        let column =
            |(name, text): &(&str, &str)| Column::new(*name, AthenaType::parse(text).unwrap());
        list.iter().map(column).collect()
    }

    #[test]
    fn names_and_nested_types_are_those_described_and_the_rest_is_found() {
        let described: Described = columns(&[("a", "array(bigint)"), ("b", "varchar(3)")]).into();
        let found = columns(&[("_col0", "json"), ("_col1", "varchar(5)")]);
        let layout = Layout::of(found, Some(&described)).unwrap();
        let expected = columns(&[("a", "array(bigint)"), ("b", "varchar(5)")]);
        assert_eq!(*layout.columns, *expected);
        assert_eq!(layout.complex, ComplexTypes::Typed);
    }

    #[test]
    fn a_result_of_something_else_is_refused() {
        let described: Described = columns(&[("a", "array(bigint)"), ("b", "json")]).into();
        for found in [
            columns(&[("a", "json")]),
            columns(&[("a", "json"), ("b", "json"), ("c", "json")]),
            columns(&[("a", "varchar"), ("b", "json")]),
            columns(&[("a", "json"), ("b", "map")]),
        ] {
            let error = Layout::of(found, Some(&described)).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::ResultChanged);
        }
    }
}
