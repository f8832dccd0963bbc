//! Two sessions that change one document at the same time, each its own key: before the fix the key of the first is
//! lost, after it both are there.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

mod support;

use noclobber::frontend::sql::Dialect;
use serde_json::{Value as Json, json};
use std::thread;
use std::time::{Duration, Instant};
use support::servers::Server as _;
use support::servers::{mariadb::MariaDb, postgres::Postgres};
use support::templates::{self, Case, Effect, Fixed};

/// Long enough for the other session to get to its statement, on a machine that is busy.
const WHILE: Duration = Duration::from_millis(400);

/// The statement of a session that sets one key, as the fix has it.
fn fixed(sql: &'static str, bound: &'static str, schema: &str, dialect: Dialect) -> Fixed {
    let case = Case {
        name: "a key",
        column: "data",
        prelude: "",
        sql,
        binds: bound_with_id(bound),
        effect: Effect::Set(&["key"]),
    };
    let readers = "SELECT data->>'phone' FROM users";
    templates::fixed(&[case], schema, readers, dialect).remove(0)
}

fn bound_with_id(bound: &'static str) -> &'static [&'static str] {
    match bound {
        "a" => &[r#"json!({ "a": v })"#, "id"],
        _ => &[r#"json!({ "b": v })"#, "id"],
    }
}

#[test]
fn postgres_keeps_both_keys_after_the_fix() {
    const SCHEMA: &str = "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb)";
    const SQL: &str = "UPDATE users SET data = $1 WHERE id = $2";
    Postgres::new("concurrency").script(&format!("{SCHEMA}; INSERT INTO users VALUES (1, '{{\"phone\": 1}}')"));
    let (mut first, mut second) = (Postgres::session("concurrency"), Postgres::session("concurrency"));
    let read = |session: &mut postgres::Client| -> Json {
        let text: String = session.query_one("SELECT data::text FROM users WHERE id = 1", &[]).unwrap().get(0);
        serde_json::from_str(&text).unwrap()
    };
    let send = |session: &mut postgres::Client, sql: &str, value: &Json| {
        let values = [format!("'{value}'::jsonb"), "1".to_owned()];
        session.batch_execute(&templates::with_values(sql, &values)).unwrap();
    };

    // Before: both read, then both write what they read with a key of their own.
    let (mut mine, mut yours) = (read(&mut first), read(&mut second));
    mine["a"] = json!(1);
    yours["b"] = json!(2);
    send(&mut first, SQL, &mine);
    send(&mut second, SQL, &yours);
    assert_eq!(read(&mut first), json!({"phone": 1, "b": 2}), "the first session's key is lost");

    // After: the second waits for the first, and edits what that has written.
    first.batch_execute("UPDATE users SET data = '{\"phone\": 1}'").unwrap();
    let a = fixed(SQL, "a", SCHEMA, Dialect::Postgres);
    let b = fixed(SQL, "b", SCHEMA, Dialect::Postgres);
    first.batch_execute("BEGIN").unwrap();
    send(&mut first, &a.sql, &json!(1));
    let waiting = thread::spawn(move || {
        send(&mut second, &b.sql, &json!(2));
    });
    thread::sleep(WHILE);
    assert!(!waiting.is_finished(), "the second session waits for the row");
    first.batch_execute("COMMIT").unwrap();
    waiting.join().unwrap();
    assert_eq!(read(&mut first), json!({"phone": 1, "a": 1, "b": 2}));
    println!("PostgreSQL, two sessions: one key lost before the fix, none after");
}

#[test]
fn mariadb_keeps_both_keys_after_the_fix() {
    const SCHEMA: &str = "CREATE TABLE users (id BIGINT PRIMARY KEY, data JSON) ENGINE=InnoDB";
    const SQL: &str = "UPDATE users SET data = ? WHERE id = ?";
    let mut server = MariaDb::new("concurrency");
    server.script(&format!("{SCHEMA}; INSERT INTO users VALUES (1, '{{\"phone\": 1}}')"));
    let read = || -> Json { serde_json::from_str(&server.session("SELECT data FROM users WHERE id = 1")).unwrap() };
    let with = |sql: &str, value: &Json| templates::with_values(sql, &[format!("'{value}'"), "1".to_owned()]);

    let (mut mine, mut yours) = (read(), read());
    mine["a"] = json!(1);
    yours["b"] = json!(2);
    server.session(&with(SQL, &mine));
    server.session(&with(SQL, &yours));
    assert_eq!(read(), json!({"phone": 1, "b": 2}), "the first session's key is lost");

    server.session("UPDATE users SET data = '{\"phone\": 1}'");
    let a = fixed(SQL, "a", SCHEMA, Dialect::Mysql);
    let b = fixed(SQL, "b", SCHEMA, Dialect::Mysql);
    let first = format!("START TRANSACTION; {}; DO SLEEP(1.5); COMMIT", with(&a.sql, &json!(1)));
    let second = with(&b.sql, &json!(2));
    thread::scope(|scope| {
        let holding = scope.spawn(|| server.session(&first));
        thread::sleep(WHILE);
        let start = Instant::now();
        server.session(&second);
        assert!(start.elapsed() > WHILE, "the second session waits for the row");
        holding.join().unwrap();
    });
    assert_eq!(read(), json!({"phone": 1, "a": 1, "b": 2}));
    println!("MariaDB, two sessions: one key lost before the fix, none after");
}
