//! Forms of statements, each with what must be read in it.

mod insert;
mod property;
mod routine;
mod schema;
mod update;
mod uses;

use super::{SqlFacts, SqlWrite, read};
use crate::frontend::facts::{Route, SqlText};
use crate::frontend::sql::Dialect;
use crate::source::{Span, SpanMap};

/// A text that stands in its file at byte 100.
pub(super) fn text(sql: &str) -> SqlText {
    SqlText {
        sql: sql.to_owned(),
        map: SpanMap::identity(100, sql.len()),
        span: Span::new(100..100 + sql.len()),
        route: Route::Call("query".into()),
        dialect: None,
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    }
}

pub(super) fn facts(sql: &str) -> SqlFacts {
    read(&text(sql), None)
}

pub(super) fn facts_in(dialect: Dialect, sql: &str) -> SqlFacts {
    read(&SqlText { dialect: Some(dialect), ..text(sql) }, None)
}

pub(super) fn writes(sql: &str) -> Vec<SqlWrite> {
    facts(sql).writes
}

/// What the file holds at a span.
pub(super) fn at(sql: &str, span: Span) -> &str {
    &sql[span.start as usize - 100..span.end as usize - 100]
}

/// `table: assignment | value` of every write.
pub(super) fn summary_in(dialect: Option<Dialect>, sql: &str) -> Vec<String> {
    let facts = read(&SqlText { dialect, ..text(sql) }, None);
    facts
        .writes
        .iter()
        .map(|w| {
            let name = w.table.schema.as_ref().map_or(w.table.name.clone(), |s| format!("{s}.{}", w.table.name));
            let target: Vec<&str> = w.target.iter().map(|i| i.text.as_str()).collect();
            format!("{name}: {} = {}", target.join("."), at(sql, w.value_span))
        })
        .collect()
}

pub(super) fn summary(sql: &str) -> Vec<String> {
    summary_in(None, sql)
}
