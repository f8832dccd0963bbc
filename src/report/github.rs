//! Annotations of GitHub Actions: workflow commands on stdout that the runner turns into marks on the changed lines.
//!
//! GitHub shows ten annotations of a kind for a step, so the worst come first and the last line says how many there are.
//! The commands are one line each: whatever comes from the code that is checked is escaped, or it could give commands of
//! its own.

use super::repository::Repository;
use super::sanitize::sanitize;
use super::{Lines, Shown, counts, details, plural};
use crate::check::Report;
use crate::rules::finding::{Finding, Severity};
use std::cmp::Reverse;
use std::io::{self, Write};

/// How many annotations of a kind GitHub shows for one step.
const SHOWN_OF_A_KIND: usize = 10;

/// Writes one command a finding, the worst first, then a line for the log.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown, repository: &Repository) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    for finding in worst_first(report) {
        write_command(out, report, &lines, repository, finding)?;
    }
    let more = counts(report).into_iter().filter(|(count, _)| *count > SHOWN_OF_A_KIND);
    for (count, noun) in more {
        writeln!(out, "GitHub shows the first {SHOWN_OF_A_KIND} of {}; all are in this log", plural(count, noun))?;
    }
    super::text::write_end(out, report, shown)
}

/// The findings by severity and confidence, those of one kind in the order of path and place.
pub(super) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse((finding.severity, finding.confidence)));
    findings
}

fn write_command(
    out: &mut dyn Write,
    report: &Report,
    lines: &Lines<'_>,
    repository: &Repository,
    finding: &Finding,
) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = lines.ends(finding.site);
    let path = repository.path(&report.files, finding.site.file);
    write!(out, "::{command} title={},file={}", property(finding.rule), property(&path))?;
    write!(out, ",line={},endLine={}", start.line, end.line)?;
    if start.line == end.line {
        // GitHub takes columns only within one line.
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let mut text = finding.message.clone();
    for evidence in finding.evidence_beside() {
        let place = evidence.site.map(|site| {
            let line = lines.ends(site).0.line;
            format!(" ({}:{line})", repository.path(&report.files, site.file))
        });
        text.extend(["\n- ", &evidence.message, &place.unwrap_or_default()]);
    }
    for detail in details(finding) {
        text.push('\n');
        text.push_str(&detail);
    }
    writeln!(out, "::{}", message(&text))
}

/// The text of a command.
fn message(text: &str) -> String {
    sanitize(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_property_or_the_line_is_escaped() {
        assert_eq!(message("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c%"), "a%2Cb%3Ac%25");
        assert_eq!(message("\u{1b}[2J"), "?[2J");
    }
}
