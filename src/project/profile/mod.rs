//! What the whole project does with a JSON column: which keys it reads, what the documents look like, who writes it and
//! how.
//!
//! Knows columns and evaluated writes; never looks at syntax, and decides nothing: what a profile means for a write is
//! for the rules.

mod shape;
mod twins;
mod writer;

pub use shape::{Shape, bound_types, is_map, owners};
pub use twins::{Twin, Twins};
pub use writer::{Writer, WriterKind};

use super::catalog::Column;
use super::created::{Created, begins_null, may_be_null};
use super::readings::Reading;
use super::types::{Keys, Types};
use super::writes::ColumnWrite;
use super::{Project, declare};
use crate::frontend::facts::RustType;
use crate::source::Site;
use std::collections::BTreeMap;

/// The key by which a column is known: table and column, lower case, without the schema.
pub type ColumnId = (String, String);

/// The id of a column.
pub fn column_id(column: &Column) -> ColumnId {
    (column.table.name.to_lowercase(), column.name.to_lowercase())
}

/// What is known of one column from every file.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Top-level keys that exist, each with the places that read it (none when it is only written).
    pub keys: BTreeMap<String, Vec<Site>>,
    /// Those of them that the user declares, each with the place in the configuration where that is known.
    pub declared: BTreeMap<String, Option<Site>>,
    /// Keys that rows are created with, each with the first place that does.
    pub begun: BTreeMap<String, Site>,
    /// The inserts of documents, in the order of file path and place.
    pub creators: Vec<Creator>,
    /// A place that shows that rows hold NULL, and what is done there.
    pub unfilled: Option<(Site, &'static str)>,
    /// An insert that gives the column no value.
    pub left_out: Option<Site>,
    /// The writes over existing rows, in the order of file path and place.
    pub writers: Vec<Writer>,
    /// What the documents are.
    pub shape: Shape,
    /// Rust types that are stored in it, without wrappers.
    pub owners: BTreeMap<String, Owner>,
    /// Rust types as which it is read.
    pub readings: Vec<Reading>,
}

impl Profile {
    /// The writes of code that runs in production more than once: neither tests nor migrations.
    pub fn live(&self) -> impl Iterator<Item = &Writer> {
        self.writers.iter().filter(|writer| !writer.test && !writer.migration)
    }

    /// Other live writes that set single keys and keep the rest.
    pub fn key_writers(&self, but: Site) -> impl Iterator<Item = &Writer> {
        self.live().filter(move |writer| writer.kind == WriterKind::ByKey && writer.site != but)
    }
}

/// A Rust type that is stored in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// A place that stores it.
    pub site: Site,
    /// Its keys, where the project declares it.
    pub keys: Option<Keys>,
}

impl Owner {
    fn new(name: &str, site: Site, types: &Types) -> Self {
        let ty = RustType { path: name.to_owned(), args: vec![] };
        let keys = types.keys(&ty, site.file, site.span.start as usize).filter(|keys| keys.encoded);
        Self { site, keys }
    }
}

/// The type of all documents of a column, as far as types show.
#[derive(Debug, Clone, Copy)]
pub struct WholeType<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its keys.
    pub keys: &'a Keys,
    readings: &'a [Reading],
}

impl Profile {
    /// The one type that has the keys of every other that is stored or read: the others are views of the same document.
    /// `None` where two types have keys of their own, which may be those of other rows.
    pub fn whole_type(&self) -> Option<WholeType<'_>> {
        let stored = self.owners.iter().map(|(name, owner)| Some((name.as_str(), owner.keys.as_ref()?)));
        let read = self.readings.iter().map(|reading| Some((reading.name.as_str(), &reading.keys)));
        let all: Vec<(&str, &Keys)> = stored.chain(read).collect::<Option<_>>()?;
        let (name, keys) = *all.iter().max_by_key(|(_, keys)| keys.keys.len())?;
        let has = |key: &str| keys.keys.iter().any(|known| known.field.key == key);
        let within = all.iter().all(|(_, other)| other.keys.iter().all(|key| has(&key.field.key)));
        within.then_some(WholeType { name, keys, readings: &self.readings })
    }
}

impl<'a> WholeType<'a> {
    /// Whether a document with these keys may be one of the type's.
    pub fn may_be(&self, keys: &[String]) -> bool {
        keys.iter().all(|key| self.keys.keys.iter().any(|known| known.field.key == *key))
    }

    /// The places that take a key of a document that is read as a type.
    pub fn readers(&self, key: &str) -> impl Iterator<Item = Site> + 'a {
        let key = key.to_owned();
        let fields = self.readings.iter().flat_map(|reading| &reading.fields);
        fields.filter(move |(read, _)| *read == key).map(|(_, site)| *site)
    }

    /// The field without which a document is not read, and the type that has it.
    pub fn required(&self, key: &str) -> Option<(&'a str, Site)> {
        self.readings.iter().find_map(|reading| {
            let field = reading.keys.keys.iter().find(|known| known.field.key == key && !known.field.optional)?;
            Some((reading.name.as_str(), Site { file: field.file, span: field.field.span }))
        })
    }
}

/// An insert of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Creator {
    /// The value.
    pub site: Site,
    /// The function it stands in.
    pub function: Option<String>,
    /// Its top-level keys; empty where they are not known.
    pub keys: Vec<String>,
    /// A one-off statement.
    pub migration: bool,
}

