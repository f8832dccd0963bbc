//! SQL text to tokens that know their bytes.
//!
//! Lexing is sqlparser's. On top of it: white space and comments are dropped, locations become byte offsets, a lexing
//! error loses one character and not the rest of the text, and placeholders of every driver become
//! [`Token::Placeholder`]. Never decides what a statement means.

use super::dialect::parser_dialect;
use super::{Dialect, HOLE_PREFIX, TableName};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word};
use std::collections::BTreeMap;

/// How often lexing is taken up again after an error: each try reads to the end of the text.
const MAX_RESUMES: usize = 16;

/// Tokens of a text, without white space and comments.
///
/// The location of each is rewritten: `column` is the byte in the text, from 1; `line` is the number of bare `?`
/// placeholders before it, plus 1. So expressions parsed from them know both.
pub(super) struct Lexed {
    /// The tokens.
    pub tokens: Vec<TokenWithSpan>,
    /// The byte where lexing gave up, with the reason.
    pub error: Option<(usize, String)>,
    /// Named placeholders as they are spelled, numbered from 1 by first use.
    pub names: BTreeMap<String, usize>,
}

/// First byte of a token.
pub(super) fn start(token: &TokenWithSpan) -> usize {
    (token.span.start.column as usize).saturating_sub(1)
}

/// One past the last byte of a token.
pub(super) fn end(token: &TokenWithSpan) -> usize {
    (token.span.end.column as usize).saturating_sub(1)
}

/// The bytes from the first to the last of these tokens; empty at 0 when there are none.
pub(super) fn bytes(tokens: &[TokenWithSpan]) -> std::ops::Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => start(first)..end(last).max(start(first)),
        _ => 0..0,
    }
}

/// Whether the token is this unquoted word, in any case.
pub(super) fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Whether the token is one of these unquoted words, in any case.
pub(super) fn is_any(token: &TokenWithSpan, words: &[&str]) -> bool {
    matches!(&token.token, Token::Word(w)
        if w.quote_style.is_none() && words.iter().any(|word| w.value.eq_ignore_ascii_case(word)))
}

/// The word of a token, quoted or not.
pub(super) fn word(token: &TokenWithSpan) -> Option<&Word> {
    match &token.token {
        Token::Word(w) => Some(w),
        _ => None,
    }
}

/// Whether the token stands for an unknown part of the text, and is not only the name of something that has one in it.
pub(super) fn is_hole(token: &TokenWithSpan) -> bool {
    word(token).is_some_and(|w| is_hole_name(&w.value))
}

/// Whether a name is an unknown part and nothing else.
pub(super) fn is_hole_name(name: &str) -> bool {
    let number = name.strip_prefix(HOLE_PREFIX);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The value of a string literal, however it is quoted.
pub(super) fn string(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::SingleQuotedString(s)
        | Token::DoubleQuotedString(s)
        | Token::EscapedStringLiteral(s)
        | Token::UnicodeStringLiteral(s)
        | Token::NationalStringLiteral(s) => Some(s),
        Token::DollarQuotedString(s) => Some(&s.value),
        _ => None,
    }
}

/// Every token of `text` as it is spelled, white space and comments included; locations as in [`Lexed`].
pub(super) fn lex_all(text: &str, dialect: Dialect) -> Vec<TokenWithSpan> {
    raw(text, dialect, true).0
}

/// Reads the tokens of `text`.
pub(super) fn lex(text: &str, dialect: Dialect) -> Lexed {
    let (tokens, error) = raw(text, dialect, false);
    let tokens = super::placeholders::normalise(tokens);
    let mut names = BTreeMap::new();
    for token in &tokens {
        if let Token::Placeholder(name) = &token.token
            && name.trim_start_matches(['$', '?', '{', '%']).starts_with(|c: char| !c.is_ascii_digit() && c != '}')
            && !names.contains_key(name)
        {
            names.insert(name.clone(), names.len() + 1);
        }
    }
    Lexed { tokens, error, names }
}

/// The tokens as sqlparser reads them, those that mean nothing included if `blanks`; and where it first gave up.
fn raw(text: &str, dialect: Dialect, blanks: bool) -> (Vec<TokenWithSpan>, Option<(usize, String)>) {
    let mut tokens = Vec::new();
    let mut error = None;
    let mut base = 0;
    for attempt in 0..=MAX_RESUMES {
        let rest = text.get(base..).unwrap_or("");
        let mut buffer = Vec::new();
        let result = Tokenizer::new(parser_dialect(dialect), rest).tokenize_with_location_into_buf(&mut buffer);
        let reached = locate(rest, base, buffer, blanks, &mut tokens);
        let Err(problem) = result else { break };
        if error.is_none() {
            error = Some((reached, problem.message));
        }
        // The token that failed starts where the last good one ended: step over its first character.
        let Some(next) = text.get(reached..).and_then(|t| t.chars().next()) else { break };
        base = reached + next.len_utf8();
        if attempt == MAX_RESUMES {
            break;
        }
    }
    (tokens, error)
}

