//! SeaORM and sea-query: entities, migrations and writes that are spelled in Rust instead of SQL.
//!
//! Everything becomes the same facts that SQL texts give. Reads versions 0.12 to 2.0; where they differ, both are read.
//! Names of tables and columns are those of the database; what must be looked up in other files is left to the project.

mod attributes;
mod columns;
mod down;
mod entity;
mod idens;
mod json_types;
mod loco;
mod migration;
mod names;

use super::place::Source;
use crate::frontend::facts::Facts;

/// Reads what a file declares with SeaORM; `test` says that it stands in test code.
pub(super) fn read(file: &syn::File, source: Source<'_>, test: bool, facts: &mut Facts) {
    facts.entities = entity::read(file, source, test);
    facts.json_types = json_types::read(file);
    facts.schema = migration::read(file, source, test);
    down::hide(file, source, facts);
}

#[cfg(test)]
mod tests;
