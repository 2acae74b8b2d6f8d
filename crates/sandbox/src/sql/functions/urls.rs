//! `url_extract_…`, `url_encode` and `url_decode`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::error::Result;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::strings::column;
use super::{Arguments, Function, bigint, invalid_argument, text};

pub(super) fn functions() -> Vec<Function> {
    let part = |name, body| Function::new(name, 1..=1, text, body).taking("t");
    vec![
        part("url_extract_protocol", |args| parts(args, |url| url.scheme)),
        part("url_extract_host", |args| parts(args, |url| url.host)),
        part("url_extract_path", |args| parts(args, |url| Some(url.path))),
        part("url_extract_query", |args| parts(args, |url| url.query)),
        part("url_extract_fragment", |args| {
            parts(args, |url| url.fragment)
        }),
        Function::new("url_extract_port", 1..=1, bigint, port).taking("t"),
        Function::new("url_extract_parameter", 2..=2, text, parameter).taking("tt"),
        part("url_encode", encode),
        part("url_decode", decode),
    ]
}

/// The parts of a URL as RFC 3986 tells them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Url<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// `None` for text that is no URL.
    fn parse(text: &'a str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || "<>\"{}|\\^`".contains(c)) {
            return None;
        }
        let mut url = Self::default();
        let mut rest = text;
        if let Some((before, fragment)) = rest.split_once('#') {
            url.fragment = Some(fragment);
            rest = before;
        }
        if let Some((before, query)) = rest.split_once('?') {
            url.query = Some(query);
            rest = before;
        }
        if let Some((scheme, after)) = rest.split_once(':')
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        {
            url.scheme = Some(scheme);
            rest = after;
        }
        if let Some(after) = rest.strip_prefix("//") {
            let end = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(end);
            let address = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            match address.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                    url.host = Some(host);
                    url.port = Some(port).filter(|port| !port.is_empty());
                }
                _ => url.host = Some(address),
            }
            url.host = url.host.filter(|host| !host.is_empty());
            rest = path;
        }
        url.path = rest;
        Some(url)
    }
}

fn parts(args: &Arguments, part: impl for<'a> Fn(Url<'a>) -> Option<&'a str>) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let Some(url) = Url::parse(strings.value(row)) else {
            return Ok(None);
        };
        Ok(Some(part(url).map_or_else(String::new, decoded)))
    })?;
    Ok(column(rows))
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn port(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let url = Url::parse(strings.value(row));
        Ok(url.and_then(|url| url.port?.parse().ok()))
    })?;
    Ok(Arc::new(Int64Array::from(rows)))
}

fn parameter(args: &Arguments) -> Result<ArrayRef> {
    let (strings, names) = (args.strings(0)?, args.strings(1)?);
    let rows = args.each(|row| {
        let url = Url::parse(strings.value(row));
        let query = url.and_then(|url| url.query).unwrap_or_default();
        let found = query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name) == names.value(row)).then(|| decoded(value))
        });
        Ok(found)
    })?;
    Ok(column(rows))
}

/// As HTML forms encode, space apart.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b' ');

fn encode(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let encoded = utf8_percent_encode(strings.value(row), FORM).to_string();
        Ok(Some(encoded.replace(' ', "+")))
    })?;
    Ok(column(rows))
}

fn decode(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let spaced = strings.value(row).replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8();
        match decoded {
            Ok(decoded) => Ok(Some(decoded.into_owned())),
            Err(error) => Err(invalid_argument(format!("url_decode: {error}"))),
        }
    })?;
    Ok(column(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_fall_into_their_parts() {
        assert_eq!(
            Url::parse("http://user@example.com:8080/a/b?x=1#f").unwrap(),
            Url {
                scheme: Some("http"),
                host: Some("example.com"),
                port: Some("8080"),
                path: "/a/b",
                query: Some("x=1"),
                fragment: Some("f"),
            }
        );
        let relative = Url::parse("a/b").unwrap();
        assert_eq!((relative.host, relative.path), (None, "a/b"));
        assert_eq!(Url::parse("not a url"), None);
    }
}
