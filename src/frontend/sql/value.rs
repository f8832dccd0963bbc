//! The expression on the right of `=` to a [`Document`].

use super::{Dialect, SqlWrite, TableName};
use crate::document::Document;
use crate::document::run::Storage;

/// The type of a column, as far as evaluation needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlType {
    /// `jsonb`.
    Jsonb,
    /// `json` (PostgreSQL), `JSON` (MySQL, MariaDB, SQLite).
    Json,
    /// Text.
    Text,
    /// Something else.
    Other,
}

/// What an evaluation may ask.
pub trait Environment {
    /// The dialect.
    fn dialect(&self) -> Dialect;
    /// How the written column is kept.
    fn storage(&self) -> Storage;
    /// The type of a column of a table; `None` when not known.
    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType>;
    /// The value bound to a placeholder as it is spelled (`$1`, `?`, `:name`); for bare `?` the caller counts:
    /// `ordinal` is its number in the whole text, from 1.
    fn bind(&self, placeholder: &str, ordinal: usize) -> Option<Document>;
}

/// Evaluates what `write` stores in its column.
pub fn evaluate(_write: &SqlWrite, _environment: &dyn Environment) -> Document {
    Document::Unknown("not built".into())
}
