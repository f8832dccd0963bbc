//! What is evaluated, and what is not: measured on PostgreSQL and MariaDB.

use super::*;
use crate::document::{Cond, Input, Key, MergeHow, Removal, Rest, Shape};

fn input(id: &str) -> Document {
    Document::Input(Input { id: id.into(), shape: Shape::Any, null: Nullability::Maybe })
}

fn fails() -> Document {
    let path = Path::Steps(vec![]);
    Document::Remove { of: Box::new(Document::Old), what: Removal::Path(path), family: Family::MariaDb }
}

#[test]
fn mariadb_evaluates_a_value_only_where_it_is_put() {
    let old = json!({"a": {"b": 1}});
    let nowhere = set_in(Family::MariaDb, &["x", "y"], fails(), SetMode::Set);
    assert_eq!(stored(&nowhere, old.clone(), Storage::CheckedText), Outcome::Stored(old.clone()));
    let there = set_in(Family::MariaDb, &["a", "b"], fails(), SetMode::Insert);
    assert_eq!(stored(&there, old.clone(), Storage::CheckedText), Outcome::Stored(old.clone()));
    let put = set_in(Family::MariaDb, &["a", "c"], fails(), SetMode::Insert);
    assert!(matches!(stored(&put, old, Storage::CheckedText), Outcome::Error(_)));
}

#[test]
fn mariadb_fails_on_the_first_path_before_it_sees_that_the_second_is_null() {
    let twice = Document::Remove { of: Box::new(fails()), what: Removal::Path(Path::Null), family: Family::MariaDb };
    assert!(matches!(stored(&twice, json!({}), Storage::CheckedText), Outcome::Error(_)));
}

#[test]
fn a_condition_after_an_undecided_one_may_never_be_looked_at() {
    let fails = Cond::IsNull(Box::new(fails()));
    let both = |first: Cond, second: Cond| Document::Choose {
        branches: vec![(Cond::And(vec![first, second]), Document::Null)],
        otherwise: Box::new(Document::Old),
    };
    let open = || Cond::Unknown("flag".into());
    let outcome = |document| stored(&document, json!({}), Storage::CheckedText);
    assert!(matches!(outcome(both(open(), fails.clone())), Outcome::Unknown(_)));
    assert!(matches!(outcome(both(fails, open())), Outcome::Error(_)));
}

#[test]
fn a_position_in_an_object_is_the_object_in_text_columns_too() {
    let has = Cond::HasKey(Box::new(Document::Old), Path::Steps(vec![Step::Index(0)]));
    let document = Document::Choose { branches: vec![(has, Document::Null)], otherwise: Box::new(Document::Old) };
    assert_eq!(stored(&document, json!({"a": 1}), Storage::Text), Outcome::Null);
    // And a string in an array is no key of it.
    let has = Cond::HasKey(Box::new(Document::Old), Path::Steps(vec![Step::Key("a".into())]));
    let document = Document::Choose { branches: vec![(has, Document::Null)], otherwise: Box::new(Document::Old) };
    assert_eq!(stored(&document, json!(["a"]), Storage::Text), Outcome::Stored(json!(["a"])));
    assert_eq!(stored(&document, json!(["a"]), Storage::Jsonb), Outcome::Null);
}

#[test]
fn a_null_key_fails_in_a_text_column_of_postgresql_too() {
    let built = Document::Object { entries: vec![(Key::Param("k".into()), new())], rest: Rest::Closed };
    let merged = Document::First(vec![
        Document::Merge { left: Box::new(input("obj")), right: Box::new(built), how: MergeHow::Concat },
        Document::Known(json!({})),
    ]);
    let given = Given(vec![("k", None), ("obj", None)]);
    assert!(matches!(run(&merged, Some(&json!({})), &given, Storage::Text), Outcome::Error(_)));
}

#[test]
fn a_comparison_with_a_constant_null_is_folded_before_the_other_side_fails() {
    let null = Document::Set {
        of: Box::new(Document::Old),
        path: Path::Null,
        value: Box::new(new()),
        mode: SetMode::Set,
        on_null: OnNull::Wipe,
        family: Family::PgFunction,
    };
    let built = Document::Object { entries: vec![(Key::Param("k".into()), new())], rest: Rest::Closed };
    let equal = |a: Document, b: Document| Document::Choose {
        branches: vec![(Cond::Equal(Box::new(a), Box::new(b)), Document::Null)],
        otherwise: Box::new(Document::Old),
    };
    let outcome = |document| run(&document, Some(&json!({})), &Given(vec![("k", None), ("obj", None)]), Storage::Jsonb);
    assert_eq!(outcome(equal(null, built.clone())), Outcome::Stored(json!({})));
    assert!(matches!(outcome(equal(input("obj"), built)), Outcome::Error(_)));
}
