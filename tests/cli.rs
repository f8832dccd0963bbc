//! The command line: exit codes, formats, streams.

mod program;

use program::{Outcome, Project};
use serde_json::Value;
use std::io::Read as _;
use std::process::Stdio;

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

#[test]
fn nothing_found_is_0() {
    let project = Project::new(&[("src/lib.rs", "fn f() {}\n")]);
    let outcome = project.run(&[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert!(outcome.stdout.starts_with("0 findings in 1 file;"), "{}", outcome.stdout);
}

#[test]
fn findings_are_1_and_the_same_in_every_format() {
    let project = Project::incident();
    for format in ["text", "concise", "json", "jsonl"] {
        let outcome = project.run(&["check", "--output", format]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""), "{outcome:?}");
        assert!(outcome.stdout.contains("json-column-overwrite"), "{outcome:?}");
    }
    assert_eq!(project.run(&["--exit-zero"]).code, Some(0));
    assert_eq!(project.run(&["--ignore", "json-column-overwrite"]).code, Some(0));
    assert_eq!(project.run(&["--select", "json-column-overwrite"]).code, Some(1));
}

#[test]
fn usage_errors_are_2_and_say_what_to_do() {
    let project = Project::incident();
    for (arguments, said) in [
        (&["nowhere"][..], "nowhere"),
        (&["src", "nowhere.rs"], "nowhere.rs"),
        (&["--schema", "nowhere.sql"], "nowhere.sql"),
        (&["--select", "json-colum-overwrite"], "did you mean `json-column-overwrite`"),
        (&["--ignore", "zzz"], "there is no rule `zzz`"),
        (&["explain", "json-upsert-overwite"], "did you mean `json-upsert-overwrite`"),
        (&["--output", "yaml"], "there is no format `yaml`"),
        (&["--output", "json", "--output", "text"], "alone on stdout"),
        (&["--output", "github", "--output", "sarif"], "alone on stdout"),
        (&["--output", "json=no/such/folder.json"], "no/such/folder.json"),
        (&["--no-such-option"], "--no-such-option"),
        (&["--stdin-filename", "a.rs"], "needs the path `-`"),
        (&["--jobs", "0"], "--jobs"),
    ] {
        let outcome = project.run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(outcome.stderr.matches("No such file").count() <= 1, "said twice: {outcome:?}");
    }
    assert_eq!(project.run(&["nowhere", "--exit-zero"]).code, Some(2));
}

#[test]
fn the_finding_stands_where_the_assignment_stands() {
    let project = Project::incident();
    let outcome = project.run(&["--output", "json"]);
    let document = json(&outcome);
    assert_eq!(document["version"], 1);
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{}", outcome.stdout);
    let finding = &findings[0];
    assert_eq!(finding["path"], "src/users.rs");
    assert_eq!((&finding["table"], &finding["column"]), (&"users".into(), &"data".into()));
    let text = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    let byte = |end: &str| usize::try_from(finding[end]["byte"].as_u64().unwrap()).unwrap();
    assert_eq!(&text[byte("start")..byte("end")], "data = $1");
    assert_eq!(finding["lost_keys"], serde_json::json!(["address"]));
    assert!(finding["evidence"].as_array().unwrap().iter().any(|e| e["path"] == "src/shipping.rs"));
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 16);
}

