//! A role assumed with a token that the machine keeps in a file, as Kubernetes does.
//!
//! The SDK has a provider for this, but it asks the region's STS whatever the options say.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Answer;
use aws_credential_types::provider::{self, ProvideCredentials};
use aws_sdk_sts::types::Credentials as StsCredentials;
use aws_types::SdkConfig;

use super::sts_config;
use crate::options::Config;

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";

/// Exchanges the token for the role's credentials, reading the file anew each time.
#[derive(Debug)]
pub(super) struct WebIdentity {
    sts: aws_sdk_sts::Client,
}

impl WebIdentity {
    pub(super) fn new(config: &Config, base: &SdkConfig) -> Self {
        Self {
            sts: aws_sdk_sts::Client::new(&sts_config(config, base)),
        }
    }

    async fn load(&self) -> provider::Result {
        let (Ok(token_file), Ok(role_arn)) = (std::env::var(TOKEN_FILE), std::env::var(ROLE_ARN))
        else {
            return Err(CredentialsError::not_loaded(format!(
                "{TOKEN_FILE} and {ROLE_ARN} are not both set"
            )));
        };
        let token = std::fs::read_to_string(&token_file).map_err(|error| {
            CredentialsError::invalid_configuration(format!(
                "the token of {TOKEN_FILE}={token_file} cannot be read: {error}"
            ))
        })?;
        let session_name =
            std::env::var(SESSION_NAME).unwrap_or_else(|_| "athena-driver".to_owned());
        let answer = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(role_arn)
            .role_session_name(session_name)
            .web_identity_token(token.trim())
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        let keys = answer.credentials.ok_or_else(|| {
            CredentialsError::unhandled("AssumeRoleWithWebIdentity answered no credentials")
        })?;
        Ok(credentials(keys))
    }
}

impl ProvideCredentials for WebIdentity {
    fn provide_credentials<'a>(&'a self) -> Answer<'a>
    where
        Self: 'a,
    {
        Answer::new(self.load())
    }
}

/// What STS answered, as the SDK's clients take it.
fn credentials(keys: StsCredentials) -> Credentials {
    Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        Some(keys.session_token),
        SystemTime::try_from(keys.expiration).ok(),
        "web identity token",
    )
}
