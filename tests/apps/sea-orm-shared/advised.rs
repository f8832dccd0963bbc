//! What is advised where no expression repairs a write, each with a condition filled in: who read an older row writes
//! nothing. `tests/advice.rs` holds these lines against what noclobber shows.

use crate::entity::users;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use serde_json::{Value, json};

mod counted {
    pub mod users {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "counted")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            #[sea_orm(column_type = "JsonBinary")]
            pub data: Json,
            pub version: i64,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }
}

#[rustfmt::skip]
async fn by_document(db: &DatabaseConnection, user: &users::Model, data: Value) -> Result<u64, DbErr> {
    let update = users::Entity::update_many().col_expr(users::Column::Data, sea_orm::sea_query::Expr::value(data))
        .filter(users::Column::Id.eq(user.id))
        .filter(users::Column::Data.eq(user.data.clone()));
    Ok(update.exec(db).await?.rows_affected)
}

#[rustfmt::skip]
async fn by_document_or_null(db: &DatabaseConnection, user: &users::Model, meta: Value) -> Result<u64, DbErr> {
    let update = users::Entity::update_many().col_expr(users::Column::Meta, sea_orm::sea_query::Expr::value(meta))
        .filter(users::Column::Id.eq(user.id))
        .filter(sea_orm::sea_query::Expr::cust_with_values("meta IS NOT DISTINCT FROM $1", [user.meta.clone()]));
    Ok(update.exec(db).await?.rows_affected)
}

#[rustfmt::skip]
async fn by_version(db: &DatabaseConnection, id: i64, data: Value, version: i64) -> Result<u64, DbErr> {
    use counted::users;
    let update = users::Entity::update_many().col_expr(users::Column::Data, sea_orm::sea_query::Expr::value(data))
        .col_expr(users::Column::Version, sea_orm::sea_query::Expr::cust("version + 1"))
        .filter(users::Column::Id.eq(id))
        .filter(users::Column::Version.eq(version));
    Ok(update.exec(db).await?.rows_affected)
}

/// Runs them on PostgreSQL, where there is a table `users`.
pub async fn check(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("DELETE FROM users").await?;
    db.execute_unprepared("INSERT INTO users (id, name, data) VALUES (1, '', '{\"a\": 1}')").await?;
    let user = users::Entity::find_by_id(1).one(db).await?.expect("user 1 is there");
    let written =
        by_document(db, &user, json!({ "a": 2 })).await? + by_document_or_null(db, &user, json!({ "b": 2 })).await?;
    assert_eq!(written, 2, "nobody else has written");
    let late =
        by_document(db, &user, json!({ "a": 3 })).await? + by_document_or_null(db, &user, json!({ "b": 3 })).await?;
    assert_eq!(late, 0, "somebody has");
    db.execute_unprepared("DROP TABLE IF EXISTS counted").await?;
    db.execute_unprepared("CREATE TABLE counted (id bigint PRIMARY KEY, data jsonb NOT NULL, version bigint NOT NULL)")
        .await?;
    db.execute_unprepared("INSERT INTO counted VALUES (1, '{}', 1)").await?;
    assert_eq!(by_version(db, 1, json!({ "a": 2 }), 1).await?, 1, "nobody else has written");
    assert_eq!(by_version(db, 1, json!({ "a": 3 }), 1).await?, 0, "somebody has");
    println!("compared: written once");
    Ok(())
}
