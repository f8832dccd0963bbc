//! Callers of functions that write: small programs of several files.

use super::{Callers, MOST_ROUNDS};
use crate::document::survival::Word;
use crate::frontend::facts::SignKind;
use crate::frontend::rust::{self, Context};
use crate::frontend::sql::Dialect;
use crate::project::around::ProtectionKind;
use crate::project::writes::ColumnWrite;
use crate::project::{Project, Settings};
use crate::source::{FileId, Files, SourceFile};

const SCHEMA: &str = r#"const SCHEMA: &str = "CREATE TABLE users (id int PRIMARY KEY, name text, settings jsonb)";"#;

/// A function that stores its parameter.
const SAVE: &str = r#"
pub async fn save_settings(db: &Db, id: i32, settings: Value) -> Result<()> {
    sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(db).await?;
    Ok(())
}"#;

/// Each write: the source at its place, what survives, and who hands it over.
fn judged(texts: &[&str]) -> Vec<(String, Word, Vec<String>)> {
    let (writes, files) = written(texts);
    let found = writes.into_iter().map(|write| {
        let mut by: Vec<String> = write.handed_by.iter().map(|caller| caller.function.clone()).collect();
        by.extend(write.stored_by.map(|site| format!("-> {}", files.text(site))));
        (files.text(write.site).to_owned(), write.survival.word, by)
    });
    found.collect()
}

/// The writes of a project of these files, callers joined.
fn written(texts: &[&str]) -> (Vec<ColumnWrite>, Files) {
    written_for(Dialect::Postgres, texts)
}

