//! Query builders of SeaORM and sea-query.

use crate::entity::prelude::Users;
use crate::entity::users;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, PostgresQueryBuilder, Query, SimpleExpr, UpdateStatement};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, DeriveIden, EntityTrait, QueryFilter, Update, UpdateMany,
};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

#[derive(DeriveIden)]
#[sea_orm(iden = "users")]
struct Table;

#[derive(DeriveIden)]
enum Iden {
    #[sea_orm(iden = "users")]
    Table,
    Id,
    Data,
    #[sea_orm(iden = "meta")]
    More,
}

pub async fn col_expr(db: &DatabaseConnection, data: Json) -> Done {
    Users::update_many()
        //= data: lost
        .col_expr(users::Column::Data, Expr::value(data))
        .filter(users::Column::Id.eq(1))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn with_local_import(db: &DatabaseConnection, data: Json) -> Done {
    use crate::entity::users::Column;
    //= data: lost
    Update::many(users::Entity).col_expr(Column::Data, Expr::value(data)).exec(db).await?;
    Ok(())
}

pub async fn step_by_step(db: &DatabaseConnection, data: Option<Json>, meta: Json) -> Done {
    let mut update: UpdateMany<users::Entity> = users::Entity::update_many().filter(users::Column::Id.eq(1));
    if let Some(data) = data {
        //= data: lost
        update = update.col_expr(users::Column::Data, Expr::value(data));
    }
    //= meta: lost
    update = update.col_expr(users::Column::Meta, Expr::value(meta));
    update.exec(db).await?;
    Ok(())
}

pub fn query_update(data: Json) -> String {
    Query::update()
        .table(Iden::Table)
        //= data: lost
        .value(Iden::Data, data.clone())
        //= meta: lost
        .values([(Iden::More, Expr::val(data).into())])
        .and_where(Expr::col(Iden::Id).eq(1))
        .to_string(PostgresQueryBuilder)
}

pub fn query_update_by_alias(data: Json) -> UpdateStatement {
    Query::update()
        .table(Table)
        //= data: lost
        .value(Alias::new("data"), data)
        .and_where(Expr::col(Alias::new("id")).eq(1))
        .to_owned()
}

pub fn query_update_of_entity(data: Json) -> UpdateStatement {
    //= data: lost
    Query::update().table(users::Entity).value(users::Column::Data, data).to_owned()
}

pub fn query_update_step_by_step(data: Json) -> UpdateStatement {
    let mut update = Query::update();
    update.table(Iden::Table).and_where(Expr::col(Iden::Id).eq(1));
    //= data: lost
    update.value(Iden::Data, data);
    update
}

pub async fn a_list_of_columns(db: &DatabaseConnection, id: i64, values: Vec<(users::Column, SimpleExpr)>) -> Done {
    let mut update = users::Entity::update_many().filter(users::Column::Id.eq(id));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    update.exec(db).await?;
    Ok(())
}

pub async fn given_a_list(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    a_list_of_columns(db, 1, vec![(users::Column::Data, Expr::value(data))]).await
}

pub async fn given_a_pushed_list(db: &DatabaseConnection, data: Json, meta: Option<Json>) -> Done {
    //= data: lost
    let mut values = vec![(users::Column::Data, Expr::value(data))];
    if let Some(meta) = meta {
        //= meta: lost
        values.push((users::Column::Meta, Expr::value(meta)));
    }
    a_list_of_columns(db, 1, values).await
}

pub fn replace(data: Json) -> String {
    //= replace meta: lost
    //= replace prefs: lost
    Query::insert()
        .replace()
        .into_table(Iden::Table)
        //= replace data: lost
        .columns([Iden::Id, Iden::Data])
        .values_panic([1.into(), data.into()])
        .to_string(sea_orm::sea_query::MysqlQueryBuilder)
}
