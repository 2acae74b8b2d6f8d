//! Secrets stay hidden and no text makes the parser fail, whatever is written.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;

use super::failure;
use crate::fuzzing;
use crate::options::OptionKey as K;
use crate::options::{OptionKey, Options};

const SECRET: &str = "hunter2-hunter2";

#[test]
fn secrets_are_never_shown() {
    let secrets: Vec<_> = OptionKey::ALL
        .iter()
        .filter(|key| key.info().is_secret() && **key != K::AdditionalOptions)
        .collect();
    assert!(secrets.len() >= 7);
    let mut options = Options::new();
    options.set("User", "AKIA").unwrap();
    options.set("ProxyHost", "proxy").unwrap();
    options.set("ProxyUsername", "u").unwrap();
    options.set("Pasword", SECRET).unwrap();
    for key in secrets {
        options.set_key(*key, SECRET).unwrap();
        assert_eq!(options.get(*key), None, "{key}");
        assert_eq!(options.secret(*key).unwrap().expose_secret(), SECRET);
    }
    let config = options.validate().unwrap();
    let given: Vec<_> = options.given().collect();
    let shown = format!("{options:?} {options:#?} {config:?} {config:#?} {given:?}");
    assert!(!shown.contains(SECRET), "{shown}");

    for text in [
        format!("PWD={{{SECRET}"),
        format!("additional-options={SECRET}"),
        format!("AthenaEndpoint=https://user:{SECRET}@host"),
        format!("ProxyHost=http://user:{SECRET}@host:1"),
        format!("PWD={SECRET};UID="),
        format!("athena://user:{SECRET}@host/"),
    ] {
        let error = failure(&text);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_reads_back_the_same(text in words()) {
        fuzzing::connection_string(text.as_bytes());
    }
}

/// What connection strings are made of, in any order.
fn words() -> impl Strategy<Value = String> {
    let word = select(vec![
        "jdbc:athena://",
        "jdbc:awsathena://",
        "athena://",
        "Region=",
        "PWD=",
        "PWD={",
        "UID=a;",
        "Schema=",
        "LogLevel",
        "ConnectionTimeout",
        "additional-options",
        "StrictOptions",
        "1",
        "1500",
        "6",
        "s3://b",
        "OutputLocation",
        "=",
        ";",
        "{",
        "}",
        "}}",
        "%",
        "%41",
        "%ff",
        "&",
        "?",
        "/",
        "@",
        ":",
        " ",
        "ä",
        "💧",
        "\0",
        "a",
        "[",
        "]",
        "\u{a0}",
    ]);
    vec(word, ..14).prop_map(|words| words.concat())
}
