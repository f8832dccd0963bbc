//! Documents that were read earlier, or went through a type of the program.

use super::*;

#[test]
fn edits_on_an_earlier_read_are_stale() {
    let found = of(&set_on(read(), &["phone"], bind(), SetMode::Set, Family::SerdeIndex));
    assert_eq!((found.word, found.touched.clone()), (Word::Stale, trails(&[&["phone"]])));
    assert!(found.stale);
    let counter = set(&["n"], get(read(), &["n"]));
    let found = of(&counter);
    assert!(!found.stale, "the siblings are the row's own: {found:#?}");
}

#[test]
fn a_helper_over_an_earlier_read_is_stale_and_over_the_row_unknown() {
    let through = |inside: Document| Document::Through { of: vec![inside], why: "`merge()` is not followed".into() };
    let found = of(&through(read()));
    assert_eq!((found.word, found.why.as_deref()), (Word::Stale, Some("`merge()` is not followed")));
    assert_eq!(of(&through(Document::Old)).word, Word::Unknown);
    assert_eq!(of(&through(bind())).word, Word::Lost, "it does not hold the document");
    assert_eq!(of(&Document::Unknown("?".into())).word, Word::Unknown);
}

#[test]
fn a_typed_round_trip_loses_what_the_type_does_not_know() {
    let typed = |rest: Rest| Document::Retype {
        of: Box::new(read()),
        fields: Some(vec!["phone".into(), "name".into()]),
        rest,
        ty: None,
    };
    let found = of(&set_on(typed(Rest::Closed), &["phone"], bind(), SetMode::Set, Family::SerdeIndex));
    assert_eq!((found.word, found.new_keys.clone()), (Word::Lost, Some(keys(&["name", "phone"]))));
    labelled(&found, "retyped");
    assert_eq!(of(&typed(Rest::Open)).word, Word::Stale);
    let undecoded = of(&first(&[typed(Rest::Closed), known(json!({}))]));
    labelled(&undecoded, "default-for-undecoded");
}
