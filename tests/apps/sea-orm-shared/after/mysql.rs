//! Writes that lose data, in the forms of SeaORM that a suggestion knows.

use crate::entity::users;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr, UpdateStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryFilter, Set, Unchanged,
};
use serde_json::{Value, json};

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
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    let user = users::ActiveModel { id: Unchanged(id), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

pub async fn model_or_null(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Meta, Expr::cust_with_values("JSON_SET(COALESCE(meta, JSON_OBJECT()), '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    let user =
        users::ActiveModel { id: Unchanged(id), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

pub async fn fetched(db: &DatabaseConnection, id: i64, phone: &str) -> Result<Option<Value>, DbErr> {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    let mut user: users::ActiveModel = user.into();
    user.name = Set("n".to_owned());
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    let stored = user.update(db).await?;
    Ok(stored.data.get("country").cloned())
}

pub async fn under_a_condition(db: &DatabaseConnection, id: i64, phone: Option<&str>) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    let mut user = user.into_active_model();
    user.name = Set("n".to_owned());
    if let Some(phone) = phone {
        users::Entity::update_many()
            .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
            .filter(users::Column::Id.eq(user.id.clone().unwrap()))
            .exec(db)
            .await?;
    }
    user.update(db).await?;
    Ok(())
}

pub async fn refused(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    let mut user: users::ActiveModel = user.into();
    user.data = Set(json!({ "address": { "phone": phone } }));
    if phone.is_empty() {
        return Err(DbErr::Custom("no phone".to_owned()));
    }
    user.name = Set("n".to_owned());
    user.update(db).await.map(|_| ())
}

pub async fn read_and_written_back(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data["phone"] = json!(phone);
    let user: users::ActiveModel = user.into();
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(data["phone"])]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    user.update(db).await.map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(())
}

pub async fn two_read_and_written_back(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data["phone"] = json!(phone);
    data["visits"] = json!(2);
    let mut user = user.into_active_model();
    user.name = Set("n".to_owned());
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_MERGE_PATCH(data, ?)", [serde_json::json!({ "phone": data["phone"], "visits": data["visits"] })]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    user.update(db).await?;
    Ok(())
}

pub async fn typed_and_written_back(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut prefs = user.prefs.clone().ok_or(DbErr::Custom("no prefs".to_owned()))?;
    prefs.phone = Some(phone.to_owned());
    let user = user.into_active_model();
    users::Entity::update_many()
        .col_expr(users::Column::Prefs, Expr::cust_with_values("JSON_SET(COALESCE(prefs, JSON_OBJECT()), '$.phone', JSON_EXTRACT(?, '$'))", [json!(prefs.phone)]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    user.update(db).await?;
    Ok(())
}

pub async fn counted(db: &DatabaseConnection, id: i64) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data["visits"] = json!(data["visits"].as_i64().unwrap_or(0) + 1);
    let user = user.into_active_model();
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.visits', CAST(COALESCE(JSON_VALUE(data, '$.visits'), 0) AS SIGNED) + ?)", [1_i64]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    user.update(db).await?;
    Ok(())
}

pub async fn removed(db: &DatabaseConnection, id: i64) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data.as_object_mut().expect("an object").remove("visits");
    let user = user.into_active_model();
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_REMOVE(data, ?)", ["$.visits"]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    user.update(db).await?;
    Ok(())
}

pub async fn an_object_or_nothing(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut meta = user.meta.clone().unwrap_or_else(|| json!({}));
    meta["phone"] = json!(phone);
    let user = user.into_active_model();
    users::Entity::update_many()
        .col_expr(users::Column::Meta, Expr::cust_with_values("JSON_SET(COALESCE(meta, JSON_OBJECT()), '$.phone', JSON_EXTRACT(?, '$'))", [json!(meta["phone"])]))
        .filter(users::Column::Id.eq(user.id.clone().unwrap()))
        .exec(db)
        .await?;
    user.update(db).await?;
    Ok(())
}

pub async fn an_object_if_it_is_none(db: &DatabaseConnection, id: i64, phone: &str) -> Result<users::Model, DbErr> {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    if !data.is_object() {
        data = json!({});
    }
    data["phone"] = serde_json::to_value(phone).map_err(|error| DbErr::Custom(error.to_string()))?;
    let mut active: users::ActiveModel = user.clone().into();
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$'))", [json!(data["phone"])]))
        .filter(users::Column::Id.eq(active.id.clone().unwrap()))
        .exec(db)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    active.name = Set("n".to_owned());
    active.update(db).await.map_err(|error| DbErr::Custom(error.to_string()))
}

pub async fn merged(db: &DatabaseConnection, id: i64, patch: Value) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut user: users::ActiveModel = user.into();
    let current = user.data.clone().take().unwrap_or_default();
    user.name = Set("n".to_owned());
    user.data = Set(merge(current, patch));
    user.update(db).await?;
    Ok(())
}

fn merge(current: Value, patch: Value) -> Value {
    match (current, patch) {
        (Value::Object(mut current), Value::Object(patch)) => {
            for (key, value) in patch {
                current.insert(key, value);
            }
            Value::Object(current)
        }
        (_, patch) => patch,
    }
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

    pub fn refused(id: i64, phone: &str) -> UpdateMany<Entity> {
        users::Entity::update_many().col_expr(users::Column::Data, Expr::cust_with_values("JSON_SET(JSON_INSERT(data, '$.address', JSON_OBJECT()), '$.address.phone', JSON_EXTRACT(?, '$'))", [json!(phone)]))
            .filter(Column::Id.eq(id))
    }

    pub fn merged(id: i64, patch: serde_json::Value) -> UpdateMany<Entity> {
        users::Entity::update_many().col_expr(users::Column::Data, Expr::cust_with_values("JSON_MERGE_PATCH(data, ?)", [json!(patch)]))
            .filter(Column::Id.eq(id))
    }
}
