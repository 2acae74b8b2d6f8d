//! What must be cast before UNLOAD can write it.
//!
//! Simple types are cast one by one. A nested type is cast as a whole where that says the
//! same; JSON and instants need a function, and with one inside, arrays and maps are
//! transformed and rows put together anew. Rows get fields named `f0`, `f1`, … where theirs
//! could not be written.

use crate::types::{AthenaType, Carrier, RowField};

/// The expression that UNLOAD writes for `operand`, a column of this type; `None` where it
/// can write the column itself. Every part of the type has a carrier.
pub(super) fn expression(athena_type: &AthenaType, operand: &str) -> Option<String> {
    cast(athena_type, operand, 0)
}

fn cast(athena_type: &AthenaType, operand: &str, depth: usize) -> Option<String> {
    if !needs_cast(athena_type) {
        return None;
    }
    if let Some(function) = function(athena_type, operand) {
        return Some(function);
    }
    let by_parts = athena_type.elements().into_iter().any(needs_function);
    Some(match athena_type {
        AthenaType::Array(Some(element)) if by_parts => {
            let item = format!("e{depth}");
            let cast = cast(element, &item, depth + 1)?;
            format!("transform({operand}, {item} -> {cast})")
        }
        AthenaType::Map(Some(types)) if by_parts => {
            let (key, value) = (format!("k{depth}"), format!("v{depth}"));
            let mut map = operand.to_owned();
            if let Some(cast) = cast(&types.0, &key, depth + 1) {
                map = format!("transform_keys({map}, ({key}, {value}) -> {cast})");
            }
            if let Some(cast) = cast(&types.1, &value, depth + 1) {
                map = format!("transform_values({map}, ({key}, {value}) -> {cast})");
            }
            map
        }
        AthenaType::Row(Some(fields)) if by_parts => {
            let parts: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(index, field)| {
                    let part = format!("{operand}[{}]", index + 1);
                    cast(&field.athena_type, &part, depth + 1).unwrap_or(part)
                })
                .collect();
            format!(
                "IF({operand} IS NULL, NULL, CAST(ROW({}) AS {}))",
                parts.join(", "),
                target(athena_type)
            )
        }
        _ => format!("CAST({operand} AS {})", target(athena_type)),
    })
}

/// The function that turns a value into what it travels as, for types with which a cast
/// would not say the same.
fn function(athena_type: &AthenaType, operand: &str) -> Option<String> {
    match athena_type {
        // A cast would take the quotes off a JSON string, and refuse objects.
        AthenaType::Json => Some(format!("json_format({operand})")),
        // A cast would keep the local time, which may mean two instants.
        AthenaType::Timestamp {
            with_zone: true, ..
        } => Some(format!(
            "CAST({operand} AT TIME ZONE 'UTC' AS {})",
            target(athena_type)
        )),
        _ => None,
    }
}

fn needs_function(athena_type: &AthenaType) -> bool {
    function(athena_type, "").is_some() || athena_type.elements().into_iter().any(needs_function)
}

/// Whether UNLOAD cannot write values of this type as they are.
fn needs_cast(athena_type: &AthenaType) -> bool {
    let here = match athena_type {
        AthenaType::Timestamp {
            precision: 3,
            with_zone: false,
        } => false,
        AthenaType::Row(Some(fields)) => !has_plain_names(fields),
        other => !matches!(
            other.carrier(),
            Some(Carrier::Itself | Carrier::Nested) | None
        ),
    };
    here || athena_type.elements().into_iter().any(needs_cast)
}

/// Whether Hive's text of the type, and Parquet's schema, can say the fields' names.
fn has_plain_names(fields: &[RowField]) -> bool {
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
    };
    fields.iter().enumerate().all(|(index, field)| {
        let same = |other: &RowField| other.name == field.name;
        field.name.as_deref().is_some_and(plain) && !fields.iter().take(index).any(same)
    })
}

