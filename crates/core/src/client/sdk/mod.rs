//! The AWS SDK behind the client traits: the only place, with `credentials`, that names an
//! `aws_*` crate.

mod athena;
mod config;
mod error;
mod host;
mod http;
mod own_body;
mod s3;

pub(crate) use athena::SdkAthena;
pub(crate) use config::{endpoint, load};
pub(crate) use s3::SdkObjects;
