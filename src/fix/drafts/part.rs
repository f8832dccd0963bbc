//! Edits of a part of the document that go wrong: a NULL that wipes the rest, a nested object that is replaced, a value
//! that never arrives, a dot that is no path.

use super::{Case, json_input};
use crate::document::survival::{Lands, NullWhen};
use crate::document::{Document, MergeHow};
use crate::fix::suggestion::Applicability;
use crate::fix::{Draft, Rebound, bound_text, rebind, templates, text};
use crate::frontend::sql::Dialect;
use crate::project::catalog::ColumnKind;

pub(super) fn null_wipe(case: &Case<'_>) -> Vec<Draft> {
    let reasons = &case.write.survival.null_when;
    if reasons.contains(&NullWhen::Always) {
        return vec![];
    }
    let value = format!("COALESCE({}, {})", case.value, case.target.column);
    // Nothing else changes: where the result was a document, it is the same document.
    let whole = reasons.iter().all(|reason| matches!(reason, NullWhen::Input { .. } | NullWhen::KeyMissing));
    let applicability = if whole { Applicability::Safe } else { Applicability::Unsafe };
    vec![case.assigns("keep the old document when the result is NULL", applicability, &value)]
}

pub(super) fn nested(case: &Case<'_>) -> Vec<Draft> {
    let write = case.write;
    let templates = templates(write.dialect);
    if let Document::Merge { right, how: MergeHow::Concat, .. } = &write.value
        && let Document::Known(serde_json::Value::Object(map)) = &**right
    {
        let leaves = text::leaves(map).into_iter().map(|(path, leaf)| {
            let literal = format!("'{}'", leaf.to_string().replace('\'', "''"));
            (path, literal)
        });
        let leaves: Vec<(Vec<String>, String)> = leaves.collect();
        let title = if leaves.len() == 1 {
            "set the innermost key and keep its siblings"
        } else {
            "set the innermost keys and keep their siblings"
        };
        let value = templates.set(&case.target, &leaves);
        return value.map(|value| case.assigns(title, Applicability::Unsafe, &value)).into_iter().collect();
    }
    if write.dialect != Dialect::Postgres || write.column.kind != ColumnKind::Jsonb {
        return vec![];
    }
    let Some((name, arguments)) = text::call(case.value) else { return vec![] };
    let [base, path, new, rest @ ..] = arguments.as_slice() else { return vec![] };
    if !name.eq_ignore_ascii_case("jsonb_set") || rest.len() > 1 {
        return vec![];
    }
    let old = crate::fix::postgres::Postgres::part(&case.target.column, path, "{}");
    let part = format!("{old} || {}", text::operand(new));
    let value = [&[*base, *path, part.as_str()], rest].concat().join(", ");
    let value = format!("{name}({value})");
    let title = "merge into the nested object instead of replacing it";
    vec![case.assigns(title, Applicability::Unsafe, &value), case.assigns(title, Applicability::Display, &value)]
}

