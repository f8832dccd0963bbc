//! What a field of a local holds at a place, after everything that was done to it before.

use super::handed::is_named;
use super::scope::{Chain, Change};
use super::values::{self, Val, Values};
use super::wrappers::peel;
use crate::document::{Document, Step};
use syn::Expr;

/// A change to a field of a local.
enum Changed<'e, 'a> {
    /// An assignment to it, or to a part of it.
    Part(&'e Expr, &'e Expr),
    /// Methods that are called on it.
    By(&'e Chain<'a>),
}

impl<'a> Values<'_, 'a, '_> {
    /// What a field of a local holds at byte `at`. What is done under a condition counts as done.
    pub(super) fn field_after(&self, id: usize, field: &str, at: usize) -> Val {
        let Some(binding) = self.scope.bindings.get(id) else { return values::input(field.to_owned(), None) };
        let spelled = format!("{}.{field}", binding.name);
        let literal = binding.init.map(peel).and_then(|init| match init {
            Expr::Struct(literal) => literal.fields.iter().find(|given| is_named(&given.member, field)),
            _ => None,
        });
        let mut found = match literal {
            Some(given) => self.value(&given.expr),
            None => self.field_at(self.local(id, at), field, &spelled),
        };
        // What was done to a row is in its value already.
        if literal.is_none() && !matches!(found.doc, Document::Input(_)) {
            return found;
        }
        let mut changes: Vec<(usize, Changed<'_, 'a>)> = vec![];
        for event in self.scope.changes_on(id).iter().filter(|event| event.at < at) {
            if let Change::Part(target, value) = event.what {
                changes.push((event.at, Changed::Part(target, value)));
            }
        }
        for chain in self.scope.chains_at.get(&spelled).into_iter().flatten() {
            if let Some(chain) = self.scope.chains.get(*chain).filter(|chain| chain.at < at) {
                changes.push((chain.at, Changed::By(chain)));
            }
        }
        changes.sort_by_key(|(at, _)| *at);
        for (_, change) in changes {
            found = match change {
                Changed::Part(target, value) => self.field_changed(found, field, target, value),
                Changed::By(chain) => self.edited_by(found, vec![], &chain.links),
            };
        }
        found
    }

    /// `user.data = value`, `user.data["k"] = value`.
    fn field_changed(&self, found: Val, field: &str, target: &Expr, value: &Expr) -> Val {
        let Some(steps) = self.path_of(&Val { doc: Document::Null, ty: None, json: false }, target) else {
            return found;
        };
        match steps.split_first() {
            Some((Step::Key(first), [])) if first == field => {
                let new = self.value(value);
                Val { ty: new.ty.or(found.ty), ..new }
            }
            Some((Step::Key(first), rest)) if first == field => {
                let value = self.member(value);
                Val { doc: super::edits::set_path(found.doc, rest.to_vec(), value), ..found }
            }
            _ => found,
        }
    }
}
