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
