//! Documents that are read as Rust types: by a row's or a model's field, by a decoder; and which fields are taken of
//! them.
//!
//! What reads a document as a type reads every key that the type cannot do without.

use super::Paths;
use super::catalog::{Catalog, Column, Hint, Lookup};
use super::models::{Models, Spelled};
use super::place::is_migration;
use super::profile::{ColumnId, column_id};
use super::reads::Statements;
use super::types::{Keys, Types};
use crate::frontend::facts::{Facts, KeyRead, KeyReadOf, RustType, TypedRead};
use crate::frontend::sql::TableName;
use crate::source::Site;
use std::collections::BTreeMap;

/// A type as which the documents of a column are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name, as a reader spells it.
    pub name: String,
    /// A place that reads it so.
    pub site: Site,
    /// Its keys.
    pub keys: Keys,
    /// Keys that are taken of it, each with the place.
    pub fields: Vec<(String, Site)>,
}

/// The types as which columns are read, each declaration once.
pub(super) fn of(
    facts: &[Facts],
    catalog: &Catalog,
    types: &Types,
    models: &Models,
    paths: Paths<'_>,
) -> BTreeMap<ColumnId, Vec<Reading>> {
    let statements = Statements::new(facts);
    let mut reader = Reader { catalog, types, statements, models, found: BTreeMap::new() };
    for field in models.fields() {
        reader.add(&field.column, &field.spelled, field.site, &[]);
    }
    for facts in facts.iter().filter(|facts| !is_migration(paths.get(facts.file))) {
        reader.rows(facts, paths.get(facts.file));
        for read in &facts.key_reads {
            if let Some(typed) = &read.typed {
                reader.read(facts, paths.get(facts.file), read, typed);
            }
        }
    }
    for readings in reader.found.values_mut().flatten() {
        readings.fields.sort_by_key(|(_, site)| *site);
        readings.fields.dedup();
    }
    reader.found
}

struct Reader<'a> {
    catalog: &'a Catalog,
    types: &'a Types,
    statements: Statements<'a>,
    models: &'a Models,
    found: BTreeMap<ColumnId, Vec<Reading>>,
}

impl Reader<'_> {
    /// The fields of structs that rows are read into: `settings: Json<Settings>`.
    fn rows(&mut self, facts: &Facts, path: &str) {
        let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
        for (row, tables) in &facts.fields.rows {
            let row = RustType { path: row.clone(), args: vec![] };
            for (field, file) in self.types.fields(&row, facts.file, 0) {
                let Some(ty) = field.ty.clone().filter(|ty| ty.wraps_document() && ty.document().may_be_declared())
                else {
                    continue;
                };
                let found: Vec<ColumnId> =
                    tables.iter().filter_map(|table| self.column(table, &field.name, &hint)).map(column_id).collect();
                // Of several tables any may be meant.
                let [id] = found.as_slice() else { continue };
                let site = Site { file, span: field.span };
                self.add(id, &Spelled { ty, file, at: field.span.start as usize }, site, &[]);
            }
        }
    }

    /// A place that reads a document as a type.
    fn read(&mut self, facts: &Facts, path: &str, read: &KeyRead, typed: &TypedRead) {
        if !read.path.is_empty() {
            // A part of the document.
            return;
        }
        let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
        let mut fields = typed.fields.as_slice();
        let mut spelled = typed.ty.as_ref().map(|ty| Spelled { ty: ty.clone(), file: facts.file, at: typed.at });
        let (table, column) = match &read.of {
            KeyReadOf::Column(table, column) => (table.clone(), column.clone()),
            KeyReadOf::Row(row) => {
                if !spelled.as_ref().is_some_and(|spelled| self.may_be_read(spelled, fields)) {
                    return;
                }
                let Some((table, column, taken)) = self.statements.column_of(row, fields) else { return };
                if taken > 0 {
                    // The first field is the row's.
                    let of_row = spelled.as_ref().and_then(|row| {
                        let name = fields.first()?;
                        let (field, file) =
                            self.types.fields(&row.ty, row.file, row.at).into_iter().find(|(f, _)| f.name == *name)?;
                        let ty = field.ty.clone().filter(RustType::wraps_document)?;
                        Some(Spelled { ty, file, at: field.span.start as usize })
                    });
                    spelled = of_row;
                    fields = fields.get(taken..).unwrap_or_default();
                    if spelled.is_none() {
                        return;
                    }
                }
                (table, column)
            }
            KeyReadOf::Field { .. } => return,
        };
        let Some(id) = self.column(&table, &column, &hint).map(column_id) else { return };
        let Some(spelled) = spelled.or_else(|| self.models.field(&id).map(|field| field.spelled.clone())) else {
            return;
        };
        self.add(&id, &spelled, Site { file: facts.file, span: read.span }, fields);
    }

    /// Whether the type is one that is decoded, or that of a row with such a field. Cheaper than to read the statement.
    fn may_be_read(&self, spelled: &Spelled, fields: &[String]) -> bool {
        let is_it = |field: &str| fields.first().is_some_and(|first| first == field);
        let of_row = self.types.fields(&spelled.ty, spelled.file, spelled.at);
        of_row.iter().any(|(f, _)| is_it(&f.name) && f.ty.as_ref().is_some_and(RustType::wraps_document))
            || self.types.keys(&spelled.ty, spelled.file, spelled.at).is_some_and(|keys| keys.decoded)
    }

    /// The JSON column of that name.
    fn column(&self, table: &TableName, name: &str, hint: &Hint<'_>) -> Option<&Column> {
        match self.catalog.column(table, name, hint) {
            Lookup::Found(column) if column.kind.is_json() => Some(column),
            _ => None,
        }
    }

    fn add(&mut self, id: &ColumnId, spelled: &Spelled, site: Site, fields: &[String]) {
        let keys = self.types.keys(&spelled.ty, spelled.file, spelled.at).filter(|keys| keys.decoded);
        let Some(keys) = keys else { return };
        // `.0` takes off what wraps the document.
        let mut named = fields.iter().skip_while(|field| field.bytes().all(|byte| byte.is_ascii_digit()));
        let key = named.next().and_then(|name| {
            let key = keys.keys.iter().find(|key| key.field.name == *name)?;
            Some((key.field.key.clone(), site))
        });
        let readings = self.found.entry(id.clone()).or_default();
        if let Some(known) = readings.iter_mut().find(|known| known.keys.site == keys.site) {
            known.fields.extend(key);
        } else {
            let name = spelled.ty.document().path.clone();
            readings.push(Reading { name, site, keys, fields: key.into_iter().collect() });
        }
    }
}
