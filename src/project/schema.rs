//! Schema statements of all files, applied in the order in which a project's tools would run them.
//!
//! A folder of migrations builds one schema; each other file builds its own. Never looks at how columns are used: that
//! is the work of [`super::infer`].

use super::Paths;
use super::catalog::{Catalog, Column, ColumnKind, Entry, Hint, Provenance, Table, known_schema};
use super::kinds::{Class, classify, declared_kind};
use super::place::{Place, Role, place};
use super::provenance::{checked, declared, said};
use crate::frontend::dialect_hint;
use crate::frontend::facts::{DeclaredBy, DeclaredColumn, Facts, Route};
use crate::frontend::sql::{ColumnDef, Dialect, SchemaChange, TableName};
use crate::source::{FileId, Site, Span};
use std::collections::BTreeMap;

/// Where a schema statement stands.
struct Source<'a> {
    file: FileId,
    path: &'a str,
    place: &'a Place,
    dialect: Option<Dialect>,
    test: bool,
}

impl Source<'_> {
    fn hint(&self) -> Hint<'_> {
        Hint { file: Some(self.file), path: self.path, dialect: self.dialect, test: self.test }
    }
}

/// A catalog that is being built.
struct Builder {
    catalog: Catalog,
    /// The current table of a name in lower case, by the set of files that builds it.
    current: BTreeMap<(String, String), usize>,
}

/// Builds the catalog of everything that is declared.
pub(super) fn build(facts: &[Facts], paths: Paths<'_>) -> Catalog {
    let mut builder = Builder { catalog: Catalog::default(), current: BTreeMap::new() };
    let mut ordered: Vec<(Place, &Facts)> = facts.iter().map(|f| (place(paths.get(f.file)), f)).collect();
    ordered.sort_by(|a, b| (&a.0.order, a.1.file).cmp(&(&b.0.order, b.1.file)));
    // A domain may stand in a later file than a table of another set that uses it.
    for change in ordered.iter().flat_map(|(_, f)| &f.texts).flat_map(|text| &text.facts.schema) {
        if let SchemaChange::CreateDomain { name, sql_type, not_null } = change {
            builder.catalog.domains.add(name, sql_type, *not_null);
        }
    }
    for (place, facts) in &ordered {
        let path = paths.get(facts.file);
        let of_path = dialect_hint::of_path(path);
        // What is spelled in Rust and what is spelled in SQL, in the order of the text.
        let mut changes: Vec<(Span, &SchemaChange, Option<Dialect>, bool)> = vec![];
        for text in facts.texts.iter().filter(|text| text.text.route != Route::Cache) {
            let dialect = text.text.dialect.or(of_path).or(Some(text.facts.dialect));
            changes.extend(text.facts.schema.iter().map(|change| (text.text.span, change, dialect, text.text.test)));
        }
        changes.extend(facts.schema.iter().map(|fact| (fact.span, &fact.change, of_path, fact.test)));
        changes.sort_by_key(|(span, ..)| span.start);
        for (_, change, dialect, test) in changes {
            let source = Source { file: facts.file, path, place, dialect, test };
            builder.apply(change, &source);
        }
    }
    entities::declare(&mut builder, &ordered, paths);
    for (_, facts) in &ordered {
        builder.declare(facts, paths.get(facts.file));
    }
    builder.catalog
}

