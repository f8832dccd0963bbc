//! What a `WHERE` says: which states the old document can be in, and whether it guards the row.
//!
//! Sound in one direction only: a state that is left out cannot be there. A condition that is not understood leaves
//! every state in.

use super::names::has_hole;
use super::writes::Guard;
use crate::document::survival::State;
use crate::frontend::sql::bare;
use sqlparser::ast::{BinaryOperator as Op, Expr, FunctionArg, FunctionArgExpr, FunctionArguments};
use sqlparser::ast::{UnaryOperator, Value};

/// The written column, as conditions may spell it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    /// The table's name.
    pub table: &'a str,
    /// Its alias.
    pub alias: Option<&'a str>,
    /// The column.
    pub column: &'a str,
}

/// Deeper conditions are not looked into.
const MOST_NESTING: usize = 64;

impl Target<'_> {
    /// Whether the expression is the column itself.
    fn is(&self, expr: &Expr) -> bool {
        self.column_of(expr).is_some_and(|name| name.eq_ignore_ascii_case(self.column))
    }

    /// The name of a column of the written row.
    pub(super) fn column_of<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        match bare(expr) {
            Expr::Identifier(name) => Some(&name.value),
            Expr::CompoundIdentifier(parts) => {
                let [.., qualifier, name] = parts.as_slice() else { return None };
                let own = [Some(self.table), self.alias].into_iter().flatten();
                own.into_iter().any(|own| own.eq_ignore_ascii_case(&qualifier.value)).then_some(name.value.as_str())
            }
            _ => None,
        }
    }

    /// The states in which the condition can be true.
    pub(super) fn states(&self, condition: &Expr) -> Vec<State> {
        self.true_in(condition, 0)
    }

    fn true_in(&self, condition: &Expr, depth: usize) -> Vec<State> {
        if depth > MOST_NESTING {
            return State::ALL.to_vec();
        }
        let not_null = || without(&[State::SqlNull]);
        match condition {
            Expr::Nested(inner) => self.true_in(inner, depth + 1),
            Expr::BinaryOp { left, op: Op::And, right } => {
                let right = self.true_in(right, depth + 1);
                self.true_in(left, depth + 1).into_iter().filter(|state| right.contains(state)).collect()
            }
            Expr::BinaryOp { left, op: Op::Or, right } => {
                let (left, right) = (self.true_in(left, depth + 1), self.true_in(right, depth + 1));
                State::ALL.into_iter().filter(|state| left.contains(state) || right.contains(state)).collect()
            }
            Expr::IsNull(inner) if self.is(inner) => vec![State::SqlNull],
            Expr::IsNotNull(inner) if self.is(inner) => not_null(),
            Expr::IsNotNull(inner) if self.strict(inner, depth) => not_null(),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => match strip(expr) {
                Expr::IsNull(inner) if self.is(inner) => not_null(),
                Expr::IsNotNull(inner) if self.is(inner) => vec![State::SqlNull],
                inner if self.strict(inner, depth) => not_null(),
                _ => State::ALL.to_vec(),
            },
            Expr::BinaryOp { left, op: Op::Eq, right } => {
                let literal = if self.is(left) { json_literal(right) } else { None };
                let literal = literal.or_else(|| if self.is(right) { json_literal(left) } else { None });
                if let Some(literal) = literal {
                    return vec![state_of(&literal)];
                }
                let typed = self.type_test(left, right).or_else(|| self.type_test(right, left));
                typed.unwrap_or_else(|| if self.strict(condition, depth) { not_null() } else { State::ALL.to_vec() })
            }
            Expr::BinaryOp { left, op: Op::NotEq, right } => {
                let literal = if self.is(left) { json_literal(right) } else { None };
                match literal.as_ref().map(state_of) {
                    Some(state @ (State::EmptyObject | State::JsonNull)) => without(&[State::SqlNull, state]),
                    _ if self.strict(condition, depth) => not_null(),
                    _ => State::ALL.to_vec(),
                }
            }
            // `?` finds a key of an object, or a string in an array or alone.
            Expr::BinaryOp { left, op: Op::Question | Op::QuestionAnd | Op::QuestionPipe, .. } if self.is(left) => {
                vec![State::Object, State::Array, State::Scalar]
            }
            _ if self.strict(condition, depth) => not_null(),
            _ => State::ALL.to_vec(),
        }
    }

    /// `jsonb_typeof(c) = 'object'` and its relatives.
    fn type_test(&self, call: &Expr, name: &Expr) -> Option<Vec<State>> {
        let Expr::Function(function) = strip(call) else { return None };
        let called = function.name.to_string().to_lowercase();
        if !matches!(called.as_str(), "jsonb_typeof" | "json_typeof" | "json_type") {
            return None;
        }
        let FunctionArguments::List(list) = &function.args else { return None };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice() else { return None };
        if !self.is(argument) {
            return None;
        }
        Some(match string(name)?.to_lowercase().as_str() {
            "object" => vec![State::EmptyObject, State::Object],
            "array" => vec![State::Array],
            "null" => vec![State::JsonNull],
            _ => vec![State::Scalar],
        })
    }

    /// Whether the condition is NULL, and so not true, when the column is SQL NULL: only operators that are strict
    /// stand between it and the column.
    fn strict(&self, expr: &Expr, depth: usize) -> bool {
        if depth > MOST_NESTING {
            return false;
        }
        if self.is(expr) {
            return true;
        }
        match expr {
            Expr::Nested(inner)
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::Cast { expr: inner, .. }
            | Expr::InList { expr: inner, .. }
            | Expr::Like { expr: inner, .. }
            | Expr::Between { expr: inner, .. } => self.strict(inner, depth + 1),
            Expr::BinaryOp { op: Op::And | Op::Or | Op::Xor | Op::Spaceship, .. } => false,
            Expr::BinaryOp { left, right, .. } => self.strict(left, depth + 1) || self.strict(right, depth + 1),
            _ => false,
        }
    }
}

