//! Forms that SeaORM 2.0 no longer has.

use crate::entity::users;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, IntoActiveValue, Set, Updater};
use serde_json::Value as Json;

type Done = Result<(), DbErr>;

pub async fn updater(db: &DatabaseConnection, data: Json) -> Done {
    //= data: lost
    let update = Query::update().table(users::Entity).value(users::Column::Data, data).to_owned();
    Updater::new(update).exec(db).await?;
    Ok(())
}

pub async fn built_for_the_backend(db: &DatabaseConnection, data: Json) -> Done {
    let update = Query::update()
        .table(users::Entity)
        //= data: lost
        .value(users::Column::Data, data)
        .and_where(Expr::col(users::Column::Id).eq(1))
        .to_owned();
    db.execute(db.get_database_backend().build(&update)).await?;
    Ok(())
}

pub async fn optional_value(db: &DatabaseConnection, meta: Option<Json>) -> Done {
    //= meta: lost
    let user = users::ActiveModel { id: Set(1), meta: meta.into_active_value(), ..Default::default() };
    user.update(db).await?;
    Ok(())
}