impl Builder {
    fn apply(&mut self, change: &SchemaChange, source: &Source<'_>) {
        match change {
            SchemaChange::CreateTable { table, columns, if_not_exists, like, keys, .. } => {
                self.create(table, columns, *if_not_exists, like, keys, source);
            }
            SchemaChange::AddColumn { table, column } => {
                let id = self.table(table, source);
                self.put(id, column, source, Some(source.file));
            }
            SchemaChange::AlterType { table, column } => {
                let id = self.table(table, source);
                self.alter(id, column, source);
            }
            SchemaChange::SetNullable { table, column, nullable } => {
                let id = self.table(table, source);
                self.change(id, column, |entry| entry.column.nullable = Some(*nullable));
            }
            SchemaChange::RenameTable { from, to } => {
                let id = self.table(from, source);
                self.forget(&from.name, source);
                self.current.insert(key(&to.name, source), id);
                if let Some(table) = self.catalog.tables.get_mut(id) {
                    table.name.name.clone_from(&to.name);
                    if let Some(schema) = known_schema(to) {
                        table.name.schema = Some(schema.to_owned());
                    }
                    let name = table.name.clone();
                    table.entries.iter_mut().for_each(|entry| entry.column.table = name.clone());
                }
                self.catalog.name_table(id, &to.name, Some(source.file));
            }
            SchemaChange::RenameColumn { table, from, to } => {
                let id = self.table(table, source);
                let Some(table) = self.catalog.tables.get_mut(id) else { return };
                let Some(index) = table.find(from) else { return };
                table.by_name.insert(to.to_lowercase(), index);
                if let Some(entry) = table.entries.get_mut(index) {
                    for provenance in &mut entry.column.provenance {
                        let old = format!("`{}`", entry.column.name);
                        provenance.message = provenance.message.replacen(&old, &format!("`{to}`"), 1);
                    }
                    entry.column.name.clone_from(to);
                }
            }
            SchemaChange::DropTable { table } => {
                if let Some(id) = self.existing(table, source) {
                    self.forget(&table.name, source);
                    if let Some(table) = self.catalog.tables.get_mut(id) {
                        table.dropped = true;
                    }
                }
            }
            SchemaChange::DropColumn { table, column } => {
                let id = self.table(table, source);
                self.change(id, column, |entry| entry.dropped = true);
            }
            SchemaChange::CreateDomain { .. } => {}
            SchemaChange::JsonCheck { table, column, span } => {
                let id = self.table(table, source);
                let site = Site { file: source.file, span: *span };
                self.change(id, column, |entry| {
                    entry.column.checked = true;
                    if entry.column.kind == ColumnKind::Other {
                        entry.column.kind = declared_kind(entry.class, true);
                        if entry.column.kind.is_json() {
                            entry.column.provenance = vec![checked(&entry.column.name, site)];
                        }
                    }
                });
            }
        }
    }

    /// `CREATE TABLE`. A second one of the same name in the same set replaces the first among migrations, and stands
    /// beside it elsewhere: dumps and source code may hold the schemas of several databases.
    fn create(
        &mut self,
        name: &TableName,
        columns: &[ColumnDef],
        if_not_exists: bool,
        like: &[TableName],
        keys: &[Vec<String>],
        source: &Source<'_>,
    ) {
        let key = key(&name.name, source);
        let known = self.current.get(&key).copied();
        let partial = known.and_then(|id| self.catalog.tables.get(id)).is_some_and(|table| table.partial);
        match known {
            Some(id) if partial => {
                for column in columns {
                    if self.catalog.tables.get(id).is_some_and(|table| table.find(&column.name).is_none()) {
                        self.put(id, column, source, None);
                    }
                }
                if let Some(table) = self.catalog.tables.get_mut(id) {
                    table.partial = false;
                    table.keys = keys.to_vec();
                }
                return;
            }
            Some(id) if source.place.role == Role::Migration => {
                if if_not_exists {
                    return;
                }
                if let Some(table) = self.catalog.tables.get_mut(id) {
                    table.dropped = true;
                }
            }
            Some(id) if self.is_like(id, columns, source) => return,
            _ => {}
        }
        let inherited: Vec<Entry> = like.iter().flat_map(|parent| self.live_entries(parent, source)).collect();
        let schema = known_schema(name).map(str::to_owned);
        let own = TableName { schema, name: name.name.clone() };
        let id = self.catalog.add_table(Table {
            name: own.clone(),
            entries: vec![],
            by_name: BTreeMap::new(),
            path: source.path.to_owned(),
            file: Some(source.file),
            dialect: source.dialect,
            role: source.place.role,
            test: source.test,
            partial: columns.is_empty() && inherited.is_empty(),
            dropped: false,
            keys: keys.to_vec(),
        });
        self.current.insert(key, id);
        for mut entry in inherited {
            entry.column.table = own.clone();
            self.insert(id, entry);
        }
        for column in columns {
            self.put(id, column, source, None);
        }
    }

