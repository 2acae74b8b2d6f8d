//! Tests of the options as a whole: what a connection string ends up meaning.

use std::time::Duration;

use super::OptionKey as K;
use super::*;
use crate::error::{Error, ErrorKind};

mod robustness;

fn config(text: &str) -> Config {
    Options::parse(text).unwrap().validate().unwrap()
}

fn failure(text: &str) -> Error {
    match Options::parse(text).and_then(|options| options.validate()) {
        Ok(_) => panic!("{text:?} is accepted"),
        Err(error) => error,
    }
}

#[test]
fn nothing_given_yields_the_defaults() {
    let config = config("");
    assert_eq!(config.region, None);
    assert_eq!(
        (config.catalog, config.database, config.work_group),
        (None, None, None)
    );
    assert_eq!(config.encryption, None);
    assert_eq!(config.result_reuse, None);
    assert_eq!(config.fetcher, ResultFetcher::Auto);
    assert_eq!(config.fetch_size, None);
    assert_eq!(config.polling.min, Duration::from_millis(100));
    assert_eq!(config.polling.max, Duration::from_secs(5));
    assert_eq!(config.polling.multiplier, 2.0);
    assert_eq!(config.query_timeout, None);
    assert_eq!(config.connect_timeout, Some(Duration::from_secs(10)));
    assert_eq!(config.read_timeout, Some(Duration::from_secs(50)));
    assert_eq!(config.max_attempts, 5);
    assert_eq!(config.endpoints, Endpoints::default());
    assert_eq!(shown(&config.credentials), "DefaultChain");
    assert_eq!(config.download.connections, 8);
    assert_eq!(config.download.part_bytes, 8 << 20);
    assert_eq!(config.download.memory_bytes, 24 << 20);
    assert!(config.connection_test && config.proxy.is_none() && config.notices.is_empty());
    assert_eq!((config.log.level, config.log.path), (4, None));
}

#[test]
fn every_dialect_says_the_same() {
    let jdbc3 = "jdbc:athena://athena.eu-west-1.amazonaws.com:443;Catalog=c;Database=d;\
        WorkGroup=w;OutputLocation=s3://b/p;User=AKIA;Password=s;EncryptionOption=SSE_KMS;\
        KmsKey=k;FetchSize=500;NumRetries=7;EnableResultReuseByAge=true;\
        MaxResultReuseAgeInMinutes=5;ResultFetcher=S3;LogLevel=TRACE";
    let jdbc2 = "jdbc:awsathena://AwsRegion=eu-west-1;Catalog=c;Schema=d;Workgroup=w;\
        s3_staging_dir=s3://b/p/;UID=AKIA;PWD=s;S3OutputEncOption=sse_kms;S3OutputEncKMSKey=k;\
        RowsToFetchPerBlock=500;MaxErrorRetry=7;EnableResultReuse=1;AgeForResultReuse=5;\
        EnableS3Fetcher=1;LogLevel=6";
    let dbt = "athena:///d?athena.region=eu-west-1&athena.catalog=c&athena.work_group=w&\
        athena.s3_staging_dir=s3%3A%2F%2Fb%2Fp&athena.aws.access_key_id=AKIA&\
        athena.aws.secret_access_key=s&athena.encryption_option=SSE_KMS&athena.kms_key=k&\
        athena.fetch_size=500&athena.aws.max_attempts=8&athena.result_reuse.enabled=true&\
        athena.result_reuse.max_age_minutes=5&athena.result_fetcher=s3&athena.log_level=trace";
    for text in [jdbc3, jdbc2, dbt] {
        let config = config(text);
        assert_eq!(config.region.as_deref(), Some("eu-west-1"), "{text}");
        assert_eq!(config.catalog.as_deref(), Some("c"));
        assert_eq!(config.database.as_deref(), Some("d"));
        assert_eq!(config.work_group.as_deref(), Some("w"));
        assert_eq!(config.output_location.as_deref(), Some("s3://b/p/"));
        let encryption = config.encryption.unwrap();
        assert_eq!(encryption.option, EncryptionOption::SseKms);
        assert_eq!(encryption.kms_key.as_deref(), Some("k"));
        assert_eq!(config.fetch_size, Some(500));
        assert_eq!(config.max_attempts, 8);
        assert_eq!(config.result_reuse.unwrap().max_age_minutes, 5);
        assert_eq!(config.fetcher, ResultFetcher::S3);
        assert_eq!(config.log.level, 6);
        assert_eq!(shown(&config.credentials), "Keys AKIA");
        assert_eq!(config.endpoints.athena, None);
        assert_eq!(config.notices, [""; 0]);
    }
}

