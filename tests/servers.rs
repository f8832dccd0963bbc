//! The throw-away servers work: they store, fail and roll back as they should.
#![cfg(unix)]

mod support;

use serde_json::json;
use support::servers::{Attempt, Reply, Server, mariadb::MariaDb, postgres::Postgres, sqlite::Sqlite};

fn stores_fails_and_rolls_back(server: &mut dyn Server, json_type: &str) {
    server.script(&format!(
        "CREATE TABLE t (id int PRIMARY KEY, data {json_type}); INSERT INTO t VALUES (1, '{{\"é\":\"a''\\\\\\\\b\"}}');"
    ));
    let attempt = |statement: &str| Attempt {
        statement: statement.to_owned(),
        read_back: "SELECT data FROM t WHERE id = 1".to_owned(),
    };
    let replies = server.attempt(&[
        attempt("UPDATE t SET data = '{\"b\":[1]}' WHERE id = 1"),
        attempt("UPDATE t SET data = NULL WHERE id = 1"),
        attempt("UPDATE t SET no_column = 1 WHERE id = 1"),
        attempt("UPDATE t SET data = data WHERE id = 1"),
    ]);
    assert_eq!(replies[0], Reply::Stored(json!({"b": [1]})));
    assert_eq!(replies[1], Reply::Null);
    assert!(matches!(&replies[2], Reply::Error(message) if message.contains("no_column")), "{:?}", replies[2]);
    assert!(
        matches!(&replies[3], Reply::Stored(old) if old["é"].as_str().is_some_and(|s| s.starts_with("a'\\"))),
        "{:?}",
        replies[3]
    );
}

#[test]
fn postgres_stores_fails_and_rolls_back() {
    stores_fails_and_rolls_back(&mut Postgres::new("servers"), "jsonb");
}

#[test]
fn mariadb_stores_fails_and_rolls_back() {
    stores_fails_and_rolls_back(&mut MariaDb::new("servers"), "JSON");
}

#[test]
fn sqlite_stores_fails_and_rolls_back() {
    stores_fails_and_rolls_back(&mut Sqlite::new(), "TEXT");
}
