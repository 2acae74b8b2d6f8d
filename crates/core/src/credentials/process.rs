//! A program that prints credentials, as `credential_process` of a profile names one.

use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::provider::SharedCredentialsProvider;

/// Runs the program whenever credentials are needed and the last ones expired.
pub(super) fn provider(command: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(CredentialProcessProvider::new(command.to_owned()))
}
