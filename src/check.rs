//! The main job: read a project, judge its writes.

mod callers;
mod join;
mod judge;
mod reader;

use crate::baseline::Looked;
use crate::declared::ColumnRules;
use crate::discover::bodies;
use crate::discover::dialect::Dialects;
use crate::discover::exclude::Exclude;
use crate::discover::names::Names;
use crate::discover::prefilter::{self, Relevance};
use crate::discover::{self, Candidate, Kind, PathError, Request};
use crate::frontend::sql::Dialect;
use crate::project::Unanalysed;
use crate::rules::finding::{Finding, Summary};
use crate::rules::levels::Levels;
use crate::rules::survey::SurveyedColumn;
use crate::source::{FileId, Files, Site, SourceFile, Span};
use rayon::prelude::*;
use reader::{Loaded, Reader, load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Stack of a worker thread: parsers recurse as deep as the code they read is nested.
const STACK_BYTES: usize = 64 << 20;

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders whose findings are wanted; the working directory when empty.
    pub paths: Vec<PathBuf>,
    /// Text to be checked as if it were this file, instead of the file on disk.
    pub stdin: Option<(PathBuf, Vec<u8>)>,
    /// The dialect, where the user names it.
    pub dialect: Option<Dialect>,
    /// More files or folders with the schema; they are read even if they are ignored.
    pub schema: Vec<PathBuf>,
    /// Files and folders that are left out, neither checked nor read for the schema.
    pub exclude: Exclude,
    /// Leaves out what is excluded even where it is named by itself.
    pub force_exclude: bool,
    /// Texts that stand for those on disk, by path (absolute, links resolved): what is staged and not what is edited.
    pub instead: BTreeMap<PathBuf, Vec<u8>>,
    /// Of the named files only these (absolute, links resolved); all when `None`.
    pub only: Option<BTreeSet<PathBuf>>,
    /// Which rules speak, and how loud.
    pub levels: Levels,
    /// What the user says of columns.
    pub columns: ColumnRules,
    /// The configuration file, where there is one: what is said of columns points into it.
    pub config: Option<SourceFile>,
    /// Comments suppress nothing, and nothing is said of them.
    pub no_ignores: bool,
    /// Lists the columns as well ([`Report::columns`]).
    pub survey: bool,
    /// Worker threads; one per processor when `None`.
    pub jobs: Option<usize>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Findings in the named files, by path and place. Not filtered by severity or confidence.
    pub findings: Vec<Finding>,
    /// Findings that comments suppress, by path and place.
    pub suppressed: Vec<Finding>,
    /// Findings that the baseline knows.
    pub baselined: Vec<Finding>,
    /// Findings that are left out for their confidence.
    pub hidden: Vec<Finding>,
    /// The statement around the place of each write, for what is asked of it as a whole.
    pub statements: BTreeMap<Site, Span>,
    /// Which files were looked at.
    pub looked: Looked,
    /// Every JSON column of the project, where that was asked for; by table and column.
    pub columns: Vec<SurveyedColumn>,
    /// The files that findings and reasons point into.
    pub files: Files,
    /// Counts of the named files.
    pub summary: Summary,
    /// What could not be analysed in the named files, by path and place.
    pub unanalysed: Vec<Unanalysed>,
    /// What could not be read or parsed, by path.
    pub warnings: Vec<Warning>,
    /// Parts of the configuration that fit nothing, by place: the bytes in the configuration file, and a sentence.
    pub unmatched: Vec<(Span, String)>,
    /// Projects of their own below the named paths: folders with a configuration. They are not part of this report.
    pub nested: Vec<PathBuf>,
    /// What took how long; never part of a report.
    pub times: Times,
    /// Faults of the program itself, each in one sentence that begins with the path; the rest of the report stands.
    pub faults: Vec<String>,
}

/// How long the phases of a check took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// Finding, reading and parsing files.
    pub read: Duration,
    /// Joining what all files say: columns, writes.
    pub join: Duration,
    /// Looking at the callers of functions that store what they are given.
    pub callers: Duration,
    /// Profiles, rules, suggestions, comments.
    pub judge: Duration,
}

impl Times {
    /// What is judgement, in parts of a hundred of the whole.
    pub fn judgement(&self) -> f64 {
        let judged = self.join + self.callers + self.judge;
        let whole = judged + self.read;
        if whole.is_zero() { 0.0 } else { judged.as_secs_f64() * 100.0 / whole.as_secs_f64() }
    }
}

