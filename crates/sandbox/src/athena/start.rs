//! StartQueryExecution: validation in Athena's order, and the start of the work.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::plan::{Planned, plan};
use super::work_groups::{self, WorkGroup};
use crate::engine::{Query, StatementKind};
use crate::error::ApiError;
use crate::execution::{Execution, Place, Progress, State};
use crate::executions::{Admission, TokenParameters};
use crate::fault::FaultAction;
use crate::fixture;
use crate::policy::on_behalf;
use crate::result_files::Layout;
use crate::reuse;
use crate::run::{self, Work};
use crate::service::{ACCOUNT, Service};
use crate::sigv4::Caller;
use crate::store::parse_s3_uri;

/// Athena's words for managed results with a location of one's own.
pub(super) const MANAGED_CONFLICT: &str =
    "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together.";

const MAX_QUERY_BYTES: usize = 262_144;

pub(super) fn start_query_execution(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input<'_>,
    faults: &[FaultAction],
) -> Result<Value, ApiError> {
    let request = StartRequest::read(input)?;
    check_token(request.token)?;
    let location = request.output_location()?;
    if location.is_some_and(|uri| parse_s3_uri(uri).is_none()) {
        return Err(ApiError::invalid_input(
            "outputLocation is not a valid S3 path.",
        ));
    }
    let group = work_groups::find(service, request.work_group)?;
    if !group.enabled {
        return Err(ApiError::invalid_input(format!(
            "WorkGroup {} is disabled.",
            group.name
        )));
    }
    let destination = Destination::choose(&group, request.results)?;

    let asked = Query {
        sql: fixture::strip(request.sql).to_owned(),
        catalog: request.catalog.map(str::to_owned),
        database: request.database.map(str::to_owned),
        parameters: request
            .parameters
            .iter()
            .map(|&text| text.to_owned())
            .collect(),
    };
    if asked.sql.is_empty() && request.sql.contains(';') {
        return Err(ApiError::invalid_request(
            "MALFORMED_QUERY",
            format!("Empty sql statement: {}", request.sql.trim_end()),
        ));
    }
    let Planned { work, kind, query } = plan(service, &group.name, &asked, faults)?;

    let parameters = TokenParameters {
        query: request.sql.to_owned(),
        database: query.database.clone(),
        catalog: query.catalog.clone(),
        output_location: location.map(str::to_owned),
    };
    let script = script(&work, faults).unwrap_or_else(|| service.settings.states.clone());
    let id = uuid::Uuid::new_v4().to_string();
    let mut place = destination.place(&id, &kind);
    destination.check_owner(place.as_ref())?;
    on_behalf::may_start(service.access(caller), place.as_ref())?;
    let earlier = reuse::find(
        service,
        &group.name,
        &query,
        &kind,
        place.as_ref(),
        &request.reuse,
    )
    .filter(|(older, _)| on_behalf::may_reuse(service.access(caller), older));
    if let Some((older, _)) = &earlier {
        place = Some(older.clone());
    }
    let execution = Arc::new(Execution {
        result_configuration: destination.configuration(place.as_ref()),
        managed: destination.managed,
        place,
        reuse: request.reuse,
        work_group: group.name.clone(),
        enforced: group.is_enforced(),
        engine_version: group.engine_version(),
        caller: caller.clone(),
        submitted: SystemTime::now(),
        cancel: tokio::sync::Notify::new(),
        progress: Mutex::new(Progress::new(script)),
        text: asked.sql,
        id,
        query,
        kind,
    });
    match service
        .executions
        .admit(request.token.unwrap_or_default(), parameters, &execution)
    {
        Admission::Known(id) => Ok(json!({"QueryExecutionId": id})),
        Admission::Mismatch => Err(ApiError::invalid_request(
            "IDEMPOTENT_PARAMETER_MISMATCH",
            "Idempotent parameters do not match",
        )),
        Admission::New => {
            let answer = json!({"QueryExecutionId": execution.id});
            match earlier {
                Some((_, outcome)) => run::reuse(&execution, outcome),
                None => drop(tokio::spawn(run::run(
                    service.clone(),
                    execution,
                    work,
                    group.cutoff(),
                ))),
            }
            Ok(answer)
        }
    }
}

