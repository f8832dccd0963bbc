//! How a run speaks to people: on stderr, in colour or not, much or little.
//!
//! Knows nothing of what the commands do.

use crate::cli::{CheckArgs, Color};
use noclobber::check::Report;
use noclobber::config::Problem;
use noclobber::report::notice;
use noclobber::rules::finding::Severity;
use std::io::{self, IsTerminal as _, Write as _};

/// What a run says beside its report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech {
    /// Nothing but errors.
    pub(super) quiet: bool,
    /// What is done too.
    pub(super) verbose: bool,
    /// In colour.
    pub(super) color: Color,
}

impl Speech {
    /// As the command line wants it.
    pub(super) fn of(args: &CheckArgs) -> Self {
        Self { quiet: args.quiet, verbose: args.verbose, color: args.color }
    }

    /// Says on stderr what kept files from being checked.
    pub(super) fn warn(self, reports: &[Report]) -> io::Result<()> {
        let mut err = io::stderr().lock();
        for fault in reports.iter().flat_map(|report| &report.faults) {
            writeln!(err, "error: {fault}")?;
        }
        if self.quiet {
            return Ok(());
        }
        // A hook that checks one file should not hear of all others each time.
        let all = || reports.iter().flat_map(|report| &report.warnings);
        let (shown, others): (Vec<_>, Vec<_>) = all().partition(|warning| warning.named || self.verbose);
        for warning in shown {
            writeln!(err, "warning: {}", warning.message)?;
        }
        if !others.is_empty() {
            let count = others.len();
            writeln!(err, "warning: {count} more of files that are read for the schema only (--verbose shows them)")?;
        }
        if reports.iter().all(|report| report.summary.files == 0) && all().next().is_none() {
            writeln!(err, "warning: there is no Rust or SQL file to check")?;
        }
        Ok(())
    }

    /// Says what is wrong with a part of the configuration, and shows it.
    pub(super) fn say(self, severity: Severity, problem: &Problem) -> io::Result<()> {
        let stderr = io::stderr();
        let color = wants_color(self.color, stderr.is_terminal(), |name| std::env::var(name).ok());
        let mut stderr = stderr.lock();
        let help = problem.help.as_deref();
        notice::write(&mut stderr, severity, &problem.source, problem.span, &problem.message, help, color)?;
        stderr.flush()
    }
}

/// Whether to colour: the flag, then `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, then whether somebody looks at it.
pub(super) fn wants_color(flag: Color, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if on("FORCE_COLOR") || on("CLICOLOR_FORCE") => true,
        Color::Auto => terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(flag: Color, terminal: bool, set: &[(&str, &str)]) -> bool {
        wants_color(flag, terminal, |name| {
            set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_flag_wins_then_the_environment_then_the_terminal() {
        assert!(wants(Color::Auto, true, &[]));
        assert!(!wants(Color::Auto, false, &[]));
        assert!(!wants(Color::Auto, true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(wants(Color::Auto, true, &[("NO_COLOR", "")]));
        assert!(wants(Color::Auto, false, &[("FORCE_COLOR", "1")]));
        assert!(wants(Color::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!wants(Color::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!wants(Color::Auto, true, &[("TERM", "dumb")]));
        assert!(wants(Color::Always, false, &[("NO_COLOR", "1")]));
        assert!(!wants(Color::Never, true, &[("FORCE_COLOR", "1")]));
    }
}
