//! `INSERT` and `REPLACE`: the inserted row, and what `ON CONFLICT` and `ON DUPLICATE KEY` do to a row that is there.

use super::assignments::{Assignment, set_list};
use super::inserted::{
    Insert, Rows, bound_columns, created, head, inserted, query_sources, rename_row, renamed_columns, rows,
};
use super::reader::{Reader, Target};
use super::relations::{Relation, alias};
use super::split::Statement;
use super::tokens::{is_hole, is_word, table_name, word};
use super::update::Place;
use super::{Assigned, Dialect, Ident, RowScope, Verb};
use sqlparser::ast::Expr;
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// Reads the statement whose `INSERT` or `REPLACE` stands at `place`; `None` when it is no such statement.
pub(super) fn read(reader: &mut Reader, statement: &Statement, place: &Place) -> Option<()> {
    let limit = place.limit;
    let mut insert = head(reader, statement, place, limit)?;
    rows(reader, statement, &mut insert, limit);
    bound_columns(reader, statement, &insert);
    if !insert.replace {
        created(reader, statement, &insert);
    }
    let conflict = first_clause(statement, insert.end, limit);
    if !insert.replace && conflict.is_none() {
        return Some(());
    }
    let inserted = inserted(reader, statement, &insert);
    let mut sources = vec![];
    let mut renamed = vec![];
    if reader.dialect == Dialect::Mysql {
        if let Rows::Query(_, range) = &insert.rows {
            sources = query_sources(statement, range.clone(), place.defined);
        }
        // `VALUES (..) AS new`: the row that is inserted, by a name of its own.
        if statement.is(insert.end, "AS")
            && let (Some(name), after) = alias(statement, insert.end, limit)
        {
            renamed = renamed_columns(statement, insert.end + 2..after, &insert.columns);
            sources.push(Relation { table: None, alias: Some(name), tokens: 0..0 });
        }
    }
    if insert.replace {
        replaced(reader, statement, place, &insert, &inserted);
    }
    let mut clause = conflict;
    while let Some(at) = clause {
        let next = first_clause(statement, at + 1, limit);
        let end = next.unwrap_or(limit);
        if let Some(from) = set_of(statement, at, end) {
            let mut list = set_list(statement, from, end, reader.dialect);
            rename_row(&mut list.assignments, &sources, &renamed);
            if list.assignments.is_empty() {
                unknown_columns(reader, statement, at..list.end.max(at + 1), &insert.relation);
            }
            let tail = super::update::tail(reader, statement, list.end, end, place.defined);
            let target = Target {
                verb: Verb::Upsert,
                relations: std::slice::from_ref(&insert.relation),
                statement: place.statement.clone(),
                scope: RowScope::Conflict,
                predicate: tail.predicate,
                inserted: &inserted,
                sources: &sources,
            };
            reader.push_writes(statement, &target, list.assignments);
        }
        clause = next;
    }
    Some(())
}

/// Reads an `ON CONFLICT .. DO UPDATE SET` at `at` whose `INSERT` stands elsewhere: the table is an unknown part before it.
pub(super) fn read_fragment(reader: &mut Reader, statement: &Statement, place: &Place) {
    let limit = place.limit;
    let Some(from) = set_of(statement, place.head, limit) else { return };
    let before = (place.statement.start..place.head).rev().find(|i| statement.get(*i).is_some_and(is_hole));
    let list = set_list(statement, from, limit, reader.dialect);
    if list.assignments.is_empty() {
        return;
    }
    let Some((table, after)) = before.and_then(|at| table_name(statement.tokens, at)) else {
        let span = reader.span(statement, place.head..list.end);
        reader.problem(span, "the table of this conflict clause is not known");
        return;
    };
    let relation = Relation { table: Some(table), alias: None, tokens: before.unwrap_or(0)..after };
    let tail = super::update::tail(reader, statement, list.end, limit, place.defined);
    let target = Target {
        verb: Verb::Upsert,
        relations: &[relation],
        statement: place.statement.clone(),
        scope: RowScope::Conflict,
        predicate: tail.predicate,
        inserted: &[],
        sources: &[],
    };
    reader.push_writes(statement, &target, list.assignments);
}

