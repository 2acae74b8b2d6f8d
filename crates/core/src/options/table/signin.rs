//! Options of credentials.

use super::formats::ROLE_ARN;
use super::{OptionInfo, Scope, row};
use crate::options::credentials::PROVIDER;
use crate::options::key::OptionKey as K;
use crate::options::kind::{Kind, Unit};

const fn signin(key: K, kind: Kind, summary: &'static str) -> OptionInfo {
    row(key, kind, summary).scope(Scope::Database)
}

pub(super) const ROWS: &[OptionInfo] = &[
    signin(
        K::User,
        Kind::Text,
        "Access key id; with a sign-in plugin, the user. Blank User and Password \
         mean the default chain.",
    )
    .aliases(&[
        "AccessKeyId",
        "UID",
        "access_key",
        "athena.aws.access_key_id",
    ]),
    signin(
        K::Password,
        Kind::Secret,
        "Secret access key; with a sign-in plugin, the password.",
    )
    .aliases(&[
        "SecretAccessKey",
        "PWD",
        "secret_key",
        "athena.aws.secret_access_key",
    ]),
    signin(
        K::SessionToken,
        Kind::Secret,
        "Session token of temporary keys.",
    )
    .aliases(&["athena.aws.session_token"]),
    signin(
        K::CredentialsProvider,
        Kind::Format(PROVIDER),
        "Where credentials come from. Without it: CredentialProcess, User and \
         Password, ProfileName, the default chain, in this order.",
    )
    .aliases(&[
        "AWSCredentialsProviderClass",
        "aws_credentials_provider_class",
        "plugin_name",
        "AuthenticationType",
        "athena.auth_type",
    ]),
    signin(
        K::CredentialsProviderArguments,
        Kind::Secret,
        "Arguments of a provider class; for ProfileCredentials the profile's name.",
    )
    .aliases(&[
        "AwsCredentialsProviderArguments",
        "aws_credentials_provider_arguments",
    ]),
    signin(
        K::ProfileName,
        Kind::Text,
        "Profile of the AWS configuration files.",
    )
    .aliases(&["Profile", "AWSProfile", "athena.aws.profile"]),
    signin(
        K::CredentialProcess,
        Kind::Text,
        "Command that prints credentials as JSON, as credential_process of a \
         profile does.",
    )
    .aliases(&["athena.aws.credential_process"]),
    signin(
        K::RoleArn,
        Kind::Format(ROLE_ARN),
        "Role to assume with the credentials found.",
    )
    .aliases(&["JwtRoleArn", "role_arn", "athena.aws.role_arn"]),
    signin(
        K::RoleExternalId,
        Kind::Text,
        "External id the role asks for.",
    )
    .aliases(&["athena.aws.role_external_id"]),
    signin(
        K::RoleSessionName,
        Kind::Text,
        "Name of the role's session, seen in CloudTrail.",
    )
    .aliases(&[
        "JwtRoleSessionName",
        "role_session_name",
        "athena.aws.role_session_name",
    ]),
    signin(
        K::RoleSessionDuration,
        Kind::Duration {
            unit: Unit::Seconds,
            min: 900_000,
            max: 43_200_000,
        },
        "How long the role's credentials are valid; they are renewed in time.",
    )
    .aliases(&["Duration", "athena.aws.role_duration"])
    .default("3600"),
];
