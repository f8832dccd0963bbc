//! Values that functions of other files make.

use crate::document::survival::Word;
use crate::frontend::facts::SignKind;
use crate::project::around::tests::writes;

const READ: &str = r#"let row = sqlx::query!("SELECT data FROM users WHERE id = $1", id).fetch_one(db).await?;"#;
const WRITE: &str = r#"sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(d).bind(id).execute(db).await?;"#;

/// The survival of the only write after these statements, with these other files.
fn word(body: &str, others: &[&str]) -> (Word, Option<Vec<String>>) {
    let file = format!("async fn save(id: i32, patch: Value) {{ {READ} {body} {WRITE} }}");
    let mut texts = vec![file.as_str()];
    texts.extend(others);
    let (found, _) = writes(&texts);
    assert_eq!(found.len(), 1, "{body}");
    (found[0].survival.word, found[0].survival.new_keys.clone())
}

const MERGE: &str =
    "pub fn merge_data(mut old: Value, patch: Value) -> Value { old.as_object_mut().unwrap().extend(patch); old }";
const REPLACE: &str = "pub fn merge_data(old: Value, patch: Value) -> Value { let _ = old; patch }";

#[test]
fn a_helper_of_another_file_merges_or_replaces() {
    let body = "let d = helpers::merge_data(row.data, patch);";
    assert_eq!(word(body, &[]).0, Word::Stale, "not found: it holds what it was given");
    let inside = |text: &str| format!("mod helpers {{ {text} }}");
    assert_eq!(word(body, &[&inside(MERGE)]).0, Word::Stale);
    assert_eq!(word(body, &[&inside(REPLACE)]).0, Word::Lost);
    // Of another module, or with another number of parameters, it is another function.
    assert_eq!(word(body, &[&format!("mod others {{ {REPLACE} }}")]).0, Word::Stale);
    let one = "mod helpers { pub fn merge_data(old: Value) -> Value { json!({}) } }";
    assert_eq!(word(body, &[one]).0, Word::Stale);
}

#[test]
fn functions_of_one_name_that_differ_are_not_followed() {
    let body = "let d = merge_data(row.data, patch);";
    assert_eq!(word(body, &[REPLACE]).0, Word::Lost);
    assert_eq!(word(body, &[REPLACE, MERGE]).0, Word::Stale);
    assert_eq!(word(body, &[MERGE, REPLACE]).0, Word::Stale, "whatever the order of the files");
}

#[test]
fn what_is_built_elsewhere_tells_its_keys() {
    let body = "let d = build_payload(name);";
    assert_eq!(word(body, &[]), (Word::Lost, None));
    let build = r#"pub fn build_payload(name: &str) -> Value { json!({ "name": name, "kind": "x" }) }"#;
    assert_eq!(word(body, &[build]), (Word::Lost, Some(vec!["name".into(), "kind".into()])));
}

#[test]
fn a_lent_document_is_what_the_helper_leaves() {
    let body = "let mut d: Value = row.data; set_name(&mut d, name);";
    let set = r#"pub fn set_name(target: &mut Value, name: &str) { target["name"] = json!(name); }"#;
    assert_eq!(word(body, &[set]).0, Word::Stale);
    let wipe = r#"pub fn set_name(target: &mut Value, name: &str) { *target = json!({ "name": name }); }"#;
    assert_eq!(word(body, &[wipe]), (Word::Lost, Some(vec!["name".into()])));
}

#[test]
fn calls_are_followed_two_deep() {
    let body = "let d = first_step(row.data, patch);";
    let first = "pub fn first_step(old: Value, p: Value) -> Value { second_step(old, p) }";
    let second = "pub fn second_step(old: Value, p: Value) -> Value { third_step(old, p) }";
    let third = "pub fn third_step(old: Value, p: Value) -> Value { let _ = old; p }";
    let direct = "pub fn second_step(old: Value, p: Value) -> Value { let _ = old; p }";
    assert_eq!(word(body, &[first, direct]).0, Word::Lost);
    assert_eq!(word(body, &[first, second, third]).0, Word::Stale);
}

#[test]
fn a_default_inside_a_helper_is_noted() {
    let file = format!("async fn save(id: i32, patch: Patch) {{ let d = encode_patch(&patch); {WRITE} }}");
    let helper = "pub fn encode_patch(p: &Patch) -> Value { serde_json::to_value(p).unwrap_or_default() }";
    let (found, _) = writes(&[&file, helper]);
    let kinds: Vec<SignKind> = found[0].signs.iter().map(|sign| sign.kind).collect();
    assert!(kinds.contains(&SignKind::DefaultForUnencoded), "{kinds:?}");
}

#[test]
fn a_statement_that_is_a_constant_elsewhere_has_the_values_that_are_bound_to_it() {
    let queries = r#"pub mod queries { pub const SAVE: &str = "UPDATE users SET data = $1 WHERE id = $2"; }"#;
    let save =
        r#"async fn save(id: i32) { sqlx::query(queries::SAVE).bind(json!({"a": 1})).bind(id).execute(db).await?; }"#;
    let (found, _) = writes(&[queries, save]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].survival.new_keys.as_deref(), Some(&["a".to_owned()][..]), "{:?}", found[0].value);
}

#[test]
fn a_method_that_encodes_its_type_tells_the_type() {
    let owners = |method: &str| {
        let save = format!("async fn save(id: i32, scope: JobScope) {{ let d = scope.to_json_value()?; {WRITE} }}");
        let ty =
            format!("#[derive(Serialize)] pub struct JobScope {{ items: u8, mode: u8 }} impl JobScope {{ {method} }}");
        let (found, _) = writes(&[&save, &ty]);
        assert_eq!(found[0].survival.new_keys.as_ref().map(|keys| keys[0].as_str()), Some("items"));
        crate::project::profile::owners(&found[0]).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let whole = "pub fn to_json_value(&self) -> serde_json::Result<serde_json::Value> { serde_json::to_value(self) }";
    assert_eq!(owners(whole), ["JobScope"]);
    let part = r#"pub fn to_json_value(&self) -> Result<Value, Error> { Ok(json!({ "items": self.items })) }"#;
    assert_eq!(owners(part), [""; 0]);
}