#[test]
fn each_name_counts_in_its_own_unit() {
    let seconds = |s| Some(Duration::from_secs(s));
    for (text, connect, read) in [
        ("ConnectTimeout=3;SocketTimeout=4", seconds(3), seconds(4)),
        (
            "ConnectionTimeout=3000;RequestTimeout=4000",
            seconds(3),
            seconds(4),
        ),
        (
            "connection_timeout=3000;socket_timeout=4000",
            seconds(3),
            seconds(4),
        ),
        (
            "athena.connect_timeout=3s;athena.read_timeout=4000ms",
            seconds(3),
            seconds(4),
        ),
        (
            "NetworkTimeoutMillis=4000;ConnectTimeout=3",
            seconds(3),
            seconds(4),
        ),
        ("ConnectTimeout=0;ReadTimeout=0", None, None),
    ] {
        let config = config(text);
        assert_eq!(
            (config.connect_timeout, config.read_timeout),
            (connect, read),
            "{text}"
        );
    }
    assert_eq!(config("MaxPollDuration=90000").query_timeout, seconds(90));
    assert_eq!(config("QueryTimeout=90").query_timeout, seconds(90));
}

#[test]
fn metabase_fields_and_additional_options_compose() {
    let fields = [
        ("region", "us-east-1"),
        ("workgroup", "reports"),
        ("s3_staging_dir", ""),
        ("catalog", "c"),
        ("access_key", ""),
        ("secret_key", " "),
        ("hostname", ""),
        ("dbname", "flights"),
        ("MetadataRetrievalMethod", "ProxyAPI"),
        ("include-user-id-and-hash", "true"),
        ("advanced-options", "false"),
        ("LogLevel", "OFF"),
    ];
    let additional = "UseResultsetStreaming=0;LogLevel=6";
    let mut appended = Options::new();
    let mut as_a_field = Options::new();
    for (name, value) in fields {
        appended.set(name, value).unwrap();
        as_a_field.set(name, value).unwrap();
    }
    appended.extend_from_string(additional).unwrap();
    as_a_field.set("additional-options", additional).unwrap();

    for options in [appended, as_a_field] {
        assert_eq!(options.unknown().count(), 0);
        assert_eq!(options.secret(K::AdditionalOptions).map(|_| ()), None);
        let config = options.validate().unwrap();
        assert_eq!(config.region.as_deref(), Some("us-east-1"));
        assert_eq!(config.work_group.as_deref(), Some("reports"));
        assert_eq!(config.output_location, None);
        assert_eq!(config.database.as_deref(), Some("flights"));
        assert_eq!(shown(&config.credentials), "DefaultChain");
        assert_eq!(config.fetcher, ResultFetcher::GetQueryResults);
        assert_eq!(config.log.level, 6);
    }
}

#[test]
fn additional_options_do_not_nest() {
    let mut options = Options::new();
    let error = options
        .set("additional-options", "Region=a;AdditionalOptions=x=y")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionString);
    assert_eq!(
        options.given().count(),
        0,
        "a refused text leaves nothing behind"
    );
}

#[test]
fn the_fetcher_follows_the_most_explicit_option() {
    use ResultFetcher::{Auto, GetQueryResults, S3};
    let cases = [
        ("", Auto, false),
        ("UseResultsetStreaming=0", GetQueryResults, false),
        ("UseResultsetStreaming=1", Auto, true),
        ("ResultFetcher=GetQueryResultsStream", Auto, true),
        ("EnableS3Fetcher=1", S3, false),
        ("EnableS3Fetcher=0", Auto, false),
        ("EnableS3Fetcher=1;UseResultsetStreaming=0", S3, false),
        ("ResultFetcher=S3;UseResultsetStreaming=0", S3, false),
        ("UseResultsetStreaming=0;ResultFetcher=auto", Auto, false),
        (
            "UseResultsetStreaming=1;ResultFetcher=getqueryresults",
            GetQueryResults,
            false,
        ),
    ];
    for (text, fetcher, notice) in cases {
        let config = config(text);
        assert_eq!(config.fetcher, fetcher, "{text}");
        assert_eq!(
            !config.notices.is_empty(),
            notice,
            "{text}: {:?}",
            config.notices
        );
    }
}