/// The states that polls are to see first, if the fixture or a fault says so.
fn script(work: &Work, faults: &[FaultAction]) -> Option<Vec<State>> {
    let fault = faults.iter().find_map(|fault| match fault {
        FaultAction::States(states) => Some(states.clone()),
        _ => None,
    });
    fault.or_else(|| match work {
        Work::Fixture(fixture) => fixture.states.clone(),
        _ => None,
    })
}

/// The members of the request, checked one by one.
struct StartRequest<'a> {
    sql: &'a str,
    token: Option<&'a str>,
    catalog: Option<&'a str>,
    database: Option<&'a str>,
    work_group: &'a str,
    results: Option<Input<'a>>,
    parameters: Vec<&'a str>,
    reuse: Value,
}

impl<'a> StartRequest<'a> {
    fn read(input: Input<'a>) -> Result<Self, ApiError> {
        let sql = input.string("QueryString")?;
        let token = input.string("ClientRequestToken")?;
        let context = input.object("QueryExecutionContext")?;
        let member = |key| context.map_or(Ok(None), |context| context.string(key));
        let (catalog, database) = (member("Catalog")?, member("Database")?);
        let work_group = input.string("WorkGroup")?;
        let results = input.object("ResultConfiguration")?;
        let parameters = input.strings("ExecutionParameters")?;
        let reuse = match input.object("ResultReuseConfiguration")? {
            Some(reuse) => reuse.object("ResultReuseByAgeConfiguration")?,
            None => None,
        };
        let enabled = reuse
            .map_or(Ok(None), |reuse| reuse.boolean("Enabled"))?
            .unwrap_or(false);
        let age = reuse.map_or(Ok(None), |reuse| reuse.integer("MaxAgeInMinutes"))?;

        let mut constraints = Constraints::default();
        constraints.required("QueryString", sql.is_some());
        constraints.length("QueryString", sql, 1, usize::MAX);
        if let Some(sql) = sql.filter(|sql| sql.len() > MAX_QUERY_BYTES) {
            constraints.push(format!(
                "Value '{sql}' at 'queryString' failed to satisfy constraint: Member must have length less than or \
                 equal to {MAX_QUERY_BYTES}"
            ));
        }
        constraints.length("queryExecutionContext.catalog", catalog, 1, 256);
        constraints.length("queryExecutionContext.database", database, 1, 255);
        constraints.range(
            "resultReuseConfiguration.resultReuseByAgeConfiguration.maxAgeInMinutes",
            age,
            0,
            10_080,
        );
        if parameters.as_ref().is_some_and(Vec::is_empty) {
            constraints.fail(
                "executionParameters",
                "have length greater than or equal to 1",
            );
        }
        for (index, parameter) in parameters.iter().flatten().enumerate() {
            let key = format!("executionParameters.{}.member", index + 1);
            constraints.length(&key, Some(parameter), 1, 1024);
        }
        constraints.check()?;
        work_groups::check_name("WorkGroup", work_group)?;
        check_results(results)?;

        let reuse = if enabled {
            json!({"ResultReuseByAgeConfiguration": {"Enabled": true, "MaxAgeInMinutes": age.unwrap_or(60)}})
        } else {
            json!({"ResultReuseByAgeConfiguration": {"Enabled": false}})
        };
        Ok(Self {
            sql: sql.unwrap_or_default(),
            token,
            catalog,
            database,
            work_group: work_group.unwrap_or("primary"),
            results,
            parameters: parameters.unwrap_or_default(),
            reuse,
        })
    }

    fn output_location(&self) -> Result<Option<&'a str>, ApiError> {
        self.results
            .map_or(Ok(None), |results| results.string("OutputLocation"))
    }
}

