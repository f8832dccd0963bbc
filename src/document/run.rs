//! Runs a document on one old value: the concretiser that is held against real servers.
//!
//! It says what a statement stores, not whether that is good; it never guesses, what it cannot decide is
//! [`Outcome::Unknown`].

mod condition;
mod edit;
mod get;
mod merge;
mod mysql;
mod postgres;
mod serde_value;
mod sqlite;
mod step;
mod store;
mod strict;
mod typing;
mod value;

use super::{CastTo, Cond, Document, Family, Input, Key, MergeHow, OnNull, Path, Removal, Rest, Shape};
use serde_json::{Map, Value as Json};
use step::{Resolved, resolve};
use value::{Eval, Stop, Value, error, parse};

pub use value::same;

/// How a column keeps its value: the last step of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// PostgreSQL `jsonb`.
    Jsonb,
    /// PostgreSQL `json`.
    Json,
    /// MySQL's `JSON`, MariaDB's `LONGTEXT CHECK (json_valid(c))`.
    CheckedText,
    /// Text without a check: SQLite, and PostgreSQL or MySQL text columns that hold JSON.
    Text,
}

/// The outcome of one run.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// This document is stored.
    Stored(Json),
    /// Text that is not JSON is stored (only in [`Storage::Text`]).
    Malformed(String),
    /// SQL NULL is stored.
    Null,
    /// The statement fails; nothing is stored.
    Error(String),
    /// Not decided.
    Unknown(String),
}

/// Gives inputs their values.
pub trait Inputs {
    /// The value of the input of that id: `None` when the input is not known, `Some(None)` for SQL NULL.
    /// Text inputs are given as JSON strings. Also asked for [`Document::Computed`], by its words.
    fn value(&self, id: &str) -> Option<Option<Json>>;
    /// The outcome of an undecided condition, by its words; `None` makes the run unknown.
    fn condition(&self, words: &str) -> Option<bool>;
    /// Decides an `Equal`, `TypeIs` or `HasKey` whose operands are not SQL NULL, instead of looking at them: for runs
    /// whose values only stand for others. `None` looks at them.
    fn decide(&self, _condition: &Cond) -> Option<bool> {
        None
    }
}

/// The old value of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OldValue<'a> {
    /// SQL NULL.
    Null,
    /// A document.
    Document(&'a Json),
    /// The text as it is stored, JSON or not; for text columns.
    Text(&'a str),
}

/// Stores what `document` makes of `old` (`None` is SQL NULL).
pub fn run(document: &Document, old: Option<&Json>, inputs: &dyn Inputs, storage: Storage) -> Outcome {
    run_on(document, old.map_or(OldValue::Null, OldValue::Document), inputs, storage)
}

/// Like [`run`], for an old value that may be text that is not JSON.
pub fn run_on(document: &Document, old: OldValue<'_>, inputs: &dyn Inputs, storage: Storage) -> Outcome {
    run_apart(document, old, old, inputs, storage)
}

/// Like [`run_on`], with another value for what was [read](Document::Read) earlier than for the row itself.
pub(super) fn run_apart(
    document: &Document,
    old: OldValue<'_>,
    read: OldValue<'_>,
    inputs: &dyn Inputs,
    storage: Storage,
) -> Outcome {
    let runner = Runner { root: document, old, read, inputs, storage };
    if matches!(storage, Storage::Jsonb | Storage::Json) && typing::is_text(document, 0) {
        return Outcome::Error("the column is of a JSON type but the expression is of type text".into());
    }
    match runner.eval(document, 0).and_then(|value| store::store(value, storage)) {
        Ok(outcome) => outcome,
        Err(Stop::Fails(why) | Stop::Error(why)) => Outcome::Error(why),
        Err(Stop::Unknown(why)) => Outcome::Unknown(why),
    }
}

/// Trees deeper than this are not run.
const MAX_DEPTH: usize = 200;

/// One run: the row and what comes from outside.
struct Runner<'r> {
    /// The whole document.
    root: &'r Document,
    old: OldValue<'r>,
    read: OldValue<'r>,
    inputs: &'r dyn Inputs,
    storage: Storage,
}

