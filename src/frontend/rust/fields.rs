//! Fields of structs that stand between a column and the JSON in it: `Job { data: String }` is bound in one file and
//! decoded in another.
//!
//! Notes which field of which struct is bound, read as JSON, or filled with JSON; joining the places of several files
//! is left to the project.

use super::assemble::Reader;
use super::decode::{Read, is_decoder, read_by, tables_of};
use super::emit::Emitter;
use super::names::plain;
use super::peel::{Off, peel_also};
use super::rows::macro_row;
use super::scope::{Change, Root, Scope};
use super::types::Ty;
use super::wrappers::{call_name, call_type};
use crate::frontend::facts::{FieldRef, JsonField};
use syn::{Expr, Member, PathArguments};

/// How many locals are followed from one place to the next.
const MAX_HOPS: usize = 8;

/// Reads the fields of a file. Its texts must have been read.
pub(super) fn read(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    structs(reader, emitter);
    bound(reader, emitter);
    for (index, scope) in reader.tree.scopes.iter().enumerate() {
        decoded(reader, scope, emitter);
        assigned(reader, scope, emitter);
        rows(index, scope, emitter);
    }
    made(reader, emitter);
}

/// The structs that have text fields.
fn structs(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    if reader.tree.test.first() == Some(&true) {
        return;
    }
    for (name, item) in &reader.tree.structs {
        let is_text = |ty: &Ty| matches!(ty.unwrapped().name(), "String" | "str");
        let fields = item.fields.iter().filter(|field| Ty::read(&field.ty).as_ref().is_some_and(is_text));
        let texts: Vec<String> = fields.filter_map(|field| field.ident.as_ref()).map(plain).collect();
        if !texts.is_empty() {
            emitter.facts.fields.structs.push((name.clone(), texts));
        }
    }
}

/// Binds that are fields.
fn bound(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    let mut scopes: Vec<(usize, &Scope<'_>)> = reader.tree.scopes.iter().map(|scope| (scope.range.0, scope)).collect();
    scopes.sort_by_key(|(start, _)| *start);
    let facts = &emitter.facts;
    let binds = facts.texts.iter().map(|text| &text.text.binds);
    let binds = binds.chain(facts.deferred.iter().map(|text| &text.text.binds));
    let binds = binds.chain(facts.file_queries.iter().map(|query| &query.binds)).flatten();
    let mut found = vec![];
    for bind in binds {
        let Some((path, field)) = path_of(&bind.source) else { continue };
        let at = bind.span.start as usize;
        let before = scopes.partition_point(|(start, _)| *start <= at);
        let around = scopes.iter().take(before).rev().find(|(_, scope)| at < scope.range.1);
        let Some((_, scope)) = around else { continue };
        let owner = match path.as_slice() {
            [variable] => owner_of(reader, scope, variable, at, 0),
            _ => None,
        };
        let variable = path.last().map(|v| (*v).to_owned()).unwrap_or_default();
        found.push((bind.span, FieldRef { owner, variable, field: field.to_owned() }));
    }
    emitter.facts.fields.bound = found;
}

/// The parts of `a.b.field`, perhaps borrowed or copied: the path before the field, and the field.
fn path_of(source: &str) -> Option<(Vec<&str>, &str)> {
    let mut parts: Vec<&str> = source.trim_start_matches(['&', '*', ' ']).split('.').map(str::trim).collect();
    while let Some(call) = parts.last().and_then(|last| last.strip_suffix("()")) {
        if !matches!(call, "as_str" | "as_deref" | "as_ref" | "clone" | "to_string" | "to_owned" | "as_bytes") {
            return None;
        }
        parts.pop();
    }
    let is_name = |part: &&str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let mut parts: Vec<&str> = parts.into_iter().map(|part| part.trim_start_matches("r#")).collect();
    if parts.len() < 2 || !parts.iter().all(is_name) {
        return None;
    }
    let field = parts.pop()?;
    Some((parts, field))
}

/// Fields that are read as JSON.
fn decoded<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, emitter: &mut Emitter) {
    for chain in &scope.chains {
        let Root::Expr(Expr::Call(call)) = &chain.root else { continue };
        let Some(argument) = call.args.first().filter(|_| is_decoder(call)) else { continue };
        let Some(Read::Field(field)) = read_by(reader, scope, argument, 0) else { continue };
        let Some(field) = field_ref(reader, scope, field) else { continue };
        emitter.facts.fields.json.push(JsonField { field, decoded: true, span: reader.source.expr(argument) });
    }
}

/// Fields that JSON is assigned to: `job.data = serde_json::to_string(&data)?`.
fn assigned<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, emitter: &mut Emitter) {
    for event in scope.changes_of.values().flatten() {
        let Change::Part(Expr::Field(field), value) = &event.what else { continue };
        if !is_encoded(reader, scope, value, 0) {
            continue;
        }
        let Some(field) = field_ref(reader, scope, field) else { continue };
        emitter.facts.fields.json.push(JsonField { field, decoded: false, span: reader.source.expr(value) });
    }
}

/// Fields of literals that hold JSON: `Job { data: serde_json::to_string(&data)?, .. }`.
fn made(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    for (scope, literal) in &reader.tree.made {
        let Some(scope) = reader.tree.scopes.get(*scope) else { continue };
        let Some(name) = literal.path.segments.last().map(|s| s.ident.to_string()) else { continue };
        let owner = if name == "Self" { scope.self_type.clone() } else { Some(name) };
        for value in &literal.fields {
            let Member::Named(field) = &value.member else { continue };
            if is_encoded(reader, scope, &value.expr, 0) {
                let field = field.to_string().trim_start_matches("r#").to_owned();
                let field = FieldRef { owner: owner.clone(), variable: String::new(), field };
                let span = reader.source.expr(&value.expr);
                emitter.facts.fields.json.push(JsonField { field, decoded: false, span });
            }
        }
    }
}

