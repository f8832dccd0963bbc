//! Which paths git and the user want left out: `.ignore`, `.gitignore`, `.git/info/exclude`, git's global excludes.
//!
//! The patterns are the business of the `ignore` crate; this module only knows where the files stand and which of them
//! has the last word. `.gitignore` counts without a repository too: a release archive has no `.git`.

use super::root::repository;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ignore files that hold at one place of a walk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignores {
    /// Those of the folder here, and through it those around it.
    nearest: Option<Arc<Frame>>,
    /// Those of the whole repository and of the user, the weakest last.
    general: Arc<[Gitignore]>,
}

/// The ignore files of one folder.
#[derive(Debug)]
struct Frame {
    /// `.ignore`: has the last word over every `.gitignore`.
    own: Option<Gitignore>,
    git: Option<Gitignore>,
    /// Those of the next folder around it that has any, up to the repository's.
    around: Option<Arc<Self>>,
}

impl Ignores {
    /// What holds in the folder where a walk starts, apart from the ignore files in that folder.
    pub(crate) fn above(start: &Path) -> Self {
        let repository = repository(start);
        let mut general = vec![];
        if let Some(top) = repository {
            general.extend(git_folder(top).and_then(|git| matcher(top, &git.join("info/exclude"))));
        }
        let (global, _) = GitignoreBuilder::new(repository.unwrap_or(start)).build_global();
        general.push(global);
        let above =
            repository.into_iter().flat_map(|top| start.ancestors().skip(1).take_while(move |a| a.starts_with(top)));
        let mut folders: Vec<&Path> = above.collect();
        folders.reverse();
        let outermost = Self { nearest: None, general: general.into() };
        folders
            .into_iter()
            .fold(outermost, |ignores, folder| ignores.inside(folder, &|name| folder.join(name).is_file()))
    }

    /// What holds in a folder that lies here; `has` says whether it has a file of that name.
    pub(crate) fn inside(&self, folder: &Path, has: &dyn Fn(&str) -> bool) -> Self {
        let read = |name: &str| has(name).then(|| matcher(folder, &folder.join(name))).flatten();
        let (own, git) = (read(".ignore"), read(".gitignore"));
        let mut inside = self.clone();
        if own.is_some() || git.is_some() {
            inside.nearest = Some(Arc::new(Frame { own, git, around: self.nearest.clone() }));
        }
        inside
    }

    /// Whether the path is to be left out. The folders on the way to it are not looked at: they have been entered.
    pub(crate) fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let frames = || std::iter::successors(self.nearest.as_deref(), |frame| frame.around.as_deref());
        let own = frames().filter_map(|frame| frame.own.as_ref());
        let git = frames().filter_map(|frame| frame.git.as_ref());
        own.chain(git)
            .chain(&*self.general)
            .map(|matcher| matcher.matched(path, is_folder))
            .find(|found| !found.is_none())
            .is_some_and(|found| found.is_ignore())
    }
}

/// The patterns of one file, which hold from `folder` on. A line that is no pattern is skipped, as git does.
fn matcher(folder: &Path, file: &Path) -> Option<Gitignore> {
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
