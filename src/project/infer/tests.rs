use super::super::catalog::Column;
use super::*;
use crate::document::{Input, Nullability, Shape};
use crate::frontend::facts::SqlText;
use crate::frontend::sql::{ColumnDef, PlaceholderColumn, SchemaChange, SqlFacts};
use crate::project::Settings;
use crate::project::catalog::Lookup;
use crate::project::schema;
use crate::source::{Files, SourceFile, Span, SpanMap};

fn name(name: &str) -> TableName {
    TableName { schema: None, name: name.into() }
}

fn text(dialect: Dialect) -> TextFacts {
    let text = SqlText {
        sql: String::new(),
        map: SpanMap::default(),
        span: Span::default(),
        route: Route::Literal,
        dialect: None,
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    };
    let (writes, schema, uses, placeholders, unanalysed) = (vec![], vec![], vec![], vec![], vec![]);
    TextFacts {
        text,
        facts: SqlFacts { dialect, statements: 1, writes, inserts: vec![], schema, uses, placeholders, unanalysed },
    }
}

fn table(name_of: &str, columns: &[(&str, &str)]) -> SchemaChange {
    let columns = columns
        .iter()
        .map(|(column, sql_type)| ColumnDef {
            name: (*column).into(),
            sql_type: (*sql_type).into(),
            nullable: None,
            default: None,
            json_check: false,
            generated: false,
            span: Span { start: 1, end: 2 },
        })
        .collect();
    SchemaChange::CreateTable {
        table: name(name_of),
        columns,
        if_not_exists: false,
        like: vec![],
        keys: vec![],
        span: Span::default(),
    }
}

fn used(table: Option<&str>, column: &str, how: UseKind) -> ColumnUse {
    ColumnUse { table: table.map(name), column: column.into(), how, span: Span { start: 5, end: 6 } }
}

fn catalog(facts: TextFacts) -> Catalog {
    let mut files = Files::default();
    let id = files.add(SourceFile { path: "src/a.rs".into(), absolute: "a".into(), text: String::new() });
    let mut of_file = Facts::new(id);
    of_file.texts.push(facts);
    let all = [of_file];
    let mut catalog = schema::build(&all, Paths { files: &files, settings: &Settings::default() });
    infer(&mut catalog, &all, Paths { files: &files, settings: &Settings::default() });
    catalog
}

fn find(catalog: &Catalog, table: &str, column: &str) -> Option<Column> {
    let hint = Hint { file: None, path: "src/a.rs", dialect: None, test: false };
    match catalog.column(&name(table), column, &hint) {
        Lookup::Found(column) => Some(column.clone()),
        _ => None,
    }
}

#[test]
fn a_text_column_that_is_used_as_json_holds_json() {
    let mut facts = text(Dialect::Postgres);
    facts.facts.schema.push(table("t", &[("data", "text"), ("n", "integer"), ("note", "text")]));
    facts.facts.uses.push(used(Some("t"), "data", UseKind::JsonCast));
    facts.facts.uses.push(used(Some("t"), "n", UseKind::JsonCast));
    let catalog = catalog(facts);
    let column = find(&catalog, "t", "data").unwrap();
    assert_eq!((column.kind, column.certainty()), (ColumnKind::TextJson, Certainty::Inferred));
    assert_eq!(find(&catalog, "t", "n").unwrap().kind, ColumnKind::Other, "a number is never JSON");
    assert_eq!(find(&catalog, "t", "note").unwrap().kind, ColumnKind::Other);
}

#[test]
fn an_undeclared_column_is_what_its_use_shows() {
    let mut facts = text(Dialect::Postgres);
    facts.facts.uses.push(used(Some("t"), "a", UseKind::KeyRead(vec!["k".into()])));
    facts.facts.uses.push(used(Some("t"), "b", UseKind::JsonCast));
    facts.facts.uses.push(used(Some("t"), "c", UseKind::JsonFunction("json_array_length".into())));
    let catalog = catalog(facts);
    assert_eq!(find(&catalog, "t", "a").unwrap().kind, ColumnKind::Jsonb);
    assert_eq!(find(&catalog, "t", "a").unwrap().key_reads[0].0, ["k"]);
    assert_eq!(find(&catalog, "t", "b").unwrap().kind, ColumnKind::TextJson);
    assert_eq!(find(&catalog, "t", "c").unwrap().kind, ColumnKind::Json);
}

