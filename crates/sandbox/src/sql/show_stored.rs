//! SHOW and DESCRIBE of tables and views in the data catalogue.

use datafusion::sql::sqlparser::ast::Ident;

use super::analysis::resolve;
use super::ddl::{Name, SPEC, hive as hive_failure, no_table};
use super::failure::AthenaError;
use super::lake::{is_current, is_iceberg};
use super::scope::Scope;
use super::show_rows::{hive, pad, text};
use super::type_text::parse_hive;
use super::types::AthenaType;
use super::view::Definition;
use super::write::partition_name;
use crate::engine::{Column, Failure};
use crate::metastore::{Column as StoredColumn, Table};

type Rows = (Vec<Column>, Vec<String>);

/// The catalogue's entry of a name, if it has one.
pub(super) fn stored(scope: &Scope, name: &[Ident], context: &str) -> Option<Table> {
    let parts: Vec<&Ident> = name.iter().collect();
    let (database, table) = resolve(scope, &parts, context).ok()?;
    scope.stored().stored_table(&database, &table)
}

/// True for a view of the catalogue.
pub(super) fn is_view(scope: &Scope, name: &[Ident], context: &str) -> bool {
    stored(scope, name, context).is_some_and(|table| table.is_view())
}

fn found(scope: &Scope, name: &Name, context: &str) -> Result<(String, Table), Failure> {
    let database = name.database.as_deref().unwrap_or(context);
    let table = scope.stored().stored_table(database, &name.name);
    let table = table.ok_or_else(|| no_table(database, &name.name))?;
    Ok((database.to_owned(), table))
}

/// SHOW PARTITIONS.
pub(super) fn partitions(scope: &Scope, name: &Name, context: &str) -> Result<Rows, Failure> {
    let (database, table) = found(scope, name, context)?;
    if table.partition_keys.is_empty() {
        let task = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask";
        let text = format!("{task}. Table {} is not a partitioned table", table.name);
        return Err(hive_failure(&text, 1003));
    }
    let partitions = scope.stored().partitions(&database, &table.name, None);
    let names = partitions.unwrap_or_default().into_iter().map(|partition| {
        let keys = table.partition_keys.iter().map(|key| key.name.as_str());
        let values = partition.values.iter().map(|value| Some(value.as_str()));
        partition_name(keys.zip(values))
    });
    Ok((vec![hive("partition")], names.collect()))
}

/// SHOW TBLPROPERTIES.
pub(super) fn properties(
    scope: &Scope,
    name: &Name,
    key: Option<&str>,
    context: &str,
) -> Result<Rows, Failure> {
    let (database, table) = found(scope, name, context)?;
    let rows = match key {
        None => table
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}\t{value}"))
            .collect(),
        Some(key) => vec![table.parameters.get(key).cloned().unwrap_or_else(|| {
            format!(
                "Table {database}.{} does not have property: {key}",
                table.name
            )
        })],
    };
    Ok((vec![hive("prpt_name"), hive("prpt_value")], rows))
}

/// SHOW CREATE VIEW.
pub(super) fn create_view(scope: &Scope, name: &Name, context: &str) -> Result<Rows, Failure> {
    let database = name.database.as_deref().unwrap_or(context);
    let full = format!("{}.{database}.{}", scope.catalog, name.name);
    let Some(table) = scope.stored().stored_table(database, &name.name) else {
        let message = format!("line 1:1: View '{full}' does not exist");
        return Err(AthenaError::new("TABLE_NOT_FOUND", message).into());
    };
    if !table.is_view() {
        let message = format!("line 1:1: Relation '{full}' is a table, not a view");
        return Err(AthenaError::not_supported(message).into());
    }
    let definition = Definition::read(&table)?;
    let shown = format!(
        "CREATE VIEW {database}.{} AS\n{}",
        name.name, definition.sql
    );
    let lines = shown.lines().map(str::to_owned).collect();
    Ok((vec![text("create view")], lines))
}

