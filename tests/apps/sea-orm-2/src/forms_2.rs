//! Forms that SeaORM 2.0 adds.

use crate::entity::users;
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, IntoActiveValue,
    QueryFilter, Set, Statement, raw_sql,
};
use serde_json::Value as Json;
use serde_json::json;

type Done = Result<(), DbErr>;

pub mod device {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "devices")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(column_type = "JsonBinary")]
        pub state: Json,
        #[sea_orm(has_many)]
        pub reports: HasMany<super::report::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod report {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reports")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub device_id: i64,
        pub body: Json,
        #[sea_orm(belongs_to, from = "device_id", to = "id")]
        pub device: HasOne<super::device::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub async fn update_without_returning(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(data);
    user.update_without_returning(db).await?;
    Ok(())
}

pub async fn validated(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let user = users::ActiveModel { id: Set(1), data: Set(data), ..Default::default() };
    users::Entity::update(user).validate()?.exec(db).await?;
    Ok(())
}

pub async fn builder(db: &DatabaseConnection, state: Json) -> Done {
    device::ActiveModel::builder()
        .set_id(1)
        //= state: lost
        .set_state(state)
        .update(db)
        .await?;
    Ok(())
}

pub async fn builder_that_inserts(db: &DatabaseConnection, state: Json) -> Done {
    device::ActiveModel::builder().set_state(state).insert(db).await?;
    Ok(())
}

pub async fn nested_builder(db: &DatabaseConnection, state: Json, body: Json) -> Done {
    device::ActiveModel::builder()
        .set_id(1)
        //= state: lost
        .set_state(state)
        .add_report(
            report::ActiveModel::builder()
                .set_id(2)
                //= body: lost
                .set_body(body),
        )
        .save(db)
        .await?;
    Ok(())
}

pub async fn set_if_not_equals(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.set_if_not_equals(users::Column::Data, data.clone().into());
    //= meta: lost
    user.meta.set_ne(Some(data));
    user.update(db).await?;
    Ok(())
}

pub async fn set_ne_and(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data.set_ne_and(data, |old| old.is_null());
    user.update(db).await?;
    Ok(())
}

pub async fn set_if_unset(db: &DatabaseConnection, data: Json) -> Done {
    let mut user = users::ActiveModel { id: Set(1), ..Default::default() };
    //= data: lost
    user.data.set_if_unset(data.clone());
    //= meta: lost
    user.meta.set_if_unset_with(|| Some(data));
    user.update(db).await?;
    Ok(())
}

pub async fn a_row_is_not_unset(db: &DatabaseConnection, model: users::Model, data: Json) -> Done {
    let mut user = model.into_active_model();
    user.data.set_if_unset(data);
    user.update(db).await?;
    Ok(())
}

pub async fn optional_value(db: &DatabaseConnection, data: Option<Json>) -> Done {
    //= data: lost
    let user = users::ActiveModel { id: Set(1), data: data.into_active_value(), ..Default::default() };
    user.update(db).await?;
    Ok(())
}

pub fn coalesced(patch: Json) -> sea_orm::UpdateMany<users::Entity> {
    let old = Func::coalesce([Expr::col(users::Column::Meta), Expr::cust("'{}'::jsonb")]);
    users::Entity::update_many()
        //= meta: kept
        .col_expr(users::Column::Meta, old.concat(Expr::val(patch)))
        .filter(Expr::col(users::Column::Id).eq(1))
}

pub fn function(patch: Json) -> sea_orm::UpdateMany<users::Entity> {
    let set = Func::cust("jsonb_set").args([
        Expr::col(users::Column::Data),
        Expr::val("{theme}").cast_as("text[]"),
        Expr::val(patch),
    ]);
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, set.into())
        .filter(Expr::col(users::Column::Id).eq(1))
}

pub async fn constraint(db: &DatabaseConnection, data: Json) -> Done {
    let insert = Query::insert()
        .into_table("users")
        .columns(["id", "data"])
        .values_panic([1.into(), data.into()])
        .on_conflict(
            OnConflict::constraint("users_pkey")
                //= upsert data: lost
                .update_columns(["data"])
                .to_owned(),
        )
        .to_owned();
    db.execute(&insert).await?;
    Ok(())
}

pub fn names_as_text(data: Json) -> sea_orm::sea_query::UpdateStatement {
    //= data: lost
    Query::update().table("users").value("data", data).to_owned()
}

pub fn raw(id: i64, data: Json) -> Statement {
    //= data: lost
    raw_sql!(Postgres, r#"UPDATE users SET data = {data} WHERE id = {id}"#)
}

pub fn raw_field(user: &users::Model, phone: String) -> Statement {
    //= data: kept
    raw_sql!(Postgres, r#"UPDATE users SET data = jsonb_set(data, '{phone}', to_jsonb({phone}::text)) WHERE id = {user.id}"#)
}

pub fn raw_literal(phone: String) -> Statement {
    let patch = json!({ "phone": phone });
    let ids = [1, 2];
    //= data: kept
    raw_sql!(Postgres, r#"UPDATE users SET data = data || {patch} WHERE id IN ({..ids})"#)
}

pub async fn executed(db: &DatabaseConnection, phone: String) -> Done {
    let data = json!({ "phone": phone });
    //= data: lost
    db.execute_raw(raw_sql!(Postgres, "UPDATE users SET data = {data} WHERE id = 1")).await?;
    Ok(())
}
