//! PostgreSQL: `jsonb_set`, `jsonb_insert`, `#-`, `-` and subscripted assignment.

use serde_json::{Map, Value as Json};

use super::step::Place;
use super::value::{Edited, Stop, error};

/// What happens at the end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit<'v> {
    /// `jsonb_set(.., true)`.
    Create(&'v Json),
    /// `jsonb_set(.., false)`.
    Replace(&'v Json),
    /// `jsonb_insert`; on arrays before the element, or after it.
    Insert { value: &'v Json, after: bool },
    /// Present is left alone, missing is created (no function of the server, but `CASE` forms are read as this).
    IfMissing(&'v Json),
    /// `c[..] = v`: parents are created, gaps filled.
    Subscript(&'v Json),
    /// `#-`.
    Delete,
}

impl<'v> Edit<'v> {
    /// The value to create where nothing is, if this edit creates.
    fn created(self) -> Option<&'v Json> {
        match self {
            Self::Create(value) | Self::Insert { value, .. } | Self::IfMissing(value) | Self::Subscript(value) => {
                Some(value)
            }
            Self::Replace(_) | Self::Delete => None,
        }
    }
}

/// The longest array that filling gaps may make; the server would go on, a linter need not.
const MAX_FILL: usize = 10_000;

/// Applies `edit` at `places` of `document`.
pub(super) fn edit(mut document: Json, places: &[Place], edit: Edit<'_>) -> Edited {
    if !matches!(document, Json::Object(_) | Json::Array(_)) {
        return error(match edit {
            Edit::Delete => "cannot delete path in scalar",
            Edit::Subscript(_) => "cannot replace existing key",
            _ => "cannot set path in scalar",
        });
    }
    if places.is_empty() {
        return Ok(Some(document));
    }
    let empty = match &document {
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    };
    if empty && edit.created().is_none() {
        return Ok(Some(document));
    }
    walk(&mut document, places, 1, edit)?;
    Ok(Some(document))
}

fn walk(node: &mut Json, places: &[Place], level: usize, edit: Edit<'_>) -> Result<(), Stop> {
    let Some((place, rest)) = places.split_first() else { return Ok(()) };
    if *place == Place::Null {
        return error(format!("path element at position {level} is null"));
    }
    match node {
        Json::Object(map) => walk_object(map, &place.text(), rest, level, edit),
        Json::Array(items) => walk_array(items, &place.text(), rest, level, edit),
        _ if matches!(edit, Edit::Subscript(_)) => {
            error("cannot replace existing key: the path assumes a composite object, but there is a scalar")
        }
        _ => Ok(()),
    }
}

fn walk_object(
    map: &mut Map<String, Json>,
    key: &str,
    rest: &[Place],
    level: usize,
    edit: Edit<'_>,
) -> Result<(), Stop> {
    if let Some(child) = map.get_mut(key) {
        if !rest.is_empty() {
            return walk(child, rest, level + 1, edit);
        }
        match edit {
            Edit::Create(value) | Edit::Replace(value) | Edit::Subscript(value) => *child = value.clone(),
            Edit::Insert { .. } => return error("cannot replace existing key"),
            Edit::IfMissing(_) => {}
            Edit::Delete => {
                map.shift_remove(key);
            }
        }
        return Ok(());
    }
    if let Some(value) = edit.created() {
        if rest.is_empty() {
            map.insert(key.to_owned(), value.clone());
        } else if matches!(edit, Edit::Subscript(_)) {
            map.insert(key.to_owned(), grow(rest, level + 1, value)?);
        }
    }
    Ok(())
}

fn walk_array(items: &mut Vec<Json>, text: &str, rest: &[Place], level: usize, edit: Edit<'_>) -> Result<(), Stop> {
    let Ok(index) = text.parse::<i32>() else {
        return error(format!("path element at position {level} is not an integer"));
    };
    let subscript = matches!(edit, Edit::Subscript(_));
    let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    let at = if index >= 0 {
        Some(back)
    } else if let Some(at) = items.len().checked_sub(back) {
        Some(at)
    } else if subscript {
        return error(format!("path element at position {level} is out of range"));
    } else {
        None
    };
    if let Some(child) = at.and_then(|at| items.get_mut(at)) {
        if !rest.is_empty() {
            return walk(child, rest, level + 1, edit);
        }
        let at = at.unwrap_or(0);
        match edit {
            Edit::Create(value) | Edit::Replace(value) | Edit::Subscript(value) => *child = value.clone(),
            Edit::Insert { value, after } => items.insert(at + usize::from(after), value.clone()),
            Edit::IfMissing(_) => {}
            Edit::Delete => {
                items.remove(at);
            }
        }
        return Ok(());
    }
    let Some(value) = edit.created() else { return Ok(()) };
    let value = if rest.is_empty() {
        value.clone()
    } else if subscript {
        grow(rest, level + 1, value)?
    } else {
        return Ok(());
    };
    match at {
        None => items.insert(0, value),
        Some(at) => {
            if subscript {
                fill(items, at)?;
            }
            items.push(value);
        }
    }
    Ok(())
}

/// What a subscripted assignment creates below a missing parent: arrays for steps that look like integers.
fn grow(places: &[Place], level: usize, value: &Json) -> Result<Json, Stop> {
    let Some((place, rest)) = places.split_first() else { return Ok(value.clone()) };
    if *place == Place::Null {
        return error(format!("path element at position {level} is null"));
    }
    let inner = grow(rest, level + 1, value)?;
    let text = place.text();
    if let Ok(index) = text.parse::<i32>() {
        let mut items = Vec::new();
        fill(&mut items, usize::try_from(index).unwrap_or(0))?;
        items.push(inner);
        return Ok(Json::Array(items));
    }
    let mut map = Map::new();
    map.insert(text, inner);
    Ok(Json::Object(map))
}

fn fill(items: &mut Vec<Json>, len: usize) -> Result<(), Stop> {
    if len > MAX_FILL {
        return Err(Stop::Unknown("the array would become very long".into()));
    }
    while items.len() < len {
        items.push(Json::Null);
    }
    Ok(())
}

/// `c - keys`.
pub(super) fn remove_keys(mut document: Json, keys: &[String]) -> Edited {
    match &mut document {
        Json::Object(map) => map.retain(|key, _| !keys.contains(key)),
        Json::Array(items) => items.retain(|item| !matches!(item, Json::String(text) if keys.contains(text))),
        _ => return error("cannot delete from scalar"),
    }
    Ok(Some(document))
}

/// `c - 0`.
pub(super) fn remove_index(mut document: Json, index: i64) -> Edited {
    match &mut document {
        Json::Object(_) => return error("cannot delete from object using integer index"),
        Json::Array(items) => {
            if let Some(at) = super::step::position(index, items.len())
                && at < items.len()
            {
                items.remove(at);
            }
        }
        _ => return error("cannot delete from scalar"),
    }
    Ok(Some(document))
}
