//! Repositories behind traits.

use super::{judged, statement};
use crate::document::survival::Word;

/// An adapter of the trait.
fn adapter(name: &str) -> String {
    format!(
        r#"pub struct {name} {{ db: Db }}
        impl SettingsStore for {name} {{
            async fn store(&self, id: i32, settings: Value) -> Result<()> {{
                sqlx::query("UPDATE users SET settings = $1 WHERE id = $2").bind(settings).bind(id).execute(&self.db).await?;
                Ok(())
            }} }}"#
    )
}

/// A service that holds `field`, and changes the settings by way of it.
fn service(head: &str, field: &str) -> String {
    format!(
        r#"pub struct Service{head} {{ repo: {field} }}
        impl{head} Service {{ async fn rename(&self, id: i32, name: String) -> Result<()> {{
            let user = self.users.find(id).await?; let mut settings = user.settings.clone(); settings["name"] = json!(name);
            self.repo.store(id, settings).await }} }}"#
    )
}

#[test]
fn a_repository_is_known_by_its_trait() {
    let pg = adapter("PgStore");
    let seen = [statement(Word::Stale, &["rename"])];
    for (head, field) in [
        ("", "Arc<dyn SettingsStore>"),
        ("", "Box<dyn SettingsStore + Send + Sync>"),
        ("<Repo: SettingsStore>", "Repo"),
        ("<R: Send + SettingsStore>", "Arc<R>"),
        ("<Repo> where Repo: SettingsStore", "Repo"),
    ] {
        let service = match head.split_once(" where") {
            Some((head, _)) => service(head, field).replace("{ repo", "where Repo: SettingsStore { repo"),
            None => service(head, field),
        };
        assert_eq!(judged(&[&pg, &service]), seen, "{head} {field}");
        let other = service.replace("SettingsStore", "AuditStore");
        assert_eq!(judged(&[&pg, &other]), [statement(Word::Lost, &[])], "{head} {field}");
    }
}

#[test]
fn what_writes_no_column_does_not_count() {
    let memory = "impl SettingsStore for MemoryStore { async fn store(&self, id: i32, settings: Value) -> Result<()> {
        self.map.lock().unwrap().insert(id, settings); Ok(()) } }";
    let mock = format!("#[cfg(test)] mod tests {{ {} }}", adapter("MockStore"));
    let found = judged(&[&adapter("PgStore"), memory, &mock, &service("", "Arc<dyn SettingsStore>")]);
    assert_eq!(found, [statement(Word::Stale, &["rename"]), statement(Word::Lost, &[])]);
}

#[test]
fn of_several_adapters_the_caller_is_told_once() {
    let (one, two) = (adapter("PgStore"), adapter("SqliteStore"));
    let found = judged(&[&one, &two, &service("", "Arc<dyn SettingsStore>")]);
    let stale: Vec<_> = found.iter().filter(|(_, word, _)| *word == Word::Stale).collect();
    assert_eq!(stale.len(), 1, "{found:?}");
    assert_eq!(stale[0].0, "settings", "where it is handed over");
    // Of one of the adapters it is that one's statement.
    let found = judged(&[&one, &two, &service("", "Arc<PgStore>")]);
    assert_eq!(found, [statement(Word::Stale, &["rename"]), statement(Word::Lost, &[])]);
}
