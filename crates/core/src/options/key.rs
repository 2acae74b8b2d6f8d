//! The names of the options.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use super::kind::Unit;
use super::table::{GROUPS, OptionInfo};

macro_rules! option_keys {
    ($($name:ident)*) => {
        /// An option, whatever it is called in the dialect it was written in.
        ///
        /// Named as JDBC 3.x spells it where JDBC 3.x has it. `docs/options.md` says what
        /// each one does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum OptionKey {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
        }

        impl OptionKey {
            /// Every option, in the order of the documentation.
            pub const ALL: &'static [OptionKey] = &[$(OptionKey::$name,)*];

            /// The canonical name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

// In the order of the rows of the table, which a test compares.
option_keys! {
    Region Catalog Database WorkGroup OutputLocation EncryptionOption KmsKey
    ExpectedBucketOwner AclOption EnableResultReuseByAge MaxResultReuseAgeInMinutes
    QueryTimeout MinQueryExecutionPollingIntervalMillis MaxQueryExecutionPollingIntervalMillis
    QueryExecutionPollingIntervalMultiplier ApplicationName ConnectionTest StrictOptions
    AdditionalOptions IcebergCommitRetries

    ResultFetcher UseResultsetStreaming EnableS3Fetcher FetchSize ComplexTypes
    UnloadOrderedQueries DownloadConnections DownloadPartBytes DownloadMemoryBytes
    UseMultipleS3Threads MaxStreamErrorRetry

    Endpoint AthenaEndpoint S3Endpoint StsEndpoint GlueEndpoint SsoEndpoint SsoOidcEndpoint
    SsoAdminEndpoint LakeFormationEndpoint AthenaStreamingEndpoint UseDualStack UseFips
    NumRetries ConnectTimeout ReadTimeout NetworkTimeoutMillis VerifySSL TrustedCerts
    ProxyHost ProxyPort ProxyUsername ProxyPassword ProxyExemptHosts UseProxy ProxyScheme
    ProxyDomain ProxyWorkstation PreemptiveBasicProxyAuth ProxyEnabledForIdP

    User Password SessionToken CredentialsProvider CredentialsProviderArguments ProfileName
    CredentialProcess RoleArn RoleExternalId RoleSessionName RoleSessionDuration

    PreferredRole LakeFormationEnabled SslInsecure IdpHost IdpPort ListenPort
    IdpResponseTimeout EnableTokenCaching JwtWebIdentityToken WorkGroupArn ApplicationRoleArn
    AccessRoleArn CustomerIdcApplicationArn IdpWellKnownConfigurationUrl ClientId ClientSecret
    Scope AzureAdTenantId OktaAppId OktaAppName OktaMfaType OktaPhoneNumber OktaMfaWaitTime
    PingPartnerSpId PingUriParam AdfsRelyingParty AdfsWiaEnabled SsoLoginUrl SsoStartUrl
    SsoOidcRegion SsoOidcAccountId SsoOidcRoleName DataZoneDomainId DataZoneEnvironmentId
    DataZoneProjectId DataZoneDomainRegion DataZoneEndpointOverride IdentityCenterIssuerUrl
    ExecutablePath ArgumentList

    LogLevel LogPath LogFileBytes LogFiles UseAwsLogger

    MetadataRetrievalMethod QueryExternalCatalogs UseQueryToListTables
    UseSingleCatalogAndSchema UseArraySupport StringColumnLength BinaryColumnLength
    ComplexTypeColumnLength MaxCatalogNameLength MaxSchemaNameLength MaxTableNameLength
    MaxColumnNameLength UseWCharForStringTypes UseSQLUnicodeTypes Dsn Driver Description
    ErrorMessagesPath SwapFilePath DriverManagerEncoding OdbcInstLib MetabaseSettings
}

/// Lower-case name to option, and the unit of bare numbers if the name has its own.
static NAMES: LazyLock<HashMap<String, (OptionKey, Option<Unit>)>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        for name in std::iter::once(row.name()).chain(row.aliases.iter().copied()) {
            names.insert(name.to_lowercase(), (row.key, None));
        }
        for (name, unit) in row.unit_aliases {
            names.insert(name.to_lowercase(), (row.key, Some(*unit)));
        }
    }
    names
});

