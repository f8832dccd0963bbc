//! Defaults that stand in for a value: `unwrap_or_default()`, `unwrap_or_else(|_| json!({}))`, `Err(_) => ..`.
//!
//! Whether that wipes a document is not decided here; the kind and the place are noted.

use super::peel::{SAME, peel_also};
use super::types::Ty;
use super::values::{Val, Values};
use crate::document::Document;
use crate::frontend::facts::SignKind;
use crate::source::Span;
use serde_json::Value as Json;
use syn::{Arm, Expr, ExprMatch, ExprMethodCall, GenericArgument, Pat};

impl Values<'_, '_, '_> {
    /// Notes that the method replaces what its receiver does not have.
    pub(super) fn note_default(&self, call: &ExprMethodCall, receiver: &Val, default: &Document) {
        if !is_blank(default) {
            return;
        }
        let kind = self.stands_in_for(&call.receiver);
        // An old document that is NULL has nothing to lose.
        if kind == SignKind::DefaultForMissing && receiver.doc.holds_old() {
            return;
        }
        let start = self.reader.source.span(call.method.span());
        let span = start.join(self.reader.source.span(call.paren_token.span.close()));
        self.note_kind(kind, span, &call.method.to_string());
    }

    /// Notes that an arm for `Err` or `None` gives a default.
    pub(super) fn note_arms(&self, branches: &ExprMatch, values: &[(usize, &Arm, Val)]) {
        for (_, arm, value) in values {
            if !is_failure(&arm.pat) || !is_blank(&value.doc) {
                continue;
            }
            let kind = self.stands_in_for(&branches.expr);
            if kind != SignKind::DefaultForMissing {
                self.note_kind(kind, self.reader.source.expr(&arm.body), &self.source(&arm.body));
            }
        }
    }

    fn note_kind(&self, kind: SignKind, span: Span, by: &str) {
        self.note(kind, span, || match kind {
            SignKind::DefaultForUndecoded => format!("`{by}` stands in for a document that did not decode"),
            SignKind::DefaultForUnencoded => format!("`{by}` stands in for a value that did not encode"),
            _ => format!("`{by}` stands in for a value that is not there"),
        });
    }

    /// What is missing where the default is taken: a value, a decoded document, or an encoded one.
    fn stands_in_for(&self, expr: &Expr) -> SignKind {
        /// How many locals are followed back to the call.
        const MAX_HOPS: usize = 3;
        let mut expr = expr;
        for _ in 0..MAX_HOPS {
            if is_typed_read(expr) {
                return SignKind::DefaultForUndecoded;
            }
            let source = self.source(expr);
            let calls = |name: &str| source.contains(&format!("{name}(")) || source.contains(&format!("{name}::<"));
            let of_json = |names: &[&str]| source.contains("json") && names.iter().any(|name| calls(name));
            if calls("from_value") || of_json(&["from_str", "from_slice"]) {
                return SignKind::DefaultForUndecoded;
            }
            if calls("to_value") || of_json(&["to_string", "to_vec", "to_string_pretty"]) {
                return SignKind::DefaultForUnencoded;
            }
            let Expr::Path(path) = peel_also(mapped(expr), SAME) else { break };
            let Some(ident) = path.path.get_ident() else { break };
            let at = self.reader.source.start(ident.span());
            let binding = self.scope.resolve(&ident.to_string(), at).and_then(|id| self.scope.bindings.get(id));
            let Some(init) = binding.and_then(|binding| binding.init) else { break };
            expr = init;
        }
        SignKind::DefaultForMissing
    }
}

/// Whether an expression is a column that is decoded into a type of the project, and the error of one that is not:
/// `row.try_get::<Json<Settings>, _>("data").map(|data| data.0)`.
fn is_typed_read(expr: &Expr) -> bool {
    let Expr::MethodCall(call) = mapped(expr) else { return false };
    let types = call.turbofish.iter().flat_map(|turbofish| &turbofish.args);
    let mut types = types.filter_map(|ty| if let GenericArgument::Type(ty) = ty { Ty::read(ty) } else { None });
    call.method == "try_get" && types.next().is_some_and(|ty| ty.wraps_document() && ty.document().may_be_declared())
}

/// What is there or not, without what is done to it if it is.
fn mapped(mut expr: &Expr) -> &Expr {
    while let Expr::MethodCall(call) = expr
        && ["map", "map_err", "ok", "and_then"].iter().any(|name| call.method == name)
    {
        expr = &call.receiver;
    }
    expr
}

/// Whether a pattern is what is left when something failed or is missing: `Err(_)`, `None`, `_`.
fn is_failure(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::TupleStruct(inner) => inner.path.segments.last().is_some_and(|segment| segment.ident == "Err"),
        Pat::Ident(ident) => ident.ident == "None",
        Pat::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "None"),
        _ => false,
    }
}

/// A document without content, or the default of a type.
fn is_blank(document: &Document) -> bool {
    match document {
        Document::Known(Json::Object(map)) => map.is_empty(),
        Document::Known(Json::Array(items)) => items.is_empty(),
        Document::Known(Json::Null) => true,
        Document::Known(Json::String(text)) => matches!(text.as_str(), "" | "{}" | "[]" | "null"),
        Document::Cast { of, .. } => is_blank(of),
        // `T::default()`, `Default::default`, the default of a type that is not known.
        Document::Input(input) => input.id.contains("default"),
        _ => false,
    }
}
