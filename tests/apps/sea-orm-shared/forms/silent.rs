//! What overwrites nothing.

use crate::entity::users;
use sea_orm::{ActiveModelTrait, ActiveValue, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, Set, Unchanged};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

pub async fn insert(db: &DatabaseConnection, data: Json) -> Done {
    users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() }.insert(db).await?;
    Ok(())
}

pub async fn insert_many(db: &DatabaseConnection, rows: Vec<Json>) -> Done {
    let rows = rows.into_iter().map(|data| users::ActiveModel { data: Set(data), ..Default::default() });
    users::Entity::insert_many(rows).exec(db).await?;
    Ok(())
}

pub async fn not_set(db: &DatabaseConnection, model: users::Model) -> Done {
    let mut user = model.into_active_model();
    user.data = ActiveValue::NotSet;
    user.meta = ActiveValue::not_set();
    user.name = Set("x".to_owned());
    user.update(db).await?;
    Ok(())
}

pub async fn unchanged(db: &DatabaseConnection, data: Json) -> Done {
    users::ActiveModel { id: Set(1), name: Set("x".to_owned()), data: Unchanged(data), ..Default::default() }
        .update(db)
        .await?;
    Ok(())
}

pub async fn as_it_was(db: &DatabaseConnection, model: users::Model) -> Done {
    let user: users::ActiveModel = model.into();
    user.update(db).await?;
    Ok(())
}

pub async fn emptied(db: &DatabaseConnection, model: users::Model) -> Done {
    let mut user = model.into_active_model();
    user.meta = Set(None);
    user.update(db).await?;
    Ok(())
}

pub async fn deleted(db: &DatabaseConnection, model: users::Model) -> Done {
    users::Entity::delete(model.into_active_model()).exec(db).await?;
    Ok(())
}
