//! The report for people: the code with labels, why, and what to write instead. Layout by codespan-reporting.

use super::sanitize::{one_line, sanitize};
use super::view::Views;
use super::{Lines, Shown, counts, plural, statistics, word};
use crate::check::Report;
use crate::rules::finding::{Applicability, Finding, Fix, Severity};
use crate::source::Site;
use codespan_reporting::diagnostic::{self, Diagnostic, Label};
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{self, Config};
use std::io::{self, Write};

/// The most lines that one side of a suggestion is shown with.
const PATCH_LINES: usize = 40;

/// Writes the report, coloured or not.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown, color: bool) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    let config = Config::default();
    for finding in &report.findings {
        write_finding(out, report, &lines, &config, finding, color)?;
    }
    if shown.unanalysed {
        for unanalysed in &report.unanalysed {
            let place = one_line(&lines.place(unanalysed.site));
            writeln!(out, "{place}: not analysed: {}", one_line(&unanalysed.reason))?;
        }
        if !report.unanalysed.is_empty() {
            writeln!(out)?;
        }
    }
    write_end(out, report, shown)?;
    // Who meets the linter for the first time meets it here.
    if let Some(finding) = report.findings.first().filter(|_| !shown.quiet) {
        writeln!(out, "`noclobber explain {}` says more about the rule", finding.rule)?;
    }
    Ok(())
}

fn write_finding(
    out: &mut dyn Write,
    report: &Report,
    lines: &Lines<'_>,
    config: &Config,
    finding: &Finding,
    color: bool,
) -> io::Result<()> {
    let mut sites: Vec<Site> = vec![finding.site];
    sites.extend(finding.evidence_beside().filter_map(|evidence| evidence.site));
    let views = Views::new(&report.files, lines, &sites);
    let primary = views.range(finding.site).unwrap_or(0..0);
    let mut labels = vec![Label::primary(finding.site.file, primary).with_message(one_line(&finding.label))];
    // What is said of one place stands on one line.
    let mut told: Vec<Site> = vec![];
    let mut notes: Vec<String> = vec![];
    for evidence in finding.evidence_beside() {
        let message = one_line(&evidence.message);
        match evidence.site.map(|site| (site, views.range(site))) {
            Some((site, Some(range))) => {
                let said = told.iter().position(|told| *told == site).and_then(|at| labels.get_mut(1 + at));
                if let Some(label) = said {
                    label.message.extend(["; ", message.as_str()]);
                } else {
                    told.push(site);
                    labels.push(Label::secondary(site.file, range).with_message(message));
                }
            }
            Some((site, None)) => notes.push(format!("{}: {message}", one_line(&lines.place(site)))),
            None => notes.push(message),
        }
    }
    notes.extend(finding.notes.iter().map(|note| sanitize(note)));
    if !finding.also.is_empty() {
        notes.push(format!("also: {}", finding.also.join(", ")));
    }
    notes.extend(finding.fix.iter().map(|fix| suggestion(fix, color)));
    let diagnostic = Diagnostic::new(severity(finding.severity))
        .with_code(finding.rule)
        .with_message(one_line(&finding.message))
        .with_labels(labels)
        .with_notes(notes);
    let mut rendered = Ansi::new(vec![]);
    let result = if color {
        term::emit_to_write_style(&mut rendered, config, &views, &diagnostic)
    } else {
        term::emit_to_io_write(&mut rendered, config, &views, &diagnostic)
    };
    if result.is_err() {
        // The layout failed; the finding is told all the same.
        let place = one_line(&lines.place(finding.site));
        return writeln!(out, "{place}: {}[{}] {}", word(finding.severity), finding.rule, one_line(&finding.message));
    }
    // codespan ends empty lines of the gutter with blanks.
    for line in String::from_utf8_lossy(&rendered.into_inner()).lines() {
        writeln!(out, "{}", line.trim_end_matches(' '))?;
    }
    Ok(())
}

pub(super) fn severity(severity: Severity) -> diagnostic::Severity {
    match severity {
        Severity::Note => diagnostic::Severity::Note,
        Severity::Warning => diagnostic::Severity::Warning,
        Severity::Error => diagnostic::Severity::Error,
    }
}

/// The suggestion as a note: its title, then the lines that go and come.
fn suggestion(fix: &Fix, color: bool) -> String {
    let mut note = format!("help: {}", one_line(&fix.title));
    if fix.applicability == Applicability::Display {
        note.push_str(" (fill in what is missing)");
    }
    let mut line = |sign: &str, paint: &str, text: &str| {
        let (on, off) = if color { (paint, "\u{1b}[0m") } else { ("", "") };
        note.extend(["\n  ", on, sign, "  ", &one_line(text), off]);
    };
    for (removed, added) in &fix.patch {
        for (sign, paint, side) in [("-", "\u{1b}[31m", removed), ("+", "\u{1b}[32m", added)] {
            side.lines().take(PATCH_LINES).for_each(|text| line(sign, paint, text));
            if side.lines().nth(PATCH_LINES).is_some() {
                line(sign, paint, "..");
            }
        }
    }
    note
}

/// Writes what comes after the findings: the counts.
pub(super) fn write_end(out: &mut dyn Write, report: &Report, shown: Shown) -> io::Result<()> {
    if shown.statistics {
        for (severity, rule, count) in statistics(report) {
            writeln!(out, "{count:>6}  {:<7}  {rule}", word(severity))?;
        }
    }
    if shown.quiet { Ok(()) } else { writeln!(out, "{}", summary(report, shown)) }
}

/// The last line: what was found, and how much was looked at.
pub(super) fn summary(report: &Report, shown: Shown) -> String {
    let counts = counts(report).into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| plural(count, noun)).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    let hidden = match shown.hidden {
        0 => String::new(),
        hidden => format!(", and {hidden} below --min-confidence"),
    };
    let summary = &report.summary;
    let list = if summary.unanalysed > 0 && !shown.unanalysed { " (--show-unanalysed lists them)" } else { "" };
    let silenced = [(summary.suppressed, "suppressed"), (summary.baselined, "in the baseline")];
    let silenced = silenced.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("; {count} {what}"));
    format!(
        "{}{counts} in {}{hidden}; {} read, {} of a JSON column, {} not analysed{list}{}",
        plural(report.findings.len(), "finding"),
        plural(summary.files, "file"),
        plural(summary.statements, "statement"),
        plural(summary.json_writes, "write"),
        summary.unanalysed,
        silenced.collect::<String>(),
    )
}
