//! Texts with rules of their own.

use crate::options::kind::Format;

/// An AWS region name.
pub(super) const REGION: Format = Format {
    what: "region name such as us-east-1",
    read: |text| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        text.chars().all(allowed).then(|| text.to_ascii_lowercase())
    },
};

/// A place in S3, kept with a slash at its end.
pub(super) const S3_LOCATION: Format = Format {
    what: "s3://bucket/ or s3://bucket/folder/",
    read: |text| {
        let path = text.strip_prefix("s3://")?;
        let bucket = path.split('/').next()?;
        let slash = if text.ends_with('/') { "" } else { "/" };
        (!bucket.is_empty()).then(|| format!("{text}{slash}"))
    },
};

/// Where a service answers, kept with a scheme and without a slash at its end.
pub(super) const ENDPOINT: Format = Format {
    what: "[http:// or https://]host[:port]",
    read: |text| {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), text),
        };
        let rest = rest.trim_end_matches('/');
        let authority = rest.split('/').next()?;
        let fits = matches!(scheme.as_str(), "http" | "https")
            && is_authority(authority)
            && !rest.contains(['?', '#', '@'])
            && !rest.contains(char::is_whitespace);
        fits.then(|| format!("{scheme}://{rest}"))
    },
};

/// A proxy's address; its port and scheme may be options of their own.
pub(super) const PROXY_HOST: Format = Format {
    what: "[http:// or https://]host[:port]; user and password are options of their own",
    read: |text| {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let host = rest.trim_end_matches('/');
        if !is_authority(host) {
            return None;
        }
        match scheme.as_deref() {
            None => Some(host.to_owned()),
            Some(scheme @ ("http" | "https")) => Some(format!("{scheme}://{host}")),
            Some(_) => None,
        }
    },
};

/// An AWS account.
pub(super) const ACCOUNT_ID: Format = Format {
    what: "account id of 12 digits",
    read: |text| {
        let fits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.to_owned())
    },
};

/// An IAM role.
pub(super) const ROLE_ARN: Format = Format {
    what: "role ARN such as arn:aws:iam::123456789012:role/name",
    read: |text| {
        let fits = text.starts_with("arn:") && text.contains(":role/");
        fits.then(|| text.to_owned())
    },
};

fn is_authority(text: &str) -> bool {
    let (host, port) = if text.starts_with('[') {
        match text.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => return false,
        }
    } else {
        match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let name = match host.strip_prefix('[') {
        Some(address) => address
            .chars()
            .all(|c| c.is_ascii_hexdigit() || ":.".contains(c)),
        None => host.chars().all(allowed),
    };
    let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    !host.trim_start_matches('[').is_empty() && name && port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_keeps_one_spelling_or_refuses() {
        let cases: &[(Format, &str, Option<&str>)] = &[
            (REGION, "us-east-1", Some("us-east-1")),
            (REGION, "US-EAST-1", Some("us-east-1")),
            (REGION, "us east", None),
            (S3_LOCATION, "s3://b", Some("s3://b/")),
            (S3_LOCATION, "s3://b/p/", Some("s3://b/p/")),
            (S3_LOCATION, "s3:///p", None),
            (S3_LOCATION, "b/p", None),
            (S3_LOCATION, "https://b/p", None),
            (ENDPOINT, "localhost:80", Some("https://localhost:80")),
            (
                ENDPOINT,
                "HTTP://127.0.0.1:80/",
                Some("http://127.0.0.1:80"),
            ),
            (ENDPOINT, "https://[::1]:80", Some("https://[::1]:80")),
            (ENDPOINT, "https://h/base", Some("https://h/base")),
            (ENDPOINT, "ftp://h", None),
            (ENDPOINT, "https://u:p@h", None),
            (ENDPOINT, "https://h:port", None),
            (ENDPOINT, "https://", None),
            (ENDPOINT, "https://[::1", None),
            (ENDPOINT, "a b", None),
            (PROXY_HOST, "proxy", Some("proxy")),
            (PROXY_HOST, "http://proxy:3128/", Some("http://proxy:3128")),
            (PROXY_HOST, "http://u:p@proxy", None),
            (PROXY_HOST, "socks5://proxy", None),
            (ACCOUNT_ID, "123456789012", Some("123456789012")),
            (ACCOUNT_ID, "12345678901", None),
            (ACCOUNT_ID, "12345678901x", None),
            (
                ROLE_ARN,
                "arn:aws:iam::123456789012:role/a",
                Some("arn:aws:iam::123456789012:role/a"),
            ),
            (ROLE_ARN, "admin", None),
        ];
        for (format, text, kept) in cases {
            assert_eq!((format.read)(text).as_deref(), *kept, "{text:?}");
        }
    }
}
