//! Subqueries as values: over the row's own column, over the written table, over others.

use super::super::TableName;
use super::Evaluator;
use super::row::conjuncts;
use super::scope::Relation;
use super::typed::{Ty, Typed};
use crate::document::{Cond, Document, Nullability};
use sqlparser::ast::{
    Expr, GroupByExpr, ObjectName, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins, visit_expressions,
};
use std::ops::ControlFlow;

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
            return self.unnested_item(select, item, &unnested, &only.relation, expr);
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
        if is_aggregate(item)
            && let Document::Input(found) = value.doc
        {
            // Of no rows it is NULL.
            let null = if super::aggregate::never_null(item) { Nullability::Never } else { Nullability::Yes };
            return Typed::any(super::typed::input(expr.to_string(), found.shape, null));
        }
        // May it find no row?
        let only_pinned = match (&select.selection, &alias) {
            (None, _) => derived,
            (Some(predicate), Some(alias)) => conjuncts(predicate).into_iter().all(|part| self.pins(part, alias)),
            (Some(_), None) => false,
        };
        if only_pinned || (has_aggregate(item) && !grouped) {
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
    pub(super) fn relations(
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
}

/// The item of a projection.
fn item(select: &Select, index: usize) -> Option<&Expr> {
    match select.projection.get(index)? {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// Whether an item gathers several rows: it finds a row always.
pub(super) fn is_aggregate(item: &Expr) -> bool {
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

/// Whether rows are gathered anywhere in the item: `COALESCE(jsonb_agg(x), '[]')`.
fn has_aggregate(item: &Expr) -> bool {
    visit_expressions(item, |e| if is_aggregate(e) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .is_break()
}

/// A table's name, quotes taken off.
pub(super) fn table_name(name: &ObjectName) -> Option<TableName> {
    let mut parts = name.0.iter().rev().map(|part| part.as_ident().map(|ident| ident.value.clone()));
    let table = parts.next()??;
    let schema = parts.next().flatten();
    Some(TableName { schema, name: table })
}
