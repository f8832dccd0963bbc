//! Defaults for documents that do not decode.

use super::texts;
use crate::document::Document;
use crate::frontend::facts::SignKind;

/// What the last write of a function's body stores: the sign of a default for what did not decode, and whether the value is
/// an earlier read, or that default.
fn stored(body: &str) -> (bool, bool) {
    let file = format!(
        "#[derive(Serialize, Deserialize, Default)] struct Doc {{ n: i64 }}
         async fn f(pool: &PgPool, id: i64) -> Result<()> {{
             let row = sqlx::query(\"SELECT data FROM docs WHERE id = $1\").bind(id).fetch_one(pool).await?;
             {body}
             doc.n = 1;
             sqlx::query(\"UPDATE docs SET data = $1 WHERE id = $2\").bind(Json(doc)).bind(id).execute(pool).await?;
         }}"
    );
    let text = texts(&file).into_iter().find(|text| text.sql.starts_with("UPDATE")).unwrap();
    let bind = text.binds.into_iter().next().unwrap();
    let signs = bind.signs.iter().filter(|sign| sign.kind == SignKind::DefaultForUndecoded).count();
    assert!(signs < 2, "{body}: {:?}", bind.signs);
    // A document that is known by its keys shows the change.
    let value = if let Document::Set { of, .. } = bind.value { *of } else { bind.value };
    let is_first = match value {
        Document::First(items) => items.len() == 2 && items.first().is_some_and(Document::holds_old),
        _ => false,
    };
    (signs == 1, is_first)
}

#[test]
fn every_spelling_of_a_default_for_what_does_not_decode_is_one() {
    for body in [
        "let mut doc = row.try_get::<Json<Doc>, _>(\"data\").unwrap_or_default();",
        "let mut doc = row.try_get::<Json<Doc>, _>(\"data\").ok().unwrap_or_default();",
        "let mut doc: Json<Doc> = row.try_get(\"data\").unwrap_or_default();",
        "let mut doc: Json<Doc> = row.try_get(\"data\").ok().unwrap_or_default();",
        "let mut doc: Json<Doc> = row.try_get(\"data\").unwrap_or(Json(Doc::default()));",
        "let mut doc: Json<Doc> = row.try_get(\"data\").unwrap_or_else(|_| Json::default());",
        "let Json(mut doc): Json<Doc> = row.try_get(\"data\").unwrap_or_default();",
        "let found: Result<Json<Doc>, _> = row.try_get(\"data\"); let mut doc = found.unwrap_or_default();",
        "let mut doc = row.try_get(\"data\").map(|data: Json<Doc>| data.0).unwrap_or_default();",
        "let mut doc: Json<Doc> = if let Ok(doc) = row.try_get(\"data\") { doc } else { Default::default() };",
        "let mut doc = if let Ok(doc) = row.try_get::<Json<Doc>, _>(\"data\") { doc } else { Json::default() };",
        "let mut doc: Json<Doc> = match row.try_get(\"data\") { Ok(doc) => doc, Err(_) => Json::default() };",
        "let mut doc = match row.try_get::<Json<Doc>, _>(\"data\") { Err(_) => Json::default(), Ok(doc) => doc };",
        "let data: Value = row.get(\"data\"); let mut doc: Doc = serde_json::from_value(data).unwrap_or_default();",
        "let mut doc = serde_json::from_value::<Doc>(row.get(\"data\")).unwrap_or_else(|_| Doc::default());",
        "let data: Value = row.get(\"data\");
         let mut doc: Doc = match serde_json::from_value(data) { Ok(doc) => doc, Err(_) => Doc::default() };",
    ] {
        assert_eq!(stored(body), (true, true), "{body}");
    }
}

#[test]
fn what_fails_loudly_or_is_null_has_no_document_to_lose() {
    // `get` panics where a document does not decode: the default is for NULL.
    let null = "let mut doc = row.get::<Option<Json<Doc>>, _>(\"data\").unwrap_or_default();";
    assert_eq!(stored(null), (false, true));
    let declared = "let found: Option<Json<Doc>> = row.get(\"data\"); let mut doc = found.unwrap_or_default();";
    assert!(!stored(declared).0);
    assert_eq!(stored("let mut doc: Json<Doc> = row.try_get(\"data\")?;"), (false, false));
    // A default that is a document.
    let other = "let mut doc: Json<Doc> = row.try_get(\"data\").unwrap_or(Json(Doc { n: 3 }));";
    assert!(!stored(other).0);
}
