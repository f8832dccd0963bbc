//! The row that an `INSERT` or `REPLACE` brings: its table, its columns and their values. Never looks at what happens to a
//! row that is there.

use super::assignments::{Assignment, set_list};
use super::bound;
use super::expr;
use super::insert::first_clause;
use super::reader::Reader;
use super::relations::{Relation, relations};
use super::split::Statement;
use super::tokens::{is_any, is_hole, is_reserved, table_name, word};
use super::update::{Place, clause_end};
use super::{Assigned, Dialect, InsertedColumn, SqlInsert};
use sqlparser::ast::{Expr, Ident as SqlIdent, visit_expressions_mut};
use sqlparser::tokenizer::Token;
use std::ops::{ControlFlow, Range};

/// Of more rows than this, what they begin with is not looked at.
const MAX_ROWS: usize = 20;

/// More inserted values are not kept: they stand in every write of the statement.
const MAX_CELLS: usize = 1000;

/// A column of the insert list.
pub(super) struct Column {
    /// Its name, quotes taken off.
    pub name: String,
    /// The name was quoted.
    pub quoted: bool,
    /// The tokens of its name.
    pub tokens: Range<usize>,
}

/// What is inserted.
pub(super) enum Rows {
    /// `VALUES`: for each row the tokens of its cells.
    Values(Vec<Vec<Range<usize>>>),
    /// `SET c = v`.
    Set(Vec<Assignment>),
    /// A query: the tokens of its items, where they can be told.
    Query(Option<Vec<Range<usize>>>, Range<usize>),
    /// `DEFAULT VALUES`, or not known.
    Other,
}

/// An `INSERT` or `REPLACE` as far as its rows go.
pub(super) struct Insert {
    /// The table.
    pub relation: Relation,
    /// It replaces the row in conflict.
    pub replace: bool,
    /// The column list.
    pub columns: Vec<Column>,
    /// There is a column list.
    pub listed: bool,
    /// It ends, and no part of it is unknown.
    pub complete: bool,
    /// The rows.
    pub rows: Rows,
    /// The index after what has been read.
    pub end: usize,
}

/// The names that `AS new (a, b)` gives the inserted columns, each with the column's own.
pub(super) fn renamed_columns(statement: &Statement, range: Range<usize>, columns: &[Column]) -> Vec<(String, String)> {
    if !statement.at(range.start, &Token::LParen) {
        return vec![];
    }
    let names = statement.slice(range.start + 1..range.end.saturating_sub(1)).iter().filter_map(word);
    names.zip(columns).map(|(new, column)| (new.value.clone(), column.name.clone())).collect()
}

