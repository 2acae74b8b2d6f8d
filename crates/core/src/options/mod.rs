//! What a user may configure, and how the configuration is written.
//!
//! One table ([`OptionKey::ALL`], rows in [`OptionInfo`]) knows every option with its names
//! in each dialect: JDBC 3.x and 2.x, ODBC 2.x and 1.x, Metabase's form fields, and the
//! `athena.*` keys of ADBC and dbt. [`Options`] holds what was given, as text;
//! [`Options::validate`] checks it as a whole and yields the typed [`Config`] that the engine
//! reads. `docs/options.md` is generated from the table.

mod check;
mod config;
mod credentials;
mod docs;
mod key;
mod kind;
mod nearest;
mod parse;
mod set;
mod table;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "fuzzing"))]
mod written;

pub use crate::types::ComplexTypes;
pub use config::{
    Config, DownloadConfig, EncryptionConfig, EncryptionOption, Endpoints, LogConfig,
    PollingConfig, ProxyConfig, ResultFetcher, ResultReuseConfig,
};
pub use credentials::{AccessKeys, AssumeRole, CredentialsConfig, CredentialsProvider};
pub use docs::options_markdown;
pub use key::OptionKey;
pub use kind::{Format, Kind, Unit};
pub use set::{OptionValue, Options, UnknownOption};
pub use table::{OptionInfo, Scope, Status};
