//! What the machine has: environment, profile, single sign-on, web identity, ECS, EC2.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;

use super::web_identity::WebIdentity;
use super::{profile, provider_config};
use crate::options::Config;

/// The SDK's default chain, but for the address of STS.
pub(super) fn provider(config: &Config, base: &SdkConfig) -> SharedCredentialsProvider {
    let container = EcsCredentialsProvider::builder()
        .configure(&provider_config(base))
        .build();
    let chain = CredentialsProviderChain::first_try(
        "environment",
        EnvironmentVariableCredentialsProvider::new(),
    )
    .or_else("profile", profile::provider(&config.credentials, base))
    .or_else("web identity token", WebIdentity::new(config, base))
    .or_else("container role", container)
    .or_else("instance role", instance_profile(base));
    SharedCredentialsProvider::new(chain)
}

/// The role of the EC2 instance, whatever else the machine has.
pub(super) fn instance_profile(base: &SdkConfig) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(
        ImdsCredentialsProvider::builder()
            .configure(&provider_config(base))
            .build(),
    )
}
