//! Paths as a service sees them: relative to the repository, wherever the program was started.
//!
//! GitHub and GitLab show a finding in the file that they know by its path from the repository's root. Only this path is
//! made here; what is shown on a terminal stays relative to the working directory.

use crate::discover::root;
use crate::source::{FileId, Files};
use std::path::{Component, Path, PathBuf};

/// The repository that the check ran in.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Its root with links resolved; `None` when it is not known, so that paths stay as they are shown.
    root: Option<PathBuf>,
}

impl Repository {
    /// The repository that `folder` (absolute, links resolved) lies in; the folder itself where there is none.
    pub fn around(folder: &Path) -> Self {
        Self { root: Some(root::repository(folder).unwrap_or(folder).to_path_buf()) }
    }

    /// The file's path from the repository's root, with forward slashes; the shown path for a file outside it.
    pub(crate) fn path(&self, files: &Files, file: FileId) -> String {
        self.below(files, file).unwrap_or_else(|| files.get(file).path.clone())
    }

    /// The same as a relative reference of RFC 3986; `None` for a file outside the repository.
    pub(crate) fn uri(&self, files: &Files, file: FileId) -> Option<String> {
        let path = match self.root {
            Some(_) => self.below(files, file)?,
            None => files.get(file).path.clone(),
        };
        Some(percent_encoded(&path))
    }

    fn below(&self, files: &Files, file: FileId) -> Option<String> {
        let below = files.get(file).absolute.strip_prefix(self.root.as_ref()?).ok()?;
        let names = below.components().map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        Some(names.collect::<Option<Vec<_>>>()?.join("/"))
    }
}

/// The path with everything but RFC 3986's unreserved characters and `/` percent-encoded, so that no name can be taken
/// for a scheme, a query or a fragment.
pub(crate) fn percent_encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.extend(["%".to_owned(), format!("{byte:02X}")]),
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn a_path_starts_at_the_repository_and_a_uri_holds_no_reserved_character() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(root.join("app/src")).unwrap();
        let mut files = Files::default();
        let mut add =
            |path: &str, absolute: PathBuf| files.add(SourceFile { path: path.into(), absolute, text: String::new() });
        let inside = add("src/a b:c#é.rs", root.join("app/src/a b:c#é.rs"));
        let outside = add("/elsewhere/x.rs", PathBuf::from("/elsewhere/x.rs"));
        let repository = Repository::around(&root.join("app"));
        assert_eq!(repository.path(&files, inside), "app/src/a b:c#é.rs");
        assert_eq!(repository.uri(&files, inside).as_deref(), Some("app/src/a%20b%3Ac%23%C3%A9.rs"));
        assert_eq!(repository.path(&files, outside), "/elsewhere/x.rs");
        assert_eq!(repository.uri(&files, outside), None);
    }
}
