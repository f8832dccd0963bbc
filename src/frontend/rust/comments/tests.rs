//! What comments speak for.

use super::*;

/// Each comment's text, and the first and last line (from 1) of the bytes that it speaks for.
fn covered(text: &str) -> Vec<(String, Option<(usize, usize)>)> {
    let line = |byte: u32| text[..byte as usize].matches('\n').count() + 1;
    let lines = |span: &Span| (line(span.start), line(span.end));
    read(text).into_iter().map(|comment| (comment.text.clone(), comment.covers.first().map(lines))).collect()
}

fn one(text: &str) -> Option<(usize, usize)> {
    let all = covered(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].1
}

const C: &str = "// noclobber: ignore[x]";

#[test]
fn a_comment_on_its_own_line_speaks_for_the_next_statement_or_item() {
    for (text, lines) in [
        (format!("{C}\nfn f() {{\n    a;\n}}\nfn g() {{}}\n"), (2, 4)),
        (format!("{C}\n\n/// Doc.\n#[inline]\nfn f<A, B>(a: A, b: B) {{\n}}\n"), (3, 6)),
        (format!("fn f() {{\n    {C}\n    let a: M<A, B> = q(\n        b,\n    ).c();\n    d;\n}}"), (3, 5)),
        (format!("fn f() {{\n    {C}\n    if a {{\n    }} else {{\n    }}\n    d;\n}}"), (3, 5)),
        (format!("fn f() {{\n    {C}\n    q!(\"UPDATE t\n      SET d = $1\").x().await?;\n    d;\n}}"), (3, 4)),
        (format!("impl A {{\n    {C}\n    fn f() {{\n    }}\n    fn g() {{}}\n}}"), (3, 4)),
        (format!("fn f() {{ X {{\n    a: 1,\n    {C}\n    b: Set(\n     2),\n    c: 3 }} }}"), (4, 5)),
        (format!("fn f() {{ match x {{\n    {C}\n    A => b(\n     2),\n    C => d }} }}"), (3, 4)),
        (format!("#!/usr/bin/env run\n{C}\nfn f() {{\n}}\n"), (3, 4)),
    ] {
        assert_eq!(one(&text), Some(lines), "{text}");
    }
}

#[test]
fn within_calls_and_macros_it_speaks_for_the_next_argument() {
    for (text, lines) in [
        (format!("fn f() {{ q(\n    {C}\n    \"a\n     b\",\n    c) }}"), (3, 4)),
        (format!("fn f() {{ q!(\n    {C}\n    \"a\",\n    c) }}"), (3, 3)),
        (format!("fn f() {{ q(\n    {C}\n    r::<_, B>(\n    \"a\"),\n    c) }}"), (3, 4)),
        (format!("lazy! {{\n    {C}\n    static ref A: B = c(\n    );\n    static ref D: E = f;\n}}"), (3, 4)),
    ] {
        assert_eq!(one(&text), Some(lines), "{text}");
    }
}

#[test]
fn a_comment_after_code_speaks_for_its_line_and_the_literal_that_ends_there() {
    assert_eq!(one(&format!("fn f() {{\n    a();\n    b(); {C}\n    c();\n}}")), Some((3, 3)));
    assert_eq!(one(&format!("fn f() {{\n    a(\"UPDATE t\n    SET d = 1\"); {C}\n    c();\n}}")), Some((2, 3)));
    let text = "fn f() {\n    /* noclobber: ignore[x] -- y */ a();\n    b();\n}";
    assert_eq!(one(text), Some((2, 2)), "a block comment before the statement");
}

#[test]
fn nothing_follows_at_the_end_of_a_block_or_file() {
    assert_eq!(one(&format!("fn f() {{\n    a();\n    {C}\n}}\nfn g() {{}}")), None);
    assert_eq!(one(&format!("fn f() {{}}\n{C}\n")), None);
    assert_eq!(one(C), None);
}

#[test]
fn strings_and_doc_comments_are_no_comments() {
    let text = format!(
        "/// noclobber: ignore[x]\nfn f() {{\n    a(\"{C}\");\n    b(r#\"{C}\"#);\n}}\n/** noclobber: ignore[x] */\nfn g() {{}}\n"
    );
    assert_eq!(covered(&text), []);
    assert_eq!(covered("fn f( { // noclobber: ignore[x]"), [], "no tokens");
}

#[test]
fn the_bytes_are_those_of_the_file() {
    for head in ["", "\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!x\r\n/* é /* nested */ */\r\n"] {
        let text = format!("{head}fn é() {{}}\r\n    {C} -- why\r\nfn g() {{}}\r\n");
        let comment = &read(&text)[0];
        assert_eq!(&text[comment.span.range()], format!("{C} -- why"));
        assert_eq!(&text[comment.covers[0].range()], "fn g() {}");
    }
}

#[test]
fn what_leads_a_file_stands_before_its_first_item() {
    let leads = |text: &str| read(text).iter().map(|comment| comment.leads).collect::<Vec<_>>();
    assert_eq!(leads(&format!("//! Doc.\n#![allow(x)]\n{C}\nuse a;\n{C}\n")), [true, false]);
    assert_eq!(leads(C), [true]);
}

#[test]
fn a_line_for_a_comment_is_found_around_every_place() {
    let text =
        "fn f() {\n    let a = q(\n        \"UPDATE\");\n    if x { b(\"SET\"); }\n}\nstatic S: &str = \"INSERT\";\n";
    let at = |part: &str| text.find(part).unwrap();
    let target = |part: &str| Span::new(at(part)..at(part) + part.len());
    let found = places(text, &[target("UPDATE"), target("SET"), target("INSERT"), Span::new(999..1000)]);
    assert_eq!(found, [Some(at("let a")), Some(at("if x")), Some(at("static S")), None]);
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = format!("fn f() {{\n{C}\n{}a{}; }}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(one(&deep), Some((3, 3)));
}
