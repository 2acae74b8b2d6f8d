//! Functions that Athena has and DataFusion lacks, or has with another meaning.

pub(super) mod arithmetic;
mod arrays;
mod cast;
mod construct;
mod datetime;
mod datetime_format;
mod digest;
mod entries;
mod floats;
mod format;
mod json;
mod json_build;
mod json_cast;
mod json_node;
mod json_text;
mod lambdas;
mod maps;
mod moments;
mod numbers;
mod patterns;
mod rounding;
mod sequence;
mod strings;
mod subscript;
mod sums;
mod urls;
mod values;
mod xxhash;

pub(super) use json_text::json_texts;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::array::{ListBuilder, StringBuilder};
use datafusion::arrow::compute::cast as arrow_cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Float64Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, HigherOrderUDF, Operator, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::failure::AthenaError;
use super::types::AthenaType;

/// All of them, to be registered over DataFusion's own.
pub(super) fn all() -> Vec<Arc<ScalarUDF>> {
    let mut functions = Vec::new();
    functions.extend(arrays::functions());
    functions.extend(cast::functions());
    functions.extend(construct::functions());
    functions.extend(datetime::functions());
    functions.extend(datetime_format::functions());
    functions.extend(digest::functions());
    functions.extend(entries::functions());
    functions.extend(format::functions());
    functions.extend(json::functions());
    functions.extend(json_build::functions());
    functions.extend(maps::functions());
    functions.extend(numbers::functions());
    functions.extend(patterns::functions());
    functions.extend(rounding::functions());
    functions.extend(sequence::functions());
    functions.extend(strings::functions());
    functions.extend(subscript::functions());
    functions.extend(urls::functions());
    functions.extend(values::functions());
    functions.extend(xxhash::functions());
    functions
        .into_iter()
        .map(|function| Arc::new(ScalarUDF::new_from_impl(function)))
        .collect()
}

/// The expression, known to have a type that Arrow cannot tell.
pub(super) fn typed(expr: Expr, athena_type: &AthenaType) -> Expr {
    let function = ScalarUDF::new_from_impl(construct::typed());
    let athena_type = Expr::Literal(ScalarValue::from(athena_type.to_string()), None);
    Expr::ScalarFunction(ScalarFunction::new_udf(
        Arc::new(function),
        vec![expr, athena_type],
    ))
}

/// The expression cast to another type, as CAST does.
pub(super) fn cast_to(expr: Expr, athena_type: &AthenaType) -> Expr {
    let function = ScalarUDF::new_from_impl(cast::cast_strictly());
    let athena_type = Expr::Literal(ScalarValue::from(athena_type.to_string()), None);
    Expr::ScalarFunction(ScalarFunction::new_udf(
        Arc::new(function),
        vec![expr, athena_type],
    ))
}

/// The comparison of doubles behind an operator.
pub(super) fn float_comparison(op: Operator) -> ScalarUDF {
    ScalarUDF::new_from_impl(floats::comparison(op))
}

/// A double that is never -0.
pub(super) fn without_negative_zero(value: Expr) -> Expr {
    let function = ScalarUDF::new_from_impl(floats::without_negative_zero());
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), vec![value]))
}

/// Aggregates, to be registered over DataFusion's own.
pub(super) fn aggregates() -> Vec<Arc<AggregateUDF>> {
    vec![sums::function(), xxhash::checksum()]
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
    /// What each argument is, by letter; empty when the function looks itself.
    takes: &'static str,
}

impl Function {
    fn new(
        name: &'static str,
        arity: std::ops::RangeInclusive<usize>,
        returns: Returns,
        body: Body,
    ) -> Self {
        let mut forms = vec![TypeSignature::VariadicAny];
        if *arity.start() == 0 {
            forms.push(TypeSignature::Nullary);
        }
        Self {
            name,
            arity,
            signature: Signature::one_of(forms, Volatility::Immutable),
            returns,
            body,
            takes: "",
        }
    }

