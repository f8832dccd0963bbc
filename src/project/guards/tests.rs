//! What protects a row, and what only looks like it.

use crate::project::around::ProtectionKind as Kind;
use crate::project::around::tests::writes;

/// The kinds that are found around the only write of a function with this signature and body.
fn kinds(signature: &str, body: &str) -> Vec<Kind> {
    let file = format!("impl Repo {{ {signature} {{ {body} }} }}");
    let (found, _) = writes(&[&file]);
    assert_eq!(found.len(), 1, "{body}");
    found[0].protections.iter().map(|protection| protection.kind).collect()
}

const SAVE: &str = "async fn save(&self, id: i32) -> Result<()>";
const EDIT: &str = r#"let mut d: Value = row.get("data"); d["a"] = json!(1);"#;

fn read(lock: &str, by: &str) -> String {
    format!(r#"let row = sqlx::query("SELECT data FROM users WHERE id = $1{lock}").bind(id).fetch_one({by}).await?;"#)
}

fn write(by: &str) -> String {
    format!(r#"sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(d).bind(id).execute({by}).await?;"#)
}

#[test]
fn a_locked_row_is_protected_while_the_transaction_lasts() {
    let (locked, plain) = (read(" FOR UPDATE", "&mut *tx"), read("", "&mut *tx"));
    let (begin, save) = ("let mut tx = self.pool.begin().await?;", write("&mut *tx"));
    assert_eq!(kinds(SAVE, &format!("{begin} {locked} {EDIT} {save}")), [Kind::RowLock, Kind::Transaction]);
    assert_eq!(kinds(SAVE, &format!("{begin} {plain} {EDIT} {save}")), [Kind::Transaction]);
    let (locked, save) = (read(" FOR UPDATE", "&self.pool"), write("&self.pool"));
    assert_eq!(kinds(SAVE, &format!("{locked} {EDIT} {save}")), [Kind::LateLock]);
    let handed = "async fn save(tx: &mut Transaction<'_, Postgres>, id: i32) -> Result<()>";
    assert_eq!(kinds(handed, &format!("{locked} {EDIT} {save}")), [Kind::RowLock]);
    // Begun in SQL, and held in a field.
    let spelled = r#"let mut c = pool.acquire().await?; sqlx::query("BEGIN").execute(&mut *c).await?;"#;
    let (on_it, at_last) = (read(" FOR UPDATE", "&mut *c"), write("&mut *c"));
    assert_eq!(kinds(SAVE, &format!("{spelled} {on_it} {EDIT} {at_last}")), [Kind::RowLock, Kind::Transaction]);
    let (on_it, at_last) = (read(" FOR UPDATE", "&mut *self.tx"), write("&mut *self.tx"));
    assert_eq!(kinds(SAVE, &format!("{on_it} {EDIT} {at_last}")), [Kind::RowLock]);
    let other = r#"sqlx::query("SELECT 1 FROM others FOR UPDATE").execute(&mut *tx).await?;"#;
    assert_eq!(kinds(SAVE, &format!("{begin} {other} {plain} {EDIT} {}", write("&mut *tx"))), [Kind::Transaction]);
}

#[test]
fn a_lock_is_held_in_its_transaction_alone() {
    let (begin, commit) = ("let mut tx = self.pool.begin().await?;", "tx.commit().await?;");
    let (locked, plain) = (read(" FOR UPDATE", "&mut *tx"), read("", "&mut *tx"));
    let (inside, outside) = (write("&mut *tx"), write("&self.pool"));
    assert_eq!(kinds(SAVE, &format!("{begin} {locked} {EDIT} {outside}")), [Kind::LateLock]);
    assert_eq!(kinds(SAVE, &format!("{begin} {locked} {commit} {EDIT} {begin} {inside}")), [Kind::LateLock]);
    assert_eq!(kinds(SAVE, &format!("{begin} {plain} {EDIT} {outside}")), []);
    let (early, begin_late) = (read("", "load_pool()"), format!("{EDIT} {begin}"));
    assert_eq!(kinds(SAVE, &format!("{early} {begin_late} {inside}")), [], "read before it begins");
    let way_out = "if d.is_null() { tx.rollback().await?; return Ok(()); }";
    let both = [Kind::RowLock, Kind::Transaction];
    assert_eq!(kinds(SAVE, &format!("{begin} {locked} {EDIT} {way_out} {inside}")), both);
    // A statement that only locks the row, before the read and after it.
    let lock = r#"sqlx::query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE").bind(id).execute(&mut *tx).await?;"#;
    assert_eq!(kinds(SAVE, &format!("{begin} {lock} {plain} {EDIT} {inside}")), both);
    assert_eq!(kinds(SAVE, &format!("{begin} {plain} {lock} {EDIT} {inside}")), [Kind::Transaction, Kind::LateLock]);
}

#[test]
fn a_lock_counts_from_where_it_is_taken() {
    let (begin, plain, save) = ("let mut tx = self.pool.begin().await?;", read("", "&mut *tx"), write("&mut *tx"));
    for (lock, kind) in [
        (r#"sqlx::query("LOCK TABLE users IN EXCLUSIVE MODE").execute(&mut *tx).await?;"#, Kind::TableLock),
        (r#"sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(id).execute(&mut *tx).await?;"#, Kind::AdvisoryLock),
    ] {
        assert!(kinds(SAVE, &format!("{begin} {lock} {plain} {EDIT} {save}")).contains(&kind), "{lock}");
        let late = kinds(SAVE, &format!("{begin} {plain} {lock} {EDIT} {save}"));
        assert!(late.contains(&Kind::LateLock) && !late.contains(&kind), "{lock}: {late:?}");
    }
    let serializable = r#"sqlx::query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").execute(&mut *tx).await?;"#;
    assert!(kinds(SAVE, &format!("{begin} {serializable} {plain} {EDIT} {save}")).contains(&Kind::Serializable));
    let mutex = "let held = self.mutex.lock().await;";
    assert_eq!(kinds(SAVE, &format!("{mutex} {plain} {EDIT} {save}")), [Kind::ProcessMutex]);
    assert!(!Kind::ProcessMutex.protects() && !Kind::Transaction.protects() && Kind::RowLock.protects());
}

#[test]
fn a_comparison_protects_only_when_somebody_looks_at_the_outcome() {
    let save = |end: &str| {
        format!(
            r#"{} {EDIT} {end}sqlx::query("UPDATE users SET data = $1, v = v + 1 WHERE id = $2 AND v = $3").bind(d).bind(id).bind(v).execute(db).await?;"#,
            read("", "db")
        )
    };
    assert_eq!(kinds(SAVE, &save("")), [Kind::RowsNotLookedAt]);
    let looked_at = format!("{} if done.rows_affected() == 0 {{ return Err(Conflict); }}", save("let done = "));
    assert_eq!(kinds(SAVE, &looked_at), [Kind::VersionCompared]);
}

#[test]
fn a_helper_of_the_file_may_lock() {
    let file = format!(
        r#"impl Repo {{
            async fn load(&self, tx: &mut Tx, id: i32) -> Result<Value> {{ {} Ok(row.get("data")) }}
            async fn save(&self, id: i32) -> Result<()> {{
                let mut tx = self.pool.begin().await?; let mut d = self.load(&mut tx, id).await?; d["a"] = json!(1); {}
            }}
        }}"#,
        read(" FOR UPDATE", "&mut *tx"),
        write("&mut *tx")
    );
    let (found, _) = writes(&[&file]);
    let kinds: Vec<Kind> = found[0].protections.iter().map(|protection| protection.kind).collect();
    assert_eq!(kinds, [Kind::RowLock, Kind::Transaction], "{:?}", found[0].value);
}

#[test]
fn a_pool_is_no_transaction_and_a_message_no_lock() {
    let (locked, save) = (read(" FOR UPDATE", "db"), write("db"));
    let pooled = "async fn save(db: &DatabaseConnection, id: i32) -> Result<()>";
    assert_eq!(kinds(pooled, &format!("{locked} {EDIT} {save}")), [Kind::LateLock]);
    let (message, plain) = (r#"log("looks for updates");"#, "let row = load(id);");
    let held = "async fn save(tx: &mut Transaction<'_, Postgres>, id: i32) -> Result<()>";
    assert_eq!(kinds(held, &format!("{message} {plain} {EDIT} {}", write("&mut *tx"))), []);
}

#[test]
fn a_method_of_something_else_is_no_helper() {
    let file = format!(
        r#"
        async fn get(tx: &mut Tx) -> Result<()> {{ sqlx::query("SELECT pg_advisory_xact_lock(1)").execute(tx).await }}
        async fn save(pool: &PgPool, id: i32) -> Result<()> {{
            let cached = cache.get(id); let mut tx = pool.begin().await?; {} {EDIT} {}
        }}"#,
        read("", "&mut *tx"),
        write("&mut *tx")
    );
    let (found, _) = writes(&[&file]);
    let kinds: Vec<Kind> = found[0].protections.iter().map(|protection| protection.kind).collect();
    assert_eq!(kinds, [Kind::Transaction]);
}
