//! Columns used as JSON: casts, JSON functions, and the keys that are read. Works on tokens, in any statement; never
//! decides whether a column is JSON.

use super::blocks::Blocks;
use super::json_functions::{HANDS_ON, READS_KEYS, READS_PATH, TAKES_JSON};
use super::keys;
use super::reader::Reader;
use super::split::Statement;
use super::tokens::{is_any, is_hole, is_reserved, is_word, start, string, word};
use super::{ColumnUse, UseKind};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Notes every use of a column as JSON in `statement`.
pub(super) fn read(reader: &mut Reader, statement: &Statement) {
    let mut sites = vec![];
    let mut at = 0;
    while at < statement.tokens.len() {
        let Some(token) = statement.get(at) else { break };
        // What follows `::` is a type.
        let before = at.checked_sub(1).and_then(|before| statement.get(before)).map(|token| &token.token);
        let starts = word(token).is_some() && !matches!(before, Some(Token::Period | Token::DoubleColon));
        if !starts {
            at += 1;
            continue;
        }
        let column = Column::at(statement, at);
        if statement.at(column.end, &Token::LParen) {
            if column.end == at + 1 {
                function(statement, at, &mut sites);
            }
        } else if !is_reserved(token) {
            operators(statement, &column, &mut sites);
        }
        at = column.end.max(at + 1);
    }
    if sites.is_empty() {
        return;
    }
    let domain = statement.is(1, "DOMAIN");
    let blocks = Blocks::new(statement, reader.in_routine);
    for Site { column, how, tokens } in sites {
        let parts: Vec<&str> =
            statement.slice(column.tokens()).iter().filter_map(|t| word(t).map(|w| w.value.as_str())).collect();
        let Some((name, before)) = parts.split_last() else { continue };
        let qualifier = before.last().copied();
        // What is assigned to is not read; in a domain `VALUE` is no column.
        let assigned = statement.get(column.start).is_some_and(|t| reader.targets.contains(&start(t)));
        if assigned || (domain && name.eq_ignore_ascii_case("value")) {
            continue;
        }
        if statement.get(column.end - 1).is_some_and(is_hole)
            || (qualifier.is_none() && blocks.is_relation(column.start, name))
        {
            continue;
        }
        let of_row = qualifier.is_some_and(|q| ["NEW", "OLD"].iter().any(|row| q.eq_ignore_ascii_case(row)));
        let table = match &reader.trigger {
            Some(table) if of_row => Some(table.clone()),
            _ => blocks.table_of(column.start, qualifier),
        };
        let span = reader.span(statement, tokens);
        reader.facts.uses.push(ColumnUse { table, column: (*name).to_owned(), how, span });
    }
}

/// A use, before its column has a table.
struct Site {
    column: Column,
    how: UseKind,
    tokens: Range<usize>,
}

/// A column's name with its qualifiers.
#[derive(Clone, Copy)]
struct Column {
    start: usize,
    end: usize,
}

impl Column {
    fn at(statement: &Statement, start: usize) -> Self {
        let mut end = start + 1;
        while statement.at(end, &Token::Period) && statement.get(end + 1).and_then(word).is_some() {
            end += 2;
        }
        Self { start, end }
    }

    fn tokens(self) -> Range<usize> {
        self.start..self.end
    }
}

fn is_json_type(token: Option<&TokenWithSpan>) -> bool {
    token.and_then(word).is_some_and(|w| ["json", "jsonb"].iter().any(|t| w.value.eq_ignore_ascii_case(t)))
}

