//! What the user declares of columns, put into the catalog: which hold JSON, which keys they have.
//!
//! The user's word wins over everything that is read or inferred.

use super::catalog::{Catalog, Certainty, Column, ColumnKind, Provenance};
use super::kinds::Class;
use super::place::Role;
use super::writes::ColumnWrite;
use crate::declared::{ColumnRules, Declared};
use crate::frontend::sql::TableName;
use std::collections::BTreeSet;

/// What is declared of a column.
pub fn of<'a>(column: &Column, rules: &'a ColumnRules) -> Declared<'a> {
    rules.of(column.table.schema.as_deref(), &column.table.name, &column.name)
}

/// Declares the columns that the schema knows, and those that are named in full and of which no table is known.
pub(super) fn before_use(catalog: &mut Catalog, rules: &ColumnRules) {
    for rule in rules.iter().filter(|rule| rule.json == Some(true)) {
        let Some((schema, table, column)) = rule.exact() else { continue };
        let name = TableName { schema: schema.map(str::to_owned), name: table.to_owned() };
        let fits = |known: &TableName| {
            let schemas = known.schema.as_deref().zip(schema);
            known.name.eq_ignore_ascii_case(table) && schemas.is_none_or(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        let known = || catalog.tables.iter().enumerate().filter(|(_, known)| fits(&known.name));
        if known().any(|(_, known)| known.find(column).is_some()) {
            continue;
        }
        let last = known().map(|(id, _)| id).next_back();
        let id = last.unwrap_or_else(|| catalog.add_partial(&name, "", None, Role::Source));
        let Some(table) = catalog.tables.get_mut(id) else { continue };
        table.add_used(column, vec![]);
    }
    after_use(catalog, rules);
}

/// Declares the columns of the catalog, those that are only known from use included.
pub(super) fn after_use(catalog: &mut Catalog, rules: &ColumnRules) {
    if rules.is_empty() {
        return;
    }
    for entry in catalog.tables.iter_mut().flat_map(|table| &mut table.entries) {
        let declared = of(&entry.column, rules);
        let Some((json, rule)) = declared.json else { continue };
        let column = &mut entry.column;
        let site = rules.site(rule);
        if !json {
            entry.class = Class::Other;
            column.kind = ColumnKind::Other;
        } else if !column.kind.is_json() {
            entry.class = Class::Json(ColumnKind::TextJson);
            column.kind = ColumnKind::TextJson;
        }
        if json && column.provenance.first().is_none_or(|first| first.site != site || site.is_none()) {
            let message = format!("`{}` is declared to hold JSON here", column.name);
            column.provenance.retain(|provenance| provenance.message != message);
            column.provenance.insert(0, Provenance { site, message, certainty: Certainty::Declared });
        }
    }
}

/// Whether the user says that the column holds no JSON.
pub(super) fn is_left_alone(column: &Column, rules: &ColumnRules) -> bool {
    of(column, rules).json.is_some_and(|(json, _)| !json)
}

/// The rules that fit no column of the schema and none that is written.
pub(super) fn unmatched(catalog: &Catalog, writes: &[ColumnWrite], rules: &ColumnRules) -> Vec<usize> {
    if rules.is_empty() {
        return vec![];
    }
    let mut matched = BTreeSet::new();
    // What only the configuration knows of shows nothing about the project.
    let is_seen = |column: &Column| {
        let seen = |provenance: &Provenance| provenance.certainty != Certainty::Declared;
        !column.sql_type.is_empty() || !column.key_reads.is_empty() || column.provenance.iter().any(seen)
    };
    let known = catalog.columns().into_iter().filter(|column| is_seen(column));
    for column in known.chain(writes.iter().map(|write| &write.column)) {
        matched.extend(rules.fitting(column.table.schema.as_deref(), &column.table.name, &column.name));
    }
    (0..rules.iter().count()).filter(|index| !matched.contains(index)).collect()
}
