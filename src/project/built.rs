//! Statements that are built in Rust, as the SQL texts that they send.
//!
//! Finds the entity that each of them means ([`entities`]) and spells the statement, so that everything after this room
//! is the same for both. A statement whose table is not certain is listed, never guessed.

mod entities;
mod given;
mod render;

use super::{Paths, Unanalysed};
use crate::frontend::facts::{
    BuiltKind, BuiltWrite, Entity, EntityUse, Facts, KeyRead, KeyReadOf, Route, SqlText, TextFacts,
};
use crate::frontend::sql::{self, Dialect, TableName};
use crate::source::{FileId, Site};
use entities::{Entities, Match};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Adds a text for every built statement; returns what could not be resolved.
pub(super) fn expand(
    facts: &mut [Facts],
    paths: Paths<'_>,
    dialect_of: impl Fn(FileId) -> Option<Dialect> + Sync,
) -> BTreeMap<FileId, Vec<Unanalysed>> {
    let is_field = |read: &KeyRead| matches!(read.of, KeyReadOf::Field { .. });
    if facts.iter().all(|facts| facts.built.is_empty() && !facts.key_reads.iter().any(is_field)) {
        return BTreeMap::new();
    }
    let known = Entities::new(facts, paths);
    let given = given::Given::new(facts, paths, &known);
    let hooks = AllHooks::new(facts, paths, &known);
    let of_file = |facts: &Facts| {
        let (mut own, mut unanalysed) = (vec![], vec![]);
        for write in &facts.built {
            if !given.may_be(write) {
                continue;
            }
            let path = paths.get(facts.file);
            let text = paths.files.get(facts.file).text.as_str();
            let mut found = write.entity.as_ref().map(|entity| known.find(entity, facts.file, path));
            // A guess from the neighbourhood is checked by the fields that are set.
            if write.table.is_none() && !matches!(&found, Some(Match::One(entity)) if entities::has_most(entity, write))
            {
                match known.by_fields(write, text, path) {
                    Some(entity) => found = Some(Match::One(entity)),
                    None if matches!(found, Some(Match::One(_))) => {
                        let reason = "the entity does not have the fields that are set".to_owned();
                        unanalysed.push(not_analysed(facts.file, write, reason));
                        continue;
                    }
                    None => {}
                }
            }
            if write.kind == BuiltKind::Insert && !matches!(found, Some(Match::One(_))) {
                // Nothing is lost by it.
                continue;
            }
            let mut entity = None;
            let rendered = match (found, &write.table) {
                (Some(Match::One(found)), _) if given.is(write, &found.table, facts.file) => {
                    entity = Some(found);
                    render::render(&given.spread(write, found), &found.table, Some(found))
                }
                (Some(Match::One(_)), _) => None,
                _ if write.given.is_some() => None,
                (Some(Match::Several(tables)), _) => {
                    let reason = format!("which entity is written is not certain: {}", tables.join(" or "));
                    unanalysed.push(not_analysed(facts.file, write, reason));
                    continue;
                }
                (None | Some(Match::None), Some(table)) => render::render(write, table, known.of_table(table, path)),
                (None | Some(Match::None), None) => {
                    unanalysed.push(not_analysed(facts.file, write, "which entity is written is not known".to_owned()));
                    continue;
                }
            };
            let Some(rendered) = rendered else { continue };
            let text = SqlText {
                sql: rendered.sql,
                map: rendered.map,
                span: write.span,
                route: Route::Builder(entity.map(|entity| hooks.used(write, entity)).map(Box::new)),
                dialect: rendered.dialect,
                holes: vec![],
                binds: rendered.binds,
                function: write.function,
                test: write.test,
            };
            let read = sql::read(&text, dialect_of(facts.file));
            own.push(TextFacts { text, facts: read });
        }
        let columns: Vec<_> = facts.key_reads.iter().map(|read| column_of(read, &known, facts.file, paths)).collect();
        (own, columns, unanalysed)
    };
    let of_files: Vec<_> = facts.par_iter().map(of_file).collect();
    let mut all = BTreeMap::new();
    for (facts, (own, columns, unanalysed)) in facts.iter_mut().zip(of_files) {
        facts.texts.extend(own);
        all.insert(facts.file, unanalysed);
        for (read, column) in facts.key_reads.iter_mut().zip(columns) {
            read.of = column.unwrap_or(read.of.clone());
        }
    }
    all
}

/// The column that a field of a model is.
fn column_of(read: &KeyRead, known: &Entities<'_>, file: FileId, paths: Paths<'_>) -> Option<KeyReadOf> {
    let KeyReadOf::Field { entity, field } = &read.of else { return None };
    let Match::One(entity) = known.find(entity, file, paths.get(file)) else { return None };
    let column = entity.columns.iter().find(|column| column.field == *field)?;
    Some(KeyReadOf::Column(entity.table.clone(), column.column.clone()))
}

/// What runs around the writes of models, by table.
struct AllHooks<'a> {
    by_table: BTreeMap<&'a TableName, BTreeSet<&'a String>>,
}

impl<'a> AllHooks<'a> {
    fn new(facts: &'a [Facts], paths: Paths<'a>, known: &Entities<'a>) -> Self {
        let mut by_table: BTreeMap<&TableName, BTreeSet<&String>> = BTreeMap::new();
        for facts in facts {
            for hooks in &facts.models.hooks {
                if let Match::One(entity) = known.find(&hooks.model, facts.file, paths.get(facts.file)) {
                    by_table.entry(&entity.table).or_default().extend(&hooks.names);
                }
            }
        }
        Self { by_table }
    }

    /// The entity as the place of a write may name it.
    fn used(&self, write: &BuiltWrite, entity: &Entity) -> EntityUse {
        EntityUse {
            path: write.entity.clone().unwrap_or_default(),
            columns: entity.columns.clone(),
            hooks: self.by_table.get(&entity.table).into_iter().flatten().map(|name| String::clone(name)).collect(),
        }
    }
}

fn not_analysed(file: FileId, write: &BuiltWrite, reason: String) -> Unanalysed {
    Unanalysed { site: Site { file, span: write.span }, reason }
}

#[cfg(test)]
mod tests;
