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
use support::templates;

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
    prove("PostgreSQL", server, &cases::postgres(), (schema, readers), Dialect::Postgres, &bound);
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
    prove("MariaDB", server, &cases::mariadb(), (schema, readers), Dialect::Mysql, &bound);
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
    prove("SQLite", server, &cases::sqlite(), (schema, readers), Dialect::Sqlite, &bound);
}
