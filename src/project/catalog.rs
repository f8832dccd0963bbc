//! Which columns there are, of which type, and how we know.

use crate::frontend::sql::{Dialect, TableName};
use crate::source::Site;

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
    /// Cannot be written.
    pub generated: bool,
}

/// Every column of the project, by table.
#[derive(Debug, Clone, Default)]
pub struct Catalog {}
