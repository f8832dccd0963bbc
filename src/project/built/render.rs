//! A built statement as text, with every part mapped to what spells it in Rust.

use crate::document::{Document, Input, Nullability, Shape};
use crate::frontend::facts::{Bind, BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, Entity, EntityColumn, SqlPiece};
use crate::frontend::sql::{Dialect, TableName};
use crate::source::{Span, SpanMap};

/// The text of a statement.
pub(super) struct Rendered {
    pub(super) sql: String,
    pub(super) map: SpanMap,
    pub(super) binds: Vec<Bind>,
    pub(super) dialect: Option<Dialect>,
}

/// Spells a statement; `None` when it overwrites nothing.
pub(super) fn render(write: &BuiltWrite, table: &TableName, entity: Option<&Entity>) -> Option<Rendered> {
    let columns = Columns { entity };
    let mut dialect = write.dialect;
    if write.kind == BuiltKind::Replace && !matches!(dialect, Some(Dialect::Mysql | Dialect::Sqlite)) {
        dialect = Some(Dialect::Mysql);
    }
    let out = Text { sql: String::new(), map: SpanMap::default(), binds: vec![], dialect, columns };
    match write.kind {
        BuiltKind::Update => out.update(write, table),
        BuiltKind::Save => {
            let given = write.set.iter().any(|item| columns.is_key(&item.column));
            if given { out.update(write, table) } else { None }
        }
        BuiltKind::Upsert | BuiltKind::Replace | BuiltKind::Insert => out.insert(write, table),
    }
}

/// Names of columns, by the entity where there is one.
#[derive(Clone, Copy)]
struct Columns<'a> {
    entity: Option<&'a Entity>,
}

impl<'a> Columns<'a> {
    fn find(self, column: &BuiltColumn) -> Option<&'a EntityColumn> {
        self.entity?.columns.iter().find(|known| match column {
            BuiltColumn::Field(name) => known.field == *name,
            BuiltColumn::Variant(name) => known.variant == *name,
            BuiltColumn::Name(name) => known.column == *name,
            BuiltColumn::Rest(_) => false,
        })
    }

    /// The column's name; `None` when the entity does not have it.
    fn name(self, column: &BuiltColumn) -> Option<String> {
        match (self.find(column), column) {
            (Some(known), _) => Some(known.column.clone()),
            (None, BuiltColumn::Name(name)) => Some(name.clone()),
            (None, BuiltColumn::Variant(name)) if self.entity.is_none() => {
                Some(heck::ToSnakeCase::to_snake_case(name.as_str()))
            }
            (None, BuiltColumn::Field(name)) if self.entity.is_none() => Some(name.clone()),
            (None, _) => None,
        }
    }

    fn is_key(self, column: &BuiltColumn) -> bool {
        self.find(column).is_some_and(|known| known.primary_key)
    }

    /// The primary key's name.
    fn key(self) -> &'a str {
        let columns = self.entity.map(|entity| entity.columns.as_slice()).unwrap_or_default();
        columns.iter().find(|column| column.primary_key).map_or("id", |column| column.column.as_str())
    }

    /// Whether the column holds JSON, or a type of which nothing else is known.
    fn may_be_json(self, column: &BuiltColumn) -> bool {
        self.find(column).is_some_and(|known| known.sql_type.starts_with("json") || known.sql_type.is_empty())
    }
}

struct Text<'a> {
    sql: String,
    map: SpanMap,
    binds: Vec<Bind>,
    dialect: Option<Dialect>,
    columns: Columns<'a>,
}

