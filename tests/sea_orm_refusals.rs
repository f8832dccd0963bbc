//! What of SeaORM code is changed, and what is only shown since the program would do something else afterwards.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use noclobber::check::{Options, check};
use noclobber::fix::apply::plan;
use noclobber::fix::suggestion::Applicability;
use noclobber::frontend::sql::Dialect;

/// An entity in a module of its own; `columns` stand before the document, `hooks` behind.
fn entity(name: &str, columns: &str, hooks: &str) -> String {
    let hooks = if hooks.is_empty() { "impl ActiveModelBehavior for ActiveModel {}" } else { hooks };
    format!(
        "pub mod {name} {{\n    use sea_orm::entity::prelude::*;\n    #[derive(Clone, Debug, DeriveEntityModel)]\n    \
         #[sea_orm(table_name = \"{name}\")]\n    pub struct Model {{\n        {columns}\n        \
         #[sea_orm(column_type = \"JsonBinary\")]\n        pub data: Json,\n    }}\n    \
         #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]\n    pub enum Relation {{}}\n    {hooks}\n}}\n"
    )
}

fn users(hooks: &str) -> String {
    entity("users", "#[sea_orm(primary_key)]\n        pub id: i64,\n        pub name: String,", hooks)
}

/// What becomes of a function: its text after the change, or the title of what is only shown.
fn outcome(entity: &str, code: &str) -> Result<(String, String), String> {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"app\"\n[dependencies]\nsea-orm = \"2\"\n";
    std::fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(root.path().join("src/entity.rs"), entity).unwrap();
    let code = format!("use crate::entity::*;\nuse sea_orm::{{sea_query::*, *}};\nuse serde_json::json;\n\n{code}");
    std::fs::write(root.path().join("src/code.rs"), code).unwrap();
    let paths = vec![root.path().to_owned()];
    let report = check(&Options { paths, dialect: Some(Dialect::Postgres), ..Options::default() }).unwrap();
    let fixes: Vec<_> = report.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    let [fix] = fixes.as_slice() else { panic!("{:#?}", report.findings) };
    let plan = plan([*fix], &report.files, Applicability::Unsafe);
    match plan.files.as_slice() {
        [] => Err(fix.title.clone()),
        [changed] => Ok((fix.title.clone(), changed.after.split_once("\n\n").unwrap().1.to_owned())),
        other => panic!("{other:?}"),
    }
}

fn refused(entity: &str, code: &str) -> String {
    outcome(entity, code).unwrap_err()
}

/// A function that sets the document of a model that it fetched; `around` has `SET` where that is done.
fn fetched(around: &str) -> String {
    format!(
        "pub async fn save(db: &DatabaseConnection, user: users::Model, phone: &str) -> Result<(), DbErr> {{\n    \
         let mut user: users::ActiveModel = user.into();\n    {}\n    Ok(())\n}}\n",
        around.replace("SET", "user.data = Set(json!({ \"phone\": phone }));")
    )
}

const STATEMENT: &str = "users::Entity::update_many()\n        .col_expr(users::Column::Data, sea_orm::sea_query::Expr::cust_with_values(\"jsonb_set(data, '{phone}', $1::jsonb)\", [json!(phone)]))\n        \
     .filter(users::Column::Id.eq(user.id.clone().unwrap()))\n        .exec(db)\n        .await?;";

#[test]
fn a_model_with_nothing_left_to_set_is_still_written_for_its_hooks() {
    let (title, after) = outcome(&users(""), &fetched("SET\n    user.update(db).await?;")).unwrap();
    assert_eq!(title, "set the one key and keep the rest");
    assert!(
        after.contains(&format!(
            "let user: users::ActiveModel = user.into();\n    {STATEMENT}\n    user.update(db).await?;"
        )),
        "{after}"
    );
}

