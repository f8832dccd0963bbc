//! SQLite: `json_set` for a key (parents are created), `json_patch` for a merge.

use super::{Target, Templates, mysql};

pub(super) struct Sqlite;

fn base(target: &Target<'_>) -> String {
    if target.nullable { format!("COALESCE({}, '{{}}')", target.column) } else { target.column.clone() }
}

impl Templates for Sqlite {
    fn set_key(&self, target: &Target<'_>, keys: &[String], value: &str) -> Option<String> {
        Some(format!("json_set({}, {}, {value})", base(target), mysql::path(keys)?))
    }

    fn bound_json(&self, placeholder: &str) -> String {
        format!("json({placeholder})")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        format!("json_patch({}, {value})", base(target))
    }
}