pub(super) fn check_results(results: Option<Input<'_>>) -> Result<(), ApiError> {
    let Some(results) = results else {
        return Ok(());
    };
    let mut constraints = Constraints::default();
    if let Some(encryption) = results.object("EncryptionConfiguration")? {
        let option = encryption.string("EncryptionOption")?;
        let key = "resultConfiguration.encryptionConfiguration.encryptionOption";
        constraints.required(key, option.is_some());
        if option.is_some_and(|option| !["SSE_S3", "SSE_KMS", "CSE_KMS"].contains(&option)) {
            constraints.fail(key, "satisfy enum value set: [SSE_S3, SSE_KMS, CSE_KMS]");
        }
        let key = encryption.string("KmsKey")?;
        if key.is_none() && matches!(option, Some("SSE_KMS" | "CSE_KMS")) {
            return Err(ApiError::invalid_input(
                "KmsKey is required for the encryption options SSE_KMS and CSE_KMS",
            ));
        }
    }
    if let Some(acl) = results.object("AclConfiguration")? {
        let option = acl.string("S3AclOption")?;
        if option != Some("BUCKET_OWNER_FULL_CONTROL") {
            let key = "resultConfiguration.aclConfiguration.s3AclOption";
            constraints.fail(key, "satisfy enum value set: [BUCKET_OWNER_FULL_CONTROL]");
        }
    }
    let owner = results.string("ExpectedBucketOwner")?;
    constraints.length("resultConfiguration.expectedBucketOwner", owner, 12, 12);
    constraints.check()
}

fn check_token(token: Option<&str>) -> Result<(), ApiError> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(ApiError::invalid_input(
            "clientRequestToken is null or empty",
        ));
    };
    let mut constraints = Constraints::default();
    constraints.length("ClientRequestToken", Some(token), 32, 128);
    constraints.check()?;
    if token.len() > 128 {
        return Err(ApiError::invalid_input(
            "clientRequestToken exceeds maximum allowed length 128",
        ));
    }
    Ok(())
}

/// Where results go, by the rules of the work group.
struct Destination {
    settings: Map<String, Value>,
    managed: Option<Value>,
}

impl Destination {
    fn choose(group: &WorkGroup, client: Option<Input<'_>>) -> Result<Self, ApiError> {
        if let Some(managed) = group.managed() {
            if client.is_some() {
                return Err(ApiError::invalid_input(MANAGED_CONFLICT));
            }
            return Ok(Self {
                settings: Map::new(),
                managed: Some(managed.clone()),
            });
        }
        let mut settings = group.result_configuration().cloned().unwrap_or_default();
        if let (false, Some(client)) = (group.is_enforced(), client) {
            let given = client.0.iter().filter(|(_, value)| !value.is_null());
            settings.extend(given.map(|(key, value)| (key.clone(), value.clone())));
        }
        if !settings.contains_key("OutputLocation") {
            return Err(ApiError::invalid_input(
                "No output location provided. An output location is required either through the Workgroup result \
                 configuration setting or as an API input.",
            ));
        }
        Ok(Self {
            settings,
            managed: None,
        })
    }

    fn place(&self, id: &str, kind: &StatementKind) -> Option<Place> {
        let (bucket, folder) = parse_s3_uri(self.settings.get("OutputLocation")?.as_str()?)?;
        let slash = if folder.is_empty() || folder.ends_with('/') {
            ""
        } else {
            "/"
        };
        let layout = Layout::of(kind);
        Some(Place {
            bucket: bucket.to_owned(),
            key: format!("{folder}{slash}{}{id}{}", layout.prefix, layout.suffix),
        })
    }

    /// The bucket must belong to whom the caller expects.
    fn check_owner(&self, place: Option<&Place>) -> Result<(), ApiError> {
        let owner = self.settings.get("ExpectedBucketOwner");
        match (owner.and_then(Value::as_str), place) {
            (Some(owner), Some(place)) if owner != ACCOUNT => Err(ApiError::invalid_input(
                format!("Unable to verify/create output bucket {}", place.bucket),
            )),
            _ => Ok(()),
        }
    }

    fn configuration(&self, place: Option<&Place>) -> Option<Value> {
        let mut settings = self.settings.clone();
        settings.insert("OutputLocation".to_owned(), place?.uri().into());
        Some(settings.into())
    }
}
