//! Reviewdog Diagnostic Format: one document (rdjson) or one diagnostic a line (rdjsonl).
//!
//! Columns count bytes of UTF-8 from 1, ends are exclusive, as the format wants it.

use super::{Lines, details, home_url, rule_page_url};
use crate::check::Report;
use crate::rules::finding::{Applicability, Finding, Fix, Severity};
use crate::source::{FileId, Files, Site, Span};
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};

/// A suggestion that spans more lines than this is not one for a review.
const SUGGESTION_LINES: usize = 60;

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    url: String,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

/// Writes one document.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    let diagnostics: Vec<_> =
        report.findings.iter().map(|finding| diagnostic(finding, &report.files, &lines, None)).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "source": source(), "diagnostics": diagnostics }))?;
    writeln!(out)
}

/// Writes one diagnostic a line.
///
/// # Errors
/// When `out` does not take it.
pub fn write_lines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &diagnostic(finding, &report.files, &lines, Some(source())))?;
        writeln!(out)?;
    }
    Ok(())
}

fn source() -> Source {
    Source { name: "noclobber", url: home_url() }
}

fn diagnostic<'a>(finding: &'a Finding, files: &'a Files, lines: &Lines<'_>, source: Option<Source>) -> Diagnostic<'a> {
    let mut message = finding.message.clone();
    for evidence in finding.evidence_beside() {
        let place = evidence.site.map(|site| format!(" ({}:{})", files.get(site.file).path, lines.ends(site).0.line));
        message.extend(["\n- ", &evidence.message, &place.unwrap_or_default()]);
    }
    let suggestion = finding.fix.as_ref().and_then(|fix| suggestion(fix, finding.site.file, files, lines));
    if suggestion.is_none() {
        for detail in details(finding) {
            message.push('\n');
            message.push_str(&detail);
        }
    }
    Diagnostic {
        message,
        location: Location { path: &files.get(finding.site.file).path, range: range(finding.site, files, lines) },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        source,
        code: Code { value: finding.rule, url: rule_page_url(finding.rule) },
        suggestions: suggestion.into_iter().collect(),
    }
}

/// The fix as one replacement, where it can be applied as it is and changes only this file: a review offers each
/// suggestion on its own, and half of a fix is none.
fn suggestion(fix: &Fix, file: FileId, files: &Files, lines: &Lines<'_>) -> Option<Suggestion> {
    if fix.applicability == Applicability::Display || fix.edits.iter().any(|edit| edit.site.file != file) {
        return None;
    }
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.site.span);
    let whole = edits.iter().map(|edit| edit.site.span).reduce(Span::join)?;
    let site = Site { file, span: whole };
    let (first, last) = lines.ends(site);
    if last.line - first.line > SUGGESTION_LINES {
        return None;
    }
    let source = &files.get(file).text;
    let mut text = String::new();
    let mut at = whole.start;
    for edit in edits {
        text.push_str(source.get(at as usize..edit.site.span.start as usize)?);
        text.push_str(&edit.text);
        at = edit.site.span.end;
    }
    Some(Suggestion { range: range(site, files, lines), text })
}

fn range(site: Site, files: &Files, lines: &Lines<'_>) -> Range {
    let position = |byte: u32| {
        let at = lines.position(site, byte);
        let index = lines.index(site.file);
        let start = index.line_range(&files.get(site.file).text, at.line - 1).map_or(0, |line| line.start);
        Position { line: at.line, column: at.byte - start + 1 }
    };
    Range { start: position(site.span.start), end: position(site.span.end) }
}
