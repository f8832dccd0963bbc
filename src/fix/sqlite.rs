//! SQLite: `json_set` for a key (parents are created), `json_patch` for a merge.

use super::{Target, Templates, mysql};

pub(super) struct Sqlite;

fn base(target: &Target<'_>) -> String {
    if target.nullable { format!("COALESCE({}, '{{}}')", target.column) } else { target.column.clone() }
}

impl Templates for Sqlite {
    fn set(&self, target: &Target<'_>, values: &[(Vec<String>, String)]) -> Option<String> {
        Some(format!("json_set({}, {})", base(target), mysql::pairs(values)?))
    }

    fn bound_json(&self, _: &Target<'_>, placeholder: &str) -> String {
        format!("json({placeholder})")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        format!("json_patch({}, {value})", base(target))
    }

    fn empty(&self) -> &'static str {
        "'{}'"
    }

    fn counted(&self, target: &Target<'_>, keys: &[String], sign: &str, placeholder: &str) -> Option<String> {
        let (column, path) = (&target.column, mysql::path(keys)?);
        Some(format!("COALESCE(json_extract({column}, {path}), 0) {sign} {placeholder}"))
    }

    fn appended(&self, target: &Target<'_>, keys: &[String], element: &str) -> Option<String> {
        // What `$.a[#]` does where there is nothing differs between versions: there is an array first.
        let (base, path) = (base(target), mysql::path(keys)?);
        let end = path.strip_suffix('\'')?;
        Some(format!("json_insert(json_insert({base}, {path}, json('[]')), {end}[#]', {element})"))
    }

    fn merged_below(&self, target: &Target<'_>, keys: &[String], placeholder: &str) -> Option<String> {
        let (column, path) = (&target.column, mysql::path(keys)?);
        Some(format!("json_patch(COALESCE(json_extract({column}, {path}), '{{}}'), {placeholder})"))
    }

    fn without(&self, document: &str, key: &str) -> Option<String> {
        Some(format!("json_remove({document}, {})", mysql::path(&[key.to_owned()])?))
    }
}
