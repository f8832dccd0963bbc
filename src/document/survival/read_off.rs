//! From runs to facets, and from facets to the word.

use super::edits;
use super::fate::{Fate, drops_nulls, fate, nested, new_keys};
use super::form;
use super::lands::lands;
use super::names::{Named, named, told};
use super::nulls::null_when;
use super::probe::{Run, given, input_key, runs};
use super::soften::soften;
use super::witness::{Kind, Source, witnesses};
use super::{Column, Lands, State, Survival, Word};
use crate::document::Document;
use crate::document::run::Outcome;

/// Runs the document and reads off its survival.
pub(super) fn read_off(document: &Document, column: &Column) -> Survival {
    let mut survival = Survival::unknown();
    edits::read_form(document, &mut survival);
    let (soft, opaque) = soften(document);
    if opaque {
        survival.labels.push("opaque-value");
    }
    let states: Vec<State> = column
        .states
        .iter()
        .copied()
        .filter(|state| *state != State::SqlNull || column.not_null != Some(true))
        .collect();
    let given = given(&soft);
    let mut named = named(&soft);
    // A patch from outside may hold keys that are there: one such key stands for them.
    named.keys.extend(given.iter().filter(|(_, seen)| seen.payload).map(|(id, _)| (input_key(id), Named::default())));
    let witnesses = witnesses(&named, &states);
    let Some(runs) = runs(&soft, &witnesses, &given, column) else {
        survival.why = Some("too many conditions".into());
        survival.labels.sort_unstable();
        return survival;
    };
    let reader = Reader { runs: &runs, states: &states, holds_old: document.holds_old() };

    survival.stale = runs.iter().any(|run| matches!(fate(run), Fate::Kept(Source::Read) | Fate::Moved(Source::Read)));
    survival.lands = lands(&runs, &witnesses, &given, form::puts_constant(&soft) && reader.holds_old);
    survival.null_when = if column.not_null == Some(true) { vec![] } else { null_when(&runs, &given) };
    reader.fails(&mut survival);
    reader.arrays(&mut survival);
    reader.insides(&named, &mut survival);

    let always_fails = reader.always_fails();
    let lost = !always_fails && reader.lost(&mut survival);
    let undecided = reader.undecided(given.values().any(|seen| seen.payload));
    let wipes = !survival.null_when.is_empty() && (reader.holds_old || survival.lands == Lands::NoPayload);
    let stale_edits = undecided.is_some() && form::base_is_read(&soft);
    survival.stale |= stale_edits;
    let silent = match survival.lands {
        Lands::Never | Lands::OnlyIfParent => true,
        // A constant only fills in a default.
        Lands::OnlyIfMissing => {
            given.values().any(|seen| seen.payload) && !survival.labels.contains(&"fails-if-present")
        }
        Lands::OnlyIfNotNull => column.not_null == Some(false),
        Lands::Always | Lands::OnlyIfPresent | Lands::OnlyIfNull | Lands::NoPayload => false,
    };
    survival.word = if always_fails {
        survival.labels.push("always-fails");
        Word::WriteLost
    } else if lost {
        Word::Lost
    } else if wipes {
        Word::MayBeNull
    } else if !survival.nested_lost.is_empty() {
        Word::NestedLost
    } else if survival.stale {
        Word::Stale
    } else if silent || survival.labels.contains(&"array-literal-as-key") {
        Word::WriteLost
    } else if undecided.is_some() {
        Word::Unknown
    } else {
        Word::Kept
    };
    if survival.word == Word::Unknown || stale_edits {
        survival.why = undecided;
    }
    if lost {
        if form::is_constant(document) {
            let keys = survival.new_keys.as_ref().is_some_and(|keys| !keys.is_empty());
            survival.labels.push(if keys { "constant" } else { "reset" });
        }
        if form::is_part(document) {
            survival.labels.push("shrinks-to-part");
        }
        if form::is_retyped(document) {
            survival.labels.push("retyped");
        }
        if survival.lost_when.is_some() {
            survival.labels.push("conditional");
        }
    } else {
        reader.kept(&mut survival);
        // Where the state with nulls always fails, no run shows it.
        let mut with_nulls = runs.iter().filter(|run| run.kind == Kind::WithNulls);
        if form::strips_nulls(&soft) && with_nulls.all(|run| matches!(run.outcome, Outcome::Error(_))) {
            survival.labels.push("nulls-dropped");
        }
    }
    survival.labels.sort_unstable();
    survival.labels.dedup();
    survival
}

