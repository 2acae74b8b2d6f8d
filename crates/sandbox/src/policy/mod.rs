//! IAM policies: what callers may do, and what Athena may do for them.

mod access;
mod athena;
mod condition;
mod glue;
pub(crate) mod on_behalf;
mod pattern;
mod references;
mod s3;

use std::fmt;

use serde_json::{Map, Value};

pub(crate) use access::{Access, Denied};
pub(crate) use athena::{authorize as authorize_athena, may_see as may_see_execution};
use condition::Condition;
pub(crate) use glue::authorize as authorize_glue;
use pattern::matches;
pub(crate) use s3::authorize as authorize_s3;

/// An identity-based policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allows: bool,
    actions: Selection,
    resources: Selection,
    conditions: Vec<Condition>,
}

/// Patterns, or everything but what they match.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Selection {
    patterns: Vec<String>,
    inverted: bool,
}

/// Why a policy document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(String);

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PolicyError {}

fn refuse<T>(text: impl Into<String>) -> Result<T, PolicyError> {
    Err(PolicyError(text.into()))
}

/// What a policy says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Allowed,
    NotAllowed,
    Denied,
}

/// A request as policies see it.
struct Question<'a> {
    action: &'a str,
    resource: &'a str,
    /// Values of condition keys, in lower case.
    context: &'a [(String, Vec<String>)],
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// It is no identity-based policy, or holds something the sandbox does not evaluate, such
    /// as an unknown condition: a policy that is only partly obeyed would prove nothing.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Map<String, Value> = serde_json::from_str(text)
            .map_err(|problem| PolicyError(format!("the policy is no JSON object: {problem}")))?;
        for (member, value) in &document {
            match (member.as_str(), value.as_str()) {
                ("Version", Some("2012-10-17" | "2008-10-17")) => {}
                ("Id", Some(_)) | ("Statement", _) => {}
                _ => {
                    return refuse(format!(
                        "the policy's member '{member}' has no known meaning"
                    ));
                }
            }
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Statement::read).collect(),
            Some(single @ Value::Object(_)) => Statement::read(single).map(|one| vec![one]),
            _ => refuse("the policy has no Statement"),
        };
        Ok(Self {
            statements: statements?,
        })
    }

    fn decide(&self, question: &Question<'_>) -> Decision {
        let mut decision = Decision::NotAllowed;
        for statement in self.statements.iter().filter(|statement| {
            statement.actions.selects(question.action, true)
                && statement.resources.selects(question.resource, false)
                && statement
                    .conditions
                    .iter()
                    .all(|condition| condition.holds(question.context))
        }) {
            if !statement.allows {
                return Decision::Denied;
            }
            decision = Decision::Allowed;
        }
        decision
    }
}

impl Statement {
    fn read(value: &Value) -> Result<Self, PolicyError> {
        let Value::Object(members) = value else {
            return refuse("a statement is no object");
        };
        let known = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        if let Some(member) = members.keys().find(|key| !known.contains(&key.as_str())) {
            return refuse(format!(
                "a statement's member '{member}' is not one of an identity-based policy"
            ));
        }
        let allows = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return refuse("a statement's Effect is neither Allow nor Deny"),
        };
        let conditions = match members.get("Condition") {
            None => Vec::new(),
            Some(value) => Condition::read_all(value)?,
        };
        let actions = Selection::read(members, "Action")?;
        let wrong = |pattern: &&String| *pattern != "*" && !pattern.contains(':');
        if let Some(action) = actions.patterns.iter().find(wrong) {
            return refuse(format!(
                "'{action}' is no action such as athena:GetWorkGroup"
            ));
        }
        Ok(Self {
            allows,
            actions,
            resources: Selection::read(members, "Resource")?,
            conditions,
        })
    }
}

impl Selection {
    /// Reads `Action` or `NotAction`, of which there must be one.
    fn read(members: &Map<String, Value>, name: &str) -> Result<Self, PolicyError> {
        let (plain, inverted) = (members.get(name), members.get(&format!("Not{name}")));
        let value = match (plain, inverted) {
            (Some(value), None) | (None, Some(value)) => value,
            _ => {
                return refuse(format!(
                    "a statement needs {name} or Not{name}, and not both"
                ));
            }
        };
        let patterns = texts(value)
            .ok_or_else(|| PolicyError(format!("{name} is neither a text nor a list of texts")))?;
        if let Some(variable) = patterns.iter().find(|pattern| pattern.contains("${")) {
            return refuse(format!(
                "'{variable}' has a policy variable, which athena-sandbox does not replace"
            ));
        }
        Ok(Self {
            patterns,
            inverted: plain.is_none(),
        })
    }

    fn selects(&self, text: &str, any_case: bool) -> bool {
        let found = self
            .patterns
            .iter()
            .any(|pattern| matches(pattern, text, any_case));
        found != self.inverted
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(policy: &str, action: &str, resource: &str) -> Decision {
        Policy::parse(policy).unwrap().decide(&Question {
            action,
            resource,
            context: &[],
        })
    }

    #[test]
    fn denials_win_and_nothing_is_allowed_by_itself() {
        let policy = r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]},
            {"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/open/*"}]}"#;
        for (action, resource, expected) in [
            ("s3:GetBucketLocation", "arn:aws:s3:::a", Decision::Allowed),
            ("S3:getbucketlocation", "arn:aws:s3:::a", Decision::Allowed),
            (
                "s3:GetBucketLocation",
                "arn:aws:s3:::b",
                Decision::NotAllowed,
            ),
            ("s3:GetObject", "arn:aws:s3:::a/open/k", Decision::Allowed),
            ("s3:GetObject", "arn:aws:s3:::a/k", Decision::Denied),
            ("athena:GetWorkGroup", "anything", Decision::Allowed),
            ("iam:PassRole", "anything", Decision::NotAllowed),
        ] {
            assert_eq!(
                decide(policy, action, resource),
                expected,
                "{action} {resource}"
            );
        }
    }

    #[test]
    fn what_would_not_be_obeyed_is_refused() {
        for (policy, part) in [
            ("[]", "no JSON object"),
            ("{}", "no Statement"),
            (r#"{"Version": "2020-01-01", "Statement": []}"#, "'Version'"),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#,
                "'Principal'",
            ),
            (
                r#"{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}"#,
                "Effect",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#,
                "Action or NotAction",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}}"#,
                "'GetObject'",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}"}}"#,
                "policy variable",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}}"#,
                "aws:PrincipalTag/team",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"DateGreaterThan": {"aws:CalledVia": "x"}}}}"#,
                "DateGreaterThan",
            ),
        ] {
            let problem = Policy::parse(policy).unwrap_err().to_string();
            assert!(problem.contains(part), "{policy}: {problem}");
        }
    }
}
