//! What can be done where no expression repairs a write: it is shown, with the statement that it concerns, and never made.
//!
//! A document that comes back from the program with changes nobody can follow needs a lock or a comparison; a `REPLACE`
//! needs a statement that leaves the rest of the row alone.

pub(super) mod compare;
mod replace;

use super::suggestion::{Applicability, Fix};
use super::{Fixer, folded, rebind, sea_orm, text};
use crate::document::survival::{NullWhen, Word};
use crate::document::{Document, Path, Step};
use crate::frontend::sql::{Dialect, Verb, without_holes};
use crate::project::around::EarlierRead;
use crate::project::writes::ColumnWrite;
use std::ops::Range;

/// Longest source of a read that is shown, in bytes.
const LONGEST: usize = 300;

/// The advice, or why there is none, as the end of a sentence; `None` where nothing needs to be said.
pub(super) fn of(write: &ColumnWrite, fixer: &Fixer<'_>) -> Result<Fix, Option<String>> {
    let is_reset = write.survival.labels.contains(&"reset");
    if write.verb == Verb::Replace {
        return replace::of(write, fixer)
            .ok_or_else(|| Some("which column the REPLACE takes for the key of its row does not show".to_owned()));
    }
    match write.survival.word {
        Word::Kept | Word::Unknown => Err(None),
        _ if write.survival.labels.contains(&"always-fails") => {
            Err(Some("what the statement was meant to do does not show".to_owned()))
        }
        Word::Lost if is_reset => Err(None),
        Word::MayBeNull if write.value.is_emptied_by_hand() => Err(None),
        Word::MayBeNull if write.survival.null_when.contains(&NullWhen::Always) => Err(None),
        Word::NestedLost => nested(write, fixer)
            .ok_or_else(|| Some("which keys of the nested objects are meant to change does not show".to_owned())),
        _ => match write.reads.first() {
            Some(read) => guarded(write, read, fixer),
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
fn guarded(write: &ColumnWrite, read: &EarlierRead, fixer: &Fixer<'_>) -> Result<Fix, Option<String>> {
    let bound = crate::project::bound::of_assignment(write);
    let source = bound.first().map_or("", |(_, bind)| bind.source.as_str());
    if write.built && is_read(&write.value, source) && sea_orm::is_model(write, fixer) {
        let title = "leave the column out where nothing is changed in it, and change it by keys where something is";
        let spelled = fixer.files.text(write.site);
        let value = write.sql.value_span.start.saturating_sub(write.site.span.start) as usize;
        let head = spelled.get(..value).unwrap_or_default();
        return Ok(shown(title, spelled, &format!("{}NotSet", folded_head(head))));
    }
    if let Some(lock) = locked(write, read, fixer) {
        return Ok(lock);
    }
    compare::of(write, read, fixer)
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
    if !query.trim_start().get(..6)?.eq_ignore_ascii_case("select") || !locks(query) {
        return None;
    }
    Some(shown(TITLE, query, &format!("{} FOR UPDATE", folded(query.trim_end().trim_end_matches(';')))))
}

/// Whether `FOR UPDATE` may stand behind a query: its rows are rows of tables, and no comment takes it in.
fn locks(query: &str) -> bool {
    const COMBINES: [&str; 13] = [
        "avg",
        "count",
        "distinct",
        "except",
        "full",
        "group",
        "having",
        "intersect",
        "left",
        "max",
        "over",
        "right",
        "union",
    ];
    let combined = |word: &str| COMBINES.iter().any(|known| word.eq_ignore_ascii_case(known));
    !text::words(query).any(combined) && !query.contains("--") && !query.contains('#') && !query.contains(';')
}

/// The first string literal of a source, between its quotes.
fn literal(source: &str) -> Option<Range<usize>> {
    let start = source.find('"')? + 1;
    let raw = source.get(..start - 1)?.ends_with(['r', '#']);
    let end = source.get(start..)?.find('"')? + start;
    let body = source.get(start..end)?;
    (raw || !body.contains('\\')).then_some(start..end)
}

/// Folded, with what separates it from its neighbours.
fn folded_head(text: &str) -> String {
    let lead = if text.starts_with(char::is_whitespace) { " " } else { "" };
    let trail = if text.ends_with(char::is_whitespace) { " " } else { "" };
    format!("{lead}{}{trail}", folded(text))
}
