//! Columns of subqueries in `FROM`, `USING` and `WITH`: a read of the written table there is an earlier read.
//!
//! Measured on PostgreSQL: `WITH n AS (SELECT .. FROM t) UPDATE t .. FROM n` loses a concurrent change, because only the
//! target row is read again. Other databases are not looked at here.

use super::super::dialect::parser_dialect;
use super::scope::Relation;
use super::typed::Typed;
use super::{Evaluator, MAX_DEPTH};
use sqlparser::ast::{
    Expr, Query, SelectItem, SetExpr, Statement, TableFactor, TableWithJoins, UpdateTableFromKind, With,
};
use sqlparser::parser::Parser;

/// Longer statements are not parsed as a whole.
const MAX_LENGTH: usize = 8_000;

/// A subquery of the statement, and the condition that ties it to the written row.
struct Source {
    query: Query,
    on: Option<Expr>,
}

impl Evaluator<'_> {
    /// Column `name` of the subquery that goes by `alias`, where it holds the old document or is spelled out without a
    /// table; `None` otherwise.
    pub(super) fn source_column(&mut self, alias: &str, name: &str) -> Option<Typed> {
        if !self.is_postgres() || self.depth >= MAX_DEPTH {
            return None;
        }
        let source = self.source(alias)?;
        let (SetExpr::Select(select), None) = (&*source.query.body, &source.query.with) else { return None };
        let item = select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(name) => Some(expr),
            SelectItem::UnnamedExpr(expr @ Expr::Identifier(column)) if column.value.eq_ignore_ascii_case(name) => {
                Some(expr)
            }
            SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts))
                if parts.last().is_some_and(|last| last.value.eq_ignore_ascii_case(name)) =>
            {
                Some(expr)
            }
            _ => None,
        });
        let star = matches!(select.projection.as_slice(), [SelectItem::Wildcard(_)]);
        if item.is_none() && !star {
            return None;
        }
        let pinned = source.on.as_ref().is_some_and(|on| self.pins_row(on, alias))
            || self.write.predicate.as_deref().is_some_and(|p| self.pins_row(p, alias));
        let mut frame = vec![];
        for table in &select.from {
            if !self.relations(table, select.selection.as_ref(), &mut frame) {
                return None;
            }
        }
        for (_, relation) in &mut frame {
            if let Relation::Target { same_row } = relation {
                *same_row |= pinned;
            }
        }
        // A subquery there sees neither the written row nor the subqueries around.
        let frames = std::mem::replace(&mut self.frames, vec![frame]);
        let inserting = std::mem::replace(&mut self.inserting, true);
        self.depth += 1;
        let value = match item {
            Some(item) => self.eval(item),
            None => self.name(&[sqlparser::ast::Ident::new(name)]),
        };
        self.depth -= 1;
        self.inserting = inserting;
        self.frames = frames;
        (value.doc.holds_old() || select.from.is_empty()).then_some(value)
    }

    /// The subquery that goes by `alias` in the statement.
    fn source(&self, alias: &str) -> Option<Source> {
        let parsed = self.parsed.get_or_init(|| {
            let sql = &self.write.statement_sql;
            if sql.len() > MAX_LENGTH {
                return None;
            }
            Parser::parse_sql(parser_dialect(self.dialect), sql).ok()?.into_iter().next().map(Box::new)
        });
        let statement = parsed.as_deref()?;
        let (with, statement) = match statement {
            Statement::Query(query) => match &*query.body {
                SetExpr::Update(inner) | SetExpr::Merge(inner) => (query.with.as_ref(), inner),
                _ => return None,
            },
            other => (None, other),
        };
        let (factors, on): (Vec<&TableFactor>, _) = match statement {
            Statement::Update(update) => match update.from.as_ref()? {
                UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from) => (factors(from), None),
            },
            Statement::Merge(merge) => (vec![&merge.source], Some(&*merge.on)),
            _ => return None,
        };
        let query = factors.into_iter().find_map(|factor| query_of(factor, alias, with))?;
        Some(Source { query: query.clone(), on: on.cloned() })
    }
}

fn factors(from: &[TableWithJoins]) -> Vec<&TableFactor> {
    from.iter().flat_map(|t| std::iter::once(&t.relation).chain(t.joins.iter().map(|j| &j.relation))).collect()
}

/// The query behind a relation, when it goes by `alias`.
fn query_of<'q>(factor: &'q TableFactor, alias: &str, with: Option<&'q With>) -> Option<&'q Query> {
    match factor {
        TableFactor::Derived { subquery, alias: Some(named), .. } => {
            (named.columns.is_empty() && named.name.value.eq_ignore_ascii_case(alias)).then_some(subquery)
        }
        TableFactor::Table { name, alias: named, args: None, .. } => {
            let table = name.0.last()?.as_ident()?;
            let label = named.as_ref().map_or(&table.value, |n| &n.name.value);
            if !label.eq_ignore_ascii_case(alias) {
                return None;
            }
            let cte = with?.cte_tables.iter().find(|cte| cte.alias.name.value.eq_ignore_ascii_case(&table.value))?;
            cte.alias.columns.is_empty().then_some(&*cte.query)
        }
        _ => None,
    }
}
