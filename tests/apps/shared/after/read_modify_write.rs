//! Documents that are read, changed in the program and written back whole.

use serde_json::{Value, json};
use sqlx::PgPool;

pub async fn set_phone(pool: &PgPool, id: i64, phone: String) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data["phone"] = json!(phone);
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{phone}', $1::jsonb) WHERE id = $2").bind(&data["phone"]).bind(id).execute(pool).await?;
    Ok(())
}

/// What is set is used up.
pub async fn move_to(pool: &PgPool, id: i64, city: String) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data["address"]["city"] = Value::String(city);
    sqlx::query("UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(NULLIF(data #> '{address}', 'null'), '{}')), '{address,city}', $1::jsonb) WHERE id = $2").bind(data["address"]["city"].clone()).bind(id).execute(pool).await?;
    Ok(())
}

pub async fn set_two(pool: &PgPool, id: i64, phone: String) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data["phone"] = Value::String(phone);
    data["postal_code"] = json!(4000);
    sqlx::query("UPDATE users SET data = data || $1 WHERE id = $2").bind(serde_json::json!({ "phone": data["phone"], "postal_code": data["postal_code"] })).bind(id).execute(pool).await?;
    Ok(())
}

pub async fn remove_phone(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data.as_object_mut().expect("an object").remove("phone");
    sqlx::query("UPDATE users SET data = data - $1::text WHERE id = $2").bind("phone").bind(id).execute(pool).await?;
    Ok(())
}

pub async fn count_visit(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data["visits"] = json!(data["visits"].as_i64().unwrap_or(0) + 1);
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{visits}', to_jsonb(COALESCE((data #>> '{visits}')::bigint, 0) + $1::bigint)) WHERE id = $2").bind(1_i64).bind(id).execute(pool).await?;
    Ok(())
}

pub async fn add_tag(pool: &PgPool, id: i64, tag: &str) -> sqlx::Result<()> {
    let mut data: Value = sqlx::query_scalar("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    data["tags"].as_array_mut().expect("an array").push(json!(tag));
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{tags}', COALESCE(NULLIF(data #> '{tags}', 'null'), '[]') || jsonb_build_array($1::jsonb)) WHERE id = $2").bind(json!(tag)).bind(id).execute(pool).await?;
    Ok(())
}
