//! `noclobber columns`: the profile of a project's columns, in its three forms.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::Project;

/// Two writers of one document, one with a guard, in a table that a test fills as well.
const LIB: &str = r#"
async fn save(pool: &PgPool, id: i64, settings: Settings, version: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET state = $1, version = $2 WHERE id = $3 AND version = $2 - 1")
        .bind(Json(settings))
        .bind(version)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

async fn step(pool: &PgPool, id: i64, step: i32) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET state = jsonb_set(state, '{step}', $1) WHERE id = $2")
        .bind(Json(step))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    async fn fill(pool: &PgPool) {
        sqlx::query("UPDATE jobs SET state = '{}'").execute(pool).await.unwrap();
    }
}
"#;

fn jobs() -> Project {
    Project::new(&[
        ("migrations/1.sql", "CREATE TABLE jobs (id bigint PRIMARY KEY, version bigint, state jsonb NOT NULL);\n"),
        ("src/lib.rs", LIB),
    ])
}

#[test]
fn the_profile_of_the_incident() {
    insta::assert_snapshot!(Project::incident().run(&["columns"]).stdout);
}

#[test]
fn the_profile_of_the_incident_project() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects/incident");
    let files: Vec<(String, String)> = walkdir::WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            (path, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    insta::assert_snapshot!(Project::new(&files).run(&["columns"]).stdout);
}

#[test]
fn each_writer_stands_with_its_verdict_and_its_guard() {
    insta::assert_snapshot!(jobs().run(&["columns"]).stdout);
}

#[test]
fn a_summary_page_has_a_table_of_columns_and_one_of_writes() {
    insta::assert_snapshot!(jobs().run(&["columns", "--output", "markdown"]).stdout);
}

#[test]
fn programs_get_every_reader_and_every_writer() {
    let outcome = jobs().run(&["columns", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["version"], 1);
    let column = &document["columns"][0];
    assert_eq!(
        (&column["table"], &column["column"], &column["type"]),
        (&"jobs".into(), &"state".into(), &"jsonb".into())
    );
    assert_eq!(column["nullable"], false);
    assert_eq!(column["owners"][0]["type"], "Settings");
    let kinds: Vec<&str> =
        column["writers"].as_array().unwrap().iter().map(|writer| writer["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["whole", "by-key", "reset"]);
    assert!(column["writers"][0]["guard"].as_str().unwrap().contains("version"));
    assert_eq!(column["writers"][2]["test"], true);
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn a_lock_is_a_guard_as_well() {
    let lib = r#"
async fn locked(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let row = sqlx::query("SELECT state FROM jobs WHERE id = $1 FOR UPDATE").bind(id).fetch_one(&mut *tx).await?;
    let mut state: serde_json::Value = row.get("state");
    state["step"] = json!(1);
    sqlx::query("UPDATE jobs SET state = $1 WHERE id = $2").bind(state).bind(id).execute(&mut *tx).await?;
    tx.commit().await
}
"#;
    let schema = "CREATE TABLE jobs (id bigint PRIMARY KEY, state jsonb NOT NULL);\n";
    let outcome = Project::new(&[("migrations/1.sql", schema), ("src/lib.rs", lib)]).run(&["columns"]);
    let writer = outcome.stdout.lines().find(|line| line.contains("read, change, write")).unwrap();
    assert!(writer.contains("the row is locked while it is read"), "{}", outcome.stdout);
}

#[test]
fn what_rows_begin_with_is_known_and_named_when_it_is_lost() {
    let lib = r#"
async fn sign_up(pool: &PgPool, id: i64, mail: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users (id, data) VALUES ($1, $2)")
        .bind(id)
        .bind(json!({ "mail": mail, "theme": "dark" }))
        .execute(pool)
        .await?;
    Ok(())
}

async fn set_phone(pool: &PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(json!({ "phone": phone })).bind(id).execute(pool).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    async fn prepare(pool: &PgPool) {
        sqlx::query("INSERT INTO users (id, data) VALUES (1, '{\"only\": \"here\"}')").execute(pool).await.unwrap();
    }
}
"#;
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL);\n";
    let project = Project::new(&[("migrations/1.sql", schema), ("src/lib.rs", lib)]);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("keys     mail (only written), phone (only written), theme (only written)"), "{columns}");
    let insert = columns.lines().find(|line| line.contains(" insert ")).unwrap();
    assert!(insert.contains("fine") && insert.contains("sign_up") && insert.contains("src/lib.rs:3:"), "{columns}");
    assert!(!columns.contains("prepare"), "{columns}");
    let text = project.run(&["."]).stdout;
    assert!(text.contains("`mail` and `theme` are lost"), "{text}");
    assert!(text.contains("rows begin with `mail` here"), "{text}");
}

#[test]
fn keys_that_rust_reads_have_readers() {
    let entity = r#"
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "teams")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
}

impl ActiveModelBehavior for ActiveModel {}
"#;
    let lib = r#"
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};

