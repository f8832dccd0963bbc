//! A document that replaces the old one: set its keys, or merge it.

use super::{Case, json_input};
use crate::document::{Document, Key, Rest, Shape};
use crate::fix::suggestion::Applicability;
use crate::fix::{Draft, rebind, templates, text};
use crate::frontend::sql::{Dialect, Verb};
use serde_json::Value as Json;

/// The most keys that are set one by one.
const MOST_LEAVES: usize = 4;

const ONE: &str = "set the one key and keep the rest";
const SEVERAL: &str = "set these keys and keep the rest";
const MERGE: &str = "merge the new keys and keep the rest";

pub(super) fn drafts(case: &Case<'_>) -> Vec<Draft> {
    let write = case.write;
    if write.value.holds_old() {
        // A type that does not know all keys loses the others, also where one field is changed.
        let mut read = false;
        write.value.visit(&mut |document| read |= matches!(document, Document::Read(_)));
        let stale = read.then(|| super::stale::drafts(case));
        let conditional = if read { vec![] } else { if_given(case) };
        return foreign(case).into_iter().chain(stale.into_iter().flatten()).chain(conditional).collect();
    }
    if matches!(&write.value, Document::Array(_))
        || matches!(&write.value, Document::Known(known) if !known.is_object())
    {
        return vec![];
    }
    let mut drafts = vec![];
    drafts.extend(one_key(case));
    drafts.extend(built(case));
    let shown =
        |title| case.assigns(title, Applicability::Display, &templates(write.dialect).merge(&case.target, case.value));
    match (is_flat(&write.value), write.dialect) {
        (Some(flat), dialect) if flat || dialect != Dialect::Postgres => drafts.extend(merges(case, case.value, MERGE)),
        (Some(_), _) => {
            drafts.extend(leaves(case));
            drafts.push(shown("merge the new keys and keep the rest (one level deep)"));
        }
        // Which keys it has is not known: it may be the whole document, with everything that others wrote.
        (None, _) if write.verb == Verb::Update => {
            drafts.push(shown("if the new value holds only the keys that change, merge it"));
        }
        (None, _) => drafts.push(shown("merge the new document into the old one, if both have keys of their own")),
    }
    drafts
}

/// A document that went through a type is merged into the stored one, which has the keys that the type does not know.
pub(super) fn through_type(case: &Case<'_>) -> Option<Draft> {
    const TITLE: &str = "merge the document into the stored one, which keeps the keys that its type does not know";
    let merged = templates(case.write.dialect).merge(&case.target, case.value);
    let is_retyped = case.write.survival.labels.contains(&"retyped");
    is_retyped.then(|| case.assigns(TITLE, Applicability::Display, &merged))
}

/// Whether no value of an object is an object; `None` when not all of its keys are known.
fn is_flat(document: &Document) -> Option<bool> {
    match document {
        Document::Object { entries, rest: Rest::Closed } => {
            Some(!entries.iter().any(|(_, value)| may_be_object(value)))
        }
        Document::Known(Json::Object(map)) => Some(!map.values().any(Json::is_object)),
        // What is taken out of a flat one leaves a flat one.
        Document::Cast { of, .. } | Document::Remove { of, .. } => is_flat(of),
        _ => None,
    }
}

/// `COALESCE($1, data)`: what is given is merged, and NULL keeps what is there as before.
fn if_given(case: &Case<'_>) -> Vec<Draft> {
    const TITLE: &str = "if the new value holds only the keys that change, merge it where it is given";
    let Some((name, arguments)) = text::call(case.value) else { return vec![] };
    let ([given, column], true) = (arguments.as_slice(), name.eq_ignore_ascii_case("coalesce")) else { return vec![] };
    let merged = templates(case.write.dialect).merge(&case.target, given);
    let value = format!("{name}({merged}, {column})");
    let known = if is_flat(&case.write.value) == Some(true) { Applicability::Unsafe } else { Applicability::Display };
    vec![case.assigns(TITLE, known, &value)]
}

/// The value merged into the column: as it is, then with an empty object for NULL.
fn merges(case: &Case<'_>, value: &str, title: &'static str) -> Vec<Draft> {
    let templates = templates(case.write.dialect);
    let never_null = match case.write.dialect {
        Dialect::Postgres => {
            let typed = if text::placeholder(value) == Some(value) { "::jsonb" } else { "" };
            format!("COALESCE({}{typed}, '{{}}')", text::as_json(value, case.target.kind))
        }
        _ => format!("COALESCE({value}, {})", templates.empty()),
    };
    [value, &never_null]
        .map(|value| case.assigns(title, Applicability::Unsafe, &templates.merge(&case.target, value)))
        .into()
}

/// `json!({ "phone": phone })` is bound to nothing but this value: bind the phone, and set its key.
fn one_key(case: &Case<'_>) -> Option<Draft> {
    let (placeholder, bind) = case.sole_bind()?;
    let Document::Object { entries, rest: Rest::Closed } = &case.write.value else {
        return known_key(case, &placeholder, bind);
    };
    let ([_], true) = (entries.as_slice(), case.is_used_once(&placeholder)) else { return None };
    bound_alone(case, &placeholder, bind)
}

