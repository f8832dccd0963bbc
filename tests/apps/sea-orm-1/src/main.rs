//! The forms of SeaORM 1.1, and the suggestions for them.
#![allow(dead_code, unused_imports, reason = "what compiles is what is proven, with traits that one version needs")]

#[path = "../../sea-orm-shared/advised.rs"]
mod advised;
#[path = "../../sea-orm-shared/after/mod.rs"]
mod after;
#[path = "../../sea-orm-shared/before.rs"]
mod before;
#[path = "../../sea-orm-shared/check.rs"]
mod check;
#[path = "../../sea-orm-shared/entity.rs"]
mod entity;
#[path = "../../sea-orm-shared/forms/mod.rs"]
mod forms;
mod forms_1;

use sea_orm::sea_query::UpdateStatement;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

/// Sends a statement of sea-query.
async fn run(db: &DatabaseConnection, statement: UpdateStatement) -> Result<(), DbErr> {
    db.execute(db.get_database_backend().build(&statement)).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), DbErr> {
    check::all().await
}
