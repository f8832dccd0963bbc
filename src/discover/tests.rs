//! Which files are found, and under which names.

use super::*;
use std::fs;

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let real = dir.path().canonicalize().unwrap();
    (dir, real)
}

fn shown(request: &Request<'_>, cwd: &Path) -> Vec<(String, bool)> {
    let files = discover(request, cwd).unwrap().files;
    files.into_iter().map(|file| (file.shown, file.named)).collect()
}

fn names(request: &Request<'_>, cwd: &Path) -> Vec<String> {
    shown(request, cwd).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn ignore_files_hold_at_every_level_and_without_a_repository() {
    let (_dir, cwd) = tree(&[
        (".gitignore", "/generated\n*.tmp.sql\n!keep.tmp.sql\n/.env\n"),
        (".env", "DATABASE_URL=postgres://x"),
        ("a.tmp.sql", ""),
        ("keep.tmp.sql", ""),
        ("generated/a.rs", ""),
        ("sub/generated/b.rs", ""),
        ("sub/.gitignore", "c.rs\n"),
        ("sub/c.rs", ""),
        ("sub/deep/c.rs", ""),
        ("c.rs", ""),
        ("own/.ignore", "!d.rs\n"),
        ("own/.gitignore", "d.rs\n"),
        ("own/d.rs", ""),
    ]);
    let all = names(&Request::default(), &cwd);
    assert_eq!(all, [".env", "c.rs", "keep.tmp.sql", "own/d.rs", "sub/generated/b.rs"]);
}

#[test]
fn the_excludes_of_the_repository_hold_and_those_of_the_folders_above() {
    let (_dir, cwd) = tree(&[
        (".git/info/exclude", "x.rs\n"),
        (".gitignore", "y.rs\n"),
        ("w/Cargo.toml", "[workspace]"),
        ("w/x.rs", ""),
        ("w/y.rs", ""),
        ("w/z.rs", ""),
    ]);
    let request = Request { paths: &["w".into()], ..Request::default() };
    assert_eq!(names(&request, &cwd), ["w/Cargo.toml", "w/z.rs"]);
}

#[test]
fn build_output_packages_and_hidden_folders_are_left_out_but_the_offline_cache_is_not() {
    let (_dir, cwd) = tree(&[
        ("Cargo.toml", "[package]"),
        ("target/debug/build/out.rs", ""),
        ("other/target/CACHEDIR.TAG", ""),
        ("other/target/a.rs", ""),
        ("src/target/a.rs", ""),
        ("node_modules/p/a.sql", ""),
        (".github/a.sql", ""),
        (".hidden.rs", ""),
        (".sqlx/query-1.json", "{}"),
        (".sqlx/other.json", "{}"),
        ("sqlx-data.json", "{}"),
        ("query-2.json", "{}"),
        ("UP.SQL", ""),
    ]);
    let all = names(&Request::default(), &cwd);
    assert_eq!(all, [".sqlx/query-1.json", "Cargo.toml", "UP.SQL", "sqlx-data.json", "src/target/a.rs"]);
}

#[test]
fn the_whole_project_is_found_when_one_file_is_named() {
    let (_dir, cwd) =
        tree(&[("Cargo.toml", "[workspace]"), ("migrations/1.sql", ""), ("app/src/a.rs", ""), ("app/src/b.rs", "")]);
    let request = Request { paths: &["src/a.rs".into()], ..Request::default() };
    let all = shown(&request, &cwd.join("app"));
    let expected = [("../Cargo.toml", false), ("src/a.rs", true), ("src/b.rs", false), ("../migrations/1.sql", false)];
    assert_eq!(all, expected.map(|(path, named)| (path.to_owned(), named)));
}

#[test]
fn what_is_named_is_read_even_if_it_is_ignored() {
    let (_dir, cwd) =
        tree(&[(".gitignore", "gen/\n"), ("gen/a.rs", ""), ("gen/b.sql", ""), ("gen/c.txt", ""), ("d.rs", "")]);
    let request = Request { paths: &["gen/a.rs".into()], ..Request::default() };
    let both = [("gen/a.rs".to_owned(), true), ("gen/b.sql".to_owned(), false)];
    assert_eq!(shown(&request, &cwd), both, "no marker: the folder is the project");
    let request = Request { paths: &["d.rs".into(), "gen".into()], ..Request::default() };
    assert_eq!(names(&request, &cwd), ["d.rs", "gen/a.rs", "gen/b.sql"]);
    let schema = &["gen".into(), "gen/c.txt".into()];
    let request = Request { paths: &["d.rs".into()], schema, ..Request::default() };
    let found = discover(&request, &cwd).unwrap().files;
    let found: Vec<_> = found.iter().map(|f| (f.shown.as_str(), f.kind, f.named)).collect();
    assert_eq!(
        found,
        [
            ("d.rs", Kind::Rust, true),
            ("gen/a.rs", Kind::Rust, false),
            ("gen/b.sql", Kind::Sql, false),
            ("gen/c.txt", Kind::Sql, false)
        ]
    );
}

#[test]
fn a_named_path_that_does_not_exist_is_an_error() {
    let (_dir, cwd) = tree(&[]);
    let request = Request { paths: &["nowhere.rs".into()], ..Request::default() };
    assert!(matches!(discover(&request, &cwd), Err(PathError { path, .. }) if path == Path::new("nowhere.rs")));
}

#[test]
fn tests_are_told_by_their_place() {
    for test in ["tests/a.rs", "crates/a/benches/b.rs", "examples/x/src/main.rs", "src/user/tests.rs", "src/a_test.rs"]
    {
        assert!(is_test(test), "{test}");
    }
    for code in ["src/testing/a.rs", "src/latest.rs", "contest.rs", "fixtures/a.sql"] {
        assert!(!is_test(code), "{code}");
    }
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_not_entered_and_a_link_to_a_file_is_read_once() {
    let (_dir, cwd) = tree(&[("p/Cargo.toml", "[package]"), ("p/a.sql", ""), ("outside.sql", "")]);
    std::os::unix::fs::symlink(cwd.join("p"), cwd.join("p/loop")).unwrap();
    std::os::unix::fs::symlink(cwd.join("p/a.sql"), cwd.join("p/same.sql")).unwrap();
    std::os::unix::fs::symlink(cwd.join("outside.sql"), cwd.join("p/other.sql")).unwrap();
    std::os::unix::fs::symlink(cwd.join("nothing.sql"), cwd.join("p/dangling.sql")).unwrap();
    let request = Request { paths: &["p".into()], ..Request::default() };
    assert_eq!(shown(&request, &cwd).len(), 3);
    assert_eq!(names(&request, &cwd), ["outside.sql", "p/Cargo.toml", "p/a.sql"]);
}
