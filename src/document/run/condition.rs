//! Conditions, in SQL's three values: `None` is neither true nor false.

use serde_json::Value as Json;

use super::step::{Place, Resolved, resolve};
use super::value::{Stop, Value, parse, same, type_name};
use super::{MAX_DEPTH, Runner, Storage, get};
use crate::document::{Cond, Family};

impl Runner<'_> {
    pub(super) fn condition(&self, condition: &Cond, depth: usize) -> Result<Option<bool>, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Unknown("the condition is nested too deeply".into()));
        }
        let depth = depth + 1;
        match condition {
            Cond::IsNull(document) => {
                let value = self.eval(document, depth)?;
                Ok(Some(self.inputs.decide(condition).unwrap_or(value == Value::Null)))
            }
            Cond::TypeIs(document, kinds) => {
                let json = as_json(self.eval(document, depth)?);
                let decided = self.inputs.decide(condition);
                Ok(decided.or_else(|| json.map(|json| kinds.iter().any(|kind| is_of(&json, kind)))))
            }
            Cond::HasKey(document, path) => {
                let value = self.eval(document, depth)?;
                // PostgreSQL's `?` takes no text.
                let mysql = self.storage == Storage::CheckedText || matches!(value, Value::Text(_));
                let Some(json) = as_json(value) else { return Ok(None) };
                match resolve(path, self.inputs)? {
                    Resolved::Null => Ok(None),
                    Resolved::Invalid(why) => Err(Stop::Error(why)),
                    Resolved::Places(places) => {
                        Ok(Some(self.inputs.decide(condition).unwrap_or_else(|| has(&json, &places, mysql))))
                    }
                }
            }
            Cond::Equal(a, b) => {
                // Strict: a constant SQL NULL is folded before the other side can fail.
                let (a, b) = self.both(a, b, depth)?;
                if a == Value::Null || b == Value::Null {
                    return Ok(None);
                }
                Ok(Some(self.inputs.decide(condition).unwrap_or_else(|| equal(a, b))))
            }
            Cond::Not(inner) => Ok(self.condition(inner, depth)?.map(|truth| !truth)),
            Cond::And(all) => self.fold(all, false, depth),
            Cond::Or(any) => self.fold(any, true, depth),
            Cond::Unknown(words) => match self.inputs.condition(words) {
                Some(truth) => Ok(Some(truth)),
                None => Err(Stop::Unknown(format!("the condition `{words}` is not decided"))),
            },
        }
    }

    /// AND (`decisive` false) and OR (`decisive` true): one decisive part settles it, whatever the others are.
    fn fold(&self, parts: &[Cond], decisive: bool, depth: usize) -> Result<Option<bool>, Stop> {
        let (mut undecided, mut result) = (None, Some(!decisive));
        for part in parts {
            match self.condition(part, depth) {
                Ok(Some(truth)) if truth == decisive => return Ok(Some(decisive)),
                Ok(Some(_)) => {}
                Ok(None) => result = None,
                Err(stop @ Stop::Unknown(_)) => undecided = Some(stop),
                // An undecided part before it may settle it, so that this one is never looked at.
                Err(stop @ Stop::Error(_)) => return Err(undecided.unwrap_or(stop)),
                Err(stop @ Stop::Fails(_)) => return Err(stop),
            }
        }
        undecided.map_or(Ok(result), Err)
    }
}

/// Whether the value is of a type as `jsonb_typeof` spells it, or an `integer` or a `real` as MySQL and SQLite do.
fn is_of(json: &Json, kind: &str) -> bool {
    match (json, kind) {
        (Json::Number(number), "integer") => !number.is_f64(),
        (Json::Number(number), "real") => number.is_f64(),
        (json, kind) => kind == type_name(json),
    }
}

fn as_json(value: Value) -> Option<Json> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(parse(&text).unwrap_or(Json::String(text))),
        Value::Json(json) | Value::Scalar(json) => Some(json),
    }
}

/// `?` and `JSON_CONTAINS_PATH`: a key of an object, or a string in an array (`?` on PostgreSQL).
fn has(json: &Json, places: &[Place], mysql: bool) -> bool {
    // `?` takes keys only: a position is MySQL's.
    if mysql || places.iter().any(|place| place.key().is_none()) {
        return get::lookup(json, places, Family::MariaDb).is_some();
    }
    if get::lookup(json, places, Family::PgFunction).is_some() {
        return true;
    }
    match (json, places) {
        (Json::Array(items), [place]) => {
            place.key().is_some_and(|key| items.iter().any(|item| item.as_str() == Some(key)))
        }
        (Json::String(text), [place]) => place.key() == Some(text),
        _ => false,
    }
}

fn equal(a: Value, b: Value) -> bool {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Json(a) | Value::Scalar(a), Value::Json(b) | Value::Scalar(b)) => same(&a, &b),
        (Value::Text(text), Value::Json(json) | Value::Scalar(json))
        | (Value::Json(json) | Value::Scalar(json), Value::Text(text)) => {
            json.as_str() == Some(&text) || parse(&text).is_some_and(|parsed| same(&parsed, &json))
        }
    }
}