#[test]
fn a_use_without_a_table_speaks_only_where_one_table_can_be_meant() {
    let mut facts = text(Dialect::Postgres);
    facts.facts.schema.push(table("t", &[("data", "jsonb"), ("only", "jsonb")]));
    facts.facts.schema.push(table("u", &[("data", "jsonb")]));
    facts.facts.uses.push(used(None, "data", UseKind::KeyRead(vec!["k".into()])));
    facts.facts.uses.push(used(None, "only", UseKind::KeyRead(vec!["k".into()])));
    let catalog = catalog(facts);
    assert!(find(&catalog, "t", "data").unwrap().key_reads.is_empty());
    assert_eq!(find(&catalog, "t", "only").unwrap().key_reads.len(), 1);
    assert_eq!(find(&catalog, "t", "only").unwrap().certainty(), Certainty::Declared);
}

#[test]
fn a_bound_document_shows_its_column() {
    let mut facts = text(Dialect::Sqlite);
    facts.facts.schema.push(table("t", &[("data", "text"), ("more", "text")]));
    let input = Document::Input(Input { id: "v".into(), shape: Shape::Object, null: Nullability::Never });
    let rendered = Document::Cast { of: Box::new(input), to: CastTo::Text };
    for (index, column, is_json, value) in
        [(1, "data", false, rendered), (2, "more", true, Document::Known(serde_json::json!({})))]
    {
        let (name_of, source) = (None, "v".to_owned());
        let span = Span { start: 7, end: 8 };
        facts.text.binds.push(Bind {
            index,
            name: name_of,
            span,
            file: None,
            source,
            value,
            rust_type: None,
            is_json,
            signs: vec![],
            calls: vec![],
            types: vec![],
        });
        let placeholder = PlaceholderColumn { table: name("t"), column: column.into(), index, span };
        facts.facts.placeholders.push(placeholder);
    }
    let catalog = catalog(facts);
    assert_eq!(find(&catalog, "t", "data").unwrap().kind, ColumnKind::TextJson);
    assert_eq!(find(&catalog, "t", "data").unwrap().provenance[0].message, "JSON text is bound to `data` here");
    assert_eq!(find(&catalog, "t", "more").unwrap().kind, ColumnKind::TextJson);
}

#[test]
fn json_that_is_bound_as_text_where_it_is_given_shows_a_text_column() {
    let by = |value: Document, route: Route| {
        let mut facts = text(Dialect::Postgres);
        facts.text.route = route;
        facts.facts.schema.push(table("jobs", &[("config", "varchar")]));
        let (column, span) = ("config".to_owned(), Span { start: 7, end: 8 });
        facts.facts.placeholders.push(PlaceholderColumn { table: name("jobs"), column, index: 1, span });
        facts.text.binds.push(Bind {
            index: 1,
            name: None,
            span,
            file: None,
            source: "config".into(),
            value,
            rust_type: None,
            is_json: false,
            signs: vec![],
            calls: vec![],
            types: vec![],
        });
        find(&catalog(facts), "jobs", "config").unwrap().kind
    };
    let any = || Document::Input(Input { id: "config".into(), shape: Shape::Any, null: Nullability::Yes });
    let as_text = || Document::Cast { of: Box::new(any()), to: CastTo::Text };
    let given = Document::Choose {
        branches: vec![(crate::document::Cond::IsNull(Box::new(any())), Document::Null)],
        otherwise: Box::new(as_text()),
    };
    let of = |value: Document| by(value, Route::Literal);
    assert_eq!(of(given.clone()), ColumnKind::TextJson);
    assert_eq!(of(as_text()), ColumnKind::TextJson);
    assert_eq!(of(any()), ColumnKind::Other);
    assert_eq!(by(as_text(), Route::Builder(None)), ColumnKind::TextJson);
    assert_eq!(by(given, Route::Builder(None)), ColumnKind::Other);
}
