//! Schema statements: tables created, changed, renamed and dropped; domains. Reads tokens, so that an option that no
//! parser knows costs nothing but itself.

use super::column::{self, column_name, is_table_constraint, json_checked, type_end, type_text};
use super::reader::Reader;
use super::split::Statement;
use super::tokens::{bytes, is_any, is_hole_name, table_name};
use super::{ColumnDef, SchemaChange, TableName};
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// Reads the schema statement at `from`, if one stands there.
pub(super) fn read(reader: &mut Reader, statement: &Statement, from: usize) {
    let end = statement.tokens.len();
    if statement.is(from, "CREATE") {
        // `CREATE TEMPORARY UNLOGGED TABLE`; behind a name no `TABLE` is the statement's own.
        for at in from + 1..from + 5 {
            if statement.is(at, "TABLE") {
                create_table(reader, statement, at + 1, end);
                return;
            }
            if statement.is(at, "DOMAIN") {
                create_domain(reader, statement, at + 1, end);
                return;
            }
            if !statement.any(at, &["OR", "REPLACE", "TEMP", "TEMPORARY", "GLOBAL", "LOCAL", "UNLOGGED", "FOREIGN"]) {
                return;
            }
        }
    } else if statement.is(from, "ALTER") {
        let at = from + 1 + usize::from(statement.any(from + 1, &["FOREIGN", "IGNORE"]));
        if statement.is(at, "TABLE") {
            super::alter::read(reader, statement, at + 1, end);
        }
    } else if statement.is(from, "DROP") && statement.any(from + 1, &["TABLE", "FOREIGN", "TEMPORARY"]) {
        let at = from + 1 + usize::from(!statement.is(from + 1, "TABLE"));
        if statement.is(at, "TABLE") {
            drop_tables(reader, statement, if_exists(statement, at + 1), end);
        }
    } else if statement.is(from, "RENAME") && statement.any(from + 1, &["TABLE", "TABLES"]) {
        for part in statement.comma_parts(from + 2..end) {
            let Some((old, at)) = table_name(statement.tokens, if_exists(statement, part.start)) else { continue };
            let Some((new, _)) = table_name(statement.tokens, at + 1).filter(|_| statement.is(at, "TO")) else {
                continue;
            };
            reader.facts.schema.push(SchemaChange::RenameTable { from: old, to: new });
        }
    }
}

/// Reads a `CREATE TABLE` in the body of a function: when the function is called there is such a table, and none if there
/// is one already. Temporary ones, and those of which no part of the name is known, are not read.
pub(super) fn read_waiting(reader: &mut Reader, statement: &Statement, from: usize) {
    let creates = statement.is(from, "CREATE") && statement.any(from + 1, &["TABLE", "UNLOGGED"]);
    if !creates {
        return;
    }
    let known = reader.facts.schema.len();
    read(reader, statement, from);
    let new = reader.facts.schema.split_off(known.min(reader.facts.schema.len()));
    for change in new {
        if let SchemaChange::CreateTable { table, columns, like, keys, span, .. } = change
            && !is_hole_name(&table.name)
        {
            let create = SchemaChange::CreateTable { table, columns, if_not_exists: true, like, keys, span };
            reader.facts.schema.push(create);
        }
    }
}

/// Skips `IF EXISTS` and `IF NOT EXISTS`.
pub(super) fn if_exists(statement: &Statement, at: usize) -> usize {
    if !statement.is(at, "IF") {
        return at;
    }
    let exists = at + 1 + usize::from(statement.is(at + 1, "NOT"));
    if statement.is(exists, "EXISTS") { exists + 1 } else { at }
}

fn drop_tables(reader: &mut Reader, statement: &Statement, from: usize, end: usize) {
    for part in statement.comma_parts(from..end) {
        if let Some((table, _)) = table_name(statement.tokens, part.start) {
            reader.facts.schema.push(SchemaChange::DropTable { table });
        }
    }
}