/// Spells the renamed columns of an inserted row as that row's own: `b` as `new.data`.
pub(super) fn rename_row(assignments: &mut [Assignment], sources: &[Relation], renamed: &[(String, String)]) {
    let (Some(row), false) = (sources.last().and_then(Relation::label), renamed.is_empty()) else { return };
    let own = |name: &str| renamed.iter().find(|(new, _)| new.eq_ignore_ascii_case(name)).map(|(_, own)| own.clone());
    for assignment in assignments {
        let Assigned::Value(value) = &mut assignment.value else { continue };
        let _ = visit_expressions_mut(value, |expr| {
            match expr {
                Expr::Identifier(name) => {
                    if let Some(own) = own(&name.value) {
                        let qualifier = SqlIdent { value: row.to_owned(), quote_style: None, span: name.span };
                        let column = SqlIdent { value: own, ..name.clone() };
                        *expr = Expr::CompoundIdentifier(vec![qualifier, column]);
                    }
                }
                Expr::CompoundIdentifier(parts) => {
                    if let [qualifier, name] = parts.as_mut_slice()
                        && qualifier.value.eq_ignore_ascii_case(row)
                        && let Some(own) = own(&name.value)
                    {
                        name.value = own;
                    }
                }
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

/// Reads up to and with the column list.
pub(super) fn head(reader: &Reader, statement: &Statement, place: &Place, limit: usize) -> Option<Insert> {
    let mut replace = statement.is(place.head, "REPLACE");
    let mut at = place.head + 1;
    loop {
        if statement.is(at, "OR") {
            replace |= statement.is(at + 1, "REPLACE");
            at += 2;
        } else if statement.any(at, &["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE"]) {
            at += 1;
        } else {
            break;
        }
    }
    if statement.is(at, "INTO") {
        at += 1;
    } else if reader.dialect != Dialect::Mysql || place.head != place.statement.start {
        return None;
    }
    let from = at;
    let (table, after) = table_name(statement.slice(0..limit), from)?;
    at = after;
    if statement.is(at, "PARTITION") {
        at = statement.skip(at + 1);
    }
    let names_row = statement.is(at, "AS") || statement.get(at).is_some_and(|t| word(t).is_some() && !is_source(t));
    let (alias, next) = if names_row { alias_only(statement, at, limit) } else { (None, at) };
    at = next;
    let relation = Relation { table: Some(table), alias, tokens: from..after };
    let mut columns = vec![];
    let listed = statement.at(at, &Token::LParen) && !statement.any(at + 1, &["SELECT", "WITH", "VALUES"]);
    let mut complete = false;
    if listed {
        let close = statement.closing(at).min(limit);
        complete = statement.at(close, &Token::RParen) && !statement.slice(at..close).iter().any(is_hole);
        for part in statement.comma_parts(at + 1..close) {
            let tokens = statement.slice(part.clone());
            // `t.c` and `c['k']` are allowed too: the column is the last name before a bracket.
            let names = tokens.iter().take_while(|t| t.token != Token::LBracket);
            let Some(last) = names.filter_map(word).last() else { continue };
            columns.push(Column { name: last.value.clone(), quoted: last.quote_style.is_some(), tokens: part });
        }
        at = close + 1;
    }
    Some(Insert { relation, replace, columns, listed, complete, rows: Rows::Other, end: at })
}

/// Whether the token begins the rows, and is no alias.
fn is_source(token: &sqlparser::tokenizer::TokenWithSpan) -> bool {
    is_reserved(token) || is_any(token, &["VALUES", "VALUE", "SELECT", "SET", "DEFAULT", "TABLE", "OVERRIDING", "WITH"])
}

/// An alias without the column list that may follow it elsewhere.
fn alias_only(statement: &Statement, at: usize, limit: usize) -> (Option<String>, usize) {
    let name_at = at + usize::from(statement.is(at, "AS"));
    match statement.get(name_at).filter(|_| name_at < limit).and_then(word) {
        Some(w) => (Some(w.value.clone()), name_at + 1),
        None => (None, at),
    }
}

/// Reads what is inserted.
pub(super) fn rows(reader: &Reader, statement: &Statement, insert: &mut Insert, limit: usize) {
    let mut at = insert.end;
    if statement.is(at, "OVERRIDING") {
        at += 3;
    }
    if statement.any(at, &["VALUES", "VALUE"]) {
        let mut list = vec![];
        at += 1;
        loop {
            at += usize::from(statement.is(at, "ROW"));
            if !statement.at(at, &Token::LParen) || at >= limit {
                break;
            }
            let close = statement.closing(at).min(limit);
            list.push(statement.comma_parts(at + 1..close));
            at = close + 1;
            if !statement.at(at, &Token::Comma) {
                break;
            }
            at += 1;
        }
        insert.rows = Rows::Values(list);
    } else if statement.is(at, "SET") {
        let list = set_list(statement, at + 1, limit, reader.dialect);
        at = list.end;
        insert.rows = Rows::Set(list.assignments);
    } else if statement.is(at, "DEFAULT") {
        at += 2;
    } else if statement.any(at, &["SELECT", "WITH"]) || statement.at(at, &Token::LParen) {
        let end = first_clause(statement, at, limit).unwrap_or(limit);
        insert.rows = Rows::Query(query_items(statement, at, end), at..end);
        at = end;
    }
    insert.end = at.min(limit);
}

/// The items of the outermost `SELECT` between `from` and `end`; `None` when they cannot be told from its text.
fn query_items(statement: &Statement, from: usize, end: usize) -> Option<Vec<Range<usize>>> {
    let (mut from, mut end) = (from, end);
    // `(SELECT ..)`: go inside; the nesting of real texts is small.
    for _ in 0..8 {
        if !statement.at(from, &Token::LParen) {
            break;
        }
        end = statement.closing(from).min(end);
        from += 1;
    }
    let mut at = from;
    let mut select = None;
    while at < end {
        if statement.any(at, &["UNION", "EXCEPT", "INTERSECT"]) {
            return None;
        }
        if statement.is(at, "SELECT") && select.is_none() {
            select = Some(at);
        }
        at = statement.skip(at);
    }
    let mut first = select? + 1;
    if statement.any(first, &["DISTINCT", "ALL"]) {
        first += 1;
        if statement.is(first, "ON") {
            first = statement.skip(first + 1);
        }
    }
    let mut stop = first;
    while stop < end {
        let from_clause = statement.is(stop, "FROM") && !statement.is(stop.saturating_sub(1), "DISTINCT");
        if from_clause || statement.any(stop, &["WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "RETURNING"]) {
            break;
        }
        stop = statement.skip(stop);
    }
    let items = statement.comma_parts(first..stop);
    let star = |r: &Range<usize>| r.end.checked_sub(1).is_some_and(|last| statement.at(last, &Token::Mul));
    (!items.iter().any(star)).then_some(items)
}

/// The relations of the outermost `FROM` of a query.
pub(super) fn query_sources(statement: &Statement, range: Range<usize>, defined: &[String]) -> Vec<Relation> {
    let mut at = range.start;
    while at < range.end {
        if statement.is(at, "FROM") && !statement.is(at.saturating_sub(1), "DISTINCT") {
            let end = clause_end(statement, at + 1, range.end);
            return relations(statement, at + 1..end, defined).list;
        }
        at = statement.skip(at);
    }
    vec![]
}

/// The inserted columns with their values.
pub(super) fn inserted(reader: &Reader, statement: &Statement, insert: &Insert) -> Vec<(String, Vec<Expr>)> {
    let parse = |range: Range<usize>| expr::parse(statement.slice(range), reader.dialect);
    match &insert.rows {
        Rows::Set(assignments) => assignments
            .iter()
            .filter_map(|a| {
                let value = if let Assigned::Value(v) = &a.value { vec![v.clone()] } else { vec![] };
                Some((a.target.last()?.text.clone(), value))
            })
            .collect(),
        Rows::Values(rows) => {
            let width = if insert.listed { insert.columns.len() } else { rows.first().map_or(0, Vec::len) };
            let keep = rows.len().saturating_mul(width) <= MAX_CELLS;
            let values = |index: usize| -> Vec<Expr> {
                if !keep {
                    return vec![];
                }
                let cells: Option<Vec<Expr>> = rows.iter().map(|row| parse(row.get(index)?.clone())).collect();
                cells.unwrap_or_default()
            };
            (0..width).map(|i| (insert.columns.get(i).map_or(String::new(), |c| c.name.clone()), values(i))).collect()
        }
        Rows::Query(items, _) => {
            let item = |index: usize| {
                let range = items.as_ref()?.get(index)?.clone();
                let unaliased = range.start..range.end.saturating_sub(1 + usize::from(has_as(statement, &range)));
                parse(range).or_else(|| parse(unaliased))
            };
            let fits = items.as_ref().is_some_and(|i| i.len() == insert.columns.len());
            let values = |index| if fits { item(index).into_iter().collect() } else { vec![] };
            insert.columns.iter().enumerate().map(|(i, c)| (c.name.clone(), values(i))).collect()
        }
        Rows::Other => insert.columns.iter().map(|c| (c.name.clone(), vec![])).collect(),
    }
}

/// Notes the rows that are created: the cells that may hold a document, and which columns are given a value.
pub(super) fn created(reader: &mut Reader, statement: &Statement, insert: &Insert) {
    let Some(table) = insert.relation.table.clone() else { return };
    let rows: &[Vec<Range<usize>>] = if let Rows::Values(rows) = &insert.rows { rows } else { &[] };
    let cell = |row: &Vec<Range<usize>>, index: usize| row.get(index).cloned().filter(|cell| may_hold(statement, cell));
    let column = |(index, column): (usize, &Column)| {
        let cells: Vec<Range<usize>> = rows.iter().take(MAX_ROWS).filter_map(|row| cell(row, index)).collect();
        let span = reader.span(statement, cells.first()?.clone());
        let values = cells.into_iter().filter_map(|cell| expr::parse(statement.slice(cell), reader.dialect)).collect();
        Some(InsertedColumn { name: column.name.clone(), values, span })
    };
    let columns: Vec<InsertedColumn> = insert.columns.iter().enumerate().filter_map(column).collect();
    let given = given(statement, insert);
    if !columns.is_empty() || given.is_some() {
        let span = reader.span(statement, insert.relation.tokens.clone());
        reader.facts.inserts.push(SqlInsert { table, span, columns, given });
    }
}

/// The columns that every row gives a value.
fn given(statement: &Statement, insert: &Insert) -> Option<Vec<String>> {
    let none = |cell: &Range<usize>| cell.len() == 1 && statement.any(cell.start, &["NULL", "DEFAULT"]);
    match &insert.rows {
        Rows::Set(list) => {
            let unknown = |a: &Assignment| statement.slice(a.target_tokens.clone()).iter().any(is_hole);
            if list.iter().any(unknown) {
                return None;
            }
            let value = list.iter().filter(|a| !none(&a.value_tokens));
            Some(value.filter_map(|a| Some(a.target.last()?.text.clone())).collect())
        }
        _ if !insert.complete => None,
        rows => {
            let cells: &[Vec<Range<usize>>] = match rows {
                Rows::Values(rows) => rows,
                Rows::Query(Some(items), _) => std::slice::from_ref(items),
                _ => &[],
            };
            let left = |index: usize| cells.iter().take(MAX_ROWS).any(|row| row.get(index).is_some_and(none));
            let columns = insert.columns.iter().enumerate().filter(|(index, _)| !left(*index));
            Some(columns.map(|(_, column)| column.name.clone()).collect())
        }
    }
}

/// Whether a cell may hold a document: a placeholder, a text with a brace, a call.
fn may_hold(statement: &Statement, cell: &Range<usize>) -> bool {
    statement.slice(cell.clone()).iter().any(|token| match &token.token {
        Token::Placeholder(_) | Token::LParen => true,
        Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) | Token::DoubleQuotedString(text) => {
            text.contains(['{', '['])
        }
        Token::Number(..) => false,
        _ => is_hole(token),
    })
}

fn has_as(statement: &Statement, range: &Range<usize>) -> bool {
    range.len() > 2 && statement.is(range.end - 2, "AS")
}

/// Notes which inserted columns take a bare placeholder or JSON.
pub(super) fn bound_columns(reader: &mut Reader, statement: &Statement, insert: &Insert) {
    let Some(table) = insert.relation.table.clone() else { return };
    match &insert.rows {
        Rows::Values(rows) => {
            for row in rows.iter().take(1) {
                for (column, cell) in insert.columns.iter().zip(row) {
                    bound::note(reader, statement, &table, &column.name, column.tokens.clone(), cell.clone());
                }
            }
        }
        Rows::Query(Some(items), _) if items.len() == insert.columns.len() => {
            for (column, item) in insert.columns.iter().zip(items) {
                bound::note(reader, statement, &table, &column.name, column.tokens.clone(), item.clone());
            }
        }
        Rows::Set(assignments) => {
            for a in assignments {
                if let Some(name) = a.target.last() {
                    bound::note(reader, statement, &table, &name.text, a.target_tokens.clone(), a.value_tokens.clone());
                }
            }
        }
        _ => {}
    }
}
