//! The last step of a write: what the column's type makes of the value.

use super::value::{Stop, Value, error, parse};
use super::{Outcome, Storage};

/// Stores `value` in a column of this kind.
pub(super) fn store(value: Value, storage: Storage) -> Result<Outcome, Stop> {
    Ok(match (value, storage) {
        (Value::Null, _) => Outcome::Null,
        (Value::Json(json), _) => Outcome::Stored(json),
        (Value::Text(_) | Value::Scalar(_), Storage::Jsonb | Storage::Json) => {
            return error("the column is of a JSON type but the expression is not");
        }
        (value, Storage::CheckedText) => match value.into_text().as_deref().and_then(parse) {
            Some(json) => Outcome::Stored(json),
            None => return error("the CHECK (json_valid) of the column fails"),
        },
        (value, Storage::Text) => {
            let text = value.into_text().unwrap_or_default();
            parse(&text).map_or(Outcome::Malformed(text), Outcome::Stored)
        }
    })
}
