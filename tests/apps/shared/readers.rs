//! Somebody else reads the rest of the documents.

use sqlx::{PgPool, Row};

/// Where a parcel for this user goes, and what else is known of them.
pub async fn label(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Option<String>>> {
    let row = sqlx::query(
        "SELECT data->>'country', data->>'postal_code', data->'address'->>'city', data->'address'->>'street', \
         data->>'phone', notes->>'pinned', settings::jsonb->>'language' FROM users WHERE id = $1",
    )
    .bind(id)
    .fetch_one(pool)
    .await?;
    (0..7).map(|at| row.try_get(at)).collect()
}