#[test]
fn the_text_names_the_key_and_shows_both_places() {
    let text = Project::incident().run(&[]).stdout;
    for part in
        ["error[json-column-overwrite]", "`address`", "src/users.rs:2:35", "src/shipping.rs:2", "migrations/0001"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn one_named_file_is_judged_with_the_schema_of_the_whole_project() {
    let project = Project::incident();
    assert_eq!(project.run(&["src/users.rs"]).code, Some(1));
    let other = project.run(&["src/shipping.rs", "migrations"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    let mut here = project.command(&["users.rs", "--output", "concise"]);
    let output = here.current_dir(project.path().join("src")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("users.rs:2:"), "{output:?}");
}

#[test]
fn a_fingerprint_does_not_depend_on_where_one_stands() {
    let project = Project::incident();
    let fingerprint = |document: &Value| document["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    let whole = fingerprint(&json(&project.run(&["--output", "json"])));
    let output = project.command(&["--output", "json"]).current_dir(project.path().join("src")).output().unwrap();
    let below: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(fingerprint(&below), whole);
    let users = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    project.write("src/users.rs", format!("// moved\n\n{users}").as_bytes());
    assert_eq!(fingerprint(&json(&project.run(&["--output", "json"]))), whole);
}

#[test]
fn stdin_stands_for_a_file_of_the_project() {
    let project = Project::incident();
    let users = std::fs::read(project.path().join("src/users.rs")).unwrap();
    std::fs::write(project.path().join("src/users.rs"), "fn nothing() {}\n").unwrap();
    assert_eq!(project.run(&[]).code, Some(0));
    let outcome = project.run_with_stdin(&["-", "--stdin-filename", "src/users.rs", "--output", "concise"], &users);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.starts_with("src/users.rs:2:"), "{outcome:?}");
    let outcome = project.run_with_stdin(&["check", "-", "--stdin-filename", "src/new.rs"], &users);
    assert_eq!(outcome.code, Some(1), "a file that is not saved yet: {outcome:?}");
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let project = Project::incident();
    let users = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    for n in 0..40 {
        project.write(&format!("src/copy{n}.rs"), users.as_bytes());
    }
    for format in ["text", "json", "sarif", "github", "junit"] {
        let run = |jobs| project.run(&["--output", format, "--show-unanalysed", "-j", jobs]);
        let one = run("1");
        assert_eq!(one.code, Some(1));
        for jobs in ["2", "7"] {
            assert_eq!(run(jobs), one);
        }
    }
}

#[test]
fn several_reports_come_out_of_one_run() {
    let project = Project::incident();
    let outcome =
        project.run(&["--output", "json=report.json", "--output", "jsonl=report.jsonl", "--output", "concise"]);
    assert_eq!(outcome.code, Some(1));
    let document: Value = serde_json::from_slice(&std::fs::read(project.path().join("report.json")).unwrap()).unwrap();
    let lines = std::fs::read_to_string(project.path().join("report.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], document["findings"][0]);
    assert_eq!(lines.last().unwrap()["summary"], document["summary"]);
    assert_eq!(outcome.stdout.lines().filter(|line| line.contains("json-column-overwrite")).count(), 1);
}

#[test]
fn a_broken_pipe_is_a_quiet_0() {
    let project = Project::incident();
    let users = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    for n in 0..300 {
        project.write(&format!("src/copy{n}.rs"), users.as_bytes());
    }
    for format in ["text", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson", "rdjsonl", "markdown"] {
        let mut command = project.command(&["--output", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 10]).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn colour_is_for_those_who_ask_or_look() {
    let project = Project::incident();
    let colored = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = project.command(arguments);
        command.envs(variable);
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!colored(&[], None), "a pipe is no terminal");
    assert!(colored(&["--color", "always"], None));
    assert!(colored(&[], Some(("FORCE_COLOR", "1"))));
    assert!(colored(&[], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&["--color", "never"], Some(("FORCE_COLOR", "1"))));
    assert!(!colored(&["--output", "json", "--color", "always"], None));
}

#[test]
fn what_cannot_be_analysed_is_counted_and_listed() {
    let project = Project::new(&[("a.sql", "CREATE TABLE t (data jsonb);\nUPDATE t SET data = = (((;\n")]);
    let document = json(&project.run(&["--output", "json", "--show-unanalysed"]));
    assert_eq!(document["summary"]["unanalysed"], 1);
    assert_eq!(document["unanalysed"][0]["path"], "a.sql");
    let text = project.run(&[]).stdout;
    assert!(text.contains("1 not analysed (--show-unanalysed lists them)"), "{text}");
    assert!(project.run(&["--show-unanalysed"]).stdout.contains("a.sql:2:14: not analysed: "));
}

#[test]
fn quiet_leaves_only_the_findings() {
    let project = Project::incident();
    project.write("broken.rs", b"fn sqlx( {");
    let outcome = project.run(&["-q", "--output", "concise"]);
    assert_eq!((outcome.code, outcome.stderr.as_str(), outcome.stdout.lines().count()), (Some(1), "", 1));
    let outcome = project.run(&["-v", "--statistics"]);
    assert!(outcome.stderr.contains("checked 4 files"), "{outcome:?}");
    assert!(outcome.stdout.lines().any(|line| line.starts_with("     1  ")), "{outcome:?}");
}

#[test]
fn nothing_to_check_is_said() {
    let project = Project::new(&[("README.md", "# x\n")]);
    let outcome = project.run(&["README.md"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("no Rust or SQL file"), "{outcome:?}");
}

#[test]
fn every_rule_has_a_page() {
    let project = Project::new(&[]);
    let list = project.run(&["explain"]);
    assert_eq!((list.code, list.stderr.as_str()), (Some(0), ""));
    assert_eq!(project.run(&["rules"]), list);
    let ids: Vec<&str> = list.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids, noclobber::rules::RULES.iter().map(|rule| rule.id).collect::<Vec<_>>());
    for id in ids {
        let page = project.run(&["explain", id]);
        assert_eq!(page.code, Some(0));
        assert!(page.stdout.starts_with(&format!("# {id}\n")), "{}", page.stdout);
    }
}

#[test]
fn help_version_completions_and_manual_go_to_stdout() {
    let project = Project::new(&[]);
    for (arguments, said) in [
        (&["--help"][..], "Exit codes:"),
        (&["check", "--help"], "--min-confidence"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["completions", "bash"], "noclobber"),
        (&["completions", "zsh"], "#compdef noclobber"),
        (&["man"], ".TH noclobber"),
    ] {
        let outcome = project.run(arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(outcome.stdout.contains(said), "{arguments:?}: {}", outcome.stdout);
    }
}

#[test]
fn a_diff_shows_what_would_change_and_changes_nothing() {
    let project = Project::incident();
    let before = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    let outcome = project.run(&["--diff", "--unsafe-fixes"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for line in [
        "--- a/src/users.rs\n+++ b/src/users.rs\n",
        "-    sqlx::query(\"UPDATE users SET data = $1 WHERE id = $2\")\n",
        "+    sqlx::query(\"UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2\")\n",
        "+        .bind(serde_json::json!(phone))\n",
    ] {
        assert!(outcome.stdout.contains(line), "{line}{outcome:?}");
    }
    assert_eq!(outcome.stderr, "1 finding would be fixed in 1 file\n");
    assert_eq!(std::fs::read_to_string(project.path().join("src/users.rs")).unwrap(), before);
    assert_eq!(project.run(&["--diff", "--unsafe-fixes", "--exit-zero"]).code, Some(0));
    // This change is right if the finding is; without being asked for it is only counted.
    let safe = project.run(&["--diff"]);
    assert_eq!((safe.code, safe.stdout.as_str()), (Some(0), ""), "{safe:?}");
    assert!(safe.stderr.contains("1 fix more with --unsafe-fixes"), "{safe:?}");
}

#[test]
fn fixes_are_made_once_and_the_rest_is_reported() {
    let project = Project::incident();
    let untouched = project.run(&["--fix", "--output", "concise"]);
    assert_eq!(untouched.code, Some(1), "{untouched:?}");
    let outcome = project.run(&["--unsafe-fixes", "--output", "concise"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("fixed 1 finding in 1 file"), "{outcome:?}");
    let after = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    assert!(
        after.contains("jsonb_set(data, '{phone}', $1::jsonb)") && after.contains(".bind(serde_json::json!(phone))")
    );
    let again = project.run(&["--unsafe-fixes", "-q"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(project.path().join("src/users.rs")).unwrap(), after);
    assert_eq!(project.run(&["--diff", "--unsafe-fixes"]).code, Some(0));
    let stdin = project.run_with_stdin(&["--fix", "-"], b"fn f() {}");
    assert_eq!(stdin.code, Some(2), "{stdin:?}");
    assert!(stdin.stderr.contains("--diff"), "{stdin:?}");
}

#[test]
fn a_fix_keeps_line_ends_marks_and_bytes_that_are_no_text() {
    let project = Project::incident();
    let mut bytes =
        b"\xef\xbb\xbf-- caf\xe9\r\nUPDATE users\r\nSET data = '{\"phone\": 1}'\r\nWHERE id = 1;\r\n".to_vec();
    project.write("queries/save.sql", &bytes);
    let outcome = project.run(&["--unsafe-fixes", "queries", "-q"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let at = bytes.windows(2).position(|pair| pair == b"'{").unwrap();
    bytes.splice(at..at, *b"data || ");
    assert_eq!(std::fs::read(project.path().join("queries/save.sql")).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn a_fix_goes_through_links_keeps_permissions_and_leaves_what_is_read_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::incident();
    let real = project.path().join("src/users.rs");
    let target = project.path().join("store/users.rs");
    std::fs::create_dir(project.path().join("store")).unwrap();
    std::fs::rename(&real, &target).unwrap();
    std::os::unix::fs::symlink("../store/users.rs", &real).unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o444)).unwrap();
    let refused = project.run(&["--unsafe-fixes", "src/users.rs"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("users.rs: it is read-only"), "{refused:?}");
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(project.run(&["--unsafe-fixes", "src/users.rs"]).code, Some(0));
    assert!(std::fs::symlink_metadata(&real).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::read_to_string(&target).unwrap().contains("jsonb_set"));
    let left: Vec<_> = std::fs::read_dir(target.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");
}

#[test]
fn the_edits_of_a_fix_are_in_the_json_report() {
    let project = Project::incident();
    let report = json(&project.run(&["--output", "json"]));
    let fix = &report["findings"][0]["fix"];
    assert_eq!(fix["applicability"], "unsafe");
    let mut text = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    for edit in fix["edits"].as_array().unwrap().iter().rev() {
        assert_eq!(edit["path"], "src/users.rs");
        let at = |name: &str| usize::try_from(edit[name].as_u64().unwrap()).unwrap();
        text.replace_range(at("start_byte")..at("end_byte"), edit["text"].as_str().unwrap());
    }
    assert_eq!(project.run(&["--unsafe-fixes", "-q"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(project.path().join("src/users.rs")).unwrap(), text);
}

#[test]
fn what_took_how_long_is_said_to_who_asks() {
    let project = Project::incident();
    let said = project.run(&["--verbose"]).stderr;
    let phases = said.lines().find(|line| line.starts_with("read ")).unwrap();
    for part in [" ms, joined ", " ms, callers ", " ms, judged ", ": judgement is "] {
        assert!(phases.contains(part), "{said}");
    }
    assert!(!project.run(&[]).stderr.contains("judgement"));
}
