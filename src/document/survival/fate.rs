//! What became of one witness: where its marks are after a run.

use serde_json::Value as Json;

use super::names::{Named, Trail};
use super::probe::{INPUT_KEY, Run};
use super::soften::OPEN;
use super::witness::{FRESH, INNER, Kind, Source, contains, inner_mark, mark, nulls_kept};
use crate::document::run::Outcome;

/// What became of the part of the old document that no key of the tree names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is where it was.
    Kept(Source),
    /// It is somewhere else.
    Moved(Source),
    /// It is gone.
    Lost,
    /// There was none.
    Nothing,
    /// The column is SQL NULL.
    Null,
    /// The statement fails.
    Failed,
    /// Not decided.
    Unknown,
}

/// The fate of the witness of this run.
pub(super) fn fate(run: &Run) -> Fate {
    let stored = match &run.outcome {
        Outcome::Null => return Fate::Null,
        Outcome::Error(_) => return Fate::Failed,
        Outcome::Unknown(_) => return Fate::Unknown,
        Outcome::Malformed(_) => None,
        Outcome::Stored(json) => Some(json),
    };
    let place = match run.kind {
        Kind::Empty | Kind::SqlNull | Kind::JsonNull => return Fate::Nothing,
        Kind::Array => "element",
        Kind::Scalar => "scalar",
        Kind::Present
        | Kind::Missing
        | Kind::Parents
        | Kind::WithNulls
        | Kind::MissingWithNulls
        | Kind::NamedNull
        | Kind::NamedScalar
        | Kind::Leaves
        | Kind::Subset(_) => "fresh",
    };
    let Some(stored) = stored else { return Fate::Lost };
    for source in [Source::Old, Source::Read] {
        let mark = mark(place, source);
        let in_place = match (place, stored) {
            ("fresh", Json::Object(map)) => map.get(FRESH).is_some_and(|fresh| contains(fresh, &mark)),
            ("element", Json::Array(items)) => items.iter().any(|item| item.as_str() == Some(&mark)),
            ("scalar", Json::String(text)) => *text == mark,
            _ => false,
        };
        if in_place {
            return Fate::Kept(source);
        }
        if contains(stored, &mark) {
            return Fate::Moved(source);
        }
    }
    Fate::Lost
}

/// Whether keys that were null have gone, though the others are kept.
pub(super) fn drops_nulls(run: &Run) -> bool {
    matches!(run.kind, Kind::WithNulls | Kind::MissingWithNulls)
        && matches!(fate(run), Fate::Kept(_))
        && matches!(&run.outcome, Outcome::Stored(json) if !nulls_kept(json))
}

/// What became of the insides of named keys.
#[derive(Debug, Default)]
pub(super) struct Nested {
    /// Replaced by an object with known keys.
    pub(super) lost: Vec<Trail>,
    /// Replaced by a value whose keys are not known.
    pub(super) opaque: Vec<Trail>,
    /// What else: `nested-reset`, `nested-array`, `moved`, `stale-part`; may hold one several times.
    pub(super) labels: Vec<&'static str>,
}

/// Looks for the inner marks of all named keys; for a run on [`Kind::Present`] that keeps the siblings.
pub(super) fn nested(stored: &Json, named: &Named, siblings: Source) -> Nested {
    let mut nested = Nested::default();
    look(stored, Some(stored), named, &mut vec![], siblings, &mut nested);
    nested
}

fn look(stored: &Json, here: Option<&Json>, named: &Named, trail: &mut Trail, siblings: Source, nested: &mut Nested) {
    for (key, below) in &named.keys {
        trail.push(key.clone());
        let value = here.and_then(|here| here.get(key));
        let marks = [Source::Old, Source::Read].map(|source| (source, inner_mark(trail, source)));
        let kept = marks.iter().find(|(_, mark)| {
            let inside = value.and_then(|value| if below.list { value.get(0) } else { value.get(INNER) });
            inside.and_then(Json::as_str) == Some(mark)
        });
        if let Some((source, _)) = kept {
            if *source == Source::Read && siblings == Source::Old {
                nested.labels.push("stale-part");
            }
            look(stored, value, below, trail, siblings, nested);
        } else if marks.iter().any(|(_, mark)| value.is_some_and(|value| contains(value, mark))) {
            nested.labels.push(if matches!(value, Some(Json::Array(_))) { "nested-array" } else { "moved" });
        } else {
            if marks.iter().any(|(_, mark)| contains(stored, mark)) {
                nested.labels.push("moved");
            }
            if let Some(Json::Object(map)) = value {
                if map.is_empty() {
                    nested.labels.push("nested-reset");
                } else if map.contains_key(INNER) {
                    // Another part of the old document was put here.
                    nested.labels.push("moved");
                } else if map.keys().any(|key| key.starts_with(INPUT_KEY) || key == OPEN) {
                    nested.opaque.push(trail.clone());
                } else {
                    nested.lost.push(trail.clone());
                }
            }
        }
        trail.pop();
    }
}

/// The top-level keys of a new document that replaced the old one; `None` when they are not known.
pub(super) fn new_keys(outcome: &Outcome) -> Option<Vec<String>> {
    match outcome {
        Outcome::Stored(Json::Object(map)) => {
            if map.keys().any(|key| key.starts_with(INPUT_KEY) || key.starts_with("~param:") || key == OPEN) {
                return None;
            }
            Some(map.keys().filter(|key| *key != INNER && *key != FRESH).cloned().collect())
        }
        Outcome::Stored(_) | Outcome::Null => Some(vec![]),
        Outcome::Malformed(_) | Outcome::Error(_) | Outcome::Unknown(_) => None,
    }
}
