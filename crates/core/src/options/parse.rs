//! The written forms of a configuration: `Key=Value;…`, JDBC URLs and `athena://` URIs.
//!
//! Everything here works on text alone: which keys exist is not known. Errors give the
//! position of the offending character, counted from 1, and never the text around it,
//! which may be a secret.

use crate::error::{Error, ErrorKind, Result};

/// A key and its value, in the order written. Values keep no quoting.
pub(super) type Pair = (String, String);

const JDBC_PREFIXES: [&str; 2] = ["jdbc:athena://", "jdbc:awsathena://"];
const URI_PREFIX: &str = "athena://";

/// Reads a connection string of any form. What a URL says outside its properties (host,
/// database) comes first, so that a property wins over it.
pub(super) fn connection_string(text: &str) -> Result<Vec<Pair>> {
    let start = text.len() - text.trim_start().len();
    for prefix in JDBC_PREFIXES {
        if starts_with(text, start, prefix) {
            return jdbc_url(text, start + prefix.len());
        }
    }
    if starts_with(text, start, URI_PREFIX) {
        return uri(text, start + URI_PREFIX.len());
    }
    properties(text, start)
}

/// Reads `Key=Value;…` from byte `start` of `text`.
pub(super) fn properties(text: &str, start: usize) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut at = start;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(stop) = rest.find(['=', ';']) else {
            if rest.trim().is_empty() {
                break;
            }
            return Err(no_equals_sign(text, at));
        };
        let (key, after) = rest.split_at(stop);
        if after.starts_with(';') {
            if !key.trim().is_empty() {
                return Err(no_equals_sign(text, at));
            }
            at += stop + 1;
            continue;
        }
        if key.trim().is_empty() {
            return Err(malformed(text, at + stop, "a key must stand before '='"));
        }
        let (value, next) = value(text, at + stop + 1)?;
        pairs.push((key.trim().to_owned(), value));
        at = next;
    }
    Ok(pairs)
}

/// The value that begins at byte `start`, and where the next pair begins.
fn value(text: &str, start: usize) -> Result<(String, usize)> {
    let rest = text.get(start..).unwrap_or_default();
    let open = start + (rest.len() - rest.trim_start().len());
    if !text.get(open..).unwrap_or_default().starts_with('{') {
        let end = rest.find(';').unwrap_or(rest.len());
        let value = rest.get(..end).unwrap_or_default().trim();
        return Ok((value.to_owned(), start + end + 1));
    }
    let mut value = String::new();
    let mut chars = text
        .char_indices()
        .skip_while(|(at, _)| *at <= open)
        .peekable();
    while let Some((at, c)) = chars.next() {
        if c != '}' {
            value.push(c);
        } else if chars.next_if(|(_, next)| *next == '}').is_some() {
            value.push('}');
        } else {
            let tail = text.get(at + 1..).unwrap_or_default();
            let blank = tail.len() - tail.trim_start().len();
            let next = at + 1 + blank;
            return match tail.trim_start().chars().next() {
                None | Some(';') => Ok((value, next + 1)),
                Some(_) => Err(malformed(
                    text,
                    next,
                    "';' must follow '}' (inside braces, '}' is written '}}')",
                )),
            };
        }
    }
    Err(malformed(text, open, "this '{' is never closed by '}'"))
}

/// `[host[:port]][/…];Key=Value;…`, where the properties may also follow `//` directly.
fn jdbc_url(text: &str, start: usize) -> Result<Vec<Pair>> {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(';').unwrap_or(rest.len());
    let head = rest.get(..end).unwrap_or_default();
    if let Some((key, _)) = head.split_once('=')
        && !key.contains(['/', '?', ':'])
    {
        return properties(text, start);
    }
    if let Some(mark) = head.find('?') {
        return Err(malformed(text, start + mark, "options follow ';', not '?'"));
    }
    let host = head.split('/').next().unwrap_or_default();
    let mut pairs = host_pairs(text, start, host)?;
    pairs.extend(properties(text, start + end)?);
    Ok(pairs)
}

