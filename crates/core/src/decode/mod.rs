//! Bytes of a result in, Arrow record batches out. No I/O, no async: the hot code.
//!
//! [`CsvDecoder`] reads the result object in pieces of any size, [`RowDecoder`] the rows of
//! GetQueryResults. Both append to the same column builders, so the same content gives the same
//! arrays. Every value is exact: one that cannot be read as its column's type is an error that
//! names column, row (counted from 0 at the start of the result) and value.
#![warn(clippy::indexing_slicing)]

mod batch;
mod builder;
mod bytes;
mod csv;
mod field;
mod interval;
mod json;
mod number;
mod primitive;
mod restore;
mod rows;
#[cfg(test)]
mod tests;
mod time;
mod zone;

pub(crate) use batch::BatchLimits;
pub(crate) use csv::CsvDecoder;
pub(crate) use restore::{Misfit, restore};
pub(crate) use rows::RowDecoder;
