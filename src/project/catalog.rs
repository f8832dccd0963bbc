//! Which columns there are, of which type, and how we know.
//!
//! A table may be declared in several places: for several databases, in several crates, again in tests. All of them are
//! kept, and a look-up picks the one that a statement can mean. How they are built is the work of [`super::schema`]
//! and [`super::infer`].

use super::kinds::{Class, Domains, storage};
use super::place::{Role, shared_crates, shared_folders};
use crate::document::run::Storage;
use crate::frontend::sql::{Dialect, TableName};
use crate::source::{FileId, Site};
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// PostgreSQL `jsonb`, or a domain over it.
    Jsonb,
    /// PostgreSQL `json`; `JSON` of MySQL, MariaDB, SQLite.
    Json,
    /// Text that holds JSON.
    TextJson,
    /// An array of JSON documents: `jsonb[]`.
    JsonArray,
    /// Something else.
    Other,
}

impl ColumnKind {
    /// Whether a document is kept in it.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Jsonb | Self::Json | Self::TextJson)
    }
}

/// How sure we are that a column is of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// A guess from use.
    Guessed,
    /// Shown by use: a cast, a `Json<T>` bind, a JSON function.
    Inferred,
    /// Declared: DDL, an entity, the offline cache, the config.
    Declared,
}

/// One reason why we take the column for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The place, where there is one.
    pub site: Option<Site>,
    /// A phrase for a label, such as ``"`data` is a jsonb column since here"``.
    pub message: String,
    /// How much it says.
    pub certainty: Certainty,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The table it belongs to, as declared.
    pub table: TableName,
    /// Its name as declared.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// The declared type; empty when it is only known from use.
    pub sql_type: String,
    /// Whether NULL is allowed; `None` when not known.
    pub nullable: Option<bool>,
    /// The default's text.
    pub default: Option<String>,
    /// Why, strongest first. Never empty.
    pub provenance: Vec<Provenance>,
    /// The dialect of the declaration.
    pub dialect: Option<Dialect>,
    /// Keys that are read of it anywhere in the project, with their places.
    pub key_reads: Vec<(Vec<String>, Site)>,
    /// Keys that only statements of tests read, with a place.
    pub keys_tested: BTreeMap<String, Site>,
    /// Cannot be written.
    pub generated: bool,
    /// A check makes the database reject text that is not JSON.
    pub checked: bool,
    /// The file that added the column to a table that was there already.
    pub added_in: Option<FileId>,
}

impl Column {
    /// How it keeps its value.
    pub fn storage(&self, dialect: Dialect) -> Storage {
        storage(self.kind, self.checked, dialect)
    }

    /// The strongest of its reasons.
    pub fn certainty(&self) -> Certainty {
        self.provenance.first().map_or(Certainty::Guessed, |p| p.certainty)
    }
}

/// Where a statement stands, to choose between tables of one name.
#[derive(Debug, Clone, Copy)]
pub struct Hint<'a> {
    /// Its file.
    pub file: Option<FileId>,
    /// The file's path, forward slashes.
    pub path: &'a str,
    /// Its dialect.
    pub dialect: Option<Dialect>,
    /// It stands in test code.
    pub test: bool,
}

/// The answer to a look-up.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<'a> {
    /// This one.
    Found(&'a Column),
    /// Columns of several tables fit equally well, and they differ in kind.
    Ambiguous(Vec<&'a Column>),
    /// No table of that name is known.
    UnknownTable,
    /// Tables of that name are known, but none has the column.
    NoSuchColumn,
}

/// A column with what is needed to settle its kind.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) column: Column,
    pub(super) class: Class,
    /// Dropped by a later migration; earlier ones may still write it.
    pub(super) dropped: bool,
}

/// One declaration of a table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: TableName,
    pub(super) entries: Vec<Entry>,
    /// By name in lower case, former names included.
    pub(super) by_name: BTreeMap<String, usize>,
    /// Path of the file it is declared in.
    pub(super) path: String,
    pub(super) file: Option<FileId>,
    pub(super) dialect: Option<Dialect>,
    pub(super) role: Role,
    pub(super) test: bool,
    /// Only some of its columns are known: no `CREATE TABLE` was read.
    pub(super) partial: bool,
    /// Dropped, or replaced by a later `CREATE TABLE`.
    pub(super) dropped: bool,
    /// The columns of the primary key, then of each unique constraint, as its `CREATE TABLE` has them.
    pub(super) keys: Vec<Vec<String>>,
}

impl Table {
    /// The column of that name, dropped ones included.
    pub(super) fn find(&self, column: &str) -> Option<usize> {
        self.by_name.get(&column.to_lowercase()).copied()
    }

