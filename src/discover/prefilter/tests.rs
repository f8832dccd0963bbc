use super::*;

#[test]
fn every_spelling_of_a_statement_is_kept() {
    for text in [
        r#"db.run("UPDATE users SET data = $1")"#,
        "db.run(\"update\n    users\n  set\n data = ?\")",
        "db.run(\"UPDATE\\\n   users SET\\\n data = ?\")",
        "db.run(\"UPDATE\tusers\r\nSET\r\ndata = ?\")",
        "\"UPDATE`users`SET`data`=?\"",
        r#"format!("UPDATE {table} SET {column} = $1")"#,
        r#"concat!("UPDATE", " users ", "SET", " data = $1")"#,
        r##"r#"INSERT INTO t (data) VALUES ($1) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data"#"##,
        r#""Insert Or Replace Into t values (?)""#,
        r#""REPLACE INTO t VALUES (?)""#,
        r#""MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET d = s.d""#,
        r#""INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE d = VALUES(d)""#,
        "\"CREATE TABLE t (d JSONB)\"",
        "\"CREATE/* a */TEMP TABLE t (d JSON)\"",
        "\"ALTER TABLE t ADD d JSON\"",
        "\"update t set\\n  d = ?\"",
        "\"UPDATE t SET \" + \"d = ?\"",
        "\"UPDATE t SET d\" + \" = ?\"",
        "\"UPDATE t SET t.d = ?\"",
        "\"UPDATE t SET d['a'] = ?\"",
        "\"UPDATE t SET (a, d) = (?, ?)\"",
        "\"UPDATE t -- all\n SET /* it */ d = ?\"",
        "format!(\"INSERT {or} INTO t VALUES (?)\")",
        "\"INSERT LOW_PRIORITY IGNORE INTO t VALUES (?)\"",
        "\"CREATE GLOBAL TEMPORARY TABLE t (d JSON)\"",
        "\"ON CONFLICT\\n  DO UPDATE\"",
        "\"on conflict(id)\"",
        "format!(\"ON CONFLICT {key}\")",
        "\"ON DUPLICATE KEY\\\n  UPDATE \"",
        "user.data = Set(data);",
        "use super::users::Entity as Users;",
        "const TAIL: &str = \" SET data = $1\"; const HEAD: &str = \"UPDATE users \";",
        "pub const TAIL: &str = \"ON CONFLICT (id) DO UPDATE \";",
        "impl ActiveModelBehavior for X {}",
        "use crate::prelude::*; async fn f(m: users::ActiveModel) {}",
    ] {
        assert_eq!(relevance(text.as_bytes()), Relevance::Matters, "{text}");
    }
}

#[test]
fn fields_that_are_decoded_or_filled_are_named() {
    for text in [
        "let d: Settings = serde_json::from_str(&row.data)?;",
        "let d: Settings = json::from_str(&row.data)?;",
        "let d = serde_json::from_str::<Settings>(row.r#data.as_deref().unwrap_or_default())?;",
        "let d: Settings = serde_json::from_str(row.get(\"data\"))?;",
        "let d = serde_json::from_str::<HashMap<String, (u8, u8)>>(&row.get::<String, _>(\"data\"))?;",
        "let d: Settings = serde_json::from_value(\n    row[\"data\"].take(),\n)?;",
        "push(Job { id, data: serde_json::to_string(d)? })",
        "job.data = json::to_string(&d)?;",
        "Job { data: Some(serde_json::to_string(&d)?) }",
        "job.data = Some( serde_json::to_string(&d)? );",
    ] {
        let Relevance::Codes(fields) = relevance(text.as_bytes()) else { panic!("{text}") };
        assert!(fields.contains(&"data".to_owned()), "{text}: {fields:?}");
    }
}

#[test]
fn a_file_without_sql_is_dropped() {
    for text in [
        "//! Updates the view.\nfn update(x: &mut View) { x.set(1); map.insert(k, v); s.replace('a', \"b\"); }",
        "impl FromStr for X { fn from_str(s: &str) -> Result<Self, E> { Ok(Self) } }",
        "let text = serde_json::to_string(&d)?; let v: V = serde_json::from_str(text)?; send(json::to_vec(&d)?);",
        "let d = read.and_then(serde_json::from_value).map_err(|error| anyhow!(\"data: {error}\", error.data))?;",
        "let d: D = serde_json::from_value(json!({ \"data\": row.data }))?; let d: D = json::from_str(\"a.data\")?;",
        "let d: D = serde_json::from_str(r#\"{ \"data\": 1.data }\"#)?; let d: D = json::from_slice(b\"[a.data]\")?;",
        "error!(\"only update if the flag was set to false\"); (\"update\", \"set, unset\"); ",
        "say(\"Create or update an enrichment table\"); say(\"no insert of a row {id} into the cache\");",
        "[\"update-kinds\", \"add-schema, set-snapshot\"]; say(\"create/update/move. Switch: set to \\\"false\\\"\")",
        "say(\"on conflict the first wins\"); say(\"a conflict; on conflict, stop\"); say(\"duplicate key found\");",
        "let done = set(1); use model::UserEntity as Users; use model::Entity as _;",
        "/// Create a new one.\nfn new() -> Self { Self }",
        "",
    ] {
        assert_eq!(relevance(text.as_bytes()), Relevance::Nothing, "{text}");
    }
}

#[test]
fn a_function_that_makes_a_document_names_its_type() {
    for text in
        ["fn make(a: u8) -> Result<Value, E> {", "fn make(to: &mut Map<String, Value>) {", "fn make() -> Json {}"]
    {
        assert!(makes_document(text.as_bytes(), 0), "{text}");
    }
    assert!(!makes_document(b"fn make(a: u8) -> String { Value::Null }", 0));
}

#[test]
fn names_of_constants_are_found_as_spelled() {
    let names = Spelled::new(&["JOBS_TABLE".to_owned()]);
    assert!(names.are_in(b"pub const JOBS_TABLE: &str = \"jobs\";"));
    assert!(!names.are_in(b"pub const jobs_table: u8 = 1;"));
    assert!(Spelled::new(&[]).is_empty());
}
