//! One write and what is known of its column in, one finding out. Pure functions; knows no syn and no sqlparser.

pub mod finding;

use crate::project::Project;
use crate::source::Files;
use finding::Finding;

/// A rule: its id, and its page, which is the doc comment of its module.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab-case noun that reads well after "allow".
    pub id: &'static str,
    /// One sentence: what it reports.
    pub summary: &'static str,
    /// The whole page, markdown.
    pub page: &'static str,
}

/// All rules, in the order of precedence.
pub const RULES: &[Rule] = &[];

/// Judges every write of the project: one finding per write at most, in the order of path and place.
pub fn judge(_project: &Project, _files: &Files) -> Vec<Finding> {
    vec![]
}