/// The source and what is public of it.
fn shown(credentials: &CredentialsConfig) -> String {
    match &credentials.provider {
        CredentialsProvider::DefaultChain => "DefaultChain".to_owned(),
        CredentialsProvider::Keys(keys) => format!("Keys {}", keys.id),
        CredentialsProvider::Profile => {
            format!("Profile {}", credentials.profile.as_deref().unwrap_or("?"))
        }
        CredentialsProvider::InstanceProfile => "InstanceProfile".to_owned(),
        CredentialsProvider::Process(command) => format!("Process {command}"),
        CredentialsProvider::Plugin(name) => format!("Plugin {name}"),
    }
}

#[test]
fn credentials_come_from_the_source_the_options_choose() {
    let okta = "com.simba.athena.iamsupport.plugin.OktaCredentialsProvider";
    let cases = [
        ("User=;Password=", "DefaultChain"),
        ("User=a;Password=b;SessionToken=c", "Keys a"),
        ("User=a;Password=b;ProfileName=p", "Keys a"),
        ("ProfileName=p", "Profile p"),
        ("CredentialProcess=/bin/x --y", "Process /bin/x --y"),
        ("CredentialsProvider=defaultchain", "DefaultChain"),
        (
            "CredentialsProvider=com.simba.athena.amazonaws.auth.DefaultAWSCredentialsProviderChain",
            "DefaultChain",
        ),
        ("AuthenticationType=Default Credentials", "DefaultChain"),
        ("AuthenticationType=IAM Credentials;UID=a;PWD=b", "Keys a"),
        ("AuthenticationType=IAM Credentials", "DefaultChain"),
        ("AuthenticationType=IAM Profile;AWSProfile=p", "Profile p"),
        (
            "AwsCredentialsProviderClass=com.simba.athena.amazonaws.auth.profile.\
             ProfileCredentialsProvider;AwsCredentialsProviderArguments=p",
            "Profile p",
        ),
        ("AuthenticationType=Instance Profile", "InstanceProfile"),
        ("athena.auth_type=iam", "DefaultChain"),
        ("athena.auth_type=profile;athena.aws.profile=p", "Profile p"),
        ("athena.auth_type=access_key;UID=a;PWD=b", "Keys a"),
        (
            "CredentialsProvider=BrowserSSOOIDC",
            "Plugin BrowserSSOOIDC",
        ),
        (
            &format!("plugin_name={okta};UID=a;PWD=b;App_ID=x"),
            &format!("Plugin {okta}"),
        ),
    ];
    for (text, provider) in cases {
        let credentials = config(text).credentials;
        assert_eq!(shown(&credentials), provider, "{text}");
    }
    let role = "arn:aws:iam::123456789012:role/r";
    let text =
        format!("athena.aws.role_arn={role};role_session_name=n;athena.aws.role_duration=1h");
    let role = config(&text).credentials.assume_role.unwrap();
    assert_eq!(role.session_name.as_deref(), Some("n"));
    assert_eq!(role.duration, Some(Duration::from_secs(3600)));
}

#[test]
fn sources_that_lose_are_named() {
    let notices = config("CredentialsProvider=DefaultChain;UID=a;PWD=b").notices;
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(
        notices
            .iter()
            .any(|notice| notice.starts_with("Password is not read"))
    );
}

#[test]
fn polling_bounds_give_way_only_when_they_are_defaults() {
    let millis = |text| {
        let polling = config(text).polling;
        (polling.min.as_millis(), polling.max.as_millis())
    };
    assert_eq!(millis("athena.poll_interval=10s"), (10_000, 10_000));
    assert_eq!(millis("MaxQueryExecutionPollingInterval=50"), (50, 50));
    assert_eq!(millis("athena.poll_interval=500ms"), (500, 5_000));
}

