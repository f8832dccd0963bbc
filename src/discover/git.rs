//! What has changed, as `git` itself says it: files, and lines of them.
//!
//! Never writes and never fetches. A clone that is too shallow to know is an error that says what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What has changed.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The files that were added or changed, absolute, links resolved.
    pub files: BTreeSet<PathBuf>,
    /// The changed lines of those of which git tells them; all lines of the others count.
    lines: BTreeMap<PathBuf, Vec<Hunk>>,
    /// Files whose text in the index is another than on disk, with that text.
    pub staged: BTreeMap<PathBuf, Vec<u8>>,
}

/// Changed lines, from 1, the last one included. Where lines are only gone, those on both sides of the gap.
type Hunk = (usize, usize);

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// `git` cannot be run.
    #[error("cannot run `git`, which knows what has changed")]
    Missing(#[from] io::Error),
    /// The folder is in no repository.
    #[error("{} is in no git repository, so nothing is known of what has changed", .0.display())]
    NoRepository(PathBuf),
    /// The name is known to nobody.
    #[error("git knows no commit `{0}`; `git fetch` it, or name another")]
    Unknown(String),
    /// The clone does not reach back far enough.
    #[error(
        "this clone is shallow and does not reach back to `{0}`: fetch it with `git fetch --unshallow origin` (on GitHub \
         set `fetch-depth: 0` for actions/checkout; on GitLab set `GIT_DEPTH: 0`)"
    )]
    Shallow(String),
    /// The two have no commit in common.
    #[error("`{0}` and HEAD have no commit in common")]
    Unrelated(String),
    /// Something else.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it said.
        message: String,
    },
}

impl Changes {
    /// What has changed in the repository around `folder` since HEAD left `reference`: committed, staged, and in the
    /// working tree, with files that git does not know yet.
    ///
    /// # Errors
    /// When git cannot say it.
    pub fn since(folder: &Path, reference: &str) -> Result<Self, GitError> {
        let git = Git::around(folder)?;
        let shallow = || git.text(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|text| text.trim() == "true");
        let commit = format!("{reference}^{{commit}}");
        let Ok(commit) = git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) else {
            let why = if shallow() { GitError::Shallow } else { GitError::Unknown };
            return Err(why(reference.to_owned()));
        };
        let Ok(base) = git.text(&["merge-base", commit.trim(), "HEAD"]) else {
            let why = if shallow() { GitError::Shallow } else { GitError::Unrelated };
            return Err(why(reference.to_owned()));
        };
        let mut changes = git.changes(&[base.trim()])?;
        let new = git.run(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z"])?;
        changes.files.extend(git.paths(&new));
        Ok(changes)
    }

    /// What is staged in the repository around `folder`, to be committed next.
    ///
    /// # Errors
    /// When git cannot say it.
    pub fn staged(folder: &Path) -> Result<Self, GitError> {
        let git = Git::around(folder)?;
        let mut changes = git.changes(&["--cached"])?;
        let differing = git.run(&["diff", "--name-only", "--no-ext-diff", "-z"])?;
        for name in differing.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let Some(path) = git.path(name).filter(|path| changes.files.contains(path)) else { continue };
            let name = format!(":{}", String::from_utf8_lossy(name));
            changes.staged.insert(path, git.run(&["show", "--no-textconv", &name])?);
        }
        Ok(changes)
    }

    /// Whether any of the lines from `first` to `last` (from 1) of the file has changed.
    pub fn touches(&self, path: &Path, first: usize, last: usize) -> bool {
        match self.lines.get(path) {
            Some(hunks) => hunks.iter().any(|(from, to)| *from <= last && first <= *to),
            None => self.files.contains(path),
        }
    }
}

/// A repository.
struct Git {
    top: PathBuf,
}

impl Git {
    fn around(folder: &Path) -> Result<Self, GitError> {
        let git = Self { top: folder.to_path_buf() };
        match git.text(&["rev-parse", "--show-toplevel"]) {
            Ok(top) => {
                let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
                Ok(Self { top: top.canonicalize().unwrap_or(top) })
            }
            Err(GitError::Missing(error)) => Err(GitError::Missing(error)),
            Err(_) => Err(GitError::NoRepository(folder.to_path_buf())),
        }
    }

