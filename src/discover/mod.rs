//! Which files: the walk, the project root, the byte prefilter, reading, the dialect of each crate.
//!
//! Never parses SQL or Rust. The files whose findings are wanted may be few; the schema comes from the whole project.

pub mod bodies;
pub mod dialect;
pub mod exclude;
pub mod git;
mod ignores;
pub mod names;
pub mod prefilter;
pub mod read;
pub mod root;
mod walk;

use crate::source::Span;
use exclude::Exclude;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rust source.
    Rust,
    /// SQL: migrations, schema dumps, queries.
    Sql,
    /// An entry of sqlx's offline cache.
    SqlxCache,
    /// Says which database is spoken to: `Cargo.toml`, `sqlx.toml`, `.env`.
    Dialect,
}

impl Kind {
    /// What the file is by its name; `None` when it does not matter.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if dialect::is_wanted(name) {
            return Some(Self::Dialect);
        }
        let extension = path.extension()?.to_str()?;
        if extension == "rs" {
            Some(Self::Rust)
        } else if extension.eq_ignore_ascii_case("sql") {
            Some(Self::Sql)
        } else {
            let in_cache = || path.parent().and_then(Path::file_name).is_some_and(|folder| folder == ".sqlx");
            let query = extension == "json" && name.starts_with("query-") && in_cache();
            (query || name == "sqlx-data.json").then_some(Self::SqlxCache)
        }
    }
}

/// A file that the walk came upon.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    path: PathBuf,
    kind: Kind,
}

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a file")]
pub struct Candidate {
    /// Absolute path, links resolved.
    pub path: PathBuf,
    /// The path as it is shown: relative to the working directory where possible, forward slashes.
    pub shown: String,
    /// The path from the project's root, forward slashes: the same on every machine.
    pub in_project: String,
    /// What it is read as.
    pub kind: Kind,
    /// Its findings are wanted.
    pub named: bool,
    /// It is named by itself, not by a folder that it lies in.
    pub explicit: bool,
    /// Its text comes from stdin.
    pub is_stdin: bool,
    /// It stands in test code: under `tests/`, `benches/` or `examples/`, or is called like a module of tests.
    pub test: bool,
}

/// Which files are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// Files and folders whose findings are wanted; the working directory when empty.
    pub paths: &'a [PathBuf],
    /// The file that stdin stands for.
    pub stdin: Option<&'a Path>,
    /// More files or folders with the schema; they are read even if they are ignored.
    pub schema: &'a [PathBuf],
    /// What is left out.
    pub exclude: Option<&'a Exclude>,
    /// Leaves out what is excluded even where it is named by itself.
    pub force_exclude: bool,
    /// Of the named files only these (absolute, links resolved); all when `None`.
    pub only: Option<&'a BTreeSet<PathBuf>>,
}

/// A named path that does not exist or cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct PathError {
    /// The path as it was named.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// The files of a run.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// Every file, by path.
    pub files: Vec<Candidate>,
    /// What could not be walked, each in one sentence.
    pub warnings: Vec<String>,
    /// Patterns of the configuration that leave out nothing, each with its place there.
    pub unmatched: Vec<(String, Span)>,
    /// Folders below the named ones that have a configuration of their own: other projects. What lies there is neither
    /// named nor read for the schema.
    pub nested: Vec<PathBuf>,
}

