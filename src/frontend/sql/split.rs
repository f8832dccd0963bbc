//! Tokens to statements, and the brackets inside one. Never reads what a statement does.

use super::tokens::{is_any, is_word};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// One statement's tokens, with the partner of every bracket.
pub(super) struct Statement<'t> {
    /// The tokens, the closing `;` not included.
    pub tokens: &'t [TokenWithSpan],
    /// For an opening bracket the index of its partner, or the number of tokens where it has none; else its own index.
    close: Vec<usize>,
    /// The index of the bracket that closes the group a token stands in, or the number of tokens.
    up: Vec<usize>,
}

impl<'t> Statement<'t> {
    /// Pairs the brackets of `tokens`.
    pub(super) fn new(tokens: &'t [TokenWithSpan]) -> Self {
        let count = tokens.len();
        let mut close: Vec<usize> = (0..count).collect();
        let mut open = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            match token.token {
                Token::LParen | Token::LBracket | Token::LBrace => {
                    open.push(index);
                    set(&mut close, index, count);
                }
                Token::RParen | Token::RBracket | Token::RBrace => {
                    if let Some(from) = open.pop() {
                        set(&mut close, from, index);
                    }
                }
                _ => {}
            }
        }
        let mut up = Vec::with_capacity(count);
        let mut groups: Vec<usize> = Vec::new();
        for index in 0..count {
            while groups.last().is_some_and(|end| *end < index) {
                groups.pop();
            }
            let closing = groups.last() == Some(&index);
            // A closing bracket belongs to the group outside.
            let outside = if closing { groups.iter().rev().nth(1) } else { groups.last() };
            up.push(outside.copied().unwrap_or(count));
            let end = close.get(index).copied().unwrap_or(index);
            if end > index {
                groups.push(end);
            }
        }
        Self { tokens, close, up }
    }

    /// The token at `index`.
    pub(super) fn get(&self, index: usize) -> Option<&'t TokenWithSpan> {
        self.tokens.get(index)
    }

    /// The tokens in `range`, clamped.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t [TokenWithSpan] {
        let end = range.end.min(self.tokens.len());
        self.tokens.get(range.start.min(end)..end).unwrap_or(&[])
    }

    /// Whether the token at `index` is this word.
    pub(super) fn is(&self, index: usize, word: &str) -> bool {
        self.get(index).is_some_and(|t| is_word(t, word))
    }

    /// Whether the token at `index` is one of these words.
    pub(super) fn any(&self, index: usize, words: &[&str]) -> bool {
        self.get(index).is_some_and(|t| is_any(t, words))
    }

    /// Whether the token at `index` is this one.
    pub(super) fn at(&self, index: usize, token: &Token) -> bool {
        self.get(index).is_some_and(|t| t.token == *token)
    }

    /// The index after the token at `index`, or after the group that it opens.
    pub(super) fn skip(&self, index: usize) -> usize {
        self.close.get(index).map_or(index + 1, |close| close + 1)
    }

    /// The partner of the opening bracket at `index`.
    pub(super) fn closing(&self, index: usize) -> usize {
        self.close.get(index).copied().unwrap_or(self.tokens.len())
    }

    /// The end of the group that the token at `index` stands in.
    pub(super) fn group_end(&self, index: usize) -> usize {
        self.up.get(index).copied().unwrap_or(self.tokens.len())
    }

    /// The parts of `range` between its commas that stand in no bracket of their own.
    pub(super) fn comma_parts(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let end = range.end.min(self.tokens.len());
        let mut parts = Vec::new();
        let (mut from, mut at) = (range.start, range.start);
        while at < end {
            if self.at(at, &Token::Comma) {
                parts.push(from..at);
                from = at + 1;
            }
            at = self.skip(at);
        }
        if from < end {
            parts.push(from..end);
        }
        parts
    }
}

fn set(list: &mut [usize], index: usize, value: usize) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}

/// The statements of a text, as ranges of its tokens, the `;` not included. Bodies in `BEGIN .. END` of `CREATE
/// TRIGGER`, `PROCEDURE`, `FUNCTION` and `EVENT` stay in one piece.
pub(super) fn statements(tokens: &[TokenWithSpan]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut from = 0;
    while from < tokens.len() {
        let end = statement_end(tokens, from);
        if end > from {
            out.push(from..end);
        }
        from = end + 1;
    }
    out
}

/// The index of the `;` that ends the statement at `from`, or the number of tokens.
fn statement_end(tokens: &[TokenWithSpan], from: usize) -> usize {
    let rest = tokens.get(from..).unwrap_or(&[]);
    let next = |t: &TokenWithSpan| t.token == Token::SemiColon;
    let first = rest.iter().position(next).unwrap_or(rest.len());
    let head = rest.get(..first).unwrap_or(rest);
    if !has_body(head) {
        return from + first;
    }
    let mut depth = 0_usize;
    let mut closed = false;
    for (index, token) in rest.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| rest.get(i));
        if next(token) {
            if depth == 0 {
                return from + index;
            }
        } else if index > 0 && is_word(token, "CREATE") && creates_body(rest.get(index..).unwrap_or(&[])) {
            // The next one begins: this one has no end.
            break;
        } else if is_any(token, &["BEGIN", "CASE"]) {
            // `END CASE` ends a CASE statement.
            if !before.is_some_and(|b| is_word(b, "END")) {
                depth += 1;
            }
        } else if is_word(token, "END")
            && !rest.get(index + 1).is_some_and(|t| is_any(t, &["IF", "LOOP", "WHILE", "REPEAT", "FOR"]))
        {
            depth = depth.saturating_sub(1);
            closed = depth == 0 && index + 1 == rest.len();
        }
    }
    if closed {
        return tokens.len();
    }
    // The body is not closed: take the first `;` after all, so that what follows is not swallowed.
    from + first
}

/// Whether a statement that starts so has a body of statements: `CREATE TRIGGER .. BEGIN`.
fn has_body(head: &[TokenWithSpan]) -> bool {
    creates_body(head) && head.iter().any(|t| is_word(t, "BEGIN"))
}

/// Whether `CREATE` of something that may have a body stands first.
fn creates_body(tokens: &[TokenWithSpan]) -> bool {
    tokens.first().is_some_and(|t| is_word(t, "CREATE"))
        && tokens.iter().take(12).any(|t| is_any(t, &["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"]))
}
