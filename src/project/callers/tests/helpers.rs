//! Values that a caller makes by way of a function of a third file.

use super::{READ, SAVE, written};
use crate::document::survival::Word;
use crate::project::writes::ColumnWrite;

/// The survival of the write, and the keys of the new value: `user` is one that was found, `patch` came with the request.
fn word(body: &str, others: &[&str]) -> (Word, Option<Vec<String>>) {
    let caller = format!(
        "async fn change(db: &Db, id: i32, patch: Value, t: String) {{
            let user = find_user(db, id).await?; {body} save_settings(db, id, merged).await?; }}"
    );
    let mut texts = vec![SAVE, caller.as_str()];
    texts.extend(others);
    let first = written(&texts).0.remove(0);
    texts.reverse();
    let (writes, files) = written(&texts);
    let again = writes.into_iter().find(|write| files.text(write.site) == "settings = $1").unwrap();
    let said = |write: ColumnWrite| (write.survival.word, write.survival.new_keys);
    let (first, again) = (said(first), said(again));
    assert_eq!(first, again, "whatever the order");
    first
}

const CALL: &str = "let merged = merge_settings(user.settings.clone(), patch);";

#[test]
fn a_helper_that_edits_what_it_is_given_is_followed() {
    for helper in [
        "pub fn merge_settings(mut doc: Value, patch: Value) -> Value { doc[\"patch\"] = patch; doc }",
        "pub fn merge_settings(mut old: Value, patch: Value) -> Value { old.as_object_mut().unwrap().extend(patch); old }",
        "pub fn merge_settings(old: Option<Value>, patch: Value) -> Value {
            match old { Some(Value::Object(mut map)) => { if let Value::Object(over) = patch { for (k, v) in over { map.insert(k, v); } } Value::Object(map) } _ => patch } }",
    ] {
        assert_eq!(word(CALL, &[helper]).0, Word::Stale, "{helper}");
    }
}

#[test]
fn a_helper_that_drops_what_it_is_given_is_followed() {
    let replace = "pub fn merge_settings(old: Value, patch: Value) -> Value { let _ = old; patch }";
    assert_eq!(word(CALL, &[replace]).0, Word::Lost);
}

#[test]
fn a_helper_may_edit_what_is_merged_in() {
    let helper = "pub fn merge_settings(base: Option<Value>, overlay: Value) -> Value {
        let overlay = match overlay {
            Value::Object(mut map) => { map.retain(|k, _| !RESERVED.contains(&k.as_str())); Value::Object(map) }
            other => other,
        };
        match base {
            Some(Value::Object(mut map)) => { if let Value::Object(over) = overlay { for (k, v) in over { map.insert(k, v); } } Value::Object(map) }
            _ => overlay,
        } }";
    assert_eq!(word(CALL, &[helper]).0, Word::Stale);
    // The document of something else is merged into what the request brought.
    let other = "let merged = merge_settings(patch, plugin.settings);";
    assert_eq!(word(other, &[helper]).0, Word::Lost);
}

#[test]
fn a_helper_that_keeps_some_keys_loses_the_others() {
    let body = format!("{READ} let merged = pick_settings(settings, t);");
    let pick =
        r#"pub fn pick_settings(old: Value, t: String) -> Value { json!({ "theme": old["theme"], "size": t }) }"#;
    assert_eq!(word(&body, &[]).0, Word::Stale);
    assert_eq!(word(&body, &[pick]), (Word::Lost, Some(vec!["theme".to_owned(), "size".to_owned()])));
}

#[test]
fn a_helper_that_is_not_found_holds_what_it_is_given() {
    assert_eq!(word(CALL, &[]).0, Word::Stale);
    let other = "pub fn merge_settings(old: Value) -> Value { json!({}) }";
    assert_eq!(word(CALL, &[other]).0, Word::Stale, "of another number of parameters it is another function");
    // With nothing to change it with, it is a copy; and what a request brought was not read.
    assert_eq!(word("let merged = redacted(user.settings.clone());", &[]).0, Word::Lost);
    assert_eq!(word("let merged = merge_settings(patch, t);", &[]).0, Word::Lost);
}

#[test]
fn helpers_are_followed_two_deep_and_not_in_circles() {
    let first = "pub fn merge_settings(old: Value, p: Value) -> Value { second_step(old, p) }";
    let direct = "pub fn second_step(old: Value, p: Value) -> Value { let _ = old; p }";
    let second = "pub fn second_step(old: Value, p: Value) -> Value { third_step(old, p) }";
    let third = "pub fn third_step(old: Value, p: Value) -> Value { let _ = old; p }";
    let circle = "pub fn second_step(old: Value, p: Value) -> Value { merge_settings(old, p) }";
    assert_eq!(word(CALL, &[first, direct]).0, Word::Lost);
    assert_eq!(word(CALL, &[first, second, third]).0, Word::Stale);
    assert_eq!(word(CALL, &[first, circle]).0, Word::Stale);
}

#[test]
fn a_lent_document_is_what_the_helper_leaves() {
    let body = "let mut merged: Value = user.settings.clone(); set_theme(&mut merged, t);";
    assert_eq!(word(body, &[]).0, Word::Stale);
    let set = r#"pub fn set_theme(doc: &mut Value, t: String) { doc["theme"] = json!(t); }"#;
    assert_eq!(word(body, &[set]).0, Word::Stale);
    let wipe = r#"pub fn set_theme(doc: &mut Value, t: String) { *doc = json!({ "theme": t }); }"#;
    assert_eq!(word(body, &[wipe]), (Word::Lost, None), "nothing is left of what was read");
}

#[test]
fn a_document_that_goes_through_a_type_of_another_file_keeps_its_keys_alone() {
    let caller = format!(
        "use crate::f3::Settings; async fn change(db: &Db, id: i32, t: String) {{ {READ}
            let mut own: Settings = serde_json::from_value(settings)?; own.theme = t;
            save_settings(db, id, serde_json::to_value(&own)?).await?; }}"
    );
    let found = |others: &[&str]| {
        let mut texts = vec![SAVE, caller.as_str()];
        texts.extend(others);
        let write = written(&texts).0.remove(0);
        (write.survival.word, write.survival.new_keys, write.handed_by.len())
    };
    let theme = "#[derive(Serialize, Deserialize)] pub struct Settings { pub theme: String, pub size: Option<i32> }";
    let keys = vec!["size".to_owned(), "theme".to_owned()];
    assert_eq!(found(&[theme]), (Word::Lost, Some(keys), 1));
    assert_eq!(found(&[]).2, 1);
    let open = theme.replace("pub size", "#[serde(flatten)] pub rest: Map<String, Value>, pub size");
    assert_eq!(found(&[&open]).0, Word::Stale, "others are kept, as they were read");
}
