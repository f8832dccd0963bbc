//! Upserts whose rows are built elsewhere: what they overwrite stands in the clause.

use super::Writer;
use crate::frontend::facts::{BuiltKind, BuiltWrite};
use crate::frontend::rust::sea_orm::conflict;

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// Emits the upserts whose rows are built elsewhere: what they overwrite stands in the clause.
    pub(super) fn upserts(&mut self) {
        for chain in &self.found.chains {
            let Some(place) = self.place(chain.scope, chain.self_model) else { continue };
            let Some((_, path)) = chain.call() else { continue };
            let [owner @ .., function] = path.as_slice() else { continue };
            let link = chain.links.iter().find(|link| link.method == "on_conflict");
            let Some(clause) = link.and_then(|link| link.args.first()) else { continue };
            let clause_span = self.span(clause);
            let told = self.writes.iter().any(|write| {
                write.kind == BuiltKind::Upsert && write.set.iter().any(|item| clause_span.contains(item.name_span))
            });
            if told || owner.is_empty() || !matches!(function.as_str(), "insert" | "insert_many" | "one" | "many") {
                continue;
            }
            let Some(set) = conflict::read(clause, place).filter(|set| !set.items.is_empty()) else { continue };
            if self.writes.iter().any(|write| {
                write.kind == BuiltKind::Upsert
                    && set.items.iter().any(|item| write.set.iter().any(|o| o.name_span == item.name_span))
            }) {
                continue;
            }
            let entity = match owner {
                [own] if own == "Self" => {
                    let own = place.scope.self_type.clone().into_iter().collect::<Vec<_>>();
                    Some(self.file.imports.resolve(&own, clause_span.start as usize))
                }
                [own] if own == "Insert" => None,
                _ => Some(self.file.imports.resolve(owner, place.at(chain.expr))),
            };
            let span = set.items.iter().fold(clause_span, |span, item| span.join(item.name_span));
            let statement = self.statement(BuiltKind::Upsert, set.items, span, place.test);
            self.writes.push(BuiltWrite { entity, filter: set.filter, ..statement });
        }
    }
}
