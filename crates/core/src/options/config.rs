//! The configuration as the engine reads it.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::credentials::CredentialsConfig;
use crate::types::ComplexTypes;

/// A checked configuration. See [`Options::validate`](super::Options::validate).
#[derive(Debug, Clone)]
pub struct Config {
    /// Region; `None` leaves it to the environment and the profile.
    pub region: Option<String>,
    /// Data catalog of unqualified names; `None` leaves it to the service, which takes
    /// `AwsDataCatalog`.
    pub catalog: Option<String>,
    /// Database of unqualified names; `None` leaves it to the service, which takes `default`.
    pub database: Option<String>,
    /// Workgroup; `None` leaves it to the service, which takes `primary`.
    pub work_group: Option<String>,
    /// Where results are written: `s3://bucket/…/`, with a slash at the end.
    pub output_location: Option<String>,
    /// Encryption of results, when asked for.
    pub encryption: Option<EncryptionConfig>,
    /// Account the result bucket must belong to: 12 digits.
    pub expected_bucket_owner: Option<String>,
    /// Whether result objects get the canned ACL `BUCKET_OWNER_FULL_CONTROL`.
    pub acl_bucket_owner_full_control: bool,
    /// Reuse of earlier results, when asked for.
    pub result_reuse: Option<ResultReuseConfig>,
    /// Where rows come from.
    pub fetcher: ResultFetcher,
    /// Rows per batch and page; `None` leaves it to the driver.
    pub fetch_size: Option<usize>,
    /// How array, map and row are returned.
    pub complex_types: ComplexTypes,
    /// Whether UNLOAD may take the order from rows.
    pub unload_ordered_queries: bool,
    /// How a result object is read.
    pub download: DownloadConfig,
    /// How a running query is watched.
    pub polling: PollingConfig,
    /// Time a query may take.
    pub query_timeout: Option<Duration>,
    /// Time to establish a connection; `None` sets no limit.
    pub connect_timeout: Option<Duration>,
    /// Time to wait for data on a connection; `None` sets no limit.
    pub read_timeout: Option<Duration>,
    /// How often a request is sent at most, the first time included.
    pub max_attempts: u32,
    /// Addresses that replace the services' own.
    pub endpoints: Endpoints,
    /// Use endpoints that also answer over IPv6.
    pub dual_stack: bool,
    /// Use endpoints with FIPS-validated cryptography.
    pub fips: bool,
    /// File of certificate authorities (PEM) trusted besides the system's.
    pub trusted_certs: Option<PathBuf>,
    /// HTTP proxy.
    pub proxy: Option<ProxyConfig>,
    /// Where credentials come from.
    pub credentials: CredentialsConfig,
    /// Name added to the user agent.
    pub application_name: Option<String>,
    /// Whether to check credentials and workgroup at connect.
    pub connection_test: bool,
    /// Logging.
    pub log: LogConfig,
    /// What the user should know, to be logged once at connect: ignored and unknown
    /// options, values that mean something else here. No secrets.
    pub notices: Vec<String>,
}

/// Encryption of results in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionConfig {
    /// Who encrypts, with whose key.
    pub option: EncryptionOption,
    /// ARN or id of the KMS key: there with the two KMS options, and only with them.
    pub kms_key: Option<String>,
}

/// Who encrypts results, with whose key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptionOption {
    /// S3, with its own keys.
    SseS3,
    /// S3, with a KMS key.
    SseKms,
    /// Athena before it writes, with a KMS key.
    CseKms,
}

/// Reuse of an earlier result of the same query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultReuseConfig {
    /// Oldest result allowed, 0 to 10080.
    pub max_age_minutes: u16,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultFetcher {
    /// The result object, else pages.
    Auto,
    /// The result object in S3 only.
    S3,
    /// Pages of GetQueryResults only.
    GetQueryResults,
    /// Parquet files that the query writes by UNLOAD.
    Unload,
}

/// How a result object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadConfig {
    /// Parts read at the same time, 1 to 64.
    pub connections: usize,
    /// Bytes of one part; at most `memory_bytes`.
    pub part_bytes: u64,
    /// Bytes one result may hold while it is read.
    pub memory_bytes: u64,
}

/// How a running query is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct PollingConfig {
    /// First wait; at most `max`.
    pub min: Duration,
    /// Longest wait.
    pub max: Duration,
    /// Growth from one wait to the next, at least 1.
    pub multiplier: f64,
}

/// Addresses that replace the services' own: `http://` or `https://`, no slash at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Of Athena.
    pub athena: Option<String>,
    /// Of S3.
    pub s3: Option<String>,
    /// Of STS.
    pub sts: Option<String>,
    /// Of Glue.
    pub glue: Option<String>,
    /// Of every service without an address of its own above.
    pub all: Option<String>,
}

/// An HTTP proxy.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// `http://host[:port]` or `https://host[:port]`.
    pub url: String,
    /// User, when the proxy asks for one.
    pub username: Option<String>,
    /// Password of the user.
    pub password: Option<SecretString>,
    /// Hosts reached directly. `*` stands for any text, a leading dot for any subdomain.
    pub exempt_hosts: Vec<String>,
}

/// Logging to files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// How much is logged: 0 off, 1 fatal, 2 error, 3 warning, 4 info, 5 debug, 6 trace.
    pub level: u8,
    /// Folder of the files; nothing is written without it.
    pub path: Option<PathBuf>,
    /// Size at which a file is closed and a new one begun.
    pub max_file_bytes: u64,
    /// How many files of this process are kept.
    pub max_files: usize,
    /// Whether the AWS SDK's own messages are logged too.
    pub use_aws_logger: bool,
}
