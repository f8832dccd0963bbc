//! Which keys a literal names: a path of one of the databases, or a JSON document that is compared. Never sees columns.

use serde_json::Value;

/// More nesting of a document that is compared is not followed.
const MAX_DEPTH: usize = 16;

/// The keys of a path as `->` and its functions take it: `a`, `$.a.b`, `$."a b"[0]`. They end where an array begins.
pub(super) fn of_path(path: &str) -> Vec<String> {
    let path = path.trim();
    let path = ["lax ", "strict "].iter().find_map(|mode| path.strip_prefix(mode)).unwrap_or(path).trim_start();
    let Some(mut rest) = path.strip_prefix('$') else {
        return if path.is_empty() { vec![] } else { vec![path.to_owned()] };
    };
    let mut keys = vec![];
    while let Some(step) = rest.strip_prefix('.') {
        if let Some(quoted) = step.strip_prefix('"') {
            let Some((key, after)) = quoted.split_once('"') else { break };
            keys.push(key.to_owned());
            rest = after;
        } else {
            let end =
                step.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '$')).unwrap_or(step.len());
            let (key, after) = step.split_at(end);
            // `$.a.size()` is a method, `$.*` any key.
            if key.is_empty() || after.starts_with('(') {
                break;
            }
            keys.push(key.to_owned());
            rest = after;
        }
    }
    keys
}

/// The keys of a PostgreSQL path literal: `{a,b}`.
pub(super) fn of_array(literal: &str) -> Vec<String> {
    let Some(inner) = literal.trim().strip_prefix('{').and_then(|l| l.strip_suffix('}')) else { return vec![] };
    let keys = inner.split(',').map(|key| key.trim().trim_matches('"').to_owned());
    keys.filter(|key| !key.is_empty()).collect()
}

/// The paths to the keys of a JSON document that a column is compared with; `None` when it is no object or array.
pub(super) fn of_document(text: &str) -> Option<Vec<Vec<String>>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut paths = vec![];
    match &value {
        Value::Object(_) => collect(&value, &mut vec![], &mut paths),
        Value::Array(_) => {}
        _ => return None,
    }
    Some(paths)
}

fn collect(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(map) if !map.is_empty() && path.len() < MAX_DEPTH => {
            for (key, inner) in map {
                path.push(key.clone());
                collect(inner, path, paths);
                path.pop();
            }
        }
        _ => paths.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_every_database_give_their_keys() {
        for (path, keys) in [
            ("a", vec!["a"]),
            ("$.a.b", vec!["a", "b"]),
            ("$.\"a b\".c", vec!["a b", "c"]),
            ("$.a[0].b", vec!["a"]),
            ("$[0].a", vec![]),
            ("lax $.tags[*] ? (@ > 2)", vec!["tags"]),
            ("$.a.size()", vec!["a"]),
            ("$", vec![]),
        ] {
            assert_eq!(of_path(path), keys, "{path}");
        }
        assert_eq!(of_array("{a, \"b c\"}"), ["a", "b c"]);
        assert_eq!(of_document(r#"{"a":{"b":1},"c":[]}"#), Some(vec![vec!["a".into(), "b".into()], vec!["c".into()]]));
        assert_eq!(of_document("{a,b}"), None);
        assert_eq!(of_document("3"), None);
    }
}
