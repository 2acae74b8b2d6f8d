//! What a nested type must become before it can be cast to JSON without loss.
//!
//! Trino's cast takes booleans, numbers, varchar, dates, timestamps without zone, and arrays,
//! maps and rows of these, with keys that are booleans, numbers or varchar. The rest is turned
//! into the text it has elsewhere: by one cast of the whole where that says the same, else,
//! with a function needed somewhere inside, part by part.

use crate::types::{AthenaType, RowField};

/// An expression for `operand`, a value of this type, that can be cast to JSON. The error is
/// the part of the type for which there is none.
pub(super) fn castable_to_json<'a>(
    athena_type: &'a AthenaType,
    operand: &str,
) -> Result<String, &'a AthenaType> {
    check(athena_type, Place::Value)?;
    Ok(convert(athena_type, operand, Place::Value, 0).unwrap_or_else(|| operand.to_owned()))
}

/// Where a type stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    /// The key of a map.
    Key,
}

/// How values of a type that is not nested get into JSON.
enum Way {
    Itself,
    /// Cast to varchar.
    Text,
    /// By an expression that yields a varchar.
    Function(String),
}

/// `None` for a nested type, and where no way is known.
fn way(athena_type: &AthenaType, place: Place, operand: &str) -> Option<Way> {
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
            Place::Key => Way::Text,
        },
        AthenaType::Char(_)
        | AthenaType::Time { .. }
        | AthenaType::IntervalYearToMonth
        | AthenaType::IntervalDayToSecond
        | AthenaType::Uuid
        | AthenaType::IpAddress => Way::Text,
        // A local time may mean two instants.
        AthenaType::Timestamp {
            with_zone: true, ..
        } => Way::Function(format!("CAST({operand} AT TIME ZONE 'UTC' AS varchar)")),
        // JSON's null would not differ from NULL.
        AthenaType::Json => Way::Function(format!("json_format({operand})")),
        AthenaType::Varbinary => Way::Function(format!("to_hex({operand})")),
        AthenaType::Array(_) | AthenaType::Map(_) | AthenaType::Row(_) | AthenaType::Other(_) => {
            return None;
        }
    })
}

/// Finds the first part for which there is no way.
fn check(athena_type: &AthenaType, place: Place) -> Result<(), &AthenaType> {
    match (athena_type, place) {
        (AthenaType::Array(Some(element)), Place::Value) => check(element, place),
        (AthenaType::Map(Some(types)), Place::Value) => {
            check(&types.0, Place::Key).and_then(|()| check(&types.1, place))
        }
        (AthenaType::Row(Some(fields)), Place::Value) => fields
            .iter()
            .try_for_each(|field| check(&field.athena_type, place)),
        _ if way(athena_type, place, "").is_some() => Ok(()),
        _ => Err(athena_type),
    }
}

/// Whether some part of the type is converted by what `is_meant` says.
fn any_part(athena_type: &AthenaType, place: Place, is_meant: fn(&Way) -> bool) -> bool {
    match athena_type {
        AthenaType::Array(Some(element)) => any_part(element, place, is_meant),
        AthenaType::Map(Some(types)) => {
            any_part(&types.0, Place::Key, is_meant) || any_part(&types.1, place, is_meant)
        }
        AthenaType::Row(Some(fields)) => fields
            .iter()
            .any(|field| any_part(&field.athena_type, place, is_meant)),
        _ => way(athena_type, place, "").is_some_and(|way| is_meant(&way)),
    }
}

/// `None` where `operand` itself will do.
fn convert(athena_type: &AthenaType, operand: &str, place: Place, depth: usize) -> Option<String> {
    if let Some(way) = way(athena_type, place, operand) {
        return match way {
            Way::Itself => None,
            Way::Text => Some(format!("CAST({operand} AS varchar)")),
            Way::Function(expression) => Some(expression),
        };
    }
    if !any_part(athena_type, place, |way| matches!(way, Way::Function(_))) {
        return any_part(athena_type, place, |way| matches!(way, Way::Text))
            .then(|| format!("CAST({operand} AS {})", target(athena_type, place)));
    }
    Some(match athena_type {
        AthenaType::Array(Some(element)) => {
            let item = format!("e{depth}");
            let converted = convert(element, &item, place, depth + 1)?;
            format!("transform({operand}, {item} -> {converted})")
        }
        AthenaType::Map(Some(types)) => {
            let (key, value) = (format!("k{depth}"), format!("v{depth}"));
            let mut map = operand.to_owned();
            if let Some(converted) = convert(&types.0, &key, Place::Key, depth + 1) {
                map = format!("transform_keys({map}, ({key}, {value}) -> {converted})");
            }
            if let Some(converted) = convert(&types.1, &value, place, depth + 1) {
                map = format!("transform_values({map}, ({key}, {value}) -> {converted})");
            }
            map
        }
        AthenaType::Row(Some(fields)) => {
            let part = |(index, field): (usize, &RowField)| {
                let part = format!("{operand}[{}]", index + 1);
                convert(&field.athena_type, &part, place, depth + 1).unwrap_or(part)
            };
            let parts: Vec<_> = fields.iter().enumerate().map(part).collect();
            let (parts, target) = (parts.join(", "), target(athena_type, place));
            format!("IF({operand} IS NULL, NULL, CAST(ROW({parts}) AS {target}))")
        }
        _ => return None,
    })
}

/// The type after the conversion, which keeps the names of fields.
fn target(athena_type: &AthenaType, place: Place) -> AthenaType {
    match athena_type {
        AthenaType::Array(Some(element)) => {
            AthenaType::Array(Some(Box::new(target(element, place))))
        }
        AthenaType::Map(Some(types)) => {
            let (key, value) = (target(&types.0, Place::Key), target(&types.1, place));
            AthenaType::Map(Some(Box::new((key, value))))
        }
        AthenaType::Row(Some(fields)) => {
            let field = |field: &RowField| RowField {
                name: field.name.clone(),
                athena_type: target(&field.athena_type, place),
            };
            AthenaType::Row(Some(fields.iter().map(field).collect()))
        }
        _ => match way(athena_type, place, "") {
            Some(Way::Text | Way::Function(_)) => AthenaType::Varchar(None),
            Some(Way::Itself) | None => athena_type.clone(),
        },
    }
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
