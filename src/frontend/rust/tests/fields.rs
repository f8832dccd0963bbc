//! Fields that stand between a column and the JSON in it.

use super::facts;
use crate::frontend::facts::FieldFacts;

fn fields(text: &str) -> FieldFacts {
    facts(text).fields
}

/// `Job.data`, or `?job.data` where the struct is not known; `<` when it is decoded, `>` when it is filled.
fn json(text: &str) -> Vec<String> {
    fields(text)
        .json
        .into_iter()
        .map(|json| {
            let owner = json.field.owner.unwrap_or_else(|| format!("?{}", json.field.variable));
            format!("{}{owner}.{}", if json.decoded { '<' } else { '>' }, json.field.field)
        })
        .collect()
}

#[test]
fn the_struct_of_a_decoded_field_is_the_type_of_its_variable() {
    for (text, found) in [
        ("fn f(job: &queue::Job) { let d: D = serde_json::from_str(&job.data).unwrap(); }", "<Job.data"),
        ("fn f(jobs: Vec<Job>) { for job in &jobs { let d: D = utils::json::from_str(&job.data)?; } }", "<Job.data"),
        (
            "fn f() { let job: Option<Job> = find(); let Some(j) = job else { return }; json::from_str::<D>(&j.data); }",
            "<Job.data",
        ),
        (
            "fn f() { let job = Job { id: 1, data: x }; let text = job.data.clone(); json::from_str::<D>(&text); }",
            "<Job.data",
        ),
        ("impl Job { fn d(&self) -> D { serde_json::from_str(&self.data).unwrap() } }", "<Job.data"),
        ("fn f() { jobs.iter().map(|job| serde_json::from_str::<D>(&job.data)); }", "<?job.data"),
        ("fn f(e: &Event) { serde_json::from_str::<D>(&e.job.data); }", "<?job.data"),
    ] {
        assert_eq!(json(text), [found], "{text}");
    }
    assert!(json("fn f(job: &Job) { let n = u8::from_str(&job.data); toml::from_str::<D>(&job.data); }").is_empty());
}

#[test]
fn a_field_is_filled_by_an_assignment_or_a_literal() {
    for (text, found) in [
        ("fn f(mut job: Job) { job.data = json::to_string(&d).unwrap(); }", ">Job.data"),
        (
            "fn f() { let text = serde_json::to_string(&d).map_err(E::from)?; q(db::Job { id, data: Some(text) }); }",
            ">Job.data",
        ),
        ("impl Job { fn new(d: D) -> Self { Self { data: serde_json::to_string(&d).unwrap() } } }", ">Job.data"),
    ] {
        assert_eq!(json(text), [found], "{text}");
    }
    assert!(json("fn f() { q(Job { data: name.to_string(), note: toml::to_string(&d)? }); }").is_empty());
}

#[test]
fn a_bound_field_has_the_type_of_its_variable() {
    let text = r#"async fn f(job: Job) {
        sqlx::query("UPDATE jobs SET data = $1, note = $2 WHERE id = $3").bind(&job.data).bind(note).bind(other.row.id);
    }"#;
    let bound = fields(text).bound;
    let bound: Vec<(&str, Option<&str>, &str, &str)> = bound
        .iter()
        .map(|(span, f)| (&text[span.range()], f.owner.as_deref(), f.variable.as_str(), f.field.as_str()))
        .collect();
    assert_eq!(bound, [("&job.data", Some("Job"), "job", "data"), ("other.row.id", None, "row", "id")]);
}

#[test]
fn rows_are_read_into_the_type_that_is_asked_for() {
    let found = fields(
        r#"struct PgJob { id: i64, data: String, note: Option<String> }
           async fn f() { sqlx::query_as::<_, PgJob>("SELECT * FROM jobs").fetch_all(db).await; }
           async fn g() { let rows: Vec<Row> = sqlx::query_as("SELECT * FROM notes").fetch_all(db).await?; }"#,
    );
    assert_eq!(found.structs, [("PgJob".to_owned(), vec!["data".to_owned(), "note".to_owned()])]);
    let rows: Vec<(&str, &str)> = found.rows.iter().map(|(t, of)| (t.as_str(), of[0].name.as_str())).collect();
    assert_eq!(rows, [("PgJob", "jobs"), ("Row", "notes")]);
}
