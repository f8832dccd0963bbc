//! Where an active model ends.

use crate::entity::prelude::Users;
use crate::entity::users;
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryTrait, Set, Unchanged, Update};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

pub async fn update(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user: users::ActiveModel = model.into();
    //= data: lost
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn update_of_literal(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() }.update(db).await?;
    Ok(())
}

pub async fn update_through_the_trait(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(data);
    ActiveModelTrait::update(user, db).await?;
    Ok(())
}

pub async fn save_with_its_key(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    users::ActiveModel { id: Unchanged(1), data: Set(data), ..Default::default() }.save(db).await?;
    Ok(())
}

pub async fn save_without_its_key(db: &DatabaseConnection, data: Json) -> Done {
    users::ActiveModel { name: Set("new".to_owned()), data: Set(data), ..Default::default() }.save(db).await?;
    Ok(())
}

pub async fn save_of_a_row(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user: users::ActiveModel = model.into();
    //= data: lost
    user.data = Set(data);
    user.save(db).await?;
    Ok(())
}

pub async fn entity_update(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() };
    users::Entity::update(user).exec(db).await?;
    Ok(())
}

pub async fn entity_update_of_prelude(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    Users::update(users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() }).exec(db).await?;
    Ok(())
}

pub async fn update_one(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() };
    Update::one(user).exec(db).await?;
    Ok(())
}

pub async fn update_many_set(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { data: Set(data), ..Default::default() };
    users::Entity::update_many().set(user).exec(db).await?;
    Ok(())
}

pub async fn update_many_set_of_literal(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    Update::many(users::Entity).set(users::ActiveModel { data: Set(data), ..Default::default() }).exec(db).await?;
    Ok(())
}

pub async fn one_by_one(db: &DatabaseConnection, models: Vec<users::Model>, data: Json) -> Done {
    for model in models {
        let mut user = model.into_active_model();
        //= data: lost
        user.data = Set(data.clone());
        user.update(db).await?;
    }
    Ok(())
}

pub async fn collected_first(db: &DatabaseConnection, models: Vec<users::Model>, data: Json) -> Done {
    let mut changed = Vec::new();
    for model in models {
        let mut user: users::ActiveModel = model.into();
        //= data: lost
        user.data = Set(data.clone());
        changed.push(user);
    }
    for user in changed {
        user.update(db).await?;
    }
    Ok(())
}

pub async fn collected_for_the_entity(db: &DatabaseConnection, ids: Vec<i64>, data: Json) -> Done {
    let mut changed = Vec::new();
    for id in ids {
        //= data: lost
        let user = users::ActiveModel { id: Set(id), data: Set(data.clone()), ..Default::default() };
        changed.push(user);
    }
    for update in changed {
        Users::update(update).exec(db).await?;
    }
    Ok(())
}

pub async fn mapped(db: &DatabaseConnection, ids: Vec<i64>, data: Json) -> Done {
    let changed: Vec<users::ActiveModel> = ids
        .into_iter()
        //= data: lost
        .map(|id| users::ActiveModel { id: Set(id), data: Set(data.clone()), ..Default::default() })
        .collect();
    for user in changed {
        user.update(db).await?;
    }
    Ok(())
}

pub async fn chained(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(data);
    let updated: users::Model = user.clone().update(db).await?;
    drop(updated);
    Ok(())
}

pub fn built_only(model: users::Model, data: Json) -> String {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(data);
    let mut query = users::Entity::update_many().set(user);
    query.query().to_owned().to_string(sea_orm::sea_query::PostgresQueryBuilder)
}
