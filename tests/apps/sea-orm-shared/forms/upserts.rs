//! Upserts: only what the clause names is overwritten.

use crate::entity::users;
use sea_orm::sea_query::{Expr, OnConflict, PostgresQueryBuilder, Query, SimpleExpr};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, Insert, QueryTrait, Set, TryInsertResult};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

fn row(data: Json) -> users::ActiveModel {
    users::ActiveModel { id: Set(1), name: Set(String::new()), data: Set(data.clone()), meta: Set(Some(data)), prefs: Set(None) }
}

pub async fn update_column(db: &DatabaseConnection, data: Json) -> Done {
    users::Entity::insert(users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() })
        //= upsert data: lost
        .on_conflict(OnConflict::column(users::Column::Id).update_column(users::Column::Data).to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn update_columns(db: &DatabaseConnection, data: Json) -> Done {
    let user = row(data);
    users::Entity::insert(user)
        .on_conflict(
            OnConflict::columns([users::Column::Id])
                .update_columns([
                    users::Column::Name,
                    //= upsert data: lost
                    users::Column::Data,
                    // `Meta` is written on insert only.
                ])
                .to_owned(),
        )
        .exec(db)
        .await?;
    Ok(())
}

pub async fn many(db: &DatabaseConnection, rows: Vec<users::ActiveModel>) -> Done {
    users::Entity::insert_many(rows)
        //= upsert meta: lost
        .on_conflict(OnConflict::column(users::Column::Id).update_columns([users::Column::Meta]).to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_one(db: &DatabaseConnection, data: Json) -> Done {
    Insert::one(row(data))
        //= upsert data: lost
        .on_conflict(OnConflict::column(users::Column::Id).update_column(users::Column::Data).to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn value(db: &DatabaseConnection, data: Json) -> Done {
    users::Entity::insert(row(data.clone()))
        .on_conflict(
            OnConflict::column(users::Column::Id)
                //= upsert data: lost
                .value(users::Column::Data, Expr::cust("excluded.data"))
                //= upsert meta: lost
                .values([(users::Column::Meta, Expr::val(data).into())])
                .to_owned(),
        )
        .exec(db)
        .await?;
    Ok(())
}

pub async fn merged(db: &DatabaseConnection, data: Json) -> Done {
    users::Entity::insert(row(data))
        .on_conflict(
            OnConflict::column(users::Column::Id)
                //= upsert data: kept
                .value(users::Column::Data, Expr::cust(r#""users"."data" || "excluded"."data""#))
                .to_owned(),
        )
        .exec(db)
        .await?;
    Ok(())
}

pub async fn clause_in_a_local(db: &DatabaseConnection, data: Json) -> Done {
    let mut clause = OnConflict::column(users::Column::Id);
    //= upsert data: lost
    clause.update_column(users::Column::Data);
    users::Entity::insert(row(data)).on_conflict(clause).exec(db).await?;
    Ok(())
}

fn clause() -> OnConflict {
    OnConflict::column(users::Column::Id)
        //= upsert data: lost
        .update_columns([users::Column::Name, users::Column::Data])
        .to_owned()
}

pub async fn clause_of_a_function(db: &DatabaseConnection, data: Json) -> Done {
    users::Entity::insert(row(data)).on_conflict(clause()).exec(db).await?;
    Ok(())
}

pub fn only_newer(data: Json) -> String {
    users::Entity::insert(row(data))
        .on_conflict(
            OnConflict::column(users::Column::Id)
                //= upsert data: lost
                .update_column(users::Column::Data)
                .action_and_where(Expr::cust("excluded.id > users.id"))
                .to_owned(),
        )
        .build(sea_orm::DbBackend::Postgres)
        .to_string()
}

pub async fn do_nothing(db: &DatabaseConnection, data: Json) -> Done {
    users::Entity::insert(row(data))
        .on_conflict(OnConflict::column(users::Column::Id).do_nothing().to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn try_insert(db: &DatabaseConnection, data: Json) -> Result<bool, DbErr> {
    let done = users::Entity::insert(row(data)).on_conflict_do_nothing().exec(db).await?;
    Ok(matches!(done, TryInsertResult::Inserted(_)))
}

pub fn query_insert(data: Json) -> String {
    let value: SimpleExpr = data.into();
    Query::insert()
        .into_table(users::Entity)
        .columns([users::Column::Id, users::Column::Data])
        .values_panic([1.into(), value])
        .on_conflict(
            OnConflict::column(users::Column::Id)
                //= upsert data: lost
                .update_columns([users::Column::Data])
                .to_owned(),
        )
        .to_string(PostgresQueryBuilder)
}
