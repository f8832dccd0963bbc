//! What use says of columns that no declaration calls JSON: casts, JSON functions, key reads, bound documents, texts
//! that are decoded.
//!
//! A declaration of another type always wins, and one table never speaks for another: a use whose table is not known
//! says something only where a single table has such a column, and then it is a guess.

mod fields;

use super::Paths;
use super::catalog::{Catalog, Certainty, ColumnKind, Entry, Hint, Provenance};
use super::kinds::Class;
use super::names::has_hole;
use super::place::Role;
use super::reads::Statements;
use crate::document::{CastTo, Document, Input, Shape};
use crate::frontend::facts::{Bind, Facts, KeyReadOf, Route, TextFacts};
use crate::frontend::sql::{Assigned, ColumnUse, Dialect, TableName, UseKind};
use crate::source::{FileId, Site};
use sqlparser::ast::{Expr, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A column, by number: its table and its place in it.
type Id = (usize, usize);

/// What a use shows the column to be, where it is not declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shows {
    /// Text that holds JSON.
    Text,
    /// `json`, or `JSON`.
    Json,
    /// `jsonb`.
    Jsonb,
}

/// One use.
#[derive(Debug, Clone)]
struct Seen {
    shows: Shows,
    provenance: Provenance,
    /// SQL itself takes it for JSON, or its Rust type does. What is only encoded or decoded may be a bare name.
    sure: bool,
}

/// The uses of all columns.
struct Inference<'a> {
    catalog: &'a mut Catalog,
    seen: BTreeMap<Id, Vec<Seen>>,
    /// Columns that somebody stores a plain word in.
    plain: BTreeSet<Id>,
    reads: BTreeMap<Id, Vec<(Vec<String>, Site)>>,
}

/// Adds what use says to the declared columns, and every key that is read.
pub(super) fn infer(catalog: &mut Catalog, facts: &[Facts], paths: Paths<'_>) {
    let mut inference = Inference { catalog, seen: BTreeMap::new(), plain: BTreeSet::new(), reads: BTreeMap::new() };
    let fields = fields::Fields::of(facts);
    // Uses whose table is known first: they may add columns that the others are measured against.
    for named in [true, false] {
        let by_name = if named { BTreeMap::new() } else { inference.by_name() };
        for facts in facts {
            let path = paths.get(facts.file);
            for text in facts.texts.iter().filter(|text| text.text.route != Route::Cache) {
                let dialect = Some(text.text.dialect.unwrap_or(text.facts.dialect));
                let hint = Hint { file: Some(facts.file), path, dialect, test: text.text.test };
                if named {
                    inference.binds(text, &hint);
                }
                for used in text.facts.uses.iter().filter(|used| used.table.is_some() == named) {
                    inference.used(used, &hint, facts.file, &by_name);
                }
            }
            if named {
                inference.fields(facts, paths, &fields);
            } else {
                inference.decoded(facts, path, &by_name);
            }
        }
    }
    let statements = Statements::new(facts);
    for facts in facts {
        inference.rust_reads(facts, paths.get(facts.file), &statements);
    }
    inference.settle();
}