/// The same for a dialect.
fn written_for(dialect: Dialect, texts: &[&str]) -> (Vec<ColumnWrite>, Files) {
    let mut files = Files::default();
    let mut sources = vec![];
    for (number, text) in std::iter::once(&SCHEMA).chain(texts).enumerate() {
        let path = format!("src/f{number}.rs");
        sources.push(SourceFile { path: path.clone(), absolute: path.into(), text: (*text).to_owned() });
        files.add(sources[number].clone());
    }
    let work = move || {
        let context = Context { dialect: Some(dialect), ..Context::default() };
        let id = |number: usize| FileId(number as u32);
        let facts =
            sources.iter().enumerate().map(|(number, source)| rust::read(id(number), source, context)).collect();
        let settings = Settings::default();
        let mut project = Project::build(facts, &files, &settings);
        let mut callers = Callers::of(&project.writes);
        let mut asked = 0;
        for _ in 0..MOST_ROUNDS {
            let wanted = callers.wanted(asked, &files);
            asked = callers.known();
            for (number, source) in sources.iter().enumerate() {
                let handed = rust::handed_on(id(number), source, context, &wanted);
                callers.take(&handed.calls, &files, &settings);
                let types = handed.types.map(|types| (id(number), types));
                project.learn_types(types.into_iter().collect(), &files, &settings);
            }
        }
        project.join_callers(&callers, &files, &settings);
        (project.writes, files)
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap()
}

fn statement(word: Word, by: &[&str]) -> (String, Word, Vec<String>) {
    ("settings = $1".to_owned(), word, by.iter().map(|name| (*name).to_owned()).collect())
}

const READ: &str = r#"let row = sqlx::query!("SELECT settings FROM users WHERE id = $1", id).fetch_one(db).await?;
    let mut settings: Value = row.settings;"#;

#[test]
fn a_caller_that_changes_what_it_read_is_seen_in_the_same_file_and_in_another() {
    let caller = format!(
        r#"async fn rename(db: &Db, id: i32, name: String) {{ {READ} settings["name"] = json!(name); save_settings(db, id, settings).await?; }}"#
    );
    assert_eq!(judged(&[SAVE]), [statement(Word::Lost, &[])]);
    assert_eq!(judged(&[&format!("{SAVE}\n{caller}")]), [statement(Word::Stale, &["rename"])]);
    assert_eq!(judged(&[SAVE, &caller]), [statement(Word::Stale, &["rename"])]);
    assert_eq!(judged(&[&caller, SAVE]), [statement(Word::Stale, &["rename"])], "whatever the order");
    let by_path = caller.replace("save_settings(", "f1::save_settings(");
    assert_eq!(judged(&[SAVE, &by_path]), [statement(Word::Stale, &["rename"])]);
}

#[test]
fn a_caller_that_makes_a_new_document_is_none() {
    for body in [
        "save_settings(db, id, json!({\"theme\": theme})).await?;",
        "save_settings(db, id, request.settings).await?;",
        "let mut settings = request.settings; settings[\"theme\"] = json!(theme); save_settings(db, id, settings).await?;",
        "let settings = load_settings(db, id).await?; save_settings(db, other, settings).await?;",
    ] {
        let caller = format!("async fn change(db: &Db, id: i32, request: Request, theme: String) {{ {body} }}");
        assert_eq!(judged(&[SAVE, &caller]), [statement(Word::Lost, &[])], "{body}");
    }
}

#[test]
fn a_document_that_another_function_loads_was_read_earlier() {
    let of = |head: &str| {
        format!("async fn change(db: &Db, id: i32, t: String) {{ {head} save_settings(db, id, settings).await?; }}")
    };
    let edit = r#"settings["theme"] = json!(t);"#;
    let load = of(&format!("let mut settings = load_settings(db, id).await?; {edit}"));
    assert_eq!(judged(&[SAVE, &load]), [statement(Word::Stale, &["change"])]);
    let typed = of("let mut settings: Settings = store.get_settings(id).await?; settings.theme = t;");
    assert_eq!(judged(&[SAVE, &typed]), [statement(Word::Stale, &["change"])]);
    let of_row = of(&format!("let user = find_user(db, id).await?; let mut settings = user.settings.clone(); {edit}"));
    assert_eq!(judged(&[SAVE, &of_row]), [statement(Word::Stale, &["change"])]);
    let of_another = of(&format!("let mut settings = load_template(db).await?; {edit}"));
    assert_eq!(judged(&[SAVE, &of_another]), [statement(Word::Lost, &[])]);
}

#[test]
fn where_only_some_callers_change_what_they_read_each_of_these_is_told() {
    let callers = format!(
        r#"
async fn rename(db: &Db, id: i32, name: String) {{ {READ} settings["name"] = json!(name); save_settings(db, id, settings).await?; }}
async fn put(db: &Db, id: i32) {{ save_settings(db, id, json!({{}})).await?; }}"#
    );
    let found = judged(&[SAVE, &callers]);
    assert_eq!(found[0], statement(Word::Lost, &[]));
    assert_eq!(found[1], ("settings".to_owned(), Word::Stale, vec!["-> settings = $1".to_owned()]));
    assert_eq!(found.len(), 2);
}

/// A repository behind a trait, in two implementations.
const REPO: &str = r#"
pub struct PgUsers { db: Db }
impl UserStore for PgUsers {
    async fn store_settings(&self, id: i32, settings: Value) -> Result<()> {
        sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(&self.db).await?;
        Ok(())
    }
}"#;

#[test]
fn a_caller_behind_a_trait_is_seen() {
    let caller = |receiver: &str, field: &str| {
        format!(
            r#"struct Service {{ {field} }}
impl Service {{ async fn rename(&self, id: i32, name: String) {{
    let user = self.find(id).await?;
    let mut settings = user.settings; settings["name"] = json!(name);
    {receiver}.store_settings(id, settings).await?;
}} }}"#
        )
    };
    let seen = [statement(Word::Stale, &["rename"])];
    assert_eq!(judged(&[REPO, &caller("self.store", "store: Arc<dyn UserStore>")]), seen);
    assert_eq!(judged(&[REPO, &caller("self.users", "users: Arc<PgUsers>")]), seen);
    assert_eq!(judged(&[REPO, &caller("users", "")]), seen, "the name says enough");
    // Of another type it is another method.
    assert_eq!(judged(&[REPO, &caller("self.log", "log: Arc<AuditLog>")]), [statement(Word::Lost, &[])]);
    // A trait's own method that only hands on, called by way of a type parameter.
    let forward = "trait Catalog: UserStore { async fn put_user_settings(id: i32, settings: Value) { Self::store_settings(id, settings).await } }";
    let generic = r#"async fn rename<C: Catalog>(id: i32, name: String, user: User) { let ns = load(id).await?;
        let mut map = ns.settings().clone(); map.insert("name".into(), name); C::put_user_settings(id, map).await?; }"#;
    assert_eq!(judged(&[REPO, forward, generic]), seen);
}

#[test]
fn a_call_that_may_mean_several_functions_means_none() {
    let other = REPO.replace("PgUsers", "Devices").replace("UserStore", "DeviceStore");
    let caller = r#"async fn rename(id: i32, name: String) { let user = find(id).await?;
        let mut settings = user.settings; settings["name"] = json!(name); it.store_settings(id, settings).await?; }"#;
    assert_eq!(judged(&[REPO, &other, caller]), [statement(Word::Lost, &[]), statement(Word::Lost, &[])]);
    // A short name means a type only where it is named or the receiver is called like it.
    let short = REPO.replace("store_settings", "save");
    let save = |receiver: &str| caller.replace("it.store_settings", &format!("{receiver}.save"));
    assert_eq!(judged(&[&short, &save("cache")]), [statement(Word::Lost, &[])]);
    assert_eq!(judged(&[&short, &save("user_store")]), [statement(Word::Stale, &["rename"])]);
}

