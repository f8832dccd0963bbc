//! `OnConflict`: which columns an upsert overwrites, and with what.

use super::expressions::text;
use super::typing::{Place, peel};
use super::writes::field_of;
use crate::frontend::facts::{BuiltItem, SqlPiece};
use syn::Expr;

/// What a conflict clause does.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// The first column that is overwritten, as it is spelled.
    pub(super) column: Option<&'a Expr>,
    pub(super) items: Vec<BuiltItem>,
    pub(super) filter: Vec<SqlPiece>,
}

/// Reads a clause; `None` when it is built elsewhere.
pub(super) fn read<'a>(clause: &'a Expr, place: Place<'_, 'a, '_>) -> Option<Found<'a>> {
    let mut clause = clause;
    for _ in 0..4 {
        let (root, links) = super::columns::chain(clause);
        if let Expr::Path(_) = peel(root) {
            let id = place.binding(root)?;
            let binding = place.scope.bindings.get(id)?;
            let mut found = read_in(binding.init?, place)?;
            for chain in place.scope.chains_on(id) {
                take(&chain.links, place, &mut found);
            }
            return Some(found);
        }
        let _ = links;
        if let Expr::Call(call) = root {
            return read_in(clause, place).or_else(|| returned(call, place));
        }
        clause = match root {
            Expr::Block(block) => super::typing::last_of(&block.block)?,
            _ => return None,
        };
    }
    None
}

/// What a function of the file returns.
fn returned<'a>(call: &syn::ExprCall, place: Place<'_, 'a, '_>) -> Option<Found<'a>> {
    let Expr::Path(path) = &*call.func else { return None };
    let name = super::typing::parts(&path.path).pop()?;
    let (at, body) = place.file.clauses.get(&name).copied()?;
    let tree = place.file.reader.tree;
    let (index, scope) = tree.scopes.iter().enumerate().find(|(_, scope)| scope.range.0 == at && !scope.is_file)?;
    let inside = Place { scope, index, ..place };
    let last = super::typing::last_of(body)?;
    read_in(last, inside).or_else(|| {
        let (root, _) = super::columns::chain(last);
        let binding = inside.scope.bindings.get(inside.binding(root)?)?;
        let mut found = read_in(binding.init?, inside)?;
        for chain in inside.scope.chains_on(inside.binding(root)?) {
            take(&chain.links, inside, &mut found);
        }
        Some(found)
    })
}

fn read_in<'a>(clause: &'a Expr, place: Place<'_, 'a, '_>) -> Option<Found<'a>> {
    let (root, links) = super::columns::chain(clause);
    let Expr::Call(call) = root else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    if !path.path.segments.iter().any(|s| s.ident == "OnConflict") {
        return None;
    }
    let mut found = Found::default();
    take(&links, place, &mut found);
    Some(found)
}

fn take<'a>(links: &[&'a syn::ExprMethodCall], place: Place<'_, 'a, '_>, found: &mut Found<'a>) {
    let source = place.file.reader.source;
    let excluded = |column: &'a Expr, found: &mut Found<'a>| {
        if let Some(name) = place.column(column) {
            found.column = found.column.or(Some(column));
            let span = source.expr(column);
            let value = vec![SqlPiece::Excluded(name.clone())];
            found.items.push(BuiltItem { column: name, name_span: span, value, value_span: span });
        }
    };
    let assigned = |column: &'a Expr, value: &'a Expr, found: &mut Found<'a>| {
        if let Some(name) = place.column(column) {
            found.column = found.column.or(Some(column));
            let pieces = place.sql(value, Some(&field_of(&name)));
            let (name_span, value_span) = (source.expr(column), source.expr(value));
            found.items.push(BuiltItem { column: name, name_span, value: pieces, value_span });
        }
    };
    for link in links {
        match (link.method.to_string().as_str(), link.args.first(), link.args.get(1)) {
            ("update_column", Some(column), _) => excluded(column, found),
            ("update_columns", Some(list), _) => {
                for column in place.list(list) {
                    excluded(column, found);
                }
            }
            ("value" | "update_expr", Some(column), Some(value)) => assigned(column, value, found),
            ("values" | "update_exprs", Some(list), _) => {
                for pair in place.list(list) {
                    if let Expr::Tuple(pair) = peel(pair)
                        && let (Some(column), Some(value)) = (pair.elems.first(), pair.elems.get(1))
                    {
                        assigned(column, value, found);
                    }
                }
            }
            ("action_and_where" | "action_cond_where", Some(condition), _) => {
                if !found.filter.is_empty() {
                    found.filter.extend(text(" AND "));
                }
                found.filter.extend(place.condition(condition));
            }
            _ => {}
        }
    }
}
