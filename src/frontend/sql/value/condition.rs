//! Conditions: what of them can be read off a document; the rest may be true or false.

use super::super::Dialect;
use super::Evaluator;
use super::typed::{Ty, Typed, as_json};
use crate::document::{CastTo, Cond, Document, Form, Path, Step};
use serde_json::Value as Json;
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

impl Evaluator<'_> {
    /// A condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Cond {
        if self.depth >= super::MAX_DEPTH {
            return Cond::Unknown("a condition nested too deeply".into());
        }
        self.depth += 1;
        let condition = self.condition_inner(expr);
        self.depth -= 1;
        condition
    }

    fn condition_inner(&mut self, expr: &Expr) -> Cond {
        match expr {
            Expr::Nested(inner) | Expr::IsTrue(inner) => self.condition(inner),
            Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => not(self.condition(inner)),
            Expr::IsNull(inner) => self.is_null(inner),
            Expr::IsNotNull(inner) => not(self.is_null(inner)),
            Expr::Value(value) => match &value.value {
                Value::Boolean(true) => Cond::And(vec![]),
                Value::Boolean(false) => Cond::Or(vec![]),
                _ => unknown(expr),
            },
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::And => Cond::And(vec![self.condition(left), self.condition(right)]),
                BinaryOperator::Or => Cond::Or(vec![self.condition(left), self.condition(right)]),
                BinaryOperator::Eq | BinaryOperator::Spaceship => self.equality(left, right),
                BinaryOperator::NotEq => not(self.equality(left, right)),
                BinaryOperator::Question => {
                    let (of, key) = (self.eval(left), self.eval(right));
                    self.has_key(of, key).unwrap_or_else(|| unknown(expr))
                }
                _ => unknown(expr),
            },
            Expr::IsDistinctFrom(a, b) => not(self.same(a, b)),
            Expr::IsNotDistinctFrom(a, b) => self.same(a, b),
            Expr::InList { expr: inner, list, negated } => {
                let parts = list.iter().map(|item| self.equality(inner, item)).collect::<Vec<_>>();
                let any =
                    if parts.iter().any(|p| matches!(p, Cond::Unknown(_))) { unknown(expr) } else { Cond::Or(parts) };
                if *negated { not(any) } else { any }
            }
            Expr::Function(function) => {
                let name = super::call::name_of(function).unwrap_or_default();
                let Some(args) = super::call::arguments(function) else { return unknown(expr) };
                match (name.as_str(), args.as_slice()) {
                    ("jsonb_exists", [of, key]) => {
                        let (of, key) = (self.eval(of), self.eval(key));
                        self.has_key(of, key).unwrap_or_else(|| unknown(expr))
                    }
                    ("json_contains_path", [of, _, path]) => {
                        let (of, path) = (self.eval(of), self.eval(path));
                        match path.doc {
                            Document::Text(path) => match super::path::dollar(&path) {
                                Some(path @ Path::Steps(_)) => Cond::HasKey(Box::new(of.doc), path),
                                _ => unknown(expr),
                            },
                            _ => unknown(expr),
                        }
                    }
                    _ => unknown(expr),
                }
            }
            _ => unknown(expr),
        }
    }

    /// `a IS NOT DISTINCT FROM b`.
    fn same(&mut self, a: &Expr, b: &Expr) -> Cond {
        let null = |e: &Expr| matches!(e, Expr::Value(v) if v.value == Value::Null);
        match (null(a), null(b)) {
            (true, _) => self.is_null(b),
            (_, true) => self.is_null(a),
            _ => match self.equality(a, b) {
                Cond::Unknown(words) => Cond::Unknown(words),
                // Two NULLs are the same.
                equal => {
                    let both = Cond::And(vec![self.is_null(a), self.is_null(b)]);
                    Cond::Or(vec![both, equal])
                }
            },
        }
    }

    fn is_null(&mut self, expr: &Expr) -> Cond {
        if let Some(part) = self.typed_part(expr) {
            return Cond::IsNull(Box::new(part));
        }
        let doc = self.eval(expr).doc;
        match doc {
            Document::Null => Cond::And(vec![]),
            Document::Known(_) | Document::Text(_) => Cond::Or(vec![]),
            Document::Unknown(_) | Document::Through { .. } => Cond::Unknown(format!("{expr} IS NULL")),
            // One that is built is not NULL either, but what fails in it fails.
            doc => Cond::IsNull(Box::new(doc)),
        }
    }

    /// The part whose type is asked for: `json_type(d, '$.k') IS NULL` says that it is missing.
    fn typed_part(&mut self, expr: &Expr) -> Option<Document> {
        let Expr::Function(function) = expr else { return None };
        if self.dialect != Dialect::Sqlite || super::call::name_of(function)? != "json_type" {
            return None;
        }
        let args = super::call::arguments(function)?;
        let [of, path] = args.as_slice() else { return None };
        let of = self.document(of);
        let path = self.dollar_path(path)?;
        Some(Document::Get { of: Box::new(of), path, form: Form::Json, family: super::functions::family(self.dialect) })
    }

    fn has_key(&mut self, of: Typed, key: Typed) -> Option<Cond> {
        let Document::Text(key) = key.doc else { return None };
        let of = as_json(of.doc, self.old_is_text());
        Some(Cond::HasKey(Box::new(of), Path::Steps(vec![Step::Key(key)])))
    }

    /// `a = b`. Decided only where both outcomes can be read off the states of the document: for whole documents, and
    /// for constants. Comparisons of inputs or of parts may be true or false.
    pub(super) fn equality(&mut self, a: &Expr, b: &Expr) -> Cond {
        if let Some(condition) = self.truth_of(a, b).or_else(|| self.truth_of(b, a)) {
            return condition;
        }
        if let Some(kinds) = self.type_is(a, b).or_else(|| self.type_is(b, a)) {
            return kinds;
        }
        let (left, right) = (self.eval(a), self.eval(b));
        self.equal(left, right).unwrap_or_else(|| Cond::Unknown(format!("{a} = {b}")))
    }

    /// `JSON_CONTAINS_PATH(..) = 1`, `(..) = true`.
    fn truth_of(&mut self, call: &Expr, truth: &Expr) -> Option<Cond> {
        let Expr::Value(truth) = truth else { return None };
        let truth = match &truth.value {
            Value::Boolean(truth) => *truth,
            Value::Number(n, _) if n == "1" => true,
            Value::Number(n, _) if n == "0" => false,
            _ => return None,
        };
        let Expr::Function(function) = call else { return None };
        if !matches!(super::call::name_of(function)?.as_str(), "json_contains_path" | "jsonb_exists") {
            return None;
        }
        let condition = self.condition(call);
        Some(if truth { condition } else { not(condition) })
    }

    /// Whether two values are equal, where that can be read off the document.
    pub(super) fn equal(&mut self, left: Typed, right: Typed) -> Option<Cond> {
        let json = left.ty.is_json() || right.ty.is_json();
        let both_jsonb = left.ty == Ty::Jsonb && right.ty == Ty::Jsonb;
        let old_is_text = self.old_is_text();
        let side = |value: Typed| if json { as_json(value.doc, old_is_text) } else { value.doc };
        let (left, right) = (side(left), side(right));
        match (&left, &right) {
            // NULL = x is neither true nor false.
            (Document::Null, _) | (_, Document::Null) => {
                Some(Cond::Equal(Box::new(Document::Null), Box::new(Document::Null)))
            }
            (Document::Text(a), Document::Text(b)) => Some(if a == b { Cond::And(vec![]) } else { Cond::Or(vec![]) }),
            (Document::Known(a), Document::Known(b)) => {
                Some(if crate::document::run::same(a, b) { Cond::And(vec![]) } else { Cond::Or(vec![]) })
            }
            // A whole document, or a part that is compared with JSON null or an empty one.
            (Document::Old | Document::Read(_), Document::Known(_) | Document::Text(_))
            | (Document::Known(_) | Document::Text(_), Document::Old | Document::Read(_)) => {
                Some(Cond::Equal(Box::new(left), Box::new(right)))
            }
            (Document::Get { form: Form::Json, of, .. }, Document::Known(json))
            | (Document::Known(json), Document::Get { form: Form::Json, of, .. })
                if is_empty(json) && is_column(of) =>
            {
                Some(Cond::Equal(Box::new(left), Box::new(right)))
            }
            // What edits fail of fails the comparison.
            (Document::Remove { .. } | Document::Set { .. }, _)
            | (_, Document::Remove { .. } | Document::Set { .. })
                if both_jsonb =>
            {
                Some(Cond::Equal(Box::new(left), Box::new(right)))
            }
            _ => None,
        }
    }

    /// `jsonb_typeof(d) = 'object'`, `JSON_TYPE(d) = 'OBJECT'`, `json_type(d) = 'object'`.
    fn type_is(&mut self, call: &Expr, kind: &Expr) -> Option<Cond> {
        let call = if let Expr::Nested(inner) = call { inner } else { call };
        let Expr::Function(function) = call else { return None };
        let name = super::call::name_of(function)?;
        let args = super::call::arguments(function)?;
        let Expr::Value(kind) = kind else { return None };
        let kind = kind.value.clone().into_string()?;
        let kinds: &[&str] = match (self.dialect, name.as_str(), kind.as_str()) {
            (Dialect::Postgres, "jsonb_typeof" | "json_typeof", kind) => {
                return Some(self.type_cond(args.first()?, &[kind]));
            }
            (Dialect::Mysql | Dialect::Sqlite, "json_type", kind) => match kind.to_ascii_lowercase().as_str() {
                "object" => &["object"],
                "array" => &["array"],
                "null" => &["null"],
                "string" | "text" => &["string"],
                "true" | "false" | "boolean" => &["boolean"],
                "integer" => &["integer"],
                "real" | "double" | "decimal" => &["real"],
                _ => return None,
            },
            _ => return None,
        };
        match args.as_slice() {
            [of] => Some(self.type_cond(of, kinds)),
            [of, path] => {
                let (of, path) = (self.eval(of), self.eval(path));
                let Document::Text(path) = path.doc else { return None };
                let path = super::path::dollar(&path)?;
                let family = super::functions::family(self.dialect);
                let part = Document::Get { of: Box::new(of.doc), path, form: Form::Json, family };
                Some(Cond::TypeIs(Box::new(part), kinds.iter().map(|k| (*k).to_owned()).collect()))
            }
            _ => None,
        }
    }

    fn type_cond(&mut self, of: &Expr, kinds: &[&str]) -> Cond {
        let of = self.eval(of);
        let of = if of.ty == Ty::Text && self.is_postgres() {
            of.doc
        } else {
            as_json(of.doc, self.old_is_text() && self.is_postgres())
        };
        Cond::TypeIs(Box::new(of), kinds.iter().map(|k| (*k).to_owned()).collect())
    }
}

