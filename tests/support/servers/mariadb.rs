//! A throw-away MariaDB server on a Unix socket, spoken to through its command-line client in batch mode.

use super::{Attempt, Home, Reply, Running, Server, find, path_folders};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Tries a statement, reads back, and rolls both back.
const ATTEMPT: &str = r"
DELIMITER //
CREATE PROCEDURE noclobber_attempt(statement LONGTEXT, read_back LONGTEXT)
BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        GET DIAGNOSTICS CONDITION 1 @code = MYSQL_ERRNO, @message = MESSAGE_TEXT;
        ROLLBACK;
        SELECT 'error', HEX(CONCAT(@code, ': ', @message));
    END;
    START TRANSACTION;
    EXECUTE IMMEDIATE statement;
    SET @stored = 'nothing was read back';
    EXECUTE IMMEDIATE CONCAT('SELECT (', read_back, ') INTO @stored');
    ROLLBACK;
    SELECT IF(@stored IS NULL, 'null', 'stored'), HEX(@stored);
END //
DELIMITER ;";

/// How many statements travel together.
const BATCH: usize = 2000;

/// A database of its own on the server of this process.
pub(crate) struct MariaDb {
    database: String,
}

impl MariaDb {
    /// Starts the server if need be, and makes a new database in it.
    pub(crate) fn new(database: &str) -> Self {
        let mut this = Self { database: database.to_owned() };
        this.fresh();
        this
    }

    /// Runs a script in a session of its own, gives what it printed.
    pub(crate) fn session(&self, script: &str) -> String {
        self.client(script.to_owned())
    }

    /// Runs a script, gives what it printed.
    fn client(&self, script: String) -> String {
        let (running, programs) = server();
        let mut command = Command::new(&programs.client);
        command
            .args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"])
            .arg("--max-allowed-packet=64M")
            .args(["--user=root", "--socket"])
            .arg(running.home.join("socket"))
            .arg(&self.database);
        let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = client.stdin.take().unwrap();
        let shown: String = script.chars().take(2000).collect();
        // A client that stops at an error closes the pipe: its own message says more than the broken pipe.
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = client.wait_with_output().unwrap();
        let _ = writer.join();
        assert!(output.status.success(), "{}\n{shown}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Server for MariaDb {
    fn fresh(&mut self) {
        let database = std::mem::replace(&mut self.database, "mysql".to_owned());
        self.script(&format!("DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4"));
        self.database = database;
        self.script(ATTEMPT);
    }

    fn script(&mut self, sql: &str) {
        self.client(sql.to_owned());
    }

    fn attempt(&mut self, attempts: &[Attempt]) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(attempts.len());
        for batch in attempts.chunks(BATCH) {
            let mut script = String::new();
            for attempt in batch {
                let (statement, read_back) = (quote(&attempt.statement), quote(&attempt.read_back));
                let _ = writeln!(script, "CALL noclobber_attempt({statement}, {read_back});");
            }
            replies.extend(self.client(script).lines().map(|line| match line.split_once('\t') {
                Some(("stored", body)) => Reply::of_column(Some(&unhex(body))),
                Some(("null", _)) => Reply::Null,
                Some(("error", body)) => Reply::Error(unhex(body)),
                _ => panic!("the client printed {line:?}"),
            }));
        }
        assert_eq!(replies.len(), attempts.len(), "one answer a statement");
        replies
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn unhex(hex: &str) -> String {
    let nibble = |byte: u8| (byte as char).to_digit(16).unwrap_or_else(|| panic!("not hexadecimal: {hex}")) as u8;
    let bytes = hex.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
    String::from_utf8(bytes).unwrap()
}

struct Programs {
    install: PathBuf,
    server: PathBuf,
    client: PathBuf,
}

fn server() -> &'static (Running, Programs) {
    static SERVER: OnceLock<(Running, Programs)> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> (Running, Programs) {
    let programs = programs();
    let home = Home::new("my");
    let (data, socket) = (home.join("data"), home.join("socket"));
    let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
    Home::run(
        home.command(&programs.install)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(option("datadir", &data)),
    );
    let mut command = home.command(&programs.server);
    command
        .args(["--no-defaults", "--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"])
        .args(["--innodb-flush-method=nosync", "--character-set-server=utf8mb4", "--max-allowed-packet=64M"])
        .arg(option("datadir", &data))
        .arg(option("socket", &socket))
        .arg(option("pid-file", &home.join("pid")))
        .arg(option("tmpdir", &home.path));
    let mut running = home.serve(&mut command);
    running.connect(|home| {
        let mut command = Command::new(&programs.client);
        command.args(["--no-defaults", "--user=root", "-e", "SELECT 1", "--socket"]).arg(home.join("socket"));
        let output = command.output().map_err(|e| e.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
    (running, programs)
}

/// `NOCLOBBER_MARIADB_BIN`, then `PATH` and the usual folders.
fn programs() -> Programs {
    let named = std::env::var_os("NOCLOBBER_MARIADB_BIN").map(PathBuf::from);
    let folders: Vec<PathBuf> = named.into_iter().chain(path_folders()).collect();
    let program = |name: &str| {
        find(name, folders.clone()).unwrap_or_else(|| {
            panic!(
                "this test needs a MariaDB server, and there is no `{name}`: `apt-get install -y mariadb-server` \
                 (Debian, Ubuntu), `brew install mariadb` (macOS), or name its folder in NOCLOBBER_MARIADB_BIN"
            )
        })
    };
    Programs { install: program("mariadb-install-db"), server: program("mariadbd"), client: program("mariadb") }
}
