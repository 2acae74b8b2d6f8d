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
    /// The role assumed with what the source yields.
    pub assume_role: Option<AssumeRole>,
}

/// The first source of credentials.
#[derive(Debug, Clone)]
pub enum CredentialsProvider {
    /// Environment, profile, SSO, web identity, ECS, EC2, in the SDK's order.
    DefaultChain,
    /// The keys given.
    Keys {
        /// Access key id.
        access_key_id: String,
        /// Secret access key.
        secret_access_key: SecretString,
        /// Session token of temporary keys.
        session_token: Option<SecretString>,
    },
    /// This profile of the AWS configuration files.
    Profile(String),
    /// The role of the EC2 instance.
    InstanceProfile,
    /// This command, which prints credentials as JSON.
    Process(String),
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
    /// Name of the session, seen in CloudTrail.
    pub session_name: String,
    /// How long credentials are valid, 15 minutes to 12 hours.
    pub duration: Duration,
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
    what: "DefaultChain (also Default Credentials, iam), ProfileCredentials (IAM Profile, profile), \
        InstanceProfile (Instance Profile), IAM Credentials (access_key), their class names in \
        com.simba.athena.amazonaws.auth, com.amazonaws.auth or software.amazon.awssdk.auth.credentials; \
        any other name is a plugin, which connecting refuses by name",
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

impl CredentialsConfig {
    /// Decides on the source, and tells of options that the decision leaves unread.
    pub(super) fn from_options(options: &Options, notices: &mut Vec<String>) -> Result<Self> {
        let provider = provider(options)?;
        let read: &[K] = match provider {
            CredentialsProvider::Keys { .. } => &[K::User, K::Password, K::SessionToken],
            CredentialsProvider::Profile(_) => &[K::ProfileName, K::CredentialsProviderArguments],
            CredentialsProvider::Process(_) => &[K::CredentialProcess],
            CredentialsProvider::DefaultChain | CredentialsProvider::InstanceProfile => &[],
            // The refusal to come says more than a list of what it does not read.
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
            assume_role: assume_role(options)?,
        })
    }
}

/// The options that belong to one source each.
const SOURCES: &[K] = &[
    K::User,
    K::Password,
    K::SessionToken,
    K::ProfileName,
    K::CredentialsProviderArguments,
    K::CredentialProcess,
];

fn provider(options: &Options) -> Result<CredentialsProvider> {
    let profile = || {
        let argument = options.secret(K::CredentialsProviderArguments);
        let argument = argument.map(|secret| secret.expose_secret().trim().to_owned());
        options
            .given_value(K::ProfileName)
            .map(str::to_owned)
            .or(argument)
    };
    match options.given_value(K::CredentialsProvider) {
        Some(DEFAULT_CHAIN) => Ok(CredentialsProvider::DefaultChain),
        Some(INSTANCE_PROFILE) => Ok(CredentialsProvider::InstanceProfile),
        Some(PROFILE) => profile()
            .map(CredentialsProvider::Profile)
            .ok_or_else(|| invalid("CredentialsProvider=ProfileCredentials needs ProfileName.")),
        Some(KEYS) => Ok(keys(options)?.unwrap_or(CredentialsProvider::DefaultChain)),
        Some(other) => Ok(CredentialsProvider::Plugin(other.to_owned())),
        None => {
            if let Some(command) = options.given_value(K::CredentialProcess) {
                return Ok(CredentialsProvider::Process(command.to_owned()));
            }
            if let Some(keys) = keys(options)? {
                return Ok(keys);
            }
            Ok(match options.given_value(K::ProfileName) {
                Some(profile) => CredentialsProvider::Profile(profile.to_owned()),
                None => CredentialsProvider::DefaultChain,
            })
        }
    }
}

/// The keys given, or `None` when both are blank.
fn keys(options: &Options) -> Result<Option<CredentialsProvider>> {
    let token = options.secret(K::SessionToken);
    match (options.given_value(K::User), options.secret(K::Password)) {
        (Some(user), Some(password)) => Ok(Some(CredentialsProvider::Keys {
            access_key_id: user.trim().to_owned(),
            secret_access_key: password.clone(),
            session_token: token.cloned(),
        })),
        (Some(_), None) => Err(invalid(
            "User (the access key id) is given without Password (the secret access key).",
        )),
        (None, Some(_)) => Err(invalid(
            "Password (the secret access key) is given without User (the access key id).",
        )),
        (None, None) if token.is_some() => Err(invalid(
            "SessionToken is given without User and Password, the keys it belongs to.",
        )),
        (None, None) => Ok(None),
    }
}

fn assume_role(options: &Options) -> Result<Option<AssumeRole>> {
    let Some(arn) = options.given_value(K::RoleArn) else {
        return match options.given_value(K::RoleExternalId) {
            Some(_) => Err(invalid("RoleExternalId is given without RoleArn.")),
            None => Ok(None),
        };
    };
    Ok(Some(AssumeRole {
        arn: arn.to_owned(),
        external_id: options.given_value(K::RoleExternalId).map(str::to_owned),
        session_name: options.text(K::RoleSessionName)?,
        duration: options.duration(K::RoleSessionDuration)?,
    }))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}
