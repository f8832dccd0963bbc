//! A value together with its SQL type, as far as it is known. The type decides what an operator does: `||` on `jsonb`
//! merges, on text it concatenates. Never looks at SQL text.

use crate::document::{CastTo, Document, Form, Input, MergeHow, Nullability, Path, Shape};
use serde_json::Value as Json;

/// What SQL type a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ty {
    /// A quoted literal, `NULL` or a placeholder whose type the context decides (PostgreSQL's `unknown`).
    Untyped,
    /// `jsonb`.
    Jsonb,
    /// `json` (PostgreSQL), or a value that the database knows to be JSON (MySQL, SQLite's subtype).
    Json,
    /// Text.
    Text,
    /// `text[]`.
    TextArray,
    /// A number, boolean, time or another SQL scalar.
    Scalar,
    /// A row.
    Record,
    /// Not known.
    Any,
}

impl Ty {
    /// Whether the database knows a value of this type to be JSON.
    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::Jsonb | Self::Json)
    }
}

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    /// The value.
    pub(super) doc: Document,
    /// Its type.
    pub(super) ty: Ty,
}

impl Typed {
    /// A value of a type.
    pub(super) fn new(doc: Document, ty: Ty) -> Self {
        Self { doc, ty }
    }

    /// A value of a type that is not known.
    pub(super) fn any(doc: Document) -> Self {
        Self { doc, ty: Ty::Any }
    }

    /// Whether it is a quoted literal or `NULL` that has no type yet.
    pub(super) fn is_untyped_constant(&self) -> bool {
        self.ty == Ty::Untyped && matches!(self.doc, Document::Text(_) | Document::Null)
    }
}

/// An input from outside.
pub(super) fn input(id: impl Into<String>, shape: Shape, null: Nullability) -> Document {
    Document::Input(Input { id: id.into(), shape, null })
}

/// Whether a text or name holds a part of the SQL that is not known.
pub(super) fn has_hole(text: &str) -> bool {
    text.contains(super::super::HOLE_PREFIX)
}

/// The value read as JSON: what `::jsonb` and a `jsonb` context do to a text. `old_is_text` says that the column itself
/// is text. A text that is not JSON stays as it is.
pub(super) fn as_json(doc: Document, old_is_text: bool) -> Document {
    match doc {
        Document::Text(text) if has_hole(&text) => input(text, Shape::Any, Nullability::Never),
        Document::Text(text) => match serde_json::from_str(&text) {
            Ok(json) => Document::Known(json),
            Err(_) => Document::Text(text),
        },
        Document::Old | Document::Read(_) if old_is_text => cast(doc, CastTo::Json),
        Document::Input(Input { shape: Shape::Text, .. })
        | Document::Get { form: Form::Text | Form::ScalarText | Form::Unwrapped, .. }
        | Document::Computed { .. }
        | Document::Merge { how: MergeHow::Text, .. } => cast(doc, CastTo::Json),
        Document::Cast { of, to: CastTo::Text } => *of,
        Document::First(items) => Document::First(items.into_iter().map(|d| as_json(d, old_is_text)).collect()),
        Document::Choose { branches, otherwise } => Document::Choose {
            branches: branches.into_iter().map(|(c, d)| (c, as_json(d, old_is_text))).collect(),
            otherwise: Box::new(as_json(*otherwise, old_is_text)),
        },
        other => other,
    }
}

/// Whether a text that stands in for JSON cannot be read: an invalid literal.
pub(super) fn is_malformed(doc: &Document) -> bool {
    match doc {
        Document::Text(text) => !has_hole(text) && serde_json::from_str::<Json>(text).is_err(),
        Document::First(items) => items.iter().any(is_malformed),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, d)| is_malformed(d)) || is_malformed(otherwise)
        }
        _ => false,
    }
}

/// The value rendered as text: `::text`.
pub(super) fn as_text(value: Typed, old_is_text: bool) -> Document {
    if value.ty.is_json() {
        return match value.doc {
            // A text column needs no rendering.
            Document::Old | Document::Read(_) if old_is_text => value.doc,
            Document::Null => Document::Null,
            doc => cast(doc, CastTo::Text),
        };
    }
    match value.doc {
        Document::Input(Input { id, shape: Shape::Any, null }) => input(id, Shape::Text, null),
        doc @ Document::Input(Input { shape: Shape::SqlScalar, .. }) => cast(doc, CastTo::Text),
        Document::Known(Json::String(text)) => Document::Text(text),
        Document::Known(json @ (Json::Number(_) | Json::Bool(_))) => Document::Text(json.to_string()),
        doc => doc,
    }
}

/// The value as a part of a document: what `to_jsonb()`, `jsonb_build_object()` and `JSON_SET()` do with it. A text
/// becomes a string; JSON stays.
pub(super) fn as_part(value: Typed, old_is_text: bool) -> Document {
    if value.ty.is_json() || value.ty == Ty::Record {
        return value.doc;
    }
    as_string(value.doc, old_is_text)
}

