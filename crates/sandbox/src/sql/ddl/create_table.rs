//! CREATE TABLE: Hive's external tables, and Iceberg tables.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::cursor::unescaped;
use super::evolve::number;
use super::failure::{no_database, plain, refused, task, told};
use super::{Cursor, Name};
use crate::engine::{Failure, Query, Refusal};
use crate::metastore::{Column, Metastore, S3_TABLES, Serde, Table};
use crate::sql::catalog::CATALOG;
use crate::sql::lake::is_iceberg;
use crate::sql::scope::Scope;
use crate::sql::syntax_error::refusal;
use crate::sql::unload::location;

/// CREATE TABLE.
#[derive(Debug)]
pub(in crate::sql) struct CreateTable {
    pub(super) name: Name,
    if_not_exists: bool,
    external: bool,
    /// Whether STORED AS is written.
    stored_as: bool,
    table: Table,
}

/// Classes of a format: SerDe, input, output.
const PARQUET: [&str; 3] = [
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
];
const TEXT: [&str; 3] = [
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
];
const ORC: [&str; 3] = [
    "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
    "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
];
const AVRO: [&str; 3] = [
    "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
];
/// The SerDe of JSON lines; they are text otherwise.
const JSON_SERDE: &str = "org.openx.data.jsonserde.JsonSerDe";

/// Gives a table the classes of a format by name.
pub(in crate::sql) fn set_format(table: &mut Table, format: &str) -> bool {
    let classes = match format {
        "PARQUET" => PARQUET,
        "TEXTFILE" => TEXT,
        "JSON" => [JSON_SERDE, TEXT[1], TEXT[2]],
        "ORC" => ORC,
        "AVRO" => AVRO,
        _ => return false,
    };
    let [serde, input, output] = classes.map(str::to_owned);
    let storage = &mut table.storage;
    storage.serde.class.get_or_insert(serde);
    storage.input_format.get_or_insert(input);
    storage.output_format.get_or_insert(output);
    true
}

pub(super) fn parse(mut cursor: Cursor<'_>) -> Result<CreateTable, Refusal> {
    cursor.expect(&["CREATE"])?;
    let external = cursor.eat(&["EXTERNAL"]);
    cursor.expect(&["TABLE"])?;
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let name = cursor.name()?;
    let mut table = Table::external(&name.name, [], None);
    if cursor.peek() == Some(&Token::LParen) {
        table.storage.columns = columns(&mut cursor)?;
    }
    while !cursor.is_done() {
        clause(&mut cursor, &mut table)?;
    }
    let stored_as = table.storage.input_format.is_some();
    if is_iceberg(&table) {
        table
            .parameters
            .insert("table_type".to_owned(), "ICEBERG".to_owned());
        number(&mut table.storage.columns);
    } else {
        table
            .parameters
            .insert("EXTERNAL".to_owned(), "TRUE".to_owned());
        set_format(&mut table, "TEXTFILE");
    }
    Ok(CreateTable {
        name,
        if_not_exists,
        external,
        stored_as,
        table,
    })
}

impl CreateTable {
    /// Tables have a place of their own, but in S3 Tables buckets, which have one for each.
    ///
    /// # Errors
    /// In Athena's words.
    pub(super) fn check_place(&self, query: &Query, metastore: &Metastore) -> Result<(), Refusal> {
        let context = query.catalog.as_deref().map(str::to_lowercase);
        let context = context.filter(|name| metastore.catalog(name).is_some());
        let s3_tables = context.is_some_and(|name| name.starts_with(S3_TABLES));
        let located = self.table.storage.location.is_some();
        let message = match (s3_tables, located) {
            (true, true) => {
                "Table location can not be specified for tables hosted in S3 table buckets"
            }
            (true, false) if self.external => {
                "External keyword not supported for table type ICEBERG"
            }
            (true, false) if self.name.catalog.as_deref() == Some(CATALOG) => {
                let message = format!("Unsupported ddl with 2 catalogs: {}", query.sql);
                return Err(refusal(message));
            }
            (true, false) => return Ok(()),
            (false, false) => {
                "No location was specified for table. An S3 location must be specified"
            }
            (false, true) if !self.external && !is_iceberg(&self.table) => {
                "External keyword required for table type HIVE"
            }
            (false, true) => return Ok(()),
        };
        Err(refusal(message.to_owned()))
    }

    /// The table's entry in an S3 Tables bucket.
    fn in_s3_tables(&self, location: String) -> Result<Table, Failure> {
        if self.stored_as {
            return Err(plain(
                "Iceberg create table statement does not allow STORED AS/BY",
                1200,
            ));
        }
        let mut table = Table::external(&self.name.name, [], Some(&location));
        table.storage.columns = self.table.storage.columns.clone();
        number(&mut table.storage.columns);
        table.parameters = self.table.parameters.clone();
        table.parameters.remove("EXTERNAL");
        let kind = ("table_type".to_owned(), "ICEBERG".to_owned());
        table.parameters.extend([kind]);
        Ok(table)
    }
}

