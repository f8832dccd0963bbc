//! SQLite: `json_set`, `json_insert`, `json_replace`, `json_remove`. Measured on 3.40.1 and 3.54.1.

use serde_json::{Map, Value as Json};

use super::step::{Place, position};
use crate::document::SetMode;

/// Puts `value` at `places`; parents are created, things of the wrong type are left alone.
pub(super) fn set(mut document: Json, places: &[Place], value: Json, mode: SetMode) -> Json {
    if !places.contains(&Place::Null) {
        put(&mut document, places, value, mode);
    }
    document
}

fn put(node: &mut Json, places: &[Place], value: Json, mode: SetMode) {
    let Some((place, rest)) = places.split_first() else {
        if mode == SetMode::Append {
            if let Json::Array(items) = node {
                items.push(value);
            }
        } else if !matches!(mode, SetMode::Insert | SetMode::InsertOrFail { .. }) {
            *node = value;
        }
        return;
    };
    let creates = mode != SetMode::Replace && mode != SetMode::Append;
    match (node, place) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => {
            if let Some(child) = map.get_mut(key) {
                put(child, rest, value, mode);
            } else if creates && let Some(grown) = grow(rest, value) {
                map.insert(key.clone(), grown);
            }
        }
        (Json::Array(items), Place::Index(_) | Place::End) => {
            let at = match place {
                Place::Index(index) => position(*index, items.len()),
                _ => Some(items.len()),
            };
            if let Some(child) = at.and_then(|at| items.get_mut(at)) {
                put(child, rest, value, mode);
            } else if creates
                && at == Some(items.len())
                && let Some(grown) = grow(rest, value)
            {
                items.push(grown);
            }
        }
        _ => {}
    }
}

/// What is created below a missing parent; `None` when the path cannot be created (`[3]` of a new array).
fn grow(places: &[Place], value: Json) -> Option<Json> {
    let Some((place, rest)) = places.split_first() else { return Some(value) };
    let inner = grow(rest, value)?;
    match place {
        Place::Key(key) | Place::Name(key) => {
            let mut map = Map::new();
            map.insert(key.clone(), inner);
            Some(Json::Object(map))
        }
        Place::Index(0) | Place::End => Some(Json::Array(vec![inner])),
        Place::Index(_) | Place::Null => None,
    }
}

/// Takes out what stands at `places`; the root gives NULL.
pub(super) fn remove(mut document: Json, places: &[Place]) -> Option<Json> {
    if places.contains(&Place::Null) {
        return None;
    }
    let (last, parents) = places.split_last()?;
    let mut node = &mut document;
    for place in parents {
        let child = match (node, place) {
            (Json::Object(map), Place::Key(key) | Place::Name(key)) => map.get_mut(key),
            (Json::Array(items), Place::Index(index)) => {
                let at = position(*index, items.len());
                at.and_then(|at| items.get_mut(at))
            }
            _ => None,
        };
        match child {
            Some(child) => node = child,
            None => return Some(document),
        }
    }
    match (node, last) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => {
            map.shift_remove(key);
        }
        (Json::Array(items), Place::Index(index)) => {
            if let Some(at) = position(*index, items.len())
                && at < items.len()
            {
                items.remove(at);
            }
        }
        _ => {}
    }
    Some(document)
}
