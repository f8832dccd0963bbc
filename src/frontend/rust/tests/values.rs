//! What bound values hold.

use super::texts;
use crate::document::{
    CastTo, Cond, Document, Family, Form, Input, Key, MergeHow, Nullability, OnNull, Path, Removal, Rest, SetMode,
    Shape, Step,
};
use crate::frontend::facts::Bind;
use serde_json::json;

const STRUCTS: &str = r#"
    #[derive(Serialize)] #[serde(rename_all = "camelCase")] struct Settings { theme: String, font_size: Option<i32>, inner: Inner }
    #[derive(Serialize)] struct Inner { deep: bool }
    struct Request { settings: Option<Value>, name: String }
"#;

/// The first bind of the only call in the body of a function with these parameters.
fn bind(parameters: &str, body: &str) -> Bind {
    let file = format!("{STRUCTS} async fn f({parameters}) {{ {body} }}");
    let text = texts(&file).into_iter().find(|t| t.sql.starts_with("UPDATE")).unwrap();
    text.binds.into_iter().next().unwrap_or_else(|| panic!("no bind: {body}"))
}

fn value(parameters: &str, body: &str) -> Document {
    bind(parameters, body).value
}

/// The value bound by `.bind(expr)`.
pub(super) fn bound(parameters: &str, expr: &str) -> Bind {
    bind(parameters, &format!("sqlx::query(\"UPDATE t SET data = $1\").bind({expr}).execute(db).await?;"))
}

fn input(id: &str, shape: Shape, null: Nullability) -> Document {
    Document::Input(Input { id: id.into(), shape, null })
}

fn name(key: &str) -> Key {
    Key::Name(key.into())
}

