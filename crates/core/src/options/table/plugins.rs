//! Parameters of sign-in plugins. A plugin itself answers "not implemented" at connect;
//! without one, its parameters do nothing.

use super::{OptionInfo, Scope, Status, row};
use crate::options::key::OptionKey as K;
use crate::options::kind::{Kind, Unit};

const DAY: u64 = 86_400_000;
const SECONDS: Kind = Kind::Duration {
    unit: Unit::Seconds,
    min: 0,
    max: DAY,
};
const PORT: Kind = Kind::Integer {
    min: 1,
    max: 65_535,
};

const fn plugin(key: K, kind: Kind, summary: &'static str) -> OptionInfo {
    row(key, kind, summary)
        .scope(Scope::Database)
        .status(Status::Planned("sign-in plugins are not built yet"))
}

pub(super) const ROWS: &[OptionInfo] = &[
    plugin(
        K::PreferredRole,
        Kind::Text,
        "Role to take of those the identity provider offers.",
    )
    .aliases(&["preferred_role"]),
    plugin(
        K::LakeFormationEnabled,
        Kind::Bool,
        "Sign in through Lake Formation.",
    ),
    plugin(
        K::SslInsecure,
        Kind::Bool,
        "Skip checking the identity provider's certificate.",
    )
    .aliases(&["SSL_Insecure"]),
    plugin(K::IdpHost, Kind::Text, "Host of AD FS, Okta or Ping.").aliases(&[
        "IdP_Host",
        "AdfsHostName",
        "OktaHostName",
        "PingHostName",
    ]),
    plugin(K::IdpPort, PORT, "Port of AD FS or Ping.").aliases(&[
        "IdP_Port",
        "AdfsPortNumber",
        "PingPortNumber",
    ]),
    plugin(
        K::ListenPort,
        PORT,
        "Local port the browser is sent back to.",
    )
    .aliases(&["listen_port", "IdpPortNumber"]),
    plugin(
        K::IdpResponseTimeout,
        SECONDS,
        "Time to wait for the browser.",
    )
    .aliases(&["idp_response_timeout", "timeout", "sso_oidc_timeout"]),
    plugin(
        K::EnableTokenCaching,
        Kind::Bool,
        "Keep the identity provider's tokens.",
    )
    .aliases(&[
        "browser_azure_cache",
        "sso_oidc_cache",
        "okta_cache",
        "JwtTipFileCache",
    ]),
    plugin(
        K::JwtWebIdentityToken,
        Kind::Secret,
        "JWT of JWT and JWT_TIP.",
    )
    .aliases(&["web_identity_token"]),
    plugin(
        K::WorkGroupArn,
        Kind::Text,
        "Workgroup of trusted identity propagation.",
    ),
    plugin(
        K::ApplicationRoleArn,
        Kind::Text,
        "Role of trusted identity propagation.",
    ),
    plugin(
        K::AccessRoleArn,
        Kind::Text,
        "Role of trusted identity propagation.",
    ),
    plugin(
        K::CustomerIdcApplicationArn,
        Kind::Text,
        "Identity Center application of trusted identity propagation.",
    ),
    plugin(
        K::IdpWellKnownConfigurationUrl,
        Kind::Text,
        "Configuration document of an OIDC provider.",
    ),
    plugin(
        K::ClientId,
        Kind::Text,
        "Client id of Azure AD or an OIDC provider.",
    )
    .aliases(&["client_id", "AzureAdClientId", "OidcClientId"]),
    plugin(
        K::ClientSecret,
        Kind::Secret,
        "Client secret of Azure AD or an OIDC provider.",
    )
    .aliases(&["client_secret", "AzureAdClientSecret", "OidcClientSecret"]),
    plugin(K::Scope, Kind::Text, "Scopes asked of an OIDC provider.").aliases(&["sso_oidc_scopes"]),
    plugin(K::AzureAdTenantId, Kind::Text, "Tenant of Azure AD.")
        .aliases(&["tenant_id", "idp_tenant"]),
    plugin(K::OktaAppId, Kind::Text, "Application id of Okta.").aliases(&["App_ID"]),
    plugin(K::OktaAppName, Kind::Text, "Application name of Okta.").aliases(&["App_Name"]),
    plugin(
        K::OktaMfaType,
        Kind::Choice(&[
            ("oktaverifywithpush", &[]),
            ("oktaverifywithtotp", &[]),
            ("googleauthenticator", &[]),
            ("smsauthentication", &[]),
        ]),
        "Second factor of Okta.",
    )
    .aliases(&["okta_mfa_type"]),
    plugin(
        K::OktaPhoneNumber,
        Kind::Text,
        "Telephone of Okta's second factor.",
    )
    .aliases(&["okta_phone_number", "okta_mfa_phone_number"]),
    plugin(
        K::OktaMfaWaitTime,
        SECONDS,
        "Time to wait for Okta's second factor.",
    )
    .aliases(&["okta_mfa_wait_time"]),
    plugin(K::PingPartnerSpId, Kind::Text, "Partner of Ping.").aliases(&["Partner_SPID"]),
    plugin(
        K::PingUriParam,
        Kind::Text,
        "Further URI parameters of Ping.",
    )
    .aliases(&["ping_uri_param"]),
    plugin(K::AdfsRelyingParty, Kind::Text, "Relying party of AD FS.").aliases(&["LoginToRP"]),
    plugin(
        K::AdfsWiaEnabled,
        Kind::Bool,
        "Windows Integrated Authentication with AD FS.",
    ),
    plugin(K::SsoLoginUrl, Kind::Text, "Sign-in page of BrowserSaml.").aliases(&["login_url"]),
    plugin(
        K::SsoStartUrl,
        Kind::Text,
        "Start page of IAM Identity Center.",
    )
    .aliases(&["sso_oidc_start_url"]),
    plugin(
        K::SsoOidcRegion,
        Kind::Text,
        "Region of IAM Identity Center.",
    )
    .aliases(&["sso_oidc_region"]),
    plugin(K::SsoOidcAccountId, Kind::Text, "Account to sign in to.")
        .aliases(&["sso_oidc_account_id"]),
    plugin(K::SsoOidcRoleName, Kind::Text, "Role to sign in to.").aliases(&["sso_oidc_role_name"]),
    plugin(K::DataZoneDomainId, Kind::Text, "Domain of DataZone."),
    plugin(
        K::DataZoneEnvironmentId,
        Kind::Text,
        "Environment of DataZone.",
    ),
    plugin(K::DataZoneProjectId, Kind::Text, "Project of DataZone."),
    plugin(
        K::DataZoneDomainRegion,
        Kind::Text,
        "Region of the DataZone domain.",
    ),
    plugin(
        K::DataZoneEndpointOverride,
        Kind::Text,
        "Address of DataZone.",
    ),
    plugin(
        K::IdentityCenterIssuerUrl,
        Kind::Text,
        "Issuer of IAM Identity Center.",
    ),
    plugin(
        K::ExecutablePath,
        Kind::Path,
        "Program that prints a SAML response.",
    ),
    plugin(K::ArgumentList, Kind::Secret, "Its arguments."),
];