/// `[host[:port]]/[database]?key=value&…`, percent-encoded.
fn uri(text: &str, start: usize) -> Result<Vec<Pair>> {
    let rest = text.get(start..).unwrap_or_default().trim_end();
    let (location, query) = match rest.split_once('?') {
        Some((location, query)) => (location, Some(query)),
        None => (rest, None),
    };
    let (host, database) = location.split_once('/').unwrap_or((location, ""));
    let mut pairs = host_pairs(text, start, host)?;

    let database_at = start + host.len() + 1;
    let database = database.strip_suffix('/').unwrap_or(database);
    if let Some(slash) = database.find('/') {
        let message = "only one path segment, the database, may follow the host";
        return Err(malformed(text, database_at + slash, message));
    }
    if !database.is_empty() {
        pairs.push(("Database".to_owned(), decoded(text, database_at, database)?));
    }

    let mut at = start + location.len() + 1;
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        if !pair.is_empty() {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| no_equals_sign(text, at))?;
            let value_at = at + key.len() + 1;
            let key = decoded(text, at, key)?.trim().to_owned();
            if key.is_empty() {
                return Err(malformed(text, at, "a key must stand before '='"));
            }
            pairs.push((key, decoded(text, value_at, value)?.trim().to_owned()));
        }
        at += pair.len() + 1;
    }
    Ok(pairs)
}

/// What the host of a URL stands for: the region when it is Amazon's public default host,
/// else the address of Athena.
fn host_pairs(text: &str, start: usize, host: &str) -> Result<Vec<Pair>> {
    if host.trim().is_empty() {
        return Ok(Vec::new());
    }
    if let Some(user) = host.find('@') {
        let message = "no user may stand before the host; use the options User and Password";
        return Err(malformed(text, start + user, message));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    let host = host.trim();
    if let Some(bad) = host.find(|c| !allowed(c)) {
        return Err(malformed(
            text,
            start + bad,
            "this character cannot be part of a host",
        ));
    }
    Ok(vec![match region_of_public_host(host) {
        Some(region) => ("Region".to_owned(), region.to_owned()),
        None => ("AthenaEndpoint".to_owned(), format!("https://{host}")),
    }])
}

/// The region of `athena.<region>.amazonaws.com[.cn][:443]`.
fn region_of_public_host(host: &str) -> Option<&str> {
    let host = host.strip_suffix(":443").unwrap_or(host);
    let host = host.strip_suffix(".cn").unwrap_or(host);
    host.strip_prefix("athena.")?
        .strip_suffix(".amazonaws.com")
        .filter(|region| !region.is_empty() && !region.contains('.'))
}

/// Undoes percent-encoding. `+` stays a plus sign.
fn decoded(text: &str, start: usize, part: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |i: usize| tail.get(i).and_then(|&d| char::from(d).to_digit(16));
        let code = digit(0).zip(digit(1)).map(|(high, low)| high * 16 + low);
        let Some(code) = code.and_then(|code| u8::try_from(code).ok()) else {
            let at = start + part.len() - tail.len() - 1;
            return Err(malformed(
                text,
                at,
                "two hexadecimal digits must follow '%'",
            ));
        };
        bytes.push(code);
        rest = tail.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|error| {
        // The error's own text holds no part of the value, the bytes in it do.
        let position = error.utf8_error().valid_up_to();
        let message = format!("the percent-encoded text is not UTF-8 after {position} bytes");
        malformed(text, start, &message)
    })
}

