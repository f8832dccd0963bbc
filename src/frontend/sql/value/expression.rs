//! Expressions to values: literals, casts, `CASE`, arrays, subscripts; the rest is handed on.

use super::super::Dialect;
use super::scope::get;
use super::typed::{Ty, Typed, as_json, as_text, carries_document, input, is_malformed};
use super::{Evaluator, MAX_DEPTH, MAX_STEPS};
use crate::document::{Cond, Document, Family, Form, Nullability, Shape, Step};
use serde_json::Value as Json;
use sqlparser::ast::{AccessExpr, Expr, Subscript, UnaryOperator, Value, ValueWithSpan, visit_expressions};
use std::ops::ControlFlow;

impl Evaluator<'_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &Expr) -> Typed {
        if self.depth >= MAX_DEPTH || self.steps >= MAX_STEPS {
            return Typed::any(Document::Unknown("the expression is nested too deeply".into()));
        }
        self.depth += 1;
        self.steps += 1;
        let value = self.eval_inner(expr);
        self.depth -= 1;
        value
    }

    fn eval_inner(&mut self, expr: &Expr) -> Typed {
        match expr {
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } | Expr::Prefixed { value: inner, .. } => {
                self.eval(inner)
            }
            Expr::Value(value) => self.literal(value),
            Expr::TypedString(typed) => {
                let value = self.literal(&typed.value);
                self.cast_to(value, &typed.data_type, expr)
            }
            Expr::Identifier(name) => self.name(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.name(parts),
            Expr::Cast { expr: inner, data_type, .. }
            | Expr::Convert { expr: inner, data_type: Some(data_type), .. } => {
                let value = self.eval(inner);
                self.cast_to(value, data_type, expr)
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expr),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => {
                let value = self.eval(inner);
                match value.doc {
                    Document::Known(Json::Number(n)) => Typed::new(Document::Known(negated(&n)), Ty::Scalar),
                    _ => scalar(vec![value.doc], expr),
                }
            }
            Expr::Function(function) => self.function(function, expr),
            Expr::Case { operand, conditions, else_result, .. } => {
                let mut branches = vec![];
                for when in conditions {
                    let condition = match operand {
                        Some(operand) => self.equality(operand, &when.condition),
                        None => self.condition(&when.condition),
                    };
                    branches.push((condition, self.eval(&when.result)));
                }
                let otherwise = match else_result {
                    Some(value) => self.eval(value),
                    None => Typed::new(Document::Null, Ty::Untyped),
                };
                self.choose(branches, otherwise, "CASE")
            }
            Expr::Subquery(query) => self.subquery(query, 0, expr),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, expr),
            Expr::Array(array) => {
                let items = array.elem.iter().map(|item| self.eval(item)).collect::<Vec<_>>();
                // `ARRAY['a', NULL]`: quoted literals make a text[].
                let ty = if items.iter().all(|i| matches!(i.ty, Ty::Untyped | Ty::Text | Ty::Any)) {
                    Ty::TextArray
                } else {
                    Ty::Scalar
                };
                Typed::new(Document::Array(items.into_iter().map(|i| i.doc).collect()), ty)
            }
            Expr::Tuple(items) if items.len() == 1 => items
                .first()
                .map_or_else(|| Typed::any(Document::Unknown("an empty row".into())), |item| self.eval(item)),
            Expr::Substring { expr: inner, substring_from, substring_for, .. } => {
                let args = [Some(inner), substring_from.as_ref(), substring_for.as_ref()];
                self.text_function(args.into_iter().flatten().map(|e| &**e).collect(), expr)
            }
            Expr::Trim { expr: inner, .. } => self.text_function(vec![inner], expr),
            Expr::Overlay { expr: inner, overlay_what, .. } => self.text_function(vec![inner, overlay_what], expr),
            Expr::UnaryOp { expr: inner, .. }
            | Expr::Ceil { expr: inner, .. }
            | Expr::Floor { expr: inner, .. }
            | Expr::Extract { expr: inner, .. }
            | Expr::AtTimeZone { timestamp: inner, .. } => {
                let value = self.eval(inner);
                scalar(vec![value.doc], expr)
            }
            Expr::Interval(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::Exists { .. } => scalar(vec![], expr),
            Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::ILike { .. } => {
                let doc = Document::Computed { of: vec![], strict: false, what: expr.to_string() };
                Typed::new(doc, Ty::Scalar)
            }
            _ => self.opaque(expr),
        }
    }

    /// A strict function that gives text: it may still hold the document.
    pub(super) fn text_function(&mut self, args: Vec<&Expr>, expr: &Expr) -> Typed {
        let docs = args.into_iter().map(|arg| self.eval(arg).doc).collect::<Vec<_>>();
        if docs.contains(&Document::Null) {
            return Typed::new(Document::Null, Ty::Text);
        }
        let held = docs.iter().filter(|d| carries_document(d)).cloned().collect::<Vec<_>>();
        let doc = if held.is_empty() {
            Document::Computed { of: docs, strict: true, what: expr.to_string() }
        } else {
            Document::Through { of: held, why: format!("`{expr}` edits it as text") }
        };
        Typed::new(doc, Ty::Text)
    }

    /// An expression of a form that is not read: through it when the column stands in it, an input otherwise.
    pub(super) fn opaque(&mut self, expr: &Expr) -> Typed {
        let mut names = vec![];
        let _ = visit_expressions(expr, |e| {
            match e {
                Expr::Identifier(name) => names.push(vec![name.clone()]),
                Expr::CompoundIdentifier(parts) => names.push(parts.clone()),
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
        let mut held: Vec<Document> = vec![];
        for name in names {
            // Only the last part is compared before the name is resolved, so that unrelated names cannot be rejected.
            if name.last().is_some_and(|last| self.is_column(&last.value)) {
                let doc = self.name(&name).doc;
                if carries_document(&doc) && !held.contains(&doc) {
                    held.push(doc);
                }
            }
        }
        let doc = if held.is_empty() {
            input(expr.to_string(), Shape::Any, Nullability::Maybe)
        } else {
            Document::Through { of: held, why: format!("what `{expr}` does is not known") }
        };
        Typed::any(doc)
    }

    /// A call of a function that is not known: through it when an argument holds the document, an input otherwise.
    pub(super) fn unknown_call(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Typed {
        let mut held: Vec<Document> = vec![];
        for arg in args {
            let Typed { doc, ty } = self.eval(arg);
            if self.is_postgres() && ty == Ty::Json && super::postgres::TAKES_JSONB.contains(&name) {
                // Measured: functions that take jsonb do not take json (42883).
                return self.reject(format!("function {name} does not exist for json"));
            }
            if carries_document(&doc) && !held.contains(&doc) {
                held.push(doc);
            }
        }
        let doc = if held.is_empty() {
            input(expr.to_string(), Shape::Any, Nullability::Maybe)
        } else {
            Document::Through { of: held, why: format!("what `{expr}` does is not known") }
        };
        Typed::any(doc)
    }

    fn literal(&mut self, value: &ValueWithSpan) -> Typed {
        let untyped = if self.is_postgres() { Ty::Untyped } else { Ty::Text };
        match &value.value {
            Value::Placeholder(name) => self.placeholder(name, super::super::number_of(value.span)),
            Value::Null => Typed::new(Document::Null, if self.is_postgres() { Ty::Untyped } else { Ty::Any }),
            // SQLite has no booleans.
            Value::Boolean(truth) if self.dialect == Dialect::Sqlite => {
                Typed::new(Document::Known(Json::from(i64::from(*truth))), Ty::Scalar)
            }
            Value::Boolean(truth) => Typed::new(Document::Known(Json::Bool(*truth)), Ty::Scalar),
            Value::Number(text, _) => match serde_json::from_str::<Json>(text) {
                Ok(number @ Json::Number(_)) => Typed::new(Document::Known(number), Ty::Scalar),
                _ => Typed::new(input(text.clone(), Shape::SqlScalar, Nullability::Never), Ty::Scalar),
            },
            Value::HexStringLiteral(_) => Typed::any(input(value.to_string(), Shape::Any, Nullability::Never)),
            other => match other.clone().into_string() {
                Some(text) => Typed::new(Document::Text(text), untyped),
                None => Typed::new(input(other.to_string(), Shape::Any, Nullability::Never), Ty::Any),
            },
        }
    }

    /// Branches and their conditions, with the common type that PostgreSQL wants.
    pub(super) fn choose(&mut self, branches: Vec<(Cond, Typed)>, otherwise: Typed, what: &str) -> Typed {
        let (conditions, mut values): (Vec<_>, Vec<_>) = branches.into_iter().unzip();
        values.push(otherwise);
        let ty = self.unify(&mut values, what);
        let otherwise = values.pop().map_or(Document::Null, |v| v.doc);
        let mut kept = vec![];
        for (condition, value) in conditions.into_iter().zip(values) {
            match super::condition::decided(&condition) {
                Some(false) => {}
                Some(true) if kept.is_empty() => return Typed::new(value.doc, ty),
                _ => kept.push((condition, value.doc)),
            }
        }
        if kept.is_empty() {
            return Typed::new(otherwise, ty);
        }
        Typed::new(Document::Choose { branches: kept, otherwise: Box::new(otherwise) }, ty)
    }

    /// Gives values the type they have in common; PostgreSQL rejects those that have none.
    pub(super) fn unify(&mut self, values: &mut [Typed], what: &str) -> Ty {
        if !self.is_postgres() {
            let json = values.iter().all(|v| v.ty == Ty::Json || v.doc == Document::Null);
            let text = values.iter().any(|v| v.ty == Ty::Text);
            if text && self.dialect == Dialect::Mysql {
                // Measured: one branch of text makes the others text.
                for value in values.iter_mut().filter(|v| v.ty == Ty::Json) {
                    let doc = as_text(value.clone(), self.old_is_text());
                    *value = Typed::new(doc, Ty::Text);
                }
            }
            // A subtype or JSON type is kept only when all have it; SQLite passes each value on with its own.
            return if json {
                Ty::Json
            } else if text && self.dialect == Dialect::Mysql {
                Ty::Text
            } else {
                values.iter().find(|v| v.ty != Ty::Any && v.doc != Document::Null).map_or(Ty::Any, |v| v.ty)
            };
        }
        let typed = values.iter().map(|v| v.ty).filter(|ty| !matches!(ty, Ty::Untyped | Ty::Any)).collect::<Vec<_>>();
        let Some(first) = typed.first().copied() else {
            let all_constant = values.iter().all(Typed::is_untyped_constant);
            let nulls = values.iter().all(|v| v.doc == Document::Null);
            return match (nulls, all_constant) {
                (true, _) => Ty::Untyped,
                (_, true) => Ty::Text,
                _ => Ty::Any,
            };
        };
        if typed.iter().any(|ty| *ty != first) {
            // text and varchar meet, numbers meet; JSON types meet nothing but themselves.
            self.reject(format!("{what} types cannot be matched"));
            return Ty::Any;
        }
        if values.iter().any(|v| v.ty == Ty::Any) && !first.is_json() {
            return first;
        }
        for value in values.iter_mut() {
            if first.is_json() && matches!(value.ty, Ty::Untyped | Ty::Any) {
                let untyped = value.ty == Ty::Untyped;
                let doc = as_json(std::mem::replace(&mut value.doc, Document::Null), self.old_is_text());
                if untyped && is_malformed(&doc) {
                    self.reject("invalid input syntax for type json");
                }
                *value = Typed::new(doc, first);
            } else if first == Ty::Text && value.ty == Ty::Untyped {
                *value = Typed::new(as_text(value.clone(), self.old_is_text()), Ty::Text);
            }
        }
        first
    }

    /// `c['a']`, `(row).field`.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr], expr: &Expr) -> Typed {
        let root = self.eval(root);
        if root.ty != Ty::Jsonb {
            if self.is_postgres()
                && matches!(root.ty, Ty::Json)
                && matches!(chain.first(), Some(AccessExpr::Subscript(_)))
            {
                return self.reject("cannot subscript type json");
            }
            return self.opaque(expr);
        }
        if self.rejects_subscripts(chain) {
            return self.reject("cannot subscript type jsonb");
        }
        let mut steps = vec![];
        for access in chain {
            match access {
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.eval(index);
                    steps.push(match index.doc {
                        Document::Text(key) => Step::Name(key),
                        Document::Known(json) => Step::Name(json.to_string()),
                        Document::Null => return Typed::new(Document::Null, Ty::Jsonb),
                        Document::Input(i) => Step::Param(i.id),
                        _ => Step::Param(expr.to_string()),
                    });
                }
                AccessExpr::Subscript(Subscript::Slice { .. }) => {
                    return self.reject("jsonb subscript does not support slices");
                }
                AccessExpr::Dot(_) => return self.reject("jsonb is not a composite type"),
            }
        }
        Typed::new(get(root.doc, steps, Form::Json, Family::PgSubscript), Ty::Jsonb)
    }

    /// Item `index` of a row that is not spelled out.
    pub(super) fn row_item(&mut self, row: &Expr, index: usize) -> Typed {
        let lost = || Typed::any(Document::Unknown("the row has fewer items than the target".into()));
        match row {
            Expr::Nested(inner) if index > 0 => self.row_item(inner, index),
            Expr::Nested(inner) => match &**inner {
                Expr::Tuple(_) | Expr::Subquery(_) => self.row_item(inner, index),
                inner => self.eval(inner),
            },
            Expr::Tuple(items) => items.get(index).map_or_else(lost, |item| self.eval(item)),
            Expr::Subquery(query) => self.subquery(query, index, row),
            Expr::Function(function) if super::call::name_of(function).as_deref() == Some("row") => {
                match super::call::arguments(function).and_then(|args| args.get(index).copied()) {
                    Some(item) => self.eval(item),
                    None => lost(),
                }
            }
            other if index == 0 => self.eval(other),
            _ => lost(),
        }
    }
}

/// A scalar computed from operands; SQL NULL when one of them is.
pub(super) fn scalar(of: Vec<Document>, expr: &Expr) -> Typed {
    if of.contains(&Document::Null) {
        return Typed::new(Document::Null, Ty::Scalar);
    }
    Typed::new(Document::Computed { of, strict: true, what: expr.to_string() }, Ty::Scalar)
}

/// `-n`.
fn negated(n: &serde_json::Number) -> Json {
    match (n.as_i64(), n.as_f64()) {
        (Some(n), _) => n.checked_neg().map_or(Json::Null, Json::from),
        (None, Some(f)) => Json::from(-f),
        _ => Json::Null,
    }
}
