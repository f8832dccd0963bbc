//! SQL texts inside `down`, the way back of a migration: they leave no trace in the schema.

use crate::frontend::facts::Facts;
use crate::frontend::rust::place::Source;
use crate::source::Span;
use syn::visit::{self, Visit};

/// Marks what the file's `down` functions hold, as is done with the way back of an `.sql` migration.
pub(super) fn hide(file: &syn::File, source: Source<'_>, facts: &mut Facts) {
    if !source.text.contains("MigrationTrait") {
        return;
    }
    let mut finder = Finder { source, found: vec![] };
    finder.visit_file(file);
    if finder.found.is_empty() {
        return;
    }
    for text in &mut facts.texts {
        if finder.found.iter().any(|down| down.contains(text.text.span)) {
            text.text.test = true;
            text.facts.schema.clear();
        }
    }
}

struct Finder<'s> {
    source: Source<'s>,
    found: Vec<Span>,
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let migration = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
        if migration.is_some_and(|s| s.ident == "MigrationTrait") {
            for item in &item.items {
                if let syn::ImplItem::Fn(function) = item
                    && function.sig.ident == "down"
                {
                    let braces = function.block.brace_token.span;
                    self.found.push(self.source.span(braces.open()).join(self.source.span(braces.close())));
                }
            }
        }
        visit::visit_item_impl(self, item);
    }
}
