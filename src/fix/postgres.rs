//! PostgreSQL 13 and later: `jsonb_set` for a key, `||` for a merge.

use super::{Target, Templates, text};
use crate::project::catalog::ColumnKind;

pub(super) struct Postgres;

/// A path literal: `'{a,b}'`; keys that are not plain are quoted.
pub(super) fn path(keys: &[String]) -> String {
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
    // With `standard_conforming_strings`, the default since 9.1, only the quote is special in the literal itself.
    format!("'{{{}}}'", keys.join(",").replace('\'', "''"))
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

    /// What is at a path, or this where there is nothing or JSON null.
    pub(super) fn part(column: &str, path: &str, empty: &str) -> String {
        format!("COALESCE(NULLIF({column} #> {path}, 'null'), '{empty}')")
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
    fn set(&self, target: &Target<'_>, values: &[(Vec<String>, String)]) -> Option<String> {
        let mut base = Self::base(target);
        let column = Self::column(target);
        let mut parents: Vec<&[String]> = vec![];
        for (keys, value) in values {
            if keys.is_empty() || keys.iter().any(|key| key.contains('\0')) {
                return None;
            }
            for depth in 1..keys.len() {
                let parent = keys.get(..depth)?;
                if !parents.contains(&parent) {
                    let path = path(parent);
                    base = format!("jsonb_set({base}, {path}, {})", Self::part(&column, &path, "{}"));
                    parents.push(parent);
                }
            }
            base = format!("jsonb_set({base}, {}, {value})", path(keys));
        }
        Some(Self::stored(target, base, true))
    }

    fn bound_json(&self, target: &Target<'_>, placeholder: &str) -> String {
        // A text stays a text for the driver and for the macros that check types.
        let text = if target.kind == ColumnKind::TextJson { "::text" } else { "" };
        format!("{placeholder}{text}::jsonb")
    }

    fn merge(&self, target: &Target<'_>, value: &str) -> String {
        let value = text::as_json(value, target.kind);
        Self::stored(target, format!("{} || {value}", Self::base(target)), false)
    }

    fn empty(&self) -> &'static str {
        "'{}'"
    }

    fn counted(&self, target: &Target<'_>, keys: &[String], sign: &str, placeholder: &str) -> Option<String> {
        let (column, path) = (Self::column(target), path(keys));
        Some(format!("to_jsonb(COALESCE(({column} #>> {path})::bigint, 0) {sign} {placeholder}::bigint)"))
    }

    fn appended(&self, target: &Target<'_>, keys: &[String], element: &str) -> Option<String> {
        let (column, path) = (Self::column(target), path(keys));
        let array = format!("{} || jsonb_build_array({element})", Self::part(&column, &path, "[]"));
        self.set(target, &[(keys.to_vec(), array)])
    }

    fn merged_below(&self, target: &Target<'_>, keys: &[String], placeholder: &str) -> Option<String> {
        let (column, json) = (Self::column(target), self.bound_json(target, placeholder));
        Some(format!("{} || {json}", Self::part(&column, &path(keys), "{}")))
    }

    fn without(&self, document: &str, key: &str) -> Option<String> {
        // Between two values of unknown type the operator would not be found.
        let typed = if text::placeholder(document) == Some(document) { "::jsonb" } else { "" };
        text::is_plain(key).then(|| format!("{document}{typed} - '{key}'"))
    }
}
