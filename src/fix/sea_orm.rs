//! The same suggestions as SeaORM code: an `update_many()` that lets the database edit the document.
//!
//! The SQL inside has been checked like any other; only its dressing is made here. Always shown, never applied: the
//! condition that picks the row is left to the reader.

use super::suggestion::{Applicability, Fix};
use super::{Draft, Rebound};
use crate::frontend::sql::{Dialect, Verb};
use crate::project::writes::ColumnWrite;
use crate::source::Files;
use heck::ToUpperCamelCase;

/// Dresses a checked assignment.
pub(super) fn dress(write: &ColumnWrite, draft: &Draft, files: &Files) -> Option<Fix> {
    let (_, value) = draft.assignment.split_once(" = ")?;
    let (sql, values) = custom(write, value, draft.bind.as_ref());
    let expr = if values.is_empty() {
        format!("Expr::cust({})", literal(&sql))
    } else {
        format!("Expr::cust_with_values({}, [{}])", literal(&sql), values.join(", "))
    };
    let column = format!("Column::{}", write.column.name.to_upper_camel_case());
    let before = files.text(write.site).split_whitespace().collect::<Vec<_>>().join(" ");
    let of_model = before.contains("Set(") || before.contains("set(");
    let after = match write.verb {
        Verb::Update if of_model => format!("Entity::update_many().col_expr({column}, {expr}).filter(..)"),
        Verb::Update => format!(".col_expr({column}, {expr})"),
        _ => format!(".value({column}, {expr})"),
    };
    Some(Fix {
        applicability: Applicability::Display,
        title: draft.title.to_owned(),
        edits: vec![],
        patch: vec![(before, after)],
    })
}

/// Custom SQL with its placeholders counted anew, as the database's driver takes them, and what is bound to them.
fn custom(write: &ColumnWrite, value: &str, changed: Option<&Rebound>) -> (String, Vec<String>) {
    let mut sql = String::new();
    let mut values: Vec<String> = vec![];
    let mut seen: Vec<usize> = vec![];
    let mut bare = write
        .sql
        .statement_sql
        .get(..write.sql.assignment_in_statement.start)
        .map_or(0, |head| head.matches('?').count());
    let mut rest = value.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        quoted ^= c == '\'';
        if quoted || !matches!(c, '$' | '?') {
            sql.push(c);
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let index = digits.parse().unwrap_or_else(|_| {
            bare += 1;
            bare
        });
        let number = seen.iter().position(|known| *known == index).filter(|_| write.dialect == Dialect::Postgres);
        let number = number.unwrap_or_else(|| {
            seen.push(index);
            let source = write.binds.iter().find(|bind| bind.index == index).map_or("..", |bind| bind.source.as_str());
            values.push(match changed {
                Some(changed) if changed.before == source => as_json(&changed.after),
                _ => source.to_owned(),
            });
            seen.len() - 1
        });
        match write.dialect {
            Dialect::Postgres => {
                sql.push('$');
                sql.push_str(&(number + 1).to_string());
            }
            _ => sql.push('?'),
        }
    }
    (plain(&sql, write.dialect), values)
}

/// `Json(&phone)` as sea-query takes it: `json!(phone)`.
fn as_json(bound: &str) -> String {
    let inner = bound.strip_prefix("Json(").and_then(|rest| rest.strip_suffix(')'));
    inner.map_or_else(|| bound.to_owned(), |inner| format!("json!({})", inner.trim_start_matches('&')))
}

/// Without the quotes around plain lower-case names, which need none.
fn plain(sql: &str, dialect: Dialect) -> String {
    let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
    let mut out = String::new();
    let mut parts = sql.split(quote);
    out.push_str(parts.next().unwrap_or_default());
    while let Some(name) = parts.next() {
        let bare = super::text::is_plain(name) && !name.bytes().any(|b| b.is_ascii_uppercase());
        if bare {
            out.push_str(name);
        } else {
            out.push(quote);
            out.push_str(name);
            out.push(quote);
        }
        out.push_str(parts.next().unwrap_or_default());
    }
    out
}

/// A Rust string literal.
fn literal(sql: &str) -> String {
    if sql.contains('"') { format!("r#\"{sql}\"#") } else { format!("\"{sql}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_go_where_they_are_not_needed() {
        assert_eq!(plain(r#"jsonb_set("data", '{a}', $1)"#, Dialect::Postgres), "jsonb_set(data, '{a}', $1)");
        assert_eq!(plain(r#""Data" || $1"#, Dialect::Postgres), r#""Data" || $1"#);
        assert_eq!(literal(r#""Data" || $1"#), "r#\"\"Data\" || $1\"#");
        assert_eq!(as_json("Json(&phone)"), "json!(phone)");
    }
}
