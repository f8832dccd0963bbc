//! Findings to text, JSON and other formats. Knows neither syn nor sqlparser nor how a rule decides.
//!
//! A format is one file with one function: it writes what it is given and filters nothing. Every format of a run gets the
//! same findings.

pub mod columns;
pub mod concise;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod notice;
pub mod rdjson;
pub mod repository;
mod sanitize;
pub mod sarif;
pub mod text;
mod view;

use crate::check::Report;
use crate::rules::finding::{Applicability, Finding, Severity};
use crate::source::{FileId, Files, LineIndex, Position, Site};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a format writes down, apart from the report itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// Findings that were left out for their confidence.
    pub hidden: usize,
    /// What could not be analysed is listed.
    pub unanalysed: bool,
    /// Findings are counted by rule.
    pub statistics: bool,
    /// Without the summary line, for people.
    pub quiet: bool,
    /// Findings of this severity or a higher one fail the run; all do when `None`.
    pub fail_on: Option<Severity>,
}

/// Line indices of the files that something points into, made when first asked for.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    files: &'a Files,
    indices: Vec<OnceCell<LineIndex>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(files: &'a Files) -> Self {
        Self { files, indices: files.iter().map(|_| OnceCell::new()).collect() }
    }

    /// The line index of a file.
    ///
    /// # Panics
    /// When the id is of another file table, as [`Files::get`] does.
    pub(crate) fn index(&self, file: FileId) -> &LineIndex {
        self.indices[file.0 as usize].get_or_init(|| LineIndex::new(&self.files.get(file).text))
    }

    /// The position of a byte of the site's file.
    pub(crate) fn position(&self, site: Site, byte: u32) -> Position {
        self.index(site.file).position(&self.files.get(site.file).text, byte as usize)
    }

    /// The first and the last position of a site.
    pub(crate) fn ends(&self, site: Site) -> (Position, Position) {
        (self.position(site, site.span.start), self.position(site, site.span.end))
    }

    /// `path:line:column` of a site, as it is shown.
    pub(crate) fn place(&self, site: Site) -> String {
        let start = self.position(site, site.span.start);
        format!("{}:{}:{}", self.files.get(site.file).path, start.line, start.column)
    }
}

/// The severity as a word.
pub(crate) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// How many of each severity: errors, warnings, notes.
pub(crate) fn counts(report: &Report) -> [(usize, &'static str); 3] {
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(severity, word)| (report.findings.iter().filter(|finding| finding.severity == severity).count(), word))
}

/// How many findings of each rule have which severity, the worst first.
pub(crate) fn statistics(report: &Report) -> Vec<(Severity, &'static str, usize)> {
    let mut counts: BTreeMap<(Reverse<Severity>, &'static str), usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry((Reverse(finding.severity), finding.rule)).or_default() += 1;
    }
    counts.into_iter().map(|((Reverse(severity), rule), count)| (severity, rule, count)).collect()
}

/// A number with its noun: `1 file`, `2 files`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The page of a rule, for those who read a report in a browser. The package holds the pages, so they are found by its
/// name and version alone.
pub(crate) fn rule_page_url(rule: &str) -> String {
    format!("{}source/docs/rules/{rule}.md", home_url())
}

/// Where the program's own pages are.
pub(crate) fn home_url() -> String {
    concat!("https://docs.rs/crate/", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"), "/").to_owned()
}

/// The column that a finding is about, with its table; `None` where it is about no write.
pub(crate) fn column_of(finding: &Finding) -> Option<String> {
    (!finding.column.is_empty()).then(|| format!("{}.{}", finding.table, finding.column))
}

/// What follows a message where a format has text only: the notes, then the suggestion, each in lines of its own.
pub(crate) fn details(finding: &Finding) -> Vec<String> {
    let mut details = finding.notes.clone();
    if let Some(fix) = &finding.fix {
        let hint = if fix.applicability == Applicability::Display { " (fill in what is missing)" } else { "" };
        let mut text = format!("help: {}{hint}", fix.title);
        for (removed, added) in &fix.patch {
            for (sign, side) in [("-", removed), ("+", added)] {
                side.lines().for_each(|line| text.extend(["\n  ", sign, " ", line]));
            }
        }
        details.push(text);
    }
    details
}

#[cfg(test)]
mod tests;
