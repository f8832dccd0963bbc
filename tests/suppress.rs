//! Suppressions in comments, as the program acts on them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use noclobber::frontend::facts::Facts;
use noclobber::frontend::{rust, sql_file};
use noclobber::source::{FileId, SourceFile};
use program::{Outcome, Project};
use proptest::prelude::*;
use serde_json::Value;

const IGNORE: &str = "// noclobber: ignore[json-column-overwrite] -- the whole document is sent";

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

fn users(project: &Project) -> String {
    std::fs::read_to_string(project.path().join("src/users.rs")).unwrap()
}

/// The incident with a comment above its statement.
fn suppressed() -> Project {
    let project = Project::incident();
    let text = users(&project).replacen("    sqlx::query", &format!("    {IGNORE}\n    sqlx::query"), 1);
    project.write("src/users.rs", text.as_bytes());
    project
}

#[test]
fn what_is_suppressed_does_not_fail_and_is_counted_in_every_format() {
    let project = suppressed();
    for format in ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson", "markdown"] {
        let outcome = project.run(&["--output", format]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{format}: {outcome:?}");
        assert!(!outcome.stdout.contains("replaces all of `users.data`"), "{format}");
        let shown = project.run(&["--output", format, "--no-ignores"]);
        assert_eq!(shown.code, Some(1), "{format}");
        assert!(shown.stdout.contains("replaces all of `users.data`"), "{format}");
    }
    let document = json(&project.run(&["--output", "json"]));
    assert_eq!(document["summary"]["suppressed"], 1);
    assert!(project.run(&[]).stdout.ends_with("; 1 suppressed\n"), "{}", project.run(&[]).stdout);
    assert_eq!(json(&project.run(&["--output", "json", "--no-ignores"]))["summary"]["suppressed"], 0);
}

#[test]
fn every_place_of_a_comment_holds() {
    let statement = "    sqlx::query(\"UPDATE users SET data = $1 WHERE id = $2\")";
    let dashes = "-- noclobber: ignore[json-column-overwrite] -- meant";
    for (before, after) in [
        ("async fn", format!("{IGNORE}\nasync fn")),
        ("async fn", format!("{}\n\nasync fn", IGNORE.replace("ignore[", "ignore-file["))),
        (statement, format!("    {IGNORE}\n{statement}")),
        (statement, format!("{statement} {IGNORE}")),
        (
            statement,
            format!("    sqlx::query(\n        {IGNORE}\n        \"UPDATE users SET data = $1 WHERE id = $2\",\n    )"),
        ),
        (
            statement,
            format!(
                "    sqlx::query(\n        \"UPDATE users\n         SET data = $1 {dashes}\n         WHERE id = $2\",\n    )"
            ),
        ),
        (
            statement,
            format!(
                "    sqlx::query(\n        \"{dashes}\n         UPDATE users\n         SET data = $1\n         WHERE id = $2\",\n    )"
            ),
        ),
        (statement, format!("    sqlx::query(\"UPDATE users\\n {dashes}\\n SET data = $1 WHERE id = $2\")")),
    ] {
        let project = Project::incident();
        let text = users(&project);
        assert!(text.contains(before));
        project.write("src/users.rs", text.replacen(before, &after, 1).as_bytes());
        let outcome = project.run(&["--output", "json"]);
        assert_eq!(outcome.code, Some(0), "{after}: {}", outcome.stdout);
        let document = json(&outcome);
        assert_eq!(document["summary"]["suppressed"], 1, "{after}");
        assert_eq!(document["findings"].as_array().unwrap().len(), 0, "{after}: {}", outcome.stdout);
    }
}

