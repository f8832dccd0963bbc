//! One byte search that decides which Rust files are parsed at all.
//!
//! It may keep a file for nothing, which costs a parse; it must never drop one that holds a statement, a table's
//! definition or a place where a column is decoded. A file that only spells a constant which another file builds its SQL
//! from is found by that constant's name ([`Names`]).

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::sync::OnceLock;

/// What may stand after a keyword of SQL: white space, the backslash of a continued Rust line or of `\n`, the end of a
/// literal that is concatenated, a comment, a quoted name, a hole. `update(` is a Rust call and does not count.
const AFTER: &[&str] = &[" ", "\n", "\t", "\r", "\\", "\"", "/*", "--", "`", "[", "{"];

/// Keywords, and the sign of each. Alone they are English; a statement needs two of them ([`STATEMENTS`]).
const KEYWORDS: &[(&str, u32)] = &[
    ("update", UPDATE),
    ("set", SET),
    ("insert", INSERT),
    ("replace", INSERT),
    ("merge", INSERT),
    ("into", INTO),
    ("create", DEFINE),
    ("alter", DEFINE),
    ("table", OBJECT),
    ("type", OBJECT),
    ("domain", OBJECT),
    ("index", OBJECT),
    ("view", OBJECT),
    ("select", READ),
    ("delete", READ),
    ("from", FROM),
];

const UPDATE: u32 = 1;
const SET: u32 = 1 << 1;
const INSERT: u32 = 1 << 2;
const INTO: u32 = 1 << 3;
const DEFINE: u32 = 1 << 4;
const OBJECT: u32 = 1 << 5;
const READ: u32 = 1 << 6;
const FROM: u32 = 1 << 7;
const SERDE_JSON: u32 = 1 << 8;
const DECODE: u32 = 1 << 9;
const MARK: u32 = 1 << 10;

/// Signs that together mean that the file matters.
const STATEMENTS: &[u32] = &[MARK, UPDATE | SET, INSERT | INTO, DEFINE | OBJECT, READ | FROM, SERDE_JSON | DECODE];

/// What may open a literal that holds the first or last part of a statement whose rest stands in another file.
const OPENINGS: &[&str] = &["update", "insert", "replace", "merge", "select", "delete", "set", "with", "on"];

/// What matters by itself, or together with another sign.
const SIGNS: &[(&str, u32)] = &[
    // Libraries, and what their re-exports are called by.
    ("sqlx", MARK),
    ("sea_orm", MARK),
    ("sea_query", MARK),
    ("seaorm", MARK),
    ("seaquery", MARK),
    ("loco_rs", MARK),
    ("diesel", MARK),
    ("table!", MARK),
    ("query!", MARK),
    ("query_as", MARK),
    ("query_scalar", MARK),
    ("query_file", MARK),
    ("querybuilder", MARK),
    ("raw_sql", MARK),
    // SeaORM: entities, models, values, statements, migrations.
    ("activemodel", MARK),
    ("active_model", MARK),
    ("activevalue", MARK),
    ("deriveentity", MARK),
    ("derivemodel", MARK),
    ("deriveiden", MARK),
    ("enumiden", MARK),
    ("fromjsonqueryresult", MARK),
    ("entitytrait", MARK),
    ("columntrait", MARK),
    ("migrationtrait", MARK),
    ("schemamanager", MARK),
    ("update_many", MARK),
    ("update_column", MARK),
    ("col_expr", MARK),
    ("onconflict", MARK),
    // Parts of statements.
    ("on conflict", MARK),
    ("duplicate key", MARK),
    ("->>", MARK),
    ("->'", MARK),
    ("#>", MARK),
    ("@>", MARK),
    ("jsonb", MARK),
    // A column that was read as text is decoded.
    ("serde_json", SERDE_JSON),
    // A module that passes serde_json on: `utils::json::from_str`.
    ("json::from_", SERDE_JSON | DECODE),
    ("from_str", DECODE),
    ("from_slice", DECODE),
    ("from_value", DECODE),
    ("from_reader", DECODE),
];

/// The search and what each of its patterns stands for.
struct Search {
    automaton: AhoCorasick,
    signs: Vec<u32>,
}

