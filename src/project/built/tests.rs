use super::*;
use crate::frontend::rust::{Context, read};
use crate::project::Settings;
use crate::project::crates;
use crate::source::{Files, SourceFile};

/// The SQL of the writes in files of these paths and texts, and what could not be resolved.
fn expanded(sources: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let mut files = Files::default();
    let mut all = vec![];
    for (path, text) in sources.iter().filter(|(path, _)| !path.ends_with("Cargo.toml")) {
        let source = SourceFile { path: (*path).into(), absolute: (*path).into(), text: (*text).into() };
        let file = files.add(source.clone());
        all.push(read(file, &source, Context::default()));
    }
    let manifests: Vec<_> = sources.iter().copied().filter(|(path, _)| path.ends_with("Cargo.toml")).collect();
    let settings = Settings { crates: crates::tests::of(&manifests), ..Settings::default() };
    let left = expand(&mut all, Paths { files: &files, settings: &settings }, |_| None);
    let texts = all.iter().flat_map(|facts| &facts.texts).filter(|text| matches!(text.text.route, Route::Builder(_)));
    let texts = texts.map(|text| text.text.sql.clone()).collect();
    (texts, left.into_values().flatten().map(|entry| entry.reason).collect())
}

const USERS: &str = r#"
    #[derive(DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)] pub id: i64,
        pub name: String,
        #[sea_orm(column_type = "JsonBinary", column_name = "cfg")] pub settings: Json,
    }"#;

fn with_users(text: &str) -> (Vec<String>, Vec<String>) {
    expanded(&[("src/entities/users.rs", USERS), ("src/app.rs", text)])
}

