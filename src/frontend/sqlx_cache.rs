//! sqlx's offline cache (`.sqlx/query-*.json`, `sqlx-data.json`) as facts about columns.
//!
//! The cache holds what the database itself said of each statement: the types of the parameters by position
//! (PostgreSQL only), and of the result columns with the table they come from (since sqlx 0.9). Its statements stand
//! in the Rust source as well, so they are never facts about writes.

use super::facts::{DeclaredBy, DeclaredColumn, Facts, Problem, Route, SqlText};
use super::sql::{self, Dialect, TableName};
use crate::source::{FileId, SourceFile, Span, SpanMap};
use serde_json::{Map, Value};

/// Whether the file of that path (forward slashes) is part of an offline cache.
pub fn is_cache(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let json = |name: &str| name.rsplit_once('.').is_some_and(|(_, end)| end == "json");
    let in_folder = folder == ".sqlx" || folder.ends_with("/.sqlx");
    name == "sqlx-data.json" || (in_folder && name.starts_with("query-") && json(name))
}

/// Reads one file of the cache. Never fails: a file that is not such JSON is noted in [`Facts::problems`].
pub fn read(file: FileId, source: &SourceFile) -> Facts {
    let mut facts = Facts::new(file);
    let text = source.text.trim_start_matches('\u{feff}');
    let cache = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(cache) => cache,
        Err(error) => {
            let message = format!("this file of sqlx's offline cache is not valid JSON: {error}");
            facts.problems.push(Problem { span: None, message });
            return facts;
        }
    };
    let skipped = source.text.len() - text.len();
    if cache.contains_key("query") {
        let database = cache.get("db_name").and_then(Value::as_str).unwrap_or_default();
        let at = line_at(&source.text, source.text.find("\"query\"").unwrap_or(skipped));
        facts.columns = of_entry(&cache, database, at);
        return facts;
    }
    let database = cache.get("db").and_then(Value::as_str).unwrap_or_default();
    // The entries come in the order of the file, so one pass finds all of their places.
    let mut from = skipped;
    for (hash, entry) in &cache {
        let Some(entry) = entry.as_object() else { continue };
        let found = source.text.get(from..).and_then(|rest| rest.find(hash.as_str()));
        let at = found.map_or(from, |offset| from + offset);
        from = if found.is_some() { at + hash.len() } else { from };
        let at = Span::new(at..at + if found.is_some() { hash.len() } else { 0 });
        facts.columns.extend(of_entry(entry, database, at));
    }
    facts
}

/// From a byte to the end of its line.
fn line_at(text: &str, start: usize) -> Span {
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    Span::new(start..start + line.trim_end_matches(',').len())
}

/// The columns that one cached statement tells of.
fn of_entry(entry: &Map<String, Value>, database: &str, span: Span) -> Vec<DeclaredColumn> {
    let dialect = match database {
        "PostgreSQL" => Dialect::Postgres,
        "MySQL" | "MariaDB" => Dialect::Mysql,
        "SQLite" => Dialect::Sqlite,
        _ => return vec![],
    };
    let Some(describe) = entry.get("describe") else { return vec![] };
    let mut columns = vec![];
    let mut declare = |table: TableName, column: &str, sql_type: String, nullable| {
        let column = column.to_owned();
        let by = DeclaredBy::Cache;
        let dialect = Some(dialect);
        columns.push(DeclaredColumn { table, column, sql_type, nullable, dialect, by, span });
    };
    let types: Vec<Option<String>> = describe
        .pointer("/parameters/Left")
        .and_then(Value::as_array)
        .map(|types| types.iter().map(postgres_type).collect())
        .unwrap_or_default();
    // Only JSON types are worth reading the statement for: a parameter's type is the column's only for a bare
    // placeholder, and the other types are those of the schema anyway.
    let query = entry.get("query").and_then(Value::as_str).unwrap_or_default();
    if types.iter().flatten().any(|name| name.contains("json")) {
        let facts = sql::read(&cached_text(query, dialect), Some(dialect));
        for placeholder in facts.placeholders {
            let sql_type = placeholder.index.checked_sub(1).and_then(|i| types.get(i)).cloned().flatten();
            if let Some(sql_type) = sql_type.filter(|name| name.contains("json")) {
                declare(placeholder.table, &placeholder.column, sql_type, None);
            }
        }
    }
    let nullable = describe.get("nullable").and_then(Value::as_array);
    for (index, column) in describe.get("columns").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let origin = |key| column.pointer(&format!("/origin/Table/{key}")).and_then(Value::as_str);
        let (Some(table), Some(name)) = (origin("table"), origin("name")) else { continue };
        let Some(sql_type) = column.get("type_info").and_then(|info| result_type(info, dialect)) else { continue };
        // `true` may come from an outer join; `false` is the column's own.
        let not_null = nullable.and_then(|n| n.get(index)).and_then(Value::as_bool) == Some(false);
        declare(origin_table(table, dialect), name, sql_type, not_null.then_some(false));
    }
    columns
}

/// The statement as a text whose bytes are not in the file as they are.
fn cached_text(query: &str, dialect: Dialect) -> SqlText {
    SqlText {
        sql: query.to_owned(),
        map: SpanMap::identity(0, query.len()),
        span: Span::default(),
        route: Route::Cache,
        dialect: Some(dialect),
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    }
}