impl Inference<'_> {
    /// The columns of tables that are in use, by name in lower case.
    fn by_name(&self) -> BTreeMap<String, Vec<Id>> {
        let mut by_name: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for (id, table) in self.catalog.tables.iter().enumerate().filter(|(_, table)| !table.dropped) {
            for (index, entry) in table.entries.iter().enumerate().filter(|(_, entry)| !entry.dropped) {
                by_name.entry(entry.column.name.to_lowercase()).or_default().push((id, index));
            }
        }
        by_name
    }

    /// The columns that a named table's column may be; one is added where none is known.
    fn resolve(&mut self, table: &TableName, column: &str, hint: &Hint<'_>) -> (Vec<Id>, Certainty) {
        if has_hole(&table.name) || has_hole(column) || column.is_empty() {
            return (vec![], Certainty::Guessed);
        }
        let found = self.catalog.find(table, column, hint);
        if !found.is_empty() {
            let classes: BTreeSet<bool> = found
                .iter()
                .map(|(t, c)| self.catalog.entry(*t, *c).is_some_and(|e| e.class == Class::Other))
                .collect();
            return (if classes.len() == 1 { found } else { vec![] }, Certainty::Inferred);
        }
        // `"data.phone"` is meant as a path into `data`: no such column is known, and one of the first name is.
        let head = column.split_once('.').map(|(head, _)| head);
        if head.is_some_and(|head| !self.catalog.find(table, head, hint).is_empty()) {
            return (vec![], Certainty::Guessed);
        }
        let nearest = self.catalog.nearest(table, hint);
        let id = nearest.unwrap_or_else(|| self.catalog.add_partial(table, hint.path, hint.dialect, Role::Source));
        let Some(table) = self.catalog.tables.get_mut(id) else { return (vec![], Certainty::Guessed) };
        // Its `CREATE TABLE` does not have it: the table of this name may be another one.
        let certainty = if table.partial { Certainty::Inferred } else { Certainty::Guessed };
        let from_use = Provenance { site: None, message: "known from use".into(), certainty };
        let index = table.add_used(column, vec![from_use]);
        (vec![(id, index)], certainty)
    }

    /// The columns of that name, where all of them belong to tables of one name.
    fn only(&self, column: &str, by_name: &BTreeMap<String, Vec<Id>>, fits: impl Fn(&Entry) -> bool) -> Vec<Id> {
        let all = by_name.get(&column.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
        let fitting = |id: &&Id| self.catalog.entry(id.0, id.1).is_some_and(&fits);
        let ids: Vec<Id> = all.iter().filter(fitting).copied().collect();
        let names: BTreeSet<String> =
            ids.iter().filter_map(|id| Some(self.catalog.tables.get(id.0)?.name.name.to_lowercase())).collect();
        if names.len() == 1 { ids } else { vec![] }
    }

    fn see(&mut self, ids: &[Id], shows: Shows, sure: bool, provenance: &Provenance) {
        for id in ids {
            self.seen.entry(*id).or_default().push(Seen { shows, sure, provenance: provenance.clone() });
        }
    }

    /// A use that the SQL itself shows.
    fn used(&mut self, used: &ColumnUse, hint: &Hint<'_>, file: FileId, by_name: &BTreeMap<String, Vec<Id>>) {
        let site = Site { file, span: used.span };
        let (ids, certainty) = if let Some(table) = &used.table {
            self.resolve(table, &used.column, hint)
        } else {
            let json = |entry: &Entry| entry.column.kind.is_json() || matches!(entry.class, Class::Text);
            (self.only(&used.column, by_name, json), Certainty::Guessed)
        };
        let column = &used.column;
        let dialect = hint.dialect.unwrap_or(Dialect::Postgres);
        let message = match &used.how {
            UseKind::JsonCast => format!("`{column}` is cast to JSON here"),
            UseKind::JsonValue => format!("a JSON value is stored in `{column}` here"),
            UseKind::JsonFunction(name) => format!("`{column}` is given to `{name}` here"),
            UseKind::KeyRead(path) => match path.last() {
                Some(key) => format!("the key `{key}` of `{column}` is read here"),
                None => format!("a key of `{column}` is read here"),
            },
        };
        self.see(&ids, shown(&used.how, dialect), true, &Provenance { site: Some(site), message, certainty });
        if let UseKind::KeyRead(path) = &used.how {
            let mut ids = ids;
            // The same table of another database is read in the same way.
            if let Some(table) = &used.table {
                ids.extend(self.catalog.find(table, column, &Hint { dialect: None, ..*hint }));
            }
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                match path.first() {
                    // What only a test asks for is no reason to keep it.
                    Some(key) if hint.test => {
                        if let Some(entry) = self.catalog.entry_mut(id.0, id.1) {
                            entry.column.keys_tested.entry(key.clone()).or_insert(site);
                        }
                    }
                    _ => self.reads.entry(id).or_default().push((path.clone(), site)),
                }
            }
        }
    }

    /// Documents that are bound to a bare placeholder.
    fn binds(&mut self, text: &TextFacts, hint: &Hint<'_>) {
        let Some(file) = hint.file else { return };
        for write in &text.facts.writes {
            let Assigned::Value(Expr::Value(value)) = &write.value else { continue };
            if let (Value::SingleQuotedString(text), [column]) = (&value.value, write.target.as_slice())
                && is_word(text)
            {
                self.plain.extend(self.catalog.find(&write.table, &column.text, hint));
            }
        }
        for placeholder in &text.facts.placeholders {
            let Some(bind) = text.text.binds.iter().find(|bind| bind.index == placeholder.index) else { continue };
            let dialect = hint.dialect.unwrap_or(Dialect::Postgres);
            let (shows, what) = if bind.is_json {
                let shows = match dialect {
                    Dialect::Postgres => Shows::Jsonb,
                    Dialect::Mysql => Shows::Json,
                    Dialect::Sqlite => Shows::Text,
                };
                (shows, "a JSON value is bound to")
            } else if is_json_text(bind, matches!(text.text.route, Route::Builder(_))) {
                (Shows::Text, "JSON text is bound to")
            } else {
                if is_bound_word(bind) {
                    self.plain.extend(self.catalog.find(&placeholder.table, &placeholder.column, hint));
                }
                continue;
            };
            let (ids, certainty) = self.resolve(&placeholder.table, &placeholder.column, hint);
            let site = Some(Site { file, span: bind.span });
            let message = format!("{what} `{}` here", placeholder.column);
            self.see(&ids, shows, bind.is_json, &Provenance { site, message, certainty });
        }
    }

    /// Keys that Rust reads of documents.
    fn rust_reads(&mut self, facts: &Facts, path: &str, statements: &Statements<'_>) {
        let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
        for read in &facts.key_reads {
            let (table, column, keys) = match &read.of {
                KeyReadOf::Column(table, column) => (table.clone(), column.clone(), read.path.as_slice()),
                KeyReadOf::Row(row) => match statements.column_of(row, &read.path) {
                    Some((table, column, taken)) => (table, column, read.path.get(taken..).unwrap_or_default()),
                    None => continue,
                },
                KeyReadOf::Field { .. } => continue,
            };
            let site = Site { file: facts.file, span: read.span };
            for id in self.catalog.find(&table, &column, &hint) {
                if !keys.is_empty() {
                    self.reads.entry(id).or_default().push((keys.to_vec(), site));
                }
            }
        }
    }

    /// Texts that are decoded after they were read.
    fn decoded(&mut self, facts: &Facts, path: &str, by_name: &BTreeMap<String, Vec<Id>>) {
        for decode in &facts.decodes {
            let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
            // Bytes may hold anything that serde reads, JSON or not; only SQL's own functions make a blob a document.
            let bytes = |entry: &Entry| entry.column.sql_type.to_lowercase().contains("blob");
            let text = |entry: &Entry| matches!(entry.class, Class::Text | Class::Unknown) && !bytes(entry);
            let mut tables: Vec<Vec<Id>> = vec![];
            for table in &decode.tables {
                let mut ids = self.catalog.find(table, &decode.column, &hint);
                ids.retain(|id| self.catalog.entry(id.0, id.1).is_some_and(text));
                if !ids.is_empty() {
                    tables.push(ids);
                }
            }
            let certainty = if tables.len() == 1 { Certainty::Inferred } else { Certainty::Guessed };
            if tables.is_empty() {
                // Bytes may be anything: a guess is not enough for them.
                let by_guess = |entry: &Entry| text(entry) && !entry.column.sql_type.contains("blob");
                tables.push(self.only(&decode.column, by_name, by_guess));
            }
            let site = Some(Site { file: facts.file, span: decode.span });
            let message = format!("`{}` is decoded as JSON here", decode.column);
            for ids in tables {
                self.see(&ids, Shows::Text, false, &Provenance { site, message: message.clone(), certainty });
            }
        }
    }

    /// Decides the kinds.
    fn settle(self) {
        for (id, reads) in self.reads {
            if let Some(entry) = self.catalog.entry_mut(id.0, id.1) {
                entry.column.key_reads = reads;
                entry.column.key_reads.sort_unstable_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
                entry.column.key_reads.dedup();
            }
        }
        for (id, mut seen) in self.seen {
            let Some(entry) = self.catalog.entry_mut(id.0, id.1) else { continue };
            let kind = match entry.class {
                Class::Json(_) | Class::Other => continue,
                Class::Text => ColumnKind::TextJson,
                Class::Unknown => undeclared_kind(&seen),
            };
            if entry.column.kind.is_json() && entry.column.certainty() == Certainty::Declared {
                continue;
            }
            // A state as serde spells it is no document.
            let is_plain = self.plain.contains(&id) || entry.column.default.as_deref().is_some_and(is_quoted_word);
            if is_plain && !seen.iter().any(|seen| seen.sure) {
                continue;
            }
            entry.column.kind = kind;
            seen.sort_by_key(|seen| Reverse(seen.provenance.certainty));
            entry.column.provenance = seen.into_iter().take(MOST_REASONS).map(|seen| seen.provenance).collect();
        }
    }
}

