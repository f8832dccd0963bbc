//! What a name means: the row's own column, another column, a relation of a subquery, `EXCLUDED`, a placeholder.

use super::super::{Dialect, TableName, Verb};
use super::typed::{Ty, Typed, as_text, has_hole, input};
use super::{Evaluator, SqlType};
use crate::document::{Document, Form, Key, Nullability, Path, ReadSite, Rest, Shape, Step};
use sqlparser::ast::Ident;

/// A relation that a subquery brings into scope.
#[derive(Debug, Clone)]
pub(super) enum Relation {
    /// The written table, read by a subquery. `same_row` when its predicate names the row that is written.
    Target {
        /// Whether it is the row that is written.
        same_row: bool,
    },
    /// Another table.
    Table(TableName),
    /// A derived table with its columns.
    Derived(Vec<(String, Typed)>),
    /// `jsonb_each(d)`, `json_each(d)`: `key` and `value`.
    Each,
    /// Not read.
    Opaque,
}

impl Evaluator<'_> {
    /// The value of a name with its qualifiers.
    pub(super) fn name(&mut self, parts: &[Ident]) -> Typed {
        match parts {
            [name] => self.bare(name),
            [.., qualifier, name] => self.qualified(&qualifier.value, &name.value),
            [] => Typed::any(Document::Unknown("an empty name".into())),
        }
    }

    fn bare(&mut self, ident: &Ident) -> Typed {
        let name = ident.value.as_str();
        if ident.quote_style.is_none() {
            if name.eq_ignore_ascii_case("default") {
                return self.default_value();
            }
            if self.dialect == Dialect::Mysql && is_dollar_placeholder(name) {
                return self.placeholder(name, 0);
            }
            if has_hole(name) {
                return Typed::any(Document::Unknown(format!("`{name}` stands for SQL that is not known")));
            }
        }
        if let Some(found) = self.in_frames(name) {
            return found;
        }
        if self.inserting {
            return self.outside(name, None);
        }
        if self.is_column(name) {
            if self.is_postgres() && self.write.verb == Verb::Upsert {
                return self.reject(format!("column reference \"{name}\" is ambiguous"));
            }
            let doubled = self
                .write
                .sources
                .iter()
                .any(|(_, t)| t.as_ref().is_some_and(|t| self.environment.column_type(t, name).is_some()));
            if doubled {
                return self.reject(format!("column reference \"{name}\" is ambiguous"));
            }
            return self.own_column();
        }
        let own = self.environment.column_type(&self.write.table, name);
        if own.is_none() {
            if let Some(record) = self.whole_row(name) {
                return record;
            }
            // SQLite takes a double-quoted name that is no column for a string.
            if self.dialect == Dialect::Sqlite
                && ident.quote_style == Some('"')
                && self.environment.column_type(&self.write.table, self.column).is_some()
            {
                return Typed::new(Document::Text(name.to_owned()), Ty::Text);
            }
            let source = self.write.sources.iter().find_map(|(alias, t)| {
                t.as_ref().and_then(|t| self.environment.column_type(t, name)).map(|ty| (alias, ty))
            });
            if let Some((alias, ty)) = source {
                return self.outside(&format!("{alias}.{name}"), Some(ty));
            }
        }
        self.outside(&format!("{}.{name}", self.write.table.name), own)
    }

    fn qualified(&mut self, qualifier: &str, name: &str) -> Typed {
        for frame in self.frames.iter().rev() {
            if let Some((alias, relation)) = frame.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(qualifier)) {
                let (alias, relation) = (alias.clone(), relation.clone());
                return self.column_of(&alias, &relation, name);
            }
        }
        if self.inserting {
            return self.outside(&format!("{qualifier}.{name}"), None);
        }
        let write = self.write;
        let upsert = write.verb == Verb::Upsert;
        if upsert && qualifier.eq_ignore_ascii_case("excluded") {
            return self.inserted(name);
        }
        if let Some((alias, table)) = write.sources.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(qualifier)) {
            let same_table = table.as_ref().is_some_and(|t| t.name.eq_ignore_ascii_case(&write.table.name));
            if same_table {
                let same_row = write.predicate.as_deref().is_some_and(|p| self.pins_row(p, qualifier));
                return self.column_of(alias, &Relation::Target { same_row }, name);
            }
            if upsert && table.is_none() && self.dialect == Dialect::Mysql {
                return self.inserted(name);
            }
            if table.is_none()
                && let Some(value) = self.source_column(alias, name)
            {
                return value;
            }
            let ty = table.as_ref().and_then(|t| self.environment.column_type(t, name));
            return self.outside(&format!("{alias}.{name}"), ty);
        }
        let table_named = write.table.name.eq_ignore_ascii_case(qualifier);
        let alias_named = write.alias.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(qualifier));
        if table_named && write.alias.is_some() && !alias_named {
            return self.reject(format!("invalid reference to table \"{qualifier}\": its alias must be used"));
        }
        if table_named || alias_named {
            if self.is_column(name) {
                return self.own_column();
            }
            let ty = self.environment.column_type(&write.table, name);
            return self.outside(&format!("{}.{name}", write.table.name), ty);
        }
        if upsert && self.dialect == Dialect::Mysql {
            // `INSERT .. AS new ON DUPLICATE KEY UPDATE c = new.c`.
            return self.inserted(name);
        }
        self.outside(&format!("{qualifier}.{name}"), None)
    }

    /// A value of the inserted row: `EXCLUDED.c`, `VALUES(c)`.
    pub(super) fn inserted(&mut self, name: &str) -> Typed {
        let ty = self.declared(name);
        let write = self.write;
        let Some((_, values)) = write.inserted.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)) else {
            return Typed::new(input(format!("EXCLUDED.{name}"), shape_of(ty), Nullability::Maybe), ty);
        };
        let before = std::mem::replace(&mut self.inserting, true);
        let frames = std::mem::take(&mut self.frames);
        let docs: Vec<Document> = values
            .iter()
            .map(|value| {
                let value = self.eval(value);
                self.taken_by(value, ty)
            })
            .collect();
        self.frames = frames;
        self.inserting = before;
        let doc = match docs.split_first() {
            None => input(format!("EXCLUDED.{name}"), shape_of(ty), Nullability::Maybe),
            Some((first, others)) if others.iter().all(|other| other == first) => first.clone(),
            Some(_) => input(format!("EXCLUDED.{name}"), shape_of(ty), joined(&docs)),
        };
        Typed::new(doc, ty)
    }

    /// The value as an expression finds it in a column of type `ty`.
    fn taken_by(&mut self, value: Typed, ty: Ty) -> Document {
        match (ty, value.doc) {
            (Ty::Any, doc) | (Ty::Text, doc @ (Document::Text(_) | Document::Null)) => doc,
            (Ty::Text | Ty::Scalar, Document::Input(given))
                if given.shape == Shape::Any || (self.dialect == Dialect::Sqlite && given.shape == Shape::Text) =>
            {
                input(given.id, shape_of(ty), given.null)
            }
            (Ty::Text, doc) => as_text(Typed::new(doc, value.ty), false),
            (ty, doc) => self.stored_in(Typed::new(doc, value.ty), ty),
        }
    }

    /// The type of a column of the written table.
    fn declared(&self, name: &str) -> Ty {
        if self.is_column(name) {
            return self.own_ty;
        }
        self.ty_of(self.environment.column_type(&self.write.table, name))
    }

    fn ty_of(&self, declared: Option<SqlType>) -> Ty {
        match (declared, self.dialect) {
            (None, Dialect::Sqlite) => Ty::Text,
            (None, _) => Ty::Any,
            (Some(SqlType::Other), _) => Ty::Scalar,
            (Some(SqlType::Text | SqlType::Json | SqlType::Jsonb), Dialect::Sqlite) | (Some(SqlType::Text), _) => {
                Ty::Text
            }
            (Some(SqlType::Jsonb), _) => Ty::Jsonb,
            (Some(SqlType::Json), _) => Ty::Json,
        }
    }

    pub(super) fn is_column(&self, name: &str) -> bool {
        self.column.eq_ignore_ascii_case(name)
    }

    /// The row's own column.
    pub(super) fn own_column(&self) -> Typed {
        Typed::new(self.own.clone(), self.own_ty)
    }

    /// A column that does not hold the old document.
    fn outside(&self, id: &str, declared: Option<SqlType>) -> Typed {
        let ty = self.ty_of(declared);
        Typed::new(input(id, shape_of(ty), Nullability::Maybe), ty)
    }

    /// A placeholder.
    pub(super) fn placeholder(&self, spelled: &str, ordinal: usize) -> Typed {
        let doc = self.environment.bind(spelled, ordinal).unwrap_or_else(|| {
            let id = if spelled == "?" { format!("?{ordinal}") } else { spelled.to_owned() };
            input(id, Shape::Any, Nullability::Maybe)
        });
        Typed::new(doc, if self.is_postgres() { Ty::Untyped } else { Ty::Any })
    }

    /// A bare name in the relations of the subqueries around, the innermost first.
    fn in_frames(&mut self, name: &str) -> Option<Typed> {
        for frame in self.frames.clone().iter().rev() {
            for (alias, relation) in frame {
                if self.has_column(relation, name) {
                    return Some(self.column_of(alias, relation, name));
                }
            }
            if let Some((_, relation)) = frame.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)) {
                return Some(self.row_of(name, relation));
            }
        }
        None
    }

    fn has_column(&self, relation: &Relation, name: &str) -> bool {
        match relation {
            Relation::Target { .. } => {
                self.is_column(name) || self.environment.column_type(&self.write.table, name).is_some()
            }
            Relation::Table(table) => {
                self.environment.column_type(table, name).is_some()
                    // Nothing is known of that table, and the name is no column of the written one.
                    || (!self.is_column(name) && self.environment.column_type(&self.write.table, name).is_none())
            }
            Relation::Derived(columns) => columns.iter().any(|(column, _)| column.eq_ignore_ascii_case(name)),
            Relation::Each => ["key", "value", "type", "atom", "fullkey"].iter().any(|c| c.eq_ignore_ascii_case(name)),
            Relation::Opaque => false,
        }
    }

    fn column_of(&mut self, alias: &str, relation: &Relation, name: &str) -> Typed {
        match relation {
            Relation::Target { same_row: true } if self.is_column(name) => {
                // Measured: only PostgreSQL does not read the row again when another session changed it meanwhile.
                let doc = if self.is_postgres() {
                    Document::Read(ReadSite {
                        what: format!("a subselect on {}", self.write.table.name),
                        ..ReadSite::default()
                    })
                } else {
                    self.own.clone()
                };
                Typed::new(doc, self.own_ty)
            }
            Relation::Target { .. } => {
                let ty = self.declared(name);
                Typed::new(input(format!("{alias}.{name}"), shape_of(ty), Nullability::Maybe), ty)
            }
            Relation::Table(table) => {
                let ty = self.environment.column_type(table, name);
                self.outside(&format!("{alias}.{name}"), ty)
            }
            Relation::Derived(columns) => match columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)) {
                Some((_, value)) => value.clone(),
                None => self.outside(&format!("{alias}.{name}"), None),
            },
            Relation::Each | Relation::Opaque => self.outside(&format!("{alias}.{name}"), None),
        }
    }

    /// A relation's name as a value: the whole row.
    fn row_of(&self, name: &str, relation: &Relation) -> Typed {
        let doc = match relation {
            Relation::Derived(columns) => Document::Object {
                entries: columns
                    .iter()
                    .map(|(column, value)| {
                        (Key::Name(column.clone()), super::typed::as_part(value.clone(), self.old_is_text()))
                    })
                    .collect(),
                rest: Rest::Closed,
            },
            _ => input(name, Shape::Object, Nullability::Maybe),
        };
        Typed::new(doc, Ty::Record)
    }

    /// The own row as a value: `to_jsonb(users)`.
    fn whole_row(&self, name: &str) -> Option<Typed> {
        let named = match &self.write.alias {
            Some(alias) => alias,
            None => &self.write.table.name,
        };
        named.eq_ignore_ascii_case(name).then(|| {
            let entries = vec![(Key::Name(self.column.to_owned()), self.own.clone())];
            Typed::new(Document::Object { entries, rest: Rest::Open }, Ty::Record)
        })
    }
}

/// `$1` where the dialect reads it as a name.
fn is_dollar_placeholder(name: &str) -> bool {
    name.strip_prefix('$').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// The shape that a column of a type has.
fn shape_of(ty: Ty) -> Shape {
    match ty {
        Ty::Text => Shape::Text,
        Ty::Scalar => Shape::SqlScalar,
        _ => Shape::Any,
    }
}

/// Whether one of several values can be NULL.
fn joined(docs: &[Document]) -> Nullability {
    let mut result = Nullability::Never;
    for doc in docs {
        match doc {
            Document::Null => return Nullability::Yes,
            Document::Input(input) if input.null == Nullability::Yes => return Nullability::Yes,
            doc if super::typed::can_be_null(doc) => result = Nullability::Maybe,
            _ => {}
        }
    }
    result
}

/// A part of a document.
pub(super) fn get(of: Document, steps: Vec<Step>, form: Form, family: crate::document::Family) -> Document {
    match of {
        Document::Null => Document::Null,
        of => Document::Get { of: Box::new(of), path: Path::Steps(steps), form, family },
    }
}
