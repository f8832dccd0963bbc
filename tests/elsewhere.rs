//! What other files say of a value and of a column: types, models, other writers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::Project;

const MANIFEST: (&str, &str) = ("Cargo.toml", "[package]\nname = \"app\"\n");

/// What is reported of a project, whatever its confidence: `rule severity/confidence: labels`.
fn reported(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(&str, &str)> = files.iter().copied().chain([MANIFEST]).collect();
    let arguments = ["check", "--output", "json", "--min-confidence", "low", "--fail-on", "note"];
    let outcome = Project::new(&files).run(&arguments);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let found = document["findings"].as_array().unwrap().iter().map(|found| {
        let word = |key: &str| found[key].as_str().unwrap().to_owned();
        let labels: Vec<&str> = found["labels"].as_array().unwrap().iter().filter_map(|label| label.as_str()).collect();
        format!("{} {}/{}: {}", word("rule"), word("severity"), word("confidence"), labels.join(" "))
    });
    found.collect()
}

/// A handler that stores a field of a request, which is declared in another file, when it is given.
fn stored_when_given(field: &str, value: &str) -> Vec<String> {
    let request = format!(
        "use serde::Deserialize;\n#[derive(Deserialize)]\npub struct Change {{ pub name: Option<String>, pub tags: {field} }}\n"
    );
    let handler = format!(
        "use crate::request::Change;
         async fn change(db: &PgPool, id: i64, change: Change) -> sqlx::Result<()> {{
             let tags = {value};
             sqlx::query(\"UPDATE posts SET name = COALESCE($1, name), tags = COALESCE($2, tags) WHERE id = $3\")
                 .bind(change.name).bind(tags).bind(id).execute(db).await?;
             Ok(())
         }}"
    );
    let schema = "CREATE TABLE posts (id bigint PRIMARY KEY, name text, tags jsonb NOT NULL);";
    reported(&[("migrations/1.sql", schema), ("src/request.rs", &request), ("src/lib.rs", &handler)])
}

#[test]
fn a_field_of_a_type_of_another_file_is_what_it_says() {
    for value in [
        "change.tags.map(|tags| serde_json::to_value(tags).unwrap())",
        "change.tags.as_ref().map(|tags| json!(tags))",
        "change.tags.map(serde_json::to_value).transpose()?",
        "change.tags.map(sqlx::types::Json)",
    ] {
        let list = stored_when_given("Option<Vec<String>>", value);
        assert!(list[0].starts_with("json-column-overwrite note/low: array-value"), "{value}: {list:?}");
        let map = ["json-column-overwrite warning/medium: conditional partial-update"];
        assert_eq!(stored_when_given("Option<HashMap<String, String>>", value), map, "{value}");
    }
}

#[test]
fn what_a_pattern_takes_out_of_a_field_is_not_the_field() {
    let types = "use serde::Serialize;
        pub struct Payment { pub id: i64, pub details: Option<Details> }
        #[derive(Serialize)] pub enum Details { Card { number: String, meta: Value }, Cash { till: i64 } }";
    let code = r#"async fn store(db: &PgPool, payment: Payment) -> sqlx::Result<()> {
            if let Some(Details::Card { meta, .. }) = payment.details {
                let meta = serde_json::to_value(&meta).unwrap();
                sqlx::query("UPDATE cards SET meta = $1 WHERE id = $2").bind(meta).bind(payment.id).execute(db).await?;
            }
            Ok(())
        }
        async fn read(db: &PgPool) { sqlx::query("SELECT meta->>'issuer' FROM cards").fetch_all(db).await; }"#;
    let schema = "CREATE TABLE cards (id bigint PRIMARY KEY, meta jsonb NOT NULL);";
    let apart = format!("use crate::payment::{{Details, Payment}};\n{code}");
    let together = format!("{types}\n{code}");
    let schema = ("migrations/1.sql", schema);
    // Its keys are not those of `Details`.
    for files in
        [&[schema, ("src/payment.rs", types), ("src/lib.rs", &apart)][..], &[schema, ("src/lib.rs", &together)]]
    {
        assert_eq!(reported(files), ["json-column-overwrite note/low: "]);
    }
}

/// The columns that are taken for JSON where a state is stored as serde spells it.
fn columns(other: &str) -> String {
    let code = format!(
        "async fn set(db: &PgPool, id: i64, status: Status) {{
             let status = serde_json::to_string(&status).unwrap();
             sqlx::query(\"UPDATE accounts SET status = $1 WHERE id = $2\").bind(status).bind(id).execute(db).await;
         }}
         async fn other(db: &PgPool, id: i64) {{ {other} }}"
    );
    let schema = "CREATE TABLE accounts (id bigint PRIMARY KEY, status text NOT NULL);";
    let project = Project::new(&[MANIFEST, ("migrations/1.sql", schema), ("src/lib.rs", &code)]);
    project.run(&["columns"]).stdout
}

