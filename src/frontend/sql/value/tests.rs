use super::*;
use crate::document::{CastTo, Cond, Family, Form, Input, MergeHow, Nullability, OnNull, Path, SetMode, Shape, Step};
use crate::frontend::facts::{Route, SqlText};
use crate::frontend::sql::read;
use crate::source::{Span, SpanMap};
use serde_json::{Value as Json, json};

mod server;

/// `users(id, data, other, email)` in one dialect; binds have an id that tells their number.
struct Env {
    dialect: Dialect,
    storage: Storage,
}

impl Environment for Env {
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn storage(&self) -> Storage {
        self.storage
    }
    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType> {
        let json = match (self.dialect, self.storage) {
            (Dialect::Postgres, Storage::Jsonb) => SqlType::Jsonb,
            (_, Storage::Text) => SqlType::Text,
            _ => SqlType::Json,
        };
        match (table.name.as_str(), column) {
            ("users", "data" | "other") => Some(json),
            ("users", "email") => Some(SqlType::Text),
            ("users", "id") => Some(SqlType::Other),
            _ => None,
        }
    }
    fn bind(&self, placeholder: &str, ordinal: usize) -> Option<Document> {
        let id = if placeholder == "?" { format!("bind {ordinal}") } else { placeholder.to_owned() };
        Some(Document::Input(Input { id, shape: Shape::Any, null: Nullability::Maybe }))
    }
}

const PG: Env = Env { dialect: Dialect::Postgres, storage: Storage::Jsonb };
const PG_TEXT: Env = Env { dialect: Dialect::Postgres, storage: Storage::Text };
const MYSQL: Env = Env { dialect: Dialect::Mysql, storage: Storage::CheckedText };
const SQLITE: Env = Env { dialect: Dialect::Sqlite, storage: Storage::Text };

fn statement(sql: &str, env: &dyn Environment) -> Document {
    let text = SqlText {
        sql: sql.to_owned(),
        map: SpanMap::identity(0, sql.len()),
        span: Span::new(0..sql.len()),
        route: Route::Call("query".into()),
        dialect: Some(env.dialect()),
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    };
    let facts = read(&text, Some(env.dialect()));
    let write = facts.writes.iter().find(|w| w.target.last().is_some_and(|t| t.text == "data"));
    evaluate(write.unwrap_or_else(|| panic!("no write of data in {sql}: {facts:?}")), env)
}

fn value(expr: &str, env: &dyn Environment) -> Document {
    statement(&format!("UPDATE users SET data = {expr} WHERE id = 7"), env)
}

fn bind(id: &str) -> Document {
    Document::Input(Input { id: id.into(), shape: Shape::Any, null: Nullability::Maybe })
}

fn known(json: Json) -> Document {
    Document::Known(json)
}

fn concat(left: Document, right: Document) -> Document {
    Document::Merge { left: Box::new(left), right: Box::new(right), how: MergeHow::Concat }
}

fn set(of: Document, key: &str, value: Document, on_null: OnNull, family: Family) -> Document {
    let step = if family == Family::PgFunction { Step::Name(key.into()) } else { Step::Key(key.into()) };
    Document::Set {
        of: Box::new(of),
        path: Path::Steps(vec![step]),
        value: Box::new(value),
        mode: SetMode::Set,
        on_null,
        family,
    }
}

fn fails(document: &Document) -> bool {
    matches!(document, Document::Fails(_))
}

#[test]
fn plain_values() {
    assert_eq!(value("$1", &PG), bind("$1"));
    assert_eq!(value("$1::jsonb", &PG), bind("$1"));
    assert_eq!(value("'{\"a\": 1}'", &PG), known(json!({"a": 1})));
    assert_eq!(value("NULL", &PG), Document::Null);
    assert_eq!(value("DEFAULT", &PG), Document::Null);
    assert_eq!(value("data", &PG), Document::Old);
    assert_eq!(value("users.data::text::jsonb", &PG), Document::Old);
    assert!(fails(&value("'oops'", &PG)));
    assert!(fails(&value("$1::text", &PG)));
    assert!(fails(&value("data ->> 'k'", &PG)));
}

