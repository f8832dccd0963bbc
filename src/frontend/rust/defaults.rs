//! Defaults that stand in for a value: `unwrap_or_default()`, `unwrap_or_else(|_| json!({}))`, `Err(_) => ..`.
//!
//! Whether that wipes a document is not decided here; the kind and the place are noted.

use super::functions::first_of;
use super::peel::{Off, SAME, peel_also};
use super::types::Ty;
use super::values::{Val, Values};
use crate::document::Document;
use crate::frontend::facts::{self, SignKind};
use crate::source::Span;
use serde_json::Value as Json;
use syn::{Arm, Expr, ExprIf, ExprMatch, ExprMethodCall, GenericArgument, Pat};

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
        self.note_kind(kind, self.call_span(call), &call.method.to_string());
    }

    /// Notes that an arm for `Err` or `None` gives a default.
    pub(super) fn note_arms(&self, branches: &ExprMatch, values: &[(usize, &Arm, Val)]) {
        for (_, arm, value) in values {
            if !is_failure(&arm.pat) || !is_blank(&value.doc) {
                continue;
            }
            let kind = self.stands_in_for(&branches.expr);
            if kind != SignKind::DefaultForMissing {
                let body = yielded(&arm.body);
                self.note_kind(kind, self.reader.source.expr(body), &self.source(body));
            }
        }
    }

    /// What a fallible read comes to with a default where it fails: `match row.try_get("data") { Ok(data) => data, Err(_)
    /// => Json::default() }` is `row.try_get("data").unwrap_or_default()`.
    pub(super) fn or_default(&self, subject: &Expr, read: &Val, default: &Val) -> Option<Val> {
        let fails = || {
            is_call_of(mapped(peel_also(subject, SAME)), "try_get")
                || self.stands_in_for(subject) == SignKind::DefaultForUndecoded
        };
        (is_blank(&default.doc) && read.doc.holds_old() && fails()).then(|| first_of(read.clone(), default.clone()))
    }

    /// Notes that an `else` gives what stands in for a document that did not decode.
    pub(super) fn note_other(&self, subject: &Expr, branch: &ExprIf) {
        if let Some(last) = other(branch)
            && self.stands_in_for(subject) == SignKind::DefaultForUndecoded
        {
            self.note_kind(SignKind::DefaultForUndecoded, self.reader.source.expr(last), &self.source(last));
        }
    }

    /// Notes the default of a `let` whose type says as what a column is decoded: `let data: Json<Settings> =
    /// row.try_get("data").unwrap_or_default()`.
    pub(super) fn note_declared(&self, init: &Expr, ty: &Ty) {
        let untyped = |expr: &Expr| untyped_read(peel_also(expr, &[Off::Copies])).is_some();
        if !ty.document().may_be_declared() {
            return;
        }
        match init {
            Expr::MethodCall(call) if is_default(call) && untyped(&call.receiver) => {
                let default = self.value(init).doc;
                if matches!(&default, Document::First(items) if items.last().is_some_and(is_blank)) {
                    self.note_kind(SignKind::DefaultForUndecoded, self.call_span(call), &call.method.to_string());
                }
            }
            Expr::If(branch) => {
                if let (Expr::Let(read), Some(last)) = (&*branch.cond, other(branch))
                    && untyped(&read.expr)
                    && is_blank(&self.value(last).doc)
                {
                    self.note_kind(SignKind::DefaultForUndecoded, self.reader.source.expr(last), &self.source(last));
                }
            }
            Expr::Match(branches) if untyped(&branches.expr) => {
                for arm in branches.arms.iter().filter(|arm| is_failure(&arm.pat)) {
                    if is_blank(&self.value(&arm.body).doc) {
                        let body = yielded(&arm.body);
                        let place = self.reader.source.expr(body);
                        self.note_kind(SignKind::DefaultForUndecoded, place, &self.source(body));
                    }
                }
            }
            _ => {}
        }
    }

    /// The name and the parentheses of a call.
    fn call_span(&self, call: &ExprMethodCall) -> Span {
        let start = self.reader.source.span(call.method.span());
        start.join(self.reader.source.span(call.paren_token.span.close()))
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
            let Some((binding, init)) = binding.and_then(|binding| Some((binding, binding.init?))) else { break };
            // `let data: Result<Json<Settings>, _> = row.try_get("data");`
            let decodes = |ty: Ty| is_decoded(ty.arg().filter(|_| ty.name() == "Result").unwrap_or(&ty));
            if binding.ty.and_then(Ty::read).is_some_and(decodes) && untyped_read(init).is_some() {
                return SignKind::DefaultForUndecoded;
            }
            expr = init;
        }
        SignKind::DefaultForMissing
    }
}