/// What protects the row, in words: a column of it is compared with a value that the program has seen before, and the
/// same statement moves that column on; or the old document itself is compared.
pub(super) fn guard(
    target: &Target<'_>,
    condition: Option<&Expr>,
    value: Option<&Expr>,
    together: &[String],
) -> Option<Guard> {
    let mut parts = vec![];
    if let Some(condition) = condition {
        conjuncts(condition, &mut parts, 0);
    }
    let in_where = parts.iter().find_map(|part| guarding(target, part, together));
    in_where.or_else(|| {
        // `CASE WHEN EXCLUDED.v > t.v THEN EXCLUDED.d ELSE t.d END`
        let Some(Expr::Case { conditions, .. }) = value.map(strip) else { return None };
        let mut parts = vec![];
        for when in conditions {
            conjuncts(&when.condition, &mut parts, 0);
        }
        parts.iter().find_map(|part| newer(target, part))
    })
}

/// What one condition guards.
fn guarding(target: &Target<'_>, condition: &Expr, together: &[String]) -> Option<Guard> {
    let (left, op, right) = match strip(condition) {
        // `version < $1 OR version IS NULL`: a row without a version yet.
        Expr::BinaryOp { left, op: Op::Or, right } => {
            let other = match (strip(left), strip(right)) {
                (Expr::IsNull(column), other) | (other, Expr::IsNull(column)) if target.column_of(column).is_some() => {
                    other
                }
                _ => return None,
            };
            return if matches!(other, Expr::BinaryOp { op: Op::Or, .. }) {
                None
            } else {
                guarding(target, other, together)
            };
        }
        Expr::BinaryOp { left, op, right } => (left.as_ref(), op.clone(), right.as_ref()),
        Expr::IsNotDistinctFrom(left, right) => (left.as_ref(), Op::Eq, right.as_ref()),
        _ => return None,
    };
    let comparing = matches!(op, Op::Eq | Op::Spaceship | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq);
    if !comparing {
        return None;
    }
    if let Some(found) = newer(target, condition) {
        return Some(found);
    }
    let column = match (target.column_of(left), target.column_of(right)) {
        (Some(column), None) if is_outside(right) => column,
        (None, Some(column)) if is_outside(left) => column,
        _ => return None,
    };
    if column.eq_ignore_ascii_case(target.column) {
        let words = format!("the old value of `{column}` is compared in WHERE");
        return Some(Guard { words, compares_document: true, column: column.to_owned(), stays: false });
    }
    // PostgreSQL's own row version.
    if column.eq_ignore_ascii_case("xmin") {
        return Some(version(column, "the row's `xmin` is compared in WHERE".to_owned()));
    }
    let moved = together.iter().any(|other| other.eq_ignore_ascii_case(column));
    moved.then(|| version(column, format!("`{column}` is compared in WHERE and set by the same statement")))
}

fn version(column: &str, words: String) -> Guard {
    Guard { words, compares_document: false, column: column.to_owned(), stays: false }
}

/// The column of which the condition names the old state and which the same statement moves on:
/// `SET status = 'done' .. WHERE status = 'waiting'`.
pub(super) fn moved_state(target: &Target<'_>, condition: &Expr, together: &[String]) -> Option<String> {
    moved_states(target, condition, together, 0).into_iter().next()
}

