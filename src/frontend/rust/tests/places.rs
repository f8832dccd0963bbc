//! The places that texts point at spell their SQL.

use super::texts;
use proptest::prelude::*;

/// Sources in which every word of SQL is spelled as it stands, in as many ways as there are.
const SOURCES: &[&str] = &[
    r##"async fn f() { sqlx::query(r#"UPDATE users SET "theme" = $1, b='it''s' WHERE id = $2"#).bind(a); }"##,
    "fn f() { db.execute(\"UPDATE users\\n\\tSET a = \\\"é\\\" , \\\n      b = 日\"); }",
    r#"const T: &str = "users"; fn f() { let s = format!("UPDATE {T} SET {{a}} = {}, b = {x:?} WHERE c = '{}'", y, z); run(&s); }"#,
    r#"fn f() { let q = indoc! {"
            UPDATE users
              SET a = 1

            WHERE b"}; sqlx::query(q); }"#,
    r#"fn f() { sqlx::query(concat!("UPDATE users ", "SET a = 1", ' ', "WHERE ", "b")); }"#,
    r#"fn f() { let mut q = QueryBuilder::new("UPDATE users SET "); let mut s = q.separated(", ");
         s.push("a = ").push_bind_unseparated(x); s.push("b = b\x2b1"); q.push(" WHERE c IN ").push_tuples(v, |mut b, t| { b.push_bind(t); }); }"#,
    r#"fn f() { let mut sets = vec!["a = 1".to_string()]; sets.push(format!("b = ${}", n));
         let sql = format!("UPDATE users SET {} WHERE id = ${}", sets.join(", "), n + 1); db.execute(&sql, &[]); }"#,
    r#"fn f() { let sql = "UPDATE {table} SET a = 1".replace("{table}", "users"); db.execute(&sql, ()); }"#,
    r#"fn f() { tokio::select! { r = sqlx::query("UPDATE users SET a = 1").execute(db) => {}, _ = x => { run("UPDATE users SET b = 2") } } }"#,
    "fn f() { sqlx::query!(\"UPDATE users \"\r\n + \"SET a = 1,\r\n b = 2\", x); }",
];

/// The words of a text with their ranges, those left out that the file does not spell: placeholders and holes.
fn words(sql: &str) -> Vec<(std::ops::Range<usize>, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut found = vec![];
    let mut start = None;
    for (at, c) in sql.char_indices().chain(std::iter::once((sql.len(), ' '))) {
        match (is_word(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push((from..at, &sql[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    found.retain(|(_, w)| !w.starts_with('$') && !w.starts_with("noclobber_hole_") && *w != "VALUES");
    found
}

fn check(source: &str) {
    let found = texts(source);
    assert!(!found.is_empty(), "{source}");
    for text in found {
        assert_eq!(text.map.sql_len(), text.sql.len(), "{source}");
        assert!(text.sql.to_uppercase().contains("UPDATE USERS"), "{}", text.sql);
        for (range, word) in words(&text.sql) {
            let span = text.map.span(range);
            assert_eq!(source.get(span.range()), Some(word), "{}\nin {source}", text.sql);
        }
        for hole in &text.holes {
            assert!(text.sql.contains(&hole.token) && source.get(hole.span.range()).is_some(), "{hole:?}");
        }
        for bind in &text.binds {
            assert_eq!(source.get(bind.span.range()).map(str::trim), Some(bind.source.as_str()), "{bind:?}");
        }
    }
}

#[test]
fn every_word_of_a_text_is_spelled_where_its_map_points() {
    for source in SOURCES {
        check(source);
        check(&format!("\u{feff}#!/usr/bin/env run\n// é\n{source}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_stands_before_and_between(
        head in "(\u{feff})?(#!/bin/é\n)?(// é日\r\n|/\\* x \\*/|\n){0,3}",
        space in "( |\t|\r\n|\n){1,3}",
        column in "[a-zé][a-z0-9_é]{0,6}",
        hashes in 0usize..3,
    ) {
        let hash = "#".repeat(hashes);
        let sql = format!("UPDATE users{space}SET {column} = 1");
        check(&format!("{head}fn f() {{ sqlx::query(r{hash}\"{sql}\"{hash}); }}"));
        check(&format!("{head}fn f() {{ let t = 1; run(\"x\", \"{sql}\"); sqlx::query(\"UPDATE users SET a = 2\"); }}"));
        check(&format!("{head}fn f() {{ let v = format!(\"UPDATE users{space}SET {column} = {{}}\", y); run(&v); }}"));
    }

    #[test]
    fn no_source_makes_it_panic(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "fn f() {", "}", "(", ")", "sqlx::query(", "\"UPDATE t SET a = 1\"", "format!(", "\"UPDATE {} SET {x}\"", ",", ";",
                ".bind(", "json!({\"a\": x})", "let q =", "let mut d =", "d[\"k\"] = 1", "d.insert(\"a\", 1)", "q", "if x {", "else {",
                "match x { _ => ", "QueryBuilder::new(", ".push(", ".push_bind(x)", ".separated(\", \")", "const A: &str =", "A", "+",
                "vec![", "]", ".join(\",\")", "|b| ", "&mut", "?", ".await", "#[test]", "mod m {", "struct S { a: Option<i32> }", "Json(S { a: None })",
                "include_str!(\"a.sql\")", "query_as!(S<'_>, ", "serde_json::from_str(&row.a)", "for r in", "'", "\\", "\u{feff}", "é",
            ]),
            0..40,
        )
    ) {
        texts(&parts.join(" "));
    }
}

#[test]
fn places_in_lines_of_any_kind_are_bytes_of_the_file() {
    let long = "é".repeat(2500);
    for (head, line) in
        [("", ""), ("\u{feff}", ""), ("#!/usr/bin/run\r\n", "let é = 1;\r\n"), ("", &format!("/* {long} */"))]
    {
        let text = format!("{head}fn f() {{ {line} db.run(\"UPDATE t SET d = $1\") }}");
        let shift = super::super::stripped(&text);
        let lines = super::super::place::Lines::new(&text, shift);
        let source = super::super::place::Source::new(&text, &text, &lines);
        let file: syn::File = syn::parse_str(&text[shift..]).unwrap();
        let syn::Item::Fn(item) = &file.items[0] else { panic!("{text}") };
        let close = source.span(item.block.brace_token.span.close());
        assert_eq!(close.range(), text.len() - 1..text.len(), "{head:?}");
        let Some(syn::Stmt::Expr(call, _)) = item.block.stmts.last() else { panic!("{text}") };
        assert_eq!(&text[source.expr(call).range()], "db.run(\"UPDATE t SET d = $1\")", "{head:?}");
    }
}
