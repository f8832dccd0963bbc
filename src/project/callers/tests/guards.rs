//! What guards a row that is read in one function and written in another.

use super::{written, written_for};
use crate::document::survival::Word;
use crate::frontend::sql::Dialect;
use crate::project::writes::ColumnWrite;

const SAVE: &str = r#"pub async fn save_settings(db: &Db, id: i32, version: i32, settings: Value) -> Result<()> {
    let done = sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(db).await?;
    if done.rows_affected() == 0 { return Err(Error::Conflict); }
    Ok(()) }"#;

/// A caller that reads, edits and hands over.
fn caller(before: &str, after: &str) -> String {
    format!(
        r#"async fn rename(&self, db: &Db, id: i32, name: String) -> Result<()> {{
            {before}
            let row = sqlx::query!("SELECT settings, version FROM users WHERE id = $1", id).fetch_one(db).await?;
            let mut settings: Value = row.settings; settings["name"] = json!(name);
            save_settings(db, id, row.version, settings).await{after} }}"#
    )
}

/// What protects the write that the caller makes.
fn guards(dialect: Dialect, save: &str, caller: &str) -> Vec<&'static str> {
    let (mut writes, _) = written_for(dialect, &[save, caller]);
    let write: ColumnWrite = writes.remove(0);
    assert_eq!((write.survival.word, write.handed_by.len()), (Word::Stale, 1));
    write.protection().map(|protection| protection.kind.name()).into_iter().collect()
}

#[test]
fn a_version_that_the_statement_compares_guards_the_read_of_the_caller() {
    let compared = SAVE
        .replace(
            "SET settings = $1 WHERE id = $2",
            "SET settings = $1, version = version + 1 WHERE id = $2 AND version = $3",
        )
        .replace(".bind(id)", ".bind(id).bind(version)");
    let plain = caller("", "");
    assert_eq!(guards(Dialect::Postgres, &compared, &plain), ["version-compared"]);
    assert_eq!(guards(Dialect::Postgres, SAVE, &plain), [""; 0]);
    // Tried again until nobody else was faster.
    let again =
        plain.replace("{\n            \n", "{ loop {\n").replace("settings).await }", "settings).await.ok(); } }");
    assert!(again.contains("loop {"));
    assert_eq!(guards(Dialect::Postgres, &compared, &again), ["version-compared"]);
    assert_eq!(guards(Dialect::Postgres, SAVE, &again), [""; 0]);
}

#[test]
fn a_mutex_around_both_guards_a_file_and_no_server() {
    let held = caller("let _held = self.lock.lock().await;", "");
    assert_eq!(guards(Dialect::Sqlite, SAVE, &held), ["held-mutex"]);
    assert_eq!(guards(Dialect::Postgres, SAVE, &held), [""; 0]);
    assert_eq!(guards(Dialect::Sqlite, SAVE, &caller("", "")), [""; 0]);
    // Taken when all is read, it is late.
    let late = caller("", "").replace("save_settings(", "let _held = self.lock.lock().await; save_settings(");
    assert_eq!(guards(Dialect::Sqlite, SAVE, &late), [""; 0]);
}

#[test]
fn the_caller_may_lock_by_itself() {
    let advisory = caller("sqlx::query(\"SELECT pg_advisory_xact_lock($1)\").bind(id).execute(db).await?;", "");
    assert_eq!(guards(Dialect::Postgres, SAVE, &advisory), ["advisory-lock"]);
    let serial = caller("sqlx::query(\"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE\").execute(db).await?;", "");
    assert_eq!(guards(Dialect::Postgres, SAVE, &serial), ["serializable"]);
    assert_eq!(guards(Dialect::Postgres, SAVE, &caller("let mut tx = db.begin().await?;", "")), [""; 0]);
    let (writes, _) = written(&[SAVE]);
    assert_eq!(writes[0].protection(), None);
}
