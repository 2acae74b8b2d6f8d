//! An access key given in the options.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use secrecy::ExposeSecret;

use crate::error::{Error, ErrorKind, Result};
use crate::options::CredentialsConfig;

/// The key of the options, with a session token if one was given.
pub(super) fn provider(config: &CredentialsConfig) -> Result<SharedCredentialsProvider> {
    let (Some(id), Some(secret)) = (&config.access_key_id, &config.secret_access_key) else {
        return Err(Error::new(
            ErrorKind::NoCredentials,
            "an access key needs both User and Password",
        ));
    };
    let token = config.session_token.as_ref();
    Ok(SharedCredentialsProvider::new(Credentials::new(
        id,
        secret.expose_secret(),
        token.map(|token| token.expose_secret().to_owned()),
        None,
        "connection options",
    )))
}
