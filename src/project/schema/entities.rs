//! SeaORM entities as declarations of columns: weaker than a migration, which says what the database itself has.
//!
//! A type of the project that is kept as JSON may be declared in another file, or by a macro of the project.

use super::{Builder, Class, Hint, Place, classify};
use crate::frontend::facts::{DeclaredBy, DeclaredColumn, Entity, Facts};
use crate::frontend::sql::TableName;
use crate::project::Paths;
use crate::project::place::is_migration;
use crate::source::FileId;
use std::collections::{BTreeMap, BTreeSet};

/// Adds the columns of all entities. Copies in migrations and tests come last: they stand for an older state.
pub(super) fn declare(builder: &mut Builder, ordered: &[(Place, &Facts)], paths: Paths<'_>) {
    let json = JsonNames::new(ordered);
    let mut entities: Vec<(bool, &str, &Facts, &Entity)> = vec![];
    for (_, facts) in ordered {
        let path = paths.get(facts.file);
        for entity in &facts.entities {
            entities.push((entity.test || is_migration(path), path, facts, entity));
        }
    }
    entities.sort_by_key(|(old, path, _, entity)| (*old, *path, entity.span));
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for (old, path, facts, entity) in entities {
        let name = entity.table.name.to_lowercase();
        let mut columns: Vec<DeclaredColumn> = vec![];
        for column in &entity.columns {
            if old && seen.contains(&(name.clone(), column.column.to_lowercase())) {
                continue;
            }
            let declared = |sql_type: String| DeclaredColumn {
                table: entity.table.clone(),
                column: column.column.clone(),
                sql_type,
                nullable: column.nullable,
                dialect: None,
                by: DeclaredBy::Entity,
                span: column.span,
            };
            let said = column.sql_type.as_str();
            let says_text = classify(said, None) == Class::Text;
            if says_text || builder.is_text(&entity.table, &column.column, facts.file, path) {
                columns.push(declared(said.to_owned()));
                // What is bound is JSON all the same: text that holds it.
                columns.extend(json.is_bound(&column.rust_type).then(|| declared("json".to_owned())));
            } else {
                columns.push(declared(json.sql_type(said, &column.rust_type)));
            }
        }
        seen.extend(columns.iter().map(|column| (name.clone(), column.column.to_lowercase())));
        builder.declare_columns(&columns, facts.file, path);
    }
}

impl Builder {
    /// Whether the column is declared as text: then a type that can be JSON is a text of its own kind.
    fn is_text(&self, table: &TableName, column: &str, file: FileId, path: &str) -> bool {
        let hint = Hint { file: Some(file), path, dialect: None, test: false };
        let found = self.catalog.find(table, column, &hint);
        found
            .first()
            .and_then(|(table, entry)| self.catalog.entry(*table, *entry))
            .is_some_and(|e| e.class == Class::Text)
    }
}

/// The Rust types of the project that are kept as JSON.
struct JsonNames<'a> {
    names: BTreeSet<&'a str>,
    /// Those that are JSON by a derive, not by code of the project.
    derived: BTreeSet<&'a str>,
}

impl<'a> JsonNames<'a> {
    fn new(ordered: &[(Place, &'a Facts)]) -> Self {
        let types = || ordered.iter().map(|(_, facts)| &facts.json_types);
        let macros: BTreeSet<&str> = types().flat_map(|types| &types.macros).map(String::as_str).collect();
        let mut names: BTreeSet<&str> = types().flat_map(|types| &types.types).map(String::as_str).collect();
        let calls = types().flat_map(|types| &types.calls);
        names.extend(calls.filter(|(name, _)| macros.contains(name.as_str())).map(|(_, given)| given.as_str()));
        let mut by_target: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (alias, target) in types().flat_map(|types| &types.aliases) {
            by_target.entry(target).or_default().push(alias);
        }
        let mut open: Vec<&str> = names.iter().copied().chain(["Json", "JsonValue"]).collect();
        while let Some(target) = open.pop() {
            for alias in by_target.remove(target).into_iter().flatten() {
                if names.insert(alias) {
                    open.push(alias);
                }
            }
        }
        let derived = types().flat_map(|types| &types.derived).map(String::as_str).collect();
        Self { names, derived }
    }

    /// Whether a value of a type is bound as JSON, whatever the column is declared as.
    fn is_bound(&self, rust_type: &str) -> bool {
        matches!(rust_type, "Json" | "JsonValue" | "Value") || self.derived.contains(rust_type)
    }

    fn sql_type(&self, said: &str, rust_type: &str) -> String {
        if said.is_empty() && self.names.contains(rust_type) { "json".to_owned() } else { said.to_owned() }
    }
}
