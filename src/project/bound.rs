//! Which binds an assignment's value mentions: directly, or through the row that an upsert proposes.

use super::environment::find;
use super::writes::ColumnWrite;
use crate::frontend::facts::Bind;
use crate::frontend::sql::{Verb, number_of};
use sqlparser::ast::{Expr, Value, visit_expressions};
use std::ops::ControlFlow;

/// The binds that the assigned value mentions, each with its placeholder; `EXCLUDED.c` stands for what is inserted
/// into `c`.
pub fn of_assignment(write: &ColumnWrite) -> Vec<(String, &Bind)> {
    let range = write.sql.assignment_in_statement.clone();
    let statement = &write.sql.statement_sql;
    let text = statement.get(range.clone()).unwrap_or("");
    let bare_marks = |text: &str| text.match_indices('?').filter(|(at, _)| !digit_at(text, at + 1)).count();
    let before = statement.get(..range.start).map_or(0, bare_marks);
    let bare = before + 1..=before + bare_marks(text);
    let found: Vec<_> = write
        .binds
        .iter()
        .filter_map(|bind| {
            let numbered = [format!("${}", bind.index), format!("?{}", bind.index)];
            match &bind.name {
                Some(name) => {
                    let named = format!(":{name}");
                    mentions(text, &named).then_some((named, bind))
                }
                None if numbered.iter().any(|spelled| mentions(text, spelled)) => {
                    numbered.into_iter().find(|spelled| mentions(text, spelled)).map(|spelled| (spelled, bind))
                }
                None if bare.contains(&bind.index) => Some(("?".into(), bind)),
                None => None,
            }
        })
        .collect();
    if found.is_empty() { of_proposed_row(write) } else { found }
}

/// The binds of the inserted row's value of the column.
fn of_proposed_row(write: &ColumnWrite) -> Vec<(String, &Bind)> {
    if write.verb == Verb::Update {
        return vec![];
    }
    let values = write.sql.inserted.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&write.column.name));
    // One row: of several rows none speaks for all.
    let values = values.filter_map(|(_, values)| match values.as_slice() {
        [one] => Some(one),
        _ => None,
    });
    let mut found: Vec<(String, &Bind)> = vec![];
    for value in values {
        let _ = visit_expressions(value, |part| {
            if let Expr::Value(value) = part
                && let Value::Placeholder(name) = &value.value
                && let Some(bind) = find(&write.binds, name, number_of(value.span))
                && !found.iter().any(|(_, other)| other.index == bind.index)
            {
                found.push((name.clone(), bind));
            }
            ControlFlow::<()>::Continue(())
        });
    }
    found
}

fn digit_at(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// Whether `text` holds the placeholder, not only as the start of a longer one (`$1` in `$12`).
fn mentions(text: &str, placeholder: &str) -> bool {
    text.match_indices(placeholder).any(|(at, found)| {
        let rest = text.get(at + found.len()..).unwrap_or_default();
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_placeholder_is_not_the_start_of_a_longer_one() {
        assert!(mentions("data = $1", "$1"));
        assert!(mentions("data = $1::jsonb", "$1"));
        assert!(!mentions("data = $12", "$1"));
    }
}
