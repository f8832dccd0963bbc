//! The configuration of a run: found, read, and complained about.

use super::speech::Speech;
use crate::cli::ProjectArgs;
use anyhow::Context as _;
use noclobber::check::{Options, Report};
use noclobber::config::{self, Config, Problem};
use noclobber::rules::finding::Severity;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Reads the configuration that holds for the named paths; `None` when it is wrong, which has been said then.
pub(super) fn read(args: &ProjectArgs, paths: &[PathBuf], speech: Speech) -> anyhow::Result<Option<Config>> {
    let cwd = Path::new(".").canonicalize().context("the working directory")?;
    let (path, base) = if let Some(named) = &args.config {
        (cwd.join(named), cwd.clone())
    } else if args.isolated {
        return Ok(Some(Config::default()));
    } else {
        let Some(found) = find(paths, &cwd, speech) else { return Ok(Some(Config::default())) };
        let base = found.parent().map(Path::to_path_buf).unwrap_or_default();
        (found, base)
    };
    let shown = path.strip_prefix(&cwd).unwrap_or(&path).display().to_string();
    match config::load(&path, &shown, &base) {
        Ok(config) => Ok(Some(config)),
        Err(problem) => {
            speech.say(Severity::Error, &problem)?;
            Ok(None)
        }
    }
}

/// The configuration file of the first path that has one. One run has one configuration.
fn find(paths: &[PathBuf], cwd: &Path, speech: Speech) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = vec![];
    for path in paths {
        let path = cwd.join(path);
        let path = path.canonicalize().unwrap_or(path);
        if let Some(file) = config::find(&path)
            && !found.contains(&file)
        {
            found.push(file);
        }
    }
    if let [first, second, ..] = found.as_slice()
        && !speech.quiet
    {
        let (first, second) = (first.display(), second.display());
        let _ = writeln!(io::stderr(), "warning: {first} holds for this whole run; {second} is not read");
    }
    found.into_iter().next()
}

/// What the library is asked for where nothing but the project is told: the command line wins over the configuration.
pub(super) fn options(args: &ProjectArgs, config: &Config, paths: Vec<PathBuf>) -> Options {
    Options {
        paths,
        dialect: args.dialect.or(config.dialect),
        schema: args.schema.iter().chain(&config.schema).cloned().collect(),
        exclude: config.exclude.clone(),
        levels: config.levels.clone(),
        columns: config.columns.clone(),
        config: config.source.clone(),
        jobs: args.jobs.map(usize::from),
        ..Options::default()
    }
}

/// Says which parts of the configuration fit nothing.
pub(super) fn warn(config: &Config, report: &Report, speech: Speech) -> io::Result<()> {
    let Some(source) = config.source.as_ref().filter(|_| !speech.quiet) else { return Ok(()) };
    for (span, message) in &report.unmatched {
        speech.say(Severity::Warning, &Problem::new(source, Some(*span), message.clone()))?;
    }
    Ok(())
}