#[test]
fn two_statements_are_told_to_stay_together() {
    let told = "set the one key and keep the rest; these are two statements: keep them in one transaction";
    for code in [
        fetched("user.name = Set(phone.to_owned());\n    SET\n    user.update(db).await?;"),
        fetched("SET\n    user.name = Set(phone.to_owned());\n    user.update(db).await?;"),
        "pub async fn save(db: &DatabaseConnection, id: i64, phone: &str) -> Result<(), DbErr> {\n    \
         let user = users::ActiveModel { id: Set(id), name: Set(phone.to_owned()), data: Set(json!({ \"phone\": phone })) };\n    \
         user.update(db).await?;\n    Ok(())\n}\n".to_owned(),
    ] {
        assert_eq!(outcome(&users(""), &code).unwrap().0, told, "{code}");
    }
}

#[test]
fn every_column_of_the_key_picks_the_row() {
    let pairs = entity(
        "users",
        "#[sea_orm(primary_key)]\n        pub tenant: i64,\n        #[sea_orm(primary_key)]\n        pub id: i64,",
        "",
    );
    let (_, after) = outcome(&pairs, &fetched("SET\n    user.update(db).await?;")).unwrap();
    assert!(
        after.contains(
            ".filter(users::Column::Tenant.eq(user.tenant.clone().unwrap()))\n        .filter(users::Column::Id.eq(user.id.clone().unwrap()))\n        .exec(db)"
        ),
        "{after}"
    );
}

#[test]
fn a_hook_that_looks_at_the_column_keeps_it_in_the_model() {
    let hook = |body: &str| {
        format!(
            "impl ActiveModelBehavior for ActiveModel {{\n        async fn before_save<C: ConnectionTrait>(mut self, _: &C, _: bool) -> Result<Self, DbErr> {{\n            \
             {body}\n            Ok(self)\n        }}\n    }}"
        )
    };
    let looks = users(&hook("if self.data.is_set() { audit(&self.data); }"));
    let title = refused(&looks, &fetched("SET\n    user.update(db).await?;"));
    assert!(title.ends_with("(by hand: a hook of the model has to do with the column)"), "{title}");
    // A hook that looks at the model as a whole sees the column, too.
    let whole = users(&hook("if self.is_changed() { self.name = Set(now()); }"));
    let title = refused(&whole, &fetched("SET\n    user.update(db).await?;"));
    assert!(title.ends_with("(by hand: a hook of the model looks at what is set)"), "{title}");
    // One that has to do with another column runs as before.
    let other = users(&hook("self.name = Set(now());"));
    assert!(outcome(&other, &fetched("SET\n    user.update(db).await?;")).is_ok());
}

#[test]
fn what_is_set_before_is_not_written_over_the_edit() {
    for (code, why) in [
        (
            fetched("user.data = Set(json!({ \"mail\": phone }));\n    if phone.is_empty() {\n        SET\n    }\n    user.update(db).await?;"),
            "the column is set or read more than once",
        ),
        (
            "pub async fn save(db: &DatabaseConnection, mut user: users::ActiveModel, phone: &str) -> Result<(), DbErr> {\n    \
             user.data = Set(json!({ \"phone\": phone }));\n    user.update(db).await?;\n    Ok(())\n}\n"
                .to_owned(),
            "where the model comes from does not show",
        ),
        (
            fetched("SET\n    user.update(db).await?;").replace("user.into()", "prepared(user)"),
            "where the model comes from does not show",
        ),
        (
            fetched("SET\n    user.id = Set(7);\n    user.update(db).await?;"),
            "the key is set after the column",
        ),
    ] {
        let root = users("");
        let report = outcome_of_last(&root, &code);
        assert!(report.ends_with(&format!("(by hand: {why})")), "{why}: {report}\n{code}");
    }
}

