//! Functions that Athena has and DataFusion lacks, or has with another meaning.

mod cast;
mod datetime;
mod datetime_format;
mod entries;
mod json;
mod json_text;
mod lambdas;
mod moments;
mod sequence;
mod subscript;
mod values;

pub(super) use json_text::json_texts;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, StringArray};
use datafusion::arrow::compute::cast as arrow_cast;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderUDF, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};

use super::failure::AthenaError;
use super::types::AthenaType;

/// All of them, to be registered over DataFusion's own.
pub(super) fn all() -> Vec<Arc<ScalarUDF>> {
    let mut functions = Vec::new();
    functions.extend(cast::functions());
    functions.extend(datetime::functions());
    functions.extend(datetime_format::functions());
    functions.extend(entries::functions());
    functions.extend(json::functions());
    functions.extend(sequence::functions());
    functions.extend(subscript::functions());
    functions.extend(values::functions());
    functions
        .into_iter()
        .map(|function| Arc::new(ScalarUDF::new_from_impl(function)))
        .collect()
}

/// Those that take lambdas.
pub(super) fn with_lambdas() -> Vec<Arc<HigherOrderUDF>> {
    lambdas::functions()
}

/// Computes the return field from the arguments' fields.
type Returns = fn(&ReturnFieldArgs<'_>) -> Result<FieldRef>;

/// Computes one batch.
type Body = fn(&Arguments) -> Result<ArrayRef>;

/// A function as a table entry: name, number of arguments, return field, body.
#[derive(Debug)]
struct Function {
    name: &'static str,
    arity: std::ops::RangeInclusive<usize>,
    signature: Signature,
    returns: Returns,
    body: Body,
}

impl Function {
    fn new(
        name: &'static str,
        arity: std::ops::RangeInclusive<usize>,
        returns: Returns,
        body: Body,
    ) -> Self {
        Self {
            name,
            arity,
            signature: Signature::variadic_any(Volatility::Immutable),
            returns,
            body,
        }
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal(format!(
            "{}: the return type follows from the arguments' fields",
            self.name
        )))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if !self.arity.contains(&args.arg_fields.len()) {
            let types: Vec<String> = args
                .arg_fields
                .iter()
                .map(|field| AthenaType::of_field(field).to_string())
                .collect();
            return Err(AthenaError::new(
                "FUNCTION_NOT_FOUND",
                format!(
                    "line 1:8: Unexpected parameters ({}) for function {}",
                    types.join(", "),
                    self.name.trim_start_matches("athena_")
                ),
            )
            .into());
        }
        (self.returns)(&args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arguments = Arguments {
            arrays: args
                .args
                .iter()
                .map(|arg| arg.to_array(rows))
                .collect::<Result<_>>()?,
            fields: args.arg_fields,
            returns: args.return_field,
            rows,
        };
        let result = (self.body)(&arguments)?;
        if constant {
            return datafusion::common::ScalarValue::try_from_array(&result, 0)
                .map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// The arguments of one call, as columns of equal length.
struct Arguments {
    arrays: Vec<ArrayRef>,
    fields: Vec<FieldRef>,
    returns: FieldRef,
    rows: usize,
}

impl Arguments {
    /// The Athena type of an argument.
    fn athena_type(&self, index: usize) -> AthenaType {
        AthenaType::of_field(&self.fields[index])
    }

    /// An argument converted to an Arrow type.
    fn converted(&self, index: usize, to: &DataType) -> Result<ArrayRef> {
        Ok(arrow_cast(&self.arrays[index], to)?)
    }

    /// An argument as text.
    fn strings(&self, index: usize) -> Result<StringArray> {
        Ok(self
            .converted(index, &DataType::Utf8)?
            .as_string::<i32>()
            .clone())
    }

    /// Maps the rows of a text argument; NULL stays NULL.
    fn map_strings<T>(
        &self,
        index: usize,
        map: impl Fn(&str) -> Result<Option<T>>,
    ) -> Result<Vec<Option<T>>> {
        let strings = self.strings(index)?;
        (0..self.rows)
            .map(|row| {
                if strings.is_null(row) {
                    Ok(None)
                } else {
                    map(strings.value(row))
                }
            })
            .collect()
    }
}

/// Always the same type.
fn returning(athena_type: &AthenaType) -> Result<FieldRef> {
    Ok(athena_type.field("result", true))
}

fn invalid_argument(message: impl Into<String>) -> DataFusionError {
    AthenaError::new("INVALID_FUNCTION_ARGUMENT", message).into()
}
