//! What is advised where no expression repairs a write, run on real servers: whoever read an older row writes nothing,
//! whoever read the present one writes what it has, and an upsert leaves alone what a `REPLACE` takes away.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use noclobber::check::{Options, Report, check};
use noclobber::fix::suggestion::Applicability;
use noclobber::frontend::sql::Dialect;
use serde_json::{Value as Json, json};
use support::servers::{Attempt, Reply, Server, mariadb::MariaDb, postgres::Postgres, sqlite::Sqlite};
use support::templates::with_values;

/// A function that reads a row in a way that takes no lock clause, changes the document where nobody can follow, and runs
/// a statement; `old` is what it read.
fn changing(sql: &str) -> String {
    format!(
        "async fn changes(pool: &Pool, id: i64) {{\n    \
         let mut old: Value = sqlx::query_scalar(\"SELECT DISTINCT doc FROM users WHERE id = 1\").fetch_one(pool).await?;\n    \
         change(&mut old);\n    sqlx::query({sql:?}).bind(&old).bind(id).execute(pool).await?;\n}}\n"
    )
}

fn report(dialect: Dialect, schema: &str, code: &str) -> Report {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("src")).unwrap();
    std::fs::write(root.path().join("Cargo.toml"), "[package]\nname = \"app\"\nversion = \"0.1.0\"\n").unwrap();
    std::fs::write(root.path().join("schema.sql"), schema).unwrap();
    std::fs::write(root.path().join("src/lib.rs"), code).unwrap();
    check(&Options { paths: vec![root.path().to_owned()], dialect: Some(dialect), ..Options::default() }).unwrap()
}

/// The title of the one suggestion, and its statement before and after; else why there is none.
fn advised(dialect: Dialect, schema: &str, code: &str) -> Result<(String, String, String), String> {
    let report = report(dialect, schema, code);
    let [finding] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    let Some(fix) = &finding.fix else { return Err(finding.notes.concat()) };
    assert_eq!((fix.applicability, fix.edits.len()), (Applicability::Display, 0), "{fix:?}");
    let [(before, after)] = fix.patch.as_slice() else { panic!("{fix:?}") };
    Ok((fix.title.clone(), before.clone(), after.clone()))
}

/// What a statement comes to with these values, on a row.
fn stored(server: &mut dyn Server, column: &str, sql: &str, values: &[String]) -> Reply {
    let read_back = format!("SELECT {column} FROM users WHERE id = 1");
    server.attempt(&[Attempt { statement: with_values(sql, values), read_back }]).remove(0)
}

/// A comparison that is advised.
struct Compared {
    dialect: Dialect,
    schema: &'static str,
    sql: &'static str,
    /// The statement that is advised.
    after: &'static str,
    title: &'static str,
    /// The column as text.
    column: &'static str,
    /// What is bound apart from the document, first to last; `OLD` is what was read.
    rest: &'static [&'static str],
    /// What has to be added to the schema.
    added: &'static str,
    /// A column with versions, of which number 1 is read.
    by_version: bool,
}

const DOCUMENT: &str =
    "write only if the document is still the one that was read, as it came, and read it again if it is not";
const ADDED: &str =
    "add a column `version` that every write counts up, and write only if it is still the one that was read";
const ADD: &str = "ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1";

