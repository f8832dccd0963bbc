//! Suggested statements that keep the rest of the document, per database.
//!
//! The templates are those that were run against every state of a column on real servers; a suggestion is offered
//! only when the evaluator, run on the changed statement, agrees that everything survives ([`verify`]).

mod mysql;
mod postgres;
mod sea_orm;
mod sqlite;
pub mod suggestion;
mod text;

use crate::document::survival::{Lands, NullWhen, Word};
use crate::document::{Document, Input, Key, Nullability, Rest, Shape};
use crate::frontend::facts::Bind;
use crate::frontend::sql::{Dialect, Verb, without_holes};
use crate::project::catalog::ColumnKind;
use crate::project::writes::{ColumnWrite, reevaluate};
use crate::source::Files;
use suggestion::{Applicability, Fix};

/// The column as an operand: how it is spelled, and what it is.
struct Target<'a> {
    /// The column as an expression, qualified where the statement needs it: `data`, `users.data`, `"Data"`.
    column: String,
    /// NULL is possible, so that a base needs `COALESCE`.
    nullable: bool,
    kind: ColumnKind,
    write: &'a ColumnWrite,
}

/// What each database can write down.
trait Templates {
    /// One top-level or nested key set to the value of SQL expression `value`, which is JSON; parents are created.
    fn set_key(&self, target: &Target<'_>, path: &[String], value: &str) -> Option<String>;
    /// A bound JSON value as an expression: `$1::jsonb`, `json(?)`.
    fn bound_json(&self, placeholder: &str) -> String;
    /// The new document merged over the old one.
    fn merge(&self, target: &Target<'_>, value: &str) -> String;
}

fn templates(dialect: Dialect) -> &'static dyn Templates {
    match dialect {
        Dialect::Postgres => &postgres::Postgres,
        Dialect::Mysql => &mysql::Mysql,
        Dialect::Sqlite => &sqlite::Sqlite,
    }
}

/// A changed value, before it is checked.
struct Draft {
    title: &'static str,
    applicability: Applicability,
    /// The new assignment, `data = ..`.
    assignment: String,
    /// The bound expression before and after.
    bind: Option<(String, String)>,
}

/// The change that keeps the rest of the document; `None` when no template fits or the check does not pass.
pub fn suggest(write: &ColumnWrite, files: &Files) -> Option<Fix> {
    let draft = draft(write)?;
    let range = write.sql.assignment_in_statement.clone();
    let statement = &write.sql.statement_sql;
    let changed = format!("{}{}{}", statement.get(..range.start)?, draft.assignment, statement.get(range.end..)?);
    if !verify(write, &changed, &draft) {
        return None;
    }
    if write.built {
        return sea_orm::dress(write, &draft, files);
    }
    let mut patch = vec![text::patch_lines(statement, &range, &draft.assignment)];
    for (before, after) in &mut patch {
        *before = without_holes(before);
        *after = without_holes(after);
    }
    if let Some((before, after)) = draft.bind {
        patch.push(bind_lines(write, &before, &after, files));
    }
    Some(Fix { applicability: draft.applicability, title: draft.title.into(), edits: vec![], patch })
}

/// The evaluator's word on the changed statement: everything survives, and the value arrives.
fn verify(write: &ColumnWrite, statement: &str, draft: &Draft) -> bool {
    let mut binds = write.binds.clone();
    if let Some((before, after)) = &draft.bind {
        for bind in binds.iter_mut().filter(|bind| bind.source == *before) {
            let input = Input { id: after.clone(), shape: Shape::Any, null: Nullability::Never };
            bind.value = Document::Input(input);
        }
    }
    let Some(survival) = reevaluate(write, statement, &binds) else { return false };
    let arrives = !matches!(survival.lands, Lands::Never);
    // What is left to the reader to judge: a value whose keys are not known may hold nested objects or be NULL.
    let judged = draft.applicability == Applicability::Display;
    match survival.word {
        Word::Kept => arrives,
        Word::NestedLost | Word::MayBeNull => arrives && judged,
        _ => false,
    }
}

fn draft(write: &ColumnWrite) -> Option<Draft> {
    let target = target(write)?;
    if write.dotted.is_some() {
        return dotted(write, &target);
    }
    let value = text::value_of(write)?;
    match write.survival.word {
        Word::Lost if write.survival.labels.contains(&"reset") => None,
        Word::Lost => overwrite(write, &target, value),
        Word::MayBeNull => null_wipe(write, &target, value),
        Word::NestedLost => nested(write, &target, value),
        Word::WriteLost => lost_write(write, &target, value),
        Word::Stale | Word::Unknown | Word::Kept => None,
    }
}

/// How the column is spelled on the right of `=`.
fn target(write: &ColumnWrite) -> Option<Target<'_>> {
    if write.verb == Verb::Replace {
        return None;
    }
    let name = write.sql.target.last()?;
    let name = if write.dotted.is_some() {
        text::quote_if_needed(&write.column.name)
    } else {
        text::spell(name, write.dialect)
    };
    let qualified = write.verb != Verb::Update || !write.sql.sources.is_empty();
    let column = if qualified {
        let table = write.sql.alias.clone().unwrap_or_else(|| write.sql.table.name.clone());
        format!("{}.{name}", text::quote_if_needed(&table))
    } else {
        name
    };
    Some(Target { column, nullable: write.column.nullable != Some(false), kind: write.column.kind, write })
}

