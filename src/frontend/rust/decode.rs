//! Places where a column that was read as text is decoded as JSON: `serde_json::from_str(&row.data)`.

use super::assemble::Reader;
use super::emit::Emitter;
use super::peel::{Off, peel_also};
use super::scope::{Root, Scope};
use super::wrappers::{call_name, call_type};
use crate::frontend::facts::JsonDecode;
use crate::frontend::sql::TableName;
use syn::{Expr, Member};

/// How many locals are followed from the decoder back to the column.
const MAX_HOPS: usize = 8;

/// Reads the decoders of a scope. The texts of its function must have been read.
pub(super) fn read<'a>(reader: &Reader<'a, '_>, index: usize, scope: &Scope<'a>, emitter: &mut Emitter) {
    let mut tables: Option<Vec<TableName>> = None;
    for chain in &scope.chains {
        let Root::Expr(Expr::Call(call)) = &chain.root else { continue };
        let Some(argument) = call.args.first().filter(|_| is_decoder(call)) else { continue };
        let column = match read_by(reader, scope, argument, 0) {
            Some(Read::Column(column)) => column,
            // A field of `self` is rarely a row.
            Some(Read::Field(field)) if matches!(&*field.base, Expr::Path(path) if path.path.is_ident("self")) => {
                continue;
            }
            Some(Read::Field(field)) => match &field.member {
                Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
                Member::Unnamed(_) => continue,
            },
            None => continue,
        };
        let tables = tables.get_or_insert_with(|| tables_of(index, emitter)).clone();
        emitter.facts.decodes.push(JsonDecode { column, tables, span: reader.source.expr(argument) });
    }
}

/// Whether a call reads JSON text: `serde_json::from_str`, or the function of a module that passes it on.
pub(super) fn is_decoder(call: &syn::ExprCall) -> bool {
    matches!(call_name(call).as_str(), "from_str" | "from_slice")
        && matches!(call_type(call).as_str(), "serde_json" | "json" | "simd_json" | "")
}

/// What an expression reads.
pub(super) enum Read<'e> {
    /// A field.
    Field(&'e syn::ExprField),
    /// `row.get("column")`.
    Column(String),
}

/// What an expression reads, followed through locals.
pub(super) fn read_by<'e, 'a: 'e>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    expr: &'e Expr,
    hops: usize,
) -> Option<Read<'e>> {
    if hops > MAX_HOPS {
        return None;
    }
    match peel_also(expr, &[Off::Copies, Off::Results, Off::Defaults, Off::Converts, Off::Texts]) {
        Expr::Field(field) => Some(Read::Field(field)),
        Expr::MethodCall(call) => {
            let column = match (call.method.to_string().as_str(), call.args.len()) {
                ("get" | "try_get" | "get_unwrap" | "get_by_name" | "get_unchecked", 1) => call.args.first(),
                // SeaORM's rows are asked with a prefix. (A cache is asked with two words as well.)
                ("try_get", 2) => call.args.last(),
                _ => None,
            };
            match column? {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(column), .. }) => Some(Read::Column(column.value())),
                _ => None,
            }
        }
        Expr::Path(path) => {
            let ident = path.path.get_ident()?;
            let id = scope.resolve(&ident.to_string(), reader.source.start(ident.span()))?;
            let binding = scope.bindings.get(id)?;
            read_by(reader, scope, binding.init.or(binding.part_of)?, hops + 1)
        }
        _ => None,
    }
}

/// The tables that the SQL texts of a function name, sorted.
pub(super) fn tables_of(scope: usize, emitter: &Emitter) -> Vec<TableName> {
    let Some(function) = emitter.function_of(scope) else { return vec![] };
    let mut tables: Vec<TableName> = emitter
        .facts
        .texts
        .iter()
        .filter(|t| t.text.function == Some(function))
        .flat_map(|t| named_tables(&t.text.sql))
        .collect();
    tables.sort();
    tables.dedup();
    tables
}

/// The names after `FROM`, `JOIN`, `INTO` and `UPDATE`.
fn named_tables(sql: &str) -> Vec<TableName> {
    let mut words =
        sql.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';')).filter(|w| !w.is_empty());
    let mut tables = vec![];
    while let Some(word) = words.next() {
        if ["FROM", "JOIN", "INTO", "UPDATE"].iter().any(|k| word.eq_ignore_ascii_case(k))
            && let Some(name) = words.next()
        {
            let parts: Vec<&str> = name.split('.').map(|p| p.trim_matches(['"', '`', '[', ']'])).collect();
            let is_name = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
            let keyword = ["SELECT", "SET", "ONLY", "LATERAL", "UNNEST"].iter().any(|k| name.eq_ignore_ascii_case(k));
            if let (Some(last), true, false) = (parts.last(), parts.iter().all(|p| is_name(p)), keyword) {
                let schema = parts.len().checked_sub(2).and_then(|at| parts.get(at)).map(|s| (*s).to_owned());
                tables.push(TableName { schema, name: (*last).to_owned() });
            }
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_by_the_words_before_them() {
        let names = |sql| named_tables(sql).into_iter().map(|t| (t.schema, t.name)).collect::<Vec<_>>();
        assert_eq!(
            names("SELECT a FROM public.users u JOIN \"Orders\" o ON o.id = (SELECT 1 FROM x)"),
            [(Some("public".into()), "users".into()), (None, "Orders".into()), (None, "x".into())]
        );
        assert_eq!(names("INSERT INTO t(a) VALUES (1) ON CONFLICT DO UPDATE SET a = 1"), [(None, "t".into())]);
    }
}
