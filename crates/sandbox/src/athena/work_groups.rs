//! Work groups.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::tags;
use crate::clock::epoch_seconds;
use crate::error::ApiError;
use crate::service::Service;

const ENGINE_VERSION: &str = "Athena engine version 3";

/// A work group and its configuration.
#[derive(Debug, Clone)]
pub struct WorkGroup {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    description: Option<String>,
    created: SystemTime,
    configuration: Map<String, Value>,
}

impl WorkGroup {
    /// An enabled work group that enforces nothing and has no output location.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut configuration = Map::new();
        configuration.insert("EnforceWorkGroupConfiguration".into(), false.into());
        configuration.insert("PublishCloudWatchMetricsEnabled".into(), false.into());
        configuration.insert("RequesterPaysEnabled".into(), false.into());
        configuration.insert(
            "EngineVersion".into(),
            json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE_VERSION}),
        );
        Self {
            name: name.to_owned(),
            enabled: true,
            description: None,
            created: SystemTime::now(),
            configuration,
        }
    }

    /// Where results go when the caller names no place.
    #[must_use]
    pub fn output_location(self, uri: &str) -> Self {
        self.configuration("ResultConfiguration", json!({"OutputLocation": uri}))
    }

    /// Overrides the settings of callers.
    #[must_use]
    pub fn enforced(self) -> Self {
        self.configuration("EnforceWorkGroupConfiguration", json!(true))
    }

    /// Refuses queries.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Keeps results in Athena instead of a bucket.
    #[must_use]
    pub fn managed_results(self) -> Self {
        self.configuration("ManagedQueryResultsConfiguration", json!({"Enabled": true}))
    }

    /// Cancels queries that scan more bytes.
    #[must_use]
    pub fn bytes_scanned_cutoff(self, bytes: u64) -> Self {
        self.configuration("BytesScannedCutoffPerQuery", json!(bytes))
    }

    /// Sets any member of the API's `WorkGroupConfiguration`.
    #[must_use]
    pub fn configuration(mut self, member: &str, value: Value) -> Self {
        self.configuration.insert(member.to_owned(), value);
        self
    }

    pub(crate) fn is_enforced(&self) -> bool {
        self.configuration
            .get("EnforceWorkGroupConfiguration")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn result_configuration(&self) -> Option<&Map<String, Value>> {
        self.configuration
            .get("ResultConfiguration")
            .and_then(Value::as_object)
    }

    /// The configuration of managed results, if they are on.
    pub(crate) fn managed(&self) -> Option<&Value> {
        let managed = self.configuration.get("ManagedQueryResultsConfiguration")?;
        (managed.get("Enabled") == Some(&Value::Bool(true))).then_some(managed)
    }

    pub(crate) fn cutoff(&self) -> Option<u64> {
        self.configuration
            .get("BytesScannedCutoffPerQuery")
            .and_then(Value::as_u64)
    }

    fn state(&self) -> &'static str {
        if self.enabled { "ENABLED" } else { "DISABLED" }
    }

    fn json(&self) -> Value {
        let mut group = json!({
            "Name": self.name,
            "State": self.state(),
            "Configuration": self.configuration,
            "CreationTime": epoch_seconds(self.created),
        });
        if let Some(description) = &self.description {
            group["Description"] = description.as_str().into();
        }
        group
    }

    fn summary(&self) -> Value {
        json!({
            "Name": self.name,
            "State": self.state(),
            "Description": self.description.as_deref().unwrap_or(""),
            "CreationTime": epoch_seconds(self.created),
            "EngineVersion": self.configuration.get("EngineVersion"),
        })
    }
}

/// Reads the name of a work group that must exist.
pub(crate) fn find(service: &Service, name: &str) -> Result<WorkGroup, ApiError> {
    service
        .work_groups()
        .get(name)
        .cloned()
        .ok_or_else(|| ApiError::invalid_input("WorkGroup is not found."))
}

