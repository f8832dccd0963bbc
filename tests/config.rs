//! The configuration, as the program acts on it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::{Outcome, Project};
use serde_json::Value;

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// The rule and severity of each finding, those of low confidence included.
fn findings(project: &Project, arguments: &[&str]) -> Vec<(String, String, String)> {
    let arguments = [&["--output", "json", "--min-confidence", "low"], arguments].concat();
    let document = json(&project.run(&arguments));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let list = document["findings"].as_array().unwrap().clone();
    list.iter().map(|f| (text(f, "rule"), text(f, "severity"), text(f, "confidence"))).collect()
}

fn one(rule: &str, severity: &str, confidence: &str) -> Vec<(String, String, String)> {
    vec![(rule.to_owned(), severity.to_owned(), confidence.to_owned())]
}

#[test]
fn a_rule_has_the_severity_that_the_configuration_gives_it() {
    let project = Project::incident();
    assert_eq!(project.run(&[]).code, Some(1));
    project.write("noclobber.toml", b"[rules]\njson-column-overwrite = \"note\"\n");
    assert_eq!(project.run(&[]).code, Some(0));
    assert_eq!(findings(&project, &[]), one("json-column-overwrite", "note", "high"));
    project.write("noclobber.toml", b"[rules]\njson-column-overwrite = \"off\"\n");
    assert_eq!(findings(&project, &[]), []);
    assert_eq!(project.run(&["--select", "json-column-overwrite"]).code, Some(1), "the command line wins");
    assert_eq!(project.run(&["--isolated"]).code, Some(1));
}

#[test]
fn when_a_rule_is_off_the_next_one_that_applies_speaks() {
    let sql = "CREATE TABLE users (id int, data jsonb, note text);\nUPDATE users SET data = '{\"a\": 1}';\n";
    let project = Project::new(&[("a.sql", sql), ("b.sql", "UPDATE users SET data = '{\"a\": 1}';\n")]);
    let rules = |arguments: &[&str]| -> Vec<String> {
        findings(&project, &[&["b.sql"], arguments].concat()).into_iter().map(|(rule, ..)| rule).collect()
    };
    assert_eq!(rules(&[]), ["json-unscoped-write"]);
    assert_eq!(rules(&["--ignore", "json-unscoped-write"]), ["json-column-overwrite"]);
    assert_eq!(rules(&["--select", "json-column-overwrite"]), ["json-column-overwrite"]);
}

