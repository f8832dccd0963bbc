//! Documents that take the place of the old one, whole or in part.

use super::*;

#[test]
fn a_plain_bind_loses_all_and_its_keys_are_not_known() {
    let found = of(&bind());
    assert_eq!((found.word, found.new_keys, found.lands), (Word::Lost, None, Lands::Always));
    assert!(found.labels.is_empty(), "{:?}", found.labels);
}

#[test]
fn a_literal_object_loses_all_but_its_keys() {
    let found = of(&object(&[("phone", bind()), ("name", get(Document::Old, &["name"]))]));
    assert_eq!((found.word, found.new_keys.clone()), (Word::Lost, Some(keys(&["phone", "name"]))));
    assert_eq!(found.touched, trails(&[&["phone"]]), "name is put back as it was");
}

#[test]
fn an_optional_replacement_is_lost_when_given() {
    for document in
        [first(&[optional(), Document::Old]), choose(Cond::IsNull(Box::new(optional())), Document::Old, optional())]
    {
        let found = of(&document);
        assert_eq!((found.word, found.lost_when.as_deref()), (Word::Lost, Some("`$1` is given")));
        labelled(&found, "conditional");
    }
}

#[test]
fn initialising_a_null_column_keeps_all() {
    let found = of(&first(&[Document::Old, bind()]));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfNull));
}

#[test]
fn a_losing_branch_of_an_unknown_condition_is_named() {
    let found = of(&choose(Cond::Unknown("$2 > 5".into()), bind(), Document::Old));
    assert_eq!((found.word, found.lost_when.as_deref()), (Word::Lost, Some("$2 > 5")));
    let other = of(&choose(Cond::Unknown("$2 > 5".into()), Document::Old, bind()));
    assert_eq!(other.lost_when.as_deref(), Some("not ($2 > 5)"));
    labelled(&other, "conditional");
}

#[test]
fn a_comparison_with_an_input_goes_both_ways() {
    let mode = Document::Input(Input { id: "$2".into(), shape: Shape::Text, null: Nullability::Never });
    let equal = Cond::Equal(Box::new(mode), Box::new(Document::Text("replace".into())));
    let found = of(&choose(equal, bind(), concat(Document::Old, bind())));
    assert_eq!((found.word, found.lost_when.as_deref()), (Word::Lost, Some("`$2` = `replace`")));
}

#[test]
fn constants_without_the_old_document_are_resets() {
    for document in [known(json!({})), known(json!([])), Document::Null] {
        let found = of(&document);
        assert_eq!(found.word, Word::Lost, "{document:?}");
        labelled(&found, "reset");
        assert_eq!(found.new_keys, Some(vec![]), "{document:?}");
    }
    let literal = of(&known(json!({"state": "done"})));
    assert_eq!(literal.new_keys, Some(keys(&["state"])));
    labelled(&literal, "constant");
    let fallback = of(&first(&[optional(), known(json!({}))]));
    assert!(!fallback.labels.contains(&"reset"), "{fallback:?}");
    labelled(&fallback, "default-for-missing");
}

#[test]
fn states_that_hold_nothing_lose_nothing() {
    let only = |states: &[State]| Column { states: states.to_vec(), ..column() };
    assert_eq!(survival(&bind(), &only(&[State::SqlNull])).word, Word::Kept);
    assert_eq!(survival(&bind(), &only(&[State::EmptyObject])).word, Word::Kept);
    assert_eq!(survival(&bind(), &only(&[State::Array])).word, Word::Lost);
}

#[test]
fn a_projection_loses_all_but_a_part() {
    let found = of(&get(Document::Old, &["addr"]));
    assert_eq!((found.word, found.new_keys.clone()), (Word::Lost, Some(vec![])));
    labelled(&found, "shrinks-to-part");
    assert_eq!(found.null_when, vec![NullWhen::KeyMissing]);
}

#[test]
fn a_rename_moves_a_part() {
    let document = concat(remove(Removal::Keys(vec!["a".into()])), object(&[("b", get(Document::Old, &["a"]))]));
    let found = of(&document);
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    labelled(&found, "moved");
}

#[test]
fn a_wrapper_moves_the_whole() {
    for document in [object(&[("old", Document::Old)]), Document::Array(vec![Document::Old])] {
        let found = of(&document);
        assert_eq!(found.word, Word::Kept, "{found:#?}");
        labelled(&found, "moved");
    }
}

#[test]
fn joined_text_loses_the_document() {
    let found = in_text(&merge(Document::Old, Document::Text("{\"a\":1}".into()), MergeHow::Text));
    assert_eq!(found.word, Word::Lost);
    labelled(&found, "malformed-text");
}

#[test]
fn a_root_index_replaces_the_document_on_mariadb() {
    let document = Document::Set {
        of: Box::new(Document::Old),
        path: Path::Steps(vec![Step::Index(0)]),
        value: Box::new(bind()),
        mode: SetMode::Set,
        on_null: OnNull::JsonNull,
        family: Family::MariaDb,
    };
    assert_eq!(in_maria(&document).word, Word::Lost);
}
