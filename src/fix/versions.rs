//! What the schema and the other statements of a project say of a written table: its keys, its columns, and the column by
//! which its writers notice each other.

use super::Fixer;
use crate::frontend::sql::TableName;
use crate::project::catalog::Hint;
use crate::project::writes::ColumnWrite;
use std::collections::BTreeMap;

/// Types that count.
const COUNTS: [&str; 18] = [
    "bigint",
    "biginteger",
    "bigserial",
    "i16",
    "i32",
    "i64",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "mediumint",
    "serial",
    "smallint",
    "smallinteger",
    "tinyint",
    "u32",
    "u64",
];

impl Fixer<'_> {
    /// Every column of the written table; empty when the table is not known.
    pub(super) fn columns_of(&self, write: &ColumnWrite) -> Vec<&str> {
        let columns = self.project.catalog.table_columns(&write.sql.table, &self.hint(write));
        columns.into_iter().map(|column| column.name.as_str()).collect()
    }

    /// The keys of the written table, the primary one first; none when they are not known.
    pub(super) fn keys_of(&self, write: &ColumnWrite) -> Vec<Vec<String>> {
        self.project.catalog.keys(&write.sql.table, &self.hint(write)).to_vec()
    }

    /// The column by which other writers of the table notice each other: a number that one of them compares and counts up.
    pub(super) fn version_of(&self, write: &ColumnWrite) -> Option<String> {
        let columns = self.project.catalog.table_columns(&write.sql.table, &self.hint(write));
        let known = self.versions.get_or_init(|| self.versions());
        let names = known.get(&key(&write.sql.table))?;
        names.iter().find_map(|name| {
            let column = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))?;
            let sql_type: String = column.sql_type.chars().take_while(char::is_ascii_alphanumeric).collect();
            COUNTS.contains(&sql_type.to_ascii_lowercase().as_str()).then(|| column.name.clone())
        })
    }

    fn versions(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for write in &self.project.writes {
            let Some(guard) = write.guard.as_ref().filter(|guard| !guard.compares_document) else { continue };
            let names = found.entry(key(&write.sql.table)).or_default();
            if counts_up(&write.sql.statement_sql, &guard.column) && !names.contains(&guard.column) {
                names.push(guard.column.clone());
            }
        }
        found
    }

    fn hint(&self, write: &ColumnWrite) -> Hint<'_> {
        let path = self.files.get(write.file).path.as_str();
        Hint { file: Some(write.file), path, dialect: Some(write.dialect), test: write.test }
    }
}

fn key(table: &TableName) -> String {
    table.name.to_lowercase()
}

/// Whether the statement has `version = version + ..`, qualified or not.
fn counts_up(statement: &str, column: &str) -> bool {
    let plain = |c: &char| !c.is_whitespace() && !matches!(c, '"' | '`');
    let statement: String = statement.chars().filter(plain).collect::<String>().to_lowercase();
    let column = column.to_lowercase();
    statement.match_indices(&format!("{column}=")).any(|(at, found)| {
        let value = statement.get(at + found.len()..).unwrap_or_default();
        value.split_once('+').is_some_and(|(name, _)| name == column || name.ends_with(&format!(".{column}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_counts_up() {
        assert!(counts_up("UPDATE t SET data = $1, version = version + 1 WHERE version = $2", "version"));
        assert!(counts_up("UPDATE t SET \"Version\" = t.\"Version\"+1", "Version"));
        assert!(!counts_up("UPDATE jobs SET status = $1 WHERE status = $2", "status"));
        assert!(!counts_up("UPDATE t SET a = $1, n = m + 1", "a"));
    }
}
