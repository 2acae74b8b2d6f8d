//! What is known of queries described before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Description, Detail};
use crate::client::StartQueryExecution;
use crate::types::Column;

/// Most bytes of statements remembered.
const MAX_BYTES: usize = 1 << 20;
/// Longest a description is believed: tables change.
const MAX_AGE: Duration = Duration::from_secs(300);

/// Descriptions of the queries asked about last, by statement text and context. Parameter
/// values are not kept, only what of them decides types.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(Mutex<VecDeque<Known>>);

#[derive(Debug)]
struct Known {
    query: Key,
    detail: Detail,
    description: Description,
    since: Instant,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    sql: String,
    parameters: Vec<String>,
    catalog: Option<String>,
    database: Option<String>,
    work_group: Option<String>,
}

impl Key {
    fn of(request: &StartQueryExecution) -> Self {
        let parameters = request.execution_parameters.iter().flatten();
        Self {
            sql: request.query_string.clone(),
            parameters: parameters.map(|literal| shape(literal)).collect(),
            catalog: request.catalog.clone(),
            database: request.database.clone(),
            work_group: request.work_group.clone(),
        }
    }

    fn bytes(&self) -> usize {
        self.sql.len() + self.parameters.iter().map(String::len).sum::<usize>()
    }
}

impl Descriptions {
    /// What is known of this query, if it is known in such detail.
    pub(super) fn find(
        &self,
        request: &StartQueryExecution,
        detail: Detail,
    ) -> Option<Description> {
        let query = Key::of(request);
        let mut all = self.lock();
        all.retain(|known| known.since.elapsed() < MAX_AGE);
        let fits = |known: &Known| known.query == query && known.detail >= detail;
        let at = all.iter().position(fits)?;
        // The one asked for last is the last to be forgotten.
        let known = all.remove(at)?;
        let description = known.description.clone();
        all.push_back(known);
        Some(description)
    }

    pub(super) fn remember(
        &self,
        request: &StartQueryExecution,
        detail: Detail,
        description: Description,
    ) {
        let query = Key::of(request);
        let mut all = self.lock();
        all.retain(|known| known.query != query);
        all.push_back(Known {
            query,
            detail,
            description,
            since: Instant::now(),
        });
        let mut bytes: usize = all.iter().map(|known| known.query.bytes()).sum();
        while bytes > MAX_BYTES
            && let Some(oldest) = all.pop_front()
        {
            bytes -= oldest.query.bytes();
        }
    }

    /// Forgets the description that these columns come from, because it turned out to be wrong.
    pub(crate) fn forget(&self, columns: &Arc<[Column]>) {
        self.lock()
            .retain(|known| !Arc::ptr_eq(&known.description.columns, columns));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What decides the type of a literal as [`super::super::literal`] writes them: the name of
/// its type and, where the type depends on them, how many characters of which kind there are.
fn shape(literal: &str) -> String {
    let Some((type_name, value)) = literal.split_once('\'') else {
        return literal.to_owned();
    };
    match type_name.trim_end() {
        "" => format!("'{}", value.chars().count()),
        "DECIMAL" | "TIME" | "TIMESTAMP" => literal
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AthenaType;

    fn request(sql: &str, parameters: &[&str]) -> StartQueryExecution {
        StartQueryExecution {
            query_string: sql.to_owned(),
            client_request_token: String::new(),
            execution_parameters: Some(parameters.iter().map(|&p| p.to_owned()).collect()),
            catalog: None,
            database: None,
            work_group: None,
            output_location: None,
            encryption: None,
            expected_bucket_owner: None,
            bucket_owner_full_control: false,
            result_reuse: None,
        }
    }

    fn columns() -> Description {
        Description {
            columns: [Column::new("a", AthenaType::Date)].into(),
            results_in: None,
        }
    }

    #[test]
    fn shapes_tell_types_apart_and_hold_no_value() {
        for (one, other, same) in [
            ("'secret'", "'public'", true),
            ("'abc'", "'abcd'", false),
            ("BIGINT '1'", "BIGINT '-20'", true),
            ("BIGINT '1'", "INTEGER '1'", false),
            ("DECIMAL '1.25'", "DECIMAL '7.75'", true),
            ("DECIMAL '1.25'", "DECIMAL '17.5'", false),
            ("TIME '00:00:00'", "TIME '00:00:00.5'", false),
            ("NULL", "TRUE", false),
        ] {
            assert_eq!(shape(one) == shape(other), same, "{one} {other}");
        }
        assert!(!shape("'secret'").contains("secret"));
        assert!(!shape("DECIMAL '12.34'").contains("12"));
    }

    #[test]
    fn context_and_detail_count() {
        let known = Descriptions::default();
        let asked = request("SELECT ?", &["BIGINT '1'"]);
        known.remember(&asked, Detail::Nested, columns());
        let other_value = request("SELECT ?", &["BIGINT '2'"]);
        assert_eq!(known.find(&other_value, Detail::Nested), Some(columns()));
        assert_eq!(known.find(&asked, Detail::Exact), None);
        assert_eq!(
            known.find(&request("SELECT ?", &["NULL"]), Detail::Nested),
            None
        );
        let elsewhere = StartQueryExecution {
            database: Some("d".to_owned()),
            ..asked.clone()
        };
        assert_eq!(known.find(&elsewhere, Detail::Nested), None);
        known.remember(&asked, Detail::Exact, columns());
        assert_eq!(known.find(&asked, Detail::Nested), Some(columns()));
        assert_eq!(known.lock().len(), 1);
        known.forget(&columns().columns);
        let kept = known.find(&asked, Detail::Nested).unwrap();
        known.forget(&kept.columns);
        assert_eq!(known.find(&asked, Detail::Nested), None);
    }

    #[test]
    fn the_query_not_asked_about_for_longest_is_forgotten_first() {
        let known = Descriptions::default();
        let text = |n: usize| format!("SELECT {n} {}", "x".repeat(MAX_BYTES / 4));
        let queries: Vec<_> = (0..4).map(|n| request(&text(n), &[])).collect();
        for query in &queries[..3] {
            known.remember(query, Detail::Nested, columns());
        }
        assert!(known.find(&queries[0], Detail::Nested).is_some());
        known.remember(&queries[3], Detail::Nested, columns());
        let found: Vec<_> = queries
            .iter()
            .map(|query| known.find(query, Detail::Nested).is_some())
            .collect();
        assert_eq!(found, [true, false, true, true]);
    }
}
