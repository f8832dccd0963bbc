//! Statements in bodies: `DO $$ .. $$`, functions, procedures, triggers, and SQL in strings that such code executes.
//! Finds the texts and where their bytes stand; what is in them is read like any other text.

use super::TableName;
use super::reader::Reader;
use super::split::Statement;
use super::statements::{Ddl, read_statement, read_text};
use super::tokens::{bytes, end, is_word, lex, start, string, table_name, word};
use crate::source::{Span, SpanMap};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Bodies inside bodies that are followed.
const MAX_DEPTH: usize = 4;

/// Reads a statement that has statements in it: `CREATE TRIGGER .. BEGIN ..; ..; END`.
pub(super) fn read_block(reader: &mut Reader, tokens: &[TokenWithSpan]) {
    let before = std::mem::replace(&mut reader.in_routine, true);
    reader.trigger = trigger_table(tokens);
    for part in tokens.split(|t| t.token == Token::SemiColon) {
        if !part.is_empty() {
            read_statement(reader, part, Ddl::Waits);
        }
    }
    reader.in_routine = before;
    reader.trigger = None;
}

/// The table of `CREATE TRIGGER .. ON t .. BEGIN`.
fn trigger_table(tokens: &[TokenWithSpan]) -> Option<TableName> {
    let head = tokens.iter().position(|t| is_word(t, "BEGIN"))?;
    let head = tokens.get(..head)?;
    if !head.iter().take(6).any(|t| is_word(t, "TRIGGER")) {
        return None;
    }
    let on = head.iter().position(|t| is_word(t, "ON"))?;
    table_name(head, on + 1).map(|(table, _)| table)
}

/// Reads the bodies in strings of one statement.
pub(super) fn read_bodies(reader: &mut Reader, statement: &Statement, ddl: Ddl) {
    if reader.depth >= MAX_DEPTH {
        return;
    }
    let is_do = statement.is(0, "DO");
    let is_function = statement.is(0, "CREATE")
        && (1..6).any(|at| statement.any(at, &["FUNCTION", "PROCEDURE"]))
        && speaks_sql(statement);
    if is_do || is_function {
        for at in 0..statement.tokens.len() {
            let Some(token) = statement.get(at) else { break };
            let body = matches!(token.token, Token::DollarQuotedString(_))
                || (string(token).is_some() && at.checked_sub(1).is_some_and(|b| statement.any(b, &["AS", "DO"])));
            if body {
                let ddl = if is_do { ddl } else { Ddl::Waits };
                let text = spelled_by(reader, std::slice::from_ref(token));
                read_inner(reader, &text, ddl);
            }
        }
    }
    if reader.in_routine {
        read_executed(reader, statement, ddl);
    }
}

/// Whether the function is written in SQL or PL/pgSQL, or does not say in what.
fn speaks_sql(statement: &Statement) -> bool {
    let at = (0..statement.tokens.len()).find(|at| statement.is(*at, "LANGUAGE"));
    let Some(language) = at.and_then(|at| statement.get(at + 1)) else { return true };
    let name = word(language).map(|w| w.value.as_str()).or(string(language)).unwrap_or("");
    ["sql", "plpgsql"].iter().any(|l| name.eq_ignore_ascii_case(l))
}

/// `EXECUTE '..'`, `EXECUTE format('..', ..)`, `EXECUTE 'a' || x || 'b'`.
fn read_executed(reader: &mut Reader, statement: &Statement, ddl: Ddl) {
    for at in 0..statement.tokens.len() {
        if !statement.is(at, "EXECUTE") {
            continue;
        }
        let mut from = at + 1;
        let formatted = statement.is(from, "FORMAT") && statement.at(from + 1, &Token::LParen);
        let mut limit = statement.group_end(at);
        if formatted {
            limit = statement.closing(from + 1).min(limit);
            from += 2;
        }
        let mut stop = from;
        while stop < limit && !statement.any(stop, &["USING", "INTO", "EXECUTE"]) && !statement.at(stop, &Token::Comma)
        {
            stop = statement.skip(stop);
        }
        let pieces = statement.slice(from..stop.min(limit));
        if pieces.iter().any(|t| string(t).is_some()) {
            let mut text = spelled_by(reader, pieces);
            if formatted {
                let arguments: Vec<Inner> = statement
                    .comma_parts(stop.min(limit) + 1..limit)
                    .into_iter()
                    .map(|argument| spelled_by(reader, statement.slice(argument)))
                    .collect();
                text = formatted_with(&text, &arguments);
            }
            read_inner(reader, &text, ddl);
        }
    }
}

/// A text with its bytes in the file.
struct Inner {
    sql: String,
    map: SpanMap,
}

impl Inner {
    fn push(&mut self, sql: &str, source: Span) {
        self.sql.push_str(sql);
        self.map.push(sql.len(), source);
    }
}

fn read_inner(reader: &mut Reader, inner: &Inner, ddl: Ddl) {
    let lexed = lex(&inner.sql, reader.dialect);
    let mut nested = Reader {
        text: &inner.sql,
        map: &inner.map,
        dialect: reader.dialect,
        names: &lexed.names,
        certain: reader.certain,
        in_routine: true,
        targets: vec![],
        trigger: None,
        depth: reader.depth + 1,
        facts: reader.facts,
    };
    read_text(&mut nested, &lexed, ddl);
}

