//! Documents that are read, changed and written back: one statement does the same only where nothing else can happen to
//! the document. What is changed in another way, or not always, is only shown.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use noclobber::check::{Options, check};
use noclobber::fix::apply::plan;
use noclobber::fix::suggestion::Applicability;
use noclobber::frontend::sql::Dialect;

/// A program that changes a document that it has read; what a second run has to say of it as well.
fn changed(dialect: Dialect, items: &str, change: &str) -> Option<String> {
    let mark = if dialect == Dialect::Postgres { ["$1", "$2"] } else { ["?", "?"] };
    let code = format!(
        "use serde_json::{{Value, json}};\n\
         const SCHEMA: &str = \"CREATE TABLE users (id bigint PRIMARY KEY, data {} NOT NULL)\";\n\
         async fn reads(pool: &Pool) {{ sqlx::query_scalar(\"SELECT data->>'address' FROM users\").fetch_one(pool).await; }}\n\
         {items}\n\
         async fn save(pool: &Pool, id: i64, tag: &str, new: bool, tags: Vec<String>) {{\n    \
         let mut data: Value = sqlx::query_scalar(\"SELECT data FROM users WHERE id = 1\").fetch_one(pool).await?;\n    \
         {change}\n    \
         sqlx::query(\"UPDATE users SET data = {} WHERE id = {}\").bind(&data).bind(id).execute(pool).await;\n}}\n",
        if dialect == Dialect::Postgres { "jsonb" } else { "json" },
        mark[0],
        mark[1],
    );
    fixed(dialect, &code)
}