/// Reads the operators behind a column: casts, arrows, subscripts, comparisons.
fn operators(statement: &Statement, column: &Column, sites: &mut Vec<Site>) {
    let (mut start, mut at) = (column.start, column.end);
    // The access without the brackets that are only around it.
    let mut access = start..at;
    let mut path: Vec<String> = vec![];
    let mut arrows = false;
    // A step whose key is not spelled out ends what is known of the path.
    let mut open = false;
    let mut push = |how, range: Range<usize>| sites.push(Site { column: *column, how, tokens: range });
    while let Some(token) = statement.get(at) {
        let operand = statement.get(at + 1);
        let literal = operand.and_then(string);
        match &token.token {
            Token::RParen if start > 0 && statement.closing(start - 1) == at => {
                let called = start
                    .checked_sub(2)
                    .and_then(|b| statement.get(b))
                    .is_some_and(|t| word(t).is_some() && !is_reserved(t));
                if called {
                    break;
                }
                start -= 1;
                at += 1;
            }
            Token::DoubleColon if is_json_type(operand) && !statement.at(at + 2, &Token::LBracket) => {
                if !arrows {
                    push(UseKind::JsonCast, start..at + 2);
                }
                at += 2;
                access = start..at;
            }
            Token::Arrow | Token::LongArrow => {
                match (literal, operand.map(|t| &t.token)) {
                    (Some(key), _) if !open => path.extend(keys::of_path(key)),
                    (Some(_), _) | (None, Some(Token::Placeholder(_) | Token::Number(..))) => open = true,
                    _ => break,
                }
                arrows = true;
                at += 2;
                // `->>'k'::text`: the cast is the key's.
                if statement.at(at, &Token::DoubleColon) && statement.any(at + 1, &["TEXT"]) {
                    at += 2;
                }
                access = start..at;
            }
            Token::HashArrow | Token::HashLongArrow => {
                let (keys, end) = key_list(statement, at + 1);
                if end == at + 1 {
                    break;
                }
                arrows = true;
                if !open {
                    path.extend(keys);
                }
                open = true;
                at = end;
                access = start..at;
            }
            Token::LBracket
                if literal.is_some() && statement.closing(at) == at + 2 && !is_word_array(statement, column) =>
            {
                if !open {
                    path.extend(literal.map(str::to_owned));
                }
                arrows = true;
                at += 3;
                access = start..at;
            }
            Token::LBracket if arrows => {
                open = true;
                at = statement.skip(at);
                access = start..at;
            }
            _ => break,
        }
    }
    if arrows {
        let how = if path.is_empty() { UseKind::JsonFunction("->".into()) } else { UseKind::KeyRead(path) };
        push(how, access);
        return;
    }
    compared(statement, *column, start, at, &mut push);
}

fn is_word_array(statement: &Statement, column: &Column) -> bool {
    statement.is(column.start, "ARRAY")
}

/// `c @> '{..}'`, `'{..}' <@ c`, `c ? 'k'`, `c ?| array['a']`, `c @? '$.a'`, `c #- '{a}'`, `c IS JSON`.
fn compared(
    statement: &Statement,
    column: Column,
    start: usize,
    at: usize,
    push: &mut impl FnMut(UseKind, Range<usize>),
) {
    let operand = statement.get(at + 1);
    let literal = operand.and_then(string);
    match statement.get(at).map(|t| &t.token) {
        Some(Token::AtArrow | Token::ArrowAt) => {
            if let Some(text) = literal {
                document(text, start..at + 2, push);
            } else if statement.at(at + 2, &Token::DoubleColon) && is_json_type(statement.get(at + 3)) {
                push(UseKind::JsonFunction("@>".into()), start..at + 4);
            }
        }
        Some(Token::Question) => {
            if let Some(key) = literal {
                push(UseKind::KeyRead(vec![key.to_owned()]), start..at + 2);
            }
        }
        Some(Token::QuestionPipe | Token::QuestionAnd) => {
            let (keys, end) = key_list(statement, at + 1);
            for key in keys {
                push(UseKind::KeyRead(vec![key]), start..end);
            }
        }
        Some(Token::AtQuestion | Token::AtAt) => {
            if let Some(path) = literal.filter(|l| l.contains('$')) {
                let keys = keys::of_path(path);
                let how = if keys.is_empty() { UseKind::JsonFunction("@?".into()) } else { UseKind::KeyRead(keys) };
                push(how, start..at + 2);
            }
        }
        Some(Token::HashMinus) => push(UseKind::JsonFunction("#-".into()), start..at + 1),
        Some(Token::Word(_)) if statement.is(at, "IS") => {
            let json = at + 1 + usize::from(statement.is(at + 1, "NOT"));
            if statement.is(json, "JSON") {
                push(UseKind::JsonFunction("IS JSON".into()), start..json + 1);
            }
        }
        Some(Token::Word(_)) if statement.any(at, &["JSONB_PATH_OPS", "JSONB_OPS"]) => {
            push(UseKind::JsonFunction("jsonb_ops".into()), start..at + 1);
        }
        _ => {}
    }
    // The literal on the left.
    if let [.., text, operator] = statement.slice(column.start.saturating_sub(2)..column.start)
        && operator.token == Token::ArrowAt
        && let Some(text) = string(text)
    {
        document(text, column.start - 2..column.end, push);
    }
}

