//! `UPDATE` in every form, on every database: modifiers, aliases, joins, several tables, CTEs around and inside.

use super::RowScope;
use super::Verb;
use super::assignments::{set_list, spelled};
use super::expr;
use super::reader::{Reader, Target, scope_of};
use super::relations::{Relation, relations};
use super::split::Statement;
use super::tokens::{is_any, is_word};
use sqlparser::ast::Expr;
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// Where an `UPDATE` stands.
pub(super) struct Place<'s> {
    /// The index of its keyword.
    pub head: usize,
    /// Its tokens end before this one.
    pub limit: usize,
    /// The tokens of the whole statement around it.
    pub statement: Range<usize>,
    /// Names defined by `WITH`.
    pub defined: &'s [String],
}

/// Reads the `UPDATE` at `place`; returns the index after its `SET` list, or `None` when it is no such statement.
pub(super) fn read(reader: &mut Reader, statement: &Statement, place: &Place) -> Option<usize> {
    let limit = place.limit;
    let from = after_modifiers(statement, place.head + 1);
    let set = find_set(statement, from, limit)?;
    let named = relations(statement, from..set, place.defined);
    if named.odd || named.list.is_empty() {
        return None;
    }
    let list = set_list(statement, set + 1, limit, reader.dialect);
    let tail = tail(reader, statement, list.end, limit, place.defined);
    let mut scope = tail.scope;
    if scope == RowScope::All && (named.joined || list.open || tail.limited) {
        scope = RowScope::Predicate;
    }
    if list.assignments.is_empty() || list.assignments.iter().all(|a| a.target.is_empty() && !plausible(a)) {
        if list.open && !named.list.is_empty() {
            let span = reader.span(statement, place.head..list.end.max(set + 1));
            let what = spelled(statement.slice(named.list.first().map_or(0..0, |r| r.tokens.clone())));
            reader.problem(span, format!("the columns that this UPDATE of `{what}` sets are not known"));
            return Some(list.end);
        }
        return None;
    }
    let target = Target {
        verb: Verb::Update,
        relations: &named.list,
        statement: place.statement.clone(),
        scope,
        predicate: tail.predicate,
        inserted: &[],
        sources: &tail.sources,
    };
    reader.push_writes(statement, &target, list.assignments);
    Some(list.end)
}

/// A target that the database rejects is still an assignment when it starts like a column.
fn plausible(assignment: &super::assignments::Assignment) -> bool {
    !assignment.target_tokens.is_empty()
}

/// Skips `LOW_PRIORITY`, `IGNORE`, `OR REPLACE`, `ONLY`.
pub(super) fn after_modifiers(statement: &Statement, mut at: usize) -> usize {
    loop {
        let next =
            if statement.is(at, "OR") && statement.any(at + 1, &["REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"]) {
                at + 2
            } else if statement.any(at, &["LOW_PRIORITY", "IGNORE", "ONLY"]) {
                at + 1
            } else {
                return at;
            };
        // A table may have such a name: then SET or an alias follows at once.
        if statement.any(next, &["SET", "AS"]) || statement.get(next).is_none() {
            return at;
        }
        at = next;
    }
}

/// The `SET` of this statement. Another statement's keyword before it means that there is none.
fn find_set(statement: &Statement, from: usize, limit: usize) -> Option<usize> {
    let mut at = from;
    while at < limit {
        let token = statement.get(at)?;
        if is_word(token, "SET") {
            return (at > from).then_some(at);
        }
        let foreign = ["UPDATE", "INSERT", "DELETE", "SELECT", "VALUES", "WHERE", "RETURNING", "INTO", "BEGIN", "TO"];
        if token.token == Token::SemiColon || is_any(token, &foreign) {
            return None;
        }
        at = statement.skip(at);
    }
    None
}

/// What follows a `SET` list.
pub(super) struct Tail {
    /// Which rows.
    pub scope: RowScope,
    /// The parsed `WHERE`.
    pub predicate: Option<Box<Expr>>,
    /// Relations of `FROM`.
    pub sources: Vec<Relation>,
    /// `LIMIT` stands there.
    pub limited: bool,
    /// The index after the `WHERE`.
    pub end: usize,
}

/// Reads `FROM`, `WHERE` and `LIMIT` from `from` on.
pub(super) fn tail(reader: &Reader, statement: &Statement, from: usize, limit: usize, defined: &[String]) -> Tail {
    let mut tail = Tail { scope: RowScope::All, predicate: None, sources: vec![], limited: false, end: from };
    let mut at = from;
    while at < limit {
        if statement.is(at, "FROM") {
            let end = clause_end(statement, at + 1, limit);
            let found = relations(statement, at + 1..end, defined);
            tail.sources.extend(found.list);
            at = end;
            tail.end = end;
        } else if statement.is(at, "WHERE") {
            let end = clause_end(statement, at + 1, limit);
            let predicate = expr::parse(statement.slice(at + 1..end), reader.dialect);
            tail.scope = predicate.as_ref().map_or(RowScope::Predicate, scope_of);
            tail.predicate = predicate.map(Box::new);
            at = end;
            tail.end = end;
        } else if statement.any(at, &["LIMIT", "ORDER"]) {
            tail.limited |= statement.is(at, "LIMIT");
            at += 1;
        } else if statement.at(at, &Token::SemiColon) || statement.any(at, &["ON", "WHEN", "RETURNING"]) {
            break;
        } else {
            at = statement.skip(at);
        }
    }
    tail
}

/// The end of the `FROM` or `WHERE` that starts at `from`.
pub(super) fn clause_end(statement: &Statement, from: usize, limit: usize) -> usize {
    let mut at = from;
    let mut cases = 0_usize;
    while at < limit {
        let Some(token) = statement.get(at) else { break };
        if is_word(token, "CASE") {
            cases += 1;
        } else if is_word(token, "END") && cases > 0 {
            cases -= 1;
        } else if token.token == Token::SemiColon
            || is_any(
                token,
                &["WHERE", "RETURNING", "LIMIT", "GROUP", "HAVING", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "SET"],
            )
            || (is_word(token, "FROM") && !statement.is(at.saturating_sub(1), "DISTINCT"))
            || is_any(token, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"])
            || (is_word(token, "FOR") && statement.any(at + 1, &["UPDATE", "SHARE", "NO", "KEY"]))
            || (is_word(token, "ORDER") && statement.is(at + 1, "BY"))
            || (is_word(token, "ON") && statement.any(at + 1, &["CONFLICT", "DUPLICATE"]))
            || (is_word(token, "WHEN") && cases == 0)
            || (is_any(token, &["END", "LOOP"]) && cases == 0)
        {
            break;
        }
        at = statement.skip(at);
    }
    at.min(limit)
}
