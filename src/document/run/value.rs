//! The values that a run passes along: richer than JSON, because SQL NULL, SQL text and JSON behave differently.

use crate::document::Family;
use serde_json::{Number, Value as Json};

/// A value while a document is run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// SQL NULL.
    Null,
    /// A JSON value of the database: `jsonb`, `json`, the result of a JSON function.
    Json(Json),
    /// SQL text.
    Text(String),
    /// An SQL number, boolean or other scalar.
    Scalar(Json),
}

/// Why a run ends early.
///
/// Ordered: of two that meet, the first speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    /// Rejected whatever the values are: a type error.
    Fails(String),
    /// An error while it runs.
    Error(String),
    /// Not decided.
    Unknown(String),
}

/// The result of evaluating a part.
pub(super) type Eval = Result<Value, Stop>;

/// The result of an edit on a document: `None` is SQL NULL.
pub(super) type Edited = Result<Option<Json>, Stop>;

/// A runtime error of the database.
pub(super) fn error<T>(words: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(words.into()))
}

/// Whether the functions of this family take SQL text where they want a document.
fn reads_text(family: Family) -> bool {
    !matches!(family, Family::PgFunction | Family::PgSubscript)
}

impl Value {
    /// The value as the document that a function of this family edits; `None` is SQL NULL.
    pub(super) fn into_document(self, family: Family) -> Edited {
        match self {
            Self::Null => Ok(None),
            Self::Json(json) => Ok(Some(json)),
            Self::Text(text) if reads_text(family) => match parse(&text) {
                Some(json) => Ok(Some(json)),
                // MariaDB warns and gives NULL; MySQL and SQLite fail.
                None if family == Family::MariaDb => Ok(None),
                None => error("malformed JSON"),
            },
            Self::Scalar(json) if reads_text(family) => Ok(Some(json)),
            Self::Text(_) | Self::Scalar(_) => {
                Err(Stop::Fails("a JSON function takes jsonb here, not text or an SQL scalar".into()))
            }
        }
    }

    /// The value as it is put into a document; `None` is SQL NULL.
    pub(super) fn into_part(self) -> Option<Json> {
        match self {
            Self::Null => None,
            Self::Json(json) | Self::Scalar(json) => Some(json),
            Self::Text(text) => Some(Json::String(text)),
        }
    }

    /// The value as SQL text; `None` is SQL NULL.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Scalar(Json::String(text)) | Self::Text(text) => Some(text),
            Self::Json(json) | Self::Scalar(json) => Some(json.to_string()),
        }
    }
}

impl From<Option<Json>> for Value {
    fn from(json: Option<Json>) -> Self {
        json.map_or(Self::Null, Self::Json)
    }
}

/// Reads text as JSON; `None` when it is malformed.
pub(super) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

/// The name of a JSON type as `jsonb_typeof` spells it.
pub(super) fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Whether two documents are the same: key order does not count, and `1` equals `1.0`.
pub fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => same_number(a, b),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    if a == b {
        return true;
    }
    // Two integers that differ stay different even where a float cannot tell them apart.
    let integer = |n: &Number| n.is_i64() || n.is_u64();
    if integer(a) && integer(b) {
        return false;
    }
    matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a.total_cmp(&b).is_eq())
}