static ROWS: LazyLock<Vec<&'static OptionInfo>> =
    LazyLock::new(|| GROUPS.iter().flat_map(|group| group.rows).collect());

impl OptionKey {
    /// The option known under `name` in any dialect. Case and outer blanks do not matter.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::resolve(name).map(|(key, _)| key)
    }

    /// As [`OptionKey::from_name`], with the unit of bare numbers if that name has its own.
    pub(super) fn resolve(name: &str) -> Option<(Self, Option<Unit>)> {
        NAMES.get(&name.trim().to_lowercase()).copied()
    }

    /// This option's row of the table.
    pub fn info(self) -> &'static OptionInfo {
        #[allow(
            clippy::indexing_slicing,
            reason = "one row per key, in the keys' order"
        )]
        ROWS[self as usize]
    }
}

impl fmt::Display for OptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_row_at_its_place() {
        assert_eq!(ROWS.len(), OptionKey::ALL.len());
        for key in OptionKey::ALL {
            assert_eq!(key.info().key, *key);
        }
    }

    #[test]
    fn every_name_belongs_to_one_option() {
        let mut owners: HashMap<String, OptionKey> = HashMap::new();
        for key in OptionKey::ALL {
            for name in key.info().names() {
                assert_eq!(OptionKey::from_name(name), Some(*key), "{name}");
                assert_eq!(
                    OptionKey::from_name(&name.to_uppercase()),
                    Some(*key),
                    "{name}"
                );
                let former = owners.insert(name.to_lowercase(), *key);
                assert_eq!(former, None, "{name} is claimed twice");
            }
        }
    }

    #[test]
    fn names_of_every_dialect_are_known() {
        let names = "AwsRegion Schema Workgroup S3OutputLocation s3_staging_dir \
            S3OutputEncOption S3OutputEncKMSKey query_results_encryption_option \
            query_results_aws_kms_key RowsToFetchPerBlock EnableResultReuse AgeForResultReuse \
            ReusedResultMaxAgeInMinutes MinQueryExecutionPollingInterval MaxPollDuration \
            EndpointOverride StreamingEndpointOverride LfEndpointOverride StsEndpointOverride \
            LakeFormationEndpointOverride SSOEndpointOverride SSOOIDCEndpointOverride \
            SSOAdminEndpointOverride S3EndpointOverride GlueEndpointOverride ProxyUID ProxyPWD \
            NonProxyHosts NonProxyHost UseProxyForIdP MaxErrorRetry max_error_retries \
            ConnectTimeout connection_timeout SocketTimeout socket_timeout ConnectionTimeout \
            RequestTimeout AccessKeyId SecretAccessKey UID PWD AWSProfile Profile \
            AWSCredentialsProviderClass aws_credentials_provider_class plugin_name \
            AuthenticationType AwsCredentialsProviderArguments preferred_role duration \
            web_identity_token role_arn role_session_name tenant_id idp_tenant client_id \
            client_secret idp_response_timeout timeout login_url listen_port SSL_Insecure \
            IdP_Host idp_port App_ID App_Name okta_mfa_type okta_phone_number \
            okta_mfa_phone_number okta_mfa_wait_time okta_cache Partner_SPID ping_uri_param \
            LoginToRP sso_oidc_start_url sso_oidc_region sso_oidc_scopes sso_oidc_account_id \
            sso_oidc_role_name sso_oidc_timeout sso_oidc_cache browser_azure_cache \
            JwtTipFileCache JwtRoleArn JwtRoleSessionName log_level log_path \
            region workgroup catalog access_key secret_key hostname dbname additional-options \
            advanced-options include-user-id-and-hash database \
            athena.region athena.catalog athena.schema athena.output_location \
            athena.s3_staging_dir athena.work_group athena.auth_type \
            athena.aws.access_key_id athena.aws.secret_access_key athena.aws.session_token \
            athena.aws.profile athena.aws.role_arn athena.aws.role_external_id \
            athena.aws.role_session_name athena.aws.role_duration athena.aws.max_attempts \
            athena.endpoint_url athena.poll_interval athena.iceberg_commit_retries";
        for name in names.split_whitespace() {
            assert!(OptionKey::from_name(name).is_some(), "{name}");
        }
    }
}
