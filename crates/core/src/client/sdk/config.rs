//! The SDK configuration every service client of a connection shares.

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;

use super::http::http_client;
use crate::credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Config;

/// First pause before a request is repeated; it doubles, with jitter, up to [`MAX_BACKOFF`].
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// The SDK configuration and the endpoint of each service that has one of its own.
pub(crate) struct SharedSdkConfig {
    pub(super) sdk: SdkConfig,
    pub(super) athena_endpoint: Option<String>,
    pub(super) s3_endpoint: Option<String>,
}

/// Builds the configuration: region, credentials, network. Looks at the environment and the
/// profile files, and sends nothing.
pub(crate) async fn load(config: &Config) -> Result<SharedSdkConfig> {
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_connect_timeout(config.connect_timeout);
    timeouts.set_read_timeout(config.read_timeout);
    let retries = RetryConfig::standard()
        .with_max_attempts(config.max_attempts)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF);
    let region = credentials::region(config).await?;
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .no_credentials()
        .region(Region::new(region))
        .http_client(http_client(config)?)
        .retry_config(retries)
        .timeout_config(timeouts.build())
        .use_dual_stack(config.dual_stack)
        .use_fips(config.fips)
        .framework_metadata(
            FrameworkMetadata::new("athena-driver", Some(env!("CARGO_PKG_VERSION")))
                .map_err(|source| internal("the user agent").with_source(source))?,
        );
    if let Some(name) = &config.application_name {
        loader = loader.app_name(app_name(name)?);
    }
    let base = loader.load().await;
    let provider = credentials::provider(config, &base).await?;
    let sdk = base.into_builder().credentials_provider(provider).build();
    Ok(SharedSdkConfig {
        sdk,
        athena_endpoint: endpoint(&config.endpoints.athena, config),
        s3_endpoint: endpoint(&config.endpoints.s3, config),
    })
}

/// A service's own endpoint, else the one of all services, else the region's.
pub(crate) fn endpoint(own: &Option<String>, config: &Config) -> Option<String> {
    own.as_ref().or(config.endpoints.all.as_ref()).cloned()
}

/// The application's name as the user agent may carry it: other characters become `-`, and
/// names longer than 50 characters are cut.
fn app_name(name: &str) -> Result<AppName> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(50)
        .collect();
    AppName::new(name).map_err(|source| internal("the application name").with_source(source))
}

pub(super) fn internal(what: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("{what} was refused by the SDK"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_names_are_made_fit_for_the_user_agent() {
        let name = app_name("My App (1)/ünï").unwrap();
        assert_eq!(name.as_ref(), "My-App--1---n-");
        assert_eq!(app_name(&"x".repeat(80)).unwrap().as_ref().len(), 50);
    }
}
