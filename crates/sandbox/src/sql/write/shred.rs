//! Nested columns as Parquet stores them: leaves with definition and repetition levels.

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};

use crate::sql::types::AthenaType;

/// A leaf column of one batch.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The values; only those that `present` names are stored.
    pub(super) values: ArrayRef,
    /// Their type, which is not nested.
    pub(super) athena_type: AthenaType,
    /// A definition level for each slot.
    pub(super) definitions: Vec<i16>,
    /// A repetition level for each slot.
    pub(super) repetitions: Vec<i16>,
    /// Where in `values` each defined slot's value stands.
    pub(super) present: Vec<usize>,
}

/// One slot on the way down: where it stands in the array, or at which level it ended.
#[derive(Debug, Clone, Copy)]
struct Slot {
    repetition: i16,
    at: std::result::Result<usize, i16>,
}

/// Levels above a node.
#[derive(Debug, Clone, Copy)]
struct Depth {
    definition: i16,
    repetition: i16,
}

/// The leaves of a column, all of whose nodes are optional but for keys of maps.
///
/// # Errors
/// When the array does not hold values of the type.
pub(super) fn shred(array: &ArrayRef, athena_type: &AthenaType) -> Result<Vec<Leaf>> {
    let slots = (0..array.len())
        .map(|row| Slot {
            repetition: 0,
            at: Ok(row),
        })
        .collect();
    let mut leaves = Vec::new();
    let root = Depth {
        definition: 0,
        repetition: 0,
    };
    optional(array, athena_type, slots, root, &mut leaves)?;
    Ok(leaves)
}

/// A node that may be NULL, which costs one definition level.
fn optional(
    array: &ArrayRef,
    athena_type: &AthenaType,
    slots: Vec<Slot>,
    depth: Depth,
    leaves: &mut Vec<Leaf>,
) -> Result<()> {
    let nulls = array.logical_nulls();
    let slots = slots
        .into_iter()
        .map(|slot| Slot {
            at: slot.at.and_then(|index| match &nulls {
                Some(nulls) if nulls.is_null(index) => Err(depth.definition),
                _ => Ok(index),
            }),
            ..slot
        })
        .collect();
    let depth = Depth {
        definition: depth.definition + 1,
        ..depth
    };
    node(array, athena_type, slots, depth, leaves)
}

fn node(
    array: &ArrayRef,
    athena_type: &AthenaType,
    slots: Vec<Slot>,
    depth: Depth,
    leaves: &mut Vec<Leaf>,
) -> Result<()> {
    match athena_type {
        AthenaType::Array(item) => {
            let lists = list(array)?;
            let lists = lists.as_list::<i32>();
            let (slots, depth) = repeated(lists.value_offsets(), slots, depth)?;
            optional(lists.values(), item, slots, depth, leaves)
        }
        AthenaType::Map(key, value) => {
            let maps = array
                .as_map_opt()
                .ok_or_else(|| unexpected(array, athena_type))?;
            let (slots, depth) = repeated(maps.value_offsets(), slots, depth)?;
            node(maps.keys(), key, slots.clone(), depth, leaves)?;
            optional(maps.values(), value, slots, depth, leaves)
        }
        AthenaType::Row(fields) => {
            let rows = array
                .as_struct_opt()
                .ok_or_else(|| unexpected(array, athena_type))?;
            for (column, (_, field)) in rows.columns().iter().zip(fields) {
                optional(column, field, slots.clone(), depth, leaves)?;
            }
            Ok(())
        }
        plain => {
            leaves.push(leaf(array, plain, &slots, depth)?);
            Ok(())
        }
    }
}

/// The array as a list with 32-bit offsets.
fn list(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => Ok(ArrayRef::clone(array)),
        DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Ok(cast(array, &DataType::List(item.clone()))?),
        other => Err(DataFusionError::Internal(format!("{other} is no list"))),
    }
}

fn unexpected(array: &ArrayRef, athena_type: &AthenaType) -> DataFusionError {
    DataFusionError::Internal(format!("{} for {athena_type}", array.data_type()))
}

/// The slots of the items of lists or maps, one level deeper.
fn repeated(offsets: &[i32], slots: Vec<Slot>, depth: Depth) -> Result<(Vec<Slot>, Depth)> {
    let mut items = Vec::with_capacity(slots.len());
    for slot in slots {
        let Ok(index) = slot.at else {
            items.push(slot);
            continue;
        };
        let edge = |index: usize| {
            offsets
                .get(index)
                .and_then(|offset| usize::try_from(*offset).ok())
                .ok_or_else(|| DataFusionError::Internal("offsets end early".to_owned()))
        };
        let (start, end) = (edge(index)?, edge(index + 1)?);
        if start == end {
            items.push(Slot {
                at: Err(depth.definition),
                ..slot
            });
        }
        items.extend((start..end).map(|item| Slot {
            repetition: if item == start {
                slot.repetition
            } else {
                depth.repetition + 1
            },
            at: Ok(item),
        }));
    }
    let depth = Depth {
        definition: depth.definition + 1,
        repetition: depth.repetition + 1,
    };
    Ok((items, depth))
}

fn leaf(array: &ArrayRef, plain: &AthenaType, slots: &[Slot], depth: Depth) -> Result<Leaf> {
    let arrow = plain.arrow();
    let values = if *array.data_type() == arrow {
        ArrayRef::clone(array)
    } else {
        cast(array, &arrow)?
    };
    Ok(Leaf {
        values,
        athena_type: plain.clone(),
        definitions: slots
            .iter()
            .map(|slot| slot.at.err().unwrap_or(depth.definition))
            .collect(),
        repetitions: slots.iter().map(|slot| slot.repetition).collect(),
        present: slots.iter().filter_map(|slot| slot.at.ok()).collect(),
    })
}
