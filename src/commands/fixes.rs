//! `--fix`, `--unsafe-fixes` and `--diff`: the changes of the findings that are shown, made or only told.

use super::{FAILURE, FOUND, is_incomplete};
use crate::cli::CheckArgs;
use anyhow::Context as _;
use noclobber::check::Report;
use noclobber::fix::apply::{Plan, plan};
use noclobber::report::Shown;
use noclobber::rules::finding::Applicability;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write as _};

/// How often the project is read again for changes that had to wait for others.
const PASSES: usize = 5;

/// Shows what `--fix` or `--unsafe-fixes` would change.
pub(super) fn diff(args: &CheckArgs, report: &Report) -> anyhow::Result<u8> {
    let plan = planned(report, level(args));
    let mut out = BufWriter::new(io::stdout().lock());
    for changed in &plan.files {
        out.write_all(changed.diff().as_bytes()).context("cannot write the diff")?;
    }
    out.flush().context("cannot write the diff")?;
    if !args.quiet {
        let mut err = io::stderr().lock();
        writeln!(err, "{} would be fixed in {}", count(plan.applied, "finding"), count(plan.files.len(), "file"))?;
        left_out(args, report, &plan, &mut err)?;
    }
    Ok(if is_incomplete(report, args.strict) {
        FAILURE
    } else if plan.files.is_empty() || args.exit_zero {
        0
    } else {
        FOUND
    })
}

/// Makes the changes, and gives the report of what is left.
pub(super) fn fix(
    args: &CheckArgs,
    first: (Report, Shown),
    again: impl Fn() -> anyhow::Result<(Report, Shown)>,
) -> anyhow::Result<(Report, Shown)> {
    let (mut report, mut shown) = first;
    let mut fixed = 0;
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for _ in 0..PASSES {
        let plan = planned(&report, level(args));
        if plan.files.is_empty() {
            break;
        }
        for changed in &plan.files {
            changed.write().with_context(|| format!("cannot fix {}", changed.path))?;
            paths.insert(changed.path.clone());
        }
        fixed += plan.applied;
        (report, shown) = again()?;
    }
    if !args.quiet {
        let mut err = io::stderr().lock();
        writeln!(err, "fixed {} in {}", count(fixed, "finding"), count(paths.len(), "file"))?;
        left_out(args, &report, &planned(&report, level(args)), &mut err)?;
    }
    Ok((report, shown))
}

fn planned(report: &Report, level: Applicability) -> Plan {
    plan(report.findings.iter().filter_map(|finding| finding.fix.as_ref()), &report.files, level)
}

fn level(args: &CheckArgs) -> Applicability {
    if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe }
}

/// Says which changes are not among those that were made or shown.
fn left_out(args: &CheckArgs, report: &Report, plan: &Plan, err: &mut impl io::Write) -> io::Result<()> {
    if plan.left_out > 0 {
        writeln!(err, "{} left out: it would meet another, or the file would not parse", count(plan.left_out, "fix"))?;
    }
    let more = planned(report, Applicability::Unsafe).applied;
    let own = plan.applied;
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
