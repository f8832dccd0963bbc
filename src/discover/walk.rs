//! The walk through a folder: every file that may matter. Folders are listed in parallel.
//!
//! Never follows a link to a folder, and never opens a file it finds (ignore files apart).

use super::ignores::Ignores;
use super::root::CONFIG_FILE;
use super::{Found, Kind};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What holds on a walk.
pub(crate) struct Walk<'a> {
    /// The folder that is walked (absolute).
    pub(crate) start: &'a Path,
    /// The ignore files of git and of the user count, and the bounds of other projects.
    pub(crate) ignoring: bool,
    /// Says of a file or a folder (`true`) whether the user wants it left out.
    pub(crate) excluded: &'a (dyn Fn(&Path, bool) -> bool + Sync),
}

/// What a walk came upon.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Files of a wanted kind.
    pub(crate) found: Vec<Found>,
    /// Folders that are projects of their own; nothing in them was looked at.
    pub(crate) nested: Vec<PathBuf>,
    /// What could not be looked at, each in one sentence.
    pub(crate) warnings: Vec<String>,
}

impl Walked {
    fn and(mut self, other: Self) -> Self {
        self.found.extend(other.found);
        self.nested.extend(other.nested);
        self.warnings.extend(other.warnings);
        self
    }
}

impl Walk<'_> {
    /// Walks.
    pub(crate) fn through(&self) -> Walked {
        let ignores = if self.ignoring { Ignores::above(self.start) } else { Ignores::default() };
        self.folder(self.start, &ignores)
    }

    /// Lists one folder, and walks those in it.
    fn folder(&self, folder: &Path, ignores: &Ignores) -> Walked {
        let mut walked = Walked::default();
        let mut entries = vec![];
        for entry in WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => walked.warnings.push(describe(&error)),
            }
        }
        let has = |name: &str| entries.iter().any(|entry| entry.file_name() == name && entry.path().is_file());
        if self.ignoring && folder != self.start && has(CONFIG_FILE) {
            walked.nested.push(folder.to_path_buf());
            return walked;
        }
        let inside = if self.ignoring { ignores.inside(folder, &has) } else { Ignores::default() };
        let (folders, files): (Vec<DirEntry>, _) = entries.into_iter().partition(|entry| entry.file_type().is_dir());
        walked.found = files.into_iter().filter_map(|entry| self.file(entry, &inside)).collect();
        let enters = |entry: &DirEntry| {
            let path = entry.path();
            !skips_folder(entry) && !inside.ignores(path, true) && !(self.excluded)(path, true)
        };
        let below = folders
            .into_par_iter()
            .filter(enters)
            .map(|entry| self.folder(entry.path(), &inside))
            .reduce(Walked::default, Walked::and);
        walked.and(below)
    }

    /// What a file is read as; `None` when it does not matter.
    fn file(&self, entry: DirEntry, ignores: &Ignores) -> Option<Found> {
        let path = entry.path();
        let kind = Kind::of(path)?;
        // A `.env` is most often ignored, and only the scheme of its URL is looked at.
        let left_out = match kind {
            Kind::Dialect => !is_environment(&entry) && ignores.ignores(path, false),
            _ => is_hidden(&entry) || ignores.ignores(path, false),
        };
        if left_out || (self.excluded)(path, false) {
            return None;
        }
        if entry.path_is_symlink() {
            return link_target(path, self.start).map(|path| Found { path, kind });
        }
        entry.file_type().is_file().then(|| Found { path: entry.into_path(), kind })
    }
}

/// The file behind a link, where it lies outside of the folder that is walked: one inside is found by itself.
fn link_target(link: &Path, start: &Path) -> Option<PathBuf> {
    let target = link.canonicalize().ok()?;
    (target.is_file() && !target.starts_with(start)).then_some(target)
}

/// Folders that hold nothing of the project's own: build output, packages, hidden ones except sqlx's offline cache.
fn skips_folder(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    if name == ".sqlx" {
        return false;
    }
    if name == "target" {
        let path = entry.path();
        let beside_manifest = path.parent().is_some_and(|parent| parent.join("Cargo.toml").is_file());
        return beside_manifest || path.join("CACHEDIR.TAG").is_file();
    }
    name == "node_modules" || is_hidden(entry)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_environment(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".env")
}

/// One sentence about what could not be walked.
fn describe(error: &walkdir::Error) -> String {
    let place = error.path().map(|path| path.display().to_string()).unwrap_or_default();
    match error.io_error() {
        Some(io) => format!("{place} is skipped: {io}"),
        None => format!("{place} is skipped: {error}"),
    }
}