impl Search {
    fn new() -> Option<Self> {
        let keywords = KEYWORDS.iter().map(|(word, sign)| (String::from(*word), *sign));
        let openings = OPENINGS.iter().map(|word| (format!("\"{word}"), MARK));
        let spelled =
            keywords.chain(openings).flat_map(|(word, sign)| AFTER.iter().map(move |a| (format!("{word}{a}"), sign)));
        let (patterns, signs): (Vec<String>, Vec<u32>) =
            spelled.chain(SIGNS.iter().map(|(text, sign)| (String::from(*text), *sign))).unzip();
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(patterns).ok()?;
        Some(Self { automaton, signs })
    }
}

/// Whether the bytes of a Rust file may hold anything that matters. ASCII case does not count.
pub fn may_matter(bytes: &[u8]) -> bool {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    let Some(search) = SEARCH.get_or_init(Search::new) else { return true };
    let mut seen = 0;
    search.automaton.find_overlapping_iter(bytes).any(|found| {
        seen |= search.signs.get(found.pattern().as_usize()).copied().unwrap_or(MARK);
        STATEMENTS.iter().any(|needed| seen & needed == *needed)
    })
}

/// A search for names of constants.
#[derive(Debug)]
pub struct Names(Option<AhoCorasick>);

impl Names {
    /// A search for any of the names; none finds nothing.
    pub fn new(names: &[String]) -> Self {
        Self(if names.is_empty() { None } else { AhoCorasick::new(names).ok() })
    }

    /// Whether any of the names is spelled in the bytes.
    pub fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|search| search.is_match(bytes))
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_statement_is_kept() {
        for text in [
            r#"db.run("UPDATE users SET data = $1")"#,
            "db.run(\"update\n    users\n  set\n data = ?\")",
            "db.run(\"UPDATE\\\n   users SET\\\n data = ?\")",
            "db.run(\"UPDATE\tusers\r\nSET\r\ndata = ?\")",
            "\"UPDATE`users`SET`data`=?\"",
            r#"format!("UPDATE {table} SET {column} = $1")"#,
            r#"concat!("UPDATE", " users ", "SET", " data = $1")"#,
            r##"r#"INSERT INTO t (data) VALUES ($1) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data"#"##,
            r#""Insert Or Replace Into t values (?)""#,
            r#""REPLACE INTO t VALUES (?)""#,
            r#""MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET d = s.d""#,
            r#""INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE d = VALUES(d)""#,
            "\"CREATE TABLE t (d JSONB)\"",
            "\"CREATE/* a */TEMP TABLE t (d JSON)\"",
            "\"ALTER TABLE t ADD d JSON\"",
            "\"SELECT data FROM t\"",
            "\"SELECT\\n data\\nFROM\\n t\"",
            "const TAIL: &str = \" SET data = $1\"; const HEAD: &str = \"UPDATE users \";",
            "pub const HEAD: &str = \"UPDATE users \";",
            "pub const TAIL: &str = \"ON CONFLICT (id) DO UPDATE \";",
            "impl ActiveModelBehavior for X {}",
            "use crate::prelude::*; async fn f(m: users::ActiveModel) {}",
            "let d: Settings = serde_json::from_str(&row.data)?;",
            "let d: Settings = json::from_str(&row.data)?;",
            "sqlx::migrate!()",
        ] {
            assert!(may_matter(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_file_without_sql_is_dropped() {
        for text in [
            "//! Updates the view.\nfn update(x: &mut View) { x.set(1); map.insert(k, v); s.replace('a', \"b\"); }",
            "impl FromStr for X { fn from_str(s: &str) -> Result<Self, E> { Ok(Self) } }",
            "/// Create a new one.\nfn new() -> Self { Self }",
            "",
        ] {
            assert!(!may_matter(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn names_of_constants_are_found_as_spelled() {
        let names = Names::new(&["JOBS_TABLE".to_owned()]);
        assert!(names.are_in(b"pub const JOBS_TABLE: &str = \"jobs\";"));
        assert!(!names.are_in(b"pub const jobs_table: u8 = 1;"));
        assert!(Names::new(&[]).is_empty());
    }
}
