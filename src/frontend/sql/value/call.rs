//! Function calls: their name and arguments, and which dialect's functions they are looked up in.

use super::super::Dialect;
use super::Evaluator;
use super::typed::Typed;
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

/// The name in lower case, `pg_catalog.` taken off. `None` for functions of other schemas: they are the project's own.
pub(super) fn name_of(function: &Function) -> Option<String> {
    let mut parts = function.name.0.iter().map(|part| part.as_ident().map(|i| i.value.to_ascii_lowercase()));
    match (parts.next()??, parts.next(), parts.next()) {
        (name, None, _) => Some(name),
        (schema, Some(name), None) if schema == "pg_catalog" => name,
        _ => None,
    }
}

/// The positional arguments; `None` when there are others.
pub(super) fn arguments(function: &Function) -> Option<Vec<&Expr>> {
    match &function.args {
        FunctionArguments::None => Some(vec![]),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect(),
    }
}

/// The arguments of one of the `jsonb_set` family, which have names: `jsonb_set(target => data, ..)`.
fn named_arguments<'f>(function: &'f Function, names: &[&str]) -> Option<Vec<&'f Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let mut slots = vec![None; names.len()];
    for (at, arg) in list.args.iter().enumerate() {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => *slots.get_mut(at)? = Some(expr),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                let at = names.iter().position(|n| n.eq_ignore_ascii_case(&name.value))?;
                *slots.get_mut(at)? = Some(expr);
            }
            FunctionArg::ExprNamed { name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(expr), .. } => {
                let at = names.iter().position(|n| n.eq_ignore_ascii_case(&name.value))?;
                *slots.get_mut(at)? = Some(expr);
            }
            _ => return None,
        }
    }
    let used = slots.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    slots.truncate(used);
    slots.into_iter().collect()
}

impl Evaluator<'_> {
    pub(super) fn function(&mut self, function: &Function, expr: &Expr) -> Typed {
        let Some(name) = name_of(function) else { return self.opaque(expr) };
        if function.over.is_some() || function.filter.is_some() || !function.within_group.is_empty() {
            return self.opaque(expr);
        }
        if self.is_postgres() && name == "json_object" {
            return self.json_object_constructor(function, expr);
        }
        let names: &[&str] = match name.as_str() {
            "jsonb_set" => &["jsonb_in", "path", "replacement", "create_if_missing"],
            "jsonb_set_lax" => &["jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"],
            "jsonb_insert" => &["jsonb_in", "path", "replacement", "insert_after"],
            _ => &[],
        };
        let args = match arguments(function) {
            Some(args) => args,
            None if self.is_postgres() => match named_arguments(function, names) {
                Some(args) => args,
                None => return self.opaque(expr),
            },
            None => return self.opaque(expr),
        };
        if let Some(value) = self.common_function(&name, &args, expr) {
            return value;
        }
        let value = match self.dialect {
            Dialect::Postgres => self.postgres_function(&name, &args),
            Dialect::Mysql => self.mysql_function(&name, &args, expr),
            Dialect::Sqlite => self.sqlite_function(&name, &args, expr),
        };
        match value {
            Some(value) => value,
            None => self.unknown_call(&name, &args, expr),
        }
    }
}