#[test]
fn a_text_column_that_holds_plain_words_is_no_json() {
    assert!(columns("").contains("accounts.status"));
    for word in [
        r#"sqlx::query("UPDATE accounts SET status = $1 WHERE id = $2").bind("active").bind(id).execute(db).await;"#,
        r#"sqlx::query("UPDATE accounts SET status = 'active' WHERE id = $1").bind(id).execute(db).await;"#,
    ] {
        assert!(!columns(word).contains("accounts.status"), "{word}");
    }
    for json in [
        r#"sqlx::query("UPDATE accounts SET status = $1 WHERE id = $2").bind("{}").bind(id).execute(db).await;"#,
        r#"sqlx::query("UPDATE accounts SET status = '' WHERE id = $1").bind(id).execute(db).await;"#,
        r#"sqlx::query("UPDATE accounts SET status = 'active' WHERE status::jsonb ? 'x'").execute(db).await;"#,
    ] {
        assert!(columns(json).contains("accounts.status"), "{json}");
    }
}

const ENTITY: &str = r#"use sea_orm::entity::prelude::*;
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "entries")]
pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub data: Option<Json>, pub name: String }
"#;

/// What is reported of a function that stores `data` of rows that it has found.
fn of_entries(body: &str) -> Vec<String> {
    let code = format!(
        "use crate::entry;
         async fn change(db: &Db, id: i32, names: Vec<String>) -> Result<()> {{
             let entries: Vec<entry::Model> = entry::Entity::find().filter(entry::Column::Id.eq(id)).all(db).await?;
             {body}
             Ok(())
         }}"
    );
    reported(&[("src/entry.rs", ENTITY), ("src/lib.rs", &code)])
}

#[test]
fn what_an_iterator_pairs_is_told_apart() {
    let set =
        "let mut model: entry::ActiveModel = entry.clone().into(); model.data = Set(data); model.update(db).await?;";
    let pairs = format!(
        "let made = make_all(db).await?;
         for (entry, made) in entries.iter().zip(made.iter()) {{ let data = made.data.as_ref().map(|d| json!(d)); {set} }}"
    );
    assert_eq!(of_entries(&pairs), ["json-column-overwrite note/low: "]);
    for head in ["(name, entry) in names.iter().zip(entries)", "(name, entry) in entries.iter().enumerate().rev()"] {
        let change = "let mut data = entry.data.clone().unwrap_or_default(); data[\"name\"] = json!(name);";
        let body = format!("for {head} {{ {change} let data = Some(data); {set} }}");
        assert_eq!(of_entries(&body), ["json-lost-update warning/medium: earlier-read"], "{head}");
    }
}

#[test]
fn the_key_of_a_row_is_no_part_of_its_document() {
    let body = |made: &str| {
        format!(
            "for entry in entries {{
                 let fresh = generate(&entry.name);
                 let data = Some({made});
                 let mut model: entry::ActiveModel = entry.into();
                 model.data = Set(data);
                 model.update(db).await?;
             }}"
        )
    };
    for made in ["crypt::hash_all(&fresh, &entry.id)", "crypt::hash_all(&fresh.data, &entry.id)"] {
        assert_eq!(of_entries(&body(made)), ["json-column-overwrite note/low: "], "{made}");
    }
    let made = "crypt::hash_all(&entry.data, &fresh)";
    assert_eq!(of_entries(&body(made)), ["json-lost-update warning/medium: earlier-read"]);
}

#[test]
fn a_row_that_is_inserted_when_something_is_given_is_no_partial_update() {
    let code = |partial: &str| {
        format!(
            "async fn put(db: &PgPool, id: i64, raw: Option<Value>, name: Option<String>) {{
                 if let Some(raw) = raw {{ if let Some(name) = name {{
                     sqlx::query(\"{partial}\").bind(raw).bind(name).bind(id).execute(db).await;
                 }} }}
             }}
             async fn sync(db: &PgPool, id: i64, data: Value) {{
                 sqlx::query(\"UPDATE accounts SET raw = $1 WHERE id = $2\").bind(data).bind(id).execute(db).await;
             }}"
        )
    };
    let schema = "CREATE TABLE accounts (id bigint PRIMARY KEY, raw jsonb NOT NULL, name text);";
    let labels = |statement: &str| reported(&[("migrations/1.sql", schema), ("src/lib.rs", &code(statement))]).pop();
    let insert =
        "INSERT INTO accounts (raw, name, id) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET raw = EXCLUDED.raw";
    assert_eq!(labels(insert).unwrap(), "json-column-overwrite note/low: ");
    let update = "UPDATE accounts SET raw = $1, name = $2 WHERE id = $3";
    assert!(labels(update).unwrap().contains("edited-elsewhere"));
}
