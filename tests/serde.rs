//! From a type's declaration to the keys of its documents: each attribute of serde through the whole program, with the type
//! in the file that stores it and in another one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use program::Project;
use serde_json::Value;

const CARGO: &str =
    "[package]\nname = \"docs\"\n\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n";
const SCHEMA: &str = "CREATE TABLE docs (id bigint PRIMARY KEY, data jsonb NOT NULL);\n";

/// A project that declares types and has functions, in one file or in two.
fn project(types: &str, functions: &str, apart: bool) -> Project {
    let lib = if apart { format!("mod types;\nuse types::*;\n{functions}") } else { format!("{types}\n{functions}") };
    let mut files = vec![("Cargo.toml", CARGO), ("migrations/1.sql", SCHEMA), ("src/lib.rs", lib.as_str())];
    if apart {
        files.push(("src/types.rs", types));
    }
    Project::new(&files)
}

fn json(project: &Project, arguments: &[&str]) -> Value {
    let outcome = project.run(arguments);
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// A function that stores an expression.
fn store(parameters: &str, value: &str) -> String {
    format!(
        "async fn store(pool: &PgPool, id: i64, {parameters}) -> sqlx::Result<()> {{\n    sqlx::query(\"UPDATE docs SET \
         data = $1 WHERE id = $2\").bind({value}).bind(id).execute(pool).await?;\n    Ok(())\n}}\n"
    )
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The keys of a `Doc` that is stored, `..` behind them where there may be others, and what the documents are.
fn of_type(types: &str) -> String {
    let of = |apart: bool| {
        let found = json(&project(types, &store("doc: Doc", "Json(doc)"), apart), &["columns", "--output", "json"]);
        let column = &found["columns"][0];
        let owner = &column["owners"][0];
        let more = if owner["open"] == true { " .." } else { "" };
        format!("{}{more}: {}", list(&owner["keys"]).join(" "), column["shape"].as_str().unwrap_or("?"))
    };
    let (here, elsewhere) = (of(false), of(true));
    assert_eq!(here, elsewhere, "{types}");
    here
}

/// The keys that storing an expression is known to write.
fn written(types: &str, value: &str) -> String {
    let of = |apart: bool| {
        let found = json(&project(types, &store("n: i64", value), apart), &["columns", "--output", "json"]);
        let keys = found["columns"][0]["keys"].as_array().cloned().unwrap_or_default();
        keys.iter().filter_map(|key| key["key"].as_str()).collect::<Vec<_>>().join(" ")
    };
    let (here, elsewhere) = (of(false), of(true));
    assert_eq!(here, elsewhere, "{types} {value}");
    here
}

/// The findings, as rule, severity and lost keys.
fn findings(types: &str, functions: &str) -> Vec<String> {
    let of = |apart: bool| {
        let report = json(
            &project(types, functions, apart),
            &["check", "--output", "json", "--min-confidence", "low", "--fail-on", "note"],
        );
        let all = report["findings"].as_array().cloned().unwrap_or_default();
        let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let one = |finding: &Value| {
            let lost = list(&finding["lost_keys"]).join(" ");
            format!("{} {} {lost}", word(finding, "rule"), word(finding, "severity")).trim_end().to_owned()
        };
        all.iter().map(one).collect::<Vec<_>>()
    };
    let (here, elsewhere) = (of(false), of(true));
    assert_eq!(here, elsewhere, "{types} {functions}");
    here
}

/// A reader of one key.
fn reader(key: &str) -> String {
    format!(
        "async fn read(pool: &PgPool, id: i64) -> sqlx::Result<String> {{\n    sqlx::query_scalar(\"SELECT data->>'{key}' \
         FROM docs WHERE id = $1\").bind(id).fetch_one(pool).await\n}}\n"
    )
}

/// A document that is read as a `Doc`, changed by a statement, and written back.
fn round_trip(change: &str) -> String {
    format!(
        "async fn again(pool: &PgPool, id: i64, n: i64) -> sqlx::Result<()> {{\n    let row = sqlx::query(\"SELECT data FROM \
         docs WHERE id = $1\").bind(id).fetch_one(pool).await?;\n    let mut doc = row.get::<Json<Doc>, _>(\"data\").0;\n    \
         {change}\n    sqlx::query(\"UPDATE docs SET data = $1 WHERE id = $2\").bind(Json(doc)).bind(id).execute(pool).await?;\n    \
         Ok(())\n}}\n"
    )
}

#[test]
fn rename() {
    let ty = "#[derive(Serialize, Deserialize)] pub struct Doc { pub phone: String, #[serde(rename = \"zip\")] pub code: i64 }";
    assert_eq!(of_type(ty), "phone zip: object");
    assert_eq!(written(ty, "Json(Doc { phone: String::new(), code: n })"), "phone zip");
    assert_eq!(findings(ty, &(store("doc: Doc", "Json(doc)") + &reader("code"))), ["json-column-overwrite error code"]);
}

#[test]
fn rename_all() {
    let ty =
        "#[derive(Serialize, Deserialize)] #[serde(rename_all = \"camelCase\")] pub struct Doc { pub zip_code: i64 }";
    assert_eq!(of_type(ty), "zipCode: object");
    let lost = ["json-column-overwrite error zip_code"];
    assert_eq!(findings(ty, &(store("doc: Doc", "Json(doc)") + &reader("zip_code"))), lost);
    let changed = round_trip("doc.zip_code = n;");
    assert_eq!(findings(ty, &(changed.clone() + &reader("zipCode"))), ["json-lost-update warning"]);
    assert_eq!(findings(ty, &(changed + &reader("zip_code"))), lost);
}

#[test]
fn flatten() {
    let of_struct = "#[derive(Serialize, Deserialize)] pub struct Doc { pub id: i64, #[serde(flatten)] pub more: More }\n\
                     #[derive(Serialize, Deserialize)] pub struct More { pub size: i64 }";
    assert_eq!(of_type(of_struct), "id size: object");
    let map = "#[derive(Serialize, Deserialize)] pub struct Doc { pub id: i64, #[serde(flatten)] pub more: Map<String, Value> }";
    assert_eq!(of_type(map), "id ..: object");
    let changed = round_trip("doc.id = n;") + &reader("beta");
    assert_eq!(findings(map, &changed), ["json-lost-update warning"]);
    assert_eq!(findings(of_struct, &changed), ["json-column-overwrite error beta"]);
}

#[test]
fn skip_serializing_if() {
    let ty = "#[derive(Serialize, Deserialize)] pub struct Doc { pub name: String, #[serde(skip_serializing_if = \
              \"Option::is_none\")] pub phone: Option<String>, #[serde(skip)] pub cache: i64 }";
    assert_eq!(of_type(ty), "name phone: object");
    assert_eq!(findings(ty, &(store("doc: Doc", "Json(doc)") + &reader("phone"))), ["json-column-overwrite note"]);
    assert_eq!(
        findings(ty, &(store("doc: Doc", "Json(doc)") + &reader("cache"))),
        ["json-column-overwrite error cache"]
    );
}

#[test]
fn default() {
    let of = |attribute: &str| {
        let ty = format!(
            "#[derive(Serialize, Deserialize)] pub struct Doc {{ pub name: String, {attribute} pub size: i64 }}\n\
             #[derive(sqlx::FromRow)] pub struct Row {{ pub data: Json<Doc> }}"
        );
        let load = "async fn load(pool: &PgPool, id: i64) -> sqlx::Result<Row> {\n    sqlx::query_as::<_, Row>(\"SELECT data \
                    FROM docs WHERE id = $1\").bind(id).fetch_one(pool).await\n}\n";
        findings(&ty, &(store("n: i64", "json!({ \"name\": n })") + load))
    };
    // Without the key the document is not read any more.
    assert_eq!(of(""), ["json-column-overwrite error size"]);
    assert_eq!(of("#[serde(default)]"), ["json-column-overwrite warning size"]);
}

const TAGGED: &str = "#[derive(Serialize, Deserialize)] #[serde(tag = \"kind\", rename_all = \"snake_case\")]\n\
                      pub enum Doc { Idle, Running { since: i64, #[serde(rename = \"by\")] worker: Option<i64> }, Failed(Failure) }\n\
                      #[derive(Serialize, Deserialize)] pub struct Failure { pub code: i64 }";

#[test]
fn tag() {
    assert_eq!(of_type(TAGGED), "kind since by code: object");
    assert_eq!(written(TAGGED, "Json(Doc::Idle)"), "kind");
    assert_eq!(written(TAGGED, "Json(Doc::Running { since: n, worker: None })"), "by kind since");
    assert_eq!(written(TAGGED, "Json(Doc::Failed(Failure { code: n }))"), "code kind");
    assert_eq!(written(TAGGED, "serde_json::to_value(&Doc::Failed(failure)).unwrap()"), "code kind");
    assert_eq!(written(TAGGED, "json!({ \"inner\": Doc::Idle })"), "inner");
}

#[test]
fn a_state_takes_the_place_of_another_and_loses_none_of_its_keys() {
    let quiet = ["json-column-overwrite note"];
    for (parameters, value) in [
        ("doc: Doc", "Json(doc)"),
        ("n: i64", "Json(Doc::Idle)"),
        ("n: i64", "Json(if n > 1 { Doc::Idle } else { Doc::Running { since: n, worker: None } })"),
        ("n: i64", "json!({ \"kind\": \"failed\", \"code\": n })"),
    ] {
        let row = format!("{TAGGED}\n#[derive(sqlx::FromRow)] pub struct Row {{ pub data: Json<Doc> }}");
        let load = "async fn load(pool: &PgPool, id: i64) -> sqlx::Result<Row> {\n    sqlx::query_as::<_, Row>(\"SELECT data \
                    FROM docs WHERE id = $1\").bind(id).fetch_one(pool).await\n}\n";
        assert_eq!(findings(&row, &(store(parameters, value) + &reader("since") + load)), quiet, "{value}");
    }
    // What no form has is lost all the same.
    let foreign = ["json-column-overwrite error note"];
    assert_eq!(findings(TAGGED, &(store("doc: Doc", "Json(doc)") + &reader("note"))), foreign);
    assert_eq!(findings(TAGGED, &(store("n: i64", "Json(Doc::Idle)") + &reader("note"))), foreign);
    let step = "let doc = match doc { Doc::Idle => Doc::Running { since: n, worker: None }, other => other };";
    assert_eq!(findings(TAGGED, &(round_trip(step) + &reader("note"))), foreign);
}

#[test]
fn a_state_that_is_made_of_the_one_before_it_is_a_lost_update() {
    let lost = ["json-lost-update warning"];
    for change in [
        "doc = step(doc);",
        "let doc = match doc { Doc::Idle => Doc::Running { since: n, worker: None }, other => other };",
        "if let Doc::Running { since, .. } = &mut doc { *since += n; }",
    ] {
        assert_eq!(findings(TAGGED, &(round_trip(change) + &reader("since"))), lost, "{change}");
        let plain =
            "#[derive(Serialize, Deserialize)] pub enum Doc { Idle, Running { since: i64, worker: Option<i64> } }";
        assert_eq!(findings(plain, &round_trip(change)), lost, "{change}");
    }
}

#[test]
fn tag_and_content() {
    let ty = "#[derive(Serialize, Deserialize)] #[serde(tag = \"t\", content = \"c\")]\n\
              pub enum Doc { Idle, Running { since: i64 }, Pair(i64, i64) }";
    assert_eq!(of_type(ty), "t c: object");
    assert_eq!(written(ty, "Json(Doc::Idle)"), "t");
    assert_eq!(written(ty, "Json(Doc::Pair(n, 2))"), "c t");
    // Other keys are read over.
    let step = "let doc = match doc { Doc::Idle => Doc::Running { since: n }, other => other };";
    assert_eq!(findings(ty, &(round_trip(step) + &reader("note"))), ["json-column-overwrite error note"]);
}

#[test]
fn no_tag_attribute() {
    let ty = "#[derive(Serialize, Deserialize)] #[serde(rename_all = \"lowercase\")]\n\
              pub enum Doc { Idle, Running { since: i64 }, Failed(String) }";
    assert_eq!(of_type(ty), "running failed: mixed");
    assert_eq!(written(ty, "Json(Doc::Running { since: n })"), "running");
    assert_eq!(written(ty, "Json(Doc::Idle)"), "");
    assert_eq!(of_type("#[derive(Serialize, Deserialize)] pub enum Doc { First, Last }"), ": scalar");
    // A second key is an error, so that none is lost.
    let step = "let doc = match doc { Doc::Idle => Doc::Running { since: n }, other => other };";
    assert_eq!(findings(ty, &(round_trip(step) + &reader("note"))), ["json-lost-update warning"]);
}

#[test]
fn untagged() {
    let ty = "#[derive(Serialize, Deserialize)] #[serde(untagged)] pub enum Doc { Point { x: i64, y: i64 }, Circle { r: i64 } }";
    assert_eq!(of_type(ty), "x y r: object");
    assert_eq!(written(ty, "Json(Doc::Circle { r: n })"), "r");
    let other = store("n: i64", "Json(Doc::Circle { r: n })") + &reader("x");
    assert_eq!(findings(ty, &other), ["json-column-overwrite note"]);
    let mixed = "#[derive(Serialize, Deserialize)] #[serde(untagged)] pub enum Doc { Point { x: i64 }, Name(String), Any(Value) }";
    assert_eq!(of_type(mixed), "x ..: mixed");
}

#[test]
fn transparent_and_structs_around_one_value() {
    for wrapper in ["#[serde(transparent)] pub struct Doc { pub inner: Inner }", "pub struct Doc(pub Inner);"] {
        let ty = format!(
            "#[derive(Serialize, Deserialize)] {wrapper}\n#[derive(Serialize, Deserialize)] pub struct Inner {{ pub a: i64 }}"
        );
        assert_eq!(of_type(&ty), "a: object");
    }
    let of = |inner: &str| of_type(&format!("#[derive(Serialize, Deserialize)] pub struct Doc({inner});"));
    assert_eq!(of("Vec<String>"), ": array");
    assert_eq!(of("HashMap<String, i64>"), ": object");
    assert_eq!(of("Value"), ": unknown");
}

#[test]
fn into_and_from() {
    let raw = "#[derive(Serialize, Deserialize)] pub struct Raw { pub a: i64, pub b: i64 }";
    for attribute in [
        "#[derive(Serialize, Deserialize)] #[serde(into = \"Raw\", from = \"Raw\")]",
        "#[derive(Serialize, Deserialize)] #[serde(into = \"Raw\", try_from = \"Raw\")]",
        "#[derive(Serialize)] #[serde(into = \"Raw\")]",
    ] {
        assert_eq!(of_type(&format!("{attribute} pub struct Doc {{ pub own: i64 }}\n{raw}")), "a b: object");
        assert_eq!(of_type(&format!("{attribute} pub enum Doc {{ One, Two }}\n{raw}")), "a b: object");
    }
    // Written as one type, read as another.
    let both =
        "#[derive(Serialize, Deserialize)] #[serde(into = \"Raw\", from = \"Old\")] pub struct Doc { pub own: i64 }";
    assert_eq!(of_type(&format!("{both}\n{raw}")), ": unknown");
}

#[test]
fn by_hand() {
    let ty = "pub struct Doc { own: i64 }\n\
              impl Serialize for Doc { fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { todo() } }\n\
              impl<'de> Deserialize<'de> for Doc { fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> { todo() } }";
    assert_eq!(of_type(ty), ": unknown");
    // One owner, of which nothing is known: not one without keys.
    assert_eq!(findings(ty, &(store("doc: Doc", "Json(doc)") + &reader("a"))), ["json-column-overwrite note"]);
    assert_eq!(findings(ty, &(store("n: i64", "Json(Doc { own: n })") + &reader("a"))), ["json-column-overwrite note"]);
    assert_eq!(findings(ty, &(round_trip("doc = step(doc);") + &reader("a"))), ["json-lost-update warning"]);
}
