//! Writes that lose data, in the forms of SeaORM that a suggestion knows.

use crate::entity::users;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr, UpdateStatement};
use sea_orm::{ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, Set, Unchanged};
use serde_json::json;

type Done = Result<(), DbErr>;

pub async fn one_key(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn one_key_or_null(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Meta, Expr::cust_with_values("JSON_SET(COALESCE(meta, JSON_OBJECT()), '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn nested_key(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(JSON_INSERT(data, '$.address', JSON_OBJECT()), '$.address.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn two_keys(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_MERGE_PATCH(data, ?)", [json!({ "phone": phone, "visits": 2 })]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn pairs(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let values: Vec<(users::Column, SimpleExpr)> =
        vec![(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))];
    let mut update = users::Entity::update_many().filter(users::Column::Id.eq(id));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    update.exec(db).await?;
    Ok(())
}

pub fn statement(id: i64, phone: &str) -> UpdateStatement {
    Query::update()
        .table(users::Entity)
        .value(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .and_where(Expr::col(users::Column::Id).eq(id))
        .to_owned()
}

pub async fn upsert(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let row =
        users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ "phone": phone })), ..Default::default() };
    users::Entity::insert(row)
        .on_conflict(OnConflict::column(users::Column::Id).value(users::Column::Data, Expr::cust("JSON_MERGE_PATCH(users.data, VALUES(data))")).to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn upsert_by_value(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let row =
        users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ "phone": phone })), ..Default::default() };
    users::Entity::insert(row)
        .on_conflict(
            OnConflict::column(users::Column::Id).value(users::Column::Data, Expr::cust("JSON_MERGE_PATCH(users.data, excluded.data)")).to_owned(),
        )
        .exec(db)
        .await?;
    Ok(())
}

pub async fn upsert_of_a_list(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let row =
        users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ "phone": phone })), ..Default::default() };
    users::Entity::insert(row)
        .on_conflict(
            OnConflict::column(users::Column::Id)
                .update_columns([users::Column::Name, users::Column::Data])
                .to_owned(),
        )
        .exec(db)
        .await?;
    Ok(())
}

pub async fn model(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::ActiveModel { id: Unchanged(id), data: Set(json!({ "phone": phone })), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

pub async fn model_or_null(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user =
        users::ActiveModel { id: Unchanged(id), meta: Set(Some(json!({ "phone": phone }))), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

/// What is shown for the rest, each with a condition filled in.
#[rustfmt::skip]
pub mod shown {
    use crate::entity::users::{self, Column, Entity};
    use sea_orm::sea_query::{Expr, OnConflict};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};
    use serde_json::json;

    pub fn upsert_of_a_list() -> OnConflict {
        OnConflict::column(users::Column::Id)
            .update_column(users::Column::Name)
            .value(users::Column::Data, Expr::cust("JSON_MERGE_PATCH(users.data, VALUES(data))"))
            .to_owned()
    }

    pub fn model(id: i64, phone: &str) -> UpdateMany<Entity> {
        Entity::update_many().col_expr(Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
            .filter(Column::Id.eq(id))
    }

    pub fn model_or_null(id: i64, phone: &str) -> UpdateMany<Entity> {
        Entity::update_many().col_expr(Column::Meta, Expr::cust_with_values("JSON_SET(COALESCE(meta, JSON_OBJECT()), '$.phone', JSON_EXTRACT(?, '$'))", [Some(json!(phone))]))
            .filter(Column::Id.eq(id))
    }
}