    /// A column that nothing declares, of no type yet. Returns its index.
    pub(super) fn add_used(&mut self, column: &str, provenance: Vec<Provenance>) -> usize {
        let index = self.entries.len();
        self.by_name.insert(column.to_lowercase(), index);
        let column = Column {
            table: self.name.clone(),
            name: column.to_owned(),
            kind: ColumnKind::Other,
            sql_type: String::new(),
            nullable: None,
            default: None,
            provenance,
            dialect: None,
            key_reads: vec![],
            keys_tested: BTreeMap::new(),
            generated: false,
            checked: false,
            added_in: None,
        };
        self.entries.push(Entry { column, class: Class::Unknown, dropped: false });
        index
    }
}

/// Every column of the project, by table.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub(super) tables: Vec<Table>,
    pub(super) domains: Domains,
    /// Tables by name in lower case, former names included.
    names: BTreeMap<String, Vec<usize>>,
    /// The same, of one file.
    in_file: BTreeMap<(String, FileId), Vec<usize>>,
    /// The names, spelled backwards: for names of which only the end is known.
    backwards: BTreeMap<String, String>,
}

/// How many tables of one name are weighed against each other.
const MOST_CANDIDATES: usize = 256;

impl Catalog {
    /// The column that a statement at `hint` means.
    pub fn column(&self, table: &TableName, column: &str, hint: &Hint<'_>) -> Lookup<'_> {
        let candidates = self.candidates(table, hint);
        if candidates.is_empty() {
            return Lookup::UnknownTable;
        }
        let best = self.best(&candidates, table, column, hint);
        let found: Vec<&Column> = best.iter().filter_map(|(t, c)| self.entry(*t, *c)).map(|e| &e.column).collect();
        match found.as_slice() {
            [] => Lookup::NoSuchColumn,
            [first, rest @ ..] if rest.iter().all(|other| other.kind == first.kind) => Lookup::Found(first),
            _ => Lookup::Ambiguous(found),
        }
    }

    /// The columns of the table that a statement at `hint` means, in the order of their declaration; dropped ones are
    /// left out. Empty when the table is not known.
    pub fn table_columns(&self, table: &TableName, hint: &Hint<'_>) -> Vec<&Column> {
        let nearest = self.nearest(table, hint).and_then(|id| self.tables.get(id));
        let entries = nearest.into_iter().flat_map(|table| &table.entries);
        entries.filter(|entry| !entry.dropped).map(|entry| &entry.column).collect()
    }

    /// Whether every column of the table is known, because its `CREATE TABLE` was read.
    pub fn is_complete(&self, table: &TableName, hint: &Hint<'_>) -> bool {
        self.nearest(table, hint).and_then(|id| self.tables.get(id)).is_some_and(|table| !table.partial)
    }

    /// The columns of the table's primary key, then of each of its unique constraints, as far as its `CREATE TABLE` says.
    pub fn keys(&self, table: &TableName, hint: &Hint<'_>) -> &[Vec<String>] {
        self.nearest(table, hint).and_then(|id| self.tables.get(id)).map_or(&[], |table| &table.keys)
    }

    /// All columns of all tables, by table name, place and order of declaration.
    pub fn columns(&self) -> Vec<&Column> {
        let live = |table: &&Table| !table.dropped;
        let mut tables: Vec<&Table> = self.tables.iter().filter(live).collect();
        tables.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        let entries = tables.into_iter().flat_map(|table| &table.entries);
        entries.filter(|entry| !entry.dropped).map(|entry| &entry.column).collect()
    }

    /// The names of tables that end like this, in lower case.
    pub(super) fn names_ending(&self, end: &str) -> Vec<&str> {
        let backwards: String = end.to_lowercase().chars().rev().collect();
        let from = self.backwards.range(backwards.clone()..);
        from.take_while(|(name, _)| name.starts_with(&backwards)).map(|(_, name)| name.as_str()).collect()
    }

    /// Whether a table of that name is known.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.names.contains_key(&name.to_lowercase())
    }

    /// The entry of a table.
    pub(super) fn entry(&self, table: usize, entry: usize) -> Option<&Entry> {
        self.tables.get(table)?.entries.get(entry)
    }

    /// The same, to be changed.
    pub(super) fn entry_mut(&mut self, table: usize, entry: usize) -> Option<&mut Entry> {
        self.tables.get_mut(table)?.entries.get_mut(entry)
    }

    /// The declarations a name may mean, near ones first where there are too many.
    fn candidates(&self, table: &TableName, hint: &Hint<'_>) -> Vec<usize> {
        let name = table.name.to_lowercase();
        let all = self.names.get(&name).map(Vec::as_slice).unwrap_or_default();
        if all.len() <= MOST_CANDIDATES {
            return all.to_vec();
        }
        let here = hint.file.and_then(|file| self.in_file.get(&(name, file)));
        let mut near: Vec<usize> = here.map(Vec::as_slice).unwrap_or_default().to_vec();
        near.extend(all.iter().take(MOST_CANDIDATES));
        near
    }