fn clause(cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), Refusal> {
    if cursor.eat(&["COMMENT"]) {
        let comment = cursor.string()?;
        table.parameters.insert("comment".to_owned(), comment);
    } else if cursor.eat(&["PARTITIONED", "BY"]) {
        partitioned_by(cursor, table)?;
    } else if cursor.eat(&["ROW", "FORMAT", "DELIMITED"]) {
        table.storage.serde = delimited(cursor)?;
    } else if cursor.eat(&["ROW", "FORMAT", "SERDE"]) {
        table.storage.serde.class = Some(cursor.string()?);
        if cursor.eat(&["WITH", "SERDEPROPERTIES"]) {
            table.storage.serde.parameters = cursor.pairs()?.into_iter().collect();
        }
    } else if cursor.eat(&["WITH", "SERDEPROPERTIES"]) {
        table.storage.serde.parameters.extend(cursor.pairs()?);
    } else if cursor.eat(&["STORED", "AS"]) {
        if cursor.eat(&["INPUTFORMAT"]) {
            table.storage.input_format = Some(cursor.string()?);
            cursor.expect(&["OUTPUTFORMAT"])?;
            table.storage.output_format = Some(cursor.string()?);
        } else {
            let format = cursor.word();
            if !set_format(table, &format) {
                return Err(cursor.unexpected("'PARQUET', 'TEXTFILE', 'ORC', 'AVRO', 'JSON'"));
            }
            cursor.at += 1;
        }
    } else if cursor.eat(&["LOCATION"]) {
        table.storage.location = Some(cursor.string()?);
    } else if cursor.eat(&["TBLPROPERTIES"]) {
        table.parameters.extend(cursor.pairs()?);
    } else {
        return Err(cursor.unexpected("<EOF>"));
    }
    Ok(())
}

/// Column definitions in parentheses.
pub(super) fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<Column>, Refusal> {
    cursor.expect_token(&Token::LParen)?;
    let mut columns = Vec::new();
    loop {
        columns.push(column(cursor)?);
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(columns)
}

/// `name type [COMMENT 'text']`.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Result<Column, Refusal> {
    let mut column = Column::new(&cursor.ident()?, &cursor.hive_type()?);
    if cursor.eat(&["COMMENT"]) {
        column.comment = Some(cursor.string()?);
    }
    Ok(column)
}

/// Hive names columns of their own; Iceberg names columns there are, or functions of them.
fn partitioned_by(cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), Refusal> {
    let start = cursor.at;
    if let Ok(keys) = columns(cursor) {
        table.partition_keys = keys;
        return Ok(());
    }
    cursor.at = start;
    cursor.expect_token(&Token::LParen)?;
    let mut transforms: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut depth = 0;
    loop {
        let Some(token) = cursor.peek() else {
            return Err(cursor.unexpected("')'"));
        };
        cursor.at += 1;
        match token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => {
                transforms.push(std::mem::take(&mut text));
                continue;
            }
            _ => {}
        }
        text.push_str(&token.to_string().to_lowercase().replace('`', ""));
    }
    transforms.push(text);
    table
        .parameters
        .insert(SPEC.to_owned(), transforms.join(";"));
    Ok(())
}

/// Where the partition transforms of an Iceberg table are kept.
pub(in crate::sql) const SPEC: &str = "athena-sandbox.partition-spec";

fn delimited(cursor: &mut Cursor<'_>) -> Result<Serde, Refusal> {
    let mut serde = Serde::default();
    loop {
        let name = if cursor.eat(&["FIELDS", "TERMINATED", "BY"]) {
            "field.delim"
        } else if cursor.eat(&["ESCAPED", "BY"]) {
            "escape.delim"
        } else if cursor.eat(&["COLLECTION", "ITEMS", "TERMINATED", "BY"]) {
            "collection.delim"
        } else if cursor.eat(&["MAP", "KEYS", "TERMINATED", "BY"]) {
            "mapkey.delim"
        } else if cursor.eat(&["LINES", "TERMINATED", "BY"]) {
            "line.delim"
        } else if cursor.eat(&["NULL", "DEFINED", "AS"]) {
            "serialization.null.format"
        } else {
            break;
        };
        let text = cursor.string()?;
        // NULL is written as text, not as an escape.
        let text = if name == "serialization.null.format" {
            text.replace("\\\\", "\\")
        } else {
            unescaped(&text)
        };
        if name == "field.delim" {
            serde
                .parameters
                .insert("serialization.format".to_owned(), text.clone());
        }
        serde.parameters.insert(name.to_owned(), text);
    }
    Ok(serde)
}

pub(super) fn run(scope: &Scope, create: &CreateTable, database: &str) -> Result<(), Failure> {
    use datafusion::catalog::SchemaProvider as _;

    let Some(found) = scope.database(database) else {
        return Err(match scope.is_s3_tables() {
            true => plain("Cannot find or access the specified table", 1100),
            false => no_database(database),
        });
    };
    let name = &create.name.name;
    if found.table_exist(name) {
        if create.if_not_exists {
            return Ok(());
        }
        let failure = task(&format!(
            "AlreadyExistsException(message:Table {name} already exist)"
        ));
        let message = format!("Table {name} already exists.");
        return Err(told(failure, 1006, &message));
    }
    if let Some(own) = scope.new_location(database, name) {
        let table = create.in_s3_tables(own)?;
        let created = scope.stored().create_table(database, table);
        return created.map_err(|error| refused(&error));
    }
    let uri = create.table.storage.location.as_deref().unwrap_or_default();
    if location(uri).is_none() {
        return Err(task(&format!(
            "MetaException(message:java.lang.IllegalArgumentException: '{uri}' is not an S3 location)"
        )));
    }
    if create.table.storage.columns.is_empty() {
        return Err(super::hive(
            "SemanticException [Error 10043]: Either list of columns or a custom serializer should be specified",
            1003,
        ));
    }
    scope
        .stored()
        .create_table(database, create.table.clone())
        .map_err(|error| refused(&error))
}
