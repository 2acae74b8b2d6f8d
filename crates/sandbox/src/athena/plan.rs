//! What a statement is, and who carries it out.

use super::statements::{self, Prepared as Form};
use crate::engine::{Query, Refusal, StatementKind};
use crate::error::ApiError;
use crate::fault::FaultAction;
use crate::kind;
use crate::run::Work;
use crate::service::Service;

/// A statement on its way to be run.
pub(super) struct Planned {
    pub(super) work: Work,
    pub(super) kind: StatementKind,
    /// What is run: of EXECUTE, the prepared statement with its values.
    pub(super) query: Query,
}

/// Finds out who answers the statement, or refuses it as Athena does before it makes an id.
pub(super) fn plan(
    service: &Service,
    work_group: &str,
    query: &Query,
    faults: &[FaultAction],
) -> Result<Planned, ApiError> {
    let mut planned = plan_statement(service, work_group, query)?;
    let failure = faults.iter().find_map(|fault| match fault {
        FaultAction::FailQuery(failure) => Some(failure),
        _ => None,
    });
    if let Some(failure) = failure {
        planned.work = Work::Fail(failure.clone());
    }
    Ok(planned)
}

fn plan_statement(service: &Service, work_group: &str, query: &Query) -> Result<Planned, ApiError> {
    let scripted = service.fixtures.find(&query.sql).is_some();
    let (work, kind) = match Form::parse(&query.sql) {
        Some(form) if !scripted => match form.map_err(refused)? {
            Form::Execute { name, using } => {
                let inner = expand(service, work_group, query, (&name, using))?;
                let (work, kind) = answer(service, &inner).map_err(refused)?;
                return Ok(Planned {
                    work,
                    kind,
                    query: inner,
                });
            }
            Form::Prepare { name, text } => {
                // A statement that cannot be parsed is not prepared.
                let inner = Query {
                    sql: text.to_owned(),
                    ..query.clone()
                };
                answer(service, &inner).map_err(refused)?;
                let text = text.to_owned();
                (Work::Prepare { name, text }, statements::kind("PREPARE"))
            }
            Form::Deallocate { name } => {
                (Work::Deallocate { name }, statements::kind("DEALLOCATE"))
            }
        },
        _ => answer(service, query).map_err(refused)?,
    };
    Ok(Planned {
        work,
        kind,
        query: query.clone(),
    })
}

fn refused(refusal: Refusal) -> ApiError {
    ApiError::invalid_request(refusal.code, refusal.message)
}

/// The prepared statement that EXECUTE names, with the values behind USING, or else those of
/// the request. A `?` behind USING takes one of the request's.
fn expand(
    service: &Service,
    work_group: &str,
    query: &Query,
    (name, using): (&str, Vec<String>),
) -> Result<Query, ApiError> {
    let key = (work_group.to_owned(), name.to_owned());
    let text = service
        .prepared()
        .get(&key)
        .map(|saved| saved.query.clone());
    let Some(text) = text else {
        return Err(ApiError::invalid_input(format!(
            "PreparedStatement {name} was not found in workGroup {work_group}"
        )));
    };
    let mut given = query.parameters.iter().cloned();
    let parameters = if using.is_empty() {
        given.collect()
    } else {
        using
            .into_iter()
            .map(|value| match value.as_str() {
                "?" => given.next().unwrap_or(value),
                _ => value,
            })
            .collect()
    };
    Ok(Query {
        sql: crate::fixture::strip(&text).to_owned(),
        parameters,
        ..query.clone()
    })
}

/// Who answers a statement that is run, and what kind it is.
fn answer(service: &Service, query: &Query) -> Result<(Work, StatementKind), Refusal> {
    if let Some(fixture) = service.fixtures.find(&query.sql) {
        if let Some(refusal) = &fixture.refusal {
            return Err(refusal.clone());
        }
        let kind = fixture
            .kind
            .clone()
            .unwrap_or_else(|| kind::classify(&query.sql));
        return Ok((Work::Fixture(fixture), kind));
    }
    let Some(engine) = &service.engine else {
        return Err(Refusal {
            code: "MALFORMED_QUERY",
            message: "Queries of this type are not supported (athena-sandbox has no fixture for this text and no SQL \
                      engine)"
                .to_owned(),
        });
    };
    let kind = engine.classify(query)?;
    let kind = engine.look_up(query, kind, &service.metastore)?;
    Ok((Work::Engine(engine.clone()), kind))
}
