//! Whole small files in, texts out.

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
