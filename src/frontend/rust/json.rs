//! `json!({..})` to a document, from its tokens.

use super::values::Values;
use crate::document::{Document, Input, Key, Nullability, Rest};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value as Json;
use syn::Expr;

/// How deep objects in objects are read; deeper ones are one input.
const MAX_DEPTH: usize = 60;

/// The value of a `json!` call.
pub(super) fn read(values: &Values<'_, '_, '_>, tokens: TokenStream) -> Document {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    match value(values, &tokens, 0) {
        // `None` becomes JSON null, which is not SQL's.
        Document::Input(input) => Document::Input(Input { null: Nullability::Never, ..input }),
        other => as_member(other),
    }
}

fn value(values: &Values<'_, '_, '_>, tokens: &[TokenTree], depth: usize) -> Document {
    if depth > MAX_DEPTH {
        return Document::Unknown("a JSON literal that is nested too deeply".to_owned());
    }
    match tokens {
        [TokenTree::Ident(word)] if *word == "null" => Document::Known(Json::Null),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => object(values, group.stream(), depth),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let items: Vec<Document> = split(&tokens).map(|item| value(values, item, depth + 1)).collect();
            fold_array(items)
        }
        _ => match syn::parse2::<Expr>(tokens.iter().cloned().collect()) {
            Ok(expr) => values.member(&expr),
            Err(_) => Document::Unknown("a JSON literal that could not be read".to_owned()),
        },
    }
}

/// A value inside an object is JSON: SQL NULL cannot stand there.
pub(super) fn as_member(document: Document) -> Document {
    match document {
        Document::Null => Document::Known(Json::Null),
        other => other,
    }
}

fn object(values: &Values<'_, '_, '_>, tokens: TokenStream, depth: usize) -> Document {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut entries = vec![];
    for entry in split(&tokens) {
        // The colon that is no part of a path: alone, not joined with another.
        let colon = entry.iter().enumerate().position(|(i, t)| {
            let is_colon = |t: Option<&TokenTree>| matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == ':');
            is_colon(Some(t)) && !is_colon(entry.get(i + 1)) && !(i > 0 && is_colon(entry.get(i - 1)))
        });
        let Some((name, rest)) = colon.and_then(|at| Some((entry.get(..at)?, entry.get(at + 1..)?))) else {
            return Document::Unknown("a JSON literal that could not be read".to_owned());
        };
        let key = match syn::parse2::<Expr>(name.iter().cloned().collect()) {
            Ok(expr) => match values.known_text(&expr) {
                Some(name) => Key::Name(name),
                None => Key::Param(values.source(&expr)),
            },
            Err(_) => return Document::Unknown("a JSON literal that could not be read".to_owned()),
        };
        entries.push((key, value(values, rest, depth + 1)));
    }
    fold_object(entries)
}

/// The parts between commas; a comma at the end makes none.
fn split(tokens: &[TokenTree]) -> impl Iterator<Item = &[TokenTree]> {
    tokens.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ',')).filter(|part| !part.is_empty())
}

/// An object; a literal one when all of it is known.
pub(super) fn fold_object(entries: Vec<(Key, Document)>) -> Document {
    let known: Option<serde_json::Map<String, Json>> = entries
        .iter()
        .map(|(key, value)| match (key, value) {
            (Key::Name(name), Document::Known(value)) => Some((name.clone(), value.clone())),
            _ => None,
        })
        .collect();
    match known {
        Some(map) => Document::Known(Json::Object(map)),
        None => Document::Object { entries, rest: Rest::Closed },
    }
}

/// An array; a literal one when all of it is known.
pub(super) fn fold_array(items: Vec<Document>) -> Document {
    let known: Option<Vec<Json>> =
        items.iter().map(|item| if let Document::Known(value) = item { Some(value.clone()) } else { None }).collect();
    known.map_or(Document::Array(items), |items| Document::Known(Json::Array(items)))
}
