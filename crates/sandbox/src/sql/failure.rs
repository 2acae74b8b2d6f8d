//! Engine errors in Athena's words: error name, position, `AthenaError` numbers.

use std::fmt;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::engine::Failure;

/// An error that already has Athena's name and text. Functions raise it through
/// `DataFusionError::External`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AthenaError {
    /// The engine's error name, e.g. `INVALID_CAST_ARGUMENT`.
    pub(super) name: &'static str,
    /// The text after it.
    pub(super) message: String,
}

impl AthenaError {
    pub(super) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
        }
    }

    pub(super) fn not_supported(what: impl fmt::Display) -> Self {
        Self::new("NOT_SUPPORTED", what.to_string())
    }
}

impl fmt::Display for AthenaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for AthenaError {}

impl From<AthenaError> for DataFusionError {
    fn from(error: AthenaError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<AthenaError> for Failure {
    fn from(error: AthenaError) -> Self {
        Self {
            reason: error.to_string(),
            message: None,
            error_category: 2,
            error_type: error_type(error.name),
            retryable: false,
        }
    }
}

/// `AthenaError.ErrorType` of an engine error name.
fn error_type(name: &str) -> i32 {
    match name {
        "EXCEEDED_LOCAL_MEMORY_LIMIT" => 1,
        "GENERIC_INTERNAL_ERROR" => 100,
        "DIVISION_BY_ZERO" => 1001,
        "TYPE_MISMATCH" => 1002,
        "COLUMN_NOT_FOUND"
        | "CATALOG_NOT_FOUND"
        | "SYNTAX_ERROR"
        | "AMBIGUOUS_NAME"
        | "EXPRESSION_NOT_AGGREGATE" => 1006,
        "INVALID_CAST_ARGUMENT"
        | "NUMERIC_VALUE_OUT_OF_RANGE"
        | "INVALID_PARAMETER_USAGE"
        | "INVALID_ARGUMENTS"
        | "MISSING_COLUMN_NAME" => 1100,
        "INVALID_FUNCTION_ARGUMENT" => 1106,
        "TABLE_ALREADY_EXISTS" => 1110,
        "NOT_SUPPORTED" => 1200,
        "TABLE_NOT_FOUND" | "SCHEMA_NOT_FOUND" => 1301,
        "FUNCTION_NOT_FOUND" => 1303,
        _ => 1009,
    }
}

/// Where names stand in the statement, to say `line 1:8` of an error that DataFusion
/// reports by name only.
pub(super) trait Positions {
    /// `line L:C` of the first use of a column name; the query's start when unknown.
    fn of_name(&self, name: &str) -> String;
}

/// Positions of a statement that names no columns.
pub(super) struct NoPositions;

impl Positions for NoPositions {
    fn of_name(&self, _name: &str) -> String {
        "line 1:1".to_owned()
    }
}

/// Translates what DataFusion reports.
pub(super) fn translate(error: &DataFusionError, positions: &dyn Positions) -> AthenaError {
    let root = error.find_root();
    match root {
        DataFusionError::External(inner) => {
            if let Some(known) = inner.downcast_ref::<AthenaError>() {
                return known.clone();
            }
            from_text(&root.to_string(), positions)
        }
        DataFusionError::SchemaError(schema, _) => from_schema(schema, positions),
        DataFusionError::ResourcesExhausted(_) => AthenaError::new(
            "EXCEEDED_LOCAL_MEMORY_LIMIT",
            "Query exhausted resources at this scale factor",
        ),
        DataFusionError::NotImplemented(text) => AthenaError::not_supported(first_line(text)),
        other => from_text(&other.to_string(), positions),
    }
}

fn from_schema(error: &SchemaError, positions: &dyn Positions) -> AthenaError {
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            let column = match &field.relation {
                Some(relation) => format!("{}.{}", relation.table(), field.name),
                None => field.name.clone(),
            };
            AthenaError::new(
                "COLUMN_NOT_FOUND",
                format!(
                    "{}: Column '{column}' cannot be resolved or requester is not authorized to access requested resources",
                    positions.of_name(&field.name)
                ),
            )
        }
        SchemaError::AmbiguousReference { field } => AthenaError::new(
            "AMBIGUOUS_NAME",
            format!(
                "{}: Column '{}' is ambiguous",
                positions.of_name(&field.name),
                field.name
            ),
        ),
        other => AthenaError::new("SYNTAX_ERROR", first_line(&other.to_string())),
    }
}

