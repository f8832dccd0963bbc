//! A document that is read, changed in the program and written back: only what was changed is sent, and the database
//! puts it into the document as it is by then.
//!
//! The code that reads and changes the document stays: what it computed is taken from there.

use super::{Case, json_input};
use crate::document::{CastTo, Document, Path, Removal, Step};
use crate::fix::suggestion::Applicability;
use crate::fix::{Draft, bound_text, rebind, templates};
use crate::frontend::facts::Bind;
use crate::frontend::sql::Dialect;

const TITLE: &str = "send only what was changed, and let the database put it into the document";

pub(super) fn drafts(case: &Case<'_>) -> Vec<Draft> {
    let Some((placeholder, bind)) = case.sole_bind() else { return vec![] };
    if !case.is_used_once(&placeholder) {
        return vec![];
    }
    let Some(edits) = edits(&bind.value) else { return vec![] };
    let draft = match edits.as_slice() {
        [Edit::Set(path)] => set(case, &placeholder, bind, path),
        [Edit::Remove(path)] => remove(case, &placeholder, bind, path),
        [_, _, ..] => several(case, bind, &edits),
        [] => None,
    };
    draft.into_iter().collect()
}

/// What the program did to the document.
enum Edit {
    /// The value at this path was computed without the old document.
    Set(Vec<String>),
    /// This path was taken out.
    Remove(Vec<String>),
}

/// The edits of a document that was read, in order; `None` when there is anything else.
fn edits(document: &Document) -> Option<Vec<Edit>> {
    let mut found = vec![];
    let mut document = document;
    loop {
        document = match document {
            Document::Read(_) => break,
            Document::Cast { of, to: CastTo::Json | CastTo::Text } | Document::Retype { of, .. } => of,
            Document::Set { of, path: Path::Steps(steps), value, .. } => {
                if value.holds_old() {
                    return None;
                }
                found.push(Edit::Set(keys(steps)?));
                of
            }
            Document::Remove { of, what, .. } => {
                let path = match what {
                    Removal::Keys(keys) if keys.len() == 1 => keys.clone(),
                    Removal::Path(Path::Steps(steps)) => keys(steps)?,
                    _ => return None,
                };
                found.push(Edit::Remove(path));
                of
            }
            _ => return None,
        };
    }
    found.reverse();
    Some(found)
}

fn keys(steps: &[Step]) -> Option<Vec<String>> {
    let key = |step: &Step| match step {
        Step::Key(key) | Step::Name(key) => Some(key.clone()),
        _ => None,
    };
    let keys: Vec<String> = steps.iter().map(key).collect::<Option<_>>()?;
    (!keys.is_empty()).then_some(keys)
}

/// Whether the document is a struct of the program's own.
fn is_typed(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |d| found |= matches!(d, Document::Retype { .. }));
    found
}

/// How the program spells the part of `variable` at that path: `data["phone"]`, `settings.theme`.
fn part(case: &Case<'_>, bind: &Bind, variable: &str, path: &[String]) -> Option<String> {
    if !is_typed(&bind.value) {
        let keys: Vec<String> = path.iter().map(|key| format!("{key:?}")).collect();
        return Some(format!("{variable}[{}]", keys.join("][")));
    }
    let part = format!("{variable}.{}", path.join("."));
    // A key may be renamed: the field must be set under this very name.
    let (site, _) = bound_text(case.write, bind, case.fixer.files);
    let before = case.fixer.files.get(site.file).text.get(..site.span.start as usize)?;
    let set = before.match_indices(&part).any(|(at, _)| {
        before.get(at + part.len()..).is_some_and(|rest| rest.trim_start().starts_with(['=', '+', '-']))
    });
    set.then_some(part)
}

fn set(case: &Case<'_>, placeholder: &str, bind: &Bind, path: &[String]) -> Option<Draft> {
    let (_, expression) = bound_text(case.write, bind, case.fixer.files);
    let variable = rebind::variable(expression)?;
    let mut text = part(case, bind, &variable.text, path)?;
    if variable.moved {
        // A part cannot be moved out of an indexed value.
        text.push_str(".clone()");
    }
    let templates = templates(case.write.dialect);
    let json = templates.bound_json(&case.target, placeholder);
    let value = templates.set(&case.target, &[(path.to_vec(), json)])?;
    let change = rebind::Rebind { range: variable.range, text: text.clone() };
    let bind = case.rebound(bind, &change, json_input(&text))?;
    Some(Draft { bind: Some(bind), ..case.assigns(TITLE, Applicability::Unsafe, &value) })
}

/// The key is bound in the place of the document, so that the placeholders keep their numbers.
fn remove(case: &Case<'_>, placeholder: &str, bind: &Bind, path: &[String]) -> Option<Draft> {
    let (_, expression) = bound_text(case.write, bind, case.fixer.files);
    let [key] = path else { return None };
    let plain = crate::fix::text::is_plain(key);
    let column = &case.target.column;
    let (value, bound) = match case.write.dialect {
        Dialect::Postgres => {
            if case.target.kind != crate::project::catalog::ColumnKind::Jsonb {
                return None;
            }
            (format!("{column} - {placeholder}::text"), key.clone())
        }
        Dialect::Mysql => (format!("JSON_REMOVE({column}, {placeholder})"), format!("$.{key}")),
        Dialect::Sqlite => (format!("json_remove({column}, {placeholder})"), format!("$.{key}")),
    };
    if !plain {
        return None;
    }
    let change = rebind::Rebind { range: 0..expression.len(), text: format!("{bound:?}") };
    let bind = case.rebound(bind, &change, Document::Text(bound))?;
    Some(Draft { bind: Some(bind), ..case.assigns("let the database remove the key", Applicability::Unsafe, &value) })
}

/// Several top-level keys: an object of them is merged.
fn several(case: &Case<'_>, bind: &Bind, edits: &[Edit]) -> Option<Draft> {
    let (site, expression) = bound_text(case.write, bind, case.fixer.files);
    let variable = rebind::variable(expression)?;
    let file = &case.fixer.files.get(site.file).text;
    if is_typed(&bind.value) || !file.contains("serde_json") {
        return None;
    }
    let mut members: Vec<(String, String)> = vec![];
    for edit in edits {
        let Edit::Set(path) = edit else { return None };
        let [key] = path.as_slice() else { return None };
        let value = part(case, bind, &variable.text, path)?;
        if !members.iter().any(|(known, _)| known == key) {
            members.push((key.clone(), value));
        }
    }
    let object = members.iter().map(|(key, value)| format!("{key:?}: {value}")).collect::<Vec<_>>().join(", ");
    let text = format!("serde_json::json!({{ {object} }})");
    // What was handed on is replaced with what hands it on by value: `&data`, `data.clone()`.
    let text_is_wanted = bind.rust_type.as_deref().is_some_and(|ty| ty == "String") || expression.contains("to_string");
    let text = if text_is_wanted { format!("{text}.to_string()") } else { text };
    let value = Document::Object {
        entries: members
            .iter()
            .map(|(key, value)| {
                let scalar = crate::document::Input {
                    id: value.clone(),
                    shape: crate::document::Shape::Scalar,
                    null: crate::document::Nullability::Never,
                };
                (crate::document::Key::Name(key.clone()), Document::Input(scalar))
            })
            .collect(),
        rest: crate::document::Rest::Closed,
    };
    let change = rebind::Rebind { range: 0..expression.len(), text };
    let bind = case.rebound(bind, &change, value)?;
    let value = templates(case.write.dialect).merge(&case.target, case.value);
    Some(Draft { bind: Some(bind), ..case.assigns(TITLE, Applicability::Unsafe, &value) })
}
