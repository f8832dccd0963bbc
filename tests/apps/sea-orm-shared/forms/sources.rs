//! Where an active model comes from, and how its values are set.

use crate::entity::users::{self, ActiveModel as UserModel, Column};
use crate::entity::Prefs;
use sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, ActiveValue, IntoActiveModel, IntoActiveValue, NotSet, Set};
use serde_json::Value as Json;
use serde_json::json;

type Done = Result<(), DbErr>;

pub struct Request {
    pub data: Option<Json>,
    pub prefs: Option<Prefs>,
}

pub async fn spelled_in_full(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user: UserModel = model.into();
    //= data: lost
    user.data = sea_orm::ActiveValue::Set(data.clone());
    //= meta: lost
    user.meta = ActiveValue::set(Some(data));
    user.update(db).await?;
    Ok(())
}

#[rustfmt::skip]
pub async fn on_the_next_line(db: &DatabaseConnection, model: users::Model) -> Done {
    let mut user = users::ActiveModel::from(model);
    //= data: lost
    user.data =
        Set(json!({ "a": 1 }));
    user.update(db).await?;
    Ok(())
}

pub async fn conditional(db: &DatabaseConnection, model: users::Model, request: Request) -> Done {
    let mut user = model.into_active_model();
    if let Some(data) = request.data {
        //= data: lost
        user.data = Set(data);
    }
    //= prefs: lost
    user.prefs = match request.prefs {
        Some(prefs) => Set(Some(prefs)),
        None => NotSet,
    };
    user.update(db).await?;
    Ok(())
}

pub async fn conditional_in_literal(db: &DatabaseConnection, request: Request) -> Done {
    let user = users::ActiveModel {
        id: Set(1),
        //= data: lost
        data: request.data.map(Set).unwrap_or(NotSet),
        //= prefs: lost
        prefs: if let Some(prefs) = request.prefs { Set(Some(prefs)) } else { ActiveValue::NotSet },
        ..Default::default()
    };
    user.update(db).await?;
    Ok(())
}

pub async fn mapped(db: &DatabaseConnection, model: users::Model, request: Request) -> Done {
    //= data: lost
    let user = users::ActiveModel { data: request.data.map_or(NotSet, Set), ..model.into() };
    user.update(db).await?;
    Ok(())
}

pub async fn into_active_value(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { id: Set(1), data: data.into_active_value(), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

pub async fn set_by_column(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.set(users::Column::Data, data.into());
    user.update(db).await?;
    Ok(())
}

pub async fn try_set(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.try_set(Column::Data, data.into())?;
    user.update(db).await?;
    Ok(())
}

pub async fn set_if_not_equals(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data.set_if_not_equals(data);
    user.update(db).await?;
    Ok(())
}

pub async fn reset_one(db: &DatabaseConnection, model: users::Model) -> Done {
    let mut user = model.into_active_model();
    //= data: stale
    user.reset(users::Column::Data);
    user.update(db).await?;
    Ok(())
}

pub async fn reset_field(db: &DatabaseConnection, model: users::Model) -> Done {
    let mut user = model.into_active_model();
    //= meta: stale
    user.meta.reset();
    user.update(db).await?;
    Ok(())
}

pub async fn reset_all(db: &DatabaseConnection, model: users::Model) -> Done {
    //= data: stale
    //= meta: stale
    //= prefs: stale
    model.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn changed_and_reset_all(db: &DatabaseConnection, mut model: users::Model, data: Json) -> Done {
    model.data = data;
    //= data: lost
    //= meta: stale
    //= prefs: stale
    model.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn from_json(db: &DatabaseConnection, phone: String) -> Done {
    //= data: lost
    let mut user = users::ActiveModel::from_json(json!({ "id": 1, "name": "x", "data": { "phone": phone } }))?;
    user.id = Set(1);
    user.update(db).await?;
    Ok(())
}

pub async fn set_from_json(db: &DatabaseConnection, model: users::Model, phone: String) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.set_from_json(json!({ "id": 1, "name": "x", "data": { "phone": phone } }))?;
    user.update(db).await?;
    Ok(())
}

pub async fn set_from_outside(db: &DatabaseConnection, model: users::Model, body: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    //= meta: lost
    //= prefs: lost
    user.set_from_json(body)?;
    user.update(db).await?;
    Ok(())
}

pub async fn rest_of_the_row(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { data: Set(data), ..model.into_active_model() };
    user.update(db).await?;
    Ok(())
}

pub struct Import {
    pub id: i64,
    pub data: Json,
}

impl From<Import> for users::ActiveModel {
    fn from(import: Import) -> Self {
        //= data: lost
        Self { id: Set(import.id), data: Set(import.data), ..Default::default() }
    }
}

pub async fn from_impl(db: &DatabaseConnection, import: Import) -> Done {
    let user = users::ActiveModel::from(import);
    user.update(db).await?;
    Ok(())
}

fn made(id: i64, meta: Json) -> users::ActiveModel {
    //= meta: lost
    users::ActiveModel { id: Set(id), meta: Set(Some(meta)), ..Default::default() }
}

pub async fn from_function(db: &DatabaseConnection, meta: Json) -> Done {
    made(1, meta).update(db).await?;
    Ok(())
}

#[derive(DeriveIntoActiveModel)]
#[sea_orm(active_model = "users::ActiveModel")]
pub struct Patch {
    pub id: i64,
    pub data: Json,
}

pub async fn derived(db: &DatabaseConnection, patch: Patch) -> Done {
    //= data: lost
    let user = patch.into_active_model();
    user.update(db).await?;
    Ok(())
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "users::Entity", from_query_result, into_active_model)]
pub struct Part {
    pub id: i64,
    pub meta: Option<Json>,
}

pub async fn partial(db: &DatabaseConnection, part: Part) -> Done {
    //= meta: lost
    let user = part.into_active_model();
    user.update(db).await?;
    Ok(())
}