/// A file that could not be read or parsed, or a folder that could not be walked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// One sentence that begins with the path.
    pub message: String,
    /// It is about a named file; the others matter for the schema only.
    pub named: bool,
    /// The file, where it is one, and the place in it, where there is one.
    pub place: Option<(FileId, Option<Span>)>,
}

/// What makes a check impossible.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A named path does not exist or cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The worker threads could not be started.
    #[error("cannot start the worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Reads the project that the paths belong to and judges the writes in the named files.
///
/// # Errors
/// When a named path does not exist or cannot be read. A file that does not parse is a warning, not an error.
pub fn check(options: &Options) -> Result<Report, CheckError> {
    let here = PathBuf::from(".");
    let cwd = here.canonicalize().map_err(|source| PathError { path: here, source })?;
    let threads = options.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    pool.install(|| run(options, &cwd))
}

fn run(options: &Options, cwd: &Path) -> Result<Report, CheckError> {
    let request = Request {
        paths: &options.paths,
        stdin: options.stdin.as_ref().map(|(path, _)| path.as_path()),
        schema: &options.schema,
        exclude: Some(&options.exclude),
        force_exclude: options.force_exclude,
        only: options.only.as_ref(),
    };
    let started = Instant::now();
    let found = discover::discover(&request, cwd)?;
    let stdin = options.stdin.as_ref().map(|(_, bytes)| bytes.as_slice());
    let look = |file: &Candidate, bytes: &[u8]| match file.kind {
        Kind::Rust => prefilter::relevance(bytes),
        _ => Relevance::Matters,
    };
    let (mut loaded, names): (Vec<Loaded>, Vec<Names>) = found
        .files
        .par_iter()
        .map(|file| {
            let instead = || options.instead.get(&file.path).map(Vec::as_slice);
            let mut names = Names::default();
            let loaded = load(file, stdin.filter(|_| file.is_stdin).or_else(instead), &mut |bytes| {
                let relevance = look(file, bytes);
                if file.kind == Kind::Rust && !file.test {
                    names.take_called(bytes);
                }
                if relevance != Relevance::Matters {
                    names.take_declared(bytes);
                }
                relevance
            });
            (loaded, names)
        })
        .unzip();
    let mut report = Report { nested: found.nested, ..Report::default() };
    report.warnings.extend(found.warnings.into_iter().map(|message| Warning { message, named: true, place: None }));
    let sentence = |pattern: &str| format!("the pattern `{pattern}` leaves out nothing");
    report.unmatched.extend(found.unmatched.into_iter().map(|(pattern, span)| (span, sentence(&pattern))));
    for (index, (file, loaded)) in found.files.iter().zip(&loaded).enumerate() {
        match loaded {
            // A file that the user named must be read, or the answer would be a false all-clear.
            Loaded::Failed(reason) if file.explicit => {
                let source = std::io::Error::other(reason.clone());
                return Err(PathError { path: PathBuf::from(&file.shown), source }.into());
            }
            Loaded::Failed(reason) => {
                let message = format!("{} is skipped: {reason}", file.shown);
                let place = Some((FileId(index as u32), None));
                report.warnings.push(Warning { message, named: file.named, place });
            }
            _ => report.summary.files += usize::from(file.named && file.kind != Kind::Dialect),
        }
    }

    let dialects = Dialects::read(found.files.iter().zip(&loaded).filter_map(|(file, loaded)| match loaded {
        Loaded::Text(source, _) if file.kind == Kind::Dialect => Some((file.path.as_path(), source.text.as_str())),
        _ => None,
    }));
    let reader = Reader {
        files: &found.files,
        dialects: &dialects,
        named: options.dialect,
        instead: &options.instead,
        names: &names,
    };
    let idle = |file: &Candidate, source: &str| bodies::idle(source, file.test);
    let mut facts = reader.read(&loaded, &mut report, &idle, |_| true);
    reader.read_late(&mut loaded, &mut facts, &mut report);
    for (file, loaded) in found.files.iter().zip(loaded) {
        // What was not read is still called by its name.
        let unread = || SourceFile { path: file.shown.clone(), absolute: file.path.clone(), text: String::new() };
        report.files.add(if let Loaded::Text(file, _) = loaded { file } else { unread() });
    }
    report.times.read = started.elapsed();
    judge::judge(&found.files, &dialects, &reader, facts, options, &mut report);
    report.warnings.sort_unstable();
    Ok(report)
}
