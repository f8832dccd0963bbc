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

/// Two projects in one repository: the same table is `jsonb` in one and text in the other, and each has its own rules.
fn monorepo() -> Project {
    let write = "UPDATE users SET data = '{\"a\": 1}' WHERE id = 1;\n";
    let project = Project::new(&[
        ("shop/noclobber.toml", "[rules]\njson-column-overwrite = \"error\"\n"),
        ("shop/migrations/1.sql", "CREATE TABLE users (id int, data jsonb);\n"),
        ("shop/a.sql", write),
        ("blog/noclobber.toml", "[columns]\n\"users.gone\" = { json = true }\n"),
        ("blog/migrations/1.sql", "CREATE TABLE users (id int, data text, state jsonb);\n"),
        ("blog/a.sql", write),
        ("blog/b.sql", &write.replace("data", "state")),
        ("top.sql", "CREATE TABLE users (id int, data jsonb);\n"),
        ("z.sql", write),
    ]);
    std::fs::create_dir(project.path().join(".git")).unwrap();
    project
}

/// The path, severity and schema (the file it stands in) of each finding.
fn places(outcome: &Outcome) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = |f: &Value| (text(&f["path"]), text(&f["severity"]), text(&f["evidence"][0]["path"]));
    json(outcome)["findings"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn each_project_of_a_run_has_its_own_configuration_and_schema() {
    let project = monorepo();
    let all = [
        ("blog/b.sql", "warning", "blog/migrations/1.sql"),
        ("shop/a.sql", "error", "shop/migrations/1.sql"),
        ("z.sql", "warning", "top.sql"),
    ];
    let all = all.map(|(path, severity, schema)| (path.to_owned(), severity.to_owned(), schema.to_owned()));
    let whole = project.run(&["--output", "json"]);
    assert_eq!(places(&whole), all);
    assert_eq!(json(&whole)["summary"]["json_writes"], 3);
    assert!(whole.stderr.contains("no column fits the pattern `users.gone`"), "{whole:?}");
    assert!(whole.stderr.contains("blog/noclobber.toml:2:1"), "{whole:?}");
    // As a hook names them.
    let named = project.run(&["--output", "json", "shop/a.sql", "z.sql", "blog/a.sql", "blog/b.sql"]);
    assert_eq!(places(&named), all);
    assert_eq!(places(&project.run(&["--output", "json", "shop", "blog"])), all[..2]);
    assert_eq!(project.run(&["--output", "json", "-j1"]), project.run(&["--output", "json", "-j2"]));
    let rules = |arguments: &[&str]| findings(&project, arguments).len();
    assert_eq!(rules(&["--isolated"]), 3, "a configuration marks the bounds of a project also where it is not read");
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("users.state") && columns.contains("shop/migrations/1.sql"), "{columns}");
    project.write("shop/noclobber.toml", b"[rules]\nnone = \"off\"\n");
    let wrong = project.run(&["--output", "json"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""), "{wrong:?}");
}

#[test]
fn what_an_outer_project_leaves_out_is_no_project_of_the_run() {
    let project = monorepo();
    project.write("noclobber.toml", b"exclude = [\"blog\"]\n");
    let outcome = project.run(&["--output", "json"]);
    let paths: Vec<String> = places(&outcome).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(paths, ["shop/a.sql", "z.sql"]);
    assert_eq!(outcome.stderr, "", "the pattern fits");
    assert_eq!(places(&project.run(&["--output", "json", "blog"])).len(), 1, "named by itself");
}

#[test]
fn fixes_comments_and_baselines_are_made_in_each_project() {
    let project = monorepo();
    project.run(&["--write-baseline"]);
    for folder in ["", "shop/", "blog/"] {
        let known = std::fs::read_to_string(project.path().join(format!("{folder}noclobber-baseline.json"))).unwrap();
        assert_eq!(known.matches("fingerprint").count(), 1, "{folder}: {known}");
    }
    let one = project.run(&["--baseline", "noclobber-baseline.json"]);
    assert_eq!(one.code, Some(2), "{one:?}");
    assert!(one.stderr.contains("one baseline cannot serve two projects"), "{one:?}");
    for folder in ["shop", "blog"] {
        let path = format!("{folder}/noclobber.toml");
        let text = std::fs::read_to_string(project.path().join(&path)).unwrap();
        project.write(&path, format!("baseline = \"noclobber-baseline.json\"\n{text}").as_bytes());
    }
    assert_eq!(project.run(&["shop", "blog"]).code, Some(0));
    let known = json(&project.run(&["--output", "json", "shop", "blog"]))["summary"]["baselined"].clone();
    assert_eq!(known, 2);

    let project = monorepo();
    let diff = project.run(&["--diff", "--unsafe-fixes"]);
    assert!(diff.stderr.contains("3 findings would be fixed in 3 files"), "{diff:?}");
    let fixed = project.run(&["--unsafe-fixes"]);
    assert!(fixed.stderr.contains("fixed 3 findings in 3 files"), "{fixed:?}");
    assert_eq!(fixed.code, Some(0), "{fixed:?}");

    let project = monorepo();
    let ignored = project.run(&["--add-ignores", "--reason", "known"]);
    assert!(ignored.stderr.contains("wrote 3 suppressions into 3 files"), "{ignored:?}");
    assert_eq!(ignored.code, Some(0), "{ignored:?}");
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
