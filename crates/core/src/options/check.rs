//! Checks the options as a whole and turns them into a [`Config`].

use std::path::PathBuf;
use std::time::Duration;

use super::config::{
    Config, DownloadConfig, EncryptionConfig, EncryptionOption, Endpoints, LogConfig,
    PollingConfig, ProxyConfig, ResultFetcher, ResultReuseConfig,
};
use super::credentials::CredentialsConfig;
use super::key::OptionKey as K;
use super::kind::Kind;
use super::set::Options;
use super::table::Status;
use crate::error::{Error, ErrorKind, Result};
use crate::types::ComplexTypes;

impl Options {
    /// Checks the options against one another and yields what the engine reads.
    ///
    /// # Errors
    /// `InvalidOption` when options contradict or lack one another, `NotImplemented` when one
    /// asks for what is not built, `UnknownOption` under `StrictOptions`.
    pub fn validate(&self) -> Result<Config> {
        self.check_strict()?;
        let mut notices = Vec::new();
        check_statuses(self, &mut notices)?;
        let given = |key| self.given_value(key).map(str::to_owned);
        let fetch_size = self.number(K::FetchSize)?;
        let query_timeout = self.duration(K::QueryTimeout)?;
        let config = Config {
            region: given(K::Region),
            catalog: given(K::Catalog),
            database: given(K::Database),
            work_group: given(K::WorkGroup),
            output_location: given(K::OutputLocation),
            encryption: encryption(self)?,
            expected_bucket_owner: given(K::ExpectedBucketOwner),
            acl_bucket_owner_full_control: self.is_given(K::AclOption),
            result_reuse: result_reuse(self)?,
            fetcher: fetcher(self, &mut notices)?,
            fetch_size: Some(fetch_size).filter(|rows| *rows > 0),
            complex_types: match self.get(K::ComplexTypes) {
                Some("typed") => ComplexTypes::Typed,
                _ => ComplexTypes::Text,
            },
            unload_ordered_queries: self.flag(K::UnloadOrderedQueries),
            download: download(self, &mut notices)?,
            polling: polling(self)?,
            query_timeout: Some(query_timeout).filter(|time| !time.is_zero()),
            connect_timeout: network_timeout(self, K::ConnectTimeout)?,
            read_timeout: network_timeout(self, K::ReadTimeout)?,
            max_attempts: self.number::<u32>(K::NumRetries)?.saturating_add(1),
            endpoints: endpoints(self),
            dual_stack: self.flag(K::UseDualStack),
            fips: self.flag(K::UseFips),
            trusted_certs: given(K::TrustedCerts).map(PathBuf::from),
            proxy: proxy(self, &mut notices)?,
            credentials: CredentialsConfig::from_options(self, &mut notices)?,
            application_name: given(K::ApplicationName),
            connection_test: self.flag(K::ConnectionTest),
            log: log(self)?,
            notices,
        };
        Ok(config)
    }
}

fn check_statuses(options: &Options, notices: &mut Vec<String>) -> Result<()> {
    for given in options.given() {
        let key = given.key();
        match key.info().status {
            Status::Supported => {}
            Status::Ignored(reason) => notices.push(format!("{key} is ignored: {reason}.")),
            Status::Planned(reason) => notices.push(format!("{key} has no effect yet: {reason}.")),
            Status::NotYet(_) if Some(given.shown()) == key.info().default => {}
            Status::NotYet(reason) => {
                let message = format!("{key} cannot be changed yet: {reason}.");
                return Err(Error::new(ErrorKind::NotImplemented, message));
            }
        }
    }
    notices.extend(options.unknown().map(|unknown| unknown.to_string()));
    Ok(())
}

fn encryption(options: &Options) -> Result<Option<EncryptionConfig>> {
    let kms_key = options.given_value(K::KmsKey).map(str::to_owned);
    let option = match options.get(K::EncryptionOption) {
        Some("SSE_KMS") => EncryptionOption::SseKms,
        Some("CSE_KMS") => EncryptionOption::CseKms,
        _ if kms_key.is_some() => {
            return Err(invalid(
                "KmsKey is given, but EncryptionOption is neither SSE_KMS nor CSE_KMS.",
            ));
        }
        Some("SSE_S3") => EncryptionOption::SseS3,
        _ => return Ok(None),
    };
    if kms_key.is_none() && option != EncryptionOption::SseS3 {
        return Err(invalid("EncryptionOption SSE_KMS and CSE_KMS need KmsKey."));
    }
    Ok(Some(EncryptionConfig { option, kms_key }))
}

fn result_reuse(options: &Options) -> Result<Option<ResultReuseConfig>> {
    let max_age_minutes = options.number(K::MaxResultReuseAgeInMinutes)?;
    let reuse = ResultReuseConfig { max_age_minutes };
    Ok(options.flag(K::EnableResultReuseByAge).then_some(reuse))
}

fn fetcher(options: &Options, notices: &mut Vec<String>) -> Result<ResultFetcher> {
    const STREAM: &str = "asks for Amazon's private streaming interface; the result object \
        is streamed from S3 instead, as with ResultFetcher=auto.";
    Ok(match options.given_value(K::ResultFetcher) {
        Some("S3") => ResultFetcher::S3,
        Some("GetQueryResults") => ResultFetcher::GetQueryResults,
        Some("GetQueryResultsStream") => {
            notices.push(format!("ResultFetcher=GetQueryResultsStream {STREAM}"));
            ResultFetcher::Auto
        }
        Some("unload") => ResultFetcher::Unload,
        Some(_) => ResultFetcher::Auto,
        None if options.flag(K::EnableS3Fetcher) => ResultFetcher::S3,
        None => match options.given_value(K::UseResultsetStreaming) {
            Some("false") => ResultFetcher::GetQueryResults,
            Some(_) => {
                notices.push(format!("UseResultsetStreaming=1 {STREAM}"));
                ResultFetcher::Auto
            }
            None => ResultFetcher::Auto,
        },
    })
}

