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
    /// Profile of the AWS configuration files, also for the region; `None` leaves it to
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// The role assumed with what the source yields.
    pub assume_role: Option<AssumeRole>,
}

/// The first source of credentials.
#[derive(Debug, Clone)]
pub enum CredentialsProvider {
    /// Environment, profile, SSO, web identity, ECS, EC2, in the SDK's order.
    DefaultChain,
    /// Keys.
    Keys(AccessKeys),
    /// The profile given.
    Profile,
    /// The role of the EC2 instance.
    InstanceProfile,
    /// A command that prints credentials as JSON.
    Process(String),
    /// A sign-in plugin or provider class that is not built. Connecting answers
    /// `NotImplemented` and names it.
    Plugin(String),
}

/// An access key.
#[derive(Debug, Clone)]
pub struct AccessKeys {
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: SecretString,
    /// Session token of temporary keys.
    pub session_token: Option<SecretString>,
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
        let provider = provider(options)?;
        let mut profile = options.given_value(K::ProfileName).map(str::to_owned);
        let read: &[K] = match provider {
            CredentialsProvider::Keys(_) => {
                &[K::User, K::Password, K::SessionToken, K::ProfileName]
            }
            CredentialsProvider::Profile => {
                let argument = options.secret(K::CredentialsProviderArguments);
                profile = profile.or(argument.map(|name| name.expose_secret().trim().to_owned()));
                if profile.is_none() {
                    return Err(invalid(
                        "CredentialsProvider=ProfileCredentials needs ProfileName.",
                    ));
                }
                &[K::ProfileName, K::CredentialsProviderArguments]
            }
            CredentialsProvider::Process(_) => &[K::CredentialProcess, K::ProfileName],
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
        Ok(Self {
            provider,
            profile,
            assume_role: assume_role(options)?,
        })
    }
}

fn provider(options: &Options) -> Result<CredentialsProvider> {
    let any_key = [K::User, K::Password, K::SessionToken]
        .iter()
        .any(|key| options.is_given(*key));
    let process = options.given_value(K::CredentialProcess);
    Ok(
        match (options.given_value(K::CredentialsProvider), process) {
            (Some(DEFAULT_CHAIN), _) => CredentialsProvider::DefaultChain,
            (Some(INSTANCE_PROFILE), _) => CredentialsProvider::InstanceProfile,
            (Some(PROFILE), _) => CredentialsProvider::Profile,
            (Some(KEYS), _) if any_key => CredentialsProvider::Keys(keys(options)?),
            (Some(KEYS), _) => CredentialsProvider::DefaultChain,
            (Some(other), _) => CredentialsProvider::Plugin(other.to_owned()),
            (None, Some(command)) => CredentialsProvider::Process(command.to_owned()),
            (None, None) if any_key => CredentialsProvider::Keys(keys(options)?),
            (None, None) if options.is_given(K::ProfileName) => CredentialsProvider::Profile,
            (None, None) => CredentialsProvider::DefaultChain,
        },
    )
}

fn keys(options: &Options) -> Result<AccessKeys> {
    match (options.given_value(K::User), options.secret(K::Password)) {
        (Some(id), Some(secret)) => Ok(AccessKeys {
            id: id.trim().to_owned(),
            secret: secret.clone(),
            session_token: options.secret(K::SessionToken).cloned(),
        }),
        (Some(_), None) => Err(invalid(
            "User (the access key id) is given without Password (the secret access key).",
        )),
        (None, Some(_)) => Err(invalid(
            "Password (the secret access key) is given without User (the access key id).",
        )),
        (None, None) => Err(invalid(
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
