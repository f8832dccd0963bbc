//! Finds what there is to read in a text: its statements, and the statements inside those (in CTEs, behind `EXPLAIN` or
//! `PREPARE`, in rules and bodies). What each does is read by the module of its kind.

use super::reader::Reader;
use super::relations::defined_names;
use super::split::{self, Statement};
use super::tokens::{Lexed, is_any, is_hole, is_word};
use super::update::{self, Place};
use super::{insert, merge, routine, schema, unread, uses};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::collections::BTreeMap;

/// Whether schema statements of a text are carried out when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ddl {
    /// They are.
    Runs,
    /// They stand in the body of a function, which may never be called.
    Waits,
}

/// Reads all statements of a text; returns how many there are.
pub(super) fn read_text(reader: &mut Reader, lexed: &Lexed, ddl: Ddl) -> usize {
    if let (Some((at, why)), true) = (&lexed.error, reader.certain) {
        let span = reader.map.span(*at..*at + 1);
        reader.problem(span, format!("the text cannot be split into tokens here: {why}"));
    }
    let ranges = split::statements(&lexed.tokens);
    let mut count = 0;
    for range in &ranges {
        let tokens = lexed.tokens.get(range.clone()).unwrap_or(&[]);
        let before = found(reader);
        read_statement(reader, tokens, ddl);
        let nothing = found(reader) == before;
        if nothing {
            unread::note(reader, tokens, ddl);
        }
        count += usize::from(reader.certain || !nothing || starts_as_sql(tokens));
    }
    count
}

/// How much has been found so far.
fn found(reader: &Reader) -> (usize, usize, usize, usize) {
    let facts = &reader.facts;
    (facts.writes.len(), facts.schema.len(), facts.uses.len(), facts.unanalysed.len())
}

/// Words with which a statement, or a part of one, starts.
const STARTS: &[&str] = &[
    "UPDATE",
    "INSERT",
    "REPLACE",
    "MERGE",
    "WITH",
    "SELECT",
    "DELETE",
    "CREATE",
    "ALTER",
    "DROP",
    "EXPLAIN",
    "PREPARE",
    "COPY",
    "DO",
    "BEGIN",
    "DECLARE",
    "ON",
    "SET",
    "FROM",
    "RENAME",
    "VALUES",
    "TRUNCATE",
    "PRAGMA",
    "COMMENT",
    "GRANT",
    "CALL",
    "WHERE",
    "RETURNING",
    "LOCK",
    "COMMIT",
    "ROLLBACK",
    "IF",
];

/// Whether tokens of a string that may be prose start as SQL does.
fn starts_as_sql(tokens: &[TokenWithSpan]) -> bool {
    tokens.first().is_some_and(|t| is_any(t, STARTS) || is_hole(t) || !matches!(t.token, Token::Word(_)))
}

/// Reads one statement.
pub(super) fn read_statement(reader: &mut Reader, tokens: &[TokenWithSpan], ddl: Ddl) {
    if tokens.iter().any(|t| t.token == Token::SemiColon) {
        routine::read_block(reader, tokens);
        return;
    }
    let statement = Statement::new(tokens);
    reader.targets.clear();
    if reader.certain || reader.in_routine || starts_as_sql(tokens) {
        read_writes(reader, &statement);
    }
    let from = if reader.in_routine { schema::head(&statement) } else { Some(0) };
    match (from, ddl) {
        (Some(from), Ddl::Runs) => schema::read(reader, &statement, from),
        (Some(from), Ddl::Waits) => schema::read_waiting(reader, &statement, from),
        (None, _) => {}
    }
    uses::read(reader, &statement);
    routine::read_bodies(reader, &statement, ddl);
}

/// A place where something that writes may start.
enum Head {
    Update,
    Insert,
    Merge,
    /// `ON CONFLICT ..` whose `INSERT` stands in another text.
    Clause,
}

/// Reads every write of one statement.
fn read_writes(reader: &mut Reader, statement: &Statement) {
    let mut heads = vec![];
    let mut inserts = false;
    for at in 0..statement.tokens.len() {
        let Some(token) = statement.get(at) else { break };
        if !matches!(token.token, Token::Word(_)) {
            continue;
        }
        if is_update(statement, at) {
            heads.push((at, Head::Update));
        } else if insert::is_head(statement, at) {
            inserts = true;
            heads.push((at, Head::Insert));
        } else if merge::is_head(statement, at) {
            heads.push((at, Head::Merge));
        } else if !inserts && insert::is_clause(statement, at) {
            heads.push((at, Head::Clause));
        }
    }
    if heads.is_empty() {
        return;
    }
    let defined = defined_names(statement);
    let starts = if reader.in_routine { inner_starts(statement, &heads) } else { vec![0; heads.len()] };
    let limits = limits(statement, &heads);
    for (((head, kind), start), limit) in heads.into_iter().zip(starts).zip(limits) {
        let place = Place { head, limit, statement: start..statement.tokens.len(), defined: &defined };
        match kind {
            Head::Update => drop(update::read(reader, statement, &place)),
            Head::Insert => drop(insert::read(reader, statement, &place)),
            Head::Merge => merge::read(reader, statement, &place),
            Head::Clause => insert::read_fragment(reader, statement, &place),
        }
    }
}

/// Where each head's statement ends at the latest: with its bracket, or at the next head beside it.
fn limits(statement: &Statement, heads: &[(usize, Head)]) -> Vec<usize> {
    let mut next: BTreeMap<usize, usize> = BTreeMap::new();
    let mut limits: Vec<usize> = heads
        .iter()
        .rev()
        .map(|(head, _)| {
            let group = statement.group_end(*head);
            next.insert(group, *head).unwrap_or(group)
        })
        .collect();
    limits.reverse();
    limits
}

/// Where the statement around each head starts in a piece of procedural code: behind the last `BEGIN`, `THEN`, `ELSE`,
/// `LOOP`.
fn inner_starts(statement: &Statement, heads: &[(usize, Head)]) -> Vec<usize> {
    let (mut at, mut start, mut cases) = (0, 0, 0_usize);
    let mut starts = vec![];
    let mut heads = heads.iter().map(|(head, _)| *head).peekable();
    while at < statement.tokens.len() {
        let Some(token) = statement.get(at) else { break };
        let next = statement.skip(at);
        while let Some(head) = heads.next_if(|head| *head < next) {
            starts.push(start.min(head));
        }
        if is_word(token, "CASE") {
            cases += 1;
        } else if is_word(token, "END") {
            cases = cases.saturating_sub(1);
        } else if is_any(token, &["BEGIN", "LOOP", "ATOMIC", "DO"])
            || (cases == 0 && is_any(token, &["THEN", "ELSE"]))
            // A label: `<<name>>`.
            || token.token == Token::ShiftRight
        {
            start = next;
        }
        at = next;
    }
    starts
}

/// Whether an `UPDATE` statement may start at `at`: the word stands there, and not in `FOR UPDATE`, `ON UPDATE`, a
/// trigger's events or a grant.
fn is_update(statement: &Statement, at: usize) -> bool {
    if !statement.get(at).is_some_and(|t| is_word(t, "UPDATE")) || statement.any(at + 1, &["SET", "OF", "ON"]) {
        return false;
    }
    let Some(before) = at.checked_sub(1) else { return true };
    if statement.any(before, &["FOR", "KEY", "ON", "BEFORE", "AFTER", "OF"]) {
        return false;
    }
    !matches!(statement.get(before).map(|t| &t.token), Some(Token::Comma | Token::Period | Token::Eq))
}
