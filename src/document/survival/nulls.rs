//! What makes the whole column SQL NULL.

use super::probe::{Given, Run, joined};
use super::read_off::either_way;
use super::witness::Kind;
use super::{NullWhen, State};
use crate::document::Nullability;
use crate::document::run::Outcome;

/// Reads off when the result is NULL though the column was not.
pub(super) fn null_when(runs: &[Run], given: &Given) -> Vec<NullWhen> {
    let objects: Vec<&Run> =
        runs.iter().filter(|run| matches!(run.kind.state(), State::Object | State::EmptyObject)).collect();
    let mut kinds: Vec<Kind> = objects.iter().map(|run| run.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let all_given = |kind: Kind| objects.iter().filter(move |run| run.kind == kind && run.null.is_none());
    let is_null = |run: &Run| run.outcome == Outcome::Null;
    let mut found = Vec::new();
    let mut plain = objects.iter().filter(|run| run.null.is_none() && !matches!(run.outcome, Outcome::Error(_)));
    if plain.clone().next().is_some() && plain.all(|run| is_null(run)) {
        return vec![NullWhen::Always];
    }
    for (id, seen) in given {
        let by_input = objects.iter().any(|run| {
            run.null.as_ref() == Some(id) && is_null(run) && all_given(run.kind).any(|given| !is_null(given))
        });
        if by_input {
            found.push(NullWhen::Input { id: id.clone(), null: seen.null });
        }
    }
    // None of them alone, but all of them together: `COALESCE($1, $2)`.
    if found.is_empty() {
        let nullable: Vec<(&str, Nullability)> = given
            .iter()
            .filter(|(_, seen)| seen.null != Nullability::Never)
            .map(|(id, seen)| (id.as_str(), seen.null))
            .collect();
        let id = joined(&nullable.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let together = nullable.len() > 1
            && objects.iter().any(|run| {
                run.null.as_ref() == Some(&id) && is_null(run) && all_given(run.kind).any(|given| !is_null(given))
            });
        if together {
            let proven = nullable.iter().all(|(_, null)| *null == Nullability::Yes);
            found.push(NullWhen::Input { id, null: if proven { Nullability::Yes } else { Nullability::Maybe } });
        }
    }
    let all_null = |kind: Kind| {
        let mut runs = all_given(kind).peekable();
        runs.peek().is_some() && runs.all(|run| is_null(run))
    };
    let missing =
        kinds.iter().any(|kind| !matches!(kind, Kind::Present | Kind::WithNulls | Kind::Empty) && all_null(*kind));
    if missing {
        found.push(NullWhen::KeyMissing);
    } else if all_null(Kind::Empty) {
        found.push(NullWhen::EmptyObject);
    }
    for kind in kinds.iter().copied() {
        if all_null(kind) {
            continue;
        }
        for run in all_given(kind).filter(|run| is_null(run)) {
            let condition = NullWhen::Condition(either_way(&run.asked));
            if !found.contains(&condition) {
                found.push(condition);
            }
        }
    }
    if all_null(Kind::Present) && !missing {
        found.push(NullWhen::Condition("a key that is named is there".into()));
    }
    // Proven causes first.
    found.sort_by_key(|when| match when {
        NullWhen::Always => 0,
        NullWhen::Input { null: Nullability::Yes, .. } => 1,
        NullWhen::KeyMissing | NullWhen::EmptyObject => 2,
        NullWhen::Input { .. } => 3,
        NullWhen::Condition(_) => 4,
    });
    found
}