const COMPARED: [Compared; 11] = [
    Compared {
        dialect: Dialect::Postgres,
        schema: "CREATE TABLE users (id bigint PRIMARY KEY, name text, doc jsonb NOT NULL)",
        sql: "UPDATE users SET doc = $1 WHERE id = $2 OR name = $3",
        after: "UPDATE users SET doc = $1 WHERE (id = $2 OR name = $3) AND doc = $4",
        title: DOCUMENT,
        column: "doc::text",
        rest: &["1", "'x'", "OLD::jsonb"],
        added: "",
        by_version: false,
    },
    Compared {
        dialect: Dialect::Postgres,
        schema: "CREATE TABLE users (id bigint PRIMARY KEY, name text, doc jsonb)",
        sql: "UPDATE users SET doc = $1 WHERE (id = $2 OR name = 'x') RETURNING id",
        after: "UPDATE users SET doc = $1 WHERE (id = $2 OR name = 'x') AND doc IS NOT DISTINCT FROM $3 RETURNING id",
        title: DOCUMENT,
        column: "doc::text",
        rest: &["1", "OLD::jsonb"],
        added: "",
        by_version: false,
    },
    Compared {
        dialect: Dialect::Postgres,
        schema: "CREATE TABLE users (id bigint PRIMARY KEY, doc json NOT NULL)",
        sql: "UPDATE users AS u SET doc = $1 FROM (SELECT 1 AS one) AS o WHERE u.id = $2",
        after: "UPDATE users AS u SET doc = $1 FROM (SELECT 1 AS one) AS o WHERE u.id = $2 AND u.doc::jsonb = $3",
        title: DOCUMENT,
        column: "doc::text",
        rest: &["1", "OLD::jsonb"],
        added: "",
        by_version: false,
    },
    Compared {
        dialect: Dialect::Postgres,
        schema: "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL)",
        sql: "INSERT INTO users (doc, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = EXCLUDED.doc",
        after: "INSERT INTO users (doc, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = EXCLUDED.doc WHERE users.doc = $3",
        title: DOCUMENT,
        column: "doc::text",
        rest: &["1", "OLD::jsonb"],
        added: "",
        by_version: false,
    },
    Compared {
        dialect: Dialect::Postgres,
        schema: "CREATE TABLE users (id bigint PRIMARY KEY, doc text NOT NULL CHECK (jsonb_typeof(doc::jsonb) IS NOT NULL))",
        sql: "UPDATE users SET doc = $1 WHERE id = $2",
        after: "UPDATE users SET doc = $1, version = version + 1 WHERE id = $2 AND version = $3",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Mysql,
        schema: "CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR(9), doc JSON NOT NULL)",
        sql: "UPDATE users SET doc = ? WHERE id = ? OR name = 'x' LIMIT 1",
        after: "UPDATE users SET doc = ?, version = version + 1 WHERE (id = ? OR name = 'x') AND version = ? LIMIT 1",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Mysql,
        schema: "CREATE TABLE users (id BIGINT PRIMARY KEY, doc JSON, seen INT NOT NULL DEFAULT 0)",
        sql: "UPDATE users u SET u.doc = ? WHERE u.id = ? XOR 0",
        after: "UPDATE users u SET u.doc = ?, u.version = version + 1 WHERE (u.id = ? XOR 0) AND version = ?",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER PRIMARY KEY, doc JSON)",
        sql: "UPDATE users SET doc = ? WHERE id = ?",
        after: "UPDATE users SET doc = ?, version = version + 1 WHERE id = ? AND version = ?",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER PRIMARY KEY, doc JSON)",
        sql: "UPDATE users SET doc = ?1 WHERE id = ?2",
        after: "UPDATE users SET doc = ?1, version = version + 1 WHERE id = ?2 AND version = ?3",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER PRIMARY KEY, doc JSON)",
        sql: "INSERT INTO users (doc, id) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
        after: "INSERT INTO users (doc, id) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, \
                version = users.version + 1 WHERE users.version = ?",
        title: ADDED,
        column: "doc",
        rest: &["1", "OLD"],
        added: ADD,
        by_version: true,
    },
    Compared {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER PRIMARY KEY, doc JSON, version TEXT)",
        sql: "UPDATE users SET doc = ? WHERE id = ?",
        after: "UPDATE users SET doc = ?, row_version = row_version + 1 WHERE id = ? AND row_version = ?",
        title: "add a column `row_version` that every write counts up, and write only if it is still the one that was read",
        column: "doc",
        rest: &["1", "OLD"],
        added: "ALTER TABLE users ADD COLUMN row_version BIGINT NOT NULL DEFAULT 1",
        by_version: true,
    },
];

