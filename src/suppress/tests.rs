//! What comments take out, and what is said of them.

use super::*;
use crate::fix::apply::plan;
use crate::rules::UNUSED_SUPPRESSION;
use crate::rules::finding::{Applicability, Confidence, Severity};
use crate::source::SourceFile;

const TEXT: &str = "\
-- noclobber: ignore[json-column-overwrite, json-lost-update] -- why
UPDATE t SET data = 1;
UPDATE t SET data = 2; -- noclobber: ignore[json-column-overwrite]
-- noclobber: ignore[json-colum-overwrite] -- why
UPDATE t SET data = 3;
";

fn files() -> (Files, FileId) {
    let mut files = Files::default();
    let file = files.add(SourceFile { path: "a.sql".into(), absolute: "a.sql".into(), text: TEXT.into() });
    (files, file)
}

fn commented(file: FileId) -> Commented {
    let facts = crate::frontend::sql_file::read(
        file,
        &SourceFile { path: "a.sql".into(), absolute: "a.sql".into(), text: TEXT.into() },
        None,
        false,
    );
    Commented { file, comments: facts.comments, gaps: Some(vec![]) }
}

fn finding(file: FileId, part: &str, rule: &'static str) -> Finding {
    let start = TEXT.find(part).unwrap();
    Finding {
        rule,
        severity: Severity::Error,
        confidence: Confidence::High,
        message: String::new(),
        site: Site { file, span: Span::new(start..start + part.len()) },
        label: String::new(),
        table: "t".into(),
        column: "data".into(),
        verb: None,
        survival: None,
        also: vec![],
        labels: vec![],
        lost_keys: None,
        evidence: vec![],
        notes: vec![],
        fix: None,
        fingerprint: String::new(),
    }
}

fn all(file: FileId) -> Vec<Finding> {
    ["data = 1", "data = 2", "data = 3"].map(|part| finding(file, part, "json-column-overwrite")).to_vec()
}

#[test]
fn covered_findings_go_and_comments_without_effect_or_sense_are_told() {
    let (files, file) = files();
    let applied = apply(all(file), &[commented(file)], &files, &Levels::default());
    assert_eq!(applied.suppressed.len(), 2);
    assert_eq!(applied.kept.iter().map(|f| files.text(f.site)).collect::<Vec<_>>(), ["data = 3"]);
    let told: Vec<_> = applied.about_comments.iter().map(|f| (f.rule, f.severity, f.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "invalid-suppression",
                Severity::Warning,
                "this comment does not suppress what it seems to: there is no rule `json-colum-overwrite`; did you mean `json-column-overwrite`?"
            ),
            (
                "unused-suppression",
                Severity::Warning,
                "this suppression has no effect: `json-lost-update` reports nothing here"
            ),
            (
                "invalid-suppression",
                Severity::Note,
                "this suppression holds, but gives no reason: add ` -- ` and why the write is right"
            ),
        ]
    );
}

#[test]
fn only_rules_that_are_on_are_judged_and_only_where_everything_was_understood() {
    let (files, file) = files();
    let unused = |commented: Commented, levels: &Levels| {
        let applied = apply(all(file), &[commented], &files, levels);
        applied.about_comments.iter().filter(|f| f.rule == UNUSED_SUPPRESSION).count()
    };
    assert_eq!(unused(commented(file), &Levels::default()), 1);
    let ignoring = |rule: &str| Levels::default().choosing(&[], &[rule.to_owned()]);
    assert_eq!(unused(commented(file), &ignoring("json-lost-update")), 0);
    assert_eq!(unused(commented(file), &ignoring(UNUSED_SUPPRESSION)), 0);
    assert_eq!(unused(Commented { gaps: None, ..commented(file) }, &Levels::default()), 0);
    let first = TEXT.find("UPDATE").unwrap();
    let gaps = Some(vec![Span::new(first..first + 5)]);
    assert_eq!(unused(Commented { gaps, ..commented(file) }, &Levels::default()), 0);
}

/// The text after the fixes of all comments without effect, where these findings are made.
fn cleaned(findings: Vec<Finding>) -> String {
    let (files, file) = files();
    let applied = apply(findings, &[commented(file)], &files, &Levels::default());
    let all: Vec<_> = applied.about_comments.iter().filter_map(|f| f.fix.clone()).collect();
    assert!(all.iter().all(|fix| fix.applicability == Applicability::Safe && !fix.patch.is_empty()));
    plan(&all, &files, Applicability::Safe).files.remove(0).after
}

#[test]
fn what_has_no_effect_is_deleted_and_nothing_else() {
    let (_, file) = files();
    assert_eq!(
        cleaned(all(file)),
        TEXT.replace("ignore[json-column-overwrite, json-lost-update]", "ignore[json-column-overwrite]")
    );
    assert_eq!(
        cleaned(vec![]),
        "UPDATE t SET data = 1;\nUPDATE t SET data = 2;\n-- noclobber: ignore[json-colum-overwrite] -- why\nUPDATE t SET data = 3;\n"
    );
}

#[test]
fn another_rule_that_does_report_is_named() {
    let (files, file) = files();
    let findings = vec![finding(file, "data = 2", "json-unscoped-write")];
    let applied = apply(findings, &[commented(file)], &files, &Levels::default());
    assert_eq!((applied.kept.len(), applied.suppressed.len()), (1, 0));
    assert!(
        applied.about_comments.iter().any(|f| f.message.ends_with("; it is `json-unscoped-write` that does")),
        "{:?}",
        applied.about_comments
    );
}
