//! PostgreSQL 13 and later: `jsonb_set` for a key, `||` for a merge.

use super::{Target, Templates, text};
use crate::project::catalog::ColumnKind;

pub(super) struct Postgres;

/// A path literal: `'{a,b}'`; keys that are not plain are quoted.
fn path(keys: &[String]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|key| {
            if text::is_plain(key) && !key.eq_ignore_ascii_case("null") {
                key.clone()
            } else {
                format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
        .collect();
    format!("'{{{}}}'", keys.join(",")).replace('\u{0}', "")
}

impl Postgres {
    /// The column as `jsonb`, never NULL.
    fn base(target: &Target<'_>) -> String {
        let column = Self::column(target);
        if target.nullable { format!("COALESCE({column}, '{{}}')") } else { column }
    }

    fn column(target: &Target<'_>) -> String {
        match target.kind {
            ColumnKind::Json | ColumnKind::TextJson => format!("{}::jsonb", target.column),
            _ => target.column.clone(),
        }
    }

    /// Back to the column's own type.
    fn stored(target: &Target<'_>, value: String, is_call: bool) -> String {
        let cast = match target.kind {
            ColumnKind::Json => "::json",
            ColumnKind::TextJson => "::text",
            _ => return value,
        };
        if is_call { format!("{value}{cast}") } else { format!("({value}){cast}") }
    }
}

impl Templates for Postgres {
    fn set_key(&self, target: &Target<'_>, keys: &[String], value: &str) -> Option<String> {
        if keys.is_empty() || keys.iter().any(|key| key.contains('\'')) {
            return None;
        }
        let mut base = Self::base(target);
        let column = Self::column(target);
        for depth in 1..keys.len() {
            let parent = path(keys.get(..depth)?);
            base = format!("jsonb_set({base}, {parent}, COALESCE({column} #> {parent}, '{{}}'))");
        }
        Some(Self::stored(target, format!("jsonb_set({base}, {}, {value})", path(keys)), true))
    }

    fn bound_json(&self, placeholder: &str) -> String {
        format!("{placeholder}::jsonb")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        let value = if target.kind == ColumnKind::Jsonb { value.to_owned() } else { format!("{value}::jsonb") };
        Self::stored(target, format!("{} || {value}", Self::base(target)), false)
    }
}
