//! The formats, on hand-made findings.

use super::repository::Repository;
use super::{Shown, concise, json, rdjson, sarif, text};
use crate::check::Report;
use crate::document::survival::Word;
use crate::frontend::sql::Verb;
use crate::project::Unanalysed;
use crate::rules::finding::{Applicability, Confidence, Edit, Evidence, Finding, Fix, Severity};
use crate::source::{FileId, Site, SourceFile, Span};

const USERS: &str = "\
async fn save(id: i64, phone: String) {
    sqlx::query(\"UPDATE users SET data = $1 WHERE id = $2\")
        .bind(json!({ \"phone\": phone }))
        .bind(id);
}
";
const MIGRATION: &str = "CREATE TABLE users (\n    id BIGINT,\n    data JSONB NOT NULL DEFAULT '{}'\n);\n";

fn file(report: &mut Report, path: &str, text: &str) -> FileId {
    report.files.add(SourceFile { path: path.into(), absolute: path.into(), text: text.into() })
}

/// The place of the first `part` in a file.
fn site(report: &Report, file: FileId, part: &str) -> Site {
    let start = report.files.get(file).text.find(part).unwrap();
    Site { file, span: Span::new(start..start + part.len()) }
}

fn finding(site: Site) -> Finding {
    Finding {
        rule: "json-column-overwrite",
        severity: Severity::Error,
        confidence: Confidence::High,
        message: "this UPDATE replaces all of `users.data`: `address` is lost".into(),
        site,
        label: "the new document has only `phone`".into(),
        table: "users".into(),
        column: "data".into(),
        verb: Some(Verb::Update),
        survival: Some(Word::Lost),
        also: vec![],
        labels: vec!["object-literal"],
        lost_keys: Some(vec!["address".into()]),
        evidence: vec![],
        notes: vec![],
        fix: None,
        fingerprint: "0123456789abcdef".into(),
    }
}

fn incident() -> Report {
    let mut report = Report::default();
    let users = file(&mut report, "src/users.rs", USERS);
    let migration = file(&mut report, "migrations/0001_users.sql", MIGRATION);
    let mut found = finding(site(&report, users, "data = $1"));
    let evidence = |kind, message: &str, site| Evidence { kind, message: message.into(), site };
    let bind = site(&report, users, "json!({ \"phone\": phone })");
    found.evidence = vec![
        evidence("bind", "bound to $1", Some(bind)),
        evidence("schema", "a JSON column since here", Some(site(&report, migration, "data JSONB"))),
        evidence("schema", "the offline cache says so too", None),
    ];
    found.notes = vec!["before  {\"address\": .., \"phone\": ..}\nafter   {\"phone\": ..}".into()];
    let old = "UPDATE users SET data = $1 WHERE id = $2";
    let new = "UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2";
    found.fix = Some(Fix {
        applicability: Applicability::Unsafe,
        title: "set the one key and keep the rest".into(),
        edits: vec![Edit { site: found.site, text: "data = jsonb_set(data, '{phone}', $1::jsonb)".into() }],
        patch: vec![
            (old.into(), new.into()),
            (".bind(json!({ \"phone\": phone }))".into(), ".bind(Json(&phone))".into()),
        ],
    });
    report.unanalysed.push(Unanalysed {
        site: site(&report, migration, "CREATE TABLE"),
        reason: "this statement cannot be parsed".into(),
    });
    report.findings.push(found);
    report.summary.files = 2;
    report.summary.statements = 3;
    report.summary.json_writes = 1;
    report.summary.unanalysed = 1;
    report
}

fn as_text(report: &Report, shown: Shown, color: bool) -> String {
    let mut out = vec![];
    text::write(&mut out, report, shown, color).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_said_of_one_place_stands_on_one_line() {
    let mut report = incident();
    let finding = &mut report.findings[0];
    let again = Evidence { message: "JSON text is bound to `data` here".into(), ..finding.evidence[0].clone() };
    finding.evidence.push(again);
    let text = as_text(&report, Shown::default(), false);
    assert!(text.contains("--- bound to $1; JSON text is bound to `data` here\n"), "{text}");
}

#[test]
fn the_text_shows_the_code_why_and_what_to_write() {
    let text = as_text(&incident(), Shown { hidden: 2, ..Shown::default() }, false);
    insta::assert_snapshot!(text, @r#"
    error[json-column-overwrite]: this UPDATE replaces all of `users.data`: `address` is lost
      ┌─ src/users.rs:2:35
      │
    2 │     sqlx::query("UPDATE users SET data = $1 WHERE id = $2")
      │                                   ^^^^^^^^^ the new document has only `phone`
    3 │         .bind(json!({ "phone": phone }))
      │               ------------------------- bound to $1
      │
      ┌─ migrations/0001_users.sql:3:5
      │
    3 │     data JSONB NOT NULL DEFAULT '{}'
      │     ---------- a JSON column since here
      │
      = the offline cache says so too
      = before  {"address": .., "phone": ..}
        after   {"phone": ..}
      = help: set the one key and keep the rest
          -  UPDATE users SET data = $1 WHERE id = $2
          +  UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2
          -  .bind(json!({ "phone": phone }))
          +  .bind(Json(&phone))

    1 finding (1 error) in 2 files, and 2 below --min-confidence; 3 statements read, 1 write of a JSON column, 1 not analysed (--show-unanalysed lists them)
    `noclobber explain json-column-overwrite` says more about the rule
    "#);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let (plain, colored) =
        (as_text(&incident(), Shown::default(), false), as_text(&incident(), Shown::default(), true));
    assert!(colored.contains('\u{1b}') && !plain.contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    let trim = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trim(&stripped), trim(&plain));
}

#[test]
fn a_concise_finding_is_one_line_and_the_counts_follow() {
    let mut report = incident();
    report.findings[0].message.push_str("\nand \u{1b}[2Jmore");
    let mut out = vec![];
    concise::write(&mut out, &report, Shown { unanalysed: true, statistics: true, ..Shown::default() }).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
    src/users.rs:2:35: error[json-column-overwrite] this UPDATE replaces all of `users.data`: `address` is lost and ?[2Jmore
    migrations/0001_users.sql:1:1: not analysed: this statement cannot be parsed
         1  error    json-column-overwrite
    1 finding (1 error) in 2 files; 3 statements read, 1 write of a JSON column, 1 not analysed
    ");
}

#[test]
fn the_json_document_has_every_field_of_version_1() {
    let mut out = vec![];
    json::write(&mut out, &incident(), Shown::default()).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn json_lines_hold_the_same_findings_as_the_document() {
    let report = incident();
    let (mut document, mut lines) = (vec![], vec![]);
    let shown = Shown { unanalysed: true, ..Shown::default() };
    json::write(&mut document, &report, shown).unwrap();
    json::write_lines(&mut lines, &report, shown).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], document["findings"][0]);
    assert_eq!(lines[1]["unanalysed"], document["unanalysed"][0]);
    assert_eq!(lines[2]["summary"], document["summary"]);
}

#[test]
fn a_long_line_is_cut_around_its_labels_and_keeps_its_column() {
    let long = format!("-- a\n{}UPDATE t SET data = $1{}\n-- b\n", "é ".repeat(20_000), " é".repeat(20_000));
    let mut report = Report::default();
    let file = file(&mut report, "long.sql", &long);
    report.findings.push(finding(site(&report, file, "data = $1")));
    let text = as_text(&report, Shown::default(), false);
    assert!(text.len() < 2_000, "{} bytes", text.len());
    assert!(text.contains("long.sql:2:40014"), "{text}");
    assert!(text.contains("UPDATE t SET data = $1"), "{text}");
    let (code, marks) =
        (text.lines().find(|l| l.contains("SET data")).unwrap(), text.lines().find(|l| l.contains("^^")));
    let column = |line: &str, part: &str| line[..line.find(part).unwrap()].chars().count();
    assert_eq!(column(code, "data ="), column(marks.unwrap(), "^"));
}

#[test]
fn two_labels_far_apart_on_a_long_line_do_not_panic() {
    let long = format!("{}x{}", "a".repeat(5_000), "b".repeat(5_000));
    let mut report = Report::default();
    let file = file(&mut report, "long.sql", &long);
    let mut found = finding(site(&report, file, "x"));
    let evidence = |start, end| Evidence {
        kind: "use",
        message: "here".into(),
        site: Some(Site { file, span: Span { start, end } }),
    };
    found.evidence = vec![evidence(0, 3), evidence(9_990, 10_001), evidence(20_000, 30_000), evidence(7, 2)];
    report.findings.push(found);
    let text = as_text(&report, Shown::default(), false);
    assert!(text.contains("long.sql:1:5001") && text.len() < 3_000, "{text}");
    assert!(text.contains("= long.sql:1:1: here") && text.contains("= long.sql:1:9991: here"), "{text}");
}

#[test]
fn odd_files_are_shown_with_the_places_of_an_editor() {
    let mut report = Report::default();
    let bom = file(&mut report, "bom.sql", "\u{feff}UPDATE t SET data = 1;\r\nUPDATE t\r\n  SET data =\r\n  2;\r\n");
    report.findings.push(finding(site(&report, bom, "data = 1")));
    report.findings.push(finding(site(&report, bom, "data =\r\n  2")));
    let empty = file(&mut report, "empty.sql", "");
    report.findings.push(finding(Site { file: empty, span: Span { start: 0, end: 0 } }));
    let hostile = file(&mut report, "\u{1b}[2Jx.sql", "\u{1b}]0;title\u{7}\tdata = '\u{202e}'");
    report.findings.push(finding(site(&report, hostile, "data =")));
    let text = as_text(&report, Shown { quiet: true, ..Shown::default() }, false);
    insta::assert_snapshot!(text, @r"
    error[json-column-overwrite]: this UPDATE replaces all of `users.data`: `address` is lost
      ┌─ bom.sql:1:14
      │
    1 │ UPDATE t SET data = 1;
      │              ^^^^^^^^ the new document has only `phone`

    error[json-column-overwrite]: this UPDATE replaces all of `users.data`: `address` is lost
      ┌─ bom.sql:3:7
      │
    3 │     SET data =
      │ ╭───────^
    4 │ │   2;
      │ ╰───^ the new document has only `phone`

    error[json-column-overwrite]: this UPDATE replaces all of `users.data`: `address` is lost
      ┌─ empty.sql:1:1
      │
    1 │
      │ ^ the new document has only `phone`

    error[json-column-overwrite]: this UPDATE replaces all of `users.data`: `address` is lost
      ┌─ ?[2Jx.sql:1:12
      │
    1 │ ?]0;title?  data = '�'
      │             ^^^^^^ the new document has only `phone`
    ");
}

#[test]
fn a_label_over_many_lines_shows_its_ends() {
    let middle = "  -- a line\n".repeat(997);
    let mut report = Report::default();
    let text = format!("UPDATE t\nSET data =\n{middle}  $1;\n");
    let file = file(&mut report, "many.sql", &text);
    let (start, end) = (text.find("data").unwrap(), text.find("$1").unwrap() + 2);
    report.findings.push(finding(Site { file, span: Span::new(start..end) }));
    let text = as_text(&report, Shown::default(), false);
    assert!(text.lines().count() < 20, "{text}");
    assert!(text.contains("   2 │   SET data =") && text.contains("1000 │ │   $1;"), "{text}");
}

/// The incident in SARIF and in rdjson, with this trust in its fix.
fn fixes(applicability: Applicability) -> [serde_json::Value; 2] {
    let mut report = incident();
    let users = FileId(0);
    let bind = site(&report, users, "json!({ \"phone\": phone })");
    let fix = report.findings[0].fix.as_mut().unwrap();
    fix.applicability = applicability;
    fix.edits.push(Edit { site: bind, text: "Json(&phone)".into() });
    let (mut sarif, mut rdjson) = (vec![], vec![]);
    sarif::write(&mut sarif, &report, Shown::default(), &Repository::default()).unwrap();
    rdjson::write(&mut rdjson, &report).unwrap();
    let (sarif, rdjson): (serde_json::Value, serde_json::Value) =
        (serde_json::from_slice(&sarif).unwrap(), serde_json::from_slice(&rdjson).unwrap());
    [sarif["runs"][0]["results"][0]["fixes"].clone(), rdjson["diagnostics"][0]["suggestions"].clone()]
}

#[test]
fn a_fix_that_can_be_applied_is_one_change_for_a_service() {
    let [sarif, rdjson] = fixes(Applicability::Unsafe);
    assert_eq!(sarif.as_array().unwrap().len(), 1);
    let change = &sarif[0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "src/users.rs");
    assert_eq!(change["replacements"].as_array().unwrap().len(), 2);
    assert_eq!(change["replacements"][1]["insertedContent"]["text"], "Json(&phone)");
    let region = &change["replacements"][1]["deletedRegion"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&3.into(), &15.into()));
    assert_eq!(rdjson.as_array().unwrap().len(), 1, "a review takes each suggestion on its own");
    let text = rdjson[0]["text"].as_str().unwrap();
    let expected = "data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2\")\n        .bind(Json(&phone)";
    assert_eq!(text, expected);
}

#[test]
fn a_fix_with_a_gap_to_fill_in_is_only_told() {
    let [sarif, rdjson] = fixes(Applicability::Display);
    assert!(sarif.is_null() && rdjson.is_null(), "{sarif} {rdjson}");
}
