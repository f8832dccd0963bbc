//! What a write has done to an object, seen from outside: which keys are gone that it was not about.

use super::servers::Reply;
use noclobber::document::run::same;
use noclobber::document::survival::Survival;
use serde_json::Value as Json;

/// What a write that is called kept has lost of the object `old`, in words. `outside` are the keys that inputs hold or
/// name: they stand for the `?` of paths, and for what a patch from outside may touch.
pub(crate) fn loses(survival: &Survival, old: &Json, reply: &Reply, outside: &[String]) -> Option<String> {
    let has = |label: &str| survival.labels.contains(&label);
    let patched = has("touches-unknown-keys");
    let new = match reply {
        Reply::Error(_) => return None,
        Reply::Null if all_removed(survival, old) => return None,
        Reply::Null => return Some("the column is NULL".into()),
        Reply::Malformed(_) => return Some("the column holds no JSON".into()),
        // A patch from outside that is no object: told by the label.
        Reply::Stored(new) if patched && !new.is_object() => return None,
        Reply::Stored(new) => new,
    };
    if has("moved") {
        return None;
    }
    let mut meant: Vec<Vec<String>> = survival.touched.iter().chain(&survival.removed).cloned().collect();
    for path in meant.clone() {
        if let Some(at) = path.iter().position(|key| key == "?") {
            meant.extend(outside.iter().map(|key| [&path[..at], std::slice::from_ref(key), &path[at + 1..]].concat()));
        }
    }
    if patched {
        meant.extend(outside.iter().map(|key| vec![key.clone()]));
    }
    let meant: Vec<&[String]> = meant.iter().map(Vec::as_slice).collect();
    let lenient = has("nulls-dropped") || has("scalars-pile-up");
    let lost = lost_key(old, new, &mut vec![], &meant, lenient)?;
    Some(format!("`{}` {}", lost.path.join("."), if lost.changed { "has changed" } else { "is gone" }))
}

/// Whether every key of the object is removed on purpose: nothing is left that could be lost.
fn all_removed(survival: &Survival, old: &Json) -> bool {
    let Json::Object(old) = old else { return false };
    old.keys().all(|key| survival.removed.iter().any(|path| path.as_slice() == std::slice::from_ref(key)))
}

/// A key that is gone or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostKey {
    /// Where it was.
    pub(crate) path: Vec<String>,
    /// It is still there, with another value.
    pub(crate) changed: bool,
}

/// The first key of `old` that is gone or changed in `new` and that no path of `meant` leads to; changes, and keys that
/// were null, do not count when `lenient`.
pub(crate) fn lost_key(
    old: &Json,
    new: &Json,
    at: &mut Vec<String>,
    meant: &[&[String]],
    lenient: bool,
) -> Option<LostKey> {
    let Json::Object(old) = old else { return None };
    for (key, value) in old {
        at.push(key.clone());
        let below = |path: &&[String]| path.starts_with(at) && path.len() > at.len();
        let lost = |changed| Some(LostKey { path: at.clone(), changed });
        let found = if meant.iter().any(|path| at.starts_with(path)) || (lenient && value.is_null()) {
            None
        } else {
            match new.get(key) {
                None => lost(false),
                Some(new) if !value.is_object() && !lenient && !meant.iter().any(below) && !same(value, new) => {
                    lost(true)
                }
                // An ancestor of a touched path that was no object has nothing to keep.
                Some(new) => lost_key(value, new, at, meant, lenient),
            }
        };
        at.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}