fn create_table(reader: &mut Reader, statement: &Statement, from: usize, end: usize) {
    let name_at = if_exists(statement, from);
    let Some((table, mut at)) = table_name(statement.tokens, name_at) else { return };
    let mut body = Body::default();
    let span = reader.span(statement, name_at..at);
    while at < end {
        if statement.at(at, &Token::LParen) && !body.listed && !statement.any(at + 1, &["SELECT", "WITH"]) {
            body.listed = true;
            let close = statement.closing(at).min(end);
            for part in statement.comma_parts(at + 1..close) {
                element(reader, statement, part, &mut body);
            }
        } else if statement.any(at, &["LIKE", "INHERITS"])
            || (statement.is(at, "PARTITION") && statement.is(at + 1, "OF"))
        {
            let from = at + 1 + usize::from(statement.is(at, "PARTITION"));
            at = parents(statement, from, end, &mut body);
            continue;
        } else if statement.any(at, &["SELECT", "WITH"]) && (statement.is(at, "SELECT") || statement.is(at + 2, "AS")) {
            from_query(reader, statement, at, end, &mut body);
            break;
        } else if statement.at(at, &Token::LParen) && statement.is(at + 1, "SELECT") {
            from_query(reader, statement, at + 1, statement.closing(at).min(end), &mut body);
        }
        at = statement.skip(at);
    }
    for name in &body.primary {
        for column in body.columns.iter_mut().filter(|c| c.name.eq_ignore_ascii_case(name)) {
            column.nullable = Some(false);
        }
    }
    for name in &body.checked {
        for column in body.columns.iter_mut().filter(|c| c.name.eq_ignore_ascii_case(name)) {
            column.json_check = true;
        }
    }
    let if_not_exists = name_at > from;
    let Body { columns, like, primary, unique, .. } = body;
    let keys = [primary].into_iter().chain(unique).filter(|key| !key.is_empty()).collect();
    reader.facts.schema.push(SchemaChange::CreateTable { table, columns, if_not_exists, like, keys, span });
}

/// What a `CREATE TABLE` holds.
#[derive(Default)]
struct Body {
    listed: bool,
    columns: Vec<ColumnDef>,
    like: Vec<TableName>,
    /// Columns of the primary key.
    primary: Vec<String>,
    /// Columns of each unique constraint.
    unique: Vec<Vec<String>>,
    /// Columns that a check says hold JSON.
    checked: Vec<String>,
}

/// Reads one part of a table's list.
fn element(reader: &Reader, statement: &Statement, part: Range<usize>, body: &mut Body) {
    if statement.is(part.start, "LIKE") {
        body.like.extend(table_name(statement.tokens, part.start + 1).map(|(t, _)| t));
    } else if is_table_constraint(reader, statement, part.start) {
        body.checked.extend(json_checked(statement.slice(part.clone())));
        body.primary.extend(key_columns(statement, part.clone(), "PRIMARY"));
        body.unique.push(key_columns(statement, part, "UNIQUE"));
    } else if let Some(column) = column::read(reader, statement, part.clone()) {
        let mut at = part.start + 1;
        while at < part.end {
            if statement.is(at, "PRIMARY") {
                body.primary.push(column.name.clone());
            } else if statement.is(at, "UNIQUE") {
                body.unique.push(vec![column.name.clone()]);
            }
            at = statement.skip(at);
        }
        body.columns.push(column);
    }
}

/// The columns of `PRIMARY KEY (a, b)` or `UNIQUE (a, b)` in a constraint. None where one is an expression or a prefix.
fn key_columns(statement: &Statement, part: Range<usize>, word: &str) -> Vec<String> {
    let Some(key) = part.clone().find(|at| statement.is(*at, word)) else { return vec![] };
    let Some(open) = (key..part.end).find(|at| statement.at(*at, &Token::LParen)) else { return vec![] };
    let columns = statement.comma_parts(open + 1..statement.closing(open).min(part.end));
    let name = |c: Range<usize>| statement.get(c.start).and_then(column_name);
    if word == "PRIMARY" {
        return columns.into_iter().filter_map(name).collect();
    }
    let whole = |c: Range<usize>| if c.len() == 1 { name(c) } else { None };
    columns.into_iter().map(whole).collect::<Option<_>>().unwrap_or_default()
}