#[test]
fn the_excluded_row_is_what_values_says() {
    let upsert = |values: &str, set: &str| {
        let sql = format!("INSERT INTO users (id, data) VALUES {values} ON CONFLICT (id) DO UPDATE SET data = {set}");
        statement(&sql, &PG)
    };
    assert_eq!(upsert("($1, $2)", "EXCLUDED.data"), bind("$2"));
    assert_eq!(upsert("($1, '{}'::jsonb)", "excluded.data"), known(json!({})));
    assert_eq!(upsert("($1, '{}')", "EXCLUDED.\"data\""), known(json!({})));
    assert_eq!(upsert("($1, $2)", "users.data || EXCLUDED.data"), concat(Document::Old, bind("$2")));
    // Several rows: one input for all of them.
    let joined = upsert("($1, $2), ($3, $4)", "EXCLUDED.data");
    assert_eq!(joined, bind("EXCLUDED.data"));
    // Measured: ambiguous (42702), and the table's name behind an alias (42P01).
    assert!(fails(&upsert("($1, $2)", "data || EXCLUDED.data")));
    let aliased = "INSERT INTO users AS u (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = ";
    assert!(fails(&statement(&format!("{aliased} users.data || EXCLUDED.data"), &PG)));
    assert_eq!(statement(&format!("{aliased} u.data || EXCLUDED.data"), &PG), concat(Document::Old, bind("$2")));
}

#[test]
fn mysql_names_the_inserted_row_in_two_ways() {
    let head = "INSERT INTO users (id, data) VALUES (?, ?)";
    let doc = statement(&format!("{head} ON DUPLICATE KEY UPDATE data = VALUES(data)"), &MYSQL);
    assert_eq!(doc, bind("bind 2"));
    let doc = statement(&format!("{head} AS new ON DUPLICATE KEY UPDATE data = new.data"), &MYSQL);
    assert_eq!(doc, bind("bind 2"));
    let doc = statement(&format!("{head} ON DUPLICATE KEY UPDATE data = JSON_MERGE_PATCH(data, VALUES(data))"), &MYSQL);
    let how = MergeHow::Patch(Family::MariaDb);
    let merged = Document::Merge { left: Box::new(Document::Old), right: Box::new(bind("bind 2")), how };
    assert_eq!(doc, merged);
}

#[test]
fn bare_placeholders_are_counted_in_the_whole_text() {
    let sql = "UPDATE users SET email = ?, data = json_set(data, '$.a', ?) WHERE id = ?";
    let part = set(Document::Old, "a", bind("bind 2"), OnNull::JsonNull, Family::Sqlite);
    assert_eq!(statement(sql, &SQLITE), part);
}

#[test]
fn assignments_of_one_column_fold_as_the_dialect_folds_them() {
    let sql = "UPDATE users SET data = json_set(data, '$.a', 1), data = json_set(data, '$.b', 2)";
    let b = |of| set(of, "b", known(json!(2)), OnNull::JsonNull, Family::Sqlite);
    assert_eq!(statement(sql, &SQLITE), b(Document::Old));
    let a = set(Document::Old, "a", known(json!(1)), OnNull::JsonNull, Family::MariaDb);
    let both = set(a, "b", known(json!(2)), OnNull::JsonNull, Family::MariaDb);
    assert_eq!(statement(sql, &MYSQL), both);
    let twice = "UPDATE users SET data = $1, data = $2";
    assert!(fails(&statement(twice, &PG)));
}

#[test]
fn subscripts_are_targets_and_values() {
    let step = |n: &str| Step::Name(n.into());
    let doc = statement("UPDATE users SET data['a']['b'] = $1, data['c'] = to_jsonb($2::text)", &PG);
    let Document::Set { of, path, on_null: OnNull::JsonNull, family: Family::PgSubscript, .. } = doc else {
        panic!("no set")
    };
    assert_eq!(path, Path::Steps(vec![step("c")]));
    let Document::Set { of, path, .. } = *of else { panic!("no set inside") };
    assert_eq!((*of, path), (Document::Old, Path::Steps(vec![step("a"), step("b")])));
    let doc = value("data['a']", &PG);
    assert!(matches!(doc, Document::Get { form: Form::Json, .. }), "{doc:?}");
    assert!(fails(&statement("UPDATE users SET data['a'] = $1::text", &PG)));
}

