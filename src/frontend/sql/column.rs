//! One column as it is declared: name, type, constraints. Never knows which statement it stands in.

use super::reader::Reader;
use super::split::Statement;
use super::tokens::{bytes, is_any, is_hole, is_word, word};
use super::{ColumnDef, Dialect};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Words that end a column's type.
const CONSTRAINTS: &[&str] = &[
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "CONSTRAINT",
    "COLLATE",
    "GENERATED",
    "AS",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COMMENT",
    "ON",
    "STORAGE",
    "COMPRESSION",
    "KEY",
    "FIRST",
    "AFTER",
    "USING",
    "VIRTUAL",
    "STORED",
    "PERSISTENT",
    "VISIBLE",
    "INVISIBLE",
    "IDENTITY",
    "CHARSET",
    "DEFERRABLE",
    "INITIALLY",
    "COLUMN_FORMAT",
    "OPTIONS",
    "ENABLE",
    "DISABLE",
    "ENCODE",
    "HIDDEN",
    "CASCADE",
    "RESTRICT",
    "ASC",
    "DESC",
];

/// Reads the column that `range` declares; `None` when it starts with no name.
pub(super) fn read(reader: &Reader, statement: &Statement, range: Range<usize>) -> Option<ColumnDef> {
    let name_token = statement.get(range.start).filter(|_| !range.is_empty())?;
    let name = column_name(name_token)?;
    if is_hole(name_token) && range.len() == 1 {
        return None;
    }
    let end = type_end(statement, range.start + 1, range.end);
    let span = reader.span(statement, range.start..end);
    let mut column = ColumnDef {
        name,
        sql_type: type_text(statement.slice(range.start + 1..end)),
        nullable: None,
        default: None,
        json_check: false,
        generated: false,
        span,
    };
    constraints(reader, statement, end..range.end, &mut column);
    Some(column)
}

/// The name in a token that names a column.
pub(super) fn column_name(token: &TokenWithSpan) -> Option<String> {
    match &token.token {
        Token::Word(w) => Some(w.value.clone()),
        Token::DoubleQuotedString(text) | Token::SingleQuotedString(text) => Some(text.clone()),
        Token::Placeholder(text) if text.starts_with(['{', '$', ':']) => Some(text.clone()),
        _ => None,
    }
}

/// The index after the type that starts at `from`.
pub(super) fn type_end(statement: &Statement, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        let Some(token) = statement.get(at) else { break };
        let continues = match &token.token {
            // `character set utf8` is no part of the type; `set('a')` is one.
            Token::Word(_) if is_word(token, "SET") => at == from,
            Token::Word(_) if is_any(token, &["CHARACTER", "CHAR"]) => !statement.is(at + 1, "SET"),
            // `timestamp with time zone`
            Token::Word(_) if is_any(token, &["WITH", "WITHOUT"]) => {
                at > from && statement.any(at + 1, &["TIME", "LOCAL"])
            }
            Token::Word(w) => w.quote_style.is_some() || !is_any(token, CONSTRAINTS),
            Token::LParen | Token::LBracket | Token::Lt | Token::Gt => at > from,
            Token::Period | Token::Mod => true,
            _ => false,
        };
        if !continues {
            break;
        }
        at = statement.skip(at);
    }
    at.min(limit)
}

/// A type as it is spelled, in lower case and with its white space folded.
pub(super) fn type_text(tokens: &[TokenWithSpan]) -> String {
    let mut out = String::new();
    let mut before: Option<&Token> = None;
    for token in tokens {
        let glued = matches!(
            token.token,
            Token::LParen
                | Token::RParen
                | Token::LBracket
                | Token::RBracket
                | Token::Comma
                | Token::Period
                | Token::Mod
        ) || matches!(before, None | Some(Token::LParen | Token::LBracket | Token::Comma | Token::Period));
        if !glued {
            out.push(' ');
        }
        out.push_str(&token.token.to_string().to_lowercase());
        before = Some(&token.token);
    }
    out
}

