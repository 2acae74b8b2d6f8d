//! Secrets stay hidden and no text makes the parser fail, whatever is written.

use secrecy::ExposeSecret;

use super::failure;
use crate::options::OptionKey as K;
use crate::options::{OptionKey, Options, parse};

const SECRET: &str = "hunter2-hunter2";

/// Names and values given, secrets in clear.
fn contents(options: &Options) -> Vec<(String, String)> {
    options
        .given()
        .map(|given| {
            let secret = options.secret(given.key());
            let value = secret.map_or(given.shown(), |secret| secret.expose_secret());
            (given.name().to_owned(), value.to_owned())
        })
        .collect()
}

fn rendered(options: &Options) -> String {
    let contents = contents(options);
    let pairs: Vec<_> = contents
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    parse::render(&pairs)
}

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

/// A small generator, so that a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn any_text_is_read_or_refused_and_reads_back_the_same() {
    let words = [
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
        "=",
        "=",
        ";",
        ";",
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
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for _ in 0..20_000 {
        let length = random.below(14);
        let text: String = (0..length)
            .map(|_| words[random.below(words.len())])
            .collect();
        if let Ok(options) = Options::parse(&text) {
            read += usize::from(options.given().count() > 0);
            let again = Options::parse(&rendered(&options)).unwrap();
            assert_eq!(contents(&options), contents(&again), "{text:?}");
            drop(options.validate());
        }
    }
    assert!(read > 500, "only {read} texts held an option");
}