mod teams;

async fn city(pool: &PgPool, id: i64) -> sqlx::Result<String> {
    let row = sqlx::query("SELECT id, data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    let data: serde_json::Value = row.get("data");
    Ok(data["address"]["city"].to_string())
}

async fn only(pool: &PgPool, id: i64) -> sqlx::Result<Option<String>> {
    let data: serde_json::Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    Ok(data.get("phone").and_then(|phone| phone.as_str()).map(str::to_owned))
}

async fn plan(db: &DatabaseConnection, id: i64) -> Result<String, DbErr> {
    let team = teams::Entity::find_by_id(id).one(db).await?.unwrap();
    let mut reply = serde_json::Value::default();
    reply["unread"] = team.data.pointer("/billing/plan").cloned().unwrap_or_default();
    Ok(team.data["seats"].to_string())
}

async fn set(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(json!({ "phone": "1" })).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL);\n";
    let project = Project::new(&[("migrations/1.sql", schema), ("src/lib.rs", lib), ("src/teams.rs", entity)]);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("keys     address (1 reader), phone (1 reader)\n"), "{columns}");
    assert!(columns.contains("keys     billing (1 reader), seats (1 reader)\n"), "{columns}");
    let text = project.run(&["."]).stdout;
    assert!(text.contains("error[json-column-overwrite]") && text.contains("`address` is read here"), "{text}");
}

#[test]
fn keys_that_the_configuration_declares_are_called_declared() {
    let config =
        "[columns]\n\"jobs.state\" = { keys = [\"step\", \"error\"] }\n\"jobs.log\" = { keys = [\"lines\"] }\n";
    let schema = "CREATE TABLE jobs (id bigint PRIMARY KEY, version bigint, state jsonb NOT NULL, log jsonb);\n";
    let project = Project::new(&[("noclobber.toml", config), ("migrations/1.sql", schema), ("src/lib.rs", LIB)]);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("keys     error (declared), step (declared)\n"), "{columns}");
    // Nothing writes this one.
    assert!(columns.contains("keys     lines (declared)\n"), "{columns}");
    let json: serde_json::Value = serde_json::from_str(&project.run(&["columns", "--output", "json"]).stdout).unwrap();
    assert_eq!(json["columns"][1]["keys"][0], serde_json::json!({ "key": "error", "declared": true, "readers": [] }));
}