pub(super) fn lost_write(case: &Case<'_>) -> Vec<Draft> {
    let write = case.write;
    let dialect = write.dialect;
    let new = |title, applicability, value: &str| vec![case.assigns(title, applicability, value)];
    match write.survival.lands {
        Lands::OnlyIfMissing => {
            let Some((left, _)) = text::split_concat(case.value) else { return vec![] };
            let value = templates(dialect).merge(&case.target, left);
            new("put the new document on the right, where it wins", Applicability::Unsafe, &value)
        }
        Lands::OnlyIfNotNull => {
            let Some((name, arguments)) = text::call(case.value) else {
                let Some((left, right)) = text::split_concat(case.value) else { return vec![] };
                let value = format!("COALESCE({left}, {}) || {right}", templates(dialect).empty());
                return new("start from an empty object where the column is NULL", Applicability::Unsafe, &value);
            };
            let [base, rest @ ..] = arguments.as_slice() else { return vec![] };
            let empty = templates(dialect).empty();
            let value = format!("{name}(COALESCE({base}, {empty}), {})", rest.join(", "));
            new("start from an empty object where the column is NULL", Applicability::Unsafe, &value)
        }
        Lands::OnlyIfParent => {
            let Some((name, arguments)) = text::call(case.value) else { return vec![] };
            let [_, path, payload] = arguments.as_slice() else { return vec![] };
            if !name.to_ascii_lowercase().ends_with("_set") {
                return vec![];
            }
            let Some(path) = text::path_literal(path, dialect) else { return vec![] };
            let value = templates(dialect).set(&case.target, &[(path, (*payload).to_owned())]);
            value.map_or(vec![], |value| new("create the parent object first", Applicability::Unsafe, &value))
        }
        // The operator for a text removes a key of that very name: a program that is right has no use for it.
        Lands::Never | Lands::NoPayload if dialect == Dialect::Postgres && case.value.trim_end().ends_with("}'") => {
            new("name the keys as a text array", Applicability::Safe, &format!("{}::text[]", case.value.trim_end()))
        }
        _ => vec![],
    }
}

/// `SET "data.phone" = $1`: the path goes into a function, and the value is bound as JSON.
pub(super) fn dotted_target(case: &Case<'_>) -> Vec<Draft> {
    const TITLE: &str = "name the path in a JSON function, and bind the value as JSON";
    let templates = templates(case.write.dialect);
    let Some(dotted) = case.write.dotted.as_deref() else { return vec![] };
    let path: Vec<String> = dotted.split('.').skip(1).map(str::to_owned).collect();
    let value = text::placeholder(case.value).unwrap_or(case.value);
    let json = templates.bound_json(&case.target, value);
    let Some(new) = templates.set(&case.target, &[(path, json)]) else { return vec![] };
    let assignment = format!("{} = {new}", case.target.column);
    let mut drafts = vec![];
    if let Some((placeholder, bind)) = case.sole_bind()
        && case.is_used_once(&placeholder)
    {
        let (_, expression) = bound_text(case.write, bind, case.fixer.files);
        let whole = rebind::Rebind { range: 0..expression.len(), text: format!("serde_json::json!({expression})") };
        let value = json_input(&bind.source);
        let bind = if bind.is_json {
            // It is JSON already.
            Some(Rebound { value, ..unchanged(bind) })
        } else {
            case.rebound(bind, &whole, value)
        };
        if let Some(bind) = bind {
            let bind = if bind.before == bind.after { None } else { Some(bind) };
            let draft =
                |applicability, bind| Draft { title: TITLE, applicability, assignment: assignment.clone(), bind };
            drafts.push(draft(Applicability::Unsafe, bind));
        }
    }
    drafts.push(Draft { title: TITLE, applicability: Applicability::Display, assignment, bind: None });
    drafts
}

fn unchanged(bind: &crate::frontend::facts::Bind) -> Rebound {
    let (before, after) = (bind.source.clone(), bind.source.clone());
    Rebound { index: bind.index, before, after, value: bind.value.clone(), edit: None }
}

/// `jsonb_set(data, '{address.city}', ..)`: two keys, not one.
pub(super) fn dotted_key(case: &Case<'_>) -> Vec<Draft> {
    let Some((name, arguments)) = text::call(case.value) else { return vec![] };
    let [_, path, payload] = arguments.as_slice() else { return vec![] };
    if !name.to_ascii_lowercase().ends_with("_set") {
        return vec![];
    }
    let Some(key) = text::dotted_literal(path, case.write.dialect) else { return vec![] };
    let path: Vec<String> = key.split('.').map(str::to_owned).collect();
    let value = templates(case.write.dialect).set(&case.target, &[(path, (*payload).to_owned())]);
    let draft = |value: String| case.assigns("name one key after the other", Applicability::Unsafe, &value);
    value.map(draft).into_iter().collect()
}
