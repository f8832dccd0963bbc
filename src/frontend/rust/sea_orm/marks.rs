//! A byte search for what each pass over a file needs, so that a file without SeaORM costs one search and no walk.

use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// What a file may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Entities.
    pub(super) entities: bool,
    /// Schema changes.
    pub(super) schema: bool,
    /// Writes, or models that others write.
    pub(super) writes: bool,
}

/// Words of entities.
const ENTITIES: &[&str] = &["DeriveEntityModel", "DeriveModel", "DeriveColumn", "EntityName", "DeriveEntity"];

/// Words of sea-query's schema statements, and of helpers that have their form.
const SCHEMA: &[&str] = &[
    "Table::create",
    "Table::alter",
    "Table::drop",
    "Table::rename",
    "table_auto",
    "create_table(",
    "create_table_without_timestamps(",
    "add_column(",
    "remove_column(",
    "rename_column(",
    "drop_table(",
];

/// Words without which a file neither makes nor writes a model or a statement.
const WRITES: &[&str] = &[
    "ActiveModel",
    "ActiveValue",
    "active_model",
    "IntoActive",
    "sea_orm",
    "sea_query",
    "SimpleExpr",
    "OnConflict",
    "col_expr",
    "update_many",
    "Query::update",
    "Query::insert",
    " Set(",
    "(Set(",
    ":Set(",
    "\nSet(",
    "PartialModel",
];

impl Marks {
    /// Searches a text.
    pub(super) fn of(text: &str) -> Self {
        static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
            let words = ENTITIES.iter().chain(SCHEMA).chain(WRITES);
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()
        });
        let all = Self { entities: true, schema: true, writes: true };
        let Some(words) = &*WORDS else { return all };
        let mut found = Self::default();
        for hit in words.find_iter(text) {
            let word = hit.pattern().as_usize();
            if word < ENTITIES.len() {
                found.entities = true;
            } else if word < ENTITIES.len() + SCHEMA.len() {
                found.schema = true;
            } else {
                found.writes = true;
            }
            if found == all {
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_seaorm_has_no_marks() {
        assert_eq!(Marks::of("struct HashSet(u8); fn f() { sqlx::query(\"UPDATE t SET a = 1\") }"), Marks::default());
        let found = Marks::of("user.data = Set(data);");
        assert!(found.writes && !found.schema && !found.entities);
        assert!(Marks::of("Table::create().table(Users::Table)").schema);
        assert!(Marks::of("#[derive(DeriveEntityModel)]").entities);
    }
}
