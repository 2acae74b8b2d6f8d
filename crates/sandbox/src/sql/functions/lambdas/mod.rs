//! Functions that take lambdas: `transform(xs, x -> x + 1)`.

mod arrays;
mod attempt;
mod elements;
mod maps;
mod reduce;
mod replace;
mod sort;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda,
    Volatility,
};

use super::AthenaError;
use crate::sql::types::AthenaType;

/// All of them.
pub(super) fn functions() -> Vec<Arc<HigherOrderUDF>> {
    let mut all = arrays::functions();
    all.extend(maps::functions());
    all.push(reduce::function());
    all.push(attempt::function());
    all.push(replace::function());
    all.push(sort::function());
    all.into_iter()
        .map(|function| Arc::new(HigherOrderUDF::new_from_impl(function)))
        .collect()
}

/// The parameters of each lambda, from the fields of the values.
type Parameters = fn(&[FieldRef]) -> Option<Vec<Vec<FieldRef>>>;

/// The type of the result, from the fields of the values and of the lambdas' results.
type Returns = fn(&[FieldRef], &[FieldRef]) -> Option<FieldRef>;

/// Computes a batch.
type Body = fn(&Call) -> Result<ArrayRef>;

/// A function as a table entry: values come first, then lambdas.
#[derive(Debug)]
struct LambdaFunction {
    name: &'static str,
    signature: HigherOrderSignature,
    parameters: Parameters,
    returns: Returns,
    body: Body,
}

/// What a body gets.
struct Call {
    values: Vec<ArrayRef>,
    lambdas: Vec<LambdaArgument>,
    returns: FieldRef,
}

impl LambdaFunction {
    fn new(
        name: &'static str,
        (values, lambdas): (usize, usize),
        parameters: Parameters,
        returns: Returns,
        body: Body,
    ) -> Self {
        let mut arguments = vec![ValueOrLambda::Value(()); values];
        arguments.extend(vec![ValueOrLambda::Lambda(()); lambdas]);
        Self {
            name,
            signature: HigherOrderSignature::exact(arguments, Volatility::Immutable),
            parameters,
            returns,
            body,
        }
    }

    fn unexpected(&self, values: &[FieldRef]) -> DataFusionError {
        let types: Vec<String> = values
            .iter()
            .map(|field| AthenaType::of_field(field).to_string())
            .collect();
        AthenaError::new(
            "FUNCTION_NOT_FOUND",
            format!(
                "line 1:8: Unexpected parameters ({}, function) for function {}",
                types.join(", "),
                self.name
                    .trim_start_matches("athena_")
                    .trim_end_matches("_by")
            ),
        )
        .into()
    }
}

impl PartialEq for LambdaFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for LambdaFunction {}

impl Hash for LambdaFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl HigherOrderUDFImpl for LambdaFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn short_circuits(&self) -> bool {
        true
    }

    /// Lambdas may never be evaluated, and what fails in them may be forgiven.
    fn conditional_arguments<'a>(
        &self,
        args: &'a [Expr],
    ) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        Some(args.iter().partition(|arg| !matches!(arg, Expr::Lambda(_))))
    }

    fn coerce_value_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let plain = arg_types.iter().map(|arg_type| match arg_type {
            DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => DataType::List(Arc::clone(item)),
            other => other.clone(),
        });
        Ok(plain.collect())
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        let values: Vec<FieldRef> = fields
            .iter()
            .filter_map(|field| match field {
                ValueOrLambda::Value(field) => Some(Arc::clone(field)),
                ValueOrLambda::Lambda(_) => None,
            })
            .collect();
        (self.parameters)(&values)
            .map(LambdaParametersProgress::Complete)
            .ok_or_else(|| self.unexpected(&values))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs<'_>) -> Result<FieldRef> {
        let mut values = Vec::new();
        let mut results = Vec::new();
        for field in args.arg_fields {
            match field {
                ValueOrLambda::Value(field) => values.push(Arc::clone(field)),
                ValueOrLambda::Lambda(field) => results.push(Arc::clone(field)),
            }
        }
        (self.returns)(&values, &results).ok_or_else(|| self.unexpected(&values))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let mut call = Call {
            values: Vec::new(),
            lambdas: Vec::new(),
            returns: args.return_field,
        };
        for arg in args.args {
            match arg {
                ValueOrLambda::Value(value) => call.values.push(value.to_array(args.number_rows)?),
                ValueOrLambda::Lambda(lambda) => call.lambdas.push(lambda),
            }
        }
        Ok(ColumnarValue::Array((self.body)(&call)?))
    }
}

impl Call {
    fn value(&self, index: usize) -> Result<&ArrayRef> {
        self.values.get(index).ok_or_else(missing)
    }

    fn lambda(&self, index: usize) -> Result<&LambdaArgument> {
        self.lambdas.get(index).ok_or_else(missing)
    }
}

fn missing() -> DataFusionError {
    DataFusionError::Internal("an argument is missing".to_owned())
}

/// A field for any value of this one's type.
fn nullable(field: &Field, name: &str) -> FieldRef {
    Arc::new(field.clone().with_name(name).with_nullable(true))
}

/// The field of an array's items.
fn item(field: &FieldRef) -> Option<FieldRef> {
    match field.data_type() {
        DataType::List(item) => Some(nullable(item, "item")),
        _ => None,
    }
}

/// The fields of a map's keys and values.
fn entry(field: &FieldRef) -> Option<(FieldRef, FieldRef)> {
    let DataType::Map(entries, _) = field.data_type() else {
        return None;
    };
    let DataType::Struct(fields) = entries.data_type() else {
        return None;
    };
    match fields.as_ref() {
        [key, value] => Some((Arc::clone(key), nullable(value, "value"))),
        _ => None,
    }
}

fn list_of(item: &FieldRef) -> FieldRef {
    let list = DataType::List(nullable(item, "item"));
    Arc::new(Field::new("result", list, true))
}

fn map_of(key: &Field, value: &Field) -> FieldRef {
    let key = key.clone().with_name("key").with_nullable(false);
    let value = value.clone().with_name("value").with_nullable(true);
    let entries = DataType::Struct(vec![key, value].into());
    let map = DataType::Map(Arc::new(Field::new("entries", entries, false)), false);
    Arc::new(Field::new("result", map, true))
}

fn boolean() -> FieldRef {
    Arc::new(Field::new("result", DataType::Boolean, true))
}