#[test]
fn who_read_an_older_row_writes_nothing_and_who_read_the_present_one_does() {
    let mut postgres = Postgres::new("advice_compared");
    let mut mariadb = MariaDb::new("advice_compared");
    let mut sqlite = Sqlite::new();
    let (read, others, mine) =
        (json!({"a": 1, "b": [1, null]}), json!({"a": 2, "b": []}), json!({"a": 1, "c": "mine"}));
    for case in &COMPARED {
        let (title, before, after) = advised(case.dialect, case.schema, &changing(case.sql)).unwrap();
        assert_eq!((title.as_str(), before.as_str(), after.as_str()), (case.title, case.sql, case.after));
        let server: &mut dyn Server = match case.dialect {
            Dialect::Postgres => &mut postgres,
            Dialect::Mysql => &mut mariadb,
            Dialect::Sqlite => &mut sqlite,
        };
        server.fresh();
        server.script(&format!("{}; {};", case.schema, case.added));
        // Spelled as nobody would bind it.
        server.script("INSERT INTO users (id, doc) VALUES (1, '{\"b\":[1 , null],   \"a\":1}')");
        let values = |document: &Json, old: &Json| -> Vec<String> {
            let old = if case.by_version { "1".to_owned() } else { format!("'{old}'") };
            let rest = case.rest.iter().map(|value| value.replace("OLD", &old));
            [format!("'{document}'")].into_iter().chain(rest).collect()
        };
        let present = stored(server, case.column, &after, &values(&mine, &read));
        assert_eq!(present, Reply::Stored(mine.clone()), "{after}");
        server.script(&with_values(&after, &values(&others, &read)));
        let late = stored(server, case.column, &after, &values(&mine, &read));
        assert_eq!(late, Reply::Stored(others.clone()), "{after}");
        // Without the condition, the other session's write is lost.
        let lost = stored(server, case.column, &before, &values(&mine, &read));
        assert_eq!(lost, Reply::Stored(mine.clone()), "{before}");
    }
}

#[test]
fn a_row_without_a_document_is_compared_too() {
    let case = &COMPARED[1];
    let mut server = Postgres::new("advice_null");
    server.script(case.schema);
    server.script("INSERT INTO users (id) VALUES (1)");
    let with = |old: &str| ["'{\"a\": 1}'", "1", old].map(str::to_owned);
    assert_eq!(stored(&mut server, "doc::text", case.after, &with("NULL::jsonb")), Reply::Stored(json!({"a": 1})));
    assert_eq!(stored(&mut server, "doc::text", case.after, &with("'{}'::jsonb")), Reply::Null);
}

#[test]
fn a_column_that_guards_elsewhere_is_compared_here() {
    let schema =
        "CREATE TABLE users (id bigint PRIMARY KEY, doc json, status integer, revision integer NOT NULL, tag text)";
    let guarded = |sql: &str| {
        format!(
            "async fn other(pool: &Pool, doc: Value) {{ let done = sqlx::query({sql:?}).bind(doc).execute(pool).await?; \
             if done.rows_affected() == 0 {{ return Err(Stale); }} }}\n"
        )
    };
    let counted = guarded(
        "UPDATE users SET doc = JSON_SET(COALESCE(doc, JSON_OBJECT()), '$.a', 1), revision = revision + 1 WHERE id = ? AND revision = ?",
    );
    let code = changing("UPDATE users SET doc = ? WHERE id = ?") + &counted;
    let (title, _, after) = advised(Dialect::Mysql, schema, &code).unwrap();
    assert_eq!(title, "write only if `revision` is still the one that was read, and read again if it is not");
    assert_eq!(after, "UPDATE users SET doc = ?, revision = revision + 1 WHERE id = ? AND revision = ?");
    // A state that is moved on is no version: two writers may move it to the same.
    let moved = guarded(
        "UPDATE users SET doc = JSON_SET(COALESCE(doc, JSON_OBJECT()), '$.a', 1), status = ? WHERE id = ? AND status = ?",
    );
    let code = changing("UPDATE users SET doc = ? WHERE id = ?") + &moved;
    assert_eq!(advised(Dialect::Mysql, schema, &code).unwrap().0, ADDED);
}

#[test]
fn what_went_through_a_type_is_not_compared() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL)";
    let code = "#[derive(Serialize, Deserialize)] struct Settings { theme: String }\n\
        async fn changes(pool: &Pool, id: i64) {\n    \
        let read: Value = sqlx::query_scalar(\"SELECT DISTINCT doc FROM users WHERE id = 1\").fetch_one(pool).await?;\n    \
        let mut old = serde_json::from_value::<Settings>(read)?;\n    old.theme = format!(\"{}!\", old.theme);\n    \
        sqlx::query(\"UPDATE users SET doc = $1 WHERE id = $2\").bind(Json(&old)).bind(id).execute(pool).await?;\n}\n";
    let (title, _, after) = advised(Dialect::Postgres, schema, code).unwrap();
    assert_eq!(title, ADDED);
    assert_eq!(after, "UPDATE users SET doc = $1, version = version + 1 WHERE id = $2 AND version = $3");
}

