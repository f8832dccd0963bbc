//! As which Rust types the models of entities read their columns.
//!
//! What is read of a model has gone through the type of its field: keys that the type does not know are gone.

use super::Paths;
use super::catalog::{Catalog, Column, Hint, Lookup};
use super::place::is_migration;
use super::profile::{ColumnId, column_id};
use super::types::{self, Keys, Types};
use crate::document::{Document, ReadSite};
use crate::frontend::facts::{Facts, RustType};
use crate::source::{FileId, Site};
use std::collections::{BTreeMap, BTreeSet};

/// A type, and the place that spells it.
#[derive(Debug, Clone)]
pub(super) struct Spelled {
    pub(super) ty: RustType,
    pub(super) file: FileId,
    pub(super) at: usize,
}

/// The field of a model that a column is read into.
#[derive(Debug)]
pub(super) struct ModelField {
    pub(super) column: ColumnId,
    pub(super) name: String,
    pub(super) spelled: Spelled,
    pub(super) site: Site,
}

/// The models' fields of types that the project may declare.
#[derive(Debug, Default)]
pub(super) struct Models {
    fields: Vec<ModelField>,
    /// The number of the first of a column's fields; `None` where models differ.
    by_column: BTreeMap<ColumnId, Option<usize>>,
    /// The columns whose field is a list: `Json<Vec<String>>`.
    lists: BTreeSet<ColumnId>,
}

/// Whether values of a type are arrays.
fn is_list(ty: &RustType) -> bool {
    let last = ty.path.rsplit("::").next().unwrap_or_default();
    matches!(last, "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "IndexSet")
}

impl Models {
    /// The models of all files; those of migrations show what the columns once were.
    pub(super) fn new(facts: &[Facts], catalog: &Catalog, types: &Types, paths: Paths<'_>) -> Self {
        let mut models = Self::default();
        for facts in facts.iter().filter(|facts| !is_migration(paths.get(facts.file))) {
            models.of_file(facts, catalog, types, paths.get(facts.file));
        }
        models
    }

    fn of_file(&mut self, facts: &Facts, catalog: &Catalog, types: &Types, path: &str) {
        let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
        for entity in facts.entities.iter().filter(|entity| !entity.test) {
            for known in &entity.columns {
                let Some(field) = types.field_in(facts.file, &entity.module, "Model", &known.field) else { continue };
                let is_list = |ty: &RustType| is_list(ty.document());
                let wanted = |ty: &RustType| is_list(ty) || ty.document().may_be_declared();
                let Some(ty) = field.ty.clone().filter(wanted) else { continue };
                let Lookup::Found(column) = catalog.column(&entity.table, &known.column, &hint) else { continue };
                if !column.kind.is_json() {
                    continue;
                }
                if is_list(&ty) {
                    self.lists.insert(column_id(column));
                    continue;
                }
                let (column, number) = (column_id(column), self.fields.len());
                let same = |first: usize| self.fields.get(first).is_some_and(|first| first.spelled.ty == ty);
                let first = match self.by_column.get(&column) {
                    None => Some(number),
                    Some(first) => first.filter(|first| same(*first)),
                };
                self.by_column.insert(column.clone(), first);
                let spelled = Spelled { ty, file: facts.file, at: field.span.start as usize };
                let site = Site { file: facts.file, span: known.span };
                self.fields.push(ModelField { column, name: known.field.clone(), spelled, site });
            }
        }
    }

    /// The columns that hold arrays, as a model says.
    pub(super) fn into_lists(self) -> BTreeSet<ColumnId> {
        self.lists
    }

    /// All fields, in the order of the files.
    pub(super) fn fields(&self) -> &[ModelField] {
        &self.fields
    }

    /// The field that a column is read into, by every model of its table.
    pub(super) fn field(&self, column: &ColumnId) -> Option<&ModelField> {
        self.fields.get((*self.by_column.get(column)?)?)
    }

    /// A value of a column with what was read of a model put through the type of its field.
    pub(super) fn read_in(
        &self,
        value: Document,
        column: &Column,
        types: &Types,
        of_model: &dyn Fn(&ReadSite) -> bool,
    ) -> Document {
        let Some(field) = self.field(&column_id(column)) else { return value };
        let Some(keys) = field.keys(types) else { return value };
        let own = |name: &String| *name == field.name || name.eq_ignore_ascii_case(&column.name);
        value.transformed(&|part| match part {
            Document::Read(read) if read.column.as_ref().is_some_and(own) && of_model(&read) => {
                keys.retyped(Document::Read(read), &field.spelled.ty)
            }
            // A field of it is stored under the key that serde gives it.
            other => types::renamed(other, &|ty, name| {
                (ty == field.spelled.ty.document().to_string()).then(|| keys.of_field(name)).flatten()
            }),
        })
    }
}

impl ModelField {
    fn keys(&self, types: &Types) -> Option<Keys> {
        types.keys(&self.spelled.ty, self.spelled.file, self.spelled.at).filter(|keys| keys.decoded)
    }
}
