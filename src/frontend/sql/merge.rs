//! `MERGE INTO t USING s ON .. WHEN MATCHED THEN UPDATE SET ..`.

use super::assignments::set_list;
use super::expr;
use super::reader::{Reader, Target};
use super::relations::relations;
use super::split::Statement;
use super::tokens::{is_any, is_word};
use super::update::Place;
use super::{RowScope, Verb};
use std::ops::Range;

/// Whether a `MERGE` starts at `at`.
pub(super) fn is_head(statement: &Statement, at: usize) -> bool {
    statement.is(at, "MERGE") && statement.is(at + 1, "INTO")
}

/// Reads every `UPDATE` branch of the `MERGE` at `place`.
pub(super) fn read(reader: &mut Reader, statement: &Statement, place: &Place) {
    let limit = place.limit;
    let find = |from: usize, end: usize, words: &[&str]| {
        let mut at = from;
        while at < end && !statement.any(at, words) {
            at = statement.skip(at);
        }
        at.min(end)
    };
    let from = place.head + 2;
    let using = find(from, limit, &["USING"]);
    let on = find(using + 1, limit, &["ON"]);
    let written = relations(statement, from..using, &[]);
    let sources = relations(statement, using + 1..on, place.defined).list;
    if written.odd || written.list.is_empty() {
        return;
    }
    let mut when = find(on, limit, &["WHEN"]);
    while when < limit {
        let then = then_of(statement, when + 1, limit);
        let next = next_when(statement, then, limit);
        if statement.is(then + 1, "UPDATE") && statement.is(then + 2, "SET") {
            let condition = condition(statement, when + 1..then);
            let list = set_list(statement, then + 3, next, reader.dialect);
            let target = Target {
                verb: Verb::Merge,
                relations: &written.list,
                statement: place.statement.clone(),
                scope: RowScope::Predicate,
                predicate: condition.and_then(|c| expr::parse(statement.slice(c), reader.dialect)).map(Box::new),
                inserted: &[],
                sources: &sources,
            };
            reader.push_writes(statement, &target, list.assignments);
        }
        when = next;
    }
}

/// The `THEN` of the branch whose condition starts at `from`.
fn then_of(statement: &Statement, from: usize, limit: usize) -> usize {
    let (mut at, mut cases) = (from, 0_usize);
    while at < limit {
        let Some(token) = statement.get(at) else { break };
        if is_word(token, "CASE") {
            cases += 1;
        } else if is_word(token, "END") {
            cases = cases.saturating_sub(1);
        } else if is_word(token, "THEN") && cases == 0 {
            break;
        }
        at = statement.skip(at);
    }
    at.min(limit)
}

/// The next branch.
fn next_when(statement: &Statement, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        let branch = statement.is(at, "WHEN")
            && (statement.is(at + 1, "MATCHED") || (statement.is(at + 1, "NOT") && statement.is(at + 2, "MATCHED")));
        if branch || statement.is(at, "RETURNING") {
            break;
        }
        at = statement.skip(at);
    }
    // What follows a RETURNING is no branch.
    if statement.is(at, "RETURNING") { limit } else { at.min(limit) }
}

/// What stands behind the first `AND` of `MATCHED AND ..`.
fn condition(statement: &Statement, range: Range<usize>) -> Option<Range<usize>> {
    let mut at = range.start;
    while at < range.end {
        if statement.get(at).is_some_and(|t| is_any(t, &["AND"])) {
            return Some(at + 1..range.end);
        }
        at = statement.skip(at);
    }
    None
}
