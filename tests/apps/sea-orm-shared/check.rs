//! The same check for what was and for what the suggestions make of it: change one thing, read the rest back.

use crate::entity::users;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait};
use serde_json::{Value, json};

/// What a user's documents are before every check.
fn seed() -> Value {
    json!({ "phone": "1", "country": "CH", "address": { "city": "Bern", "phone": "1" }, "visits": 1 })
}

/// What a typed document is before every check.
fn prefs() -> Value {
    json!({ "theme": "dark", "phone": "1" })
}

/// Puts the row of user 1 back.
async fn reset(db: &DatabaseConnection, meta: &Value) -> Result<(), DbErr> {
    let meta = if meta.is_null() { "NULL".to_owned() } else { format!("'{meta}'") };
    let row = format!("INSERT INTO users (id, name, data, meta, prefs) VALUES (1, '', '{}', {meta}, '{}')", seed(), prefs());
    db.execute_unprepared("DELETE FROM users").await?;
    db.execute_unprepared(&row).await?;
    Ok(())
}

/// What somebody else writes between the read and the write of a program.
pub async fn others_write(db: &DatabaseConnection) -> Result<(), DbErr> {
    let (set, path) = match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => ("json_set", ["'$.country', 'AT'", "'$.theme', 'light'"]),
        _ => ("jsonb_set", [r#"'{country}', '"AT"'"#, r#"'{theme}', '"light"'"#]),
    };
    let [country, theme] = path;
    let update = format!(
        "UPDATE users SET data = {set}(data, {country}), meta = {set}(meta, {country}), prefs = {set}(prefs, {theme})"
    );
    db.execute_unprepared(&update).await?;
    Ok(())
}

/// A document of user 1.
async fn document(db: &DatabaseConnection, column: &str) -> Result<Value, DbErr> {
    let user = users::Entity::find_by_id(1).one(db).await?.expect("user 1 is there");
    Ok(match column {
        "meta" => user.meta.unwrap_or(Value::Null),
        "prefs" => serde_json::to_value(user.prefs).expect("plain data"),
        _ => user.data,
    })
}

/// Runs a write before and after: the first must lose something, the second must store what is named and nothing else.
macro_rules! check {
    ($db:expr, $column:literal, $name:literal: $before:expr, $after:expr, $($at:literal = $value:expr),+) => {{
        let mut expected = if $column == "prefs" { prefs() } else { seed() };
        $( *expected.pointer_mut($at).expect("the seed has it") = json!($value); )+
        stored!($db, $column, $name: $before, $after, expected);
        if $column == "meta" {
            reset($db, &Value::Null).await?;
            $after;
            assert_eq!(document($db, $column).await?, json!({ "phone": "2" }), "{} after NULL", $name);
        }
    }};
}

/// The same for a document as a whole.
macro_rules! stored {
    ($db:expr, $column:literal, $name:literal: $before:expr, $after:expr, $expected:expr) => {{
        reset($db, &seed()).await?;
        $before;
        let lost = document($db, $column).await?;
        assert_ne!(lost, $expected, "{} before", $name);
        reset($db, &seed()).await?;
        $after;
        assert_eq!(document($db, $column).await?, $expected, "{} after", $name);
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
        check!(db, "data", "one_key": before::one_key(db, 1, phone).await?, $after::one_key(db, 1, phone).await?, "/phone" = "2");
        check!(db, "meta", "one_key_or_null": before::one_key_or_null(db, 1, phone).await?, $after::one_key_or_null(db, 1, phone).await?, "/phone" = "2");
        check!(db, "data", "nested_key": before::nested_key(db, 1, phone).await?, $after::nested_key(db, 1, phone).await?, "/address/phone" = "2");
        check!(db, "data", "two_keys": before::two_keys(db, 1, phone).await?, $after::two_keys(db, 1, phone).await?, "/phone" = "2", "/visits" = 2);
        check!(db, "data", "pairs": before::pairs(db, 1, phone).await?, $after::pairs(db, 1, phone).await?, "/phone" = "2");
        check!(db, "data", "statement": run(db, before::statement(1, phone)).await?, run(db, $after::statement(1, phone)).await?, "/phone" = "2");
        check!(db, "data", "upsert": before::upsert(db, 1, phone).await?, $after::upsert(db, 1, phone).await?, "/phone" = "2");
        check!(db, "data", "upsert_by_value": before::upsert_by_value(db, 1, phone).await?, $after::upsert_by_value(db, 1, phone).await?, "/phone" = "2");
        let row = || users::ActiveModel {
            id: sea_orm::Set(1), name: sea_orm::Set(String::new()), data: sea_orm::Set(json!({ "phone": phone })), ..Default::default()
        };
        check!(db, "data", "upsert_of_a_list": before::upsert_of_a_list(db, 1, phone).await?,
            { users::Entity::insert(row()).on_conflict($after::shown::upsert_of_a_list()).exec(db).await?; }, "/phone" = "2");
        check!(db, "data", "model": before::model(db, 1, phone).await?, $after::model(db, 1, phone).await?, "/phone" = "2");
        // A row that is not there is an error before and after, though nothing is left to set.
        reset(db, &seed()).await?;
        assert!(before::model(db, 404, phone).await.is_err());
        assert!($after::model(db, 404, phone).await.is_err());
        check!(db, "meta", "model_or_null": before::model_or_null(db, 1, phone).await?, $after::model_or_null(db, 1, phone).await?, "/phone" = "2");
        check!(db, "data", "fetched": before::fetched(db, 1, phone).await?, {
            // The row that comes back is the one that is stored.
            assert_eq!($after::fetched(db, 1, phone).await?, Some(json!("CH")));
        }, "/phone" = "2");
        check!(db, "data", "under_a_condition": before::under_a_condition(db, 1, Some(phone)).await?,
            { $after::under_a_condition(db, 1, None).await?; $after::under_a_condition(db, 1, Some(phone)).await? }, "/phone" = "2");
        check!(db, "data", "refused": before::refused(db, 1, phone).await?,
            { $after::shown::refused(1, phone).exec(db).await?; }, "/address/phone" = "2");
        check!(db, "data", "read_and_written_back": before::read_and_written_back(db, 1, phone).await?,
            $after::read_and_written_back(db, 1, phone).await?, "/phone" = "2", "/country" = "AT");
        check!(db, "data", "two_read_and_written_back": before::two_read_and_written_back(db, 1, phone).await?,
            $after::two_read_and_written_back(db, 1, phone).await?, "/phone" = "2", "/visits" = 2, "/country" = "AT");
        check!(db, "prefs", "typed_and_written_back": before::typed_and_written_back(db, 1, phone).await?,
            $after::typed_and_written_back(db, 1, phone).await?, "/phone" = "2", "/theme" = "light");
        check!(db, "meta", "an_object_or_nothing": before::an_object_or_nothing(db, 1, phone).await?,
            $after::an_object_or_nothing(db, 1, phone).await?, "/phone" = "2", "/country" = "AT");
        check!(db, "data", "counted": before::counted(db, 1).await?, $after::counted(db, 1).await?, "/visits" = 2, "/country" = "AT");
        check!(db, "data", "an_object_if_it_is_none": { before::an_object_if_it_is_none(db, 1, phone).await?; }, {
            // The row that comes back is the one that is stored.
            assert_eq!($after::an_object_if_it_is_none(db, 1, phone).await?.data["country"], json!("AT"));
        }, "/phone" = "2", "/country" = "AT");
        let mut expected = seed();
        expected["country"] = json!("AT");
        expected.as_object_mut().expect("an object").remove("visits");
        stored!(db, "data", "removed": before::removed(db, 1).await?, $after::removed(db, 1).await?, expected);
        Ok::<(), DbErr>(())
    }};
}

/// Checks the suggestions for PostgreSQL on the server that `DATABASE_URL` names, and those for SQLite in memory.
pub async fn all() -> Result<(), DbErr> {
    use crate::after::{postgres, sqlite};
    use crate::before;
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL database");
    let server = sea_orm::Database::connect(url).await?;
    server.execute_unprepared("DROP TABLE IF EXISTS users").await?;
    let table = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, data jsonb NOT NULL, meta jsonb, prefs jsonb)";
    server.execute_unprepared(table).await?;
    check_all!(&server, postgres)?;
    let (db, patch) = (&server, || json!({ "phone": "2" }));
    check!(db, "data", "merged": before::merged(db, 1, patch()).await?, postgres::merged(db, 1, patch()).await?,
        "/phone" = "2", "/country" = "AT");
    crate::advised::check(&server).await?;
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let memory = sea_orm::Database::connect(options).await?;
    memory.execute_unprepared(&table.replace("jsonb", "text")).await?;
    check_all!(&memory, sqlite)?;
    let db = &memory;
    check!(db, "data", "merged": before::merged(db, 1, patch()).await?,
        { others_write(db).await?; sqlite::shown::merged(1, patch()).exec(db).await?; }, "/phone" = "2", "/country" = "AT");
    Ok(())
}
