//! The STS operations a driver signs in with.

use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode_str;

use crate::clock::iso8601;
use crate::reply::{Reply, sts_error, xml};
use crate::service::{ACCOUNT, Service};
use crate::sigv4::{Caller, Key};
use crate::xml::element;

/// The fields of a form body.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        Self(
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// True for operations whose caller has no keys yet.
pub(crate) fn is_unsigned(operation: &str) -> bool {
    matches!(
        operation,
        "AssumeRoleWithWebIdentity" | "AssumeRoleWithSAML"
    )
}

/// Answers one operation.
pub(crate) fn handle(
    service: &Service,
    operation: &str,
    form: &Form,
    caller: Option<&Caller>,
) -> Reply {
    match operation {
        "GetCallerIdentity" => caller_identity(caller),
        "AssumeRole" => assume_role(service, operation, form, &["RoleArn", "RoleSessionName"]),
        "AssumeRoleWithWebIdentity" => assume_role(
            service,
            operation,
            form,
            &["RoleArn", "RoleSessionName", "WebIdentityToken"],
        ),
        "AssumeRoleWithSAML" => assume_role(
            service,
            operation,
            form,
            &["RoleArn", "PrincipalArn", "SAMLAssertion"],
        ),
        _ => sts_error(
            400,
            "InvalidAction",
            "Could not find operation for this version.",
        ),
    }
}

fn caller_identity(caller: Option<&Caller>) -> Reply {
    let arn = caller.map_or("", |caller| caller.arn.as_str());
    answer(
        "GetCallerIdentity",
        &format!(
            "{}{}{}",
            element("Arn", arn),
            element("UserId", "AIDASANDBOX"),
            element("Account", ACCOUNT)
        ),
    )
}

fn assume_role(service: &Service, operation: &str, form: &Form, required: &[&str]) -> Reply {
    if let Some(missing) = required.iter().find(|name| form.get(name).is_none()) {
        let message = format!(
            "1 validation error detected: Value null at '{missing}' failed to satisfy constraint: Member must not be null"
        );
        return sts_error(400, "ValidationError", &message);
    }
    let role = form.get("RoleArn").unwrap_or_default();
    let Some(role_name) = role
        .split_once(":role/")
        .map(|(_, name)| name)
        .filter(|_| role.starts_with("arn:"))
    else {
        return sts_error(400, "ValidationError", &format!("{role} is invalid"));
    };
    let seconds = match form.get("DurationSeconds").unwrap_or("3600").parse::<u64>() {
        Ok(seconds) if (900..=43_200).contains(&seconds) => seconds,
        _ => {
            let message = "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member \
                           must have value between 900 and 43200";
            return sts_error(400, "ValidationError", message);
        }
    };
    let session_name = form.get("RoleSessionName").unwrap_or("saml");
    let random = || uuid::Uuid::new_v4().simple().to_string();
    let id = format!("ASIA{}", &random().to_ascii_uppercase()[..16]);
    let secret = random() + &random()[..8];
    let token = format!("FwoGZXIvYXdzE{}{}", random(), random());
    let expires = SystemTime::now() + Duration::from_secs(seconds);
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{session_name}");
    let user = format!(
        "<AssumedRoleUser>{}{}</AssumedRoleUser>",
        element("AssumedRoleId", &format!("AROASANDBOX:{session_name}")),
        element("Arn", &arn),
    );
    let credentials = format!(
        "<Credentials>{}{}{}{}</Credentials>",
        element("AccessKeyId", &id),
        element("SecretAccessKey", &secret),
        element("SessionToken", &token),
        element("Expiration", &iso8601(expires)),
    );
    service.keys.add(
        &id,
        Key {
            secret,
            session: Some((token, expires)),
            arn,
        },
    );
    answer(operation, &format!("{credentials}{user}"))
}

fn answer(operation: &str, result: &str) -> Reply {
    let id = uuid::Uuid::new_v4().to_string();
    xml(
        200,
        &format!(
            "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>{result}\
             </{operation}Result><ResponseMetadata>{}</ResponseMetadata></{operation}Response>",
            element("RequestId", &id)
        ),
    )
}