fn as_string(doc: Document, old_is_text: bool) -> Document {
    match doc {
        Document::Text(text) if has_hole(&text) => input(text, Shape::Scalar, Nullability::Never),
        Document::Text(text) => Document::Known(Json::String(text)),
        Document::Old | Document::Read(_) if old_is_text => cast(doc, CastTo::JsonScalar),
        Document::Input(Input { shape: Shape::Text | Shape::SqlScalar, .. })
        | Document::Cast { to: CastTo::Text, .. }
        | Document::Get { form: Form::Text | Form::ScalarText, .. }
        | Document::Computed { .. }
        | Document::Merge { how: MergeHow::Text, .. } => cast(doc, CastTo::JsonScalar),
        Document::First(items) => Document::First(items.into_iter().map(|d| as_string(d, old_is_text)).collect()),
        Document::Choose { branches, otherwise } => Document::Choose {
            branches: branches.into_iter().map(|(c, d)| (c, as_string(d, old_is_text))).collect(),
            otherwise: Box::new(as_string(*otherwise, old_is_text)),
        },
        other => other,
    }
}

/// The value as it is stored at last: texts that are JSON count as JSON, a rendering as its document.
pub(super) fn as_stored(doc: Document) -> Document {
    match doc {
        Document::Text(text) if !has_hole(&text) => match serde_json::from_str(&text) {
            Ok(json) => Document::Known(json),
            Err(_) => Document::Text(text),
        },
        Document::Cast { of, to: CastTo::Text } => *of,
        Document::First(items) => Document::First(items.into_iter().map(as_stored).collect()),
        Document::Choose { branches, otherwise } => Document::Choose {
            branches: branches.into_iter().map(|(c, d)| (c, as_stored(d))).collect(),
            otherwise: Box::new(as_stored(*otherwise)),
        },
        other => other,
    }
}

/// A change of type.
pub(super) fn cast(of: Document, to: CastTo) -> Document {
    match of {
        Document::Null | Document::Fails(_) => of,
        of => Document::Cast { of: Box::new(of), to },
    }
}

/// Whether the value can be SQL NULL. `true` where it is not known.
pub(super) fn can_be_null(doc: &Document) -> bool {
    match doc {
        Document::Known(_) | Document::Text(_) | Document::Object { .. } | Document::Array(_) | Document::Fails(_) => {
            false
        }
        Document::Input(input) => input.null != Nullability::Never,
        Document::First(items) => items.iter().all(can_be_null),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, d)| can_be_null(d)) || can_be_null(otherwise)
        }
        Document::Merge { left, right, .. } => can_be_null(left) || can_be_null(right),
        Document::Cast { of, .. } | Document::StripNulls(of) => can_be_null(of),
        Document::Set { of, path: Path::Steps(_), value, on_null, .. } => {
            can_be_null(of) || (*on_null == crate::document::OnNull::Wipe && can_be_null(value))
        }
        Document::Computed { of, strict, .. } => !strict || of.iter().any(can_be_null),
        _ => true,
    }
}

/// Whether the value may hold a whole document, not just a scalar read from one.
pub(super) fn carries_document(doc: &Document) -> bool {
    match doc {
        Document::Old | Document::Read(_) => true,
        Document::Get { path: Path::Steps(steps), .. } if !steps.is_empty() => false,
        Document::Get { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of)
        | Document::Retype { of, .. }
        | Document::Remove { of, .. }
        | Document::Entries { of, .. } => carries_document(of),
        Document::Set { of, value, .. } => carries_document(of) || carries_document(value),
        Document::Merge { left, right, .. } => carries_document(left) || carries_document(right),
        Document::First(items) | Document::Array(items) | Document::Through { of: items, .. } => {
            items.iter().any(carries_document)
        }
        Document::Object { entries, .. } => entries.iter().any(|(_, d)| carries_document(d)),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, d)| carries_document(d)) || carries_document(otherwise)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rendering_and_reading_again_is_the_document() {
        let rendered = as_text(Typed::new(Document::Old, Ty::Jsonb), false);
        assert_eq!(rendered, cast(Document::Old, CastTo::Text));
        assert_eq!(as_json(rendered, false), Document::Old);
    }

    #[test]
    fn a_text_is_a_string_as_a_part_and_a_document_when_read() {
        let text = Document::Text(r#"{"a":1}"#.into());
        assert_eq!(as_part(Typed::new(text.clone(), Ty::Text), false), Document::Known(json!(r#"{"a":1}"#)));
        assert_eq!(as_json(text, false), Document::Known(json!({"a": 1})));
    }

    #[test]
    fn a_literal_that_is_not_json_is_found_behind_coalesce() {
        let doc = Document::First(vec![Document::Old, Document::Text("oops".into())]);
        assert!(is_malformed(&doc));
        assert!(!is_malformed(&Document::First(vec![Document::Old, Document::Text("{}".into())])));
    }
}