/// `[a-zA-Z0-9._-]{1,128}`.
pub(crate) fn check_name(key: &str, name: Option<&str>) -> Result<(), ApiError> {
    let valid = name.is_none_or(|name| {
        (1..=128).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    });
    let mut constraints = Constraints::default();
    constraints.matches(key, valid, "[a-zA-Z0-9._-]{1,128}");
    constraints.check()
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("WorkGroup")?;
    check_name("WorkGroup", Some(name))?;
    Ok(json!({"WorkGroup": find(service, name)?.json()}))
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let all: Vec<Value> = service
        .work_groups()
        .values()
        .map(WorkGroup::summary)
        .collect();
    let (groups, next) = paging::page(input, "ListWorkGroups", 1, 50, all)?;
    Ok(with_token(json!({"WorkGroups": groups}), next))
}

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("Name")?;
    check_name("Name", Some(name))?;
    let mut group = WorkGroup::new(name).enforced();
    group.description = input.string("Description")?.map(str::to_owned);
    if let Some(configuration) = input.object("Configuration")? {
        check_configuration(configuration)?;
        merge(&mut group, configuration);
    }
    let tags = tags::read(input)?.unwrap_or_default();
    let mut groups = service.work_groups();
    if groups.contains_key(name) {
        return Err(ApiError::invalid_input("WorkGroup is already created"));
    }
    tags::put(service, resource(name), tags)?;
    groups.insert(name.to_owned(), group);
    Ok(json!({}))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("WorkGroup")?;
    let mut group = find(service, name)?;
    if let Some(description) = input.string("Description")? {
        group.description = Some(description.to_owned());
    }
    match input.string("State")? {
        None => {}
        Some("ENABLED") => group.enabled = true,
        Some("DISABLED") => group.enabled = false,
        Some(_) => {
            let mut constraints = Constraints::default();
            constraints.fail("State", "satisfy enum value set: [DISABLED, ENABLED]");
            constraints.check()?;
        }
    }
    if let Some(updates) = input.object("ConfigurationUpdates")? {
        check_configuration(updates)?;
        apply_updates(&mut group, updates)?;
    }
    service.work_groups().insert(name.to_owned(), group);
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("WorkGroup")?;
    if name == "primary" {
        return Err(ApiError::invalid_input(
            "The primary workgroup cannot be deleted",
        ));
    }
    match service.work_groups().remove(name) {
        Some(_) => {
            service.tags().remove(&resource(name));
            Ok(json!({}))
        }
        None => Err(ApiError::invalid_input("WorkGroup is not found.")),
    }
}

/// What a work group's tags are kept under.
fn resource(name: &str) -> String {
    format!("workgroup/{name}")
}

pub(super) fn engine_versions(input: Input<'_>) -> Result<Value, ApiError> {
    let all = ["AUTO", ENGINE_VERSION].map(
        |name| json!({"SelectedEngineVersion": name, "EffectiveEngineVersion": ENGINE_VERSION}),
    );
    let (versions, next) = paging::page(input, "ListEngineVersions", 1, 10, all.to_vec())?;
    Ok(with_token(json!({"EngineVersions": versions}), next))
}

fn check_configuration(configuration: Input<'_>) -> Result<(), ApiError> {
    let mut constraints = Constraints::default();
    let cutoff = configuration.integer("BytesScannedCutoffPerQuery")?;
    constraints.range(
        "configuration.bytesScannedCutoffPerQuery",
        cutoff,
        10_000_000,
        i64::MAX,
    );
    constraints.check()?;
    for key in ["ResultConfiguration", "ResultConfigurationUpdates"] {
        let location = match configuration.object(key)? {
            Some(results) => results.string("OutputLocation")?,
            None => None,
        };
        if location.is_some_and(|uri| crate::store::parse_s3_uri(uri).is_none()) {
            return Err(ApiError::invalid_input(
                "outputLocation is not a valid S3 path.",
            ));
        }
    }
    Ok(())
}

fn merge(group: &mut WorkGroup, configuration: Input<'_>) {
    for (key, value) in configuration.0 {
        if key == "EngineVersion" || value.is_null() {
            continue;
        }
        group.configuration.insert(key.clone(), value.clone());
    }
}

/// The update form of the configuration: `Remove…` flags, and nested `…Updates`.
fn apply_updates(group: &mut WorkGroup, updates: Input<'_>) -> Result<(), ApiError> {
    for (key, value) in updates.0 {
        match key.as_str() {
            "RemoveBytesScannedCutoffPerQuery" => {
                if value == &Value::Bool(true) {
                    group.configuration.remove("BytesScannedCutoffPerQuery");
                }
            }
            "ResultConfigurationUpdates" => {
                let mut results = group.result_configuration().cloned().unwrap_or_default();
                if let Some(changes) = updates.object(key)? {
                    apply_removals(&mut results, changes);
                }
                group
                    .configuration
                    .insert("ResultConfiguration".into(), results.into());
            }
            "ManagedQueryResultsConfigurationUpdates" => {
                let mut managed = group
                    .configuration
                    .get("ManagedQueryResultsConfiguration")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                if let Some(changes) = updates.object(key)? {
                    apply_removals(&mut managed, changes);
                }
                group
                    .configuration
                    .insert("ManagedQueryResultsConfiguration".into(), managed.into());
            }
            "EngineVersion" => {}
            _ => {
                group.configuration.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

fn apply_removals(target: &mut Map<String, Value>, changes: Input<'_>) {
    for (key, value) in changes.0 {
        match key.strip_prefix("Remove") {
            Some(member) if value == &Value::Bool(true) => {
                target.remove(member);
            }
            Some(_) => {}
            None => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}
