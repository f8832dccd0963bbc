//! Fields of structs between a column and the JSON in it: what is known of a field wherever the project names it says
//! something of every column that the field is bound to, or read from.
//!
//! Types are told apart by name alone: where several structs share a name, what follows is a guess.

use super::{Id, Inference, Shows};
use crate::frontend::facts::{Facts, FieldRef};
use crate::project::Paths;
use crate::project::catalog::{Certainty, Hint, Provenance};
use crate::project::kinds::Class;
use crate::source::Site;
use ident_case::RenameRule;
use std::collections::{BTreeMap, BTreeSet};

/// A struct and its field, by name.
type Key = (String, String);

/// All fields that hold JSON as text.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// How many structs of the name the project has.
    definitions: BTreeMap<String, usize>,
    /// Structs with such a field, by the name that a variable of that type usually has, and the field.
    usual: BTreeMap<Key, BTreeSet<String>>,
    /// For each field that holds JSON: whether it is sure, and what shows it.
    json: BTreeMap<Key, (bool, Site, &'static str)>,
}

impl Fields {
    /// Joins what the files say.
    pub(super) fn of(facts: &[Facts]) -> Self {
        let mut fields = Self::default();
        for facts in facts {
            for (name, texts) in &facts.fields.structs {
                *fields.definitions.entry(name.clone()).or_default() += 1;
                for field in texts {
                    fields.usual_name(name, field);
                }
            }
            let json = facts.fields.json.iter().map(|json| &json.field);
            for field in json.chain(facts.fields.bound.iter().map(|(_, field)| field)) {
                if let Some(owner) = &field.owner {
                    fields.usual_name(owner, &field.field);
                }
            }
        }
        for facts in facts {
            for json in &facts.fields.json {
                let Some((key, sure)) = fields.resolve(&json.field) else { continue };
                let site = Site { file: facts.file, span: json.span };
                let what = if json.decoded { "is decoded as JSON" } else { "is filled with JSON" };
                let known = fields.json.entry(key).or_insert((sure, site, what));
                if sure && !known.0 {
                    *known = (sure, site, what);
                }
            }
        }
        fields
    }

    fn usual_name(&mut self, owner: &str, field: &str) {
        let variable = RenameRule::SnakeCase.apply_to_variant(owner);
        self.usual.entry((variable, field.to_owned())).or_default().insert(owner.to_owned());
    }

    /// The struct and field that a place names, and whether it is sure.
    fn resolve(&self, field: &FieldRef) -> Option<(Key, bool)> {
        if let Some(owner) = &field.owner {
            let sure = self.definitions.get(owner).is_none_or(|count| *count == 1);
            return Some(((owner.clone(), field.field.clone()), sure));
        }
        let owners = self.usual.get(&(field.variable.clone(), field.field.clone()))?;
        let owner = owners.first().filter(|_| owners.len() == 1)?;
        let only_one = self.definitions.get(owner).is_none_or(|count| *count == 1);
        only_one.then(|| ((owner.clone(), field.field.clone()), false))
    }
}

impl Inference<'_> {
    /// Columns that a field is bound to, or read from, where the field holds JSON.
    pub(super) fn fields(&mut self, facts: &Facts, paths: Paths<'_>, fields: &Fields) {
        let path = paths.get(facts.file);
        let bound: BTreeMap<_, _> = facts.fields.bound.iter().map(|(span, field)| (*span, field)).collect();
        for text in facts.texts.iter().filter(|_| !bound.is_empty()) {
            let dialect = Some(text.text.dialect.unwrap_or(text.facts.dialect));
            let hint = Hint { file: Some(facts.file), path, dialect, test: text.text.test };
            for placeholder in &text.facts.placeholders {
                let bind = text.text.binds.iter().find(|bind| bind.index == placeholder.index);
                let Some(field) = bind.and_then(|bind| bound.get(&bind.span)) else { continue };
                let Some((key, sure)) = fields.resolve(field) else { continue };
                if fields.json.contains_key(&key) {
                    let (ids, certainty) = self.resolve(&placeholder.table, &placeholder.column, &hint);
                    let certainty = if sure { certainty } else { Certainty::Guessed };
                    self.flows(ids, certainty, &key, fields);
                }
            }
        }
        let hint = Hint { file: Some(facts.file), path, dialect: None, test: false };
        for (row, tables) in &facts.fields.rows {
            let of_row = (row.clone(), String::new())..;
            for key in fields.json.range(of_row).map(|(key, _)| key).take_while(|key| key.0 == *row) {
                let mut found: Vec<Vec<Id>> = tables.iter().map(|t| self.catalog.find(t, &key.1, &hint)).collect();
                found.retain(|ids| !ids.is_empty());
                let certainty = if found.len() == 1 { Certainty::Inferred } else { Certainty::Guessed };
                for ids in found {
                    self.flows(ids, certainty, key, fields);
                }
            }
        }
    }

    /// The field flows to or from the columns.
    fn flows(&mut self, mut ids: Vec<Id>, certainty: Certainty, key: &Key, fields: &Fields) {
        let Some((sure, site, what)) = fields.json.get(key) else { return };
        let certainty = if *sure { certainty } else { Certainty::Guessed };
        // Bytes may hold anything that serde reads, JSON or not.
        ids.retain(|id| {
            self.catalog.entry(id.0, id.1).is_some_and(|entry| {
                matches!(entry.class, Class::Text | Class::Unknown)
                    && !entry.column.sql_type.to_lowercase().contains("blob")
            })
        });
        let message = format!("`{}.{}`, the field for this column, {what} here", key.0, key.1);
        self.see(&ids, Shows::Text, false, &Provenance { site: Some(*site), message, certainty });
    }
}

#[cfg(test)]
mod tests;
