//! The report for programs: one JSON document, or one JSON object a line.
//!
//! Version 1. A field may be added; none changes its meaning or goes away without a new version. Lines and columns start
//! at 1, columns count characters, bytes are offsets in the file.

use super::{Lines, Shown};
use crate::check::Report;
use crate::document::survival::Word;
use crate::frontend::sql::Verb;
use crate::rules::finding::{Applicability, Confidence, Finding, Severity, Summary};
use crate::source::{Files, Position, Site};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: Vec<JsonFinding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanalysed: Option<Vec<JsonUnanalysed<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<JsonCount>>,
    summary: Summary,
}

#[derive(Serialize)]
struct SummaryLine {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<JsonCount>>,
    summary: Summary,
}

/// How many findings of a rule have that severity.
#[derive(Serialize)]
struct JsonCount {
    rule: &'static str,
    severity: Severity,
    count: usize,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    table: Option<&'a str>,
    column: Option<&'a str>,
    verb: Option<Verb>,
    survival: Option<Word>,
    also: &'a [&'static str],
    labels: &'a [&'static str],
    lost_keys: Option<&'a [String]>,
    evidence: Vec<JsonEvidence<'a>>,
    fix: Option<JsonFix<'a>>,
    fingerprint: &'a str,
}

/// A place; all three are null where there is none.
#[derive(Serialize)]
struct Place<'a> {
    path: Option<&'a str>,
    start: Option<Position>,
    end: Option<Position>,
}

#[derive(Serialize)]
struct JsonEvidence<'a> {
    kind: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    applicability: Applicability,
    title: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    path: &'a str,
    start_byte: u32,
    end_byte: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonUnanalysed<'a> {
    reason: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

/// Writes one document, indented.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    let findings = report.findings.iter().map(|finding| json(finding, &report.files, &lines)).collect();
    let unanalysed = shown.unanalysed.then(|| unanalysed(report, &lines).collect());
    let statistics = statistics(report, shown);
    let document = Document { version: VERSION, findings, unanalysed, statistics, summary: report.summary };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes one finding a line, what could not be analysed if that is wanted, then the summary.
///
/// # Errors
/// When `out` does not take it.
pub fn write_lines(out: &mut dyn Write, report: &Report, shown: Shown) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &json(finding, &report.files, &lines))?;
        writeln!(out)?;
    }
    for unanalysed in unanalysed(report, &lines).filter(|_| shown.unanalysed) {
        #[derive(Serialize)]
        struct UnanalysedLine<'a> {
            unanalysed: JsonUnanalysed<'a>,
        }
        serde_json::to_writer(&mut *out, &UnanalysedLine { unanalysed })?;
        writeln!(out)?;
    }
    let line = SummaryLine { version: VERSION, statistics: statistics(report, shown), summary: report.summary };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

fn statistics(report: &Report, shown: Shown) -> Option<Vec<JsonCount>> {
    let counts = || super::statistics(report).into_iter();
    shown.statistics.then(|| counts().map(|(severity, rule, count)| JsonCount { rule, severity, count }).collect())
}

fn unanalysed<'a>(report: &'a Report, lines: &'a Lines<'_>) -> impl Iterator<Item = JsonUnanalysed<'a>> {
    report.unanalysed.iter().map(|unanalysed| JsonUnanalysed {
        reason: &unanalysed.reason,
        place: place(Some(unanalysed.site), &report.files, lines),
    })
}

fn json<'a>(finding: &'a Finding, files: &'a Files, lines: &Lines<'_>) -> JsonFinding<'a> {
    JsonFinding {
        rule: finding.rule,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        place: place(Some(finding.site), files, lines),
        table: Some(finding.table.as_str()).filter(|table| !table.is_empty()),
        column: Some(finding.column.as_str()).filter(|column| !column.is_empty()),
        verb: finding.verb,
        survival: finding.survival,
        also: &finding.also,
        labels: &finding.labels,
        lost_keys: finding.lost_keys.as_deref(),
        evidence: finding
            .evidence
            .iter()
            .map(|evidence| JsonEvidence {
                kind: evidence.kind,
                message: &evidence.message,
                place: place(evidence.site, files, lines),
            })
            .collect(),
        fix: finding.fix.as_ref().map(|fix| JsonFix {
            applicability: fix.applicability,
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit {
                    path: &files.get(edit.site.file).path,
                    start_byte: edit.site.span.start,
                    end_byte: edit.site.span.end,
                    text: &edit.text,
                })
                .collect(),
        }),
        fingerprint: &finding.fingerprint,
    }
}

fn place<'a>(site: Option<Site>, files: &'a Files, lines: &Lines<'_>) -> Place<'a> {
    let ends = site.map(|site| lines.ends(site));
    Place {
        path: site.map(|site| files.get(site.file).path.as_str()),
        start: ends.map(|ends| ends.0),
        end: ends.map(|ends| ends.1),
    }
}
