use serde_json::json;

use super::*;
use crate::document::run::Storage;
use crate::document::{
    CastTo, Cond, Family, Form, Input, Key, MergeHow, OnNull, Path, ReadSite, Removal, Rest, SetMode, Shape, Step,
};

mod found;

fn column() -> Column {
    Column { storage: Storage::Jsonb, not_null: None, states: State::ALL.to_vec() }
}

fn of(document: &Document) -> Survival {
    survival(document, &column())
}

fn not_null(document: &Document) -> Survival {
    survival(document, &Column { not_null: Some(true), ..column() })
}

fn in_text(document: &Document) -> Survival {
    survival(document, &Column { storage: Storage::Text, ..column() })
}

fn in_maria(document: &Document) -> Survival {
    survival(document, &Column { storage: Storage::CheckedText, ..column() })
}

fn input(id: &str, null: Nullability) -> Document {
    Document::Input(Input { id: id.into(), shape: Shape::Any, null })
}

/// A bind that is never NULL.
fn bind() -> Document {
    input("$1", Nullability::Never)
}

fn optional() -> Document {
    input("$1", Nullability::Yes)
}

fn known(json: serde_json::Value) -> Document {
    Document::Known(json)
}

fn read() -> Document {
    Document::Read(ReadSite { what: "find_by_id".into(), ..ReadSite::default() })
}

fn path(keys: &[&str]) -> Path {
    Path::Steps(keys.iter().map(|key| Step::Name((*key).into())).collect())
}

fn set_on(of: Document, keys: &[&str], value: Document, mode: SetMode, family: Family) -> Document {
    Document::Set {
        of: Box::new(of),
        path: path(keys),
        value: Box::new(value),
        mode,
        on_null: if family == Family::PgFunction { OnNull::Wipe } else { OnNull::JsonNull },
        family,
    }
}

fn set(keys: &[&str], value: Document) -> Document {
    set_on(Document::Old, keys, value, SetMode::Set, Family::PgFunction)
}

fn merge(left: Document, right: Document, how: MergeHow) -> Document {
    Document::Merge { left: Box::new(left), right: Box::new(right), how }
}

fn concat(left: Document, right: Document) -> Document {
    merge(left, right, MergeHow::Concat)
}

fn get(of: Document, keys: &[&str]) -> Document {
    Document::Get { of: Box::new(of), path: path(keys), form: Form::Json, family: Family::PgFunction }
}

fn object(entries: &[(&str, Document)]) -> Document {
    Document::Object {
        entries: entries.iter().map(|(key, part)| (Key::Name((*key).into()), part.clone())).collect(),
        rest: Rest::Closed,
    }
}

fn first(items: &[Document]) -> Document {
    Document::First(items.to_vec())
}

fn choose(condition: Cond, then: Document, otherwise: Document) -> Document {
    Document::Choose { branches: vec![(condition, then)], otherwise: Box::new(otherwise) }
}

fn remove(what: Removal) -> Document {
    Document::Remove { of: Box::new(Document::Old), what, family: Family::PgFunction }
}

fn trails(list: &[&[&str]]) -> Vec<Vec<String>> {
    list.iter().map(|trail| trail.iter().map(|key| (*key).to_owned()).collect()).collect()
}

fn keys(list: &[&str]) -> Vec<String> {
    list.iter().map(|key| (*key).to_owned()).collect()
}

