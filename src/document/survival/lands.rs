//! When the new value arrives.

use super::Lands;
use super::fate::{Fate, fate};
use super::probe::{Given, Run, input_mark};
use super::witness::{Kind, Witness, contains};
use crate::document::run::{Outcome, same};
use serde_json::Value as Json;

/// When every payload arrives: the worst of them. `None` when no run says anything.
pub(super) fn lands(runs: &[Run], witnesses: &[Witness], given: &Given, constant: bool) -> Lands {
    let mut worst = Lands::NoPayload;
    for (id, seen) in given.iter().filter(|(_, seen)| seen.payload) {
        let arrives = |run: &Run| run.null.as_deref() != Some(id) && holds(&run.outcome, id, &seen.value);
        worst = worse(worst, over_states(runs, arrives));
    }
    if worst == Lands::NoPayload && constant {
        // A constant cannot be marked: it arrives where the document changes.
        let old = |kind: Kind| witnesses.iter().find(|witness| witness.kind == kind).and_then(|w| w.old.as_ref());
        let changes = |run: &Run| match (&run.outcome, old(run.kind)) {
            (Outcome::Stored(new), Some(old)) => !same(new, old),
            (Outcome::Stored(_), None) | (Outcome::Null, Some(_)) | (Outcome::Malformed(_), _) => true,
            _ => false,
        };
        worst = over_states(runs, changes);
    }
    worst
}

fn holds(outcome: &Outcome, id: &str, value: &Json) -> bool {
    match (outcome, value) {
        (Outcome::Stored(json), Json::Number(_)) => contains_value(json, value),
        (Outcome::Stored(json), _) => contains(json, &input_mark(id)),
        (Outcome::Malformed(text), Json::Number(number)) => text.contains(&number.to_string()),
        (Outcome::Malformed(text), _) => text.contains(&input_mark(id)),
        _ => false,
    }
}

fn contains_value(json: &Json, value: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().any(|item| contains_value(item, value)),
        Json::Object(map) => map.values().any(|item| contains_value(item, value)),
        // A number joined to text.
        Json::String(text) => text.contains(&value.to_string()),
        other => other == value,
    }
}

/// In how many of the states it arrives. States in which the statement fails, or in which the result is NULL where
/// others are not, say nothing of arriving: they are reported as what they are.
fn over_states(runs: &[Run], arrives: impl Fn(&Run) -> bool) -> Lands {
    let on = |kind: Kind| {
        let mut all = runs.iter().filter(|run| run.kind == kind).peekable();
        all.peek()?;
        let mut silent = false;
        for run in all {
            if arrives(run) {
                return Some(true);
            }
            silent |= run.null.is_none() && !matches!(fate(run), Fate::Failed | Fate::Unknown);
        }
        silent.then_some(false)
    };
    let fails = |kind: Kind| {
        let mut all = runs.iter().filter(|run| run.kind == kind && run.null.is_none()).peekable();
        all.peek().is_some() && all.all(|run| fate(run) == Fate::Failed)
    };
    let null_column = on(Kind::SqlNull);
    let missing = on(Kind::Missing);
    let in_a_subset = || runs.iter().any(|run| matches!(run.kind, Kind::Subset(_)) && arrives(run));
    let present = on(Kind::Present).or(missing);
    let parents = on(Kind::Parents);
    let others = [Kind::Empty, Kind::JsonNull, Kind::Array, Kind::Scalar].map(on);
    let landed = |state: Option<bool>| state == Some(true);
    if fails(Kind::Present) && (landed(missing) || landed(parents)) {
        return Lands::OnlyIfMissing;
    }
    match (present, missing) {
        (None, None) => {
            // No objects, or they all fail.
            if landed(null_column) || others.contains(&Some(true)) {
                Lands::Always
            } else if null_column == Some(false) || others.contains(&Some(false)) {
                Lands::Never
            } else {
                Lands::NoPayload
            }
        }
        (Some(false), Some(false)) if landed(parents) => Lands::OnlyIfMissing,
        (Some(false) | None, Some(false)) | (Some(false), None) => {
            if landed(null_column) {
                Lands::OnlyIfNull
            } else if landed(on(Kind::Empty)) || in_a_subset() {
                Lands::OnlyIfMissing
            } else if [Kind::NamedNull, Kind::NamedScalar, Kind::Leaves].map(on).contains(&Some(true)) {
                Lands::OnlyIfPresent
            } else if others.contains(&Some(true)) {
                // An edit of arrays: it is not meant for objects.
                Lands::Always
            } else if fails(Kind::Present) {
                // Where the named keys are there another part of it fails: nothing is known of those in between.
                Lands::OnlyIfPresent
            } else {
                Lands::Never
            }
        }
        (Some(false), Some(true)) => Lands::OnlyIfMissing,
        (Some(true), Some(false)) if landed(parents) => Lands::OnlyIfParent,
        (Some(true), Some(false)) => Lands::OnlyIfPresent,
        (Some(true) | None, Some(true) | None) if null_column == Some(false) => Lands::OnlyIfNotNull,
        (Some(true) | None, Some(true) | None) => Lands::Always,
    }
}

fn worse(a: Lands, b: Lands) -> Lands {
    let rank = |lands: Lands| match lands {
        Lands::Never => 0,
        Lands::OnlyIfMissing => 1,
        Lands::OnlyIfParent => 2,
        Lands::OnlyIfPresent => 3,
        Lands::OnlyIfNull => 4,
        Lands::OnlyIfNotNull => 5,
        Lands::Always => 6,
        Lands::NoPayload => 7,
    };
    if rank(b) < rank(a) { b } else { a }
}