    /// Fails in planning unless each argument is of its kind: `t`ext, `i`nteger,
    /// `n`umber, `b`inary, `a`rray, `m`ap, or `*` for anything.
    fn taking(self, takes: &'static str) -> Self {
        Self { takes, ..self }
    }

    fn accepts(&self, types: &[AthenaType]) -> bool {
        let kinds = self.takes.chars().chain(std::iter::repeat('*'));
        self.arity.contains(&types.len())
            && types
                .iter()
                .zip(kinds)
                .all(|(athena_type, kind)| is_of_kind(athena_type, kind))
    }
}

fn is_of_kind(athena_type: &AthenaType, kind: char) -> bool {
    use AthenaType::{
        Array, Bigint, Char, Decimal, Double, Integer, Map, Real, Smallint, Tinyint, Unknown,
        Varbinary, Varchar,
    };
    match kind {
        _ if *athena_type == Unknown => true,
        't' => matches!(athena_type, Varchar(_) | Char(_)),
        'i' => matches!(athena_type, Tinyint | Smallint | Integer | Bigint),
        'n' => matches!(
            athena_type,
            Tinyint | Smallint | Integer | Bigint | Real | Double | Decimal(..)
        ),
        'b' => *athena_type == Varbinary,
        'a' => matches!(athena_type, Array(_)),
        'm' => matches!(athena_type, Map(..)),
        _ => true,
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
        let types: Vec<AthenaType> = args
            .arg_fields
            .iter()
            .map(|field| AthenaType::of_field(field))
            .collect();
        if !self.accepts(&types) {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
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
            return constant_of(&result).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// The only row of a column. `ScalarValue::try_from_array` forgets the field of a list's
/// items, and with it their type.
fn constant_of(array: &ArrayRef) -> Result<ScalarValue> {
    match array.as_list_opt::<i32>() {
        Some(lists) if !lists.is_empty() => Ok(ScalarValue::List(Arc::new(lists.slice(0, 1)))),
        _ => ScalarValue::try_from_array(array, 0),
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

    /// An argument as bigints.
    fn integers(&self, index: usize) -> Result<Int64Array> {
        let converted = self.converted(index, &DataType::Int64)?;
        Ok(converted.as_primitive::<Int64Type>().clone())
    }

    /// An argument as doubles.
    fn doubles(&self, index: usize) -> Result<Float64Array> {
        let converted = self.converted(index, &DataType::Float64)?;
        Ok(converted.as_primitive::<Float64Type>().clone())
    }

    /// An argument as bytes.
    fn bytes(&self, index: usize) -> Result<BinaryArray> {
        let converted = self.converted(index, &DataType::Binary)?;
        Ok(converted.as_binary::<i32>().clone())
    }

    /// The result of each row; NULL where any argument is.
    fn each<T>(&self, map: impl Fn(usize) -> Result<Option<T>>) -> Result<Vec<Option<T>>> {
        let nulls: Vec<_> = self
            .arrays
            .iter()
            .map(|array| array.logical_nulls())
            .collect();
        (0..self.rows)
            .map(|row| {
                let missing = nulls.iter().flatten().any(|nulls| nulls.is_null(row));
                if missing { Ok(None) } else { map(row) }
            })
            .collect()
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

fn text(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&AthenaType::Varchar(None))
}

fn bigint(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&AthenaType::Bigint)
}

fn texts(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&AthenaType::Array(Box::new(AthenaType::Varchar(None))))
}

/// Arrays of text, one a row.
fn text_arrays(rows: Vec<Option<Vec<Option<String>>>>) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        let there = row.is_some();
        for item in row.into_iter().flatten() {
            lists.values().append_option(item);
        }
        lists.append(there);
    }
    Arc::new(lists.finish())
}

fn invalid_argument(message: impl Into<String>) -> DataFusionError {
    AthenaError::new("INVALID_FUNCTION_ARGUMENT", message).into()
}
