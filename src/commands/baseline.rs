//! `--baseline` and `--write-baseline`: known findings are taken out, new ones are put in and told.

use super::projects::Project;
use crate::cli::CheckArgs;
use anyhow::{Context as _, anyhow};
use noclobber::baseline::{Baseline, Entry};
use noclobber::check::Report;
use noclobber::discover::root::{CONFIG_FILE, project_root};
use noclobber::rules::finding::Finding;
use noclobber::rules::levels::Levels;
use noclobber::source::LineIndex;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The name of a baseline that is not named.
const FILE: &str = "noclobber-baseline.json";

/// The most stale entries that are told one by one.
const MOST_TOLD: usize = 10;

/// The baseline of a run.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Where it is, or will be.
    path: PathBuf,
    /// How it is called in messages.
    shown: String,
    /// `None` when there is none yet.
    baseline: Option<Baseline>,
}

/// Reads the baseline that is named, on the command line or in the configuration.
pub(super) fn read(args: &CheckArgs, project: &Project) -> anyhow::Result<Option<Known>> {
    let cwd = Path::new(".").canonicalize().context("the working directory")?;
    let named = args.baseline.as_ref().map(|path| cwd.join(path)).or_else(|| project.config.baseline.clone());
    let path = match named {
        Some(path) => path,
        None if args.write_baseline => {
            // A configuration marks the root of a project, wherever the program was started.
            let marked = project.folder.as_ref().filter(|folder| folder.join(CONFIG_FILE).is_file());
            marked.cloned().unwrap_or_else(|| project_root(&cwd)).join(FILE)
        }
        None => return Ok(None),
    };
    let shown = path.strip_prefix(&cwd).unwrap_or(&path).display().to_string();
    let baseline = match fs::read_to_string(&path) {
        Ok(text) => Some(Baseline::read(text).map_err(|why| anyhow!("{shown}: {why}"))?),
        Err(error) if error.kind() == ErrorKind::NotFound && args.write_baseline => None,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(anyhow!("{shown}: there is no such baseline; `--write-baseline` writes one"));
        }
        Err(error) => return Err(error).context(shown),
    };
    Ok(Some(Known { path, shown, baseline }))
}

impl Known {
    /// Whether both are the same file.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// Takes the known findings out of the report.
    pub(super) fn apply(&self, report: &mut Report) {
        if let Some(baseline) = &self.baseline {
            let (new, known) = baseline.part(std::mem::take(&mut report.findings));
            report.findings = new;
            report.baselined.extend(known);
        }
    }

    /// The entries that are stale.
    fn stale(&self, report: &Report, levels: &Levels) -> Vec<&Entry> {
        let Some(baseline) = &self.baseline else { return vec![] };
        let found = report.findings.iter().chain(&report.baselined).chain(&report.hidden);
        baseline.stale(found, &report.looked, |rule| noclobber::rules::by_id(rule).is_none() || levels.is_on(rule))
    }

    /// Says which entries are stale; how many there are.
    pub(super) fn warn(&self, args: &CheckArgs, report: &Report, levels: &Levels) -> io::Result<usize> {
        let stale = self.stale(report, levels);
        let Some(baseline) = self.baseline.as_ref().filter(|_| !args.quiet) else { return Ok(stale.len()) };
        let mut err = io::stderr().lock();
        let source = baseline.source(&self.shown);
        let lines = LineIndex::new(&source.text);
        for entry in stale.iter().take(MOST_TOLD) {
            let at = baseline.span(entry).map(|span| lines.position(&source.text, span.start as usize));
            let at = at.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
            let (rule, path) = (&entry.rule, &entry.path);
            writeln!(err, "warning: {}{at}: this `{rule}` of {path} is no longer found", self.shown)?;
        }
        if let Some(more) = stale.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
            writeln!(err, "warning: and {more} more entries of {} are no longer found", self.shown)?;
        }
        if !stale.is_empty() {
            writeln!(err, "warning: `--write-baseline` takes out what is no longer found")?;
        }
        Ok(stale.len())
    }

    /// Writes the baseline anew: what is known and still there, and what is in the report. Says what is new.
    pub(super) fn write(&self, args: &CheckArgs, report: &mut Report, levels: &Levels) -> anyhow::Result<()> {
        let stale: BTreeSet<Entry> = self.stale(report, levels).into_iter().cloned().collect();
        let known = self.baseline.as_ref().map(Baseline::entries).unwrap_or_default();
        let kept = known.iter().filter(|entry| !stale.contains(entry)).cloned();
        let new: Vec<Entry> = report.findings.iter().map(|finding| Entry::of(finding, &report.looked)).collect();
        let baseline = Baseline::of(kept.chain(new));
        fs::write(&self.path, baseline.text()).with_context(|| self.shown.clone())?;
        let new = std::mem::take(&mut report.findings);
        if !args.quiet {
            let mut err = io::stderr().lock();
            // What was known is told by its number; what is hidden from now on is told by its place.
            if self.baseline.is_some() {
                new.iter().try_for_each(|finding| writeln!(err, "new in the baseline: {}", place(report, finding)))?;
            }
            let total = baseline.entries().len();
            let (added, gone) = (new.len(), stale.len());
            writeln!(err, "wrote {}: {total} known, {added} of them new, {gone} taken out", self.shown)?;
            if self.baseline.is_none() && args.baseline.is_none() {
                writeln!(
                    err,
                    "use it with `--baseline {0}`, or `baseline = \"{FILE}\"` in noclobber.toml",
                    self.shown
                )?;
            }
        }
        report.baselined.extend(new);
        report.summary.baselined = report.baselined.len();
        Ok(())
    }
}

/// The place, rule and message of a finding.
fn place(report: &Report, finding: &Finding) -> String {
    let file = report.files.get(finding.site.file);
    let at = LineIndex::new(&file.text).position(&file.text, finding.site.span.start as usize);
    format!("{}:{}:{}: [{}] {}", file.path, at.line, at.column, finding.rule, finding.message)
}
