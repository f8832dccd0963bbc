//! `#[sea_orm(key = "value", flag)]`, also inside `cfg_attr`.

use proc_macro2::{TokenStream, TokenTree};
use syn::Attribute;

/// The entries of all `sea_orm` attributes of an item.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<(String, Option<String>)>);

impl Entries {
    /// Reads attributes of the name `sea_orm`.
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        Self::named(attributes, "sea_orm")
    }

    /// Reads attributes of another name: `iden`.
    pub(super) fn named(attributes: &[Attribute], name: &str) -> Self {
        let mut entries = Self::default();
        for attribute in attributes {
            match &attribute.meta {
                syn::Meta::List(list) if list.path.is_ident(name) => entries.take(list.tokens.clone()),
                syn::Meta::List(list) if list.path.is_ident("cfg_attr") => {
                    let mut named = false;
                    for tree in list.tokens.clone() {
                        match tree {
                            TokenTree::Ident(ident) => named = ident == name,
                            TokenTree::Group(group) if named => entries.take(group.stream()),
                            _ => named = false,
                        }
                    }
                }
                syn::Meta::NameValue(pair) if pair.path.is_ident(name) => {
                    if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value {
                        entries.0.push((String::new(), Some(text.value())));
                    }
                }
                _ => {}
            }
        }
        entries
    }

    fn take(&mut self, tokens: TokenStream) {
        let mut key = String::new();
        let mut value = None;
        let mut valued = false;
        for tree in tokens {
            match tree {
                TokenTree::Punct(p) if p.as_char() == ',' => {
                    self.0.push((std::mem::take(&mut key), value.take()));
                    valued = false;
                }
                TokenTree::Punct(p) if p.as_char() == '=' => valued = true,
                TokenTree::Ident(ident) if !valued => ident.to_string().trim_start_matches("r#").clone_into(&mut key),
                TokenTree::Literal(literal) => {
                    value = syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|l| l.value());
                }
                _ => {}
            }
        }
        if !key.is_empty() || value.is_some() {
            self.0.push((key, value));
        }
    }

    /// Whether the key is there, with or without a value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.as_deref())
    }
}
