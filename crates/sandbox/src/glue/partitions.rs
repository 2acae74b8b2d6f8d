//! Partitions.

use serde_json::{Value, json};

use super::{Place, error_detail, name, object, objects, shape};
use crate::athena::input::{Constraints, Input};
use crate::athena::paging::{self, with_token};
use crate::error::ApiError;
use crate::metastore::{MetastoreError, PartitionFilter};
use crate::service::Service;

/// Where the partitions of a request are.
struct Target<'a> {
    place: Place,
    database: &'a str,
    table: &'a str,
}

impl<'a> Target<'a> {
    fn of(service: &Service, input: Input<'a>) -> Result<Self, ApiError> {
        Ok(Self {
            place: Place::of(service, input)?,
            database: name(input, "DatabaseName")?,
            table: name(input, "TableName")?,
        })
    }

    fn describe(&self, partition: &crate::metastore::Partition, with_columns: bool) -> Value {
        let names = (self.database, self.table);
        shape::partition(partition, names, &self.place.id, with_columns)
    }
}

pub(super) async fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let expression = input.string("Expression")?;
    let mut constraints = Constraints::default();
    constraints.length("Expression", expression, 0, 2048);
    constraints.check()?;
    let segment = Segment::of(input)?;
    let with_columns = input.boolean("ExcludeColumnSchema")? != Some(true);
    // Also finds out that a dataset has no partitions.
    let table = target
        .place
        .catalog
        .table(target.database, target.table)
        .await?;
    let filter = match expression.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Some(PartitionFilter::parse(text, &table.partition_keys)?),
        None => None,
    };
    let mut all = target
        .place
        .catalog
        .partitions(target.database, target.table, filter.as_ref())
        .or_else(|problem| match problem {
            MetastoreError::NotFound(_) => Ok(Vec::new()),
            other => Err(other),
        })?;
    all.retain(|partition| segment.holds(&partition.values));
    let (page, next) = paging::page(input, "GetPartitions", 1, 1000, all)?;
    let list: Vec<Value> = page
        .iter()
        .map(|partition| target.describe(partition, with_columns))
        .collect();
    Ok(with_token(json!({"Partitions": list}), next))
}

/// A share of the partitions, for readers that work side by side.
struct Segment {
    number: u64,
    total: u64,
}

impl Segment {
    fn of(input: Input<'_>) -> Result<Self, ApiError> {
        let Some(segment) = input.object("Segment")? else {
            return Ok(Self {
                number: 0,
                total: 1,
            });
        };
        let number = segment.integer("SegmentNumber")?;
        let total = segment.integer("TotalSegments")?;
        let mut constraints = Constraints::default();
        constraints.required("segment.segmentNumber", number.is_some());
        constraints.required("segment.totalSegments", total.is_some());
        constraints.range("segment.totalSegments", total, 1, 10);
        constraints.range("segment.segmentNumber", number, 0, i64::MAX);
        constraints.check()?;
        if number >= total {
            return Err(ApiError::invalid_input(
                "Segment number must be less than the number of segments",
            ));
        }
        let unsigned = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        Ok(Self {
            number: unsigned(number).unwrap_or(0),
            total: unsigned(total).unwrap_or(1),
        })
    }

    /// The share of a partition depends on its values alone (FNV-1a), so that it stays the
    /// same while others come and go.
    fn holds(&self, values: &[String]) -> bool {
        let bytes = values.iter().flat_map(|value| value.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 32) % self.total == self.number
    }
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let values = shape::read_values(input, "PartitionValues")?;
    let partition = target
        .place
        .catalog
        .partition(target.database, target.table, &values)?;
    Ok(json!({"Partition": target.describe(&partition, true)}))
}

pub(super) fn batch_get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let catalog = &target.place.catalog;
    catalog.partition_keys(target.database, target.table)?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for wanted in objects(input, "PartitionsToGet", 1000)? {
        let values = shape::read_values(wanted, "Values")?;
        match catalog.partition(target.database, target.table, &values) {
            Ok(partition) => found.push(target.describe(&partition, true)),
            Err(MetastoreError::NotFound(_)) => missing.push(json!({"Values": values})),
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(json!({"Partitions": found, "UnprocessedKeys": missing}))
}

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let partition = shape::read_partition(object(input, "PartitionInput")?)?;
    target
        .place
        .catalog
        .add_partition(target.database, target.table, partition)?;
    Ok(json!({}))
}

pub(super) fn batch_create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let catalog = &target.place.catalog;
    let partitions = objects(input, "PartitionInputList", 100)?
        .into_iter()
        .map(shape::read_partition)
        .collect::<Result<Vec<_>, _>>()?;
    // A missing table is the error of the whole.
    catalog.partition_keys(target.database, target.table)?;
    let mut errors = Vec::new();
    for partition in partitions {
        let values = partition.values.clone();
        if let Err(problem) = catalog.add_partition(target.database, target.table, partition) {
            errors.push(failed(&values, &problem));
        }
    }
    Ok(json!({"Errors": errors}))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let values = shape::read_values(input, "PartitionValueList")?;
    let partition = shape::read_partition(object(input, "PartitionInput")?)?;
    target
        .place
        .catalog
        .update_partition(target.database, target.table, &values, partition)?;
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let values = shape::read_values(input, "PartitionValues")?;
    target
        .place
        .catalog
        .drop_partition(target.database, target.table, &values)?;
    Ok(json!({}))
}

pub(super) fn batch_delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let target = Target::of(service, input)?;
    let catalog = &target.place.catalog;
    catalog.partition_keys(target.database, target.table)?;
    let mut errors = Vec::new();
    for wanted in objects(input, "PartitionsToDelete", 25)? {
        let values = shape::read_values(wanted, "Values")?;
        if let Err(problem) = catalog.drop_partition(target.database, target.table, &values) {
            errors.push(failed(&values, &problem));
        }
    }
    Ok(json!({"Errors": errors}))
}

fn failed(values: &[String], problem: &MetastoreError) -> Value {
    json!({"PartitionValues": values, "ErrorDetail": error_detail(problem)})
}
