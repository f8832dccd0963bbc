//! `json-nested-overwrite`.

use super::evidence::{Reason, declared_whole, in_a_transaction, of_a_race};
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};

rule! {
    /// Reports an edit that replaces a nested object whole.
    ///
    /// ## What it does
    ///
    /// Finds edits that keep the document's top-level keys but lose keys inside one of them: a shallow merge
    /// (`data || '{"address": {"city": ..}}'`), or a path that ends at a parent (`jsonb_set(data, '{address}', ..)`).
    ///
    /// ## Why is this bad?
    ///
    /// `||` merges the top level only. The new `address` has a city and nothing else; street and postal code are
    /// gone.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = data || '{"address": {"city": "Bern"}}' WHERE id = $1
    /// ```
    ///
    /// Set the innermost key, and make sure that its parent is there:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(data -> 'address', '{}')),
    ///                                   '{address,city}', '"Bern"') WHERE id = $1
    /// ```
    "json-nested-overwrite", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    let paths: Vec<String> = write.survival.nested_lost.iter().map(|path| path.join(".")).collect();
    if paths.is_empty() || super::replaces(case) {
        return None;
    }
    let opaque = write.survival.labels.contains(&"opaque-value");
    let fact = if opaque { Fact::NestedOpaque } else { Fact::NestedLoss };
    let mut reasons: Vec<Reason> = std::iter::once(fact.into()).chain(declared_whole(case)).collect();
    if !write.reads.is_empty() {
        // The program put the object there and stores the whole document as it was read.
        let words = "the rest of the document is stored as it was read earlier";
        reasons.push(Reason::note(Fact::EarlierRead, words));
        reasons.extend(in_a_transaction(case));
        reasons.extend(of_a_race(case));
    }
    let (its, other) = if paths.len() == 1 { ("is", "its") } else { ("are", "their") };
    Some(Draft {
        message: format!(
            "{} keeps the top level of {} but {} {its} replaced whole: {other} other keys are lost",
            wording::subject(write.verb),
            case.column(),
            wording::list(&paths)
        ),
        label: format!("{} {its} replaced as a whole", wording::list(&paths)),
        reasons,
        lost_keys: None,
        notes: vec![],
    })
}
