//! What can be done where no expression repairs a write: it is shown, with the statement that it concerns, and never made.
//!
//! A document that comes back from the program with changes nobody can follow needs a lock or a comparison; a `REPLACE`
//! needs a statement that leaves the rest of the row alone.

use super::suggestion::{Applicability, Fix};
use super::{Fixer, folded, rebind, sea_orm, text};
use crate::document::survival::{NullWhen, Word};
use crate::document::{Document, Path, Step};
use crate::frontend::sql::{Dialect, Verb, without_holes};
use crate::project::around::EarlierRead;
use crate::project::catalog::ColumnKind;
use crate::project::writes::ColumnWrite;
use std::ops::Range;

/// Longest source of a read that is shown, in bytes.
const LONGEST: usize = 300;

/// The advice, or why there is none, as the end of a sentence; `None` where nothing needs to be said.
pub(super) fn of(write: &ColumnWrite, fixer: &Fixer<'_>) -> Result<Fix, Option<String>> {
    let is_reset = write.survival.labels.contains(&"reset");
    if write.verb == Verb::Replace {
        return replaced(write).ok_or(None);
    }
    match write.survival.word {
        Word::Kept | Word::Unknown => Err(None),
        _ if write.survival.labels.contains(&"always-fails") => {
            Err(Some("what the statement was meant to do does not show".to_owned()))
        }
        Word::Lost if is_reset => Err(None),
        Word::MayBeNull if write.survival.null_when.contains(&NullWhen::Always) => Err(None),
        Word::NestedLost => nested(write, fixer)
            .ok_or_else(|| Some("which keys of the nested objects are meant to change does not show".to_owned())),
        _ => match write.reads.first() {
            Some(read) => Ok(guarded(write, read, fixer)),
            None => Err(Some(format!("which keys of `{}` are meant to change does not show", write.column.name))),
        },
    }
}

/// A nested object that is replaced: how the database merges what changes in it.
fn nested(write: &ColumnWrite, fixer: &Fixer<'_>) -> Option<Fix> {
    const TITLE: &str = "merge what changes in the nested object into it, in the database";
    let mut keys = None;
    write.value.visit(&mut |document| {
        if let (None, Document::Set { path: Path::Steps(steps), .. }) = (&keys, document) {
            let name = |step: &Step| match step {
                Step::Key(key) | Step::Name(key) => Some(key.clone()),
                _ => None,
            };
            keys = steps.iter().map(name).collect::<Option<Vec<String>>>().filter(|keys| !keys.is_empty());
        }
    });
    let (keys, target) = (keys?, super::target(write)?);
    let placeholder = match write.dialect {
        Dialect::Postgres => "$1",
        Dialect::Mysql | Dialect::Sqlite => "?",
    };
    // What is spelled in the statement is not bound.
    let given = text::value_of(write).and_then(text::placeholder)?;
    if target.assigned().contains('[') {
        return None;
    }
    let templates = super::templates(write.dialect);
    let value = templates.set(&target, &[(keys.clone(), templates.merged_below(&target, &keys, given)?)])?;
    let before = fixer.files.text(write.site);
    if write.built {
        let value = value.replace(given, placeholder);
        return Some(shown(TITLE, before, &sea_orm::statement(write, &value, fixer)));
    }
    let range = write.sql.assignment_in_statement.clone();
    Some(shown(TITLE, write.sql.statement_sql.get(range)?, &target.assignment(&value)))
}

fn shown(title: &str, before: &str, after: &str) -> Fix {
    let patch = vec![(folded(&without_holes(before)), without_holes(after))];
    Fix { applicability: Applicability::Display, title: title.to_owned(), edits: vec![], patch }
}

/// A document that was read: lock the row, compare what was read, or do not write it at all.
fn guarded(write: &ColumnWrite, read: &EarlierRead, fixer: &Fixer<'_>) -> Fix {
    let bound = crate::project::bound::of_assignment(write);
    let source = bound.first().map_or("", |(_, bind)| bind.source.as_str());
    if write.built && is_read(&write.value, source) && sea_orm::is_model(write, fixer) {
        let title = "leave the column out where nothing is changed in it, and change it by keys where something is";
        let spelled = fixer.files.text(write.site);
        let value = write.sql.value_span.start.saturating_sub(write.site.span.start) as usize;
        let head = spelled.get(..value).unwrap_or_default();
        return shown(title, spelled, &format!("{}NotSet", folded_head(head)));
    }
    if let Some(lock) = locked(write, read, fixer) {
        return lock;
    }
    let title = "write only if the document is still the one that was read, and read it again if it is not";
    let column = match write.column.kind {
        ColumnKind::Json if write.dialect == Dialect::Postgres => format!("{}::jsonb", column(write)),
        _ => column(write),
    };
    if write.built {
        let (before, after) = sea_orm::compared(write, read, fixer);
        return shown(title, &before, &after);
    }
    let statement = write.sql.statement_sql.trim().trim_end_matches(';');
    let numbered = matches!(write.dialect, Dialect::Postgres);
    let next = write.binds.iter().map(|bind| bind.index).max().unwrap_or_default() + 1;
    let old = if numbered { format!("${next}") } else { "?".to_owned() };
    let word = if write.sql.predicate.is_some() { "AND" } else { "WHERE" };
    let condition = format!("{word} {column} = {old}");
    let whole = !statement.contains('\n') && !statement.to_ascii_lowercase().contains(" returning ");
    let after = if whole { format!("{statement} {condition}") } else { format!(".. {condition} ..") };
    let before = if whole {
        statement
    } else {
        write.sql.statement_sql.get(write.sql.assignment_in_statement.clone()).unwrap_or("")
    };
    shown(title, before, &after)
}

