//! The parts of a check: one for each project of the run.

use super::baseline::{self, Known};
use super::changed;
use super::progress::Progress;
use super::projects::{Project, Projects};
use super::speech::Speech;
use crate::cli::CheckArgs;
use anyhow::{Context as _, bail};
use noclobber::check::{self, Options, Report};
use noclobber::discover::git::Changes;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A project of the run, with all that is needed to check it again.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) project: Project,
    /// Its baseline.
    pub(super) known: Option<Known>,
    pub(super) options: Options,
}

/// Checks all projects of the named paths, outer ones before those that are found inside them. `None` when a
/// configuration is wrong, which has been said then.
pub(super) fn check(
    args: &CheckArgs,
    changes: Option<&Changes>,
    speech: Speech,
) -> anyhow::Result<Option<(Vec<Part>, Vec<Report>)>> {
    let mut stdin = stdin(args)?;
    let stands_for = args.stdin_filename.as_deref();
    let mut projects = Projects::new(&args.project, &args.paths, stands_for, speech)?;
    let (mut parts, mut reports): (Vec<Part>, Vec<Report>) = (vec![], vec![]);
    while let Some(next) = projects.next()? {
        let Ok(mut project) = next else { return Ok(None) };
        let given = project.paths.len();
        project.paths.retain(|path| path != Path::new("-"));
        let stdin = if project.paths.len() < given { stdin.take() } else { None };
        let known = baseline::read(args, &project)?;
        if let Some(known) = &known
            && parts.iter().any(|part| part.known.as_ref().is_some_and(|other| other.is_same(known)))
        {
            bail!(
                "one baseline cannot serve two projects, and these paths belong to more than one: say \
                 `baseline = \"..\"` in the noclobber.toml of each"
            );
        }
        let options = Options {
            stdin,
            force_exclude: args.force_exclude,
            instead: changes.map(|changes| changes.staged.clone()).unwrap_or_default(),
            only: changes.map(|changes| changes.files.clone()),
            levels: project.config.levels.clone().choosing(&args.select, &args.ignore),
            no_ignores: args.no_ignores,
            ..project.options(&args.project)
        };
        let part = Part { project, known, options };
        let report = checked(args, &part, changes)?;
        projects.add_nested(&report.nested);
        parts.push(part);
        reports.push(report);
    }
    Ok(Some((parts, reports)))
}

/// Checks the projects again, after a change.
pub(super) fn check_again(args: &CheckArgs, parts: &[Part], changes: Option<&Changes>) -> anyhow::Result<Vec<Report>> {
    parts.iter().map(|part| checked(args, part, changes)).collect()
}

/// What is read from stdin, and the file it stands for.
fn stdin(args: &CheckArgs) -> anyhow::Result<Option<(PathBuf, Vec<u8>)>> {
    if args.paths.iter().all(|path| path != Path::new("-")) {
        if args.stdin_filename.is_some() {
            bail!("`--stdin-filename` needs the path `-`");
        }
        return Ok(None);
    }
    let mut bytes = vec![];
    io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
    Ok(Some((args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.rs")), bytes)))
}

/// Checks a project and leaves what is to be shown, in every format the same: neither what the baseline knows nor what
/// is of too low confidence nor, if only changed lines are wanted, what has not changed.
fn checked(args: &CheckArgs, part: &Part, changes: Option<&Changes>) -> anyhow::Result<Report> {
    let progress = Progress::start(args);
    let mut report = check::check(&part.options)?;
    drop(progress);
    if let Some(changes) = changes.filter(|_| args.changed_lines) {
        changed::retain(changes, &mut report);
    }
    let (found, hidden) =
        std::mem::take(&mut report.findings).into_iter().partition(|finding| finding.confidence >= args.min_confidence);
    (report.findings, report.hidden) = (found, hidden);
    report.suppressed.retain(|finding| finding.confidence >= args.min_confidence);
    report.summary.suppressed = report.suppressed.len();
    if let Some(known) = &part.known {
        known.apply(&mut report);
        report.summary.baselined = report.baselined.len();
    }
    Ok(report)
}
