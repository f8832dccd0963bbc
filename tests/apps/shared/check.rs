//! The same check for what was and for what the fixes made of it: change one thing, read the rest back.

use serde_json::{Value, json};
use sqlx::{PgPool, Row};

#[path = "after/writes.rs"]
mod after;
#[path = "before/writes.rs"]
mod before;

/// What a user's document is before every check.
fn seed() -> Value {
    json!({
        "phone": "1", "country": "CH", "postal_code": "3000",
        "address": { "city": "Bern", "street": "Gasse 1" }, "visits": 1, "tags": ["a"]
    })
}

/// Puts the row of user 1 back.
async fn reset(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users (id, data) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET data = $1")
        .bind(seed())
        .execute(pool)
        .await?;
    Ok(())
}

/// The document of user 1.
async fn document(pool: &PgPool) -> sqlx::Result<Value> {
    Ok(sqlx::query("SELECT data FROM users WHERE id = 1").fetch_one(pool).await?.get("data"))
}

/// Runs a write before and after: the first must lose something, the second must store `changed` and nothing else.
macro_rules! check {
    ($pool:expr, $name:ident($($argument:expr),*), $($at:literal = $value:expr),+) => {{
        reset($pool).await?;
        before::$name($pool, $($argument),*).await?;
        let lost = document($pool).await?;
        assert!(lost.get("country").is_none() || lost["address"].get("street").is_none(), "{} before: {lost}", stringify!($name));
        reset($pool).await?;
        after::$name($pool, $($argument),*).await?;
        let mut expected = seed();
        $( *expected.pointer_mut($at).expect("the seed has it") = json!($value); )+
        assert_eq!(document($pool).await?, expected, "{} after", stringify!($name));
        println!("{}: red before, green after", stringify!($name));
    }};
}

/// Connects to the server that `DATABASE_URL` names and runs every check.
pub async fn run() -> sqlx::Result<()> {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL database");
    let pool = PgPool::connect(&url).await?;
    let pool = &pool;
    sqlx::raw_sql(
        "DROP TABLE IF EXISTS users; CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL DEFAULT '{}')",
    )
    .execute(pool)
    .await?;
    check!(pool, set_phone(1, "2"), "/phone" = "2");
    Ok(())
}