/// Names that only DataFusion's wording gives away.
fn from_text(text: &str, positions: &dyn Positions) -> AthenaError {
    let lower = text.to_ascii_lowercase();
    let text = first_line(text);
    let start = positions.of_name("");
    if lower.contains("divide by zero") {
        return AthenaError::new("DIVISION_BY_ZERO", "Division by zero");
    }
    if lower.contains("overflow")
        || lower.contains("too large to store")
        || lower.contains("out of range")
    {
        return AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", text);
    }
    if lower.contains("cannot cast string")
        || lower.contains("cast error")
        || lower.contains("parser error")
    {
        return AthenaError::new("INVALID_CAST_ARGUMENT", text);
    }
    if let Some(message) = unexpected_parameters(&lower) {
        return AthenaError::new("FUNCTION_NOT_FOUND", format!("{start}: {message}"));
    }
    if lower.contains("scalar subquery returned more than one row") {
        let message = "Scalar sub-query has returned multiple rows";
        return AthenaError::new("SUBQUERY_MULTIPLE_ROWS", message);
    }
    if lower.contains("aggregate function calls cannot be nested") {
        let message = format!("{start}: Cannot nest aggregations inside aggregation");
        return AthenaError::new("NESTED_AGGREGATION", message);
    }
    if lower.contains("queries have different number of columns") {
        let message = format!("{start}: UNION query has different number of fields");
        return AthenaError::new("TYPE_MISMATCH", message);
    }
    if lower.contains("non-boolean predicate") {
        let message = format!("{start}: WHERE clause must evaluate to a boolean");
        return AthenaError::new("TYPE_MISMATCH", message);
    }
    if lower.contains("requires a boolean expression") {
        let message =
            format!("{start}: Value of logical NOT expression must evaluate to a boolean");
        return AthenaError::new("TYPE_MISMATCH", message);
    }
    if lower.contains("invalid function") {
        return AthenaError::new("FUNCTION_NOT_FOUND", format!("{start}: {text}"));
    }
    if lower.contains("must appear in the group by clause") || lower.contains("must be in group by")
    {
        let column = text.split('"').nth(1).unwrap_or_default();
        let name = column.rsplit('.').next().unwrap_or_default();
        let place = positions.of_name(name);
        return AthenaError::new(
            "EXPRESSION_NOT_AGGREGATE",
            format!(
                "{place}: '{name}' must be an aggregate expression or appear in GROUP BY clause"
            ),
        );
    }
    if lower.contains("coerce")
        || lower.contains("no function matches")
        || lower.contains("cannot infer common")
        || lower.contains("incompatible")
        || lower.contains("expects")
        || lower.contains("type")
    {
        return AthenaError::new("TYPE_MISMATCH", format!("{start}: {text}"));
    }
    if lower.contains("not supported")
        || lower.contains("not implemented")
        || lower.contains("unsupported")
    {
        return AthenaError::not_supported(text);
    }
    AthenaError::new("SYNTAX_ERROR", format!("{start}: {text}"))
}

/// `Unexpected parameters (integer) for function upper`, of DataFusion's complaint that
/// no signature takes `'upper(Int32)'`.
fn unexpected_parameters(lower: &str) -> Option<String> {
    let call = lower
        .split_once("no function matches the given name and argument types '")?
        .1
        .split_once("'.")?
        .0;
    let (name, types) = call.split_once('(')?;
    let types: Vec<&str> = types
        .trim_end_matches(')')
        .split(", ")
        .map(|arrow| match arrow {
            "int8" => "tinyint",
            "int16" => "smallint",
            "int32" => "integer",
            "int64" => "bigint",
            "float32" => "real",
            "float64" => "double",
            "utf8" | "utf8view" | "largeutf8" => "varchar",
            "binary" | "binaryview" => "varbinary",
            "date32" => "date",
            "null" => "unknown",
            other => other,
        })
        .collect();
    let name = name.trim_start_matches("athena_");
    Some(format!(
        "Unexpected parameters ({}) for function {name}",
        types.join(", ")
    ))
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("Error during planning: ")
        .unwrap_or(line)
        .to_owned()
}
