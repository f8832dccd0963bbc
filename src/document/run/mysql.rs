//! MySQL and MariaDB: `JSON_SET`, `JSON_INSERT`, `JSON_REPLACE`, `JSON_ARRAY_APPEND`, `JSON_ARRAY_INSERT`, `JSON_REMOVE`.
//!
//! Measured on MariaDB 10.11; MySQL differs where its manual says so.

use serde_json::Value as Json;

use super::step::{Place, position};
use super::value::{Edited, error};
use crate::document::{Family, SetMode};

/// The node at `places`; an index 0 on something that is not an array means the thing itself.
fn find<'j>(node: &'j mut Json, places: &[Place]) -> Option<&'j mut Json> {
    places.iter().try_fold(node, |node, place| match (node, place) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => map.get_mut(key),
        (Json::Array(items), Place::Index(index)) => {
            let at = position(*index, items.len())?;
            items.get_mut(at)
        }
        (
            node @ (Json::Object(_) | Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null),
            Place::Index(0),
        ) => Some(node),
        _ => None,
    })
}

/// Puts `value` at `places`.
pub(super) fn set(mut document: Json, places: &[Place], value: Json, mode: SetMode, family: Family) -> Option<Json> {
    if places.contains(&Place::Null) {
        return None;
    }
    if mode == SetMode::Append {
        return match find(&mut document, places) {
            Some(Json::Array(items)) => {
                items.push(value);
                Some(document)
            }
            Some(other) => {
                *other = Json::Array(vec![other.take(), value]);
                Some(document)
            }
            // MySQL ignores the path, MariaDB gives NULL.
            None => (family == Family::MySql).then_some(document),
        };
    }
    let Some((last, parents)) = places.split_last() else {
        return Some(if mode == SetMode::Insert { document } else { value });
    };
    let (creates, replaces) = (mode != SetMode::Replace, mode != SetMode::Insert);
    let Some(parent) = find(&mut document, parents) else { return Some(document) };
    match (parent, last) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => {
            let present = map.contains_key(key);
            if (present && replaces) || (!present && creates) {
                map.insert(key.clone(), value);
            }
        }
        (Json::Array(items), Place::Index(index)) => {
            let at = position(*index, items.len());
            match at.and_then(|at| items.get_mut(at)) {
                // JSON_ARRAY_INSERT moves the others up.
                Some(_) if matches!(mode, SetMode::InsertOrFail { .. }) => items.insert(at.unwrap_or(0), value),
                Some(item) if replaces => *item = value,
                None if creates && at.is_some() => items.push(value),
                _ => {}
            }
        }
        (Json::Array(items), Place::End) if creates => items.push(value),
        (Json::Array(_), _) | (_, Place::Key(_) | Place::Name(_)) => {}
        (_, Place::Index(_)) if matches!(mode, SetMode::InsertOrFail { .. }) => {}
        // Something that is not an array counts as an array of one.
        (node, Place::Index(0)) if replaces => *node = value,
        (node, Place::Index(index)) if creates && *index > 0 => *node = Json::Array(vec![node.take(), value]),
        _ => {}
    }
    Some(document)
}

/// Takes out what stands at `places`.
pub(super) fn remove(mut document: Json, places: &[Place]) -> Edited {
    if places.contains(&Place::Null) {
        return Ok(None);
    }
    let Some((last, parents)) = places.split_last() else {
        return error("path expression '$' is not allowed in json_remove");
    };
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
    Ok(Some(document))
}
