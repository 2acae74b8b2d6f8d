//! A program that prints credentials, as `credential_process` of a profile names one.

use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::error::{Error, ErrorKind, Result};
use crate::options::CredentialsConfig;

/// Runs the program whenever credentials are needed and the last ones expired.
pub(super) fn provider(config: &CredentialsConfig) -> Result<SharedCredentialsProvider> {
    let Some(command) = &config.credential_process else {
        return Err(Error::new(
            ErrorKind::NoCredentials,
            "the credentials provider is a process, but CredentialProcess is not set",
        ));
    };
    Ok(SharedCredentialsProvider::new(
        CredentialProcessProvider::new(command.clone()),
    ))
}