#[test]
fn proxies_are_put_together_from_their_parts() {
    let cases = [
        ("ProxyHost=p;ProxyPort=3128", Some("http://p:3128")),
        ("ProxyHost=https://p:1;ProxyPort=2", Some("https://p:2")),
        ("ProxyHost=http://p:1", Some("http://p:1")),
        (
            "ProxyHost=[::1];ProxyPort=3128;ProxyScheme=https",
            Some("https://[::1]:3128"),
        ),
        ("UseProxy=0;ProxyHost=p", None),
        ("ProxyPort=3128", None),
    ];
    for (text, url) in cases {
        let proxy = config(text).proxy;
        assert_eq!(
            proxy.as_ref().map(|proxy| proxy.url.as_str()),
            url,
            "{text}"
        );
    }
    let proxy = config("UseProxy=1;ProxyHost=p;ProxyUID=u;ProxyPWD=x;NonProxyHosts=a| *.b,c")
        .proxy
        .unwrap();
    assert_eq!(proxy.username.as_deref(), Some("u"));
    assert_eq!(proxy.exempt_hosts, ["a", "*.b", "c"]);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    use ErrorKind::{InvalidOption, NotImplemented, UnknownOption};
    let cases = [
        (
            "S3OutputLocation=bucket",
            InvalidOption,
            "S3OutputLocation (OutputLocation): 'bucket'",
        ),
        ("Region=us east", InvalidOption, "Region: 'us east'"),
        ("ExpectedBucketOwner=12", InvalidOption, "12 digits"),
        (
            "AgeForResultReuse=10081",
            InvalidOption,
            "integer, 0 to 10080",
        ),
        (
            "ResultFetcher=stream",
            InvalidOption,
            "auto, S3, GetQueryResults",
        ),
        (
            "ConnectionTimeout=soon",
            InvalidOption,
            "counts milliseconds",
        ),
        ("EncryptionOption=SSE_KMS", InvalidOption, "KmsKey"),
        ("EncryptionOption=SSE_S3;KmsKey=k", InvalidOption, "KmsKey"),
        ("KmsKey=k", InvalidOption, "KmsKey"),
        ("UID=a", InvalidOption, "Password"),
        ("PWD=a", InvalidOption, "User"),
        ("SessionToken=a", InvalidOption, "SessionToken"),
        (
            "AuthenticationType=IAM Profile",
            InvalidOption,
            "ProfileName",
        ),
        ("RoleExternalId=x", InvalidOption, "RoleArn"),
        ("RoleArn=admin", InvalidOption, "arn:aws:iam"),
        ("athena.aws.role_duration=1m", InvalidOption, "900 to 43200"),
        ("UseProxy=1", InvalidOption, "ProxyHost"),
        ("ProxyHost=p;ProxyPWD=x", InvalidOption, "ProxyUsername"),
        (
            "MinQueryExecutionPollingInterval=200;MaxQueryExecutionPollingInterval=100",
            InvalidOption,
            "200 ms",
        ),
        ("VerifySSL=0", NotImplemented, "VerifySSL"),
        ("ProxyDomain=d", NotImplemented, "ProxyDomain"),
        (
            "StrictOptions=1;Regoin=x",
            UnknownOption,
            "Did you mean Region?",
        ),
        ("Regoin=x;StrictOptions=1", UnknownOption, "'Regoin'"),
    ];
    for (text, kind, part) in cases {
        let error = failure(text);
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.message().contains(part), "{text}: {error}");
    }
    assert!(config("VerifySSL=1").notices.is_empty());
}

#[test]
fn unknown_and_ineffective_options_are_noticed() {
    let options = Options::parse("workgrp=x;WORKGRP=y;Whatever=z;UseArraySupport=1").unwrap();
    let unknown: Vec<_> = options.unknown().map(|u| (u.name(), u.nearest())).collect();
    assert_eq!(
        unknown,
        [("workgrp", Some("WorkGroup")), ("Whatever", None)]
    );
    let notices = options.validate().unwrap().notices;
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(
        notices
            .iter()
            .any(|notice| notice.starts_with("UseArraySupport is ignored"))
    );
}

#[test]
fn the_last_value_wins_and_blank_is_not_given() {
    let options = Options::parse("Database=a;Schema=b;dbname= ;Database={}").unwrap();
    assert_eq!(options.get(K::Database), Some("b"));
    assert_eq!(options.given().count(), 1);
    assert_eq!(options.get(K::LogFiles), Some("5"));
    assert_eq!(options.given_value(K::LogFiles), None);
    let sources: Vec<_> = options.effective().map(|value| value.source()).collect();
    assert_eq!(sources.len(), OptionKey::ALL.len());
    assert_eq!(
        sources.iter().filter(|source| **source == "given").count(),
        1
    );
}
