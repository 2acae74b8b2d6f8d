//! Ways to sign in, and where the region comes from.
//!
//! A way yields an SDK credentials provider; the SDK caches what it provides and asks again
//! before it expires, also while a long query is polled.

mod assume_role;
mod chain;
mod keys;
mod process;
mod profile;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use crate::error::{Error, ErrorKind, Result};
use crate::options::{Config, CredentialsProvider};

/// The provider the options ask for, with the role to assume on top.
pub(crate) async fn provider(
    config: &Config,
    base: &SdkConfig,
) -> Result<SharedCredentialsProvider> {
    let source = match &config.credentials.provider {
        CredentialsProvider::Keys => keys::provider(&config.credentials)?,
        CredentialsProvider::DefaultChain => chain::provider(base).await,
        CredentialsProvider::Profile => profile::provider(&config.credentials, base),
        CredentialsProvider::InstanceProfile => chain::instance_profile(base),
        CredentialsProvider::Process => process::provider(&config.credentials)?,
        CredentialsProvider::Plugin(name) => {
            return Err(Error::new(
                ErrorKind::NotImplemented,
                format!(
                    "the credentials provider {name:?} is not implemented; use keys, DefaultChain, \
                     ProfileCredentials, InstanceProfile or CredentialProcess"
                ),
            ));
        }
    };
    match &config.credentials.assume_role {
        Some(role) => Ok(assume_role::provider(role, config, base, source).await),
        None => Ok(source),
    }
}

/// The region: the option, else `AWS_REGION` or `AWS_DEFAULT_REGION`, else the profile's.
pub(crate) async fn region(config: &Config) -> Result<String> {
    if let Some(region) = &config.region {
        return Ok(region.clone());
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &config.credentials.profile {
        profile = profile.profile_name(name);
    }
    let from_environment = EnvironmentVariableRegionProvider::new().region().await;
    match from_environment {
        Some(region) => Ok(region.to_string()),
        None => match profile.build().region().await {
            Some(region) => Ok(region.to_string()),
            None => Err(Error::new(
                ErrorKind::NoRegion,
                "no region: set Region (for instance Region=us-east-1), AWS_REGION, or a region in the profile",
            )),
        },
    }
}

/// What the SDK's own providers need: the HTTP client, retries and time limits of `base`.
fn provider_config(base: &SdkConfig) -> ProviderConfig {
    let mut config = ProviderConfig::without_region().with_region(base.region().cloned());
    if let Some(client) = base.http_client() {
        config = config.with_http_client(client);
    }
    if let Some(timeouts) = base.timeout_config() {
        config = config.with_timeout_config(timeouts.clone());
    }
    config
}