#[test]
fn what_an_upsert_inserts_is_one_writer() {
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL);\n";
    let statements = "INSERT INTO users (id, data) VALUES (1, '{\"a\": 1}') ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data;\n\
                      INSERT INTO users (id, data) VALUES (2, '{\"a\": 1}'), (3, '{\"b\": 1}');\n";
    let project = Project::new(&[("src/schema.sql", schema), ("src/queries.sql", statements)]);
    let json: serde_json::Value = serde_json::from_str(&project.run(&["columns", "--output", "json"]).stdout).unwrap();
    let writers = json["columns"][0]["writers"].as_array().unwrap();
    let kinds: Vec<(&str, u64)> = writers
        .iter()
        .map(|writer| (writer["kind"].as_str().unwrap(), writer["start"]["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(kinds, [("whole", 1), ("insert-only", 2)]);
    assert!(writers[1]["survival"].is_null());
}

/// A struct in a file that holds nothing else of interest, with what serde is told of it.
const SETTINGS: &str = r#"
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub theme: String,
    pub zip_code: String,
    #[serde(rename = "tel", default)]
    pub phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    #[serde(flatten)]
    pub limits: super::limits::Limits,
    #[serde(skip)]
    pub loaded: bool,
}
"#;

const LIMITS: &str = "#[derive(serde::Serialize, serde::Deserialize)]\npub struct Limits { pub max_users: u32 }\n";

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, settings jsonb NOT NULL);\n";

#[test]
fn a_type_of_another_file_gives_its_keys() {
    let lib = r#"
mod limits;
mod settings;
use crate::settings::Settings;

async fn save(pool: &PgPool, id: i64, settings: &Settings) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(Json(settings)).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let theme = r#"
async fn old(pool: &PgPool, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT settings->>'color' FROM users WHERE id = $1").bind(id).fetch_one(pool).await
}
"#;
    let files =
        [("migrations/1.sql", USERS), ("src/lib.rs", lib), ("src/settings.rs", SETTINGS), ("src/limits.rs", LIMITS)];
    let project = Project::new(&files);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("types    Settings {theme, zipCode, tel, nick, max_users}\n"), "{columns}");
    assert!(columns.contains("max_users (only written), nick (only written), tel (only written)"), "{columns}");
    assert!(columns.contains("users.settings  jsonb, not null, object\n"), "{columns}");
    let json: serde_json::Value = serde_json::from_str(&project.run(&["columns", "--output", "json"]).stdout).unwrap();
    let declared = &json["columns"][0]["owners"][0]["declared"];
    assert_eq!((&declared["path"], &declared["start"]["line"]), (&"src/settings.rs".into(), &6.into()));
    // A key that the type does not have is lost, and its reader named.
    let mut files = files.to_vec();
    files.push(("src/theme.rs", theme));
    let text = Project::new(&files).run(&["."]).stdout;
    assert!(text.contains("error[json-column-overwrite]") && text.contains("`color` is lost"), "{text}");
}

#[test]
fn a_name_that_may_mean_two_types_is_not_followed() {
    let lib = r#"
use models::*;
async fn save(pool: &PgPool, id: i64, settings: &Settings) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(Json(settings)).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let one = "#[derive(serde::Serialize)]\npub struct Settings { a: u8 }\n";
    let two = "#[derive(serde::Serialize)]\npub struct Settings { b: u8 }\n";
    let files = |two| {
        [("migrations/1.sql", USERS), ("src/lib.rs", lib), ("src/models/one.rs", one), ("src/models/two.rs", two)]
    };
    let columns = Project::new(&files(two)).run(&["columns"]).stdout;
    assert!(columns.contains("types    Settings\n") && !columns.contains("keys"), "{columns}");
    // Two that say the same are one.
    let columns = Project::new(&files(one)).run(&["columns"]).stdout;
    assert!(columns.contains("types    Settings {a}\n"), "{columns}");
}

