//! Function calls: Trino's names and argument orders.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident, ObjectName, OrderByExpr, OrderByOptions, Value, VisitMut as _,
    VisitorMut,
};
use std::ops::ControlFlow;

use super::build::{argument, call, case, cast, number, string};
use crate::sql::failure::AthenaError;
use crate::sql::types::UNNAMED_FIELD;

/// Before arguments are visited: `try(x)` makes what can fail inside it yield NULL.
pub(super) fn before_arguments(function: &mut Function) {
    if name_of(function) == "try" {
        let flow = function.args.visit(&mut Lenient);
        debug_assert!(flow.is_continue(), "the visitor never stops early");
    }
}

fn name_of(function: &Function) -> String {
    function.name.to_string().to_lowercase()
}

/// Turns casts into TRY_CAST and divisors of zero into NULL.
struct Lenient;

impl VisitorMut for Lenient {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Cast { kind, .. } => *kind = CastKind::TryCast,
            Expr::BinaryOp {
                op: BinaryOperator::Divide | BinaryOperator::Modulo,
                right,
                ..
            } => {
                let divisor = right.as_ref().clone();
                **right = call("nullif", vec![divisor, number(0)]);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The call in DataFusion's terms; `None` when it is the same there.
///
/// # Errors
/// `NOT_SUPPORTED` for a form of a known function that has no counterpart.
pub(super) fn rewrite(function: &mut Function, now: &str) -> Result<Option<Expr>, AthenaError> {
    let name = name_of(function);
    if let Some(renamed) = renamed(&name) {
        function.name = ObjectName::from(vec![Ident::new(renamed)]);
        return Ok(None);
    }
    if let Some(aggregate) = aggregate(&name, function) {
        return Ok(Some(aggregate));
    }
    let Some(args) = plain_arguments(function) else {
        return Ok(None);
    };
    Ok(moment(&name, &args, now).or_else(|| scalar(&name, &args)))
}

/// Functions that only have another name.
fn renamed(name: &str) -> Option<&'static str> {
    Some(match name {
        // DataFusion has functions or aliases of these names.
        "date_trunc" => "athena_date_trunc",
        "date_format" => "athena_date_format",
        "element_at" => "athena_element_at",
        "from_unixtime" => "athena_from_unixtime",
        "to_unixtime" => "athena_to_unixtime",
        "arbitrary" | "any_value" => "first_value",
        "approx_percentile" => "approx_percentile_cont",
        "every" => "bool_and",
        "ceiling" => "ceil",
        "sign" => "signum",
        "is_nan" => "isnan",
        "truncate" => "trunc",
        "rand" => "random",
        "pow" => "power",
        "split" => "string_to_array",
        "contains" => "array_has",
        "arrays_overlap" => "array_has_any",
        "array_join" => "array_to_string",
        "zip" => "arrays_zip",
        _ => return None,
    })
}

/// Aggregates, which may carry FILTER, OVER and DISTINCT.
fn aggregate(name: &str, function: &Function) -> Option<Expr> {
    let args = plain_arguments(function)?;
    let mut rewritten = function.clone();
    let mut set = |name: &str, args: Vec<Expr>| {
        rewritten.name = ObjectName::from(vec![Ident::new(name)]);
        set_arguments(&mut rewritten, args);
    };
    match (name, args.as_slice()) {
        ("count_if", [condition]) => {
            set("count", vec![case(condition.clone(), number(1), None)]);
        }
        ("max_by" | "min_by", [value, by]) => {
            let last = name == "max_by";
            set(
                if last { "last_value" } else { "first_value" },
                vec![value.clone()],
            );
            if let FunctionArguments::List(list) = &mut rewritten.args {
                list.clauses
                    .push(FunctionArgumentClause::OrderBy(vec![OrderByExpr {
                        expr: by.clone(),
                        options: OrderByOptions {
                            asc: Some(true),
                            nulls_first: Some(last),
                        },
                        with_fill: None,
                    }]));
            }
        }
        ("map_agg", [keys, values]) => {
            let mut of_keys = function.clone();
            of_keys.name = ObjectName::from(vec![Ident::new("array_agg")]);
            let mut of_values = of_keys.clone();
            set_arguments(&mut of_keys, vec![keys.clone()]);
            set_arguments(&mut of_values, vec![values.clone()]);
            let arrays = vec![Expr::Function(of_keys), Expr::Function(of_values)];
            return Some(call("map", arrays));
        }
        ("listagg" | "string_agg", [_, ..]) => {
            set("string_agg", args.clone());
            let order = std::mem::take(&mut rewritten.within_group);
            if let FunctionArguments::List(list) = &mut rewritten.args
                && !order.is_empty()
            {
                list.clauses.push(FunctionArgumentClause::OrderBy(order));
            }
        }
        ("geometric_mean", [value]) => {
            set("avg", vec![call("ln", vec![value.clone()])]);
            return Some(call("exp", vec![Expr::Function(rewritten)]));
        }
        _ => return None,
    }
    Some(Expr::Function(rewritten))
}

/// The functions that tell the time: the same moment throughout a query.
fn moment(name: &str, args: &[Expr], now: &str) -> Option<Expr> {
    if !args.is_empty() {
        return None;
    }
    let (date, time) = now.split_once(' ')?;
    let timestamp = || cast(string(now), "timestamp(3)");
    Some(match name {
        "now" | "current_timestamp" => call("with_timezone", vec![timestamp(), string("UTC")]),
        "localtimestamp" => timestamp(),
        "current_date" => cast(string(date), "date"),
        "localtime" => cast(string(time), "time(3)"),
        "current_time" => cast(string(format!("{time}+00:00")), "time(3) with time zone"),
        _ => return None,
    })
}

fn set_arguments(function: &mut Function, args: Vec<Expr>) {
    if let FunctionArguments::List(list) = &mut function.args {
        list.args = args.into_iter().map(argument).collect();
    }
}

/// Scalar functions whose arguments change.
fn scalar(name: &str, args: &[Expr]) -> Option<Expr> {
    let all = || args.to_vec();
    Some(match (name, args) {
        ("try", [inner]) => inner.clone(),
        ("typeof", [Expr::Value(literal)]) => match &literal.value {
            Value::SingleQuotedString(text) => {
                let length = text.chars().count();
                call(
                    "typeof",
                    vec![cast(args[0].clone(), &format!("varchar({length})"))],
                )
            }
            _ => return None,
        },
        ("if", [condition, then]) => case(condition.clone(), then.clone(), None),
        ("if", [condition, then, otherwise]) => {
            case(condition.clone(), then.clone(), Some(otherwise.clone()))
        }
        ("row", _) => named_struct(args),
        ("map", []) => call(
            "map",
            vec![
                call("make_array", Vec::new()),
                call("make_array", Vec::new()),
            ],
        ),
        (
            "year" | "quarter" | "month" | "day" | "hour" | "minute" | "second" | "week"
            | "year_of_week" | "yow" | "day_of_week" | "dow" | "day_of_year" | "doy"
            | "day_of_month" | "week_of_year" | "millisecond",
            [moment],
        ) => call("athena_date_part", vec![string(name), moment.clone()]),
        ("date", [moment]) => cast(moment.clone(), "date"),
        ("length" | "char_length" | "character_length", [text]) => {
            call("athena_length", vec![text.clone()])
        }
        ("strpos", [text, part]) => bigint(call("strpos", vec![text.clone(), part.clone()])),
        ("codepoint", [text]) => call("ascii", vec![text.clone()]),
        ("mod", [left, right]) => binary(left, BinaryOperator::Modulo, right),
        ("bitwise_and", [left, right]) => binary(left, BinaryOperator::BitwiseAnd, right),
        ("bitwise_or", [left, right]) => binary(left, BinaryOperator::BitwiseOr, right),
        ("bitwise_xor", [left, right]) => binary(left, BinaryOperator::BitwiseXor, right),
        ("nan", []) => cast(string("NaN"), "double"),
        ("infinity", []) => cast(string("Infinity"), "double"),
        ("e", []) => cast(string("2.718281828459045"), "double"),
        ("log", [base, value]) => call("log", vec![base.clone(), value.clone()]),
        ("regexp_replace", [text, pattern]) => call(
            "regexp_replace",
            vec![text.clone(), pattern.clone(), string(""), string("g")],
        ),
        ("regexp_replace", [text, pattern, replacement]) => call(
            "regexp_replace",
            vec![
                text.clone(),
                pattern.clone(),
                replacement.clone(),
                string("g"),
            ],
        ),
        ("regexp_extract", [text, pattern]) => regexp_group(text, pattern, number(0)),
        ("regexp_extract", [text, pattern, group]) => regexp_group(text, pattern, group.clone()),
        ("slice", [array, start, length]) => {
            let end = binary(
                &binary(start, BinaryOperator::Plus, length),
                BinaryOperator::Minus,
                &number(1),
            );
            call("array_slice", vec![array.clone(), start.clone(), end])
        }
        ("array_position", [_, _]) => call(
            "coalesce",
            vec![bigint(call("array_position", all())), number(0)],
        ),
        ("md5" | "sha1" | "sha256" | "sha512", [bytes]) => {
            call("digest", vec![bytes.clone(), string(name)])
        }
        ("to_hex", [bytes]) => call(
            "upper",
            vec![call("encode", vec![bytes.clone(), string("hex")])],
        ),
        ("from_hex", [text]) => call("decode", vec![text.clone(), string("hex")]),
        ("to_base64", [bytes]) => call("encode", vec![bytes.clone(), string("base64")]),
        ("from_base64", [text]) => call("decode", vec![text.clone(), string("base64")]),
        ("to_utf8", [text]) => cast(text.clone(), "varbinary"),
        ("from_utf8", [bytes]) => cast(bytes.clone(), "varchar"),
        ("uuid", []) => cast(call("uuid", vec![]), "uuid"),
        ("json_array_length", [json]) => call("json_array_length", vec![json.clone()]),
        // Of strings and of arrays, and NULL if any part is.
        ("concat", [first, rest @ ..]) if !rest.is_empty() => {
            let joined =
                |left: Expr, right: &Expr| binary(&left, BinaryOperator::StringConcat, right);
            rest.iter().fold(first.clone(), joined)
        }
        _ => return None,
    })
}

fn bigint(expr: Expr) -> Expr {
    cast(expr, "bigint")
}

fn binary(left: &Expr, op: BinaryOperator, right: &Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp {
        left: Box::new(left.clone()),
        op,
        right: Box::new(right.clone()),
    }))
}

/// Fields of a row made by `ROW(…)` have no names.
fn named_struct(args: &[Expr]) -> Expr {
    let pairs = args
        .iter()
        .enumerate()
        .flat_map(|(index, arg)| [string(format!("{UNNAMED_FIELD}{index}")), arg.clone()])
        .collect();
    call("named_struct", pairs)
}

/// Group `group` of the first match; group 0 is the whole match, made a group by parentheses.
fn regexp_group(text: &Expr, pattern: &Expr, group: Expr) -> Expr {
    let pattern = call("concat", vec![string("("), pattern.clone(), string(")")]);
    let position = binary(&group, BinaryOperator::Plus, &number(1));
    call(
        "array_element",
        vec![call("regexp_match", vec![text.clone(), pattern]), position],
    )
}

/// The arguments, if they are plain expressions.
fn plain_arguments(function: &Function) -> Option<Vec<Expr>> {
    match &function.args {
        FunctionArguments::None => Some(Vec::new()),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
                _ => None,
            })
            .collect(),
    }
}
