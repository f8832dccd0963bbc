//! SQL in files of its own: `query_file!`, `include_str!`. Their text is read elsewhere; the binds stand here.

use super::assemble::Reader;
use super::binds;
use super::emit::Emitter;
use super::macros;
use super::scope::{Chain, Root, Scope};
use super::spelled::{QUERY_FUNCTIONS, SQL_METHODS};
use super::wrappers::call_name;
use crate::frontend::facts::FileQuery;
use crate::source::Span;
use syn::{Expr, Lit, LitStr};

/// How many constants and locals are followed to an `include_str!`.
const MAX_HOPS: usize = 8;

/// Macros whose first argument (after a type) is the path of a file with SQL.
fn is_file_macro(name: &str) -> bool {
    matches!(
        name,
        "query_file"
            | "query_file_unchecked"
            | "query_file_as"
            | "query_file_as_unchecked"
            | "query_file_scalar"
            | "query_file_scalar_unchecked"
    )
}

/// Reads the uses of `.sql` files in a scope.
pub(super) fn read<'a>(reader: &Reader<'a, '_>, index: usize, scope: &Scope<'a>, test: bool, emitter: &mut Emitter) {
    for chain in &scope.chains {
        let mut list = binds::List { branch: chain.branch.clone(), ..binds::List::default() };
        let found = match &chain.root {
            Root::Macro(mac) => {
                let name = macros::name(mac);
                let Some(parsed) = reader.macros.get(mac).filter(|p| p.is_list && is_file_macro(&name)) else {
                    continue;
                };
                let Some((Expr::Lit(first), arguments)) = parsed.exprs.split_first() else { continue };
                let Lit::Str(path) = &first.lit else { continue };
                for argument in arguments {
                    list.push(reader, scope, argument);
                }
                Some((name, path, false))
            }
            _ => included(reader, scope, chain).map(|(name, path, from, values)| {
                if let Some(values) = values {
                    list.values(reader, scope, values);
                }
                list.chain(reader, scope, chain, from, 0);
                (name, path, true)
            }),
        };
        let Some((call, path, beside_file)) = found else { continue };
        let function = if scope.is_file { None } else { Some(emitter.function(index, &scope.name, scope.range)) };
        emitter.facts.file_queries.push(FileQuery {
            path: path.value(),
            beside_file,
            call,
            span: reader.source.span(path.span()),
            binds: list.binds,
            function,
            test,
        });
    }
}

/// A call that takes an `include_str!`: its name, the path, the link after it, and its list of values.
fn included<'e, 'a: 'e>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    chain: &'e Chain<'a>,
) -> Option<(String, &'e LitStr, usize, Option<&'e Expr>)> {
    if let Root::Expr(Expr::Call(call)) = &chain.root {
        let name = call_name(call);
        if QUERY_FUNCTIONS.contains(&name.as_str())
            && let Some(path) = call.args.first().and_then(|sql| path_of(reader, scope, sql, 0))
        {
            return Some((name, path, 0, None));
        }
    }
    for (number, link) in chain.links.iter().enumerate() {
        let name = link.method.to_string();
        if SQL_METHODS.contains(&name.as_str())
            && let Some(path) = link.args.first().and_then(|sql| path_of(reader, scope, sql, 0))
        {
            return Some((name, path, number + 1, link.args.iter().nth(1)));
        }
    }
    None
}

/// The path of an `include_str!`, through references, locals and constants.
fn path_of<'e, 'a: 'e>(reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &'e Expr, hops: usize) -> Option<&'e LitStr> {
    if hops > MAX_HOPS {
        return None;
    }
    match expr {
        Expr::Paren(e) => path_of(reader, scope, &e.expr, hops + 1),
        Expr::Reference(e) => path_of(reader, scope, &e.expr, hops + 1),
        Expr::MethodCall(call) if call.args.is_empty() => path_of(reader, scope, &call.receiver, hops + 1),
        Expr::Call(call) if call.args.len() == 1 => path_of(reader, scope, call.args.first()?, hops + 1),
        Expr::Macro(mac) if macros::name(&mac.mac) == "include_str" => {
            match reader.macros.get(&mac.mac)?.exprs.first()? {
                Expr::Lit(lit) => match &lit.lit {
                    Lit::Str(path) => Some(path),
                    _ => None,
                },
                _ => None,
            }
        }
        Expr::Path(path) => {
            let name = &path.path.segments.last()?.ident;
            let at = reader.source.start(name.span());
            if path.path.get_ident().is_some()
                && let Some(id) = scope.resolve(&name.to_string(), at)
            {
                return path_of(reader, scope, scope.bindings.get(id)?.init?, hops + 1);
            }
            let span = Span::new(at..at);
            let segments: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
            path_of(reader, scope, reader.find_constant(&segments, span, scope)?.value, hops + 1)
        }
        _ => None,
    }
}
