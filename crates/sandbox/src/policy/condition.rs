//! Conditions of policy statements.

use serde_json::Value;

use super::pattern::matches;
use super::{PolicyError, refuse, texts};

/// The condition keys that requests of the sandbox have.
const KEYS: [&str; 14] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourceip",
    "aws:viaawsservice",
    "s3:delimiter",
    "s3:prefix",
    "s3:resourceaccount",
];

/// How a value of the request is compared with one of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    Bool,
    Null,
}

/// What must hold of a key that has several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Single,
    Any,
    All,
}

/// One operator with one key and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    comparison: Comparison,
    quantifier: Quantifier,
    negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

impl Condition {
    /// Reads the `Condition` of a statement.
    pub(super) fn read_all(value: &Value) -> Result<Vec<Self>, PolicyError> {
        let Value::Object(operators) = value else {
            return refuse("a statement's Condition is no object");
        };
        let mut all = Vec::new();
        for (operator, keys) in operators {
            let Value::Object(keys) = keys else {
                return refuse(format!("the condition {operator} is no object"));
            };
            for (key, values) in keys {
                all.push(Self::read(operator, key, values)?);
            }
        }
        Ok(all)
    }

    fn read(operator: &str, key: &str, values: &Value) -> Result<Self, PolicyError> {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAnyValue", name)) => (Quantifier::Any, name),
            Some(("ForAllValues", name)) => (Quantifier::All, name),
            _ => (Quantifier::Single, operator),
        };
        let stripped = name.strip_suffix("IfExists");
        let (comparison, negated) = match stripped.unwrap_or(name) {
            "StringEquals" => (Comparison::Equals, false),
            "StringNotEquals" => (Comparison::Equals, true),
            "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, true),
            "StringLike" | "ArnLike" | "ArnEquals" => (Comparison::Like, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (Comparison::Like, true),
            "Bool" => (Comparison::Bool, false),
            "Null" => (Comparison::Null, false),
            _ => {
                return refuse(format!(
                    "the condition operator '{operator}' is none that athena-sandbox evaluates"
                ));
            }
        };
        let folded = key.to_lowercase();
        if !KEYS.contains(&folded.as_str()) {
            return refuse(format!(
                "the condition key '{key}' is none that athena-sandbox knows"
            ));
        }
        let values = match values {
            Value::Bool(value) => Some(vec![value.to_string()]),
            other => texts(other),
        };
        match values {
            Some(values) if !values.iter().any(|value| value.contains("${")) => Ok(Self {
                comparison,
                quantifier,
                negated,
                if_exists: stripped.is_some(),
                key: folded,
                values,
            }),
            _ => refuse(format!(
                "the values of the condition key '{key}' are no plain texts"
            )),
        }
    }

    /// True if the request meets it.
    pub(super) fn holds(&self, context: &[(String, Vec<String>)]) -> bool {
        let found = context.iter().find(|(key, _)| *key == self.key);
        let found = found.map_or(&[][..], |(_, values)| values.as_slice());
        if self.comparison == Comparison::Null {
            let absent = found.is_empty().to_string();
            return self.values.contains(&absent);
        }
        if found.is_empty() {
            return self.if_exists || self.negated || self.quantifier == Quantifier::All;
        }
        let meets = |value: &String| self.meets(value) != self.negated;
        match self.quantifier {
            Quantifier::All => found.iter().all(meets),
            Quantifier::Any | Quantifier::Single => found.iter().any(meets),
        }
    }

    fn meets(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| match self.comparison {
            Comparison::Equals => wanted == value,
            Comparison::EqualsIgnoreCase | Comparison::Bool => wanted.eq_ignore_ascii_case(value),
            Comparison::Like => matches(wanted, value, false),
            Comparison::Null => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(condition: Value, context: &[(&str, &[&str])]) -> bool {
        let context: Vec<(String, Vec<String>)> = context
            .iter()
            .map(|(key, values)| {
                let values = values.iter().map(|value| (*value).to_owned());
                ((*key).to_owned(), values.collect())
            })
            .collect();
        let all = Condition::read_all(&condition).unwrap();
        all.iter().all(|condition| condition.holds(&context))
    }

    #[test]
    fn conditions_hold_as_documented() {
        let athena: &[(&str, &[&str])] = &[
            ("aws:calledvia", &["athena.amazonaws.com"]),
            ("aws:viaawsservice", &["true"]),
        ];
        let listing: &[(&str, &[&str])] = &[("s3:prefix", &["home/me/"])];
        for (condition, context, expected) in [
            (
                json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}),
                athena,
                true,
            ),
            (
                json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}),
                &[],
                false,
            ),
            (json!({"Bool": {"aws:ViaAWSService": "true"}}), athena, true),
            (json!({"Bool": {"aws:ViaAWSService": false}}), athena, false),
            (
                json!({"BoolIfExists": {"aws:ViaAWSService": "false"}}),
                &[],
                true,
            ),
            (json!({"Null": {"aws:CalledVia": "true"}}), &[], true),
            (json!({"Null": {"aws:CalledVia": "true"}}), athena, false),
            (
                json!({"StringLike": {"s3:prefix": ["home/*", ""]}}),
                listing,
                true,
            ),
            (
                json!({"StringNotLike": {"s3:prefix": "home/*"}}),
                listing,
                false,
            ),
            (json!({"StringNotEquals": {"s3:prefix": "x"}}), &[], true),
            (
                json!({"StringEqualsIgnoreCase": {"s3:prefix": "HOME/ME/"}}),
                listing,
                true,
            ),
            (
                json!({"StringLike": {"s3:prefix": "home/*"}, "Bool": {"aws:ViaAWSService": "true"}}),
                listing,
                false,
            ),
        ] {
            assert_eq!(holds(condition.clone(), context), expected, "{condition}");
        }
    }
}