/// Structs that rows are read into: `query_as::<_, Job>(..)`, `let jobs: Vec<Job> = query_as(..)`.
fn rows(index: usize, scope: &Scope<'_>, emitter: &mut Emitter) {
    let mut names: Vec<String> = vec![];
    for chain in &scope.chains {
        if let Root::Macro(mac) = &chain.root {
            names.extend(macro_row(mac).as_ref().and_then(struct_in));
            continue;
        }
        let Root::Expr(Expr::Call(call)) = &chain.root else { continue };
        let Expr::Path(function) = &*call.func else { continue };
        if !matches!(call_name(call).as_str(), "query_as" | "query_as_with") {
            continue;
        }
        let spelled = match function.path.segments.last().map(|s| &s.arguments) {
            Some(PathArguments::AngleBracketed(list)) => list.args.iter().nth(1).and_then(|arg| match arg {
                syn::GenericArgument::Type(ty) => Ty::read(ty),
                _ => None,
            }),
            _ => None,
        };
        let bound = || Ty::read(scope.bindings.get(chain.bound?)?.ty?);
        if let Some(name) = spelled.or_else(bound).and_then(|ty| struct_in(&ty)) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return;
    }
    names.sort();
    names.dedup();
    let tables = tables_of(index, emitter);
    emitter.facts.fields.rows.extend(names.into_iter().map(|name| (name, tables.clone())));
}

/// The field that an expression names.
fn field_ref<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, field: &syn::ExprField) -> Option<FieldRef> {
    let Member::Named(name) = &field.member else { return None };
    let (owner, variable) = match &*field.base {
        Expr::Path(path) => {
            let ident = path.path.get_ident()?;
            let variable = ident.to_string();
            (owner_of(reader, scope, &variable, reader.source.start(ident.span()), 0), variable)
        }
        Expr::Field(outer) => match &outer.member {
            Member::Named(variable) => (None, variable.to_string()),
            Member::Unnamed(_) => return None,
        },
        _ => return None,
    };
    Some(FieldRef { owner, variable, field: name.to_string().trim_start_matches("r#").to_owned() })
}

/// The struct that a variable is, as far as the function shows it. What holds several of them counts as one of them.
fn owner_of<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, name: &str, at: usize, hops: usize) -> Option<String> {
    if hops > MAX_HOPS {
        return None;
    }
    if name == "self" {
        return scope.self_type.clone();
    }
    let binding = scope.bindings.get(scope.resolve(name, at)?)?;
    if let Some(ty) = binding.ty {
        return struct_in(&Ty::read(ty)?);
    }
    let made = binding.init.or(binding.part_of)?;
    match peel_also(made, &[Off::Copies, Off::Results, Off::Iterates, Off::Picks]) {
        Expr::Struct(made) => {
            let name = made.path.segments.last()?.ident.to_string();
            if name == "Self" { scope.self_type.clone() } else { Some(name) }
        }
        Expr::Path(path) => {
            let ident = path.path.get_ident()?;
            owner_of(reader, scope, &ident.to_string(), reader.source.start(ident.span()), hops + 1)
        }
        _ => None,
    }
}

/// The struct that a type is, or holds one or several of.
fn struct_in(ty: &Ty) -> Option<String> {
    let mut ty = ty;
    for _ in 0..MAX_HOPS {
        match ty.name() {
            "Vec" | "[]" | "VecDeque" | "Option" | "Result" | "Box" | "Arc" | "Rc" | "Cow" | "HashSet" | "BTreeSet" => {
                ty = ty.arg()?;
            }
            "_" | "String" | "str" | "Self" => return None,
            name => return Some(name.to_owned()),
        }
    }
    None
}

/// Whether an expression is JSON rendered as text by `serde_json`, or by a module that passes it on.
fn is_encoded<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &Expr, hops: usize) -> bool {
    if hops > MAX_HOPS {
        return false;
    }
    match peel_also(expr, &[Off::Copies, Off::Results, Off::Defaults, Off::Converts, Off::Holders]) {
        Expr::Call(call) => {
            matches!(call_name(call).as_str(), "to_string" | "to_string_pretty")
                && matches!(call_type(call).as_str(), "serde_json" | "json" | "simd_json")
        }
        Expr::Path(path) => {
            let Some(ident) = path.path.get_ident() else { return false };
            let binding = scope.resolve(&ident.to_string(), reader.source.start(ident.span()));
            let init = binding.and_then(|id| scope.bindings.get(id)).and_then(|binding| binding.init);
            init.is_some_and(|init| is_encoded(reader, scope, init, hops + 1))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_field_is_read_off_its_source() {
        assert_eq!(path_of("job.data"), Some((vec!["job"], "data")));
        assert_eq!(path_of("&self.job.data.as_str()"), Some((vec!["self", "job"], "data")));
        assert_eq!(path_of("job.r#type.clone()"), Some((vec!["job"], "type")));
        for other in ["data", "job.data()", "job.len().max(1)", "job.0", "f(job.data)", "a[0].data", "1.5"] {
            assert_eq!(path_of(other), None, "{other}");
        }
    }
}
