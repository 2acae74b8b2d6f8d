//! Ways to sign in, and where the region comes from.
//!
//! A way yields an SDK credentials provider; the SDK caches what it provides and asks again
//! before it expires, also while a long query is polled.

mod assume_role;
mod chain;
mod keys;
mod process;
mod profile;
mod web_identity;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use crate::client::sdk;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Config, CredentialsProvider};

/// The provider the options ask for, with the role to assume on top.
pub(crate) async fn provider(
    config: &Config,
    base: &SdkConfig,
) -> Result<SharedCredentialsProvider> {
    let source = match &config.credentials.provider {
        CredentialsProvider::Keys(keys) => keys::provider(keys),
        CredentialsProvider::DefaultChain => chain::provider(config, base),
        CredentialsProvider::Profile => profile::provider(&config.credentials, base),
        CredentialsProvider::InstanceProfile => chain::instance_profile(base),
        CredentialsProvider::Process(command) => process::provider(command),
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
/// With an endpoint of one's own any name will do, else it must look like one of Amazon's.
pub(crate) async fn region(config: &Config) -> Result<String> {
    let region = match &config.region {
        Some(region) => Some(region.clone()),
        None => region_of_machine(config).await,
    };
    let region = region.ok_or_else(|| {
        Error::new(
            ErrorKind::NoRegion,
            "no region: set Region (for instance Region=us-east-1), AWS_REGION, or a region in the profile",
        )
    })?;
    let own_endpoint = config.endpoints.all.is_some() || config.endpoints.athena.is_some();
    if !own_endpoint && !looks_like_region(&region) {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!("Region: {region:?} is not the name of an AWS region, such as us-east-1"),
        ));
    }
    Ok(region)
}

async fn region_of_machine(config: &Config) -> Option<String> {
    let mut region = EnvironmentVariableRegionProvider::new().region().await;
    if region.is_none() {
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &config.credentials.profile {
            profile = profile.profile_name(name);
        }
        region = profile.build().region().await;
    }
    region.map(|region| region.to_string())
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`: words, then a number.
fn looks_like_region(name: &str) -> bool {
    let words: Vec<&str> = name.split('-').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    match words.split_last() {
        Some((number, words)) => {
            number.parse::<u8>().is_ok() && words.len() >= 2 && words.iter().all(is_word)
        }
        None => false,
    }
}

/// `base` for STS, at the address the options give it.
fn sts_config(config: &Config, base: &SdkConfig) -> SdkConfig {
    let mut sts = base.to_builder();
    sts.set_endpoint_url(sdk::endpoint(&config.endpoints.sts, config));
    sts.build()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_words_and_a_number() {
        for name in [
            "us-east-1",
            "us-gov-west-1",
            "ap-southeast-12",
            "eusc-de-east-1",
        ] {
            assert!(looks_like_region(name), "{name}");
        }
        for name in [
            "",
            "mars",
            "us-east",
            "us--1",
            "1",
            "US-EAST-1",
            "us-east-1a",
        ] {
            assert!(!looks_like_region(name), "{name}");
        }
    }
}
