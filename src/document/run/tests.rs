use serde_json::json;

use super::*;
use crate::document::{Family, Form, Nullability, OnNull, Path, SetMode, Step};

mod order;

struct Given(Vec<(&'static str, Option<Json>)>);

impl Inputs for Given {
    fn value(&self, id: &str) -> Option<Option<Json>> {
        self.0.iter().find(|(name, _)| *name == id).map(|(_, value)| value.clone())
    }
    fn condition(&self, _: &str) -> Option<bool> {
        None
    }
}

fn key_path(keys: &[&str], family: Family) -> Path {
    let step = |key: &&str| match family {
        Family::PgFunction | Family::PgSubscript => Step::Name((*key).into()),
        _ => Step::Key((*key).into()),
    };
    Path::Steps(keys.iter().map(step).collect())
}

fn set_in(family: Family, keys: &[&str], value: Document, mode: SetMode) -> Document {
    Document::Set {
        of: Box::new(Document::Old),
        path: key_path(keys, family),
        value: Box::new(value),
        mode,
        on_null: if family == Family::PgFunction { OnNull::Wipe } else { OnNull::JsonNull },
        family,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "tests read better with `json!` in place")]
fn stored(document: &Document, old: Json, storage: Storage) -> Outcome {
    run(document, Some(&old), &Given(vec![]), storage)
}

fn new() -> Document {
    Document::Known(json!("new"))
}

#[test]
fn a_missing_parent_is_left_or_created() {
    let old = json!({"name": "bob"});
    let created = Outcome::Stored(json!({"name": "bob", "addr": {"city": "new"}}));
    for (family, storage, expected) in [
        (Family::PgFunction, Storage::Jsonb, Outcome::Stored(old.clone())),
        (Family::MariaDb, Storage::CheckedText, Outcome::Stored(old.clone())),
        (Family::SerdeInsert, Storage::Jsonb, Outcome::Stored(old.clone())),
        (Family::PgSubscript, Storage::Jsonb, created.clone()),
        (Family::Sqlite, Storage::Text, created.clone()),
        (Family::SerdeIndex, Storage::Jsonb, created),
    ] {
        let document = set_in(family, &["addr", "city"], new(), SetMode::Set);
        assert_eq!(stored(&document, old.clone(), storage), expected, "{family:?}");
    }
}

#[test]
fn a_null_value_wipes_only_strict_functions() {
    let old = json!({"phone": "1", "name": "bob"});
    let wipe = set_in(Family::PgFunction, &["phone"], Document::Null, SetMode::Set);
    assert_eq!(stored(&wipe, old.clone(), Storage::Jsonb), Outcome::Null);
    let keep = set_in(Family::PgSubscript, &["phone"], Document::Null, SetMode::Set);
    assert_eq!(stored(&keep, old, Storage::Jsonb), Outcome::Stored(json!({"phone": null, "name": "bob"})));
}

#[test]
fn an_array_parent_fails_loudly_in_postgres_and_not_in_mariadb() {
    let old = json!({"addr": [1]});
    let pg = set_in(Family::PgFunction, &["addr", "city"], new(), SetMode::Set);
    assert!(matches!(stored(&pg, old.clone(), Storage::Jsonb), Outcome::Error(_)));
    let maria = set_in(Family::MariaDb, &["addr", "city"], new(), SetMode::Set);
    assert_eq!(stored(&maria, old.clone(), Storage::CheckedText), Outcome::Stored(old));
}

#[test]
fn an_integer_looking_subscript_makes_an_array() {
    let document = set_in(Family::PgSubscript, &["a", "0"], new(), SetMode::Set);
    assert_eq!(stored(&document, json!({}), Storage::Jsonb), Outcome::Stored(json!({"a": ["new"]})));
    assert_eq!(
        run(&document, None, &Given(vec![]), Storage::Jsonb),
        Outcome::Stored(json!({"a": ["new"]})),
        "a NULL column is created"
    );
}

#[test]
fn a_first_subscript_that_is_a_number_makes_the_column_an_array() {
    let document = Document::Set {
        of: Box::new(Document::Old),
        path: Path::Steps(vec![Step::Index(2)]),
        value: Box::new(new()),
        mode: SetMode::Set,
        on_null: OnNull::JsonNull,
        family: Family::PgSubscript,
    };
    let given = Given(vec![]);
    assert_eq!(run(&document, None, &given, Storage::Jsonb), Outcome::Stored(json!([null, null, "new"])));
    assert_eq!(stored(&document, json!([1, 2]), Storage::Jsonb), Outcome::Stored(json!([1, 2, "new"])));
    assert_eq!(stored(&document, json!({}), Storage::Jsonb), Outcome::Stored(json!({"2": "new"})));
}

#[test]
fn concat_of_a_non_object_is_an_array() {
    let merge = |right: Json| Document::Merge {
        left: Box::new(Document::Old),
        right: Box::new(Document::Known(right)),
        how: MergeHow::Concat,
    };
    assert_eq!(stored(&merge(json!({"a": 1})), json!(null), Storage::Jsonb), Outcome::Stored(json!([null, {"a": 1}])));
    assert_eq!(stored(&merge(json!(5)), json!({"a": 1}), Storage::Jsonb), Outcome::Stored(json!([{"a": 1}, 5])));
    assert_eq!(stored(&merge(json!([7])), json!([1]), Storage::Jsonb), Outcome::Stored(json!([1, 7])));
}

#[test]
fn sqlite_text_is_a_string_unless_it_is_parsed() {
    let text = Document::Text(r#"{"a":1}"#.into());
    let plain = set_in(Family::Sqlite, &["k"], text.clone(), SetMode::Set);
    assert_eq!(stored(&plain, json!({}), Storage::Text), Outcome::Stored(json!({"k": "{\"a\":1}"})));
    let parsed = Document::Cast { of: Box::new(text), to: CastTo::Json };
    let marked = set_in(Family::Sqlite, &["k"], parsed, SetMode::Set);
    assert_eq!(stored(&marked, json!({}), Storage::Text), Outcome::Stored(json!({"k": {"a": 1}})));
}

#[test]
fn text_joined_to_text_is_malformed() {
    let document = Document::Merge {
        left: Box::new(Document::Old),
        right: Box::new(Document::Text(r#"{"b":2}"#.into())),
        how: MergeHow::Text,
    };
    assert_eq!(stored(&document, json!({"a": 1}), Storage::Text), Outcome::Malformed(r#"{"a":1}{"b":2}"#.into()));
    assert!(matches!(stored(&document, json!({"a": 1}), Storage::CheckedText), Outcome::Error(_)));
}

#[test]
fn text_does_not_fit_a_jsonb_column() {
    let document = Document::Get {
        of: Box::new(Document::Old),
        path: key_path(&["a"], Family::PgFunction),
        form: Form::Text,
        family: Family::PgFunction,
    };
    assert!(matches!(stored(&document, json!({"a": 1}), Storage::Jsonb), Outcome::Error(_)));
    assert!(matches!(stored(&document, json!({}), Storage::Jsonb), Outcome::Error(_)), "whatever the value is");
    let parsed = Document::Cast { of: Box::new(document), to: CastTo::Json };
    assert_eq!(stored(&parsed, json!({"a": null}), Storage::Jsonb), Outcome::Null);
    assert_eq!(stored(&parsed, json!({"a": [1]}), Storage::Jsonb), Outcome::Stored(json!([1])));
}

#[test]
fn mariadb_quirks() {
    let append = set_in(Family::MariaDb, &["tags"], new(), SetMode::Append);
    assert_eq!(stored(&append, json!({}), Storage::CheckedText), Outcome::Null);
    assert_eq!(
        stored(&append, json!({"tags": [1]}), Storage::CheckedText),
        Outcome::Stored(json!({"tags": [1, "new"]}))
    );
    let patch = Document::Merge {
        left: Box::new(Document::Old),
        right: Box::new(Document::Known(json!(5))),
        how: MergeHow::Patch(Family::MariaDb),
    };
    assert_eq!(run(&patch, None, &Given(vec![]), Storage::CheckedText), Outcome::Stored(json!(5)));
}

#[test]
fn unknown_inputs_leave_the_run_unknown() {
    let input = Document::Input(Input { id: "$1".into(), shape: Shape::Any, null: Nullability::Never });
    assert!(matches!(stored(&input, json!({}), Storage::Jsonb), Outcome::Unknown(_)));
    let given = Given(vec![("$1", Some(json!([1])))]);
    assert_eq!(run(&input, None, &given, Storage::Jsonb), Outcome::Stored(json!([1])));
}

#[test]
fn numbers_compare_by_value() {
    assert!(same(&json!({"a": 1, "b": 2}), &json!({"b": 2.0, "a": 1.0})));
    assert!(!same(&json!(9_007_199_254_740_993_u64), &json!(9_007_199_254_740_992_u64)));
    assert!(!same(&json!([1, 2]), &json!([2, 1])));
}
