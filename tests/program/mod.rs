//! The built program, run in a folder of its own.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes away with the test.
pub(crate) struct Project {
    dir: tempfile::TempDir,
}

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text.as_bytes());
        }
        project
    }

    /// A small crate whose only write loses keys that other code reads.
    pub(crate) fn incident() -> Self {
        Self::new(&[
            (
                "Cargo.toml",
                "[package]\nname = \"shop\"\n\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n",
            ),
            (
                "migrations/0001_users.sql",
                "CREATE TABLE users (\n    id BIGINT PRIMARY KEY,\n    data JSONB NOT NULL DEFAULT '{}'\n);\n",
            ),
            (
                "src/users.rs",
                r#"async fn set_phone(pool: &sqlx::PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = $1 WHERE id = $2")
        .bind(serde_json::json!({ "phone": phone }))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
"#,
            ),
            (
                "src/shipping.rs",
                r#"async fn address(pool: &sqlx::PgPool, id: i64) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT data->>'address' FROM users WHERE id = $1").bind(id).fetch_one(pool).await
}
"#,
            ),
        ])
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, and the folders on the way to it.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, in this folder, with an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noclobber"));
        command.current_dir(self.path()).args(arguments);
        for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GIT_DIR"] {
            command.env_remove(name);
        }
        // The global excludes of whoever runs the tests must not matter.
        command.env("HOME", self.path()).env("XDG_CONFIG_HOME", self.path().join("none"));
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).output().unwrap())
    }

    /// Runs the program with this on stdin.
    pub(crate) fn run_with_stdin(&self, arguments: &[&str], stdin: &[u8]) -> Outcome {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        outcome(child.wait_with_output().unwrap())
    }
}

fn outcome(output: std::process::Output) -> Outcome {
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