/// The same where an assignment before the last one is a finding as well.
fn outcome_of_last(entity: &str, code: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("src")).unwrap();
    std::fs::write(root.path().join("Cargo.toml"), "[package]\nname = \"app\"\n[dependencies]\nsea-orm = \"2\"\n")
        .unwrap();
    let code = format!("use crate::entity::*;\nuse sea_orm::*;\nuse serde_json::json;\n{code}");
    std::fs::write(root.path().join("src/entity.rs"), entity).unwrap();
    std::fs::write(root.path().join("src/code.rs"), code).unwrap();
    let paths = vec![root.path().to_owned()];
    let report = check(&Options { paths, dialect: Some(Dialect::Postgres), ..Options::default() }).unwrap();
    let last = report.findings.last().unwrap().fix.as_ref().unwrap();
    assert_eq!(last.applicability, Applicability::Display, "{last:?}");
    last.title.clone()
}

#[test]
fn what_cannot_be_told_apart_afterwards_is_only_shown() {
    for (code, why) in [
        (
            fetched(
                "SET\n    match user.update(db).await {\n        Err(DbErr::RecordNotUpdated) => return Ok(()),\n        other => { other?; }\n    }",
            ),
            "the call that writes the model does not show",
        ),
        (
            fetched(
                "SET\n    user.update(db).await.map_err(|error| if error == DbErr::RecordNotUpdated { gone() } else { error })?;",
            ),
            "the program looks at how an update fails",
        ),
        (fetched("SET\n    user.update(&connect().await?).await?;"), "the connection is made by the call"),
        (fetched("SET\n    user.save(db).await?;"), "the call that writes the model does not show"),
        (fetched("SET\n    user.reset_all().update(db).await?;"), "the call that writes the model does not show"),
        (
            fetched(
                "SET\n    users::Entity::update_many().set(user).filter(users::Column::Name.eq(phone)).exec(db).await?;",
            ),
            "the call that writes the model does not show",
        ),
    ] {
        let title = outcome_of_last(&users(""), &code);
        assert!(title.ends_with(&format!("(by hand: {why})")), "{why}: {title}\n{code}");
    }
}

#[test]
fn a_column_in_a_list_is_only_shown() {
    let code = "pub async fn save(db: &DatabaseConnection, id: i64, phone: &str) -> Result<(), DbErr> {\n    \
        let row = users::ActiveModel { id: Set(id), name: Set(String::new()), data: Set(json!({ \"phone\": phone })) };\n    \
        let conflict = OnConflict::column(users::Column::Id).update_columns([users::Column::Name, users::Column::Data]).to_owned();\n    \
        users::Entity::insert(row).on_conflict(conflict).exec(db).await?;\n    Ok(())\n}\n";
    let title = refused(&users(""), code);
    assert!(title.ends_with("(by hand: the column stands in a list)"), "{title}");
}

#[test]
fn a_field_is_put_at_its_key_or_nowhere() {
    let code = "pub async fn resize(db: &DatabaseConnection, id: i64, size: u8) -> Result<(), DbErr> {\n    \
        let user = users::Entity::find_by_id(id).one(db).await?.unwrap();\n    \
        let mut data = user.data.clone();\n    data.font_size = size;\n    \
        let mut user: users::ActiveModel = user.into();\n    user.data = Set(data);\n    \
        user.update(db).await?;\n    Ok(())\n}\n";
    let with = |attribute: &str| {
        users("").replace("pub data: Json", "pub data: super::Settings")
            + &format!(
                "#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]\n{attribute}\n\
                 pub struct Settings {{\n    pub font_size: u8,\n    pub theme: String,\n}}\n"
            )
    };
    let (_, after) = outcome(&with(""), code).unwrap();
    assert!(after.contains("jsonb_set(data, '{font_size}', $1::jsonb)"), "{after}");
    // The field's name is no key of the document.
    let title = refused(&with("#[serde(rename_all = \"camelCase\")]"), code);
    assert!(!title.contains("send only what was changed"), "{title}");
    // Of a type that the project does not declare it is not known how it spells its fields.
    let unknown = users("").replace("pub data: Json", "pub data: settings_types::Settings");
    let title = refused(&unknown, code);
    assert!(title.contains("not known"), "{title}");
}
