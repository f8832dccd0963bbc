//! `REPLACE`, which deletes the row first: an upsert that names what it changes.

use super::{column, folded_head, shown};
use crate::fix::suggestion::Fix;
use crate::fix::{Fixer, templates, text};
use crate::frontend::sql::Dialect;
use crate::project::writes::ColumnWrite;

const TITLE: &str = "write an upsert that leaves the other columns and keys alone: a REPLACE deletes the row first";

pub(super) fn of(write: &ColumnWrite, fixer: &Fixer<'_>) -> Option<Fix> {
    let statement = write.sql.statement_sql.trim().trim_end_matches(';');
    let lower = statement.to_ascii_lowercase();
    let rest = statement.get(lower.find(" into ")?..)?;
    let (rest, behind) = rest.split_at_checked(text::condition(rest).end)?;
    let inserts_query = text::words(rest).any(|word| word.eq_ignore_ascii_case("select"));
    if inserts_query && write.dialect == Dialect::Sqlite && text::condition(rest).condition.is_none() {
        // Without a WHERE the parser takes ON for that of a join.
        return None;
    }
    let columns = inserted(write);
    let known = fixer.keys_of(write).into_iter().find(|key| key.iter().all(|name| has(&columns, name)));
    let guessed = known.is_none();
    // The key stands first as good as always; where the schema does not show it, the title says what is taken for it.
    let key = known.or_else(|| columns.first().map(|name| vec![name.clone()]))?;
    if has(&key, &write.column.name) {
        return None;
    }
    let dialect = write.dialect;
    let quoted = |name: &String| text::quote_if_needed(name, dialect);
    let new = |name: &str| match dialect {
        Dialect::Mysql => format!("VALUES({name})"),
        _ => format!("excluded.{name}"),
    };
    let table = text::quote_if_needed(&write.sql.table.name, dialect);
    let assigned = columns.iter().filter(|name| !has(&key, name)).map(|name| {
        let quoted = quoted(name);
        let value = if name.eq_ignore_ascii_case(&write.column.name) {
            merged(write, &table, &new(&quoted))
        } else {
            new(&quoted)
        };
        format!("{quoted} = {value}")
    });
    let assigned = assigned.collect::<Vec<_>>().join(", ");
    let keys = key.iter().map(quoted).collect::<Vec<_>>().join(", ");
    let clause = match dialect {
        Dialect::Mysql => "ON DUPLICATE KEY UPDATE".to_owned(),
        _ => format!("ON CONFLICT ({keys}) DO UPDATE SET"),
    };
    let title = match (guessed, dialect) {
        (false, _) => TITLE.to_owned(),
        (true, Dialect::Mysql) => format!("{TITLE} (`{keys}` is taken for its key)"),
        (true, _) => format!("{TITLE} (`{keys}` is taken for its key, and must be unique)"),
    };
    let after = format!("INSERT{} {clause} {assigned} {}", folded_head(rest.trim_end()), behind.trim());
    (!assigned.is_empty()).then(|| shown(&title, statement, after.trim_end()))
}

/// The columns that are given a value, each once.
fn inserted(write: &ColumnWrite) -> Vec<String> {
    let inserted = write.sql.inserted.iter().map(|(known, _)| known);
    let mut columns: Vec<String> = vec![];
    for name in inserted.chain(&write.sql.together).filter(|name| !name.is_empty()) {
        if !has(&columns, name) {
            columns.push(name.clone());
        }
    }
    columns
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The new document merged into the old one; neither may be NULL.
fn merged(write: &ColumnWrite, table: &str, new: &str) -> String {
    let name = column(write);
    let old = match write.dialect {
        Dialect::Mysql => name,
        _ => format!("{table}.{name}"),
    };
    let never_null = |value: &str| match write.column.nullable {
        Some(false) => value.to_owned(),
        _ => format!("COALESCE({value}, {})", templates(write.dialect).empty()),
    };
    let function = if write.dialect == Dialect::Mysql { "JSON_MERGE_PATCH" } else { "json_patch" };
    format!("{function}({}, {})", never_null(&old), never_null(new))
}
