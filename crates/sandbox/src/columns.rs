//! `ColumnInfo` facts that follow from a column's SQL type.

use serde_json::{Value, json};

use crate::engine::Column;

/// A result column as Athena reports it for an SQL type, e.g. `bigint`, `varchar(3)`,
/// `decimal(10,2)`, `timestamp(3) with time zone`, `array(integer)`.
///
/// `string` is Hive's type of utility statements; `real` is reported as `float`.
#[must_use]
pub fn column(name: &str, sql_type: &str) -> Column {
    let lower = sql_type.trim().to_ascii_lowercase();
    let (base, arguments, rest) = split(&lower);
    let argument = |index: usize| {
        arguments
            .get(index)
            .and_then(|text| text.trim().parse::<i32>().ok())
    };
    let mut type_name = match base {
        "time" | "timestamp" => format!("{base}{rest}"),
        _ => base.to_owned(),
    };
    let (precision, scale, case_sensitive) = match base {
        "tinyint" => (3, 0, false),
        "smallint" => (5, 0, false),
        "integer" | "int" => (10, 0, false),
        "bigint" => (19, 0, false),
        "real" | "float" | "double" => (17, 0, false),
        "decimal" => (argument(0).unwrap_or(38), argument(1).unwrap_or(0), false),
        "varchar" => (argument(0).unwrap_or(i32::MAX), 0, true),
        "char" => (argument(0).unwrap_or(1), 0, true),
        "varbinary" => (1_073_741_824, 0, false),
        "time" | "timestamp" => (argument(0).unwrap_or(3), 0, false),
        _ => (0, 0, false),
    };
    match base {
        "int" => type_name = "integer".to_owned(),
        "real" => type_name = "float".to_owned(),
        _ => {}
    }
    Column {
        name: name.to_owned(),
        type_name,
        precision,
        scale,
        case_sensitive,
    }
}

/// `base(arguments) rest`; arguments of nested types are dropped with their brackets.
fn split(sql_type: &str) -> (&str, Vec<&str>, &str) {
    match (sql_type.find('('), sql_type.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let base = sql_type[..open].trim_end();
            (
                base,
                sql_type[open + 1..close].split(',').collect(),
                &sql_type[close + 1..],
            )
        }
        _ => match sql_type.split_once(' ') {
            Some((base @ ("time" | "timestamp"), _)) => (base, Vec::new(), &sql_type[base.len()..]),
            _ => (sql_type, Vec::new(), ""),
        },
    }
}

/// The column every counting statement reports.
pub(crate) fn rows_column() -> Column {
    column("rows", "bigint")
}

/// A `ColumnInfo` member.
pub(crate) fn column_info(column: &Column) -> Value {
    json!({
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.type_name,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.case_sensitive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_follow_the_type() {
        for (sql, type_name, precision, scale, case_sensitive) in [
            ("boolean", "boolean", 0, 0, false),
            ("int", "integer", 10, 0, false),
            ("real", "float", 17, 0, false),
            ("decimal(10,2)", "decimal", 10, 2, false),
            ("varchar", "varchar", i32::MAX, 0, true),
            ("varchar(3)", "varchar", 3, 0, true),
            ("char(7)", "char", 7, 0, true),
            ("timestamp(6)", "timestamp", 6, 0, false),
            (
                "timestamp(3) with time zone",
                "timestamp with time zone",
                3,
                0,
                false,
            ),
            (
                "timestamp with time zone",
                "timestamp with time zone",
                3,
                0,
                false,
            ),
            ("time with time zone", "time with time zone", 3, 0, false),
            (
                "interval day to second",
                "interval day to second",
                0,
                0,
                false,
            ),
            ("array(row(a varchar(3)))", "array", 0, 0, false),
            ("map(integer, varchar)", "map", 0, 0, false),
            ("string", "string", 0, 0, false),
        ] {
            let expected = Column {
                name: "c".into(),
                type_name: type_name.into(),
                precision,
                scale,
                case_sensitive,
            };
            assert_eq!(column("c", sql), expected, "{sql}");
        }
    }
}
