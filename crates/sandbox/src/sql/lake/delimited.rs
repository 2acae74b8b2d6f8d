//! Lines of LazySimpleSerDe and OpenCSVSerde.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::Field;
use datafusion::error::Result;
use serde_json::{Map, Value};

use super::values::{bad_data, from_json, plain};
use crate::metastore::Table;
use crate::sql::types::AthenaType;

/// How LazySimpleSerDe splits.
#[derive(Debug, Clone)]
pub(super) struct Delimiters {
    field: char,
    collection: char,
    key: char,
    escape: Option<char>,
    null: String,
}

impl Delimiters {
    pub(super) fn of(table: &Table) -> Self {
        let parameters = &table.storage.serde.parameters;
        let first = |names: &[&str], otherwise: char| {
            names
                .iter()
                .find_map(|name| parameters.get(*name)?.chars().next())
                .unwrap_or(otherwise)
        };
        Self {
            field: first(&["field.delim", "serialization.format"], '\u{1}'),
            collection: first(&["collection.delim", "colelction.delim"], '\u{2}'),
            key: first(&["mapkey.delim"], '\u{3}'),
            escape: parameters
                .get("escape.delim")
                .and_then(|text| text.chars().next()),
            null: parameters
                .get("serialization.null.format")
                .cloned()
                .unwrap_or_else(|| "\\N".to_owned()),
        }
    }

    /// The parts of a line; what is missing at its end is NULL.
    pub(super) fn split(&self, line: &str, columns: usize) -> Vec<Option<String>> {
        let mut escaped = false;
        let parts = line.split(|c| {
            let separates = c == self.field && !escaped;
            escaped = !escaped && Some(c) == self.escape;
            separates
        });
        // The mark of NULL may hold the escape character, and is looked for first.
        let mut parts: Vec<Option<String>> = parts
            .map(|part| (part != self.null).then(|| self.unescape(part)))
            .collect();
        parts.resize(columns, None);
        parts
    }

    fn unescape(&self, part: &str) -> String {
        let mut escaped = false;
        part.chars()
            .filter(|c| {
                escaped = !escaped && Some(*c) == self.escape;
                !escaped
            })
            .collect()
    }

    /// A column; what is no value is NULL.
    pub(super) fn column(&self, texts: Vec<Option<String>>, field: &Field) -> Result<ArrayRef> {
        let athena_type = AthenaType::of_field(field);
        match athena_type {
            AthenaType::Array(_) | AthenaType::Map(..) | AthenaType::Row(_) => {
                let values: Vec<Option<Value>> = texts
                    .into_iter()
                    .map(|text| Some(self.nested(&text?, &athena_type, 0)))
                    .collect();
                from_json(&values, field)
            }
            _ => plain(texts, &athena_type),
        }
    }

    fn separator(&self, depth: u32) -> char {
        match depth {
            0 => self.collection,
            1 => self.key,
            deeper => char::from_u32(2 + deeper).unwrap_or(self.key),
        }
    }

    fn nested(&self, text: &str, athena_type: &AthenaType, depth: u32) -> Value {
        if text == self.null {
            return Value::Null;
        }
        let separator = self.separator(depth);
        match athena_type {
            AthenaType::Array(_) if text.is_empty() => Value::Array(Vec::new()),
            AthenaType::Array(item) => text
                .split(separator)
                .map(|part| self.nested(part, item, depth + 1))
                .collect(),
            AthenaType::Map(..) if text.is_empty() => Value::Object(Map::new()),
            AthenaType::Map(_, value) => {
                let between = self.separator(depth + 1);
                let entries = text.split(separator).map(|entry| {
                    let (key, item) = entry.split_once(between).unwrap_or((entry, &self.null));
                    (key.to_owned(), self.nested(item, value, depth + 2))
                });
                Value::Object(entries.collect())
            }
            AthenaType::Row(fields) => text
                .split(separator)
                .zip(fields)
                .map(|(part, (_, field))| self.nested(part, field, depth + 1))
                .collect(),
            _ => Value::String(text.to_owned()),
        }
    }
}

/// How OpenCSVSerde splits.
#[derive(Debug, Clone)]
pub(super) struct Quoting {
    separator: char,
    quote: char,
    escape: char,
}

impl Quoting {
    pub(super) fn of(table: &Table) -> Self {
        let parameters = &table.storage.serde.parameters;
        let first = |name: &str, otherwise: char| {
            parameters
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .and_then(|(_, text)| text.chars().next())
                .unwrap_or(otherwise)
        };
        Self {
            separator: first("separatorChar", ','),
            quote: first("quoteChar", '"'),
            escape: first("escapeChar", '\\'),
        }
    }

    /// The parts of a line; what is missing at its end is NULL.
    pub(super) fn split(&self, line: &str, columns: usize) -> Vec<Option<String>> {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let literal = if c == self.escape && quoted && next.is_some() {
                chars.next()
            } else if c == self.quote {
                if quoted && next == Some(self.quote) {
                    chars.next()
                } else {
                    quoted = !quoted;
                    None
                }
            } else if c == self.separator && !quoted {
                parts.push(String::new());
                None
            } else {
                Some(c)
            };
            if let (Some(c), Some(part)) = (literal, parts.last_mut()) {
                part.push(c);
            }
        }
        let mut parts: Vec<Option<String>> = parts.into_iter().map(Some).collect();
        parts.resize(columns, None);
        parts
    }

    /// A column; what is no value is an error.
    pub(super) fn column(texts: Vec<Option<String>>, field: &Field) -> Result<ArrayRef> {
        let athena_type = AthenaType::of_field(field);
        let originals = texts.clone();
        let column = plain(texts, &athena_type)?;
        let lost = originals
            .iter()
            .enumerate()
            .find(|(row, text)| text.is_some() && column.is_null(*row));
        match lost {
            Some((_, Some(text))) => Err(bad_data(field, text)),
            _ => Ok(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(&str, &str)]) -> Table {
        let mut table = Table::default();
        for (name, value) in pairs {
            let parameters = &mut table.storage.serde.parameters;
            parameters.insert((*name).to_owned(), (*value).to_owned());
        }
        table
    }

    fn shown(parts: Vec<Option<String>>) -> String {
        let parts: Vec<String> = parts
            .into_iter()
            .map(|part| part.unwrap_or_else(|| "∅".to_owned()))
            .collect();
        parts.join("|")
    }

    #[test]
    fn lazy_simple_lines_split_at_the_delimiter_only() {
        let commas = Delimiters::of(&table(&[("field.delim", ","), ("escape.delim", "\\")]));
        for (line, parts) in [
            ("a,b,c", "a|b|c"),
            ("a,,\\N", "a||∅"),
            ("\"a,b\",c", "\"a|b\"|c"),
            ("a\\,b,c", "a,b|c|∅"),
            ("a", "a|∅|∅"),
            ("a,b,c,d", "a|b|c"),
        ] {
            assert_eq!(shown(commas.split(line, 3)), parts, "{line}");
        }
    }

    #[test]
    fn open_csv_lines_have_quotes_and_escapes() {
        let quoting = Quoting::of(&table(&[]));
        for (line, parts) in [
            ("a,b,c", "a|b|c"),
            ("\"a,b\",\"c \"\"d\"\"\",\"e\\\"f\"", "a,b|c \"d\"|e\"f"),
            ("\"\",x", "|x|∅"),
        ] {
            assert_eq!(shown(quoting.split(line, 3)), parts, "{line}");
        }
    }
}
