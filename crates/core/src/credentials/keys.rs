//! An access key given in the options.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use secrecy::ExposeSecret;

use crate::options::AccessKeys;

/// The key of the options, with a session token if one was given.
pub(super) fn provider(keys: &AccessKeys) -> SharedCredentialsProvider {
    let token = keys.session_token.as_ref();
    SharedCredentialsProvider::new(Credentials::new(
        &keys.id,
        keys.secret.expose_secret(),
        token.map(|token| token.expose_secret().to_owned()),
        None,
        "connection options",
    ))
}
