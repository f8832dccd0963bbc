//! `json-upsert-overwrite`.

use super::{Case, Draft, column_overwrite, replaces, rule};
use crate::frontend::sql::Verb;

rule! {
    /// Reports an upsert that replaces a whole JSON column of the row that was there.
    ///
    /// ## What it does
    ///
    /// Finds `ON CONFLICT .. DO UPDATE SET data = EXCLUDED.data`, `ON DUPLICATE KEY UPDATE data = VALUES(data)`,
    /// `MERGE .. UPDATE SET data = s.data`, and `REPLACE INTO` / `INSERT OR REPLACE`, which delete the old row with
    /// all its columns.
    ///
    /// ## Why is this bad?
    ///
    /// The first insert is harmless, so tests pass. Every later one replaces the document, and with it the keys that
    /// others have written since.
    ///
    /// ## Example
    ///
    /// ```sql
    /// INSERT INTO users (id, data) VALUES ($1, $2)
    /// ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data
    /// ```
    ///
    /// Merge the new document into the old one:
    ///
    /// ```sql
    /// INSERT INTO users (id, data) VALUES ($1, $2)
    /// ON CONFLICT (id) DO UPDATE SET data = COALESCE(users.data, '{}') || EXCLUDED.data
    /// ```
    ///
    /// or keep the old row with `DO NOTHING`. On MySQL and MariaDB merge with `JSON_MERGE_PATCH`, on SQLite with
    /// `json_patch`.
    ///
    /// ## When it is meant
    ///
    /// An upsert that mirrors a whole row of another system takes over every column; it is reported below the gate.
    "json-upsert-overwrite", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let upsert = matches!(case.write.verb, Verb::Upsert | Verb::Merge | Verb::Replace);
    (replaces(case) && upsert).then(|| column_overwrite::draft(case))
}
