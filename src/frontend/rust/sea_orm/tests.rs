use crate::frontend::facts::{Entity, Facts};
use crate::frontend::rust::{Context, read};
use crate::frontend::sql::SchemaChange;
use crate::source::{FileId, SourceFile};

pub(super) fn facts(text: &str) -> Facts {
    let source = SourceFile { path: "src/a.rs".into(), absolute: "/src/a.rs".into(), text: text.to_owned() };
    read(FileId(0), &source, Context::default())
}

fn columns(entity: &Entity) -> Vec<(&str, &str, &str, Option<bool>)> {
    let of = |c: &'_ crate::frontend::facts::EntityColumn| -> (String, String, String, Option<bool>) {
        (c.field.clone(), c.column.clone(), c.sql_type.clone(), c.nullable)
    };
    let _ = of;
    entity.columns.iter().map(|c| (c.field.as_str(), c.column.as_str(), c.sql_type.as_str(), c.nullable)).collect()
}

#[test]
fn a_compact_entity_names_its_table_and_columns() {
    let facts = facts(
        r#"
        #[derive(Clone, DeriveEntityModel)]
        #[sea_orm(table_name = "users", schema_name = "app")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            #[sea_orm(column_type = "JsonBinary")]
            pub settings: Json,
            pub meta: Option<serde_json::Value>,
            pub prefs: Prefs,
            #[sea_orm(column_name = "extraData")]
            pub extra: Option<Json>,
            #[sea_orm(column_type = "custom(\"jsonb\")")]
            pub r#type: Json,
            #[sea_orm(enum_name = "Foo")]
            pub bar: Json,
            #[sea_orm(ignore)]
            pub ign: i32,
            #[sea_orm(has_many)]
            pub kids: HasMany<super::kid::Entity>,
        }
        mod legacy {
            #[derive(DeriveEntityModel)]
            #[sea_orm(table_name = "old", rename_all = "camelCase")]
            pub struct Model { pub user_settings: Json }
        }
        #[derive(FromJsonQueryResult)]
        pub struct Prefs { a: i32 }
        "#,
    );
    let [users, old] = facts.entities.as_slice() else { panic!("{:?}", facts.entities) };
    assert_eq!(users.table.schema.as_deref(), Some("app"));
    assert_eq!(
        columns(users),
        [
            ("id", "id", "bigint", Some(false)),
            ("settings", "settings", "jsonb", Some(false)),
            ("meta", "meta", "json", Some(true)),
            ("prefs", "prefs", "", Some(false)),
            ("extra", "extraData", "json", Some(true)),
            ("type", "type", "jsonb", Some(false)),
            ("bar", "foo", "json", Some(false)),
        ]
    );
    assert_eq!(facts.json_types.types, ["Prefs"]);
    assert_eq!(
        (old.module.as_slice(), columns(old)),
        (&["legacy".to_owned()][..], vec![("user_settings", "userSettings", "json", Some(false))])
    );
}

#[test]
fn an_expanded_entity_is_put_together() {
    let facts = facts(
        r#"
        #[derive(DeriveEntity)] pub struct Entity;
        impl EntityName for Entity { fn table_name(&self) -> &str { "expd" } }
        #[derive(DeriveModel, DeriveActiveModel)] pub struct Model { pub id: i64, pub settings: Json }
        #[derive(EnumIter, DeriveColumn)] pub enum Column { Id, #[sea_orm(column_name = "cfg")] Settings }
        #[derive(EnumIter, DerivePrimaryKey)] pub enum PrimaryKey { Id }
        impl ColumnTrait for Column {
            fn def(&self) -> ColumnDef {
                match self { Self::Id => ColumnType::BigInteger.def(), Self::Settings => ColumnType::JsonBinary.def().nullable() }
            }
        }
        "#,
    );
    let [entity] = facts.entities.as_slice() else { panic!("{:?}", facts.entities) };
    assert_eq!(entity.table.name, "expd");
    assert_eq!(columns(entity), [("id", "id", "bigint", Some(false)), ("settings", "cfg", "jsonb", Some(true))]);
    assert!(entity.columns[0].primary_key);
}

#[test]
fn a_macro_of_the_project_makes_types_json() {
    let facts = facts(
        "macro_rules! json_struct { ($n:ident, $t:ty) => { #[derive(FromJsonQueryResult)] pub struct $n(pub $t); } }
         macro_rules! blob { ($n:ident) => { pub struct $n(Vec<u8>); } }
         json_struct!(Events, Vec<String>);
         blob!(Bytes);
         type Alias = Json;
         impl From<Meta> for sea_orm::Value { fn from(m: Meta) -> Self { sea_orm::Value::Json(None) } }",
    );
    assert_eq!(facts.json_types.macros, ["json_struct"]);
    assert_eq!(facts.json_types.types, ["Meta"]);
    assert!(facts.json_types.calls.contains(&("json_struct".into(), "Events".into())));
    assert_eq!(facts.json_types.aliases, [("Alias".into(), "Json".into())]);
}

#[test]
fn migrations_are_read_on_their_way_up() {
    let facts = facts(
        r#"
        #[derive(DeriveIden)] enum Users { Table, Id, UserSettings, #[sea_orm(iden = "metaData")] Meta }
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                manager.create_table(Table::create().table(Users::Table).if_not_exists()
                    .col(pk_auto(Users::Id))
                    .col(json_binary(Users::UserSettings))
                    .col(json_null(Users::Meta))
                    .col(ColumnDef::new(Alias::new("a")).json_binary().not_null().default("{}"))
                    .col(&mut ColumnDef::new_with_type("c", ColumnType::Json))
                    .col(ColumnDef::new("f").custom("JSONB")).to_owned()).await?;
                manager.alter_table(Table::alter().table(Users::Table).add_column(json(Users::Id)).rename_column("a", "b").to_owned()).await?;
                add_column(m, "users", "x", ColType::JsonBinaryNull).await?;
                db.execute_unprepared("ALTER TABLE users ADD COLUMN y jsonb").await
            }
            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                db.execute_unprepared("ALTER TABLE users DROP COLUMN y").await?;
                manager.drop_table(Table::drop().table(Users::Table).to_owned()).await
            }
        }
        "#,
    );
    let [create, add, rename, own] = facts.schema.as_slice() else { panic!("{:#?}", facts.schema) };
    let SchemaChange::CreateTable { table, columns, if_not_exists: true, .. } = &create.change else { panic!() };
    assert_eq!(table.name, "users");
    let types: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.sql_type.as_str(), c.nullable)).collect();
    assert_eq!(
        types,
        [
            ("id", "bigint", Some(false)),
            ("user_settings", "jsonb", Some(false)),
            ("metaData", "json", Some(true)),
            ("a", "jsonb", Some(false)),
            ("c", "json", None),
            ("f", "jsonb", None),
        ]
    );
    assert_eq!(columns[3].default.as_deref(), Some("'{}'"));
    assert!(matches!(&add.change, SchemaChange::AddColumn { column, .. } if column.sql_type == "json"));
    assert!(matches!(&rename.change, SchemaChange::RenameColumn { from, to, .. } if from == "a" && to == "b"));
    assert!(
        matches!(&own.change, SchemaChange::AddColumn { column, .. } if column.sql_type == "jsonb" && column.nullable == Some(true))
    );
    assert!(
        facts.texts.iter().filter(|t| t.text.sql.contains("DROP")).all(|t| t.text.test && t.facts.schema.is_empty())
    );
}