/// A whole row is handed over, and written by its fields.
const UPDATE: &str = r#"
pub async fn update_user(db: &Db, user: &User) -> Result<()> {
    sqlx::query("UPDATE users SET name = $1, settings = $2 WHERE id = $3")
        .bind(&user.name).bind(&user.settings).bind(user.id).execute(db).await?;
    Ok(())
}"#;

#[test]
fn a_field_of_what_is_handed_over_is_followed() {
    let of = |body: &str| {
        format!("async fn rename(db: &Db, id: i32, n: String) {{ {body} update_user(db, &user).await?; }}")
    };
    let found = |body: &str| judged(&[UPDATE, &of(body)])[0].1;
    let edit = r#"user.settings["name"] = json!(n);"#;
    let load = "let mut user = find_user(db, id).await?;";
    let fetch = r#"let mut user = sqlx::query_as::<_, User>("SELECT * FROM users WHERE id = $1").bind(id).fetch_one(db).await?;"#;
    assert_eq!(found(&format!("{load} {edit}")), Word::Stale);
    assert_eq!(
        found(&format!("{load} user.settings.as_object_mut().unwrap().insert(\"name\".into(), json!(n));")),
        Word::Stale
    );
    assert_eq!(found(&format!("{fetch} {edit}")), Word::Stale);
    // What is not changed, or made anew, or changed beside it.
    assert_eq!(found(load), Word::Lost);
    assert_eq!(found(&format!("{load} user.name = n;")), Word::Lost);
    assert_eq!(found(&format!("{load} user.settings = json!({{\"name\": n}});")), Word::Lost);
    assert_eq!(found("let user = User { settings: json!({}), ..base };"), Word::Lost);
}

#[test]
fn a_lock_in_the_caller_guards_the_row() {
    let lock = r#"let mut tx = db.begin().await?;
        let row = sqlx::query!("SELECT settings FROM users WHERE id = $1 FOR UPDATE", id).fetch_one(&mut tx).await?;"#;
    let body = r#"let mut settings = row.settings; settings["name"] = json!(name); save_settings(&mut tx, id, settings).await?;"#;
    let caller = format!("async fn rename(db: &Db, id: i32, name: String) {{ {lock} {body} }}");
    let guarded = |caller: &str| {
        let protections = written(&[SAVE, caller]).0.remove(0).protections;
        protections.iter().any(|protection| protection.kind == ProtectionKind::RowLock)
    };
    assert!(guarded(&caller));
    assert!(!guarded(&caller.replace(" FOR UPDATE", "")));
}

#[test]
fn a_handler_that_passes_a_request_on_lends_its_signs() {
    let handler = |route: &str| {
        format!(
            "{route} async fn change(db: Db, Json(request): Json<Change>) {{ save_settings(&db, 1, request.settings).await?; }}"
        )
    };
    let signs = |caller: &str| -> Vec<SignKind> {
        let (mut writes, _) = written(&[SAVE, caller]);
        writes.remove(0).signs.into_iter().map(|sign| sign.kind).collect()
    };
    assert_eq!(signs(&handler("#[patch(\"/settings\")]")), [SignKind::PatchRoute]);
    assert_eq!(signs(&handler("#[put(\"/settings\")]")), []);
}

#[test]
fn what_another_function_loads_is_read_earlier_in_the_function_that_writes_as_well() {
    const SAVE_IT: &str =
        r#"sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(db).await?;"#;
    let found = |body: &str| {
        judged(&[&format!("async fn change(db: &Db, id: i32, t: String, request: Request) {{ {body} {SAVE_IT} }}")])[0]
            .1
    };
    let edit = r#"settings["theme"] = json!(t);"#;
    assert_eq!(found(&format!("let mut settings = load_settings(db, id).await?; {edit}")), Word::Stale);
    assert_eq!(
        found("let mut user = find_user(db, id).await?; user.settings.theme = t; let settings = user.settings;"),
        Word::Stale
    );
    assert_eq!(found(&format!("let mut settings = request.settings; {edit}")), Word::Lost, "it came with the request");
    assert_eq!(found(&format!("let mut settings = default_template(); {edit}")), Word::Lost);
    assert_eq!(found("let settings = load_settings(db, other).await?;"), Word::Lost, "a copy");
    assert_eq!(
        found("let mut user = find_user(db, id).await?; user.name = t; let settings = user.settings;"),
        Word::Lost
    );
    // By its position, and with the rest of a struct that another file declares.
    let get = r#"let row = client.query_one("SELECT settings FROM users WHERE id = $1", &[&id]).await?; let mut settings: Value = row.get(0);"#;
    assert_eq!(found(&format!("{get} {edit}")), Word::Stale);
    let rest = r#"let row = sqlx::query!("SELECT settings FROM users").fetch_one(db).await?; let settings = json!(Settings { theme: t, ..row.settings });"#;
    assert_eq!(found(rest), Word::Stale);
}

mod getters;
mod guards;
mod helpers;
mod traits;