    /// Runs git at the top of the repository and returns what it writes.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.top).args(arguments).stdin(Stdio::null());
        // Messages are looked at by nobody but people; the rest must not depend on what they have configured.
        command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0");
        let output = command.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let command = arguments.first().copied().unwrap_or_default().to_owned();
        Err(GitError::Failed { command, message: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
    }

    fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        self.run(arguments).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The path of a file as git names it; `None` when it is not there.
    fn path(&self, name: &[u8]) -> Option<PathBuf> {
        self.top.join(os_str(name)).canonicalize().ok()
    }

    /// The files of a list that ends each with a zero byte.
    fn paths(&self, list: &[u8]) -> Vec<PathBuf> {
        list.split(|byte| *byte == 0).filter(|name| !name.is_empty()).filter_map(|name| self.path(name)).collect()
    }

    /// The files and lines that `git diff` with these arguments tells.
    fn changes(&self, what: &[&str]) -> Result<Changes, GitError> {
        let plain = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--diff-filter=d", "--find-renames"];
        let list = self.run(&[&plain[..], &["--name-only", "-z"], what, &["--"]].concat())?;
        let prefixes = ["--unified=0", "--src-prefix=a/", "--dst-prefix=b/"];
        let patch = self.run(&[&plain[..], &prefixes, what, &["--"]].concat())?;
        let mut changes = Changes { files: self.paths(&list).into_iter().collect(), ..Changes::default() };
        let mut file: Option<PathBuf> = None;
        let mut left = 0_usize;
        for line in patch.split(|byte| *byte == b'\n') {
            if left > 0 {
                // The text of a hunk may look like anything.
                left -= usize::from(!line.starts_with(b"\\"));
            } else if let Some(name) = line.strip_prefix(b"+++ ") {
                // A name in quotes has odd characters; all lines of such a file count as changed.
                file = name.strip_prefix(b"b/").and_then(|name| self.path(name.strip_suffix(b"\t").unwrap_or(name)));
                changes.lines.extend(file.clone().map(|file| (file, vec![])));
            } else if let Some(name) = line.strip_prefix(b"rename to ") {
                // A file that only moved has no hunk.
                changes.lines.extend(self.path(name).map(|file| (file, vec![])));
            } else if let Some((hunk, length)) = hunk(line) {
                left = length;
                if let Some(hunks) = file.as_ref().and_then(|file| changes.lines.get_mut(file)) {
                    hunks.push(hunk);
                }
            }
        }
        Ok(changes)
    }
}

/// The changed lines of `@@ -1,2 +3,4 @@`, and how many lines of text follow.
fn hunk(line: &[u8]) -> Option<(Hunk, usize)> {
    let text = std::str::from_utf8(line.strip_prefix(b"@@ -")?.split(|byte| *byte == b'@').next()?).ok()?;
    let (old, new) = text.trim().split_once(" +")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let ((_, gone), (start, count)) = (range(old)?, range(new)?);
    let hunk = if count == 0 { (start, start + 1) } else { (start, start + count - 1) };
    Some((hunk, gone + count))
}

#[cfg(unix)]
fn os_str(name: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(name)
}

#[cfg(not(unix))]
fn os_str(name: &[u8]) -> &OsStr {
    // Git writes UTF-8 there.
    OsStr::new(std::str::from_utf8(name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_read_as_git_writes_them() {
        assert_eq!(hunk(b"@@ -1,2 +3,4 @@ fn f() {"), Some(((3, 6), 6)));
        assert_eq!(hunk(b"@@ -1 +1 @@"), Some(((1, 1), 2)));
        assert_eq!(hunk(b"@@ -5,2 +4,0 @@"), Some(((4, 5), 2)), "both sides of the gap");
        assert_eq!(hunk(b"+@@ -5,2 +4,0 @@"), None);
        assert_eq!(hunk(b"@@ -x +y @@"), None);
    }
}
