//! Checked SQL as custom SQL of sea-query: placeholders counted anew, in the style of the backend, and what is bound.
//!
//! PostgreSQL takes `$1`, the others `?`. The wrong one is sent as it stands, and the value is dropped without a word.

use crate::document::{Document, Shape};
use crate::fix::{Rebound, text};
use crate::frontend::sql::Dialect;
use crate::project::writes::ColumnWrite;

/// Stands for a value that cannot be spelled.
pub(super) const UNKNOWN: &str = "..";

/// Names that mean something else without quotes, in one of the databases.
const RESERVED: &[&str] = &[
    "add",
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "between",
    "both",
    "by",
    "call",
    "cascade",
    "case",
    "cast",
    "change",
    "check",
    "collate",
    "column",
    "condition",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_role",
    "current_time",
    "current_user",
    "database",
    "default",
    "deferrable",
    "delete",
    "desc",
    "describe",
    "distinct",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "explain",
    "false",
    "fetch",
    "for",
    "force",
    "foreign",
    "from",
    "full",
    "function",
    "generated",
    "grant",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "keys",
    "kill",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "lines",
    "load",
    "localtime",
    "lock",
    "match",
    "natural",
    "not",
    "null",
    "of",
    "offset",
    "on",
    "only",
    "option",
    "or",
    "order",
    "out",
    "outer",
    "over",
    "partition",
    "primary",
    "procedure",
    "range",
    "rank",
    "read",
    "recursive",
    "references",
    "release",
    "rename",
    "repeat",
    "replace",
    "require",
    "restrict",
    "return",
    "returning",
    "right",
    "row",
    "rows",
    "schema",
    "select",
    "session_user",
    "set",
    "show",
    "signal",
    "some",
    "sql",
    "system",
    "table",
    "then",
    "to",
    "trailing",
    "transaction",
    "trigger",
    "true",
    "union",
    "unique",
    "unlock",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "values",
    "variadic",
    "view",
    "when",
    "where",
    "window",
    "with",
    "write",
];

/// The SQL of a value, and what is bound in it. `of_model` is the text of the file, where what is bound was the value of a
/// field of an active model.
pub(super) fn of(
    write: &ColumnWrite,
    value: &str,
    changed: Option<&Rebound>,
    of_model: Option<&str>,
) -> (String, Vec<String>) {
    let mut sql = String::new();
    let mut values: Vec<String> = vec![];
    let mut seen: Vec<usize> = vec![];
    let head = write.sql.statement_sql.get(..write.sql.assignment_in_statement.start).unwrap_or("");
    let mut bare = text::bare_marks(head);
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
            let bind = write.binds.iter().find(|bind| bind.index == index);
            values.push(match changed {
                Some(changed) if changed.index == index => match (of_model, &changed.value) {
                    (Some(file), Document::Input(input)) if input.shape != Shape::SqlScalar => {
                        made_json(&changed.after, file)
                    }
                    _ => as_json(&changed.after),
                },
                _ => bind.map_or_else(|| UNKNOWN.to_owned(), |bind| bind.source.clone()),
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

/// JSON of what an active model took as a value of any type: `settings.theme` becomes `json!(settings.theme)`.
fn made_json(value: &str, file: &str) -> String {
    // What was wrapped for a column that allows NULL is JSON, which is never NULL.
    let bare = value.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
    if bare.starts_with("json!(") || bare.starts_with("serde_json::json!(") {
        return bare.to_owned();
    }
    let imported = ["serde_json::json;", "json,", "json}", "json }"].iter().any(|import| file.contains(import));
    let path = if imported && file.contains("json!(") { "json" } else { "serde_json::json" };
    format!("{path}!({})", bare.strip_suffix(".clone()").unwrap_or(bare))
}

/// Without the quotes around lower-case names that need none.
pub(super) fn plain(sql: &str, dialect: Dialect) -> String {
    let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
    let mut out = String::new();
    let mut parts = sql.split(quote);
    out.push_str(parts.next().unwrap_or_default());
    while let Some(name) = parts.next() {
        let bare = text::is_plain(name)
            && !name.bytes().any(|b| b.is_ascii_uppercase())
            && RESERVED.binary_search(&name).is_err();
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
pub(super) fn literal(sql: &str) -> String {
    let mut hashes = String::new();
    while sql.contains(&format!("\"{hashes}")) && !hashes.is_empty() || (hashes.is_empty() && sql.contains(['"', '\\']))
    {
        hashes.push('#');
    }
    if hashes.is_empty() { format!("\"{sql}\"") } else { format!("r{hashes}\"{sql}\"{hashes}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_go_where_they_are_not_needed() {
        assert_eq!(plain(r#"jsonb_set("data", '{a}', $1)"#, Dialect::Postgres), "jsonb_set(data, '{a}', $1)");
        assert_eq!(plain(r#""Data" || $1"#, Dialect::Postgres), r#""Data" || $1"#);
        assert_eq!(plain(r#""order"."data" || $1"#, Dialect::Postgres), r#""order".data || $1"#);
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn a_literal_has_as_many_hashes_as_it_needs() {
        assert_eq!(literal(r#""Data" || $1"#), "r#\"\"Data\" || $1\"#");
        assert_eq!(literal("data"), "\"data\"");
        assert_eq!(literal("\"#"), "r##\"\"#\"##");
        assert_eq!(as_json("Json(&phone)"), "json!(phone)");
    }
}