/// The answers to conditions, in words.
pub(super) fn either_way(asked: &[(String, bool)]) -> String {
    let words: Vec<String> =
        asked.iter().map(|(words, truth)| if *truth { words.clone() } else { format!("not ({words})") }).collect();
    if words.is_empty() { "in every case".into() } else { words.join(", ") }
}

struct Reader<'r> {
    runs: &'r [Run],
    states: &'r [State],
    holds_old: bool,
}

impl Reader<'_> {
    /// The runs in which there is something to lose: on objects; on arrays and scalars where the column holds no object.
    fn loss_runs(&self) -> impl Iterator<Item = &Run> {
        let objects = self.states.contains(&State::Object);
        self.runs.iter().filter(move |run| match run.kind.state() {
            State::Object => true,
            State::Array | State::Scalar => !objects,
            State::SqlNull | State::JsonNull | State::EmptyObject => false,
        })
    }

    fn always_fails(&self) -> bool {
        let mut runs = self.runs.iter().filter(|run| run.kind != Kind::SqlNull).peekable();
        runs.peek().is_some() && runs.all(|run| matches!(run.outcome, Outcome::Error(_)))
    }

    /// Why it is not decided what happens to an object. With `payload`, whether it fails on every object depends on what
    /// the inputs are: the ones that are tried may be of the wrong type.
    fn undecided(&self, payload: bool) -> Option<String> {
        let mut failure = None;
        let mut all_fail = payload && self.states.contains(&State::Object);
        for run in self.loss_runs() {
            match &run.outcome {
                Outcome::Unknown(why) => return Some(why.clone()),
                Outcome::Error(why) => failure = Some(why.clone()),
                // A NULL input tells nothing.
                Outcome::Null => {}
                _ => all_fail = false,
            }
        }
        failure.filter(|_| all_fail)
    }

    fn is_lost(&self, run: &Run) -> bool {
        match fate(run) {
            Fate::Lost => true,
            // SQL NULL instead of a document that was not even looked at.
            Fate::Null => !self.holds_old && run.null.is_none(),
            _ => false,
        }
    }

    /// Whether the siblings are lost in some branch; which keys the new document has, and in which branch.
    fn lost(&self, survival: &mut Survival) -> bool {
        let lost: Vec<&Run> = self.loss_runs().filter(|run| self.is_lost(run)).collect();
        let Some(first) = lost.first() else { return false };
        if lost.iter().any(|run| matches!(run.outcome, Outcome::Malformed(_))) {
            survival.labels.push("malformed-text");
        }
        let given_lost = lost.iter().any(|run| run.null.is_none());
        // The keys that every losing branch has; with the named keys present where such a witness was run.
        let present = lost.iter().any(|run| run.kind == Kind::Present);
        let mut keys: Option<Vec<String>> = None;
        for (count, run) in lost
            .iter()
            .filter(|run| (!given_lost || run.null.is_none()) && (!present || run.kind == Kind::Present))
            .enumerate()
        {
            let Some(new) = new_keys(&run.outcome) else {
                keys = None;
                break;
            };
            keys = match keys {
                None if count == 0 => Some(new),
                None => None,
                Some(old) => Some(old.into_iter().filter(|key| new.contains(key)).collect()),
            };
        }
        survival.new_keys = keys;

        // Another branch on the same witness that keeps the document.
        let keeps = |run: &&Run| matches!(fate(run), Fate::Kept(_) | Fate::Moved(_));
        if given_lost {
            let losing = lost.iter().find(|run| {
                run.null.is_none()
                    && self
                        .loss_runs()
                        .filter(|other| other.kind == run.kind && other.null.is_none())
                        .any(|o| keeps(&o))
            });
            survival.lost_when = losing.map(|run| either_way(&run.asked)).or_else(|| {
                let by_null = self.loss_runs().find(|run| {
                    run.null.is_some() && keeps(run) && lost.iter().any(|l| l.kind == run.kind && l.null.is_none())
                })?;
                Some(format!("`{}` is given", by_null.null.as_deref().unwrap_or("?")))
            });
        } else {
            survival.lost_when = Some(format!("`{}` is NULL", first.null.as_deref().unwrap_or("?")));
        }
        true
    }

    fn fails(&self, survival: &mut Survival) {
        let failing = |kind: Kind| {
            let mut runs = self.runs.iter().filter(|run| run.null.is_none() && run.kind == kind).peekable();
            runs.peek()?;
            Some(runs.all(|run| matches!(run.outcome, Outcome::Error(_))))
        };
        let (present, missing) = (failing(Kind::Present), failing(Kind::Missing));
        for state in State::ALL {
            let fails = match state {
                State::Object => missing == Some(true) && present != Some(false),
                State::EmptyObject => failing(Kind::Empty) == Some(true),
                State::SqlNull => failing(Kind::SqlNull) == Some(true),
                State::JsonNull => failing(Kind::JsonNull) == Some(true),
                State::Array => failing(Kind::Array) == Some(true),
                State::Scalar => failing(Kind::Scalar) == Some(true),
            };
            if fails {
                survival.fails_when.push(state);
            }
        }
        if present == Some(true) && missing == Some(false) {
            survival.labels.push("fails-if-present");
        }
        if missing == Some(true) && present == Some(false) {
            survival.labels.push("fails-if-missing");
        }
        survival.why = self.runs.iter().filter(|run| run.null.is_none()).find_map(|run| match &run.outcome {
            Outcome::Error(why) => Some(why.clone()),
            _ => None,
        });
    }

    fn arrays(&self, survival: &mut Survival) {
        for state in State::ALL {
            let grows = |run: &Run| match (&run.outcome, state) {
                (Outcome::Stored(serde_json::Value::Array(items)), State::Array) => {
                    items.len() > 1 && matches!(fate(run), Fate::Kept(_))
                }
                (Outcome::Stored(serde_json::Value::Array(_)), State::Object | State::Scalar) => {
                    matches!(fate(run), Fate::Moved(_))
                }
                (Outcome::Stored(serde_json::Value::Array(items)), State::JsonNull) => {
                    self.holds_old && items.first().is_some_and(serde_json::Value::is_null)
                }
                (Outcome::Stored(serde_json::Value::Array(_)), State::EmptyObject) => {
                    survival.array_when.contains(&State::Object) || self.holds_old && wraps_empty(run)
                }
                _ => false,
            };
            let mut runs = self.runs.iter().filter(|run| run.null.is_none() && run.kind.state() == state);
            if runs.any(grows) {
                survival.array_when.push(state);
            }
        }
    }

    /// What became of the insides of named keys.
    fn insides(&self, named: &super::names::Named, survival: &mut Survival) {
        for run in self.runs.iter().filter(|run| run.kind == Kind::Present) {
            let (Fate::Kept(source), Outcome::Stored(json)) = (fate(run), &run.outcome) else { continue };
            let found = nested(json, named, source);
            survival.labels.extend(found.labels);
            for (from, to) in [(found.lost, &mut survival.nested_lost), (found.opaque, &mut survival.nested_opaque)] {
                for trail in from {
                    let trail = told(&trail);
                    if !to.contains(&trail) {
                        to.push(trail);
                    }
                }
            }
        }
        // A named key that is null becomes an array with that null in it.
        let wraps = self.runs.iter().filter(|run| run.kind == Kind::NamedNull).any(|run| match &run.outcome {
            Outcome::Stored(serde_json::Value::Object(map)) => map
                .values()
                .any(|value| matches!(value, serde_json::Value::Array(items) if items.len() > 1 && items[..1] == [serde_json::Value::Null])),
            _ => false,
        });
        if wraps {
            survival.labels.push("nested-array");
        }
    }

    /// Labels of a document whose siblings are kept.
    fn kept(&self, survival: &mut Survival) {
        let any = |wanted: fn(&Run) -> bool| self.runs.iter().any(wanted);
        if any(|run| run.kind.state() == State::Object && matches!(fate(run), Fate::Moved(_))) {
            survival.labels.push("moved");
        }
        if any(drops_nulls) {
            survival.labels.push("nulls-dropped");
        }
        let keeps_objects = any(|run| run.kind.state() == State::Object && matches!(fate(run), Fate::Kept(_)));
        let replaces = any(|run| {
            run.null.is_none()
                && matches!(run.kind, Kind::Array | Kind::Scalar)
                && matches!((fate(run), &run.outcome), (Fate::Lost, Outcome::Stored(_)))
        });
        if keeps_objects && replaces {
            survival.labels.push("replaces-non-objects");
        }
    }
}

fn wraps_empty(run: &Run) -> bool {
    matches!(&run.outcome, Outcome::Stored(serde_json::Value::Array(items)) if items.contains(&serde_json::json!({})))
}
