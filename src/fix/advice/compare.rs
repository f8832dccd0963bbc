//! A write that is made only if nobody else has written since the read: what is compared, and the statement that does it.
//!
//! PostgreSQL compares documents as such. The others compare text, of which nobody knows how the database spells it; there
//! a column that counts the versions of the row is compared. The new statement is read again before it is shown: it must
//! hold the comparison as a condition of the whole.

use super::shown;
use crate::document::Document;
use crate::fix::suggestion::Fix;
use crate::fix::{Fixer, folded, qualifier, sea_orm, target, text};
use crate::frontend::sql::{Dialect, Verb};
use crate::project::around::EarlierRead;
use crate::project::catalog::ColumnKind;
use crate::project::respelled::reguarded;
use crate::project::writes::ColumnWrite;

/// Longest statement that is shown whole, in bytes.
const WHOLE: usize = 160;

/// Names for a column of versions, the best first.
const NAMES: [&str; 3] = ["version", "row_version", "lock_version"];

/// What is compared.
pub(in crate::fix) enum Compared {
    /// The document itself.
    Document,
    /// A column that counts the versions of the row.
    Version {
        /// Its name.
        name: String,
        /// Nothing shows such a column: it has to be added.
        is_new: bool,
    },
}

/// The comparison, or why there is none, as the end of a sentence.
pub(super) fn of(write: &ColumnWrite, read: &EarlierRead, fixer: &Fixer<'_>) -> Result<Fix, Option<String>> {
    if let Some(guard) = &write.guard {
        let again = "look at how many rows were written, and read again if it was none";
        return Err(Some(format!("{} already; {again}", guard.words)));
    }
    match (write.verb, write.dialect) {
        (Verb::Upsert, Dialect::Mysql) => {
            return Err(Some("`ON DUPLICATE KEY UPDATE` takes no condition: lock the row when it is read".to_owned()));
        }
        (Verb::Merge | Verb::Replace, _) => {
            return Err(Some("the statement takes no further condition: lock the row when it is read".to_owned()));
        }
        _ => {}
    }
    let compared = compared(write, fixer);
    let title = match &compared {
        Compared::Document => {
            "write only if the document is still the one that was read, as it came, and read it again if it is not"
                .to_owned()
        }
        Compared::Version { name, is_new: false } => {
            format!("write only if `{name}` is still the one that was read, and read again if it is not")
        }
        Compared::Version { name, is_new: true } => format!(
            "add a column `{name}` that every write counts up, and write only if it is still the one that was read"
        ),
    };
    if write.built {
        let (before, after) = sea_orm::compared(write, read, &compared, fixer);
        return Ok(shown(&title, &before, &after));
    }
    let (before, after) = statement(write, &compared)
        .ok_or_else(|| Some("the statement is not understood well enough to give it a condition".to_owned()))?;
    Ok(shown(&title, &before, &after))
}

/// What can be compared for certain.
fn compared(write: &ColumnWrite, fixer: &Fixer<'_>) -> Compared {
    // What went through a type may have lost keys on the way: it is not what the column holds.
    let mut typed = false;
    write.value.visit(&mut |document| typed |= matches!(document, Document::Retype { .. }));
    let is_json = matches!(write.column.kind, ColumnKind::Jsonb | ColumnKind::Json);
    if write.dialect == Dialect::Postgres && is_json && !typed {
        return Compared::Document;
    }
    if let Some(name) = fixer.version_of(write) {
        return Compared::Version { name, is_new: false };
    }
    let columns = fixer.columns_of(write);
    let free = |name: &&str| !columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let name = NAMES.into_iter().find(free).unwrap_or("version_of_the_row");
    Compared::Version { name: name.to_owned(), is_new: true }
}

/// The statement, or what changes of it, before and after.
fn statement(write: &ColumnWrite, compared: &Compared) -> Option<(String, String)> {
    let sql = write.sql.statement_sql.trim_end().trim_end_matches(';').trim_end();
    let range = write.sql.assignment_in_statement.clone();
    let (head, assignment, tail) = (sql.get(..range.start)?, sql.get(range.clone())?, sql.get(range.end..)?);
    let (counted, condition) = condition(write, compared, &next_placeholder(write))?;
    let clause = text::condition(tail);
    let set = tail.get(..clause.set_end())?;
    let (old, joined) = match &clause.condition {
        Some(range) => {
            let old = tail.get(range.clone())?.trim();
            let closed = if text::joins_loosely(old) { format!("({old})") } else { old.to_owned() };
            (format!(" WHERE {old}"), format!("WHERE {closed} AND {condition}"))
        }
        None => (String::new(), format!("WHERE {condition}")),
    };
    let rest = tail.get(clause.end..)?;
    let space = if rest.is_empty() || rest.starts_with(')') { "" } else { " " };
    let after = format!("{head}{assignment}{counted}{} {joined}{space}{}", set.trim_end(), rest.trim_start());
    let guard = reguarded(write, &after)?;
    let is_it = match compared {
        Compared::Document => guard.compares_document,
        Compared::Version { name, .. } => guard.column.eq_ignore_ascii_case(name),
    };
    if !is_it {
        return None;
    }
    if sql.len() <= WHOLE && !sql.contains('\n') {
        return Some((sql.to_owned(), after));
    }
    let assignment = folded(assignment);
    Some((
        format!("{assignment} ..{}", folded_after_space(&old)),
        format!("{assignment}{counted} .. {}", folded(&joined)),
    ))
}

fn folded_after_space(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {}", folded(text)) }
}

/// What is assigned beside the document, and the condition.
fn condition(write: &ColumnWrite, compared: &Compared, placeholder: &str) -> Option<(String, String)> {
    match compared {
        Compared::Document => Some((String::new(), of_document(write, placeholder)?)),
        Compared::Version { name, .. } => {
            let name = text::quote_if_needed(name, write.dialect);
            let column = qualifier(write).map_or_else(|| name.clone(), |table| format!("{table}.{name}"));
            let target = target(write)?;
            let assigned = target.assigned();
            let left = match assigned.rsplit_once('.') {
                Some((table, _)) if write.dotted.is_none() => format!("{table}.{name}"),
                _ => name,
            };
            Some((format!(", {left} = {column} + 1"), format!("{column} = {placeholder}")))
        }
    }
}

/// The comparison of documents on PostgreSQL: `json` has no `=`, and nothing equals NULL.
pub(in crate::fix) fn of_document(write: &ColumnWrite, placeholder: &str) -> Option<String> {
    let cast = if write.column.kind == ColumnKind::Json { "::jsonb" } else { "" };
    let operator = if write.column.nullable == Some(false) { "=" } else { "IS NOT DISTINCT FROM" };
    Some(format!("{}{cast} {operator} {placeholder}", target(write)?.column))
}

/// The next placeholder, in the style of the statement.
fn next_placeholder(write: &ColumnWrite) -> String {
    let sql = &write.sql.statement_sql;
    let bound = write.binds.iter().map(|bind| bind.index).max().unwrap_or_default();
    let numbered = |sign: char| {
        let after = |at: usize| sql.get(at + 1..).unwrap_or_default();
        let digits = |at: usize| after(at).chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
        sql.match_indices(sign).filter_map(|(at, _)| digits(at)).max()
    };
    let next = |highest: usize| highest.max(bound) + 1;
    match (numbered('$'), numbered('?')) {
        (Some(highest), _) => format!("${}", next(highest)),
        (None, Some(highest)) => format!("?{}", next(highest)),
        (None, None) if write.dialect == Dialect::Postgres => format!("${}", next(0)),
        (None, None) => "?".to_owned(),
    }
}
