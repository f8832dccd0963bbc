//! Entities, and statements that are built in Rust from them.

use super::Bind;
use crate::frontend::sql::{Dialect, TableName};
use crate::source::Span;

/// A SeaORM entity: a table and the struct that stands for its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// The table.
    pub table: TableName,
    /// Its columns, in order.
    pub columns: Vec<EntityColumn>,
    /// The place of the model, or of what names the table.
    pub span: Span,
    /// Stands in test code.
    pub test: bool,
}

/// A column as an entity declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityColumn {
    /// The field of the model, without `r#`; empty when only the column is declared.
    pub field: String,
    /// The variant of `Column`.
    pub variant: String,
    /// The column's name in the database.
    pub column: String,
    /// The type as DDL would spell it, as far as the attribute or the Rust type says it; else empty.
    pub sql_type: String,
    /// The Rust type without `Option`, by the last segment of its path: `Settings`.
    pub rust_type: String,
    /// Whether NULL is allowed, where it is said.
    pub nullable: Option<bool>,
    /// Part of the primary key.
    pub primary_key: bool,
    /// The place of the field.
    pub span: Span,
}

/// The entity of a built statement, as the place may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityUse {
    /// The name by which the place knows it.
    pub path: EntityPath,
    /// Its columns.
    pub columns: Vec<EntityColumn>,
    /// Every name in the hooks that run around a write of its models ([`Hooks::names`]).
    pub hooks: Vec<String>,
}

/// What runs around each write of a model: the methods that a project gives `ActiveModelBehavior`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// The model.
    pub model: EntityPath,
    /// Every name in them, sorted, each once.
    pub names: Vec<String>,
}

/// How an entity is named at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntityPath {
    /// The path with imports followed, down to `Entity`, `ActiveModel`, `Model` or `Column`, or to another name for one.
    pub path: Vec<String>,
    /// Modules of which everything is imported, where the path is a bare name.
    pub globs: Vec<Vec<String>>,
    /// Modules around the place inside its file.
    pub module: Vec<String>,
}

/// A statement that is built in Rust.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltWrite {
    /// The entity that is written, where it is named.
    pub entity: Option<EntityPath>,
    /// The table, where that is named instead.
    pub table: Option<TableName>,
    /// Which statement.
    pub kind: BuiltKind,
    /// What another place must say for the statement to be sent; `None` when it is sent for all that shows.
    pub given: Option<Given>,
    /// What is assigned, in order.
    pub set: Vec<BuiltItem>,
    /// What is inserted, for upserts.
    pub inserted: Vec<BuiltItem>,
    /// The condition; empty when there is none.
    pub filter: Vec<SqlPiece>,
    /// Bytes of the whole.
    pub span: Span,
    /// The dialect of the crate.
    pub dialect: Option<Dialect>,
    /// The function it stands in: index into [`Facts::functions`](super::Facts::functions).
    pub function: Option<usize>,
    /// Stands in test code.
    pub test: bool,
}

/// Which statement is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltKind {
    /// `UPDATE`.
    Update,
    /// `UPDATE` when the primary key is given, else `INSERT`.
    Save,
    /// `INSERT .. ON CONFLICT DO UPDATE`.
    Upsert,
    /// `REPLACE INTO`.
    Replace,
    /// `INSERT`, with what may be a document only: nothing is lost by it, and what it stores is there to be lost.
    Insert,
}

/// A column and what it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltItem {
    /// The column.
    pub column: BuiltColumn,
    /// Where it is named.
    pub name_span: Span,
    /// The value.
    pub value: Vec<SqlPiece>,
    /// Where that stands.
    pub value_span: Span,
}

/// How a builder names a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuiltColumn {
    /// By the field of a model.
    Field(String),
    /// By the variant of `Column`.
    Variant(String),
    /// As the database does.
    Name(String),
    /// Not one by one: every column that the statement does not name, or of those the fields of a struct.
    Rest(Option<String>),
}

/// What another place must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// The model is made by a function, and somebody who calls it updates the row.
    Made(Maker),
    /// A macro of the project sets a field of a model: the numbers of its arguments.
    Macro {
        /// The macro.
        name: String,
        /// The argument that is the model.
        model: usize,
        /// The argument that names the field.
        field: usize,
    },
}

/// A function that makes active models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Its name; `from` for conversions.
    pub name: String,
    /// The type that it converts, where it is a conversion and the type shows.
    pub from: Option<String>,
}

/// What a file says of models that are made or changed in other files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Rows that are updated with what a function made.
    pub ends: Vec<MadeEnd>,
    /// Macros that set a field of a model.
    pub setters: Vec<SetterMacro>,
    /// Structs that become active models, by name, with their fields.
    pub parts: Vec<(String, Vec<String>)>,
    /// What runs around the writes of models.
    pub hooks: Vec<Hooks>,
}

/// A row is updated with what a function made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeEnd {
    /// The function.
    pub maker: Maker,
    /// The entity, where it shows.
    pub entity: Option<EntityPath>,
}

/// A macro that sets a field of a model, one for each arm that does: `$model.$field = Set(..)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetterMacro {
    /// The macro.
    pub name: String,
    /// The number of the argument that is the model.
    pub model: usize,
    /// The number of the argument that names the field.
    pub field: usize,
}

/// A piece of SQL that is built.
#[allow(clippy::large_enum_variant, reason = "most pieces are binds")]
#[derive(Debug, Clone, PartialEq)]
pub enum SqlPiece {
    /// SQL as it is sent.
    Text(String),
    /// A column of the table.
    Column(BuiltColumn),
    /// The column of the row that was to be inserted.
    Excluded(BuiltColumn),
    /// The condition that picks the row by its primary key.
    Key,
    /// A bound value.
    Bind(Bind),
}

/// What a file says of Rust types that SeaORM keeps as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonTypes {
    /// Types that derive or implement it.
    pub types: Vec<String>,
    /// Those of them that derive it: they are bound as JSON, whatever the column is.
    pub derived: Vec<String>,
    /// Macros of the project that implement it for the type they are given.
    pub macros: Vec<String>,
    /// Calls of macros at the level of items, each with the type it is given.
    pub calls: Vec<(String, String)>,
    /// Names for other types: `type Settings = Json`, `struct Settings(Json)`.
    pub aliases: Vec<(String, String)>,
}