#[test]
fn a_type_is_found_in_another_crate_and_under_another_name() {
    let manifest = "[package]\nname = \"app\"\n[dependencies]\nmodels = { path = \"../models\" }\n";
    let lib = r#"
use models::user::Settings as Stored;
async fn save(pool: &PgPool, id: i64, theme: String) -> sqlx::Result<()> {
    let value = serde_json::to_value(Stored { theme, zip_code: "1".into() }).unwrap();
    sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(value).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let own = "pub struct Settings { a: u8 }\n";
    let user = "mod settings;\npub use settings::Settings;\n";
    let settings = "#[derive(serde::Serialize)]\n#[serde(tag = \"kind\", rename_all = \"kebab-case\")]\n\
                    pub struct Settings { theme: String, zip_code: String }\n";
    let project = Project::new(&[
        ("migrations/1.sql", USERS),
        ("app/Cargo.toml", manifest),
        ("app/src/lib.rs", lib),
        ("app/src/settings.rs", own),
        ("models/Cargo.toml", "[package]\nname = \"models\"\n"),
        ("models/src/user.rs", user),
        ("models/src/user/settings.rs", settings),
    ]);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("types    Stored {kind, theme, zip-code}\n"), "{columns}");
    assert!(columns.contains("kind (only written), theme (only written), zip-code (only written)"), "{columns}");
}

const ENTITY: &str = r#"
use crate::settings::Settings;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Settings,
}

impl ActiveModelBehavior for ActiveModel {}
"#;

