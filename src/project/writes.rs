//! Writes on columns that hold JSON, evaluated: the one hand-over to the rules.

use super::catalog::Column;
use crate::document::Document;
use crate::document::survival::{State, Survival};
use crate::frontend::facts::Bind;
use crate::frontend::sql::{Dialect, RowScope, SqlWrite, Verb};
use crate::source::{FileId, Site};

/// One statement's write of one column that holds JSON.
#[derive(Debug, Clone)]
pub struct ColumnWrite {
    /// The column, with how we know it.
    pub column: Column,
    /// Which statement writes.
    pub verb: Verb,
    /// What is stored.
    pub value: Document,
    /// What survives of the old document.
    pub survival: Survival,
    /// What the old value can be.
    pub states: Vec<State>,
    /// Which rows.
    pub scope: RowScope,
    /// The dialect.
    pub dialect: Dialect,
    /// The assignment: the primary place of a finding.
    pub site: Site,
    /// The file.
    pub file: FileId,
    /// The statement as it was read, for messages and suggestions.
    pub sql: SqlWrite,
    /// The binds of the statement's text.
    pub binds: Vec<Bind>,
    /// The table is not certain: it stands in a hole, or several tables fit.
    pub table_guessed: bool,
    /// Something that compares a version or the old value protects the row, in words.
    pub guard: Option<String>,
    /// Stands in test code or a down migration.
    pub test: bool,
    /// Stands in a migration (a one-off statement).
    pub migration: bool,
    /// The assignment's target as spelled, where it is a path into the document and not a column: `data.phone`.
    /// No database takes it for that.
    pub dotted: Option<String>,
    /// The function it stands in.
    pub function: Option<String>,
}

/// What would survive if `write`'s statement were spelled `statement`; `None` when that does not parse or does not
/// write the column any more. Binds of the statement are taken as they are, but as given and not NULL where the
/// changed statement casts them to JSON.
pub fn reevaluate(_write: &ColumnWrite, _statement: &str) -> Option<Survival> {
    None
}