fn download(options: &Options, notices: &mut Vec<String>) -> Result<DownloadConfig> {
    let memory_bytes: u64 = options.number(K::DownloadMemoryBytes)?;
    let part_bytes: u64 = options.number(K::DownloadPartBytes)?;
    if part_bytes > memory_bytes {
        notices.push(format!(
            "DownloadPartBytes={part_bytes} is more than DownloadMemoryBytes={memory_bytes} \
             allows; parts of {memory_bytes} bytes are read."
        ));
    }
    Ok(DownloadConfig {
        connections: options.number(K::DownloadConnections)?,
        part_bytes: part_bytes.min(memory_bytes),
        memory_bytes,
    })
}

fn polling(options: &Options) -> Result<PollingConfig> {
    const MIN: K = K::MinQueryExecutionPollingIntervalMillis;
    const MAX: K = K::MaxQueryExecutionPollingIntervalMillis;
    let (mut min, mut max) = (options.duration(MIN)?, options.duration(MAX)?);
    if min > max {
        // The one that was given stands; a default gives way.
        match (options.is_given(MIN), options.is_given(MAX)) {
            (true, true) => {
                let message = format!(
                    "{MIN} is {} ms, more than {MAX}, {} ms.",
                    min.as_millis(),
                    max.as_millis()
                );
                return Err(invalid(message));
            }
            (true, false) => max = min,
            (false, _) => min = max,
        }
    }
    Ok(PollingConfig {
        min,
        max,
        multiplier: options.number(K::QueryExecutionPollingIntervalMultiplier)?,
    })
}

fn network_timeout(options: &Options, key: K) -> Result<Option<Duration>> {
    let general = options.is_given(K::NetworkTimeoutMillis) && !options.is_given(key);
    let time = options.duration(if general {
        K::NetworkTimeoutMillis
    } else {
        key
    })?;
    Ok(Some(time).filter(|time| !time.is_zero()))
}

fn endpoints(options: &Options) -> Endpoints {
    let given = |key| options.given_value(key).map(str::to_owned);
    Endpoints {
        athena: given(K::AthenaEndpoint),
        s3: given(K::S3Endpoint),
        sts: given(K::StsEndpoint),
        glue: given(K::GlueEndpoint),
        all: given(K::Endpoint),
    }
}

fn proxy(options: &Options, notices: &mut Vec<String>) -> Result<Option<ProxyConfig>> {
    let switch = options.given_value(K::UseProxy);
    let Some(host) = options.given_value(K::ProxyHost) else {
        if switch == Some("true") {
            return Err(invalid("UseProxy=1 needs ProxyHost."));
        }
        let idle = [K::ProxyPort, K::ProxyUsername, K::ProxyPassword];
        notices.extend(
            idle.iter()
                .filter(|key| options.is_given(**key))
                .map(|key| format!("{key} is not read, because ProxyHost is not given.")),
        );
        return Ok(None);
    };
    if switch == Some("false") {
        notices.push("No proxy is used, because UseProxy=0.".to_owned());
        return Ok(None);
    }
    let (scheme, host) = match host.split_once("://") {
        Some((scheme, host)) => (scheme.to_owned(), host),
        None => (options.text(K::ProxyScheme)?, host),
    };
    let own_port = host
        .rfind(':')
        .filter(|colon| host.rfind(']') < Some(*colon));
    let url = match (options.given_value(K::ProxyPort), own_port) {
        (Some(port), Some(colon)) => {
            format!("{scheme}://{}:{port}", host.get(..colon).unwrap_or(host))
        }
        (Some(port), None) => format!("{scheme}://{host}:{port}"),
        (None, _) => format!("{scheme}://{host}"),
    };
    let username = options.given_value(K::ProxyUsername).map(str::to_owned);
    let password = options.secret(K::ProxyPassword).cloned();
    if password.is_some() && username.is_none() {
        return Err(invalid("ProxyPassword is given without ProxyUsername."));
    }
    let exempt = options.given_value(K::ProxyExemptHosts).unwrap_or_default();
    let exempt = exempt
        .split(['|', ','])
        .map(str::trim)
        .filter(|host| !host.is_empty());
    Ok(Some(ProxyConfig {
        url,
        username,
        password,
        exempt_hosts: exempt.map(str::to_owned).collect(),
    }))
}

fn log(options: &Options) -> Result<LogConfig> {
    Ok(LogConfig {
        level: log_level(options.get(K::LogLevel)),
        path: options.given_value(K::LogPath).map(PathBuf::from),
        max_file_bytes: options.number(K::LogFileBytes)?,
        max_files: options.number(K::LogFiles)?,
        use_aws_logger: options.flag(K::UseAwsLogger),
    })
}

/// The number of a level, which is its place among the option's values.
fn log_level(name: Option<&str>) -> u8 {
    let Kind::Choice(levels) = K::LogLevel.info().kind else {
        return 0;
    };
    (0..)
        .zip(levels)
        .find(|(_, level)| Some(level.0) == name)
        .map_or(0, |(number, _)| number)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}
