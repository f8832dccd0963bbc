//! Small programs in, what is noted around their writes out.

use crate::document::survival::Word;
use crate::frontend::facts::SignKind;
use crate::frontend::rust::{self, Context};
use crate::frontend::sql::Dialect;
use crate::project::writes::ColumnWrite;
use crate::project::{Project, Settings};
use crate::source::{FileId, Files, SourceFile};

const SCHEMA: &str = r#"const SCHEMA: &str = "CREATE TABLE users (id int PRIMARY KEY, name text, data jsonb, v int)";"#;

/// The writes of a project of these files, read on a thread with the stack that worker threads have.
pub(in crate::project) fn writes(texts: &[&str]) -> (Vec<ColumnWrite>, Files) {
    let mut files = Files::default();
    let mut facts = vec![];
    for (number, text) in std::iter::once(&SCHEMA).chain(texts).enumerate() {
        let path = format!("src/f{number}.rs");
        let source = SourceFile { path: path.clone(), absolute: path.into(), text: (*text).to_owned() };
        files.add(source.clone());
        let context = Context { dialect: Some(Dialect::Postgres), ..Context::default() };
        let read = move || rust::read(FileId(number as u32), &source, context);
        facts.push(std::thread::Builder::new().stack_size(64 << 20).spawn(read).unwrap().join().unwrap());
    }
    let project = Project::build(facts, &files, &Settings::default());
    (project.writes, files)
}

/// Kind and source of every sign of the only write.
fn signs(texts: &[&str]) -> Vec<(SignKind, String)> {
    let (writes, files) = writes(texts);
    assert_eq!(writes.len(), 1, "{writes:#?}");
    writes[0].signs.iter().map(|sign| (sign.kind, files.text(sign.site).to_owned())).collect()
}

const WRITE: &str = r#"sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(d).bind(id).execute(db).await?;"#;

/// A function whose body ends with the write of `d`.
fn function(head: &str, body: &str) -> String {
    format!("{head} {{ {body} {WRITE} }}")
}

