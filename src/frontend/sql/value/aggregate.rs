//! Documents taken apart into entries or elements by a subquery and put together again by an aggregate.

use super::super::Dialect;
use super::row::conjuncts;
use super::scope::Relation;
use super::subquery::{is_aggregate, table_name};
use super::typed::{Ty, Typed};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Family, Form, Nullability, Shape};
use serde_json::Value as Json;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Select, SelectItem, SetExpr, SetOperator, SetQuantifier,
    TableFactor,
};

/// What the rows of a subquery's `FROM` are taken from, where they are parts of a document.
pub(super) struct Unnested {
    of: Vec<Document>,
    rows: Rows,
}

/// What one row is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// A key and its value.
    Entries,
    /// An element of an array.
    Elements,
    /// Something else: a key, a text, a record.
    Other,
}

/// The names of the columns of entries.
struct Names {
    key: String,
    value: String,
}

impl Evaluator<'_> {
    /// The item of a subquery over parts of a document.
    pub(super) fn unnested_item(
        &mut self,
        select: &Select,
        item: &Expr,
        unnested: &Unnested,
        factor: &TableFactor,
        expr: &Expr,
    ) -> Typed {
        match item {
            Expr::Nested(inner) => return self.unnested_item(select, inner, unnested, factor, expr),
            Expr::Cast { expr: inner, data_type, .. } => {
                let value = self.unnested_item(select, inner, unnested, factor, expr);
                return self.cast_to(value, data_type, item);
            }
            Expr::Function(function)
                if matches!(super::call::name_of(function).as_deref(), Some("coalesce" | "ifnull")) =>
            {
                // An aggregate finds a row always, so that COALESCE sees its NULL.
                if let Some([inner @ Expr::Function(_), others @ ..]) = super::call::arguments(function).as_deref()
                    && is_aggregate(inner)
                {
                    let mut values = vec![self.unnested_item(select, inner, unnested, factor, expr)];
                    values.extend(others.iter().map(|other| self.eval(other)).collect::<Vec<_>>());
                    let ty = self.unify(&mut values, "COALESCE");
                    return Typed::new(super::functions::first(values.into_iter().map(|v| v.doc).collect()), ty);
                }
            }
            _ => {}
        }
        match self.aggregated(select, item, unnested, factor) {
            Some(value) => value,
            None => self.gathered(&unnested.of, select, item, expr),
        }
    }

    /// Parts put together in a way that is not read: it holds the document only if they do, or if the rest of the
    /// subquery names it.
    fn gathered(&mut self, of: &[Document], select: &Select, item: &Expr, expr: &Expr) -> Typed {
        let mut held: Vec<Document> = of.iter().filter(|d| super::typed::carries_document(d)).cloned().collect();
        for part in std::iter::once(item).chain(&select.selection) {
            if let Document::Through { of, .. } = self.opaque(part).doc {
                held.extend(of);
            }
        }
        held.dedup();
        let null = if never_null(item) { Nullability::Never } else { Nullability::Yes };
        let doc = if held.is_empty() {
            super::typed::input(expr.to_string(), Shape::Any, null)
        } else {
            Document::Through { of: held, why: format!("what `{expr}` does is not known") }
        };
        Typed::any(doc)
    }

    /// `jsonb_each(d)`, `json_each(d, '$.k')`, `jsonb_array_elements(d)` and relatives, and `UNION ALL` of entries.
    pub(super) fn unnested(&mut self, factor: &TableFactor) -> Option<Unnested> {
        let (name, args) = match factor {
            TableFactor::Table { name, args: Some(args), .. } => (name, &args.args),
            TableFactor::Function { name, args, .. } => (name, args),
            TableFactor::Derived { subquery, .. } => {
                let mut of = vec![];
                self.union(&subquery.body, &mut of)?;
                return Some(Unnested { of, rows: Rows::Entries });
            }
            _ => return None,
        };
        let name = table_name(name)?.name.to_ascii_lowercase();
        let rows = match (name.as_str(), self.dialect) {
            ("jsonb_each" | "json_each", Dialect::Postgres | Dialect::Sqlite) => Rows::Entries,
            ("jsonb_array_elements" | "json_array_elements", Dialect::Postgres) => Rows::Elements,
            (
                "jsonb_each_text"
                | "json_each_text"
                | "jsonb_object_keys"
                | "json_object_keys"
                | "jsonb_array_elements_text"
                | "json_array_elements_text"
                | "jsonb_path_query"
                | "jsonb_to_recordset",
                Dialect::Postgres,
            )
            | ("json_tree" | "jsonb_tree", Dialect::Sqlite) => Rows::Other,
            _ => return None,
        };
        let args = args
            .iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => Some(arg),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let (of, path) = args.split_first()?;
        let of = if self.is_postgres() {
            let value = self.eval(of);
            if name.starts_with("jsonb") {
                self.jsonb(value, "this function takes jsonb, not json")
            } else {
                super::typed::as_json(value.doc, self.old_is_text())
            }
        } else {
            self.document(of)
        };
        let of = match (path, self.dialect) {
            ([path], Dialect::Sqlite) => {
                let path = self.dollar_path(path)?;
                Document::Get { of: Box::new(of), path, form: Form::Json, family: Family::Sqlite }
            }
            _ => of,
        };
        Some(Unnested { of: vec![of], rows })
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
                if inner.rows != Rows::Entries {
                    return None;
                }
                of.extend(inner.of);
                Some(())
            }
            _ => None,
        }
    }

    /// An aggregate over entries or elements put together again; `None` when it is another.
    fn aggregated(&mut self, select: &Select, item: &Expr, unnested: &Unnested, factor: &TableFactor) -> Option<Typed> {
        let Expr::Function(function) = item else { return None };
        if function.filter.is_some() || function.over.is_some() || select.having.is_some() {
            return None;
        }
        let args = super::call::arguments(function)?;
        let aggregate = super::call::name_of(function)?;
        let alias = alias_of(factor);
        if unnested.rows == Rows::Other {
            return None;
        }
        if unnested.rows == Rows::Elements {
            let [element] = args.as_slice() else { return None };
            if !matches!(aggregate.as_str(), "jsonb_agg" | "json_agg")
                || select.selection.is_some()
                || !is_name(element, &alias) && !is_name(element, "value")
            {
                return None;
            }
            let of = unnested.of.first()?.clone();
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
        let names = names_of(factor);
        if !is_name(key, &names.key) {
            return None;
        }
        self.frames.push(vec![(alias, Relation::Each)]);
        let replace = self.replaced(value, &names);
        let drop = select.selection.as_ref().map_or(Some(vec![]), |predicate| dropped(predicate, &names));
        self.frames.pop();
        let (replace, drop) = (replace?, drop?);
        if unnested.of.len() > 1 {
            return (replace.is_empty() && drop.is_empty())
                .then(|| Typed::new(super::postgres::entries_merged(unnested.of.clone()), ty));
        }
        let of = unnested.of.first()?.clone();
        // A predicate over the key holds for no NULL.
        let keyless = self.server.has_first_sqlite_json() && select.selection.is_none();
        let entries = Document::Entries { of: Box::new(of.clone()), drop, replace, empty_is_null };
        let doc = if keyless { super::sqlite::with_scalar_entry(of, entries) } else { entries };
        Some(Typed::new(doc, ty))
    }

    /// `value`, or `CASE WHEN key = 'k' THEN v ELSE value END`: what stands in for the values of which keys.
    fn replaced(&mut self, value: &Expr, names: &Names) -> Option<Vec<(String, Document)>> {
        let value = if let Expr::Nested(inner) = value { inner } else { value };
        if is_name(value, &names.value) {
            return Some(vec![]);
        }
        let Expr::Case { operand: None, conditions, else_result: Some(otherwise), .. } = value else { return None };
        if !is_name(otherwise, &names.value) {
            return None;
        }
        let mut replace = vec![];
        for when in conditions {
            if is_json_of_value(&when.result) && is_type_test(&when.condition) {
                // SQLite: `CASE WHEN type IN ('object','array') THEN json(value) ELSE value END` is the value.
                continue;
            }
            let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = &when.condition else { return None };
            let key = match (is_name(left, &names.key), is_name(right, &names.key)) {
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
fn dropped(predicate: &Expr, names: &Names) -> Option<Vec<String>> {
    let mut keys = vec![];
    for part in conjuncts(predicate) {
        match part {
            Expr::BinaryOp { left, op: BinaryOperator::NotEq, right } if is_name(left, &names.key) => {
                keys.push(literal(right)?);
            }
            Expr::InList { expr, list, negated: true } if is_name(expr, &names.key) => {
                for item in list {
                    keys.push(literal(item)?);
                }
            }
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } if is_name(left, &names.key) => {
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

/// What the columns of entries are called: `jsonb_each(d) AS e(k, v)`.
fn names_of(factor: &TableFactor) -> Names {
    let alias = match factor {
        TableFactor::Table { alias, .. } | TableFactor::Function { alias, .. } => alias.as_ref(),
        _ => None,
    };
    let name = |at: usize, default: &str| {
        alias.and_then(|a| a.columns.get(at)).map_or_else(|| default.to_owned(), |column| column.name.value.clone())
    };
    Names { key: name(0, "key"), value: name(1, "value") }
}

/// Whether a gathered item is not NULL even of no rows.
pub(super) fn never_null(item: &Expr) -> bool {
    let Expr::Function(function) = item else { return false };
    match super::call::name_of(function).as_deref() {
        Some("count" | "json_group_array" | "json_group_object" | "jsonb_group_array" | "jsonb_group_object") => true,
        Some("coalesce" | "ifnull") => super::call::arguments(function)
            .is_some_and(|args| args.iter().any(|arg| literal(arg).is_some() || never_null(arg))),
        _ => false,
    }
}