/// The statement of a program after the change; `None` where none is made.
fn fixed(dialect: Dialect, code: &str) -> Option<String> {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("src")).unwrap();
    std::fs::write(root.path().join("Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
    std::fs::write(root.path().join("src/lib.rs"), code).unwrap();
    let paths = vec![root.path().to_owned()];
    let report = check(&Options { paths, dialect: Some(dialect), ..Options::default() }).unwrap();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let plan =
        plan(report.findings.iter().filter_map(|found| found.fix.as_ref()), &report.files, Applicability::Unsafe);
    let after = &plan.files.first()?.after;
    let line = after.lines().find(|line| line.contains("UPDATE")).unwrap();
    Some(line.trim().to_owned())
}

fn postgres(change: &str) -> Option<String> {
    changed(Dialect::Postgres, "", change)
}

#[test]
fn a_counter_starts_from_nothing() {
    for old in ["unwrap_or(0)", "unwrap_or_default()", "unwrap()", "expect(\"a number\")"] {
        let line = postgres(&format!("data[\"n\"] = json!(data[\"n\"].as_i64().{old} + 1);")).unwrap();
        assert!(line.contains("COALESCE((data #>> '{n}')::bigint, 0) + $1::bigint"), "{line}");
        assert!(line.contains(".bind(1_i64)"), "{line}");
    }
    for change in [
        "data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(10) + 1);",
        "data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(0) * 2 + 1);",
        "data[\"n\"] = json!(data[\"n\"].as_i64().map(|n| n * 2).unwrap_or(0) + 1);",
        "data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(0).max(5) + 1);",
        "data[\"n\"] = json!(data[\"n\"].as_f64().unwrap_or(0.0) + 1.0);",
        "data[\"n\"] = json!(data[\"m\"].as_i64().unwrap_or(0) + 1);",
    ] {
        assert_eq!(postgres(change), None, "{change}");
    }
}

#[test]
fn what_another_function_does_is_no_matter() {
    let typed = "#[derive(Serialize, Deserialize)] struct Stats { n: i64 }\n\
        fn counts(mut stats: Stats) { stats.n += 5; }\nfn other(data: &mut Map) { data.phone = tag; }";
    let change = "let mut stats = serde_json::from_value::<Stats>(data.clone())?;\n    stats.n = 3;\n    data = serde_json::to_value(&stats)?;";
    if let Some(line) = changed(Dialect::Postgres, typed, change) {
        assert!(!line.contains("bigint"), "{line}");
    }
    let line = changed(Dialect::Postgres, typed, "data[\"phone\"] = json!(tag);").unwrap();
    assert!(line.contains(".bind(&data[\"phone\"])"), "{line}");
}

#[test]
fn an_element_is_appended_only_if_it_always_is() {
    let line = postgres("data[\"tags\"].as_array_mut().unwrap().push(json!(tag));").unwrap();
    assert!(line.contains("jsonb_build_array($1::jsonb)") && line.contains(".bind(json!(tag))"), "{line}");
    for change in [
        "if new { data[\"tags\"].as_array_mut().unwrap().push(json!(tag)); }",
        "if new { log(tag); data[\"tags\"].as_array_mut().unwrap().push(json!(tag)); }",
        "for tag in tags { data[\"tags\"].as_array_mut().unwrap().push(json!(tag)); }",
        "for tag in tags { log(&tag); data[\"tags\"].as_array_mut().unwrap().push(json!(tag)); }",
        "data[\"tags\"].as_array_mut().unwrap().push(json!({ \"id\": Uuid::new_v4() }));",
        "data[\"tags\"].as_array_mut().unwrap().push(json!(next(pool).await));",
        "data[\"tags\"].as_array_mut().unwrap().push(json!(1)); data[\"tags\"].as_array_mut().unwrap().push(json!(2));",
        "data[\"tags\"].as_array_mut().unwrap().push(json!(1)); shuffle(&mut data);",
    ] {
        assert_eq!(postgres(change), None, "{change}");
    }
}

#[test]
fn a_key_is_set_only_if_it_always_is() {
    let line = postgres("data[\"phone\"] = json!(tag);").unwrap();
    assert!(
        line.contains("jsonb_set(data, '{phone}', $1::jsonb)") && line.contains(".bind(&data[\"phone\"])"),
        "{line}"
    );
    for change in [
        "if new { data[\"phone\"] = json!(tag); }",
        "for tag in tags { data[tag] = json!(1); }",
        "for _ in tags { data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(0) + 1); }",
        "while more() { data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(0) + 1); }",
        "data[\"phone\"] = json!(format!(\"{}{tag}\", data[\"prefix\"]));",
        "data[\"phone\"] = data[\"mobile\"].clone();",
        "data[\"phone\"] = json!(tag); normalise(&mut data);",
        "data[tag] = json!(1);",
    ] {
        assert_eq!(postgres(change), None, "{change}");
    }
}

#[test]
fn what_is_read_once_and_written_often_is_only_shown() {
    let write = "sqlx::query(\"UPDATE users SET data = $1 WHERE id = $2\").bind(&data).bind(id).execute(pool).await;";
    for (loops, made) in [
        ("for id in ids {", false),
        ("while let Some(id) = ids.next() {", false),
        ("ids.for_each(|id| async {", false),
        ("if !data.is_null() {", true),
    ] {
        let code = format!(
            "use serde_json::{{Value, json}};\n\
             const SCHEMA: &str = \"CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL)\";\n\
             async fn save(pool: &Pool, ids: Ids, id: i64) {{\n    \
             let mut data: Value = sqlx::query_scalar(\"SELECT data FROM users WHERE id = $1\").bind(id).fetch_one(pool).await?;\n    \
             {loops}\n        data[\"n\"] = json!(data[\"n\"].as_i64().unwrap_or(0) + 1);\n        {write}\n    }}{}\n}}\n",
            if loops.contains('|') { ");" } else { "" }
        );
        assert_eq!(fixed(Dialect::Postgres, &code).is_some(), made, "{code}");
    }
}

#[test]
fn a_patch_is_sent_only_where_it_says_the_same() {
    let line = postgres("data[\"a\"] = json!(tag); data[\"b\"] = json!({});").unwrap();
    assert!(line.contains("data || $1"), "{line}");
    for dialect in [Dialect::Mysql, Dialect::Sqlite] {
        let line = changed(dialect, "", "data[\"a\"] = json!(tag); data[\"b\"] = json!(2);").unwrap();
        assert!(line.to_lowercase().contains("patch(data, ?)"), "{line}");
        // Merged, an object stays as it was, and null takes the key away.
        for change in [
            "data[\"a\"] = json!(tag); data[\"b\"] = json!({});",
            "data[\"a\"] = json!(tag); data[\"b\"] = Value::Null;",
            "data[\"a\"] = json!(tag); data[\"b\"] = anything();",
        ] {
            assert_eq!(changed(dialect, "", change), None, "{change}");
        }
    }
}
