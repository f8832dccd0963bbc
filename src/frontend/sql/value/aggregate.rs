//! Documents taken apart into entries or elements by a subquery and put together again by an aggregate.

use super::super::Dialect;
use super::scope::{Relation, conjuncts};
use super::subquery::table_name;
use super::typed::{Ty, Typed};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Nullability, Shape};
use serde_json::Value as Json;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Select, SelectItem, SetExpr, SetOperator, SetQuantifier,
    TableFactor,
};

/// What the rows of a subquery's `FROM` are taken from, where they are entries or elements of a document.
pub(super) struct Unnested {
    pub(super) of: Vec<Document>,
    elements: bool,
}

impl Evaluator<'_> {
    /// Entries or elements put together in a way that is not read: it holds the document only if they do, or if the
    /// rest of the subquery names it. Of no rows it is NULL.
    pub(super) fn gathered(&mut self, of: Vec<Document>, select: &Select, item: &Expr, expr: &Expr) -> Typed {
        let mut held: Vec<Document> = of.into_iter().filter(super::typed::carries_document).collect();
        for part in std::iter::once(item).chain(&select.selection) {
            if let Document::Through { of, .. } = self.opaque(part).doc {
                held.extend(of);
            }
        }
        held.dedup();
        let doc = if held.is_empty() {
            super::typed::input(expr.to_string(), Shape::Any, Nullability::Yes)
        } else {
            Document::Through { of: held, why: format!("what `{expr}` does is not known") }
        };
        Typed::any(doc)
    }

    /// `jsonb_each(d)`, `json_each(d)`, `jsonb_array_elements(d)`, and `UNION ALL` of such.
    pub(super) fn unnested(&mut self, factor: &TableFactor) -> Option<Unnested> {
        let (name, args) = match factor {
            TableFactor::Table { name, args: Some(args), .. } => (name, &args.args),
            TableFactor::Function { name, args, .. } => (name, args),
            TableFactor::Derived { subquery, .. } => {
                let mut of = vec![];
                self.union(&subquery.body, &mut of)?;
                return Some(Unnested { of, elements: false });
            }
            _ => return None,
        };
        let elements = match (table_name(name)?.name.to_ascii_lowercase().as_str(), self.dialect) {
            ("jsonb_each" | "json_each", Dialect::Postgres | Dialect::Sqlite) => false,
            ("jsonb_array_elements" | "json_array_elements", Dialect::Postgres) => true,
            _ => return None,
        };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = args.as_slice() else { return None };
        let of = if self.is_postgres() {
            let value = self.eval(arg);
            let takes_jsonb = table_name(name)?.name.to_ascii_lowercase().starts_with("jsonb");
            if takes_jsonb {
                self.jsonb(value, "function jsonb_each(json) does not exist")
            } else {
                super::typed::as_json(value.doc, self.old_is_text())
            }
        } else {
            self.document(arg)
        };
        Some(Unnested { of: vec![of], elements })
    }

    /// `SELECT * FROM jsonb_each(a) UNION ALL SELECT * FROM jsonb_each(b)`.
    fn union(&mut self, body: &SetExpr, of: &mut Vec<Document>) -> Option<()> {
        if self.depth >= super::MAX_DEPTH {
            return None;
        }
        match body {
            SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier: SetQuantifier::All, right } => {
                self.depth += 1;
                let result = self.union(left, of).and_then(|()| self.union(right, of));
                self.depth -= 1;
                result
            }
            SetExpr::Select(select) => {
                let ([SelectItem::Wildcard(_)], [table], None) =
                    (select.projection.as_slice(), select.from.as_slice(), &select.selection)
                else {
                    return None;
                };
                if !table.joins.is_empty() {
                    return None;
                }
                let inner = self.unnested(&table.relation)?;
                if inner.elements {
                    return None;
                }
                of.extend(inner.of);
                Some(())
            }
            _ => None,
        }
    }

    /// An aggregate over entries or elements put together again; `None` when it is another.
    pub(super) fn aggregated(
        &mut self,
        select: &Select,
        item: &Expr,
        mut unnested: Unnested,
        factor: &TableFactor,
    ) -> Option<Typed> {
        let Expr::Function(function) = item else { return None };
        if function.filter.is_some() || function.over.is_some() || select.having.is_some() {
            return None;
        }
        let args = super::call::arguments(function)?;
        let aggregate = super::call::name_of(function)?;
        let alias = alias_of(factor);
        if unnested.elements {
            let [element] = args.as_slice() else { return None };
            if !matches!(aggregate.as_str(), "jsonb_agg" | "json_agg")
                || select.selection.is_some()
                || !is_name(element, &alias) && !is_name(element, "value")
            {
                return None;
            }
            let of = unnested.of.pop()?;
            let empty = Document::Known(Json::Array(vec![]));
            let doc = Document::Choose {
                branches: vec![
                    (Cond::Equal(Box::new(of.clone()), Box::new(empty)), Document::Null),
                    (Cond::IsNull(Box::new(of.clone())), Document::Null),
                    (Cond::TypeIs(Box::new(of.clone()), vec!["array".into()]), of),
                ],
                otherwise: Box::new(Document::Fails("cannot extract elements from an object or a scalar".into())),
            };
            return Some(Typed::new(doc, Ty::Jsonb));
        }
        let (ty, empty_is_null) = match (aggregate.as_str(), self.dialect) {
            ("jsonb_object_agg", Dialect::Postgres) => (Ty::Jsonb, true),
            ("json_object_agg", Dialect::Postgres) => (Ty::Json, true),
            ("json_group_object" | "jsonb_group_object", Dialect::Sqlite) => (Ty::Json, false),
            _ => return None,
        };
        let [key, value] = args.as_slice() else { return None };
        if !is_name(key, "key") {
            return None;
        }
        self.frames.push(vec![(alias, Relation::Each)]);
        let replace = self.replaced(value);
        let drop = select.selection.as_ref().map_or(Some(vec![]), dropped);
        self.frames.pop();
        let (replace, drop) = (replace?, drop?);
        if unnested.of.len() > 1 {
            return (replace.is_empty() && drop.is_empty())
                .then(|| Typed::new(super::postgres::entries_merged(unnested.of), ty));
        }
        let of = unnested.of.pop()?;
        Some(Typed::new(Document::Entries { of: Box::new(of), drop, replace, empty_is_null }, ty))
    }

    /// `value`, or `CASE WHEN key = 'k' THEN v ELSE value END`: what stands in for the values of which keys.
    fn replaced(&mut self, value: &Expr) -> Option<Vec<(String, Document)>> {
        let value = if let Expr::Nested(inner) = value { inner } else { value };
        if is_name(value, "value") {
            return Some(vec![]);
        }
        let Expr::Case { operand: None, conditions, else_result: Some(otherwise), .. } = value else { return None };
        if !is_name(otherwise, "value") {
            return None;
        }
        let mut replace = vec![];
        for when in conditions {
            if is_json_of_value(&when.result) && is_type_test(&when.condition) {
                // SQLite: `CASE WHEN type IN ('object','array') THEN json(value) ELSE value END` is the value.
                continue;
            }
            let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = &when.condition else { return None };
            let key = match (is_name(left, "key"), is_name(right, "key")) {
                (true, _) => literal(right)?,
                (_, true) => literal(left)?,
                _ => return None,
            };
            let value = self.eval(&when.result);
            let doc = self.part(value);
            replace.push((key, doc));
        }
        Some(replace)
    }
}

