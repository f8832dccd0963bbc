//! Rust types that are kept as JSON: those that derive `FromJsonQueryResult`, and those that a macro of the project or
//! an `impl` makes so.

use super::names;
use crate::frontend::facts::JsonTypes;
use crate::frontend::rust::names::derives;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{ItemImpl, ItemMacro, Type};

/// Reads what a file says of such types.
pub(super) fn read(file: &syn::File) -> JsonTypes {
    let mut reader = Reader::default();
    reader.visit_file(file);
    reader.found
}

#[derive(Debug, Default)]
struct Reader {
    found: JsonTypes,
}

impl<'a> Visit<'a> for Reader {
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        let name = names::plain(&item.ident);
        if derives(&item.attrs, "FromJsonQueryResult") {
            self.found.types.push(name.clone());
            self.found.derived.push(name);
        } else if derives(&item.attrs, "DeriveValueType")
            && let syn::Fields::Unnamed(fields) = &item.fields
            && let Some(inner) = fields.unnamed.first().and_then(|field| names::last_segment(&field.ty))
        {
            self.found.aliases.push((name, inner.ident.to_string()));
        }
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        if derives(&item.attrs, "FromJsonQueryResult") {
            self.found.types.push(names::plain(&item.ident));
            self.found.derived.push(names::plain(&item.ident));
        }
    }

    // What counts is declared outside of functions.
    fn visit_block(&mut self, _: &'a syn::Block) {}

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        if let Some(target) = names::last_segment(names::inner(&item.ty).0) {
            self.found.aliases.push((names::plain(&item.ident), target.ident.to_string()));
        }
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        let last = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
        let own = names::last_segment(&item.self_ty).map(|s| s.ident.to_string());
        let subject = match (last.map(|s| s.ident.to_string()).as_deref(), own) {
            (Some("ValueType" | "TryGetableFromJson"), own) => own,
            // `impl From<Settings> for sea_orm::Value`
            (Some("From"), Some(own)) if own == "Value" => {
                let from = last.and_then(names::argument).and_then(|ty: &Type| names::last_segment(ty));
                from.map(|s| s.ident.to_string())
            }
            _ => None,
        };
        if let Some(subject) = subject {
            let by_name = last.is_some_and(|s| s.ident == "TryGetableFromJson");
            if by_name || makes_json(item.to_token_stream()) {
                self.found.types.push(subject);
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_macro(&mut self, item: &'a ItemMacro) {
        let Some(name) = item.mac.path.segments.last().map(|s| s.ident.to_string()) else { return };
        if name == "macro_rules" {
            if let Some(ident) = &item.ident
                && makes_json(item.mac.tokens.clone())
            {
                self.found.macros.push(names::plain(ident));
            }
            return;
        }
        // The type is the first name of the call that looks like one.
        let given = item.mac.tokens.clone().into_iter().find_map(|tree| match tree {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                name.starts_with(char::is_uppercase).then_some(name)
            }
            _ => None,
        });
        if let Some(given) = given {
            self.found.calls.push((name, given));
        }
    }
}

/// Whether the tokens derive `FromJsonQueryResult`, or name the JSON variant of a value or column type.
fn makes_json(tokens: TokenStream) -> bool {
    let mut open = vec![tokens.into_iter()];
    // The last two identifiers.
    let mut before = String::new();
    while let Some(stream) = open.last_mut() {
        match stream.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(TokenTree::Ident(ident)) => {
                let name = ident.to_string();
                let variant = matches!(name.as_str(), "Json" | "JsonBinary");
                if name == "FromJsonQueryResult" || (variant && matches!(before.as_str(), "Value" | "ColumnType")) {
                    return true;
                }
                before = name;
            }
            Some(_) => {}
        }
    }
    false
}