#[test]
fn what_a_type_does_not_know_is_kept_by_a_merge_and_not_by_a_lock() {
    let mut postgres = Postgres::new("advice_through_type");
    let mut mariadb = MariaDb::new("advice_through_type");
    let mut sqlite = Sqlite::new();
    for (dialect, column, beta, sql, merged) in [
        (
            Dialect::Postgres,
            "jsonb",
            "jsonb_set(doc, '{beta}', 'true')",
            "UPDATE users SET doc = $1 WHERE id = $2",
            "UPDATE users SET doc = doc || $1 WHERE id = $2",
        ),
        (
            Dialect::Mysql,
            "json",
            "JSON_SET(doc, '$.beta', 1)",
            "UPDATE users SET doc = ? WHERE id = ?",
            "UPDATE users SET doc = JSON_MERGE_PATCH(doc, ?) WHERE id = ?",
        ),
        (
            Dialect::Sqlite,
            "JSON",
            "json_set(doc, '$.beta', 1)",
            "UPDATE users SET doc = ? WHERE id = ?",
            "UPDATE users SET doc = json_patch(doc, ?) WHERE id = ?",
        ),
    ] {
        let schema = format!("CREATE TABLE users (id bigint PRIMARY KEY, doc {column} NOT NULL)");
        let code = format!(
            "#[derive(Serialize, Deserialize)] struct Settings {{ theme: String }}\n\
             async fn try_beta(pool: &Pool) {{ sqlx::query(\"UPDATE users SET doc = {beta} WHERE id = 1\").execute(pool).await?; }}\n\
             async fn changes(pool: &Pool, id: i64) {{\n    \
             let row = sqlx::query(\"SELECT doc FROM users WHERE id = 1\").fetch_one(pool).await?;\n    \
             let mut settings = row.get::<Json<Settings>, _>(\"doc\");\n    settings.theme = theme_of(&settings);\n    \
             sqlx::query({sql:?}).bind(settings).bind(id).execute(pool).await?;\n}}\n"
        );
        let (title, before, after) = advised(dialect, &schema, &code).unwrap();
        assert_eq!(title, "merge the document into the stored one, which keeps the keys that its type does not know");
        assert_eq!((before.as_str(), after.as_str()), (sql, merged));
        let server: &mut dyn Server = match dialect {
            Dialect::Postgres => &mut postgres,
            Dialect::Mysql => &mut mariadb,
            Dialect::Sqlite => &mut sqlite,
        };
        server.fresh();
        server.script(&schema);
        server.script("INSERT INTO users (id, doc) VALUES (1, '{\"beta\": 1, \"theme\": \"old\"}')");
        let values = ["'{\"theme\": \"new\"}'", "1"].map(str::to_owned);
        assert_eq!(
            stored(server, "doc", &after, &values),
            Reply::Stored(json!({"beta": 1, "theme": "new"})),
            "{after}"
        );
        assert_eq!(stored(server, "doc", &before, &values), Reply::Stored(json!({"theme": "new"})), "{before}");
    }
}

#[test]
fn a_statement_that_takes_no_condition_gets_none() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc json)";
    let sql = "INSERT INTO users (doc, id) VALUES (?, ?) ON DUPLICATE KEY UPDATE doc = VALUES(doc)";
    let why = advised(Dialect::Mysql, schema, &changing(sql)).unwrap_err();
    assert!(why.contains("`ON DUPLICATE KEY UPDATE` takes no condition"), "{why}");
    let sql = "UPDATE users SET doc = $1, version = version + 1 WHERE id = $2 AND version = $3";
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb, version int)";
    let why = advised(Dialect::Postgres, schema, &changing(sql)).unwrap_err();
    assert!(why.contains("look at how many rows were written"), "{why}");
}