/// Turns lines and columns into bytes, in one walk; returns the byte where the last token ends.
fn locate(text: &str, base: usize, buffer: Vec<TokenWithSpan>, blanks: bool, out: &mut Vec<TokenWithSpan>) -> usize {
    let mut walk = Walk { rest: text.char_indices(), byte: 0, line: 1, column: 1 };
    for token in buffer {
        let from = base + walk.to(token.span.start);
        let to = base + walk.to(token.span.end);
        if blanks || !matches!(token.token, Token::Whitespace(_)) {
            out.push(TokenWithSpan { token: token.token, span: span_of(1, from, to) });
        }
    }
    base + walk.byte
}

/// A span in this module's notation.
pub(super) fn span_of(line: u64, from: usize, to: usize) -> Span {
    Span::new(Location::new(line, from as u64 + 1), Location::new(line, to as u64 + 1))
}

/// A position that only moves forward, counting lines and columns as sqlparser's lexer does.
struct Walk<'a> {
    rest: std::str::CharIndices<'a>,
    byte: usize,
    line: u64,
    column: u64,
}

impl Walk<'_> {
    fn to(&mut self, target: Location) -> usize {
        while (self.line, self.column) < (target.line, target.column) {
            let Some((at, character)) = self.rest.next() else { break };
            self.byte = at + character.len_utf8();
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.byte
    }
}

/// Words that are never a table's or an alias's name when they are not quoted.
const RESERVED: &[&str] = &[
    "SET",
    "WHERE",
    "FROM",
    "SELECT",
    "ON",
    "OF",
    "TO",
    "VALUES",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "CROSS",
    "FULL",
    "NATURAL",
    "USING",
    "RETURNING",
    "ORDER",
    "GROUP",
    "LIMIT",
    "UNION",
    "AND",
    "OR",
    "NOT",
    "AS",
    "WHEN",
    "THEN",
    "INTO",
    "UPDATE",
    "INSERT",
    "DELETE",
    "HAVING",
    "STRAIGHT_JOIN",
    "WITH",
    "INDEXED",
    "USE",
    "FORCE",
    "IGNORE",
    "PARTITION",
    "TABLESAMPLE",
    "FOR",
    "WINDOW",
    "EXCEPT",
    "INTERSECT",
    "OFFSET",
    "FETCH",
    "DO",
    "IN",
    "IS",
    "DEFAULT",
    "OVERRIDING",
    "LATERAL",
    "END",
    "ELSE",
    "CASE",
    "RETURN",
    "LOOP",
];

/// Whether the token is a word that cannot be a name.
pub(super) fn is_reserved(token: &TokenWithSpan) -> bool {
    is_any(token, RESERVED)
}

/// A part of a name: a word, a template variable (`{schema}`), or a string where MySQL reads `"t"` as one.
fn name_part(tokens: &[TokenWithSpan], at: usize) -> Option<(String, usize)> {
    let token = tokens.get(at)?;
    match &token.token {
        Token::Word(w) if w.quote_style.is_some() || !is_reserved(token) => Some((w.value.clone(), at + 1)),
        Token::DoubleQuotedString(s) => Some((s.clone(), at + 1)),
        Token::Placeholder(p) if p.starts_with(['{', '$', ':']) => Some((p.clone(), at + 1)),
        Token::Colon => {
            let next = tokens.get(at + 1)?;
            let w = word(next)?;
            (start(next) == end(token)).then(|| (format!(":{}", w.value), at + 2))
        }
        _ => None,
    }
}

/// Reads a table's name at `at`: `t`, `s.t`, `db.s.t`, `:schema.t`. Returns it and the index after it.
pub(super) fn table_name(tokens: &[TokenWithSpan], at: usize) -> Option<(TableName, usize)> {
    let (mut name, mut next) = name_part(tokens, at)?;
    let mut schema = None;
    while tokens.get(next).is_some_and(|t| t.token == Token::Period) {
        // After a period every word is a name.
        let (part, after) = match tokens.get(next + 1).and_then(word) {
            Some(w) => (w.value.clone(), next + 2),
            None => name_part(tokens, next + 1)?,
        };
        schema = Some(std::mem::replace(&mut name, part));
        next = after;
    }
    Some((TableName { schema, name }, next))
}
