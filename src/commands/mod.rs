//! One file a subcommand. Each returns the exit code, or an error that becomes exit code 2.

mod baseline;
mod changed;
pub(crate) mod check;
pub(crate) mod columns;
pub(crate) mod explain;
mod fixes;
mod ignores;
pub(crate) mod init;
mod parts;
mod progress;
mod projects;
pub(crate) mod shell;
mod speech;

use noclobber::check::Report;
use noclobber::rules::RULES;
use similar::get_close_matches;

/// Findings at or above the gate.
const FOUND: u8 = 1;
/// Usage, configuration, input or internal error.
pub(crate) const FAILURE: u8 = 2;

/// Whether something kept the project from being checked as it should be; `strict` takes warnings for that too.
fn is_incomplete(report: &Report, strict: bool) -> bool {
    !report.faults.is_empty() || strict && (!report.warnings.is_empty() || !report.unmatched.is_empty())
}

/// What is said of a rule that does not exist.
pub(crate) fn unknown_rule(id: &str) -> String {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    match get_close_matches(id, &ids, 1, 0.5).first() {
        Some(close) => format!("there is no rule `{id}`; did you mean `{close}`?"),
        None => format!("there is no rule `{id}`; `noclobber explain` lists them"),
    }
}