/// Reads what follows the type.
fn constraints(reader: &Reader, statement: &Statement, range: Range<usize>, column: &mut ColumnDef) {
    let mut at = range.start;
    while at < range.end {
        let Some(token) = statement.get(at) else { break };
        let before = |words: &[&str]| at.checked_sub(1).is_some_and(|b| b >= range.start && statement.any(b, words));
        if is_word(token, "NOT") && statement.is(at + 1, "NULL") {
            column.nullable = Some(false);
            at += 1;
        } else if is_word(token, "NULL") && !before(&["SET"]) {
            column.nullable = column.nullable.or(Some(true));
        } else if is_word(token, "PRIMARY") {
            column.nullable = Some(false);
        } else if is_word(token, "DEFAULT") && !before(&["SET", "BY"]) {
            let end = default_end(statement, at + 1, range.end);
            let text = bytes(statement.slice(at + 1..end));
            column.default = reader.text.get(text).map(str::to_owned);
            at = end;
            continue;
        } else if is_word(token, "CHECK") && statement.at(at + 1, &Token::LParen) {
            let inner = statement.slice(at + 2..statement.closing(at + 1));
            column.json_check |= json_checked(inner).iter().any(|c| c.eq_ignore_ascii_case(&column.name));
        } else if is_word(token, "AS") && statement.at(at + 1, &Token::LParen) {
            column.generated = true;
        }
        at = statement.skip(at);
    }
}

/// The end of the expression behind `DEFAULT`.
fn default_end(statement: &Statement, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        let Some(token) = statement.get(at) else { break };
        // The first token is the expression's, whatever it is: `DEFAULT NULL`.
        if at > from && is_any(token, CONSTRAINTS) {
            break;
        }
        at = statement.skip(at);
    }
    at.min(limit)
}

/// The columns that a check says hold JSON: `json_valid(c)`, `jsonb_typeof(c) = ..`, `c IS JSON`.
pub(super) fn json_checked(tokens: &[TokenWithSpan]) -> Vec<String> {
    let mut columns = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead);
        if is_any(token, &["JSON_VALID", "JSONB_TYPEOF", "JSON_TYPEOF", "JSON_TYPE"])
            && next(1).is_some_and(|t| t.token == Token::LParen)
        {
            // `json_valid(t.c)`: the last part of the name.
            let mut last = next(2).and_then(column_name);
            let mut ahead = 3;
            while next(ahead).is_some_and(|t| t.token == Token::Period) {
                last = next(ahead + 1).and_then(column_name);
                ahead += 2;
            }
            columns.extend(last);
        } else if is_word(token, "IS")
            && next(1).is_some_and(|t| is_word(t, "JSON"))
            && let Some(w) = at.checked_sub(1).and_then(|b| tokens.get(b)).and_then(word)
        {
            columns.push(w.value.clone());
        }
    }
    columns
}

/// Whether a part of a table's list declares a constraint or an index, and no column.
pub(super) fn is_table_constraint(reader: &Reader, statement: &Statement, at: usize) -> bool {
    let Some(token) = statement.get(at) else { return true };
    let then = |words: &[&str]| statement.any(at + 1, words);
    let then_open = || statement.at(at + 1, &Token::LParen);
    if is_any(token, &["CONSTRAINT", "FOREIGN", "LIKE"]) {
        return true;
    }
    if is_word(token, "PRIMARY") {
        return then(&["KEY"]);
    }
    if is_any(token, &["CHECK", "UNIQUE"]) {
        return true;
    }
    if is_word(token, "EXCLUDE") {
        return then(&["USING"]) || then_open();
    }
    if is_any(token, &["FULLTEXT", "SPATIAL", "PERIOD"]) {
        return then(&["KEY", "INDEX", "FOR"]) || then_open();
    }
    if is_any(token, &["KEY", "INDEX"]) {
        // A column may be called so: `key text`, `key varchar(20)`.
        let named = statement.at(at + 2, &Token::LParen)
            && !matches!(statement.get(at + 3).map(|t| &t.token), Some(Token::Number(..)));
        return then_open()
            || (reader.dialect == Dialect::Mysql
                && (named || statement.is(at + 2, "USING") || statement.is(at + 1, "IF")));
    }
    false
}
