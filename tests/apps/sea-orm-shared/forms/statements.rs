//! Statements as text.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use serde_json::Value as Json;
use serde_json::json;

type Done = Result<(), DbErr>;

pub fn from_string() -> Statement {
    //= data: lost
    Statement::from_string(DbBackend::Postgres, r#"UPDATE users SET data = '{"a": 1}' WHERE id = 1"#)
}

pub fn from_values(data: Json) -> Statement {
    Statement::from_sql_and_values(
        DbBackend::Postgres,
        //= data: lost
        "UPDATE users SET data = $1 WHERE id = $2",
        [data.into(), 1.into()],
    )
}

pub fn bound_by_position(phone: String) -> Statement {
    Statement::from_sql_and_values(
        DbBackend::Postgres,
        //= data: kept
        "UPDATE users SET data = data || $1 WHERE id = $2",
        vec![json!({ "phone": phone }).into(), 1.into()],
    )
}

pub async fn unprepared(db: &DatabaseConnection) -> Done {
    //= data: lost
    db.execute_unprepared(r#"UPDATE users SET data = '{"a": 1}' WHERE name = 'x'"#).await?;
    Ok(())
}
