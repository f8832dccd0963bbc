//! A throw-away PostgreSQL cluster on a Unix socket.

use super::{Attempt, Home, Reply, Running, Server, find, path_folders};
use postgres::{Client, Config, NoTls, SimpleQueryMessage};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Tries a statement, reads back, and rolls both back: the answer travels in the message of an exception of our own.
const ATTEMPT: &str = r"
CREATE SCHEMA noclobber;
CREATE FUNCTION noclobber.attempt(statement text, read_back text, OUT kind text, OUT body text) AS $$
DECLARE stored text;
BEGIN
    EXECUTE statement;
    EXECUTE read_back INTO STRICT stored;
    IF stored IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'NC002', MESSAGE = '-';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'NC001', MESSAGE = '=' || stored;
EXCEPTION
    WHEN SQLSTATE 'NC002' THEN kind := 'null';
    WHEN SQLSTATE 'NC001' THEN kind := 'stored'; body := substr(SQLERRM, 2);
    WHEN OTHERS THEN kind := 'error'; body := SQLSTATE || ': ' || SQLERRM;
END $$ LANGUAGE plpgsql;";

/// How many statements travel together.
const BATCH: usize = 500;

/// A connection to the cluster of this process, in a database of its own.
pub(crate) struct Postgres {
    client: Client,
}

impl Postgres {
    /// Starts the cluster if need be, and makes a new database in it.
    pub(crate) fn new(database: &str) -> Self {
        let socket = cluster();
        let mut admin = connect(socket, "postgres").unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'")).unwrap();
        let mut client = connect(socket, database).unwrap();
        client.batch_execute(ATTEMPT).unwrap();
        Self { client }
    }
}

impl Postgres {
    /// A session of its own in a database that there is.
    pub(crate) fn session(database: &str) -> Client {
        connect(cluster(), database).unwrap()
    }

    /// Makes a new database, and names it as programs take it.
    pub(crate) fn url(database: &str) -> String {
        drop(Self::new(database));
        format!("postgres:///{database}?user=postgres&host={}", cluster().display())
    }
}

impl Server for Postgres {
    fn fresh(&mut self) {
        self.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
    }

    fn script(&mut self, sql: &str) {
        self.client.batch_execute(sql).unwrap_or_else(|e| panic!("{}\n{sql}", describe(&e)));
    }

    fn attempt(&mut self, attempts: &[Attempt]) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(attempts.len());
        for batch in attempts.chunks(BATCH) {
            let mut script = String::new();
            for attempt in batch {
                let (statement, read_back) = (quote(&attempt.statement), quote(&attempt.read_back));
                let _ = writeln!(script, "SELECT * FROM noclobber.attempt({statement}, {read_back});");
            }
            let answers = self.client.simple_query(&script).unwrap_or_else(|e| panic!("{}", describe(&e)));
            replies.extend(answers.iter().filter_map(|answer| match answer {
                SimpleQueryMessage::Row(row) => Some(match row.get(0) {
                    Some("stored") => Reply::of_column(row.get(1)),
                    Some("null") => Reply::Null,
                    _ => Reply::Error(row.get(1).unwrap_or_default().to_owned()),
                }),
                _ => None,
            }));
        }
        assert_eq!(replies.len(), attempts.len(), "one answer a statement");
        replies
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn describe(error: &postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |e| format!("{}: {}", e.code().code(), e.message()))
}

fn connect(socket: &std::path::Path, database: &str) -> Result<Client, postgres::Error> {
    Config::new().host_path(socket).user("postgres").dbname(database).connect(NoTls)
}

/// The folder of the socket of this process's cluster.
fn cluster() -> &'static std::path::Path {
    static CLUSTER: OnceLock<Running> = OnceLock::new();
    &CLUSTER.get_or_init(start).home.path
}

fn start() -> Running {
    let bin = binaries();
    let home = Home::new("pg");
    let data = home.join("data");
    Home::run(
        home.command(&bin.join("initdb"))
            .args(["-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data),
    );
    let mut command = home.command(&bin.join("postgres"));
    command.arg("-D").arg(&data).arg("-k").arg(&home.path);
    for setting in [
        "listen_addresses=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "autovacuum=off",
        "jit=off",
        "log_min_messages=fatal",
    ] {
        command.arg("-c").arg(setting);
    }
    let mut running = home.serve(&mut command);
    running.connect(|home| connect(&home.path, "postgres"));
    running
}

/// `NOCLOBBER_PG_BIN`, then what `pg_config` says, then Debian's folders (the newest), then `PATH`.
fn binaries() -> PathBuf {
    if let Some(folder) = std::env::var_os("NOCLOBBER_PG_BIN") {
        let folder = PathBuf::from(folder);
        assert!(folder.join("initdb").is_file(), "NOCLOBBER_PG_BIN: there is no initdb in {}", folder.display());
        return folder;
    }
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    let version = |path: &PathBuf| -> u32 {
        let name = path.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
        name.to_str().and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    debian.sort_by_key(|path| std::cmp::Reverse(version(path)));
    let folders = said.into_iter().chain(debian).chain(path_folders());
    let initdb = folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && find("postgres", [folder.clone()]).is_some());
    initdb.unwrap_or_else(|| {
        panic!(
            "this test needs a PostgreSQL server: `apt-get install -y postgresql` (Debian, Ubuntu), \
             `brew install postgresql@17` (macOS), or name the folder with `initdb` in NOCLOBBER_PG_BIN"
        )
    })
}