/// Finds the files of the projects that the named paths belong to. `cwd` is the working directory, links resolved.
///
/// # Errors
/// When a named path does not exist or cannot be looked at.
pub fn discover(request: &Request<'_>, cwd: &Path) -> Result<Discovery, PathError> {
    let mut named = vec![];
    for path in request.paths {
        named.push(resolve(path, cwd)?);
    }
    let stdin = request.stdin.map(|path| resolve(path, cwd).unwrap_or_else(|_| normalize(&cwd.join(path))));
    named.extend(stdin.clone());
    if named.is_empty() {
        named.push(cwd.to_path_buf());
    }
    let mut roots: Vec<PathBuf> = named.iter().map(|path| root::project_root(path)).collect();
    roots.sort_unstable();
    roots.dedup_by(|root, outer| root.starts_with(outer));

    let mut kinds: BTreeMap<PathBuf, Kind> = BTreeMap::new();
    let mut warnings = vec![];
    let no_exclude = Exclude::default();
    let exclude = request.exclude.unwrap_or(&no_exclude);
    let matched = Mutex::new(BTreeSet::new());
    let mut nested = BTreeSet::new();
    if request.force_exclude {
        named.retain(|path| !exclude.excludes_or_parent(path, &mut lock(&matched)));
    }
    let mut visit = |start: &Path, how: How, kinds: &mut BTreeMap<PathBuf, Kind>| {
        let out = |path: &Path, folder: bool| how.excluding && exclude.excludes(path, folder, &mut lock(&matched));
        let walked = walk::Walk { start, ignoring: how.ignoring, excluded: &out }.through();
        for found in walked.found {
            kinds.entry(found.path).or_insert(found.kind);
        }
        nested.extend(walked.nested);
        warnings.extend(walked.warnings);
    };
    for root in &roots {
        visit(root, How { ignoring: true, excluding: true }, &mut kinds);
    }
    for path in &named {
        if path.is_dir() {
            // A folder that is ignored or hidden is walked all the same when it is named.
            let prefix = |found: &PathBuf| found.starts_with(path);
            if !roots.contains(path) && !kinds.range(path.clone()..).next().is_some_and(|(found, _)| prefix(found)) {
                visit(path, How { ignoring: true, excluding: false }, &mut kinds);
            }
        } else if let Some(kind) = Kind::of(path) {
            kinds.insert(path.clone(), kind);
        }
    }
    for path in request.schema {
        let path = resolve(path, cwd)?;
        if path.is_dir() {
            visit(&path, How { ignoring: false, excluding: false }, &mut kinds);
        } else {
            let kind = Kind::of(&path).unwrap_or(Kind::Sql);
            kinds.insert(path, kind);
        }
    }

    warnings.sort_unstable();
    warnings.dedup();
    let unmatched = exclude.unmatched(&lock(&matched));
    let unmatched = unmatched.into_iter().map(|(pattern, span)| (pattern.to_owned(), span)).collect();
    let file = |(path, kind)| {
        let is_stdin = stdin.as_ref() == Some(&path);
        let wanted = request.only.is_none_or(|only| only.contains(&path));
        let candidate = candidate(path, kind, &named, &roots, cwd);
        Candidate { is_stdin, named: candidate.named && wanted, explicit: candidate.explicit && wanted, ..candidate }
    };
    let files = kinds.into_iter().map(file).collect();
    nested.retain(|folder| named.iter().any(|named| folder.starts_with(named)));
    Ok(Discovery { files, warnings, unmatched, nested: nested.into_iter().collect() })
}

/// What a panic in another thread left behind is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What holds on a walk.
#[derive(Clone, Copy)]
struct How {
    /// The ignore files of git and of the user, and the bounds of other projects.
    ignoring: bool,
    /// The patterns of the configuration.
    excluding: bool,
}

fn candidate(path: PathBuf, kind: Kind, named: &[PathBuf], roots: &[PathBuf], cwd: &Path) -> Candidate {
    let root = roots.iter().find(|root| path.starts_with(root));
    let relative = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(&path);
    let in_project = slashes(relative);
    let test = is_test(&in_project);
    let shown = match path.strip_prefix(cwd) {
        Ok(below) => slashes(below),
        Err(_) if root.is_some_and(|root| cwd.starts_with(root)) => upwards(&path, cwd),
        Err(_) => slashes(&path),
    };
    let explicit = named.contains(&path);
    let named = explicit || named.iter().any(|named| path.starts_with(named));
    Candidate { path, shown, in_project, kind, named, explicit, is_stdin: false, test }
}

/// The path of `path` as seen from `cwd`, where both lie in the same project.
fn upwards(path: &Path, cwd: &Path) -> String {
    let common = path.ancestors().find(|ancestor| cwd.starts_with(ancestor)).unwrap_or(Path::new(""));
    let up = cwd.strip_prefix(common).map_or(0, |rest| rest.components().count());
    let down = path.strip_prefix(common).unwrap_or(path);
    format!("{}{}", "../".repeat(up), slashes(down))
}

/// The path with forward slashes; what is not UTF-8 is replaced.
fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// Whether a path in the project is that of test code.
fn is_test(in_project: &str) -> bool {
    let (folders, name) = in_project.rsplit_once('/').unwrap_or(("", in_project));
    let stem = name.split('.').next().unwrap_or(name);
    folders.split('/').any(|folder| matches!(folder, "tests" | "benches" | "examples"))
        || matches!(stem, "test" | "tests")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
}

/// The absolute path with links resolved.
fn resolve(path: &Path, cwd: &Path) -> Result<PathBuf, PathError> {
    cwd.join(path).canonicalize().map_err(|source| PathError { path: path.to_path_buf(), source })
}

/// The path without `.` and `..`, for a file that need not exist.
fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            _ => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests;