#[test]
fn names_documentation_and_routes_tell_a_partial_update() {
    let plain = "async fn save(d: Value, id: i32)";
    assert_eq!(signs(&[&function(plain, "")]), []);
    assert_eq!(
        signs(&[&function("async fn patch_user(d: Value, id: i32)", "")]),
        [(SignKind::PartialName, "patch_user".to_owned())]
    );
    assert_eq!(signs(&[&function("async fn dispatch(d: Value, id: i32)", "")]), []);
    assert_eq!(
        signs(&[&function("/// Partial update of a user.\nasync fn save(d: Value, id: i32)", "")]),
        [(SignKind::PartialDoc, "/// Partial update of a user.".to_owned())]
    );
    let index = "/// The partial unique index keeps users apart.\nasync fn save(d: Value, id: i32)";
    assert_eq!(signs(&[&function(index, "")]), []);
    for route in
        [r#"#[patch("/users")]"#, r#"#[oai(path = "/u", method = "patch")]"#, "#[utoipa::path(patch, path = \"/u\")]"]
    {
        assert_eq!(signs(&[&function(&format!("{route} {plain}"), "")]), [(SignKind::PatchRoute, route.to_owned())]);
    }
    assert_eq!(signs(&[&function(&format!("#[put(\"/users/patch\")] {plain}"), "")]), []);
}

#[test]
fn a_handler_registered_elsewhere_answers_patch() {
    let handler = function("async fn save(d: Value, id: i32)", "");
    for router in [
        r#"fn app() { Router::new().route("/u", get(read).patch(users::save)) }"#,
        r#"fn app() { Router::new().route("/u", patch(users::save)) }"#,
        r#"fn app() { App::new().route("/u", web::patch().to(users::save)) }"#,
    ] {
        assert_eq!(signs(&[&handler, router]), [(SignKind::PatchRoute, "users::save".to_owned())], "{router}");
    }
    assert_eq!(signs(&[&handler, "fn app() { Router::new().route(\"/u\", put(users::save)) }"]), []);
}

#[test]
fn a_value_that_may_be_left_out_is_noted() {
    let request = "struct Request { data: Option<Value>, name: String }";
    let given =
        format!("{request} async fn save(req: Request, id: i32) {{ if let Some(d) = &req.data {{ {WRITE} }} }}");
    assert_eq!(signs(&[&given]), [(SignKind::IfGiven, "if let Some(d) = &req.data".to_owned())]);
    let option = format!("{request} {}", function("async fn save(req: Request, id: i32)", "let d = req.data;"));
    assert_eq!(signs(&[&option]), [(SignKind::OptionField, "d".to_owned())]);
    let other =
        format!("{request} async fn save(req: Request, d: Value) {{ if let Some(x) = &req.data {{ {WRITE} }} }}");
    assert_eq!(signs(&[&other]), []);
}

#[test]
fn a_sibling_that_keeps_its_value_is_noted() {
    let sql = |set: &str| {
        format!(
            r#"async fn save(d: Value, n: Option<String>) {{ sqlx::query("UPDATE users SET {set} WHERE id = $3").bind(d).bind(n).bind(id).execute(db).await?; }}"#
        )
    };
    assert_eq!(
        signs(&[&sql("data = $1, name = COALESCE($2, name)")]),
        [(SignKind::SiblingProtected, "name = COALESCE($2, name)".to_owned())]
    );
    assert_eq!(signs(&[&sql("data = $1, name = COALESCE($2, 'x')")]), []);
}

#[test]
fn defaults_that_stand_in_for_a_document_are_noted_with_what_was_missing() {
    let cases = [
        ("let d = req.unwrap_or_default();", SignKind::DefaultForMissing, "unwrap_or_default()"),
        ("let d = req.unwrap_or(json!({}));", SignKind::DefaultForMissing, "unwrap_or(json!({}))"),
        ("let d = req.unwrap_or_else(|| json!({}));", SignKind::DefaultForMissing, "unwrap_or_else(|| json!({}))"),
        (
            "let d = serde_json::to_value(&req).unwrap_or_default();",
            SignKind::DefaultForUnencoded,
            "unwrap_or_default()",
        ),
        (
            r#"let d = serde_json::to_string(&req).unwrap_or_else(|_| "{}".to_string());"#,
            SignKind::DefaultForUnencoded,
            r#"unwrap_or_else(|_| "{}".to_string())"#,
        ),
        (
            "let s: Settings = serde_json::from_value(req).ok().unwrap_or_default(); let d = Json(s);",
            SignKind::DefaultForUndecoded,
            "unwrap_or_default()",
        ),
        (
            "let d = match serde_json::from_str::<Value>(&text) { Ok(v) => v, Err(_) => json!({}) };",
            SignKind::DefaultForUndecoded,
            "json!({})",
        ),
    ];
    for (body, kind, place) in cases {
        let found = signs(&[&function("async fn save(req: Option<Value>, id: i32)", body)]);
        assert_eq!(found, [(kind, place.to_owned())], "{body}");
    }
    for body in [
        r#"let d = json!({"name": name.unwrap_or_default()});"#,
        r#"let d = req.unwrap_or(json!({"theme": "dark"}));"#,
        "let row = sqlx::query!(\"SELECT data FROM users\").fetch_one(db).await?; let d = row.data.unwrap_or_default();",
    ] {
        let found = signs(&[&function("async fn save(req: Option<Value>, id: i32)", body)]);
        assert_eq!(found, [], "{body}");
    }
}

#[test]
fn a_model_that_a_helper_loads_and_another_merges_is_an_earlier_read() {
    let entity = r#"
use sea_orm::entity::prelude::*;
#[derive(Clone, Debug, DeriveEntityModel)] #[sea_orm(table_name = "collections")]
pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub metadata: Json, pub order_id: Option<i32> }
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)] pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
"#;
    let service = r"
use crate::f1 as collection;
impl S {
    async fn attach(&self, id: i32, metadata: Value) -> Result<()> {
        let c = self.load(id).await?;
        let mut active: collection::ActiveModel = c.into();
        let old = active.metadata.clone().take().unwrap_or_default();
        active.metadata = Set(merge_metadata(old, metadata));
        active.update(&self.db).await?;
        Ok(())
    }
    async fn load(&self, id: i32) -> Result<collection::Model> {
        collection::Entity::find_by_id(id).filter(collection::Column::Id.eq(id)).one(&self.db).await?.ok_or(E)
    }
}
fn merge_metadata(current: Value, patch: Value) -> Value {
    match (current, patch) {
        (serde_json::Value::Object(mut current), serde_json::Value::Object(patch)) => {
            for (key, value) in patch { current.insert(key, value); }
            serde_json::Value::Object(current)
        }
        (_, patch) => patch,
    }
}
";
    let (found, _) = writes(&[entity, service]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].survival.word, Word::Stale, "{:?}", found[0].value);
    assert_eq!(found[0].reads[0].column.as_deref(), Some("metadata"));
}
