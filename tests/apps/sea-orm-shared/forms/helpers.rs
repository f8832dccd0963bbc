//! Models that are filled by one function and written by another.

use crate::entity::{settings, users};
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, IntoActiveModel, Set};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

/// The caller writes it.
pub fn fill(user: &mut users::ActiveModel, data: Option<Json>) {
    if let Some(data) = data {
        //= data: lost
        user.data = Set(data);
    }
}

pub async fn filled(db: &DatabaseConnection, model: users::Model, data: Option<Json>) -> Done {
    let mut user = model.into_active_model();
    fill(&mut user, data);
    user.update(db).await?;
    Ok(())
}

pub trait Updater {
    type ActiveModel;

    fn update_model(self, model: &mut Self::ActiveModel);
}

pub struct Change {
    pub data: Json,
}

impl Updater for Change {
    type ActiveModel = users::ActiveModel;

    fn update_model(self, model: &mut Self::ActiveModel) {
        //= data: lost
        model.data = Set(self.data);
    }
}

pub struct ChangeBoth {
    pub meta: Json,
    pub value: Json,
}

impl Updater for ChangeBoth {
    type ActiveModel = (users::ActiveModel, settings::ActiveModel);

    fn update_model(self, (user, settings): &mut Self::ActiveModel) {
        //= meta: lost
        user.meta = Set(Some(self.meta));
        //= value: lost
        settings.value = Set(self.value);
    }
}

pub async fn two_at_once(db: &DatabaseConnection, pair: (users::Model, settings::Model), value: Json) -> Done {
    let (mut user, mut settings) = (pair.0.into_active_model(), pair.1.into_active_model());
    //= data: lost
    user.data = Set(value.clone());
    //= value: lost
    settings.value = Set(value);
    user.update(db).await?;
    settings.update(db).await?;
    Ok(())
}

macro_rules! patch_field {
    ($model:ident, $from:ident, $field:ident) => {
        if let Some(value) = $from.$field {
            $model.$field = Set(value);
        }
    };
}

pub struct Patch {
    pub data: Option<Json>,
    pub name: Option<String>,
}

pub async fn patched(db: &DatabaseConnection, model: users::Model, patch: Patch) -> Done {
    let mut user = model.into_active_model();
    patch_field!(user, patch, name);
    //= data: lost
    patch_field!(user, patch, data);
    user.update(db).await?;
    Ok(())
}

pub struct Repository {
    row: users::ActiveModel,
}

impl Repository {
    pub async fn replace(mut self, db: &DatabaseConnection, data: Json) -> Done {
        //= data: lost
        self.row.data = Set(data);
        self.row.update(db).await?;
        Ok(())
    }
}
