//! New suppressions: where their comments go, and what they say.
//!
//! Makes fixes only; whether they do what they are for is seen by checking again.

use crate::frontend::sql::Dialect;
use crate::frontend::{rust, sql};
use crate::rules::finding::{Applicability, Edit, Finding, Fix};
use crate::source::{FileId, Files, Site, SourceFile, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Comments that suppress these findings, each on a line of its own above the statement, in the order of their places;
/// and the places for which there is no such line (a statement that begins in the middle of one, a macro's inside).
///
/// `reason` is one line of text.
pub fn comments(findings: &[&Finding], texts: &Files, reason: &str) -> (Vec<Fix>, Vec<Site>) {
    let mut by_file: BTreeMap<FileId, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_file.entry(finding.site.file).or_default().push(finding);
    }
    let (mut fixes, mut left) = (vec![], vec![]);
    for (id, findings) in by_file {
        let file = texts.get(id);
        let targets: Vec<Span> = findings.iter().map(|finding| finding.site.span).collect();
        let mut lines: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (finding, place) in findings.iter().zip(places(file, &targets)) {
            match place {
                Some(place) => {
                    lines.entry(place).or_default().insert(finding.rule);
                }
                None => left.push(finding.site),
            }
        }
        fixes.extend(lines.iter().map(|(place, rules)| {
            let edit = edit(id, file, *place, rules, reason);
            let patch = vec![(String::new(), edit.text.clone())];
            let title = "say that the write is meant".to_owned();
            Fix { applicability: Applicability::Safe, title, edits: vec![edit], patch }
        }));
    }
    (fixes, left)
}

fn is_rust(file: &SourceFile) -> bool {
    file.absolute.extension().is_some_and(|extension| extension == "rs")
}

fn places(file: &SourceFile, targets: &[Span]) -> Vec<Option<usize>> {
    if is_rust(file) {
        return rust::comment_places(&file.text, targets);
    }
    // Only the quotes matter for where a statement begins.
    let dialect = if file.text.contains('`') { Dialect::Mysql } else { Dialect::Postgres };
    sql::comment_places(&file.text, dialect, targets)
}

/// The comment as an edit: a new line above the one that `place` begins, as far to the right.
fn edit(id: FileId, file: &SourceFile, place: usize, rules: &BTreeSet<&str>, reason: &str) -> Edit {
    let text = &file.text;
    let before = text.get(..place).unwrap_or("");
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let indent = before.get(line..).unwrap_or("");
    let mark = if indent.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let indent = indent.get(mark..).unwrap_or("");
    let rest = text.get(place..).unwrap_or("");
    let ends_crlf = rest.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r'));
    let end = if ends_crlf { "\r\n" } else { "\n" };
    let signs = if is_rust(file) { "//" } else { "--" };
    let rules = rules.iter().copied().collect::<Vec<_>>().join(", ");
    let at = line + mark;
    Edit {
        site: Site { file: id, span: Span::new(at..at) },
        text: format!("{indent}{signs} noclobber: ignore[{rules}] -- {reason}{end}"),
    }
}
