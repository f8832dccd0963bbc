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

mod support;

use noclobber::frontend::sql::Dialect;
use serde_json::Value as Json;
use support::servers::{Attempt, Reply, Server};
use support::templates::{self, Case, Effect, Expected, Fixed, STATES};

const fn case(
    name: &'static str,
    column: &'static str,
    sql: &'static str,
    binds: &'static [&'static str],
    effect: Effect,
) -> Case {
    Case { name, column, prelude: "", sql, binds, effect }
}

/// A document that is read, changed and written back.
const fn read_modify_write(name: &'static str, prelude: &'static str, sql: &'static str, effect: Effect) -> Case {
    Case { name, column: "data", prelude, sql, binds: &["&data", "id"], effect }
}

/// What a program does to a document between reading it and writing it back.
macro_rules! changed {
    ($change:literal) => {
        concat!(
            "let mut data: serde_json::Value = sqlx::query_scalar(\"SELECT data FROM users WHERE id = 1\").fetch_one(pool).await?;\n    ",
            $change,
            "\n    "
        )
    };
}
const SET: &str = changed!(r#"data["phone"] = json!(v);"#);
const SET_TWO: &str = changed!(r#"data["phone"] = json!(v); data["mail"] = json!(w);"#);
const REMOVED: &str = changed!(r#"data.as_object_mut().unwrap().remove("phone");"#);
const COUNTED: &str = changed!(r#"data["visits"] = json!(data["visits"].as_i64().unwrap_or(0) + 2);"#);
const APPENDED: &str = changed!(r#"data["tags"].as_array_mut().unwrap().push(json!(v));"#);
const TWO_KEYS: Effect = Effect::Set(&["phone", "mail"]);
const COUNT: Effect = Effect::Count("visits", 2);

const PHONE: Effect = Effect::Set(&["phone"]);
const CITY: Effect = Effect::Set(&["address/city"]);
const ONE: &str = r#"json!({ "phone": v })"#;
const TWO: &str = r#"json!({ "phone": v, "mail": w })"#;
const NESTED: &str = r#"json!({ "address": { "city": v } })"#;
const DEEP: &str = r#"json!({ "address": { "geo": { "lat": v } } })"#;
const LEAVES: &str = r#"json!({ "phone": v, "address": { "city": w } })"#;
const HOSTILE: &str = r#"json!({ "it's \"q\" \\ {a,b} é": v })"#;
const SPACED: &str = r#"json!({ "a b.c": v })"#;

const POSTGRES: &[Case] = &[
    case("one key", "data", "UPDATE users SET data = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case("one key, NOT NULL", "kept", "UPDATE users SET kept = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case("one key, json", "old", "UPDATE users SET old = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "one key, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "phone": v }).to_string()"#, "id"],
        PHONE,
    ),
    case("one key among others", "data", "UPDATE users SET id = $2, data = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "one key, with an alias",
        "data",
        "UPDATE users AS u SET data = $1 FROM users o WHERE u.id = $2 AND o.id = u.id",
        &[ONE, "id"],
        PHONE,
    ),
    case(
        "several keys",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, NOT NULL",
        "kept",
        "UPDATE users SET kept = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, json",
        "old",
        "UPDATE users SET old = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "phone": v, "mail": w }).to_string()"#, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case("nested key", "data", "UPDATE users SET data = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case("nested key, NOT NULL", "kept", "UPDATE users SET kept = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case("nested key, json", "old", "UPDATE users SET old = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case(
        "nested key, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "address": { "city": v } }).to_string()"#, "id"],
        CITY,
    ),
    case(
        "three levels",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[DEEP, "id"],
        Effect::Set(&["address/geo/lat"]),
    ),
    case(
        "keys on two levels",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[LEAVES, "id"],
        Effect::Set(&["phone", "address/city"]),
    ),
    case(
        "hostile key",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[HOSTILE, "id"],
        Effect::Set(&["it's \"q\" \\ {a,b} é"]),
    ),
    case(
        "a key with blanks and dots",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[SPACED, "id"],
        Effect::Set(&["a b.c"]),
    ),
    case(
        "a key named null",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[r#"json!({ "null": v })"#, "id"],
        Effect::Set(&["null"]),
    ),
    case(
        "built in SQL",
        "data",
        "UPDATE users SET data = jsonb_build_object('phone', $1::jsonb) WHERE id = $2",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "built in SQL, nested",
        "data",
        "UPDATE users SET data = jsonb_build_object('address', jsonb_build_object('city', $1::jsonb)) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
    case(
        "literal",
        "kept",
        r#"UPDATE users SET kept = '{"phone": "it''s 2"}' WHERE id = $1"#,
        &["id"],
        Effect::Known("phone", "\"it's 2\""),
    ),
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert, NOT NULL",
        "kept",
        "INSERT INTO users (id, kept) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET kept = EXCLUDED.kept",
        &["id", TWO],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "upsert, json",
        "old",
        "INSERT INTO users (id, old) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET old = EXCLUDED.old",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert with an alias",
        "data",
        "INSERT INTO users AS u (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert of what is bound",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = $2",
        &["id", ONE],
        PHONE,
    ),
    case(
        "foreign base",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = jsonb_set(EXCLUDED.data, '{name}', users.data->'name')",
        &["id", ONE],
        PHONE,
    ),
    case(
        "NULL wipe",
        "data",
        "UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', to_jsonb($1::text)) WHERE id = $2",
        &["text", "id"],
        Effect::SetUnlessNull("phone"),
    ),
    case(
        "NULL column",
        "data",
        "UPDATE users SET data = jsonb_set(data, '{phone}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "missing parent",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address,city}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
    case("merge the wrong way round", "kept", "UPDATE users SET kept = $1 || kept WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "wrong operator",
        "data",
        "UPDATE users SET data = data - '{phone,name}' WHERE id = $1",
        &["id"],
        Effect::Remove(&["phone", "name"]),
    ),
    case(
        "shallow merge",
        "kept",
        r#"UPDATE users SET kept = kept || '{"address": {"city": "x"}}' WHERE id = $1"#,
        &["id"],
        Effect::Known("address/city", "\"x\""),
    ),
    case(
        "parent set whole",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address}', $1) WHERE id = $2",
        &[r#"json!({ "city": v })"#, "id"],
        CITY,
    ),
    case("dotted column", "data", "UPDATE users SET \"data.phone\" = $1 WHERE id = $2", &["v", "id"], PHONE),
    case(
        "dotted key",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address.city}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
    read_modify_write("one key of a read document", SET, "UPDATE users SET data = $1 WHERE id = $2", PHONE),
    read_modify_write("several keys of a read document", SET_TWO, "UPDATE users SET data = $1 WHERE id = $2", TWO_KEYS),
    read_modify_write(
        "a key removed from a read document",
        REMOVED,
        "UPDATE users SET data = $1 WHERE id = $2",
        Effect::Remove(&["phone"]),
    ),
    read_modify_write("counter", COUNTED, "UPDATE users SET data = $1 WHERE id = $2", COUNT),
    read_modify_write("array append", APPENDED, "UPDATE users SET data = $1 WHERE id = $2", Effect::Append("tags")),
];

const MARIADB: &[Case] = &[
    case("one key", "data", "UPDATE users SET data = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case("one key, NOT NULL", "kept", "UPDATE users SET kept = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case(
        "several keys",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, NOT NULL",
        "kept",
        "UPDATE users SET kept = ? WHERE id = ?",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case("nested key", "data", "UPDATE users SET data = ? WHERE id = ?", &[NESTED, "id"], CITY),
    case(
        "three levels",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[DEEP, "id"],
        Effect::Set(&["address/geo/lat"]),
    ),
    case(
        "keys on two levels",
        "kept",
        "UPDATE users SET kept = ? WHERE id = ?",
        &[LEAVES, "id"],
        Effect::Set(&["phone", "address/city"]),
    ),
    case(
        "a key with blanks and dots",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[SPACED, "id"],
        Effect::Set(&["a b.c"]),
    ),
    case(
        "literal",
        "kept",
        r#"UPDATE users SET kept = '{"phone": "it''s 2"}' WHERE id = ?"#,
        &["id"],
        Effect::Known("phone", "\"it's 2\""),
    ),
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)",
        &["id", ONE],
        PHONE,
    ),
    case(
        "NULL column",
        "data",
        "UPDATE users SET data = JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$')) WHERE id = ?",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "missing parent",
        "kept",
        "UPDATE users SET kept = JSON_SET(kept, '$.address.city', JSON_EXTRACT(?, '$')) WHERE id = ?",
        &["json!(v)", "id"],
        CITY,
    ),
    read_modify_write("one key of a read document", SET, "UPDATE users SET data = ? WHERE id = ?", PHONE),
    read_modify_write("several keys of a read document", SET_TWO, "UPDATE users SET data = ? WHERE id = ?", TWO_KEYS),
    read_modify_write(
        "a key removed from a read document",
        REMOVED,
        "UPDATE users SET data = ? WHERE id = ?",
        Effect::Remove(&["phone"]),
    ),
    read_modify_write("counter", COUNTED, "UPDATE users SET data = ? WHERE id = ?", COUNT),
    read_modify_write("array append", APPENDED, "UPDATE users SET data = ? WHERE id = ?", Effect::Append("tags")),
];

const SQLITE: &[Case] = &[
    case("one key", "data", "UPDATE users SET data = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case("one key, numbered", "data", "UPDATE users SET data = ?1 WHERE id = ?2", &[ONE, "id"], PHONE),
    case("one key, NOT NULL", "kept", "UPDATE users SET kept = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case(
        "several keys",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case("nested key", "data", "UPDATE users SET data = ? WHERE id = ?", &[NESTED, "id"], CITY),
    case(
        "three levels",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[DEEP, "id"],
        Effect::Set(&["address/geo/lat"]),
    ),
    case(
        "keys on two levels",
        "kept",
        "UPDATE users SET kept = ? WHERE id = ?",
        &[LEAVES, "id"],
        Effect::Set(&["phone", "address/city"]),
    ),
    case(
        "a key with blanks and dots",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[SPACED, "id"],
        Effect::Set(&["a b.c"]),
    ),
    case(
        "literal",
        "kept",
        r#"UPDATE users SET kept = '{"phone": "it''s 2"}' WHERE id = ?"#,
        &["id"],
        Effect::Known("phone", "\"it's 2\""),
    ),
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "NULL column",
        "data",
        "UPDATE users SET data = json_set(data, '$.phone', json(?)) WHERE id = ?",
        &["json!(v)", "id"],
        PHONE,
    ),
    read_modify_write("one key of a read document", SET, "UPDATE users SET data = ? WHERE id = ?", PHONE),
    read_modify_write("several keys of a read document", SET_TWO, "UPDATE users SET data = ? WHERE id = ?", TWO_KEYS),
    read_modify_write(
        "a key removed from a read document",
        REMOVED,
        "UPDATE users SET data = ? WHERE id = ?",
        Effect::Remove(&["phone"]),
    ),
    read_modify_write("counter", COUNTED, "UPDATE users SET data = ? WHERE id = ?", COUNT),
];

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
    prove("PostgreSQL", server, POSTGRES, (schema, readers), Dialect::Postgres, &bound);
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
    prove("MariaDB", server, MARIADB, (schema, readers), Dialect::Mysql, &bound);
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
    prove("SQLite", &mut support::servers::sqlite::Sqlite::new(), SQLITE, (schema, readers), Dialect::Sqlite, &bound);
}

/// Runs every case; `bound` spells what a Rust expression of that value is to the server.
fn prove(
    name: &str,
    server: &mut dyn Server,
    cases: &[Case],
    (schema, readers): (&str, &str),
    dialect: Dialect,
    bound: &dyn Fn(&str, Option<&Json>) -> String,
) {
    let fixed = templates::fixed(cases, schema, readers, dialect);
    server.fresh();
    server.script(schema);
    let values = templates::values();
    let (mut violations, mut runs, mut lost_before) = (vec![], 0, 0);
    for (case, fixed) in cases.iter().zip(&fixed) {
        let cast = if dialect == Dialect::Postgres { "::text" } else { "" };
        let read_back = format!("SELECT {}{cast} FROM users WHERE id = 1", case.column);
        let statement = |sql: &str, binds: &[String], v: &Json, w: &Json| {
            let values: Vec<String> = binds
                .iter()
                .map(
                    |bind| {
                        if bind == "id" { "1".to_owned() } else { bound(bind, templates::bound(bind, v, w).as_ref()) }
                    },
                )
                .collect();
            Attempt { statement: templates::with_values(sql, &values), read_back: read_back.clone() }
        };
        let original = Fixed { sql: case.sql.to_owned(), binds: case.binds.iter().map(|b| (*b).to_owned()).collect() };
        let mut differs = false;
        for (state, seed) in STATES {
            if seed == "NULL" && case.column == "kept" {
                continue;
            }
            server.script(&format!(
                "DELETE FROM users WHERE id = 1; INSERT INTO users (id, {}) VALUES (1, {seed})",
                case.column
            ));
            let mut attempts = vec![Attempt {
                statement: "UPDATE users SET id = 1 WHERE id = 1".into(),
                read_back: read_back.clone(),
            }];
            for (at, (_, v)) in values.iter().enumerate() {
                // Another type beside it.
                let w = &values[(at + 3) % values.len()].1;
                attempts.push(statement(&fixed.sql, &fixed.binds, v, w));
                attempts.push(statement(&original.sql, &original.binds, v, w));
            }
            let replies = server.attempt(&attempts);
            let old = if let Reply::Stored(old) = &replies[0] { Some(old) } else { None };
            for (at, (kind, v)) in values.iter().enumerate() {
                let w = &values[(at + 3) % values.len()].1;
                let (after, before) = (&replies[1 + 2 * at], &replies[2 + 2 * at]);
                let expected = templates::expected(old, case.effect, v, w);
                runs += 1;
                differs |= !holds(&expected, before, old, &case.sql.to_lowercase());
                if !holds(&expected, after, old, &fixed.sql.to_lowercase()) {
                    let statement = &attempts[1 + 2 * at].statement;
                    violations.push(format!(
                        "{} on {state} with {kind}: {after:?}, not {expected:?}\n    {statement}",
                        case.name
                    ));
                }
            }
        }
        assert!(differs, "{}: nothing is wrong with the statement before the fix: {}", case.name, case.sql);
        lost_before += usize::from(differs);
    }
    let version = version(server, dialect);
    println!(
        "{name} {version}: {} templates x {} states x {} values: {runs} runs, {} violations; {lost_before} of the \
         statements fail the same check before the fix",
        cases.len(),
        STATES.len(),
        values.len(),
        violations.len(),
    );
    let shown: Vec<&str> = violations.iter().map(String::as_str).take(20).collect();
    assert!(violations.is_empty(), "{} violations\n{}", violations.len(), shown.join("\n"));
}

/// Whether a column holds what it must.
fn holds(expected: &Expected, after: &Reply, old: Option<&Json>, sql: &str) -> bool {
    // RFC 7396: a null in a patch means that the key goes.
    let patch = sql.contains("patch");
    match (expected, after) {
        (Expected::Document(document), Reply::Stored(after)) => {
            document == after || patch && without_nulls(document, old) == *after
        }
        (Expected::Null, Reply::Null) | (Expected::NoObject, Reply::Error(_)) => true,
        (Expected::NoObject, Reply::Stored(after)) => {
            Some(after) == old
                // `||` appends to what is no object.
                || after.as_array().is_some_and(|after| match old {
                    Some(Json::Array(old)) => after.starts_with(old),
                    Some(old) => after.first() == Some(old),
                    None => false,
                })
                // A patch takes the place of what is no object, as the statement before did.
                || patch && after.is_object()
        }
        _ => false,
    }
}

/// The document without the null members that the old one did not have.
fn without_nulls(document: &Json, old: Option<&Json>) -> Json {
    let Json::Object(members) = document else { return document.clone() };
    let kept = members.iter().filter_map(|(key, value)| {
        let old = old.and_then(|old| old.get(key));
        match value {
            Json::Null if old != Some(&Json::Null) => None,
            value @ Json::Object(_) => Some((key.clone(), without_nulls(value, old))),
            value => Some((key.clone(), value.clone())),
        }
    });
    Json::Object(kept.collect())
}

/// The server's version.
fn version(server: &mut dyn Server, dialect: Dialect) -> String {
    let read_back = match dialect {
        Dialect::Postgres => "SELECT to_json(current_setting('server_version'))::text",
        Dialect::Mysql => "SELECT JSON_QUOTE(VERSION())",
        Dialect::Sqlite => "SELECT json_quote(sqlite_version())",
    };
    let statement = "UPDATE users SET id = 1 WHERE id = 1".to_owned();
    match server.attempt(&[Attempt { statement, read_back: read_back.to_owned() }]).first() {
        Some(Reply::Stored(Json::String(version))) => version.clone(),
        other => panic!("the server does not tell its version: {other:?}"),
    }
}
