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
        } else if key.contains(['\'', '"', '\\']) || key.starts_with('-') {
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
    fn set_key(&self, target: &Target<'_>, keys: &[String], value: &str) -> Option<String> {
        let mut base = base(target);
        if keys.len() > 1 {
            let mut parents = Vec::new();
            for depth in 1..keys.len() {
                parents.push(format!("{}, JSON_OBJECT()", path(keys.get(..depth)?)?));
            }
            base = format!("JSON_INSERT({base}, {})", parents.join(", "));
        }
        Some(format!("JSON_SET({base}, {}, {value})", path(keys)?))
    }

    fn bound_json(&self, placeholder: &str) -> String {
        format!("JSON_EXTRACT({placeholder}, '$')")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        format!("JSON_MERGE_PATCH({}, {value})", base(target))
    }
}
