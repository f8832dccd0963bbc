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
mod json_types;
mod key_reads;
mod loco;
mod marks;
mod migration;
mod names;
mod parts;
mod typing;
mod unchanged;
mod walk;
mod writes;

use super::assemble::Reader;
use super::emit::Emitter;
use super::imports;
use super::key_reads::KeyUse;
use crate::frontend::facts::{Imports, ModelFacts};
use crate::frontend::sql::Dialect;

/// Reads what a file declares and writes with SeaORM, and what it passes on of other files' entities; returns what its
/// names mean. Its texts must have been read.
pub(super) fn read<'a>(
    file: &'a syn::File,
    reader: &Reader<'a, '_>,
    dialect: Option<Dialect>,
    uses: &[KeyUse<'a>],
    emitter: &mut Emitter,
) -> Imports {
    let source = reader.source;
    let marks = marks::Marks::of(source.text);
    let test = reader.tree.test.first().copied().unwrap_or(false);
    let facts = &mut emitter.facts;
    if marks.entities {
        facts.entities = entity::read(file, source, test);
    }
    facts.json_types = json_types::read(file);
    if marks.schema {
        facts.schema = migration::read(file, reader, &facts.entities);
    }
    down::hide(file, source, facts);
    let (imports, reexports) = imports::read(file, source, marks.writes);
    if marks.writes {
        writes(file, reader, &imports, dialect, uses, emitter);
    }
    emitter.facts.reexports.extend(reexports);
    imports
}

fn writes<'a>(
    file: &'a syn::File,
    reader: &Reader<'a, '_>,
    imports: &Imports,
    dialect: Option<Dialect>,
    uses: &[KeyUse<'a>],
    emitter: &mut Emitter,
) {
    let idens = idens::Idens::read(file);
    let parts = parts::read(file, reader.source, imports);
    let input = writes::Input { reader, imports, idens: &idens, dialect, uses };
    let (mut found, ends, key_reads) = writes::read(file, &input);
    emitter.facts.key_reads.extend(key_reads);
    for write in &mut found {
        write.function = write.function.and_then(|index| {
            let scope = reader.tree.scopes.get(index)?;
            Some(emitter.function(index, &scope.name, scope.range))
        });
    }
    emitter.facts.built = found;
    emitter.facts.models = ModelFacts { ends, ..parts.facts };
    emitter.facts.reexports.extend(parts.names);
}

#[cfg(test)]
mod tests;
