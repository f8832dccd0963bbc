//! Whether a relation of the written table is the very row that is written. Never evaluates values.

use super::Evaluator;
use sqlparser::ast::{BinaryOperator, Expr};

impl Evaluator<'_> {
    /// Whether a predicate on the relation `alias` of the written table names the row that is written: a column equals
    /// the same column of the written row, or the same value as in the write's own predicate.
    pub(super) fn pins_row(&self, predicate: &Expr, alias: &str) -> bool {
        conjuncts(predicate).into_iter().any(|part| self.pins(part, alias))
    }

    pub(super) fn pins(&self, part: &Expr, alias: &str) -> bool {
        let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = part else { return false };
        self.pins_by(left, right, alias) || self.pins_by(right, left, alias)
    }

    fn pins_by(&self, inner: &Expr, outer: &Expr, alias: &str) -> bool {
        let Some((qualifier, column)) = column_parts(inner) else { return false };
        if qualifier.is_some_and(|q| !q.eq_ignore_ascii_case(alias)) {
            return false;
        }
        if let Some((Some(q), c)) = column_parts(outer) {
            let target = match &self.write.alias {
                Some(target) => q.eq_ignore_ascii_case(target),
                None => q.eq_ignore_ascii_case(&self.write.table.name),
            };
            return c.eq_ignore_ascii_case(column)
                && !q.eq_ignore_ascii_case(alias)
                && (target || q.eq_ignore_ascii_case("excluded"));
        }
        // The same comparison stands in the write's own predicate: `WHERE id = $2` in both.
        let Some(own) = self.write.predicate.as_deref() else { return false };
        let same = |a: &Expr, b: &Expr| {
            column_parts(a).is_some_and(|(_, c)| c.eq_ignore_ascii_case(column)) && b.to_string() == outer.to_string()
        };
        conjuncts(own).into_iter().any(|part| {
            matches!(part, Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if same(left, right) || same(right, left))
        })
    }
}

/// The parts of a conjunction.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    let (mut parts, mut open) = (vec![], vec![expr]);
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Nested(inner) => open.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([&**left, &**right]),
            other => parts.push(other),
        }
    }
    parts
}

/// The qualifier and name of a column.
fn column_parts(expr: &Expr) -> Option<(Option<&str>, &str)> {
    match expr {
        Expr::Nested(inner) => match &**inner {
            Expr::Identifier(name) => Some((None, &name.value)),
            _ => None,
        },
        Expr::Identifier(name) => Some((None, &name.value)),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., qualifier, name] => Some((Some(&qualifier.value), &name.value)),
            _ => None,
        },
        _ => None,
    }
}
