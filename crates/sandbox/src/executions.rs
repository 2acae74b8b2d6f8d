//! The query executions there are, and the tokens that started them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

use crate::execution::Execution;

/// Older executions that have ended are forgotten beyond this number.
const LIMIT: usize = 20_000;

/// Query executions, in the order they were started.
#[derive(Debug, Default)]
pub(crate) struct Executions(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, Arc<Execution>>,
    /// With their tokens, oldest first.
    in_order: VecDeque<(Arc<Execution>, String)>,
    tokens: HashMap<String, (TokenParameters, String)>,
}

/// The parameters that must be the same when a ClientRequestToken comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenParameters {
    pub(crate) query: String,
    pub(crate) database: Option<String>,
    pub(crate) catalog: Option<String>,
    pub(crate) output_location: Option<String>,
}

/// What a ClientRequestToken turned out to be.
pub(crate) enum Admission {
    /// Not seen before: this execution is new.
    New,
    /// Seen with the same parameters: the id it stands for.
    Known(String),
    /// Seen with other parameters.
    Mismatch,
}

impl Executions {
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Execution>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(id)
            .cloned()
    }

    /// Newest first.
    pub(crate) fn newest_first(&self) -> Vec<Arc<Execution>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let in_order = known.in_order.iter().rev();
        in_order.map(|(execution, _)| execution.clone()).collect()
    }

    /// Adds the execution, unless its token has been used.
    pub(crate) fn admit(
        &self,
        token: &str,
        parameters: TokenParameters,
        execution: &Arc<Execution>,
    ) -> Admission {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((first, id)) = known.tokens.get(token) {
            return if *first == parameters {
                Admission::Known(id.clone())
            } else {
                Admission::Mismatch
            };
        }
        known
            .tokens
            .insert(token.to_owned(), (parameters, execution.id.clone()));
        known.by_id.insert(execution.id.clone(), execution.clone());
        known
            .in_order
            .push_back((execution.clone(), token.to_owned()));
        if known.in_order.len() > LIMIT {
            known.forget_oldest();
        }
        Admission::New
    }
}

impl Known {
    /// Forgets the oldest execution, if it has ended: its results stay, its id does not.
    fn forget_oldest(&mut self) {
        let ended = self
            .in_order
            .front()
            .is_some_and(|(oldest, _)| oldest.progress().state.is_final());
        if ended && let Some((oldest, token)) = self.in_order.pop_front() {
            self.by_id.remove(&oldest.id);
            self.tokens.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::SystemTime;

    use crate::engine::{Query, StatementKind, StatementType};
    use crate::execution::Progress;
    use crate::sigv4::Caller;

    fn execution(id: &str) -> Arc<Execution> {
        Arc::new(Execution {
            id: id.to_owned(),
            text: String::new(),
            query: Query {
                sql: String::new(),
                catalog: None,
                database: None,
                parameters: Vec::new(),
            },
            kind: StatementKind {
                statement_type: StatementType::Dml,
                substatement_type: "SELECT",
            },
            work_group: "primary".to_owned(),
            enforced: false,
            engine_version: serde_json::Value::Null,
            caller: Caller {
                access_key_id: String::new(),
                arn: String::new(),
                region: String::new(),
                policy: None,
                chunks: None,
            },
            result_configuration: None,
            managed: None,
            reuse: serde_json::Value::Null,
            place: None,
            submitted: SystemTime::now(),
            cancel: tokio::sync::Notify::new(),
            progress: Mutex::new(Progress::new(Vec::new())),
        })
    }

    #[test]
    fn the_oldest_is_forgotten_once_it_has_ended() {
        let executions = Executions::default();
        let parameters = || TokenParameters {
            query: String::new(),
            database: None,
            catalog: None,
            output_location: None,
        };
        let admit = |number: usize| {
            let name = number.to_string();
            executions.admit(&name, parameters(), &execution(&name))
        };
        for number in 0..=LIMIT {
            assert!(matches!(admit(number), Admission::New));
        }
        // The first has not ended, so it is still there, and so is its token.
        assert!(matches!(admit(0), Admission::Known(id) if id == "0"));
        executions.get("0").unwrap().cancel("over");
        assert!(matches!(admit(LIMIT + 1), Admission::New));
        assert!(executions.get("0").is_none());
        assert!(executions.get("1").is_some());
        assert!(matches!(admit(0), Admission::New));
    }
}
