//! The configuration of a run: found, read, and complained about.

use super::check::wants_color;
use crate::cli::CheckArgs;
use anyhow::Context as _;
use noclobber::check::Report;
use noclobber::config::{self, Config, Problem};
use noclobber::report::notice;
use noclobber::rules::finding::Severity;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// Reads the configuration that holds for the named paths; `None` when it is wrong, which has been said then.
pub(super) fn read(args: &CheckArgs) -> anyhow::Result<Option<Config>> {
    let cwd = Path::new(".").canonicalize().context("the working directory")?;
    let (path, base) = if let Some(named) = &args.config {
        (cwd.join(named), cwd.clone())
    } else if args.isolated {
        return Ok(Some(Config::default()));
    } else {
        let Some(found) = find(args, &cwd) else { return Ok(Some(Config::default())) };
        let base = found.parent().map(Path::to_path_buf).unwrap_or_default();
        (found, base)
    };
    let shown = path.strip_prefix(&cwd).unwrap_or(&path).display().to_string();
    match config::load(&path, &shown, &base) {
        Ok(config) => Ok(Some(config)),
        Err(problem) => {
            say(args, Severity::Error, &problem)?;
            Ok(None)
        }
    }
}

/// The configuration file of the first path that has one. One run has one configuration.
fn find(args: &CheckArgs, cwd: &Path) -> Option<PathBuf> {
    let stdin = args.stdin_filename.as_deref().unwrap_or(Path::new("."));
    let paths = args.paths.iter().map(|path| if path == Path::new("-") { stdin } else { path });
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
        && !args.quiet
    {
        let (first, second) = (first.display(), second.display());
        let _ = writeln!(io::stderr(), "warning: {first} holds for this whole run; {second} is not read");
    }
    found.into_iter().next()
}

/// Says which parts of the configuration fit nothing.
pub(super) fn warn(args: &CheckArgs, config: &Config, report: &Report) -> io::Result<()> {
    let Some(source) = config.source.as_ref().filter(|_| !args.quiet) else { return Ok(()) };
    for (span, message) in &report.unmatched {
        say(args, Severity::Warning, &Problem::new(source, Some(*span), message.clone()))?;
    }
    Ok(())
}

fn say(args: &CheckArgs, severity: Severity, problem: &Problem) -> io::Result<()> {
    let stderr = io::stderr();
    let color = wants_color(args.color, stderr.is_terminal(), |name| std::env::var(name).ok());
    let mut stderr = stderr.lock();
    let help = problem.help.as_deref();
    notice::write(&mut stderr, severity, &problem.source, problem.span, &problem.message, help, color)?;
    stderr.flush()
}
