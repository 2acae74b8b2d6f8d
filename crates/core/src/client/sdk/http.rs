//! The HTTP client: with TLS or without, through a proxy or not.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig as SdkProxy;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::ExposeSecret;

use super::config::internal;
use super::host::named;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Config, ProxyConfig};

/// Idle connections kept per host: one for each parallel range of a download.
const MAX_IDLE_CONNECTIONS: usize = 16;
/// Where the environment names a proxy for requests without TLS.
const HTTP_PROXY_VARIABLES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The client of all services of a connection.
///
/// Errors: `InvalidOption` for a proxy or certificates that are none, `LocalIo` for a file that
/// cannot be read.
pub(super) fn http_client(config: &Config) -> Result<SharedHttpClient> {
    let proxy = match &config.proxy {
        Some(proxy) => sdk_proxy(proxy)?,
        None => SdkProxy::from_env(),
    };
    let tls = client(Some(tls_context(config)?), proxy.clone());
    // The way to a proxy may need TLS for requests that do not.
    let has_proxy = config.proxy.is_some()
        || HTTP_PROXY_VARIABLES
            .iter()
            .any(|name| std::env::var_os(name).is_some());
    Ok(named(if has_proxy {
        tls
    } else {
        SharedHttpClient::new(ByScheme {
            plain: client(None, SdkProxy::disabled()),
            tls,
        })
    }))
}

/// Sends requests for `http://` without TLS. A client with TLS is made when it is first
/// needed, for it reads all certificates of the system.
#[derive(Debug, Clone)]
struct ByScheme {
    plain: SharedHttpClient,
    tls: SharedHttpClient,
}

impl HttpClient for ByScheme {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByRequest {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct ByRequest {
    clients: ByScheme,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for ByRequest {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http://") {
            &self.clients.plain
        } else {
            &self.clients.tls
        };
        // Each client keeps its connectors.
        client
            .http_connector(&self.settings, &self.components)
            .call(request)
    }
}

fn client(tls: Option<TlsContext>, proxy: SdkProxy) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        match &tls {
            Some(tls) => connector
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .build(),
            None => connector.build_http(),
        }
    })
}

/// The system's certificates, and those of `TrustedCerts`.
fn tls_context(config: &Config) -> Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = &config.trusted_certs {
        store = store.with_pem_certificate(certificates(path)?);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|source| internal("the certificate store").with_source(source))
}

/// The PEM file at `path`. All of it is looked at here: what cannot be used would be a panic
/// later.
fn certificates(path: &Path) -> Result<Vec<u8>> {
    let pem = std::fs::read(path).map_err(|source| {
        Error::new(
            ErrorKind::LocalIo,
            format!("the certificates of TrustedCerts cannot be read from {path:?}: {source}"),
        )
        .with_source(source)
    })?;
    let refused = |why: &str| {
        Error::new(
            ErrorKind::InvalidOption,
            format!(
                "TrustedCerts: {path:?} {why}; give a file of certificate authorities in PEM form"
            ),
        )
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate =
            certificate.map_err(|source| refused("is not in PEM form").with_source(source))?;
        store.add(certificate).map_err(|source| {
            refused("holds a certificate that cannot be trusted").with_source(source)
        })?;
    }
    if store.is_empty() {
        return Err(refused("holds no certificate"));
    }
    Ok(pem)
}

fn sdk_proxy(proxy: &ProxyConfig) -> Result<SdkProxy> {
    let mut sdk = SdkProxy::all(&proxy.url).map_err(|source| {
        Error::new(
            ErrorKind::InvalidOption,
            format!(
                "ProxyHost and ProxyPort give {:?}, which is no proxy address",
                proxy.url
            ),
        )
        .with_source(source)
    })?;
    if let Some(username) = &proxy.username {
        let password = proxy.password.as_ref().map_or("", |p| p.expose_secret());
        sdk = sdk.with_basic_auth(username.clone(), password.to_owned());
    }
    if !proxy.exempt_hosts.is_empty() {
        sdk = sdk.no_proxy(proxy.exempt_hosts.join(","));
    }
    Ok(sdk)
}