/// A PostgreSQL type as DDL spells it; `{"Custom": {"kind": {"Domain": ..}}}` is the type that the domain stands for.
fn postgres_type(info: &Value) -> Option<String> {
    let mut info = info;
    // A domain over a domain; the depth of a file is bounded by serde_json.
    while let Some(inner) = info.pointer("/Custom/kind/Domain") {
        info = inner;
    }
    let name = info.as_str()?.to_ascii_lowercase();
    Some(match name.strip_suffix("array") {
        Some(item) => format!("{item}[]"),
        None => name,
    })
}

/// The type of a result column as DDL spells it.
fn result_type(info: &Value, dialect: Dialect) -> Option<String> {
    match dialect {
        Dialect::Postgres => postgres_type(info),
        Dialect::Mysql => Some(match info.get("type").and_then(Value::as_str)? {
            // MariaDB keeps JSON in LONGTEXT, which the protocol calls a blob.
            "Blob" | "LongBlob" | "MediumBlob" => "longtext".to_owned(),
            "VarString" | "String" | "VarChar" => "varchar".to_owned(),
            other => other.to_ascii_lowercase(),
        }),
        // "Null" is what sqlx makes of a declared type that it does not know, `JSON` among them.
        Dialect::Sqlite => info.as_str().filter(|name| *name != "Null").map(str::to_ascii_lowercase),
    }
}

/// The table of an `origin`: `users`, `app.users`, `"Orders"`; MySQL puts the database before it, which no statement
/// names.
fn origin_table(spelled: &str, dialect: Dialect) -> TableName {
    let unquote = |part: &str| part.trim_matches(['"', '`']).to_owned();
    match spelled.rsplit_once('.') {
        Some((schema, name)) => {
            let schema = Some(unquote(schema)).filter(|_| dialect != Dialect::Mysql);
            TableName { schema, name: unquote(name) }
        }
        None => TableName { schema: None, name: unquote(spelled) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn columns(text: &str) -> Vec<(String, String, String, Option<bool>)> {
        let source = SourceFile { path: String::new(), absolute: PathBuf::new(), text: text.to_owned() };
        let facts = read(FileId(0), &source);
        let columns = facts.columns.into_iter();
        columns.map(|c| (c.table.name, c.column, c.sql_type, c.nullable)).collect()
    }

    fn row(
        table: &str,
        column: &str,
        sql_type: &str,
        nullable: Option<bool>,
    ) -> (String, String, String, Option<bool>) {
        (table.to_owned(), column.to_owned(), sql_type.to_owned(), nullable)
    }

    #[test]
    fn cache_files_are_told_by_their_path() {
        assert!(is_cache(".sqlx/query-ab.json"));
        assert!(is_cache("crates/db/.sqlx/query-ab.json"));
        assert!(is_cache("crates/db/sqlx-data.json"));
        assert!(!is_cache("query-ab.json"));
        assert!(!is_cache("x.sqlx/query-ab.json"));
    }

    #[test]
    fn the_origin_of_a_result_column_names_table_type_and_not_null() {
        let text = r#"{ "db_name": "PostgreSQL", "query": "SELECT a, b, 1 FROM x.t",
            "describe": { "columns": [
                { "name": "a", "type_info": "Jsonb", "origin": { "Table": { "table": "x.t", "name": "a" } } },
                { "name": "b", "type_info": "JsonbArray", "origin": { "Table": { "table": "x.t", "name": "b" } } },
                { "name": "?column?", "type_info": "Int4", "origin": "Expression" } ],
              "parameters": { "Left": [] }, "nullable": [false, true, null] } }"#;
        assert_eq!(columns(text), [row("t", "a", "jsonb", Some(false)), row("t", "b", "jsonb[]", None)]);
    }

    #[test]
    fn a_domain_is_what_it_stands_for() {
        let info: Value = serde_json::from_str(r#"{"Custom": {"name": "d", "kind": {"Domain": "Jsonb"}}}"#).unwrap();
        assert_eq!(postgres_type(&info).as_deref(), Some("jsonb"));
        let other: Value = serde_json::from_str(r#"{"Custom": {"name": "e", "kind": {"Enum": ["a"]}}}"#).unwrap();
        assert_eq!(postgres_type(&other), None);
    }

    #[test]
    fn mysql_names_its_database_and_mariadb_its_blob() {
        let text = r#"{ "db_name": "MySQL", "query": "SELECT a, b FROM t",
            "describe": { "columns": [
                { "name": "a", "type_info": { "type": "Json" }, "origin": { "Table": { "table": "d.t", "name": "a" } } },
                { "name": "b", "type_info": { "type": "Blob" }, "origin": { "Table": { "table": "d.t", "name": "b" } } } ],
              "parameters": { "Right": 0 }, "nullable": [false, false] } }"#;
        assert_eq!(columns(text), [row("t", "a", "json", Some(false)), row("t", "b", "longtext", Some(false))]);
    }

    #[test]
    fn broken_json_is_a_problem_and_not_a_panic() {
        let source = SourceFile { path: String::new(), absolute: PathBuf::new(), text: "{".to_owned() };
        assert_eq!(read(FileId(0), &source).problems.len(), 1);
        assert_eq!(columns("{}"), []);
    }
}
