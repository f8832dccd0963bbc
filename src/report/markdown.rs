//! A summary in markdown: for the page of a CI run, a pull request's comment, a message.
//!
//! What comes from the code that is checked cannot leave its place: it is escaped, or stands in code spans and fences
//! that it cannot close.

use super::github::worst_first;
use super::repository::Repository;
use super::sanitize::{one_line, sanitize};
use super::{Lines, Shown, counts, plural, rule_page_url, statistics, word};
use crate::check::Report;
use crate::rules::finding::{Applicability, Finding, Fix};
use crate::source::Site;
use std::io::{self, Write};

/// Findings that are told in full; services cut a page after a megabyte.
const IN_FULL: usize = 100;

/// Writes the summary.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown, repository: &Repository) -> io::Result<()> {
    let page = Page { report, lines: Lines::new(&report.files), repository };
    writeln!(out, "## noclobber: {}\n", headline(report))?;
    let findings = worst_first(report);
    for finding in findings.iter().take(IN_FULL) {
        page.finding(out, finding)?;
    }
    if let Some(more) = findings.len().checked_sub(IN_FULL).filter(|more| *more > 0) {
        writeln!(out, "And {} more.\n", plural(more, "finding"))?;
    }
    if shown.statistics && !findings.is_empty() {
        writeln!(out, "| rule | severity | findings |\n|---|---|---:|")?;
        for (severity, rule, count) in statistics(report) {
            writeln!(out, "| [`{rule}`]({}) | {} | {count} |", rule_page_url(rule), word(severity))?;
        }
        writeln!(out)?;
    }
    if shown.unanalysed && !report.unanalysed.is_empty() {
        writeln!(out, "Not analysed:\n")?;
        for unanalysed in &report.unanalysed {
            writeln!(out, "- {}: {}", page.place(unanalysed.site), prose(&unanalysed.reason))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", prose(&super::text::summary(report, shown)))
}

/// How many of each severity, in words.
fn headline(report: &Report) -> String {
    let counts = counts(report).into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| plural(count, noun)).collect();
    if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") }
}

struct Page<'a> {
    report: &'a Report,
    lines: Lines<'a>,
    repository: &'a Repository,
}

impl Page<'_> {
    fn place(&self, site: Site) -> String {
        let line = self.lines.ends(site).0.line;
        code(&format!("{}:{line}", self.repository.path(&self.report.files, site.file)))
    }

    fn finding(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let rule = format!("[{}]({})", finding.rule, rule_page_url(finding.rule));
        writeln!(out, "### {} in {}\n", word(finding.severity), self.place(finding.site))?;
        writeln!(out, "{} ({rule})\n", prose(&finding.message))?;
        for evidence in finding.evidence_beside() {
            let place = evidence.site.map_or_else(String::new, |site| format!("{}: ", self.place(site)));
            writeln!(out, "- {place}{}", prose(&evidence.message))?;
        }
        if finding.evidence_beside().next().is_some() {
            writeln!(out)?;
        }
        for note in &finding.notes {
            writeln!(out, "{}", fenced("text", note))?;
        }
        finding.fix.as_ref().map_or(Ok(()), |fix| write_fix(out, fix))
    }
}

fn write_fix(out: &mut dyn Write, fix: &Fix) -> io::Result<()> {
    let hint = if fix.applicability == Applicability::Display { " (fill in what is missing)" } else { "" };
    writeln!(out, "{}{hint}:\n", capitalized(&prose(&fix.title)))?;
    let mut diff = String::new();
    for (removed, added) in &fix.patch {
        for (sign, side) in [('-', removed), ('+', added)] {
            side.lines().for_each(|line| diff.extend([&sign.to_string(), " ", line, "\n"]));
        }
    }
    writeln!(out, "{}", fenced("diff", &diff))
}

/// A text in prose: code spans stay, what else could be markup is escaped.
fn prose(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks is no markup of ours.
    let balanced = parts.len() % 2 == 1;
    let part = |(index, part): (usize, &&str)| {
        if balanced && index % 2 == 1 { code(part) } else { escaped(part) }
    };
    let separator = if balanced { "" } else { "\\`" };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().join(separator)
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        if matches!(c, '\\' | '<' | '>' | '[' | ']' | '*' | '_' | '|' | '&' | '~' | '#' | '@') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// A code span that its text cannot close.
fn code(text: &str) -> String {
    let text = one_line(text);
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fence that its text cannot close.
fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", sanitize(text).trim_end())
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(prose("`a_b` is *lost* <b>"), "`a_b` is \\*lost\\* \\<b\\>");
        assert_eq!(prose("one ` alone"), "one \\` alone");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(fenced("text", "```\n"), "````text\n```\n````\n");
    }
}
