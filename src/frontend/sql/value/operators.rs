//! Binary operators: `||`, `->`, `->>`, `#>`, `#>>`, `#-`, `-`; the others give scalars.

use super::super::Dialect;
use super::scope::get;
use super::typed::{Ty, Typed, as_json, as_text, has_hole, is_malformed};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Family, Form, Input, MergeHow, Nullability, Path, Removal, Shape, Step};
use serde_json::Value as Json;
use sqlparser::ast::{BinaryOperator, Expr};

impl Evaluator<'_> {
    pub(super) fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, expr: &Expr) -> Typed {
        let named = match op {
            BinaryOperator::PGCustomBinaryOperator(parts) => parts.last().map(String::as_str),
            _ => None,
        };
        match (op, named) {
            (BinaryOperator::StringConcat, _) | (_, Some("||")) => {
                let mut operands = vec![right];
                let mut first = left;
                while let Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } = first {
                    operands.push(right);
                    first = left;
                }
                let mut result = self.eval(first);
                for operand in operands.into_iter().rev() {
                    let operand = self.eval(operand);
                    result = self.concat(result, operand);
                }
                result
            }
            // MySQL's `@v := x` is x.
            (BinaryOperator::Assignment, _) => self.eval(right),
            (BinaryOperator::Arrow, _) | (_, Some("->")) => self.arrow(left, right, Form::Json),
            (BinaryOperator::LongArrow, _) | (_, Some("->>")) => self.arrow(left, right, Form::Text),
            (BinaryOperator::HashArrow, _) | (_, Some("#>")) => self.hash_arrow(left, right, Form::Json),
            (BinaryOperator::HashLongArrow, _) | (_, Some("#>>")) => self.hash_arrow(left, right, Form::Text),
            (BinaryOperator::HashMinus, _) | (_, Some("#-")) => {
                let of = self.eval(left);
                let of = self.jsonb(of, "operator does not exist: #- on this type");
                let path = self.eval(right);
                let path = self.text_path(path);
                Typed::new(
                    Document::Remove { of: Box::new(of), what: Removal::Path(path), family: Family::PgFunction },
                    Ty::Jsonb,
                )
            }
            (BinaryOperator::Minus, _) | (_, Some("-")) => {
                let (l, r) = (self.eval(left), self.eval(right));
                if self.is_postgres() && (l.ty == Ty::Jsonb || (l.ty == Ty::Any && holds_json(&l.doc))) {
                    return self.minus(l.doc, r, right);
                }
                if self.is_postgres() && l.ty == Ty::Json {
                    return self.reject("operator does not exist: json -");
                }
                if self.is_postgres() && matches!(l.ty, Ty::Untyped | Ty::Any) && matches!(r.doc, Document::Text(_)) {
                    // `$1 - 'k'`: only jsonb has such an operator.
                    let of = self.jsonb(l, "operator does not exist: -");
                    return self.minus(of, r, right);
                }
                let certain = l.ty == Ty::Scalar || r.ty == Ty::Scalar;
                let value = super::expression::scalar(vec![l.doc, r.doc], expr);
                if certain { value } else { Typed::any(value.doc) }
            }
            (
                BinaryOperator::And
                | BinaryOperator::Or
                | BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq
                | BinaryOperator::Xor,
                _,
            ) => {
                let (l, r) = (self.eval(left), self.eval(right));
                let strict = !matches!(op, BinaryOperator::And | BinaryOperator::Or);
                let doc = Document::Computed { of: vec![l.doc, r.doc], strict, what: expr.to_string() };
                Typed::new(doc, Ty::Scalar)
            }
            _ => {
                let (l, r) = (self.eval(left), self.eval(right));
                super::expression::scalar(vec![l.doc, r.doc], expr)
            }
        }
    }

    /// `l || r`: by type on PostgreSQL, text on SQLite, a logical OR on MySQL.
    pub(super) fn concat(&mut self, left: Typed, right: Typed) -> Typed {
        match self.dialect {
            Dialect::Postgres => self.postgres_concat(left, right),
            Dialect::Sqlite => Typed::new(self.text_concat(left, right), Ty::Text),
            Dialect::Mysql => {
                // Measured on MariaDB in strict mode: a document is no number (error 1292); NULL OR NULL is NULL.
                let nulls = Cond::And(vec![Cond::IsNull(Box::new(left.doc)), Cond::IsNull(Box::new(right.doc))]);
                let fails = Document::Fails("|| is a logical OR here: a document is no number".into());
                Typed::any(Document::Choose { branches: vec![(nulls, Document::Null)], otherwise: Box::new(fails) })
            }
        }
    }

    fn text_concat(&mut self, left: Typed, right: Typed) -> Document {
        let old_is_text = self.old_is_text();
        let (left, right) = (as_text(left, old_is_text), as_text(right, old_is_text));
        match (left, right) {
            (Document::Text(a), Document::Text(b)) => Document::Text(a + &b),
            (left, right) => Document::Merge { left: Box::new(left), right: Box::new(right), how: MergeHow::Text },
        }
    }

    fn postgres_concat(&mut self, mut left: Typed, mut right: Typed) -> Typed {
        for side in [&mut left, &mut right] {
            if side.ty == Ty::Any && holds_json(&side.doc) {
                side.ty = Ty::Jsonb;
            }
        }
        match (left.ty, right.ty) {
            (Ty::Jsonb, Ty::Jsonb | Ty::Untyped | Ty::Any) | (Ty::Untyped | Ty::Any, Ty::Jsonb) => {
                let left = self.jsonb(left, "invalid input syntax for type json");
                let right = self.jsonb(right, "invalid input syntax for type json");
                let doc = Document::Merge { left: Box::new(left), right: Box::new(right), how: MergeHow::Concat };
                Typed::new(doc, Ty::Jsonb)
            }
            (Ty::Jsonb, Ty::Json) | (Ty::Json, Ty::Jsonb | Ty::Json) => {
                self.reject("operator does not exist: json || jsonb")
            }
            (Ty::TextArray, _) | (_, Ty::TextArray) => match (left.doc, right.doc) {
                (Document::Array(mut a), Document::Array(b)) => {
                    a.extend(b);
                    Typed::new(Document::Array(a), Ty::TextArray)
                }
                (Document::Array(mut a), b) => {
                    a.push(b);
                    Typed::new(Document::Array(a), Ty::TextArray)
                }
                (a, Document::Array(mut b)) => {
                    b.insert(0, a);
                    Typed::new(Document::Array(b), Ty::TextArray)
                }
                (a, _) => Typed::new(a, Ty::TextArray),
            },
            (Ty::Any, Ty::Any | Ty::Untyped) | (Ty::Untyped, Ty::Any) => {
                let doc = Document::Merge {
                    left: Box::new(as_json(left.doc, self.old_is_text())),
                    right: Box::new(as_json(right.doc, self.old_is_text())),
                    how: MergeHow::Concat,
                };
                Typed::any(doc)
            }
            // `anynonarray || text`, and `json || unknown`.
            _ => Typed::new(self.text_concat(left, right), Ty::Text),
        }
    }

    /// `l - r` on jsonb.
    pub(super) fn minus(&mut self, of: Document, what: Typed, expr: &Expr) -> Typed {
        let remove =
            |of: Document, what: Removal| Document::Remove { of: Box::new(of), what, family: Family::PgFunction };
        let doc = match (what.doc, what.ty) {
            (Document::Null, _) => remove(of, Removal::Null),
            // Measured: an uncast '{a,b}' is one key of that name, not a list.
            (Document::Text(key), _) if !has_hole(&key) => remove(of, Removal::Keys(vec![key])),
            (Document::Text(key), _) => {
                remove(of, Removal::Dynamic(Input { id: key, shape: Shape::Text, null: Nullability::Never }))
            }
            (Document::Known(Json::Number(n)), _) if n.is_i64() => remove(of, Removal::Index(n.as_i64().unwrap_or(0))),
            (Document::Array(items), Ty::TextArray) => {
                let mut keys = vec![];
                let mut result = of;
                for item in items {
                    match item {
                        Document::Text(key) => keys.push(key),
                        Document::Null => {}
                        Document::Input(input) => result = remove(result, Removal::Dynamic(input)),
                        _ => result = remove(result, Removal::Dynamic(dynamic(expr, Shape::Text))),
                    }
                }
                remove(result, Removal::Keys(keys))
            }
            (Document::Input(input), _) => remove(of, Removal::Dynamic(input)),
            (_, Ty::Jsonb | Ty::Json) => return self.reject("operator does not exist: jsonb - jsonb"),
            _ => remove(of, Removal::Dynamic(dynamic(expr, Shape::Text))),
        };
        Typed::new(doc, Ty::Jsonb)
    }

    /// `l -> r`, `l ->> r`.
    fn arrow(&mut self, left: &Expr, right: &Expr, form: Form) -> Typed {
        let (of, key) = (self.eval(left), self.eval(right));
        let (json, text) = match self.dialect {
            Dialect::Postgres => (if of.ty == Ty::Json { Ty::Json } else { Ty::Jsonb }, Ty::Text),
            _ => (Ty::Json, Ty::Text),
        };
        let ty = if form == Form::Json { json } else { text };
        let family = match self.dialect {
            Dialect::Postgres => Family::PgFunction,
            Dialect::Mysql => Family::MariaDb,
            Dialect::Sqlite => Family::Sqlite,
        };
        let of_doc = if self.is_postgres() {
            match of.ty {
                Ty::Text | Ty::TextArray | Ty::Scalar => {
                    return self.reject("operator does not exist: text -> unknown");
                }
                _ => as_json(of.doc, self.old_is_text()),
            }
        } else {
            of.doc
        };
        let path = match key.doc {
            Document::Null => return Typed::new(Document::Null, ty),
            Document::Text(key) if self.is_postgres() => Path::Steps(vec![key_step(key)]),
            Document::Text(key) if key.trim_start().starts_with('$') || self.dialect == Dialect::Mysql => {
                path::dollar(&key).unwrap_or(Path::Dynamic(key))
            }
            Document::Text(key) => Path::Steps(vec![key_step(key)]),
            Document::Known(Json::Number(n)) if n.is_i64() => Path::Steps(vec![Step::Index(n.as_i64().unwrap_or(0))]),
            Document::Input(i) if self.is_postgres() && key.ty == Ty::Text => Path::Steps(vec![Step::KeyParam(i.id)]),
            Document::Input(i) if self.is_postgres() => Path::Steps(vec![Step::Param(i.id)]),
            Document::Input(i) => Path::Dynamic(i.id),
            Document::Computed { what, .. } => Path::Steps(vec![Step::Param(what)]),
            _ => Path::Dynamic(right.to_string()),
        };
        Typed::new(Document::Get { of: Box::new(of_doc), path, form, family }, ty)
    }

    /// `l #> r`, `l #>> r`.
    fn hash_arrow(&mut self, left: &Expr, right: &Expr, form: Form) -> Typed {
        let (of, path) = (self.eval(left), self.eval(right));
        let ty = match (form, of.ty) {
            (Form::Json, Ty::Json) => Ty::Json,
            (Form::Json, _) => Ty::Jsonb,
            _ => Ty::Text,
        };
        if matches!(of.ty, Ty::Text | Ty::TextArray | Ty::Scalar) {
            return self.reject("operator does not exist: text #> unknown");
        }
        let of = as_json(of.doc, self.old_is_text());
        match self.text_path(path) {
            Path::Null => Typed::new(Document::Null, ty),
            Path::Steps(steps) if steps.is_empty() && form == Form::Json => Typed::new(of, ty),
            Path::Steps(steps) => Typed::new(get(of, steps, form, Family::PgFunction), ty),
            path => Typed::new(Document::Get { of: Box::new(of), path, form, family: Family::PgFunction }, ty),
        }
    }

    /// A `text[]` as a path.
    pub(super) fn text_path(&mut self, path: Typed) -> Path {
        match (path.doc, path.ty) {
            (Document::Null, _) => Path::Null,
            (Document::Text(text), Ty::Untyped | Ty::Any) => match path::postgres(&text) {
                Path::Invalid(why) => {
                    self.reject(why.clone());
                    Path::Invalid(why)
                }
                path => path,
            },
            (_, Ty::Text | Ty::Jsonb | Ty::Json | Ty::Scalar) => {
                let why = "the path must be text[]";
                self.reject(why);
                Path::Invalid(why.into())
            }
            (Document::Array(items), _) => Path::Steps(
                items
                    .into_iter()
                    .map(|item| match item {
                        Document::Text(name) if has_hole(&name) => Step::Param(name),
                        Document::Text(name) => Step::Name(name),
                        Document::Null => Step::Null,
                        Document::Known(json) => Step::Name(json.to_string()),
                        Document::Input(i) => Step::Param(i.id),
                        Document::Computed { what, .. } => Step::Param(what),
                        other => Step::Param(format!("{other:?}")),
                    })
                    .collect(),
            ),
            (Document::Input(i), _) => Path::Dynamic(i.id),
            (Document::Computed { what, .. }, _) => Path::Dynamic(what),
            _ => Path::Dynamic("a computed path".into()),
        }
    }

    /// The value where PostgreSQL wants `jsonb`; anything else is rejected with `why`.
    pub(super) fn jsonb(&mut self, value: Typed, why: &str) -> Document {
        match value.ty {
            Ty::Jsonb => value.doc,
            Ty::Untyped | Ty::Any => {
                let doc = as_json(value.doc, self.old_is_text());
                if value.ty == Ty::Untyped && is_malformed(&doc) {
                    return self.reject("invalid input syntax for type json").doc;
                }
                doc
            }
            _ => self.reject(why).doc,
        }
    }
}

/// `->` takes its right side for a key, whatever it looks like.
fn key_step(key: String) -> Step {
    if has_hole(&key) { Step::Param(key) } else { Step::Key(key) }
}

fn dynamic(expr: &Expr, shape: Shape) -> Input {
    Input { id: expr.to_string(), shape, null: Nullability::Maybe }
}

/// Whether a value of unknown type is JSON by the way it was made.
fn holds_json(doc: &Document) -> bool {
    match doc {
        Document::Old
        | Document::Read(_)
        | Document::Object { .. }
        | Document::Set { .. }
        | Document::Remove { .. }
        | Document::StripNulls(_)
        | Document::Retype { .. } => true,
        Document::Input(input) => matches!(input.shape, Shape::Object),
        Document::Merge { how, .. } => *how != MergeHow::Text,
        Document::First(items) => items.iter().any(holds_json),
        _ => false,
    }
}
