//! Fields of documents that are read as Rust types.

use super::*;

/// The fields that a function takes of documents, each with the type: `Settings.theme`.
fn taken(body: &str) -> Vec<String> {
    let text = format!(
        "use sqlx::types::Json;\nasync fn f(pool: &PgPool) -> sqlx::Result<()> {{
         let row = sqlx::query(\"SELECT data FROM users\").fetch_one(pool).await?;\n{body}\nOk(()) }}"
    );
    let typed = facts(&text).key_reads.into_iter().filter_map(|read| read.typed);
    let typed = typed.map(|typed| {
        let ty = typed.ty.map_or_else(|| "?".to_owned(), |ty| ty.document().to_string());
        std::iter::once(ty).chain(typed.fields).filter(|part| part != "0").collect::<Vec<_>>().join(".")
    });
    typed.filter(|taken| taken.contains('.')).collect()
}

#[test]
fn fields_are_taken_of_documents_whatever_took_them_out_of_their_wrapper() {
    for body in [
        "let s = row.get::<Json<Settings>, _>(\"data\"); show(s.theme);",
        "let s = row.get::<Json<Settings>, _>(\"data\").0; show(s.theme);",
        "let s = row.try_get::<Json<Settings>, _>(\"data\")?.into_inner(); show(&s.theme);",
        "let Json(s) = row.get::<Json<Settings>, _>(\"data\"); show(s.theme);",
        "let Json(s): Json<Settings> = row.get(\"data\"); show(s.theme);",
        "let s: Json<Settings> = row.get(\"data\"); show(s.0.theme);",
        "let s: Json<Settings> = row.try_get(\"data\")?; let s = s.0; show(s.theme);",
        "let s = row.get::<Option<Json<Settings>>, _>(\"data\").map(|s| s.0).unwrap_or_default(); show(s.theme);",
        "let s = row.get::<Option<Json<Settings>>, _>(\"data\").map(Json::into_inner).unwrap(); show(s.theme);",
        "let Json(s) = sqlx::query_scalar::<_, Json<Settings>>(\"SELECT data FROM users\").fetch_one(pool).await?;
         show(s.theme);",
        "let s = sqlx::query_scalar::<_, Json<Settings>>(\"SELECT data FROM users\").fetch_one(pool).await?.0;
         show(s.theme);",
    ] {
        assert_eq!(taken(body), ["Settings.theme"], "{body}");
    }
}

#[test]
fn fields_of_what_is_no_document_are_not_taken_for_one() {
    for body in [
        "let s = row.get::<i64, _>(\"data\"); show(s.theme);",
        "let s = other.0; show(s.theme);",
        "let s = row.get::<Json<Settings>, _>(\"data\").into_other(); show(s.theme);",
    ] {
        assert!(taken(body).is_empty(), "{body}: {:?}", taken(body));
    }
}
