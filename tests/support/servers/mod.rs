//! Throw-away databases that noclobber's word is held against.
//!
//! One server per test binary, started when it is first asked for, gone when the process is gone. A server that is not
//! installed fails the test and says which command installs it; nothing is ever skipped.

pub(crate) mod mariadb;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use serde_json::Value as Json;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `nobody`: database servers refuse to run as root.
const UNPRIVILEGED: u32 = 65534;

/// What a database did with one statement on one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// The column holds this document afterwards.
    Stored(Json),
    /// The column holds text that is not JSON.
    Malformed(String),
    /// The column is SQL NULL.
    Null,
    /// The statement failed.
    Error(String),
}

impl Reply {
    /// Reads a column that came back as text.
    pub(crate) fn of_column(text: Option<&str>) -> Self {
        match text {
            None => Self::Null,
            Some(text) => match serde_json::from_str(text) {
                Ok(json) => Self::Stored(json),
                Err(_) => Self::Malformed(text.to_owned()),
            },
        }
    }
}

/// A statement, and the query that reads the written column back, to be tried and rolled back.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The statement.
    pub(crate) statement: String,
    /// A query for one row with one column of text.
    pub(crate) read_back: String,
}

/// A database that statements are tried on.
pub(crate) trait Server {
    /// Drops every table.
    fn fresh(&mut self);
    /// Runs a script; panics when it fails.
    fn script(&mut self, sql: &str);
    /// Tries each statement on its own and rolls it back.
    fn attempt(&mut self, attempts: &[Attempt]) -> Vec<Reply>;
}

/// A folder that the server's user owns, and whoever clears it up.
struct Home {
    path: PathBuf,
    as_root: bool,
}

impl Home {
    /// A new folder below `/tmp`: the path of a Unix socket may not be longer than about 100 bytes, and the
    /// unprivileged user must be able to get there.
    fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("noclobber-{name}-")).tempdir_in("/tmp").unwrap();
        // The watchdog removes it: a value in a static is never dropped.
        let path = folder.keep();
        let as_root = std::fs::metadata(&path).unwrap().uid() == 0;
        if as_root {
            std::os::unix::fs::chown(&path, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
        Self { path, as_root }
    }

    fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A command that runs in the folder, as the unprivileged user when we are root.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).env("HOME", &self.path).stdin(Stdio::null()).process_group(0);
        if self.as_root {
            command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
        }
        command
    }

    /// Runs a command to its end; panics with its output when it fails.
    fn run(command: &mut Command) {
        let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        assert!(
            output.status.success(),
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts the server, and a watchdog that ends it and removes the folder as soon as this process is gone, however
    /// it went.
    fn serve(self, command: &mut Command) -> Running {
        let log = std::fs::File::create(self.join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let server = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let watchdog = Command::new("sh")
            .arg("-c")
            .arg("cat; kill -QUIT $0; sleep 0.5; kill -KILL $0; rm -rf \"$1\"")
            .arg(server.id().to_string())
            .arg(&self.path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        // Its input is never written to: that it ends is the sign. It is not waited for, since it outlives us on purpose.
        Running { home: self, server, _watchdog: watchdog }
    }
}

/// A server that runs as long as this process.
struct Running {
    home: Home,
    server: Child,
    _watchdog: Child,
}

impl Running {
    /// Tries `connect` until the server answers.
    fn connect<T, E: std::fmt::Display>(&mut self, mut connect: impl FnMut(&Home) -> Result<T, E>) -> T {
        let start = std::time::Instant::now();
        loop {
            match connect(&self.home) {
                Ok(connection) => return connection,
                Err(error) => {
                    let ended = self.server.try_wait().unwrap();
                    let log = || std::fs::read_to_string(self.home.join("log")).unwrap_or_default();
                    assert!(ended.is_none(), "the server ended ({ended:?}):\n{}", log());
                    assert!(start.elapsed().as_secs() < 60, "the server does not answer: {error}\n{}", log());
                    std::thread::sleep(std::time::Duration::from_millis(30));
                }
            }
        }
    }
}

/// The first of these folders that holds `program`.
fn find(program: &str, folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The folders of `PATH`, and those where servers stand that are not in it.
fn path_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/homebrew/sbin"];
    std::env::split_paths(&path).chain(usual.into_iter().map(PathBuf::from)).collect()
}