fn column(write: &ColumnWrite) -> String {
    text::quote_if_needed(&write.column.name, write.dialect)
}

/// Whether a value is a document as it was read, and nothing else. `source` hands it on without a change.
fn is_read(value: &Document, source: &str) -> bool {
    match value {
        Document::Through { of, .. } => match of.as_slice() {
            [of] => is_read(of, source) && rebind::variable(source).is_some_and(|found| found.text.contains('.')),
            _ => false,
        },
        Document::Read(_) => true,
        Document::Cast { of, .. } | Document::Retype { of, .. } => is_read(of, source),
        _ => false,
    }
}

/// The statement that reads the row, with a lock; `None` where the database has none, or the read does not show.
fn locked(write: &ColumnWrite, read: &EarlierRead, fixer: &Fixer<'_>) -> Option<Fix> {
    const TITLE: &str = "lock the row when it is read, and read and write it in one transaction";
    let site = read.site.filter(|_| !read.handed_in && !read.locks && write.dialect != Dialect::Sqlite)?;
    let source = fixer.files.text(site);
    if source.len() > LONGEST {
        return None;
    }
    if let Some(at) = source.rfind(".one(").or_else(|| source.rfind(".all(")) {
        let (head, tail) = source.split_at(at);
        let (before, after) = (folded(source), format!("{}.lock_exclusive(){}", folded(head), folded(tail)));
        return Some(shown(TITLE, &before, &after.replace(" .", ".")));
    }
    let body = literal(source)?;
    let query = source.get(body)?;
    if !query.trim_start().get(..6)?.eq_ignore_ascii_case("select") {
        return None;
    }
    Some(shown(TITLE, query, &format!("{} FOR UPDATE", folded(query.trim_end().trim_end_matches(';')))))
}

/// The first string literal of a source, between its quotes.
fn literal(source: &str) -> Option<Range<usize>> {
    let start = source.find('"')? + 1;
    let raw = source.get(..start - 1)?.ends_with(['r', '#']);
    let end = source.get(start..)?.find('"')? + start;
    let body = source.get(start..end)?;
    (raw || !body.contains('\\')).then_some(start..end)
}

/// `INSERT OR REPLACE`: an upsert that names what it changes.
fn replaced(write: &ColumnWrite) -> Option<Fix> {
    const TITLE: &str = "write an upsert that leaves the other columns and keys alone: a REPLACE deletes the row first";
    let statement = write.sql.statement_sql.trim().trim_end_matches(';');
    let lower = statement.to_ascii_lowercase();
    let into = lower.find(" into ")?;
    let rest = statement.get(into..)?;
    let name = column(write);
    let inserted = write.sql.inserted.iter().map(|(known, _)| known.as_str());
    let mut columns: Vec<String> =
        inserted.chain(write.sql.together.iter().map(String::as_str)).map(str::to_owned).collect();
    let mut seen = std::collections::BTreeSet::new();
    columns.retain(|column| seen.insert(column.to_ascii_lowercase()));
    let given = columns.iter().any(|known| known.eq_ignore_ascii_case(&write.column.name));
    // The key stands first as good as always; which it is, is for the reader to say.
    let (key, rest_of) = columns.split_first().filter(|(key, _)| !key.eq_ignore_ascii_case(&write.column.name))?;
    let quoted = |name: &str| text::quote_if_needed(name, write.dialect);
    let table = quoted(&write.sql.table.name);
    let new = |name: &str| match write.dialect {
        Dialect::Mysql => format!("VALUES({name})"),
        _ => format!("excluded.{name}"),
    };
    let clause = match write.dialect {
        Dialect::Mysql => "ON DUPLICATE KEY UPDATE".to_owned(),
        _ => format!("ON CONFLICT ({}) DO UPDATE SET", quoted(key)),
    };
    let assigned = if given {
        match write.dialect {
            Dialect::Mysql => format!("{name} = JSON_MERGE_PATCH({name}, {})", new(&name)),
            _ => format!("{name} = json_patch({table}.{name}, {})", new(&name)),
        }
    } else {
        let each = rest_of.iter().map(|column| quoted(column)).map(|column| format!("{column} = {}", new(&column)));
        each.collect::<Vec<_>>().join(", ")
    };
    (!assigned.is_empty()).then(|| shown(TITLE, statement, &format!("INSERT{} {clause} {assigned}", folded_head(rest))))
}

/// Folded, with what separates it from its neighbours.
fn folded_head(text: &str) -> String {
    let lead = if text.starts_with(char::is_whitespace) { " " } else { "" };
    let trail = if text.ends_with(char::is_whitespace) { " " } else { "" };
    format!("{lead}{}{trail}", folded(text))
}
