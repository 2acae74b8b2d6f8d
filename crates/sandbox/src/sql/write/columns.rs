//! Columns of data files, and what Hive refuses of them.

use datafusion::arrow::datatypes::FieldRef;

use crate::sql::failure::AthenaError;
use crate::sql::types::AthenaType;

/// A column to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct OutputColumn {
    /// In lower case.
    pub(in crate::sql) name: String,
    /// Its type.
    pub(in crate::sql) athena_type: AthenaType,
}

impl OutputColumn {
    /// As an Arrow field.
    pub(super) fn field(&self) -> FieldRef {
        self.athena_type.field(&self.name, true)
    }
}

/// Names of the errors, which differ between statements.
#[derive(Debug, Clone, Copy)]
pub(in crate::sql) struct ErrorNames {
    /// A column without a name.
    pub(in crate::sql) unnamed: &'static str,
    /// A name that comes twice.
    pub(in crate::sql) duplicate: &'static str,
    /// A bare NULL.
    pub(in crate::sql) unknown: &'static str,
}

/// UNLOAD calls them all by one name.
pub(in crate::sql) const UNLOAD_ERRORS: ErrorNames = ErrorNames {
    unnamed: "SYNTAX_ERROR",
    duplicate: "SYNTAX_ERROR",
    unknown: "SYNTAX_ERROR",
};

/// CTAS has a name for each.
pub(in crate::sql) const CTAS_ERRORS: ErrorNames = ErrorNames {
    unnamed: "MISSING_COLUMN_NAME",
    duplicate: "DUPLICATE_COLUMN_NAME",
    unknown: "COLUMN_TYPE_UNKNOWN",
};

/// The columns of a result with names and types that Iceberg's tables can have.
///
/// # Errors
/// As Athena refuses them, the first found.
pub(in crate::sql) fn check_iceberg_columns(
    columns: Vec<(Option<String>, AthenaType)>,
    errors: ErrorNames,
) -> Result<Vec<OutputColumn>, AthenaError> {
    let mut columns = named(columns, errors)?;
    for column in &mut columns {
        match &mut column.athena_type {
            AthenaType::Timestamp(precision) => *precision = 6,
            AthenaType::Varchar(length) => *length = None,
            AthenaType::Tinyint | AthenaType::Smallint => column.athena_type = AthenaType::Integer,
            AthenaType::Time(_)
            | AthenaType::TimeWithTimeZone(_)
            | AthenaType::TimestampWithTimeZone(_)
            | AthenaType::IntervalDayToSecond
            | AthenaType::IntervalYearToMonth
            | AthenaType::Json
            | AthenaType::Uuid
            | AthenaType::IpAddress
            | AthenaType::Char(_) => {
                return Err(AthenaError::not_supported(format!(
                    "Type not supported for Iceberg: {}",
                    column.athena_type
                )));
            }
            _ => {}
        }
    }
    Ok(columns)
}

/// The columns of a result with names and types that Hive's tables can have.
///
/// # Errors
/// As Athena refuses them, the first found.
pub(in crate::sql) fn check_columns(
    columns: Vec<(Option<String>, AthenaType)>,
    errors: ErrorNames,
) -> Result<Vec<OutputColumn>, AthenaError> {
    let checked = named(columns, errors)?;
    for column in &checked {
        check_type(&column.athena_type)?;
        check_timestamps(&column.athena_type, &column.name)?;
    }
    Ok(checked)
}

fn named(
    columns: Vec<(Option<String>, AthenaType)>,
    errors: ErrorNames,
) -> Result<Vec<OutputColumn>, AthenaError> {
    let mut checked: Vec<OutputColumn> = Vec::with_capacity(columns.len());
    for (index, (name, athena_type)) in columns.into_iter().enumerate() {
        let Some(name) = name else {
            let message = format!(
                "line 1:1: Column name not specified at position {}",
                index + 1
            );
            return Err(AthenaError::new(errors.unnamed, message));
        };
        let name = name.to_lowercase();
        if checked.iter().any(|column| column.name == name) {
            let message = format!("line 1:1: Column name '{name}' specified more than once");
            return Err(AthenaError::new(errors.duplicate, message));
        }
        if athena_type == AthenaType::Unknown {
            let message = format!("line 1:1: Column type is unknown: {name}");
            return Err(AthenaError::new(errors.unknown, message));
        }
        checked.push(OutputColumn { name, athena_type });
    }
    Ok(checked)
}

fn check_type(athena_type: &AthenaType) -> Result<(), AthenaError> {
    match athena_type {
        AthenaType::Array(item) => check_type(item),
        AthenaType::Map(key, value) => check_type(key).and_then(|()| check_type(value)),
        AthenaType::Row(fields) => {
            if fields.iter().any(|(name, _)| name.is_none()) {
                return Err(AthenaError::not_supported(format!(
                    "Anonymous row type is not supported in Hive. Please give each field a name: {athena_type}"
                )));
            }
            fields.iter().try_for_each(|(_, field)| check_type(field))
        }
        AthenaType::Time(_)
        | AthenaType::TimeWithTimeZone(_)
        | AthenaType::TimestampWithTimeZone(_)
        | AthenaType::IntervalDayToSecond
        | AthenaType::IntervalYearToMonth
        | AthenaType::Json
        | AthenaType::Uuid
        | AthenaType::IpAddress
        | AthenaType::Unknown => Err(AthenaError::not_supported(format!(
            "Unsupported Hive type: {athena_type}"
        ))),
        _ => Ok(()),
    }
}

fn check_timestamps(athena_type: &AthenaType, column: &str) -> Result<(), AthenaError> {
    match athena_type {
        AthenaType::Timestamp(precision) if *precision != 3 => {
            Err(AthenaError::not_supported(format!(
                "Incorrect timestamp precision for {athena_type}; the configured precision is MILLISECONDS; column name: {column}"
            )))
        }
        AthenaType::Array(item) => check_timestamps(item, column),
        AthenaType::Map(key, value) => {
            check_timestamps(key, column).and_then(|()| check_timestamps(value, column))
        }
        AthenaType::Row(fields) => fields
            .iter()
            .try_for_each(|(_, field)| check_timestamps(field, column)),
        _ => Ok(()),
    }
}