#[test]
fn a_long_statement_is_shown_in_pieces() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL)";
    let sql = "UPDATE users\n   SET doc = $1\n WHERE id = $2\n    OR id = $3\nRETURNING id";
    let (_, before, after) = advised(Dialect::Postgres, schema, &changing(sql)).unwrap();
    assert_eq!(before, "doc = $1 .. WHERE id = $2 OR id = $3");
    assert_eq!(after, "doc = $1 .. WHERE (id = $2 OR id = $3) AND doc = $4");
}

/// A `REPLACE` and the upsert that is advised for it.
struct Replaced {
    dialect: Dialect,
    schema: &'static str,
    sql: &'static str,
    after: &'static str,
    /// How the title goes on where the key is a guess.
    guess: &'static str,
    values: &'static [&'static str],
}

const REPLACED: [Replaced; 5] = [
    Replaced {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (doc JSON, name TEXT, id INTEGER PRIMARY KEY, other TEXT DEFAULT 'new')",
        sql: "INSERT OR REPLACE INTO users (doc, name, id) VALUES (?, ?, ?)",
        after: "INSERT INTO users (doc, name, id) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
                doc = json_patch(COALESCE(users.doc, '{}'), COALESCE(excluded.doc, '{}')), name = excluded.name",
        guess: "",
        values: &["'{\"b\":2}'", "'n'", "1"],
    },
    Replaced {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER, name TEXT, doc JSON NOT NULL, other TEXT, PRIMARY KEY (id, name))",
        sql: "REPLACE INTO users (id, name, doc) VALUES (?, ?, ?) RETURNING id",
        after: "INSERT INTO users (id, name, doc) VALUES (?, ?, ?) ON CONFLICT (id, name) DO UPDATE SET \
                doc = json_patch(users.doc, excluded.doc) RETURNING id",
        guess: "",
        values: &["1", "'n'", "'{\"b\":2}'"],
    },
    Replaced {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, doc JSON NOT NULL, other TEXT)",
        sql: "REPLACE INTO users (name, doc) VALUES (?, ?)",
        after: "INSERT INTO users (name, doc) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET \
                doc = json_patch(users.doc, excluded.doc)",
        guess: "",
        values: &["'n'", "'{\"b\":2}'"],
    },
    Replaced {
        dialect: Dialect::Mysql,
        schema: "CREATE TABLE users (id BIGINT, doc JSON, name VARCHAR(9), other VARCHAR(9), PRIMARY KEY (id))",
        sql: "REPLACE INTO users (id, name, doc) VALUES (?, ?, ?)",
        after: "INSERT INTO users (id, name, doc) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name), \
                doc = JSON_MERGE_PATCH(COALESCE(doc, JSON_OBJECT()), COALESCE(VALUES(doc), JSON_OBJECT()))",
        guess: "",
        values: &["1", "'n'", "'{\"b\":2}'"],
    },
    Replaced {
        dialect: Dialect::Sqlite,
        schema: "CREATE TABLE users (id INTEGER, name TEXT, doc JSON, other TEXT); CREATE UNIQUE INDEX one ON users (id)",
        sql: "REPLACE INTO users (id, doc) VALUES (?, ?)",
        after: "INSERT INTO users (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET \
                doc = json_patch(COALESCE(users.doc, '{}'), COALESCE(excluded.doc, '{}'))",
        guess: " (`id` is taken for its key, and must be unique)",
        values: &["1", "'{\"b\":2}'"],
    },
];

