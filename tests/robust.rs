//! Odd and hostile input: the program ends, says what it could not read, and its exit code tells the truth.

mod program;

use program::Project;

/// Checks the folder and expects that nothing is found and nothing breaks.
fn passes(project: &Project) -> program::Outcome {
    let outcome = project.run(&["check", "--fail-on", "note", "--min-confidence", "low"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let project = Project::new(&[]);
    for (name, open, close) in [("parens", "(", ")"), ("blocks", "{", "}"), ("arrays", "[", "]"), ("not", "!", "")] {
        let code =
            format!("fn f() {{ sqlx::query(\"UPDATE t SET a = 1\"); let _ = {}; }}\n", nested(open, close, 3_000));
        project.write(&format!("src/{name}.rs"), code.as_bytes());
    }
    for (name, open, close) in
        [("parens", "(", ")"), ("functions", "f(", ")"), ("cases", "CASE WHEN ", " THEN 1 END"), ("signs", "- ", "")]
    {
        let sql = format!("UPDATE t SET a = {};\n", nested(open, close, 3_000));
        project.write(&format!("sql/{name}.sql"), sql.as_bytes());
        let code = format!("fn f() {{ sqlx::query(r#\"{sql}\"#); }}\n");
        project.write(&format!("src/sql_{name}.rs"), code.as_bytes());
    }
    let json = format!("fn f() {{ sqlx::query(\"UPDATE t SET a = $1\").bind(json!({})); }}\n", nested("[", "]", 3_000));
    project.write("src/json.rs", json.as_bytes());
    passes(&project);
}

#[test]
fn long_chains_do_not_overflow_the_stack() {
    let project = Project::new(&[]);
    let chain = "a || ".repeat(5_000);
    project.write("chain.sql", format!("UPDATE t SET a = {chain}b;\n").as_bytes());
    let calls = ".bind(1)".repeat(3_000);
    project.write("chain.rs", format!("fn f() {{ sqlx::query(\"UPDATE t SET a = 1\"){calls}; }}\n").as_bytes());
    let sum = "1 + ".repeat(5_000);
    project.write("sum.rs", format!("fn f() {{ sqlx::query(\"UPDATE t SET a = 1\"); let _ = {sum}1; }}\n").as_bytes());
    let concat = "\"UPDATE \", ".repeat(5_000);
    project.write(
        "concat.rs",
        format!("fn f() {{ sqlx::query(concat!(\"UPDATE t SET a = \", {concat}\"t\")); }}\n").as_bytes(),
    );
    passes(&project);
}

#[test]
fn long_lines_and_many_statements_end_in_time() {
    let project = Project::new(&[]);
    let values = "(1, '{\"a\": 1}'), ".repeat(6_000);
    project.write("values.sql", format!("INSERT INTO t (id, data) VALUES {values}(2, '{{}}');\n").as_bytes());
    project.write("many.sql", "UPDATE t SET a = 1 WHERE b = 2;\n".repeat(5_000).as_bytes());
    let text = "x".repeat(100_000);
    project.write("literal.rs", format!("fn f() {{ sqlx::query(\"UPDATE t SET a = '{text}'\"); }}\n").as_bytes());
    project.write("quotes.sql", format!("UPDATE t SET a = '{}\n", "''".repeat(50_000)).as_bytes());
    project.write("comment.sql", "/*".repeat(50_000).as_bytes());
    project.write("casts.sql", format!("UPDATE u SET b = c{};\n", "::jsonb".repeat(5_000)).as_bytes());
    project.write("whens.sql", format!("UPDATE t SET a = CASE {} END;\n", "WHEN a THEN b ".repeat(10_000)).as_bytes());
    project.write("dollars.sql", "$a$ ".repeat(30_000).as_bytes());
    let started = std::time::Instant::now();
    passes(&project);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn broken_source_is_a_warning_and_an_error_only_when_strict() {
    let project = Project::new(&[
        ("broken.rs", "fn f( { sqlx::query(\"UPDATE t SET a = 1\") \n"),
        ("good.rs", "fn f() { sqlx::query(\"UPDATE t SET a = 1\"); }\n"),
    ]);
    let outcome = passes(&project);
    assert!(outcome.stderr.contains("warning: broken.rs"), "{outcome:?}");
    assert!(!outcome.stderr.contains("good.rs"), "{outcome:?}");
    assert_eq!(project.run(&["--strict"]).code, Some(2));
    assert_eq!(project.run(&["--strict", "--exit-zero"]).code, Some(2), "--exit-zero hides findings, not failures");
    let good = project.run(&["--strict", "good.rs"]);
    assert_eq!(good.code, Some(2), "the schema is read from all files");
    assert!(good.stderr.contains("warning: 1 more") && !good.stderr.contains("broken.rs"), "{good:?}");
    assert!(project.run(&["-v", "good.rs"]).stderr.contains("warning: broken.rs"));
}

#[test]
fn odd_encodings_are_read_or_reported() {
    let project = Project::new(&[
        ("bom.rs", "\u{feff}fn f() { sqlx::query(\"UPDATE t SET a = 1\"); }\n"),
        ("bom.sql", "\u{feff}SELECT 1;\n"),
        ("crlf.sql", "SELECT 1;\r\nSELECT\r\n2;\r\n"),
        ("cr.sql", "SELECT 1;\rSELECT 2;\r"),
        ("empty.rs", ""),
        ("empty.sql", ""),
        ("only_bom.sql", "\u{feff}"),
        ("shebang.rs", "#!/usr/bin/env run-cargo-script\nfn f() { sqlx::query(\"UPDATE t SET a = 1\"); }\n"),
        ("nul.sql", "SELECT '\0';\0\n"),
    ]);
    assert_eq!(passes(&project).stderr, "");
    project.write("latin1.sql", b"-- Stra\xdfe\nSELECT 1;\n");
    project.write("latin1.rs", b"// Stra\xdfe\nfn f() { sqlx::query(\"UPDATE t SET a = 1\"); }\n");
    project.write("utf16.sql", b"\xff\xfeS\0E\0L\0");
    let stderr = passes(&project).stderr;
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
    assert!(stderr.contains("latin1.sql: 1 byte") && stderr.contains("utf16.sql is skipped"), "{stderr}");
}

#[test]
fn a_folder_that_is_called_like_a_file_is_a_folder() {
    let project = Project::new(&[("x.rs/y.sql/broken.rs", "fn jsonb( {"), ("Cargo.toml/z.sql", "UPDATE t SET a = 1;")]);
    assert!(passes(&project).stderr.contains("x.rs/y.sql/broken.rs"));
    assert!(project.run(&["x.rs"]).stderr.contains("broken.rs"));
}

#[test]
fn a_huge_file_is_skipped_with_a_warning() {
    let project = Project::new(&[("a.sql", "SELECT 1;")]);
    let dump = project.write("dump.sql", b"");
    std::fs::File::options().write(true).open(&dump).unwrap().set_len(65 << 20).unwrap();
    assert!(passes(&project).stderr.contains("dump.sql is skipped: larger than 64 MiB"));
    assert_eq!(project.run(&["dump.sql"]).code, Some(2), "a file that is named must be read");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_forbidden_files_do_not_stop_the_walk() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let project = Project::new(&[("a/broken.rs", "fn jsonb( {"), ("secret.sql", "UPDATE t SET a = 1;")]);
    symlink(project.path(), project.path().join("a/loop")).unwrap();
    symlink(project.path().join("a/self"), project.path().join("a/self")).unwrap();
    symlink(project.path().join("nothing"), project.path().join("a/dangling.rs")).unwrap();
    let pipe = project.path().join("pipe.sql");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let outcome = passes(&project);
    assert_eq!(outcome.stderr.matches("broken.rs").count(), 1, "{outcome:?}");
    assert_eq!(project.run(&["pipe.sql"]).code, Some(2), "a pipe is no file");
    assert_eq!(project.run(&["a/dangling.rs"]).code, Some(2));

    let secret = project.path().join("secret.sql");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything (root, in a container) cannot be kept from reading it.
    if std::fs::read(&secret).is_err() {
        assert!(passes(&project).stderr.contains("secret.sql is skipped"));
        assert_eq!(project.run(&["secret.sql"]).code, Some(2));
    }
}
