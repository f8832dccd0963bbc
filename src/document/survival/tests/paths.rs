//! Edits at a path, and where they do not land.

use super::*;

#[test]
fn jsonb_insert_fails_loudly_where_the_key_exists() {
    let found =
        of(&set_on(Document::Old, &["phone"], bind(), SetMode::InsertOrFail { after: false }, Family::PgFunction));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    assert_eq!(found.lands, Lands::OnlyIfMissing);
    labelled(&found, "fails-if-present");
}

#[test]
fn a_value_of_unknown_keys_at_a_path_is_told_apart() {
    let found = of(&set(&["addr"], bind()));
    assert_eq!((found.word, found.nested_opaque), (Word::Kept, trails(&[&["addr"]])));
    let scalar = Document::Input(Input { id: "$1".into(), shape: Shape::Scalar, null: Nullability::Never });
    assert_eq!(of(&set(&["phone"], scalar)).nested_opaque, trails(&[]));
    let whole = of(&set(&["addr"], object(&[("city", bind())])));
    assert_eq!((whole.word, whole.nested_lost), (Word::NestedLost, trails(&[&["addr"]])));
    let reset = of(&set(&["addr"], known(json!({}))));
    assert_eq!(reset.word, Word::Kept);
    labelled(&reset, "nested-reset");
}

#[test]
fn nested_repairs_keep_all() {
    // Build the parent, then set below it.
    let parent = set_on(
        first(&[Document::Old, known(json!({}))]),
        &["addr"],
        first(&[get(Document::Old, &["addr"]), known(json!({}))]),
        SetMode::Set,
        Family::PgFunction,
    );
    let found = of(&set_on(parent, &["addr", "city"], bind(), SetMode::Set, Family::PgFunction));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::Always), "{found:#?}");
    assert_eq!(found.touched, trails(&[&["addr", "city"]]));
    let subscripts = set_on(Document::Old, &["addr", "city"], bind(), SetMode::Set, Family::PgSubscript);
    assert_eq!((of(&subscripts).word, of(&subscripts).lands), (Word::Kept, Lands::Always));
}

#[test]
fn a_missing_parent_swallows_the_value() {
    let found = of(&set(&["addr", "city"], bind()));
    assert_eq!((found.word, found.lands), (Word::WriteLost, Lands::OnlyIfParent), "{found:#?}");
    let sqlite = set_on(Document::Old, &["addr", "city"], bind(), SetMode::Set, Family::Sqlite);
    assert_eq!(in_text(&sqlite).lands, Lands::OnlyIfNotNull);
}

#[test]
fn replacing_only_what_is_there() {
    let found = of(&set_on(Document::Old, &["phone"], bind(), SetMode::Replace, Family::PgFunction));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfPresent));
}

#[test]
fn an_unread_value_hides_only_its_own_path() {
    let found = of(&set(&["n"], Document::Unknown("some_function()".into())));
    assert_eq!((found.word, found.touched.clone()), (Word::Kept, trails(&[&["n"]])));
    labelled(&found, "opaque-value");
}

#[test]
fn what_the_database_rejects_is_no_loss() {
    let found = of(&Document::Fails("no such function".into()));
    assert_eq!((found.word, found.why.as_deref()), (Word::WriteLost, Some("no such function")));
    labelled(&found, "always-fails");
    let text = Document::Input(Input { id: "$1".into(), shape: Shape::Text, null: Nullability::Never });
    labelled(&of(&text), "always-fails");
}

#[test]
fn a_text_arrives_whatever_its_source_spells() {
    for id in ["name", "format!(\"user-{name}\")", "a('\\n')\n    .b()"] {
        let text = Document::Input(Input { id: id.into(), shape: Shape::Text, null: Nullability::Never });
        let found = not_null(&set_on(Document::Old, &["name"], text, SetMode::Set, Family::Sqlite));
        assert_eq!((found.word, found.lands), (Word::Kept, Lands::Always), "{id}: {found:#?}");
    }
}
