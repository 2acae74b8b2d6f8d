//! STS: temporary keys, their rights and their end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::{Policy, Sandbox};
use support::signer::{ID, SECRET, Signer};
use support::*;

const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpath%2Fr&RoleSessionName=me";

fn guarded() -> Sandbox {
    let sandbox = builder().credentials(ID, SECRET).start_blocking().unwrap();
    sandbox.put_object("bucket", "k", b"body").unwrap();
    sandbox
}

fn unsigned(sandbox: &Sandbox, form: &str) -> Response {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(sandbox, "POST", "/", &headers, form.as_bytes()).unwrap()
}

/// Id, secret and token of an answer.
fn keys(answer: &Response) -> (String, String, String) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    (
        xml_text(&text, "AccessKeyId"),
        xml_text(&text, "SecretAccessKey"),
        xml_text(&text, "SessionToken"),
    )
}

fn signer<'a>(keys: &'a (String, String, String), service: &'a str) -> Signer<'a> {
    Signer {
        id: &keys.0,
        secret: &keys.1,
        session: Some(&keys.2),
        ..Signer::new(service)
    }
}

#[test]
fn callers_are_told_who_they_are() {
    let sandbox = guarded();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let me = Signer::new("sts").sts(&sandbox, form).text();
    assert_eq!(
        xml_text(&me, "Arn"),
        "arn:aws:iam::123456789012:user/sandbox"
    );
    assert_eq!(xml_text(&me, "Account"), "123456789012");
    let role = Signer::new("sts").sts(&sandbox, &format!("Action=AssumeRole&{ROLE}"));
    assert_eq!(
        xml_text(&role.text(), "Arn"),
        "arn:aws:sts::123456789012:assumed-role/r/me"
    );
    let me = signer(&keys(&role), "sts").sts(&sandbox, form).text();
    assert_eq!(xml_text(&me, "UserId"), "AROASANDBOX:me");
    let unknown = Signer::new("sts").sts(&sandbox, "Action=Nonsense");
    assert_eq!(xml_text(&unknown.text(), "Code"), "InvalidAction");
}

#[test]
fn roles_are_assumed_with_keys_web_tokens_and_assertions() {
    let sandbox = guarded();
    let answers = [
        Signer::new("sts").sts(&sandbox, &format!("Action=AssumeRole&{ROLE}")),
        unsigned(
            &sandbox,
            &format!("Action=AssumeRoleWithWebIdentity&{ROLE}&WebIdentityToken=the-secret-token"),
        ),
        unsigned(
            &sandbox,
            &format!(
                "Action=AssumeRoleWithSAML&{ROLE}&PrincipalArn=arn&SAMLAssertion=the-secret-token"
            ),
        ),
        Signer::new("sts").sts(&sandbox, "Action=GetSessionToken"),
    ];
    for answer in &answers {
        let keys = keys(answer);
        assert_eq!(signer(&keys, "athena").athena(&sandbox).status, 200);
        assert_eq!(signer(&keys, "s3").get(&sandbox).text(), "body");
        let host = sandbox.address().to_string();
        let url = signer(&keys, "s3").presign(&host, "GET", "/bucket/k", 60);
        assert_eq!(
            send(&sandbox, "GET", &url, &[], b"").unwrap().text(),
            "body"
        );
        let without = Signer {
            session: None,
            ..signer(&keys, "athena")
        };
        let refused = without.athena(&sandbox).json();
        assert_eq!(refused["__type"], "UnrecognizedClientException");
    }
    let recorded = format!("{:?}", sandbox.requests());
    assert!(!recorded.contains("the-secret-token"), "{recorded}");
    let requests = sandbox.requests();
    let saml = requests
        .iter()
        .find(|request| request.operation == "AssumeRoleWithSAML")
        .unwrap();
    assert_eq!(saml.body.as_ref().unwrap()["SAMLAssertion"], "…");
}

#[test]
fn sessions_end_for_every_service() {
    let sandbox = guarded();
    let session = keys(&Signer::new("sts").sts(&sandbox, &format!("Action=AssumeRole&{ROLE}")));
    assert_eq!(signer(&session, "athena").athena(&sandbox).status, 200);
    sandbox.expire_sessions();
    let refused = signer(&session, "athena").athena(&sandbox);
    assert_eq!(refused.json()["__type"], "ExpiredTokenException");
    let refused = signer(&session, "s3").get(&sandbox);
    assert_eq!(xml_text(&refused.text(), "Code"), "ExpiredToken");
    let refused = signer(&session, "sts").sts(&sandbox, "Action=GetCallerIdentity");
    assert_eq!(xml_text(&refused.text(), "Code"), "ExpiredToken");
    // Keys of users do not end, and the next session lives, until it is ended over HTTP.
    let next = keys(&Signer::new("sts").sts(&sandbox, &format!("Action=AssumeRole&{ROLE}")));
    assert_eq!(signer(&next, "athena").athena(&sandbox).status, 200);
    let ended = send(&sandbox, "DELETE", "/_sandbox/sessions", &[], b"").unwrap();
    assert_eq!(ended.status, 200);
    let refused = signer(&next, "athena").athena(&sandbox);
    assert_eq!(refused.json()["__type"], "ExpiredTokenException");
}

#[test]
fn what_cannot_be_assumed_says_why() {
    let sandbox = guarded();
    // The claims are {"exp": 1}.
    let late = "e30.eyJleHAiOiAxfQ.x";
    for (form, code, part) in [
        ("Action=AssumeRole", "ValidationError", "'roleArn'"),
        (
            "Action=AssumeRole&RoleArn=nonsense&RoleSessionName=me",
            "ValidationError",
            "nonsense is invalid",
        ),
        (
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=a+b",
            "ValidationError",
            "roleSessionName",
        ),
        (
            &format!("Action=AssumeRole&{ROLE}&DurationSeconds=899"),
            "ValidationError",
            "900",
        ),
        (
            &format!("Action=AssumeRole&{ROLE}&Policy=%7B%7D"),
            "MalformedPolicyDocument",
            "no Statement",
        ),
        (
            &format!("Action=AssumeRoleWithWebIdentity&{ROLE}&WebIdentityToken={late}"),
            "ExpiredTokenException",
            "expired",
        ),
    ] {
        let refused = Signer::new("sts").sts(&sandbox, form).text();
        assert_eq!(xml_text(&refused, "Code"), code, "{form}");
        let message = xml_text(&refused, "Message").replace("&quot;", "\"");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_session_has_no_more_rights_than_its_policy_leaves() {
    let everything = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let sandbox = builder()
        .credentials(ID, SECRET)
        .policy(Policy::parse(everything).unwrap())
        .start_blocking()
        .unwrap();
    let narrow = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22*%22\
                  %7D%7D";
    let form = format!("Action=AssumeRole&{ROLE}&Policy={narrow}");
    let session = keys(&Signer::new("sts").sts(&sandbox, &form));
    sandbox.put_object("bucket", "k", b"body").unwrap();
    assert_eq!(signer(&session, "s3").get(&sandbox).status, 200);
    let refused = signer(&session, "athena").athena(&sandbox).json();
    assert_eq!(refused["__type"], "AccessDeniedException");
}
