//! The SDK configuration every service client of a connection shares.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig as SdkProxy;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use secrecy::ExposeSecret;

use super::host::named;
use crate::credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Config, ProxyConfig};

/// First pause before a request is repeated; it doubles, with jitter, up to [`MAX_BACKOFF`].
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(20);
/// Idle connections kept per host: one for each parallel range of a download.
const MAX_IDLE_CONNECTIONS: usize = 16;

/// The SDK configuration and the endpoint of each service that has one of its own.
pub(crate) struct SharedSdkConfig {
    pub(super) sdk: SdkConfig,
    pub(super) athena_endpoint: Option<String>,
    pub(super) s3_endpoint: Option<String>,
}

/// Builds the configuration: region, credentials, network. Looks at the environment and the
/// profile files, and sends nothing.
pub(crate) async fn load(config: &Config) -> Result<SharedSdkConfig> {
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_connect_timeout(config.connect_timeout);
    timeouts.set_read_timeout(config.read_timeout);
    let retries = RetryConfig::standard()
        .with_max_attempts(config.max_attempts)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF);
    let region = credentials::region(config).await?;
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .no_credentials()
        .region(Region::new(region))
        .http_client(http_client(config)?)
        .retry_config(retries)
        .timeout_config(timeouts.build())
        .use_dual_stack(config.dual_stack)
        .use_fips(config.fips)
        .framework_metadata(
            FrameworkMetadata::new("athena-driver", Some(env!("CARGO_PKG_VERSION")))
                .map_err(|source| internal("the user agent").with_source(source))?,
        );
    if let Some(name) = &config.application_name {
        loader = loader.app_name(app_name(name)?);
    }
    let base = loader.load().await;
    let provider = credentials::provider(config, &base).await?;
    let sdk = base.into_builder().credentials_provider(provider).build();
    Ok(SharedSdkConfig {
        sdk,
        athena_endpoint: endpoint(&config.endpoints.athena, config),
        s3_endpoint: endpoint(&config.endpoints.s3, config),
    })
}

/// A service's own endpoint, else the one of all services, else the region's.
pub(crate) fn endpoint(own: &Option<String>, config: &Config) -> Option<String> {
    own.as_ref().or(config.endpoints.all.as_ref()).cloned()
}

/// The application's name as the user agent may carry it: other characters become `-`, and
/// names longer than 50 characters are cut.
fn app_name(name: &str) -> Result<AppName> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(50)
        .collect();
    AppName::new(name).map_err(|source| internal("the application name").with_source(source))
}

fn internal(what: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("{what} was refused by the SDK"),
    )
}

fn http_client(config: &Config) -> Result<SharedHttpClient> {
    let proxy = match &config.proxy {
        Some(proxy) => sdk_proxy(proxy)?,
        None => SdkProxy::from_env(),
    };
    let tls = tls_context(config)?;
    Ok(named(Builder::new().build_with_connector_fn(
        move |settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
                .proxy_config(proxy.clone());
            connector.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.build()
        },
    )))
}

/// The system's certificates, and those of `TrustedCerts`.
fn tls_context(config: &Config) -> Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = &config.trusted_certs {
        let pem = std::fs::read(path).map_err(|source| {
            Error::new(
                ErrorKind::LocalIo,
                format!("the certificates of TrustedCerts cannot be read from {path:?}: {source}"),
            )
            .with_source(source)
        })?;
        store = store.with_pem_certificate(pem);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|source| internal("the certificate store").with_source(source))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_names_are_made_fit_for_the_user_agent() {
        let name = app_name("My App (1)/ünï").unwrap();
        assert_eq!(name.as_ref(), "My-App--1---n-");
        assert_eq!(app_name(&"x".repeat(80)).unwrap().as_ref().len(), 50);
    }
}
