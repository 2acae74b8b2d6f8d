//! The STS operations a driver signs in with.

mod form;
mod identity;
mod sessions;

use std::time::SystemTime;

pub(crate) use form::Form;
use identity::Identity;
use sessions::Session;

use crate::reply::{Reply, sts_error, xml};
use crate::service::{ACCOUNT, Service};
use crate::sigv4::Caller;
use crate::xml::element;

/// A refusal in the form of STS.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: "ValidationError",
            message: message.into(),
        }
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
    let answer = match operation {
        "GetCallerIdentity" => Ok(caller_identity(caller)),
        "GetSessionToken" => session_token(service, form, caller),
        "AssumeRole" => assume_role(service, form, caller),
        "AssumeRoleWithWebIdentity" => with_web_identity(service, form),
        "AssumeRoleWithSAML" => with_saml(service, form),
        _ => Err(Refusal {
            status: 400,
            code: "InvalidAction",
            message: "Could not find operation for this version.".to_owned(),
        }),
    };
    match answer {
        Ok(result) => answered(operation, &result),
        Err(refusal) => sts_error(refusal.status, refusal.code, &refusal.message),
    }
}

fn answered(operation: &str, result: &str) -> Reply {
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

/// Needs no rights.
fn caller_identity(caller: Option<&Caller>) -> String {
    let arn = caller.map_or("", |caller| caller.arn.as_str());
    // A session's user is the role, with the name of the session.
    let user = match arn
        .split_once(":assumed-role/")
        .and_then(|(_, rest)| rest.rsplit_once('/'))
    {
        Some((_, session)) => format!("{}:{session}", sessions::ROLE_ID),
        None => "AIDASANDBOX".to_owned(),
    };
    format!(
        "{}{}{}",
        element("Arn", arn),
        element("UserId", &user),
        element("Account", ACCOUNT)
    )
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    form.get(name).ok_or_else(|| {
        let mut member = name.to_owned();
        if let Some(first) = member.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        Refusal::invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

fn assume_role(service: &Service, form: &Form, caller: Option<&Caller>) -> Result<String, Refusal> {
    let role = required(form, "RoleArn")?;
    let name = required(form, "RoleSessionName")?;
    if let Some(caller) = caller {
        service
            .access(caller)
            .may("sts:AssumeRole", role)
            .map_err(|denied| Refusal {
                status: 403,
                code: "AccessDenied",
                message: denied.to_string(),
            })?;
    }
    Ok(Session::of_role(role, name)?.open(service, form)?.xml())
}

fn with_web_identity(service: &Service, form: &Form) -> Result<String, Refusal> {
    let role = required(form, "RoleArn")?;
    let name = required(form, "RoleSessionName")?;
    let identity = Identity::of_web_token(required(form, "WebIdentityToken")?);
    identity.check_time(SystemTime::now())?;
    let mut answer = Session::of_role(role, name)?.open(service, form)?.xml();
    for (name, value) in [
        ("SubjectFromWebIdentityToken", &identity.subject),
        ("Provider", &identity.issuer),
        ("Audience", &identity.audience),
    ] {
        if let Some(value) = value {
            answer.push_str(&element(name, value));
        }
    }
    Ok(answer)
}

fn with_saml(service: &Service, form: &Form) -> Result<String, Refusal> {
    let role = required(form, "RoleArn")?;
    required(form, "PrincipalArn")?;
    let identity = Identity::of_saml(required(form, "SAMLAssertion")?);
    identity.check_time(SystemTime::now())?;
    let name = identity.session_name.as_deref().unwrap_or("saml");
    let mut answer = Session::of_role(role, name)?.open(service, form)?.xml();
    for (name, value) in [
        ("Subject", &identity.subject),
        ("Issuer", &identity.issuer),
        ("Audience", &identity.audience),
    ] {
        if let Some(value) = value {
            answer.push_str(&element(name, value));
        }
    }
    Ok(answer)
}

fn session_token(
    service: &Service,
    form: &Form,
    caller: Option<&Caller>,
) -> Result<String, Refusal> {
    let arn = caller.map_or("", |caller| caller.arn.as_str());
    Ok(Session::of_user(arn).open(service, form)?.xml())
}
