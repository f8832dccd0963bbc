//! JSON in text columns that reaches them through fields of structs, seen across files.

mod program;

use program::Project;
use serde_json::Value;

const SCHEMA: (&str, &str) = (
    "migrations/1.sql",
    "CREATE TABLE jobs (id BIGINT PRIMARY KEY, data TEXT NOT NULL, note TEXT);\n\
     CREATE TABLE notes (id BIGINT PRIMARY KEY, data TEXT NOT NULL);\n",
);

const CARGO: (&str, &str) = (
    "Cargo.toml",
    "[package]\nname = \"queue\"\n\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n",
);

const STORE: (&str, &str) = (
    "src/store.rs",
    r#"async fn update(db: &sqlx::PgPool, job: Job) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET data = $1, note = $2 WHERE id = $3")
        .bind(&job.data).bind(&job.note).bind(job.id).execute(db).await?;
    Ok(())
}
async fn note(db: &sqlx::PgPool, note: Note) -> sqlx::Result<()> {
    sqlx::query("UPDATE notes SET data = $1 WHERE id = $2").bind(&note.data).bind(note.id).execute(db).await?;
    Ok(())
}
"#,
);

/// The columns with findings, as `table.column`, in a project with these files besides.
fn columns(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(&str, &str)> = [CARGO, SCHEMA].iter().chain(files).copied().collect();
    let outcome =
        Project::new(&files).run(&["check", "--output", "json", "--min-confidence", "low", "--fail-on", "note"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    let of = |finding: &Value| format!("{}.{}", finding["table"], finding["column"]).replace('"', "");
    report["findings"].as_array().map(|all| all.iter().map(of).collect()).unwrap_or_default()
}

#[test]
fn a_field_that_another_file_decodes_is_json_where_it_is_bound() {
    for decoding in [
        "fn run(job: &model::Job) { let data: Data = utils::json::from_str(&job.data).unwrap_or_default(); }\n",
        "fn run(due: Vec<Job>) { for job in &due { let data: Data = serde_json::from_str(&job.data).unwrap(); } }\n",
        "impl Job { fn data(&self) -> Data { serde_json::from_str(&self.data).unwrap() } }\n",
        "fn new(d: &Data) { let v: Value = serde_json::from_str(TEXT)?; push(Job { id: 1, data: serde_json::to_string(d)? }); }\n",
    ] {
        assert_eq!(columns(&[STORE, ("src/run.rs", decoding)]), ["jobs.data"], "{decoding}");
    }
}

#[test]
fn a_field_of_another_struct_says_nothing() {
    for other in [
        "fn run(event: &Event) { let data: Data = serde_json::from_str(&event.data).unwrap(); }\n",
        "fn run(job: &Job) { let data: Data = toml::from_str(&job.data).unwrap(); serde_json::from_str(TEXT); }\n",
        "fn run(job: &Job) { let data: Data = serde_json::from_str(&job.other).unwrap(); }\n",
    ] {
        assert!(columns(&[STORE, ("src/run.rs", other)]).is_empty(), "{other}");
    }
}

#[test]
fn a_row_that_decodes_its_own_field_is_json_in_its_table() {
    let rows = r"struct PgJob { id: i64, data: String }
impl PgJob { fn data(&self) -> Data { serde_json::from_str(&self.data).unwrap() } }
";
    let store = r#"async fn save(db: &sqlx::PgPool, id: i64, data: String) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET data = $1 WHERE id = $2").bind(data).bind(id).execute(db).await?;
    Ok(())
}
async fn load(db: &sqlx::PgPool, id: i64) -> sqlx::Result<PgJob> {
    sqlx::query_as::<_, PgJob>("SELECT * FROM jobs WHERE id = $1").bind(id).fetch_one(db).await
}
"#;
    assert_eq!(columns(&[("src/rows.rs", rows), ("src/store.rs", store)]), ["jobs.data"]);
    let elsewhere = store.replace("FROM jobs", "FROM notes");
    assert!(columns(&[("src/rows.rs", rows), ("src/store.rs", &elsewhere)]).is_empty());
}
