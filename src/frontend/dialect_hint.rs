//! Which dialect a file is written in, by its path and by the database clients that its source names.
//!
//! Both only speak where they say exactly one, and only count where the crate as a whole does not decide.

use super::sql::Dialect;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::OnceLock;

/// The dialect that a folder or file name says, if it says exactly one: `migrations/postgres/1.sql`, `schema_mysql.sql`.
pub fn of_path(path: &str) -> Option<Dialect> {
    // The innermost part that says something speaks.
    for part in path.rsplit('/') {
        let lower = part.to_ascii_lowercase();
        let mut found = None;
        for word in lower.split(|c: char| !c.is_ascii_alphanumeric()) {
            let dialect = match word {
                "postgres" | "postgresql" | "pg" | "pgsql" | "psql" | "cockroach" | "cockroachdb" => Dialect::Postgres,
                "mysql" | "mariadb" => Dialect::Mysql,
                "sqlite" | "sqlite3" | "libsql" | "turso" | "rusqlite" => Dialect::Sqlite,
                _ => continue,
            };
            if found.is_some_and(|other| other != dialect) {
                return None;
            }
            found = Some(dialect);
        }
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Names that only stand in code that speaks to one database.
const CLIENTS: [(&str, Dialect); 22] = [
    ("tokio_postgres", Dialect::Postgres),
    ("deadpool_postgres", Dialect::Postgres),
    ("PgPool", Dialect::Postgres),
    ("PgConnection", Dialect::Postgres),
    ("PgTransaction", Dialect::Postgres),
    ("PgRow", Dialect::Postgres),
    ("sqlx::Postgres", Dialect::Postgres),
    ("sqlx::postgres", Dialect::Postgres),
    ("<Postgres>", Dialect::Postgres),
    ("MySqlPool", Dialect::Mysql),
    ("MySqlConnection", Dialect::Mysql),
    ("sqlx::MySql", Dialect::Mysql),
    ("sqlx::mysql", Dialect::Mysql),
    ("mysql_async", Dialect::Mysql),
    ("<MySql>", Dialect::Mysql),
    ("rusqlite", Dialect::Sqlite),
    ("libsql::", Dialect::Sqlite),
    ("SqlitePool", Dialect::Sqlite),
    ("SqliteConnection", Dialect::Sqlite),
    ("sqlx::Sqlite", Dialect::Sqlite),
    ("sqlx::sqlite", Dialect::Sqlite),
    ("<Sqlite>", Dialect::Sqlite),
];

/// The dialect of the database clients that a source file names, if all of them are of one database.
pub fn of_source(text: &str) -> Option<Dialect> {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    // The kind of match that has the fastest search.
    let build =
        || AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(CLIENTS.map(|(name, _)| name)).ok();
    let search = SEARCH.get_or_init(build).as_ref()?;
    let mut found = None;
    for hit in search.find_iter(text) {
        let (_, dialect) = CLIENTS.get(hit.pattern().as_usize())?;
        if found.is_some_and(|other| other != *dialect) {
            return None;
        }
        found = Some(*dialect);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_its_dialect_only_once() {
        assert_eq!(of_path("migrations/postgres/1_a.sql"), Some(Dialect::Postgres));
        assert_eq!(of_path("db/schema_mysql.sql"), Some(Dialect::Mysql));
        assert_eq!(of_path("a/sqlite/postgres_to_sqlite.sql"), None);
        assert_eq!(of_path("src/pages.rs"), None);
    }

    #[test]
    fn a_source_file_says_its_dialect_by_the_clients_it_names() {
        assert_eq!(of_source("use sqlx::PgPool;\nfn f(p: &PgPool) {}"), Some(Dialect::Postgres));
        assert_eq!(of_source("use rusqlite::Connection;"), Some(Dialect::Sqlite));
        assert_eq!(of_source("use rusqlite::Connection; use tokio_postgres::Client;"), None);
        assert_eq!(of_source("fn f() {}"), None);
    }
}
