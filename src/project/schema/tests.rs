use super::*;
use crate::frontend::facts::{SqlText, TextFacts};
use crate::frontend::sql::SqlFacts;
use crate::project::Settings;
use crate::project::catalog::Lookup;
use crate::source::{Files, SourceFile, SpanMap};

fn name(name: &str) -> TableName {
    TableName { schema: None, name: name.into() }
}

fn column(name: &str, sql_type: &str) -> ColumnDef {
    ColumnDef {
        name: name.into(),
        sql_type: sql_type.into(),
        nullable: None,
        default: None,
        json_check: false,
        generated: false,
        span: Span { start: 1, end: 2 },
    }
}

fn create(table: &str, columns: &[(&str, &str)]) -> SchemaChange {
    let columns = columns.iter().map(|(name, sql_type)| column(name, sql_type)).collect();
    SchemaChange::CreateTable {
        table: name(table),
        columns,
        if_not_exists: false,
        like: vec![],
        keys: vec![],
        span: Span::default(),
    }
}

fn catalog(files_and_changes: Vec<(&str, Vec<SchemaChange>)>) -> Catalog {
    let mut files = Files::default();
    let mut all = vec![];
    for (path, schema) in files_and_changes {
        let source = SourceFile { path: path.into(), absolute: path.into(), text: String::new() };
        let mut facts = Facts::new(files.add(source));
        let text = SqlText {
            sql: String::new(),
            map: SpanMap::default(),
            span: Span::default(),
            route: Route::SqlFile,
            dialect: None,
            holes: vec![],
            binds: vec![],
            function: None,
            test: false,
        };
        let dialect = Dialect::Postgres;
        let (writes, uses, placeholders, unanalysed) = (vec![], vec![], vec![], vec![]);
        let read = SqlFacts { dialect, statements: 1, writes, inserts: vec![], schema, uses, placeholders, unanalysed };
        facts.texts.push(TextFacts { text, facts: read });
        all.push(facts);
    }
    build(&all, Paths { files: &files, settings: &Settings::default() })
}

fn kind(catalog: &Catalog, table: &str, column: &str, path: &str) -> Result<ColumnKind, &'static str> {
    let hint = Hint { file: None, path, dialect: None, test: false };
    match catalog.column(&name(table), column, &hint) {
        Lookup::Found(column) => Ok(column.kind),
        Lookup::Ambiguous(_) => Err("ambiguous"),
        Lookup::UnknownTable => Err("no table"),
        Lookup::NoSuchColumn => Err("no column"),
    }
}

#[test]
fn migrations_are_applied_in_the_order_of_their_versions() {
    let alter = SchemaChange::AlterType { table: name("users"), column: column("data", "jsonb") };
    let catalog = catalog(vec![
        ("m/10_b.sql", vec![alter]),
        ("m/9_a.sql", vec![create("Users", &[("Data", "text"), ("n", "integer")])]),
    ]);
    assert_eq!(kind(&catalog, "users", "data", "src/a.rs"), Ok(ColumnKind::Jsonb));
    assert_eq!(kind(&catalog, "USERS", "N", "src/a.rs"), Ok(ColumnKind::Other));
    assert_eq!(kind(&catalog, "users", "x", "src/a.rs"), Err("no column"));
    assert_eq!(kind(&catalog, "user", "data", "src/a.rs"), Err("no table"));
}

#[test]
fn renamed_columns_and_tables_keep_their_type_and_their_old_name() {
    let catalog = catalog(vec![
        ("m/1_a.sql", vec![create("a", &[("old", "jsonb")])]),
        (
            "m/2_b.sql",
            vec![
                SchemaChange::RenameColumn { table: name("a"), from: "old".into(), to: "new".into() },
                SchemaChange::RenameTable { from: name("a"), to: name("b") },
            ],
        ),
    ]);
    assert_eq!(kind(&catalog, "b", "new", "src/a.rs"), Ok(ColumnKind::Jsonb));
    assert_eq!(kind(&catalog, "a", "old", "m/1_a.sql"), Ok(ColumnKind::Jsonb));
    assert_eq!(catalog.columns()[0].name, "new");
    assert_eq!(catalog.columns()[0].table.name, "b");
    assert_eq!(catalog.columns()[0].provenance[0].message, "`new` is a jsonb column since here");
}

#[test]
fn a_table_rebuilt_under_another_name_takes_its_place() {
    let catalog = catalog(vec![
        ("m/1_a.sql", vec![create("t", &[("data", "text")])]),
        (
            "m/2_b.sql",
            vec![
                create("t_new", &[("data", "json")]),
                SchemaChange::DropTable { table: name("t") },
                SchemaChange::RenameTable { from: name("t_new"), to: name("t") },
            ],
        ),
    ]);
    assert_eq!(kind(&catalog, "t", "data", "src/a.rs"), Ok(ColumnKind::Json));
    assert_eq!(catalog.columns().len(), 1);
}

