//! A role assumed with other credentials.

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use super::sts_config;
use crate::options::{AssumeRole, Config};

/// Exchanges what `source` provides for credentials of `role`, again before they expire.
pub(super) async fn provider(
    role: &AssumeRole,
    config: &Config,
    base: &SdkConfig,
    source: SharedCredentialsProvider,
) -> SharedCredentialsProvider {
    let mut provider = AssumeRoleProvider::builder(&role.arn).configure(&sts_config(config, base));
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    if let Some(name) = &role.session_name {
        provider = provider.session_name(name);
    }
    if let Some(duration) = role.duration {
        provider = provider.session_length(duration);
    }
    SharedCredentialsProvider::new(provider.build_from_provider(source).await)
}
