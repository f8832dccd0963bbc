//! loco's migration helpers, and helpers of the same form: `add_column(m, "users", "settings", ColType::JsonBinary)`.

use super::idens::Idens;
use super::names;
use crate::frontend::rust::place::Source;
use crate::frontend::sql::{ColumnDef, SchemaChange, TableName};
use crate::source::Span;
use quote::ToTokens;
use syn::{Expr, ExprCall};

/// Whether the file uses loco, whose helpers put table names in the plural.
pub(super) fn is_used(file: &syn::File) -> bool {
    file.items.iter().any(|item| match item {
        syn::Item::Use(item) => {
            item.tree.to_token_stream().into_iter().next().is_some_and(|first| first.to_string() == "loco_rs")
        }
        _ => false,
    })
}

/// Reads a call of a helper.
pub(super) fn read(call: &ExprCall, idens: &Idens, source: Source<'_>, loco: bool) -> Vec<SchemaChange> {
    let Expr::Path(path) = &*call.func else { return vec![] };
    let Some(function) = path.path.segments.last().map(|s| s.ident.to_string()) else { return vec![] };
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let [_, table, rest @ ..] = arguments.as_slice() else { return vec![] };
    let known = matches!(
        function.as_str(),
        "create_table"
            | "create_table_without_timestamps"
            | "add_column"
            | "remove_column"
            | "rename_column"
            | "drop_table"
    );
    if !known {
        return vec![];
    }
    let Some(table) = table_name(table, idens, loco) else { return vec![] };
    let span = source.expr(call.args.last().unwrap_or(table_expr(call)));
    match (function.as_str(), rest) {
        ("create_table" | "create_table_without_timestamps", [columns, ..]) => {
            let columns = list(columns).into_iter().filter_map(|column| pair(column, idens, source)).collect();
            vec![SchemaChange::CreateTable { table, columns, if_not_exists: false, like: vec![], keys: vec![], span }]
        }
        ("add_column", [name, ty, ..]) => {
            let place = source.expr(name).join(source.expr(ty));
            let column = idens.name(name).and_then(|name| column(name, ty, place));
            column.map(|column| SchemaChange::AddColumn { table, column }).into_iter().collect()
        }
        ("remove_column", [name, ..]) => {
            idens.name(name).map(|column| SchemaChange::DropColumn { table, column }).into_iter().collect()
        }
        ("rename_column", [from, to, ..]) => match (idens.name(from), idens.name(to)) {
            (Some(from), Some(to)) => vec![SchemaChange::RenameColumn { table, from, to }],
            _ => vec![],
        },
        ("drop_table", []) => vec![SchemaChange::DropTable { table }],
        _ => vec![],
    }
}

fn table_expr(call: &ExprCall) -> &Expr {
    &call.func
}

fn table_name(expr: &Expr, idens: &Idens, loco: bool) -> Option<TableName> {
    let mut table = idens.table(expr)?;
    if loco {
        table.name = plural(&names::snake(&table.name));
    }
    Some(table)
}

/// The elements of `&[..]`, `[..]` or `vec![..]`.
fn list(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Reference(inner) => list(&inner.expr),
        Expr::Array(array) => array.elems.iter().cloned().collect(),
        Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
            use syn::parse::Parser;
            syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated
                .parse2(mac.mac.tokens.clone())
                .map(|list| list.into_iter().collect())
                .unwrap_or_default()
        }
        _ => vec![],
    }
}

/// `("settings", ColType::JsonBinary)`
fn pair(expr: Expr, idens: &Idens, source: Source<'_>) -> Option<ColumnDef> {
    let Expr::Tuple(pair) = expr else { return None };
    let (name, ty) = pair.elems.first().zip(pair.elems.get(1))?;
    column(idens.name(name)?, ty, source.expr(name).join(source.expr(ty)))
}

/// The column of a `ColType`: `JsonBinaryNull`, `StringLenNull(20)`.
fn column(name: String, ty: &Expr, span: Span) -> Option<ColumnDef> {
    let path = match ty {
        Expr::Path(path) => &path.path,
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => &path.path,
            _ => return None,
        },
        _ => return None,
    };
    let parts: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let [.., owner, variant] = parts.as_slice() else { return None };
    if owner != "ColType" && owner != "ColumnType" {
        return None;
    }
    let nullable = variant.ends_with("Null");
    let base = variant.trim_end_matches("Null").trim_end_matches("Uniq");
    Some(ColumnDef {
        name,
        sql_type: names::column_type(base),
        nullable: Some(nullable),
        default: None,
        json_check: false,
        generated: false,
        span,
    })
}

/// The plural of an English noun, for the common endings.
fn plural(noun: &str) -> String {
    let vowel_before_y = noun.chars().rev().nth(1).is_some_and(|c| "aeiou".contains(c));
    if noun.ends_with('s') || noun.ends_with("data") {
        noun.to_owned()
    } else if noun.ends_with('y') && !vowel_before_y {
        format!("{}ies", noun.strip_suffix('y').unwrap_or(noun))
    } else if ["x", "ch", "sh", "z"].iter().any(|end| noun.ends_with(end)) {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn tables_stand_in_the_plural() {
        assert_eq!(plural("movie"), "movies");
        assert_eq!(plural("category"), "categories");
        assert_eq!(plural("users"), "users");
        assert_eq!(plural("box"), "boxes");
    }
}
