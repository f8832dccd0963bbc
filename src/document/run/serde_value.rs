//! Rust programs that edit a `serde_json::Value`: `d["k"] = v`, `Map::insert`, `Map::remove`.

use serde_json::{Map, Value as Json};

use super::step::{Place, position};
use super::value::{Edited, Stop, error};
use crate::document::SetMode;

/// `d["a"]["b"] = v`: creates parents on objects and on JSON null, panics on everything else.
pub(super) fn index_set(mut document: Json, places: &[Place], value: Json, mode: SetMode) -> Edited {
    put(&mut document, places, value, mode)?;
    Ok(Some(document))
}

fn put(node: &mut Json, places: &[Place], value: Json, mode: SetMode) -> Result<(), Stop> {
    let Some((place, rest)) = places.split_first() else {
        match mode {
            SetMode::Append => match node {
                Json::Array(items) => items.push(value),
                _ => return error("the program finds no array here"),
            },
            _ => *node = value,
        }
        return Ok(());
    };
    if node.is_null() && place.key().is_some() && mode != SetMode::Replace {
        *node = Json::Object(Map::new());
    }
    match (node, place) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => {
            let present = map.contains_key(key);
            if rest.is_empty() && ((present && mode == SetMode::Insert) || (!present && mode == SetMode::Replace)) {
                return Ok(());
            }
            if !present && mode == SetMode::Replace {
                return Ok(());
            }
            put(map.entry(key.clone()).or_insert(Json::Null), rest, value, mode)
        }
        (Json::Array(items), Place::Index(index)) => {
            let at = position(*index, items.len());
            match at.and_then(|at| items.get_mut(at)) {
                Some(child) => put(child, rest, value, mode),
                None => error("the program panics where the array is too short"),
            }
        }
        _ => error("the program panics where the document is no object"),
    }
}

/// `as_object_mut()` and `insert`, `entry().or_insert`, `get_mut`: a missing or unfit parent is silently left alone.
pub(super) fn insert(mut document: Json, places: &[Place], value: Json, mode: SetMode) -> Json {
    if mode == SetMode::Append {
        if let Some(Json::Array(items)) = find(&mut document, places) {
            items.push(value);
        }
        return document;
    }
    let Some((last, parents)) = places.split_last() else {
        return value;
    };
    match (find(&mut document, parents), last) {
        (Some(Json::Object(map)), Place::Key(key) | Place::Name(key)) => {
            let present = map.contains_key(key);
            let writes = match mode {
                SetMode::Insert | SetMode::InsertOrFail { .. } => !present,
                SetMode::Replace => present,
                SetMode::Set | SetMode::Append => true,
            };
            if writes {
                map.insert(key.clone(), value);
            }
        }
        (Some(Json::Array(items)), Place::Index(index)) => {
            let at = position(*index, items.len());
            if let Some(item) = at.and_then(|at| items.get_mut(at)) {
                *item = value;
            }
        }
        _ => {}
    }
    document
}

/// `Map::remove`, at any depth.
pub(super) fn remove(mut document: Json, places: &[Place]) -> Json {
    if let Some((last, parents)) = places.split_last() {
        match (find(&mut document, parents), last) {
            (Some(Json::Object(map)), Place::Key(key) | Place::Name(key)) => {
                map.shift_remove(key);
            }
            (Some(Json::Array(items)), Place::Index(index)) => {
                if let Some(at) = position(*index, items.len())
                    && at < items.len()
                {
                    items.remove(at);
                }
            }
            _ => {}
        }
    }
    document
}

fn find<'j>(node: &'j mut Json, places: &[Place]) -> Option<&'j mut Json> {
    places.iter().try_fold(node, |node, place| match (node, place) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => map.get_mut(key),
        (Json::Array(items), Place::Index(index)) => {
            let at = position(*index, items.len())?;
            items.get_mut(at)
        }
        _ => None,
    })
}