fn document(text: &str, tokens: Range<usize>, push: &mut impl FnMut(UseKind, Range<usize>)) {
    match keys::of_document(text) {
        Some(paths) if paths.is_empty() || paths.iter().all(Vec::is_empty) => {
            push(UseKind::JsonFunction("@>".into()), tokens);
        }
        Some(paths) => {
            for path in paths {
                push(UseKind::KeyRead(path), tokens.clone());
            }
        }
        None => {}
    }
}

/// A list of keys, `'{a,b}'` or `ARRAY['a', 'b']`, at `at`; with the index after it, or `at` when none is there.
fn key_list(statement: &Statement, at: usize) -> (Vec<String>, usize) {
    if let Some(literal) = statement.get(at).and_then(string) {
        return (keys::of_array(literal), at + 1);
    }
    if statement.is(at, "ARRAY") && statement.at(at + 1, &Token::LBracket) {
        let close = statement.closing(at + 1);
        let mut found = vec![];
        for token in statement.slice(at + 2..close) {
            match (&token.token, string(token)) {
                (_, Some(key)) => found.push(key.to_owned()),
                (Token::Comma, _) => {}
                // A key that is not spelled out: what follows it is not known either.
                _ => break,
            }
        }
        return (found, close + 1);
    }
    if matches!(statement.get(at).map(|t| &t.token), Some(Token::Placeholder(_))) {
        return (vec![], at + 1);
    }
    (vec![], at)
}

/// Reads a call of a JSON function, or a cast, whose name stands at `at`.
fn function(statement: &Statement, at: usize, sites: &mut Vec<Site>) {
    let Some(name) = statement.get(at) else { return };
    let close = statement.closing(at + 1);
    if is_word(name, "CAST") {
        let column = Column::at(statement, at + 2);
        if statement.is(column.end, "AS") && is_json_type(statement.get(column.end + 1)) && close == column.end + 2 {
            sites.push(Site { column, how: UseKind::JsonCast, tokens: at..close + 1 });
        }
        return;
    }
    let (paths, keys_of_one) = (is_any(name, READS_PATH), is_any(name, READS_KEYS));
    if !paths && !keys_of_one && !is_any(name, TAKES_JSON) {
        return;
    }
    let Some(column) = argument(statement, at + 2, close) else { return };
    let arguments = statement.comma_parts(at + 2..close);
    let literals: Vec<&str> = arguments
        .iter()
        .skip(1)
        .map_while(|a| {
            // `_utf8mb4'$.k'`
            let introduced = statement.get(a.start).and_then(word).is_some_and(|w| w.value.starts_with('_'));
            statement.get(a.start + usize::from(introduced)).and_then(string)
        })
        .collect();
    let mut found: Vec<Vec<String>> = vec![];
    if keys_of_one {
        found.push(literals.iter().map(|l| (*l).to_owned()).collect());
    } else if paths {
        found.extend(literals.iter().map(|l| keys::of_path(l)));
    }
    found.retain(|path| !path.is_empty());
    let tokens = at..(close + 1).min(statement.tokens.len());
    if found.is_empty() {
        let spelled = word(name).map_or(String::new(), |w| w.value.to_ascii_lowercase());
        sites.push(Site { column, how: UseKind::JsonFunction(spelled), tokens });
    } else {
        for path in found {
            sites.push(Site { column, how: UseKind::KeyRead(path), tokens: tokens.clone() });
        }
    }
}

/// The column that the argument from `from` is, but for casts, brackets and `COALESCE`.
fn argument(statement: &Statement, from: usize, close: usize) -> Option<Column> {
    let mut at = from;
    // Wrapped deeper is not followed.
    for _ in 0..6 {
        if statement.at(at, &Token::LParen) {
            at += 1;
        } else if statement.any(at, HANDS_ON) && statement.at(at + 1, &Token::LParen) {
            at += 2;
        } else {
            break;
        }
    }
    let token = statement.get(at).filter(|t| at < close && word(t).is_some() && !is_reserved(t))?;
    let column = Column::at(statement, at);
    let literal = is_any(token, &["NULL", "TRUE", "FALSE", "SELECT", "ARRAY", "ROW", "CAST"]);
    let next = statement.get(column.end).map(|t| &t.token);
    let whole = matches!(next, Some(Token::Comma | Token::RParen | Token::DoubleColon));
    (whole && !literal).then_some(column)
}