impl Target<'_> {
    /// The left side of the assignment, as the statement spells it.
    fn assigned(&self) -> String {
        let statement = &self.write.sql.statement_sql;
        let text = statement.get(self.write.sql.assignment_in_statement.clone()).unwrap_or("");
        text.split('=').next().unwrap_or("").trim().to_owned()
    }

    fn assignment(&self, value: &str) -> String {
        format!("{} = {value}", self.assigned())
    }
}

fn overwrite(write: &ColumnWrite, target: &Target<'_>, value: &str) -> Option<Draft> {
    let templates = templates(write.dialect);
    let merge = |applicability, title| {
        Some(Draft { title, applicability, assignment: target.assignment(&templates.merge(target, value)), bind: None })
    };
    let bind = sole_bind(write, value);
    match (&write.value, bind) {
        (Document::Object { entries, rest: Rest::Closed }, Some((placeholder, bind))) => {
            if let [(Key::Name(key), inner)] = entries.as_slice()
                && let Some(after) = bound_expression(inner)
            {
                let json = templates.bound_json(&placeholder);
                let assignment = target.assignment(&templates.set_key(target, std::slice::from_ref(key), &json)?);
                return Some(Draft {
                    title: "set the one key and keep the rest",
                    applicability: Applicability::Unsafe,
                    assignment,
                    bind: Some((bind.source.clone(), after)),
                });
            }
            let flat = entries.iter().all(|(_, value)| !may_be_object(value));
            if flat {
                merge(Applicability::Unsafe, "merge the new keys and keep the rest")
            } else {
                merge(Applicability::Display, "merge the new keys and keep the rest (one level deep)")
            }
        }
        (Document::Object { .. } | Document::Known(serde_json::Value::Object(_)), None) => {
            merge(Applicability::Unsafe, "merge the new keys and keep the rest")
        }
        (Document::Known(_) | Document::Array(_), _) => None,
        (document, _) if document.holds_old() => None,
        _ if write.verb == Verb::Update => {
            merge(Applicability::Display, "if the new value holds only the keys that change, merge it")
        }
        _ => merge(Applicability::Display, "merge the new document into the old one, if both have keys of their own"),
    }
}

fn null_wipe(write: &ColumnWrite, target: &Target<'_>, value: &str) -> Option<Draft> {
    if write.survival.null_when.contains(&NullWhen::Always) {
        return None;
    }
    Some(Draft {
        title: "keep the old document when the result is NULL",
        applicability: Applicability::Unsafe,
        assignment: target.assignment(&format!("COALESCE({value}, {})", target.column)),
        bind: None,
    })
}

fn nested(write: &ColumnWrite, target: &Target<'_>, value: &str) -> Option<Draft> {
    let templates = templates(write.dialect);
    if let Document::Merge { right, .. } = &write.value
        && let Document::Known(serde_json::Value::Object(map)) = &**right
    {
        let leaves = text::leaves(map);
        let [(path, leaf)] = leaves.as_slice() else { return None };
        let literal = format!("'{}'", leaf.to_string().replace('\'', "''"));
        let new = templates.set_key(target, path, &literal)?;
        return Some(Draft {
            title: "set the innermost key and keep its siblings",
            applicability: Applicability::Unsafe,
            assignment: target.assignment(&new),
            bind: None,
        });
    }
    if write.dialect != Dialect::Postgres || write.column.kind != ColumnKind::Jsonb {
        return None;
    }
    let (name, arguments) = text::call(value)?;
    let [base, path, new, ..] = arguments.as_slice() else { return None };
    if !name.eq_ignore_ascii_case("jsonb_set") {
        return None;
    }
    let part = format!("COALESCE({} #> {path}, '{{}}') || {new}", target.column);
    Some(Draft {
        title: "merge into the nested object instead of replacing it",
        applicability: Applicability::Display,
        assignment: target.assignment(&format!("{name}({base}, {path}, {part})")),
        bind: None,
    })
}