#[test]
fn fields_of_documents_that_are_read_as_a_type_are_readers() {
    let settings = "#[derive(serde::Deserialize)]\npub struct Settings {\n    pub theme: String,\n    \
                    #[serde(rename = \"tel\")]\n    pub phone: String,\n    pub nick: Option<String>,\n}\n";
    let model = r"
mod settings;
mod users;
use sea_orm::EntityTrait;

async fn theme(db: &DatabaseConnection, id: i64) -> Result<String, DbErr> {
    let user = users::Entity::find_by_id(id).one(db).await?.unwrap();
    Ok(user.settings.theme)
}

fn phone(user: &users::Model) -> &str {
    user.settings.phone.as_str()
}

async fn rename(user: users::ActiveModel, db: &DatabaseConnection, name: String) -> Result<(), DbErr> {
    users::ActiveModel { name: Set(name), ..user }.update(db).await?;
    Ok(())
}
";
    let row = r#"
mod settings;
use settings::Settings;

#[derive(sqlx::FromRow)]
struct User { id: i64, settings: Json<Settings> }

async fn theme(pool: &PgPool, id: i64) -> sqlx::Result<String> {
    let user = sqlx::query_as::<_, User>("SELECT id, settings FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    Ok(user.settings.0.theme)
}

async fn phone(pool: &PgPool, id: i64) -> sqlx::Result<String> {
    let Some(user) = sqlx::query_as!(User, "SELECT id, settings FROM users WHERE id = $1", id).fetch_optional(pool).await? else {
        return Ok(String::new());
    };
    Ok(user.settings.phone.clone())
}

async fn touch(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET seen = now() WHERE id = $1").bind(id).execute(pool).await.map(drop)
}
"#;
    let decoded = r#"
mod settings;
use settings::Settings;

async fn theme(pool: &PgPool, id: i64) -> anyhow::Result<String> {
    let row = sqlx::query("SELECT settings FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    let settings: Settings = serde_json::from_value(row.get("settings"))?;
    Ok(settings.theme)
}

async fn phone(pool: &PgPool, id: i64) -> anyhow::Result<String> {
    let row = sqlx::query("SELECT settings FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    Ok(row.get::<Json<Settings>, _>("settings").0.phone)
}

async fn touch(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET seen = now() WHERE id = $1").bind(id).execute(pool).await.map(drop)
}
"#;
    let expected = "keys     nick (a field), tel (1 reader), theme (1 reader)\n  types    Settings {theme, tel, nick} (only read)\n";
    for (lib, users) in [(model, Some(ENTITY)), (row, None), (decoded, None)] {
        let mut files = vec![("migrations/1.sql", USERS), ("src/lib.rs", lib), ("src/settings.rs", settings)];
        files.extend(users.map(|users| ("src/users.rs", users)));
        let columns = Project::new(&files).run(&["columns"]).stdout;
        assert!(columns.contains(expected), "{lib}\n{columns}");
        // Who writes less loses what these read, or cannot do without.
        let save = "async fn save(pool: &PgPool, id: i64, theme: &str) -> sqlx::Result<()> {\n    \
                    sqlx::query(\"UPDATE users SET settings = $1 WHERE id = $2\").bind(json!({ \"theme\": theme }))\
                    .bind(id).execute(pool).await?;\n    Ok(())\n}\n";
        files.push(("src/save.rs", save));
        let text = Project::new(&files).run(&["."]).stdout;
        assert!(text.contains("error[json-column-overwrite]"), "{text}");
        assert!(text.contains("`nick` and `tel` are lost") && text.contains("`tel` is read here"), "{text}");
    }
}

#[test]
fn a_type_that_needs_a_key_shows_that_it_is_missed() {
    let lib = r#"
mod settings;
mod users;

async fn save(pool: &PgPool, id: i64, theme: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(json!({ "theme": theme })).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let settings = |fields: &str| format!("#[derive(serde::Deserialize)]\npub struct Settings {{ {fields} }}\n");
    let report = |fields: &str| {
        let settings = settings(fields);
        let files = [
            ("migrations/1.sql", USERS),
            ("src/lib.rs", lib),
            ("src/settings.rs", &settings),
            ("src/users.rs", ENTITY),
        ];
        Project::new(&files).run(&["."]).stdout
    };
    let text = report("theme: String, size: u8");
    assert!(text.contains("error[json-column-overwrite]") && text.contains("`size` is lost"), "{text}");
    assert!(text.contains("the document is read as `Settings`, which needs `size`"), "{text}");
    let text = report("theme: String, #[serde(default)] size: u8");
    assert!(text.contains("warning[json-column-overwrite]") && !text.contains("which needs"), "{text}");
    // A document of another kind loses nothing of this one.
    let text = report("kind: u8, size: u8");
    assert!(!text.contains("`kind`") && !text.contains("`size`"), "{text}");
}

#[test]
fn what_models_are_inserted_with_is_known() {
    let lib = r"
mod users;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

async fn sign_up(db: &DatabaseConnection, mail: String) -> Result<(), DbErr> {
    let user = users::ActiveModel {
        settings: Set(json!({ 'mail': mail, 'theme': 'light' })),
        ..Default::default()
    };
    user.insert(db).await?;
    Ok(())
}

async fn import(db: &DatabaseConnection, name: String) -> Result<(), DbErr> {
    let user = users::ActiveModel { settings: Set(json!({ 'name': name })), ..Default::default() };
    users::Entity::insert(user).exec(db).await?;
    Ok(())
}

async fn set_theme(db: &DatabaseConnection, id: i64, theme: String) -> Result<(), DbErr> {
    let user = users::ActiveModel { id: Set(id), settings: Set(json!({ 'theme': theme })) };
    user.update(db).await?;
    Ok(())
}
"
    .replace('\'', "\"");
    let entity = ENTITY.replace("use crate::settings::Settings;\n", "").replace("settings: Settings", "settings: Json");
    let project = Project::new(&[("migrations/1.sql", USERS), ("src/lib.rs", &lib), ("src/users.rs", &entity)]);
    let columns = project.run(&["columns"]).stdout;
    assert!(columns.contains("mail (only written), name (only written), theme (only written)"), "{columns}");
    for function in ["sign_up", "import"] {
        let line = columns.lines().find(|line| line.contains(function)).unwrap();
        assert!(line.contains("insert") && line.contains("fine"), "{columns}");
    }
    let text = project.run(&["."]).stdout;
    assert!(text.contains("`mail` and `name` are lost") && text.contains("rows begin with `mail` here"), "{text}");
    assert_eq!(text.matches("json-column-overwrite]").count(), 1, "{text}");
}
