//! Writes that lose what they do not name.

use serde_json::json;
use sqlx::PgPool;

/// The incident: only the phone number was meant to change.
pub async fn set_phone(pool: &PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2")
        .bind(json!(phone))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
