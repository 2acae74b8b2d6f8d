//! The `.metadata` object beside a result: protobuf without an official schema.

use std::time::SystemTime;

use crate::clock;
use crate::engine::{Column, StatementKind};

/// Encodes the object for a finished statement.
///
/// `update_count` is written when given, even when 0.
pub(crate) fn encode(
    query_id: &str,
    update_type: Option<&str>,
    update_count: Option<i64>,
    columns: &[Column],
) -> Vec<u8> {
    let mut out = Vec::new();
    string(&mut out, 1, query_id);
    if let Some(update_type) = update_type {
        string(&mut out, 2, update_type);
    }
    if let Some(count) = update_count {
        varint_field(&mut out, 3, count.cast_unsigned());
    }
    for column in columns {
        let mut message = Vec::new();
        string(&mut message, 1, "hive");
        string(&mut message, 4, &column.name);
        string(&mut message, 5, &column.name);
        string(&mut message, 6, &column.type_name);
        let present = Present::of(&column.type_name);
        if present.precision {
            varint_field(&mut message, 7, i64::from(column.precision).cast_unsigned());
        }
        if present.scale {
            varint_field(&mut message, 8, i64::from(column.scale).cast_unsigned());
        }
        varint_field(&mut message, 9, 3);
        if present.case_sensitive {
            varint_field(&mut message, 10, u64::from(column.case_sensitive));
        }
        bytes(&mut out, 4, &message);
    }
    out
}

/// Encodes the object for an execution, choosing the id and update type its kind has.
pub(crate) fn for_execution(
    execution_id: &str,
    kind: &StatementKind,
    sql: &str,
    submitted: SystemTime,
    update_count: Option<i64>,
    columns: &[Column],
) -> Vec<u8> {
    let update_type = match kind.substatement_type {
        "CREATE_TABLE_AS_SELECT" => Some("CREATE TABLE"),
        "DROP_TABLE" => Some("DROP TABLE"),
        name @ ("INSERT" | "UPDATE" | "DELETE" | "MERGE") => Some(name),
        _ => None,
    };
    if kind.substatement_type == "SELECT" && is_literal(sql) {
        return encode(execution_id, Some(""), Some(0), columns);
    }
    // What the engine answers has a count, what Hive answers has none.
    let hive_path = update_count.is_none()
        && (matches!(
            kind.substatement_type,
            "DESCRIBE_TABLE" | "SHOW_CREATE_TABLE" | "MSCK_REPAIR"
        ) || kind.substatement_type.starts_with("ALTER_TABLE"));
    let id = if hive_path {
        execution_id.to_owned()
    } else {
        engine_id(execution_id, submitted)
    };
    let count = update_type
        .filter(|_| kind.substatement_type != "DROP_TABLE")
        .map(|_| update_count.unwrap_or(0));
    encode(&id, update_type, count, columns)
}

/// An id of the engine's own form, `20190423_125128_00001_ehtur`.
fn engine_id(execution_id: &str, submitted: SystemTime) -> String {
    let letters: String = execution_id
        .bytes()
        .filter_map(|byte| char::from(byte).to_digit(16))
        .filter_map(|digit| char::from_digit(digit + 10, 36))
        .take(5)
        .collect();
    format!("{}_00001_{letters:a<5}", clock::engine_stamp(submitted))
}

/// A SELECT that reads no table is answered without the engine.
pub(crate) fn is_literal(sql: &str) -> bool {
    !sql.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("table"))
}

/// Which optional members a type has.
struct Present {
    precision: bool,
    scale: bool,
    case_sensitive: bool,
}

impl Present {
    fn of(type_name: &str) -> Self {
        let (precision, scale, case_sensitive) = match type_name {
            "tinyint" | "smallint" | "integer" | "bigint" | "float" | "double" | "decimal"
            | "char" | "varchar" | "varbinary" => (true, true, true),
            name if name.starts_with("time") => (true, true, true),
            "boolean" => (false, false, true),
            name if name.starts_with("interval") => (false, false, true),
            "date" => (false, true, true),
            _ => (false, false, false),
        };
        Self {
            precision,
            scale,
            case_sensitive,
        }
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn varint_field(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn string(out: &mut Vec<u8>, field: u8, value: &str) {
    bytes(out, field, value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{column, rows_column};
    use crate::engine::StatementType;
    use crate::result_files::{Format, Layout};

    const ID: &str = "0b0f3a5e-1c2d-4e5f-8a9b-0c1d2e3f4a5b";

    fn size(substatement_type: &'static str, columns: &[Column], sql: &str) -> usize {
        let kind = StatementKind {
            statement_type: StatementType::Dml,
            substatement_type,
        };
        let count = Layout::of(&kind).format == Format::None;
        let count = count.then_some(1);
        for_execution(ID, &kind, sql, SystemTime::now(), count, columns).len()
    }

    #[test]
    fn sizes_equal_those_measured_on_athena() {
        let rows = [rows_column()];
        let string = |name| column(name, "string");
        for (substatement, columns, expected) in [
            ("INSERT", rows.to_vec(), 75),
            ("UPDATE", rows.to_vec(), 75),
            ("DELETE", rows.to_vec(), 75),
            ("MERGE", rows.to_vec(), 74),
            ("CREATE_TABLE_AS_SELECT", rows.to_vec(), 81),
            (
                "DESCRIBE_TABLE",
                vec![string("col_name"), string("data_type"), string("comment")],
                152,
            ),
            ("SHOW_CREATE_TABLE", vec![string("createtab_stmt")], 88),
            ("MSCK_REPAIR", Vec::new(), 38),
            ("ALTER_TABLE_ADD_COLUMN", Vec::new(), 38),
            ("DROP_TABLE", Vec::new(), 41),
            (
                "SELECT",
                vec![column("n", "integer"), column("s", "varchar")],
                95,
            ),
        ] {
            assert_eq!(
                size(substatement, &columns, "SELECT n, s FROM t"),
                expected,
                "{substatement}"
            );
        }
    }

    #[test]
    fn an_integer_column_has_the_recorded_bytes() {
        let encoded = encode("x", None, None, &[column("n", "integer")]);
        let expected = b"\x0a\x01x\x22\x1d\x0a\x04hive\x22\x01n\x2a\x01n\x32\x07integer\x38\x0a\x40\x00\x48\x03\x50\x00";
        assert_eq!(encoded, expected);
    }

    #[test]
    fn engine_ids_have_27_characters() {
        assert_eq!(engine_id(ID, SystemTime::now()).len(), 27);
        assert_eq!(engine_id("", SystemTime::now()).len(), 27);
    }
}
