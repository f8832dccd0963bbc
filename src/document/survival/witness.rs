//! The witness states, and the marks in them.

use serde_json::{Map, Value as Json, json};

use super::State;
use super::names::{Named, Trail};

/// The key that stands for all keys that are not named.
pub(super) const FRESH: &str = "~fresh~";
/// The key that stands for everything inside a named key.
pub(super) const INNER: &str = "~inner~";
/// A null inside the fresh key, and a fresh key that is null.
const NULL_INSIDE: &str = "~null-inside~";
const FRESH_NULL: &str = "~fresh-null~";

/// Which witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Every named key is an object with a fresh inner key; an array, where something is put behind its last element.
    Present,
    /// Named keys and their parents are missing.
    Missing,
    /// Parents of named keys are objects, named keys missing.
    Parents,
    /// As `Present`, with nulls inside.
    WithNulls,
    /// As `Missing`, with nulls inside.
    MissingWithNulls,
    /// Named keys are JSON null.
    NamedNull,
    /// Named keys are strings.
    NamedScalar,
    /// Parents of named keys are objects, named keys strings.
    Leaves,
    /// `{}`.
    Empty,
    /// SQL NULL.
    SqlNull,
    /// JSON null.
    JsonNull,
    /// An array.
    Array,
    /// A string.
    Scalar,
    /// The innermost named keys that are there as objects, one bit each; the others are missing.
    Subset(u32),
}

impl Kind {
    const ALL: [Self; 13] = [
        Self::Present,
        Self::Missing,
        Self::Parents,
        Self::WithNulls,
        Self::MissingWithNulls,
        Self::NamedNull,
        Self::NamedScalar,
        Self::Leaves,
        Self::Empty,
        Self::SqlNull,
        Self::JsonNull,
        Self::Array,
        Self::Scalar,
    ];

    /// The state that it stands for.
    pub(super) fn state(self) -> State {
        match self {
            Self::Present
            | Self::Missing
            | Self::Parents
            | Self::WithNulls
            | Self::MissingWithNulls
            | Self::NamedNull
            | Self::NamedScalar
            | Self::Leaves
            | Self::Subset(_) => State::Object,
            Self::Empty => State::EmptyObject,
            Self::SqlNull => State::SqlNull,
            Self::JsonNull => State::JsonNull,
            Self::Array => State::Array,
            Self::Scalar => State::Scalar,
        }
    }
}

/// One old value with marks.
#[derive(Debug)]
pub(super) struct Witness {
    /// Which.
    pub(super) kind: Kind,
    /// What the row holds; `None` is SQL NULL.
    pub(super) old: Option<Json>,
    /// What was read earlier: the same, with other marks.
    pub(super) read: Option<Json>,
}

/// Whose mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The row as it is.
    Old,
    /// An earlier read.
    Read,
}

/// The mark of a place.
pub(super) fn mark(place: &str, source: Source) -> String {
    match source {
        Source::Old => format!("~mark:{place}~"),
        Source::Read => format!("~read:{place}~"),
    }
}

/// The mark inside a named path.
pub(super) fn inner_mark(trail: &[String], source: Source) -> String {
    mark(&trail.join("\u{1f}"), source)
}

/// The witnesses for a document that names these paths, those of other states left out.
pub(super) fn witnesses(named: &Named, states: &[State]) -> Vec<Witness> {
    let nested = named.keys.values().any(|below| !below.keys.is_empty());
    Kind::ALL
        .into_iter()
        .chain(subsets(named))
        .filter(|kind| states.contains(&kind.state()))
        .filter(|kind| match kind {
            // Without names, one with nulls is enough.
            Kind::Present | Kind::MissingWithNulls | Kind::NamedNull | Kind::NamedScalar => !named.keys.is_empty(),
            Kind::Parents | Kind::Leaves => nested,
            _ => true,
        })
        .map(|kind| Witness { kind, old: build(kind, named, Source::Old), read: build(kind, named, Source::Read) })
        .collect()
}