#[test]
fn a_json_literal_is_an_object_of_its_keys() {
    let found = bound("phone: String", r#"json!({ "phone": phone, "n": { "x": 1, "y": [null, phone] }, KEY: -1 })"#);
    assert!(found.is_json);
    assert_eq!(found.rust_type.as_deref(), Some("serde_json::Value"));
    let phone = || input("phone", Shape::Scalar, Nullability::Never);
    assert_eq!(
        found.value,
        Document::Object {
            entries: vec![
                (name("phone"), phone()),
                (
                    name("n"),
                    Document::Object {
                        entries: vec![
                            (name("x"), Document::Known(json!(1))),
                            (name("y"), Document::Array(vec![Document::Known(json!(null)), phone()])),
                        ],
                        rest: Rest::Closed
                    }
                ),
                (Key::Param("KEY".into()), Document::Known(json!(-1))),
            ],
            rest: Rest::Closed
        }
    );
    assert_eq!(
        bound("", r#"json!({"a": {"b": true}, "c": []})"#).value,
        Document::Known(json!({"a": {"b": true}, "c": []}))
    );
    assert_eq!(bound("", "json!(null)").value, Document::Known(json!(null)));
}

#[test]
fn wrappers_show_what_is_bound() {
    let known = || Document::Known(json!({"a": 1}));
    for expr in [
        r#"Json(json!({"a": 1}))"#,
        r#"sqlx::types::Json(&json!({"a": 1}))"#,
        r#"serde_json::to_value(json!({"a": 1}))?"#,
        r#"Some(json!({"a": 1}))"#,
        r#"&json!({"a": 1}) as _"#,
    ] {
        let found = bound("", expr);
        assert_eq!((found.value, found.is_json), (known(), true), "{expr}");
    }
    for expr in
        [r#"serde_json::to_string(&json!({"a": 1})).unwrap()"#, r#"json!({"a": 1}).to_string()"#, r#"r'{"a": 1}'"#]
    {
        let expr = expr.replace("r'", "r#\"").replace('\'', "\"#");
        let found = bound("", &expr);
        assert_eq!(found.value, Document::Cast { of: Box::new(known()), to: CastTo::Text }, "{expr}");
        assert!(!found.is_json);
    }
    assert_eq!(bound("", "None::<Value>").value.clone(), Document::Null);
    assert_eq!(bound("", "Json(None)").value, Document::Known(json!(null)));
    assert_eq!(bound("", "5").value, Document::Known(json!(5)));
}

#[test]
fn the_type_says_whether_a_value_can_be_null() {
    for (ty, null, json) in [
        ("Option<serde_json::Value>", Nullability::Yes, true),
        ("&Json<Settings>", Nullability::Never, true),
        ("Value", Nullability::Never, true),
        ("String", Nullability::Never, false),
        ("Option<Json<Settings>>", Nullability::Yes, true),
    ] {
        let found = bound(&format!("v: {ty}"), "&v");
        let Document::Input(input) = &found.value else { panic!("{found:?}") };
        assert_eq!((input.null, found.is_json, input.id.as_str()), (null, json, "v"), "{ty}");
    }
    assert_eq!(bound("r: Request", "r.settings").rust_type.as_deref(), Some("Option<Value>"));
    assert_eq!(bound("r: Request", "r.settings.clone()").value, input("r.settings", Shape::Any, Nullability::Yes));
    assert_eq!(bound("", "unknown").value, input("unknown", Shape::Any, Nullability::Maybe));
}

#[test]
fn a_struct_is_written_with_its_serde_names() {
    let whole = |s: &str| Document::Object {
        entries: vec![
            (name("theme"), input(&format!("{s}.theme"), Shape::Scalar, Nullability::Never)),
            (name("fontSize"), input(&format!("{s}.font_size"), Shape::Scalar, Nullability::Yes)),
            (
                name("inner"),
                Document::Object {
                    entries: vec![(name("deep"), input(&format!("{s}.inner.deep"), Shape::Scalar, Nullability::Never))],
                    rest: Rest::Closed,
                },
            ),
        ],
        rest: Rest::Closed,
    };
    assert_eq!(bound("s: &Settings", "Json(s)").value, whole("s"));
    assert_eq!(bound("s: &Settings", "serde_json::to_value(s).unwrap()").value, whole("s"));
    assert_eq!(bound("s: Settings", "Json(&s)").rust_type.as_deref(), Some("Json<Settings>"));
    assert_eq!(
        bound("", r#"Json(Settings { theme: "dark".to_string(), font_size: None, inner: Inner { deep: true } })"#)
            .value,
        Document::Known(json!({"theme": "dark", "fontSize": null, "inner": {"deep": true}}))
    );
}

#[test]
fn locals_are_followed_in_the_order_of_the_text() {
    let q = "sqlx::query(\"UPDATE t SET data = $1\").bind(d).execute(db).await?;";
    assert_eq!(
        value("", &format!(r#"let d = json!({{"a": 1}}); let d = Json(d); {q}"#)),
        Document::Known(json!({"a": 1}))
    );
    assert_eq!(
        value(
            "",
            &format!(
                r#"let mut d = Map::new(); d.insert("a".to_string(), json!(1)); d.insert("b".into(), x.into()); {q} d.insert("c", 1);"#
            )
        ),
        Document::Object {
            entries: vec![
                (name("a"), Document::Known(json!(1))),
                (name("b"), input("x", Shape::Any, Nullability::Maybe))
            ],
            rest: Rest::Closed
        }
    );
    assert_eq!(
        value("", &format!(r#"let mut d = json!({{}}); d["k"] = json!(2); {q}"#)),
        Document::Known(json!({"k": 2}))
    );
    // Under a condition it may have happened or not.
    let Document::Choose { branches, otherwise } =
        value("", &format!(r#"let mut d = json!({{}}); if let Some(p) = phone {{ d["k"] = json!(2); }} {q}"#))
    else {
        panic!("a choice expected")
    };
    let given = Cond::Not(Box::new(Cond::IsNull(Box::new(input("phone", Shape::Any, Nullability::Maybe)))));
    assert_eq!(branches, [(given, Document::Known(json!({"k": 2})))]);
    assert_eq!(*otherwise, Document::Known(json!({})));
    // Seen from inside the branch it has happened.
    let inside = format!(r#"let mut d = json!({{}}); if x {{ d["k"] = json!(2); {q} }}"#);
    assert_eq!(value("", &inside), Document::Known(json!({"k": 2})));
}

#[test]
fn defaults_stand_beside_the_value() {
    assert_eq!(
        bound("v: Option<Value>", "v.unwrap_or(json!({}))").value,
        Document::First(vec![input("v", Shape::Any, Nullability::Yes), Document::Known(json!({}))])
    );
    assert_eq!(
        bound("v: Option<Value>", "v.clone().unwrap_or_default()").value,
        Document::First(vec![input("v", Shape::Any, Nullability::Yes), Document::Known(json!(null))])
    );
    assert_eq!(
        bound("v: Option<String>", r#"v.map(|p| json!({"phone": p}))"#).value,
        Document::Choose {
            branches: vec![(Cond::IsNull(Box::new(input("v", Shape::Text, Nullability::Yes))), Document::Null)],
            otherwise: Box::new(Document::Object {
                entries: vec![(name("phone"), input("v", Shape::Scalar, Nullability::Never))],
                rest: Rest::Closed
            })
        }
    );
    let mapped = bound("v: Option<Settings>", "v.map(Json)");
    assert_eq!(mapped.value, input("v.map(Json)", Shape::Any, Nullability::Yes));
    assert!(mapped.is_json);
}

#[test]
fn a_row_that_was_fetched_is_read_and_only_its_own_column() {
    let fetch = r#"let row = sqlx::query!("SELECT data FROM t WHERE id = $1", id).fetch_one(db).await?;"#;
    let write = r#"sqlx::query("UPDATE t SET data = $1 WHERE id = $2").bind(d).execute(db).await?;"#;
    let Document::Read(site) = value("", &format!("{fetch} let d = row.data; {write}")) else {
        panic!("a read expected")
    };
    assert_eq!(
        (site.what.as_str(), site.column.as_deref(), site.handed_in),
        ("`data` of a row fetched in `f`", Some("data"), false)
    );
    assert!(site.site.is_some());
    let read = || Document::Read(site.clone());
    let edited = value("", &format!(r#"{fetch} let mut d: Value = row.data.clone(); d["phone"] = json!(p); {write}"#));
    assert_eq!(
        edited,
        Document::Set {
            of: Box::new(read()),
            path: Path::Steps(vec![Step::Key("phone".into())]),
            value: Box::new(input("p", Shape::Any, Nullability::Never)),
            mode: SetMode::Set,
            on_null: OnNull::JsonNull,
            family: Family::SerdeIndex,
        }
    );
    assert_eq!(value("", &format!(r#"{fetch} let d = row.get::<Value, _>("data"); {write}"#)), read());
    // Which column of the table it is, the project tells from the statement.
    let Document::Read(other) = value("", &format!("{fetch} let d = row.backup; {write}")) else { panic!("a read") };
    assert_eq!(other.column.as_deref(), Some("backup"));
    let text = format!(
        r#"{fetch} let mut d: Value = serde_json::from_str(&row.data)?; d.as_object_mut().unwrap().remove("x"); {write}"#
    );
    assert_eq!(
        value("", &text),
        Document::Remove { of: Box::new(read()), what: Removal::Keys(vec!["x".into()]), family: Family::SerdeInsert }
    );
    let merged = format!(
        "{fetch} let mut d: Value = row.data; if let Some(o) = d.as_object_mut() {{ o.extend(patch); }} {write}"
    );
    let Document::Choose { branches, .. } = value("", &merged) else { panic!("a choice expected") };
    assert!(matches!(&branches[0].1, Document::Merge { how: MergeHow::Concat, .. }), "{branches:?}");
    let typed = format!("{fetch} let d: Settings = serde_json::from_value(row.data)?; let d = Json(d); {write}");
    let Document::Retype { fields, .. } = value("", &typed) else { panic!("a round trip expected") };
    assert_eq!(fields.unwrap(), ["theme", "fontSize", "inner"]);
    let outside =
        format!("{fetch} let d = body.get(\"d\").map(|v| serde_json::from_value::<Unseen>(v.clone())); {write}");
    let mut inputs = true;
    value("", &outside).visit(&mut |part| inputs &= !matches!(part, Document::Retype { .. } | Document::Read(_)));
    assert!(inputs, "a value from outside is no round trip");
    let helper = format!("{fetch} let d = merge_metadata(row.data, patch); {write}");
    assert!(matches!(value("", &helper), Document::Through { .. }));
    let part = format!(r#"{fetch} let v: Value = row.data; let d = v["a"].clone(); {write}"#);
    assert!(matches!(value("", &part), Document::Get { form: Form::Json, .. }));
}

const READ: &str = r#"let row = sqlx::query!("SELECT data FROM t WHERE id = $1", id).fetch_one(db).await?;"#;
const WRITE: &str = r#"sqlx::query("UPDATE t SET data = $1 WHERE id = $2").bind(d).execute(db).await?;"#;

/// The value after a read and these statements.
fn edited(body: &str) -> Document {
    value("", &format!("{READ} {body} {WRITE}"))
}

/// What the words of a document name, from the outside in: `Set[phone] Merge Read`.
fn form(document: &Document) -> String {
    match document {
        Document::Read(_) => "Read".into(),
        Document::Set { of, path: Path::Steps(steps), mode, .. } => {
            let path: Vec<String> = steps
                .iter()
                .map(|step| match step {
                    Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                    other => format!("{other:?}"),
                })
                .collect();
            let how = match mode {
                SetMode::Set => "",
                SetMode::Insert => "?",
                SetMode::Append => "+",
                _ => "!",
            };
            format!("Set[{}]{how} {}", path.join("."), form(of))
        }
        Document::Remove { of, .. } => format!("Remove {}", form(of)),
        Document::Merge { left, right, how } => format!("{how:?}({}, {})", form(left), form(right)),
        Document::Retype { of, .. } => format!("Retype {}", form(of)),
        Document::Get { of, .. } => format!("Get {}", form(of)),
        Document::Through { of, .. } => format!("Through({})", of.iter().map(form).collect::<Vec<_>>().join(", ")),
        Document::First(items) => format!("First({})", items.iter().map(form).collect::<Vec<_>>().join(", ")),
        Document::Choose { branches, otherwise } => {
            let mut all: Vec<String> = branches
                .iter()
                .map(|(condition, branch)| {
                    let asked = match condition {
                        Cond::Unknown(_) => "?",
                        Cond::TypeIs(..) => "type",
                        Cond::IsNull(_) => "null",
                        Cond::Not(_) => "not",
                        Cond::And(_) => "and",
                        _ => "..",
                    };
                    format!("{asked}: {}", form(branch))
                })
                .collect();
            all.push(form(otherwise));
            format!("Choose({})", all.join("; "))
        }
        Document::Input(input) => input.id.clone(),
        Document::Known(known) => known.to_string(),
        Document::Object { entries, .. } => {
            let keys = entries.iter().map(|(key, _)| match key {
                Key::Name(key) | Key::Param(key) => key.as_str(),
            });
            format!("{{{}}}", keys.collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn edits_by_another_name_are_edits_of_the_document() {
    for (body, expected) in [
        (r#"let mut d = row.data; let a = &mut d["a"]; a["b"] = json!(1);"#, "Set[a.b] Read"),
        (r#"let mut d = row.data; let o = d.as_object_mut().unwrap(); o.insert("a".into(), x);"#, "Set[a] Read"),
        (r#"let mut d: Value = row.data; *d.pointer_mut("/a/b").unwrap() = json!(1);"#, "Through(Read)"),
        (r#"let mut d: Value = row.data; let p = d.pointer_mut("/a/b").unwrap(); *p = json!(1);"#, "Set[a.b] Read"),
        (
            r#"let mut d: Value = row.data; if let Some(o) = d.as_object_mut() { o.insert("a".into(), x); }"#,
            "Choose(type: Set[a] Read; Read)",
        ),
        (
            r#"let mut d: Value = row.data; if let Value::Object(o) = &mut d { o.remove("a"); }"#,
            "Choose(type: Remove Read; Read)",
        ),
        (
            r#"let mut d: Map<String, Value> = row.data; let e = d.entry("a").or_insert(json!({})); e["b"] = x;"#,
            "Set[a.b] Set[a]? Read",
        ),
        (r#"let mut d: Map<String, Value> = row.data; d.entry("a").or_insert_with(|| json!(1));"#, "Set[a]? Read"),
        ("let mut d: Vec<Event> = row.data; d.push(event);", "Set[]+ Read"),
        ("let mut d = row.data; json_patch::merge(&mut d, &patch);", "Patch(SerdeIndex)(Read, patch)"),
        ("let mut d: Map<String, Value> = row.data; for (k, v) in patch { d.insert(k, v); }", "Concat(Read, patch)"),
        ("let mut d: Value = row.data; std::mem::take(&mut d);", "null"),
        ("let mut d: Value = row.data; other(&mut d);", "Through(Read)"),
        (
            "let mut s: Settings = serde_json::from_value(row.data)?; s.font_size = None; let d = Json(s);",
            "Set[fontSize] Retype Read",
        ),
        (
            "let old: Settings = serde_json::from_value(row.data)?; let d = Json(Settings { theme: t, ..old });",
            "Set[theme] Retype Read",
        ),
        ("let Json(mut d) = row.data; d[\"a\"] = x;", "Set[a] Read"),
    ] {
        assert_eq!(form(&edited(body)), expected, "{body}");
    }
}

#[test]
fn options_branches_and_closures_are_followed() {
    for (body, expected) in [
        (
            "let d = row.data.and_then(|v| serde_json::from_value::<Settings>(v).ok()).map(|s| json!({\"s\": s}));",
            "Choose(null: Null; {s})",
        ),
        ("let d = match patch { Some(p) => p, None => row.data };", "Choose(not: patch; Read)"),
        ("let d = if let Some(p) = patch { p } else { row.data };", "Choose(not: patch; Read)"),
        ("let d = if replace { json!({}) } else { row.data };", "Choose(?: {}; Read)"),
        ("let d = patch.map_or(row.data, |p| json!({\"p\": p}));", "First(Choose(null: Null; {p}), Read)"),
        ("let d = patch.unwrap_or_else(|| row.data.clone());", "First(patch, Read)"),
        (
            "let d = match (existing, patch) { (Some(Value::Object(mut a)), Value::Object(b)) => { a.extend(b); Value::Object(a) } (_, p) => p };",
            "Choose(not: Concat(existing, patch); patch)",
        ),
        (
            "let old = row.data.unwrap_or_default(); let d = match (old, patch) { (Value::Object(mut a), Value::Object(b)) => { for (k, v) in b { a.insert(k, v); } Value::Object(a) } (_, p) => p };",
            "Choose(type: Concat(First(Read, the default of `row.data`), patch); patch)",
        ),
        (
            "let mut s: Vec<i32> = row.data.as_ref().and_then(|s| serde_json::from_value(s.clone()).ok()).unwrap_or_default(); s.push(x); if s.len() > 9 { s.remove(0); } let d = json!(s);",
            "Choose(?: Remove Set[]+ First(Read, []); Set[]+ First(Read, []))",
        ),
        (
            "let d = match (row.data, patch) { (Value::Object(mut a), Value::Object(b)) => { a.extend(b); Value::Object(a) } (_, p) => p };",
            "Choose(type: Concat(Read, patch); patch)",
        ),
    ] {
        let found = form(&edited(body));
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn many_conditions_do_not_multiply_without_end() {
    let edit = |i: usize| format!(r#"if let Some(x) = f{i} {{ d["k{i}"] = json!(x); }}"#);
    let edits = (0..40).map(edit).collect::<Vec<_>>().join(" ");
    let found = edited(&format!("let mut d: Value = row.data; {edits}"));
    assert_eq!(form(&found), "Through(Read)");
}

#[test]
fn functions_of_the_same_file_are_followed() {
    let helpers = r#"
        fn merge(mut old: Value, patch: Value) -> Value { old.as_object_mut().unwrap().extend(patch); old }
        fn build(name: &str) -> Value { json!({ "name": name }) }
        fn set_name(target: &mut Value, name: &str) { target["name"] = json!(name); }
        fn twice(old: Value) -> Value { merge(old, build("x")) }
        fn thrice(old: Value) -> Value { twice(old) }
        fn deep(old: Value) -> Value { thrice(old) }
        fn early(old: Value, p: Value) -> Value { if p.is_null() { return old; } json!({ "p": p }) }
        impl Repo { fn apply(&self, old: Value) -> Value { let mut new = old; new["b"] = json!(1); new } }
    "#;
    let of = |body: &str| {
        let method = format!("async fn f(&self) {{ {READ} {body} {WRITE} }}");
        let file = format!("{STRUCTS} {helpers} impl Repo {{ {method} }}");
        let text = texts(&file).into_iter().find(|t| t.sql.starts_with("UPDATE")).unwrap();
        form(&text.binds[0].value)
    };
    for (body, expected) in [
        ("let d = merge(row.data, patch);", "Concat(Read, patch)"),
        ("let d = build(name);", "{name}"),
        ("let mut d = row.data; set_name(&mut d, name);", "Set[name] Read"),
        ("let d = twice(row.data);", "Concat(Read, {name})"),
        ("let d = deep(row.data);", "Through(Read)"),
        ("let d = early(row.data, p);", "Choose(?: Read; {p})"),
        ("let d = self.apply(row.data);", "Set[b] Read"),
        ("let d = unknown(row.data);", "Through(Read)"),
    ] {
        assert_eq!(of(body), expected, "{body}");
    }
}

#[test]
fn values_are_bound_in_every_client() {
    for (body, expected) in [
        (r#"client.execute("UPDATE t SET a = $1, b = $2", &[&x, &y]).await?;"#, vec!["&x", "&y"]),
        (r#"conn.execute("UPDATE t SET a = ?1, b = ?2", params![x, y])?;"#, vec!["x", "y"]),
        (r#"conn.execute("UPDATE t SET a = ?1, b = ?2", (&x, y))?;"#, vec!["&x", "y"]),
        (r#"let mut s = conn.prepare("UPDATE t SET a = ?1, b = ?2")?; s.execute(params![x, y])?;"#, vec!["x", "y"]),
        (
            r#"let s = c.prepare("UPDATE t SET a = $1, b = $2").await?; let n = c.execute(&s, &[&x, &y]).await?;"#,
            vec!["&x", "&y"],
        ),
        (
            r#"let q = sqlx::query("UPDATE t SET a = $1, b = $2"); let q = q.bind(x); q.bind(y).execute(db).await?;"#,
            vec!["x", "y"],
        ),
        (
            r#"let mut q = sqlx::query("UPDATE t SET a = $1, b = $2"); q = q.bind(x); q = q.bind(y); q.execute(db).await?;"#,
            vec!["x", "y"],
        ),
        (r#"sqlx::query!("UPDATE t SET a = $1, b = $2", x as _, y).execute(db).await?;"#, vec!["x", "y"]),
        (
            r#"Statement::from_sql_and_values(DbBackend::Postgres, "UPDATE t SET a = $1, b = $2", [x.into(), y.into()]);"#,
            vec!["x.into()", "y.into()"],
        ),
    ] {
        let file = format!("fn f() {{ {body} }}");
        let text = texts(&file).pop().unwrap();
        assert_eq!(text.binds.iter().map(|b| b.source.as_str()).collect::<Vec<_>>(), expected, "{body}");
        assert_eq!(text.binds.iter().map(|b| b.index).collect::<Vec<_>>(), [1, 2], "{body}");
    }
}

#[test]
fn named_values_keep_their_names() {
    for (body, names) in [
        (
            r#"c.execute("UPDATE t SET a = :a, b = :b", named_params! { ":a": x, ":b": json!({"k": 1}) })?;"#,
            [":a", ":b"],
        ),
        (r#"c.exec_drop("UPDATE t SET a = :a, b = :b", params! { "a" => x, "b" => json!({"k": 1}) })?;"#, ["a", "b"]),
        (r#"c.execute("UPDATE t SET a = :a, b = :b", &[(":a", &x), (":b", &json!({"k": 1}))])?;"#, [":a", ":b"]),
    ] {
        let text = texts(&format!("fn f() {{ {body} }}")).pop().unwrap();
        assert_eq!(text.binds.iter().map(|b| b.name.as_deref().unwrap()).collect::<Vec<_>>(), names, "{body}");
        assert_eq!(text.binds[1].value, Document::Known(json!({"k": 1})), "{body}");
    }
}

#[test]
fn what_was_done_to_an_earlier_local_of_the_name_is_not_done_to_the_later() {
    let save = r#"sqlx::query("UPDATE t SET data = $1").bind(user.data).execute(db).await?;"#;
    let edited = value("mut user: User", &format!(r#"user.data.insert("a", x); {save}"#));
    assert!(matches!(edited, Document::Set { .. }), "{edited:?}");
    let shadowed = value("mut user: User", &format!(r#"user.data.insert("a", x); let user = other(); {save}"#));
    assert!(matches!(shadowed, Document::Input(_)), "{shadowed:?}");
}
