//! `--fix`, `--unsafe-fixes` and `--diff`: the changes of the findings that are shown, made or only told.

use super::{FAILURE, FOUND, is_incomplete};
use crate::cli::CheckArgs;
use anyhow::Context as _;
use noclobber::check::Report;
use noclobber::fix::apply::{Plan, plan};
use noclobber::rules::finding::Applicability;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write as _};

/// How often the project is read again for changes that had to wait for others.
const PASSES: usize = 5;

/// Shows what `--fix` or `--unsafe-fixes` would change.
pub(super) fn diff(args: &CheckArgs, reports: &[Report]) -> anyhow::Result<u8> {
    let plans = planned(reports, level(args));
    let mut out = BufWriter::new(io::stdout().lock());
    for changed in plans.iter().flat_map(|plan| &plan.files) {
        out.write_all(changed.diff().as_bytes()).context("cannot write the diff")?;
    }
    out.flush().context("cannot write the diff")?;
    let files: usize = plans.iter().map(|plan| plan.files.len()).sum();
    if !args.quiet {
        let mut err = io::stderr().lock();
        writeln!(err, "{} would be fixed in {}", count(applied(&plans), "finding"), count(files, "file"))?;
        left_out(args, reports, &plans, &mut err)?;
    }
    Ok(if reports.iter().any(|report| is_incomplete(report, args.strict)) {
        FAILURE
    } else if files == 0 || args.exit_zero {
        0
    } else {
        FOUND
    })
}

/// Makes the changes, and gives the reports of what is left.
pub(super) fn fix(
    args: &CheckArgs,
    first: Vec<Report>,
    again: impl Fn() -> anyhow::Result<Vec<Report>>,
) -> anyhow::Result<Vec<Report>> {
    let mut reports = first;
    let mut fixed = 0;
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for _ in 0..PASSES {
        let plans = planned(&reports, level(args));
        if plans.iter().all(|plan| plan.files.is_empty()) {
            break;
        }
        for changed in plans.iter().flat_map(|plan| &plan.files) {
            changed.write().with_context(|| format!("cannot fix {}", changed.path))?;
            paths.insert(changed.path.clone());
        }
        fixed += applied(&plans);
        reports = again()?;
    }
    if !args.quiet {
        let mut err = io::stderr().lock();
        writeln!(err, "fixed {} in {}", count(fixed, "finding"), count(paths.len(), "file"))?;
        left_out(args, &reports, &planned(&reports, level(args)), &mut err)?;
    }
    Ok(reports)
}

/// One plan for each project.
fn planned(reports: &[Report], level: Applicability) -> Vec<Plan> {
    let fixes = |report: &Report| plan(report.findings.iter().filter_map(|f| f.fix.as_ref()), &report.files, level);
    reports.iter().map(fixes).collect()
}

fn applied(plans: &[Plan]) -> usize {
    plans.iter().map(|plan| plan.applied).sum()
}

fn level(args: &CheckArgs) -> Applicability {
    if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe }
}

/// Says which changes are not among those that were made or shown.
fn left_out(args: &CheckArgs, reports: &[Report], plans: &[Plan], err: &mut impl io::Write) -> io::Result<()> {
    let out: usize = plans.iter().map(|plan| plan.left_out).sum();
    if out > 0 {
        writeln!(err, "{} left out: it would meet another, or the file would not parse", count(out, "fix"))?;
    }
    let more = applied(&planned(reports, Applicability::Unsafe));
    let own = applied(plans);
    if !args.unsafe_fixes && more > own {
        writeln!(err, "{} more with --unsafe-fixes", count(more - own, "fix"))?;
    }
    Ok(())
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    let end = match (number, noun) {
        (1, _) => "",
        (_, "fix") => "es",
        _ => "s",
    };
    format!("{number} {noun}{end}")
}
