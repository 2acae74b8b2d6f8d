//! What the machine has: environment, profile, single sign-on, web identity, ECS, EC2.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use super::provider_config;

/// The SDK's default chain.
pub(super) async fn provider(base: &SdkConfig) -> SharedCredentialsProvider {
    let mut chain = DefaultCredentialsChain::builder().configure(provider_config(base));
    chain.set_region(base.region().cloned());
    SharedCredentialsProvider::new(chain.build().await)
}

/// The role of the EC2 instance, whatever else the machine has.
pub(super) fn instance_profile(base: &SdkConfig) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(
        ImdsCredentialsProvider::builder()
            .configure(&provider_config(base))
            .build(),
    )
}