/// The profiles of all columns that are written.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    by_column: BTreeMap<ColumnId, Profile>,
    twins: Twins,
}

impl Profiles {
    /// Joins what all writes and reads say of their columns, and what the user says of them.
    pub fn new(project: &Project) -> Self {
        let writes = &project.writes;
        let mut by_column: BTreeMap<ColumnId, Profile> = BTreeMap::new();
        for write in writes {
            let profile = || Profile::of(&write.column, project);
            by_column.entry(column_id(&write.column)).or_insert_with(profile).add(write, &project.elsewhere.types);
        }
        for created in &project.created {
            if let Some(profile) = by_column.get_mut(&created.column) {
                profile.begin(created);
            }
        }
        for unfilled in &project.unfilled {
            if let Some(profile) = by_column.get_mut(&unfilled.column) {
                profile.unfilled.get_or_insert((unfilled.site, unfilled.words));
                if unfilled.left_out {
                    profile.left_out.get_or_insert(unfilled.site);
                }
            }
        }
        Self { by_column, twins: Twins::new(writes) }
    }

    /// The profile of a column.
    pub fn get(&self, column: &Column) -> Option<&Profile> {
        self.by_column.get(&column_id(column))
    }

    /// The statement's twins in other files.
    pub fn twins(&self, write: &ColumnWrite) -> Vec<&Twin> {
        self.twins.of(write)
    }
}

impl Profile {
    /// What is known of the column before any write: its key reads, the keys of its default, and those that the user
    /// declares.
    pub fn of(column: &Column, project: &Project) -> Self {
        let (mut profile, rules) = (Self::default(), &project.declared);
        profile.readings = project.readings.get(&column_id(column)).cloned().unwrap_or_default();
        profile.shape.objects = profile.readings.iter().any(|reading| reading.keys.may_be_object());
        profile.shape.scalars = profile.readings.iter().any(|reading| reading.keys.may_be_scalar());
        profile.shape.arrays = project.lists.contains(&column_id(column));
        for (key, rule) in declare::of(column, rules).keys {
            profile.keys.entry(key.to_owned()).or_default();
            profile.declared.insert(key.to_owned(), rules.site(rule));
        }
        for (path, site) in &column.key_reads {
            if let Some(key) = path.first() {
                profile.keys.entry(key.clone()).or_default().push(*site);
            }
        }
        let added =
            column.added_in.and_then(|file| column.provenance.iter().filter_map(|p| p.site).find(|s| s.file == file));
        if let Some(site) = added.filter(|_| begins_null(column)) {
            profile.unfilled = Some((site, "rows that were there before the column hold NULL"));
        }
        if let Some(default) = column.default.as_deref().and_then(default_document) {
            profile.shape.see_json(&default);
            for key in default.as_object().into_iter().flat_map(serde_json::Map::keys) {
                profile.keys.entry(key.clone()).or_default();
            }
        }
        for sites in profile.keys.values_mut() {
            sites.sort_unstable();
            sites.dedup();
        }
        profile
    }

    /// Adds what rows are created with.
    pub fn begin(&mut self, created: &Created) {
        for key in &created.keys {
            self.keys.entry(key.clone()).or_default();
            self.begun.entry(key.clone()).or_insert(created.site);
        }
        self.shape.see_value(&created.value);
        let Created { site, function, keys, migration, .. } = created;
        let (function, keys) = (function.clone(), keys.clone());
        self.creators.push(Creator { site: *site, function, keys, migration: *migration });
    }

    /// Adds what a write shows.
    fn add(&mut self, write: &ColumnWrite, types: &Types) {
        let survival = &write.survival;
        let touched = survival.touched.iter().chain(&survival.removed);
        let touched = touched.filter_map(|path| path.first()).filter(|key| *key != "?");
        // A test's own document may have any key.
        for key in touched.chain(survival.new_keys.iter().flatten()).filter(|_| !write.test) {
            self.keys.entry(key.clone()).or_default();
        }
        if self.unfilled.is_none() && !write.test && may_be_null(&write.value, survival) {
            self.unfilled = Some((write.site, "NULL is stored here"));
        }
        self.shape.see(write);
        for (name, site) in shape::owners(write) {
            let owner = self.owners.entry(name).or_insert_with_key(|name| Owner::new(name, site, types));
            if let Some(keys) = owner.keys.as_ref().filter(|keys| keys.has_forms()) {
                self.shape.objects |= keys.may_be_object();
                self.shape.scalars |= keys.may_be_scalar();
            }
        }
        self.writers.push(Writer::of(write));
    }
}

/// The document of a default such as `'{"theme": "dark"}'::jsonb`.
fn default_document(default: &str) -> Option<serde_json::Value> {
    let (start, end) = default.find('\'').zip(default.rfind('\''))?;
    let text = default.get(start + 1..end)?.replace("''", "'");
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::default_document;
    use serde_json::json;

    #[test]
    fn a_default_document_is_read_from_its_text() {
        assert_eq!(default_document(r#"'{"theme": "dark", "n": 1}'::jsonb"#), Some(json!({ "theme": "dark", "n": 1 })));
        assert_eq!(default_document("'[]'"), Some(json!([])));
        assert_eq!(default_document("gen_random_uuid()"), None);
        assert_eq!(default_document("'"), None);
    }
}
