//! Statements that lose data, with the documents and values on which their fixes are run.

use noclobber::check::{Options, check};
use noclobber::fix::apply::plan;
use noclobber::frontend::sql::Dialect;
use noclobber::rules::finding::Applicability;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use syn::visit::Visit;

/// One statement and what its fix must do.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The column that is written.
    pub(crate) column: &'static str,
    /// What comes before it in the same function.
    pub(crate) prelude: &'static str,
    pub(crate) sql: &'static str,
    /// What is bound, as Rust spells it; `v` and `w` are the values.
    pub(crate) binds: &'static [&'static str],
    pub(crate) effect: Effect,
}

/// What a statement is meant to do to a document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    /// `v` at the first path, `w` at the second.
    Set(&'static [&'static str]),
    /// These top-level keys go.
    Remove(&'static [&'static str]),
    /// `v` at the path; where it is SQL NULL nothing changes.
    SetUnlessNull(&'static str),
    /// This value at the path.
    Known(&'static str, &'static str),
    /// So much more at the path.
    Count(&'static str, i64),
    /// `v` as the last element of the array at the path.
    Append(&'static str),
}

/// What a column must hold afterwards.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    Document(Json),
    Null,
    /// What the path leads through, or what is counted or appended to, is of another type: one of these, or an error. The
    /// first is the one in which the value has arrived.
    OneOf(Vec<Json>),
    /// It held no object, so that there is nothing to set a key in: it fails, or nothing that was there is lost.
    NoObject,
}

/// A document before the statement, as SQL, and its name.
pub(crate) const STATES: [(&str, &str); 12] = [
    (
        "object",
        r#"'{"phone": "1", "name": "bob", "nick": null, "visits": 3, "tags": ["a"], "address": {"city": "Bern", "zip": "3000"}}'"#,
    ),
    ("other keys", r#"'{"name": "bob", "Address": 1}'"#),
    ("missing parent", r#"'{"phone": "1", "tags": []}'"#),
    ("JSON null inside", r#"'{"phone": "1", "name": "bob", "visits": null, "tags": null, "address": null}'"#),
    ("scalars inside", r#"'{"phone": 1, "name": "bob", "visits": "many", "tags": 2, "address": "Bern"}'"#),
    ("arrays inside", r#"'{"phone": [], "name": ["bob"], "visits": [3], "tags": [["a"]], "address": [{"city": 1}]}'"#),
    ("empty parent", r#"'{"address": {}, "phone": "1"}'"#),
    ("empty", "'{}'"),
    ("NULL", "NULL"),
    ("JSON null", "'null'"),
    ("array", "'[1, {\"phone\": \"1\"}]'"),
    ("scalar", "'\"s\"'"),
];

/// Values of every type that a program binds.
pub(crate) fn values() -> Vec<(&'static str, Json)> {
    vec![
        ("text", json!("Zürich 8000")),
        ("hostile text", json!("it's \"q\" \\ {a,b} $1 ? %s \u{1F600}\n")),
        ("integer", json!(7)),
        ("big integer", json!(9_007_199_254_740_993_i64)),
        ("double", json!(1.5)),
        ("true", json!(true)),
        ("false", json!(false)),
        ("null", Json::Null),
        ("timestamp", json!("2024-01-01T22:04:05Z")),
        ("uuid", json!("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("object", json!({"a": 1, "b": {"c": [true]}})),
        ("array", json!([1, "x", {"y": null}])),
    ]
}

/// A statement as the fix has it.
#[derive(Debug, Clone)]
pub(crate) struct Fixed {
    pub(crate) sql: String,
    /// What is bound, as Rust spells it.
    pub(crate) binds: Vec<String>,
}

/// Runs noclobber over a program with all of the cases, makes its fixes, and reads the statements back.
pub(crate) fn fixed(cases: &[Case], schema: &str, readers: &str, dialect: Dialect) -> Vec<Fixed> {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("src")).unwrap();
    std::fs::write(root.path().join("Cargo.toml"), "[package]\nname = \"cases\"\nversion = \"0.1.0\"\n").unwrap();
    let mut source = format!("const SCHEMA: &str = {schema:?};\nconst READERS: &str = {readers:?};\n");
    for (number, case) in cases.iter().enumerate() {
        let binds: String = case.binds.iter().flat_map(|bind| [".bind(", bind, ")"]).collect();
        let _ = write!(
            source,
            "async fn case_{number}(pool: &Pool, id: i64, v: Value, w: Value, text: Option<String>) {{\n    \
             {}sqlx::query({:?}){binds}.execute(pool).await;\n}}\n",
            case.prelude, case.sql
        );
    }
    let file = root.path().join("src/lib.rs");
    std::fs::write(&file, source).unwrap();
    let paths = vec![root.path().to_owned()];
    let report = check(&Options { paths, dialect: Some(dialect), ..Options::default() }).unwrap();
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for changed in plan(fixes, &report.files, Applicability::Unsafe).files {
        changed.write().unwrap();
    }
    let after = std::fs::read_to_string(&file).unwrap();
    let mut statements = Statements { text: &after, found: vec![] };
    statements.visit_file(&syn::parse_file(&after).unwrap());
    assert_eq!(statements.found.len(), cases.len());
    statements.found
}

/// The statements of a file, in order.
struct Statements<'t> {
    text: &'t str,
    found: Vec<Fixed>,
}

impl<'ast> Visit<'ast> for Statements<'_> {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(sql), .. })) = call.args.first()
            && !sql.value().starts_with("SELECT")
        {
            self.found.push(Fixed { sql: sql.value(), binds: vec![] });
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        if call.method == "bind"
            && let (Some(bound), Some(last)) = (call.args.first(), self.found.last_mut())
        {
            let range = syn::spanned::Spanned::span(bound).byte_range();
            last.binds.push(self.text[range].to_owned());
        }
    }
}

/// What a bound expression comes to: `json!(v)`, `json!({"phone": v}).to_string()`, `text`; SQL NULL is `None`.
pub(crate) fn bound(expression: &str, v: &Json, w: &Json) -> Option<Json> {
    let inner = expression.trim_end_matches(".to_string()").trim_start_matches("serde_json::");
    if inner == "text" || inner == "json!(text)" {
        // An `Option<String>` that is bound by itself is SQL NULL, and JSON null inside of `json!`.
        let null = v.is_null() && inner == "text";
        return (!null).then(|| if inner == "text" || v.is_null() { v.clone() } else { json!(plain(v)) });
    }
    if inner == "id" {
        return Some(json!(1));
    }
    // A part of the document that was changed, the document itself as it was read, a number, a key.
    match inner {
        inner if inner.starts_with("&data[\"") => return Some(v.clone()),
        r#"serde_json::json!({ "phone": data["phone"], "mail": data["mail"] })"#
        | r#"json!({ "phone": data["phone"], "mail": data["mail"] })"# => return Some(json!({"phone": v, "mail": w})),
        "&data" => return Some(json!({"stale": true})),
        _ => {}
    }
    if let Some(number) = inner.strip_suffix("_i64") {
        return Some(json!(number.parse::<i64>().unwrap()));
    }
    if let Some(key) = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(json!(key));
    }
    let body = inner.strip_prefix("json!(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
    let mut text = String::new();
    let mut quoted = false;
    for c in body.chars() {
        quoted ^= c == '"';
        match c {
            'v' if !quoted => text += &v.to_string(),
            'w' if !quoted => text += &w.to_string(),
            c => text.push(c),
        }
    }
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} from {expression}")))
}

/// A value as the text that a program would bind.
pub(crate) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the column must hold after the effect; `old` is `None` for SQL NULL.
pub(crate) fn expected(old: Option<&Json>, effect: Effect, v: &Json, w: &Json) -> Expected {
    let mut document = match (old, effect) {
        (Some(Json::Object(_)), _) => old.cloned().unwrap_or_default(),
        (Some(_), _) => return Expected::NoObject,
        (None, Effect::Remove(_)) => return Expected::Null,
        // Where the column is NULL the fix starts from an empty object.
        (None, _) => json!({}),
    };
    let base = document.clone();
    let present = |path: &str| base.pointer(&format!("/{path}")).cloned().unwrap_or_default();
    // Without what a path cannot reach.
    let mut reached = document.clone();
    let mut blocked = false;
    let mut put = |path: &str, value: Json| {
        blocked |= !set(&mut reached, path, value.clone());
        replace(&mut document, path, value);
    };
    match effect {
        Effect::Set(paths) => {
            for (path, value) in paths.iter().zip([v, w]) {
                put(path, value.clone());
            }
        }
        Effect::SetUnlessNull(_) if v.is_null() => {
            return old.cloned().map_or(Expected::Null, Expected::Document);
        }
        Effect::SetUnlessNull(path) => put(path, json!(plain(v))),
        Effect::Known(path, value) => put(path, serde_json::from_str(value).unwrap()),
        Effect::Count(path, step) => {
            let before = present(path);
            let count = json!(before.as_i64().unwrap_or(0) + step);
            put(path, count);
            if !before.is_null() && !before.is_i64() {
                return Expected::OneOf(vec![document]);
            }
        }
        Effect::Append(path) => {
            let before = present(path);
            let with = |first: &[Json]| Json::Array([first, std::slice::from_ref(v)].concat());
            put(path, with(before.as_array().map_or(&[], Vec::as_slice)));
            if !before.is_array() && base.pointer(&format!("/{path}")).is_some() {
                // What was there becomes the first element, or stays alone.
                let mut wrapped = document.clone();
                replace(&mut wrapped, path, with(std::slice::from_ref(&before)));
                let old = base.clone();
                let gone = if before.is_null() { vec![document] } else { vec![] };
                return Expected::OneOf([gone, vec![wrapped, old]].concat());
            }
        }
        Effect::Remove(keys) => {
            let object = document.as_object_mut().unwrap();
            for key in keys {
                object.shift_remove(*key);
            }
        }
    }
    if blocked {
        // `||` makes an array of what was in the way and of what is new.
        let mut joined = document.clone();
        if let Effect::Set([path]) = effect
            && let Some((parent, _)) = path.split_once('/')
        {
            let first = match &base[parent] {
                Json::Array(items) => items.clone(),
                other => vec![other.clone()],
            };
            let new = document[parent].clone();
            joined[parent] = Json::Array([first, vec![new]].concat());
        }
        return Expected::OneOf(vec![document, reached, joined]);
    }
    Expected::Document(document)
}

/// Puts a value at a path; parents are made, and nothing else is replaced. Whether it got there.
fn set(document: &mut Json, path: &str, value: Json) -> bool {
    let mut place = document;
    for key in path.split('/') {
        let Some(object) = place.as_object_mut() else { return false };
        place = object.entry(key.to_owned()).or_insert_with(|| json!({}));
    }
    *place = value;
    true
}

/// Puts a value at a path; what is no object on the way is replaced by one.
fn replace(document: &mut Json, path: &str, value: Json) {
    let mut place = document;
    for key in path.split('/') {
        if !place.is_object() {
            *place = json!({});
        }
        place = place.as_object_mut().unwrap().entry(key.to_owned()).or_insert_with(|| json!({}));
    }
    *place = value;
}

/// The statement with its values in the place of placeholders.
pub(crate) fn with_values(sql: &str, values: &[String]) -> String {
    let mut text = String::new();
    let mut rest = sql.chars().peekable();
    let mut quote = None;
    let mut next = 0;
    while let Some(c) = rest.next() {
        match quote {
            Some(open) => {
                text.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if matches!(c, '\'' | '"' | '`') => {
                quote = Some(c);
                text.push(c);
            }
            None if matches!(c, '$' | '?') => {
                let mut digits = String::new();
                while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                next = digits.parse().unwrap_or(next + 1);
                text += &values[next - 1];
            }
            None => text.push(c),
        }
    }
    text
}
