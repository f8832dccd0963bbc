//! Where a project begins: the folder whose files make up the schema.
//!
//! Never walks downwards and never reads more than the `Cargo.toml`s on the way up.

use std::path::{Path, PathBuf};

/// The name of the configuration file, which also marks a project's root.
pub const CONFIG_FILE: &str = "noclobber.toml";

/// The root of the project that `path` (absolute; a file or a folder) belongs to: the nearest folder with a
/// `noclobber.toml`, else the nearest `Cargo.toml` with a `[workspace]`, else the folder that holds `.git`, else the
/// nearest `Cargo.toml`, else the folder itself.
///
/// The repository's own folder bounds the search: what lies above it belongs to somebody else.
pub fn project_root(path: &Path) -> PathBuf {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let repository = repository(folder);
    let within =
        || folder.ancestors().take_while(move |a| repository.is_none_or(|repository| a.starts_with(repository)));
    within()
        .find(|a| a.join(CONFIG_FILE).is_file())
        .or_else(|| within().find(|a| is_workspace(a)))
        .or(repository)
        .or_else(|| within().find(|a| a.join("Cargo.toml").is_file()))
        .unwrap_or(folder)
        .to_path_buf()
}

/// The nearest folder, upwards from `folder`, that holds a `.git` (a folder, or the file of a worktree or submodule).
pub fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|a| a.join(".git").exists())
}

/// Whether the folder's `Cargo.toml` has a `[workspace]` table. One that does not parse has none.
fn is_workspace(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    text.contains("workspace") && text.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("workspace"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn the_configuration_wins_over_the_workspace_and_that_over_the_repository() {
        let dir = tree(&[
            (".git/HEAD", ""),
            ("w/Cargo.toml", "[workspace]\nmembers = [\"a\"]"),
            ("w/a/Cargo.toml", "[package]\nname = \"a\""),
            ("w/a/src/x.rs", ""),
            ("w/b/noclobber.toml", ""),
            ("w/b/src/x.rs", ""),
            ("db/1.sql", ""),
            ("lone/Cargo.toml", "[package]\nname = \"lone\" # not a workspace"),
            ("lone/src/x.rs", ""),
        ]);
        let root = |path: &str| project_root(&dir.path().join(path));
        assert_eq!(root("w/a/src/x.rs"), dir.path().join("w"));
        assert_eq!(root("w/b/src"), dir.path().join("w/b"));
        assert_eq!(root("db/1.sql"), dir.path());
        assert_eq!(root("lone/src/x.rs"), dir.path(), "the schema may lie beside a lone crate");
    }

    #[test]
    fn without_a_repository_the_crate_is_the_project_and_else_the_folder() {
        let dir = tree(&[("c/Cargo.toml", "[package]"), ("c/src/x.rs", ""), ("d/x.sql", "")]);
        assert_eq!(project_root(&dir.path().join("c/src/x.rs")), dir.path().join("c"));
        assert_eq!(project_root(&dir.path().join("d/x.sql")), dir.path().join("d"));
        assert_eq!(project_root(&dir.path().join("d")), dir.path().join("d"));
    }
}