impl Text<'_> {
    fn push(&mut self, text: &str, span: Span) {
        self.sql.push_str(text);
        self.map.push(text.len(), span);
    }

    fn quoted(&self, name: &str) -> String {
        match self.dialect {
            Some(Dialect::Mysql) => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    fn table(&self, table: &TableName) -> String {
        match &table.schema {
            Some(schema) => format!("{}.{}", self.quoted(schema), self.quoted(&table.name)),
            None => self.quoted(&table.name),
        }
    }

    fn update(mut self, write: &BuiltWrite, table: &TableName) -> Option<Rendered> {
        let (start, end) = ends(write.span);
        let head = format!("UPDATE {} SET ", self.table(table));
        self.push(&head, start);
        let items: Vec<&BuiltItem> = write.set.iter().filter(|item| !self.columns.is_key(&item.column)).collect();
        if self.assignments(&items) == 0 {
            return None;
        }
        if !write.filter.is_empty() {
            self.push(" WHERE ", end);
            self.pieces(&write.filter, end, None);
        }
        Some(self.done())
    }

    fn insert(mut self, write: &BuiltWrite, table: &TableName) -> Option<Rendered> {
        let (start, end) = ends(write.span);
        let verb = if write.kind == BuiltKind::Replace { "REPLACE" } else { "INSERT" };
        let head = format!("{verb} INTO {} (", self.table(table));
        self.push(&head, start);
        let mut inserted: Vec<(String, &BuiltItem, bool)> = vec![];
        for item in &write.inserted {
            let shown = write.kind != BuiltKind::Insert || self.columns.may_be_json(&item.column);
            if let Some(name) = self.columns.name(&item.column).filter(|_| shown) {
                inserted.push((name, item, true));
            }
        }
        for item in &write.set {
            let excluded = item.value.iter().any(|piece| matches!(piece, SqlPiece::Excluded(_)));
            if let Some(name) = self.columns.name(&item.column).filter(|_| excluded)
                && !inserted.iter().any(|(known, ..)| *known == name)
            {
                inserted.push((name, item, false));
            }
        }
        if inserted.is_empty() && write.kind == BuiltKind::Insert {
            return None;
        }
        if inserted.is_empty() {
            let key = self.quoted(self.columns.key());
            self.push(&key, start);
        }
        for (i, (name, item, _)) in inserted.iter().enumerate() {
            if i > 0 {
                self.push(", ", start);
            }
            let quoted = self.quoted(name);
            self.push(&quoted, item.name_span);
        }
        self.push(") VALUES (", start);
        if inserted.is_empty() {
            self.given("the primary key", start);
        }
        for (i, (name, item, known)) in inserted.iter().enumerate() {
            if i > 0 {
                self.push(", ", start);
            }
            if *known {
                self.pieces(&item.value, item.value_span, Some(&item.column));
            } else {
                self.given(&format!("the inserted `{name}`"), item.value_span);
            }
        }
        self.push(")", start);
        if write.kind == BuiltKind::Upsert {
            let mysql = self.dialect == Some(Dialect::Mysql);
            let clause = if mysql {
                " ON DUPLICATE KEY UPDATE ".to_owned()
            } else {
                format!(" ON CONFLICT ({}) DO UPDATE SET ", self.quoted(self.columns.key()))
            };
            self.push(&clause, start);
            let items: Vec<&BuiltItem> = write.set.iter().collect();
            if self.assignments(&items) == 0 {
                return None;
            }
            if !mysql && !write.filter.is_empty() {
                self.push(" WHERE ", end);
                self.pieces(&write.filter, end, None);
            }
        }
        Some(self.done())
    }

    /// Spells assignments and returns how many.
    fn assignments(&mut self, items: &[&BuiltItem]) -> usize {
        let mut count = 0;
        for item in items {
            let Some(name) = self.columns.name(&item.column) else { continue };
            if count > 0 {
                self.push(", ", Span { start: item.name_span.start, end: item.name_span.start });
            }
            count += 1;
            let quoted = self.quoted(&name);
            self.push(&quoted, item.name_span);
            let end = Span { start: item.name_span.end, end: item.name_span.end };
            self.push(" = ", end);
            self.pieces(&item.value, item.value_span, Some(&item.column));
        }
        count
    }

    fn pieces(&mut self, pieces: &[SqlPiece], span: Span, column: Option<&BuiltColumn>) {
        for piece in pieces {
            match piece {
                SqlPiece::Text(text) => self.push(text, span),
                SqlPiece::Column(column) => {
                    let name = self.columns.name(column).unwrap_or_else(|| "unknown".to_owned());
                    let quoted = self.quoted(&name);
                    self.push(&quoted, span);
                }
                SqlPiece::Excluded(column) => {
                    let name = self.columns.name(column).unwrap_or_else(|| "unknown".to_owned());
                    let quoted = self.quoted(&name);
                    let text = match self.dialect {
                        Some(Dialect::Mysql) => format!("VALUES({quoted})"),
                        _ => format!("excluded.{quoted}"),
                    };
                    self.push(&text, span);
                }
                SqlPiece::Key => {
                    let key = self.quoted(self.columns.key());
                    self.push(&key, span);
                    self.push(" = ", span);
                    self.given("the primary key", span);
                }
                SqlPiece::Bind(bind) => {
                    let mut bind = bind.clone();
                    if column.is_some_and(|column| self.columns.may_be_json(column)) {
                        // SeaORM binds what a JSON column is given as JSON, whatever its Rust type.
                        as_json(&mut bind.value);
                    } else {
                        bind.is_json = false;
                    }
                    // The whole of the value is what the assignment shows.
                    self.bind(bind, span);
                }
            }
        }
    }

    fn bind(&mut self, mut bind: Bind, span: Span) {
        bind.index = self.binds.len() + 1;
        let placeholder = match self.dialect {
            Some(Dialect::Mysql) => "?".to_owned(),
            _ => format!("${}", bind.index),
        };
        self.push(&placeholder, span);
        self.binds.push(bind);
    }

    /// A value of which only its role is known.
    fn given(&mut self, what: &str, span: Span) {
        let input = Input { id: what.to_owned(), shape: Shape::Any, null: Nullability::Never };
        let value = Document::Input(input);
        let (source, name, rust_type) = (what.to_owned(), None, None);
        self.bind(
            Bind {
                index: 0,
                name,
                file: None,
                span,
                source,
                value,
                rust_type,
                is_json: false,
                signs: vec![],
                calls: vec![],
                types: vec![],
            },
            span,
        );
    }

    fn done(self) -> Rendered {
        Rendered { sql: self.sql, map: self.map, binds: self.binds, dialect: self.dialect }
    }
}

fn ends(span: Span) -> (Span, Span) {
    (Span { start: span.start, end: span.start }, Span { start: span.end, end: span.end })
}

/// Takes text and scalars from outside for JSON.
fn as_json(value: &mut Document) {
    match value {
        Document::Input(input) if matches!(input.shape, Shape::Text | Shape::SqlScalar) => input.shape = Shape::Any,
        Document::First(items) => items.iter_mut().for_each(as_json),
        Document::Choose { branches, otherwise } => {
            for (_, branch) in branches {
                as_json(branch);
            }
            as_json(otherwise);
        }
        _ => {}
    }
}
