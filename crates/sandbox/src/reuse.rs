//! Result reuse: which earlier execution may answer a new one.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::engine::{Query, StatementKind};
use crate::execution::{Outcome, Place};
use crate::metastore::DEFAULT_CATALOG;
use crate::service::Service;

/// Texts at least this long must be equal byte for byte.
const EXACT_FROM_BYTES: usize = 100 * 1024;

/// The answer of an earlier execution, and where its object is.
pub(crate) fn find(
    service: &Service,
    work_group: &str,
    query: &Query,
    kind: &StatementKind,
    place: Option<&Place>,
    reuse: &Value,
) -> Option<(Place, Outcome)> {
    let age = reuse
        .pointer("/ResultReuseByAgeConfiguration/MaxAgeInMinutes")?
        .as_u64()?;
    let place = place?;
    let elsewhere = query
        .catalog
        .as_ref()
        .is_some_and(|catalog| !catalog.eq_ignore_ascii_case(DEFAULT_CATALOG));
    if kind.substatement_type != "SELECT" || elsewhere || may_differ(&query.sql) {
        return None;
    }
    let oldest = SystemTime::now().checked_sub(Duration::from_secs(age * 60))?;
    service
        .executions
        .newest_first()
        .into_iter()
        .find_map(|earlier| {
            let its_place = earlier.place.as_ref()?;
            let same = earlier.work_group == work_group
                && earlier.kind == *kind
                && same_context(&earlier.query, query)
                && same_text(&earlier.query.sql, &query.sql)
                && its_place.bucket == place.bucket
                && folder(&its_place.key) == folder(&place.key);
            let progress = earlier.progress();
            let outcome = progress.outcome.as_ref()?;
            let fresh =
                progress.completed? >= oldest && progress.script.is_empty() && !outcome.reused;
            let readable = outcome.file.as_ref().is_some_and(|file| file.exists());
            (same && fresh && readable).then(|| {
                (
                    its_place.clone(),
                    Outcome {
                        data_scanned: 0,
                        reused: true,
                        stages: None,
                        ..outcome.clone()
                    },
                )
            })
        })
}

fn same_context(left: &Query, right: &Query) -> bool {
    left.catalog == right.catalog
        && left.database == right.database
        && left.parameters == right.parameters
}

fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Functions and constants whose value is another each time.
const CHANGING: [&str; 12] = [
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NOW",
    "RAND",
    "RANDOM",
    "SHUFFLE",
    "TABLESAMPLE",
    "UUID",
    "CURRENT_USER",
];

/// True if the answer may be another although the data is the same: for `LIMIT` without
/// `ORDER BY`, which gives any rows, and for what depends on time or chance.
fn may_differ(sql: &str) -> bool {
    let upper = normalised(sql).to_ascii_uppercase();
    let arbitrary = upper.contains(" LIMIT ") && !upper.contains(" ORDER BY ");
    let mut words = upper.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    arbitrary || words.any(|word| CHANGING.contains(&word))
}

fn same_text(left: &str, right: &str) -> bool {
    if left.len().max(right.len()) >= EXACT_FROM_BYTES {
        return left == right;
    }
    normalised(left) == normalised(right)
}

/// The text with every run of blanks and comments as one blank, `INNER JOIN` as `JOIN`.
fn normalised(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let skipped = if first.is_whitespace() {
            rest.trim_start()
        } else if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            let quoted = if "'\"`".contains(first) {
                rest[1..].find(first).map(|end| end + 2)
            } else {
                None
            };
            let (token, after) = rest.split_at(quoted.unwrap_or(first.len_utf8()));
            out.push_str(token);
            rest = after;
            continue;
        };
        if !out.ends_with(' ') {
            out.push(' ');
        }
        rest = skipped;
    }
    out.trim()
        .replace("INNER JOIN", "JOIN")
        .replace("inner join", "join")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_comments_do_not_matter_but_text_does() {
        assert!(same_text(
            "SELECT  1 -- x\n, 'a  b'",
            "SELECT 1 /* y */, 'a  b'"
        ));
        assert!(same_text("a INNER JOIN b", "a JOIN b"));
        assert!(!same_text("SELECT 'a  b'", "SELECT 'a b'"));
        assert!(!same_text("SELECT a", "SELECT b"));
    }

    #[test]
    fn what_may_differ_is_not_used_again() {
        for (sql, expected) in [
            ("SELECT * FROM t\nlimit 5", true),
            ("SELECT * FROM t ORDER BY 1 LIMIT 5", false),
            ("SELECT now()", true),
            ("SELECT current_date", true),
            ("SELECT known FROM t", false),
            ("SELECT random(5)", true),
        ] {
            assert_eq!(may_differ(sql), expected, "{sql}");
        }
    }
}
