//! Adds to each failure of the network the host it was to reach.

use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

/// The host of a request that failed, in the error's chain of causes.
#[derive(Debug)]
pub(super) struct AtHost {
    /// Name or address, with the port where the endpoint has one.
    pub(super) host: String,
    source: BoxError,
}

impl fmt::Display for AtHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer from {}", self.host)
    }
}

impl StdError for AtHost {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// `client`, whose failures name the host.
pub(super) fn named(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Named(client))
}

#[derive(Debug)]
struct Named<T>(T);

impl HttpClient for Named<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Named(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }
}

impl HttpConnector for Named<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = host(request.uri()).to_owned();
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { answer.await.map_err(|error| at(host, error)) })
    }
}

/// The host and port of an address; nothing of what else it holds.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// The same error, its cause wrapped. What decides about retries is kept.
fn at(host: String, error: ConnectorError) -> ConnectorError {
    type Make = fn(BoxError) -> ConnectorError;
    let make: Option<Make> = match &error {
        error if error.is_timeout() => Some(ConnectorError::timeout),
        error if error.is_user() => Some(ConnectorError::user),
        error if error.is_io() => Some(ConnectorError::io),
        _ => None,
    };
    let kind = error.as_other();
    let connection = error.connection_metadata().cloned();
    let source = Box::new(AtHost {
        host,
        source: error.into_source(),
    });
    let error = match make {
        Some(make) => make(source),
        None => ConnectorError::other(source, kind),
    };
    match connection {
        Some(connection) => error.with_connection(connection),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_all_that_is_told_of_an_address() {
        for (uri, expected) in [
            (
                "https://athena.eu-west-1.amazonaws.com/",
                "athena.eu-west-1.amazonaws.com",
            ),
            (
                "https://user:secret@b.s3.amazonaws.com/k?x-amz-signature=1",
                "b.s3.amazonaws.com",
            ),
            ("http://127.0.0.1:9?a@b", "127.0.0.1:9"),
            ("http://[::1]:9/k", "[::1]:9"),
            ("", ""),
        ] {
            assert_eq!(host(uri), expected, "{uri}");
        }
    }
}
