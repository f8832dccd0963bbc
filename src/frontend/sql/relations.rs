//! Relations as they are named in `UPDATE ..`, `FROM`, `USING` and joins, with their aliases. Never looks at columns.

use super::TableName;
use super::split::Statement;
use super::tokens::{is_hole, is_reserved, is_word, table_name, word};
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// Nesting of joins in parentheses that is followed.
const MAX_DEPTH: usize = 16;

/// One relation.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Its name; `None` for a subquery, a function, or a name that the statement itself defines.
    pub table: Option<TableName>,
    /// Its alias.
    pub alias: Option<String>,
    /// The tokens of its name.
    pub tokens: Range<usize>,
}

impl Relation {
    /// The name by which columns are qualified.
    pub(super) fn label(&self) -> Option<&str> {
        self.alias.as_deref().or(self.table.as_ref().map(|t| t.name.as_str()))
    }
}

/// Relations of a list, and whether every token of the list was understood.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// In order.
    pub list: Vec<Relation>,
    /// Something stood there that belongs to no list of relations.
    pub odd: bool,
    /// A join condition stands in it.
    pub joined: bool,
}

/// Words that may follow a relation and its alias.
const AFTER: &[&str] = &["PARTITION", "USE", "FORCE", "IGNORE", "INDEXED", "NOT", "FOR", "WITH", "TABLESAMPLE", "AS"];
const JOINS: &[&str] =
    &["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "STRAIGHT_JOIN", "OUTER", "LATERAL", "ONLY"];

/// Reads the relations in `range`; `defined` are the names of common table expressions.
pub(super) fn relations(statement: &Statement, range: Range<usize>, defined: &[String]) -> Relations {
    let mut out = Relations::default();
    read(statement, range, defined, &mut out, 0);
    out
}

fn read(statement: &Statement, range: Range<usize>, defined: &[String], out: &mut Relations, depth: usize) {
    let mut at = range.start;
    let mut relation_due = true;
    while at < range.end {
        let Some(token) = statement.get(at) else { break };
        if token.token == Token::Comma || (statement.any(at, JOINS) && !names_a_table(statement, at, range.end)) {
            relation_due = true;
            at += 1;
        } else if relation_due {
            relation_due = false;
            at = one(statement, at, range.end, defined, out, depth);
        } else if statement.any(at, &["ON", "USING"]) {
            out.joined = true;
            at += 1;
            while at < range.end && !statement.at(at, &Token::Comma) && !statement.any(at, JOINS) {
                at = statement.skip(at);
            }
        } else if statement.any(at, AFTER) {
            at += 1;
            while at < range.end
                && !statement.at(at, &Token::Comma)
                && !statement.any(at, JOINS)
                && !statement.any(at, &["ON", "USING"])
            {
                at = statement.skip(at);
            }
        } else {
            out.odd = true;
            at = statement.skip(at);
        }
    }
}

/// Whether a word such as `only` is itself the table here: nothing that could be a name follows.
fn names_a_table(statement: &Statement, at: usize, end: usize) -> bool {
    statement.is(at, "ONLY")
        && (at + 1 >= end
            || !matches!(
                statement.get(at + 1).map(|t| &t.token),
                Some(Token::Word(_) | Token::LParen | Token::Colon | Token::Placeholder(_))
            ))
}

/// Reads one relation with its alias; returns the index after them.
fn one(statement: &Statement, at: usize, end: usize, defined: &[String], out: &mut Relations, depth: usize) -> usize {
    let mut table = None;
    let mut tokens = at..at;
    let mut next;
    if statement.at(at, &Token::LParen) {
        next = statement.skip(at).min(end);
        if !statement.any(at + 1, &["SELECT", "WITH", "VALUES", "TABLE", "UPDATE", "INSERT", "DELETE", "MERGE"]) {
            if depth < MAX_DEPTH {
                read(statement, at + 1..statement.closing(at).min(end), defined, out, depth + 1);
            }
            // `(t) AS u` gives the only relation inside its alias.
            let (alias, after) = alias(statement, next, end);
            if let (Some(alias), Some(last)) = (alias, out.list.last_mut()) {
                last.alias = Some(alias);
            }
            return after;
        }
    } else if statement.is(at, "ROWS") && statement.is(at + 1, "FROM") {
        next = statement.skip(at + 2);
    } else if let Some((name, after)) = table_name(statement.slice(0..end), at) {
        tokens = at..after;
        next = after;
        if statement.at(after, &Token::LParen) && after < end {
            next = statement.skip(after);
            if statement.is(next, "WITH") && statement.is(next + 1, "ORDINALITY") {
                next += 2;
            }
        } else if name.schema.is_some() || !defined.contains(&name.name) {
            table = Some(name);
        } else {
            // A common table expression is known by its name.
            next = if statement.at(next, &Token::Mul) { next + 1 } else { next };
            let (alias, after) = alias(statement, next, end);
            out.list.push(Relation { table: None, alias: alias.or(Some(name.name)), tokens });
            return after;
        }
    } else {
        out.odd = true;
        return statement.skip(at);
    }
    if table.is_some() && statement.at(next, &Token::Mul) {
        next += 1;
    }
    let (alias, after) = alias(statement, next, end);
    out.list.push(Relation { table, alias, tokens });
    after
}

/// `[AS] alias [(columns)]`; returns the index after it.
pub(super) fn alias(statement: &Statement, at: usize, end: usize) -> (Option<String>, usize) {
    let name_at = if statement.is(at, "AS") { at + 1 } else { at };
    let name = statement.get(name_at).filter(|t| name_at < end && !is_reserved(t) && !is_word(t, "LATERAL"));
    match name.map(|t| (&t.token, word(t))) {
        Some((Token::DoubleQuotedString(text), _)) => (Some(text.clone()), name_at + 1),
        Some((_, Some(w))) if !name.is_some_and(is_hole) => {
            let mut next = name_at + 1;
            if statement.at(next, &Token::LParen) && next < end {
                next = statement.skip(next);
            }
            (Some(w.value.clone()), next)
        }
        // An unknown part: possibly an alias, possibly a clause.
        Some((_, Some(_))) => (None, name_at + 1),
        _ => (None, at),
    }
}

/// The names that `WITH` defines anywhere in the statement.
pub(super) fn defined_names(statement: &Statement) -> Vec<String> {
    let mut names = Vec::new();
    if !statement.tokens.iter().any(|t| is_word(t, "WITH")) {
        return names;
    }
    for (at, token) in statement.tokens.iter().enumerate() {
        if !is_word(token, "AS") {
            continue;
        }
        let mut open = at + 1;
        open += usize::from(statement.is(open, "NOT"));
        open += usize::from(statement.is(open, "MATERIALIZED"));
        let query = statement.at(open, &Token::LParen)
            && statement.any(open + 1, &["SELECT", "WITH", "VALUES", "UPDATE", "INSERT", "DELETE", "MERGE", "TABLE"]);
        if !query {
            continue;
        }
        // `name AS (`, or `name (columns) AS (`.
        let mut before = at;
        if before.checked_sub(1).is_some_and(|b| statement.at(b, &Token::RParen)) {
            before = (0..at)
                .rev()
                .take(200)
                .find(|i| statement.closing(*i) + 1 == at && statement.at(*i, &Token::LParen))
                .unwrap_or(at);
        }
        if let Some(name) = before.checked_sub(1).and_then(|b| statement.get(b)).and_then(word) {
            names.push(name.value.clone());
        }
    }
    names
}
