//! Rust expressions to documents: what a bound value holds, as far as the function shows it.

use super::assemble::Reader;
use super::scope::Scope;
use crate::document::{Document, Input};
use syn::Expr;

/// A value, evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) value: Document,
    pub(super) rust_type: Option<String>,
    pub(super) is_json: bool,
}

/// Evaluates a bound expression.
pub(super) fn evaluate<'a>(reader: &Reader<'a, '_>, _scope: &Scope<'a>, expr: &Expr) -> Evaluated {
    let id = reader.source.folded(reader.source.expr(expr));
    Evaluated {
        value: Document::Input(Input {
            id,
            shape: crate::document::Shape::Any,
            null: crate::document::Nullability::Maybe,
        }),
        rust_type: None,
        is_json: false,
    }
}