/// The columns that are compared with an old state whichever part of the condition holds.
fn moved_states(target: &Target<'_>, condition: &Expr, together: &[String], depth: usize) -> Vec<String> {
    let mut parts = vec![];
    conjuncts(condition, &mut parts, depth);
    let mut found = vec![];
    for part in parts {
        match strip(part) {
            // `(state = 'new' AND ..) OR (state = 'running' AND ..)`
            Expr::BinaryOp { left, op: Op::Or, right } if depth < MOST_NESTING => {
                let mut of_left = moved_states(target, left, together, depth + 1);
                let of_right = moved_states(target, right, together, depth + 1);
                of_left.retain(|column| of_right.contains(column));
                found.extend(of_left);
            }
            Expr::BinaryOp { left, op: Op::Eq, right } => {
                let column = match (target.column_of(left), target.column_of(right)) {
                    (Some(column), None) if is_constant(right) => column,
                    (None, Some(column)) if is_constant(left) => column,
                    _ => continue,
                };
                let moved = together.iter().any(|other| other.eq_ignore_ascii_case(column));
                found.extend((moved && !column.eq_ignore_ascii_case(target.column)).then(|| column.to_owned()));
            }
            // `state IN ('new', 'running')`
            Expr::InList { expr, list, negated: false } if list.iter().all(is_constant) => {
                let Some(column) = target.column_of(expr) else { continue };
                let moved = together.iter().any(|other| other.eq_ignore_ascii_case(column));
                found.extend((moved && !column.eq_ignore_ascii_case(target.column)).then(|| column.to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// The columns that must be equal to something that the statement is given, or to one of several constants; in lower
/// case.
pub(super) fn compared(target: &Target<'_>, condition: &Expr) -> Vec<String> {
    let mut parts = vec![];
    conjuncts(condition, &mut parts, 0);
    let column = |expr| target.column_of(expr).filter(|name| !has_hole(name));
    let equal = parts.into_iter().filter_map(|part| match strip(part) {
        Expr::BinaryOp { left, op: Op::Eq, right } => match (column(left), column(right)) {
            (Some(column), None) | (None, Some(column)) => Some(column.to_lowercase()),
            _ => None,
        },
        Expr::InList { expr, list, negated: false } if list.iter().all(is_constant) => {
            column(expr).map(str::to_lowercase)
        }
        _ => None,
    });
    equal.collect()
}

fn is_constant(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::Value(value) if !matches!(value.value, Value::Placeholder(_)))
}

/// A comparison of the proposed row with the one that is there: `EXCLUDED.v > t.v`, `VALUES(v) > v`.
fn newer(target: &Target<'_>, condition: &Expr) -> Option<Guard> {
    let Expr::BinaryOp { left, op: Op::Lt | Op::LtEq | Op::Gt | Op::GtEq, right } = strip(condition) else {
        return None;
    };
    let column = match (proposed(left), proposed(right)) {
        (Some(column), None) => target.column_of(right).map(|_| column),
        (None, Some(column)) => target.column_of(left).map(|_| column),
        _ => None,
    }?;
    let words = || format!("only a newer `{column}` is taken over");
    (!column.eq_ignore_ascii_case(target.column)).then(|| version(&column, words()))
}

/// The column of the proposed row that an expression is.
fn proposed(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, column]
                if table.value.eq_ignore_ascii_case("excluded") || table.value.eq_ignore_ascii_case("new") =>
            {
                Some(column.value.clone())
            }
            _ => None,
        },
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("values") => {
            let FunctionArguments::List(list) = &function.args else { return None };
            match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name)))] => Some(name.value.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the expression is a value that the program brings along.
fn is_outside(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        Expr::BinaryOp { left, right, .. } => is_outside(left) && (is_outside(right) || is_literal(right)),
        _ => false,
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(_))
}

/// The conditions that must all hold.
fn conjuncts<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>, depth: usize) {
    match expr {
        Expr::Nested(inner) if depth < MOST_NESTING => conjuncts(inner, parts, depth + 1),
        Expr::BinaryOp { left, op: Op::And, right } if depth < MOST_NESTING => {
            conjuncts(left, parts, depth + 1);
            conjuncts(right, parts, depth + 1);
        }
        other => parts.push(other),
    }
}