fn starts_with(text: &str, start: usize, prefix: &str) -> bool {
    text.get(start..start + prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn no_equals_sign(text: &str, start: usize) -> Error {
    let rest = text.get(start..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start().len();
    malformed(
        text,
        start + blank,
        "expected Key=Value (a value that holds ';' stands in braces: {…})",
    )
}

fn malformed(text: &str, byte: usize, problem: &str) -> Error {
    let position = text.get(..byte).unwrap_or(text).chars().count() + 1;
    Error::new(
        ErrorKind::ConnectionString,
        format!("The connection string cannot be read at character {position}: {problem}."),
    )
}

/// Writes `pairs` so that [`properties`] reads the same ones.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn render(pairs: &[(&str, &str)]) -> String {
    pairs
        .iter()
        .map(|(key, value)| format!("{key}={{{}}};", value.replace('}', "}}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_yields_its_pairs() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            (" ; ;; ", &[]),
            ("Region=us-east-1", &[("Region", "us-east-1")]),
            (
                "  Region = us-east-1 ; a=b;",
                &[("Region", "us-east-1"), ("a", "b")],
            ),
            ("PWD={a;b}}c};UID=x", &[("PWD", "a;b}c"), ("UID", "x")]),
            ("PWD= {  } ; UID=", &[("PWD", "  "), ("UID", "")]),
            ("PWD={}}};", &[("PWD", "}")]),
            ("PWD=a{b}=c", &[("PWD", "a{b}=c")]),
            ("a=1;A=2", &[("a", "1"), ("A", "2")]),
            (
                "jdbc:athena://Region=eu-west-1;User=x",
                &[("Region", "eu-west-1"), ("User", "x")],
            ),
            (
                "jdbc:athena://S3OutputLocation=s3://b/p/;",
                &[("S3OutputLocation", "s3://b/p/")],
            ),
            (
                "jdbc:athena://athena.us-east-1.amazonaws.com:443;WorkGroup=w",
                &[("Region", "us-east-1"), ("WorkGroup", "w")],
            ),
            (
                "JDBC:awsathena://athena.cn-north-1.amazonaws.com.cn:443/hive/default/",
                &[("Region", "cn-north-1")],
            ),
            (
                "jdbc:awsathena://vpce-1.athena.us-east-1.vpce.amazonaws.com:443;a=b",
                &[
                    (
                        "AthenaEndpoint",
                        "https://vpce-1.athena.us-east-1.vpce.amazonaws.com:443",
                    ),
                    ("a", "b"),
                ],
            ),
            (
                "jdbc:athena://athena.us-east-1.amazonaws.com:8443;",
                &[(
                    "AthenaEndpoint",
                    "https://athena.us-east-1.amazonaws.com:8443",
                )],
            ),
            ("jdbc:athena://;Region=x", &[("Region", "x")]),
            ("athena://", &[]),
            (
                "athena:///flights?Region=us-east-1&PWD=a%3Bb%26+c&",
                &[
                    ("Database", "flights"),
                    ("Region", "us-east-1"),
                    ("PWD", "a;b&+c"),
                ],
            ),
            (
                "athena://localhost:9000/my%20db/?athena.work_group=w",
                &[
                    ("AthenaEndpoint", "https://localhost:9000"),
                    ("Database", "my db"),
                    ("athena.work_group", "w"),
                ],
            ),
        ];
        for (text, pairs) in cases {
            let read = connection_string(text).unwrap();
            let read: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(read, *pairs, "{text:?}");
        }
    }

    #[test]
    fn errors_give_the_position_and_no_value() {
        let cases = [
            ("Region", 1),
            ("a=b; hunter2", 6),
            ("ä=ö; hunter2 ;", 6),
            ("a=b;=hunter2", 5),
            ("PWD={hunter2", 5),
            ("PWD={hunter2}}", 5),
            ("PWD={hunter2}x;a=b", 14),
            ("PWD={hunter2} {;a=b", 15),
            ("jdbc:athena://u:hunter2@h;", 24),
            ("jdbc:athena://h;hunter2;", 17),
            ("jdbc:athena://h$;", 16),
            ("jdbc:athena://h:443/d?PWD=hunter2;", 22),
            ("athena://u:hunter2@h/", 19),
            ("athena://h/a/b", 13),
            ("athena://h/a?hunter2", 14),
            ("athena://h/a?PWD=hunter2%4", 25),
            ("athena://h/a?x=y&=hunter2", 18),
            ("athena://h/a?PWD=%ff", 18),
        ];
        for (text, position) in cases {
            let error = connection_string(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionString, "{text:?}");
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains(&format!("character {position}:")),
                "{text:?}: {shown}"
            );
            assert!(!shown.contains("hunter2"), "{text:?}: {shown}");
        }
    }
}