/// Whether an expression is a column that is decoded into a type of the project, and the error of one that is not:
/// `row.try_get::<Json<Settings>, _>("data").map(|data| data.0)`.
fn is_typed_read(expr: &Expr) -> bool {
    if let Some(taken) = untyped_read(expr) {
        // `row.try_get("data").map(|data: Json<Settings>| data.0)`
        return taken.0.is_some_and(|ty| is_decoded(&ty));
    }
    let Expr::MethodCall(call) = mapped(expr) else { return false };
    let types = call.turbofish.iter().flat_map(|turbofish| &turbofish.args);
    let mut types = types.filter_map(|ty| if let GenericArgument::Type(ty) = ty { Ty::read(ty) } else { None });
    call.method == "try_get" && types.next().is_some_and(|ty| is_decoded(&ty))
}

/// Whether a column of that type is decoded into one of the project.
fn is_decoded(ty: &Ty) -> bool {
    ty.wraps_document() && ty.document().may_be_declared()
}

/// The type that a closure names for its parameter, if it does.
struct Named(Option<Ty>);

/// A `try_get` without a type of its own, and the one that a closure behind it names.
fn untyped_read(expr: &Expr) -> Option<Named> {
    let mut named = None;
    let mut expr = expr;
    while let Expr::MethodCall(call) = expr {
        if call.method == "try_get" {
            let wild = |ty: &GenericArgument| matches!(ty, GenericArgument::Type(syn::Type::Infer(_)));
            let untyped = call.turbofish.as_ref().is_none_or(|types| types.args.first().is_none_or(wild));
            return untyped.then_some(Named(named));
        }
        if !HANDED_ON.iter().any(|name| call.method == name) {
            return None;
        }
        if let Some(Expr::Closure(closure)) = call.args.first()
            && let Some(Pat::Type(typed)) = closure.inputs.first()
        {
            named = Ty::read(&typed.ty);
        }
        expr = &call.receiver;
    }
    None
}

/// What an `else` gives.
fn other(branch: &ExprIf) -> Option<&Expr> {
    match &*branch.else_branch.as_ref()?.1 {
        Expr::Block(other) => match other.block.stmts.last()? {
            syn::Stmt::Expr(last, None) => Some(last),
            _ => None,
        },
        _ => None,
    }
}

/// Methods that do something to what is there, and nothing to what is not.
const HANDED_ON: &[&str] = &["map", "map_err", "ok", "and_then"];

/// Whether a method gives something else where its receiver has nothing.
fn is_default(call: &ExprMethodCall) -> bool {
    ["unwrap_or_default", "unwrap_or", "unwrap_or_else"].iter().any(|name| call.method == name)
}

/// Whether an expression is a call of a method.
fn is_call_of(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::MethodCall(call) if call.method == name)
}

/// What is there or not, without what is done to it if it is.
fn mapped(mut expr: &Expr) -> &Expr {
    while let Expr::MethodCall(call) = expr
        && HANDED_ON.iter().any(|name| call.method == name)
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
        other => facts::is_default(other),
    }
}

/// What a block gives, in the place of the whole block.
fn yielded(body: &Expr) -> &Expr {
    match body {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(last, None)) => last,
            _ => body,
        },
        _ => body,
    }
}
