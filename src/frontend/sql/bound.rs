//! Columns that take a bare placeholder, also one that may be left out, or a value that is cast to JSON. Looks at one
//! column and its value's tokens.

use super::reader::Reader;
use super::split::Statement;
use super::tokens::{is_any, is_word, string, word};
use super::{ColumnUse, PlaceholderColumn, TableName, UseKind};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Functions whose result is JSON that is made of something else.
const MAKES_JSON: &[&str] = &[
    "TO_JSONB",
    "TO_JSON",
    "JSONB_BUILD_OBJECT",
    "JSON_BUILD_OBJECT",
    "JSONB_BUILD_ARRAY",
    "JSON_BUILD_ARRAY",
    "JSON_OBJECT",
    "JSON_ARRAY",
    "JSONB_OBJECT",
    "JSON",
    "JSONB",
    "JSONB_AGG",
    "JSON_AGG",
    "JSONB_OBJECT_AGG",
    "JSON_OBJECT_AGG",
    "ROW_TO_JSON",
    "JSON_GROUP_ARRAY",
    "JSON_GROUP_OBJECT",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
];

/// Notes what assigning `value` says of a column.
pub(super) fn note(
    reader: &mut Reader,
    statement: &Statement,
    table: &TableName,
    column: &str,
    name: Range<usize>,
    value: Range<usize>,
) {
    let tokens = statement.slice(value);
    let (bare, json) = unwrapped(if_given(tokens, column));
    if let Some(index) = bare.and_then(|t| index_of(reader, t)) {
        let span = reader.span(statement, name.clone());
        let (table, column) = (table.clone(), column.to_owned());
        reader.facts.placeholders.push(PlaceholderColumn { table, column, index, span });
    }
    let made = tokens.first().is_some_and(|t| is_any(t, MAKES_JSON))
        && tokens.get(1).is_some_and(|t| t.token == Token::LParen);
    if json || made {
        let span = reader.span(statement, name);
        let use_ = ColumnUse { table: Some(table.clone()), column: column.to_owned(), how: UseKind::JsonValue, span };
        reader.facts.uses.push(use_);
    }
}

/// The first argument of `COALESCE($1, column)`, which stores what is given; other values as they are.
fn if_given<'t>(tokens: &'t [TokenWithSpan], column: &str) -> &'t [TokenWithSpan] {
    let [name, open, arguments @ .., last, close] = tokens else { return tokens };
    let is_column = word(last).is_some_and(|word| word.value.eq_ignore_ascii_case(column));
    if !is_any(name, &["COALESCE", "IFNULL"])
        || open.token != Token::LParen
        || close.token != Token::RParen
        || !is_column
    {
        return tokens;
    }
    match arguments {
        [given @ .., comma] | [given @ .., comma, _, _] if comma.token == Token::Comma => given,
        _ => tokens,
    }
}

/// The placeholder that a value is but for casts to JSON; and whether the value, whatever it is, ends in such a cast.
fn unwrapped(tokens: &[TokenWithSpan]) -> (Option<&TokenWithSpan>, bool) {
    let mut rest = tokens;
    let mut json = false;
    // Each round takes off one pair of brackets or one cast; a long chain of casts says nothing more.
    for _ in 0..4 {
        rest = match rest {
            [inner @ .., cast, schema, dot, name]
                if cast.token == Token::DoubleColon
                    && is_word(schema, "PG_CATALOG")
                    && dot.token == Token::Period
                    && is_json_type(name) =>
            {
                json = true;
                inner
            }
            [name, literal] if is_json_type(name) && string(literal).is_some() => {
                json = true;
                std::slice::from_ref(literal)
            }
            [inner @ .., cast, name] if cast.token == Token::DoubleColon && is_json_type(name) => {
                json = true;
                inner
            }
            [cast, open, inner @ .., keyword, name, close]
                if is_word(cast, "CAST")
                    && open.token == Token::LParen
                    && is_word(keyword, "AS")
                    && is_json_type(name)
                    && close.token == Token::RParen =>
            {
                json = true;
                inner
            }
            [open, only, close] if open.token == Token::LParen && close.token == Token::RParen => {
                std::slice::from_ref(only)
            }
            _ => break,
        };
    }
    let bare = match rest {
        [only] if matches!(only.token, Token::Placeholder(_)) => Some(only),
        _ => None,
    };
    // `a || $1::jsonb` casts its last operand and not the whole.
    let whole = bare.is_some() || rest.len() == 1;
    (bare, json && whole)
}

fn is_json_type(token: &TokenWithSpan) -> bool {
    word(token).is_some_and(|w| w.value.eq_ignore_ascii_case("json") || w.value.eq_ignore_ascii_case("jsonb"))
}

/// Which bind a placeholder is.
fn index_of(reader: &Reader, token: &TokenWithSpan) -> Option<usize> {
    let Token::Placeholder(name) = &token.token else { return None };
    if name == "?" {
        return Some(token.span.start.line as usize);
    }
    let number = name.trim_start_matches(['$', '?', '{']).trim_end_matches('}').parse().ok();
    number.filter(|n| *n > 0).or_else(|| reader.names.get(name).copied())
}
