//! Documents that are read as Rust types: fields of what was decoded, of rows and of models.
//!
//! Looks at the form of expressions only, so that the many fields that have nothing to do with a document cost little.

use super::AsType;
use crate::frontend::rust::assemble::Reader;
use crate::frontend::rust::names::plain;
use crate::frontend::rust::peel::{Off, peel_also};
use crate::frontend::rust::scope::Scope;
use crate::frontend::rust::spelled::{DECODERS, FETCHING};
use syn::{Expr, ExprCall, Member, Type};

/// How many locals are followed from a field to what it is taken of.
const MAX_HOPS: usize = 4;

/// What stands between a document and what is read of it.
pub(super) const READ: &[Off] = &[Off::Copies, Off::Results, Off::Defaults, Off::Iterates];

/// What a local holds.
#[derive(Clone, Copy)]
enum Holds<'a> {
    /// A document that was decoded, perhaps with its declared type.
    Decoded(Option<&'a Type>),
    /// A row, or a model.
    Row,
}

/// Whether a file may read documents as types.
pub(super) fn may_be_in(text: &str) -> bool {
    DECODERS.iter().chain(&["query_as", "Model", "Json<"]).any(|word| text.contains(word))
}

/// What fields are taken of, the fields from the outermost on, and how it is read.
pub(super) fn fields<'a>(
    reader: &Reader<'a, '_>,
    scope: usize,
    expr: &'a Expr,
) -> Option<(&'a Expr, Vec<String>, AsType<'a>)> {
    let mut names: Vec<&Member> = vec![];
    let (mut at, mut first) = (expr, expr);
    while let Expr::Field(field) = at {
        names.push(&field.member);
        (first, at) = (at, peel_also(&field.base, READ));
    }
    let scope = reader.tree.scopes.get(scope)?;
    let holds = match at {
        Expr::Path(_) => of_local(reader, scope, at, 0)?,
        other => of_expr(reader, scope, other, 0)?,
    };
    let how = match holds {
        Holds::Decoded(ty) => AsType::Decoded(ty),
        // `row.settings` alone reads no key.
        Holds::Row if names.len() < 2 => return None,
        Holds::Row => AsType::OfRow(first),
    };
    let name = |member: &&Member| match member {
        Member::Named(name) => plain(name),
        Member::Unnamed(index) => index.index.to_string(),
    };
    Some((at, names.iter().rev().map(name).collect(), how))
}

/// Whether a call decodes a document into a type that it names.
pub(super) fn decodes(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else { return false };
    let Some(last) = path.path.segments.last().filter(|last| !last.arguments.is_none()) else { return false };
    !call.args.is_empty() && DECODERS.iter().any(|name| last.ident == name)
}

/// Whether an expression decodes a document, or reads it of a row.
pub(super) fn is_decoded(expr: &Expr) -> bool {
    match peel_also(expr, READ) {
        Expr::Call(call) => is_decoder(call),
        Expr::MethodCall(call) => (call.method == "get" || call.method == "try_get") && !call.args.is_empty(),
        _ => false,
    }
}

pub(super) fn is_decoder(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    !call.args.is_empty() && DECODERS.iter().any(|name| last.ident == name)
}

fn of_local<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, local: &Expr, hops: usize) -> Option<Holds<'a>> {
    let Expr::Path(path) = local else { return None };
    let ident = path.path.get_ident().filter(|ident| *ident != "self" && hops < MAX_HOPS)?;
    let binding = scope.bindings.get(scope.resolve(&ident.to_string(), reader.source.start(ident.span()))?)?;
    if let Some(ty) = binding.ty.filter(|_| binding.init.is_none() && binding.part_of.is_none()) {
        return is_model(ty).then_some(Holds::Row);
    }
    let is_inner = binding.inside.and_then(|pattern| pattern.segments.last()).is_some_and(|last| last.ident == "Json");
    let said = binding.ty.filter(|_| binding.init.is_some() || is_inner);
    let init = binding.init.or(binding.part_of)?;
    match of_expr(reader, scope, init, hops + 1) {
        Some(Holds::Decoded(ty)) => Some(Holds::Decoded(said.or(ty))),
        Some(Holds::Row) if is_inner => Some(Holds::Decoded(said)),
        Some(Holds::Row) => Some(Holds::Row),
        None => said.filter(|_| is_decoded(init)).map(|said| Holds::Decoded(Some(said))),
    }
}

fn of_expr<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &Expr, hops: usize) -> Option<Holds<'a>> {
    let expr = peel_also(expr, READ);
    if let Some(inner) = unwrapped(expr).filter(|_| hops < MAX_HOPS) {
        return match of_expr(reader, scope, inner, hops + 1)? {
            // The only column of a row.
            Holds::Row => Some(Holds::Decoded(None)),
            decoded @ Holds::Decoded(_) => Some(decoded),
        };
    }
    match expr {
        Expr::Call(call) if is_decoder(call) => Some(Holds::Decoded(None)),
        Expr::MethodCall(call) if !call.args.is_empty() => {
            let method = &call.method;
            if method == "get" || method == "try_get" {
                return call.turbofish.is_some().then_some(Holds::Decoded(None));
            }
            FETCHING.iter().any(|name| method == name).then_some(Holds::Row)
        }
        local @ Expr::Path(_) => of_local(reader, scope, local, hops),
        _ => None,
    }
}

/// What an expression takes out of the wrapper of a document: `.0`, `.into_inner()`, also under `map`.
fn unwrapped(expr: &Expr) -> Option<&Expr> {
    let is_first = |member: &Member| matches!(member, Member::Unnamed(index) if index.index == 0);
    match expr {
        Expr::Field(field) if is_first(&field.member) => Some(&field.base),
        Expr::MethodCall(call) if call.args.is_empty() => (call.method == "into_inner").then_some(&*call.receiver),
        Expr::MethodCall(call) if call.method == "map" => {
            let takes = match call.args.first()? {
                Expr::Closure(closure) => matches!(&*closure.body, Expr::Field(field) if is_first(&field.member)),
                Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "into_inner"),
                _ => false,
            };
            takes.then_some(&*call.receiver)
        }
        _ => None,
    }
}

/// Whether a parameter is a model: `&users::Model`.
fn is_model(ty: &Type) -> bool {
    match ty {
        Type::Reference(inner) => is_model(&inner.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Model"),
        _ => false,
    }
}