/// The type that values of this type travel as, in Athena's spelling.
fn target(athena_type: &AthenaType) -> String {
    match (athena_type, athena_type.carrier()) {
        (AthenaType::Array(Some(element)), _) => format!("array({})", target(element)),
        (AthenaType::Map(Some(types)), _) => {
            format!("map({}, {})", target(&types.0), target(&types.1))
        }
        (AthenaType::Row(Some(fields)), _) => {
            let fields: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(index, field)| format!("f{index} {}", target(&field.athena_type)))
                .collect();
            format!("row({})", fields.join(", "))
        }
        (_, Some(Carrier::Milliseconds)) => "timestamp(3)".to_owned(),
        (_, Some(Carrier::Text)) => "varchar".to_owned(),
        _ => athena_type.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_cast_to_what_parquet_holds() {
        for (text, expected) in [
            ("boolean", None),
            ("tinyint", None),
            ("bigint", None),
            ("real", None),
            ("double", None),
            ("decimal(38,0)", None),
            ("char(3)", None),
            ("varchar(3)", None),
            ("varbinary", None),
            ("date", None),
            ("timestamp(3)", None),
            ("timestamp(0)", Some("CAST(x AS timestamp(3))")),
            ("timestamp(6)", Some("CAST(x AS varchar)")),
            ("timestamp(12)", Some("CAST(x AS varchar)")),
            (
                "timestamp(3) with time zone",
                Some("CAST(x AT TIME ZONE 'UTC' AS timestamp(3))"),
            ),
            (
                "timestamp(6) with time zone",
                Some("CAST(x AT TIME ZONE 'UTC' AS varchar)"),
            ),
            ("time(3)", Some("CAST(x AS varchar)")),
            ("time(6) with time zone", Some("CAST(x AS varchar)")),
            ("interval year to month", Some("CAST(x AS varchar)")),
            ("interval day to second", Some("CAST(x AS varchar)")),
            ("json", Some("json_format(x)")),
            ("uuid", Some("CAST(x AS varchar)")),
            ("ipaddress", Some("CAST(x AS varchar)")),
            ("unknown", Some("CAST(x AS varchar)")),
            ("array(integer)", None),
            ("map(varchar, array(row(a date)))", None),
            ("array(time(3))", Some("CAST(x AS array(varchar))")),
            ("array(unknown)", Some("CAST(x AS array(varchar))")),
            (
                "map(uuid, timestamp(0))",
                Some("CAST(x AS map(varchar, timestamp(3)))"),
            ),
            ("array(json)", Some("transform(x, e0 -> json_format(e0))")),
            (
                "map(varchar, array(json))",
                Some("transform_values(x, (k0, v0) -> transform(v0, e1 -> json_format(e1)))"),
            ),
            (
                "map(json, json)",
                Some(
                    "transform_values(transform_keys(x, (k0, v0) -> json_format(k0)), (k0, v0) -> json_format(v0))",
                ),
            ),
            (
                "map(json, bigint)",
                Some("transform_keys(x, (k0, v0) -> json_format(k0))"),
            ),
            (
                "row(a json, b row(bigint, uuid))",
                Some(
                    "IF(x IS NULL, NULL, CAST(ROW(json_format(x[1]), CAST(x[2] AS row(f0 bigint, f1 varchar))) AS row(f0 varchar, f1 row(f0 bigint, f1 varchar))))",
                ),
            ),
            (
                "row(bigint, timestamp(3) with time zone)",
                Some(
                    "IF(x IS NULL, NULL, CAST(ROW(x[1], CAST(x[2] AT TIME ZONE 'UTC' AS timestamp(3))) AS row(f0 bigint, f1 timestamp(3))))",
                ),
            ),
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            assert_eq!(expression(&athena_type, "x").as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn rows_whose_names_cannot_be_written_get_others() {
        for (text, renamed) in [
            ("row(a bigint, b_1 bigint)", false),
            ("row(bigint)", true),
            ("row(a bigint, bigint)", true),
            ("row(a bigint, a bigint)", true),
            ("row(\"A\" bigint)", true),
            ("row(\"a b\" bigint)", true),
            ("row(\"1\" bigint)", true),
            ("row(_a bigint)", true),
            ("row(\"é\" bigint)", true),
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            assert_eq!(expression(&athena_type, "x").is_some(), renamed, "{text}");
        }
    }
}
