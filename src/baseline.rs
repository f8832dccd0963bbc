//! The baseline: findings that were there when noclobber was adopted, and are not reported again.
//!
//! An entry names no line: it holds as long as its statement is the same ([`crate::fingerprint`]). One whose finding is
//! gone is stale, and is told, so that the list only gets shorter.

use crate::rules::finding::Finding;
use crate::source::{FileId, SourceFile, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the form.
const VERSION: u32 = 1;

/// A file of known findings.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
    /// The text that it was read from.
    text: String,
}

/// One known finding. What identifies it is its fingerprint; the rest is for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Path below the project's root, forward slashes.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// `table.column`; empty where the finding is about no write.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// What a run has looked at, to tell an entry that is stale from one that was not looked for.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The path below the project's root of every file, and whether its findings were wanted.
    pub files: BTreeMap<FileId, (String, bool)>,
    /// Every file of the project was: one that is not among them is gone.
    pub whole: bool,
}

impl Looked {
    /// The path of a file below the project's root.
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(&file).map_or("", |(path, _)| path.as_str())
    }

    fn has_looked_at(&self, path: &str) -> bool {
        let found = self.files.values().find(|(known, _)| known == path);
        found.map_or(self.whole, |(_, wanted)| *wanted)
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When it is none, or of a version that is not known: why, as a phrase.
    pub fn read(text: String) -> Result<Self, String> {
        let document: Document =
            serde_json::from_str(&text).map_err(|error| format!("this is no baseline: {error}"))?;
        if document.version != VERSION {
            return Err(format!("this is a baseline of version {}; only {VERSION} is known", document.version));
        }
        Ok(Self { entries: document.findings, text })
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Parts the findings in those that are not in the baseline and those that are.
    pub fn part(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
        findings.into_iter().partition(|finding| !known.contains(finding.fingerprint.as_str()))
    }

    /// The entries whose findings are gone. `found` are all findings of the run, `judged` says whether a rule was on.
    pub fn stale<'a>(
        &self,
        found: impl IntoIterator<Item = &'a Finding>,
        looked: &Looked,
        judged: impl Fn(&str) -> bool,
    ) -> Vec<&Entry> {
        let found: BTreeSet<&str> = found.into_iter().map(|finding| finding.fingerprint.as_str()).collect();
        let gone = |entry: &&Entry| {
            !found.contains(entry.fingerprint.as_str()) && judged(&entry.rule) && looked.has_looked_at(&entry.path)
        };
        self.entries.iter().filter(gone).collect()
    }

    /// Where an entry stands in the text that the baseline was read from.
    pub fn span(&self, entry: &Entry) -> Option<Span> {
        let quoted = format!("\"{}\"", entry.fingerprint);
        let start = self.text.find(&quoted)?;
        Some(Span::new(start..start + quoted.len()))
    }

    /// The baseline as a file called `path`, for places in it.
    pub fn source(&self, path: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), absolute: path.into(), text: self.text.clone() }
    }

    /// A baseline of these entries, sorted; equal ones count once.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let entries: BTreeSet<Entry> = entries.into_iter().collect();
        let document = Document { version: VERSION, findings: entries.into_iter().collect() };
        let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
        Self { entries: document.findings, text }
    }

    /// The text to be written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Entry {
    /// The entry of a finding.
    pub fn of(finding: &Finding, looked: &Looked) -> Self {
        let column =
            if finding.column.is_empty() { String::new() } else { format!("{}.{}", finding.table, finding.column) };
        Self {
            path: looked.path(finding.site.file).to_owned(),
            rule: finding.rule.to_owned(),
            column,
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, rule: &str, fingerprint: &str) -> Entry {
        Entry { path: path.into(), rule: rule.into(), column: "t.c".into(), fingerprint: fingerprint.into() }
    }

    #[test]
    fn it_is_written_sorted_and_read_back() {
        let both = [entry("b.rs", "r", "2"), entry("a.rs", "r", "1"), entry("b.rs", "r", "2")];
        let baseline = Baseline::of(both);
        let again = Baseline::read(baseline.text().to_owned()).unwrap();
        assert_eq!(again.entries(), [entry("a.rs", "r", "1"), entry("b.rs", "r", "2")]);
        assert!(!baseline.text().contains("line"), "{}", baseline.text());
        let span = again.span(&again.entries()[1]).unwrap();
        assert_eq!(&again.text()[span.range()], "\"2\"");
    }

    #[test]
    fn an_entry_is_stale_only_where_its_finding_was_looked_for() {
        let baseline = Baseline::of([
            entry("a.rs", "r", "1"),
            entry("b.rs", "r", "2"),
            entry("gone.rs", "r", "3"),
            entry("a.rs", "off", "4"),
        ]);
        let file = |path: &str, wanted| (path.to_owned(), wanted);
        let mut looked = Looked { files: BTreeMap::new(), whole: false };
        looked.files.insert(FileId(0), file("a.rs", true));
        looked.files.insert(FileId(1), file("b.rs", false));
        let stale = |looked: &Looked| -> Vec<String> {
            let stale = baseline.stale([], looked, |rule| rule != "off");
            stale.into_iter().map(|entry| entry.fingerprint.clone()).collect()
        };
        assert_eq!(stale(&looked), ["1"]);
        looked.whole = true;
        assert_eq!(stale(&looked), ["1", "3"]);
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        assert!(Baseline::read("[]".into()).unwrap_err().contains("no baseline"));
        assert!(Baseline::read(r#"{"version": 2, "findings": []}"#.into()).unwrap_err().contains("version 2"));
        assert!(Baseline::read(r#"{"version": 1, "findings": [], "x": 1}"#.into()).is_err());
    }
}
