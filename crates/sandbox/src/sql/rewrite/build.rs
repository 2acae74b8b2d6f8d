//! Small pieces of syntax tree.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};

/// A call of a function by name.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: arguments(args),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// An argument list of plain expressions.
pub(super) fn arguments(args: Vec<Expr>) -> FunctionArguments {
    FunctionArguments::List(FunctionArgumentList {
        duplicate_treatment: None,
        args: args.into_iter().map(argument).collect(),
        clauses: Vec::new(),
    })
}

/// A plain argument.
pub(super) fn argument(expr: Expr) -> FunctionArg {
    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
}

/// A string literal.
pub(super) fn string(text: impl Into<String>) -> Expr {
    Expr::value(Value::SingleQuotedString(text.into()))
}

/// An integer literal, as DataFusion reads it: a bigint.
pub(super) fn number(value: i64) -> Expr {
    Expr::value(Value::Number(value.to_string(), true))
}

/// A cast to an Athena type.
pub(super) fn cast(expr: Expr, athena_type: &str) -> Expr {
    call("athena_cast", vec![expr, string(athena_type)])
}

/// `CASE WHEN condition THEN then [ELSE otherwise] END`.
pub(super) fn case(condition: Expr, then: Expr, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition,
            result: then,
        }],
        else_result: otherwise.map(Box::new),
    }
}

/// Names are case-insensitive in Athena, also in quotes.
pub(super) fn lower_case_ident(ident: &mut Ident) {
    ident.value = ident.value.to_lowercase();
}

/// Lower-cases each part of a name.
pub(super) fn lower_case(name: &mut ObjectName) {
    for part in &mut name.0 {
        if let ObjectNamePart::Identifier(ident) = part {
            lower_case_ident(ident);
        }
    }
}