#[test]
fn an_upsert_leaves_alone_what_a_replace_takes_away() {
    const TITLE: &str = "write an upsert that leaves the other columns and keys alone: a REPLACE deletes the row first";
    let mut mariadb = MariaDb::new("advice_replaced");
    let mut sqlite = Sqlite::new();
    for case in &REPLACED {
        let code = format!("async fn saves(pool: &Pool) {{ sqlx::query({:?}).execute(pool).await; }}", case.sql);
        let (title, before, after) = advised(case.dialect, case.schema, &code).unwrap();
        assert_eq!(title, format!("{TITLE}{}", case.guess), "{}", case.sql);
        assert_eq!((before.as_str(), after.as_str()), (case.sql, case.after));
        let server: &mut dyn Server = if case.dialect == Dialect::Mysql { &mut mariadb } else { &mut sqlite };
        server.fresh();
        server.script(case.schema);
        server.script("INSERT INTO users (id, name, doc, other) VALUES (1, 'n', '{\"a\":1}', '\"kept\"')");
        let values: Vec<String> = case.values.iter().map(|value| (*value).to_owned()).collect();
        let run = |server: &mut dyn Server, column: &str, sql: &str| {
            let read_back = format!("SELECT {column} FROM users");
            let statement = with_values(sql, &values).replace(" RETURNING id", "");
            server.attempt(&[Attempt { statement, read_back }]).remove(0)
        };
        assert_eq!(run(server, "doc", &after), Reply::Stored(json!({"a": 1, "b": 2})), "{after}");
        assert_eq!(run(server, "other", &after), Reply::Stored(json!("kept")), "{after}");
        assert_eq!(run(server, "doc", &before), Reply::Stored(json!({"b": 2})), "{before}");
        assert_ne!(run(server, "other", &before), Reply::Stored(json!("kept")), "{before}");
    }
}

#[test]
fn a_replace_without_a_key_in_sight_gets_no_advice() {
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, doc JSON)";
    for sql in ["REPLACE INTO users (doc) VALUES (?)", "REPLACE INTO users (id, doc) SELECT id, doc FROM incoming"] {
        let code = format!("async fn saves(pool: &Pool) {{ sqlx::query({sql:?}).execute(pool).await; }}");
        let why = advised(Dialect::Sqlite, schema, &code).unwrap_err();
        assert!(why.contains("which column the REPLACE takes for the key of its row does not show"), "{sql}: {why}");
    }
}

/// A function that reads with a query and writes back what somebody changed.
fn reading(query: &str) -> String {
    changing("UPDATE users SET doc = $1 WHERE id = $2").replace("SELECT DISTINCT doc FROM users WHERE id = 1", query)
}

#[test]
fn a_row_is_locked_by_the_query_that_reads_it() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL)";
    let (title, before, after) =
        advised(Dialect::Postgres, schema, &reading("SELECT doc FROM users WHERE id = $1 LIMIT 1")).unwrap();
    assert_eq!(title, "lock the row when it is read, and read and write it in one transaction");
    assert_eq!(before, "SELECT doc FROM users WHERE id = $1 LIMIT 1");
    assert_eq!(after, "SELECT doc FROM users WHERE id = $1 LIMIT 1 FOR UPDATE");
    let mut server = Postgres::new("advice_lock");
    server.script(&format!("{schema}; INSERT INTO users VALUES (1, '{{}}')"));
    let (mut first, mut second) = (Postgres::session("advice_lock"), Postgres::session("advice_lock"));
    let locking = with_values(&after, &["1".to_owned()]);
    first.batch_execute(&format!("BEGIN; {locking}")).unwrap();
    let refused = second.batch_execute(&format!("BEGIN; {locking} NOWAIT")).unwrap_err();
    assert_eq!(refused.code().map(postgres::error::SqlState::code), Some("55P03"), "{refused}");
    first.batch_execute("COMMIT").unwrap();
    second.batch_execute(&format!("ROLLBACK; BEGIN; {locking} NOWAIT")).unwrap();
}

#[test]
fn a_query_that_cannot_lock_is_not_told_to() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL)";
    let mut server = Postgres::new("advice_no_lock");
    server.script(schema);
    for query in [
        "SELECT DISTINCT doc FROM users WHERE id = 1",
        "SELECT doc FROM users WHERE id = 1 GROUP BY doc",
        "SELECT doc, count(*) OVER () FROM users WHERE id = 1",
        "SELECT u.doc FROM (SELECT 1 AS id) o LEFT JOIN users u ON u.id = o.id",
    ] {
        let (_, _, after) = advised(Dialect::Postgres, schema, &reading(query)).unwrap();
        assert!(after.starts_with("UPDATE users"), "{query}: {after}");
        let locking = Attempt { statement: format!("{query} FOR UPDATE"), read_back: "SELECT 'null'".to_owned() };
        assert!(matches!(server.attempt(&[locking]).as_slice(), [Reply::Error(_)]), "{query}");
    }
    let commented = "SELECT doc FROM users WHERE id = 1 -- one";
    assert!(advised(Dialect::Postgres, schema, &reading(commented)).unwrap().2.starts_with("UPDATE users"));
}

