//! Function calls: Trino's names and argument orders.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident, ObjectName, OrderByExpr, OrderByOptions, UnaryOperator, Value,
};

use super::build::{argument, call, case, cast, lambda, number, string};
use super::json_calls;
use crate::sql::failure::AthenaError;
use crate::sql::types::UNNAMED_FIELD;

fn name_of(function: &Function) -> String {
    function.name.to_string().to_lowercase()
}

/// The call in DataFusion's terms; `None` when it is the same there.
///
/// # Errors
/// `NOT_SUPPORTED` for a form of a known function that has no counterpart.
pub(super) fn rewrite(function: &mut Function, now: &str) -> Result<Option<Expr>, AthenaError> {
    let name = name_of(function);
    if name == "regexp_replace"
        && let Some(args) = plain_arguments(function)
        && matches!(args.last(), Some(Expr::Lambda(_)))
    {
        return Ok(Some(call("athena_regexp_replace_by", args)));
    }
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
    if let Some(json) = json_calls::rewrite(&name, &args, function)? {
        return Ok(Some(json));
    }
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
        "ceil" | "ceiling" => "athena_ceil",
        "floor" => "athena_floor",
        "sign" => "athena_sign",
        "variance" => "var_samp",
        "width_bucket" => "athena_width_bucket",
        "concat_ws" => "athena_concat_ws",
        "is_nan" => "isnan",
        "truncate" => "athena_truncate",
        "round" => "athena_round",
        "pow" => "power",
        "split" => "athena_split",
        "substr" | "substring" => "athena_substr",
        "reverse" => "athena_reverse",
        "regexp_replace" => "athena_regexp_replace",
        "regexp_extract" => "athena_regexp_extract",
        "contains" => "athena_contains",
        "array_max" => "athena_array_max",
        "array_min" => "athena_array_min",
        "array_remove" => "athena_array_remove",
        "slice" => "athena_slice",
        "repeat" => "athena_repeat",
        "arrays_overlap" => "array_has_any",
        "array_join" => "array_to_string",
        "zip" => "athena_zip",
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
            return Some(collected("athena_map_agg", function, &[keys, values]));
        }
        ("multimap_agg", [keys, values]) => {
            return Some(collected("athena_multimap_agg", function, &[keys, values]));
        }
        ("histogram", [values]) => {
            return Some(collected("athena_histogram", function, &[values]));
        }
        ("map_union", [maps]) => {
            return Some(collected("athena_map_union", function, &[maps]));
        }
        ("bitwise_and_agg" | "bitwise_or_agg" | "bitwise_xor_agg", [value]) => {
            let name = name.trim_end_matches("_agg").replace("wise", "");
            set(&name, vec![bigint(value.clone())]);
        }
        ("max_by" | "min_by", [value, by, count]) => {
            return Some(first_of(function, value, by, count, name == "max_by"));
        }
        ("max" | "min", [value, count]) => {
            return Some(first_of(function, value, value, count, name == "max"));
        }
        ("approx_percentile", [value, Expr::Function(parts)])
            if name_of(parts) == "athena_array" =>
        {
            let parts = plain_arguments(parts)?;
            let each = parts.iter().map(|part| {
                let mut one = function.clone();
                one.name = ObjectName::from(vec![Ident::new("approx_percentile_cont")]);
                set_arguments(&mut one, vec![value.clone(), part.clone()]);
                Expr::Function(one)
            });
            return Some(call("athena_array", each.collect()));
        }
        ("listagg", [value]) => {
            let with_separator = vec![value.clone(), string("")];
            set_arguments(&mut rewritten, with_separator);
            return aggregate(name, &rewritten);
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

/// A function of what an aggregate collects into arrays, one for each argument.
fn collected(name: &str, function: &Function, args: &[&Expr]) -> Expr {
    let arrays = args.iter().map(|arg| {
        let mut array = function.clone();
        array.name = ObjectName::from(vec![Ident::new("array_agg")]);
        set_arguments(&mut array, vec![(*arg).clone()]);
        Expr::Function(array)
    });
    call(name, arrays.collect())
}

/// The first `count` values in the order of `by`, NULL left out.
fn first_of(function: &Function, value: &Expr, by: &Expr, count: &Expr, largest: bool) -> Expr {
    let mut array = function.clone();
    array.name = ObjectName::from(vec![Ident::new("array_agg")]);
    set_arguments(&mut array, vec![value.clone()]);
    if let FunctionArguments::List(list) = &mut array.args {
        let order = OrderByExpr {
            expr: by.clone(),
            options: OrderByOptions {
                asc: Some(!largest),
                nulls_first: Some(false),
            },
            with_fill: None,
        };
        list.clauses
            .push(FunctionArgumentClause::OrderBy(vec![order]));
    }
    let known = Expr::IsNotNull(Box::new(by.clone()));
    array.filter = Some(Box::new(match array.filter.take() {
        Some(filter) => binary(&filter, BinaryOperator::And, &known),
        None => known,
    }));
    call(
        "athena_slice",
        vec![Expr::Function(array), number(1), count.clone()],
    )
}

/// The functions that tell the time: the same moment throughout a query.
fn moment(name: &str, args: &[Expr], now: &str) -> Option<Expr> {
    let precision = match args {
        [] => 3,
        [digits] => literal_number(digits)?
            .parse::<u8>()
            .ok()
            .filter(|p| *p <= 9)?,
        _ => return None,
    };
    let (date, time) = now.split_once(' ')?;
    let timestamp = || cast(string(now), &format!("timestamp({precision})"));
    Some(match name {
        "now" | "current_timestamp" => call("with_timezone", vec![timestamp(), string("UTC")]),
        "localtimestamp" => timestamp(),
        "current_date" if args.is_empty() => cast(string(date), "date"),
        "localtime" => cast(string(time), &format!("time({precision})")),
        "current_time" => cast(
            string(format!("{time}+00:00")),
            &format!("time({precision}) with time zone"),
        ),
        _ => return None,
    })
}

/// The digits of a literal number, which may have become an integer by now.
fn literal_number(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => Some(digits),
            _ => None,
        },
        Expr::Cast { expr, .. } => literal_number(expr),
        _ => None,
    }
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
        // Computed as a lambda, so that a failure of some rows is only theirs.
        ("try", [inner]) => call(
            "athena_try",
            vec![number(0), lambda("\u{5}", inner.clone())],
        ),
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
        ("map", [_, _]) => call("athena_map", all()),
        ("map", []) => call(
            "athena_map",
            vec![
                call("athena_array", Vec::new()),
                call("athena_array", Vec::new()),
            ],
        ),
        (
            "year" | "quarter" | "month" | "day" | "hour" | "minute" | "second" | "week"
            | "year_of_week" | "yow" | "day_of_week" | "dow" | "day_of_year" | "doy"
            | "day_of_month" | "week_of_year" | "millisecond" | "timezone_hour" | "timezone_minute",
            [moment],
        ) => call("athena_date_part", vec![string(name), moment.clone()]),
        ("date", [moment]) => cast(moment.clone(), "date"),
        ("length" | "char_length" | "character_length", [text]) => {
            call("athena_length", vec![text.clone()])
        }
        ("strpos", _) => call("athena_strpos", all()),
        ("replace", [text, part]) => call("replace", vec![text.clone(), part.clone(), string("")]),
        ("array_sort", [array]) => call("athena_array_sort", vec![array.clone()]),
        ("array_sort", [_, Expr::Lambda(_)]) => call("athena_array_sort_by", all()),
        ("greatest" | "least", [_, ..]) => {
            // NULL as soon as any argument is.
            let missing = args.iter().map(|arg| Expr::IsNull(Box::new(arg.clone())));
            let missing = missing.reduce(|one, other| binary(&one, BinaryOperator::Or, &other))?;
            let known = Expr::Nested(Box::new(Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(Expr::Nested(Box::new(missing))),
            }));
            case(known, call(name, all()), None)
        }
        ("rand" | "random", []) => call("random", Vec::new()),
        ("rand" | "random", [below]) => random_below(below),
        ("rand" | "random", [from, below]) => {
            let span = binary(below, BinaryOperator::Minus, from);
            binary(from, BinaryOperator::Plus, &random_below(&span))
        }
        ("current_timezone", []) => string("UTC"),
        ("mod", [left, right]) => binary(left, BinaryOperator::Modulo, right),
        ("nan", []) => cast(string("NaN"), "double"),
        ("infinity", []) => cast(string("Infinity"), "double"),
        ("e", []) => cast(string("2.718281828459045"), "double"),
        ("log", [base, value]) => call("log", vec![base.clone(), value.clone()]),
        ("array_position", [_, _]) => call(
            "coalesce",
            vec![bigint(call("array_position", all())), number(0)],
        ),
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
pub(super) fn named_struct(args: &[Expr]) -> Expr {
    let pairs = args
        .iter()
        .enumerate()
        .flat_map(|(index, arg)| [string(format!("{UNNAMED_FIELD}{index}")), arg.clone()])
        .collect();
    call("athena_row", pairs)
}

/// A whole number from 0 up to but without a limit, of the limit's own type as far as its
/// text tells.
fn random_below(limit: &Expr) -> Expr {
    let product = binary(&call("random", Vec::new()), BinaryOperator::Multiply, limit);
    let large = |text: &str| text.parse::<i32>().is_err();
    let is_large = matches!(limit, Expr::Value(value)
        if matches!(&value.value, Value::Number(text, _) if large(text)));
    let athena_type = if is_large { "bigint" } else { "integer" };
    cast(call("floor", vec![product]), athena_type)
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
