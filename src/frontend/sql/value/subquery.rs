//! Subqueries as values: over the row's own column, over the written table, over others.

use super::super::{Dialect, TableName};
use super::scope::{Relation, conjuncts};
use super::typed::{Ty, Typed};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Nullability};
use serde_json::Value as Json;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, GroupByExpr, ObjectName, Query, Select, SelectItem, SetExpr,
    SetOperator, SetQuantifier, TableFactor, TableWithJoins,
};

/// What the rows of a subquery's `FROM` are taken from, where they are entries or elements of a document.
struct Unnested {
    of: Vec<Document>,
    elements: bool,
}

impl Evaluator<'_> {
    /// Column `index` of a subquery that stands for one value.
    pub(super) fn subquery(&mut self, query: &Query, index: usize, expr: &Expr) -> Typed {
        if self.depth >= super::MAX_DEPTH {
            return Typed::any(Document::Unknown("the expression is nested too deeply".into()));
        }
        if query.with.is_some() {
            return self.opaque(expr);
        }
        let select = match &*query.body {
            SetExpr::Select(select) => select,
            SetExpr::Query(inner) => return self.subquery(inner, index, expr),
            SetExpr::Values(values) => {
                return match values.rows.first().and_then(|row| row.content.get(index)) {
                    Some(value) if values.rows.len() == 1 => self.eval(value),
                    _ => self.opaque(expr),
                };
            }
            _ => return self.opaque(expr),
        };
        if select.from.is_empty() {
            return self.without_from(select, index, expr);
        }
        self.depth += 1;
        let value = self.with_from(select, index, expr);
        self.depth -= 1;
        value
    }

    /// `(SELECT v)`.
    fn without_from(&mut self, select: &Select, index: usize, expr: &Expr) -> Typed {
        let Some(item) = item(select, index) else { return self.opaque(expr) };
        let value = match item {
            Expr::Function(function) => match super::call::name_of(function).as_deref() {
                // One row: `JSON_OBJECTAGG('k', v)` is an object of one key.
                Some("json_objectagg" | "json_group_object" | "jsonb_object_agg" | "json_object_agg") => {
                    match super::call::arguments(function) {
                        Some(args) if args.len() == 2 => Typed::new(self.object(&args), Ty::Json),
                        _ => return self.opaque(expr),
                    }
                }
                _ => self.eval(item),
            },
            item => self.eval(item),
        };
        match &select.selection {
            None => value,
            Some(condition) => {
                let condition = self.condition(condition);
                self.choose(vec![(condition, value)], Typed::new(Document::Null, Ty::Any), "SELECT")
            }
        }
    }

    fn with_from(&mut self, select: &Select, index: usize, expr: &Expr) -> Typed {
        let Some(item) = item(select, index) else { return self.opaque(expr) };
        if let [only] = select.from.as_slice()
            && only.joins.is_empty()
            && let Some(unnested) = self.unnested(&only.relation)
        {
            return self.aggregated(select, item, unnested, &only.relation).unwrap_or_else(|| self.opaque(expr));
        }
        let mut frame = vec![];
        for table in &select.from {
            if !self.relations(table, select.selection.as_ref(), &mut frame) {
                return self.opaque(expr);
            }
        }
        let grouped =
            !matches!(&select.group_by, GroupByExpr::Expressions(e, _) if e.is_empty()) || select.having.is_some();
        let derived = frame.iter().all(|(_, relation)| matches!(relation, Relation::Derived(_)));
        let same_row = frame.iter().find(|(_, relation)| matches!(relation, Relation::Target { same_row: true }));
        let alias = same_row.map(|(alias, _)| alias.clone());
        self.frames.push(frame);
        let value = if is_aggregate(item) || grouped { self.opaque(item) } else { self.eval(item) };
        self.frames.pop();
        // May it find no row?
        let only_pinned = match (&select.selection, &alias) {
            (None, _) => derived,
            (Some(predicate), Some(alias)) => conjuncts(predicate).into_iter().all(|part| self.pins(part, alias)),
            (Some(_), None) => false,
        };
        if only_pinned || is_aggregate(item) {
            return value;
        }
        match value.doc {
            Document::Null => value,
            Document::Input(mut found) => {
                found.null = Nullability::Yes;
                Typed::new(Document::Input(found), value.ty)
            }
            doc => {
                let words = match &select.selection {
                    Some(predicate) => format!("a row with {predicate}"),
                    None => "a row".to_owned(),
                };
                let doc = Document::Choose {
                    branches: vec![(Cond::Unknown(words), doc)],
                    otherwise: Box::new(Document::Null),
                };
                Typed::new(doc, value.ty)
            }
        }
    }

    /// The relations of one `FROM` item; `false` when one is not read.
    fn relations(
        &mut self,
        table: &TableWithJoins,
        selection: Option<&Expr>,
        frame: &mut Vec<(String, Relation)>,
    ) -> bool {
        let mut factors = vec![&table.relation];
        factors.extend(table.joins.iter().map(|join| &join.relation));
        for factor in factors {
            match factor {
                TableFactor::Table { name, alias, args: None, .. } => {
                    let Some(table) = table_name(name) else { return false };
                    let alias = alias.as_ref().map_or_else(|| table.name.clone(), |a| a.name.value.clone());
                    let relation = if table.name.eq_ignore_ascii_case(&self.write.table.name) {
                        let same_row = selection.is_some_and(|s| self.pins_row(s, &alias));
                        Relation::Target { same_row }
                    } else {
                        Relation::Table(table)
                    };
                    frame.push((alias, relation));
                }
                TableFactor::Derived { subquery, alias: Some(alias), .. } => {
                    let relation = self.derived(subquery, &alias.name.value, selection);
                    frame.push((alias.name.value.clone(), relation));
                }
                _ => return false,
            }
        }
        true
    }

    /// A derived table: `(SELECT * FROM users) u`, `(SELECT $1 AS phone) x`.
    fn derived(&mut self, query: &Query, alias: &str, selection: Option<&Expr>) -> Relation {
        let (SetExpr::Select(select), None) = (&*query.body, &query.with) else { return Relation::Opaque };
        if let ([SelectItem::Wildcard(_)], [table]) = (select.projection.as_slice(), select.from.as_slice())
            && table.joins.is_empty()
            && let TableFactor::Table { name, args: None, .. } = &table.relation
            && let Some(table) = table_name(name)
        {
            if !table.name.eq_ignore_ascii_case(&self.write.table.name) {
                return Relation::Table(table);
            }
            let same_row = selection.is_some_and(|s| self.pins_row(s, alias));
            return Relation::Target { same_row };
        }
        if !select.from.is_empty() {
            return Relation::Opaque;
        }
        let mut columns = vec![];
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => columns.push((alias.value.clone(), self.eval(expr))),
                SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) => {
                    columns.push((name.value.clone(), self.eval(expr)));
                }
                _ => return Relation::Opaque,
            }
        }
        Relation::Derived(columns)
    }

    /// `jsonb_each(d)`, `json_each(d)`, `jsonb_array_elements(d)`, and `UNION ALL` of such.
    fn unnested(&mut self, factor: &TableFactor) -> Option<Unnested> {
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
        let value = self.eval(arg);
        let of = if self.is_postgres() {
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
    fn aggregated(
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

/// The item of a projection.
fn item(select: &Select, index: usize) -> Option<&Expr> {
    match select.projection.get(index)? {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// Whether an item gathers several rows: it finds a row always.
fn is_aggregate(item: &Expr) -> bool {
    let Expr::Function(function) = item else { return false };
    super::call::name_of(function).is_some_and(|name| {
        matches!(
            name.as_str(),
            "jsonb_agg"
                | "json_agg"
                | "jsonb_object_agg"
                | "json_object_agg"
                | "array_agg"
                | "string_agg"
                | "count"
                | "sum"
                | "max"
                | "min"
                | "avg"
                | "json_arrayagg"
                | "json_objectagg"
                | "json_group_array"
                | "json_group_object"
                | "group_concat"
        )
    })
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

/// A table's name, quotes taken off.
fn table_name(name: &ObjectName) -> Option<TableName> {
    let mut parts = name.0.iter().rev().map(|part| part.as_ident().map(|ident| ident.value.clone()));
    let table = parts.next()??;
    let schema = parts.next().flatten();
    Some(TableName { schema, name: table })
}