#[test]
fn a_key_list_needs_a_cast_to_be_one() {
    let Document::Remove { what, .. } = value("data - '{a,b}'", &PG) else { panic!() };
    assert_eq!(what, crate::document::Removal::Keys(vec!["{a,b}".into()]));
    let Document::Remove { what, .. } = value("data - '{a,b}'::text[]", &PG) else { panic!() };
    assert_eq!(what, crate::document::Removal::Keys(vec!["a".into(), "b".into()]));
    let Document::Remove { what, .. } = value("data - $1", &PG) else { panic!() };
    assert!(matches!(what, crate::document::Removal::Dynamic(Input { id, .. }) if id == "$1"));
}

#[test]
fn the_right_side_of_a_chain_of_operators_is_the_servers() {
    // Measured: one level, from left to right; `-` binds tighter.
    let doc = value("data || data->'addr'", &PG);
    assert!(matches!(doc, Document::Get { .. }), "{doc:?}");
    let doc = value("data || '{\"a\":1}' - 'a'", &PG);
    assert!(matches!(doc, Document::Merge { .. }), "{doc:?}");
    let doc = value("data -> '$.a' || 'x'", &SQLITE);
    assert!(matches!(doc, Document::Merge { how: MergeHow::Text, .. }), "{doc:?}");
}

#[test]
fn scalars_computed_from_a_part_keep_their_nulls() {
    let doc = value("jsonb_set(data, '{n}', to_jsonb((data->>'n')::int + 1))", &PG);
    let Document::Set { of, value, .. } = doc else { panic!("{doc:?}") };
    assert_eq!(*of, Document::Old);
    let Document::Cast { of, to: CastTo::JsonScalar } = *value else { panic!("{value:?}") };
    assert!(matches!(*of, Document::Computed { strict: true, .. }), "{of:?}");
    let never = self::value("jsonb_set(data, '{at}', to_jsonb(now()))", &PG);
    let Document::Set { value, .. } = never else { panic!() };
    assert!(!typed::can_be_null(&value), "{value:?}");
}

#[test]
fn functions_that_are_not_known() {
    assert!(matches!(value("merge_deep(data, $1)", &PG), Document::Through { of, .. } if of == [Document::Old]));
    assert!(matches!(value("app.merge_deep(data, $1)", &PG), Document::Through { .. }));
    assert!(matches!(value("build_profile($1)", &PG), Document::Input(_)));
    // Of a part only the part is held: the rest is gone.
    assert!(matches!(value("normalize(data->'addr')", &PG), Document::Input(_)));
    assert!(matches!(value("replace(data::text, 'a', 'b')::jsonb", &PG), Document::Through { .. }));
}

#[test]
fn text_columns_need_a_cast_on_postgresql() {
    let doc = value("jsonb_set(data::jsonb, '{a}', $1)::text", &PG_TEXT);
    let read = Document::Cast { of: Box::new(Document::Old), to: CastTo::Json };
    assert_eq!(doc, set(read, "a", bind("$1"), OnNull::Wipe, Family::PgFunction));
    assert!(fails(&value("jsonb_set(data, '{a}', $1)", &PG_TEXT)));
    assert!(matches!(value("data || $1", &PG_TEXT), Document::Merge { how: MergeHow::Text, .. }));
}

#[test]
fn conditions_that_can_be_read_off_the_document() {
    let doc = value("CASE WHEN jsonb_typeof(data) = 'object' THEN data || $1 ELSE $1 END", &PG);
    let Document::Choose { branches, otherwise } = doc else { panic!() };
    assert_eq!(branches[0].0, Cond::TypeIs(Box::new(Document::Old), vec!["object".into()]));
    assert_eq!(*otherwise, bind("$1"));
    let doc = value("CASE WHEN data ? 'k' THEN data ELSE $1 END", &PG);
    let Document::Choose { branches, .. } = doc else { panic!() };
    let key = Path::Steps(vec![Step::Key("k".into())]);
    assert_eq!(branches[0].0, Cond::HasKey(Box::new(Document::Old), key));
    let doc = value("CASE WHEN $2 = 'replace' THEN $1 ELSE data END", &PG);
    let Document::Choose { branches, .. } = doc else { panic!() };
    assert!(matches!(branches[0].0, Cond::Unknown(_)));
    // Without ELSE, and `x <> NULL`, which is never true.
    let doc = value("CASE WHEN data <> NULL THEN $1 END", &PG);
    let Document::Choose { branches, otherwise } = doc else { panic!() };
    assert_eq!(*otherwise, Document::Null);
    assert!(matches!(&branches[0].0, Cond::Not(_)));
}

