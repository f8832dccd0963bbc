//! Adopting noclobber on an old code base: the baseline, and only what has changed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::{Outcome, Project};
use proptest::prelude::*;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

const FILE: &str = "noclobber-baseline.json";
const FORMATS: &[&str] =
    &["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson", "rdjsonl", "markdown"];

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path().join(path)).unwrap()
}

/// Writes another function into `src/users.rs` that loses keys.
fn add_another(project: &Project) {
    let text = read(project, "src/users.rs");
    let other =
        text.replace("set_phone", "set_mail").replace("phone", "mail").replace("WHERE id", "WHERE  7 < id AND id");
    project.write("src/users.rs", format!("{text}\n{other}").as_bytes());
}

#[test]
fn what_is_in_the_baseline_does_not_fail_in_any_format_and_what_is_new_does() {
    let project = Project::incident();
    let outcome = project.run(&["--write-baseline"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.ends_with("; 1 in the baseline\n"), "{outcome:?}");
    assert!(outcome.stderr.starts_with(&format!("wrote {FILE}: 1 known, 1 of them new, 0 taken out\n")), "{outcome:?}");
    insta::assert_snapshot!(read(&project, FILE), @r#"
    {
      "version": 1,
      "findings": [
        {
          "path": "src/users.rs",
          "rule": "json-column-overwrite",
          "column": "users.data",
          "fingerprint": "9a4a03f097c6b6bb"
        }
      ]
    }
    "#);
    assert_eq!(project.run(&[]).code, Some(1), "a baseline that nobody names holds for nobody");
    for format in FORMATS {
        let outcome = project.run(&["--baseline", FILE, "--output", format]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{format}");
    }
    let document = json(&project.run(&["--baseline", FILE, "--output", "json"]));
    assert_eq!(document["summary"]["baselined"], 1);
    add_another(&project);
    for format in FORMATS {
        assert_eq!(project.run(&["--baseline", FILE, "--output", format]).code, Some(1), "{format}");
    }
    let document = json(&project.run(&["--baseline", FILE, "--output", "json"]));
    assert_eq!(document["findings"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&document["summary"]["baselined"], document["findings"][0]["start"]["line"].as_u64()),
        (&1.into(), Some(11))
    );
}

#[test]
fn a_baseline_is_named_in_the_configuration_and_must_be_there() {
    let project = Project::incident();
    project.write("noclobber.toml", b"baseline = \"known.json\"\n");
    let outcome = project.run(&[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(
        outcome.stderr.contains("known.json: there is no such baseline; `--write-baseline` writes one"),
        "{outcome:?}"
    );
    assert_eq!(project.run(&["--baseline", "none.json", "--exit-zero"]).code, Some(2));
    assert_eq!(project.run(&["--write-baseline"]).code, Some(0));
    assert_eq!(project.run(&[]).code, Some(0));
    assert_eq!(project.run(&["--isolated"]).code, Some(1));
    let output = project.command(&["users.rs"]).current_dir(project.path().join("src")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "from every folder: {output:?}");
    project.write("known.json", b"{}");
    assert_eq!(project.run(&[]).code, Some(2));
    assert!(project.run(&[]).stderr.contains("known.json: this is no baseline"), "{:?}", project.run(&[]));
}

#[test]
fn stale_entries_are_told_with_their_place_and_taken_out() {
    let project = Project::incident();
    add_another(&project);
    project.run(&["--write-baseline"]);
    let users = read(&project, "src/users.rs");
    let first = users.split("\n\n").next().unwrap().to_owned() + "\n";
    project.write("src/users.rs", first.as_bytes());
    let outcome = project.run(&["--baseline", FILE]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.starts_with(&format!("warning: {FILE}:")), "{outcome:?}");
    assert!(outcome.stderr.contains("this `json-column-overwrite` of src/users.rs is no longer found"), "{outcome:?}");
    assert_eq!(project.run(&["--baseline", FILE, "--strict"]).code, Some(2));
    let elsewhere = project.run(&["--baseline", FILE, "src/shipping.rs"]);
    assert_eq!(elsewhere.stderr, "", "that file was not looked at: {elsewhere:?}");
    let ignored = project.run(&["--baseline", FILE, "--ignore", "json-column-overwrite"]);
    assert_eq!(ignored.stderr, "", "that rule was not looked for: {ignored:?}");
    let outcome = project.run(&["--baseline", FILE, "--write-baseline"]);
    assert_eq!(outcome.stderr, format!("wrote {FILE}: 1 known, 0 of them new, 1 taken out\n"));
    std::fs::remove_file(project.path().join("src/users.rs")).unwrap();
    let outcome = project.run(&["--baseline", FILE]);
    assert!(outcome.stderr.contains("no longer found"), "the file is gone: {outcome:?}");
}

#[test]
fn writing_it_again_tells_what_it_hides_and_keeps_what_was_not_looked_at() {
    let project = Project::incident();
    project.run(&["--write-baseline"]);
    let before = read(&project, FILE);
    let outcome = project.run(&["--write-baseline", "--baseline", FILE, "src/shipping.rs"]);
    assert_eq!((outcome.code, read(&project, FILE)), (Some(0), before.clone()), "{outcome:?}");
    project.run(&[
        "--write-baseline",
        "--baseline",
        FILE,
        "--min-confidence",
        "high",
        "--ignore",
        "json-column-overwrite",
    ]);
    assert_eq!(read(&project, FILE), before);
    add_another(&project);
    let outcome = project.run(&["--write-baseline", "--baseline", FILE]);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{outcome:?}");
    assert!(
        lines[0].starts_with("new in the baseline: src/users.rs:11:35: [json-column-overwrite] this UPDATE"),
        "{outcome:?}"
    );
    assert_eq!(lines[1], format!("wrote {FILE}: 2 known, 1 of them new, 0 taken out"));
    assert_eq!(project.run(&["--baseline", FILE]).code, Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Lines above and between, other functions, other names far away, another order of files: the findings stay known.
    #[test]
    fn an_entry_holds_wherever_its_statement_moves(
        lines in 0_usize..30,
        functions in prop::collection::vec("[a-z]{3,8}", 0..5),
        rename in "[a-z]{4,9}",
        indent in 0_usize..3,
        at_end in any::<bool>(),
    ) {
        let project = Project::incident();
        project.run(&["--write-baseline"]);
        let text = read(&project, "src/users.rs").replace("pool", &format!("p_{rename}")).replace("set_phone", &rename);
        let text = text.replace("\n    ", &format!("\n    {}", "    ".repeat(indent)));
        let mut others = String::new();
        for name in &functions {
            writeln!(others, "fn f_{name}() {{ let {name} = \"UPDATE x SET y = 1\"; }}").unwrap();
        }
        let moved = if at_end { format!("{others}{}{text}", "\n".repeat(lines)) } else { format!("{}{text}{others}", "// a\n".repeat(lines)) };
        project.write("src/users.rs", moved.as_bytes());
        project.write("src/aaa.rs", others.as_bytes());
        let outcome = project.run(&["--baseline", FILE]);
        prop_assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{}\n{}", moved, outcome.stdout);
    }
}

/// Runs git in the project's folder.
fn git(project: &Project, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(project.path()).args(arguments).env("HOME", project.path());
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@b"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@b"),
    ] {
        command.env(name, value);
    }
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(project: &Project, message: &str) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-q", "-m", message]);
}

/// A repository whose main branch holds the incident, and whose branch `work` is checked out.
fn repository() -> Project {
    let project = Project::incident();
    git(&project, &["init", "-q", "-b", "main"]);
    commit(&project, "old");
    git(&project, &["checkout", "-q", "-b", "work"]);
    project
}

fn places(outcome: &Outcome) -> Vec<String> {
    let findings = json(outcome)["findings"].as_array().unwrap().clone();
    findings.iter().map(|f| format!("{}:{}", f["path"].as_str().unwrap(), f["start"]["line"])).collect()
}

#[test]
fn only_files_that_have_changed_are_reported_with_the_schema_of_all() {
    let project = repository();
    let since = |reference: &str| project.run(&["--changed-since", reference, "--output", "json"]);
    let outcome = since("main");
    assert_eq!((outcome.code, places(&outcome)), (Some(0), vec![]), "nothing has changed: {outcome:?}");
    let users = read(&project, "src/users.rs");
    project.write("src/new file.rs", users.replace("set_phone", "set_new").as_bytes());
    let outcome = since("main");
    assert_eq!(
        (outcome.code, places(&outcome)),
        (Some(1), vec!["src/new file.rs:2".to_owned()]),
        "not known to git yet"
    );
    commit(&project, "new");
    assert_eq!(places(&since("main")), ["src/new file.rs:2"], "committed");
    project.write("src/users.rs", format!("// edited\n{users}").as_bytes());
    assert_eq!(places(&since("main")), ["src/new file.rs:2", "src/users.rs:3"], "edited");
    assert_eq!(places(&since("HEAD")), ["src/users.rs:3"]);
    // The main branch goes on: what it changes is not ours.
    git(&project, &["checkout", "-q", "--", "src/users.rs"]);
    git(&project, &["checkout", "-q", "main"]);
    project.write("src/users.rs", format!("// theirs\n{users}").as_bytes());
    commit(&project, "theirs");
    git(&project, &["checkout", "-q", "work"]);
    assert_eq!(places(&since("main")), ["src/new file.rs:2"], "since the branches parted");
    let named = project.run(&["--changed-since", "main", "--output", "json", "migrations", "src/users.rs"]);
    assert_eq!(places(&named), Vec::<String>::new(), "both must hold");
    let below = project
        .command(&["--changed-since", "main", "--output", "json"])
        .current_dir(project.path().join("src"))
        .output()
        .unwrap();
    assert_eq!(below.status.code(), Some(1), "from every folder");
}

#[test]
fn only_statements_of_which_a_line_has_changed_are_reported() {
    let project = repository();
    let users = read(&project, "src/users.rs");
    let lines = |text: &str| {
        project.write("src/users.rs", text.as_bytes());
        places(&project.run(&["--changed-since", "main", "--changed-lines", "--output", "json"]))
    };
    assert_eq!(lines(&format!("// moved\n{users}")), Vec::<String>::new());
    assert_eq!(lines(&users.replace("    Ok(())", "    Ok::<(), sqlx::Error>(())")), Vec::<String>::new());
    assert_eq!(lines(&users.replace("SET data = $1", "SET  data = $1")), ["src/users.rs:2"], "the assignment");
    assert_eq!(lines(&users.replace("\"phone\": phone", "\"phone\": 1")), ["src/users.rs:2"], "what is bound");
    let split = users.replace("SET data = $1 WHERE", "SET data = $1\n        WHERE");
    project.write("src/users.rs", split.as_bytes());
    commit(&project, "split");
    let since_head = |text: &str| {
        project.write("src/users.rs", text.as_bytes());
        places(&project.run(&["--changed-since", "HEAD", "--changed-lines", "--output", "json"]))
    };
    assert_eq!(
        since_head(&split.replace("WHERE id = $2", "WHERE id = $2 AND 1 = 1")),
        ["src/users.rs:2"],
        "another line of it"
    );
    assert_eq!(project.run(&["--changed-lines"]).code, Some(2), "lines of what?");
    project.write("src/users.rs", split.as_bytes());
    git(&project, &["mv", "src/users.rs", "src/people.rs"]);
    let moved = project.run(&["--changed-since", "HEAD", "--changed-lines", "--output", "json"]);
    assert_eq!(places(&moved), Vec::<String>::new(), "a file that only moved has no changed line");
    let moved = project.run(&["--changed-since", "HEAD", "--output", "json"]);
    assert_eq!(places(&moved), ["src/people.rs:2"], "the file has changed all the same");
}

#[test]
fn what_is_staged_is_read_as_it_is_staged() {
    let project = repository();
    let users = read(&project, "src/users.rs");
    let staged = || project.run(&["--staged", "--output", "json"]);
    assert_eq!(places(&staged()), Vec::<String>::new());
    project.write("src/new.rs", users.as_bytes());
    project.write("src/users.rs", format!("// edited\n{users}").as_bytes());
    assert_eq!(places(&staged()), Vec::<String>::new(), "edited, not staged");
    git(&project, &["add", "src/new.rs"]);
    assert_eq!(places(&staged()), ["src/new.rs:2"]);
    project.write("src/new.rs", b"fn repaired_but_not_staged() {}\n");
    let outcome = staged();
    assert_eq!(
        (outcome.code, places(&outcome)),
        (Some(1), vec!["src/new.rs:2".to_owned()]),
        "the commit would hold it"
    );
    git(&project, &["add", "src/new.rs"]);
    assert_eq!(staged().code, Some(0));
    assert_eq!(project.run(&["--staged", "--changed-since", "main"]).code, Some(2));
}

#[test]
fn a_clone_that_does_not_know_says_what_to_do() {
    let project = repository();
    commit_more(&project, 3);
    let shallow = Project::new(&[]);
    let from = format!("file://{}", project.path().display());
    git(&shallow, &["clone", "-q", "--depth", "1", "--branch", "work", &from, "clone"]);
    let run = |arguments: &[&str]| {
        let output = shallow.command(arguments).current_dir(shallow.path().join("clone")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap(), output.stdout)
    };
    for reference in ["origin/main", "main"] {
        let (code, said, stdout) = run(&["--changed-since", reference, "--exit-zero"]);
        assert_eq!((code, stdout.as_slice()), (Some(2), &b""[..]));
        assert!(said.contains(&format!("`{reference}`")) && said.contains("git fetch --unshallow"), "{said}");
        assert!(said.contains("fetch-depth: 0") && said.contains("GIT_DEPTH: 0"), "{said}");
    }
    git_in(&shallow, "clone", &["fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let (code, said, _) = run(&["--changed-since", "origin/main"]);
    assert!(code == Some(2) && said.contains("git fetch --unshallow"), "known, but not where they parted: {said}");
    for (arguments, part) in [
        (&["--changed-since", "nowhere"][..], "git knows no commit `nowhere`"),
        (&["--changed-since=--output=x"], "git knows no commit `--output=x`"),
    ] {
        let outcome = project.run(arguments);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
    let none = Project::incident();
    let outcome = none.run(&["--changed-since", "main"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("is in no git repository"), "{outcome:?}");
    let mut command = project.command(&["--changed-since", "main"]);
    let output = command.env("PATH", "/nowhere").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot run `git`"), "{output:?}");
}

fn commit_more(project: &Project, count: usize) {
    for n in 0..count {
        project.write(&format!("note{n}.txt"), b"x");
        commit(project, "more");
    }
}

fn git_in(project: &Project, folder: &str, arguments: &[&str]) {
    git(project, &[&["-C", folder], arguments].concat());
}