#[test]
fn a_comment_elsewhere_suppresses_nothing_and_is_reported() {
    let project = Project::incident();
    project.write("src/users.rs", format!("{}\n{IGNORE}\nfn other() {{}}\n", users(&project)).as_bytes());
    // No statement stands in this file: it is read for the comment alone.
    project.write("src/empty.rs", format!("fn f() {{\n    g(); {IGNORE}\n}}\n").as_bytes());
    let outcome = project.run(&["--output", "concise"]);
    assert_eq!(outcome.code, Some(1));
    let lines: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains('[')).collect();
    assert_eq!(lines.len(), 3, "{outcome:?}");
    assert!(lines[0].starts_with("src/empty.rs:2:10: warning[unused-suppression]"), "{outcome:?}");
    assert!(lines[1].starts_with("src/users.rs:2:35: error[json-column-overwrite]"), "{outcome:?}");
    assert!(lines[2].starts_with("src/users.rs:10:1: warning[unused-suppression]"), "{outcome:?}");
    let selected = project.run(&["--select", "json-column-overwrite", "--output", "concise"]);
    assert!(!selected.stdout.contains("unused-suppression"), "{selected:?}");
    let document = json(&project.run(&["--output", "json", "src/empty.rs"]));
    let finding = &document["findings"][0];
    assert!(finding["table"].is_null() && finding["verb"].is_null() && finding["survival"].is_null(), "{finding}");
    assert_eq!(finding["fix"]["applicability"], "safe");
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 16);
}