/// DESCRIBE and SHOW COLUMNS of a view: Trino's spelling, no padding.
pub(super) fn describe_view(columns: &[(String, AthenaType)]) -> Rows {
    let rows = columns
        .iter()
        .map(|(name, athena_type)| format!("{name}\t{athena_type}"))
        .collect();
    (vec![text("column"), text("type")], rows)
}

/// DESCRIBE of a table.
pub(super) fn describe(table: &Table) -> Vec<String> {
    if is_iceberg(table) {
        return describe_iceberg(table);
    }
    let row = |column: &StoredColumn| {
        format!(
            "{}\t{}\t{}",
            pad(&column.name),
            pad(&hive_type(column)),
            pad(column.comment.as_deref().unwrap_or_default())
        )
    };
    let columns = table.storage.columns.iter().chain(&table.partition_keys);
    let mut rows: Vec<String> = columns.map(row).collect();
    if !table.partition_keys.is_empty() {
        let blank = "\t \t ".to_owned();
        rows.push(blank.clone());
        rows.push("# Partition Information\t \t ".to_owned());
        rows.push(format!(
            "{}\t{}\t{}",
            pad("# col_name"),
            pad("data_type"),
            pad("comment")
        ));
        rows.push(blank);
        rows.extend(table.partition_keys.iter().map(row));
    }
    rows
}

fn hive_type(column: &StoredColumn) -> String {
    column
        .hive_type
        .clone()
        .unwrap_or_else(|| "string".to_owned())
}

fn describe_iceberg(table: &Table) -> Vec<String> {
    let mut rows = vec![
        "# Table schema:\t\t".to_owned(),
        "# col_name\tdata_type\tcomment".to_owned(),
    ];
    let current = table.storage.columns.iter().filter(|c| is_current(c));
    rows.extend(current.map(|column| {
        format!(
            "{}\t{}\t{}",
            column.name,
            spaced(&hive_type(column)),
            column.comment.as_deref().unwrap_or_default()
        )
    }));
    rows.push("\t\t".to_owned());
    rows.push("# Partition spec:\t\t".to_owned());
    rows.push("# field_name\tfield_transform\tcolumn_name".to_owned());
    let spec = table.parameters.get(SPEC).map(String::as_str);
    rows.extend(
        spec.unwrap_or_default()
            .split(';')
            .filter(|transform| !transform.is_empty())
            .map(transform_row),
    );
    rows
}

/// `bucket(4,n)` as `n_bucket`, `bucket[4]`, `n`.
fn transform_row(transform: &str) -> String {
    let Some((function, arguments)) = transform.trim_end_matches(')').split_once('(') else {
        return format!("{transform}\tidentity\t{transform}");
    };
    let (number, column) = match arguments.split_once(',') {
        Some((number, column)) => (Some(number), column),
        None => (None, arguments),
    };
    let suffix = if function == "truncate" {
        "trunc"
    } else {
        function
    };
    let shown = number.map_or_else(
        || function.to_owned(),
        |number| format!("{function}[{number}]"),
    );
    format!("{column}_{suffix}\t{shown}\t{column}")
}

/// Iceberg's spelling has blanks after commas and colons.
fn spaced(hive_type: &str) -> String {
    if parse_hive(hive_type).is_none() {
        return hive_type.to_owned();
    }
    hive_type
        .replace(' ', "")
        .replace(',', ", ")
        .replace(':', ": ")
}

/// SHOW CREATE TABLE.
pub(super) fn create_table(scope: &Scope, name: &Name, context: &str) -> Result<Rows, Failure> {
    let (database, table) = found(scope, name, context)?;
    if table.is_view() {
        let message = format!("{} is a view: use SHOW CREATE VIEW", table.name);
        return Err(AthenaError::not_supported(message).into());
    }
    let lines = if is_iceberg(&table) {
        iceberg_lines(&database, &table)
    } else {
        hive_lines(&table)
    };
    Ok((vec![hive("createtab_stmt")], lines))
}

