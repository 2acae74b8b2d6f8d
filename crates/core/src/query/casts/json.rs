//! What a nested type must become before it can be cast to JSON without loss.
//!
//! Trino's cast takes booleans, numbers, varchar, dates, timestamps without zone, and arrays,
//! maps and rows of these, with keys that are booleans, numbers or varchar. The rest is turned
//! into the text it has elsewhere.

use super::{Place, Table, Way};
use crate::types::AthenaType;

const TABLE: Table = Table { way, renames: None };

/// An expression for `operand`, a value of this type, that can be cast to JSON. The error is
/// the part of the type for which there is none.
pub(in crate::query) fn castable_to_json<'a>(
    athena_type: &'a AthenaType,
    operand: &str,
) -> Result<String, &'a AthenaType> {
    TABLE.check(athena_type, Place::Value)?;
    let expression = TABLE.expression(athena_type, operand);
    Ok(expression.unwrap_or_else(|| operand.to_owned()))
}

fn way(athena_type: &AthenaType, place: Place, operand: &str) -> Option<Way> {
    const TEXT: AthenaType = AthenaType::Varchar(None);
    Some(match athena_type {
        AthenaType::Boolean
        | AthenaType::TinyInt
        | AthenaType::SmallInt
        | AthenaType::Integer
        | AthenaType::BigInt
        | AthenaType::Real
        | AthenaType::Double
        | AthenaType::Decimal { .. }
        | AthenaType::Varchar(_)
        | AthenaType::Unknown => Way::Itself,
        AthenaType::Date
        | AthenaType::Timestamp {
            with_zone: false, ..
        } => match place {
            Place::Value => Way::Itself,
            Place::Key => Way::Cast(TEXT),
        },
        AthenaType::Char(_)
        | AthenaType::Time { .. }
        | AthenaType::IntervalYearToMonth
        | AthenaType::IntervalDayToSecond
        | AthenaType::Uuid
        | AthenaType::IpAddress => Way::Cast(TEXT),
        // A local time may mean two instants.
        AthenaType::Timestamp {
            with_zone: true, ..
        } => {
            let utc = format!("CAST({operand} AT TIME ZONE 'UTC' AS varchar)");
            Way::Function(utc, TEXT)
        }
        // JSON's null would not differ from NULL.
        AthenaType::Json => Way::Function(format!("json_format({operand})"), TEXT),
        AthenaType::Varbinary => Way::Function(format!("to_hex({operand})"), TEXT),
        AthenaType::Array(_) | AthenaType::Map(_) | AthenaType::Row(_) | AthenaType::Other(_) => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_trinos_cast_takes_is_left_alone() {
        for text in [
            "array(boolean)",
            "array(tinyint)",
            "array(real)",
            "array(decimal(38,10))",
            "array(varchar(3))",
            "array(date)",
            "array(timestamp(9))",
            "array(unknown)",
            "map(varchar, array(row(a bigint, double)))",
            "map(boolean, date)",
            "map(decimal(3,2), map(double, real))",
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            assert_eq!(
                castable_to_json(&athena_type, "x"),
                Ok("x".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_rest_becomes_text_first() {
        for (text, expected) in [
            ("array(char(3))", "CAST(x AS array(varchar))"),
            ("array(time(3))", "CAST(x AS array(varchar))"),
            ("array(time(3) with time zone)", "CAST(x AS array(varchar))"),
            ("array(interval day to second)", "CAST(x AS array(varchar))"),
            ("map(date, date)", "CAST(x AS map(varchar, date))"),
            (
                "map(timestamp(3), uuid)",
                "CAST(x AS map(varchar, varchar))",
            ),
            (
                "row(a ipaddress, \"B c\" bigint, array(uuid))",
                "CAST(x AS row(a varchar, \"B c\" bigint, array(varchar)))",
            ),
            ("array(varbinary)", "transform(x, e0 -> to_hex(e0))"),
            (
                "array(array(json))",
                "transform(x, e0 -> transform(e0, e1 -> json_format(e1)))",
            ),
            (
                "array(timestamp(6) with time zone)",
                "transform(x, e0 -> CAST(e0 AT TIME ZONE 'UTC' AS varchar))",
            ),
            (
                "map(varbinary, uuid)",
                "transform_values(transform_keys(x, (k0, v0) -> to_hex(k0)), (k0, v0) -> CAST(v0 AS varchar))",
            ),
            (
                "map(json, bigint)",
                "transform_keys(x, (k0, v0) -> json_format(k0))",
            ),
            (
                "row(a bigint, b row(json, time(0)), c uuid)",
                "IF(x IS NULL, NULL, CAST(ROW(x[1], IF(x[2] IS NULL, NULL, CAST(ROW(json_format(x[2][1]), \
                 CAST(x[2][2] AS varchar)) AS row(varchar, varchar))), CAST(x[3] AS varchar)) \
                 AS row(a bigint, b row(varchar, varchar), c varchar)))",
            ),
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            assert_eq!(
                castable_to_json(&athena_type, "x"),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_without_a_lossless_form_are_found() {
        for (text, part) in [
            ("array(HyperLogLog)", "HyperLogLog"),
            ("map(array(integer), integer)", "array(integer)"),
            ("map(row(a integer), integer)", "row(a integer)"),
            ("row(a bigint, b map(varchar, Geometry))", "Geometry"),
            ("array(map)", "map"),
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            let refused = castable_to_json(&athena_type, "x").unwrap_err();
            assert_eq!(refused.to_string(), part, "{text}");
        }
    }
}
