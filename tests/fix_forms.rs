//! Fixes in the places where statements live: `.sql` files, macros, constants, files with their own line ends; and what is
//! only shown, with the reason.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::Project;

const SCHEMA: (&str, &str) =
    ("migrations/1.sql", "CREATE TABLE users (id BIGINT PRIMARY KEY, data JSONB NOT NULL DEFAULT '{}');\n");
const MANIFEST: (&str, &str) = (
    "Cargo.toml",
    "[package]\nname = \"app\"\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n",
);
const READS: (&str, &str) = (
    "src/reads.rs",
    "async fn reads(pool: &sqlx::PgPool) { sqlx::query_scalar(\"SELECT data->>'address' FROM users\").fetch_one(pool).await; }\n",
);

fn sqlx(files: &[(&str, &str)]) -> Project {
    Project::new(&[&[MANIFEST, SCHEMA, READS], files].concat())
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path().join(path)).unwrap()
}

/// What is shown of the change that is not made.
fn shown(project: &Project) -> String {
    let outcome = project.run(&["--min-confidence", "low"]);
    let made = project.run(&["--unsafe-fixes", "--min-confidence", "low", "-q", "--diff"]);
    assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "something would be changed: {made:?}");
    outcome.stdout
}

#[test]
fn a_statement_in_a_file_and_what_is_bound_to_it_change_together() {
    for (call, after) in [
        ("sqlx::query_file!(\"queries/save.sql\", json!({ \"phone\": phone }), id)", "json!(phone), id)"),
        (
            "sqlx::query_file_as!(User, \"queries/save.sql\", serde_json::json!({ \"phone\": phone }), id)",
            "serde_json::json!(phone), id)",
        ),
        ("sqlx::query_file_unchecked!(\"queries/save.sql\", json!({ \"phone\": phone }), id)", "json!(phone), id)"),
        ("sqlx::query_file_scalar!(\"queries/save.sql\", json!({ \"phone\": phone }), id)", "json!(phone), id)"),
    ] {
        let code = format!(
            "use serde_json::json;\npub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) {{\n    {call}\n        \
             .execute(pool)\n        .await;\n}}\n"
        );
        let sql = "-- Saves the phone.\nUPDATE users\n   SET data = $1\n WHERE id = $2\n";
        let project = sqlx(&[("src/lib.rs", &code), ("queries/save.sql", sql)]);
        let diff = project.run(&["--diff", "--unsafe-fixes"]);
        assert_eq!(diff.code, Some(1), "{call}: {diff:?}");
        assert!(diff.stdout.contains("--- a/queries/save.sql") && diff.stdout.contains("--- a/src/lib.rs"), "{diff:?}");
        assert_eq!((read(&project, "queries/save.sql").as_str(), read(&project, "src/lib.rs")), (sql, code.clone()));
        assert_eq!(project.run(&["--unsafe-fixes", "-q"]).code, Some(0));
        let fixed =
            "-- Saves the phone.\nUPDATE users\n   SET data = jsonb_set(data, '{phone}', $1::jsonb)\n WHERE id = $2\n";
        assert_eq!(read(&project, "queries/save.sql"), fixed);
        assert_eq!(
            read(&project, "src/lib.rs"),
            code.replace(&call[call.find("json!(").unwrap()..], after)
                .replace("serde_json::serde_json::", "serde_json::")
        );
        let again = project.run(&["--min-confidence", "low"]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(project.run(&["--diff", "--unsafe-fixes"]).stdout, "");
    }
}

#[test]
fn a_file_that_several_calls_run_is_only_shown() {
    let code = "use serde_json::json;\n\
        pub async fn one(pool: &sqlx::PgPool, id: i64, phone: &str) { sqlx::query_file!(\"queries/save.sql\", json!({ \"phone\": phone }), id).execute(pool).await; }\n\
        pub async fn two(pool: &sqlx::PgPool, id: i64, all: Value) { sqlx::query_file!(\"queries/save.sql\", all, id).execute(pool).await; }\n";
    let project = sqlx(&[("src/lib.rs", code), ("queries/save.sql", "UPDATE users SET data = $1 WHERE id = $2\n")]);
    let shown = shown(&project);
    assert!(shown.contains("(by hand: the statement is used in several places)"), "{shown}");
}

#[test]
fn a_constant_that_several_calls_run_is_only_shown() {
    let code = "use serde_json::json;\nconst SAVE: &str = \"UPDATE users SET data = $1 WHERE id = $2\";\n\
        pub async fn one(pool: &sqlx::PgPool, id: i64, phone: &str) { sqlx::query(SAVE).bind(json!({ \"phone\": phone })).bind(id).execute(pool).await; }\n\
        pub async fn two(pool: &sqlx::PgPool, id: i64, mail: &str) { sqlx::query(SAVE).bind(json!({ \"mail\": mail })).bind(id).execute(pool).await; }\n";
    let shown = shown(&sqlx(&[("src/lib.rs", code)]));
    assert!(shown.contains("(by hand: the statement is used in several places)"), "{shown}");
    // The same constant with one call is changed, and so is what is bound there.
    let once = code.lines().take(3).collect::<Vec<_>>().join("\n");
    let project = sqlx(&[("src/lib.rs", &once)]);
    assert_eq!(project.run(&["--unsafe-fixes", "-q"]).code, Some(0));
    let after = read(&project, "src/lib.rs");
    assert!(after.contains("SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE"), "{after}");
    assert!(after.contains(".bind(json!(phone))"), "{after}");
}

#[test]
fn macros_bind_by_place() {
    let code = "use serde_json::json;\npub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) {\n    \
        sqlx::query!(r#\"UPDATE users SET data = $2 WHERE id = $1\"#, id, json!({ \"phone\": phone })).execute(pool).await;\n}\n";
    let project = sqlx(&[("src/lib.rs", code)]);
    let diff = project.run(&["--diff", "--unsafe-fixes"]);
    assert!(!diff.stdout.contains("prepare") && !diff.stderr.contains("prepare"), "{diff:?}");
    assert!(!project.run(&["--output", "text"]).stdout.contains("cargo sqlx prepare"));
    assert_eq!(project.run(&["--unsafe-fixes", "-q"]).code, Some(0));
    let after = read(&project, "src/lib.rs");
    assert!(
        after.contains("SET data = jsonb_set(data, '{phone}', $2::jsonb) WHERE id = $1\"#, id, json!(phone))"),
        "{after}"
    );
}

#[test]
fn whoever_has_an_offline_cache_is_told_to_prepare_it_again() {
    const CACHE: &str = r#"{"db_name": "PostgreSQL", "query": "UPDATE users SET data = $1 WHERE id = $2", "describe": {"columns": [], "parameters": {"Left": ["Jsonb", "Int8"]}, "nullable": []}, "hash": "aa"}"#;
    let checked = "pub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) { sqlx::query!(\"UPDATE users SET data = $1 WHERE id = $2\", serde_json::json!({ \"phone\": phone }), id).execute(pool).await; }\n";
    let unchecked = "pub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) { sqlx::query(\"UPDATE users SET data = $1 WHERE id = $2\").bind(serde_json::json!({ \"phone\": phone })).bind(id).execute(pool).await; }\n";
    let in_file = "pub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) { sqlx::query_file!(\"queries/save.sql\", serde_json::json!({ \"phone\": phone }), id).execute(pool).await; }\n";
    let sql = ("queries/save.sql", "UPDATE users SET data = $1 WHERE id = $2");
    let cache = (".sqlx/query-aa.json", CACHE);
    for (files, told) in [
        (vec![("src/lib.rs", checked), cache], true),
        (vec![("src/lib.rs", checked)], false),
        (vec![("src/lib.rs", unchecked), cache], false),
        (vec![("src/lib.rs", in_file), sql, cache], true),
        (vec![("src/lib.rs", in_file), sql], false),
    ] {
        let project = sqlx(&files);
        let text = project.run(&[]).stdout;
        assert!(text.contains("help: set the one key and keep the rest"), "{text}");
        assert_eq!(text.contains("run `cargo sqlx prepare` afterwards"), told, "{files:?}\n{text}");
        let json = project.run(&["--output", "json"]).stdout;
        assert_eq!(json.contains("run `cargo sqlx prepare` afterwards"), told, "{json}");
    }
}

#[test]
fn a_rust_file_keeps_its_mark_and_its_line_ends() {
    let code = "\u{feff}use serde_json::json;\r\n\r\npub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) {\r\n    \
        sqlx::query(\r\n        \"UPDATE users\r\n            SET data = $1\r\n          WHERE id = $2\",\r\n    )\r\n    \
        .bind(json!({\r\n        \"phone\": phone,\r\n    }))\r\n    .bind(id).execute(pool).await;\r\n}\r\n";
    let project = sqlx(&[("src/lib.rs", code)]);
    assert_eq!(project.run(&["--unsafe-fixes", "-q"]).code, Some(0));
    let after = read(&project, "src/lib.rs");
    let expected = code
        .replace("SET data = $1", "SET data = jsonb_set(data, '{phone}', $1::jsonb)")
        .replace("json!({\r\n        \"phone\": phone,\r\n    })", "json!(phone)");
    assert_eq!(after, expected);
}

#[test]
fn fixes_that_meet_are_made_one_run_after_the_other() {
    // Both assignments are one statement: what they bind stands in one object.
    let schema =
        ("migrations/1.sql", "CREATE TABLE users (id BIGINT PRIMARY KEY, data JSONB NOT NULL, more JSONB NOT NULL);\n");
    let code = "use serde_json::json;\npub async fn save(pool: &sqlx::PgPool, id: i64, phone: &str) {\n    \
        sqlx::query(\"UPDATE users SET data = $1, more = $2 WHERE id = $3\").bind(json!({ \"phone\": phone })).bind(json!({ \"mail\": phone })).bind(id).execute(pool).await;\n}\n";
    let project = Project::new(&[MANIFEST, schema, READS, ("src/lib.rs", code)]);
    for _ in 0..2 {
        project.run(&["--unsafe-fixes", "-q", "--min-confidence", "low"]);
    }
    let after = read(&project, "src/lib.rs");
    assert!(
        after.contains(
            "SET data = jsonb_set(data, '{phone}', $1::jsonb), more = jsonb_set(more, '{mail}', $2::jsonb) WHERE"
        ),
        "{after}"
    );
    assert!(after.contains(".bind(json!(phone)).bind(json!(phone)).bind(id)"), "{after}");
    let again = project.run(&["--min-confidence", "low"]);
    assert_eq!(again.code, Some(0), "{again:?}");
}