/// The keys that a predicate over entries leaves out; `None` when it does something else.
fn dropped(predicate: &Expr) -> Option<Vec<String>> {
    let mut keys = vec![];
    for part in conjuncts(predicate) {
        match part {
            Expr::BinaryOp { left, op: BinaryOperator::NotEq, right } if is_name(left, "key") => {
                keys.push(literal(right)?);
            }
            Expr::InList { expr, list, negated: true } if is_name(expr, "key") => {
                for item in list {
                    keys.push(literal(item)?);
                }
            }
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } if is_name(left, "key") => {
                let array: &Expr = if let Expr::Nested(inner) = &**right { inner } else { right };
                match array {
                    Expr::Array(items) => {
                        for item in &items.elem {
                            keys.push(literal(item)?);
                        }
                    }
                    array => {
                        let text = literal(array)?;
                        keys.extend(path::array_literal(&text).ok()?.into_iter().flatten());
                    }
                }
            }
            _ => return None,
        }
    }
    Some(keys)
}

fn is_name(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Identifier(ident) => ident.value.eq_ignore_ascii_case(name),
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|ident| ident.value.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        Expr::Nested(inner) => literal(inner),
        Expr::Cast { expr, .. } => literal(expr),
        _ => None,
    }
}

/// `json(value)`.
fn is_json_of_value(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    super::call::name_of(function).is_some_and(|name| matches!(name.as_str(), "json" | "jsonb"))
        && super::call::arguments(function)
            .is_some_and(|args| matches!(args.as_slice(), [arg] if is_name(arg, "value")))
}

/// `type IN ('object', 'array')`, `type = 'object'`.
fn is_type_test(expr: &Expr) -> bool {
    match expr {
        Expr::InList { expr, negated: false, .. } => is_name(expr, "type"),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, .. } => is_name(left, "type"),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => is_type_test(left) && is_type_test(right),
        Expr::Nested(inner) => is_type_test(inner),
        _ => false,
    }
}

fn alias_of(factor: &TableFactor) -> String {
    let (alias, name) = match factor {
        TableFactor::Table { alias, name, .. } | TableFactor::Function { alias, name, .. } => (alias, Some(name)),
        TableFactor::Derived { alias, .. } => (alias, None),
        _ => return String::new(),
    };
    match alias {
        Some(alias) => alias.name.value.clone(),
        None => name.and_then(table_name).map_or_else(String::new, |t| t.name),
    }
}
