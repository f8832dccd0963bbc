//! Findings about the comments themselves.

use crate::rules::finding::{Applicability, Confidence, Edit, Finding, Fix, Severity};
use crate::rules::levels::Levels;
use crate::rules::{INVALID_SUPPRESSION, UNUSED_SUPPRESSION};
use crate::source::{Files, Site, Span};

/// A comment that suppresses nothing of what it seems to: why, as a phrase.
pub(super) fn invalid(site: Site, why: &str, levels: &Levels) -> Option<Finding> {
    let message = format!("this comment does not suppress what it seems to: {why}");
    finding(INVALID_SUPPRESSION, Severity::Warning, site, message, "this is not understood", levels)
}

/// A suppression that does not say why.
pub(super) fn without_reason(site: Site, levels: &Levels) -> Option<Finding> {
    let message = "this suppression holds, but gives no reason: add ` -- ` and why the write is right".to_owned();
    finding(INVALID_SUPPRESSION, Severity::Note, site, message, "why?", levels)
}

/// A suppression of rules that report nothing there: of `all` it names, or of these only. `instead` is a rule that does
/// report something there.
pub(super) fn unused(
    site: Site,
    idle: &[&'static str],
    all: bool,
    instead: Option<&str>,
    files: &Files,
    levels: &Levels,
) -> Option<Finding> {
    let names: Vec<String> = idle.iter().map(|rule| format!("`{rule}`")).collect();
    let names = names.join(" and ");
    let report = if idle.len() == 1 { "reports" } else { "report" };
    let but = instead.map_or_else(String::new, |rule| format!("; it is `{rule}` that does"));
    let message = format!("this suppression has no effect: {names} {report} nothing here{but}");
    let found = finding(UNUSED_SUPPRESSION, Severity::Warning, site, message, "nothing to suppress", levels)?;
    let fix = if all { deletion(site, files) } else { removal(site, idle, files) };
    Some(Finding { fix, ..found })
}

/// The fix that deletes the whole comment: its line where it has one for itself, else the blanks before it too.
fn deletion(site: Site, files: &Files) -> Option<Fix> {
    let text = &files.get(site.file).text;
    let (start, end) = (site.span.start as usize, site.span.end as usize);
    let comment = text.get(start..end)?;
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line..start)?;
    let rest = text.get(end..)?;
    let after = rest.split('\n').next().unwrap_or("");
    let range = if !after.trim().is_empty() {
        end - comment.len()..end + (after.len() - after.trim_start().len())
    } else if before.trim_start_matches('\u{feff}').trim().is_empty() {
        let line = if before.starts_with('\u{feff}') { line + '\u{feff}'.len_utf8() } else { line };
        line..(end + after.len() + 1).min(text.len())
    } else {
        start - (before.len() - before.trim_end().len())..end
    };
    let edits = vec![Edit { site: Site { span: Span::new(range), ..site }, text: String::new() }];
    Some(fix("delete the suppression", edits, comment, ""))
}

/// The fix that takes single rules out of the brackets.
fn removal(site: Site, idle: &[&'static str], files: &Files) -> Option<Fix> {
    let comment = files.text(site);
    let open = comment.find('[')? + 1;
    let close = open + comment.get(open..)?.find(']')?;
    let names = comment.get(open..close)?.split(',').map(str::trim);
    let left: Vec<&str> = names.filter(|name| !name.is_empty() && !idle.contains(name)).collect();
    let left = left.join(", ");
    let start = site.span.start as usize;
    let edit = Edit { site: Site { span: Span::new(start + open..start + close), ..site }, text: left.clone() };
    let new = format!("{}{left}{}", comment.get(..open)?, comment.get(close..)?);
    Some(fix("name only what is reported here", vec![edit], comment, &new))
}

fn fix(title: &str, edits: Vec<Edit>, old: &str, new: &str) -> Fix {
    let patch = vec![(old.to_owned(), new.to_owned())];
    Fix { applicability: Applicability::Safe, title: title.to_owned(), edits, patch }
}

fn finding(
    rule: &'static str,
    severity: Severity,
    site: Site,
    message: String,
    label: &str,
    levels: &Levels,
) -> Option<Finding> {
    levels.is_on(rule).then(|| Finding {
        rule,
        severity: levels.severity(rule, severity),
        confidence: Confidence::High,
        message,
        site,
        label: label.to_owned(),
        table: String::new(),
        column: String::new(),
        verb: None,
        survival: None,
        also: vec![],
        labels: vec![],
        lost_keys: None,
        evidence: vec![],
        notes: vec![],
        fix: None,
        fingerprint: String::new(),
    })
}
