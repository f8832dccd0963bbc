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
        .col_expr(users::Column::Data, Expr::value(json!({ "phone": phone })))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn one_key_or_null(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Meta, Expr::value(json!({ "phone": phone })))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn nested_key(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::value(json!({ "address": { "phone": phone } })))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn two_keys(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    users::Entity::update_many()
        .col_expr(users::Column::Data, Expr::value(json!({ "phone": phone, "visits": 2 })))
        .filter(users::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn pairs(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let values: Vec<(users::Column, SimpleExpr)> =
        vec![(users::Column::Data, Expr::value(json!({ "phone": phone })))];
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
        .value(users::Column::Data, json!({ "phone": phone }))
        .and_where(Expr::col(users::Column::Id).eq(id))
        .to_owned()
}

pub async fn upsert(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let row =
        users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ "phone": phone })), ..Default::default() };
    users::Entity::insert(row)
        .on_conflict(OnConflict::column(users::Column::Id).update_column(users::Column::Data).to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn upsert_by_value(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let row =
        users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ "phone": phone })), ..Default::default() };
    users::Entity::insert(row)
        .on_conflict(
            OnConflict::column(users::Column::Id).value(users::Column::Data, Expr::cust("excluded.data")).to_owned(),
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

pub async fn fetched(db: &DatabaseConnection, id: i64, phone: &str) -> Result<Option<Value>, DbErr> {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    let mut user: users::ActiveModel = user.into();
    user.name = Set("n".to_owned());
    user.data = Set(json!({ "phone": phone }));
    let stored = user.update(db).await?;
    Ok(stored.data.get("country").cloned())
}

pub async fn under_a_condition(db: &DatabaseConnection, id: i64, phone: Option<&str>) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    let mut user = user.into_active_model();
    user.name = Set("n".to_owned());
    if let Some(phone) = phone {
        user.data = Set(json!({ "phone": phone }));
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
    let mut user: users::ActiveModel = user.into();
    user.data = Set(data);
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
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn typed_and_written_back(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut prefs = user.prefs.clone().ok_or(DbErr::Custom("no prefs".to_owned()))?;
    prefs.phone = Some(phone.to_owned());
    let mut user = user.into_active_model();
    user.prefs = Set(Some(prefs));
    user.update(db).await?;
    Ok(())
}

pub async fn counted(db: &DatabaseConnection, id: i64) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data["visits"] = json!(data["visits"].as_i64().unwrap_or(0) + 1);
    let mut user = user.into_active_model();
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn removed(db: &DatabaseConnection, id: i64) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut data = user.data.clone();
    data.as_object_mut().expect("an object").remove("visits");
    let mut user = user.into_active_model();
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn an_object_or_nothing(db: &DatabaseConnection, id: i64, phone: &str) -> Done {
    let user = users::Entity::find_by_id(id).one(db).await?.ok_or(DbErr::Custom("no user".to_owned()))?;
    crate::check::others_write(db).await?;
    let mut meta = user.meta.clone().unwrap_or_else(|| json!({}));
    meta["phone"] = json!(phone);
    let mut user = user.into_active_model();
    user.meta = Set(Some(meta));
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
    active.data = Set(data);
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