#[test]
fn a_fingerprint_does_not_change_when_a_twin_is_suppressed() {
    let project = Project::incident();
    let text = users(&project);
    let twin = text.replace("set_phone", "set_other");
    let fingerprints = |text: &str| -> Vec<String> {
        project.write("src/users.rs", text.as_bytes());
        let document = json(&project.run(&["--output", "json"]));
        let findings = document["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let both = fingerprints(&format!("{text}{twin}"));
    assert_eq!(both.len(), 2);
    assert_ne!(both[0], both[1]);
    assert_eq!(fingerprints(&format!("{IGNORE}\n{text}{twin}")), both[1..]);
}

#[test]
fn comments_are_written_for_all_that_would_fail() {
    let project = Project::incident();
    let crlf = users(&project).replace("set_phone", "set_crlf").replace('\n', "\r\n");
    project.write("src/crlf.rs", crlf.as_bytes());
    project
        .write("src/line.rs", b"fn f() { sqlx::query(\"UPDATE users SET data = '{\\\"a\\\": 1}' WHERE id = 1\"); }\n");
    project.write("queries/a.sql", b"SELECT 1;\n  UPDATE users\n  SET data = '{\"a\": 1}'\n  WHERE id = 1;\n");
    assert_eq!(project.run(&[]).code, Some(1));
    let outcome = project.run(&["--add-ignores", "--reason", "known since 2024 (#12)"]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(0), "wrote 4 suppressions into 4 files\n"),
        "{outcome:?}"
    );
    assert!(outcome.stdout.ends_with("; 4 suppressed\n"), "{outcome:?}");
    let comment = "noclobber: ignore[json-column-overwrite] -- known since 2024 (#12)";
    assert!(users(&project).contains(&format!("{{\n    // {comment}\n    sqlx::query(")), "{}", users(&project));
    let read = |path: &str| std::fs::read_to_string(project.path().join(path)).unwrap();
    assert!(read("src/crlf.rs").contains(&format!("{{\r\n    // {comment}\r\n    sqlx::query(")));
    assert!(read("src/line.rs").starts_with(&format!("// {comment}\nfn f()")));
    assert!(read("queries/a.sql").starts_with(&format!("SELECT 1;\n  -- {comment}\n  UPDATE users\n")));
    let again = project.run(&["--add-ignores", "--reason", "again"]);
    assert_eq!(again.stderr, "wrote 0 suppressions into 0 files\n");
}

#[test]
fn what_cannot_be_commented_is_told_and_fails() {
    let project = Project::incident();
    std::fs::remove_file(project.path().join("src/users.rs")).unwrap();
    project.write("a.sql", b"SELECT 1; UPDATE users SET data = '{\"a\": 1}' WHERE id = 1;\n");
    let outcome = project.run(&["--add-ignores", "--reason", "x", "--output", "concise"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("a.sql:1:28: a comment has no place above this"), "{outcome:?}");
    for arguments in [
        &["--add-ignores"][..],
        &["--add-ignores", "--reason", " "],
        &["--add-ignores", "--reason", "a\nb"],
        &["--reason", "x"],
        &["--add-ignores", "--reason", "x", "-"],
        &["--add-ignores", "--reason", "x", "--no-ignores"],
    ] {
        assert_eq!(project.run(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_fix_deletes_what_has_no_effect() {
    let project = suppressed();
    let with = users(&project);
    assert_eq!(project.run(&["--fix"]).code, Some(0));
    assert_eq!(users(&project), with, "it has an effect");
    project.write("src/users.rs", with.replace("UPDATE users SET data = $1", "SELECT $1 FROM users").as_bytes());
    assert_eq!(project.run(&[]).code, Some(1));
    assert_eq!(project.run(&["--fix"]).code, Some(0));
    assert_eq!(
        users(&project),
        with.replace("UPDATE users SET data = $1", "SELECT $1 FROM users").replace(&format!("    {IGNORE}\n"), "")
    );
}

#[test]
fn a_whole_file_is_covered_from_its_head() {
    let project = Project::incident();
    let head = "-- noclobber: ignore-file[json-column-overwrite] -- a script that is run by hand\n";
    let writes =
        "UPDATE users SET data = '{\"a\": 1}' WHERE id = 1;\nUPDATE users SET data = '{\"a\": 2}' WHERE id = 2;\n";
    project.write("a.sql", format!("-- A script.\n{head}{writes}").as_bytes());
    let outcome = project.run(&["a.sql"]);
    assert!(outcome.code == Some(0) && outcome.stdout.ends_with("; 2 suppressed\n"), "{outcome:?}");
    project.write("a.sql", format!("{writes}{head}").as_bytes());
    let outcome = project.run(&["a.sql", "--output", "concise"]);
    assert!(
        outcome.code == Some(1) && outcome.stdout.contains("a.sql:3:1: warning[invalid-suppression]"),
        "{outcome:?}"
    );
}

/// Parts of files that comments stand between, in and after.
fn parts() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "// noclobber: ignore[json-column-overwrite] -- x",
        "/* noclobber: ignore[json-lost-update] */",
        "-- noclobber: ignore-file[json-column-overwrite]",
        "# noclobber: ignore[x]",
        "noclobber:",
        "/*",
        "*/",
        "//",
        "--",
        "\"",
        "'",
        "r#\"",
        "\"#",
        "$$",
        "$x$",
        "{",
        "}",
        "(",
        ")",
        ";",
        ",",
        "fn f() {}",
        "#[a]",
        "#!",
        "é",
        "\u{feff}",
        "\n",
        "\r\n",
        " ",
        "UPDATE t SET d = 1",
        "sqlx::query(\"UPDATE t SET d = 1 -- noclobber: ignore[x]\\n\")",
    ]);
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// Every comment spells what it says, and speaks for whole characters of its file.
fn hold(text: &str, facts: &Facts) {
    for comment in &facts.comments {
        let spelled = text.get(comment.span.range());
        assert!(spelled.is_some_and(|spelled| spelled.contains("noclobber")), "{spelled:?} in {text:?}");
        for covers in &comment.covers {
            assert!(text.get(covers.range()).is_some(), "{covers:?} in {text:?}");
        }
    }
}

proptest! {
    #[test]
    fn comments_stand_where_they_are_said_to(text in parts()) {
        let file = |path: &str| SourceFile { path: path.into(), absolute: path.into(), text: text.clone() };
        hold(&text, &rust::read(FileId(0), &file("a.rs"), rust::Context::default()));
        hold(&text, &sql_file::read(FileId(0), &file("a.sql"), None, false));
    }
}
