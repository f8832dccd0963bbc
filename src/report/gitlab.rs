//! GitLab Code Quality: the list that a merge request's widget reads (a part of the Code Climate format).

use super::Lines;
use super::repository::Repository;
use crate::check::Report;
use crate::rules::finding::Severity;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Range,
}

#[derive(Serialize)]
struct Range {
    begin: usize,
    end: usize,
}

/// Writes the list.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, repository: &Repository) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    // GitLab drops a second issue of the same fingerprint.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = report
        .findings
        .iter()
        .map(|finding| {
            let count = seen.entry(&finding.fingerprint).or_default();
            *count += 1;
            let again = if *count > 1 { format!("-{count}") } else { String::new() };
            let (start, end) = lines.ends(finding.site);
            Issue {
                description: &finding.message,
                check_name: finding.rule,
                fingerprint: format!("{}{again}", finding.fingerprint),
                severity: severity(finding.severity),
                location: Location {
                    path: repository.path(&report.files, finding.site.file),
                    lines: Range { begin: start.line, end: end.line },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

/// The severity in GitLab's words: info, minor, major, critical, blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}