/// The text that a concatenation of string literals spells; an unknown part stands for everything else in it.
fn spelled_by(reader: &Reader, pieces: &[TokenWithSpan]) -> Inner {
    let mut inner = Inner { sql: String::new(), map: SpanMap::default() };
    let mut unknown: Option<Range<usize>> = None;
    let mut holes = 0;
    for piece in pieces {
        match string(piece) {
            Some(_) => {
                if let Some(range) = unknown.take() {
                    push_hole(&mut inner, &mut holes, reader.map.span(range));
                }
                push_literal(&mut inner, reader, piece);
            }
            None if piece.token == Token::StringConcat => {}
            None => {
                let own = bytes(std::slice::from_ref(piece));
                unknown = Some(unknown.map_or(own.clone(), |u| u.start..own.end));
            }
        }
    }
    if let Some(range) = unknown {
        push_hole(&mut inner, &mut holes, reader.map.span(range));
    }
    inner
}

/// The numbers of these holes start high: the text around may have its own.
const FIRST_HOLE: usize = 9000;

fn push_hole(inner: &mut Inner, holes: &mut usize, span: Span) {
    inner.push(&format!("{}{}", super::HOLE_PREFIX, FIRST_HOLE + *holes), span);
    *holes += 1;
}

/// Appends what a literal spells. `''` and `\'` are one character; all else is taken as it stands.
fn push_literal(inner: &mut Inner, reader: &Reader, literal: &TokenWithSpan) {
    let range = start(literal)..end(literal);
    let Some(source) = reader.text.get(range.clone()) else { return };
    if source.starts_with('$') {
        let Some(tag) = source.get(1..).and_then(|s| s.find('$')).map(|at| at + 2) else { return };
        if let Some(body) = source.get(tag..source.len().saturating_sub(tag)) {
            inner.sql.push_str(body);
            inner.map.append(&reader.map.slice(range.start + tag..range.start + tag + body.len()));
        }
        return;
    }
    let Some(quote) = source.find(['\'', '"']) else { return };
    let escapes = source.starts_with(['e', 'E']);
    let close = source.len().saturating_sub(1);
    let mut from = quote + 1;
    let mut at = from;
    let raw = source.as_bytes();
    let pair = |at: usize| {
        let (a, b) = (raw.get(at).copied()?, raw.get(at + 1).copied()?);
        ((a == b'\'' && b == b'\'') || (escapes && a == b'\\' && matches!(b, b'\'' | b'\\'))).then_some(at + 1)
    };
    while at < close {
        match pair(at).filter(|second| *second < close) {
            Some(second) => {
                append(inner, reader, range.start, source, from..at);
                let span = reader.map.span(range.start + at..range.start + at + 2);
                inner.push(source.get(second..=second).unwrap_or(" "), span);
                at += 2;
                from = at;
            }
            None => at += 1,
        }
    }
    append(inner, reader, range.start, source, from..close);
}

fn append(inner: &mut Inner, reader: &Reader, base: usize, source: &str, range: Range<usize>) {
    if let Some(text) = source.get(range.clone()).filter(|t| !t.is_empty()) {
        inner.sql.push_str(text);
        inner.map.append(&reader.map.slice(base + range.start..base + range.end));
    }
}

/// Puts the arguments for `format`'s `%I` and `%s`, which stand for names and SQL, and placeholders for its `%L`.
fn formatted_with(text: &Inner, arguments: &[Inner]) -> Inner {
    let mut out = Inner { sql: String::new(), map: SpanMap::default() };
    let (mut from, mut next) = (0, 0);
    let raw = text.sql.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let digits = raw.get(at + 1..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit() || **b == b'$').count();
        let kind = raw.get(at + 1 + digits).copied().filter(|_| raw.get(at) == Some(&b'%'));
        let end = at + digits + 2;
        let Some(kind @ (b'I' | b's' | b'L' | b'%')) = kind else {
            at += 1;
            continue;
        };
        // `%2$I` names its argument.
        let numbered = text.sql.get(at + 1..at + 1 + digits).and_then(|n| n.strip_suffix('$')?.parse::<usize>().ok());
        let index = numbered.map_or(next, |n| n.saturating_sub(1));
        let replacement = match kind {
            b'%' => "%".to_owned(),
            b'L' => format!(":value_{index}"),
            _ => match arguments.get(index) {
                Some(argument) if argument.sql.len() < 200 => argument.sql.clone(),
                _ => format!("{}{}", super::HOLE_PREFIX, FIRST_HOLE + index),
            },
        };
        if kind != b'%' {
            next = index + 1;
        }
        if let Some(kept) = text.sql.get(from..at) {
            out.sql.push_str(kept);
            out.map.append(&text.map.slice(from..at));
        }
        out.push(&replacement, text.map.span(at..end));
        at = end;
        from = end;
    }
    if let Some(kept) = text.sql.get(from..) {
        out.sql.push_str(kept);
        out.map.append(&text.map.slice(from..text.sql.len()));
    }
    out
}