/// A SeaORM program whose document comes from a caller.
fn sea_orm(dialect: Dialect, column: &str, field: &str) -> (String, String, String) {
    saving(dialect, column, field, "let doc = changed(&user.doc);", "Set(doc)")
}

/// The same, with what stands before the model and the value that its document is set to.
fn saving(dialect: Dialect, column: &str, field: &str, before: &str, value: &str) -> (String, String, String) {
    let schema = "";
    let code = format!(
        "pub mod users {{\n    use sea_orm::entity::prelude::*;\n    #[derive(Clone, Debug, DeriveEntityModel)]\n    \
         #[sea_orm(table_name = \"users\")]\n    pub struct Model {{ #[sea_orm(primary_key)] pub id: i64, {column} pub doc: {field} }}\n    \
         #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)] pub enum Relation {{}}\n    \
         impl ActiveModelBehavior for ActiveModel {{}}\n}}\n\
         use sea_orm::{{ActiveModelTrait, ActiveValue::Set, DatabaseConnection, IntoActiveModel}};\n\
         pub async fn saves(db: &DatabaseConnection, user: users::Model) {{\n    \
         {before}\n    let mut user = user.into_active_model();\n    user.doc = {value};\n    user.update(db).await;\n}}\n"
    );
    advised(dialect, schema, &code).unwrap()
}

/// Whether the programs of `tests/apps` have this code in them, where columns are named otherwise.
fn is_run(code: &str) -> bool {
    let programs = include_str!("apps/sea-orm-shared/advised.rs");
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let renamed =
        code.replace("Column::Doc", "Column::Data").replace("user.doc", "user.data").replace("(doc)", "(data)");
    let (head, tail) = renamed.split_once(".filter(..)").unwrap();
    let nullable = |text: &str| {
        text.replace("Column::Data", "Column::Meta")
            .replace("(data)", "(meta)")
            .replace("user.data", "user.meta")
            .replace("\"doc ", "\"meta ")
    };
    let has = |part: &str| bare(programs).contains(&bare(part)) || bare(programs).contains(&bare(&nullable(part)));
    has(head) && has(tail)
}

#[test]
fn sea_orm_compares_what_the_database_can() {
    let jsonb = "#[sea_orm(column_type = \"JsonBinary\")]";
    let (title, _, after) = sea_orm(Dialect::Postgres, jsonb, "Json");
    assert_eq!(title, DOCUMENT);
    assert_eq!(
        after,
        "users::Entity::update_many().col_expr(users::Column::Doc, sea_orm::sea_query::Expr::value(doc)).filter(..)\
         .filter(users::Column::Doc.eq(user.doc.clone()))"
    );
    assert!(is_run(&after), "{after}");
    let (_, _, after) = sea_orm(Dialect::Postgres, jsonb, "Option<Json>");
    assert!(
        after.ends_with(
            ".filter(sea_orm::sea_query::Expr::cust_with_values(\"doc IS NOT DISTINCT FROM $1\", [user.doc.clone()]))"
        ),
        "{after}"
    );
    assert!(is_run(&after), "{after}");
    let (title, _, after) = sea_orm(Dialect::Mysql, "", "Json");
    assert_eq!(title, ADDED);
    assert_eq!(
        after,
        "users::Entity::update_many().col_expr(users::Column::Doc, sea_orm::sea_query::Expr::value(doc))\
         .col_expr(users::Column::Version, sea_orm::sea_query::Expr::cust(\"version + 1\")).filter(..)\
         .filter(users::Column::Version.eq(version))"
    );
    assert!(is_run(&after), "{after}");
}

/// A function that has another one replace an object in a document that it has read.
fn replacing(sql: &str) -> String {
    format!(
        "fn with(doc: Value, address: &Address) -> Value {{ let mut doc = doc; doc[\"address\"] = json!({{ \"city\": \"b\" }}); doc }}\n\
         async fn changes(pool: &Pool, id: i64, address: &Address) {{\n    \
         let mut doc: Value = sqlx::query_scalar(\"SELECT doc FROM users WHERE id = 1\").fetch_one(pool).await?;\n    \
         doc = with(doc, address);\n    \
         sqlx::query({sql:?}).bind(&doc).bind(id).execute(pool).await?;\n}}\n"
    )
}

