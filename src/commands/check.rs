//! `noclobber check`: run the check, write the reports, say with the exit code how it went.

use super::parts::{self, Part};
use super::speech::{Speech, wants_color};
use super::{FAILURE, FOUND, changed, fixes, ignores, is_incomplete, unknown_rule};
use crate::cli::{CheckArgs, Color, Format, Output};
use anyhow::{Context as _, bail};
use noclobber::check::{Report, Times};
use noclobber::report::repository::Repository;
use noclobber::report::{self, Shown};
use noclobber::rules;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Instant;

/// Runs the check and writes what came of it.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<u8> {
    for id in args.select.iter().chain(&args.ignore) {
        if rules::by_id(id).is_none() {
            bail!(unknown_rule(id));
        }
    }
    let to_stdout = || args.output.iter().filter(|output| output.file.is_none());
    if to_stdout().count() > 1 && to_stdout().any(|output| output.format.is_for_machines()) {
        bail!("a report for programs must be alone on stdout: give the others a file, as in `--output json=FILE`");
    }
    if args.changed_lines && args.changed_since.is_none() && !args.staged {
        bail!("`--changed-lines` needs `--changed-since REF` or `--staged`");
    }
    let speech = Speech::of(args);
    let changes = changed::read(args)?;
    let started = Instant::now();
    let Some((parts, mut reports)) = parts::check(args, changes.as_ref(), speech)? else { return Ok(FAILURE) };
    let again = || parts::check_again(args, &parts, changes.as_ref());
    if args.diff {
        warn(&parts, &reports, speech)?;
        return fixes::diff(args, &reports);
    }
    if args.fix || args.unsafe_fixes {
        if parts.iter().any(|part| part.options.stdin.is_some()) {
            bail!("fixes are written to files: `-` can only be shown with `--diff`");
        }
        reports = fixes::fix(args, reports, again)?;
    }
    if let Some(reason) = args.reason.as_deref().filter(|_| args.add_ignores) {
        ignores::add(args, &reports, reason)?;
        reports = again()?;
    }
    if args.verbose {
        let time = started.elapsed().as_millis();
        let files: usize = reports.iter().map(|report| report.summary.files).sum();
        writeln!(io::stderr(), "checked {files} files in {time} ms")?;
        for times in reports.iter().map(|report| report.times) {
            let Times { read, join, callers, judge } = times;
            let [read, join, callers, judge] = [read, join, callers, judge].map(|time| time.as_millis());
            let share = times.judgement();
            writeln!(
                io::stderr(),
                "read {read} ms, joined {join} ms, callers {callers} ms, judged {judge} ms: judgement is {share:.0} %"
            )?;
        }
    }
    warn(&parts, &reports, speech)?;
    let mut stale = 0;
    for (part, report) in parts.iter().zip(&mut reports) {
        let Some(known) = &part.known else { continue };
        if args.write_baseline {
            known.write(args, report, &part.options.levels)?;
        } else if !args.changed_lines {
            stale += known.warn(args, report, &part.options.levels)?;
        }
    }
    let report = Report::join(reports);
    let shown = shown(args, &report);
    let repository = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let repository = repository.map(|folder| Repository::around(&folder)).unwrap_or_default();
    for output in &args.output {
        write(output, &report, shown, args, &repository)?;
    }
    if args.output.iter().any(|output| output.format == Format::Github) {
        write_step_summary(&report, shown, &repository)?;
    }
    Ok(if is_incomplete(&report, args.strict) || args.strict && stale > 0 {
        FAILURE
    } else if report.findings.iter().any(|finding| finding.severity >= args.fail_on) && !args.exit_zero {
        FOUND
    } else {
        0
    })
}

/// Says what kept files from being checked, and which parts of a configuration fit nothing.
fn warn(parts: &[Part], reports: &[Report], speech: Speech) -> io::Result<()> {
    speech.warn(reports)?;
    parts.iter().zip(reports).try_for_each(|(part, report)| part.project.warn(report, speech))
}

/// What is shown of a report, in every format the same.
fn shown(args: &CheckArgs, report: &Report) -> Shown {
    Shown {
        hidden: report.hidden.len(),
        unanalysed: args.show_unanalysed,
        statistics: args.statistics,
        quiet: args.quiet,
        fail_on: Some(args.fail_on),
    }
}

/// Writes one report.
fn write(
    output: &Output,
    report: &Report,
    shown: Shown,
    args: &CheckArgs,
    repository: &Repository,
) -> anyhow::Result<()> {
    let (mut out, color): (Box<dyn Write>, bool) = if let Some(path) = &output.file {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        (Box::new(BufWriter::new(file)), args.color == Color::Always)
    } else {
        let stdout = io::stdout().lock();
        let color = wants_color(args.color, stdout.is_terminal(), |name| std::env::var(name).ok());
        let choice = if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
        if color {
            (Box::new(BufWriter::new(anstream::AutoStream::new(stdout, choice))), true)
        } else {
            (Box::new(BufWriter::new(stdout)), false)
        }
    };
    let written = match output.format {
        Format::Text => report::text::write(&mut out, report, shown, color),
        Format::Concise => report::concise::write(&mut out, report, shown),
        Format::Json => report::json::write(&mut out, report, shown),
        Format::Jsonl => report::json::write_lines(&mut out, report, shown),
        Format::Sarif => report::sarif::write(&mut out, report, shown, repository),
        Format::Github => report::github::write(&mut out, report, shown, repository),
        Format::Gitlab => report::gitlab::write(&mut out, report, repository),
        Format::Junit => report::junit::write(&mut out, report, shown),
        Format::Rdjson => report::rdjson::write(&mut out, report),
        Format::Rdjsonl => report::rdjson::write_lines(&mut out, report),
        Format::Markdown => report::markdown::write(&mut out, report, shown, repository),
    };
    written.and_then(|()| out.flush()).with_context(|| match &output.file {
        Some(path) => path.display().to_string(),
        None => "cannot write the report".to_owned(),
    })
}

/// Appends the summary to the page of the GitHub Actions run, where there is one.
fn write_step_summary(report: &Report, shown: Shown, repository: &Repository) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let path = PathBuf::from(path);
    let mut page = vec![];
    report::markdown::write(&mut page, report, shown, repository)?;
    let file = OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut file| file.write_all(&page)).with_context(|| path.display().to_string())
}