    /// The columns that another table passes on.
    fn live_entries(&self, parent: &TableName, source: &Source<'_>) -> Vec<Entry> {
        let Some(table) = self.existing(parent, source).and_then(|id| self.catalog.tables.get(id)) else {
            return vec![];
        };
        table.entries.iter().filter(|entry| !entry.dropped).cloned().collect()
    }

    /// Whether a table has these very columns.
    fn is_like(&self, id: usize, columns: &[ColumnDef], source: &Source<'_>) -> bool {
        self.catalog.tables.get(id).is_some_and(|table| {
            table.test == source.test
                && table.dialect == source.dialect
                && table.entries.len() == columns.len()
                && columns.iter().all(|column| {
                    let entry = table.find(&column.name).and_then(|i| table.entries.get(i));
                    entry.is_some_and(|e| !e.dropped && e.column.sql_type == column.sql_type)
                })
        })
    }

    /// The table that a statement of this place means, if it is known.
    fn existing(&self, name: &TableName, source: &Source<'_>) -> Option<usize> {
        let own = self.current.get(&key(&name.name, source)).copied();
        own.or_else(|| self.catalog.nearest(name, &source.hint()))
    }

    /// The same; a table that is not known becomes one of which only a part is.
    fn table(&mut self, name: &TableName, source: &Source<'_>) -> usize {
        if let Some(id) = self.existing(name, source) {
            return id;
        }
        let id = self.catalog.add_partial(name, source.path, source.dialect, source.place.role);
        if let Some(table) = self.catalog.tables.get_mut(id) {
            table.file = Some(source.file);
            table.test = source.test;
        }
        self.current.insert(key(&name.name, source), id);
        id
    }

    fn forget(&mut self, name: &str, source: &Source<'_>) {
        self.current.remove(&key(name, source));
    }

    /// Changes a column, if it is known.
    fn change(&mut self, id: usize, column: &str, change: impl FnOnce(&mut Entry)) {
        let index = self.catalog.tables.get(id).and_then(|table| table.find(column));
        if let Some(entry) = index.and_then(|index| self.catalog.entry_mut(id, index)) {
            change(entry);
        }
    }

    /// Puts a column as it is declared.
    fn put(&mut self, id: usize, def: &ColumnDef, source: &Source<'_>, added_in: Option<FileId>) {
        let Some(table) = self.catalog.tables.get(id).map(|table| table.name.clone()) else { return };
        let (resolved, not_null) = self.catalog.domains.resolve(&def.sql_type);
        let class = classify(resolved, source.dialect);
        let kind = declared_kind(class, def.json_check);
        let site = Site { file: source.file, span: def.span };
        let provenance = if def.json_check && !matches!(class, Class::Json(_)) {
            checked(&def.name, site)
        } else {
            declared(&def.name, &def.sql_type, site)
        };
        let column = Column {
            table,
            name: def.name.clone(),
            kind,
            sql_type: def.sql_type.clone(),
            nullable: if not_null { Some(false) } else { def.nullable.or(Some(true)) },
            default: def.default.clone(),
            provenance: vec![provenance],
            dialect: source.dialect,
            key_reads: vec![],
            keys_tested: BTreeMap::new(),
            generated: def.generated,
            checked: def.json_check || matches!((class, source.dialect), (Class::Json(_), Some(Dialect::Mysql))),
            added_in,
        };
        self.insert(id, Entry { column, class, dropped: false });
    }

    /// Adds an entry; one of the same name that is not dropped stays.
    fn insert(&mut self, id: usize, entry: Entry) {
        let Some(table) = self.catalog.tables.get_mut(id) else { return };
        let name = entry.column.name.to_lowercase();
        let known = table.by_name.get(&name).copied().and_then(|index| table.entries.get_mut(index));
        // A column that only used to have the name does not count.
        match known.filter(|old| old.column.name.to_lowercase() == name) {
            // `ADD COLUMN IF NOT EXISTS`: the column is there.
            Some(old) if !old.dropped => {}
            Some(old) => *old = entry,
            None => {
                table.by_name.insert(name, table.entries.len());
                table.entries.push(entry);
            }
        }
    }

