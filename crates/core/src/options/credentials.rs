//! Which credentials the options ask for. Finding them is the engine's business.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::key::OptionKey as K;
use super::kind::Format;
use super::set::Options;
use crate::error::{Error, ErrorKind, Result};

/// Where credentials come from.
#[derive(Debug, Clone)]
pub struct CredentialsConfig {
    /// The first source.
    pub provider: CredentialsProvider,
    /// Access key id: there with `Keys`.
    pub access_key_id: Option<String>,
    /// Secret access key: there with `Keys`.
    pub secret_access_key: Option<SecretString>,
    /// Session token of temporary keys.
    pub session_token: Option<SecretString>,
    /// Profile of the AWS configuration files, also for the region: there with `Profile`.
    pub profile: Option<String>,
    /// Command that prints credentials as JSON: there with `Process`.
    pub credential_process: Option<String>,
    /// The role assumed with what the source yields.
    pub assume_role: Option<AssumeRole>,
}

/// The first source of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialsProvider {
    /// Environment, profile, SSO, web identity, ECS, EC2, in the SDK's order.
    DefaultChain,
    /// The keys given.
    Keys,
    /// The profile given.
    Profile,
    /// The role of the EC2 instance.
    InstanceProfile,
    /// The command given.
    Process,
    /// A sign-in plugin or provider class that is not built. Connecting answers
    /// `NotImplemented` and names it.
    Plugin(String),
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// ARN of the role.
    pub arn: String,
    /// External id the role asks for.
    pub external_id: Option<String>,
    /// Name of the session, seen in CloudTrail; `None` lets one be made up.
    pub session_name: Option<String>,
    /// How long credentials are valid, 15 minutes to 12 hours.
    pub duration: Option<Duration>,
}

const DEFAULT_CHAIN: &str = "DefaultChain";
const PROFILE: &str = "ProfileCredentials";
const INSTANCE_PROFILE: &str = "InstanceProfile";
const KEYS: &str = "IAM Credentials";

/// Each provider built, with its names in the other dialects.
const BUILT: [(&str, &[&str]); 4] = [
    (
        DEFAULT_CHAIN,
        &[
            "Default Credentials",
            "iam",
            "DefaultAWSCredentialsProviderChain",
            "DefaultCredentialsProvider",
        ],
    ),
    (
        PROFILE,
        &["IAM Profile", "profile", "ProfileCredentialsProvider"],
    ),
    (
        INSTANCE_PROFILE,
        &["Instance Profile", "InstanceProfileCredentialsProvider"],
    ),
    (KEYS, &["access_key"]),
];

/// Packages whose classes are known by their last name.
const SDK_PACKAGES: [&str; 3] = [
    "com.simba.athena.amazonaws.auth.",
    "com.amazonaws.auth.",
    "software.amazon.awssdk.auth.credentials.",
];

/// The value of [`K::CredentialsProvider`]: kept under its JDBC 3.x name when built, else as
/// it is.
pub(super) const PROVIDER: Format = Format {
    what: "DefaultChain (also Default Credentials, iam), ProfileCredentials (IAM Profile, \
        profile), InstanceProfile (Instance Profile), IAM Credentials (access_key), or the AWS \
        SDK's class of one of these; any other name is a plugin, which connecting refuses",
    read: |text| {
        let in_sdk = SDK_PACKAGES.iter().any(|package| text.starts_with(package));
        let name = match text.rsplit_once('.') {
            Some((_, class)) if in_sdk => class,
            _ => text,
        };
        let built = BUILT.iter().find(|(built, others)| {
            built.eq_ignore_ascii_case(name)
                || others.iter().any(|other| other.eq_ignore_ascii_case(name))
        });
        Some(built.map_or(text, |(built, _)| built).to_owned())
    },
};

/// The options that belong to one source each.
const SOURCES: &[K] = &[
    K::User,
    K::Password,
    K::SessionToken,
    K::ProfileName,
    K::CredentialsProviderArguments,
    K::CredentialProcess,
];

