//! Upserts whose rows are built elsewhere: what they overwrite stands in the clause.

use super::Writer;
use crate::frontend::facts::{BuiltItem, BuiltKind, BuiltWrite, EntityPath};
use crate::frontend::rust::sea_orm::conflict::{self, Found};
use crate::frontend::rust::sea_orm::typing::{Place, parts, peel};
use crate::source::Span;
use syn::Expr;

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// Emits an upsert, unless another one has told of its clause.
    pub(super) fn upsert(
        &mut self,
        entity: Option<EntityPath>,
        inserted: Vec<BuiltItem>,
        set: Found<'a>,
        clause: Span,
        place: Place<'r, 'a, 's>,
    ) {
        if set.items.is_empty() || set.items.iter().any(|item| self.told.contains(&item.name_span)) {
            return;
        }
        self.told.extend(set.items.iter().map(|item| item.name_span));
        let own = set.items.iter().all(|item| clause.contains(item.name_span));
        let spans = set.items.iter().map(|item| item.name_span);
        // A clause that another function returns is shown where it stands.
        let span = spans.reduce(Span::join).map_or(clause, |span| if own { span.join(clause) } else { span });
        let statement = self.statement(BuiltKind::Upsert, set.items, span, place);
        self.writes.push(BuiltWrite { entity, inserted, filter: set.filter, ..statement });
    }

    /// Emits the upserts whose rows are built elsewhere.
    pub(super) fn upserts(&mut self) {
        for chain in &self.found.chains {
            let Some(place) = self.place(chain.scope, chain.own) else { continue };
            let Some((call, path)) = chain.call() else { continue };
            let [owner @ .., function] = path.as_slice() else { continue };
            let link = chain.links.iter().find(|link| link.method == "on_conflict");
            let Some(clause) = link.and_then(|link| link.args.first()) else { continue };
            let of_query = owner.last().is_none_or(|owner| owner == "Query");
            if of_query || !matches!(function.as_str(), "insert" | "insert_many" | "one" | "many") {
                continue;
            }
            let Some(set) = conflict::read(clause, place) else { continue };
            let entity = match owner {
                [own] if own == "Self" => {
                    let own = place.scope.self_type.clone().into_iter().collect::<Vec<_>>();
                    Some(self.file.imports.resolve(&own, place.at(clause)))
                }
                [.., own] if own == "Insert" => {
                    let typed = call.args.first().and_then(|row| place.of(row)).map(|typed| typed.entity);
                    typed.or_else(|| set.column.and_then(|column| self.column_entity(column, place)))
                }
                _ => Some(self.file.imports.resolve(owner, place.at(chain.expr))),
            };
            let inserted = call.args.first().map(|row| self.made_row(row, place)).unwrap_or_default();
            self.upsert(entity, inserted, set, self.span(clause), place);
        }
    }

    /// What a function of the file puts into the row that it makes.
    fn made_row(&self, row: &'a Expr, place: Place<'r, 'a, 's>) -> Vec<BuiltItem> {
        let row = match peel(row) {
            path @ Expr::Path(_) => {
                let binding = place.binding(path).and_then(|id| place.scope.bindings.get(id));
                binding.and_then(|binding| binding.init).map_or(path, peel)
            }
            other => other,
        };
        let Expr::Call(call) = row else { return vec![] };
        let Expr::Path(path) = &*call.func else { return vec![] };
        parts(&path.path).last().and_then(|name| self.made.get(name)).cloned().unwrap_or_default()
    }

    /// Emits the clauses that nothing in the file uses: others do.
    pub(super) fn clauses(&mut self) {
        for chain in &self.found.chains {
            let of_clause = chain.call().is_some_and(|(_, path)| path.iter().any(|part| part == "OnConflict"));
            let Some(place) = self.place(chain.scope, chain.own).filter(|_| of_clause) else { continue };
            let Some(set) = conflict::read(chain.expr, place) else { continue };
            let Some(entity) = set.column.and_then(|column| self.column_entity(column, place)) else { continue };
            self.upsert(Some(entity), vec![], set, self.span(chain.expr), place);
        }
    }
}
