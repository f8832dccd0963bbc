//! What a caller changes was read by a function of another file.

use super::written;
use crate::document::survival::Word;
use crate::project::around::ProtectionKind;
use crate::project::writes::ColumnWrite;

/// A repository: `load` reads, `save` stores what it is given.
fn repo(load: &str) -> String {
    format!(
        r#"impl SettingsRepo {{
            {load}
            pub async fn save(&self, id: i32, settings: Value) -> Result<()> {{
                sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(&self.db).await?;
                Ok(())
            }} }}"#
    )
}

/// A service that has the repository, and runs `body`.
fn service(body: &str) -> String {
    format!(
        "struct Service {{ repo: SettingsRepo, cache: Cache }}
        impl Service {{ async fn change(&self, id: i32, t: String, request: Request) -> Result<()> {{ {body} }} }}"
    )
}

const LOAD: &str = r#"pub async fn load(&self, id: i32) -> Result<Value> {
    Ok(sqlx::query_scalar("SELECT settings FROM users WHERE id = $1").bind(id).fetch_one(&self.db).await?) }"#;

/// The statement's write.
fn write(load: &str, body: &str, others: &[&str]) -> ColumnWrite {
    let (repo, service) = (repo(load), service(body));
    let mut texts = vec![repo.as_str(), service.as_str()];
    texts.extend(others);
    let (writes, files) = written(&texts);
    writes.into_iter().find(|write| files.text(write.site) == "settings = $1").unwrap()
}

/// What survives of the column, and who hands the value over.
fn seen(load: &str, body: &str) -> (Word, usize) {
    let write = write(load, body, &[]);
    (write.survival.word, write.handed_by.len())
}

const EDIT: &str = r#"doc["theme"] = json!(t); self.repo.save(id, doc).await"#;

#[test]
fn what_a_getter_reads_was_read_earlier() {
    let body = format!("let mut doc = self.repo.load(id).await?; {EDIT}");
    assert_eq!(seen(LOAD, &body), (Word::Stale, 1));
    // Of another column, or of another table, it is something else.
    assert_eq!(seen(&LOAD.replace("SELECT settings", "SELECT name"), &body).0, Word::Lost);
    assert_eq!(seen(&LOAD.replace("FROM users", "FROM templates"), &body).0, Word::Lost);
    // Of another receiver it is another function, and a copy is no change.
    assert_eq!(seen(LOAD, &body.replace("repo.load", "cache.load")).0, Word::Lost);
    assert_eq!(seen(LOAD, "let doc = self.repo.load(id).await?; self.repo.save(id, doc).await").0, Word::Lost);
}

#[test]
fn a_getter_may_find_nothing() {
    let load = r#"pub async fn load(&self, id: i32) -> Result<Option<Value>> {
        let row = sqlx::query("SELECT settings FROM users WHERE id = $1").bind(id).fetch_optional(&self.db).await?;
        Ok(row.map(|row| row.get("settings"))) }"#;
    let body = format!("let mut doc = self.repo.load(id).await?.unwrap_or_else(|| json!({{}})); {EDIT}");
    assert_eq!(seen(load, &body), (Word::Stale, 1));
}

const FIND: &str = r#"pub async fn find(&self, id: i32) -> Result<User> {
    Ok(sqlx::query_as::<_, User>("SELECT id, settings AS prefs FROM users WHERE id = $1").bind(id).fetch_one(&self.db).await?) }"#;

#[test]
fn a_field_of_a_row_that_a_getter_reads_is_its_column() {
    let body = r#"let mut user = self.repo.find(id).await?; user.prefs["theme"] = json!(t); self.repo.save(id, user.prefs).await"#;
    assert_eq!(seen(FIND, body), (Word::Stale, 1));
    assert_eq!(seen(&FIND.replace("settings AS prefs", "other AS prefs"), body).0, Word::Lost);
    let taken = format!("let user = self.repo.find(id).await?; let mut doc = user.prefs.clone(); {EDIT}");
    assert_eq!(seen(FIND, &taken), (Word::Stale, 1));
    let handled = "let user = self.repo.find(id).await?; let doc = merge_prefs(user.prefs, request.prefs); self.repo.save(id, doc).await";
    assert_eq!(seen(FIND, handled), (Word::Stale, 1));
}

const TYPED: &str = r#"pub async fn load(&self, id: i32) -> Result<Settings> {
    let row = sqlx::query!("SELECT settings FROM users WHERE id = $1", id).fetch_one(&self.db).await?;
    Ok(serde_json::from_value(row.settings)?) }"#;

/// Keys that the type does not know are read elsewhere.
const THEME: &str = "#[derive(Serialize, Deserialize)] pub struct Settings { pub theme: String }";

#[test]
fn a_getter_that_decodes_loses_the_keys_that_its_type_does_not_know() {
    let typed = format!("use crate::f3::Settings; {TYPED}").replace("use crate::f3::Settings; ", "");
    let body =
        "let mut s = self.repo.load(id).await?; s.theme = t; self.repo.save(id, serde_json::to_value(&s)?).await";
    let with = |ty: &str| {
        let (repo, service) = (format!("use crate::f3::Settings; {}", repo(&typed)), service(body));
        let (writes, files) = written(&[&repo, &service, ty]);
        writes.into_iter().find(|write| files.text(write.site) == "settings = $1").unwrap()
    };
    let found = with(THEME);
    assert_eq!((found.survival.word, found.handed_by.len()), (Word::Lost, 1), "{:?}", found.value);
    assert!(found.survival.labels.contains(&"retyped"));
    let open = THEME.replace("pub theme", "#[serde(flatten)] rest: Map<String, Value>, pub theme");
    assert_eq!(with(&open).survival.word, Word::Stale);
}

#[test]
fn a_getter_that_locks_guards_the_row_in_a_transaction_of_the_caller() {
    let lock = LOAD.replace("id = $1", "id = $1 FOR UPDATE");
    let kinds = |load: &str, body: &str| -> Vec<ProtectionKind> {
        let found = write(load, body, &[]);
        assert_eq!(found.survival.word, Word::Stale);
        found.protections.into_iter().filter(|p| p.kind.protects()).map(|p| p.kind).collect()
    };
    let body = format!("let mut tx = self.db.begin().await?; let mut doc = self.repo.load(id).await?; {EDIT}");
    assert_eq!(kinds(&lock, &body), [ProtectionKind::RowLock]);
    assert_eq!(kinds(LOAD, &body), []);
    let alone = format!("let mut doc = self.repo.load(id).await?; {EDIT}");
    assert_eq!(kinds(&lock, &alone), [], "without a transaction the lock is gone at once");
}