impl CredentialsConfig {
    /// Decides on the source, and tells of options that the decision leaves unread.
    pub(super) fn from_options(options: &Options, notices: &mut Vec<String>) -> Result<Self> {
        let given = |key| options.given_value(key).map(str::to_owned);
        let argument = options.secret(K::CredentialsProviderArguments);
        let argument = argument.map(|argument| argument.expose_secret().trim().to_owned());
        let mut config = Self {
            provider: provider(options),
            access_key_id: given(K::User).map(|user| user.trim().to_owned()),
            secret_access_key: options.secret(K::Password).cloned(),
            session_token: options.secret(K::SessionToken).cloned(),
            profile: given(K::ProfileName),
            credential_process: given(K::CredentialProcess),
            assume_role: assume_role(options)?,
        };
        let read: &[K] = match config.provider {
            CredentialsProvider::Keys => {
                check_keys(options)?;
                &[K::User, K::Password, K::SessionToken, K::ProfileName]
            }
            CredentialsProvider::Profile => {
                config.profile = config.profile.or(argument);
                if config.profile.is_none() {
                    return Err(invalid(
                        "CredentialsProvider=ProfileCredentials needs ProfileName.",
                    ));
                }
                &[K::ProfileName, K::CredentialsProviderArguments]
            }
            CredentialsProvider::Process => &[K::CredentialProcess, K::ProfileName],
            CredentialsProvider::DefaultChain | CredentialsProvider::InstanceProfile => {
                &[K::ProfileName]
            }
            // The refusal to come says more than a list of what is not read.
            CredentialsProvider::Plugin(_) => SOURCES,
        };
        let unread = SOURCES
            .iter()
            .filter(|key| options.is_given(**key) && !read.contains(key));
        notices.extend(unread.map(|key| {
            format!(
                "{key} is not read, because the other options choose another source of credentials."
            )
        }));
        Ok(config)
    }
}

fn provider(options: &Options) -> CredentialsProvider {
    let keys = [K::User, K::Password, K::SessionToken]
        .iter()
        .any(|key| options.is_given(*key));
    match options.given_value(K::CredentialsProvider) {
        Some(DEFAULT_CHAIN) => CredentialsProvider::DefaultChain,
        Some(INSTANCE_PROFILE) => CredentialsProvider::InstanceProfile,
        Some(PROFILE) => CredentialsProvider::Profile,
        Some(KEYS) if keys => CredentialsProvider::Keys,
        Some(KEYS) => CredentialsProvider::DefaultChain,
        Some(other) => CredentialsProvider::Plugin(other.to_owned()),
        None if options.is_given(K::CredentialProcess) => CredentialsProvider::Process,
        None if keys => CredentialsProvider::Keys,
        None if options.is_given(K::ProfileName) => CredentialsProvider::Profile,
        None => CredentialsProvider::DefaultChain,
    }
}

fn check_keys(options: &Options) -> Result<()> {
    match (options.is_given(K::User), options.is_given(K::Password)) {
        (true, true) => Ok(()),
        (true, false) => Err(invalid(
            "User (the access key id) is given without Password (the secret access key).",
        )),
        (false, true) => Err(invalid(
            "Password (the secret access key) is given without User (the access key id).",
        )),
        (false, false) => Err(invalid(
            "SessionToken is given without User and Password, the keys it belongs to.",
        )),
    }
}

fn assume_role(options: &Options) -> Result<Option<AssumeRole>> {
    let Some(arn) = options.given_value(K::RoleArn) else {
        return match options.given_value(K::RoleExternalId) {
            Some(_) => Err(invalid("RoleExternalId is given without RoleArn.")),
            None => Ok(None),
        };
    };
    let duration = match options.is_given(K::RoleSessionDuration) {
        true => Some(options.duration(K::RoleSessionDuration)?),
        false => None,
    };
    Ok(Some(AssumeRole {
        arn: arn.to_owned(),
        external_id: options.given_value(K::RoleExternalId).map(str::to_owned),
        session_name: options.given_value(K::RoleSessionName).map(str::to_owned),
        duration,
    }))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}
