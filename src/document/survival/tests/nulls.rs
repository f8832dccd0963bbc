//! What SQL NULL does to the column.

use super::*;

#[test]
fn null_in_every_state_is_certain() {
    let null_path = Document::Set {
        of: Box::new(Document::Old),
        path: Path::Null,
        value: Box::new(bind()),
        mode: SetMode::Set,
        on_null: OnNull::Wipe,
        family: Family::PgFunction,
    };
    for document in [concat(Document::Old, Document::Null), null_path] {
        let found = of(&document);
        assert_eq!((found.word, found.null_when.clone()), (Word::MayBeNull, vec![NullWhen::Always]));
        let strict = not_null(&document);
        assert_eq!((strict.word, strict.null_when.clone()), (Word::WriteLost, vec![]), "an error, not a loss");
        labelled(&strict, "always-fails");
    }
}

#[test]
fn an_input_that_can_be_null_wipes_a_nullable_column() {
    for null in [Nullability::Yes, Nullability::Maybe] {
        let document = set(&["phone"], input("$1", null));
        let found = of(&document);
        assert_eq!(
            (found.word, found.null_when.clone()),
            (Word::MayBeNull, vec![NullWhen::Input { id: "$1".into(), null }])
        );
        assert_eq!(not_null(&document).word, Word::Kept, "an error, not a loss");
    }
    let guarded = set(&["phone"], first(&[optional(), known(json!(null))]));
    assert_eq!(of(&guarded).word, Word::Kept);
    let subscript = set_on(Document::Old, &["phone"], optional(), SetMode::Set, Family::PgSubscript);
    assert_eq!(of(&subscript).word, Word::Kept);
}

#[test]
fn a_missing_key_that_is_merged_wipes_the_column() {
    let inner = concat(get(Document::Old, &["addr"]), object(&[("city", bind())]));
    let found = of(&set(&["addr"], inner));
    assert_eq!((found.word, &found.null_when), (Word::MayBeNull, &vec![NullWhen::KeyMissing]), "{found:#?}");
    assert_eq!(found.touched, trails(&[&["addr", "city"]]));
}

#[test]
fn a_computed_counter_without_a_default_wipes_the_column() {
    let counter = |operand: Document| {
        let sum = Document::Computed { of: vec![operand], strict: true, what: "(data->>'n')::int + 1".into() };
        set(&["n"], Document::Cast { of: Box::new(sum), to: CastTo::JsonScalar })
    };
    let text = |of: Document| Document::Get {
        of: Box::new(of),
        path: path(&["n"]),
        form: Form::Text,
        family: Family::PgFunction,
    };
    let found = of(&counter(text(Document::Old)));
    assert_eq!((found.word, found.null_when.clone()), (Word::MayBeNull, vec![NullWhen::KeyMissing]));
    let found = of(&counter(first(&[text(Document::Old), known(json!(0))])));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
}

#[test]
fn aggregating_an_empty_object_wipes_it() {
    let document =
        Document::Entries { of: Box::new(Document::Old), drop: vec![], replace: vec![], empty_is_null: true };
    let found = of(&document);
    assert_eq!((found.word, found.null_when.clone()), (Word::MayBeNull, vec![NullWhen::EmptyObject]));
}

#[test]
fn a_null_column_swallows_the_value_where_it_is_known_to_be_nullable() {
    let document = set(&["phone"], bind());
    let found = of(&document);
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfNotNull));
    let nullable = survival(&document, &Column { not_null: Some(false), ..column() });
    assert_eq!(nullable.word, Word::WriteLost);
    assert_eq!(not_null(&document).lands, Lands::Always);
}

#[test]
fn appending_to_a_missing_array_wipes_the_column_on_mariadb() {
    let found = in_maria(&set_on(Document::Old, &["tags"], bind(), SetMode::Append, Family::MariaDb));
    assert_eq!((found.word, found.null_when.clone()), (Word::MayBeNull, vec![NullWhen::KeyMissing]));
}

#[test]
fn a_null_if_on_an_input_is_a_condition() {
    let blank = Cond::Equal(Box::new(bind()), Box::new(known(json!(""))));
    let found = of(&set(&["phone"], choose(blank, Document::Null, bind())));
    assert_eq!(found.word, Word::MayBeNull);
    assert_eq!(found.null_when, vec![NullWhen::Condition("`$1` = `\"\"`".into())]);
}
