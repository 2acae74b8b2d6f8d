//! Faults on demand: which requests go wrong, and how.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::engine::Failure;
use crate::execution::State;
use crate::record::ServiceName;

/// How a request goes wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FaultAction {
    /// 400 ThrottlingException; S3 answers 503 SlowDown.
    Throttle,
    /// 400 TooManyRequestsException, the account's limit of running queries.
    TooManyRequests,
    /// 500 InternalServerException; S3 answers 500 InternalError.
    InternalError,
    /// 503 ServiceUnavailable; S3 answers 503 SlowDown.
    ServiceUnavailable,
    /// 403 AccessDenied.
    AccessDenied,
    /// 404 NoSuchKey (S3).
    NotFound,
    /// The session token has expired.
    ExpiredToken,
    /// This status with an HTML body.
    Html(u16),
    /// The connection is reset before any answer.
    ResetBeforeHeaders,
    /// The headers arrive, with this many bytes of the body, then the connection is reset.
    ResetAfter(u64),
    /// The right Content-Length, but the connection ends after this many bytes.
    CutBody(u64),
    /// The object is this many bytes long, and Content-Length agrees.
    ShortObject(u64),
    /// The byte at this place of the body is another one.
    CorruptByte(u64),
    /// Nothing comes after this many bytes, and the connection stays open.
    Stall(u64),
    /// The headers come at once, the body after this time.
    SlowFirstByte(Duration),
    /// The answer comes after this time.
    Latency(Duration),
    /// The body comes at this many bytes per second.
    Bandwidth(u64),
    /// The object has been replaced: another ETag, so that If-Match fails.
    ChangedObject,
    /// The whole object is sent whatever range was asked for, as by a proxy without ranges.
    IgnoreRange,
    /// The object has no ETag.
    NoEtag,
    /// The execution that starts ends FAILED, whatever its statement is.
    FailQuery(Failure),
    /// Polls of the execution that starts see these states first.
    States(Vec<State>),
    /// The body is the encrypted-looking form some `.metadata` objects have.
    OpaqueMetadata,
    /// The last page of GetQueryResults has a token, which leads to an empty page.
    ExtraEmptyPage,
    /// A page that is asked for with a token has that token as its next one: GetQueryResults,
    /// ListObjectsV2.
    RepeatToken,
}

/// A fault: an action, and the requests it applies to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub(crate) operation: String,
    pub(crate) key: Option<String>,
    pub(crate) skip: u32,
    pub(crate) times: u32,
    pub(crate) action: FaultAction,
}

impl Fault {
    /// Applies to every request of an operation, e.g. `GetObject`; `glue:GetDatabase` names
    /// the service as well, and `*` is any operation.
    #[must_use]
    pub fn on(operation: &str, action: FaultAction) -> Self {
        Self {
            operation: operation.to_owned(),
            key: None,
            skip: 0,
            times: u32::MAX,
            action,
        }
    }

    /// Leaves the first `count` matching requests alone.
    #[must_use]
    pub fn skip(mut self, count: u32) -> Self {
        self.skip = count;
        self
    }

    /// Applies to `count` requests, then no more.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.times = count;
        self
    }

    /// Applies only where the path contains this text, e.g. `.metadata`.
    #[must_use]
    pub fn key(mut self, part: &str) -> Self {
        self.key = Some(part.to_owned());
        self
    }
}

impl Fault {
    fn names(&self, service: ServiceName, operation: &str) -> bool {
        let (wanted, name) = match self.operation.split_once(':') {
            Some((wanted, name)) => (Some(wanted), name),
            None => (None, self.operation.as_str()),
        };
        wanted.is_none_or(|wanted| wanted == service.as_str()) && (name == "*" || name == operation)
    }
}

/// All faults still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The actions for this request; counts it.
    pub(crate) fn take(
        &self,
        service: ServiceName,
        operation: &str,
        path: &str,
    ) -> Vec<FaultAction> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut actions = Vec::new();
        all.retain_mut(|fault| {
            let applies = fault.names(service, operation)
                && fault
                    .key
                    .as_ref()
                    .is_none_or(|part| path.contains(part.as_str()));
            if !applies {
                return true;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                return true;
            }
            if fault.times == 0 {
                return false;
            }
            actions.push(fault.action.clone());
            if fault.times != u32::MAX {
                fault.times -= 1;
            }
            fault.times > 0
        });
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_then_applies_then_ends() {
        let faults = Faults::default();
        faults.add(
            Fault::on("GetObject", FaultAction::Throttle)
                .skip(1)
                .times(2)
                .key(".csv"),
        );
        let mut seen = Vec::new();
        for (operation, path) in [
            ("GetObject", "/b/x.csv"),
            ("GetObject", "/b/x.txt"),
            ("HeadObject", "/b/x.csv"),
            ("GetObject", "/b/x.csv"),
            ("GetObject", "/b/x.csv"),
            ("GetObject", "/b/x.csv"),
        ] {
            seen.push(faults.take(ServiceName::S3, operation, path).len());
        }
        assert_eq!(seen, [0, 0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_fault_can_name_its_service() {
        let faults = Faults::default();
        faults.add(Fault::on("glue:GetDatabase", FaultAction::Throttle));
        faults.add(Fault::on("sts:*", FaultAction::Throttle));
        let count = |service, operation| faults.take(service, operation, "/").len();
        assert_eq!(count(ServiceName::Glue, "GetDatabase"), 1);
        assert_eq!(count(ServiceName::Athena, "GetDatabase"), 0);
        assert_eq!(count(ServiceName::Glue, "GetTable"), 0);
        assert_eq!(count(ServiceName::Sts, "AssumeRole"), 1);
    }
}