/// The expression without brackets.
fn strip(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// The text of a string literal, casts taken off.
fn string(expr: &Expr) -> Option<&str> {
    match bare(expr) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::DoubleQuotedString(text) => {
                Some(text)
            }
            _ => None,
        },
        Expr::TypedString(typed) => match &typed.value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The JSON that a string literal spells.
fn json_literal(expr: &Expr) -> Option<serde_json::Value> {
    serde_json::from_str(string(expr)?).ok()
}

/// The state that a document is in.
pub(super) fn state_of(value: &serde_json::Value) -> State {
    match value {
        serde_json::Value::Null => State::JsonNull,
        serde_json::Value::Object(map) if map.is_empty() => State::EmptyObject,
        serde_json::Value::Object(_) => State::Object,
        serde_json::Value::Array(_) => State::Array,
        _ => State::Scalar,
    }
}

/// All states but these.
fn without(gone: &[State]) -> Vec<State> {
    State::ALL.into_iter().filter(|state| !gone.contains(state)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::PostgreSqlDialect;
    use sqlparser::parser::Parser;

    const TARGET: Target<'_> = Target { table: "t", alias: Some("x"), column: "data" };

    fn parse(sql: &str) -> Expr {
        Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).unwrap().parse_expr().unwrap()
    }

    fn states(sql: &str) -> Vec<State> {
        TARGET.states(&parse(sql))
    }

    #[test]
    fn a_state_is_moved_whichever_part_of_the_condition_holds() {
        let moved = |condition: &str| moved_state(&TARGET, &parse(condition), &["state".into(), "data".into()]);
        assert_eq!(moved("id = $1 AND state = 'new'").as_deref(), Some("state"));
        let either = "id = $1 AND ((state = 'new' AND a <= now()) OR (b < now() AND state = 'running'))";
        assert_eq!(moved(either).as_deref(), Some("state"));
        assert_eq!(moved("id = $1 AND state IN ('new', 'running')").as_deref(), Some("state"));
        assert_eq!(moved("state = 'new' OR a <= now()"), None);
        assert_eq!(moved("state NOT IN ('new', 'running')"), None);
        assert_eq!(moved("state IN ($1, $2)"), None);
        assert_eq!(moved("state = $1"), None);
    }

    #[test]
    fn what_is_compared_with_a_given_value_is_known_by_its_column() {
        let found = compared(&TARGET, &parse("id = $1 AND x.Owner = noclobber_hole_03 AND (a = b OR c = 1) AND d > 2"));
        assert_eq!(found, ["id", "owner"]);
        assert_eq!(compared(&TARGET, &parse("id = $1 AND state IN ('new', 'old') AND n NOT IN (1)")), ["id", "state"]);
    }

    fn guarded(condition: &str, together: &[&str]) -> Option<Guard> {
        let together: Vec<String> = together.iter().map(|c| (*c).to_owned()).collect();
        guard(&TARGET, Some(&parse(condition)), None, &together)
    }

    #[test]
    fn conditions_leave_states_out() {
        assert_eq!(states("id = $1 AND data IS NULL"), [State::SqlNull]);
        assert_eq!(states("t.data = '{}'::jsonb"), [State::EmptyObject]);
        assert_eq!(states("data IS NULL OR x.data = '{}'"), [State::SqlNull, State::EmptyObject]);
        assert_eq!(states("jsonb_typeof(data) = 'object'"), [State::EmptyObject, State::Object]);
        assert_eq!(states("data ? 'k'"), [State::Object, State::Array, State::Scalar]);
        assert!(!states("NOT data ? 'k'").contains(&State::SqlNull));
        assert!(!states("data->>'a' = $1").contains(&State::SqlNull));
        assert!(!states("data <> '{}'").contains(&State::EmptyObject));
    }

    #[test]
    fn what_is_not_understood_leaves_every_state_in() {
        for sql in [
            "id = $1",
            "other.data IS NULL",
            "data->>'a' = 'x' OR id = 1",
            "COALESCE(data, '{}') = '{}'",
            "data->>'a' IS NULL",
            "f(data)",
        ] {
            assert_eq!(states(sql), State::ALL, "{sql}");
        }
    }

    #[test]
    fn a_compared_column_guards_only_when_it_moves_on() {
        assert!(guarded("id = $1 AND version = $2", &["data", "version"]).is_some());
        assert!(guarded("id = $1 AND version = $2 - 1", &["data", "version"]).is_some());
        assert!(guarded("id = $1 AND tenant = $2", &["data"]).is_none());
        assert!(guarded("id = $1 AND data = $2", &["data"]).is_some());
        assert!(guarded("id = $1 OR version = $2", &["data", "version"]).is_none());
        assert!(guarded("id = $1 AND (version < $2 OR version IS NULL)", &["data", "version"]).is_some());
        assert!(guarded("id = $1 AND status = 'open'", &["data", "status"]).is_none(), "no value seen before");
    }

    #[test]
    fn only_a_newer_row_is_taken_over() {
        assert!(guarded("EXCLUDED.version > t.version", &["data"]).is_some());
        assert!(guarded("t.version < EXCLUDED.version", &["data"]).is_some());
        assert!(guarded("EXCLUDED.data > t.data", &["data"]).is_none());
        let value = parse("CASE WHEN t.v < EXCLUDED.v THEN EXCLUDED.data ELSE t.data END");
        assert!(guard(&TARGET, None, Some(&value), &[]).is_some());
    }
}
