//! SeaORM and sea-query: entities, migrations and writes that are spelled in Rust instead of SQL.
//!
//! Everything becomes the same facts that SQL texts give. Reads versions 0.12 to 2.0; where they differ, both are read.
//! Names of tables and columns are those of the database; what must be looked up in other files is left to the project.

mod attributes;
mod binding;
mod columns;
mod conflict;
mod down;
mod entity;
mod expressions;
mod idens;
mod imports;
mod json_types;
mod loco;
mod migration;
mod names;
mod typing;
mod walk;
mod writes;

use super::assemble::Reader;
use super::emit::Emitter;
use super::place::Source;
use crate::frontend::facts::Facts;
use crate::frontend::sql::Dialect;

/// Reads what a file declares with SeaORM; `test` says that it stands in test code.
pub(super) fn read(file: &syn::File, source: Source<'_>, test: bool, facts: &mut Facts) {
    facts.entities = entity::read(file, source, test);
    facts.json_types = json_types::read(file);
    facts.schema = migration::read(file, source, test);
    down::hide(file, source, facts);
}

/// Reads the writes of a file, and what it passes on of other files' entities.
pub(super) fn read_writes<'a>(
    file: &'a syn::File,
    reader: &Reader<'a, '_>,
    dialect: Option<Dialect>,
    emitter: &mut Emitter,
) {
    let imports = imports::Imports::read(file, reader.source);
    let idens = idens::Idens::read(file);
    let mut found = writes::read(file, &writes::Input { reader, imports: &imports, idens: &idens, dialect });
    for write in &mut found {
        write.function = write.function.and_then(|index| {
            let scope = reader.tree.scopes.get(index)?;
            Some(emitter.function(index, &scope.name, scope.range))
        });
    }
    emitter.facts.built = found;
    emitter.facts.reexports = imports.reexports;
}

#[cfg(test)]
mod tests;
