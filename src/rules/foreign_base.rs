//! `json-foreign-base`.

use super::evidence::of_a_replacement;
use super::judgement::Fact;
use super::{Case, Draft, replaces, rule, wording};
use crate::document::Document;

rule! {
    /// Reports a merge whose base is not the column itself.
    ///
    /// ## What it does
    ///
    /// Finds `jsonb_set(..)`, `||`, `JSON_SET(..)`, `json_patch(..)` and the like whose first operand is the new
    /// value, `EXCLUDED.data` or another column, so that the old document is not what is edited.
    ///
    /// ## Why is this bad?
    ///
    /// It looks like a careful merge and is a replacement: only the keys that are copied by hand survive.
    ///
    /// ## Example
    ///
    /// ```sql
    /// ON CONFLICT (id) DO UPDATE SET data = jsonb_set(EXCLUDED.data, '{agent}', t.data -> 'agent')
    /// ```
    ///
    /// Start from the column and put the new keys on top:
    ///
    /// ```sql
    /// ON CONFLICT (id) DO UPDATE SET data = COALESCE(t.data, '{}') || (EXCLUDED.data - 'agent')
    /// ```
    "json-foreign-base", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    if !replaces(case) {
        return None;
    }
    let base = foreign_base(&write.value)?;
    let mut reasons = vec![Fact::WrongBase.into()];
    reasons.extend(of_a_replacement(case));
    let lost_keys = case.lost_keys();
    let lost = match lost_keys.as_deref() {
        Some(keys) if !keys.is_empty() => format!("{} {} lost", wording::list(keys), wording::are(keys.len())),
        _ => "keys that only the stored document has are lost".into(),
    };
    Some(Draft {
        message: format!(
            "{} edits {base}, not the stored document, and puts the result into {}: {lost}",
            wording::subject(write.verb),
            case.column()
        ),
        label: format!("starts from {base}, not from the column"),
        reasons,
        lost_keys,
        notes: vec![],
    })
}

/// The base of an edit that does not hold the old document, in words.
fn foreign_base(document: &Document) -> Option<String> {
    match document {
        // In Rust a new document is made step by step: what is edited there is the new value itself.
        Document::Set { of, family, .. } if family.is_rust() => foreign_base(of),
        Document::Set { of, .. } => foreign_base(of).or_else(|| named(of)),
        Document::Merge { left, right, .. } => {
            // Two new documents put together are a new document; only an edit of one named base is meant here.
            foreign_base(left).or_else(|| if right.holds_old() || is_input(left) { named(left) } else { None })
        }
        Document::Remove { of, .. } | Document::StripNulls(of) | Document::Cast { of, .. } => foreign_base(of),
        Document::First(items) => items.iter().find_map(foreign_base),
        Document::Choose { branches, otherwise } => {
            branches.iter().map(|(_, d)| d).chain(std::iter::once(&**otherwise)).find_map(foreign_base)
        }
        _ => None,
    }
}

fn is_input(document: &Document) -> bool {
    named(document).is_some()
}

/// A base that comes from outside, in words.
fn named(document: &Document) -> Option<String> {
    match document {
        Document::Input(input) if input.id.starts_with(['$', '?', ':']) => {
            Some(format!("the new value (`{}`)", input.id))
        }
        Document::Input(input) => Some(format!("`{}`", input.id)),
        Document::Cast { of, .. } | Document::Remove { of, .. } | Document::StripNulls(of) => named(of),
        Document::First(items) if !items.iter().any(Document::holds_old) => items.iter().find_map(named),
        _ => None,
    }
}
