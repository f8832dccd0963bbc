//! The walk through a folder: every file that may matter, in the order of the names.
//!
//! Never follows a link to a folder, and never opens a file it finds (ignore files apart).

use super::ignores::Ignores;
use super::{Found, Kind};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Walks `start` (absolute) and hands every file of a wanted kind to `found`, every hindrance to `warn`. Ignore files
/// count only if `ignoring`; `excluded` says of a file or a folder (`true`) whether the user wants it left out.
pub(crate) fn walk(
    start: &Path,
    ignoring: bool,
    excluded: &mut dyn FnMut(&Path, bool) -> bool,
    found: &mut dyn FnMut(Found),
    warn: &mut dyn FnMut(String),
) {
    let mut ignores = if ignoring { Ignores::above(start) } else { Ignores::default() };
    let mut entries = WalkDir::new(start).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                warn(describe(&error));
                continue;
            }
        };
        ignores.leave_to(entry.depth());
        let path = entry.path();
        if entry.file_type().is_dir() || entry.depth() == 0 {
            if entry.depth() > 0 && (skips_folder(&entry) || ignores.ignores(path, true) || excluded(path, true)) {
                entries.skip_current_dir();
            } else if ignoring {
                ignores.enter(path, entry.depth());
            }
            continue;
        }
        let Some(kind) = Kind::of(path) else { continue };
        // A `.env` is most often ignored, and only the scheme of its URL is looked at.
        let left_out = match kind {
            Kind::Dialect => !is_environment(&entry) && ignores.ignores(path, false),
            _ => is_hidden(&entry) || ignores.ignores(path, false),
        };
        if left_out || excluded(path, false) {
            continue;
        }
        if entry.path_is_symlink() {
            if let Some(target) = link_target(path, start) {
                found(Found { path: target, kind });
            }
        } else if entry.file_type().is_file() {
            found(Found { path: entry.into_path(), kind });
        }
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
