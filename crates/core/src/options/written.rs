//! Options written as a connection string, secrets in clear: for tests and fuzzers only.

use secrecy::ExposeSecret;

use super::parse;
use super::set::Options;

impl Options {
    /// Names and values given, secrets in clear.
    pub(crate) fn contents(&self) -> Vec<(String, String)> {
        self.given()
            .map(|given| {
                let secret = self.secret(given.key());
                let value = secret.map_or(given.shown(), |secret| secret.expose_secret());
                (given.name().to_owned(), value.to_owned())
            })
            .collect()
    }

    /// A connection string that reads as these options.
    pub(crate) fn rendered(&self) -> String {
        let contents = self.contents();
        let pairs: Vec<_> = contents
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        parse::render(&pairs)
    }
}