impl Runner<'_> {
    fn eval(&self, document: &Document, depth: usize) -> Eval {
        if depth > MAX_DEPTH {
            return Err(Stop::Unknown("the expression is nested too deeply".into()));
        }
        let depth = depth + 1;
        match document {
            Document::Old => Ok(self.row(self.old)),
            Document::Read(_) => Ok(self.row(self.read)),
            Document::Input(input) => self.input(input),
            Document::Known(json) => Ok(Value::Json(json.clone())),
            Document::Text(text) => Ok(Value::Text(text.clone())),
            Document::Null => Ok(Value::Null),
            Document::Object { entries, rest } => self.object(entries, *rest, depth),
            Document::Array(items) => items
                .iter()
                .map(|item| Ok(self.eval(item, depth)?.into_part().unwrap_or(Json::Null)))
                .collect::<Result<_, _>>()
                .map(|items| Value::Json(Json::Array(items))),
            Document::Set { of, path, value, mode, on_null, family } => {
                self.set(of, path, value, *mode, *on_null, *family, depth)
            }
            Document::Remove { of, what, family } => self.remove(of, what, *family, depth),
            Document::Merge { left, right, how } => self.merge(left, right, *how, depth),
            Document::Get { of, path, form, family } => {
                let Some(json) = self.eval(of, depth)?.into_document(*family)? else { return Ok(Value::Null) };
                match resolve(path, self.inputs)? {
                    Resolved::Null => Ok(Value::Null),
                    Resolved::Invalid(why) => error(why),
                    Resolved::Places(places) => Ok(get::get(&json, &places, *form, *family)),
                }
            }
            Document::First(items) => {
                for item in items {
                    match self.eval(item, depth)? {
                        Value::Null => {}
                        value => return Ok(value),
                    }
                }
                Ok(Value::Null)
            }
            Document::Choose { branches, otherwise } => {
                for (condition, branch) in branches {
                    if self.condition(condition, depth)? == Some(true) {
                        return self.eval(branch, depth);
                    }
                }
                self.eval(otherwise, depth)
            }
            Document::StripNulls(of) => Ok(match self.json(of, depth)? {
                None => Value::Null,
                Some(mut json) => {
                    merge::strip_nulls(&mut json);
                    Value::Json(json)
                }
            }),
            Document::Entries { of, drop, replace, empty_is_null } => {
                self.entries(of, drop, replace, *empty_is_null, depth)
            }
            Document::Retype { of, fields, rest, .. } => self.retype(of, fields.as_deref(), *rest, depth),
            Document::Cast { of, to } => {
                let value = self.eval(of, depth)?;
                cast(value, *to)
            }
            Document::Computed { of, strict, what } => self.computed(of, *strict, what, depth),
            Document::Through { why, .. } => match self.inputs.value(why) {
                Some(value) if !document.holds_old() => Ok(value.into()),
                _ => Err(Stop::Unknown(why.clone())),
            },
            Document::Fails(why) => Err(Stop::Fails(why.clone())),
            Document::Unknown(why) => Err(Stop::Unknown(why.clone())),
        }
    }

    fn row(&self, value: OldValue<'_>) -> Value {
        match (value, self.storage) {
            (OldValue::Null, _) => Value::Null,
            (OldValue::Document(json), Storage::Text) => Value::Text(json.to_string()),
            (OldValue::Document(json), _) => Value::Json(json.clone()),
            (OldValue::Text(text), Storage::Text) => Value::Text(text.to_owned()),
            (OldValue::Text(text), _) => parse(text).map_or_else(|| Value::Text(text.to_owned()), Value::Json),
        }
    }

    fn input(&self, input: &Input) -> Eval {
        match (self.inputs.value(&input.id), input.shape) {
            (None, _) => Err(Stop::Unknown(format!("the value of `{}` is not known", input.id))),
            (Some(None), _) => Ok(Value::Null),
            (Some(Some(Json::String(text))), Shape::Text) => Ok(Value::Text(text)),
            (Some(Some(json)), Shape::Text) => Ok(Value::Text(json.to_string())),
            (Some(Some(json)), Shape::SqlScalar) => Ok(Value::Scalar(json)),
            (Some(Some(json)), Shape::Any | Shape::Object | Shape::Array | Shape::Scalar) => Ok(Value::Json(json)),
        }
    }

    fn object(&self, entries: &[(Key, Document)], rest: Rest, depth: usize) -> Eval {
        let mut map = Map::new();
        for (key, document) in entries {
            let key = match key {
                Key::Name(name) => name.clone(),
                Key::Param(id) => match self.inputs.value(id) {
                    Some(Some(Json::String(name))) => name,
                    Some(Some(other)) => other.to_string(),
                    Some(None) if self.is_postgres() => {
                        return error("the key of an object is NULL");
                    }
                    // Measured: an empty key on MariaDB. MySQL and SQLite fail.
                    Some(None) => return Err(Stop::Unknown("the key of an object is NULL".into())),
                    None => return Err(Stop::Unknown(format!("the key `{id}` is not known"))),
                },
            };
            let part = self.eval(document, depth)?.into_part().unwrap_or(Json::Null);
            map.insert(key, part);
        }
        match rest {
            Rest::Closed => Ok(Value::Json(Json::Object(map))),
            Rest::Open => Err(Stop::Unknown("the object may hold other keys".into())),
        }
    }

    /// Whether the rules are PostgreSQL's: by the column, or by the functions where it is text.
    fn is_postgres(&self) -> bool {
        let mut found = matches!(self.storage, Storage::Jsonb | Storage::Json);
        if !found {
            self.root.visit(&mut |part| {
                found |= matches!(
                    part,
                    Document::Set { family: super::Family::PgFunction, .. }
                        | Document::Remove { family: super::Family::PgFunction, .. }
                        | Document::Get { family: super::Family::PgFunction, .. }
                        | Document::Merge { how: MergeHow::Concat, .. }
                );
            });
        }
        found
    }

    fn merge(&self, left: &Document, right: &Document, how: MergeHow, depth: usize) -> Eval {
        if how == MergeHow::Concat
            && self.storage != Storage::Text
            && (typing::is_text(left, depth) || typing::is_text(right, depth))
        {
            return Err(Stop::Fails("`||` with text joins text, and text does not fit the column".into()));
        }
        if matches!(how, MergeHow::Patch(_)) {
            // Not strict on MariaDB: a NULL does not settle what the other side would have.
            for side in [left, right] {
                if let Err(stop @ Stop::Unknown(_)) = self.eval(side, depth) {
                    return Err(stop);
                }
            }
        }
        let (left, right) = self.both(left, right, depth)?;
        if let MergeHow::Patch(family) = how {
            let target = left.into_document(family)?;
            if target.is_none() && family == super::Family::Sqlite {
                // Measured: SQLite does not look at the patch then.
                return Ok(Value::Null);
            }
            let Some(patch) = right.into_document(family)? else { return Ok(Value::Null) };
            return Ok(match target {
                Some(target) => Value::Json(merge::patch(target, patch)),
                // Measured: MariaDB lets a patch that is no object replace even SQL NULL.
                None if !patch.is_object() => Value::Json(patch),
                None => Value::Null,
            });
        }
        if left == Value::Null || right == Value::Null {
            return Ok(Value::Null);
        }
        let family = match how {
            MergeHow::Text => {
                let (left, right) = (left.into_text().unwrap_or_default(), right.into_text().unwrap_or_default());
                return Ok(Value::Text(left + &right));
            }
            MergeHow::Concat => super::Family::PgFunction,
            MergeHow::Preserve | MergeHow::Patch(_) => super::Family::MariaDb,
        };
        let (Some(left), Some(right)) = (left.into_document(family)?, right.into_document(family)?) else {
            return Ok(Value::Null);
        };
        Ok(Value::Json(match how {
            MergeHow::Preserve => merge::preserve(left, right),
            _ => merge::concat(left, right),
        }))
    }

    /// The document that a function without a family of its own takes.
    fn json(&self, of: &Document, depth: usize) -> Result<Option<Json>, Stop> {
        self.eval(of, depth)?.into_document(if self.storage == Storage::Text {
            super::Family::Sqlite
        } else {
            super::Family::PgFunction
        })
    }

    fn entries(
        &self,
        of: &Document,
        drop: &[String],
        replace: &[(String, Document)],
        empty_is_null: bool,
        depth: usize,
    ) -> Eval {
        let mut map = match self.json(of, depth)? {
            Some(Json::Object(map)) => map,
            Some(_) if empty_is_null => return error("cannot call jsonb_each on a non-object"),
            // SQLite's json_each also takes arrays apart, by index; a scalar has one row without a key.
            Some(Json::Array(items)) => {
                items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
            }
            None | Some(_) => Map::new(),
        };
        map.retain(|key, _| !drop.contains(key));
        for (key, document) in replace {
            if map.contains_key(key) {
                let part = self.eval(document, depth)?.into_part().unwrap_or(Json::Null);
                map.insert(key.clone(), part);
            }
        }
        if map.is_empty() && empty_is_null {
            return Ok(Value::Null);
        }
        Ok(Value::Json(Json::Object(map)))
    }

    fn retype(&self, of: &Document, fields: Option<&[String]>, rest: Rest, depth: usize) -> Eval {
        let Some(json) = self.json(of, depth)? else { return Ok(Value::Null) };
        let Json::Object(mut map) = json else { return error("the document does not decode: it is not an object") };
        let Some(fields) = fields else {
            return match rest {
                Rest::Open => Ok(Value::Json(Json::Object(map))),
                Rest::Closed => Err(Stop::Unknown("the fields of the type are not known".into())),
            };
        };
        if rest == Rest::Closed {
            map.retain(|key, _| fields.contains(key));
        }
        for field in fields {
            map.entry(field.clone()).or_insert(Json::Null);
        }
        Ok(Value::Json(Json::Object(map)))
    }

    fn computed(&self, of: &[Document], strict: bool, what: &str, depth: usize) -> Eval {
        let mut worst = None;
        for operand in of {
            match self.eval(operand, depth) {
                Ok(Value::Null) if strict => return Ok(Value::Null),
                Ok(_) => {}
                Err(stop @ (Stop::Fails(_) | Stop::Error(_))) => return Err(stop),
                Err(stop @ Stop::Unknown(_)) => worst = Some(stop),
            }
        }
        match (worst, self.inputs.value(what)) {
            (Some(stop), _) => Err(stop),
            (None, Some(None)) => Ok(Value::Null),
            (None, Some(Some(Json::String(text)))) => Ok(Value::Text(text)),
            (None, Some(Some(json))) => Ok(Value::Scalar(json)),
            (None, None) => Err(Stop::Unknown(format!("`{what}` is computed"))),
        }
    }
}

fn cast(value: Value, to: CastTo) -> Eval {
    Ok(match (to, value) {
        (_, Value::Null) => Value::Null,
        (CastTo::Json, Value::Text(text)) => match parse(&text) {
            Some(json) => Value::Json(json),
            None => return error("invalid input syntax for type json"),
        },
        (CastTo::Json, Value::Json(json) | Value::Scalar(json)) => Value::Json(json),
        (CastTo::Text, value) => Value::Text(value.into_text().unwrap_or_default()),
        (CastTo::JsonScalar, value) => Value::Json(value.into_part().unwrap_or(Json::Null)),
    })
}

#[cfg(test)]
mod tests;
