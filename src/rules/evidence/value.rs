//! What the stored value shows by itself.

use crate::document::{CastTo, Document, Nullability, Path, SetMode, Shape};

/// An array is stored.
pub(in crate::rules) fn is_array(value: &Document) -> bool {
    match value {
        Document::Array(_) => true,
        Document::Known(json) => json.is_array(),
        Document::Input(input) => input.shape == Shape::Array,
        Document::Cast { of, .. } => is_array(of),
        Document::First(items) => items.iter().any(is_array),
        Document::Set { of, path: Path::Steps(steps), mode: SetMode::Append, .. } => steps.is_empty() && is_array(of),
        Document::Choose { branches, otherwise } => {
            let mut parts = branches.iter().map(|(_, part)| part).chain(std::iter::once(&**otherwise));
            parts.clone().any(is_array) && parts.all(|part| is_array(part) || *part == Document::Null)
        }
        _ => false,
    }
}

/// A bare string, number or boolean is stored.
pub(in crate::rules) fn is_scalar(value: &Document) -> bool {
    match value {
        Document::Known(json) => json.is_string() || json.is_number() || json.is_boolean(),
        Document::Input(input) => input.shape == Shape::Scalar,
        Document::Cast { of, to: CastTo::JsonScalar } => {
            matches!(&**of, Document::Input(input) if matches!(input.shape, Shape::Text | Shape::SqlScalar | Shape::Scalar))
        }
        _ => false,
    }
}

/// Whether SQL NULL may be stored: a value that is optional.
pub(super) fn may_be_null(value: &Document) -> bool {
    match value {
        Document::Null => true,
        Document::Input(input) => input.null == Nullability::Yes,
        Document::Cast { of, .. } => may_be_null(of),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, part)| may_be_null(part)) || may_be_null(otherwise)
        }
        _ => false,
    }
}

/// The constant that stands in for a missing value; JSON null for SQL NULL.
pub(super) fn fallback(value: &Document) -> Option<&serde_json::Value> {
    const NULL: &serde_json::Value = &serde_json::Value::Null;
    let mut found = None;
    value.visit(&mut |part| {
        if let (Document::First(items), None) = (part, found) {
            found = match items.last() {
                Some(Document::Known(json)) => Some(json),
                Some(Document::Null) => Some(NULL),
                _ => None,
            };
        }
    });
    found
}