/// As Hive prints it.
fn hive_lines(table: &Table) -> Vec<String> {
    let mut lines = vec![format!("CREATE EXTERNAL TABLE `{}`(", table.name)];
    push_columns(&mut lines, &table.storage.columns);
    push_storage(&mut lines, table);
    lines.push("LOCATION".to_owned());
    let location = table.storage.location.as_deref().unwrap_or_default();
    lines.push(format!("  '{location}'"));
    let mut shown = table
        .parameters
        .iter()
        .filter(|(name, _)| *name != "EXTERNAL");
    if let Some(first) = shown.next() {
        lines.push("TBLPROPERTIES (".to_owned());
        push_pairs(&mut lines, std::iter::once(first).chain(shown), ")");
    }
    lines
}

/// As Athena's engine prints it.
fn iceberg_lines(database: &str, table: &Table) -> Vec<String> {
    let mut lines = vec![format!("CREATE TABLE {database}.{} (", table.name)];
    let columns = table.storage.columns.iter().filter(|c| is_current(c));
    let columns: Vec<String> = columns
        .map(|column| {
            let comment = column.comment.as_ref();
            let comment = comment.map_or_else(String::new, |text| format!(" COMMENT '{text}'"));
            format!("  {} {}{comment}", column.name, hive_type(column))
        })
        .collect();
    lines.extend(
        format!("{})", columns.join(",\n"))
            .lines()
            .map(str::to_owned),
    );
    if let Some(spec) = table.parameters.get(SPEC) {
        lines.push(format!("PARTITIONED BY ({})", spec.replace(';', ", ")));
    }
    let location = table.storage.location.as_deref().unwrap_or_default();
    lines.push(format!("LOCATION '{}'", location.trim_end_matches('/')));
    lines.push("TBLPROPERTIES (".to_owned());
    let hidden = [
        "table_type",
        "metadata_location",
        "previous_metadata_location",
        SPEC,
    ];
    let shown = table.parameters.iter();
    let shown = shown.filter(|(name, _)| !hidden.contains(&name.as_str()));
    let shown = shown.map(|(name, value)| format!("  '{name}'='{value}'"));
    let pairs: Vec<String> = std::iter::once("  'table_type'='iceberg'".to_owned())
        .chain(shown)
        .collect();
    lines.extend(pairs.join(",\n").lines().map(str::to_owned));
    lines.push(");".to_owned());
    lines
}

fn push_storage(lines: &mut Vec<String>, table: &Table) {
    if !table.partition_keys.is_empty() {
        lines.push("PARTITIONED BY ( ".to_owned());
        push_columns(lines, &table.partition_keys);
    }
    let storage = &table.storage;
    if let Some(class) = &storage.serde.class {
        lines.push("ROW FORMAT SERDE ".to_owned());
        lines.push(format!("  '{class}' "));
    }
    if !storage.serde.parameters.is_empty() {
        lines.push("WITH SERDEPROPERTIES ( ".to_owned());
        push_pairs(lines, storage.serde.parameters.iter(), ") ");
    }
    let class = |class: &Option<String>| class.clone().unwrap_or_default();
    lines.push("STORED AS INPUTFORMAT ".to_owned());
    lines.push(format!("  '{}' ", class(&storage.input_format)));
    lines.push("OUTPUTFORMAT ".to_owned());
    lines.push(format!("  '{}'", class(&storage.output_format)));
}

fn push_columns(lines: &mut Vec<String>, columns: &[StoredColumn]) {
    for (index, column) in columns.iter().enumerate() {
        let end = if index + 1 == columns.len() {
            ")"
        } else {
            ", "
        };
        let comment = column.comment.as_ref();
        let comment = comment.map_or_else(String::new, |text| format!(" COMMENT '{text}'"));
        let hive_type = hive_type(column);
        lines.push(format!("  `{}` {hive_type}{comment}{end}", column.name));
    }
}

fn push_pairs<'a>(
    lines: &mut Vec<String>,
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
    end: &str,
) {
    let mut written: Vec<String> = pairs
        .map(|(name, value)| {
            let value = value.replace('\u{1}', "\\u0001").replace('\t', "\\t");
            format!("  '{name}'='{value}', ")
        })
        .collect();
    if let Some(last) = written.last_mut() {
        *last = format!("{}{end}", last.trim_end_matches(", "));
    }
    lines.extend(written);
}
