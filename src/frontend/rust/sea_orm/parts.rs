//! What turns into active models by other names: structs that derive it, and macros of the project that set a field.
//!
//! The hooks that run around the write of a model are read here too.
//!
//! `#[derive(DeriveIntoActiveModel)]`, `#[derive(DerivePartialModel)]` with `into_active_model`, and
//! `macro_rules! patch { ($model:ident, $field:ident) => { $model.$field = Set($field) } }`.

use super::attributes::Entries;
use super::names;
use crate::frontend::facts::{Hooks, Imports, ModelFacts, SetterMacro};
use crate::frontend::rust::names::derives;
use crate::frontend::rust::place::Source;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What was found: the facts, and for each struct the path of its active model.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) facts: ModelFacts,
    pub(super) names: Vec<(String, Vec<String>)>,
}

/// Reads a file.
pub(super) fn read(file: &syn::File, source: Source<'_>, imports: &Imports) -> Parts {
    let mut reader = Reader { source, imports, found: Parts::default() };
    reader.visit_file(file);
    reader.found
}

struct Reader<'r> {
    source: Source<'r>,
    imports: &'r Imports,
    found: Parts,
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        let into = derives(&item.attrs, "DeriveIntoActiveModel");
        let partial = derives(&item.attrs, "DerivePartialModel");
        if !into && !partial {
            return;
        }
        let entries = Entries::read(&item.attrs);
        let target = if into {
            entries.text("active_model").unwrap_or("ActiveModel")
        } else if entries.has("into_active_model") {
            entries.text("entity").unwrap_or("Entity")
        } else {
            return;
        };
        let target: Vec<String> = target.split("::").map(|part| part.trim().to_owned()).collect();
        let target = self.imports.resolve(&target, self.source.start(item.ident.span())).path;
        let fields = item.fields.iter().filter(|field| {
            let entries = Entries::read(&field.attrs);
            !["ignore", "skip", "nested", "from_expr"].iter().any(|key| entries.has(key))
        });
        let name = names::plain(&item.ident);
        let fields = fields.filter_map(|field| field.ident.as_ref()).map(names::plain).collect();
        self.found.facts.parts.push((name.clone(), fields));
        self.found.names.push((name, target));
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        visit::visit_item_impl(self, item);
        let (Some((of, _)), syn::Type::Path(model)) = (&item.trait_, &*item.self_ty) else { return };
        if of.segments.last().is_none_or(|last| last.ident != "ActiveModelBehavior") {
            return;
        }
        let mut names = vec![];
        for method in &item.items {
            if let syn::ImplItem::Fn(method) = method {
                flatten(quote::ToTokens::to_token_stream(&method.block), &mut names);
            }
        }
        names.retain(|name| syn::parse_str::<syn::Ident>(name).is_ok() || name == "self");
        names.sort();
        names.dedup();
        if !names.is_empty() {
            let path: Vec<String> = model.path.segments.iter().map(|segment| names::plain(&segment.ident)).collect();
            let at = model.path.segments.first().map_or(0, |first| self.source.start(first.ident.span()));
            self.found.facts.hooks.push(Hooks { model: self.imports.resolve(&path, at), names });
        }
    }

    fn visit_item_macro(&mut self, item: &'a syn::ItemMacro) {
        if let Some(ident) = item.ident.as_ref().filter(|_| item.mac.path.is_ident("macro_rules")) {
            let name = names::plain(ident);
            for (model, field) in setters(item.mac.tokens.clone()) {
                let setter = SetterMacro { name: name.clone(), model, field };
                if !self.found.facts.setters.contains(&setter) {
                    self.found.facts.setters.push(setter);
                }
            }
        }
        visit::visit_item_macro(self, item);
    }
}

/// The parameters that each arm of a macro sets: the model's number and the field's.
fn setters(arms: TokenStream) -> Vec<(usize, usize)> {
    let mut found = vec![];
    let mut matcher: Option<Vec<String>> = None;
    for tree in arms {
        let TokenTree::Group(group) = tree else { continue };
        match matcher.take() {
            None => matcher = Some(parameters(group.stream())),
            Some(parameters) => {
                let mut body = vec![];
                flatten(group.stream(), &mut body);
                if !body.iter().any(|word| word == "Set" || word == "set") {
                    continue;
                }
                for words in body.windows(7) {
                    // `$model.$field = ..`
                    let [dollar, model, dot, other, field, equals, next] = words else { continue };
                    let is_assignment = [dollar, other].iter().all(|word| *word == "$")
                        && dot == "."
                        && equals == "="
                        && !matches!(next.as_str(), "=" | ">");
                    let number = |name: &String| parameters.iter().position(|parameter| parameter == name);
                    if let (true, Some(model), Some(field)) = (is_assignment, number(model), number(field)) {
                        found.push((model, field));
                    }
                }
            }
        }
    }
    found
}

/// The parameters of a matcher, in order.
fn parameters(matcher: TokenStream) -> Vec<String> {
    let mut found = vec![];
    let mut after_dollar = false;
    for tree in matcher {
        match tree {
            TokenTree::Punct(punct) => after_dollar = punct.as_char() == '$',
            TokenTree::Ident(ident) => {
                if after_dollar {
                    found.push(ident.to_string());
                }
                after_dollar = false;
            }
            _ => after_dollar = false,
        }
    }
    found
}

/// The words of a body, at any depth.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    let mut open = vec![tokens.into_iter()];
    while let Some(stream) = open.last_mut() {
        match stream.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(TokenTree::Literal(_)) => words.push(String::new()),
            Some(tree) => words.push(tree.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_that_sets_a_field_is_known_by_its_arguments() {
        let arms = |text: &str| setters(text.parse().expect("tokens"));
        let one = "($model:ident, $from:expr, $field:ident) => { if let Some(v) = $from.$field { $model.$field = Set(v); } };";
        assert_eq!(arms(one), [(0, 2)]);
        assert!(arms("($m:ident, $f:ident) => { if $m.$f == Set(1) {} };").is_empty());
        assert!(arms("($m:ident, $f:ident) => { $m.$f = 1; };").is_empty());
    }
}
