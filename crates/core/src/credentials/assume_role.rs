//! A role assumed with other credentials.

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use crate::client::sdk;
use crate::options::{AssumeRole, Config};

/// Exchanges what `source` provides for credentials of `role`, again before they expire.
pub(super) async fn provider(
    role: &AssumeRole,
    config: &Config,
    base: &SdkConfig,
    source: SharedCredentialsProvider,
) -> SharedCredentialsProvider {
    let mut sts = base.to_builder();
    sts.set_endpoint_url(sdk::endpoint(&config.endpoints.sts, config));
    let mut provider = AssumeRoleProvider::builder(&role.arn).configure(&sts.build());
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