#[test]
fn what_is_said_of_a_column_holds() {
    let project = Project::incident();
    let with = |columns: &str| {
        project.write("noclobber.toml", format!("[columns]\n{columns}\n").as_bytes());
        findings(&project, &[])
    };
    assert_eq!(with(r#""users.data" = { replace = "whole" }"#), one("json-column-overwrite", "note", "low"));
    assert_eq!(with(r#""*.data" = { json = false }"#), []);
    assert_eq!(with(r#""users.data" = { keys = ["country"] }"#), one("json-column-overwrite", "error", "high"));
    let document = json(&project.run(&["--output", "json"]));
    assert_eq!(document["findings"][0]["lost_keys"], serde_json::json!(["address", "country"]));
}

#[test]
fn a_text_column_holds_json_when_the_configuration_says_so() {
    let rust = r#"async fn f(pool: &PgPool, state: &str) {
    sqlx::query("UPDATE jobs SET state = $1 WHERE id = 1").bind(state).execute(pool).await;
}
"#;
    for schema in ["CREATE TABLE jobs (id int, state text);\n", "CREATE TABLE other (id int);\n"] {
        let project = Project::new(&[("src/a.rs", rust), ("m/1.sql", schema)]);
        assert_eq!(findings(&project, &[]), []);
        project.write("noclobber.toml", b"[columns]\n\"jobs.state\" = { json = true }\n");
        let outcome = project.run(&["--output", "json", "--min-confidence", "low"]);
        let document = json(&outcome);
        assert_eq!(document["findings"][0]["rule"], "json-column-overwrite", "{schema}: {outcome:?}");
        let evidence = document["findings"][0]["evidence"].as_array().unwrap();
        assert!(evidence.iter().any(|e| e["path"] == "noclobber.toml" && e["start"]["line"] == 2), "{evidence:?}");
        assert_eq!(outcome.stderr, "", "the pattern fits");
    }
}

#[test]
fn what_is_left_alone_is_not_listed_as_undecided_either() {
    let sql = "CREATE TABLE jobs (id int, state jsonb);\nUPDATE jobs SET state = unheard_of(state) WHERE id = 1;\n";
    let project = Project::new(&[("a.sql", sql)]);
    let count = || json(&project.run(&["--output", "json"]))["summary"]["unanalysed"].clone();
    assert_eq!(count(), 1);
    project.write("noclobber.toml", b"[columns]\n\"jobs.state\" = { json = false }\n");
    assert_eq!(count(), 0);
}

#[test]
fn what_fits_nothing_is_said_with_its_place() {
    let project = Project::incident();
    project.write(
        "noclobber.toml",
        b"exclude = [\"nothing/**\", \"src/shipping.rs\"]\n[columns]\n\"user.data\" = { json = true }\n\"*.data\" = { json = true }\n",
    );
    let outcome = project.run(&["--output", "concise"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr, @r#"
    warning: the pattern `nothing/**` leaves out nothing
      ┌─ noclobber.toml:1:12
      │
    1 │ exclude = ["nothing/**", "src/shipping.rs"]
      │            ^^^^^^^^^^^^

    warning: no column fits the pattern `user.data`
      ┌─ noclobber.toml:3:1
      │
    3 │ "user.data" = { json = true }
      │ ^^^^^^^^^^^

    "#);
    assert_eq!(project.run(&["--strict"]).code, Some(2));
    assert_eq!(project.run(&["-q"]).stderr, "");
}

#[test]
fn a_wrong_configuration_is_2_in_every_format_and_shows_the_place() {
    let project = Project::incident();
    project.write("noclobber.toml", b"[rules]\njson-colum-overwrite = \"off\"\n");
    for format in ["text", "concise", "json", "jsonl"] {
        let outcome = project.run(&["--output", format, "--exit-zero"]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{format}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(outcome.stderr, @"
            error: there is no rule `json-colum-overwrite`
              ┌─ noclobber.toml:2:1
              │
            2 │ json-colum-overwrite = \"off\"
              │ ^^^^^^^^^^^^^^^^^^^^
              │
              = help: did you mean `json-column-overwrite`?

            ");
        }
    }
    assert_eq!(project.run(&["--isolated"]).code, Some(1));
    assert_eq!(project.run(&["--config", "none.toml"]).code, Some(2));
    assert!(project.run(&["--config", "none.toml"]).stderr.contains("none.toml: cannot be read"));
    assert_eq!(project.run(&["--config", "none.toml", "--isolated"]).code, Some(2));
}

#[test]
fn the_configuration_is_found_from_every_folder_and_may_stand_in_a_manifest() {
    let project = Project::incident();
    let manifest = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    let off = "[package.metadata.noclobber.rules]\njson-column-overwrite = \"off\"\n";
    project.write("Cargo.toml", format!("{manifest}\n{off}").as_bytes());
    assert_eq!(project.run(&[]).code, Some(0));
    let below = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.current_dir(project.path().join("src")).output().unwrap().status.code()
    };
    assert_eq!((below(&[]), below(&["users.rs"])), (Some(0), Some(0)));
    project.write("noclobber.toml", b"");
    assert_eq!(below(&[]), Some(1), "noclobber.toml wins over the manifest");
    project.write("ci/strict.toml", off.replace("package.metadata.noclobber.", "").as_bytes());
    assert_eq!(project.run(&["--config", "ci/strict.toml"]).code, Some(0));
    project.write("src/noclobber.toml", b"dialect = \"sqlite\"\n");
    let output = project.command(&["src/users.rs", "Cargo.toml"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds for this whole run"), "{output:?}");
}

/// A project of plain SQL, whose column is JSON for nothing but its schema.
fn plain() -> Project {
    Project::new(&[
        ("db/1.sql", "CREATE TABLE users (id int, data json);\n"),
        ("a.sql", "UPDATE users SET data = '{\"a\": 1}' WHERE id = 1;\n"),
    ])
}

#[test]
fn what_is_excluded_is_not_read_unless_it_is_named() {
    let project = Project::incident();
    project.write("noclobber.toml", b"exclude = [\"src/users.rs\"]\n");
    assert_eq!(project.run(&[]).code, Some(0));
    assert_eq!(project.run(&["src"]).code, Some(0));
    assert_eq!(project.run(&["src/users.rs"]).code, Some(1), "named by itself");
    let outcome = project.run(&["src/users.rs", "--force-exclude"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("there is no Rust or SQL file to check"), "{outcome:?}");
    let project = plain();
    project.write("noclobber.toml", b"exclude = [\"db/\"]\n");
    assert_eq!(findings(&project, &[]), [], "the schema is not read either");
}

#[test]
fn the_schema_and_the_dialect_come_from_the_configuration() {
    let project = plain();
    assert_eq!(project.run(&[]).code, Some(1));
    project.write(".gitignore", b"db/\n");
    assert_eq!(project.run(&[]).code, Some(0));
    project.write("noclobber.toml", b"schema = [\"db\"]\n");
    assert_eq!(project.run(&[]).code, Some(1));
    project.write("noclobber.toml", b"dialect = \"sqlite\"\nschema = [\"db\"]\n");
    assert!(project.run(&[]).stdout.contains("json_patch("), "{}", project.run(&[]).stdout);
    project.write("noclobber.toml", b"schema = [\"migration\"]\n");
    let outcome = project.run(&[]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("the schema `migration` does not exist"), "{outcome:?}");
}

#[test]
fn init_writes_a_configuration_that_changes_nothing() {
    let project = Project::incident();
    let before = project.run(&["--output", "json"]);
    let outcome = project.run(&["init"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    insta::assert_snapshot!(std::fs::read_to_string(project.path().join("noclobber.toml")).unwrap());
    assert_eq!(project.run(&["--output", "json"]), before);
    let again = project.run(&["init"]);
    assert_eq!(again.code, Some(2), "what is there is never overwritten");
    assert!(again.stderr.contains("is there already"), "{again:?}");
}

#[test]
fn what_the_documentation_shows_is_a_configuration() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let name = if block.contains("metadata") { "Cargo.toml" } else { "noclobber.toml" };
        // The examples that are commented out hold too.
        let text: String = block
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned() + "\n")
            .collect();
        let project = plain();
        project.write("migrations/1.sql", b"");
        project.write(name, text.as_bytes());
        let outcome = project.run(&[]);
        assert_ne!(outcome.code, Some(2), "{text}{outcome:?}");
        assert!(outcome.stderr.contains("`*.payload`"), "it is read: {outcome:?}");
    }
}
