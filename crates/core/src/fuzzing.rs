//! What must hold of any input, for the fuzzers of `fuzz/` and the property tests.
//!
//! Each function takes any bytes, and panics if something is not as it must be. Not part of the
//! interface.

mod sql;
mod tables;
#[cfg(test)]
mod tests;

use crate::options::Options;
use crate::types::{AthenaType, Column, ComplexTypes};

pub use sql::statement;
pub use tables::{csv, nested, page};

/// The text of a type: what can be read is written so that it reads the same.
pub fn type_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // The service's texts are read by another way, which refuses nothing.
    let reported = AthenaType::from_column_info(text, 3, 1);
    for athena_type in AthenaType::parse(text).into_iter().chain([reported]) {
        let written = athena_type.to_string();
        if !matches!(athena_type, AthenaType::Other(_)) {
            let again = AthenaType::parse(&written).ok();
            assert_eq!(again.as_ref(), Some(&athena_type), "{text:?}: {written:?}");
        }
        let field = Column::new("c", athena_type).field_as(ComplexTypes::Typed);
        assert!(field.is_nullable());
    }
}

/// A connection string or JDBC URL: what can be read and is written again reads the same.
pub fn connection_string(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(options) = Options::parse(text) {
        let rendered = options.rendered();
        let again = Options::parse(&rendered).map(|options| options.contents());
        assert!(
            again.is_ok_and(|again| again == options.contents()),
            "{text:?} is written as {rendered:?}"
        );
        // Whether they make sense together is another question; it must have an answer.
        drop(options.validate());
    }
}
