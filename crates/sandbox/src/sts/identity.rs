//! What an identity provider says of somebody: JSON web tokens and SAML assertions. Their
//! signatures are not verified, as there is no provider to ask.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Refusal;
use crate::clock::parse_iso8601;

/// Who somebody is; texts that are no token say nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) subject: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) session_name: Option<String>,
    ends: Option<SystemTime>,
}

impl Identity {
    /// Reads a web identity token: its claims, if it is a JSON web token.
    pub(super) fn of_web_token(token: &str) -> Self {
        let claims: Option<Value> = token
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(claims) = claims else {
            return Self::default();
        };
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        Self {
            subject: text("sub"),
            issuer: text("iss"),
            audience: text("aud"),
            session_name: None,
            ends: claims["exp"]
                .as_u64()
                .map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
        }
    }

    /// Reads a SAML response, if it is one.
    pub(super) fn of_saml(assertion: &str) -> Self {
        let packed: String = assertion.split_ascii_whitespace().collect();
        let text = STANDARD
            .decode(packed)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        let Ok(document) = roxmltree::Document::parse(&text) else {
            return Self::default();
        };
        let element = |name: &str| {
            document
                .descendants()
                .find(|node| node.tag_name().name() == name)
        };
        let text_of = |name: &str| Some(element(name)?.text()?.trim().to_owned());
        let attribute = |name: &str| {
            let found = document.descendants().find(|node| {
                node.tag_name().name() == "Attribute" && node.attribute("Name") == Some(name)
            })?;
            let value = found.descendants().find_map(|node| {
                (node.tag_name().name() == "AttributeValue").then(|| node.text())?
            })?;
            Some(value.trim().to_owned())
        };
        Self {
            subject: text_of("NameID"),
            issuer: text_of("Issuer"),
            audience: element("SubjectConfirmationData")
                .and_then(|node| node.attribute("Recipient"))
                .map(str::to_owned),
            session_name: attribute("https://aws.amazon.com/SAML/Attributes/RoleSessionName"),
            ends: element("SubjectConfirmationData")
                .or_else(|| element("Conditions"))
                .and_then(|node| parse_iso8601(node.attribute("NotOnOrAfter")?)),
        }
    }

    /// Fails if its time is over.
    pub(super) fn check_time(&self, now: SystemTime) -> Result<(), Refusal> {
        match self.ends {
            Some(ends) if ends <= now => Err(Refusal {
                status: 400,
                code: "ExpiredTokenException",
                message: "Token expired: current date/time must be before the expiration date/time"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_have_their_time() {
        let claims = br#"{"sub": "me", "iss": "https://idp", "aud": "app", "exp": 1000}"#;
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        let identity = Identity::of_web_token(&token);
        assert_eq!(identity.subject.as_deref(), Some("me"));
        assert_eq!(identity.audience.as_deref(), Some("app"));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(identity.check_time(at(999)).is_ok());
        assert!(identity.check_time(at(1000)).is_err());
        assert_eq!(Identity::of_web_token("opaque"), Identity::default());
    }

    #[test]
    fn assertions_are_read_and_have_their_time() {
        let xml = r#"<samlp:Response xmlns:samlp="p" xmlns:saml="a"><saml:Issuer>https://idp</saml:Issuer>
            <saml:Assertion><saml:Subject><saml:NameID>me</saml:NameID><saml:SubjectConfirmation>
            <saml:SubjectConfirmationData NotOnOrAfter="1970-01-01T00:16:40Z" Recipient="https://aws"/>
            </saml:SubjectConfirmation></saml:Subject><saml:AttributeStatement>
            <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName">
            <saml:AttributeValue>me@example.com</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>
            </saml:Assertion></samlp:Response>"#;
        let identity = Identity::of_saml(&STANDARD.encode(xml));
        assert_eq!(identity.session_name.as_deref(), Some("me@example.com"));
        assert_eq!(identity.issuer.as_deref(), Some("https://idp"));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(identity.check_time(at(999)).is_ok());
        assert!(identity.check_time(at(1001)).is_err());
        assert_eq!(Identity::of_saml("!"), Identity::default());
    }
}
