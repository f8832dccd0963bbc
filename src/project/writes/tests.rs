use super::*;
use crate::frontend::sql::{ColumnDef, SchemaChange};
use crate::frontend::sql_file;
use crate::project::Project;
use crate::source::{Files, SourceFile, Span};

/// A schema of one table `t` with these columns, read before the statements.
fn schema(columns: &[(&str, &str, Option<bool>, Option<&str>)]) -> SchemaChange {
    let columns = columns.iter().map(|(name, sql_type, nullable, default)| ColumnDef {
        name: (*name).into(),
        sql_type: (*sql_type).into(),
        nullable: *nullable,
        default: default.map(str::to_owned),
        json_check: false,
        generated: false,
        span: Span { start: 1, end: 2 },
    });
    let table = TableName { schema: None, name: "t".into() };
    SchemaChange::CreateTable {
        table,
        columns: columns.collect(),
        if_not_exists: false,
        like: vec![],
        keys: vec![],
        span: Span::default(),
    }
}

fn project(path: &str, sql: &str, table: SchemaChange) -> Project {
    let mut files = Files::default();
    let mut add = |path: &str, text: &str| {
        let source = SourceFile { path: path.into(), absolute: path.into(), text: text.into() };
        let id = files.add(source.clone());
        sql_file::read(id, &source, Some(Dialect::Postgres), false)
    };
    let mut declared = add("db/schema.sql", "SELECT 1");
    declared.texts[0].facts.schema = vec![table];
    let facts = vec![add(path, sql), declared];
    Project::build(facts, &files, &Settings::default())
}

fn users() -> SchemaChange {
    schema(&[
        ("id", "bigint", Some(false), None),
        ("data", "jsonb", Some(false), Some("'{}'::jsonb")),
        ("name", "text", None, None),
    ])
}

#[test]
fn writes_on_json_columns_are_kept_and_others_are_not() {
    let project = project("q/a.sql", "UPDATE t SET name = $1, data = $2 WHERE id = $3;", users());
    assert_eq!(project.writes.len(), 1);
    let write = &project.writes[0];
    assert_eq!((write.column.name.as_str(), write.verb, write.scope), ("data", Verb::Update, RowScope::Predicate));
    assert!(!write.states.contains(&State::SqlNull), "NOT NULL");
    assert!(!write.table_guessed && !write.migration && write.dotted.is_none());
}

#[test]
fn a_path_in_the_place_of_a_column_is_kept_with_its_spelling() {
    for sql in ["UPDATE t SET data.phone = $1 WHERE id = $2", "UPDATE t SET \"data.phone\" = $1 WHERE id = $2"] {
        let project = project("q/a.sql", sql, users());
        assert_eq!(project.writes.len(), 1, "{sql}");
        assert_eq!(project.writes[0].dotted.as_deref(), Some("data.phone"));
        assert!(matches!(project.writes[0].value, Document::Fails(_)));
    }
    let qualified = project("q/a.sql", "UPDATE t SET t.data = $1 WHERE id = $2", users());
    assert_eq!(qualified.writes[0].dotted, None);
}

#[test]
fn what_is_json_for_certain_needs_no_declaration() {
    let sql = "UPDATE other SET data = $1::jsonb WHERE id = $2; UPDATE other SET more = $1 WHERE id = $2;";
    let project = project("q/a.sql", sql, users());
    assert_eq!(project.writes.len(), 1);
    assert_eq!(project.writes[0].column.kind, crate::project::catalog::ColumnKind::Jsonb);
    assert_eq!(project.writes[0].column.certainty(), crate::project::catalog::Certainty::Inferred);
}

#[test]
fn a_condition_on_the_column_and_a_version_are_seen() {
    let sql = "UPDATE t SET data = $1, id = id + 1 WHERE id = $2 AND data = '{}'";
    let project = project("m/1_a.sql", sql, users());
    assert_eq!(project.writes[0].states, [State::EmptyObject]);
    assert_eq!(
        project.writes[0].guard.as_ref().map(|guard| guard.words.as_str()),
        Some("`id` is compared in WHERE and set by the same statement")
    );
    assert!(project.writes[0].migration);
}

#[test]
fn a_default_is_read_however_it_is_spelled() {
    let column = |default: Option<&str>| {
        let project = project("q/a.sql", "UPDATE t SET data = $1", schema(&[("data", "jsonb", None, default)]));
        default_value(&project.writes[0].column)
    };
    assert_eq!(column(None), Document::Null);
    assert_eq!(column(Some("NULL")), Document::Null);
    for object in ["'{}'::jsonb", "'{}'", "(CAST('{}' AS JSON))", "(JSON_OBJECT())", "jsonb_build_object()"] {
        assert_eq!(column(Some(object)), Document::Known(serde_json::json!({})), "{object}");
    }
    assert_eq!(column(Some("'{\"a\": \"it''s\"}'")), Document::Known(serde_json::json!({"a": "it's"})));
    assert!(matches!(column(Some("gen_settings()")), Document::Input(_)));
}

#[test]
fn the_result_does_not_depend_on_the_order_of_the_files() {
    let sql = "UPDATE t SET data = $1 WHERE id = $2;";
    let mut files = Files::default();
    let mut all = vec![];
    for path in ["b.sql", "a.sql"] {
        let source = SourceFile { path: path.into(), absolute: path.into(), text: sql.into() };
        let id = files.add(source.clone());
        all.push(sql_file::read(id, &source, None, false));
    }
    all[0].texts[0].facts.schema = vec![users()];
    let forwards = Project::build(all.clone(), &files, &Settings::default());
    all.reverse();
    let backwards = Project::build(all, &files, &Settings::default());
    let sites = |project: &Project| project.writes.iter().map(|write| write.site).collect::<Vec<_>>();
    assert_eq!(sites(&forwards), sites(&backwards));
    assert_eq!(forwards.writes[0].file, FileId(1), "a.sql comes first");
}
