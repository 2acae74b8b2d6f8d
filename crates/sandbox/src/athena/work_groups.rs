//! Work groups.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::{settings, tags};
use crate::clock::epoch_seconds;
use crate::error::ApiError;
use crate::service::Service;

/// The version that runs, whatever is selected.
pub(super) const ENGINE_VERSION: &str = "Athena engine version 3";

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

    /// `EngineVersion` as executions report it.
    pub(crate) fn engine_version(&self) -> Value {
        self.configuration
            .get("EngineVersion")
            .cloned()
            .unwrap_or_default()
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
        settings::check(configuration)?;
        settings::merge(&mut group.configuration, configuration);
        settings::check_whole(&group.configuration)?;
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
    let mut groups = service.work_groups();
    let group = groups.get(name).cloned();
    let mut group = group.ok_or_else(|| ApiError::invalid_input("WorkGroup is not found."))?;
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
        settings::check(updates)?;
        settings::update(&mut group.configuration, updates)?;
        settings::check_whole(&group.configuration)?;
    }
    groups.insert(name.to_owned(), group);
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("WorkGroup")?;
    if name == "primary" {
        return Err(ApiError::invalid_input(
            "The primary workgroup cannot be deleted",
        ));
    }
    let recursive = input.boolean("RecursiveDeleteOption")? == Some(true);
    let mut groups = service.work_groups();
    if !groups.contains_key(name) {
        return Err(ApiError::invalid_input("WorkGroup is not found."));
    }
    let used = service
        .executions
        .newest_first()
        .iter()
        .any(|execution| execution.work_group == name);
    let mut saved = service.named_queries();
    let mut prepared = service.prepared();
    let holds = saved.values().any(|saved| saved["WorkGroup"] == name)
        || prepared.keys().any(|(group, _)| group == name);
    if !recursive && (used || holds) {
        return Err(ApiError::invalid_input(format!(
            "WorkGroup {name} is not empty"
        )));
    }
    saved.retain(|_, saved| saved["WorkGroup"] != name);
    prepared.retain(|(group, _), _| group != name);
    groups.remove(name);
    service.tags().remove(&resource(name));
    Ok(json!({}))
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
