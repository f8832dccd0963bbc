//! What a file says of columns outside SQL: that they hold JSON, of which type they are, through which fields they
//! pass.

use super::{EntityPath, RustType};
use crate::document::ReadSite;
use crate::frontend::sql::{Dialect, SchemaChange, TableName};
use crate::source::Span;

/// A column that was read as text is decoded as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonDecode {
    /// The name of the field or column that is decoded.
    pub column: String,
    /// The tables that SQL texts of the same function name.
    pub tables: Vec<TableName>,
    /// The place.
    pub span: Span,
}

/// A field of a struct, as a place names it: `trigger.data`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRef {
    /// The struct, by the last segment of its path, where the function shows it.
    pub owner: Option<String>,
    /// The variable or field that it is a field of: `trigger`; empty for a field of a literal.
    pub variable: String,
    /// The field, without `r#`.
    pub field: String,
}

/// A field that holds JSON as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonField {
    /// The field.
    pub field: FieldRef,
    /// It is read as JSON here; else JSON is put into it.
    pub decoded: bool,
    /// The place.
    pub span: Span,
}

/// What a file says of fields that stand between a column and the JSON in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldFacts {
    /// Structs outside of tests that have text fields, with these.
    pub structs: Vec<(String, Vec<String>)>,
    /// Fields that hold JSON as text.
    pub json: Vec<JsonField>,
    /// Fields that are bound to a placeholder, by the span of the [`Bind`](super::Bind).
    pub bound: Vec<(Span, FieldRef)>,
    /// Structs that rows are read into, with the tables that the SQL texts of the same function name.
    pub rows: Vec<(String, Vec<TableName>)>,
}

/// A key that Rust reads of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRead {
    /// Which column the document is of.
    pub of: KeyReadOf,
    /// The keys, outermost first. Of a row as a whole the first may name the column.
    pub path: Vec<String>,
    /// The place.
    pub span: Span,
    /// The document is read as a Rust type, below the keys of `path`.
    pub typed: Option<TypedRead>,
}

/// How a document is read as a Rust type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedRead {
    /// The type of the document, or of the row that it is a column of; `None` where the entity says it.
    pub ty: Option<RustType>,
    /// A byte of the place that spells it.
    pub at: usize,
    /// The fields that are taken of it, outermost first; numbers for those without a name. None where only the type
    /// shows.
    pub fields: Vec<String>,
}

/// What a key is read of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReadOf {
    /// A row that a statement of the same file fetched, or a column of it.
    Row(ReadSite),
    /// A field of an entity's model.
    Field {
        /// The entity.
        entity: EntityPath,
        /// The field, without `r#`.
        field: String,
    },
    /// The column of an entity, once it is known.
    Column(TableName, String),
}

/// What says a column's type outside SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeclaredBy {
    /// sqlx's offline cache: what the database itself said of a statement.
    Cache,
    /// A SeaORM entity.
    Entity,
    /// diesel's `table!`.
    TableMacro,
    /// The user, in the configuration.
    Config,
}

/// A column whose type is said outside SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// The table; in the offline cache as the statement or the server spells it.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// The type as DDL would spell it, in lower case: `jsonb`, `json`, `text`, `int8`.
    pub sql_type: String,
    /// Whether NULL is allowed, where it is said.
    pub nullable: Option<bool>,
    /// The dialect, where it is said.
    pub dialect: Option<Dialect>,
    /// Who says so.
    pub by: DeclaredBy,
    /// The place.
    pub span: Span,
}

/// A change to the schema that is spelled in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFact {
    /// The change.
    pub change: SchemaChange,
    /// The place of the call, for the order among the SQL texts of the file.
    pub span: Span,
    /// Stands in test code.
    pub test: bool,
}
