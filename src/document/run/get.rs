//! Reading a part: `->`, `->>`, `#>`, `JSON_EXTRACT`, and whether a key is there.

use serde_json::Value as Json;

use super::step::{Place, position};
use super::value::Value;
use crate::document::{Family, Form};

/// The node at `places`.
pub(super) fn lookup<'j>(document: &'j Json, places: &[Place], family: Family) -> Option<&'j Json> {
    places.iter().try_fold(document, |node, place| match (node, place) {
        (Json::Object(map), Place::Key(key) | Place::Name(key)) => map.get(key),
        // PostgreSQL path text that looks like a number is a key on an object and an index on an array.
        (Json::Array(items), Place::Name(text)) if pg(family) => {
            position(i64::from(text.parse::<i32>().ok()?), items.len()).and_then(|at| items.get(at))
        }
        (Json::Array(items), Place::Index(index)) => position(*index, items.len()).and_then(|at| items.get(at)),
        (Json::Object(map), Place::Index(index)) if family == Family::PgSubscript => map.get(&index.to_string()),
        // MySQL's functions take something that is not an array for an array of one.
        (node, Place::Index(0)) if matches!(family, Family::MySql | Family::MariaDb) => Some(node),
        _ => None,
    })
}

fn pg(family: Family) -> bool {
    matches!(family, Family::PgFunction | Family::PgSubscript)
}

/// The part at `places`, in the form asked for.
pub(super) fn get(document: &Json, places: &[Place], form: Form, family: Family) -> Value {
    let part = match (document, places) {
        // Measured: to PostgreSQL's `->` a bare scalar is an array of one.
        (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_), [Place::Index(0 | -1)])
            if family == Family::PgFunction =>
        {
            Some(document)
        }
        _ => lookup(document, places, family),
    };
    let Some(part) = part else {
        // `value["missing"]` is JSON null in Rust; a database has nothing to give.
        return if family == Family::SerdeIndex { Value::Json(Json::Null) } else { Value::Null };
    };
    match (form, part) {
        // Measured: 1 and 0 on MariaDB.
        (Form::ScalarText, Json::Bool(truth)) if family == Family::MariaDb => {
            Value::Text(i32::from(*truth).to_string())
        }
        (Form::Text, Json::Null) if matches!(family, Family::MySql | Family::MariaDb) => Value::Text("null".into()),
        (Form::Text | Form::ScalarText | Form::Unwrapped, Json::Null)
        | (Form::ScalarText, Json::Object(_) | Json::Array(_)) => Value::Null,
        (Form::Text | Form::ScalarText | Form::Unwrapped, Json::String(text)) => Value::Text(text.clone()),
        // SQLite has no booleans.
        (Form::Text, Json::Bool(truth)) if family == Family::Sqlite => Value::Scalar(Json::from(i32::from(*truth))),
        (Form::Text, part) if family == Family::Sqlite && !part.is_object() && !part.is_array() => {
            Value::Scalar(part.clone())
        }
        (Form::Text | Form::ScalarText, part) => Value::Text(part.to_string()),
        (Form::Unwrapped, Json::Bool(truth)) => Value::Scalar(Json::from(i32::from(*truth))),
        (Form::Unwrapped, part @ Json::Number(_)) => Value::Scalar(part.clone()),
        (Form::Json | Form::Unwrapped, part) => Value::Json(part.clone()),
    }
}
