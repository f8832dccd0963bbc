//! What is assigned: expressions of sea-query and values of Rust.

use crate::entity::{Prefs, users};
use sea_orm::sea_query::extension::postgres::{PgBinOper, PgExpr};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    Set, UpdateMany,
};
use serde_json::Value as Json;
use serde_json::json;

type Done = Result<(), DbErr>;
type Query = UpdateMany<users::Entity>;

pub fn literal() -> Query {
    //= data: lost
    users::Entity::update_many().col_expr(users::Column::Data, Expr::value(json!({ "a": 1 })))
}

pub fn cust() -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::cust("data - 'theme'"))
        .filter(users::Column::Id.eq(1))
}

pub fn cust_with_values(theme: String) -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::cust_with_values("jsonb_set(data, '{theme}', to_jsonb($1::text))", [theme]))
        .filter(users::Column::Id.eq(1))
}

pub fn cust_with_the_wrong_base(theme: Json) -> Query {
    users::Entity::update_many()
        //= data: lost
        .col_expr(users::Column::Data, Expr::cust_with_values("jsonb_set($1, '{theme}', data->'theme')", [theme]))
        .filter(users::Column::Id.eq(1))
}

pub fn cust_with_exprs(theme: Json) -> Query {
    let arguments: [SimpleExpr; 2] = [Expr::col(users::Column::Data).into(), Expr::val(theme).into()];
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::cust_with_exprs("jsonb_set($1, '{theme}', $2::jsonb)", arguments))
        .filter(users::Column::Id.eq(1))
}

pub fn cust_with_expr(theme: Json) -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::cust_with_expr("data || $1", SimpleExpr::from(Expr::val(theme))))
        .filter(users::Column::Id.eq(1))
}

pub fn function(theme: Json) -> Query {
    let set = Func::cust(Alias::new("jsonb_set"))
        .arg(Expr::col(users::Column::Data))
        .arg(Expr::cust("'{theme}'"))
        .arg(Expr::val(theme));
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, set.into())
        .filter(users::Column::Id.eq(1))
}

pub fn concat(patch: Json) -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, PgExpr::concat(Expr::col(users::Column::Data), Expr::val(patch)))
        .filter(users::Column::Id.eq(1))
}

pub fn concatenate(patch: Json) -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::col(users::Column::Data).concatenate(Expr::val(patch)))
        .filter(users::Column::Id.eq(1))
}

pub fn binary(patch: Json) -> Query {
    users::Entity::update_many()
        //= data: kept
        .col_expr(users::Column::Data, Expr::col(users::Column::Data).binary(PgBinOper::Concatenate, Expr::val(patch)))
        .filter(users::Column::Id.eq(1))
}

pub fn into_null(patch: Json) -> Query {
    users::Entity::update_many()
        //= meta: write-lost
        .col_expr(users::Column::Meta, Expr::col(users::Column::Meta).concatenate(Expr::val(patch)))
        .filter(users::Column::Id.eq(1))
}

pub fn coalesced(patch: Json) -> Query {
    let old: [SimpleExpr; 2] = [Expr::col(users::Column::Meta).into(), Expr::cust("'{}'::jsonb")];
    users::Entity::update_many()
        //= meta: kept
        .col_expr(users::Column::Meta, PgExpr::concat(SimpleExpr::from(Func::coalesce(old)), Expr::val(patch)))
        .filter(users::Column::Id.eq(1))
}

pub fn case(data: Json) -> Query {
    let case = Expr::case(Expr::col(users::Column::Name).eq("x"), Expr::val(data)).finally(Expr::col(users::Column::Data));
    users::Entity::update_many()
        //= data: lost
        .col_expr(users::Column::Data, case.into())
        .filter(users::Column::Id.eq(1))
}

pub fn column_to_column() -> Query {
    users::Entity::update_many()
        //= data: lost
        .col_expr(users::Column::Data, Expr::col(users::Column::Meta).into())
        .filter(users::Column::Id.eq(1))
}

pub async fn literal_object(db: &DatabaseConnection, model: users::Model, phone: String) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(json!({ "phone": phone }));
    user.update(db).await?;
    Ok(())
}

pub async fn typed(db: &DatabaseConnection, model: users::Model, prefs: Prefs) -> Done {
    let mut user = model.into_active_model();
    //= data: lost
    user.data = Set(serde_json::to_value(&prefs).unwrap_or_default());
    //= prefs: lost
    user.prefs = Set(Some(prefs));
    user.update(db).await?;
    Ok(())
}

pub async fn written_back(db: &DatabaseConnection, model: users::Model, phone: String) -> Done {
    let mut data = model.data.clone();
    data["phone"] = json!(phone);
    let mut user = model.into_active_model();
    //= data: stale
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn typed_and_written_back(db: &DatabaseConnection, model: users::Model, phone: String) -> Done {
    let mut prefs = model.prefs.clone().unwrap_or_default();
    prefs.phone = Some(phone);
    let mut user = model.into_active_model();
    // Keys that are no fields of `Prefs` are gone; where no others are known, what is judged is the earlier read.
    //= prefs: lost
    user.prefs = Set(Some(prefs));
    user.update(db).await?;
    Ok(())
}

fn merge(old: Json, new: Json) -> Json {
    let mut old = old;
    if let (Some(old), Json::Object(new)) = (old.as_object_mut(), new) {
        old.extend(new);
    }
    old
}

pub async fn merged_by_a_helper(db: &DatabaseConnection, model: users::Model, patch: Json) -> Done {
    let data = merge(model.data.clone(), patch);
    let mut user = model.into_active_model();
    //= data: stale
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

/// A model made from a row has nothing but `Unchanged`: the first arm never runs.
pub async fn merge_that_never_runs(db: &DatabaseConnection, model: users::Model, patch: Json) -> Done {
    let mut user: users::ActiveModel = model.into();
    let data = match user.data.clone() {
        ActiveValue::Set(old) => merge(old, patch),
        _ => patch,
    };
    //= data: lost
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}

pub async fn merge_that_runs(db: &DatabaseConnection, model: users::Model, patch: Json) -> Done {
    let mut user: users::ActiveModel = model.into();
    let data = match user.data.clone() {
        ActiveValue::Set(old) | ActiveValue::Unchanged(old) => merge(old, patch),
        ActiveValue::NotSet => patch,
    };
    //= data: stale
    user.data = Set(data);
    user.update(db).await?;
    Ok(())
}