#[test]
fn conditions_fail_where_what_they_compare_fails() {
    let condition = |expr: &str| match value(&format!("CASE WHEN {expr} THEN '{{}}' ELSE data END"), &PG) {
        Document::Choose { branches, .. } => branches.first().map(|(condition, _)| condition.clone()),
        _ => None,
    };
    assert!(matches!(condition("(data - 1) = to_jsonb(email)"), Some(Cond::Equal(..))));
    // The key of a built object may be NULL.
    assert!(matches!(condition("jsonb_build_object(email, 1) IS NULL"), Some(Cond::IsNull(_))));
}

#[test]
fn a_subselect_on_the_same_table_is_an_earlier_read_on_postgresql_only() {
    let expr = "(SELECT u.data || $1 FROM users u WHERE u.id = users.id)";
    let Document::Merge { left, .. } = value(expr, &PG) else { panic!() };
    assert!(matches!(*left, Document::Read(_)));
    let expr = "(SELECT json_patch(u.data, ?) FROM users u WHERE u.id = users.id)";
    let Document::Merge { left, .. } = value(expr, &SQLITE) else { panic!() };
    assert_eq!(*left, Document::Old);
    // By the same comparison as the write itself.
    assert!(matches!(value("(SELECT data FROM users WHERE id = 7)", &PG), Document::Read(_)));
    // Another row, which may not be there.
    let doc = value("(SELECT u.data FROM users u WHERE u.id = 8)", &PG);
    assert!(matches!(doc, Document::Input(Input { null: Nullability::Yes, .. })), "{doc:?}");
    // One that may find no row.
    let doc = value("(SELECT u.data FROM users u WHERE u.id = users.id AND u.email = $2)", &PG);
    assert!(matches!(doc, Document::Choose { otherwise, .. } if *otherwise == Document::Null));
}

#[test]
fn sources_that_read_the_written_table_are_earlier_reads() {
    let cte = "WITH n AS (SELECT id, data || $1 AS merged FROM users WHERE id = $2) \
               UPDATE users SET data = n.merged FROM n WHERE n.id = users.id";
    assert!(matches!(statement(cte, &PG), Document::Merge { left, .. } if matches!(*left, Document::Read(_))));
    let derived = "UPDATE users SET data = s.data || $1 FROM (SELECT * FROM users) s WHERE s.id = users.id";
    assert!(matches!(statement(derived, &PG), Document::Merge { left, .. } if matches!(*left, Document::Read(_))));
    let joined = "UPDATE users SET data = s.data FROM users s WHERE s.id = users.id";
    assert!(matches!(statement(joined, &PG), Document::Read(_)));
    let other = "UPDATE users SET data = s.data FROM staging s WHERE s.id = users.id";
    assert_eq!(statement(other, &PG), bind("s.data"));
    let unnested = "UPDATE users SET data = s.data FROM (SELECT UNNEST($1::jsonb[]) AS data) s";
    assert!(matches!(statement(unnested, &PG), Document::Input(_)));
    let merge = "MERGE INTO users t USING (SELECT $1::int AS id, $2::jsonb AS d) s ON t.id = s.id \
                 WHEN MATCHED THEN UPDATE SET data = t.data || s.d";
    assert_eq!(statement(merge, &PG), concat(Document::Old, bind("$2")));
}

