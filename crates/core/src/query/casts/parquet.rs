//! What must be cast before UNLOAD can write it: whatever does not travel as itself
//! ([`Carrier`]). Rows get fields named `f0`, `f1`, … where theirs could not be written.

use super::{Place, Table, Way};
use crate::types::{AthenaType, Carrier, RowField};

const TABLE: Table = Table {
    way,
    renames: Some(has_other_names),
};

/// The expression that UNLOAD writes for `operand`, a column of this type; `None` where it
/// can write the column itself. Every part of the type has a carrier.
pub(in crate::query) fn written(athena_type: &AthenaType, operand: &str) -> Option<String> {
    TABLE.expression(athena_type, operand)
}

fn way(athena_type: &AthenaType, _: Place, operand: &str) -> Option<Way> {
    let carried = match athena_type.carrier()? {
        Carrier::Itself => return Some(Way::Itself),
        Carrier::Nested => return None,
        Carrier::Text => AthenaType::Varchar(None),
        Carrier::Milliseconds => AthenaType::Timestamp {
            precision: 3,
            with_zone: false,
        },
    };
    Some(match athena_type {
        same if *same == carried => Way::Itself,
        // A cast would take the quotes off a JSON string, and refuse objects.
        AthenaType::Json => Way::Function(format!("json_format({operand})"), carried),
        // A cast would keep the local time, which may mean two instants.
        AthenaType::Timestamp {
            with_zone: true, ..
        } => {
            let utc = format!("CAST({operand} AT TIME ZONE 'UTC' AS {carried})");
            Way::Function(utc, carried)
        }
        _ => Way::Cast(carried),
    })
}

/// Whether Hive's text of the type, or Parquet's schema, cannot say the fields' names.
fn has_other_names(fields: &[RowField]) -> bool {
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
    };
    !fields.iter().enumerate().all(|(index, field)| {
        let same = |other: &RowField| other.name == field.name;
        field.name.as_deref().is_some_and(plain) && !fields.iter().take(index).any(same)
    })
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
            assert_eq!(written(&athena_type, "x").as_deref(), expected, "{text}");
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
            assert_eq!(written(&athena_type, "x").is_some(), renamed, "{text}");
        }
    }
}
