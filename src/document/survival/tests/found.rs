//! What random writes on real databases lost though it was called kept.

use super::*;

fn sqlite_set(of: Document, keys: &[&str], value: Document) -> Document {
    Document::Set {
        of: Box::new(of),
        path: Path::Steps(keys.iter().map(|key| Step::Key((*key).into())).collect()),
        value: Box::new(value),
        mode: SetMode::Set,
        on_null: OnNull::JsonNull,
        family: Family::Sqlite,
    }
}

fn sqlite_get(keys: &[&str], form: Form) -> Document {
    Document::Get {
        of: Box::new(Document::Old),
        path: Path::Steps(keys.iter().map(|key| Step::Key((*key).into())).collect()),
        form,
        family: Family::Sqlite,
    }
}

fn text_input(id: &str) -> Document {
    Document::Input(Input { id: id.into(), shape: Shape::Text, null: Nullability::Maybe })
}

#[test]
fn what_fails_on_every_object_that_is_tried_is_undecided() {
    let either = first(&[optional(), Document::Old]);
    let by_index =
        |of: Document| Document::Remove { of: Box::new(of), what: Removal::Index(1), family: Family::PgFunction };
    // An input that is an array does not fail, and replaces the document.
    assert_eq!(of(&by_index(either)).word, Word::Unknown);
    assert_eq!(of(&by_index(Document::Old)).word, Word::Kept);
}

#[test]
fn edits_of_a_value_put_at_the_root_are_the_documents() {
    let patch = merge(Document::Old, known(json!({"b": 7})), MergeHow::Patch(Family::Sqlite));
    let found = in_text(&sqlite_set(Document::Old, &[], patch));
    assert_eq!((found.word, found.touched), (Word::Kept, trails(&[&["b"]])));
}

#[test]
fn a_text_from_outside_may_hold_json_of_any_type() {
    let read = Document::Cast { of: Box::new(text_input("opt")), to: CastTo::Json };
    let is_text = Cond::TypeIs(Box::new(read), vec!["string".into()]);
    let found = in_text(&choose(is_text, known(json!({})), Document::Old));
    assert_eq!(found.word, Word::Lost);
}

#[test]
fn a_part_of_a_document_built_around_the_old_one_is_not_what_stood_there() {
    let built = object(&[("other", Document::Old)]);
    let part = Document::Get {
        of: Box::new(built),
        path: Path::Steps(vec![Step::Key("a".into())]),
        form: Form::Json,
        family: Family::Sqlite,
    };
    let found = in_text(&sqlite_set(Document::Old, &["a"], part));
    assert_eq!(found.touched, trails(&[&["a"]]));
}

#[test]
fn a_key_read_as_text_and_put_back_is_touched() {
    for form in [Form::Text, Form::ScalarText, Form::Unwrapped] {
        let put_back = sqlite_set(Document::Old, &["a"], sqlite_get(&["a"], form));
        assert_eq!(in_text(&put_back).touched, trails(&[&["a"]]), "{form:?}");
        let part = Document::Cast { of: Box::new(sqlite_get(&["a"], form)), to: CastTo::JsonScalar };
        assert_eq!(in_text(&sqlite_set(Document::Old, &["a"], part)).touched, trails(&[&["a"]]), "{form:?}");
    }
    // Edits of what was read touch only what they edit.
    let edited = sqlite_set(sqlite_get(&["a"], Form::Unwrapped), &["b"], bind());
    assert_eq!(in_text(&sqlite_set(Document::Old, &["a"], edited)).touched, trails(&[&["a", "b"]]));
    assert_eq!(in_text(&sqlite_set(Document::Old, &["a"], sqlite_get(&["a"], Form::Json))).touched, trails(&[]));
}

#[test]
fn nulls_are_dropped_also_where_the_named_keys_are_missing() {
    let missing = Cond::IsNull(Box::new(sqlite_get(&["a"], Form::Json)));
    let patch = choose(missing, Document::Old, known(json!({"b": 1})));
    let found = in_text(&merge(Document::Old, patch, MergeHow::Patch(Family::Sqlite)));
    assert_eq!(found.word, Word::Kept);
    labelled(&found, "nulls-dropped");
}

#[test]
fn a_constant_branch_that_the_document_is_merged_into_touches_its_keys() {
    let left = choose(Cond::IsNull(Box::new(Document::Old)), Document::Old, known(json!({"city": 7})));
    let found = in_maria(&merge(left, Document::Old, MergeHow::Preserve));
    assert_eq!(found.touched, trails(&[&["city"]]));
    // A fallback does not: nothing was there.
    let fallback = first(&[Document::Old, known(json!({"city": 7}))]);
    assert_eq!(of(&concat(fallback, object(&[("a", get(Document::Old, &["a"]))]))).touched, trails(&[]));
}

#[test]
fn the_first_element_of_an_object_is_the_object_itself_on_mariadb() {
    let patch = merge(Document::Old, known(json!({"b": 7})), MergeHow::Patch(Family::MariaDb));
    let at_first = |family| Document::Set {
        of: Box::new(Document::Old),
        path: Path::Steps(vec![Step::Index(0)]),
        value: Box::new(patch.clone()),
        mode: SetMode::Set,
        on_null: OnNull::JsonNull,
        family,
    };
    let found = in_text(&at_first(Family::MariaDb));
    assert_eq!((found.word, found.touched), (Word::Kept, trails(&[&["b"]])));
}
