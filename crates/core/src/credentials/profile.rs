//! A named profile of `~/.aws/config` and `~/.aws/credentials`.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use super::provider_config;
use crate::options::CredentialsConfig;

/// The profile of the options, else `AWS_PROFILE`, else `default`.
pub(super) fn provider(config: &CredentialsConfig, base: &SdkConfig) -> SharedCredentialsProvider {
    let mut profile = ProfileFileCredentialsProvider::builder().configure(&provider_config(base));
    if let Some(name) = &config.profile {
        profile = profile.profile_name(name);
    }
    SharedCredentialsProvider::new(profile.build())
}