#[test]
fn an_active_model_becomes_an_update_of_what_is_set() {
    let (texts, left) = with_users(
        "use crate::entities::users;
        async fn f(model: users::Model, settings: Json) {
            let mut am: users::ActiveModel = model.into();
            am.settings = Set(settings);
            am.update(db).await?;
        }
        async fn g(settings: Json) {
            let am = users::ActiveModel { id: Set(1), settings: ActiveValue::Set(settings), name: NotSet };
            users::Entity::update(am).exec(db).await?;
        }
        async fn h(settings: Json) {
            users::ActiveModel { id: Set(1), settings: Set(settings), ..Default::default() }.insert(db).await?;
        }",
    );
    assert_eq!(left, [""; 0]);
    let update = r#"UPDATE "users" SET "cfg" = $1 WHERE "id" = $2"#;
    // Of what is inserted, the documents are of interest: others may lose them.
    assert_eq!(texts, [update, update, r#"INSERT INTO "users" ("cfg") VALUES ($1)"#]);
}

#[test]
fn inserts_of_no_document_and_of_no_known_entity_are_left_out() {
    let (texts, left) = with_users(
        "use crate::entities::users;
        async fn f(name: String) {
            users::ActiveModel { id: Set(1), name: Set(name), ..Default::default() }.insert(db).await?;
        }
        async fn g(settings: Json) {
            elsewhere::ActiveModel { settings: Set(settings), ..Default::default() }.insert(db).await?;
        }",
    );
    assert_eq!((texts, left), (vec![], vec![]));
}

#[test]
fn builders_are_spelled_as_they_are_sent() {
    let (texts, _) = with_users(
        r#"use crate::entities::users::{self, Entity as Users};
        async fn f(theme: String, json: Json) {
            Users::update_many().col_expr(users::Column::Settings,
                Expr::cust_with_values("jsonb_set(cfg, '{theme}', $1::jsonb)", [theme])).filter(users::Column::Id.eq(1)).exec(db);
            Users::update_many().col_expr(users::Column::Settings, Expr::value(json)).exec(db);
            Users::update_many().col_expr(users::Column::Settings,
                PgExpr::concat(Func::coalesce([Expr::col(users::Column::Settings), Expr::cust("'{}'::jsonb")]), Expr::val(json)));
            Users::update_many().col_expr(users::Column::Settings, Func::cust("jsonb_set").args([Expr::col(users::Column::Settings), Expr::cust("'{a}'"), Expr::val(json)]).into());
        }"#,
    );
    assert_eq!(
        texts,
        [
            r#"UPDATE "users" SET "cfg" = jsonb_set(cfg, '{theme}', $1::jsonb) WHERE "id" = $2"#,
            r#"UPDATE "users" SET "cfg" = $1"#,
            r#"UPDATE "users" SET "cfg" = COALESCE("cfg", '{}'::jsonb) || $1"#,
            r#"UPDATE "users" SET "cfg" = jsonb_set("cfg", '{a}', $1)"#,
        ]
    );
}

#[test]
fn an_upsert_overwrites_only_what_its_clause_names() {
    let (texts, _) = with_users(
        "use crate::entities::users;
        async fn f(am: Json) {
            let row = users::ActiveModel { id: Set(1), name: Set(n), settings: Set(am) };
            users::Entity::insert(row).on_conflict(OnConflict::column(users::Column::Id).update_columns([users::Column::Settings]).to_owned()).exec(db);
            users::Entity::insert(users::ActiveModel { id: Set(1), settings: Set(am), name: Set(n) })
                .on_conflict(OnConflict::column(users::Column::Id).update_column(users::Column::Name).to_owned()).exec(db);
        }",
    );
    assert_eq!(
        texts,
        [
            r#"INSERT INTO "users" ("id", "name", "cfg") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET "cfg" = excluded."cfg""#,
            r#"INSERT INTO "users" ("id", "cfg", "name") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name""#,
        ]
    );
}

#[test]
fn a_name_that_fits_several_entities_is_listed() {
    let other = USERS.replace("\"users\"", "\"accounts\"");
    let text = "fn f(am: &mut entity::ActiveModel) { am.settings = Set(x); }";
    let (texts, left) = expanded(&[("src/a/entity.rs", USERS), ("src/b/entity.rs", &other), ("src/app.rs", text)]);
    assert_eq!(texts, [""; 0]);
    assert_eq!(left, ["which entity is written is not certain: `accounts` or `users`"]);
    let (texts, _) = expanded(&[("src/a/entity.rs", USERS), ("src/b/entity.rs", &other), ("src/b/app.rs", text)]);
    assert_eq!(texts, [r#"UPDATE "accounts" SET "cfg" = $1 WHERE "id" = $2"#]);
}

#[test]
fn a_crate_is_known_by_what_its_dependents_call_it() {
    let accounts = USERS.replace("\"users\"", "\"accounts\"");
    let api =
        "[package]\nname = \"api\"\n[dependencies]\nmodels = { package = \"shop-entity\", path = \"../b/entity\" }";
    let sources = |text: &'static str| {
        expanded(&[
            ("a/entity/Cargo.toml", "[package]\nname = \"entity\""),
            ("a/entity/src/users.rs", USERS),
            ("b/entity/Cargo.toml", "[package]\nname = \"shop-entity\""),
            ("b/entity/src/users.rs", &accounts),
            ("a/api/Cargo.toml", api),
            ("a/api/src/lib.rs", text),
        ])
    };
    let update = |table: &str| vec![format!(r#"UPDATE "{table}" SET "cfg" = $1 WHERE "id" = $2"#)];
    let by_name = "use models::users; fn f(am: &mut users::ActiveModel) { am.settings = Set(x); }";
    assert_eq!(sources(by_name).0, update("accounts"));
    let spelled = "fn f(am: &mut entity::users::ActiveModel) { am.settings = Set(x); }";
    assert_eq!(sources(spelled).0, update("users"));
}

#[test]
fn a_crate_of_examples_has_its_own_entities() {
    let own = USERS.replace("\"users\"", "\"example_users\"");
    let text = "use crate::models::users; fn f(am: &mut users::ActiveModel) { am.settings = Set(x); }";
    let (texts, _) = expanded(&[
        ("Cargo.toml", "[package]\nname = \"app\""),
        ("src/models/users.rs", USERS),
        ("examples/demo/Cargo.toml", "[package]\nname = \"demo\""),
        ("examples/demo/src/models/users.rs", &own),
        ("examples/demo/src/app.rs", text),
    ]);
    assert_eq!(texts, [r#"UPDATE "example_users" SET "cfg" = $1 WHERE "id" = $2"#]);
}

#[test]
fn what_is_converted_from_a_row_was_made_by_no_function_of_ours() {
    let conversion = "use crate::entities::users;
        impl TryFrom<NewUser> for users::ActiveModel {
            type Error = Error;
            fn try_from(new: NewUser) -> Result<Self, Error> {
                Ok(Self { id: Set(new.id), settings: Set(new.settings), ..Default::default() })
            }
        }
        async fn create(new: NewUser) {
            TryInto::<users::ActiveModel>::try_into(new)?.insert(db).await?;
        }";
    let rename = "use crate::entities::users::{self, Entity as Users};
        async fn rename(id: i64, name: String) -> Result<User, Error> {
            let existing = Users::find_by_id(id).one(db).await.context(\"reading\")?.ok_or_else(|| Error::Missing)?;
            let mut user: users::ActiveModel = existing.into();
            user.name = Set(name);
            user.update(db).await.context(\"storing\")?.try_into()
        }";
    let store = "use crate::entities::users;
        async fn store(new: NewUser) {
            let user: users::ActiveModel = new.try_into()?;
            user.update(db).await?;
        }";
    let entities = ("src/entities/users.rs", USERS);
    let writes = |files: &[(&str, &str)]| {
        let (texts, _) = expanded(&[&[entities, ("src/new.rs", conversion)], files].concat());
        texts.into_iter().filter(|text| text.contains("cfg")).count()
    };
    assert_eq!(writes(&[("src/app.rs", rename)]), 0);
    assert_eq!(writes(&[("src/app.rs", store)]), 1);
}

#[test]
fn a_method_of_the_project_that_is_given_something_may_narrow_the_rows() {
    let (texts, left) = with_users(
        "use crate::entities::users;
        async fn f(id: Id, settings: Json) {
            users::Entity::update_many()
                .try_filter(id)?
                .col_expr(users::Column::Settings, Expr::value(settings))
                .exec(db)
                .await?;
        }
        async fn g(settings: Json) {
            users::Entity::update_many().col_expr(users::Column::Settings, Expr::value(settings)).exec(db).await?;
        }",
    );
    assert_eq!(left, [""; 0]);
    assert_eq!(texts, [r#"UPDATE "users" SET "cfg" = $1 WHERE "id" = $2"#, r#"UPDATE "users" SET "cfg" = $1"#]);
}

#[test]
fn a_row_that_is_read_in_one_branch_is_updated() {
    let (texts, left) = with_users(
        "use crate::entities::users;
        async fn f(id: Option<i64>, settings: Json) {
            let mut row = match id {
                None => users::ActiveModel { ..Default::default() },
                Some(id) => {
                    let found = users::Entity::find_by_id(id).one(db).await?.ok_or(Missing)?;
                    found.into()
                }
            };
            row.settings = Set(settings);
            row.save(db).await?;
        }",
    );
    assert_eq!(left, [""; 0]);
    assert_eq!(texts, [r#"UPDATE "users" SET "cfg" = $1 WHERE "id" = $2"#]);
}

#[test]
fn the_row_beside_another_one_is_of_the_related_entity() {
    let (texts, left) = with_users(
        "use crate::entities::{teams, users};
        async fn f(id: i64, settings: Json) {
            let (team, user) =
                teams::Entity::find_by_id(id).find_also_related(users::Entity).one(db).await?.ok_or(Missing)?;
            let user = user.ok_or(Missing)?;
            let mut row = user.into_active_model();
            row.settings = Set(settings);
            row.update(db).await?;
        }",
    );
    assert_eq!(left, [""; 0]);
    assert_eq!(texts, [r#"UPDATE "users" SET "cfg" = $1 WHERE "id" = $2"#]);
}
