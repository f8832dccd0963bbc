//! What the whole project does with a JSON column: which keys it reads, and who else writes it.
//!
//! Knows columns and evaluated writes; never looks at syntax.

use super::catalog::Column;
use super::declare;
use super::writes::ColumnWrite;
use crate::declared::ColumnRules;
use crate::document::survival::Word;
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
    /// Writes that touch single keys and keep the rest, outside test code.
    pub key_writers: Vec<Site>,
    /// Writes that replace the whole document, outside test code.
    pub whole_writers: Vec<Site>,
}

/// The profiles of all columns that are written.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    by_column: BTreeMap<ColumnId, Profile>,
}

impl Profiles {
    /// Joins what all writes and reads say of their columns, and what the user says of them.
    pub fn new(writes: &[ColumnWrite], rules: &ColumnRules) -> Self {
        let mut by_column: BTreeMap<ColumnId, Profile> = BTreeMap::new();
        for write in writes {
            let profile = by_column.entry(column_id(&write.column)).or_insert_with(|| Profile::of(&write.column));
            for (key, _) in declare::of(&write.column, rules).keys {
                profile.keys.entry(key.to_owned()).or_default();
            }
            let survival = &write.survival;
            for path in survival.touched.iter().chain(&survival.removed) {
                if let Some(key) = path.first() {
                    profile.keys.entry(key.clone()).or_default();
                }
            }
            for key in survival.new_keys.iter().flatten() {
                profile.keys.entry(key.clone()).or_default();
            }
            if write.test {
                continue;
            }
            match survival.word {
                Word::Lost if !survival.labels.contains(&"reset") => profile.whole_writers.push(write.site),
                Word::Kept | Word::NestedLost | Word::MayBeNull | Word::WriteLost
                    if !survival.touched.is_empty()
                        && !write.migration
                        && !survival.labels.contains(&"always-fails") =>
                {
                    profile.key_writers.push(write.site);
                }
                _ => {}
            }
        }
        Self { by_column }
    }

    /// The profile of a column.
    pub fn get(&self, column: &Column) -> Option<&Profile> {
        self.by_column.get(&column_id(column))
    }
}

impl Profile {
    /// What the column's own record says: its key reads, and the keys of its default.
    fn of(column: &Column) -> Self {
        let mut profile = Self::default();
        for (path, site) in &column.key_reads {
            if let Some(key) = path.first() {
                profile.keys.entry(key.clone()).or_default().push(*site);
            }
        }
        if let Some(default) = &column.default {
            for key in default_keys(default) {
                profile.keys.entry(key).or_default();
            }
        }
        for sites in profile.keys.values_mut() {
            sites.sort_unstable();
            sites.dedup();
        }
        profile
    }
}

/// The keys of a default such as `'{"theme": "dark"}'::jsonb`.
fn default_keys(default: &str) -> Vec<String> {
    let Some((start, end)) = default.find('\'').zip(default.rfind('\'')) else { return vec![] };
    let text = default.get(start + 1..end).unwrap_or("").replace("''", "'");
    match serde_json::from_str(&text) {
        Ok(serde_json::Value::Object(map)) => map.keys().cloned().collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::default_keys;

    #[test]
    fn a_default_document_tells_its_keys() {
        assert_eq!(default_keys(r#"'{"theme": "dark", "n": 1}'::jsonb"#), ["theme", "n"]);
        assert_eq!(default_keys("'[]'"), Vec::<String>::new());
        assert_eq!(default_keys("gen_random_uuid()"), Vec::<String>::new());
    }
}
