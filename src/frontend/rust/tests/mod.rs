//! Whole small files in, texts out.

mod blanks;
mod defaults;
mod fields;
mod places;
mod reads;
mod taken;
mod tuples;
mod values;

use super::*;
use crate::frontend::facts::{Route, SqlText};

/// The file's facts, read on a thread with the stack that worker threads have.
fn facts(text: &str) -> Facts {
    let source = SourceFile { path: "a.rs".into(), absolute: "a.rs".into(), text: text.to_owned() };
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || read(FileId(0), &source, Context::default()))
        .unwrap()
        .join()
        .unwrap()
}

fn texts(text: &str) -> Vec<SqlText> {
    facts(text).texts.into_iter().map(|t| t.text).collect()
}

fn one(body: &str) -> SqlText {
    let found = texts(&format!("async fn f() {{ {body} }}"));
    assert_eq!(found.len(), 1, "{body}: {found:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn query_functions_and_macros_take_sql_for_certain() {
    for (body, sql, call) in [
        (r#"sqlx::query("UPDATE t SET a = $1").execute(&db).await?;"#, "UPDATE t SET a = $1", "query"),
        (r#"query("UPDATE t SET a = $1").execute(&db).await?;"#, "UPDATE t SET a = $1", "query"),
        (r#"sqlx::query_as::<_, (i64,)>("UPDATE t SET a = 1");"#, "UPDATE t SET a = 1", "query_as"),
        (r#"let q = sqlx::query!("UPDATE t " + "SET a = $1", a);"#, "UPDATE t SET a = $1", "query"),
        (
            r#"sqlx::query_as!(Foo<'_>, r"UPDATE t SET a = $1", a as _).fetch_one(db);"#,
            "UPDATE t SET a = $1",
            "query_as",
        ),
        (r#"sqlx::query_scalar! { "UPDATE t SET a = $1", a }"#, "UPDATE t SET a = $1", "query_scalar"),
        (r#"sqlx::query(AssertSqlSafe(format!("UPDATE {} SET a = 1", "t")));"#, "UPDATE t SET a = 1", "query"),
        (r#"db.prepare("UPDATE t SET a = 1".into_sql_str()).await?;"#, "UPDATE t SET a = 1", "prepare"),
        (r#"sqlx::Executor::execute(&mut *c, "UPDATE t SET a = 1").await?;"#, "UPDATE t SET a = 1", "execute"),
        (r#"let sql = "UPDATE t SET a = 1"; sqlx::query(sql);"#, "UPDATE t SET a = 1", "query"),
        (r#"const Q: &str = concat!("UPDATE t", " SET a = 1"); sqlx::query(Q);"#, "UPDATE t SET a = 1", "query"),
    ] {
        let text = one(body);
        assert_eq!(text.sql, sql, "{body}");
        assert_eq!(text.route, Route::Call(call.into()), "{body}");
    }
}

#[test]
fn spans_are_bytes_of_the_file_whatever_stands_before() {
    for head in ["", "\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/usr/bin/env run\n", "\r\n\r\n", "#![allow(x)]\n"] {
        let file = format!("{head}fn é() {{ sqlx::query(\"UPDATE t\r\n SET a = 'é', b\\t= $1\"); }}");
        let text = texts(&file).pop().unwrap();
        let at = text.sql.find("b\t=").unwrap();
        assert_eq!(&file[text.map.span(at..at + 3).range()], "b\\t=", "{head:?}");
        let at = text.sql.find("SET").unwrap();
        assert_eq!(&file[text.map.span(at..at + 3).range()], "SET", "{head:?}");
    }
}

#[test]
fn a_file_that_does_not_parse_is_read_at_token_level() {
    let found = facts("---\n[dependencies]\n---\nfn f() { sqlx::query(\"UPDATE t SET a = 1\"); }");
    assert!(found.problems[0].message.starts_with("read at token level: "), "{:?}", found.problems);
    assert_eq!(found.texts.len(), 1);
    let found = facts("fn f() { \"open }");
    assert_eq!((found.texts.len(), found.problems.len()), (0, 1));
}

#[test]
fn odd_files_are_no_trouble() {
    for file in ["", "\u{feff}", "#!/bin/sh", "// only a comment", "//! doc\n", "\r\n", "#!", "/* open"] {
        assert!(facts(file).texts.is_empty(), "{file:?}");
    }
    let long = format!("fn f() {{ sqlx::query(\"UPDATE t SET a = '{}'\"); }}", "x".repeat(100_000));
    assert_eq!(texts(&long)[0].sql.len(), 100_000 + 19);
    let deep = format!("fn f() {{ {}sqlx::query(\"UPDATE t SET a = 1\"){}; }}", "(".repeat(3000), ")".repeat(3000));
    assert!(facts(&deep).problems[0].message.contains("nested too deeply"));
    for chain in [
        "&".repeat(3000) + "x",
        "!".repeat(3000) + "x",
        "x".to_owned() + &".a()".repeat(1200),
        "x".to_owned() + &" + x".repeat(2900),
    ] {
        facts(&format!("fn f() {{ {chain}; sqlx::query(\"UPDATE t SET a = 1\"); }}"));
    }
}

fn builder(body: &str, sql: &str, binds: &[&str]) {
    let text = one(body);
    assert_eq!(text.sql, sql, "{body}");
    assert_eq!(text.binds.iter().map(|b| b.source.as_str()).collect::<Vec<_>>(), binds, "{body}");
    assert_eq!(text.map.sql_len(), text.sql.len());
}

#[test]
fn a_query_builder_is_read_in_the_order_of_the_text() {
    builder(
        r#"let mut qb: QueryBuilder<Postgres> = QueryBuilder::new("UPDATE users SET ");
           { let mut s = qb.separated(", "); s.push("settings = ").push_bind_unseparated(v); s.push("b = 1"); }
           qb.push(" WHERE id = ").push_bind(1i64); qb.build().execute(p).await?;"#,
        "UPDATE users SET settings = $1, b = 1 WHERE id = $2",
        &["v", "1i64"],
    );
    builder(
        r#"let mut q = QueryBuilder::<Postgres>::new("INSERT INTO users(id, settings) ");
           q.push_values([1], |mut b, r| { b.push_bind(r.0).push_bind(r.1); })
            .push(" ON CONFLICT (id) DO UPDATE SET settings = EXCLUDED.settings");"#,
        "INSERT INTO users(id, settings) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET settings = EXCLUDED.settings",
        &["r.0", "r.1"],
    );
    builder(
        r#"QueryBuilder::new("UPDATE t SET a = ").push_bind(a).push(" WHERE b").build().execute(db).await?;"#,
        "UPDATE t SET a = $1 WHERE b",
        &["a"],
    );
    builder(
        r#"let mut q = QueryBuilder::new("UPDATE t SET "); let mut first = true;
           if let Some(x) = a { if !first { q.push(", "); } first = false; q.push("a = ").push_bind(x); }
           if let Some(y) = b { if !first { q.push(", "); } first = false; q.push("b = ").push_bind(y); }
           q.push(" WHERE id = "); q.push_bind(id);"#,
        "UPDATE t SET a = $1, b = $2 WHERE id = $3",
        &["x", "y", "id"],
    );
    builder(
        r#"let mut q = QueryBuilder::new("UPDATE t SET a = "); q.push_bind(a);
           restrict(&mut q); q.push(" RETURNING id");"#,
        "UPDATE t SET a = $1 noclobber_hole_0  RETURNING id",
        &["a"],
    );
    builder(
        r#"let mut q = QueryBuilder::<MySql>::new("UPDATE t SET a = "); q.push_bind(x);"#,
        "UPDATE t SET a = ?",
        &["x"],
    );
}

#[test]
fn alternatives_of_a_builder_are_separate_texts() {
    let found = texts(
        r#"fn f(qb: &mut QueryBuilder<Postgres>) {
             qb.push("UPDATE t SET a = ").push_bind(a);
             if x { qb.push(", b = ").push_bind(b); } else { qb.push(", c = 1"); }
           }"#,
    );
    let sql: Vec<&str> = found.iter().map(|t| t.sql.as_str()).collect();
    assert_eq!(sql, ["UPDATE t SET a = $1, b = $2", "UPDATE t SET a = $1, c = 1"]);
}

#[test]
fn a_clause_that_is_joined_stands_where_it_is_used() {
    let text = one(r#"let mut sets = vec![]; let mut n = 1;
           if let Some(d) = data { sets.push(format!("data = ${}", n)); n += 1; }
           sets.push("seen = now()".to_string());
           let sql = format!("UPDATE users SET {} WHERE id = ${n}", sets.join(", "));
           sqlx::query(&sql).execute(db).await?;"#);
    assert_eq!(text.sql, "UPDATE users SET data = $9001, seen = now() WHERE id = $9002");
    assert_eq!(text.holes.len(), 2);
}

#[test]
fn strings_that_are_pushed_to_are_followed() {
    let text =
        one(r#"let mut sql = String::from("UPDATE t SET a = $1"); sql.push_str(", b = $2"); sql += " WHERE id = ";
           write!(sql, "${}", 3)?; db.execute(sql.as_str(), &[&a, &b as &(dyn ToSql + Sync)]).await?;"#);
    assert_eq!(text.sql, "UPDATE t SET a = $1, b = $2 WHERE id = $3");
    assert_eq!(text.binds.iter().map(|b| b.source.as_str()).collect::<Vec<_>>(), ["&a", "&b"]);
}

#[test]
fn placeholders_that_are_made_at_run_time_are_numbered() {
    let text = one(r#"db.execute(Statement::from_sql_and_values(backend,
             format!("UPDATE t SET a = {}, b = {}, c = {} WHERE id = {}", p[0], p[1], now(backend), placeholder(backend, 3)),
             vec![x.into(), json!({"k": 1}).into(), id.into()])).await?;"#);
    assert_eq!(text.sql, "UPDATE t SET a = $1, b = $2, c = noclobber_hole_0 WHERE id = $3");
    assert_eq!(text.binds.len(), 3);
    assert!(text.binds[1].is_json);
}

#[test]
fn a_comma_that_a_loop_leaves_behind_is_taken_back() {
    builder(
        r#"let mut q = QueryBuilder::new("UPDATE t SET a = 1 WHERE id IN (");
           for (i, id) in ids.iter().enumerate() { q.push_bind(id); if i + 1 < ids.len() { q.push(", "); } }
           q.push(")");"#,
        "UPDATE t SET a = 1 WHERE id IN ($1)",
        &["id"],
    );
}

#[test]
fn files_with_sql_are_named_with_their_binds() {
    let found = facts(
        r#"const Q: &str = include_str!("../sql/q.sql");
           async fn f() { sqlx::query_file_as!(User<'_>, "queries/save.sql", json!({"a": 1}), id).fetch_one(db).await?;
             sqlx::query(Q).bind(x).execute(db).await?; db.batch_execute(include_str!("schema.sql")).await?; }"#,
    );
    let named: Vec<_> =
        found.file_queries.iter().map(|q| (q.path.as_str(), q.beside_file, q.call.as_str(), q.binds.len())).collect();
    assert_eq!(
        named,
        [
            ("queries/save.sql", false, "query_file_as", 2),
            ("../sql/q.sql", true, "query", 1),
            ("schema.sql", true, "batch_execute", 0)
        ]
    );
    assert_eq!(found.functions[found.file_queries[0].function.unwrap()].name, "f");
}

#[test]
fn columns_that_are_decoded_are_named_with_their_tables() {
    let found = facts(
        r#"async fn f() { let row = sqlx::query!("SELECT settings FROM public.users WHERE id = $1", id).fetch_one(db).await?;
             let s: Settings = serde_json::from_str(&row.settings)?;
             let text: String = other.get("extra"); let v = serde_json::from_str::<Value>(&text)?; }
           async fn cached() { let (text, hit) = cache.get("status", &id).await; let v: Value = serde_json::from_str(&text)?; }
           fn g(text: &str) { let v: Value = serde_json::from_str(text).unwrap(); }"#,
    );
    let named: Vec<_> = found.decodes.iter().map(|d| (d.column.as_str(), d.tables.len())).collect();
    assert_eq!(named, [("settings", 1), ("extra", 1)]);
    assert_eq!(found.decodes[0].tables[0].schema.as_deref(), Some("public"));
}

#[test]
fn a_part_is_read_behind_the_head_of_its_function() {
    let found = texts(
        r#"fn f(sql: &mut String, up: bool) {
             let head = "INSERT INTO jobs (id, data) VALUES ($1, $2)";
             run(head, if up { " ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data" } else { "" }); }"#,
    );
    let part = found.iter().find(|t| t.sql.contains("CONFLICT")).unwrap();
    assert!(part.sql.starts_with("INSERT INTO jobs ("), "{}", part.sql);
    assert!(part.sql.ends_with("ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data"), "{}", part.sql);
}

#[test]
fn messages_and_comments_are_not_sql() {
    let found = texts(
        r#"/// UPDATE t SET a = 1
           #[doc = "UPDATE t SET a = 2"]
           fn f() { tracing::info!("UPDATE t SET a = 3"); x.expect("UPDATE t SET a = 4"); anyhow::bail!("UPDATE t SET a = {}", 5);
             #[cfg(test)] mod t { fn g() { let a = "UPDATE t SET a = 6"; } } tokio::select! { _ = x => { db.execute("UPDATE t SET a = 7") } } }
           #[error("UPDATE t SET a = 8")] struct E;
           macro_rules! m { ($x:expr) => { run($x, "UPDATE t SET a = 9") } }"#,
    );
    let sql: Vec<(&str, bool)> =
        found.iter().map(|t| (t.sql.trim_start_matches("UPDATE t SET a = "), t.test)).collect();
    assert_eq!(sql, [("7", false), ("6", true), ("9", false)]);
}

#[test]
fn locals_that_double_each_other_stay_cheap() {
    let lets: String = (0..200).map(|_| "let d = format!(\"UPDATE {d} SET a = 1 {d}\");").collect();
    let found = texts(&format!("fn f() {{ let d = 1; {lets} sqlx::query(&d); }}"));
    assert!(!found.is_empty());
    assert!(found.iter().all(|t| t.sql.len() < 300_000));
}