#[test]
fn entries_taken_apart_and_put_together() {
    let doc = value("(SELECT jsonb_object_agg(key, value) FROM jsonb_each(data) WHERE key NOT IN ('a', 'b'))", &PG);
    let Document::Entries { of, drop, empty_is_null: true, .. } = doc else { panic!("{doc:?}") };
    assert_eq!((*of, drop), (Document::Old, vec!["a".to_owned(), "b".to_owned()]));
    // A filtered array inside the document: the rest of it is kept.
    let doc = value(
        "jsonb_set(data, '{tags}', (SELECT jsonb_agg(t) FROM jsonb_array_elements(data->'tags') t WHERE t <> $1))",
        &PG,
    );
    let Document::Set { of, value, .. } = doc else { panic!("{doc:?}") };
    assert_eq!(*of, Document::Old);
    assert!(matches!(*value, Document::Input(Input { null: Nullability::Yes, .. })), "{value:?}");
}

#[test]
fn an_aggregate_finds_a_row_always() {
    let never = "jsonb_set(data, '{tags}', (SELECT COALESCE(jsonb_agg(t), '[]') FROM jsonb_array_elements(data->'tags') t \
                 WHERE t <> $1))";
    let Document::Set { of, value, .. } = value(never, &PG) else { panic!() };
    assert_eq!(*of, Document::Old);
    assert!(!typed::can_be_null(&value), "{value:?}");
    let doc = self::value(
        "(SELECT COALESCE(jsonb_object_agg(e.k, e.v), '{}') FROM jsonb_each(data) AS e(k, v) WHERE k <> 'a')",
        &PG,
    );
    let Document::First(items) = doc else { panic!("{doc:?}") };
    assert!(matches!(&items[0], Document::Entries { drop, .. } if *drop == ["a"]), "{items:?}");
    assert_eq!(items[1], known(json!({})));
    let doc = self::value("data || jsonb_build_object('items', (SELECT jsonb_agg(x.name) FROM items x))", &PG);
    let Document::Merge { right, .. } = doc else { panic!() };
    let Document::Object { entries, .. } = *right else { panic!() };
    assert!(matches!(&entries[0].1, Document::Input(Input { null: Nullability::Yes, .. })), "{entries:?}");
    let doc = self::value(
        "json_set(data, '$.tags', (SELECT json_group_array(value) FROM json_each(data, '$.tags') WHERE value <> ?))",
        &SQLITE,
    );
    let Document::Set { of, value, .. } = doc else { panic!() };
    assert_eq!(*of, Document::Old);
    assert!(matches!(*value, Document::Input(Input { null: Nullability::Never, .. })), "{value:?}");
}

#[test]
fn arguments_by_name() {
    let doc = value("jsonb_set(data, '{a}', $1, create_if_missing => false)", &PG);
    assert!(matches!(doc, Document::Set { mode: SetMode::Replace, .. }), "{doc:?}");
}

#[test]
fn mistakes_on_the_left_always_fail() {
    assert!(fails(&statement("UPDATE users SET users.data = $1", &PG)));
    assert!(fails(&statement("UPDATE users SET users.data = ?", &SQLITE)));
    assert_eq!(statement("UPDATE users SET users.data = ?", &MYSQL), bind("bind 1"));
    assert!(fails(&statement("UPDATE users SET data->'k' = $1", &PG)));
}

#[test]
fn unknown_parts_of_the_text_are_not_taken_for_values() {
    assert!(matches!(value("noclobber_hole_0", &PG), Document::Unknown(_)));
    let doc = value("jsonb_set(data, '{noclobber_hole_0}', $1)", &PG);
    let Document::Set { path, .. } = doc else { panic!() };
    assert_eq!(path, Path::Steps(vec![Step::Param("noclobber_hole_0".into())]));
}

#[test]
fn long_chains_and_repeated_operands_end() {
    let chain = "data".to_owned() + &" || '{\"a\":1}'".repeat(140);
    assert!(matches!(value(&chain, &PG), Document::Merge { .. }));
    let nested = (0..20).fold("data".to_owned(), |inner, _| format!("jsonb_mystery({inner}, '{{}}')"));
    // As the threads that read files have it.
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let doc = thread.spawn(move || value(&nested, &PG)).unwrap().join().unwrap();
    assert!(doc.holds_old(), "{doc:?}");
}
