//! Models that were made from a row: each of their fields is `Unchanged`, so that an arm for `Set` never runs.
//!
//! `match am.data { Set(old) => merge(old, new), _ => new }` looks like a merge and is none.

use super::columns::chain;
use super::names;
use super::typing::{Kind, Place, last_of, peel};
use crate::frontend::rust::peel::{Off, peel_also};
use crate::frontend::rust::scope::Change;
use syn::{Expr, ExprField, Member, Pat};

/// How many locals are followed.
const MAX_HOPS: usize = 6;

/// A choice of which one arm runs.
pub(super) struct Live<'e> {
    /// What the arm gives.
    pub(super) value: &'e Expr,
    /// What looks like a merge and gives nothing, since its arm never runs.
    pub(super) dead: Option<&'e Expr>,
}

impl<'a> Place<'_, 'a, '_> {
    /// Whether an expression is an active model that was made from a row in this function.
    pub(super) fn is_from_row(&self, expr: &Expr) -> bool {
        let Some(binding) = self.binding(expr).and_then(|id| self.scope.bindings.get(id)) else { return false };
        let Some(init) = binding.init else { return false };
        let (root, links) = chain(init);
        let source = match (root, links.as_slice()) {
            (Expr::Call(call), []) => match &*call.func {
                Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "from") => call.args.first(),
                _ => None,
            },
            (_, [.., last]) if last.method == "into" || last.method == "into_active_model" => Some(&*last.receiver),
            _ => None,
        };
        let Some(source) = source else { return false };
        match self.of(source) {
            Some(typed) => typed.kind == Kind::Model,
            None => self.named_type(source).is_none(),
        }
    }

    /// Of a choice by what a field of such a model holds, the arm that runs.
    pub(super) fn live<'e>(&self, expr: &'e Expr) -> Option<Live<'e>>
    where
        'a: 'e,
    {
        let mut expr: &'e Expr = expr;
        for _ in 0..MAX_HOPS {
            match peel(expr) {
                path @ Expr::Path(_) => {
                    let id = self.binding(path)?;
                    if !self.scope.changes_on(id).is_empty() {
                        return None;
                    }
                    expr = self.scope.bindings.get(id)?.init?;
                }
                Expr::Match(choice) => {
                    if !self.is_unchanged(&choice.expr) {
                        return None;
                    }
                    let runs = choice.arms.iter().position(|arm| !is_dead(&arm.pat))?;
                    let live = choice.arms.get(runs).filter(|arm| takes_all(&arm.pat))?;
                    let dead = choice.arms.iter().take(runs).find(|arm| names_set(&arm.pat));
                    return Some(Live { value: &live.body, dead: dead.map(|arm| &*arm.body) });
                }
                Expr::If(branch) => {
                    let Expr::Let(condition) = &*branch.cond else { return None };
                    if !self.is_unchanged(&condition.expr) || !names_set(&condition.pat) || !is_dead(&condition.pat) {
                        return None;
                    }
                    let (_, other) = branch.else_branch.as_ref()?;
                    return Some(Live { value: other, dead: last_of(&branch.then_branch) });
                }
                Expr::Block(block) => expr = last_of(&block.block)?,
                _ => return None,
            }
        }
        None
    }

    /// Whether an expression is a field of a model that was made from a row, and nothing was put into it since.
    fn is_unchanged(&self, expr: &Expr) -> bool {
        let expr = peel_also(expr, &[Off::Copies]);
        let Expr::Field(field) = expr else { return false };
        let Member::Named(name) = &field.member else { return false };
        let name = names::plain(name);
        let at = self.at(expr);
        let same = |other: &ExprField| matches!(&other.member, Member::Named(other) if names::plain(other) == name);
        self.is_from_row(&field.base)
            && self.binding(&field.base).is_some_and(|id| {
                let changes = self.scope.changes_on(id).iter().filter(|event| event.at < at);
                !changes.into_iter().any(|event| match &event.what {
                    Change::Part(Expr::Field(part), _) => same(part),
                    Change::Assign(_) | Change::Lent => true,
                    _ => false,
                })
            })
    }
}

/// Whether a pattern takes every `Unchanged` value.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(ident) => ident.subpat.is_none() && ident.ident != "NotSet",
        Pat::TupleStruct(inner) => {
            let all = inner.elems.iter().all(|inner| matches!(inner, Pat::Wild(_) | Pat::Ident(_)));
            all && inner.path.segments.last().is_some_and(|s| s.ident == "Unchanged")
        }
        Pat::Or(cases) => cases.cases.iter().any(takes_all),
        Pat::Paren(inner) => takes_all(&inner.pat),
        Pat::Reference(inner) => takes_all(&inner.pat),
        _ => false,
    }
}

/// Whether a pattern takes no `Unchanged` value.
fn is_dead(pattern: &Pat) -> bool {
    match pattern {
        Pat::TupleStruct(inner) => inner.path.segments.last().is_some_and(|s| s.ident == "Set"),
        Pat::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == "NotSet"),
        Pat::Ident(ident) => ident.ident == "NotSet",
        Pat::Or(cases) => cases.cases.iter().all(is_dead),
        Pat::Paren(inner) => is_dead(&inner.pat),
        Pat::Guard(inner) => is_dead(&inner.pat),
        Pat::Reference(inner) => is_dead(&inner.pat),
        _ => false,
    }
}

/// Whether a pattern takes `Set` values.
fn names_set(pattern: &Pat) -> bool {
    match pattern {
        Pat::TupleStruct(inner) => inner.path.segments.last().is_some_and(|s| s.ident == "Set"),
        Pat::Or(cases) => cases.cases.iter().any(names_set),
        Pat::Paren(inner) => names_set(&inner.pat),
        Pat::Guard(inner) => names_set(&inner.pat),
        Pat::Reference(inner) => names_set(&inner.pat),
        _ => false,
    }
}
