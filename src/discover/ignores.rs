//! Which paths git and the user want left out: `.ignore`, `.gitignore`, `.git/info/exclude`, git's global excludes.
//!
//! The patterns are the business of the `ignore` crate; this module only knows where the files stand and which of them
//! has the last word. `.gitignore` counts without a repository too: a release archive has no `.git`.

use super::root::repository;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Path, PathBuf};

/// The ignore files that hold at one place of a walk.
#[derive(Debug, Default)]
pub(crate) struct Ignores {
    /// Those of the folders on the way from the repository to here, outermost first.
    frames: Vec<Frame>,
    /// Those of the whole repository and of the user, the weakest last.
    general: Vec<Gitignore>,
}

/// The ignore files of one folder.
#[derive(Debug)]
struct Frame {
    /// The folder's depth in the walk; `None` above the place where it starts.
    depth: Option<usize>,
    /// `.ignore`: has the last word over every `.gitignore`.
    own: Option<Gitignore>,
    git: Option<Gitignore>,
}

impl Ignores {
    /// What holds in the folder where a walk starts, apart from the ignore files in that folder.
    pub(crate) fn above(start: &Path) -> Self {
        let repository = repository(start);
        let mut frames: Vec<Frame> = repository
            .into_iter()
            .flat_map(|top| start.ancestors().skip(1).take_while(move |a| a.starts_with(top)))
            .filter_map(|folder| Frame::read(folder, None))
            .collect();
        frames.reverse();
        let mut general = vec![];
        if let Some(top) = repository {
            general.extend(git_folder(top).and_then(|git| matcher(top, &git.join("info/exclude"))));
        }
        let (global, _) = GitignoreBuilder::new(repository.unwrap_or(start)).build_global();
        general.push(global);
        Self { frames, general }
    }

    /// Enters a folder at that depth of the walk; leaves those that it does not lie in.
    pub(crate) fn enter(&mut self, folder: &Path, depth: usize) {
        self.leave_to(depth);
        self.frames.extend(Frame::read(folder, Some(depth)));
    }

    /// Leaves the folders that an entry at that depth does not lie in.
    pub(crate) fn leave_to(&mut self, depth: usize) {
        while self.frames.last().is_some_and(|frame| frame.depth.is_some_and(|d| d >= depth)) {
            self.frames.pop();
        }
    }

    /// Whether the path is to be left out. The folders on the way to it are not looked at: they have been entered.
    pub(crate) fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let own = self.frames.iter().rev().filter_map(|frame| frame.own.as_ref());
        let git = self.frames.iter().rev().filter_map(|frame| frame.git.as_ref());
        own.chain(git)
            .chain(&self.general)
            .map(|matcher| matcher.matched(path, is_folder))
            .find(|found| !found.is_none())
            .is_some_and(|found| found.is_ignore())
    }
}

impl Frame {
    fn read(folder: &Path, depth: Option<usize>) -> Option<Self> {
        let own = matcher(folder, &folder.join(".ignore"));
        let git = matcher(folder, &folder.join(".gitignore"));
        (own.is_some() || git.is_some()).then_some(Self { depth, own, git })
    }
}

/// The patterns of one file, which hold from `folder` on. A line that is no pattern is skipped, as git does.
fn matcher(folder: &Path, file: &Path) -> Option<Gitignore> {
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    if let Some(error) = builder.add(file) {
        log::debug!("{error}");
    }
    builder.build().ok().filter(|matcher| !matcher.is_empty())
}

/// The folder with the repository's `info/exclude`; follows the `.git` file of a worktree or submodule.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(&git).ok()?;
    let folder = top.join(text.strip_prefix("gitdir:")?.trim());
    let common = std::fs::read_to_string(folder.join("commondir")).ok();
    Some(common.map_or_else(|| folder.clone(), |common| folder.join(common.trim())))
}