#[test]
fn the_nearest_table_of_a_name_is_meant() {
    let catalog = catalog(vec![
        ("a/migrations/1_a.sql", vec![create("t", &[("data", "jsonb")])]),
        ("b/migrations/1_a.sql", vec![create("t", &[("data", "text"), ("x", "jsonb")])]),
    ]);
    assert_eq!(kind(&catalog, "t", "data", "a/src/x.rs"), Ok(ColumnKind::Jsonb));
    assert_eq!(kind(&catalog, "t", "data", "b/src/x.rs"), Ok(ColumnKind::Other));
    assert_eq!(kind(&catalog, "t", "data", "c/src/x.rs"), Err("ambiguous"));
    assert_eq!(kind(&catalog, "t", "x", "a/src/x.rs"), Ok(ColumnKind::Jsonb), "only one has it");
}

#[test]
fn the_dialect_chooses_between_folders() {
    let catalog = catalog(vec![
        ("migrations/postgres/1_a.sql", vec![create("t", &[("data", "jsonb")])]),
        ("migrations/sqlite/1_a.sql", vec![create("t", &[("data", "text")])]),
    ]);
    let of = |dialect| {
        let hint = Hint { file: None, path: "src/a.rs", dialect: Some(dialect), test: false };
        match catalog.column(&name("t"), "data", &hint) {
            Lookup::Found(column) => Some(column.kind),
            _ => None,
        }
    };
    assert_eq!(of(Dialect::Postgres), Some(ColumnKind::Jsonb));
    assert_eq!(of(Dialect::Sqlite), Some(ColumnKind::Other));
}

#[test]
fn a_partition_has_the_columns_of_its_parent() {
    let mut partition = create("p", &[]);
    if let SchemaChange::CreateTable { like, .. } = &mut partition {
        like.push(name("t"));
    }
    let catalog = catalog(vec![("m/1_a.sql", vec![create("t", &[("data", "jsonb")]), partition])]);
    assert_eq!(kind(&catalog, "p", "data", "src/a.rs"), Ok(ColumnKind::Jsonb));
}

#[test]
fn an_entity_declares_columns_but_a_migration_wins() {
    use crate::frontend::facts::{Entity, EntityColumn, SchemaFact};
    let entity = |sql_type: &str, column: &str| EntityColumn {
        field: column.into(),
        variant: column.into(),
        column: column.into(),
        sql_type: sql_type.into(),
        rust_type: "Prefs".into(),
        nullable: Some(true),
        primary_key: false,
        span: Span { start: 5, end: 9 },
    };
    let mut files = Files::default();
    let mut facts = |path: &str| {
        Facts::new(files.add(SourceFile { path: path.into(), absolute: path.into(), text: String::new() }))
    };
    let mut migration = facts("migration/src/m20240101_000001_users.rs");
    let (change, span) = (create("users", &[("data", "jsonb"), ("body", "text")]), Span::default());
    migration.schema = vec![SchemaFact { change, span, test: false }];
    let mut model = facts("src/entities/users.rs");
    let table = name("users");
    let of = |rust_type: &str, column: EntityColumn| EntityColumn { rust_type: rust_type.into(), ..column };
    let columns = vec![
        entity("json", "data"),
        entity("", "prefs"),
        entity("text", "note"),
        of("Json", entity("text", "raw")),
        of("Theme", entity("text", "theme")),
        of("Theme", entity("", "body")),
        of("String", entity("text", "title")),
    ];
    model.entities = vec![Entity { module: vec![], table, columns, span: Span::default(), test: false }];
    let mut types = facts("src/types.rs");
    types.json_types.types = vec!["Theme".into()];
    types.json_types.derived = vec!["Theme".into()];
    types.json_types.macros = vec!["json_type".into()];
    types.json_types.calls = vec![("json_type".into(), "Prefs".into())];
    let catalog = build(&[model, types, migration], Paths { files: &files, settings: &Settings::default() });
    assert_eq!(kind(&catalog, "users", "data", "src/a.rs"), Ok(ColumnKind::Jsonb));
    assert_eq!(kind(&catalog, "users", "prefs", "src/a.rs"), Ok(ColumnKind::Json));
    assert_eq!(kind(&catalog, "users", "note", "src/a.rs"), Ok(ColumnKind::Other));
    // Bound as JSON into text.
    for column in ["raw", "theme", "body"] {
        assert_eq!(kind(&catalog, "users", column, "src/a.rs"), Ok(ColumnKind::TextJson), "{column}");
    }
    assert_eq!(kind(&catalog, "users", "title", "src/a.rs"), Ok(ColumnKind::Other));
}
