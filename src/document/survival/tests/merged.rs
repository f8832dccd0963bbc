//! Merges, removals and fallbacks.

use super::*;

#[test]
fn a_merge_with_fallbacks_for_either_side_keeps_all() {
    let new = || input("EXCLUDED.data", Nullability::Maybe);
    let found = of(&first(&[concat(Document::Old, new()), new(), Document::Old]));
    // Where the old value is NULL the new one is stored, where the new one is NULL the old one stays.
    assert_eq!((found.word, &found.null_when), (Word::Kept, &vec![]), "{found:#?}");
}

#[test]
fn a_reversed_merge_of_a_constant_adds_defaults() {
    let found = of(&concat(known(json!({"theme": "dark"})), Document::Old));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfMissing));
}

#[test]
fn a_reversed_merge_of_an_input_is_a_lost_write() {
    for right in [object(&[("phone", bind())]), known(json!({"phone": 1}))] {
        let found = of(&concat(right.clone(), Document::Old));
        let expected = if right == known(json!({"phone": 1})) { Word::Kept } else { Word::WriteLost };
        assert_eq!((found.word, found.lands), (expected, Lands::OnlyIfMissing));
    }
    let insert = set_on(Document::Old, &["phone"], bind(), SetMode::Insert, Family::MariaDb);
    assert_eq!(in_maria(&insert).word, Word::WriteLost);
}

#[test]
fn a_merge_guarded_by_type_keeps_objects_and_replaces_the_rest() {
    let is_object = Cond::TypeIs(Box::new(Document::Old), vec!["object".into()]);
    let found = of(&choose(is_object, concat(Document::Old, bind()), bind()));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    labelled(&found, "replaces-non-objects");
    assert_eq!(found.array_when, vec![]);
}

#[test]
fn removals_are_no_loss() {
    let found = of(&remove(Removal::Keys(vec!["phone".into()])));
    assert_eq!((found.word, found.removed.clone()), (Word::Kept, trails(&[&["phone"]])));
    let found = of(&remove(Removal::Path(path(&["addr", "city"]))));
    assert_eq!((found.word, found.removed.clone()), (Word::Kept, trails(&[&["addr", "city"]])));
    let by = Input { id: "$1".into(), shape: Shape::Text, null: Nullability::Never };
    let found = of(&remove(Removal::Dynamic(by.clone())));
    assert_eq!((found.word, found.removed.clone()), (Word::Kept, trails(&[&["?"]])));
    labelled(&found, "removes-unknown-keys");
    let found = of(&remove(Removal::Dynamic(Input { null: Nullability::Yes, ..by })));
    assert_eq!(found.word, Word::MayBeNull);
}

#[test]
fn the_text_operator_takes_an_array_literal_for_a_key() {
    let found = of(&remove(Removal::Keys(vec!["{phone,name}".into()])));
    assert_eq!(found.word, Word::WriteLost);
    labelled(&found, "array-literal-as-key");
}

#[test]
fn a_reversed_merge_of_an_unknown_document_keeps_the_old_keys() {
    let found = of(&concat(bind(), Document::Old));
    assert_eq!((found.word, found.lands), (Word::WriteLost, Lands::OnlyIfMissing));
    let patch = in_maria(&merge(bind(), Document::Old, MergeHow::Patch(Family::MariaDb)));
    assert_eq!((patch.word, patch.lands), (Word::WriteLost, Lands::OnlyIfMissing), "{patch:#?}");
}

#[test]
fn a_merge_of_an_unknown_document_keeps_all() {
    let found = of(&concat(Document::Old, bind()));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfNotNull));
    labelled(&found, "touches-unknown-keys");
    assert_eq!(found.array_when, vec![State::JsonNull, State::Array, State::Scalar]);
    let list = Document::Input(Input { id: "$1".into(), shape: Shape::Array, null: Nullability::Never });
    assert!(of(&concat(Document::Old, list)).array_when.contains(&State::Object));
}

#[test]
fn stripping_nulls_keeps_the_rest() {
    let found = of(&Document::StripNulls(Box::new(concat(Document::Old, object(&[("phone", bind())])))));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    labelled(&found, "nulls-dropped");
    let only_the_patch = Document::StripNulls(Box::new(object(&[("phone", optional())])));
    let found = of(&concat(Document::Old, only_the_patch));
    assert_eq!(found.word, Word::Kept);
    assert!(!found.labels.contains(&"nulls-dropped"));
}

#[test]
fn a_shallow_merge_loses_what_is_inside() {
    let found = of(&concat(Document::Old, known(json!({"addr": {"city": "new"}}))));
    assert_eq!((found.word, found.nested_lost), (Word::NestedLost, trails(&[&["addr"]])));
    let deep = merge(Document::Old, known(json!({"addr": {"city": "new"}})), MergeHow::Patch(Family::MariaDb));
    let found = in_maria(&deep);
    assert_eq!((found.word, found.touched.clone()), (Word::Kept, trails(&[&["addr", "city"]])));
}

#[test]
fn scalars_pile_up_in_a_preserving_merge() {
    let found = in_maria(&merge(Document::Old, known(json!({"phone": "new"})), MergeHow::Preserve));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    labelled(&found, "scalars-pile-up");
}
