//! Writes that lose what they do not name.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{PgPool, QueryBuilder};

const SET_COUNTRY: &str = "UPDATE users SET data = jsonb_set(data, '{country}', $1::jsonb) WHERE id = $2";

/// The incident: only the phone number was meant to change.
pub async fn set_phone(pool: &PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2")
        .bind(json!(phone))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// The same, where the phone number is used up by what follows.
pub async fn set_phone_and_mail(pool: &PgPool, id: i64, phone: String) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb), email = $3 WHERE id = $2")
        .bind(json!(phone))
        .bind(id)
        .bind(phone)
        .execute(pool)
        .await?;
    Ok(())
}

/// A number that may be missing is JSON null, never SQL NULL.
pub async fn clear_phone(pool: &PgPool, id: i64, phone: Option<String>) -> sqlx::Result<()> {
    let document = json!({ "phone": phone });
    sqlx::query("UPDATE users SET data = data || $1 WHERE id = $2").bind(document).bind(id).execute(pool).await?;
    Ok(())
}

pub async fn set_two(pool: &PgPool, id: i64, phone: &str, zip: i32) -> sqlx::Result<()> {
    sqlx::query(r#"UPDATE users SET "data" = "data" || $1 WHERE id = $2"#)
        .bind(json!({ "phone": phone, "postal_code": zip }))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn set_city(pool: &PgPool, id: i64, city: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(NULLIF(data #> '{address}', 'null'), '{}')), '{address,city}', $1::jsonb) WHERE id = $2")
        .bind(json!(city))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// By a constant.
pub async fn set_country(pool: &PgPool, id: i64, country: &str) -> sqlx::Result<()> {
    sqlx::query(SET_COUNTRY).bind(json!(country)).bind(id).execute(pool).await?;
    Ok(())
}

/// By a builder.
pub async fn build_phone(pool: &PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    let mut update = QueryBuilder::new("UPDATE users SET data = jsonb_set(data, '{phone}', ");
    update.push_bind(json!(phone));
    update.push("::jsonb) WHERE id = ").push_bind(id);
    update.build().execute(pool).await?;
    Ok(())
}

/// A patch as a type.
#[derive(Serialize)]
pub struct Patch {
    pub phone: String,
    pub postal_code: i32,
}

pub async fn patch(pool: &PgPool, id: i64, patch: Patch) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = data || $1 WHERE id = $2")
        .bind(sqlx::types::Json(patch))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn upsert(pool: &PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = users.data || EXCLUDED.data")
        .bind(id)
        .bind(json!({ "phone": phone }))
        .execute(pool)
        .await?;
    Ok(())
}

/// `||` merges one level only.
pub async fn merge_city(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    sqlx::query(r#"UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(NULLIF(data #> '{address}', 'null'), '{}')), '{address,city}', '"Basel"') WHERE id = $1"#)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// A column of type `json`.
pub async fn set_note(pool: &PgPool, id: i64, note: &Value) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET notes = jsonb_set(COALESCE(notes::jsonb, '{}'), '{note}', $1::jsonb)::json WHERE id = $2")
        .bind(json!(note))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// JSON in a column of type `text`.
pub async fn set_theme(pool: &PgPool, id: i64, theme: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET settings = jsonb_set(COALESCE(settings::jsonb, '{}'), '{theme}', $1::text::jsonb)::text WHERE id = $2")
        .bind(json!(theme).to_string())
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