fn build(kind: Kind, named: &Named, source: Source) -> Option<Json> {
    let mut map = Map::new();
    match kind {
        Kind::SqlNull => return None,
        Kind::JsonNull => return Some(Json::Null),
        Kind::Array => return Some(json!([mark("element", source)])),
        Kind::Scalar => return Some(Json::String(mark("scalar", source))),
        Kind::Empty => return Some(Json::Object(map)),
        Kind::Present
        | Kind::Missing
        | Kind::Parents
        | Kind::NamedNull
        | Kind::NamedScalar
        | Kind::Leaves
        | Kind::Subset(_) => {
            map.insert(FRESH.into(), Json::String(mark("fresh", source)));
        }
        Kind::WithNulls | Kind::MissingWithNulls => {
            map.insert(FRESH.into(), json!({ INNER: mark("fresh", source), NULL_INSIDE: null }));
            map.insert(FRESH_NULL.into(), Json::Null);
        }
    }
    match kind {
        Kind::Present | Kind::WithNulls => add(&mut map, named, &mut vec![], source, Leaf::Object),
        Kind::Parents => add(&mut map, named, &mut vec![], source, Leaf::Missing),
        Kind::NamedNull => map.extend(named.keys.keys().map(|key| (key.clone(), Json::Null))),
        Kind::NamedScalar => {
            map.extend(
                named.keys.keys().map(|key| (key.clone(), Json::String(inner_mark(std::slice::from_ref(key), source)))),
            );
        }
        Kind::Subset(bits) => {
            for (bit, trail) in leaves(named).iter().enumerate() {
                if bits >> bit & 1 == 1 {
                    plant(&mut map, named, trail, source);
                }
            }
        }
        Kind::Leaves => add(&mut map, named, &mut vec![], source, Leaf::Scalar),
        _ => {}
    }
    Some(Json::Object(map))
}

/// Up to so many innermost keys, all of their subsets are run; up to `MAX_SINGLES` each alone and all but each.
const MAX_SUBSETS: usize = 4;
const MAX_SINGLES: usize = 12;

/// The innermost named paths.
fn leaves(named: &Named) -> Vec<Trail> {
    fn collect(named: &Named, trail: &mut Trail, found: &mut Vec<Trail>) {
        for (key, below) in &named.keys {
            trail.push(key.clone());
            if below.keys.is_empty() {
                found.push(trail.clone());
            } else {
                collect(below, trail, found);
            }
            trail.pop();
        }
    }
    let mut found = Vec::new();
    collect(named, &mut vec![], &mut found);
    found
}

/// Which innermost keys are there, neither all of them nor none.
fn subsets(named: &Named) -> Vec<Kind> {
    let count = leaves(named).len();
    let all = (1_u32 << count.min(MAX_SINGLES)) - 1;
    if count <= MAX_SUBSETS {
        (1..all).map(Kind::Subset).collect()
    } else if count <= MAX_SINGLES {
        (0..count).flat_map(|bit| [Kind::Subset(1 << bit), Kind::Subset(all & !(1 << bit))]).collect()
    } else {
        vec![]
    }
}

/// Puts an object, or an array where there is to be one, with an inner mark at every step of `trail`.
fn plant(map: &mut Map<String, Json>, named: &Named, trail: &[String], source: Source) {
    let (mut map, mut named) = (map, Some(named));
    for (depth, key) in trail.iter().enumerate() {
        named = named.and_then(|named| named.keys.get(key));
        let mark = inner_mark(&trail[..=depth], source);
        let list = named.is_some_and(|named| named.list);
        let here = map.entry(key.clone()).or_insert_with(|| if list { json!([mark]) } else { json!({ INNER: mark }) });
        let Json::Object(inside) = here else { return };
        map = inside;
    }
}

/// What a named key is that has no named key below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Object,
    Missing,
    Scalar,
}

fn add(map: &mut Map<String, Json>, named: &Named, trail: &mut Vec<String>, source: Source, leaf: Leaf) {
    for (key, below) in &named.keys {
        if leaf == Leaf::Missing && below.keys.is_empty() {
            continue;
        }
        trail.push(key.clone());
        if leaf == Leaf::Scalar && below.keys.is_empty() {
            map.insert(key.clone(), Json::String(inner_mark(trail, source)));
            trail.pop();
            continue;
        }
        if below.list {
            map.insert(key.clone(), json!([inner_mark(trail, source)]));
            trail.pop();
            continue;
        }
        let mut inside = Map::new();
        inside.insert(INNER.into(), Json::String(inner_mark(trail, source)));
        add(&mut inside, below, trail, source, leaf);
        map.insert(key.clone(), Json::Object(inside));
        trail.pop();
    }
}

/// Whether the nulls of [`Kind::WithNulls`] and [`Kind::MissingWithNulls`] are still there, given that the fresh key is.
pub(super) fn nulls_kept(stored: &Json) -> bool {
    stored.get(FRESH_NULL).is_some() && stored.get(FRESH).is_some_and(|fresh| fresh.get(NULL_INSIDE).is_some())
}

/// Whether the text occurs in a key or a string of `json`.
pub(super) fn contains(json: &Json, text: &str) -> bool {
    match json {
        Json::String(string) => string.contains(text),
        Json::Array(items) => items.iter().any(|item| contains(item, text)),
        Json::Object(map) => map.iter().any(|(key, value)| key.contains(text) || contains(value, text)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