/// The next `ON CONFLICT` or `ON DUPLICATE KEY` of this statement.
pub(super) fn first_clause(statement: &Statement, from: usize, limit: usize) -> Option<usize> {
    let mut at = from;
    while at < limit {
        if is_clause(statement, at) {
            return Some(at);
        }
        at = statement.skip(at);
    }
    None
}

/// Whether `ON CONFLICT` or `ON DUPLICATE KEY UPDATE` stands at `at`.
pub(super) fn is_clause(statement: &Statement, at: usize) -> bool {
    statement.is(at, "ON")
        && (statement.is(at + 1, "CONFLICT")
            || (statement.is(at + 1, "DUPLICATE") && statement.is(at + 2, "KEY") && statement.is(at + 3, "UPDATE")))
}

/// Where the assignments of the clause at `at` begin; `None` for `DO NOTHING`.
fn set_of(statement: &Statement, at: usize, end: usize) -> Option<usize> {
    if statement.is(at + 1, "DUPLICATE") {
        return Some(at + 4);
    }
    let mut next = at + 2;
    while next < end {
        if statement.is(next, "DO") {
            let sets = statement.is(next + 1, "UPDATE") && statement.is(next + 2, "SET");
            return sets.then_some(next + 3);
        }
        next = statement.skip(next);
    }
    None
}

fn unknown_columns(reader: &mut Reader, statement: &Statement, tokens: Range<usize>, relation: &Relation) {
    let span = reader.span(statement, tokens);
    let name = relation.table.as_ref().map_or("", |t| t.name.as_str());
    reader.problem(span, format!("the columns that this conflict clause of `{name}` sets are not known"));
}

/// The writes of a `REPLACE`: every listed column, and once for those that are left out.
fn replaced(
    reader: &mut Reader,
    statement: &Statement,
    place: &Place,
    insert: &Insert,
    inserted: &[(String, Vec<Expr>)],
) {
    let mut assignments = vec![];
    match &insert.rows {
        Rows::Set(list) => {
            for a in list {
                assignments.push(Assignment {
                    target: a.target.clone(),
                    target_tokens: a.target_tokens.clone(),
                    tokens: a.tokens.clone(),
                    value_tokens: a.value_tokens.clone(),
                    value: Assigned::Inserted,
                });
            }
        }
        rows => {
            let cells = match rows {
                Rows::Values(rows) => rows.first(),
                Rows::Query(items, _) => items.as_ref(),
                _ => None,
            };
            for (index, column) in insert.columns.iter().enumerate() {
                let cell = cells.and_then(|row| row.get(index)).cloned();
                assignments.push(Assignment {
                    target: vec![Ident { text: column.name.clone(), quoted: column.quoted }],
                    target_tokens: column.tokens.clone(),
                    tokens: column.tokens.clone(),
                    value_tokens: cell.unwrap_or(column.tokens.clone()),
                    value: Assigned::Inserted,
                });
            }
        }
    }
    let all = !insert.listed && !matches!(insert.rows, Rows::Set(_));
    let table = insert.relation.tokens.clone();
    assignments.push(Assignment {
        target: vec![],
        target_tokens: table.clone(),
        tokens: table.clone(),
        value_tokens: table,
        // Without a column list every column is given a value, by position.
        value: if all { Assigned::Inserted } else { Assigned::Omitted },
    });
    let target = Target {
        verb: Verb::Replace,
        relations: std::slice::from_ref(&insert.relation),
        statement: place.statement.clone(),
        scope: RowScope::Conflict,
        predicate: None,
        inserted,
        sources: &[],
    };
    reader.push_writes(statement, &target, assignments);
}

/// Whether an `INSERT` or `REPLACE` statement may start at `at`.
pub(super) fn is_head(statement: &Statement, at: usize) -> bool {
    let Some(token) = statement.get(at) else { return false };
    if is_word(token, "INSERT") {
        return !statement.any(at + 1, &["ON", "OF"])
            && !matches!(
                statement.get(at + 1).map(|t| &t.token),
                None | Some(Token::LParen | Token::Comma | Token::Eq)
            );
    }
    is_word(token, "REPLACE")
        && (statement.is(at + 1, "INTO")
            || (statement.any(at + 1, &["LOW_PRIORITY", "DELAYED"]) && statement.is(at + 2, "INTO"))
            || (at == 0 && statement.get(1).is_some_and(|t| word(t).is_some())))
        && !at.checked_sub(1).is_some_and(|b| statement.any(b, &["OR", "INSERT"]))
}
