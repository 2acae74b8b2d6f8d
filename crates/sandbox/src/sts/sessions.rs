//! Temporary keys.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Form, Refusal};
use crate::clock::iso8601;
use crate::policy::Policy;
use crate::service::{ACCOUNT, Service};
use crate::sigv4::Key;
use crate::xml::element;

/// The id of every role.
pub(super) const ROLE_ID: &str = "AROASANDBOX";

/// A session that is to be opened.
pub(super) struct Session {
    arn: String,
    /// Of roles: the name of the session.
    name: Option<String>,
}

/// A session with its keys.
pub(super) struct Opened {
    session: Session,
    id: String,
    secret: String,
    token: String,
    ends: SystemTime,
}

impl Session {
    pub(super) fn of_role(role: &str, name: &str) -> Result<Self, Refusal> {
        let role_name = role
            .split_once(":role/")
            .filter(|_| role.starts_with("arn:"))
            .and_then(|(_, path)| path.rsplit('/').next())
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Refusal::invalid(format!("{role} is invalid")))?;
        let valid = (2..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
        if !valid {
            return Err(Refusal::invalid(format!(
                "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member \
                 must satisfy regular expression pattern: [\\w+=,.@-]{{2,64}}"
            )));
        }
        Ok(Self {
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{name}"),
            name: Some(name.to_owned()),
        })
    }

    pub(super) fn of_user(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            name: None,
        }
    }

    /// Makes keys, for as long and with the rights that the form says.
    pub(super) fn open(self, service: &Service, form: &Form) -> Result<Opened, Refusal> {
        let most = if self.name.is_some() { 43_200 } else { 129_600 };
        let seconds = match form.get("DurationSeconds").unwrap_or("3600").parse::<u64>() {
            Ok(seconds) if (900..=most).contains(&seconds) => seconds,
            _ => {
                return Err(Refusal::invalid(format!(
                    "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must \
                     have value between 900 and {most}"
                )));
            }
        };
        let policy = match form.get("Policy") {
            None => None,
            Some(text) => {
                let policy = Policy::parse(text).map_err(|problem| Refusal {
                    status: 400,
                    code: "MalformedPolicyDocument",
                    message: problem.to_string(),
                })?;
                Some(Arc::new(policy))
            }
        };
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let letters = random().to_ascii_uppercase();
        let opened = Opened {
            id: format!("ASIA{}", letters.get(..16).unwrap_or_default()),
            secret: format!("{}{}", random(), random().get(..8).unwrap_or_default()),
            token: format!("FwoGZXIvYXdzE{}{}", random(), random()),
            ends: SystemTime::now() + Duration::from_secs(seconds),
            session: self,
        };
        service.keys.add(
            &opened.id,
            Key {
                secret: opened.secret.clone(),
                session: Some((opened.token.clone(), opened.ends)),
                arn: opened.session.arn.clone(),
                policy,
            },
        );
        Ok(opened)
    }
}

impl Opened {
    pub(super) fn xml(&self) -> String {
        let user = match &self.session.name {
            Some(name) => format!(
                "<AssumedRoleUser>{}{}</AssumedRoleUser>",
                element("AssumedRoleId", &format!("{ROLE_ID}:{name}")),
                element("Arn", &self.session.arn),
            ),
            None => String::new(),
        };
        format!(
            "<Credentials>{}{}{}{}</Credentials>{user}",
            element("AccessKeyId", &self.id),
            element("SecretAccessKey", &self.secret),
            element("SessionToken", &self.token),
            element("Expiration", &iso8601(self.ends)),
        )
    }
}
