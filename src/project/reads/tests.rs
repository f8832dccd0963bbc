//! Whose column a read is, and of which row.

use crate::document::Document;
use crate::project::around::tests::writes;
use crate::project::writes::ColumnWrite;

const WRITE: &str =
    r#"sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(d).bind(id).execute(&mut *tx).await?;"#;

fn write(read: &str) -> ColumnWrite {
    let file = format!("async fn f(id: i32) {{ {read} {WRITE} }}");
    let (mut found, _) = writes(&[&file]);
    assert_eq!(found.len(), 1, "{read}");
    found.remove(0)
}

#[test]
fn a_read_knows_its_table_its_row_and_its_lock() {
    let found = write(
        r#"let row = sqlx::query("SELECT data FROM users WHERE id = $1 FOR UPDATE").bind(&other).fetch_one(&mut *tx).await?;
           let mut d: Value = row.get("data"); d["phone"] = json!(p);"#,
    );
    assert_eq!(found.reads.len(), 1, "{:?}", found.value);
    let read = &found.reads[0];
    assert_eq!(read.tables, ["users"]);
    assert_eq!(read.key.as_deref(), Some(&[("id".to_owned(), "other".to_owned())][..]));
    assert_eq!(found.key, [("id".to_owned(), "id".to_owned())]);
    assert!(read.locks && !read.handed_in);
}

#[test]
fn aliases_positions_and_single_columns_are_told_from_the_statement() {
    for read in [
        r#"let row = sqlx::query!("SELECT data AS old FROM users WHERE id = $1", id).fetch_one(db).await?; let d = row.old;"#,
        r#"let row: (i32, Value) = sqlx::query_as("SELECT id, data FROM users WHERE id = $1").bind(id).fetch_one(db).await?; let d = row.1;"#,
        r#"let d: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(db).await?;"#,
        r#"let row = sqlx::query!("SELECT data FROM users").fetch_one(db).await?; let d = json!({"a": 1, "old": row.data});"#,
    ] {
        assert_eq!(write(read).reads.len(), 1, "{read}");
    }
    for other in [
        r#"let row = sqlx::query!("SELECT name AS data FROM users WHERE id = $1", id).fetch_one(db).await?; let d = row.data;"#,
        r#"let row = sqlx::query!("SELECT data FROM others WHERE id = $1", id).fetch_one(db).await?; let d = row.data;"#,
        r#"let row: (i32, Value) = sqlx::query_as("SELECT id, data FROM users").fetch_one(db).await?; let d = row.0;"#,
        r#"let d: String = sqlx::query_scalar("SELECT name FROM users WHERE id = $1").bind(id).fetch_one(db).await?;"#,
        r#"let row = sqlx::query!("SELECT * FROM users").fetch_one(db).await?; let d = merge(row.name, patch);"#,
    ] {
        let found = write(other);
        assert!(found.reads.is_empty() && !found.value.holds_old(), "{other}: {:?}", found.value);
    }
}

#[test]
fn a_row_that_is_handed_in_was_read_by_a_caller() {
    let row = "#[derive(sqlx::FromRow)] struct User { id: i32, data: Value, name: String }";
    let file = format!(
        "{row} async fn f(user: &User, id: i32) {{ let mut d = user.data.clone(); d[\"a\"] = json!(1); {WRITE} }}"
    );
    let (found, _) = writes(&[&file]);
    assert!(found[0].reads[0].handed_in, "{:?}", found[0].value);
    let plain = file.replace("#[derive(sqlx::FromRow)]", "#[derive(Deserialize)]");
    let (found, _) = writes(&[&plain]);
    assert!(found[0].reads.is_empty() && matches!(found[0].value, Document::Set { .. }), "{:?}", found[0].value);
}