/// Reads `t`, or `(a, b)`, of which the table takes over the columns; returns the index after it.
fn parents(statement: &Statement, from: usize, end: usize, body: &mut Body) -> usize {
    if statement.at(from, &Token::LParen) {
        for part in statement.comma_parts(from + 1..statement.closing(from).min(end)) {
            body.like.extend(table_name(statement.tokens, part.start).map(|(t, _)| t));
        }
        return statement.skip(from);
    }
    match table_name(statement.tokens, from) {
        Some((table, after)) => {
            body.like.push(table);
            after
        }
        None => from,
    }
}

/// The columns of `CREATE TABLE .. AS SELECT ..`: the type where an item is cast, none else. `*` takes over the columns
/// of the only table.
fn from_query(reader: &Reader, statement: &Statement, from: usize, end: usize, body: &mut Body) {
    let Some(select) = (from..end).find(|at| statement.is(*at, "SELECT")) else { return };
    let mut stop = select + 1;
    while stop < end && !statement.any(stop, &["FROM", "WHERE", "UNION", "ORDER", "LIMIT", "GROUP"]) {
        stop = statement.skip(stop);
    }
    let first = select + 1 + usize::from(statement.any(select + 1, &["DISTINCT", "ALL"]));
    for item in statement.comma_parts(first..stop.min(end)) {
        if statement.at(item.end.saturating_sub(1), &Token::Mul) {
            let source = table_name(statement.tokens, stop + 1).filter(|_| statement.is(stop, "FROM"));
            body.like.extend(source.map(|(t, _)| t));
            continue;
        }
        let Some(name) = statement.get(item.end - 1).and_then(column_name) else { continue };
        if body.columns.iter().any(|c| c.name.eq_ignore_ascii_case(&name)) {
            continue;
        }
        let value_end = item.end - 1 - usize::from(statement.is(item.end.saturating_sub(2), "AS"));
        let cast = (item.start..value_end).rev().find(|at| statement.at(*at, &Token::DoubleColon));
        let sql_type = cast
            .filter(|at| type_end(statement, at + 1, value_end) == value_end)
            .map_or(String::new(), |at| type_text(statement.slice(at + 1..value_end)));
        let span = reader.span(statement, item);
        body.columns.push(ColumnDef {
            name,
            sql_type,
            nullable: None,
            default: None,
            json_check: false,
            generated: false,
            span,
        });
    }
}

fn create_domain(reader: &mut Reader, statement: &Statement, from: usize, end: usize) {
    let Some((name, after)) = table_name(statement.tokens, from) else { return };
    let start = after + usize::from(statement.is(after, "AS"));
    let stop = type_end(statement, start, end);
    let not_null = (stop..end)
        .any(|at| statement.is(at, "NOT") && statement.is(at + 1, "NULL") && at < outside(statement, at, end));
    let sql_type = type_text(statement.slice(start..stop));
    if sql_type.is_empty() {
        let span = reader.map.span(bytes(statement.tokens));
        reader.problem(span, "the type of this domain cannot be read");
        return;
    }
    reader.facts.schema.push(SchemaChange::CreateDomain { name, sql_type, not_null });
}

/// The end of the statement for a token in no bracket; 0 for one inside.
fn outside(statement: &Statement, at: usize, end: usize) -> usize {
    if statement.group_end(at) >= end { end } else { 0 }
}

/// Where a schema statement starts in a piece of procedural code: `IF x THEN ALTER TABLE ..`.
pub(super) fn head(statement: &Statement) -> Option<usize> {
    (0..statement.tokens.len()).find(|at| {
        statement.get(*at).is_some_and(|t| is_any(t, &["ALTER", "CREATE", "DROP", "RENAME"]))
            && statement.group_end(*at) >= statement.tokens.len()
    })
}
