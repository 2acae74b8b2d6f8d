//! Options of endpoints, timeouts, retries, TLS and the proxy.

use super::formats::{ENDPOINT, PROXY_HOST};
use super::{OptionInfo, Scope, Status, row};
use crate::options::key::OptionKey as K;
use crate::options::kind::{Kind, Unit};

const DAY: u64 = 86_400_000;
const PLUGINS: Status = Status::Planned("only sign-in plugins read it, which are not built yet");
const NTLM: Status = Status::NotYet("only basic proxy authentication is built");

const fn endpoint(key: K, summary: &'static str) -> OptionInfo {
    row(key, Kind::Format(ENDPOINT), summary).scope(Scope::Database)
}

pub(super) const ROWS: &[OptionInfo] = &[
    endpoint(
        K::Endpoint,
        "Address of all services at once; https:// is added when no scheme is \
         given. For athena-sandbox and other local stand-ins.",
    )
    .aliases(&["athena.endpoint_url", "athena.endpoint"]),
    endpoint(
        K::AthenaEndpoint,
        "Address of Athena, such as a VPC endpoint.",
    )
    .aliases(&["EndpointOverride", "hostname", "athena.athena_endpoint"]),
    endpoint(K::S3Endpoint, "Address of S3.")
        .aliases(&["S3EndpointOverride", "athena.s3_endpoint"]),
    endpoint(K::StsEndpoint, "Address of STS.")
        .aliases(&["StsEndpointOverride", "athena.sts_endpoint"]),
    endpoint(K::GlueEndpoint, "Address of Glue.")
        .aliases(&["GlueEndpointOverride", "athena.glue_endpoint"])
        .status(Status::Planned("nothing calls Glue yet")),
    endpoint(K::SsoEndpoint, "Address of the IAM Identity Center portal.")
        .aliases(&["SSOEndpointOverride"])
        .status(PLUGINS),
    endpoint(
        K::SsoOidcEndpoint,
        "Address of IAM Identity Center's OIDC service.",
    )
    .aliases(&["SSOOIDCEndpointOverride"])
    .status(PLUGINS),
    endpoint(
        K::SsoAdminEndpoint,
        "Address of IAM Identity Center's administration.",
    )
    .aliases(&["SSOAdminEndpointOverride"])
    .status(PLUGINS),
    endpoint(K::LakeFormationEndpoint, "Address of Lake Formation.")
        .aliases(&["LfEndpointOverride", "LakeFormationEndpointOverride"])
        .status(PLUGINS),
    endpoint(
        K::AthenaStreamingEndpoint,
        "Address of GetQueryResultsStream.",
    )
    .aliases(&["StreamingEndpointOverride"])
    .status(Status::Ignored(
        "Amazon's private streaming interface is not used",
    )),
    row(
        K::UseDualStack,
        Kind::Bool,
        "Use the endpoints that also answer over IPv6.",
    )
    .aliases(&["athena.use_dual_stack"])
    .default("false")
    .scope(Scope::Database),
    row(
        K::UseFips,
        Kind::Bool,
        "Use the endpoints with FIPS-validated cryptography.",
    )
    .aliases(&["athena.use_fips"])
    .default("false")
    .scope(Scope::Database),
    row(
        K::NumRetries,
        Kind::Integer { min: 0, max: 100 },
        "How often a request that failed for a passing reason is repeated.",
    )
    .aliases(&["MaxErrorRetry", "max_error_retries", "athena.num_retries"])
    .aliases_in(&[("athena.aws.max_attempts", Unit::Attempts)])
    .default("4")
    .scope(Scope::Database),
    row(
        K::ConnectTimeout,
        Kind::Duration {
            unit: Unit::Seconds,
            min: 0,
            max: DAY,
        },
        "Time to establish a connection; 0 sets no limit.",
    )
    .aliases(&["athena.connect_timeout"])
    .aliases_in(&[
        ("ConnectionTimeout", Unit::Millis),
        ("connection_timeout", Unit::Millis),
    ])
    .default("10")
    .scope(Scope::Database),
    row(
        K::ReadTimeout,
        Kind::Duration {
            unit: Unit::Seconds,
            min: 0,
            max: DAY,
        },
        "Time to wait for data on a connection; 0 sets no limit.",
    )
    .aliases(&["SocketTimeout", "athena.read_timeout"])
    .aliases_in(&[
        ("RequestTimeout", Unit::Millis),
        ("socket_timeout", Unit::Millis),
    ])
    .default("50")
    .scope(Scope::Database),
    row(
        K::NetworkTimeoutMillis,
        Kind::Duration {
            unit: Unit::Millis,
            min: 0,
            max: DAY,
        },
        "Sets ConnectTimeout and ReadTimeout, unless they are given themselves.",
    )
    .aliases(&["athena.network_timeout"])
    .scope(Scope::Database),
    row(
        K::VerifySSL,
        Kind::Bool,
        "Check the certificates of the services.",
    )
    .aliases(&["athena.verify_ssl"])
    .default("true")
    .scope(Scope::Database)
    .status(Status::NotYet(
        "certificates are always checked; for a local stand-in use an http:// \
         endpoint",
    )),
    row(
        K::TrustedCerts,
        Kind::Path,
        "File of certificate authorities (PEM) to trust besides the system's.",
    )
    .aliases(&["athena.trusted_certs"])
    .scope(Scope::Database),
    row(
        K::ProxyHost,
        Kind::Format(PROXY_HOST),
        "HTTP proxy for all requests.",
    )
    .aliases(&["athena.proxy.host"])
    .scope(Scope::Database),
    row(
        K::ProxyPort,
        Kind::Integer {
            min: 1,
            max: 65_535,
        },
        "Port of the proxy.",
    )
    .aliases(&["athena.proxy.port"])
    .scope(Scope::Database),
    row(K::ProxyUsername, Kind::Text, "User of the proxy.")
        .aliases(&["ProxyUID", "athena.proxy.username"])
        .scope(Scope::Database),
    row(K::ProxyPassword, Kind::Secret, "Password of that user.")
        .aliases(&["ProxyPWD", "athena.proxy.password"])
        .scope(Scope::Database),
    row(
        K::ProxyExemptHosts,
        Kind::List,
        "Hosts reached without the proxy; * and a leading dot match any prefix.",
    )
    .aliases(&["NonProxyHosts", "NonProxyHost", "athena.proxy.exempt_hosts"])
    .scope(Scope::Database),
    row(
        K::UseProxy,
        Kind::Bool,
        "0 turns the proxy off although ProxyHost is given.",
    )
    .aliases(&["athena.proxy.enabled"])
    .scope(Scope::Database),
    row(
        K::ProxyScheme,
        Kind::Choice(&[("http", &[]), ("https", &[])]),
        "How to talk to the proxy, when ProxyHost does not say.",
    )
    .aliases(&["athena.proxy.scheme"])
    .default("http")
    .scope(Scope::Database),
    row(K::ProxyDomain, Kind::Text, "NTLM domain.")
        .scope(Scope::Database)
        .status(NTLM),
    row(K::ProxyWorkstation, Kind::Text, "NTLM workstation.")
        .scope(Scope::Database)
        .status(NTLM),
    row(
        K::PreemptiveBasicProxyAuth,
        Kind::Bool,
        "Send the proxy's user and password before being asked.",
    )
    .scope(Scope::Database)
    .status(Status::Ignored("they are always sent at once")),
    row(
        K::ProxyEnabledForIdP,
        Kind::Bool,
        "Use the proxy for identity providers too.",
    )
    .aliases(&["UseProxyForIdP"])
    .scope(Scope::Database)
    .status(PLUGINS),
];
