//! Every fix on real servers: each template on every state of the column with values of every type.
//!
//! The statements go through noclobber as a program would spell them; what the fix makes of them is run. An object must
//! hold exactly what it held and what was set; a column without an object must not lose what it holds, nor become NULL.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

mod cases;
mod prove;
#[path = "../support/mod.rs"]
mod support;

use noclobber::frontend::sql::Dialect;
use prove::prove;
use serde_json::Value as Json;
use support::servers::Server;
use support::templates::{self, Case};

/// That every statement has a fix that is made.
fn all_made(cases: &[Case], made: &[&str]) {
    for case in cases {
        assert!(made.contains(&case.name), "{}: there is no fix that can be applied: {}", case.name, case.sql);
    }
}

/// Says which statements are left to the reader, since no spelling of the key is right everywhere.
fn some_made(cases: &[Case], made: &[&str]) {
    let left: Vec<&str> = cases.iter().map(|case| case.name).filter(|name| !made.contains(name)).collect();
    println!("{} of {} made, only shown: {}", made.len(), cases.len(), left.join("; "));
    assert!(made.len() > cases.len() / 2);
}

#[test]
fn postgres_keeps_the_rest() {
    let schema =
        "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb, kept jsonb NOT NULL DEFAULT '{}', old json, txt text)";
    let readers =
        "SELECT data->>'address', kept->'address'->>'zip', old->>'address', txt::jsonb->>'address' FROM users";
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let bound = |expression: &str, value: Option<&Json>| match value {
        None => "NULL::text".to_owned(),
        Some(value) if expression.ends_with("_i64") => format!("{value}::bigint"),
        Some(value) if expression == "text" || expression.starts_with('"') => {
            format!("{}::text", literal(&templates::plain(value)))
        }
        Some(value) if expression.ends_with(".to_string()") => format!("{}::text", literal(&value.to_string())),
        Some(value) => format!("{}::jsonb", literal(&value.to_string())),
    };
    let server = &mut support::servers::postgres::Postgres::new("fix_templates");
    let run = |server: &mut dyn Server, name: &str, cases: &[Case]| {
        prove(name, server, cases, (schema, readers), Dialect::Postgres, &bound)
    };
    all_made(&cases::postgres(), &run(server, "PostgreSQL", &cases::postgres()));
    some_made(&cases::hostile(true), &run(server, "PostgreSQL, hostile keys", &cases::hostile(true)));
}

#[test]
fn mariadb_keeps_the_rest() {
    let schema = "CREATE TABLE users (id BIGINT PRIMARY KEY, data JSON, kept JSON NOT NULL DEFAULT '{}')";
    let readers = "SELECT JSON_EXTRACT(data, '$.address'), JSON_EXTRACT(kept, '$.address') FROM users";
    let literal = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let bound = |expression: &str, value: Option<&Json>| match value {
        None => "NULL".to_owned(),
        Some(value) if expression.ends_with("_i64") => value.to_string(),
        Some(value) if expression.starts_with('"') => literal(&templates::plain(value)),
        Some(value) => literal(&value.to_string()),
    };
    let server = &mut support::servers::mariadb::MariaDb::new("fix_templates");
    let run = |server: &mut dyn Server, name: &str, cases: &[Case]| {
        prove(name, server, cases, (schema, readers), Dialect::Mysql, &bound)
    };
    all_made(&cases::mariadb(), &run(server, "MariaDB", &cases::mariadb()));
    some_made(&cases::hostile(false), &run(server, "MariaDB, hostile keys", &cases::hostile(false)));
}

#[test]
fn sqlite_keeps_the_rest() {
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, data TEXT CHECK (json_valid(data)), kept TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(kept)))";
    let readers = "SELECT json_extract(data, '$.address'), json_extract(kept, '$.address') FROM users";
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let bound = |expression: &str, value: Option<&Json>| match value {
        None => "NULL".to_owned(),
        Some(value) if expression.ends_with("_i64") => value.to_string(),
        Some(value) if expression.starts_with('"') => literal(&templates::plain(value)),
        Some(value) => literal(&value.to_string()),
    };
    let server = &mut support::servers::sqlite::Sqlite::new();
    let run = |server: &mut dyn Server, name: &str, cases: &[Case]| {
        prove(name, server, cases, (schema, readers), Dialect::Sqlite, &bound)
    };
    all_made(&cases::sqlite(), &run(server, "SQLite", &cases::sqlite()));
    some_made(&cases::hostile(false), &run(server, "SQLite, hostile keys", &cases::hostile(false)));
}
