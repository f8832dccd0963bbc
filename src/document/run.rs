//! Runs a document on one old value: the concretiser that is held against real servers.

use super::Document;
use serde_json::Value as Json;

/// How a column keeps its value: the last step of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// PostgreSQL `jsonb`.
    Jsonb,
    /// PostgreSQL `json`.
    Json,
    /// MySQL's `JSON`, MariaDB's `LONGTEXT CHECK (json_valid(c))`.
    CheckedText,
    /// Text without a check: SQLite, and PostgreSQL or MySQL text columns that hold JSON.
    Text,
}

/// The outcome of one run.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// This document is stored.
    Stored(Json),
    /// Text that is not JSON is stored (only in [`Storage::Text`]).
    Malformed(String),
    /// SQL NULL is stored.
    Null,
    /// The statement fails; nothing is stored.
    Error(String),
    /// Not decided.
    Unknown(String),
}

/// Gives inputs their values.
pub trait Inputs {
    /// The value of the input of that id: `None` when the input is not known, `Some(None)` for SQL NULL.
    fn value(&self, id: &str) -> Option<Option<Json>>;
    /// The outcome of an undecided condition, by its words; `None` makes the run unknown.
    fn condition(&self, words: &str) -> Option<bool>;
}

/// Stores what `document` makes of `old` (`None` is SQL NULL).
pub fn run(_document: &Document, _old: Option<&Json>, _inputs: &dyn Inputs, _storage: Storage) -> Outcome {
    Outcome::Unknown("not built".into())
}
