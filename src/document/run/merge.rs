//! Merging documents: PostgreSQL's `||`, RFC 7396, `JSON_MERGE_PRESERVE`; and stripping nulls.

use serde_json::{Map, Value as Json};

/// PostgreSQL's `||`: objects merge at the top level, everything else makes an array.
pub(super) fn concat(left: Json, right: Json) -> Json {
    match (left, right) {
        (Json::Object(mut left), Json::Object(right)) => {
            left.extend(right);
            Json::Object(left)
        }
        (left, right) => {
            let mut items = wrap(left);
            items.append(&mut wrap(right));
            Json::Array(items)
        }
    }
}

fn wrap(json: Json) -> Vec<Json> {
    match json {
        Json::Array(items) => items,
        other => vec![other],
    }
}

/// RFC 7396: keys merge at every depth, a null removes its key, a non-object patch replaces all.
pub(super) fn patch(target: Json, patch_document: Json) -> Json {
    let Json::Object(changes) = patch_document else { return patch_document };
    let mut map = match target {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    for (key, change) in changes {
        if change.is_null() {
            map.shift_remove(&key);
        } else if let Some(slot) = map.get_mut(&key) {
            *slot = patch(slot.take(), change);
        } else {
            map.insert(key, patch(Json::Null, change));
        }
    }
    Json::Object(map)
}

/// `JSON_MERGE_PRESERVE`: equal keys merge, arrays are joined, scalars pile up in arrays.
pub(super) fn preserve(left: Json, right: Json) -> Json {
    match (left, right) {
        (Json::Object(mut left), Json::Object(right)) => {
            for (key, value) in right {
                if let Some(slot) = left.get_mut(&key) {
                    *slot = preserve(slot.take(), value);
                } else {
                    left.insert(key, value);
                }
            }
            Json::Object(left)
        }
        (left, right) => concat(left, right),
    }
}

/// `jsonb_strip_nulls`: null-valued keys go at every depth; nulls in arrays stay.
pub(super) fn strip_nulls(json: &mut Json) {
    match json {
        Json::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(strip_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}
