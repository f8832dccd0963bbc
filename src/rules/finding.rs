//! A finding: what is reported.

use crate::document::survival::Word;
pub use crate::fix::suggestion::{Applicability, Edit, Fix};
use crate::frontend::sql::Verb;
use crate::source::Site;

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something lowers it.
    Note,
    /// Worth a look.
    Warning,
    /// Loss is proven.
    Error,
}

/// How sure we are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess, or something speaks against it.
    Low,
    /// Nothing speaks against it.
    Medium,
    /// Certain.
    High,
}

/// One place that shows why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What kind, in kebab-case: `schema`, `key-read`, `bind`, `use`.
    pub kind: &'static str,
    /// A phrase, without a full stop.
    pub message: String,
    /// Where.
    pub site: Option<Site>,
}

/// What is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One self-contained sentence: what is lost, where, why we think so.
    pub message: String,
    /// The assignment.
    pub site: Site,
    /// What the assignment's label says.
    pub label: String,
    /// The table as it is spelled in the statement, with its schema; empty where the finding is about no write.
    pub table: String,
    /// The column; empty where the finding is about no write.
    pub column: String,
    /// The statement kind; `None` where the finding is about no write.
    pub verb: Option<Verb>,
    /// What survives; `None` where the finding is about no write.
    pub survival: Option<Word>,
    /// Other rules that apply.
    pub also: Vec<&'static str>,
    /// Short facts in kebab-case.
    pub labels: Vec<&'static str>,
    /// Keys that go; `None` when the keys of the new document are not known.
    pub lost_keys: Option<Vec<String>>,
    /// Places that show why, the most telling first.
    pub evidence: Vec<Evidence>,
    /// Notes under the snippet: the witness before and after, hints.
    pub notes: Vec<String>,
    /// A suggestion.
    pub fix: Option<Fix>,
    /// Stable hash ([`crate::fingerprint`]); empty until the check has numbered its findings.
    pub fingerprint: String,
}

impl Finding {
    /// The evidence that says more than the finding's own label at its own place.
    pub fn evidence_beside(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|evidence| evidence.site != Some(self.site) || evidence.message != self.label)
    }

    /// Hands every place of it to `f`.
    pub(crate) fn places(&mut self, f: &mut dyn FnMut(&mut Site)) {
        f(&mut self.site);
        self.evidence.iter_mut().filter_map(|evidence| evidence.site.as_mut()).for_each(&mut *f);
        self.fix.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|edit| f(&mut edit.site));
    }
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// SQL statements that were read.
    pub statements: usize,
    /// Writes on columns that hold JSON.
    pub json_writes: usize,
    /// Statements or texts that could not be analysed, and writes that were not decided.
    pub unanalysed: usize,
    /// Findings silenced by a comment.
    pub suppressed: usize,
    /// Findings silenced by the baseline.
    pub baselined: usize,
}
