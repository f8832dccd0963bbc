//! The programs of `tests/apps`: they compile against every supported version of their library, lose data before the
//! fixes, and keep it after.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::servers::postgres::Postgres;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps")
}

/// The members of the workspace, as its manifest lists them.
fn members() -> Vec<String> {
    let manifest: toml::Table = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap().parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

/// Folders with a `before` and an `after`, each a crate's sources for noclobber, with the manifest they are read by.
const SOURCES: [(&str, &str); 1] = [("shared", "sqlx-0-9/Cargo.toml")];

#[test]
fn what_stands_after_is_what_the_fixes_make() {
    let mut wrong = vec![];
    for (source, manifest) in SOURCES {
        let source = folder().join(source);
        let project = tempfile::tempdir().unwrap();
        let copy = |from: &Path, to: &str| {
            let to = project.path().join(to);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, &to).unwrap();
        };
        copy(&folder().join(manifest), "Cargo.toml");
        for entry in walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap) {
            let path = entry.path().strip_prefix(&source).unwrap().to_str().unwrap();
            if entry.file_type().is_file() && !path.starts_with("after") {
                let under = if path.starts_with("migrations") { "" } else { "src/" };
                copy(entry.path(), &format!("{under}{path}"));
            }
        }
        for pass in ["first", "second"] {
            let ran = Command::new(env!("CARGO_BIN_EXE_noclobber"))
                .args(["--unsafe-fixes", "--quiet", "--min-confidence", "low", "--exit-zero"])
                .current_dir(project.path())
                .output()
                .unwrap();
            assert!(ran.status.success(), "{pass}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        for entry in std::fs::read_dir(source.join("before")).unwrap().map(Result::unwrap) {
            let name = entry.file_name();
            let made = std::fs::read_to_string(project.path().join("src/before").join(&name)).unwrap();
            let after = source.join("after").join(&name);
            if std::env::var_os("UPDATE_FIXED").is_some() {
                std::fs::write(&after, &made).unwrap();
            }
            let known = std::fs::read_to_string(&after).unwrap_or_default();
            if known != made {
                let diff = similar::TextDiff::from_lines(known.as_str(), made.as_str()).unified_diff().to_string();
                wrong.push(format!("{} is not what the fixes make:\n{diff}", after.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_program_is_red_before_and_green_after() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apps");
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(folder()).args(arguments).arg("--locked").env("CARGO_TARGET_DIR", &target);
        command
    };
    // One call for all, so that what they share is compiled once and side by side.
    let built = cargo(&["build", "--workspace", "--quiet"]).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    for member in members() {
        let database = format!("apps_{}", member.replace('-', "_"));
        let url = Postgres::url(&database);
        let ran = cargo(&["run", "--quiet", "--package", &member]).env("DATABASE_URL", url).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{member}: {out}{err}");
        assert!(out.contains("green after"), "{member} checked nothing: {out}");
        println!("{member}: {} writes, red before and green after", out.lines().count());
    }
}

/// Writes a fixture project into a workspace, with what the programs ask of SeaORM, so that it is compiled only once.
fn adopt(project: &Path, workspace: &Path, members: &mut Vec<String>) {
    let features = ["macros", "runtime-tokio", "sqlx-postgres", "sqlx-sqlite", "with-chrono", "with-json", "with-uuid"];
    let name = project.file_name().unwrap();
    for entry in walkdir::WalkDir::new(project).sort_by_file_name().into_iter().map(Result::unwrap) {
        let inside = Path::new(name).join(entry.path().strip_prefix(project).unwrap());
        let to = workspace.join(&inside);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        if entry.file_name() != "Cargo.toml" {
            // Migrations have a crate of their own in every project, and need a library that nothing else does.
            std::fs::write(&to, text.replace("pub mod migration;\n", "")).unwrap();
            continue;
        }
        let mut manifest: toml::Table = text.parse().unwrap();
        if manifest.remove("workspace").is_some() && !manifest.contains_key("package") {
            continue;
        }
        members.push(inside.parent().unwrap().to_str().unwrap().to_owned());
        for (library, wanted) in manifest["dependencies"].as_table_mut().unwrap() {
            let inherited = wanted.get("workspace").is_some();
            *wanted = match library.as_str() {
                "sea-orm" => {
                    let two = wanted.get("version").is_some_and(|version| version.as_str().unwrap().starts_with('2'));
                    let version = if two { "2.0" } else { "1.1" };
                    let spelled = format!("version = {version:?}\ndefault-features = false\nfeatures = {features:?}");
                    spelled.parse::<toml::Table>().unwrap().into()
                }
                "entity" if inherited => {
                    let spelled = "path = \"../entity\"\npackage = \"warehouse-entity\"";
                    spelled.parse::<toml::Table>().unwrap().into()
                }
                _ if inherited => "1".into(),
                _ => continue,
            };
        }
        std::fs::write(&to, toml::to_string(&manifest).unwrap()).unwrap();
    }
}

#[test]
fn the_projects_that_are_read_as_fixtures_compile() {
    let workspace = tempfile::tempdir().unwrap();
    let projects = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let mut members = vec![];
    for entry in std::fs::read_dir(projects).unwrap().map(Result::unwrap) {
        if entry.file_name().to_str().unwrap().starts_with("seaorm-") {
            adopt(&entry.path(), workspace.path(), &mut members);
        }
    }
    assert!(members.len() >= 8, "{members:?}");
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n[profile.dev]\ndebug = 0\n");
    std::fs::write(workspace.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(folder().join("Cargo.lock"), workspace.path().join("Cargo.lock")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apps");
    let built = Command::new(env!("CARGO"))
        .current_dir(workspace.path())
        .args(["build", "--workspace", "--quiet"])
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}