#[track_caller]
fn labelled(survival: &Survival, label: &str) {
    assert!(survival.labels.contains(&label), "no label {label}: {survival:#?}");
}

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
fn jsonb_insert_fails_loudly_where_the_key_exists() {
    let found =
        of(&set_on(Document::Old, &["phone"], bind(), SetMode::InsertOrFail { after: false }, Family::PgFunction));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    assert_eq!(found.lands, Lands::OnlyIfMissing);
    labelled(&found, "fails-if-present");
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
fn a_shallow_merge_loses_what_is_inside() {
    let found = of(&concat(Document::Old, known(json!({"addr": {"city": "new"}}))));
    assert_eq!((found.word, found.nested_lost), (Word::NestedLost, trails(&[&["addr"]])));
    let deep = merge(Document::Old, known(json!({"addr": {"city": "new"}})), MergeHow::Patch(Family::MariaDb));
    let found = in_maria(&deep);
    assert_eq!((found.word, found.touched.clone()), (Word::Kept, trails(&[&["addr", "city"]])));
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
fn a_null_column_swallows_the_value_where_it_is_known_to_be_nullable() {
    let document = set(&["phone"], bind());
    let found = of(&document);
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfNotNull));
    let nullable = survival(&document, &Column { not_null: Some(false), ..column() });
    assert_eq!(nullable.word, Word::WriteLost);
    assert_eq!(not_null(&document).lands, Lands::Always);
}

#[test]
fn replacing_only_what_is_there() {
    let found = of(&set_on(Document::Old, &["phone"], bind(), SetMode::Replace, Family::PgFunction));
    assert_eq!((found.word, found.lands), (Word::Kept, Lands::OnlyIfPresent));
}

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
    let typed =
        |rest: Rest| Document::Retype { of: Box::new(read()), fields: Some(vec!["phone".into(), "name".into()]), rest };
    let found = of(&set_on(typed(Rest::Closed), &["phone"], bind(), SetMode::Set, Family::SerdeIndex));
    assert_eq!((found.word, found.new_keys.clone()), (Word::Lost, Some(keys(&["name", "phone"]))));
    labelled(&found, "retyped");
    assert_eq!(of(&typed(Rest::Open)).word, Word::Stale);
    let undecoded = of(&first(&[typed(Rest::Closed), known(json!({}))]));
    labelled(&undecoded, "default-for-undecoded");
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

#[test]
fn appending_to_a_missing_array_wipes_the_column_on_mariadb() {
    let found = in_maria(&set_on(Document::Old, &["tags"], bind(), SetMode::Append, Family::MariaDb));
    assert_eq!((found.word, found.null_when.clone()), (Word::MayBeNull, vec![NullWhen::KeyMissing]));
}

#[test]
fn scalars_pile_up_in_a_preserving_merge() {
    let found = in_maria(&merge(Document::Old, known(json!({"phone": "new"})), MergeHow::Preserve));
    assert_eq!(found.word, Word::Kept, "{found:#?}");
    labelled(&found, "scalars-pile-up");
}

#[test]
fn a_null_if_on_an_input_is_a_condition() {
    let blank = Cond::Equal(Box::new(bind()), Box::new(known(json!(""))));
    let found = of(&set(&["phone"], choose(blank, Document::Null, bind())));
    assert_eq!(found.word, Word::MayBeNull);
    assert_eq!(found.null_when, vec![NullWhen::Condition("`$1` = `\"\"`".into())]);
}

#[test]
fn many_conditions_are_unknown_and_a_long_case_is_not() {
    let case = Document::Choose {
        branches: (0..20).map(|n| (Cond::Unknown(format!("c{n}")), Document::Old)).collect(),
        otherwise: Box::new(bind()),
    };
    assert_eq!(of(&case).word, Word::Lost);
    let many = (0..8).fold(Document::Old, |of, n| {
        let value = choose(Cond::Unknown(format!("c{n}")), bind(), known(json!(1)));
        set_on(of, &[&format!("k{n}")], value, SetMode::Set, Family::PgFunction)
    });
    let found = of(&many);
    assert_eq!((found.word, found.why.as_deref()), (Word::Unknown, Some("too many conditions")));
}

#[test]
fn a_deep_tree_is_unknown() {
    let deep = (0..1000).fold(Document::Old, |of, _| Document::StripNulls(Box::new(of)));
    assert_eq!(of(&deep).word, Word::Unknown);
}
