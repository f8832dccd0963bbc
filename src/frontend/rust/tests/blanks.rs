//! What is read as blanks stands for nothing, and moves nothing.

use super::super::{Context, blanked, read, signs};
use crate::source::{FileId, SourceFile};
use std::borrow::Cow;

#[test]
fn documentation_that_tells_nothing_is_blank_and_every_line_keeps_its_length() {
    let text =
        "//! Über 日.\r\nfn f() {}\n    /// Stores a row.\n    /// It merges what is new.\n// A note.\nfn g() {}\n";
    let found = blanked(text, &[]);
    assert_eq!(found.len(), text.len());
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines[0].trim(), "");
    assert_eq!(lines[1..3], ["fn f() {}", "                     "]);
    assert_eq!(lines[3..], ["    /// It merges what is new.", "// A note.", "fn g() {}"]);
    assert!(found.split('\n').next().is_some_and(|line| line.ends_with('\r')));
}

#[test]
fn a_body_and_the_documentation_around_it_are_blank_together() {
    let text = "/// One.\nfn f() {\n    /// Two.\n    let a = 1;\n}\n/// Three.\nfn g() {}";
    let body = text.find("\n    ///").unwrap()..text.find("\n}").unwrap();
    let found = blanked(text, &[body]);
    assert_eq!(found.split_whitespace().collect::<Vec<_>>(), ["fn", "f()", "{", "}", "fn", "g()", "{}"]);
    assert_eq!((found.len(), found.find("fn g")), (text.len(), text.find("fn g")));
}

#[test]
fn nothing_is_copied_where_nothing_is_blank() {
    assert!(matches!(blanked("// no documentation\nfn f() {}\n", &[]), Cow::Borrowed(_)));
}

#[test]
fn what_follows_a_blank_in_its_line_stays_in_place() {
    let literal = "\"UPDATE t SET d = 'ü日' WHERE a = $1\"";
    for (before, idle) in [("", "日"), ("é", "b"), ("é", "日é"), ("// ü\n", "/* 🦀 */ c()")] {
        let text = format!("{before}\nfn f() {{ {idle} }} /* é */ const Q: &str = {literal};").replace("é\n", "// é\n");
        let start = text.find("{ ").unwrap() + 2;
        let source = SourceFile { path: "a.rs".into(), absolute: "a.rs".into(), text: text.clone() };
        let idle = start..start + idle.len();
        let context = Context { idle: std::slice::from_ref(&idle), ..Context::default() };
        let facts = read(FileId(0), &source, context);
        let places: Vec<&str> = facts.texts.iter().map(|found| &text[found.text.span.range()]).collect();
        assert_eq!(places, [literal], "{text}");
    }
}

#[test]
fn words_of_documentation_that_are_signs_are_kept() {
    for line in [" Merges it.", "a PATCH of it", "never overwritten, replaces", " Partially"] {
        assert!(signs::may_say(line), "{line}");
    }
    for line in ["", " Stores the pattern of an emergency.", " re-place", " Reads"] {
        assert!(!signs::may_say(line), "{line}");
    }
}
