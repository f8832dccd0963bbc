//! The formats that services read, held against the schemas that were published for them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod program;

use program::Project;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// All formats there are.
const FORMATS: [&str; 11] =
    ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson", "rdjsonl", "markdown"];

/// The incident, twice in one file, and things that a report must not stumble over: a file that does not parse, a
/// statement that cannot be analysed, a file in UTF-16, a name that is markup everywhere, text before the finding that is no ASCII.
fn hostile() -> Project {
    let project = Project::incident();
    std::fs::create_dir(project.path().join(".git")).unwrap();
    let users = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    let again = users.replace("set_phone", "set_phone_again").replace("    sqlx", "    /* \u{1f600}é */ sqlx");
    project.write("src/a <b>&\"c\"%,#.rs", format!("{users}\n{again}").as_bytes());
    project.write("src/broken.rs", b"fn sqlx( { UPDATE users SET data = json");
    project.write("odd.sql", b"UPDATE users SET data = = (((;\n");
    project.write("wide.sql", b"\xff\xfeU\0P\0");
    project.write(
        "src/keys.rs",
        br#"async fn odd(pool: &sqlx::PgPool) {
    sqlx::query("SELECT data->>'<i>`]]>&%0A::error::x' FROM users").fetch_all(pool).await;
}
"#,
    );
    project
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = format!("{}/tests/data/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
    // SARIF's schema has an unescaped `]` in a pattern, which not every engine takes.
    let text = std::fs::read_to_string(path).unwrap().replace("{2}]?$", "{2}\\\\]?$");
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// Says what is wrong with a document.
fn faults(validator: &jsonschema::Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn assert_valid(name: &str, document: &Value) {
    assert_eq!(faults(&schema(name), document), Vec::<String>::new(), "{document:#}");
}

/// The report of the project in that format.
fn report(project: &Project, format: &str) -> String {
    let outcome = project.run(&["--output", format, "--show-unanalysed"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    outcome.stdout
}

fn report_json(project: &Project, format: &str) -> Value {
    serde_json::from_str(&report(project, format)).unwrap()
}

#[test]
fn every_format_ends_with_the_same_exit_code() {
    let clean = Project::new(&[("src/lib.rs", "fn f() {}\n")]);
    let incident = Project::incident();
    for format in FORMATS {
        assert_eq!(clean.run(&["--output", format]).code, Some(0), "{format}");
        assert_eq!(incident.run(&["--output", format]).code, Some(1), "{format}");
        assert_eq!(incident.run(&["--output", format, "nowhere"]).code, Some(2), "{format}");
    }
}

#[test]
fn one_run_writes_every_format_as_it_would_alone() {
    let project = hostile();
    let alone: Vec<String> = FORMATS.iter().map(|format| project.run(&["--output", format]).stdout).collect();
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{format}=report.{format}")).collect();
    let arguments: Vec<&str> = outputs.iter().flat_map(|output| ["--output", output]).collect();
    assert_eq!(project.run(&arguments).code, Some(1));
    for (format, alone) in FORMATS.iter().zip(alone) {
        let written = std::fs::read_to_string(project.path().join(format!("report.{format}"))).unwrap();
        assert_eq!(written, alone, "{format}");
    }
}

#[test]
fn statistics_are_in_what_people_read_and_in_json() {
    let project = hostile();
    for (format, said) in [
        ("text", "     3  error    json-column-overwrite\n"),
        ("concise", "     3  error    json-column-overwrite\n"),
        ("github", "     3  error    json-column-overwrite\n"),
        ("markdown", " | error | 3 |\n"),
        ("jsonl", r#""statistics":[{"rule":"json-column-overwrite","severity":"error","count":3}]"#),
    ] {
        let outcome = project.run(&["--output", format, "--statistics"]);
        assert!(outcome.stdout.contains(said), "{format}: {outcome:?}");
        assert!(!report(&project, format).contains(said), "{format}");
    }
    let document: Value = serde_json::from_str(&project.run(&["--output", "json", "--statistics"]).stdout).unwrap();
    assert_eq!(document["statistics"][0]["count"], 3);
}

#[test]
fn sarif_is_what_its_schema_says() {
    let document = report_json(&hostile(), "sarif");
    assert_valid("sarif-2.1.0.json", &document);
    assert_valid("sarif-2.1.0.json", &report_json_of_nothing("sarif"));
    let mut wrong = document;
    wrong["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!faults(&schema("sarif-2.1.0.json"), &wrong).is_empty());
}

fn report_json_of_nothing(format: &str) -> Value {
    let clean = Project::new(&[("src/lib.rs", "fn f() {}\n")]);
    serde_json::from_str(&clean.run(&["--output", format]).stdout).unwrap()
}

#[test]
fn sarif_lists_all_rules_places_from_the_repository_and_what_was_not_read() {
    let project = hostile();
    let output = project.command(&["--output", "sarif", "--show-unanalysed", ".."]);
    let output = { output }.current_dir(project.path().join("src")).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), noclobber::rules::RULES.len());
    for rule in rules {
        assert!(rule["help"]["text"].as_str().unwrap().contains("## Example"), "{rule}");
        let page = format!("/docs/rules/{}.md", rule["id"].as_str().unwrap());
        assert!(rule["helpUri"].as_str().unwrap().ends_with(&page), "{rule}");
    }
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().unwrap();
    let uris: BTreeSet<&str> = results.iter().map(|result| uri(&result["locations"][0])).collect();
    assert_eq!(uris, ["src/a%20%3Cb%3E%26%22c%22%25%2C%23.rs", "src/users.rs"].into());
    let fingerprints: BTreeSet<&str> =
        results.iter().map(|result| result["partialFingerprints"]["noclobber/v1"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), results.len());
    for result in results {
        assert_eq!(result["ruleId"], rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"]);
        let related = result["relatedLocations"].as_array().unwrap();
        assert!(related.iter().any(|location| uri(location) == "src/shipping.rs"), "{result:#}");
        for location in related {
            let link = format!("]({})", location["id"]);
            assert!(result["message"]["text"].as_str().unwrap().contains(&link), "{result:#}");
        }
    }
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let told = |what: &str| {
        let found = told.iter().find(|told| told["message"]["text"].as_str().unwrap().contains(what));
        let location = &found.unwrap_or_else(|| panic!("nothing of {what}: {told:#?}"))["locations"][0];
        (uri(location), location["physicalLocation"]["region"]["startLine"].clone())
    };
    assert_eq!(told("broken.rs"), ("src/broken.rs", json!(1)));
    assert_eq!(told("not analysed"), ("odd.sql", json!(1)));
    // It has no text that a line could be counted in.
    assert_eq!(told("wide.sql"), ("wide.sql", Value::Null));
}

/// The path of a location, which must be one from the repository's root.
fn uri(location: &Value) -> &str {
    let artifact = &location["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact["uriBaseId"], "%SRCROOT%", "{location}");
    artifact["uri"].as_str().unwrap()
}

#[test]
fn sarif_counts_columns_in_characters_and_rdjson_in_bytes() {
    let project = hostile();
    let (sarif, rdjson, json) =
        (report_json(&project, "sarif"), report_json(&project, "rdjson"), report_json(&project, "json"));
    let line = |n: u64| {
        let text = std::fs::read_to_string(project.path().join("src/a <b>&\"c\"%,#.rs")).unwrap();
        text.lines().nth(usize::try_from(n).unwrap() - 1).unwrap().to_owned()
    };
    let at = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap() - 1;
    let findings = json["findings"].as_array().unwrap();
    let (index, _) = findings.iter().enumerate().find(|(_, f)| f["start"]["line"].as_u64() > Some(8)).unwrap();
    let region = &sarif["runs"][0]["results"][index]["locations"][0]["physicalLocation"]["region"];
    let line = line(region["startLine"].as_u64().unwrap());
    assert!(line.contains('\u{1f600}'));
    let (start, end) = (at(&region["startColumn"]), at(&region["endColumn"]));
    assert_eq!(line.chars().skip(start).take(end - start).collect::<String>(), "data = $1");
    let range = &rdjson["diagnostics"][index]["location"]["range"];
    assert_eq!(&line[at(&range["start"]["column"])..at(&range["end"]["column"])], "data = $1");
}

/// The text with one line-and-column range replaced; columns count characters.
fn replaced(text: &str, [start_line, start_column, end_line, end_column]: [&Value; 4], new: &str) -> String {
    let byte = |line: &Value, column: &Value| {
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
        start + text[start..].chars().take(number(column) - 1).map(char::len_utf8).sum::<usize>()
    };
    format!("{}{new}{}", &text[..byte(start_line, start_column)], &text[byte(end_line, end_column)..])
}

#[test]
fn a_service_that_applies_the_fix_gets_what_the_program_writes() {
    let project = Project::incident();
    let users = || std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    let (sarif, rdjson, before) = (report_json(&project, "sarif"), report_json(&project, "rdjson"), users());
    assert_eq!(project.run(&["--unsafe-fixes"]).code, Some(0));
    let after = users();
    assert_ne!(before, after);
    let [change] = sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"].as_array().unwrap().as_slice() else {
        panic!("{sarif:#}")
    };
    assert_eq!(change["artifactLocation"]["uri"], "src/users.rs");
    let mut applied = before.clone();
    for replacement in change["replacements"].as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let range = ["startLine", "startColumn", "endLine", "endColumn"].map(|name| &region[name]);
        applied = replaced(&applied, range, replacement["insertedContent"]["text"].as_str().unwrap());
    }
    assert_eq!(applied, after);
    let suggestion = &rdjson["diagnostics"][0]["suggestions"][0];
    let (start, end) = (&suggestion["range"]["start"], &suggestion["range"]["end"]);
    let range = [&start["line"], &start["column"], &end["line"], &end["column"]];
    assert_eq!(replaced(&before, range, suggestion["text"].as_str().unwrap()), after);
}

#[test]
fn gitlab_code_quality_is_what_its_schema_says() {
    let document = report_json(&hostile(), "gitlab");
    assert_valid("gitlab-code-quality.json", &document);
    assert_eq!(report_json_of_nothing("gitlab"), json!([]));
    let issues = document.as_array().unwrap();
    let fingerprints: BTreeSet<&str> = issues.iter().map(|i| i["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((issues.len(), fingerprints.len()), (3, 3));
    assert!(issues.iter().any(|issue| issue["location"]["path"] == "src/users.rs"
        && issue["location"]["lines"]["begin"] == 2
        && issue["severity"] == "critical"
        && issue["check_name"] == "json-column-overwrite"));
}

#[test]
fn rdjson_is_what_its_schema_says() {
    let project = hostile();
    let document = report_json(&project, "rdjson");
    assert_valid("rdjson.json", &document);
    assert_valid("rdjson.json", &report_json_of_nothing("rdjson"));
    let lines = report(&project, "rdjsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), document["diagnostics"].as_array().unwrap().len());
    for (line, diagnostic) in lines.iter().zip(document["diagnostics"].as_array().unwrap()) {
        assert_valid("rdjsonl.json", line);
        assert_eq!(line["source"], document["source"]);
        assert_eq!((&line["message"], &line["location"]), (&diagnostic["message"], &diagnostic["location"]));
    }
    let mut wrong = document;
    wrong["diagnostics"][0]["location"]["range"]["start"]["line"] = json!("2");
    assert!(!faults(&schema("rdjson.json"), &wrong).is_empty());
}

/// Whether xmllint (libxml2) finds the document valid.
fn is_valid_junit(xml: &str) -> bool {
    let schema = format!("{}/tests/data/schemas/junit-10.xsd", env!("CARGO_MANIFEST_DIR"));
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema", &schema, "-"]);
    let mut child = xmllint.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("xmllint of libxml2-utils");
    child.stdin.take().unwrap().write_all(xml.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn junit_is_what_its_schema_says() {
    let project = hostile();
    let xml = report(&project, "junit");
    assert!(is_valid_junit(&xml), "{xml}");
    assert!(xml.contains("tests=\"3\" failures=\"3\" errors=\"0\""), "{xml}");
    assert!(!is_valid_junit(&xml.replace("<testcase name=", "<testcase nom=")), "the validator sees nothing");
    let clean = Project::new(&[("src/lib.rs", "fn f() {}\n")]).run(&["--output", "junit"]).stdout;
    assert!(is_valid_junit(&clean) && clean.contains("tests=\"1\" failures=\"0\""), "{clean}");
}

#[test]
fn a_finding_about_no_write_has_no_column() {
    let project = Project::incident();
    project.write("a.sql", b"-- noclobber: ignore[json-column-overwrite] -- for nothing\nSELECT data FROM users;\n");
    let arguments = ["a.sql", "--min-confidence", "low", "--output"];
    let report = |format| project.run(&[&arguments[..], &[format]].concat()).stdout;
    let sarif: Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_valid("sarif-2.1.0.json", &sarif);
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unused-suppression", "{sarif:#}");
    assert!(sarif["runs"][0]["results"][0]["properties"]["column"].is_null(), "{sarif:#}");
    let junit = report("junit");
    assert!(is_valid_junit(&junit) && junit.contains("name=\"unused-suppression at a.sql:1:1\""), "{junit}");
}

#[test]
fn what_is_below_the_gate_is_no_failed_test() {
    let project = Project::incident();
    project.write("a.sql", b"UPDATE users SET data = '[]' WHERE id = 1;\n");
    let outcome = project.run(&["--output", "junit", "--min-confidence", "low", "a.sql", "--fail-on", "error"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("tests=\"1\" failures=\"0\""), "{outcome:?}");
    assert!(outcome.stdout.contains("<system-out>a.sql:1:18: "), "{outcome:?}");
    assert!(is_valid_junit(&outcome.stdout), "{outcome:?}");
}

#[test]
fn github_annotations_stand_on_lines_of_their_own_and_the_summary_is_appended() {
    let project = hostile();
    let summary = project.write("summary.md", b"# before\n");
    let mut command = project.command(&["--output", "github", ".."]);
    command.current_dir(project.path().join("src")).env("GITHUB_STEP_SUMMARY", &summary);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let commands: Vec<&str> = stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 3, "{stdout}");
    assert!(commands.iter().all(|line| line.starts_with("::error title=json-column-overwrite,file=src/")), "{stdout}");
    assert!(commands[0].contains("file=src/a <b>&\"c\"%25%2C#.rs,line=2,endLine=2,col=35,endColumn=44::"), "{stdout}");
    assert!(commands[0].contains("%0A- `address` is read here (src/shipping.rs:2)%0A"), "{stdout}");
    let page = std::fs::read_to_string(summary).unwrap();
    assert!(page.starts_with("# before\n## noclobber: 3 errors\n"), "{page}");
    assert!(page.contains("```diff\n- UPDATE users SET data = $1 WHERE id = $2\n+ UPDATE users SET data = "), "{page}");
}

#[test]
fn github_is_told_the_worst_first_and_how_many_there_are() {
    let project = Project::incident();
    let users = std::fs::read_to_string(project.path().join("src/users.rs")).unwrap();
    for n in 0..11 {
        project.write(&format!("src/copy{n}.rs"), users.as_bytes());
    }
    project.write("a.sql", b"UPDATE users SET data = '[]' WHERE id = 1;\n");
    let stdout = project.run(&["--output", "github", "--min-confidence", "low"]).stdout;
    let kinds: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("::")?.split(' ').next()).collect();
    let mut sorted = kinds.clone();
    sorted.sort_by_key(|kind| ["error", "warning", "notice"].iter().position(|known| known == kind).unwrap());
    assert_eq!(kinds, sorted);
    assert!(stdout.contains("GitHub shows the first 10 of 12 errors; all are in this log\n"), "{stdout}");
}

#[test]
fn markdown_keeps_hostile_names_in_their_place() {
    let page = report(&hostile(), "markdown");
    assert!(page.contains("`src/a <b>&\"c\"%,#.rs:2`"), "{page}");
    let prose = page.split("```").step_by(2).map(|part| part.replace("\\`", ""));
    let prose: Vec<String> =
        prose.flat_map(|part| part.split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(prose.iter().all(|text| !text.contains("<b>") && !text.contains("<i>")), "{prose:?}");
}
