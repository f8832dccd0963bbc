//! What came of the random writes of a dialect: counts, and the disagreements.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many disagreements are shown.
const SHOWN: usize = 25;

/// One disagreement.
pub(crate) struct Complaint {
    pub(crate) statement: String,
    pub(crate) row: String,
    pub(crate) what: String,
    pub(crate) document: String,
}

/// What came of a dialect.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) runs: usize,
    pub(crate) errors: usize,
    pub(crate) rejected: usize,
    pub(crate) rejections: BTreeMap<String, String>,
    pub(crate) unknown: usize,
    /// Differences that are the server's own fault, and errors that a planner finds in parts that no row reaches.
    pub(crate) faults: usize,
    pub(crate) kept: usize,
    pub(crate) words: BTreeMap<String, usize>,
    pub(crate) why: BTreeMap<String, usize>,
    pub(crate) wrong: Vec<Complaint>,
    pub(crate) lost: Vec<Complaint>,
}

impl Tally {
    #[allow(clippy::cast_precision_loss, reason = "a share for the eye")]
    pub(crate) fn share(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.runs.max(1) as f64
    }

    pub(crate) fn counts(&self) -> String {
        format!(
            "{} runs, {:.1} % failed, {:.2} % rejected, {:.2} % undecided, {} wrong, {} faults of the server; {} objects under a write called kept, \
             {} of them lost a key; words {:?}",
            self.runs,
            self.share(self.errors),
            self.share(self.rejected),
            self.share(self.unknown),
            self.wrong.len(),
            self.faults,
            self.kept,
            self.lost.len(),
            self.words
        )
    }

    pub(crate) fn reasons(&self) -> String {
        let mut why: Vec<_> = self.why.iter().collect();
        why.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        why.iter().take(25).fold(self.counts(), |text, (why, count)| format!("{text}\n{count:6}  {why}"))
    }

    /// The shortest disagreements, and the counts.
    pub(crate) fn report(&self) -> String {
        let mut text = self.reasons();
        for complaints in [&self.wrong, &self.lost] {
            let mut complaints: Vec<&Complaint> = complaints.iter().collect();
            complaints.sort_by_key(|complaint| complaint.statement.len() + complaint.row.len());
            let mut seen = BTreeSet::new();
            complaints.retain(|complaint| seen.insert(&complaint.statement));
            for Complaint { statement, row, what, document } in complaints.into_iter().take(SHOWN) {
                let _ = write!(text, "\n\n{statement}\n  row   {row}\n  tree  {document}\n  {what}");
            }
        }
        text
    }
}