fn lost_write(write: &ColumnWrite, target: &Target<'_>, value: &str) -> Option<Draft> {
    let new = |title, value: String| {
        Some(Draft { title, applicability: Applicability::Unsafe, assignment: target.assignment(&value), bind: None })
    };
    match write.survival.lands {
        Lands::OnlyIfMissing => {
            let (left, _) = text::split_concat(value)?;
            new("put the new document on the right, where it wins", templates(write.dialect).merge(target, left))
        }
        Lands::OnlyIfNotNull => {
            let (name, arguments) = text::call(value)?;
            let [base, rest @ ..] = arguments.as_slice() else { return None };
            let empty = if write.dialect == Dialect::Mysql { "JSON_OBJECT()" } else { "'{}'" };
            new("start from an empty object where the column is NULL", {
                format!("{name}(COALESCE({base}, {empty}), {})", rest.join(", "))
            })
        }
        Lands::OnlyIfParent => {
            let (name, arguments) = text::call(value)?;
            let [_, path, payload, ..] = arguments.as_slice() else { return None };
            if !name.to_ascii_lowercase().ends_with("_set") {
                return None;
            }
            let path = text::path_literal(path, write.dialect)?;
            new("create the parent object first", templates(write.dialect).set_key(target, &path, payload)?)
        }
        Lands::Never | Lands::NoPayload if write.dialect == Dialect::Postgres && value.trim_end().ends_with("}'") => {
            new("name the keys as a text array", format!("{}::text[]", value.trim_end()))
        }
        _ => None,
    }
}

fn dotted(write: &ColumnWrite, target: &Target<'_>) -> Option<Draft> {
    let value = text::value_of(write)?;
    let mut path = write.dotted.as_deref()?.split('.').map(str::to_owned);
    path.next()?;
    let path: Vec<String> = path.collect();
    let templates = templates(write.dialect);
    let json = templates.bound_json(value);
    let new = templates.set_key(target, &path, &json)?;
    Some(Draft {
        title: "name the path in a JSON function, and bind the value as JSON",
        applicability: Applicability::Display,
        assignment: format!("{} = {new}", target.column),
        bind: None,
    })
}

/// The placeholder and its bind when the value is nothing else (a cast aside).
fn sole_bind<'a>(write: &'a ColumnWrite, value: &str) -> Option<(String, &'a Bind)> {
    let placeholder = text::placeholder(value)?;
    let index = match placeholder.strip_prefix('$').or_else(|| placeholder.strip_prefix('?')) {
        Some("") => {
            let before = write.sql.statement_sql.get(..write.sql.assignment_in_statement.start)?;
            before.matches('?').count() + 1
        }
        Some(digits) => digits.parse().ok()?,
        None => return None,
    };
    write.binds.iter().find(|bind| bind.index == index).map(|bind| (placeholder.to_owned(), bind))
}

/// How the value of one key is bound on its own: `Json(&phone)`.
fn bound_expression(inner: &Document) -> Option<String> {
    match inner {
        Document::Input(input) => {
            let path = input.id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            Some(if path { format!("Json(&{})", input.id) } else { format!("Json({})", input.id) })
        }
        Document::Known(json) => Some(format!("json!({json})")),
        _ => None,
    }
}

fn may_be_object(value: &Document) -> bool {
    match value {
        Document::Object { .. } => true,
        Document::Known(json) => json.is_object(),
        Document::Input(input) => input.shape == Shape::Object,
        _ => false,
    }
}

/// The bind's call before and after: `.bind(..)` where the source spells it so.
fn bind_lines(write: &ColumnWrite, before: &str, after: &str, files: &Files) -> (String, String) {
    let bind = write.binds.iter().find(|bind| bind.source == before);
    let called = bind.is_some_and(|bind| {
        let text = &files.get(bind.file.unwrap_or(write.file)).text;
        text.get(..bind.span.start as usize).is_some_and(|head| head.trim_end().ends_with(".bind("))
    });
    if called {
        return (format!(".bind({before})"), format!(".bind({after})"));
    }
    // The query macros check types: `serde_json::Value` is what they take for JSON.
    let value = after.strip_prefix("Json(").and_then(|rest| rest.strip_suffix(')'));
    let after = value.map_or_else(|| after.to_owned(), |value| format!("json!({})", value.trim_start_matches('&')));
    (before.into(), after)
}
