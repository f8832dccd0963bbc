//! One `SELECT`, as far as it says which row of which table was read, and under what names. Never reads writes.

use super::bare::named_column;
use super::dialect::attempts;
use super::{Dialect, TableName, clean, tokens};
use sqlparser::ast::{Expr, ObjectNamePart, Query, SelectItem, SetExpr, TableFactor};
use sqlparser::parser::Parser;

/// The parser's own count of nested calls.
const RECURSION_LIMIT: usize = 80;

/// Longer statements are not read.
const MOST_BYTES: usize = 20_000;

/// What a `SELECT` reads.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// The tables in `FROM`, joins included.
    pub tables: Vec<TableName>,
    /// What is selected, in order: the name under which it is given, and the column that it is, where it is one as it
    /// stands or cast.
    pub items: Vec<(Option<String>, Option<String>)>,
    /// `*` or `t.*` is selected.
    pub everything: bool,
    /// The `WHERE`.
    pub predicate: Option<Expr>,
    /// It locks the rows against other writers: `FOR UPDATE`, `FOR NO KEY UPDATE`.
    pub locks: bool,
}

/// Reads one `SELECT`; `None` when the text is none, or several statements, or is not understood.
pub fn select(text: &str, dialect: Dialect) -> Option<Select> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let lexed = tokens::lex(&clean::clean(text, dialect), dialect);
    let first = lexed.tokens.first()?;
    if !tokens::is_word(first, "SELECT") {
        return None;
    }
    let lock = ["UPDATE", "NO"];
    let locks = lexed
        .tokens
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if tokens::is_word(first, "FOR") && tokens::is_any(second, &lock)));
    // The parser does not know every spelling of a lock; it comes last.
    let end = lexed.tokens.iter().rposition(|token| tokens::is_word(token, "FOR")).filter(|_| locks);
    let kept = lexed.tokens.get(..end.unwrap_or(lexed.tokens.len()))?;
    let query = attempts(dialect).into_iter().find_map(|attempt| {
        let mut parser =
            Parser::new(attempt).with_recursion_limit(RECURSION_LIMIT).with_tokens_with_locations(kept.to_vec());
        parser.parse_query().ok()
    })?;
    read(*query, locks)
}

fn read(query: Query, locks: bool) -> Option<Select> {
    let SetExpr::Select(select) = *query.body else { return None };
    let mut found = Select { locks, predicate: select.selection, ..Select::default() };
    for from in &select.from {
        let joined = from.joins.iter().map(|join| &join.relation);
        for relation in std::iter::once(&from.relation).chain(joined) {
            if let TableFactor::Table { name, .. } = relation {
                let mut parts = name.0.iter().rev().filter_map(|part| match part {
                    ObjectNamePart::Identifier(name) => Some(name.value.clone()),
                    ObjectNamePart::Function(_) => None,
                });
                let Some(name) = parts.next() else { continue };
                found.tables.push(TableName { schema: parts.next(), name });
            }
        }
    }
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let column = named_column(expr).map(str::to_owned);
                found.items.push((column.clone(), column));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                // sqlx's overrides: `data AS "data: Json<Settings>"`, `data AS "data!"`.
                let name = alias.value.split([':', '!', '?']).next().unwrap_or_default().trim().to_owned();
                found.items.push((Some(name), named_column(expr).map(str::to_owned)));
            }
            _ => found.everything = true,
        }
    }
    Some(found)
}

/// The column that an expression is, casts taken off.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_select_says_what_it_reads_and_whether_it_locks() {
        let sql = r#"SELECT u.id, settings::text AS "data!: Json", count(*) FROM app.users u JOIN t ON true WHERE u.id = ? FOR NO KEY UPDATE"#;
        let found = select(sql, Dialect::Postgres).unwrap();
        assert!(found.locks && !found.everything && found.predicate.is_some());
        let names: Vec<&str> = found.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["users", "t"]);
        let column = |n: usize| found.items[n].clone();
        assert_eq!(column(0), (Some("id".into()), Some("id".into())));
        assert_eq!(column(1), (Some("data".into()), Some("settings".into())));
        assert_eq!(column(2), (None, None));
        assert!(select("SELECT * FROM t FOR SHARE", Dialect::Postgres).is_none_or(|found| !found.locks));
        assert!(select("UPDATE t SET a = 1", Dialect::Postgres).is_none());
        assert!(select("SELECT * FROM t", Dialect::Mysql).unwrap().everything);
    }
}
