//! Where the answer is that it cannot be known.

use super::*;

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
