//! What the other assignments of a statement say of it: `COALESCE($n, column)` keeps a column for which nothing is given,
//! so that the statement is a partial update.

use super::environment::find;
use super::infer::{is_bound_word, is_word};
use super::reads;
use super::writes::ColumnWrite;
use crate::document::survival::Word;
use crate::frontend::facts::{Bind, Sign, SignKind};
use crate::frontend::sql::{Assigned, SqlWrite, bare, named_column, number_of};
use crate::source::{FileId, Site, Span};
use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

/// Tells each of the `writes` which columns its statement protects. `all` are the writes of the same text, on columns of
/// every kind.
pub(super) fn protect(writes: &mut [ColumnWrite], all: &[SqlWrite]) {
    if writes.is_empty() {
        return;
    }
    let merged: Vec<(Span, String, Site, bool)> = writes
        .iter()
        .filter(|write| matches!(write.survival.word, Word::Stale | Word::Kept) || write.is_through_type())
        .filter(|write| write.value.holds_old())
        .map(|write| {
            let by_database = write.survival.word == Word::Kept;
            (write.sql.statement, write.column.name.clone(), write.site, by_database)
        })
        .collect();
    let protected: Vec<(&SqlWrite, String)> =
        all.iter().filter_map(|other| protected_column(other).map(|column| (other, column))).collect();
    for write in writes {
        let own: Vec<_> = merged
            .iter()
            .filter(|(statement, _, site, _)| *statement == write.sql.statement && *site != write.site)
            .collect();
        // One that is read, changed and put back stands for itself; several show how the row is treated.
        if own.len() > 1 || own.iter().any(|(.., by_database)| *by_database) {
            write.merged_siblings = own.into_iter().map(|(_, column, site, _)| (column.clone(), *site)).collect();
        }
        let of_statement = protected.iter().filter(|(other, _)| {
            other.statement == write.sql.statement && other.table == write.sql.table && other.verb == write.verb
        });
        let others = of_statement.filter(|(_, column)| !column.eq_ignore_ascii_case(&write.column.name));
        let file = write.file;
        write.protected_siblings =
            others.map(|(other, column)| (column.clone(), Site { file, span: other.assignment })).collect();
        write.goes_to = state(write, all);
    }
}

/// The column that the statement sets to a constant word beside the document.
fn state(write: &ColumnWrite, all: &[SqlWrite]) -> Option<(String, Site)> {
    let same = |other: &&SqlWrite| other.statement == write.sql.statement && other.table == write.sql.table;
    all.iter().filter(same).find_map(|other| {
        let (Assigned::Value(value), [column]) = (&other.value, other.target.as_slice()) else { return None };
        let Expr::Value(value) = bare(value) else { return None };
        let is_state = match &value.value {
            Value::SingleQuotedString(text) => is_word(text),
            Value::Placeholder(name) => find(&write.binds, name, number_of(value.span)).is_some_and(is_bound_word),
            _ => false,
        };
        is_state.then(|| (column.text.clone(), Site { file: write.file, span: other.assignment }))
    })
}

/// The sign that another column of the statement keeps its value when none is given. `all` as in [`protect`].
pub(super) fn sign(write: &SqlWrite, all: &[SqlWrite], file: FileId) -> Option<Sign> {
    let mut others = all.iter().filter(|other| {
        other.statement == write.statement && other.table == write.table && other.assignment != write.assignment
    });
    let (other, column) = others.find_map(|other| Some((other, protected_column(other)?)))?;
    let site = Site { file, span: other.assignment };
    let words = format!("`{column}` beside it keeps its value when none is given");
    Some(Sign { kind: SignKind::SiblingProtected, site, words })
}

/// The columns that the statement moves on: those that it assigns, without those that may keep their value.
pub(super) fn moved(write: &SqlWrite, all: &[SqlWrite]) -> Vec<String> {
    let same = |other: &&SqlWrite| other.statement == write.statement && other.table == write.table;
    let kept: Vec<String> = all.iter().filter(same).filter_map(protected_column).collect();
    let is_kept = |column: &String| kept.iter().any(|kept| kept.eq_ignore_ascii_case(column));
    write.together.iter().filter(|column| !is_kept(column)).cloned().collect()
}

/// Whether the statement sets a column to the very value that its condition compares it with.
pub(super) fn stays(write: &SqlWrite, all: &[SqlWrite], column: &str, binds: &[Bind]) -> bool {
    let is_it = |name: &str| name.eq_ignore_ascii_case(column);
    let setter = all.iter().find(|other| {
        other.statement == write.statement && other.target.last().is_some_and(|target| is_it(&target.text))
    });
    let Some(Assigned::Value(value)) = setter.map(|setter| &setter.value) else { return false };
    let proposed = match bare(value) {
        Expr::CompoundIdentifier(parts) if parts.first().is_some_and(|part| is_excluded(&part.value)) => {
            let name = parts.last().map_or("", |part| part.value.as_str());
            let inserted = write.inserted.iter().find(|(inserted, _)| inserted.eq_ignore_ascii_case(name));
            inserted.and_then(|(_, values)| if let [only] = values.as_slice() { Some(only) } else { None })
        }
        _ => Some(value),
    };
    let set_to = proposed.and_then(|value| reads::value(value, binds));
    let compared = reads::key(write.predicate.as_deref(), binds);
    set_to.is_some_and(|set_to| compared.iter().any(|(name, value)| is_it(name) && *value == set_to))
}

fn is_excluded(name: &str) -> bool {
    name.eq_ignore_ascii_case("excluded")
}

/// The column that keeps its value when the statement is given none.
fn protected_column(write: &SqlWrite) -> Option<String> {
    let (Assigned::Value(value), Some(target)) = (&write.value, write.target.last()) else { return None };
    let Expr::Function(function) = bare(value) else { return None };
    let name = function.name.to_string();
    if !["coalesce", "ifnull", "nvl"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(first)), .., FunctionArg::Unnamed(FunctionArgExpr::Expr(fallback))] =
        list.args.as_slice()
    else {
        return None;
    };
    let own = named_column(fallback).is_some_and(|name| name.eq_ignore_ascii_case(&target.text));
    (own && is_given(first)).then(|| target.text.clone())
}

/// A value from outside: a placeholder, or the proposed row's column.
fn is_given(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        Expr::CompoundIdentifier(parts) => parts.first().is_some_and(|name| is_excluded(&name.value)),
        _ => false,
    }
}
