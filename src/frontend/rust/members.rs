//! What a field of a local holds at a place, after everything that was done to it before.

use super::handed::is_named;
use super::peel::peel;
use super::scope::{Arm, Chain, Change};
use super::values::{self, Val, Values, choose};
use crate::document::{Cond, Document, Step};
use syn::Expr;

/// A change to a field of a local.
enum Changed<'e, 'a> {
    /// An assignment to it, or to a part of it.
    Part(&'e Expr, &'e Expr),
    /// Methods that are called on it.
    By(&'e Chain<'a>),
}

impl<'a> Values<'_, 'a, '_> {
    /// What a field of a local holds where it is named, if anything was done to it before.
    pub(super) fn changed_field(&self, base: &Expr, field: &str) -> Option<Val> {
        let Expr::Path(path) = base else { return None };
        let ident = path.path.get_ident()?;
        let at = self.reader.source.start(ident.span());
        let id = self.scope.resolve(&ident.to_string(), at)?;
        let spelled = format!("{ident}.{field}");
        let is_part = |target: &Expr| {
            let place = self.reader.source.folded(self.reader.source.expr(target));
            place.strip_prefix(&spelled).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let assigned = self.scope.changes_on(id).iter().any(|event| match event.what {
            Change::Part(target, _) => event.at < at && is_part(target),
            _ => false,
        });
        let called = || self.scope.chains_at.get(&spelled).into_iter().flatten();
        let edited = called().filter_map(|chain| self.scope.chains.get(*chain)).any(|chain| {
            chain.at < at && self.is_of(chain, id) && chain.links.iter().any(|link| is_edit(&link.method.to_string()))
        });
        (assigned || edited).then(|| self.field_after(id, field, at))
    }

    /// What a field of a local holds at byte `at`.
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
        let mut changes: Vec<(usize, &[Arm], Changed<'_, 'a>)> = vec![];
        for event in self.scope.changes_on(id).iter().filter(|event| event.at < at) {
            if let Change::Part(target, value) = event.what {
                changes.push((event.at, &event.branch, Changed::Part(target, value)));
            }
        }
        for chain in self.scope.chains_at.get(&spelled).into_iter().flatten() {
            if let Some(chain) = self.scope.chains.get(*chain).filter(|chain| chain.at < at && self.is_of(chain, id)) {
                changes.push((chain.at, &chain.branch, Changed::By(chain)));
            }
        }
        changes.sort_by_key(|(at, ..)| *at);
        for (_, branch, change) in changes {
            if branch.iter().any(|arm| self.in_other_arm(arm)) {
                continue;
            }
            let conditional =
                branch.iter().rev().find(|arm| !arm.is_loop && !binding.branch.contains(arm) && !self.is_inside(arm));
            let before = found.clone();
            let after = match change {
                Changed::Part(target, value) => self.field_changed(found, field, target, value),
                Changed::By(chain) => self.edited_by(found, vec![], &chain.links),
            };
            found = match conditional {
                Some(arm) if after.doc != before.doc => {
                    choose(vec![(Cond::Unknown(self.words(arm.node)), after)], before)
                }
                _ => after,
            };
        }
        found
    }

    /// A local with what was assigned to its fields before byte `at`.
    pub(super) fn with_parts(&self, id: usize, found: Val, at: usize) -> Val {
        let Some(binding) = self.scope.bindings.get(id) else { return found };
        let mut found = found;
        for event in self.scope.changes_on(id).iter().filter(|event| event.at < at) {
            let Change::Part(target, value) = event.what else { continue };
            if event.branch.iter().any(|arm| self.in_other_arm(arm)) {
                continue;
            }
            let Some(path) = self.path_of(&found, target) else { continue };
            // What stands below a field its type knows: nothing of it is lost.
            let value = match self.member(value) {
                held if held.holds_old() => held,
                _ => values::input(format!("`{}`", self.source(value)), None).doc,
            };
            let doc = super::edits::set_path(found.doc.clone(), path, value);
            let other = |arm: &&Arm| !arm.is_loop && !binding.branch.contains(arm) && !self.is_inside(arm);
            let after = Val { doc, ..found.clone() };
            found = match event.branch.iter().rev().find(other) {
                Some(arm) => choose(vec![(Cond::Unknown(self.words(arm.node)), after)], found),
                None => after,
            };
        }
        found
    }

    /// Whether a chain on a field speaks of this local, and not of an earlier one of the same name.
    fn is_of(&self, chain: &Chain<'_>, id: usize) -> bool {
        self.scope.bindings.get(id).is_some_and(|binding| binding.visible <= chain.at)
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

/// A method that changes what it is called on.
fn is_edit(method: &str) -> bool {
    matches!(
        method,
        "insert" | "remove" | "extend" | "push" | "entry" | "clear" | "retain" | "append" | "as_object_mut" | "get_mut"
    )
}