/// The outcome of a condition that does not depend on anything.
pub(super) fn decided(condition: &Cond) -> Option<bool> {
    match condition {
        Cond::And(parts) if parts.is_empty() => Some(true),
        Cond::Or(parts) if parts.is_empty() => Some(false),
        Cond::Not(inner) => decided(inner).map(|truth| !truth),
        Cond::And(parts) => {
            let outcomes = parts.iter().map(decided).collect::<Vec<_>>();
            if outcomes.contains(&Some(false)) {
                Some(false)
            } else {
                outcomes.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
            }
        }
        Cond::Or(parts) => {
            let outcomes = parts.iter().map(decided).collect::<Vec<_>>();
            if outcomes.contains(&Some(true)) {
                Some(true)
            } else {
                outcomes.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
            }
        }
        _ => None,
    }
}

fn not(condition: Cond) -> Cond {
    match condition {
        Cond::Not(inner) => *inner,
        Cond::Unknown(words) => Cond::Not(Box::new(Cond::Unknown(words))),
        other => Cond::Not(Box::new(other)),
    }
}

fn unknown(expr: &Expr) -> Cond {
    Cond::Unknown(expr.to_string())
}

/// Whether a document is the column itself, or the JSON in its text.
fn is_column(document: &Document) -> bool {
    match document {
        Document::Old | Document::Read(_) => true,
        Document::Cast { of, to: CastTo::Json } => is_column(of),
        _ => false,
    }
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}