/// The same where the whole object is a constant.
fn known_key(case: &Case<'_>, placeholder: &str, bind: &crate::frontend::facts::Bind) -> Option<Draft> {
    let Document::Known(Json::Object(map)) = &case.write.value else { return None };
    if map.len() == 1 && case.is_used_once(placeholder) { bound_alone(case, placeholder, bind) } else { None }
}

fn bound_alone(case: &Case<'_>, placeholder: &str, bind: &crate::frontend::facts::Bind) -> Option<Draft> {
    let templates = templates(case.write.dialect);
    let (_, expression) = crate::fix::bound_text(case.write, bind, case.fixer.files);
    let leaf = rebind::only_leaf(expression)?;
    let json = templates.bound_json(&case.target, placeholder);
    let value = templates.set(&case.target, &[(leaf.path, json)])?;
    let bind = case.rebound(bind, &leaf.rebind, json_input(&leaf.value))?;
    Some(Draft { bind: Some(bind), ..case.assigns(ONE, Applicability::Unsafe, &value) })
}

/// `jsonb_build_object('address', jsonb_build_object('city', $1::text))`: set the innermost key.
fn built(case: &Case<'_>) -> Option<Draft> {
    if case.write.dialect != Dialect::Postgres {
        return None;
    }
    let mut path = vec![];
    let mut value = case.value;
    while let Some((name, arguments)) = text::call(value) {
        let builds = ["jsonb_build_object", "json_build_object"].iter().any(|known| name.eq_ignore_ascii_case(known));
        let ([key, inner], true) = (arguments.as_slice(), builds) else { break };
        path.push(text::string_literal(key)?);
        value = inner;
    }
    // One level is a merge.
    if path.len() < 2 || value.starts_with('\'') || text::placeholder(value) == Some(value) {
        return None;
    }
    let value =
        templates(Dialect::Postgres).set(&case.target, &[(path, format!("COALESCE(to_jsonb({value}), 'null')"))])?;
    Some(case.assigns("set the innermost key and keep its siblings", Applicability::Unsafe, &value))
}

/// Nested objects of a bound document: each innermost key is set from the bind as it is.
fn leaves(case: &Case<'_>) -> Option<Draft> {
    let (placeholder, _) = case.sole_bind()?;
    let templates = templates(case.write.dialect);
    let mut paths = vec![];
    collect(&case.write.value, &mut vec![], &mut paths)?;
    let json = templates.bound_json(&case.target, &placeholder);
    let values: Vec<(Vec<String>, String)> = paths
        .into_iter()
        .map(|path| {
            let value = format!("{json} #> {}", crate::fix::postgres::path(&path));
            (path, value)
        })
        .collect();
    let value = templates.set(&case.target, &values)?;
    Some(case.assigns(SEVERAL, Applicability::Unsafe, &value))
}

/// The paths of a document's innermost values; `None` when a key is not known, or there are too many.
fn collect(document: &Document, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> Option<()> {
    match document {
        Document::Object { entries, rest: Rest::Closed } if !entries.is_empty() => {
            for (key, value) in entries {
                let Key::Name(key) = key else { return None };
                path.push(key.clone());
                collect(value, path, found)?;
                path.pop();
            }
        }
        Document::Known(Json::Object(map)) if !map.is_empty() => {
            for (key, value) in map {
                path.push(key.clone());
                collect(&Document::Known(value.clone()), path, found)?;
                path.pop();
            }
        }
        _ if path.is_empty() => return None,
        _ => found.push(path.clone()),
    }
    (found.len() <= MOST_LEAVES).then_some(())
}

fn may_be_object(value: &Document) -> bool {
    match value {
        Document::Object { .. } => true,
        Document::Known(json) => json.is_object(),
        Document::Input(input) => input.shape == Shape::Object,
        _ => false,
    }
}

/// `jsonb_set(EXCLUDED.data, '{agent}', t.data -> 'agent')`: start from the column, and leave the copied keys out of
/// what is put on top.
fn foreign(case: &Case<'_>) -> Vec<Draft> {
    const TITLE: &str = "start from the column, and put the new document on top";
    let templates = templates(case.write.dialect);
    let mut kept = vec![];
    let mut base = case.value;
    while let Some((name, arguments)) = text::call(base) {
        let [of, path, value] = arguments.as_slice() else { break };
        let sets = ["jsonb_set", "json_set"].iter().any(|known| name.eq_ignore_ascii_case(known));
        let Some(path) = text::path_literal(path, case.write.dialect).filter(|_| sets) else { break };
        let ([key], true) = (path.as_slice(), value.contains(case.target.column.as_str())) else { break };
        kept.push(key.clone());
        base = of;
    }
    if kept.is_empty() || base.contains(case.target.column.as_str()) {
        return vec![];
    }
    let mut on_top = base.to_owned();
    for key in kept.iter().rev() {
        let Some(without) = templates.without(&on_top, key) else { return vec![] };
        on_top = without;
    }
    let mut drafts = merges(case, &on_top, TITLE);
    drafts.push(case.assigns(TITLE, Applicability::Display, &templates.merge(&case.target, &on_top)));
    drafts
}
