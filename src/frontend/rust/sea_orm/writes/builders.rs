//! `update_many().col_expr(..)` and sea-query's own statements.

use super::{Writer, field_of};
use crate::frontend::facts::{BuiltItem, BuiltKind, BuiltWrite, EntityPath, SqlPiece};
use crate::frontend::rust::sea_orm::binding::opaque;
use crate::frontend::rust::sea_orm::expressions::text;
use crate::frontend::rust::sea_orm::typing::{Kind, Place, column_path, parts, peel};
use crate::frontend::rust::sea_orm::walk::Chain;
use crate::frontend::rust::sea_orm::{columns, conflict};
use crate::source::Span;
use std::collections::BTreeSet;
use syn::{Expr, ExprMethodCall};

/// Methods of an update that are given something and do not narrow down which rows it writes. Any other, those of the
/// project's own traits as well, may.
const NO_CONDITION: &[&str] = &[
    "build",
    "col_expr",
    "exec",
    "exec_with_returning",
    "execute",
    "from",
    "one",
    "order_by",
    "order_by_asc",
    "order_by_desc",
    "returning",
    "returning_col",
    "set",
    "table",
    "to_string",
    "value",
    "values",
    "with",
];

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// `update_many().col_expr(..)`, `Query::update().value(..)`, `Query::insert().on_conflict(..)`.
    pub(super) fn builders(&mut self, chain: &Chain<'a>) {
        let Some(place) = self.place(chain.scope, chain.own) else { return };
        let (query, around) = self.around(chain, place);
        match query.as_deref() {
            // A local that holds one is read where it is made.
            Some("insert") if chain.call().is_none() => return,
            Some("insert") => return self.insert(chain, &around, place),
            None | Some("update") => {}
            _ => return,
        }
        let mut set = vec![];
        let mut entity = None;
        let mut table = None;
        let mut filter: Vec<SqlPiece> = vec![];
        let by_name = query.is_some();
        let mut other = false;
        let mut of_table = None;
        for link in &chain.links {
            match (link.method.to_string().as_str(), link.args.first(), link.args.get(1)) {
                ("col_expr", Some(column), Some(value)) => {
                    entity = entity.or_else(|| self.column_entity(column, place));
                    set.extend(self.assignment(column, value, place));
                }
                ("value", Some(column), Some(value)) if by_name => {
                    entity = entity.or_else(|| self.column_entity(column, place));
                    set.extend(self.assignment(column, value, place));
                }
                ("values", Some(list), None) if by_name => {
                    for pair in place.list(list) {
                        if let Expr::Tuple(pair) = pair
                            && let (Some(column), Some(value)) = (pair.elems.first(), pair.elems.get(1))
                        {
                            set.extend(self.assignment(column, value, place));
                        }
                    }
                }
                _ => {}
            }
        }
        if set.is_empty() {
            return;
        }
        for link in &around {
            match (link.method.to_string().as_str(), link.args.first(), link.args.get(1)) {
                ("table", Some(name), None) if by_name => match peel(name) {
                    Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Entity") => {
                        of_table = place.of(name).map(|typed| typed.entity);
                    }
                    other => table = self.file.idens.table(other),
                },
                ("filter" | "and_where" | "cond_where" | "and_where_option" | "and_having", Some(condition), _) => {
                    if !filter.is_empty() {
                        filter.extend(text(" AND "));
                    }
                    filter.extend(place.condition(condition));
                }
                (method, Some(_), _) => other |= !NO_CONDITION.contains(&method),
                _ => {}
            }
        }
        if entity.is_none() || !by_name {
            let typed = place.of(chain.root).filter(|typed| typed.kind == Kind::Query);
            entity = typed.map(|typed| typed.entity).or(entity);
        }
        // A chain that starts at a local has its conditions elsewhere.
        if filter.is_empty() && (other || chain.call().is_none()) {
            filter.push(SqlPiece::Key);
        }
        if table.is_some() {
            entity = None;
        }
        entity = of_table.or(entity);
        let statement = self.statement(BuiltKind::Update, set, self.span(chain.expr), place);
        self.writes.push(BuiltWrite { entity, table, filter, ..statement });
    }

    /// The function of sea-query's `Query` that a chain starts at, and all methods that are called on what it makes.
    fn around(&mut self, chain: &Chain<'a>, place: Place<'r, 'a, 's>) -> (Option<String>, Vec<&'a ExprMethodCall>) {
        let function = |root: &Expr| match root {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => match parts(&path.path).as_slice() {
                    [.., owner, function] if owner == "Query" => Some(function.clone()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let held = match function(chain.root) {
            Some(_) => self.holder(self.span(chain.root), place),
            None => place.binding(chain.root),
        };
        let init = held.and_then(|id| place.scope.bindings.get(id)).and_then(|binding| binding.init);
        let (Some(id), Some((root, links))) = (held, init.map(columns::chain)) else {
            return (function(chain.root), chain.links.clone());
        };
        let query = function(root);
        if query.is_none() {
            return (function(chain.root), chain.links.clone());
        }
        let later = place.scope.chains_on(id).flat_map(|later| later.links.iter().copied());
        (query, links.into_iter().chain(later).collect())
    }

    /// `Query::insert()`.
    fn insert(&mut self, chain: &Chain<'a>, links: &[&'a ExprMethodCall], place: Place<'r, 'a, 's>) {
        let mut table = None;
        let mut columns: Vec<&Expr> = vec![];
        let mut values: Vec<&Expr> = vec![];
        let mut clause = None;
        let mut replace = false;
        for link in links {
            match (link.method.to_string().as_str(), link.args.first()) {
                ("into_table", Some(name)) => table = self.file.idens.table(peel(name)),
                ("columns", Some(list)) => columns = place.list(list),
                ("values" | "values_panic", Some(list)) if values.is_empty() => values = place.list(list),
                ("on_conflict", Some(conflict)) => clause = Some(conflict),
                ("replace", None) => replace = true,
                _ => {}
            }
        }
        let Some(table) = table else { return };
        let mut inserted = vec![];
        for (i, column) in columns.iter().enumerate() {
            let Some(name) = place.column(column) else { continue };
            let name_span = self.span(column);
            let (value, value_span) = match values.get(i) {
                Some(value) => (place.sql(value, None), self.span(value)),
                None => (vec![SqlPiece::Bind(opaque("a value", name_span))], name_span),
            };
            inserted.push(BuiltItem { column: name, name_span, value, value_span });
        }
        let set = match clause.map(|clause| conflict::read(clause, place)) {
            Some(Some(found)) => found,
            _ if replace => conflict::Found::default(),
            _ => return,
        };
        let kind = if replace { BuiltKind::Replace } else { BuiltKind::Upsert };
        if kind == BuiltKind::Upsert && set.items.is_empty() {
            return;
        }
        self.told.extend(set.items.iter().map(|item| item.name_span));
        let statement = self.statement(kind, set.items, self.span(chain.expr), place);
        self.writes.push(BuiltWrite { table: Some(table), inserted, filter: set.filter, ..statement });
    }

    /// The entity that a column names.
    pub(super) fn column_entity(&self, column: &Expr, place: Place<'r, 'a, 's>) -> Option<EntityPath> {
        let (path, _) = column_path(column)?;
        let resolved = self.file.imports.resolve(&path, place.at(column));
        // A bare `Column` that nothing imports by name may be anyone's.
        (resolved.path.len() > 1).then_some(resolved)
    }

    fn assignment(&self, column: &'a Expr, value: &'a Expr, place: Place<'r, 'a, 's>) -> Option<BuiltItem> {
        let name = place.column(column)?;
        let pieces = place.sql(value, Some(&field_of(&name)));
        Some(BuiltItem { column: name, name_span: self.span(column), value: pieces, value_span: self.span(value) })
    }

    /// `vec![(Column::X, Expr::value(..))]`, handed to something that updates.
    pub(super) fn pairs(&mut self) {
        let told = self.writes.iter().flat_map(|write| &write.set).map(|item| item.name_span);
        let told: BTreeSet<Span> = told.collect();
        for pair in &self.found.pairs {
            let Some(place) = self.place(pair.scope, pair.own) else { continue };
            let Some((path, _)) = column_path(pair.column) else { continue };
            let span = self.span(pair.column).join(self.span(pair.value));
            if !place.is_sql(pair.value, 0) || told.contains(&self.span(pair.column)) {
                continue;
            }
            let entity = Some(self.file.imports.resolve(&path, place.at(pair.column)));
            let Some(item) = self.assignment(pair.column, pair.value, place) else { continue };
            let statement = self.statement(BuiltKind::Update, vec![item], span, place);
            self.writes.push(BuiltWrite { entity, filter: vec![SqlPiece::Key], ..statement });
        }
    }
}
