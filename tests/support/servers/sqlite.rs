//! SQLite, in process and in memory.

use super::{Attempt, Reply, Server};
use rusqlite::Connection;
use rusqlite::types::Value;

/// A database in memory.
pub(crate) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// An empty database.
    pub(crate) fn new() -> Self {
        Self { connection: Connection::open_in_memory().unwrap() }
    }

    fn try_one(&self, attempt: &Attempt) -> rusqlite::Result<Reply> {
        self.connection.execute(&attempt.statement, [])?;
        let stored: Value = self.connection.query_row(&attempt.read_back, [], |row| row.get(0))?;
        Ok(match stored {
            Value::Null => Reply::Null,
            Value::Text(text) => Reply::of_column(Some(&text)),
            Value::Integer(number) => Reply::of_column(Some(&number.to_string())),
            Value::Real(number) => Reply::of_column(Some(&number.to_string())),
            Value::Blob(bytes) => Reply::Malformed(format!("{bytes:x?}")),
        })
    }
}

impl Server for Sqlite {
    fn fresh(&mut self) {
        *self = Self::new();
    }

    fn script(&mut self, sql: &str) {
        self.connection.execute_batch(sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    }

    fn attempt(&mut self, attempts: &[Attempt]) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            self.script("SAVEPOINT attempt");
            replies.push(self.try_one(attempt).unwrap_or_else(|e| Reply::Error(e.to_string())));
            self.script("ROLLBACK TO attempt; RELEASE attempt");
        }
        replies
    }
}
