//! Functions that make documents of documents, as what they make of their parameters: for the calls of other files.

use super::assemble::Reader;
use super::inline::needed;
use super::scope::Scope;
use super::spelled::FETCHING;
use super::structs;
use super::types::Ty;
use super::values::Values;
use crate::document::{Document, Rest};
use crate::frontend::facts::Summary;
use syn::{FnArg, ReturnType, Type};

/// Longer functions do more than that.
const MOST_BYTES: usize = 6000;

/// More documents than this in one summary tell nothing any more.
const MOST_PARTS: usize = 200;

/// The summaries of a file, in the order of the text; test code has none.
pub(super) fn read(reader: &Reader<'_, '_>) -> Vec<Summary> {
    let scopes = reader.tree.scopes.iter().enumerate();
    let outside = scopes.filter(|(index, _)| !reader.tree.test.get(*index).copied().unwrap_or(true));
    outside.filter_map(|(index, scope)| summary(reader, index, scope)).collect()
}

fn summary<'a>(reader: &Reader<'a, '_>, index: usize, scope: &Scope<'a>) -> Option<Summary> {
    let (signature, ..) = scope.item?;
    if scope.range.1.saturating_sub(scope.range.0) > MOST_BYTES {
        return None;
    }
    let returns = match &signature.output {
        ReturnType::Type(_, ty) => holds_document(ty),
        ReturnType::Default => false,
    };
    let types: Vec<&Type> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => Some(&*typed.ty),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let reads = !returns && matches!(signature.output, ReturnType::Type(..)) && fetches(scope);
    let is_lent = |ty: &Type| matches!(ty, Type::Reference(r) if r.mutability.is_some() && holds_document(&r.elem));
    let lent: Vec<usize> = types.iter().enumerate().filter(|(_, ty)| is_lent(ty)).map(|(i, _)| i).collect();
    if !returns && !reads && lent.is_empty() {
        return None;
    }
    let values = Values::new(reader, scope, vec![]);
    let types: Vec<Option<Ty>> = types.into_iter().map(Ty::read).collect();
    let returned = if returns || reads { values.summarised(index, &types, None) } else { None };
    let returned = returned.filter(|found| returns || reads_row(&found.doc));
    let lent: Vec<(usize, Document)> = lent
        .into_iter()
        .filter_map(|argument| Some((argument, values.summarised(index, &types, Some(argument))?.doc)))
        .collect();
    if returned.is_none() && lent.is_empty() {
        return None;
    }
    let row = returned.as_ref().filter(|found| reads_row(&found.doc)).and_then(|found| found.ty.clone());
    let returned = returned.map(|found| found.doc);
    let types_of = values.types.into_inner();
    let made: Vec<&Document> = returned.iter().chain(lent.iter().map(|(_, document)| document)).collect();
    let calls = needed(&made, &types_of, values.pending.into_inner());
    let encodes = returned.as_ref().is_some_and(|document| is_encoded_self(reader, scope, document));
    Some(Summary {
        encodes,
        name: scope.name.clone(),
        self_type: scope.self_type.clone(),
        trait_name: scope.trait_name.clone(),
        row: row.map(|ty| (element(&ty), scope.range.0)),
        module: scope.module.clone(),
        parameters: types.len(),
        returned: returned.filter(is_small),
        lent: lent.into_iter().filter(|(_, document)| is_small(document)).collect(),
        calls,
        types: types_of,
        signs: values.signs.into_inner(),
    })
}

/// Whether a function runs a statement that gives rows.
fn fetches(scope: &Scope<'_>) -> bool {
    let mut links = scope.chains.iter().flat_map(|chain| &chain.links);
    links.any(|link| {
        let name = link.method.to_string();
        FETCHING.contains(&name.as_str()) || name.starts_with("query_")
    })
}

/// Whether a value is made of what was read in the function that makes it.
fn reads_row(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        found |= matches!(part, Document::Read(read) if read.site.is_some() && !read.handed_in);
    });
    found
}

/// The type of one of several.
fn element(ty: &Ty) -> Ty {
    let inner = ty.unwrapped().clone();
    match (inner.name(), inner.arg()) {
        ("Vec" | "VecDeque", Some(element)) => element.clone(),
        _ => inner,
    }
}

/// Whether a document is the function's own type as JSON: as many entries as it has fields, all of them of `self`.
fn is_encoded_self(reader: &Reader<'_, '_>, scope: &Scope<'_>, document: &Document) -> bool {
    let Document::Object { entries, rest: Rest::Closed } = document else { return false };
    let own = scope.self_type.as_deref().and_then(|name| reader.tree.structs.get(name));
    let fields = own
        .map_or(0, |item| structs::read_struct(item, reader.source).fields.iter().filter(|field| !field.skip).count());
    let of_self = |value: &Document| matches!(value, Document::Input(input) if input.id.starts_with("self."));
    fields > 0 && entries.len() == fields && entries.iter().all(|(_, value)| of_self(value))
}

/// Whether a type is a JSON value, a map of them, or one of these in an `Option` or `Result`.
fn holds_document(ty: &Type) -> bool {
    let Some(mut ty) = Ty::read(ty) else { return false };
    for _ in 0..4 {
        if ty.is_json() || (ty.name() == "Map" && (ty.path.contains("json") || ty.args.len() == 2)) {
            return true;
        }
        let inner = match ty.name() {
            "Option" | "Result" | "Box" | "Cow" => ty.args.first().cloned(),
            name if name.ends_with("Result") => ty.args.first().cloned(),
            _ => None,
        };
        match inner {
            Some(inner) => ty = inner,
            None => return false,
        }
    }
    false
}

fn is_small(document: &Document) -> bool {
    let mut parts = 0;
    document.visit(&mut |_| parts += 1);
    parts <= MOST_PARTS
}