    /// Changes a column's type. What the statement does not say stays.
    fn alter(&mut self, id: usize, def: &ColumnDef, source: &Source<'_>) {
        let Some(index) = self.catalog.tables.get(id).and_then(|table| table.find(&def.name)) else {
            self.put(id, def, source, None);
            return;
        };
        let (resolved, not_null) = self.catalog.domains.resolve(&def.sql_type);
        let class = classify(resolved, source.dialect);
        let site = Site { file: source.file, span: def.span };
        let Some(entry) = self.catalog.entry_mut(id, index) else { return };
        entry.class = class;
        entry.column.kind = declared_kind(class, def.json_check || entry.column.checked);
        entry.column.sql_type.clone_from(&def.sql_type);
        if def.nullable.is_some() || not_null {
            entry.column.nullable = if not_null { Some(false) } else { def.nullable };
        }
        if def.default.is_some() {
            entry.column.default.clone_from(&def.default);
        }
        entry.column.provenance = vec![declared(&def.name, &def.sql_type, site)];
    }

    /// Takes over what is said outside SQL: the offline cache, entities, `table!`, the configuration.
    fn declare(&mut self, facts: &Facts, path: &str) {
        self.declare_columns(&facts.columns, facts.file, path);
    }

    fn declare_columns(&mut self, columns: &[DeclaredColumn], file: FileId, path: &str) {
        for fact in columns {
            // A cache folder speaks for the crate or workspace that it lies in.
            let path = path.rsplit_once(".sqlx/").map_or(path, |(root, _)| root);
            let hint = Hint { file: Some(file), path, dialect: fact.dialect, test: false };
            let class = classify(self.catalog.domains.resolve(&fact.sql_type).0, fact.dialect);
            let site = Site { file, span: fact.span };
            let provenance = said(fact.by, &fact.column, &fact.sql_type, site);
            let found = self.catalog.find(&fact.table, &fact.column, &hint);
            if let Some((id, index)) = found.first().copied() {
                if let Some(entry) = self.catalog.entry_mut(id, index) {
                    confirm(entry, class, fact.by, &fact.sql_type, provenance);
                    if fact.nullable == Some(false) && fact.by == DeclaredBy::Cache {
                        entry.column.nullable = Some(false);
                    }
                }
                continue;
            }
            let id = self
                .catalog
                .nearest(&fact.table, &hint)
                .unwrap_or_else(|| self.catalog.add_partial(&fact.table, path, fact.dialect, Role::Source));
            let Some(table) = self.catalog.tables.get(id).map(|table| table.name.clone()) else { continue };
            let column = Column {
                table,
                name: fact.column.clone(),
                kind: declared_kind(class, false),
                sql_type: fact.sql_type.clone(),
                nullable: fact.nullable,
                default: None,
                provenance: vec![provenance],
                dialect: fact.dialect,
                key_reads: vec![],
                keys_tested: BTreeMap::new(),
                generated: false,
                checked: false,
                added_in: None,
            };
            self.insert(id, Entry { column, class, dropped: false });
        }
    }
}

/// Adds what is said outside SQL to a declared column. The cache and the configuration speak for the database itself;
/// an entity may call `json` what the database calls `jsonb`.
fn confirm(entry: &mut Entry, class: Class, by: DeclaredBy, sql_type: &str, provenance: Provenance) {
    let json = matches!(class, Class::Json(_));
    match (entry.class, by) {
        // A workspace's cache names the same column in hundreds of files.
        (Class::Json(_), _) if json && entry.column.provenance.len() < 2 => entry.column.provenance.push(provenance),
        (Class::Json(_), _) if json => {}
        (_, DeclaredBy::Cache | DeclaredBy::Config) if json => {
            entry.class = class;
            entry.column.kind = declared_kind(class, false);
            sql_type.clone_into(&mut entry.column.sql_type);
            entry.column.provenance = vec![provenance];
        }
        (Class::Text | Class::Unknown, _) if json => {
            entry.column.kind = ColumnKind::TextJson;
            entry.column.provenance = vec![provenance];
        }
        _ => {}
    }
}

fn key(name: &str, source: &Source<'_>) -> (String, String) {
    (name.to_lowercase(), source.place.set.clone())
}

mod entities;
#[cfg(test)]
mod tests;
