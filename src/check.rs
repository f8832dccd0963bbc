//! The main job: read a project, judge its writes.

mod callers;
mod join;
mod judge;

use crate::baseline::Looked;
use crate::declared::ColumnRules;
use crate::discover::bodies;
use crate::discover::dialect::Dialects;
use crate::discover::exclude::Exclude;
use crate::discover::names::{self, Names};
use crate::discover::prefilter::{self, Relevance};
use crate::discover::{self, Candidate, Kind, PathError, Request, read};
use crate::frontend::facts::{BuiltColumn, Facts, Problem};
use crate::frontend::sql::Dialect;
use crate::frontend::{self, dialect_hint};
use crate::project::{Unanalysed, calls};
use crate::rules::finding::{Finding, Summary};
use crate::rules::levels::Levels;
use crate::rules::survey::SurveyedColumn;
use crate::source::{FileId, Files, LineIndex, Site, SourceFile, Span};
use heck::ToSnakeCase as _;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// A file after the first look at it.
enum Loaded {
    /// It is read as facts.
    Text(SourceFile, Vec<Problem>),
    /// It holds nothing that matters, as far as it shows by itself.
    Dropped,
    /// It decodes or encodes these fields as JSON, and matters if one of them is a column.
    Codes(Vec<String>),
    /// It could not be read.
    Failed(String),
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
    let idle = |file: &Candidate, source: &str| bodies::of_tests(source, file.test);
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

/// Reads a file, and drops it unless it matters.
fn load(file: &Candidate, stdin: Option<&[u8]>, look: &mut dyn FnMut(&[u8]) -> Relevance) -> Loaded {
    let bytes = match stdin.map_or_else(|| read::bytes(&file.path), |bytes| Ok(bytes.to_vec())) {
        Ok(bytes) => bytes,
        Err(error) => return Loaded::Failed(error.to_string()),
    };
    match look(&bytes) {
        Relevance::Matters => {}
        Relevance::Codes(fields) => return Loaded::Codes(fields),
        Relevance::Nothing => return Loaded::Dropped,
    }
    match read::text(bytes) {
        Ok((text, replaced)) => {
            let problem = (replaced > 0).then(|| Problem {
                span: None,
                message: match replaced {
                    1 => "1 byte is not UTF-8 and is read as `?`".to_owned(),
                    _ => format!("{replaced} bytes are not UTF-8 and are read as `?` each"),
                },
            });
            let source = SourceFile { path: file.shown.clone(), absolute: file.path.clone(), text };
            Loaded::Text(source, problem.into_iter().collect())
        }
        Err(reason) => Loaded::Failed(reason.to_owned()),
    }
}

/// The bodies of a file that need not be read.
type Idle<'a> = dyn Fn(&Candidate, &str) -> Vec<Range<usize>> + Sync + 'a;

/// Reads files as facts.
struct Reader<'a> {
    files: &'a [Candidate],
    dialects: &'a Dialects,
    /// The dialect that the user named.
    named: Option<Dialect>,
    /// Texts that stand for those on disk.
    instead: &'a BTreeMap<PathBuf, Vec<u8>>,
    /// What each file calls (nothing for tests) and declares (nothing where it matters by itself).
    names: &'a [Names],
}

