//! Where models end: which binding or literal is updated, saved, inserted or upserted.

use super::{Bound, Writer};
use crate::frontend::facts::EntityPath;
use crate::frontend::rust::sea_orm::columns;
use crate::frontend::rust::sea_orm::typing::{Kind, Place, peel};
use crate::frontend::rust::sea_orm::walk::Chain;
use crate::frontend::rust::spelled::STORING;
use crate::source::Span;
use std::collections::BTreeMap;
use syn::Expr;
use syn::visit::{self, Visit};

/// How a model ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End<'a> {
    Update,
    Save,
    Insert,
    /// With the conflict clause.
    Upsert(&'a Expr),
}

/// Which models end how.
#[derive(Debug, Default)]
pub(super) struct Marks<'a> {
    bindings: BTreeMap<Bound, Vec<End<'a>>>,
    /// By scope: everything that stands in these bytes.
    spans: BTreeMap<usize, Vec<(Span, End<'a>)>>,
    /// By scope: what stands in these bytes is put into a binding.
    owned: BTreeMap<usize, Vec<(Span, usize)>>,
    /// A binding goes into a list.
    pushed: Vec<(Bound, Bound)>,
    /// The entity that the call names which writes a binding.
    entities: BTreeMap<Bound, EntityPath>,
}

impl<'a> Marks<'a> {
    /// What goes into a list ends as the list does.
    pub(super) fn spread(&mut self) {
        for (pushed, list) in &self.pushed {
            let ends = self.bindings.get(list).cloned().unwrap_or_default();
            let own = self.bindings.entry(*pushed).or_default();
            for end in ends {
                if !own.contains(&end) {
                    own.push(end);
                }
            }
            if let Some(entity) = self.entities.get(list).cloned() {
                self.entities.entry(*pushed).or_insert(entity);
            }
        }
    }

    /// How a binding ends.
    pub(super) fn of_binding(&self, bound: Bound) -> Vec<End<'a>> {
        self.bindings.get(&bound).cloned().unwrap_or_default()
    }

    /// How what stands in these bytes ends.
    pub(super) fn of_span(&self, scope: usize, span: Span) -> Vec<End<'a>> {
        let marked = self.spans.get(&scope).into_iter().flatten();
        marked.filter(|(marked, _)| marked.contains(span)).map(|(_, end)| *end).collect()
    }

    /// The list that takes what stands in these bytes.
    pub(super) fn owner(&self, scope: usize, span: Span) -> Option<usize> {
        let owned = self.owned.get(&scope)?.iter();
        owned.rev().find(|(owned, _)| owned.contains(span)).map(|(_, id)| *id)
    }

    /// The entity that is named where a binding is written.
    pub(super) fn entity(&self, bound: Bound) -> Option<EntityPath> {
        self.entities.get(&bound).cloned()
    }
}

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// Notes where models end in a chain.
    pub(super) fn sinks(&mut self, chain: &Chain<'a>) {
        let Some(place) = self.place(chain.scope, chain.own) else { return };
        for link in &chain.links {
            let end = match link.method.to_string().as_str() {
                "save" if !link.args.is_empty() => End::Save,
                name if STORING.contains(&name) && !link.args.is_empty() => End::Update,
                "insert" if link.args.len() == 1 => End::Insert,
                "set" if link.args.len() == 1 && place.of(&link.receiver).is_some_and(|t| t.kind == Kind::Query) => {
                    if let Some(model) = link.args.first() {
                        self.mark(model, End::Update, place);
                    }
                    continue;
                }
                "push" | "extend" | "push_back" => {
                    if let (Some(id), Some(item)) = (place.binding(&link.receiver), link.args.first()) {
                        let span = self.span(item);
                        self.marks.owned.entry(chain.scope).or_default().push((span, id));
                        if let Some(pushed) = place.binding(item) {
                            self.marks.pushed.push(((chain.scope, pushed), (chain.scope, id)));
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if self.is_model(&link.receiver, place) {
                self.mark(&link.receiver, end, place);
            } else if link.args.len() == 1 {
                self.made_elsewhere(&link.receiver, end, place);
            }
        }
        let Some((call, path)) = chain.call() else { return };
        let Some(argument) = call.args.first() else { return };
        let [.., owner, function] = path.as_slice() else { return };
        let owned_by = |name: &str| owner == name;
        let named = place.of(chain.root).filter(|typed| typed.kind == Kind::Query).map(|typed| typed.entity);
        let may_be_model = named.is_some() && place.of(argument).is_none();
        if let (Some(entity), Some(id), false) = (named, place.binding(argument), owned_by("Update")) {
            self.marks.entities.entry((chain.scope, id)).or_insert(entity);
        }
        match function.as_str() {
            // `users::ActiveModel::update(am, db)` and `Entity::update(am)` alike.
            "update" | "one" | "update_one"
                if owned_by("Update")
                    || (function != "one"
                        && (owned_by("Entity") || may_be_model || self.is_model(argument, place))) =>
            {
                self.mark(argument, End::Update, place);
            }
            "save" if self.is_model(argument, place) => self.mark(argument, End::Save, place),
            "insert" | "insert_many" | "many" | "upsert" => {
                if (function == "many" && !owned_by("Insert")) || owned_by("Query") {
                    return;
                }
                let conflict = chain.links.iter().find(|link| link.method == "on_conflict");
                let end = match conflict.and_then(|link| link.args.first()) {
                    Some(clause) => End::Upsert(clause),
                    None => End::Insert,
                };
                self.mark(argument, end, place);
            }
            _ => {}
        }
    }

    /// Whether an expression is an active model, as far as it shows.
    fn is_model(&self, expr: &'a Expr, place: Place<'r, 'a, 's>) -> bool {
        if place.of(expr).is_some_and(|typed| typed.kind == Kind::ActiveModel) {
            return true;
        }
        place.binding(expr).is_some_and(|id| self.set_on.contains(&(place.index, id)))
    }

    fn mark(&mut self, expr: &'a Expr, end: End<'a>, place: Place<'r, 'a, 's>) {
        let span = self.span(expr);
        self.marks.spans.entry(place.index).or_default().push((span, end));
        self.made_here(expr, end, place);
        let mut paths = Paths(vec![]);
        paths.visit_expr(expr);
        for path in paths.0 {
            let mut id = place.binding(path);
            // A loop over models ends all of them.
            for _ in 0..4 {
                let Some(binding) = id else { break };
                let ends = self.marks.bindings.entry((place.index, binding)).or_default();
                if !ends.contains(&end) {
                    ends.push(end);
                }
                let source = place.scope.bindings.get(binding).and_then(|b| {
                    b.part_of.or(b.init.filter(|i| matches!(peel(i), Expr::Path(_) | Expr::MethodCall(_))))
                });
                id = source.map(|source| columns::chain(source).0).and_then(|root| place.binding(root));
            }
        }
    }
}

/// Names of locals, at any depth.
struct Paths<'e>(Vec<&'e Expr>);

impl<'e> Visit<'e> for Paths<'e> {
    fn visit_expr(&mut self, expr: &'e Expr) {
        if matches!(expr, Expr::Path(path) if path.path.get_ident().is_some()) {
            self.0.push(expr);
        }
        // What a literal is made of does not end with it.
        if !matches!(expr, Expr::Struct(_)) {
            visit::visit_expr(self, expr);
        }
    }
}
