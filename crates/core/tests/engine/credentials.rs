//! Ways to sign in, each seen by what the service was sent.
//!
//! The default chain reads the process's environment, which tests share: what needs it runs
//! this test program again with an environment of its own.

use std::process::Command;

use athena_core::ErrorKind;
use athena_core::options::Options;
use athena_core::session::Connection;
use athena_sandbox::Sandbox;

use crate::support::{connect_with, start};

pub const ID: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "secret-of-the-example";

pub fn guarded() -> Sandbox {
    start(Sandbox::builder().credentials(ID, SECRET))
}

/// Connects in a child process with this environment; answers what it printed.
pub fn connect_in_child(connection_string: &str, environment: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "credentials::child", "--nocapture", "--ignored"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        child.env_remove(name);
    }
    child
        .env("CONNECTION_STRING", connection_string)
        .env("HOME", "/nonexistent");
    child.env("AWS_EC2_METADATA_DISABLED", "true");
    child.envs(environment.iter().copied());
    let output = child.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Run by [`connect_in_child`] only.
#[test]
#[ignore = "runs in a child process of the other tests"]
fn child() {
    let text = std::env::var("CONNECTION_STRING").unwrap();
    match Options::parse(&text).and_then(Connection::open) {
        Ok(_) => println!("connected"),
        Err(error) => println!("{:?}: {error}", error.kind()),
    }
}

fn endpoint(sandbox: &Sandbox) -> String {
    format!("Endpoint={};NumRetries=0;", sandbox.url())
}

#[test]
fn blank_keys_mean_the_environment() {
    let sandbox = guarded();
    let text = format!("{}Region=eu-west-1;User=;Password=", endpoint(&sandbox));
    let keys = [("AWS_ACCESS_KEY_ID", ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let said = connect_in_child(&text, &keys);
    assert!(said.contains("connected"), "{said}");
    let said = connect_in_child(&text, &[]);
    assert!(
        said.contains("NoCredentials: no AWS credentials were found"),
        "{said}"
    );
}

#[test]
fn region_comes_from_the_environment_or_the_profile_or_is_asked_for() {
    let sandbox = guarded();
    let text = format!("{}User={ID};Password={SECRET}", endpoint(&sandbox));
    let said = connect_in_child(&text, &[("AWS_REGION", "eu-west-1")]);
    assert!(said.contains("connected"), "{said}");
    let said = connect_in_child(&text, &[]);
    assert!(
        said.contains("NoRegion") && said.contains("AWS_REGION"),
        "{said}"
    );
}

#[test]
fn profiles_give_keys_processes_and_regions() {
    let sandbox = guarded();
    let folder = std::env::temp_dir().join(format!("athena-profile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let process =
        format!(r#"printf {{"Version":1,"AccessKeyId":"{ID}","SecretAccessKey":"{SECRET}"}}"#)
            .replace('"', "\\\"");
    let config = folder.join("config");
    std::fs::write(
        &config,
        format!(
            "[profile keys]\nregion=eu-west-1\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n\
             [profile process]\nregion=eu-west-1\ncredential_process={process}\n"
        ),
    )
    .unwrap();
    let environment = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ];
    for profile in ["keys", "process"] {
        let text = format!("{}ProfileName={profile}", endpoint(&sandbox));
        let said = connect_in_child(&text, &environment);
        assert!(said.contains("connected"), "{profile}: {said}");
    }
    let text = format!("{}ProfileName=missing;Region=eu-west-1", endpoint(&sandbox));
    let said = connect_in_child(&text, &environment);
    assert!(said.contains("NoCredentials"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_credential_process_is_run_and_its_failure_is_told_without_its_output() {
    let sandbox = guarded();
    let process = format!(
        r#"printf {{\"Version\":1,\"AccessKeyId\":\"{ID}\",\"SecretAccessKey\":\"{SECRET}\"}}"#
    );
    let options = |process: &str| {
        let mut options =
            Options::parse(&format!("{}Region=eu-west-1", endpoint(&sandbox))).unwrap();
        options.set("CredentialProcess", process).unwrap();
        options
    };
    Connection::open(options(&process)).unwrap();
    let failing = options("echo tell-nobody >&2; exit 1");
    let error = Connection::open(failing).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Unauthenticated | ErrorKind::NoCredentials
        ),
        "{error:?}"
    );
    assert!(!error.message().contains("tell-nobody"), "{error}");
}

#[test]
fn a_role_is_assumed_on_top_of_keys_and_its_token_is_sent() {
    let sandbox = guarded();
    let role = "RoleArn=arn:aws:iam::123456789012:role/reader;RoleExternalId=ext-1;\
                RoleSessionName=night-job;RoleSessionDuration=1800";
    let more = format!("User={ID};Password={SECRET};{role}");
    connect_with(&sandbox, &more).unwrap();
    assert_eq!(sandbox.count("AssumeRole"), 1);
    let requests = sandbox.requests();
    let call = requests
        .iter()
        .find(|r| r.operation == "GetWorkGroup")
        .unwrap();
    assert!(call.header("x-amz-security-token").is_some());
}

#[test]
fn the_application_and_the_driver_are_in_the_user_agent() {
    let sandbox = guarded();
    let more = format!("User={ID};Password={SECRET};ApplicationName=Night Job");
    connect_with(&sandbox, &more).unwrap();
    let requests = sandbox.requests();
    let agent = requests[0].header("user-agent").unwrap_or_default();
    let agent = format!(
        "{agent} {}",
        requests[0].header("x-amz-user-agent").unwrap_or_default()
    );
    assert!(agent.contains("app/Night-Job"), "{agent}");
    assert!(agent.contains("athena-driver/"), "{agent}");
}
