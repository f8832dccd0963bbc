//! The projects of a run, each with its configuration: found, read, and complained about.
//!
//! A folder with a configuration of its own is a project of its own, also inside another one: its code is held against its
//! schema, and what is said in its configuration holds for it alone.

use super::speech::Speech;
use crate::cli::ProjectArgs;
use anyhow::Context as _;
use noclobber::check::{Options, Report};
use noclobber::config::{self, Config, Problem};
use noclobber::rules::finding::Severity;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A project, and what of it is named.
#[derive(Debug)]
pub(super) struct Project {
    /// The paths of the command line that belong to it.
    pub(super) paths: Vec<PathBuf>,
    /// The folder of its configuration; `None` where there is none.
    pub(super) folder: Option<PathBuf>,
    /// What is configured.
    pub(super) config: Config,
}

/// The projects that wait to be checked, by the folder of their configuration: those without one first, outer ones
/// before inner ones. So that a project which is found inside another never has been checked yet.
#[derive(Debug)]
pub(super) struct Projects<'a> {
    args: &'a ProjectArgs,
    speech: Speech,
    cwd: PathBuf,
    waiting: BTreeMap<Option<PathBuf>, (Option<PathBuf>, Vec<PathBuf>)>,
}

impl<'a> Projects<'a> {
    /// The projects of the named paths; `-` stands for a file at `stdin`.
    pub(super) fn new(
        args: &'a ProjectArgs,
        paths: &[PathBuf],
        stdin: Option<&Path>,
        speech: Speech,
    ) -> anyhow::Result<Self> {
        let cwd = Path::new(".").canonicalize().context("the working directory")?;
        let mut projects = Self { args, speech, cwd, waiting: BTreeMap::new() };
        for path in paths {
            let place = if path == Path::new("-") { stdin.unwrap_or(Path::new(".")) } else { path.as_path() };
            projects.add(place, path.clone());
        }
        Ok(projects)
    }

    /// Adds a path to the project that `place` belongs to.
    fn add(&mut self, place: &Path, path: PathBuf) {
        let place = self.cwd.join(place);
        let file = config::find(&place.canonicalize().unwrap_or(place));
        let folder = file.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        self.waiting.entry(folder).or_insert_with(|| (file, vec![])).1.push(path);
    }

    /// Adds projects that were found inside another one.
    pub(super) fn add_nested(&mut self, folders: &[PathBuf]) {
        for folder in folders {
            let below = folder.strip_prefix(&self.cwd).map_or_else(|_| folder.clone(), Path::to_path_buf);
            self.add(folder, below);
        }
    }

    /// The next project. `Err` when its configuration is wrong, which has been said then.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Result<Project, Misconfigured>>> {
        let Some((folder, (file, paths))) = self.waiting.pop_first() else { return Ok(None) };
        let (path, base) = match (&self.args.config, file) {
            (Some(named), _) => (self.cwd.join(named), self.cwd.clone()),
            (None, Some(file)) if !self.args.isolated => (file, folder.clone().unwrap_or_default()),
            _ => return Ok(Some(Ok(Project { paths, folder, config: Config::default() }))),
        };
        let shown = path.strip_prefix(&self.cwd).unwrap_or(&path).display().to_string();
        Ok(Some(match config::load(&path, &shown, &base) {
            Ok(config) => Ok(Project { paths, folder, config }),
            Err(problem) => {
                self.speech.say(Severity::Error, &problem)?;
                Err(Misconfigured)
            }
        }))
    }
}

/// A configuration is wrong.
#[derive(Debug)]
pub(super) struct Misconfigured;

impl Project {
    /// What the library is asked for where nothing but the project is told: the command line wins over the configuration.
    pub(super) fn options(&self, args: &ProjectArgs) -> Options {
        Options {
            paths: self.paths.clone(),
            dialect: args.dialect.or(self.config.dialect),
            schema: args.schema.iter().chain(&self.config.schema).cloned().collect(),
            exclude: self.config.exclude.clone(),
            levels: self.config.levels.clone(),
            columns: self.config.columns.clone(),
            config: self.config.source.clone(),
            jobs: args.jobs.map(usize::from),
            ..Options::default()
        }
    }

    /// Says which parts of its configuration fit nothing.
    pub(super) fn warn(&self, report: &Report, speech: Speech) -> io::Result<()> {
        let Some(source) = self.config.source.as_ref().filter(|_| !speech.quiet) else { return Ok(()) };
        for (span, message) in &report.unmatched {
            speech.say(Severity::Warning, &Problem::new(source, Some(*span), message.clone()))?;
        }
        Ok(())
    }
}