impl Reader<'_> {
    /// The text that stands for the one on disk.
    fn instead(&self, file: &Candidate) -> Option<&[u8]> {
        self.instead.get(&file.path).map(Vec::as_slice)
    }

    /// Reads the loaded files that `which` (by index) picks, Rust without the bodies that are `idle` in it. The id of a
    /// file is its index, whatever is picked.
    fn read(
        &self,
        loaded: &[Loaded],
        report: &mut Report,
        idle: &Idle<'_>,
        which: impl Fn(usize) -> bool + Sync,
    ) -> Vec<Facts> {
        let read: Vec<Result<Facts, String>> = self
            .files
            .par_iter()
            .zip(loaded)
            .enumerate()
            .filter(|(index, (file, _))| which(*index) && file.kind != Kind::Dialect)
            .filter_map(|(index, (file, loaded))| {
                let Loaded::Text(source, problems) = loaded else { return None };
                let id = FileId(index as u32);
                let read = catch_unwind(AssertUnwindSafe(|| self.read_one(id, file, source, idle)));
                Some(match read {
                    Ok(mut facts) => {
                        facts.problems.extend(problems.iter().cloned());
                        Ok(facts)
                    }
                    Err(_) => Err(format!("{}: a fault of noclobber kept it from reading the file", file.shown)),
                })
            })
            .collect();
        let mut all = vec![];
        for result in read {
            match result {
                Ok(facts) => {
                    let index = facts.file.0 as usize;
                    if let (Some(file), Some(Loaded::Text(source, _))) = (self.files.get(index), loaded.get(index)) {
                        let warning = |problem: &Problem| Warning {
                            message: sentence(source, problem),
                            named: file.named,
                            place: Some((facts.file, problem.span)),
                        };
                        report.warnings.extend(facts.problems.iter().map(warning));
                    }
                    all.push(facts);
                }
                Err(fault) => report.faults.push(fault),
            }
        }
        all
    }

    fn read_one(&self, id: FileId, file: &Candidate, source: &SourceFile, idle: &Idle<'_>) -> Facts {
        let dialect = self.named.or_else(|| self.dialects.for_path(&file.path)).or_else(|| {
            let of_source = || (file.kind == Kind::Rust).then(|| dialect_hint::of_source(&source.text)).flatten();
            dialect_hint::of_path(&file.in_project).or_else(of_source)
        });
        match file.kind {
            Kind::Rust => {
                let idle = idle(file, &source.text);
                frontend::rust::read(id, source, frontend::rust::Context { dialect, test: file.test, idle: &idle })
            }
            Kind::Sql => frontend::sql_file::read(id, source, dialect, file.test),
            Kind::SqlxCache => frontend::sqlx_cache::read(id, source),
            Kind::Dialect => Facts::new(id),
        }
    }

    /// Reads files that were put off, but decode or encode a column that is written, spell a constant that another file
    /// builds its SQL from, or hold a function that makes a value which is written. Of these files only the functions
    /// that do are read, and what they call.
    fn read_late(&self, loaded: &mut [Loaded], facts: &mut Vec<Facts>, report: &mut Report) {
        let columns = written_names(facts);
        let deferred = facts.iter().flat_map(|facts| &facts.deferred).flat_map(|deferred| &deferred.constants);
        let constants: BTreeSet<String> =
            deferred.filter_map(|(_, path)| path.rsplit("::").next()).map(str::to_owned).collect();
        let makers = calls::wanted(facts);
        let keys: Vec<u32> = constants.iter().chain(&makers).map(|name| names::declaration(name.as_bytes())).collect();
        let constants = prefilter::Names::new(&constants.into_iter().collect::<Vec<_>>());
        let makers: Vec<String> = makers.into_iter().map(|name| format!("fn {name}")).collect();
        let makers = prefilter::Names::new(&makers);
        let wanted = |bytes: &[u8]| {
            constants.are_in(bytes) || makers.places(bytes).any(|(_, place)| prefilter::makes_document(bytes, place))
        };
        let codes = |fields: &[String]| fields.iter().any(|field| columns.contains(&field.to_lowercase()));
        let again = |index: usize, file: &Candidate, loaded: &Loaded| match loaded {
            Loaded::Codes(fields) if codes(fields) => Some(load(file, self.instead(file), &mut |_| Relevance::Matters)),
            Loaded::Dropped | Loaded::Codes(_) if self.names.get(index)?.may_declare(&keys) => {
                let mut look = |bytes: &[u8]| if wanted(bytes) { Relevance::Matters } else { Relevance::Nothing };
                Some(load(file, self.instead(file), &mut look))
            }
            _ => None,
        };
        let files = self.files.par_iter().zip(&*loaded).enumerate();
        let late = files.filter_map(|(index, (file, loaded))| Some((index, again(index, file, loaded)?)));
        let late: Vec<(usize, Loaded)> = late.filter(|(_, loaded)| matches!(loaded, Loaded::Text(..))).collect();
        let indices: BTreeSet<usize> = late.iter().map(|(index, _)| *index).collect();
        for (index, file) in late {
            if let Some(slot) = loaded.get_mut(index) {
                *slot = file;
            }
        }
        let idle = |_: &Candidate, source: &str| {
            bodies::but(source, |function| {
                let function = bodies::bytes(source, &function.whole);
                wanted(function)
                    || match prefilter::relevance(function) {
                        Relevance::Matters => true,
                        Relevance::Codes(fields) => codes(&fields),
                        Relevance::Nothing => false,
                    }
            })
        };
        facts.extend(self.read(loaded, report, &idle, |index| indices.contains(&index)));
        facts.sort_by_key(|facts| facts.file);
    }
}

/// The names of all columns that are written, and of all fields that are bound, in lower case.
fn written_names(facts: &[Facts]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for facts in facts {
        for text in &facts.texts {
            let targets = text.facts.writes.iter().flat_map(|write| &write.target);
            names.extend(targets.map(|part| part.text.to_lowercase()));
            names.extend(text.facts.placeholders.iter().map(|placeholder| placeholder.column.to_lowercase()));
        }
        for item in facts.built.iter().flat_map(|built| built.set.iter().chain(&built.inserted)) {
            names.extend(match &item.column {
                BuiltColumn::Field(name) | BuiltColumn::Name(name) => Some(name.to_lowercase()),
                BuiltColumn::Variant(name) => Some(name.to_snake_case()),
                // A row is written back as a whole: nothing is said of what its columns hold.
                BuiltColumn::Rest(_) => None,
            });
        }
        names.extend(facts.fields.bound.iter().map(|(_, field)| field.field.to_lowercase()));
    }
    names
}

/// A problem of a file as a sentence that begins with its place.
fn sentence(source: &SourceFile, problem: &Problem) -> String {
    let at = problem.span.map_or_else(String::new, |span| {
        let position = LineIndex::new(&source.text).position(&source.text, span.start as usize);
        format!(":{}:{}", position.line, position.column)
    });
    format!("{}{at}: {}", source.path, problem.message)
}
