//! MySQL and MariaDB: `JSON_SET` for a key, `JSON_MERGE_PATCH` for a merge.

use super::{Target, Templates, text};

pub(super) struct Mysql;

/// A path: `'$.a.b'`; keys that are not plain are quoted.
pub(super) fn path(keys: &[String]) -> Option<String> {
    let mut path = String::from("'$");
    for key in keys {
        path.push('.');
        if text::is_plain(key) {
            path.push_str(key);
        } else if key.is_empty()
            || key.contains(['\'', '"', '\\', '?', '$', ':'])
            || key.contains(char::is_control)
            || key.starts_with('-')
        {
            // No spelling of such a key was right on every version that was run.
            return None;
        } else {
            path.push('"');
            path.push_str(key);
            path.push('"');
        }
    }
    path.push('\'');
    Some(path)
}

fn base(target: &Target<'_>) -> String {
    if target.nullable { format!("COALESCE({}, JSON_OBJECT())", target.column) } else { target.column.clone() }
}

impl Templates for Mysql {
    fn set(&self, target: &Target<'_>, values: &[(Vec<String>, String)]) -> Option<String> {
        let mut base = base(target);
        let mut parents = Vec::new();
        for (keys, _) in values {
            for depth in 1..keys.len() {
                let parent = format!("{}, JSON_OBJECT()", path(keys.get(..depth)?)?);
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
        }
        if !parents.is_empty() {
            base = format!("JSON_INSERT({base}, {})", parents.join(", "));
        }
        Some(format!("JSON_SET({base}, {})", pairs(values)?))
    }

    fn bound_json(&self, _: &Target<'_>, placeholder: &str) -> String {
        format!("JSON_EXTRACT({placeholder}, '$')")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        format!("JSON_MERGE_PATCH({}, {value})", base(target))
    }

    fn empty(&self) -> &'static str {
        "JSON_OBJECT()"
    }

    fn counted(&self, target: &Target<'_>, keys: &[String], sign: &str, placeholder: &str) -> Option<String> {
        let (column, path) = (&target.column, path(keys)?);
        Some(format!("CAST(COALESCE(JSON_VALUE({column}, {path}), 0) AS SIGNED) {sign} {placeholder}"))
    }

    fn appended(&self, target: &Target<'_>, keys: &[String], element: &str) -> Option<String> {
        let (column, path) = (&target.column, path(keys)?);
        let array =
            format!("JSON_ARRAY_APPEND(COALESCE(JSON_EXTRACT({column}, {path}), JSON_ARRAY()), '$', {element})");
        self.set(target, &[(keys.to_vec(), array)])
    }

    fn merged_below(&self, target: &Target<'_>, keys: &[String], placeholder: &str) -> Option<String> {
        let (column, path) = (&target.column, path(keys)?);
        Some(format!("JSON_MERGE_PATCH(COALESCE(JSON_EXTRACT({column}, {path}), JSON_OBJECT()), {placeholder})"))
    }

    fn without(&self, document: &str, key: &str) -> Option<String> {
        Some(format!("JSON_REMOVE({document}, {})", path(&[key.to_owned()])?))
    }
}

/// Paths and values as arguments.
pub(super) fn pairs(values: &[(Vec<String>, String)]) -> Option<String> {
    let mut pairs = vec![];
    for (keys, value) in values {
        if keys.is_empty() {
            return None;
        }
        pairs.push(format!("{}, {value}", path(keys)?));
    }
    Some(pairs.join(", "))
}
