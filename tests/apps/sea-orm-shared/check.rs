//! The same check for what was and for what the suggestions make of it: change one thing, read the rest back.

use crate::entity::users;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait};
use serde_json::{Value, json};

/// What a user's documents are before every check.
fn seed() -> Value {
    json!({ "phone": "1", "country": "CH", "address": { "city": "Bern", "phone": "1" }, "visits": 1 })
}

/// Puts the row of user 1 back.
async fn reset(db: &DatabaseConnection, meta: &Value) -> Result<(), DbErr> {
    let meta = if meta.is_null() { "NULL".to_owned() } else { format!("'{meta}'") };
    let row = format!("INSERT INTO users (id, name, data, meta) VALUES (1, '', '{}', {meta})", seed());
    db.execute_unprepared("DELETE FROM users").await?;
    db.execute_unprepared(&row).await?;
    Ok(())
}

/// A document of user 1.
async fn document(db: &DatabaseConnection, meta: bool) -> Result<Value, DbErr> {
    let user = users::Entity::find_by_id(1).one(db).await?.expect("user 1 is there");
    Ok(if meta { user.meta.unwrap_or(Value::Null) } else { user.data })
}

/// Runs a write before and after: the first must lose something, the second must store what is named and nothing else.
macro_rules! check {
    ($db:expr, $meta:expr, $name:literal: $before:expr, $after:expr, $($at:literal = $value:expr),+) => {{
        reset($db, &seed()).await?;
        $before;
        let lost = document($db, $meta).await?;
        assert!(lost.get("country").is_none(), "{} before: {lost}", $name);
        let mut expected = seed();
        $( *expected.pointer_mut($at).expect("the seed has it") = json!($value); )+
        reset($db, &seed()).await?;
        $after;
        assert_eq!(document($db, $meta).await?, expected, "{} after", $name);
        if $meta {
            reset($db, &Value::Null).await?;
            $after;
            assert_eq!(document($db, $meta).await?, json!({ "phone": "2" }), "{} after NULL", $name);
        }
        println!("{}: red before, green after", $name);
    }};
}

/// Runs all checks with the suggestions for one database.
macro_rules! check_all {
    ($db:expr, $after:ident) => {{
        use crate::before;
        use crate::run;
        let db = $db;
        let phone = "2";
        check!(db, false, "one_key": before::one_key(db, 1, phone).await?, $after::one_key(db, 1, phone).await?, "/phone" = "2");
        check!(db, true, "one_key_or_null": before::one_key_or_null(db, 1, phone).await?, $after::one_key_or_null(db, 1, phone).await?, "/phone" = "2");
        check!(db, false, "nested_key": before::nested_key(db, 1, phone).await?, $after::nested_key(db, 1, phone).await?, "/address/phone" = "2");
        check!(db, false, "two_keys": before::two_keys(db, 1, phone).await?, $after::two_keys(db, 1, phone).await?, "/phone" = "2", "/visits" = 2);
        check!(db, false, "pairs": before::pairs(db, 1, phone).await?, $after::pairs(db, 1, phone).await?, "/phone" = "2");
        check!(db, false, "statement": run(db, before::statement(1, phone)).await?, run(db, $after::statement(1, phone)).await?, "/phone" = "2");
        check!(db, false, "upsert": before::upsert(db, 1, phone).await?, $after::upsert(db, 1, phone).await?, "/phone" = "2");
        check!(db, false, "upsert_by_value": before::upsert_by_value(db, 1, phone).await?, $after::upsert_by_value(db, 1, phone).await?, "/phone" = "2");
        let row = || users::ActiveModel {
            id: sea_orm::Set(1), name: sea_orm::Set(String::new()), data: sea_orm::Set(json!({ "phone": phone })), ..Default::default()
        };
        check!(db, false, "upsert_of_a_list": before::upsert_of_a_list(db, 1, phone).await?,
            { users::Entity::insert(row()).on_conflict($after::shown::upsert_of_a_list()).exec(db).await?; }, "/phone" = "2");
        check!(db, false, "model": before::model(db, 1, phone).await?,
            { $after::shown::model(1, phone).exec(db).await?; }, "/phone" = "2");
        check!(db, true, "model_or_null": before::model_or_null(db, 1, phone).await?,
            { $after::shown::model_or_null(1, phone).exec(db).await?; }, "/phone" = "2");
        Ok::<(), DbErr>(())
    }};
}

/// Checks the suggestions for PostgreSQL on the server that `DATABASE_URL` names, and those for SQLite in memory.
pub async fn all() -> Result<(), DbErr> {
    use crate::after::{postgres, sqlite};
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL database");
    let server = sea_orm::Database::connect(url).await?;
    server.execute_unprepared("DROP TABLE IF EXISTS users").await?;
    let table = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, data jsonb NOT NULL, meta jsonb, prefs jsonb)";
    server.execute_unprepared(table).await?;
    check_all!(&server, postgres)?;
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let memory = sea_orm::Database::connect(options).await?;
    memory.execute_unprepared(&table.replace("jsonb", "text")).await?;
    check_all!(&memory, sqlite)
}
