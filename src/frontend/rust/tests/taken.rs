//! Values that are taken out of others: elements of tuples, keys that are removed, fields of rows that were changed.

use super::values::bound;
use crate::document::{Document, Key};
use serde_json::json;

/// What the last statement's `d` comes to.
fn after(body: &str, helpers: &str) -> Document {
    let file = format!(
        r#"async fn f(id: i32, patch: Value, x: Value) {{
            let row = sqlx::query_as::<_, User>("SELECT id, data FROM users WHERE id = $1").bind(id).fetch_one(db).await?;
            {body}
            sqlx::query("UPDATE users SET data = $1").bind(d).execute(db).await?; }} {helpers}"#
    );
    let texts = super::texts(&file);
    texts.into_iter().last().unwrap().binds.remove(0).value
}

#[test]
fn an_element_of_a_tuple_is_followed() {
    let split =
        r#"fn split(old: Value) -> Result<(Value, u8), E> { let mut new = old; new["a"] = json!(1); Ok((new, 3)) }"#;
    let found = after("let (d, count) = split(row.data)?;", split);
    assert!(matches!(&found, Document::Set { of, .. } if matches!(**of, Document::Read(_))), "{found:?}");
    assert_eq!(after("let (d, e) = (json!({}), 5);", ""), Document::Known(json!({})));
    let other = after("let (count, d) = split(row.data)?;", split);
    assert_eq!(other, Document::Known(json!(3)));
}

#[test]
fn what_is_removed_is_what_was_there() {
    let append = r#"fn append(old: Value, event: Value) -> Value {
        let mut all = match old { Value::Object(o) => o, _ => Map::new() };
        let mut audit = match all.remove("audit") { Some(Value::Object(o)) => o, _ => Map::new() };
        audit.insert("last".to_string(), event);
        all.insert("audit".to_string(), Value::Object(audit));
        Value::Object(all)
    }"#;
    let found = after("let d = append(row.data, x);", append);
    let Document::Set { value, .. } = &found else { panic!("{found:?}") };
    assert!(value.holds_old(), "{value:?}");
}

#[test]
fn a_row_keeps_the_changes_of_each_of_its_fields() {
    let change = r#"let mut row = row; row.data["a"] = x; row.name = n; let d = row.data;"#;
    let found = after(change, "");
    assert!(matches!(&found, Document::Set { of, .. } if matches!(**of, Document::Read(_))), "{found:?}");
    let found = after(r#"let mut row = row; row.data = json!({"a": 1}); let d = row.data;"#, "");
    assert_eq!(found, Document::Known(json!({ "a": 1 })));
}

#[test]
fn what_is_assigned_is_made_of_what_was_there_before() {
    let found = after(r#"let mut d: Value = row.data; d["n"] = json!({ "old": d["n"].clone() });"#, "");
    let Document::Set { of, value, .. } = &found else { panic!("{found:?}") };
    assert!(matches!(**of, Document::Read(_)), "{of:?}");
    let Document::Object { entries, .. } = &**value else { panic!("{value:?}") };
    let [(Key::Name(_), Document::Get { of, .. })] = entries.as_slice() else { panic!("{entries:?}") };
    assert!(matches!(**of, Document::Read(_)), "not changed by itself: {of:?}");
}

#[test]
fn text_knows_the_type_that_was_encoded() {
    assert_eq!(bound("s: Settings", "serde_json::to_string(&s)?").rust_type.as_deref(), Some("String<Settings>"));
}