    /// How well a declaration fits a statement; greater is better. The order of the parts is the order of their weight.
    fn fit(&self, id: usize, wanted: &TableName, column: Option<&str>, hint: &Hint<'_>) -> Fit {
        let Some(table) = self.tables.get(id) else { return Fit::default() };
        let schema = match (known_schema(wanted), known_schema(&table.name)) {
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => 2,
            (Some(_), Some(_)) => 0,
            _ => 1,
        };
        let has = column.map_or(1, |name| match table.find(name).and_then(|c| table.entries.get(c)) {
            Some(entry) if !entry.dropped => 2,
            Some(_) => 1,
            None => 0,
        });
        let dialect = match (hint.dialect, table.dialect) {
            (Some(a), Some(b)) => 2 * u8::from(a == b),
            _ => 1,
        };
        let same_file = hint.file.is_some() && hint.file == table.file;
        let current = table.name.name.eq_ignore_ascii_case(&wanted.name);
        Fit {
            schema,
            has: has.min(1),
            dialect,
            live: u8::from(!table.dropped) + u8::from(has == 2 && current),
            code: u8::from(!table.test || (hint.test && same_file)),
            file: u8::from(same_file && (table.role != Role::Migration)),
            crates: shared_crates(&table.path, hint.path),
            role: u8::from(table.role == Role::Migration) + u8::from(!table.partial),
            folders: shared_folders(&table.path, hint.path),
        }
    }

    /// The best fitting tables that have the column, each with the column.
    pub(super) fn best(
        &self,
        candidates: &[usize],
        wanted: &TableName,
        column: &str,
        hint: &Hint<'_>,
    ) -> Vec<(usize, usize)> {
        let mut best: Vec<(usize, usize)> = vec![];
        let mut best_fit = Fit::default();
        for id in candidates {
            let Some(found) = self.tables.get(*id).and_then(|table| table.find(column)) else { continue };
            let fit = self.fit(*id, wanted, Some(column), hint);
            if best.is_empty() || fit > best_fit {
                best.clear();
                best_fit = fit;
            }
            if fit == best_fit {
                best.push((*id, found));
            }
        }
        best
    }

    /// The column that a statement means, by number: the first where several of one kind fit.
    pub(super) fn find(&self, table: &TableName, column: &str, hint: &Hint<'_>) -> Vec<(usize, usize)> {
        self.best(&self.candidates(table, hint), table, column, hint)
    }

    /// The table that a statement means, whatever its columns.
    pub(super) fn nearest(&self, table: &TableName, hint: &Hint<'_>) -> Option<usize> {
        let candidates = self.candidates(table, hint);
        // The last of the best: a later declaration stands for the newer state.
        candidates.into_iter().max_by_key(|id| (self.fit(*id, table, None, hint), *id))
    }

    /// Adds a table and returns its number.
    pub(super) fn add_table(&mut self, table: Table) -> usize {
        let id = self.tables.len();
        let (name, file) = (table.name.name.clone(), table.file);
        self.tables.push(table);
        self.name_table(id, &name, file);
        id
    }

    /// Lets a table be found by one more name.
    pub(super) fn name_table(&mut self, id: usize, name: &str, file: Option<FileId>) {
        let lower = name.to_lowercase();
        self.backwards.insert(lower.chars().rev().collect(), lower.clone());
        if let Some(file) = file {
            self.in_file.entry((lower.clone(), file)).or_default().push(id);
        }
        let ids = self.names.entry(lower).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// A table of which only use is known.
    pub(super) fn add_partial(&mut self, name: &TableName, path: &str, dialect: Option<Dialect>, role: Role) -> usize {
        let name = TableName { schema: known_schema(name).map(str::to_owned), name: name.name.clone() };
        let (entries, by_name, path) = (vec![], BTreeMap::new(), path.to_owned());
        let file = None;
        self.add_table(Table {
            name,
            entries,
            by_name,
            path,
            file,
            dialect,
            role,
            test: false,
            partial: true,
            dropped: false,
            keys: vec![],
        })
    }
}

/// The schema of a table, if it is one: neither a hole nor a template's variable.
pub(super) fn known_schema(table: &TableName) -> Option<&str> {
    let schema = table.schema.as_deref()?;
    let known = !schema.is_empty() && !schema.starts_with(':') && !super::names::has_hole(schema);
    known.then_some(schema)
}

/// How well a table fits. Compared part by part, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Fit {
    schema: u8,
    has: u8,
    dialect: u8,
    code: u8,
    live: u8,
    file: u8,
    crates: usize,
    role: u8,
    folders: usize,
}
