//! Column definitions: `ColumnDef::new(Users::Data).json_binary().not_null()`, `json_binary_null(Users::Data)`.

use super::idens::Idens;
use super::names;
use crate::frontend::rust::place::Source;
use crate::frontend::rust::{peel, wrappers};
use crate::frontend::sql::ColumnDef;
use syn::{Expr, ExprMethodCall};

/// Reads a column definition; `None` when the column's name is not known.
pub(super) fn read(expr: &Expr, idens: &Idens, source: Source<'_>) -> Option<ColumnDef> {
    let (root, links) = chain(expr);
    let Expr::Call(call) = root else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    let function = path.path.segments.last().map(|s| s.ident.to_string())?;
    let owner = path.path.segments.iter().rev().nth(1).map(|s| s.ident.to_string());
    let first = call.args.first()?;
    let name = idens.name(first)?;
    let mut def = ColumnDef {
        name,
        sql_type: String::new(),
        nullable: None,
        default: None,
        json_check: false,
        generated: false,
        span: source.expr(expr),
    };
    if owner.as_deref() == Some("ColumnDef") {
        if function == "new_with_type" {
            def.sql_type = call.args.get(1).map(|ty| type_of(ty, source)).unwrap_or_default();
        }
    } else {
        helper(&function, call.args.get(1), idens, source, &mut def);
    }
    for link in links {
        method(link, idens, source, &mut def);
    }
    Some(def)
}

/// A helper of `sea_orm_migration::schema`.
fn helper(function: &str, argument: Option<&Expr>, idens: &Idens, source: Source<'_>, def: &mut ColumnDef) {
    let base = function.strip_suffix("_null").or_else(|| function.strip_suffix("_uniq")).unwrap_or(function);
    def.nullable = Some(function.ends_with("_null"));
    def.sql_type = match base {
        "custom" => argument.and_then(|argument| idens.name(argument)).map(|n| n.to_lowercase()).unwrap_or_default(),
        "array" => array_of(argument, source),
        other => {
            let known = names::method_type(other);
            if known.is_none() {
                // A helper of the project's own: its name says nothing of NULL.
                def.nullable = None;
            }
            known.unwrap_or_default().to_owned()
        }
    };
}

fn method(link: &ExprMethodCall, idens: &Idens, source: Source<'_>, def: &mut ColumnDef) {
    let name = link.method.to_string();
    match name.as_str() {
        "not_null" | "primary_key" => def.nullable = Some(false),
        "null" => def.nullable = Some(true),
        "generated" => def.generated = true,
        "default" => def.default = link.args.first().map(|value| default(value, source)),
        "custom" => {
            def.sql_type =
                link.args.first().and_then(|name| idens.name(name)).map(|n| n.to_lowercase()).unwrap_or_default();
        }
        "array" => def.sql_type = array_of(link.args.first(), source),
        other => {
            if let Some(sql_type) = names::method_type(other) {
                sql_type.clone_into(&mut def.sql_type);
            }
        }
    }
}

fn array_of(item: Option<&Expr>, source: Source<'_>) -> String {
    item.map(|ty| format!("{}[]", type_of(ty, source))).unwrap_or_default()
}

/// The SQL type of a `ColumnType::..` expression.
fn type_of(expr: &Expr, source: Source<'_>) -> String {
    names::column_type(&source.folded(source.expr(expr)))
}

/// The default as SQL would spell it.
fn default(expr: &Expr, source: Source<'_>) -> String {
    match expr {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => format!("'{}'", text.value().replace('\'', "''")),
        // `Expr::cust("'{}'")`
        Expr::Call(call) => match call.args.first() {
            Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) if call.args.len() == 1 => text.value(),
            _ => source.folded(source.expr(expr)),
        },
        _ => source.folded(source.expr(expr)),
    }
}

/// The root of a chain of method calls and its calls, first call first; references around it aside.
pub(super) fn chain(expr: &Expr) -> (&Expr, Vec<&ExprMethodCall>) {
    wrappers::chain(peel::peel(expr))
}
