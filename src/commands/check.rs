//! `noclobber check`: run the check, write the reports, say with the exit code how it went.

use super::progress::Progress;
use super::speech::{Speech, wants_color};
use super::{FAILURE, FOUND, baseline, changed, configuration, fixes, ignores, is_incomplete, unknown_rule};
use crate::cli::{CheckArgs, Color, Format, Output};
use anyhow::{Context as _, bail};
use noclobber::check::{Options, Report, check};
use noclobber::config::Config;
use noclobber::discover::git::Changes;
use noclobber::report::repository::Repository;
use noclobber::report::{self, Shown};
use noclobber::rules;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
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
    let speech = Speech::of(args);
    let Some(config) = configuration::read(&args.project, &asked(args), speech)? else { return Ok(FAILURE) };
    if args.changed_lines && args.changed_since.is_none() && !args.staged {
        bail!("`--changed-lines` needs `--changed-since REF` or `--staged`");
    }
    let mut known = baseline::read(args, &config)?;
    let changes = changed::read(args)?;
    let started = Instant::now();
    let options = options(args, &config, changes.as_ref())?;
    let checked = || checked(args, &options, known.as_ref(), changes.as_ref().filter(|_| args.changed_lines));
    let (mut report, mut shown) = checked()?;
    if args.diff {
        speech.warn(&report)?;
        configuration::warn(&config, &report, speech)?;
        return fixes::diff(args, &report);
    }
    if args.fix || args.unsafe_fixes {
        if options.stdin.is_some() {
            bail!("fixes are written to files: `-` can only be shown with `--diff`");
        }
        (report, shown) = fixes::fix(args, (report, shown), checked)?;
    }
    if let Some(reason) = args.reason.as_deref().filter(|_| args.add_ignores) {
        ignores::add(args, &report, reason)?;
        (report, shown) = checked()?;
    }
    if args.verbose {
        let time = started.elapsed().as_millis();
        writeln!(io::stderr(), "checked {} files in {time} ms", report.summary.files)?;
    }
    speech.warn(&report)?;
    configuration::warn(&config, &report, speech)?;
    let mut stale = 0;
    if let Some(known) = known.take_if(|_| args.write_baseline) {
        known.write(args, &mut report, &options.levels)?;
    } else if let Some(known) = known.as_ref().filter(|_| !args.changed_lines) {
        stale = known.warn(args, &report, &options.levels)?;
    }
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

/// Runs the check and leaves what is to be shown: neither what the baseline knows nor, if only `lines` are wanted, what
/// has not changed.
fn checked(
    args: &CheckArgs,
    options: &Options,
    known: Option<&baseline::Known>,
    lines: Option<&Changes>,
) -> anyhow::Result<(Report, Shown)> {
    let progress = Progress::start(args);
    let mut report = check(options)?;
    drop(progress);
    if let Some(changes) = lines {
        changed::retain(changes, &mut report);
    }
    let shown = filter(args, &mut report);
    if let Some(known) = known {
        known.apply(&mut report);
        report.summary.baselined = report.baselined.len();
    }
    Ok((report, shown))
}

/// The paths that the configuration is looked for from.
fn asked(args: &CheckArgs) -> Vec<PathBuf> {
    let stdin = args.stdin_filename.as_deref().unwrap_or(Path::new("."));
    let place = |path: &PathBuf| if path == Path::new("-") { stdin.to_path_buf() } else { path.clone() };
    args.paths.iter().map(place).collect()
}

/// What the library is asked for.
fn options(args: &CheckArgs, config: &Config, changes: Option<&Changes>) -> anyhow::Result<Options> {
    let mut paths = args.paths.clone();
    let given = paths.len();
    paths.retain(|path| path != Path::new("-"));
    let stdin = if paths.len() < given {
        let mut bytes = vec![];
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
        Some((args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("stdin.rs")), bytes))
    } else if args.stdin_filename.is_some() {
        bail!("`--stdin-filename` needs the path `-`");
    } else {
        None
    };
    Ok(Options {
        stdin,
        force_exclude: args.force_exclude,
        instead: changes.map(|changes| changes.staged.clone()).unwrap_or_default(),
        only: changes.map(|changes| changes.files.clone()),
        levels: config.levels.clone().choosing(&args.select, &args.ignore),
        no_ignores: args.no_ignores,
        ..configuration::options(&args.project, config, paths)
    })
}

/// Leaves the findings that are to be shown, in every format the same.
fn filter(args: &CheckArgs, report: &mut Report) -> Shown {
    let (found, hidden) =
        std::mem::take(&mut report.findings).into_iter().partition(|finding| finding.confidence >= args.min_confidence);
    (report.findings, report.hidden) = (found, hidden);
    report.suppressed.retain(|finding| finding.confidence >= args.min_confidence);
    report.summary.suppressed = report.suppressed.len();
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
