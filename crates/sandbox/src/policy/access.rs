//! Asking the policies.

use std::fmt;

use super::{Decision, Policy, Question};
use crate::service::ACCOUNT;
use crate::sigv4::Caller;

/// What one caller may do; anything where there are no policies.
#[derive(Debug, Clone)]
pub(crate) struct Access<'a> {
    policies: &'a [Policy],
    caller: &'a Caller,
    context: Vec<(String, Vec<String>)>,
}

/// A refusal, which says as much as Amazon's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied {
    caller: String,
    pub(crate) action: String,
    resource: String,
    explicit: bool,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "User: {} is not authorized to perform: {} on resource: {} ",
            self.caller, self.action, self.resource
        )?;
        if self.explicit {
            write!(f, "with an explicit deny in an identity-based policy")
        } else {
            write!(
                f,
                "because no identity-based policy allows the {} action",
                self.action
            )
        }
    }
}

impl<'a> Access<'a> {
    pub(crate) fn new(policies: &'a [Policy], caller: &'a Caller, secure: bool) -> Self {
        let access = Self {
            policies,
            caller,
            context: Vec::new(),
        };
        if access.is_open() {
            return access;
        }
        access
            .with("aws:principalarn", &caller.arn)
            .with("aws:principalaccount", ACCOUNT)
            .with("aws:resourceaccount", ACCOUNT)
            .with("s3:resourceaccount", ACCOUNT)
            .with("aws:requestedregion", &caller.region)
            .with("aws:sourceip", "127.0.0.1")
            .with("aws:securetransport", &secure.to_string())
    }

    /// With the value of a condition key.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.context.retain(|(known, _)| known != key);
        self.context.push((key.to_owned(), vec![value.to_owned()]));
        self
    }

    /// What Athena does with the caller's rights.
    pub(crate) fn via_athena(self) -> Self {
        let athena = "athena.amazonaws.com";
        self.with("aws:calledvia", athena)
            .with("aws:calledviafirst", athena)
            .with("aws:calledvialast", athena)
            .with("aws:viaawsservice", "true")
    }

    /// True if there is nothing to ask.
    pub(crate) fn is_open(&self) -> bool {
        self.policies.is_empty() && self.caller.policy.is_none()
    }

    /// Asks for one action on one resource.
    pub(crate) fn may(&self, action: &str, resource: &str) -> Result<(), Denied> {
        let question = Question {
            action,
            resource,
            context: &self.context,
        };
        let mut decision = if self.policies.is_empty() {
            Decision::Allowed
        } else {
            strongest(self.policies.iter().map(|policy| policy.decide(&question)))
        };
        // A session's own policy can only take away.
        if let (Decision::Allowed, Some(policy)) = (decision, &self.caller.policy) {
            decision = policy.decide(&question);
        }
        if decision == Decision::Allowed {
            return Ok(());
        }
        Err(Denied {
            caller: self.caller.arn.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            explicit: decision == Decision::Denied,
        })
    }

    /// The start of a resource's name, e.g. `arn:aws:athena:us-east-1:123456789012:`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:aws:{service}:{}:{ACCOUNT}:{resource}",
            self.caller.region
        )
    }
}

fn strongest(decisions: impl Iterator<Item = Decision>) -> Decision {
    let mut strongest = Decision::NotAllowed;
    for decision in decisions {
        match decision {
            Decision::Denied => return Decision::Denied,
            Decision::Allowed => strongest = Decision::Allowed,
            Decision::NotAllowed => {}
        }
    }
    strongest
}

/// The name of a bucket.
pub(crate) fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// The name of an object.
pub(crate) fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}