/// More reasons say no more.
const MOST_REASONS: usize = 4;

/// What a use shows an undeclared column to be.
fn shown(how: &UseKind, dialect: Dialect) -> Shows {
    match (dialect, how) {
        (Dialect::Sqlite, _) | (_, UseKind::JsonCast) => Shows::Text,
        (Dialect::Mysql, _) => Shows::Json,
        (Dialect::Postgres, UseKind::JsonFunction(name)) if !name.to_lowercase().starts_with("jsonb") => Shows::Json,
        (Dialect::Postgres, _) => Shows::Jsonb,
    }
}

/// The kind of a column that is only known from use.
fn undeclared_kind(seen: &[Seen]) -> ColumnKind {
    match seen.iter().map(|seen| seen.shows).max() {
        Some(Shows::Jsonb) => ColumnKind::Jsonb,
        Some(Shows::Json) => ColumnKind::Json,
        Some(Shows::Text) | None => ColumnKind::TextJson,
    }
}

/// Whether a text is a plain word, or begins with one: no JSON.
pub(super) fn is_word(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(char::is_alphabetic) && serde_json::from_str::<serde_json::Value>(text).is_err()
}

/// Whether a default is a plain word.
fn is_quoted_word(default: &str) -> bool {
    default.trim().strip_prefix('\'').is_some_and(|rest| is_word(rest.split('\'').next().unwrap_or_default()))
}

/// Whether a bound value is a plain word: a literal.
pub(super) fn is_bound_word(bind: &Bind) -> bool {
    let Document::Input(Input { id, shape: Shape::Text, .. }) = &bind.value else { return false };
    id.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).is_some_and(is_word)
}

/// Whether the bound value is JSON rendered as text: `serde_json::to_string(&v)?`, and, unless a model says by its own
/// type that it is text, also one that may be left out or replaced: `value.map(|v| v.to_string())`.
fn is_json_text(bind: &Bind, of_model: bool) -> bool {
    fn is_text(value: &Document, whole: bool) -> bool {
        match value {
            Document::Cast { to: CastTo::Text, .. } => true,
            Document::First(items) => !whole && items.iter().any(|item| is_text(item, whole)),
            Document::Choose { branches, otherwise } => {
                !whole && (branches.iter().any(|(_, value)| is_text(value, whole)) || is_text(otherwise, whole))
            }
            _ => false,
        }
    }
    is_text(&bind.value, of_model)
}

#[cfg(test)]
mod tests;