#[test]
fn a_nested_object_is_merged_in_the_database() {
    let mut postgres = Postgres::new("advice_nested");
    let mut mariadb = MariaDb::new("advice_nested");
    let mut sqlite = Sqlite::new();
    for (dialect, sql, column, after) in [
        (
            Dialect::Postgres,
            "UPDATE users SET doc = $1 WHERE id = $2",
            "doc::text",
            "doc = jsonb_set(doc, '{address}', COALESCE(NULLIF(doc #> '{address}', 'null'), '{}') || $1::jsonb)",
        ),
        (
            Dialect::Mysql,
            "UPDATE users SET doc = ? WHERE id = ?",
            "doc",
            "doc = JSON_SET(doc, '$.address', JSON_MERGE_PATCH(COALESCE(JSON_EXTRACT(doc, '$.address'), JSON_OBJECT()), ?))",
        ),
        (
            Dialect::Sqlite,
            "UPDATE users SET doc = ? WHERE id = ?",
            "doc",
            "doc = json_set(doc, '$.address', json_patch(COALESCE(json_extract(doc, '$.address'), '{}'), ?))",
        ),
    ] {
        let json = if dialect == Dialect::Postgres { "jsonb" } else { "JSON" };
        let schema = format!("CREATE TABLE users (id BIGINT PRIMARY KEY, doc {json} NOT NULL)");
        let (title, _, shown) = advised(dialect, &schema, &replacing(sql)).unwrap();
        assert_eq!(title, "merge what changes in the nested object into it, in the database");
        assert_eq!(shown, after);
        let server: &mut dyn Server = match dialect {
            Dialect::Postgres => &mut postgres,
            Dialect::Mysql => &mut mariadb,
            Dialect::Sqlite => &mut sqlite,
        };
        server.script(&schema);
        for (old, new) in [
            (json!({"n": 1, "address": {"zip": 3, "city": "a"}}), json!({"n": 1, "address": {"zip": 3, "city": "b"}})),
            (json!({"n": 1, "address": {}}), json!({"n": 1, "address": {"city": "b"}})),
            (json!({"n": 1, "address": null}), json!({"n": 1, "address": {"city": "b"}})),
            (json!({"n": 1}), json!({"n": 1, "address": {"city": "b"}})),
        ] {
            server.script(&format!("DELETE FROM users; INSERT INTO users VALUES (1, '{old}')"));
            let sql = format!("UPDATE users SET {after} WHERE id = 1");
            let values = ["'{\"city\":\"b\"}'".to_owned()];
            assert_eq!(stored(server, column, &sql, &values), Reply::Stored(new), "{sql} on {old}");
        }
    }
}

#[test]
fn of_a_value_in_a_branch_only_the_value_is_shown() {
    let jsonb = "#[sea_orm(column_type = \"JsonBinary\")]";
    let value = "if let Some(doc) = changed(&old) { Set(doc) } else { NotSet }";
    let (_, before, _) = saving(Dialect::Postgres, jsonb, "Json", "let old = user.doc.clone();", value);
    assert_eq!(before, "user.doc = .. doc");
}

#[test]
fn what_has_no_keys_is_not_merged() {
    let schema = "CREATE TABLE users (id BIGINT PRIMARY KEY, doc jsonb NOT NULL)";
    let storing = |parameter: &str| {
        format!(
            "async fn store(pool: &Pool, id: i64, {parameter}) {{\n    \
             sqlx::query(\"UPDATE users SET doc = $1 WHERE id = $2\").bind(json!(doc)).bind(id).execute(pool).await?;\n}}\n"
        )
    };
    let advice = |parameter: &str| advised(Dialect::Postgres, schema, &storing(parameter));
    for (parameter, why) in [("doc: Vec<String>", "lists have no keys"), ("doc: i64", "a bare value has no keys")] {
        let none = advice(parameter).unwrap_err();
        assert!(none.starts_with("no change is suggested: ") && none.contains(why), "{none}");
    }
    assert!(advice("doc: HashMap<String, String>").unwrap().0.contains("merge it"));
}
