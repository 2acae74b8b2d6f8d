//! SQL: statements classified, parsed, run by DataFusion, and told in Athena's words.
//!
//! The service sees only [`SqlEngine`] through [`Engine`](crate::engine::Engine); nothing
//! of DataFusion or Arrow leaves this module.

mod analysis;
mod catalog;
mod classify;
mod common_type;
mod datasets;
mod ddl;
mod decorrelate;
mod describe;
mod dialect;
mod engine;
mod executor;
mod failure;
mod fill;
mod floats;
mod functions;
mod information_schema;
mod java_float;
mod java_hash;
mod json_tokens;
mod keep_types;
mod lake;
mod look_up;
mod operators;
mod parameters;
mod plan;
mod properties;
mod rewrite;
mod run;
mod scope;
mod session;
mod show;
mod show_functions;
mod show_rows;
mod show_stored;
mod stages;
mod statement;
mod stop;
mod syntax_error;
mod text;
mod tokens;
mod travel;
mod type_check;
mod type_text;
mod typeof_text;
mod types;
mod unload;
mod unnest;
mod unnest_relation;
mod view;
mod with_ties;
mod write;
mod zone;

pub use datasets::{Dataset, UnknownDataset};
pub use engine::{SqlEngine, SqlEngineBuilder};
